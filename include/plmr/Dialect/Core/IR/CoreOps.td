//===- CoreOps.td - Operations of the core dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_COREOPS_TD
#define PLMR_DIALECT_CORE_IR_COREOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "plmr/Dialect/Core/IR/CoreAttrs.td"
include "plmr/Dialect/PLMR/IR/PLMRTypes.td"

class Core_Op<string mnemonic, list<Trait> traits = []>
    : Op<Core_Dialect, mnemonic, traits>;

include "plmr/Dialect/Core/IR/CoreProgramOps.td"
include "plmr/Dialect/Core/IR/CoreInstructionOps.td"

#endif // PLMR_DIALECT_CORE_IR_COREOPS_TD
