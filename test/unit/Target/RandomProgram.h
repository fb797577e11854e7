//===- RandomProgram.h - Valid programs that use every field -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The programs obey verifyProgram and nothing else: they need not make sense.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_UNIT_TARGET_RANDOMPROGRAM_H
#define PLMR_TEST_UNIT_TARGET_RANDOMPROGRAM_H

#include "plmr/Program/Program.h"
#include <random>

namespace plmr {

/// What a random program has.
struct RandomOptions {
  bool data = false;   ///< a data section, with sources in it
  bool tables = false; ///< sources that the host computes
};

class RandomProgram {
public:
  RandomProgram(unsigned seed, RandomOptions options)
      : random(seed), options(options) {}

  Program make();

private:
  /// A number below `limit`.
  uint32_t below(uint32_t limit) {
    return std::uniform_int_distribution<uint32_t>(0, limit - 1)(random);
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  int32_t makeInteger();
  std::string makeText();
  std::vector<std::string> makeTexts(unsigned limit);
  template <typename T> std::vector<T> makeNumbers(unsigned count, T limit);

  void addMachine();
  DimSplit makeSplit(bool (&free)[2], bool whole);
  Placement makePlacement(bool stacked);
  DataSource makeSource();
  void addTensor();
  void addObjects();
  void addConstants();
  RouteTable makeRouteTable();
  void addRoute(std::vector<std::vector<Route>> &routers, uint8_t colour);
  void addClasses();
  void addInstructions(std::vector<Instruction> &code, unsigned count,
                       unsigned depth);
  Instruction makeInstruction();
  void fillScalar(Instruction &inst);
  void fillDescriptor(Instruction &inst);
  void fillVector(Instruction &inst);
  Operand makeOperand();
  Operand makeOptional() { return chance(50) ? makeOperand() : noOperand; }
  void addLocations();
  void addLaunch();
  void addReports();
  void addModel();

  std::mt19937 random;
  RandomOptions options;
  Program program;
  uint32_t address = 0; ///< end of the objects so far
};

} // namespace plmr

#endif // PLMR_TEST_UNIT_TARGET_RANDOMPROGRAM_H
