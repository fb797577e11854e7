//===- Expander.h - Expansion of collectives -*- C++ -*- ------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Collectives on tiles become messages on channels: the state that the
// expansions share, and what all of them need.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_DIALECT_PLMR_TRANSFORMS_EXPANDER_H
#define PLMR_LIB_DIALECT_PLMR_TRANSFORMS_EXPANDER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "plmr/Dialect/PLMR/Transforms/Budget.h"
#include "plmr/Dialect/PLMR/Transforms/Contraction.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Dialect/PLMR/Transforms/Scalars.h"

namespace plmr {

/// Expands the collectives of a module.
class Expander {
public:
  Expander(mlir::ModuleOp module, mesh::MeshOp meshOp)
      : module(module), symbols(module), meshOp(meshOp),
        mesh(meshOp.getShape()), b(module.getContext()) {}

  /// What follows belongs to `func`, whose launch begins with table 0.
  void enter(mlir::func::FuncOp func);
  void enter(mesh::EpochOp op) { epoch = op.getTable(); }

  void expandReduce(mesh::ReduceTileOp op);
  void expandBroadcast(mesh::BroadcastTileOp op);
  void expandReduceScatter(mesh::ReduceScatterTileOp op);
  void expandAllGather(mesh::AllGatherTileOp op);
  mlir::LogicalResult expandGemm(mesh::GemmTileOp op);
  mlir::LogicalResult expandGemmT(mesh::GemmTTileOp op);
  mlir::LogicalResult expandHeadGemmT(mesh::HeadGemmTTileOp op);
  mlir::LogicalResult expandHeadGemm(mesh::HeadGemmTileOp op);
  void expandShift(mesh::ShiftTileOp op);
  void expandSettle(mesh::SettleTileOp op);
  void expandRedistribute(mesh::RedistributeOp op);

private:
  using Value = mlir::Value;
  using Location = mlir::Location;
  using OpFoldResult = mlir::OpFoldResult;
  using StringRef = llvm::StringRef;

  StringRef getChannel(Location loc, mesh::RelationAttr relation);
  StringRef getTreeChannel(Location loc, mesh::RelationKind kind,
                           mesh::MeshAxis axis, mesh::TreeAttr tree,
                           int64_t segments);
  StringRef getChannel(Location loc, mesh::RelationKind kind,
                       mesh::MeshAxis axis, int64_t segments = 1) {
    return getTreeChannel(loc, kind, axis, /*tree=*/{}, segments);
  }
  bool hasMessages(mesh::MeshAxis axis, int64_t segments) const;
  /// Where the builder stands from now on, and what it builds, for reports.
  void begin(mlir::Operation *op, StringRef fallback);
  /// Names what is built from here on, for reports.
  template <typename OpTy> void mark(OpTy op) {
    op->setAttr(operationAttrName, operation);
  }
  Value role(Location loc, mesh::Role role, StringRef channel) {
    return mesh::RoleOp::create(b, loc, role, channel, mlir::IntegerAttr());
  }
  void send(Location loc, Value buffer, StringRef channel, Value predicate) {
    mark(
        mesh::SendOp::create(b, loc, mlir::Type(), buffer, channel, predicate));
  }
  Value startSend(Location loc, Value buffer, StringRef channel,
                  Value predicate);
  Value startRecv(Location loc, Value buffer, StringRef channel,
                  Value predicate);
  OpFoldResult attr(int64_t value) { return b.getIndexAttr(value); }
  Value slice(Location loc, Value buffer, llvm::ArrayRef<OpFoldResult> offsets,
              llvm::ArrayRef<OpFoldResult> sizes);
  /// `offset` and `size` elements of the last dimension of `buffer`.
  Value sliceLast(Location loc, Value buffer, OpFoldResult offset,
                  OpFoldResult size);
  /// Half `which` of a double buffer: its first dimension is dropped.
  Value half(Location loc, Value buffers, OpFoldResult which) {
    return createPart(b, loc, buffers, 0, which);
  }
  /// Two buffers of `shape`.
  Value doubleBuffer(Location loc, llvm::ArrayRef<int64_t> shape,
                     mlir::Type element);
  /// c += a b on buffers (`createContraction`).
  void contract(Location loc, Value a, llvm::ArrayRef<unsigned> dimsA,
                Value other, llvm::ArrayRef<unsigned> dimsB, Value c,
                llvm::ArrayRef<unsigned> dimsC, unsigned loops) {
    createContraction(b, loc, {}, a, dimsA, other, dimsB, c, dimsC, loops);
  }
  void fill(Location loc, Value buffer, double value);

  void expandStaircase(mesh::GemmTileOp op);
  void expandSumma(mesh::GemmTileOp op);
  void expandSummaRelay(mesh::GemmTileOp op);
  void expandAllGather(mesh::GemmTileOp op);
  /// Copies all B side by side.
  void joinBs(mesh::GemmTileOp op, Value joined);
  Value getJoinedB(mesh::GemmTileOp op);
  /// c += a[:, :length] b[:length, :].
  void multiply(Location loc, Value a, Value other, Value c,
                OpFoldResult length);

  using Line = MeshLine;
  Line getLine(Location loc, mesh::MeshAxis axis, int64_t segments = 1) {
    return buildMeshLine(b, loc, mesh, axis, segments);
  }
  /// What walks over a staircase (docs/Algorithms.md), in double buffers: A
  /// along x, B along y.
  struct Staircase {
    Line x, y;
    /// A is no operand but the result: it moves when its product is done.
    bool accumulates = false;
    Value buffersA, buffersB; ///< A is whole in one buffer if x does not move
    Value currentA, currentB; ///< which half holds the operand
    /// What a block of an operand fills of its half.
    std::function<Value(Value half, Value block)> partA, partB;
    /// The element at a bound of units.
    std::function<Value(Value unit)> element;
    /// Multiplies `length` elements from these offsets on with `rows` rows of A
    /// from `row` on.
    std::function<void(Value a, Value b, Value offsetA, Value offsetB,
                       Value length, int64_t row, int64_t rows)>
        multiply;
    int64_t rows = 1; ///< of a tile of A
  };
  /// Returns which half holds A at the end.
  Value walk(Location loc, const Staircase &stairs);
  /// `tile` where it may travel along `line`: in the first half of a double
  /// buffer, unless the line has one core. `part` is what of it is defined.
  Value startTravel(Location loc, const Line &line, Value tile,
                    llvm::function_ref<Value(Value)> part);
  Value findOwnBuffers(mesh::HeadGemmTileOp op);
  Staircase getHeadStairs(Location loc, int64_t kvHeads, Value slots);
  Value startResult(Location loc, Value buffers, Staircase &stairs, Value more,
                    Value block);
  /// Blocks that go round the ring of `line`, in halves of `buffers`.
  struct Rotation {
    Line line;
    Value buffers;
    Value steps, block; ///< and the core's block before them
    /// What a block fills of a half.
    llvm::function_ref<Value(Value half, Value block)> part;
    Value current = {}; ///< the half that holds the block; null: 0
    /// Given: sees each block while the next one comes in, of which the last
    /// step needs none.
    llvm::function_ref<void(Value half, Value block)> visit = nullptr;
  };
  /// Returns which half holds the last block.
  Value rotate(Location loc, const Rotation &rotation);
  /// A token and the predicate under which it is one.
  using Transfer = std::pair<Value, Value>;
  using Transfers = llvm::SmallVector<Transfer>;
  /// Starts the exchange of a block with the ring's neighbours.
  void exchange(Location loc, const Line &line, Value out, Value in,
                Value predicate, Transfers &transfers);
  void waitFor(Location loc, llvm::ArrayRef<Transfer> transfers);
  /// -inf where the key comes after the query; the scores hold `block` of
  /// their units.
  void maskScores(mesh::HeadGemmTTileOp op, const Staircase &stairs,
                  Value block);
  /// The element at a bound of the mesh's units, which cut `extent` elements.
  Value getElement(const Scalars &s, Value unit, int64_t extent) const;
  /// What the fraction extent / units is reduced by: its products have to fit
  /// in 32-bit registers.
  int64_t getCommonFactor(int64_t extent) const;
  void alignB(Location loc, Staircase &stairs, Value positionX,
              Value positionY);
  /// Units of `columns` and all rows times elements of `extent`, which are
  /// reduced by `factor`, fit in a register.
  mlir::LogicalResult checkUnits(mlir::Operation *op, int64_t columns,
                                 int64_t extent, int64_t factor = 1);
  /// The same of a head's units and the slots of `keys`, its last dimension.
  mlir::LogicalResult checkSlots(mlir::Operation *op, Value keys,
                                 int64_t kvHeads);
  mlir::LogicalResult checkTiles(mlir::Operation *op, Value result,
                                 int64_t segments);
  /// The column of a matrix, as a vector.
  Value column(Location loc, Value tile, OpFoldResult slot) {
    return createPart(b, loc, tile, 1, slot);
  }
  void copyIf(Location loc, Value condition, Value from, Value to);
  void turnBlocks(mesh::ShiftTileOp op, const Line &y, Value q, Value isDue);
  /// What the cores of `line` have in half 0 of `buffers` walks once around
  /// the ring; `part` is what of a half walks. Calls `visit` with each tile and
  /// its owner's coordinate. A line of one core has one buffer, its own.
  void walkRing(Location loc, const Line &line, Value buffers,
                llvm::function_ref<Value(Value)> part,
                llvm::function_ref<void(Value tile, Value owner)> visit);
  /// Blocks of a dimension of a buffer, one for each core of a ring.
  struct RingBlocks {
    Line line;
    Value buffer;
    unsigned dim;
    bool inRingOrder;
  };
  template <typename OpTy> RingBlocks getRingBlocks(OpTy op);
  Value getBlock(Location loc, const RingBlocks &blocks, Value position);
  /// Once round the ring: a core sends its block of the ring position that is
  /// `ahead` of its own, then those that it received, and combines what
  /// arrives with its own by `reducer`, or takes it as it is.
  void passBlocks(Location loc, const RingBlocks &blocks, int64_t ahead,
                  std::optional<mesh::Reducer> reducer);
  Value startPiece(Location loc, const Line &line, Value piece, Value hasPart);
  void takeOwn(mesh::SettleTileOp op, const Line &y, Value tile, Value owner);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  mesh::MeshOp meshOp;
  MeshShape mesh;
  mlir::OpBuilder b;
  mlir::StringAttr operation;
  mlir::StringAttr launch; ///< null if the module has one
  int64_t epoch = 0;
};

} // namespace plmr

#endif // PLMR_LIB_DIALECT_PLMR_TRANSFORMS_EXPANDER_H
