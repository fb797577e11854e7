//===- PLMR.td - The plmr dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMR_TD
#define PLMR_DIALECT_PLMR_IR_PLMR_TD

include "plmr/Dialect/PLMR/IR/PLMRDialect.td"
include "plmr/Dialect/PLMR/IR/PLMRAttrs.td"
include "plmr/Dialect/PLMR/IR/PLMRTypes.td"
include "plmr/Dialect/PLMR/IR/PLMROps.td"

#endif // PLMR_DIALECT_PLMR_IR_PLMR_TD
