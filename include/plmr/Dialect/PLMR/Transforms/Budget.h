//===- Budget.h - Errors that another mesh may avoid ------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whoever looks for a mesh has to tell a program that does not fit from one
// that is wrong: the diagnostics of passes say so in their metadata, which
// compileModule turns into a BudgetError.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_TRANSFORMS_BUDGET_H
#define PLMR_DIALECT_PLMR_TRANSFORMS_BUDGET_H

#include "mlir/IR/Diagnostics.h"
#include "plmr/Machine/Machine.h"
#include <optional>

namespace plmr {

/// What a program needs more of than a core has.
enum class Budget : uint8_t {
  Memory, ///< a larger mesh or a smaller model needs less
  Routes, ///< colours, queues, engines, bits of a register: a larger mesh does
          ///< not need less, a line of cores may
};

/// Marks the error `diag`.
void setBudget(mlir::InFlightDiagnostic &diag, Budget budget);

/// None if `diagnostic` is of no budget.
std::optional<Budget> getBudget(mlir::Diagnostic &diagnostic);

/// The device that has the most of what runs short, if that is `need` or more:
/// to be named in an error.
std::optional<Machine>
findRoomierDevice(uint64_t need,
                  llvm::function_ref<uint64_t(const Machine &)> getBudget);

} // namespace plmr

#endif // PLMR_DIALECT_PLMR_TRANSFORMS_BUDGET_H
