//===- Trace.cpp - What a core did ----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/Trace.h"
#include "llvm/ADT/bit.h"

using namespace plmr;
using Event = Sequencer::Event;

/// Products are independent, so that only one is in the chain from event to
/// event.
void CoreTrace::add(const Sequencer &sequencer, Event event) {
  const Sequencer::Work &work = sequencer.getWork();
  uint64_t mixed = uint64_t(event) + 1;
  if (event == Event::Vector) {
    const VectorOp &op = sequencer.getVector();
    mixed |= uint64_t(op.opcode) << 8 | uint64_t(op.engine) << 16 |
             uint64_t(op.repeat) << 32;
    mixed ^=
        (op.dst.getSummary() | uint64_t(op.extent) << 32) * 0x9e3779b97f4a7c15;
    mixed ^= (op.a.getSummary() | uint64_t(op.b.getSummary()) << 32) *
             0x94d049bb133111eb;
    mixed += op.c.getSummary() * 0xd6e8feb86659fd93;
  } else if (event == Event::Wait) {
    mixed |= uint64_t(sequencer.getEngine()) << 16;
  } else if (event == Event::Epoch) {
    mixed |= uint64_t(sequencer.getRouteTable()) << 32;
  }
  mixed +=
      (work.scalars | uint64_t(work.descriptors) << 32) * 0xbf58476d1ce4e5b9;
  mixed ^=
      (work.iterations | uint64_t(work.predicated) << 32) * 0xa0761d6478bd642f;
  hash = (llvm::rotl(hash, 27) ^ mixed ^ mixed >> 29) * 0xe7037ed1a0b428db;
}

void SegmentTrace::add(const CoreTrace &core) {
  hash = (llvm::rotl(hash, 23) ^ core.getHash()) * 0x9e3779b97f4a7c15;
}

/// Runs `sequencer` to the next epoch or the end, and returns which it was.
static Event traceCore(Sequencer &sequencer, CoreTrace &trace) {
  for (;;) {
    Event event = sequencer.next();
    if (event == Event::Trap)
      return event;
    trace.add(sequencer, event);
    if (event == Event::Epoch || event == Event::Halt)
      return event;
  }
}

std::vector<uint64_t> plmr::traceLaunch(const Program &program,
                                        const Launch &launch,
                                        llvm::ArrayRef<int32_t> parameters,
                                        uint64_t maxIterations) {
  std::vector<SegmentTrace> segments;
  size_t count = ~size_t(0); // of those that all cores have done
  for (unsigned y = 0; y != program.mesh.rows; ++y)
    for (unsigned x = 0; x != program.mesh.columns; ++x) {
      Sequencer core(program, launch, x, y, parameters, maxIterations);
      uint32_t routeTable = launch.routeTable;
      for (size_t i = 0; i < count; ++i) {
        CoreTrace trace;
        Event last = traceCore(core, trace);
        if (last != Event::Epoch)
          count = last == Event::Trap ? i : i + 1;
        if (last == Event::Trap)
          break;
        if (i == segments.size())
          segments.emplace_back(routeTable);
        segments[i].add(trace);
        routeTable = core.getRouteTable();
      }
    }
  segments.resize(count, SegmentTrace(0));
  std::vector<uint64_t> hashes;
  for (const SegmentTrace &segment : segments)
    hashes.push_back(segment.getHash());
  return hashes;
}
