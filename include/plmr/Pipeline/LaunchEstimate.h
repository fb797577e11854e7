//===- LaunchEstimate.h - Cycles of a launch by its kernels -----*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whoever compares meshes cannot time whole launches on each: a launch on a
// wafer has 700,000 cores. Its operations run one after the other and have few
// shapes, so the kernels are timed instead, each on as few cores as show its
// cost (docs/Algorithms.md, "Estimates"):
//
// - what needs no communication on one core, with the tiles of the mesh;
// - reductions on one line;
// - matrix products on two small meshes with the tiles of the mesh, from which
//   the time goes on in proportion to the steps of the walk.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_LAUNCHESTIMATE_H
#define PLMR_PIPELINE_LAUNCHESTIMATE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "plmr/Machine/Machine.h"
#include "plmr/Pipeline/Kernel.h"
#include "plmr/Pipeline/KernelCosts.h"
#include <map>

namespace plmr {

/// A launch whose operations are at the mesh level, with their algorithms.
class LaunchEstimate {
public:
  LaunchEstimate(mlir::func::FuncOp func, KernelCosts &costs);

  /// Ticks with these values of the launch's parameters, in the order of the
  /// function's arguments. Errors: an operation that is not known here, or
  /// whose kernel does not compile, at its location.
  llvm::Expected<uint64_t> getTicks(llvm::ArrayRef<int64_t> parameters);

private:
  using Environment = llvm::DenseMap<mlir::Value, int64_t>;
  llvm::Expected<uint64_t> addBlock(mlir::Block &block, Environment &values);
  llvm::Expected<uint64_t> addLoop(mlir::Operation *op, Environment &values);
  llvm::Expected<uint64_t> getKernelTicks(mlir::Operation *op,
                                          Environment &values);
  llvm::Expected<uint64_t> measure(mlir::Operation *op,
                                   llvm::ArrayRef<mlir::Value> captured,
                                   llvm::ArrayRef<int64_t> values);
  llvm::Expected<uint64_t> measureProduct(mlir::Operation *op,
                                          llvm::ArrayRef<mlir::Value> captured,
                                          llvm::ArrayRef<int64_t> values);
  llvm::Expected<uint64_t> measureOn(mlir::Operation *op,
                                     const KernelMesh &target,
                                     llvm::ArrayRef<mlir::Value> captured,
                                     llvm::ArrayRef<int64_t> values);

  int64_t countElements(mlir::Value placed) const;
  int64_t countWords(mesh::AllReduceOp op,
                     llvm::ArrayRef<int64_t> values) const;

  mlir::func::FuncOp func;
  KernelCosts &costs;
  MeshShape mesh;
  std::string device; ///< with all the memory that kernels need
  Machine machine;
  std::map<std::pair<mlir::Operation *, std::vector<int64_t>>, uint64_t> known;
};

} // namespace plmr

#endif // PLMR_PIPELINE_LAUNCHESTIMATE_H
