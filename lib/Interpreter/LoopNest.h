//===- LoopNest.h - A body for all elements ---------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_LOOPNEST_H
#define PLMR_LIB_INTERPRETER_LOOPNEST_H

#include "Body.h"

namespace plmr::interpreter {

/// Runs a body for each point of a nest of loops, the last loop fastest. The
/// operands are those of the body, outputs included.
class LoopNest {
public:
  struct Operand {
    std::optional<Array> array; ///< a stream, or
    Scalar scalar;              ///< the same for all points
    Shape strides;              ///< of the stream, per loop
  };

  LoopNest(const Body &body, Precision precision)
      : body(body), precision(precision) {}

  llvm::Error run(const Environment &env);

  Shape sizes; ///< per loop
  llvm::SmallVector<Operand, 4> operands;
  /// What the body's results are written to.
  llvm::SmallVector<Array, 1> outputs;
  llvm::SmallVector<Shape, 1> outputStrides;

private:
  void prepare(const Environment &env);
  llvm::Error runLoops(size_t loop);
  llvm::Error runPoint();
  bool isPlainProduct() const;
  void runProducts();
  void move(size_t loop, int64_t steps);

  const Body &body;
  Precision precision;
  llvm::SmallVector<Scalar, 8> slots;
  llvm::SmallVector<int64_t, 4> positions; ///< of the streams
  llvm::SmallVector<int64_t, 1> outputPositions;
  llvm::SmallVector<int64_t, 4> counters;
  /// The outputs in f64 while they are computed (Precision::Exact).
  std::vector<std::vector<double>> wide;
};

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_LOOPNEST_H
