// Without a mesh every pass that needs one says so.
//
// RUN: split-file %s %t
// RUN: not plmr-opt %t/mesh.mlir -pass-pipeline='builtin.module(plmr-choose-algorithms)' 2>&1 | FileCheck %s
// RUN: not plmr-opt %t/mesh.mlir -plmr-verify-mesh 2>&1 | FileCheck %s
// RUN: not plmr-opt %t/mesh.mlir -convert-graph-to-mesh 2>&1 | FileCheck %s
// RUN: not plmr-opt %t/mesh.mlir -convert-mesh-to-tile 2>&1 | FileCheck %s
// RUN: not plmr-opt %t/tile.mlir -plmr-expand-collectives 2>&1 | FileCheck %s
// RUN: not plmr-opt %t/tile.mlir -plmr-allocate-colours 2>&1 | FileCheck %s
// RUN: not plmr-opt %t/tile.mlir -plmr-plan-memory 2>&1 | FileCheck %s
// RUN: not plmr-opt %t/tile.mlir -convert-tile-to-core 2>&1 | FileCheck %s
// CHECK: error: {{.*}}expected a plmr.mesh

// A merged message is one on every mesh.
// RUN: plmr-opt %t/mesh.mlir -pass-pipeline='builtin.module(func.func(plmr-merge-collectives))' | FileCheck %s --check-prefix=MERGED
// MERGED: plmr.all_reduce %{{.*}}, %{{.*}} :

//--- mesh.mlir
!p = !plmr.placed<tensor<8xf32>, [y], partial<sum x>>
!y = !plmr.placed<tensor<8xf32>, [y]>
func.func @main(%a: !p, %b: !p) -> (!y, !y) {
  %r = plmr.all_reduce %a : (!p) -> !y
  %s = plmr.all_reduce %b : (!p) -> !y
  return %r, %s : !y, !y
}
//--- tile.mlir
plmr.channel @up #plmr.relation<up x>
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @main(%m: memref<4xf32>) {
  plmr.reduce_tile sum y %m tree <ktree [2]> : memref<4xf32>
  return
}
