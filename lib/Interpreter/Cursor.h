//===- Cursor.h - Where a program stands ------------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_CURSOR_H
#define PLMR_LIB_INTERPRETER_CURSOR_H

#include "mlir/IR/Operation.h"
#include "plmr/Interpreter/Interpreter.h"

namespace plmr::interpreter {

/// Steps cores through the blocks of a function. Loops and branches are its
/// own; cores that share a cursor must take the same way.
class Cursor {
public:
  /// Executes an operation; false: it must wait, try again later.
  using Execute = llvm::function_ref<llvm::Expected<bool>(mlir::Operation &)>;

  Cursor(mlir::Block &entry, llvm::MutableArrayRef<Environment> cores);

  bool isDone() const { return frames.empty(); }
  mlir::Operation &getOp() { return *frames.back().at; }
  /// Iterations of the loops around the operation that `step` completed.
  llvm::ArrayRef<int64_t> getTrips() const { return trips; }
  llvm::MutableArrayRef<Environment> getCores() const { return cores; }

  /// One operation. The result is what completed, or null: nothing did.
  llvm::Expected<mlir::Operation *> step(Execute execute);

  /// All operations, for cores that never wait.
  llvm::Error run(llvm::function_ref<llvm::Error(mlir::Operation &)> execute,
                  llvm::function_ref<llvm::Error(mlir::Operation &)> completed);

private:
  struct Frame {
    mlir::Block *block;
    mlir::Block::iterator at;
    int64_t counter = 0, upper = 0, step = 0; ///< of a loop
    int64_t trip = -1;                        ///< -1: no loop
  };

  llvm::Expected<int64_t> getCommonInt(mlir::Value value) const;
  void copy(mlir::Value from, mlir::Value to);
  void enter(mlir::Block &block, Frame frame);
  mlir::Operation *complete(mlir::Operation *op);
  llvm::Expected<mlir::Operation *> beginLoop(mlir::Operation *op);
  llvm::Expected<mlir::Operation *> beginBranch(mlir::Operation *op);
  mlir::Operation *endBlock(mlir::Operation *terminator);

  llvm::MutableArrayRef<Environment> cores;
  llvm::SmallVector<Frame> frames;
  llvm::SmallVector<int64_t> trips;
};

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_CURSOR_H
