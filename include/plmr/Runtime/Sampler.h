//===- Sampler.h - From logits to a token -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The chain of llama.cpp: top-k, top-p, temperature, choice. The random
// numbers and their use are defined here, so a seed gives the same tokens on
// every host (docs/GGUF.md, rules S1 to S4).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_RUNTIME_SAMPLER_H
#define PLMR_RUNTIME_SAMPLER_H

#include "plmr/Support/Error.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <random>
#include <vector>

namespace plmr {

struct SamplerOptions {
  float temperature = 0.8f; ///< 0 or less: the token of the largest logit
  int32_t topK = 40;        ///< 0 or less: all tokens
  float topP = 0.95f;       ///< 1 or more: all tokens
  uint32_t seed = 0;
};

class Sampler {
public:
  explicit Sampler(const SamplerOptions &options)
      : options(options), random(options.seed) {}

  /// Chooses a token. Of equal logits the lower id comes first. An error
  /// names a logit that is NaN, or says that none is finite.
  llvm::Expected<int32_t> sample(llvm::ArrayRef<float> logits);

private:
  struct Candidate {
    int32_t token;
    float logit;
  };
  void applyTopK();
  void applyTopP();
  int32_t choose(float largest);

  SamplerOptions options;
  std::mt19937 random;
  std::vector<Candidate> candidates; ///< of the current call
};

} // namespace plmr

#endif // PLMR_RUNTIME_SAMPLER_H
