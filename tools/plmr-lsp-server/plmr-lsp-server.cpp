//===- plmr-lsp-server.cpp - Text IR of plmr in editors -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LLVM.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Support/FatalError.h"

int main(int argc, char **argv) {
  plmr::reportFatalErrors("plmr-lsp-server");
  mlir::DialectRegistry registry;
  plmr::registerDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
