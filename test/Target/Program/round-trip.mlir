// A binary holds all that a core.program holds, so that reading it back prints
// the same.
//
// RUN: plmr-translate --mlir-to-plmr %s -o %t.plmr
// RUN: plmr-translate --plmr-to-mlir %t.plmr -mlir-print-debuginfo -o %t.back.mlir
// RUN: plmr-translate --mlir-to-plmr %t.back.mlir -o %t.again.plmr
// RUN: cmp %t.plmr %t.again.plmr
// RUN: plmr-translate --plmr-to-mlir %t.plmr | FileCheck %s --strict-whitespace
//
// The assembly describes the same binary.
// RUN: plmr-translate --plmr-to-asm %t.plmr -o %t.s
// RUN: plmr-translate --asm-to-plmr %t.s -o %t.asm.plmr
// RUN: cmp %t.plmr %t.asm.plmr

// CHECK:      module {
// CHECK-NEXT:   core.program @main 2 x 2 on "tiny" attributes {
// CHECK-SAME:     class_of = array<i32: 0, 1, 1, 0>
// CHECK-SAME:     files = ["/m.gguf"]
// CHECK-SAME:     metadata = {"a key" = "a value", compiler = "plmr"}
// CHECK-SAME:     model = {add_bos = true, add_eos = false, add_space_prefix = true, architecture = "llama", bos = 1 : i64, context_length = 128 : i64, embedding = ["token_embd.weight", 0, 64, 1024, 8], embedding_length = 8 : i64, eos = 2 : i64, kv_placement = "shift", name = "toy", scores = array<f32: 0.000000e+00, -1.500000e+00>, token_types = array<i32: 3, 1>, tokenizer = "llama", tokens = ["<s>", "\E2\96\81\22\0A"], unknown = 0 : i64, vocab_size = 2 : i64}
core.program @main 2 x 2 on "tiny" attributes {
    class_of = array<i32: 0, 1, 1, 0>, files = ["/m.gguf"],
    metadata = {"a key" = "a value", compiler = "plmr"},
    model = {
      architecture = "llama", name = "toy", vocab_size = 2, context_length = 128,
      kv_placement = "shift",
      embedding_length = 8, embedding = ["token_embd.weight", 0, 64, 1024, 8],
      tokenizer = "llama", tokens = ["<s>", "\E2\96\81\22\0A"],
      scores = array<f32: 0.0, -1.5>, token_types = array<i32: 3, 1>,
      bos = 1, eos = 2, unknown = 0, add_bos = true, add_eos = false,
      add_space_prefix = true}} {
  // CHECK-NEXT: core.object "w" weight at 0 size 16
  core.object "w" weight at 0 size 16
  // CHECK-NEXT: core.object "x" input at 16 size 16
  core.object "x" input at 16 size 16
  // CHECK-NEXT: core.object "t" table at 32 size 16
  core.object "t" table at 32 size 16
  // CHECK-NEXT: core.tensor "x" in 1 : !plmr.placed<tensor<8xf32>, [y], pad neg_inf>
  core.tensor "x" in 1 : !plmr.placed<tensor<8xf32>, [y], pad neg_inf>
  // CHECK-NEXT: core.tensor "w" in 0 : !plmr.placed<tensor<2x2x4xbf16>, [*, y, x(2:2 segment 0 inner 1)], order [0, 2, 1], pad any> stacked order [1, 0] from {{\[\[}}"w.0", 0, 4096, 16, 30], ["w.1", 0, 4112, 16, 30]]
  core.tensor "w" in 0 : !plmr.placed<tensor<2x2x4xbf16>, [*, y, x(2:2 segment 0 inner 1)], order [0, 2, 1], pad any>
      stacked order [1, 0]
      from [["w.0", 0, 4096, 16, 30], ["w.1", 0, 4112, 16, 30]]
  // CHECK-NEXT: core.constant "n" uniform [4]
  core.constant "n" uniform [4]
  // CHECK-NEXT: core.constant "column" by_column [0, 1]
  core.constant "column" by_column [0, 1]
  // CHECK-NEXT: core.constant "id" by_core [0, 1, 2, -3]
  core.constant "id" by_core [0, 1, 2, -3]
  // CHECK-NEXT: core.routes {{\[\[}}"0 R->E", "3 S->R"], ["0 W->R"], ["3 R->N"], []] of [0, 1, 2, 3]
  core.routes [["0 R->E", "3 S->R"], ["0 W->R"], ["3 R->N"], []] of [0, 1, 2, 3]
  // CHECK-NEXT: core.routes {{\[\[}}]] of [0, 0, 0, 0]
  core.routes [[]] of [0, 0, 0, 0]
  // CHECK-NEXT: core.launch "decode" ["pos"] entry [0, 1] routes 0 inputs [0] outputs []
  core.launch "decode" ["pos"] entry [0, 1] routes 0 inputs [0] outputs []
  // CHECK-NEXT: core.channel "x.up" "up x" colours [0, 3] hops 1
  core.channel "x.up" "up x" colours [0, 3] hops 1
  // CHECK-NEXT: core.operation "gemv" "ktree [4, 2]" bytes 96 hops 3 colours []
  core.operation "gemv" "ktree [4, 2]" bytes 96 hops 3 colours []

  // CHECK-NEXT: core.code "control" {
  core.code "control" {
    // CHECK-NEXT: core.loop k2 {
    core.loop k2 {
      // CHECK-NEXT: core.loop r63 if r4 {
      core.loop r63 if r4 {
        // CHECK-NEXT: core.wait e1 if k1
        core.wait e1 if k1
        // CHECK-NEXT: core.halt if r1
        core.halt if r1
      // CHECK-NEXT: }
      }
      // CHECK-NEXT: core.scalar sub r3, r2, k1
      core.scalar sub r3, r2, k1
    // CHECK-NEXT: }
    }
    // CHECK-NEXT: core.epoch 1
    core.epoch 1
    // CHECK-NEXT: core.halt
    core.halt
  }

  // CHECK: core.code "data" {
  core.code "data" {
    // CHECK-NEXT: core.scalar le r3, r2, -1 if r4
    core.scalar le r3, r2, -1 if r4
    // CHECK-NEXT: core.ldc r4, r5 + 200
    core.ldc r4, r5 + 200
    // CHECK-NEXT: core.ldc r4, 2
    core.ldc r4, 2
    // CHECK-NEXT: core.dsm d2, r4 + -4 stride k1 step k2 in 1 : f16
    core.dsm d2, r4 + -4 stride k1 step k2 in 1 : f16
    // CHECK-NEXT: core.dsm d2, 16 in 2 : i32
    core.dsm d2, 16 in 2 : i32
    // CHECK-NEXT: core.dsf d3, k1 + 3 : bf16 if r2
    core.dsf d3, k1 + 3 : bf16 if r2
    // CHECK-NEXT: core.dsf d3, 3 : f32
    core.dsf d3, 3 : f32
    // CHECK-NEXT: core.dss d4, -0.000000e+00 : f32
    core.dss d4, -0.0 : f32
    // CHECK-NEXT: core.dss d4, 0x7FA00001 : f16
    core.dss d4, 0x7FA00001 : f16
    // CHECK-NEXT: core.dss d4 int -5 : i32
    core.dss d4 int -5 : i32
    // CHECK-NEXT: core.dss d4 int 5 convert : f32
    core.dss d4 int 5 convert : f32
    // CHECK-NEXT: core.dss d4 of k2 convert : f32
    core.dss d4 of k2 convert : f32
    // CHECK-NEXT: core.vector fma d1, d2, d3, d4 x k2 map r3 on e0 if r4
    core.vector fma d1, d2, d3, d4 x k2 map r3 on e0 if r4
    // CHECK-NEXT: core.vector gather d1, d2, d3
    core.vector gather d1, d2, d3
    // CHECK-NEXT: core.halt
    core.halt
  }
}
