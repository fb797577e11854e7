//===- Trace.h - What a core did -*- C++ -*--------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A launch falls into segments: from one epoch to the next. Since an epoch is a
// barrier that leaves no wavelet behind (T7), a segment's time depends on
// nothing that came before it: segments of equal traces take equal times.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_TRACE_H
#define PLMR_PROGRAM_TRACE_H

#include "plmr/Program/Sequencer.h"

namespace plmr {

/// Hash over the events of one core: of all that time may depend on.
class CoreTrace {
public:
  /// `event` is the last one of `sequencer`.
  void add(const Sequencer &sequencer, Sequencer::Event event);
  uint64_t getHash() const { return hash; }

private:
  uint64_t hash = 0;
};

/// Hash over the traces of all cores, in their order.
class SegmentTrace {
public:
  explicit SegmentTrace(uint32_t routeTable) : hash(routeTable) {}
  void add(const CoreTrace &core);
  uint64_t getHash() const { return hash; }

private:
  uint64_t hash;
};

/// Hashes of the launch's segments, in their order. Stops where a core traps,
/// or halts while others go on.
std::vector<uint64_t> traceLaunch(const Program &program, const Launch &launch,
                                  llvm::ArrayRef<int32_t> parameters,
                                  uint64_t maxIterations);

} // namespace plmr

#endif // PLMR_PROGRAM_TRACE_H
