//===- Architecture.h - From GGUF metadata to a model -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An architecture is a table of its tensors and of the metadata keys that it
// knows (docs/GGUF.md, rules G13 to G20). What the tables do not cover is an
// error that names it: nothing that could change a result is passed over.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_FRONTEND_GGUF_ARCHITECTURE_H
#define PLMR_FRONTEND_GGUF_ARCHITECTURE_H

#include "plmr/Frontend/GGUF/GGUF.h"
#include "plmr/Program/Program.h"

namespace plmr {

/// Which elements of a head `rope` rotates together.
enum class RopeKind : uint8_t {
  Adjacent, ///< 2i and 2i + 1
  Halves,   ///< i and i + dimensions / 2 (NEOX)
};

/// What a tensor is for. Shapes are [out x in], row-major: y = W x.
enum class TensorRole : uint8_t {
  TokenEmbedding,  ///< [vocab x embedding]
  OutputNorm,      ///< [embedding]
  Output,          ///< [vocab x embedding]
  AttentionNorm,   ///< [embedding], like all below one per block
  Query,           ///< [heads * headDim x embedding]
  Key,             ///< [kvHeads * headDim x embedding]
  Value,           ///< [kvHeads * headDim x embedding]
  AttentionOut,    ///< [embedding x heads * headDim]
  FeedForwardNorm, ///< [embedding]
  Gate,            ///< [feedForward x embedding]
  Up,              ///< [feedForward x embedding]
  Down,            ///< [embedding x feedForward]
};
constexpr unsigned numTensorRoles = 12;
constexpr unsigned numGlobalTensorRoles = 3;

/// A decoder-only transformer, checked: every tensor is there with the shape
/// that the sizes imply and in a type that can be decoded.
struct ModelDescription {
  std::string architecture;
  std::string name; ///< general.name, may be empty
  uint32_t vocabSize = 0;
  uint32_t contextLength = 0;
  uint32_t embeddingLength = 0;
  uint32_t numBlocks = 0;
  uint32_t numHeads = 0;
  uint32_t numKVHeads = 0; ///< divides numHeads
  uint32_t headDim = 0;    ///< of queries, keys and values; even
  uint32_t feedForwardLength = 0;
  float rmsEpsilon = 0;
  RopeKind ropeKind = RopeKind::Adjacent;
  float ropeFreqBase = 0;
  uint32_t ropeDimensions = 0; ///< equals headDim
  /// The output matrix is the token embedding.
  bool tiedOutput = false;
  /// Tensors of the file that the model does not need, and why.
  std::vector<std::string> notes;

  /// The tensor of a role; `block` counts where the role is per block. With a
  /// tied output, TensorRole::Output gives the token embedding.
  const GGUFTensor &getTensor(TensorRole role, unsigned block = 0) const;

  /// Global tensors by role, then those of block 0, 1, ... by role.
  std::vector<GGUFTensor> tensors;
};

/// "attn_q" and the like: the part of a tensor's name that states its role.
llvm::StringRef stringify(TensorRole role);

/// Reads and checks the model of `file`; without any tensor it has those that
/// its sizes imply, matrices in F16. Supported architectures: llama.
llvm::Expected<ModelDescription> readModel(const GGUFFile &file);

/// What the host needs of `model`: the tokenizer of `file` and where the
/// embedding lies (file number 0). Without data there is neither.
llvm::Expected<ModelInfo> readModelInfo(const GGUFFile &file,
                                        const ModelDescription &model);

} // namespace plmr

#endif // PLMR_FRONTEND_GGUF_ARCHITECTURE_H
