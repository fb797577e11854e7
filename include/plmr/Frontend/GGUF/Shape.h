//===- Shape.h - Models without weights -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A shape is the metadata of a GGUF file without its tensors, as JSON
// (docs/GGUF.md, rules H1 to H4): all that a program's routes, memory and times
// depend on. Those of public models are built in.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_FRONTEND_GGUF_SHAPE_H
#define PLMR_FRONTEND_GGUF_SHAPE_H

#include "plmr/Frontend/GGUF/GGUF.h"

namespace plmr {

/// The names of the built-in shapes.
std::vector<std::string> getBuiltinShapeNames();

/// The GGUF file of metadata only that a built-in shape or the text of a JSON
/// file (`nameOrFile` ends in ".json") stands for.
llvm::Expected<GGUFFile> loadShape(llvm::StringRef nameOrFile);
/// `origin` is the text's name in messages.
llvm::Expected<GGUFFile> parseShape(llvm::StringRef json,
                                    llvm::StringRef origin);

} // namespace plmr

#endif // PLMR_FRONTEND_GGUF_SHAPE_H
