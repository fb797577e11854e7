//===- RelationTest.cpp - Who talks to whom on lines of all lengths -------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Analysis/Relation.h"
#include "gmock/gmock.h"
#include <numeric>
#include <set>

using namespace plmr;
using testing::ElementsAre;

namespace {

constexpr unsigned maxExtent = 64;

Relation makeRelation(Relation::Kind kind, const TreeShape &tree = {},
                      unsigned segments = 1) {
  Relation relation;
  relation.kind = kind;
  relation.tree = tree;
  relation.segments = segments;
  return relation;
}

/// Calls fn(extent, segments, tree) for lines up to `maxExtent` cores in all
/// segmentations, with some trees.
template <typename Fn> void forAllTrees(Fn fn) {
  for (unsigned extent = 1; extent <= maxExtent; ++extent)
    for (unsigned segments = 1; segments <= extent; ++segments) {
      unsigned widest = Segments{extent, segments}.getMaxWidth();
      llvm::SmallVector<TreeShape> trees;
      for (unsigned k = 1; k <= 4; ++k)
        trees.push_back({TreeShape::Kind::KTree, getKTreeGroups(widest, k)});
      trees.push_back({TreeShape::Kind::BinaryTree, {}});
      trees.push_back({TreeShape::Kind::Chain, {}, extent / segments - 1});
      for (const TreeShape &tree : trees) {
        SCOPED_TRACE(testing::Message() << extent << " cores in " << segments
                                        << " segments, " << tree.print());
        fn(extent, segments, tree);
        if (testing::Test::HasFatalFailure())
          return;
      }
    }
}

/// Roles and flows say the same.
void checkRoles(const Relation &relation, unsigned extent) {
  std::vector<Flow> flows = relation.getFlows(extent);
  std::vector<LineRole> roles = relation.getRoles(extent);
  ASSERT_EQ(roles.size(), extent);
  std::vector<std::set<int>> received(extent);
  std::vector<unsigned> sends(extent, 0);
  for (unsigned index = 0; index != flows.size(); ++index) {
    const Flow &flow = flows[index];
    if (index) {
      ASSERT_LT(flows[index - 1].source, flow.source) << "one flow a source";
    }
    ASSERT_FALSE(flow.destinations.empty());
    ++sends[flow.source];
    ASSERT_EQ(roles[flow.source].sends, static_cast<int>(index));
    for (unsigned core : flow.destinations) {
      ASSERT_NE(core, flow.source);
      ASSERT_LT(core, extent);
      received[core].insert(index);
    }
  }
  for (unsigned core = 0; core != extent; ++core) {
    ASSERT_EQ(roles[core].sends >= 0, sends[core] == 1);
    ASSERT_EQ(roles[core].countReceived(), received[core].size());
    std::set<int> named(roles[core].collects.begin(),
                        roles[core].collects.end());
    named.insert(roles[core].receives);
    named.erase(-1);
    ASSERT_EQ(named, received[core]) << "a role for each flow";
  }
}

//===----------------------------------------------------------------------===//
// Trees
//===----------------------------------------------------------------------===//

TEST(KTree, GroupsCoverTheLineAndDifferLittle) {
  for (unsigned extent = 1; extent <= 1024; ++extent)
    for (unsigned k = 1; k <= 5; ++k) {
      auto groups = getKTreeGroups(extent, k);
      ASSERT_LE(groups.size(), k);
      int64_t product = 1;
      for (int64_t size : groups) {
        ASSERT_GE(size, 2);
        product *= size;
      }
      ASSERT_GE(product, extent);
      if (!groups.empty()) {
        ASSERT_LE(*std::max_element(groups.begin(), groups.end()) -
                      *std::min_element(groups.begin(), groups.end()),
                  1)
            << extent << " cores, " << k << " levels";
      }
    }
}

TEST(KTree, KnownSizes) {
  EXPECT_THAT(getKTreeGroups(1, 2), ElementsAre());
  EXPECT_THAT(getKTreeGroups(2, 2), ElementsAre(2));
  EXPECT_THAT(getKTreeGroups(16, 1), ElementsAre(16));
  EXPECT_THAT(getKTreeGroups(16, 2), ElementsAre(4, 4));
  EXPECT_THAT(getKTreeGroups(360, 2), ElementsAre(19, 19));
  EXPECT_THAT(getKTreeGroups(64, 3), ElementsAre(4, 4, 4));
}

TEST(Tree, CoresPassOnTheLastChildAndCollectTheOthers) {
  forAllTrees([](unsigned extent, unsigned segments, const TreeShape &shape) {
    Relation relation = makeRelation(Relation::Kind::Tree, shape, segments);
    checkRoles(relation, extent);
    std::vector<LineRole> roles = relation.getRoles(extent);
    std::vector<Flow> flows = relation.getFlows(extent);
    Segments line{extent, segments};
    for (unsigned s = 0; s != line.getCount(); ++s) {
      unsigned begin = line.getBegin(s);
      ReductionTree tree = shape.build(line.getBegin(s + 1) - begin);
      for (unsigned core = 0; core != tree.children.size(); ++core) {
        const LineRole &role = roles[begin + core];
        std::vector<unsigned> sources;
        for (int flow : role.collects)
          if (flow >= 0)
            sources.push_back(flows[flow].source - begin);
          else
            ASSERT_TRUE(sources.empty()) << "the gaps come first";
        if (role.receives >= 0)
          sources.push_back(flows[role.receives].source - begin);
        ASSERT_EQ(llvm::ArrayRef(sources), llvm::ArrayRef(tree.children[core]));
        ASSERT_EQ(role.receives >= 0, role.sends >= 0 && !sources.empty());
      }
    }
  });
}

TEST(Tree, TheRootsBroadcastReachesAllOthers) {
  forAllTrees([](unsigned extent, unsigned segments, const TreeShape &tree) {
    Relation cast = makeRelation(Relation::Kind::Broadcast, tree, segments);
    checkRoles(cast, extent);
    std::vector<LineRole> roles = cast.getRoles(extent);
    Segments line{extent, segments};
    for (unsigned s = 0; s != line.getCount(); ++s) {
      unsigned begin = line.getBegin(s), end = line.getBegin(s + 1);
      unsigned root = begin + tree.build(end - begin).root;
      for (unsigned core = begin; core != end; ++core) {
        ASSERT_EQ(roles[core].receives >= 0, core != root);
        ASSERT_EQ(roles[core].sends >= 0, core == root && end - begin > 1);
      }
    }
    for (const Flow &flow : cast.getFlows(extent))
      ASSERT_EQ(line.getSegment(flow.getBegin()),
                line.getSegment(flow.getEnd()));
  });
}

//===----------------------------------------------------------------------===//
// Rings and neighbours
//===----------------------------------------------------------------------===//

TEST(Ring, IsOneCycleOfAtMostTwoHops) {
  for (unsigned extent = 2; extent <= maxExtent; ++extent) {
    Relation ring = makeRelation(Relation::Kind::Ring);
    checkRoles(ring, extent);
    std::vector<Flow> flows = ring.getFlows(extent);
    ASSERT_EQ(flows.size(), extent);
    std::vector<unsigned> next(extent);
    for (const Flow &flow : flows) {
      ASSERT_EQ(flow.destinations.size(), 1u);
      ASSERT_LE(flow.getHops(), 2u);
      next[flow.source] = flow.destinations[0];
    }
    unsigned core = 0;
    for (unsigned step = 1; step != extent; ++step) {
      core = next[core];
      ASSERT_NE(core, 0u) << "the cycle closes early on " << extent;
    }
    ASSERT_EQ(next[core], 0u);
  }
}

TEST(Ring, SendsToThePredecessor) {
  for (unsigned extent = 2; extent <= maxExtent; ++extent)
    for (const Flow &flow : makeRelation(Relation::Kind::Ring).getFlows(extent))
      ASSERT_EQ(getRingPosition(flow.destinations[0], extent),
                (getRingPosition(flow.source, extent) + extent - 1) % extent);
}

TEST(Neighbours, LinkEveryCoreWithTheNext) {
  for (unsigned extent = 1; extent <= maxExtent; ++extent)
    for (auto kind : {Relation::Kind::Up, Relation::Kind::Down}) {
      Relation relation = makeRelation(kind);
      checkRoles(relation, extent);
      auto flows = relation.getFlows(extent);
      ASSERT_EQ(flows.size(), extent - 1);
      for (const Flow &flow : flows) {
        unsigned to =
            kind == Relation::Kind::Up ? flow.source + 1 : flow.source - 1;
        ASSERT_THAT(flow.destinations, ElementsAre(to));
      }
    }
}

TEST(Cycle, PassesFromTheFirstToTheLast) {
  for (unsigned extent = 2; extent <= maxExtent; ++extent) {
    Relation relation = makeRelation(Relation::Kind::Cycle);
    checkRoles(relation, extent);
    auto flows = relation.getFlows(extent);
    ASSERT_EQ(flows.size(), extent);
    for (const Flow &flow : flows)
      ASSERT_THAT(flow.destinations,
                  ElementsAre(flow.source ? flow.source - 1 : extent - 1));
  }
  EXPECT_EQ(makeRelation(Relation::Kind::Cycle).print(), "cycle along y");
}

TEST(Relation, NoFlowsOnALineOfOne) {
  for (auto kind :
       {Relation::Kind::Broadcast, Relation::Kind::Ring, Relation::Kind::Up,
        Relation::Kind::Down, Relation::Kind::Cycle})
    EXPECT_TRUE(makeRelation(kind).getFlows(1).empty());
}

TEST(Relation, PrintsWhatReportsShow) {
  TreeShape tree{TreeShape::Kind::KTree, {4, 2}, 1};
  EXPECT_EQ(makeRelation(Relation::Kind::Tree, tree, 3).print(),
            "ktree of 4, 2 to core 1 along y in 3 segments");
  EXPECT_EQ(makeRelation(Relation::Kind::Broadcast, tree).print(),
            "broadcast of ktree of 4, 2 to core 1 along y");
  Relation relation = makeRelation(Relation::Kind::Ring);
  relation.axis = Axis::X;
  EXPECT_EQ(relation.print(), "ring along x");
}

//===----------------------------------------------------------------------===//
// Staircase
//===----------------------------------------------------------------------===//

/// The walk of docs/Algorithms.md, in units of 1 / (columns * rows) of the
/// contracted dimension.
struct Walk {
  unsigned columns, rows;
  unsigned units = columns * rows;
  unsigned steps = columns + rows - std::gcd(columns, rows);

  unsigned getStart(unsigned x, unsigned y) const {
    unsigned meeting = (getRingPosition(x, columns) * rows +
                        getRingPosition(y, rows) * columns) %
                       units;
    return std::max(meeting / rows * rows, meeting / columns * columns);
  }
  unsigned getEnd(unsigned begin) const {
    return std::min((begin / rows + 1) * rows, (begin / columns + 1) * columns);
  }
};

TEST(Staircase, HoldsWhatItMultipliesAndPassesOnAsManyBlocks) {
  for (unsigned rows = 1; rows <= 17; ++rows)
    for (unsigned columns = 1; columns <= 17; ++columns) {
      SCOPED_TRACE(testing::Message() << columns << " x " << rows);
      Walk walk{columns, rows};
      MeshShape mesh{columns, rows};
      for (unsigned y = 0; y != rows; ++y)
        for (unsigned x = 0; x != columns; ++x) {
          unsigned begin = walk.getStart(x, y), covered = 0;
          unsigned blockA = getSkewedBlock(Axis::X, mesh, x, y);
          unsigned blockB = getSkewedBlock(Axis::Y, mesh, x, y);
          unsigned takenA = 0, takenB = 0;
          for (unsigned step = 0; step != walk.steps; ++step) {
            ASSERT_EQ(begin / rows, blockA) << "step " << step;
            ASSERT_EQ(begin / columns, blockB) << "step " << step;
            unsigned end = walk.getEnd(begin);
            covered += end - begin;
            if (end % rows == 0)
              blockA = (blockA + 1) % columns, ++takenA;
            if (end % columns == 0)
              blockB = (blockB + 1) % rows, ++takenB;
            begin = end % walk.units;
          }
          ASSERT_EQ(covered, walk.units) << "every unit once";
          ASSERT_EQ(begin, walk.getStart(x, y)) << "back where it started";
          ASSERT_EQ(takenA, columns) << "A went once around";
          ASSERT_EQ(takenB, rows) << "B went once around";
        }
    }
}

TEST(Relation, ParsesWhatItPrints) {
  for (const char *text :
       {"ktree of 3, 3 along x", "ring along y", "chain to core 4 along y",
        "auto_gen of 7, 1, 4, 8, 12 along y", "up along x", "star along x",
        "broadcast of ktree of 83 along x in 8 segments", "down along y"}) {
    std::optional<Relation> relation = Relation::parse(text);
    ASSERT_TRUE(relation) << text;
    EXPECT_EQ(relation->print(), text);
  }
  for (const char *text :
       {"", "shift", "chain", "ring along z", "ring along x ", "ring",
        "chain of 3 along x", "ring along x in 1 segments", "star to core -1",
        "broadcast of ktree of  along x", "broadcast of ktree of 0 along x",
        "broadcast along x", "auto_gen of 1, 2 along y",
        "chain to core x along x"})
    EXPECT_FALSE(Relation::parse(text)) << text;
}

} // namespace
