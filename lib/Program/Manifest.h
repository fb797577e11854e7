//===- Manifest.h - A program's parts as a protobuf message -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_PROGRAM_MANIFEST_H
#define PLMR_LIB_PROGRAM_MANIFEST_H

#include "plmr/Program/Program.h"

namespace plmr {

/// All of the program but its instructions and data, serialized.
std::string packManifest(const Program &program);

/// A program without instructions and data; `instructions` receives how many
/// each class has. Refuses unknown fields and enumerators out of range.
llvm::Expected<Program> unpackManifest(llvm::StringRef bytes,
                                       llvm::StringRef origin,
                                       std::vector<uint32_t> &instructions);

} // namespace plmr

#endif // PLMR_LIB_PROGRAM_MANIFEST_H
