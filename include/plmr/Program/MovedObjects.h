//===- MovedObjects.h - Memory that two meshes share ------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights and caches move from prefill's mesh to decode's and back, slice by
// slice, in memory that has no room for two copies (docs/Algorithms.md, "Two
// meshes").
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_MOVEDOBJECTS_H
#define PLMR_PROGRAM_MOVEDOBJECTS_H

#include "plmr/Program/Placement.h"

namespace plmr {

/// Addresses of objects are multiples of a 64-bit port's width.
constexpr int64_t objectAlignment = 8;

/// True if each core has a part of its own. What stays on both meshes is small.
bool isCutAlongBothAxes(const Placement &placement);

/// An object that takes the place of its source on another mesh.
struct MovedObject {
  int64_t slices = 1;
  int64_t bytes = 0, sourceBytes = 0; ///< of a slice, on one core
};

struct MovedStacks {
  std::vector<int64_t> moved, sources; ///< addresses, in the order of objects
  int64_t end = 0;
};

/// Puts the objects, and their sources, in two stacks from address 0 on, both
/// in the order given. They are moved from the first slice of the first object
/// to the last slice of the last one, or back; so that nothing is overwritten
/// that is still to be moved, the stack of the sources begins where each slice
/// of an object ends at or below its source's begin.
MovedStacks placeMovedObjects(llvm::ArrayRef<MovedObject> objects);

} // namespace plmr

#endif // PLMR_PROGRAM_MOVEDOBJECTS_H
