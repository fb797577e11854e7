//===- LaunchTimer.cpp - Times of launches, in the background -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaunchTimer.h"
#include "plmr/Program/Trace.h"

using namespace plmr;

LaunchTimer::LaunchTimer(const Program &program)
    : program(program), worker([this](std::stop_token stop) { work(stop); }) {}

size_t LaunchTimer::request(const Launch &launch,
                            std::vector<int32_t> parameters) {
  std::lock_guard lock(mutex);
  requests.push_back({&launch, std::move(parameters)});
  changed.notify_all();
  return answers.size() + requests.size() - 1;
}

llvm::Expected<LaunchTimer::Time> LaunchTimer::wait(size_t request) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return request < answers.size(); });
  const Answer &answer = answers[request];
  if (!answer.failure.empty())
    return makeError("{0}", answer.failure);
  return answer.time;
}

void LaunchTimer::work(std::stop_token stop) {
  std::unique_lock lock(mutex);
  while (changed.wait(lock, stop, [&] { return !requests.empty(); })) {
    Request request = requests.front();
    lock.unlock();
    llvm::Expected<Time> time = compute(request);
    Answer answer;
    if (time)
      answer.time = *time;
    else
      answer.failure = llvm::toString(time.takeError());
    lock.lock();
    answers.push_back(std::move(answer));
    requests.pop_front();
    changed.notify_all();
  }
}

llvm::Expected<LaunchTimer::Time> LaunchTimer::compute(const Request &request) {
  Shape shape = traceLaunch(program, *request.launch, request.parameters,
                            defaultMaxIterations);
  if (auto known = times.find(shape); known != times.end())
    return known->second;
  TimingOptions options;
  options.cache = &segments;
  options.segments = shape;
  llvm::Expected<TimingResult> result =
      timeLaunch(program, *request.launch, request.parameters, options);
  if (!result)
    return result.takeError();
  return times[shape] = Time{result->ticks, result->contended};
}
