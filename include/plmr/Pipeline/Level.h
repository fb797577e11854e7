//===- Level.h - The levels of the compiler ---------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_LEVEL_H
#define PLMR_PIPELINE_LEVEL_H

namespace plmr {

/// The levels at which a compilation can begin and stop.
enum class Level { Graph, Mesh, Tile, Core };

} // namespace plmr

#endif // PLMR_PIPELINE_LEVEL_H
