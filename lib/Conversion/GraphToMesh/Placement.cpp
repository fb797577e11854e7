//===- Placement.cpp - Where tensors get their place -*- C++ -*-===//
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
#include "mlir/IR/Matchers.h"
#include <limits>

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;
using plmr::mesh::ObjectKind;
using plmr::mesh::PlacedType;
using plmr::mesh::PlacementAttr;
using plmr::mesh::SplitAttr;

//===----------------------------------------------------------------------===//
// Types and objects
//===----------------------------------------------------------------------===//

PlacedType Placer::getType(ArrayRef<int64_t> shape, ArrayRef<SplitAttr> splits,
                           Type element, PadValue pad,
                           mesh::PartialAttr partial,
                           std::optional<int64_t> batch) {
  auto item =
      PlacedType::get(getContext(), RankedTensorType::get(shape, element),
                      PlacementAttr::get(getContext(), splits, pad, partial));
  return batch ? item.withLeadingDim(*batch, SplitAttr::getBatch(getContext()))
               : item;
}

PlacementAttr Placer::getPlacement(ArrayRef<SplitAttr> splits, bool hasBatch) {
  auto item = PlacementAttr::get(getContext(), splits);
  return hasBatch ? item.withLeadingDim(SplitAttr::getBatch(getContext()))
                  : item;
}

SmallVector<SplitAttr> Placer::getItemSplits(PlacementAttr placement) {
  return llvm::filter_to_vector(
      placement.getSplits(), [](SplitAttr split) { return !split.isBatch(); });
}

int64_t plmr::getBatchRank(func::FuncOp func) {
  int64_t rank = std::numeric_limits<int64_t>::max();
  func.walk([&](Operation *op) {
    auto attention = dyn_cast<llm::AttentionOp>(op);
    auto rope = dyn_cast<llm::RopeOp>(op);
    auto norm = dyn_cast<llm::RMSNormOp>(op);
    bool isOfMatrices =
        norm && cast<RankedTensorType>(norm.getX().getType()).getRank() == 3;
    if ((attention && attention.getBatch()) || (rope && rope.getBatch()))
      rank = 2;
    else if (isOfMatrices || isa<linalg::BatchMatmulOp>(op))
      rank = std::min<int64_t>(rank, 3);
  });
  return rank;
}

bool plmr::multipliesMatrices(func::FuncOp func) {
  // Rows of a batch of vectors are no matrix.
  bool haveRows = getBatchRank(func) > 2;
  WalkResult result = func.walk([&](Operation *op) -> WalkResult {
    return WalkResult(failure(isa<linalg::BatchMatmulOp>(op) ||
                              (haveRows && isa<linalg::MatmulOp>(op))));
  });
  return result.wasInterrupted();
}

mesh::PartialAttr Placer::getPartial(mesh::Reducer reducer, MeshAxis axis,
                                     int64_t segments) {
  return mesh::PartialAttr::get(getContext(), reducer, axis, segments, {});
}

mesh::ObjectOp Placer::createObject(Location loc, ObjectKind kind,
                                    StringRef name, PlacedType type) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(target);
  auto object = mesh::ObjectOp::create(builder, loc, kind, name, type,
                                       /*stacked=*/false, /*transposed=*/false,
                                       /*file=*/nullptr, /*sources=*/nullptr,
                                       /*cache=*/nullptr, getMeshName(),
                                       /*moved_from=*/nullptr);
  symbols.insert(object);
  return object;
}

FlatSymbolRefAttr Placer::getMeshName() {
  return meshOp == mesh::lookupModuleMesh(module)
             ? FlatSymbolRefAttr()
             : FlatSymbolRefAttr::get(meshOp.getSymNameAttr());
}

std::string Placer::qualify(const Twine &name) {
  FlatSymbolRefAttr part = getMeshName();
  if (!part)
    return name.str();
  return (part.getValue().split('.').first + "." + name).str();
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
  if (slices > 1)
    type = type.withLeadingDim(slices, SplitAttr::getWhole(getContext()));
  // A weight that is used in two placements lives on the mesh twice.
  for (unsigned copy = 0;; ++copy) {
    std::string name = qualify(weight.getSymName() + ".tiles");
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

SmallVector<Value> plmr::getElementwiseInputs(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return linalgOp.getDpsInputs();
  return SmallVector<Value>(op->getOperands());
}

PadValue plmr::getPadValue(std::optional<double> pad) {
  if (pad == 0.0)
    return PadValue::Zero;
  if (pad == -std::numeric_limits<double>::infinity())
    return PadValue::NegInf;
  return PadValue::Any;
}

SplitAttr Placer::getVectorSplit(MeshAxis axis) {
  bool isRing = hasMatrices && axis == MeshAxis::Y;
  return SplitAttr::getBalanced(
      getContext(), axis, isRing ? BlockOrder::Ring : BlockOrder::Natural);
}

SplitAttr Placer::getRowSplit() {
  return hasPositionRows ? SplitAttr::getCyclic(getContext(), MeshAxis::Y)
                         : SplitAttr::getBalanced(getContext(), MeshAxis::Y);
}

/// The features of positions lie where products leave them and take them up.
SplitAttr Placer::getColumnSplit() {
  return SplitAttr::getBalanced(getContext(), MeshAxis::X,
                                hasPositionRows ? BlockOrder::Skewed
                                : hasMatrices   ? BlockOrder::Ring
                                                : BlockOrder::Natural);
}

PlacementAttr Placer::getDefaultPlacement(int64_t rank) {
  bool hasBatch = rank >= batchRank;
  SmallVector<SplitAttr> splits(rank - hasBatch,
                                SplitAttr::getWhole(getContext()));
  if (splits.size() == 1)
    splits[0] = getVectorSplit(MeshAxis::Y);
  if (splits.size() >= 2) {
    splits[0] = getRowSplit();
    splits[1] = getColumnSplit();
  }
  return getPlacement(splits, hasBatch);
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
    return placed[tensor] = fill(loc, filled, *splat);
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

Value Placer::fill(Location loc, PlacedType type, double value) {
  return buildLocal(builder, loc, mesh, {}, TypeRange(type),
                    [&](OpBuilder &b, ValueRange) -> SmallVector<Value> {
                      RankedTensorType tile = type.getTileType(mesh);
                      Value empty = tensor::EmptyOp::create(
                          b, loc, tile.getShape(), tile.getElementType());
                      return {buildFilled(b, loc, empty, value)};
                    })[0];
}

SmallVector<Value> Placer::allReduce(Location loc, ValueRange partials,
                                     Value limit) {
  SmallVector<Type> types;
  for (Value partial : partials) {
    auto type = cast<PlacedType>(partial.getType());
    types.push_back(type.withPlacement(type.getPlacement().withPartial({})));
  }
  auto op = mesh::AllReduceOp::create(builder, loc, types, partials, limit,
                                      /*tree=*/nullptr, /*ring=*/false,
                                      /*accumulate=*/nullptr,
                                      /*with_index=*/false);
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
