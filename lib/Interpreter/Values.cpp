//===- Values.cpp - What interpreted programs compute with ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Emulator/Arithmetic.h"
#include "plmr/Interpreter/Interpreter.h"
#include <limits>

using namespace plmr;
using namespace plmr::interpreter;
using llvm::ArrayRef;

Interpreter::~Interpreter() = default;

float interpreter::roundTo(ElementType type, float value) {
  return withType(
      type, [&](auto zero) { return widen(narrow<decltype(zero)>(value)); });
}

static Shape getRowMajorStrides(ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  return strides;
}

static int64_t getProduct(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t extent : shape)
    product *= extent;
  return product;
}

void interpreter::forEachOffset(ArrayRef<int64_t> shape,
                                ArrayRef<int64_t> strides, int64_t offset,
                                llvm::function_ref<void(int64_t)> fn) {
  if (shape.empty())
    return fn(offset);
  for (int64_t i = 0; i < shape[0]; ++i)
    forEachOffset(shape.drop_front(), strides.drop_front(),
                  offset + i * strides[0], fn);
}

Array Array::filled(ArrayRef<int64_t> shape, ElementType type, float value) {
  Array array;
  array.data = std::make_shared<std::vector<float>>(getProduct(shape), value);
  array.shape.assign(shape.begin(), shape.end());
  array.strides = getRowMajorStrides(shape);
  array.type = type;
  return array;
}

Array Array::undefined(ArrayRef<int64_t> shape, ElementType type) {
  return filled(shape, type, std::numeric_limits<float>::quiet_NaN());
}

Array Array::get(ArrayRef<int64_t> shape, ElementType type,
                 std::vector<float> values) {
  Array array = filled({}, type, 0);
  array.shape.assign(shape.begin(), shape.end());
  array.strides = getRowMajorStrides(shape);
  if (type != ElementType::F32)
    for (float &value : values)
      value = roundTo(type, value);
  *array.data = std::move(values);
  return array;
}

int64_t Array::getNumElements() const { return getProduct(shape); }

std::vector<float> Array::getValues() const {
  std::vector<float> values;
  values.reserve(getNumElements());
  forEachOffset(shape, strides, offset,
                [&](int64_t at) { values.push_back((*data)[at]); });
  return values;
}

void Array::setValues(ArrayRef<float> values) {
  const float *next = values.data();
  forEachOffset(shape, strides, offset,
                [&](int64_t at) { (*data)[at] = *next++; });
}

Array Array::clone() const {
  Array copy = filled({}, type, 0);
  copy.shape = shape;
  copy.strides = getRowMajorStrides(shape);
  *copy.data = getValues();
  return copy;
}

Array Array::getSlice(int64_t index) const {
  Array slice = *this;
  slice.offset += index * strides[0];
  slice.shape.erase(slice.shape.begin());
  slice.strides.erase(slice.strides.begin());
  return slice;
}
