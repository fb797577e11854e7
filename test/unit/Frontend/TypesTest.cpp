//===- TypesTest.cpp - Decoding of GGUF types -----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GGUFBuilder.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace plmr;
using namespace plmr::test;

static std::vector<float> decode(uint32_t type, const std::string &bytes,
                                 size_t elements) {
  std::vector<float> out(elements);
  llvm::Error error = dequantize(
      type, llvm::arrayRefFromStringRef(llvm::StringRef(bytes)), out);
  EXPECT_EQ(llvm::toString(std::move(error)), "");
  return out;
}

TEST(Types, G11_PlainTypes) {
  EXPECT_EQ(decode(GGUF_F32, bytesOf(-2.5f) + bytesOf(1e-40f), 2),
            (std::vector<float>{-2.5f, 1e-40f}));
  EXPECT_EQ(decode(GGUF_F16,
                   bytesOf<uint16_t>(0x3c00) + bytesOf<uint16_t>(0xc000) +
                       bytesOf<uint16_t>(0x0001) + bytesOf<uint16_t>(0x7bff),
                   4),
            (std::vector<float>{1, -2, 0x1p-24f, 65504}));
  EXPECT_EQ(decode(GGUF_BF16,
                   bytesOf<uint16_t>(0x3f80) + bytesOf<uint16_t>(0xc040), 2),
            (std::vector<float>{1, -3}));
  EXPECT_TRUE(std::isinf(decode(GGUF_F16, bytesOf<uint16_t>(0xfc00), 1)[0]));
  EXPECT_TRUE(std::signbit(decode(GGUF_F16, bytesOf<uint16_t>(0x8000), 1)[0]));
}

TEST(Types, G11_G12_Q8_0) {
  std::string block = bytesOf<uint16_t>(0x3555); // 0.33325195
  for (int i = 0; i < 32; ++i)
    block += static_cast<char>(i == 0 ? -128 : i * 4);
  std::vector<float> values = decode(GGUF_Q8_0, block + block, 64);
  EXPECT_EQ(values[0], -128 * 0.333251953125f);
  EXPECT_EQ(values[31], 124 * 0.333251953125f);
  EXPECT_EQ(values[32 + 7], 28 * 0.333251953125f);
}

TEST(Types, G11_G12_Q4_0LowNibblesComeFirst) {
  std::string block = bytesOf<uint16_t>(0xb800); // -0.5
  for (int i = 0; i < 16; ++i)
    block += static_cast<char>(i | (15 - i) << 4);
  std::vector<float> values = decode(GGUF_Q4_0, block, 32);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(values[i], (i - 8) * -0.5f);
    EXPECT_EQ(values[16 + i], (15 - i - 8) * -0.5f);
  }
  EXPECT_TRUE(std::signbit(values[8])); // 0 times a negative scale, as in ggml
}

TEST(Types, Sizes) {
  EXPECT_EQ(getByteSize(GGUF_Q8_0, 64), 68u);
  EXPECT_EQ(getByteSize(GGUF_Q4_0, 64), 36u);
  EXPECT_EQ(getByteSize(14, 512), 420u); // Q6_K
  EXPECT_EQ(getByteSize(GGUF_Q8_0, 33), std::nullopt);
  EXPECT_EQ(getByteSize(4, 32), std::nullopt); // removed
  EXPECT_EQ(getByteSize(43, 32), std::nullopt);
  EXPECT_EQ(getByteSize(28, ~uint64_t(0)), std::nullopt);
}

TEST(Types, G10_TableIsIndexedById) {
  for (uint32_t id = 0; const GGUFType *type = lookupGGUFType(id); ++id)
    EXPECT_EQ(type->id, id);
  EXPECT_EQ(getGGUFTypeName(42), "Q2_0");
  EXPECT_EQ(getGGUFTypeName(43), "type 43");
}

TEST(Types, G10_Errors) {
  std::vector<float> out(32);
  std::vector<uint8_t> bytes(34);
  EXPECT_EQ(llvm::toString(dequantize(12, bytes, out)),
            "cannot decode Q4_K; supported: F32, F16, BF16, Q8_0, Q4_0");
  EXPECT_EQ(llvm::toString(dequantize(GGUF_Q4_0, bytes, out)),
            "Q4_0: expected whole blocks of 32 elements in 18 bytes but got 32 "
            "elements in 34 bytes");
  out.resize(31);
  EXPECT_NE(llvm::toString(dequantize(GGUF_Q8_0, bytes, out)), "");
}
