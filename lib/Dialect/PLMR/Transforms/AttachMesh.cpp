//===- AttachMesh.cpp - Giving the module a mesh -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"

namespace plmr {
#define GEN_PASS_DEF_ATTACHMESH
#include "plmr/Dialect/PLMR/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

// Errors name a place: the operation's text would be the whole module's.

mesh::MeshOp plmr::requireMesh(Operation *op) {
  mesh::MeshOp meshOp = mesh::lookupMesh(op);
  if (!meshOp)
    emitError(op->getLoc()) << "expected a plmr.mesh";
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
    bool isOwn = static_cast<bool>(meshOp);
    if (!isOwn && !(meshOp = createMeshes()))
      return signalPassFailure();
    FailureOr<Machine> machine = plmr::loadMachine(meshOp);
    if (failed(machine) || (isOwn && failed(checkOwn(meshOp, *machine))))
      return signalPassFailure();
    MeshShape shape = meshOp.getShape();
    if (shape.columns <= machine->grid.columns &&
        shape.rows <= machine->grid.rows)
      return;
    emitError(meshOp.getLoc())
        << "expected a mesh within the " << machine->grid.columns << " x "
        << machine->grid.rows << " cores of " << machine->name << " but got "
        << shape.columns << " x " << shape.rows;
    signalPassFailure();
  }

  /// The options must not ask for another mesh than the module's own.
  LogicalResult checkOwn(mesh::MeshOp meshOp, const Machine &machine) {
    if (!prefillMesh.empty() || !decodeMesh.empty())
      return emitError(meshOp.getLoc())
             << "expected no mesh of a launch for a module with its own mesh";
    MeshShape shape = meshOp.getShape();
    std::string extents =
        std::to_string(shape.columns) + "x" + std::to_string(shape.rows);
    bool isOther = (!mesh.empty() && mesh != extents) ||
                   (!device.empty() && !isDevice(meshOp.getDevice(), machine));
    if (!isOther)
      return success();
    return emitError(meshOp.getLoc())
           << "expected the module's own mesh, " << extents << " on "
           << machine.name << ", but got "
           << (mesh.empty() ? extents : std::string(mesh)) << " on "
           << (device.empty() ? machine.name : std::string(device));
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

  /// The shape that `text` gives, or nothing after an error.
  std::optional<MeshShape> parseShape(StringRef text) {
    std::optional<MeshShape> shape = parseMesh(text);
    if (!shape)
      emitError(getOperation().getLoc())
          << "expected a mesh as columns x rows, for example 4x3, but got '"
          << text << "'";
    return shape;
  }

  /// The IR holds a profile's text: it must not depend on a file. Empty after
  /// an error.
  std::string getDeviceText() {
    std::string text = device.empty() ? std::string("wse2") : device;
    if (!StringRef(text).ends_with(".json"))
      return text;
    llvm::Expected<Machine> machine = plmr::loadMachine(StringRef(text));
    if (machine)
      return printMachine(*machine);
    emitError(getOperation().getLoc()) << llvm::toString(machine.takeError());
    return "";
  }

  /// The module's mesh, and those of launches if they differ.
  mesh::MeshOp createMeshes() {
    auto parse = [&](StringRef own) {
      return parseShape(own.empty() ? StringRef(mesh) : own);
    };
    std::optional<MeshShape> prefill = parse(prefillMesh);
    if (!prefill)
      return {};
    std::optional<MeshShape> decode = parse(decodeMesh);
    std::string text = getDeviceText();
    if (!decode || text.empty())
      return {};
    auto builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto create = [&](StringRef name, MeshShape shape) {
      return mesh::MeshOp::create(builder, getOperation().getLoc(), name,
                                  shape.columns, shape.rows, text);
    };
    mesh::MeshOp whole =
        create("mesh", {std::max(prefill->columns, decode->columns),
                        std::max(prefill->rows, decode->rows)});
    if (*prefill == *decode)
      return whole;
    auto prefillName = FlatSymbolRefAttr::get(
        create("prefill.mesh", *prefill).getSymNameAttr());
    auto decodeName =
        FlatSymbolRefAttr::get(create("decode.mesh", *decode).getSymNameAttr());
    for (auto func : getOperation().getOps<func::FuncOp>())
      func->setAttr(mesh::meshAttrName,
                    func.getSymName() == "prefill" ? prefillName : decodeName);
    return whole;
  }
};
} // namespace
