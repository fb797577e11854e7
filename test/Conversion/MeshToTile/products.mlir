// Products, and what of them is stored.
//
// RUN: plmr-opt %s -split-input-file -convert-mesh-to-tile | FileCheck %s

!a = !plmr.placed<tensor<8x12xf32>, [cyclic y, ring x]>
!b0 = !plmr.placed<tensor<12x6xf32>, [ring y, x]>
!b1 = !plmr.placed<tensor<12x4xf32>, [ring y, ring x]>
!c0 = !plmr.placed<tensor<8x6xf32>, [cyclic y, x]>
!c1 = !plmr.placed<tensor<8x4xf32>, [cyclic y, ring x]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @a : !a
plmr.object input @b0 : !b0
plmr.object input @b1 : !b1
plmr.object output @c0 : !c0
plmr.object output @c1 : !c1

// Several results lie side by side in C; what is in ring order is still to be
// moved to where the walk starts.
// CHECK-LABEL: func.func @several
// CHECK-DAG:     %[[R1:.*]] = plmr.ref @c1
// CHECK-DAG:     %[[R0:.*]] = plmr.ref @c0
// CHECK:         %[[A:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<2x4xf32>
// CHECK:         %[[B0:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<3x2xf32>
// CHECK:         %[[B1:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<3x2xf32>
// CHECK:         %[[C:.*]] = memref.alloc() : memref<2x4xf32>
// CHECK:         linalg.fill ins(%{{.*}} : f32) outs(%[[C]] : memref<2x4xf32>)
// CHECK-NEXT:    plmr.gemm_tile %[[A]], %[[B0]], %[[B1]] to %[[C]] k 12 align_a align_b : memref<2x4xf32>, memref<3x2xf32>, memref<3x2xf32> to memref<2x4xf32>
// CHECK:         %[[P0:.*]] = memref.subview %[[C]][0, 0] [2, 2] [1, 1]
// CHECK:         %[[C0:.*]] = bufferization.to_tensor %[[P0]] restrict
// CHECK:         %[[P1:.*]] = memref.subview %[[C]][0, 2] [2, 2] [1, 1]
// CHECK:         %[[C1:.*]] = bufferization.to_tensor %[[P1]] restrict
// CHECK:         bufferization.materialize_in_destination %[[C0]] in restrict writable %[[R0]]
// CHECK:         bufferization.materialize_in_destination %[[C1]] in restrict writable %[[R1]]
func.func @several() {
  %a = plmr.load @a : !a
  %b0 = plmr.load @b0 : !b0
  %b1 = plmr.load @b1 : !b1
  %c:2 = plmr.gemm %a, %b0, %b1 : (!a, !b0, !b1) -> (!c0, !c1)
  plmr.store %c#0, @c0 : !c0
  plmr.store %c#1, @c1 : !c1
  return
}

// -----

!a = !plmr.placed<tensor<8x12xf32>, [y, skew x]>
!r = !plmr.placed<tensor<8x12xf32>, [y, ring x]>
!b = !plmr.placed<tensor<12x6xf32>, [ring y, x]>
!s = !plmr.placed<tensor<12x6xf32>, [skew y, x]>
!c = !plmr.placed<tensor<8x6xf32>, [y, x]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @a : !a
plmr.object input @r : !r
plmr.object input @b : !b
plmr.object input @s : !s

// Each operand is aligned by itself.
// CHECK-LABEL: func.func @one_operand
// CHECK:         plmr.gemm_tile %{{.*}}, %{{.*}} to %{{.*}} k 12 align_b :
// CHECK:         plmr.gemm_tile %{{.*}}, %{{.*}} to %{{.*}} k 12 align_a :
func.func @one_operand() {
  %a = plmr.load @a : !a
  %b = plmr.load @b : !b
  %c = plmr.gemm %a, %b : (!a, !b) -> !c
  %r = plmr.load @r : !r
  %s = plmr.load @s : !s
  %d = plmr.gemm %r, %s : (!r, !s) -> !c
  return
}

// -----

!u = !plmr.placed<tensor<8x12xf32>, [y, x]>
!v = !plmr.placed<tensor<12x10xf32>, [x, ring y]>
!w = !plmr.placed<tensor<8x10xf32>, [y, ring x]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @u : !u
plmr.object input @v : !v

// CHECK-LABEL: func.func @untransposed
// CHECK:         %[[A:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<2x4xf32>
// CHECK:         %[[B:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<4x3xf32>
// CHECK:         %[[C:.*]] = memref.alloc() : memref<2x2x4xf32>
// CHECK-NEXT:    plmr.gemm_t_tile %[[A]], %[[B]], %[[C]] n 10 untransposed align_b align_c : memref<2x4xf32>, memref<4x3xf32>, memref<2x2x4xf32>
// CHECK-NEXT:    %[[FIRST:.*]] = memref.subview %[[C]][0, 0, 0] [1, 2, 4] [1, 1, 1]
// CHECK-NEXT:    bufferization.to_tensor %[[FIRST]] restrict writable
func.func @untransposed() {
  %u = plmr.load @u : !u
  %v = plmr.load @v : !v
  %w = plmr.gemm_t %u, %v untransposed : !u, !v -> !w
  return
}

// -----

!u = !plmr.placed<tensor<8x12xf32>, [y, x]>
!v = !plmr.placed<tensor<12x10xf32>, [x, ring y]>
!t = !plmr.placed<tensor<12x10xf32>, [x, skew y]>
!w = !plmr.placed<tensor<8x10xf32>, [y, ring x]>
!s = !plmr.placed<tensor<8x10xf32>, [y, skew x]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @u : !u
plmr.object input @v : !v
plmr.object input @t : !t

// What is skewed lies where the walk starts or ends: B and C by themselves.
// CHECK-LABEL: func.func @skewed
// CHECK:         plmr.gemm_t_tile %{{.*}} n 10 untransposed align_b : memref<2x4xf32>, memref<4x3xf32>, memref<2x2x4xf32>
// CHECK:         plmr.gemm_t_tile %{{.*}} n 10 untransposed align_c :
// CHECK:         plmr.gemm_t_tile %{{.*}} n 10 untransposed :
func.func @skewed() {
  %u = plmr.load @u : !u
  %v = plmr.load @v : !v
  %t = plmr.load @t : !t
  %0 = plmr.gemm_t %u, %v untransposed : !u, !v -> !s
  %1 = plmr.gemm_t %u, %t untransposed : !u, !t -> !w
  %2 = plmr.gemm_t %u, %t untransposed : !u, !t -> !s
  return
}

// -----

!u = !plmr.placed<tensor<8x12xf32>, [y, x]>
!v = !plmr.placed<tensor<10x12xf32>, [skew y, x]>
!w = !plmr.placed<tensor<8x10xf32>, [y, skew x]>
plmr.mesh @mesh 1 x 4 on "tiny"
plmr.object input @u : !u
plmr.object input @v : !v

// In one column nothing comes in.
// CHECK-LABEL: func.func @one_column
// CHECK:         %[[C:.*]] = memref.alloc() : memref<1x2x10xf32>
// CHECK-NEXT:    plmr.gemm_t_tile %{{.*}}, %{{.*}}, %[[C]] n 10 : memref<2x12xf32>, memref<3x12xf32>, memref<1x2x10xf32>
// CHECK-NEXT:    memref.subview %[[C]][0, 0, 0] [1, 2, 10] [1, 1, 1]
func.func @one_column() {
  %u = plmr.load @u : !u
  %v = plmr.load @v : !v
  %w = plmr.gemm_t %u, %v : !u, !v -> !w
  return
}

// -----

!v = !plmr.placed<tensor<10x6xf32>, [cyclic y, x]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @v : !v
plmr.object state @cache : !plmr.placed<tensor<2x6x16xf16>, [*, x, cyclic y]> stacked

// Row r owns positions r, r + 4, .. of the matrix and of the cache, from the
// slot of `first` on. It stores those from begin up to end: none, if it has
// none.
// CHECK-DAG:   #[[$TURNED:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG:   #[[$SAME:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @append_rows(
// CHECK-SAME:    %[[L:.*]]: index, %[[FIRST:.*]]: index, %[[BEGIN:.*]]: index, %[[END:.*]]: index)
// CHECK:         %[[C:.*]] = plmr.ref @cache[%[[L]]] : memref<2x4xf16>
// CHECK:         %[[V:.*]] = bufferization.to_buffer %{{.*}} read_only : tensor<3x2xf32>
// CHECK:         %[[R:.*]] = arith.constant 4 : index
// CHECK-NEXT:    %[[ROW:.*]] = plmr.coord y
// CHECK-NEXT:    %[[C3:.*]] = arith.constant 3 : index
// CHECK-NEXT:    %[[SLACK:.*]] = arith.subi %[[C3]], %[[ROW]]
// CHECK-NEXT:    %[[B:.*]] = arith.addi %[[BEGIN]], %[[SLACK]]
// CHECK-NEXT:    %[[FROM:.*]] = arith.divui %[[B]], %[[R]]
// CHECK-NEXT:    %[[E:.*]] = arith.addi %[[END]], %[[SLACK]]
// CHECK-NEXT:    %[[TO:.*]] = arith.divui %[[E]], %[[R]]
// CHECK-NEXT:    %[[COUNT:.*]] = arith.subi %[[TO]], %[[FROM]]
// CHECK-NEXT:    %[[SLOT:.*]] = arith.divui %[[FIRST]], %[[R]]
// CHECK-NEXT:    %[[PLACE:.*]] = arith.addi %[[SLOT]], %[[FROM]]
// CHECK-NEXT:    %[[NEW:.*]] = memref.subview %[[V]][%[[FROM]], 0] [%[[COUNT]], 2] [1, 1]
// CHECK-NEXT:    %[[OLD:.*]] = memref.subview %[[C]][0, %[[PLACE]]] [2, %[[COUNT]]] [1, 1]
// CHECK-NEXT:    linalg.generic {indexing_maps = [#[[$TURNED]], #[[$SAME]]], iterator_types = ["parallel", "parallel"]} ins(%[[NEW]] : {{.*}}) outs(%[[OLD]] : {{.*}}) {
// CHECK-NEXT:    ^bb0(%[[X:.*]]: f32, %{{.*}}: f16):
// CHECK-NEXT:      %[[NARROW:.*]] = arith.truncf %[[X]] : f32 to f16
// CHECK-NEXT:      linalg.yield %[[NARROW]]
func.func @append_rows(%l: index, %first: index, %begin: index, %end: index) {
  %v = plmr.load @v : !v
  plmr.append %v, @cache[%l] at %first rows %begin to %end : !v
  return
}

// -----

!q = !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>
!k = !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>
!s = !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
!v = !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>
!o = !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:8 segment 0 inner 2)]>
plmr.mesh @mesh 5 x 4 on "tiny"
plmr.object input @q : !q
plmr.object state @k : !k
plmr.object state @v : !v
plmr.object output @o : !o

// Tiles are read as heads: [queries x heads x group x ..], [heads x .. x
// slots]. Scores walk and end in the first of two tiles, the sums are added to.
// CHECK-LABEL: func.func @heads(
// CHECK-SAME:    %[[FIRST:.*]]: index, %[[SLOTS:.*]]: index)
// CHECK:         plmr.epoch 1
// CHECK:         %[[Q:.*]] = tensor.expand_shape %{{.*}} {{\[}}[0], [1, 2, 3]] output_shape [4, 1, 2, 4]
// CHECK:         %[[K:.*]] = tensor.expand_shape %{{.*}} {{\[}}[0, 1], [2]] output_shape [1, 4, 16]
// CHECK:         %[[S:.*]] = memref.alloc() : memref<2x4x1x2x32xf32>
// CHECK-NOT:     linalg.fill
// CHECK:         %[[QB:.*]] = bufferization.to_buffer %[[Q]] read_only
// CHECK:         %[[KB:.*]] = bufferization.to_buffer %[[K]] read_only
// CHECK:         plmr.head_gemm_t_tile %[[QB]], %[[KB]], %[[S]] first %[[FIRST]] slots %[[SLOTS]] kv_heads 2 : memref<4x1x2x4xf32>, memref<1x4x16xf32>, memref<2x4x1x2x32xf32>
// CHECK-NEXT:    %[[S0:.*]] = memref.subview %[[S]][0, 0, 0, 0, 0] [1, 4, 1, 2, 32] [1, 1, 1, 1, 1]
// CHECK-NEXT:    %[[ST:.*]] = bufferization.to_tensor %[[S0]] restrict writable
// CHECK:         tensor.collapse_shape %[[ST]] {{\[}}[0], [1, 2, 3]] : tensor<4x1x2x32xf32> into tensor<4x64xf32>
// CHECK:         %[[O:.*]] = memref.alloc() : memref<4x1x2x4xf32>
// CHECK:         linalg.fill ins(%{{.*}} : f32) outs(%[[O]]
// CHECK:         plmr.head_gemm_tile %{{.*}}, %{{.*}}, %[[O]] slots %[[SLOTS]] kv_heads 2 : memref<4x1x2x32xf32>, memref<1x4x16xf32>, memref<4x1x2x4xf32>
// CHECK:         %[[OT:.*]] = bufferization.to_tensor %[[O]] restrict writable
// CHECK:         %[[R:.*]] = tensor.collapse_shape %[[OT]] {{\[}}[0], [1, 2, 3]] : tensor<4x1x2x4xf32> into tensor<4x8xf32>
// CHECK:         plmr.epoch 0
// CHECK:         bufferization.materialize_in_destination %[[R]]
func.func @heads(%first: index, %slots: index) {
  plmr.epoch 1
  %q = plmr.load @q : !q
  %k = plmr.load @k : !k
  %v = plmr.load @v : !v
  %s = plmr.head_gemm_t %q, %k first %first slots %slots : !q, !k -> !s
  %o = plmr.head_gemm %s, %v slots %slots : !s, !v -> !o
  plmr.epoch 0
  plmr.store %o, @o : !o
  return
}

// -----

!q = !plmr.placed<tensor<16x32xf32>, [cyclic y, x(4:1:4:2 segment 0 inner 2)]>
!k = !plmr.placed<tensor<32x64xf32>, [x(4:4:2 segment 0 inner 1), cyclic y]>
!s = !plmr.placed<tensor<16x256xf32>, [cyclic y, x(4:1:64 segment 0 inner 2)], pad any>
plmr.mesh @mesh 2 x 4 on "tiny"
plmr.object input @q : !q
plmr.object state @k : !k

// Fewer columns than key heads: a tile has several, and all keys of each. Their
// scores stay.
// CHECK-LABEL: func.func @whole_heads(
// CHECK:         plmr.head_gemm_t_tile %{{.*}} kv_heads 4 : memref<4x2x1x8xf32>, memref<2x8x16xf32>, memref<1x4x2x1x64xf32>
func.func @whole_heads(%first: index, %slots: index) {
  %q = plmr.load @q : !q
  %k = plmr.load @k : !k
  %s = plmr.head_gemm_t %q, %k first %first slots %slots : !q, !k -> !s
  return
}

// -----

!y = !plmr.placed<tensor<8xf32>, [y]>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @x : !y
plmr.object input @z : !y

// All functions are converted, and keep what says which objects are theirs.
// CHECK-LABEL: func.func @first(
// CHECK-SAME:    attributes {plmr.inputs = [@x], plmr.parameters = ["n"]}
// CHECK:         plmr.ref @x
// CHECK-LABEL: func.func @second()
// CHECK-SAME:    attributes {plmr.inputs = [@z]}
// CHECK:         plmr.ref @z
func.func @first(%n: index) attributes {plmr.inputs = [@x], plmr.parameters = ["n"]} {
  %x = plmr.load @x : !y
  return
}
func.func @second() attributes {plmr.inputs = [@z]} {
  %z = plmr.load @z : !y
  return
}
