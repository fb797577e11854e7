//===- Relation.cpp - Who talks to whom on a line of cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Analysis/Relation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>

using namespace plmr;

unsigned Flow::getBegin() const {
  return std::min(source, destinations.front());
}

unsigned Flow::getEnd() const { return std::max(source, destinations.back()); }

unsigned Flow::getHops() const {
  return std::max(source - getBegin(), getEnd() - source);
}

namespace {
/// Group `q` of `m` participants in balanced groups of at most `size`.
struct Group {
  unsigned begin, end;
  unsigned getRoot() const { return begin + (end - begin) / 2; }
};
} // namespace

static std::vector<Group> getGroups(unsigned participants, int64_t size) {
  unsigned count = (participants + size - 1) / size;
  std::vector<Group> groups(count);
  for (auto [q, group] : llvm::enumerate(groups))
    group = {
        static_cast<unsigned>(getBalancedBound(q, participants, count)),
        static_cast<unsigned>(getBalancedBound(q + 1, participants, count))};
  return groups;
}

std::vector<unsigned> plmr::getParticipants(unsigned extent,
                                            llvm::ArrayRef<int64_t> groups,
                                            unsigned level) {
  std::vector<unsigned> participants(extent);
  for (auto [i, core] : llvm::enumerate(participants))
    core = i;
  for (int64_t size : groups.take_front(level)) {
    std::vector<unsigned> roots;
    for (const Group &group : getGroups(participants.size(), size))
      roots.push_back(participants[group.getRoot()]);
    participants = std::move(roots);
  }
  return participants;
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
// Flows
//===----------------------------------------------------------------------===//

/// Every participant but a group's root sends to its neighbour towards it.
static void addChainFlows(const Relation &relation, unsigned begin,
                          unsigned extent, std::vector<Flow> &flows) {
  std::vector<unsigned> cores =
      getParticipants(extent, relation.groups, relation.level);
  for (const Group &group :
       getGroups(cores.size(), relation.groups[relation.level])) {
    for (unsigned i = group.begin; i != group.end; ++i) {
      if (i == group.getRoot())
        continue;
      unsigned to = i < group.getRoot() ? i + 1 : i - 1;
      flows.push_back({begin + cores[i], {begin + cores[to]}});
    }
  }
}

static void addBroadcastFlow(const Relation &relation, unsigned begin,
                             unsigned extent, std::vector<Flow> &flows) {
  if (extent == 1)
    return;
  Flow flow;
  flow.source =
      begin +
      getParticipants(extent, relation.groups, relation.groups.size()).front();
  for (unsigned core = begin; core != begin + extent; ++core)
    if (core != flow.source)
      flow.destinations.push_back(core);
  flows.push_back(std::move(flow));
}

static void addRingFlows(unsigned begin, unsigned extent,
                         std::vector<Flow> &flows) {
  if (extent == 1)
    return;
  for (unsigned core = 0; core != extent; ++core) {
    unsigned position = getRingPosition(core, extent);
    unsigned to = getRingElement((position + extent - 1) % extent, extent);
    flows.push_back({begin + core, {begin + to}});
  }
}

static void addNeighbourFlows(bool up, unsigned begin, unsigned extent,
                              std::vector<Flow> &flows) {
  for (unsigned core = 0; core + 1 < extent; ++core) {
    if (up)
      flows.push_back({begin + core, {begin + core + 1}});
    else
      flows.push_back({begin + core + 1, {begin + core}});
  }
}

std::vector<Flow> Relation::getFlows(unsigned extent) const {
  std::vector<Flow> flows;
  Segments line{extent, segments};
  for (unsigned s = 0; s != line.getCount(); ++s) {
    unsigned begin = line.getBegin(s);
    unsigned width = line.getBegin(s + 1) - begin;
    switch (kind) {
    case Kind::Chain:
      addChainFlows(*this, begin, width, flows);
      break;
    case Kind::Broadcast:
      addBroadcastFlow(*this, begin, width, flows);
      break;
    case Kind::Ring:
      addRingFlows(begin, width, flows);
      break;
    case Kind::Up:
    case Kind::Down:
      addNeighbourFlows(kind == Kind::Up, begin, width, flows);
      break;
    }
  }
  llvm::sort(flows,
             [](const Flow &a, const Flow &b) { return a.source < b.source; });
  return flows;
}

std::vector<LineRole> Relation::getRoles(unsigned extent) const {
  std::vector<LineRole> roles(extent);
  for (auto [index, flow] : llvm::enumerate(getFlows(extent))) {
    roles[flow.source].sends = index;
    for (unsigned core : flow.destinations)
      (flow.source < core ? roles[core].receivesLow
                          : roles[core].receivesHigh) = index;
  }
  return roles;
}

std::string Relation::print() const {
  static constexpr const char *names[] = {"chain", "broadcast", "ring", "up",
                                          "down"};
  std::string text = names[static_cast<unsigned>(kind)];
  if (kind == Kind::Chain)
    text += llvm::formatv(" level {0}", level).str();
  text += axis == Axis::X ? " along x" : " along y";
  if (!groups.empty())
    text += llvm::formatv(" of groups {0:$[, ]}",
                          llvm::make_range(groups.begin(), groups.end()))
                .str();
  if (segments != 1)
    text += llvm::formatv(" in {0} segments", segments).str();
  return text;
}
