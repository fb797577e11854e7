//===- Cursor.cpp - Where a program stands --------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cursor.h"
#include "Evaluator.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;
using llvm::Error;
using llvm::Expected;

Cursor::Cursor(Block &entry, MutableArrayRef<Environment> cores)
    : cores(cores) {
  enter(entry, {});
}

void Cursor::enter(Block &block, Frame frame) {
  frame.block = &block;
  frame.at = block.begin();
  frames.push_back(frame);
}

Expected<int64_t> Cursor::getCommonInt(Value value) const {
  int64_t common = cores[0].getInt(value);
  for (const Environment &core : cores)
    if (core.getInt(value) != common)
      return makeError("expected one value on all cores but got {0} on core "
                       "({1}, {2}) and {3} on core ({4}, {5})",
                       common, cores[0].x, cores[0].y, core.getInt(value),
                       core.x, core.y);
  return common;
}

void Cursor::copy(Value from, Value to) {
  for (Environment &core : cores)
    core.set(to, RuntimeValue(core.get(from)));
}

/// Goes behind `op`, at which the innermost frame stands.
Operation *Cursor::complete(Operation *op) {
  ++frames.back().at;
  trips.clear();
  for (const Frame &frame : frames)
    if (frame.trip >= 0)
      trips.push_back(frame.trip);
  return op;
}

Expected<Operation *> Cursor::beginLoop(Operation *op) {
  auto loop = cast<scf::ForOp>(op);
  Frame frame;
  for (auto [value, bound] : {std::pair{loop.getLowerBound(), &frame.counter},
                              std::pair{loop.getUpperBound(), &frame.upper},
                              std::pair{loop.getStep(), &frame.step}})
    if (Error error = getCommonInt(value).moveInto(*bound))
      return atLocation(*op, std::move(error));
  if (frame.step <= 0)
    return atLocation(
        *op, makeError("expected a positive step but got {0}", frame.step));
  bool runs = frame.counter < frame.upper;
  for (auto [i, init] : llvm::enumerate(loop.getInitArgs()))
    copy(init, runs ? Value(loop.getRegionIterArg(i)) : loop.getResult(i));
  if (!runs)
    return complete(op);
  for (Environment &core : cores)
    core.set(loop.getInductionVar(), Scalar{frame.counter, 0});
  // A guard is a condition: nothing iterates.
  frame.trip = op->hasAttr(mesh::guardAttrName) ? -1 : 0;
  enter(*loop.getBody(), frame);
  return nullptr;
}

Expected<Operation *> Cursor::beginBranch(Operation *op) {
  auto branch = cast<scf::IfOp>(op);
  Expected<int64_t> condition = getCommonInt(branch.getCondition());
  if (!condition)
    return atLocation(*op, condition.takeError());
  Region &region = *condition ? branch.getThenRegion() : branch.getElseRegion();
  if (region.empty())
    return complete(op);
  enter(region.front(), {});
  return nullptr;
}

Operation *Cursor::endBlock(Operation *terminator) {
  Operation *parent = terminator->getParentOp();
  Frame &frame = frames.back();
  // All values are read before the first one changes.
  SmallVector<SmallVector<RuntimeValue>> values;
  for (Environment &core : cores) {
    auto &own = values.emplace_back();
    for (Value value : terminator->getOperands())
      own.push_back(core.get(value));
  }
  auto assign = [&](ValueRange targets) {
    for (auto [core, own] : llvm::zip(cores, values))
      for (auto [target, value] : llvm::zip(targets, own))
        core.set(target, value);
  };
  auto loop = dyn_cast<scf::ForOp>(parent);
  if (loop && (frame.counter += frame.step) < frame.upper) {
    assign(loop.getRegionIterArgs());
    for (Environment &core : cores)
      core.set(loop.getInductionVar(), Scalar{frame.counter, 0});
    ++frame.trip;
    frame.at = frame.block->begin();
    return nullptr;
  }
  frames.pop_back();
  if (frames.empty())
    return nullptr;
  assign(parent->getResults());
  return complete(parent);
}

Expected<Operation *> Cursor::step(Execute execute) {
  Operation *op = &getOp();
  if (isa<scf::ForOp>(op))
    return beginLoop(op);
  if (isa<scf::IfOp>(op))
    return beginBranch(op);
  if (op->hasTrait<OpTrait::IsTerminator>())
    return endBlock(op);
  Expected<bool> done = execute(*op);
  if (!done)
    return done.takeError();
  return *done ? complete(op) : nullptr;
}

Error Cursor::run(llvm::function_ref<Error(Operation &)> execute,
                  llvm::function_ref<Error(Operation &)> completed) {
  while (!isDone()) {
    Expected<Operation *> op = step([&](Operation &op) -> Expected<bool> {
      if (Error error = execute(op))
        return std::move(error);
      return true;
    });
    if (!op)
      return op.takeError();
    if (*op)
      if (Error error = completed(**op))
        return error;
  }
  return Error::success();
}
