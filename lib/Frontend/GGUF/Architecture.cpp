//===- Architecture.cpp - From GGUF metadata to a model -------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUF/Architecture.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

namespace {

/// A size of the model that an extent of a tensor equals.
enum class Size : uint8_t {
  One,
  Embedding,
  Vocab,
  Query,
  KeyValue,
  FeedForward
};

/// Tensors by role: "STEM.weight", in each block "blk.N.STEM.weight".
struct TensorRule {
  const char *stem;
  Size in;  ///< innermost extent
  Size out; ///< One: the tensor is a vector
};

/// What may stand under a key.
enum class KeyUse : uint8_t {
  Read,      ///< readModel reads it
  Ignored,   ///< it has no effect on results
  Zero,      ///< only 0 is supported
  ZeroOrOne, ///< only the neutral factors 0 (unset) and 1 are supported
  None,      ///< only the string "none" is supported
  True,      ///< only true is supported
  False,     ///< only false is supported
};

struct KeyRule {
  const char *suffix; ///< of "ARCHITECTURE."
  KeyUse use;
  const char *feature = ""; ///< that other values ask for
};

/// A tensor is what `feature` says if its name contains `part`.
struct NamedFeature {
  const char *part;
  const char *feature;
};

struct Architecture {
  const char *name;
  RopeKind ropeKind;
  ArrayRef<TensorRule> tensors; ///< by TensorRole
  ArrayRef<KeyRule> keys;
  ArrayRef<NamedFeature> unsupportedTensors;
  ArrayRef<NamedFeature> unusedTensors;
};

} // namespace

static constexpr TensorRule decoderTensors[numTensorRoles] = {
    {"token_embd", Size::Embedding, Size::Vocab},
    {"output_norm", Size::Embedding, Size::One},
    {"output", Size::Embedding, Size::Vocab},
    {"attn_norm", Size::Embedding, Size::One},
    {"attn_q", Size::Embedding, Size::Query},
    {"attn_k", Size::Embedding, Size::KeyValue},
    {"attn_v", Size::Embedding, Size::KeyValue},
    {"attn_output", Size::Query, Size::Embedding},
    {"ffn_norm", Size::Embedding, Size::One},
    {"ffn_gate", Size::Embedding, Size::FeedForward},
    {"ffn_up", Size::Embedding, Size::FeedForward},
    {"ffn_down", Size::FeedForward, Size::Embedding},
};

static constexpr KeyRule llamaKeys[] = {
    {"vocab_size", KeyUse::Read},
    {"context_length", KeyUse::Read},
    {"embedding_length", KeyUse::Read},
    {"block_count", KeyUse::Read},
    {"feed_forward_length", KeyUse::Read},
    {"attention.head_count", KeyUse::Read},
    {"attention.head_count_kv", KeyUse::Read},
    {"attention.key_length", KeyUse::Read},
    {"attention.value_length", KeyUse::Read},
    {"attention.layer_norm_rms_epsilon", KeyUse::Read},
    {"rope.dimension_count", KeyUse::Read},
    {"rope.freq_base", KeyUse::Read},
    {"attention.layer_norm_epsilon", KeyUse::Ignored},
    {"tensor_data_layout", KeyUse::Ignored},
    {"rope.scaling.original_context_length", KeyUse::Ignored},
    {"rope.scaling.finetuned", KeyUse::Ignored},
    {"rope.scaling.type", KeyUse::None, "scaling of rotary positions"},
    {"rope.scaling.factor", KeyUse::ZeroOrOne, "scaling of rotary positions"},
    {"rope.scaling.attn_factor", KeyUse::ZeroOrOne,
     "scaling of rotary positions"},
    {"rope.scale_linear", KeyUse::ZeroOrOne, "scaling of rotary positions"},
    {"expert_count", KeyUse::Zero, "mixture of experts"},
    {"expert_used_count", KeyUse::Zero, "mixture of experts"},
    {"attention.sliding_window", KeyUse::Zero, "attention in a window"},
    {"attention.max_alibi_bias", KeyUse::Zero, "attention with a bias"},
    {"attention.clamp_kqv", KeyUse::Zero, "clamping of queries and keys"},
    {"attention.scale", KeyUse::Zero, "attention with a scale of its own"},
    {"attention.causal", KeyUse::True, "attention to later positions"},
    {"attn_logit_softcapping", KeyUse::Zero, "soft caps"},
    {"final_logit_softcapping", KeyUse::Zero, "soft caps"},
    {"logit_scale", KeyUse::ZeroOrOne, "scaling of logits"},
    {"residual_scale", KeyUse::ZeroOrOne, "scaling of residuals"},
    {"embedding_scale", KeyUse::ZeroOrOne, "scaling of embeddings"},
    {"use_parallel_residual", KeyUse::False, "parallel residuals"},
    {"pooling_type", KeyUse::Zero, "pooling"},
};

static constexpr NamedFeature unsupportedDecoderTensors[] = {
    {"rope_freqs", "scaling of rotary positions"},
    {"rope_factors_", "scaling of rotary positions"},
    {"_exps.", "mixture of experts"},
    {"_shexp.", "mixture of experts"},
    {"ffn_gate_inp", "mixture of experts"},
    {"attn_qkv", "a fused matrix of queries, keys and values"},
    {"attn_q_norm", "norms of queries and keys"},
    {"attn_k_norm", "norms of queries and keys"},
    {"attn_sinks", "attention sinks"},
    {".bias", "biases"},
    {"scale", "scales beside a tensor's own"},
};

static constexpr NamedFeature unusedDecoderTensors[] = {
    {"attn_rot_embd", "the angles follow from the rope base"},
};

static constexpr Architecture architectures[] = {
    {"llama", RopeKind::Adjacent, decoderTensors, llamaKeys,
     unsupportedDecoderTensors, unusedDecoderTensors},
};

StringRef plmr::stringify(TensorRole role) {
  return decoderTensors[static_cast<unsigned>(role)].stem;
}

const GGUFTensor &ModelDescription::getTensor(TensorRole role,
                                              unsigned block) const {
  unsigned index = static_cast<unsigned>(role);
  if (index >= numGlobalTensorRoles)
    index += block * (numTensorRoles - numGlobalTensorRoles);
  return tensors[index];
}

//===----------------------------------------------------------------------===//
// Reader
//===----------------------------------------------------------------------===//

/// Where a file's size bounds nothing.
static constexpr uint32_t maxImaginedBlocks = 1024;
static constexpr uint64_t maxImaginedElements = uint64_t(1) << 40;

namespace {

class ModelReader {
public:
  ModelReader(const GGUFFile &file, const Architecture &architecture)
      : file(file), architecture(architecture) {}

  Expected<ModelDescription> read();

private:
  template <typename... Args>
  Error failKey(StringRef key, const char *format, Args &&...args) const {
    return makeError("{0}: key '{1}': {2}", file.getPath(), key,
                     llvm::formatv(format, std::forward<Args>(args)...).str());
  }
  template <typename... Args>
  Error failTensor(StringRef name, const char *format, Args &&...args) const {
    return makeError("{0}: tensor '{1}': {2}", file.getPath(), name,
                     llvm::formatv(format, std::forward<Args>(args)...).str());
  }
  std::string getKey(StringRef suffix) const {
    return (llvm::Twine(architecture.name) + "." + suffix).str();
  }

  Error readSize(StringRef suffix, uint32_t &value,
                 std::optional<uint32_t> fallback = std::nullopt);
  Error readPositive(StringRef suffix, float &value,
                     std::optional<float> fallback = std::nullopt);
  Error readSizes();
  Error readVocabSize();
  Error readHeads();
  Error readHeadSize();
  Error readRopeSize();

  Error checkKeys() const;
  Error checkKey(const GGUFEntry &entry, StringRef suffix) const;
  Error checkNeutral(StringRef key, const KeyRule &rule) const;

  uint64_t getSize(Size size) const;
  Error readTensors();
  Error readTensor(TensorRole role, StringRef name);
  Error imagineTensor(StringRef name, ArrayRef<uint64_t> shape);
  Error checkUnsupported() const;
  Error checkUnused();

  const GGUFFile &file;
  const Architecture &architecture;
  ModelDescription model;
  llvm::StringSet<> used;
};

} // namespace

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

static std::string printNumber(float value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

Error ModelReader::readSize(StringRef suffix, uint32_t &value,
                            std::optional<uint32_t> fallback) {
  std::string key = getKey(suffix);
  if (Error error = file.getU32(key, fallback).moveInto(value))
    return error;
  if (value == 0)
    return failKey(key, "expected a positive integer but got 0");
  return Error::success();
}

Error ModelReader::readPositive(StringRef suffix, float &value,
                                std::optional<float> fallback) {
  std::string key = getKey(suffix);
  if (Error error = file.getF32(key, fallback).moveInto(value))
    return error;
  if (!(value > 0) || std::isinf(value))
    return failKey(key, "expected a positive number but got {0}",
                   printNumber(value));
  return Error::success();
}

Error ModelReader::readVocabSize() {
  const GGUFEntry *tokens = file.findEntry("tokenizer.ggml.tokens");
  std::optional<uint32_t> count;
  if (tokens && tokens->isArray && tokens->count <= UINT32_MAX)
    count = static_cast<uint32_t>(tokens->count);
  if (Error error = readSize("vocab_size", model.vocabSize, count))
    return error;
  if (count && *count != model.vocabSize)
    return failKey(getKey("vocab_size"),
                   "expected {0}, the number of tokens, but got {1}", *count,
                   model.vocabSize);
  return Error::success();
}

Error ModelReader::readHeads() {
  if (Error error = readSize("attention.head_count", model.numHeads))
    return error;
  if (Error error =
          readSize("attention.head_count_kv", model.numKVHeads, model.numHeads))
    return error;
  if (model.numHeads % model.numKVHeads)
    return failKey(getKey("attention.head_count_kv"),
                   "expected a divisor of the {0} heads but got {1}",
                   model.numHeads, model.numKVHeads);
  if (Error error = readHeadSize())
    return error;
  return readRopeSize();
}

Error ModelReader::readHeadSize() {
  std::string key = getKey("attention.key_length");
  std::optional<uint32_t> share;
  if (model.embeddingLength % model.numHeads == 0)
    share = model.embeddingLength / model.numHeads;
  if (!share && !file.findEntry(key))
    return failKey(getKey("attention.head_count"),
                   "expected a divisor of the embedding length {0} but got "
                   "{1}; other head sizes need the key '{2}'",
                   model.embeddingLength, model.numHeads, key);
  if (Error error = readSize("attention.key_length", model.headDim, share))
    return error;
  if (model.headDim % 2)
    return failKey(key, "expected an even head size but got {0}",
                   model.headDim);

  uint32_t valueLength;
  if (Error error = readSize("attention.value_length", valueLength,
                             share.value_or(model.headDim)))
    return error;
  if (valueLength != model.headDim)
    return failKey(getKey("attention.value_length"),
                   "expected {0}, the head size of the keys, but got {1}; "
                   "supported: equal sizes",
                   model.headDim, valueLength);
  return Error::success();
}

Error ModelReader::readRopeSize() {
  if (Error error =
          readSize("rope.dimension_count", model.ropeDimensions, model.headDim))
    return error;
  if (model.ropeDimensions != model.headDim)
    return failKey(getKey("rope.dimension_count"),
                   "expected {0}, the head size, but got {1}; supported: "
                   "rotation of whole heads",
                   model.headDim, model.ropeDimensions);
  return Error::success();
}

Error ModelReader::readSizes() {
  if (Error error = readSize("context_length", model.contextLength))
    return error;
  if (Error error = readSize("embedding_length", model.embeddingLength))
    return error;
  if (Error error = readSize("block_count", model.numBlocks))
    return error;
  if (Error error = readSize("feed_forward_length", model.feedForwardLength))
    return error;
  if (Error error =
          readPositive("attention.layer_norm_rms_epsilon", model.rmsEpsilon))
    return error;
  if (Error error = readPositive("rope.freq_base", model.ropeFreqBase, 10000))
    return error;
  if (Error error = readVocabSize())
    return error;
  return readHeads();
}

/// Checks that the value under `key` asks for nothing.
Error ModelReader::checkNeutral(StringRef key, const KeyRule &rule) const {
  auto fail = [&](StringRef expected, StringRef actual) {
    return failKey(key, "expected {0} but got {1}; not supported: {2}",
                   expected, actual, rule.feature);
  };
  if (rule.use == KeyUse::None) {
    Expected<std::string> value = file.getString(key);
    if (!value)
      return value.takeError();
    return *value == "none" ? Error::success()
                            : fail("'none'", "'" + printable(*value) + "'");
  }
  if (rule.use == KeyUse::True || rule.use == KeyUse::False) {
    Expected<bool> value = file.getBool(key);
    if (!value)
      return value.takeError();
    if (*value == (rule.use == KeyUse::True))
      return Error::success();
    return fail(*value ? "false" : "true", *value ? "true" : "false");
  }
  Expected<float> value = file.getF32(key);
  if (!value)
    return value.takeError();
  if (*value == 0 || (rule.use == KeyUse::ZeroOrOne && *value == 1))
    return Error::success();
  return fail(rule.use == KeyUse::Zero ? "0" : "0 or 1", printNumber(*value));
}

Error ModelReader::checkKey(const GGUFEntry &entry, StringRef suffix) const {
  const KeyRule *rule = llvm::find_if(
      architecture.keys, [&](const KeyRule &r) { return suffix == r.suffix; });
  if (rule == architecture.keys.end())
    return failKey(entry.key,
                   "expected a key that architecture {0} knows, since others "
                   "may change its results; supported: the keys that "
                   "docs/GGUF.md lists",
                   architecture.name);
  if (rule->use == KeyUse::Read || rule->use == KeyUse::Ignored)
    return Error::success();
  return checkNeutral(entry.key, *rule);
}

Error ModelReader::checkKeys() const {
  for (const GGUFEntry &entry : file.getEntries()) {
    StringRef suffix = entry.key;
    if (suffix.consume_front(architecture.name) && suffix.consume_front("."))
      if (Error error = checkKey(entry, suffix))
        return error;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

uint64_t ModelReader::getSize(Size size) const {
  switch (size) {
  case Size::One:
    return 1;
  case Size::Embedding:
    return model.embeddingLength;
  case Size::Vocab:
    return model.vocabSize;
  case Size::Query:
    return uint64_t(model.numHeads) * model.headDim;
  case Size::KeyValue:
    return uint64_t(model.numKVHeads) * model.headDim;
  case Size::FeedForward:
    return model.feedForwardLength;
  }
  llvm_unreachable("covered switch");
}

/// What a file of metadata only would hold: matrices of F16, vectors of F32.
Error ModelReader::imagineTensor(StringRef name, ArrayRef<uint64_t> shape) {
  uint64_t elements = 1;
  for (uint64_t extent : shape)
    elements = llvm::SaturatingMultiply(elements, extent);
  if (elements > maxImaginedElements)
    return failTensor(name, "expected at most 2^40 elements but got shape {0}",
                      printShape(shape));
  GGUFTensor &tensor = model.tensors.emplace_back();
  tensor.name = name.str();
  tensor.shape.assign(shape.begin(), shape.end());
  tensor.type = shape.size() == 1 ? GGUF_F32 : GGUF_F16;
  tensor.bytes = *getByteSize(tensor.type, elements);
  return Error::success();
}

Error ModelReader::readTensor(TensorRole role, StringRef name) {
  const TensorRule &rule = architecture.tensors[static_cast<unsigned>(role)];
  llvm::SmallVector<uint64_t, 4> shape = {getSize(rule.in)};
  if (rule.out != Size::One)
    shape.push_back(getSize(rule.out));

  if (file.getTensors().empty())
    return imagineTensor(name, shape);
  const GGUFTensor *tensor = file.findTensor(name);
  if (!tensor && role == TensorRole::Output) {
    model.tiedOutput = true;
    model.tensors.push_back(model.getTensor(TensorRole::TokenEmbedding));
    return Error::success();
  }
  if (!tensor)
    return failTensor(name, "expected shape {0} but the tensor is missing",
                      printShape(shape));
  if (tensor->shape != shape)
    return failTensor(name, "expected shape {0} but got {1}", printShape(shape),
                      printShape(tensor->shape));
  if (!isDecodable(tensor->type))
    return failTensor(name,
                      "expected a type that can be decoded but got {0}; "
                      "supported: {1}",
                      getGGUFTypeName(tensor->type), getDecodableTypeNames());
  used.insert(name);
  model.tensors.push_back(*tensor);
  return Error::success();
}

Error ModelReader::readTensors() {
  if (file.getTensors().empty() && model.numBlocks > maxImaginedBlocks)
    return failKey(getKey("block_count"),
                   "expected at most {0} in a file without tensors but got {1}",
                   maxImaginedBlocks, model.numBlocks);
  for (unsigned role = 0; role < numGlobalTensorRoles; ++role) {
    std::string name =
        llvm::formatv("{0}.weight", architecture.tensors[role].stem);
    if (Error error = readTensor(static_cast<TensorRole>(role), name))
      return error;
  }
  for (uint32_t block = 0; block < model.numBlocks; ++block)
    for (unsigned role = numGlobalTensorRoles; role < numTensorRoles; ++role) {
      std::string name = llvm::formatv("blk.{0}.{1}.weight", block,
                                       architecture.tensors[role].stem);
      if (Error error = readTensor(static_cast<TensorRole>(role), name))
        return error;
    }
  return Error::success();
}

static const NamedFeature *findFeature(ArrayRef<NamedFeature> features,
                                       StringRef name) {
  const NamedFeature *feature = llvm::find_if(
      features, [&](const NamedFeature &f) { return name.contains(f.part); });
  return feature == features.end() ? nullptr : feature;
}

/// Comes before the missing tensors, which are a consequence of these.
Error ModelReader::checkUnsupported() const {
  for (const GGUFTensor &tensor : file.getTensors())
    if (const NamedFeature *found =
            findFeature(architecture.unsupportedTensors, tensor.name))
      return failTensor(tensor.name,
                        "expected only tensors of architecture {0}; not "
                        "supported: {1}",
                        architecture.name, found->feature);
  return Error::success();
}

Error ModelReader::checkUnused() {
  for (const GGUFTensor &tensor : file.getTensors()) {
    if (used.contains(tensor.name))
      continue;
    const NamedFeature *found =
        findFeature(architecture.unusedTensors, tensor.name);
    if (!found)
      return failTensor(tensor.name,
                        "expected only tensors of architecture {0} with {1} "
                        "blocks; supported: the tensors that docs/GGUF.md "
                        "lists",
                        architecture.name, model.numBlocks);
    model.notes.push_back(llvm::formatv("tensor '{0}' is not used: {1}",
                                        tensor.name, found->feature));
  }
  return Error::success();
}

Expected<ModelDescription> ModelReader::read() {
  model.architecture = architecture.name;
  model.ropeKind = architecture.ropeKind;
  if (Error error = file.getString("general.name", "").moveInto(model.name))
    return error;
  if (Error error = checkKeys())
    return error;
  if (Error error = readSizes())
    return error;
  if (Error error = checkUnsupported())
    return error;
  if (Error error = readTensors())
    return error;
  if (Error error = checkUnused())
    return error;
  return std::move(model);
}

//===----------------------------------------------------------------------===//
// Entry point
//===----------------------------------------------------------------------===//

/// Refuses adapters and the like, and parts of a model.
static Error checkWholeModel(const GGUFFile &file) {
  Expected<std::string> type = file.getString("general.type", "model");
  if (!type)
    return type.takeError();
  if (*type != "model")
    return makeError("{0}: key 'general.type': expected 'model' but got '{1}'; "
                     "supported: model",
                     file.getPath(), printable(*type));
  Expected<uint32_t> parts = file.getU32("split.count", 1);
  if (!parts)
    return parts.takeError();
  if (*parts > 1)
    return makeError("{0}: key 'split.count': expected 1 but got {1}; "
                     "supported: models in one file",
                     file.getPath(), *parts);
  return Error::success();
}

Expected<ModelDescription> plmr::readModel(const GGUFFile &file) {
  if (Error error = checkWholeModel(file))
    return error;
  Expected<std::string> name = file.getString("general.architecture");
  if (!name)
    return name.takeError();
  for (const Architecture &architecture : architectures)
    if (*name == architecture.name)
      return ModelReader(file, architecture).read();
  auto names = llvm::map_range(architectures,
                               [](const Architecture &a) { return a.name; });
  return makeError("{0}: key 'general.architecture': expected an architecture "
                   "that is supported but got '{1}'; supported: {2}",
                   file.getPath(), printable(*name), llvm::join(names, ", "));
}
