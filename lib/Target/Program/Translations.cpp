//===- Translations.cpp - Translations of plmr-translate ------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Support/Printable.h"
#include "plmr/Target/Program/Program.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace plmr;

/// The value of `expected`, or nothing after an error.
template <typename T>
static std::optional<T> take(Location location, llvm::Expected<T> expected) {
  if (expected)
    return std::move(*expected);
  emitError(location) << oneLine(llvm::toString(expected.takeError()));
  return std::nullopt;
}

/// Those of every level: a module that holds no program yet is told so.
static void registerDialects(DialectRegistry &registry) {
  registry
      .insert<core::CoreDialect, llm::LLMDialect, mesh::PLMRDialect,
              arith::ArithDialect, bufferization::BufferizationDialect,
              func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
              memref::MemRefDialect, scf::SCFDialect, tensor::TensorDialect>();
}

static const llvm::MemoryBuffer &getInput(llvm::SourceMgr &manager) {
  return *manager.getMemoryBuffer(manager.getMainFileID());
}

static std::optional<Program> readBinary(llvm::SourceMgr &manager,
                                         MLIRContext *context) {
  const llvm::MemoryBuffer &input = getInput(manager);
  return take(
      UnknownLoc::get(context),
      deserializeProgram(input.getBuffer(), input.getBufferIdentifier()));
}

static LogicalResult writeBinary(const Program &program, Location location,
                                 raw_ostream &os) {
  std::optional<std::string> bytes = take(location, serializeProgram(program));
  if (bytes)
    os << *bytes;
  return success(bytes.has_value());
}

static LogicalResult mlirToProgram(ModuleOp module, raw_ostream &os) {
  auto programs = module.getOps<core::ProgramOp>();
  Location location =
      programs.empty() ? module.getLoc() : (*programs.begin()).getLoc();
  std::optional<Program> program = take(location, exportProgram(module));
  return success(program && succeeded(writeBinary(*program, location, os)));
}

static OwningOpRef<ModuleOp> programToMlir(llvm::SourceMgr &manager,
                                           MLIRContext *context) {
  std::optional<Program> program = readBinary(manager, context);
  if (!program)
    return {};
  SmallString<128> file(getInput(manager).getBufferIdentifier());
  bool isFile = file != "<stdin>";
  if (!isFile && !program->data.empty()) {
    emitError(UnknownLoc::get(context))
        << "expected a file: the IR names the one that holds the program's "
           "data, which standard input is not";
    return {};
  }
  llvm::sys::fs::make_absolute(file);
  return importProgram(*program, context, isFile ? file.str() : StringRef());
}

static LogicalResult
programToAssembly(const std::shared_ptr<llvm::SourceMgr> &manager,
                  raw_ostream &os, MLIRContext *context) {
  std::optional<Program> program = readBinary(*manager, context);
  if (program)
    os << printAssembly(*program);
  return success(program.has_value());
}

static LogicalResult
assemblyToProgram(const std::shared_ptr<llvm::SourceMgr> &manager,
                  raw_ostream &os, MLIRContext *context) {
  const llvm::MemoryBuffer &input = getInput(*manager);
  auto location = UnknownLoc::get(context);
  std::optional<Program> program = take(
      location, parseAssembly(input.getBuffer(), input.getBufferIdentifier()));
  if (!program)
    return failure();
  if (llvm::Error error = verifyProgram(*program))
    return emitError(location) << oneLine(llvm::toString(std::move(error)));
  return writeBinary(*program, location, os);
}

void plmr::registerProgramTranslations() {
  static TranslateFromMLIRRegistration toProgram(
      "mlir-to-plmr", "write the module's core.program as a .plmr binary",
      mlirToProgram, registerDialects);
  static TranslateToMLIRRegistration toMlir(
      "plmr-to-mlir", "read a .plmr binary as a core.program", programToMlir,
      registerDialects);
  static TranslateRegistration toAssembly(
      "plmr-to-asm", "print a .plmr binary as assembly text",
      programToAssembly);
  static TranslateRegistration fromAssembly(
      "asm-to-plmr", "assemble text to a .plmr binary", assemblyToProgram);
}
