//===- Types.h - Element types of GGUF tensors -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every type that a GGUF file may name, and the decoding of those that the
// compiler supports (docs/GGUF.md, rules G10 to G12).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_FRONTEND_GGUF_TYPES_H
#define PLMR_FRONTEND_GGUF_TYPES_H

#include "plmr/Support/Error.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>

namespace plmr {

/// Ids of the types that can be decoded, as they stand in a file and in
/// DataSource::type.
enum GGUFTypeId : uint32_t {
  GGUF_F32 = 0,
  GGUF_F16 = 1,
  GGUF_Q4_0 = 2,
  GGUF_Q8_0 = 8,
  GGUF_BF16 = 30,
};

/// A type stores `blockElements` consecutive elements of a row in
/// `blockBytes` bytes.
struct GGUFType {
  uint32_t id;
  const char *name;
  uint32_t blockElements; ///< 0: removed from the format, size unknown
  uint32_t blockBytes;
};

/// The type `id`, or null if the format does not define it.
const GGUFType *lookupGGUFType(uint32_t id);

/// "Q8_0", or "type 99" for an id that the format does not define.
std::string getGGUFTypeName(uint32_t id);

/// True if `dequantize` decodes the type.
bool isDecodable(uint32_t id);
/// "F32, F16, BF16, Q8_0, Q4_0".
llvm::StringRef getDecodableTypeNames();

/// Bytes of `elements` consecutive elements. None if the type is unknown, if
/// the elements are no whole blocks, or if the size does not fit 64 bits.
std::optional<uint64_t> getByteSize(uint32_t id, uint64_t elements);

/// Decodes exactly `out.size()` elements, which fill `bytes`. Bit-identical
/// with ggml: a block's value is its f16 scale times its integer, in f32. An
/// error names the type, or the sizes that do not agree.
llvm::Error dequantize(uint32_t id, llvm::ArrayRef<uint8_t> bytes,
                       llvm::MutableArrayRef<float> out);

} // namespace plmr

#endif // PLMR_FRONTEND_GGUF_TYPES_H
