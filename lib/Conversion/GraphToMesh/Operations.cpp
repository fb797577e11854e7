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
    SplitAttr split = SplitAttr::getBalanced(context, MeshAxis::Y);
    if (failed(place(op, x, PlacementAttr::get(context, {split}))))
      return failure();
  }
  Value input = lookup(x);
  SplitAttr in = getPlaced(x).getPlacement().getSplits()[0];
  if (!in.isCut())
    return op->emitOpError("expected a vector that is cut along an axis but "
                           "got ")
           << input.getType();
  SplitAttr out =
      requiredSplit != required.end()
          ? requiredSplit->second
          : SplitAttr::getBalanced(context, mesh::getOtherAxis(in.getAxis()));
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
      cast<RankedTensorType>(op->getResult(0).getType()).getDimSize(0);
  PlacedType partial =
      getType({extent}, {out}, builder.getF32Type(), PadValue::Zero,
              getPartial(mesh::Reducer::Sum, in.getAxis()));
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
        place(op, init, PlacementAttr::get(context, {out}));
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

LogicalResult Placer::convertMatmul(linalg::MatmulOp op) {
  MLIRContext *context = getContext();
  Location loc = op.getLoc();
  AffineExpr m, n, k;
  bindDims(context, m, n, k);
  auto map = [&](AffineExpr a, AffineExpr b) {
    return AffineMap::get(3, 0, {a, b}, context);
  };
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  bool transposed = maps[1] == map(n, k);
  if (maps[0] != map(m, k) || maps[2] != map(m, n) ||
      (!transposed && maps[1] != map(k, n)))
    return op.emitOpError("expected A[m, k] and B[k, n] or B[n, k] but got "
                          "other indexing maps");
  SplitAttr x = SplitAttr::getBalanced(context, MeshAxis::X);
  SplitAttr y = SplitAttr::getBalanced(context, MeshAxis::Y);
  SplitAttr skewX = SplitAttr::getBalanced(context, MeshAxis::X, true);
  SplitAttr skewY = SplitAttr::getBalanced(context, MeshAxis::Y, true);
  auto placementA = PlacementAttr::get(context, {y, transposed ? x : skewX});
  auto placementB = PlacementAttr::get(context, {transposed ? y : skewY, x});
  FailureOr<Value> a = place(op, op.getInputs()[0], placementA);
  FailureOr<Value> b = place(op, op.getInputs()[1], placementB);
  if (failed(a) || failed(b))
    return failure();
  auto resultTensor = cast<RankedTensorType>(op.getResult(0).getType());
  PlacedType type =
      getType(resultTensor.getShape(), {y, x}, builder.getF32Type());
  Value result;
  if (transposed)
    result = mesh::GemmTOp::create(builder, loc, type, *a, *b);
  else
    result = mesh::GemmOp::create(builder, loc, type, *a, *b);
  if (getSplat(op.getOutputs()[0]) != 0.0) {
    FailureOr<Value> start =
        place(op, op.getOutputs()[0], PlacementAttr::get(context, {y, x}));
    if (failed(start))
      return failure();
    Value wide = castTo(loc, *start, builder.getF32Type());
    result = buildLocal(
        builder, loc, mesh, {wide, result}, TypeRange(type),
        [&](OpBuilder &nested, ValueRange tiles) -> SmallVector<Value> {
          return {arith::AddFOp::create(nested, loc, tiles[0], tiles[1])};
        })[0];
  }
  placed[op.getResult(0)] = castTo(loc, result, resultTensor.getElementType());
  return success();
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
        if (isa<linalg::LinalgOp>(op)) {
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
    SplitAttr split = SplitAttr::getBalanced(getContext(), MeshAxis::Y);
    if (failed(place(op, op.getX(), PlacementAttr::get(getContext(), {split}))))
      return failure();
  }
  Value x = lookup(op.getX());
  auto type = cast<PlacedType>(x.getType());
  PlacementAttr placement = type.getPlacement();
  if (placement.getPad() != PadValue::Zero)
    return op.emitOpError("expected an input whose padding is zero, the "
                          "identity of the sum, but got ")
           << type;
  FailureOr<Value> gain = place(op, op.getGain(), placement);
  if (failed(gain))
    return failure();
  Type element = type.getTensor().getElementType();
  PlacedType sumType = getType(
      {}, {}, element, PadValue::Zero,
      getPartial(mesh::Reducer::Sum, placement.getSplits()[0].getAxis()));
  Value partial = buildLocal(
      builder, loc, mesh, x, TypeRange(sumType),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        Value zero = buildFilled(
            b, loc,
            tensor::EmptyOp::create(b, loc, ArrayRef<int64_t>(), element), 0);
        return {buildContraction(b, loc, tiles[0], {0}, tiles[0], {0}, zero, {},
                                 1)};
      })[0];
  Value sum = allReduce(loc, partial)[0];
  double extent = static_cast<double>(type.getTensor().getDimSize(0));
  double eps = op.getEps().convertToDouble();
  placed[op.getResult()] = buildLocal(
      builder, loc, mesh, {x, *gain, sum}, TypeRange(type),
      [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
        auto scalar = [&](Value input, ScalarFn fn) {
          Value empty =
              tensor::EmptyOp::create(b, loc, ArrayRef<int64_t>(), element);
          return buildElementwise(b, loc, input, {Dims{}}, empty, fn);
        };
        // One rounding: sum * (1 / extent) + eps.
        Value shifted = scalar(
            tiles[2], [&](OpBuilder &n, Location l, ValueRange v) -> Value {
              Value mean = arith::MulFOp::create(
                  n, l, v[0], buildFloat(n, l, element, 1 / extent));
              return arith::AddFOp::create(n, l, mean,
                                           buildFloat(n, l, element, eps));
            });
        Value scale = scalar(
            shifted, [&](OpBuilder &n, Location l, ValueRange v) -> Value {
              return math::RsqrtOp::create(n, l, v[0]);
            });
        auto mul = [&](Value vector, Value factor, const Dims &dims) {
          auto tile = cast<RankedTensorType>(vector.getType());
          Value empty = tensor::EmptyOp::create(b, loc, tile.getShape(),
                                                tile.getElementType());
          return buildElementwise(
              b, loc, {vector, factor}, {Dims{0}, dims}, empty,
              [](OpBuilder &n, Location l, ValueRange v) -> Value {
                return arith::MulFOp::create(n, l, v[0], v[1]);
              });
        };
        return {mul(mul(tiles[0], scale, {}), tiles[1], {0})};
      })[0];
  return success();
}
