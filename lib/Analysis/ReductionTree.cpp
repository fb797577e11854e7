//===- ReductionTree.cpp - Trees over a line of cores ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Analysis/ReductionTree.h"
#include "plmr/Analysis/AutoGen.h"
#include "plmr/Program/Placement.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <numeric>

using namespace plmr;
using Kind = TreeShape::Kind;

static constexpr const char *names[] = {"chain",     "star",  "binary_tree",
                                        "two_phase", "ktree", "auto_gen"};

llvm::StringRef plmr::stringify(Kind kind) {
  return names[static_cast<unsigned>(kind)];
}

std::optional<TreeChoice> TreeChoice::parse(llvm::StringRef text) {
  if (text == "ring")
    return TreeChoice{.isRing = true};
  auto [name, levels] = text.split(':');
  auto found = llvm::find(names, name);
  if (found == std::end(names))
    return std::nullopt;
  TreeChoice choice{static_cast<Kind>(found - std::begin(names))};
  bool isKTree = choice.kind == Kind::KTree;
  if (isKTree ? levels.getAsInteger(10, choice.levels) || !choice.levels
              : text.contains(':'))
    return std::nullopt;
  return choice;
}

std::string TreeShape::check() const {
  if (root < -1)
    return llvm::formatv("expected a root of at least 0 but got {0}", root);
  bool isKTree = kind == Kind::KTree;
  size_t count = isKTree                 ? parameters.size()
                 : kind == Kind::AutoGen ? TreeCosts::numFields
                                         : 0;
  if (parameters.size() != count)
    return llvm::formatv("expected {0} numbers of {1} but got {2}", count,
                         stringify(kind), parameters.size());
  for (int64_t parameter : parameters)
    if (parameter < (isKTree ? 1 : 0) || parameter > INT32_MAX)
      return llvm::formatv("expected {0} but got {1}",
                           isKTree ? "positive groups" : "costs of at least 0",
                           parameter);
  return "";
}

std::string TreeShape::print() const {
  std::string text = stringify(kind).str();
  if (!parameters.empty())
    text += llvm::formatv(" of {0:$[, ]}", llvm::make_range(parameters.begin(),
                                                            parameters.end()))
                .str();
  if (root >= 0)
    text += llvm::formatv(" to core {0}", root).str();
  return text;
}

std::optional<TreeShape> TreeShape::consume(llvm::StringRef &text) {
  TreeShape shape;
  auto found = llvm::find_if(
      names, [&](const char *name) { return text.consume_front(name); });
  if (found == std::end(names))
    return std::nullopt;
  shape.kind = static_cast<Kind>(found - std::begin(names));
  if (text.consume_front(" of "))
    do
      if (text.consumeInteger(10, shape.parameters.emplace_back()))
        return std::nullopt;
    while (text.consume_front(", "));
  if (text.consume_front(" to core ") &&
      (text.consumeInteger(10, shape.root) || shape.root < 0))
    return std::nullopt;
  return shape.check().empty() ? std::optional(shape) : std::nullopt;
}

llvm::SmallVector<int64_t, 2> plmr::getKTreeGroups(unsigned extent,
                                                   unsigned k) {
  llvm::SmallVector<int64_t, 2> groups;
  unsigned remaining = extent;
  for (unsigned level = 0; level < k && remaining > 1; ++level) {
    auto size = static_cast<int64_t>(
        std::ceil(std::pow(remaining, 1.0 / (k - level)) - 1e-9));
    groups.push_back(std::max<int64_t>(size, 2));
    remaining = (remaining + groups.back() - 1) / groups.back();
  }
  return groups;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// A chain of `cores` to the `root`-th of them, from both sides.
static void addChain(ReductionTree &tree, llvm::ArrayRef<unsigned> cores,
                     unsigned root) {
  for (unsigned i = 0; i != cores.size(); ++i) {
    if (i > 0 && i <= root)
      tree.children[cores[i]].push_back(cores[i - 1]);
    if (i + 1 < cores.size() && i >= root)
      tree.children[cores[i]].push_back(cores[i + 1]);
  }
}

using Cores = llvm::ArrayRef<unsigned>;

/// Calls `visit` with each group of at most `size` of `cores`, and collects
/// the roots that it returns as positions in the group.
static std::vector<unsigned>
forGroups(Cores cores, int64_t size,
          llvm::function_ref<size_t(Cores group)> visit) {
  auto extent = static_cast<int64_t>(cores.size());
  int64_t count = (extent + size - 1) / size;
  std::vector<unsigned> roots;
  for (int64_t i = 0; i != count; ++i) {
    int64_t begin = getBalancedBound(i, extent, count);
    Cores group =
        cores.slice(begin, getBalancedBound(i + 1, extent, count) - begin);
    roots.push_back(group[visit(group)]);
  }
  return roots;
}

static std::vector<unsigned> getLine(unsigned extent) {
  std::vector<unsigned> cores(extent);
  std::iota(cores.begin(), cores.end(), 0);
  return cores;
}

unsigned TreeShape::getRoot(unsigned extent) const {
  if (root >= 0)
    return static_cast<unsigned>(root);
  std::vector<unsigned> cores = getLine(extent);
  if (kind == Kind::KTree)
    for (int64_t size : parameters)
      cores =
          forGroups(cores, size, [](Cores group) { return group.size() / 2; });
  return cores[cores.size() / 2];
}

static void addKTree(ReductionTree &tree, llvm::ArrayRef<int64_t> groups) {
  std::vector<unsigned> cores = getLine(tree.children.size());
  auto connect = [&](Cores group) {
    auto found = llvm::find(group, tree.root);
    size_t root = found == group.end() ? group.size() / 2
                                       : std::distance(group.begin(), found);
    addChain(tree, group, root);
    return root;
  };
  for (int64_t size : groups)
    cores = forGroups(cores, size, connect);
  connect(cores);
}

//===----------------------------------------------------------------------===//
// Arms
//===----------------------------------------------------------------------===//

/// Adds the children of the cores at distances 0 (the root) up to `extent` - 1
/// from the root on one side of it.
using ArmBuilder =
    void(unsigned extent,
         llvm::function_ref<void(unsigned parent, unsigned child)> add);

static void
buildStar(unsigned extent,
          llvm::function_ref<void(unsigned parent, unsigned child)> add) {
  for (unsigned i = 1; i < extent; ++i)
    add(0, i);
}

/// Core 2^i heads the 2^i cores from it on, which are such a tree again.
static void
buildBinary(unsigned extent,
            llvm::function_ref<void(unsigned parent, unsigned child)> add) {
  for (unsigned child = 1; child < extent; child *= 2) {
    add(0, child);
    buildBinary(std::min(child, extent - child),
                [&](unsigned a, unsigned b) { add(child + a, child + b); });
  }
}

static void
buildTwoPhase(unsigned extent,
              llvm::function_ref<void(unsigned parent, unsigned child)> add) {
  auto size = static_cast<unsigned>(std::ceil(std::sqrt(extent)));
  for (unsigned i = 0; i < extent; ++i) {
    if ((i + 1) % size != 0 && i + 1 < extent)
      add(i, i + 1);
    if (i % size == 0 && i + size < extent)
      add(i, i + size);
  }
}

/// An arm on each side; the root hears both in turn.
static void addArms(ReductionTree &tree,
                    llvm::function_ref<ArmBuilder> builder) {
  auto extent = static_cast<unsigned>(tree.children.size());
  unsigned root = tree.root;
  llvm::SmallVector<unsigned, 4> low, high;
  builder(root + 1, [&](unsigned parent, unsigned child) {
    (parent == 0 ? low : tree.children[root - parent]).push_back(root - child);
  });
  builder(extent - root, [&](unsigned parent, unsigned child) {
    (parent == 0 ? high : tree.children[root + parent]).push_back(root + child);
  });
  for (size_t i = 0; i != std::max(low.size(), high.size()); ++i) {
    if (i < low.size())
      tree.children[root].push_back(low[i]);
    if (i < high.size())
      tree.children[root].push_back(high[i]);
  }
}

ReductionTree TreeShape::build(unsigned extent) const {
  if (kind == Kind::AutoGen)
    return buildFastestTree(extent, getRoot(extent),
                            TreeCosts::fromParameters(parameters))
        .tree;
  ReductionTree tree;
  tree.root = getRoot(extent);
  tree.children.resize(extent);
  switch (kind) {
  case Kind::Star:
    addArms(tree, buildStar);
    break;
  case Kind::BinaryTree:
    addArms(tree, buildBinary);
    break;
  case Kind::TwoPhase:
    addArms(tree, buildTwoPhase);
    break;
  default:
    addKTree(tree, parameters); // a chain is one of no groups
  }
  return tree;
}
