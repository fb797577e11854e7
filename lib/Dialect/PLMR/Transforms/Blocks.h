//===- Blocks.h - Caches whose rows hold blocks of positions ----*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_DIALECT_PLMR_TRANSFORMS_BLOCKS_H
#define PLMR_LIB_DIALECT_PLMR_TRANSFORMS_BLOCKS_H

#include "plmr/Dialect/PLMR/Transforms/Scalars.h"

namespace plmr {

/// The balanced blocks of `count` positions on `rows` rows (KVPlacement.h), as
/// code. Shifted ones are those of a cache "shift".
class Blocks {
public:
  Blocks(const Scalars &s, mlir::Value count, mlir::Value rows, bool isShifted)
      : s(s), size(s.div(count, rows)), larger(s.rem(count, rows)),
        isShifted(isShifted) {}

  mlir::Value getBegin(mlir::Value row) const {
    return s.add(s.mul(row, size), s.min(row, larger));
  }
  mlir::Value getEnd(mlir::Value row) const {
    return getBegin(s.add(row, s.index(1)));
  }
  /// The slot of the block's position number `i`.
  mlir::Value getSlot(mlir::Value row, mlir::Value i) const {
    if (!isShifted)
      return i;
    mlir::Value turned =
        s.rem(s.add(i, s.min(row, larger)), s.max(size, s.index(1)));
    return s.select(s.less(i, size), turned, i);
  }

  /// The number of the position in `slot`, one of the block's slots.
  mlir::Value getPosition(mlir::Value row, mlir::Value slot) const {
    if (!isShifted)
      return s.add(getBegin(row), slot);
    mlir::Value divisor = s.max(size, s.index(1));
    mlir::Value turn = s.rem(s.min(row, larger), divisor);
    mlir::Value turned = s.rem(s.add(slot, s.sub(size, turn)), divisor);
    return s.add(getBegin(row), s.select(s.less(slot, size), turned, slot));
  }

private:
  const Scalars &s;
  mlir::Value size;   ///< positions that every row has
  mlir::Value larger; ///< rows that have one more, the first ones
  bool isShifted;
};

} // namespace plmr

#endif // PLMR_LIB_DIALECT_PLMR_TRANSFORMS_BLOCKS_H
