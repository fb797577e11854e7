//===- Explain.h - Why algorithms were chosen -------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_EXPLAIN_H
#define PLMR_TOOLS_PLMR_EXPLAIN_H

#include "Report.h"
#include "plmr/Pipeline/Choices.h"

namespace plmr {

/// The candidates of each choice, the chosen one marked (docs/CLI.md, C24).
void printChoices(llvm::ArrayRef<Choice> choices, const Machine &machine,
                  llvm::raw_ostream &os);
Json describeChoices(llvm::ArrayRef<Choice> choices, const Machine &machine);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_EXPLAIN_H
