//===- Passes.td - Passes on the mesh and tile levels -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_TRANSFORMS_PASSES_TD
#define PLMR_DIALECT_PLMR_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Mesh level
//===----------------------------------------------------------------------===//

def AttachMesh : Pass<"plmr-attach-mesh", "::mlir::ModuleOp"> {
  let summary = "Give the module a mesh";
  let description = [{
    Adds `plmr.mesh @mesh`, unless the module has a mesh already. The mesh must
    fit in the device's grid.

    If launches have meshes of their own, these are `plmr.mesh @prefill.mesh`, of
    the function `prefill`, and `plmr.mesh @decode.mesh`, of all others; the
    module's is the smallest that holds both.
  }];
  let options = [
    Option<"device", "device", "std::string", "\"\"",
           "A built-in profile, a .json file or JSON text; default wse2">,
    Option<"mesh", "mesh", "std::string", "\"\"",
           "Columns x rows, for example 4x3">,
    Option<"prefillMesh", "prefill-mesh", "std::string", "\"\"",
           "Columns x rows of the function `prefill`; default: as mesh">,
    Option<"decodeMesh", "decode-mesh", "std::string", "\"\"",
           "Columns x rows of the other functions; default: as mesh">
  ];
  let dependentDialects = ["::plmr::mesh::PLMRDialect"];
}

def MoveObjects : Pass<"plmr-move-objects", "::mlir::ModuleOp"> {
  let summary = "Hand weights and caches over between two meshes";
  let description = [{
    Weights and states that functions on `@prefill.mesh` and on `@decode.mesh`
    have as `@prefill.<name>` and `@decode.<name>`, and that are cut along both
    axes, become one tensor: the second is `moved from` the first. Adds the
    functions `hand_over`, which moves them to `@decode.mesh` in the order of the
    module, and `hand_back`, which moves them to `@prefill.mesh` in the opposite
    order. Both take the number of positions that caches hold, cyclically but
    for a cache "shift" on the way back.

    What is cut along one axis at most stays on both meshes.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect",
                           "::mlir::scf::SCFDialect"];
}

def MergeCollectives : Pass<"plmr-merge-collectives", "::mlir::func::FuncOp"> {
  let summary = "Let independent reductions share one message";
  let description = [{
    A reduction costs its latency more than its words: two `plmr.all_reduce`
    of a block that reduce in the same way become one, if nothing between them
    uses the first one's results.

    Before:
    ```mlir
    %q = plmr.all_reduce %p0 : ...
    %p1 = plmr.local (...) ...
    %k = plmr.all_reduce %p1 : ...
    ```
    After:
    ```mlir
    %p1 = plmr.local (...) ...
    %q, %k = plmr.all_reduce %p0, %p1 : ...
    ```
  }];
}

def VerifyMesh : Pass<"plmr-verify-mesh", "::mlir::ModuleOp"> {
  let summary = "Check that only mesh-level operations remain";
  let description = [{
    Legal are `plmr` operations on placed values, `scf.for` over them and
    `index` arithmetic; tensors occur inside `plmr.local` only. No placed value
    may be partial where it is stored, and each reduction must see its
    identity in padding: a sum inside a `plmr.local` over a dimension that is
    padded reads values whose padding is zero, a maximum such of -inf.

    The first ten operations that are not legal are errors, with the legal
    form that is nearest: `'linalg.matmul' op expected an operation of the mesh
    level, where this is plmr.gemm`. A note says how many more there are.
  }];
}

//===----------------------------------------------------------------------===//
// Tile level
//===----------------------------------------------------------------------===//

def ExpandCollectives : Pass<"plmr-expand-collectives", "::mlir::ModuleOp"> {
  let summary = "Turn collectives on tiles into messages on channels";
  let description = [{
    `plmr.reduce_tile` becomes messages to the parents in its tree, each hop of
    a chain one instruction, and a multicast from the root. `plmr.reduce_scatter_tile`
    and `plmr.all_gather_tile` become steps round a ring. `plmr.gemm_tile` becomes
    the staircase MeshGEMM, whose transfers run beside the products,
    `plmr.gemm_t_tile` the same walk with the result in A's place, and
    `plmr.head_gemm_t_tile` and `plmr.head_gemm_tile` both on the columns of
    each key head. `plmr.shift_tile` becomes a message of each row to the one
    above, `plmr.settle_tile` a walk around the ring of rows
    (docs/Algorithms.md).
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"
  ];
}

def GuardLaunches : Pass<"plmr-guard-launches", "::mlir::ModuleOp"> {
  let summary = "Keep cores outside of a launch's mesh out of it";
  let description = [{
    The body of a function on a part of the module's mesh becomes a loop that
    the part's cores run once and all others never. Epochs are barriers of all
    cores, so the others run what is left of the body without everything else.

    Before:
    ```mlir
    func.func @decode() attributes {plmr.mesh = @decode.mesh} {
      work()
      plmr.epoch 1
      work()
      return
    }
    ```
    After:
    ```mlir
    func.func @decode() attributes {plmr.mesh = @decode.mesh} {
      scf.for %i = %c0 to %inside step %c1 { // inside: 1 or 0
        work()
        plmr.epoch 1
        work()
      } {plmr.guard}
      scf.for %i = %inside to %c1 step %c1 {
        plmr.epoch 1
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect",
                           "::plmr::mesh::PLMRDialect"];
}

def AllocateColours : Pass<"plmr-allocate-colours", "::mlir::ModuleOp"> {
  let summary = "Give each flow of each channel a colour";
  let description = [{
    Two flows that meet in a router need different colours. On a line flows are
    intervals, so taking them by their first router and giving each the lowest
    free colour uses as few as possible. Channels along x and along y meet in
    every router and share none. Fails if the device has too few colours.
  }];
}

def PlanMemory : Pass<"plmr-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give objects and buffers their addresses";
  let description = [{
    Objects lie first, in their order. Buffers follow: each lives from its first
    to its last use (a use inside a loop that the buffer outlives lasts as long
    as the loop, a transfer until it is waited for), and buffers whose lives are
    disjoint share memory. Sets `plmr.address` in bytes.
  }];
}

def VerifyTile : Pass<"plmr-verify-tile", "::mlir::ModuleOp"> {
  let summary = "Check that only tile-level operations remain";
  let description = [{
    Legal are `linalg` operations on buffers, `memref` views and allocations of
    static size, `scf`, `index` and `i1` arithmetic and the messages of `plmr`.
    Tensors, placed values and collectives are not. Errors are those of
    `plmr-verify-mesh`, with forms of the tile level.
  }];
}

#endif // PLMR_DIALECT_PLMR_TRANSFORMS_PASSES_TD
