//===- EventQueue.h - Events by time -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A wheel of the next ticks with a list and a bit per tick that has events, and
// a heap of what lies behind it.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TIMING_EVENTQUEUE_H
#define PLMR_LIB_TIMING_EVENTQUEUE_H

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

namespace plmr {

class EventQueue {
public:
  /// Events are numbers below `count`; there are none yet.
  void reset(uint32_t count) { next.assign(count, none); }

  /// Adds an event at `tick`, which is later than the last that pop gave. It
  /// is not among those that are there.
  void push(uint64_t tick, uint32_t event) {
    if (tick - base >= size)
      far.push({tick, event});
    else
      insert(tick, event);
  }

  /// Takes all events of the earliest tick, which becomes `tick`, and puts them
  /// into `due`, in any order; false if there are none.
  bool pop(uint64_t &tick, std::vector<uint32_t> &due) {
    if (numNear == 0) {
      if (far.empty())
        return false;
      base = far.top().first;
    }
    moveNear();
    base = findFirst();
    due.clear();
    for (uint32_t event = first[base % size]; event != none;
         event = next[event])
      due.push_back(event);
    occupied[base % size / 64] &= ~(uint64_t(1) << base % 64);
    numNear -= due.size();
    tick = base++;
    return true;
  }

private:
  static constexpr uint64_t size = 4096;
  static constexpr uint32_t none = ~0u;
  using Event = std::pair<uint64_t, uint32_t>;

  void insert(uint64_t tick, uint32_t event) {
    uint64_t &word = occupied[tick % size / 64];
    uint64_t bit = uint64_t(1) << tick % 64;
    next[event] = word & bit ? first[tick % size] : none;
    first[tick % size] = event;
    word |= bit;
    ++numNear;
  }

  void moveNear() {
    while (!far.empty() && far.top().first - base < size) {
      insert(far.top().first, far.top().second);
      far.pop();
    }
  }

  /// The first occupied tick from `base` on; there is one.
  uint64_t findFirst() const {
    uint64_t tick = base;
    uint64_t word = occupied[tick % size / 64] >> tick % 64;
    while (word == 0) {
      tick = (tick / 64 + 1) * 64;
      word = occupied[tick % size / 64];
    }
    return tick + std::countr_zero(word);
  }

  std::array<uint32_t, size> first; ///< event per tick, where there is one
  std::vector<uint32_t> next;       ///< event of the same tick, per event
  std::array<uint64_t, size / 64> occupied = {};
  std::priority_queue<Event, std::vector<Event>, std::greater<>> far;
  uint64_t base = 0; ///< the wheel holds ticks base to base + size - 1
  size_t numNear = 0;
};

} // namespace plmr

#endif // PLMR_LIB_TIMING_EVENTQUEUE_H
