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
// in an instruction (docs/ISA.md): 0..63 registers, 64..254 constants, 255
// none.
class Core_Number<string what, string min, string max>
    : ConfinedAttr<I64Attr, [AttrConstraint<CPred<
        "::llvm::cast<::mlir::IntegerAttr>($_self).getInt() >= " # min # " && "
        "::llvm::cast<::mlir::IntegerAttr>($_self).getInt() <= " # max>>]> {
  let summary = what # ", " # min # " to " # max;
}
def Core_Register : Core_Number<"a register", "0", "63">;
def Core_Descriptor : Core_Number<"a descriptor", "0", "63">;
def Core_Operand : Core_Number<"a register or constant", "0", "254">;
def Core_OperandOrNone
    : Core_Number<"a register, a constant or none", "0", "255">;
def Core_Engine : Core_Number<"an engine", "0", "254">;
def Core_ObjectNumber : Core_Number<"an object's number", "0", "65535">;
def Core_TableNumber : Core_Number<"a route table's number", "0", "2147483647">;
def Core_Immediate
    : Core_Number<"an immediate", "-2147483648ll", "2147483647ll"> {
  let summary = "an immediate of 32 bits";
}
def Core_Predicate : OptionalAttr<Core_Operand>;

class Core_InstructionOp<string mnemonic, list<Trait> traits = []>
    : Core_Op<mnemonic, !listconcat(traits,
        [ParentOneOf<["CodeOp", "LoopOp"]>])>;

def Core_HaltOp : Core_InstructionOp<"halt"> {
  let summary = "Ends the launch on this core";
  let description = "Example: `core.halt`";
  let arguments = (ins Core_Predicate:$predicate);
  let assemblyFormat = "(`if` custom<ScalarOperand>($predicate)^)? attr-dict";
  let builders = [OpBuilder<(ins), [{
    build($_builder, $_state, ::mlir::IntegerAttr());
  }]>];
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

    Constraints:
    - the body has at least one instruction;
    - loops nest 8 deep at most.
  }];
  let arguments = (ins Core_Operand:$count, Core_Predicate:$predicate);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    custom<ScalarOperand>($count) (`if` custom<ScalarOperand>($predicate)^)?
    attr-dict-with-keyword $body
  }];
}

def Core_WaitOp : Core_InstructionOp<"wait"> {
  let summary = "Waits for an engine";
  let description = "Example: `core.wait e1`";
  let arguments = (ins Core_Engine:$engine, Core_Predicate:$predicate);
  let assemblyFormat = [{
    custom<Engine>($engine) (`if` custom<ScalarOperand>($predicate)^)? attr-dict
  }];
}

def Core_EpochOp : Core_InstructionOp<"epoch"> {
  let summary = "Waits for all cores and installs a route table";
  let description = "Example: `core.epoch 1`";
  let arguments = (ins Core_TableNumber:$routes, Core_Predicate:$predicate);
  let assemblyFormat = [{
    $routes (`if` custom<ScalarOperand>($predicate)^)? attr-dict
  }];
  let builders = [OpBuilder<(ins "int64_t":$routes), [{
    build($_builder, $_state, $_builder.getI64IntegerAttr(routes),
          ::mlir::IntegerAttr());
  }]>];
}

def Core_ScalarOp : Core_InstructionOp<"scalar"> {
  let summary = "An integer operation on registers";
  let description = [{
    The second operand is a register, a constant or a plain integer.

    Example: `core.scalar add r4, r1, 128 if r5`

    Constraints:
    - the second operand is given once.
  }];
  let arguments = (ins Core_ScalarKindAttr:$kind, Core_Register:$dst,
                       Core_Operand:$a, OptionalAttr<Core_Operand>:$b,
                       OptionalAttr<Core_Immediate>:$imm,
                       Core_Predicate:$predicate);
  let assemblyFormat = [{
    `` $kind custom<Register>($dst) `,` custom<ScalarOperand>($a) `,`
    custom<OperandOrImmediate>($b, $imm)
    (`if` custom<ScalarOperand>($predicate)^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Core_LdcOp : Core_InstructionOp<"ldc"> {
  let summary = "Loads a constant by number";
  let description = [{
    Reads the constant whose number is the sum of an operand (or none) and an
    immediate.

    Example: `core.ldc r4, r5 + 200`
  }];
  let arguments = (ins Core_Register:$dst, Core_OperandOrNone:$a,
                       Core_Immediate:$imm, Core_Predicate:$predicate);
  let assemblyFormat = [{
    custom<Register>($dst) `,` custom<Sum>($a, $imm)
    (`if` custom<ScalarOperand>($predicate)^)? attr-dict
  }];
}

def Core_DsmOp : Core_InstructionOp<"dsm"> {
  let summary = "Describes a stream in memory";
  let description = [{
    The base is the sum of an operand (or none) and `offset`, in bytes, stride
    and step (between repetitions) are in elements; `object` is the number of
    the object that bounds it. The stride is 1 and the step 0 if left out.

    Example: `core.dsm d2, r4 + 64 stride k1 step k2 in 3 : f32`
  }];
  let arguments = (ins Core_Descriptor:$dst, Core_OperandOrNone:$base,
                       Core_Immediate:$offset,
                       OptionalAttr<Core_Operand>:$stride,
                       OptionalAttr<Core_Operand>:$step,
                       Core_ObjectNumber:$object,
                       Core_TypeKindAttr:$type, Core_Predicate:$predicate);
  let assemblyFormat = [{
    custom<Descriptor>($dst) `,` custom<Sum>($base, $offset)
    (`stride` custom<ScalarOperand>($stride)^)?
    (`step` custom<ScalarOperand>($step)^)? `in` $object `:` `` $type
    (`if` custom<ScalarOperand>($predicate)^)? attr-dict
  }];
}

def Core_DsfOp : Core_InstructionOp<"dsf"> {
  let summary = "Describes a stream on the fabric";
  let description = [{
    The colour is the sum of an operand (or none) and `offset`.

    Example: `core.dsf d3, k7 : f32`
  }];
  let arguments = (ins Core_Descriptor:$dst, Core_OperandOrNone:$colour,
                       Core_TypeKindAttr:$type, Core_Predicate:$predicate,
                       DefaultValuedAttr<Core_Immediate, "0">:$offset);
  let assemblyFormat = [{
    custom<Descriptor>($dst) `,` custom<Sum>($colour, $offset) `:` `` $type
    (`if` custom<ScalarOperand>($predicate)^)? attr-dict
  }];
}

def Core_DssOp : Core_InstructionOp<"dss"> {
  let summary = "Describes a stream that repeats one value";
  let description = [{
    An f32, an integer (`int`) or a scalar operand (`of`). With `convert` the
    integer or operand is converted to f32, else its bits are taken.

    Example:
    ```mlir
    core.dss d4, 1.000000e+00 : f32
    core.dss d4 int -5 : i32
    core.dss d4 of r3 convert : f32
    ```

    Constraints:
    - there is one value;
    - an integer is of type i32 or converted, an f32 is of a float type.
  }];
  let arguments = (ins Core_Descriptor:$dst, OptionalAttr<F32Attr>:$value,
                       OptionalAttr<Core_Operand>:$operand, UnitAttr:$convert,
                       Core_TypeKindAttr:$type, Core_Predicate:$predicate,
                       OptionalAttr<Core_Immediate>:$integer);
  let assemblyFormat = [{
    custom<Descriptor>($dst) (`,` custom<Float>($value)^)?
    (`int` custom<Integer>($integer)^)?
    (`of` custom<ScalarOperand>($operand)^)?
    (`convert` $convert^)? `:` `` $type
    (`if` custom<ScalarOperand>($predicate)^)? attr-dict
  }];
  let builders = [OpBuilder<(ins "int64_t":$dst, "::mlir::FloatAttr":$value,
      "::mlir::IntegerAttr":$operand, "bool":$convert, "TypeKind":$type,
      "::mlir::IntegerAttr":$predicate), [{
    build($_builder, $_state, dst, value, operand, convert, type, predicate,
          ::mlir::IntegerAttr());
  }]>];
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
  let arguments = (ins Core_VectorKindAttr:$kind, Core_Descriptor:$dst,
                       DenseI64ArrayAttr:$sources,
                       OptionalAttr<Core_Operand>:$extent,
                       OptionalAttr<Core_Operand>:$repeat,
                       OptionalAttr<Core_Engine>:$engine,
                       Core_Predicate:$predicate);
  let assemblyFormat = [{
    `` $kind custom<Descriptor>($dst) `,` custom<Descriptors>($sources)
    (`x` custom<ScalarOperand>($extent)^)?
    (`map` custom<ScalarOperand>($repeat)^)?
    (`on` custom<Engine>($engine)^)?
    (`if` custom<ScalarOperand>($predicate)^)? attr-dict
  }];
  let hasVerifier = 1;
}

#endif // PLMR_DIALECT_CORE_IR_COREINSTRUCTIONOPS_TD
