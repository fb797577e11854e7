//===- Scalars.cpp - Index arithmetic on coordinates ----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Dialect/PLMR/Transforms/Scalars.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace plmr;

LineSegment plmr::buildSegment(const Scalars &s, Value core, int64_t cores,
                               int64_t count) {
  // As Segments has it: segment floor(((i + 1) * count - 1) / cores).
  Value one = s.index(1);
  Value number = s.div(s.sub(s.mul(s.add(core, one), s.index(count)), one),
                       s.index(cores));
  auto bound = [&](Value segment) {
    return s.div(s.mul(segment, s.index(cores)), s.index(count));
  };
  Value first = bound(number);
  return {number, first, s.sub(bound(s.add(number, one)), first)};
}

MeshLine plmr::buildMeshLine(OpBuilder &builder, Location loc, MeshShape mesh,
                             mesh::MeshAxis axis, int64_t segments) {
  Scalars s(builder, loc);
  unsigned extent = mesh.getExtent(mesh::toAxis(axis));
  Segments cut{extent, static_cast<unsigned>(segments)};
  int64_t count = cut.getCount();
  MeshLine line;
  line.axis = axis;
  line.segments = segments;
  line.moves = cut.getMaxWidth() > 1;
  Value core =
      mesh::CoordOp::create(builder, loc, builder.getIndexType(), axis);
  if (count == 1) {
    line.local = core;
    line.extent = s.index(extent);
    return line;
  }
  LineSegment segment = buildSegment(s, core, extent, count);
  line.local = s.sub(core, segment.first);
  line.extent = segment.extent;
  return line;
}

Value plmr::createSlice(OpBuilder &builder, Location loc, Value buffer,
                        unsigned dim, OpFoldResult offset, OpFoldResult size) {
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)),
      sizes = memref::getMixedSizes(builder, loc, buffer),
      strides(type.getRank(), builder.getIndexAttr(1));
  offsets[dim] = offset;
  sizes[dim] = size;
  return memref::SubViewOp::create(builder, loc, buffer, offsets, sizes,
                                   strides);
}

Value plmr::createPart(OpBuilder &builder, Location loc, Value buffer,
                       unsigned dim, OpFoldResult index) {
  auto type = cast<MemRefType>(buffer.getType());
  OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
  SmallVector<OpFoldResult> offsets(type.getRank(), zero),
      sizes = getAsIndexOpFoldResult(builder.getContext(), type.getShape()),
      strides(type.getRank(), one);
  offsets[dim] = index;
  sizes[dim] = one;
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  auto result = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
      shape, type, offsets, sizes, strides));
  return memref::SubViewOp::create(builder, loc, result, buffer, offsets, sizes,
                                   strides);
}
