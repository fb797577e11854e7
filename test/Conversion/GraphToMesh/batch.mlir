// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh | plmr-opt -split-input-file | FileCheck %s

// A batch stays where it is; items are placed as if they were alone. B belongs
// to an item, or to all of them.
#a = affine_map<(b, m, n, k) -> (b, m, k)>
#w = affine_map<(b, m, n, k) -> (k, n)>
#c = affine_map<(b, m, n, k) -> (b, m, n)>
plmr.mesh @mesh 3 x 2 on "tiny"

// CHECK:      plmr.object input @arg0 : !plmr.placed<tensor<2x7x9xf32>, [batch, y, skew x]>
// CHECK-NEXT: plmr.object input @arg1 : !plmr.placed<tensor<2x9x5xf32>, [batch, skew y, ring x]>
// CHECK-NEXT: plmr.object input @arg2 : !plmr.placed<tensor<5x5xf32>, [skew y, ring x]>
// CHECK-NEXT: plmr.object output @result0 : !plmr.placed<tensor<2x7x5xf32>, [batch, y, ring x]>
// CHECK-LABEL: func.func @matrices
// CHECK:       %[[C:.*]] = plmr.gemm %{{.*}}, %{{.*}} : (!plmr.placed<tensor<2x7x9xf32>, [batch, y, skew x]>, !plmr.placed<tensor<2x9x5xf32>, [batch, skew y, ring x]>) -> !plmr.placed<tensor<2x7x5xf32>, [batch, y, ring x]>
// CHECK-NEXT:  %[[D:.*]] = plmr.gemm %[[C]], %{{.*}} : (!plmr.placed<tensor<2x7x5xf32>, [batch, y, ring x]>, !plmr.placed<tensor<5x5xf32>, [skew y, ring x]>) -> !plmr.placed<tensor<2x7x5xf32>, [batch, y, ring x]>
// CHECK:       plmr.local (%{{.*}} = %[[D]], %{{.*}} = %[[C]]) : {{.*}} tiles (tensor<4x2xf32>, tensor<4x2xf32>)
// CHECK:         linalg.generic {indexing_maps = [#[[ID:.*]], #[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]}
// CHECK:           arith.subf
func.func @matrices(%a: tensor<2x7x9xf32>, %b: tensor<2x9x5xf32>, %w: tensor<5x5xf32>) -> tensor<2x7x5xf32> {
  %zero = arith.constant dense<0.0> : tensor<2x7x5xf32>
  %p = linalg.batch_matmul ins(%a, %b : tensor<2x7x9xf32>, tensor<2x9x5xf32>)
                           outs(%zero : tensor<2x7x5xf32>) -> tensor<2x7x5xf32>
  %q = linalg.batch_matmul indexing_maps = [#a, #w, #c]
                           ins(%p, %w : tensor<2x7x5xf32>, tensor<5x5xf32>)
                           outs(%zero : tensor<2x7x5xf32>) -> tensor<2x7x5xf32>
  %d = linalg.sub ins(%q, %p : tensor<2x7x5xf32>, tensor<2x7x5xf32>)
                  outs(%zero : tensor<2x7x5xf32>) -> tensor<2x7x5xf32>
  return %d : tensor<2x7x5xf32>
}

// -----

#a = affine_map<(b, m, n, k) -> (b, m, k)>
#t = affine_map<(b, m, n, k) -> (b, n, k)>
#c = affine_map<(b, m, n, k) -> (b, m, n)>
plmr.mesh @mesh 3 x 2 on "tiny"

// CHECK-LABEL: func.func @transposed
// CHECK:       plmr.gemm_t %{{.*}}, %{{.*}} : !plmr.placed<tensor<1x7x9xf32>, [batch, y, ring x]>, !plmr.placed<tensor<1x5x9xf32>, [batch, skew y, ring x]> -> !plmr.placed<tensor<1x7x5xf32>, [batch, y, ring x]>
func.func @transposed(%a: tensor<1x7x9xf32>, %b: tensor<1x5x9xf32>) -> tensor<1x7x5xf32> {
  %zero = arith.constant dense<0.0> : tensor<1x7x5xf32>
  %p = linalg.batch_matmul indexing_maps = [#a, #t, #c]
                           ins(%a, %b : tensor<1x7x9xf32>, tensor<1x5x9xf32>)
                           outs(%zero : tensor<1x7x5xf32>) -> tensor<1x7x5xf32>
  return %p : tensor<1x7x5xf32>
}

// -----

// A batch of vectors alternates between the axes as one vector does: products
// with its rows are no products of matrices. Caches have a batch behind layers.
llm.state @k : tensor<2x3x8x4xf32>
llm.state @v : tensor<2x3x8x4xf32>
plmr.mesh @mesh 3 x 2 on "tiny"

// CHECK-DAG: plmr.object state @k.cache : !plmr.placed<tensor<2x3x4x8xf32>, [*, batch, x(1:2:2 segment 0 inner 1), cyclic y]> stacked
// CHECK-DAG: plmr.object input @arg0 : !plmr.placed<tensor<3x4xf32>, [batch, y]>
// CHECK-DAG: plmr.object input @arg1 : !plmr.placed<tensor<4x4xf32>, [y, x(1:1:2:2 segment 0 inner 2)]>
// CHECK-DAG: plmr.object output @result0 : !plmr.placed<tensor<3x4xf32>, [batch, x(1:1:4 segment 0 inner 2)]>
// CHECK-LABEL: func.func @vectors
// CHECK:       plmr.all_reduce %{{.*}} : (!plmr.placed<tensor<3xf32>, [batch], partial<sum y>>)
// CHECK:       plmr.all_reduce %{{.*}} : (!plmr.placed<tensor<3x4xf32>, [batch, x(1:1:2:2 segment 0 inner 2)], partial<sum y>>)
// CHECK:       plmr.append %{{.*}}, @k.cache[%{{.*}}] at %{{.*}} : !plmr.placed<tensor<3x4xf32>, [batch, x(1:2:2 segment 0 inner 1)]>
// CHECK:       plmr.load @k.cache[%{{.*}}] : !plmr.placed<tensor<3x4x8xf32>, [batch, x(1:2:2 segment 0 inner 1), cyclic y]>
// CHECK:       plmr.all_reduce %{{.*}} limit %{{.*}} : (!plmr.placed<tensor<3x1x8xf32>, [batch, x(1:1 segment 0), cyclic y], pad any, partial<sum x>>)
func.func @vectors(%x: tensor<3x4xf32>, %wq: tensor<4x4xf32>, %wk: tensor<4x4xf32>, %wv: tensor<4x4xf32>, %g: tensor<4xf32>, %layer: index, %pos: index) -> tensor<3x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<3x4xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<3x4xf32>
  %q = linalg.matmul ins(%n, %wq : tensor<3x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<3x4xf32>) -> tensor<3x4xf32>
  %k = linalg.matmul ins(%n, %wk : tensor<3x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<3x4xf32>) -> tensor<3x4xf32>
  %v = linalg.matmul ins(%n, %wv : tensor<3x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<3x4xf32>) -> tensor<3x4xf32>
  %rq = llm.rope %q at %pos heads 1 base 1.0e4 adjacent batch : tensor<3x4xf32>
  %rk = llm.rope %k at %pos heads 1 base 1.0e4 adjacent batch : tensor<3x4xf32>
  %a = llm.attention %rq, %rk, %v, @k, @v[%layer] at %pos heads 1 kv_heads 1 scale 0.5 : tensor<3x4xf32>, tensor<3x4xf32>
  return %a : tensor<3x4xf32>
}

// -----

// What has rank 3 is a batch of matrices; without a product rows are balanced.
plmr.mesh @mesh 3 x 2 on "tiny"

// CHECK-LABEL: func.func @norm
// CHECK:       plmr.all_reduce %{{.*}} : (!plmr.placed<tensor<2x5xf32>, [batch, y], partial<sum x>>) -> !plmr.placed<tensor<2x5xf32>, [batch, y]>
// CHECK:       plmr.local {{.*}} -> !plmr.placed<tensor<2x5x7xf32>, [batch, y, x]> tiles (tensor<3x3xf32>, tensor<3xf32>, tensor<3xf32>)
func.func @norm(%x: tensor<2x5x7xf32>, %g: tensor<7xf32>) -> tensor<2x5x7xf32> {
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<2x5x7xf32>
  return %n : tensor<2x5x7xf32>
}
