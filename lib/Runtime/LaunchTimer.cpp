//===- LaunchTimer.cpp - Times of launches, in the background -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaunchTimer.h"

using namespace plmr;

LaunchTimer::LaunchTimer(const Program &program, const Launch &launch)
    : program(program), launch(launch),
      worker([this](std::stop_token stop) { work(stop); }) {}

void LaunchTimer::request(uint64_t shape, uint32_t position) {
  std::lock_guard lock(mutex);
  if (!times.try_emplace(shape).second)
    return;
  requests.push_back({shape, position});
  changed.notify_all();
}

llvm::Error LaunchTimer::wait() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return requests.empty(); });
  if (failure.empty())
    return llvm::Error::success();
  return makeError("{0}", std::exchange(failure, {}));
}

std::optional<LaunchTimer::Time> LaunchTimer::find(uint64_t shape) {
  std::lock_guard lock(mutex);
  auto found = times.find(shape);
  return found == times.end() ? std::nullopt : found->second;
}

void LaunchTimer::work(std::stop_token stop) {
  std::unique_lock lock(mutex);
  while (changed.wait(lock, stop, [&] { return !requests.empty(); })) {
    Request request = requests.front();
    lock.unlock();
    llvm::Expected<Time> time = compute(request.position);
    lock.lock();
    if (time) {
      times[request.shape] = *time;
    } else {
      times.erase(request.shape);
      std::string message = llvm::toString(time.takeError());
      if (failure.empty())
        failure = std::move(message);
    }
    requests.pop_front();
    changed.notify_all();
  }
}

llvm::Expected<LaunchTimer::Time> LaunchTimer::compute(uint32_t position) {
  TimingOptions options;
  options.engine = engine;
  llvm::Expected<TimingResult> result =
      timeLaunch(program, launch, {static_cast<int32_t>(position)}, options);
  if (!result)
    return result.takeError();
  if (result->contended)
    engine = TimingEngine::Event;
  return Time{result->ticks, result->contended};
}
