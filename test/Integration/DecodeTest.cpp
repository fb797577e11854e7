//===- DecodeTest.cpp - From a GGUF file to tokens ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whole models on many meshes, against what llama.cpp recorded (token ids) and
// a computation in double precision (logits).
//
//===----------------------------------------------------------------------===//

#include "Models.h"
#include "gtest/gtest.h"

using namespace plmr;

namespace {

/// Feeds the prompt and `count` recorded ids; every choice must be the
/// recorded one and every logit near the reference.
void expectDecode(const std::string &mesh, const Reference &reference,
                  size_t count, EmulatorMode mode = EmulatorMode::Fast) {
  SessionOptions options;
  options.mode = mode;
  auto session = compile(reference.model, mesh, options);
  ASSERT_TRUE(static_cast<bool>(session))
      << llvm::toString(session.takeError());
  std::vector<int32_t> ids = reference.getIds();
  ids.resize(reference.prompt.size() + count);
  double worst = 0;
  for (size_t position = 0; position + 1 < ids.size(); ++position) {
    auto logits = (*session)->feed(ids[position]);
    ASSERT_TRUE(static_cast<bool>(logits))
        << llvm::toString(logits.takeError());
    if (position + 1 >= reference.prompt.size()) {
      auto best = std::max_element(logits->begin(), logits->end());
      ASSERT_EQ(best - logits->begin(), ids[position + 1])
          << "at position " << position << " on " << mesh;
    }
    if (!reference.logits.empty())
      worst = std::max(worst, reference.getDifference(position, *logits));
  }
  EXPECT_LE(worst, 5e-5) << "on " << mesh;
  testing::Test::RecordProperty("worst_logit_difference",
                                std::to_string(worst));
  for (const LaunchRecord &record : (*session)->getRecords())
    EXPECT_GT(record.ticks, 0u);
}

class Decode : public testing::TestWithParam<const char *> {};

TEST_P(Decode, BundledModelEqualsLlamaCpp) {
  expectDecode(GetParam(), getBundledModel(), 200);
}

TEST_P(Decode, Stories260KEqualsLlamaCpp) {
  std::optional<Reference> reference = getStories260K();
  if (!reference)
    GTEST_SKIP() << "stories260K is not here";
  expectDecode(GetParam(), *reference, 200);
}

INSTANTIATE_TEST_SUITE_P(Meshes, Decode,
                         testing::Values("1x1", "2x2", "4x4", "8x8", "3x5",
                                         "5x3", "7x4", "16x16"));

TEST(DecodeCheck, NothingUndefinedIsRead) {
  expectDecode("3x5", getBundledModel(), 12, EmulatorMode::Check);
}

TEST(DecodeQuantised, Q80EqualsLlamaCppOnTheDequantisedWeights) {
  expectDecode("4x4", getBundledQuantisedModel(), 64);
}

} // namespace
