//===- GGUF.h - Reader of GGUF files -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A GGUF file (versions 2 and 3) is mapped and checked as a whole when it is
// opened: every length, count, offset and type (docs/GGUF.md, rules G1 to G9).
// After that, metadata and tensor data are read in place.
//
// Messages have the form "FILE: key 'K': expected A but got B" or
// "FILE: tensor 'T': expected A but got B; supported: S".
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_FRONTEND_GGUF_GGUF_H
#define PLMR_FRONTEND_GGUF_GGUF_H

#include "plmr/Frontend/GGUF/Types.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace plmr {

/// Types of metadata values, by their ids in a file.
enum class GGUFValueType : uint32_t {
  U8,
  I8,
  U16,
  I16,
  U32,
  I32,
  F32,
  Bool,
  String,
  Array,
  U64,
  I64,
  F64,
};
/// "u8", "string", ...
llvm::StringRef stringify(GGUFValueType type);

/// A metadata entry: a scalar, or an array of `count` elements.
struct GGUFEntry {
  llvm::StringRef key;
  GGUFValueType type; ///< of the value, or of the elements of an array
  bool isArray = false;
  uint64_t count = 1;
  llvm::ArrayRef<uint8_t> bytes; ///< of the value or of all elements
};

/// A tensor of a file. Its data is rows of `shape[0]` elements.
struct GGUFTensor {
  std::string name;
  /// As listed in the file: the innermost (contiguous) dimension first.
  llvm::SmallVector<uint64_t, 4> shape;
  uint32_t type = 0;   ///< GGUF type id
  uint64_t offset = 0; ///< bytes from the begin of the file; 0 without data
  uint64_t bytes = 0;  ///< without padding

  uint64_t getNumElements() const;
  uint64_t getNumRows() const { return getNumElements() / shape[0]; }
  /// The shape with the outermost dimension first.
  llvm::SmallVector<int64_t, 4> getRowMajorShape() const;
};

/// "64x512", in the order of `shape`.
std::string printShape(llvm::ArrayRef<uint64_t> shape);

class GGUFFile {
public:
  /// Maps and checks the file.
  static llvm::Expected<GGUFFile> open(llvm::StringRef path);
  /// Checks a file in memory; `buffer`'s identifier is its name in messages.
  static llvm::Expected<GGUFFile>
  parse(std::unique_ptr<llvm::MemoryBuffer> buffer);

  llvm::StringRef getPath() const { return buffer->getBufferIdentifier(); }
  uint32_t getVersion() const { return version; }
  uint64_t getAlignment() const { return alignment; }
  uint64_t getFileSize() const { return buffer->getBufferSize(); }
  /// False if the file ends before its tensors' data: they have shapes and
  /// types only.
  bool hasData() const { return tensorData; }

  /// Metadata in the order of the file.
  llvm::ArrayRef<GGUFEntry> getEntries() const { return entries; }
  /// Null if there is no such key.
  const GGUFEntry *findEntry(llvm::StringRef key) const;

  // Typed metadata. Without `fallback` an absent key is an error. Numbers are
  // accepted in any integer width (and f64 for f32) if the value fits.
  llvm::Expected<std::string>
  getString(llvm::StringRef key,
            std::optional<std::string> fallback = std::nullopt) const;
  llvm::Expected<uint32_t>
  getU32(llvm::StringRef key,
         std::optional<uint32_t> fallback = std::nullopt) const;
  llvm::Expected<float>
  getF32(llvm::StringRef key,
         std::optional<float> fallback = std::nullopt) const;
  llvm::Expected<bool>
  getBool(llvm::StringRef key,
          std::optional<bool> fallback = std::nullopt) const;
  llvm::Expected<std::vector<std::string>>
  getStringArray(llvm::StringRef key) const;
  /// Elements of any integer or floating-point type.
  llvm::Expected<std::vector<float>> getF32Array(llvm::StringRef key) const;
  /// Elements of any integer type that fit 32 bits.
  llvm::Expected<std::vector<int32_t>> getI32Array(llvm::StringRef key) const;

  /// Tensors in the order of the file.
  llvm::ArrayRef<GGUFTensor> getTensors() const { return tensors; }
  /// Null if there is no such tensor.
  const GGUFTensor *findTensor(llvm::StringRef name) const;

  /// The bytes of a tensor of this file, which has data, in place.
  llvm::ArrayRef<uint8_t> getData(const GGUFTensor &tensor) const;
  /// Decodes rows [row, row + n) where n rows fill `out`.
  llvm::Error readRows(const GGUFTensor &tensor, uint64_t row,
                       llvm::MutableArrayRef<float> out) const;
  /// Decodes a whole tensor, row-major.
  llvm::Expected<std::vector<float>> readTensor(const GGUFTensor &tensor) const;

private:
  GGUFFile() = default;
  friend class GGUFParser;

  llvm::Error wrongType(const GGUFEntry &entry, llvm::StringRef expected) const;
  llvm::Expected<const GGUFEntry *> getEntry(llvm::StringRef key, bool isArray,
                                             llvm::StringRef expected) const;

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  uint32_t version = 0;
  uint64_t alignment = 32;
  bool tensorData = true;
  std::vector<GGUFEntry> entries;
  std::vector<GGUFTensor> tensors;
  llvm::StringMap<size_t> entryIndex;
  llvm::StringMap<size_t> tensorIndex;
};

} // namespace plmr

#endif // PLMR_FRONTEND_GGUF_GGUF_H
