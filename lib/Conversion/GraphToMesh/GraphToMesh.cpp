//===- GraphToMesh.cpp - Placing every tensor on the mesh -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Placer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "plmr/Conversion/Passes.h"
#include <cmath>
#include <limits>

namespace plmr {
#define GEN_PASS_DEF_CONVERTGRAPHTOMESH
#include "plmr/Conversion/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;
using plmr::mesh::ObjectKind;
using plmr::mesh::PlacedType;
using plmr::mesh::PlacementAttr;
using plmr::mesh::SplitAttr;

using Dims = SmallVector<unsigned>;

//===----------------------------------------------------------------------===//
// Types and objects
//===----------------------------------------------------------------------===//

PlacedType Placer::getType(ArrayRef<int64_t> shape, ArrayRef<SplitAttr> splits,
                           Type element, PadValue pad,
                           mesh::PartialAttr partial) {
  return PlacedType::get(
      getContext(), RankedTensorType::get(shape, element),
      PlacementAttr::get(getContext(), splits, pad, partial));
}

mesh::PartialAttr Placer::getPartial(mesh::Reducer reducer, MeshAxis axis,
                                     int64_t segments) {
  return mesh::PartialAttr::get(getContext(), reducer, axis, segments);
}

mesh::ObjectOp Placer::createObject(Location loc, ObjectKind kind,
                                    StringRef name, PlacedType type) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(target);
  auto object = mesh::ObjectOp::create(builder, loc, kind, name, type,
                                       /*stacked=*/false, /*transposed=*/false,
                                       /*file=*/nullptr, /*sources=*/nullptr);
  symbols.insert(object);
  return object;
}

Value Placer::loadObject(Location loc, StringRef name, Value index) {
  auto object = symbols.lookup<mesh::ObjectOp>(name);
  return mesh::LoadOp::create(builder, loc, object.getValueType(),
                              object.getSymName(), index);
}

FailureOr<mesh::ObjectOp> Placer::getWeightObject(llm::WeightOp weight,
                                                  PlacementAttr placement) {
  auto tensor = cast<RankedTensorType>(weight.getType());
  int64_t slices = weight.getSources().size();
  auto type = PlacedType::get(getContext(), tensor, placement);
  if (slices > 1) {
    SmallVector<int64_t> shape = {slices};
    llvm::append_range(shape, tensor.getShape());
    type = PlacedType::get(
        getContext(), RankedTensorType::get(shape, tensor.getElementType()),
        placement.withLeadingDim());
  }
  // A weight that is used in two placements lives on the mesh twice.
  for (unsigned copy = 0;; ++copy) {
    std::string name = (weight.getSymName() + ".tiles").str();
    if (copy)
      name += std::to_string(copy);
    auto object = symbols.lookup<mesh::ObjectOp>(name);
    if (object && object.getPlacedType() == type)
      return object;
    if (object)
      continue;
    object = createObject(weight.getLoc(), ObjectKind::Weight, name, type);
    object.setStacked(slices > 1);
    object.setTransposed(weight.getTransposed());
    object.setFileAttr(weight.getFileAttr());
    object.setSourcesAttr(weight.getSourcesAttr());
    return object;
  }
}

std::optional<double> Placer::getSplat(Value tensor) const {
  DenseFPElementsAttr elements;
  if (matchPattern(tensor, m_Constant(&elements)) && elements.isSplat())
    return elements.getSplatValue<APFloat>().convertToDouble();
  if (auto fill = tensor.getDefiningOp<linalg::FillOp>()) {
    FloatAttr value;
    if (matchPattern(fill.getInputs()[0], m_Constant(&value)))
      return value.getValueAsDouble();
  }
  return std::nullopt;
}

/// True if `op` combines its inputs element by element into one tensor.
static bool isElementwise(Operation *op) {
  if (op->getNumResults() != 1 ||
      !isa<RankedTensorType>(op->getResult(0).getType()))
    return false;
  if (isa<arith::ArithDialect, math::MathDialect>(op->getDialect()))
    return op->hasTrait<OpTrait::Elementwise>() && !isa<arith::ConstantOp>(op);
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && linalgOp.getNumDpsInits() == 1 &&
         llvm::all_of(linalgOp.getDpsInputs(),
                      [](Value input) {
                        return isa<RankedTensorType>(input.getType());
                      }) &&
         linalg::isElementwise(linalgOp) &&
         llvm::all_of(linalgOp.getIndexingMapsArray(),
                      [](AffineMap map) { return map.isIdentity(); });
}

/// The tensors that an elementwise operation combines.
static SmallVector<Value> getElementwiseInputs(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return linalgOp.getDpsInputs();
  return SmallVector<Value>(op->getOperands());
}

static PadValue getPadValue(std::optional<double> pad) {
  if (pad == 0.0)
    return PadValue::Zero;
  if (pad == -std::numeric_limits<double>::infinity())
    return PadValue::NegInf;
  return PadValue::Any;
}

PlacementAttr Placer::getDefaultPlacement(int64_t rank) {
  SmallVector<SplitAttr> splits(rank, SplitAttr::getWhole(getContext()));
  constexpr MeshAxis axes[] = {MeshAxis::Y, MeshAxis::X};
  for (auto [split, axis] : llvm::zip(splits, axes))
    split = SplitAttr::getBalanced(getContext(), axis);
  return PlacementAttr::get(getContext(), splits);
}

std::string Placer::getArgumentName(BlockArgument argument) const {
  auto func = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  unsigned number = argument.getArgNumber();
  if (auto name = func.getArgAttrOfType<StringAttr>(number, "plmr.name"))
    return name.str();
  return "arg" + std::to_string(number);
}

LogicalResult Placer::orderInputs(func::FuncOp func) {
  // They stand before the outputs.
  Operation *end = target;
  for (auto object : module.getOps<mesh::ObjectOp>())
    if (object.getKind() == ObjectKind::Output) {
      end = object;
      break;
    }
  for (BlockArgument argument : func.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    if (!lookup(argument) &&
        failed(place(func, argument, getDefaultPlacement(type.getRank()))))
      return failure();
    inputs.lookup(argument)->moveBefore(end);
  }
  return success();
}

PlacementAttr Placer::findPlacement(Value tensor) const {
  if (lookup(tensor))
    return getPlaced(tensor).getPlacement();
  Operation *producer = tensor.getDefiningOp();
  if (!producer || !isElementwise(producer))
    return {};
  for (Value input : getElementwiseInputs(producer))
    if (PlacementAttr placement = findPlacement(input))
      return placement;
  return {};
}

FailureOr<Value> Placer::place(Operation *user, Value tensor,
                               PlacementAttr placement) {
  auto type = PlacedType::get(
      getContext(), cast<RankedTensorType>(tensor.getType()), placement);
  if (Value value = lookup(tensor)) {
    PlacementAttr actual = getPlaced(tensor).getPlacement();
    if (actual.getSplits() == placement.getSplits() &&
        actual.getOrder() == placement.getOrder())
      return value;
    user->emitOpError("expected an operand placed as ")
        << placement << " but it is already placed as " << actual
        << "; moving a tensor between placements is not supported";
    return failure();
  }
  Location loc = tensor.getLoc();
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    // The symbol differs from the name where a weight or state has it.
    mesh::ObjectOp object =
        createObject(loc, ObjectKind::Input, getArgumentName(argument), type);
    inputs[argument] = object;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&target.getBody().front());
    return placed[tensor] = loadObject(loc, object.getSymName(), {});
  }
  if (auto param = tensor.getDefiningOp<llm::ParamOp>()) {
    auto weight = symbols.lookup<llm::WeightOp>(param.getWeight());
    FailureOr<mesh::ObjectOp> object = getWeightObject(weight, placement);
    if (failed(object))
      return failure();
    Value layer = param.getLayer() ? scalars.lookup(param.getLayer()) : Value();
    return placed[tensor] = loadObject(loc, object->getSymName(), layer);
  }
  if (std::optional<double> splat = getSplat(tensor)) {
    auto filled = type.withPlacement(placement.withPad(getPadValue(splat)));
    knownPads[tensor] = *splat;
    return placed[tensor] =
               buildLocal(builder, loc, mesh, {}, TypeRange(filled),
                          [&](OpBuilder &b, ValueRange) -> SmallVector<Value> {
                            RankedTensorType tile = filled.getTileType(mesh);
                            Value empty = tensor::EmptyOp::create(
                                b, loc, tile.getShape(), tile.getElementType());
                            return {buildFilled(b, loc, empty, *splat)};
                          })[0];
  }
  // What combines only such tensors is computed where it is needed, too.
  if (Operation *producer = tensor.getDefiningOp();
      producer && isElementwise(producer)) {
    if (failed(convertElementwise(producer, placement)))
      return failure();
    return lookup(tensor);
  }
  user->emitOpError("expected an argument, a weight, a splat constant or a "
                    "computed tensor but got a value of ")
      << tensor.getType() << " with another origin";
  return failure();
}

SmallVector<Value> Placer::allReduce(Location loc, ValueRange partials,
                                     Value limit) {
  SmallVector<Type> types;
  for (Value partial : partials) {
    auto type = cast<PlacedType>(partial.getType());
    types.push_back(type.withPlacement(type.getPlacement().withPartial({})));
  }
  auto op = mesh::AllReduceOp::create(builder, loc, types, partials, limit,
                                      /*groups=*/nullptr);
  return SmallVector<Value>(op.getResults());
}

Value Placer::castTo(Location loc, Value value, Type element) {
  auto type = cast<PlacedType>(value.getType());
  if (type.getTensor().getElementType() == element)
    return value;
  auto result = PlacedType::get(getContext(), type.getTensor().clone(element),
                                type.getPlacement());
  bool widens = element.getIntOrFloatBitWidth() >
                type.getTensor().getElementTypeBitWidth();
  return buildLocal(builder, loc, mesh, value, TypeRange(result),
                    [&](OpBuilder &b, ValueRange tiles) -> SmallVector<Value> {
                      Type tile = result.getTileType(mesh);
                      if (widens)
                        return {arith::ExtFOp::create(b, loc, tile, tiles[0])};
                      return {arith::TruncFOp::create(b, loc, tile, tiles[0])};
                    })[0];
}

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

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

LogicalResult Placer::convertLoop(scf::ForOp loop) {
  // Loop-carried tensors keep the placement that they enter with.
  SmallVector<Value> inits;
  SmallVector<unsigned> tensors;
  for (auto [i, init] : llvm::enumerate(loop.getInitArgs())) {
    if (!isa<RankedTensorType>(init.getType()))
      return loop.emitOpError("expected loop-carried tensors only but got ")
             << init.getType();
    Value value = lookup(init);
    if (!value) {
      FailureOr<Value> start =
          place(loop, init,
                getDefaultPlacement(
                    cast<RankedTensorType>(init.getType()).getRank()));
      if (failed(start))
        return failure();
      value = *start;
    }
    inits.push_back(value);
  }
  auto mapScalar = [&](Value value) { return scalars.lookupOrDefault(value); };
  auto copy = scf::ForOp::create(
      builder, loop.getLoc(), mapScalar(loop.getLowerBound()),
      mapScalar(loop.getUpperBound()), mapScalar(loop.getStep()), inits);
  scalars.map(loop.getInductionVar(), copy.getInductionVar());
  for (auto [old, fresh] :
       llvm::zip(loop.getRegionIterArgs(), copy.getRegionIterArgs()))
    placed[old] = fresh;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(copy.getBody());
    if (failed(convertBlock(*loop.getBody())))
      return failure();
    auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
    SmallVector<Value> yielded;
    for (auto [value, argument] :
         llvm::zip(yield.getOperands(), copy.getRegionIterArgs())) {
      auto type = cast<PlacedType>(argument.getType());
      FailureOr<Value> result = place(yield, value, type.getPlacement());
      if (failed(result))
        return failure();
      if (result->getType() != type)
        return yield.emitOpError("expected to yield ")
               << type << " but got " << result->getType();
      yielded.push_back(*result);
    }
    if (!inits.empty())
      scf::YieldOp::create(builder, yield.getLoc(), yielded);
  }
  // Weights and constants that the body placed are not visible behind it.
  SmallVector<Value> inside;
  for (auto [tensor, value] : placed)
    if (value.getParentBlock() == copy.getBody())
      inside.push_back(tensor);
  for (Value tensor : inside)
    placed.erase(tensor);
  for (auto [old, fresh] : llvm::zip(loop.getResults(), copy.getResults()))
    placed[old] = fresh;
  return success();
}

LogicalResult Placer::convertReturn(func::ReturnOp op) {
  auto func = cast<func::FuncOp>(op->getParentOp());
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return op.emitOpError("expected tensors to be returned but got ")
             << value.getType();
    if (!lookup(value)) {
      PlacementAttr placement = findPlacement(value);
      if (!placement)
        placement = getDefaultPlacement(type.getRank());
      if (failed(place(op, value, placement)))
        return failure();
    }
    auto name = func.getResultAttrOfType<StringAttr>(i, "plmr.name");
    std::string symbol = name ? name.str() : "result" + std::to_string(i);
    mesh::ObjectOp object =
        createObject(op.getLoc(), ObjectKind::Output, symbol, getPlaced(value));
    mesh::StoreOp::create(builder, op.getLoc(), lookup(value),
                          object.getSymName());
  }
  func::ReturnOp::create(builder, op.getLoc());
  return success();
}

/// Operations that are placed when something uses them, or never.
static bool isDeferred(Operation *op) {
  return isa<llm::ParamOp, tensor::EmptyOp, linalg::FillOp>(op) ||
         (isa<arith::ConstantOp>(op) &&
          isa<RankedTensorType>(op->getResult(0).getType()));
}

LogicalResult Placer::convertOp(Operation &op) {
  if (isDeferred(&op))
    return success();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return convertLoop(loop);
  if (auto ret = dyn_cast<func::ReturnOp>(op))
    return convertReturn(ret);
  if (isa<scf::YieldOp>(op))
    return success();
  if (auto vecmat = dyn_cast<linalg::VecmatOp>(op))
    return convertVecmat(vecmat, vecmat.getInputs()[0], vecmat.getInputs()[1],
                         vecmat.getOutputs()[0], /*transposed=*/false);
  if (auto matvec = dyn_cast<linalg::MatvecOp>(op))
    return convertVecmat(matvec, matvec.getInputs()[1], matvec.getInputs()[0],
                         matvec.getOutputs()[0], /*transposed=*/true);
  if (auto matmul = dyn_cast<linalg::MatmulOp>(op))
    return convertMatmul(matmul);
  if (auto norm = dyn_cast<llm::RMSNormOp>(op))
    return convertRMSNorm(norm);
  if (auto rope = dyn_cast<llm::RopeOp>(op))
    return convertRope(rope);
  if (auto attention = dyn_cast<llm::AttentionOp>(op))
    return convertAttention(attention);
  if (isElementwise(&op)) {
    // A placed operand decides, the others follow. Without one, the first
    // user does.
    if (PlacementAttr placement = findPlacement(op.getResult(0)))
      return convertElementwise(&op, placement);
    return success();
  }
  bool touchesTensors =
      llvm::any_of(op.getOperandTypes(), llvm::IsaPred<TensorType>) ||
      llvm::any_of(op.getResultTypes(), llvm::IsaPred<TensorType>);
  if (touchesTensors || op.getNumRegions() != 0)
    return op.emitOpError(
        "expected linalg.matmul, linalg.matvec, linalg.vecmat, an elementwise "
        "operation, an operation of the llm dialect or scf.for; this one is "
        "not supported on the mesh");
  builder.clone(op, scalars);
  return success();
}

LogicalResult Placer::convertBlock(Block &block) {
  for (Operation &op : block)
    if (failed(convertOp(op)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Where heads belong
//===----------------------------------------------------------------------===//

void Placer::requireSplit(Value tensor, SplitAttr split) {
  required[tensor] = split;
  Operation *producer = tensor.getDefiningOp();
  if (!producer)
    return;
  if (auto rope = dyn_cast<llm::RopeOp>(producer))
    requireSplit(rope.getX(), split);
  else if (isElementwise(producer))
    for (Value operand : producer->getOperands())
      requireSplit(operand, split);
}

void Placer::collectHeadSplits(func::FuncOp func) {
  func.walk([&](llm::AttentionOp op) {
    auto findRope = [](Value tensor) {
      return tensor.getDefiningOp<llm::RopeOp>();
    };
    llm::RopeOp ropeQ = findRope(op.getQ()), ropeK = findRope(op.getK());
    int64_t extent = cast<RankedTensorType>(op.getQ().getType()).getDimSize(0);
    HeadLayout layout =
        HeadLayout::get(getContext(), mesh, op.getHeads(), op.getKvHeads(),
                        extent / static_cast<int64_t>(op.getHeads()),
                        ropeQ ? ropeQ.getKind() : llm::RopeKind::Adjacent);
    for (Operation *user :
         {ropeQ.getOperation(), ropeK.getOperation(), op.getOperation()})
      if (user)
        layouts.insert({user, layout});
    requireSplit(op.getQ(), layout.q);
    requireSplit(op.getK(), layout.k);
    requireSplit(op.getV(), layout.v);
    auto state = symbols.lookup<llm::StateOp>(op.getKeys());
    positions = cast<RankedTensorType>(state.getType()).getDimSize(1);
  });
}

/// Tiles hold tensors of static shape and of the floats that cores compute
/// with. Built types are not verified, so this comes first.
static LogicalResult verifyTensors(ModuleOp module) {
  auto isHeld = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return !isa<TensorType>(type);
    Type element = tensor.getElementType();
    return tensor.hasStaticShape() && tensor.getNumElements() > 0 &&
           (element.isF32() || element.isF16() || element.isBF16());
  };
  WalkResult result = module.walk([&](Operation *op) {
    SmallVector<Type> types(op->getResultTypes());
    if (auto func = dyn_cast<func::FuncOp>(op))
      llvm::append_range(types, func.getArgumentTypes());
    if (auto weight = dyn_cast<llm::WeightOp>(op))
      types.push_back(weight.getType());
    if (auto state = dyn_cast<llm::StateOp>(op))
      types.push_back(state.getType());
    for (Type type : types) {
      if (isHeld(type))
        continue;
      op->emitOpError("expected tensors of static, positive extents and of "
                      "f32, f16 or bf16 but got ")
          << type;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult Placer::convert(func::FuncOp func) {
  if (failed(verifyTensors(module)))
    return failure();
  collectHeadSplits(func);
  builder.setInsertionPoint(func);
  SmallVector<Type> parameters;
  for (Type type : func.getArgumentTypes()) {
    if (type.isIndex())
      parameters.push_back(type);
    else if (!isa<RankedTensorType>(type))
      return func.emitOpError("expected tensor or index arguments but got ")
             << type;
  }
  target = func::FuncOp::create(builder, func.getLoc(), func.getSymName(),
                                builder.getFunctionType(parameters, {}));
  Block *entry = target.addEntryBlock();
  unsigned next = 0;
  SmallVector<Attribute> names;
  for (BlockArgument argument : func.getArguments()) {
    if (!argument.getType().isIndex())
      continue;
    names.push_back(builder.getStringAttr(getArgumentName(argument)));
    scalars.map(argument, entry->getArgument(next++));
  }
  target->setAttr("plmr.parameters", builder.getArrayAttr(names));
  builder.setInsertionPointToEnd(entry);
  if (failed(convertBlock(func.getBody().front())) || failed(orderInputs(func)))
    return failure();
  func.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
struct ConvertGraphToMesh
    : plmr::impl::ConvertGraphToMeshBase<ConvertGraphToMesh> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    mesh::MeshOp meshOp = mesh::lookupMesh(module);
    if (!meshOp) {
      module.emitOpError("expected a plmr.mesh; plmr-attach-mesh adds one");
      return signalPassFailure();
    }
    auto funcs = llvm::to_vector(module.getOps<func::FuncOp>());
    if (funcs.size() != 1 || !funcs[0].getBody().hasOneBlock()) {
      module.emitOpError("expected one function of one block but got ")
          << funcs.size() << " function(s)";
      return signalPassFailure();
    }
    Placer placer(module, meshOp);
    if (failed(placer.convert(funcs[0])))
      return signalPassFailure();
    // Placed as objects now, or not used at all.
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (isa<llm::WeightOp, llm::StateOp>(op))
        op.erase();
  }
};
} // namespace
