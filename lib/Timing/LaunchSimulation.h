//===- LaunchSimulation.h - A launch, segment by segment -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A segment is timed with no link arbitrated, and again with those on which
// colours met until there are no others. A segment that was timed before is not
// timed again: layers are alike.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TIMING_LAUNCHSIMULATION_H
#define PLMR_LIB_TIMING_LAUNCHSIMULATION_H

#include "Simulation.h"
#include <unordered_map>

namespace plmr {

/// All that is to know of a segment.
struct SegmentTime {
  TimingEngine engine = TimingEngine::Fast;
  std::vector<uint32_t> contendedLinks;
  /// `finish` is from the segment's begin until the core reaches its end.
  std::vector<CoreTime> cores;
  uint64_t length = 0; ///< ticks: the latest of these
  uint64_t vectorOps = 0;
  uint64_t wavelets = 0, hops = 0, deliveries = 0;
  std::vector<uint32_t> linkWavelets; ///< with TimingOptions::linkCounts
  std::optional<uint32_t> nextTable;  ///< none: the launch ends
};

struct SegmentCache::Impl {
  std::unordered_map<uint64_t, SegmentTime> times;
  /// Per route table the links on which colours met. They will again, so that
  /// taking them as free would be in vain. Empty: none yet.
  std::vector<ArbitratedLinks> arbitrated;
};

class LaunchSimulation {
public:
  /// For any engine but the oracle.
  LaunchSimulation(const Program &program, const Launch &launch,
                   llvm::ArrayRef<int32_t> parameters,
                   const TimingOptions &options);

  llvm::Expected<TimingResult> run();

private:
  const SegmentTime *find(uint32_t segment) const;
  /// Times segment `number`, which begins at tick `begin` in `routeTable`.
  llvm::Expected<SegmentTime> simulate(uint32_t number, uint64_t begin,
                                       uint32_t routeTable);
  llvm::Error runEngine(uint32_t number, uint64_t begin, uint32_t routeTable,
                        SegmentTime &time);
  ArbitratedLinks getArbitratedLinks(uint32_t routeTable) const;
  llvm::Expected<Fabric *> prepare(uint32_t number, uint64_t begin,
                                   uint32_t routeTable);
  void count(const Fabric &fabric, SegmentTime &time) const;
  void add(const SegmentTime &time, uint64_t begin);

  const Program &program;
  const Launch &launch;
  llvm::ArrayRef<int32_t> parameters;
  const TimingOptions &options;
  std::vector<uint64_t> traced;
  llvm::ArrayRef<uint64_t> hashes; ///< of the segments; none: nothing is reused
  SegmentCache ownCache;
  SegmentCache::Impl &cache;
  std::unique_ptr<Cores> cores;                 ///< at the begin of a segment
  uint32_t position = 0;                        ///< which one
  std::vector<std::unique_ptr<Fabric>> fabrics; ///< per route table, as used
  TimingResult result;
};

} // namespace plmr

#endif // PLMR_LIB_TIMING_LAUNCHSIMULATION_H
