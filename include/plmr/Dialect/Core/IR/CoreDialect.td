//===- CoreDialect.td - Definition of the core dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_COREDIALECT_TD
#define PLMR_DIALECT_CORE_IR_COREDIALECT_TD

include "mlir/IR/OpBase.td"

def Core_Dialect : Dialect {
  let name = "core";
  let summary = "The instructions of a core, with addresses and routes";
  let description = [{
    The last level of the IR. A `core.program` holds all that a .plmr file
    holds: the map of the cores' memory, constants, routes and the code of each
    class of cores. Its instructions correspond one to one to those of
    docs/ISA.md; registers `r0` to `r63`, constants `k0` to `k190` and
    descriptors `d0` to `d63` are physical.
  }];
  let cppNamespace = "::plmr::core";
  let dependentDialects = ["::plmr::mesh::PLMRDialect"];
  let useDefaultAttributePrinterParser = 1;
}

#endif // PLMR_DIALECT_CORE_IR_COREDIALECT_TD
