// Expansions keep padding zero where the operation of 0 is 0, so that sums of
// products may follow; cosh(0) is 1.
//
// RUN: plmr-opt %s -split-input-file -llm-expand-math -convert-graph-to-mesh | FileCheck %s

plmr.mesh @mesh 3 x 4 on "tiny"

// CHECK-LABEL: func.func @zeros
// CHECK: plmr.store %{{.*}}, @result0 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: plmr.store %{{.*}}, @result1 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: plmr.store %{{.*}}, @result2 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: plmr.store %{{.*}}, @result3 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: plmr.store %{{.*}}, @result4 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: plmr.store %{{.*}}, @result5 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: plmr.store %{{.*}}, @result6 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK: plmr.store %{{.*}}, @result7 : !plmr.placed<tensor<10xf32>, [y], pad any>
func.func @zeros(%x: tensor<10xf32>) -> (tensor<10xf32>, tensor<10xf32>, tensor<10xf32>,
    tensor<10xf32>, tensor<10xf32>, tensor<10xf32>, tensor<10xf32>, tensor<10xf32>) {
  %three = arith.constant dense<3> : tensor<10xi32>
  %0 = math.sqrt %x : tensor<10xf32>
  %1 = math.tanh %x : tensor<10xf32>
  %2 = math.erf %x : tensor<10xf32>
  %3 = math.expm1 %x : tensor<10xf32>
  %4 = math.sinh %x : tensor<10xf32>
  %5 = math.absf %x : tensor<10xf32>
  %6 = math.fpowi %x, %three : tensor<10xf32>, tensor<10xi32>
  %7 = math.cosh %x : tensor<10xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<10xf32>, tensor<10xf32>, tensor<10xf32>,
    tensor<10xf32>, tensor<10xf32>, tensor<10xf32>, tensor<10xf32>, tensor<10xf32>
}

// -----

plmr.mesh @mesh 3 x 4 on "tiny"

// CHECK-LABEL: func.func @summed
// CHECK: plmr.all_reduce
func.func @summed(%x: tensor<10xf32>, %w: tensor<10x7xf32>) -> tensor<7xf32> {
  %zero = arith.constant dense<0.0> : tensor<7xf32>
  %t = math.tanh %x : tensor<10xf32>
  %y = linalg.vecmat ins(%t, %w : tensor<10xf32>, tensor<10x7xf32>)
                     outs(%zero : tensor<7xf32>) -> tensor<7xf32>
  return %y : tensor<7xf32>
}
