//===- Flows.h - From a sender to its receivers -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A flow is what one core sends on one colour: a tree of queues (T1, T2). How
// far wavelets get without time follows from counts alone: a queue with forks
// passes a wavelet on when all branches have a word for it.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_VERIFY_FLOWS_H
#define PLMR_LIB_VERIFY_FLOWS_H

#include "plmr/Program/Program.h"

namespace plmr {

/// Words that queues hold.
enum class QueueDepth : uint8_t {
  Exact, ///< the device's, wires included (T2)
  One,   ///< one, wires none
};

struct FlowTree {
  /// A queue of the tree.
  struct Node {
    uint32_t parent; ///< in front of its children
    uint32_t words;
    uint32_t core;       ///< where it is
    bool isLeaf;         ///< the core's own queue
    uint64_t passed = 0; ///< wavelets that have left it
    uint64_t limit = 0;  ///< that the branches behind it have room for
  };

  uint32_t core = 0; ///< that sends
  uint8_t colour = 0;
  uint64_t sent = 0;
  std::vector<Node> nodes; ///< the first is behind the sender's ramp

  /// Wavelets that the sender has room for.
  uint64_t getRoom() const { return nodes[0].passed + nodes[0].words - sent; }
  /// Wavelets that have come to leaf `node`.
  uint64_t getArrived(uint32_t node) const {
    return nodes[nodes[node].parent].passed;
  }
  /// Moves all wavelets as far as they get.
  void settle();
};

/// The flow that core `core` sends on `colour` in `table`.
FlowTree makeFlow(const Program &program, const RouteTable &table,
                  uint32_t core, uint8_t colour, QueueDepth depth);

} // namespace plmr

#endif // PLMR_LIB_VERIFY_FLOWS_H
