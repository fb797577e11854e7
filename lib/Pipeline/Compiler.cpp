//===- Compiler.cpp - The whole way from a graph to a program -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Pipeline/Compiler.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Transforms/Passes.h"
#include "plmr/Conversion/Passes.h"
#include "plmr/Dialect/LLM/Transforms/Passes.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Pipeline/Passes.h"
#include "plmr/Target/Program/Program.h"

using namespace mlir;
using namespace plmr;

char BudgetError::ID = 0;

static void addGraphToMesh(OpPassManager &manager,
                           const CompileOptions &options) {
  manager.addNestedPass<func::FuncOp>(createExpandMath());
  AttachMeshOptions attach;
  attach.device = options.device;
  attach.mesh = options.mesh;
  attach.prefillMesh = options.prefillMesh;
  attach.decodeMesh = options.decodeMesh;
  manager.addPass(createAttachMesh(attach));
  ConvertGraphToMeshOptions convert;
  if (options.gemm == "auto")
    manager.addPass(createChooseProducts(options.costs, options.choices));
  else if (!options.gemm.empty())
    convert.gemm = options.gemm;
  manager.addPass(createConvertGraphToMesh(convert));
  manager.addPass(createMoveObjects());
  manager.addNestedPass<func::FuncOp>(createMergeCollectives());
  ChooseAlgorithmsOptions choose;
  if (!options.tree.empty())
    choose.tree = options.tree;
  choose.isTimed = !options.isQuick;
  manager.addPass(
      createChooseAlgorithms(choose, options.costs, options.choices));
  manager.addPass(createVerifyMesh());
}

static void addMeshToTiles(OpPassManager &manager) {
  manager.addPass(createConvertMeshToTile());
  manager.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  bufferization::OneShotBufferizePassOptions bufferize;
  manager.addPass(bufferization::createOneShotBufferizePass(bufferize));
  // Equal views become one, and copies of a view to itself go.
  manager.addPass(createCSEPass());
  manager.addPass(createCanonicalizerPass());
}

static void addTilesToTile(OpPassManager &manager) {
  manager.addPass(createExpandCollectives());
  manager.addPass(createGuardLaunches());
  manager.addPass(createCSEPass());
  manager.addPass(createAllocateColours());
  manager.addPass(createPlanMemory());
  manager.addPass(createVerifyTile());
}

void plmr::buildPipeline(OpPassManager &manager,
                         const CompileOptions &options) {
  auto leads = [&](Level from, Level to) {
    return options.from <= from && to <= options.level;
  };
  if (leads(Level::Graph, Level::Mesh))
    addGraphToMesh(manager, options);
  if (leads(Level::Mesh, Level::Tile))
    addMeshToTiles(manager);
  if (options.from <= Level::Tile && options.level >= Level::Tile)
    addTilesToTile(manager);
  if (leads(Level::Tile, Level::Core))
    manager.addPass(createConvertTileToCore());
}

namespace {
/// Writes a reproducer to a string.
struct ReproducerText : ReproducerStream {
  explicit ReproducerText(std::string &text) : stream(text) {}
  StringRef description() override { return "a string"; }
  llvm::raw_ostream &os() override { return stream; }

  llvm::raw_string_ostream stream;
};
} // namespace

static void enableReproducer(PassManager &manager, std::string &text) {
  text.clear();
  manager.enableCrashReproducerGeneration([&text](std::string &) {
    return std::make_unique<ReproducerText>(text);
  });
}

static llvm::Error runPipeline(ModuleOp module, const CompileOptions &options) {
  std::string errors;
  std::optional<Budget> budget;
  ScopedDiagnosticHandler handler(
      module.getContext(), [&](Diagnostic &diagnostic) {
        // What comes after the reproducer tells of it only.
        if (options.reproducer && !options.reproducer->empty())
          return success();
        if (!budget)
          budget = getBudget(diagnostic);
        if (!errors.empty())
          errors += '\n';
        Location location = diagnostic.getLocation();
        if (auto place = location->findInstanceOf<FileLineColRange>())
          errors += printLocation(place) + ": ";
        errors += diagnostic.str();
        for (Diagnostic &note : diagnostic.getNotes())
          errors += "\n  " + note.str();
        return success();
      });
  // Users read what is wrong, not the operation's text.
  module.getContext()->printOpOnDiagnostic(false);
  PassManager manager(module.getContext());
  buildPipeline(manager, options);
  if (options.reproducer)
    enableReproducer(manager, *options.reproducer);
  if (succeeded(manager.run(module)))
    return llvm::Error::success();
  if (errors.empty())
    return makeError("a pass crashed, or failed without a reason");
  if (budget)
    return llvm::make_error<BudgetError>(*budget, std::move(errors));
  return makeError("{0}", errors);
}

/// Says that products are formed by the staircase after all.
static void giveWay(MutableArrayRef<Choice> choices) {
  for (Choice &choice : choices) {
    for (Candidate &candidate : choice.candidates)
      if (std::exchange(candidate.isChosen, false))
        candidate.reason = "does not fit beside the rest of the program";
    Candidate &staircase = choice.candidates.front();
    staircase.isChosen = true;
    staircase.reason.clear();
  }
}

llvm::Error plmr::compileModule(ModuleOp module,
                                const CompileOptions &options) {
  OwningOpRef<ModuleOp> copy;
  if (options.gemm == "auto" && options.from == Level::Graph &&
      options.level >= Level::Tile)
    copy = module.clone();
  size_t known = options.choices ? options.choices->size() : 0;
  llvm::Error error = runPipeline(module, options);
  // What is the fastest alone may take too much beside the rest.
  if (!copy || !error.isA<BudgetError>())
    return error;
  llvm::consumeError(std::move(error));
  module.getBodyRegion().takeBody(copy->getBodyRegion());
  CompileOptions lean = options;
  lean.gemm = "mesh_gemm";
  if (options.choices) {
    std::vector<Choice> &choices = *options.choices;
    choices.erase(std::remove_if(choices.begin() + known, choices.end(),
                                 [](const Choice &choice) {
                                   return !choice.isOfProducts;
                                 }),
                  choices.end());
    giveWay(MutableArrayRef(choices).drop_front(known));
  }
  return runPipeline(module, lean);
}

llvm::Expected<Program> plmr::compileToProgram(ModuleOp module,
                                               const CompileOptions &options) {
  if (llvm::Error error = compileModule(module, options))
    return std::move(error);
  return exportProgram(module);
}
