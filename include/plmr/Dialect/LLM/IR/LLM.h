//===- LLM.h - The llm dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_LLM_IR_LLM_H
#define PLMR_DIALECT_LLM_IR_LLM_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "plmr/Program/KVPlacement.h"

#include "plmr/Dialect/LLM/IR/LLMDialect.h.inc"

#include "plmr/Dialect/LLM/IR/LLMEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "plmr/Dialect/LLM/IR/LLMAttrs.h.inc"

#define GET_OP_CLASSES
#include "plmr/Dialect/LLM/IR/LLMOps.h.inc"

#endif // PLMR_DIALECT_LLM_IR_LLM_H
