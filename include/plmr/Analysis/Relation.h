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

#include "plmr/Analysis/ReductionTree.h"
#include "plmr/Program/Placement.h"
#include "llvm/ADT/STLExtras.h"
#include <optional>
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
  /// The one flow that it takes; in a tree that of the last child, which it
  /// passes on while it takes it.
  int receives = -1;
  /// In a tree the flows of the other children, or of all children of the
  /// root, in the order in which it takes them. All cores have as many; the
  /// first ones may be -1, so that nothing comes between the last one and
  /// what follows it.
  llvm::SmallVector<int, 4> collects;

  unsigned countReceived() const {
    return (receives >= 0) +
           llvm::count_if(collects, [](int f) { return f >= 0; });
  }
};

struct Relation {
  enum class Kind : uint8_t {
    Tree,      ///< to the parent in `tree`
    Broadcast, ///< from the root of `tree` to all others
    Ring,      ///< to the predecessor in the ring 0 2 4 .. 5 3 1
    Up,        ///< to the next higher coordinate
    Down,      ///< to the next lower coordinate
    Cycle,     ///< to the next lower coordinate, the first to the last
  };
  Kind kind = Kind::Tree;
  Axis axis = Axis::Y;
  TreeShape tree;
  unsigned segments = 1;

  /// The flows on a line of `extent` cores, ascending by source; a core is
  /// the source of one flow at most.
  std::vector<Flow> getFlows(unsigned extent) const;
  /// Roles of the line's cores.
  std::vector<LineRole> getRoles(unsigned extent) const;
  /// Whether each segment of a line of `extent` cores has the tree's root.
  bool hasRoot(unsigned extent) const {
    return tree.root <
           static_cast<int64_t>(extent / std::min(segments, extent));
  }
  std::string print() const;
  /// The inverse; nothing if the text is not of a relation.
  static std::optional<Relation> parse(llvm::StringRef text);
  bool operator==(const Relation &) const = default;
};

} // namespace plmr

#endif // PLMR_ANALYSIS_RELATION_H
