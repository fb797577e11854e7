//===- Placer.h - State of the conversion from graph to mesh -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The placer knows, for every tensor of the graph, the placed value that
// stands for it, and places arguments, weights and constants where their
// first user wants them.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_CONVERSION_GRAPHTOMESH_PLACER_H
#define PLMR_CONVERSION_GRAPHTOMESH_PLACER_H

#include "LocalBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Dialect/LLM/Transforms/Passes.h"
#include <map>

namespace plmr {

/// How the heads of an attention lie on the columns (design: Heads on
/// columns). All counts are those of a padded tile.
struct HeadLayout {
  int64_t kvHeads, group, headDim, pairs;
  mesh::SplitAttr q;      ///< of q: (kv head, query head of the group, pairs)
  mesh::SplitAttr k;      ///< of k: (kv head, pairs)
  mesh::SplitAttr v;      ///< of v: (kv head, dims)
  mesh::SplitAttr out;    ///< of the result: (kv head, query head, dims)
  mesh::SplitAttr heads;  ///< of one number per query head
  mesh::SplitAttr tables; ///< of one number per (kv head, pair)
  int64_t localKV, localPairs, localDims;
  bool reducesOverColumns; ///< a head's dims lie on several columns
  llm::RopeKind kind;

  static HeadLayout get(mlir::MLIRContext *context, MeshShape mesh,
                        int64_t heads, int64_t kvHeads, int64_t headDim,
                        llm::RopeKind kind);
};

/// The tensors that an elementwise operation combines.
llvm::SmallVector<mlir::Value> getElementwiseInputs(mlir::Operation *op);
/// The rank from which on tensors of `func`, weights excepted, begin with a
/// batch; INT64_MAX if none do. `llm.rope` and `llm.attention` with a batch say
/// so of vectors, `linalg.batch_matmul` and norms of rank 3 of matrices.
int64_t getBatchRank(mlir::func::FuncOp func);
/// True if `func` has products of matrices, or of batches of them.
bool multipliesMatrices(mlir::func::FuncOp func);
/// The pad value of a placement whose padding holds `pad`, if that is known.
PadValue getPadValue(std::optional<double> pad);

class Placer {
public:
  /// `gemm` is how products of matrices are formed that do not say it.
  Placer(mlir::ModuleOp module, mlir::func::FuncOp func,
         mesh::GemmAlgorithm gemm)
      : module(module), symbols(module), meshOp(mesh::lookupMesh(func)),
        mesh(meshOp.getShape()), gemm(gemm), builder(module.getContext()) {
    for (auto other : module.getOps<mlir::func::FuncOp>())
      hasMatrices |= multipliesMatrices(other);
    batchRank = getBatchRank(func);
  }

  mlir::LogicalResult convert(mlir::func::FuncOp func);

private:
  using Value = mlir::Value;

  mlir::LogicalResult convertBlock(mlir::Block &block);
  mlir::LogicalResult convertOp(mlir::Operation &op);
  mlir::LogicalResult convertLoop(mlir::scf::ForOp loop);
  mlir::LogicalResult convertReturn(mlir::func::ReturnOp op);
  mlir::LogicalResult convertVecmat(mlir::Operation *op, Value x, Value w,
                                    Value init, bool transposed);
  mlir::LogicalResult convertMatmul(mlir::linalg::LinalgOp op);
  mesh::GemmAlgorithm getAlgorithm(mlir::Operation *op) const;
  mlir::LogicalResult convertElementwise(mlir::Operation *op,
                                         mesh::PlacementAttr placement);
  mlir::LogicalResult convertExtractRow(mlir::tensor::ExtractSliceOp op);
  mlir::LogicalResult convertRMSNorm(llm::RMSNormOp op);
  mlir::LogicalResult convertRope(llm::RopeOp op);
  mlir::LogicalResult convertAttention(llm::AttentionOp op);
  mlir::LogicalResult convertVectorAttention(llm::AttentionOp op);
  mlir::LogicalResult convertMatrixAttention(llm::AttentionOp op);
  mlir::LogicalResult convertSettle(llm::SettleOp op);

  /// Vectors along y lie in ring order where a matrix product may contract
  /// over the same dimension of a weight.
  mesh::SplitAttr getVectorSplit(mesh::MeshAxis axis);
  Value broadcastRow(mlir::Location loc, Value matrix, Value row);
  Value turnVector(mlir::Location loc, Value columns, Value row,
                   int64_t extent);
  mesh::SplitAttr getColumnSplit();
  /// Along y, and a second dimension along x, behind the batch.
  mesh::PlacementAttr getDefaultPlacement(int64_t rank);
  /// The placement of what is cut as `splits`, behind a batch if there is one.
  mesh::PlacementAttr getPlacement(llvm::ArrayRef<mesh::SplitAttr> splits,
                                   bool hasBatch);
  /// True if `tensor` begins with the batch of its function.
  bool hasBatch(Value tensor) const {
    return llvm::cast<mlir::RankedTensorType>(tensor.getType()).getRank() >=
           batchRank;
  }
  std::string getArgumentName(mlir::BlockArgument argument) const;
  /// Rows of the function's matrices: cyclic if they are positions.
  mesh::SplitAttr getRowSplit();
  /// Inputs in the order of the function's arguments, also those without use.
  mlir::LogicalResult orderInputs(mlir::func::FuncOp func);
  /// The placed value of `tensor`; what is not yet placed gets `placement`.
  mlir::FailureOr<Value> place(mlir::Operation *user, Value tensor,
                               mesh::PlacementAttr placement);
  /// The placement that `tensor` has, or that the first placed tensor has
  /// from which it is computed element by element; else null.
  mesh::PlacementAttr findPlacement(Value tensor) const;
  /// The placed value of `tensor` if it has one.
  Value lookup(Value tensor) const { return placed.lookup(tensor); }
  mesh::PlacedType getPlaced(Value tensor) const {
    return llvm::cast<mesh::PlacedType>(placed.lookup(tensor).getType());
  }
  /// How the dimensions behind the batch are cut.
  static llvm::SmallVector<mesh::SplitAttr>
  getItemSplits(mesh::PlacementAttr placement);
  /// Names the function's mesh, unless that is the module's.
  mlir::FlatSymbolRefAttr getMeshName();
  /// The name of an object that functions on this mesh share: on `@decode.mesh`
  /// it begins with "decode.".
  std::string qualify(const llvm::Twine &name);
  Value loadObject(mlir::Location loc, llvm::StringRef name, Value index);
  mlir::FailureOr<mesh::ObjectOp>
  getWeightObject(llm::WeightOp weight, mesh::PlacementAttr placement);
  mesh::ObjectOp createObject(mlir::Location loc, mesh::ObjectKind kind,
                              llvm::StringRef name, mesh::PlacedType type);
  /// What the padding of `tensor` holds, if that is one known value.
  std::optional<double> getPad(Value tensor) const;
  /// The value of a splat constant that is placed nowhere, if `tensor` is one.
  std::optional<double> getSplat(Value tensor) const;

  /// Reduces partial values; each result has the type without the partial.
  llvm::SmallVector<Value>
  allReduce(mlir::Location loc, mlir::ValueRange partials, Value limit = {});
  /// Converts to the element type of `like` if it differs.
  Value fill(mlir::Location loc, mesh::PlacedType type, double value);
  Value castTo(mlir::Location loc, Value value, mlir::Type element);

  /// Infers which result of a product must be cut by heads.
  void collectHeadSplits(mlir::func::FuncOp func);
  void requireSplit(Value tensor, mesh::SplitAttr split);

  /// Cosine and sine of the position's angles, one per (kv head, pair).
  struct Angles {
    Value cosine, sine;
  };
  Angles getAngles(mlir::Location loc, const HeadLayout &layout, double base,
                   Value position);
  Value loadRopeTable(mlir::Location loc, llvm::StringRef name, bool sine,
                      int64_t stride, int64_t rows, mesh::SplitAttr rowSplit,
                      const HeadLayout &layout, double base);
  /// The angles of `rows` positions, the first of which has `first`.
  Angles getRowAngles(mlir::Location loc, const HeadLayout &layout, double base,
                      int64_t rows, Value position);
  /// The key and value cache of an attention, as objects.
  mesh::ObjectOp getCache(mlir::FlatSymbolRefAttr name, mesh::SplitAttr split);
  /// Keys of slots 0 up to `slots` of every row that the core's column owns.
  Value getKeyCount(mlir::Location loc, const HeadLayout &layout, Value slots);
  Value scaleQueries(mlir::Location loc, Value queries, double scale);
  Value takeRows(mlir::Location loc, Value matrix, Value row,
                 mesh::PlacedType type);
  /// `matrix` with `rows` from row `row` of each tile on.
  Value putRows(mlir::Location loc, Value rows, Value matrix, Value row);
  Value attend(mlir::Location loc, const HeadLayout &layout, Value q, Value k,
               Value v, Value first, Value slots);
  Value rotate(mlir::Location loc, Value x, const HeadLayout &layout,
               int64_t group, const Angles &angles);

  mesh::PlacedType getType(llvm::ArrayRef<int64_t> shape,
                           llvm::ArrayRef<mesh::SplitAttr> splits,
                           mlir::Type element, PadValue pad = PadValue::Zero,
                           mesh::PartialAttr partial = {},
                           std::optional<int64_t> batch = {});
  mesh::PartialAttr getPartial(mesh::Reducer reducer, mesh::MeshAxis axis,
                               int64_t segments = 1);
  mlir::MLIRContext *getContext() { return builder.getContext(); }

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  mesh::MeshOp meshOp;
  MeshShape mesh;
  mesh::GemmAlgorithm gemm;
  mlir::OpBuilder builder;
  mlir::func::FuncOp target; ///< the converted function
  mlir::IRMapping scalars;   ///< index values and other non-tensors
  llvm::DenseMap<Value, Value> placed;
  llvm::DenseMap<Value, mesh::ObjectOp> inputs; ///< of placed arguments
  llvm::DenseMap<Value, mesh::SplitAttr> required;
  llvm::DenseMap<mlir::Operation *, HeadLayout> layouts; ///< ropes, attentions
  /// Angles by base and layout; they depend on the position only.
  std::map<std::pair<double, const void *>, Angles> angles, rowAngles;
  /// What the padding of a tensor holds, where that is known but is no value
  /// that a placement can name.
  llvm::DenseMap<Value, double> knownPads;
  int64_t batchRank;            ///< tensors of at least this rank have a batch
  int64_t positions = 0;        ///< of the caches
  bool hasPositionRows = false; ///< rows of matrices are positions
  llvm::SmallVector<mlir::Attribute> outputs; ///< symbols, as returned
  bool hasMatrices = false; ///< some function of the module multiplies them
};

} // namespace plmr

#endif // PLMR_CONVERSION_GRAPHTOMESH_PLACER_H
