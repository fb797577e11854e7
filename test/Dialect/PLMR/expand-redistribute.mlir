// RUN: plmr-opt %s -split-input-file -plmr-expand-collectives | FileCheck %s

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @part 2 x 2 on "tiny"

// Along x and then along y around rings, whole tiles at once where they fit
// into the buffers.
// CHECK-DAG: plmr.channel @x.ring #plmr.relation<ring x>
// CHECK-DAG: plmr.channel @y.ring #plmr.relation<ring y>
// CHECK-LABEL: func.func @hand_over
// CHECK:         plmr.ref @w : memref<2x2xf32>
// CHECK:         plmr.ref @v : memref<4x4xf32>
// CHECK:         memref.alloc() {{.*}}: memref<2x4xf32>
// CHECK:         memref.alloc() {{.*}}: memref<2x2x2xf32>
// CHECK:         plmr.send {{.*}} on @x.ring
// CHECK:         plmr.recv {{.*}} on @x.ring
// CHECK:         memref.copy
// CHECK:         memref.alloc() {{.*}}: memref<2x2x4xf32>
// CHECK:         plmr.send {{.*}} on @y.ring
// CHECK:         plmr.recv {{.*}} on @y.ring
// CHECK:         memref.copy
plmr.object state @w : !plmr.placed<tensor<8x8xf32>, [ring y, x]>
plmr.object state @v : !plmr.placed<tensor<8x8xf32>, [ring y, x]> on @part
func.func @hand_over() {
  plmr.redistribute @w to @v
  return
}

// -----

plmr.mesh @mesh 1 x 4 on "tiny"
plmr.mesh @part 1 x 2 on "tiny"

// One column needs no ring along x. Of a cache only slots that hold positions
// walk, one condition for each.
// CHECK-NOT: ring x
// CHECK-LABEL: func.func @cache
// CHECK-SAME:    (%[[N:.*]]: index)
// CHECK:         %[[UP:.*]] = arith.addi %[[N]], %{{.*}} : index
// CHECK:         arith.divui %[[UP]]
// CHECK:         plmr.send {{.*}} on @y.ring
// CHECK:         arith.remui
// CHECK:         scf.if
// CHECK-NEXT:      arith.divui
// CHECK:           memref.copy
plmr.object state @k : !plmr.placed<tensor<8x64xf32>, [x, cyclic y]>
plmr.object state @l : !plmr.placed<tensor<8x64xf32>, [x, cyclic y]> on @part
func.func @cache(%n: index) {
  plmr.redistribute @k to @l positions %n
  return
}

// -----

plmr.mesh @mesh 1 x 4 on "tiny"
plmr.mesh @part 1 x 3 on "tiny"

// In a shifted block of N div 3 positions, or one more, the one in a slot is
// found by turning back.
// CHECK-LABEL: func.func @shifted
// CHECK-SAME:    (%[[L:.*]]: index, %[[N:.*]]: index)
// CHECK:         plmr.send {{.*}} on @y.ring
// CHECK:         %[[SIZE:.*]] = arith.divui %[[N]], %[[ROWS:.*]] : index
// CHECK:         %[[LARGER:.*]] = arith.remui %[[N]], %[[ROWS]]
// CHECK:         arith.muli %{{.*}}, %[[SIZE]]
// CHECK:         scf.for %[[SLOT:.*]] =
// CHECK:           %[[TURN:.*]] = arith.remui
// CHECK:           %[[BACK:.*]] = arith.subi %[[SIZE]], %[[TURN]]
// CHECK:           %[[SUM:.*]] = arith.addi %{{.*}}, %[[BACK]]
// CHECK:           %[[TURNED:.*]] = arith.remui %[[SUM]]
// CHECK:           arith.select %{{.*}}, %[[TURNED]]
// CHECK:           memref.copy
plmr.object state @k : !plmr.placed<tensor<2x8x64xf32>, [*, x, cyclic y]> stacked
  cache "shift" on @part
plmr.object state @l : !plmr.placed<tensor<2x8x64xf32>, [*, x, cyclic y]> stacked
  cache "shift"
func.func @shifted(%l: index, %n: index) {
  plmr.redistribute @k to @l[%l] positions %n shifted
  return
}
