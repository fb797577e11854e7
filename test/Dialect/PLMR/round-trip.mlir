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
// CHECK: plmr.object input @segments : !plmr.placed<tensor<4x8xf32>, [x(4 segment 0), *(2:4 inner 1)]>
plmr.object input @segments : !plmr.placed<tensor<4x8xf32>, [x(4 segment 0), *(2:4 inner 1)]>
// CHECK: plmr.object input @i : !plmr.placed<tensor<64xi32>, [cyclic x(2:32 inner 1)]>
plmr.object input @i : !plmr.placed<tensor<64xi32>, [cyclic x(2:32 inner 1)]>

// CHECK: plmr.channel @y.chain0 #plmr.relation<chain y groups [4, 4]>
plmr.channel @y.chain0 #plmr.relation<chain y groups [4, 4]>
// CHECK: plmr.channel @y.chain1 #plmr.relation<chain y level 1 groups [2, 2] segments 2> colours [3, 4]
plmr.channel @y.chain1 #plmr.relation<chain y level 1 groups [2, 2] segments 2> colours [3, 4]
// CHECK: plmr.channel @x.bcast #plmr.relation<broadcast x groups [4]>
plmr.channel @x.bcast #plmr.relation<broadcast x groups [4]>
// CHECK: plmr.channel @x.ring #plmr.relation<ring x>
plmr.channel @x.ring #plmr.relation<ring x>
// CHECK: plmr.channel @x.up #plmr.relation<up x>
plmr.channel @x.up #plmr.relation<up x>
// CHECK: plmr.channel @x.down #plmr.relation<down x>
plmr.channel @x.down #plmr.relation<down x>

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
  // CHECK: plmr.all_reduce %[[C]] groups [4, 2] : (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>) -> !plmr.placed<tensor<64xf32>, [x]>
  %r = plmr.all_reduce %c groups [4, 2] : (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>) -> !plmr.placed<tensor<64xf32>, [x]>
  // CHECK: plmr.all_reduce %[[C]], %[[C]] limit %arg0 : (
  %r2:2 = plmr.all_reduce %c, %c limit %l : (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>, !plmr.placed<tensor<64xf32>, [x], partial<sum y>>) -> (!plmr.placed<tensor<64xf32>, [x]>, !plmr.placed<tensor<64xf32>, [x]>)
  return
}

// CHECK-LABEL: func.func @state(
func.func @state(%k: !plmr.placed<tensor<32xf32>, [x]>, %y: !plmr.placed<tensor<64xf32>, [x], pad neg_inf>, %l: index, %pos: index) {
  // CHECK: plmr.append %arg0, @kv.k[%arg2] at %arg3 : !plmr.placed<tensor<32xf32>, [x]>
  plmr.append %k, @kv.k[%l] at %pos : !plmr.placed<tensor<32xf32>, [x]>
  // CHECK: plmr.store %arg1, @y : !plmr.placed<tensor<64xf32>, [x], pad neg_inf>
  plmr.store %y, @y : !plmr.placed<tensor<64xf32>, [x], pad neg_inf>
  return
}

// CHECK-LABEL: func.func @products(
func.func @products(%a: !plmr.placed<tensor<8x8xf32>, [y, skew x]>, %b: !plmr.placed<tensor<8x8xf32>, [skew y, x]>, %c: !plmr.placed<tensor<8x8xf32>, [y, x]>) {
  // CHECK: plmr.gemm %arg0, %arg1 : !plmr.placed<tensor<8x8xf32>, [y, skew x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]> -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  %d = plmr.gemm %a, %b : !plmr.placed<tensor<8x8xf32>, [y, skew x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]> -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  // CHECK: plmr.gemm_t %arg2, %arg2 : !plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [y, x]> -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  %e = plmr.gemm_t %c, %c : !plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [y, x]> -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// CHECK-LABEL: func.func @tile_level(
func.func @tile_level(%l: index, %t: memref<4x4xf32>, %p: i1) {
  // CHECK: %[[M:.*]] = plmr.ref @x : memref<16xf32>
  %m = plmr.ref @x : memref<16xf32>
  // CHECK: plmr.ref @q[%arg0] : memref<16x16xf32>
  %q = plmr.ref @q[%l] : memref<16x16xf32>
  // CHECK: plmr.reduce_tile sum y %[[M]] groups [4, 2] : memref<16xf32>
  plmr.reduce_tile sum y %m groups [4, 2] : memref<16xf32>
  // CHECK: plmr.reduce_tile max x %[[M]] groups [2] segments 2 : memref<16xf32>
  plmr.reduce_tile max x %m groups [2] segments 2 : memref<16xf32>
  // CHECK: plmr.gemm_tile %arg1, %arg1, %arg1 k 12 : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>
  plmr.gemm_tile %t, %t, %t k 12 : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>
  // CHECK: plmr.gemm_t_tile %arg1, %arg1, %arg1 n 12 : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>
  plmr.gemm_t_tile %t, %t, %t n 12 : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>
  // CHECK: plmr.role sends @y.chain0
  %sends = plmr.role sends @y.chain0
  // CHECK: plmr.role receives_low @y.chain0
  %low = plmr.role receives_low @y.chain0
  // CHECK: plmr.role receives_high @y.chain0
  %high = plmr.role receives_high @y.chain0
  // CHECK: plmr.send %[[M]] on @y.chain0 : memref<16xf32>{{$}}
  plmr.send %m on @y.chain0 : memref<16xf32>
  // CHECK: plmr.send %[[M]] on @y.chain0 : memref<16xf32> -> !plmr.token
  %s = plmr.send %m on @y.chain0 : memref<16xf32> -> !plmr.token
  // CHECK: plmr.recv %[[M]] on @x.bcast : memref<16xf32>{{$}}
  plmr.recv %m on @x.bcast : memref<16xf32>
  // CHECK: %[[T:.*]] = plmr.recv %[[M]] on @y.chain0 from receives_low : memref<16xf32> -> !plmr.token
  %r = plmr.recv %m on @y.chain0 from receives_low : memref<16xf32> -> !plmr.token
  // CHECK: plmr.wait %[[T]]
  plmr.wait %r
  // CHECK: plmr.recv_reduce max %[[M]] on @y.chain0 from receives_high : memref<16xf32>
  plmr.recv_reduce max %m on @y.chain0 from receives_high : memref<16xf32>
  // CHECK: plmr.forward_reduce sum %[[M]] on @y.chain0 from receives_low to @y.chain1 : memref<16xf32>
  plmr.forward_reduce sum %m on @y.chain0 from receives_low to @y.chain1 : memref<16xf32>
  // CHECK: plmr.forward_reduce sum %[[M]] on @x.up to @x.up : memref<16xf32>
  plmr.forward_reduce sum %m on @x.up to @x.up : memref<16xf32>
  // CHECK: plmr.send %[[M]] on @x.up if %arg2 : memref<16xf32>
  plmr.send %m on @x.up if %p : memref<16xf32>
  // CHECK: %[[T2:.*]] = plmr.recv %[[M]] on @x.up from receives_low if %arg2 : memref<16xf32> -> !plmr.token
  %r2 = plmr.recv %m on @x.up from receives_low if %p : memref<16xf32> -> !plmr.token
  // CHECK: plmr.wait %[[T2]] if %arg2
  plmr.wait %r2 if %p
  // CHECK: plmr.recv_reduce sum %[[M]] on @x.up from receives_low if %arg2 : memref<16xf32>
  plmr.recv_reduce sum %m on @x.up from receives_low if %p : memref<16xf32>
  // CHECK: plmr.forward_reduce sum %[[M]] on @x.up from receives_low to @x.up if %arg2 : memref<16xf32>
  plmr.forward_reduce sum %m on @x.up from receives_low to @x.up if %p : memref<16xf32>
  return
}

// Attributes of their own.
// CHECK: plmr.attributes = [#plmr<axis x>, #plmr<reducer max>, #plmr<role sends>, #plmr<object_kind state>, #plmr.partial<sum x segments 4>, #plmr.placement<[y, x], order [1, 0], pad any, partial<sum y>>]
module attributes {plmr.attributes = [#plmr<axis x>, #plmr<reducer max>, #plmr<role sends>, #plmr<object_kind state>, #plmr.partial<sum x segments 4>, #plmr.placement<[y, x], order [1, 0], pad any, partial<sum y>>]} {}
