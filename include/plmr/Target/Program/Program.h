//===- Program.h - Programs as IR and back -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A `core.program` and a Program hold the same things, so both directions are
// exact: exportProgram(importProgram(p)) == p for every valid p. Two things
// have one home only: the name of the operation and its `packed` attribute in
// the IR, the packed data in the Program.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TARGET_PROGRAM_PROGRAM_H
#define PLMR_TARGET_PROGRAM_PROGRAM_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "plmr/Program/Program.h"

namespace plmr {

/// The program that the module's one core.program describes. Packed data is
/// read from the file that it names. The result is verified (verifyProgram).
llvm::Expected<Program> exportProgram(mlir::ModuleOp module);

/// A module with `program` as its core.program @main, or null after an error
/// on `context`. `packed` names the file that holds the program's data, if it
/// has any; without it the result cannot be exported again.
mlir::OwningOpRef<mlir::ModuleOp> importProgram(const Program &program,
                                                mlir::MLIRContext *context,
                                                llvm::StringRef packed = "");

/// "file:line:col" for a place in a file, the name for a named location, and
/// the same of their parts for others: what Program::locations holds.
std::string printLocation(mlir::Location location);

/// Registers the translations of plmr-translate: mlir-to-plmr, plmr-to-mlir,
/// asm-to-plmr and plmr-to-asm.
void registerProgramTranslations();

} // namespace plmr

#endif // PLMR_TARGET_PROGRAM_PROGRAM_H
