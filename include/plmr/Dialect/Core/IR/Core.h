//===- Core.h - The core dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_CORE_H
#define PLMR_DIALECT_CORE_IR_CORE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Program/Program.h"

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

/// The text of a route in `core.routes`: "4 W->ER". The ports are N, E, S, W
/// and R, the ramp. Nothing if `text` is no route.
std::string printRoute(const Route &route);
std::optional<Route> parseRoute(llvm::StringRef text);

/// True for a source of a tensor: [name, file, offset, bytes, type] or
/// [name, "sine" or "cosine", stride, pairs, base].
bool isSource(mlir::Attribute attr);

/// The number of instructions that `block` holds, those of loops included.
unsigned countInstructions(mlir::Block &block);

} // namespace plmr::core

#endif // PLMR_DIALECT_CORE_IR_CORE_H
