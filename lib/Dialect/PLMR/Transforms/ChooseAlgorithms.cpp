//===- ChooseAlgorithms.cpp - Choosing the reduction trees -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Analysis/AutoGen.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_CHOOSEALGORITHMS
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

namespace {
/// The lines that some reductions run over, and what their tree may take.
struct Tree {
  Axis axis;
  unsigned segments;
  unsigned extent;
  /// Levels of a K-tree, colours of an auto_gen tree; other trees have no
  /// choice.
  unsigned room;
  /// Elements of each reduction's message.
  SmallVector<int64_t> messages;
  TreeShape shape;

  unsigned getMaxWidth() const {
    return Segments{extent, segments}.getMaxWidth();
  }
};

/// Makes trees of one kind for a device.
class TreeMaker {
public:
  TreeMaker(TreeShape::Kind kind, const Machine &machine)
      : kind(kind), machine(machine) {}

  void make(Tree &tree) const {
    tree.shape.kind = kind;
    tree.shape.parameters.clear();
    if (kind == TreeShape::Kind::KTree)
      tree.shape.parameters = getKTreeGroups(tree.getMaxWidth(), tree.room);
    else if (kind == TreeShape::Kind::AutoGen)
      tree.shape.parameters = findCosts(tree).getParameters();
  }

  bool canShrink(const Tree &tree) const {
    return (kind == TreeShape::Kind::KTree &&
            tree.shape.parameters.size() > 1) ||
           (kind == TreeShape::Kind::AutoGen && tree.room > 2);
  }
  void shrink(Tree &tree) const {
    if (kind == TreeShape::Kind::KTree)
      tree.room = tree.shape.parameters.size();
    --tree.room;
    make(tree);
  }

private:
  /// One tree serves all messages on a line, since each takes queues: the one
  /// that is the fastest for all of them together.
  TreeCosts findCosts(const Tree &tree) const {
    SmallVector<int64_t> lengths(tree.messages);
    llvm::sort(lengths);
    lengths.erase(llvm::unique(lengths), lengths.end());
    unsigned width = tree.getMaxWidth();
    TreeCosts best;
    uint64_t least = UINT64_MAX;
    for (int64_t length : lengths) {
      TreeCosts costs = getTreeCosts(machine, length, tree.room);
      ReductionTree candidate = buildFastestTree(width, width / 2, costs).tree;
      uint64_t total = 0;
      for (int64_t message : tree.messages)
        total += getTicks(candidate, getTreeCosts(machine, message, tree.room));
      if (total < least) {
        least = total;
        best = costs;
      }
    }
    return best;
  }

  TreeShape::Kind kind;
  const Machine &machine;
};
} // namespace

/// What trees take of a core or its router.
enum class Resource {
  Inputs, ///< queues
  Colours ///< of flows that are received, sent or pass
};

/// What the tree's messages take in each core of a line, the multicast's too.
static SmallVector<unsigned> countUse(const Tree &tree, Resource resource) {
  SmallVector<unsigned> counts(tree.extent, 0);
  for (auto kind : {Relation::Kind::Tree, Relation::Kind::Broadcast}) {
    Relation relation{kind, tree.axis, tree.shape, tree.segments};
    if (resource == Resource::Inputs)
      for (auto [count, role] :
           llvm::zip(counts, relation.getRoles(tree.extent)))
        count += role.countReceived();
    else
      for (const Flow &flow : relation.getFlows(tree.extent))
        for (unsigned core = flow.getBegin(); core <= flow.getEnd(); ++core)
          ++counts[core];
  }
  return counts;
}

/// What the busiest core needs. Trees along x meet those along y where both
/// are at their busiest.
static unsigned countUse(ArrayRef<Tree> trees, Resource resource) {
  unsigned total = 0;
  for (Axis axis : {Axis::X, Axis::Y}) {
    SmallVector<unsigned> line;
    for (const Tree &tree : trees) {
      if (tree.axis != axis)
        continue;
      line.resize(tree.extent, 0);
      for (auto [sum, count] : llvm::zip(line, countUse(tree, resource)))
        sum += count;
    }
    if (!line.empty())
      total += *llvm::max_element(line);
  }
  return total;
}

/// Takes room from the shortest trees until queues and colours suffice, or none
/// can do with less.
static void fit(MutableArrayRef<Tree> trees, const TreeMaker &maker,
                unsigned inputs, unsigned colours) {
  while (countUse(trees, Resource::Inputs) > inputs ||
         countUse(trees, Resource::Colours) > colours) {
    Tree *shortest = nullptr;
    for (Tree &tree : trees)
      if (maker.canShrink(tree) &&
          (!shortest || tree.getMaxWidth() < shortest->getMaxWidth()))
        shortest = &tree;
    if (!shortest)
      return;
    maker.shrink(*shortest);
  }
}

/// Elements of the message on a core.
static int64_t countElements(mesh::AllReduceOp op, MeshShape mesh) {
  int64_t elements = 0;
  for (Value input : op.getInputs())
    elements += cast<mesh::PlacedType>(input.getType())
                    .getTileType(mesh)
                    .getNumElements();
  return elements;
}

namespace {
struct ChooseAlgorithms : plmr::impl::ChooseAlgorithmsBase<ChooseAlgorithms> {
  using ChooseAlgorithmsBase::ChooseAlgorithmsBase;

  void runOnOperation() override {
    mesh::MeshOp meshOp = mesh::lookupMesh(getOperation());
    if (!meshOp) {
      getOperation().emitError("expected a plmr.mesh in the module");
      return signalPassFailure();
    }
    std::optional<TreeChoice> choice = TreeChoice::parse(tree);
    if (!choice) {
      getOperation().emitError("expected a tree that is ")
          << TreeChoice::getExpected() << ", but got '" << tree << "'";
      return signalPassFailure();
    }
    FailureOr<Machine> machine = plmr::loadMachine(meshOp);
    if (failed(machine))
      return signalPassFailure();
    // The rings of matrix products take queues, too, of both axes.
    bool hasProducts = false;
    getOperation().walk([&](Operation *op) {
      hasProducts |= isa<mesh::GemmOp, mesh::GemmTOp, mesh::HeadGemmTOp>(op);
    });
    // So do the shifts of a cache.
    unsigned shifts = 0;
    SymbolTable symbols(getOperation()->getParentOfType<ModuleOp>());
    getOperation().walk([&](mesh::AppendOp op) {
      auto object = symbols.lookup<mesh::ObjectOp>(op.getObject());
      if (!op.getBegin() && meshOp.getShape().rows > 1 &&
          object.getKVPlacement() == KVPlacement::Shift)
        shifts = 1;
    });
    bool isAutoGen = choice->kind == TreeShape::Kind::AutoGen;
    unsigned most = isAutoGen ? TreeCosts::maxColours : choice->levels;
    if (hasProducts)
      most = isAutoGen ? 2 : 1;
    SmallVector<Tree> trees;
    auto getTree = [&](mesh::AllReduceOp op) -> Tree & {
      auto partial = cast<mesh::PlacedType>(op.getInputs()[0].getType())
                         .getPlacement()
                         .getPartial();
      Axis axis = mesh::toAxis(partial.getAxis());
      auto segments = static_cast<unsigned>(partial.getSegments());
      for (Tree &tree : trees)
        if (tree.axis == axis && tree.segments == segments)
          return tree;
      return trees.emplace_back(Tree{
          axis, segments, meshOp.getShape().getExtent(axis), most, {}, {}});
    };
    SmallVector<mesh::AllReduceOp> reductions;
    getOperation().walk([&](mesh::AllReduceOp op) {
      if (op.getTree())
        return;
      reductions.push_back(op);
      getTree(op).messages.push_back(countElements(op, meshOp.getShape()));
    });
    TreeMaker maker(choice->kind, *machine);
    llvm::for_each(trees, [&](Tree &tree) { maker.make(tree); });
    // A shift has a queue, and a colour for even and for odd cores.
    fit(trees, maker, machine->inputQueues - shifts,
        machine->getUsableColours() - 2 * shifts);
    for (mesh::AllReduceOp op : reductions)
      op.setTreeAttr(mesh::TreeAttr::get(&getContext(), getTree(op).shape));
  }
};
} // namespace
