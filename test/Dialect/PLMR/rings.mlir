// RUN: plmr-opt %s -split-input-file -verify-roundtrip | FileCheck %s
// RUN: plmr-opt %s -split-input-file -plmr-expand-collectives -cse -canonicalize | FileCheck %s --check-prefix=EXPAND

plmr.mesh @mesh 3 x 5 on "tiny"

!both = !plmr.placed<tensor<9xf32>, [*], partial<max x segments 2 then <max y>>>
!max = !plmr.placed<tensor<9xf32>, [x], partial<max y>>
!half = !plmr.placed<tensor<9xf16>, [x], partial<sum y>>
// CHECK-LABEL: func.func @mesh_level(
func.func @mesh_level(%h: !half, %m: !plmr.placed<tensor<9x4xf32>, [x, *], partial<max y>>, %g: !plmr.placed<tensor<7xf32>, [ring y]>, %l: index, %both: !both, %max: !max) {
  // CHECK: plmr.all_reduce %arg0 ring accumulate f16 : (
  %a = plmr.all_reduce %h ring accumulate f16 : (!half) -> !plmr.placed<tensor<9xf16>, [x]>
  // CHECK: plmr.all_reduce %arg0 limit %arg3 tree <chain> accumulate f32 : (
  %b = plmr.all_reduce %h limit %l tree <chain> accumulate f32 : (!half) -> !plmr.placed<tensor<9xf16>, [x]>
  // CHECK: plmr.reduce_scatter %arg1 : !plmr.placed<tensor<9x4xf32>, [x, *], partial<max y>> -> !plmr.placed<tensor<9x4xf32>, [x, ring y]>
  %c = plmr.reduce_scatter %m : !plmr.placed<tensor<9x4xf32>, [x, *], partial<max y>> -> !plmr.placed<tensor<9x4xf32>, [x, ring y]>
  // CHECK: plmr.all_gather %arg2 : !plmr.placed<tensor<7xf32>, [ring y]> -> !plmr.placed<tensor<7xf32>, [*]>
  %d = plmr.all_gather %g : !plmr.placed<tensor<7xf32>, [ring y]> -> !plmr.placed<tensor<7xf32>, [*]>
  // CHECK: plmr.all_reduce %arg5, %arg5 with_index ring : (
  %f:2 = plmr.all_reduce %max, %max with_index ring : (!max, !max) -> (!plmr.placed<tensor<9xf32>, [x]>, !plmr.placed<tensor<9xf32>, [x]>)
  // CHECK: plmr.all_reduce %arg4 : (!plmr.placed<tensor<9xf32>, [*], partial<max x segments 2 then <max y>>>) -> !plmr.placed<tensor<9xf32>, [*], partial<max y>>
  %e = plmr.all_reduce %both : (!both) -> !plmr.placed<tensor<9xf32>, [*], partial<max y>>
  return
}

// -----

plmr.mesh @mesh 3 x 5 on "tiny"

// A step sends one block and combines the next one of the ring with its own.
// CHECK-LABEL: func.func @scatter(
// CHECK:         plmr.reduce_scatter_tile max y %arg0 dim 0 ring_order : memref<7xf32>
// EXPAND:        plmr.channel @y.ring #plmr.relation<ring y>
// EXPAND-LABEL:  func.func @scatter(
// EXPAND-SAME:     %[[B:.*]]: memref<7xf32>)
// EXPAND-DAG:      %[[ONE:.*]] = arith.constant 1 : index
// EXPAND-DAG:      %[[FOUR:.*]] = arith.constant 4 : index
// EXPAND-DAG:      %[[FIVE:.*]] = arith.constant 5 : index
// EXPAND-DAG:      %[[SEVEN:.*]] = arith.constant 7 : index
// EXPAND:          scf.for %{{.*}} = %{{.*}} to %[[FOUR]] step %[[ONE]] iter_args(%[[P:.*]] = %{{.*}}) -> (index) {
// EXPAND-NEXT:       %[[NEXT:.*]] = arith.addi %[[P]], %[[ONE]]
// EXPAND-NEXT:       %[[Q:.*]] = arith.remui %[[NEXT]], %[[FIVE]]
// EXPAND-NEXT:       %[[UNITS:.*]] = arith.muli %[[P]], %[[SEVEN]]
// EXPAND-NEXT:       %[[BEGIN:.*]] = arith.divui %[[UNITS]], %[[FIVE]]
// EXPAND:            %[[SIZE:.*]] = arith.subi %{{.*}}, %[[BEGIN]]
// EXPAND-NEXT:       %[[OUT:.*]] = memref.subview %[[B]][%[[BEGIN]]] [%[[SIZE]]] [1]
// EXPAND-NEXT:       %[[T:.*]] = plmr.send %[[OUT]] on @y.ring {plmr.operation = "reduce_scatter"}
// EXPAND:            %[[IN:.*]] = memref.subview %[[B]]
// EXPAND-NEXT:       plmr.recv_reduce max %[[IN]] on @y.ring {plmr.operation = "reduce_scatter"}
// EXPAND-NEXT:       plmr.wait %[[T]]
// EXPAND-NEXT:       scf.yield %[[Q]]
func.func @scatter(%b: memref<7xf32>) {
  plmr.reduce_scatter_tile max y %b dim 0 ring_order : memref<7xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 5 on "tiny"

// Lines of one core have no steps.
// CHECK-LABEL: func.func @gather(
// CHECK:         plmr.all_gather_tile x %arg0 dim 1 segments 2 : memref<4x9xf32>
// EXPAND:        plmr.channel @x.ring #plmr.relation<ring x segments 2>
// EXPAND-LABEL:  func.func @gather(
// EXPAND:          scf.for
// EXPAND:            plmr.send %{{.*}} on @x.ring {plmr.operation = "all_gather"}
// EXPAND:            plmr.recv %{{.*}} on @x.ring {plmr.operation = "all_gather"}
func.func @gather(%b: memref<4x9xf32>) {
  plmr.all_gather_tile x %b dim 1 segments 2 : memref<4x9xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 1 on "tiny"

// CHECK-LABEL:   func.func @alone(
// EXPAND-NOT:    plmr.channel
// EXPAND-LABEL:  func.func @alone(
// EXPAND-NEXT:     return
func.func @alone(%b: memref<9xf32>) {
  plmr.reduce_scatter_tile sum y %b dim 0 : memref<9xf32>
  plmr.all_gather_tile y %b dim 0 : memref<9xf32>
  return
}
