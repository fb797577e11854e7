//===- Report.h - What a program uses of its device -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Formats and keys: docs/CLI.md.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_REPORT_H
#define PLMR_TOOLS_PLMR_REPORT_H

#include "plmr/Program/Program.h"
#include <nlohmann/json.hpp>

namespace plmr {

using Json = nlohmann::ordered_json;

/// Use of the budgets M and R of a core, the most of all cores and tables.
struct BudgetUse {
  uint64_t sramBytes = 0;
  RouteUse routes;
  unsigned engines = 0;
};
BudgetUse getBudgetUse(const Program &program);

/// "850 MHz".
std::string printClock(double hertz);

/// "8x4 on wse2".
std::string printMesh(const Program &program);

/// A line each for memory, colours and queues, and engines.
std::string printBudgets(const Program &program);

/// The keys that every report has.
Json describeProgram(const Program &program);

void writeReport(const Json &report, llvm::raw_ostream &os);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_REPORT_H
