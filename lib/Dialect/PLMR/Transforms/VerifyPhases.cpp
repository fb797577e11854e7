//===- VerifyPhases.cpp - What is legal at the mesh and the tile level ----===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_VERIFYMESH
#define GEN_PASS_DEF_VERIFYTILE
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::PlacedType;

static bool isScalarArithmetic(Operation &op) {
  auto isScalar = [](Type type) { return type.isIntOrIndexOrFloat(); };
  return isa<arith::ArithDialect>(op.getDialect()) &&
         llvm::all_of(op.getResultTypes(), isScalar);
}

//===----------------------------------------------------------------------===//
// Mesh level
//===----------------------------------------------------------------------===//

/// What a reduction may read from padding.
static PadValue getIdentity(linalg::LinalgOp op) {
  Operation *combiner =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  return isa_and_nonnull<arith::MaximumFOp>(combiner) ? PadValue::NegInf
                                                      : PadValue::Zero;
}

/// A reduction over a dimension that is padded must read its identity: each
/// one in `local` is checked against the padding of the tiles that it reads.
static LogicalResult verifyPadding(mesh::LocalOp local, MeshShape mesh) {
  WalkResult result = local.walk([&](linalg::LinalgOp op) {
    for (OpOperand *input : op.getDpsInputOperands()) {
      auto tile = dyn_cast<BlockArgument>(input->get());
      if (!tile || tile.getOwner() != &local.getBody().front())
        continue;
      Value placed = local.getInputs()[tile.getArgNumber()];
      PlacedType type = cast<PlacedType>(placed.getType()).getItemType();
      if (type.getPlacement().getPad() == getIdentity(op))
        continue;
      ArrayRef<int64_t> order = type.getPlacement().getOrder();
      Placement placement = type.getHostPlacement();
      AffineMap map = op.getMatchingIndexingMap(input);
      SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
      for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
        auto loop = dyn_cast<AffineDimExpr>(expr);
        if (!loop ||
            iterators[loop.getPosition()] != utils::IteratorType::reduction)
          continue;
        unsigned tensorDim = order.empty() ? dim : order[dim];
        const DimSplit &split = placement.dims[tensorDim];
        int64_t cores = mesh.getExtent(split.axis);
        bool padded =
            split.isCut() && placement.getTileExtent(tensorDim, mesh) * cores !=
                                 split.getExtent();
        if (!padded)
          continue;
        op->emitOpError("expected the padding of dimension ")
            << tensorDim << " to be the identity of the reduction but got "
            << type;
        return WalkResult::interrupt();
      }
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

namespace {
struct VerifyMesh : plmr::impl::VerifyMeshBase<VerifyMesh> {
  LogicalResult verifyBlock(Block &block, MeshShape mesh) {
    for (Operation &op : block) {
      if (auto loop = dyn_cast<scf::ForOp>(op)) {
        if (failed(verifyBlock(*loop.getBody(), mesh)))
          return failure();
        continue;
      }
      if (auto local = dyn_cast<mesh::LocalOp>(op)) {
        if (failed(verifyPadding(local, mesh)))
          return failure();
        continue;
      }
      bool legal =
          isa<mesh::LoadOp, mesh::StoreOp, mesh::AppendOp, mesh::SettleOp,
              mesh::RedistributeOp, mesh::AllReduceOp, mesh::ReduceScatterOp,
              mesh::AllGatherOp, mesh::GemmOp, mesh::GemmTOp, mesh::HeadGemmTOp,
              mesh::HeadGemmOp, mesh::EpochOp, mesh::CoordOp, scf::YieldOp,
              func::ReturnOp>(op) ||
          isScalarArithmetic(op);
      if (!legal)
        return op.emitOpError("expected an operation of the mesh level");
    }
    return success();
  }

  void runOnOperation() override {
    if (!requireMesh(getOperation()))
      return signalPassFailure();
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      mesh::MeshOp meshOp = requireMesh(func);
      if (!meshOp ||
          failed(verifyBlock(func.getBody().front(), meshOp.getShape())))
        return signalPassFailure();
    }
  }
};

//===----------------------------------------------------------------------===//
// Tile level
//===----------------------------------------------------------------------===//

struct VerifyTile : plmr::impl::VerifyTileBase<VerifyTile> {
  static LogicalResult verifyOp(Operation &op) {
    auto isForeign = [](Type type) {
      return isa<TensorType, PlacedType>(type);
    };
    if (llvm::any_of(op.getOperandTypes(), isForeign) ||
        llvm::any_of(op.getResultTypes(), isForeign))
      return op.emitOpError("expected buffers at the tile level");
    for (Type type : op.getResultTypes())
      if (auto buffer = dyn_cast<MemRefType>(type);
          buffer && !mesh::getElementType(buffer.getElementType()))
        return op.emitOpError("expected buffers of f32, f16, bf16 or i32 but "
                              "got ")
               << type;
    bool legal = isa<mesh::RefOp, mesh::RoleOp, mesh::CoordOp, mesh::SendOp,
                     mesh::RecvOp, mesh::RecvReduceOp, mesh::ForwardReduceOp,
                     mesh::WaitOp, mesh::EpochOp, memref::AllocOp,
                     memref::CopyOp, memref::SubViewOp, memref::ExpandShapeOp,
                     memref::CollapseShapeOp, memref::CastOp, scf::ForOp,
                     scf::IfOp, scf::YieldOp, func::ReturnOp>(op) ||
                 isa<linalg::LinalgOp>(op) || isScalarArithmetic(op);
    if (!legal)
      return op.emitOpError("expected an operation of the tile level");
    return success();
  }

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      WalkResult result = func.getBody().walk([](Operation *op) {
        // The body of a linalg operation is scalar by its own verifier.
        if (op->getParentOfType<linalg::LinalgOp>())
          return WalkResult::advance();
        return WalkResult(verifyOp(*op));
      });
      if (result.wasInterrupted())
        return signalPassFailure();
    }
  }
};
} // namespace
