//===- SessionTest.cpp - A language model at work -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Session.h"
#include "gtest/gtest.h"

using namespace plmr;

namespace {

/// A model of seven tokens: its state halves and takes the embedding in, and is
/// the logits. The embedding of token t is 8 at t + 1, so a greedy choice
/// counts up. The loop makes time depend on the position's parity.
std::shared_ptr<Program> makeModel() {
  Program program = llvm::cantFail(parseAssembly(R"(device "tiny" mesh 1 1
object "s" state 0 28
object "x" input 28 28
object "logits" output 56 28
tensor "s" f32 object 0 pad zero
  dim whole [7]
tensor "x" f32 object 1 pad zero
  dim whole [7]
tensor "logits" f32 object 2 pad zero
  dim whole [7]
constant "n" uniform [7]
class "all" {
  dsm d0, f32 o0[0]
  dsm d1, f32 o1[28]
  dsm d2, f32 o2[56]
  dss d3, f32 0.5
  fma d0, d0, d3, d1 x k0
  mov d2, d0 x k0
  srem r2, r1, #2
  loop r2, 1
  mov d2, d0 x k0
  halt
}
launch "decode" entry [0] routes 0 parameters ["position"] inputs [1] outputs [2]
)",
                                                 "test"));
  ModelInfo model;
  model.architecture = "llama";
  model.vocabSize = model.embeddingLength = 7;
  model.contextLength = 10;
  model.tokenizerModel = "llama";
  model.tokens = {"<unk>", "<s>", "</s>", "a", "b", "c", "\xe2\x96\x81"};
  model.scores.assign(7, 0);
  model.tokenTypes = {2, 3, 3, 1, 1, 1, 1};
  float rows[7][7] = {};
  for (unsigned token = 0; token != 7; ++token)
    rows[token][(token + 1) % 7] = 8;
  model.embedding.name = "embedding";
  model.embedding.file = inlineData;
  model.embedding.bytes = sizeof(rows);
  model.embedding.offset =
      program.data.append({reinterpret_cast<const char *>(rows), sizeof(rows)});
  program.model = model;
  return std::make_shared<Program>(std::move(program));
}

std::unique_ptr<Session> makeSession(SessionOptions options = {}) {
  return llvm::cantFail(Session::create(makeModel(), options));
}

std::vector<float> feed(Session &session, int32_t token) {
  return llvm::cantFail(session.feed(token)).vec();
}

std::string getCreateError(std::shared_ptr<Program> program) {
  auto session = Session::create(program);
  return session ? "" : llvm::toString(session.takeError());
}

struct Generation {
  std::vector<int32_t> tokens;
  std::vector<std::vector<float>> logits;
  std::string error;
};

Generation generate(Session &session, llvm::ArrayRef<int32_t> prompt,
                    int64_t count, bool ignoreEnd = false) {
  Generation result;
  GenerateOptions options;
  options.count = count;
  options.ignoreEnd = ignoreEnd;
  options.sampler.temperature = 0;
  GenerateCallbacks callbacks;
  callbacks.onToken = [&](int32_t token) { result.tokens.push_back(token); };
  callbacks.onLogits = [&](llvm::ArrayRef<float> logits) {
    result.logits.push_back(logits.vec());
    return llvm::Error::success();
  };
  result.error = llvm::toString(session.generate(prompt, options, callbacks));
  return result;
}

TEST(Session, KeepsStateBetweenTokens) {
  auto session = makeSession({EmulatorMode::Check});
  EXPECT_EQ(feed(*session, 3), (std::vector<float>{0, 0, 0, 0, 8, 0, 0}));
  EXPECT_EQ(feed(*session, 3), (std::vector<float>{0, 0, 0, 0, 12, 0, 0}));
  EXPECT_EQ(feed(*session, 4), (std::vector<float>{0, 0, 0, 0, 6, 8, 0}));
  EXPECT_EQ(session->getPosition(), 3u);
  session->reset();
  EXPECT_EQ(session->getPosition(), 0u);
  EXPECT_EQ(feed(*session, 4), (std::vector<float>{0, 0, 0, 0, 0, 8, 0}));
}

TEST(Session, TimesEachLaunch) {
  auto session = makeSession();
  for (int32_t position = 0; position != 6; ++position)
    feed(*session, 3);
  const Launch &decode = session->getProgram().launches[0];
  ASSERT_EQ(session->getRecords().size(), 6u);
  for (const LaunchRecord &record : session->getRecords()) {
    auto time =
        llvm::cantFail(timeLaunch(session->getProgram(), decode,
                                  {static_cast<int32_t>(record.position)}));
    EXPECT_EQ(record.ticks, time.ticks);
    EXPECT_EQ(record.macs, 7u);
    EXPECT_EQ(record.token, 3);
  }
  EXPECT_GT(session->getRecords()[1].ticks, session->getRecords()[0].ticks);
}

TEST(Session, GenerationKnowsTheTimesAtItsEnd) {
  auto session = makeSession();
  EXPECT_EQ(generate(*session, {3, 4}, 5).error, "");
  auto other = makeSession();
  for (int32_t token : {3, 4, 5, 6, 0, 1})
    feed(*other, token);
  EXPECT_EQ(session->getRecords(), other->getRecords());
  EXPECT_NE(session->getRecords()[5].ticks, 0u);
}

TEST(Session, TimingCanBeLeftOut) {
  auto session = makeSession({EmulatorMode::Fast, /*timing=*/false});
  feed(*session, 3);
  EXPECT_EQ(session->getRecords()[0].ticks, 0u);
}

TEST(Session, RefusesUnknownTokensAndAFullContext) {
  auto session = makeSession();
  for (int32_t token : {-1, 7})
    EXPECT_EQ(llvm::toString(session->feed(token).takeError()),
              "token " + std::to_string(token) +
                  ": expected an id from 0 to 6");
  EXPECT_EQ(session->getPosition(), 0u);
  for (unsigned i = 0; i != 10; ++i)
    feed(*session, 3);
  EXPECT_EQ(llvm::toString(session->feed(3).takeError()),
            "the context is full: it has 10 positions");
  EXPECT_EQ(session->getRecords().size(), 10u);
}

TEST(Session, GeneratesUntilTheEnd) {
  auto session = makeSession();
  // 3 4 5 6 0 1 2, and 2 is </s>.
  Generation result = generate(*session, {3}, -1);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.tokens, (std::vector<int32_t>{4, 5, 6, 0, 1, 2}));
  EXPECT_EQ(result.logits.size(), 6u) << "the last token is not fed";
}

TEST(Session, GeneratesUntilTheCount) {
  auto session = makeSession();
  Generation result = generate(*session, {3, 4}, 3);
  EXPECT_EQ(result.tokens, (std::vector<int32_t>{5, 6, 0}));
  EXPECT_EQ(result.logits.size(), 4u);
  EXPECT_EQ(result.logits[1], (std::vector<float>{0, 0, 0, 0, 4, 8, 0}));
  session->reset();
  result = generate(*session, {3, 4}, 0);
  EXPECT_TRUE(result.tokens.empty());
  EXPECT_EQ(result.logits.size(), 2u);
}

TEST(Session, GeneratesUntilTheContextIsFull) {
  auto session = makeSession();
  // Without </s>, the largest logit after 1 is the older one of 1 itself.
  Generation result = generate(*session, {3}, -1, /*ignoreEnd=*/true);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.logits.size(), 10u);
  EXPECT_EQ(result.tokens.size(), 10u);
  EXPECT_EQ(result.tokens[4], 1);
  EXPECT_EQ(result.tokens[5], 1);
  EXPECT_EQ(llvm::count(result.tokens, 2), 0);
}

TEST(Session, WhatDoesNotFitIsRefusedAtOnce) {
  auto session = makeSession();
  for (unsigned i = 0; i != 8; ++i)
    feed(*session, 3);
  EXPECT_EQ(generate(*session, {3, 3, 3}, 1).error,
            "the prompt has 3 tokens: expected at most 2, the positions left "
            "of the context");
  EXPECT_EQ(generate(*session, {3}, 3).error,
            "a prompt of 1 tokens and 3 more needs 3 positions, the context "
            "has 2 left: expected at most 2 more");
  session->reset();
  EXPECT_EQ(generate(*session, {3}, 10).error, "");
  session->reset();
  size_t launches = session->getRecords().size();
  EXPECT_EQ(generate(*session, {3}, 11).error,
            "a prompt of 1 tokens and 11 more needs 11 positions, the context "
            "has 10: expected at most 10 more");
  EXPECT_EQ(
      generate(*session, std::vector<int32_t>(11, 3), -1).error,
      "the prompt has 11 tokens: expected at most 10, the positions of the "
      "context");
  EXPECT_EQ(generate(*session, {}, 1).error,
            "the prompt is empty: expected at least one token");
  EXPECT_EQ(generate(*session, {3, 9}, 1).error,
            "token 9: expected an id from 0 to 6");
  EXPECT_EQ(session->getRecords().size(), launches);
}

TEST(Session, ChecksWhatTheProgramOffers) {
  auto program = makeModel();
  program->model.reset();
  EXPECT_EQ(getCreateError(program),
            "expected a program with a language model but got one without; "
            "plmr exec runs such programs");
  program = makeModel();
  program->launches[0].name = "main";
  EXPECT_EQ(getCreateError(program),
            "expected a launch 'decode' but the program has none");
  program = makeModel();
  program->launches[0].outputs = {0};
  EXPECT_EQ(getCreateError(program),
            "launch 'decode': expected output 'logits' but there is none");
  program = makeModel();
  program->launches[0].parameters.clear();
  EXPECT_EQ(getCreateError(program),
            "launch 'decode': expected the parameter 'position' but got 0 "
            "parameters");
  program = makeModel();
  program->model->embeddingLength = 3;
  EXPECT_EQ(getCreateError(program), "launch 'decode': expected input 'x' to "
                                     "be a vector of 3 elements");
  program = makeModel();
  program->model->tokens.pop_back();
  program->model->scores.pop_back();
  program->model->tokenTypes.pop_back();
  EXPECT_EQ(getCreateError(program),
            "model '': expected a vocabulary of 7 tokens but got 6");
  program = makeModel();
  program->model->kvPlacement = KVPlacement::Concat;
  EXPECT_EQ(getCreateError(program),
            "launch 'decode': expected the parameters 'position' and "
            "'settled' but got 1 parameters");
}

} // namespace
