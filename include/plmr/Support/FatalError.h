//===- FatalError.h - Errors that LLVM does not return -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_SUPPORT_FATALERROR_H
#define PLMR_SUPPORT_FATALERROR_H

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

namespace plmr {

/// Lets what ends a program at once, such as an output that cannot be written,
/// be told as any other error: "TOOL: error: ...". The exit status is 1.
inline void reportFatalErrors(const char *tool) {
  llvm::install_fatal_error_handler(
      [](void *tool, const char *reason, bool) {
        llvm::errs() << static_cast<const char *>(tool) << ": error: " << reason
                     << '\n';
      },
      const_cast<char *>(tool));
}

} // namespace plmr

#endif // PLMR_SUPPORT_FATALERROR_H
