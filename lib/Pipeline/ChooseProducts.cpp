//===- ChooseProducts.cpp - Choosing how matrices are multiplied ----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "plmr/Conversion/Passes.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/LaunchEstimate.h"
#include "plmr/Pipeline/Passes.h"
#include "plmr/Support/Error.h"
#include "plmr/Timing/Bounds.h"
#include "llvm/Support/FormatVariadic.h"

namespace plmr {
#define GEN_PASS_DEF_CHOOSEPRODUCTS
#include "plmr/Pipeline/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

/// Meshes of more cores are not timed, but estimated.
static constexpr unsigned maxTimedCores = 1024;

/// A product with two matrices of which no other function has a say.
static bool hasChoice(linalg::MatmulOp op) {
  return !op->hasAttr(gemmAttrName) && !op.hasUserDefinedMaps() &&
         !isa_and_nonnull<llm::ParamOp>(op.getInputs()[1].getDefiningOp());
}

/// As it is printed.
template <typename T> static std::string print(T value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  value.print(os);
  return text;
}

/// The product alone, as a graph.
static std::string getKernel(linalg::MatmulOp op) {
  Type result = op->getResult(0).getType();
  ProductKernel kernel;
  kernel.a = print(op.getInputs()[0].getType());
  kernel.b = print(op.getInputs()[1].getType());
  kernel.c = print(result);
  kernel.element = print(cast<RankedTensorType>(result).getElementType());
  return kernel.print();
}

namespace {
struct ChooseProducts : plmr::impl::ChooseProductsBase<ChooseProducts> {
  using ChooseProductsBase::ChooseProductsBase;
  ChooseProducts(KernelCosts *costs, std::vector<Choice> *choices)
      : costs(costs), choices(choices) {}

  void runOnOperation() override {
    KernelCosts own(&getContext());
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (failed(choose(func, costs ? *costs : own)))
        return signalPassFailure();
  }

private:
  LogicalResult choose(func::FuncOp func, KernelCosts &costs) {
    SmallVector<linalg::MatmulOp> products;
    func.walk([&](linalg::MatmulOp op) {
      if (hasChoice(op))
        products.push_back(op);
    });
    if (products.empty())
      return success();
    mesh::MeshOp meshOp = plmr::requireMesh(func);
    if (!meshOp)
      return failure();
    FailureOr<Machine> machine = plmr::loadMachine(meshOp);
    if (failed(machine))
      return failure();
    uint64_t bound = 0;
    Choice choice;
    choice.function = func.getName();
    choice.isOfProducts = true;
    choice.operations = "matmul of";
    for (auto [i, op] : llvm::enumerate(products)) {
      auto a = cast<RankedTensorType>(op.getInputs()[0].getType());
      auto c = cast<RankedTensorType>(op->getResult(0).getType());
      choice.operations +=
          llvm::formatv("{0} {1} x {2} x {3}", i ? "," : "", c.getDimSize(0),
                        c.getDimSize(1), a.getDimSize(1));
      bound += getGemmBound(*machine, meshOp.getShape(), c.getDimSize(0),
                            c.getDimSize(1), a.getDimSize(1));
    }
    for (uint32_t i = 0; i <= mesh::getMaxEnumValForGemmAlgorithm(); ++i)
      choice.candidates.push_back(getCandidate(
          static_cast<mesh::GemmAlgorithm>(i), products, meshOp, costs));
    for (Candidate &candidate : choice.candidates)
      candidate.bound = bound;
    size_t best = getFastest(choice.candidates);
    explain(choice.candidates, best);
    for (linalg::MatmulOp op : products)
      op->setAttr(gemmAttrName,
                  mesh::GemmAlgorithmAttr::get(
                      &getContext(), static_cast<mesh::GemmAlgorithm>(best)));
    if (choices)
      choices->push_back(std::move(choice));
    return success();
  }

  Candidate getCandidate(mesh::GemmAlgorithm algorithm,
                         ArrayRef<linalg::MatmulOp> products,
                         mesh::MeshOp meshOp, KernelCosts &costs) {
    Candidate candidate;
    candidate.algorithm = stringifyGemmAlgorithm(algorithm).str();
    KernelCost total;
    for (linalg::MatmulOp op : products) {
      CompileOptions options;
      options.device = meshOp.getDevice();
      options.mesh = printMesh(meshOp.getShape());
      options.gemm = candidate.algorithm;
      std::string text = getKernel(op);
      llvm::Expected<KernelCost> cost =
          meshOp.getShape().getNumCores() <= maxTimedCores
              ? costs.measure(text, options)
              : estimate(text, options, costs);
      if (!cost) {
        candidate.reason = llvm::toString(cost.takeError());
        return candidate;
      }
      total.add(*cost);
    }
    candidate.cost = total;
    return candidate;
  }

  /// What estimates of kernels come to. They do not know of memory and routes,
  /// which the tile level does.
  llvm::Expected<KernelCost> estimate(StringRef text, CompileOptions options,
                                      KernelCosts &costs) {
    auto module = parseSourceString<ModuleOp>(text, &getContext());
    options.level = Level::Mesh;
    if (llvm::Error error = compileModule(*module, options))
      return std::move(error);
    OwningOpRef<ModuleOp> tiles = module->clone();
    options.from = Level::Mesh;
    options.level = Level::Tile;
    if (llvm::Error error = compileModule(*tiles, options))
      return std::move(error);
    KernelCost cost;
    if (llvm::Error error =
            LaunchEstimate(module->lookupSymbol<func::FuncOp>("kernel"), costs)
                .getTicks({})
                .moveInto(cost.ticks))
      return std::move(error);
    return cost;
  }

  /// The first of those that take the fewest ticks.
  static size_t getFastest(ArrayRef<Candidate> candidates) {
    auto getTicks = [](const Candidate &candidate) {
      return candidate.cost ? candidate.cost->ticks : UINT64_MAX;
    };
    return llvm::min_element(candidates,
                             [&](const Candidate &a, const Candidate &b) {
                               return getTicks(a) < getTicks(b);
                             }) -
           candidates.begin();
  }

  static void explain(MutableArrayRef<Candidate> candidates, size_t best) {
    candidates[best].isChosen = true;
    for (auto [i, candidate] : llvm::enumerate(candidates))
      if (i != best && candidate.cost)
        candidate.reason = candidate.cost->ticks == candidates[best].cost->ticks
                               ? "as fast"
                               : "slower";
  }

  KernelCosts *costs = nullptr;           ///< null: of this pass only
  std::vector<Choice> *choices = nullptr; ///< null: not asked for
};
} // namespace

std::unique_ptr<Pass> plmr::createChooseProducts(KernelCosts *costs,
                                                 std::vector<Choice> *choices) {
  return std::make_unique<ChooseProducts>(costs, choices);
}
