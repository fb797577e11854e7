// RUN: plmr-opt %s -split-input-file -plmr-expand-collectives -verify-diagnostics

// Bounds of segments are computed in 32-bit registers.

plmr.mesh @mesh 64 x 64 on "lab"
func.func @gemm(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<4x4xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected columns * rows * extent to fit in 31 bits but got 64 * 64 * 524288}}
  plmr.gemm_tile %a, %b to %c k 524288 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

plmr.mesh @mesh 64 x 64 on "lab"
func.func @gemm_t(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected columns * rows * extent to fit in 31 bits but got 64 * 64 * 524288}}
  plmr.gemm_t_tile %a, %b, %c n 524288 : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>
  return
}

// -----

plmr.mesh @mesh 64 x 64 on "lab"
func.func @largest(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<4x4xf32>) {
  plmr.gemm_tile %a, %b to %c k 524287 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  return
}
