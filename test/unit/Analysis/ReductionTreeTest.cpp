//===- ReductionTreeTest.cpp - Trees on lines of all lengths --------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Analysis/AutoGen.h"
#include "gmock/gmock.h"
#include <functional>
#include <map>
#include <random>

using namespace plmr;
using testing::ElementsAre;
using Kind = TreeShape::Kind;

namespace {

constexpr TreeCosts costs = {7, 1, 6, 5, 12};

std::vector<TreeShape> getShapes(unsigned extent) {
  std::vector<TreeShape> shapes = {
      {Kind::Chain, {}},      {Kind::Star, {}},
      {Kind::BinaryTree, {}}, {Kind::TwoPhase, {}},
      {Kind::KTree, {2}},     {Kind::AutoGen, costs.getParameters()}};
  for (unsigned k = 1; k <= 4; ++k)
    shapes.push_back({Kind::KTree, getKTreeGroups(extent, k)});
  return shapes;
}

/// The cores below `core` and it itself; fails on a core met twice.
void collect(const ReductionTree &tree, unsigned core, std::vector<bool> &met) {
  ASSERT_LT(core, met.size());
  ASSERT_FALSE(met[core]) << "core " << core << " sends twice";
  met[core] = true;
  for (unsigned child : tree.children[core])
    collect(tree, child, met);
}

TEST(ReductionTree, EveryCoreSendsOnceToTheRootAnywhere) {
  for (unsigned extent = 1; extent <= 40; ++extent)
    for (TreeShape shape : getShapes(extent))
      for (int64_t root = -1; root != extent; ++root) {
        shape.root = root;
        SCOPED_TRACE(shape.print() + " of " + std::to_string(extent));
        ReductionTree tree = shape.build(extent);
        ASSERT_EQ(tree.children.size(), extent);
        ASSERT_EQ(tree.root, shape.getRoot(extent));
        if (root >= 0)
          ASSERT_EQ(tree.root, root);
        std::vector<bool> met(extent);
        collect(tree, tree.root, met);
        if (HasFatalFailure())
          return;
        ASSERT_THAT(met, testing::Each(true));
      }
}

TEST(ReductionTree, KnownTrees) {
  auto build = [](Kind kind, unsigned extent, int64_t root,
                  llvm::ArrayRef<int64_t> parameters = {}) {
    TreeShape shape;
    shape.kind = kind;
    shape.root = root;
    shape.parameters.assign(parameters.begin(), parameters.end());
    return shape.build(extent).children;
  };
  EXPECT_THAT(build(Kind::Chain, 4, -1),
              ElementsAre(ElementsAre(), ElementsAre(0), ElementsAre(1, 3),
                          ElementsAre()));
  EXPECT_THAT(build(Kind::Star, 4, 1),
              ElementsAre(ElementsAre(), ElementsAre(0, 2, 3), ElementsAre(),
                          ElementsAre()));
  EXPECT_THAT(build(Kind::BinaryTree, 6, 0),
              ElementsAre(ElementsAre(1, 2, 4), ElementsAre(), ElementsAre(3),
                          ElementsAre(), ElementsAre(5), ElementsAre()));
  EXPECT_THAT(build(Kind::TwoPhase, 6, 5),
              ElementsAre(ElementsAre(), ElementsAre(0), ElementsAre(1),
                          ElementsAre(), ElementsAre(3), ElementsAre(4, 2)))
      << "chains 5 4 3, 2 1 0";
  EXPECT_THAT(build(Kind::KTree, 6, -1, {3, 2}),
              ElementsAre(ElementsAre(), ElementsAre(0, 2), ElementsAre(),
                          ElementsAre(), ElementsAre(3, 5, 1), ElementsAre()));
}

TEST(ReductionTree, KTreesOfTheMiddleAreThePapers) {
  EXPECT_EQ((TreeShape{Kind::KTree, {4, 4}}.getRoot(16)), 10u);
  EXPECT_EQ((TreeShape{Kind::KTree, {16}}.getRoot(16)), 8u);
}

/// The earliest tick of all pre-order trees: with the cores [0, n) in arms.
class Exhaustive {
public:
  Exhaustive(const TreeCosts &costs) : costs(costs) {}

  /// When a head of `n` cores to its right may send, with `q` colours.
  uint64_t getArm(unsigned n, unsigned q) {
    if (q == 0)
      return UINT64_MAX / 2;
    auto [entry, isNew] = arms.try_emplace({n, q}, UINT64_MAX / 2);
    if (!isNew)
      return entry->second;
    uint64_t best = n == 1 ? 0 : UINT64_MAX / 2;
    // All ways to cut n - 1 cores into arms, the nearest first.
    std::vector<unsigned> sizes;
    std::function<void(unsigned)> cut = [&](unsigned left) {
      if (left == 0 && !sizes.empty())
        best = std::min(best, hear(sizes, q));
      for (unsigned size = 1; size <= left; ++size) {
        sizes.push_back(size);
        cut(left - size);
        sizes.pop_back();
      }
    };
    cut(n - 1);
    return arms[{n, q}] = best;
  }

private:
  uint64_t hear(const std::vector<unsigned> &sizes, unsigned q) {
    if (sizes.size() >= q)
      return UINT64_MAX / 2;
    uint64_t first = 0, last = 0;
    unsigned distance = 1;
    for (size_t i = 0; i != sizes.size(); ++i) {
      // The flows of later children pass these cores.
      auto own = static_cast<unsigned>(q - (sizes.size() - 1 - i));
      uint64_t arrival =
          getArm(sizes[i], own) + distance * costs.hop + costs.latency;
      first = std::max(i ? last + costs.start : 0, arrival);
      last = first + costs.words;
      distance += sizes[i];
    }
    return first;
  }

  TreeCosts costs;
  std::map<std::pair<unsigned, unsigned>, uint64_t> arms;
};

TEST(AutoGen, IsTheFastestOfAllPreOrderTrees) {
  std::mt19937 random(7);
  auto pick = [&](uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
  };
  for (int round = 0; round != 60; ++round) {
    TreeCosts costs = {pick(2, 6), pick(1, 4), pick(1, 20), pick(0, 20),
                       pick(1, 30)};
    Exhaustive exhaustive(costs);
    for (unsigned extent = 2; extent <= 12; ++extent) {
      TimedTree found = buildFastestTree(extent, 0, costs);
      // The root is the head of an arm, and hears one child more than a core
      // that sends.
      TreeCosts wider = costs;
      ++wider.colours;
      EXPECT_EQ(found.ticks, getTicks(found.tree, costs));
      EXPECT_LE(countColours(found.tree), costs.colours);
      uint64_t best = exhaustive.getArm(extent, costs.colours) + costs.words;
      EXPECT_LE(found.ticks, best);
      EXPECT_GE(found.ticks,
                Exhaustive(wider).getArm(extent, wider.colours) + costs.words);
    }
  }
}

TEST(AutoGen, IsNeverSlowerThanTheOthersThatItsColoursAllow) {
  std::mt19937 random(11);
  auto pick = [&](uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
  };
  for (int round = 0; round != 200; ++round) {
    unsigned extent = pick(1, 200), root = pick(0, extent - 1);
    TreeCosts costs = {pick(2, 9), pick(1, 3), pick(1, 20), pick(0, 20),
                       pick(1, 200)};
    TimedTree found = buildFastestTree(extent, root, costs);
    EXPECT_EQ(found.ticks, getTicks(found.tree, costs));
    EXPECT_LE(countColours(found.tree), costs.colours);
    // Arms have their root at the end; a K-tree's groups have it in the
    // middle, so that only chains and trees of arms are among those searched.
    for (Kind kind :
         {Kind::Chain, Kind::Star, Kind::BinaryTree, Kind::TwoPhase}) {
      TreeShape shape{kind, {}, root};
      ReductionTree other = shape.build(extent);
      if (countColours(other) <= costs.colours)
        EXPECT_LE(found.ticks, getTicks(other, costs)) << shape.print();
    }
  }
}

} // namespace
