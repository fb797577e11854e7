//===- EnginesTest.cpp - All timing engines agree -------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramBuilder.h"
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

Outcome run(const Program &program, TimingEngine engine,
            SegmentCache *cache = nullptr) {
  TimingOptions options;
  options.engine = engine;
  options.cache = cache;
  options.linkCounts = !cache;
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
  if (!a.linkWavelets.empty() && !b.linkWavelets.empty())
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
  SegmentCache cache;
  for (unsigned i = 0; i != 2; ++i)
    expectEqual(oracle.result, run(program, TimingEngine::Auto, &cache).result);
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

/// Three times: two flows that meet on a link, an epoch, one flow, an epoch.
Program makeSegments() {
  ProgramBuilder builder(llvm::cantFail(getBuiltinMachine("wse2")), {3, 1});
  for (unsigned table : {0, 1}) {
    builder.route(0, 0, 0, Port::Ramp, {Port::East}, table);
    builder.route(1, 0, 0, Port::West, {Port::East}, table);
    builder.route(2, 0, 0, Port::West, {Port::Ramp}, table);
  }
  builder.route(1, 0, 1, Port::Ramp, {Port::East});
  builder.route(2, 0, 1, Port::West, {Port::Ramp});
  ProgramBuilder::Code bodies[3];
  builder.op(bodies[0], 50, fab(0), {mem()});
  builder.op(bodies[1], 50, fab(1), {mem()});
  builder.op(bodies[2], 50, mem(), {fab(0), fab(1)}, {.opcode = Opcode::Add});
  for (ProgramBuilder::Code &body : bodies)
    builder.epoch(body, 1);
  builder.op(bodies[0], 20, fab(0), {mem()});
  builder.op(bodies[2], 20, mem(), {fab(0)});
  for (unsigned x = 0; x != 3; ++x) {
    builder.epoch(bodies[x], 0);
    builder.loop(builder.code(x), 3, bodies[x]);
  }
  return builder.build();
}

TEST(Timing, T7_SegmentsAreTimedOnce) {
  Program program = makeSegments();
  Outcome oracle = run(program, TimingEngine::Oracle);
  ASSERT_EQ(oracle.error, "");
  EXPECT_GT(oracle.result.contended, 0u);
  SegmentCache cache;
  for (unsigned i = 0; i != 2; ++i) {
    Outcome both = run(program, TimingEngine::Auto, &cache);
    ASSERT_EQ(both.error, "");
    EXPECT_EQ(both.result.engine, TimingEngine::Event);
    expectEqual(oracle.result, both.result);
    // Of the last one only the halt is left.
    EXPECT_EQ(cache.getNumSegments(), 3u);
  }
  EXPECT_EQ(run(program, TimingEngine::Fast, &cache).error, "contended");
}

} // namespace
