//===- ChooseAlgorithms.cpp - Choosing the reduction trees -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TreeChoices.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Pipeline/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_CHOOSEALGORITHMS
#include "plmr/Pipeline/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

/// What a core has for the trees of `func`.
static TreeBudget getBudget(func::FuncOp func, MeshShape mesh,
                            const Machine &machine) {
  TreeBudget budget{machine.inputQueues, machine.getUsableColours()};
  SymbolTable symbols(func->getParentOfType<ModuleOp>());
  bool hasShift = false;
  func.walk([&](Operation *op) {
    if (isa<mesh::GemmOp, mesh::GemmTOp, mesh::HeadGemmTOp>(op))
      budget.perTree = 2;
    if (auto append = dyn_cast<mesh::AppendOp>(op))
      hasShift |=
          mesh.rows > 1 && !append.getBegin() &&
          symbols.lookup<mesh::ObjectOp>(append.getObject()).getKVPlacement() ==
              KVPlacement::Shift;
  });
  // A shift has a queue, and a colour for even and for odd cores.
  if (hasShift) {
    budget.inputQueues -= 1;
    budget.colours -= 2;
  }
  return budget;
}

namespace {
/// The reductions of one function.
class Reductions {
public:
  Reductions(func::FuncOp func, MeshShape mesh, bool isRing) {
    func.walk([&](mesh::AllReduceOp op) {
      if (op.getTree() || op.getRing())
        return;
      if (isRing)
        return op.setRing(true);
      TreeLine &line = getLine(op, mesh);
      line.messages.push_back(op.countWords(mesh));
      // A message with a limit is mostly shorter, and short ones go by a tree.
      line.mayBeRing &= !op.getWithIndex() && !op.getLimit();
      ops.push_back({op, static_cast<size_t>(&line - lines.begin())});
    });
  }

  void setTrees() {
    for (auto [op, line] : ops) {
      const TreeOption &chosen = lines[line].getChosen();
      if (chosen.isRing)
        op.setRing(true);
      else
        op.setTreeAttr(mesh::TreeAttr::get(op.getContext(), chosen.shape));
    }
  }

  SmallVector<TreeLine> lines;

private:
  TreeLine &getLine(mesh::AllReduceOp op, MeshShape mesh) {
    mesh::PartialAttr partial = op.getPartial();
    Axis axis = mesh::toAxis(partial.getAxis());
    auto segments = static_cast<unsigned>(partial.getSegments());
    for (TreeLine &line : lines)
      if (line.axis == axis && line.segments == segments)
        return line;
    TreeLine line;
    line.axis = axis;
    line.segments = segments;
    line.extent = mesh.getExtent(axis);
    return lines.emplace_back(std::move(line));
  }

  SmallVector<std::pair<mesh::AllReduceOp, size_t>> ops;
};

struct ChooseAlgorithms : plmr::impl::ChooseAlgorithmsBase<ChooseAlgorithms> {
  using ChooseAlgorithmsBase::ChooseAlgorithmsBase;
  ChooseAlgorithms(ChooseAlgorithmsOptions options, KernelCosts *costs,
                   std::vector<Choice> *choices)
      : ChooseAlgorithmsBase(std::move(options)), costs(costs),
        choices(choices) {}

  void runOnOperation() override {
    if (tree != "auto") {
      choice = TreeChoice::parse(tree);
      if (!choice) {
        getOperation().emitError("expected a tree that is auto, ")
            << TreeChoice::getExpected() << ", but got '" << tree << "'";
        return signalPassFailure();
      }
    }
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (failed(choose(func)))
        return signalPassFailure();
  }

private:
  LogicalResult choose(func::FuncOp func) {
    mesh::MeshOp meshOp = plmr::requireMesh(func);
    if (!meshOp)
      return failure();
    FailureOr<Machine> machine = plmr::loadMachine(meshOp);
    if (failed(machine))
      return failure();
    Reductions reductions(func, meshOp.getShape(), choice && choice->isRing);
    if (reductions.lines.empty())
      return success();
    std::optional<KernelCosts> own;
    if (!costs)
      own.emplace(&getContext());
    TreeChooser chooser(*machine, meshOp.getDevice(),
                        getBudget(func, meshOp.getShape(), *machine),
                        isTimed ? costs ? costs : &*own : nullptr);
    chooser.choose(reductions.lines, choice, /*explains=*/choices != nullptr);
    reductions.setTrees();
    if (choices)
      for (const TreeLine &line : reductions.lines)
        choices->push_back(line.describe(func.getName()));
    return success();
  }

  KernelCosts *costs = nullptr;           ///< null: of this pass only
  std::vector<Choice> *choices = nullptr; ///< null: not asked for
  std::optional<TreeChoice> choice;       ///< none: all kinds
};
} // namespace

std::unique_ptr<Pass>
plmr::createChooseAlgorithms(ChooseAlgorithmsOptions options,
                             KernelCosts *costs, std::vector<Choice> *choices) {
  return std::make_unique<ChooseAlgorithms>(std::move(options), costs, choices);
}
