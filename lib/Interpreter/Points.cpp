//===- Points.cpp - Where levels can be compared --------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Points.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include <map>
#include <set>

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;

//===----------------------------------------------------------------------===//
// Names and places
//===----------------------------------------------------------------------===//

using Names = std::set<std::string>;

static void addNames(Location loc, Names &names) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    names.insert(name.getName().str());
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      addNames(part, names);
  } else if (auto line = dyn_cast<FileLineColLoc>(loc)) {
    names.insert(line.getFilename().str() + ":" +
                 std::to_string(line.getLine()) + ":" +
                 std::to_string(line.getColumn()));
  }
}

/// The operations of the graph that `op` belongs to.
static Names getNames(Operation *op) {
  Names names;
  addNames(op->getLoc(), names);
  return names;
}

/// "a+b" for what was fused in the graph already.
static std::string join(const Names &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : "+") + name;
  return text;
}

static bool contains(Operation *op, const std::string &name) {
  Names names = getNames(op);
  return names.count(name) || join(names) == name;
}

/// A loop of the model, not one that a lowering made for an operation.
static bool isModelLoop(Operation *op) {
  if (!isa<scf::ForOp>(op))
    return false;
  std::string name = join(getNames(op));
  WalkResult result = op->walk<WalkOrder::PreOrder>([&](Operation *nested) {
    bool isCommon = nested->hasTrait<OpTrait::ConstantLike>() ||
                    nested->hasTrait<OpTrait::IsTerminator>() ||
                    contains(nested, name);
    if (!isCommon)
      return WalkResult::interrupt();
    // What a body computes has no name of its own.
    return isa<scf::ForOp, scf::IfOp>(nested) ? WalkResult::advance()
                                              : WalkResult::skip();
  });
  return result.wasInterrupted();
}

/// Which of its parent's model loops each loop around a block is.
using Path = std::vector<unsigned>;

/// Calls `fn` with the operations of a function that are not inside of others,
/// model loops and the guard of a launch excepted.
static void forEachOp(Block &block, const Path &path,
                      llvm::function_ref<void(Operation *, const Path &)> fn) {
  unsigned loops = 0;
  for (Operation &op : block) {
    if (op.hasAttr(mesh::guardAttrName)) {
      forEachOp(*cast<scf::ForOp>(op).getBody(), path, fn);
      continue;
    }
    if (!isModelLoop(&op)) {
      fn(&op, path);
      continue;
    }
    Path inner = path;
    inner.push_back(loops++);
    forEachOp(*cast<scf::ForOp>(op).getBody(), inner, fn);
  }
}

namespace {
/// Of one operation of the graph, in one block.
struct Key {
  std::string name;
  Path path;
  bool operator<(const Key &other) const {
    return std::tie(name, path) < std::tie(other.name, other.path);
  }
};
} // namespace

/// True if an operation other than `name` uses `value`.
static bool isUsedOutside(Value value, const std::string &name) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>() ||
           isa<mesh::StoreOp>(user) || !contains(user, name);
  });
}

//===----------------------------------------------------------------------===//
// Graph and mesh
//===----------------------------------------------------------------------===//

/// True for what only names or makes a tensor.
static bool isSource(Operation *op) {
  return isa<llm::ParamOp, tensor::EmptyOp, linalg::FillOp, arith::ConstantOp,
             mesh::LoadOp>(op);
}

/// The name of a result. Those of a merged product have the names of its
/// location, in order; those of a merged reduction belong to the operations
/// that computed the operands.
static std::string getResultName(OpResult result) {
  Operation *op = result.getOwner();
  auto fused = dyn_cast<FusedLoc>(op->getLoc());
  if (isa<mesh::GemmOp>(op) && fused &&
      fused.getLocations().size() == op->getNumResults()) {
    Names names;
    addNames(fused.getLocations()[result.getResultNumber()], names);
    return join(names);
  }
  if (auto reduce = dyn_cast<mesh::AllReduceOp>(op))
    if (Operation *producer =
            reduce.getInputs()[result.getResultNumber()].getDefiningOp())
      op = producer;
  return join(getNames(op));
}

static bool isWholeValue(Type type) {
  auto placed = dyn_cast<mesh::PlacedType>(type);
  return placed ? !placed.getPlacement().getPartial()
                : isa<RankedTensorType>(type);
}

static ArrayRef<int64_t> getShape(Value value) {
  if (auto placed = dyn_cast<mesh::PlacedType>(value.getType()))
    return placed.getTensor().getShape();
  return cast<ShapedType>(value.getType()).getShape();
}

/// What each operation hands to others, in order.
static std::map<Key, std::vector<Value>> findValues(func::FuncOp func,
                                                    std::vector<Key> *order) {
  std::map<Key, std::vector<Value>> values;
  forEachOp(func.getBody().front(), {}, [&](Operation *op, const Path &path) {
    if (isSource(op))
      return;
    for (OpResult result : op->getResults()) {
      Key key{getResultName(result), path};
      if (key.name.empty() || !isWholeValue(result.getType()) ||
          !isUsedOutside(result, key.name))
        continue;
      values[key].push_back(result);
      if (order)
        order->push_back(key);
    }
  });
  return values;
}

/// Pairs values of one shape, from the last one back.
static Value takeLastOfShape(std::vector<Value> &candidates,
                             ArrayRef<int64_t> shape) {
  auto found = llvm::find_if(llvm::reverse(candidates), [&](Value value) {
    return getShape(value) == shape;
  });
  if (found == candidates.rend())
    return {};
  Value value = *found;
  candidates.erase(std::next(found).base());
  return value;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// The buffer that `op` writes last, or null.
static Value getWritten(Operation *op) {
  if (auto nest = dyn_cast<linalg::LinalgOp>(op))
    return nest.getDpsInits().empty() ? Value() : nest.getDpsInits().back();
  if (auto copy = dyn_cast<memref::CopyOp>(op))
    return copy.getTarget();
  if (isa<mesh::RecvOp, mesh::RecvReduceOp>(op))
    return op->getOperand(0);
  Value written;
  for (Region &region : op->getRegions())
    region.walk([&](Operation *nested) {
      if (isa<linalg::LinalgOp, memref::CopyOp>(nested))
        written = getWritten(nested);
    });
  return written;
}

/// `buffer`, or what it is a view of, as long as it has not `elements`; null if
/// nothing has, or if it is gone behind `op`.
static Value findWhole(Value buffer, int64_t elements, Operation *op) {
  while (buffer) {
    auto type = dyn_cast<MemRefType>(buffer.getType());
    bool isInside =
        buffer.getDefiningOp() && op->isProperAncestor(buffer.getDefiningOp());
    if (type && type.hasStaticShape() && type.getNumElements() == elements &&
        !isInside)
      return buffer;
    auto view = buffer.getDefiningOp<ViewLikeOpInterface>();
    buffer = view ? view.getViewSource() : Value();
  }
  return {};
}

/// The buffer that `buffer` is a view of.
static Value getViewed(Value buffer) {
  while (buffer) {
    auto view = buffer.getDefiningOp<ViewLikeOpInterface>();
    if (!view)
      break;
    buffer = view.getViewSource();
  }
  return buffer;
}

/// The operation's own last write of a whole tile, followed through copies
/// that it shares with others, and the end of all that bears its name. Of a
/// larger buffer that it wrote, the tile that it takes a view of.
static void findTile(Point &point, ArrayRef<Operation *> ops,
                     int64_t elements) {
  Value written;
  for (Operation *op : ops) {
    bool isOwn = join(getNames(op)) == point.operation;
    if (isa<ViewLikeOpInterface>(op) && isOwn && written &&
        getViewed(op->getResult(0)) == written &&
        findWhole(op->getResult(0), elements, op) == op->getResult(0)) {
      point.tile = op->getResult(0);
      point.tileOp = op;
    }
    if (isa<ViewLikeOpInterface, memref::AllocOp>(op) || isPure(op))
      continue;
    auto copy = dyn_cast<memref::CopyOp>(op);
    bool movesOn = copy && copy.getSource() == point.tile;
    if (isOwn || movesOn)
      if (Value whole = findWhole(getWritten(op), elements, op))
        point.tile = whole;
    if (isOwn)
      if (Value buffer = getWritten(op))
        written = getViewed(buffer);
    point.tileOp = op;
  }
}

/// The results of a merged product stand side by side in one buffer.
static void findPart(Point &point, ArrayRef<Operation *> ops, MeshShape shape) {
  auto gemm = point.mesh.getDefiningOp<mesh::GemmOp>();
  if (!gemm)
    return;
  int64_t elements = 0, columns = 0;
  for (Value result : gemm.getCs()) {
    auto type = cast<mesh::PlacedType>(result.getType()).getTileType(shape);
    if (result == point.mesh)
      point.tileColumn = columns;
    elements += type.getNumElements();
    columns += type.getDimSize(1);
  }
  for (Operation *op : ops)
    if (Value whole = findWhole(getWritten(op), elements, op)) {
      point.tile = whole;
      point.tileOp = op;
    }
}

std::vector<Point> interpreter::findPoints(func::FuncOp graph,
                                           func::FuncOp mesh,
                                           func::FuncOp tile) {
  std::vector<Key> order;
  auto graphValues = findValues(graph, &order);
  auto meshValues = findValues(mesh, nullptr);
  std::map<Key, std::vector<Operation *>> tileOps;
  forEachOp(tile.getBody().front(), {}, [&](Operation *op, const Path &path) {
    Names names = getNames(op);
    names.insert(join(names));
    for (const std::string &name : names)
      tileOps[{name, path}].push_back(op);
  });
  MeshShape shape = mesh::lookupMesh(mesh).getShape();

  // From the end, so that the last values of a name meet.
  std::vector<Point> points;
  std::set<Key> seen;
  for (const Key &key : llvm::reverse(order)) {
    Point point;
    point.operation = key.name;
    std::vector<Value> &own = graphValues[key];
    bool isFinal = seen.insert(key).second;
    point.graph = own.back();
    own.pop_back();
    point.mesh = takeLastOfShape(meshValues[key], getShape(point.graph));
    if (point.mesh && isFinal) {
      auto type = cast<mesh::PlacedType>(point.mesh.getType());
      findTile(point, tileOps[key], type.getTileType(shape).getNumElements());
      if (!point.tile)
        findPart(point, tileOps[key], shape);
      if (!point.tile)
        point.tileOp = nullptr;
    }
    points.push_back(std::move(point));
  }
  std::reverse(points.begin(), points.end());
  return points;
}
