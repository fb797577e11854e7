//===- LLM.td - The llm dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_LLM_IR_LLM_TD
#define PLMR_DIALECT_LLM_IR_LLM_TD

include "plmr/Dialect/LLM/IR/LLMDialect.td"
include "plmr/Dialect/LLM/IR/LLMAttrs.td"
include "plmr/Dialect/LLM/IR/LLMOps.td"

#endif // PLMR_DIALECT_LLM_IR_LLM_TD
