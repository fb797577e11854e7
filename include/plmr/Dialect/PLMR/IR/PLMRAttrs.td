//===- PLMRAttrs.td - Attributes of the plmr dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMRATTRS_TD
#define PLMR_DIALECT_PLMR_IR_PLMRATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "plmr/Dialect/PLMR/IR/PLMRDialect.td"

class PLMR_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<PLMR_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

class PLMR_Enum<string name, string text, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, text, cases> {
  let cppNamespace = "::plmr::mesh";
  let genSpecializedAttr = 0;
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def PLMR_Axis : PLMR_Enum<"MeshAxis", "an axis of the mesh", [
  I32EnumAttrCase<"X", 0, "x">, I32EnumAttrCase<"Y", 1, "y">]>;
def PLMR_AxisAttr : EnumAttr<PLMR_Dialect, PLMR_Axis, "axis"> {
  let description = "`x` counts columns from the west, `y` rows from the north.";
  let assemblyFormat = "$value";
}

def PLMR_Reducer : PLMR_Enum<"Reducer", "how partial values are combined", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Max", 1, "max">]>;
def PLMR_ReducerAttr : EnumAttr<PLMR_Dialect, PLMR_Reducer, "reducer"> {
  let description = "Its identity is 0 for `sum` and -inf for `max`.";
  let assemblyFormat = "$value";
}

def PLMR_Role : PLMR_Enum<"Role", "what a core does on a channel", [
  I32EnumAttrCase<"Sends", 0, "sends">,
  I32EnumAttrCase<"Receives", 1, "receives">,
  I32EnumAttrCase<"Collects", 2, "collects">]>;
def PLMR_RoleAttr : EnumAttr<PLMR_Dialect, PLMR_Role, "role"> {
  let description = [{
    A core `receives` one flow at most. In a tree this is that of the last child
    of a core that sends, which passes it on; it `collects` those of the other
    children before, and the root those of all, by number.
  }];
  let assemblyFormat = "$value";
}

def PLMR_ObjectKind : PLMR_Enum<"ObjectKind", "who fills an object", [
  I32EnumAttrCase<"Weight", 0, "weight">, I32EnumAttrCase<"State", 1, "state">,
  I32EnumAttrCase<"Input", 2, "input">, I32EnumAttrCase<"Output", 3, "output">]>;
def PLMR_ObjectKindAttr : EnumAttr<PLMR_Dialect, PLMR_ObjectKind, "object_kind"> {
  let description = [{
    Weights are written once by the host, state starts as zero and is kept
    between launches, inputs are written before and outputs read after one.
  }];
  let assemblyFormat = "$value";
}

//===----------------------------------------------------------------------===//
// Placement
//===----------------------------------------------------------------------===//

def PLMR_SplitAttr : PLMR_Attr<"Split", "split"> {
  let summary = "How one dimension of a tensor is cut";
  let description = [{
    | text | meaning |
    |---|---|
    | `*` | whole on every core; factors, as in `*(2:4 inner 1)`, change nothing |
    | `batch` | the batch: whole on every core, and operations compute each of its items by itself |
    | `x` | balanced along x: core i of p has elements floor(i n / p) up to floor((i+1) n / p) |
    | `cyclic y` | element e on core e mod p, in slot e div p |
    | `ring x` | balanced, but core i has block pos(i), its place in the ring 0 2 4 .. 5 3 1 |
    | `skew x` | balanced, but shifted to where the staircase MeshGEMM starts |
    | `x(4:2:3:2 segment 0 inner 2)` | the index is read in mixed radix 4:2:3:2; factor 0 selects a balanced segment of columns, factor 2 is cut over the columns of the segment, the rest is whole |

    Without `inner` the columns of a segment hold replicas.

    Constraints:
    - factors are positive, and a batch has none;
    - the segment factor and the inner factor are different factors;
    - only balanced splits have segments or are skewed or in ring order, and
      not both.
  }];
  let parameters = (ins
    "::plmr::DimSplit::Kind":$kind,
    "::plmr::mesh::MeshAxis":$axis,
    ArrayRefParameter<"int64_t">:$factors,
    "int64_t":$segmentFactor,
    "int64_t":$innerFactor,
    "::plmr::BlockOrder":$order
  );
  let extraClassDeclaration = [{
    /// The split of a dimension of `extent` elements.
    ::plmr::DimSplit getDimSplit(int64_t extent) const;
    static SplitAttr getWhole(::mlir::MLIRContext *context);
    static SplitAttr getBatch(::mlir::MLIRContext *context);
    static SplitAttr getBalanced(::mlir::MLIRContext *context, MeshAxis axis,
                                 ::plmr::BlockOrder order =
                                     ::plmr::BlockOrder::Natural);
    static SplitAttr getCyclic(::mlir::MLIRContext *context, MeshAxis axis);
    bool isBatch() const { return getKind() == ::plmr::DimSplit::Kind::Batch; }
    bool isCut() const {
      return getKind() != ::plmr::DimSplit::Kind::Whole && !isBatch();
    }
  }];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def PLMR_PartialAttr : PLMR_Attr<"Partial", "partial"> {
  let summary = "A value is still to be reduced over an axis";
  let description = [{
    Each core holds a contribution; the value is their reduction along `axis`,
    within each of `segments` balanced segments of it, and `then` of these along
    the other axis.

    Example: `#plmr.partial<sum y>`, `#plmr.partial<sum x segments 4>`,
    `#plmr.partial<max x then <max y>>`

    Constraints:
    - segments are positive;
    - what is reduced then is reduced in the same way along the other axis, and
      not again.
  }];
  let parameters = (ins
    "::plmr::mesh::Reducer":$reducer,
    "::plmr::mesh::MeshAxis":$axis,
    DefaultValuedParameter<"int64_t", "1">:$segments,
    OptionalParameter<"::plmr::mesh::PartialAttr">:$then
  );
  let assemblyFormat = [{
    `<` $reducer $axis (`segments` $segments^)? (`then` $then^)? `>`
  }];
  let genVerifyDecl = 1;
}

def PLMR_PlacementAttr : PLMR_Attr<"Placement", "placement"> {
  let summary = "Where the elements of a tensor live";
  let description = [{
    One split for each dimension, the order of the dimensions in a tile's
    memory, the value of padding and whether the value is partial. Axes on
    which nothing is cut hold replicas.

    Example: `#plmr.placement<[y, x], order [1, 0], pad any, partial<sum y>>`

    Constraints:
    - at most one dimension is cut along each axis;
    - the order is a permutation of the dimensions;
    - at most one dimension is a batch, the first one or the one behind the
      slices of a stacked object, and the order leaves it there.
  }];
  let parameters = (ins
    ArrayRefParameter<"::plmr::mesh::SplitAttr">:$splits,
    ArrayRefParameter<"int64_t">:$order,
    "::plmr::PadValue":$pad,
    "::plmr::mesh::PartialAttr":$partial
  );
  let extraClassDeclaration = [{
    static PlacementAttr get(::mlir::MLIRContext *context,
                             ::llvm::ArrayRef<SplitAttr> splits,
                             ::plmr::PadValue pad = ::plmr::PadValue::Zero,
                             PartialAttr partial = {});
    /// The placement of a tensor of `shape`, for host and analyses.
    ::plmr::Placement getPlacement(::llvm::ArrayRef<int64_t> shape) const;
    PlacementAttr withPad(::plmr::PadValue pad) const;
    PlacementAttr withPartial(PartialAttr partial) const;
    /// The same placement behind one more dimension.
    PlacementAttr withLeadingDim(SplitAttr split) const;
    /// What is left without dimension `dim`.
    PlacementAttr withoutDim(unsigned dim) const;
    std::optional<unsigned> getBatchDim() const;
    /// Prints and parses what stands between the angle brackets.
    void printBody(::mlir::AsmPrinter &printer) const;
    static PlacementAttr parseBody(::mlir::AsmParser &parser);
  }];
  let hasCustomAssemblyFormat = 1;
  let skipDefaultBuilders = 0;
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Communication
//===----------------------------------------------------------------------===//

def PLMR_TreeKind : PLMR_Enum<"TreeKind", "how a tree is made", [
  I32EnumAttrCase<"Chain", 0, "chain">, I32EnumAttrCase<"Star", 1, "star">,
  I32EnumAttrCase<"BinaryTree", 2, "binary_tree">,
  I32EnumAttrCase<"TwoPhase", 3, "two_phase">,
  I32EnumAttrCase<"KTree", 4, "ktree">,
  I32EnumAttrCase<"AutoGen", 5, "auto_gen">]>;

def PLMR_TreeAttr : PLMR_Attr<"Tree", "tree"> {
  let summary = "A reduction tree over a line of cores of any length";
  let description = [{
    | kind | tree |
    |---|---|
    | `chain` | every core sends to its neighbour towards the root |
    | `star` | every core sends to the root |
    | `binary_tree` | on each side the root has children at distance 1, 2, 4, ..; the child at 2^i heads the 2^i cores from it on, which are such a tree again |
    | `two_phase` | chains of about sqrt(n) cores, whose inner ends are a chain |
    | `ktree [4, 2]` | groups of 4 cores are chains to their middle, or to the root; the groups' roots form groups of 2, and so on; what is left is a chain |
    | `auto_gen [7, 1, 6, 5, 12]` | the fastest pre-order tree (docs/Algorithms.md) for at most 7 flows through a router, 1 tick a hop, 6 ticks from a core to the next beside the hop, 5 ticks between two messages and 12 for a message |

    `root` is the core, counted from the line's begin, that has the result; the
    middle without it.

    Example: `#plmr.tree<ktree [4, 4] root 0>`

    Constraints:
    - a ktree's groups are positive, auto_gen has five numbers, none negative,
      the other kinds have none;
    - the root is not negative.
  }];
  let parameters = (ins
    "::plmr::mesh::TreeKind":$kind,
    OptionalArrayRefParameter<"int64_t">:$parameters,
    DefaultValuedParameter<"int64_t", "-1">:$root
  );
  let assemblyFormat = [{
    `<` $kind (` ` `[` $parameters^ `]`)? (`root` $root^)? `>`
  }];
  let extraClassDeclaration = [{
    static TreeAttr get(::mlir::MLIRContext *context,
                        const ::plmr::TreeShape &shape);
    ::plmr::TreeShape getShape() const;
  }];
  let genVerifyDecl = 1;
}

def PLMR_GemmAlgorithm : PLMR_Enum<"GemmAlgorithm", "how a matrix product moves", [
  I32EnumAttrCase<"MeshGemm", 0, "mesh_gemm">,
  I32EnumAttrCase<"Cannon", 1, "cannon">,
  I32EnumAttrCase<"Summa", 2, "summa">,
  I32EnumAttrCase<"SummaRelay", 3, "summa_relay">,
  I32EnumAttrCase<"AllGather", 4, "allgather">]>;
def PLMR_GemmAlgorithmAttr
    : EnumAttr<PLMR_Dialect, PLMR_GemmAlgorithm, "gemm_algorithm"> {
  let description = [{
    | name | A and B |
    |---|---|
    | `mesh_gemm` | walk around the ring of two hops at most, the staircase |
    | `cannon` | walk likewise from neighbour to neighbour, and from the first core to the last |
    | `summa` | are sent in turn, each block from its owners in one multicast |
    | `summa_relay` | likewise, but passed on from neighbour to neighbour |
    | `allgather` | are gathered first, all rows and columns that a core needs |

    What each costs: docs/Algorithms.md.
  }];
  let assemblyFormat = "$value";
}

def PLMR_RelationKind : PLMR_Enum<"RelationKind", "who talks to whom", [
  I32EnumAttrCase<"Tree", 0, "tree">,
  I32EnumAttrCase<"Broadcast", 1, "broadcast">,
  I32EnumAttrCase<"Ring", 2, "ring">,
  I32EnumAttrCase<"Up", 3, "up">,
  I32EnumAttrCase<"Down", 4, "down">,
  I32EnumAttrCase<"Cycle", 5, "cycle">]>;

def PLMR_RelationAttr : PLMR_Attr<"Relation", "relation"> {
  let summary = "A relation between the coordinates of a line of cores";
  let description = [{
    | kind | flows |
    |---|---|
    | `tree` | each core sends to its parent in the tree |
    | `broadcast` | the tree's root sends to all others |
    | `ring` | each core sends to its predecessor in the ring 0 2 4 .. 5 3 1 |
    | `up`, `down` | each core sends to the next of higher (lower) coordinate |
    | `cycle` | each core sends to the next of lower coordinate, the first one to the last |

    The line is first cut in `segments` balanced segments, each with a tree or
    ring of its own.

    Example: `#plmr.relation<tree y of <ktree [4, 4]> segments 2>`

    Constraints:
    - segments are positive;
    - a tree and a broadcast have a tree, the others have none.
  }];
  let parameters = (ins
    "::plmr::mesh::RelationKind":$kind,
    "::plmr::mesh::MeshAxis":$axis,
    OptionalParameter<"::plmr::mesh::TreeAttr">:$tree,
    DefaultValuedParameter<"int64_t", "1">:$segments
  );
  let assemblyFormat = [{
    `<` $kind $axis (`of` $tree^)? (`segments` $segments^)? `>`
  }];
  let extraClassDeclaration = [{
    ::plmr::Relation getRelation() const;
  }];
  let genVerifyDecl = 1;
}

#endif // PLMR_DIALECT_PLMR_IR_PLMRATTRS_TD
