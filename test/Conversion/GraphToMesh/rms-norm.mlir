// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh | FileCheck %s

plmr.mesh @mesh 3 x 4 on "tiny"
llm.weight @gain : tensor<10xf32> in "m.gguf" [#llm.source<"norm.weight", 64, "F32">]

// One number is reduced along the vector's axis; the gain lies as the vector.
// CHECK:      plmr.object weight @gain.tiles : !plmr.placed<tensor<10xf32>, [y]> in "m.gguf" [#llm.source<"norm.weight", 64, "F32">]
// CHECK-NOT:  llm.weight
// CHECK-LABEL: func.func @norm
// CHECK-DAG:   %[[X:.*]] = plmr.load @arg0 : !plmr.placed<tensor<10xf32>, [y]>
// CHECK-DAG:   %[[G:.*]] = plmr.load @gain.tiles : !plmr.placed<tensor<10xf32>, [y]>
// CHECK:       %[[P:.*]] = plmr.local (%[[T:.*]] = %[[X]]) : (!plmr.placed<tensor<10xf32>, [y]>) -> !plmr.placed<tensor<f32>, [], partial<sum y>>
// CHECK:         linalg.generic {{.*}}iterator_types = ["reduction"]} ins(%[[T]], %[[T]] : tensor<3xf32>, tensor<3xf32>)
// CHECK:       %[[S:.*]] = plmr.all_reduce %[[P]] :
// CHECK:       %[[N:.*]] = plmr.local (%{{.*}} = %[[X]], %{{.*}} = %[[G]], %[[ST:.*]] = %[[S]]) :
// The sum is divided by the extent, not by what tiles hold.
// CHECK:         arith.constant 1.000000e-01 : f32
// CHECK:         arith.mulf
// CHECK:         arith.constant 9.99999974E-6 : f32
// CHECK:         arith.addf
// CHECK:         math.rsqrt
// CHECK-COUNT-2: arith.mulf
// CHECK:       plmr.store %[[N]], @result0 : !plmr.placed<tensor<10xf32>, [y]>
func.func @norm(%x: tensor<10xf32>) -> tensor<10xf32> {
  %g = llm.param @gain : tensor<10xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<10xf32>
  return %n : tensor<10xf32>
}
