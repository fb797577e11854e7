//===- Evaluator.cpp - Operations that one core does alone ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "LoopNest.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;
using llvm::Error;

Array interpreter::makeUndefined(Type type) {
  auto shaped = cast<ShapedType>(type);
  return Array::undefined(shaped.getShape(),
                          *mesh::getElementType(shaped.getElementType()));
}

Error interpreter::atLocation(Operation &op, Error error) {
  std::string place;
  llvm::raw_string_ostream(place) << op.getLoc();
  return makeError("{0}: {1}", place, llvm::toString(std::move(error)));
}

llvm::Expected<const Body *> Evaluator::getBody(Operation *op) {
  std::unique_ptr<Body> &body = bodies[op];
  if (!body) {
    llvm::Expected<Body> compiled =
        op->getNumRegions()
            ? Body::fromBlock(op->getRegion(0).front(), precision)
            : Body::fromOperation(op, precision);
    if (!compiled)
      return compiled.takeError();
    body = std::make_unique<Body>(std::move(*compiled));
  }
  return body.get();
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Error Evaluator::evaluateConstant(Operation &op, Environment &env) {
  auto constant = cast<arith::ConstantOp>(op);
  Attribute value = constant.getValue();
  if (auto number = dyn_cast<FloatAttr>(value)) {
    env.set(constant, Scalar{0, number.getValueAsDouble()});
  } else if (auto number = dyn_cast<IntegerAttr>(value)) {
    bool isTruth = number.getType().isInteger(1);
    env.set(constant, Scalar{isTruth ? number.getValue().getBoolValue()
                                     : number.getValue().getSExtValue(),
                             0});
  } else if (auto dense = dyn_cast<DenseFPElementsAttr>(value)) {
    std::vector<float> values;
    for (const APFloat &element : dense.getValues<APFloat>())
      values.push_back(static_cast<float>(element.convertToDouble()));
    Array array = makeUndefined(dense.getType());
    env.set(constant, Array::get(array.shape, array.type, std::move(values)));
  } else {
    return makeError("expected a constant of numbers but got '{0}'",
                     op.getName().getStringRef());
  }
  return Error::success();
}

Error Evaluator::evaluateScalar(Operation &op, Environment &env) {
  SmallVector<Scalar, 4> operands;
  for (Value operand : op.getOperands())
    operands.push_back(env.getScalar(operand));
  Value result = op.getResult(0);
  if (!isa<FloatType>(result.getType())) {
    llvm::Expected<int64_t> value = computeInteger(&op, operands);
    if (!value)
      return value.takeError();
    env.set(result, Scalar{*value, 0});
    return Error::success();
  }
  llvm::Expected<const Body *> body = getBody(&op);
  if (!body)
    return body.takeError();
  operands.resize((*body)->getNumSlots());
  (*body)->setConstants(operands);
  if (Error error = (*body)->run(operands))
    return error;
  env.set(result, operands[(*body)->getResults()[0]]);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Loop nests
//===----------------------------------------------------------------------===//

/// The stream or the number that an operand is.
static LoopNest::Operand getOperand(const RuntimeValue &value) {
  LoopNest::Operand operand;
  if (const auto *array = std::get_if<Array>(&value))
    operand.array = *array;
  else
    operand.scalar = std::get<Scalar>(value);
  return operand;
}

Error Evaluator::evaluateElementwise(Operation &op, Environment &env) {
  llvm::Expected<const Body *> body = getBody(&op);
  if (!body)
    return body.takeError();
  LoopNest nest(**body, precision);
  for (Value value : op.getOperands()) {
    LoopNest::Operand operand = getOperand(env.get(value));
    if (operand.array) {
      nest.sizes = operand.array->shape;
      operand.strides = operand.array->strides;
    }
    nest.operands.push_back(std::move(operand));
  }
  Array result = Array::undefined(
      nest.sizes,
      *mesh::getElementType(getElementTypeOrSelf(op.getResult(0).getType())));
  nest.outputs.push_back(result);
  nest.outputStrides.push_back(result.strides);
  if (Error error = nest.run(env))
    return error;
  env.set(op.getResult(0), std::move(result));
  return Error::success();
}

/// Elements of `array` from one iteration of each loop to the next, and the
/// loops' extents where a dimension is a loop.
static Error mapToLoops(const Array &array, AffineMap map, Shape &strides,
                        Shape &sizes) {
  strides.assign(sizes.size(), 0);
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
      strides[loop.getPosition()] += array.strides[dim];
      sizes[loop.getPosition()] = array.shape[dim];
    } else if (auto constant = dyn_cast<AffineConstantExpr>(expr);
               !constant || constant.getValue() != 0) {
      return makeError("expected indexing maps of plain loops");
    }
  }
  return Error::success();
}

Error Evaluator::evaluateLinalg(linalg::LinalgOp op, Environment &env) {
  llvm::Expected<const Body *> body = getBody(op);
  if (!body)
    return body.takeError();
  LoopNest nest(**body, precision);
  nest.sizes.assign(op.getNumLoops(), 1);
  for (OpOperand &value : op->getOpOperands()) {
    LoopNest::Operand operand = getOperand(env.get(value.get()));
    bool isTensorOutput = op.isDpsInit(&value) && op.hasPureTensorSemantics();
    if (isTensorOutput)
      operand.array = operand.array->clone();
    if (operand.array)
      if (Error error =
              mapToLoops(*operand.array, op.getMatchingIndexingMap(&value),
                         operand.strides, nest.sizes))
        return error;
    if (op.isDpsInit(&value)) {
      nest.outputs.push_back(*operand.array);
      nest.outputStrides.push_back(operand.strides);
    }
    nest.operands.push_back(std::move(operand));
  }
  if (Error error = nest.run(env))
    return error;
  for (auto [result, output] : llvm::zip(op->getResults(), nest.outputs))
    env.set(result, output);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

Error Evaluator::evaluate(Operation &op, Environment &env) {
  Error error = [&] {
    if (isa<arith::ConstantOp>(op))
      return evaluateConstant(op, env);
    if (auto nest = dyn_cast<linalg::LinalgOp>(op))
      return evaluateLinalg(nest, env);
    if (isa<arith::ArithDialect, math::MathDialect>(op.getDialect()) &&
        op.getNumResults() == 1)
      return isa<RankedTensorType>(op.getResult(0).getType())
                 ? evaluateElementwise(op, env)
                 : evaluateScalar(op, env);
    return evaluateView(op, env);
  }();
  return error ? atLocation(op, std::move(error)) : Error::success();
}
