//===- Bounds.h - Lower bounds on kernels -----------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What no algorithm can be faster than (docs/Algorithms.md, "Lower bounds"), in
// ticks. Values are f32, one word each.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TIMING_BOUNDS_H
#define PLMR_TIMING_BOUNDS_H

#include "plmr/Machine/Machine.h"

namespace plmr {

/// `words` go from a core to one that is `hops` away; 0 if that is itself.
uint64_t getMessageBound(const Machine &machine, uint64_t hops, uint64_t words);

/// Of `words` on each core of a line of `extent`: the result is in the middle.
uint64_t getReduceBound(const Machine &machine, unsigned extent,
                        uint64_t words);
/// From the middle.
uint64_t getBroadcastBound(const Machine &machine, unsigned extent,
                           uint64_t words);
/// Every core needs what every other one has.
uint64_t getAllReduceBound(const Machine &machine, unsigned extent,
                           uint64_t words);

/// y = x W with W [n x n] cut along both axes, y reduced over the rows
/// (HPDC'24, Luczynski et al.).
uint64_t getGemvBound(const Machine &machine, MeshShape mesh, uint64_t n);

/// C [m x n] = A [m x k] B, all cut along both axes: products, or the words
/// that a core must take in since it holds one tile of each only.
uint64_t getGemmBound(const Machine &machine, MeshShape mesh, uint64_t m,
                      uint64_t n, uint64_t k);

} // namespace plmr

#endif // PLMR_TIMING_BOUNDS_H
