//===- PLMRMeshOps.td - Mesh-level operations of the plmr dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMRMESHOPS_TD
#define PLMR_DIALECT_PLMR_IR_PLMRMESHOPS_TD

def PLMR_LoadOp : PLMR_Op<"load", [
    MemoryEffects<[MemRead]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "The value of an object";
  let description = [{
    Example: `%w = plmr.load @attn_q[%l] : !plmr.placed<tensor<64x64xf32>, [y, x]>`

    Constraints:
    - an index is given if and only if the object is stacked;
    - the type is that of the object, or of one slice of it.
  }];
  let arguments = (ins FlatSymbolRefAttr:$object, Optional<Index>:$index);
  let results = (outs PLMR_PlacedType:$result);
  let assemblyFormat = "$object (`[` $index^ `]`)? `:` qualified(type($result)) attr-dict";
}

def PLMR_StoreOp : PLMR_Op<"store", [
    MemoryEffects<[MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Writes an output";
  let description = [{
    Example: `plmr.store %v, @logits : !plmr.placed<tensor<512xf32>, [x]>`

    Constraints:
    - the object is an output of the value's type.
  }];
  let arguments = (ins PLMR_PlacedType:$value, FlatSymbolRefAttr:$object);
  let assemblyFormat = "$value `,` $object `:` qualified(type($value)) attr-dict";
}

def PLMR_AppendOp : PLMR_Op<"append", [
    MemoryEffects<[MemRead, MemWrite]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Writes one position of a cyclic cache";
  let description = [{
    The cache [features x positions] is cut cyclically along y by positions;
    the value is replicated along y, so that the row which owns the position
    has it already and nothing moves.

    Example:
    ```mlir
    plmr.append %k, @kv.k[%l] at %pos : !plmr.placed<tensor<32xf32>, [x]>
    ```

    Constraints:
    - the object is a stacked state whose positions are `cyclic y` and whose
      features are placed as the value.
  }];
  let arguments = (ins PLMR_PlacedType:$value, FlatSymbolRefAttr:$object,
                       Index:$index, Index:$position);
  let assemblyFormat = [{
    $value `,` $object `[` $index `]` `at` $position `:`
    qualified(type($value)) attr-dict
  }];
}

def PLMR_LocalOp : PLMR_Op<"local", [
    RecursiveMemoryEffects, SingleBlock,
    DeclareOpInterfaceMethods<RegionBranchOpInterface,
                              ["getEntrySuccessorOperands"]>]> {
  let summary = "Computes on tiles, without communication";
  let description = [{
    The region's arguments are the operands' tiles as plain tensors in memory
    order; what it yields are the results' tiles. Upstream operations on
    tensors are legal inside. `plmr.coord` gives the core's coordinates.

    Example:
    ```mlir
    %c = plmr.local (%ta = %a, %tb = %b) : (!plmr.placed<tensor<64xf32>, [y]>,
        !plmr.placed<tensor<64xf32>, [y]>) -> (!plmr.placed<tensor<64xf32>, [y]>)
        tiles (tensor<16xf32>, tensor<16xf32>) {
      %s = arith.addf %ta, %tb : tensor<16xf32>
      plmr.yield %s : tensor<16xf32>
    }
    ```

    Constraints:
    - arguments and yielded values have the tile types of operands and results
      on the module's mesh.
  }];
  let arguments = (ins Variadic<PLMR_PlacedType>:$inputs);
  let results = (outs Variadic<PLMR_PlacedType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def PLMR_YieldOp : PLMR_Op<"yield", [
    Pure, Terminator, ReturnLike, HasParent<"LocalOp">]> {
  let summary = "Ends the region of a plmr.local";
  let description = "Example: `plmr.yield %tile : tensor<16xf32>`";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def PLMR_CoordOp : PLMR_Op<"coord", [Pure]> {
  let summary = "The core's column (x) or row (y)";
  let description = "Example: `%row = plmr.coord y`";
  let arguments = (ins PLMR_AxisAttr:$axis);
  let results = (outs Index:$result);
  let assemblyFormat = "`` $axis attr-dict";
}

def PLMR_AllReduceOp : PLMR_Op<"all_reduce", [
    Pure, AttrSizedOperandSegments]> {
  let summary = "Reduces partial values along an axis and replicates the result";
  let description = [{
    All operands travel in one message. `groups` are the group sizes of the
    reduction tree (K-tree: one entry a level); without them
    `plmr-choose-algorithms` sets them. `limit` is the number of leading
    entries of the last dimension that matter; the rest is neither sent nor
    reduced.

    Example:
    ```mlir
    %q = plmr.all_reduce %p groups [4, 2] :
        (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>)
        -> (!plmr.placed<tensor<64xf32>, [x]>)
    ```

    Constraints:
    - all operands are partial in the same way;
    - groups are positive;
    - the padding of the operands is the reducer's identity, or is dropped.
  }];
  let arguments = (ins Variadic<PLMR_PlacedType>:$inputs,
                       Optional<Index>:$limit,
                       OptionalAttr<DenseI64ArrayAttr>:$groups);
  let results = (outs Variadic<PLMR_PlacedType>:$results);
  let assemblyFormat = [{
    $inputs (`limit` $limit^)? (`groups` $groups^)? attr-dict `:`
    functional-type($inputs, $results)
  }];
  let hasVerifier = 1;
}

def PLMR_GemmOp : PLMR_Op<"gemm", [Pure]> {
  let summary = "C = A B on the whole mesh (staircase MeshGEMM)";
  let description = [{
    Example:
    ```mlir
    %c = plmr.gemm %a, %b : !plmr.placed<tensor<8x8xf32>, [y, skew x]>,
        !plmr.placed<tensor<8x8xf32>, [skew y, x]>
        -> !plmr.placed<tensor<8x8xf32>, [y, x]>
    ```

    Constraints:
    - A is [y, skew x], B is [skew y, x], the result is [y, x].
  }];
  let arguments = (ins PLMR_PlacedType:$a, PLMR_PlacedType:$b);
  let results = (outs PLMR_PlacedType:$c);
  let assemblyFormat = [{
    $a `,` $b attr-dict `:` qualified(type($a)) `,` qualified(type($b)) `->`
    qualified(type($c))
  }];
  let hasVerifier = 1;
}

def PLMR_GemmTOp : PLMR_Op<"gemm_t", [Pure]> {
  let summary = "C = A transpose(B) on the whole mesh, nothing transposed";
  let description = [{
    Example:
    ```mlir
    %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, x]>,
        !plmr.placed<tensor<6x4xf32>, [y, x]>
        -> !plmr.placed<tensor<8x6xf32>, [y, x]>
    ```

    Constraints:
    - A, B and the result are [y, x].
  }];
  let arguments = (ins PLMR_PlacedType:$a, PLMR_PlacedType:$b);
  let results = (outs PLMR_PlacedType:$c);
  let assemblyFormat = [{
    $a `,` $b attr-dict `:` qualified(type($a)) `,` qualified(type($b)) `->`
    qualified(type($c))
  }];
  let hasVerifier = 1;
}

#endif // PLMR_DIALECT_PLMR_IR_PLMRMESHOPS_TD
