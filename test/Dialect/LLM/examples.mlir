// The examples of the dialect's documentation, literally.
//
// RUN: plmr-opt %s -verify-roundtrip -o /dev/null
// RUN: python3 %S/../Inputs/check-examples.py %s %plmr_src_root/include/plmr/Dialect/LLM/IR/LLMAttrs.td %plmr_src_root/include/plmr/Dialect/LLM/IR/LLMOps.td | FileCheck %s

// CHECK: {{^[1-9][0-9]*}} examples

llm.weight @attn_q : tensor<64x64xf32> transposed in "m.gguf" [
  #llm.source<"blk.0.attn_q.weight", 4096, "F32">,
  #llm.source<"blk.1.attn_q.weight", 8192, "F32">]
llm.state @kv.k : tensor<5x512x32xf32> placement "shift"
llm.state @kv.v : tensor<5x512x32xf32> placement "shift"

func.func @examples(%x: tensor<64xf32>, %g: tensor<64xf32>, %q: tensor<64xf32>,
                    %k: tensor<32xf32>, %v: tensor<32xf32>,
                    %qs: tensor<16x64xf32>, %ks: tensor<16x32xf32>,
                    %vs: tensor<16x32xf32>, %layer: index, %pos: index,
                    %first: index, %begin: index, %end: index,
                    %from: index, %to: index, %qb: tensor<1x64xf32>) {
  %w = llm.param @attn_q[%layer] : tensor<64x64xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<64xf32>
  %r = llm.rope %q at %pos heads 8 base 1.0e4 adjacent : tensor<64xf32>
  %b = llm.rope %qb at %pos heads 8 base 1.0e4 adjacent batch
         : tensor<1x64xf32>
  %a = llm.attention %q, %k, %v, @kv.k, @kv.v[%layer] at %pos
         heads 8 kv_heads 4 scale 0.35 : tensor<64xf32>, tensor<32xf32>
  %c = llm.attention %qs, %ks, %vs, @kv.k, @kv.v[%layer] at %first
         rows %begin to %end heads 8 kv_heads 4 scale 0.35
         : tensor<16x64xf32>, tensor<16x32xf32>
  llm.settle @kv.k[%layer] from %from to %to
  return
}

module attributes {
  llm.attributes = [#llm.source<"blk.0.attn_q.weight", 4096, "Q8_0">,
                    #llm.rope_table<sine 16 pairs 4 base 1.000000e+04>]
} {}
