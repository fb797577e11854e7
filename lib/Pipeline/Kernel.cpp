//===- Kernel.cpp - One operation as a module -----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Pipeline/Kernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "llvm/ADT/SetVector.h"
#include <cmath>

using namespace mlir;
using namespace plmr;

/// All that `op` reads from outside.
static SetVector<Value> getOutside(Operation *op) {
  SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  return values;
}

static bool isConstant(Value value) {
  return matchPattern(value, m_Constant());
}

SmallVector<Value> plmr::getCaptured(Operation *op) {
  SmallVector<Value> captured;
  for (Value value : getOutside(op))
    if (!isa<mesh::PlacedType>(value.getType()) && !isConstant(value))
      captured.push_back(value);
  return captured;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

namespace {
/// A dimension of a kernel.
struct KernelDim {
  mesh::SplitAttr split;
  SmallVector<int64_t> factors;
};
} // namespace

/// Factor `factor` of what is cut along an axis. `shares` are the padded counts
/// of each factor in a tile.
static int64_t scale(const DimSplit &split, unsigned factor,
                     ArrayRef<FactorShare> shares, const KernelMesh &target) {
  if (target.keepsTiles())
    return shares[factor].padded;
  double extent = static_cast<double>(split.factors[factor]) / target.scale;
  return std::max<int64_t>(1, std::llround(std::ceil(extent - 1e-9)));
}

static KernelDim getKernelDim(mesh::SplitAttr attr, const DimSplit &split,
                              ArrayRef<FactorShare> shares, MeshShape mesh,
                              const KernelMesh &target) {
  KernelDim dim = {attr, llvm::to_vector(split.factors)};
  if (!split.isCut())
    return dim;
  SmallVector<int64_t> &factors = dim.factors;
  bool cutsInner = split.innerFactor < factors.size();
  if (!split.segmentFactor) {
    unsigned cut = cutsInner ? split.innerFactor : 0;
    factors[cut] = scale(split, cut, shares, target);
    return dim;
  }
  unsigned cores = target.shape.getExtent(split.axis);
  unsigned segment = *split.segmentFactor;
  if (!target.isSegment) {
    // As many elements a core, without the segments.
    int64_t extent = cores;
    for (const FactorShare &share : shares)
      extent *= share.padded;
    return {mesh::SplitAttr::getBalanced(attr.getContext(), attr.getAxis()),
            {extent}};
  }
  if (factors[segment] >= mesh.getExtent(split.axis)) {
    factors[segment] = shares[segment].padded * cores;
    return dim;
  }
  factors[segment] = 1;
  if (cutsInner)
    factors[split.innerFactor] =
        scale(split, split.innerFactor, shares, target);
  return dim;
}

mesh::PlacedType plmr::getKernelType(mesh::PlacedType type, MeshShape mesh,
                                     const KernelMesh &target) {
  MLIRContext *context = type.getContext();
  Placement placement = type.getHostPlacement();
  SmallVector<int64_t> shape;
  SmallVector<mesh::SplitAttr> splits;
  for (auto [i, split] : llvm::enumerate(type.getPlacement().getSplits())) {
    KernelDim dim =
        getKernelDim(split, placement.dims[i],
                     placement.getShares(i, mesh, 0, 0), mesh, target);
    shape.push_back(1);
    for (int64_t factor : dim.factors)
      shape.back() *= factor;
    if (dim.split.getFactors().empty())
      dim.factors.clear();
    splits.push_back(
        mesh::SplitAttr::get(context, dim.split.getKind(), dim.split.getAxis(),
                             dim.factors, dim.split.getSegmentFactor(),
                             dim.split.getInnerFactor(), dim.split.getOrder()));
  }
  auto own = type.getPlacement();
  return mesh::PlacedType::get(
      context, type.getTensor().clone(shape),
      mesh::PlacementAttr::get(context, splits, own.getOrder(), own.getPad(),
                               mesh::PartialAttr()));
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

namespace {
class Extraction {
public:
  Extraction(Operation *op, const KernelMesh &target, StringRef device)
      : op(op), mesh(mesh::lookupMesh(op).getShape()), target(target),
        b(op->getContext()), module(ModuleOp::create(b.getUnknownLoc())) {
    b.setInsertionPointToStart(module->getBody());
    mesh::MeshOp::create(b, module->getLoc(), "mesh", target.shape.columns,
                         target.shape.rows, device);
  }

  OwningOpRef<ModuleOp> run(ArrayRef<Value> captured) {
    SmallVector<Type> types(captured.size(), b.getIndexType());
    auto func = func::FuncOp::create(b, module->getLoc(), "kernel",
                                     b.getFunctionType(types, {}));
    Block *body = func.addEntryBlock();
    b.setInsertionPointToStart(body);
    for (auto [value, argument] : llvm::zip(captured, body->getArguments()))
      mapping.map(value, convert(argument, value.getType()));
    copyObjects();
    for (Value value : getOutside(op))
      if (isa<mesh::PlacedType>(value.getType()))
        mapping.map(value, load(value));
      else if (isConstant(value))
        b.clone(*value.getDefiningOp(), mapping);
    Operation *clone = b.clone(*op, mapping);
    for (OpResult result : clone->getResults())
      if (auto type = dyn_cast<mesh::PlacedType>(result.getType()))
        result.setType(getKernelType(type, mesh, target));
    for (OpResult result : clone->getResults())
      store(result);
    func::ReturnOp::create(b, module->getLoc());
    SmallVector<Attribute> names;
    for (size_t i = 0; i != captured.size(); ++i)
      names.push_back(b.getStringAttr("p" + Twine(i)));
    func->setAttr(parametersAttrName, b.getArrayAttr(names));
    func->setAttr(inputsAttrName, b.getArrayAttr(inputs));
    func->setAttr(outputsAttrName, b.getArrayAttr(outputs));
    return std::move(module);
  }

private:
  mesh::ObjectOp addObject(mesh::ObjectKind kind, StringRef name, Type type) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(module->getBody());
    return mesh::ObjectOp::create(
        b, module->getLoc(), mesh::ObjectKindAttr::get(b.getContext(), kind),
        b.getStringAttr(name), TypeAttr::get(type), /*stacked=*/nullptr,
        /*transposed=*/nullptr, /*file=*/nullptr, /*sources=*/nullptr,
        /*cache=*/nullptr, /*mesh=*/nullptr, /*moved_from=*/nullptr);
  }

  /// A parameter as a value of `type`, index or i1.
  Value convert(Value parameter, Type type) {
    if (type.isIndex())
      return parameter;
    Value zero = arith::ConstantIndexOp::create(b, module->getLoc(), 0);
    return arith::CmpIOp::create(b, module->getLoc(), arith::CmpIPredicate::ne,
                                 parameter, zero);
  }

  Value load(Value value) {
    Type type =
        getKernelType(cast<mesh::PlacedType>(value.getType()), mesh, target);
    std::string name = "in" + std::to_string(inputs.size());
    addObject(mesh::ObjectKind::Input, name, type);
    inputs.push_back(FlatSymbolRefAttr::get(b.getContext(), name));
    return mesh::LoadOp::create(b, module->getLoc(), type, name, Value());
  }

  void store(Value value) {
    std::string name = "out" + std::to_string(outputs.size());
    addObject(mesh::ObjectKind::Output, name, value.getType());
    outputs.push_back(FlatSymbolRefAttr::get(b.getContext(), name));
    mesh::StoreOp::create(b, module->getLoc(), value, name);
  }

  /// Those that the operation's attributes name.
  void copyObjects() {
    SymbolTable symbols(op->getParentOfType<ModuleOp>());
    for (NamedAttribute attr : op->getAttrs())
      if (auto name = dyn_cast<FlatSymbolRefAttr>(attr.getValue()))
        if (auto object = symbols.lookup<mesh::ObjectOp>(name.getValue())) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(module->getBody());
          auto copy = cast<mesh::ObjectOp>(b.clone(*object));
          copy.setType(getKernelType(object.getPlacedType(), mesh, target));
          copy.removeMeshAttr();
          copy.removeMovedFromAttr();
        }
  }

  Operation *op;
  MeshShape mesh;
  KernelMesh target;
  OpBuilder b;
  OwningOpRef<ModuleOp> module;
  IRMapping mapping;
  SmallVector<Attribute> inputs, outputs;
};
} // namespace

OwningOpRef<ModuleOp> plmr::extractKernel(Operation *op,
                                          const KernelMesh &target,
                                          StringRef device,
                                          ArrayRef<Value> captured) {
  return Extraction(op, target, device).run(captured);
}
