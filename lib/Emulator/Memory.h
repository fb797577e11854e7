//===- Memory.h - Memory of all cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_EMULATOR_MEMORY_H
#define PLMR_LIB_EMULATOR_MEMORY_H

#include "plmr/Support/Error.h"
#include <cstdint>

namespace plmr {

/// Zeroed bytes for every core. The host commits a page when it is touched.
class Memory {
public:
  static llvm::Expected<Memory> create(uint64_t cores, uint64_t bytesPerCore);
  Memory() = default;
  Memory(Memory &&other) { *this = std::move(other); }
  Memory &operator=(Memory &&other);
  ~Memory();

  /// Aligned to 64 bytes.
  char *core(uint64_t index) const { return base + index * pitch; }

private:
  char *base = nullptr;
  uint64_t pitch = 0, size = 0;
};

} // namespace plmr

#endif // PLMR_LIB_EMULATOR_MEMORY_H
