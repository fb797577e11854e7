//===- MatrixAttention.cpp - Placing the attention of many queries --------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Queries lie cyclically on rows by position, as the cache does, so that new
// keys and values are stored where they are. Scores are one product per head on
// the head's columns; maxima and sums are reduced along them.
//
//===----------------------------------------------------------------------===//

#include "Placer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "plmr/Dialect/PLMR/Transforms/Scalars.h"
#include <limits>

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;
using plmr::mesh::PlacedType;
using plmr::mesh::PlacementAttr;
using plmr::mesh::SplitAttr;

using Dims = SmallVector<unsigned>;

/// The block that `plmr.head_gemm_t` leaves on the core, in elements.
Value Placer::getKeyCount(Location loc, const HeadLayout &layout, Value slots) {
  Scalars s(builder, loc);
  MeshLine x = buildMeshLine(builder, loc, mesh, MeshAxis::X, layout.kvHeads);
  MeshLine y = buildMeshLine(builder, loc, mesh, MeshAxis::Y);
  Value position = s.ringPosition(y.local, y.extent);
  Value block = s.alignedBlock(s.ringPosition(x.local, x.extent), x.extent,
                               position, y.extent);
  auto bound = [&](Value number) {
    return s.div(s.mul(s.mul(number, y.extent), slots), x.extent);
  };
  return s.sub(bound(s.add(block, s.index(1))), bound(block));
}

/// Scaled queries give scaled scores, of which there are more.
Value Placer::scaleQueries(Location loc, Value queries, double scale) {
  auto type = cast<PlacedType>(queries.getType());
  return buildLocal(builder, loc, mesh, queries, TypeRange(type),
                    [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
                      auto tile = cast<RankedTensorType>(tiles[0].getType());
                      Value empty = tensor::EmptyOp::create(
                          b, loc, tile.getShape(), tile.getElementType());
                      return {buildElementwise(
                          b, loc, tiles[0], {Dims{0, 1}}, empty,
                          [&](OpBuilder &n, Location l, ValueRange x) -> Value {
                            return arith::MulFOp::create(
                                n, l, x[0],
                                buildFloat(n, l, tile.getElementType(), scale));
                          })};
                    })[0];
}

/// Rows of a tile that attend at once: few, since they all walk over the keys
/// that the last of them sees.
static int64_t getQueryRows(int64_t rows) {
  constexpr int64_t most = 5;
  return llvm::divideCeil(rows, llvm::divideCeil(rows, most));
}

/// Rows of `matrix` from `row` of each tile on, as many as `type` has.
Value Placer::takeRows(Location loc, Value matrix, Value row, PlacedType type) {
  return buildLocal(
      builder, loc, mesh, matrix, TypeRange(type),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        RankedTensorType tile = type.getTileType(mesh);
        OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
        return {tensor::ExtractSliceOp::create(
            b, loc, tile, tiles[0], ArrayRef<OpFoldResult>{row, zero},
            getAsIndexOpFoldResult(getContext(), tile.getShape()),
            ArrayRef<OpFoldResult>{one, one})};
      })[0];
}

Value Placer::putRows(Location loc, Value rows, Value matrix, Value row) {
  return buildLocal(
      builder, loc, mesh, {rows, matrix}, TypeRange(matrix.getType()),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        auto tile = cast<RankedTensorType>(tiles[0].getType());
        OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
        return {tensor::InsertSliceOp::create(
            b, loc, tiles[0], tiles[1], ArrayRef<OpFoldResult>{row, zero},
            getAsIndexOpFoldResult(getContext(), tile.getShape()),
            ArrayRef<OpFoldResult>{one, one})};
      })[0];
}

LogicalResult Placer::convertMatrixAttention(llm::AttentionOp op) {
  Location loc = op.getLoc();
  const HeadLayout &layout = layouts.at(op);
  std::optional<int64_t> batch = op.getBatch();
  SplitAttr cyclic = SplitAttr::getCyclic(getContext(), MeshAxis::Y);
  SmallVector<Value, 3> inputs;
  for (auto [tensor, split] : {std::pair<Value, SplitAttr>{op.getQ(), layout.q},
                               {op.getK(), layout.k},
                               {op.getV(), layout.v}}) {
    FailureOr<Value> value =
        place(op, tensor, getPlacement({cyclic, split}, batch.has_value()));
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  Value layer = scalars.lookup(op.getLayer());
  Value first = scalars.lookup(op.getPosition());
  Value begin = scalars.lookup(op.getBegin());
  Value end = scalars.lookup(op.getEnd());
  mesh::ObjectOp keys = getCache(op.getKeysAttr(), layout.k);
  mesh::ObjectOp values = getCache(op.getValuesAttr(), layout.v);
  mesh::AppendOp::create(builder, loc, inputs[1], keys.getSymName(), layer,
                         first, Value(), begin, end);
  mesh::AppendOp::create(builder, loc, inputs[2], values.getSymName(), layer,
                         first, Value(), begin, end);
  Value k = loadObject(loc, keys.getSymName(), layer);
  Value v = loadObject(loc, values.getSymName(), layer);
  Value q = scaleQueries(loc, inputs[0], op.getScale().convertToDouble());

  auto typeQ = cast<PlacedType>(q.getType());
  PlacedType itemQ = typeQ.getItemType();
  ArrayRef<int64_t> shape = itemQ.getTensor().getShape();
  int64_t rowsOfTile = typeQ.getTileType(mesh).getDimSize(0);
  int64_t rowsAtOnce = getQueryRows(rowsOfTile);
  PlacedType resultType = getType(
      {shape[0], layout.kvHeads * layout.group * layout.headDim},
      {cyclic, layout.out}, builder.getF32Type(), PadValue::Zero, {}, batch);
  PlacedType partType = getType(
      {rowsAtOnce * mesh.rows, shape[1]}, itemQ.getPlacement().getSplits(),
      itemQ.getTensor().getElementType(), PadValue::Zero, {}, batch);
  // Rows of new positions, and the slots that come before the first row.
  Scalars s(builder, loc);
  Value rows = s.index(mesh.rows), one = s.index(1);
  auto countRows = [&](Value positions) {
    return s.div(s.add(positions, s.index(mesh.rows - 1)), rows);
  };
  Value before = s.div(first, rows);
  Value from = s.div(s.div(begin, rows), s.index(rowsAtOnce));
  Value to = s.div(s.add(countRows(end), s.index(rowsAtOnce - 1)),
                   s.index(rowsAtOnce));
  // A head's columns have channels of their own, for which a core may lack
  // queues beside those of the whole mesh.
  if (layout.reducesOverColumns)
    mesh::EpochOp::create(builder, loc, 1);
  auto loop =
      scf::ForOp::create(builder, loc, from, to, one, fill(loc, resultType, 0));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    // The last rows overlap with those before.
    Value row = s.min(s.mul(loop.getInductionVar(), s.index(rowsAtOnce)),
                      s.index(rowsOfTile - rowsAtOnce));
    Value queries = takeRows(loc, q, row, partType);
    Value seen = s.min(s.add(row, s.index(rowsAtOnce)), countRows(end));
    Value part = attend(loc, layout, queries, k, v,
                        s.add(first, s.mul(row, rows)), s.add(before, seen));
    scf::YieldOp::create(builder, loc,
                         putRows(loc, part, loop.getRegionIterArgs()[0], row));
  }
  if (layout.reducesOverColumns)
    mesh::EpochOp::create(builder, loc, 0);
  placed[op.getResult()] = loop.getResult(0);
  return success();
}

/// Attention of queries whose first row is position `first` to the keys of
/// `slots` of every row.
Value Placer::attend(Location loc, const HeadLayout &layout, Value q, Value k,
                     Value v, Value first, Value slots) {
  std::optional<int64_t> batch = cast<PlacedType>(q.getType()).getBatch();
  PlacedType typeQ = cast<PlacedType>(q.getType()).getItemType();
  SplitAttr cyclic = typeQ.getPlacement().getSplits()[0];
  int64_t queries = typeQ.getTensor().getDimSize(0);
  int64_t capacity =
      cast<PlacedType>(k.getType()).getTileType(mesh).getDimSize(1);
  int64_t group = layout.group, headsOfTile = layout.localKV * group;
  int64_t allHeads = layout.kvHeads * group, allKeys = capacity * mesh.rows;
  Type f32 = builder.getF32Type();
  auto scoresSplit = SplitAttr::get(
      getContext(), DimSplit::Kind::Balanced, MeshAxis::X,
      {layout.kvHeads, group, allKeys}, 0, 2, BlockOrder::Natural);
  PlacedType scoresType =
      getType({queries, allHeads * allKeys}, {cyclic, scoresSplit}, f32,
              PadValue::Any, {}, batch);
  Value scores =
      mesh::HeadGemmTOp::create(builder, loc, scoresType, q, k, first, slots);
  Value count = getKeyCount(loc, layout, slots);

  auto reduceHeads = [&](mesh::Reducer reducer) {
    return getType({queries, allHeads}, {cyclic, layout.heads}, f32,
                   PadValue::Any,
                   layout.reducesOverColumns
                       ? getPartial(reducer, MeshAxis::X, layout.kvHeads)
                       : mesh::PartialAttr(),
                   batch);
  };
  auto reduce = [&](Value partial) {
    return layout.reducesOverColumns ? allReduce(loc, partial)[0] : partial;
  };
  int64_t queriesOfTile = scoresType.getTileType(mesh).getDimSize(0);
  int64_t keysOfTile = scoresType.getTileType(mesh).getDimSize(1) / headsOfTile;
  auto split = [&](OpBuilder &b, Value tile) {
    return expandDim(b, loc, tile, 1, {headsOfTile, keysOfTile});
  };
  auto empty = [&](OpBuilder &b) {
    return tensor::EmptyOp::create(
        b, loc, ArrayRef<int64_t>{queriesOfTile, headsOfTile}, f32);
  };
  Value partialMaxima = buildLocal(
      builder, loc, mesh, scores, TypeRange(reduceHeads(mesh::Reducer::Max)),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value lowest = buildFilled(b, loc, empty(b),
                                   -std::numeric_limits<double>::infinity());
        return {buildReduction(
            b, loc, mesh::Reducer::Max,
            getColumns(b, loc, split(b, tiles[0]), {}, count), lowest)};
      })[0];
  Value maxima = reduce(partialMaxima);
  ValueRange weighted = buildLocal(
      builder, loc, mesh, {scores, maxima},
      {scoresType, reduceHeads(mesh::Reducer::Sum)},
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value whole = split(b, tiles[0]);
        Value place = getColumns(b, loc, whole, {}, count);
        Value shifted = buildElementwise(
            b, loc, {place, tiles[1]}, {Dims{0, 1, 2}, Dims{0, 1}}, place,
            [](OpBuilder &nested, Location l, ValueRange x) -> Value {
              return arith::SubFOp::create(nested, l, x[0], x[1]);
            });
        Value weights = buildElementwise(
            b, loc, shifted, {Dims{0, 1, 2}}, shifted,
            [](OpBuilder &nested, Location l, ValueRange x) -> Value {
              return math::ExpOp::create(nested, l, x[0]);
            });
        Value sums = buildReduction(b, loc, mesh::Reducer::Sum, weights,
                                    buildFilled(b, loc, empty(b), 0));
        Value result = setColumns(b, loc, weights, whole, {}, count);
        return {collapseDims(b, loc, result, 1, 2), sums};
      });
  Value sums = reduce(weighted[1]);
  PlacedType resultType =
      getType({queries, allHeads * layout.headDim}, {cyclic, layout.out}, f32,
              PadValue::Zero, {}, batch);
  Value sumsOfValues =
      mesh::HeadGemmOp::create(builder, loc, resultType, weighted[0], v, slots);
  return buildLocal(
      builder, loc, mesh, {sumsOfValues, sums}, TypeRange(resultType),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value numerators =
            expandDim(b, loc, tiles[0], 1, {headsOfTile, layout.localDims});
        Value quotient = buildElementwise(
            b, loc, {numerators, tiles[1]}, {Dims{0, 1, 2}, Dims{0, 1}},
            tensor::EmptyOp::create(
                b, loc,
                ArrayRef<int64_t>{queriesOfTile, headsOfTile, layout.localDims},
                f32),
            [](OpBuilder &nested, Location l, ValueRange x) -> Value {
              return arith::DivFOp::create(nested, l, x[0], x[1]);
            });
        return {collapseDims(b, loc, quotient, 1, 2)};
      })[0];
}
