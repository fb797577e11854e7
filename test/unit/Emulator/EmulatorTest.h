//===- EmulatorTest.h - Programs as text, and their runs -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_UNIT_EMULATOR_EMULATORTEST_H
#define PLMR_TEST_UNIT_EMULATOR_EMULATORTEST_H

#include "plmr/Emulator/Emulator.h"
#include "gtest/gtest.h"

namespace plmr {

/// Parses and verifies; a failure is a test failure.
inline std::shared_ptr<const Program> parse(const std::string &text) {
  llvm::Expected<Program> program = parseAssembly(text, "test");
  if (!program) {
    ADD_FAILURE() << llvm::toString(program.takeError());
    return nullptr;
  }
  return std::make_shared<Program>(std::move(*program));
}

/// A program that has been run once.
class Machinery {
public:
  explicit Machinery(const std::string &text,
                     EmulatorMode mode = EmulatorMode::Check)
      : Machinery(parse(text), mode) {}
  Machinery(std::shared_ptr<const Program> parsed, EmulatorMode mode)
      : program(std::move(parsed)) {
    if (!program)
      return;
    llvm::Expected<std::unique_ptr<Emulator>> created =
        Emulator::create(program, mode);
    if (created)
      emulator = std::move(*created);
    else
      ADD_FAILURE() << llvm::toString(created.takeError());
  }

  void write(llvm::StringRef name, llvm::ArrayRef<float> values) {
    if (llvm::Error error = emulator->writeTensor(name, values))
      ADD_FAILURE() << llvm::toString(std::move(error));
  }
  std::vector<float> read(llvm::StringRef name) {
    llvm::Expected<std::vector<float>> values = emulator->readTensor(name);
    if (values)
      return *values;
    ADD_FAILURE() << llvm::toString(values.takeError());
    return {};
  }
  RunResult run(llvm::ArrayRef<int32_t> parameters = {}) {
    llvm::Expected<RunResult> result =
        emulator->run(program->launches[0], parameters);
    if (result)
      return *result;
    ADD_FAILURE() << llvm::toString(result.takeError());
    return {};
  }
  /// The error of a run that has to fail.
  std::string trap(llvm::ArrayRef<int32_t> parameters = {}) {
    llvm::Expected<RunResult> result =
        emulator->run(program->launches[0], parameters);
    if (!result)
      return llvm::toString(result.takeError());
    ADD_FAILURE() << "the run did not trap";
    return {};
  }

  std::shared_ptr<const Program> program;
  std::unique_ptr<Emulator> emulator;
};

} // namespace plmr

#endif // PLMR_TEST_UNIT_EMULATOR_EMULATORTEST_H
