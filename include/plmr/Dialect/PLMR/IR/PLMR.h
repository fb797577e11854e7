//===- PLMR.h - The plmr dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMR_H
#define PLMR_DIALECT_PLMR_IR_PLMR_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "plmr/Analysis/Relation.h"
#include "plmr/Program/KVPlacement.h"

#include "plmr/Dialect/PLMR/IR/PLMRDialect.h.inc"

#include "plmr/Dialect/PLMR/IR/PLMREnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "plmr/Dialect/PLMR/IR/PLMRAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "plmr/Dialect/PLMR/IR/PLMRTypes.h.inc"

#define GET_OP_CLASSES
#include "plmr/Dialect/PLMR/IR/PLMROps.h.inc"

namespace plmr::mesh {

inline Axis toAxis(MeshAxis axis) {
  return axis == MeshAxis::X ? Axis::X : Axis::Y;
}
inline MeshAxis getOtherAxis(MeshAxis axis) {
  return axis == MeshAxis::X ? MeshAxis::Y : MeshAxis::X;
}

/// On a function: the part of the module's mesh that it runs on.
constexpr llvm::StringLiteral meshAttrName = "plmr.mesh";
/// Of the loop that runs once on the cores of a launch's mesh, else never.
constexpr llvm::StringLiteral guardAttrName = "plmr.guard";

/// The mesh of the module around `op`, or null.
MeshOp lookupModuleMesh(mlir::Operation *op);
/// The mesh that `op` belongs to: what an object or a function, that of a
/// channel's launch or one around `op`, names, else the module's. May be null.
MeshOp lookupMesh(mlir::Operation *op);

/// The device that `text` names (a built-in profile) or holds (JSON).
llvm::Expected<Machine> parseDevice(llvm::StringRef text);

/// Checks that the device is known and the mesh within its grid.
mlir::LogicalResult verifyMeshShape(mlir::Operation *op, int64_t columns,
                                    int64_t rows, llvm::StringRef device);

/// The dimension in which two placements differ.
struct CutDim {
  SplitAttr split; ///< of the second one; null if they do not differ
  int64_t dimInMemory = 0;
  unsigned dim = 0;
};

/// The first dimension whose split in `cut` is not that in `whole`.
CutDim findCutDim(PlacedType whole, PlacedType cut);

/// The ElementType of a tile's element, if a core can compute on it.
std::optional<ElementType> getElementType(mlir::Type type);

} // namespace plmr::mesh

#endif // PLMR_DIALECT_PLMR_IR_PLMR_H
