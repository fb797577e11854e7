//===- ChooseAlgorithms.cpp - Choosing the reduction trees -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Dialect/PLMR/Transforms/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_CHOOSEALGORITHMS
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

namespace {
/// The lines that some reductions run over, and the levels of their tree.
struct Tree {
  Axis axis;
  unsigned segments;
  unsigned extent;
  unsigned levels;

  Segments getSegments() const { return {extent, segments}; }
  SmallVector<int64_t, 2> getGroups() const {
    return getKTreeGroups(getSegments().getMaxWidth(), levels);
  }
};
} // namespace

/// Input queues that the tree's messages need in each core of a line.
static SmallVector<unsigned> countInputs(const Tree &tree) {
  SmallVector<unsigned> inputs(tree.extent, 0);
  Relation relation;
  relation.axis = tree.axis;
  relation.segments = tree.segments;
  relation.groups = tree.getGroups();
  auto add = [&](Relation::Kind kind, unsigned level) {
    relation.kind = kind;
    relation.level = level;
    for (auto [count, role] : llvm::zip(inputs, relation.getRoles(tree.extent)))
      count += (role.receivesLow >= 0) + (role.receivesHigh >= 0);
  };
  for (unsigned level = 0; level != relation.groups.size(); ++level)
    add(Relation::Kind::Chain, level);
  if (!relation.groups.empty())
    add(Relation::Kind::Broadcast, 0);
  return inputs;
}

/// Input queues of the busiest core. Trees along x meet those along y where
/// both are at their busiest.
static unsigned countInputs(ArrayRef<Tree> trees) {
  unsigned total = 0;
  for (Axis axis : {Axis::X, Axis::Y}) {
    SmallVector<unsigned> line;
    for (const Tree &tree : trees) {
      if (tree.axis != axis)
        continue;
      line.resize(tree.extent, 0);
      for (auto [sum, count] : llvm::zip(line, countInputs(tree)))
        sum += count;
    }
    if (!line.empty())
      total += *llvm::max_element(line);
  }
  return total;
}

/// Takes a level from the shortest trees until the queues suffice, or all are
/// plain chains.
static void fitQueues(MutableArrayRef<Tree> trees, unsigned budget) {
  while (countInputs(trees) > budget) {
    Tree *shortest = nullptr;
    for (Tree &tree : trees)
      if (tree.getGroups().size() > 1 &&
          (!shortest || tree.getSegments().getMaxWidth() <
                            shortest->getSegments().getMaxWidth()))
        shortest = &tree;
    if (!shortest)
      return;
    shortest->levels = shortest->getGroups().size() - 1;
  }
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
    if (levels == 0) {
      getOperation().emitError("expected k of at least 1 but got 0");
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
    unsigned most = hasProducts ? 1 : static_cast<unsigned>(levels);
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
      return trees.emplace_back(
          Tree{axis, segments, meshOp.getShape().getExtent(axis), most});
    };
    SmallVector<mesh::AllReduceOp> reductions;
    getOperation().walk([&](mesh::AllReduceOp op) {
      if (op.getGroups())
        return;
      reductions.push_back(op);
      getTree(op);
    });
    fitQueues(trees, machine->inputQueues - shifts);
    for (mesh::AllReduceOp op : reductions)
      op.setGroups(getTree(op).getGroups());
  }
};
} // namespace
