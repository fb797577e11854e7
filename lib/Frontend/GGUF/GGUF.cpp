//===- GGUF.cpp - Access to the content of GGUF files ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUF/GGUF.h"
#include "plmr/Program/Float.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include <limits>

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using namespace llvm::support;

StringRef plmr::stringify(GGUFValueType type) {
  static constexpr const char *names[] = {
      "u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
      "bool", "string", "array", "u64", "i64", "f64"};
  return names[static_cast<uint32_t>(type)];
}

std::string plmr::printShape(ArrayRef<uint64_t> shape) {
  return llvm::join(
      llvm::map_range(shape,
                      [](uint64_t extent) { return std::to_string(extent); }),
      "x");
}

uint64_t GGUFTensor::getNumElements() const {
  uint64_t elements = 1;
  for (uint64_t extent : shape)
    elements *= extent;
  return elements;
}

llvm::SmallVector<int64_t, 4> GGUFTensor::getRowMajorShape() const {
  return llvm::SmallVector<int64_t, 4>(shape.rbegin(), shape.rend());
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

static bool isInteger(GGUFValueType type) {
  return type <= GGUFValueType::I32 || type == GGUFValueType::U64 ||
         type == GGUFValueType::I64;
}

/// The integer at `data`; none if it is a u64 that no i64 holds.
static std::optional<int64_t> readInteger(GGUFValueType type,
                                          const uint8_t *data) {
  switch (type) {
  case GGUFValueType::U8:
    return *data;
  case GGUFValueType::I8:
    return static_cast<int8_t>(*data);
  case GGUFValueType::U16:
    return endian::read16le(data);
  case GGUFValueType::I16:
    return static_cast<int16_t>(endian::read16le(data));
  case GGUFValueType::U32:
    return endian::read32le(data);
  case GGUFValueType::I32:
    return static_cast<int32_t>(endian::read32le(data));
  default:
    int64_t value = static_cast<int64_t>(endian::read64le(data));
    if (type == GGUFValueType::U64 && value < 0)
      return std::nullopt;
    return value;
  }
}

static bool isNumber(GGUFValueType type) {
  return isInteger(type) || type == GGUFValueType::F32 ||
         type == GGUFValueType::F64;
}

static float readNumber(GGUFValueType type, const uint8_t *data) {
  if (type == GGUFValueType::F32)
    return fromBits(endian::read32le(data));
  if (type == GGUFValueType::F64)
    return static_cast<float>(llvm::bit_cast<double>(endian::read64le(data)));
  if (std::optional<int64_t> value = readInteger(type, data))
    return static_cast<float>(*value);
  return static_cast<float>(endian::read64le(data));
}

/// The length-prefixed string at `data`, which it advances.
static StringRef readString(const uint8_t *&data) {
  uint64_t length = endian::read64le(data);
  StringRef text(reinterpret_cast<const char *>(data + 8), length);
  data += 8 + length;
  return text;
}

static std::string describe(const GGUFEntry &entry) {
  if (!entry.isArray)
    return stringify(entry.type).str();
  return llvm::formatv("array of {0} {1}", entry.count, stringify(entry.type));
}

//===----------------------------------------------------------------------===//
// Metadata
//===----------------------------------------------------------------------===//

const GGUFEntry *GGUFFile::findEntry(StringRef key) const {
  auto it = entryIndex.find(key);
  return it == entryIndex.end() ? nullptr : &entries[it->second];
}

Error GGUFFile::wrongType(const GGUFEntry &entry, StringRef expected) const {
  return makeError("{0}: key '{1}': expected {2} but got {3}", getPath(),
                   entry.key, expected, describe(entry));
}

/// The entry of `key` if it is an array or not, as `isArray` asks.
Expected<const GGUFEntry *> GGUFFile::getEntry(StringRef key, bool isArray,
                                               StringRef expected) const {
  const GGUFEntry *entry = findEntry(key);
  if (!entry)
    return makeError("{0}: key '{1}': expected {2} but the key is missing",
                     getPath(), key, expected);
  if (entry->isArray != isArray)
    return wrongType(*entry, expected);
  return entry;
}

Expected<std::string>
GGUFFile::getString(StringRef key, std::optional<std::string> fallback) const {
  if (fallback && !findEntry(key))
    return *fallback;
  Expected<const GGUFEntry *> entry = getEntry(key, false, "a string");
  if (!entry)
    return entry.takeError();
  if ((*entry)->type != GGUFValueType::String)
    return wrongType(**entry, "a string");
  const uint8_t *data = (*entry)->bytes.data();
  return readString(data).str();
}

Expected<uint32_t> GGUFFile::getU32(StringRef key,
                                    std::optional<uint32_t> fallback) const {
  if (fallback && !findEntry(key))
    return *fallback;
  Expected<const GGUFEntry *> entry = getEntry(key, false, "an integer");
  if (!entry)
    return entry.takeError();
  if (!isInteger((*entry)->type))
    return wrongType(**entry, "an integer");
  const uint8_t *data = (*entry)->bytes.data();
  std::optional<int64_t> value = readInteger((*entry)->type, data);
  if (!value || *value < 0 || *value > std::numeric_limits<uint32_t>::max())
    return makeError("{0}: key '{1}': expected an integer from 0 to {2} but "
                     "got {3}",
                     getPath(), key, std::numeric_limits<uint32_t>::max(),
                     value ? std::to_string(*value)
                           : std::to_string(endian::read64le(data)));
  return static_cast<uint32_t>(*value);
}

Expected<float> GGUFFile::getF32(StringRef key,
                                 std::optional<float> fallback) const {
  if (fallback && !findEntry(key))
    return *fallback;
  Expected<const GGUFEntry *> entry = getEntry(key, false, "a number");
  if (!entry)
    return entry.takeError();
  if (!isNumber((*entry)->type))
    return wrongType(**entry, "a number");
  return readNumber((*entry)->type, (*entry)->bytes.data());
}

Expected<bool> GGUFFile::getBool(StringRef key,
                                 std::optional<bool> fallback) const {
  if (fallback && !findEntry(key))
    return *fallback;
  Expected<const GGUFEntry *> entry = getEntry(key, false, "a bool");
  if (!entry)
    return entry.takeError();
  if ((*entry)->type != GGUFValueType::Bool)
    return wrongType(**entry, "a bool");
  return (*entry)->bytes.front() != 0;
}

Expected<std::vector<std::string>>
GGUFFile::getStringArray(StringRef key) const {
  Expected<const GGUFEntry *> entry =
      getEntry(key, true, "an array of strings");
  if (!entry)
    return entry.takeError();
  if ((*entry)->type != GGUFValueType::String)
    return wrongType(**entry, "an array of strings");
  std::vector<std::string> strings;
  strings.reserve((*entry)->count);
  const uint8_t *data = (*entry)->bytes.data();
  for (uint64_t i = 0; i < (*entry)->count; ++i)
    strings.push_back(readString(data).str());
  return strings;
}

Expected<std::vector<float>> GGUFFile::getF32Array(StringRef key) const {
  Expected<const GGUFEntry *> entry =
      getEntry(key, true, "an array of numbers");
  if (!entry)
    return entry.takeError();
  if (!isNumber((*entry)->type))
    return wrongType(**entry, "an array of numbers");
  std::vector<float> numbers((*entry)->count);
  uint64_t width =
      (*entry)->bytes.size() / std::max<uint64_t>(numbers.size(), 1);
  for (auto [i, number] : llvm::enumerate(numbers))
    number = readNumber((*entry)->type, (*entry)->bytes.data() + i * width);
  return numbers;
}

Expected<std::vector<int32_t>> GGUFFile::getI32Array(StringRef key) const {
  Expected<const GGUFEntry *> entry =
      getEntry(key, true, "an array of integers");
  if (!entry)
    return entry.takeError();
  if (!isInteger((*entry)->type))
    return wrongType(**entry, "an array of integers");
  std::vector<int32_t> integers((*entry)->count);
  uint64_t width =
      (*entry)->bytes.size() / std::max<uint64_t>(integers.size(), 1);
  for (auto [i, integer] : llvm::enumerate(integers)) {
    std::optional<int64_t> value =
        readInteger((*entry)->type, (*entry)->bytes.data() + i * width);
    if (!value || !llvm::isInt<32>(*value))
      return makeError("{0}: key '{1}': expected 32-bit integers but element "
                       "{2} is larger",
                       getPath(), key, i);
    integer = static_cast<int32_t>(*value);
  }
  return integers;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

const GGUFTensor *GGUFFile::findTensor(StringRef name) const {
  auto it = tensorIndex.find(name);
  return it == tensorIndex.end() ? nullptr : &tensors[it->second];
}

ArrayRef<uint8_t> GGUFFile::getData(const GGUFTensor &tensor) const {
  return llvm::arrayRefFromStringRef(buffer->getBuffer())
      .slice(tensor.offset, tensor.bytes);
}

Error GGUFFile::readRows(const GGUFTensor &tensor, uint64_t row,
                         llvm::MutableArrayRef<float> out) const {
  uint64_t count = out.size() / tensor.shape[0];
  uint64_t rows = tensor.getNumRows();
  if (out.size() % tensor.shape[0] || row > rows || count > rows - row)
    return makeError("{0}: tensor '{1}': expected whole rows of {2} elements "
                     "among {3} rows but got {4} elements from row {5}",
                     getPath(), tensor.name, tensor.shape[0], rows, out.size(),
                     row);
  uint64_t rowBytes = tensor.bytes / rows;
  if (Error error = dequantize(
          tensor.type, getData(tensor).slice(row * rowBytes, count * rowBytes),
          out))
    return makeError("{0}: tensor '{1}': {2}", getPath(), tensor.name,
                     llvm::toString(std::move(error)));
  return Error::success();
}

Expected<std::vector<float>>
GGUFFile::readTensor(const GGUFTensor &tensor) const {
  std::vector<float> values(tensor.getNumElements());
  if (Error error = readRows(tensor, 0, values))
    return error;
  return values;
}
