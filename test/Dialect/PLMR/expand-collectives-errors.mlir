// RUN: plmr-opt %s -split-input-file -plmr-expand-collectives -verify-diagnostics

// Bounds of segments are computed in 32-bit registers, in lowest terms.

plmr.mesh @mesh 64 x 64 on "lab"
func.func @gemm(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<4x4xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected columns * rows * extent to fit in 31 bits but got 64 * 64 * 524289}}
  plmr.gemm_tile %a, %b to %c k 524289 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

plmr.mesh @mesh 64 x 64 on "lab"
func.func @gemm_t(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<2x4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected columns * rows * extent to fit in 31 bits but got 64 * 64 * 524289}}
  plmr.gemm_t_tile %a, %b, %c n 524289 : memref<4x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  return
}

// -----

// What comes in needs a tile, too.

plmr.mesh @mesh 3 x 2 on "lab"
func.func @one_tile(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<1x4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected two tiles for a result that walks along 3 columns but got 'memref<1x4x4xf32>'}}
  plmr.gemm_t_tile %a, %b, %c n 12 : memref<4x4xf32>, memref<4x4xf32>, memref<1x4x4xf32>
  return
}

// -----

// Of three columns one head has two, the other one.

plmr.mesh @mesh 3 x 2 on "lab"
func.func @one_tile_of_scores(%q: memref<8x1x2x4xf32>, %k: memref<1x4x16xf32>, %s: memref<1x8x1x2x32xf32>, %n: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected two tiles for a result that walks along 3 columns but got 'memref<1x8x1x2x32xf32>'}}
  plmr.head_gemm_t_tile %q, %k, %s first %n slots %n kv_heads 2 : memref<8x1x2x4xf32>, memref<1x4x16xf32>, memref<1x8x1x2x32xf32>
  return
}

// -----

// So are bounds of a head's keys: two heads have 32 columns each.

plmr.mesh @mesh 64 x 64 on "lab"
func.func @keys(%q: memref<4x1x2x4xf32>, %k: memref<1x4x1048576xf32>, %s: memref<2x4x1x2x8xf32>, %n: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected columns * rows * extent to fit in 31 bits but got 32 * 64 * 1048576}}
  plmr.head_gemm_t_tile %q, %k, %s first %n slots %n kv_heads 2 : memref<4x1x2x4xf32>, memref<1x4x1048576xf32>, memref<2x4x1x2x8xf32>
  return
}

// -----

plmr.mesh @mesh 64 x 64 on "lab"
func.func @values(%p: memref<4x1x2x8xf32>, %v: memref<1x4x1048576xf32>, %r: memref<4x1x2x4xf32>, %n: index) {
  // expected-error @below {{'plmr.head_gemm_tile' op expected columns * rows * extent to fit in 31 bits but got 32 * 64 * 1048576}}
  plmr.head_gemm_tile %p, %v, %r slots %n kv_heads 2 : memref<4x1x2x8xf32>, memref<1x4x1048576xf32>, memref<4x1x2x4xf32>
  return
}

// -----

plmr.mesh @mesh 64 x 64 on "lab"
func.func @largest(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<4x4xf32>) {
  plmr.gemm_tile %a, %b to %c k 524287 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

// Two heads have a column each: their scores do not walk.

plmr.mesh @mesh 2 x 2 on "lab"
func.func @stays(%q: memref<8x1x2x4xf32>, %k: memref<1x4x16xf32>, %s: memref<1x8x1x2x32xf32>, %n: index) {
  plmr.head_gemm_t_tile %q, %k, %s first %n slots %n kv_heads 2 : memref<8x1x2x4xf32>, memref<1x4x16xf32>, memref<1x8x1x2x32xf32>
  return
}

// -----

plmr.mesh @mesh 64 x 64 on "lab"
func.func @most_keys(%q: memref<4x1x2x4xf32>, %k: memref<1x4x1048575xf32>, %s: memref<2x4x1x2x8xf32>, %n: index) {
  plmr.head_gemm_t_tile %q, %k, %s first %n slots %n kv_heads 2 : memref<4x1x2x4xf32>, memref<1x4x1048575xf32>, memref<2x4x1x2x8xf32>
  return
}

// -----

plmr.mesh @mesh 64 x 64 on "lab"
func.func @reduced(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<4x4xf32>) {
  plmr.gemm_tile %a, %b to %c k 1048576 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  return
}
