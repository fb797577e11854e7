//===- Deadlock.cpp - Who waits for whom ----------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulation.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;

namespace {

/// Why a core does not go on, and the core that it waits for.
struct Blocked {
  std::string text;
  uint32_t cause = 0;
};

class WaitGraph {
public:
  WaitGraph(Cores &cores, Fabric &fabric, MeshShape mesh)
      : cores(cores), fabric(fabric), mesh(mesh) {}

  std::string describe();

private:
  bool isDone(uint32_t core) {
    return cores.getCores()[core].state == Cores::State::Halted;
  }
  Blocked find(uint32_t core);
  Blocked findForOp(uint32_t core, const FabricOp &op);
  uint32_t findSender(uint32_t queue);
  uint32_t findReceiver(uint32_t queue);

  Cores &cores;
  Fabric &fabric;
  MeshShape mesh;
};

} // namespace

/// Who should empty the full `queue`.
uint32_t WaitGraph::findReceiver(uint32_t index) {
  for (;;) {
    const Fabric::Queue &queue = fabric.getQueue(index);
    uint32_t full = noQueue;
    for (const Fabric::Edge &edge : fabric.getEdges(queue))
      if (fabric.isFull(fabric.getQueue(edge.queue)))
        full = edge.queue;
    if (full == noQueue)
      return queue.router;
    index = full;
  }
}

/// Who should fill the empty `queue`.
uint32_t WaitGraph::findSender(uint32_t index) {
  for (;;) {
    uint32_t writer = fabric.getQueue(index).writer;
    if (writer & coreTag)
      return writer & ~coreTag;
    index = writer;
    if (!fabric.isEmpty(fabric.getQueue(index)))
      return findReceiver(index); // stuck behind another branch
  }
}

Blocked WaitGraph::findForOp(uint32_t core, const FabricOp &op) {
  std::string where = cores.describe(core, op.pc);
  for (unsigned i = 0; i < op.numSources; ++i) {
    uint32_t queue = op.sources[i].queue;
    if (!op.takes(i) || !fabric.isEmpty(fabric.getQueue(queue)))
      continue;
    uint32_t cause = findSender(queue);
    return {llvm::formatv("{0} waits to receive colour {1}, for core {2}",
                          where, op.sources[i].colour,
                          getCoreName(mesh, cause)),
            cause};
  }
  uint32_t cause = findReceiver(op.sink.queue);
  return {llvm::formatv("{0} waits to send colour {1}, its queue is full up to "
                        "core {2}",
                        where, op.sink.colour, getCoreName(mesh, cause)),
          cause};
}

Blocked WaitGraph::find(uint32_t index) {
  Cores::Core &core = cores.getCores()[index];
  if (core.state == Cores::State::Running)
    return findForOp(index, core.op);
  if (core.state == Cores::State::WaitsForEngine)
    return findForOp(index, core.engines[core.engine].op);
  uint32_t cause = 0;
  while (cores.getCores()[cause].state == Cores::State::AtEpoch)
    ++cause;
  return {llvm::formatv("{0} waits at an epoch, for core {1}",
                        cores.describe(index, core.sequencer.getPC()),
                        getCoreName(mesh, cause)),
          cause};
}

std::string WaitGraph::describe() {
  uint32_t core = 0;
  while (isDone(core))
    ++core;
  std::vector<uint32_t> order;
  std::vector<std::string> texts;
  std::vector<bool> visited(mesh.getNumCores());
  while (!visited[core] && !isDone(core)) {
    visited[core] = true;
    Blocked blocked = find(core);
    order.push_back(core);
    texts.push_back(std::move(blocked.text));
    core = blocked.cause;
  }
  std::string tail;
  if (isDone(core))
    tail = llvm::formatv("; core {0} has halted", getCoreName(mesh, core));
  else // Only the cycle matters, not the way to it.
    texts.erase(texts.begin(),
                texts.begin() + (llvm::find(order, core) - order.begin()));
  constexpr size_t maxTexts = 8;
  if (texts.size() > maxTexts) {
    tail =
        llvm::formatv("; and {0} more cores", texts.size() - maxTexts).str() +
        tail;
    texts.resize(maxTexts);
  }
  return llvm::join(texts, "; ") + tail;
}

std::string plmr::findDeadlock(Cores &cores, Fabric &fabric, MeshShape mesh) {
  return WaitGraph(cores, fabric, mesh).describe();
}
