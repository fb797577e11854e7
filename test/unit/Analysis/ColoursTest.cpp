//===- ColoursTest.cpp - Colours are few and never meet -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Pipeline/Registration.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <random>

using namespace plmr;

namespace {

class Colours : public testing::Test {
protected:
  Colours() {
    mlir::DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.disableMultithreading();
  }

  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random);
  }

  /// " of <TREE>", a tree for lines of `extent` cores and shorter ones.
  std::string makeTree(unsigned extent) {
    auto kind = static_cast<TreeShape::Kind>(pick(0, 5));
    // A star takes a colour for each core.
    if (kind == TreeShape::Kind::Star && extent > 8)
      kind = TreeShape::Kind::Chain;
    TreeShape shape{kind, {}};
    if (kind == TreeShape::Kind::KTree)
      shape.parameters = getKTreeGroups(extent, pick(1, 3));
    else if (kind == TreeShape::Kind::AutoGen)
      shape.parameters = {pick(2, 8), 1, pick(1, 9), pick(0, 9), pick(1, 99)};
    return llvm::formatv(
        " of <{0}{1}>", stringify(kind),
        shape.parameters.empty()
            ? ""
            : llvm::formatv(" [{0:$[, ]}]",
                            llvm::make_range(shape.parameters.begin(),
                                             shape.parameters.end()))
                  .str());
  }

  /// Up to four relations of any kind on either axis.
  std::string makeModule(unsigned columns, unsigned rows) {
    std::string text = llvm::formatv("plmr.mesh @mesh {0} x {1} on \"ideal\"\n",
                                     columns, rows);
    static constexpr const char *kinds[] = {"ring", "up", "down", "tree",
                                            "broadcast"};
    for (unsigned i = 0, count = pick(1, 4); i != count; ++i) {
      bool isX = pick(0, 1);
      unsigned extent = isX ? columns : rows;
      unsigned segments = pick(1, extent);
      unsigned kind = pick(0, 4);
      std::string relation = llvm::formatv(
          "{0} {1}{2}", kinds[kind], isX ? "x" : "y",
          kind < 3 ? "" : makeTree(Segments{extent, segments}.getMaxWidth()));
      text += llvm::formatv("plmr.channel @c{0} #plmr.relation<{1} segments "
                            "{2}>\n",
                            i, relation, segments);
    }
    return text;
  }

  mlir::MLIRContext context;
  std::mt19937 random{11};
};

struct Coloured {
  Flow flow;
  int32_t colour;
};

/// Flows that pass the busiest router of a line: no colouring has fewer
/// colours.
unsigned getClique(const std::vector<Coloured> &flows, unsigned extent) {
  unsigned most = 0;
  for (unsigned router = 0; router != extent; ++router) {
    unsigned here = 0;
    for (const Coloured &c : flows)
      here += c.flow.getBegin() <= router && router <= c.flow.getEnd();
    most = std::max(most, here);
  }
  return most;
}

TEST_F(Colours, AreAsFewAsPossibleAndNeverMeet) {
  for (unsigned round = 0; round != 400; ++round) {
    unsigned extents[] = {pick(1, 24), pick(1, 24)};
    std::string text = makeModule(extents[0], extents[1]);
    SCOPED_TRACE(text);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    mlir::PassManager manager(&context);
    manager.addPass(createAllocateColours());
    ASSERT_TRUE(mlir::succeeded(manager.run(*module)));
    std::vector<Coloured> lines[2];
    for (auto channel : module->getOps<mesh::ChannelOp>()) {
      Relation relation = channel.getRelation().getRelation();
      auto axis = static_cast<unsigned>(relation.axis);
      auto flows = relation.getFlows(extents[axis]);
      ASSERT_EQ(flows.size(), channel.getColours()->size());
      for (auto [flow, colour] : llvm::zip(flows, *channel.getColours()))
        lines[axis].push_back({flow, colour});
    }
    std::set<int32_t> used[2];
    for (unsigned axis : {0u, 1u}) {
      for (const Coloured &a : lines[axis]) {
        used[axis].insert(a.colour);
        for (const Coloured &b : lines[axis]) {
          bool meet = a.flow.getBegin() <= b.flow.getEnd() &&
                      b.flow.getBegin() <= a.flow.getEnd();
          ASSERT_TRUE(&a == &b || !meet || a.colour != b.colour);
        }
      }
      ASSERT_EQ(used[axis].size(), getClique(lines[axis], extents[axis]));
    }
    for (int32_t colour : used[0])
      ASSERT_FALSE(used[1].count(colour)) << "axes share colour " << colour;
    // Colours are numbered without gaps.
    unsigned total = used[0].size() + used[1].size();
    for (unsigned colour = 0; colour != total; ++colour)
      ASSERT_TRUE(used[0].count(colour) || used[1].count(colour));
  }
}

} // namespace
