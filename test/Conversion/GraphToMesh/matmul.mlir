// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh | FileCheck %s

plmr.mesh @mesh 3 x 2 on "tiny"

// The contracted dimension is skewed in both operands, so that each core holds
// a block of A and one of B that meet.
// CHECK:      plmr.object input @arg0 : !plmr.placed<tensor<7x9xf32>, [y, skew x]>
// CHECK-NEXT: plmr.object input @arg1 : !plmr.placed<tensor<9x5xf32>, [skew y, ring x]>
// CHECK-NEXT: plmr.object output @result0 : !plmr.placed<tensor<7x5xf32>, [y, ring x]>
// CHECK-LABEL: func.func @matmul
// CHECK-DAG:   %[[A:.*]] = plmr.load @arg0
// CHECK-DAG:   %[[B:.*]] = plmr.load @arg1
// CHECK:       %[[C:.*]] = plmr.gemm %[[A]], %[[B]] :
// CHECK-NEXT:  plmr.store %[[C]], @result0
func.func @matmul(%a: tensor<7x9xf32>, %b: tensor<9x5xf32>) -> tensor<7x5xf32> {
  %zero = arith.constant dense<0.0> : tensor<7x5xf32>
  %c = linalg.matmul ins(%a, %b : tensor<7x9xf32>, tensor<9x5xf32>)
                     outs(%zero : tensor<7x5xf32>) -> tensor<7x5xf32>
  return %c : tensor<7x5xf32>
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
plmr.mesh @mesh 3 x 2 on "tiny"

// The product with a transposed B: A stays, B is scattered where the walk starts.
// The result goes back to ring order, the same in all rows.
// CHECK:      plmr.object input @arg0 : !plmr.placed<tensor<7x9xf32>, [y, ring x]>
// CHECK-NEXT: plmr.object input @arg1 : !plmr.placed<tensor<5x9xf32>, [skew y, ring x]>
// CHECK-NEXT: plmr.object output @result0 : !plmr.placed<tensor<7x5xf32>, [y, ring x]>
// CHECK-LABEL: func.func @transposed
// CHECK:       %[[C:.*]] = plmr.gemm_t %{{.*}}, %{{.*}} :
// CHECK-NEXT:  plmr.store %[[C]], @result0
func.func @transposed(%a: tensor<7x9xf32>, %b: tensor<5x9xf32>)
    -> tensor<7x5xf32> {
  %zero = arith.constant dense<0.0> : tensor<7x5xf32>
  %c = linalg.matmul indexing_maps = [#a, #b, #c]
      ins(%a, %b : tensor<7x9xf32>, tensor<5x9xf32>)
      outs(%zero : tensor<7x5xf32>) -> tensor<7x5xf32>
  return %c : tensor<7x5xf32>
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
plmr.mesh @mesh 3 x 2 on "tiny"
llm.weight @w : tensor<5x9xf32> in "m.gguf" [#llm.source<"w", 64, "F32">]

// A weight is in ring order, whoever uses it; the chip aligns it.
// CHECK:       plmr.object weight @w.tiles : !plmr.placed<tensor<5x9xf32>, [ring y, ring x]>
// CHECK-LABEL: func.func @transposed_weight
// CHECK:       plmr.gemm_t %{{.*}} : !plmr.placed<tensor<7x9xf32>, [y, ring x]>, !plmr.placed<tensor<5x9xf32>, [ring y, ring x]> -> !plmr.placed<tensor<7x5xf32>, [y, ring x]>
func.func @transposed_weight(%a: tensor<7x9xf32>) -> tensor<7x5xf32> {
  %w = llm.param @w : tensor<5x9xf32>
  %zero = arith.constant dense<0.0> : tensor<7x5xf32>
  %c = linalg.matmul indexing_maps = [#a, #b, #c]
      ins(%a, %w : tensor<7x9xf32>, tensor<5x9xf32>)
      outs(%zero : tensor<7x5xf32>) -> tensor<7x5xf32>
  return %c : tensor<7x5xf32>
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// A result is [y, ring x], what products take: Q K^T and S V^T follow each other.
// An initial value is added to the product.
// CHECK-LABEL: func.func @accumulate
// CHECK:       %[[I:.*]] = plmr.load @init : !plmr.placed<tensor<4x4xf32>, [y, ring x]>
// CHECK:       %[[P:.*]] = plmr.gemm
// CHECK:       %[[C:.*]] = plmr.local (%{{.*}} = %[[I]], %{{.*}} = %[[P]])
// CHECK:         arith.addf
// CHECK:       plmr.store %[[C]], @result0
func.func @accumulate(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>,
                      %c: tensor<4x4xf32> {plmr.name = "init"}) -> tensor<4x4xf32> {
  %r = linalg.matmul ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>)
                     outs(%c : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// A result is in ring order, so that the next product aligns it on the chip.
// CHECK-LABEL: func.func @chain
// CHECK: %[[P:.*]] = plmr.gemm %{{.*}}, %{{.*}} : (!plmr.placed<tensor<4x6xf32>, [y, skew x]>, !plmr.placed<tensor<6x8xf32>, [skew y, ring x]>) -> !plmr.placed<tensor<4x8xf32>, [y, ring x]>
// CHECK: plmr.gemm %[[P]], %{{.*}} : (!plmr.placed<tensor<4x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x5xf32>, [skew y, ring x]>)
func.func @chain(%a: tensor<4x6xf32>, %b: tensor<6x8xf32>, %c: tensor<8x5xf32>)
    -> tensor<4x5xf32> {
  %zero = arith.constant dense<0.0> : tensor<4x8xf32>
  %ab = linalg.matmul ins(%a, %b : tensor<4x6xf32>, tensor<6x8xf32>)
                      outs(%zero : tensor<4x8xf32>) -> tensor<4x8xf32>
  %none = arith.constant dense<0.0> : tensor<4x5xf32>
  %abc = linalg.matmul ins(%ab, %c : tensor<4x8xf32>, tensor<8x5xf32>)
                       outs(%none : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %abc : tensor<4x5xf32>
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// Functions share a weight: a matrix product takes it as the first one left it.
// CHECK:     plmr.object weight @w.tiles : !plmr.placed<tensor<8x4xf32>, [ring y, x]>
// CHECK-NOT: plmr.object weight
// CHECK-LABEL: func.func @vector
// CHECK: plmr.load @w.tiles
// CHECK-LABEL: func.func @matrix
// CHECK: %[[W:.*]] = plmr.load @w.tiles
// CHECK: plmr.gemm %{{.*}}, %[[W]]
llm.weight @w : tensor<8x4xf32> in "m.gguf" [#llm.source<"w", 64, "F32">]
func.func @vector(%x: tensor<8xf32>) -> tensor<4xf32> {
  %w = llm.param @w : tensor<8x4xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %y = linalg.vecmat ins(%x, %w : tensor<8xf32>, tensor<8x4xf32>)
                     outs(%zero : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @matrix(%x: tensor<6x8xf32> {plmr.name = "rows"})
    -> (tensor<6x4xf32> {plmr.name = "products"}) {
  %w = llm.param @w : tensor<8x4xf32>
  %zero = arith.constant dense<0.0> : tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xf32>, tensor<8x4xf32>)
                     outs(%zero : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}
