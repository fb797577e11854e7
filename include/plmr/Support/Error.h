//===- Error.h - Errors that users read -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every library reports failure by llvm::Error or llvm::Expected. A message is
// one line: it names the thing, what was expected and what is supported.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_SUPPORT_ERROR_H
#define PLMR_SUPPORT_ERROR_H

#include "llvm/Support/Error.h"
#include "llvm/Support/FormatVariadic.h"

namespace plmr {

/// Makes an error whose message is `format` with `{0}`, `{1}`, ... replaced
/// (llvm::formatv).
template <typename... Args>
llvm::Error makeError(const char *format, Args &&...args) {
  return llvm::createStringError(
      llvm::formatv(format, std::forward<Args>(args)...).str());
}

} // namespace plmr

#endif // PLMR_SUPPORT_ERROR_H
