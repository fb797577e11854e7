//===- ModelInfo.cpp - What the host needs of a model ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUF/Architecture.h"
#include "plmr/Support/Printable.h"

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

/// Reads a token's id. An absent key gives `fallback`, or -1 (no such token)
/// if the vocabulary ends before it.
static Error readTokenId(const GGUFFile &file, StringRef key, int32_t fallback,
                         int32_t &id, size_t vocabSize) {
  if (!file.findEntry(key)) {
    id = static_cast<size_t>(fallback) < vocabSize ? fallback : -1;
    return Error::success();
  }
  Expected<uint32_t> value = file.getU32(key);
  if (!value)
    return value.takeError();
  if (*value >= vocabSize)
    return makeError("{0}: key '{1}': expected a token below {2} but got {3}",
                     file.getPath(), key, vocabSize, *value);
  id = static_cast<int32_t>(*value);
  return Error::success();
}

/// ModelInfo has room for one token that ends a text beside those that the
/// tokenizer knows by their spelling.
static Error checkEndTokens(const GGUFFile &file, const ModelInfo &info) {
  for (StringRef key :
       {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    int32_t id;
    if (Error error =
            readTokenId(file, key, info.eosId, id, info.tokens.size()))
      return error;
    if (id != info.eosId)
      return makeError("{0}: key '{1}': expected {2}, the end of a text, but "
                       "got {3}; supported: one end token",
                       file.getPath(), key, info.eosId, id);
  }
  return Error::success();
}

static Error checkCount(const GGUFFile &file, StringRef key, size_t count,
                        size_t vocabSize) {
  if (count == vocabSize)
    return Error::success();
  return makeError("{0}: key '{1}': expected {2} elements, one per token, but "
                   "got {3}",
                   file.getPath(), key, vocabSize, count);
}

static Error readVocabulary(const GGUFFile &file, ModelInfo &info) {
  StringRef scoresKey = "tokenizer.ggml.scores";
  StringRef typesKey = "tokenizer.ggml.token_type";
  if (Error error =
          file.getStringArray("tokenizer.ggml.tokens").moveInto(info.tokens))
    return error;
  if (Error error = checkCount(file, "tokenizer.ggml.tokens",
                               info.tokens.size(), info.vocabSize))
    return error;
  info.scores.assign(info.tokens.size(), 0);
  if (file.findEntry(scoresKey))
    if (Error error = file.getF32Array(scoresKey).moveInto(info.scores))
      return error;
  info.tokenTypes.assign(info.tokens.size(), 1);
  if (file.findEntry(typesKey))
    if (Error error = file.getI32Array(typesKey).moveInto(info.tokenTypes))
      return error;
  if (Error error =
          checkCount(file, scoresKey, info.scores.size(), info.vocabSize))
    return error;
  return checkCount(file, typesKey, info.tokenTypes.size(), info.vocabSize);
}

static Error readTokenizer(const GGUFFile &file, ModelInfo &info) {
  if (Error error =
          file.getString("tokenizer.ggml.model").moveInto(info.tokenizerModel))
    return error;
  if (info.tokenizerModel != "llama")
    return makeError("{0}: key 'tokenizer.ggml.model': expected a tokenizer "
                     "that is supported but got '{1}'; supported: llama",
                     file.getPath(), printable(info.tokenizerModel));
  if (Error error = readVocabulary(file, info))
    return error;
  size_t size = info.tokens.size();
  if (Error error =
          readTokenId(file, "tokenizer.ggml.bos_token_id", 1, info.bosId, size))
    return error;
  if (Error error =
          readTokenId(file, "tokenizer.ggml.eos_token_id", 2, info.eosId, size))
    return error;
  if (Error error = readTokenId(file, "tokenizer.ggml.unknown_token_id", 0,
                                info.unknownId, size))
    return error;
  if (Error error = file.getBool("tokenizer.ggml.add_bos_token", true)
                        .moveInto(info.addBos))
    return error;
  if (Error error = file.getBool("tokenizer.ggml.add_eos_token", false)
                        .moveInto(info.addEos))
    return error;
  if (Error error = file.getBool("tokenizer.ggml.add_space_prefix", true)
                        .moveInto(info.addSpacePrefix))
    return error;
  return checkEndTokens(file, info);
}

Expected<ModelInfo> plmr::readModelInfo(const GGUFFile &file,
                                        const ModelDescription &model) {
  ModelInfo info;
  info.architecture = model.architecture;
  info.name = model.name;
  info.vocabSize = model.vocabSize;
  info.contextLength = model.contextLength;
  info.embeddingLength = model.embeddingLength;
  const GGUFTensor &embedding = model.getTensor(TensorRole::TokenEmbedding);
  info.embedding.name = embedding.name;
  info.embedding.offset = embedding.offset;
  info.embedding.bytes = embedding.bytes;
  info.embedding.type = embedding.type;
  if (!file.hasData()) {
    info.embedding.file = noData;
    return info;
  }
  if (Error error = readTokenizer(file, info))
    return error;
  return info;
}
