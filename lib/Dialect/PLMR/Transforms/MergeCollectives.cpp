//===- MergeCollectives.cpp - Letting reductions share one message --------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_MERGECOLLECTIVES
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::AllReduceOp;
using plmr::mesh::PlacedType;

static mesh::PartialAttr getPartial(AllReduceOp op) {
  return cast<PlacedType>(op.getInputs()[0].getType())
      .getPlacement()
      .getPartial();
}

/// True if both can travel as one message: whole tiles of the same elements,
/// reduced in the same way.
static bool areCompatible(AllReduceOp first, AllReduceOp second) {
  auto element = [](AllReduceOp op) {
    return cast<PlacedType>(op.getInputs()[0].getType())
        .getTensor()
        .getElementType();
  };
  return !first.getLimit() && !second.getLimit() &&
         first.getGroupsAttr() == second.getGroupsAttr() &&
         getPartial(first) == getPartial(second) &&
         element(first) == element(second);
}

/// True if an operation from `first` up to and including `second` uses a
/// result of `first`.
static bool isUsedBefore(AllReduceOp first, AllReduceOp second) {
  return llvm::any_of(first->getUsers(), [&](Operation *user) {
    Operation *ancestor = first->getBlock()->findAncestorOpInBlock(*user);
    return !second->isBeforeInBlock(ancestor);
  });
}

/// Moves `first` into `second`.
static AllReduceOp merge(AllReduceOp first, AllReduceOp second) {
  OpBuilder builder(second);
  SmallVector<Value> inputs(first.getInputs());
  llvm::append_range(inputs, second.getInputs());
  SmallVector<Type> types(first.getResultTypes());
  llvm::append_range(types, second.getResultTypes());
  auto loc = builder.getFusedLoc({first.getLoc(), second.getLoc()});
  auto merged = AllReduceOp::create(builder, loc, types, inputs, Value(),
                                    first.getGroupsAttr());
  size_t count = first.getNumResults();
  first->replaceAllUsesWith(merged.getResults().take_front(count));
  second->replaceAllUsesWith(merged.getResults().drop_front(count));
  first.erase();
  second.erase();
  return merged;
}

namespace {
struct MergeCollectives : plmr::impl::MergeCollectivesBase<MergeCollectives> {
  void runOnOperation() override {
    getOperation().walk([](Block *block) {
      AllReduceOp pending;
      for (Operation &op : llvm::make_early_inc_range(*block)) {
        auto reduce = dyn_cast<AllReduceOp>(op);
        if (!reduce)
          continue;
        bool merges = pending && areCompatible(pending, reduce) &&
                      !isUsedBefore(pending, reduce);
        pending = merges ? merge(pending, reduce) : reduce;
      }
    });
  }
};
} // namespace
