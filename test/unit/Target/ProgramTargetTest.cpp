//===- ProgramTargetTest.cpp - Programs as IR and back --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Target/Program/Program.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include <gtest/gtest.h>

using namespace plmr;
using mlir::ModuleOp;
using mlir::OwningOpRef;

namespace {

constexpr unsigned numPrograms = 300;

class ProgramTarget : public testing::Test {
protected:
  ProgramTarget() { context.loadDialect<core::CoreDialect>(); }

  static Program makeRandom(unsigned seed, RandomOptions options) {
    Program program = RandomProgram(seed, options).make();
    if (llvm::Error error = verifyProgram(program))
      ADD_FAILURE() << "seed " << seed << ": "
                    << llvm::toString(std::move(error));
    return program;
  }

  /// The program, or an empty one and a failure.
  template <typename T> static T take(llvm::Expected<T> value) {
    if (value)
      return std::move(*value);
    ADD_FAILURE() << llvm::toString(value.takeError());
    return {};
  }

  static std::string print(ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream os(text);
    module->print(os, mlir::OpPrintingFlags().enableDebugInfo());
    return text;
  }

  OwningOpRef<ModuleOp> parse(llvm::StringRef text) {
    return mlir::parseSourceString<ModuleOp>(text, &context);
  }

  /// Checks import, text and export, and returns what is exported.
  Program roundTrip(const Program &program, llvm::StringRef packed = "") {
    OwningOpRef<ModuleOp> module = importProgram(program, &context, packed);
    if (!module) {
      ADD_FAILURE() << "importProgram failed";
      return {};
    }
    EXPECT_TRUE(succeeded(mlir::verify(*module)));
    Program exported = take(exportProgram(*module));
    EXPECT_TRUE(exported == program);

    std::string text = print(*module);
    OwningOpRef<ModuleOp> parsed = parse(text);
    if (!parsed) {
      ADD_FAILURE() << "cannot parse\n" << text;
      return {};
    }
    EXPECT_TRUE(take(exportProgram(*parsed)) == program) << text;
    OwningOpRef<ModuleOp> again = importProgram(exported, &context, packed);
    EXPECT_TRUE(again && print(*again) == text);
    return exported;
  }

  mlir::MLIRContext context;
};

TEST_F(ProgramTarget, RoundTripsInMemory) {
  for (unsigned seed = 0; seed != numPrograms && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    roundTrip(makeRandom(seed, {.tables = true}));
  }
}

TEST_F(ProgramTarget, RoundTripsThroughBinaries) {
  for (unsigned seed = 0; seed != numPrograms && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Program program = makeRandom(1000 + seed, {.tables = true});
    std::string bytes = take(serializeProgram(roundTrip(program)));
    EXPECT_TRUE(take(deserializeProgram(bytes, "binary")) == program);
    EXPECT_EQ(bytes, take(serializeProgram(program)));
  }
}

TEST_F(ProgramTarget, TakesPackedDataFromItsFile) {
  llvm::SmallString<128> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("packed", "plmr", path));
  llvm::FileRemover remover(path);
  for (unsigned seed = 0; seed != 20; ++seed) {
    SCOPED_TRACE(seed);
    Program program = makeRandom(2000 + seed, {.data = true});
    ASSERT_FALSE(static_cast<bool>(writeProgram(program, path)));
    EXPECT_TRUE(roundTrip(program, path).data == program.data);
  }
}

TEST_F(ProgramTarget, DataWithoutItsFileIsMissed) {
  Program program = makeRandom(0, {});
  program.data.append({'a', 'b'});
  Tensor tensor;
  tensor.name = "w";
  DataSource source;
  source.name = "packed";
  source.file = inlineData;
  source.bytes = 2;
  tensor.sources.push_back(source);
  program.tensors.push_back(tensor);
  OwningOpRef<ModuleOp> module = importProgram(program, &context);
  ASSERT_TRUE(module);
  llvm::Expected<Program> exported = exportProgram(*module);
  ASSERT_FALSE(static_cast<bool>(exported));
  EXPECT_EQ(llvm::toString(exported.takeError()),
            "core.program @main: source 'packed': bytes 0 to 2 of 0 in the "
            "binary");
}

/// The error of importing `program`.
std::string refuse(const Program &program, mlir::MLIRContext &context) {
  std::string message;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &diag) { message = diag.str(); });
  EXPECT_FALSE(importProgram(program, &context));
  return message;
}

TEST_F(ProgramTarget, RefusesInvalidPrograms) {
  Program program = makeRandom(0, {});
  program.metadata[""] = "value";
  EXPECT_EQ(refuse(program, context),
            "expected metadata with a key but got ''");
  EXPECT_EQ(refuse({}, context), "the mesh has 0x0 cores, '' has 1x1 to 0x0");
}

} // namespace
