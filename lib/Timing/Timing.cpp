//===- Timing.cpp - The cycles of a launch --------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Timing/Timing.h"
#include "LaunchSimulation.h"
#include "Simulation.h"
#include "llvm/ADT/StringSwitch.h"
#include <map>

using namespace plmr;

llvm::StringRef plmr::stringify(TimingEngine engine) {
  static constexpr const char *names[] = {"auto", "fast", "event", "oracle"};
  return names[static_cast<unsigned>(engine)];
}

std::optional<TimingEngine> plmr::parseTimingEngine(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<TimingEngine>>(name)
      .Case("auto", TimingEngine::Auto)
      .Case("fast", TimingEngine::Fast)
      .Case("event", TimingEngine::Event)
      .Case("oracle", TimingEngine::Oracle)
      .Default(std::nullopt);
}

static llvm::Expected<TimingResult> runEngine(const Program &program,
                                              const Launch &launch,
                                              llvm::ArrayRef<int32_t> params,
                                              const TimingOptions &options) {
  if (options.engine == TimingEngine::Oracle)
    return runOracle(program, launch, params);
  return LaunchSimulation(program, launch, params, options).run();
}

/// What follows from the times of the cores.
static void summarize(TimingResult &result, const Machine &machine) {
  for (uint32_t core = 0; core < result.cores.size(); ++core) {
    if (result.cores[core].finish > result.cores[result.lastCore].finish)
      result.lastCore = core;
    if (result.cores[core].getBusy() >
        result.cores[result.busiestCore].getBusy())
      result.busiestCore = core;
  }
  result.ticks = result.cores[result.lastCore].finish;
  result.cycles = static_cast<double>(result.ticks) / machine.ticksPerCycle;
}

llvm::Expected<TimingResult> plmr::timeLaunch(const Program &program,
                                              const Launch &launch,
                                              llvm::ArrayRef<int32_t> params,
                                              const TimingOptions &options) {
  if (params.size() != launch.parameters.size())
    return makeError("launch '{0}' takes {1} parameter(s), {2} given",
                     launch.name, launch.parameters.size(), params.size());
  llvm::Expected<TimingResult> result =
      runEngine(program, launch, params, options);
  if (!result)
    return makeError("launch '{0}': {1}", launch.name,
                     llvm::toString(result.takeError()));
  summarize(*result, program.machine);
  return result;
}

llvm::Expected<LaunchProfile>
plmr::profileLaunch(const Program &program, const Launch &launch,
                    llvm::ArrayRef<int32_t> parameters) {
  llvm::Expected<TimingResult> first = timeLaunch(program, launch, parameters);
  if (!first)
    return first.takeError();
  std::map<uint32_t, InstructionTime> times;
  TimingOptions options;
  options.engine = first->engine;
  uint64_t last = 0;
  options.onOp = [&, core = first->lastCore](const TimedOp &op) {
    if (op.core != core || op.engine != noOperand)
      return;
    InstructionTime &time = times.try_emplace(op.pc).first->second;
    time.pc = op.pc;
    ++time.count;
    time.ticks += op.end - op.begin;
    time.before += op.begin - last;
    last = op.end;
  };
  llvm::Expected<TimingResult> second =
      timeLaunch(program, launch, parameters, options);
  if (!second)
    return second.takeError();
  LaunchProfile profile{std::move(*second), {}};
  for (const auto &entry : times)
    profile.instructions.push_back(entry.second);
  return profile;
}
