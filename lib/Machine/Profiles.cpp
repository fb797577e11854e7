//===- Profiles.cpp - The built-in devices --------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sources of the numbers: docs/Machine.md, section Profiles.
//
//===----------------------------------------------------------------------===//

#include "plmr/Machine/Machine.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;

namespace {

/// The rate of a class for four-byte and for two-byte types.
struct ClassRates {
  RateClass cls;
  Rate wide, narrow;
};

} // namespace

static void setRates(Machine &m, std::initializer_list<ClassRates> list) {
  for (const ClassRates &entry : list)
    for (unsigned type = 0; type < numElementTypes; ++type)
      m.rates[static_cast<unsigned>(entry.cls)][type] =
          getByteWidth(ElementType(type)) == 4 ? entry.wide : entry.narrow;
}

static Machine makeWSE2() {
  Machine m;
  m.name = "wse2";
  m.grid = {750, 994};
  m.clockHz = 850e6;
  m.ticksPerCycle = 1;
  m.linkTicks = 1;
  m.hopTicks = 1;
  m.turnTicks = 0;
  m.rampTicks = 2;
  m.queueWords = 4;
  m.inputQueueWords = 4;
  m.outputQueueWords = 2;
  m.sramBytes = 49152;
  m.reservedSramBytes = 4176;
  m.colours = 24;
  m.reservedColours = 3;
  m.inputQueues = 8;
  m.outputQueues = 6;
  m.engines = 8;
  m.scalarTicks = 1;
  m.descriptorTicks = 1;
  m.loopTicks = 9;
  m.predicatedTicks = 1;
  m.vectorSetupTicks = 6;
  m.mapTicks = 7;
  m.engineTicks = 7;
  m.waitTicks = 3;
  m.epochTicks = 2000;
  setRates(m, {{RateClass::Move, {2, 1}, {4, 1}},
               {RateClass::Add, {1, 1}, {4, 1}},
               {RateClass::Multiply, {1, 1}, {4, 1}},
               {RateClass::Fma, {1, 2}, {4, 1}},
               {RateClass::Divide, {1, 20}, {1, 20}},
               {RateClass::Transcend, {1, 25}, {1, 25}},
               {RateClass::Gather, {1, 10}, {1, 10}}});
  return m;
}

static Machine makeWSE3() {
  Machine m = makeWSE2();
  m.name = "wse3";
  m.ticksPerCycle = 8;
  m.linkTicks = 9;
  m.hopTicks = 16;
  m.turnTicks = 160;
  m.rampTicks = 16;
  m.outputQueueWords = 8;
  m.outputQueues = 8;
  m.scalarTicks = 8;
  m.descriptorTicks = 8;
  m.loopTicks = 72;
  m.predicatedTicks = 8;
  m.vectorSetupTicks = 128;
  m.mapTicks = 56;
  m.engineTicks = 56;
  m.waitTicks = 24;
  m.epochTicks = 32000;
  setRates(m, {{RateClass::Move, {61, 25}, {241, 50}},
               {RateClass::Add, {1, 1}, {73, 25}},
               {RateClass::Multiply, {1, 1}, {73, 25}},
               {RateClass::Fma, {1, 2}, {73, 25}}});
  return m;
}

static Machine makeLab() {
  Machine m = makeWSE2();
  m.name = "lab";
  m.grid = {64, 64};
  m.sramBytes = 64 << 20;
  return m;
}

static Machine makeTiny() {
  Machine m = makeWSE2();
  m.name = "tiny";
  m.grid = {16, 16};
  m.reservedSramBytes = 0;
  m.colours = 12;
  m.reservedColours = 0;
  return m;
}

static Machine makeIdeal() {
  Machine m = makeWSE2();
  m.name = "ideal";
  m.rampTicks = 1;
  m.queueWords = m.inputQueueWords = m.outputQueueWords = 16;
  m.inputQueues = m.outputQueues = m.getUsableColours();
  m.loopTicks = m.vectorSetupTicks = m.mapTicks = 1;
  m.engineTicks = m.waitTicks = m.epochTicks = 1;
  for (unsigned cls = 0; cls < numRateClasses; ++cls)
    setRates(m, {{RateClass(cls), {2, 1}, {4, 1}}});
  return m;
}

static const std::vector<Machine> &getBuiltinMachines() {
  static const std::vector<Machine> machines = {
      makeWSE2(), makeWSE3(), makeLab(), makeTiny(), makeIdeal()};
  return machines;
}

std::vector<std::string> plmr::getBuiltinMachineNames() {
  std::vector<std::string> names;
  for (const Machine &machine : getBuiltinMachines())
    names.push_back(machine.name);
  return names;
}

llvm::Expected<Machine> plmr::getBuiltinMachine(llvm::StringRef name) {
  for (const Machine &machine : getBuiltinMachines())
    if (machine.name == name)
      return machine;
  return makeError("unknown device '{0}', expected one of {1} or a .json file",
                   name, llvm::join(getBuiltinMachineNames(), ", "));
}
