// RUN: plmr-opt %s -split-input-file -plmr-expand-collectives -cse -canonicalize | FileCheck %s

plmr.mesh @mesh 1 x 9 on "tiny"

// Who has no children only sends; others collect from all children but the last,
// whose message they pass on while it arrives; the root collects from all.
// CHECK-DAG: plmr.channel @reduce.y.tree #plmr.relation<tree y of <ktree [3, 3]>> in "reduce"
// CHECK-LABEL: func.func @reduce(
// CHECK-SAME:    %[[B:.*]]: memref<6xf32>)
// CHECK-DAG:     %[[TRUE:.*]] = arith.constant true
// CHECK:         %[[SENDS:.*]] = plmr.role sends @reduce.y.tree
// CHECK-NEXT:    %[[RECEIVES:.*]] = plmr.role receives @reduce.y.tree
// CHECK-NEXT:    %[[C0:.*]] = plmr.role collects @reduce.y.tree child 0
// CHECK:         %[[C3:.*]] = plmr.role collects @reduce.y.tree child 3
// CHECK-NEXT:    %[[SILENT:.*]] = arith.xori %[[RECEIVES]], %[[TRUE]]
// CHECK-NEXT:    %[[STARTS:.*]] = arith.andi %[[SENDS]], %[[SILENT]]
// CHECK-NEXT:    plmr.send %[[B]] on @reduce.y.tree if %[[STARTS]] {plmr.operation = "all_reduce"}
// CHECK-NEXT:    %[[ONLY:.*]] = arith.xori %[[C3]], %[[TRUE]]
// CHECK-NEXT:    %[[PASSES:.*]] = arith.andi %[[RECEIVES]], %[[ONLY]]
// CHECK-NEXT:    plmr.forward_reduce max %[[B]] on @reduce.y.tree if %[[PASSES]]
// CHECK-NEXT:    plmr.recv_reduce max %[[B]] on @reduce.y.tree child 0 if %[[C0]]
// CHECK:         plmr.recv_reduce max %[[B]] on @reduce.y.tree child 3 if %[[C3]]
// CHECK-NEXT:    %[[LAST:.*]] = arith.andi %[[RECEIVES]], %[[C3]]
// CHECK-NEXT:    plmr.forward_reduce max %[[B]] on @reduce.y.tree if %[[LAST]]
// CHECK-NEXT:    return
func.func @reduce(%b: memref<6xf32>) {
  plmr.reduce_tile max y %b tree <ktree [3, 3]> : memref<6xf32>
  return
}

// The root multicasts.
// CHECK-LABEL: func.func @broadcast(
// CHECK-SAME:    %[[B:.*]]: memref<6xf32>)
// CHECK-NEXT:    %[[ROOT:.*]] = plmr.role sends @broadcast.y.broadcast
// CHECK-NEXT:    plmr.send %[[B]] on @broadcast.y.broadcast if %[[ROOT]]
// CHECK-NEXT:    %[[GETS:.*]] = plmr.role receives @broadcast.y.broadcast
// CHECK-NEXT:    plmr.recv %[[B]] on @broadcast.y.broadcast if %[[GETS]]
// CHECK-NEXT:    return
func.func @broadcast(%b: memref<6xf32>) {
  plmr.broadcast_tile y %b tree <ktree [3, 3]> : memref<6xf32>
  return
}

// -----

plmr.mesh @mesh 5 x 9 on "tiny"

// Channels are shared by all messages of one relation, and by no others.
// CHECK-COUNT-4: plmr.channel
// CHECK-NOT:     plmr.channel
// CHECK-LABEL: func.func @channels
// CHECK: plmr.operation = "first"
// CHECK: plmr.operation = "left+right"
func.func @channels(%b: memref<6xf32>, %c: memref<2xf32>) {
  plmr.reduce_tile sum y %b tree <ktree [3, 3]> : memref<6xf32> loc("first")
  plmr.reduce_tile max y %c tree <ktree [3, 3]> : memref<2xf32> loc(fused["left", "right"])
  plmr.broadcast_tile y %c tree <ktree [3, 3]> : memref<2xf32>
  plmr.broadcast_tile y %c tree <ktree [3, 3]> : memref<2xf32>
  plmr.reduce_tile sum x %c tree <ktree [5]> : memref<2xf32>
  plmr.reduce_tile sum x %c tree <ktree [2]> segments 3 : memref<2xf32>
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"

// Without partners there are no messages.
// CHECK-NOT: plmr.channel
// CHECK-LABEL: func.func @alone
// CHECK-NEXT:  return
func.func @alone(%b: memref<6xf32>) {
  plmr.reduce_tile sum y %b tree <ktree> : memref<6xf32>
  plmr.broadcast_tile y %b tree <ktree> : memref<6xf32>
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
// They lie where the walk starts: no loop before it. 3 + 2 - gcd(3, 2) = 4
// steps.
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C4:.*]] = arith.constant 4 : index
// CHECK-NOT:     scf.for
// CHECK:         scf.for %{{.*}} = %[[C0]] to %[[C4]] step %[[C1]] iter_args(%{{.*}} = %{{.*}}, %[[HALFA:.*]] = %[[C0]], %[[HALFB:.*]] = %[[C0]])
// CHECK:           %[[FROMA:.*]] = memref.subview %[[AA]][%[[HALFA]], 0, 0]
// CHECK:           %[[FROMB:.*]] = memref.subview %[[BB]][%[[HALFB]], 0, 0]
// Segments differ in length: what may move moves beside the whole product.
// CHECK:           %[[OTHERA:.*]] = arith.subi %[[C1]], %[[HALFA]]
// CHECK:           %[[INTOA:.*]] = memref.subview %[[AA]][%[[OTHERA]], 0, 0]
// CHECK:           %[[T0:.*]] = plmr.send %[[FROMA]] on @x.ring if %[[CHANGEA:.*]] {plmr.operation = "gemm"} : {{.*}} -> !plmr.token
// CHECK:           %[[T1:.*]] = plmr.recv %[[INTOA]] on @x.ring if %[[CHANGEA]] {{.*}} -> !plmr.token
// CHECK:           %[[OTHERB:.*]] = arith.subi %[[C1]], %[[HALFB]]
// CHECK:           %[[INTOB:.*]] = memref.subview %[[BB]][%[[OTHERB]], 0, 0]
// CHECK:           %[[T2:.*]] = plmr.send %[[FROMB]] on @y.ring if %[[CHANGEB:.*]] {plmr.operation = "gemm"}
// CHECK:           %[[T3:.*]] = plmr.recv %[[INTOB]] on @y.ring if %[[CHANGEB]]
// CHECK:           %[[PA:.*]] = memref.subview %[[FROMA]][0, %[[OFFSETA:.*]]] [4, %[[LENGTH:[a-z0-9_]+]]] [1, 1]
// CHECK:           %[[PB:.*]] = memref.subview %[[FROMB]][%{{.*}}, 0] [%[[LENGTH]], 5] [1, 1]
// CHECK:           linalg.matmul ins(%[[PA]], %[[PB]] : {{.*}}) outs(%[[C]] :
// CHECK-NEXT:      plmr.wait %[[T0]] if %[[CHANGEA]]
// CHECK-NEXT:      plmr.wait %[[T1]] if %[[CHANGEA]]
// CHECK-NEXT:      plmr.wait %[[T2]] if %[[CHANGEB]]
// CHECK-NEXT:      plmr.wait %[[T3]] if %[[CHANGEB]]
// CHECK:           scf.yield
func.func @gemm(%a: memref<4x4xf32>, %b: memref<6x5xf32>, %c: memref<4x5xf32>) {
  plmr.gemm_tile %a, %b to %c k 11
      : memref<4x4xf32>, memref<6x5xf32> to memref<4x5xf32>
  return
}

// -----

plmr.mesh @mesh 4 x 2 on "tiny"

// All segments are as long. A core's ramp takes a word at a time: A moves beside
// the product of the first half of the rows, B beside the other.
// CHECK-LABEL: func.func @even(
// CHECK:         scf.for
// CHECK:           %[[T0:.*]] = plmr.send %{{.*}} on @x.ring if %[[CHANGEA:.*]] {plmr
// CHECK:           %[[T1:.*]] = plmr.recv %{{.*}} on @x.ring if %[[CHANGEA]]
// CHECK-NOT:       @y.ring
// CHECK:           linalg.matmul ins(%{{.*}}, %{{.*}} : memref<2x?xf32,
// CHECK-NEXT:      plmr.wait %[[T0]] if %[[CHANGEA]]
// CHECK-NEXT:      plmr.wait %[[T1]] if %[[CHANGEA]]
// CHECK:           %[[T2:.*]] = plmr.send %{{.*}} on @y.ring if %[[CHANGEB:.*]] {plmr
// CHECK:           %[[T3:.*]] = plmr.recv %{{.*}} on @y.ring if %[[CHANGEB]]
// CHECK:           linalg.matmul ins(%{{.*}}, %{{.*}} : memref<2x?xf32,
// CHECK-NEXT:      plmr.wait %[[T2]] if %[[CHANGEB]]
// CHECK-NEXT:      plmr.wait %[[T3]] if %[[CHANGEB]]
// CHECK:           scf.yield
func.func @even(%a: memref<4x3xf32>, %b: memref<6x5xf32>, %c: memref<4x5xf32>) {
  plmr.gemm_tile %a, %b to %c k 11
      : memref<4x3xf32>, memref<6x5xf32> to memref<4x5xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// All B side by side are one operand.
// CHECK-LABEL: func.func @several(
// CHECK-SAME:    %[[A:.*]]: memref<4x4xf32>, %[[B0:.*]]: memref<6x5xf32>, %[[B1:.*]]: memref<6x2xf32>, %[[C:.*]]: memref<4x7xf32>)
// CHECK:         %[[AA:.*]] = memref.alloc() : memref<2x4x4xf32>
// CHECK:         %[[BB:.*]] = memref.alloc() : memref<2x6x7xf32>
// CHECK:         %[[FIRST:.*]] = memref.subview %[[BB]][0, 0, 0]
// CHECK:         %[[P0:.*]] = memref.subview %[[FIRST]][0, 0] [6, 5] [1, 1]
// CHECK:         memref.copy %[[B0]], %[[P0]]
// CHECK:         %[[P1:.*]] = memref.subview %[[FIRST]][0, 5] [6, 2] [1, 1]
// CHECK:         memref.copy %[[B1]], %[[P1]]
// What is in ring order moves to where the walk starts, a block a step: A as
// many steps as the row's place in the ring asks for, B as the column's.
// CHECK:         %[[ALIGNEDA:.*]]:2 = scf.for %{{.*}} = %{{.*}} to %[[STEPSA:.*]] step
// CHECK-SAME:      iter_args(%{{.*}} = %[[PLACEX:.*]], %[[HALFA:.*]] = %{{.*}}) -> (index, index) {
// CHECK:           %[[FROM:.*]] = memref.subview %[[AA]][%[[HALFA]], 0, 0]
// CHECK:           %[[INTO:.*]] = memref.subview %[[AA]][%{{.*}}, 0, 0]
// CHECK:           %[[T0:.*]] = plmr.send %[[FROM]] on @x.ring
// CHECK:           %[[T1:.*]] = plmr.recv %[[INTO]] on @x.ring
// CHECK:           plmr.wait %[[T0]]
// CHECK:           plmr.wait %[[T1]]
// CHECK:         %[[ALIGNEDB:.*]]:2 = scf.for
// CHECK:           plmr.send %{{.*}} on @y.ring
// CHECK:           plmr.recv %{{.*}} on @y.ring
// CHECK:         scf.for %{{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %[[ALIGNEDA]]#1, %{{.*}} = %[[ALIGNEDB]]#1)
// CHECK:           linalg.matmul {{.*}} memref<?x7xf32
func.func @several(%a: memref<4x4xf32>, %b0: memref<6x5xf32>, %b1: memref<6x2xf32>, %c: memref<4x7xf32>) {
  plmr.gemm_tile %a, %b0, %b1 to %c k 11 align_a align_b
      : memref<4x4xf32>, memref<6x5xf32>, memref<6x2xf32> to memref<4x7xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 1 on "tiny"

// One row has no ring along y, and all B. What does not move is not copied,
// nothing is aligned along one core, and the product is not halved.
// CHECK-NOT: @y.ring #
// CHECK-LABEL: func.func @one_row(
// CHECK-SAME:    %[[A:.*]]: memref<4x4xf32>, %[[B:.*]]: memref<11x5xf32>, %[[C:.*]]: memref<4x5xf32>)
// CHECK-NOT: memref.copy %[[B]]
// CHECK: scf.for
// CHECK: plmr.send %{{.*}} on @x.ring
// CHECK: %[[PB:.*]] = memref.subview %[[B]][
// CHECK: linalg.matmul ins(%{{.*}}, %[[PB]] : {{.*}}) outs(%[[C]] :
// CHECK-NOT: linalg.matmul
// CHECK-NOT: @y.ring
func.func @one_row(%a: memref<4x4xf32>, %b: memref<11x5xf32>, %c: memref<4x5xf32>) {
  plmr.gemm_tile %a, %b to %c k 11 align_b
      : memref<4x4xf32>, memref<11x5xf32> to memref<4x5xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 1 on "tiny"

// Several B have to lie side by side even if they stay.
// CHECK-LABEL: func.func @several_stay(
// CHECK-DAG:     memref.alloc() : memref<2x4x4xf32>
// CHECK-DAG:     %[[BB:.*]] = memref.alloc() : memref<11x7xf32>
// CHECK-DAG:     memref.subview %[[BB]][0, 0] [11, 5] [1, 1]
// CHECK-DAG:     memref.subview %[[BB]][0, 5] [11, 2] [1, 1]
// CHECK:         linalg.matmul
func.func @several_stay(%a: memref<4x4xf32>, %b0: memref<11x5xf32>, %b1: memref<11x2xf32>, %c: memref<4x7xf32>) {
  plmr.gemm_tile %a, %b0, %b1 to %c k 11
      : memref<4x4xf32>, memref<11x5xf32>, memref<11x2xf32> to memref<4x7xf32>
  return
}

// -----

plmr.mesh @mesh 1 x 3 on "tiny"

// CHECK-NOT: @x.ring
// CHECK-LABEL: func.func @one_column(
// CHECK-SAME:    %[[A:.*]]: memref<4x11xf32>
// CHECK-NOT: memref.copy %[[A]]
// CHECK: plmr.send %{{.*}} on @y.ring
// CHECK-NOT: @x.ring
// CHECK: memref.subview %[[A]][
func.func @one_column(%a: memref<4x11xf32>, %b: memref<4x5xf32>, %c: memref<4x5xf32>) {
  plmr.gemm_tile %a, %b to %c k 11 align_a
      : memref<4x11xf32>, memref<4x5xf32> to memref<4x5xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// C = A transpose(B): A stays, B walks along y, C along x.
// CHECK-DAG: #[[$A:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[$B:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[$C:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: plmr.channel @x.ring #plmr.relation<ring x>
// CHECK-DAG: plmr.channel @y.ring #plmr.relation<ring y>
// CHECK-LABEL: func.func @gemm_t(
// CHECK-SAME:    %[[A:.*]]: memref<4x4xf32>, %[[B:.*]]: memref<6x4xf32>, %[[CC:.*]]: memref<2x4x4xf32>)
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// A tile of C moves three times: to end in the first, zeros start in the other.
// CHECK:         %[[START:.*]] = memref.subview %[[CC]][1, 0, 0] [1, 4, 4] [1, 1, 1]
// CHECK-NEXT:    linalg.fill ins(%[[ZERO]] : f32) outs(%[[START]] :
// CHECK-NEXT:    %[[BB:.*]] = memref.alloc() : memref<2x6x4xf32>
// CHECK-NEXT:    %[[HOME:.*]] = memref.subview %[[BB]][0, 0, 0]
// CHECK-NEXT:    memref.copy %[[B]], %[[HOME]]
// CHECK-NOT:     memref.alloc
// CHECK-NOT:     memref.copy
// Both lie where the walk starts, of 4 steps as the staircase's.
// CHECK-NOT:     scf.for
// CHECK:         scf.for %{{.*}} = %[[C0]] to %[[C4]] step %[[C1]] iter_args(%{{.*}} = %{{.*}}, %[[HALFC:.*]] = %[[C1]], %[[HALFB:.*]] = %[[C0]])
// CHECK:           %[[FROMC:.*]] = memref.subview %[[CC]][%[[HALFC]], 0, 0]
// CHECK:           %[[FROMB:.*]] = memref.subview %[[BB]][%[[HALFB]], 0, 0]
// B moves beside the product ..
// CHECK:           %[[OTHERB:.*]] = arith.subi %[[C1]], %[[HALFB]]
// CHECK:           %[[INTOB:.*]] = memref.subview %[[BB]][%[[OTHERB]], 0, 0]
// CHECK:           %[[T0:.*]] = plmr.send %[[FROMB]] on @y.ring if %[[CHANGEB:.*]] {plmr.operation = "gemm_t"}
// CHECK:           %[[T1:.*]] = plmr.recv %[[INTOB]] on @y.ring if %[[CHANGEB]]
// CHECK-NOT:       on @x.ring
// CHECK:           %[[COLUMNS:.*]] = memref.subview %[[FROMC]][0, %{{.*}}] [4, %[[LENGTH:[a-z0-9_]+]]] [1, 1]
// CHECK:           %[[ROWS:.*]] = memref.subview %[[FROMB]][%{{.*}}, 0] [%[[LENGTH]], 4] [1, 1]
// CHECK:           linalg.generic {indexing_maps = [#[[$A]], #[[$B]], #[[$C]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[A]], %[[ROWS]] : {{.*}}) outs(%[[COLUMNS]]
// .. and C, of which the product is a part, behind it.
// CHECK:           plmr.wait %[[T0]] if %[[CHANGEB]]
// CHECK-NEXT:      plmr.wait %[[T1]] if %[[CHANGEB]]
// CHECK:           %[[OTHERC:.*]] = arith.subi %[[C1]], %[[HALFC]]
// CHECK:           %[[INTOC:.*]] = memref.subview %[[CC]][%[[OTHERC]], 0, 0]
// CHECK:           %[[T2:.*]] = plmr.send %[[FROMC]] on @x.ring if %[[CHANGEC:.*]] {plmr.operation = "gemm_t"}
// CHECK:           %[[T3:.*]] = plmr.recv %[[INTOC]] on @x.ring if %[[CHANGEC]]
// CHECK:           plmr.wait %[[T2]] if %[[CHANGEC]]
// CHECK-NEXT:      plmr.wait %[[T3]] if %[[CHANGEC]]
// CHECK:           scf.yield
// CHECK-NOT:     scf.for
// CHECK:         return
func.func @gemm_t(%a: memref<4x4xf32>, %b: memref<6x4xf32>, %c: memref<2x4x4xf32>) {
  plmr.gemm_t_tile %a, %b, %c n 11
      : memref<4x4xf32>, memref<6x4xf32>, memref<2x4x4xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// A segment of an untransposed B is columns of it. B in ring order moves to
// where the walk starts, C from where it ends into ring order: by so many steps
// as are missing to once around.
// CHECK-DAG: #[[$A:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[$B:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: func.func @aligned(
// CHECK-SAME:    %[[A:.*]]: memref<4x4xf32>, %[[B:.*]]: memref<4x6xf32>, %[[CC:.*]]: memref<2x4x3xf32>)
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG:     %[[C3:.*]] = arith.constant 3 : index
// CHECK-DAG:     %[[X:.*]] = plmr.coord x
// CHECK-DAG:     %[[Y:.*]] = plmr.coord y
// CHECK:         %[[PLACEX:.*]] = arith.select
// CHECK:         %[[PLACEY:.*]] = arith.select
// CHECK:         %[[SKEWS:.*]] = arith.muli %[[PLACEY]], %[[C3]]
// CHECK:         %[[SKEW:.*]] = arith.divui %[[SKEWS]], %[[C2]]
// CHECK:         %[[MISSING:.*]] = arith.subi %[[C3]], %[[SKEW]]
// CHECK:         %[[STEPSC:.*]] = arith.remui %[[MISSING]], %[[C3]]
// The parity of all moves of C says where it starts.
// CHECK:         %[[MOVES:.*]] = arith.addi %[[STEPSC]], %[[C3]]
// CHECK:         %[[FIRST:.*]] = arith.remui %[[MOVES]], %[[C2]]
// CHECK:         %[[START:.*]] = memref.subview %[[CC]][%[[FIRST]], 0, 0] [1, 4, 3] [1, 1, 1]
// CHECK:         linalg.fill ins(%{{.*}} : f32) outs(%[[START]] :
// CHECK:         %[[BB:.*]] = memref.alloc() : memref<2x4x6xf32>
// CHECK:         %[[SKEWSB:.*]] = arith.muli %[[PLACEX]], %[[C2]]
// CHECK:         %[[STEPSB:.*]] = arith.divui %[[SKEWSB]], %[[C3]]
// CHECK:         %[[ALIGNED:.*]]:2 = scf.for %{{.*}} = %[[C0]] to %[[STEPSB]] step %[[C1]] iter_args(%{{.*}} = %[[PLACEY]], %{{.*}} = %[[C0]])
// CHECK-NOT:       @x.ring
// CHECK:           plmr.send %{{.*}} on @y.ring
// CHECK:           plmr.recv %{{.*}} on @y.ring
// CHECK:         %[[WALK:.*]]:3 = scf.for %{{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %[[FIRST]], %[[HALFB:.*]] = %[[ALIGNED]]#1)
// CHECK:           %[[FROMB:.*]] = memref.subview %[[BB]][%[[HALFB]], 0, 0]
// CHECK:           %[[COLUMNS:.*]] = memref.subview %[[FROMB]][0, %{{.*}}] [4, %{{[a-z0-9_]+}}] [1, 1]
// CHECK:           linalg.generic {indexing_maps = [#[[$A]], #[[$B]], #{{.*}}], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[A]], %[[COLUMNS]]
// CHECK:         scf.for %{{.*}} = %[[C0]] to %[[STEPSC]] step %[[C1]] iter_args(%{{.*}} = %[[PLACEX]], %[[HALFC:.*]] = %[[WALK]]#1)
// CHECK:           %[[OTHERC:.*]] = arith.subi %[[C1]], %[[HALFC]]
// CHECK:           %[[FROMC:.*]] = memref.subview %[[CC]][%[[HALFC]], 0, 0]
// CHECK:           %[[INTOC:.*]] = memref.subview %[[CC]][%[[OTHERC]], 0, 0]
// CHECK:           plmr.send %[[FROMC]] on @x.ring
// CHECK:           plmr.recv %[[INTOC]] on @x.ring
// CHECK-NOT:       @y.ring
// CHECK:         return
func.func @aligned(%a: memref<4x4xf32>, %b: memref<4x6xf32>, %c: memref<2x4x3xf32>) {
  plmr.gemm_t_tile %a, %b, %c n 9 untransposed align_b align_c
      : memref<4x4xf32>, memref<4x6xf32>, memref<2x4x3xf32>
  return
}

// -----

plmr.mesh @mesh 1 x 3 on "tiny"

// In one column the result stays, in its only tile.
// CHECK-NOT: @x.ring
// CHECK-LABEL: func.func @transposed_column(
// CHECK-SAME:    %{{.*}}: memref<4x4xf32>, %{{.*}}: memref<4x4xf32>, %[[CC:.*]]: memref<1x4x11xf32>)
// CHECK:         %[[C:.*]] = memref.subview %[[CC]][0, 0, 0] [1, 4, 11] [1, 1, 1]
// CHECK-NEXT:    linalg.fill ins(%{{.*}} : f32) outs(%[[C]] :
// CHECK-COUNT-2: plmr.send %{{.*}} on @y.ring
// CHECK:         %[[COLUMNS:.*]] = memref.subview %[[C]][0, %{{.*}}]
// CHECK:         linalg.generic {{.*}} outs(%[[COLUMNS]] :
// CHECK-NOT:     scf.for
// CHECK:         return
func.func @transposed_column(%a: memref<4x4xf32>, %b: memref<4x4xf32>, %c: memref<1x4x11xf32>) {
  plmr.gemm_t_tile %a, %b, %c n 11 align_b align_c
      : memref<4x4xf32>, memref<4x4xf32>, memref<1x4x11xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 1 on "tiny"

// In one row B stays, where it is.
// CHECK-NOT: @y.ring
// CHECK-LABEL: func.func @transposed_row(
// CHECK-SAME:    %{{.*}}: memref<4x4xf32>, %[[B:.*]]: memref<11x4xf32>, %{{.*}}: memref<2x4x4xf32>)
// CHECK-NOT:     memref.copy
// CHECK:         scf.for
// CHECK:           memref.subview %[[B]][
// CHECK:           linalg.generic
// CHECK:           plmr.send %{{.*}} on @x.ring
// CHECK-NOT:     @y.ring
// CHECK:         return
func.func @transposed_row(%a: memref<4x4xf32>, %b: memref<11x4xf32>, %c: memref<2x4x4xf32>) {
  plmr.gemm_t_tile %a, %b, %c n 11 align_b
      : memref<4x4xf32>, memref<11x4xf32>, memref<2x4x4xf32>
  return
}

// -----

plmr.mesh @mesh 5 x 3 on "lab"

// Products do not change how reductions beside them run.
// CHECK-DAG:  plmr.channel @x.tree #plmr.relation<tree x of <ktree [5]>>
// CHECK-DAG:  plmr.channel @x.ring #plmr.relation<ring x>
// CHECK-NOT:  plmr.channel @{{x.(up|down)}}
// CHECK-LABEL: func.func @beside(
// CHECK:       plmr.forward_reduce sum %{{.*}} on @x.tree if
// CHECK:       plmr.send %{{.*}} on @y.ring
// CHECK:       return
func.func @beside(%b: memref<6xf32>, %t: memref<4x4xf32>, %c: memref<2x4x4xf32>) {
  plmr.reduce_tile sum x %b tree <ktree [5]> : memref<6xf32>
  plmr.gemm_t_tile %t, %t, %c n 12 : memref<4x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  return
}

// -----

plmr.mesh @mesh 5 x 3 on "lab"

// Scores: two key heads on segments of 2 and 3 columns. Keys of `slots` slots
// walk around the rows, scores around the columns of their segment.
// CHECK-DAG: #[[$Q:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[$K:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d4, d3)>
// CHECK-DAG: #[[$S:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-DAG: plmr.channel @x.ring #plmr.relation<ring x segments 2>
// CHECK-DAG: plmr.channel @y.ring #plmr.relation<ring y>
// CHECK-LABEL: func.func @scores(
// CHECK-SAME:    %[[QT:.*]]: memref<8x1x2x4xf32>, %[[KT:.*]]: memref<1x4x16xf32>, %[[SS:.*]]: memref<2x8x1x2x24xf32>, %[[FIRST:.*]]: index, %[[SLOTS:.*]]: index)
// CHECK-DAG:     %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG:     %[[C3:.*]] = arith.constant 3 : index
// CHECK-DAG:     %[[C4:.*]] = arith.constant 4 : index
// Zeros in the half from which the scores of so many columns end in the first.
// CHECK:         %[[ALONE:.*]] = arith.cmpi eq, %[[WIDTH:[a-z0-9_]+]], %[[C1]]
// CHECK-NEXT:    %[[NONE:.*]] = arith.index_castui %[[ALONE]]
// CHECK-NEXT:    %[[MOVES:.*]] = arith.subi %[[WIDTH]], %[[NONE]]
// CHECK-NEXT:    %[[HALF:.*]] = arith.remui %[[MOVES]], %[[C2]]
// CHECK-NEXT:    %[[START:.*]] = memref.subview %[[SS]][%[[HALF]], 0, 0, 0, 0]
// CHECK:         %[[OWN:.*]] = memref.subview %[[START]][0, 0, 0, 0] [8, 1, 2, %{{[a-z0-9_]+}}]
// CHECK:         linalg.fill ins(%{{.*}} : f32) outs(%[[OWN]]
// CHECK:         %[[KK:.*]] = memref.alloc() : memref<2x1x4x16xf32>
// What is copied and sent of the keys is the slots in use.
// CHECK:         %[[USED:.*]] = memref.subview %[[KT]][0, 0, 0] [1, 4, %[[SLOTS]]] [1, 1, 1]
// CHECK:         memref.copy %[[USED]],
// CHECK:         %[[ALIGNED:.*]]:2 = scf.for
// CHECK-NOT:       @x.ring
// CHECK:           plmr.send %{{.*}} on @y.ring
// 2 + 3 - 1 steps on 2 columns, 3 + 3 - 3 on 3.
// CHECK:         %[[NARROW:.*]] = arith.cmpi eq, %[[WIDTH]], %[[C2]]
// CHECK:         %[[STEPS:.*]] = arith.select %[[NARROW]], %[[C4]], %[[C3]]
// CHECK:         scf.for %{{.*}} = %{{.*}} to %[[STEPS]] step %{{.*}} iter_args(%{{.*}} = %{{.*}}, %[[HALFS:.*]] = %[[HALF]], %[[HALFK:.*]] = %[[ALIGNED]]#1)
// CHECK:           %[[FROMS:.*]] = memref.subview %[[SS]][%[[HALFS]], 0, 0, 0, 0]
// CHECK:           %[[FROMK:.*]] = memref.subview %[[KK]][%[[HALFK]], 0, 0, 0]
// CHECK:           plmr.send %{{.*}} on @y.ring if %{{.*}} {plmr.operation = "head_gemm_t"} : memref<1x4x?xf32
// CHECK:           plmr.recv %{{.*}} on @y.ring
// CHECK:           %[[PARTS:.*]] = memref.subview %[[FROMS]][0, 0, 0, %{{.*}}] [8, 1, 2, %[[LENGTH:[a-z0-9_]+]]]
// CHECK:           %[[PARTK:.*]] = memref.subview %[[FROMK]][0, 0, %{{.*}}] [1, 4, %[[LENGTH]]]
// CHECK:           linalg.generic {indexing_maps = [#[[$Q]], #[[$K]], #[[$S]]]{{.*}}} ins(%[[QT]], %[[PARTK]] : {{.*}}) outs(%[[PARTS]]
// Blocks of scores differ in length: what goes has the length of this one, what
// comes that of the next. A head on one column moves none.
// CHECK:           %[[MOVE:.*]] = arith.cmpi ugt, %[[WIDTH]], %[[C1]]
// CHECK:           %[[CHANGE:.*]] = arith.andi %[[MOVE]], %{{.*}}
// CHECK:           %[[OUT:.*]] = memref.subview %[[FROMS]][0, 0, 0, 0] [8, 1, 2, %{{[a-z0-9_]+}}]
// CHECK:           %[[INTO:.*]] = memref.subview %[[SS]][%{{.*}}, 0, 0, 0, 0]
// CHECK:           %[[IN:.*]] = memref.subview %[[INTO]][0, 0, 0, 0] [8, 1, 2, %{{[a-z0-9_]+}}]
// CHECK:           plmr.send %[[OUT]] on @x.ring if %[[CHANGE]] {plmr.operation = "head_gemm_t"}
// CHECK:           plmr.recv %[[IN]] on @x.ring if %[[CHANGE]]
// At home it is masked, one row of keys after the other: what comes after the
// query.
// CHECK:         %[[ST:.*]] = memref.subview %[[SS]][0, 0, 0, 0, 0]
// CHECK:         %[[BEFORE:.*]] = arith.divui %[[FIRST]], %[[C3]]
// CHECK:         scf.for
// CHECK:           arith.addi %[[BEFORE]],
// CHECK:           scf.for %[[QUERY:.*]] =
// CHECK:             %[[LATER:.*]] = memref.subview %[[ST]][%[[QUERY]], 0, 0, %{{.*}}] [1, 1, 2, %{{.*}}]
// CHECK:             linalg.fill ins(%[[LOWEST]] : f32) outs(%[[LATER]]
func.func @scores(%q: memref<8x1x2x4xf32>, %k: memref<1x4x16xf32>, %s: memref<2x8x1x2x24xf32>,
                  %first: index, %slots: index) {
  plmr.head_gemm_t_tile %q, %k, %s first %first slots %slots kv_heads 2
      : memref<8x1x2x4xf32>, memref<1x4x16xf32>, memref<2x8x1x2x24xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "lab"

// Segments of one and two columns: a segment of one has no partner to send to.
// CHECK-LABEL: func.func @ragged(
// CHECK-SAME:    %{{.*}}: memref<8x1x2x4xf32>, %{{.*}}: memref<1x4x16xf32>, %[[SS:.*]]: memref<2x8x1x2x32xf32>
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : index
// It moves not once: its scores start where they end.
// CHECK:         %[[ALONE:.*]] = arith.cmpi eq, %[[WIDTH:[a-z0-9_]+]], %[[C1]]
// CHECK-NEXT:    %[[NONE:.*]] = arith.index_castui %[[ALONE]]
// CHECK-NEXT:    %[[MOVES:.*]] = arith.subi %[[WIDTH]], %[[NONE]]
// CHECK:         %[[HALF:.*]] = arith.remui %[[MOVES]], %[[C2]]
// CHECK:         memref.subview %[[SS]][%[[HALF]], 0, 0, 0, 0]
// 1 + 2 - 1 steps and 2 + 2 - 2: both two.
// CHECK:         scf.for %{{.*}} = %{{.*}} to %[[C2]] step %{{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %[[HALF]], %{{.*}} = %{{.*}})
// CHECK:           %[[MOVE:.*]] = arith.cmpi ugt, %[[WIDTH]], %[[C1]]
// CHECK:           %[[CHANGE:.*]] = arith.andi %[[MOVE]], %{{.*}}
// CHECK:           plmr.send %{{.*}} on @x.ring if %[[CHANGE]]
func.func @ragged(%q: memref<8x1x2x4xf32>, %k: memref<1x4x16xf32>, %s: memref<2x8x1x2x32xf32>,
                  %first: index, %slots: index) {
  plmr.head_gemm_t_tile %q, %k, %s first %first slots %slots kv_heads 2
      : memref<8x1x2x4xf32>, memref<1x4x16xf32>, memref<2x8x1x2x32xf32>
  return
}

// -----


plmr.mesh @mesh 5 x 3 on "lab"

// Weighted values: weights walk within their segment, values along the rows.
// CHECK-DAG: #[[$P:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[$V:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d3, d4)>
// CHECK-DAG: #[[$O:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-DAG: plmr.channel @x.ring #plmr.relation<ring x segments 2>
// CHECK-DAG: plmr.channel @y.ring #plmr.relation<ring y>
// CHECK-LABEL: func.func @weighted(
// CHECK-SAME:    %[[PT:.*]]: memref<8x1x2x24xf32>, %[[VT:.*]]: memref<1x4x16xf32>, %[[OT:.*]]: memref<8x1x2x4xf32>, %[[SLOTS:.*]]: index)
// 2 + 3 - 1 steps on 2 columns, 3 + 3 - 3 on 3.
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG:     %[[C3:.*]] = arith.constant 3 : index
// CHECK-DAG:     %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG:     memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK-DAG:     memref.alloc() : memref<2x1x4x16xf32>
// Scores are left where the walk starts: values only are aligned.
// CHECK:         %[[ALIGNED:.*]]:2 = scf.for
// CHECK-NOT:       @x.ring
// CHECK:           plmr.send %{{.*}} on @y.ring
// CHECK-NOT:       @x.ring
// CHECK:           scf.yield
// CHECK:         %[[NARROW:.*]] = arith.cmpi eq, %[[WIDTH:.*]], %[[C2]]
// CHECK:         %[[STEPS:.*]] = arith.select %[[NARROW]], %[[C4]], %[[C3]]
// CHECK:         scf.for %{{.*}} = %{{.*}} to %[[STEPS]] step %{{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}, %{{.*}} = %[[ALIGNED]]#1)
// CHECK:           %[[T0:.*]] = plmr.send %{{.*}} on @x.ring if %{{.*}} {plmr.operation = "head_gemm"} : memref<8x1x2x?xf32
// CHECK:           plmr.recv %{{.*}} on @x.ring
// CHECK:           plmr.send %{{.*}} on @y.ring
// CHECK:           linalg.generic {indexing_maps = [#[[$P]], #[[$V]], #[[$O]]]
// CHECK:           plmr.wait %[[T0]]
func.func @weighted(%p: memref<8x1x2x24xf32>, %v: memref<1x4x16xf32>, %o: memref<8x1x2x4xf32>,
                    %slots: index) {
  plmr.head_gemm_tile %p, %v, %o slots %slots kv_heads 2
      : memref<8x1x2x24xf32>, memref<1x4x16xf32>, memref<8x1x2x4xf32>
  return
}

// -----

plmr.mesh @mesh 2 x 3 on "lab"

// As many key heads as columns, or more: a head is on one column, and nothing
// moves along x.
// CHECK-NOT:   relation<{{[a-z]+}} x
// CHECK-LABEL: func.func @whole_heads(
// CHECK-NOT:   on @x.
// CHECK:       plmr.send %{{.*}} on @y.ring if %{{.*}} {plmr.operation = "head_gemm_t"}
// CHECK-NOT:   on @x.
// CHECK:       plmr.send %{{.*}} on @y.ring if %{{.*}} {plmr.operation = "head_gemm"}
// CHECK-NOT:   on @x.
// CHECK:       return
func.func @whole_heads(%q: memref<8x2x2x4xf32>, %k: memref<2x4x16xf32>, %s: memref<1x8x2x2x48xf32>,
                       %p: memref<8x2x2x48xf32>, %v: memref<2x4x16xf32>, %o: memref<8x2x2x4xf32>,
                       %n: index) {
  plmr.head_gemm_t_tile %q, %k, %s first %n slots %n kv_heads 4
      : memref<8x2x2x4xf32>, memref<2x4x16xf32>, memref<1x8x2x2x48xf32>
  plmr.head_gemm_tile %p, %v, %o slots %n kv_heads 4
      : memref<8x2x2x48xf32>, memref<2x4x16xf32>, memref<8x2x2x4xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "lab"

// Each launch, and in it each table, has channels of its own: another flow may
// have the colour there.
// CHECK-DAG: plmr.channel @decode.y.tree #plmr.relation<tree y of <ktree [2]>> in "decode"
// CHECK-DAG: plmr.channel @prefill.y.tree #plmr.relation<tree y of <ktree [2]>> in "prefill"
// CHECK-DAG: plmr.channel @prefill.1.y.tree #plmr.relation<tree y of <ktree [2]>> in "prefill" epoch 1
// CHECK-LABEL: func.func @decode(
// CHECK:         plmr.forward_reduce sum %{{.*}} on @decode.y.tree
// CHECK-LABEL: func.func @prefill(
// CHECK:         plmr.forward_reduce sum %{{.*}} on @prefill.y.tree
// CHECK:         plmr.epoch 1
// CHECK:         plmr.forward_reduce sum %{{.*}} on @prefill.1.y.tree
// CHECK:         plmr.epoch 0
// CHECK:         plmr.forward_reduce max %{{.*}} on @prefill.y.tree
func.func @decode(%b: memref<6xf32>) {
  plmr.reduce_tile sum y %b tree <ktree [2]> : memref<6xf32>
  return
}
func.func @prefill(%b: memref<6xf32>) {
  plmr.reduce_tile sum y %b tree <ktree [2]> : memref<6xf32>
  plmr.epoch 1
  plmr.reduce_tile sum y %b tree <ktree [2]> : memref<6xf32>
  plmr.epoch 0
  plmr.reduce_tile max y %b tree <ktree [2]> : memref<6xf32>
  return
}

// -----

plmr.mesh @mesh 4 x 2 on "lab"

// Weights in the first of two tiles walk in these; where they are used later,
// in copies.
// CHECK-LABEL: func.func @in_place(
// CHECK:         %[[BOTH:.*]] = memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK-NOT:     memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK-NOT:     memref.copy %{{.*}} : memref<8x1x2x?xf32
// CHECK:         memref.subview %[[BOTH]][%{{.*}}, 0, 0, 0, 0] [1, 8, 1, 2, 24]
// CHECK:         plmr.send %{{.*}} on @in_place.x.ring
func.func @in_place(%v: memref<1x4x16xf32>, %o: memref<8x1x2x4xf32>, %slots: index) {
  %both = memref.alloc() : memref<2x8x1x2x24xf32>
  %first = memref.subview %both[0, 0, 0, 0, 0] [1, 8, 1, 2, 24] [1, 1, 1, 1, 1]
      : memref<2x8x1x2x24xf32> to memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>>
  plmr.head_gemm_tile %first, %v, %o slots %slots kv_heads 2
      : memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>>, memref<1x4x16xf32>, memref<8x1x2x4xf32>
  return
}

// CHECK-LABEL: func.func @used_later(
// CHECK:         %[[BOTH:.*]] = memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK:         %[[COPY:.*]] = memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK:         memref.copy
// CHECK:         memref.subview %[[COPY]][%{{.*}}, 0, 0, 0, 0] [1, 8, 1, 2, 24]
func.func @used_later(%v: memref<1x4x16xf32>, %o: memref<8x1x2x4xf32>, %slots: index,
                      %p: memref<8x1x2x24xf32>) {
  %both = memref.alloc() : memref<2x8x1x2x24xf32>
  %first = memref.subview %both[0, 0, 0, 0, 0] [1, 8, 1, 2, 24] [1, 1, 1, 1, 1]
      : memref<2x8x1x2x24xf32> to memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>>
  plmr.head_gemm_tile %first, %v, %o slots %slots kv_heads 2
      : memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>>, memref<1x4x16xf32>, memref<8x1x2x4xf32>
  memref.copy %first, %p : memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>> to memref<8x1x2x24xf32>
  return
}

// A loop that carries the buffer gives it another name.
// CHECK-LABEL: func.func @carried(
// CHECK:         %[[BOTH:.*]] = memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK:         %[[COPY:.*]] = memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK:         memref.copy
// CHECK:         memref.subview %[[COPY]][%{{.*}}, 0, 0, 0, 0] [1, 8, 1, 2, 24]
func.func @carried(%v: memref<1x4x16xf32>, %o: memref<8x1x2x4xf32>, %slots: index,
                   %p: memref<2x8x1x2x24xf32>, %other: memref<2x8x1x2x24xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %both = memref.alloc() : memref<2x8x1x2x24xf32>
  %carried:2 = scf.for %i = %c0 to %slots step %c1 iter_args(%a = %both, %b = %other)
      -> (memref<2x8x1x2x24xf32>, memref<2x8x1x2x24xf32>) {
    scf.yield %b, %a : memref<2x8x1x2x24xf32>, memref<2x8x1x2x24xf32>
  }
  %first = memref.subview %both[0, 0, 0, 0, 0] [1, 8, 1, 2, 24] [1, 1, 1, 1, 1]
      : memref<2x8x1x2x24xf32> to memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>>
  plmr.head_gemm_tile %first, %v, %o slots %slots kv_heads 2
      : memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>>, memref<1x4x16xf32>, memref<8x1x2x4xf32>
  memref.copy %carried#1, %p : memref<2x8x1x2x24xf32> to memref<2x8x1x2x24xf32>
  return
}

// Nothing of it is used behind the loop: the weights walk where they are.
// CHECK-LABEL: func.func @carried_before(
// CHECK:         %[[BOTH:.*]] = memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK-NOT:     memref.alloc() : memref<2x8x1x2x24xf32>
// CHECK:         memref.subview %[[BOTH]][%{{.*}}, 0, 0, 0, 0] [1, 8, 1, 2, 24]
func.func @carried_before(%v: memref<1x4x16xf32>, %o: memref<8x1x2x4xf32>, %slots: index,
                          %p: memref<2x8x1x2x24xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %both = memref.alloc() : memref<2x8x1x2x24xf32>
  %carried = scf.for %i = %c0 to %slots step %c1 iter_args(%a = %both) -> (memref<2x8x1x2x24xf32>) {
    memref.copy %p, %a : memref<2x8x1x2x24xf32> to memref<2x8x1x2x24xf32>
    scf.yield %a : memref<2x8x1x2x24xf32>
  }
  %first = memref.subview %both[0, 0, 0, 0, 0] [1, 8, 1, 2, 24] [1, 1, 1, 1, 1]
      : memref<2x8x1x2x24xf32> to memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>>
  plmr.head_gemm_tile %first, %v, %o slots %slots kv_heads 2
      : memref<8x1x2x24xf32, strided<[48, 48, 24, 1]>>, memref<1x4x16xf32>, memref<8x1x2x4xf32>
  return
}
