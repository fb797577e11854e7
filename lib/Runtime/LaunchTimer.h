//===- LaunchTimer.h - Times of launches, in the background -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Time depends on a launch's shape, never on values, so a thread of its own
// computes it while the emulator goes on.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_RUNTIME_LAUNCHTIMER_H
#define PLMR_LIB_RUNTIME_LAUNCHTIMER_H

#include "plmr/Timing/Timing.h"
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace plmr {

class LaunchTimer {
public:
  struct Time {
    uint64_t ticks = 0;
    unsigned contended = 0;
  };

  /// Of `launch`, which takes the position as its only parameter. Both outlive
  /// this.
  LaunchTimer(const Program &program, const Launch &launch);

  /// Asks for the time at `position`. Launches of one `shape`, which is their
  /// trace hash, are timed once.
  void request(uint64_t shape, uint32_t position);

  /// Waits for all that was asked for. The error is that of the earliest
  /// request that could not be timed; it is reported once, and such a shape
  /// may be asked for again.
  llvm::Error wait();

  /// The time of a shape; none if it could not be timed. Call `wait` first.
  std::optional<Time> find(uint64_t shape);

private:
  struct Request {
    uint64_t shape;
    uint32_t position;
  };

  void work(std::stop_token stop);
  llvm::Expected<Time> compute(uint32_t position);

  const Program &program;
  const Launch &launch;
  /// Of the worker: Auto, until a launch was contended. The others will be,
  /// too, so that trying the fast engine would be in vain.
  TimingEngine engine = TimingEngine::Auto;

  std::mutex mutex; ///< guards what follows
  std::condition_variable_any changed;
  std::deque<Request> requests; ///< the first one is being timed
  std::unordered_map<uint64_t, std::optional<Time>> times; ///< none: asked for
  std::string failure;
  std::jthread worker; ///< the last member: it uses the others
};

} // namespace plmr

#endif // PLMR_LIB_RUNTIME_LAUNCHTIMER_H
