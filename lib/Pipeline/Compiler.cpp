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

llvm::Error plmr::compileModule(ModuleOp module,
                                const CompileOptions &options) {
  std::string errors;
  std::optional<Budget> budget;
  ScopedDiagnosticHandler handler(
      module.getContext(), [&](Diagnostic &diagnostic) {
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
  if (succeeded(manager.run(module)))
    return llvm::Error::success();
  if (budget)
    return llvm::make_error<BudgetError>(*budget, std::move(errors));
  return makeError("{0}", errors);
}

llvm::Expected<Program> plmr::compileToProgram(ModuleOp module,
                                               const CompileOptions &options) {
  if (llvm::Error error = compileModule(module, options))
    return std::move(error);
  return exportProgram(module);
}
