//===- Choices.h - Which algorithms were chosen, and why --------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_CHOICES_H
#define PLMR_PIPELINE_CHOICES_H

#include "plmr/Pipeline/KernelCosts.h"
#include <optional>
#include <string>
#include <vector>

namespace plmr {

/// An algorithm that might have been chosen.
struct Candidate {
  std::string algorithm; ///< as the operation's attribute prints it
  /// A bound below its ticks; 0: none is known.
  uint64_t bound = 0;
  /// Of all operations of the choice, one after the other; memory and routes
  /// are the largest. None if it was not timed.
  std::optional<KernelCost> cost;
  bool isChosen = false;
  std::string reason; ///< what ruled it out; empty if it was chosen
};

/// Operations of one function that get one algorithm.
struct Choice {
  std::string function;
  bool isOfProducts = false;
  std::string operations; ///< "all_reduce along y of 1, 16, 16 elements"
  std::vector<Candidate> candidates;
};

} // namespace plmr

#endif // PLMR_PIPELINE_CHOICES_H
