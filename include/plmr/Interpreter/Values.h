//===- Values.h - What interpreted programs compute with --------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_INTERPRETER_VALUES_H
#define PLMR_INTERPRETER_VALUES_H

#include "mlir/IR/Value.h"
#include "plmr/Machine/Machine.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <variant>

namespace plmr::interpreter {

using Shape = llvm::SmallVector<int64_t, 4>;

/// `value` rounded to `type` as a core's store does (docs/ISA.md, Numbers).
float roundTo(ElementType type, float value);

/// Calls `fn` with the offset of each element of a strided array, the last
/// dimension fastest.
void forEachOffset(llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<int64_t> strides, int64_t offset,
                   llvm::function_ref<void(int64_t)> fn);

/// A view of shared elements: a tensor that nobody changes, or a buffer. An
/// element is kept as f32, which holds every value of its type.
struct Array {
  std::shared_ptr<std::vector<float>> data;
  int64_t offset = 0;
  Shape shape, strides;
  ElementType type = ElementType::F32;

  /// A new array; elements that nothing wrote are NaN, so that a result which
  /// depends on one shows.
  static Array undefined(llvm::ArrayRef<int64_t> shape, ElementType type);
  static Array filled(llvm::ArrayRef<int64_t> shape, ElementType type,
                      float value);
  /// Row-major values, which are rounded to `type`.
  static Array get(llvm::ArrayRef<int64_t> shape, ElementType type,
                   std::vector<float> values);

  int64_t getNumElements() const;
  /// The elements in row-major order.
  std::vector<float> getValues() const;
  void setValues(llvm::ArrayRef<float> values);
  /// A copy of its own.
  Array clone() const;
  /// Entry `index` of dimension 0, as a view.
  Array getSlice(int64_t index) const;
};

/// An integer, index or truth value in `i`, a float in `f`. Floats are kept as
/// f64: the graph level computes in it, the others round each result.
struct Scalar {
  int64_t i = 0;
  double f = 0;
};

using RuntimeValue = std::variant<Scalar, Array>;

/// The values that one core (or the host, at the graph level) has computed.
class Environment {
public:
  unsigned x = 0, y = 0; ///< coordinates of the core

  void set(mlir::Value value, RuntimeValue to) {
    values[value] = std::move(to);
  }
  const RuntimeValue &get(mlir::Value value) const {
    return values.find(value)->second;
  }
  bool contains(mlir::Value value) const { return values.contains(value); }
  Array &getArray(mlir::Value value) {
    return std::get<Array>(values.find(value)->second);
  }
  const Scalar &getScalar(mlir::Value value) const {
    return std::get<Scalar>(get(value));
  }
  int64_t getInt(mlir::Value value) const { return getScalar(value).i; }

private:
  llvm::DenseMap<mlir::Value, RuntimeValue> values;
};

} // namespace plmr::interpreter

#endif // PLMR_INTERPRETER_VALUES_H
