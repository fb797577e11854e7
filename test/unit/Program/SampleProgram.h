//===- SampleProgram.h - A program that uses every field -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_UNIT_PROGRAM_SAMPLEPROGRAM_H
#define PLMR_TEST_UNIT_PROGRAM_SAMPLEPROGRAM_H

#include "plmr/Program/Program.h"
#include "gtest/gtest.h"

namespace plmr {

/// Text that has every statement and every form of every instruction.
extern const char sampleAssembly[];

/// The sample, verified, with some data.
Program makeSample();

/// Parses text; a failure is a test failure.
Program parse(const std::string &text);

/// The message of a failed Expected or Error, or "".
template <typename T> std::string messageOf(llvm::Expected<T> value) {
  return value ? "" : llvm::toString(value.takeError());
}
inline std::string messageOf(llvm::Error error) {
  return llvm::toString(std::move(error));
}

} // namespace plmr

#endif // PLMR_TEST_UNIT_PROGRAM_SAMPLEPROGRAM_H
