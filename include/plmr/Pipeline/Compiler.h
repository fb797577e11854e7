//===- Compiler.h - The whole way from a graph to a program -----*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_COMPILER_H
#define PLMR_PIPELINE_COMPILER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "plmr/Dialect/PLMR/Transforms/Budget.h"
#include "plmr/Pipeline/Choices.h"
#include "plmr/Program/Program.h"

namespace plmr {

/// The levels at which a compilation can begin and stop.
enum class Level { Graph, Mesh, Tile, Core };

/// The level that `flag` names as graph, mesh, tile or core.
llvm::Expected<Level> parseLevel(llvm::StringRef flag, llvm::StringRef name);

/// An error, with its place, if an operation of `module` belongs to another
/// level, which it names.
llvm::Error verifyLevel(mlir::ModuleOp module, Level level);

struct CompileOptions {
  /// A profile, .json file or JSON text; empty: the module's own, or wse2.
  std::string device;
  std::string mesh;             ///< columns x rows, for example "8x8"
  Level level = Level::Core;    ///< compile to this level
  std::string prefillMesh = {}; ///< of the launch 'prefill'; empty: `mesh`
  std::string decodeMesh = {};  ///< of the other launches; empty: `mesh`
  /// How to reduce, as plmr-choose-algorithms has it; empty: its default.
  std::string tree = {};
  /// How products of matrices are formed, as convert-graph-to-mesh has it, or
  /// "auto": the fastest way; empty: the default of that pass.
  std::string gemm = {};
  /// The level that the module is at, as `verifyLevel` has it. A tile level may
  /// still have collectives on tiles, and need neither colours nor addresses.
  Level from = Level::Graph;
  /// Let bounds choose the algorithms, without timing them.
  bool isQuick = false;
  KernelCosts *costs = nullptr; ///< known ones, which grow; null: none
  std::vector<Choice> *choices = nullptr; ///< filled if given
  /// If given: the module before a pass that failed or crashed, and the
  /// pipeline, which `plmr-opt --run-reproducer` runs again; else empty.
  std::string *reproducer = nullptr;
};

/// Adds the passes from `options.from` to `options.level`.
void buildPipeline(mlir::OpPassManager &manager, const CompileOptions &options);

/// The error of a graph that a core of the mesh does not hold; others may.
class BudgetError : public llvm::ErrorInfo<BudgetError> {
public:
  static char ID;
  BudgetError(Budget budget, std::string message)
      : budget(budget), message(std::move(message)) {}

  void log(llvm::raw_ostream &os) const override { os << message << advice; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }

  Budget budget;
  std::string message;
  std::string advice; ///< what would fit, after the message; empty: not known
};

/// Compiles `module` in place. The error holds the diagnostics, one a
/// line, with file, line and column if they have them; it is a BudgetError if
/// one of them is of a budget.
llvm::Error compileModule(mlir::ModuleOp module, const CompileOptions &options);

/// Compiles `module` to a program, with the errors of `compileModule`.
llvm::Expected<Program> compileToProgram(mlir::ModuleOp module,
                                         const CompileOptions &options);

} // namespace plmr

#endif // PLMR_PIPELINE_COMPILER_H
