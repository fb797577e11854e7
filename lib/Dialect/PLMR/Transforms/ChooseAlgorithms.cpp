//===- ChooseAlgorithms.cpp - Choosing the reduction trees -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Dialect/PLMR/Transforms/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_CHOOSEALGORITHMS
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

namespace {
struct ChooseAlgorithms : plmr::impl::ChooseAlgorithmsBase<ChooseAlgorithms> {
  using ChooseAlgorithmsBase::ChooseAlgorithmsBase;

  void runOnOperation() override {
    mesh::MeshOp meshOp = mesh::lookupMesh(getOperation());
    if (levels == 0) {
      getOperation().emitError("expected k of at least 1 but got 0");
      return signalPassFailure();
    }
    getOperation().walk([&](mesh::AllReduceOp op) {
      if (op.getGroups())
        return;
      auto partial = cast<mesh::PlacedType>(op.getInputs()[0].getType())
                         .getPlacement()
                         .getPartial();
      Segments segments{
          meshOp.getShape().getExtent(mesh::toAxis(partial.getAxis())),
          static_cast<unsigned>(partial.getSegments())};
      op.setGroups(getKTreeGroups(segments.getMaxWidth(), levels));
    });
  }
};
} // namespace
