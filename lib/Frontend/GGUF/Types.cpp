//===- Types.cpp - Element types of GGUF tensors --------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUF/Types.h"
#include "plmr/Program/Float.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace plmr;
using namespace llvm::support;

static constexpr GGUFType types[] = {
    {0, "F32", 1, 4},         {1, "F16", 1, 2},
    {2, "Q4_0", 32, 18},      {3, "Q4_1", 32, 20},
    {4, "Q4_2", 0, 0},        {5, "Q4_3", 0, 0},
    {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},
    {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 36},
    {10, "Q2_K", 256, 84},    {11, "Q3_K", 256, 110},
    {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},
    {16, "IQ2_XXS", 256, 66}, {17, "IQ2_XS", 256, 74},
    {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},
    {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},
    {22, "IQ2_S", 256, 82},   {23, "IQ4_XS", 256, 136},
    {24, "I8", 1, 1},         {25, "I16", 1, 2},
    {26, "I32", 1, 4},        {27, "I64", 1, 8},
    {28, "F64", 1, 8},        {29, "IQ1_M", 256, 56},
    {30, "BF16", 1, 2},       {31, "Q4_0_4_4", 0, 0},
    {32, "Q4_0_4_8", 0, 0},   {33, "Q4_0_8_8", 0, 0},
    {34, "TQ1_0", 256, 54},   {35, "TQ2_0", 256, 66},
    {36, "IQ4_NL_4_4", 0, 0}, {37, "IQ4_NL_4_8", 0, 0},
    {38, "IQ4_NL_8_8", 0, 0}, {39, "MXFP4", 32, 17},
    {40, "NVFP4", 64, 36},    {41, "Q1_0", 128, 18},
    {42, "Q2_0", 64, 18},
};

const GGUFType *plmr::lookupGGUFType(uint32_t id) {
  return id < std::size(types) ? &types[id] : nullptr;
}

std::string plmr::getGGUFTypeName(uint32_t id) {
  if (const GGUFType *type = lookupGGUFType(id))
    return type->name;
  return "type " + std::to_string(id);
}

bool plmr::isDecodable(uint32_t id) {
  switch (id) {
  case GGUF_F32:
  case GGUF_F16:
  case GGUF_BF16:
  case GGUF_Q8_0:
  case GGUF_Q4_0:
    return true;
  default:
    return false;
  }
}

llvm::StringRef plmr::getDecodableTypeNames() {
  return "F32, F16, BF16, Q8_0, Q4_0";
}

std::optional<uint64_t> plmr::getByteSize(uint32_t id, uint64_t elements) {
  const GGUFType *type = lookupGGUFType(id);
  if (!type || type->blockElements == 0 || elements % type->blockElements)
    return std::nullopt;
  bool overflow = false;
  uint64_t bytes = llvm::SaturatingMultiply<uint64_t>(
      elements / type->blockElements, type->blockBytes, &overflow);
  if (overflow)
    return std::nullopt;
  return bytes;
}

//===----------------------------------------------------------------------===//
// Decoders: one block (or element) at `bytes` to `out`
//===----------------------------------------------------------------------===//

static void decodeF32(const uint8_t *bytes, float *out) {
  *out = fromBits(endian::read32le(bytes));
}

static void decodeF16(const uint8_t *bytes, float *out) {
  *out = widenF16(endian::read16le(bytes));
}

static void decodeBF16(const uint8_t *bytes, float *out) {
  *out = widenBF16(endian::read16le(bytes));
}

static void decodeQ80(const uint8_t *bytes, float *out) {
  float scale = widenF16(endian::read16le(bytes));
  for (unsigned i = 0; i < 32; ++i)
    out[i] = static_cast<float>(static_cast<int8_t>(bytes[2 + i])) * scale;
}

/// The low nibbles are elements 0 to 15, the high ones 16 to 31.
static void decodeQ40(const uint8_t *bytes, float *out) {
  float scale = widenF16(endian::read16le(bytes));
  for (unsigned i = 0; i < 16; ++i) {
    out[i] = static_cast<float>((bytes[2 + i] & 15) - 8) * scale;
    out[i + 16] = static_cast<float>((bytes[2 + i] >> 4) - 8) * scale;
  }
}

template <void (*decodeBlock)(const uint8_t *, float *)>
static void decodeBlocks(const GGUFType &type, const uint8_t *bytes,
                         llvm::MutableArrayRef<float> out) {
  for (size_t i = 0; i < out.size(); i += type.blockElements) {
    decodeBlock(bytes, out.data() + i);
    bytes += type.blockBytes;
  }
}

llvm::Error plmr::dequantize(uint32_t id, llvm::ArrayRef<uint8_t> bytes,
                             llvm::MutableArrayRef<float> out) {
  if (!isDecodable(id))
    return makeError("cannot decode {0}; supported: {1}", getGGUFTypeName(id),
                     getDecodableTypeNames());
  const GGUFType &type = types[id];
  if (getByteSize(id, out.size()) != bytes.size())
    return makeError("{0}: expected whole blocks of {1} elements in {2} bytes "
                     "but got {3} elements in {4} bytes",
                     type.name, type.blockElements, type.blockBytes, out.size(),
                     bytes.size());
  switch (id) {
  case GGUF_F32:
    decodeBlocks<decodeF32>(type, bytes.data(), out);
    break;
  case GGUF_F16:
    decodeBlocks<decodeF16>(type, bytes.data(), out);
    break;
  case GGUF_BF16:
    decodeBlocks<decodeBF16>(type, bytes.data(), out);
    break;
  case GGUF_Q8_0:
    decodeBlocks<decodeQ80>(type, bytes.data(), out);
    break;
  case GGUF_Q4_0:
    decodeBlocks<decodeQ40>(type, bytes.data(), out);
    break;
  }
  return llvm::Error::success();
}
