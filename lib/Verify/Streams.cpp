//===- Streams.cpp - What cores send and receive, in order ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Streams.h"
#include "llvm/ADT/Hashing.h"

using namespace plmr;

uint32_t StreamEvent::getGroup() const {
  for (const FabricEnd &end : {sources[0], sources[1], sources[2], sink})
    if (end.exists() && end.perWavelet == 1)
      return 1;
  return 2;
}

uint64_t StreamEvent::getTaken(const FabricEnd &source, uint64_t beats) const {
  uint64_t perRepeat = getBeats(), elements = beats % perRepeat * getGroup();
  return beats / perRepeat * getWords(source) +
         (elements + source.perWavelet - 1) / source.perWavelet;
}

uint64_t StreamEvent::getSent(const FabricEnd &sink, uint64_t beats) const {
  uint64_t perRepeat = getBeats(), elements = beats % perRepeat * getGroup();
  return beats / perRepeat * getWords(sink) + elements / sink.perWavelet;
}

uint64_t StreamEvent::getBeatsOfTaken(const FabricEnd &source,
                                      uint64_t words) const {
  uint64_t perRepeat = getBeats(), wordsPerRepeat = getWords(source);
  uint64_t rest = words % wordsPerRepeat * source.perWavelet / getGroup();
  return words / wordsPerRepeat * perRepeat + std::min(rest, perRepeat - 1);
}

uint64_t StreamEvent::getBeatsOfSent(const FabricEnd &sink,
                                     uint64_t words) const {
  uint64_t perRepeat = getBeats(), wordsPerRepeat = getWords(sink);
  uint64_t elements = (words % wordsPerRepeat + 1) * sink.perWavelet;
  uint64_t rest = (elements + getGroup() - 1) / getGroup() - 1;
  return words / wordsPerRepeat * perRepeat + std::min(rest, perRepeat - 1);
}

static uint64_t getHash(const EventList &events) {
  llvm::hash_code hash(events.size());
  for (const StreamEvent &event : events) {
    hash = llvm::hash_combine(hash, uint8_t(event.kind), event.engine, event.pc,
                              event.extent, event.repeat);
    for (const FabricEnd &end :
         {event.sources[0], event.sources[1], event.sources[2], event.sink})
      hash = llvm::hash_combine(hash, end.colour, end.perWavelet);
  }
  return hash;
}

uint32_t StreamPool::add(EventList events) {
  uint64_t hash = getHash(events);
  auto [first, last] = byHash.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (*lists[it->second] == events)
      return it->second;
  uint32_t index = static_cast<uint32_t>(lists.size());
  lists.push_back(std::make_unique<const EventList>(std::move(events)));
  byHash.emplace(hash, index);
  return index;
}
