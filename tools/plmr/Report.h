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

#include "plmr/Runtime/Session.h"
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

/// What one launch uses of routes, engines and of the memory for code.
struct LaunchUse {
  RouteUse routes;
  unsigned engines = 0;
  uint64_t codeBytes = 0;
};
LaunchUse getLaunchUse(const Program &program, const Launch &launch);

/// "850 MHz".
std::string printClock(double hertz);

/// "8x4 on wse2".
std::string printMesh(const Program &program);

/// The model's name, or its architecture if it has none, without control
/// characters.
std::string getTitle(const ModelInfo &model);

/// A line each for memory, colours and queues, and engines.
std::string printBudgets(const Program &program);

/// "1 link", "2 links".
std::string printCount(uint64_t count, llvm::StringRef noun,
                       llvm::StringRef ending = "s");

/// "contended: N links", or "no", as a line.
std::string printContended(unsigned links);

/// The names of some of the program's tensors: "x, mask".
std::string printNames(const Program &program,
                       llvm::ArrayRef<uint32_t> tensors);

/// What launches did together.
struct LaunchTotals {
  uint32_t launches = 0, tokens = 0;
  double cyclesPerToken = 0;  ///< 0 without timing
  double tokensPerSecond = 0; ///< of the device; 0 without timing
};
LaunchTotals sumLaunches(llvm::ArrayRef<LaunchRecord> records,
                         const Machine &machine);
/// Bytes of a core by what they are for, in the order of addresses.
std::string printParts(const Program &program);

/// A line of what a launch uses.
std::string printLaunchUse(const Program &program, const Launch &launch);

/// Of a stack of equal layers those that the memory of a core has room for, and
/// all; none if nothing is stacked.
struct LayerFit {
  int64_t fit, all;
};
std::optional<LayerFit> getLayerFit(const Program &program);

/// The keys that every report has.
Json describeProgram(const Program &program);

void writeReport(const Json &report, llvm::raw_ostream &os);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_REPORT_H
