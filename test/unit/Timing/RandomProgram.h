//===- RandomProgram.h - Random programs for the timing tests -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_UNIT_TIMING_RANDOMPROGRAM_H
#define PLMR_TEST_UNIT_TIMING_RANDOMPROGRAM_H

#include "plmr/Program/Program.h"

namespace plmr {

/// A program on a random device: multicast trees of random shape, messages
/// along a global order (so that most programs are live), relays that receive
/// and send in one operation, engines, loops, predicates, epochs, mixed types.
/// Some of the programs deadlock or leave wavelets behind.
Program makeRandomProgram(uint64_t seed);

} // namespace plmr

#endif // PLMR_TEST_UNIT_TIMING_RANDOMPROGRAM_H
