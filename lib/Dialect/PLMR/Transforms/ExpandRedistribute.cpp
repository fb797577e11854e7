//===- ExpandRedistribute.cpp - From mesh to mesh as messages ------------ ===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A matrix is moved some of its tile's rows at a time, along x and then along
// y: what a line's cores have walks once around the ring, and from each tile
// that passes a core takes what it owns afterwards (docs/Algorithms.md, "Two
// meshes").
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Expander.h"

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;

/// Elements of the buffers for what is on its way, unless one row needs more.
static constexpr int64_t maxBufferElements = 2048;

namespace {
/// A core's values [begin, end) of a factor, in a tile with room for `padded`.
struct Share {
  Value begin, end;
  int64_t padded;
};

/// One dimension of a matrix on a mesh.
struct Cut {
  DimSplit split;
  int64_t cores; ///< of the mesh, along the dimension's axis
  /// Elements of a tile, and of its factors.
  int64_t extent;
  SmallVector<int64_t, 4> padded;

  /// The shares of the core at `coordinate`, as Placement::getShares has them.
  SmallVector<Share, 4> getShares(const Scalars &s, Value coordinate) const;
};

/// A matrix on a mesh, by axis.
struct Placed {
  Cut cuts[2];
  unsigned dims[2]; ///< the dimension along each axis
  Value tile;
};
} // namespace

static Share getBalanced(const Scalars &s, Value i, int64_t values, Value parts,
                         int64_t padded) {
  auto bound = [&](Value i) { return s.div(s.mul(i, s.index(values)), parts); };
  return {bound(i), bound(s.add(i, s.index(1))), padded};
}

SmallVector<Share, 4> Cut::getShares(const Scalars &s, Value coordinate) const {
  SmallVector<Share, 4> shares;
  for (auto [factor, room] : llvm::zip_equal(split.factors, padded))
    shares.push_back({s.index(0), s.index(factor), room});
  if (split.order == BlockOrder::Ring)
    coordinate = s.ringPosition(coordinate, s.index(cores));
  auto cut = [&](unsigned factor, Value i, Value parts) {
    shares[factor] =
        getBalanced(s, i, split.factors[factor], parts, padded[factor]);
  };
  if (!split.segmentFactor) {
    cut(split.innerFactor, coordinate, s.index(cores));
    return shares;
  }
  int64_t values = split.factors[*split.segmentFactor];
  if (values >= cores) {
    cut(*split.segmentFactor, coordinate, s.index(cores));
    return shares;
  }
  LineSegment segment = buildSegment(s, coordinate, cores, values);
  shares[*split.segmentFactor] = {segment.number,
                                  s.add(segment.number, s.index(1)), 1};
  if (split.innerFactor < split.factors.size())
    cut(split.innerFactor, s.sub(coordinate, segment.first), segment.extent);
  return shares;
}

static Placed getPlaced(mesh::ObjectOp object) {
  Placement placement = object.getValueType().getItemType().getHostPlacement();
  MeshShape mesh = mesh::lookupMesh(object).getShape();
  Placed result;
  for (auto [dim, split] : llvm::enumerate(placement.dims)) {
    auto axis = static_cast<unsigned>(split.axis);
    result.dims[axis] = dim;
    Cut &cut = result.cuts[axis];
    cut.split = split;
    cut.cores = mesh.getExtent(split.axis);
    cut.extent = placement.getTileExtent(dim, mesh);
    for (const FactorShare &share : placement.getShares(dim, mesh, 0, 0))
      cut.padded.push_back(share.padded);
  }
  return result;
}

/// A part of `tile` along both axes.
static Value sliceAxes(OpBuilder &b, Location loc, const Placed &placed,
                       Value tile, std::array<OpFoldResult, 2> offsets,
                       std::array<OpFoldResult, 2> sizes) {
  SmallVector<OpFoldResult> first(2), extents(2),
      strides(2, OpFoldResult(b.getIndexAttr(1)));
  for (unsigned axis : {0, 1}) {
    first[placed.dims[axis]] = offsets[axis];
    extents[placed.dims[axis]] = sizes[axis];
  }
  return memref::SubViewOp::create(b, loc, tile, first, extents, strides);
}

void Expander::walkRing(
    Location loc, const Line &line, Value buffers,
    llvm::function_ref<Value(Value)> part,
    llvm::function_ref<void(Value tile, Value owner)> visit) {
  Scalars s(b, loc);
  if (!line.moves)
    return visit(buffers, s.index(0));
  rotate(loc,
         {line, buffers, line.extent, s.ringPosition(line.local, line.extent),
          [&](Value tile, Value) { return part(tile); }, Value(),
          [&](Value tile, Value block) {
            visit(tile, s.ringElement(block, line.extent));
          }});
}

namespace {
/// The copies from a tile that passes to the own one, along an axis.
class Taker {
public:
  Taker(OpBuilder &b, Location loc, const Placed &from, const Placed &to,
        MeshAxis axis, Value owner, Value local)
      : b(b), loc(loc), s(b, loc), from(from), to(to),
        axis(static_cast<unsigned>(mesh::toAxis(axis))),
        a(from.cuts[this->axis]), c(to.cuts[this->axis]), owner(owner),
        local(local) {
    takesPart = s.both(s.less(owner, s.index(a.cores)),
                       s.less(local, s.index(c.cores)));
  }

  /// What is in both shares, factor by factor: loops over all but the last
  /// factor that is cut, whose values and those below are one run.
  void takeShares(Value tile, Value target, Value rows) {
    sources = a.getShares(s, owner);
    targets = c.getShares(s, local);
    // A factor may be whole on some cores only.
    last = std::max(getLastCutFactor(a.split), getLastCutFactor(c.split));
    trailing = 1;
    for (int64_t factor : llvm::drop_begin(a.split.factors, last + 1))
      trailing *= factor;
    copyFactor(0, s.index(0), s.index(0), tile, target, rows);
  }

  /// Of rows `first` up to `first` + `count` of the owner's tile those that
  /// are this core's.
  void takeRows(Value tile, Value target, Value first, int64_t count) {
    Share source = a.getShares(s, owner)[0], own = c.getShares(s, local)[0];
    Value start = s.add(source.begin, first);
    Value end = s.min(s.add(start, s.index(count)), source.end);
    auto [low, length] = intersect({start, end, 0}, own);
    copy(tile, s.sub(low, start), target, s.sub(low, own.begin), length,
         s.index(to.cuts[1 - axis].extent));
  }

  /// Of slots `first` up to `first` + `count` of the owner's tile those whose
  /// positions, below `positions`, are this core's.
  void takeSlots(Value tile, Value target, Value first, int64_t count,
                 Value positions, bool isShifted) {
    Value rows = s.index(a.cores), own = s.index(c.cores);
    std::optional<Blocks> blocks;
    if (isShifted)
      blocks.emplace(s, positions, rows, isShifted);
    Value end = blocks ? blocks->getEnd(owner) : positions;
    auto loop =
        scf::ForOp::create(b, loc, s.index(0), s.index(count), s.index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value slot = loop.getInductionVar();
    Value source = s.add(first, slot);
    Value position = blocks ? blocks->getPosition(owner, source)
                            : s.add(s.mul(source, rows), owner);
    Value isOwn = s.both(s.both(takesPart, s.less(position, end)),
                         s.equal(s.rem(position, own), local));
    auto branch = scf::IfOp::create(b, loc, isOwn, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
    copy(tile, slot, target, s.div(position, own), s.index(1),
         s.index(to.cuts[1 - axis].extent));
  }

private:
  static unsigned getLastCutFactor(const DimSplit &split) {
    unsigned segment = split.segmentFactor.value_or(0);
    return split.innerFactor < split.factors.size()
               ? std::max(segment, split.innerFactor)
               : segment;
  }

  /// Where the values of both begin, and how many there are.
  std::pair<Value, Value> intersect(const Share &x, const Share &y) {
    Value low = s.max(x.begin, y.begin);
    Value high = s.max(s.min(x.end, y.end), low);
    return {low, s.select(takesPart, s.sub(high, low), s.index(0))};
  }

  void copyFactor(unsigned i, Value offsetA, Value offsetC, Value tile,
                  Value target, Value rows) {
    auto [low, length] = intersect(sources[i], targets[i]);
    auto inTile = [&](Value offset, const Share &share, Value value) {
      return s.add(s.mul(offset, s.index(share.padded)),
                   s.sub(value, share.begin));
    };
    if (i == last) {
      Value run = s.index(trailing);
      copy(tile, s.mul(inTile(offsetA, sources[i], low), run), target,
           s.mul(inTile(offsetC, targets[i], low), run), s.mul(length, run),
           rows);
      return;
    }
    auto loop = scf::ForOp::create(b, loc, s.index(0), length, s.index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value value = s.add(low, loop.getInductionVar());
    copyFactor(i + 1, inTile(offsetA, sources[i], value),
               inTile(offsetC, targets[i], value), tile, target, rows);
  }

  /// Copies `length` elements along the axis, all `others` of the other one.
  void copy(Value tile, Value offsetA, Value target, Value offsetC,
            Value length, Value others) {
    auto part = [&](Value of, Value offset) {
      std::array<OpFoldResult, 2> offsets, sizes;
      offsets[axis] = offset;
      sizes[axis] = length;
      offsets[1 - axis] = b.getIndexAttr(0);
      sizes[1 - axis] = getAsOpFoldResult(others);
      return sliceAxes(b, loc, from, of, offsets, sizes);
    };
    memref::CopyOp::create(b, loc, part(tile, offsetA), part(target, offsetC));
  }

  OpBuilder &b;
  Location loc;
  Scalars s;
  const Placed &from, &to;
  unsigned axis;
  const Cut &a, &c; ///< of the owner's tile and of the own one
  Value owner, local;
  Value takesPart; ///< both cores are on their mesh
  SmallVector<Share, 4> sources, targets;
  unsigned last = 0;
  int64_t trailing = 1;
};
} // namespace

/// A double buffer, or one buffer on a line of one core, with `piece` of the
/// cores that have a part of the matrix, and zeros of the others.
Value Expander::startPiece(Location loc, const Line &line, Value piece,
                           Value hasPart) {
  auto type = cast<MemRefType>(piece.getType());
  Value buffers, start;
  if (line.moves) {
    buffers = doubleBuffer(loc, type.getShape(), type.getElementType());
    start = half(loc, buffers, attr(0));
  } else {
    buffers = start = memref::AllocOp::create(
        b, loc, MemRefType::get(type.getShape(), type.getElementType()));
  }
  fill(loc, start, 0);
  copyIf(loc, hasPart, piece, start);
  return buffers;
}

void Expander::expandRedistribute(mesh::RedistributeOp op) {
  Location loc = op.getLoc();
  begin(op, "redistribute");
  Scalars s(b, loc);
  auto getMatrix = [&](StringRef name) {
    auto object = symbols.lookup<mesh::ObjectOp>(name);
    Placed placed = getPlaced(object);
    RankedTensorType tile =
        object.getValueType().getTileType(mesh::lookupMesh(object).getShape());
    placed.tile = mesh::RefOp::create(
        b, loc, MemRefType::get(tile.getShape(), tile.getElementType()), name,
        op.getIndex());
    return placed;
  };
  const Placed from = getMatrix(op.getFrom()), to = getMatrix(op.getTo());
  constexpr auto alongX = static_cast<unsigned>(Axis::X);
  constexpr auto alongY = static_cast<unsigned>(Axis::Y);
  Line x = getLine(loc, MeshAxis::X), y = getLine(loc, MeshAxis::Y);
  auto isBelow = [&](const Line &line, const Cut &cut) {
    return s.less(line.local, s.index(cut.cores));
  };
  Value inRows = isBelow(y, from.cuts[alongY]);
  Value hasPart = s.both(inRows, isBelow(x, from.cuts[alongX]));

  // Two tiles that walk along x, and three that go on along y.
  int64_t extent = from.cuts[alongY].extent;
  int64_t widths = 2 * from.cuts[alongX].extent + 3 * to.cuts[alongX].extent;
  int64_t rows = std::clamp<int64_t>(maxBufferElements / widths, 1, extent);
  Type element = cast<MemRefType>(to.tile.getType()).getElementType();
  SmallVector<int64_t, 2> shape(2);
  shape[from.dims[alongX]] = to.cuts[alongX].extent;
  shape[from.dims[alongY]] = rows;
  Value between =
      memref::AllocOp::create(b, loc, MemRefType::get(shape, element));
  // Padding stays zero.
  fill(loc, between, 0);
  fill(loc, to.tile, 0);

  Value all = s.index(extent);
  if (op.getPositions()) {
    Value cores = s.index(from.cuts[alongY].cores);
    all = s.div(s.add(op.getPositions(), s.sub(cores, s.index(1))), cores);
  }
  Value count = s.div(s.add(all, s.index(rows - 1)), s.index(rows));
  auto pieces = scf::ForOp::create(b, loc, s.index(0), count, s.index(1));
  b.setInsertionPointToStart(pieces.getBody());
  // The last piece may repeat rows of the one before it.
  Value first = s.min(s.mul(pieces.getInductionVar(), s.index(rows)),
                      s.index(extent - rows));
  auto whole = [](Value tile) { return tile; };
  Value piece =
      sliceAxes(b, loc, from, from.tile, {attr(0), OpFoldResult(first)},
                {attr(from.cuts[alongX].extent), attr(rows)});
  walkRing(loc, x, startPiece(loc, x, piece, hasPart), whole,
           [&](Value tile, Value owner) {
             Taker(b, loc, from, to, MeshAxis::X, owner, x.local)
                 .takeShares(tile, between, s.index(rows));
           });
  walkRing(loc, y, startPiece(loc, y, between, inRows), whole,
           [&](Value tile, Value owner) {
             Taker taker(b, loc, from, to, MeshAxis::Y, owner, y.local);
             if (op.getPositions())
               taker.takeSlots(tile, to.tile, first, rows, op.getPositions(),
                               op.getShifted());
             else
               taker.takeRows(tile, to.tile, first, rows);
           });
  op.erase();
}
