// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh | FileCheck %s

plmr.mesh @mesh 3 x 5 on "tiny"

// The input lies on y, so the result lies on x: reduced along y.
// CHECK-DAG: #[[$VECTOR:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[$MATRIX:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$RESULT:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK:      plmr.object input @arg0 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK-NEXT: plmr.object input @arg1 : !plmr.placed<tensor<10x7xf32>, [y, x]>
// CHECK-NEXT: plmr.object output @result0 : !plmr.placed<tensor<7xf32>, [x]>
// CHECK-LABEL: func.func @main()
// CHECK-SAME:    plmr.parameters = []
// CHECK-DAG:   %[[X:.*]] = plmr.load @arg0 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK-DAG:   %[[W:.*]] = plmr.load @arg1 : !plmr.placed<tensor<10x7xf32>, [y, x]>
// CHECK:       %[[P:.*]] = plmr.local (%[[XT:.*]] = %[[X]], %[[WT:.*]] = %[[W]]) :
// CHECK-SAME:    -> !plmr.placed<tensor<7xf32>, [x], partial<sum y>> tiles (tensor<2xf32>, tensor<2x3xf32>) {
// CHECK:         %[[ZERO:.*]] = linalg.fill
// CHECK:         %[[S:.*]] = linalg.generic {indexing_maps = [#[[$VECTOR]], #[[$MATRIX]], #[[$RESULT]]], iterator_types = ["reduction", "parallel"]}
// CHECK-SAME:      ins(%[[XT]], %[[WT]] : tensor<2xf32>, tensor<2x3xf32>) outs(%[[ZERO]] : tensor<3xf32>)
// CHECK:           %[[MUL:.*]] = arith.mulf
// CHECK:           arith.addf %{{.*}}, %[[MUL]]
// CHECK:         plmr.yield %[[S]]
// CHECK:       %[[R:.*]] = plmr.all_reduce %[[P]] :
// CHECK-NEXT:  plmr.store %[[R]], @result0
// CHECK-NEXT:  return
func.func @main(%x: tensor<10xf32>, %w: tensor<10x7xf32>) -> tensor<7xf32> {
  %zero = arith.constant dense<0.0> : tensor<7xf32>
  %y = linalg.vecmat ins(%x, %w : tensor<10xf32>, tensor<10x7xf32>)
                     outs(%zero : tensor<7xf32>) -> tensor<7xf32>
  return %y : tensor<7xf32>
}

// -----

plmr.mesh @mesh 3 x 5 on "tiny"

// matvec has the contracted dimension last; in a tile's memory it comes first.
// CHECK: plmr.object input @m : !plmr.placed<tensor<7x10xf32>, [x, y], order [1, 0]>
// CHECK: plmr.object output @r : !plmr.placed<tensor<7xf32>, [x]>
// CHECK-LABEL: func.func @matvec()
// CHECK: plmr.local
// CHECK-SAME: tiles (tensor<2xf32>, tensor<2x3xf32>)
func.func @matvec(%m: tensor<7x10xf32> {plmr.name = "m"}, %x: tensor<10xf32>)
    -> (tensor<7xf32> {plmr.name = "r"}) {
  %zero = arith.constant dense<0.0> : tensor<7xf32>
  %y = linalg.matvec ins(%m, %x : tensor<7x10xf32>, tensor<10xf32>)
                     outs(%zero : tensor<7xf32>) -> tensor<7xf32>
  return %y : tensor<7xf32>
}

// -----

plmr.mesh @mesh 3 x 5 on "tiny"

// Axes alternate: the second product reduces along x. Nothing is transposed.
// CHECK-DAG: plmr.object input @arg0 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK-DAG: plmr.object input @arg1 : !plmr.placed<tensor<10x7xf32>, [y, x]>
// CHECK-DAG: plmr.object input @arg2 : !plmr.placed<tensor<7x4xf32>, [x, y]>
// CHECK-DAG: plmr.object output @result0 : !plmr.placed<tensor<4xf32>, [y]>
// CHECK-LABEL: func.func @chain
// CHECK: %[[H:.*]] = plmr.all_reduce %{{.*}} : (!plmr.placed<tensor<7xf32>, [x], partial<sum y>>)
// CHECK: plmr.local (%{{.*}} = %[[H]], %{{.*}} = %{{.*}})
// CHECK: plmr.all_reduce %{{.*}} : (!plmr.placed<tensor<4xf32>, [y], partial<sum x>>)
func.func @chain(%x: tensor<10xf32>, %v: tensor<10x7xf32>, %w: tensor<7x4xf32>)
    -> tensor<4xf32> {
  %zero7 = arith.constant dense<0.0> : tensor<7xf32>
  %zero4 = arith.constant dense<0.0> : tensor<4xf32>
  %h = linalg.vecmat ins(%x, %v : tensor<10xf32>, tensor<10x7xf32>)
                     outs(%zero7 : tensor<7xf32>) -> tensor<7xf32>
  %y = linalg.vecmat ins(%h, %w : tensor<7xf32>, tensor<7x4xf32>)
                     outs(%zero4 : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"

// Sums are f32 whatever the operands are; an initial value is added once, to
// the reduced result.
// CHECK-LABEL: func.func @half
// CHECK:       plmr.local
// CHECK-SAME:    -> !plmr.placed<tensor<4xf32>, [x], partial<sum y>> tiles (tensor<2xf16>, tensor<2x2xf16>)
// CHECK:         arith.extf %{{.*}} : f16 to f32
// CHECK:         arith.extf %{{.*}} : f16 to f32
// CHECK:       %[[R:.*]] = plmr.all_reduce
// CHECK:       %[[WIDE:.*]] = plmr.local
// CHECK:         arith.extf
// CHECK:       %[[SUM:.*]] = plmr.local (%{{.*}} = %[[WIDE]], %{{.*}} = %[[R]])
// CHECK:         arith.addf
// CHECK:       %[[NARROW:.*]] = plmr.local (%{{.*}} = %[[SUM]])
// CHECK:         arith.truncf
// CHECK:       plmr.store %[[NARROW]], @result0 : !plmr.placed<tensor<4xf16>, [x]>
func.func @half(%x: tensor<4xf16>, %w: tensor<4x4xf16>, %bias: tensor<4xf16>)
    -> tensor<4xf16> {
  %y = linalg.vecmat ins(%x, %w : tensor<4xf16>, tensor<4x4xf16>)
                     outs(%bias : tensor<4xf16>) -> tensor<4xf16>
  return %y : tensor<4xf16>
}
