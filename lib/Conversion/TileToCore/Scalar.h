//===- Scalar.h - Scalar values at compile time and run time -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_CONVERSION_TILETOCORE_SCALAR_H
#define PLMR_CONVERSION_TILETOCORE_SCALAR_H

#include "plmr/Program/Program.h"
#include <functional>

namespace plmr {

/// An integer that depends on the coordinates only: the values of a constant.
struct CoordinateTable {
  Constant::Kind kind = Constant::Kind::Uniform;
  std::vector<int32_t> values = {0};

  bool isUniform() const { return kind == Constant::Kind::Uniform; }
  bool operator==(const CoordinateTable &) const = default;
};

/// A scalar of the tile level: known per core, or in a register.
struct Scalar {
  bool isTable = true;
  CoordinateTable table;
  uint8_t reg = 0;

  static Scalar get(int64_t value) {
    Scalar scalar;
    scalar.table.values = {static_cast<int32_t>(value)};
    return scalar;
  }
  static Scalar inRegister(uint8_t reg) {
    Scalar scalar;
    scalar.isTable = false;
    scalar.reg = reg;
    return scalar;
  }
  /// The value if it is the same on all cores and known.
  std::optional<int32_t> getUniform() const {
    if (isTable && table.isUniform())
      return table.values[0];
    return std::nullopt;
  }
};

/// The value of a scalar opcode (docs/ISA.md) on integers.
int32_t evaluate(Opcode opcode, int32_t a, int32_t b);

/// The table of `a op b`, core by core.
CoordinateTable combine(Opcode opcode, const CoordinateTable &a,
                        const CoordinateTable &b, MeshShape mesh);

} // namespace plmr

#endif // PLMR_CONVERSION_TILETOCORE_SCALAR_H
