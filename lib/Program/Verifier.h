//===- Verifier.h - The parts of verifyProgram -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_PROGRAM_VERIFIER_H
#define PLMR_LIB_PROGRAM_VERIFIER_H

#include "plmr/Program/Program.h"

namespace plmr {

/// " at <location>", or nothing where the class has none.
std::string describeLocation(const Program &program, const CoreClass &cls,
                             uint32_t pc);

llvm::Error verifyCode(const Program &program);
llvm::Error verifyRoutes(const Program &program);

} // namespace plmr

#endif // PLMR_LIB_PROGRAM_VERIFIER_H
