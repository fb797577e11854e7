//===- Passes.td - Passes that run pipelines -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_PASSES_TD
#define PLMR_PIPELINE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ChooseProducts : Pass<"plmr-choose-products", "::mlir::ModuleOp"> {
  let summary = "Choose how matrices are multiplied, by what it costs";
  let description = [{
    Gives each `linalg.matmul` of a graph an attribute `plmr.gemm`, the same one
    in a function, where one product leaves its result as the next one wants it:
    that of the algorithm with which all together take the fewest cycles. On
    meshes of up to 1024 cores each product is compiled and timed, on larger
    ones estimated (docs/Algorithms.md, "Estimates").

    Products with a weight, and transposed or batched ones, are left alone: the
    first have placements that other functions share, the others one algorithm.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::plmr::core::CoreDialect",
    "::plmr::mesh::PLMRDialect"
  ];
}

def ChooseAlgorithms : Pass<"plmr-choose-algorithms", "::mlir::ModuleOp"> {
  let summary = "Choose the reduction trees by what they cost";
  let description = [{
    Gives each `plmr.all_reduce` without a tree one. All of a function that run
    over the same lines share it, since each tree takes queues. Candidates are
    the trees that `tree` allows, K-trees of all levels and auto_gen trees of
    all numbers of colours among them (docs/Algorithms.md, "Choosing trees"); beside
    matrix products, whose rings take queues, only those of at most 2 colours.
    The pass takes those that together have room in the input queues and
    colours of a core and are the fastest: the programs of the reductions are
    compiled and timed on a line of cores, unless a bound says that a candidate
    is slower than what is known. If none have room, the smallest are taken, and
    `plmr-allocate-colours` says what is missing.
  }];
  let options = [
    Option<"tree", "tree", "std::string", "\"auto\"",
           "auto, chain, star, binary_tree, two_phase, ktree:K, auto_gen or ring">,
    Option<"isTimed", "timed", "bool", "true",
           "Time the candidates; else their bounds decide">
  ];
  // Of the programs that are timed.
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::plmr::core::CoreDialect",
    "::plmr::mesh::PLMRDialect"
  ];
}

#endif // PLMR_PIPELINE_PASSES_TD
