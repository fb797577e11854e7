//===- RandomProgram.h - Programs that are safe or nearly so -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_UNIT_VERIFY_RANDOMPROGRAM_H
#define PLMR_TEST_UNIT_VERIFY_RANDOMPROGRAM_H

#include "plmr/Program/Program.h"

namespace plmr {

/// A program on a random device of up to 16 x 16 cores: broadcasts, chains of
/// reductions, shifts and exchanges along rows or columns, multicast trees of
/// any shape, local operations with strides and repetitions, engines, loops,
/// epochs, mixed types. Half of the programs have had some instructions
/// dropped, swapped or changed, so that they may break any of the rules V4 to
/// V11. Input "x" is equal on all cores, output "y" is not.
Program makeNearlySafeProgram(uint64_t seed);

} // namespace plmr

#endif // PLMR_TEST_UNIT_VERIFY_RANDOMPROGRAM_H
