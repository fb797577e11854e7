//===- Classify.h - What an operation computes -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_EMULATOR_CLASSIFY_H
#define PLMR_LIB_EMULATOR_CLASSIFY_H

#include "Kernels.h"
#include "plmr/Emulator/Arithmetic.h"

namespace plmr {

inline unsigned getWidth(ElementType type) {
  return type == ElementType::F32 || type == ElementType::I32 ? 4 : 2;
}

/// Whether the destination and all sources have one type (I31). The condition
/// of sel and the index of gather do not count.
inline bool hasOneType(const KernelCall &call) {
  ElementType type = call.dst.type;
  switch (call.opcode) {
  case Opcode::Mov:
  case Opcode::Exp:
  case Opcode::Rsqrt:
  case Opcode::Gather:
    return call.a.type == type;
  case Opcode::Fma:
    return call.a.type == type && call.b.type == type && call.c.type == type;
  default:
    return call.a.type == type && call.b.type == type;
  }
}

inline bool isInteger(const KernelCall &call) {
  if (call.dst.type != ElementType::I32 || !hasOneType(call))
    return false;
  switch (call.opcode) {
  case Opcode::Add:
  case Opcode::Sub:
  case Opcode::Mul:
  case Opcode::Fma:
  case Opcode::Max:
    return true;
  default:
    return false;
  }
}

/// Operations that only move bits where all types agree.
inline bool movesBits(const KernelCall &call) {
  return (call.opcode == Opcode::Mov || call.opcode == Opcode::Sel) &&
         hasOneType(call);
}

inline Arith getArith(const KernelCall &call) {
  return getArith(call.opcode, call.dst.type, hasOneType(call));
}

} // namespace plmr

#endif // PLMR_LIB_EMULATOR_CLASSIFY_H
