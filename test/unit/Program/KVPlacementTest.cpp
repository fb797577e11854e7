//===- KVPlacementTest.cpp - Which row holds which position ---------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/KVPlacement.h"
#include "gtest/gtest.h"
#include <set>
#include <vector>

using namespace plmr;

namespace {

std::vector<CachePlace> findPlaces(KVPlacement placement, int64_t rows,
                                   int64_t count, int64_t settled = 0) {
  std::vector<CachePlace> places;
  for (int64_t position = 0; position != count; ++position)
    places.push_back(findPlace(placement, rows, position, count, settled));
  return places;
}

TEST(KVPlacement, NamesAreKnown) {
  for (KVPlacement placement :
       {KVPlacement::Cyclic, KVPlacement::Shift, KVPlacement::Concat})
    EXPECT_EQ(parseKVPlacement(stringify(placement)), placement);
  EXPECT_FALSE(parseKVPlacement("Shift"));
  EXPECT_FALSE(parseKVPlacement(""));
}

// Contiguous blocks, larger rows first; of each row the first slots.
TEST(KVPlacement, ShiftedRowsAreBalancedBlocks) {
  for (int64_t rows : {1, 2, 3, 5, 8})
    for (int64_t count = 0; count != 60; ++count) {
      std::vector<int64_t> held(rows);
      std::set<std::pair<int64_t, int64_t>> slots;
      int64_t last = 0;
      for (CachePlace place : findPlaces(KVPlacement::Shift, rows, count)) {
        EXPECT_GE(place.row, last);
        last = place.row;
        ++held[place.row];
        slots.insert({place.row, place.slot});
      }
      EXPECT_EQ(slots.size(), size_t(count));
      for (int64_t row = 0; row != rows; ++row) {
        EXPECT_EQ(held[row], count / rows + (row < count % rows));
        for (int64_t slot = 0; slot != held[row]; ++slot)
          EXPECT_TRUE(slots.contains({row, slot}));
        EXPECT_LE(held[row], countSlots(KVPlacement::Shift, rows, count));
      }
    }
}

// A row gives one position at most, to the row above, and what stays in a row
// stays in its slot, but for the turn when all rows have grown.
TEST(KVPlacement, ShiftsAreSmall) {
  for (int64_t rows : {1, 2, 3, 5, 8})
    for (int64_t count = 0; count != 60; ++count) {
      auto before = findPlaces(KVPlacement::Shift, rows, count);
      auto after = findPlaces(KVPlacement::Shift, rows, count + 1);
      std::vector<int64_t> given(rows);
      for (int64_t position = 0; position != count; ++position) {
        if (after[position].row != before[position].row) {
          EXPECT_EQ(after[position].row, before[position].row - 1);
          ++given[before[position].row];
        } else if ((count + 1) % rows != 0) {
          EXPECT_EQ(after[position], before[position]);
        }
      }
      for (int64_t row = 0; row != rows; ++row)
        EXPECT_EQ(given[row], count >= rows && row > count % rows);
      EXPECT_EQ(after[count].row, count < rows ? count : rows - 1);
    }
}

TEST(KVPlacement, WhatFollowsThePromptIsInTheLastRow) {
  auto places = findPlaces(KVPlacement::Concat, 3, 11, 7);
  std::vector<CachePlace> expected = {{0, 0}, {0, 1}, {0, 2}, {1, 0},
                                      {1, 1}, {2, 0}, {2, 1}, {2, 2},
                                      {2, 3}, {2, 4}, {2, 5}};
  EXPECT_EQ(places, expected);
  EXPECT_EQ(countSlots(KVPlacement::Concat, 3, 11), 11);
  EXPECT_EQ(countSlots(KVPlacement::Cyclic, 3, 11), 4);
  EXPECT_EQ(findPlace(KVPlacement::Cyclic, 3, 7, 11), (CachePlace{1, 2}));
}

} // namespace
