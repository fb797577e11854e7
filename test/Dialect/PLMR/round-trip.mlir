// RUN: plmr-opt %s -verify-roundtrip | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s | plmr-opt | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s -mlir-print-op-generic | plmr-opt | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s -emit-bytecode | plmr-opt | FileCheck %s --strict-whitespace

// CHECK: plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @mesh 4 x 4 on "tiny"

// CHECK: plmr.object input @x : !plmr.placed<tensor<64xf32>, [y]>
plmr.object input @x : !plmr.placed<tensor<64xf32>, [y]>
// CHECK: plmr.object output @y : !plmr.placed<tensor<64xf32>, [x], pad neg_inf>
plmr.object output @y : !plmr.placed<tensor<64xf32>, [x], pad neg_inf>
// CHECK: plmr.object state @kv.k : !plmr.placed<tensor<2x32x128xf32>, [*, x, cyclic y]> stacked
plmr.object state @kv.k : !plmr.placed<tensor<2x32x128xf32>, [*, x, cyclic y]> stacked
// CHECK: plmr.object weight @gain : !plmr.placed<tensor<64xf32>, [*]> in "f.gguf" [#llm.source<"gain", 0, "F32">]
plmr.object weight @gain : !plmr.placed<tensor<64xf32>, [*]> in "f.gguf" [#llm.source<"gain", 0, "F32">]
// CHECK: plmr.object weight @q : !plmr.placed<tensor<2x64x64xf32>, [*, y, x(4:2:4:2 segment 0 inner 2)], order [0, 2, 1], pad any> stacked transposed in "f.gguf" [1, 2]
plmr.object weight @q : !plmr.placed<tensor<2x64x64xf32>, [*, y, x(4:2:4:2 segment 0 inner 2)], order [0, 2, 1], pad any> stacked transposed in "f.gguf" [1, 2]
// CHECK: plmr.object state @batch.k : !plmr.placed<tensor<2x3x32x128xf32>, [*, batch, x, cyclic y], order [0, 1, 3, 2]> stacked
plmr.object state @batch.k : !plmr.placed<tensor<2x3x32x128xf32>, [*, batch, x, cyclic y], order [0, 1, 3, 2]> stacked
// CHECK: plmr.object input @batch : !plmr.placed<tensor<3x8x8xf32>, [batch, skew y, ring x]>
plmr.object input @batch : !plmr.placed<tensor<3x8x8xf32>, [batch, skew y, ring x]>
// CHECK: plmr.object input @segments : !plmr.placed<tensor<4x8xf32>, [x(4 segment 0), *(2:4 inner 1)]>
plmr.object input @segments : !plmr.placed<tensor<4x8xf32>, [x(4 segment 0), *(2:4 inner 1)]>
// CHECK: plmr.object input @i : !plmr.placed<tensor<64xi32>, [cyclic x(2:32 inner 1)]>
plmr.object input @i : !plmr.placed<tensor<64xi32>, [cyclic x(2:32 inner 1)]>
// CHECK: plmr.object input @orders : !plmr.placed<tensor<8x8xf32>, [skew y, ring x]>
plmr.object input @orders : !plmr.placed<tensor<8x8xf32>, [skew y, ring x]>
// CHECK: plmr.object input @ring : !plmr.placed<tensor<8xf32>, [ring x(2:4 inner 1)]>
plmr.object input @ring : !plmr.placed<tensor<8xf32>, [ring x(2:4 inner 1)]>

// CHECK: plmr.channel @y.tree #plmr.relation<tree y of <ktree [4, 4]>>
plmr.channel @y.tree #plmr.relation<tree y of <ktree [4, 4]>>
// CHECK: plmr.channel @y.ends #plmr.relation<tree y of <auto_gen [7, 1, 6, 5, 12] root 0> segments 2> colours [3, 4]
plmr.channel @y.ends #plmr.relation<tree y of <auto_gen [7, 1, 6, 5, 12] root 0> segments 2> colours [3, 4]
// CHECK: plmr.channel @x.bcast #plmr.relation<broadcast x of <ktree [4]>>
plmr.channel @x.bcast #plmr.relation<broadcast x of <ktree [4]>>
// CHECK: plmr.channel @x.ring #plmr.relation<ring x>
plmr.channel @x.ring #plmr.relation<ring x>
// CHECK: plmr.channel @x.up #plmr.relation<up x>
plmr.channel @x.up #plmr.relation<up x>
// CHECK: plmr.channel @x.down #plmr.relation<down x>
plmr.channel @x.down #plmr.relation<down x>
// CHECK: plmr.channel @prefill.y.ring #plmr.relation<ring y> in "prefill"{{$}}
plmr.channel @prefill.y.ring #plmr.relation<ring y> in "prefill" epoch 0
// CHECK: plmr.channel @prefill.1.x.ring #plmr.relation<ring x segments 4> in "prefill" epoch 1 colours [0, 1]
plmr.channel @prefill.1.x.ring #plmr.relation<ring x segments 4> in "prefill" epoch 1 colours [0, 1]

// CHECK-LABEL: func.func @mesh_level(%arg0: index)
func.func @mesh_level(%l: index) {
  // CHECK: %[[X:.*]] = plmr.load @x : !plmr.placed<tensor<64xf32>, [y]>
  %x = plmr.load @x : !plmr.placed<tensor<64xf32>, [y]>
  // CHECK: plmr.load @q[%arg0] : !plmr.placed<tensor<64x64xf32>, [y, x(4:2:4:2 segment 0 inner 2)], order [1, 0], pad any>
  %q = plmr.load @q[%l] : !plmr.placed<tensor<64x64xf32>, [y, x(4:2:4:2 segment 0 inner 2)], order [1, 0], pad any>
  // CHECK: %[[C:.*]] = plmr.local (%[[A:.*]] = %[[X]], %[[B:.*]] = %[[X]]) : (!plmr.placed<tensor<64xf32>, [y]>, !plmr.placed<tensor<64xf32>, [y]>) -> !plmr.placed<tensor<64xf32>, [x], partial<sum y>> tiles (tensor<16xf32>, tensor<16xf32>) {
  %c = plmr.local (%a = %x, %b = %x) : (!plmr.placed<tensor<64xf32>, [y]>, !plmr.placed<tensor<64xf32>, [y]>) -> !plmr.placed<tensor<64xf32>, [x], partial<sum y>> tiles (tensor<16xf32>, tensor<16xf32>) {
    // CHECK: plmr.coord x
    %column = plmr.coord x
    // CHECK: plmr.coord y
    %row = plmr.coord y
    // CHECK: %[[S:.*]] = arith.addf %[[A]], %[[B]] : tensor<16xf32>
    %s = arith.addf %a, %b : tensor<16xf32>
    // CHECK: plmr.yield %[[S]] : tensor<16xf32>
    plmr.yield %s : tensor<16xf32>
  }
  // CHECK: plmr.local () : () -> () tiles () attributes {note = 1 : i64} {
  plmr.local () : () -> () tiles () attributes {note = 1} {
    // CHECK-NEXT: plmr.yield{{$}}
    plmr.yield
  }
  // CHECK: plmr.all_reduce %[[C]] tree <ktree [4, 2]> : (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>) -> !plmr.placed<tensor<64xf32>, [x]>
  %r = plmr.all_reduce %c tree <ktree [4, 2]> : (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>) -> !plmr.placed<tensor<64xf32>, [x]>
  // CHECK: plmr.all_reduce %[[C]], %[[C]] limit %arg0 : (
  %r2:2 = plmr.all_reduce %c, %c limit %l : (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>, !plmr.placed<tensor<64xf32>, [x], partial<sum y>>) -> (!plmr.placed<tensor<64xf32>, [x]>, !plmr.placed<tensor<64xf32>, [x]>)
  return
}

// CHECK-LABEL: func.func @state(
func.func @state(%k: !plmr.placed<tensor<32xf32>, [x]>, %y: !plmr.placed<tensor<64xf32>, [x], pad neg_inf>, %l: index, %pos: index, %ks: !plmr.placed<tensor<16x32xf32>, [cyclic y, x]>, %begin: index, %end: index) {
  // CHECK: plmr.append %arg0, @kv.k[%arg2] at %arg3 : !plmr.placed<tensor<32xf32>, [x]>
  plmr.append %k, @kv.k[%l] at %pos : !plmr.placed<tensor<32xf32>, [x]>
  // CHECK: plmr.append %arg4, @kv.k[%arg2] at %arg3 rows %arg5 to %arg6 : !plmr.placed<tensor<16x32xf32>, [cyclic y, x]>
  plmr.append %ks, @kv.k[%l] at %pos rows %begin to %end : !plmr.placed<tensor<16x32xf32>, [cyclic y, x]>
  // CHECK: plmr.store %arg1, @y : !plmr.placed<tensor<64xf32>, [x], pad neg_inf>
  plmr.store %y, @y : !plmr.placed<tensor<64xf32>, [x], pad neg_inf>
  return
}

// CHECK-LABEL: func.func @products(
func.func @products(%a: !plmr.placed<tensor<8x8xf32>, [y, skew x]>, %b: !plmr.placed<tensor<8x8xf32>, [skew y, x]>, %c: !plmr.placed<tensor<8x8xf32>, [y, x]>, %d: !plmr.placed<tensor<8x8xf32>, [cyclic y, ring x]>, %e: !plmr.placed<tensor<8x8xf32>, [ring y, x]>, %f: !plmr.placed<tensor<8x4xf32>, [ring y, ring x]>, %g: !plmr.placed<tensor<8x8xf32>, [x, ring y]>) {
  // CHECK: plmr.gemm %arg0, %arg1 : (!plmr.placed<tensor<8x8xf32>, [y, skew x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  %p = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [y, skew x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  // Several B, whose columns lie each as they do, travel together.
  // CHECK: plmr.gemm %arg3, %arg4, %arg5 : (!plmr.placed<tensor<8x8xf32>, [cyclic y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>, !plmr.placed<tensor<8x4xf32>, [ring y, ring x]>) -> (!plmr.placed<tensor<8x8xf32>, [cyclic y, x]>, !plmr.placed<tensor<8x4xf32>, [cyclic y, ring x]>)
  %q:2 = plmr.gemm %d, %e, %f : (!plmr.placed<tensor<8x8xf32>, [cyclic y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>, !plmr.placed<tensor<8x4xf32>, [ring y, ring x]>) -> (!plmr.placed<tensor<8x8xf32>, [cyclic y, x]>, !plmr.placed<tensor<8x4xf32>, [cyclic y, ring x]>)
  // CHECK: plmr.gemm %arg3, %arg1 : (!plmr.placed<tensor<8x8xf32>, [cyclic y, ring x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]>) -> !plmr.placed<tensor<8x8xf32>, [cyclic y, x]>
  %r = plmr.gemm %d, %b : (!plmr.placed<tensor<8x8xf32>, [cyclic y, ring x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]>) -> !plmr.placed<tensor<8x8xf32>, [cyclic y, x]>
  // CHECK: plmr.gemm_t %arg2, %arg4 : !plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]> -> !plmr.placed<tensor<8x8xf32>, [y, ring x]>
  %s = plmr.gemm_t %c, %e : !plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]> -> !plmr.placed<tensor<8x8xf32>, [y, ring x]>
  // CHECK: plmr.gemm_t %arg2, %arg1 : !plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]> -> !plmr.placed<tensor<8x8xf32>, [y, skew x]>
  %v = plmr.gemm_t %c, %b : !plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]> -> !plmr.placed<tensor<8x8xf32>, [y, skew x]>
  // CHECK: plmr.gemm_t %arg2, %arg6 untransposed : !plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [x, ring y]> -> !plmr.placed<tensor<8x8xf32>, [y, ring x]>
  %t = plmr.gemm_t %c, %g untransposed : !plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [x, ring y]> -> !plmr.placed<tensor<8x8xf32>, [y, ring x]>
  return
}

// CHECK-LABEL: func.func @heads(
func.func @heads(%q: !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, %k: !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>, %v: !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>, %first: index, %slots: index) {
  // CHECK: plmr.epoch 1
  plmr.epoch 1
  // CHECK: %[[S:.*]] = plmr.head_gemm_t %arg0, %arg1 first %arg3 slots %arg4 : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
  %s = plmr.head_gemm_t %q, %k first %first slots %slots : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
  // CHECK: plmr.head_gemm %[[S]], %arg2 slots %arg4 : !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>, !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:8 segment 0 inner 2)]>
  %o = plmr.head_gemm %s, %v slots %slots : !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>, !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:8 segment 0 inner 2)]>
  // CHECK: plmr.epoch 0 {note = 1 : i64}
  plmr.epoch 0 {note = 1}
  return
}

// CHECK-LABEL: func.func @tile_level(
func.func @tile_level(%l: index, %t: memref<4x4xf32>, %p: i1, %c: memref<4x8xf32>, %q: memref<8x1x2x4xf32>, %k: memref<1x4x64xf32>, %s: memref<8x1x2x256xf32>, %c2: memref<2x4x4xf32>, %c1: memref<1x4x4xf32>, %s2: memref<2x8x1x2x256xf32>) {
  // CHECK: %[[M:.*]] = plmr.ref @x : memref<16xf32>
  %m = plmr.ref @x : memref<16xf32>
  // CHECK: plmr.ref @q[%arg0] : memref<16x16xf32>
  %w = plmr.ref @q[%l] : memref<16x16xf32>
  // CHECK: plmr.reduce_tile sum y %[[M]] tree <ktree [4, 2]> : memref<16xf32>
  plmr.reduce_tile sum y %m tree <ktree [4, 2]> : memref<16xf32>
  // CHECK: plmr.broadcast_tile y %[[M]] tree <two_phase> segments 3 : memref<16xf32>
  plmr.broadcast_tile y %m tree <two_phase> segments 3 : memref<16xf32>
  // CHECK: plmr.reduce_tile max x %[[M]] tree <ktree [2]> segments 2 : memref<16xf32>
  plmr.reduce_tile max x %m tree <ktree [2]> segments 2 : memref<16xf32>
  // CHECK: plmr.gemm_tile %arg1, %arg1 to %arg1 k 12 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  plmr.gemm_tile %t, %t to %t k 12 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  // CHECK: plmr.gemm_tile %arg1, %arg1, %arg1 to %arg3 k 12 align_a align_b : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32> to memref<4x8xf32>
  plmr.gemm_tile %t, %t, %t to %c k 12 align_a align_b : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32> to memref<4x8xf32>
  // CHECK: plmr.gemm_tile %arg1, %arg1 to %arg1 k 12 align_b : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  plmr.gemm_tile %t, %t to %t k 12 align_b : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  // CHECK: plmr.gemm_t_tile %arg1, %arg1, %arg7 n 12 : memref<4x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  plmr.gemm_t_tile %t, %t, %c2 n 12 : memref<4x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  // CHECK: plmr.gemm_t_tile %arg1, %arg1, %arg7 n 12 untransposed align_b align_c : memref<4x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  plmr.gemm_t_tile %t, %t, %c2 n 12 untransposed align_b align_c : memref<4x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  // CHECK: plmr.gemm_t_tile %arg1, %arg1, %arg8 n 12 align_c : memref<4x4xf32>, memref<4x4xf32>, memref<1x4x4xf32>
  plmr.gemm_t_tile %t, %t, %c1 n 12 align_c : memref<4x4xf32>, memref<4x4xf32>, memref<1x4x4xf32>
  // CHECK: plmr.head_gemm_t_tile %arg4, %arg5, %arg9 first %arg0 slots %arg0 kv_heads 4 : memref<8x1x2x4xf32>, memref<1x4x64xf32>, memref<2x8x1x2x256xf32>
  plmr.head_gemm_t_tile %q, %k, %s2 first %l slots %l kv_heads 4 : memref<8x1x2x4xf32>, memref<1x4x64xf32>, memref<2x8x1x2x256xf32>
  // CHECK: plmr.head_gemm_tile %arg6, %arg5, %arg4 slots %arg0 kv_heads 4 : memref<8x1x2x256xf32>, memref<1x4x64xf32>, memref<8x1x2x4xf32>
  plmr.head_gemm_tile %s, %k, %q slots %l kv_heads 4 : memref<8x1x2x256xf32>, memref<1x4x64xf32>, memref<8x1x2x4xf32>
  // CHECK: plmr.role sends @y.tree
  %sends = plmr.role sends @y.tree
  // CHECK: plmr.role receives @y.tree
  %receives = plmr.role receives @y.tree
  // CHECK: plmr.role collects @y.tree child 2
  %collects = plmr.role collects @y.tree child 2
  // CHECK: plmr.send %[[M]] on @y.tree : memref<16xf32>{{$}}
  plmr.send %m on @y.tree : memref<16xf32>
  // CHECK: plmr.send %[[M]] on @y.tree : memref<16xf32> -> !plmr.token
  %sent = plmr.send %m on @y.tree : memref<16xf32> -> !plmr.token
  // CHECK: plmr.recv %[[M]] on @x.bcast : memref<16xf32>{{$}}
  plmr.recv %m on @x.bcast : memref<16xf32>
  // CHECK: %[[T:.*]] = plmr.recv %[[M]] on @y.tree : memref<16xf32> -> !plmr.token
  %r = plmr.recv %m on @y.tree : memref<16xf32> -> !plmr.token
  // CHECK: plmr.wait %[[T]]
  plmr.wait %r
  // CHECK: plmr.recv_reduce max %[[M]] on @y.tree child 1 : memref<16xf32>
  plmr.recv_reduce max %m on @y.tree child 1 : memref<16xf32>
  // CHECK: plmr.forward_reduce sum %[[M]] on @y.tree : memref<16xf32>
  plmr.forward_reduce sum %m on @y.tree : memref<16xf32>
  // CHECK: plmr.send %[[M]] on @x.up if %arg2 : memref<16xf32>
  plmr.send %m on @x.up if %p : memref<16xf32>
  // CHECK: %[[T2:.*]] = plmr.recv %[[M]] on @x.up if %arg2 : memref<16xf32> -> !plmr.token
  %r2 = plmr.recv %m on @x.up if %p : memref<16xf32> -> !plmr.token
  // CHECK: plmr.wait %[[T2]] if %arg2
  plmr.wait %r2 if %p
  // CHECK: plmr.recv_reduce sum %[[M]] on @y.tree child 0 if %arg2 : memref<16xf32>
  plmr.recv_reduce sum %m on @y.tree child 0 if %p : memref<16xf32>
  // CHECK: plmr.forward_reduce sum %[[M]] on @y.tree if %arg2 : memref<16xf32>
  plmr.forward_reduce sum %m on @y.tree if %p : memref<16xf32>
  return
}

// Attributes of their own.
// CHECK: plmr.attributes = [#plmr<axis x>, #plmr<reducer max>, #plmr<role sends>, #plmr.tree<star root 3>, #plmr<object_kind state>, #plmr.partial<sum x segments 4>, #plmr.placement<[y, x], order [1, 0], pad any, partial<sum y>>]
module attributes {plmr.attributes = [#plmr<axis x>, #plmr<reducer max>, #plmr<role sends>, #plmr.tree<star root 3>, #plmr<object_kind state>, #plmr.partial<sum x segments 4>, #plmr.placement<[y, x], order [1, 0], pad any, partial<sum y>>]} {}
