//===- Recovery.cpp - What routes carry and channels mean -----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flows.h"
#include "Network.h"
#include "plmr/Analysis/Relation.h"
#include "plmr/Verify/Verify.h"
#include "llvm/ADT/STLExtras.h"
#include <map>
#include <set>

using namespace plmr;

namespace {

/// A flow along a line, in coordinates of the line.
struct LineFlow {
  uint8_t colour;
  Flow flow;
};

/// A channel on one part of the mesh.
struct Meaning {
  uint32_t channel;
  Axis axis;
  unsigned lines; ///< of the part, from the first on
  std::vector<Flow> flows;

  /// The flow from core `source`, or null.
  const Flow *find(unsigned source) const {
    auto it = llvm::find_if(
        flows, [&](const Flow &flow) { return flow.source == source; });
    return it == flows.end() ? nullptr : &*it;
  }
};

class Recovery {
public:
  explicit Recovery(const Program &program) : program(program) {}
  RecoveredFlows run();

private:
  bool findMeanings();
  void recoverTable(uint32_t number);
  std::vector<LineFlow> recoverLine(const RouteTable &table, Axis axis,
                                    unsigned line);
  void checkLine(uint32_t number, Axis axis, unsigned line,
                 llvm::ArrayRef<LineFlow> flows);
  bool isMeant(Axis axis, unsigned line, const LineFlow &flow) const;
  bool isWhole(const Meaning &meaning, llvm::ArrayRef<LineFlow> flows) const;
  void report(std::pair<uint32_t, uint8_t> where, std::string text);
  unsigned getLength(Axis axis) const {
    return axis == Axis::X ? program.mesh.columns : program.mesh.rows;
  }
  uint32_t getCore(Axis axis, unsigned line, unsigned at) const {
    return axis == Axis::X ? program.mesh.getIndex(at, line)
                           : program.mesh.getIndex(line, at);
  }

  const Program &program;
  RecoveredFlows result;
  std::vector<Meaning> meanings;
  std::vector<bool> isBroken; ///< per meaning, in the current table
  /// Findings by route table and colour.
  std::map<std::pair<uint32_t, uint8_t>, size_t> known;
};

} // namespace

void Recovery::report(std::pair<uint32_t, uint8_t> where, std::string text) {
  auto [it, isNew] = known.try_emplace(where, result.findings.size());
  if (isNew)
    result.findings.push_back({VerifyRule::Flows, std::move(text), 1});
  else
    ++result.findings[it->second].cores;
}

/// False if there is nothing to compare with.
bool Recovery::findMeanings() {
  // A launch may have a part of the mesh to itself.
  std::vector<MeshShape> parts = {program.mesh};
  for (const Tensor &tensor : program.tensors)
    if (MeshShape part = program.getMesh(tensor);
        !llvm::is_contained(parts, part))
      parts.push_back(part);
  bool areKnown = !program.channels.empty();
  for (auto [i, channel] : llvm::enumerate(program.channels)) {
    RecoveredChannel &recovered = result.channels.emplace_back();
    recovered.name = channel.name;
    std::optional<Relation> relation = Relation::parse(channel.relation);
    recovered.isKnown = relation.has_value();
    areKnown &= recovered.isKnown;
    if (!relation)
      continue;
    for (MeshShape part : parts) {
      bool isRow = relation->axis == Axis::X;
      if (!relation->hasRoot(isRow ? part.columns : part.rows))
        continue;
      meanings.push_back(
          {uint32_t(i), relation->axis, isRow ? part.rows : part.columns,
           relation->getFlows(isRow ? part.columns : part.rows)});
      recovered.flows =
          std::max<unsigned>(recovered.flows, meanings.back().flows.size());
    }
  }
  return areKnown;
}

/// The flows that cores of the line send along it. Those that leave it both
/// ways are findings; of each axis those of the other are left out.
std::vector<LineFlow> Recovery::recoverLine(const RouteTable &table, Axis axis,
                                            unsigned line) {
  uint32_t number = uint32_t(&table - program.routeTables.data());
  auto getLine = [&](uint32_t core) {
    return axis == Axis::X ? core / program.mesh.columns
                           : core % program.mesh.columns;
  };
  auto getPosition = [&](uint32_t core) {
    return axis == Axis::X ? core % program.mesh.columns
                           : core / program.mesh.columns;
  };
  std::vector<LineFlow> flows;
  for (unsigned at = 0; at != getLength(axis); ++at) {
    uint32_t core = getCore(axis, line, at);
    for (const Route &route : table.classes[table.classOf[core]]) {
      if (route.input != Port::Ramp)
        continue;
      FlowTree tree =
          makeFlow(program, table, core, route.colour, QueueDepth::One);
      bool leaves = false, stays = true;
      LineFlow found{route.colour, {at, {}}};
      for (const FlowTree::Node &node : tree.nodes) {
        leaves |= getLine(node.core) != line;
        stays &= getPosition(node.core) == at;
        if (node.isLeaf)
          found.flow.destinations.push_back(getPosition(node.core));
      }
      if (leaves && !stays && axis == Axis::X)
        report({number, route.colour},
               llvm::formatv("route table {0}: core ({1}, {2}) sends {3} along "
                             "both axes, which no channel means",
                             number, core % program.mesh.columns,
                             core / program.mesh.columns,
                             getChannel(program, route.colour)));
      if (leaves)
        continue;
      llvm::sort(found.flow.destinations);
      flows.push_back(std::move(found));
    }
  }
  return flows;
}

bool Recovery::isMeant(Axis axis, unsigned line, const LineFlow &found) const {
  return llvm::any_of(meanings, [&](const Meaning &meaning) {
    if (meaning.axis != axis || line >= meaning.lines ||
        !llvm::is_contained(program.channels[meaning.channel].colours,
                            unsigned(found.colour)))
      return false;
    const Flow *flow = meaning.find(found.flow.source);
    return flow && *flow == found.flow;
  });
}

/// Whether the line has all flows of the channel, on its colours.
bool Recovery::isWhole(const Meaning &meaning,
                       llvm::ArrayRef<LineFlow> flows) const {
  const ChannelInfo &channel = program.channels[meaning.channel];
  return llvm::all_of(meaning.flows, [&](const Flow &flow) {
    return llvm::any_of(flows, [&](const LineFlow &found) {
      return found.flow == flow &&
             llvm::is_contained(channel.colours, unsigned(found.colour));
    });
  });
}

void Recovery::checkLine(uint32_t number, Axis axis, unsigned line,
                         llvm::ArrayRef<LineFlow> flows) {
  for (const LineFlow &found : flows) {
    if (isMeant(axis, line, found))
      continue;
    uint32_t from = getCore(axis, line, found.flow.source);
    uint32_t to = getCore(axis, line, found.flow.destinations.back());
    unsigned columns = program.mesh.columns;
    report({number, found.colour},
           llvm::formatv("route table {0}: {1} carries a flow from core ({2}, "
                         "{3}) to {4} cores up to ({5}, {6}), which no channel "
                         "means",
                         number, getChannel(program, found.colour),
                         from % columns, from / columns,
                         found.flow.destinations.size(), to % columns,
                         to / columns));
  }
  for (auto [i, meaning] : llvm::enumerate(meanings))
    if (meaning.axis == axis && line < meaning.lines && !isBroken[i])
      isBroken[i] = !isWhole(meaning, flows);
}

void Recovery::recoverTable(uint32_t number) {
  const RouteTable &table = program.routeTables[number];
  isBroken.assign(meanings.size(), false);
  for (Axis axis : {Axis::X, Axis::Y}) {
    // Lines with equal routers have equal flows; a part of the mesh may end
    // between them.
    std::set<std::vector<uint32_t>> seen;
    unsigned lines = getLength(axis == Axis::X ? Axis::Y : Axis::X);
    for (unsigned line = 0; line != lines; ++line) {
      std::vector<uint32_t> key;
      for (unsigned at = 0; at != getLength(axis); ++at)
        key.push_back(table.classOf[getCore(axis, line, at)]);
      for (const Meaning &meaning : meanings)
        key.push_back(meaning.axis == axis && line < meaning.lines);
      if (seen.insert(std::move(key)).second)
        checkLine(number, axis, line, recoverLine(table, axis, line));
    }
  }
  for (auto [i, meaning] : llvm::enumerate(meanings)) {
    std::vector<uint32_t> &tables = result.channels[meaning.channel].tables;
    if (!isBroken[i] && !llvm::is_contained(tables, number))
      tables.push_back(number);
  }
}

RecoveredFlows Recovery::run() {
  if (!findMeanings())
    return std::move(result);
  for (uint32_t table = 0; table != program.routeTables.size(); ++table)
    recoverTable(table);
  for (auto [i, recovered] : llvm::enumerate(result.channels))
    if (recovered.tables.empty())
      result.findings.push_back(
          {VerifyRule::Flows,
           llvm::formatv("channel '{0}', {1}: no route table has all of its "
                         "flows",
                         recovered.name, program.channels[i].relation),
           1});
  return std::move(result);
}

RecoveredFlows plmr::recoverFlows(const Program &program) {
  return Recovery(program).run();
}
