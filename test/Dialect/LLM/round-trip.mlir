// RUN: plmr-opt %s -verify-roundtrip | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s | plmr-opt | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s -mlir-print-op-generic | plmr-opt | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s -emit-bytecode | plmr-opt | FileCheck %s --strict-whitespace

// CHECK: llm.weight @gain : tensor<64xf32> in "m.gguf" [#llm.source<"output_norm.weight", 0, "F32">]
llm.weight @gain : tensor<64xf32> in "m.gguf" [#llm.source<"output_norm.weight", 0, "F32">]
// CHECK: llm.weight @attn_q : tensor<64x64xf16> transposed in "m.gguf" [
// CHECK-SAME: #llm.source<"blk.0.attn_q.weight", 4096, "Q8_0">,
// CHECK-SAME: #llm.source<"blk.1.attn_q.weight", 8192, "Q4_0">]
llm.weight @attn_q : tensor<64x64xf16> transposed in "m.gguf" [
  #llm.source<"blk.0.attn_q.weight", 4096, "Q8_0">,
  #llm.source<"blk.1.attn_q.weight", 8192, "Q4_0">]
// CHECK: llm.state @kv.k : tensor<5x512x32xf32>
llm.state @kv.k : tensor<5x512x32xf32>
// CHECK: llm.state @kv.v : tensor<5x512x32xf32>
llm.state @kv.v : tensor<5x512x32xf32>

// CHECK-LABEL: func.func @layer(
// CHECK-SAME:    %[[X:.*]]: tensor<64xf32>, %[[K:.*]]: tensor<32xf32>, %[[V:.*]]: tensor<32xf32>, %[[POS:.*]]: index, %[[LAYER:.*]]: index)
func.func @layer(%x: tensor<64xf32>, %k: tensor<32xf32>, %v: tensor<32xf32>, %pos: index, %layer: index) -> tensor<64xf32> {
  // CHECK: %[[G:.*]] = llm.param @gain : tensor<64xf32>
  %g = llm.param @gain : tensor<64xf32>
  // CHECK: llm.param @attn_q[%[[LAYER]]] : tensor<64x64xf16>
  %w = llm.param @attn_q[%layer] : tensor<64x64xf16>
  // CHECK: %[[N:.*]] = llm.rms_norm %[[X]], %[[G]] eps 9.99999974E-6 : tensor<64xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<64xf32>
  // CHECK: %[[R:.*]] = llm.rope %[[N]] at %[[POS]] heads 8 base 1.000000e+04 adjacent : tensor<64xf32>
  %r = llm.rope %n at %pos heads 8 base 1.0e4 adjacent : tensor<64xf32>
  // CHECK: %[[H:.*]] = llm.rope %[[R]] at %[[POS]] heads 4 base 1.000000e+06 half : tensor<64xf32>
  %h = llm.rope %r at %pos heads 4 base 1.0e6 half : tensor<64xf32>
  // CHECK: llm.attention %[[H]], %[[K]], %[[V]], @kv.k, @kv.v[%[[LAYER]]] at %[[POS]]
  // CHECK-SAME: heads 8 kv_heads 4 scale 3.500000e-01 : tensor<64xf32>, tensor<32xf32>
  %a = llm.attention %h, %k, %v, @kv.k, @kv.v[%layer] at %pos heads 8 kv_heads 4 scale 0.35 : tensor<64xf32>, tensor<32xf32>
  return %a : tensor<64xf32>
}

// Matrices have a row for each position; the gain is a row.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME:    %[[X:.*]]: tensor<16x64xf32>, %[[G:.*]]: tensor<64xf32>, %[[K:.*]]: tensor<16x32xf32>, %[[V:.*]]: tensor<16x32xf32>, %[[FIRST:.*]]: index, %[[BEGIN:.*]]: index, %[[END:.*]]: index, %[[LAYER:.*]]: index)
func.func @rows(%x: tensor<16x64xf32>, %g: tensor<64xf32>, %k: tensor<16x32xf32>, %v: tensor<16x32xf32>, %first: index, %begin: index, %end: index, %layer: index) -> tensor<16x64xf32> {
  // CHECK: %[[N:.*]] = llm.rms_norm %[[X]], %[[G]] eps 9.99999974E-6 : tensor<16x64xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<16x64xf32>
  // CHECK: %[[R:.*]] = llm.rope %[[N]] at %[[FIRST]] heads 8 base 1.000000e+04 half : tensor<16x64xf32>
  %r = llm.rope %n at %first heads 8 base 1.0e4 half : tensor<16x64xf32>
  // CHECK: llm.attention %[[R]], %[[K]], %[[V]], @kv.k, @kv.v[%[[LAYER]]] at %[[FIRST]] rows %[[BEGIN]] to %[[END]]
  // CHECK-SAME: heads 8 kv_heads 4 scale 3.500000e-01 : tensor<16x64xf32>, tensor<16x32xf32>
  %a = llm.attention %r, %k, %v, @kv.k, @kv.v[%layer] at %first rows %begin to %end heads 8 kv_heads 4 scale 0.35 : tensor<16x64xf32>, tensor<16x32xf32>
  return %a : tensor<16x64xf32>
}

// A batch comes first, also in caches.
// CHECK: llm.state @batch.k : tensor<5x3x512x32xf32> placement "shift"
llm.state @batch.k : tensor<5x3x512x32xf32> placement "shift"
// CHECK: llm.state @batch.v : tensor<5x3x512x32xf32>
llm.state @batch.v : tensor<5x3x512x32xf32>
// CHECK-LABEL: func.func @vectors(
// CHECK-SAME:    %[[X:.*]]: tensor<3x64xf32>, %[[G:.*]]: tensor<64xf32>, %[[K:.*]]: tensor<3x32xf32>, %[[POS:.*]]: index, %[[LAYER:.*]]: index)
func.func @vectors(%x: tensor<3x64xf32>, %g: tensor<64xf32>, %k: tensor<3x32xf32>, %pos: index, %layer: index) -> tensor<3x64xf32> {
  // CHECK: %[[N:.*]] = llm.rms_norm %[[X]], %[[G]] eps 9.99999974E-6 : tensor<3x64xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<3x64xf32>
  // CHECK: %[[R:.*]] = llm.rope %[[N]] at %[[POS]] heads 8 base 1.000000e+04 half batch : tensor<3x64xf32>
  %r = llm.rope %n at %pos heads 8 base 1.0e4 half batch : tensor<3x64xf32>
  // CHECK: llm.attention %[[R]], %[[K]], %[[K]], @batch.v, @batch.v[%[[LAYER]]] at %[[POS]]
  // CHECK-SAME: heads 8 kv_heads 4 scale 3.500000e-01 : tensor<3x64xf32>, tensor<3x32xf32>
  %a = llm.attention %r, %k, %k, @batch.v, @batch.v[%layer] at %pos heads 8 kv_heads 4 scale 0.35 : tensor<3x64xf32>, tensor<3x32xf32>
  return %a : tensor<3x64xf32>
}
// CHECK-LABEL: func.func @matrices(
// CHECK-SAME:    %[[X:.*]]: tensor<3x16x64xf32>, %[[G:.*]]: tensor<64xf32>, %[[K:.*]]: tensor<3x16x32xf32>, %[[FIRST:.*]]: index, %[[BEGIN:.*]]: index, %[[END:.*]]: index, %[[LAYER:.*]]: index)
func.func @matrices(%x: tensor<3x16x64xf32>, %g: tensor<64xf32>, %k: tensor<3x16x32xf32>, %first: index, %begin: index, %end: index, %layer: index) -> tensor<3x16x64xf32> {
  // CHECK: %[[N:.*]] = llm.rms_norm %[[X]], %[[G]] eps 9.99999974E-6 : tensor<3x16x64xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<3x16x64xf32>
  // CHECK: %[[R:.*]] = llm.rope %[[N]] at %[[FIRST]] heads 8 base 1.000000e+04 adjacent batch : tensor<3x16x64xf32>
  %r = llm.rope %n at %first heads 8 base 1.0e4 adjacent batch : tensor<3x16x64xf32>
  // CHECK: llm.attention %[[R]], %[[K]], %[[K]], @batch.k, @batch.k[%[[LAYER]]] at %[[FIRST]] rows %[[BEGIN]] to %[[END]]
  // CHECK-SAME: heads 8 kv_heads 4 scale 3.500000e-01 : tensor<3x16x64xf32>, tensor<3x16x32xf32>
  %a = llm.attention %r, %k, %k, @batch.k, @batch.k[%layer] at %first rows %begin to %end heads 8 kv_heads 4 scale 0.35 : tensor<3x16x64xf32>, tensor<3x16x32xf32>
  return %a : tensor<3x16x64xf32>
}

// Attributes of their own.
// CHECK: llm.attributes = [#llm<rope_kind half>, #llm.rope_table<sine 16 pairs 4 base 1.000000e+04>, #llm.rope_table<cosine 1 pairs 4 base 1.000000e+04>]
module attributes {llm.attributes = [#llm<rope_kind half>, #llm.rope_table<sine 16 pairs 4 base 1.0e4>, #llm.rope_table<cosine 1 pairs 4 base 1.0e4>]} {}
