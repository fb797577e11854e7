//===- Placement.h - Where the elements of a tensor live -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A placement maps a tensor to tiles, one per core. The compiler's placed
// types, the host's scatter and gather and the kernels' index arithmetic all
// ask this one description, so they cannot disagree.
//
// Every core's tile has the same shape: the largest share, rounded up. Where
// a core's share is smaller its tile ends in padding that holds `pad`.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_PLACEMENT_H
#define PLMR_PROGRAM_PLACEMENT_H

#include "plmr/Machine/Machine.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <numeric>
#include <optional>

namespace plmr {

/// Boundary `i` of `n` elements cut in `p` balanced parts: floor(i*n/p).
inline int64_t getBalancedBound(int64_t i, int64_t n, int64_t p) {
  return i * n / p;
}

/// The ring in which every edge has at most two hops: 0 2 4 .. 5 3 1.
/// `getRingPosition` is the inverse of `getRingElement`.
unsigned getRingElement(unsigned position, unsigned extent);
unsigned getRingPosition(unsigned element, unsigned extent);

/// Steps of the staircase MeshGEMM: segments between the bounds of the blocks
/// of both operands.
inline unsigned countWalkSteps(MeshShape mesh) {
  return mesh.columns + mesh.rows - std::gcd(mesh.columns, mesh.rows);
}

/// The block that the staircase MeshGEMM starts with on core (x, y): of an
/// operand cut along X, (posC(x) + floor(posR(y)*C/R)) mod C; of one cut along
/// Y, (posR(y) + floor(posC(x)*R/C)) mod R, on R rows and C columns.
unsigned getSkewedBlock(Axis axis, MeshShape mesh, unsigned x, unsigned y);

/// Which of a balanced split's blocks the cores of a line hold. In ring order
/// a matrix product aligns its operands by ring steps alone.
enum class BlockOrder : uint8_t {
  Natural, ///< core i holds block i
  Skewed,  ///< the block that the staircase MeshGEMM starts with on the core
  Ring,    ///< core i holds block pos(i), its position in the ring
};

/// How one dimension of a tensor is cut along one axis of the mesh.
///
/// The dimension's index is read in mixed radix over `factors` (the first
/// varies slowest). With `segmentFactor`, the axis is cut in balanced segments
/// of cores, one for each value of that factor, and `innerFactor` is cut over
/// the cores of a segment; where there are fewer cores than values, a core
/// owns whole values and `innerFactor` stays whole. Without it the whole axis
/// is one segment. All other factors stay whole on every core.
struct DimSplit {
  enum class Kind : uint8_t {
    Whole,    ///< not cut: every core has the dimension
    Balanced, ///< contiguous parts with bounds floor(i*n/p)
    Cyclic,   ///< element e on core e mod p, slot e div p
    Batch,    ///< whole; its indices, the items, have nothing to do with
              ///< each other
  };
  Kind kind = Kind::Whole;
  Axis axis = Axis::X;
  llvm::SmallVector<int64_t, 4> factors; ///< product = the dimension's extent
  std::optional<unsigned> segmentFactor; ///< Balanced only
  /// factors.size() (with `segmentFactor` only): nothing is cut inside a
  /// segment, its cores hold replicas.
  unsigned innerFactor = 0;
  BlockOrder order = BlockOrder::Natural;

  int64_t getExtent() const;
  bool isCut() const { return kind == Kind::Balanced || kind == Kind::Cyclic; }
  bool operator==(const DimSplit &) const = default;
};

/// The value that padding holds. `Any` may be read by no reduction.
enum class PadValue : uint8_t { Zero, NegInf, Any };
llvm::StringRef stringify(PadValue pad);

/// The share of one core in one factor of a dimension: values
/// [begin, begin + count) with stride `step`; `padded` is the tile's count.
struct FactorShare {
  int64_t begin = 0;
  int64_t count = 0;
  int64_t step = 1;
  int64_t padded = 0;
};

/// Placement of a whole tensor. Axes on which no dimension is cut hold
/// replicas.
struct Placement {
  llvm::SmallVector<DimSplit, 3> dims;
  /// Order of the dimensions in a tile's memory, outermost first; empty is
  /// the identity.
  llvm::SmallVector<unsigned, 3> order;
  PadValue pad = PadValue::Zero;

  /// Extents of an item: all dimensions but the batch.
  llvm::SmallVector<int64_t, 3> getItemShape() const;

  /// Shares of core (x, y) in the factors of dimension `dim`.
  llvm::SmallVector<FactorShare, 4> getShares(unsigned dim, MeshShape mesh,
                                              unsigned x, unsigned y) const;
  /// Elements of a tile along `dim`: the product of the padded counts.
  int64_t getTileExtent(unsigned dim, MeshShape mesh) const;
  /// Shape of a tile in tensor order (not in `order`).
  llvm::SmallVector<int64_t, 3> getTileShape(MeshShape mesh) const;
  /// Elements of a tile, padding included.
  int64_t getTileElements(MeshShape mesh) const;
  /// The tensor's shape: the products of the factors.
  llvm::SmallVector<int64_t, 3> getShape() const;

  /// Calls `fn(tileIndex, globalIndex)` for each element of the tile of core
  /// (x, y) in memory order; `globalIndex` is row-major in the tensor, or -1
  /// for padding.
  void forEachElement(MeshShape mesh, unsigned x, unsigned y,
                      llvm::function_ref<void(int64_t, int64_t)> fn) const;

  /// The same in runs: calls `fn(tileIndex, globalIndex, globalStride, count)`
  /// for consecutive tile elements whose global indices ascend by
  /// `globalStride`, or that are all padding (globalIndex -1).
  void forEachRun(
      MeshShape mesh, unsigned x, unsigned y,
      llvm::function_ref<void(int64_t, int64_t, int64_t, int64_t)> fn) const;

  /// True if cores that differ only along `axis` hold the same tile.
  bool isReplicatedAlong(Axis axis) const;

  bool operator==(const Placement &) const = default;
};

/// The segment structure of an axis of `cores` cut for `segments` values.
/// Segment s is cores [getBegin(s), getBegin(s+1)); with fewer cores than
/// values every core is a segment of its own.
struct Segments {
  unsigned cores = 1;
  unsigned values = 1;

  unsigned getCount() const { return values < cores ? values : cores; }
  unsigned getBegin(unsigned segment) const {
    return static_cast<unsigned>(getBalancedBound(segment, cores, getCount()));
  }
  /// The segment that core `coordinate` belongs to.
  unsigned getSegment(unsigned coordinate) const;
  /// Cores of the widest segment.
  unsigned getMaxWidth() const;
};

} // namespace plmr

#endif // PLMR_PROGRAM_PLACEMENT_H
