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

/// The walk of keys leaves each sum where the staircase starts, so that the
/// scores need no alignment. There it is scaled, and what comes after the query
/// goes.
void Expander::expandHeadGemmT(mesh::HeadGemmTTileOp op) {
  Location loc = op.getLoc();
  begin(op, "head_gemm_t");
  Scalars s(b, loc);
  auto typeK = cast<MemRefType>(op.getK().getType());
  auto typeS = cast<MemRefType>(op.getScores().getType());
  Value slots = op.getSlots();
  TransposedWalk transposed;
  transposed.x = getLine(loc, MeshAxis::X, op.getKvHeads());
  transposed.y = getLine(loc, MeshAxis::Y);
  const Line &x = transposed.x, &y = transposed.y;
  transposed.part = [&](Value half) {
    return sliceLast(loc, half, attr(0), slots);
  };
  transposed.buffers = startTravel(loc, y, op.getK(), transposed.part);
  SmallVector<int64_t> partialShape(typeS.getShape());
  partialShape.back() = std::min(typeK.getDimSize(2), typeS.getDimSize(3));
  transposed.partial = memref::AllocOp::create(
      b, loc, MemRefType::get(partialShape, typeS.getElementType()));
  transposed.shift =
      s.alignment(s.ringPosition(y.local, y.extent), x.extent, y.extent);
  transposed.element = [&](Value unit) {
    return s.div(s.mul(unit, slots), x.extent);
  };
  // Whole rows of slots before the first query's. Of a row's slots a query of
  // slot i sees those up to its own; that one only if the keys' row does not
  // come after the query's.
  Value before = s.div(op.getFirst(), y.extent), visible;
  transposed.enter = [&](Value block) {
    Value isEarlier = s.no(s.less(y.local, s.ringElement(block, y.extent)));
    visible = s.add(before, s.number(isEarlier));
  };
  transposed.multiply = [&](Value tile, Value offset, Value length,
                            Value part) {
    // Loops: query, head, query head of the group, key, feature.
    contract(loc, op.getQ(), {0, 1, 2, 4}, sliceLast(loc, tile, offset, length),
             {1, 4, 3}, part, {0, 1, 2, 3}, 5);
  };
  transposed.keep = [&](Value part, Value offsetK, Value offsetS,
                        Value length) {
    keepScores(op, part, offsetS, length);
    maskScores(op, visible, offsetK, offsetS, length);
  };
  walk(loc, transposed);
  op.erase();
}

void Expander::keepScores(mesh::HeadGemmTTileOp op, Value part, Value offset,
                          Value length) {
  Location loc = op.getLoc();
  AffineMap identity = b.getMultiDimIdentityMap(4);
  SmallVector<utils::IteratorType> parallel(4, utils::IteratorType::parallel);
  linalg::GenericOp::create(
      b, loc, part, sliceLast(loc, op.getScores(), offset, length),
      ArrayRef<AffineMap>{identity, identity}, parallel,
      [&](OpBuilder &nested, Location l, ValueRange values) {
        Value scale = arith::ConstantOp::create(
            nested, l,
            nested.getFloatAttr(values[0].getType(),
                                op.getScale().convertToDouble()));
        Value scaled = arith::MulFOp::create(nested, l, values[0], scale);
        linalg::YieldOp::create(nested, l, scaled);
      });
}

/// Query i keeps keys up to `visible` + i of this row: as many queries as there
/// are keys beyond the first one's have something to lose.
void Expander::maskScores(mesh::HeadGemmTTileOp op, Value visible,
                          Value offsetK, Value offsetS, Value length) {
  Location loc = op.getLoc();
  Scalars s(b, loc);
  ArrayRef<int64_t> shape =
      cast<MemRefType>(op.getScores().getType()).getShape();
  Value end = s.add(offsetK, length);
  Value losing = s.min(s.sub(s.max(end, visible), visible), s.index(shape[0]));
  auto mask = scf::ForOp::create(b, loc, s.index(0), losing, s.index(1));
  b.setInsertionPointToStart(mask.getBody());
  Value query = mask.getInductionVar();
  Value bound = s.max(s.add(visible, query), offsetK);
  Value masked =
      slice(loc, op.getScores(),
            {query, attr(0), attr(0), s.add(offsetS, s.sub(bound, offsetK))},
            {attr(1), attr(shape[1]), attr(shape[2]), s.sub(end, bound)});
  fill(loc, masked, -std::numeric_limits<double>::infinity());
}

void Expander::expandHeadGemm(mesh::HeadGemmTileOp op) {
  Location loc = op.getLoc();
  begin(op, "head_gemm");
  Scalars s(b, loc);
  auto typeP = cast<MemRefType>(op.getWeights().getType());
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
  Value alignmentA = s.alignment(positionY, stairs.x.extent, stairs.y.extent);
  Value alignmentB = s.alignment(positionX, stairs.y.extent, stairs.x.extent);
  // The scores were left aligned.
  Value block = s.rem(s.add(positionX, alignmentA), stairs.x.extent);
  stairs.buffersA =
      startTravel(loc, stairs.x, op.getWeights(),
                  [&](Value half) { return stairs.partA(half, block); });
  stairs.buffersB = startTravel(loc, stairs.y, op.getV(), [&](Value half) {
    return stairs.partB(half, positionY);
  });
  stairs.currentA = stairs.currentB = s.index(0);
  if (stairs.y.moves)
    stairs.currentB = align(loc, stairs.buffersB, stairs.y, alignmentB,
                            positionY, stairs.partB);
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
