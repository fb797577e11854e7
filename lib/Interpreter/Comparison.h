//===- Comparison.h - Differences of tiles ----------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_COMPARISON_H
#define PLMR_LIB_INTERPRETER_COMPARISON_H

#include "Objects.h"
#include "plmr/Interpreter/Golden.h"

namespace plmr::interpreter {

/// The elements of a tensor that are compared.
class Counted {
public:
  Counted(llvm::ArrayRef<int64_t> shape,
          const std::optional<std::pair<int64_t, int64_t>> &rows)
      : rows(shape.size() == 2 ? rows : std::nullopt),
        columns(shape.size() == 2 ? shape[1] : 1) {}

  bool areRowsCounted() const { return rows.has_value(); }
  bool contains(int64_t element) const {
    return !rows || (element / columns >= rows->first &&
                     element / columns < rows->second);
  }

private:
  std::optional<std::pair<int64_t, int64_t>> rows;
  int64_t columns;
};

/// The largest magnitude; infinite and undefined elements do not count.
double getLargest(llvm::ArrayRef<float> values, const Counted &counted);
/// The same of a core's tile, padding left out.
double getLargestOfTile(const TileMap &map, const Environment &core,
                        const Array &tile, const Counted &counted);

/// Puts the largest difference of a core's tile into `difference`, relative to
/// `largest`. Padding must hold the pad value, if it has one; where rows are
/// counted, rows of padding do not count.
void compareTiles(const TileMap &map, const Environment &core,
                  const Array &expected, const Array &actual,
                  const Counted &counted, double largest,
                  Difference &difference);

/// The same of whole tensors of `shape`. `isExact`: different bits are a
/// difference, if a small one.
void compareTensors(llvm::ArrayRef<int64_t> shape,
                    llvm::ArrayRef<float> expected,
                    llvm::ArrayRef<float> actual, const Counted &counted,
                    bool isExact, Difference &difference);

/// The elements of `golden` in the padding of `computed`, where that is any.
Array mergePadding(const TileMap &map, const Environment &core,
                   const Array &golden, const Array &computed);

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_COMPARISON_H
