//===- LaunchEstimate.cpp - The cycles of a launch, by its kernels --------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Pipeline/LaunchEstimate.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/Kernel.h"
#include "plmr/Support/Error.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace plmr;

LaunchEstimate::LaunchEstimate(func::FuncOp func, KernelCosts &costs)
    : func(func), costs(costs) {
  mesh::MeshOp meshOp = mesh::lookupMesh(func);
  mesh = meshOp.getShape();
  machine = llvm::cantFail(mesh::parseDevice(meshOp.getDevice()));
  Machine roomy = machine;
  roomy.sramBytes = maxSramBytes;
  device = printMachine(roomy);
}

//===----------------------------------------------------------------------===//
// Index arithmetic
//===----------------------------------------------------------------------===//

/// The value of an index or a predicate on core (0, 0), which has the largest
/// share of everything; nothing if it is not known.
static std::optional<int64_t> evaluate(Value value,
                                       llvm::DenseMap<Value, int64_t> &values) {
  if (auto known = values.find(value); known != values.end())
    return known->second;
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumResults() != 1)
    return std::nullopt;
  std::optional<int64_t> result;
  if (isa<mesh::CoordOp>(op))
    result = 0;
  SmallVector<Attribute> operands;
  for (Value operand : op->getOperands()) {
    std::optional<int64_t> known = evaluate(operand, values);
    if (!known)
      return std::nullopt;
    operands.push_back(IntegerAttr::get(operand.getType(), *known));
  }
  SmallVector<OpFoldResult> folded;
  if (!result && succeeded(op->fold(operands, folded)) && !folded.empty()) {
    if (auto same = dyn_cast<Value>(folded.front()))
      result = evaluate(same, values);
    else if (auto attr = dyn_cast<IntegerAttr>(cast<Attribute>(folded.front())))
      result = attr.getType().isInteger(1) ? attr.getValue().getZExtValue()
                                           : attr.getInt();
  }
  if (result)
    values[value] = *result;
  return result;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// A mesh of few cores on which the walk of a product is like that on `mesh`.
static KernelMesh scaleTo(MeshShape mesh, unsigned extent) {
  double scale = std::max(
      1.0, static_cast<double>(std::max(mesh.columns, mesh.rows)) / extent);
  auto get = [&](unsigned own) {
    return std::max(std::min(own, 2u),
                    static_cast<unsigned>(std::lround(own / scale)));
  };
  return {{get(mesh.columns), get(mesh.rows)}, scale};
}

/// The cores that one walk of `op` runs over: those of a key head.
static MeshShape getWalk(Operation *op, MeshShape mesh) {
  int64_t heads = llvm::TypeSwitch<Operation *, int64_t>(op)
                      .Case<mesh::HeadGemmTOp, mesh::HeadGemmOp>(
                          [](auto product) { return product.getKvHeads(); })
                      .Default([](Operation *) { return 1; });
  return {std::max(1u, mesh.columns / static_cast<unsigned>(heads)), mesh.rows};
}

llvm::Expected<uint64_t> LaunchEstimate::measureOn(Operation *op,
                                                   const KernelMesh &target,
                                                   ArrayRef<Value> captured,
                                                   ArrayRef<int64_t> values) {
  OwningOpRef<ModuleOp> kernel = extractKernel(op, target, device, captured);
  std::string text;
  llvm::raw_string_ostream os(text);
  kernel->print(os);
  SmallVector<int32_t> parameters(values.begin(), values.end());
  CompileOptions options;
  options.from = Level::Mesh;
  llvm::Expected<KernelCost> cost = costs.measure(text, options, parameters);
  if (!cost)
    return makeError("{0}: {1}", op->getName().getStringRef(),
                     llvm::toString(cost.takeError()));
  return cost->ticks;
}

/// In proportion to the steps of the walk, through two points.
llvm::Expected<uint64_t>
LaunchEstimate::measureProduct(Operation *op, ArrayRef<Value> captured,
                               ArrayRef<int64_t> values) {
  MeshShape walk = getWalk(op, mesh);
  std::array<KernelMesh, 2> meshes = {scaleTo(walk, 6), scaleTo(walk, 12)};
  for (KernelMesh &target : meshes)
    target.isSegment = isa<mesh::HeadGemmTOp, mesh::HeadGemmOp>(op);
  std::array<uint64_t, 2> ticks = {0, 0};
  for (auto [target, result] : llvm::zip(meshes, ticks)) {
    // Positions are counted over all rows.
    SmallVector<int64_t> scaled(values);
    if (auto scores = dyn_cast<mesh::HeadGemmTOp>(op))
      for (auto [value, result] : llvm::zip(captured, scaled))
        if (value == scores.getFirst())
          result = result / mesh.rows * target.shape.rows;
    if (llvm::Error error =
            measureOn(op, target, captured, scaled).moveInto(result))
      return std::move(error);
  }
  unsigned steps = countWalkSteps(walk);
  unsigned first = countWalkSteps(meshes[0].shape);
  unsigned second = countWalkSteps(meshes[1].shape);
  if (first == second)
    return ticks[0];
  double slope =
      (static_cast<double>(ticks[1]) - static_cast<double>(ticks[0])) /
      (second - first);
  return static_cast<uint64_t>(static_cast<double>(ticks[1]) +
                               slope * (static_cast<double>(steps) - second));
}

/// The axis that only the operand is cut along.
static mesh::MeshAxis getGatherAxis(mesh::AllGatherOp op) {
  auto getSplits = [](Value value) {
    return cast<mesh::PlacedType>(value.getType()).getPlacement().getSplits();
  };
  for (auto [from, to] :
       llvm::zip(getSplits(op.getInput()), getSplits(op.getResult())))
    if (from != to)
      return from.getAxis();
  return mesh::MeshAxis::X;
}

llvm::Expected<uint64_t> LaunchEstimate::measure(Operation *op,
                                                 ArrayRef<Value> captured,
                                                 ArrayRef<int64_t> values) {
  if (isa<mesh::GemmOp, mesh::GemmTOp, mesh::HeadGemmTOp, mesh::HeadGemmOp>(op))
    return measureProduct(op, captured, values);
  if (isa<mesh::LocalOp, mesh::AppendOp>(op))
    return measureOn(op, KernelMesh(), captured, values);
  ReductionKernel kernel;
  kernel.device = device;
  uint64_t messages = 1;
  auto setLine = [&](mesh::MeshAxis axis, int64_t segments) {
    kernel.extent = mesh.getExtent(mesh::toAxis(axis));
    kernel.segments = static_cast<unsigned>(segments);
  };
  auto setPartial = [&](Value input) {
    auto partial =
        cast<mesh::PlacedType>(input.getType()).getPlacement().getPartial();
    setLine(partial.getAxis(), partial.getSegments());
    kernel.isMax = partial.getReducer() == mesh::Reducer::Max;
  };
  if (auto reduce = dyn_cast<mesh::AllReduceOp>(op)) {
    setPartial(reduce.getInputs()[0]);
    kernel.isRing = reduce.getRing();
    if (auto tree = reduce.getTree())
      kernel.tree = tree->getShape();
    kernel.elements = countWords(reduce, values);
    // The value and the index are sent one after the other.
    if (reduce.getWithIndex()) {
      messages = 2;
      kernel.elements /= 2;
    }
  } else if (auto scatter = dyn_cast<mesh::ReduceScatterOp>(op)) {
    setPartial(scatter.getInput());
    kernel.kind = ReductionKernel::Kind::ReduceScatter;
    kernel.elements = countElements(scatter.getInput());
  } else if (auto gather = dyn_cast<mesh::AllGatherOp>(op)) {
    setLine(getGatherAxis(gather), /*segments=*/1);
    kernel.kind = ReductionKernel::Kind::AllGather;
    kernel.elements = countElements(gather.getResult());
  } else {
    return makeError("expected an operation with a known cost but got {0}",
                     op->getName().getStringRef());
  }
  llvm::Expected<KernelCost> cost = costs.measure(kernel);
  if (!cost)
    return cost.takeError();
  return messages * cost->ticks;
}

int64_t LaunchEstimate::countElements(Value placed) const {
  return cast<mesh::PlacedType>(placed.getType())
      .getTileType(mesh)
      .getNumElements();
}

/// Of the message; `values` holds the limit, if there is one.
int64_t LaunchEstimate::countWords(mesh::AllReduceOp op,
                                   ArrayRef<int64_t> values) const {
  int64_t words = op.countWords(mesh);
  if (!op.getLimit() || values.empty())
    return words;
  int64_t width = cast<mesh::PlacedType>(op.getInputs()[0].getType())
                      .getTileType(mesh)
                      .getShape()
                      .back();
  return words / width * std::max<int64_t>(1, values.front());
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

llvm::Expected<uint64_t> LaunchEstimate::getKernelTicks(Operation *op,
                                                        Environment &values) {
  SmallVector<Value> captured = getCaptured(op);
  std::vector<int64_t> known;
  for (Value value : captured) {
    std::optional<int64_t> result = evaluate(value, values);
    if (!result)
      return makeError("{0}: expected index arithmetic on parameters",
                       op->getName().getStringRef());
    known.push_back(*result);
  }
  auto [entry, isNew] = this->known.try_emplace({op, known}, 0);
  if (isNew)
    if (llvm::Error error =
            measure(op, captured, known).moveInto(entry->second)) {
      this->known.erase(entry);
      return std::move(error);
    }
  return entry->second;
}

llvm::Expected<uint64_t> LaunchEstimate::addLoop(Operation *op,
                                                 Environment &values) {
  auto loop = cast<scf::ForOp>(op);
  std::array<std::optional<int64_t>, 3> bounds = {
      evaluate(loop.getLowerBound(), values),
      evaluate(loop.getUpperBound(), values), evaluate(loop.getStep(), values)};
  if (!bounds[0] || !bounds[1] || !bounds[2] || *bounds[2] <= 0)
    return makeError("scf.for: expected bounds from parameters");
  uint64_t total = 0;
  for (int64_t i = *bounds[0]; i < *bounds[1]; i += *bounds[2]) {
    Environment inner = values;
    inner[loop.getInductionVar()] = i;
    llvm::Expected<uint64_t> ticks = addBlock(*loop.getBody(), inner);
    if (!ticks)
      return ticks;
    total += *ticks;
  }
  return total;
}

llvm::Expected<uint64_t> LaunchEstimate::addBlock(Block &block,
                                                  Environment &values) {
  uint64_t total = 0;
  for (Operation &op : block) {
    // Loads are views, stores need not copy, and the rest is scalar.
    if (isa<mesh::LoadOp, mesh::StoreOp, mesh::CoordOp>(op) ||
        op.hasTrait<OpTrait::IsTerminator>() ||
        !isa<mesh::PLMRDialect, scf::SCFDialect>(op.getDialect()))
      continue;
    llvm::Expected<uint64_t> ticks = 0;
    if (isa<mesh::EpochOp>(op))
      ticks = machine.epochTicks;
    else
      ticks = isa<scf::ForOp>(op) ? addLoop(&op, values)
                                  : getKernelTicks(&op, values);
    if (!ticks)
      return ticks;
    total += *ticks;
  }
  return total;
}

llvm::Expected<uint64_t>
LaunchEstimate::getTicks(ArrayRef<int64_t> parameters) {
  Environment values;
  for (auto [argument, value] :
       llvm::zip_equal(func.getArguments(), parameters))
    values[argument] = value;
  return addBlock(func.getBody().front(), values);
}
