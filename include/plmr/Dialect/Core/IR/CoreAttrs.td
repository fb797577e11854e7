//===- CoreAttrs.td - Attributes of the core dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_COREATTRS_TD
#define PLMR_DIALECT_CORE_IR_COREATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "plmr/Dialect/Core/IR/CoreDialect.td"

class Core_Enum<string name, string text, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, text, cases> {
  let cppNamespace = "::plmr::core";
  let genSpecializedAttr = 0;
}

// The cases have the order of plmr::Opcode, from `sadd` and from `mov` on.
def Core_ScalarKind : Core_Enum<"ScalarKind", "a scalar operation", [
  I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Sub", 1, "sub">,
  I32EnumAttrCase<"Mul", 2, "mul">, I32EnumAttrCase<"Div", 3, "div">,
  I32EnumAttrCase<"Rem", 4, "rem">, I32EnumAttrCase<"Min", 5, "min">,
  I32EnumAttrCase<"Max", 6, "max">, I32EnumAttrCase<"Eq", 7, "eq">,
  I32EnumAttrCase<"Lt", 8, "lt">, I32EnumAttrCase<"Le", 9, "le">]>;
def Core_ScalarKindAttr : EnumAttr<Core_Dialect, Core_ScalarKind, "scalar_kind"> {
  let description = "As the instructions `sadd` to `sle` of docs/ISA.md.";
  let assemblyFormat = "$value";
}

def Core_VectorKind : Core_Enum<"VectorKind", "a vector operation", [
  I32EnumAttrCase<"Mov", 0, "mov">, I32EnumAttrCase<"Add", 1, "add">,
  I32EnumAttrCase<"Sub", 2, "sub">, I32EnumAttrCase<"Mul", 3, "mul">,
  I32EnumAttrCase<"Div", 4, "div">, I32EnumAttrCase<"Fma", 5, "fma">,
  I32EnumAttrCase<"Max", 6, "max">, I32EnumAttrCase<"Exp", 7, "exp">,
  I32EnumAttrCase<"Rsqrt", 8, "rsqrt">, I32EnumAttrCase<"Sel", 9, "sel">,
  I32EnumAttrCase<"Gather", 10, "gather">]>;
def Core_VectorKindAttr : EnumAttr<Core_Dialect, Core_VectorKind, "vector_kind"> {
  let description = "As the instructions `mov` to `gather` of docs/ISA.md.";
  let assemblyFormat = "$value";
}

def Core_TypeKind : Core_Enum<"TypeKind", "the element type of a stream", [
  I32EnumAttrCase<"F32", 0, "f32">, I32EnumAttrCase<"F16", 1, "f16">,
  I32EnumAttrCase<"BF16", 2, "bf16">, I32EnumAttrCase<"I32", 3, "i32">]>;
def Core_TypeKindAttr : EnumAttr<Core_Dialect, Core_TypeKind, "type_kind"> {
  let description = "As plmr::ElementType.";
  let assemblyFormat = "$value";
}

def Core_MemoryKind : Core_Enum<"MemoryKind", "what an object is for", [
  I32EnumAttrCase<"Weight", 0, "weight">, I32EnumAttrCase<"State", 1, "state">,
  I32EnumAttrCase<"Input", 2, "input">, I32EnumAttrCase<"Output", 3, "output">,
  I32EnumAttrCase<"Scratch", 4, "scratch">, I32EnumAttrCase<"Table", 5, "table">,
  I32EnumAttrCase<"Code", 6, "code">]>;
def Core_MemoryKindAttr : EnumAttr<Core_Dialect, Core_MemoryKind, "memory_kind"> {
  let description = "As plmr::Object::Kind.";
  let assemblyFormat = "$value";
}

def Core_ConstantKind : Core_Enum<"ConstantKind", "how a constant varies", [
  I32EnumAttrCase<"Uniform", 0, "uniform">,
  I32EnumAttrCase<"ByColumn", 1, "by_column">,
  I32EnumAttrCase<"ByRow", 2, "by_row">,
  I32EnumAttrCase<"ByCore", 3, "by_core">]>;
def Core_ConstantKindAttr : EnumAttr<Core_Dialect, Core_ConstantKind, "constant_kind"> {
  let description = "As plmr::Constant::Kind.";
  let assemblyFormat = "$value";
}

#endif // PLMR_DIALECT_CORE_IR_COREATTRS_TD
