//===- Passes.td - Conversions between the levels -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_CONVERSION_PASSES_TD
#define PLMR_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertGraphToMesh : Pass<"convert-graph-to-mesh", "::mlir::ModuleOp"> {
  let summary = "Place every tensor on the mesh";
  let description = [{
    Decides where each tensor lives and turns matrix products into local
    products and collectives. Vectors alternate between the axes: a product
    reduces along the axis of its input and leaves its result on the other one,
    so nothing is ever transposed. Heads go to segments of columns.

    Arguments, results, weights and state become `plmr.object` symbols; the
    function keeps its `index` arguments as launch parameters.

    Products of two matrices are formed as their attribute `plmr.gemm` says
    (`{plmr.gemm = #plmr<gemm_algorithm cannon>}`), or the option; their operands
    are placed as the algorithm wants them.

    A batch is placed as each of its items would be alone, behind a dimension
    `batch`.

    Precondition: one function, a `plmr.mesh`. Afterwards only mesh-level
    operations remain (checked by `plmr-verify-mesh`).

    Before:
    ```mlir
    func.func @main(%x: tensor<8xf32>, %w: tensor<8x4xf32>) -> tensor<4xf32> {
      ...
      %y = linalg.vecmat ins(%x, %w : ...) outs(%zero : ...) -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
    After:
    ```mlir
    plmr.object input @arg0 : !plmr.placed<tensor<8xf32>, [y]>
    plmr.object input @arg1 : !plmr.placed<tensor<8x4xf32>, [y, x]>
    plmr.object output @result0 : !plmr.placed<tensor<4xf32>, [x]>
    func.func @main() {
      %x = plmr.load @arg0 ...
      %w = plmr.load @arg1 ...
      %p = plmr.local (%a = %x, %b = %w) ... { linalg.vecmat ... }
      %y = plmr.all_reduce %p ...
      plmr.store %y, @result0 ...
    }
    ```
  }];
  let options = [
    Option<"gemm", "gemm", "std::string", "\"mesh_gemm\"",
           "How products of matrices without an attribute plmr.gemm are formed: "
           "mesh_gemm, cannon, summa, summa_relay or allgather">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::plmr::mesh::PLMRDialect"
  ];
}

def ConvertMeshToTile : Pass<"convert-mesh-to-tile", "::mlir::ModuleOp"> {
  let summary = "Turn placed values into one program over local tiles";
  let description = [{
    Inlines `plmr.local`, replaces placed values by tensors of their tile type
    and collectives by operations on buffers. What is left over tensors is
    plain upstream IR that one-shot bufferization takes from here.

    A batch has one item, which it is replaced by; another batch is an error.

    A collective owns the buffer that it works on; its operands are written
    there by `bufferization.materialize_in_destination`, so that producers can
    write into the message directly.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def ConvertTileToCore : Pass<"convert-tile-to-core", "::mlir::ModuleOp"> {
  let summary = "Select instructions for the cores";
  let description = [{
    Turns the program over tiles into a `core.program`: `linalg` operations
    become vector instructions over streams, `index` arithmetic scalar
    instructions, conditions predicates. Whatever depends on coordinates only
    is computed here and becomes a constant of the cores' tables.

    Precondition: colours are allocated (`plmr-allocate-colours`) and scratch
    memory is planned (`plmr-plan-memory`). The result keeps within the
    device's M and R or an error names the owners.
  }];
  let dependentDialects = ["::plmr::core::CoreDialect"];
}

#endif // PLMR_CONVERSION_PASSES_TD
