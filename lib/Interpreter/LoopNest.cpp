//===- LoopNest.cpp - A body for all elements -----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"

using namespace plmr;
using namespace plmr::interpreter;
using llvm::Error;

void LoopNest::prepare(const Environment &env) {
  slots.resize(body.getNumSlots());
  body.setConstants(slots);
  for (auto [value, slot] : body.getCaptures())
    slots[slot] = env.getScalar(value);
  for (auto [i, operand] : llvm::enumerate(operands)) {
    positions.push_back(operand.array ? operand.array->offset : 0);
    if (!operand.array)
      slots[i] = operand.scalar;
  }
  for (const Array &output : outputs) {
    outputPositions.push_back(output.offset);
    if (precision == Precision::Exact)
      wide.emplace_back(output.data->begin(), output.data->end());
  }
  counters.assign(sizes.size(), 0);
}

Error LoopNest::runPoint() {
  // Outputs are the last operands, where the body reads them.
  size_t firstOutput = operands.size() - outputs.size();
  bool readsOutputs = operands.size() <= body.getNumSlots();
  for (auto [i, operand] : llvm::enumerate(operands)) {
    if (!operand.array)
      continue;
    bool isWide = !wide.empty() && readsOutputs && i >= firstOutput &&
                  operand.array->data == outputs[i - firstOutput].data;
    slots[i].f = isWide ? wide[i - firstOutput][positions[i]]
                        : (*operand.array->data)[positions[i]];
  }
  for (auto [slot, loop] : body.getIndices())
    slots[slot].i = counters[loop];
  if (Error error = body.run(slots))
    return error;
  for (auto [i, output] : llvm::enumerate(outputs)) {
    double value = slots[body.getResults()[i]].f;
    if (wide.empty())
      (*output.data)[outputPositions[i]] = static_cast<float>(value);
    else
      wide[i][outputPositions[i]] = value;
  }
  return Error::success();
}

void LoopNest::move(size_t loop, int64_t steps) {
  for (auto [i, operand] : llvm::enumerate(operands))
    if (operand.array)
      positions[i] += steps * operand.strides[loop];
  for (auto [i, strides] : llvm::enumerate(outputStrides))
    outputPositions[i] += steps * strides[loop];
}

/// True if the innermost loop only adds products, which is where time goes.
bool LoopNest::isPlainProduct() const {
  return body.isMultiplyAdd() && !sizes.empty() && operands.size() == 3 &&
         outputs.size() == 1 && wide.empty() &&
         body.getMultiplyAdd() == std::array<unsigned, 3>{0, 1, 2} &&
         llvm::all_of(operands, [](const Operand &operand) {
           return operand.array.has_value();
         });
}

void LoopNest::runProducts() {
  size_t loop = sizes.size() - 1;
  const float *a = operands[0].array->data->data() + positions[0];
  const float *b = operands[1].array->data->data() + positions[1];
  float *c = outputs[0].data->data() + outputPositions[0];
  int64_t strideA = operands[0].strides[loop];
  int64_t strideB = operands[1].strides[loop];
  int64_t strideC = outputStrides[0][loop];
  for (int64_t i = 0; i < sizes[loop]; ++i) {
    float &sum = c[i * strideC];
    sum = narrow<float>(apply<Arith::Fma>(a[i * strideA], b[i * strideB], sum));
  }
}

Error LoopNest::runLoops(size_t loop) {
  if (loop == sizes.size())
    return runPoint();
  if (loop + 1 == sizes.size() && isPlainProduct()) {
    runProducts();
    return Error::success();
  }
  for (counters[loop] = 0; counters[loop] < sizes[loop]; ++counters[loop]) {
    if (Error error = runLoops(loop + 1))
      return error;
    move(loop, 1);
  }
  move(loop, -std::max<int64_t>(sizes[loop], 0));
  return Error::success();
}

Error LoopNest::run(const Environment &env) {
  prepare(env);
  if (Error error = runLoops(0))
    return error;
  for (auto [output, values] : llvm::zip(outputs, wide))
    for (auto [to, value] : llvm::zip(*output.data, values))
      to = roundTo(output.type, static_cast<float>(value));
  return Error::success();
}
