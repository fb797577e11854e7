//===- AutoGen.cpp - The fastest reduction tree ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Analysis/AutoGen.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cassert>

using namespace plmr;

llvm::SmallVector<int64_t, 2> TreeCosts::getParameters() const {
  return {colours, hop, latency, start, words};
}

TreeCosts TreeCosts::fromParameters(llvm::ArrayRef<int64_t> parameters) {
  assert(parameters.size() == numFields && "expected all costs");
  auto get = [&](unsigned i) { return static_cast<uint32_t>(parameters[i]); };
  return {get(0), get(1), get(2), get(3), get(4)};
}

TreeCosts plmr::getTreeCosts(const Machine &machine, int64_t elements,
                             unsigned colours) {
  TreeCosts costs;
  costs.colours = colours;
  costs.hop = machine.hopTicks;
  uint64_t each = std::max<uint64_t>(
      machine.getTicks(machine.getRate(RateClass::Add, ElementType::F32), 1),
      machine.linkTicks);
  costs.latency = 2 * machine.rampTicks;
  costs.start = 2 * machine.descriptorTicks + machine.vectorSetupTicks;
  costs.words =
      static_cast<uint32_t>(std::min<uint64_t>(elements * each, INT32_MAX));
  return costs;
}

static constexpr uint64_t never = UINT64_MAX / 2;

namespace {
/// Arms: trees of the cores at distances 0 up to extent - 1 from the arm's own
/// head, which sends away from them.
class Arms {
public:
  Arms(unsigned extent, const TreeCosts &costs)
      : costs(costs), extent(extent), colours(costs.colours),
        entries(static_cast<size_t>(extent) * colours) {
    for (unsigned q = 1; q <= colours; ++q) {
      get(1, q) = {0, 0};
      for (unsigned n = 2; n <= extent; ++n)
        get(n, q) = findLastChild(n, q);
    }
  }

  /// When the head of an arm of `n` cores with `q` colours may send, in ticks.
  uint64_t getSendTicks(unsigned n, unsigned q) const {
    return q == 0 ? never : get(n, q).ticks;
  }
  /// The same, at a core that is `distance` hops away.
  uint64_t getArrival(unsigned n, unsigned q, unsigned distance) const {
    return getSendTicks(n, q) + uint64_t(distance) * costs.hop + costs.latency;
  }

  void addChildren(unsigned n, unsigned q, unsigned head, int direction,
                   ReductionTree &tree) const {
    // The farthest child is heard last.
    while (n > 1) {
      unsigned child = get(n, q).lastChild;
      unsigned core = head + direction * static_cast<int>(n - child);
      tree.children[head].push_back(core);
      addChildren(child, q, core, direction, tree);
      n -= child;
      --q;
    }
    std::reverse(tree.children[head].begin(), tree.children[head].end());
  }

private:
  struct Entry {
    uint64_t ticks = never;
    unsigned lastChild = 0; ///< cores of its arm
  };
  Entry &get(unsigned n, unsigned q) {
    return entries[static_cast<size_t>(q - 1) * extent + n - 1];
  }
  const Entry &get(unsigned n, unsigned q) const {
    return entries[static_cast<size_t>(q - 1) * extent + n - 1];
  }

  /// When a head of `n` cores can hear another child.
  uint64_t getReadyTicks(unsigned n, unsigned q) const {
    if (q == 0)
      return never;
    return n == 1 ? 0 : get(n, q).ticks + costs.words + costs.start;
  }

  /// The flow from the last child passes all cores of the others.
  Entry findLastChild(unsigned n, unsigned q) const {
    Entry best;
    for (unsigned child = 1; child != n; ++child) {
      uint64_t ticks = std::max(getReadyTicks(n - child, q - 1),
                                getArrival(child, q, n - child));
      if (ticks < best.ticks)
        best = {ticks, child};
    }
    return best;
  }

  const TreeCosts &costs;
  unsigned extent, colours;
  std::vector<Entry> entries;
};

/// A child of the root: the arm of `extent` cores whose head is `distance` away
/// on side 0 (low) or 1.
struct RootChild {
  unsigned side, extent, distance, colours;
};

/// Places the children of the root, the last one first, so that it has heard
/// all after `ticks`.
class RootSearch {
public:
  RootSearch(const Arms &arms, const TreeCosts &costs, uint64_t ticks)
      : arms(arms), costs(costs), ticks(ticks) {}

  bool place(std::array<unsigned, 2> remaining,
             std::array<unsigned, 2> flows = {0, 0}) {
    if (remaining[0] + remaining[1] == 0)
      return true;
    uint64_t needed =
        costs.words + children.size() * uint64_t(costs.words + costs.start);
    if (children.size() == costs.colours || needed > ticks)
      return false;
    for (unsigned side : {0, 1}) {
      if (side == 1 && remaining[0] == remaining[1] && flows[0] == flows[1])
        break; // the same again
      unsigned extent = getLargest(remaining[side], costs.colours - flows[side],
                                   ticks - needed);
      if (extent == 0)
        continue;
      children.push_back({side, extent, remaining[side] - extent + 1,
                          costs.colours - flows[side]});
      auto rest = remaining, passing = flows;
      rest[side] -= extent;
      ++passing[side];
      if (place(rest, passing))
        return true;
      children.pop_back();
    }
    return false;
  }

  std::vector<RootChild> children;

private:
  /// The most of `n` cores of a side, its outer ones, that one arm can take so
  /// that its first word is there by `deadline`. The fewer are left for those
  /// that are heard before, the better.
  unsigned getLargest(unsigned n, unsigned q, uint64_t deadline) const {
    unsigned extent = n;
    while (extent != 0 && arms.getArrival(extent, q, n - extent + 1) > deadline)
      --extent;
    return extent;
  }

  const Arms &arms;
  const TreeCosts &costs;
  uint64_t ticks;
};
} // namespace

TimedTree plmr::buildFastestTree(unsigned extent, unsigned root,
                                 const TreeCosts &given) {
  TimedTree result;
  result.tree.root = root;
  result.tree.children.resize(extent);
  if (extent == 1)
    return result;
  TreeCosts costs = given;
  costs.colours = std::clamp(costs.colours, 2u, TreeCosts::maxColours);
  std::array<unsigned, 2> sides = {root, extent - 1 - root};
  Arms arms(std::max(sides[0], sides[1]), costs);
  uint64_t low = 0, high = 1;
  std::vector<RootChild> children;
  auto search = [&](uint64_t ticks) {
    RootSearch search(arms, costs, ticks);
    bool found = search.place(sides);
    if (found)
      children = search.children;
    return found;
  };
  while (!search(high)) {
    low = high;
    high *= 2;
  }
  while (low + 1 < high) {
    uint64_t middle = low + (high - low) / 2;
    (search(middle) ? high : low) = middle;
  }
  result.ticks = high;
  for (const RootChild &child : llvm::reverse(children)) {
    int direction = child.side == 0 ? -1 : 1;
    unsigned head = root + direction * static_cast<int>(child.distance);
    result.tree.children[root].push_back(head);
    arms.addChildren(child.extent, child.colours, head, direction, result.tree);
  }
  return result;
}

/// The tick at which `core` may send, and the one at which it has heard all.
static std::pair<uint64_t, uint64_t>
getTicks(const ReductionTree &tree, unsigned core, const TreeCosts &costs) {
  uint64_t first = 0, last = 0;
  for (auto [i, child] : llvm::enumerate(tree.children[core])) {
    unsigned distance = child < core ? core - child : child - core;
    uint64_t arrival = getTicks(tree, child, costs).first +
                       uint64_t(distance) * costs.hop + costs.latency;
    first = std::max(i ? last + costs.start : 0, arrival);
    last = first + costs.words;
  }
  return {first, last};
}

uint64_t plmr::getTicks(const ReductionTree &tree, const TreeCosts &costs) {
  return ::getTicks(tree, tree.root, costs).second;
}

unsigned plmr::countColours(const ReductionTree &tree) {
  std::vector<unsigned> passing(tree.children.size());
  for (auto [parent, children] : llvm::enumerate(tree.children))
    for (unsigned child : children)
      for (unsigned core = std::min<unsigned>(parent, child);
           core <= std::max<unsigned>(parent, child); ++core)
        ++passing[core];
  return *llvm::max_element(passing);
}
