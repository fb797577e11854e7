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
// and its neighbour, four compilations as a rule.
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"
#include "Report.h"

using namespace mlir;
using namespace plmr;

/// Bytes of a core, if it had them, with `slots` slots on each row; none if
/// there is another obstacle.
std::optional<uint64_t> Compilation::measure(KVPlacement placement,
                                             MeshShape shape, int64_t slots) {
  int64_t positions =
      placement == KVPlacement::Concat ? slots : slots * shape.rows;
  if (positions > std::numeric_limits<int32_t>::max())
    return std::nullopt;
  llvm::Expected<Program> program =
      compileWithoutLimit(shape, {chunk ? getSlots(shape) : 0,
                                  static_cast<uint32_t>(positions), placement});
  if (program)
    return getBudgetUse(*program).sramBytes;
  llvm::consumeError(program.takeError());
  return std::nullopt;
}

uint32_t Compilation::findLargestContext(KVPlacement placement,
                                         MeshShape shape) {
  const uint64_t budget = machine.getUsableSramBytes();
  struct Point {
    int64_t slots;
    uint64_t bytes;
  };
  auto getPoint = [&](int64_t slots) {
    std::optional<uint64_t> bytes = measure(placement, shape, slots);
    return Point{slots, bytes.value_or(std::numeric_limits<uint64_t>::max())};
  };
  Point fits = getPoint(1);
  if (fits.bytes > budget)
    return 0;
  int64_t limit = std::numeric_limits<int32_t>::max();
  int64_t guess = countSlots(placement, shape.rows, model->contextLength);
  for (unsigned step = 0; limit - fits.slots > 1; ++step) {
    Point point =
        getPoint(std::clamp<int64_t>(guess, fits.slots + 1, limit - 1));
    Point last = fits;
    if (point.bytes <= budget)
      fits = point;
    else
      limit = point.slots;
    guess = fits.slots + (limit - fits.slots) / 2;
    // Not compiled at all, or no line: bisect.
    if (point.bytes == std::numeric_limits<uint64_t>::max() ||
        point.bytes <= last.bytes || step >= 8)
      continue;
    double slope = static_cast<double>(point.bytes - last.bytes) /
                   static_cast<double>(point.slots - last.slots);
    guess = fits.slots + static_cast<int64_t>(
                             static_cast<double>(budget - fits.bytes) / slope);
  }
  return static_cast<uint32_t>(
      placement == KVPlacement::Concat ? fits.slots : fits.slots * shape.rows);
}
