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

TEST(LaunchTimer, TimesLaunchesInOrder) {
  Program program = makeProgram();
  LaunchTimer timer(program);
  size_t next = 0;
  for (uint32_t position : {0, 1, 2, 1, 7})
    EXPECT_EQ(timer.request(program.launches[0], {int32_t(position)}), next++);
  next = 0;
  for (uint32_t position : {0, 1, 2, 1, 7})
    EXPECT_EQ(llvm::cantFail(timer.wait(next++)).ticks,
              getTicks(program, position));
  EXPECT_LT(llvm::cantFail(timer.wait(0)).ticks,
            llvm::cantFail(timer.wait(1)).ticks);
}

TEST(LaunchTimer, ReportsFailuresWhereTheyAre) {
  Program program = makeProgram();
  LaunchTimer timer(program);
  std::string expected =
      llvm::toString(timeLaunch(program, program.launches[0], {5}).takeError());
  EXPECT_NE(expected.find("sdiv by zero"), std::string::npos) << expected;
  for (uint32_t position : {1, 5, 2})
    timer.request(program.launches[0], {int32_t(position)});
  EXPECT_EQ(llvm::toString(timer.wait(1).takeError()), expected);
  EXPECT_EQ(llvm::cantFail(timer.wait(2)).ticks, getTicks(program, 2));
  size_t again = timer.request(program.launches[0], {5});
  EXPECT_EQ(llvm::toString(timer.wait(again).takeError()), expected);
}

TEST(LaunchTimer, MayBeDroppedAtWork) {
  Program program = makeProgram();
  LaunchTimer timer(program);
  for (uint32_t position = 6; position != 200; ++position)
    timer.request(program.launches[0], {int32_t(position)});
}
