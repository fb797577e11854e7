//===- Message.cpp - The time of one segment: messages at once ------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Most wavelets go from an operation that does nothing but send to one that
// does nothing but receive, on a way without forks. These actors and queues
// depend on nothing else, so they may run to the end of one of the operations,
// wavelet by wavelet: when all wavelets before one have been received, all
// queues before it are empty, and it may go all its way. Once a wavelet has
// left everything exactly as the one before it, but for a shift in time, so
// will all that follow.
//
// An actor that is held may fire at a tick that comes before any at which
// another user of its links can want them.
//
//===----------------------------------------------------------------------===//

#include "Simulation.h"

using namespace plmr;

static constexpr uint64_t never = ~uint64_t(0);

/// Moves all that can be moved of the message that the stream sends or
/// receives. Returns whether anything moved.
bool Simulation::runMessage(uint32_t core, unsigned stream) {
  if (!findMessage(core, stream))
    return false;
  moveMessage();
  if (message.moved)
    finishMessage();
  return message.moved;
}

//===----------------------------------------------------------------------===//
// The way
//===----------------------------------------------------------------------===//

bool Simulation::findMessage(uint32_t core, unsigned stream) {
  message.sender = message.receiver = {core, stream};
  message.limit = 0;
  message.moved = false;
  message.numSteady = 0;
  const FabricOp &op = getOp(message.sender);
  if (op.isSend())
    return findHops(op.sink.queue) && findReceiver(message.hops.back().queue);
  if (!op.isReceive())
    return false;
  uint32_t root = op.sources[0].queue;
  while (!(fabric.getQueue(root).writer & coreTag)) {
    root = fabric.getQueue(root).writer;
    // Of a multicast every receiver would walk back to the root.
    if (fabric.getQueue(root).numEdges > 1)
      return false;
  }
  return findSender(root) && findHops(root);
}

bool Simulation::findSender(uint32_t queue) {
  End &end = message.sender;
  end = {fabric.getQueue(queue).writer & ~coreTag, 0};
  unsigned streams = cores.getNumStreams(cores.getCores()[end.core]);
  for (; end.stream < streams; ++end.stream) {
    const FabricOp &op = getOp(end);
    if (op.active && op.sink.queue == queue)
      return op.isSend();
  }
  return false;
}

bool Simulation::findReceiver(uint32_t queue) {
  End &end = message.receiver;
  end = {fabric.getQueue(queue).router, 0};
  unsigned streams = cores.getNumStreams(cores.getCores()[end.core]);
  for (; end.stream < streams; ++end.stream) {
    const FabricOp &op = getOp(end);
    if (op.active && op.isReceive() && op.sources[0].queue == queue)
      return true;
  }
  return false;
}

/// From the sender's queue to the receiver's. False if the way forks.
bool Simulation::findHops(uint32_t root) {
  message.hops.clear();
  message.words = 0;
  for (uint32_t index = root;;) {
    const Fabric::Queue &queue = fabric.getQueue(index);
    message.words = std::max<unsigned>(message.words, queue.capacity);
    if (queue.numEdges == 0) {
      message.hops.push_back({index, nullptr, false});
      return true;
    }
    const Fabric::Edge &edge = fabric.getEdges(queue).front();
    message.hops.push_back({index, &edge, heldQueues[index]});
    if (queue.numEdges > 1)
      return false;
    index = edge.queue;
  }
}

//===----------------------------------------------------------------------===//
// When others may want a link
//===----------------------------------------------------------------------===//

/// When another queue of the router may want the link of `edge`, which is one
/// of `own`.
uint64_t Simulation::getLimit(const Fabric::Queue &own,
                              const Fabric::Edge &edge) {
  uint64_t limit = never;
  for (const Fabric::Queue &queue : fabric.getQueuesOf(own.router))
    for (const Fabric::Edge &other : fabric.getEdges(queue))
      if (other.link == edge.link && &queue != &own)
        limit = std::min(limit, getBound(queue));
  return limit;
}

/// A tick before which no wavelet leaves `queue`.
uint64_t Simulation::getBound(const Fabric::Queue &queue) {
  auto add = [](uint64_t tick, uint64_t ticks) {
    return tick == never ? never : tick + ticks;
  };
  if (!fabric.isEmpty(queue)) {
    uint64_t bound = std::max(fabric.getArrival(queue), queue.next);
    for (const Fabric::Edge &edge : fabric.getEdges(queue)) {
      const Fabric::Queue &target = fabric.getQueue(edge.queue);
      bound =
          std::max(bound, fabric.isFull(target) ? add(getBound(target), 1)
                                                : fabric.getFreeTime(target));
    }
    if (queue.numEdges == 0)
      bound =
          std::max(bound, getBound(queue.router, [&](const FabricOp &op) {
                     return llvm::any_of(
                         llvm::ArrayRef(op.sources).take_front(op.numSources),
                         [&](const FabricOperand &source) {
                           return source.colour == queue.colour;
                         });
                   }));
    return bound;
  }
  if (!(queue.writer & coreTag))
    return add(getBound(fabric.getQueue(queue.writer)), machine.hopTicks);
  uint64_t bound = getBound(queue.writer & ~coreTag, [&](const FabricOp &op) {
    return op.sink.queue != noQueue && op.sink.colour == queue.colour;
  });
  return add(bound, machine.rampTicks);
}

/// A tick before which no operation of the core issues a beat if `isAny` says
/// that it is one of those that are meant. Until `own` ends no time counts.
uint64_t Simulation::getBound(uint32_t index,
                              llvm::function_ref<bool(const FabricOp &)> isAny,
                              const FabricOp *own) {
  const Cores::Core &core = cores.getCores()[index];
  uint64_t bound = never;
  for (const Cores::Engine &engine : core.engines)
    if (engine.op.active && isAny(engine.op))
      bound = std::min(bound, engine.op.ready);
  // All other operations the main stream has yet to reach.
  const FabricOp *awaited = nullptr;
  switch (core.state) {
  case Cores::State::Running:
    if (core.op.active && isAny(core.op))
      return std::min(bound, core.op.ready);
    awaited = &core.op;
    break;
  case Cores::State::WaitsForEngine:
    if (core.engine < core.engines.size())
      awaited = &core.engines[core.engine].op;
    break;
  case Cores::State::AtEpoch:
  case Cores::State::Halted:
    return bound;
  }
  if (own && awaited == own)
    return bound;
  uint64_t reached = core.clock;
  if (awaited && awaited->active)
    reached = std::max(reached, awaited->getEarliestEnd());
  return std::min(bound, reached);
}

//===----------------------------------------------------------------------===//
// Wavelets
//===----------------------------------------------------------------------===//

/// Stops where a link may be another's.
void Simulation::moveMessage() {
  uint64_t left = getOp(message.receiver).getBeats();
  // What is on its way, the oldest first.
  for (size_t hop = message.hops.size(); hop-- > 0;) {
    Fabric::Queue &queue = fabric.getQueue(message.hops[hop].queue);
    for (unsigned count = queue.count; count != 0; --count) {
      if (left-- == 0 || !moveWavelet(hop, fabric.take(queue)))
        return;
    }
  }
  const FabricOp &send = getOp(message.sender);
  for (; left != 0 && send.active; --left) {
    if (!sendWavelet())
      return;
    if (uint64_t wavelets = std::min(left - 1, countSteady())) {
      skip(wavelets);
      left -= wavelets;
    }
  }
}

/// Takes a held actor's link if it is free and no other can want it by then.
/// `limit` is when one can, from `getLimit`.
template <typename GetLimit>
bool Simulation::useLink(uint32_t link, uint64_t tick, uint64_t &limit,
                         GetLimit getLimit) {
  if (linkFree[link] > tick)
    return false;
  if (tick >= limit)
    limit = getLimit();
  if (tick >= limit)
    return false;
  linkFree[link] = tick + machine.linkTicks;
  return true;
}

bool Simulation::sendWavelet() {
  End &sender = message.sender;
  const FabricOp &op = getOp(sender);
  uint64_t tick =
      std::max(op.ready,
               fabric.getFreeTime(fabric.getQueue(message.hops.front().queue)));
  if (heldCores[message.sender.core]) {
    auto getLimit = [&] {
      auto sends = [&](const FabricOp &other) {
        return &other != &op && other.sink.queue != noQueue;
      };
      return getBound(sender.core, sends, &op);
    };
    if (!useLink(getRampLink(mesh, sender.core), tick, message.limit, getLimit))
      return false;
  } else if (firstTrack[sender.core] != noTrack) {
    certificate.add(firstTrack[sender.core] + sender.stream, tick);
  }
  ++message.numSteady;
  if (tick - sender.tick != message.period)
    message.numSteady = 0;
  message.period = tick - sender.tick;
  issueBeat(sender, tick);
  return moveWavelet(0, tick + machine.rampTicks);
}

/// Moves a wavelet from a queue where it arrives at `arrival` to the receiver.
/// The queues behind are empty. False if it stops on the way.
bool Simulation::moveWavelet(size_t first, uint64_t arrival) {
  for (size_t i = first; message.hops[i].edge; ++i) {
    Hop &hop = message.hops[i];
    Fabric::Queue &queue = fabric.getQueue(hop.queue);
    uint64_t tick =
        std::max({arrival, queue.next,
                  fabric.getFreeTime(fabric.getQueue(hop.edge->queue))});
    if (hop.isHeld) {
      auto getLimit = [&] { return this->getLimit(queue, *hop.edge); };
      if (!useLink(hop.edge->link, tick, hop.limit, getLimit)) {
        fabric.putBack(queue, arrival);
        return false;
      }
    } else if (hop.edge->track != noTrack) {
      certificate.add(hop.edge->track, tick);
    }
    queue.next = tick + machine.linkTicks;
    fabric.pass(queue, tick);
    noteTick(hop.tick, tick);
    arrival = tick + hop.edge->latency;
  }
  uint64_t tick = std::max(arrival, getOp(message.receiver).ready);
  fabric.pass(fabric.getQueue(message.hops.back().queue), tick);
  issueBeat(message.receiver, tick);
  return true;
}

void Simulation::issueBeat(End &end, uint64_t tick) {
  FabricOp &op = getOp(end);
  if (op.element == 0) // it may have waited for the repetition before
    message.numSteady = 0;
  if (end.stream == 0)
    cores.getCores()[end.core].time.fabricStall += tick - op.ready;
  end.done = op.issue(tick);
  noteTick(end.tick, tick);
}

void Simulation::noteTick(uint64_t &last, uint64_t tick) {
  if (tick - last != message.period)
    message.numSteady = 0;
  last = tick;
  message.moved = true;
}

//===----------------------------------------------------------------------===//
// Steady state
//===----------------------------------------------------------------------===//

/// How many more wavelets are sure to have the period of the latest. Ticks
/// depend on times of the wavelets before, as far back as a queue has words,
/// and on nothing else; the last beat of a repetition is no longer like the
/// others.
uint64_t Simulation::countSteady() {
  const FabricOp &send = getOp(message.sender),
                 &receive = getOp(message.receiver);
  if (message.numSteady <= message.words || send.element == 0 ||
      receive.element == 0)
    return 0;
  uint64_t count =
      std::min(send.getBeatsOfRepetition(), receive.getBeatsOfRepetition()) - 1;
  auto stopBefore = [&](uint64_t limit, uint64_t tick) {
    count = std::min(count, (limit - 1 - tick) / message.period);
  };
  if (heldCores[message.sender.core])
    stopBefore(message.limit, message.sender.tick);
  for (const Hop &hop : message.hops)
    if (hop.isHeld)
      stopBefore(hop.limit, hop.tick);
  return count;
}

/// Moves wavelets with the period of the latest to the receiver.
void Simulation::skip(uint64_t wavelets) {
  uint64_t ticks = message.period * wavelets;
  skipBeats(message.sender, wavelets);
  skipBeats(message.receiver, wavelets);
  if (heldCores[message.sender.core])
    linkFree[getRampLink(mesh, message.sender.core)] += ticks;
  else if (firstTrack[message.sender.core] != noTrack)
    certificate.add(firstTrack[message.sender.core] + message.sender.stream,
                    message.period, wavelets);
  for (Hop &hop : message.hops) {
    fabric.pass(fabric.getQueue(hop.queue), message.period, wavelets);
    hop.tick += ticks;
    if (hop.isHeld)
      linkFree[hop.edge->link] += ticks;
    else if (hop.edge && hop.edge->track != noTrack)
      certificate.add(hop.edge->track, message.period, wavelets);
  }
}

void Simulation::skipBeats(End &end, uint64_t beats) {
  FabricOp &op = getOp(end);
  if (end.stream == 0)
    cores.getCores()[end.core].time.fabricStall +=
        beats * (end.tick + message.period - op.ready);
  op.element += static_cast<uint32_t>(beats * op.group);
  op.ready += beats * message.period;
  end.tick += beats * message.period;
}

/// Ends operations, and wakes all that may go on.
void Simulation::finishMessage() {
  for (const Hop &hop : message.hops)
    if (!fabric.isEmpty(fabric.getQueue(hop.queue)))
      wakeReader(hop.queue);
  // An operation that ends may be followed by another in its place.
  bool hasSent = !getOp(message.sender).active;
  bool hasReceived = !getOp(message.receiver).active;
  for (auto [end, hasEnded] : {std::pair(message.sender, hasSent),
                               std::pair(message.receiver, hasReceived)}) {
    if (hasEnded)
      cores.finishOp(end.core, end.stream, end.done);
    wakeCore(end.core);
  }
}
