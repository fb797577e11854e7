//===- Simulation.h - The time of one segment -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An actor is a router's queue or a stream of a core. It fires when its inputs
// hold a wavelet and its outputs a free slot; the earliest tick follows from
// the time stamps of these slots. Actors fire in data-flow order, as soon as
// they can, with two exceptions.
//
// An actor is *held* if it uses a link that is arbitrated: it may have to wait
// for other colours there. When no other actor can fire, the held ones that
// can fire know their ticks, and what fires at one tick changes the state of
// later ticks only (T3). So no actor can become ready before the earliest of
// these ticks, nor at it: those of the earliest tick are all that compete at
// it. They fire by T3, and the others go on.
//
// Links that are not arbitrated are taken as free, and the certificate (T10)
// tells those on which that was wrong.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TIMING_SIMULATION_H
#define PLMR_LIB_TIMING_SIMULATION_H

#include "Certificate.h"
#include "Cores.h"
#include "EventQueue.h"
#include "llvm/ADT/SmallVector.h"

namespace plmr {

/// Per link: whether several of its users take turns by T3.
using ArbitratedLinks = std::vector<bool>;

/// No link is (`value` false) or all are.
inline ArbitratedLinks makeArbitratedLinks(MeshShape mesh, bool value) {
  return ArbitratedLinks(size_t(mesh.getNumCores()) * (numPorts + 1), value);
}

/// Adds `links`. An actor that has one arbitrated link needs the others too,
/// since it waits for all of them at once.
void arbitrate(ArbitratedLinks &arbitrated, llvm::ArrayRef<uint32_t> links,
               const Fabric &fabric);

/// Times one segment: from where the cores stand to the next epoch or the end.
class Simulation {
public:
  Simulation(const Program &program, Cores &cores, Fabric &fabric,
             const ArbitratedLinks &arbitrated);

  /// An error leaves cores and queues somewhere in the segment.
  llvm::Error run();

  /// After an error: links on which two colours met though they are not
  /// arbitrated; empty if that was not the reason.
  llvm::ArrayRef<uint32_t> getMetLinks() const { return metLinks; }
  /// Links on which wavelets waited for those of another colour, ascending.
  std::vector<uint32_t> getContendedLinks() const;

private:
  /// A queue by its index; the cores' streams follow.
  using Actor = uint32_t;

  //===--------------------------------------------------------------------===//
  // Data-flow order
  //===--------------------------------------------------------------------===//

  llvm::Error drain();
  llvm::Error runRounds();
  void runQueue(uint32_t index);
  void runCore(uint32_t index);
  bool runOp(uint32_t index, unsigned stream);
  void depart(uint32_t index, uint64_t tick);
  bool issue(uint32_t index, unsigned stream, uint64_t tick);
  bool findDeparture(const Fabric::Queue &queue, uint64_t &tick);
  bool findIssue(const FabricOp &op, uint64_t &tick, uint64_t &produced);

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
    const Fabric::Queue &queue = fabric.getQueue(index);
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

  //===--------------------------------------------------------------------===//
  // Messages
  //===--------------------------------------------------------------------===//

  /// A stream of a core.
  struct End {
    uint32_t core = 0;
    unsigned stream = 0;
    uint64_t tick = 0; ///< of the latest beat
    uint64_t done = 0; ///< when it is
  };
  struct Hop {
    uint32_t queue;
    const Fabric::Edge *edge; ///< the only one; none: the receiver's queue
    bool isHeld;
    uint64_t limit = 0; ///< held: may fire before this tick only
    uint64_t tick = 0;  ///< of the latest departure
  };
  /// Two operations, of which one receives what the other sends, and the queues
  /// between them.
  struct Message {
    End sender, receiver;
    llvm::SmallVector<Hop, 16> hops;
    uint64_t limit = 0;     ///< held: may send before this tick only
    uint64_t period = 0;    ///< from the wavelet before to the latest
    unsigned numSteady = 0; ///< wavelets in a row with that period everywhere
    unsigned words = 0;     ///< of the largest queue
    bool moved = false;
  };

  FabricOp &getOp(const End &end) {
    return cores.getOp(cores.getCores()[end.core], end.stream);
  }
  bool runMessage(uint32_t core, unsigned stream);
  bool findMessage(uint32_t core, unsigned stream);
  bool findSender(uint32_t queue);
  bool findHops(uint32_t root);
  bool findReceiver(uint32_t queue);
  uint64_t getLimit(const Fabric::Queue &own, const Fabric::Edge &edge);
  uint64_t getBound(const Fabric::Queue &queue);
  uint64_t getBound(uint32_t core,
                    llvm::function_ref<bool(const FabricOp &)> isAny,
                    const FabricOp *own = nullptr);
  void moveMessage();
  bool sendWavelet();
  bool moveWavelet(size_t hop, uint64_t arrival);
  template <typename GetLimit>
  bool useLink(uint32_t link, uint64_t tick, uint64_t &limit,
               GetLimit getLimit);
  void issueBeat(End &end, uint64_t tick);
  void noteTick(uint64_t &last, uint64_t tick);
  uint64_t countSteady();
  void skip(uint64_t wavelets);
  void skipBeats(End &end, uint64_t beats);
  void finishMessage();

  llvm::Error check(uint64_t tick);
  llvm::Error checkPast();
  llvm::Error checkDrained(llvm::StringRef when);

  //===--------------------------------------------------------------------===//
  // Arbitration
  //===--------------------------------------------------------------------===//

  /// A held actor that is ready at the current tick.
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

  void hold(Actor actor, uint64_t tick);
  bool isDue(Actor actor);
  void fireNextTick();
  bool doShareLinks();
  Candidate makeCandidate(Actor actor);
  void tryToFire(Actor actor);
  uint64_t findLinksFree(Actor actor);

  /// Calls `fn` with each link that a held actor's next wavelet moves over.
  template <typename Fn> void forEachLink(Actor actor, Fn fn) {
    if (!isQueue(actor))
      return fn(getRampLink(mesh, getCore(actor)));
    for (const Fabric::Edge &edge : fabric.getEdges(fabric.getQueue(actor)))
      fn(edge.link);
  }

  bool isQueue(Actor actor) const { return actor < numQueues; }
  Actor getStream(uint32_t core, unsigned stream) const {
    return numQueues + core * streamsPerCore + stream;
  }
  uint32_t getCore(Actor actor) const {
    return (actor - numQueues) / streamsPerCore;
  }
  unsigned getStreamNumber(Actor actor) const {
    return (actor - numQueues) % streamsPerCore;
  }

  const Machine &machine;
  const MeshShape mesh;
  Cores &cores;
  Fabric &fabric;
  const uint32_t numQueues, streamsPerCore;

  // Actors to run: an index of a queue, or coreTag | core. In rounds, so that
  // an actor finds a batch of work and no core runs far ahead.
  std::vector<uint32_t> current, next;
  std::vector<uint8_t> queuedQueues, queuedCores;

  Certificate certificate;
  /// Per core: the track of its main stream's sends, its engines' follow; or
  /// noTrack where that link needs no certificate.
  std::vector<uint32_t> firstTrack;
  size_t minCheck, checkAt; ///< in runs of the certificate
  std::vector<uint32_t> metLinks;

  Message message; ///< the current one

  std::vector<bool> heldQueues, heldCores; ///< these sends of the core are
  enum : uint8_t {
    Pending = 1, ///< has an event
    Retries = 2  ///< was ready before and found a link busy
  };
  // What follows is empty if no actor is held.
  std::vector<uint8_t> states; ///< per actor
  EventQueue events;
  uint64_t now = 0;
  std::vector<uint64_t> linkFree;   ///< per link: from when on
  std::vector<uint64_t> linkWanted; ///< the last tick at which an actor did
  std::vector<bool> contended;
  std::vector<Actor> due; ///< at the current tick
  std::vector<Candidate> candidates;
};

/// Who waits for whom in a state where nothing can fire: a cycle if there is
/// one, else a chain that ends at a core that has halted.
std::string findDeadlock(Cores &cores, Fabric &fabric, MeshShape mesh);

/// The engine that steps every tick.
llvm::Expected<TimingResult> runOracle(const Program &program,
                                       const Launch &launch,
                                       llvm::ArrayRef<int32_t> parameters);

} // namespace plmr

#endif // PLMR_LIB_TIMING_SIMULATION_H
