//===- CoreInstructionOps.td - The instructions -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_COREINSTRUCTIONOPS_TD
#define PLMR_DIALECT_CORE_IR_COREINSTRUCTIONOPS_TD

// A register, descriptor, constant or immediate is a number in an attribute;
// the custom directives print `r3`, `d3`, `k3`. A scalar operand is encoded as
// in an instruction (docs/ISA.md): 0..63 registers, 64.. constants.
class Core_InstructionOp<string mnemonic, list<Trait> traits = []>
    : Core_Op<mnemonic, !listconcat(traits,
        [ParentOneOf<["CodeOp", "LoopOp"]>])>;

def Core_Predicate : OptionalAttr<I64Attr>;

def Core_HaltOp : Core_InstructionOp<"halt"> {
  let summary = "Ends the launch on this core";
  let description = "Example: `core.halt`";
  let assemblyFormat = "attr-dict";
}

def Core_LoopOp : Core_InstructionOp<"loop", [
    NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "Repeats its body";
  let description = [{
    Example:
    ```mlir
    core.loop k2 {
      core.scalar add r3, r3, 1
    }
    ```
  }];
  let arguments = (ins I64Attr:$count, Core_Predicate:$predicate);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    custom<ScalarOperand>($count) custom<Predicate>($predicate)
    attr-dict-with-keyword $body
  }];
}

def Core_WaitOp : Core_InstructionOp<"wait"> {
  let summary = "Waits for an engine";
  let description = "Example: `core.wait e1`";
  let arguments = (ins I64Attr:$engine, Core_Predicate:$predicate);
  let assemblyFormat = [{
    custom<Engine>($engine) custom<Predicate>($predicate) attr-dict
  }];
}

def Core_EpochOp : Core_InstructionOp<"epoch"> {
  let summary = "Waits for all cores and installs a route table";
  let description = "Example: `core.epoch 1`";
  let arguments = (ins I64Attr:$routes);
  let assemblyFormat = "$routes attr-dict";
}

def Core_ScalarOp : Core_InstructionOp<"scalar"> {
  let summary = "An integer operation on registers";
  let description = [{
    The second operand is a register, a constant or a plain integer.

    Example: `core.scalar add r4, r1, 128 if r5`
  }];
  let arguments = (ins Core_ScalarKindAttr:$kind, I64Attr:$dst, I64Attr:$a,
                       OptionalAttr<I64Attr>:$b, OptionalAttr<I64Attr>:$imm,
                       Core_Predicate:$predicate);
  let assemblyFormat = [{
    $kind custom<Register>($dst) `,` custom<ScalarOperand>($a) `,`
    custom<OperandOrImmediate>($b, $imm) custom<Predicate>($predicate) attr-dict
  }];
}

def Core_LdcOp : Core_InstructionOp<"ldc"> {
  let summary = "Loads a constant by number";
  let description = "Example: `core.ldc r4, r5, 200` reads constant r5 + 200";
  let arguments = (ins I64Attr:$dst, I64Attr:$a, I64Attr:$imm,
                       Core_Predicate:$predicate);
  let assemblyFormat = [{
    custom<Register>($dst) `,` custom<ScalarOperand>($a) `,` $imm
    custom<Predicate>($predicate) attr-dict
  }];
}

def Core_DsmOp : Core_InstructionOp<"dsm"> {
  let summary = "Describes a stream in memory";
  let description = [{
    `base + offset` in bytes, stride and step (between repetitions) in
    elements; `object` is the number of the object that bounds it. The stride
    is 1 and the step 0 if left out.

    Example: `core.dsm d2, r4 + 64 stride k1 step k2 in 3 : f32`
  }];
  let arguments = (ins I64Attr:$dst, I64Attr:$base, I64Attr:$offset,
                       OptionalAttr<I64Attr>:$stride,
                       OptionalAttr<I64Attr>:$step, I64Attr:$object,
                       Core_TypeKindAttr:$type, Core_Predicate:$predicate);
  let assemblyFormat = [{
    custom<Descriptor>($dst) `,` custom<ScalarOperand>($base) `+` $offset
    custom<Keyed>("\"stride\"", $stride) custom<Keyed>("\"step\"", $step)
    `in` $object `:` $type custom<Predicate>($predicate) attr-dict
  }];
}

def Core_DsfOp : Core_InstructionOp<"dsf"> {
  let summary = "Describes a stream on the fabric";
  let description = "Example: `core.dsf d3, k7 : f32`";
  let arguments = (ins I64Attr:$dst, I64Attr:$colour, Core_TypeKindAttr:$type,
                       Core_Predicate:$predicate);
  let assemblyFormat = [{
    custom<Descriptor>($dst) `,` custom<ScalarOperand>($colour) `:` $type
    custom<Predicate>($predicate) attr-dict
  }];
}

def Core_DssOp : Core_InstructionOp<"dss"> {
  let summary = "Describes a stream that repeats one value";
  let description = [{
    Either an f32 immediate or a scalar operand, whose integer is converted
    with `convert`.

    Example: `core.dss d4, 1.000000e+00 : f32`, `core.dss d4 of r3 convert : f32`
  }];
  let arguments = (ins I64Attr:$dst, OptionalAttr<F32Attr>:$value,
                       OptionalAttr<I64Attr>:$operand, UnitAttr:$convert,
                       Core_TypeKindAttr:$type, Core_Predicate:$predicate);
  let assemblyFormat = [{
    custom<Descriptor>($dst) (`,` custom<Float>($value)^)?
    custom<Keyed>("\"of\"", $operand)
    (`convert` $convert^)? `:` $type custom<Predicate>($predicate) attr-dict
  }];
  let hasVerifier = 1;
}

def Core_VectorOp : Core_InstructionOp<"vector"> {
  let summary = "A vector operation on streams";
  let description = [{
    `x` gives the extent, `map` the repetitions, `on` the engine.

    Example: `core.vector fma d1, d2, d3, d4 x k5 map r3 on e0 if r4`

    Constraints:
    - mov, exp and rsqrt have one source, fma and sel three, the others two.
  }];
  let arguments = (ins Core_VectorKindAttr:$kind, I64Attr:$dst,
                       DenseI64ArrayAttr:$sources,
                       OptionalAttr<I64Attr>:$extent,
                       OptionalAttr<I64Attr>:$repeat,
                       OptionalAttr<I64Attr>:$engine,
                       Core_Predicate:$predicate);
  let assemblyFormat = [{
    $kind custom<Descriptor>($dst) custom<Descriptors>($sources)
    custom<Keyed>("\"x\"", $extent) custom<Keyed>("\"map\"", $repeat)
    custom<OptionalEngine>($engine) custom<Predicate>($predicate) attr-dict
  }];
  let hasVerifier = 1;
}

#endif // PLMR_DIALECT_CORE_IR_COREINSTRUCTIONOPS_TD
