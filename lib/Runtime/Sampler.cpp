//===- Sampler.cpp - From logits to a token ------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Sampler.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

using namespace plmr;
using llvm::ArrayRef;

/// The index of the largest logit, the first of equals. The error says what
/// cannot be sampled.
static llvm::Expected<size_t> findLargest(ArrayRef<float> logits) {
  size_t best = 0;
  for (auto [i, logit] : llvm::enumerate(logits)) {
    if (std::isnan(logit))
      return makeError("sampler: expected numbers as logits but logit {0} is "
                       "NaN",
                       i);
    if (logit > logits[best])
      best = i;
  }
  if (logits.empty() || std::isinf(logits[best]))
    return makeError("sampler: expected a finite largest logit but got {0}",
                     logits.empty()     ? "none"
                     : logits[best] > 0 ? "infinity"
                                        : "minus infinity");
  return best;
}

/// Keeps the k best, sorted.
void Sampler::applyTopK() {
  bool hasTopK = options.topK > 0;
  bool hasTopP = options.topP < 1;
  if (!hasTopK && !hasTopP)
    return;
  size_t kept = candidates.size();
  if (hasTopK)
    kept = std::min<size_t>(kept, options.topK);
  std::partial_sort(
      candidates.begin(), candidates.begin() + kept, candidates.end(),
      [](const Candidate &a, const Candidate &b) {
        return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
      });
  candidates.resize(kept);
}

/// Weights exp((logit - largest) / temperature) of the candidates.
static double weigh(float logit, float largest, float temperature) {
  if (std::isinf(logit))
    return 0;
  return std::exp((double(logit) - largest) / temperature);
}

/// Keeps the fewest best candidates with probability topP together.
void Sampler::applyTopP() {
  if (!(options.topP < 1))
    return;
  float largest = candidates.front().logit;
  double total = 0;
  for (const Candidate &candidate : candidates)
    total += weigh(candidate.logit, largest, 1);
  double sum = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    sum += weigh(candidates[i].logit, largest, 1);
    if (sum >= options.topP * total) {
      candidates.resize(i + 1);
      return;
    }
  }
}

/// Draws one number in [0, total) and finds the candidate that covers it.
int32_t Sampler::choose(float largest) {
  double total = 0;
  for (const Candidate &candidate : candidates)
    total += weigh(candidate.logit, largest, options.temperature);
  double draw = random() * 0x1p-32 * total;
  double sum = 0;
  for (const Candidate &candidate : candidates) {
    sum += weigh(candidate.logit, largest, options.temperature);
    if (draw < sum)
      return candidate.token;
  }
  return candidates.back().token;
}

llvm::Expected<int32_t> Sampler::sample(ArrayRef<float> logits) {
  llvm::Expected<size_t> best = findLargest(logits);
  if (!best)
    return best.takeError();
  if (!(options.temperature > 0))
    return static_cast<int32_t>(*best);
  candidates.clear();
  for (auto [i, logit] : llvm::enumerate(logits))
    candidates.push_back({static_cast<int32_t>(i), logit});
  applyTopK();
  applyTopP();
  return choose(logits[*best]);
}
