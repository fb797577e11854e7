// RUN: plmr-opt %s -split-input-file -plmr-move-objects | FileCheck %s

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @prefill.mesh 4 x 4 on "tiny"
plmr.mesh @decode.mesh 2 x 2 on "tiny"

// What decode has of both meshes' weights is moved there.
// CHECK: plmr.object weight @decode.w : {{.*}} on @decode.mesh moved from @prefill.w
// CHECK: plmr.object weight @decode.gain : {{.*}} in "m" [{{.*}}] on @decode.mesh{{$}}
// CHECK: plmr.object weight @decode.alone : {{.*}} in "m" [{{.*}}] on @decode.mesh{{$}}
// CHECK: plmr.object state @decode.k : {{.*}} stacked on @decode.mesh moved from @prefill.k
plmr.object weight @decode.w : !plmr.placed<tensor<8x8xf32>, [y, x]>
  in "m" [#llm.source<"w", 0, "F32">] on @decode.mesh
plmr.object weight @decode.gain : !plmr.placed<tensor<8xf32>, [y]>
  in "m" [#llm.source<"g", 0, "F32">] on @decode.mesh
plmr.object weight @decode.alone : !plmr.placed<tensor<8x8xf32>, [y, x]>
  in "m" [#llm.source<"a", 0, "F32">] on @decode.mesh
plmr.object state @decode.k : !plmr.placed<tensor<3x8x8xf32>, [*, x, cyclic y]> stacked
  on @decode.mesh
plmr.object weight @prefill.w : !plmr.placed<tensor<8x8xf32>, [y, x]>
  in "m" [#llm.source<"w", 0, "F32">] on @prefill.mesh
plmr.object weight @prefill.gain : !plmr.placed<tensor<8xf32>, [y]>
  in "m" [#llm.source<"g", 0, "F32">] on @prefill.mesh
plmr.object state @prefill.k : !plmr.placed<tensor<3x8x8xf32>, [*, x, cyclic y]> stacked
  on @prefill.mesh

// CHECK:      func.func @hand_over(%[[N:.*]]: index) attributes {plmr.inputs = [], plmr.outputs = [], plmr.parameters = ["positions"]}
// CHECK-NEXT:   plmr.redistribute @prefill.w to @decode.w
// CHECK:        scf.for %[[L:.*]] =
// CHECK-NEXT:     plmr.redistribute @prefill.k to @decode.k[%[[L]]] positions %[[N]]

// Back in the opposite order.
// CHECK:      func.func @hand_back(%[[N:.*]]: index)
// CHECK:        scf.for %[[L:.*]] =
// CHECK:          %[[LAST:.*]] = arith.subi
// CHECK-NEXT:     %[[SLICE:.*]] = arith.subi %[[LAST]], %[[L]]
// CHECK-NEXT:     plmr.redistribute @decode.k to @prefill.k[%[[SLICE]]] positions %[[N]]
// CHECK:        plmr.redistribute @decode.w to @prefill.w

// -----

// Decode has shifted positions, those of a cache "concat" stay where they are.
// CHECK-LABEL: plmr.object state @decode.c
// CHECK:       func.func @hand_over
// CHECK:         plmr.redistribute @prefill.c to @decode.c[%{{.*}}] positions %arg0{{$}}
// CHECK:         plmr.redistribute @prefill.s to @decode.s[%{{.*}}] positions %arg0{{$}}
// CHECK:       func.func @hand_back
// CHECK:         plmr.redistribute @decode.s to @prefill.s[%{{.*}}] positions %arg0 shifted
// CHECK:         plmr.redistribute @decode.c to @prefill.c[%{{.*}}] positions %arg0{{$}}
plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @prefill.mesh 4 x 4 on "tiny"
plmr.mesh @decode.mesh 2 x 2 on "tiny"
plmr.object state @decode.c : !plmr.placed<tensor<3x8x8xf32>, [*, x, cyclic y]> stacked
  cache "concat" on @decode.mesh
plmr.object state @decode.s : !plmr.placed<tensor<3x8x8xf32>, [*, x, cyclic y]> stacked
  cache "shift" on @decode.mesh
plmr.object state @prefill.c : !plmr.placed<tensor<3x8x8xf32>, [*, x, cyclic y]> stacked
  cache "concat" on @prefill.mesh
plmr.object state @prefill.s : !plmr.placed<tensor<3x8x8xf32>, [*, x, cyclic y]> stacked
  cache "shift" on @prefill.mesh

// -----

// One mesh has nothing to hand over.
// CHECK-LABEL: plmr.mesh @mesh 3 x 3
// CHECK-NOT: func.func
plmr.mesh @mesh 3 x 3 on "tiny"
plmr.object state @k : !plmr.placed<tensor<3x8x8xf32>, [*, x, cyclic y]> stacked
