//===- Passes.h - Passes that run pipelines ---------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_PASSES_H
#define PLMR_PIPELINE_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "plmr/Pipeline/Choices.h"

namespace plmr {

#define GEN_PASS_DECL
#include "plmr/Pipeline/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "plmr/Pipeline/Passes.h.inc"

std::unique_ptr<mlir::Pass> createChooseProducts(KernelCosts *costs,
                                                 std::vector<Choice> *choices);

/// With `costs` that other runs know, too, and a record of what was chosen. If
/// there are `choices` all candidates are timed.
std::unique_ptr<mlir::Pass>
createChooseAlgorithms(ChooseAlgorithmsOptions options, KernelCosts *costs,
                       std::vector<Choice> *choices);

} // namespace plmr

#endif // PLMR_PIPELINE_PASSES_H
