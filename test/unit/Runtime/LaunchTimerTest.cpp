//===- LaunchTimerTest.cpp - Times of launches, in the background ---------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Runtime/LaunchTimer.h"
#include "gtest/gtest.h"

using namespace plmr;

namespace {

/// Takes longer with each position; positions 3 and 5 trap.
Program makeProgram() {
  return llvm::cantFail(parseAssembly(R"(device "tiny" mesh 1 1
object "o" output 0 4
tensor "o" f32 object 0 pad zero
  dim whole [1]
class "all" {
  dsm d0, f32 o0[0]
  ssub r2, r1, #3
  ssub r3, r1, #5
  smul r2, r2, r3
  sdiv r2, r2, r2
  loop r1, 1
  mov d0, d0
  halt
}
launch "main" entry [0] routes 0 parameters ["position"] inputs [] outputs [0]
)",
                                      "test"));
}

uint64_t getTicks(const Program &program, uint32_t position) {
  return llvm::cantFail(timeLaunch(program, program.launches[0],
                                   {static_cast<int32_t>(position)}))
      .ticks;
}

} // namespace

TEST(LaunchTimer, TimesEachShapeOnce) {
  Program program = makeProgram();
  LaunchTimer timer(program);
  for (uint32_t position : {0, 1, 2})
    timer.request({100 + position}, program.launches[0], {int32_t(position)});
  timer.request({101}, program.launches[0],
                {7}); // a shape that is known, whatever the position
  ASSERT_EQ(llvm::toString(timer.wait()), "");
  for (uint32_t position : {0, 1, 2})
    EXPECT_EQ(timer.find({100 + position})->ticks, getTicks(program, position));
  EXPECT_LT(timer.find({100})->ticks, timer.find({101})->ticks);
  EXPECT_FALSE(timer.find({107}));
}

TEST(LaunchTimer, ReportsTheFirstFailure) {
  Program program = makeProgram();
  LaunchTimer timer(program);
  std::string expected =
      llvm::toString(timeLaunch(program, program.launches[0], {5}).takeError());
  EXPECT_NE(expected.find("sdiv by zero"), std::string::npos) << expected;
  for (uint32_t position : {1, 5, 2, 3})
    timer.request({position}, program.launches[0], {int32_t(position)});
  EXPECT_EQ(llvm::toString(timer.wait()), expected);
  EXPECT_EQ(timer.find({2})->ticks, getTicks(program, 2));
  EXPECT_FALSE(timer.find({5}));
  EXPECT_EQ(llvm::toString(timer.wait()), "") << "a failure is reported once";
  timer.request({5}, program.launches[0], {5});
  EXPECT_EQ(llvm::toString(timer.wait()), expected) << "and found again";
}

TEST(LaunchTimer, MayBeDroppedAtWork) {
  Program program = makeProgram();
  LaunchTimer timer(program);
  for (uint32_t position = 6; position != 200; ++position)
    timer.request({position}, program.launches[0], {int32_t(position)});
}
