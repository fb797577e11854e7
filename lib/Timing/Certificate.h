//===- Certificate.h - No two colours met on a link (T10) -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A track is what one colour (or one stream of a core) sends over one link:
// an ascending sequence of ticks, kept as arithmetic progressions. Only links
// with several tracks are recorded.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TIMING_CERTIFICATE_H
#define PLMR_LIB_TIMING_CERTIFICATE_H

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace plmr {

class Certificate {
public:
  explicit Certificate(uint32_t linkTicks) : linkTicks(linkTicks) {}

  /// Forgets everything; `links` are the links of the tracks.
  void reset(std::vector<uint32_t> links);

  /// A wavelet of `track` enters its link at `tick`.
  void add(uint32_t track, uint64_t tick) {
    Track &t = tracks[track];
    if (t.runs.empty() || !t.runs.back().extend(tick)) {
      t.runs.push_back({tick, 0, 1});
      ++numRuns;
    }
  }

  /// `count` more, each `period` ticks after the one before it; there is one.
  void add(uint32_t track, uint64_t period, uint64_t count) {
    Run &run = tracks[track].runs.back();
    if (run.count == 1)
      run.period = period;
    if (run.period == period) {
      run.count += count;
      return;
    }
    tracks[track].runs.push_back({run.getLast() + period, period, count});
    ++numRuns;
  }

  /// Checks and forgets all that begins before `tick`; nothing that does may
  /// be added later. Returns the links on which two tracks met, ascending; of
  /// these links nothing more can be checked.
  std::vector<uint32_t> checkUpTo(uint64_t tick);

  /// Runs in memory, for the caller to decide when to check.
  size_t getNumRuns() const { return numRuns; }

private:
  /// Ticks first, first + period, ...
  struct Run {
    uint64_t first, period, count;

    uint64_t getLast() const { return first + period * (count - 1); }
    bool extend(uint64_t tick) {
      if (count == 1)
        period = tick - first;
      else if (tick != first + period * count)
        return false;
      ++count;
      return true;
    }
  };
  struct Track {
    uint32_t link = 0;
    std::vector<Run> runs;
  };

  bool checkLink(size_t begin, size_t end, uint64_t limit);

  uint32_t linkTicks;
  std::vector<Track> tracks;
  /// Tracks by link, and per link the end of its latest wavelet that was
  /// checked and whose it was.
  std::vector<uint32_t> byLink;
  std::vector<std::pair<uint64_t, uint32_t>> lastOf;
  size_t numRuns = 0;
};

} // namespace plmr

#endif // PLMR_LIB_TIMING_CERTIFICATE_H
