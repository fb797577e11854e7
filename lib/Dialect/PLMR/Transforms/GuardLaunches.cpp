//===- GuardLaunches.cpp - Launches on a part of the mesh -----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Dialect/PLMR/Transforms/Scalars.h"

namespace plmr {
#define GEN_PASS_DEF_GUARDLAUNCHES
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

static bool hasEpochs(Operation &op) {
  return op.walk([](mesh::EpochOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

/// Copies what computes `value`, as far as `inside` holds it.
static FailureOr<Value> copyScalar(OpBuilder &b, Value value, Block *inside,
                                   IRMapping &mapping) {
  if (mapping.contains(value))
    return mapping.lookup(value);
  Operation *op = value.getDefiningOp();
  if (!op || !inside->findAncestorOpInBlock(*op))
    return value;
  if (op->getNumRegions() != 0 || !isPure(op))
    return op->emitOpError("expected the bounds of a loop around an epoch to "
                           "be index arithmetic");
  for (Value operand : op->getOperands()) {
    FailureOr<Value> copy = copyScalar(b, operand, inside, mapping);
    if (failed(copy))
      return failure();
    mapping.map(operand, *copy);
  }
  return b.clone(*op, mapping)->getResult(0);
}

/// The epochs of `block`, and the loops around them. `mapping` ends with the
/// block.
static LogicalResult copyEpochs(OpBuilder &b, Block &block, Block *inside,
                                IRMapping mapping) {
  for (Operation &op : block) {
    if (!hasEpochs(op))
      continue;
    if (isa<mesh::EpochOp>(op)) {
      b.clone(op);
      continue;
    }
    auto loop = dyn_cast<scf::ForOp>(op);
    if (!loop)
      return op.emitOpError("expected epochs in loops only");
    SmallVector<Value, 3> bounds;
    for (Value bound :
         {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()}) {
      FailureOr<Value> copy = copyScalar(b, bound, inside, mapping);
      if (failed(copy))
        return failure();
      bounds.push_back(*copy);
    }
    auto copy =
        scf::ForOp::create(b, op.getLoc(), bounds[0], bounds[1], bounds[2]);
    mapping.map(loop.getInductionVar(), copy.getInductionVar());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(copy.getBody());
    if (failed(copyEpochs(b, *loop.getBody(), inside, mapping)))
      return failure();
  }
  return success();
}

static LogicalResult guardLaunch(func::FuncOp func, MeshShape part) {
  Block &body = func.getBody().front();
  Location loc = func.getLoc();
  OpBuilder b = OpBuilder::atBlockBegin(&body);
  Scalars s(b, loc);
  auto isBelow = [&](mesh::MeshAxis axis) {
    Value core = mesh::CoordOp::create(b, loc, b.getIndexType(), axis);
    return s.less(core, s.index(part.getExtent(mesh::toAxis(axis))));
  };
  Value zero = s.index(0), one = s.index(1);
  Value inside =
      s.number(s.both(isBelow(mesh::MeshAxis::X), isBelow(mesh::MeshAxis::Y)));
  auto loop = scf::ForOp::create(b, loc, zero, inside, one);
  loop->setAttr(mesh::guardAttrName, b.getUnitAttr());
  Block *guarded = loop.getBody();
  guarded->getOperations().splice(guarded->begin(), body.getOperations(),
                                  std::next(loop->getIterator()),
                                  std::prev(body.end()));
  if (!hasEpochs(*loop))
    return success();
  b.setInsertionPointAfter(loop);
  auto rest = scf::ForOp::create(b, loc, inside, one, one);
  b.setInsertionPointToStart(rest.getBody());
  return copyEpochs(b, *guarded, guarded, IRMapping());
}

namespace {
struct GuardLaunches : plmr::impl::GuardLaunchesBase<GuardLaunches> {
  void runOnOperation() override {
    mesh::MeshOp whole = requireMesh(getOperation());
    if (!whole)
      return signalPassFailure();
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      mesh::MeshOp part = requireMesh(func);
      if (!part)
        return signalPassFailure();
      if (part.getShape() != whole.getShape() &&
          failed(guardLaunch(func, part.getShape())))
        return signalPassFailure();
    }
  }
};
} // namespace
