//===- ReductionTree.h - Trees over a line of cores -------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A reduction is a tree: a core combines what its children send it, one child
// after the other, with its own value, and sends the result to its parent. All
// the algorithms of the literature differ in the tree only (docs/Algorithms.md,
// "MeshGEMV").
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_ANALYSIS_REDUCTIONTREE_H
#define PLMR_ANALYSIS_REDUCTIONTREE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace plmr {

/// Cores are numbered along the line.
struct ReductionTree {
  unsigned root = 0;
  /// Of each core, in the order in which it receives from them.
  std::vector<llvm::SmallVector<unsigned, 4>> children;
};

/// How a tree is made on a line of any length.
struct TreeShape {
  enum class Kind : uint8_t {
    Chain,      ///< everyone to its neighbour towards the root
    Star,       ///< everyone to the root
    BinaryTree, ///< binomial: children at distance 1, 2, 4, ..
    TwoPhase,   ///< chains of sqrt(n), whose ends are a chain (HPDC'24)
    KTree,      ///< levels of groups with their roots in the middle (paper 6.2)
    AutoGen,    ///< the fastest pre-order tree (HPDC'24; AutoGen.h)
  };
  Kind kind = Kind::KTree;
  /// KTree: group sizes, the lowest level first; groups that are too small for
  /// the line are followed by a chain. AutoGen: fields of TreeCosts.
  llvm::SmallVector<int64_t, 2> parameters;
  int64_t root = -1; ///< -1: the middle, of a KTree that of the middle groups

  unsigned getRoot(unsigned extent) const;
  /// The tree of a line of `extent` cores, more than the root's number.
  ReductionTree build(unsigned extent) const;
  /// What is wrong with the parameters or the root, as "expected .."; else
  /// empty.
  std::string check() const;
  /// "ktree of 4, 2 to core 3".
  std::string print() const;
  /// Takes what `print` prints from the front of `text`; nothing if there is
  /// something else, or something is wrong with it.
  static std::optional<TreeShape> consume(llvm::StringRef &text);
  bool operator==(const TreeShape &) const = default;
};

/// How to reduce: a kind of tree, and how many levels a K-tree has, or a ring.
struct TreeChoice {
  TreeShape::Kind kind = TreeShape::Kind::KTree;
  unsigned levels = 2;
  bool isRing = false;

  /// "ktree:3", a kind's name or "ring"; nothing if the text is none of these.
  static std::optional<TreeChoice> parse(llvm::StringRef text);
  /// What can be parsed, for messages.
  static llvm::StringRef getExpected() {
    return "chain, star, binary_tree, two_phase, ktree:K with K of at least 1, "
           "auto_gen or ring";
  }
};

/// "chain", "star", "binary_tree", "two_phase", "ktree", "auto_gen".
llvm::StringRef stringify(TreeShape::Kind kind);

/// Group sizes of a K-tree on a line of `extent` cores: K levels whose sizes
/// differ as little as possible (paper section 6.2: K * N^(1/K) / 2 stages).
/// Levels of one core are left out.
llvm::SmallVector<int64_t, 2> getKTreeGroups(unsigned extent, unsigned k);

} // namespace plmr

#endif // PLMR_ANALYSIS_REDUCTIONTREE_H
