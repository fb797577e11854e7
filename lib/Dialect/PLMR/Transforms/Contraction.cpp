//===- Contraction.cpp - Sums of products ---------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Dialect/PLMR/Transforms/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace plmr;

AffineMap plmr::getLoopMap(Builder &builder, unsigned loops,
                           ArrayRef<unsigned> dims) {
  SmallVector<AffineExpr> exprs;
  for (unsigned dim : dims)
    exprs.push_back(builder.getAffineDimExpr(dim));
  return AffineMap::get(loops, 0, exprs, builder.getContext());
}

/// Widens `value` to `type` if it is a narrower float.
static Value widen(OpBuilder &builder, Location loc, Value value, Type type) {
  if (value.getType() == type)
    return value;
  return arith::ExtFOp::create(builder, loc, type, value);
}

linalg::GenericOp plmr::createContraction(OpBuilder &builder, Location loc,
                                          TypeRange results, Value a,
                                          ArrayRef<unsigned> dimsA, Value b,
                                          ArrayRef<unsigned> dimsB, Value c,
                                          ArrayRef<unsigned> dimsC,
                                          unsigned loops) {
  SmallVector<AffineMap> maps = {getLoopMap(builder, loops, dimsA),
                                 getLoopMap(builder, loops, dimsB),
                                 getLoopMap(builder, loops, dimsC)};
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::reduction);
  for (unsigned dim : dimsC)
    iterators[dim] = utils::IteratorType::parallel;
  return linalg::GenericOp::create(
      builder, loc, results, ValueRange{a, b}, c, maps, iterators,
      [](OpBuilder &nested, Location nestedLoc, ValueRange arguments) {
        Type type = arguments[2].getType();
        Value product = arith::MulFOp::create(
            nested, nestedLoc, widen(nested, nestedLoc, arguments[0], type),
            widen(nested, nestedLoc, arguments[1], type));
        Value sum =
            arith::AddFOp::create(nested, nestedLoc, arguments[2], product);
        linalg::YieldOp::create(nested, nestedLoc, sum);
      });
}
