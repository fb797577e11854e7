//===- CoreProgramOps.td - The parts of a program -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_COREPROGRAMOPS_TD
#define PLMR_DIALECT_CORE_IR_COREPROGRAMOPS_TD

class Core_PartOp<string mnemonic, list<Trait> traits = []>
    : Core_Op<mnemonic, !listconcat([HasParent<"ProgramOp">], traits)>;

def Core_ProgramOp : Core_Op<"program", [
    NoTerminator, SingleBlock, NoRegionArguments, IsolatedFromAbove, Symbol]> {
  let summary = "A whole program";
  let description = [{
    Holds what a .plmr file holds, part by part. `device` is a JSON profile.
    `files` are the data files that tensors refer to by number; `packed` names
    the file whose data section belongs to this program. `model` is what the
    host needs of a language model and `metadata` is free text.

    Example:
    ```mlir
    core.program @main 4 x 4 on "{\22base\22: \22tiny\22}" {
      core.object "x" input at 0 size 16
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$columns,
                       I64Attr:$rows, StrAttr:$device,
                       OptionalAttr<StrArrayAttr>:$files,
                       OptionalAttr<StrAttr>:$packed,
                       OptionalAttr<DictionaryAttr>:$model,
                       OptionalAttr<DictionaryAttr>:$metadata,
                       OptionalAttr<DenseI32ArrayAttr>:$class_of);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name $columns `x` $rows `on` $device attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

def Core_ObjectOp : Core_PartOp<"object"> {
  let summary = "A range of every core's memory";
  let description = [{
    Example: `core.object "attn_q" weight at 1024 size 5120`
  }];
  let arguments = (ins StrAttr:$name, Core_MemoryKindAttr:$kind,
                       I64Attr:$address, I64Attr:$bytes);
  let assemblyFormat = "$name $kind `at` $address `size` $bytes attr-dict";
}

def Core_TensorOp : Core_PartOp<"tensor"> {
  let summary = "A tensor that the host can reach";
  let description = [{
    `object` is the number of the object that holds its tiles. A source is
    `[name, file, offset, bytes, type]`, file -1 being the program's own data.

    Example:
    ```mlir
    core.tensor "x" in 0 : !plmr.placed<tensor<64xf32>, [y]>
    ```
  }];
  let arguments = (ins StrAttr:$name, I64Attr:$object,
                       TypeAttrOf<PLMR_PlacedType>:$type,
                       UnitAttr:$stacked,
                       OptionalAttr<DenseI64ArrayAttr>:$source_order,
                       OptionalAttr<ArrayAttr>:$sources);
  let assemblyFormat = [{
    $name `in` $object `:` $type (`stacked` $stacked^)?
    (`order` $source_order^)? (`from` $sources^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Core_ConstantOp : Core_PartOp<"constant"> {
  let summary = "An entry of the cores' constant tables";
  let description = [{
    The n-th constant of a program is `k<n>`.

    Example: `core.constant "row" by_row [0, 1, 2, 3]`
  }];
  let arguments = (ins StrAttr:$name, Core_ConstantKindAttr:$kind,
                       DenseI32ArrayAttr:$values);
  let assemblyFormat = "$name $kind $values attr-dict";
  let hasVerifier = 1;
}

def Core_RoutesOp : Core_PartOp<"routes"> {
  let summary = "A route table";
  let description = [{
    Router classes as text, one route a colour: `"4 W->ER"` sends what comes
    from the west on colour 4 to the east and to the core. `class_of` gives
    each router's class, row by row.

    Example: `core.routes [["0 R->E"], ["0 W->R"]] of [0, 1]`
  }];
  let arguments = (ins ArrayAttr:$classes, DenseI32ArrayAttr:$class_of);
  let assemblyFormat = "$classes `of` $class_of attr-dict";
  let hasVerifier = 1;
}

def Core_LaunchOp : Core_PartOp<"launch"> {
  let summary = "An entry point";
  let description = [{
    `entry` gives the first instruction for each core class, inputs and
    outputs are numbers of tensors.

    Example: `core.launch "decode" ["pos"] entry [0] routes 0 inputs [3] outputs [4]`
  }];
  let arguments = (ins StrAttr:$name, StrArrayAttr:$parameters,
                       DenseI32ArrayAttr:$entry, I64Attr:$routes,
                       DenseI32ArrayAttr:$inputs, DenseI32ArrayAttr:$outputs);
  let assemblyFormat = [{
    $name $parameters `entry` $entry `routes` $routes `inputs` $inputs
    `outputs` $outputs attr-dict
  }];
}

def Core_ChannelOp : Core_PartOp<"channel"> {
  let summary = "A channel, for reports";
  let description = [{
    Example: `core.channel "y.bcast" "broadcast along y" colours [2] hops 3`
  }];
  let arguments = (ins StrAttr:$name, StrAttr:$relation,
                       DenseI32ArrayAttr:$colours, I64Attr:$hops);
  let assemblyFormat = "$name $relation `colours` $colours `hops` $hops attr-dict";
}

def Core_OperationOp : Core_PartOp<"operation"> {
  let summary = "An operation of the mesh level, for reports";
  let description = [{
    Example: `core.operation "gemv" "ktree [4, 2]" bytes 96 hops 3 colours [0, 1]`
  }];
  let arguments = (ins StrAttr:$name, StrAttr:$algorithm, I64Attr:$bytes,
                       I64Attr:$hops, DenseI32ArrayAttr:$colours);
  let assemblyFormat = [{
    $name $algorithm `bytes` $bytes `hops` $hops `colours` $colours attr-dict
  }];
}

def Core_CodeOp : Core_PartOp<"code", [
    NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "The code of a class of cores";
  let description = [{
    Example:
    ```mlir
    core.code "all" {
      core.halt
    }
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

#endif // PLMR_DIALECT_CORE_IR_COREPROGRAMOPS_TD
