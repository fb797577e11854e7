//===- Points.h - Where levels can be compared ------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_POINTS_H
#define PLMR_LIB_INTERPRETER_POINTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>

namespace plmr::interpreter {

/// The value of one operation of the graph at all levels (docs/Goldens.md says
/// how they are found). What a level lacks is null.
struct Point {
  std::string operation;             ///< the name of its location
  mlir::Value graph;                 ///< a tensor
  mlir::Value mesh;                  ///< placed, of the same shape
  mlir::Value tile;                  ///< a buffer with a core's tile, and
  mlir::Operation *tileOp = nullptr; ///< the operation after which it is there
  /// Given: the tile is only some of the buffer's columns, from this one on.
  std::optional<int64_t> tileColumn;
};

/// The points of a function, in the order of the graph.
std::vector<Point> findPoints(mlir::func::FuncOp graph, mlir::func::FuncOp mesh,
                              mlir::func::FuncOp tile);

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_POINTS_H
