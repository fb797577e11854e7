//===- LaunchTimer.cpp - Times of launches, in the background -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaunchTimer.h"

using namespace plmr;

LaunchTimer::LaunchTimer(const Program &program)
    : program(program), worker([this](std::stop_token stop) { work(stop); }) {}

void LaunchTimer::request(Shape shape, const Launch &launch,
                          std::vector<int32_t> parameters) {
  std::lock_guard lock(mutex);
  if (!times.try_emplace(shape).second)
    return;
  requests.push_back({std::move(shape), &launch, std::move(parameters)});
  changed.notify_all();
}

llvm::Error LaunchTimer::wait() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return requests.empty(); });
  if (failure.empty())
    return llvm::Error::success();
  return makeError("{0}", std::exchange(failure, {}));
}

std::optional<LaunchTimer::Time> LaunchTimer::find(const Shape &shape) {
  std::lock_guard lock(mutex);
  auto found = times.find(shape);
  return found == times.end() ? std::nullopt : found->second;
}

void LaunchTimer::work(std::stop_token stop) {
  std::unique_lock lock(mutex);
  while (changed.wait(lock, stop, [&] { return !requests.empty(); })) {
    Request request = requests.front();
    lock.unlock();
    llvm::Expected<Time> time = compute(request);
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

llvm::Expected<LaunchTimer::Time> LaunchTimer::compute(const Request &request) {
  TimingOptions options;
  options.cache = &segments;
  options.segments = request.shape;
  llvm::Expected<TimingResult> result =
      timeLaunch(program, *request.launch, request.parameters, options);
  if (!result)
    return result.takeError();
  return Time{result->ticks, result->contended};
}
