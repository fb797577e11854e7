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
#include <set>
#include <thread>
#include <unordered_map>

namespace plmr {

class LaunchTimer {
public:
  struct Time {
    uint64_t ticks = 0;
    unsigned contended = 0;
  };

  /// `program` outlives this.
  explicit LaunchTimer(const Program &program);

  /// Asks for the time of `launch`, one of the program's. Launches of one
  /// `shape`, which is their trace hash, are timed once.
  void request(uint64_t shape, const Launch &launch,
               std::vector<int32_t> parameters);

  /// Waits for all that was asked for. The error is that of the earliest
  /// request that could not be timed; it is reported once, and such a shape
  /// may be asked for again.
  llvm::Error wait();

  /// The time of a shape; none if it could not be timed. Call `wait` first.
  std::optional<Time> find(uint64_t shape);

private:
  struct Request {
    uint64_t shape;
    const Launch *launch;
    std::vector<int32_t> parameters;
  };

  void work(std::stop_token stop);
  llvm::Expected<Time> compute(const Request &request);

  const Program &program;
  /// Of the worker: launches that were contended once. They will be again, so
  /// that trying the fast engine would be in vain.
  std::set<const Launch *> contended;

  std::mutex mutex; ///< guards what follows
  std::condition_variable_any changed;
  std::deque<Request> requests; ///< the first one is being timed
  std::unordered_map<uint64_t, std::optional<Time>> times; ///< none: asked for
  std::string failure;
  std::jthread worker; ///< the last member: it uses the others
};

} // namespace plmr

#endif // PLMR_LIB_RUNTIME_LAUNCHTIMER_H
