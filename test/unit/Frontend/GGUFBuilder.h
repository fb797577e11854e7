//===- GGUFBuilder.h - GGUF files for the tests -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes what it is told, right or wrong, so that tests can make files that
// break exactly one rule.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_UNIT_FRONTEND_GGUFBUILDER_H
#define PLMR_TEST_UNIT_FRONTEND_GGUFBUILDER_H

#include "plmr/Frontend/GGUF/Architecture.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

namespace plmr::test {

template <typename T> std::string bytesOf(T value) {
  return std::string(reinterpret_cast<const char *>(&value), sizeof(T));
}

inline std::string stringBytes(llvm::StringRef text) {
  return bytesOf<uint64_t>(text.size()) + text.str();
}

struct BuiltEntry {
  std::string key;
  uint32_t type;
  std::string value; ///< bytes that follow the type
};

struct BuiltTensor {
  std::string name;
  std::vector<uint64_t> shape;
  uint32_t type;
  std::string data;
  std::optional<uint64_t> offset; ///< none: where it belongs
};

struct GGUFBuilder {
  std::string magic = "GGUF";
  uint32_t version = 3;
  uint64_t alignment = 32;
  std::optional<uint64_t> numTensors, numEntries; ///< none: the true ones
  std::vector<BuiltEntry> entries;
  std::vector<BuiltTensor> tensors;

  /// Replaces the entry of this key or adds one.
  void set(llvm::StringRef key, GGUFValueType type, std::string value) {
    erase(key);
    entries.push_back(
        {key.str(), static_cast<uint32_t>(type), std::move(value)});
  }
  void set(llvm::StringRef key, uint32_t value) {
    set(key, GGUFValueType::U32, bytesOf(value));
  }
  void set(llvm::StringRef key, float value) {
    set(key, GGUFValueType::F32, bytesOf(value));
  }
  void set(llvm::StringRef key, bool value) {
    set(key, GGUFValueType::Bool, bytesOf(value));
  }
  void set(llvm::StringRef key, llvm::StringRef text) {
    set(key, GGUFValueType::String, stringBytes(text));
  }
  void set(llvm::StringRef key, const char *text) {
    set(key, llvm::StringRef(text));
  }
  void set(llvm::StringRef key, llvm::ArrayRef<std::string> texts) {
    std::string value = bytesOf(static_cast<uint32_t>(GGUFValueType::String)) +
                        bytesOf<uint64_t>(texts.size());
    for (const std::string &text : texts)
      value += stringBytes(text);
    set(key, GGUFValueType::Array, value);
  }
  template <typename T>
  void setArray(llvm::StringRef key, GGUFValueType type,
                llvm::ArrayRef<T> values) {
    std::string value =
        bytesOf(static_cast<uint32_t>(type)) + bytesOf<uint64_t>(values.size());
    for (T element : values)
      value += bytesOf(element);
    set(key, GGUFValueType::Array, value);
  }
  void erase(llvm::StringRef key) {
    llvm::erase_if(entries, [&](const BuiltEntry &e) { return e.key == key; });
  }

  BuiltTensor &getTensor(llvm::StringRef name) {
    return *llvm::find_if(tensors,
                          [&](const BuiltTensor &t) { return t.name == name; });
  }
  void eraseTensor(llvm::StringRef name) {
    llvm::erase_if(tensors,
                   [&](const BuiltTensor &t) { return t.name == name; });
  }
  /// A tensor whose bytes count up.
  void add(llvm::StringRef name, std::vector<uint64_t> shape, uint32_t type) {
    uint64_t elements = 1;
    for (uint64_t extent : shape)
      elements *= extent;
    std::string data(getByteSize(type, elements).value_or(0), '\0');
    for (auto [i, byte] : llvm::enumerate(data))
      byte = static_cast<char>(i % 61);
    tensors.push_back({name.str(), shape, type, data, std::nullopt});
  }

  /// All bytes before the data section, without the padding.
  std::string buildHeader() const {
    std::string out = magic + bytesOf(version) +
                      bytesOf(numTensors.value_or(tensors.size())) +
                      bytesOf(numEntries.value_or(entries.size()));
    for (const BuiltEntry &entry : entries)
      out += stringBytes(entry.key) + bytesOf(entry.type) + entry.value;
    uint64_t next = 0;
    for (const BuiltTensor &tensor : tensors) {
      out += stringBytes(tensor.name) + bytesOf<uint32_t>(tensor.shape.size());
      for (uint64_t extent : tensor.shape)
        out += bytesOf(extent);
      out += bytesOf(tensor.type) + bytesOf(tensor.offset.value_or(next));
      next = llvm::alignTo(next + tensor.data.size(), alignment);
    }
    return out;
  }

  std::string build() const {
    std::string out = buildHeader();
    for (const BuiltTensor &tensor : tensors) {
      out.resize(llvm::alignTo(out.size(), alignment));
      out += tensor.data;
    }
    return out;
  }
};

/// A llama of one block: embedding 32, 2 heads of 16, 1 KV head, feed-forward
/// 64, 6 tokens; its matrices are of `type`.
inline GGUFBuilder makeLlama(uint32_t type = GGUF_F32) {
  GGUFBuilder b;
  b.set("general.architecture", "llama");
  b.set("general.name", "test");
  b.set("llama.context_length", 16u);
  b.set("llama.embedding_length", 32u);
  b.set("llama.block_count", 1u);
  b.set("llama.feed_forward_length", 64u);
  b.set("llama.attention.head_count", 2u);
  b.set("llama.attention.head_count_kv", 1u);
  b.set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  b.set("tokenizer.ggml.model", "llama");
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>", "a", "b", "ab"};
  b.set("tokenizer.ggml.tokens", tokens);
  b.add("token_embd.weight", {32, 6}, type);
  b.add("output_norm.weight", {32}, GGUF_F32);
  b.add("blk.0.attn_norm.weight", {32}, GGUF_F32);
  b.add("blk.0.attn_q.weight", {32, 32}, type);
  b.add("blk.0.attn_k.weight", {32, 16}, type);
  b.add("blk.0.attn_v.weight", {32, 16}, type);
  b.add("blk.0.attn_output.weight", {32, 32}, type);
  b.add("blk.0.ffn_norm.weight", {32}, GGUF_F32);
  b.add("blk.0.ffn_gate.weight", {32, 64}, type);
  b.add("blk.0.ffn_up.weight", {32, 64}, type);
  b.add("blk.0.ffn_down.weight", {64, 32}, type);
  return b;
}

/// The file in memory that ends exactly at its last byte (no terminator), so
/// that a sanitizer sees the first byte read beyond it. `bytes` outlives it.
inline llvm::Expected<GGUFFile> parse(const std::vector<char> &bytes) {
  return GGUFFile::parse(llvm::MemoryBuffer::getMemBuffer(
      llvm::StringRef(bytes.data(), bytes.size()), "m.gguf",
      /*RequiresNullTerminator=*/false));
}

/// A copy of the builder's file.
inline llvm::Expected<GGUFFile> parse(const GGUFBuilder &builder) {
  return GGUFFile::parse(
      llvm::MemoryBuffer::getMemBufferCopy(builder.build(), "m.gguf"));
}

/// The message of the error, or "" on success.
template <typename T> std::string getMessage(llvm::Expected<T> result) {
  return result ? "" : llvm::toString(result.takeError());
}

} // namespace plmr::test

#endif // PLMR_TEST_UNIT_FRONTEND_GGUFBUILDER_H
