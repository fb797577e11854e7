//===- Explain.cpp - Why algorithms were chosen ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Explain.h"
#include "Commands.h"
#include "Table.h"
#include "plmr/Support/Printable.h"

using namespace plmr;
using llvm::formatv;

static Table::Row getRow(const Candidate &candidate, const Machine &machine) {
  Table::Row row = {candidate.isChosen ? "*" : "",
                    candidate.algorithm,
                    formatv("{0:F1}", machine.getCycles(candidate.bound)),
                    "",
                    "",
                    "",
                    "",
                    printable(joinWords(candidate.reason))};
  if (const std::optional<KernelCost> &cost = candidate.cost) {
    row[3] = formatv("{0:F1}", machine.getCycles(cost->ticks));
  }
  // An estimate knows cycles only.
  if (const std::optional<KernelCost> &cost = candidate.cost;
      cost && cost->sramBytes) {
    row[4] = std::to_string(cost->sramBytes);
    row[5] = std::to_string(cost->colours);
    row[6] = formatv("{0}, {1}", cost->inputQueues, cost->outputQueues);
  }
  return row;
}

void plmr::printChoices(llvm::ArrayRef<Choice> choices, const Machine &machine,
                        llvm::raw_ostream &os) {
  for (const Choice &choice : choices) {
    Table table({"", "algorithm", "bound", "cycles", "bytes", "colours",
                 "queues", "ruled out by"},
                "llrrrrrl");
    for (const Candidate &candidate : choice.candidates)
      table.add(getRow(candidate, machine));
    table.print(os, printable(choice.function) + ": " + choice.operations);
  }
}

static Json describe(const Candidate &candidate, const Machine &machine) {
  Json row = {{"algorithm", candidate.algorithm},
              {"chosen", candidate.isChosen},
              {"bound", machine.getCycles(candidate.bound)}};
  if (const std::optional<KernelCost> &cost = candidate.cost) {
    row["cycles"] = machine.getCycles(cost->ticks);
  }
  if (const std::optional<KernelCost> &cost = candidate.cost;
      cost && cost->sramBytes) {
    row["contended"] = cost->contended;
    row["sram"] = cost->sramBytes;
    row["colours"] = cost->colours;
    row["input_queues"] = cost->inputQueues;
    row["output_queues"] = cost->outputQueues;
  }
  if (!candidate.isChosen)
    row["reason"] = candidate.reason;
  return row;
}

Json plmr::describeChoices(llvm::ArrayRef<Choice> choices,
                           const Machine &machine) {
  Json list = Json::array();
  for (const Choice &choice : choices) {
    Json candidates = Json::array();
    for (const Candidate &candidate : choice.candidates)
      candidates.push_back(describe(candidate, machine));
    list.push_back({{"function", choice.function},
                    {"operations", choice.operations},
                    {"candidates", candidates}});
  }
  return list;
}
