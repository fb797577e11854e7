//===- ExpandRings.cpp - Reductions round a ring as messages --------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reduce-scatter and all-gather: in each of a line's n - 1 steps a core passes
// one block to its ring predecessor (docs/Algorithms.md, "Rings").
//
//===----------------------------------------------------------------------===//

#include "Expander.h"

using namespace mlir;
using namespace plmr;
using plmr::mesh::RelationKind;

Value Expander::getBlock(Location loc, const RingBlocks &blocks,
                         Value position) {
  Scalars s(b, loc);
  Value cores = blocks.line.extent;
  Value block = blocks.inRingOrder ? position : s.ringElement(position, cores);
  Value extent = b.createOrFold<memref::DimOp>(loc, blocks.buffer, blocks.dim);
  Value begin = s.blockBegin(block, extent, cores);
  Value end = s.blockBegin(s.add(block, s.index(1)), extent, cores);
  return createSlice(b, loc, blocks.buffer, blocks.dim, begin,
                     s.sub(end, begin));
}

void Expander::passBlocks(Location loc, const RingBlocks &blocks, int64_t ahead,
                          std::optional<mesh::Reducer> reducer) {
  Scalars s(b, loc);
  const Line &line = blocks.line;
  StringRef ring =
      getChannel(loc, RelationKind::Ring, line.axis, line.segments);
  Value own = s.ringPosition(line.local, line.extent);
  Value start = s.rem(s.add(own, s.index(ahead)), line.extent);
  auto loop =
      scf::ForOp::create(b, loc, s.index(0), s.sub(line.extent, s.index(1)),
                         s.index(1), ValueRange{start});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value position = loop.getRegionIterArgs()[0];
  Value next = s.rem(s.add(position, s.index(1)), line.extent);
  Value token = startSend(loc, getBlock(loc, blocks, position), ring, Value());
  Value target = getBlock(loc, blocks, next);
  if (reducer)
    mark(mesh::RecvReduceOp::create(b, loc, *reducer, target, ring,
                                    IntegerAttr(), Value()));
  else
    mark(mesh::RecvOp::create(b, loc, Type(), target, ring, Value()));
  mesh::WaitOp::create(b, loc, token, Value());
  scf::YieldOp::create(b, loc, next);
}

template <typename OpTy> Expander::RingBlocks Expander::getRingBlocks(OpTy op) {
  return {getLine(op.getLoc(), op.getAxis(), op.getSegments()), op.getBuffer(),
          static_cast<unsigned>(op.getDim()), op.getRingOrder()};
}

/// The block of a position starts at the next one of the ring, whose
/// predecessors add to it until it is home.
void Expander::expandReduceScatter(mesh::ReduceScatterTileOp op) {
  begin(op, "reduce_scatter");
  RingBlocks blocks = getRingBlocks(op);
  if (blocks.line.moves)
    passBlocks(op.getLoc(), blocks, /*ahead=*/1, op.getReducer());
  op.erase();
}

void Expander::expandAllGather(mesh::AllGatherTileOp op) {
  begin(op, "all_gather");
  RingBlocks blocks = getRingBlocks(op);
  if (blocks.line.moves)
    passBlocks(op.getLoc(), blocks, /*ahead=*/0, std::nullopt);
  op.erase();
}
