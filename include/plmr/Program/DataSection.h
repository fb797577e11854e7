//===- DataSection.h - Bytes that a program owns or maps -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program that is read from a file does not copy its weights: the section
// keeps the mapping alive and refers to it.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_DATASECTION_H
#define PLMR_PROGRAM_DATASECTION_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <memory>
#include <vector>

namespace plmr {

class DataSection {
public:
  DataSection() = default;
  /// Refers to `bytes`, which live as long as `owner`.
  DataSection(std::shared_ptr<const void> owner, llvm::ArrayRef<char> bytes)
      : owner(std::move(owner)), mapped(bytes) {}

  llvm::ArrayRef<char> bytes() const {
    return owner ? mapped : llvm::ArrayRef<char>(owned);
  }
  uint64_t size() const { return bytes().size(); }
  bool empty() const { return bytes().empty(); }

  /// Appends a copy of `more` and returns its offset. Mapped bytes are copied
  /// first.
  uint64_t append(llvm::ArrayRef<char> more) {
    if (owner) {
      owned.assign(mapped.begin(), mapped.end());
      owner.reset();
    }
    uint64_t offset = owned.size();
    owned.insert(owned.end(), more.begin(), more.end());
    return offset;
  }

  bool operator==(const DataSection &other) const {
    return bytes() == other.bytes();
  }

private:
  std::vector<char> owned;
  std::shared_ptr<const void> owner; ///< null: `owned` holds the bytes
  llvm::ArrayRef<char> mapped;
};

} // namespace plmr

#endif // PLMR_PROGRAM_DATASECTION_H
