//===- Interpreter.h - Levels of the IR, executed simply --------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// One interpreter for each of the upper levels. They are for comparison: slow,
// and simple enough to be believed.
//
//   graph  one tensor for each value, computed in f64, rounded once
//   mesh   a tile for each value and core; collectives are sums over a line in
//          the order of coordinates; all cores execute in step
//   tile   a program for each core over buffers; messages are queues; floats
//          as the cores compute them, so that results are the emulator's
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_INTERPRETER_INTERPRETER_H
#define PLMR_INTERPRETER_INTERPRETER_H

#include "mlir/IR/BuiltinOps.h"
#include "plmr/Interpreter/Values.h"
#include "plmr/Support/Error.h"
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace plmr::interpreter {

/// What one launch of a function gets, by name.
struct Inputs {
  std::map<std::string, std::vector<float>> tensors; ///< row-major
  std::map<std::string, int64_t> parameters;
  /// Matrices [rows x features] have values in rows `first` up to `second`; the
  /// others are not compared. None: all rows have.
  std::optional<std::pair<int64_t, int64_t>> rows;
};

/// An operation has been executed by `cores`: by the host (graph), by all
/// cores (mesh, row-major) or by one (tile). `trips` counts the iterations of
/// the loops around it, outermost first.
struct Observation {
  mlir::Operation *op;
  llvm::ArrayRef<int64_t> trips;
  llvm::MutableArrayRef<Environment> cores;
};
/// May change values: what follows computes with them.
using Observer = std::function<llvm::Error(const Observation &)>;

class Interpreter {
public:
  virtual ~Interpreter();

  /// Runs a function to its end. An error names the operation, and the core
  /// and the reason if cores wait for each other or a message is left over.
  virtual llvm::Error run(llvm::StringRef function, const Inputs &inputs) = 0;
  /// An output of the last run or a state, whole and row-major. It is an error
  /// if replicas differ.
  virtual llvm::Expected<std::vector<float>> read(llvm::StringRef name) = 0;
  /// The tile of an object on core (x, y), as a view. An error at the graph
  /// level, which has no cores.
  virtual llvm::Expected<Array> getTile(llvm::StringRef object, unsigned x,
                                        unsigned y) = 0;

  void setObserver(Observer to) { observer = std::move(to); }

protected:
  llvm::Error observe(const Observation &observation) {
    return observer ? observer(observation) : llvm::Error::success();
  }

private:
  Observer observer;
};

/// `module` is of the level and outlives the result. Weights are read from
/// their files, state is zero.
llvm::Expected<std::unique_ptr<Interpreter>>
createGraphInterpreter(mlir::ModuleOp module);
llvm::Expected<std::unique_ptr<Interpreter>>
createMeshInterpreter(mlir::ModuleOp module);
llvm::Expected<std::unique_ptr<Interpreter>>
createTileInterpreter(mlir::ModuleOp module);

} // namespace plmr::interpreter

#endif // PLMR_INTERPRETER_INTERPRETER_H
