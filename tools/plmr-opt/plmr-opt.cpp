//===- plmr-opt.cpp - The plmr optimizer driver -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Support/FatalError.h"

int main(int argc, char **argv) {
  plmr::reportFatalErrors("plmr-opt");
  mlir::DialectRegistry registry;
  plmr::registerDialects(registry);
  plmr::registerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "plmr optimizer driver\n", registry));
}
