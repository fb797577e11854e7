//===- Kernel.h - One operation as a module ---------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_KERNEL_H
#define PLMR_PIPELINE_KERNEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"

namespace plmr {

/// The values from outside that `op` and its regions read, other than placed
/// ones and constants.
llvm::SmallVector<mlir::Value> getCaptured(mlir::Operation *op);

/// The few cores that a kernel runs on in the place of many.
struct KernelMesh {
  MeshShape shape = {1, 1};
  /// What extents are cut by along both axes; 0: a tile is all there is.
  double scale = 0;
  /// They are one segment of the mesh: a key head's columns.
  bool isSegment = false;

  bool keepsTiles() const { return scale == 0; }
};

/// `type`, which has tiles on `mesh`, in a kernel on `target`: with the same
/// tiles, but for rounding if they are scaled, and nothing partial.
mesh::PlacedType getKernelType(mesh::PlacedType type, MeshShape mesh,
                               const KernelMesh &target);

/// A mesh-level operation as a module with a launch `kernel`: placed operands
/// are inputs, results are outputs, `captured` values are parameters, and
/// the objects that it names are there.
mlir::OwningOpRef<mlir::ModuleOp>
extractKernel(mlir::Operation *op, const KernelMesh &target,
              llvm::StringRef device, llvm::ArrayRef<mlir::Value> captured);

} // namespace plmr

#endif // PLMR_PIPELINE_KERNEL_H
