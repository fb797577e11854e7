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
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

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

namespace {
/// What is wrong with a module; all of it is told, up to a page.
class Findings {
public:
  void add(Operation *op, const Twine &message) {
    entries.push_back({op, message.str()});
  }

  /// Emits an error for each of the first entries; fails if there are any.
  LogicalResult report() const {
    for (auto [i, entry] :
         llvm::enumerate(ArrayRef(entries).take_front(most))) {
      InFlightDiagnostic error = entry.op->emitOpError(entry.message);
      if (i + 1 == most && entries.size() > most)
        error.attachNote() << "and " << entries.size() - most << " more";
    }
    return success(entries.empty());
  }

private:
  static constexpr size_t most = 10;
  struct Entry {
    Operation *op;
    std::string message;
  };
  SmallVector<Entry> entries;
};
} // namespace

//===----------------------------------------------------------------------===//
// Mesh level
//===----------------------------------------------------------------------===//

/// The mesh level's form of what a graph or the tile level has; empty: none.
static StringRef getMeshForm(Operation &op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
    if (linalgOp.getNumReductionLoops() == 0)
      return "plmr.local";
    return linalg::isaContractionOpInterface(linalgOp) &&
                   linalgOp.getNumParallelLoops() >= 2
               ? "plmr.gemm"
               : "plmr.local of partial results, then plmr.all_reduce";
  }
  if (op.hasTrait<OpTrait::Elementwise>())
    return "plmr.local";
  return llvm::StringSwitch<StringRef>(op.getName().getStringRef())
      .Cases({"arith.constant", "tensor.empty"}, "a tensor inside plmr.local")
      .StartsWith("tensor.", "plmr.redistribute, or inside plmr.local")
      .Case("plmr.ref", "plmr.load")
      .Case("memref.copy", "plmr.store")
      .StartsWith("memref.", "a value of !plmr.placed")
      .Case("plmr.reduce_scatter_tile", "plmr.reduce_scatter")
      .Case("plmr.all_gather_tile", "plmr.all_gather")
      .Cases({"plmr.reduce_tile", "plmr.broadcast_tile"}, "plmr.all_reduce")
      .Case("plmr.shift_tile", "plmr.redistribute")
      .Case("plmr.settle_tile", "plmr.settle")
      .Case("plmr.gemm_tile", "plmr.gemm")
      .Case("plmr.gemm_t_tile", "plmr.gemm_t")
      .Case("plmr.head_gemm_tile", "plmr.head_gemm")
      .Case("plmr.head_gemm_t_tile", "plmr.head_gemm_t")
      .StartsWith("plmr.", "plmr.all_reduce or plmr.redistribute")
      .StartsWith("llm.", "what convert-graph-to-mesh makes of it")
      .StartsWith("scf.", "scf.for")
      .Default("");
}

static std::string expectLevel(StringRef level, StringRef form) {
  std::string text = ("expected an operation of the " + level + " level").str();
  return form.empty() ? text : text + ", where this is " + form.str();
}

/// What a reduction may read from padding.
static PadValue getIdentity(linalg::LinalgOp op) {
  Operation *combiner =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  return isa_and_nonnull<arith::MaximumFOp>(combiner) ? PadValue::NegInf
                                                      : PadValue::Zero;
}

/// The dimension of the tensor that `input`, the tile of a value of `type`, has
/// padding in which `op` reduces; none: it has no such dimension.
static std::optional<unsigned> findReducedPadding(linalg::LinalgOp op,
                                                  OpOperand *input,
                                                  PlacedType type,
                                                  MeshShape mesh) {
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
    if (split.isCut() &&
        placement.getTileExtent(tensorDim, mesh) * cores != split.getExtent())
      return tensorDim;
  }
  return std::nullopt;
}

/// A reduction over a dimension that is padded must read its identity: each
/// one in `local` is checked against the padding of the tiles that it reads.
static void verifyPadding(mesh::LocalOp local, MeshShape mesh,
                          Findings &findings) {
  local.walk([&](linalg::LinalgOp op) {
    for (OpOperand *input : op.getDpsInputOperands()) {
      auto tile = dyn_cast<BlockArgument>(input->get());
      if (!tile || tile.getOwner() != &local.getBody().front())
        continue;
      Value placed = local.getInputs()[tile.getArgNumber()];
      PlacedType type = cast<PlacedType>(placed.getType()).getItemType();
      if (type.getPlacement().getPad() == getIdentity(op))
        continue;
      if (std::optional<unsigned> dim =
              findReducedPadding(op, input, type, mesh))
        findings.add(op, llvm::formatv("expected the padding of dimension {0} "
                                       "to be the identity of the reduction "
                                       "but got '{1}'",
                                       *dim, type));
    }
  });
}

namespace {
struct VerifyMesh : plmr::impl::VerifyMeshBase<VerifyMesh> {
  static bool isLegal(Operation &op) {
    return isa<mesh::LoadOp, mesh::StoreOp, mesh::AppendOp, mesh::SettleOp,
               mesh::RedistributeOp, mesh::AllReduceOp, mesh::ReduceScatterOp,
               mesh::AllGatherOp, mesh::GemmOp, mesh::GemmTOp,
               mesh::HeadGemmTOp, mesh::HeadGemmOp, mesh::EpochOp,
               mesh::CoordOp, scf::YieldOp, func::ReturnOp>(op) ||
           isScalarArithmetic(op);
  }

  static void verifyBlock(Block &block, MeshShape mesh, Findings &findings) {
    for (Operation &op : block) {
      if (auto loop = dyn_cast<scf::ForOp>(op))
        verifyBlock(*loop.getBody(), mesh, findings);
      else if (auto local = dyn_cast<mesh::LocalOp>(op))
        verifyPadding(local, mesh, findings);
      else if (!isLegal(op))
        findings.add(&op, expectLevel("mesh", getMeshForm(op)));
    }
  }

  void runOnOperation() override {
    if (!requireMesh(getOperation()))
      return signalPassFailure();
    Findings findings;
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      mesh::MeshOp meshOp = requireMesh(func);
      if (!meshOp)
        return signalPassFailure();
      verifyBlock(func.getBody().front(), meshOp.getShape(), findings);
    }
    if (failed(findings.report()))
      signalPassFailure();
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Tile level
//===----------------------------------------------------------------------===//

/// The tile level's form of what a graph or the mesh level has; empty: none.
static StringRef getTileForm(Operation &op) {
  if (isa<linalg::LinalgOp, mesh::LocalOp>(op) ||
      op.hasTrait<OpTrait::Elementwise>())
    return "a linalg operation on buffers";
  StringRef messages = "plmr.send, plmr.recv, plmr.recv_reduce, "
                       "plmr.forward_reduce and plmr.wait";
  StringRef name = op.getName().getStringRef();
  if (name.starts_with("plmr.") && name.ends_with("_tile"))
    return messages;
  return llvm::StringSwitch<StringRef>(name)
      .Case("plmr.load", "plmr.ref")
      .Cases({"plmr.store", "plmr.append"}, "memref.copy to a plmr.ref")
      .StartsWith("plmr.", messages)
      .Case("arith.constant", "linalg.fill of a memref.alloc")
      .Case("tensor.extract_slice", "memref.subview")
      .Case("tensor.insert_slice", "memref.copy to a memref.subview")
      .Case("tensor.expand_shape", "memref.expand_shape")
      .Case("tensor.collapse_shape", "memref.collapse_shape")
      .StartsWith("tensor.", "memref.alloc")
      .Cases({"memref.load", "memref.store"},
             "a linalg operation on a memref.subview")
      .Cases({"memref.alloca", "memref.get_global"}, "memref.alloc")
      .StartsWith("memref.", "memref.subview")
      .StartsWith("llm.", "what convert-graph-to-mesh and "
                          "convert-mesh-to-tile make of it")
      .StartsWith("scf.", "scf.for or scf.if")
      .Default("");
}

namespace {
struct VerifyTile : plmr::impl::VerifyTileBase<VerifyTile> {
  static bool isLegal(Operation &op) {
    return isa<mesh::RefOp, mesh::RoleOp, mesh::CoordOp, mesh::SendOp,
               mesh::RecvOp, mesh::RecvReduceOp, mesh::ForwardReduceOp,
               mesh::WaitOp, mesh::EpochOp, memref::AllocOp, memref::CopyOp,
               memref::SubViewOp, memref::ExpandShapeOp,
               memref::CollapseShapeOp, memref::CastOp, scf::ForOp, scf::IfOp,
               scf::YieldOp, func::ReturnOp>(op) ||
           isa<linalg::LinalgOp>(op) || isScalarArithmetic(op);
  }

  /// Why `op` is not legal; empty: it is.
  static std::string explain(Operation &op) {
    auto isForeign = [](Type type) {
      return isa<TensorType, PlacedType>(type);
    };
    if (llvm::any_of(op.getOperandTypes(), isForeign) ||
        llvm::any_of(op.getResultTypes(), isForeign)) {
      StringRef form = isa<scf::SCFDialect, func::FuncDialect>(op.getDialect())
                           ? ""
                           : getTileForm(op);
      return ("expected buffers at the tile level" +
              (form.empty() ? "" : ", where this is " + form))
          .str();
    }
    for (Type type : op.getResultTypes())
      if (auto buffer = dyn_cast<MemRefType>(type);
          buffer && !mesh::getElementType(buffer.getElementType()))
        return llvm::formatv(
            "expected buffers of f32, f16, bf16 or i32 but got '{0}'", type);
    return isLegal(op) ? "" : expectLevel("tile", getTileForm(op));
  }

  void runOnOperation() override {
    Findings findings;
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      func.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
        std::string problem = explain(*op);
        if (!problem.empty())
          findings.add(op, problem);
        // The body of a linalg operation is scalar by its own verifier, that
        // of an illegal one, other than control flow, of another level too.
        bool isOpen = problem.empty() ? !isa<linalg::LinalgOp>(op)
                                      : isa<scf::SCFDialect>(op->getDialect());
        return isOpen ? WalkResult::advance() : WalkResult::skip();
      });
    }
    if (failed(findings.report()))
      signalPassFailure();
  }
};
} // namespace
