//===- SequencerTest.cpp - Control, scalars and descriptors ---------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/Sequencer.h"
#include "SampleProgram.h"
#include "plmr/Program/Float.h"
#include <random>

using namespace plmr;
using Event = Sequencer::Event;

/// A 2 x 2 program with the given body, constants k0 = 3, k1 = -2, k2 = 0 and
/// k3 = 10 * y + x, and parameters "p" and "q".
static Program makeProgram(const std::string &body) {
  Program program = parse(R"(
device "tiny" mesh 2 2
object "x" state 0 400
constant "three" uniform [3]
constant "minusTwo" uniform [-2]
constant "zero" uniform [0]
constant "core" by_core [0, 1, 10, 11]
class "all" {)" + body + R"( halt }
routes of [0 * 4]
  router
launch "main" entry [0] routes 0 parameters ["p", "q"] inputs [] outputs []
)");
  EXPECT_EQ(messageOf(verifyProgram(program)), "");
  return program;
}

/// Runs to the first event of core (1, 1) with parameters 7 and -8.
class FirstEvent {
public:
  explicit FirstEvent(const std::string &body)
      : program(makeProgram(body)),
        sequencer(program, program.launches[0], 1, 1, {7, -8}),
        event(sequencer.next()) {}

  const VectorOp &vector() const {
    EXPECT_EQ(event, Event::Vector);
    return sequencer.getVector();
  }
  std::string trap() const {
    EXPECT_EQ(event, Event::Trap);
    return sequencer.getTrap();
  }

  Program program;
  Sequencer sequencer;
  Event event;
};

/// The value of r10 after `body`, seen as an extent, which must not be
/// negative: 1000 is added.
static int32_t evaluate(const std::string &body) {
  FirstEvent run(body +
                 " sadd r10, r10, #1000 dsm d1, f32 o0[0] mov d1, d1 x r10 ");
  return static_cast<int32_t>(run.vector().extent) - 1000;
}

TEST(ISA, I1_Encoding) {
  Program program = makeProgram("fma d1, d2, d3, d4 x k3 map r3 on e1 if r4 ");
  unsigned char bytes[16];
  memcpy(bytes, program.classes[0].code.data(), 16);
  const unsigned char expected[16] = {23, 0, 4, 1, 2, 3, 4, 67,
                                      3,  1, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(memcmp(bytes, expected, 16), 0);
  EXPECT_EQ(parseOpcode("gather"), Opcode::Gather);
  EXPECT_EQ(static_cast<unsigned>(Opcode::Gather), 28u);
}

TEST(ISA, I3_OperandsParametersAndR0) {
  EXPECT_EQ(evaluate("sadd r10, r1, r2 "), -1);
  EXPECT_EQ(evaluate("sadd r10, k0, k3 "), 14);
  EXPECT_EQ(evaluate("sadd r0, r1, #5 sadd r10, r0, #2 "), 2);
  EXPECT_EQ(evaluate("ldc r10, none, #3 "), 11);
  EXPECT_EQ(evaluate("ldc r10, k0, #-3 "), 3);
}

TEST(ISA, I4_Predicates) {
  EXPECT_EQ(evaluate("sadd r10, r0, #1 if k2 "), 0);
  EXPECT_EQ(evaluate("sadd r10, r0, #1 if k1 "), 1);
  EXPECT_EQ(evaluate("loop k0, 2 if r0 sadd r10, r10, #1 sadd r10, r10, #1 "
                     "sadd r10, r10, #5 "),
            5);
  FirstEvent run("sadd r3, r3, #1 if r0 loop k0, 1 if r0 sadd r3, r3, #1 ");
  EXPECT_EQ(run.sequencer.getWork(), (Sequencer::Work{0, 0, 0, 2}));
}

TEST(ISA, I6_Loops) {
  EXPECT_EQ(evaluate("loop k0, 1 sadd r10, r10, #1 "), 3);
  EXPECT_EQ(evaluate("loop k2, 1 sadd r10, r10, #1 "), 0);
  // The count is read once.
  EXPECT_EQ(evaluate("sadd r3, r0, #4 loop r3, 2 sadd r3, r3, #1 "
                     "sadd r10, r10, #1 "),
            4);
  // Three loops that end together, and what follows an inner one.
  EXPECT_EQ(evaluate("loop k0, 5 loop k0, 3 sadd r11, r11, #1 loop k0, 1 "
                     "sadd r10, r10, #1 smul r12, r10, #2 "),
            27);
  std::string nest;
  for (int i = 0; i != 8; ++i)
    nest += "loop k0, " + std::to_string(8 - i) + " ";
  EXPECT_EQ(evaluate(nest + "sadd r10, r10, #1 "), 6561);
  EXPECT_EQ(FirstEvent("loop k1, 1 sadd r1, r1, #1 ").trap(),
            "loop count -2 is negative");
  // 1 + 3 * 1 + 3 * 3 iterations begin, the skipped loop counts as one.
  FirstEvent run(
      "loop k0, 2 loop k0, 1 sadd r3, r3, #1 loop k2, 1 sadd r3, r3, #1 ");
  EXPECT_EQ(run.event, Event::Halt);
  EXPECT_EQ(run.sequencer.getWork(), (Sequencer::Work{9, 0, 13, 0}));
}

TEST(ISA, I6_IterationsAreLimited) {
  // 3 + 3 * 3 iterations.
  Program program = makeProgram("loop k0, 3 sadd r1, r1, #1 loop k0, 1 "
                                "sadd r2, r2, #1 ");
  auto trap = [&](uint64_t limit) {
    Sequencer sequencer(program, program.launches[0], 1, 1, {7, -8}, limit);
    return sequencer.next() == Event::Trap
               ? sequencer.getTrap() + " at " +
                     std::to_string(sequencer.getPC())
               : "";
  };
  EXPECT_EQ(trap(12), "");
  EXPECT_EQ(trap(11), "loop count 3: the core's loops have more than 11 "
                      "iterations at 2");
  EXPECT_EQ(trap(2), "loop count 3: the core's loops have more than 2 "
                     "iterations at 0");
  EXPECT_EQ(defaultMaxIterations, 1000000000u);
}

TEST(ISA, I6_LoopStructureIsStatic) {
  auto message = [](const std::string &body) {
    return messageOf(verifyProgram(parse(R"(
device "tiny" mesh 1 1
class "c" {)" + body + R"(}
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)")));
  };
  auto contains = [](const std::string &text, const char *part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_EQ(message("loop r1, 1 halt halt"), "");
  EXPECT_TRUE(contains(message("loop r1, 0 halt"), "the body has to hold"));
  EXPECT_TRUE(contains(message("loop r1, 1 halt"), "the body has to hold"));
  EXPECT_TRUE(contains(message("loop r1, 2 loop r1, 2 halt halt halt"),
                       "the body has to hold 1 to 1 instructions"));
  std::string nest;
  for (int i = 0; i != 9; ++i)
    nest += "loop r1, " + std::to_string(9 - i) + " ";
  EXPECT_TRUE(contains(message(nest + "halt halt"), "at most 8 deep"));
  EXPECT_TRUE(contains(message("sadd r1, r1, #1"), "unpredicated halt")); // I5
  EXPECT_TRUE(contains(message("halt if r1"), "unpredicated halt"));
  Program program = makeProgram("loop r1, 1 sadd r2, r2, #1 ");
  program.launches[0].entry[0] = 1;
  EXPECT_TRUE(contains(messageOf(verifyProgram(program)), "inside a loop"));
}

TEST(ISA, I10_Scalars) {
  auto binary = [](const std::string &op, int32_t a, int32_t b) {
    std::string text = "sadd r3, r0, #" + std::to_string(a) +
                       " sadd r4, r0, #" + std::to_string(b) + " " + op +
                       " r5, r3, r4 " + op + " r6, r3, #" + std::to_string(b) +
                       " dss d1, i32 r5 dss d2, i32 r6 dsm d0, f32 o0[0] "
                       "add d0, d1, d2 ";
    FirstEvent run(text);
    EXPECT_EQ(run.vector().a.bits, run.vector().b.bits);
    return static_cast<int32_t>(run.vector().a.bits);
  };
  std::mt19937 rng(9);
  for (int i = 0; i != 200; ++i) {
    int32_t a = i % 2 ? rng() : int32_t(rng() % 20) - 10;
    int32_t b = i % 3 ? int32_t(rng() % 20) - 10 : rng();
    EXPECT_EQ(binary("sadd", a, b), int32_t(uint32_t(a) + uint32_t(b)));
    EXPECT_EQ(binary("ssub", a, b), int32_t(uint32_t(a) - uint32_t(b)));
    EXPECT_EQ(binary("smul", a, b), int32_t(uint32_t(a) * uint32_t(b)));
    EXPECT_EQ(binary("smin", a, b), std::min(a, b));
    EXPECT_EQ(binary("smax", a, b), std::max(a, b));
    EXPECT_EQ(binary("seq", a, b), a == b);
    EXPECT_EQ(binary("slt", a, b), a < b);
    EXPECT_EQ(binary("sle", a, b), a <= b);
    if (b == 0)
      continue;
    int32_t quotient = binary("sdiv", a, b), rest = binary("srem", a, b);
    EXPECT_EQ(int64_t(quotient) * b + rest, a);
    EXPECT_TRUE(rest == 0 || (rest < 0) == (b < 0));
    EXPECT_LT(std::abs(int64_t(rest)), std::abs(int64_t(b)));
  }
  EXPECT_EQ(binary("sdiv", INT32_MIN, -1), INT32_MIN);
  EXPECT_EQ(FirstEvent("sdiv r1, r1, r0 ").trap(), "sdiv by zero");
  EXPECT_EQ(FirstEvent("srem r1, r1, #0 ").trap(), "srem by zero");
  EXPECT_EQ(FirstEvent("ldc r1, r1, #0 ").trap(),
            "ldc of constant 7, the table has 4");
  EXPECT_EQ(FirstEvent("ldc r1, r2, #0 ").trap(),
            "ldc of constant -8, the table has 4");
}

TEST(ISA, I11_MemoryDescriptors) {
  FirstEvent run("dsm d1, bf16 o0[r1 + 5] stride k1 step k0 dsm d2, f32 o0[8] "
                 "add d1, d2, d1 ");
  const VectorOp &op = run.vector();
  EXPECT_EQ(op.dst.kind, Stream::Kind::Memory);
  EXPECT_EQ(op.dst.type, ElementType::BF16);
  EXPECT_EQ(op.dst.base, 12u);
  EXPECT_EQ(op.dst.stride, -2);
  EXPECT_EQ(op.dst.step, 3);
  EXPECT_EQ(op.a.base, 8u);
  EXPECT_EQ(op.a.stride, 1);
  EXPECT_EQ(op.a.step, 0);
  EXPECT_EQ(op.c.kind, Stream::Kind::None);
  EXPECT_EQ(op.extent, 1u);
  EXPECT_EQ(op.repeat, 1u);
  EXPECT_EQ(op.engine, noOperand);
}

TEST(ISA, I12_FabricDescriptors) {
  FirstEvent run(
      "dsf d1, f16 colour[k0 + 2] dsf d2, f32 colour[1] mov d1, d2 ");
  EXPECT_EQ(run.vector().dst.kind, Stream::Kind::Fabric);
  EXPECT_EQ(run.vector().dst.colour, 5);
  EXPECT_EQ(run.vector().a.colour, 1);
  EXPECT_NE(FirstEvent("dsf d1, f16 colour[k1 + 0] ")
                .trap()
                .find("colour -2, a "
                      "program has"),
            std::string::npos);
  EXPECT_NE(FirstEvent("dsf d1, f16 colour[99] ").trap().find("colour 99"),
            std::string::npos);
}

TEST(ISA, I13_Splats) {
  auto bits = [](const std::string &splat) {
    FirstEvent run("dss d1, " + splat + " dsm d0, f32 o0[0] mov d0, d1 ");
    EXPECT_EQ(run.vector().a.kind, Stream::Kind::Splat);
    return run.vector().a.bits;
  };
  EXPECT_EQ(bits("f32 1.5"), toBits(1.5f));
  EXPECT_EQ(bits("f32 0xff800000"), 0xff800000u);
  EXPECT_EQ(bits("f32 int r2"), toBits(-8.0f));
  EXPECT_EQ(bits("f32 int 3"), toBits(3.0f));
  EXPECT_EQ(bits("f32 r1"), 7u);
  EXPECT_EQ(bits("i32 r2"), uint32_t(-8));
  EXPECT_EQ(bits("i32 9"), 9u);
  EXPECT_EQ(bits("f16 1.0001"), 0x3c00u);
  EXPECT_EQ(bits("bf16 1.003"), 0x3f80u);
}

TEST(ISA, I14_UnsetDescriptors) {
  EXPECT_EQ(FirstEvent("mov d1, d2 ").trap(), "descriptor d1 was never set");
  EXPECT_EQ(FirstEvent("dsm d1, f32 o0[0] add d1, d1, d2 ").trap(),
            "descriptor d2 was never set");
  EXPECT_EQ(FirstEvent("dss d1, f32 1 mov d1, d1 ").trap(),
            "destination d1 is a splat");
  // Descriptors are read at issue.
  FirstEvent run("dsm d1, f32 o0[0] mov d1, d1 dsm d1, f32 o0[4] mov d1, d1 ");
  EXPECT_EQ(run.vector().a.base, 0u);
  EXPECT_EQ(run.sequencer.next(), Event::Vector);
  EXPECT_EQ(run.vector().a.base, 4u);
}

TEST(ISA, I30_NegativeExtents) {
  const std::string mov = "dsm d1, f32 o0[0] mov d1, d1 ";
  EXPECT_EQ(FirstEvent(mov + "x k1 ").trap(), "extent -2 is negative");
  EXPECT_EQ(FirstEvent(mov + "map k1 ").trap(), "repeat -2 is negative");
  EXPECT_EQ(FirstEvent(mov + "x k2 map k0 ").vector().extent, 0u);
}

TEST(Sequencer, EventsAndWork) {
  FirstEvent run(
      "sadd r3, r0, #2 dsm d1, f32 o0[0] mov d1, d1 x k0 map r3 on e0 "
      "wait e0 epoch 0 ");
  EXPECT_EQ(run.vector().extent, 3u);
  EXPECT_EQ(run.vector().repeat, 2u);
  EXPECT_EQ(run.vector().engine, 0);
  EXPECT_EQ(run.vector().pc, 2u);
  EXPECT_EQ(run.sequencer.getWork(), (Sequencer::Work{1, 1, 0, 0}));
  EXPECT_EQ(run.sequencer.next(), Event::Wait);
  EXPECT_EQ(run.sequencer.getEngine(), 0);
  EXPECT_EQ(run.sequencer.getWork(), (Sequencer::Work{}));
  EXPECT_EQ(run.sequencer.next(), Event::Epoch);
  EXPECT_EQ(run.sequencer.getRouteTable(), 0u);
  EXPECT_EQ(run.sequencer.next(), Event::Halt);
  EXPECT_EQ(run.sequencer.next(), Event::Halt); // stays halted
}
