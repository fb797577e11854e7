//===- Core.td - The core dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_CORE_TD
#define PLMR_DIALECT_CORE_IR_CORE_TD

include "plmr/Dialect/Core/IR/CoreDialect.td"
include "plmr/Dialect/Core/IR/CoreAttrs.td"
include "plmr/Dialect/Core/IR/CoreOps.td"

#endif // PLMR_DIALECT_CORE_IR_CORE_TD
