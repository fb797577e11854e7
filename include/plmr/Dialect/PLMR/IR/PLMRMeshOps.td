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
    MemoryEffects<[MemRead, MemWrite]>, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Writes positions of a cache";
  let description = [{
    The slots of the cache [features x slots] are cut cyclically along y. A
    vector, at `position`, is replicated along y, so that the row which gets it
    has it already: row `position` mod R of a cyclic cache, the last one of the
    others (but for the first R positions of a shifted one). In a shifted cache
    rows below the one that grows pass on their oldest position. `settled` is
    that of `llm.attention`.

    Of a matrix [positions x features] that is cut cyclically, too, row i is
    position `position` + i, and rows `begin` up to `end` are written, always
    where a cyclic cache has them. `position` is then a multiple of the mesh's
    rows, so that nothing moves.

    Example:
    ```mlir
    plmr.append %k, @kv.k[%l] at %pos : !plmr.placed<tensor<32xf32>, [x]>
    plmr.append %ks, @kv.k[%l] at %first rows %begin to %end
        : !plmr.placed<tensor<16x32xf32>, [cyclic y, x]>
    ```

    Constraints:
    - the object is a stacked state whose slots are `cyclic y` and whose
      features are placed as those of the value;
    - the value is a vector, or a matrix whose rows are `cyclic y`;
    - begin and end are given if and only if it is a matrix;
    - settled is given if and only if it is a vector and the cache is "concat".
  }];
  let arguments = (ins PLMR_PlacedType:$value, FlatSymbolRefAttr:$object,
                       Index:$index, Index:$position, Optional<Index>:$settled,
                       Optional<Index>:$begin, Optional<Index>:$end);
  let assemblyFormat = [{
    $value `,` $object `[` $index `]` `at` $position (`settled` $settled^)?
    (`rows` $begin^ `to` $end)? `:` qualified(type($value)) attr-dict
  }];
}

def PLMR_SettleOp : PLMR_Op<"settle", [
    MemoryEffects<[MemRead, MemWrite]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Moves cyclic positions of a cache into balanced blocks";
  let description = [{
    Positions 0 up to `from` lie in balanced blocks, those from there up to `to`
    cyclically; afterwards all lie in balanced blocks (KVPlacement.h).

    Example: `plmr.settle @kv.k[%l] from %from to %to`

    Constraints:
    - the object is a stacked state with a `cache` other than "cyclic".
  }];
  let arguments = (ins FlatSymbolRefAttr:$object, Index:$index, Index:$from,
                       Index:$to);
  let assemblyFormat = "$object `[` $index `]` `from` $from `to` $to attr-dict";
}

def PLMR_RedistributeOp : PLMR_Op<"redistribute", [
    MemoryEffects<[MemRead, MemWrite]>, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Moves a matrix from one mesh to another";
  let description = [{
    Writes the value of one object, or of one slice of it, to another whose
    placement is that of other extents. What is padding afterwards holds zero.
    Of a cache the first `positions` are moved, which lie cyclically in both, or
    with `shifted` in the source as a cache "shift" holds them.
    The operation stays at the tile level, until it is expanded.

    Example:
    ```mlir
    plmr.redistribute @prefill.ffn_up to @decode.ffn_up[%l]
    plmr.redistribute @prefill.kv.k to @decode.kv.k[%l] positions %n
    ```

    Constraints:
    - an index is given if and only if the objects are stacked;
    - both values are matrices of one element type, in memory as they are
      indexed, with one dimension along x and one along y, in the same way;
    - blocks are not skewed; the dimension along y has one factor, the one
      along x is not cyclic, and both have the same factors;
    - positions are given if and only if a dimension is cyclic;
    - only a cache "shift" is `shifted`.
  }];
  let arguments = (ins FlatSymbolRefAttr:$from, FlatSymbolRefAttr:$to,
                       Optional<Index>:$index, Optional<Index>:$positions,
                       UnitAttr:$shifted);
  let assemblyFormat = [{
    $from `to` $to (`[` $index^ `]`)?
    (`positions` $positions^ (`shifted` $shifted^)?)? attr-dict
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
    All operands travel in one message, towards the root of `tree` and from
    there to all, or in blocks round the `ring`; without either
    `plmr-choose-algorithms` sets one. `limit` is the number of leading entries
    of the last dimension that matter; the rest is neither sent nor reduced.

    What is partial along both axes stays partial along the second one.

    With `with_index` the operands are values and their indices, integers below
    2^24. The results are the maximum and the lowest index of a value that equals
    it; infinities equal the largest finite values there. Both are NaN where a
    value is.

    Sums of f16 and bf16 are formed and sent in f32, and rounded once. With
    `accumulate` of the operands' own type they travel as they are, two to a
    word, and every addition rounds. Maxima are exact and always do.

    Example:
    ```mlir
    %q = plmr.all_reduce %p tree <ktree [4, 2]> :
        (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>)
        -> (!plmr.placed<tensor<64xf32>, [x]>)
    %h = plmr.all_reduce %g accumulate f16 :
        (!plmr.placed<tensor<64xf16>, [x], partial<sum y>>)
        -> (!plmr.placed<tensor<64xf16>, [x]>)
    %max, %at = plmr.all_reduce %values, %indices with_index :
        (!plmr.placed<tensor<4xf32>, [*], partial<max x>>,
         !plmr.placed<tensor<4xf32>, [*], partial<max x>>)
        -> (!plmr.placed<tensor<4xf32>, [*]>, !plmr.placed<tensor<4xf32>, [*]>)
    ```

    Constraints:
    - all operands are partial in the same way and of one element type, which is
      a float;
    - it has a tree or a ring, not both;
    - only two operands of one type, partial<max ..> of f32, have `with_index`,
      and no limit;
    - only sums have `accumulate`: f32 or the operands' element type;
    - the padding of the operands is the reducer's identity, or is dropped.
  }];
  let arguments = (ins Variadic<PLMR_PlacedType>:$inputs,
                       Optional<Index>:$limit,
                       OptionalAttr<PLMR_TreeAttr>:$tree, UnitAttr:$ring,
                       OptionalAttr<TypeAttr>:$accumulate, UnitAttr:$with_index);
  let results = (outs Variadic<PLMR_PlacedType>:$results);
  let assemblyFormat = [{
    $inputs (`with_index` $with_index^)? (`limit` $limit^)? (`tree` $tree^)?
    (`ring` $ring^)? (`accumulate` $accumulate^)? attr-dict `:`
    functional-type($inputs, $results)
  }];
  let extraClassDeclaration = [{
    ::plmr::mesh::PartialAttr getPartial();
    /// The element type of the operands.
    ::mlir::Type getElementType();
    /// The element type of what is sent and reduced.
    ::mlir::Type getMessageType();
    /// Words of a message of a core of `mesh`.
    int64_t countWords(::plmr::MeshShape mesh);
  }];
  let hasVerifier = 1;
}

def PLMR_ReduceScatterOp : PLMR_Op<"reduce_scatter", [Pure]> {
  let summary = "Reduces partial values along an axis and cuts the result along it";
  let description = [{
    The cores of a line each get the sum of one block, by steps round the ring.
    `accumulate` is that of `plmr.all_reduce`.

    Example:
    ```mlir
    %r = plmr.reduce_scatter %p : !plmr.placed<tensor<8x64xf32>, [x, *], partial<sum y>>
        -> !plmr.placed<tensor<8x64xf32>, [x, y]>
    ```

    Constraints:
    - the input is partial along an axis, in one segment; its elements are floats;
    - the result is placed as the input, but no longer partial along it, and one
      dimension that
      is whole in the input is balanced along that axis, in natural or in ring
      order, without factors;
    - in memory that dimension is the first or the last one, apart from
      dimensions of which a tile has one element.
  }];
  let arguments = (ins PLMR_PlacedType:$input, OptionalAttr<TypeAttr>:$accumulate);
  let results = (outs PLMR_PlacedType:$result);
  let assemblyFormat = [{
    $input (`accumulate` $accumulate^)? attr-dict `:` qualified(type($input)) `->`
    qualified(type($result))
  }];
  let extraClassDeclaration = [{
    /// The element type of what is sent and reduced.
    ::mlir::Type getMessageType();
  }];
  let hasVerifier = 1;
}

def PLMR_AllGatherOp : PLMR_Op<"all_gather", [Pure]> {
  let summary = "Replicates along an axis what is cut along it";
  let description = [{
    Each block of a line goes once round the ring.

    Example:
    ```mlir
    %w = plmr.all_gather %r : !plmr.placed<tensor<8x64xf32>, [x, y]>
        -> !plmr.placed<tensor<8x64xf32>, [x, *]>
    ```

    Constraints:
    - the input is not partial; the result is placed as the input, but one
      dimension that is balanced along an axis, in natural or in ring order,
      without factors, is whole;
    - in memory that dimension is the first or the last one, apart from
      dimensions of which a tile has one element.
  }];
  let arguments = (ins PLMR_PlacedType:$input);
  let results = (outs PLMR_PlacedType:$result);
  let assemblyFormat = [{
    $input attr-dict `:` qualified(type($input)) `->` qualified(type($result))
  }];
  let hasVerifier = 1;
}

def PLMR_GemmOp : PLMR_Op<"gemm", [Pure]> {
  let summary = "C = A B on the whole mesh, for one or more B";
  let description = [{
    The staircase MeshGEMM, or another `algorithm` (#plmr.gemm_algorithm). For
    the staircase the contracted dimension lies in ring order in both operands,
    or already where the walk starts (`skew`); what is in ring order is first
    moved there by ring steps. The others have it in natural order. All B travel
    together, and A once for all of them.

    Example:
    ```mlir
    %q, %k = plmr.gemm %a, %wq, %wk
        : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>,
           !plmr.placed<tensor<8x8xf32>, [ring y, x]>,
           !plmr.placed<tensor<8x4xf32>, [ring y, x]>)
        -> (!plmr.placed<tensor<8x8xf32>, [y, x]>,
            !plmr.placed<tensor<8x4xf32>, [y, x]>)
    ```

    Constraints:
    - there is a B and a result for each; their elements have one type;
    - columns of A are `ring x` or `skew x`, or with another algorithm than the
      staircase `x`; its rows are not cut along x;
    - rows of each B are all `ring y` or all `skew y`, or `y`;
    - a result has the rows of A and the columns of its B.
  }];
  let arguments = (ins PLMR_PlacedType:$a, Variadic<PLMR_PlacedType>:$bs,
                       DefaultValuedAttr<PLMR_GemmAlgorithmAttr,
                                         "GemmAlgorithm::MeshGemm">:$algorithm);
  let results = (outs Variadic<PLMR_PlacedType>:$cs);
  let assemblyFormat = [{
    $a `,` $bs (`algorithm` $algorithm^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def PLMR_GemmTOp : PLMR_Op<"gemm_t", [Pure]> {
  let summary = "C = A transpose(B) on the whole mesh, nothing transposed";
  let description = [{
    The contracted dimension lies along x in both operands. With
    `untransposed` B is [k x n] instead of [n x k]: C = A B, for a B whose rows
    lie along x, such as the weights that a decoder leaves its vectors with.
    Skewed is what the walk needs of B and leaves of C; the ring order of
    either costs ring steps.

    Example:
    ```mlir
    %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, x]>,
        !plmr.placed<tensor<6x4xf32>, [ring y, x]>
        -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
    ```

    Constraints:
    - k is cut alike in A and B, along x, and not skewed;
    - n is `ring y` or `skew y` in B, in the result it is `ring x` or `skew x`;
    - the result has the rows of A, which are not cut along x.
  }];
  let arguments = (ins PLMR_PlacedType:$a, PLMR_PlacedType:$b,
                       UnitAttr:$untransposed);
  let results = (outs PLMR_PlacedType:$c);
  let assemblyFormat = [{
    $a `,` $b (`untransposed` $untransposed^)? attr-dict `:`
    qualified(type($a)) `,` qualified(type($b)) `->` qualified(type($c))
  }];
  let hasVerifier = 1;
}

def PLMR_HeadGemmTOp : PLMR_Op<"head_gemm_t", [Pure]> {
  let summary = "Scores of queries and cached keys, head by head (GEMM-T)";
  let description = [{
    The product of each query head with the keys of its key head, on the
    columns that own the head; where the key comes after the query the result
    is -inf. Row i of q is position `first` + i, a multiple of the
    mesh's rows for i = 0. Keys of slots 0 up to `slots` of every row count.

    The result is [queries x (key heads : group : keys)]. A row's keys are
    R * slots many, those of the row at ring position 0 first; the columns of
    a segment own balanced parts of them, skewed as `plmr.head_gemm` starts.
    The rest of a tile holds nothing.

    Example:
    ```mlir
    %s = plmr.head_gemm_t %q, %k first %first slots %slots
        : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>,
          !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>
        -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
    ```

    Constraints:
    - q and the result are [cyclic y, x], k is [x, cyclic y];
    - the segments of all three are the key heads; the result's columns are
      (key heads : group : keys), cut by keys.
  }];
  let arguments = (ins PLMR_PlacedType:$q, PLMR_PlacedType:$k, Index:$first,
                       Index:$slots);
  let results = (outs PLMR_PlacedType:$scores);
  let assemblyFormat = [{
    $q `,` $k `first` $first `slots` $slots attr-dict `:`
    qualified(type($q)) `,` qualified(type($k)) `->` qualified(type($scores))
  }];
  let extraClassDeclaration = [{
    int64_t getKvHeads();
    int64_t getGroup();
  }];
  let hasVerifier = 1;
}

def PLMR_HeadGemmOp : PLMR_Op<"head_gemm", [Pure]> {
  let summary = "Weighted sums of cached values, head by head (staircase)";
  let description = [{
    Multiplies weights, placed as `plmr.head_gemm_t` leaves its scores, with
    the cached values of slots 0 up to `slots`.

    Example:
    ```mlir
    %o = plmr.head_gemm %p, %v slots %slots
        : !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>,
          !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>
        -> !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:8 segment 0 inner 2)]>
    ```

    Constraints:
    - the weights and the result are [cyclic y, x], the values [x, cyclic y];
    - the segments of all three are the key heads; the weights' columns are
      (key heads : group : keys), cut by keys.
  }];
  let arguments = (ins PLMR_PlacedType:$weights, PLMR_PlacedType:$v,
                       Index:$slots);
  let results = (outs PLMR_PlacedType:$result);
  let assemblyFormat = [{
    $weights `,` $v `slots` $slots attr-dict `:` qualified(type($weights)) `,`
    qualified(type($v)) `->` qualified(type($result))
  }];
  let extraClassDeclaration = [{
    int64_t getKvHeads();
    int64_t getGroup();
  }];
  let hasVerifier = 1;
}

def PLMR_EpochOp : PLMR_Op<"epoch"> {
  let summary = "From here on another route table of the launch is in force";
  let description = [{
    A launch starts with table 0. The operation waits for all cores. A loop's
    body ends with the table that it began with.

    Example: `plmr.epoch 1`

    Constraints:
    - the table is not negative.
  }];
  let arguments = (ins I64Attr:$table);
  let assemblyFormat = "$table attr-dict";
  let hasVerifier = 1;
}

#endif // PLMR_DIALECT_PLMR_IR_PLMRMESHOPS_TD
