//===- ShapeTest.cpp - Models without weights -----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUF/Shape.h"
#include "GGUFBuilder.h"
#include "plmr/Frontend/GGUF/Architecture.h"
#include <gtest/gtest.h>

using namespace plmr;
using namespace plmr::test;

static llvm::Expected<ModelDescription> read(llvm::Expected<GGUFFile> file) {
  if (!file)
    return file.takeError();
  return readModel(*file);
}

static std::string refuse(llvm::StringRef json) {
  return getMessage(read(parseShape(json, "m.json")));
}

/// Parameters as the models' authors count them.
static uint64_t countParameters(const ModelDescription &model) {
  uint64_t count = 0;
  for (const GGUFTensor &tensor : model.tensors)
    count += tensor.getNumElements();
  return count;
}

TEST(Shape, S1_BuiltinShapesHaveThePublishedNumberOfParameters) {
  const std::map<std::string, uint64_t> published = {
      {"llama2-7b", 6738415616},       {"llama2-13b", 13015864320},
      {"llama2-70b", 68976648192},     {"llama3-8b", 8030261248},
      {"llama3-70b", 70553706496},     {"codellama-7b", 6738546688},
      {"codellama-13b", 13016028160},  {"codellama-34b", 33743970304},
      {"mistral-7b-v0.3", 7248023552}, {"tinyllama-1.1b", 1100048384}};
  EXPECT_EQ(getBuiltinShapeNames().size(), published.size());
  for (const std::string &name : getBuiltinShapeNames()) {
    llvm::Expected<ModelDescription> model = read(loadShape(name));
    ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
    EXPECT_EQ(model->name, name);
    EXPECT_EQ(countParameters(*model), published.at(name)) << name;
  }
}

TEST(Shape, S2_S3_KeysAreThoseOfAGGUFFileAndComeFromTheBase) {
  llvm::Expected<ModelDescription> model = read(parseShape(
      R"({"name": "few", "base": "llama2-13b", "block_count": 3})", "m.json"));
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  EXPECT_EQ(model->name, "few");
  EXPECT_EQ(model->numBlocks, 3u);
  EXPECT_EQ(model->embeddingLength, 5120u);
  EXPECT_EQ(model->numKVHeads, 40u);
  EXPECT_EQ(model->vocabSize, 32000u);
  EXPECT_EQ(model->rmsEpsilon, 1e-5f);
  EXPECT_EQ(model->ropeFreqBase, 10000.0f);
  EXPECT_EQ(model->getTensor(TensorRole::Query, 2).type, GGUF_F16);
  EXPECT_EQ(model->getTensor(TensorRole::AttentionNorm, 2).type, GGUF_F32);
}

TEST(Shape, S4_AModelWithoutDataHasNoTokenizer) {
  llvm::Expected<GGUFFile> file = loadShape("llama3-8b");
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  EXPECT_FALSE(file->hasData());
  llvm::Expected<ModelDescription> model = readModel(*file);
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  llvm::Expected<ModelInfo> info = readModelInfo(*file, *model);
  ASSERT_TRUE(static_cast<bool>(info)) << llvm::toString(info.takeError());
  EXPECT_EQ(info->vocabSize, 128256u);
  EXPECT_EQ(info->embedding.file, noData);
  EXPECT_TRUE(info->tokens.empty());
}

TEST(Shape, S2_S3_Refuses) {
  EXPECT_EQ(refuse("{"), "m.json: not JSON at byte 2");
  EXPECT_EQ(refuse(R"({"rope.freq_base": 1e999})"),
            "m.json: expected a number from -1.8e308 to 1.8e308 but got 1e999 "
            "at byte 24");
  EXPECT_EQ(refuse("[]"), "m.json: expected a JSON object");
  EXPECT_EQ(refuse(R"({"name": "a", "name": "b"})"),
            "m.json: key 'name' occurs twice");
  EXPECT_EQ(refuse(R"({"base": "llama3-8b"})"),
            "m.json: key 'name' is missing");
  EXPECT_EQ(refuse(R"({"name": "", "base": "llama3-8b"})"),
            "m.json: 'name' is \"\", expected a non-empty string");
  EXPECT_EQ(refuse(R"({"name": "a"})"),
            "m.json: key 'architecture' is missing");
  EXPECT_EQ(refuse(R"({"name": "a", "base": 3})"),
            "m.json: 'base' is 3, expected the name of a shape");
  EXPECT_EQ(refuse(R"({"name": "a", "base": "llama9"})")
                .find("m.json: 'base': unknown shape 'llama9', expected one of "
                      "llama2-7b, "),
            0u);
  EXPECT_EQ(refuse(R"({"name": "a", "base": "llama3-8b", "block_count": [1]})"),
            "m.json: 'block_count' is [1], expected a number, a bool or a "
            "string");
  // What a GGUF file would be refused for.
  EXPECT_EQ(refuse(R"({"name": "a", "architecture": "qwen2"})"),
            "m.json: key 'general.architecture': expected an architecture that "
            "is supported but got 'qwen2'; supported: llama");
  EXPECT_EQ(refuse(R"({"name": "a", "base": "llama3-8b", "layers": 4})")
                .find("m.json: key 'llama.layers': expected a key that "),
            0u);
  EXPECT_EQ(refuse(R"({"name": "a", "base": "llama3-8b", "block_count": -1})")
                .find("m.json: key 'llama.block_count': expected an integer "),
            0u);
  EXPECT_EQ(
      refuse(
          R"({"name": "a", "base": "llama3-8b", "block_count": 4000000000})"),
      "m.json: key 'llama.block_count': expected at most 1024 in a file "
      "without tensors but got 4000000000");
  EXPECT_EQ(
      refuse(R"({"name": "a", "base": "llama3-8b", "vocab_size": 4294967295})"),
      "m.json: tensor 'token_embd.weight': expected at most 2^40 elements but "
      "got shape 4096x4294967295");
}
