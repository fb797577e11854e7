//===- Instruction.cpp - Tables of the instruction set --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/Instruction.h"

using namespace plmr;

namespace {
struct OpcodeInfo {
  llvm::StringLiteral mnemonic;
  unsigned sources; ///< streams
  RateClass rate;
};
} // namespace

static constexpr OpcodeInfo infos[numOpcodes] = {
    {"halt", 0, RateClass::Move},      {"loop", 0, RateClass::Move},
    {"wait", 0, RateClass::Move},      {"epoch", 0, RateClass::Move},
    {"sadd", 0, RateClass::Move},      {"ssub", 0, RateClass::Move},
    {"smul", 0, RateClass::Move},      {"sdiv", 0, RateClass::Move},
    {"srem", 0, RateClass::Move},      {"smin", 0, RateClass::Move},
    {"smax", 0, RateClass::Move},      {"seq", 0, RateClass::Move},
    {"slt", 0, RateClass::Move},       {"sle", 0, RateClass::Move},
    {"ldc", 0, RateClass::Move},       {"dsm", 0, RateClass::Move},
    {"dsf", 0, RateClass::Move},       {"dss", 0, RateClass::Move},
    {"mov", 1, RateClass::Move},       {"add", 2, RateClass::Add},
    {"sub", 2, RateClass::Add},        {"mul", 2, RateClass::Multiply},
    {"div", 2, RateClass::Divide},     {"fma", 3, RateClass::Fma},
    {"max", 2, RateClass::Add},        {"exp", 1, RateClass::Transcend},
    {"rsqrt", 1, RateClass::Transcend}, {"sel", 3, RateClass::Move},
    {"gather", 2, RateClass::Gather},
};

static const OpcodeInfo &getInfo(Opcode opcode) {
  return infos[static_cast<unsigned>(opcode)];
}

llvm::StringRef plmr::stringify(Opcode opcode) {
  return getInfo(opcode).mnemonic;
}

std::optional<Opcode> plmr::parseOpcode(llvm::StringRef mnemonic) {
  for (unsigned i = 0; i != numOpcodes; ++i)
    if (infos[i].mnemonic == mnemonic)
      return static_cast<Opcode>(i);
  return std::nullopt;
}

unsigned plmr::getNumSources(Opcode op) { return getInfo(op).sources; }

RateClass plmr::getRateClass(Opcode op) { return getInfo(op).rate; }
