//===- LocalBuilder.h - Building plmr.local operations -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_CONVERSION_GRAPHTOMESH_LOCALBUILDER_H
#define PLMR_CONVERSION_GRAPHTOMESH_LOCALBUILDER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"

namespace plmr {

/// Values of a region of plmr.local, tile by tile.
using TileFn = llvm::function_ref<llvm::SmallVector<mlir::Value>(
    mlir::OpBuilder &, mlir::ValueRange)>;

/// Creates a plmr.local over `inputs` whose region `build` fills; it gets the
/// tiles of the inputs and returns those of the results.
mlir::ValueRange buildLocal(mlir::OpBuilder &builder, mlir::Location loc,
                            MeshShape mesh, mlir::ValueRange inputs,
                            mlir::TypeRange results, TileFn build);

/// One scalar operation of the body of an elementwise operation.
using ScalarFn = llvm::function_ref<mlir::Value(
    mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// A linalg.generic without reduction: result[d0, d1, ...] = fn(inputs), where
/// `dims[i]` lists the loops that index input i. `init` gives the result's
/// type and, if it is a slice, its place.
mlir::Value buildElementwise(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::ValueRange inputs,
                             llvm::ArrayRef<llvm::SmallVector<unsigned>> dims,
                             mlir::Value init, ScalarFn fn);

/// result[out...] = init[out...] combined over the remaining loops with
/// a[aDims] * b[bDims] (contraction), as a linalg.generic over `loops` loops.
mlir::Value buildContraction(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value a, llvm::ArrayRef<unsigned> aDims,
                             mlir::Value b, llvm::ArrayRef<unsigned> bDims,
                             mlir::Value init, llvm::ArrayRef<unsigned> outDims,
                             unsigned loops);

/// result[out...] = max or sum over the last loop of input[all loops].
mlir::Value buildReduction(mlir::OpBuilder &builder, mlir::Location loc,
                           mesh::Reducer reducer, mlir::Value input,
                           mlir::Value init);

/// A tensor of `type` filled with `value`.
mlir::Value buildFilled(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value empty, double value);

/// `count` columns (elements of the last dimension) of a tile from `offset`
/// on, or from the first one if that is null; and the tile with them replaced.
mlir::Value getColumns(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value tile, mlir::Value offset,
                       mlir::OpFoldResult count);
mlir::Value setColumns(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value part, mlir::Value tile, mlir::Value offset,
                       mlir::OpFoldResult count);

/// A constant of floating-point type `type`.
mlir::Value buildFloat(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Type type, double value);

/// An index constant.
mlir::Value buildIndex(mlir::OpBuilder &builder, mlir::Location loc,
                       int64_t value);

/// Splits dimension `dim` of a static tensor in `sizes`.
mlir::Value expandDim(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value tensor, unsigned dim,
                      llvm::ArrayRef<int64_t> sizes);

/// The inverse: merges the dimensions [dim, dim + count).
mlir::Value collapseDims(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value tensor, unsigned dim, unsigned count);

} // namespace plmr

#endif // PLMR_CONVERSION_GRAPHTOMESH_LOCALBUILDER_H
