//===- ExpandCaches.cpp - Caches in blocks as messages --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Caches whose rows hold blocks of positions (KVPlacement.h): a shift by one
// position for each token, and the walk that makes blocks of a cyclic cache
// (docs/Algorithms.md, "Caches").
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Expander.h"

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;
using plmr::mesh::RelationKind;

//===----------------------------------------------------------------------===//
// Shifts
//===----------------------------------------------------------------------===//

/// All rows have q positions, rows above g one more. Row g grows: each row
/// below it gives its oldest position to the row above and has room for what
/// comes from below, the last one for the new position.
void Expander::expandShift(mesh::ShiftTileOp op) {
  Location loc = op.getLoc();
  begin(op, "shift");
  Scalars s(b, loc);
  Line y = getLine(loc, MeshAxis::Y);
  Value one = s.index(1), position = op.getPosition();
  Value q = s.div(position, y.extent), g = s.rem(position, y.extent);
  Value isLast = s.equal(s.add(y.local, one), y.extent);
  Value isBelow = s.less(g, y.local), grows = s.equal(g, y.local);
  // The first R positions go to their rows at once.
  Value moves = s.less(s.index(0), q);
  Value enters = s.either(s.both(moves, isLast), s.both(s.no(moves), grows));
  // Below row g the oldest position makes room for the newest.
  Value slot = s.select(isBelow, s.rem(g, s.max(q, one)), q);
  Value place = column(loc, op.getCache(), slot);
  if (y.moves) {
    Value sends = s.both(moves, isBelow);
    Value receives =
        s.both(s.both(moves, s.no(isLast)), s.either(isBelow, grows));
    auto type = cast<MemRefType>(op.getValue().getType());
    Value arrived = memref::AllocOp::create(
        b, loc, MemRefType::get(type.getShape(), type.getElementType()));
    StringRef down = getChannel(loc, RelationKind::Down, MeshAxis::Y);
    waitFor(loc, {{startSend(loc, place, down, sends), sends},
                  {startRecv(loc, arrived, down, receives), receives}});
    copyIf(loc, receives, arrived, place);
  }
  copyIf(loc, enters, op.getValue(), place);
  turnBlocks(op, y, q, s.equal(s.add(g, one), y.extent));
  op.erase();
}

void Expander::copyIf(Location loc, Value condition, Value from, Value to) {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  memref::CopyOp::create(b, loc, from, to);
}

/// Once all rows have grown (`isDue`), row r has replaced r of its first q
/// positions, from slot 0 on and round. They are put in order again.
void Expander::turnBlocks(mesh::ShiftTileOp op, const Line &y, Value q,
                          Value isDue) {
  if (!y.moves)
    return;
  Location loc = op.getLoc();
  Scalars s(b, loc);
  auto type = cast<MemRefType>(op.getCache().getType());
  Value zero = s.index(0), one = s.index(1);
  Value oldest = s.rem(y.local, s.max(q, one)), rest = s.sub(q, oldest);
  Value turns = s.both(isDue, s.less(zero, oldest));
  Value line = memref::AllocOp::create(
      b, loc, MemRefType::get({1, type.getDimSize(1)}, type.getElementType()));
  auto loop = scf::ForOp::create(
      b, loc, zero, s.select(turns, s.index(type.getDimSize(0)), zero), one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value features = slice(loc, op.getCache(), {loop.getInductionVar(), attr(0)},
                         {attr(1), attr(type.getDimSize(1))});
  auto part = [&](Value of, OpFoldResult first, Value count) {
    return slice(loc, of, {attr(0), first}, {attr(1), count});
  };
  memref::CopyOp::create(b, loc, part(features, attr(0), q),
                         part(line, attr(0), q));
  memref::CopyOp::create(b, loc, part(line, oldest, rest),
                         part(features, attr(0), rest));
  memref::CopyOp::create(b, loc, part(line, attr(0), oldest),
                         part(features, rest, oldest));
}

//===----------------------------------------------------------------------===//
// From cyclic to blocks
//===----------------------------------------------------------------------===//

/// The rows' tiles walk once around the ring along y. From each that passes a
/// row takes the positions of its own new block.
void Expander::expandSettle(mesh::SettleTileOp op) {
  Location loc = op.getLoc();
  begin(op, "settle");
  Line y = getLine(loc, MeshAxis::Y);
  // One row has all positions, in order.
  if (y.moves) {
    Scalars s(b, loc);
    Value slots = s.div(s.add(op.getTo(), s.index(mesh.rows - 1)), y.extent);
    auto used = [&](Value tile) {
      return sliceLast(loc, tile, attr(0), slots);
    };
    walkRing(loc, y, startTravel(loc, y, op.getCache(), used), used,
             [&](Value tile, Value owner) { takeOwn(op, y, tile, owner); });
  }
  op.erase();
}

/// Copies from the tile of row `owner` what belongs to this row.
void Expander::takeOwn(mesh::SettleTileOp op, const Line &y, Value tile,
                       Value owner) {
  Location loc = op.getLoc();
  Scalars s(b, loc);
  Blocks before(s, op.getFrom(), y.extent, op.getShifted());
  Blocks after(s, op.getTo(), y.extent, op.getShifted());
  Value begin = after.getBegin(y.local), end = after.getEnd(y.local);
  // Loops over [first, last): `find` gives the position and its slot in the
  // tile.
  auto take = [&](Value first, Value last,
                  llvm::function_ref<std::pair<Value, Value>(Value)> find) {
    auto loop =
        scf::ForOp::create(b, loc, first, s.max(first, last), s.index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    auto [position, slot] = find(loop.getInductionVar());
    Value to = after.getSlot(y.local, s.sub(position, begin));
    memref::CopyOp::create(b, loc, column(loc, tile, slot),
                           column(loc, op.getCache(), to));
  };
  Value ownerBegin = before.getBegin(owner);
  take(s.max(begin, ownerBegin), s.min(end, before.getEnd(owner)),
       [&](Value position) -> std::pair<Value, Value> {
         return {position, before.getSlot(owner, s.sub(position, ownerBegin))};
       });
  // The owner's first slot whose position is not below `position`.
  Value slack = s.sub(s.index(mesh.rows - 1), owner);
  auto getSlot = [&](Value position) {
    return s.div(s.add(position, slack), y.extent);
  };
  take(getSlot(s.max(begin, op.getFrom())), getSlot(end),
       [&](Value slot) -> std::pair<Value, Value> {
         return {s.add(s.mul(slot, y.extent), owner), slot};
       });
}
