//===- LLMAttrs.td - Attributes of the llm dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_LLM_IR_LLMATTRS_TD
#define PLMR_DIALECT_LLM_IR_LLMATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "plmr/Dialect/LLM/IR/LLMDialect.td"

class LLM_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<LLM_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def LLM_RopeKind : I32EnumAttr<"RopeKind",
    "which elements of a head are rotated together", [
      I32EnumAttrCase<"Adjacent", 0, "adjacent">,
      I32EnumAttrCase<"Half", 1, "half">
    ]> {
  let cppNamespace = "::plmr::llm";
  let genSpecializedAttr = 0;
}

def LLM_RopeKindAttr : EnumAttr<LLM_Dialect, LLM_RopeKind, "rope_kind"> {
  let assemblyFormat = "$value";
  let description = [{
    `adjacent` rotates elements 2i and 2i+1 (architecture `llama` in GGUF
    files), `half` rotates elements i and i + d/2 (NEOX).
  }];
}

def LLM_SourceAttr : LLM_Attr<"Source", "source"> {
  let summary = "Where the bytes of one weight lie";
  let description = [{
    A weight never enters the IR: it is a name, a byte offset in the file of
    its `llm.weight` and a GGUF element type.

    Example: `#llm.source<"blk.0.attn_q.weight", 4096, "Q8_0">`

    Constraints:
    - the type is one of F32, F16, BF16, Q8_0, Q4_0.
  }];
  let parameters = (ins
    StringRefParameter<"name of the tensor in its file">:$name,
    "int64_t":$offset,
    StringRefParameter<"GGUF element type">:$type
  );
  let assemblyFormat = "`<` $name `,` $offset `,` $type `>`";
  let genVerifyDecl = 1;
}

def LLM_RopeTableAttr : LLM_Attr<"RopeTable", "rope_table"> {
  let summary = "A table of rotary angles that is computed, not stored";
  let description = [{
    A source of a tensor [rows x heads * pairs]: element (r, h * pairs + i) is
    the sine or cosine of `r * stride * base^(-i / pairs)`. Two tables, one
    with stride 1 and one with a stride of its rows, give the angle of any
    position by one complex product, to f32 accuracy.

    Example: `#llm.rope_table<sine 16 pairs 4 base 1.000000e+04>`
  }];
  let parameters = (ins
    "bool":$sine,
    "int64_t":$stride,
    "int64_t":$pairs,
    "::mlir::FloatAttr":$base
  );
  let hasCustomAssemblyFormat = 1;
}

#endif // PLMR_DIALECT_LLM_IR_LLMATTRS_TD
