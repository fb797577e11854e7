//===- AutoGen.h - The fastest reduction tree -------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dynamic program over pre-order trees of Luczynski et al., "Near-Optimal
// Wafer-Scale Reduce" (HPDC'24), with the time until the root has the sum in
// the place of their bounds on it, and with a limit on colours.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_ANALYSIS_AUTOGEN_H
#define PLMR_ANALYSIS_AUTOGEN_H

#include "plmr/Analysis/ReductionTree.h"
#include "plmr/Machine/Machine.h"

namespace plmr {

/// What a message costs, in ticks.
struct TreeCosts {
  uint32_t colours = 0; ///< flows that may pass one router, see maxColours
  uint32_t hop = 0;     ///< from router to router
  uint32_t latency = 0; ///< from a core to its neighbour, beside the hop
  uint32_t start = 0; ///< from one message's last word to the next one's first
  uint32_t words = 0; ///< from a message's first word to its last, in a core

  static constexpr unsigned numFields = 5;
  /// More are not used, and 2 are in any case: a chain needs them.
  static constexpr unsigned maxColours = 12;
  llvm::SmallVector<int64_t, 2> getParameters() const;
  /// `parameters` has numFields entries, none negative, colours above 1.
  static TreeCosts fromParameters(llvm::ArrayRef<int64_t> parameters);
};

/// What a message of `elements` f32 elements costs on `machine`, with at most
/// `colours` colours.
TreeCosts getTreeCosts(const Machine &machine, int64_t elements,
                       unsigned colours);

/// The tree whose root has the sum first, and when that is, in ticks after the
/// first core may send; 0 for one core.
struct TimedTree {
  ReductionTree tree;
  uint64_t ticks = 0;
};
TimedTree buildFastestTree(unsigned extent, unsigned root,
                           const TreeCosts &costs);

/// When the root of `tree` has the sum by the same reckoning, which neglects
/// that links are shared.
uint64_t getTicks(const ReductionTree &tree, const TreeCosts &costs);

/// Flows that pass the busiest router of `tree`.
unsigned countColours(const ReductionTree &tree);

} // namespace plmr

#endif // PLMR_ANALYSIS_AUTOGEN_H
