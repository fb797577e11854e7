// What padding holds is known where it can be: sums need zeros there.
//
// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh | FileCheck %s

plmr.mesh @mesh 3 x 4 on "tiny"

// CHECK-LABEL: func.func @zero
// CHECK: %[[X:.*]] = plmr.load @arg0 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: %[[D:.*]] = plmr.local (%[[T:.*]] = %[[X]], %[[U:.*]] = %[[X]]) :
// CHECK-SAME: -> !plmr.placed<tensor<10xf32>, [y]> tiles (tensor<3xf32>, tensor<3xf32>) {
// CHECK:   %[[S:.*]] = arith.addf %[[T]], %[[U]] : tensor<3xf32>
// CHECK:   plmr.yield %[[S]]
// CHECK: plmr.store %[[D]], @result0
func.func @zero(%x: tensor<10xf32>) -> tensor<10xf32> {
  %d = arith.addf %x, %x : tensor<10xf32>
  return %d : tensor<10xf32>
}

// -----

plmr.mesh @mesh 3 x 4 on "tiny"

// exp(0) is 1: the padding is not zero any more, but it is known, so that
// 1 - 1 and silu(0) are zero again.
// CHECK-LABEL: func.func @tracked
// CHECK: math.exp
// CHECK: -> !plmr.placed<tensor<10xf32>, [y], pad any>
// CHECK: arith.subf
// CHECK: plmr.store %{{.*}}, @result0 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: plmr.store %{{.*}}, @result1 : !plmr.placed<tensor<10xf32>, [y]>
func.func @tracked(%x: tensor<10xf32>) -> (tensor<10xf32>, tensor<10xf32>) {
  %one = arith.constant dense<1.0> : tensor<10xf32>
  %e = math.exp %x : tensor<10xf32>
  %z = arith.subf %e, %one : tensor<10xf32>
  %n = arith.negf %x : tensor<10xf32>
  %en = math.exp %n : tensor<10xf32>
  %d = arith.addf %en, %one : tensor<10xf32>
  %silu = arith.divf %x, %d : tensor<10xf32>
  return %z, %silu : tensor<10xf32>, tensor<10xf32>
}

// -----

plmr.mesh @mesh 3 x 4 on "tiny"

// 0 / 0 is no value at all.
// CHECK-LABEL: func.func @unknown
// CHECK: plmr.store %{{.*}}, @result0 : !plmr.placed<tensor<10xf32>, [y], pad any>
func.func @unknown(%x: tensor<10xf32>) -> tensor<10xf32> {
  %q = arith.divf %x, %x : tensor<10xf32>
  return %q : tensor<10xf32>
}

// -----

plmr.mesh @mesh 3 x 4 on "tiny"

// A constant is made on the cores, where and as its user is placed.
// CHECK-LABEL: func.func @constant
// CHECK: %[[C:.*]] = plmr.local () : () -> !plmr.placed<tensor<10xf32>, [y], pad neg_inf> tiles () {
// CHECK:   linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<3xf32>)
// CHECK: plmr.local (%{{.*}} = %{{.*}}, %{{.*}} = %[[C]]) :
// CHECK:   arith.maximumf
// CHECK: plmr.store %{{.*}}, @result0 : !plmr.placed<tensor<10xf32>, [y]>
func.func @constant(%x: tensor<10xf32>) -> tensor<10xf32> {
  %c = arith.constant dense<0xFF800000> : tensor<10xf32>
  %m = arith.maximumf %x, %c : tensor<10xf32>
  return %m : tensor<10xf32>
}

// -----

plmr.mesh @mesh 3 x 4 on "tiny"

// Matrices are cut along both axes; linalg's named operations and generics
// of one element each are as good as arith. More than two dimensions stay whole.
// CHECK: plmr.object input @arg0 : !plmr.placed<tensor<5x7xf32>, [y, x]>
// CHECK: plmr.object input @arg1 : !plmr.placed<tensor<5x7x2xf32>, [y, x, *]>
// CHECK-LABEL: func.func @matrices
// CHECK: linalg.add ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.*}}, %{{.*}} : tensor<2x3x2xf32>, tensor<2x3x2xf32>)
func.func @matrices(%a: tensor<5x7xf32>, %b: tensor<5x7x2xf32>)
    -> (tensor<5x7xf32>, tensor<5x7x2xf32>) {
  %e = tensor.empty() : tensor<5x7xf32>
  %s = linalg.add ins(%a, %a : tensor<5x7xf32>, tensor<5x7xf32>)
                  outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %f = tensor.empty() : tensor<5x7x2xf32>
  %id = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>,
      affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%b, %b : tensor<5x7x2xf32>, tensor<5x7x2xf32>) outs(%f : tensor<5x7x2xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %m = arith.mulf %x, %y : f32
    linalg.yield %m : f32
  } -> tensor<5x7x2xf32>
  return %s, %id : tensor<5x7xf32>, tensor<5x7x2xf32>
}

// -----

plmr.mesh @mesh 3 x 4 on "tiny"

// What combines arguments and constants only is computed where its user wants
// it: A of a product, aligned.
// CHECK: plmr.object input @arg0 : !plmr.placed<tensor<6x8xf32>, [y, skew x]>
// CHECK: plmr.object input @arg1 : !plmr.placed<tensor<8x5xf32>, [skew y, ring x]>
// CHECK-LABEL: func.func @where_needed
// CHECK: %[[S:.*]] = plmr.local
// CHECK:   arith.addf
// CHECK: plmr.gemm %[[S]], %{{.*}} :
func.func @where_needed(%a: tensor<6x8xf32>, %b: tensor<8x5xf32>) -> tensor<6x5xf32> {
  %zero = arith.constant dense<0.0> : tensor<6x5xf32>
  %s = arith.addf %a, %a : tensor<6x8xf32>
  %c = linalg.matmul ins(%s, %b : tensor<6x8xf32>, tensor<8x5xf32>)
                     outs(%zero : tensor<6x5xf32>) -> tensor<6x5xf32>
  return %c : tensor<6x5xf32>
}
