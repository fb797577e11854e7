// RUN: plmr-opt %s -split-input-file -convert-mesh-to-tile | FileCheck %s

!half = !plmr.placed<tensor<6xf16>, [x], partial<sum y>>
!whole = !plmr.placed<tensor<6xf16>, [x]>
!matrix = !plmr.placed<tensor<4x6xf32>, [*, x]>
!partial = !plmr.placed<tensor<4x6xf32>, [*, x], partial<max y>>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @x : !whole
plmr.object input @m : !matrix

// Sums of f16 are formed in f32.
// CHECK-LABEL: func.func @wide
// CHECK:         %[[M:.*]] = memref.alloc() : memref<2xf32>
// CHECK:         %[[W:.*]] = arith.extf %{{.*}} : tensor<2xf16> to tensor<2xf32>
// CHECK:         bufferization.materialize_in_destination %[[W]] in restrict writable %[[M]]
// CHECK-NEXT:    plmr.reduce_tile sum y %[[M]] tree <chain> : memref<2xf32>
// CHECK:         %[[R:.*]] = bufferization.to_tensor %[[M]] restrict
// CHECK-NEXT:    arith.truncf %[[R]] : tensor<2xf32> to tensor<2xf16>
func.func @wide() {
  %x = plmr.load @x : !whole
  %p = plmr.local (%t = %x) : (!whole) -> !half tiles (tensor<2xf16>) {
    plmr.yield %t : tensor<2xf16>
  }
  %r = plmr.all_reduce %p tree <chain> : (!half) -> !whole
  return
}

// They may be f16, and blocks that go round a ring.
// CHECK-LABEL: func.func @narrow
// CHECK:         %[[M:.*]] = memref.alloc() : memref<2xf16>
// CHECK-NOT:     arith.extf
// CHECK:         plmr.reduce_scatter_tile sum y %[[M]] dim 0 ring_order : memref<2xf16>
// CHECK-NEXT:    plmr.all_gather_tile y %[[M]] dim 0 ring_order : memref<2xf16>
func.func @narrow() {
  %x = plmr.load @x : !whole
  %p = plmr.local (%t = %x) : (!whole) -> !half tiles (tensor<2xf16>) {
    plmr.yield %t : tensor<2xf16>
  }
  %r = plmr.all_reduce %p ring accumulate f16 : (!half) -> !whole
  return
}

// The blocks are those of all elements, or of the last dimension up to a limit.
// CHECK-LABEL: func.func @matrix(
// CHECK:         %[[L:.*]] = memref.subview %[[M:.*]][0, 0] [4, %arg0] [1, 1]
// CHECK-NEXT:    plmr.reduce_scatter_tile max y %[[L]] dim 1 ring_order
// CHECK-NEXT:    plmr.all_gather_tile y %[[L]] dim 1 ring_order
// CHECK:         %[[F:.*]] = memref.collapse_shape %{{.*}} {{\[}}[0, 1]] : memref<4x2xf32> into memref<8xf32>
// CHECK-NEXT:    plmr.reduce_scatter_tile max y %[[F]] dim 0 ring_order
func.func @matrix(%n: index) {
  %m = plmr.load @m : !matrix
  %p = plmr.local (%t = %m) : (!matrix) -> !partial tiles (tensor<4x2xf32>) {
    plmr.yield %t : tensor<4x2xf32>
  }
  %r = plmr.all_reduce %p limit %n ring : (!partial) -> !matrix
  %s = plmr.all_reduce %p ring : (!partial) -> !matrix
  return
}

// A maximum and its index are two maxima, the second one of ranks.
// CHECK-LABEL: func.func @index
// CHECK:         plmr.reduce_tile max y %{{.*}} tree <chain> : memref<4x2xf32>
// CHECK-NEXT:    plmr.broadcast_tile y
// CHECK:         %[[MAX:.*]] = bufferization.to_tensor
// CHECK:         arith.subf
// CHECK:         arith.mulf
// CHECK:         arith.negf
// CHECK:         arith.mulf
// CHECK:         %[[RANK:.*]] = arith.addf
// CHECK:         plmr.reduce_tile max y %{{.*}} tree <chain> : memref<4x2xf32>
// CHECK:         arith.negf
func.func @index() {
  %m = plmr.load @m : !matrix
  %p = plmr.local (%t = %m) : (!matrix) -> !partial tiles (tensor<4x2xf32>) {
    plmr.yield %t : tensor<4x2xf32>
  }
  %r:2 = plmr.all_reduce %p, %p with_index tree <chain> : (!partial, !partial) -> (!matrix, !matrix)
  return
}

// -----

!partial = !plmr.placed<tensor<5x6xf32>, [*, x], pad neg_inf, partial<max y>>
!cut = !plmr.placed<tensor<5x6xf32>, [ring y, x], pad neg_inf>
!whole = !plmr.placed<tensor<5x6xf32>, [*, x], pad neg_inf>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @m : !whole

// A core takes its block, behind which there is padding, and puts it back.
// CHECK-LABEL: func.func @scatter
// CHECK:         %[[W:.*]] = memref.alloc() : memref<5x2xf32>
// CHECK:         plmr.reduce_scatter_tile max y %[[W]] dim 0 ring_order : memref<5x2xf32>
// CHECK:         %[[B:.*]] = memref.alloc() : memref<2x2xf32>
// CHECK-NEXT:    %[[PAD:.*]] = arith.constant 0xFF800000 : f32
// CHECK-NEXT:    linalg.fill ins(%[[PAD]] : f32) outs(%[[B]]
// CHECK:         %[[TO:.*]] = memref.subview %[[B]][0, 0] [%[[N:.*]], 2] [1, 1]
// CHECK-NEXT:    %[[FROM:.*]] = memref.subview %[[W]][%{{.*}}, 0] [%[[N]], 2] [1, 1]
// CHECK-NEXT:    linalg.generic {{.*}} ins(%[[FROM]] {{.*}} outs(%[[TO]]
// CHECK:         %[[G:.*]] = memref.alloc() : memref<5x2xf32>
// CHECK:         linalg.generic
// CHECK:         plmr.all_gather_tile y %[[G]] dim 0 ring_order : memref<5x2xf32>
func.func @scatter() {
  %m = plmr.load @m : !whole
  %p = plmr.local (%t = %m) : (!whole) -> !partial tiles (tensor<5x2xf32>) {
    plmr.yield %t : tensor<5x2xf32>
  }
  %r = plmr.reduce_scatter %p : !partial -> !cut
  %s = plmr.all_gather %r : !cut -> !whole
  return
}
