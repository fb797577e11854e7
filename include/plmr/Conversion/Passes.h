//===- Passes.h - Conversions between the levels -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_CONVERSION_PASSES_H
#define PLMR_CONVERSION_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace plmr {

/// On a product of matrices of a graph: its #plmr.gemm_algorithm.
constexpr llvm::StringLiteral gemmAttrName = "plmr.gemm";
/// All of them, for messages.
std::string getGemmAlgorithms();

#define GEN_PASS_DECL
#include "plmr/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "plmr/Conversion/Passes.h.inc"

} // namespace plmr

#endif // PLMR_CONVERSION_PASSES_H
