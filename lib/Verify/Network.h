//===- Network.h - Cores that wait for each other -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One run of a segment without time: as many wavelets at once as queues allow.
// The network is one of processes whose streams do not depend on what arrives
// or when, so any order of steps ends in the same state (docs/Verify.md).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_VERIFY_NETWORK_H
#define PLMR_LIB_VERIFY_NETWORK_H

#include "Flows.h"
#include "Streams.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace plmr {

class Network {
public:
  /// `cores[i]` has the stream `streams[i]`. Flows begin and end in `cores`.
  /// `table` may be null, of a program without routes.
  Network(const Program &program, const RouteTable *table,
          llvm::ArrayRef<uint32_t> cores,
          llvm::ArrayRef<const EventList *> streams, QueueDepth depth);

  /// A flow on which a core takes another number of wavelets than is sent.
  struct Imbalance {
    const FlowTree &flow;
    uint32_t receiver;
    uint64_t sent, taken;
  };
  /// Of the whole streams, whether they come to their ends or not.
  void forEachUnbalanced(llvm::function_ref<void(const Imbalance &)> fn) const;

  /// True if all cores come to the ends of their streams, Stops excepted, and
  /// all their operations are done.
  bool run();
  /// After that: whether a core has come to a Stop.
  bool hasStopped() const;

  /// After `run` was false: who waits for whom, as a cycle of cores,
  /// instructions and channels or a chain to a core that has ended.
  std::string findWitness() const;

private:
  struct Operation;
  /// A flow's end in a core.
  struct End {
    uint32_t flow;
    uint32_t node = 0; ///< a leaf, or 0 for a sender
    /// Whose operation was the last one, if it moved nothing else: 0 none, 1
    /// the main stream's, from 2 on those of engines.
    unsigned user = 0;
  };
  /// An operation that is under way.
  struct Operation {
    const StreamEvent *event = nullptr;
    uint64_t beats = 0; ///< that are done
    uint64_t allBeats = 0;
    std::array<uint32_t, 3> sources;
    uint32_t sink;
  };
  struct Core {
    uint32_t core;
    const EventList *stream;
    uint32_t next = 0; ///< event
    bool isQueued = true;
    llvm::SmallVector<End, 4> ends;
    Operation main;
    llvm::SmallVector<Operation, 0> engines;
  };
  static constexpr uint32_t none = ~0u;

  void addFlows(const Program &program, const RouteTable &table,
                QueueDepth depth);
  uint32_t findEnd(const Core &core, uint8_t colour, bool isSender) const;
  uint64_t getAvailable(const End &end) const;
  void runCore(uint32_t index);
  bool advance(Core &core, Operation &operation);
  void begin(Core &core, const StreamEvent &event, unsigned user);
  Operation &getOperation(Core &core, unsigned user) {
    return user == 1 ? core.main : core.engines[user - 2];
  }
  void stream(uint32_t flow);
  Operation *findUser(const FlowTree &flow, uint32_t node, uint64_t &last);
  uint32_t getIndex(const FlowTree &flow, uint32_t node) const {
    return indexOf[flow.nodes[node].core];
  }
  void settle(uint32_t flow);
  void wake(uint32_t index);
  bool isIdle(const Core &core) const;

  /// What a core that does not go on waits for.
  struct Blocked {
    std::string text;
    uint32_t cause = none; ///< index of a core; none: it has ended
  };
  Blocked explain(uint32_t index) const;
  Blocked explain(const Core &core, const Operation &operation) const;

  const Program &program;
  std::vector<Core> cores;
  std::vector<uint32_t> indexOf; ///< per core of the mesh
  std::vector<FlowTree> flows;
  std::vector<uint32_t> queue, dirty;
  std::vector<bool> isDirty; ///< per flow
};

/// "colour 3 of 'y.tree'".
std::string getChannel(const Program &program, uint8_t colour);

} // namespace plmr

#endif // PLMR_LIB_VERIFY_NETWORK_H
