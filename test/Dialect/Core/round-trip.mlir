// RUN: plmr-opt %s -verify-roundtrip | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s | plmr-opt | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s -mlir-print-op-generic | plmr-opt | FileCheck %s --strict-whitespace
// RUN: plmr-opt %s -emit-bytecode | plmr-opt | FileCheck %s --strict-whitespace

// CHECK-LABEL: core.program @main 2 x 2 on "tiny" attributes {
// CHECK-SAME:    class_of = array<i32: 0, 1, 1, 0>
// CHECK-SAME:    files = ["/m.gguf"]
// CHECK-SAME:    locations = ["a", "b"]
// CHECK-SAME:    metadata = {compiler = "plmr"}
// CHECK-SAME:    model = {}
// CHECK-SAME:    packed = "m.plmr"
core.program @main 2 x 2 on "tiny" attributes {
    class_of = array<i32: 0, 1, 1, 0>, files = ["/m.gguf"],
    locations = ["a", "b"], metadata = {compiler = "plmr"}, model = {},
    packed = "m.plmr"} {
  // CHECK-NEXT: core.object "w" weight at 0 size 16
  core.object "w" weight at 0 size 16
  // CHECK-NEXT: core.object "kv" state at 16 size 16
  core.object "kv" state at 16 size 16
  // CHECK-NEXT: core.object "x" input at 32 size 16
  core.object "x" input at 32 size 16
  // CHECK-NEXT: core.object "y" output at 48 size 16
  core.object "y" output at 48 size 16
  // CHECK-NEXT: core.object "tmp" scratch at 64 size 16
  core.object "tmp" scratch at 64 size 16
  // CHECK-NEXT: core.object "t" table at 80 size 16
  core.object "t" table at 80 size 16
  // CHECK-NEXT: core.object "code" code at 96 size 4096
  core.object "code" code at 96 size 4096

  // CHECK-NEXT: core.tensor "x" in 2 : !plmr.placed<tensor<8xf32>, [y]>
  core.tensor "x" in 2 : !plmr.placed<tensor<8xf32>, [y]>
  // CHECK-NEXT: core.tensor "w" in 0 : !plmr.placed<tensor<2x2x2xbf16>, [*, y, x], order [0, 2, 1], pad any>
  // CHECK-SAME:   stacked order [1, 0] from
  // CHECK-SAME:   {{\[\[}}"w.0", 0, 4096, 16, 30], ["w.1", -1, 0, 16, 30]]
  core.tensor "w" in 0 : !plmr.placed<tensor<2x2x2xbf16>, [*, y, x], order [0, 2, 1], pad any>
      stacked order [1, 0]
      from [["w.0", 0, 4096, 16, 30], ["w.1", -1, 0, 16, 30]]
  // CHECK-NEXT: core.tensor "t" in 5 : !plmr.placed<tensor<4x1xf32>, [*, *]> from
  // CHECK-SAME:   {{\[\[}}"angles", "sine", 16, 1, 1.000000e+04]]
  core.tensor "t" in 5 : !plmr.placed<tensor<4x1xf32>, [*, *]>
      from [["angles", "sine", 16, 1, 1.0e4]]

  // CHECK-NEXT: core.constant "n" uniform [4]
  core.constant "n" uniform [4]
  // CHECK-NEXT: core.constant "column" by_column [0, 1]
  core.constant "column" by_column [0, 1]
  // CHECK-NEXT: core.constant "row" by_row [0, -1]
  core.constant "row" by_row [0, -1]
  // CHECK-NEXT: core.constant "id" by_core [0, 1, 2, 3]
  core.constant "id" by_core [0, 1, 2, 3]

  // CHECK-NEXT: core.routes {{\[\[}}"0 R->E", "3 S->NWR"], ["0 W->R"], []] of [0, 1, 2, 2]
  core.routes [["0 R->E", "3 S->NWR"], ["0 W->R"], []] of [0, 1, 2, 2]
  // CHECK-NEXT: core.launch "decode" ["pos", "n"] entry [0, 1] routes 0 inputs [0] outputs [1, 2]
  core.launch "decode" ["pos", "n"] entry [0, 1] routes 0 inputs [0] outputs [1, 2]
  // CHECK-NEXT: core.channel "y.bcast" "broadcast along y" colours [2, 3] hops 3
  core.channel "y.bcast" "broadcast along y" colours [2, 3] hops 3
  // CHECK-NEXT: core.operation "gemv" "ktree [4, 2]" bytes 96 hops 3 colours []
  core.operation "gemv" "ktree [4, 2]" bytes 96 hops 3 colours []

  // CHECK-NEXT: core.code "control" {
  core.code "control" {
    // CHECK-NEXT: core.loop k2 {
    core.loop k2 {
      // CHECK-NEXT: core.loop r63 if r4 attributes {note = "inner"} {
      core.loop r63 if r4 attributes {note = "inner"} {
        // CHECK-NEXT: core.wait e0
        core.wait e0
        // CHECK-NEXT: core.wait e254 if k1
        core.wait e254 if k1
      }
      // CHECK: core.epoch 0
      core.epoch 0
      // CHECK-NEXT: core.epoch 0 if r1
      core.epoch 0 if r1
      // CHECK-NEXT: core.halt if k190
      core.halt if k190
    }
    // CHECK: core.halt{{$}}
    core.halt
  }

  // CHECK: core.code "data" {
  core.code "data" {
    // CHECK-NEXT: core.scalar add r3, r2, 1{{$}}
    core.scalar add r3, r2, 1
    // CHECK-NEXT: core.scalar sub r3, r2, k1 if r4{{$}}
    core.scalar sub r3, r2, k1 if r4
    // CHECK-NEXT: core.scalar mul r0, k3, -2147483648
    core.scalar mul r0, k3, -2147483648
    // CHECK-NEXT: core.scalar div r3, r2, r1
    core.scalar div r3, r2, r1
    // CHECK-NEXT: core.scalar rem r3, r2, r1
    core.scalar rem r3, r2, r1
    // CHECK-NEXT: core.scalar min r3, r2, r1
    core.scalar min r3, r2, r1
    // CHECK-NEXT: core.scalar max r3, r2, r1
    core.scalar max r3, r2, r1
    // CHECK-NEXT: core.scalar eq r3, r2, r1
    core.scalar eq r3, r2, r1
    // CHECK-NEXT: core.scalar lt r3, r2, r1
    core.scalar lt r3, r2, r1
    // CHECK-NEXT: core.scalar le r3, r2, r1
    core.scalar le r3, r2, r1
    // CHECK-NEXT: core.ldc r4, r5 + 200{{$}}
    core.ldc r4, r5 + 200
    // CHECK-NEXT: core.ldc r4, r5{{$}}
    core.ldc r4, r5
    // CHECK-NEXT: core.ldc r4, 200 if r1
    core.ldc r4, 200 if r1

    // CHECK-NEXT: core.dsm d2, r4 + 64 stride k1 step k2 in 3 : f32{{$}}
    core.dsm d2, r4 + 64 stride k1 step k2 in 3 : f32
    // CHECK-NEXT: core.dsm d2, k1 + -4 step r2 in 0 : f16 if r3
    core.dsm d2, k1 + -4 step r2 in 0 : f16 if r3
    // CHECK-NEXT: core.dsm d63, 16 in 5 : i32
    core.dsm d63, 16 in 5 : i32
    // CHECK-NEXT: core.dsf d3, k1 : bf16{{$}}
    core.dsf d3, k1 : bf16
    // CHECK-NEXT: core.dsf d3, r1 + 4 : f32 if r2
    core.dsf d3, r1 + 4 : f32 if r2
    // CHECK-NEXT: core.dsf d3, 7 : f32
    core.dsf d3, 7 : f32
    // CHECK-NEXT: core.dss d4, 1.000000e+00 : f32{{$}}
    core.dss d4, 1.0 : f32
    // CHECK-NEXT: core.dss d4, -0.000000e+00 : f16 if r3
    core.dss d4, -0.0 : f16 if r3
    // CHECK-NEXT: core.dss d4, 0xFF800000 : f32
    core.dss d4, 0xFF800000 : f32
    // CHECK-NEXT: core.dss d4, 0x7FA00001 : bf16
    core.dss d4, 0x7FA00001 : bf16
    // CHECK-NEXT: core.dss d4 int -5 : i32
    core.dss d4 int -5 : i32
    // CHECK-NEXT: core.dss d4 int 5 convert : f32
    core.dss d4 int 5 convert : f32
    // CHECK-NEXT: core.dss d4 of r3 convert : f32
    core.dss d4 of r3 convert : f32
    // CHECK-NEXT: core.dss d4 of k3 : i32
    core.dss d4 of k3 : i32

    // CHECK-NEXT: core.vector mov d1, d2{{$}}
    core.vector mov d1, d2
    // CHECK-NEXT: core.vector add d1, d2, d3 x k0
    core.vector add d1, d2, d3 x k0
    // CHECK-NEXT: core.vector sub d1, d2, d3 map r2
    core.vector sub d1, d2, d3 map r2
    // CHECK-NEXT: core.vector mul d1, d2, d3 on e1
    core.vector mul d1, d2, d3 on e1
    // CHECK-NEXT: core.vector div d1, d2, d3 if r1
    core.vector div d1, d2, d3 if r1
    // CHECK-NEXT: core.vector fma d1, d2, d3, d4 x k2 map r3 on e0 if r4{{$}}
    core.vector fma d1, d2, d3, d4 x k2 map r3 on e0 if r4
    // CHECK-NEXT: core.vector max d1, d2, d3
    core.vector max d1, d2, d3
    // CHECK-NEXT: core.vector exp d1, d2
    core.vector exp d1, d2
    // CHECK-NEXT: core.vector rsqrt d1, d2
    core.vector rsqrt d1, d2
    // CHECK-NEXT: core.vector sel d1, d2, d3, d4
    core.vector sel d1, d2, d3, d4
    // CHECK-NEXT: core.vector gather d1, d2, d3
    core.vector gather d1, d2, d3
    core.halt
  }
}

// The enumerations, as attributes of their own.
// CHECK: core.kinds = [#core<scalar_kind add>, #core<vector_kind fma>, #core<type_kind f32>, #core<memory_kind code>, #core<constant_kind by_core>]
module attributes {core.kinds = [#core<scalar_kind add>, #core<vector_kind fma>, #core<type_kind f32>, #core<memory_kind code>, #core<constant_kind by_core>]} {}
