//===- Budget.cpp - Errors that another mesh may avoid --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Dialect/PLMR/Transforms/Budget.h"

using namespace mlir;
using namespace plmr;

static constexpr StringLiteral budgetNames[] = {"plmr.budget.memory",
                                                "plmr.budget.routes"};

void plmr::setBudget(InFlightDiagnostic &diag, Budget budget) {
  if (Diagnostic *diagnostic = diag.getUnderlyingDiagnostic())
    diagnostic->getMetadata().push_back(
        DiagnosticArgument(budgetNames[static_cast<unsigned>(budget)]));
}

std::optional<Budget> plmr::getBudget(Diagnostic &diagnostic) {
  for (const DiagnosticArgument &argument : diagnostic.getMetadata()) {
    if (argument.getKind() !=
        DiagnosticArgument::DiagnosticArgumentKind::String)
      continue;
    auto name = llvm::find(budgetNames, argument.getAsString());
    if (name != std::end(budgetNames))
      return static_cast<Budget>(name - budgetNames);
  }
  return std::nullopt;
}

std::optional<Machine> plmr::findRoomierDevice(
    uint64_t need, llvm::function_ref<uint64_t(const Machine &)> getBudget) {
  Machine lab = llvm::cantFail(getBuiltinMachine("lab"));
  if (getBudget(lab) < need)
    return std::nullopt;
  return lab;
}
