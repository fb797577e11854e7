//===- Relation.cpp - Who talks to whom on a line of cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Analysis/Relation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace plmr;

unsigned Flow::getBegin() const {
  return std::min(source, destinations.front());
}

unsigned Flow::getEnd() const { return std::max(source, destinations.back()); }

unsigned Flow::getHops() const {
  return std::max(source - getBegin(), getEnd() - source);
}

//===----------------------------------------------------------------------===//
// Flows
//===----------------------------------------------------------------------===//

static void addTreeFlows(const TreeShape &shape, unsigned begin,
                         unsigned extent, std::vector<Flow> &flows) {
  for (auto [parent, children] : llvm::enumerate(shape.build(extent).children))
    for (unsigned child : children)
      flows.push_back({begin + child, {begin + static_cast<unsigned>(parent)}});
}

static void addBroadcastFlow(unsigned root, unsigned begin, unsigned extent,
                             std::vector<Flow> &flows) {
  if (extent == 1)
    return;
  Flow flow;
  flow.source = begin + root;
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

static void addCycleFlows(unsigned begin, unsigned extent,
                          std::vector<Flow> &flows) {
  if (extent == 1)
    return;
  for (unsigned core = 0; core != extent; ++core)
    flows.push_back({begin + core, {begin + (core + extent - 1) % extent}});
}

std::vector<Flow> Relation::getFlows(unsigned extent) const {
  std::vector<Flow> flows;
  Segments line{extent, segments};
  for (unsigned s = 0; s != line.getCount(); ++s) {
    unsigned begin = line.getBegin(s);
    unsigned width = line.getBegin(s + 1) - begin;
    switch (kind) {
    case Kind::Tree:
      addTreeFlows(tree, begin, width, flows);
      break;
    case Kind::Broadcast:
      addBroadcastFlow(tree.getRoot(width), begin, width, flows);
      break;
    case Kind::Ring:
      addRingFlows(begin, width, flows);
      break;
    case Kind::Up:
    case Kind::Down:
      addNeighbourFlows(kind == Kind::Up, begin, width, flows);
      break;
    case Kind::Cycle:
      addCycleFlows(begin, width, flows);
      break;
    }
  }
  llvm::sort(flows,
             [](const Flow &a, const Flow &b) { return a.source < b.source; });
  return flows;
}

/// Gives each parent the flows of its children, which `sends` tells.
static void collectChildren(const Relation &relation, unsigned extent,
                            std::vector<LineRole> &roles) {
  Segments line{extent, relation.segments};
  size_t most = 0;
  for (unsigned s = 0; s != line.getCount(); ++s) {
    unsigned begin = line.getBegin(s), width = line.getBegin(s + 1) - begin;
    ReductionTree tree = relation.tree.build(width);
    for (auto [core, children] : llvm::enumerate(tree.children)) {
      LineRole &role = roles[begin + core];
      for (unsigned child : children)
        role.collects.push_back(roles[begin + child].sends);
      if (role.sends >= 0 && !children.empty())
        role.receives = role.collects.pop_back_val();
      most = std::max(most, role.collects.size());
    }
  }
  for (LineRole &role : roles)
    role.collects.insert(role.collects.begin(), most - role.collects.size(),
                         -1);
}

std::vector<LineRole> Relation::getRoles(unsigned extent) const {
  std::vector<LineRole> roles(extent);
  for (auto [index, flow] : llvm::enumerate(getFlows(extent))) {
    roles[flow.source].sends = index;
    if (kind != Kind::Tree)
      for (unsigned core : flow.destinations)
        roles[core].receives = index;
  }
  if (kind == Kind::Tree)
    collectChildren(*this, extent, roles);
  return roles;
}

static constexpr const char *kindNames[] = {"tree", "broadcast of ", "ring",
                                            "up",   "down",          "cycle"};

std::string Relation::print() const {
  std::string text =
      kind == Kind::Tree ? "" : kindNames[static_cast<unsigned>(kind)];
  if (kind == Kind::Tree || kind == Kind::Broadcast)
    text += tree.print();
  text += axis == Axis::X ? " along x" : " along y";
  if (segments != 1)
    text += llvm::formatv(" in {0} segments", segments).str();
  return text;
}

std::optional<Relation> Relation::parse(llvm::StringRef text) {
  Relation relation;
  unsigned kind = 1;
  while (kind != std::size(kindNames) && !text.consume_front(kindNames[kind]))
    ++kind;
  relation.kind = kind == std::size(kindNames) ? Kind::Tree : Kind(kind);
  if (relation.kind == Kind::Tree || relation.kind == Kind::Broadcast) {
    std::optional<TreeShape> tree = TreeShape::consume(text);
    if (!tree)
      return std::nullopt;
    relation.tree = *tree;
  }
  if (text.consume_front(" along x"))
    relation.axis = Axis::X;
  else if (!text.consume_front(" along y"))
    return std::nullopt;
  if (text.consume_front(" in ") &&
      (text.consumeInteger(10, relation.segments) || relation.segments < 2 ||
       !text.consume_front(" segments")))
    return std::nullopt;
  return text.empty() ? std::optional(relation) : std::nullopt;
}
