//===- Golden.h - Operation by operation, level by level --------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Runs launches at all levels and compares what each operation of the graph
// computes (docs/Goldens.md).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_INTERPRETER_GOLDEN_H
#define PLMR_INTERPRETER_GOLDEN_H

#include "mlir/IR/OwningOpRef.h"
#include "plmr/Emulator/Emulator.h"
#include "plmr/Interpreter/Interpreter.h"

namespace plmr::interpreter {

enum class GoldenMode {
  Isolated,    ///< an operation gets what the level above computed
  Accumulated, ///< a level runs on its own values
};

struct GoldenOptions {
  GoldenMode mode = GoldenMode::Isolated;
  /// Largest difference, relative to the operation's largest magnitude.
  double tolerance = 1e-4;
};

/// Two neighbouring levels; the upper one is right.
enum class LevelPair { GraphMesh, MeshTile, TileCore };
constexpr unsigned numLevelPairs = 3;
/// "graph/mesh", "mesh/tile", "tile/core".
llvm::StringRef stringify(LevelPair pair);

/// The largest difference of one operation in one launch.
struct Difference {
  std::string operation;
  LevelPair pair = LevelPair::GraphMesh;
  std::string function;
  uint64_t launch = 0;              ///< counted from 0
  llvm::SmallVector<int64_t> layer; ///< iterations of the loops around it
  double absolute = 0, relative = 0;
  unsigned x = 0, y = 0;              ///< the core
  llvm::SmallVector<int64_t> element; ///< of the tensor; empty: padding
  bool isPadding = false;
  double expected = 0, actual = 0;

  /// One line that names everything.
  std::string print() const;
};

/// The program of each level. All are of one graph.
struct GoldenModules {
  mlir::ModuleOp graph, mesh, tile;
  /// Null: the core level is not run.
  std::shared_ptr<const Program> program;
};

class Golden {
public:
  /// The modules outlive the result.
  static llvm::Expected<std::unique_ptr<Golden>>
  create(const GoldenModules &modules, const GoldenOptions &options);
  ~Golden();

  /// Runs one launch at all levels; one that hands over between two meshes,
  /// which the graph lacks, at those below. State is kept for the next one. An
  /// error is a level's that cannot run; differences are none.
  llvm::Error launch(llvm::StringRef function, const Inputs &inputs);

  /// An output of the graph's last launch, or a state.
  llvm::Expected<std::vector<float>> read(llvm::StringRef name);

  /// For each operation, in the order of the graph, and pair of levels the
  /// worst over all launches and layers.
  std::vector<Difference> getWorst() const;
  /// The first difference above the tolerance, in the order of execution and
  /// then of levels; it is where the fault is.
  const std::optional<Difference> &getFirst() const;
  /// Operations that a launched function has, but a level hides: "x at the
  /// tile level". They are compared as a part of those that follow.
  std::vector<std::string> getHidden() const;

private:
  struct Impl;
  explicit Golden(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace plmr::interpreter

#endif // PLMR_INTERPRETER_GOLDEN_H
