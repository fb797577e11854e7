//===- Passes.h - Passes on the graph level -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_LLM_TRANSFORMS_PASSES_H
#define PLMR_DIALECT_LLM_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace plmr {

/// True for an operation of one tensor, each element of which depends on the
/// same element of its operands: of `arith`, `math` or `linalg`.
bool isElementwise(mlir::Operation *op);

#define GEN_PASS_DECL
#include "plmr/Dialect/LLM/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "plmr/Dialect/LLM/Transforms/Passes.h.inc"

} // namespace plmr

#endif // PLMR_DIALECT_LLM_TRANSFORMS_PASSES_H
