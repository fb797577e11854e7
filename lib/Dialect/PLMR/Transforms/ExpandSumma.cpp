//===- ExpandSumma.cpp - Matrix products whose blocks are sent in turn ----===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A and B lie in natural order. The contracted dimension is cut in the segments
// of the staircase: segment s lies in one block of A, whose column of cores
// sends it along its row, and in one of B, whose row sends it along its column.
// All cores multiply all segments, in the same order (docs/Algorithms.md,
// "Other products").
//
//===----------------------------------------------------------------------===//

#include "Expander.h"

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;
using plmr::mesh::RelationKind;

Value Expander::getJoinedB(mesh::GemmTileOp op) {
  if (op.getBs().size() == 1)
    return op.getBs()[0];
  auto typeB = cast<MemRefType>(op.getBs()[0].getType());
  auto typeC = cast<MemRefType>(op.getC().getType());
  Value joined = memref::AllocOp::create(
      b, op.getLoc(),
      MemRefType::get({typeB.getDimSize(0), typeC.getDimSize(1)},
                      typeB.getElementType()));
  joinBs(op, joined);
  return joined;
}

void Expander::multiply(Location loc, Value a, Value other, Value c,
                        OpFoldResult length) {
  auto typeC = cast<MemRefType>(c.getType());
  OpFoldResult zero = attr(0);
  Value partA =
      slice(loc, a, {zero, zero}, {attr(typeC.getDimSize(0)), length});
  Value partB =
      slice(loc, other, {zero, zero}, {length, attr(typeC.getDimSize(1))});
  linalg::MatmulOp::create(b, loc, ValueRange{partA, partB}, ValueRange{c});
}

namespace {
/// A dimension of an operand that is sent along a line.
struct Operand {
  MeshLine line;
  unsigned dim;  ///< the contracted one of its tile
  Value tile;    ///< the core's own
  Value buffers; ///< two, of a segment each
  int64_t units; ///< of a block
};
} // namespace

/// Two buffers for a segment of A and of B: one is no longer than a block of
/// either.
static std::array<Operand, 2> getOperands(OpBuilder &b, mesh::GemmTileOp op,
                                          Value joined, const MeshLine &x,
                                          const MeshLine &y, MeshShape mesh) {
  auto typeA = cast<MemRefType>(op.getA().getType());
  auto typeB = cast<MemRefType>(joined.getType());
  int64_t longest = std::min(typeA.getDimSize(1), typeB.getDimSize(0));
  auto alloc = [&](int64_t rows, int64_t columns, Type element) -> Value {
    return memref::AllocOp::create(
        b, op.getLoc(), MemRefType::get({2, rows, columns}, element));
  };
  return {Operand{x, 1, op.getA(),
                  alloc(typeA.getDimSize(0), longest, typeA.getElementType()),
                  static_cast<int64_t>(mesh.rows)},
          Operand{y, 0, joined,
                  alloc(longest, typeB.getDimSize(1), typeB.getElementType()),
                  static_cast<int64_t>(mesh.columns)}};
}

//===----------------------------------------------------------------------===//
// One multicast for each owner
//===----------------------------------------------------------------------===//

/// Each owner has a multicast of its own, so the steps are written out: a loop
/// has no channel that depends on its step.
void Expander::expandSumma(mesh::GemmTileOp op) {
  Location loc = op.getLoc();
  begin(op, "gemm");
  Scalars s(b, loc);
  std::array<Operand, 2> operands =
      getOperands(b, op, getJoinedB(op), getLine(loc, MeshAxis::X),
                  getLine(loc, MeshAxis::Y), mesh);
  int64_t all = static_cast<int64_t>(mesh.columns) * mesh.rows;
  auto element = [&](int64_t unit) { return unit * op.getK() / all; };

  // Starts to fetch [begin, end) of an operand, and says what to wait for.
  auto fetch = [&](Operand &operand, int64_t begin, int64_t end, int64_t which,
                   Transfers &transfers) {
    int64_t owner = begin / operand.units;
    OpFoldResult length = attr(element(end) - element(begin));
    Value own = createSlice(
        b, loc, operand.tile, operand.dim,
        attr(element(begin) - element(owner * operand.units)), length);
    Value into = createSlice(b, loc, half(loc, operand.buffers, attr(which)),
                             operand.dim, attr(0), length);
    Value owns = s.equal(operand.line.local, s.index(owner));
    if (operand.line.moves) {
      TreeShape root{TreeShape::Kind::Chain, {}, owner};
      StringRef channel = getTreeChannel(
          loc, RelationKind::Broadcast, operand.line.axis,
          mesh::TreeAttr::get(b.getContext(), root), /*segments=*/1);
      Value receives = s.no(owns);
      transfers.push_back({startSend(loc, own, channel, owns), owns});
      transfers.push_back({startRecv(loc, into, channel, receives), receives});
    }
    copyIf(loc, owns, own, into);
  };

  SmallVector<std::pair<int64_t, int64_t>> segments;
  for (int64_t begin = 0; begin != all;) {
    int64_t end = all;
    for (const Operand &operand : operands)
      end = std::min(end, (begin / operand.units + 1) * operand.units);
    if (element(begin) != element(end))
      segments.push_back({begin, end});
    begin = end;
  }
  Transfers next;
  auto fetchAll = [&](size_t i) {
    next.clear();
    if (i < segments.size())
      for (Operand &operand : operands)
        fetch(operand, segments[i].first, segments[i].second, i % 2, next);
  };
  fetchAll(0);
  for (auto [i, segment] : llvm::enumerate(segments)) {
    waitFor(loc, next);
    fetchAll(i + 1);
    auto which = static_cast<int64_t>(i % 2);
    multiply(loc, half(loc, operands[0].buffers, attr(which)),
             half(loc, operands[1].buffers, attr(which)), op.getC(),
             attr(element(segment.second) - element(segment.first)));
  }
  op.erase();
}

//===----------------------------------------------------------------------===//
// From neighbour to neighbour
//===----------------------------------------------------------------------===//

/// A core passes a segment on while it multiplies it and the next one comes in.
void Expander::expandSummaRelay(mesh::GemmTileOp op) {
  Location loc = op.getLoc();
  int64_t extent = op.getK();
  begin(op, "gemm");
  Scalars s(b, loc);
  std::array<Operand, 2> operands =
      getOperands(b, op, getJoinedB(op), getLine(loc, MeshAxis::X),
                  getLine(loc, MeshAxis::Y), mesh);
  Value zero = s.index(0), one = s.index(1);
  Value all = s.index(static_cast<int64_t>(mesh.columns) * mesh.rows);

  struct Part {
    Value owner, length, offset;
  };
  auto getEnd = [&](Value begin) {
    Value end = all;
    for (const Operand &operand : operands) {
      Value units = s.index(operand.units);
      end = s.min(end, s.mul(s.add(s.div(begin, units), one), units));
    }
    return end;
  };
  auto getPart = [&](const Operand &operand, Value begin, Value end) {
    Value units = s.index(operand.units);
    Value owner = s.div(begin, units);
    Value first = getElement(s, begin, extent);
    return Part{owner, s.sub(getElement(s, end, extent), first),
                s.sub(first, getElement(s, s.mul(owner, units), extent))};
  };
  auto getInto = [&](const Operand &operand, const Part &part, Value which) {
    return createSlice(b, loc, half(loc, operand.buffers, which), operand.dim,
                       attr(0), part.length);
  };
  /// Starts to fetch a segment where `wanted`.
  auto fetch = [&](Operand &operand, const Part &part, Value which,
                   Value wanted, Transfers &transfers) {
    Value into = getInto(operand, part, which);
    const Line &line = operand.line;
    if (line.moves) {
      for (auto [kind, low, high] :
           {std::tuple(RelationKind::Up, part.owner, line.local),
            {RelationKind::Down, line.local, part.owner}}) {
        Value comes = s.both(wanted, s.less(low, high));
        StringRef channel = getChannel(loc, kind, line.axis);
        transfers.push_back({startRecv(loc, into, channel, comes), comes});
      }
    }
    Value owns = s.both(wanted, s.equal(line.local, part.owner));
    copyIf(loc, owns,
           createSlice(b, loc, operand.tile, operand.dim, part.offset,
                       part.length),
           into);
  };
  /// Starts to pass on what was fetched.
  auto pass = [&](Operand &operand, const Part &part, Value which,
                  Transfers &transfers) {
    const Line &line = operand.line;
    if (!line.moves)
      return;
    Value held = getInto(operand, part, which);
    Value isLast = s.equal(s.add(line.local, one), line.extent);
    Value up = s.both(s.no(s.less(line.local, part.owner)), s.no(isLast));
    Value down =
        s.both(s.no(s.less(part.owner, line.local)), s.less(zero, line.local));
    for (auto [kind, goes] :
         {std::pair(RelationKind::Up, up), {RelationKind::Down, down}})
      transfers.push_back(
          {startSend(loc, held, getChannel(loc, kind, line.axis), goes), goes});
  };

  Transfers first;
  Value firstEnd = getEnd(zero);
  for (Operand &operand : operands)
    fetch(operand, getPart(operand, zero, firstEnd), zero, s.truth(true),
          first);
  waitFor(loc, first);
  auto loop = scf::ForOp::create(b, loc, zero, s.index(countWalkSteps(mesh)),
                                 one, ValueRange{zero, zero});
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value begin = loop.getRegionIterArgs()[0];
    Value current = loop.getRegionIterArgs()[1];
    Value other = s.sub(one, current);
    Value end = getEnd(begin);
    Value more = s.less(end, all);
    // The last step fetches nothing; its numbers are those of the first.
    Value next = s.rem(end, all);
    Value nextEnd = getEnd(next);
    Transfers transfers;
    for (Operand &operand : operands)
      pass(operand, getPart(operand, begin, end), current, transfers);
    for (Operand &operand : operands)
      fetch(operand, getPart(operand, next, nextEnd), other, more, transfers);
    multiply(loc, half(loc, operands[0].buffers, current),
             half(loc, operands[1].buffers, current), op.getC(),
             getPart(operands[0], begin, end).length);
    waitFor(loc, transfers);
    scf::YieldOp::create(b, loc, ValueRange{next, other});
  }
  op.erase();
}

//===----------------------------------------------------------------------===//
// Everything at first
//===----------------------------------------------------------------------===//

/// All blocks of a row and of a column walk once around their rings.
void Expander::expandAllGather(mesh::GemmTileOp op) {
  Location loc = op.getLoc();
  begin(op, "gemm");
  Scalars s(b, loc);
  auto typeC = cast<MemRefType>(op.getC().getType());
  Value extent = s.index(op.getK());
  auto gather = [&](MeshAxis axis, Value tile, unsigned dim, Value all) {
    Line line = getLine(loc, axis);
    walkRing(
        loc, line,
        startTravel(loc, line, tile, [](Value whole) { return whole; }),
        [](Value whole) { return whole; },
        [&](Value block, Value owner) {
          Value begin = s.blockBegin(owner, extent, line.extent);
          Value end =
              s.blockBegin(s.add(owner, s.index(1)), extent, line.extent);
          Value length = s.sub(end, begin);
          memref::CopyOp::create(
              b, loc, createSlice(b, loc, block, dim, attr(0), length),
              createSlice(b, loc, all, dim, begin, length));
        });
  };
  Value joined = getJoinedB(op);
  auto alloc = [&](int64_t rows, int64_t columns, Value like) -> Value {
    Type element = cast<MemRefType>(like.getType()).getElementType();
    return memref::AllocOp::create(b, loc,
                                   MemRefType::get({rows, columns}, element));
  };
  auto k = static_cast<int64_t>(op.getK());
  Value rows = alloc(typeC.getDimSize(0), k, op.getA());
  Value columns = alloc(k, typeC.getDimSize(1), joined);
  gather(MeshAxis::X, op.getA(), 1, rows);
  gather(MeshAxis::Y, joined, 0, columns);
  multiply(loc, rows, columns, op.getC(), attr(k));
  op.erase();
}
