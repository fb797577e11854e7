//===- Segments.cpp - What lies between two epochs ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Segments.h"
#include <numeric>

using namespace plmr;
using Kind = StreamEvent::Kind;

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

/// Links of a route along an axis: east and west, or north and south.
static bool keepsTo(const Route &route, unsigned axis) {
  auto isAlong = [&](Port port) {
    bool isVertical = port == Port::North || port == Port::South;
    return port == Port::Ramp || isVertical == (axis == 1);
  };
  if (!isAlong(route.input))
    return false;
  for (unsigned port = 0; port != numPorts; ++port)
    if (route.hasOutput(Port(port)) && !isAlong(Port(port)))
      return false;
  return true;
}

const SegmentVerifier::Table &SegmentVerifier::getTable(uint32_t number) {
  auto [it, isNew] = tables.try_emplace(number);
  Table &table = it->second;
  const RouteTable *routes = getRoutes(number);
  if (!isNew || !routes)
    return table;
  for (unsigned axis = 0; axis != 2; ++axis) {
    table.colours[axis] = ~uint64_t(0);
    for (const std::vector<Route> &cls : routes->classes)
      for (const Route &route : cls)
        if (!keepsTo(route, axis))
          table.colours[axis] &= ~(uint64_t(1) << route.colour);
    std::map<std::vector<std::tuple<uint8_t, Port, uint8_t>>, uint32_t> known;
    for (const std::vector<Route> &cls : routes->classes) {
      std::vector<std::tuple<uint8_t, Port, uint8_t>> kept;
      for (const Route &route : cls)
        if (table.colours[axis] >> route.colour & 1)
          kept.emplace_back(route.colour, route.input, route.outputs);
      table.classes[axis].push_back(
          known.try_emplace(std::move(kept), known.size()).first->second);
    }
  }
  return table;
}

const SegmentVerifier::Phases &SegmentVerifier::getPhases(uint32_t routeTable,
                                                          uint32_t stream) {
  auto [it, isNew] = phases.try_emplace({routeTable, stream});
  Phases &result = it->second;
  if (!isNew)
    return result;
  const Table &table = getTable(routeTable);
  EventList phase;
  auto close = [&] {
    if (!result.axes.empty())
      result.streams.push_back(pool.add(std::move(phase)));
    phase.clear();
  };
  const EventList events = pool.get(stream);
  for (const StreamEvent &event : events) {
    if (event.kind == Kind::Stop)
      return result;
    if (event.kind == Kind::Operation) {
      uint64_t used = 0;
      for (const FabricEnd &end :
           {event.sources[0], event.sources[1], event.sources[2], event.sink})
        if (end.exists())
          used |= uint64_t(1) << end.colour;
      uint8_t axis = (used & ~table.colours[0]) == 0 ? 0 : 1;
      if ((used & ~table.colours[axis]) != 0)
        return result;
      if (result.axes.empty() || result.axes.back() != axis) {
        close();
        result.axes.push_back(axis);
      }
    }
    if (event.kind == Kind::Operation || event.kind == Kind::Wait)
      phase.push_back(event);
  }
  close();
  result.isCut = true;
  return result;
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

bool SegmentVerifier::runPhase(uint32_t routeTable,
                               llvm::ArrayRef<uint32_t> line,
                               llvm::ArrayRef<uint32_t> phase, QueueDepth depth,
                               std::string &witness) {
  std::vector<const EventList *> events;
  for (uint32_t stream : phase)
    events.push_back(&pool.get(stream));
  ++numNetworks;
  Network network(program, getRoutes(routeTable), line, events, depth);
  bool isBalanced = true;
  network.forEachUnbalanced(
      [&](const Network::Imbalance &) { isBalanced = false; });
  if (!isBalanced)
    return false;
  if (!network.run() && witness.empty())
    witness = network.findWitness();
  return true;
}

/// All phases of a row or column along it.
bool SegmentVerifier::runLine(uint32_t routeTable,
                              llvm::ArrayRef<uint32_t> streams,
                              llvm::ArrayRef<uint32_t> line, unsigned axis,
                              QueueDepth depth, std::string &witness) {
  const RouteTable &routes = program.routeTables[routeTable];
  const std::vector<uint32_t> &classes = getTable(routeTable).classes[axis];
  Key key = {routeTable, axis, uint32_t(depth)};
  for (uint32_t core : line)
    key.push_back(classes[routes.classOf[core]]);
  size_t prefix = key.size();
  for (uint32_t core : line)
    key.push_back(streams[core]);
  if (!lines.insert(key).second)
    return true;
  const Phases &first = getPhases(routeTable, streams[line[0]]);
  for (size_t i = 0; i != first.axes.size(); ++i) {
    if (first.axes[i] != axis)
      continue;
    key.resize(prefix);
    for (uint32_t core : line)
      key.push_back(getPhases(routeTable, streams[core]).streams[i]);
    if (!linePhases.insert(key).second)
      continue;
    if (!runPhase(routeTable, line, llvm::ArrayRef(key).drop_front(prefix),
                  depth, witness))
      return false;
  }
  return true;
}

bool SegmentVerifier::runPhases(uint32_t routeTable,
                                llvm::ArrayRef<uint32_t> streams,
                                QueueDepth depth, std::string &witness) {
  if (program.routeTables.empty())
    return false;
  const Phases &first = getPhases(routeTable, streams[0]);
  if (!first.isCut)
    return false;
  uint32_t last = streams[0];
  for (uint32_t stream : streams) {
    if (stream == last)
      continue;
    last = stream;
    const Phases &other = getPhases(routeTable, stream);
    if (!other.isCut || other.axes != first.axes)
      return false;
  }
  MeshShape mesh = program.mesh;
  bool isDecided = true;
  for (unsigned axis = 0; axis != 2; ++axis) {
    std::vector<uint32_t> line(axis == 0 ? mesh.columns : mesh.rows);
    for (unsigned i = 0;
         isDecided && i != (axis == 0 ? mesh.rows : mesh.columns); ++i) {
      for (unsigned j = 0; j != line.size(); ++j)
        line[j] = axis == 0 ? mesh.getIndex(j, i) : mesh.getIndex(i, j);
      isDecided &= runLine(routeTable, streams, line, axis, depth, witness);
    }
  }
  // What they hold does not all live then.
  if (!isDecided || !witness.empty()) {
    lines.clear();
    linePhases.clear();
  }
  return isDecided;
}

//===----------------------------------------------------------------------===//
// Whole segments
//===----------------------------------------------------------------------===//

void SegmentVerifier::decideWhole(uint32_t routeTable,
                                  llvm::ArrayRef<uint32_t> streams,
                                  Verdict &verdict) {
  std::vector<uint32_t> all(streams.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<const EventList *> events;
  for (uint32_t stream : streams)
    events.push_back(&pool.get(stream));
  auto run = [&](QueueDepth depth, std::string &witness) {
    ++numNetworks;
    Network network(program, getRoutes(routeTable), all, events, depth);
    bool lives = network.run();
    if (!lives && !network.hasStopped())
      witness = network.findWitness();
    return lives;
  };
  auto describe = [&](const Network::Imbalance &found) -> std::string {
    unsigned columns = program.mesh.columns;
    return llvm::formatv(
        "{0}: core ({1}, {2}) sends {3} wavelets, core ({4}, {5}) takes {6}",
        getChannel(program, found.flow.colour), found.flow.core % columns,
        found.flow.core / columns, found.sent, found.receiver % columns,
        found.receiver / columns, found.taken);
  };
  auto stops = [](const EventList *list) {
    return !list->empty() && list->back().kind == Kind::Stop;
  };
  if (llvm::none_of(events, stops))
    Network(program, getRoutes(routeTable), all, events, QueueDepth::One)
        .forEachUnbalanced([&](const Network::Imbalance &found) {
          auto [it, isNew] = verdict.unbalanced.try_emplace(found.flow.colour);
          if (isNew)
            it->second.first = describe(found);
          ++it->second.second;
        });
  if (oneWord && run(QueueDepth::One, verdict.oneWordDeadlock))
    return;
  run(QueueDepth::Exact, verdict.deadlock);
}

SegmentVerifier::Verdict
SegmentVerifier::decide(uint32_t routeTable, llvm::ArrayRef<uint32_t> streams) {
  Verdict verdict;
  bool isDecided = !oneWord || runPhases(routeTable, streams, QueueDepth::One,
                                         verdict.oneWordDeadlock);
  // With more words a network that lives goes on to live.
  if (isDecided && (!oneWord || !verdict.oneWordDeadlock.empty()))
    isDecided =
        runPhases(routeTable, streams, QueueDepth::Exact, verdict.deadlock);
  if (!isDecided) {
    verdict = {};
    decideWhole(routeTable, streams, verdict);
  }
  return verdict;
}

const SegmentVerifier::Verdict &
SegmentVerifier::verify(uint32_t routeTable, llvm::ArrayRef<uint32_t> streams) {
  Key key(streams.begin(), streams.end());
  key.push_back(routeTable);
  auto it = verdicts.find(key);
  if (it == verdicts.end())
    it = verdicts.emplace(key, decide(routeTable, streams)).first;
  return it->second;
}
