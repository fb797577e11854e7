//===- Sources.h - Weights for interpreters ---------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_SOURCES_H
#define PLMR_LIB_INTERPRETER_SOURCES_H

#include "mlir/IR/Attributes.h"
#include "plmr/Runtime/Loader.h"
#include "llvm/ADT/StringMap.h"

namespace plmr::interpreter {

/// Reads what sources of the llm dialect name. Files stay mapped.
class Sources {
public:
  /// The slice of `shape` that `source` holds, row-major. `transposed`: its
  /// two dimensions are exchanged in the file.
  llvm::Expected<std::vector<float>> read(mlir::Attribute source,
                                          llvm::StringRef file,
                                          llvm::ArrayRef<int64_t> shape,
                                          bool transposed);

private:
  struct File {
    Program program; ///< that DataFiles asks for the path
    std::unique_ptr<DataFiles> data;
  };
  llvm::StringMap<std::unique_ptr<File>> files;
};

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_SOURCES_H
