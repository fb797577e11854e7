//===- Scalars.h - Index arithmetic on coordinates -*- C++ -*- ------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What depends on a core's place is computed by index arithmetic in the IR;
// selection folds it into tables of constants.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_TRANSFORMS_SCALARS_H
#define PLMR_DIALECT_PLMR_TRANSFORMS_SCALARS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"

namespace plmr {

/// Index and condition arithmetic without a line per operation.
class Scalars {
public:
  using Value = mlir::Value;
  Scalars(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}

  Value index(int64_t value) const {
    return mlir::arith::ConstantIndexOp::create(b, loc, value);
  }
  Value truth(bool value) const {
    return mlir::arith::ConstantOp::create(b, loc, b.getBoolAttr(value));
  }
  Value add(Value x, Value y) const {
    return mlir::arith::AddIOp::create(b, loc, x, y);
  }
  Value sub(Value x, Value y) const {
    return mlir::arith::SubIOp::create(b, loc, x, y);
  }
  Value mul(Value x, Value y) const {
    return mlir::arith::MulIOp::create(b, loc, x, y);
  }
  Value div(Value x, Value y) const {
    return mlir::arith::DivUIOp::create(b, loc, x, y);
  }
  Value rem(Value x, Value y) const {
    return mlir::arith::RemUIOp::create(b, loc, x, y);
  }
  Value min(Value x, Value y) const {
    return mlir::arith::MinUIOp::create(b, loc, x, y);
  }
  Value max(Value x, Value y) const {
    return mlir::arith::MaxUIOp::create(b, loc, x, y);
  }
  Value both(Value x, Value y) const {
    return mlir::arith::AndIOp::create(b, loc, x, y);
  }
  Value either(Value x, Value y) const {
    return mlir::arith::OrIOp::create(b, loc, x, y);
  }
  Value no(Value x) const {
    return mlir::arith::XOrIOp::create(b, loc, x, truth(true));
  }
  Value less(Value x, Value y) const {
    return compare(mlir::arith::CmpIPredicate::ult, x, y);
  }
  Value equal(Value x, Value y) const {
    return compare(mlir::arith::CmpIPredicate::eq, x, y);
  }
  Value number(Value condition) const {
    return mlir::arith::IndexCastUIOp::create(b, loc, b.getIndexType(),
                                              condition);
  }
  Value select(Value condition, Value x, Value y) const {
    return mlir::arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// Position in the ring 0 2 4 .. 5 3 1 of `core` among `extent`.
  Value ringPosition(Value core, Value extent) const {
    Value half = div(add(core, index(1)), index(2));
    Value isEven = equal(rem(core, index(2)), index(0));
    return select(isEven, half, sub(extent, half));
  }
  /// Element of the ring at `position`.
  Value ringElement(Value position, Value extent) const {
    Value twice = mul(position, index(2));
    Value backward = sub(sub(mul(extent, index(2)), index(1)), twice);
    return select(less(twice, extent), twice, backward);
  }
  /// The first element of `block` of `blocks` balanced ones of `extent`.
  Value blockBegin(Value block, Value extent, Value blocks) const {
    return div(mul(block, extent), blocks);
  }
  /// Ring steps that align a block for the staircase on a core at `position`
  /// of the other axis, which has `others` cores.
  Value alignment(Value position, Value extent, Value others) const {
    return div(mul(position, extent), others);
  }
  /// The block that these steps bring to ring position `own`.
  Value alignedBlock(Value own, Value extent, Value position,
                     Value others) const {
    return rem(add(own, alignment(position, extent, others)), extent);
  }

private:
  Value compare(mlir::arith::CmpIPredicate predicate, Value x, Value y) const {
    return mlir::arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  mlir::OpBuilder &b;
  mlir::Location loc;
};

/// The segment of a line of cores that one of them is in.
struct LineSegment {
  mlir::Value number, first, extent; ///< first core, and cores
};

/// Of `cores` cut in `count` segments that of the one at `core` (Segments).
LineSegment buildSegment(const Scalars &s, mlir::Value core, int64_t cores,
                         int64_t count);

/// A core's place on a line of cores: of the mesh, or of a segment of it.
struct MeshLine {
  mesh::MeshAxis axis = mesh::MeshAxis::X;
  int64_t segments = 1;
  bool moves = false; ///< some line has two cores
  mlir::Value local;  ///< the core's coordinate on the line
  mlir::Value extent; ///< cores of the line
  /// Blocks go from neighbour to neighbour and back from one end to the other,
  /// not around the ring of two hops at most.
  bool isCycle = false;
};

/// The line of the core along `axis`, which is cut in `segments` (Segments).
MeshLine buildMeshLine(mlir::OpBuilder &builder, mlir::Location loc,
                       MeshShape mesh, mesh::MeshAxis axis,
                       int64_t segments = 1);

/// `size` elements of dimension `dim` of `buffer`, from `offset` on.
mlir::Value createSlice(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value buffer, unsigned dim,
                        mlir::OpFoldResult offset, mlir::OpFoldResult size);

/// The part of `buffer` at `index` of dimension `dim`, which is dropped.
mlir::Value createPart(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value buffer, unsigned dim,
                       mlir::OpFoldResult index);

} // namespace plmr

#endif // PLMR_DIALECT_PLMR_TRANSFORMS_SCALARS_H
