//===- GraphToMesh.cpp - Placing every tensor on the mesh -*- C++ -*-===//
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
#include "plmr/Conversion/Passes.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_CONVERTGRAPHTOMESH
#include "plmr/Conversion/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::ObjectKind;
using plmr::mesh::PlacedType;
using plmr::mesh::PlacementAttr;
using plmr::mesh::SplitAttr;

using Dims = SmallVector<unsigned>;

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
    outputs.push_back(FlatSymbolRefAttr::get(object.getSymNameAttr()));
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
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
      linalgOp && !linalgOp.hasPureTensorSemantics())
    return op.emitOpError("expected tensors but got buffers: a graph has none");
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
  if (isa<linalg::MatmulOp, linalg::BatchMatmulOp>(op))
    return convertMatmul(cast<linalg::LinalgOp>(op));
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return convertExtractRow(slice);
  if (auto norm = dyn_cast<llm::RMSNormOp>(op))
    return convertRMSNorm(norm);
  if (auto rope = dyn_cast<llm::RopeOp>(op))
    return convertRope(rope);
  if (auto attention = dyn_cast<llm::AttentionOp>(op))
    return convertAttention(attention);
  if (auto settle = dyn_cast<llm::SettleOp>(op))
    return convertSettle(settle);
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
        "expected linalg.matmul, linalg.batch_matmul, linalg.matvec, "
        "linalg.vecmat, an elementwise operation, an operation of the llm "
        "dialect or scf.for; this one is "
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
    int64_t extent =
        cast<RankedTensorType>(op.getQ().getType()).getShape().back();
    hasPositionRows |= static_cast<bool>(op.getBegin());
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
    positions = state.getNumPositions();
  });
}

/// A program's tensors have at most 2^40 elements (`verifyProgram`).
static bool isTooLarge(RankedTensorType tensor) {
  int64_t room = int64_t(1) << 40;
  for (int64_t extent : tensor.getShape())
    room /= std::max<int64_t>(extent, 1);
  return room == 0;
}

/// Tiles hold tensors of static shape and of the floats that cores compute
/// with. Built types are not verified, so this comes first.
static LogicalResult verifyTensors(ModuleOp module) {
  auto isHeld = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return !isa<TensorType>(type);
    Type element = tensor.getElementType();
    return tensor.hasStaticShape() && !isTooLarge(tensor) &&
           tensor.getNumElements() > 0 &&
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
      op->emitOpError("expected tensors of static, positive extents, of at "
                      "most 2^40 elements and of f32, f16 or bf16 but got ")
          << type;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult Placer::convert(func::FuncOp func) {
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
  if (FlatSymbolRefAttr name = getMeshName())
    target->setAttr(mesh::meshAttrName, name);
  Block *entry = target.addEntryBlock();
  unsigned next = 0;
  SmallVector<Attribute> names;
  for (BlockArgument argument : func.getArguments()) {
    if (!argument.getType().isIndex())
      continue;
    names.push_back(builder.getStringAttr(getArgumentName(argument)));
    scalars.map(argument, entry->getArgument(next++));
  }
  target->setAttr(parametersAttrName, builder.getArrayAttr(names));
  builder.setInsertionPointToEnd(entry);
  if (failed(convertBlock(func.getBody().front())) || failed(orderInputs(func)))
    return failure();
  SmallVector<Attribute> arguments;
  for (BlockArgument argument : func.getArguments())
    if (mesh::ObjectOp object = inputs.lookup(argument))
      arguments.push_back(FlatSymbolRefAttr::get(object.getSymNameAttr()));
  target->setAttr(inputsAttrName, builder.getArrayAttr(arguments));
  target->setAttr(outputsAttrName, builder.getArrayAttr(outputs));
  func.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

std::string plmr::getGemmAlgorithms() {
  std::string names;
  for (uint32_t i = 0; i <= mesh::getMaxEnumValForGemmAlgorithm(); ++i)
    names += (i ? ", " : "") +
             stringifyGemmAlgorithm(static_cast<mesh::GemmAlgorithm>(i)).str();
  return names;
}

namespace {
struct ConvertGraphToMesh
    : plmr::impl::ConvertGraphToMeshBase<ConvertGraphToMesh> {
  using ConvertGraphToMeshBase::ConvertGraphToMeshBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!mesh::lookupMesh(module)) {
      module.emitOpError("expected a plmr.mesh; plmr-attach-mesh adds one");
      return signalPassFailure();
    }
    std::optional<mesh::GemmAlgorithm> algorithm =
        mesh::symbolizeGemmAlgorithm(gemm);
    if (!algorithm) {
      module.emitOpError("expected an algorithm for products of matrices that "
                         "is ")
          << getGemmAlgorithms() << " but got '" << gemm << "'";
      return signalPassFailure();
    }
    auto funcs = llvm::to_vector(module.getOps<func::FuncOp>());
    bool haveOneBlock = llvm::all_of(
        funcs, [](func::FuncOp func) { return func.getBody().hasOneBlock(); });
    if (funcs.empty() || !haveOneBlock) {
      module.emitOpError("expected functions of one block each");
      return signalPassFailure();
    }
    if (failed(verifyTensors(module)))
      return signalPassFailure();
    // Weights lie as the first function wants them.
    for (func::FuncOp func : funcs)
      if (failed(Placer(module, func, *algorithm).convert(func)))
        return signalPassFailure();
    // Placed as objects now, or not used at all.
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (isa<llm::WeightOp, llm::StateOp>(op))
        op.erase();
  }
};
} // namespace
