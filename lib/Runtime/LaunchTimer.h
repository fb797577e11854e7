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

  /// Asks for the time of `launch`, one of the program's. Launches of one
  /// shape, which are the hashes of their segments, are timed once, and so are
  /// their segments.
  using Shape = std::vector<uint64_t>;
  void request(Shape shape, const Launch &launch,
               std::vector<int32_t> parameters);

  /// Waits for all that was asked for. The error is that of the earliest
  /// request that could not be timed; it is reported once, and such a shape
  /// may be asked for again.
  llvm::Error wait();

  /// The time of a shape; none if it could not be timed. Call `wait` first.
  std::optional<Time> find(const Shape &shape);

private:
  struct Request {
    Shape shape;
    const Launch *launch;
    std::vector<int32_t> parameters;
  };

  void work(std::stop_token stop);
  llvm::Expected<Time> compute(const Request &request);

  const Program &program;
  SegmentCache segments; ///< of the worker

  std::mutex mutex; ///< guards what follows
  std::condition_variable_any changed;
  std::deque<Request> requests;               ///< the first one is being timed
  std::map<Shape, std::optional<Time>> times; ///< none: asked for
  std::string failure;
  std::jthread worker; ///< the last member: it uses the others
};

} // namespace plmr

#endif // PLMR_LIB_RUNTIME_LAUNCHTIMER_H
