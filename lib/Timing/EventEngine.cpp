//===- EventEngine.cpp - Time-ordered, with arbitration by T3 -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EventQueue.h"
#include "Simulation.h"

using namespace plmr;

namespace {

/// A router's queue (its index), or a stream of a core (streamTag | number).
using Actor = uint32_t;
constexpr Actor streamTag = 1u << 30;
/// Of an event: the actor was ready before and found a link busy.
constexpr uint32_t retryTag = 1u << 31;

class EventEngine final : public Simulation {
public:
  EventEngine(const Program &program, const Launch &launch,
              llvm::ArrayRef<int32_t> parameters, const TimingOptions &options)
      : Simulation(program, launch, parameters, options),
        streamsPerCore(program.machine.engines + 1),
        linkFree(size_t(program.mesh.getNumCores()) * (numPorts + 1)),
        contended(linkFree.size()) {}

private:
  /// An actor that is ready at the current tick.
  struct Candidate {
    uint64_t age;
    uint8_t colour;
    bool isRetry;
    Actor actor;

    /// T3. Actors that share a link differ in colour; the rest is any order.
    bool operator<(const Candidate &other) const {
      return std::tie(age, colour, actor) <
             std::tie(other.age, other.colour, other.actor);
    }
  };

  void begin() override;
  llvm::Error drain() override;
  llvm::Error end() override { return llvm::Error::success(); }
  void complete(TimingResult &result) override;

  void advanceCore(uint32_t core);
  void considerQueue(uint32_t index);
  void considerCore(uint32_t core);
  void considerStream(uint32_t core, unsigned stream);
  void considerReader(uint32_t index);
  void considerWriter(const Fabric::Queue &queue);

  Candidate makeCandidate(uint32_t event);
  void arbitrate(const Candidate &candidate);
  void fireQueue(uint32_t index);
  void fireStream(uint32_t core, unsigned stream);
  /// When all links of the actor are free; marks the others as contended if
  /// this is its first try.
  uint64_t findLinksFree(const Candidate &candidate);

  FabricOp &getOp(Actor actor) {
    uint32_t number = actor & ~streamTag;
    return cores.getOp(cores.getCores()[number / streamsPerCore],
                       number % streamsPerCore);
  }

  const uint32_t streamsPerCore;
  EventQueue events;
  uint64_t now = 0;
  std::vector<uint64_t> linkFree;
  std::vector<bool> contended;
  std::vector<bool> pendingQueues, pendingStreams; ///< have an event
  std::vector<Candidate> candidates;
};

} // namespace

void EventEngine::begin() {
  pendingQueues.assign(fabric->getQueues().size(), false);
  pendingStreams.assign(size_t(mesh.getNumCores()) * streamsPerCore, false);
  for (uint32_t core = 0; core < mesh.getNumCores(); ++core)
    advanceCore(core);
}

void EventEngine::advanceCore(uint32_t core) {
  cores.advance(core);
  considerCore(core);
}

void EventEngine::considerCore(uint32_t index) {
  Cores::Core &core = cores.getCores()[index];
  for (unsigned stream = 0; stream < cores.getNumStreams(core); ++stream)
    considerStream(index, stream);
}

/// Schedules the stream's next beat if its time is known by now.
void EventEngine::considerStream(uint32_t index, unsigned stream) {
  uint32_t number = index * streamsPerCore + stream;
  const FabricOp &op = cores.getOp(cores.getCores()[index], stream);
  uint64_t tick, produced;
  if (pendingStreams[number] || !op.active || !findIssue(op, tick, produced))
    return;
  pendingStreams[number] = true;
  events.push(tick, streamTag | number);
}

void EventEngine::considerQueue(uint32_t index) {
  uint64_t tick;
  if (pendingQueues[index] || !findDeparture(fabric->getQueue(index), tick))
    return;
  pendingQueues[index] = true;
  events.push(tick, index);
}

void EventEngine::considerReader(uint32_t index) {
  const Fabric::Queue &queue = fabric->getQueue(index);
  if (queue.numEdges == 0)
    considerCore(queue.router);
  else
    considerQueue(index);
}

void EventEngine::considerWriter(const Fabric::Queue &queue) {
  if (queue.writer & coreTag)
    considerCore(queue.writer & ~coreTag);
  else
    considerQueue(queue.writer);
}

llvm::Error EventEngine::drain() {
  // What fires at one tick changes the state of later ticks only, so the
  // candidates of a tick are known before the first of them fires.
  while (!cores.hasFailed() && events.pop(now)) {
    candidates.clear();
    for (uint32_t event : events.getDue())
      candidates.push_back(makeCandidate(event));
    llvm::sort(candidates);
    for (const Candidate &candidate : candidates)
      arbitrate(candidate);
  }
  return llvm::Error::success();
}

EventEngine::Candidate EventEngine::makeCandidate(uint32_t event) {
  Actor actor = event & ~retryTag;
  bool isRetry = event & retryTag;
  if (!(actor & streamTag)) {
    const Fabric::Queue &queue = fabric->getQueue(actor);
    return {fabric->getArrival(queue), queue.colour, isRetry, actor};
  }
  const FabricOp &op = getOp(actor);
  uint64_t tick, produced = 0;
  findIssue(op, tick, produced);
  return {produced, op.sink.colour, isRetry, actor};
}

uint64_t EventEngine::findLinksFree(const Candidate &candidate) {
  uint64_t free = now;
  auto add = [&](uint32_t link) {
    if (linkFree[link] <= now)
      return;
    free = std::max(free, linkFree[link]);
    if (!candidate.isRetry)
      contended[link] = true;
  };
  if (!(candidate.actor & streamTag)) {
    for (const Fabric::Edge &edge :
         fabric->getEdges(fabric->getQueue(candidate.actor)))
      add(edge.link);
  } else if (getOp(candidate.actor).emits()) {
    add(getRampLink(mesh, (candidate.actor & ~streamTag) / streamsPerCore));
  }
  return free;
}

void EventEngine::arbitrate(const Candidate &candidate) {
  uint64_t free = findLinksFree(candidate);
  Actor actor = candidate.actor;
  if (free > now) {
    events.push(free, actor | retryTag);
    return;
  }
  uint32_t number = actor & ~streamTag;
  if (actor & streamTag)
    fireStream(number / streamsPerCore, number % streamsPerCore);
  else
    fireQueue(actor);
}

void EventEngine::fireQueue(uint32_t index) {
  Fabric::Queue &queue = fabric->getQueue(index);
  pendingQueues[index] = false;
  for (const Fabric::Edge &edge : fabric->getEdges(queue))
    linkFree[edge.link] = now + machine.linkTicks;
  depart(
      queue, now, [this](uint32_t reader) { considerReader(reader); },
      [this](const Fabric::Queue &full) { considerWriter(full); });
  considerQueue(index);
}

void EventEngine::fireStream(uint32_t index, unsigned stream) {
  Cores::Core &core = cores.getCores()[index];
  FabricOp &op = cores.getOp(core, stream);
  if (op.emits())
    linkFree[getRampLink(mesh, index)] = now + machine.linkTicks;
  if (stream == 0)
    core.time.fabricStall += now - op.ready;
  uint64_t done = issue(
      op, now, [this](uint32_t reader) { considerReader(reader); },
      [this](const Fabric::Queue &full) { considerWriter(full); });
  pendingStreams[index * streamsPerCore + stream] = false;
  if (op.active) {
    considerStream(index, stream);
    return;
  }
  cores.finishOp(index, stream, done);
  considerCore(index);
}

void EventEngine::complete(TimingResult &result) {
  result.engine = TimingEngine::Event;
  for (uint32_t link = 0; link < contended.size(); ++link)
    if (contended[link])
      result.contendedLinks.push_back(link);
  result.contended = static_cast<unsigned>(result.contendedLinks.size());
}

std::unique_ptr<Simulation>
plmr::createEventSimulation(const Program &program, const Launch &launch,
                            llvm::ArrayRef<int32_t> parameters,
                            const TimingOptions &options) {
  return std::make_unique<EventEngine>(program, launch, parameters, options);
}
