//===- MovedObjects.cpp - Memory that two meshes share --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/MovedObjects.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace plmr;

bool plmr::isCutAlongBothAxes(const Placement &placement) {
  return !placement.isReplicatedAlong(Axis::X) &&
         !placement.isReplicatedAlong(Axis::Y);
}

MovedStacks plmr::placeMovedObjects(llvm::ArrayRef<MovedObject> objects) {
  MovedStacks stacks;
  int64_t end = 0, endOfSources = 0, distance = 0;
  for (const MovedObject &object : objects) {
    stacks.moved.push_back(end);
    stacks.sources.push_back(endOfSources);
    // From slice to slice the distance changes evenly.
    for (int64_t slice : {int64_t(0), object.slices - 1})
      distance =
          std::max(distance, end + (slice + 1) * object.bytes - endOfSources -
                                 slice * object.sourceBytes);
    end += llvm::alignTo(object.slices * object.bytes, objectAlignment);
    endOfSources +=
        llvm::alignTo(object.slices * object.sourceBytes, objectAlignment);
  }
  distance = llvm::alignTo(distance, objectAlignment);
  for (int64_t &address : stacks.sources)
    address += distance;
  stacks.end = std::max(end, endOfSources + distance);
  return stacks;
}
