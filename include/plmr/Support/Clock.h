//===- Clock.h - The host's clock -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_SUPPORT_CLOCK_H
#define PLMR_SUPPORT_CLOCK_H

#include <chrono>

namespace plmr {

/// Seconds since some fixed time; it never goes back.
inline double getSeconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace plmr

#endif // PLMR_SUPPORT_CLOCK_H
