//===- MachineTest.cpp - Profiles and their JSON --------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Machine/Machine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace plmr;
using ::testing::HasSubstr;

namespace {

Machine get(llvm::StringRef name) {
  return llvm::cantFail(getBuiltinMachine(name));
}

std::string getError(llvm::StringRef json) {
  llvm::Expected<Machine> machine = parseMachine(json, "my.json");
  if (machine)
    return "no error";
  return llvm::toString(machine.takeError());
}

/// A profile on top of wse2 with one more key.
std::string withKey(const std::string &key) {
  return R"({"name": "mine", "base": "wse2", )" + key + "}";
}

TEST(Machine, BuiltinNames) {
  EXPECT_EQ(getBuiltinMachineNames(),
            (std::vector<std::string>{"wse2", "wse3", "lab", "tiny", "ideal"}));
  llvm::Expected<Machine> unknown = getBuiltinMachine("wse9");
  ASSERT_FALSE(bool(unknown));
  EXPECT_EQ(llvm::toString(unknown.takeError()),
            "unknown device 'wse9', expected one of wse2, wse3, lab, tiny, "
            "ideal or a .json file");
}

TEST(Machine, BuiltinProfilesAreSane) {
  for (const std::string &name : getBuiltinMachineNames()) {
    SCOPED_TRACE(name);
    Machine m = get(name);
    EXPECT_EQ(m.name, name);
    llvm::Error error = verifyMachine(m, name);
    EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
    // Wider types are never faster, fused never faster than its parts.
    for (const auto &rates : m.rates) {
      auto perCycle = [&](ElementType type) {
        Rate rate = rates[static_cast<unsigned>(type)];
        return double(rate.elements) / rate.cycles;
      };
      EXPECT_LE(perCycle(ElementType::F32), perCycle(ElementType::F16));
      EXPECT_EQ(perCycle(ElementType::F16), perCycle(ElementType::BF16));
    }
    // A fabric move keeps up with the link.
    EXPECT_LE(m.getTicks(m.getRate(RateClass::Move, ElementType::F32), 1),
              m.linkTicks);
  }
}

TEST(Machine, WaferProfiles) {
  for (const char *name : {"wse2", "wse3"}) {
    Machine m = get(name);
    EXPECT_EQ(m.grid, (MeshShape{750, 994}));
    EXPECT_EQ(m.sramBytes, 49152u);
    EXPECT_EQ(m.getUsableSramBytes(), 44976u);
    EXPECT_EQ(m.colours, 24u);
    EXPECT_EQ(m.getUsableColours(), 21u);
  }
  EXPECT_EQ(get("wse2").clockHz, 850e6);
}

TEST(Machine, MeasuredWSE3) {
  Machine m = get("wse3");
  double cycle = m.ticksPerCycle;
  EXPECT_EQ(m.hopTicks / cycle, 2.0);
  EXPECT_EQ(m.turnTicks / cycle, 20.0);
  EXPECT_EQ(m.linkTicks / cycle, 1.125);
  EXPECT_EQ(m.vectorSetupTicks / cycle, 16.0);
  Rate fma = m.getRate(RateClass::Fma, ElementType::F16);
  Rate move = m.getRate(RateClass::Move, ElementType::F16);
  EXPECT_DOUBLE_EQ(double(fma.elements) / fma.cycles, 2.92);
  EXPECT_DOUBLE_EQ(double(move.elements) / move.cycles, 4.82);
}

TEST(Machine, LabAndTinyAreSmallWSE2) {
  Machine lab = get("lab");
  EXPECT_EQ(lab.grid, (MeshShape{64, 64}));
  EXPECT_EQ(lab.sramBytes, 64u << 20);
  Machine expected = get("wse2");
  expected.name = "lab";
  expected.grid = lab.grid;
  expected.sramBytes = lab.sramBytes;
  EXPECT_EQ(lab, expected);
  Machine tiny = get("tiny");
  EXPECT_EQ(tiny.grid, (MeshShape{16, 16}));
  EXPECT_EQ(tiny.getUsableColours(), 12u);
  EXPECT_EQ(tiny.getUsableSramBytes(), 49152u);
}

TEST(Machine, TicksRoundUp) {
  Machine m = get("wse3");
  EXPECT_EQ(m.getTicks({73, 25}, 73), 25u * 8);
  EXPECT_EQ(m.getTicks({73, 25}, 74), 25u * 8 + 3);
  EXPECT_EQ(m.getTicks({73, 25}, 0), 0u);
  EXPECT_EQ(m.getWireWords(16), 2u);
  EXPECT_EQ(m.getWireWords(18), 2u);
  EXPECT_EQ(m.getWireWords(19), 3u);
}

TEST(Machine, JSONRoundTrip) {
  for (const std::string &name : getBuiltinMachineNames()) {
    Machine m = get(name);
    m.name = "with \"quotes\"";
    m.clockHz = 1.1e9 / 3;
    std::string text = printMachine(m);
    llvm::Expected<Machine> again = parseMachine(text, "x");
    ASSERT_TRUE(bool(again)) << llvm::toString(again.takeError());
    EXPECT_EQ(*again, m);
    EXPECT_EQ(printMachine(*again), text);
  }
}

TEST(Machine, EveryPrintedKeyIsReadAndRequired) {
  std::string text = printMachine(get("tiny"));
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text).split(lines, '\n');
  unsigned keys = 0;
  for (llvm::StringRef line : lines) {
    llvm::StringRef key = line.split(':').first.trim().trim('"');
    if (!line.starts_with("  \"") || key == "rates")
      continue;
    ++keys;
    std::string without = text;
    without.erase(without.find(line), line.size() + 1);
    EXPECT_THAT(getError(without),
                HasSubstr(("'" + key + "' is missing").str()));
  }
  EXPECT_EQ(keys, 27u);
}

TEST(Machine, BaseGivesWhatIsNotWritten) {
  llvm::Expected<Machine> m = parseMachine(
      withKey(R"("turnTicks": 5, "rates": {"fma": {"f16": [2, 1]}})"), "x");
  ASSERT_TRUE(bool(m)) << llvm::toString(m.takeError());
  Machine expected = get("wse2");
  expected.name = "mine";
  expected.turnTicks = 5;
  expected.rates[unsigned(RateClass::Fma)][unsigned(ElementType::F16)] = {2, 1};
  EXPECT_EQ(*m, expected);
}

TEST(Machine, JSONErrors) {
  EXPECT_THAT(getError("{\"name\": "), HasSubstr("my.json: not JSON at byte"));
  EXPECT_THAT(getError("[1]"), HasSubstr("my.json: expected a JSON object"));
  EXPECT_EQ(getError(R"({"name": "a", "name": "b"})"),
            "my.json: key 'name' occurs twice");
  EXPECT_THAT(getError(withKey(R"("hopTick": 1)")),
              HasSubstr("unknown key 'hopTick'"));
  EXPECT_THAT(getError(R"({"base": "wse2"})"), HasSubstr("'name' is missing"));
  EXPECT_THAT(getError(R"({"base": "wse2", "name": ""})"),
              HasSubstr("expected a non-empty string"));
  EXPECT_EQ(getError(R"({"base": "wse2", "name": "a\nb"})"),
            "my.json: name has control characters, expected text in one line");
  EXPECT_EQ(getError(R"({"base": "wse2", "name": "b\u00e9ta 2"})"), "no error");
  EXPECT_THAT(getError(R"({"name": "a", "base": 3})"),
              HasSubstr("'base' is 3, expected the name of a device"));
  EXPECT_THAT(getError(R"({"name": "a", "base": "wse7"})"),
              HasSubstr("'base': unknown device 'wse7'"));
  EXPECT_THAT(getError(R"({"name": "a"})"),
              HasSubstr("'grid' is missing and there is no \"base\""));
}

TEST(Machine, JSONTypeErrors) {
  EXPECT_THAT(getError(withKey(R"("hopTicks": "2")")),
              HasSubstr("'hopTicks' is \"2\", expected an integer"));
  EXPECT_THAT(getError(withKey(R"("hopTicks": -1)")),
              HasSubstr("'hopTicks' is -1, expected an integer from 0"));
  EXPECT_THAT(getError(withKey(R"("hopTicks": 1.5)")),
              HasSubstr("'hopTicks' is 1.5, expected an integer"));
  EXPECT_THAT(getError(withKey(R"("hopTicks": 4294967296)")),
              HasSubstr("expected an integer from 0 to 4294967295"));
  EXPECT_THAT(getError(withKey(R"("grid": [3])")),
              HasSubstr("'grid' is [3], expected [columns, rows]"));
  EXPECT_THAT(getError(withKey(R"("grid": [3, "4"])")),
              HasSubstr("'grid' is \"4\", expected an integer"));
  EXPECT_THAT(getError(withKey(R"("clockHz": true)")),
              HasSubstr("'clockHz' is true, expected a number"));
  EXPECT_THAT(getError(withKey(R"("rates": [])")),
              HasSubstr("'rates' is [], expected an object"));
  EXPECT_THAT(getError(withKey(R"("rates": {"fam": {}})")),
              HasSubstr("unknown key 'rates.fam'"));
  EXPECT_THAT(getError(withKey(R"("rates": {"fma": 1})")),
              HasSubstr("'rates.fma' is 1, expected an object"));
  EXPECT_THAT(getError(withKey(R"("rates": {"fma": {"f64": [1, 1]}})")),
              HasSubstr("unknown key 'rates.fma.f64'"));
  EXPECT_THAT(getError(withKey(R"("rates": {"fma": {"f32": 1}})")),
              HasSubstr("'rates.fma.f32' is 1, expected [elements, cycles]"));
  EXPECT_THAT(getError(withKey(R"("rates": {"fma": {"f32": [1, 0.5]}})")),
              HasSubstr("'rates.fma.f32' is 0.5, expected an integer"));
}

TEST(Machine, JSONLimits) {
  struct Case {
    const char *key, *message;
  };
  for (Case c : std::initializer_list<Case>{
           {R"("grid": [0, 4])", "grid columns is 0, expected 1 to 4096"},
           {R"("grid": [4, 4097])", "grid rows is 4097, expected 1 to 4096"},
           {R"("clockHz": 0.9)", "clockHz is out of range, expected 1 to"},
           {R"("clockHz": 2e12)", "clockHz is out of range, expected 1 to"},
           {R"("ticksPerCycle": 0)", "ticksPerCycle is 0, expected 1 to 1000"},
           {R"("linkTicks": 0)", "linkTicks is 0, expected 1"},
           {R"("hopTicks": 0)", "hopTicks is 0, expected 1"},
           {R"("rampTicks": 0)", "rampTicks is 0, expected 1"},
           {R"("queueWords": 0)", "queueWords is 0, expected 1 to 1024"},
           {R"("inputQueueWords": 2000)", "inputQueueWords is 2000"},
           {R"("outputQueueWords": 0)", "outputQueueWords is 0"},
           {R"("scalarTicks": 2000000)", "scalarTicks is 2000000"},
           {R"("epochTicks": 2000000)", "epochTicks is 2000000"},
           {R"("colours": 65)", "colours is 65, expected 1 to 64"},
           {R"("engines": 17)", "engines is 17, expected 0 to 16"},
           {R"("sramBytes": 0)", "sramBytes is 0, expected 1"},
           {R"("reservedSramBytes": 49152)", "leaves no memory"},
           {R"("reservedColours": 24)", "leaves no colour"},
           {R"("inputQueues": 0)", "inputQueues is 0, expected 1 to 24"},
           {R"("outputQueues": 25)", "outputQueues is 25, expected 1 to 24"},
           {R"("hopTicks": 5000)", "contradict linkTicks"},
           {R"("rampTicks": 5000)", "contradicts linkTicks"},
           {R"("rates": {"gather": {"bf16": [0, 1]}})",
            "rates.gather.bf16 elements is 0, expected 1 to 10000"},
           {R"("rates": {"gather": {"bf16": [1, 0]}})",
            "rates.gather.bf16 cycles is 0, expected 1 to 10000"}}) {
    SCOPED_TRACE(c.key);
    EXPECT_THAT(getError(withKey(c.key)), HasSubstr(c.message));
  }
}

TEST(Machine, LoadsFiles) {
  llvm::SmallString<64> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("plmr", "json", path));
  std::error_code error;
  llvm::raw_fd_ostream(path, error) << withKey(R"("engines": 3)");
  ASSERT_FALSE(error);
  llvm::Expected<Machine> machine = loadMachine(path);
  ASSERT_TRUE(bool(machine)) << llvm::toString(machine.takeError());
  EXPECT_EQ(machine->engines, 3u);
  llvm::sys::fs::remove(path);
  llvm::Expected<Machine> missing = loadMachine(path);
  ASSERT_FALSE(bool(missing));
  EXPECT_THAT(llvm::toString(missing.takeError()),
              HasSubstr("cannot read the device profile"));
  EXPECT_EQ(llvm::cantFail(loadMachine("tiny")).name, "tiny");
}

} // namespace
