//===- RulesTest.cpp - Each rule of docs/Machine.md, timed by hand --------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramBuilder.h"
#include "plmr/Timing/Timing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace plmr;
using ::testing::HasSubstr;

namespace {

/// Every cost differs, so that a sum tells what went into it; scalars and
/// descriptors are free, so that they do not disturb.
Machine makeDevice() {
  Machine m = llvm::cantFail(getBuiltinMachine("tiny"));
  m.ticksPerCycle = 1;
  m.linkTicks = 1;
  m.hopTicks = 3;
  m.turnTicks = 20;
  m.rampTicks = 2;
  m.queueWords = m.inputQueueWords = m.outputQueueWords = 8;
  m.scalarTicks = m.descriptorTicks = 0;
  m.loopTicks = 400;
  m.predicatedTicks = 300;
  m.vectorSetupTicks = 10;
  m.mapTicks = 50;
  m.engineTicks = 30;
  m.waitTicks = 7;
  m.epochTicks = 5000;
  for (auto &rates : m.rates)
    rates.fill({1, 1});
  return m;
}

constexpr TimingEngine engines[] = {TimingEngine::Oracle, TimingEngine::Event,
                                    TimingEngine::Auto};

/// Times the program by every engine; they must agree.
TimingResult run(ProgramBuilder &builder) {
  Program program = builder.build();
  llvm::Error error = verifyProgram(program);
  EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
  TimingResult last;
  for (TimingEngine engine : engines) {
    TimingOptions options;
    options.engine = engine;
    llvm::Expected<TimingResult> result =
        timeLaunch(program, program.launches[0], {}, options);
    if (!result) {
      ADD_FAILURE() << llvm::toString(result.takeError());
      continue;
    }
    if (engine != TimingEngine::Oracle) {
      EXPECT_EQ(last.cores, result->cores);
      EXPECT_EQ(last.contendedLinks, result->contendedLinks);
    }
    last = std::move(*result);
  }
  return last;
}

/// The error of the launch by the default engine; the others must refuse too.
std::string runError(ProgramBuilder &builder) {
  Program program = builder.build();
  std::string last;
  for (TimingEngine engine : engines) {
    TimingOptions options;
    options.engine = engine;
    llvm::Expected<TimingResult> result =
        timeLaunch(program, program.launches[0], {}, options);
    EXPECT_FALSE(bool(result));
    last = result ? "" : llvm::toString(result.takeError());
  }
  return last;
}

uint64_t finish(const TimingResult &result, unsigned core) {
  return result.cores[core].finish;
}

OpOptions onEngine(unsigned engine) {
  OpOptions options;
  options.engine = engine;
  return options;
}

OpOptions repeated(unsigned repeat) {
  OpOptions options;
  options.repeat = repeat;
  return options;
}

OpOptions as(Opcode opcode) {
  OpOptions options;
  options.opcode = opcode;
  return options;
}

/// A row of `columns` cores, colour 0 from the first to the last.
ProgramBuilder makeRow(unsigned columns) {
  ProgramBuilder builder(makeDevice(), {columns, 1});
  builder.route(0, 0, 0, Port::Ramp, {Port::East});
  for (unsigned x = 1; x + 1 < columns; ++x)
    builder.route(x, 0, 0, Port::West, {Port::East});
  builder.route(columns - 1, 0, 0, Port::West, {Port::Ramp});
  return builder;
}

TEST(Machine, T1_AColourHasOneInputPortPerRouter) {
  // Colour 0 goes east on one side of the mesh and west on the other: the two
  // trees of one colour do not know of each other.
  ProgramBuilder builder(makeDevice(), {4, 1});
  builder.route(0, 0, 0, Port::Ramp, {Port::East});
  builder.route(1, 0, 0, Port::West, {Port::Ramp});
  builder.route(3, 0, 0, Port::Ramp, {Port::West});
  builder.route(2, 0, 0, Port::East, {Port::Ramp});
  for (unsigned x : {0u, 3u})
    builder.op(builder.code(x), 1, fab(0), {mem()});
  builder.op(builder.code(1), 1, mem(), {fab(0)});
  builder.op(builder.code(2), 1, mem(), {fab(0)});
  TimingResult result = run(builder);
  EXPECT_EQ(result.contended, 0u);
  // Issue at 10, router at 12, next router at 15, core at 17, done at 18.
  EXPECT_EQ(finish(result, 1), 18u);
  EXPECT_EQ(finish(result, 2), 18u);
  EXPECT_EQ(result.hops, 2u);
  EXPECT_EQ(result.deliveries, 2u);
}

TEST(Machine, T2_AFullQueueHoldsTheSender) {
  ProgramBuilder builder = makeRow(2);
  builder.machine().queueWords = 1;       // wire: 3 more
  builder.machine().inputQueueWords = 2;  // wire: 2 more
  builder.machine().outputQueueWords = 1; // wire: 2 more
  builder.op(builder.code(0), 20, fab(0), {mem()});
  // The receiver begins at 1000 + 10 + 10.
  builder.op(builder.code(1), 1000, mem(), {mem()});
  builder.op(builder.code(1), 20, mem(), {fab(0)});
  TimingResult result = run(builder);
  // 4 + 4 + 3 words are on their way when all is full; the first leaves the
  // core's queue at 1020, its word is free at 1021: then the second router's
  // wavelet departs, at 1022 the first router's, at 1023 the core sends on its
  // twelfth. So the twentieth at 1031, done at 1032.
  EXPECT_EQ(finish(result, 0), 1032u);
  EXPECT_EQ(finish(result, 1), 1020u + 20);
}

TEST(Machine, T2_OneWordSustainsTheFullRate) {
  ProgramBuilder builder = makeRow(3);
  builder.machine().queueWords = builder.machine().inputQueueWords = 1;
  builder.machine().outputQueueWords = 1;
  builder.op(builder.code(0), 100, fab(0), {mem()});
  builder.op(builder.code(2), 100, mem(), {fab(0)});
  TimingResult result = run(builder);
  // 10 + ramp 2 + two hops 6 + ramp 2 for the first, then one a tick.
  EXPECT_EQ(finish(result, 2), 20u + 100);
}

TEST(Machine, T3_ALinkCarriesOneWaveletPerLinkTicks) {
  ProgramBuilder builder = makeRow(2);
  builder.machine().linkTicks = 4;
  builder.op(builder.code(0), 10, fab(0), {mem()});
  builder.op(builder.code(1), 10, mem(), {fab(0)});
  TimingResult result = run(builder);
  EXPECT_EQ(finish(result, 0), 10u + 10 * 4);
  // The last one arrives at 10 + 9 * 4 + 7; its beat takes at least 4.
  EXPECT_EQ(finish(result, 1), 10u + 9 * 4 + 7 + 4);
}

/// Cores 0 and 1 of a row of three send to core 2 over the same link; core 0
/// on `far`, core 1 `delay` ticks later on `near`.
TimingResult runRace(unsigned far, unsigned near, unsigned delay) {
  ProgramBuilder builder(makeDevice(), {3, 1});
  builder.route(0, 0, far, Port::Ramp, {Port::East});
  builder.route(1, 0, far, Port::West, {Port::East});
  builder.route(2, 0, far, Port::West, {Port::Ramp});
  builder.route(1, 0, near, Port::Ramp, {Port::East});
  builder.route(2, 0, near, Port::West, {Port::Ramp});
  builder.op(builder.code(0), 1, fab(int(far)), {mem()});
  builder.machine().vectorSetupTicks = 0;
  builder.op(builder.code(1), delay, mem(), {mem()});
  builder.op(builder.code(1), 1, fab(int(near)), {mem()});
  // Both are read on engines; what follows the first wait tells its end.
  builder.op(builder.code(2), 1, mem(), {fab(int(far))}, onEngine(0));
  builder.op(builder.code(2), 1, mem(), {fab(int(near))}, onEngine(1));
  builder.machine().engineTicks = 0;
  builder.machine().waitTicks = 0;
  builder.wait(builder.code(2), 0); // for `far`
  builder.op(builder.code(2), 100, mem(), {mem()});
  builder.wait(builder.code(2), 1);
  return run(builder);
}

TEST(Machine, T3_TheOldestGoesFirstThenTheLowestColour) {
  // `far` is in router 1 at 0 + 2 + 3 = 5, `near` at delay + 2.
  // Both at 5: the lower colour departs at 5, the other at 6.
  TimingResult result = runRace(/*far=*/0, /*near=*/1, /*delay=*/3);
  EXPECT_EQ(result.contended, 1u);
  EXPECT_EQ(finish(result, 2), 5u + 3 + 2 + 1 + 100);
  result = runRace(/*far=*/1, /*near=*/0, /*delay=*/3);
  EXPECT_EQ(result.contended, 1u);
  EXPECT_EQ(finish(result, 2), 6u + 3 + 2 + 1 + 100);
  // The older one first, whatever its colour: no contention at all.
  result = runRace(/*far=*/1, /*near=*/0, /*delay=*/2);
  EXPECT_EQ(result.contended, 0u);
  EXPECT_EQ(finish(result, 2), 5u + 3 + 2 + 1 + 100);
}

TEST(Machine, T3_AnOldWaveletIsServedBeforeALowColour) {
  // Colours 0 and 1 come from core 0's stream and its engine, colour 2 waits
  // in router 1 since it is the youngest of all.
  ProgramBuilder builder(makeDevice(), {3, 1});
  builder.machine().linkTicks = 4;
  builder.machine().vectorSetupTicks = 0;
  builder.route(0, 0, 2, Port::Ramp, {Port::East});
  builder.route(1, 0, 2, Port::West, {Port::East});
  builder.route(2, 0, 2, Port::West, {Port::Ramp});
  for (unsigned colour : {0u, 1u}) {
    builder.route(1, 0, colour, Port::Ramp, {Port::East});
    builder.route(2, 0, colour, Port::West, {Port::Ramp});
  }
  // Router 1: colour 2 arrives at 5, colour 1 at 3, colour 0 at 3 + 4 (ramp).
  builder.op(builder.code(0), 1, fab(2), {mem()});
  builder.op(builder.code(1), 1, mem(), {mem()});
  builder.op(builder.code(1), 1, fab(1), {mem()});
  builder.op(builder.code(1), 1, fab(0), {mem()});
  builder.op(builder.code(2), 1, mem(), {fab(0)});
  builder.op(builder.code(2), 1, mem(), {fab(1)});
  builder.op(builder.code(2), 1, mem(), {fab(2)});
  TimingResult result = run(builder);
  // The link: colour 1 at 3, then at 7 colour 2 (age 5) before 0 (age 7),
  // then 0 at 11. Core 2 reads 0 at 16, 1 at 20, 2 at 24.
  EXPECT_EQ(result.contended, 1u);
  EXPECT_EQ(finish(result, 2), 11u + 3 + 2 + 3 * 4);
}

TEST(Machine, T4_HopsTurnsAndRamps) {
  // East, then south: one turn. The ramps are none.
  ProgramBuilder builder(makeDevice(), {2, 2});
  builder.route(0, 0, 3, Port::Ramp, {Port::East});
  builder.route(1, 0, 3, Port::West, {Port::South});
  builder.route(1, 1, 3, Port::North, {Port::Ramp});
  builder.op(builder.code(0, 0), 1, fab(3), {mem()});
  builder.op(builder.code(1, 1), 1, mem(), {fab(3)});
  TimingResult result = run(builder);
  EXPECT_EQ(finish(result, 3), 10u + 2 + 3 + (3 + 20) + 2 + 1);
  EXPECT_EQ(result.hops, 2u);
}

TEST(Machine, T4_MulticastMovesWhenAllOutputsAccept) {
  // Core 1 takes its copy late; its full queue holds the copies for core 2.
  ProgramBuilder builder(makeDevice(), {3, 1});
  builder.machine().inputQueueWords = 1; // wire: 2 more
  builder.route(0, 0, 0, Port::Ramp, {Port::East});
  builder.route(1, 0, 0, Port::West, {Port::East, Port::Ramp});
  builder.route(2, 0, 0, Port::West, {Port::Ramp});
  builder.op(builder.code(0), 5, fab(0), {mem()});
  builder.op(builder.code(1), 500, mem(), {mem()});
  builder.op(builder.code(1), 5, mem(), {fab(0)});
  builder.op(builder.code(2), 5, mem(), {fab(0)});
  TimingResult result = run(builder);
  // Core 1 reads from 520 on. Its first read frees a word for the fourth copy
  // at 521, the second for the fifth at 522, which core 2 has at 522 + 3 + 2.
  EXPECT_EQ(finish(result, 1), 520u + 5);
  EXPECT_EQ(finish(result, 2), 522u + 3 + 2 + 1);
}

TEST(Machine, T5_ABeatWaitsForItsWavelets) {
  // A reduction hop: core 1 adds its own and passes on; 2 * ramp + 1 a stage.
  ProgramBuilder builder(makeDevice(), {3, 1});
  builder.route(0, 0, 0, Port::Ramp, {Port::East});
  builder.route(1, 0, 0, Port::West, {Port::Ramp});
  builder.route(1, 0, 1, Port::Ramp, {Port::East});
  builder.route(2, 0, 1, Port::West, {Port::Ramp});
  builder.op(builder.code(0), 4, fab(0), {mem()});
  builder.op(builder.code(1), 4, fab(1), {fab(0), mem()}, as(Opcode::Add));
  builder.op(builder.code(2), 4, mem(), {fab(1)});
  TimingResult result = run(builder);
  EXPECT_EQ(finish(result, 0), 14u);
  EXPECT_EQ(finish(result, 1), 10u + 7 + 4);
  EXPECT_EQ(finish(result, 2), 10u + 7 + 7 + 4);
  EXPECT_EQ(result.cores[2].fabricStall, 14u);
}

TEST(Machine, T5_TwoByteTypesPackTwoElements) {
  ProgramBuilder builder = makeRow(2);
  auto f16 = ElementType::F16;
  // 3 repetitions of 3 elements: 2 wavelets each. A beat of two elements takes
  // two ticks, one of one element one.
  builder.op(builder.code(0), 3, fab(0, f16), {mem(f16)}, repeated(3));
  builder.op(builder.code(1), 3, mem(f16), {fab(0, f16)}, repeated(3));
  TimingResult result = run(builder);
  EXPECT_EQ(result.wavelets, 6u);
  EXPECT_EQ(finish(result, 0), 10u + 3 * 3 + 2 * 50);
}

TEST(Machine, T5_MixedTypesMoveBySmallestBeats) {
  // 4 elements come as two f16 wavelets and leave as four f32 wavelets.
  ProgramBuilder builder(makeDevice(), {3, 1});
  auto f16 = ElementType::F16;
  builder.route(0, 0, 0, Port::Ramp, {Port::East});
  builder.route(1, 0, 0, Port::West, {Port::Ramp});
  builder.route(1, 0, 1, Port::Ramp, {Port::East});
  builder.route(2, 0, 1, Port::West, {Port::Ramp});
  builder.op(builder.code(0), 4, fab(0, f16), {mem(f16)});
  builder.op(builder.code(1), 4, fab(1), {fab(0, f16)});
  builder.op(builder.code(2), 4, mem(), {fab(1)});
  TimingResult result = run(builder);
  EXPECT_EQ(result.wavelets, 6u);
  // Core 0 sends at 10 and 12; core 1 has them at 17 and 19 and issues one
  // element a tick from 17 on.
  EXPECT_EQ(finish(result, 1), 17u + 4);
}

TEST(Machine, T5_TwoLiveOperandsOnOneColour) {
  ProgramBuilder builder = makeRow(2);
  builder.op(builder.code(0), 2, fab(0), {mem()});
  builder.op(builder.code(1), 1, mem(), {fab(0)}, onEngine(0));
  builder.op(builder.code(1), 1, mem(), {fab(0)});
  EXPECT_THAT(runError(builder), HasSubstr("core (1, 0) pc 5: two live "
                                           "operands use colour 0"));
}

TEST(Machine, T5_AColourIsFreeAfterTheWait) {
  ProgramBuilder builder = makeRow(2);
  builder.op(builder.code(0), 2, fab(0), {mem()});
  builder.op(builder.code(1), 1, mem(), {fab(0)}, onEngine(0));
  builder.wait(builder.code(1), 0);
  builder.op(builder.code(1), 1, mem(), {fab(0)});
  TimingResult result = run(builder);
  // The engine reads at 30 and is done at 31; the wait ends at 38.
  EXPECT_EQ(finish(result, 1), 38u + 10 + 1);
}

TEST(Machine, T5_AnUnconnectedColourIsAnError) {
  ProgramBuilder builder = makeRow(2);
  builder.op(builder.code(1), 1, fab(0), {mem()});
  EXPECT_THAT(runError(builder),
              HasSubstr("colour 0 has no route from this core"));
}

TEST(Machine, T6_AnEngineRunsBesideTheStream) {
  ProgramBuilder builder(makeDevice(), {1, 1});
  builder.machine().scalarTicks = 1;
  builder.op(builder.code(0), 100, mem(), {mem()}, onEngine(1));
  builder.op(builder.code(0), 20, mem(), {mem()});
  builder.wait(builder.code(0), 1);
  builder.op(builder.code(0), 5, mem(), {mem()});
  TimingResult result = run(builder);
  // The engine from 30 to 130, the stream to 1 + 30; the wait ends at 137.
  EXPECT_EQ(finish(result, 0), 137u + 15);
  EXPECT_EQ(result.cores[0].engineStall, 130u - 31);
}

TEST(Machine, T6_StartingALiveEngineIsAnError) {
  ProgramBuilder builder(makeDevice(), {1, 1});
  for (unsigned i = 0; i < 2; ++i)
    builder.op(builder.code(0), 1, mem(), {mem()}, onEngine(0));
  EXPECT_THAT(runError(builder), HasSubstr("pc 5: engine e0 is busy"));
}

TEST(Machine, T6_WaitingForAnIdleEngineCostsTheWait) {
  ProgramBuilder builder(makeDevice(), {1, 1});
  builder.wait(builder.code(0), 3);
  EXPECT_EQ(run(builder).ticks, 7u);
}

TEST(Machine, T6_EnginesShareTheRamp) {
  ProgramBuilder builder(makeDevice(), {2, 2});
  builder.machine().linkTicks = 4;
  builder.route(0, 0, 0, Port::Ramp, {Port::East});
  builder.route(1, 0, 0, Port::West, {Port::Ramp});
  builder.route(0, 0, 1, Port::Ramp, {Port::South});
  builder.route(0, 1, 1, Port::North, {Port::Ramp});
  builder.op(builder.code(0, 0), 1, fab(1), {mem()}, onEngine(0));
  builder.op(builder.code(0, 0), 1, fab(0), {mem()}, onEngine(1));
  builder.wait(builder.code(0, 0), 0);
  builder.wait(builder.code(0, 0), 1);
  builder.op(builder.code(1, 0), 1, mem(), {fab(0)});
  builder.op(builder.code(0, 1), 1, mem(), {fab(1)});
  TimingResult result = run(builder);
  // Both are produced at 30: colour 0 first.
  EXPECT_EQ(finish(result, 1), 30u + 7 + 4);
  EXPECT_EQ(finish(result, 2), 34u + 7 + 4);
  ASSERT_EQ(result.contended, 1u);
  EXPECT_EQ(getLinkName({2, 2}, result.contendedLinks[0]),
            "core (0, 0) to router");
}

TEST(Machine, T7_AnEpochIsABarrier) {
  ProgramBuilder builder = makeRow(2);
  builder.op(builder.code(0), 100, mem(), {mem()});
  for (unsigned x : {0u, 1u})
    builder.epoch(builder.code(x), 1);
  // The other way round in the second table.
  builder.route(1, 0, 0, Port::Ramp, {Port::West}, 1);
  builder.route(0, 0, 0, Port::East, {Port::Ramp}, 1);
  builder.op(builder.code(1), 1, fab(0), {mem()});
  builder.op(builder.code(0), 1, mem(), {fab(0)});
  TimingResult result = run(builder);
  EXPECT_EQ(finish(result, 1), 110u + 5000 + 10 + 1);
  EXPECT_EQ(finish(result, 0), 110u + 5000 + 10 + 7 + 1);
  EXPECT_EQ(result.cores[1].epochStall, 110u + 5000);
}

TEST(Machine, T7_QueuesMustBeDrained) {
  ProgramBuilder builder = makeRow(2);
  builder.op(builder.code(0), 2, fab(0), {mem()});
  builder.op(builder.code(1), 1, mem(), {fab(0)});
  EXPECT_THAT(runError(builder),
              HasSubstr("not drained: core (1, 0) holds 1 wavelet(s) of colour "
                        "0 at the end of the launch"));
  builder = makeRow(2);
  builder.op(builder.code(0), 2, fab(0), {mem()});
  for (unsigned x : {0u, 1u})
    builder.epoch(builder.code(x), 0);
  builder.op(builder.code(1), 2, mem(), {fab(0)});
  EXPECT_THAT(runError(builder), HasSubstr("at an epoch"));
}

TEST(Machine, T7_EnginesMustBeWaitedFor) {
  ProgramBuilder builder(makeDevice(), {1, 1});
  builder.op(builder.code(0), 2, mem(), {mem()}, onEngine(1));
  builder.epoch(builder.code(0), 0);
  EXPECT_THAT(runError(builder), HasSubstr("engine e1 was not waited for"));
}

TEST(Machine, T8_AllCoresStartAtTickZero) {
  ProgramBuilder builder(makeDevice(), {3, 2});
  for (unsigned core = 0; core < 6; ++core)
    builder.op(builder.code(core % 3, core / 3), core, mem(), {mem()});
  TimingResult result = run(builder);
  for (unsigned core = 0; core < 6; ++core)
    EXPECT_EQ(finish(result, core), 10u + core);
  EXPECT_EQ(result.ticks, 15u);
  EXPECT_EQ(result.lastCore, 5u);
}

TEST(Machine, T8_EnginesMustBeWaitedFor) {
  ProgramBuilder builder(makeDevice(), {1, 1});
  builder.op(builder.code(0), 100, mem(), {mem()}, onEngine(2));
  EXPECT_THAT(runError(builder), HasSubstr("engine e2 was not waited for"));
}

TEST(Machine, T9_Scalars) {
  ProgramBuilder builder(makeDevice(), {1, 1});
  builder.machine().scalarTicks = 5;
  ProgramBuilder::Code body;
  builder.scalar(body);
  builder.scalar(body);
  builder.predicate(body, 0);
  builder.loop(builder.code(0), 3, body);
  builder.loop(builder.code(0), 0, body);
  EXPECT_EQ(run(builder).ticks, 3u * (400 + 5 + 300) + 400);
}

TEST(Machine, T9_VectorsWithoutWavelets) {
  ProgramBuilder builder(makeDevice(), {1, 1});
  builder.machine().descriptorTicks = 1000;
  builder.machine().ticksPerCycle = 8;
  builder.machine().rates[0].fill({73, 25});
  builder.op(builder.code(0), 100, mem(), {mem()}, repeated(3));
  // ceil(100 * 25 * 8 / 73) = 274.
  TimingResult result = run(builder);
  EXPECT_EQ(result.ticks, 2u * 1000 + 10 + 3 * 274 + 2 * 50);
  EXPECT_DOUBLE_EQ(result.cycles, result.ticks / 8.0);
  builder = ProgramBuilder(makeDevice(), {1, 1});
  builder.op(builder.code(0), 100, mem(), {mem()}, repeated(0));
  EXPECT_EQ(run(builder).ticks, 10u);
}

TEST(Machine, T9_TheWidestTypeGivesTheRate) {
  auto time = [](Operands dst, std::vector<Operands> sources, Opcode opcode) {
    ProgramBuilder builder(makeDevice(), {1, 1});
    auto &rates = builder.machine().rates[unsigned(RateClass::Multiply)];
    rates[unsigned(ElementType::F32)] = {1, 7};
    rates[unsigned(ElementType::I32)] = {1, 5};
    rates[unsigned(ElementType::F16)] = {1, 3};
    rates[unsigned(ElementType::BF16)] = {1, 2};
    builder.op(builder.code(0), 10, dst, std::move(sources), as(opcode));
    return run(builder).ticks - 10;
  };
  auto f16 = mem(ElementType::F16), bf16 = mem(ElementType::BF16),
       i32 = mem(ElementType::I32);
  EXPECT_EQ(time(mem(), {f16, f16}, Opcode::Mul), 70u);
  EXPECT_EQ(time(f16, {f16, i32}, Opcode::Mul), 50u);
  EXPECT_EQ(time(f16, {bf16, bf16}, Opcode::Mul), 30u);
  EXPECT_EQ(time(bf16, {bf16, bf16}, Opcode::Mul), 20u);
  EXPECT_EQ(time(bf16, {bf16, bf16}, Opcode::Add), 10u);
}

TEST(Machine, T10_ContendedLinksAreArbitrated) {
  TimingResult result = runRace(0, 1, 3);
  EXPECT_EQ(result.engine, TimingEngine::Event);
  ASSERT_EQ(result.contendedLinks.size(), 1u);
  EXPECT_EQ(getLinkName({3, 1}, result.contendedLinks[0]),
            "router (1, 0) east");
  EXPECT_EQ(runRace(1, 0, 2).engine, TimingEngine::Fast);
}

TEST(Machine, T11_ADeadlockHasAWitness) {
  // Two cores that both send 100 words before they receive.
  ProgramBuilder builder(makeDevice(), {2, 1});
  builder.route(0, 0, 0, Port::Ramp, {Port::East});
  builder.route(1, 0, 0, Port::West, {Port::Ramp});
  builder.route(1, 0, 1, Port::Ramp, {Port::West});
  builder.route(0, 0, 1, Port::East, {Port::Ramp});
  for (unsigned x : {0u, 1u}) {
    builder.op(builder.code(x), 100, fab(int(x)), {mem()});
    builder.op(builder.code(x), 100, mem(), {fab(1 - int(x))});
  }
  EXPECT_EQ(runError(builder),
            "launch 'main': deadlock: core (0, 0) pc 2 waits to send colour 0, "
            "its queue is full up to core (1, 0); core (1, 0) pc 2 waits to "
            "send colour 1, its queue is full up to core (0, 0)");
}

TEST(Machine, T11_ALargerQueueEndsTheDeadlock) {
  // Words on the way: 8 + 2 behind the ramp, 8 + 3 in the next router, 8 + 2
  // in the core's queue. One more does not fit.
  auto make = [](unsigned words) {
    ProgramBuilder builder(makeDevice(), {2, 1});
    builder.route(0, 0, 0, Port::Ramp, {Port::East});
    builder.route(1, 0, 0, Port::West, {Port::Ramp});
    builder.route(1, 0, 1, Port::Ramp, {Port::West});
    builder.route(0, 0, 1, Port::East, {Port::Ramp});
    for (unsigned x : {0u, 1u}) {
      builder.op(builder.code(x), words, fab(int(x)), {mem()});
      builder.op(builder.code(x), words, mem(), {fab(1 - int(x))});
    }
    return builder;
  };
  ProgramBuilder fits = make(31);
  EXPECT_NE(run(fits).ticks, 0u);
  ProgramBuilder full = make(32);
  EXPECT_THAT(runError(full), HasSubstr("deadlock"));
}

TEST(Machine, T11_AMissingSenderIsNamed) {
  ProgramBuilder builder = makeRow(3);
  builder.op(builder.code(2), 1, mem(), {fab(0)});
  EXPECT_EQ(runError(builder),
            "launch 'main': deadlock: core (2, 0) pc 2 waits to receive colour "
            "0, for core (0, 0); core (0, 0) has halted");
}

TEST(Machine, T13_StallsAddUp) {
  ProgramBuilder builder = makeRow(2);
  builder.op(builder.code(0), 100, mem(), {mem()});
  builder.op(builder.code(0), 4, fab(0), {mem()});
  builder.op(builder.code(1), 4, mem(), {fab(0)});
  TimingResult result = run(builder);
  // The first wavelet is at core 1 at 120 + 7; the others are no wait.
  EXPECT_EQ(result.cores[1].fabricStall, 127u - 10);
  EXPECT_EQ(result.cores[1].getBusy(), 10u + 4);
  EXPECT_EQ(result.busiestCore, 0u);
}

TEST(Timing, ParametersAreChecked) {
  ProgramBuilder builder(makeDevice(), {1, 1});
  Program program = builder.build();
  llvm::Expected<TimingResult> result =
      timeLaunch(program, program.launches[0], {1, 2});
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(llvm::toString(result.takeError()),
            "launch 'main' takes 0 parameter(s), 2 given");
}

TEST(Timing, ProfileAttributesTheLastCore) {
  ProgramBuilder builder(makeDevice(), {2, 1});
  ProgramBuilder::Code body;
  builder.op(body, 100, mem(), {mem()});
  builder.loop(builder.code(1), 3, body);
  builder.op(builder.code(0), 4, mem(), {mem()});
  Program program = builder.build();
  llvm::Expected<LaunchProfile> profile =
      profileLaunch(program, program.launches[0], {});
  ASSERT_TRUE(bool(profile));
  ASSERT_EQ(profile->instructions.size(), 1u);
  const InstructionTime &time = profile->instructions[0];
  EXPECT_EQ(time.pc, 3u);
  EXPECT_EQ(time.count, 3u);
  EXPECT_EQ(time.ticks, 330u);
  EXPECT_EQ(time.before + time.ticks, profile->result.ticks);
  EXPECT_EQ(profile->result.ticks,
            timeLaunch(program, program.launches[0], {})->ticks);
}

} // namespace
