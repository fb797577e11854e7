//===- Simulation.cpp - The time of one segment: data-flow order ----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulation.h"

using namespace plmr;

void plmr::arbitrate(ArbitratedLinks &arbitrated,
                     llvm::ArrayRef<uint32_t> links, const Fabric &fabric) {
  for (uint32_t link : links)
    arbitrated[link] = true;
  for (bool grown = true; grown;) {
    grown = false;
    for (const Fabric::Queue &queue : fabric.getQueues()) {
      auto isArbitrated = [&](const Fabric::Edge &edge) {
        return edge.track == noTrack || arbitrated[edge.link];
      };
      llvm::ArrayRef<Fabric::Edge> edges = fabric.getEdges(queue);
      if (!fabric.isHeld(queue, arbitrated) ||
          llvm::all_of(edges, isArbitrated))
        continue;
      for (const Fabric::Edge &edge : edges)
        arbitrated[edge.link] = true;
      grown = true;
    }
  }
}

Simulation::Simulation(const Program &program, Cores &cores, Fabric &fabric,
                       const ArbitratedLinks &arbitrated)
    : machine(program.machine), mesh(program.mesh), cores(cores),
      fabric(fabric),
      numQueues(static_cast<uint32_t>(fabric.getQueues().size())),
      streamsPerCore(machine.engines + 1), certificate(machine.linkTicks) {
  std::vector<uint32_t> links = fabric.getTrackLinks().vec();
  firstTrack.assign(mesh.getNumCores(), noTrack);
  heldCores.resize(mesh.getNumCores());
  heldQueues.resize(numQueues);
  for (uint32_t index = 0; index < numQueues; ++index)
    heldQueues[index] = fabric.isHeld(fabric.getQueue(index), arbitrated);
  for (uint32_t core = 0; core < mesh.getNumCores(); ++core) {
    uint32_t ramp = getRampLink(mesh, core);
    if (!cores.usesEngines(core))
      continue;
    heldCores[core] = arbitrated[ramp];
    if (heldCores[core])
      continue;
    firstTrack[core] = static_cast<uint32_t>(links.size());
    links.insert(links.end(), streamsPerCore, ramp);
  }
  minCheck = std::max<size_t>(1 << 14, 4 * links.size());
  checkAt = minCheck;
  certificate.reset(std::move(links));
  queuedQueues.assign(numQueues, false);
  queuedCores.assign(mesh.getNumCores(), false);
  if (!llvm::is_contained(heldQueues, true) &&
      !llvm::is_contained(heldCores, true))
    return;
  uint32_t numActors = getStream(mesh.getNumCores(), 0);
  states.assign(numActors, 0);
  events.reset(numActors);
  linkFree.assign(arbitrated.size(), 0);
  linkWanted.assign(arbitrated.size(), ~uint64_t(0));
  contended.resize(arbitrated.size());
}

llvm::Error Simulation::checkDrained(llvm::StringRef when) {
  for (const Fabric::Queue &queue : fabric.getQueues())
    if (!fabric.isEmpty(queue))
      return makeError(
          "not drained: {0} holds {1} wavelet(s) of colour {2} at {3}",
          (queue.numEdges == 0 ? "core " : "router ") +
              getCoreName(mesh, queue.router),
          queue.count, queue.colour, when);
  return llvm::Error::success();
}

llvm::Error Simulation::run() {
  if (llvm::Error error = drain())
    return error;
  if (cores.hasFailed())
    return cores.takeError();
  bool atEpoch = cores.areAllAtEpoch();
  if (!atEpoch && !cores.areAllHalted())
    return makeError("deadlock: {0}", findDeadlock(cores, fabric, mesh));
  if (llvm::Error error =
          checkDrained(atEpoch ? "an epoch" : "the end of the launch"))
    return error;
  return check(~uint64_t(0));
}

/// Fires actors until none can fire.
llvm::Error Simulation::drain() {
  // Cores are started some at a time and run as far as they get, so that what
  // runs at once fits into the host's caches.
  constexpr uint32_t chunk = 256;
  for (uint32_t core = 0; core < mesh.getNumCores(); ++core) {
    wakeCore(core);
    if (core % chunk == chunk - 1 || core + 1 == mesh.getNumCores())
      if (llvm::Error error = runRounds())
        return error;
  }
  while (!states.empty() && !cores.hasFailed() && events.pop(now, due)) {
    fireNextTick();
    if (llvm::Error error = runRounds())
      return error;
  }
  return llvm::Error::success();
}

/// Fires actors that are not held until none can fire.
llvm::Error Simulation::runRounds() {
  while (!next.empty() && !cores.hasFailed()) {
    std::swap(current, next);
    next.clear();
    for (uint32_t actor : current) {
      if (actor & coreTag) {
        queuedCores[actor & ~coreTag] = false;
        runCore(actor & ~coreTag);
      } else {
        queuedQueues[actor] = false;
        runQueue(actor);
      }
    }
    if (certificate.getNumRuns() > checkAt)
      if (llvm::Error error = checkPast())
        return error;
  }
  return llvm::Error::success();
}

/// The earliest tick at which the queue's first wavelet may leave, but for
/// other colours on its links. False if it cannot leave.
bool Simulation::findDeparture(const Fabric::Queue &queue, uint64_t &tick) {
  if (fabric.isEmpty(queue))
    return false;
  tick = std::max(fabric.getArrival(queue), queue.next);
  for (const Fabric::Edge &edge : fabric.getEdges(queue)) {
    const Fabric::Queue &target = fabric.getQueue(edge.queue);
    if (fabric.isFull(target))
      return false;
    tick = std::max(tick, fabric.getFreeTime(target));
  }
  return true;
}

/// The same for the current beat of `op`. `produced` is when its operands
/// were ready, which is its age (T3).
bool Simulation::findIssue(const FabricOp &op, uint64_t &tick,
                           uint64_t &produced) {
  produced = op.ready;
  for (unsigned i = 0; i < op.numSources; ++i) {
    if (!op.takes(i))
      continue;
    const Fabric::Queue &queue = fabric.getQueue(op.sources[i].queue);
    if (fabric.isEmpty(queue))
      return false;
    produced = std::max(produced, fabric.getArrival(queue));
  }
  tick = produced;
  if (!op.emits())
    return true;
  const Fabric::Queue &sink = fabric.getQueue(op.sink.queue);
  if (fabric.isFull(sink))
    return false;
  tick = std::max(tick, fabric.getFreeTime(sink));
  return true;
}

/// The queue's first wavelet leaves at `tick`.
void Simulation::depart(uint32_t index, uint64_t tick) {
  Fabric::Queue &queue = fabric.getQueue(index);
  queue.next = tick + machine.linkTicks;
  if (fabric.pop(queue, tick))
    wakeWriter(queue);
  for (const Fabric::Edge &edge : fabric.getEdges(queue))
    if (fabric.push(fabric.getQueue(edge.queue), tick + edge.latency))
      wakeReader(edge.queue);
}

/// The current beat of the stream issues at `tick`. Returns whether it ended
/// its operation, after which the core's other streams may have changed.
bool Simulation::issue(uint32_t index, unsigned stream, uint64_t tick) {
  Cores::Core &core = cores.getCores()[index];
  FabricOp &op = cores.getOp(core, stream);
  for (unsigned i = 0; i < op.numSources; ++i) {
    if (!op.takes(i))
      continue;
    Fabric::Queue &queue = fabric.getQueue(op.sources[i].queue);
    if (fabric.pop(queue, tick))
      wakeWriter(queue);
  }
  if (op.emits() &&
      fabric.push(fabric.getQueue(op.sink.queue), tick + machine.rampTicks))
    wakeReader(op.sink.queue);
  if (stream == 0)
    core.time.fabricStall += tick - op.ready;
  uint64_t done = op.issue(tick);
  if (op.active)
    return false;
  cores.finishOp(index, stream, done);
  return true;
}

void Simulation::runQueue(uint32_t index) {
  Fabric::Queue &queue = fabric.getQueue(index);
  llvm::ArrayRef<Fabric::Edge> edges = fabric.getEdges(queue);
  uint64_t tick;
  while (findDeparture(queue, tick)) {
    if (heldQueues[index])
      return hold(index, tick);
    for (const Fabric::Edge &edge : edges)
      if (edge.track != noTrack)
        certificate.add(edge.track, tick);
    depart(index, tick);
  }
}

void Simulation::runCore(uint32_t index) {
  cores.advance(index);
  Cores::Core &core = cores.getCores()[index];
  for (bool moved = true; moved && !cores.hasFailed();) {
    moved = false;
    for (unsigned stream = 0; stream < cores.getNumStreams(core); ++stream)
      moved |= runOp(index, stream);
  }
}

/// Issues the beats of a stream's operation that can; returns whether it
/// ended.
bool Simulation::runOp(uint32_t index, unsigned stream) {
  FabricOp &op = cores.getOp(cores.getCores()[index], stream);
  if (op.active && runMessage(index, stream))
    return true;
  uint64_t tick, produced;
  while (op.active && findIssue(op, tick, produced)) {
    if (op.emits() && heldCores[index]) {
      hold(getStream(index, stream), tick);
      return false;
    }
    if (op.emits() && firstTrack[index] != noTrack)
      certificate.add(firstTrack[index] + stream, tick);
    if (issue(index, stream, tick))
      return true;
  }
  return false;
}

llvm::Error Simulation::check(uint64_t tick) {
  metLinks = certificate.checkUpTo(tick);
  if (metLinks.empty())
    return llvm::Error::success();
  return makeError("contended: two colours meet at {0}, which the fast engine "
                   "does not time; use auto or event",
                   getLinkName(mesh, metLinks.front()));
}

/// Every later departure starts from a stream or from a wavelet in a queue,
/// so none is earlier than the earliest of these.
llvm::Error Simulation::checkPast() {
  uint64_t past = ~uint64_t(0);
  for (Cores::Core &core : cores.getCores()) {
    if (core.state != Cores::State::Halted)
      past = std::min(past, core.clock);
    for (const Cores::Engine &engine : core.engines)
      if (engine.op.active)
        past = std::min(past, engine.op.ready);
  }
  for (Fabric::Queue &queue : fabric.getQueues())
    if (!fabric.isEmpty(queue))
      past = std::min(past, fabric.getArrival(queue));
  llvm::Error error = check(past);
  checkAt = std::max(minCheck, 2 * certificate.getNumRuns());
  return error;
}
