//===- AllocateColours.cpp - Giving each flow a colour -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"

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
struct AllocateColours : plmr::impl::AllocateColoursBase<AllocateColours> {
  void runOnOperation() override {
    mesh::MeshOp meshOp = mesh::lookupMesh(getOperation());
    auto tables = getTables(getOperation());
    if (tables.empty())
      return;
    if (!meshOp) {
      getOperation().emitError("expected a plmr.mesh");
      return signalPassFailure();
    }
    FailureOr<Machine> machine = plmr::loadMachine(meshOp);
    if (failed(machine))
      return signalPassFailure();
    for (auto &[table, channels] : tables)
      if (failed(allocate(channels, meshOp, *machine)))
        return signalPassFailure();
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

    if (total <= machine.getUsableColours())
      return success();
    InFlightDiagnostic diag =
        meshOp.emitError("expected at most ")
        << machine.getUsableColours() << " colours, what " << machine.name
        << " has, but the channels need " << total << " ("
        << used[static_cast<unsigned>(Axis::X)] << " along x, "
        << used[static_cast<unsigned>(Axis::Y)]
        << " along y); a reduction tree of fewer levels or the device 'lab' "
           "needs fewer or has more";
    for (ChannelOp channel : channels)
      diag.attachNote(channel.getLoc())
          << "'" << channel.getSymName()
          << "': " << channel.getRelation().getRelation().print();
    return diag;
  }
};
} // namespace
