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

/// A queue by its index; the cores' streams follow.
using Actor = uint32_t;

class EventEngine final : public Simulation {
public:
  EventEngine(const Program &program, Cores &cores, Fabric &fabric);
  std::vector<uint32_t> getContendedLinks() const override;

private:
  /// An actor that is ready at the current tick.
  struct Candidate {
    uint64_t age;
    uint8_t colour;
    Actor actor;

    /// T3. Actors that share a link differ in colour; the rest is any order.
    bool operator<(const Candidate &other) const {
      return std::tie(age, colour, actor) <
             std::tie(other.age, other.colour, other.actor);
    }
  };

  llvm::Error drain() override;

  void advanceCore(uint32_t core);
  void considerQueue(uint32_t index);
  void considerCore(uint32_t core);
  void considerStream(uint32_t core, unsigned stream);
  void considerReader(uint32_t index);
  void considerWriter(const Fabric::Queue &queue);
  void schedule(Actor actor, uint64_t tick) {
    states[actor] |= Pending;
    events.push(tick, actor);
  }

  bool doShareLinks();
  Candidate makeCandidate(Actor actor);
  void arbitrate(Actor actor);
  void fire(Actor actor);
  void fireQueue(uint32_t index);
  void fireStream(uint32_t core, unsigned stream);
  /// When all links of the actor are free; marks the others as contended if
  /// this is its first try.
  uint64_t findLinksFree(Actor actor);

  /// Calls `fn` with each link that the actor's next wavelet moves over.
  template <typename Fn> void forEachLink(Actor actor, Fn fn) {
    if (isQueue(actor))
      for (const Fabric::Edge &edge : fabric->getEdges(fabric->getQueue(actor)))
        fn(edge.link);
    else if (getOp(actor).emits())
      fn(getRampLink(mesh, getCore(actor)));
  }

  bool isQueue(Actor actor) const { return actor < numQueues; }
  uint32_t getCore(Actor actor) const {
    return (actor - numQueues) / streamsPerCore;
  }
  FabricOp &getOp(Actor actor) {
    return cores.getOp(cores.getCores()[getCore(actor)],
                       (actor - numQueues) % streamsPerCore);
  }

  enum : uint8_t {
    Pending = 1, ///< has an event
    Retries = 2, ///< was ready before and found a link busy
    Shares = 4   ///< other actors use one of its links
  };

  const uint32_t streamsPerCore;
  EventQueue events;
  uint64_t now = 0;
  std::vector<uint64_t> linkFree;
  std::vector<uint64_t> linkWanted; ///< the last tick at which an actor did
  std::vector<bool> contended;
  const uint32_t numQueues;
  std::vector<uint8_t> states; ///< per actor
  std::vector<Actor> due;      ///< at the current tick
  std::vector<Candidate> candidates;
};

} // namespace

EventEngine::EventEngine(const Program &program, Cores &cores, Fabric &fabric)
    : Simulation(program, cores, fabric),
      streamsPerCore(program.machine.engines + 1),
      linkFree(size_t(program.mesh.getNumCores()) * (numPorts + 1)),
      linkWanted(linkFree.size(), ~uint64_t(0)), contended(linkFree.size()),
      numQueues(static_cast<uint32_t>(fabric.getQueues().size())) {
  uint32_t numActors = numQueues + mesh.getNumCores() * streamsPerCore;
  events.reset(numActors);
  states.assign(numActors, 0);
  for (uint32_t index = 0; index < numQueues; ++index)
    for (const Fabric::Edge &edge : fabric.getEdges(fabric.getQueue(index)))
      if (edge.track != noTrack)
        states[index] = Shares;
  for (Actor actor = numQueues; actor < numActors; ++actor)
    if (cores.usesEngines(getCore(actor)))
      states[actor] = Shares;
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
  Actor actor = numQueues + index * streamsPerCore + stream;
  const FabricOp &op = cores.getOp(cores.getCores()[index], stream);
  uint64_t tick, produced;
  if (!(states[actor] & Pending) && op.active && findIssue(op, tick, produced))
    schedule(actor, tick);
}

void EventEngine::considerQueue(uint32_t index) {
  uint64_t tick;
  if (!(states[index] & Pending) &&
      findDeparture(fabric->getQueue(index), tick))
    schedule(index, tick);
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
  for (uint32_t core = 0; core < mesh.getNumCores(); ++core)
    advanceCore(core);
  // What fires at one tick changes the state of later ticks only, so that the
  // order matters only between those that share a link.
  while (!cores.hasFailed() && events.pop(now, due)) {
    if (doShareLinks()) {
      candidates.clear();
      for (Actor actor : due)
        candidates.push_back(makeCandidate(actor));
      llvm::sort(candidates);
      for (auto [actor, candidate] : llvm::zip_equal(due, candidates))
        actor = candidate.actor;
    }
    for (Actor actor : due)
      if (states[actor] & Shares)
        arbitrate(actor);
      else
        fire(actor);
  }
  return llvm::Error::success();
}

/// Whether two of the actors that are due want one link.
bool EventEngine::doShareLinks() {
  bool found = false;
  for (Actor actor : due)
    if (states[actor] & Shares)
      forEachLink(actor, [&](uint32_t link) {
        found |= linkWanted[link] == now;
        linkWanted[link] = now;
      });
  return found;
}

EventEngine::Candidate EventEngine::makeCandidate(Actor actor) {
  if (isQueue(actor)) {
    const Fabric::Queue &queue = fabric->getQueue(actor);
    return {fabric->getArrival(queue), queue.colour, actor};
  }
  const FabricOp &op = getOp(actor);
  uint64_t tick, produced = 0;
  findIssue(op, tick, produced);
  return {produced, op.sink.colour, actor};
}

uint64_t EventEngine::findLinksFree(Actor actor) {
  uint64_t free = now;
  forEachLink(actor, [&](uint32_t link) {
    if (linkFree[link] <= now)
      return;
    free = std::max(free, linkFree[link]);
    if (!(states[actor] & Retries))
      contended[link] = true;
  });
  return free;
}

void EventEngine::arbitrate(Actor actor) {
  uint64_t free = findLinksFree(actor);
  if (free == now) {
    forEachLink(actor, [&](uint32_t link) {
      linkFree[link] = now + machine.linkTicks;
    });
    return fire(actor);
  }
  states[actor] |= Retries;
  events.push(free, actor);
}

void EventEngine::fire(Actor actor) {
  states[actor] &= Shares;
  if (isQueue(actor))
    return fireQueue(actor);
  uint32_t number = actor - numQueues;
  fireStream(number / streamsPerCore, number % streamsPerCore);
}

void EventEngine::fireQueue(uint32_t index) {
  Fabric::Queue &queue = fabric->getQueue(index);
  depart(
      queue, now, [this](uint32_t reader) { considerReader(reader); },
      [this](const Fabric::Queue &full) { considerWriter(full); });
  considerQueue(index);
}

void EventEngine::fireStream(uint32_t index, unsigned stream) {
  Cores::Core &core = cores.getCores()[index];
  FabricOp &op = cores.getOp(core, stream);
  if (stream == 0)
    core.time.fabricStall += now - op.ready;
  uint64_t done = issue(
      op, now, [this](uint32_t reader) { considerReader(reader); },
      [this](const Fabric::Queue &full) { considerWriter(full); });
  if (op.active) {
    considerStream(index, stream);
    return;
  }
  cores.finishOp(index, stream, done);
  considerCore(index);
}

std::vector<uint32_t> EventEngine::getContendedLinks() const {
  std::vector<uint32_t> links;
  for (uint32_t link = 0; link < contended.size(); ++link)
    if (contended[link])
      links.push_back(link);
  return links;
}

std::unique_ptr<Simulation> plmr::createEventSimulation(const Program &program,
                                                        Cores &cores,
                                                        Fabric &fabric) {
  return std::make_unique<EventEngine>(program, cores, fabric);
}
