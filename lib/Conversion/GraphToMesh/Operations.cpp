//===- Operations.cpp - Products, norms and what is elementwise -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Placer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "plmr/Conversion/Passes.h"
#include "plmr/Dialect/PLMR/Transforms/Contraction.h"
#include "plmr/Dialect/PLMR/Transforms/Scalars.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;
using plmr::mesh::PlacedType;
using plmr::mesh::PlacementAttr;
using plmr::mesh::SplitAttr;

using Dims = SmallVector<unsigned>;

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

std::optional<double> Placer::getPad(Value tensor) const {
  auto known = knownPads.find(tensor);
  if (known != knownPads.end())
    return known->second;
  switch (getPlaced(tensor).getPlacement().getPad()) {
  case PadValue::Zero:
    return 0.0;
  case PadValue::NegInf:
    return -std::numeric_limits<double>::infinity();
  case PadValue::Any:
    return std::nullopt;
  }
  return std::nullopt;
}

/// What an elementwise operation makes of padding that holds `inputs`, if
/// that is known.
static std::optional<double>
evaluatePad(Operation *op, ArrayRef<std::optional<double>> inputs) {
  if (llvm::is_contained(inputs, std::nullopt))
    return std::nullopt;
  double a = *inputs[0];
  if (isa<arith::NegFOp>(op))
    return -a;
  if (isa<arith::ExtFOp, arith::TruncFOp>(op))
    return a;
  if (isa<math::ExpOp>(op))
    return std::exp(a);
  if (isa<math::RsqrtOp>(op))
    return 1 / std::sqrt(a);
  if (inputs.size() != 2)
    return std::nullopt;
  double b = *inputs[1];
  if (isa<arith::AddFOp, linalg::AddOp>(op))
    return a + b;
  if (isa<arith::SubFOp, linalg::SubOp>(op))
    return a - b;
  if (isa<arith::MulFOp, linalg::MulOp>(op))
    return a * b;
  if (isa<arith::DivFOp, linalg::DivOp>(op))
    return a / b;
  if (isa<arith::MaximumFOp, linalg::MaxOp>(op))
    return std::max(a, b);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult Placer::convertVecmat(Operation *op, Value x, Value w, Value init,
                                    bool transposed) {
  Location loc = op->getLoc();
  MLIRContext *context = getContext();
  Type element =
      cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
  auto requiredSplit = required.find(op->getResult(0));
  if (!lookup(x)) {
    if (failed(place(op, x,
                     getPlacement({getVectorSplit(MeshAxis::Y)}, hasBatch(x)))))
      return failure();
  }
  Value input = lookup(x);
  std::optional<int64_t> batch = getPlaced(x).getBatch();
  SplitAttr in = getItemSplits(getPlaced(x).getPlacement())[0];
  if (!in.isCut())
    return op->emitOpError("expected a vector that is cut along an axis but "
                           "got ")
           << input.getType();
  SplitAttr out = requiredSplit != required.end()
                      ? requiredSplit->second
                      : getVectorSplit(mesh::getOtherAxis(in.getAxis()));
  if (out.getAxis() == in.getAxis())
    return op->emitOpError("expected the input along ")
           << stringifyMeshAxis(mesh::getOtherAxis(out.getAxis()))
           << " since the result is needed along "
           << stringifyMeshAxis(out.getAxis())
           << ", but the input is placed along the same axis";
  if (getPlaced(x).getPlacement().getPad() == PadValue::Any)
    return op->emitOpError("expected an input whose padding is zero, the "
                           "identity of the sum, but got ")
           << input.getType();

  // In memory the contracted dimension comes first: a core adds rows.
  SmallVector<SplitAttr> splits = {in, out};
  SmallVector<int64_t> order;
  if (transposed) {
    std::swap(splits[0], splits[1]);
    order = {1, 0};
  }
  auto weightPlacement = PlacementAttr::get(
      context, splits, order, PadValue::Zero, mesh::PartialAttr());
  FailureOr<Value> weight = place(op, w, weightPlacement);
  if (failed(weight))
    return failure();
  int64_t extent =
      cast<RankedTensorType>(op->getResult(0).getType()).getShape().back();
  PlacedType partial =
      getType({extent}, {out}, builder.getF32Type(), PadValue::Zero,
              getPartial(mesh::Reducer::Sum, in.getAxis()), batch);
  Value product =
      buildLocal(builder, loc, mesh, {input, *weight}, TypeRange(partial),
                 [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
                   RankedTensorType tile = partial.getTileType(mesh);
                   Value zero = buildFilled(
                       b, loc,
                       tensor::EmptyOp::create(b, loc, tile.getShape(),
                                               tile.getElementType()),
                       0);
                   // Loops: the contracted dimension, the result's.
                   return {buildContraction(b, loc, tiles[0], {0}, tiles[1],
                                            {0, 1}, zero, {1}, 2)};
                 })[0];
  Value result = allReduce(loc, product)[0];
  if (getSplat(init) != 0.0) {
    FailureOr<Value> start =
        place(op, init, getPlacement({out}, batch.has_value()));
    if (failed(start))
      return failure();
    Value wide = castTo(loc, *start, builder.getF32Type());
    result =
        buildLocal(builder, loc, mesh, {wide, result}, result.getType(),
                   [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
                     return {arith::AddFOp::create(b, loc, tiles[0], tiles[1])};
                   })[0];
  }
  placed[op->getResult(0)] = castTo(loc, result, element);
  return success();
}

/// That of the operation, or of all.
mesh::GemmAlgorithm Placer::getAlgorithm(Operation *op) const {
  if (auto own = op->getAttrOfType<mesh::GemmAlgorithmAttr>(gemmAttrName))
    return own.getValue();
  return gemm;
}

LogicalResult Placer::convertMatmul(linalg::LinalgOp op) {
  MLIRContext *context = getContext();
  Location loc = op.getLoc();
  // Loops: the batch, if there is one, m, n, k. All items may share one B.
  unsigned loops = op.getNumLoops(), batchLoops = loops - 3;
  unsigned m = batchLoops, n = m + 1, k = m + 2;
  auto map = [&](bool isBatched, unsigned a, unsigned b) {
    return getLoopMap(builder, loops, isBatched ? Dims{0, a, b} : Dims{a, b});
  };
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  bool isBatchedB = batchLoops && maps[1].getNumResults() == 3;
  bool transposed = maps[1] == map(isBatchedB, n, k);
  if (maps[0] != map(batchLoops, m, k) || maps[2] != map(batchLoops, m, n) ||
      (!transposed && maps[1] != map(isBatchedB, k, n)))
    return op.emitOpError("expected A[m, k] and B[k, n] or B[n, k]")
           << (batchLoops ? ", A behind a batch," : "")
           << " but got other indexing maps";
  auto order = [&](MeshAxis axis, BlockOrder blocks) {
    return SplitAttr::getBalanced(context, axis, blocks);
  };
  SplitAttr ringX = order(MeshAxis::X, BlockOrder::Ring);
  SplitAttr ringY = order(MeshAxis::Y, BlockOrder::Ring);
  SplitAttr skewX = order(MeshAxis::X, BlockOrder::Skewed);
  SplitAttr skewY = order(MeshAxis::Y, BlockOrder::Skewed);

  // What the host writes it can write where the walk starts.
  Value inputA = op.getDpsInputs()[0], inputB = op.getDpsInputs()[1];
  Value init = op.getDpsInits()[0];
  // The rows of a batch of vectors are its items.
  bool isBatched = hasBatch(inputA);
  if (isBatched && !batchLoops)
    return convertVecmat(op, inputA, inputB, init, transposed);
  SplitAttr naturalX = order(MeshAxis::X, BlockOrder::Natural);
  SplitAttr naturalY = order(MeshAxis::Y, BlockOrder::Natural);
  // A transposed B is GEMM-T's, which has one algorithm.
  mesh::GemmAlgorithm algorithm =
      transposed ? mesh::GemmAlgorithm::MeshGemm : getAlgorithm(op);
  bool isStaircase = algorithm == mesh::GemmAlgorithm::MeshGemm;
  SmallVector<SplitAttr> splitsA = {getRowSplit(), transposed    ? ringX
                                                   : isStaircase ? skewX
                                                                 : naturalX};
  if (PlacementAttr found = findPlacement(inputA))
    splitsA = getItemSplits(found);
  FailureOr<Value> a = place(op, inputA, getPlacement(splitsA, isBatched));
  if (failed(a))
    return failure();
  // A staircase needs blocks in ring order; where the columns of A lie as
  // something else wants them, A stays and the result moves.
  SplitAttr contracted = splitsA[1];
  if (!isStaircase && contracted != naturalX)
    return op.emitOpError("expected columns of A that are cut 'x' for ")
           << stringifyGemmAlgorithm(algorithm) << " but got " << contracted
           << "; mesh_gemm takes them";
  bool walks = !transposed &&
               (!isStaircase || contracted == ringX || contracted == skewX);
  if (!walks && (contracted.getAxis() != MeshAxis::X || !contracted.isCut() ||
                 contracted.getOrder() == BlockOrder::Skewed))
    return op.emitOpError("expected columns of A that are cut along x")
           << (transposed ? " and not skewed, for a transposed B," : "")
           << " but got " << (*a).getType();
  Value product = op->getResult(0);
  auto requiredSplit = required.find(product);
  bool isWeight = isa_and_nonnull<llm::ParamOp>(inputB.getDefiningOp());
  // Of B the dimension that walks lies along y: k, or n if A stays.
  unsigned walking = walks || transposed ? 0 : 1;
  SplitAttr rowsB = !isStaircase ? naturalY : isWeight ? ringY : skewY;
  SplitAttr columns = !walks                            ? getColumnSplit()
                      : requiredSplit != required.end() ? requiredSplit->second
                      : isWeight || !isStaircase        ? naturalX
                                                        : ringX;
  if (PlacementAttr found = findPlacement(inputB)) {
    SmallVector<SplitAttr> splits = getItemSplits(found);
    SplitAttr actual = splits[walking];
    if (isStaircase)
      rowsB = actual == skewY ? skewY : ringY;
    if (walks && actual == rowsB)
      columns = splits[1];
  }
  SmallVector<SplitAttr> splitsB = {rowsB, walks ? columns : contracted};
  if (walking == 1)
    std::swap(splitsB[0], splitsB[1]);
  FailureOr<Value> b = place(op, inputB, getPlacement(splitsB, isBatchedB));
  if (failed(b))
    return failure();
  auto resultTensor = cast<RankedTensorType>(product.getType());
  PlacementAttr placement = getPlacement({splitsA[0], columns}, isBatched);
  auto type = PlacedType::get(context, resultTensor.clone(builder.getF32Type()),
                              placement);
  auto pad = [&](Value value) {
    return cast<PlacedType>(value.getType()).getPlacement().getPad();
  };
  if (pad(*a) == PadValue::Any || pad(*b) == PadValue::Any)
    return op.emitOpError("expected operands whose padding is zero, the "
                          "identity of the sum, but got ")
           << a->getType() << " and " << b->getType();
  Value result;
  if (walks)
    result = mesh::GemmOp::create(builder, loc, TypeRange(type), *a,
                                  ValueRange(*b), algorithm)
                 .getCs()[0];
  else
    result = mesh::GemmTOp::create(builder, loc, type, *a, *b, !transposed);
  if (getSplat(init) != 0.0) {
    FailureOr<Value> start = place(op, init, placement);
    if (failed(start))
      return failure();
    Value wide = castTo(loc, *start, builder.getF32Type());
    result = buildLocal(
        builder, loc, mesh, {wide, result}, TypeRange(type),
        [&](OpBuilder &nested, ValueRange tiles) -> SmallVector<Value> {
          return {arith::AddFOp::create(nested, loc, tiles[0], tiles[1])};
        })[0];
  }
  placed[product] = castTo(loc, result, resultTensor.getElementType());
  return success();
}

/// The columns of row `row` of a matrix [cyclic y, x] on all rows: what a
/// column of cores has, one after the other.
Value Placer::broadcastRow(Location loc, Value matrix, Value row) {
  auto type = cast<PlacedType>(matrix.getType());
  Type element = type.getTensor().getElementType();
  int64_t width = type.getTileType(mesh).getDimSize(1);
  PlacedType vector =
      getType({mesh.columns * width},
              {SplitAttr::getBalanced(getContext(), MeshAxis::X)}, element,
              PadValue::Zero, getPartial(mesh::Reducer::Sum, MeshAxis::Y),
              type.getBatch());
  Scalars s(builder, loc);
  MeshLine y = buildMeshLine(builder, loc, mesh, MeshAxis::Y);
  Value slot = s.div(row, y.extent);
  Value owns = s.equal(y.local, s.rem(row, y.extent));
  // All other rows add zeros.
  Value partial = buildLocal(
      builder, loc, mesh, matrix, TypeRange(vector),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value own = tensor::ExtractSliceOp::create(
            b, loc, vector.getTileType(mesh), tiles[0],
            ArrayRef<OpFoldResult>{slot, b.getIndexAttr(0)},
            ArrayRef<OpFoldResult>{b.getIndexAttr(1), b.getIndexAttr(width)},
            ArrayRef<OpFoldResult>{b.getIndexAttr(1), b.getIndexAttr(1)});
        Value empty =
            tensor::EmptyOp::create(b, loc, ArrayRef<int64_t>{width}, element);
        return {buildElementwise(
            b, loc, own, {Dims{0}}, empty,
            [&](OpBuilder &nested, Location l, ValueRange v) -> Value {
              Value zero = buildFloat(nested, l, element, 0);
              return arith::SelectOp::create(nested, l, owns, v[0], zero);
            })};
      })[0];
  return allReduce(loc, partial)[0];
}

/// What `broadcastRow` gives for row `row` as a vector of `extent` elements in
/// ring order along y: each core adds what is in both of its blocks.
Value Placer::turnVector(Location loc, Value columns, Value row,
                         int64_t extent) {
  auto type = cast<PlacedType>(columns.getType());
  Type element = type.getTensor().getElementType();
  PlacedType turned = getType(
      {extent},
      {SplitAttr::getBalanced(getContext(), MeshAxis::Y, BlockOrder::Ring)},
      element, PadValue::Zero, getPartial(mesh::Reducer::Sum, MeshAxis::X),
      type.getBatch());
  Scalars s(builder, loc);
  struct Block {
    Value begin, end;
  };
  auto getBlock = [&](const MeshLine &line, Value block) -> Block {
    auto bound = [&](Value number) {
      return s.div(s.mul(number, s.index(extent)), line.extent);
    };
    return {bound(block), bound(s.add(block, s.index(1)))};
  };
  MeshLine lineX = buildMeshLine(builder, loc, mesh, MeshAxis::X);
  MeshLine lineY = buildMeshLine(builder, loc, mesh, MeshAxis::Y);
  // Columns are skewed by the row of cores.
  Value owner = s.ringPosition(s.rem(row, lineY.extent), lineY.extent);
  Block x =
      getBlock(lineX, s.alignedBlock(s.ringPosition(lineX.local, lineX.extent),
                                     lineX.extent, owner, lineY.extent));
  Block y = getBlock(lineY, s.ringPosition(lineY.local, lineY.extent));
  Value begin = s.max(x.begin, y.begin);
  Value length = s.sub(s.max(s.min(x.end, y.end), begin), begin);
  Value from = s.sub(begin, x.begin), to = s.sub(begin, y.begin);
  Value partial = buildLocal(
      builder, loc, mesh, columns, TypeRange(turned),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        RankedTensorType tile = turned.getTileType(mesh);
        Value zeros = buildFilled(
            b, loc, tensor::EmptyOp::create(b, loc, tile.getShape(), element),
            0);
        OpFoldResult one = b.getIndexAttr(1);
        Value common = tensor::ExtractSliceOp::create(
            b, loc, tiles[0], ArrayRef<OpFoldResult>{from},
            ArrayRef<OpFoldResult>{length}, ArrayRef<OpFoldResult>{one});
        return {tensor::InsertSliceOp::create(
            b, loc, common, zeros, ArrayRef<OpFoldResult>{to},
            ArrayRef<OpFoldResult>{length}, ArrayRef<OpFoldResult>{one})};
      })[0];
  return allReduce(loc, partial)[0];
}

LogicalResult Placer::convertExtractRow(tensor::ExtractSliceOp op) {
  Value matrix = lookup(op.getSource());
  auto cyclic = SplitAttr::getCyclic(getContext(), MeshAxis::Y);
  auto skewX =
      SplitAttr::getBalanced(getContext(), MeshAxis::X, BlockOrder::Skewed);
  // Of each item, where there is a batch.
  unsigned rows = hasBatch(op.getSource());
  ArrayRef<int64_t> source = op.getSourceType().getShape();
  SmallVector<int64_t> row(source);
  if (rows < row.size())
    row.erase(row.begin() + rows);
  bool isRow = source.size() == rows + 2 && op.hasUnitStride() &&
               op.getResultType().getShape() == ArrayRef(row) &&
               isConstantIntValue(op.getMixedOffsets().back(), 0) &&
               (rows == 0 || isConstantIntValue(op.getMixedOffsets()[0], 0)) &&
               isConstantIntValue(op.getMixedSizes()[rows], 1);
  if (!isRow || !matrix ||
      getItemSplits(getPlaced(op.getSource()).getPlacement()) !=
          SmallVector<SplitAttr>{cyclic, skewX})
    return op.emitOpError("expected a whole row of a matrix that is placed as "
                          "<[cyclic y, skew x]>");
  Location loc = op.getLoc();
  OpFoldResult offset = op.getMixedOffsets()[rows];
  Value number = isa<Attribute>(offset)
                     ? buildIndex(builder, loc, *getConstantIntValue(offset))
                     : scalars.lookup(cast<Value>(offset));
  placed[op.getResult()] =
      turnVector(loc, broadcastRow(loc, matrix, number), number, source.back());
  return success();
}

/// `op`, elementwise, on the tiles of one item of a batch.
static Value buildItem(OpBuilder &builder, linalg::LinalgOp op,
                       ValueRange tiles, RankedTensorType tile) {
  Location loc = op.getLoc();
  Value empty = tensor::EmptyOp::create(builder, loc, tile.getShape(),
                                        tile.getElementType());
  Dims all(llvm::to_vector(llvm::seq<unsigned>(0, tile.getRank())));
  SmallVector<Dims> dims(tiles.size(), all);
  return buildElementwise(
      builder, loc, tiles, dims, empty,
      [&](OpBuilder &nested, Location, ValueRange elements) -> Value {
        IRMapping mapping;
        mapping.map(op.getBlock()->getArguments().take_front(elements.size()),
                    elements);
        for (Operation &inner : op.getBlock()->without_terminator())
          nested.clone(inner, mapping);
        return mapping.lookupOrDefault(
            op.getBlock()->getTerminator()->getOperand(0));
      });
}

LogicalResult Placer::convertElementwise(Operation *op,
                                         PlacementAttr placement) {
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<Value> inputs = getElementwiseInputs(op);
  placement = placement.withPad(PadValue::Zero);
  SmallVector<Value> operands;
  SmallVector<std::optional<double>> pads;
  for (Value input : inputs) {
    FailureOr<Value> operand = place(op, input, placement);
    if (failed(operand))
      return failure();
    operands.push_back(*operand);
    pads.push_back(getPad(input));
  }
  std::optional<double> pad = evaluatePad(op, pads);
  if (pad)
    knownPads[op->getResult(0)] = *pad;
  auto type = PlacedType::get(getContext(), resultType,
                              placement.withPad(getPadValue(pad)));
  placed[op->getResult(0)] = buildLocal(
      builder, op->getLoc(), mesh, operands, TypeRange(type),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        RankedTensorType tile = type.getTileType(mesh);
        auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
        if (linalgOp && type.getBatch())
          return {buildItem(b, linalgOp, tiles, tile)};
        if (linalgOp) {
          SmallVector<Value> all(tiles);
          all.push_back(tensor::EmptyOp::create(
              b, op->getLoc(), tile.getShape(), tile.getElementType()));
          Operation *clone = mlir::clone(b, op, TypeRange(tile), all);
          return {clone->getResult(0)};
        }
        Operation *clone = mlir::clone(b, op, TypeRange(tile), tiles);
        return {clone->getResult(0)};
      })[0];
  return success();
}

LogicalResult Placer::convertRMSNorm(llm::RMSNormOp op) {
  Location loc = op.getLoc();
  if (!lookup(op.getX())) {
    int64_t rank = cast<RankedTensorType>(op.getX().getType()).getRank();
    if (failed(place(op, op.getX(), getDefaultPlacement(rank))))
      return failure();
  }
  Value x = lookup(op.getX());
  auto type = cast<PlacedType>(x.getType());
  PlacementAttr placement = type.getPlacement();
  if (placement.getPad() != PadValue::Zero)
    return op.emitOpError("expected an input whose padding is zero, the "
                          "identity of the sum, but got ")
           << type;
  PlacedType item = type.getItemType();
  ArrayRef<SplitAttr> splits = item.getPlacement().getSplits();
  FailureOr<Value> gain = place(
      op, op.getGain(), PlacementAttr::get(getContext(), splits.take_back()));
  if (failed(gain))
    return failure();
  // One number for the vector, or for each row.
  unsigned rows = splits.size() - 1;
  Dims all(llvm::to_vector(llvm::seq(0u, rows + 1)));
  Dims outer(ArrayRef<unsigned>(all).drop_back());
  Type element = type.getTensor().getElementType();
  ArrayRef<int64_t> shape = item.getTensor().getShape();
  PlacedType sumType = getType(
      shape.drop_back(), splits.drop_back(), element, PadValue::Zero,
      getPartial(mesh::Reducer::Sum, splits.back().getAxis()), type.getBatch());
  SmallVector<int64_t> sumShape(sumType.getTileType(mesh).getShape());
  Value partial = buildLocal(
      builder, loc, mesh, x, TypeRange(sumType),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value zero = buildFilled(
            b, loc, tensor::EmptyOp::create(b, loc, sumShape, element), 0);
        return {buildContraction(b, loc, tiles[0], all, tiles[0], all, zero,
                                 outer, rows + 1)};
      })[0];
  Value sum = allReduce(loc, partial)[0];
  double extent = static_cast<double>(shape.back());
  double eps = op.getEps().convertToDouble();
  placed[op.getResult()] = buildLocal(
      builder, loc, mesh, {x, *gain, sum}, TypeRange(type),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        auto each = [&](Value input, ScalarFn fn) {
          Value empty = tensor::EmptyOp::create(b, loc, sumShape, element);
          return buildElementwise(b, loc, input, {outer}, empty, fn);
        };
        // One rounding: sum * (1 / extent) + eps.
        Value shifted = each(
            tiles[2], [&](OpBuilder &n, Location l, ValueRange v) -> Value {
              Value mean = arith::MulFOp::create(
                  n, l, v[0], buildFloat(n, l, element, 1 / extent));
              return arith::AddFOp::create(n, l, mean,
                                           buildFloat(n, l, element, eps));
            });
        Value scale =
            each(shifted, [&](OpBuilder &n, Location l, ValueRange v) -> Value {
              return math::RsqrtOp::create(n, l, v[0]);
            });
        auto mul = [&](Value vector, Value factor, const Dims &dims) {
          auto tile = cast<RankedTensorType>(vector.getType());
          Value empty = tensor::EmptyOp::create(b, loc, tile.getShape(),
                                                tile.getElementType());
          return buildElementwise(
              b, loc, {vector, factor}, {all, dims}, empty,
              [](OpBuilder &n, Location l, ValueRange v) -> Value {
                return arith::MulFOp::create(n, l, v[0], v[1]);
              });
        };
        return {mul(mul(tiles[0], scale, outer), tiles[1], {rows})};
      })[0];
  return success();
}
