//===- PLMROps.td - Operations of the plmr dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMROPS_TD
#define PLMR_DIALECT_PLMR_IR_PLMROPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "plmr/Dialect/PLMR/IR/PLMRTypes.td"

class PLMR_Op<string mnemonic, list<Trait> traits = []>
    : Op<PLMR_Dialect, mnemonic, traits>;

include "plmr/Dialect/PLMR/IR/PLMRSymbolOps.td"
include "plmr/Dialect/PLMR/IR/PLMRMeshOps.td"
include "plmr/Dialect/PLMR/IR/PLMRTileOps.td"

#endif // PLMR_DIALECT_PLMR_IR_PLMROPS_TD
