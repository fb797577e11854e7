//===- PLMRDialect.cpp - Registration of the plmr dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Dialect/PLMR/IR/PLMR.h"

using namespace plmr::mesh;

#include "plmr/Dialect/PLMR/IR/PLMRDialect.cpp.inc"

#include "plmr/Dialect/PLMR/IR/PLMREnums.cpp.inc"

void PLMRDialect::initialize() {
  registerAttributes();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "plmr/Dialect/PLMR/IR/PLMROps.cpp.inc"
      >();
}
