// RUN: plmr-opt %s -split-input-file -plmr-expand-collectives -cse -canonicalize | FileCheck %s

plmr.mesh @mesh 1 x 9 on "tiny"

// Every core but a group's root adds what comes to its own and passes it on in
// one instruction; ends of chains only send; roots collect from both sides.
// CHECK-DAG: plmr.channel @y.chain0 #plmr.relation<chain y groups [3, 3]>
// CHECK-DAG: plmr.channel @y.chain1 #plmr.relation<chain y level 1 groups [3, 3]>
// CHECK-DAG: plmr.channel @y.broadcast #plmr.relation<broadcast y groups [3, 3]>
// CHECK-LABEL: func.func @reduce(
// CHECK-SAME:    %[[B:.*]]: memref<6xf32>)
// CHECK-DAG:     %[[TRUE:.*]] = arith.constant true
// CHECK:         %[[SENDS:.*]] = plmr.role sends @y.chain0
// CHECK-NEXT:    %[[LOW:.*]] = plmr.role receives_low @y.chain0
// CHECK-NEXT:    %[[HIGH:.*]] = plmr.role receives_high @y.chain0
// CHECK-NEXT:    %[[RECEIVES:.*]] = arith.ori %[[LOW]], %[[HIGH]]
// CHECK-NEXT:    %[[PASSES:.*]] = arith.andi %[[SENDS]], %[[RECEIVES]]
// CHECK-NEXT:    plmr.forward_reduce max %[[B]] on @y.chain0 to @y.chain0 if %[[PASSES]] {plmr.operation = "all_reduce"}
// CHECK-NEXT:    %[[SILENT:.*]] = arith.xori %[[RECEIVES]], %[[TRUE]]
// CHECK-NEXT:    %[[STARTS:.*]] = arith.andi %[[SENDS]], %[[SILENT]]
// CHECK-NEXT:    plmr.send %[[B]] on @y.chain0 if %[[STARTS]]
// CHECK-NEXT:    %[[ROOT:.*]] = arith.xori %[[SENDS]], %[[TRUE]]
// CHECK-NEXT:    %[[FROMLOW:.*]] = arith.andi %[[ROOT]], %[[LOW]]
// CHECK-NEXT:    plmr.recv_reduce max %[[B]] on @y.chain0 from receives_low if %[[FROMLOW]]
// CHECK-NEXT:    %[[FROMHIGH:.*]] = arith.andi %[[ROOT]], %[[HIGH]]
// CHECK-NEXT:    plmr.recv_reduce max %[[B]] on @y.chain0 from receives_high if %[[FROMHIGH]]
// CHECK:         plmr.forward_reduce max %[[B]] on @y.chain1 to @y.chain1
// CHECK:         plmr.send %[[B]] on @y.chain1
// CHECK-COUNT-2: plmr.recv_reduce max %[[B]] on @y.chain1
// The last root multicasts.
// CHECK:         %[[LAST:.*]] = plmr.role sends @y.broadcast
// CHECK-NEXT:    plmr.send %[[B]] on @y.broadcast if %[[LAST]]
// CHECK:         %[[GETS:.*]] = arith.ori
// CHECK-NEXT:    plmr.recv %[[B]] on @y.broadcast if %[[GETS]]
// CHECK-NEXT:    return
func.func @reduce(%b: memref<6xf32>) {
  plmr.reduce_tile max y %b groups [3, 3] : memref<6xf32>
  return
}

// -----

plmr.mesh @mesh 5 x 9 on "tiny"

// Channels are shared by all messages of one relation, and by no others.
// CHECK-COUNT-7: plmr.channel
// CHECK-NOT:     plmr.channel
// CHECK-LABEL: func.func @channels
// CHECK: plmr.operation = "first"
// CHECK: plmr.operation = "left+right"
func.func @channels(%b: memref<6xf32>, %c: memref<2xf32>) {
  plmr.reduce_tile sum y %b groups [3, 3] : memref<6xf32> loc("first")
  plmr.reduce_tile max y %c groups [3, 3] : memref<2xf32> loc(fused["left", "right"])
  plmr.reduce_tile sum x %c groups [5] : memref<2xf32>
  plmr.reduce_tile sum x %c groups [2] segments 3 : memref<2xf32>
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"

// Without partners there are no messages.
// CHECK-NOT: plmr.channel
// CHECK-LABEL: func.func @alone
// CHECK-NEXT:  return
func.func @alone(%b: memref<6xf32>) {
  plmr.reduce_tile sum y %b groups [] : memref<6xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// CHECK-DAG: plmr.channel @x.ring #plmr.relation<ring x>
// CHECK-DAG: plmr.channel @y.ring #plmr.relation<ring y>
// CHECK-LABEL: func.func @gemm(
// CHECK-SAME:    %[[A:.*]]: memref<4x4xf32>, %[[B:.*]]: memref<6x5xf32>, %[[C:.*]]: memref<4x5xf32>)
// The operands go to the first of two buffers each.
// CHECK-DAG:     %[[AA:.*]] = memref.alloc() : memref<2x4x4xf32>
// CHECK-DAG:     %[[BB:.*]] = memref.alloc() : memref<2x6x5xf32>
// CHECK-DAG:     memref.copy %[[A]],
// CHECK-DAG:     memref.copy %[[B]],
// 3 + 2 - gcd(3, 2) = 4 steps.
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C4:.*]] = arith.constant 4 : index
// CHECK:         scf.for %{{.*}} = %[[C0]] to %[[C4]] step %[[C1]] iter_args(%{{.*}} = %{{.*}}, %[[HALFA:.*]] = %[[C0]], %[[HALFB:.*]] = %[[C0]])
// Transfers run beside the product and end before the next step.
// CHECK:           %[[OTHERA:.*]] = arith.subi %[[C1]], %[[HALFA]]
// CHECK:           %[[FROM:.*]] = memref.subview %[[AA]][%[[HALFA]], 0, 0]
// CHECK:           %[[T0:.*]] = plmr.send %[[FROM]] on @x.ring if %[[CHANGEA:.*]] {plmr.operation = "gemm"} : {{.*}} -> !plmr.token
// CHECK:           %[[INTO:.*]] = memref.subview %[[AA]][%[[OTHERA]], 0, 0]
// CHECK:           %[[T1:.*]] = plmr.recv %[[INTO]] on @x.ring if %[[CHANGEA]] {{.*}} -> !plmr.token
// CHECK:           %[[OTHERB:.*]] = arith.subi %[[C1]], %[[HALFB]]
// CHECK:           %[[T2:.*]] = plmr.send %{{.*}} on @y.ring if %[[CHANGEB:.*]] {plmr.operation = "gemm"}
// CHECK:           %[[T3:.*]] = plmr.recv %{{.*}} on @y.ring if %[[CHANGEB]]
// CHECK:           %[[PA:.*]] = memref.subview %[[FROM]][0, %{{.*}}] [4, %[[LENGTH:.*]]] [1, 1]
// CHECK:           %[[PB:.*]] = memref.subview %{{.*}}[%{{.*}}, 0] [%[[LENGTH]], 5] [1, 1]
// CHECK:           linalg.matmul ins(%[[PA]], %[[PB]] : {{.*}}) outs(%[[C]] : memref<4x5xf32>)
// CHECK-NEXT:      plmr.wait %[[T0]] if %[[CHANGEA]]
// CHECK-NEXT:      plmr.wait %[[T1]] if %[[CHANGEA]]
// CHECK-NEXT:      plmr.wait %[[T2]] if %[[CHANGEB]]
// CHECK-NEXT:      plmr.wait %[[T3]] if %[[CHANGEB]]
// CHECK:           scf.yield
func.func @gemm(%a: memref<4x4xf32>, %b: memref<6x5xf32>, %c: memref<4x5xf32>) {
  plmr.gemm_tile %a, %b, %c k 11
      : memref<4x4xf32>, memref<6x5xf32>, memref<4x5xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 1 on "tiny"

// One row has no ring along y, and all B.
// CHECK-NOT: @y.ring #
// CHECK-LABEL: func.func @one_row
// CHECK: plmr.send %{{.*}} on @x.ring
// CHECK-NOT: @y.ring
func.func @one_row(%a: memref<4x4xf32>, %b: memref<11x5xf32>, %c: memref<4x5xf32>) {
  plmr.gemm_tile %a, %b, %c k 11
      : memref<4x4xf32>, memref<11x5xf32>, memref<4x5xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// CHECK-DAG: plmr.channel @y.ring #plmr.relation<ring y>
// CHECK-DAG: plmr.channel @x.up #plmr.relation<up x>
// CHECK-DAG: plmr.channel @x.down #plmr.relation<down x>
// CHECK-LABEL: func.func @gemm_t(
// CHECK-SAME:    %[[A:.*]]: memref<4x4xf32>, %[[B:.*]]: memref<6x4xf32>, %[[C:.*]]: memref<4x4xf32>)
// CHECK-DAG:     %[[BB:.*]] = memref.alloc() : memref<2x6x4xf32>
// A segment is no longer than a block of B or of C.
// CHECK-DAG:     %[[P:.*]] = memref.alloc() : memref<4x4xf32>
// CHECK:         scf.for %{{.*}} = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[HALF:.*]] = %{{.*}}) -> (index)
// CHECK:           %[[T0:.*]] = plmr.send %{{.*}} on @y.ring if %[[CHANGE:.*]] {plmr.operation = "gemm_t"}
// CHECK:           %[[T1:.*]] = plmr.recv %{{.*}} on @y.ring if %[[CHANGE]]
// CHECK:           scf.for %[[ROOT:.*]] = %{{.*}} to
// CHECK:             %[[PART:.*]] = memref.subview %[[P]][0, 0] [4, %[[LENGTH:.*]]] [1, 1]
// CHECK:             linalg.fill ins(%{{.*}} : f32) outs(%[[PART]]
// CHECK:             linalg.matmul indexing_maps = {{.*}} ins(%[[A]], %{{.*}} outs(%[[PART]]
// A chain from either end of the row to the root.
// CHECK:             plmr.send %[[PART]] on @x.up if
// CHECK:             plmr.forward_reduce sum %[[PART]] on @x.up from receives_low to @x.up if
// CHECK:             plmr.send %[[PART]] on @x.down if
// CHECK:             plmr.forward_reduce sum %[[PART]] on @x.down from receives_high to @x.down if
// CHECK:             plmr.recv_reduce sum %[[PART]] on @x.up from receives_low if
// CHECK:             plmr.recv_reduce sum %[[PART]] on @x.down from receives_high if
// CHECK:             scf.if %{{.*}} {
// CHECK:               memref.copy %[[PART]], %{{.*}}
// CHECK:           plmr.wait %[[T0]] if %[[CHANGE]]
// CHECK:           plmr.wait %[[T1]] if %[[CHANGE]]
func.func @gemm_t(%a: memref<4x4xf32>, %b: memref<6x4xf32>, %c: memref<4x4xf32>) {
  plmr.gemm_t_tile %a, %b, %c n 11
      : memref<4x4xf32>, memref<6x4xf32>, memref<4x4xf32>
  return
}
