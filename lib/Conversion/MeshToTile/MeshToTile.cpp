//===- MeshToTile.cpp - One program over local tiles -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "plmr/Conversion/Passes.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Dialect/PLMR/Transforms/Scalars.h"
#include <limits>

namespace plmr {
#define GEN_PASS_DEF_CONVERTMESHTOTILE
#include "plmr/Conversion/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::PlacedType;
using plmr::mesh::PlacementAttr;

namespace {
/// Rewrites one function. Placed values map to tensors of their tile type.
class TileConverter {
public:
  TileConverter(MeshShape mesh, MLIRContext *context)
      : mesh(mesh), builder(context) {}

  LogicalResult convert(func::FuncOp func);

private:
  LogicalResult convertBlock(Block &block);
  LogicalResult convertOp(Operation &op);
  void convertLocal(mesh::LocalOp op);
  void convertAppend(mesh::AppendOp op);
  void convertAppendRows(mesh::AppendOp op);
  void convertShift(mesh::AppendOp op);
  void convertSettle(mesh::SettleOp op);
  Value buildCache(Operation *op, StringRef name, Value index);
  Value buildMessage(mesh::AllReduceOp op, SmallVectorImpl<Value> &parts);
  void convertAllReduce(mesh::AllReduceOp op);
  void buildReduction(mesh::AllReduceOp op, Value message);
  Value buildReduced(mesh::AllReduceOp op, Value tile);
  using Body = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;
  Value buildElementwise(Location loc, ValueRange tiles, Body body);
  Value buildFinite(Location loc, Value tile);
  void convertMaxIndex(mesh::AllReduceOp op);
  void buildBlockCopy(Location loc, const mesh::CutDim &cut, Value whole,
                      Value block, bool toBlock);
  void convertReduceScatter(mesh::ReduceScatterOp op);
  void convertAllGather(mesh::AllGatherOp op);
  LogicalResult convertLoop(scf::ForOp loop);
  void convertGemm(mesh::GemmOp op);
  void convertGemmT(mesh::GemmTOp op);
  void convertHeadGemmT(mesh::HeadGemmTOp op);
  void convertHeadGemm(mesh::HeadGemmOp op);

  RankedTensorType getTile(Value placed) const {
    return cast<PlacedType>(placed.getType()).getTileType(mesh);
  }
  static MemRefType getBufferType(RankedTensorType tile) {
    return MemRefType::get(tile.getShape(), tile.getElementType());
  }
  Value buildRef(Location loc, StringRef object, Value index,
                 RankedTensorType tile) {
    return mesh::RefOp::create(builder, loc, getBufferType(tile), object,
                               index);
  }
  Value buildAlloc(Location loc, RankedTensorType tile) {
    return memref::AllocOp::create(builder, loc, getBufferType(tile));
  }
  /// The buffer of a tile that an operation on buffers reads at once.
  Value buildOperand(Location loc, Value tile);
  Value buildFilled(Location loc, RankedTensorType tile, double value);
  /// The buffer of a tile that holds nothing but padding so far.
  Value buildPadding(Location loc, Value placed);
  Value buildZeros(Location loc, ArrayRef<int64_t> shape, Type element);
  Value buildTravelling(Location loc, RankedTensorType tile, int64_t segments);
  Value buildReadFirst(Location loc, Value buffers);
  /// Key heads of a tile whose columns are (key heads : ..).
  int64_t getLocalHeads(Value queries) const;
  /// [m x heads x group x i] as [m x columns].
  Value collapseColumns(Location loc, Value tile);
  /// Writes `tensor` into `buffer`.
  void buildWrite(Location loc, Value tensor, Value buffer) {
    bufferization::MaterializeInDestinationOp::create(
        builder, loc, Type(), tensor, buffer, /*restrict=*/true,
        /*writable=*/true);
  }
  /// `tensor` with float elements of type `element`.
  Value buildCast(Location loc, Value tensor, Type element);
  /// The content of `buffer`, which nothing else writes while it is read.
  /// Where nothing else reads it either, it may be changed in place.
  Value buildRead(Location loc, Value buffer, bool writable = false) {
    auto type = cast<MemRefType>(buffer.getType());
    return bufferization::ToTensorOp::create(
        builder, loc,
        RankedTensorType::get(type.getShape(), type.getElementType()), buffer,
        /*restrict=*/true, writable);
  }

  MeshShape mesh;
  OpBuilder builder;
  IRMapping mapping;
};
} // namespace

Value TileConverter::buildCast(Location loc, Value tensor, Type element) {
  auto from = cast<RankedTensorType>(tensor.getType());
  RankedTensorType to = from.clone(element);
  if (from == to)
    return tensor;
  if (from.getElementTypeBitWidth() < to.getElementTypeBitWidth())
    return arith::ExtFOp::create(builder, loc, to, tensor);
  return arith::TruncFOp::create(builder, loc, to, tensor);
}

void TileConverter::convertLocal(mesh::LocalOp op) {
  for (auto [argument, input] :
       llvm::zip(op.getBody().getArguments(), op.getInputs()))
    mapping.map(argument, mapping.lookup(input));
  for (Operation &nested : op.getBody().front().without_terminator())
    builder.clone(nested, mapping);
  auto yield = cast<mesh::YieldOp>(op.getBody().front().getTerminator());
  for (auto [result, value] : llvm::zip(op.getResults(), yield.getValues()))
    mapping.map(result, mapping.lookupOrDefault(value));
}

static mesh::ObjectOp lookupObject(Operation *op, StringRef name) {
  return SymbolTable::lookupNearestSymbolFrom<mesh::ObjectOp>(
      op, StringAttr::get(op->getContext(), name));
}

/// The core's tile of slice `index` of a cache.
Value TileConverter::buildCache(Operation *op, StringRef name, Value index) {
  return buildRef(op->getLoc(), name, mapping.lookup(index),
                  lookupObject(op, name).getValueType().getTileType(mesh));
}

/// Every row writes the slot of the position: the row that owns it the new
/// value, the others what is there. So time does not depend on the position.
void TileConverter::convertAppend(mesh::AppendOp op) {
  Location loc = op.getLoc();
  Value cache = buildCache(op, op.getObject(), op.getIndex());
  Value position = mapping.lookup(op.getPosition());
  Value rows = arith::ConstantIndexOp::create(builder, loc, mesh.rows);
  Value slot = arith::DivUIOp::create(builder, loc, position, rows);
  Value owner = arith::RemUIOp::create(builder, loc, position, rows);
  if (op.getSettled()) {
    // What was not settled is in the last row, behind its block.
    Value settled = mapping.lookup(op.getSettled());
    Value block = arith::DivUIOp::create(builder, loc, settled, rows);
    Value behind = arith::SubIOp::create(builder, loc, position, settled);
    slot = arith::AddIOp::create(builder, loc, block, behind);
    owner = arith::ConstantIndexOp::create(builder, loc, mesh.rows - 1);
  }
  Value row = mesh::CoordOp::create(builder, loc, builder.getIndexType(),
                                    mesh::MeshAxis::Y);
  Value owns =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, row, owner);
  Value place = createPart(builder, loc, cache, 1, slot);
  // The value as a buffer: this operation works on memory.
  Value source = mapping.lookup(op.getValue());
  Value buffer = buildAlloc(loc, cast<RankedTensorType>(source.getType()));
  buildWrite(loc, source, buffer);
  AffineMap map = builder.getMultiDimIdentityMap(1);
  linalg::GenericOp::create(
      builder, loc, buffer, place, ArrayRef<AffineMap>{map, map},
      ArrayRef<utils::IteratorType>{utils::IteratorType::parallel},
      [&](OpBuilder &nested, Location l, ValueRange arguments) {
        // Select in the value's type; the store rounds to the cache's.
        Value value = arguments[0], kept = arguments[1];
        Type element = kept.getType();
        bool rounds = value.getType() != element;
        if (rounds)
          kept = arith::ExtFOp::create(nested, l, value.getType(), kept);
        Value selected = arith::SelectOp::create(nested, l, owns, value, kept);
        if (rounds)
          selected = arith::TruncFOp::create(nested, l, element, selected);
        linalg::YieldOp::create(nested, l, selected);
      });
}

/// Each row stores the positions that are its own: `begin` up to `end`, counted
/// from a position that row 0 owns.
void TileConverter::convertAppendRows(mesh::AppendOp op) {
  Location loc = op.getLoc();
  Value cache = buildCache(op, op.getObject(), op.getIndex());
  auto tile = cast<MemRefType>(cache.getType());
  Value source = buildOperand(loc, mapping.lookup(op.getValue()));
  Value rows = arith::ConstantIndexOp::create(builder, loc, mesh.rows);
  Value row = mesh::CoordOp::create(builder, loc, builder.getIndexType(),
                                    mesh::MeshAxis::Y);
  // The first slot of this row whose position is not below `position`.
  Value slack = arith::SubIOp::create(
      builder, loc, arith::ConstantIndexOp::create(builder, loc, mesh.rows - 1),
      row);
  auto getSlot = [&](Value position) -> Value {
    Value sum = arith::AddIOp::create(builder, loc, position, slack);
    return arith::DivUIOp::create(builder, loc, sum, rows);
  };
  Value begin = getSlot(mapping.lookup(op.getBegin()));
  Value end = getSlot(mapping.lookup(op.getEnd()));
  Value count = arith::SubIOp::create(builder, loc, end, begin);
  Value first = arith::DivUIOp::create(builder, loc,
                                       mapping.lookup(op.getPosition()), rows);
  Value place = arith::AddIOp::create(builder, loc, first, begin);
  OpFoldResult features = builder.getIndexAttr(tile.getDimSize(0));
  OpFoldResult zero = builder.getIndexAttr(0);
  SmallVector<OpFoldResult> strides(2, builder.getIndexAttr(1));
  Value from = memref::SubViewOp::create(
      builder, loc, source, SmallVector<OpFoldResult>{begin, zero},
      SmallVector<OpFoldResult>{count, features}, strides);
  Value to = memref::SubViewOp::create(
      builder, loc, cache, SmallVector<OpFoldResult>{zero, place},
      SmallVector<OpFoldResult>{features, count}, strides);
  AffineMap identity = builder.getMultiDimIdentityMap(2);
  AffineMap exchanged =
      AffineMap::getPermutationMap(ArrayRef<unsigned>{1, 0}, op.getContext());
  SmallVector<utils::IteratorType> parallel(2, utils::IteratorType::parallel);
  linalg::GenericOp::create(
      builder, loc, from, to, ArrayRef<AffineMap>{exchanged, identity},
      parallel, [](OpBuilder &nested, Location l, ValueRange arguments) {
        Value value = arguments[0];
        if (value.getType() != arguments[1].getType())
          value =
              arith::TruncFOp::create(nested, l, arguments[1].getType(), value);
        linalg::YieldOp::create(nested, l, value);
      });
}

void TileConverter::convertShift(mesh::AppendOp op) {
  Location loc = op.getLoc();
  Value cache = buildCache(op, op.getObject(), op.getIndex());
  Value value = mapping.lookup(op.getValue());
  // Rows pass on what they store: rounded already.
  value =
      buildCast(loc, value, cast<MemRefType>(cache.getType()).getElementType());
  Value buffer = buildAlloc(loc, cast<RankedTensorType>(value.getType()));
  buildWrite(loc, value, buffer);
  mesh::ShiftTileOp::create(builder, loc, buffer, cache,
                            mapping.lookup(op.getPosition()));
}

void TileConverter::convertSettle(mesh::SettleOp op) {
  Value cache = buildCache(op, op.getObject(), op.getIndex());
  bool isShifted =
      lookupObject(op, op.getObject()).getKVPlacement() == KVPlacement::Shift;
  mesh::SettleTileOp::create(builder, op.getLoc(), cache,
                             mapping.lookup(op.getFrom()),
                             mapping.lookup(op.getTo()), isShifted);
}

/// The buffer of a reduction's message and its part for each operand, one
/// after the other. They stand at the start of the block, so that what is
/// computed for them later can be computed in place (empty tensor
/// elimination).
Value TileConverter::buildMessage(mesh::AllReduceOp op,
                                  SmallVectorImpl<Value> &parts) {
  Location loc = op.getLoc();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(builder.getInsertionBlock());
  Type element = op.getMessageType();
  if (op.getInputs().size() == 1) {
    auto tile = cast<RankedTensorType>(getTile(op.getInputs()[0]));
    parts.push_back(buildAlloc(loc, tile.clone(element)));
    return parts[0];
  }
  int64_t elements = 0;
  for (Value input : op.getInputs())
    elements += getTile(input).getNumElements();
  Value message = buildAlloc(loc, RankedTensorType::get({elements}, element));
  int64_t offset = 0;
  for (Value input : op.getInputs()) {
    RankedTensorType tile = getTile(input);
    Value part = memref::SubViewOp::create(
        builder, loc, message,
        ArrayRef<OpFoldResult>{builder.getIndexAttr(offset)},
        ArrayRef<OpFoldResult>{builder.getIndexAttr(tile.getNumElements())},
        ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
    offset += tile.getNumElements();
    SmallVector<ReassociationIndices> groups(tile.getRank() ? 1 : 0);
    for (int64_t dim = 0; dim != tile.getRank(); ++dim)
      groups[0].push_back(dim);
    if (tile.getRank() == 0)
      part = memref::CollapseShapeOp::create(builder, loc, part, groups);
    else if (tile.getRank() > 1)
      part = memref::ExpandShapeOp::create(builder, loc, tile.getShape(), part,
                                           groups);
    parts.push_back(part);
  }
  return message;
}

void TileConverter::convertAllReduce(mesh::AllReduceOp op) {
  Location loc = op.getLoc();
  Value limit = op.getLimit() ? mapping.lookup(op.getLimit()) : Value();

  SmallVector<Value> parts;
  Value message = buildMessage(op, parts);
  for (auto [input, part] : llvm::zip(op.getInputs(), parts))
    buildWrite(loc, buildCast(loc, mapping.lookup(input), op.getMessageType()),
               part);

  Value moved = message;
  if (limit) {
    auto type = cast<MemRefType>(message.getType());
    int64_t rank = type.getRank();
    SmallVector<OpFoldResult> offsets(rank, builder.getIndexAttr(0)), sizes,
        strides(rank, builder.getIndexAttr(1));
    for (int64_t dim = 0; dim + 1 < rank; ++dim)
      sizes.push_back(builder.getIndexAttr(type.getDimSize(dim)));
    sizes.push_back(limit);
    moved = memref::SubViewOp::create(builder, loc, message, offsets, sizes,
                                      strides);
  }
  buildReduction(op, moved);
  for (auto [result, part] : llvm::zip(op.getResults(), parts))
    mapping.map(result,
                buildCast(loc, buildRead(loc, part), op.getElementType()));
}

/// Along a tree the root's sum is broadcast. Round a ring blocks of the message
/// are: of all of it, or of its last dimension where that is limited.
void TileConverter::buildReduction(mesh::AllReduceOp op, Value message) {
  Location loc = op.getLoc();
  mesh::PartialAttr partial = op.getPartial();
  mesh::Reducer reducer = partial.getReducer();
  mesh::MeshAxis axis = partial.getAxis();
  int64_t segments = partial.getSegments();
  if (mesh::TreeAttr tree = op.getTreeAttr()) {
    mesh::ReduceTileOp::create(builder, loc, reducer, axis, message, tree,
                               segments);
    mesh::BroadcastTileOp::create(builder, loc, axis, message, tree, segments);
    return;
  }
  int64_t rank = cast<MemRefType>(message.getType()).getRank();
  if (rank == 0) {
    message = memref::ExpandShapeOp::create(builder, loc, ArrayRef<int64_t>{1},
                                            message,
                                            ArrayRef<ReassociationIndices>());
  } else if (rank > 1 && !op.getLimit()) {
    auto all = llvm::to_vector<2>(llvm::seq<int64_t>(rank));
    message = memref::CollapseShapeOp::create(
        builder, loc, message, SmallVector<ReassociationIndices>{all});
  }
  int64_t dim = cast<MemRefType>(message.getType()).getRank() - 1;
  mesh::ReduceScatterTileOp::create(builder, loc, reducer, axis, message, dim,
                                    /*ring_order=*/true, segments);
  mesh::AllGatherTileOp::create(builder, loc, axis, message, dim,
                                /*ring_order=*/true, segments);
}

/// A tile, reduced as `op` does.
Value TileConverter::buildReduced(mesh::AllReduceOp op, Value tile) {
  Location loc = op.getLoc();
  Value message = buildAlloc(loc, cast<RankedTensorType>(tile.getType()));
  buildWrite(loc, tile, message);
  buildReduction(op, message);
  return buildRead(loc, message);
}

/// What `body` makes of the elements of tiles of one type.
Value TileConverter::buildElementwise(Location loc, ValueRange tiles,
                                      Body body) {
  auto type = cast<RankedTensorType>(tiles[0].getType());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  SmallVector<AffineMap> maps(tiles.size() + 1,
                              builder.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> parallel(type.getRank(),
                                            utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, type, tiles, empty, maps, parallel,
             [&](OpBuilder &nested, Location l, ValueRange arguments) {
               linalg::YieldOp::create(nested, l, body(nested, l, arguments));
             })
      .getResult(0);
}

/// `tile` with the largest finite values for infinities.
Value TileConverter::buildFinite(Location loc, Value tile) {
  auto limitAndNegate = [&](Value values) {
    Value limited = buildElementwise(
        loc, values, [](OpBuilder &b, Location l, ValueRange v) -> Value {
          Value lowest = arith::ConstantOp::create(
              b, l, b.getF32FloatAttr(std::numeric_limits<float>::lowest()));
          return arith::MaximumFOp::create(b, l, v[0], lowest);
        });
    return buildElementwise(
        loc, limited, [](OpBuilder &b, Location l, ValueRange v) -> Value {
          return arith::NegFOp::create(b, l, v[0]);
        });
  };
  return limitAndNegate(limitAndNegate(tile));
}

/// Two maxima, one behind the other: the second one is of -index - 2^200 (max -
/// value), which are out of reach where a value is not the maximum: the least
/// difference is 2^-149, and indices are below 2^24. Words pass each core in
/// one instruction in both, unlike pairs that it would have to compare.
void TileConverter::convertMaxIndex(mesh::AllReduceOp op) {
  Location loc = op.getLoc();
  Value value = mapping.lookup(op.getInputs()[0]);
  Value index = mapping.lookup(op.getInputs()[1]);
  Value max = buildReduced(op, value);
  auto scale = [](OpBuilder &b, Location l, Value x) -> Value {
    Value factor = arith::ConstantOp::create(b, l, b.getF32FloatAttr(0x1p100f));
    return arith::MulFOp::create(b, l, x, factor);
  };
  Value difference =
      buildElementwise(loc, {buildFinite(loc, value), buildFinite(loc, max)},
                       [](OpBuilder &b, Location l, ValueRange v) -> Value {
                         return arith::SubFOp::create(b, l, v[0], v[1]);
                       });
  difference = buildElementwise(
      loc, difference, [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        return scale(b, l, v[0]);
      });
  auto negate = [](OpBuilder &b, Location l, ValueRange v) -> Value {
    return arith::NegFOp::create(b, l, v[0]);
  };
  Value rank = buildElementwise(
      loc, {difference, buildElementwise(loc, index, negate)},
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        return arith::AddFOp::create(b, l, scale(b, l, v[0]), v[1]);
      });
  mapping.map(op.getResults()[0], max);
  mapping.map(op.getResults()[1],
              buildElementwise(loc, buildReduced(op, rank), negate));
}

/// Copies the core's block of `whole`, which is cut by `cut`, to the first
/// elements of `block`, or back from there.
void TileConverter::buildBlockCopy(Location loc, const mesh::CutDim &cut,
                                   Value whole, Value block, bool toBlock) {
  Scalars s(builder, loc);
  mesh::MeshAxis axis = cut.split.getAxis();
  auto shape = cast<MemRefType>(whole.getType()).getShape();
  int64_t rank = shape.size(), dim = cut.dimInMemory;
  Value cores = s.index(mesh.getExtent(mesh::toAxis(axis)));
  Value extent = s.index(shape[dim]);
  Value number =
      mesh::CoordOp::create(builder, loc, builder.getIndexType(), axis);
  if (cut.split.getOrder() == BlockOrder::Ring)
    number = s.ringPosition(number, cores);
  Value begin = s.blockBegin(number, extent, cores);
  Value end = s.blockBegin(s.add(number, s.index(1)), extent, cores);
  Value size = s.sub(end, begin);
  Value to =
      createSlice(builder, loc, block, dim, builder.getIndexAttr(0), size);
  Value from = createSlice(builder, loc, whole, dim, begin, size);
  if (!toBlock)
    std::swap(from, to);
  AffineMap map = builder.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> parallel(rank,
                                            utils::IteratorType::parallel);
  linalg::GenericOp::create(
      builder, loc, from, to, ArrayRef<AffineMap>{map, map}, parallel,
      [](OpBuilder &nested, Location l, ValueRange arguments) {
        Value value = arguments[0];
        if (value.getType() != arguments[1].getType())
          value =
              arith::TruncFOp::create(nested, l, arguments[1].getType(), value);
        linalg::YieldOp::create(nested, l, value);
      });
}

void TileConverter::convertReduceScatter(mesh::ReduceScatterOp op) {
  Location loc = op.getLoc();
  auto whole = cast<PlacedType>(op.getInput().getType());
  auto type = cast<PlacedType>(op.getResult().getType());
  mesh::CutDim cut = mesh::findCutDim(whole, type);
  mesh::PartialAttr partial = whole.getPlacement().getPartial();
  Value input =
      buildCast(loc, mapping.lookup(op.getInput()), op.getMessageType());
  Value buffer = buildAlloc(loc, cast<RankedTensorType>(input.getType()));
  buildWrite(loc, input, buffer);
  mesh::ReduceScatterTileOp::create(builder, loc, partial.getReducer(),
                                    partial.getAxis(), buffer, cut.dimInMemory,
                                    cut.split.getOrder() == BlockOrder::Ring,
                                    /*segments=*/1);
  Value result = buildPadding(loc, op.getResult());
  buildBlockCopy(loc, cut, buffer, result, /*toBlock=*/true);
  mapping.map(op.getResult(), buildRead(loc, result, /*writable=*/true));
}

void TileConverter::convertAllGather(mesh::AllGatherOp op) {
  Location loc = op.getLoc();
  mesh::CutDim cut =
      mesh::findCutDim(cast<PlacedType>(op.getResult().getType()),
                       cast<PlacedType>(op.getInput().getType()));
  Value whole = buildAlloc(loc, getTile(op.getResult()));
  Value block = buildOperand(loc, mapping.lookup(op.getInput()));
  buildBlockCopy(loc, cut, whole, block, /*toBlock=*/false);
  mesh::AllGatherTileOp::create(builder, loc, cut.split.getAxis(), whole,
                                cut.dimInMemory,
                                cut.split.getOrder() == BlockOrder::Ring,
                                /*segments=*/1);
  mapping.map(op.getResult(), buildRead(loc, whole, /*writable=*/true));
}

/// A tile [m x columns] as [m x heads x group x i].
static RankedTensorType splitColumns(RankedTensorType tile, int64_t heads,
                                     int64_t group) {
  return RankedTensorType::get(
      {tile.getDimSize(0), heads, group, tile.getDimSize(1) / heads / group},
      tile.getElementType());
}

static Value expandColumns(OpBuilder &builder, Location loc, Value tile,
                           int64_t heads, int64_t group) {
  auto type = cast<RankedTensorType>(tile.getType());
  return tensor::ExpandShapeOp::create(
      builder, loc, splitColumns(type, heads, group), tile,
      SmallVector<ReassociationIndices>{{0}, {1, 2, 3}});
}

/// Splits dimension 0 of `tile` into `heads` and the rest.
static Value expandHeads(OpBuilder &builder, Location loc, Value tile,
                         int64_t heads) {
  auto type = cast<RankedTensorType>(tile.getType());
  return tensor::ExpandShapeOp::create(
      builder, loc,
      RankedTensorType::get(
          {heads, type.getDimSize(0) / heads, type.getDimSize(1)},
          type.getElementType()),
      tile, SmallVector<ReassociationIndices>{{0, 1}, {2}});
}

Value TileConverter::buildOperand(Location loc, Value tile) {
  auto type = cast<RankedTensorType>(tile.getType());
  return bufferization::ToBufferOp::create(
      builder, loc, MemRefType::get(type.getShape(), type.getElementType()),
      tile, /*read_only=*/true);
}

Value TileConverter::buildFilled(Location loc, RankedTensorType tile,
                                 double value) {
  Value buffer = buildAlloc(loc, tile);
  Value constant = arith::ConstantOp::create(
      builder, loc, builder.getFloatAttr(tile.getElementType(), value));
  linalg::FillOp::create(builder, loc, constant, buffer);
  return buffer;
}

Value TileConverter::buildZeros(Location loc, ArrayRef<int64_t> shape,
                                Type element) {
  return buildFilled(loc, RankedTensorType::get(shape, element), 0);
}

Value TileConverter::buildPadding(Location loc, Value placed) {
  PadValue pad = cast<PlacedType>(placed.getType()).getPlacement().getPad();
  return buildFilled(
      loc, getTile(placed),
      pad == PadValue::NegInf ? -std::numeric_limits<double>::infinity() : 0);
}

static PlacedType getItem(Value placed) {
  return cast<PlacedType>(placed.getType()).getItemType();
}

static bool isInRingOrder(Value placed, unsigned dim) {
  PlacementAttr placement = getItem(placed).getPlacement();
  return placement.getSplits()[dim].getOrder() == BlockOrder::Ring;
}

void TileConverter::convertGemm(mesh::GemmOp op) {
  Location loc = op.getLoc();
  Value a = buildOperand(loc, mapping.lookup(op.getA()));
  SmallVector<Value> bs;
  int64_t columns = 0;
  for (auto [b, c] : llvm::zip(op.getBs(), op.getCs())) {
    bs.push_back(buildOperand(loc, mapping.lookup(b)));
    columns += getTile(c).getDimSize(1);
  }
  RankedTensorType tile = getTile(op.getCs()[0]);
  Value c =
      buildZeros(loc, {tile.getDimSize(0), columns}, tile.getElementType());
  int64_t extent = getItem(op.getA()).getTensor().getDimSize(1);
  mesh::GemmTileOp::create(builder, loc, a, bs, c, extent, op.getAlgorithm(),
                           isInRingOrder(op.getA(), 1),
                           isInRingOrder(op.getBs()[0], 0));
  if (op.getCs().size() == 1) {
    mapping.map(op.getCs()[0], buildRead(loc, c, /*writable=*/true));
    return;
  }
  int64_t column = 0;
  for (Value result : op.getCs()) {
    int64_t width = getTile(result).getDimSize(1);
    SmallVector<OpFoldResult> offsets = {builder.getIndexAttr(0),
                                         builder.getIndexAttr(column)};
    SmallVector<OpFoldResult> sizes = {builder.getIndexAttr(tile.getDimSize(0)),
                                       builder.getIndexAttr(width)};
    SmallVector<OpFoldResult> strides(2, builder.getIndexAttr(1));
    Value part =
        memref::SubViewOp::create(builder, loc, c, offsets, sizes, strides);
    mapping.map(result, buildRead(loc, part));
    column += width;
  }
}

void TileConverter::convertGemmT(mesh::GemmTOp op) {
  Location loc = op.getLoc();
  Value a = buildOperand(loc, mapping.lookup(op.getA()));
  Value b = buildOperand(loc, mapping.lookup(op.getB()));
  Value c = buildTravelling(loc, getTile(op.getC()), /*segments=*/1);
  int64_t extent = getItem(op.getC()).getTensor().getDimSize(1);
  mesh::GemmTTileOp::create(
      builder, loc, a, b, c, extent, op.getUntransposed(),
      isInRingOrder(op.getB(), op.getUntransposed() ? 1 : 0),
      isInRingOrder(op.getC(), 1));
  mapping.map(op.getC(), buildReadFirst(loc, c));
}

/// A tile that walks along x, within segments, and ends in the first of two
/// buffers.
Value TileConverter::buildTravelling(Location loc, RankedTensorType tile,
                                     int64_t segments) {
  Segments lines{mesh.columns, static_cast<unsigned>(segments)};
  SmallVector<int64_t> shape = {lines.getMaxWidth() > 1 ? 2 : 1};
  llvm::append_range(shape, tile.getShape());
  return buildAlloc(loc, RankedTensorType::get(shape, tile.getElementType()));
}

Value TileConverter::buildReadFirst(Location loc, Value buffers) {
  return buildRead(
      loc, createPart(builder, loc, buffers, 0, builder.getIndexAttr(0)),
      /*writable=*/true);
}

int64_t TileConverter::getLocalHeads(Value queries) const {
  Placement placement = getItem(queries).getHostPlacement();
  return placement.getShares(1, mesh, 0, 0)[0].padded;
}

void TileConverter::convertHeadGemmT(mesh::HeadGemmTOp op) {
  Location loc = op.getLoc();
  int64_t heads = getLocalHeads(op.getScores()), group = op.getGroup();
  Value q =
      expandColumns(builder, loc, mapping.lookup(op.getQ()), heads, group);
  Value k = expandHeads(builder, loc, mapping.lookup(op.getK()), heads);
  Value scores =
      buildTravelling(loc, splitColumns(getTile(op.getScores()), heads, group),
                      op.getKvHeads());
  mesh::HeadGemmTTileOp::create(
      builder, loc, buildOperand(loc, q), buildOperand(loc, k), scores,
      mapping.lookup(op.getFirst()), mapping.lookup(op.getSlots()),
      builder.getI64IntegerAttr(op.getKvHeads()));
  mapping.map(op.getScores(),
              collapseColumns(loc, buildReadFirst(loc, scores)));
}

void TileConverter::convertHeadGemm(mesh::HeadGemmOp op) {
  Location loc = op.getLoc();
  int64_t heads = getLocalHeads(op.getWeights()), group = op.getGroup();
  Value weights = expandColumns(builder, loc, mapping.lookup(op.getWeights()),
                                heads, group);
  Value v = expandHeads(builder, loc, mapping.lookup(op.getV()), heads);
  RankedTensorType tile = splitColumns(getTile(op.getResult()), heads, group);
  Value result = buildZeros(loc, tile.getShape(), tile.getElementType());
  mesh::HeadGemmTileOp::create(builder, loc, buildOperand(loc, weights),
                               buildOperand(loc, v), result,
                               mapping.lookup(op.getSlots()),
                               builder.getI64IntegerAttr(op.getKvHeads()));
  mapping.map(op.getResult(),
              collapseColumns(loc, buildRead(loc, result, /*writable=*/true)));
}

Value TileConverter::collapseColumns(Location loc, Value tile) {
  return tensor::CollapseShapeOp::create(
      builder, loc, tile, SmallVector<ReassociationIndices>{{0}, {1, 2, 3}});
}

/// Loop-carried tiles stay in one buffer; each iteration reads a copy of it, so
/// that writing the next value cannot disturb a late reader of the old one.
LogicalResult TileConverter::convertLoop(scf::ForOp loop) {
  Location loc = loop.getLoc();
  SmallVector<Value> buffers;
  for (Value init : loop.getInitArgs()) {
    if (!isa<PlacedType>(init.getType()))
      return loop.emitOpError("expected loop-carried values that are placed "
                              "but got ")
             << init.getType();
    Value buffer = buildAlloc(loc, getTile(init));
    buildWrite(loc, mapping.lookup(init), buffer);
    buffers.push_back(buffer);
  }
  auto copy = scf::ForOp::create(
      builder, loc, mapping.lookup(loop.getLowerBound()),
      mapping.lookup(loop.getUpperBound()), mapping.lookup(loop.getStep()));
  mapping.map(loop.getInductionVar(), copy.getInductionVar());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(copy.getBody());
  for (auto [argument, buffer] : llvm::zip(loop.getRegionIterArgs(), buffers)) {
    Value current = memref::AllocOp::create(builder, loc,
                                            cast<MemRefType>(buffer.getType()));
    memref::CopyOp::create(builder, loc, buffer, current);
    mapping.map(argument, buildRead(loc, current));
  }
  if (failed(convertBlock(*loop.getBody())))
    return failure();
  for (auto [value, buffer] :
       llvm::zip(loop.getBody()->getTerminator()->getOperands(), buffers))
    buildWrite(loc, mapping.lookup(value), buffer);
  builder.setInsertionPointAfter(copy);
  for (auto [result, buffer] : llvm::zip(loop.getResults(), buffers))
    mapping.map(result, buildRead(loc, buffer));
  return success();
}

LogicalResult TileConverter::convertOp(Operation &op) {
  Location loc = op.getLoc();
  if (auto local = dyn_cast<mesh::LocalOp>(op)) {
    convertLocal(local);
  } else if (auto load = dyn_cast<mesh::LoadOp>(op)) {
    Value index = load.getIndex() ? mapping.lookup(load.getIndex()) : Value();
    Value buffer = buildRef(loc, load.getObject(), index, getTile(load));
    mapping.map(load.getResult(), buildRead(loc, buffer));
  } else if (auto store = dyn_cast<mesh::StoreOp>(op)) {
    Value buffer;
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(builder.getInsertionBlock());
      buffer = buildRef(loc, store.getObject(), {}, getTile(store.getValue()));
    }
    buildWrite(loc, mapping.lookup(store.getValue()), buffer);
  } else if (auto append = dyn_cast<mesh::AppendOp>(op)) {
    if (append.getBegin())
      convertAppendRows(append);
    else if (lookupObject(append, append.getObject()).getKVPlacement() ==
             KVPlacement::Shift)
      convertShift(append);
    else
      convertAppend(append);
  } else if (auto settle = dyn_cast<mesh::SettleOp>(op)) {
    convertSettle(settle);
  } else if (auto reduce = dyn_cast<mesh::AllReduceOp>(op)) {
    if (!reduce.getTree() && !reduce.getRing())
      return reduce.emitOpError("expected a tree or a ring; "
                                "plmr-choose-algorithms sets one");
    if (reduce.getWithIndex())
      convertMaxIndex(reduce);
    else
      convertAllReduce(reduce);
  } else if (auto scatter = dyn_cast<mesh::ReduceScatterOp>(op)) {
    convertReduceScatter(scatter);
  } else if (auto gather = dyn_cast<mesh::AllGatherOp>(op)) {
    convertAllGather(gather);
  } else if (auto gemm = dyn_cast<mesh::GemmOp>(op)) {
    convertGemm(gemm);
  } else if (auto gemmT = dyn_cast<mesh::GemmTOp>(op)) {
    convertGemmT(gemmT);
  } else if (auto scores = dyn_cast<mesh::HeadGemmTOp>(op)) {
    convertHeadGemmT(scores);
  } else if (auto weighted = dyn_cast<mesh::HeadGemmOp>(op)) {
    convertHeadGemm(weighted);
  } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
    if (failed(convertLoop(loop)))
      return failure();
  } else if (isa<scf::YieldOp>(op)) {
    // The loop's own terminator stands already.
  } else {
    builder.clone(op, mapping);
  }
  return success();
}

LogicalResult TileConverter::convertBlock(Block &block) {
  for (Operation &op : block)
    if (failed(convertOp(op)))
      return failure();
  return success();
}

LogicalResult TileConverter::convert(func::FuncOp func) {
  builder.setInsertionPoint(func);
  auto target = cast<func::FuncOp>(builder.cloneWithoutRegions(*func));
  Block *entry = target.addEntryBlock();
  mapping.map(func.getArguments(), entry->getArguments());
  builder.setInsertionPointToEnd(entry);
  if (failed(convertBlock(func.getBody().front())))
    return failure();
  func.erase();
  return success();
}

/// A tile is one item, so a batch has one.
static LogicalResult verifyBatch(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) -> WalkResult {
    SmallVector<Type> types(op->getResultTypes());
    if (auto object = dyn_cast<mesh::ObjectOp>(op))
      types.push_back(object.getPlacedType());
    for (Type type : types) {
      auto placed = dyn_cast<PlacedType>(type);
      if (placed && placed.getBatch().value_or(1) != 1)
        return op->emitOpError("expected a batch of 1, the only one that the "
                               "tile level supports, but got ")
               << *placed.getBatch();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

namespace {
struct ConvertMeshToTile
    : plmr::impl::ConvertMeshToTileBase<ConvertMeshToTile> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!requireMesh(module) || failed(verifyBatch(module)))
      return signalPassFailure();
    for (auto func :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      mesh::MeshOp meshOp = requireMesh(func);
      if (!meshOp ||
          failed(TileConverter(meshOp.getShape(), &getContext()).convert(func)))
        return signalPassFailure();
    }
  }
};
} // namespace
