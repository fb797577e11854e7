//===- Plan.h - How a model is compiled -------------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_PLAN_H
#define PLMR_TOOLS_PLMR_PLAN_H

#include "Commands.h"
#include "Report.h"

namespace plmr {

/// The flags that a plan holds (docs/CLI.md, C26).
Json describePlan(const TargetOptions &options);

/// Sets what the plan in the file that `options.plan` names says, if it names
/// one. Errors: a file that is no plan, a flag that says something else.
llvm::Error applyPlan(TargetOptions &options);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_PLAN_H
