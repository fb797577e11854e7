// RUN: plmr-opt %s -split-input-file -convert-mesh-to-tile | FileCheck %s

!y = !plmr.placed<tensor<10xf32>, [y]>
!x = !plmr.placed<tensor<6xf32>, [x]>
!px = !plmr.placed<tensor<6xf32>, [x], partial<sum y>>
!w = !plmr.placed<tensor<2x10x6xf32>, [*, y, x]>
!slice = !plmr.placed<tensor<10x6xf32>, [y, x]>

plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @x : !y
plmr.object state @w : !w stacked
plmr.object output @r : !y

// Values are tensors of their tile's type; a region is inlined; objects are
// buffers that the program refers to.
// CHECK-LABEL: func.func @local(
// CHECK-SAME:    %[[I:.*]]: index)
// CHECK:         %[[R:.*]] = plmr.ref @r : memref<3xf32>
// CHECK-NEXT:    %[[X:.*]] = plmr.ref @x : memref<3xf32>
// CHECK-NEXT:    %[[XT:.*]] = bufferization.to_tensor %[[X]] restrict : memref<3xf32> to tensor<3xf32>
// CHECK-NEXT:    %[[S:.*]] = plmr.ref @w[%[[I]]] : memref<3x2xf32>
// CHECK-NEXT:    %{{.*}} = bufferization.to_tensor %[[S]] restrict
// CHECK-NEXT:    %[[SUM:.*]] = arith.addf %[[XT]], %[[XT]] : tensor<3xf32>
// CHECK-NEXT:    bufferization.materialize_in_destination %[[SUM]] in restrict writable %[[R]]
// CHECK-NEXT:    return
func.func @local(%i: index) {
  %x = plmr.load @x : !y
  %w = plmr.load @w[%i] : !slice
  %d = plmr.local (%t = %x, %u = %w) : (!y, !slice) -> !y tiles (tensor<3xf32>, tensor<3x2xf32>) {
    %s = arith.addf %t, %t : tensor<3xf32>
    plmr.yield %s : tensor<3xf32>
  }
  plmr.store %d, @r : !y
  return
}

// -----

!s = !plmr.placed<tensor<f32>, []>
!ps = !plmr.placed<tensor<f32>, [], partial<sum y>>
!x = !plmr.placed<tensor<6xf32>, [x]>
!px = !plmr.placed<tensor<6xf32>, [x], partial<sum y>>
!m = !plmr.placed<tensor<4x6xf32>, [*, x]>
!pm = !plmr.placed<tensor<4x6xf32>, [*, x], partial<sum y>>

plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @s : !s
plmr.object input @x : !x
plmr.object input @m : !m

// A message of one operand is that operand's tile.
// CHECK-LABEL: func.func @single
// CHECK:         %[[M:.*]] = memref.alloc() : memref<2xf32>
// CHECK:         bufferization.materialize_in_destination %{{.*}} in restrict writable %[[M]]
// CHECK-NEXT:    plmr.reduce_tile sum y %[[M]] tree <ktree [2, 2]> : memref<2xf32>
// CHECK-NEXT:    plmr.broadcast_tile y %[[M]] tree <ktree [2, 2]> : memref<2xf32>
// CHECK-NEXT:    bufferization.to_tensor %[[M]] restrict
func.func @single() {
  %x = plmr.load @x : !x
  %p = plmr.local (%t = %x) : (!x) -> !px tiles (tensor<2xf32>) {
    plmr.yield %t : tensor<2xf32>
  }
  %r = plmr.all_reduce %p tree <ktree [2, 2]> : (!px) -> !x
  return
}

// Several operands lie behind each other in it.
// CHECK-LABEL: func.func @message
// CHECK:         %[[M:.*]] = memref.alloc() : memref<11xf32>
// CHECK:         %[[P0:.*]] = memref.subview %[[M]][0] [1] [1]
// CHECK:         %[[S:.*]] = memref.collapse_shape %[[P0]] [] : {{.*}} into memref<f32
// CHECK:         %[[X:.*]] = memref.subview %[[M]][1] [2] [1]
// CHECK:         %[[P2:.*]] = memref.subview %[[M]][3] [8] [1]
// CHECK:         %[[Y:.*]] = memref.expand_shape %[[P2]] {{\[}}[0, 1]] output_shape [4, 2]
// CHECK-DAG:     bufferization.materialize_in_destination %{{.*}} in restrict writable %[[S]]
// CHECK-DAG:     bufferization.materialize_in_destination %{{.*}} in restrict writable %[[X]]
// CHECK-DAG:     bufferization.materialize_in_destination %{{.*}} in restrict writable %[[Y]]
// CHECK:         plmr.reduce_tile sum y %[[M]] tree <ktree [4]> : memref<11xf32>
// CHECK-NEXT:    plmr.broadcast_tile y %[[M]] tree <ktree [4]> : memref<11xf32>
// CHECK-DAG:     bufferization.to_tensor %[[S]] restrict
// CHECK-DAG:     bufferization.to_tensor %[[X]] restrict
// CHECK-DAG:     bufferization.to_tensor %[[Y]] restrict
func.func @message() {
  %s = plmr.load @s : !s
  %x = plmr.load @x : !x
  %m = plmr.load @m : !m
  %p:3 = plmr.local (%a = %s, %b = %x, %c = %m) : (!s, !x, !m) -> (!ps, !px, !pm) tiles (tensor<f32>, tensor<2xf32>, tensor<4x2xf32>) {
    plmr.yield %a, %b, %c : tensor<f32>, tensor<2xf32>, tensor<4x2xf32>
  }
  %r:3 = plmr.all_reduce %p#0, %p#1, %p#2 tree <ktree [4]> : (!ps, !px, !pm) -> (!s, !x, !m)
  return
}

// -----

!c = !plmr.placed<tensor<4x16xf32>, [*, cyclic y], pad any>
!p = !plmr.placed<tensor<4x16xf32>, [*, cyclic y], pad any, partial<max x segments 2>>
plmr.mesh @mesh 4 x 4 on "tiny"
plmr.object input @c : !c

// What lies behind the limit neither travels nor is reduced.
// CHECK-LABEL: func.func @limit(
// CHECK-SAME:    %[[N:.*]]: index)
// CHECK:         %[[M:.*]] = memref.alloc() : memref<4x4xf32>
// CHECK:         %[[L:.*]] = memref.subview %[[M]][0, 0] [4, %[[N]]] [1, 1]
// CHECK-NEXT:    plmr.reduce_tile max x %[[L]] tree <ktree [2]> segments 2 : memref<4x?xf32
// CHECK-NEXT:    plmr.broadcast_tile x %[[L]] tree <ktree [2]> segments 2 : memref<4x?xf32
// CHECK-NEXT:    bufferization.to_tensor %[[M]] restrict
func.func @limit(%n: index) {
  %c = plmr.load @c : !c
  %p = plmr.local (%t = %c) : (!c) -> !p tiles (tensor<4x4xf32>) {
    plmr.yield %t : tensor<4x4xf32>
  }
  %r = plmr.all_reduce %p limit %n tree <ktree [2]> : (!p) -> !c
  return
}

// -----

!x = !plmr.placed<tensor<6xf32>, [x]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @x : !x
plmr.object state @cache : !plmr.placed<tensor<2x6x16xf16>, [*, x, cyclic y]> stacked

// Position n is slot n div 4 of row n mod 4. Every row writes that slot, the
// others what was there: what runs does not depend on the position.
// CHECK-LABEL: func.func @append(
// CHECK-SAME:    %[[L:.*]]: index, %[[POS:.*]]: index)
// CHECK:         %[[C:.*]] = plmr.ref @cache[%[[L]]] : memref<2x4xf16>
// CHECK:         %[[R:.*]] = arith.constant 4 : index
// CHECK-NEXT:    %[[SLOT:.*]] = arith.divui %[[POS]], %[[R]]
// CHECK-NEXT:    %[[OWNER:.*]] = arith.remui %[[POS]], %[[R]]
// CHECK-NEXT:    %[[ROW:.*]] = plmr.coord y
// CHECK-NEXT:    %[[OWNS:.*]] = arith.cmpi eq, %[[ROW]], %[[OWNER]]
// CHECK-NEXT:    %[[PLACE:.*]] = memref.subview %[[C]][0, %[[SLOT]]] [2, 1] [1, 1] : memref<2x4xf16> to memref<2xf16, strided<[4], offset: ?>>
// CHECK-NEXT:    %[[V:.*]] = memref.alloc() : memref<2xf32>
// CHECK-NEXT:    bufferization.materialize_in_destination %{{.*}} in restrict writable %[[V]]
// CHECK-NEXT:    linalg.generic {{.*}} ins(%[[V]] : memref<2xf32>) outs(%[[PLACE]] : memref<2xf16
// CHECK-NEXT:    ^bb0(%[[NEW:.*]]: f32, %[[OLD:.*]]: f16):
// CHECK-NEXT:      %[[WIDE:.*]] = arith.extf %[[OLD]] : f16 to f32
// CHECK-NEXT:      %[[KEPT:.*]] = arith.select %[[OWNS]], %[[NEW]], %[[WIDE]]
// CHECK-NEXT:      %[[NARROW:.*]] = arith.truncf %[[KEPT]] : f32 to f16
// CHECK-NEXT:      linalg.yield %[[NARROW]]
func.func @append(%l: index, %pos: index) {
  %x = plmr.load @x : !x
  plmr.append %x, @cache[%l] at %pos : !x
  return
}

// -----

!a = !plmr.placed<tensor<8x12xf32>, [y, skew x]>
!b = !plmr.placed<tensor<12x6xf32>, [skew y, x]>
!c = !plmr.placed<tensor<8x6xf32>, [y, x]>
!u = !plmr.placed<tensor<8x12xf32>, [y, x]>
!v = !plmr.placed<tensor<10x12xf32>, [ring y, x]>
!w = !plmr.placed<tensor<8x10xf32>, [y, ring x]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @a : !a
plmr.object input @b : !b
plmr.object input @u : !u
plmr.object input @v : !v

// A product reads its operands where they are, C starts as zero.
// CHECK-LABEL: func.func @gemm
// CHECK:         %[[A:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<2x4xf32> to memref<2x4xf32>
// CHECK:         %[[B:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<3x2xf32> to memref<3x2xf32>
// CHECK:         %[[C:.*]] = memref.alloc() : memref<2x2xf32>
// CHECK:         linalg.fill ins(%{{.*}} : f32) outs(%[[C]] : memref<2x2xf32>)
// CHECK-NEXT:    plmr.gemm_tile %[[A]], %[[B]] to %[[C]] k 12 :
// CHECK-NEXT:    bufferization.to_tensor %[[C]] restrict writable
func.func @gemm() {
  %a = plmr.load @a : !a
  %b = plmr.load @b : !b
  %c = plmr.gemm %a, %b : (!a, !b) -> !c
  return
}

// CHECK-LABEL: func.func @gemm_t
// CHECK:         %[[A:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<2x4xf32>
// CHECK:         %[[B:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<3x4xf32>
// CHECK:         %[[C:.*]] = memref.alloc() : memref<2x2x4xf32>
// CHECK-NEXT:    plmr.gemm_t_tile %[[A]], %[[B]], %[[C]] n 10 align_b align_c :
// CHECK-NEXT:    %[[FIRST:.*]] = memref.subview %[[C]][0, 0, 0] [1, 2, 4] [1, 1, 1]
// CHECK-NEXT:    bufferization.to_tensor %[[FIRST]] restrict writable
func.func @gemm_t() {
  %u = plmr.load @u : !u
  %v = plmr.load @v : !v
  %w = plmr.gemm_t %u, %v : !u, !v -> !w
  return
}

// -----

!y = !plmr.placed<tensor<8xf32>, [y]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @x : !y
plmr.object output @r : !y

// A loop-carried tile stays in one buffer. An iteration reads a copy, so that
// writing the next value disturbs no late reader of the old one.
// CHECK-LABEL: func.func @loop(
// CHECK-SAME:    %[[N:.*]]: index)
// CHECK:         %[[V:.*]] = memref.alloc() : memref<2xf32>
// CHECK-NEXT:    bufferization.materialize_in_destination %{{.*}} in restrict writable %[[V]]
// CHECK-NEXT:    scf.for %{{.*}} = %{{.*}} to %[[N]] step %{{.*}} {
// CHECK-NEXT:      %[[OLD:.*]] = memref.alloc() : memref<2xf32>
// CHECK-NEXT:      memref.copy %[[V]], %[[OLD]]
// CHECK-NEXT:      %[[OLDT:.*]] = bufferization.to_tensor %[[OLD]] restrict
// CHECK-NEXT:      %[[S:.*]] = arith.addf %[[OLDT]], %[[OLDT]]
// CHECK-NEXT:      bufferization.materialize_in_destination %[[S]] in restrict writable %[[V]]
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[RT:.*]] = bufferization.to_tensor %[[V]] restrict
// CHECK:         bufferization.materialize_in_destination %[[RT]]
func.func @loop(%n: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %x = plmr.load @x : !y
  %r = scf.for %i = %zero to %n step %one iter_args(%v = %x) -> (!y) {
    %u = plmr.local (%t = %v) : (!y) -> !y tiles (tensor<2xf32>) {
      %s = arith.addf %t, %t : tensor<2xf32>
      plmr.yield %s : tensor<2xf32>
    }
    scf.yield %u : !y
  }
  plmr.store %r, @r : !y
  return
}
