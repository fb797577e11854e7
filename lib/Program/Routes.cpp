//===- Routes.cpp - Walks along routes ------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/Routes.h"
#include <algorithm>

using namespace plmr;

std::optional<std::pair<unsigned, unsigned>>
plmr::getNeighbour(MeshShape mesh, unsigned x, unsigned y, Port port) {
  // Unsigned wrap-around makes -1 an out-of-range coordinate.
  switch (port) {
  case Port::North:
    --y;
    break;
  case Port::East:
    ++x;
    break;
  case Port::South:
    ++y;
    break;
  case Port::West:
    --x;
    break;
  case Port::Ramp:
    return std::nullopt;
  }
  if (x >= mesh.columns || y >= mesh.rows)
    return std::nullopt;
  return std::make_pair(x, y);
}

const Route *plmr::findRoute(const Program &program, const RouteTable &table,
                             unsigned x, unsigned y, uint8_t colour) {
  const std::vector<Route> &routes =
      table.classes[table.classOf[y * program.mesh.columns + x]];
  auto it = std::lower_bound(
      routes.begin(), routes.end(), colour,
      [](const Route &route, uint8_t value) { return route.colour < value; });
  return it != routes.end() && it->colour == colour ? &*it : nullptr;
}

void plmr::walkRoute(const Program &program, const RouteTable &table,
                     unsigned x, unsigned y, uint8_t colour,
                     llvm::function_ref<void(const RouteStep &)> fn) {
  std::vector<RouteStep> pending;
  if (const Route *route = findRoute(program, table, x, y, colour))
    pending.push_back({x, y, 0, route});
  while (!pending.empty()) {
    RouteStep step = pending.back();
    pending.pop_back();
    fn(step);
    for (unsigned p = 0; p != numPorts - 1; ++p) {
      Port port = static_cast<Port>(p);
      if (!step.route->hasOutput(port))
        continue;
      auto next = getNeighbour(program.mesh, step.x, step.y, port);
      if (!next)
        continue;
      const Route *route =
          findRoute(program, table, next->first, next->second, colour);
      if (route && route->input == getOpposite(port))
        pending.push_back({next->first, next->second, step.hops + 1, route});
    }
  }
}

static bool isVertical(Port port) {
  return port == Port::North || port == Port::South;
}

uint32_t plmr::getLatency(const Machine &machine, Port input, Port output) {
  if (output == Port::Ramp)
    return machine.rampTicks;
  bool turns = input != Port::Ramp && isVertical(input) != isVertical(output);
  return machine.hopTicks + (turns ? machine.turnTicks : 0);
}

uint32_t plmr::getQueueWords(const Machine &machine, Port input, Port output) {
  uint32_t words =
      output == Port::Ramp ? machine.inputQueueWords : machine.queueWords;
  return words + machine.getWireWords(getLatency(machine, input, output));
}

uint32_t plmr::getOutputQueueWords(const Machine &machine) {
  return machine.outputQueueWords + machine.getWireWords(machine.rampTicks);
}
