// What a message costs, as the program reports it: bytes of the buffers that
// each core holds for it, hops of the longest message, colours. On two sizes of
// the mesh, and for 3 x 5 (columns x rows) in contrast to 5 x 3.
//
// RUN: split-file %s %t
// RUN: plmr-opt %t/matmul.mlir -plmr-compile="device=tiny mesh=3x5" | FileCheck %s --check-prefix=GEMM-3X5
// RUN: plmr-opt %t/matmul.mlir -plmr-compile="device=tiny mesh=5x3" | FileCheck %s --check-prefix=GEMM-5X3
// RUN: plmr-opt %t/matmul.mlir -plmr-compile="device=tiny mesh=8x8" | FileCheck %s --check-prefix=GEMM-8X8
// RUN: plmr-opt %t/transposed.mlir -plmr-compile="device=tiny mesh=3x5" | FileCheck %s --check-prefix=GEMMT-3X5
// RUN: plmr-opt %t/transposed.mlir -plmr-compile="device=tiny mesh=5x3" | FileCheck %s --check-prefix=GEMMT-5X3
// RUN: plmr-opt %t/transposed.mlir -plmr-compile="device=tiny mesh=8x8" | FileCheck %s --check-prefix=GEMMT-8X8
// RUN: plmr-opt %t/vecmat.mlir -plmr-compile="device=tiny mesh=3x5 tree=ktree:2" | FileCheck %s --check-prefix=GEMV-3X5
// RUN: plmr-opt %t/vecmat.mlir -plmr-compile="device=tiny mesh=5x3 tree=ktree:2" | FileCheck %s --check-prefix=GEMV-5X3
// RUN: plmr-opt %t/vecmat.mlir -plmr-compile="device=tiny mesh=16x16 tree=ktree:2" | FileCheck %s --check-prefix=GEMV-16X16
// RUN: plmr-opt %t/matvec.mlir -plmr-compile="device=tiny mesh=3x5 tree=ktree:2" | FileCheck %s --check-prefix=GEMV-3X5
// RUN: plmr-opt %t/matvec.mlir -plmr-compile="device=tiny mesh=5x3 tree=ktree:2" | FileCheck %s --check-prefix=GEMV-5X3
// RUN: plmr-opt %t/matvec.mlir -plmr-compile="device=tiny mesh=16x16 tree=ktree:2" | FileCheck %s --check-prefix=GEMV-16X16
// RUN: plmr-opt %t/vecmat.mlir -plmr-compile="device=tiny mesh=1x1 tree=ktree:2" | FileCheck %s --check-prefix=ALONE

// Two buffers each for a tile of A and one of B: 2 * 4 * (3 * 4 + 2 * 3) bytes,
// 2 * 4 * (4 * 2 + 4 * 2), 2 * 4 * (2 * 2 + 2 * 1). Never more than 2 hops and
// 3 colours an axis.
// GEMM-3X5: core.operation "product" "x.ring, y.ring" bytes 144 hops 2 colours [0, 1, 2, 3, 4, 5]
// GEMM-5X3: core.operation "product" "x.ring, y.ring" bytes 128 hops 2 colours [0, 1, 2, 3, 4, 5]
// GEMM-8X8: core.operation "product" "x.ring, y.ring" bytes 48 hops 2 colours [0, 1, 2, 3, 4, 5]

// Two buffers each for a tile of B and one of the result: 2 * 4 * (2 * 4 + 3 * 3)
// bytes, 2 * 4 * (3 * 2 + 4 * 2), 2 * 4 * (1 * 2 + 2 * 1).
// GEMMT-3X5: core.operation "product" "y.ring, x.ring" bytes 136 hops 2 colours [0, 1, 2, 3, 4, 5]
// GEMMT-5X3: core.operation "product" "y.ring, x.ring" bytes 112 hops 2 colours [0, 1, 2, 3, 4, 5]
// GEMMT-8X8: core.operation "product" "y.ring, x.ring" bytes 32 hops 2 colours [0, 1, 2, 3, 4, 5]

// One tile of the result; the multicast from the root is the longest message.
// GEMV-3X5: core.operation "product" "y.tree, y.broadcast" bytes 12 hops 3 colours [0, 1, 2, 3]
// GEMV-5X3: core.operation "product" "y.tree, y.broadcast" bytes 8 hops 2 colours [0, 1, 2]
// GEMV-16X16: core.operation "product" "y.tree, y.broadcast" bytes 4 hops 10 colours [0, 1, 2, 3, 4]

// ALONE-NOT: core.channel
// ALONE-NOT: core.operation
// ALONE: core.halt

//--- matmul.mlir
func.func @main(%a: tensor<12x10xf32>, %b: tensor<10x8xf32>) -> tensor<12x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<12x8xf32>
  %c = linalg.matmul ins(%a, %b : tensor<12x10xf32>, tensor<10x8xf32>)
                     outs(%zero : tensor<12x8xf32>) -> tensor<12x8xf32> loc("product")
  return %c : tensor<12x8xf32>
}
//--- transposed.mlir
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @main(%a: tensor<12x10xf32>, %b: tensor<8x10xf32>) -> tensor<12x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<12x8xf32>
  %c = linalg.matmul indexing_maps = [#a, #b, #c]
                     ins(%a, %b : tensor<12x10xf32>, tensor<8x10xf32>)
                     outs(%zero : tensor<12x8xf32>) -> tensor<12x8xf32> loc("product")
  return %c : tensor<12x8xf32>
}
//--- vecmat.mlir
func.func @main(%x: tensor<12xf32>, %w: tensor<12x8xf32>) -> tensor<8xf32> {
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %y = linalg.vecmat ins(%x, %w : tensor<12xf32>, tensor<12x8xf32>)
                     outs(%zero : tensor<8xf32>) -> tensor<8xf32> loc("product")
  return %y : tensor<8xf32>
}
//--- matvec.mlir
func.func @main(%w: tensor<8x12xf32>, %x: tensor<12xf32>) -> tensor<8xf32> {
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %y = linalg.matvec ins(%w, %x : tensor<8x12xf32>, tensor<12xf32>)
                     outs(%zero : tensor<8xf32>) -> tensor<8xf32> loc("product")
  return %y : tensor<8xf32>
}
