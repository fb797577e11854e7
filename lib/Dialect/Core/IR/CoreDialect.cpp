//===- CoreDialect.cpp - Registration of the core dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace plmr::core;

#include "plmr/Dialect/Core/IR/CoreDialect.cpp.inc"

#include "plmr/Dialect/Core/IR/CoreEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "plmr/Dialect/Core/IR/CoreAttrs.cpp.inc"

void CoreDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "plmr/Dialect/Core/IR/CoreAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "plmr/Dialect/Core/IR/CoreOps.cpp.inc"
      >();
}
