//===- Attention.cpp - Placing rotary embedding and attention -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Heads lie on segments of columns, cached positions cyclically on rows. Each
// core scores the positions of its row with its part of the head; scores are
// reduced over the segment, maxima, sums and weighted values over the rows.
//
//===----------------------------------------------------------------------===//

#include "Placer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "plmr/Dialect/PLMR/Transforms/Scalars.h"
#include <cmath>

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;
using plmr::mesh::PlacedType;
using plmr::mesh::PlacementAttr;
using plmr::mesh::SplitAttr;

using Dims = SmallVector<unsigned>;

HeadLayout HeadLayout::get(MLIRContext *context, MeshShape mesh, int64_t heads,
                           int64_t kvHeads, int64_t headDim,
                           llm::RopeKind kind) {
  HeadLayout layout;
  layout.kvHeads = kvHeads;
  layout.group = heads / kvHeads;
  layout.headDim = headDim;
  layout.pairs = headDim / 2;
  layout.kind = kind;
  auto split = [&](ArrayRef<int64_t> factors, int64_t inner) {
    return SplitAttr::get(context, DimSplit::Kind::Balanced, MeshAxis::X,
                          factors, 0, inner, BlockOrder::Natural);
  };
  bool adjacent = kind == llm::RopeKind::Adjacent;
  int64_t group = layout.group, pairs = layout.pairs;
  layout.q = adjacent ? split({kvHeads, group, pairs, 2}, 2)
                      : split({kvHeads, group, 2, pairs}, 3);
  layout.k =
      adjacent ? split({kvHeads, pairs, 2}, 1) : split({kvHeads, 2, pairs}, 2);
  layout.v = split({kvHeads, headDim}, 1);
  layout.out = split({kvHeads, group, headDim}, 2);
  layout.heads = split({kvHeads, group}, -1);
  layout.tables = split({kvHeads, pairs}, 1);
  auto shares = [&](SplitAttr attr, int64_t extent) {
    Placement placement;
    placement.dims.push_back(attr.getDimSplit(extent));
    return placement.getShares(0, mesh, 0, 0);
  };
  layout.localKV = shares(layout.tables, kvHeads * pairs)[0].padded;
  layout.localPairs = shares(layout.tables, kvHeads * pairs)[1].padded;
  layout.localDims = shares(layout.v, kvHeads * headDim)[1].padded;
  layout.reducesOverColumns = mesh.columns > kvHeads;
  return layout;
}

//===----------------------------------------------------------------------===//
// Rotary embedding
//===----------------------------------------------------------------------===//

Value Placer::loadRopeTable(Location loc, StringRef name, bool sine,
                            int64_t stride, int64_t rows, SplitAttr rowSplit,
                            const HeadLayout &layout, double base) {
  PlacedType type = getType({rows, layout.kvHeads * layout.pairs},
                            {rowSplit, layout.tables}, builder.getF32Type());
  ArrayAttr sources = builder.getArrayAttr(llm::RopeTableAttr::get(
      getContext(), sine, stride, layout.pairs, builder.getF64FloatAttr(base)));
  // The functions of a mesh share their tables.
  auto object = symbols.lookup<mesh::ObjectOp>(qualify(name));
  if (!object || object.getPlacedType() != type ||
      object.getSourcesAttr() != sources) {
    object = createObject(loc, mesh::ObjectKind::Weight, qualify(name), type);
    object.setFileAttr(builder.getStringAttr(""));
    object.setSourcesAttr(sources);
  }
  return loadObject(loc, object.getSymName(), {});
}

/// cos(a + b) and sin(a + b) from the tables' rows of a and b.
static SmallVector<Value> addAngles(OpBuilder &b, Location loc, Value cosA,
                                    Value sinA, Value cosB, Value sinB) {
  auto mul = [&](Value x, Value y) {
    return arith::MulFOp::create(b, loc, x, y).getResult();
  };
  return {arith::SubFOp::create(b, loc, mul(cosA, cosB), mul(sinA, sinB)),
          arith::AddFOp::create(b, loc, mul(sinA, cosB), mul(cosA, sinB))};
}

/// Row `row` of a rank-2 tile.
static Value getRow(OpBuilder &b, Location loc, Value tile, Value row) {
  auto type = cast<RankedTensorType>(tile.getType());
  int64_t width = type.getDimSize(1);
  return tensor::ExtractSliceOp::create(
      b, loc, RankedTensorType::get({width}, type.getElementType()), tile,
      ArrayRef<OpFoldResult>{row, b.getIndexAttr(0)},
      ArrayRef<OpFoldResult>{b.getIndexAttr(1), b.getIndexAttr(width)},
      ArrayRef<OpFoldResult>{b.getIndexAttr(1), b.getIndexAttr(1)});
}

Placer::Angles Placer::getAngles(Location loc, const HeadLayout &layout,
                                 double base, Value position) {
  Angles &cached = angles[{base, layout.tables.getAsOpaquePointer()}];
  if (cached.cosine)
    return cached;
  // The angles hold for all layers: they are computed where the launch begins.
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&target.getBody().front());
  int64_t stride = static_cast<int64_t>(
      std::ceil(std::sqrt(static_cast<double>(positions))));
  int64_t rows = (positions + stride - 1) / stride;
  std::string prefix = "rope" + std::to_string(angles.size() - 1);
  SmallVector<Value> tables;
  for (bool coarse : {true, false})
    for (bool sine : {false, true})
      tables.push_back(loadRopeTable(
          loc,
          prefix + (sine ? ".sin" : ".cos") + (coarse ? ".coarse" : ".fine"),
          sine, coarse ? stride : 1, coarse ? rows : stride,
          SplitAttr::getWhole(getContext()), layout, base));
  Value extent = buildIndex(builder, loc, stride);
  Value coarse = arith::DivUIOp::create(builder, loc, position, extent);
  Value fine = arith::RemUIOp::create(builder, loc, position, extent);
  PlacedType type = getType({layout.kvHeads * layout.pairs}, {layout.tables},
                            builder.getF32Type());
  ValueRange results =
      buildLocal(builder, loc, mesh, tables, {type, type},
                 [&](OpBuilder &b, ValueRange tiles) {
                   return addAngles(b, loc, getRow(b, loc, tiles[0], coarse),
                                    getRow(b, loc, tiles[1], coarse),
                                    getRow(b, loc, tiles[2], fine),
                                    getRow(b, loc, tiles[3], fine));
                 });
  cached = {results[0], results[1]};
  return cached;
}

Placer::Angles Placer::getRowAngles(Location loc, const HeadLayout &layout,
                                    double base, int64_t rows, Value position) {
  const Angles first = getAngles(loc, layout, base, position);
  Angles &cached = rowAngles[{base, layout.tables.getAsOpaquePointer()}];
  if (cached.cosine)
    return cached;
  // The angles of rows behind the first one do not change from launch to
  // launch.
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(first.sine);
  std::string prefix = "rope" + std::to_string(rowAngles.size() - 1);
  SmallVector<Value> inputs = {first.cosine, first.sine};
  SplitAttr cyclic = SplitAttr::getCyclic(getContext(), MeshAxis::Y);
  for (bool sine : {false, true})
    inputs.push_back(loadRopeTable(loc,
                                   prefix + (sine ? ".sin" : ".cos") + ".rows",
                                   sine, 1, rows, cyclic, layout, base));
  auto type = cast<PlacedType>(inputs[2].getType());
  ValueRange results = buildLocal(
      builder, loc, mesh, inputs, {type, type},
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        RankedTensorType tile = type.getTileType(mesh);
        auto combine = [&](Value row, Value start, Value rowB, Value startB,
                           bool adds) {
          auto empty = [&] {
            return tensor::EmptyOp::create(b, loc, tile.getShape(),
                                           tile.getElementType());
          };
          auto mul = [&](Value x, Value y) {
            return buildElementwise(
                b, loc, {x, y}, {Dims{0, 1}, Dims{1}}, empty(),
                [](OpBuilder &nested, Location l, ValueRange v) -> Value {
                  return arith::MulFOp::create(nested, l, v[0], v[1]);
                });
          };
          return buildElementwise(
              b, loc, {mul(row, start), mul(rowB, startB)},
              {Dims{0, 1}, Dims{0, 1}}, empty(),
              [&](OpBuilder &nested, Location l, ValueRange v) -> Value {
                if (adds)
                  return arith::AddFOp::create(nested, l, v[0], v[1]);
                return arith::SubFOp::create(nested, l, v[0], v[1]);
              });
        };
        return {combine(tiles[2], tiles[0], tiles[3], tiles[1], false),
                combine(tiles[3], tiles[0], tiles[2], tiles[1], true)};
      });
  cached = {results[0], results[1]};
  return cached;
}

/// The elements of one side of the pairs of `tile` [.., pairs, 2] or
/// [.., 2, pairs]: offsets, sizes and strides of the slice.
namespace {
struct PairSlice {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  RankedTensorType type;
};
} // namespace

static PairSlice getPairSlice(OpBuilder &b, Value tile, unsigned pairDim,
                              unsigned sideDim, int64_t side) {
  auto type = cast<RankedTensorType>(tile.getType());
  PairSlice slice;
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim != type.getRank(); ++dim) {
    bool isSide = dim == static_cast<int64_t>(sideDim);
    slice.offsets.push_back(b.getIndexAttr(isSide ? side : 0));
    slice.sizes.push_back(b.getIndexAttr(isSide ? 1 : type.getDimSize(dim)));
    slice.strides.push_back(b.getIndexAttr(1));
    if (!isSide)
      shape.push_back(type.getDimSize(dim));
  }
  slice.type = RankedTensorType::get(shape, type.getElementType());
  return slice;
}

Value Placer::rotate(Location loc, Value x, const HeadLayout &layout,
                     int64_t group, const Angles &angles) {
  // Tiles are [key heads x group x pairs], of a matrix with a row for each
  // position before it.
  auto type = cast<PlacedType>(x.getType());
  unsigned rows = type.getItemType().getTensor().getRank() - 1;
  bool adjacent = layout.kind == llm::RopeKind::Adjacent;
  unsigned pairDim = rows + (adjacent ? 2 : 3);
  unsigned sideDim = rows + (adjacent ? 3 : 2);
  SmallVector<int64_t> sizes = {layout.localKV, group, 0, 0};
  sizes[pairDim - rows] = layout.localPairs;
  sizes[sideDim - rows] = 2;
  SmallVector<int64_t> shape(type.getTileType(mesh).getShape().drop_back());
  llvm::append_range(shape, sizes);
  Dims all(llvm::to_vector(llvm::seq(0u, rows + 3)));
  Dims ofAngles(all); // the same for all heads of a group
  ofAngles.erase(ofAngles.begin() + rows + 1);
  auto body = [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
    Value tile = expandDim(b, loc, tiles[0], rows, sizes);
    auto half = [&](Value from, int64_t side) -> Value {
      PairSlice slice = getPairSlice(b, from, pairDim, sideDim, side);
      return tensor::ExtractSliceOp::create(
          b, loc, slice.type, from, slice.offsets, slice.sizes, slice.strides);
    };
    Value even = half(tile, 0), odd = half(tile, 1);
    SmallVector<int64_t> angleShape = {layout.localKV, layout.localPairs};
    Value cosine = expandDim(b, loc, tiles[1], rows, angleShape);
    Value sine = expandDim(b, loc, tiles[2], rows, angleShape);
    auto halfType = cast<RankedTensorType>(even.getType());
    auto empty = [&] {
      return tensor::EmptyOp::create(b, loc, halfType.getShape(),
                                     halfType.getElementType());
    };
    auto mul = [&](Value pairs, Value angle) {
      return buildElementwise(
          b, loc, {pairs, angle}, {all, ofAngles}, empty(),
          [](OpBuilder &nested, Location l, ValueRange v) -> Value {
            return arith::MulFOp::create(nested, l, v[0], v[1]);
          });
    };
    Value evenCos = mul(even, cosine), oddSin = mul(odd, sine);
    Value evenSin = mul(even, sine), oddCos = mul(odd, cosine);
    Value result =
        tensor::EmptyOp::create(b, loc, shape, halfType.getElementType());
    for (int64_t side : {0, 1}) {
      Value place = half(result, side);
      Value rotated = buildElementwise(
          b, loc,
          side == 0 ? ValueRange{evenCos, oddSin} : ValueRange{evenSin, oddCos},
          {all, all}, place,
          [&](OpBuilder &nested, Location l, ValueRange v) -> Value {
            if (side == 0)
              return arith::SubFOp::create(nested, l, v[0], v[1]);
            return arith::AddFOp::create(nested, l, v[0], v[1]);
          });
      PairSlice slice = getPairSlice(b, result, pairDim, sideDim, side);
      result = tensor::InsertSliceOp::create(
          b, loc, rotated, result, slice.offsets, slice.sizes, slice.strides);
    }
    return {collapseDims(b, loc, result, rows, 4)};
  };
  return buildLocal(builder, loc, mesh, {x, angles.cosine, angles.sine},
                    x.getType(), body)[0];
}

LogicalResult Placer::convertRope(llm::RopeOp op) {
  auto found = layouts.find(op);
  if (found == layouts.end())
    return op.emitOpError("expected the rotated vector to reach an "
                          "llm.attention; nothing else tells where its heads "
                          "belong");
  const HeadLayout &layout = found->second;
  bool isQuery = static_cast<int64_t>(op.getHeads()) != layout.kvHeads ||
                 required.lookup(op.getResult()) == layout.q;
  auto type = cast<RankedTensorType>(op.getX().getType());
  SmallVector<SplitAttr> splits = {isQuery ? layout.q : layout.k};
  bool isMatrix = type.getRank() - op.getBatch() == 2;
  if (isMatrix)
    splits.insert(splits.begin(),
                  SplitAttr::getCyclic(getContext(), MeshAxis::Y));
  FailureOr<Value> x =
      place(op, op.getX(), getPlacement(splits, op.getBatch()));
  if (failed(x))
    return failure();
  double base = op.getBase().convertToDouble();
  Value position = scalars.lookup(op.getPosition());
  Angles angles = isMatrix ? getRowAngles(op.getLoc(), layout, base,
                                          type.getShape().end()[-2], position)
                           : getAngles(op.getLoc(), layout, base, position);
  placed[op.getResult()] =
      rotate(op.getLoc(), *x, layout, isQuery ? layout.group : 1, angles);
  return success();
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

static Value buildEmpty(OpBuilder &b, Location loc, ArrayRef<int64_t> shape) {
  return tensor::EmptyOp::create(b, loc, shape, b.getF32Type());
}

/// An uninitialised tensor of `rows` x `columns` (dynamic), as a slice of one
/// of `capacity` columns: memory is planned for the largest.
static Value buildEmptyColumns(OpBuilder &b, Location loc, int64_t rows,
                               int64_t capacity, Value columns) {
  return getColumns(b, loc, buildEmpty(b, loc, {rows, capacity}), {}, columns);
}

mesh::ObjectOp Placer::getCache(FlatSymbolRefAttr name, SplitAttr split) {
  // Features x positions: positions are the streams' direction.
  std::string symbol = qualify(name.getValue() + ".cache");
  if (auto object = symbols.lookup<mesh::ObjectOp>(symbol))
    return object;
  auto state = symbols.lookup<llm::StateOp>(name.getValue());
  // Rows of a cache "concat" need a slot for each position.
  int64_t slots = state.getNumPositions();
  if (state.getKVPlacement() == KVPlacement::Concat)
    slots *= mesh.rows;
  PlacedType slice = getType(
      {state.getNumFeatures(), slots},
      {split, SplitAttr::getCyclic(getContext(), MeshAxis::Y)},
      state.getTensor().getElementType(), PadValue::Zero, {}, state.getBatch());
  auto object =
      createObject(state.getLoc(), mesh::ObjectKind::State, symbol,
                   slice.withLeadingDim(state.getNumLayers(),
                                        SplitAttr::getWhole(getContext())));
  object.setStacked(true);
  if (state.getKVPlacement() != KVPlacement::Cyclic)
    object.setCacheAttr(state.getPlacementAttr());
  return object;
}

LogicalResult Placer::convertSettle(llm::SettleOp op) {
  std::string symbol = qualify(op.getState() + ".cache");
  if (!symbols.lookup<mesh::ObjectOp>(symbol))
    return op.emitOpError("expected an llm.attention to '")
           << op.getState() << "' before it; nothing else tells where its "
           << "features belong";
  mesh::SettleOp::create(
      builder, op.getLoc(), symbol, scalars.lookup(op.getLayer()),
      scalars.lookup(op.getFrom()), scalars.lookup(op.getTo()));
  return success();
}

LogicalResult Placer::convertAttention(llm::AttentionOp op) {
  return op.getBegin() ? convertMatrixAttention(op)
                       : convertVectorAttention(op);
}

LogicalResult Placer::convertVectorAttention(llm::AttentionOp op) {
  Location loc = op.getLoc();
  std::optional<int64_t> batch = op.getBatch();
  const HeadLayout &layout = layouts.at(op);
  SmallVector<Value, 3> inputs;
  for (auto [tensor, split] : {std::pair<Value, SplitAttr>{op.getQ(), layout.q},
                               {op.getK(), layout.k},
                               {op.getV(), layout.v}}) {
    FailureOr<Value> value =
        place(op, tensor, getPlacement({split}, batch.has_value()));
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  Value layer = scalars.lookup(op.getLayer());
  Value position = scalars.lookup(op.getPosition());

  mesh::ObjectOp keys = getCache(op.getKeysAttr(), layout.k);
  mesh::ObjectOp values = getCache(op.getValuesAttr(), layout.v);
  Value settled = op.getSettled() ? scalars.lookup(op.getSettled()) : Value();
  mesh::AppendOp::create(builder, loc, inputs[1], keys.getSymName(), layer,
                         position, settled, Value(), Value());
  mesh::AppendOp::create(builder, loc, inputs[2], values.getSymName(), layer,
                         position, settled, Value(), Value());
  Value k = loadObject(loc, keys.getSymName(), layer);
  Value v = loadObject(loc, values.getSymName(), layer);

  // Slots in use: of any row, whether this row's last one is valid; of a cache
  // "concat" those of this row, all of which are.
  Scalars s(builder, loc);
  Value rows = s.index(mesh.rows);
  auto getRow = [&]() -> Value {
    return mesh::CoordOp::create(builder, loc, builder.getIndexType(),
                                 MeshAxis::Y);
  };
  Value last, slots, valid;
  if (settled) {
    Value row = getRow();
    Value isLast = s.equal(row, s.index(mesh.rows - 1));
    Value behind = s.add(s.sub(position, settled), s.index(1));
    Value more = s.number(s.less(row, s.rem(settled, rows)));
    slots = s.add(s.div(settled, rows), s.select(isLast, behind, more));
  } else {
    last = s.div(position, rows);
    slots = s.add(last, s.index(1));
    Value row = getRow(), newest = s.rem(position, rows);
    valid = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ule, row,
                                  newest);
  }

  int64_t heads = layout.kvHeads * layout.group;
  int64_t kv = layout.localKV, group = layout.group, dims = layout.localDims;
  int64_t capacity =
      cast<PlacedType>(k.getType()).getTileType(mesh).getDimSize(1);
  int64_t positions =
      cast<PlacedType>(k.getType()).getTensor().getShape().back();
  Type f32 = builder.getF32Type();
  SplitAttr cyclic = SplitAttr::getCyclic(getContext(), MeshAxis::Y);

  // Scores of this row's positions with this column's dims.
  PlacedType scoresType =
      getType({heads, positions}, {layout.heads, cyclic}, f32, PadValue::Any,
              layout.reducesOverColumns
                  ? getPartial(mesh::Reducer::Sum, MeshAxis::X, layout.kvHeads)
                  : mesh::PartialAttr(),
              batch);
  Value scores = buildLocal(
      builder, loc, mesh, {inputs[0], k}, scoresType,
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        int64_t features = 2 * layout.localPairs;
        Value q = expandDim(b, loc, tiles[0], 0, {kv, group, features});
        Value cache = getColumns(b, loc, tiles[1], {}, slots);
        Value cache3 = tensor::ExpandShapeOp::create(
            b, loc,
            RankedTensorType::get(
                {kv, features, ShapedType::kDynamic},
                cast<RankedTensorType>(tiles[1].getType()).getElementType()),
            cache, SmallVector<ReassociationIndices>{{0, 1}, {2}},
            SmallVector<OpFoldResult>{b.getIndexAttr(kv),
                                      b.getIndexAttr(features), slots});
        Value whole = buildEmpty(b, loc, {kv * group, capacity});
        Value part = getColumns(b, loc, whole, {}, slots);
        Value part3 = tensor::ExpandShapeOp::create(
            b, loc,
            RankedTensorType::get({kv, group, ShapedType::kDynamic}, f32), part,
            SmallVector<ReassociationIndices>{{0, 1}, {2}},
            SmallVector<OpFoldResult>{b.getIndexAttr(kv), b.getIndexAttr(group),
                                      slots});
        Value zero = buildFilled(b, loc, part3, 0);
        // Loops: kv head, query head, slot, feature.
        Value result = buildContraction(b, loc, q, {0, 1, 3}, cache3, {0, 3, 2},
                                        zero, {0, 1, 2}, 4);
        Value flat = tensor::CollapseShapeOp::create(
            b, loc, result, SmallVector<ReassociationIndices>{{0, 1}, {2}});
        return {setColumns(b, loc, flat, whole, {}, slots)};
      })[0];
  if (layout.reducesOverColumns)
    scores = allReduce(loc, scores, slots)[0];

  // Scale, mask the slot that this row may not have yet, and the maxima.
  PlacedType maskedType = getType({heads, positions}, {layout.heads, cyclic},
                                  f32, PadValue::Any, {}, batch);
  PlacedType maximaType =
      getType({heads}, {layout.heads}, f32, PadValue::Any,
              getPartial(mesh::Reducer::Max, MeshAxis::Y), batch);
  double scale = op.getScale().convertToDouble();
  ValueRange scaled = buildLocal(
      builder, loc, mesh, scores, {maskedType, maximaType},
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value used = getColumns(b, loc, tiles[0], {}, slots);
        Value whole = buildEmpty(b, loc, {kv * group, capacity});
        Value place = getColumns(b, loc, whole, {}, slots);
        Value multiplied = buildElementwise(
            b, loc, used, {Dims{0, 1}}, place,
            [&](OpBuilder &nested, Location l, ValueRange x) -> Value {
              return arith::MulFOp::create(nested, l, x[0],
                                           buildFloat(nested, l, f32, scale));
            });
        Value masked = multiplied;
        if (valid) {
          Value newestScores =
              getColumns(b, loc, multiplied, last, b.getIndexAttr(1));
          Value maskedScores = buildElementwise(
              b, loc, newestScores, {Dims{0, 1}}, newestScores,
              [&](OpBuilder &nested, Location l, ValueRange x) -> Value {
                Value none = buildFloat(
                    nested, l, f32, -std::numeric_limits<double>::infinity());
                return arith::SelectOp::create(nested, l, valid, x[0], none);
              });
          masked = setColumns(b, loc, maskedScores, multiplied, last,
                              b.getIndexAttr(1));
        }
        Value lowest = buildFilled(b, loc, buildEmpty(b, loc, {kv * group}),
                                   -std::numeric_limits<double>::infinity());
        Value maxima =
            buildReduction(b, loc, mesh::Reducer::Max, masked, lowest);
        return {setColumns(b, loc, masked, whole, {}, slots), maxima};
      });
  Value masked = scaled[0];
  Value maxima = allReduce(loc, scaled[1])[0];

  // Weights of the positions, their sum and the weighted sum of the values.
  mesh::PartialAttr sumOverRows = getPartial(mesh::Reducer::Sum, MeshAxis::Y);
  PlacedType sumsType =
      getType({heads}, {layout.heads}, f32, PadValue::Any, sumOverRows, batch);
  PlacedType resultType = getType({heads * layout.headDim}, {layout.out}, f32,
                                  PadValue::Zero, {}, batch);
  PlacedType weightedType = resultType.withPlacement(
      resultType.getPlacement().withPartial(sumOverRows));
  ValueRange weighted = buildLocal(
      builder, loc, mesh, {masked, maxima, v}, {sumsType, weightedType},
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value used = getColumns(b, loc, tiles[0], {}, slots);
        Value shifted = buildElementwise(
            b, loc, {used, tiles[1]}, {Dims{0, 1}, Dims{0}},
            buildEmptyColumns(b, loc, kv * group, capacity, slots),
            [](OpBuilder &nested, Location l, ValueRange x) -> Value {
              return arith::SubFOp::create(nested, l, x[0], x[1]);
            });
        Value weights = buildElementwise(
            b, loc, shifted, {Dims{0, 1}},
            buildEmptyColumns(b, loc, kv * group, capacity, slots),
            [](OpBuilder &nested, Location l, ValueRange x) -> Value {
              return math::ExpOp::create(nested, l, x[0]);
            });
        Value sums = buildReduction(
            b, loc, mesh::Reducer::Sum, weights,
            buildFilled(b, loc, buildEmpty(b, loc, {kv * group}), 0));
        Value weights3 = tensor::ExpandShapeOp::create(
            b, loc,
            RankedTensorType::get({kv, group, ShapedType::kDynamic}, f32),
            weights, SmallVector<ReassociationIndices>{{0, 1}, {2}},
            SmallVector<OpFoldResult>{b.getIndexAttr(kv), b.getIndexAttr(group),
                                      slots});
        Value cache = getColumns(b, loc, tiles[2], {}, slots);
        Value cache3 = tensor::ExpandShapeOp::create(
            b, loc,
            RankedTensorType::get(
                {kv, dims, ShapedType::kDynamic},
                cast<RankedTensorType>(tiles[2].getType()).getElementType()),
            cache, SmallVector<ReassociationIndices>{{0, 1}, {2}},
            SmallVector<OpFoldResult>{b.getIndexAttr(kv), b.getIndexAttr(dims),
                                      slots});
        Value zero =
            buildFilled(b, loc, buildEmpty(b, loc, {kv, group, dims}), 0);
        // Loops: kv head, query head, dim, slot.
        Value result = buildContraction(b, loc, weights3, {0, 1, 3}, cache3,
                                        {0, 2, 3}, zero, {0, 1, 2}, 4);
        return {sums, collapseDims(b, loc, result, 0, 3)};
      });
  SmallVector<Value> reduced = allReduce(loc, weighted);

  placed[op.getResult()] = buildLocal(
      builder, loc, mesh, reduced, resultType,
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value numerators = expandDim(b, loc, tiles[1], 0, {kv * group, dims});
        Value quotient = buildElementwise(
            b, loc, {numerators, tiles[0]}, {Dims{0, 1}, Dims{0}},
            buildEmpty(b, loc, {kv * group, dims}),
            [](OpBuilder &nested, Location l, ValueRange x) -> Value {
              return arith::DivFOp::create(nested, l, x[0], x[1]);
            });
        return {collapseDims(b, loc, quotient, 0, 2)};
      })[0];
  return success();
}
