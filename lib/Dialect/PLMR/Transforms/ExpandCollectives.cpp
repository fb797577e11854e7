//===- ExpandCollectives.cpp - Collectives as messages on channels --------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include <numeric>

namespace plmr {
#define GEN_PASS_DEF_EXPANDCOLLECTIVES
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::ChannelOp;
using plmr::mesh::MeshAxis;
using plmr::mesh::RelationAttr;
using plmr::mesh::RelationKind;
using plmr::mesh::Role;

namespace {
/// Index and condition arithmetic without a line per operation.
class Scalars {
public:
  Scalars(OpBuilder &b, Location loc) : b(b), loc(loc) {}

  Value index(int64_t value) const {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value truth(bool value) const {
    return arith::ConstantOp::create(b, loc, b.getBoolAttr(value));
  }
  Value add(Value x, Value y) const {
    return arith::AddIOp::create(b, loc, x, y);
  }
  Value sub(Value x, Value y) const {
    return arith::SubIOp::create(b, loc, x, y);
  }
  Value mul(Value x, Value y) const {
    return arith::MulIOp::create(b, loc, x, y);
  }
  Value div(Value x, Value y) const {
    return arith::DivUIOp::create(b, loc, x, y);
  }
  Value rem(Value x, Value y) const {
    return arith::RemUIOp::create(b, loc, x, y);
  }
  Value min(Value x, Value y) const {
    return arith::MinUIOp::create(b, loc, x, y);
  }
  Value max(Value x, Value y) const {
    return arith::MaxUIOp::create(b, loc, x, y);
  }
  Value both(Value x, Value y) const {
    return arith::AndIOp::create(b, loc, x, y);
  }
  Value either(Value x, Value y) const {
    return arith::OrIOp::create(b, loc, x, y);
  }
  Value no(Value x) const {
    return arith::XOrIOp::create(b, loc, x, truth(true));
  }
  Value less(Value x, Value y) const {
    return compare(arith::CmpIPredicate::ult, x, y);
  }
  Value equal(Value x, Value y) const {
    return compare(arith::CmpIPredicate::eq, x, y);
  }
  Value number(Value condition) const {
    return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), condition);
  }
  Value select(Value condition, Value x, Value y) const {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// Position in the ring 0 2 4 .. 5 3 1 of `core` among `extent`.
  Value ringPosition(Value core, int64_t extent) const {
    Value half = div(add(core, index(1)), index(2));
    Value isEven = equal(rem(core, index(2)), index(0));
    return select(isEven, half, sub(index(extent), half));
  }
  /// Element of the ring at `position`.
  Value ringElement(Value position, int64_t extent) const {
    Value forward = mul(position, index(2));
    Value backward =
        sub(sub(index(2 * extent), index(1)), mul(position, index(2)));
    return select(less(position, index((extent + 1) / 2)), forward, backward);
  }

private:
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) const {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  OpBuilder &b;
  Location loc;
};

/// Expands the collectives of a module.
class Expander {
public:
  Expander(ModuleOp module, mesh::MeshOp meshOp)
      : module(module), symbols(module), meshOp(meshOp),
        mesh(meshOp.getShape()), b(module.getContext()) {}

  void expandReduce(mesh::ReduceTileOp op);
  LogicalResult expandGemm(mesh::GemmTileOp op);
  LogicalResult expandGemmT(mesh::GemmTTileOp op);

private:
  StringRef getChannel(Location loc, RelationKind kind, MeshAxis axis,
                       int64_t level = 0, ArrayRef<int64_t> groups = {},
                       int64_t segments = 1);
  /// Names what is built from here on, for reports.
  template <typename OpTy> void mark(OpTy op) {
    op->setAttr(operationAttrName, operation);
  }
  Value role(Location loc, Role role, StringRef channel) {
    return mesh::RoleOp::create(b, loc, role, channel);
  }
  void send(Location loc, Value buffer, StringRef channel, Value predicate) {
    mark(mesh::SendOp::create(b, loc, Type(), buffer, channel, predicate));
  }
  Value startSend(Location loc, Value buffer, StringRef channel,
                  Value predicate) {
    auto op = mesh::SendOp::create(b, loc, mesh::TokenType::get(b.getContext()),
                                   buffer, channel, predicate);
    mark(op);
    return op.getToken();
  }
  Value startRecv(Location loc, Value buffer, StringRef channel,
                  Value predicate) {
    auto op =
        mesh::RecvOp::create(b, loc, mesh::TokenType::get(b.getContext()),
                             buffer, channel, mesh::RoleAttr(), predicate);
    mark(op);
    return op.getToken();
  }
  /// `from` is null where a core receives one flow at most.
  void forward(Location loc, mesh::Reducer reducer, Value buffer,
               StringRef channel, mesh::RoleAttr from, StringRef to,
               Value predicate) {
    mark(mesh::ForwardReduceOp::create(b, loc, reducer, buffer, channel, from,
                                       to, predicate));
  }
  void reduceInto(Location loc, mesh::Reducer reducer, Value buffer,
                  StringRef channel, Role from, Value predicate) {
    mark(mesh::RecvReduceOp::create(b, loc, reducer, buffer, channel, from,
                                    predicate));
  }
  Value slice(Location loc, Value buffer, ArrayRef<OpFoldResult> offsets,
              ArrayRef<OpFoldResult> sizes) {
    SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
    return memref::SubViewOp::create(b, loc, buffer, offsets, sizes, strides);
  }
  /// Half `which` of a double buffer [2 x rows x columns].
  Value half(Location loc, Value buffers, OpFoldResult which);
  /// Two buffers like `tile`, the first a copy of it.
  Value doubleBuffer(Location loc, Value tile);
  LogicalResult checkUnits(Operation *op, int64_t extent);
  OpFoldResult attr(int64_t value) { return b.getIndexAttr(value); }

  ModuleOp module;
  SymbolTable symbols;
  mesh::MeshOp meshOp;
  MeshShape mesh;
  OpBuilder b;
  StringAttr operation;
};
} // namespace

/// A location's name, for reports.
static std::string getName(Location loc, StringRef fallback) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    SmallVector<std::string> names;
    for (Location part : fused.getLocations())
      names.push_back(getName(part, fallback));
    names.erase(llvm::unique(names), names.end());
    return llvm::join(names, "+");
  }
  return fallback.str();
}

StringRef Expander::getChannel(Location loc, RelationKind kind, MeshAxis axis,
                               int64_t level, ArrayRef<int64_t> groups,
                               int64_t segments) {
  auto relation =
      RelationAttr::get(b.getContext(), kind, axis, level, groups, segments);
  for (auto channel : module.getOps<ChannelOp>())
    if (channel.getRelation() == relation)
      return channel.getSymName();
  std::string name =
      (stringifyMeshAxis(axis) + "." + stringifyRelationKind(kind)).str();
  if (kind == RelationKind::Chain)
    name += std::to_string(level);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfter(meshOp);
  auto channel = ChannelOp::create(b, loc, name, relation, DenseI32ArrayAttr());
  symbols.insert(channel); // makes the name unique
  return channel.getSymName();
}

//===----------------------------------------------------------------------===//
// Reduction
//===----------------------------------------------------------------------===//

/// Every core but a group's root adds what it gets to its own and passes it
/// on; the root collects from both sides. The last root multicasts.
void Expander::expandReduce(mesh::ReduceTileOp op) {
  Location loc = op.getLoc();
  b.setInsertionPoint(op);
  operation = b.getStringAttr(getName(loc, "all_reduce"));
  Scalars s(b, loc);
  Value buffer = op.getBuffer();
  MeshAxis axis = op.getAxis();
  ArrayRef<int64_t> groups = op.getGroups();
  int64_t segments = op.getSegments();
  for (int64_t level = 0; level != static_cast<int64_t>(groups.size());
       ++level) {
    StringRef chain =
        getChannel(loc, RelationKind::Chain, axis, level, groups, segments);
    Value sends = role(loc, Role::Sends, chain);
    Value low = role(loc, Role::ReceivesLow, chain);
    Value high = role(loc, Role::ReceivesHigh, chain);
    Value receives = s.either(low, high);
    forward(loc, op.getReducer(), buffer, chain, mesh::RoleAttr(), chain,
            s.both(sends, receives));
    send(loc, buffer, chain, s.both(sends, s.no(receives)));
    Value collects = s.no(sends);
    reduceInto(loc, op.getReducer(), buffer, chain, Role::ReceivesLow,
               s.both(collects, low));
    reduceInto(loc, op.getReducer(), buffer, chain, Role::ReceivesHigh,
               s.both(collects, high));
  }
  if (!groups.empty()) {
    StringRef broadcast =
        getChannel(loc, RelationKind::Broadcast, axis, 0, groups, segments);
    send(loc, buffer, broadcast, role(loc, Role::Sends, broadcast));
    Value receives = s.either(role(loc, Role::ReceivesLow, broadcast),
                              role(loc, Role::ReceivesHigh, broadcast));
    mark(mesh::RecvOp::create(b, loc, Type(), buffer, broadcast,
                              mesh::RoleAttr(), receives));
  }
  op.erase();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Value Expander::half(Location loc, Value buffers, OpFoldResult which) {
  auto type = cast<MemRefType>(buffers.getType());
  SmallVector<OpFoldResult> offsets = {which, attr(0), attr(0)};
  SmallVector<OpFoldResult> sizes = {attr(1), attr(type.getDimSize(1)),
                                     attr(type.getDimSize(2))};
  SmallVector<OpFoldResult> strides(3, attr(1));
  auto result = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
      type.getShape().drop_front(), type, offsets, sizes, strides));
  return memref::SubViewOp::create(b, loc, result, buffers, offsets, sizes,
                                   strides);
}

Value Expander::doubleBuffer(Location loc, Value tile) {
  auto type = cast<MemRefType>(tile.getType());
  auto buffers = memref::AllocOp::create(
      b, loc,
      MemRefType::get({2, type.getDimSize(0), type.getDimSize(1)},
                      type.getElementType()));
  memref::CopyOp::create(b, loc, tile, half(loc, buffers, attr(0)));
  return buffers;
}

/// Bounds are computed as unit * extent in 32-bit registers.
LogicalResult Expander::checkUnits(Operation *op, int64_t extent) {
  int64_t units = static_cast<int64_t>(mesh.columns) * mesh.rows;
  if (units * extent <= std::numeric_limits<int32_t>::max())
    return success();
  return op->emitOpError("expected columns * rows * extent to fit in 31 bits "
                         "but got ")
         << mesh.columns << " * " << mesh.rows << " * " << extent;
}

/// The staircase (docs/Algorithms.md): the contracted dimension is cut in
/// columns * rows units; block c of A is units [c R, (c+1) R), block r of B
/// units [r C, (r+1) C). A core walks over the segments between all these
/// bounds, cyclically from where its blocks of A and B meet, and takes the next
/// block from its ring successor where one ends.
LogicalResult Expander::expandGemm(mesh::GemmTileOp op) {
  Location loc = op.getLoc();
  int64_t extent = op.getK();
  if (failed(checkUnits(op, extent)))
    return failure();
  b.setInsertionPoint(op);
  operation = b.getStringAttr(getName(loc, "gemm"));
  Scalars s(b, loc);
  int64_t columns = mesh.columns, rows = mesh.rows, units = columns * rows;
  int64_t steps = columns + rows - std::gcd(columns, rows);
  Value buffersA = doubleBuffer(loc, op.getA());
  Value buffersB = doubleBuffer(loc, op.getB());

  Value x = mesh::CoordOp::create(b, loc, b.getIndexType(), MeshAxis::X);
  Value y = mesh::CoordOp::create(b, loc, b.getIndexType(), MeshAxis::Y);
  Value unitsA = s.index(rows), unitsB = s.index(columns); // of a block
  Value all = s.index(units);
  Value meeting = s.rem(s.add(s.mul(s.ringPosition(x, columns), unitsA),
                              s.mul(s.ringPosition(y, rows), unitsB)),
                        all);
  Value start = s.max(s.mul(s.div(meeting, unitsA), unitsA),
                      s.mul(s.div(meeting, unitsB), unitsB));
  Value zero = s.index(0), one = s.index(1), two = s.index(2);
  auto loop = scf::ForOp::create(b, loc, zero, s.index(steps), one,
                                 ValueRange{start, zero, zero});
  b.setInsertionPointToStart(loop.getBody());
  Value begin = loop.getRegionIterArgs()[0];
  Value currentA = loop.getRegionIterArgs()[1];
  Value currentB = loop.getRegionIterArgs()[2];
  Value blockA = s.div(begin, unitsA), blockB = s.div(begin, unitsB);
  Value end = s.min(s.mul(s.add(blockA, one), unitsA),
                    s.mul(s.add(blockB, one), unitsB));
  auto element = [&](Value unit) {
    return s.div(s.mul(unit, s.index(extent)), all);
  };
  Value first = element(begin);
  Value length = s.sub(element(end), first);
  Value offsetA = s.sub(first, element(s.mul(blockA, unitsA)));
  Value offsetB = s.sub(first, element(s.mul(blockB, unitsB)));

  // Where a block ends the next one comes in. All cores of a ring see as many
  // ends, though at different steps; after the walk the blocks are home again.
  auto change = [&](Value blockUnits, int64_t extentOfRing) {
    return s.both(s.truth(extentOfRing > 1),
                  s.equal(s.rem(end, blockUnits), zero));
  };
  Value changeA = change(unitsA, columns), changeB = change(unitsB, rows);
  SmallVector<std::pair<Value, Value>> transfers; // token, predicate
  auto exchange = [&](Value buffers, Value current, MeshAxis axis,
                      Value predicate) {
    StringRef ring = getChannel(loc, RelationKind::Ring, axis);
    Value other = s.sub(one, current);
    transfers.push_back(
        {startSend(loc, half(loc, buffers, current), ring, predicate),
         predicate});
    transfers.push_back(
        {startRecv(loc, half(loc, buffers, other), ring, predicate),
         predicate});
  };
  if (columns > 1)
    exchange(buffersA, currentA, MeshAxis::X, changeA);
  if (rows > 1)
    exchange(buffersB, currentB, MeshAxis::Y, changeB);
  auto typeA = cast<MemRefType>(op.getA().getType());
  auto typeB = cast<MemRefType>(op.getB().getType());
  Value partA = slice(loc, half(loc, buffersA, currentA), {attr(0), offsetA},
                      {attr(typeA.getDimSize(0)), length});
  Value partB = slice(loc, half(loc, buffersB, currentB), {offsetB, attr(0)},
                      {length, attr(typeB.getDimSize(1))});
  linalg::MatmulOp::create(b, loc, ValueRange{partA, partB},
                           ValueRange{op.getC()});
  for (auto [token, predicate] : transfers)
    mesh::WaitOp::create(b, loc, token, predicate);
  Value next = s.rem(end, all);
  Value nextA = s.rem(s.add(currentA, s.number(changeA)), two);
  Value nextB = s.rem(s.add(currentB, s.number(changeB)), two);
  scf::YieldOp::create(b, loc, ValueRange{next, nextA, nextB});
  op.erase();
  return success();
}

/// B walks around its ring along y. Each of its blocks is multiplied segment
/// by segment, a segment being what lies in one block of the result's columns;
/// each product is reduced along x to the column that owns the segment.
LogicalResult Expander::expandGemmT(mesh::GemmTTileOp op) {
  Location loc = op.getLoc();
  int64_t extent = op.getN();
  if (failed(checkUnits(op, extent)))
    return failure();
  b.setInsertionPoint(op);
  operation = b.getStringAttr(getName(loc, "gemm_t"));
  Scalars s(b, loc);
  int64_t columns = mesh.columns, rows = mesh.rows, units = columns * rows;
  StringRef up = getChannel(loc, RelationKind::Up, MeshAxis::X);
  StringRef down = getChannel(loc, RelationKind::Down, MeshAxis::X);
  Value buffers = doubleBuffer(loc, op.getB());
  auto typeA = cast<MemRefType>(op.getA().getType());
  auto typeB = cast<MemRefType>(op.getB().getType());
  auto typeC = cast<MemRefType>(op.getC().getType());
  int64_t heightM = typeA.getDimSize(0);
  int64_t longest = std::min(typeB.getDimSize(0), typeC.getDimSize(1));
  Value partial = memref::AllocOp::create(
      b, loc, MemRefType::get({heightM, longest}, typeC.getElementType()));

  Value x = mesh::CoordOp::create(b, loc, b.getIndexType(), MeshAxis::X);
  Value y = mesh::CoordOp::create(b, loc, b.getIndexType(), MeshAxis::Y);
  Value position = s.ringPosition(y, rows);
  Value isFirst = s.equal(x, s.index(0));
  Value isLast = s.equal(x, s.index(columns - 1));
  Value zero = s.index(0), one = s.index(1), two = s.index(2);
  Value unitsB = s.index(columns), unitsC = s.index(rows); // of a block
  Value all = s.index(units);
  auto element = [&](Value unit) {
    return s.div(s.mul(unit, s.index(extent)), all);
  };

  auto walk =
      scf::ForOp::create(b, loc, zero, s.index(rows), one, ValueRange{zero});
  b.setInsertionPointToStart(walk.getBody());
  Value current = walk.getRegionIterArgs()[0];
  Value block = s.ringElement(
      s.rem(s.add(position, walk.getInductionVar()), s.index(rows)), rows);
  Value change = s.less(walk.getInductionVar(), s.index(rows - 1));
  SmallVector<Value> tokens;
  if (rows > 1) {
    StringRef ring = getChannel(loc, RelationKind::Ring, MeshAxis::Y);
    Value other = s.sub(one, current);
    tokens.push_back(startSend(loc, half(loc, buffers, current), ring, change));
    tokens.push_back(startRecv(loc, half(loc, buffers, other), ring, change));
  }
  Value blockBegin = s.mul(block, unitsB);
  Value blockEnd = s.add(blockBegin, unitsB);
  Value firstColumn = s.div(blockBegin, unitsC);
  Value lastColumn = s.div(s.sub(blockEnd, one), unitsC);

  auto segments =
      scf::ForOp::create(b, loc, firstColumn, s.add(lastColumn, one), one);
  b.setInsertionPointToStart(segments.getBody());
  Value root = segments.getInductionVar();
  Value rootBegin = s.mul(root, unitsC);
  Value first = element(s.max(blockBegin, rootBegin));
  Value length =
      s.sub(element(s.min(blockEnd, s.add(rootBegin, unitsC))), first);
  Value offsetB = s.sub(first, element(blockBegin));
  Value offsetC = s.sub(first, element(rootBegin));
  Value part = slice(loc, partial, {attr(0), attr(0)}, {attr(heightM), length});
  Value rowsB = slice(loc, half(loc, buffers, current), {offsetB, attr(0)},
                      {length, attr(typeB.getDimSize(1))});
  Value none =
      arith::ConstantOp::create(b, loc, b.getZeroAttr(typeC.getElementType()));
  linalg::FillOp::create(b, loc, none, part);
  AffineExpr m, n, k;
  bindDims(b.getContext(), m, n, k);
  auto map = [&](AffineExpr u, AffineExpr v) {
    return AffineMap::get(3, 0, {u, v}, b.getContext());
  };
  linalg::MatmulOp::create(
      b, loc, TypeRange{}, ValueRange{op.getA(), rowsB}, ValueRange{part},
      ArrayRef<NamedAttribute>{b.getNamedAttr(
          "indexing_maps",
          b.getAffineMapArrayAttr({map(m, k), map(n, k), map(m, n)}))});

  // A chain from either end to the root.
  Value isLeft = s.less(x, root), isRight = s.less(root, x);
  Value isRoot = s.equal(x, root);
  auto sum = mesh::Reducer::Sum;
  auto low = mesh::RoleAttr::get(b.getContext(), Role::ReceivesLow);
  auto high = mesh::RoleAttr::get(b.getContext(), Role::ReceivesHigh);
  send(loc, part, up, s.both(isLeft, isFirst));
  forward(loc, sum, part, up, low, up, s.both(isLeft, s.no(isFirst)));
  send(loc, part, down, s.both(isRight, isLast));
  forward(loc, sum, part, down, high, down, s.both(isRight, s.no(isLast)));
  reduceInto(loc, sum, part, up, Role::ReceivesLow,
             s.both(isRoot, s.no(isFirst)));
  reduceInto(loc, sum, part, down, Role::ReceivesHigh,
             s.both(isRoot, s.no(isLast)));
  Value place =
      slice(loc, op.getC(), {attr(0), offsetC}, {attr(heightM), length});
  auto keep = scf::IfOp::create(b, loc, isRoot, /*withElseRegion=*/false);
  b.setInsertionPointToStart(keep.thenBlock());
  memref::CopyOp::create(b, loc, part, place);

  b.setInsertionPointAfter(segments);
  for (Value token : tokens)
    mesh::WaitOp::create(b, loc, token, change);
  Value next = s.rem(s.add(current, s.number(change)), two);
  scf::YieldOp::create(b, loc, next);
  op.erase();
  return success();
}

namespace {
struct ExpandCollectives
    : plmr::impl::ExpandCollectivesBase<ExpandCollectives> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    Expander expander(module, mesh::lookupMesh(module));
    WalkResult result = module.walk([&](Operation *op) {
      if (auto reduce = dyn_cast<mesh::ReduceTileOp>(op))
        expander.expandReduce(reduce);
      else if (auto gemm = dyn_cast<mesh::GemmTileOp>(op))
        return WalkResult(expander.expandGemm(gemm));
      else if (auto gemmT = dyn_cast<mesh::GemmTTileOp>(op))
        return WalkResult(expander.expandGemmT(gemmT));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
