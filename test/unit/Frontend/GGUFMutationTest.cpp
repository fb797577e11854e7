//===- GGUFMutationTest.cpp - Broken GGUF files never crash the reader ----===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GGUFBuilder.h"
#include <gtest/gtest.h>
#include <random>

using namespace plmr;
using namespace plmr::test;

/// A message names the file and is one line.
static void checkMessage(llvm::StringRef message) {
  EXPECT_TRUE(message.starts_with("m.gguf: ")) << message.str();
  EXPECT_TRUE(llvm::all_of(message, [](unsigned char c) { return c >= 32; }))
      << message.str();
}

/// Uses everything that a file offers. True if it is a whole model.
static bool readAll(const GGUFFile &file) {
  for (const GGUFTensor &tensor : file.getTensors())
    llvm::consumeError(file.readTensor(tensor).takeError());
  for (const GGUFEntry &entry : file.getEntries()) {
    llvm::consumeError(file.getString(entry.key).takeError());
    llvm::consumeError(file.getU32(entry.key).takeError());
    llvm::consumeError(file.getF32(entry.key).takeError());
    llvm::consumeError(file.getBool(entry.key).takeError());
    llvm::consumeError(file.getStringArray(entry.key).takeError());
    llvm::consumeError(file.getF32Array(entry.key).takeError());
    llvm::consumeError(file.getI32Array(entry.key).takeError());
  }
  llvm::Expected<ModelDescription> model = readModel(file);
  if (!model) {
    checkMessage(llvm::toString(model.takeError()));
    return false;
  }
  llvm::Expected<ModelInfo> info = readModelInfo(file, *model);
  if (!info)
    checkMessage(llvm::toString(info.takeError()));
  return static_cast<bool>(info);
}

TEST(GGUFMutation, G2_TruncationAtEveryByteIsRefused) {
  GGUFBuilder builder = makeLlama(GGUF_Q8_0);
  std::string whole = builder.build();
  size_t header = builder.buildHeader().size();
  size_t data = llvm::alignTo(header, builder.alignment);
  for (size_t size = 0; size < whole.size(); ++size) {
    std::vector<char> bytes(whole.begin(), whole.begin() + size);
    llvm::Expected<GGUFFile> file = parse(bytes);
    // A header is a file without data.
    bool isHeader = size >= header && size <= data;
    ASSERT_EQ(static_cast<bool>(file), isHeader) << size;
    if (file)
      EXPECT_FALSE(file->hasData());
    else
      checkMessage(llvm::toString(file.takeError()));
  }
  std::vector<char> bytes(whole.begin(), whole.end());
  EXPECT_EQ(getMessage(parse(bytes)), "");
}

namespace {

class Mutator {
public:
  Mutator(std::string file, size_t headerSize)
      : original(std::move(file)), headerSize(headerSize) {}

  std::vector<char> next() {
    bytes.assign(original.begin(), original.end());
    for (unsigned i = 0, n = 1 + pick(3); i < n; ++i)
      mutate();
    return bytes;
  }

private:
  size_t pick(size_t bound) { return random() % bound; }

  void mutate() {
    static constexpr uint64_t extremes[] = {
        0,          1,          2,          31,         33,
        0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, 1ull << 61,
        1ull << 63, ~0ull,      ~0ull - 31};
    size_t limit = std::min(headerSize, bytes.size());
    size_t at = pick(limit);
    switch (pick(5)) {
    case 0: // one bit
      bytes[at] ^= 1 << pick(8);
      break;
    case 1: // one byte
      bytes[at] = static_cast<char>(random());
      break;
    case 2: { // a field
      size_t width = pick(2) ? 8 : 4;
      uint64_t value = extremes[pick(std::size(extremes))];
      std::memcpy(&bytes[at], &value, std::min(width, bytes.size() - at));
      break;
    }
    case 3: // bytes are gone
      bytes.erase(bytes.begin() + at,
                  bytes.begin() + std::min(bytes.size(), at + 1 + pick(16)));
      break;
    case 4: { // bytes appear twice
      std::string copy(bytes.begin() + at,
                       bytes.begin() + std::min(bytes.size(), at + pick(64)));
      bytes.insert(bytes.begin() + at, copy.begin(), copy.end());
      break;
    }
    }
    if (bytes.empty())
      bytes.push_back('G');
  }

  std::string original;
  size_t headerSize;
  std::vector<char> bytes;
  std::mt19937 random{20240229};
};

} // namespace

TEST(GGUFMutation, MutatedHeadersAreReadOrRefused) {
  GGUFBuilder builder = makeLlama(GGUF_Q4_0);
  builder.setArray<float>("tokenizer.ggml.scores", GGUFValueType::F32,
                          {0, 0, 0, -1, -2, -3});
  builder.setArray<int32_t>("tokenizer.ggml.token_type", GGUFValueType::I32,
                            {2, 3, 3, 1, 1, 1});
  Mutator mutator(builder.build(), builder.buildHeader().size());
  unsigned refused = 0, notModel = 0, model = 0;
  for (unsigned i = 0; i < 30000; ++i) {
    std::vector<char> bytes = mutator.next();
    llvm::Expected<GGUFFile> file = parse(bytes);
    if (!file) {
      checkMessage(llvm::toString(file.takeError()));
      ++refused;
    } else {
      ++(readAll(*file) ? model : notModel);
    }
  }
  // The mutations reach all outcomes.
  EXPECT_GT(refused, 10000u);
  EXPECT_GT(notModel, 1000u);
  EXPECT_GT(model, 100u);
}
