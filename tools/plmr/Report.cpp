//===- Report.cpp - What a program uses of its device ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "plmr/Support/Printable.h"
#include "llvm/Support/raw_ostream.h"

using namespace plmr;
using llvm::formatv;

BudgetUse plmr::getBudgetUse(const Program &program) {
  BudgetUse use;
  use.sramBytes = getSramHighWater(program);
  for (const RouteTable &table : program.routeTables) {
    RouteUse routes = getRouteUse(program, table);
    auto raise = [&](unsigned RouteUse::*field) {
      use.routes.*field = std::max(use.routes.*field, routes.*field);
    };
    raise(&RouteUse::colours);
    raise(&RouteUse::totalColours);
    raise(&RouteUse::inputQueues);
    raise(&RouteUse::outputQueues);
  }
  for (const CoreClass &cls : program.classes)
    for (const Instruction &inst : cls.code)
      if (isVector(inst.opcode) && inst.engine != noOperand)
        use.engines = std::max(use.engines, inst.engine + 1u);
  return use;
}

std::string plmr::printClock(double hertz) {
  return formatv("{0:F0} MHz", hertz / 1e6);
}

std::string plmr::printMesh(MeshShape mesh) {
  return formatv("{0}x{1}", mesh.columns, mesh.rows);
}

std::string plmr::printMesh(const Program &program) {
  return formatv("{0} on {1}", printMesh(program.mesh), program.machine.name);
}

std::string plmr::getTitle(const ModelInfo &model) {
  return printable(model.name.empty() ? model.architecture : model.name);
}

std::string plmr::printBudgets(const Program &program) {
  const Machine &machine = program.machine;
  BudgetUse use = getBudgetUse(program);
  uint64_t budget = machine.getUsableSramBytes();
  return formatv(
      "memory: {0} of {1} bytes per core ({2:F1}%)\n"
      "routes: {3} of {4} colours, {5} of {6} input queues, {7} of "
      "{8} output queues\n"
      "engines: {9} of {10}\n",
      use.sramBytes, budget,
      100.0 * static_cast<double>(use.sramBytes) / static_cast<double>(budget),
      use.routes.totalColours, machine.getUsableColours(),
      use.routes.inputQueues, machine.inputQueues, use.routes.outputQueues,
      machine.outputQueues, use.engines, machine.engines);
}

std::string plmr::printContended(unsigned links) {
  return formatv("contended: {0}\n",
                 links ? std::to_string(links) + " links" : "no");
}

std::string plmr::printNames(const Program &program,
                             llvm::ArrayRef<uint32_t> tensors) {
  return llvm::join(llvm::map_range(tensors,
                                    [&](uint32_t i) {
                                      return printable(program.tensors[i].name);
                                    }),
                    ", ");
}

LaunchTotals plmr::sumLaunches(llvm::ArrayRef<LaunchRecord> records,
                               const Machine &machine) {
  LaunchTotals totals;
  uint64_t ticks = 0;
  for (const LaunchRecord &record : records) {
    ++totals.launches;
    totals.tokens += record.count;
    ticks += record.ticks;
  }
  if (ticks == 0)
    return totals;
  totals.cyclesPerToken =
      static_cast<double>(ticks) / machine.ticksPerCycle / totals.tokens;
  totals.tokensPerSecond = machine.clockHz / totals.cyclesPerToken;
  return totals;
}

static Json describeUse(uint64_t used, uint64_t budget) {
  return {{"used", used}, {"budget", budget}};
}

static Json describeObjects(const Program &program) {
  Json objects = Json::array();
  for (const Object &object : program.objects)
    objects.push_back({{"name", object.name},
                       {"kind", stringify(object.kind).str()},
                       {"address", object.address},
                       {"bytes", object.bytes}});
  return objects;
}

static Json describeOperations(const Program &program) {
  Json operations = Json::array();
  for (const OperationInfo &operation : program.operations)
    operations.push_back({{"name", operation.name},
                          {"algorithm", operation.algorithm},
                          {"bytes_per_core", operation.bytesPerCore},
                          {"hops", operation.maxHops},
                          {"colours", operation.colours}});
  return operations;
}

static Json describeChannels(const Program &program) {
  Json channels = Json::array();
  for (const ChannelInfo &channel : program.channels)
    channels.push_back({{"name", channel.name},
                        {"relation", channel.relation},
                        {"hops", channel.maxHops},
                        {"colours", channel.colours}});
  return channels;
}

Json plmr::describeProgram(const Program &program) {
  const Machine &machine = program.machine;
  BudgetUse use = getBudgetUse(program);
  Json report;
  report["device"] = machine.name;
  report["clock_hz"] = machine.clockHz;
  report["mesh"] = {{"columns", program.mesh.columns},
                    {"rows", program.mesh.rows}};
  if (program.model)
    report["model"] = {
        {"name", program.model->name},
        {"architecture", program.model->architecture},
        {"vocab_size", program.model->vocabSize},
        {"embedding_length", program.model->embeddingLength},
        {"context_length", program.model->contextLength},
        {"kv_placement", stringify(program.model->kvPlacement).str()}};
  report["budgets"] = {
      {"sram_bytes", describeUse(use.sramBytes, machine.getUsableSramBytes())},
      {"colours",
       describeUse(use.routes.totalColours, machine.getUsableColours())},
      {"input_queues",
       describeUse(use.routes.inputQueues, machine.inputQueues)},
      {"output_queues",
       describeUse(use.routes.outputQueues, machine.outputQueues)},
      {"engines", describeUse(use.engines, machine.engines)}};
  report["objects"] = describeObjects(program);
  report["operations"] = describeOperations(program);
  report["channels"] = describeChannels(program);
  return report;
}

void plmr::writeReport(const Json &report, llvm::raw_ostream &os) {
  // Names from files may hold bytes that are no text.
  os << report.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}
