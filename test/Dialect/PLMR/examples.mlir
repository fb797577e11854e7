// The examples of the dialect's documentation, literally.
//
// RUN: plmr-opt %s -verify-roundtrip -o /dev/null
// RUN: python3 %S/../Inputs/check-examples.py %s %plmr_src_root/include/plmr/Dialect/PLMR/IR/PLMRAttrs.td %plmr_src_root/include/plmr/Dialect/PLMR/IR/PLMRTypes.td %plmr_src_root/include/plmr/Dialect/PLMR/IR/PLMRSymbolOps.td %plmr_src_root/include/plmr/Dialect/PLMR/IR/PLMRMeshOps.td %plmr_src_root/include/plmr/Dialect/PLMR/IR/PLMRTileOps.td | FileCheck %s

// CHECK: {{^[1-9][0-9]*}} examples

module {
plmr.mesh @mesh 8 x 4 on "wse2"
plmr.mesh @decode.mesh 4 x 4 on "wse2"
}

module {
plmr.mesh @mesh 8 x 4 on "wse2"
plmr.mesh @decode.mesh 4 x 4 on "wse2"
plmr.object weight @prefill.ffn_up : !plmr.placed<tensor<5x32x64xf32>, [*, ring y, x]>
    stacked in "" [
    #llm.source<"0", 0, "F32">, #llm.source<"1", 0, "F32">, #llm.source<"2", 0, "F32">,
    #llm.source<"3", 0, "F32">, #llm.source<"4", 0, "F32">]
plmr.object weight @decode.ffn_up : !plmr.placed<tensor<5x32x64xf32>, [*, ring y, x]>
    stacked on @decode.mesh moved from @prefill.ffn_up
plmr.object state @prefill.kv.k : !plmr.placed<tensor<5x32x512xf32>, [*, x, cyclic y]> stacked
plmr.object input @x : !plmr.placed<tensor<64xf32>, [y]>
plmr.object state @decode.kv.k : !plmr.placed<tensor<5x32x512xf32>,
    [*, x, cyclic y]> stacked on @decode.mesh moved from @prefill.kv.k
func.func @hand_over(%l: index, %n: index) {
  plmr.redistribute @prefill.ffn_up to @decode.ffn_up[%l]
  plmr.redistribute @prefill.kv.k to @decode.kv.k[%l] positions %n
  return
}
}

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.object input @x : !plmr.placed<tensor<64xf32>, [y]>
plmr.object output @logits : !plmr.placed<tensor<512xf32>, [x]>
plmr.object state @kv.k : !plmr.placed<tensor<2x32x64xf32>, [*, x, cyclic y]> stacked
  cache "shift"
plmr.object weight @attn_q : !plmr.placed<tensor<2x64x64xf32>, [*, y, x]>
  stacked in "m.gguf" [0, 1]
plmr.channel @y.bcast #plmr.relation<broadcast y of <ktree [4]>>
plmr.channel @y.ring #plmr.relation<ring y>
plmr.channel @y.tree #plmr.relation<tree y of <ktree [4, 4]>>
plmr.channel @prefill.x.ring1 #plmr.relation<ring x segments 4>
    in "prefill" epoch 1

plmr.object input @xs : !plmr.placed<tensor<1x64x172xf32>, [batch, y, x]>

func.func @rings(%p: !plmr.placed<tensor<8x64xf32>, [x, *], partial<sum y>>) {
  %r = plmr.reduce_scatter %p : !plmr.placed<tensor<8x64xf32>, [x, *], partial<sum y>>
      -> !plmr.placed<tensor<8x64xf32>, [x, y]>
  %w = plmr.all_gather %r : !plmr.placed<tensor<8x64xf32>, [x, y]>
      -> !plmr.placed<tensor<8x64xf32>, [x, *]>
  return
}

func.func @values(%a: !plmr.placed<tensor<64xf32>, [y]>,
                  %b: !plmr.placed<tensor<64xf32>, [y]>,
                  %p: !plmr.placed<tensor<64xf32>, [x], partial<sum y>>,
                  %g: !plmr.placed<tensor<64xf16>, [x], partial<sum y>>,
                  %values: !plmr.placed<tensor<4xf32>, [*], partial<max x>>,
                  %indices: !plmr.placed<tensor<4xf32>, [*], partial<max x>>,
                  %k: !plmr.placed<tensor<32xf32>, [x]>,
                  %v: !plmr.placed<tensor<512xf32>, [x]>,
                  %ks: !plmr.placed<tensor<16x32xf32>, [cyclic y, x]>,
                  %l: index, %pos: index, %first: index, %begin: index,
                  %end: index, %from: index, %to: index) {
  %w = plmr.load @attn_q[%l] : !plmr.placed<tensor<64x64xf32>, [y, x]>
  plmr.store %v, @logits : !plmr.placed<tensor<512xf32>, [x]>
  plmr.append %k, @kv.k[%l] at %pos : !plmr.placed<tensor<32xf32>, [x]>
  plmr.append %ks, @kv.k[%l] at %first rows %begin to %end
      : !plmr.placed<tensor<16x32xf32>, [cyclic y, x]>
  plmr.settle @kv.k[%l] from %from to %to
  %c = plmr.local (%ta = %a, %tb = %b) : (!plmr.placed<tensor<64xf32>, [y]>,
      !plmr.placed<tensor<64xf32>, [y]>) -> (!plmr.placed<tensor<64xf32>, [y]>)
      tiles (tensor<16xf32>, tensor<16xf32>) {
    %s = arith.addf %ta, %tb : tensor<16xf32>
    plmr.yield %s : tensor<16xf32>
  }
  %d = plmr.local (%tile = %a) : (!plmr.placed<tensor<64xf32>, [y]>)
      -> !plmr.placed<tensor<64xf32>, [y]> tiles (tensor<16xf32>) {
    %row = plmr.coord y
    plmr.yield %tile : tensor<16xf32>
  }
  %q = plmr.all_reduce %p tree <ktree [4, 2]> :
      (!plmr.placed<tensor<64xf32>, [x], partial<sum y>>)
      -> (!plmr.placed<tensor<64xf32>, [x]>)
  %h = plmr.all_reduce %g accumulate f16 :
      (!plmr.placed<tensor<64xf16>, [x], partial<sum y>>)
      -> (!plmr.placed<tensor<64xf16>, [x]>)
  %max, %at = plmr.all_reduce %values, %indices with_index :
      (!plmr.placed<tensor<4xf32>, [*], partial<max x>>,
       !plmr.placed<tensor<4xf32>, [*], partial<max x>>)
      -> (!plmr.placed<tensor<4xf32>, [*]>, !plmr.placed<tensor<4xf32>, [*]>)
  return
}

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>,
                %wq: !plmr.placed<tensor<8x8xf32>, [ring y, x]>,
                %wk: !plmr.placed<tensor<8x4xf32>, [ring y, x]>) {
  %q, %k = plmr.gemm %a, %wq, %wk
      : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>,
         !plmr.placed<tensor<8x8xf32>, [ring y, x]>,
         !plmr.placed<tensor<8x4xf32>, [ring y, x]>)
      -> (!plmr.placed<tensor<8x8xf32>, [y, x]>,
          !plmr.placed<tensor<8x4xf32>, [y, x]>)
  return
}

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, x]>,
                  %b: !plmr.placed<tensor<6x4xf32>, [ring y, x]>) {
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, x]>,
      !plmr.placed<tensor<6x4xf32>, [ring y, x]>
      -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

func.func @heads(%q: !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>,
                 %k: !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>,
                 %v: !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>,
                 %p: !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>,
                 %first: index, %slots: index) {
  plmr.epoch 1
  %s = plmr.head_gemm_t %q, %k first %first slots %slots
      : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>,
        !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>
      -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
  %o = plmr.head_gemm %p, %v slots %slots
      : !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>,
        !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>
      -> !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:8 segment 0 inner 2)]>
  return
}

func.func @head_tiles(%q: memref<8x1x2x4xf32>, %k: memref<1x4x64xf32>,
                      %s: memref<2x8x1x2x256xf32>, %p: memref<8x1x2x256xf32>,
                      %v: memref<1x4x64xf32>, %o: memref<8x1x2x4xf32>,
                      %first: index, %slots: index) {
  plmr.head_gemm_t_tile %q, %k, %s first %first slots %slots kv_heads 4
      : memref<8x1x2x4xf32>, memref<1x4x64xf32>, memref<2x8x1x2x256xf32>
  plmr.head_gemm_tile %p, %v, %o slots %slots kv_heads 4
      : memref<8x1x2x256xf32>, memref<1x4x64xf32>, memref<8x1x2x4xf32>
  return
}

func.func @cache_tiles(%v: memref<4xf32>, %cache: memref<4x64xf32>,
                       %pos: index, %from: index, %to: index) {
  plmr.shift_tile %v into %cache at %pos : memref<4xf32>, memref<4x64xf32>
  plmr.settle_tile %cache from %from to %to : memref<4x64xf32>
  return
}

func.func @gemm_tile(%a: memref<4x4xf32>, %b0: memref<4x4xf32>,
                     %b1: memref<4x2xf32>, %c: memref<4x6xf32>) {
  plmr.gemm_tile %a, %b0, %b1 to %c k 12 align_a : memref<4x4xf32>,
      memref<4x4xf32>, memref<4x2xf32> to memref<4x6xf32>
  return
}

func.func @tiles(%buf: memref<24xf32>, %a: memref<4x4xf32>,
                 %b: memref<4x4xf32>, %c: memref<2x4x4xf32>, %l: index,
                 %started: i1) {
  %m = plmr.ref @attn_q[%l] : memref<16x16xf32>
  plmr.reduce_tile sum y %buf tree <ktree [4, 2]> : memref<24xf32>
  plmr.broadcast_tile y %buf tree <ktree [4, 2]> : memref<24xf32>
  plmr.gemm_t_tile %a, %b, %c n 12 align_b
      : memref<4x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  %s = plmr.role sends @y.tree
  %d = plmr.role collects @y.tree child 1
  plmr.send %buf on @y.tree : memref<24xf32>
  plmr.recv %buf on @y.bcast : memref<24xf32>
  plmr.recv_reduce sum %buf on @y.tree child 0 : memref<24xf32>
  plmr.recv_reduce sum %buf on @y.ring : memref<24xf32>
  plmr.reduce_scatter_tile sum y %buf dim 0 : memref<24xf32>
  plmr.all_gather_tile y %buf dim 0 : memref<24xf32>
  plmr.forward_reduce sum %buf on @y.tree : memref<24xf32>
  %token = plmr.send %buf on @y.tree : memref<24xf32> -> !plmr.token
  plmr.wait %token if %started
  return
}

module attributes {
  plmr.attributes = [#plmr.partial<sum y>, #plmr.partial<sum x segments 4>, #plmr.partial<max x then <max y>>,
    #plmr.placement<[y, x], order [1, 0], pad any, partial<sum y>>,
    #plmr.tree<ktree [4, 4] root 0>,
    #plmr.relation<tree y of <ktree [4, 4]> segments 2>,
    !plmr.placed<tensor<64x172xf32>, [y, x]>]
} {}
