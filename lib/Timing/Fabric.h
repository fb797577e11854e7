//===- Fabric.h - Queues and links of one route table -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// By T1 a colour has one input port in a router, so (router, colour) names a
// queue, and every queue has one writer and one reader. A slot of a queue
// keeps one time stamp: of its wavelet's arrival while it is full, and from
// when it may be taken while it is free. This is all the state that the rules
// T2 to T5 need.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TIMING_FABRIC_H
#define PLMR_LIB_TIMING_FABRIC_H

#include "Cost.h"
#include <cstdlib>

namespace plmr {

/// Who writes a queue: a router queue, or a core (the tag and its index).
constexpr uint32_t coreTag = 1u << 31;
constexpr uint32_t noTrack = ~0u;

class Fabric {
public:
  struct Queue {
    uint64_t popped = 0; ///< wavelets that have left
    uint64_t next = 0;   ///< earliest next departure by T3's spacing
    uint32_t slots = 0;  ///< of the slot array
    uint32_t router = 0; ///< where the queue is
    uint32_t writer = 0; ///< a queue, or coreTag | core
    uint32_t firstEdge = 0;
    uint16_t capacity = 0, head = 0, count = 0;
    uint8_t colour = 0;
    uint8_t numEdges = 0; ///< 0: a core's queue, read by its streams
  };

  /// An output of a queue.
  struct Edge {
    uint32_t queue;   ///< downstream
    uint32_t latency; ///< from departure to arrival there
    uint32_t link;
    uint32_t track; ///< number among the edges on shared links, or noTrack
  };

  static llvm::Expected<std::unique_ptr<Fabric>> build(const Program &program,
                                                       uint32_t routeTable);

  /// The queue into which `core` sends on `colour`, or noQueue.
  uint32_t findSink(uint32_t core, uint8_t colour) const;
  /// The queue from which `core` receives on `colour`, or noQueue.
  uint32_t findSource(uint32_t core, uint8_t colour) const;

  /// Those of a router, and the core's behind it.
  llvm::MutableArrayRef<Queue> getQueuesOf(uint32_t router);
  llvm::MutableArrayRef<Queue> getQueues() { return queues; }
  llvm::ArrayRef<Queue> getQueues() const { return queues; }
  Queue &getQueue(uint32_t index) { return queues[index]; }
  llvm::ArrayRef<Edge> getEdges(const Queue &queue) const {
    return {edges.data() + queue.firstEdge, queue.numEdges};
  }
  /// Links of the edges that have tracks, by track.
  llvm::ArrayRef<uint32_t> getTrackLinks() const { return trackLinks; }

  /// Whether the queue sends over one of `links`, and others do too.
  bool isHeld(const Queue &queue, const std::vector<bool> &links) const {
    return llvm::any_of(getEdges(queue), [&](const Edge &edge) {
      return edge.track != noTrack && links[edge.link];
    });
  }

  bool isEmpty(const Queue &queue) const { return queue.count == 0; }
  bool isFull(const Queue &queue) const {
    return queue.count == queue.capacity;
  }
  /// Arrival of the first wavelet of a queue that is not empty.
  uint64_t getArrival(const Queue &queue) const {
    return slots[queue.slots + queue.head];
  }
  /// When the next slot of a queue that is not full may be taken.
  uint64_t getFreeTime(const Queue &queue) const {
    return slots[queue.slots + getTail(queue)];
  }
  /// A wavelet departs at `tick`. Returns whether the queue was full.
  bool pop(Queue &queue, uint64_t tick) {
    slots[queue.slots + queue.head] = tick + 1;
    queue.head = queue.head + 1 == queue.capacity ? 0 : queue.head + 1;
    ++queue.popped;
    return queue.count-- == queue.capacity;
  }
  /// A wavelet moves through an empty queue and departs at `tick`.
  void pass(Queue &queue, uint64_t tick) {
    slots[queue.slots + queue.head] = tick + 1;
    queue.head = queue.head + 1 == queue.capacity ? 0 : queue.head + 1;
    ++queue.popped;
  }
  /// `count` more wavelets move through an empty queue, each `period` ticks
  /// later than the one before it.
  void pass(Queue &queue, uint64_t period, uint64_t count) {
    queue.next += period * count;
    queue.popped += count;
    for (unsigned i = 0; i < queue.capacity; ++i)
      slots[queue.slots + i] += period * count;
  }
  /// Takes the first wavelet, which has its word until it passes, and returns
  /// its arrival.
  uint64_t take(Queue &queue) {
    --queue.count;
    return getArrival(queue);
  }
  /// The inverse.
  void putBack(Queue &queue, uint64_t arrival) {
    slots[queue.slots + queue.head] = arrival;
    ++queue.count;
  }
  /// A wavelet will arrive at `tick`. Returns whether the queue was empty.
  bool push(Queue &queue, uint64_t tick) {
    slots[queue.slots + getTail(queue)] = tick;
    return queue.count++ == 0;
  }

private:
  struct ClassLayout;
  struct Freer {
    void operator()(uint64_t *memory) const { std::free(memory); }
  };

  unsigned getTail(const Queue &queue) const {
    unsigned tail = queue.head + queue.count;
    return tail >= queue.capacity ? tail - queue.capacity : tail;
  }
  Fabric(const Program &program, RouteTable routeTable);
  llvm::Error connectRoute(uint32_t router, const Route &route);
  /// The queue of `colour` in `router` if it comes in at `input`.
  uint32_t findTransit(uint32_t router, uint8_t colour, Port input) const;
  llvm::Error allocateSlots();

  const RouteTable table;
  const Machine &machine;
  MeshShape mesh;
  std::vector<ClassLayout> layouts;
  std::vector<uint32_t> firstQueue; ///< per router
  std::vector<Queue> queues;
  std::vector<Edge> edges;
  std::vector<uint32_t> trackLinks;
  /// From calloc: pages of queues that are never used are never touched.
  std::unique_ptr<uint64_t[], Freer> slots;
};

/// Per class of routers: where its colours' queues are, relative to the first
/// queue of the router.
struct Fabric::ClassLayout {
  std::array<uint8_t, 64> routerQueue; ///< per colour, or 255
  std::array<uint8_t, 64> coreQueue;
  std::array<uint8_t, numPorts> coloursOf = {}; ///< colours per output port
  uint8_t numQueues = 0;
};

/// The neighbour of `router` at `port`, or ~0u outside the mesh.
uint32_t getNeighbour(MeshShape mesh, uint32_t router, Port port);

/// "(3, 4)".
std::string getCoreName(MeshShape mesh, uint32_t core);

/// The link from a core to its router.
inline uint32_t getRampLink(MeshShape mesh, uint32_t core) {
  return mesh.getNumCores() * numPorts + core;
}

} // namespace plmr

#endif // PLMR_LIB_TIMING_FABRIC_H
