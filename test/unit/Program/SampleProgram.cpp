//===- SampleProgram.cpp - A program that uses every field ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleProgram.h"

using namespace plmr;

const char plmr::sampleAssembly[] = R"(
device "tiny" mesh 3 2
object "code" code 0 1024
object "w" weight 1024 512
object "x" input 1536 64
object "tmp" scratch 1600 64
object "tmp2" scratch 1632 64
tensor "w" f16 object 1 pad any order [0, 2, 1] stacked source_order [1, 0]
  dim whole [2]
  dim balanced y [4, 4] segment 0 inner 1
  dim cyclic x [6]
  source "w0" file 0 offset 32 bytes 64 type 1
  source "w1" file 4294967295 offset 0 bytes 3 type 30
tensor "x" f32 object 2 pad neg_inf
  dim balanced x [7] skewed
constant "n" uniform [-10]
constant "column" by_column [0, 1, 2]
constant "row" by_row [0 * 2]
constant "core" by_core [1 * 5, 2147483647]
class "first \22class\22" {
  loop k0, 12 ! 0
  loop r3, 3 if k1 ! 0
  wait e0 ! 1
  epoch 1 if r2 ! 1
  sadd r1, r2, r3 ! 1
  ssub r1, k2, #-5 if k3 ! 1
  smul r2, r1, k1 ! 1
  sdiv r2, r1, #3 ! 1
  srem r2, r1, #3 ! 1
  smin r2, r1, r0 ! 1
  smax r2, r1, r0 ! 1
  seq r2, r1, r0 ! 1
  slt r2, r1, r0 ! 1
  sle r2, r1, r0 ! 1
  ldc r4, none, #2 ! 1
  ldc r4, r1, #-2 ! 1
  dsm d0, f16 o1[1024] ! 1
  dsm d1, f32 o2[r2 + -4] stride k0 step r1 ! 1
  dsm d63, i32 o3[k3 + 0] step r1 ! 1
  dsf d2, bf16 colour[2] ! 1
  dsf d3, f32 colour[k1 + 1] ! 1
  dss d4, f32 1.5 ! 1
  dss d4, f32 -1e+20 ! 1
  dss d4, f16 0xff800000 ! 1
  dss d4, f32 r5 ! 1
  dss d4, bf16 int k3 ! 1
  dss d4, f32 int -7 ! 1
  dss d4, i32 -7 ! 1
  dss d4, i32 k1 ! 1
  mov d0, d1 ! 1
  add d0, d1, d2 x k0 ! 1
  sub d0, d1, d2 x r1 map r2 ! 1
  mul d0, d1, d2 map k1 on e1 if r7 ! 1
  div d0, d1, d2 ! 1
  fma d0, d1, d2, d3 x k0 map k1 on e0 if k2 ! 1
  max d0, d1, d2 ! 1
  exp d0, d1 ! 1
  rsqrt d0, d1 ! 1
  sel d0, d1, d2, d3 ! 1
  gather d0, d1, d2 ! 1
  halt ! 1
}
class "second" {
  halt
}
class_of [0 * 5, 1]
routes of [0, 1, 2, 3 * 3]
  router
    route 0 ramp to east
    route 1 east to ramp
  router
    route 0 west to east ramp
    route 1 east to west ramp
  router
    route 0 west to ramp
    route 1 ramp to west
  router
routes of [0 * 6]
  router
launch "main" entry [0, 0] routes 0 parameters ["position", "n"] inputs [1] outputs [1, 1]
launch "late" entry [40, 0] routes 1 parameters [] inputs [] outputs []
channel "ring" "next on x" colours [0, 1] hops 2
operation "gemm" "staircase" bytes 100 hops 2 colours [0]
location "a.mlir:1:2"
location "b"
file "/tmp/w.gguf"
metadata "a" "1"
metadata "b\0a" "\ff\00"
model "llama" "m" vocab 2 context 8 concat embedding 7 from "e" file 0 offset 0 bytes 56 type 0
  tokenizer "llama" bos 1 eos 2 unknown 0 add_bos 1 add_eos 0 add_space 0
  tokens ["a", "\e2\96\81b"]
  scores [1065353216, 2143289344]
  types [1, 6]
)";

Program plmr::parse(const std::string &text) {
  llvm::Expected<Program> program = parseAssembly(text, "test");
  if (program)
    return std::move(*program);
  ADD_FAILURE() << llvm::toString(program.takeError());
  return {};
}

Program plmr::makeSample() {
  Program program = parse(sampleAssembly);
  program.data.append({'a', 'b', 'c'});
  // NaN differs from itself; the tests compare programs.
  program.model->scores[1] = -0.0f;
  return program;
}
