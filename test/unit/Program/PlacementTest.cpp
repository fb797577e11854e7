//===- PlacementTest.cpp - Where the elements of a tensor live ------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/Placement.h"
#include "gtest/gtest.h"
#include <map>
#include <random>
#include <set>

using namespace plmr;

TEST(Placement, RingEdgesHaveAtMostTwoHops) {
  for (unsigned n = 1; n != 40; ++n) {
    std::set<unsigned> seen;
    for (unsigned p = 0; p != n; ++p) {
      unsigned here = getRingElement(p, n),
               next = getRingElement((p + 1) % n, n);
      EXPECT_LE(std::max(here, next) - std::min(here, next), 2u);
      EXPECT_EQ(getRingPosition(here, n), p);
      seen.insert(here);
    }
    EXPECT_EQ(seen.size(), n);
  }
}

TEST(Placement, SegmentsCutTheAxis) {
  for (unsigned cores = 1; cores != 20; ++cores)
    for (unsigned values = 1; values != 25; ++values) {
      Segments segments{cores, values};
      unsigned widest = 0;
      for (unsigned s = 0; s != segments.getCount(); ++s) {
        unsigned begin = segments.getBegin(s), end = segments.getBegin(s + 1);
        EXPECT_LT(begin, end);
        widest = std::max(widest, end - begin);
        for (unsigned c = begin; c != end; ++c)
          EXPECT_EQ(segments.getSegment(c), s);
      }
      EXPECT_EQ(segments.getBegin(segments.getCount()), cores);
      EXPECT_EQ(segments.getMaxWidth(), widest);
    }
}

/// The staircase's start: at kappa = (posC(j)*R + posR(i)*C) mod RC the core
/// holds the blocks of A and B that contain it.
TEST(Placement, SkewIsTheStaircase) {
  for (unsigned rows = 1; rows != 14; ++rows)
    for (unsigned columns = 1; columns != 14; ++columns)
      for (unsigned y = 0; y != rows; ++y)
        for (unsigned x = 0; x != columns; ++x) {
          MeshShape mesh{columns, rows};
          unsigned kappa = (getRingPosition(x, columns) * rows +
                            getRingPosition(y, rows) * columns) %
                           (rows * columns);
          EXPECT_EQ(getSkewedBlock(Axis::X, mesh, x, y), kappa / rows);
          EXPECT_EQ(getSkewedBlock(Axis::Y, mesh, x, y), kappa / columns);
        }
}

static DimSplit makeSplit(std::mt19937 &rng, Axis axis, bool isCut) {
  DimSplit split;
  split.axis = axis;
  for (unsigned n = 1 + rng() % 3; n != 0; --n)
    split.factors.push_back(1 + rng() % 6);
  split.innerFactor = rng() % split.factors.size();
  if (!isCut)
    return split;
  split.kind = rng() % 3 ? DimSplit::Kind::Balanced : DimSplit::Kind::Cyclic;
  if (split.kind == DimSplit::Kind::Cyclic)
    return split;
  if (rng() % 2)
    split.order = static_cast<BlockOrder>(rng() % 3);
  else if (split.factors.size() > 1)
    split.segmentFactor = (split.innerFactor + 1) % split.factors.size();
  return split;
}

/// Every element lives on as many cores as there are replicas, once each;
/// padding fills the rest of equal tiles; runs say the same as elements.
TEST(Placement, CoversEveryTensorOnEveryMesh) {
  std::mt19937 rng(6);
  for (int round = 0; round != 600; ++round) {
    MeshShape mesh{1 + unsigned(rng() % 6), 1 + unsigned(rng() % 6)};
    Placement placement;
    bool cutX = rng() % 2, cutY = rng() % 2;
    placement.dims.push_back(makeSplit(rng, Axis::X, cutX));
    placement.dims.push_back(makeSplit(rng, Axis::Y, cutY));
    // One operand's two cuts are never both skewed.
    if (placement.dims[0].order == BlockOrder::Skewed &&
        placement.dims[1].order == BlockOrder::Skewed)
      placement.dims[1].order = BlockOrder::Ring;
    if (rng() % 2) {
      placement.dims.push_back(makeSplit(rng, Axis::X, false));
      placement.order = {2, 0, 1};
    }
    int64_t elements = 1;
    for (int64_t extent : placement.getShape())
      elements *= extent;
    std::vector<unsigned> holders(elements);
    for (unsigned y = 0; y != mesh.rows; ++y)
      for (unsigned x = 0; x != mesh.columns; ++x) {
        std::set<int64_t> here;
        int64_t next = 0;
        std::vector<int64_t> globals;
        placement.forEachElement(mesh, x, y, [&](int64_t tile, int64_t global) {
          EXPECT_EQ(tile, next++);
          globals.push_back(global);
          if (global < 0)
            return;
          ASSERT_LT(global, elements);
          EXPECT_TRUE(here.insert(global).second);
          ++holders[global];
        });
        EXPECT_EQ(next, placement.getTileElements(mesh));
        // The shares describe the same tile.
        int64_t count = 1, padded = 1;
        for (unsigned d = 0; d != placement.dims.size(); ++d)
          for (const FactorShare &share : placement.getShares(d, mesh, x, y)) {
            EXPECT_LE(share.count, share.padded);
            count *= share.count;
            padded *= share.padded;
          }
        EXPECT_EQ(count, int64_t(here.size()));
        EXPECT_EQ(padded, next);
        placement.forEachRun(
            mesh, x, y,
            [&](int64_t tile, int64_t global, int64_t stride, int64_t length) {
              for (int64_t i = 0; i != length; ++i)
                EXPECT_EQ(globals[tile + i],
                          global < 0 ? -1 : global + i * stride);
            });
      }
    // With fewer values than cores a segmented inner factor is shared out, so
    // each element still has exactly one holder per replica.
    unsigned replicas =
        (placement.isReplicatedAlong(Axis::X) ? mesh.columns : 1) *
        (placement.isReplicatedAlong(Axis::Y) ? mesh.rows : 1);
    for (unsigned count : holders)
      ASSERT_EQ(count, replicas) << "round " << round;
  }
}

TEST(Placement, HeadsOnColumns) {
  // 2 heads of 3 x 4 on 5 columns: segments {0, 1} and {2, 3, 4}; the head's 4
  // rotary pairs are cut inside a segment.
  Placement placement;
  DimSplit split;
  split.kind = DimSplit::Kind::Balanced;
  split.axis = Axis::X;
  split.factors = {2, 3, 4};
  split.segmentFactor = 0;
  split.innerFactor = 2;
  placement.dims.push_back(split);
  MeshShape mesh{5, 1};
  EXPECT_EQ(placement.getTileExtent(0, mesh), 1 * 3 * 2);
  auto shares = placement.getShares(0, mesh, 3, 0);
  EXPECT_EQ(shares[0].begin, 1);
  EXPECT_EQ(shares[1].count, 3);
  EXPECT_EQ(shares[2].begin, 1);
  EXPECT_EQ(shares[2].count, 1);
  std::vector<int64_t> globals;
  placement.forEachElement(
      mesh, 3, 0, [&](int64_t, int64_t global) { globals.push_back(global); });
  EXPECT_EQ(globals, (std::vector<int64_t>{13, -1, 17, -1, 21, -1}));
}

TEST(Placement, BatchIsNeitherCutNorMoved) {
  Placement item, batch;
  DimSplit split;
  split.kind = DimSplit::Kind::Balanced;
  split.axis = Axis::Y;
  split.factors = {5};
  item.dims.push_back(split);
  batch = item;
  DimSplit items;
  items.kind = DimSplit::Kind::Batch;
  items.factors = {2};
  batch.dims.insert(batch.dims.begin(), items);
  EXPECT_EQ(batch.getItemShape(), item.getShape());
  EXPECT_TRUE(batch.isReplicatedAlong(Axis::X));
  MeshShape mesh{3, 2};
  EXPECT_EQ(batch.getTileElements(mesh), 2 * item.getTileElements(mesh));
  for (unsigned y : {0, 1}) {
    std::vector<int64_t> expected, actual;
    for (int64_t begin : {0, 5})
      item.forEachElement(mesh, 1, y, [&](int64_t, int64_t global) {
        expected.push_back(global < 0 ? -1 : begin + global);
      });
    batch.forEachElement(
        mesh, 1, y, [&](int64_t, int64_t global) { actual.push_back(global); });
    EXPECT_EQ(actual, expected);
  }
}
