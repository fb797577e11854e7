//===- CoreProgramOps.td - The parts of a program -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_CORE_IR_COREPROGRAMOPS_TD
#define PLMR_DIALECT_CORE_IR_COREPROGRAMOPS_TD

def Core_NonNegative : ConfinedAttr<I64Attr, [IntNonNegative]> {
  let summary = "a number that is not negative";
}
def Core_Bytes : ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<4294967295>]> {
  let summary = "a number of bytes below 2^32";
}

class Core_PartOp<string mnemonic, list<Trait> traits = []>
    : Core_Op<mnemonic, !listconcat([HasParent<"ProgramOp">], traits)>;

def Core_ProgramOp : Core_Op<"program", [
    NoTerminator, SingleBlock, NoRegionArguments, IsolatedFromAbove, Symbol]> {
  let summary = "A whole program";
  let description = [{
    Holds what a .plmr file holds, part by part. `device` is the name of a
    built-in profile or the text of a JSON profile. `files` are the data files
    that tensors refer to by number; `packed` names the file whose data section
    belongs to this program. `model` is what the host needs of a language model
    and `metadata` is free text. `class_of` gives the class of each core, row
    by row, if it is not 0 for all.

    The locations of instructions are those of the operations. `locations` is
    the program's table of them, where it is not what the code says in order.

    Example:
    ```mlir
    core.program @main 4 x 4 on "tiny" {
      core.object "x" input at 0 size 16
    }
    ```

    Constraints:
    - the device is known and the mesh within its grid;
    - objects, tensors, route tables, core classes and first instructions that
      the parts name exist;
    - no stream lies in an object that holds code.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$columns,
                       I64Attr:$rows, StrAttr:$device,
                       OptionalAttr<StrArrayAttr>:$files,
                       OptionalAttr<StrAttr>:$packed,
                       OptionalAttr<DictionaryAttr>:$model,
                       OptionalAttr<DictionaryAttr>:$metadata,
                       OptionalAttr<DenseI32ArrayAttr>:$class_of,
                       OptionalAttr<StrArrayAttr>:$locations);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name $columns `x` $rows `on` $device attr-dict-with-keyword $body
  }];
  let builders = [OpBuilder<(ins "::llvm::StringRef":$sym_name,
      "int64_t":$columns, "int64_t":$rows, "::llvm::StringRef":$device,
      "::mlir::ArrayAttr":$files, "::mlir::StringAttr":$packed,
      "::mlir::DictionaryAttr":$model, "::mlir::DictionaryAttr":$metadata,
      "::mlir::DenseI32ArrayAttr":$class_of), [{
    build($_builder, $_state, sym_name, columns, rows, device, files, packed,
          model, metadata, class_of, ::mlir::ArrayAttr());
  }]>];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Core_ObjectOp : Core_PartOp<"object"> {
  let summary = "A range of every core's memory";
  let description = [{
    Example: `core.object "attn_q" weight at 1024 size 5120`
  }];
  let arguments = (ins StrAttr:$name, Core_MemoryKindAttr:$kind,
                       Core_Bytes:$address, Core_Bytes:$bytes);
  let assemblyFormat = "$name `` $kind `at` $address `size` $bytes attr-dict";
}

def Core_TensorOp : Core_PartOp<"tensor"> {
  let summary = "A tensor that the host can reach";
  let description = [{
    `object` is the number of the object that holds its tiles. A source is
    `[name, file, offset, bytes, type]`, file -1 being the program's own data
    and file -2 none,
    or `[name, "sine" or "cosine", stride, pairs, base]`, a table of rotary
    angles that the host computes. `on` gives the columns and rows of the part
    of the mesh that holds the tensor, if it is not all of it.

    Example:
    ```mlir
    core.tensor "x" in 0 : !plmr.placed<tensor<64xf32>, [y]>
    core.tensor "w" in 1 : !plmr.placed<tensor<2x64x64xf32>, [*, y, x]>
        stacked order [1, 0]
        from [["blk.0.w", 0, 4096, 16384, 0], ["blk.1.w", 0, 20480, 16384, 0]]
    core.tensor "angles" in 2 : !plmr.placed<tensor<16x4xf32>, [*, *]>
        from [["angles", "sine", 16, 4, 1.0e4]]
    core.tensor "y" in 3 : !plmr.placed<tensor<8xf32>, [y]> on [4, 2]
    ```

    Constraints:
    - a tensor is not partial;
    - a part of the mesh has columns and rows.
  }];
  let arguments = (ins StrAttr:$name, Core_NonNegative:$object,
                       TypeAttrOf<PLMR_PlacedType>:$type,
                       UnitAttr:$stacked,
                       OptionalAttr<DenseI64ArrayAttr>:$source_order,
                       OptionalAttr<ArrayAttr>:$sources,
                       OptionalAttr<DenseI32ArrayAttr>:$part);
  let assemblyFormat = [{
    $name `in` $object `:` $type (`stacked` $stacked^)?
    (`order` $source_order^)? (`from` $sources^)? (`on` $part^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Core_ConstantOp : Core_PartOp<"constant"> {
  let summary = "An entry of the cores' constant tables";
  let description = [{
    The n-th constant of a program is `k<n>`.

    Example: `core.constant "row" by_row [0, 1, 2, 3]`

    Constraints:
    - there is one value, or one for each column, row or core.
  }];
  let arguments = (ins StrAttr:$name, Core_ConstantKindAttr:$kind,
                       DenseI32ArrayAttr:$values);
  let assemblyFormat = "$name `` $kind $values attr-dict";
  let hasVerifier = 1;
}

def Core_RoutesOp : Core_PartOp<"routes"> {
  let summary = "A route table";
  let description = [{
    Router classes as text, one route a colour: `"4 W->ER"` sends what comes
    from the west on colour 4 to the east and to the core. `class_of` gives
    each router's class, row by row.

    Example: `core.routes [["0 R->E"], ["0 W->R"]] of [0, 1]`

    Constraints:
    - each router has a class that exists.
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
                       DenseI32ArrayAttr:$entry, Core_NonNegative:$routes,
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
                       DenseI32ArrayAttr:$colours,
                       Core_NonNegative:$hops);
  let assemblyFormat = "$name $relation `colours` $colours `hops` $hops attr-dict";
}

def Core_OperationOp : Core_PartOp<"operation"> {
  let summary = "An operation of the mesh level, for reports";
  let description = [{
    Example: `core.operation "gemv" "ktree [4, 2]" bytes 96 hops 3 colours [0, 1]`
  }];
  let arguments = (ins StrAttr:$name, StrAttr:$algorithm,
                       Core_NonNegative:$bytes, Core_NonNegative:$hops,
                       DenseI32ArrayAttr:$colours);
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
