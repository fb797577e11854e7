//===- TrapsTest.cpp - Rules that the emulator traps on -------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmulatorTest.h"
#include "plmr/Program/Trace.h"
#include <cmath>

using namespace plmr;

/// A 2 x 1 program: colour 0 goes from the left to the right core, colour 1
/// back. Objects: a (state), b (scratch), c (output), 40 bytes each at 0, 40
/// and 80. d0, d1, d2 are their f32 streams, d3 and d4 the colours.
static std::string makeText(const std::string &body) {
  return R"(
device "tiny" mesh 2 1
object "a" state 0 40
object "b" scratch 40 40
object "c" output 80 40
tensor "a" f32 object 0 pad zero dim balanced x [2] dim whole [10]
tensor "b" f32 object 1 pad zero dim balanced x [2] dim whole [10]
tensor "c" f32 object 2 pad zero dim whole [10]
constant "n" uniform [10]
constant "isLeft" by_column [1, 0]
constant "isRight" by_column [0, 1]
constant "zero" uniform [0]
constant "minusOne" uniform [-1]
constant "eleven" uniform [11]
class "all" {
  dsm d0, f32 o0[0]
  dsm d1, f32 o1[40]
  dsm d2, f32 o2[80]
  dsf d3, f32 colour[0]
  dsf d4, f32 colour[1]
)" + body +
         R"(
  halt
}
routes of [0, 1]
  router
    route 0 ramp to east
    route 1 east to ramp
  router
    route 0 west to ramp
    route 1 ramp to west
routes of [0 * 2]
  router
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)";
}

static std::string trap(const std::string &body,
                        EmulatorMode mode = EmulatorMode::Fast) {
  return Machinery(makeText(body), mode).trap();
}

#define EXPECT_TRAP(body, part)                                                \
  do {                                                                         \
    std::string message = trap(body);                                          \
    EXPECT_NE(message.find(part), std::string::npos) << message;               \
  } while (0)
#define EXPECT_CHECK_TRAP(body, part)                                          \
  do {                                                                         \
    std::string message = trap(body, EmulatorMode::Check);                     \
    EXPECT_NE(message.find(part), std::string::npos) << message;               \
    Machinery(makeText(body), EmulatorMode::Fast).run();                       \
  } while (0)

TEST(ISA, I7_WaitMakesEffectsVisible) {
  Machinery machinery(makeText(R"(
    mov d3, d0 x k0 on e0 if k1
    mov d4, d0 x k0 on e0 if k2
    mov d1, d3 x k0 on e1 if k2
    mov d1, d4 x k0 on e1 if k1
    wait e1
    add d1, d1, d1 x k0
    wait e0
    wait e1
  )"));
  std::vector<float> values(20), swapped(20);
  for (int i = 0; i != 20; ++i) {
    values[i] = i;
    swapped[(i + 10) % 20] = 2 * i;
  }
  machinery.write("a", values);
  machinery.run();
  EXPECT_EQ(machinery.read("b"), swapped);
}

TEST(ISA, I8_Epochs) {
  EXPECT_TRAP("mov d3, d0 x k0 if k1 epoch 1",
              "10 wavelets of colour 0 from core (0, 0) are left over at an "
              "epoch");
  EXPECT_TRAP("epoch 1 if k1 epoch 0 if k2",
              "core (0, 0) asks for route table 1");
  EXPECT_TRAP("mov d1, d0 on e0 epoch 1", "engine e0 was not waited for");
  EXPECT_TRAP("epoch 1 if k1",
              "deadlock: 1 cores wait in an epoch, 1 halted without it");
  EXPECT_TRAP("epoch 1 mov d3, d0 if k1", "colour 0 has no route from");
  // Back and forth, with messages in between.
  Machinery machinery(makeText(R"(
    mov d3, d0 x k0 if k1
    mov d1, d3 x k0 if k2
    epoch 1
    add d1, d1, d1 x k0 if k2
    epoch 0
    mov d4, d1 x k0 if k2
    mov d1, d4 x k0 if k1
  )"));
  machinery.write("a", std::vector<float>(20, 3));
  machinery.run();
  EXPECT_EQ(machinery.read("b"), std::vector<float>(20, 6));
}

TEST(ISA, I9_Halt) {
  EXPECT_TRAP("mov d3, d0 x k0 if k1",
              "core (1, 0): 10 wavelets of colour 0 from core (0, 0) are left "
              "over at the end");
  EXPECT_TRAP("mov d1, d0 x k0 on e1", "engine e1 was not waited for");
}

TEST(ISA, I10_ScalarTrapsNameTheCore) {
  EXPECT_EQ(trap("sdiv r1, r1, k1"),
            "launch 'main', core (1, 0), instruction 5 (sdiv r1, r1, k1): sdiv "
            "by zero");
}

TEST(ISA, I14_I30_SequencerTraps) {
  EXPECT_TRAP("mov d1, d9", "descriptor d9 was never set");
  EXPECT_TRAP("mov d1, d0 x k4", "extent -1 is negative");
}

TEST(ISA, I24_Messages) {
  // f16 packs two in a wavelet, repetitions begin one: 3 * 2 wavelets, which
  // the receiver takes as 6 repetitions of one f32-sized word.
  Machinery machinery(makeText(R"(
    dss d5, f16 1.5
    dsf d6, f16 colour[0]
    dsf d7, i32 colour[0]
    dsm d8, i32 o1[40]
    sadd r1, r0, #3
    sadd r2, r0, #6
    mov d6, d5 x r1 map r1 if k1
    mov d8, d7 x r2 if k2
  )"),
                      EmulatorMode::Fast);
  machinery.run();
  std::vector<float> b = machinery.read("b");
  for (int i = 0; i != 6; ++i) {
    uint32_t bits;
    memcpy(&bits, &b[10 + i], 4);
    EXPECT_EQ(bits, i % 2 ? 0x3e00u : 0x3e003e00u);
  }
  EXPECT_TRAP("sadd r1, r0, #16777216 smul r1, r1, #8 dss d5, f32 1 "
              "mov d3, d5 x r1 if k1",
              "a message of 134217728 wavelets");
}

TEST(ISA, I37_Gather) {
  Machinery machinery(makeText(R"(
    dsm d5, i32 o2[80]
    dsm d6, f32 o0[8]
    dsm d7, i32 o2[80] step k0
    sadd r2, r0, #2
    sadd r3, r0, #-1
    dss d8, i32 r3
    dss d9, i32 100
    gather d1, d0, d5 x k0
    dsm d1, f32 o1[40]
    gather d1, d6, d8
    dsm d1, f32 o1[44]
    gather d1, d6, d9
    dsm d6, f32 o0[8] stride r2
    dsm d1, f32 o1[48]
    gather d1, d6, d9
  )"),
                      EmulatorMode::Fast);
  std::vector<float> a(20);
  for (int i = 0; i != 20; ++i)
    a[i] = i;
  machinery.write("a", a);
  // As integers these are far outside, and 0.
  machinery.write("c", {0, 0, 0, 1, -1, 2, 3, 0, 0, -2});
  machinery.run();
  std::vector<float> b = machinery.read("b");
  EXPECT_EQ(b[0], 1); // 2 - 1
  EXPECT_EQ(b[1], 9); // clamped to the end
  EXPECT_EQ(b[2], 8); // 2 + 3 * 2
  EXPECT_EQ(b[3], 9); // 1.0f is a large index
  EXPECT_EQ(b[4], 0); // -1.0f a very negative one
  EXPECT_EQ(b[7], 0);
  EXPECT_TRAP("dss d5, f32 0 gather d1, d0, d5 x k0",
              "gather needs a memory stream and i32 indices");
  EXPECT_TRAP("dss d5, i32 0 gather d1, d3, d5 x k0", "gather needs");
  EXPECT_TRAP("dss d5, i32 0 dsm d0, f32 o0[40] gather d1, d0, d5 x k0",
              "outside object 'a'");
}

TEST(ISA, I40_Bounds) {
  EXPECT_TRAP("mov d1, d0 x k5",
              "elements 0 to 10 from byte 0 on are outside object 'b' of 40");
  EXPECT_TRAP("dsm d5, f32 o0[4] mov d1, d5 x k0", "outside object 'a'");
  EXPECT_TRAP("dsm d5, f32 o0[4] stride k4 sadd r1, r0, #3 mov d1, d5 x r1",
              "elements -2 to 0 from byte 4");
  EXPECT_TRAP("dsm d5, f32 o0[0] step k0 sadd r1, r0, #2 mov d5, d0 map r1",
              "elements 0 to 10");
  EXPECT_TRAP("dsm d5, f32 o1[0] mov d5, d0", "from byte -40");
  EXPECT_TRAP("dsm d5, f32 o0[2] mov d1, d5", "2 is not a multiple of 4");
  EXPECT_TRAP("dsm d5, f16 o0[1] mov d1, d5", "1 is not a multiple of 2");
  // The largest numbers do not wrap around.
  EXPECT_TRAP("sadd r1, r0, #2147483647 dsm d5, f32 o0[0] stride r1 step r1 "
              "mov d5, d0 x r1 map r1",
              "outside object 'a'");
  // With no element nothing is touched.
  Machinery(makeText("dsm d5, f32 o0[4000] mov d5, d0 x k3")).run();
}

TEST(ISA, I41_Colours) {
  EXPECT_TRAP("mov d3, d0 if k2", "colour 0 has no route from this core");
  EXPECT_TRAP("mov d1, d3 if k1", "colour 0 has no route to this core");
  EXPECT_TRAP("add d1, d3, d3 if k2", "two live operands use colour 0");
}

TEST(ISA, I50_StreamsRunElementByElement) {
  // Each core needs the other's element i - 1 for its element i: whole
  // messages would deadlock.
  Machinery machinery(makeText(R"(
    mov d3, d0 if k1
    dss d5, f32 1
    dsm d6, f32 o0[0]
    sadd r1, r0, #9
    add d3, d4, d5 x r1 if k1
    add d4, d3, d5 x k0 if k2
    mov d1, d4 if k1
  )"));
  machinery.run();
  // The right core adds ten times, the left nine; the last element stays.
  llvm::Expected<std::vector<float>> b = machinery.emulator->readTensor("b");
  EXPECT_NE(llvm::toString(b.takeError())
                .find("core (0, 0): element 1 is "
                      "undefined"),
            std::string::npos);
  Machinery again(machinery.program, EmulatorMode::Fast);
  again.run();
  EXPECT_EQ(again.read("b")[0], 19);
}

TEST(ISA, I51_BusyEngines) {
  EXPECT_TRAP("mov d1, d0 on e0 mov d2, d0 on e0", "engine e0 is busy");
}

TEST(ISA, I52_ColoursOfLiveOperations) {
  EXPECT_TRAP("mov d3, d0 x k0 on e0 if k1 mov d3, d0 x k0 if k1",
              "two live operands use colour 0");
  EXPECT_TRAP("mov d1, d3 x k0 on e0 if k2 mov d2, d3 x k0 on e1 if k2",
              "two live operands use colour 0");
}

/// Waiting for an operation without elements gives no colour free.
TEST(ISA, I52_ColoursOfOthersStayInUse) {
  EXPECT_TRAP("mov d1, d3 x k0 on e0 if k2 mov d1, d3 x r0 on e1 if k2 "
              "wait e1 mov d2, d3 x k0 if k2",
              "two live operands use colour 0");
}

TEST(ISA, I53_Races) {
  // Write after an asynchronous read, read and write after an asynchronous
  // write; what only reads is no race.
  EXPECT_CHECK_TRAP("mov d1, d0 x k0 on e0 mov d0, d2 x k3 mov d0, d0 wait e0",
                    "race with what a live asynchronous operation reads at "
                    "byte 0 of object 'a'");
  EXPECT_CHECK_TRAP("mov d1, d0 x k0 on e0 mov d2, d1 wait e0",
                    "race with what a live asynchronous operation writes");
  EXPECT_CHECK_TRAP("mov d1, d0 x k0 on e0 mov d1, d0 wait e0",
                    "race with what a live asynchronous operation writes");
  Machinery(makeText(R"(
    mov d1, d0 x k0 on e0
    mov d2, d0 x k0 on e1
    wait e0
    mov d1, d0
    wait e1
    mov d0, d1 x k0)"))
      .run();
  // Without elements nothing is touched, not even a gather's object.
  Machinery(makeText("dsm d5, i32 o0[0] gather d1, d0, d5 x r0 on e0 "
                     "mov d0, d2 x r0 mov d0, d0 wait e0"))
      .run();
  // Marks of another live operation stay after a wait.
  EXPECT_CHECK_TRAP("mov d1, d0 x k0 on e0 mov d2, d0 x k0 on e1 wait e0 "
                    "mov d0, d1 wait e1",
                    "race with what a live asynchronous operation reads");
}

TEST(ISA, I55_Deadlock) {
  std::string message = trap("mov d1, d4 if k1 mov d1, d3 x k0 if k2 "
                             "mov d3, d0 if k1 mov d4, d0 if k2");
  EXPECT_EQ(message,
            "launch 'main', deadlock, 2 of 2 cores have not halted: core (0, "
            "0), instruction 5 (mov d1, d4 if k1) waits for colour 1: 0 of 1 "
            "elements are here; on core (1, 0), instruction 6 (mov d1, d3 x k0 "
            "if k2) waits for colour 0: 0 of 10 elements are here; on which is "
            "a cycle back to core (0, 0)");
  message = trap("mov d1, d3 x k0 on e0 if k2 mov d3, d0 if k1 wait e0");
  EXPECT_NE(message.find("core (1, 0), instruction 5 (mov d1, d3 x k0 on e0 if "
                         "k2) waits for colour 0: 0 of 9 elements are here; on "
                         "core (0, 0), instruction 8 (halt) has halted"),
            std::string::npos)
      << message;
}

TEST(ISA, I60_UndefinedReads) {
  EXPECT_CHECK_TRAP("mov d2, d1",
                    "undefined element is read at byte 0 of object 'b'");
  EXPECT_CHECK_TRAP("sadd r1, r0, #9 mov d1, d0 x r1 mov d2, d1 x k0",
                    "undefined element is read at byte 36 of object 'b'");
  // An element may read what an earlier one of the same operation wrote.
  Machinery(makeText("mov d1, d0 dsm d5, f32 o1[44] sadd r1, r0, #9 "
                     "add d5, d1, d0 x r1 mov d2, d1 x k0"))
      .run();
  // The host's reads are checked, too.
  Machinery machinery(makeText(""));
  machinery.run();
  llvm::Expected<std::vector<float>> b = machinery.emulator->readTensor("b");
  EXPECT_EQ(llvm::toString(b.takeError()),
            "tensor 'b', core (0, 0): element 0 is undefined");
}

TEST(ISA, I61_Replicas) {
  Machinery machinery(makeText("dss d5, f32 int k1 mov d2, d5 x k0"));
  machinery.run();
  llvm::Expected<std::vector<float>> c = machinery.emulator->readTensor("c");
  EXPECT_EQ(llvm::toString(c.takeError()),
            "tensor 'c', core (1, 0): element 0 is 0 where another replica "
            "holds 1");
}

TEST(Trace, HashSeesWhatTimeDependsOn) {
  auto hash = [](const std::string &body) {
    Machinery machinery(makeText(body), EmulatorMode::Fast);
    const Program &program = machinery.emulator->getProgram();
    return traceLaunch(program, program.launches[0], {}, defaultMaxIterations)
        .at(0);
  };
  uint64_t base = hash("mov d1, d0 x k0");
  EXPECT_EQ(hash("mov d1, d0 x k0"), base);
  // Other addresses and values take the same time.
  EXPECT_EQ(hash("mov d2, d1 x k0"), base);
  const char *others[] = {
      "mov d1, d0",
      "exp d1, d0 x k0",
      "mov d1, d0 x k0 on e0 wait e0",
      "mov d1, d0 x k0 on e1 wait e1",
      "sadd r1, r1, r1 mov d1, d0 x k0",
      "mov d1, d0 x k0 sadd r1, r1, r1",
      "dsm d5, f32 o0[0] mov d1, d0 x k0",
      "sadd r1, r1, r1 if r0 mov d1, d0 x k0",
      "loop r0, 1 sadd r1, r1, r1 mov d1, d0 x k0",
      "mov d1, d0 x k0 map k0",
      "dsm d0, f16 o0[0] mov d1, d0 x k0",
      "dsm d0, f32 o0[0] stride r0 mov d1, d0 x k0",
      "dss d0, f32 1 mov d1, d0 x k0",
      "mov d1, d0 x k0 if k1",
      "mov d1, d0 x k0 if k2",
      "mov d1, d0 x k0 epoch 0",
      "mov d3, d0 if k1 mov d1, d3 if k2",
      "mov d4, d0 if k2 mov d1, d4 if k1",
  };
  std::vector<uint64_t> seen = {base};
  for (const char *body : others) {
    uint64_t value = hash(body);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), value), 0) << body;
    seen.push_back(value);
  }
}

TEST(Emulator, HostErrors) {
  Machinery machinery(makeText(""));
  Emulator &emulator = *machinery.emulator;
  EXPECT_EQ(llvm::toString(emulator.writeTensor("q", {})),
            "no tensor 'q', the program has a, b, c");
  EXPECT_EQ(llvm::toString(emulator.writeTensor("a", {1, 2})),
            "tensor 'a': 2 values given, 20 expected");
  llvm::Expected<RunResult> result =
      emulator.run(machinery.program->launches[0], {1});
  EXPECT_EQ(llvm::toString(result.takeError()),
            "launch 'main' has 0 parameters, 1 given");
}

TEST(Emulator, FailedLaunchLeavesNoWavelets) {
  Machinery machinery(makeText("mov d3, d0 x k0 if k1 mov d1, d3 x k0 if k2 "
                               "mov d3, d0 if k1"),
                      EmulatorMode::Fast);
  EXPECT_NE(machinery.trap().find(": 1 wavelets"), std::string::npos);
  EXPECT_NE(machinery.trap().find(": 1 wavelets"), std::string::npos);
}
