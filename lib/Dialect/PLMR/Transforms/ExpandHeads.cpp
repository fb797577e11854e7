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

/// Keys walk around the ring along y. Each block is multiplied segment by
/// segment with the queries; a product is reduced along the head's columns to
/// the one that owns the segment where the staircase starts, so that the scores
/// need no alignment. There it is scaled, and what comes after the query goes.
void Expander::expandHeadGemmT(mesh::HeadGemmTTileOp op) {
  Location loc = op.getLoc();
  begin(op, "head_gemm_t");
  Scalars s(b, loc);
  auto typeK = cast<MemRefType>(op.getK().getType());
  auto typeS = cast<MemRefType>(op.getScores().getType());
  int64_t queries = typeS.getDimSize(0);
  Value slots = op.getSlots();
  Line x = getLine(loc, MeshAxis::X, op.getKvHeads());
  Line y = getLine(loc, MeshAxis::Y);
  Value buffers = op.getK();
  if (y.moves) {
    buffers = doubleBuffer(loc, typeK.getShape(), typeK.getElementType());
    memref::CopyOp::create(
        b, loc, sliceLast(loc, op.getK(), attr(0), slots),
        sliceLast(loc, half(loc, buffers, attr(0)), attr(0), slots));
  }
  SmallVector<int64_t> partialShape(typeS.getShape());
  partialShape.back() = std::min(typeK.getDimSize(2), typeS.getDimSize(3));
  Value partial = memref::AllocOp::create(
      b, loc, MemRefType::get(partialShape, typeS.getElementType()));

  Value position = s.ringPosition(y.local, y.extent);
  Value shift = s.div(s.mul(position, x.extent), y.extent);
  // Whole rows of slots before the first query's.
  Value before = s.div(op.getFirst(), y.extent);
  Value zero = s.index(0), one = s.index(1), two = s.index(2);
  Value unitsB = x.extent, unitsC = y.extent; // of a block
  auto element = [&](Value unit) { return s.div(s.mul(unit, slots), unitsB); };

  auto walk = scf::ForOp::create(b, loc, zero, y.extent, one, ValueRange{zero});
  b.setInsertionPointToStart(walk.getBody());
  Value current = walk.getRegionIterArgs()[0];
  Value block = s.rem(s.add(position, walk.getInductionVar()), y.extent);
  Value change = s.less(s.add(walk.getInductionVar(), one), y.extent);
  SmallVector<std::pair<Value, Value>> transfers;
  Value tile = buffers;
  if (y.moves) {
    tile = half(loc, buffers, current);
    exchange(
        loc, y, sliceLast(loc, tile, attr(0), slots),
        sliceLast(loc, half(loc, buffers, s.sub(one, current)), attr(0), slots),
        change, transfers);
  }
  Value blockBegin = s.mul(block, unitsB);
  Value blockEnd = s.add(blockBegin, unitsB);
  Value firstColumn = s.div(blockBegin, unitsC);
  Value lastColumn = s.div(s.sub(blockEnd, one), unitsC);
  // Of the row's slots a query of slot i sees those up to its own; that one
  // only if the keys' row does not come after the query's.
  Value isEarlier = s.no(s.less(y.local, s.ringElement(block, y.extent)));
  Value visible = s.add(before, s.number(isEarlier));

  auto segments =
      scf::ForOp::create(b, loc, firstColumn, s.add(lastColumn, one), one);
  b.setInsertionPointToStart(segments.getBody());
  Value column = segments.getInductionVar();
  Value place = s.rem(s.sub(s.add(column, x.extent), shift), x.extent);
  Value root = s.ringElement(place, x.extent);
  Value columnBegin = s.mul(column, unitsC);
  Value first = element(s.max(blockBegin, columnBegin));
  Value length =
      s.sub(element(s.min(blockEnd, s.add(columnBegin, unitsC))), first);
  Value offsetK = s.sub(first, element(blockBegin));
  Value offsetS = s.sub(first, element(columnBegin));
  Value part = sliceLast(loc, partial, attr(0), length);
  fill(loc, part, 0);
  // Loops: query, head, query head of the group, key, feature.
  contract(loc, op.getQ(), {0, 1, 2, 4}, sliceLast(loc, tile, offsetK, length),
           {1, 4, 3}, part, {0, 1, 2, 3}, 5);
  if (x.moves)
    reduceToRoot(loc, mesh::Reducer::Sum, part, x, root);

  auto keep = scf::IfOp::create(b, loc, s.equal(x.local, root),
                                /*withElseRegion=*/false);
  b.setInsertionPointToStart(keep.thenBlock());
  Value kept = sliceLast(loc, op.getScores(), offsetS, length);
  AffineMap identity = b.getMultiDimIdentityMap(4);
  SmallVector<utils::IteratorType> parallel(4, utils::IteratorType::parallel);
  linalg::GenericOp::create(
      b, loc, ValueRange{part}, ValueRange{kept},
      ArrayRef<AffineMap>{identity, identity}, parallel,
      [&](OpBuilder &nested, Location l, ValueRange values) {
        Value scale = arith::ConstantOp::create(
            nested, l,
            nested.getFloatAttr(values[0].getType(),
                                op.getScale().convertToDouble()));
        Value scaled = arith::MulFOp::create(nested, l, values[0], scale);
        linalg::YieldOp::create(nested, l, scaled);
      });
  // Query i keeps keys up to visible + i of this row: as many queries as there
  // are keys beyond the first one's have something to lose.
  Value end = s.add(offsetK, length);
  Value losing = s.min(s.sub(s.max(end, visible), visible), s.index(queries));
  auto mask = scf::ForOp::create(b, loc, zero, losing, one);
  b.setInsertionPointToStart(mask.getBody());
  Value query = mask.getInductionVar();
  Value bound = s.max(s.add(visible, query), offsetK);
  Value masked = s.sub(end, bound);
  SmallVector<OpFoldResult> offsets = {query, attr(0), attr(0),
                                       s.sub(bound, offsetK)};
  SmallVector<OpFoldResult> sizes = {attr(1), attr(typeS.getDimSize(1)),
                                     attr(typeS.getDimSize(2)), masked};
  offsets[3] = s.add(offsetS, s.sub(bound, offsetK));
  fill(loc, slice(loc, op.getScores(), offsets, sizes),
       -std::numeric_limits<double>::infinity());

  b.setInsertionPointAfter(segments);
  waitFor(loc, transfers);
  Value next = s.rem(s.add(current, s.number(change)), two);
  scf::YieldOp::create(b, loc, next);
  op.erase();
}

void Expander::expandHeadGemm(mesh::HeadGemmTileOp op) {
  Location loc = op.getLoc();
  begin(op, "head_gemm");
  Scalars s(b, loc);
  auto typeP = cast<MemRefType>(op.getWeights().getType());
  auto typeV = cast<MemRefType>(op.getV().getType());
  Value slots = op.getSlots();
  Staircase stairs;
  stairs.x = getLine(loc, MeshAxis::X, op.getKvHeads());
  stairs.y = getLine(loc, MeshAxis::Y);
  stairs.element = [&](Value unit) {
    return s.div(s.mul(unit, slots), stairs.x.extent);
  };
  stairs.partA = [&](Value half, Value block) {
    Value begin = s.mul(block, stairs.y.extent);
    Value length = s.sub(stairs.element(s.add(begin, stairs.y.extent)),
                         stairs.element(begin));
    return sliceLast(loc, half, attr(0), length);
  };
  stairs.partB = [&](Value half, Value) {
    return sliceLast(loc, half, attr(0), slots);
  };
  Value positionX = s.ringPosition(stairs.x.local, stairs.x.extent);
  Value positionY = s.ringPosition(stairs.y.local, stairs.y.extent);
  Value zero = s.index(0);
  stairs.buffersA = op.getWeights();
  stairs.buffersB = op.getV();
  stairs.currentA = stairs.currentB = zero;
  if (stairs.x.moves) {
    stairs.buffersA =
        doubleBuffer(loc, typeP.getShape(), typeP.getElementType());
    // The block that the scores were left with.
    Value block =
        s.rem(s.add(positionX,
                    s.div(s.mul(positionY, stairs.x.extent), stairs.y.extent)),
              stairs.x.extent);
    memref::CopyOp::create(
        b, loc, stairs.partA(op.getWeights(), block),
        stairs.partA(half(loc, stairs.buffersA, attr(0)), block));
  }
  if (stairs.y.moves) {
    stairs.buffersB =
        doubleBuffer(loc, typeV.getShape(), typeV.getElementType());
    memref::CopyOp::create(
        b, loc, stairs.partB(op.getV(), zero),
        stairs.partB(half(loc, stairs.buffersB, attr(0)), zero));
    stairs.currentB =
        align(loc, stairs.buffersB, stairs.y,
              s.div(s.mul(positionX, stairs.y.extent), stairs.x.extent),
              positionY, stairs.partB);
  }
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
}
