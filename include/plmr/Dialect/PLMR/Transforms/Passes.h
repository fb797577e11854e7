//===- Passes.h - Passes on the mesh and tile levels -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_TRANSFORMS_PASSES_H
#define PLMR_DIALECT_PLMR_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"

namespace plmr {

/// Discardable attributes of the tile level.
constexpr llvm::StringLiteral addressAttrName = "plmr.address";
/// On what a collective was expanded to: its name, for reports.
constexpr llvm::StringLiteral operationAttrName = "plmr.operation";
/// On a function: the names of its index arguments.
constexpr llvm::StringLiteral parametersAttrName = "plmr.parameters";
/// Symbols of a function's inputs and outputs, in order.
constexpr llvm::StringLiteral inputsAttrName = "plmr.inputs";
constexpr llvm::StringLiteral outputsAttrName = "plmr.outputs";

/// The mesh that `op`, a module or what is in one, belongs to; or null after an
/// error.
mesh::MeshOp requireMesh(mlir::Operation *op);

/// The device of `mesh`, or an error on it.
mlir::FailureOr<Machine> loadMachine(mesh::MeshOp mesh);

#define GEN_PASS_DECL
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"

} // namespace plmr

#endif // PLMR_DIALECT_PLMR_TRANSFORMS_PASSES_H
