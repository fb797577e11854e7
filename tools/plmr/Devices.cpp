//===- Devices.cpp - plmr devices -----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Report.h"
#include "plmr/Machine/Machine.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"

using namespace plmr;

static void printRow(llvm::ArrayRef<std::string> cells) {
  static constexpr unsigned widths[] = {8, 10, 9, 15, 9, 13, 9, 0};
  for (auto [i, cell] : llvm::enumerate(cells))
    llvm::outs() << llvm::left_justify(cell, widths[i]);
  llvm::outs() << '\n';
}

/// Ticks as cycles, with as few digits as will do.
static std::string printCycles(const Machine &machine, uint32_t ticks) {
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%g", double(ticks) / machine.ticksPerCycle);
  return text;
}

static void printDevice(const Machine &machine) {
  printRow(
      {machine.name, printMesh(machine.grid), printClock(machine.clockHz),
       std::to_string(machine.getUsableSramBytes()),
       std::to_string(machine.getUsableColours()),
       llvm::formatv("{0} / {1}", machine.inputQueues, machine.outputQueues),
       std::to_string(machine.engines),
       printCycles(machine, machine.hopTicks) + " / " +
           printCycles(machine, machine.turnTicks) + " / " +
           printCycles(machine, machine.rampTicks)});
}

llvm::Error plmr::printDevices(const std::optional<std::string> &device) {
  if (device) {
    llvm::Expected<Machine> machine = loadMachine(*device);
    if (!machine)
      return machine.takeError();
    llvm::outs() << printMachine(*machine);
    return llvm::Error::success();
  }
  printRow({"device", "grid", "clock", "bytes / core", "colours",
            "queues i / o", "engines", "hop / turn / ramp (cycles)"});
  for (const std::string &name : getBuiltinMachineNames())
    printDevice(llvm::cantFail(getBuiltinMachine(name)));
  return llvm::Error::success();
}
