//===- ExpandHeads.cpp - Products of each head as messages ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The products of attention run on the columns that own a key head: GEMM-T and
// staircase on a mesh of that many columns and all rows. Keys and values lie
// cyclically on the rows; slots 0 up to `slots` of every row take part, those
// of the row at ring position 0 first.
//
//===----------------------------------------------------------------------===//

#include "Expander.h"
#include <limits>

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;

/// Scores walk with the keys, and end where the staircase of the weighted
/// values starts; there what comes after the query goes.
LogicalResult Expander::expandHeadGemmT(mesh::HeadGemmTTileOp op) {
  Location loc = op.getLoc();
  if (failed(checkTiles(op, op.getScores(), op.getKvHeads())) ||
      failed(checkSlots(op, op.getK(), op.getKvHeads())))
    return failure();
  begin(op, "head_gemm_t");
  Scalars s(b, loc);
  Value slots = op.getSlots();
  Staircase stairs = getHeadStairs(loc, op.getKvHeads(), slots);
  stairs.accumulates = true;
  Value positionX = s.ringPosition(stairs.x.local, stairs.x.extent);
  Value positionY = s.ringPosition(stairs.y.local, stairs.y.extent);
  Value block =
      s.alignedBlock(positionX, stairs.x.extent, positionY, stairs.y.extent);
  stairs.currentA = startResult(loc, op.getScores(), stairs, s.index(0), block);
  stairs.buffersB = startTravel(loc, stairs.y, op.getK(), [&](Value half) {
    return stairs.partB(half, positionY);
  });
  stairs.currentB = s.index(0);
  alignB(loc, stairs, positionX, positionY);
  auto typeQ = cast<MemRefType>(op.getQ().getType());
  OpFoldResult heads = attr(typeQ.getDimSize(1)),
               group = attr(typeQ.getDimSize(2));
  stairs.rows = typeQ.getDimSize(0);
  stairs.multiply = [&](Value scores, Value keys, Value offsetS, Value offsetK,
                        Value length, int64_t row, int64_t rows) {
    Value partQ = slice(loc, op.getQ(), {attr(row), attr(0), attr(0), attr(0)},
                        {attr(rows), heads, group, attr(typeQ.getDimSize(3))});
    Value partS = slice(loc, scores, {attr(row), attr(0), attr(0), offsetS},
                        {attr(rows), heads, group, length});
    // Loops: query, head, query head of the group, key, feature.
    contract(loc, partQ, {0, 1, 2, 4}, sliceLast(loc, keys, offsetK, length),
             {1, 4, 3}, partS, {0, 1, 2, 3}, 5);
  };
  walk(loc, stairs);
  maskScores(op, stairs, block);
  op.erase();
  return success();
}

/// Of a row's slots query i sees those up to slot `before` + i; that one only
/// if the keys' row does not come after the query's. So as many queries as
/// there are keys beyond the first one's have something to lose.
void Expander::maskScores(mesh::HeadGemmTTileOp op, const Staircase &stairs,
                          Value block) {
  Location loc = op.getLoc();
  Scalars s(b, loc);
  Value scores = half(loc, op.getScores(), attr(0));
  ArrayRef<int64_t> shape = cast<MemRefType>(scores.getType()).getShape();
  Value rows = stairs.y.extent, slots = op.getSlots();
  Value zero = s.index(0), one = s.index(1);
  Value before = s.div(op.getFirst(), rows);
  // Keys are numbered row after row, in ring order.
  Value begin = stairs.element(s.mul(block, rows));
  Value end = stairs.element(s.mul(s.add(block, one), rows));
  OpBuilder::InsertionGuard guard(b);
  auto perRow =
      scf::ForOp::create(b, loc, s.div(begin, slots),
                         s.div(s.add(end, s.sub(slots, one)), slots), one);
  b.setInsertionPointToStart(perRow.getBody());
  Value row = perRow.getInductionVar();
  Value isEarlier = s.no(s.less(stairs.y.local, s.ringElement(row, rows)));
  Value firstKey = s.mul(row, slots);
  // Key `visible` + i of this row is the first that query i does not see.
  Value visible = s.add(firstKey, s.add(before, s.number(isEarlier)));
  Value last = s.min(s.add(firstKey, slots), end);
  Value losing = s.min(s.sub(s.max(last, visible), visible), s.index(shape[0]));
  auto mask = scf::ForOp::create(b, loc, zero, losing, one);
  b.setInsertionPointToStart(mask.getBody());
  Value query = mask.getInductionVar();
  Value bound = s.max(s.add(visible, query), s.max(firstKey, begin));
  bound = s.min(bound, last);
  Value masked =
      slice(loc, scores, {query, attr(0), attr(0), s.sub(bound, begin)},
            {attr(1), attr(shape[1]), attr(shape[2]), s.sub(last, bound)});
  fill(loc, masked, -std::numeric_limits<double>::infinity());
}

/// The walk over a key head's columns and all rows. A is cut by keys, of which
/// B has those of its row.
Expander::Staircase Expander::getHeadStairs(Location loc, int64_t kvHeads,
                                            Value slots) {
  Staircase stairs;
  stairs.x = getLine(loc, MeshAxis::X, kvHeads);
  stairs.y = getLine(loc, MeshAxis::Y);
  auto element = [this, loc, slots, extent = stairs.x.extent](Value unit) {
    Scalars s(b, loc);
    return s.div(s.mul(unit, slots), extent);
  };
  stairs.element = element;
  stairs.partA = [=, this, rows = stairs.y.extent](Value half, Value block) {
    Scalars s(b, loc);
    Value begin = s.mul(block, rows);
    Value length = s.sub(element(s.add(begin, rows)), element(begin));
    return sliceLast(loc, half, attr(0), length);
  };
  stairs.partB = [=, this](Value half, Value) {
    return sliceLast(loc, half, attr(0), slots);
  };
  return stairs;
}

LogicalResult Expander::checkSlots(Operation *op, Value keys, int64_t kvHeads) {
  Segments lines{mesh.columns, static_cast<unsigned>(kvHeads)};
  return checkUnits(op, lines.getMaxWidth(),
                    cast<MemRefType>(keys.getType()).getShape().back());
}

/// The allocation of which `tile` is the first of two halves, whole; or null.
static memref::AllocOp findHalved(Value tile) {
  SmallVector<int64_t> both = {2};
  llvm::append_range(both, cast<MemRefType>(tile.getType()).getShape());
  while (Operation *view = tile.getDefiningOp()) {
    if (auto subview = dyn_cast<memref::SubViewOp>(view)) {
      auto alloc = subview.getSource().getDefiningOp<memref::AllocOp>();
      SmallVector<int64_t> first = both;
      first[0] = 1;
      bool isFirst = alloc &&
                     alloc.getType().getShape() == ArrayRef<int64_t>(both) &&
                     llvm::all_of(subview.getStaticOffsets(),
                                  [](int64_t offset) { return offset == 0; }) &&
                     subview.getStaticSizes() == ArrayRef<int64_t>(first);
      return isFirst ? alloc : memref::AllocOp();
    }
    if (!isa<memref::CastOp, memref::ExpandShapeOp, memref::CollapseShapeOp>(
            view))
      return {};
    tile = view->getOperand(0);
  }
  return {};
}

/// Whether something behind `op` in its block uses `buffer`, or what may be the
/// same memory: a view of it, the result of a loop that carries it, a transfer.
static bool isUsedAfter(Value buffer, Operation *op) {
  return llvm::any_of(buffer.getUsers(), [&](Operation *user) {
    Operation *inBlock = op->getBlock()->findAncestorOpInBlock(*user);
    if (!inBlock || op->isBeforeInBlock(inBlock))
      return true;
    return llvm::any_of(inBlock->getResults(), [&](Value result) {
      return isa<BaseMemRefType, mesh::TokenType>(result.getType()) &&
             isUsedAfter(result, op);
    });
  });
}

/// Scores became weights in place: what they walked in, in which nothing else
/// is any more, the weights can walk in, too. Null if it is not so.
Value Expander::findOwnBuffers(mesh::HeadGemmTileOp op) {
  memref::AllocOp alloc = findHalved(op.getWeights());
  if (!alloc || alloc->getBlock() != op->getBlock() || isUsedAfter(alloc, op))
    return {};
  return alloc;
}

LogicalResult Expander::expandHeadGemm(mesh::HeadGemmTileOp op) {
  Location loc = op.getLoc();
  if (failed(checkSlots(op, op.getV(), op.getKvHeads())))
    return failure();
  begin(op, "head_gemm");
  Scalars s(b, loc);
  auto typeP = cast<MemRefType>(op.getWeights().getType());
  Staircase stairs = getHeadStairs(loc, op.getKvHeads(), op.getSlots());
  Value positionX = s.ringPosition(stairs.x.local, stairs.x.extent);
  Value positionY = s.ringPosition(stairs.y.local, stairs.y.extent);
  // The scores were left aligned.
  Value block =
      s.alignedBlock(positionX, stairs.x.extent, positionY, stairs.y.extent);
  stairs.buffersA = findOwnBuffers(op);
  if (!stairs.buffersA)
    stairs.buffersA =
        startTravel(loc, stairs.x, op.getWeights(),
                    [&](Value half) { return stairs.partA(half, block); });
  stairs.buffersB = startTravel(loc, stairs.y, op.getV(), [&](Value half) {
    return stairs.partB(half, positionY);
  });
  stairs.currentA = stairs.currentB = s.index(0);
  alignB(loc, stairs, positionX, positionY);
  stairs.rows = typeP.getDimSize(0);
  stairs.multiply = [&](Value weights, Value values, Value offsetA,
                        Value offsetB, Value length, int64_t row,
                        int64_t rows) {
    auto type = cast<MemRefType>(op.getResult().getType());
    OpFoldResult heads = attr(type.getDimSize(1)),
                 group = attr(type.getDimSize(2));
    Value partA = slice(loc, weights, {attr(row), attr(0), attr(0), offsetA},
                        {attr(rows), heads, group, length});
    Value partC =
        slice(loc, op.getResult(), {attr(row), attr(0), attr(0), attr(0)},
              {attr(rows), heads, group, attr(type.getDimSize(3))});
    // Loops: query, head, query head of the group, element, key.
    contract(loc, partA, {0, 1, 2, 4}, sliceLast(loc, values, offsetB, length),
             {1, 3, 4}, partC, {0, 1, 2, 3}, 5);
  };
  walk(loc, stairs);
  op.erase();
  return success();
}
