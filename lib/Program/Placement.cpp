//===- Placement.cpp - Where the elements of a tensor live ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/Placement.h"

using namespace plmr;

//===----------------------------------------------------------------------===//
// The ring and the staircase
//===----------------------------------------------------------------------===//

unsigned plmr::getRingElement(unsigned position, unsigned extent) {
  unsigned evens = (extent + 1) / 2;
  return position < evens ? 2 * position : 2 * (extent - 1 - position) + 1;
}

unsigned plmr::getRingPosition(unsigned element, unsigned extent) {
  return element % 2 == 0 ? element / 2 : extent - 1 - element / 2;
}

unsigned plmr::getSkewedBlock(Axis axis, MeshShape mesh, unsigned x,
                              unsigned y) {
  uint64_t columns = mesh.columns, rows = mesh.rows;
  uint64_t posX = getRingPosition(x, mesh.columns);
  uint64_t posY = getRingPosition(y, mesh.rows);
  return axis == Axis::X ? (posX + posY * columns / rows) % columns
                         : (posY + posX * rows / columns) % rows;
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

unsigned Segments::getSegment(unsigned coordinate) const {
  // The largest s with floor(s*cores/count) <= coordinate.
  uint64_t count = getCount();
  return static_cast<unsigned>(((coordinate + 1) * count - 1) / cores);
}

unsigned Segments::getMaxWidth() const {
  return (cores + getCount() - 1) / getCount();
}

//===----------------------------------------------------------------------===//
// Placement
//===----------------------------------------------------------------------===//

llvm::StringRef plmr::stringify(PadValue pad) {
  switch (pad) {
  case PadValue::Zero:
    return "zero";
  case PadValue::NegInf:
    return "neg_inf";
  case PadValue::Any:
    return "any";
  }
  return "";
}

static int64_t ceilDiv(int64_t n, int64_t d) { return (n + d - 1) / d; }

/// Part `i` of `n` elements in `p` balanced parts; the tile holds `padded`.
static FactorShare getBalancedShare(int64_t i, int64_t n, int64_t p,
                                    int64_t padded) {
  int64_t begin = getBalancedBound(i, n, p);
  return {begin, getBalancedBound(i + 1, n, p) - begin, 1, padded};
}

int64_t DimSplit::getExtent() const {
  int64_t extent = 1;
  for (int64_t factor : factors)
    extent *= factor;
  return extent;
}

/// Cuts the factors of `split` for core `coordinate` of `cores`.
static void cutSegmented(const DimSplit &split, unsigned coordinate,
                         unsigned cores,
                         llvm::SmallVectorImpl<FactorShare> &shares) {
  int64_t values = split.factors[*split.segmentFactor];
  FactorShare &owner = shares[*split.segmentFactor];
  if (values >= cores) {
    owner = getBalancedShare(coordinate, values, cores, ceilDiv(values, cores));
    return;
  }
  Segments segments{cores, static_cast<unsigned>(values)};
  unsigned segment = segments.getSegment(coordinate);
  unsigned begin = segments.getBegin(segment);
  owner = {segment, 1, 1, 1};
  if (split.innerFactor >= split.factors.size())
    return;
  int64_t inner = split.factors[split.innerFactor];
  // The narrowest segment has the widest shares.
  shares[split.innerFactor] = getBalancedShare(
      coordinate - begin, inner, segments.getBegin(segment + 1) - begin,
      ceilDiv(inner, cores / values));
}

/// The block of `split` that core (x, y) holds, or its place among the blocks'
/// owners.
static unsigned getBlock(const DimSplit &split, MeshShape mesh, unsigned x,
                         unsigned y) {
  unsigned coordinate = split.axis == Axis::X ? x : y;
  switch (split.order) {
  case BlockOrder::Natural:
    return coordinate;
  case BlockOrder::Skewed:
    return getSkewedBlock(split.axis, mesh, x, y);
  case BlockOrder::Ring:
    return getRingPosition(coordinate, mesh.getExtent(split.axis));
  }
  return coordinate;
}

llvm::SmallVector<FactorShare, 4> Placement::getShares(unsigned dim,
                                                       MeshShape mesh,
                                                       unsigned x,
                                                       unsigned y) const {
  const DimSplit &split = dims[dim];
  llvm::SmallVector<FactorShare, 4> shares;
  for (int64_t factor : split.factors)
    shares.push_back({0, factor, 1, factor});
  if (!split.isCut())
    return shares;

  unsigned coordinate = getBlock(split, mesh, x, y);
  int64_t cores = mesh.getExtent(split.axis);
  if (split.segmentFactor) {
    cutSegmented(split, coordinate, cores, shares);
    return shares;
  }
  FactorShare &share = shares[split.innerFactor];
  int64_t extent = share.count;
  if (split.kind == DimSplit::Kind::Cyclic)
    share = {coordinate,
             ceilDiv(std::max<int64_t>(extent - coordinate, 0), cores), cores,
             ceilDiv(extent, cores)};
  else
    share = getBalancedShare(coordinate, extent, cores, ceilDiv(extent, cores));
  return shares;
}

int64_t Placement::getTileExtent(unsigned dim, MeshShape mesh) const {
  int64_t extent = 1;
  for (const FactorShare &share : getShares(dim, mesh, 0, 0))
    extent *= share.padded;
  return extent;
}

llvm::SmallVector<int64_t, 3> Placement::getTileShape(MeshShape mesh) const {
  llvm::SmallVector<int64_t, 3> shape;
  for (unsigned dim = 0; dim != dims.size(); ++dim)
    shape.push_back(getTileExtent(dim, mesh));
  return shape;
}

int64_t Placement::getTileElements(MeshShape mesh) const {
  int64_t elements = 1;
  for (int64_t extent : getTileShape(mesh))
    elements *= extent;
  return elements;
}

llvm::SmallVector<int64_t, 3> Placement::getShape() const {
  llvm::SmallVector<int64_t, 3> shape;
  for (const DimSplit &split : dims)
    shape.push_back(split.getExtent());
  return shape;
}

llvm::SmallVector<int64_t, 3> Placement::getItemShape() const {
  llvm::SmallVector<int64_t, 3> shape;
  for (const DimSplit &split : dims)
    if (split.kind != DimSplit::Kind::Batch)
      shape.push_back(split.getExtent());
  return shape;
}

bool Placement::isReplicatedAlong(Axis axis) const {
  for (const DimSplit &split : dims)
    if (split.isCut() && split.axis == axis)
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Enumeration
//===----------------------------------------------------------------------===//

/// Global index (times `globalStride`) of each tile index along one dimension,
/// or -1 for padding.
static std::vector<int64_t> getOffsets(llvm::ArrayRef<FactorShare> shares,
                                       llvm::ArrayRef<int64_t> factors,
                                       int64_t globalStride) {
  std::vector<int64_t> offsets = {0};
  for (size_t f = 0; f != shares.size(); ++f) {
    std::vector<int64_t> next;
    next.reserve(offsets.size() * shares[f].padded);
    for (int64_t outer : offsets)
      for (int64_t i = 0; i != shares[f].padded; ++i)
        next.push_back(outer < 0 || i >= shares[f].count
                           ? -1
                           : outer * factors[f] + shares[f].begin +
                                 i * shares[f].step);
    offsets = std::move(next);
  }
  for (int64_t &offset : offsets)
    offset = offset < 0 ? -1 : offset * globalStride;
  return offsets;
}

namespace {
/// A run along the innermost dimension: offsets [begin, begin + count) ascend
/// by `stride`, or are all -1.
struct OffsetRun {
  int64_t begin, offset, stride, count;
};
} // namespace

static std::vector<OffsetRun> getRuns(llvm::ArrayRef<int64_t> offsets) {
  std::vector<OffsetRun> runs;
  int64_t n = offsets.size();
  for (int64_t i = 0; i != n;) {
    int64_t end = i + 1, stride = 0;
    if (offsets[i] >= 0 && end != n && offsets[end] >= 0)
      stride = offsets[end] - offsets[i];
    while (end != n && (offsets[end] < 0) == (offsets[i] < 0) &&
           (offsets[i] < 0 || offsets[end] - offsets[end - 1] == stride))
      ++end;
    runs.push_back({i, offsets[i], stride, end - i});
    i = end;
  }
  return runs;
}

void Placement::forEachRun(
    MeshShape mesh, unsigned x, unsigned y,
    llvm::function_ref<void(int64_t, int64_t, int64_t, int64_t)> fn) const {
  size_t rank = dims.size();
  if (rank == 0)
    return fn(0, 0, 0, 1);
  llvm::SmallVector<int64_t, 3> strides(rank, 1), shape = getShape();
  for (size_t d = rank - 1; d-- > 0;)
    strides[d] = strides[d + 1] * shape[d + 1];

  std::vector<std::vector<int64_t>> offsets; // in memory order
  int64_t tiles = 1;
  for (size_t level = 0; level != rank; ++level) {
    unsigned d = order.empty() ? level : order[level];
    offsets.push_back(
        getOffsets(getShares(d, mesh, x, y), dims[d].factors, strides[d]));
    tiles *= offsets.back().size();
  }
  std::vector<OffsetRun> runs = getRuns(offsets.back());
  llvm::SmallVector<int64_t, 3> index(rank, 0);
  int64_t inner = offsets.back().size();
  for (int64_t tile = 0; tile < tiles; tile += inner) {
    int64_t outer = 0;
    for (size_t level = 0; level + 1 < rank && outer >= 0; ++level) {
      int64_t offset = offsets[level][index[level]];
      outer = offset < 0 ? -1 : outer + offset;
    }
    if (outer < 0)
      fn(tile, -1, 0, inner);
    else
      for (const OffsetRun &run : runs)
        fn(tile + run.begin, run.offset < 0 ? -1 : outer + run.offset,
           run.stride, run.count);
    for (size_t level = rank - 1; level-- > 0;) {
      if (++index[level] != static_cast<int64_t>(offsets[level].size()))
        break;
      index[level] = 0;
    }
  }
}

void Placement::forEachElement(
    MeshShape mesh, unsigned x, unsigned y,
    llvm::function_ref<void(int64_t, int64_t)> fn) const {
  forEachRun(mesh, x, y,
             [&](int64_t tile, int64_t global, int64_t stride, int64_t count) {
               for (int64_t i = 0; i != count; ++i)
                 fn(tile + i, global < 0 ? -1 : global + i * stride);
             });
}
