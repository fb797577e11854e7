//===- LLMDialect.td - Definition of the llm dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_LLM_IR_LLMDIALECT_TD
#define PLMR_DIALECT_LLM_IR_LLMDIALECT_TD

include "mlir/IR/OpBase.td"

def LLM_Dialect : Dialect {
  let name = "llm";
  let summary = "What a language model computes beyond linear algebra";
  let description = [{
    The graph level of plmr: `llm` holds only what upstream dialects lack
    (references to weights in a file, the cache, normalisation, rotary
    embedding, attention). Matrix products are `linalg` named operations,
    everything else is `arith`, `math` and `linalg`, so a graph that never saw
    `llm` compiles as well. There is no placement at this level.
  }];
  let cppNamespace = "::plmr::llm";
  let useDefaultAttributePrinterParser = 1;
}

#endif // PLMR_DIALECT_LLM_IR_LLMDIALECT_TD
