//===- TreeChoices.h - Which trees a launch's reductions take ---*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_PIPELINE_TREECHOICES_H
#define PLMR_LIB_PIPELINE_TREECHOICES_H

#include "plmr/Analysis/AutoGen.h"
#include "plmr/Analysis/Relation.h"
#include "plmr/Pipeline/Choices.h"

namespace plmr {

/// A tree, or a ring, that a line may have.
struct TreeOption {
  TreeShape shape;
  bool isRing = false; ///< in the place of the shape
  ReductionTree tree;  ///< on the widest segment; of a ring nothing
  uint64_t bound = 0;  ///< below the ticks of all messages
  unsigned lost = 0;   ///< levels of a K-tree that were asked for
  /// What its messages take in each core of the line, the multicast's too:
  /// input queues, and colours of flows that are received, sent or pass.
  llvm::SmallVector<unsigned> inputs, colours;
  std::optional<KernelCost> cost; ///< none: not timed
  std::string problem;            ///< why it cannot be timed

  /// The ticks, or what is known of them.
  uint64_t getTicks() const { return cost ? cost->ticks : bound; }
  /// What the sum of all lines should be least of: levels that were asked for
  /// are given up where there is no room for them only.
  uint64_t getRank() const { return (uint64_t(lost) << 48) + getTicks(); }
  std::string print() const { return isRing ? "ring" : shape.print(); }
};

/// The lines that some reductions run over. One tree serves all their messages.
struct TreeLine {
  Axis axis = Axis::X;
  unsigned segments = 1;
  unsigned extent = 1;
  llvm::SmallVector<int64_t> messages; ///< words of each
  bool mayBeRing = true;
  std::vector<TreeOption> options;
  size_t chosen = 0;

  unsigned getMaxWidth() const {
    return Segments{extent, segments}.getMaxWidth();
  }
  const TreeOption &getChosen() const { return options[chosen]; }
  Choice describe(llvm::StringRef function) const;
};

/// What a core has for trees.
struct TreeBudget {
  unsigned inputQueues = 0;
  unsigned colours = 0;
  unsigned perTree = TreeCosts::maxColours; ///< colours of one tree
};

/// Chooses the trees of a launch together.
class TreeChooser {
public:
  /// Without `costs` bounds decide.
  TreeChooser(const Machine &machine, llvm::StringRef device,
              const TreeBudget &budget, KernelCosts *costs)
      : machine(machine), device(device), budget(budget), costs(costs) {}

  /// Fills `options` and `chosen` of the lines. `choice` is the kind that may
  /// be taken, none: all. With `explains` all options are timed.
  void choose(llvm::MutableArrayRef<TreeLine> lines,
              const std::optional<TreeChoice> &choice, bool explains);

private:
  void addOptions(TreeLine &line, const std::optional<TreeChoice> &choice);
  void addTree(TreeLine &line, TreeShape shape, unsigned lost = 0);
  void addRing(TreeLine &line);
  TreeShape getFastest(const TreeLine &line, unsigned colours) const;
  uint64_t getBound(const TreeLine &line, const ReductionTree &tree) const;
  void time(const TreeLine &line, TreeOption &option);

  const Machine &machine;
  llvm::StringRef device;
  TreeBudget budget;
  KernelCosts *costs;
};

} // namespace plmr

#endif // PLMR_LIB_PIPELINE_TREECHOICES_H
