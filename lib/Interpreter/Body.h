//===- Body.h - The arithmetic of one element -------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_BODY_H
#define PLMR_LIB_INTERPRETER_BODY_H

#include "mlir/IR/Operation.h"
#include "plmr/Emulator/Arithmetic.h"
#include "plmr/Interpreter/Values.h"
#include "plmr/Support/Error.h"

namespace plmr::interpreter {

/// How floats are computed.
enum class Precision {
  Exact,  ///< in f64 with the host's functions; results are rounded once
  Device, ///< as the cores do: docs/ISA.md, sections Numbers and Vectors
};

/// `a` op `b` of arith's integer operations, or an error that names `op`. For
/// a select the operands are those of the operation.
llvm::Expected<int64_t> computeInteger(mlir::Operation *op,
                                       llvm::ArrayRef<Scalar> operands);

/// The body of a linalg operation, or one elementwise operation, as steps over
/// slots. A sum of a product is one step that rounds once, like the
/// instruction that is selected for it.
class Body {
public:
  /// Of the region of a linalg operation: the block's arguments come in.
  static llvm::Expected<Body> fromBlock(mlir::Block &block,
                                        Precision precision);
  /// Of an elementwise operation: its operands come in.
  static llvm::Expected<Body> fromOperation(mlir::Operation *op,
                                            Precision precision);

  /// Slots: arguments first, then captured values, constants and results.
  unsigned getNumSlots() const { return numSlots; }
  /// Values from outside and their slots: what the environment holds.
  llvm::ArrayRef<std::pair<mlir::Value, unsigned>> getCaptures() const {
    return captures;
  }
  /// Slots of `linalg.index` and the loops that they count.
  llvm::ArrayRef<std::pair<unsigned, unsigned>> getIndices() const {
    return indices;
  }
  /// Slots of the yielded values.
  llvm::ArrayRef<unsigned> getResults() const { return results; }
  void setConstants(llvm::MutableArrayRef<Scalar> slots) const;
  /// Computes all steps.
  llvm::Error run(llvm::MutableArrayRef<Scalar> slots) const;
  /// True if the only step is `result = a * b + c`.
  bool isMultiplyAdd() const;
  /// Slots of its a, b and c.
  std::array<unsigned, 3> getMultiplyAdd() const { return steps[0].sources; }

private:
  struct Step {
    Arith arith = Arith::Mov;
    mlir::Operation *integer = nullptr;      ///< an integer operation instead
    llvm::SmallVector<unsigned, 3> operands; ///< of an integer operation
    std::array<unsigned, 3> sources = {0, 0, 0};
    unsigned target = 0;
    ElementType type = ElementType::F32; ///< results are rounded to it
  };

  llvm::Error add(mlir::Operation *op);
  llvm::Error addFloat(mlir::Operation *op);
  void addConstant(mlir::Value value, Scalar constant);
  unsigned getSlot(mlir::Value value);
  std::optional<ElementType> getSourceType(mlir::Value value) const;

  Precision precision = Precision::Device;
  unsigned numSlots = 0;
  llvm::DenseMap<mlir::Value, unsigned> slots;
  llvm::SmallVector<std::pair<mlir::Value, unsigned>> captures;
  llvm::SmallVector<std::pair<unsigned, unsigned>> indices;
  llvm::SmallVector<std::pair<unsigned, Scalar>> constants;
  llvm::SmallVector<Step> steps;
  llvm::SmallVector<unsigned> results;
};

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_BODY_H
