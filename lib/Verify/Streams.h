//===- Streams.h - What cores send and receive, in order -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Of a core's instructions only those count between cores that move wavelets,
// wait for an engine that does, or end a segment. Many cores have equal
// streams, which are kept once.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_VERIFY_STREAMS_H
#define PLMR_LIB_VERIFY_STREAMS_H

#include "plmr/Program/Sequencer.h"
#include <unordered_map>

namespace plmr {

/// An operand on the fabric.
struct FabricEnd {
  uint8_t colour = noOperand; ///< none: no operand
  uint8_t perWavelet = 1;     ///< elements

  bool exists() const { return colour != noOperand; }
  bool operator==(const FabricEnd &) const = default;
};

/// What a core does to others.
struct StreamEvent {
  enum class Kind : uint8_t {
    Operation, ///< moves wavelets
    Wait,      ///< for such an operation on `engine`
    Epoch,     ///< to route table `extent`
    Halt,
    Stop ///< breaks a rule here and does not go on
  };
  Kind kind = Kind::Halt;
  uint8_t engine = noOperand;
  std::array<FabricEnd, 3> sources = {};
  FabricEnd sink;
  uint32_t pc = 0;
  uint32_t extent = 0, repeat = 0; ///< of an operation, not 0

  bool operator==(const StreamEvent &) const = default;

  /// Wavelets of a repetition on an operand.
  uint64_t getWords(const FabricEnd &end) const {
    return (uint64_t(extent) + end.perWavelet - 1) / end.perWavelet;
  }
  /// Beats of a repetition (T5).
  uint64_t getBeats() const {
    return (uint64_t(extent) + getGroup() - 1) / getGroup();
  }
  /// Wavelets that an operand has moved after `beats` beats: one is taken by
  /// the beat that it begins with, and sent by the one that completes it.
  uint64_t getTaken(const FabricEnd &source, uint64_t beats) const;
  uint64_t getSent(const FabricEnd &sink, uint64_t beats) const;
  /// The most beats after which these are at most `words`.
  uint64_t getBeatsOfTaken(const FabricEnd &source, uint64_t words) const;
  uint64_t getBeatsOfSent(const FabricEnd &sink, uint64_t words) const;

private:
  /// Elements of a beat: as many as each operand's wavelet has.
  uint32_t getGroup() const;
};

using EventList = std::vector<StreamEvent>;

/// Keeps equal lists once.
class StreamPool {
public:
  /// The number of the list.
  uint32_t add(EventList events);
  const EventList &get(uint32_t index) const { return *lists[index]; }

private:
  std::vector<std::unique_ptr<const EventList>> lists;
  std::unordered_multimap<uint64_t, uint32_t> byHash;
};

} // namespace plmr

#endif // PLMR_LIB_VERIFY_STREAMS_H
