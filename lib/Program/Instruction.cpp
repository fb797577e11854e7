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
  RateClass rate;
};
} // namespace

static constexpr OpcodeInfo infos[numOpcodes] = {
    {"halt", RateClass::Move},       {"loop", RateClass::Move},
    {"wait", RateClass::Move},       {"epoch", RateClass::Move},
    {"sadd", RateClass::Move},       {"ssub", RateClass::Move},
    {"smul", RateClass::Move},       {"sdiv", RateClass::Move},
    {"srem", RateClass::Move},       {"smin", RateClass::Move},
    {"smax", RateClass::Move},       {"seq", RateClass::Move},
    {"slt", RateClass::Move},        {"sle", RateClass::Move},
    {"ldc", RateClass::Move},        {"dsm", RateClass::Move},
    {"dsf", RateClass::Move},        {"dss", RateClass::Move},
    {"mov", RateClass::Move},        {"add", RateClass::Add},
    {"sub", RateClass::Add},         {"mul", RateClass::Multiply},
    {"div", RateClass::Divide},      {"fma", RateClass::Fma},
    {"max", RateClass::Add},         {"exp", RateClass::Transcend},
    {"rsqrt", RateClass::Transcend}, {"sel", RateClass::Move},
    {"gather", RateClass::Gather},
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

RateClass plmr::getRateClass(Opcode op) { return getInfo(op).rate; }
