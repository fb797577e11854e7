//===- MoveObjects.cpp - Handing over between two meshes ------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Dialect/PLMR/Transforms/Scalars.h"
#include "plmr/Program/MovedObjects.h"

namespace plmr {
#define GEN_PASS_DEF_MOVEOBJECTS
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;
using plmr::mesh::ObjectKind;
using plmr::mesh::ObjectOp;

static bool isCutAlongBothAxes(ObjectOp object) {
  return plmr::isCutAlongBothAxes(object.getPlacedType().getHostPlacement());
}

namespace {
struct MoveObjects : plmr::impl::MoveObjectsBase<MoveObjects> {
  void runOnOperation() override {
    SmallVector<ObjectOp> moved = link();
    if (moved.empty())
      return;
    build("hand_over", moved, /*isBack=*/false);
    build("hand_back", moved, /*isBack=*/true);
  }

  /// Makes pairs on the two meshes one tensor; returns those on `@decode`.
  SmallVector<ObjectOp> link() {
    SymbolTable symbols(getOperation());
    SmallVector<ObjectOp> moved;
    for (auto object : getOperation().getOps<ObjectOp>()) {
      StringRef name = object.getSymName();
      bool lives = object.getKind() == ObjectKind::Weight ||
                   object.getKind() == ObjectKind::State;
      if (!lives || !name.consume_front("decode.") ||
          !isCutAlongBothAxes(object))
        continue;
      auto source = symbols.lookup<ObjectOp>(("prefill." + name).str());
      if (!source || !isCutAlongBothAxes(source))
        continue;
      object.setMovedFromAttr(FlatSymbolRefAttr::get(source.getSymNameAttr()));
      object.removeFileAttr();
      object.removeSourcesAttr();
      moved.push_back(object);
    }
    return moved;
  }

  void build(StringRef name, ArrayRef<ObjectOp> moved, bool isBack) {
    Location loc = NameLoc::get(StringAttr::get(&getContext(), name));
    OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
    Type index = b.getIndexType();
    auto func =
        func::FuncOp::create(b, loc, name, b.getFunctionType({index}, {}));
    func->setAttr(parametersAttrName, b.getStrArrayAttr({"positions"}));
    func->setAttr(inputsAttrName, b.getArrayAttr({}));
    func->setAttr(outputsAttrName, b.getArrayAttr({}));
    b.setInsertionPointToStart(func.addEntryBlock());
    auto move = [&](ObjectOp object) {
      moveSlices(b, object, func.getArgument(0), isBack);
    };
    llvm::for_each(isBack ? SmallVector<ObjectOp>(llvm::reverse(moved))
                          : SmallVector<ObjectOp>(moved),
                   move);
    func::ReturnOp::create(b, loc);
  }

  /// Where memory is shared the order of the slices matters (PlanMemory.cpp).
  static void moveSlices(OpBuilder &b, ObjectOp object, Value positions,
                         bool isBack) {
    Location loc = object.getLoc();
    Scalars s(b, loc);
    StringRef from = *object.getMovedFrom(), to = object.getSymName();
    if (isBack)
      std::swap(from, to);
    if (object.getKind() != ObjectKind::State)
      positions = {};
    // Decode's positions are in blocks; those of a cache "concat" stay there.
    bool isShifted =
        positions && isBack && object.getKVPlacement() == KVPlacement::Shift;
    if (!object.getStacked()) {
      mesh::RedistributeOp::create(b, loc, from, to, Value(), positions,
                                   isShifted);
      return;
    }
    Value count = s.index(object.getNumSlices()), one = s.index(1);
    auto loop = scf::ForOp::create(b, loc, s.index(0), count, one);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value slice = loop.getInductionVar();
    if (isBack)
      slice = s.sub(s.sub(count, one), slice);
    mesh::RedistributeOp::create(b, loc, from, to, slice, positions, isShifted);
  }
};
} // namespace
