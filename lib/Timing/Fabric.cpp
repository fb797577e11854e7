//===- Fabric.cpp - Queues and links of one route table -------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fabric.h"
#include "plmr/Program/Routes.h"
#include "plmr/Timing/Timing.h"

using namespace plmr;

uint32_t plmr::getNeighbour(MeshShape mesh, uint32_t router, Port port) {
  uint32_t x = router % mesh.columns, y = router / mesh.columns;
  switch (port) {
  case Port::North:
    return y == 0 ? ~0u : router - mesh.columns;
  case Port::South:
    return y + 1 == mesh.rows ? ~0u : router + mesh.columns;
  case Port::West:
    return x == 0 ? ~0u : router - 1;
  case Port::East:
    return x + 1 == mesh.columns ? ~0u : router + 1;
  case Port::Ramp:
    return router;
  }
  return ~0u;
}

std::string plmr::getCoreName(MeshShape mesh, uint32_t core) {
  return llvm::formatv("({0}, {1})", core % mesh.columns, core / mesh.columns);
}

std::string plmr::getLinkName(MeshShape mesh, uint32_t link) {
  uint32_t outputs = mesh.getNumCores() * numPorts;
  if (link >= outputs)
    return "core " + getCoreName(mesh, link - outputs) + " to router";
  return llvm::formatv("router {0} {1}", getCoreName(mesh, link / numPorts),
                       stringify(Port(link % numPorts)));
}

Fabric::Fabric(const Program &program, RouteTable routeTable)
    : table(std::move(routeTable)), machine(program.machine),
      mesh(program.mesh) {
  for (const std::vector<Route> &routes : table.classes) {
    ClassLayout &layout = layouts.emplace_back();
    layout.routerQueue.fill(255);
    layout.coreQueue.fill(255);
    for (const Route &route : routes) {
      layout.routerQueue[route.colour] = layout.numQueues++;
      for (unsigned port = 0; port < numPorts; ++port)
        layout.coloursOf[port] += route.hasOutput(Port(port));
    }
    for (const Route &route : routes)
      if (route.hasOutput(Port::Ramp))
        layout.coreQueue[route.colour] = layout.numQueues++;
  }
  uint32_t next = 0;
  for (uint32_t router = 0; router < mesh.getNumCores(); ++router) {
    firstQueue.push_back(next);
    next += layouts[table.classOf[router]].numQueues;
  }
  queues.resize(next);
}

llvm::Expected<std::unique_ptr<Fabric>> Fabric::build(const Program &program,
                                                      uint32_t routeTable) {
  RouteTable table;
  if (program.routeTables.empty()) {
    // A program without communication needs no route table.
    table.classes.emplace_back();
    table.classOf.resize(program.mesh.getNumCores());
  } else {
    table = program.routeTables[routeTable];
  }
  std::unique_ptr<Fabric> fabric(new Fabric(program, std::move(table)));
  for (uint32_t router = 0; router < program.mesh.getNumCores(); ++router)
    for (const Route &route :
         fabric->table.classes[fabric->table.classOf[router]])
      if (llvm::Error error = fabric->connectRoute(router, route))
        return std::move(error);
  if (llvm::Error error = fabric->allocateSlots())
    return std::move(error);
  return std::move(fabric);
}

/// Sets up the route's queue and edges, and the core's queue behind it.
llvm::Error Fabric::connectRoute(uint32_t router, const Route &route) {
  const ClassLayout &layout = layouts[table.classOf[router]];
  uint32_t index = firstQueue[router] + layout.routerQueue[route.colour];
  Queue &queue = queues[index];
  queue.router = router;
  queue.colour = route.colour;
  queue.firstEdge = static_cast<uint32_t>(edges.size());
  if (route.input == Port::Ramp) {
    queue.writer = coreTag | router;
    queue.capacity = static_cast<uint16_t>(getOutputQueueWords(machine));
  }
  for (unsigned i = 0; i < numPorts; ++i) {
    Port port = Port(i);
    if (!route.hasOutput(port))
      continue;
    uint32_t neighbour = getNeighbour(mesh, router, port);
    uint32_t target = port == Port::Ramp ? findSource(router, route.colour)
                      : neighbour == ~0u ? noQueue
                                         : findTransit(neighbour, route.colour,
                                                       getOpposite(port));
    if (target == noQueue)
      return makeError(
          "router {0} sends colour {1} {2}, where no router takes it",
          getCoreName(mesh, router), route.colour, stringify(port));
    uint32_t latency = getLatency(machine, route.input, port);
    queues[target].writer = index;
    queues[target].router = neighbour;
    queues[target].colour = route.colour;
    queues[target].capacity =
        static_cast<uint16_t>(getQueueWords(machine, route.input, port));
    uint32_t link = router * numPorts + i;
    bool shared = layout.coloursOf[i] > 1;
    edges.push_back(
        {target, latency, link,
         shared ? static_cast<uint32_t>(trackLinks.size()) : noTrack});
    if (shared)
      trackLinks.push_back(link);
    ++queue.numEdges;
  }
  return llvm::Error::success();
}

llvm::Error Fabric::allocateSlots() {
  uint64_t numSlots = 0;
  for (Queue &queue : queues) {
    queue.slots = static_cast<uint32_t>(numSlots);
    numSlots += queue.capacity;
  }
  if (numSlots > ~0u)
    return makeError("the route table needs {0} queue slots, the timing "
                     "supports {1}",
                     numSlots, ~0u);
  // One spare: calloc of nothing may be null.
  slots.reset(
      static_cast<uint64_t *>(std::calloc(numSlots + 1, sizeof(uint64_t))));
  if (!slots)
    return makeError("no memory for {0} queue slots", numSlots);
  return llvm::Error::success();
}

uint32_t Fabric::findTransit(uint32_t router, uint8_t colour,
                             Port input) const {
  uint16_t cls = table.classOf[router];
  uint8_t index = layouts[cls].routerQueue[colour];
  if (index == 255 || table.classes[cls][index].input != input)
    return noQueue;
  return firstQueue[router] + index;
}

uint32_t Fabric::findSink(uint32_t core, uint8_t colour) const {
  return findTransit(core, colour, Port::Ramp);
}

llvm::MutableArrayRef<Fabric::Queue> Fabric::getQueuesOf(uint32_t router) {
  return llvm::MutableArrayRef(queues).slice(
      firstQueue[router], layouts[table.classOf[router]].numQueues);
}

uint32_t Fabric::findSource(uint32_t core, uint8_t colour) const {
  uint8_t index = layouts[table.classOf[core]].coreQueue[colour];
  return index == 255 ? noQueue : firstQueue[core] + index;
}
