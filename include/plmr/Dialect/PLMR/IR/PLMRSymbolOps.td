//===- PLMRSymbolOps.td - Symbols of the plmr dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMRSYMBOLOPS_TD
#define PLMR_DIALECT_PLMR_IR_PLMRSYMBOLOPS_TD

def PLMR_MeshOp : PLMR_Op<"mesh", [Symbol]> {
  let summary = "A rectangle of a device";
  let description = [{
    The first mesh of a module is the one that its programs run on. Others are
    parts of it, at its origin: a function with the attribute `plmr.mesh`, and
    an object with `on`, names the part whose cores take part in it. `device` is
    the name of a built-in profile or the text of a JSON profile. Extents are
    columns x rows.

    Example:
    ```mlir
    plmr.mesh @mesh 8 x 4 on "wse2"
    plmr.mesh @decode.mesh 4 x 4 on "wse2"
    ```

    Constraints:
    - the device is known;
    - both extents are positive and within its grid;
    - a part has the first mesh's device and lies within it.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$columns,
                       I64Attr:$rows, StrAttr:$device);
  let assemblyFormat = "$sym_name $columns `x` $rows `on` $device attr-dict";
  let extraClassDeclaration = [{
    ::plmr::MeshShape getShape() {
      return {static_cast<unsigned>(getColumns()),
              static_cast<unsigned>(getRows())};
    }
  }];
  let hasVerifier = 1;
}

def PLMR_ObjectOp : PLMR_Op<"object", [
    Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A tensor in the cores' memory that the host can reach";
  let description = [{
    Weights, state, inputs and outputs. `sources` says where the data of a
    weight lies (attributes of the `llm` dialect); with `stacked` there is one
    for each slice of the leading dimension. `transposed` as in `llm.weight`.
    The last dimension of a state with `cache` is one of slots, `cyclic y`: which
    positions they hold is what `"cyclic"`, `"shift"` or `"concat"` says
    (KVPlacement.h). An object that is `moved from` another on another mesh is
    filled by `plmr.redistribute`: they are one tensor of which one lives at a
    time, and share memory (docs/Algorithms.md, "Two meshes").

    Example:
    ```mlir
    plmr.object input @x : !plmr.placed<tensor<64xf32>, [y]>
    plmr.object state @decode.kv.k : !plmr.placed<tensor<5x32x512xf32>,
        [*, x, cyclic y]> stacked on @decode.mesh moved from @prefill.kv.k
    ```

    Constraints:
    - the type is not partial;
    - the leading dimension of a stacked object is whole and outermost;
    - weights that are not moved, and only they, have sources, one for each
      slice;
    - `cache` is one of the three, of a stacked state [.., cyclic y];
    - what is moved is a weight or a state, from one of the same kind.
  }];
  let arguments = (ins PLMR_ObjectKindAttr:$kind, SymbolNameAttr:$sym_name,
                       TypeAttrOf<PLMR_PlacedType>:$type,
                       UnitAttr:$stacked, UnitAttr:$transposed,
                       OptionalAttr<StrAttr>:$file,
                       OptionalAttr<ArrayAttr>:$sources,
                       OptionalAttr<StrAttr>:$cache,
                       OptionalAttr<FlatSymbolRefAttr>:$mesh,
                       OptionalAttr<FlatSymbolRefAttr>:$moved_from);
  let assemblyFormat = [{
    `` $kind $sym_name `:` $type (`stacked` $stacked^)?
    (`transposed` $transposed^)? (`in` $file^ $sources)? (`cache` $cache^)?
    (`on` $mesh^)? (`moved` `from` $moved_from^)? attr-dict
  }];
  let extraClassDeclaration = [{
    PlacedType getPlacedType() { return ::llvm::cast<PlacedType>(getType()); }
    /// The type of the value that a load (or a store) moves: without the
    /// leading dimension if stacked.
    PlacedType getValueType();
    /// Slices of the leading dimension if stacked, else 1.
    int64_t getNumSlices() {
      return getStacked() ? getPlacedType().getTensor().getDimSize(0) : 1;
    }
    /// Which positions the slots of a cache hold.
    ::plmr::KVPlacement getKVPlacement();
  }];
  let hasVerifier = 1;
}

def PLMR_ChannelOp : PLMR_Op<"channel", [Symbol]> {
  let summary = "A relation between coordinates along which messages go";
  let description = [{
    Sends and receives name a channel. Routes are derived from the relation;
    `plmr-allocate-colours` gives each flow, in the order of its source, a
    colour. With `in` the channel exists in one route table of one launch,
    else in all.

    Example:
    ```mlir
    plmr.channel @y.tree #plmr.relation<tree y of <ktree [4, 4]>>
    plmr.channel @prefill.x.ring1 #plmr.relation<ring x segments 4>
        in "prefill" epoch 1
    ```

    Constraints:
    - colours are 0 to 63;
    - the epoch is not negative.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, PLMR_RelationAttr:$relation,
                       OptionalAttr<StrAttr>:$launch,
                       DefaultValuedAttr<I64Attr, "0">:$epoch,
                       OptionalAttr<DenseI32ArrayAttr>:$colours);
  let assemblyFormat = [{
    $sym_name qualified($relation) (`in` $launch^)? (`epoch` $epoch^)?
    (`colours` $colours^)? attr-dict
  }];
  let hasVerifier = 1;
}

#endif // PLMR_DIALECT_PLMR_IR_PLMRSYMBOLOPS_TD
