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
#include <map>
#include <mutex>
#include <thread>

namespace plmr {

class LaunchTimer {
public:
  struct Time {
    uint64_t ticks = 0;
    unsigned contended = 0;
  };

  /// `program` outlives this.
  explicit LaunchTimer(const Program &program);

  /// Asks for the time of `launch`, one of the program's, and returns a number
  /// for `wait`. Launches of one shape, which are the hashes of their segments,
  /// are timed once, and so are their segments.
  size_t request(const Launch &launch, std::vector<int32_t> parameters);

  /// Waits for a request and all before it; returns its time, or why there is
  /// none.
  llvm::Expected<Time> wait(size_t request);

private:
  using Shape = std::vector<uint64_t>;
  struct Request {
    const Launch *launch;
    std::vector<int32_t> parameters;
  };
  struct Answer {
    Time time;
    std::string failure;
  };

  void work(std::stop_token stop);
  llvm::Expected<Time> compute(const Request &request);

  const Program &program;
  SegmentCache segments;       ///< of the worker
  std::map<Shape, Time> times; ///< of the worker

  std::mutex mutex; ///< guards what follows
  std::condition_variable_any changed;
  std::deque<Request> requests; ///< the first one is being timed
  std::vector<Answer> answers;  ///< to all requests before
  std::jthread worker;          ///< the last member: it uses the others
};

} // namespace plmr

#endif // PLMR_LIB_RUNTIME_LAUNCHTIMER_H
