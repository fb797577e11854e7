//===- CrossCheckTest.cpp - The verdict is what happens -------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Random programs, verified and run: the emulator's Check mode, whose queues
// have no bounds, and then the timing, whose queues are the device's. To check
// more programs than the test suite does:
//
//   PLMR_CROSS_CHECK=FIRST,COUNT PlmrVerifyTests --gtest_filter='CrossCheck.*'
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"
#include "plmr/Emulator/Emulator.h"
#include "plmr/Timing/Timing.h"
#include "plmr/Verify/Verify.h"
#include "gtest/gtest.h"
#include <cstdlib>

using namespace plmr;

/// The error of the run, or nothing.
static std::string runInCheckMode(std::shared_ptr<const Program> program) {
  auto emulator = Emulator::create(program, EmulatorMode::Check);
  if (!emulator)
    return llvm::toString(emulator.takeError());
  std::vector<float> values(program->tensors[0].placement.getShape()[0], 1.0f);
  if (llvm::Error error = (*emulator)->writeTensor("x", values))
    return llvm::toString(std::move(error));
  auto result = (*emulator)->run(program->launches[0], {});
  if (!result)
    return llvm::toString(result.takeError());
  auto output = (*emulator)->readTensor("y");
  if (!output)
    return llvm::toString(output.takeError());
  auto time = timeLaunch(*program, program->launches[0], {});
  return time ? "" : llvm::toString(time.takeError());
}

/// The rule of which the error says that it is broken.
static std::optional<VerifyRule> classify(llvm::StringRef error) {
  static const std::pair<const char *, VerifyRule> texts[] = {
      {"deadlock", VerifyRule::Deadlock},
      {"asks for route table", VerifyRule::Epochs},
      {"was not waited for", VerifyRule::Epochs},
      {"left over", VerifyRule::Balance},
      {"race with", VerifyRule::Races},
      {"undefined", VerifyRule::Undefined},
      {"are outside object", VerifyRule::Bounds},
      {"is not a multiple of", VerifyRule::Bounds},
      {"gather needs", VerifyRule::Operands},
      {"a message of", VerifyRule::Operands},
      {"has no route", VerifyRule::Operands},
      {"two live operands", VerifyRule::Operands},
      {"is busy", VerifyRule::Operands},
      {"is negative", VerifyRule::Control},
      {"by zero", VerifyRule::Control},
      {"a program has", VerifyRule::Control},
      {"was never set", VerifyRule::Control},
      {"is a splat", VerifyRule::Control}};
  for (const auto &[text, rule] : texts)
    if (error.contains(text))
      return rule;
  return std::nullopt;
}

static bool explains(const LaunchVerdict &verdict, VerifyRule rule) {
  return llvm::any_of(verdict.findings, [&](const Finding &finding) {
    return finding.rule == rule;
  });
}

TEST(CrossCheck, VerdictsAreWhatHappens) {
  uint64_t first = 0, count = 500;
  if (const char *range = std::getenv("PLMR_CROSS_CHECK")) {
    auto [begin, number] = llvm::StringRef(range).split(',');
    ASSERT_FALSE(begin.getAsInteger(10, first) ||
                 number.getAsInteger(10, count));
  }
  std::map<std::string, uint64_t> outcomes;
  for (uint64_t seed = first; seed != first + count; ++seed) {
    auto program = std::make_shared<Program>(makeNearlySafeProgram(seed));
    if (llvm::Error error = verifyProgram(*program))
      FAIL() << "seed " << seed << ": " << llvm::toString(std::move(error));
    llvm::Expected<LaunchVerdict> verdict =
        verifyLaunch(*program, program->launches[0], {});
    ASSERT_TRUE(bool(verdict));
    std::string error = runInCheckMode(program);
    std::string findings;
    for (const Finding &finding : verdict->findings)
      findings += "\n  " + getNumber(finding.rule) + " " + finding.text;
    EXPECT_EQ(error.empty(), findings.empty())
        << "seed " << seed << ": " << error << "\nbut" << findings;
    if (error.empty()) {
      ++outcomes["safe"];
      continue;
    }
    std::optional<VerifyRule> rule = classify(error);
    ASSERT_TRUE(rule) << "seed " << seed << ": " << error;
    EXPECT_TRUE(explains(*verdict, *rule))
        << "seed " << seed << ": " << error << "\nbut" << findings;
    ++outcomes[getNumber(*rule)];
  }
  // Each rule is broken by some of them. Any order of steps finds only the
  // first, so that a verdict may have more.
  for (const char *outcome :
       {"safe", "V4", "V5", "V6", "V7", "V8", "V9", "V10", "V11"}) {
    if (count >= 500)
      EXPECT_GT(outcomes[outcome], 0u) << outcome;
  }
  if (count != 500)
    for (const auto &[outcome, number] : outcomes)
      llvm::outs() << outcome << ": " << number << '\n';
}
