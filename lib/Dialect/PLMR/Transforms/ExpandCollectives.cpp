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

StringRef Expander::getChannel(Location loc, RelationAttr relation) {
  for (auto channel : module.getOps<ChannelOp>())
    if (channel.getRelation() == relation &&
        channel.getLaunchAttr() == launch &&
        static_cast<int64_t>(channel.getEpoch()) == epoch)
      return channel.getSymName();
  std::string name = launch ? launch.str() + "." : "";
  if (epoch)
    name += std::to_string(epoch) + ".";
  name += (stringifyMeshAxis(relation.getAxis()) + "." +
           stringifyRelationKind(relation.getKind()))
              .str();
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
                                 buffer, channel, predicate);
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
  return createSlice(b, loc, buffer, type.getRank() - 1, offset, size);
}

//===----------------------------------------------------------------------===//
// Reduction
//===----------------------------------------------------------------------===//

StringRef Expander::getTreeChannel(Location loc, RelationKind kind,
                                   MeshAxis axis, mesh::TreeAttr tree,
                                   int64_t segments) {
  return getChannel(
      loc, RelationAttr::get(b.getContext(), kind, axis, tree, segments));
}

/// Whether a line of cores has segments of more than one.
bool Expander::hasMessages(MeshAxis axis, int64_t segments) const {
  Segments line{mesh.getExtent(mesh::toAxis(axis)),
                static_cast<unsigned>(segments)};
  return line.getMaxWidth() > 1;
}

/// A core collects from its children, of which the last is passed on while it
/// arrives; the root collects from all. Most cores have one child: they pass on
/// first, without stepping over what others collect.
void Expander::expandReduce(mesh::ReduceTileOp op) {
  Location loc = op.getLoc();
  begin(op, "all_reduce");
  if (!hasMessages(op.getAxis(), op.getSegments()))
    return op.erase();
  Scalars s(b, loc);
  Value buffer = op.getBuffer();
  StringRef tree = getTreeChannel(loc, RelationKind::Tree, op.getAxis(),
                                  op.getTree(), op.getSegments());
  Relation relation =
      symbols.lookup<ChannelOp>(tree).getRelation().getRelation();
  size_t children =
      relation.getRoles(mesh.getExtent(relation.axis)).front().collects.size();
  auto forward = [&](Value predicate) {
    mark(mesh::ForwardReduceOp::create(b, loc, op.getReducer(), buffer, tree,
                                       predicate));
  };
  Value sends = role(loc, Role::Sends, tree);
  Value receives = role(loc, Role::Receives, tree);
  SmallVector<Value> collects;
  for (auto child : llvm::seq<int64_t>(children))
    collects.push_back(mesh::RoleOp::create(b, loc, Role::Collects, tree,
                                            b.getI64IntegerAttr(child)));
  send(loc, buffer, tree, s.both(sends, s.no(receives)));
  if (collects.empty())
    forward(receives);
  else
    forward(s.both(receives, s.no(collects.back())));
  for (auto [child, predicate] : llvm::enumerate(collects))
    mark(mesh::RecvReduceOp::create(b, loc, op.getReducer(), buffer, tree,
                                    b.getI64IntegerAttr(child), predicate));
  if (!collects.empty())
    forward(s.both(receives, collects.back()));
  op.erase();
}

void Expander::expandBroadcast(mesh::BroadcastTileOp op) {
  Location loc = op.getLoc();
  begin(op, "all_reduce");
  if (!hasMessages(op.getAxis(), op.getSegments()))
    return op.erase();
  StringRef channel = getTreeChannel(loc, RelationKind::Broadcast, op.getAxis(),
                                     op.getTree(), op.getSegments());
  send(loc, op.getBuffer(), channel, role(loc, Role::Sends, channel));
  mark(mesh::RecvOp::create(b, loc, Type(), op.getBuffer(), channel,
                            role(loc, Role::Receives, channel)));
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
    else if (auto broadcast = dyn_cast<mesh::BroadcastTileOp>(op))
      expander.expandBroadcast(broadcast);
    else if (auto scatter = dyn_cast<mesh::ReduceScatterTileOp>(op))
      expander.expandReduceScatter(scatter);
    else if (auto gather = dyn_cast<mesh::AllGatherTileOp>(op))
      expander.expandAllGather(gather);
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
