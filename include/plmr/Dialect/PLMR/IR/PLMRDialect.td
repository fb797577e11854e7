//===- PLMRDialect.td - Definition of the plmr dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMRDIALECT_TD
#define PLMR_DIALECT_PLMR_IR_PLMRDIALECT_TD

include "mlir/IR/OpBase.td"

def PLMR_Dialect : Dialect {
  let name = "plmr";
  let summary = "Tensors placed on a mesh of cores, and the programs that move them";
  let description = [{
    Two levels share this dialect.

    At the *mesh* level a value of type `!plmr.placed` lives in tiles on a
    rectangle of cores. `plmr.local` computes on tiles without communication;
    `plmr.all_reduce`, `plmr.gemm` and `plmr.gemm_t` communicate and name their
    algorithm.

    At the *tile* level one program runs on every core over `memref` tiles.
    Messages go through `plmr.channel` symbols, relations between coordinates
    from which routes and colours are derived.
  }];
  let cppNamespace = "::plmr::mesh";
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
    void registerTypes();
  }];
}

#endif // PLMR_DIALECT_PLMR_IR_PLMRDIALECT_TD
