//===- CollectivesTest.cpp - Programs that communicate --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmulatorTest.h"
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
  // Same work, same hash, whatever the values.
  machinery.write("x", std::vector<float>(80, 1));
  EXPECT_EQ(machinery.run().traceHash, first.traceHash);
}
