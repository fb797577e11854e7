//===- Npy.h - Files of NumPy arrays -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Arrays of little-endian f32 or f16 in C order, file format versions 1 and 2.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_RUNTIME_NPY_H
#define PLMR_RUNTIME_NPY_H

#include "plmr/Machine/Machine.h"
#include "llvm/ADT/SmallVector.h"
#include <string>
#include <vector>

namespace plmr {

struct NpyArray {
  ElementType type = ElementType::F32; ///< in the file: F32 or F16
  llvm::SmallVector<int64_t, 4> shape; ///< empty: a scalar
  std::vector<float> values;           ///< row-major
};

/// An error names the file, what was expected and what is supported.
llvm::Expected<NpyArray> readNpy(llvm::StringRef path);
llvm::Expected<NpyArray> parseNpy(llvm::StringRef bytes,
                                  llvm::StringRef origin);

/// Values are rounded to `type`. The shape must hold exactly the values. The
/// file appears only when it is complete.
llvm::Error writeNpy(const NpyArray &array, llvm::StringRef path);
llvm::Expected<std::string> serializeNpy(const NpyArray &array);

} // namespace plmr

#endif // PLMR_RUNTIME_NPY_H
