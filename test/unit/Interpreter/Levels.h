//===- Levels.h - All levels of one graph, for tests ------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_UNIT_INTERPRETER_LEVELS_H
#define PLMR_TEST_UNIT_INTERPRETER_LEVELS_H

#include "mlir/IR/MLIRContext.h"
#include "plmr/Interpreter/Golden.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Program/KVPlacement.h"
#include <random>

namespace plmr::interpreter {

/// The value, or the end of the test program.
inline const llvm::ExitOnError check("unexpected error: ");

/// A graph and what it is compiled to, for the device "lab".
class Levels {
public:
  using Change = llvm::function_ref<void(mlir::ModuleOp)>;

  /// Of the bundled model, with a context of 16; `chunk` rows of prefill. With
  /// `decodeMesh` that is the mesh of all launches but prefill; `batch`
  /// sequences.
  static std::unique_ptr<Levels>
  fromModel(const std::string &mesh, unsigned chunk = 0,
            KVPlacement placement = KVPlacement::Cyclic,
            const std::string &decodeMesh = "", unsigned batch = 1);
  /// Of a graph as text.
  static std::unique_ptr<Levels> fromText(const std::string &text,
                                          const std::string &mesh);

  /// Compiles a copy of the graph that `change` has changed: the compiler has
  /// a fault, then, of which the graph knows nothing.
  void compile(Change change = [](mlir::ModuleOp) {});

  std::unique_ptr<Golden> createGolden(const GoldenOptions &options) const;

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> graph, mesh, tile;
  std::shared_ptr<const Program> program; ///< null: leave it out

private:
  explicit Levels(const std::string &shape, const std::string &decodeMesh = "");
  CompileOptions getOptions(Level level) const;
  mlir::OwningOpRef<mlir::ModuleOp> lower(Level level, Change change) const;

  std::string shape, decodeMesh;
};

/// Values of -1 to 1 with a fixed sequence.
class Random {
public:
  explicit Random(unsigned seed) : engine(seed) {}
  std::vector<float> getValues(size_t count);
  int64_t getInt(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine);
  }

private:
  std::mt19937 engine;
};

/// Random inputs for each tensor of a function of the graph.
Inputs makeInputs(mlir::ModuleOp graph, llvm::StringRef function,
                  Random &random);

} // namespace plmr::interpreter

#endif // PLMR_TEST_UNIT_INTERPRETER_LEVELS_H
