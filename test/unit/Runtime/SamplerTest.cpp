//===- SamplerTest.cpp - From logits to a token ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Sampler.h"
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <map>

using namespace plmr;

static constexpr float infinity = std::numeric_limits<float>::infinity();

static int32_t sample(Sampler &sampler, llvm::ArrayRef<float> logits) {
  llvm::Expected<int32_t> token = sampler.sample(logits);
  if (token)
    return *token;
  ADD_FAILURE() << llvm::toString(token.takeError());
  return -1;
}

/// How often each token is chosen in `rounds` calls.
static std::map<int32_t, unsigned> count(const SamplerOptions &options,
                                         llvm::ArrayRef<float> logits,
                                         unsigned rounds) {
  Sampler sampler(options);
  std::map<int32_t, unsigned> counts;
  for (unsigned i = 0; i < rounds; ++i)
    ++counts[sample(sampler, logits)];
  return counts;
}

static SamplerOptions plain(float temperature, uint32_t seed = 1) {
  return {temperature, /*topK=*/0, /*topP=*/1, seed};
}

TEST(Sampler, S1_S2_GreedyTakesTheFirstOfTheLargest) {
  for (float temperature : {0.0f, -1.0f}) {
    Sampler sampler(plain(temperature));
    EXPECT_EQ(sample(sampler, {1, 3, 2, 3}), 1);
    EXPECT_EQ(sample(sampler, {-infinity, -2}), 1);
  }
}

TEST(Sampler, S3_TheSeedDecides) {
  std::vector<float> logits = {0, 1, 2, 1, 0, -1};
  auto draw = [&](uint32_t seed) {
    Sampler sampler({0.9f, 5, 0.99f, seed});
    std::vector<int32_t> tokens;
    for (unsigned i = 0; i < 64; ++i)
      tokens.push_back(sample(sampler, logits));
    return tokens;
  };
  EXPECT_EQ(draw(7), draw(7));
  EXPECT_NE(draw(7), draw(8));
}

TEST(Sampler, S3_TheFirstNumberOfTheSeedIsUsedAsDefined) {
  // mt19937(5489) begins with 3499211612 = 0.8147 * 2^32.
  Sampler sampler(plain(1, 5489));
  std::vector<float> uniform(100, 0);
  EXPECT_EQ(sample(sampler, uniform), 81);
  EXPECT_EQ(sample(sampler, uniform), 13); // 581869302 = 0.1355 * 2^32
}

TEST(Sampler, S3_FollowsTheSoftmax) {
  std::vector<float> logits = {0, std::log(2.0f), std::log(5.0f), -infinity};
  constexpr unsigned rounds = 80000;
  auto counts = count(plain(1), logits, rounds);
  EXPECT_NEAR(counts[0], rounds / 8., 500);
  EXPECT_NEAR(counts[1], rounds / 4., 600);
  EXPECT_NEAR(counts[2], rounds * 5 / 8., 700);
  EXPECT_EQ(counts.count(3), 0u);
  // Half the temperature squares the odds: 1 : 4 : 25.
  counts = count(plain(0.5f), logits, rounds);
  EXPECT_NEAR(counts[1], rounds * 4 / 30., 500);
}

TEST(Sampler, S1_S2_TopK) {
  SamplerOptions options = plain(10);
  options.topK = 2;
  auto counts = count(options, {1, 5, 5, 4, 5}, 500);
  EXPECT_EQ(counts.size(), 2u); // of the three equal ones the lower ids
  EXPECT_TRUE(counts.count(1) && counts.count(2));
  options.topK = 100;
  EXPECT_EQ(count(options, {1, 1, 1}, 500).size(), 3u);
}

TEST(Sampler, S1_TopPKeepsTheFewestThatReachIt) {
  std::vector<float> logits = {std::log(1.f), std::log(5.f), std::log(2.f),
                               std::log(2.f)};
  SamplerOptions options = plain(1);
  options.topP = 0.49f;
  EXPECT_EQ(count(options, logits, 500).size(), 1u);
  options.topP = 0.51f; // 0.5 is not enough; of the equal ones the lower id
  auto counts = count(options, logits, 500);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_TRUE(counts.count(1) && counts.count(2));
  options.topP = 0.89f;
  EXPECT_EQ(count(options, logits, 500).size(), 3u);
  options.topP = 0;
  EXPECT_EQ(count(options, logits, 500).size(), 1u);
}

TEST(Sampler, S1_TopPComesAfterTopKAndBeforeTemperature) {
  // Among the best two, 5/7 of the weight is token 0's.
  std::vector<float> logits = {std::log(5.f), std::log(2.f), std::log(2.f)};
  SamplerOptions options = {/*temperature=*/100, /*topK=*/2, /*topP=*/0.7f, 1};
  EXPECT_EQ(count(options, logits, 500).size(), 1u);
  options.topK = 0; // 5/9 do not reach 0.7
  EXPECT_EQ(count(options, logits, 500).size(), 2u);
}

TEST(Sampler, S4_RefusesWhatIsNoDistribution) {
  Sampler sampler(plain(1));
  auto refuse = [&](llvm::ArrayRef<float> logits) {
    llvm::Expected<int32_t> token = sampler.sample(logits);
    return token ? "" : llvm::toString(token.takeError());
  };
  EXPECT_EQ(refuse({0, NAN}),
            "sampler: expected numbers as logits but logit 1 is NaN");
  EXPECT_EQ(refuse({-infinity, -infinity}),
            "sampler: expected a finite largest logit but got minus infinity");
  EXPECT_EQ(refuse({0, infinity}),
            "sampler: expected a finite largest logit but got infinity");
  EXPECT_EQ(refuse({}),
            "sampler: expected a finite largest logit but got none");
}
