//===- InputFile.h - Files that are read -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_SUPPORT_INPUTFILE_H
#define PLMR_SUPPORT_INPUTFILE_H

#include "plmr/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

namespace plmr {

/// The bytes of a file, mapped where the system can; no zero follows them.
inline llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
mapFile(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("{0}: {1}", path, buffer.getError().message());
  return std::move(*buffer);
}

} // namespace plmr

#endif // PLMR_SUPPORT_INPUTFILE_H
