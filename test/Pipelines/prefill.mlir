// Attention of many queries through the whole pipeline: heads on segments have
// a route table of their own, in a module of one function as well as beside a
// decoder.
//
// RUN: plmr-opt %s -plmr-compile | FileCheck %s

// CHECK: core.program @main 6 x 4 on "lab"
// CHECK: core.routes
// CHECK: core.routes
// CHECK: core.launch "prefill" ["first", "begin", "end"] entry [0] routes 0
// CHECK: core.epoch 1
// CHECK: core.epoch 0
// CHECK: core.halt

plmr.mesh @mesh 6 x 4 on "lab"
llm.state @keys : tensor<1x64x16xf32>
llm.state @values : tensor<1x64x16xf32>
llm.weight @gain : tensor<16xf32> in "m.gguf" [#llm.source<"gain", 0, "F32">]
llm.weight @wq : tensor<16x32xf32> in "m.gguf" [#llm.source<"q", 64, "F32">]
func.func @prefill(%x: tensor<8x16xf32>, %k: tensor<8x16xf32>, %v: tensor<8x16xf32>,
                   %first: index {plmr.name = "first"}, %begin: index {plmr.name = "begin"},
                   %end: index {plmr.name = "end"}) -> tensor<8x32xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x32xf32>
  %g = llm.param @gain : tensor<16xf32>
  %wq = llm.param @wq : tensor<16x32xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<8x16xf32>
  %q = linalg.matmul ins(%n, %wq : tensor<8x16xf32>, tensor<16x32xf32>)
                     outs(%zero : tensor<8x32xf32>) -> tensor<8x32xf32>
  %rq = llm.rope %q at %first heads 8 base 1.0e4 adjacent : tensor<8x32xf32>
  %rk = llm.rope %k at %first heads 4 base 1.0e4 adjacent : tensor<8x16xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c0] at %first rows %begin to %end
         heads 8 kv_heads 4 scale 0.5 : tensor<8x32xf32>, tensor<8x16xf32>
  return %a : tensor<8x32xf32>
}
