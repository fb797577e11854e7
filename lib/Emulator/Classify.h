//===- Classify.h - What an operation computes -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_EMULATOR_CLASSIFY_H
#define PLMR_LIB_EMULATOR_CLASSIFY_H

#include "Arithmetic.h"

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
  bool isF16 = call.dst.type == ElementType::F16 && hasOneType(call);
  bool isBF16 = call.dst.type == ElementType::BF16 && hasOneType(call);
  switch (call.opcode) {
  case Opcode::Add:
    return Arith::Add;
  case Opcode::Sub:
    return Arith::Sub;
  case Opcode::Mul:
    return isBF16 ? Arith::MulOdd64 : Arith::Mul;
  case Opcode::Div:
    return isBF16 ? Arith::DivOdd64 : Arith::Div;
  case Opcode::Fma:
    return isF16 ? Arith::FmaOdd32 : isBF16 ? Arith::FmaOdd64 : Arith::Fma;
  case Opcode::Max:
    return Arith::Max;
  case Opcode::Exp:
    return Arith::Exp;
  case Opcode::Rsqrt:
    return Arith::Rsqrt;
  case Opcode::Sel:
    return Arith::Sel;
  default:
    return Arith::Mov;
  }
}

} // namespace plmr

#endif // PLMR_LIB_EMULATOR_CLASSIFY_H
