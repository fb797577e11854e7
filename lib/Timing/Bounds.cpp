//===- Bounds.cpp - Lower bounds on kernels -------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Timing/Bounds.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace plmr;

uint64_t plmr::getMessageBound(const Machine &machine, uint64_t hops,
                               uint64_t words) {
  if (hops == 0 || words == 0)
    return 0;
  return 2 * machine.rampTicks + hops * machine.hopTicks +
         (words - 1) * machine.linkTicks;
}

uint64_t plmr::getReduceBound(const Machine &machine, unsigned extent,
                              uint64_t words) {
  return getMessageBound(machine, extent / 2, words);
}

uint64_t plmr::getBroadcastBound(const Machine &machine, unsigned extent,
                                 uint64_t words) {
  return getMessageBound(machine, extent / 2, words);
}

uint64_t plmr::getAllReduceBound(const Machine &machine, unsigned extent,
                                 uint64_t words) {
  return getMessageBound(machine, extent - 1, words);
}

/// a * b f32 products and additions. What does not fit in 64 bits is no lower
/// bound that matters.
static uint64_t getComputeBound(const Machine &machine, uint64_t a,
                                uint64_t b) {
  constexpr uint64_t most = uint64_t(1) << 40;
  return machine.getTicks(machine.getRate(RateClass::Fma, ElementType::F32),
                          std::min(most, llvm::SaturatingMultiply(a, b)));
}

uint64_t plmr::getGemvBound(const Machine &machine, MeshShape mesh,
                            uint64_t n) {
  return getComputeBound(machine, llvm::divideCeil(n, mesh.rows),
                         llvm::divideCeil(n, mesh.columns)) +
         getMessageBound(machine, mesh.rows - 1, 1);
}

uint64_t plmr::getGemmBound(const Machine &machine, MeshShape mesh, uint64_t m,
                            uint64_t n, uint64_t k) {
  uint64_t rows = llvm::divideCeil(m, mesh.rows);
  uint64_t columns = llvm::divideCeil(n, mesh.columns);
  // The core with the largest tile of C needs these rows of A and columns of B,
  // of which it holds its own blocks.
  uint64_t words = rows * (k - llvm::divideCeil(k, mesh.columns)) +
                   columns * (k - llvm::divideCeil(k, mesh.rows));
  return std::max(
      getComputeBound(machine, llvm::SaturatingMultiply(rows, columns), k),
      words * machine.linkTicks);
}
