//===- PLMRTileOps.td - Tile-level operations of the plmr dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMRTILEOPS_TD
#define PLMR_DIALECT_PLMR_IR_PLMRTILEOPS_TD

def PLMR_RefOp : PLMR_Op<"ref", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "The core's tile of an object";
  let description = [{
    Example: `%m = plmr.ref @attn_q[%l] : memref<16x16xf32>`

    Constraints:
    - an index is given if and only if the object is stacked;
    - the type is that of a tile of the object, or of one slice of it;
    - a batch of the object has one item.
  }];
  let arguments = (ins FlatSymbolRefAttr:$object, Optional<Index>:$index);
  let results = (outs AnyStaticShapeMemRef:$result);
  let assemblyFormat = "$object (`[` $index^ `]`)? `:` type($result) attr-dict";
}

//===----------------------------------------------------------------------===//
// Collectives on tiles, before they are expanded into channels
//===----------------------------------------------------------------------===//

def PLMR_ReduceTileOp : PLMR_Op<"reduce_tile"> {
  let summary = "Reduces a buffer along an axis, in place";
  let description = [{
    The tree's root has the result afterwards, other cores what was reduced
    below them.

    Example: `plmr.reduce_tile sum y %buf tree <ktree [4, 2]> : memref<24xf32>`

    Constraints:
    - segments are positive;
    - the tree's root is a core of the shortest segment.
  }];
  let arguments = (ins PLMR_ReducerAttr:$reducer, PLMR_AxisAttr:$axis,
      AnyRankedOrUnrankedMemRef:$buffer,
      PLMR_TreeAttr:$tree, DefaultValuedAttr<I64Attr, "1">:$segments);
  let assemblyFormat = [{
    `` $reducer `` $axis $buffer `tree` $tree (`segments` $segments^)? attr-dict
    `:` type($buffer)
  }];
  let hasVerifier = 1;
}

def PLMR_BroadcastTileOp : PLMR_Op<"broadcast_tile"> {
  let summary = "Sends a buffer from a tree's root to all of its line";
  let description = [{
    Example: `plmr.broadcast_tile y %buf tree <ktree [4, 2]> : memref<24xf32>`

    Constraints:
    - segments are positive;
    - the tree's root is a core of the shortest segment.
  }];
  let arguments = (ins PLMR_AxisAttr:$axis, AnyRankedOrUnrankedMemRef:$buffer,
      PLMR_TreeAttr:$tree, DefaultValuedAttr<I64Attr, "1">:$segments);
  let assemblyFormat = [{
    `` $axis $buffer `tree` $tree (`segments` $segments^)? attr-dict
    `:` type($buffer)
  }];
  let hasVerifier = 1;
}

class PLMR_RingTileOp<string mnemonic> : PLMR_Op<mnemonic> {
  code blocksDescription = [{
    Dimension `dim` is cut in as many balanced blocks as the line has cores:
    the i-th core's is number i, with `ring_order` that of its place in the ring
    0 2 4 .. 5 3 1.
  }];
  code blocksConstraints = [{
    Constraints:
    - segments are positive;
    - the buffer has the dimension, which is the first or the last one, apart
      from those of one element;
    - its elements times the cores of a line are less than 2^31.
  }];
  let hasVerifier = 1;
}

def PLMR_ReduceScatterTileOp : PLMR_RingTileOp<"reduce_scatter_tile"> {
  let summary = "Reduces each core's block of a buffer along an axis, in place";
  let description = blocksDescription # [{
    Of the other blocks what was reduced on the way is left.

    Example: `plmr.reduce_scatter_tile sum y %buf dim 0 : memref<24xf32>`

  }] # blocksConstraints;
  let arguments = (ins PLMR_ReducerAttr:$reducer, PLMR_AxisAttr:$axis,
      AnyMemRef:$buffer, I64Attr:$dim, UnitAttr:$ring_order,
      DefaultValuedAttr<I64Attr, "1">:$segments);
  let assemblyFormat = [{
    `` $reducer `` $axis $buffer `dim` $dim (`ring_order` $ring_order^)?
    (`segments` $segments^)? attr-dict `:` type($buffer)
  }];
}

def PLMR_AllGatherTileOp : PLMR_RingTileOp<"all_gather_tile"> {
  let summary = "Fills a buffer with each core's block of it";
  let description = blocksDescription # [{

    Example: `plmr.all_gather_tile y %buf dim 0 : memref<24xf32>`

  }] # blocksConstraints;
  let arguments = (ins PLMR_AxisAttr:$axis, AnyMemRef:$buffer,
      I64Attr:$dim, UnitAttr:$ring_order,
      DefaultValuedAttr<I64Attr, "1">:$segments);
  let assemblyFormat = [{
    `` $axis $buffer `dim` $dim (`ring_order` $ring_order^)?
    (`segments` $segments^)? attr-dict `:` type($buffer)
  }];
}

def PLMR_ShiftTileOp : PLMR_Op<"shift_tile"> {
  let summary = "`plmr.append` of a vector to a shifted cache, on tiles";
  let description = [{
    The value has the features of the cache's tile [features x slots].

    Example:
    ```mlir
    plmr.shift_tile %v into %cache at %pos : memref<4xf32>, memref<4x64xf32>
    ```

    Constraints:
    - the value is a vector, the tile a matrix with a row for each element of
      it; both have one element type.
  }];
  let arguments = (ins AnyStaticShapeMemRef:$value, AnyStaticShapeMemRef:$cache,
                       Index:$position);
  let assemblyFormat = [{
    $value `into` $cache `at` $position attr-dict `:` type($value) `,` type($cache)
  }];
  let hasVerifier = 1;
}

def PLMR_SettleTileOp : PLMR_Op<"settle_tile"> {
  let summary = "`plmr.settle` on tiles";
  let description = [{
    With `shifted` the blocks lie where a shifted cache has them, else in order.

    Example: `plmr.settle_tile %cache from %from to %to : memref<4x64xf32>`

    Constraints:
    - the tile is a matrix [features x slots].
  }];
  let arguments = (ins AnyStaticShapeMemRef:$cache, Index:$from, Index:$to,
                       UnitAttr:$shifted);
  let assemblyFormat = [{
    $cache `from` $from `to` $to (`shifted` $shifted^)? attr-dict `:` type($cache)
  }];
  let hasVerifier = 1;
}

def PLMR_GemmTileOp : PLMR_Op<"gemm_tile"> {
  let summary = "A matrix product on tiles: C += A [B0 B1 ..]";
  let description = [{
    `k` is the logical extent of the contracted dimension. C holds the results
    side by side. `align_a` and `align_b` say that an operand is in ring order
    and still to be moved to where the walk starts; other algorithms than the
    staircase have natural order.

    Example:
    ```mlir
    plmr.gemm_tile %a, %b0, %b1 to %c k 12 align_a : memref<4x4xf32>,
        memref<4x4xf32>, memref<4x2xf32> to memref<4x6xf32>
    ```

    Constraints:
    - the tiles are matrices; A and C have the same rows, the B together the
      columns of C;
    - k is positive;
    - only the staircase aligns.
  }];
  let arguments = (ins AnyStaticShapeMemRef:$a,
                       Variadic<AnyStaticShapeMemRef>:$bs,
                       AnyStaticShapeMemRef:$c, I64Attr:$k,
                       DefaultValuedAttr<PLMR_GemmAlgorithmAttr,
                                         "GemmAlgorithm::MeshGemm">:$algorithm,
                       UnitAttr:$align_a, UnitAttr:$align_b);
  let assemblyFormat = [{
    $a `,` $bs `to` $c `k` $k (`algorithm` $algorithm^)? (`align_a` $align_a^)?
    (`align_b` $align_b^)? attr-dict `:` type($a) `,` type($bs) `to` type($c)
  }];
  let hasVerifier = 1;
}

def PLMR_GemmTTileOp : PLMR_Op<"gemm_t_tile"> {
  let summary = "The MeshGEMM-T on tiles: C = A transpose(B)";
  let description = [{
    `n` is the number of rows of the whole B. With `untransposed` the tiles of
    B are [k x n]. C walks: it has two tiles, of which the first holds the
    result and the second nothing; on a mesh of one column one tile suffices.
    `align_b` says that B is in ring order and still to be moved to where the
    walk starts, `align_c` that C is to be moved into ring order at the end.

    Example:
    ```mlir
    plmr.gemm_t_tile %a, %b, %c n 12 align_b
        : memref<4x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
    ```

    Constraints:
    - A and B are matrices, C is one or two; A and C have the same rows, A and B
      the same k;
    - n is positive.
  }];
  let arguments = (ins
      AnyStaticShapeMemRef:$a,
      AnyStaticShapeMemRef:$b,
      AnyStaticShapeMemRef:$c, I64Attr:$n, UnitAttr:$untransposed,
      UnitAttr:$align_b, UnitAttr:$align_c);
  let assemblyFormat = [{
    $a `,` $b `,` $c `n` $n (`untransposed` $untransposed^)?
    (`align_b` $align_b^)? (`align_c` $align_c^)? attr-dict `:`
    type($a) `,` type($b) `,` type($c)
  }];
  let hasVerifier = 1;
}

def PLMR_HeadGemmTTileOp : PLMR_Op<"head_gemm_t_tile"> {
  let summary = "`plmr.head_gemm_t` on tiles";
  let description = [{
    q is [queries x heads x group x features], k [heads x features x slots],
    the scores are [queries x heads x group x keys], in the first of two tiles
    (one suffices where no head has two columns). `kv_heads` is the number of
    key heads of the model.

    Example:
    ```mlir
    plmr.head_gemm_t_tile %q, %k, %s first %first slots %slots kv_heads 4
        : memref<8x1x2x4xf32>, memref<1x4x64xf32>, memref<2x8x1x2x256xf32>
    ```

    Constraints:
    - the tiles have these ranks and agree in queries, heads, group and
      features;
    - kv_heads is positive.
  }];
  let arguments = (ins AnyStaticShapeMemRef:$q, AnyStaticShapeMemRef:$k,
                       AnyStaticShapeMemRef:$scores, Index:$first, Index:$slots,
                       I64Attr:$kv_heads);
  let assemblyFormat = [{
    $q `,` $k `,` $scores `first` $first `slots` $slots `kv_heads` $kv_heads
    attr-dict `:` type($q) `,` type($k) `,` type($scores)
  }];
  let hasVerifier = 1;
}

def PLMR_HeadGemmTileOp : PLMR_Op<"head_gemm_tile"> {
  let summary = "`plmr.head_gemm` on tiles: adds to the result";
  let description = [{
    The weights are [queries x heads x group x keys], v is [heads x elements x
    slots], the result [queries x heads x group x elements]. Weights that are
    the first of two tiles and not used any more walk in these, others in
    copies.

    Example:
    ```mlir
    plmr.head_gemm_tile %p, %v, %o slots %slots kv_heads 4
        : memref<8x1x2x256xf32>, memref<1x4x64xf32>, memref<8x1x2x4xf32>
    ```

    Constraints:
    - the tiles have these ranks and agree in queries, heads, group and
      elements;
    - kv_heads is positive.
  }];
  let arguments = (ins AnyStaticShapeMemRef:$weights, AnyStaticShapeMemRef:$v,
                       AnyStaticShapeMemRef:$result, Index:$slots,
                       I64Attr:$kv_heads);
  let assemblyFormat = [{
    $weights `,` $v `,` $result `slots` $slots `kv_heads` $kv_heads attr-dict
    `:` type($weights) `,` type($v) `,` type($result)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

class PLMR_ChannelUserOp<string mnemonic, list<Trait> traits = []>
    : PLMR_Op<mnemonic, !listconcat(traits,
        [DeclareOpInterfaceMethods<SymbolUserOpInterface>])>;

def PLMR_RoleOp : PLMR_ChannelUserOp<"role", [Pure]> {
  let summary = "Whether the core has a role on a channel";
  let description = [{
    Example:
    ```mlir
    %s = plmr.role sends @y.tree
    %d = plmr.role collects @y.tree child 1
    ```

    Constraints:
    - a child is given if and only if the role is `collects`; only the cores of
      a tree have this role.
  }];
  let arguments = (ins PLMR_RoleAttr:$role, FlatSymbolRefAttr:$channel,
                       OptionalAttr<I64Attr>:$child);
  let results = (outs I1:$result);
  let assemblyFormat = "`` $role $channel (`child` $child^)? attr-dict";
}

def PLMR_SendOp : PLMR_ChannelUserOp<"send"> {
  let summary = "Sends a buffer on a channel";
  let description = [{
    With a result the transfer runs beside the program until `plmr.wait`.
    Nothing happens where the predicate is false.

    Example: `plmr.send %buf on @y.tree : memref<24xf32>`
  }];
  let arguments = (ins AnyRankedOrUnrankedMemRef:$buffer,
                       FlatSymbolRefAttr:$channel, Optional<I1>:$predicate);
  let results = (outs Optional<PLMR_TokenType>:$token);
  let assemblyFormat = [{
    $buffer `on` $channel (`if` $predicate^)? attr-dict `:` type($buffer) (`->` type($token)^)?
  }];
}

def PLMR_RecvOp : PLMR_ChannelUserOp<"recv"> {
  let summary = "Receives a buffer from a channel";
  let description = [{
    What the core `receives` there, not what it `collects`. With a result the
    transfer runs beside the program until `plmr.wait`.

    Example: `plmr.recv %buf on @y.bcast : memref<24xf32>`
  }];
  let arguments = (ins AnyRankedOrUnrankedMemRef:$buffer,
                       FlatSymbolRefAttr:$channel,
                       Optional<I1>:$predicate);
  let results = (outs Optional<PLMR_TokenType>:$token);
  let assemblyFormat = [{
    $buffer `on` $channel (`if` $predicate^)? attr-dict `:` type($buffer)
    (`->` type($token)^)?
  }];
}

def PLMR_RecvReduceOp : PLMR_ChannelUserOp<"recv_reduce"> {
  let summary = "Combines what arrives into a buffer";
  let description = [{
    `child` is a number among those that the core `collects` from; without it
    this is what the core `receives`.

    Example:
    ```mlir
    plmr.recv_reduce sum %buf on @y.tree child 0 : memref<24xf32>
    plmr.recv_reduce sum %buf on @y.ring : memref<24xf32>
    ```

    Constraints:
    - only channels that are trees have children, which are not negative.
  }];
  let arguments = (ins PLMR_ReducerAttr:$reducer,
      AnyRankedOrUnrankedMemRef:$buffer,
      FlatSymbolRefAttr:$channel, OptionalAttr<I64Attr>:$child,
      Optional<I1>:$predicate);
  let assemblyFormat = [{
    `` $reducer $buffer `on` $channel (`child` $child^)? (`if` $predicate^)?
    attr-dict `:` type($buffer)
  }];
}

def PLMR_ForwardReduceOp : PLMR_ChannelUserOp<"forward_reduce"> {
  let summary = "Combines what arrives with a buffer and passes it on";
  let description = [{
    One instruction a hop: element by element taken from the channel, combined
    and sent on along it, without a stop in memory.

    Example: `plmr.forward_reduce sum %buf on @y.tree : memref<24xf32>`
  }];
  let arguments = (ins PLMR_ReducerAttr:$reducer,
      AnyRankedOrUnrankedMemRef:$buffer,
      FlatSymbolRefAttr:$channel, Optional<I1>:$predicate);
  let assemblyFormat = [{
    `` $reducer $buffer `on` $channel (`if` $predicate^)? attr-dict `:`
    type($buffer)
  }];
}

def PLMR_WaitOp : PLMR_Op<"wait"> {
  let summary = "Waits for a transfer";
  let description = "Example: `plmr.wait %token if %started`";
  let arguments = (ins PLMR_TokenType:$token, Optional<I1>:$predicate);
  let assemblyFormat = "$token (`if` $predicate^)? attr-dict";
}

#endif // PLMR_DIALECT_PLMR_IR_PLMRTILEOPS_TD
