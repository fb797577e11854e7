//===- MovedObjectsTest.cpp - Nothing is overwritten before it is moved ---===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/MovedObjects.h"
#include "gmock/gmock.h"
#include <random>

using namespace plmr;

namespace {

struct Slice {
  int64_t begin, end;
};

/// All slices of one stack, in the order in which they are moved.
std::vector<Slice> getSlices(llvm::ArrayRef<MovedObject> objects,
                             llvm::ArrayRef<int64_t> addresses,
                             int64_t MovedObject::*bytes) {
  std::vector<Slice> slices;
  for (auto [object, address] : llvm::zip_equal(objects, addresses))
    for (int64_t i = 0; i != object.slices; ++i)
      slices.push_back(
          {address + i * object.*bytes, address + (i + 1) * object.*bytes});
  return slices;
}

TEST(MovedObjects, NothingIsOverwrittenBeforeItIsMoved) {
  std::mt19937 random(3);
  auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (unsigned round = 0; round != 500; ++round) {
    std::vector<MovedObject> objects(draw(1, 6));
    for (MovedObject &object : objects)
      object = {draw(1, 5), draw(1, 100), draw(1, 100)};
    MovedStacks stacks = placeMovedObjects(objects);
    auto moved = getSlices(objects, stacks.moved, &MovedObject::bytes);
    auto sources =
        getSlices(objects, stacks.sources, &MovedObject::sourceBytes);
    int64_t distance = std::numeric_limits<int64_t>::max();
    for (size_t i = 0; i != moved.size(); ++i) {
      // Slices from i on are still to be moved; on the way back those up to i.
      for (size_t k = i; k != moved.size(); ++k)
        ASSERT_LE(moved[i].end, sources[k].begin);
      ASSERT_LE(moved[i].end, stacks.end);
      ASSERT_LE(sources[i].end, stacks.end);
      distance = std::min(distance, sources[i].begin - moved[i].end);
    }
    // No lower address would do.
    EXPECT_LT(distance, objectAlignment);
    for (int64_t address : stacks.moved)
      EXPECT_EQ(address % objectAlignment, 0);
    for (int64_t address : stacks.sources)
      EXPECT_EQ(address % objectAlignment, 0);
  }
}

TEST(MovedObjects, NoneTakeNothing) {
  MovedStacks stacks = placeMovedObjects({});
  EXPECT_EQ(stacks.end, 0);
  EXPECT_THAT(stacks.moved, testing::IsEmpty());
}

} // namespace
