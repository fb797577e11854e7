// The examples of the dialect's documentation, literally.
//
// RUN: plmr-opt %s -verify-roundtrip -o /dev/null
// RUN: python3 %S/../Inputs/check-examples.py %s %plmr_src_root/include/plmr/Dialect/Core/IR/CoreProgramOps.td %plmr_src_root/include/plmr/Dialect/Core/IR/CoreInstructionOps.td | FileCheck %s

// CHECK: {{^[1-9][0-9]*}} examples

module {
core.program @main 4 x 4 on "tiny" {
  core.object "x" input at 0 size 16
}
}

core.program @main 1 x 4 on "tiny" {
  core.object "attn_q" weight at 1024 size 5120
  core.object "w" weight at 8192 size 16384
  core.object "angles" table at 32768 size 256
  core.object "x" input at 36864 size 256
  core.tensor "x" in 0 : !plmr.placed<tensor<64xf32>, [y]>
  core.tensor "w" in 1 : !plmr.placed<tensor<2x64x64xf32>, [*, y, x]>
      stacked order [1, 0]
      from [["blk.0.w", 0, 4096, 16384, 0], ["blk.1.w", 0, 20480, 16384, 0]]
  core.tensor "angles" in 2 : !plmr.placed<tensor<16x4xf32>, [*, *]>
      from [["angles", "sine", 16, 4, 1.0e4]]
  core.tensor "y" in 3 : !plmr.placed<tensor<8xf32>, [y]> on [4, 2]
  core.tensor "z" in 3 : !plmr.placed<tensor<8xf32>, [y]>
  core.constant "row" by_row [0, 1, 2, 3]
  core.launch "decode" ["pos"] entry [0] routes 0 inputs [3] outputs [4]
  core.channel "y.bcast" "broadcast along y" colours [2] hops 3
  core.operation "gemv" "ktree [4, 2]" bytes 96 hops 3 colours [0, 1]
  core.code "all" {
    core.halt
  }
}

core.program @pair 1 x 2 on "tiny" {
  core.object "a" input at 0 size 4
  core.object "b" input at 4 size 4
  core.object "c" input at 8 size 4
  core.object "d" input at 12 size 4
  core.routes [["0 R->E"], ["0 W->R"]] of [0, 1]
  core.routes [[]] of [0, 0]
  core.code "all" {
    core.loop k2 {
      core.scalar add r3, r3, 1
    }
    core.wait e1
    core.epoch 1
    core.scalar add r4, r1, 128 if r5
    core.ldc r4, r5 + 200
    core.dsm d2, r4 + 64 stride k1 step k2 in 3 : f32
    core.dsf d3, k7 : f32
    core.dss d4, 1.000000e+00 : f32
    core.dss d4 int -5 : i32
    core.dss d4 of r3 convert : f32
    core.vector fma d1, d2, d3, d4 x k5 map r3 on e0 if r4
    core.halt
  }
}
