//===- LocalBuilder.cpp - Building plmr.local operations -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LocalBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "plmr/Dialect/PLMR/Transforms/Contraction.h"

using namespace mlir;
using namespace plmr;

ValueRange plmr::buildLocal(OpBuilder &builder, Location loc, MeshShape mesh,
                            ValueRange inputs, TypeRange results,
                            TileFn build) {
  auto local = mesh::LocalOp::create(builder, loc, results, inputs);
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Type> tiles;
  for (Value input : inputs)
    tiles.push_back(cast<mesh::PlacedType>(input.getType()).getTileType(mesh));
  Block *block = builder.createBlock(&local.getBody(), {}, tiles,
                                     SmallVector<Location>(tiles.size(), loc));
  SmallVector<Value> values = build(builder, block->getArguments());
  mesh::YieldOp::create(builder, loc, values);
  return local.getResults();
}

Value plmr::buildElementwise(OpBuilder &builder, Location loc,
                             ValueRange inputs,
                             ArrayRef<SmallVector<unsigned>> dims, Value init,
                             ScalarFn fn) {
  auto type = cast<RankedTensorType>(init.getType());
  unsigned loops = type.getRank();
  SmallVector<AffineMap> maps;
  for (const SmallVector<unsigned> &inputDims : dims)
    maps.push_back(getLoopMap(builder, loops, inputDims));
  maps.push_back(builder.getMultiDimIdentityMap(loops));
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::parallel);
  auto op = linalg::GenericOp::create(
      builder, loc, type, inputs, init, maps, iterators,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange arguments) {
        Value result = fn(nested, nestedLoc, arguments.drop_back());
        linalg::YieldOp::create(nested, nestedLoc, result);
      });
  return op.getResult(0);
}

Value plmr::buildContraction(OpBuilder &builder, Location loc, Value a,
                             ArrayRef<unsigned> aDims, Value b,
                             ArrayRef<unsigned> bDims, Value init,
                             ArrayRef<unsigned> outDims, unsigned loops) {
  return createContraction(builder, loc, init.getType(), a, aDims, b, bDims,
                           init, outDims, loops)
      .getResult(0);
}

Value plmr::buildReduction(OpBuilder &builder, Location loc,
                           mesh::Reducer reducer, Value input, Value init) {
  unsigned loops = cast<RankedTensorType>(input.getType()).getRank();
  SmallVector<unsigned> outDims;
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::parallel);
  for (unsigned dim = 0; dim + 1 < loops; ++dim)
    outDims.push_back(dim);
  iterators.back() = utils::IteratorType::reduction;
  SmallVector<AffineMap> maps = {builder.getMultiDimIdentityMap(loops),
                                 getLoopMap(builder, loops, outDims)};
  auto op = linalg::GenericOp::create(
      builder, loc, init.getType(), input, init, maps, iterators,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange arguments) {
        Value result = reducer == mesh::Reducer::Sum
                           ? arith::AddFOp::create(nested, nestedLoc,
                                                   arguments[1], arguments[0])
                                 .getResult()
                           : arith::MaximumFOp::create(
                                 nested, nestedLoc, arguments[1], arguments[0])
                                 .getResult();
        linalg::YieldOp::create(nested, nestedLoc, result);
      });
  return op.getResult(0);
}

Value plmr::buildFilled(OpBuilder &builder, Location loc, Value empty,
                        double value) {
  Type element = cast<RankedTensorType>(empty.getType()).getElementType();
  return linalg::FillOp::create(builder, loc,
                                buildFloat(builder, loc, element, value), empty)
      .getResult(0);
}

namespace {
/// All of a tile but for its last dimension.
struct ColumnSlice {
  ColumnSlice(OpBuilder &builder, Value tile, Value offset,
              OpFoldResult count) {
    auto type = cast<RankedTensorType>(tile.getType());
    offsets.assign(type.getRank(), builder.getIndexAttr(0));
    strides.assign(type.getRank(), builder.getIndexAttr(1));
    for (int64_t extent : type.getShape())
      sizes.push_back(builder.getIndexAttr(extent));
    if (offset)
      offsets.back() = offset;
    sizes.back() = count;
  }
  SmallVector<OpFoldResult> offsets, sizes, strides;
};
} // namespace

Value plmr::getColumns(OpBuilder &builder, Location loc, Value tile,
                       Value offset, OpFoldResult count) {
  ColumnSlice slice(builder, tile, offset, count);
  return tensor::ExtractSliceOp::create(builder, loc, tile, slice.offsets,
                                        slice.sizes, slice.strides);
}

Value plmr::setColumns(OpBuilder &builder, Location loc, Value part, Value tile,
                       Value offset, OpFoldResult count) {
  ColumnSlice slice(builder, tile, offset, count);
  return tensor::InsertSliceOp::create(builder, loc, part, tile, slice.offsets,
                                       slice.sizes, slice.strides);
}

Value plmr::buildFloat(OpBuilder &builder, Location loc, Type type,
                       double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getFloatAttr(type, value));
}

Value plmr::buildIndex(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

/// Reassociation of a tensor of `rank` whose dimension `dim` stands for `count`
/// dimensions on the other side.
static SmallVector<ReassociationIndices>
getReassociation(unsigned rank, unsigned dim, unsigned count) {
  SmallVector<ReassociationIndices> groups(rank);
  int64_t next = 0;
  for (unsigned i = 0; i != rank; ++i)
    for (unsigned j = 0; j != (i == dim ? count : 1); ++j)
      groups[i].push_back(next++);
  return groups;
}

Value plmr::expandDim(OpBuilder &builder, Location loc, Value tensor,
                      unsigned dim, ArrayRef<int64_t> sizes) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  shape.insert(shape.begin() + dim, sizes.begin(), sizes.end());
  return tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()), tensor,
      getReassociation(type.getRank(), dim, sizes.size()));
}

Value plmr::collapseDims(OpBuilder &builder, Location loc, Value tensor,
                         unsigned dim, unsigned count) {
  unsigned rank = cast<RankedTensorType>(tensor.getType()).getRank();
  return tensor::CollapseShapeOp::create(
      builder, loc, tensor, getReassociation(rank - count + 1, dim, count));
}
