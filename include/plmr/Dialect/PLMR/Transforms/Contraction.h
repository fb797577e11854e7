//===- Contraction.h - Sums of products -*- C++ -*- -----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_TRANSFORMS_CONTRACTION_H
#define PLMR_DIALECT_PLMR_TRANSFORMS_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace plmr {

/// (d0, d1, ..) -> (the loops `dims`), over `loops` loops.
mlir::AffineMap getLoopMap(mlir::Builder &builder, unsigned loops,
                           llvm::ArrayRef<unsigned> dims);

/// c[dimsC] += a[dimsA] * b[dimsB] over `loops` loops, of which those that c
/// lacks are summed over. Operands narrower than c are widened. On tensors the
/// result is c's; on buffers `results` is empty.
mlir::linalg::GenericOp
createContraction(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::TypeRange results, mlir::Value a,
                  llvm::ArrayRef<unsigned> dimsA, mlir::Value b,
                  llvm::ArrayRef<unsigned> dimsB, mlir::Value c,
                  llvm::ArrayRef<unsigned> dimsC, unsigned loops);

} // namespace plmr

#endif // PLMR_DIALECT_PLMR_TRANSFORMS_CONTRACTION_H
