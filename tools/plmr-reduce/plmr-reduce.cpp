//===- plmr-reduce.cpp - Smaller modules with the same fault -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Support/FatalError.h"

int main(int argc, char **argv) {
  plmr::reportFatalErrors("plmr-reduce");
  mlir::DialectRegistry registry;
  plmr::registerDialects(registry);
  plmr::registerPasses();
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
