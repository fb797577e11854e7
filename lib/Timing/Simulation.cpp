//===- Simulation.cpp - What the fast and the event engine share ----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulation.h"

using namespace plmr;

llvm::Error Simulation::install(uint32_t routeTable) {
  // A drained table holds nothing but time stamps of the past: it is used
  // again as it is.
  if (!fabrics[routeTable]) {
    llvm::Expected<std::unique_ptr<Fabric>> built =
        Fabric::build(program, routeTable);
    if (!built)
      return built.takeError();
    fabrics[routeTable] = std::move(*built);
  }
  fabric = fabrics[routeTable].get();
  cores.setFabric(*fabric);
  begin();
  return llvm::Error::success();
}

llvm::Error Simulation::checkDrained(llvm::StringRef when) {
  for (const Fabric::Queue &queue : fabric->getQueues())
    if (!fabric->isEmpty(queue))
      return makeError(
          "not drained: {0} holds {1} wavelet(s) of colour {2} at {3}",
          (queue.numEdges == 0 ? "core " : "router ") +
              getCoreName(mesh, queue.router),
          queue.count, queue.colour, when);
  return llvm::Error::success();
}

llvm::Expected<TimingResult> Simulation::run() {
  if (llvm::Error error = install(launch.routeTable))
    return std::move(error);
  for (;;) {
    if (llvm::Error error = drain())
      return std::move(error);
    if (cores.hasFailed())
      return cores.takeError();
    bool atEpoch = cores.areAllAtEpoch();
    if (!atEpoch && !cores.areAllHalted())
      return makeError("deadlock: {0}", findDeadlock(cores, *fabric, mesh));
    if (llvm::Error error =
            checkDrained(atEpoch ? "an epoch" : "the end of the launch"))
      return std::move(error);
    if (llvm::Error error = end())
      return std::move(error);
    if (!atEpoch)
      break;
    llvm::Expected<uint32_t> routeTable = cores.passEpoch();
    if (!routeTable)
      return routeTable.takeError();
    if (llvm::Error error = install(*routeTable))
      return std::move(error);
  }
  TimingResult result;
  count(result);
  complete(result);
  return result;
}

/// All queues are drained, so a queue's departures are its arrivals.
void Simulation::count(TimingResult &result) {
  result.vectorOps = cores.getNumVectorOps();
  if (options.linkCounts)
    result.linkWavelets.resize(size_t(mesh.getNumCores()) * (numPorts + 1));
  auto add = [&](uint32_t link, uint64_t wavelets) {
    if (options.linkCounts)
      result.linkWavelets[link] += static_cast<uint32_t>(wavelets);
  };
  for (const std::unique_ptr<Fabric> &used : fabrics) {
    if (!used)
      continue;
    for (const Fabric::Queue &queue : used->getQueues()) {
      if (queue.numEdges == 0)
        result.deliveries += queue.popped;
      if (queue.writer & coreTag) {
        result.wavelets += queue.popped;
        add(getRampLink(mesh, queue.router), queue.popped);
      }
      for (const Fabric::Edge &edge : used->getEdges(queue)) {
        if (Port(edge.link % numPorts) != Port::Ramp)
          result.hops += queue.popped;
        add(edge.link, queue.popped);
      }
    }
  }
  for (Cores::Core &core : cores.getCores())
    result.cores.push_back(core.time);
}
