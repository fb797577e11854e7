// RUN: plmr-opt %s -split-input-file -plmr-expand-collectives -cse -canonicalize | FileCheck %s
// RUN: plmr-opt %s -split-input-file -plmr-expand-collectives -plmr-allocate-colours -plmr-verify-tile -o /dev/null

plmr.mesh @mesh 1 x 4 on "tiny"

// One message to the row above, and the same slot for what comes from below.
// CHECK: plmr.channel @y.down #plmr.relation<down y>
// CHECK-LABEL: func.func @shift(
// CHECK-SAME:    %[[V:.*]]: memref<3xf32>, %[[CACHE:.*]]: memref<3x8xf32>, %[[POS:.*]]: index)
// CHECK:         %[[ROW:.*]] = plmr.coord y
// CHECK:         %[[Q:.*]] = arith.divui %[[POS]], %c4
// CHECK:         %[[G:.*]] = arith.remui %[[POS]], %c4
// CHECK:         %[[BELOW:.*]] = arith.cmpi ult, %[[G]], %[[ROW]]
// CHECK:         %[[OLDEST:.*]] = arith.remui %[[G]]
// CHECK:         %[[SLOT:.*]] = arith.select %[[BELOW]], %[[OLDEST]], %[[Q]]
// CHECK:         %[[PLACE:.*]] = memref.subview %[[CACHE]][0, %[[SLOT]]] [3, 1] [1, 1]
// CHECK:         %[[ARRIVED:.*]] = memref.alloc() : memref<3xf32>
// CHECK-NEXT:    %[[SENT:.*]] = plmr.send %[[PLACE]] on @y.down if %[[SENDS:.*]] {plmr.operation = "shift"}
// CHECK-NEXT:    %[[GOT:.*]] = plmr.recv %[[ARRIVED]] on @y.down if %[[RECEIVES:.*]] {plmr.operation = "shift"}
// CHECK-NEXT:    plmr.wait %[[SENT]] if %[[SENDS]]
// CHECK-NEXT:    plmr.wait %[[GOT]] if %[[RECEIVES]]
// CHECK-NEXT:    scf.if %[[RECEIVES]] {
// CHECK-NEXT:      memref.copy %[[ARRIVED]], %[[PLACE]]
// CHECK-NEXT:    }
// CHECK-NEXT:    scf.if %{{.*}} {
// CHECK-NEXT:      memref.copy %[[V]], %[[PLACE]]
// CHECK-NEXT:    }
// Once all rows have grown they are put in order, feature by feature.
// CHECK:         %[[LINE:.*]] = memref.alloc() : memref<1x8xf32>
// CHECK:         scf.for
// CHECK-COUNT-3:   memref.copy
func.func @shift(%v: memref<3xf32>, %cache: memref<3x8xf32>, %pos: index) {
  plmr.shift_tile %v into %cache at %pos : memref<3xf32>, memref<3x8xf32>
  return
}

// -----

plmr.mesh @mesh 1 x 4 on "tiny"

// Tiles walk around the ring; from each that passes a row copies what is its
// own: of what was settled before and of what is cyclic.
// CHECK: plmr.channel @y.ring #plmr.relation<ring y>
// CHECK-LABEL: func.func @settle(
// CHECK-SAME:    %[[CACHE:.*]]: memref<3x8xf32>,
// CHECK:         %[[BUFFERS:.*]] = memref.alloc() : memref<2x3x8xf32>
// CHECK:         memref.copy
// CHECK:         scf.for %{{.*}} = %c0 to %c4 step %c1 iter_args
// CHECK:           plmr.send %{{.*}} on @y.ring if %[[CHANGE:.*]] {
// CHECK:           plmr.recv %{{.*}} on @y.ring if %[[CHANGE]] {
// CHECK:           scf.for
// CHECK:             memref.subview %[[CACHE]]
// CHECK:             memref.copy
// CHECK:           scf.for
// CHECK:             memref.copy
// CHECK:           plmr.wait
// CHECK:           plmr.wait
func.func @settle(%cache: memref<3x8xf32>, %from: index, %to: index) {
  plmr.settle_tile %cache from %from to %to shifted : memref<3x8xf32>
  return
}

// -----

// One row has nothing to pass on.
plmr.mesh @mesh 4 x 1 on "tiny"

// CHECK-NOT: plmr.channel
// CHECK-LABEL: func.func @single(
// CHECK-SAME:    %[[V:.*]]: memref<3xf32>, %[[CACHE:.*]]: memref<3x8xf32>,
// CHECK-NOT:     plmr.send
// CHECK:         %[[PLACE:.*]] = memref.subview %[[CACHE]]
// CHECK-NEXT:    scf.if
// CHECK-NEXT:      memref.copy %[[V]], %[[PLACE]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return
func.func @single(%v: memref<3xf32>, %cache: memref<3x8xf32>, %pos: index) {
  plmr.shift_tile %v into %cache at %pos : memref<3xf32>, memref<3x8xf32>
  plmr.settle_tile %cache from %pos to %pos shifted : memref<3x8xf32>
  return
}
