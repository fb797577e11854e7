//===- KVPlacement.h - Which row holds which position -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cache of keys or values has slots on every row of the mesh. What a slot
// holds depends on the number of positions so far, so it is no Placement. This
// is the specification (docs/Algorithms.md, "Caches"): the interpreter of the
// mesh level and tests ask it, code that cores run is checked against it.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_KVPLACEMENT_H
#define PLMR_PROGRAM_KVPLACEMENT_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>

namespace plmr {

enum class KVPlacement : uint8_t {
  Cyclic, ///< position n in row n mod R, slot n div R
  Shift,  ///< balanced blocks, larger rows first, kept so by shifts
  Concat, ///< balanced blocks of the prompt; what follows in the last row
};

llvm::StringRef stringify(KVPlacement placement);
/// None if `name` is none of "cyclic", "shift" and "concat".
std::optional<KVPlacement> parseKVPlacement(llvm::StringRef name);

/// A place for one position: slots count from 0 in each row.
struct CachePlace {
  int64_t row = 0, slot = 0;
  bool operator==(const CachePlace &) const = default;
};

/// Where `position` of `count` lies on `rows` rows. The first `settled`
/// positions were a prompt that was spread over the rows (Concat only).
CachePlace findPlace(KVPlacement placement, int64_t rows, int64_t position,
                     int64_t count, int64_t settled = 0);

/// Slots of a row that any `context` positions need. With Concat these may all
/// come into the last row.
int64_t countSlots(KVPlacement placement, int64_t rows, int64_t context);

} // namespace plmr

#endif // PLMR_PROGRAM_KVPLACEMENT_H
