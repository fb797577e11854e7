//===- Context.cpp - The largest context that fits ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Memory grows nearly in proportion to the slots of a row: with the caches,
// with buffers for a row's scores, with the rotary tables' root. The largest
// context is where programs for a device of more memory stop fitting: a secant
// and its neighbour, four compilations as a rule. It is searched in steps in
// which a row of any mesh may get another slot.
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"
#include "Report.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace plmr;

/// Bytes of a core, if it had them; none if there is another obstacle. With the
/// least prefill, if no chunk was asked for: that of two meshes has to be.
std::optional<uint64_t> Compilation::measure(KVPlacement placement,
                                             MeshShape shape,
                                             int64_t positions) {
  if (positions > std::numeric_limits<int32_t>::max())
    return std::nullopt;
  uint32_t slots = chunk ? getSlots(shape) : decodeMesh ? 1 : 0;
  llvm::Expected<Program> program = compileWithoutLimit(
      shape, {slots, static_cast<uint32_t>(positions), placement});
  if (program)
    return getBudgetUse(*program).sramBytes;
  llvm::consumeError(program.takeError());
  return std::nullopt;
}

uint32_t Compilation::findLargestContext(KVPlacement placement,
                                         MeshShape shape) {
  const uint64_t budget = machine.getUsableSramBytes();
  int64_t step = std::gcd(shape.rows, decodeMesh.value_or(shape).rows);
  if (placement == KVPlacement::Concat)
    step = 1;
  struct Point {
    int64_t steps;
    uint64_t bytes;
  };
  auto getPoint = [&](int64_t steps) {
    std::optional<uint64_t> bytes = measure(placement, shape, steps * step);
    return Point{steps, bytes.value_or(std::numeric_limits<uint64_t>::max())};
  };
  Point fits = getPoint(1);
  if (fits.bytes > budget)
    return 0;
  int64_t limit = std::numeric_limits<int32_t>::max();
  int64_t guess = llvm::divideCeil(model->contextLength, step);
  for (unsigned round = 0; limit - fits.steps > 1; ++round) {
    Point point =
        getPoint(std::clamp<int64_t>(guess, fits.steps + 1, limit - 1));
    Point last = fits;
    if (point.bytes <= budget)
      fits = point;
    else
      limit = point.steps;
    guess = fits.steps + (limit - fits.steps) / 2;
    // Not compiled at all, or no line: bisect.
    if (point.bytes == std::numeric_limits<uint64_t>::max() ||
        point.bytes <= last.bytes || round >= 8)
      continue;
    double slope = static_cast<double>(point.bytes - last.bytes) /
                   static_cast<double>(point.steps - last.steps);
    guess = fits.steps + static_cast<int64_t>(
                             static_cast<double>(budget - fits.bytes) / slope);
  }
  return static_cast<uint32_t>(fits.steps * step);
}
