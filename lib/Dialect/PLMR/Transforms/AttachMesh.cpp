//===- AttachMesh.cpp - Giving the module a mesh -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_ATTACHMESH
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

// Errors name a place: the operation's text would be the whole module's.

mesh::MeshOp plmr::requireMesh(ModuleOp module) {
  mesh::MeshOp meshOp = mesh::lookupMesh(module);
  if (!meshOp)
    module.emitError("expected a plmr.mesh");
  return meshOp;
}

FailureOr<Machine> plmr::loadMachine(mesh::MeshOp mesh) {
  llvm::Expected<Machine> machine = plmr::mesh::parseDevice(mesh.getDevice());
  if (machine)
    return *machine;
  emitError(mesh.getLoc()) << llvm::toString(machine.takeError());
  return failure();
}

namespace {
struct AttachMesh : plmr::impl::AttachMeshBase<AttachMesh> {
  using AttachMeshBase::AttachMeshBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    mesh::MeshOp meshOp = mesh::lookupMesh(module);
    if (!meshOp && !(meshOp = createMesh()))
      return signalPassFailure();
    FailureOr<Machine> machine = plmr::loadMachine(meshOp);
    if (failed(machine))
      return signalPassFailure();
    MeshShape shape = meshOp.getShape();
    std::string extents =
        std::to_string(shape.columns) + "x" + std::to_string(shape.rows);
    bool isOther = (!mesh.empty() && mesh != extents) ||
                   (!device.empty() && !isDevice(meshOp.getDevice(), *machine));
    if (isOther) {
      emitError(meshOp.getLoc())
          << "expected the module's own mesh, " << extents << " on "
          << machine->name << ", but got "
          << (mesh.empty() ? extents : std::string(mesh)) << " on "
          << (device.empty() ? machine->name : std::string(device));
      return signalPassFailure();
    }
    if (shape.columns <= machine->grid.columns &&
        shape.rows <= machine->grid.rows)
      return;
    emitError(meshOp.getLoc())
        << "expected a mesh within the " << machine->grid.columns << " x "
        << machine->grid.rows << " cores of " << machine->name << " but got "
        << shape.columns << " x " << shape.rows;
    signalPassFailure();
  }

  /// True if the option names the device `text`, whose profile is `machine`.
  bool isDevice(StringRef text, const Machine &machine) {
    if (text == StringRef(device))
      return true;
    llvm::Expected<Machine> asked = plmr::loadMachine(StringRef(device));
    if (asked)
      return *asked == machine;
    llvm::consumeError(asked.takeError());
    return false;
  }

  mesh::MeshOp createMesh() {
    unsigned columns, rows;
    auto [first, second] = StringRef(mesh).split('x');
    if (first.getAsInteger(10, columns) || second.getAsInteger(10, rows) ||
        columns == 0 || rows == 0) {
      emitError(getOperation().getLoc())
          << "expected a mesh as columns x rows, for example 4x3, but got '"
          << mesh << "'";
      return {};
    }
    // The IR holds a profile's text: it must not depend on a file.
    std::string text = device.empty() ? std::string("wse2") : device;
    if (StringRef(text).ends_with(".json")) {
      llvm::Expected<Machine> machine = plmr::loadMachine(StringRef(text));
      if (!machine) {
        emitError(getOperation().getLoc())
            << llvm::toString(machine.takeError());
        return {};
      }
      text = printMachine(*machine);
    }
    auto builder = OpBuilder::atBlockBegin(getOperation().getBody());
    return mesh::MeshOp::create(builder, getOperation().getLoc(), "mesh",
                                columns, rows, text);
  }
};
} // namespace
