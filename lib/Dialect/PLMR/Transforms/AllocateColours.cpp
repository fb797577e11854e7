//===- AllocateColours.cpp - Giving each flow a colour -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "plmr/Dialect/PLMR/Transforms/Budget.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include <functional>

namespace plmr {
#define GEN_PASS_DEF_ALLOCATECOLOURS
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::ChannelOp;

namespace {
struct ColouredFlow {
  unsigned begin, end;
  size_t number; ///< breaks ties, so that the result is always the same
  int32_t *colour;
};
} // namespace

/// Colours intervals from `first` on; returns the number of colours.
static unsigned colourIntervals(MutableArrayRef<ColouredFlow> flows,
                                unsigned first) {
  llvm::sort(flows, [](const ColouredFlow &a, const ColouredFlow &b) {
    return std::pair(a.begin, a.number) < std::pair(b.begin, b.number);
  });
  SmallVector<unsigned> busyUntil; // per colour: one past its last router
  for (ColouredFlow &flow : flows) {
    unsigned colour = 0;
    while (colour < busyUntil.size() && busyUntil[colour] > flow.begin)
      ++colour;
    if (colour == busyUntil.size())
      busyUntil.push_back(0);
    busyUntil[colour] = flow.end + 1;
    *flow.colour = static_cast<int32_t>(first + colour);
  }
  return busyUntil.size();
}

/// The channels of one route table. Those without a launch are in all tables,
/// and are the only ones then.
static llvm::MapVector<std::pair<StringAttr, int64_t>, SmallVector<ChannelOp>>
getTables(ModuleOp module) {
  llvm::MapVector<std::pair<StringAttr, int64_t>, SmallVector<ChannelOp>>
      tables;
  for (auto channel : module.getOps<ChannelOp>())
    tables[{channel.getLaunchAttr(), channel.getEpoch()}].push_back(channel);
  return tables;
}

namespace {
/// What a table of channels needs along each axis.
struct Need {
  StringRef what;
  unsigned x, y;
};
} // namespace

/// Says that there is less of what is needed, and which channels need it.
static LogicalResult
refuse(mesh::MeshOp meshOp, const Machine &machine, Need need,
       llvm::function_ref<uint64_t(const Machine &)> getBudget,
       ArrayRef<ChannelOp> channels) {
  unsigned total = need.x + need.y;
  std::optional<Machine> device = findRoomierDevice(total, getBudget);
  InFlightDiagnostic diag =
      meshOp.emitError("expected at most ")
      << getBudget(machine) << " " << need.what << ", what " << machine.name
      << " has, but the channels need " << total << " (" << need.x
      << " along x, " << need.y << " along y); fewer rows or columns"
      << (device ? "," : " or") << " a reduction tree of fewer flows"
      << (device ? " or the device '" + device->name + "'" : "") << " would do";
  setBudget(diag, Budget::Routes);
  for (ChannelOp channel : channels)
    diag.attachNote(channel.getLoc())
        << "'" << channel.getSymName()
        << "': " << channel.getRelation().getRelation().print();
  return diag;
}

/// Flows that a core of a line along `axis` receives, or sends, at most.
static unsigned countFlows(ArrayRef<ChannelOp> channels, Axis axis,
                           unsigned extent, bool sends) {
  SmallVector<unsigned> counts(extent, 0);
  for (ChannelOp channel : channels) {
    Relation relation = channel.getRelation().getRelation();
    if (relation.axis != axis)
      continue;
    for (auto [count, role] : llvm::zip(counts, relation.getRoles(extent)))
      count += sends ? role.sends >= 0 : role.countReceived();
  }
  return *llvm::max_element(counts);
}

/// All lines of an axis are alike: the busiest column meets the busiest row.
static LogicalResult checkQueues(ArrayRef<ChannelOp> channels,
                                 mesh::MeshOp meshOp, const Machine &machine) {
  for (bool sends : {false, true}) {
    auto getQueues = [sends](const Machine &device) -> uint64_t {
      return sends ? device.outputQueues : device.inputQueues;
    };
    unsigned x =
        countFlows(channels, Axis::X, meshOp.getShape().columns, sends);
    unsigned y = countFlows(channels, Axis::Y, meshOp.getShape().rows, sends);
    if (x + y > getQueues(machine))
      return refuse(meshOp, machine,
                    {sends ? "output queues" : "input queues", x, y}, getQueues,
                    channels);
  }
  return success();
}

namespace {
struct AllocateColours : plmr::impl::AllocateColoursBase<AllocateColours> {
  void runOnOperation() override {
    auto tables = getTables(getOperation());
    if (tables.empty())
      return;
    for (auto &[table, channels] : tables) {
      mesh::MeshOp meshOp = requireMesh(channels.front());
      if (!meshOp)
        return signalPassFailure();
      FailureOr<Machine> machine = plmr::loadMachine(meshOp);
      if (failed(machine) || failed(allocate(channels, meshOp, *machine)))
        return signalPassFailure();
    }
  }

  static LogicalResult allocate(ArrayRef<ChannelOp> channels,
                                mesh::MeshOp meshOp, const Machine &machine) {
    SmallVector<SmallVector<int32_t>> colours(channels.size());
    unsigned used[2] = {0, 0};
    unsigned total = 0;
    for (Axis axis : {Axis::Y, Axis::X}) {
      SmallVector<ColouredFlow> intervals;
      for (auto [channel, flowColours] : llvm::zip(channels, colours)) {
        Relation relation = ChannelOp(channel).getRelation().getRelation();
        if (relation.axis != axis)
          continue;
        auto flows = relation.getFlows(meshOp.getShape().getExtent(axis));
        flowColours.resize(flows.size());
        for (auto [flow, colour] : llvm::zip(flows, flowColours))
          intervals.push_back(
              {flow.getBegin(), flow.getEnd(), intervals.size(), &colour});
      }
      used[static_cast<unsigned>(axis)] = colourIntervals(intervals, total);
      total += used[static_cast<unsigned>(axis)];
    }
    for (auto [channel, flowColours] : llvm::zip(channels, colours))
      ChannelOp(channel).setColours(ArrayRef<int32_t>(flowColours));

    if (total > machine.getUsableColours())
      return refuse(meshOp, machine, {"colours", used[0], used[1]},
                    std::mem_fn(&Machine::getUsableColours), channels);
    return checkQueues(channels, meshOp, machine);
  }
};
} // namespace
