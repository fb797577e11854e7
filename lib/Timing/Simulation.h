//===- Simulation.h - What the fast and the event engine share -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An actor is a router's queue or a stream of a core. It fires when its inputs
// hold a wavelet and its outputs a free slot; the earliest tick follows from
// the time stamps of these slots. The engines differ only in the order in
// which they fire actors and in what they do about links.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TIMING_SIMULATION_H
#define PLMR_LIB_TIMING_SIMULATION_H

#include "Cores.h"

namespace plmr {

/// Times one segment: from where the cores stand to the next epoch or the end.
class Simulation {
public:
  Simulation(const Program &program, Cores &cores, Fabric &fabric)
      : machine(program.machine), mesh(program.mesh), cores(cores),
        fabric(&fabric) {}
  virtual ~Simulation() = default;

  llvm::Error run();

  /// Links on which wavelets waited for those of another colour, ascending.
  virtual std::vector<uint32_t> getContendedLinks() const { return {}; }

protected:
  /// Fires actors until none can fire, or refuses the launch.
  virtual llvm::Error drain() = 0;
  /// All cores stand at an epoch or have halted, all queues are empty. May
  /// refuse the launch.
  virtual llvm::Error end() { return llvm::Error::success(); }

  /// The earliest tick at which the queue's first wavelet may leave, but for
  /// other colours on its links. False if it cannot leave.
  bool findDeparture(const Fabric::Queue &queue, uint64_t &tick) {
    if (fabric->isEmpty(queue))
      return false;
    tick = std::max(fabric->getArrival(queue), queue.next);
    for (const Fabric::Edge &edge : fabric->getEdges(queue)) {
      const Fabric::Queue &target = fabric->getQueue(edge.queue);
      if (fabric->isFull(target))
        return false;
      tick = std::max(tick, fabric->getFreeTime(target));
    }
    return true;
  }

  /// The same for the current beat of `op`. `produced` is when its operands
  /// were ready, which is its age (T3).
  bool findIssue(const FabricOp &op, uint64_t &tick, uint64_t &produced) {
    produced = op.ready;
    for (unsigned i = 0; i < op.numSources; ++i) {
      if (!op.takes(i))
        continue;
      const Fabric::Queue &queue = fabric->getQueue(op.sources[i].queue);
      if (fabric->isEmpty(queue))
        return false;
      produced = std::max(produced, fabric->getArrival(queue));
    }
    tick = produced;
    if (!op.emits())
      return true;
    const Fabric::Queue &sink = fabric->getQueue(op.sink.queue);
    if (fabric->isFull(sink))
      return false;
    tick = std::max(tick, fabric->getFreeTime(sink));
    return true;
  }

  /// The queue's first wavelet leaves at `tick`. `wakeReader(queue)` is called
  /// where a queue was empty, `wakeWriter(queue)` where one was full.
  template <typename Reader, typename Writer>
  void depart(Fabric::Queue &queue, uint64_t tick, Reader wakeReader,
              Writer wakeWriter) {
    queue.next = tick + machine.linkTicks;
    if (fabric->pop(queue, tick))
      wakeWriter(queue);
    for (const Fabric::Edge &edge : fabric->getEdges(queue))
      if (fabric->push(fabric->getQueue(edge.queue), tick + edge.latency))
        wakeReader(edge.queue);
  }

  /// The current beat of `op` issues at `tick`; returns when it is done.
  template <typename Reader, typename Writer>
  uint64_t issue(FabricOp &op, uint64_t tick, Reader wakeReader,
                 Writer wakeWriter) {
    for (unsigned i = 0; i < op.numSources; ++i) {
      if (!op.takes(i))
        continue;
      Fabric::Queue &queue = fabric->getQueue(op.sources[i].queue);
      if (fabric->pop(queue, tick))
        wakeWriter(queue);
    }
    if (op.emits() &&
        fabric->push(fabric->getQueue(op.sink.queue), tick + machine.rampTicks))
      wakeReader(op.sink.queue);
    return op.issue(tick);
  }

  const Machine &machine;
  const MeshShape mesh;
  Cores &cores;
  Fabric *const fabric;

private:
  llvm::Error checkDrained(llvm::StringRef when);
};

/// Who waits for whom in a state where nothing can fire: a cycle if there is
/// one, else a chain that ends at a core that has halted.
std::string findDeadlock(Cores &cores, Fabric &fabric, MeshShape mesh);

/// The (max,+) engine. Sets `contended` where it refuses a segment since its
/// links are.
std::unique_ptr<Simulation> createFastSimulation(const Program &program,
                                                 Cores &cores, Fabric &fabric,
                                                 bool &contended);
/// The time-ordered engine.
std::unique_ptr<Simulation> createEventSimulation(const Program &program,
                                                  Cores &cores, Fabric &fabric);
/// The engine that steps every tick.
llvm::Expected<TimingResult> runOracle(const Program &program,
                                       const Launch &launch,
                                       llvm::ArrayRef<int32_t> parameters);

} // namespace plmr

#endif // PLMR_LIB_TIMING_SIMULATION_H
