//===- LLMOps.td - Operations of the llm dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_LLM_IR_LLMOPS_TD
#define PLMR_DIALECT_LLM_IR_LLMOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "plmr/Dialect/LLM/IR/LLMAttrs.td"

class LLM_Op<string mnemonic, list<Trait> traits = []>
    : Op<LLM_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

def LLM_WeightOp : LLM_Op<"weight", [Symbol]> {
  let summary = "Names a weight, or the same weight of every layer";
  let description = [{
    Declares a constant tensor whose data stays in `file`. With several
    sources the weight exists once per layer and `llm.param` selects one.
    `transposed` says that the file holds the tensor with its two dimensions
    exchanged: GGUF stores the matrix of y = x W, W : [in x out], as out rows
    of in elements. A weight in the file `""` has no data: programs of it can be
    timed but not run.

    Example:
    ```mlir
    llm.weight @attn_q : tensor<64x64xf32> transposed in "m.gguf" [
      #llm.source<"blk.0.attn_q.weight", 4096, "F32">,
      #llm.source<"blk.1.attn_q.weight", 8192, "F32">]
    ```

    Constraints:
    - there is at least one source;
    - a transposed weight has two dimensions.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<AnyStaticShapeTensor>:$type,
                       UnitAttr:$transposed, StrAttr:$file,
                       TypedArrayAttrBase<LLM_SourceAttr, "sources">:$sources);
  let assemblyFormat = [{
    $sym_name `:` $type (`transposed` $transposed^)? `in` $file $sources
    attr-dict
  }];
  let hasVerifier = 1;
}

def LLM_StateOp : LLM_Op<"state", [Symbol]> {
  let summary = "Names a cache that outlives a launch";
  let description = [{
    A tensor [layers x positions x features], or [layers x batch x positions x
    features], that launches read and append to.
    `placement` is a wish which rows of a mesh hold which positions:
    `"cyclic"` (without it), `"shift"` or `"concat"` (docs/Algorithms.md).

    Example: `llm.state @kv.k : tensor<5x512x32xf32> placement "shift"`

    Constraints:
    - the tensor has three or four static dimensions;
    - the placement is one of the three.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<AnyStaticShapeTensor>:$type,
                       OptionalAttr<StrAttr>:$placement);
  let assemblyFormat = [{
    $sym_name `:` $type (`placement` $placement^)? attr-dict
  }];
  let extraClassDeclaration = [{
    ::plmr::KVPlacement getKVPlacement();
    /// The sequences of the batch, if there is one.
    std::optional<int64_t> getBatch();
    int64_t getNumLayers() { return getTensor().getDimSize(0); }
    int64_t getNumPositions() { return getTensor().getShape().end()[-2]; }
    int64_t getNumFeatures() { return getTensor().getShape().back(); }
    ::mlir::RankedTensorType getTensor() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

def LLM_ParamOp : LLM_Op<"param", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "The value of a weight";
  let description = [{
    Example: `%w = llm.param @attn_q[%layer] : tensor<64x64xf32>`

    Constraints:
    - the symbol is an `llm.weight` of the result's type;
    - a layer is given if and only if the weight has several sources.
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight, Optional<Index>:$layer);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = [{
    $weight (`[` $layer^ `]`)? `:` type($result) attr-dict
  }];
}

/// A vector, or a matrix with a row for each position; or a batch of either,
/// with one for each sequence.
def LLM_Rows : TensorRankOf<[AnyFloat], [1, 2, 3]>;

def LLM_RMSNormOp : LLM_Op<"rms_norm", [
    Pure, AllTypesMatch<["x", "result"]>,
    TypesMatchWith<"the gain is a row of x", "x", "gain",
                   "getRowType($_self)">]> {
  let summary = "Normalises a vector, or each row, by its root mean square";
  let description = [{
    `result[i] = gain[i] * x[i] / sqrt(mean(x * x) + eps)`

    Example: `%n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<64xf32>`

    Constraints:
    - eps is not negative.
  }];
  let arguments = (ins LLM_Rows:$x, 1DTensorOf<[AnyFloat]>:$gain, F32Attr:$eps);
  let results = (outs LLM_Rows:$result);
  let assemblyFormat = "$x `,` $gain `eps` $eps attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def LLM_RopeOp : LLM_Op<"rope", [Pure, AllTypesMatch<["x", "result"]>]> {
  let summary = "Rotates the pairs of each head by angles that grow with the position";
  let description = [{
    The vector holds `heads` heads. Pair i of a head of d elements is rotated
    by `position * base^(-2i/d)`. Row i of a matrix is at `position` + i. With
    `batch` the first dimension is the batch, whose vectors, or matrices, are
    all rotated alike.

    Example:
    ```mlir
    %r = llm.rope %q at %pos heads 8 base 1.0e4 adjacent : tensor<64xf32>
    %b = llm.rope %qb at %pos heads 8 base 1.0e4 adjacent batch
           : tensor<1x64xf32>
    ```

    Constraints:
    - the vector's extent is a multiple of 2 * heads;
    - the base is positive;
    - what has a batch has rank 2 or 3, what has none 1 or 2.
  }];
  let arguments = (ins LLM_Rows:$x, Index:$position,
                       I64Attr:$heads, F32Attr:$base, LLM_RopeKindAttr:$kind,
                       UnitAttr:$batch);
  let results = (outs LLM_Rows:$result);
  let assemblyFormat = [{
    $x `at` $position `heads` $heads `base` $base `` $kind (`batch` $batch^)?
    attr-dict `:` type($x)
  }];
  let hasVerifier = 1;
}

def LLM_AttentionOp : LLM_Op<"attention", [
    AttrSizedOperandSegments, AllTypesMatch<["k", "v"]>,
    AllTypesMatch<["q", "result"]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Appends keys and values to the cache and attends to it";
  let description = [{
    Writes `k` and `v` at `position` of `layer` and computes, for each of
    `heads` query heads, the softmax-weighted sum of the cached values of
    positions 0 to `position`. Query head h reads key/value head
    `h / (heads / kv_heads)`.

    Row i of matrices is at `position` + i; rows `begin` up to `end` are
    written, and each attends to the positions up to its own. The other rows of
    the result are of no use.

    A batch comes first in q, k, v and the result; each of its sequences has its
    own part of the cache, and all are at the same position.

    `settled` positions were spread over the rows of the mesh by `llm.settle`.

    Example:
    ```mlir
    %a = llm.attention %q, %k, %v, @kv.k, @kv.v[%layer] at %pos
           heads 8 kv_heads 4 scale 0.35 : tensor<64xf32>, tensor<32xf32>
    %c = llm.attention %qs, %ks, %vs, @kv.k, @kv.v[%layer] at %first
           rows %begin to %end heads 8 kv_heads 4 scale 0.35
           : tensor<16x64xf32>, tensor<16x32xf32>
    ```

    Constraints:
    - heads is a multiple of kv_heads;
    - both symbols are an `llm.state` whose last dimension is that of k, and
      whose batch, or lack of one, is that of q;
    - q and k have the same head dimension, the same rows and the same batch;
    - begin and end are given if and only if q and k are matrices, or a batch of
      them;
    - settled is given if and only if they are not and the states are placed by
      "concat".
  }];
  let arguments = (ins LLM_Rows:$q, LLM_Rows:$k, LLM_Rows:$v,
                       FlatSymbolRefAttr:$keys, FlatSymbolRefAttr:$values,
                       Index:$layer, Index:$position, Optional<Index>:$settled,
                       Optional<Index>:$begin, Optional<Index>:$end,
                       I64Attr:$heads, I64Attr:$kv_heads, F32Attr:$scale);
  let results = (outs LLM_Rows:$result);
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $keys `,` $values `[` $layer `]` `at` $position
    (`settled` $settled^)? (`rows` $begin^ `to` $end)? `heads` $heads `kv_heads`
    $kv_heads `scale` $scale attr-dict `:` type($q) `,` type($k)
  }];
  let extraClassDeclaration = [{
    /// The sequences of the batch, if there is one.
    std::optional<int64_t> getBatch();
  }];
  let hasVerifier = 1;
}

def LLM_SettleOp : LLM_Op<"settle", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Spreads positions of a cache over the rows of a mesh";
  let description = [{
    Positions 0 up to `from` were spread, or decoded, before; `from` up to `to`
    were written by attention to matrices. Afterwards the positions lie where
    attention to a vector at `to` looks for them. The cache's value does not
    change.

    Example: `llm.settle @kv.k[%layer] from %from to %to`

    Constraints:
    - the symbol is an `llm.state` with a placement other than "cyclic".
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, Index:$layer, Index:$from,
                       Index:$to);
  let assemblyFormat = "$state `[` $layer `]` `from` $from `to` $to attr-dict";
}

#endif // PLMR_DIALECT_LLM_IR_LLMOPS_TD
