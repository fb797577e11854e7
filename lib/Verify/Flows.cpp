//===- Flows.cpp - From a sender to its receivers -------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flows.h"
#include "plmr/Program/Routes.h"

using namespace plmr;

FlowTree plmr::makeFlow(const Program &program, const RouteTable &table,
                        uint32_t core, uint8_t colour, QueueDepth depth) {
  const Machine &machine = program.machine;
  auto getWords = [&](uint32_t words) {
    return depth == QueueDepth::Exact ? words : 1;
  };
  FlowTree flow;
  flow.core = core;
  flow.colour = colour;
  flow.nodes.push_back(
      {0, getWords(getOutputQueueWords(machine)), core, false});
  for (uint32_t node = 0; node != flow.nodes.size(); ++node) {
    if (flow.nodes[node].isLeaf)
      continue;
    unsigned x = flow.nodes[node].core % program.mesh.columns;
    unsigned y = flow.nodes[node].core / program.mesh.columns;
    const Route *route = findRoute(program, table, x, y, colour);
    for (unsigned p = 0; p != numPorts; ++p) {
      Port port = static_cast<Port>(p);
      if (!route->hasOutput(port))
        continue;
      uint32_t words = getWords(getQueueWords(machine, route->input, port));
      uint32_t next = flow.nodes[node].core;
      if (port != Port::Ramp) {
        auto neighbour = *getNeighbour(program.mesh, x, y, port);
        next = program.mesh.getIndex(neighbour.first, neighbour.second);
      }
      flow.nodes.push_back({node, words, next, port == Port::Ramp});
    }
  }
  return flow;
}

void FlowTree::settle() {
  for (Node &node : nodes)
    node.limit = node.isLeaf ? node.passed : ~uint64_t(0);
  for (size_t i = nodes.size() - 1; i != 0; --i) {
    uint64_t &limit = nodes[nodes[i].parent].limit;
    limit = std::min(limit, nodes[i].limit + nodes[i].words);
  }
  nodes[0].passed = std::min(sent, nodes[0].limit);
  for (Node &node : llvm::MutableArrayRef(nodes).drop_front())
    if (!node.isLeaf)
      node.passed = std::min(nodes[node.parent].passed, node.limit);
}
