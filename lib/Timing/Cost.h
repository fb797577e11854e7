//===- Cost.h - The schedule of one vector operation -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the rules T6 and T9 say about one core alone; all engines share it.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TIMING_COST_H
#define PLMR_LIB_TIMING_COST_H

#include "plmr/Program/Sequencer.h"

namespace plmr {

constexpr uint32_t noQueue = ~0u;

/// Ticks of scalar work (T9).
inline uint64_t getWorkTicks(const Machine &m, const Sequencer::Work &work) {
  return uint64_t(work.scalars) * m.scalarTicks +
         uint64_t(work.descriptors) * m.descriptorTicks +
         uint64_t(work.iterations) * m.loopTicks +
         uint64_t(work.predicated) * m.predicatedTicks;
}

/// The rate of `op` (T9): of its class and its widest streamed type.
Rate getRate(const Machine &machine, const VectorOp &op);

/// Whether `op` moves wavelets.
bool usesFabric(const VectorOp &op);

/// Ticks of an operation without wavelets, from its start.
uint64_t getLocalTicks(const Machine &machine, const VectorOp &op);

/// A fabric operand of a running operation.
struct FabricOperand {
  uint32_t queue = noQueue;
  uint8_t colour = 0;
  uint8_t perWavelet = 1; ///< elements per wavelet, 1 or 2
};

/// Progress of an operation with fabric operands, beat by beat. A beat is the
/// smallest number of elements that a wavelet of one of its operands carries
/// (T5).
struct FabricOp {
  std::array<FabricOperand, 3> sources;
  uint8_t numSources = 0;
  bool active = false;
  uint8_t group = 1;  ///< elements per beat
  FabricOperand sink; ///< queue noQueue: the destination is memory
  uint32_t pc = 0;
  uint32_t extent = 0, repeat = 0;
  uint32_t element = 0, repetition = 0;
  uint32_t step = 0, tailStep = 0, mapTicks = 0;
  uint64_t begin = 0; ///< for traces
  uint64_t ready = 0; ///< earliest next issue by the stream's own pace

  /// Becomes `op` with its first beat at `start` or later. Queues are the
  /// caller's to fill in. `op` has at least one wavelet.
  void set(const Machine &machine, const VectorOp &op, uint64_t start);

  /// The current beat reads a wavelet of source `i`.
  bool takes(unsigned i) const {
    return (element & (sources[i].perWavelet - 1)) == 0;
  }
  /// The current beat completes a wavelet of the destination.
  bool emits() const {
    if (sink.queue == noQueue)
      return false;
    uint32_t end = element + group;
    return end >= extent || (end & (sink.perWavelet - 1)) == 0;
  }
  /// Every beat sends one wavelet and takes none, or takes one and sends none.
  bool isSend() const { return numSources == 0 && sink.perWavelet == group; }
  bool isReceive() const {
    return numSources == 1 && sink.queue == noQueue &&
           sources[0].perWavelet == group;
  }
  /// Beats that have not issued, of the repetition and of all.
  uint32_t getBeatsOfRepetition() const {
    return (extent - element + group - 1) / group;
  }
  uint64_t getBeats() const {
    return uint64_t(repeat - repetition - 1) * ((extent + group - 1) / group) +
           getBeatsOfRepetition();
  }
  /// A tick before which it cannot be done.
  uint64_t getEarliestEnd() const {
    return ready + getBeats() * std::min(step, tailStep);
  }

  /// The current beat issues at `tick`; returns when it is done. Clears
  /// `active` after the last.
  uint64_t issue(uint64_t tick) {
    uint64_t done = tick + (element + group <= extent ? step : tailStep);
    ready = done;
    element += group;
    if (element >= extent) {
      element = 0;
      ready += mapTicks;
      active = ++repetition != repeat;
    }
    return done;
  }
};

} // namespace plmr

#endif // PLMR_LIB_TIMING_COST_H
