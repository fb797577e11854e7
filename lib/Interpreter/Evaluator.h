//===- Evaluator.h - Operations that one core does alone --------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_EVALUATOR_H
#define PLMR_LIB_INTERPRETER_EVALUATOR_H

#include "Body.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace plmr::interpreter {

/// Evaluates operations of arith, math, linalg, tensor and memref in an
/// environment. All levels share it. Bodies are compiled once an operation, so
/// the IR must not change in its lifetime.
class Evaluator {
public:
  explicit Evaluator(Precision precision) : precision(precision) {}

  Precision getPrecision() const { return precision; }
  /// An error names an operation that is unknown.
  llvm::Error evaluate(mlir::Operation &op, Environment &env);

private:
  llvm::Expected<const Body *> getBody(mlir::Operation *op);
  llvm::Error evaluateConstant(mlir::Operation &op, Environment &env);
  llvm::Error evaluateScalar(mlir::Operation &op, Environment &env);
  llvm::Error evaluateElementwise(mlir::Operation &op, Environment &env);
  llvm::Error evaluateLinalg(mlir::linalg::LinalgOp op, Environment &env);
  /// The error is an unknown operation's.
  llvm::Error evaluateView(mlir::Operation &op, Environment &env);

  Precision precision;
  llvm::DenseMap<mlir::Operation *, std::unique_ptr<Body>> bodies;
};

/// The element type and shape of a tensor or buffer of static shape.
Array makeUndefined(mlir::Type type);

/// `error` behind the place of `op` in the source.
llvm::Error atLocation(mlir::Operation &op, llvm::Error error);

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_EVALUATOR_H
