//===- Relation.h - Who talks to whom on a line of cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A relation describes the messages of one channel on every line (row or
// column) of a mesh. Roles of cores, routes and colours are all derived from
// its flows, so code and routes cannot disagree.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_ANALYSIS_RELATION_H
#define PLMR_ANALYSIS_RELATION_H

#include "plmr/Program/Placement.h"
#include <string>
#include <vector>

namespace plmr {

/// One message path along a line: a source and the cores that receive.
struct Flow {
  unsigned source = 0;
  llvm::SmallVector<unsigned, 2> destinations; ///< ascending

  /// First and last router that the flow passes.
  unsigned getBegin() const;
  unsigned getEnd() const;
  /// Hops of its longest path.
  unsigned getHops() const;
  bool operator==(const Flow &) const = default;
};

/// The part a core plays: indices of flows, or -1.
struct LineRole {
  int sends = -1;
  int receivesLow = -1;  ///< from a core of lower coordinate
  int receivesHigh = -1; ///< from a core of higher coordinate
};

struct Relation {
  enum class Kind : uint8_t {
    Chain,     ///< level `level` of the reduction tree `groups`
    Broadcast, ///< from the tree's root to all others
    Ring,      ///< to the predecessor in the ring 0 2 4 .. 5 3 1
    Up,        ///< to the next higher coordinate
    Down,      ///< to the next lower coordinate
  };
  Kind kind = Kind::Chain;
  Axis axis = Axis::Y;
  unsigned level = 0;
  llvm::SmallVector<int64_t, 2> groups; ///< sizes, one per level
  unsigned segments = 1;

  /// The flows on a line of `extent` cores, ascending by source; a core is
  /// the source of one flow at most.
  std::vector<Flow> getFlows(unsigned extent) const;
  /// Roles of the line's cores.
  std::vector<LineRole> getRoles(unsigned extent) const;
  std::string print() const;
  bool operator==(const Relation &) const = default;
};

/// The cores of a line of `extent` that take part in level `level` of a tree
/// with group sizes `groups`; level groups.size() is the root alone if the
/// sizes suffice.
std::vector<unsigned> getParticipants(unsigned extent,
                                      llvm::ArrayRef<int64_t> groups,
                                      unsigned level);

/// Group sizes of a K-tree on a line of `extent` cores: K levels whose sizes
/// differ as little as possible (paper section 6.2: K * N^(1/K) / 2 stages).
/// Levels of one core are left out.
llvm::SmallVector<int64_t, 2> getKTreeGroups(unsigned extent, unsigned k);

} // namespace plmr

#endif // PLMR_ANALYSIS_RELATION_H
