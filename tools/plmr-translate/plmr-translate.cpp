//===- plmr-translate.cpp - The plmr translation driver -------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegisterTranslations.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "plmr/Support/FatalError.h"

int main(int argc, char **argv) {
  plmr::reportFatalErrors("plmr-translate");
  plmr::registerTranslations();
  return mlir::failed(
      mlir::mlirTranslateMain(argc, argv, "plmr translation driver"));
}
