//===- Certificate.cpp - No two colours met on a link (T10) ---------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Certificate.h"
#include <algorithm>
#include <numeric>

using namespace plmr;

void Certificate::reset(std::vector<uint32_t> links) {
  tracks.assign(links.size(), {});
  for (size_t i = 0; i < links.size(); ++i)
    tracks[i].link = links[i];
  byLink.resize(links.size());
  std::iota(byLink.begin(), byLink.end(), 0);
  std::sort(byLink.begin(), byLink.end(), [&](uint32_t a, uint32_t b) {
    return std::pair(links[a], a) < std::pair(links[b], b);
  });
  lastOf.assign(links.size(), {0, 0});
  numRuns = 0;
}

std::vector<uint32_t> Certificate::checkUpTo(uint64_t tick) {
  std::vector<uint32_t> met;
  for (size_t begin = 0, end; begin < byLink.size(); begin = end) {
    uint32_t link = tracks[byLink[begin]].link;
    end = begin;
    while (end < byLink.size() && tracks[byLink[end]].link == link)
      ++end;
    if (!checkLink(begin, end, tick))
      met.push_back(link);
  }
  numRuns = 0;
  for (const Track &track : tracks)
    numRuns += track.runs.size();
  return met;
}

/// Merges the tracks byLink[begin, end) of one link in time order. False if two
/// of them met.
bool Certificate::checkLink(size_t begin, size_t end, uint64_t limit) {
  auto &[busyUntil, owner] = lastOf[begin];
  std::vector<size_t> next(end - begin, 0); // first run not yet passed
  for (;;) {
    // The track that sends first, and when the others send next.
    uint32_t first = 0;
    uint64_t tick = limit, others = limit;
    bool found = false;
    for (size_t i = begin; i < end; ++i) {
      const Track &track = tracks[byLink[i]];
      if (next[i - begin] == track.runs.size())
        continue;
      uint64_t start = track.runs[next[i - begin]].first;
      if (start < tick) {
        if (found)
          others = std::min(others, tick);
        tick = start;
        first = static_cast<uint32_t>(i);
        found = true;
      } else {
        others = std::min(others, start);
      }
    }
    if (!found)
      break;
    if (tick < busyUntil && owner != first)
      return false;
    // Of this run, what comes before the others' next wavelet is passed at
    // once.
    Run &run = tracks[byLink[first]].runs[next[first - begin]];
    uint64_t passed = run.count;
    if (run.count > 1 && run.getLast() >= others)
      passed = std::max<uint64_t>(1, (others - run.first + run.period - 1) /
                                         run.period);
    owner = first;
    busyUntil = run.first + run.period * (passed - 1) + linkTicks;
    run.first += run.period * passed;
    run.count -= passed;
    if (run.count == 0)
      ++next[first - begin];
  }
  for (size_t i = begin; i < end; ++i) {
    std::vector<Run> &runs = tracks[byLink[i]].runs;
    runs.erase(runs.begin(), runs.begin() + next[i - begin]);
  }
  return true;
}
