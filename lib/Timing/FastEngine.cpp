//===- FastEngine.cpp - (max,+) recurrences in data-flow order ------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Certificate.h"
#include "Simulation.h"

using namespace plmr;

namespace {

class FastEngine final : public Simulation {
public:
  FastEngine(const Program &program, Cores &cores, Fabric &fabric,
             bool &contended);

private:
  llvm::Error drain() override;
  llvm::Error end() override { return check(~uint64_t(0)); }

  llvm::Error runRounds();
  void runQueue(uint32_t index);
  void runCore(uint32_t index);
  bool runOp(uint32_t index, unsigned stream);

  void wakeQueue(uint32_t index) {
    if (!queuedQueues[index]) {
      queuedQueues[index] = true;
      next.push_back(index);
    }
  }
  void wakeCore(uint32_t index) {
    if (!queuedCores[index]) {
      queuedCores[index] = true;
      next.push_back(coreTag | index);
    }
  }
  void wakeReader(uint32_t index) {
    const Fabric::Queue &queue = fabric->getQueue(index);
    if (queue.numEdges == 0)
      wakeCore(queue.router);
    else
      wakeQueue(index);
  }
  void wakeWriter(const Fabric::Queue &queue) {
    if (queue.writer & coreTag)
      wakeCore(queue.writer & ~coreTag);
    else
      wakeQueue(queue.writer);
  }

  llvm::Error check(uint64_t tick);
  llvm::Error checkPast();

  // Actors to run: an index of a queue, or coreTag | core. In rounds, so that
  // an actor finds a batch of work and no core runs far ahead.
  std::vector<uint32_t> current, next;
  std::vector<uint8_t> queuedQueues, queuedCores;

  Certificate certificate;
  bool &contended;
  /// Per core: the track of its main stream's sends, its engines' follow; or
  /// noTrack where only the main stream can send.
  std::vector<uint32_t> firstTrack;
  size_t checkAt = minCheck;
  static constexpr size_t minCheck = 1 << 22;
};

} // namespace

FastEngine::FastEngine(const Program &program, Cores &cores, Fabric &fabricRef,
                       bool &contended)
    : Simulation(program, cores, fabricRef),
      certificate(program.machine.linkTicks), contended(contended) {
  std::vector<uint32_t> links = fabric->getTrackLinks().vec();
  firstTrack.assign(mesh.getNumCores(), noTrack);
  for (uint32_t core = 0; core < mesh.getNumCores(); ++core) {
    if (!cores.usesEngines(core))
      continue;
    firstTrack[core] = static_cast<uint32_t>(links.size());
    links.insert(links.end(), machine.engines + 1, getRampLink(mesh, core));
  }
  certificate.reset(std::move(links));
  queuedQueues.assign(fabric->getQueues().size(), false);
  queuedCores.assign(mesh.getNumCores(), false);
}

llvm::Error FastEngine::drain() {
  // Cores are started some at a time and run as far as they get, so that what
  // runs at once fits into the host's caches.
  constexpr uint32_t chunk = 256;
  for (uint32_t core = 0; core < mesh.getNumCores(); ++core) {
    wakeCore(core);
    if (core % chunk == chunk - 1)
      if (llvm::Error error = runRounds())
        return error;
  }
  return runRounds();
}

llvm::Error FastEngine::runRounds() {
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

void FastEngine::runQueue(uint32_t index) {
  Fabric::Queue &queue = fabric->getQueue(index);
  llvm::ArrayRef<Fabric::Edge> edges = fabric->getEdges(queue);
  uint64_t tick;
  while (findDeparture(queue, tick)) {
    for (const Fabric::Edge &edge : edges)
      if (edge.track != noTrack)
        certificate.add(edge.track, tick);
    depart(
        queue, tick, [this](uint32_t reader) { wakeReader(reader); },
        [this](const Fabric::Queue &full) { wakeWriter(full); });
  }
}

void FastEngine::runCore(uint32_t index) {
  cores.advance(index);
  Cores::Core &core = cores.getCores()[index];
  for (bool moved = true; moved && !cores.hasFailed();) {
    moved = false;
    for (unsigned stream = 0; stream < cores.getNumStreams(core); ++stream)
      moved |= runOp(index, stream);
  }
}

/// Issues the beats of a stream's operation that can; returns whether it
/// ended, after which the core's other streams may have changed.
bool FastEngine::runOp(uint32_t index, unsigned stream) {
  Cores::Core &core = cores.getCores()[index];
  FabricOp &op = cores.getOp(core, stream);
  uint64_t tick, produced;
  while (op.active && findIssue(op, tick, produced)) {
    if (firstTrack[index] != noTrack && op.emits())
      certificate.add(firstTrack[index] + stream, tick);
    if (stream == 0)
      core.time.fabricStall += tick - op.ready;
    uint64_t done = issue(
        op, tick, [this](uint32_t reader) { wakeReader(reader); },
        [this](const Fabric::Queue &full) { wakeWriter(full); });
    if (!op.active) {
      cores.finishOp(index, stream, done);
      return true;
    }
  }
  return false;
}

llvm::Error FastEngine::check(uint64_t tick) {
  if (certificate.checkUpTo(tick))
    return llvm::Error::success();
  contended = true;
  return makeError("contended: two colours meet at {0}, which the fast engine "
                   "does not time; use auto or event",
                   getLinkName(mesh, certificate.getContendedLink()));
}

/// Every later departure starts from a stream or from a wavelet in a queue,
/// so none is earlier than the earliest of these.
llvm::Error FastEngine::checkPast() {
  uint64_t past = ~uint64_t(0);
  for (Cores::Core &core : cores.getCores()) {
    if (core.state != Cores::State::Halted)
      past = std::min(past, core.clock);
    for (const Cores::Engine &engine : core.engines)
      if (engine.op.active)
        past = std::min(past, engine.op.ready);
  }
  for (Fabric::Queue &queue : fabric->getQueues())
    if (!fabric->isEmpty(queue))
      past = std::min(past, fabric->getArrival(queue));
  llvm::Error error = check(past);
  checkAt = std::max(minCheck, 2 * certificate.getNumRuns());
  return error;
}

std::unique_ptr<Simulation> plmr::createFastSimulation(const Program &program,
                                                       Cores &cores,
                                                       Fabric &fabric,
                                                       bool &contended) {
  return std::make_unique<FastEngine>(program, cores, fabric, contended);
}
