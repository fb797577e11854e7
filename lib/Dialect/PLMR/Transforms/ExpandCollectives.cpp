//===- ExpandCollectives.cpp - Collectives as messages on channels --------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expander.h"

namespace plmr {
#define GEN_PASS_DEF_EXPANDCOLLECTIVES
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::ChannelOp;
using plmr::mesh::MeshAxis;
using plmr::mesh::RelationAttr;
using plmr::mesh::RelationKind;
using plmr::mesh::Role;

/// A location's name, for reports.
static std::string getName(Location loc, StringRef fallback) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    SmallVector<std::string> names;
    for (Location part : fused.getLocations())
      names.push_back(getName(part, fallback));
    names.erase(llvm::unique(names), names.end());
    return llvm::join(names, "+");
  }
  return fallback.str();
}

void Expander::begin(Operation *op, StringRef fallback) {
  b.setInsertionPoint(op);
  operation = b.getStringAttr(getName(op->getLoc(), fallback));
}

void Expander::enter(func::FuncOp func) {
  bool isOnly = llvm::hasSingleElement(module.getOps<func::FuncOp>());
  // One table of one launch needs no name.
  bool hasEpochs =
      func.walk([](mesh::EpochOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  launch = isOnly && !hasEpochs ? StringAttr() : func.getSymNameAttr();
  epoch = 0;
}

StringRef Expander::getChannel(Location loc, RelationKind kind, MeshAxis axis,
                               int64_t level, ArrayRef<int64_t> groups,
                               int64_t segments) {
  auto relation =
      RelationAttr::get(b.getContext(), kind, axis, level, groups, segments);
  for (auto channel : module.getOps<ChannelOp>())
    if (channel.getRelation() == relation &&
        channel.getLaunchAttr() == launch &&
        static_cast<int64_t>(channel.getEpoch()) == epoch)
      return channel.getSymName();
  std::string name = launch ? launch.str() + "." : "";
  if (epoch)
    name += std::to_string(epoch) + ".";
  name += (stringifyMeshAxis(axis) + "." + stringifyRelationKind(kind)).str();
  if (kind == RelationKind::Chain)
    name += std::to_string(level);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfter(meshOp);
  auto channel = ChannelOp::create(b, loc, name, relation, launch, epoch,
                                   DenseI32ArrayAttr());
  symbols.insert(channel); // makes the name unique
  return channel.getSymName();
}

Value Expander::startSend(Location loc, Value buffer, StringRef channel,
                          Value predicate) {
  auto op = mesh::SendOp::create(b, loc, mesh::TokenType::get(b.getContext()),
                                 buffer, channel, predicate);
  mark(op);
  return op.getToken();
}

Value Expander::startRecv(Location loc, Value buffer, StringRef channel,
                          Value predicate) {
  auto op = mesh::RecvOp::create(b, loc, mesh::TokenType::get(b.getContext()),
                                 buffer, channel, mesh::RoleAttr(), predicate);
  mark(op);
  return op.getToken();
}

Value Expander::slice(Location loc, Value buffer,
                      ArrayRef<OpFoldResult> offsets,
                      ArrayRef<OpFoldResult> sizes) {
  SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
  return memref::SubViewOp::create(b, loc, buffer, offsets, sizes, strides);
}

Value Expander::sliceLast(Location loc, Value buffer, OpFoldResult offset,
                          OpFoldResult size) {
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), attr(0)), sizes;
  for (int64_t extent : type.getShape())
    sizes.push_back(attr(extent));
  offsets.back() = offset;
  sizes.back() = size;
  return slice(loc, buffer, offsets, sizes);
}

//===----------------------------------------------------------------------===//
// Reduction
//===----------------------------------------------------------------------===//

/// Every core but a group's root adds what it gets to its own and passes it
/// on; the root collects from both sides. The last root multicasts.
void Expander::expandReduce(mesh::ReduceTileOp op) {
  Location loc = op.getLoc();
  begin(op, "all_reduce");
  Scalars s(b, loc);
  Value buffer = op.getBuffer();
  MeshAxis axis = op.getAxis();
  ArrayRef<int64_t> groups = op.getGroups();
  int64_t segments = op.getSegments();
  for (int64_t level = 0; level != static_cast<int64_t>(groups.size());
       ++level) {
    StringRef chain =
        getChannel(loc, RelationKind::Chain, axis, level, groups, segments);
    Value sends = role(loc, Role::Sends, chain);
    Value low = role(loc, Role::ReceivesLow, chain);
    Value high = role(loc, Role::ReceivesHigh, chain);
    Value receives = s.either(low, high);
    forward(loc, op.getReducer(), buffer, chain, s.both(sends, receives));
    send(loc, buffer, chain, s.both(sends, s.no(receives)));
    Value collects = s.no(sends);
    reduceInto(loc, op.getReducer(), buffer, chain, Role::ReceivesLow,
               s.both(collects, low));
    reduceInto(loc, op.getReducer(), buffer, chain, Role::ReceivesHigh,
               s.both(collects, high));
  }
  if (!groups.empty()) {
    StringRef broadcast =
        getChannel(loc, RelationKind::Broadcast, axis, 0, groups, segments);
    send(loc, buffer, broadcast, role(loc, Role::Sends, broadcast));
    Value receives = s.either(role(loc, Role::ReceivesLow, broadcast),
                              role(loc, Role::ReceivesHigh, broadcast));
    mark(mesh::RecvOp::create(b, loc, Type(), buffer, broadcast,
                              mesh::RoleAttr(), receives));
  }
  op.erase();
}

namespace {
struct ExpandCollectives
    : plmr::impl::ExpandCollectivesBase<ExpandCollectives> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto func :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      mesh::MeshOp meshOp = requireMesh(func);
      if (!meshOp)
        return signalPassFailure();
      Expander expander(module, meshOp);
      expander.enter(func);
      WalkResult result = func.walk(
          [&](Operation *op) { return WalkResult(expand(expander, op)); });
      if (result.wasInterrupted())
        return signalPassFailure();
    }
  }

  static LogicalResult expand(Expander &expander, Operation *op) {
    if (auto epoch = dyn_cast<mesh::EpochOp>(op))
      expander.enter(epoch);
    else if (auto reduce = dyn_cast<mesh::ReduceTileOp>(op))
      expander.expandReduce(reduce);
    else if (auto gemm = dyn_cast<mesh::GemmTileOp>(op))
      return expander.expandGemm(gemm);
    else if (auto gemmT = dyn_cast<mesh::GemmTTileOp>(op))
      return expander.expandGemmT(gemmT);
    else if (auto scores = dyn_cast<mesh::HeadGemmTTileOp>(op))
      return expander.expandHeadGemmT(scores);
    else if (auto weighted = dyn_cast<mesh::HeadGemmTileOp>(op))
      return expander.expandHeadGemm(weighted);
    else if (auto shift = dyn_cast<mesh::ShiftTileOp>(op))
      expander.expandShift(shift);
    else if (auto settle = dyn_cast<mesh::SettleTileOp>(op))
      expander.expandSettle(settle);
    else if (auto redistribute = dyn_cast<mesh::RedistributeOp>(op))
      expander.expandRedistribute(redistribute);
    return success();
  }
};
} // namespace
