// RUN: plmr-opt %s -split-input-file -convert-mesh-to-tile -cse | FileCheck %s

!cache = !plmr.placed<tensor<2x8x32xf32>, [*, x, cyclic y]>
!half = !plmr.placed<tensor<2x8x32xf16>, [*, x, cyclic y]>
!k = !plmr.placed<tensor<8xf32>, [x]>

plmr.mesh @mesh 2 x 4 on "tiny"
plmr.object state @c : !cache stacked cache "shift"
plmr.object state @h : !half stacked cache "shift"
plmr.object input @k : !k

// Rows pass on what they store, so it is rounded before.
// CHECK-LABEL: func.func @shift(
// CHECK-SAME:    %[[POS:.*]]: index)
// CHECK:         %[[K:.*]] = bufferization.to_tensor
// CHECK:         %[[C:.*]] = plmr.ref @c[%[[POS]]] : memref<4x8xf32>
// CHECK:         %[[V:.*]] = memref.alloc() : memref<4xf32>
// CHECK:         bufferization.materialize_in_destination %[[K]] in restrict writable %[[V]]
// CHECK:         plmr.shift_tile %[[V]] into %[[C]] at %[[POS]] : memref<4xf32>, memref<4x8xf32>
// CHECK:         %[[ROUNDED:.*]] = arith.truncf %[[K]] : tensor<4xf32> to tensor<4xf16>
// CHECK:         bufferization.materialize_in_destination %[[ROUNDED]] in restrict writable %[[W:.*]] :
// CHECK:         plmr.shift_tile %[[W]] into %{{.*}} at %[[POS]] : memref<4xf16>, memref<4x8xf16>
func.func @shift(%pos: index) {
  %k = plmr.load @k : !k
  plmr.append %k, @c[%pos] at %pos : !k
  plmr.append %k, @h[%pos] at %pos : !k
  return
}

// CHECK-LABEL: func.func @settle(
// CHECK:         plmr.settle_tile %{{.*}} from %{{.*}} to %{{.*}} shifted : memref<4x8xf32>
func.func @settle(%from: index, %to: index) {
  plmr.settle @c[%from] from %from to %to
  return
}

// -----

!cache = !plmr.placed<tensor<2x8x128xf32>, [*, x, cyclic y]>
!k = !plmr.placed<tensor<8xf32>, [x]>

plmr.mesh @mesh 2 x 4 on "tiny"
plmr.object state @c : !cache stacked cache "concat"
plmr.object input @k : !k

// The last row writes, behind its block of the settled positions.
// CHECK-LABEL: func.func @concat(
// CHECK-SAME:    %[[POS:.*]]: index, %[[SETTLED:.*]]: index)
// CHECK:         %[[C:.*]] = plmr.ref @c[%[[POS]]] : memref<4x32xf32>
// CHECK:         %[[BLOCK:.*]] = arith.divui %[[SETTLED]], %c4
// CHECK:         %[[BEHIND:.*]] = arith.subi %[[POS]], %[[SETTLED]]
// CHECK:         %[[SLOT:.*]] = arith.addi %[[BLOCK]], %[[BEHIND]]
// CHECK:         %[[ROW:.*]] = plmr.coord y
// CHECK:         %[[OWNS:.*]] = arith.cmpi eq, %[[ROW]], %c3
// CHECK:         memref.subview %[[C]][0, %[[SLOT]]] [4, 1] [1, 1]
// CHECK:         arith.select %[[OWNS]]
func.func @concat(%pos: index, %settled: index) {
  %k = plmr.load @k : !k
  plmr.append %k, @c[%pos] at %pos settled %settled : !k
  return
}

// Without `shifted`: blocks in order.
// CHECK-LABEL: func.func @settle(
// CHECK:         plmr.settle_tile %{{.*}} from %{{.*}} to %{{[a-z0-9]*}} : memref<4x32xf32>
func.func @settle(%from: index, %to: index) {
  plmr.settle @c[%from] from %from to %to
  return
}
