//===- RulesTest.cpp - A broken program for each rule ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rules of docs/Verify.md. V1 to V3 are those of verifyProgram.
//
//===----------------------------------------------------------------------===//

#include "plmr/Timing/Timing.h"
#include "plmr/Verify/Verify.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace plmr;
using testing::AllOf;
using testing::HasSubstr;

/// Two cores: k0 is 1 on the left one, k1 on the right one. Colour 0 goes to
/// the right, colour 1 to the left.
static std::string makeText(const std::string &code) {
  return R"(device "tiny" mesh 2 1
object "x" input 0 400
object "y" output 400 400
object "s" scratch 800 400
tensor "x" f32 object 0 pad zero
  dim balanced x [2]
  dim whole [100]
tensor "y" f32 object 1 pad zero
  dim balanced x [2]
  dim whole [100]
constant "isLeft" by_column [1, 0]
constant "isRight" by_column [0, 1]
constant "n" uniform [100]
class "all" {
  dsm d0, f32 o0[0]
  dsm d1, f32 o1[400]
  dsm d2, f32 o2[800]
  dsf d3, f32 colour[0]
  dsf d4, f32 colour[1]
)" + code +
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
routes of [0, 1]
  router
    route 0 ramp to east
  router
    route 0 west to ramp
launch "main" entry [0] routes 0 parameters [] inputs [0] outputs [1]
channel "right" "shift" colours [0] hops 1
)";
}

/// Both cores send r1 elements, and then take as many.
static const char *const exchangeR1 =
    "  mov d3, d0 x r1 if k0  mov d1, d4 x r1 if k0"
    "  mov d4, d0 x r1 if k1  mov d1, d3 x r1 if k1";
static const char *const writeOutput = "  mov d1, d0 x k2\n";

static LaunchVerdict verify(const std::string &code) {
  llvm::Expected<Program> program = parseAssembly(makeText(code), "test");
  if (!program) {
    ADD_FAILURE() << llvm::toString(program.takeError());
    return {};
  }
  llvm::Expected<LaunchVerdict> verdict =
      verifyLaunch(*program, program->launches[0], {});
  if (verdict)
    return std::move(*verdict);
  ADD_FAILURE() << llvm::toString(verdict.takeError());
  return {};
}

static void expectSafe(const std::string &code) {
  for (const Finding &finding : verify(writeOutput + code).findings)
    ADD_FAILURE() << getNumber(finding.rule) << ": " << finding.text;
}

/// The text of the only finding, which is of `rule`.
static std::string findOnly(VerifyRule rule, const std::string &code) {
  LaunchVerdict verdict = verify(writeOutput + code);
  EXPECT_EQ(verdict.findings.size(), 1u);
  if (verdict.findings.empty())
    return "";
  EXPECT_EQ(getNumber(verdict.findings[0].rule), getNumber(rule));
  return verdict.findings[0].text;
}

TEST(Rules, SafePrograms) {
  expectSafe("");
  expectSafe("mov d3, d0 x k2 if k0  mov d1, d3 x k2 if k1");
  expectSafe("mov d3, d0 x k2 on e0 if k0  mov d1, d3 x k2 on e1 if k1 "
             "wait e0 wait e1 epoch 1");
}

/// The error of reading the safe program with `from` replaced by `to`.
static std::string readWith(const std::string &from, const std::string &to) {
  std::string text = makeText(writeOutput);
  text.replace(text.find(from), from.size(), to);
  llvm::Expected<Program> program = parseAssembly(text, "test");
  if (!program)
    return llvm::toString(program.takeError());
  llvm::Error error = verifyProgram(*program);
  EXPECT_TRUE(bool(error));
  return llvm::toString(std::move(error));
}

TEST(Rules, V1_Memory) {
  EXPECT_THAT(readWith("\"s\" scratch 800 400", "\"s\" scratch 800 48300"),
              AllOf(HasSubstr("code and objects need 49224 bytes, a core of "
                              "'tiny' has 49152 for programs: 's' (scratch): "
                              "48300 bytes at 800, 'x' (input): 400 bytes at "
                              "0, 'y' (output): 400 bytes at 400, code and "
                              "constants: 124 bytes")));
}

TEST(Rules, V2_Queues) {
  std::string routes;
  for (unsigned colour = 2; colour != 9; ++colour)
    routes += "    route " + std::to_string(colour) + " ramp to east\n";
  EXPECT_THAT(
      readWith("    route 1 east to ramp\n", routes),
      HasSubstr("needs 0 input and 8 output queues, 'tiny' has 8 and 6: "
                "out 0 of 'right', out 2, out 3"));
}

/// Rings: test/unit/Program/VerifyTest.cpp.
TEST(Rules, V3_Routes) {
  EXPECT_THAT(readWith("    route 0 west to ramp\n", ""),
              HasSubstr("colour 0 leaves by the east port of router (0, 0), "
                        "where no router takes it"));
  EXPECT_THAT(
      readWith("route 0 ramp to east", "route 0 ramp to east\n"
                                       "    route 0 east to ramp"),
      HasSubstr("colour 0 is not in ascending order or has two routes"));
}

TEST(Rules, V4_Control) {
  EXPECT_THAT(findOnly(VerifyRule::Control, "sdiv r1, k2, r0"),
              AllOf(HasSubstr("core (0, 0), instruction 6 (sdiv r1, k2, r0)"),
                    HasSubstr("sdiv by zero")));
  EXPECT_THAT(findOnly(VerifyRule::Control, "ssub r1, r0, #1  loop r1, 1  "
                                            "wait e0"),
              HasSubstr("loop count -1 is negative"));
  EXPECT_THAT(findOnly(VerifyRule::Control, "mov d1, d9"),
              HasSubstr("descriptor d9 was never set"));
}

TEST(Rules, V5_Operands) {
  EXPECT_THAT(findOnly(VerifyRule::Operands, "mov d3, d0 if k1"),
              HasSubstr("colour 0 has no route from this core"));
  EXPECT_THAT(findOnly(VerifyRule::Operands, "mov d1, d3 if k0"),
              HasSubstr("colour 0 has no route to this core"));
  EXPECT_THAT(findOnly(VerifyRule::Operands,
                       "mov d3, d0 on e0 if k0  mov d3, d0 if k0"),
              HasSubstr("two live operands use colour 0"));
  EXPECT_THAT(findOnly(VerifyRule::Operands, "mov d1, d0 on e0  mov d2, d0 on "
                                             "e0"),
              HasSubstr("engine e0 is busy since instruction 6"));
  EXPECT_THAT(findOnly(VerifyRule::Operands, "gather d1, d0, d0"),
              HasSubstr("gather needs a memory stream and i32 indices"));
  EXPECT_THAT(findOnly(VerifyRule::Operands,
                       "sadd r1, r0, #67108865  mov d3, d3 x r1 if k0"),
              HasSubstr("a message of 67108865 wavelets"));
}

TEST(Rules, V6_Bounds) {
  EXPECT_THAT(findOnly(VerifyRule::Bounds, "dsm d5, f32 o0[4] mov d1, d5 x k2"),
              HasSubstr("elements 0 to 99 from byte 4 on are outside object "
                        "'x' of 400 bytes"));
  EXPECT_THAT(findOnly(VerifyRule::Bounds,
                       "ssub r1, r0, #1  dsm d5, f32 o0[4] stride r1  "
                       "sadd r2, r0, #3  mov d1, d5 x r2"),
              HasSubstr("elements -2 to 0 from byte 4"));
  EXPECT_THAT(findOnly(VerifyRule::Bounds, "dsm d5, f32 o0[2] mov d1, d5"),
              HasSubstr("byte address 2 is not a multiple of 4"));
  expectSafe("dsm d5, f16 o0[398] mov d1, d5");
}

TEST(Rules, V7_Races) {
  // Colour 1 comes in behind what is read or written at the same time.
  std::string receive = "mov d4, d0 x k2 if k1  mov d1, d4 x k2 on e0 if k0 ";
  EXPECT_THAT(findOnly(VerifyRule::Races, receive + "mov d2, d1 if k0 wait e0"),
              HasSubstr("race with what instruction 7 on e0 writes, reading "
                        "object 'y'"));
  EXPECT_THAT(findOnly(VerifyRule::Races, receive + "mov d1, d0 if k0 wait e0"),
              HasSubstr("on e0 writes, writing object 'y'"));
  EXPECT_THAT(
      findOnly(VerifyRule::Races, "mov d1, d0 x k2 on e0  mov d0, d0  wait e0"),
      HasSubstr("on e0 reads, writing object 'x'"));
  expectSafe(receive + "wait e0  mov d2, d1 if k0");
  expectSafe(receive + "mov d2, d0 if k0  wait e0");
  // Those of another engine stay.
  EXPECT_THAT(findOnly(VerifyRule::Races,
                       "mov d1, d0 on e0  mov d2, d0 on e1  wait e0  "
                       "mov d2, d0  wait e1"),
              HasSubstr("what instruction 7 on e1 writes"));
  expectSafe("mov d1, d0 on e0  dsm d5, f32 o1[404]  mov d5, d0  wait e0");
}

TEST(Rules, V8_UndefinedReads) {
  EXPECT_THAT(findOnly(VerifyRule::Undefined, "mov d1, d2 x k2"),
              HasSubstr("undefined element is read at byte 0 of object 's'"));
  EXPECT_THAT(findOnly(VerifyRule::Undefined, "mov d2, d0  mov d1, d2 x k2"),
              HasSubstr("byte 4 of object 's'"));
  // An operation may read what it has written.
  expectSafe("mov d2, d0  dsm d5, f32 o2[804]  sadd r1, r0, #9  mov d5, d2 x "
             "r1");
  LaunchVerdict verdict = verify("mov d1, d0 x k2 if k1");
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_THAT(verdict.findings[0].text,
              HasSubstr("element 0 of output 'y' is undefined at the end"));
}

TEST(Rules, V9_Balance) {
  EXPECT_THAT(findOnly(VerifyRule::Balance, "mov d3, d0 if k0"),
              HasSubstr("colour 0 of 'right': core (0, 0) sends 1 wavelets, "
                        "core (1, 0) takes 0"));
  // In each segment, since routes change.
  EXPECT_THAT(findOnly(VerifyRule::Balance, "mov d3, d0 if k0  epoch 1  "
                                            "epoch 0"),
              HasSubstr("sends 1 wavelets, core (1, 0) takes 0"));
}

TEST(Rules, V10_Deadlock) {
  EXPECT_THAT(findOnly(VerifyRule::Deadlock,
                       "mov d1, d4 if k0  mov d3, d0 if k0  "
                       "mov d1, d3 if k1  mov d4, d0 if k1"),
              AllOf(HasSubstr("cycle of 2: core (0, 0), instruction 6 "),
                    HasSubstr("waits to receive colour 1 from core (1, 0); "
                              "core (1, 0), instruction 8 "),
                    HasSubstr("colour 0 of 'right' from core (0, 0)")));
  // What queues hold decides.
  auto exchange = [](unsigned words) {
    return "sadd r1, r0, #" + std::to_string(words) + exchangeR1;
  };
  expectSafe(exchange(1));
  EXPECT_THAT(findOnly(VerifyRule::Deadlock, exchange(100)),
              AllOf(HasSubstr("cycle of 2"),
                    HasSubstr("waits to send colour 0 of 'right', the queue of "
                              "core (1, 0) is full")));
  LaunchVerdict verdict = verify(writeOutput + exchange(5));
  EXPECT_TRUE(verdict.findings.empty());
  EXPECT_THAT(verdict.oneWordDeadlock, HasSubstr("waits to send colour 0"));
  EXPECT_EQ(verify(writeOutput + exchange(2)).oneWordDeadlock, "");
  EXPECT_THAT(findOnly(VerifyRule::Deadlock, "epoch 1 if k0"),
              HasSubstr("is at an epoch; core (1, 0), instruction 7 (halt) has "
                        "halted"));
}

/// The number of words for which an exchange begins to deadlock is that of the
/// timing, of four- and of two-byte elements.
TEST(Rules, V10_TheDevicesQueuesDecide) {
  for (const char *type : {"f32", "f16"}) {
    unsigned numSafe = 0;
    for (unsigned words = 1; words != 60; ++words) {
      std::string n = std::to_string(words), t = type;
      std::string code = writeOutput;
      code += "sadd r1, r0, #" + n + " dsf d3, " + t + " colour[0] dsf d4, " +
              t + " colour[1]" + exchangeR1;
      llvm::Expected<Program> program = parseAssembly(makeText(code), "test");
      ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
      llvm::Expected<TimingResult> time =
          timeLaunch(*program, program->launches[0], {});
      bool ends = bool(time);
      if (!time)
        llvm::consumeError(time.takeError());
      EXPECT_EQ(verify(code).findings.empty(), ends) << t << " x " << n;
      numSafe += ends;
    }
    EXPECT_GT(numSafe, 5u);
    EXPECT_LT(numSafe, 59u);
  }
}

TEST(Rules, V11_Epochs) {
  EXPECT_THAT(findOnly(VerifyRule::Epochs, "mov d2, d0 on e0"),
              HasSubstr("engine e0, started by instruction 6, was not waited "
                        "for"));
  EXPECT_THAT(findOnly(VerifyRule::Epochs, "mov d2, d0 on e3  epoch 1  "
                                           "wait e3"),
              HasSubstr("engine e3"));
  EXPECT_THAT(findOnly(VerifyRule::Epochs, "epoch 1 if k0  epoch 0 if k1"),
              HasSubstr("core (0, 0) asks for route table 1"));
}

/// Two columns of cores. Constants: k0 the row, k1 a value for each column.
static LaunchVerdict verifyRows(const std::string &code) {
  std::string text = R"(device "lab" mesh 2 32
object "x" input 0 40
object "y" output 40 40
tensor "x" f32 object 0 pad zero
  dim whole [10]
tensor "y" f32 object 1 pad zero
  dim balanced x [2]
  dim balanced y [32]
  dim whole [10]
constant "row" by_row [)";
  for (unsigned row = 0; row != 32; ++row)
    text += (row ? ", " : "") + std::to_string(row);
  text += R"(]
constant "column" by_column [7, 9]
constant "n" uniform [10]
class "all" {
  dsm d0, f32 o0[0]
  dsm d1, f32 o1[40]
)" + code +
          R"(
  halt
}
launch "main" entry [0] routes 0 parameters [] inputs [0] outputs [1]
)";
  llvm::Expected<Program> program = parseAssembly(text, "test");
  if (!program) {
    ADD_FAILURE() << llvm::toString(program.takeError());
    return {};
  }
  return llvm::cantFail(verifyLaunch(*program, program->launches[0], {}));
}

/// Cores are told apart by what they compute of their coordinates.
TEST(Groups, ByResults) {
  LaunchVerdict verdict = verifyRows("sle r1, k0, #7  mov d1, d0 x k2 if r1");
  EXPECT_EQ(verdict.streams, 2u);
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].cores, 48u);
  EXPECT_THAT(verdict.findings[0].text, HasSubstr("core (0, 8), instruction"));
  // The same with an operand that all cores compute.
  verdict = verifyRows("sadd r2, r0, #7  sle r1, k0, r2  mov d1, d0 x k2 if "
                       "r1");
  EXPECT_EQ(verdict.streams, 2u);
  // Columns compare with other values.
  verdict = verifyRows("sle r1, k0, k1  mov d1, d0 x k2 if r1");
  EXPECT_EQ(verdict.streams, 64u);
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].cores, 24u + 22u);
  // An extent needs the value itself.
  verdict = verifyRows("mov d1, d0 x k2  smin r1, k0, #10  mov d1, d0 x r1");
  EXPECT_EQ(verdict.streams, 11u);
  verdict = verifyRows("mov d1, d0 x k2  mov d1, d0 x k0");
  EXPECT_EQ(verdict.streams, 32u);
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].cores, 2 * 21u);
}
