//===- TreeChoices.cpp - Which trees a launch's reductions take -----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TreeChoices.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <array>

using namespace plmr;
using llvm::ArrayRef;
using llvm::SmallVector;

//===----------------------------------------------------------------------===//
// Candidates
//===----------------------------------------------------------------------===//

/// The auto_gen tree with at most `colours` that is the fastest for all
/// messages together, of those for one of their lengths.
TreeShape TreeChooser::getFastest(const TreeLine &line,
                                  unsigned colours) const {
  SmallVector<int64_t> lengths(line.messages);
  llvm::sort(lengths);
  lengths.erase(llvm::unique(lengths), lengths.end());
  unsigned width = line.getMaxWidth();
  TreeShape best{TreeShape::Kind::AutoGen, {}, -1};
  uint64_t least = UINT64_MAX;
  for (int64_t length : lengths) {
    TreeCosts costs = getTreeCosts(machine, length, colours);
    uint64_t ticks =
        getBound(line, buildFastestTree(width, width / 2, costs).tree);
    if (ticks < least) {
      least = ticks;
      best.parameters = costs.getParameters();
    }
  }
  return best;
}

/// When the last word is at the farthest core: the multicast begins when the
/// root has the sum, and both neglect that links are shared.
uint64_t TreeChooser::getBound(const TreeLine &line,
                               const ReductionTree &tree) const {
  unsigned last = tree.children.size() - 1;
  unsigned distance = std::max(tree.root, last - tree.root);
  if (distance == 0)
    return 0;
  uint64_t total = 0;
  for (int64_t message : line.messages) {
    TreeCosts costs = getTreeCosts(machine, message, budget.perTree);
    total += getTicks(tree, costs) + costs.latency + distance * costs.hop +
             message * machine.linkTicks;
  }
  return total;
}

/// Adds what the messages of `relation` take in each core of the line.
static void addUse(TreeOption &option, const Relation &relation,
                   unsigned extent) {
  option.inputs.resize(extent);
  option.colours.resize(extent);
  for (auto [count, role] : llvm::zip(option.inputs, relation.getRoles(extent)))
    count += role.countReceived();
  for (const Flow &flow : relation.getFlows(extent))
    for (unsigned core = flow.getBegin(); core <= flow.getEnd(); ++core)
      ++option.colours[core];
}

void TreeChooser::addTree(TreeLine &line, TreeShape shape, unsigned lost) {
  TreeOption option;
  option.lost = lost;
  option.shape = std::move(shape);
  option.tree = option.shape.build(line.getMaxWidth());
  option.bound = getBound(line, option.tree);
  for (auto kind : {Relation::Kind::Tree, Relation::Kind::Broadcast})
    addUse(option, {kind, line.axis, option.shape, line.segments}, line.extent);
  // On a short line many trees are the same.
  for (const TreeOption &other : line.options)
    if (other.bound == option.bound && other.inputs == option.inputs &&
        other.colours == option.colours &&
        other.tree.children == option.tree.children)
      return;
  line.options.push_back(std::move(option));
}

/// A block goes all the way round twice, and each step waits for the one
/// before.
void TreeChooser::addRing(TreeLine &line) {
  TreeOption option;
  option.isRing = true;
  unsigned width = line.getMaxWidth();
  for (int64_t message : line.messages)
    option.bound += 2 * (width - 1) *
                    (2 * machine.rampTicks + machine.hopTicks +
                     message / width * machine.linkTicks);
  addUse(option, {Relation::Kind::Ring, line.axis, {}, line.segments},
         line.extent);
  line.options.push_back(std::move(option));
}

void TreeChooser::addOptions(TreeLine &line,
                             const std::optional<TreeChoice> &choice) {
  using Kind = TreeShape::Kind;
  auto isAllowed = [&](Kind kind) { return !choice || choice->kind == kind; };
  if (isAllowed(Kind::AutoGen))
    for (unsigned colours = 2; colours <= budget.perTree; ++colours)
      addTree(line, getFastest(line, colours));
  bool isRoomy = budget.perTree > 2;
  for (Kind kind : {Kind::TwoPhase, Kind::BinaryTree, Kind::Star})
    if (choice ? choice->kind == kind : isRoomy)
      addTree(line, {kind, {}, -1});
  // More levels than halve a line are none.
  unsigned most = llvm::Log2_32_Ceil(std::max(2u, line.getMaxWidth()));
  unsigned levels = std::min(choice ? choice->levels : 4, most);
  if (isAllowed(Kind::KTree))
    for (unsigned k = isRoomy ? levels : 1; k >= 1; --k)
      addTree(line, {Kind::KTree, getKTreeGroups(line.getMaxWidth(), k), -1},
              /*lost=*/choice ? levels - k : 0);
  if (isAllowed(Kind::Chain))
    addTree(line, {Kind::Chain, {}, -1});
  // Its bound is too far below what its many short steps take to decide.
  if (!choice && costs && line.mayBeRing && line.getMaxWidth() > 1)
    addRing(line);
}

/// Reductions of equal lengths take the same time.
void TreeChooser::time(const TreeLine &line, TreeOption &option) {
  if (option.cost || !option.problem.empty() || !costs)
    return;
  KernelCost total;
  for (int64_t message : line.messages) {
    ReductionKernel kernel;
    kernel.device = device.str();
    kernel.extent = line.extent;
    kernel.segments = line.segments;
    kernel.elements = message;
    kernel.tree = option.shape;
    kernel.isRing = option.isRing;
    llvm::Expected<KernelCost> cost = costs->measure(kernel);
    if (!cost) {
      option.problem = llvm::toString(cost.takeError());
      return;
    }
    total.add(*cost);
  }
  option.cost = total;
}

//===----------------------------------------------------------------------===//
// The best together
//===----------------------------------------------------------------------===//

namespace {
/// Depth-first over the lines. What is worse than the best, or has no room,
/// is not looked into: more lines only add to either.
class TreeSearch {
public:
  TreeSearch(llvm::MutableArrayRef<TreeLine> lines, const TreeBudget &budget,
             llvm::function_ref<void(TreeLine &, TreeOption &)> time)
      : lines(lines), budget(budget), time(time), current(lines.size()) {}

  /// False if no combination has room.
  bool run() {
    place(0, 0);
    for (auto [line, choice] : llvm::zip(lines, best))
      line.chosen = choice;
    return !best.empty();
  }

private:
  /// What the busiest core needs of the lines before `end`. Trees along x meet
  /// those along y where both are at their busiest.
  unsigned countUse(size_t end,
                    SmallVector<unsigned> TreeOption::*resource) const {
    std::array<SmallVector<unsigned>, 2> sums;
    for (size_t i = 0; i != end; ++i) {
      SmallVector<unsigned> &sum = sums[lines[i].axis == Axis::Y];
      const auto &counts = lines[i].options[current[i]].*resource;
      sum.resize(counts.size());
      for (auto [total, count] : llvm::zip(sum, counts))
        total += count;
    }
    unsigned busiest = 0;
    for (const SmallVector<unsigned> &sum : sums)
      busiest += sum.empty() ? 0 : *llvm::max_element(sum);
    return busiest;
  }

  void place(size_t next, uint64_t rank) {
    if (next == lines.size()) {
      least = rank;
      best = current;
      return;
    }
    for (size_t i = 0; i != lines[next].options.size(); ++i) {
      TreeOption &option = lines[next].options[i];
      current[next] = i;
      if (rank + option.getRank() >= least ||
          countUse(next + 1, &TreeOption::inputs) > budget.inputQueues ||
          countUse(next + 1, &TreeOption::colours) > budget.colours)
        continue;
      time(lines[next], option);
      if (option.problem.empty() && rank + option.getRank() < least)
        place(next + 1, rank + option.getRank());
    }
  }

  llvm::MutableArrayRef<TreeLine> lines;
  const TreeBudget &budget;
  llvm::function_ref<void(TreeLine &, TreeOption &)> time;
  std::vector<size_t> current, best;
  uint64_t least = UINT64_MAX;
};
} // namespace

/// Of the busiest core, in queues and colours.
static unsigned getUse(const TreeOption &option) {
  return *llvm::max_element(option.inputs) + *llvm::max_element(option.colours);
}

void TreeChooser::choose(llvm::MutableArrayRef<TreeLine> lines,
                         const std::optional<TreeChoice> &choice,
                         bool explains) {
  for (TreeLine &line : lines)
    addOptions(line, choice);
  auto timeOne = [&](const TreeLine &line, TreeOption &option) {
    time(line, option);
  };
  if (explains)
    for (TreeLine &line : lines)
      for (TreeOption &option : line.options)
        time(line, option);
  // What looks best is timed first: it excludes most of the others.
  for (TreeLine &line : lines)
    llvm::sort(line.options, [](const TreeOption &a, const TreeOption &b) {
      return std::tuple(a.getRank(), getUse(a), a.print()) <
             std::tuple(b.getRank(), getUse(b), b.print());
    });
  if (TreeSearch(lines, budget, timeOne).run())
    return;
  // Whoever allocates says what is missing.
  for (TreeLine &line : lines)
    line.chosen =
        llvm::min_element(line.options,
                          [](const TreeOption &a, const TreeOption &b) {
                            return getUse(a) < getUse(b);
                          }) -
        line.options.begin();
}

//===----------------------------------------------------------------------===//
// Explaining
//===----------------------------------------------------------------------===//

static std::string getReason(const TreeOption &option,
                             const TreeOption &chosen) {
  if (!option.problem.empty())
    return option.problem;
  if (option.lost > chosen.lost)
    return "fewer levels than were asked for";
  if (option.getRank() < chosen.getRank())
    return "takes queues or colours that the launch's other trees need";
  if (!option.cost)
    return "its bound is above the chosen one's cycles";
  return option.getTicks() == chosen.getTicks() ? "as fast" : "slower";
}

Choice TreeLine::describe(llvm::StringRef function) const {
  Choice result;
  result.function = function.str();
  SmallVector<int64_t> lengths(messages);
  llvm::sort(lengths);
  result.operations = llvm::formatv(
      "all_reduce along {0}{1} of {2:$[, ]} words", axis == Axis::X ? "x" : "y",
      segments > 1 ? llvm::formatv(" in {0} segments", segments).str() : "",
      llvm::make_range(lengths.begin(), lengths.end()));
  for (const auto &[i, option] : llvm::enumerate(options)) {
    Candidate candidate;
    candidate.algorithm = option.print();
    candidate.bound = option.bound;
    candidate.cost = option.cost;
    candidate.isChosen = i == chosen;
    if (!candidate.isChosen)
      candidate.reason = getReason(option, options[chosen]);
    result.candidates.push_back(std::move(candidate));
  }
  return result;
}
