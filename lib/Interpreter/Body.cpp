//===- Body.cpp - The arithmetic of one element ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Body.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

static int64_t floorDiv(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t compareIntegers(arith::CmpIPredicate predicate, int64_t a,
                               int64_t b) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
  case P::ult:
    return a < b;
  case P::sle:
  case P::ule:
    return a <= b;
  case P::sgt:
  case P::ugt:
    return a > b;
  case P::sge:
  case P::uge:
    return a >= b;
  }
  return 0;
}

/// Division by zero is an error that names the operation.
static llvm::Expected<int64_t> divide(Operation *op, int64_t a, int64_t b) {
  if (b == 0)
    return makeError("{0}: division by zero", op->getName().getStringRef());
  int64_t quotient = floorDiv(a, b);
  if (isa<arith::RemUIOp, arith::RemSIOp>(op))
    return a - quotient * b;
  if (isa<arith::CeilDivUIOp, arith::CeilDivSIOp>(op))
    return -floorDiv(-a, b);
  return quotient;
}

llvm::Expected<int64_t> interpreter::computeInteger(Operation *op,
                                                    ArrayRef<Scalar> operands) {
  auto at = [&](unsigned i) { return operands[i].i; };
  if (isa<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp,
          arith::CeilDivUIOp, arith::CeilDivSIOp, arith::RemUIOp,
          arith::RemSIOp>(op))
    return divide(op, at(0), at(1));
  using Result = std::optional<int64_t>;
  Result result =
      llvm::TypeSwitch<Operation *, Result>(op)
          .Case<arith::AddIOp>([&](auto) { return at(0) + at(1); })
          .Case<arith::SubIOp>([&](auto) { return at(0) - at(1); })
          .Case<arith::MulIOp>([&](auto) { return at(0) * at(1); })
          .Case<arith::AndIOp>([&](auto) { return at(0) & at(1); })
          .Case<arith::OrIOp>([&](auto) { return at(0) | at(1); })
          .Case<arith::XOrIOp>([&](auto) { return at(0) ^ at(1); })
          .Case<arith::MinUIOp, arith::MinSIOp>(
              [&](auto) { return std::min(at(0), at(1)); })
          .Case<arith::MaxUIOp, arith::MaxSIOp>(
              [&](auto) { return std::max(at(0), at(1)); })
          .Case<arith::SelectOp>([&](auto) { return at(at(0) ? 1 : 2); })
          .Case<arith::CmpIOp>([&](arith::CmpIOp compare) {
            return compareIntegers(compare.getPredicate(), at(0), at(1));
          })
          .Case<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtUIOp,
                arith::TruncIOp>([&](auto) { return at(0); })
          .Default([](auto) { return Result(); });
  if (!result)
    return makeError("expected integer arithmetic but got '{0}', which the "
                     "interpreters do not know",
                     op->getName().getStringRef());
  return *result;
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

static std::optional<Opcode> getOpcode(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<Opcode>>(op)
      .Case<arith::AddFOp>([](auto) { return Opcode::Add; })
      .Case<arith::SubFOp>([](auto) { return Opcode::Sub; })
      .Case<arith::MulFOp, arith::NegFOp>([](auto) { return Opcode::Mul; })
      .Case<arith::DivFOp>([](auto) { return Opcode::Div; })
      .Case<arith::MaximumFOp>([](auto) { return Opcode::Max; })
      .Case<math::ExpOp>([](auto) { return Opcode::Exp; })
      .Case<math::RsqrtOp>([](auto) { return Opcode::Rsqrt; })
      .Case<arith::SelectOp>([](auto) { return Opcode::Sel; })
      .Default([](auto) { return std::nullopt; });
}

static double computeExact(Arith kind, double a, double b, double c) {
  switch (kind) {
  case Arith::Add:
    return a + b;
  case Arith::Sub:
    return a - b;
  case Arith::Mul:
    return a * b;
  case Arith::Div:
    return a / b;
  case Arith::Fma:
    return std::fma(a, b, c);
  case Arith::Max:
    return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b);
  case Arith::Exp:
    return std::exp(a);
  case Arith::Rsqrt:
    return 1 / std::sqrt(a);
  case Arith::Sel:
    return c != 0 ? a : b;
  default:
    return a;
  }
}

static double computeAsDevice(Arith kind, ElementType type, double a, double b,
                              double c) {
  float result = 0;
  withArith(kind, [&](auto constant) {
    result = apply<constant()>(static_cast<float>(a), static_cast<float>(b),
                               static_cast<float>(c));
  });
  return roundTo(type, result);
}

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

unsigned Body::getSlot(Value value) {
  auto [entry, isNew] = slots.try_emplace(value, numSlots);
  if (isNew) {
    captures.push_back({value, numSlots});
    ++numSlots;
  }
  return entry->second;
}

void Body::addConstant(Value value, Scalar constant) {
  slots[value] = numSlots;
  constants.push_back({numSlots, constant});
  ++numSlots;
}

/// The type of the stream that `value` is read from: widening is free, and a
/// constant is a splat of f32.
std::optional<ElementType> Body::getSourceType(Value value) const {
  while (auto cast = value.getDefiningOp<arith::ExtFOp>())
    value = cast.getIn();
  if (value.getDefiningOp<arith::ConstantOp>())
    return ElementType::F32;
  return mesh::getElementType(getElementTypeOrSelf(value.getType()));
}

/// The product that a sum absorbs: it stands in the same body.
static arith::MulFOp findProduct(Operation *sum, unsigned side) {
  auto product = sum->getOperand(side).getDefiningOp<arith::MulFOp>();
  bool absorbs = product && product->getBlock() == sum->getBlock() &&
                 isa<linalg::LinalgOp>(product->getParentOp());
  return absorbs ? product : arith::MulFOp();
}

llvm::Error Body::addFloat(Operation *op) {
  std::optional<Opcode> opcode = getOpcode(op);
  if (!opcode)
    return makeError("expected addf, subf, mulf, divf, negf, maximumf, exp, "
                     "rsqrt or select but got '{0}'",
                     op->getName().getStringRef());
  SmallVector<Value> sources(op->getOperands());
  if (isa<arith::SelectOp>(op)) // the condition comes last
    std::rotate(sources.begin(), sources.begin() + 1, sources.end());
  if (*opcode == Opcode::Add)
    for (unsigned side : {0, 1})
      if (arith::MulFOp product = findProduct(op, side)) {
        sources = {product.getLhs(), product.getRhs(),
                   op->getOperand(1 - side)};
        opcode = Opcode::Fma;
        break;
      }
  Step step;
  // Narrowing belongs to the operation before it, which then rounds once.
  Value result = op->getResult(0);
  if (result.hasOneUse())
    if (auto cast = dyn_cast<arith::TruncFOp>(*result.user_begin()))
      result = cast.getResult();
  step.type = *mesh::getElementType(getElementTypeOrSelf(result.getType()));
  size_t count = *opcode == Opcode::Sel ? 2 : sources.size();
  bool hasOneType =
      !isa<arith::NegFOp>(op) &&
      llvm::all_of(ArrayRef(sources).take_front(count), [&](Value source) {
        return getSourceType(source) == step.type;
      });
  step.arith = getArith(*opcode, step.type,
                        hasOneType && precision == Precision::Device);
  for (auto [i, source] : llvm::enumerate(sources))
    step.sources[i] = getSlot(source);
  if (isa<arith::NegFOp>(op)) {
    step.sources[1] = numSlots;
    constants.push_back({numSlots++, Scalar{0, -1}});
  }
  step.target = numSlots++;
  slots[op->getResult(0)] = slots[result] = step.target;
  steps.push_back(step);
  return llvm::Error::success();
}

llvm::Error Body::add(Operation *op) {
  Value result = op->getResult(0);
  if (slots.contains(result))
    return llvm::Error::success(); // narrowing that its operand absorbed
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
      addConstant(result, {0, number.getValueAsDouble()});
    else if (auto number = dyn_cast<IntegerAttr>(constant.getValue()))
      addConstant(result, {number.getValue().getSExtValue() != 0 &&
                                   number.getType().isInteger(1)
                               ? 1
                               : number.getValue().getSExtValue(),
                           0});
    else
      return makeError("expected a number in the body of an operation");
    return llvm::Error::success();
  }
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    slots[result] = numSlots;
    indices.push_back({numSlots++, index.getDim()});
    return llvm::Error::success();
  }
  if (isa<arith::ExtFOp>(op)) {
    slots[result] = getSlot(op->getOperand(0));
    return llvm::Error::success();
  }
  if (isa<arith::TruncFOp>(op)) {
    Step step;
    step.type = *mesh::getElementType(getElementTypeOrSelf(result.getType()));
    step.sources[0] = getSlot(op->getOperand(0));
    slots[result] = step.target = numSlots++;
    steps.push_back(step);
    return llvm::Error::success();
  }
  if (isFloat(result))
    return addFloat(op);
  Step step;
  step.integer = op;
  for (Value operand : op->getOperands())
    step.operands.push_back(getSlot(operand));
  slots[result] = step.target = numSlots++;
  steps.push_back(step);
  return llvm::Error::success();
}

llvm::Expected<Body> Body::fromBlock(Block &block, Precision precision) {
  Body body;
  body.precision = precision;
  for (BlockArgument argument : block.getArguments())
    body.slots[argument] = body.numSlots++;
  for (Operation &op : block.without_terminator()) {
    // What a sum absorbs is no step of its own.
    bool absorbed =
        isa<arith::MulFOp>(op) && op.hasOneUse() &&
        isa<arith::AddFOp>(*op.user_begin()) &&
        llvm::any_of(ArrayRef<unsigned>{0, 1}, [&](unsigned side) {
          Operation *sum = *op.user_begin();
          Operation *first = findProduct(sum, 0);
          return findProduct(sum, side) == &op && (side == 0 || !first);
        });
    if (absorbed)
      continue;
    if (llvm::Error error = body.add(&op))
      return std::move(error);
  }
  for (Value value : block.getTerminator()->getOperands())
    body.results.push_back(body.getSlot(value));
  return body;
}

llvm::Expected<Body> Body::fromOperation(Operation *op, Precision precision) {
  Body body;
  body.precision = precision;
  for (Value operand : op->getOperands())
    body.slots.try_emplace(operand, body.numSlots++);
  if (llvm::Error error = body.add(op))
    return std::move(error);
  body.results.push_back(body.getSlot(op->getResult(0)));
  return body;
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

void Body::setConstants(MutableArrayRef<Scalar> slots) const {
  for (auto [slot, constant] : constants)
    slots[slot] = constant;
}

llvm::Error Body::run(MutableArrayRef<Scalar> slots) const {
  for (const Step &step : steps) {
    if (step.integer) {
      SmallVector<Scalar, 3> operands;
      for (unsigned slot : step.operands)
        operands.push_back(slots[slot]);
      llvm::Expected<int64_t> result = computeInteger(step.integer, operands);
      if (!result)
        return result.takeError();
      slots[step.target].i = *result;
      continue;
    }
    double a = slots[step.sources[0]].f, b = slots[step.sources[1]].f;
    // The condition of a select is a truth value.
    const Scalar &last = slots[step.sources[2]];
    double c = step.arith == Arith::Sel ? static_cast<double>(last.i) : last.f;
    slots[step.target].f =
        precision == Precision::Exact
            ? computeExact(step.arith, a, b, c)
            : computeAsDevice(step.arith, step.type, a, b, c);
  }
  return llvm::Error::success();
}

bool Body::isMultiplyAdd() const {
  return precision == Precision::Device && steps.size() == 1 &&
         steps[0].arith == Arith::Fma && !steps[0].integer &&
         steps[0].type == ElementType::F32 && results.size() == 1 &&
         results[0] == steps[0].target;
}
