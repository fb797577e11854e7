//===- EnginesTest.cpp - All timing engines agree -------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"
#include "plmr/Timing/Timing.h"
#include "gtest/gtest.h"

using namespace plmr;

namespace {

/// The kind of an error: what stands before the details.
std::string getKind(std::string message) {
  for (const char *kind : {"deadlock", "not drained", "contended"})
    if (message.find(kind) != std::string::npos)
      return kind;
  return message;
}

struct Outcome {
  std::string error; ///< its kind; empty: `result` holds
  TimingResult result;
};

Outcome run(const Program &program, TimingEngine engine) {
  TimingOptions options;
  options.engine = engine;
  options.linkCounts = true;
  llvm::Expected<TimingResult> result =
      timeLaunch(program, program.launches[0], {}, options);
  if (!result)
    return {getKind(llvm::toString(result.takeError())), {}};
  return {"", std::move(*result)};
}

void expectEqual(const TimingResult &a, const TimingResult &b) {
  EXPECT_EQ(a.ticks, b.ticks);
  EXPECT_EQ(a.cores, b.cores);
  EXPECT_EQ(a.wavelets, b.wavelets);
  EXPECT_EQ(a.hops, b.hops);
  EXPECT_EQ(a.deliveries, b.deliveries);
  EXPECT_EQ(a.vectorOps, b.vectorOps);
  EXPECT_EQ(a.contendedLinks, b.contendedLinks);
  EXPECT_EQ(a.linkWavelets, b.linkWavelets);
}

struct Census {
  unsigned clean = 0, contended = 0, deadlocks = 0, undrained = 0;
};

void compareEngines(const Program &program, Census &census) {
  Outcome oracle = run(program, TimingEngine::Oracle);
  Outcome event = run(program, TimingEngine::Event);
  Outcome fast = run(program, TimingEngine::Fast);
  Outcome both = run(program, TimingEngine::Auto);
  EXPECT_EQ(oracle.error, event.error);
  EXPECT_EQ(oracle.error, both.error);
  if (!oracle.error.empty()) {
    if (fast.error != "contended")
      EXPECT_EQ(oracle.error, fast.error);
    ++(oracle.error == "deadlock" ? census.deadlocks : census.undrained);
    return;
  }
  expectEqual(oracle.result, event.result);
  expectEqual(oracle.result, both.result);
  if (oracle.result.contended != 0) {
    EXPECT_EQ(fast.error, "contended");
    EXPECT_EQ(both.result.engine, TimingEngine::Event);
    ++census.contended;
    return;
  }
  EXPECT_EQ(fast.error, "");
  expectEqual(oracle.result, fast.result);
  ++census.clean;
}

TEST(Timing, T10_AllEnginesAgreeOnRandomPrograms) {
  Census census;
  for (uint64_t seed = 1; seed <= 4000 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Program program = makeRandomProgram(seed);
    llvm::Error error = verifyProgram(program);
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
    compareEngines(program, census);
  }
  // Every kind of program must occur often, or the test proves little.
  EXPECT_GT(census.clean, 800u);
  EXPECT_GT(census.contended, 800u);
  EXPECT_GT(census.deadlocks, 100u);
  EXPECT_GT(census.undrained, 20u);
}

} // namespace
