//===- PlanMemory.cpp - Giving objects and buffers their addresses --------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Program/MovedObjects.h"
#include "llvm/Support/MathExtras.h"

namespace plmr {
#define GEN_PASS_DEF_PLANMEMORY
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

static int64_t alignUp(int64_t value) {
  return llvm::alignTo(value, objectAlignment);
}

static int64_t getBytes(ShapedType type) {
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

namespace {
/// Positions of operations in program order; a region's come after its
/// operation's, and `end` is the last one inside.
class ProgramOrder {
public:
  explicit ProgramOrder(Operation *root) {
    root->walk<WalkOrder::PreOrder>([&](Operation *op) { begin[op] = next++; });
    root->walk([&](Operation *op) {
      unsigned last = begin[op];
      for (Region &region : op->getRegions())
        for (Operation &nested : region.getOps())
          last = std::max(last, end[&nested]);
      end[op] = last;
    });
  }
  unsigned getBegin(Operation *op) const { return begin.lookup(op); }
  unsigned getEnd(Operation *op) const { return end.lookup(op); }

private:
  unsigned next = 0;
  llvm::DenseMap<Operation *, unsigned> begin, end;
};

/// A buffer with the span of positions at which it holds something.
struct Buffer {
  memref::AllocOp op;
  int64_t bytes;
  unsigned first, last;
  int64_t address = -1;
};
} // namespace

/// Everything that reads or writes `value`, through views and transfers.
static void collectUsers(Value value, SmallVectorImpl<Operation *> &users) {
  for (Operation *user : value.getUsers()) {
    users.push_back(user);
    bool passesOn = user->getNumResults() == 1 &&
                    (isa<ViewLikeOpInterface>(user) ||
                     isa<mesh::TokenType>(user->getResult(0).getType()));
    if (passesOn)
      collectUsers(user->getResult(0), users);
  }
}

static Buffer getBuffer(memref::AllocOp op, const ProgramOrder &order) {
  Buffer buffer{op, alignUp(getBytes(op.getType())), ~0u, 0};
  SmallVector<Operation *> users;
  collectUsers(op, users);
  for (Operation *user : users) {
    // A loop that the buffer outlives may reach any use again.
    Operation *span = user;
    for (Operation *parent = user->getParentOp();
         parent && !parent->isAncestor(op); parent = parent->getParentOp())
      if (isa<LoopLikeOpInterface>(parent))
        span = parent;
    buffer.first = std::min(buffer.first, order.getBegin(span));
    buffer.last = std::max(buffer.last, order.getEnd(span));
  }
  return buffer;
}

/// Puts the buffers from `base` on, the largest first, each at the lowest
/// address that is free while it lives. Returns the end.
static int64_t placeBuffers(SmallVectorImpl<Buffer> &buffers, int64_t base) {
  SmallVector<Buffer *> bySize;
  for (Buffer &buffer : buffers)
    bySize.push_back(&buffer);
  llvm::sort(bySize, [](const Buffer *a, const Buffer *b) {
    return a->bytes != b->bytes ? a->bytes > b->bytes : a < b;
  });
  int64_t end = base;
  SmallVector<Buffer *> placed; // by address
  for (Buffer *buffer : bySize) {
    int64_t address = base;
    for (Buffer *other : placed) {
      bool together =
          other->first <= buffer->last && buffer->first <= other->last;
      if (together && other->address < address + buffer->bytes &&
          address < other->address + other->bytes)
        address = other->address + other->bytes;
    }
    buffer->address = address;
    end = std::max(end, address + buffer->bytes);
    placed.insert(llvm::upper_bound(placed, buffer,
                                    [](const Buffer *a, const Buffer *b) {
                                      return a->address < b->address;
                                    }),
                  buffer);
  }
  return end;
}

/// Puts `object` at `address` and returns its end.
static int64_t placeObject(mesh::ObjectOp object, int64_t address) {
  object->setAttr(addressAttrName,
                  Builder(object.getContext()).getI64IntegerAttr(address));
  MeshShape mesh = mesh::lookupMesh(object).getShape();
  return address + alignUp(getBytes(object.getPlacedType().getTileType(mesh)));
}

static int64_t getSliceBytes(mesh::ObjectOp object) {
  MeshShape mesh = mesh::lookupMesh(object).getShape();
  return getBytes(object.getValueType().getTileType(mesh));
}

/// Objects that are moved, and those that they are moved from.
static int64_t placeMoved(ArrayRef<mesh::ObjectOp> moved, int64_t base) {
  auto getSource = [](mesh::ObjectOp object) {
    return SymbolTable::lookupNearestSymbolFrom<mesh::ObjectOp>(
        object, object.getMovedFromAttr());
  };
  SmallVector<MovedObject> objects;
  for (mesh::ObjectOp object : moved)
    objects.push_back({object.getNumSlices(), getSliceBytes(object),
                       getSliceBytes(getSource(object))});
  MovedStacks stacks = placeMovedObjects(objects);
  for (auto [object, address, sourceAddress] :
       llvm::zip_equal(moved, stacks.moved, stacks.sources)) {
    placeObject(object, base + address);
    placeObject(getSource(object), base + sourceAddress);
  }
  return base + stacks.end;
}

/// Returns the end of all objects.
static int64_t placeObjects(ModuleOp module) {
  llvm::DenseSet<Attribute> sources;
  SmallVector<mesh::ObjectOp> moved;
  for (auto object : module.getOps<mesh::ObjectOp>())
    if (object.getMovedFrom()) {
      moved.push_back(object);
      sources.insert(object.getMovedFromAttr().getAttr());
    }
  int64_t next = 0;
  for (auto object : module.getOps<mesh::ObjectOp>())
    if (!object.getMovedFrom() && !sources.contains(object.getSymNameAttr()))
      next = placeObject(object, next);
  return placeMoved(moved, next);
}

namespace {
struct PlanMemory : plmr::impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!requireMesh(module))
      return signalPassFailure();
    Builder builder(&getContext());
    int64_t next = placeObjects(module);
    for (auto func : module.getOps<func::FuncOp>()) {
      ProgramOrder order(func);
      SmallVector<Buffer> buffers;
      WalkResult result = func.walk([&](memref::AllocOp op) {
        if (!op.getType().hasStaticShape()) {
          op.emitError("expected a buffer of static size but got ")
              << op.getType();
          return WalkResult::interrupt();
        }
        if (!op->use_empty())
          buffers.push_back(getBuffer(op, order));
        return WalkResult::advance();
      });
      if (result.wasInterrupted())
        return signalPassFailure();
      placeBuffers(buffers, next);
      for (Buffer &buffer : buffers)
        buffer.op->setAttr(addressAttrName,
                           builder.getI64IntegerAttr(buffer.address));
    }
  }
};
} // namespace
