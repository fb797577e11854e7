//===- ArchitectureTest.cpp - Models from GGUF files ----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GGUFBuilder.h"
#include "llvm/Support/FileSystem.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace plmr;
using namespace plmr::test;

static llvm::Expected<ModelDescription> read(const GGUFBuilder &builder) {
  llvm::Expected<GGUFFile> file = parse(builder);
  if (!file)
    return file.takeError();
  return readModel(*file);
}

/// The message of reading a llama after `change`.
template <typename Change> static std::string refuse(Change change) {
  GGUFBuilder builder = makeLlama();
  change(builder);
  return getMessage(read(builder));
}

TEST(Architecture, G14_G16_ReadsSizesAndDefaults) {
  llvm::Expected<ModelDescription> model = read(makeLlama());
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  EXPECT_EQ(model->architecture, "llama");
  EXPECT_EQ(model->name, "test");
  EXPECT_EQ(model->vocabSize, 6u);
  EXPECT_EQ(model->contextLength, 16u);
  EXPECT_EQ(model->embeddingLength, 32u);
  EXPECT_EQ(model->numBlocks, 1u);
  EXPECT_EQ(model->numHeads, 2u);
  EXPECT_EQ(model->numKVHeads, 1u);
  EXPECT_EQ(model->headDim, 16u);
  EXPECT_EQ(model->feedForwardLength, 64u);
  EXPECT_EQ(model->rmsEpsilon, 1e-5f);
  EXPECT_EQ(model->ropeKind, RopeKind::Adjacent);
  EXPECT_EQ(model->ropeFreqBase, 10000.0f);
  EXPECT_EQ(model->ropeDimensions, 16u);
  EXPECT_TRUE(model->tiedOutput);
  EXPECT_TRUE(model->notes.empty());
  EXPECT_EQ(model->getTensor(TensorRole::Output).name, "token_embd.weight");
  EXPECT_EQ(model->getTensor(TensorRole::Down).name, "blk.0.ffn_down.weight");
  EXPECT_EQ(model->getTensor(TensorRole::Key).getRowMajorShape(),
            (llvm::SmallVector<int64_t, 4>{16, 32}));
}

TEST(Architecture, G14_G16_G17_HeadsOfTheirOwnSizeAndAnOutputOfItsOwn) {
  GGUFBuilder b = makeLlama();
  b.set("llama.attention.head_count", 3u);
  b.set("llama.attention.head_count_kv", 3u);
  b.set("llama.attention.key_length", 4u);
  b.set("llama.rope.freq_base", 500000.0f);
  for (const char *name : {"attn_q", "attn_k", "attn_v", "attn_output"}) {
    std::string full = std::string("blk.0.") + name + ".weight";
    b.eraseTensor(full);
    b.add(full,
          llvm::StringRef(name) == "attn_output"
              ? std::vector<uint64_t>{12, 32}
              : std::vector<uint64_t>{32, 12},
          GGUF_F16);
  }
  b.add("output.weight", {32, 6}, GGUF_BF16);
  b.add("blk.0.attn_rot_embd", {8}, GGUF_F32);
  llvm::Expected<ModelDescription> model = read(b);
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  EXPECT_EQ(model->headDim, 4u);
  EXPECT_EQ(model->ropeFreqBase, 500000.0f);
  EXPECT_FALSE(model->tiedOutput);
  EXPECT_EQ(model->getTensor(TensorRole::Output).type, GGUF_BF16);
  EXPECT_THAT(model->notes,
              testing::ElementsAre("tensor 'blk.0.attn_rot_embd' is not used: "
                                   "the angles follow from the rope base"));
}

TEST(Architecture, G16_BlocksAreFoundByNumber) {
  GGUFBuilder b = makeLlama();
  b.set("llama.block_count", 2u);
  // Block 1 comes in another order.
  std::vector<BuiltTensor> tensors = b.tensors;
  for (const BuiltTensor &tensor : llvm::reverse(tensors)) {
    llvm::StringRef name = tensor.name;
    if (name.consume_front("blk.0."))
      b.add(("blk.1." + name).str(), tensor.shape, tensor.type);
  }
  llvm::Expected<ModelDescription> model = read(b);
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  ASSERT_EQ(model->tensors.size(), 3u + 2 * 9);
  for (unsigned block : {0, 1})
    for (unsigned role = numGlobalTensorRoles; role < numTensorRoles; ++role) {
      auto typed = static_cast<TensorRole>(role);
      EXPECT_EQ(
          model->getTensor(typed, block).name,
          llvm::formatv("blk.{0}.{1}.weight", block, stringify(typed)).str());
    }
}

TEST(Architecture, G13_G14_G18_RefusesKeys) {
  EXPECT_EQ(refuse([](auto &b) { b.set("general.architecture", "gpt2"); }),
            "m.gguf: key 'general.architecture': expected an architecture that "
            "is supported but got 'gpt2'; supported: llama");
  EXPECT_EQ(refuse([](auto &b) { b.set("general.architecture", "a\nb"); }),
            "m.gguf: key 'general.architecture': expected an architecture that "
            "is supported but got 'a\\0Ab'; supported: llama");
  EXPECT_EQ(refuse([](auto &b) { b.erase("general.architecture"); }),
            "m.gguf: key 'general.architecture': expected a string but the key "
            "is missing");
  EXPECT_EQ(refuse([](auto &b) { b.erase("llama.block_count"); }),
            "m.gguf: key 'llama.block_count': expected an integer but the key "
            "is missing");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.embedding_length", 0u); }),
            "m.gguf: key 'llama.embedding_length': expected a positive integer "
            "but got 0");
  EXPECT_EQ(refuse([](auto &b) {
              b.set("llama.attention.layer_norm_rms_epsilon", -1.0f);
            }),
            "m.gguf: key 'llama.attention.layer_norm_rms_epsilon': expected a "
            "positive number but got -1");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.vocab_size", 7u); }),
            "m.gguf: key 'llama.vocab_size': expected 6, the number of tokens, "
            "but got 7");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.attention.head_count_kv", 4u); }),
            "m.gguf: key 'llama.attention.head_count_kv': expected a divisor "
            "of the 2 heads but got 4");
  EXPECT_EQ(refuse([](auto &b) {
              b.set("llama.attention.head_count", 3u);
              b.set("llama.attention.head_count_kv", 3u);
            }),
            "m.gguf: key 'llama.attention.head_count': expected a divisor of "
            "the embedding length 32 but got 3; other head sizes need the key "
            "'llama.attention.key_length'");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.attention.value_length", 8u); }),
            "m.gguf: key 'llama.attention.value_length': expected 16, the head "
            "size of the keys, but got 8; supported: equal sizes");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.attention.key_length", 15u); }),
            "m.gguf: key 'llama.attention.key_length': expected an even head "
            "size but got 15");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.rope.dimension_count", 8u); }),
            "m.gguf: key 'llama.rope.dimension_count': expected 16, the head "
            "size, but got 8; supported: rotation of whole heads");
  EXPECT_EQ(refuse([](auto &b) { b.set("split.count", 2u); }),
            "m.gguf: key 'split.count': expected 1 but got 2; supported: "
            "models in one file");
  EXPECT_EQ(refuse([](auto &b) { b.set("general.type", "adapter"); }),
            "m.gguf: key 'general.type': expected 'model' but got 'adapter'; "
            "supported: model");
}

TEST(Architecture, G14_G15_RefusesWhatWouldChangeResults) {
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.expert_count", 8u); }),
            "m.gguf: key 'llama.expert_count': expected 0 but got 8; not "
            "supported: mixture of experts");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.rope.scaling.type", "yarn"); }),
            "m.gguf: key 'llama.rope.scaling.type': expected 'none' but got "
            "'yarn'; not supported: scaling of rotary positions");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.rope.scaling.factor", 2.0f); }),
            "m.gguf: key 'llama.rope.scaling.factor': expected 0 or 1 but got "
            "2; not supported: scaling of rotary positions");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.attention.causal", false); }),
            "m.gguf: key 'llama.attention.causal': expected true but got "
            "false; not supported: attention to later positions");
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.some.thing", 1u); }),
            "m.gguf: key 'llama.some.thing': expected a key that architecture "
            "llama knows, since others may change its results; supported: the "
            "keys that docs/GGUF.md lists");
  for (const char *key :
       {"attention.sliding_window", "attn_logit_softcapping",
        "final_logit_softcapping", "logit_scale", "attention.scale",
        "attention.clamp_kqv", "attention.max_alibi_bias", "residual_scale"})
    EXPECT_THAT(
        refuse([&](auto &b) { b.set(std::string("llama.") + key, 2.5f); }),
        testing::HasSubstr("; not supported: "))
        << key;

  // Neutral values are accepted.
  EXPECT_EQ(refuse([](auto &b) {
              b.set("llama.expert_count", 0u);
              b.set("llama.rope.scaling.type", "none");
              b.set("llama.rope.scaling.factor", 1.0f);
              b.set("llama.attention.causal", true);
              b.set("llama.attention.sliding_window", 0u);
              b.set("llama.tensor_data_layout", "Meta AI original pth");
              b.set("other.key", 1u);
            }),
            "");
}

TEST(Architecture, G17_G18_RefusesTensors) {
  EXPECT_EQ(refuse([](auto &b) { b.eraseTensor("blk.0.ffn_up.weight"); }),
            "m.gguf: tensor 'blk.0.ffn_up.weight': expected shape 32x64 but "
            "the tensor is missing");
  EXPECT_EQ(refuse([](auto &b) {
              b.eraseTensor("blk.0.attn_k.weight");
              b.add("blk.0.attn_k.weight", {16, 32}, GGUF_F32);
            }),
            "m.gguf: tensor 'blk.0.attn_k.weight': expected shape 32x16 but "
            "got 16x32");
  EXPECT_EQ(refuse([](auto &b) {
              b.eraseTensor("blk.0.attn_q.weight");
              b.add("blk.0.attn_q.weight", {32, 32}, 3);
            }),
            "m.gguf: tensor 'blk.0.attn_q.weight': expected a type that can be "
            "decoded but got Q4_1; supported: F32, F16, BF16, Q8_0, Q4_0");
  EXPECT_EQ(refuse([](auto &b) { b.add("rope_freqs.weight", {8}, GGUF_F32); }),
            "m.gguf: tensor 'rope_freqs.weight': expected only tensors of "
            "architecture llama; not supported: scaling of rotary positions");
  EXPECT_EQ(refuse([](auto &b) { b.add("blk.0.attn_q.bias", {32}, GGUF_F32); }),
            "m.gguf: tensor 'blk.0.attn_q.bias': expected only tensors of "
            "architecture llama; not supported: biases");
  for (const char *name : {"blk.1.attn_q.weight", "blk.00.attn_q.weight",
                           "output_norm2.weight", "token_embd"})
    EXPECT_EQ(refuse([&](auto &b) { b.add(name, {32, 32}, GGUF_F32); }),
              llvm::formatv("m.gguf: tensor '{0}': expected only tensors of "
                            "architecture llama with 1 blocks; supported: the "
                            "tensors that docs/GGUF.md lists",
                            name)
                  .str());
  EXPECT_EQ(refuse([](auto &b) { b.set("llama.block_count", 4000000000u); }),
            "m.gguf: tensor 'blk.1.attn_norm.weight': expected shape 32 but "
            "the tensor is missing");
}

//===----------------------------------------------------------------------===//
// What the host gets
//===----------------------------------------------------------------------===//

template <typename Change>
static llvm::Expected<ModelInfo> readInfo(Change change) {
  GGUFBuilder builder = makeLlama();
  change(builder);
  llvm::Expected<GGUFFile> file = parse(builder);
  if (!file)
    return file.takeError();
  llvm::Expected<ModelDescription> model = readModel(*file);
  if (!model)
    return model.takeError();
  return readModelInfo(*file, *model);
}

TEST(ModelInfo, G19_DefaultsAreThoseOfTheFormat) {
  llvm::Expected<ModelInfo> info = readInfo([](auto &) {});
  ASSERT_TRUE(static_cast<bool>(info)) << llvm::toString(info.takeError());
  EXPECT_EQ(info->vocabSize, 6u);
  EXPECT_EQ(info->embeddingLength, 32u);
  EXPECT_EQ(info->embedding.name, "token_embd.weight");
  EXPECT_EQ(info->embedding.bytes, 6u * 32 * 4);
  EXPECT_EQ(info->embedding.type, GGUF_F32);
  EXPECT_EQ(info->embedding.offset % 32, 0u);
  EXPECT_EQ(info->tokens[5], "ab");
  EXPECT_EQ(info->scores, std::vector<float>(6, 0));
  EXPECT_EQ(info->tokenTypes, std::vector<int32_t>(6, 1));
  EXPECT_EQ(info->bosId, 1);
  EXPECT_EQ(info->eosId, 2);
  EXPECT_EQ(info->unknownId, 0);
  EXPECT_TRUE(info->addBos && info->addSpacePrefix && !info->addEos);
}

TEST(ModelInfo, G19_ReadsTheTokenizer) {
  llvm::Expected<ModelInfo> info = readInfo([](auto &b) {
    b.template setArray<float>("tokenizer.ggml.scores", GGUFValueType::F32,
                               {0, 0, 0, -1, -2, -3});
    b.template setArray<int32_t>("tokenizer.ggml.token_type",
                                 GGUFValueType::I32, {2, 3, 3, 1, 1, 1});
    b.set("tokenizer.ggml.bos_token_id", 2u);
    b.set("tokenizer.ggml.eos_token_id", 4u);
    b.set("tokenizer.ggml.add_bos_token", false);
    b.set("tokenizer.ggml.add_eos_token", true);
    b.set("tokenizer.ggml.add_space_prefix", false);
  });
  ASSERT_TRUE(static_cast<bool>(info)) << llvm::toString(info.takeError());
  EXPECT_EQ(info->scores[5], -3);
  EXPECT_EQ(info->tokenTypes[0], 2);
  EXPECT_EQ(info->bosId, 2);
  EXPECT_EQ(info->eosId, 4);
  EXPECT_TRUE(!info->addBos && !info->addSpacePrefix && info->addEos);
}

TEST(ModelInfo, G19_G20_Refuses) {
  auto refuseInfo = [](auto change) { return getMessage(readInfo(change)); };
  EXPECT_EQ(refuseInfo([](auto &b) { b.set("tokenizer.ggml.model", "gpt2"); }),
            "m.gguf: key 'tokenizer.ggml.model': expected a tokenizer that is "
            "supported but got 'gpt2'; supported: llama");
  EXPECT_EQ(refuseInfo([](auto &b) {
              b.template setArray<float>("tokenizer.ggml.scores",
                                         GGUFValueType::F32, {0, 1});
            }),
            "m.gguf: key 'tokenizer.ggml.scores': expected 6 elements, one per "
            "token, but got 2");
  EXPECT_EQ(
      refuseInfo([](auto &b) { b.set("tokenizer.ggml.eos_token_id", 6u); }),
      "m.gguf: key 'tokenizer.ggml.eos_token_id': expected a token below "
      "6 but got 6");
  EXPECT_EQ(
      refuseInfo([](auto &b) { b.set("tokenizer.ggml.eot_token_id", 3u); }),
      "m.gguf: key 'tokenizer.ggml.eot_token_id': expected 2, the end of "
      "a text, but got 3; supported: one end token");
}

//===----------------------------------------------------------------------===//
// Real files
//===----------------------------------------------------------------------===//

TEST(RealModels, UpstreamStories260K) {
  const char *path = PLMR_SOURCE_DIR "/../shared/models/"
                                     "stories260K.upstream.gguf";
  if (!llvm::sys::fs::exists(path))
    GTEST_SKIP() << path << " is absent";
  llvm::Expected<GGUFFile> file = GGUFFile::open(path);
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  llvm::Expected<ModelDescription> model = readModel(*file);
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  EXPECT_EQ(model->embeddingLength, 64u);
  EXPECT_EQ(model->numBlocks, 5u);
  EXPECT_EQ(model->numHeads, 8u);
  EXPECT_EQ(model->numKVHeads, 4u);
  EXPECT_EQ(model->headDim, 8u);
  EXPECT_EQ(model->feedForwardLength, 172u);
  EXPECT_EQ(model->contextLength, 2048u);
  EXPECT_EQ(model->vocabSize, 512u);
  EXPECT_FALSE(model->tiedOutput);
  EXPECT_EQ(model->tensors.size(), file->getTensors().size());
  llvm::Expected<ModelInfo> info = readModelInfo(*file, *model);
  ASSERT_TRUE(static_cast<bool>(info)) << llvm::toString(info.takeError());
  EXPECT_EQ(info->tokens[403], "\u2581Once");
}

/// Both bundled files hold one model; Q8_0 rounds to half a step.
TEST(RealModels, BundledFilesAgree) {
  std::string stem = PLMR_SOURCE_DIR "/models/plmr-stories-280k";
  if (!llvm::sys::fs::exists(stem + "-f32.gguf") ||
      !llvm::sys::fs::exists(stem + "-q8_0.gguf"))
    GTEST_SKIP() << stem << "-{f32,q8_0}.gguf are absent";
  llvm::Expected<GGUFFile> exact = GGUFFile::open(stem + "-f32.gguf");
  llvm::Expected<GGUFFile> rounded = GGUFFile::open(stem + "-q8_0.gguf");
  ASSERT_TRUE(static_cast<bool>(exact)) << llvm::toString(exact.takeError());
  ASSERT_TRUE(static_cast<bool>(rounded))
      << llvm::toString(rounded.takeError());
  llvm::Expected<ModelDescription> model = readModel(*exact);
  llvm::Expected<ModelDescription> same = readModel(*rounded);
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  ASSERT_TRUE(static_cast<bool>(same)) << llvm::toString(same.takeError());
  ASSERT_EQ(model->tensors.size(), same->tensors.size());

  unsigned numQuantised = 0;
  for (auto [a, b] : llvm::zip(model->tensors, same->tensors)) {
    llvm::Expected<std::vector<float>> x = exact->readTensor(a);
    llvm::Expected<std::vector<float>> y = rounded->readTensor(b);
    ASSERT_TRUE(static_cast<bool>(x)) << llvm::toString(x.takeError());
    ASSERT_TRUE(static_cast<bool>(y)) << llvm::toString(y.takeError());
    ASSERT_EQ(x->size(), y->size()) << a.name;
    numQuantised += b.type == GGUF_Q8_0;
    for (size_t begin = 0; begin < x->size(); begin += 32) {
      float largest = 0, error = 0;
      for (size_t i = begin; i < std::min(begin + 32, x->size()); ++i) {
        largest = std::max(largest, std::abs((*x)[i]));
        error = std::max(error, std::abs((*x)[i] - (*y)[i]));
      }
      // Half a step, and the rounding of the scale to f16 times 127.
      float bound =
          b.type == GGUF_Q8_0 ? largest * (0.501f / 127 + 0x1p-11f) : 0;
      ASSERT_LE(error, bound) << a.name << " at " << begin;
    }
  }
  EXPECT_GT(numQuantised, 0u);
}
