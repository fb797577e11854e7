//===- CollectivesTest.cpp - Programs that communicate --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmulatorTest.h"
#include "llvm/ADT/bit.h"
#include <cstring>
#include <random>

using namespace plmr;

/// Sums x over the rows of a 2 x 4 mesh along a chain to the north, on two
/// colours in turn, and sends the sum back to the whole column on a third.
static const char chain[] = R"(
device "tiny" mesh 2 4
object "x" input 0 40
object "sum" output 40 40
tensor "x" f32 object 0 pad zero
  dim balanced y [4]
  dim balanced x [2]
  dim whole [10]
tensor "sum" f32 object 1 pad zero
  dim balanced x [2]
  dim whole [10]
constant "n" uniform [10]                    ; k0
constant "out" by_row [0, 1, 0, 1]           ; k1: colour to the north
constant "in" by_row [1, 0, 1, 0]            ; k2: colour from the south
constant "isFirst" by_row [1, 0 * 3]         ; k3
constant "isMiddle" by_row [0, 1 * 2, 0]     ; k4
constant "isLast" by_row [0 * 3, 1]          ; k5
constant "isOther" by_row [0, 1 * 3]         ; k6
class "all" {
  dsm d0, f32 o0[0]
  dsm d1, f32 o1[40]
  dsf d2, f32 colour[k1 + 0]
  dsf d3, f32 colour[k2 + 0]
  dsf d4, f32 colour[2]
  mov d2, d0 x k0 if k5
  add d2, d0, d3 x k0 if k4
  add d1, d0, d3 x k0 if k3
  mov d4, d1 x k0 if k3
  mov d1, d4 x k0 if k6
  halt
}
routes of [0 * 2, 1 * 2, 2 * 2, 3 * 2]
  router
    route 1 south to ramp
    route 2 ramp to south
  router
    route 0 south to ramp
    route 1 ramp to north
    route 2 north to south ramp
  router
    route 0 ramp to north
    route 1 south to ramp
    route 2 north to south ramp
  router
    route 1 ramp to north
    route 2 north to ramp
launch "main" entry [0] routes 0 parameters [] inputs [0] outputs [1]
)";

TEST(Collectives, ChainReductionAndBroadcast) {
  Machinery machinery(chain);
  std::mt19937 rng(1);
  std::vector<float> x(4 * 2 * 10), expected(2 * 10);
  for (float &value : x)
    value = std::uniform_real_distribution<float>(-1, 1)(rng);
  // From the south: ((x3 + x2) + x1) + x0.
  for (int c = 0; c != 2; ++c)
    for (int i = 0; i != 10; ++i) {
      float sum = x[(3 * 2 + c) * 10 + i];
      for (int row = 2; row >= 0; --row)
        sum = x[(row * 2 + c) * 10 + i] + sum;
      expected[c * 10 + i] = sum;
    }
  machinery.write("x", x);
  RunResult first = machinery.run();
  EXPECT_EQ(machinery.read("sum"), expected);
  EXPECT_EQ(first.vectorOps, 2u * (1 + 2 * 1 + 1 + 1 + 3));
}

/// A ring over 5 columns in the order 0 2 4 3 1, whose edges have at most two
/// hops. Each step sends the block that the core holds and receives the next
/// one, beside a sum over what it holds; two buffers alternate.
static const char ring[] = R"(
device "tiny" mesh 5 1
object "x" input 0 32
object "spare" scratch 32 32
object "sum" output 64 32
tensor "x" f16 object 0 pad zero
  dim balanced x [5]
  dim whole [16]
tensor "sum" f16 object 2 pad zero
  dim balanced x [5]
  dim whole [16]
constant "n" uniform [16]                  ; k0
constant "steps" uniform [5]               ; k1
constant "out" by_column [0, 1, 2, 3, 1]   ; k2
constant "in" by_column [1, 3, 0, 1, 2]    ; k3
class "all" {
  dss d3, f16 0
  dsm d2, f16 o2[64]
  mov d2, d3 x k0
  dsf d4, f16 colour[k2 + 0]
  dsf d5, f16 colour[k3 + 0]
  loop k1, 13
  sadd r2, r2, #1
  slt r3, r2, k1
  dsm d0, f16 o0[0]
  dsm d1, f16 o1[32]
  seq r4, r1, #1
  dsm d0, f16 o1[32] if r4
  dsm d1, f16 o0[0] if r4
  mov d4, d0 x k0 on e0 if r3
  mov d1, d5 x k0 on e1 if r3
  add d2, d2, d0 x k0
  wait e0
  wait e1
  seq r1, r1, #0
  halt
}
routes of [0, 1, 2, 3, 4]
  router
    route 0 ramp to east
    route 1 east to ramp
  router
    route 0 west to east
    route 1 ramp to west
    route 3 east to ramp
  router
    route 0 west to ramp
    route 2 ramp to east
    route 3 east to west
  router
    route 1 east to ramp
    route 2 west to east
    route 3 ramp to west
  router
    route 1 ramp to west
    route 2 west to ramp
launch "main" entry [0] routes 0 parameters [] inputs [0] outputs [1]
)";

TEST(Collectives, RingShiftOverlapsWithComputing) {
  Machinery machinery(ring);
  std::vector<float> x(5 * 16), expected(5 * 16);
  for (int i = 0; i != 80; ++i)
    x[i] = i % 13;
  for (int i = 0; i != 80; ++i)
    for (int c = 0; c != 5; ++c)
      expected[i] += x[c * 16 + i % 16];
  machinery.write("x", x);
  machinery.run();
  EXPECT_EQ(machinery.read("sum"), expected);
  // The last step only adds: blocks moved four times.
  machinery.write("x", x);
  Machinery fast(machinery.program, EmulatorMode::Fast);
  fast.write("x", x);
  RunResult result = fast.run();
  EXPECT_EQ(fast.read("sum"), expected);
  EXPECT_EQ(result.vectorOps, 5u * (1 + 4 * 2 + 5));
}

//===----------------------------------------------------------------------===//
// Modes
//===----------------------------------------------------------------------===//

/// A random program of one core over one state object.
static std::string makeRandomProgram(std::mt19937 &rng) {
  auto number = [&](unsigned low, unsigned high) {
    return std::to_string(low + rng() % (high - low + 1));
  };
  static const char *ops[] = {"mov", "add", "sub", "mul",   "div", "fma",
                              "max", "exp", "sel", "rsqrt", "add", "fma"};
  static const char *types[] = {"f32", "f32",  "f32", "f32",
                                "f16", "bf16", "i32"};
  std::string text = "sadd r10, r0, #2 sadd r11, r0, #-1 sadd r13, r0, #0 ";
  static const char *strides[] = {
      "", "", "", " stride r10", " stride r11", " stride r0"};
  for (int i = 0; i != 60; ++i) {
    for (int d = 0; d != 4; ++d) {
      std::string type = types[rng() % std::size(types)];
      if (d != 0 && rng() % 4 == 0)
        text += "dss d" + std::to_string(d) + ", " + type +
                (type == "i32" ? " 3 " : " 0.75 ");
      else
        // Few places, so that streams meet.
        text += "dsm d" + std::to_string(d) + ", " + type + " o0[" +
                std::to_string(4 * (rng() % 8) * (rng() % 12) + 100) + "]" +
                strides[rng() % std::size(strides)] +
                (rng() % 3 ? " step r10 " : " ");
    }
    text += "sadd r12, r0, #" + number(1, 20) + " sadd r13, r0, #" +
            number(1, rng() % 2 ? 1 : 9) + " ";
    const char *op = ops[rng() % std::size(ops)];
    unsigned sources = getNumSources(*parseOpcode(op));
    text += op;
    for (unsigned d = 0; d <= sources; ++d)
      text += (d ? ", d" : " d") + std::to_string(d);
    text += " x r12 map r13 ";
  }
  return R"(
device "tiny" mesh 1 1
object "x" state 0 600
tensor "x" i32 object 0 pad zero dim whole [150]
tensor "init" f32 object 0 pad zero dim whole [150]
class "c" { )" +
         text + R"( halt }
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)";
}

/// Both modes compute the same bits, and trap alike.
TEST(Emulator, ModesAgree) {
  std::mt19937 rng(21);
  unsigned complete = 0;
  for (int round = 0; round != 300; ++round) {
    std::shared_ptr<const Program> program = parse(makeRandomProgram(rng));
    std::vector<float> init(150);
    for (float &value : init)
      value = std::uniform_real_distribution<float>(-3, 3)(rng);
    std::string messages[2];
    std::vector<uint32_t> bits[2];
    for (int mode = 0; mode != 2; ++mode) {
      Machinery machinery(program, static_cast<EmulatorMode>(mode));
      machinery.write("init", init);
      llvm::Expected<RunResult> result =
          machinery.emulator->run(program->launches[0], {});
      if (!result)
        messages[mode] = llvm::toString(result.takeError());
      else
        complete += mode;
      for (float value : machinery.read("init"))
        bits[mode].push_back(llvm::bit_cast<uint32_t>(value));
    }
    ASSERT_EQ(messages[0], messages[1]);
    ASSERT_EQ(bits[0], bits[1]) << "round " << round << messages[0];
  }
  EXPECT_GT(complete, 100u);
}
