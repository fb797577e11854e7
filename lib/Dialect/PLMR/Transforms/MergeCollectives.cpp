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
using plmr::mesh::GemmOp;
using plmr::mesh::PlacedType;

/// True if both can travel as one message: whole tiles of the same elements,
/// reduced in the same way.
static bool areCompatible(AllReduceOp first, AllReduceOp second) {
  return !first.getLimit() && !second.getLimit() && !first.getWithIndex() &&
         !second.getWithIndex() &&
         first.getTreeAttr() == second.getTreeAttr() &&
         first.getRing() == second.getRing() &&
         first.getPartial() == second.getPartial() &&
         first.getElementType() == second.getElementType() &&
         first.getMessageType() == second.getMessageType();
}

/// True if both are products of one matrix, so that it travels once.
static bool areCompatible(GemmOp first, GemmOp second) {
  auto type = [](Value value) {
    return cast<PlacedType>(value.getType()).getItemType();
  };
  auto element = [&](Value value) {
    return type(value).getTensor().getElementType();
  };
  Value b = first.getBs()[0], other = second.getBs()[0];
  return first.getA() == second.getA() &&
         first.getAlgorithm() == second.getAlgorithm() &&
         type(b).getPlacement().getSplits()[0] ==
             type(other).getPlacement().getSplits()[0] &&
         element(b) == element(other) &&
         element(first.getCs()[0]) == element(second.getCs()[0]);
}

/// True if an operation from `first` up to and including `second` uses a
/// result of `first`.
static bool isUsedBefore(Operation *first, Operation *second) {
  return llvm::any_of(first->getUsers(), [&](Operation *user) {
    Operation *ancestor = first->getBlock()->findAncestorOpInBlock(*user);
    return !second->isBeforeInBlock(ancestor);
  });
}

static AllReduceOp create(OpBuilder &builder, Location loc, TypeRange types,
                          AllReduceOp first, AllReduceOp second) {
  SmallVector<Value> inputs(first.getInputs());
  llvm::append_range(inputs, second.getInputs());
  return AllReduceOp::create(builder, loc, types, inputs, Value(),
                             first.getTreeAttr(), first.getRing(),
                             first.getAccumulateAttr(),
                             /*with_index=*/false);
}

static GemmOp create(OpBuilder &builder, Location loc, TypeRange types,
                     GemmOp first, GemmOp second) {
  SmallVector<Value> bs(first.getBs());
  llvm::append_range(bs, second.getBs());
  return GemmOp::create(builder, loc, types, first.getA(), bs,
                        first.getAlgorithm());
}

/// Moves `first` into `second`.
template <typename OpTy> static OpTy merge(OpTy first, OpTy second) {
  OpBuilder builder(second);
  SmallVector<Type> types(first->getResultTypes());
  llvm::append_range(types, second->getResultTypes());
  auto loc = builder.getFusedLoc({first.getLoc(), second.getLoc()});
  OpTy merged = create(builder, loc, types, first, second);
  size_t count = first->getNumResults();
  first->replaceAllUsesWith(merged->getResults().take_front(count));
  second->replaceAllUsesWith(merged->getResults().drop_front(count));
  first.erase();
  second.erase();
  return merged;
}

/// Merges each operation with the one before it, where that is possible.
template <typename OpTy> static void mergeAll(Block &block) {
  OpTy pending;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    auto next = dyn_cast<OpTy>(op);
    if (!next)
      continue;
    bool merges =
        pending && areCompatible(pending, next) && !isUsedBefore(pending, next);
    pending = merges ? merge(pending, next) : next;
  }
}

namespace {
struct MergeCollectives : plmr::impl::MergeCollectivesBase<MergeCollectives> {
  void runOnOperation() override {
    getOperation().walk([](Block *block) {
      mergeAll<AllReduceOp>(*block);
      mergeAll<GemmOp>(*block);
    });
  }
};
} // namespace
