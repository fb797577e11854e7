//===- KVPlacement.cpp - Which row holds which position -------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/KVPlacement.h"
#include <algorithm>

using namespace plmr;

static constexpr llvm::StringLiteral names[] = {"cyclic", "shift", "concat"};

llvm::StringRef plmr::stringify(KVPlacement placement) {
  return names[static_cast<unsigned>(placement)];
}

std::optional<KVPlacement> plmr::parseKVPlacement(llvm::StringRef name) {
  for (KVPlacement placement :
       {KVPlacement::Cyclic, KVPlacement::Shift, KVPlacement::Concat})
    if (stringify(placement) == name)
      return placement;
  return std::nullopt;
}

/// The block of `count` positions that holds `position`; the slot is the
/// position's number in it.
static CachePlace findInBlocks(int64_t rows, int64_t position, int64_t count) {
  int64_t size = count / rows, larger = count % rows;
  int64_t ofLarger = larger * (size + 1);
  if (position < ofLarger)
    return {position / (size + 1), position % (size + 1)};
  int64_t rest = position - ofLarger;
  return {larger + rest / size, rest % size};
}

CachePlace plmr::findPlace(KVPlacement placement, int64_t rows,
                           int64_t position, int64_t count, int64_t settled) {
  int64_t size = count / rows, larger = count % rows;
  switch (placement) {
  case KVPlacement::Cyclic:
    return {position % rows, position / rows};
  case KVPlacement::Shift: {
    CachePlace place = findInBlocks(rows, position, count);
    // Since all rows had as many positions, each has replaced its oldest one
    // once for every token, until it grew itself.
    if (place.slot < size)
      place.slot = (place.slot + std::min(place.row, larger)) % size;
    return place;
  }
  case KVPlacement::Concat:
    if (position < settled)
      return findInBlocks(rows, position, settled);
    return {rows - 1, settled / rows + position - settled};
  }
  return {};
}

int64_t plmr::countSlots(KVPlacement placement, int64_t rows, int64_t context) {
  return placement == KVPlacement::Concat ? context
                                          : (context + rows - 1) / rows;
}
