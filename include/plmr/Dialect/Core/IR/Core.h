//===- Core.h - The core dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_CORE_H
#define PLMR_DIALECT_CORE_IR_CORE_H

#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Program/Instruction.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"

#include "plmr/Dialect/Core/IR/CoreDialect.h.inc"

#include "plmr/Dialect/Core/IR/CoreEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "plmr/Dialect/Core/IR/CoreAttrs.h.inc"

#define GET_OP_CLASSES
#include "plmr/Dialect/Core/IR/CoreOps.h.inc"

namespace plmr::core {

inline Opcode toOpcode(ScalarKind kind) {
  return static_cast<Opcode>(static_cast<unsigned>(Opcode::SAdd) +
                             static_cast<unsigned>(kind));
}
inline Opcode toOpcode(VectorKind kind) {
  return static_cast<Opcode>(static_cast<unsigned>(Opcode::Mov) +
                             static_cast<unsigned>(kind));
}

} // namespace plmr::core

#endif // PLMR_DIALECT_CORE_IR_CORE_H
