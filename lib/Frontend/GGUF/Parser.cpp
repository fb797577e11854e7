//===- Parser.cpp - Checked parsing of GGUF files -------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nothing that the file says is believed before it is compared with the bytes
// that are left, so that memory and time stay proportional to the file's size.
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUF/GGUF.h"
#include "plmr/Support/InputFile.h"
#include "plmr/Support/Printable.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static constexpr uint64_t maxKeyLength = 65535;
static constexpr uint64_t maxTensorNameLength = 63;
static constexpr uint32_t maxDimensions = 4;
/// Bytes of the shortest possible entry (one letter, one byte) and tensor.
static constexpr uint64_t minEntryBytes = 8 + 1 + 4 + 1;
static constexpr uint64_t minTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;

/// Bytes of a value of fixed size; 0 for strings and arrays.
static unsigned getWidth(GGUFValueType type) {
  static constexpr uint8_t widths[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return widths[static_cast<uint32_t>(type)];
}

namespace plmr {

class GGUFParser {
public:
  explicit GGUFParser(GGUFFile &file)
      : file(file),
        bytes(llvm::arrayRefFromStringRef(file.buffer->getBuffer())) {}

  Error parse();

private:
  uint64_t getRemaining() const { return bytes.size() - offset; }

  template <typename... Args> Error fail(const char *format, Args &&...args) {
    return makeError("{0}: {1}", file.getPath(),
                     llvm::formatv(format, std::forward<Args>(args)...).str());
  }
  Error truncated(const llvm::Twine &what, uint64_t need) {
    return fail("truncated: expected {0} ({1} bytes) at byte {2} but the file "
                "has {3} bytes",
                what.str(), need, offset, bytes.size());
  }

  template <typename T> Error read(T &value, const llvm::Twine &what);
  Error readString(StringRef &text, const llvm::Twine &what);
  Error readName(StringRef &name, const llvm::Twine &what, uint64_t maxLength);

  Error parseVersion();
  Error readCount(uint64_t &count, const char *what, uint64_t minBytes);
  Error parseEntry(uint64_t index);
  Error parseType(GGUFValueType &type, StringRef key);
  Error parseElements(GGUFEntry &entry);
  Error parseAlignment();
  Error parseTensor(uint64_t index);
  Error parseShape(GGUFTensor &tensor);
  Error parseTensorType(GGUFTensor &tensor);
  Error placeTensors();

  GGUFFile &file;
  ArrayRef<uint8_t> bytes;
  uint64_t offset = 0;
};

} // namespace plmr

//===----------------------------------------------------------------------===//
// Primitives
//===----------------------------------------------------------------------===//

template <typename T>
Error GGUFParser::read(T &value, const llvm::Twine &what) {
  if (getRemaining() < sizeof(T))
    return truncated(what, sizeof(T));
  value = llvm::support::endian::read<T, llvm::endianness::little>(
      bytes.data() + offset);
  offset += sizeof(T);
  return Error::success();
}

Error GGUFParser::readString(StringRef &text, const llvm::Twine &what) {
  uint64_t length;
  if (Error error = read(length, "the length of " + what))
    return error;
  if (getRemaining() < length)
    return truncated(what, length);
  text =
      StringRef(reinterpret_cast<const char *>(bytes.data()) + offset, length);
  offset += length;
  return Error::success();
}

/// A string that is not empty and that a message can show.
Error GGUFParser::readName(StringRef &name, const llvm::Twine &what,
                           uint64_t maxLength) {
  if (Error error = readString(name, what))
    return error;
  if (name.empty() || name.size() > maxLength)
    return fail("{0}: expected 1 to {1} bytes but got {2}", what.str(),
                maxLength, name.size());
  if (llvm::any_of(name, [](unsigned char c) { return c < 32 || c == 127; }))
    return fail("{0}: expected no control characters but got '{1}'", what.str(),
                printable(name));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Header and metadata
//===----------------------------------------------------------------------===//

Error GGUFParser::parseVersion() {
  StringRef magic = file.buffer->getBuffer().take_front(4);
  if (magic != "GGUF")
    return fail("expected a file that begins with 'GGUF' but got '{0}'",
                printable(magic));
  offset = 4;
  if (Error error = read(file.version, "the version"))
    return error;
  // A small version in the other byte order has no low bits.
  if (file.version != 0 && (file.version & 0xffff) == 0)
    return fail("expected a little-endian file but got a big-endian one of "
                "version {0}; supported: little-endian",
                llvm::byteswap(file.version));
  if (file.version != 2 && file.version != 3)
    return fail("expected GGUF version 2 or 3 but got version {0}; supported: "
                "2, 3",
                file.version);
  return Error::success();
}

Error GGUFParser::readCount(uint64_t &count, const char *what,
                            uint64_t minBytes) {
  if (Error error = read(count, llvm::Twine("the number of ") + what))
    return error;
  if (count > getRemaining() / minBytes)
    return fail("{0} {1} do not fit in the {2} bytes that follow", count, what,
                getRemaining());
  return Error::success();
}

Error GGUFParser::parseType(GGUFValueType &type, StringRef key) {
  uint32_t id;
  if (Error error = read(id, "the type of key '" + key + "'"))
    return error;
  if (id > static_cast<uint32_t>(GGUFValueType::F64))
    return fail("key '{0}': expected a value type from 0 to 12 but got {1}",
                key, id);
  type = static_cast<GGUFValueType>(id);
  return Error::success();
}

/// Finds the end of the entry's elements.
Error GGUFParser::parseElements(GGUFEntry &entry) {
  uint64_t begin = offset;
  if (unsigned width = getWidth(entry.type)) {
    if (entry.count > getRemaining() / width)
      return truncated("the value of key '" + entry.key + "'",
                       llvm::SaturatingMultiply<uint64_t>(entry.count, width));
    offset += entry.count * width;
  } else {
    StringRef text;
    for (uint64_t i = 0; i < entry.count; ++i)
      if (Error error =
              readString(text, "the value of key '" + entry.key + "'"))
        return error;
  }
  entry.bytes = bytes.slice(begin, offset - begin);
  return Error::success();
}

Error GGUFParser::parseEntry(uint64_t index) {
  GGUFEntry entry;
  if (Error error =
          readName(entry.key, "key " + llvm::Twine(index), maxKeyLength))
    return error;
  if (!file.entryIndex.try_emplace(entry.key, index).second)
    return fail("key '{0}': expected one value but the key appears twice",
                entry.key);
  if (Error error = parseType(entry.type, entry.key))
    return error;
  if (entry.type == GGUFValueType::Array) {
    entry.isArray = true;
    if (Error error = parseType(entry.type, entry.key))
      return error;
    if (entry.type == GGUFValueType::Array)
      return fail("key '{0}': expected an array of scalars or strings but got "
                  "an array of arrays",
                  entry.key);
    if (Error error =
            read(entry.count, "the length of key '" + entry.key + "'"))
      return error;
  }
  if (Error error = parseElements(entry))
    return error;
  if (entry.type == GGUFValueType::Bool &&
      llvm::any_of(entry.bytes, [](uint8_t byte) { return byte > 1; }))
    return fail("key '{0}': expected 0 or 1 for a bool but got another value",
                entry.key);
  file.entries.push_back(entry);
  return Error::success();
}

Error GGUFParser::parseAlignment() {
  Expected<uint32_t> alignment = file.getU32("general.alignment", 32);
  if (!alignment)
    return alignment.takeError();
  if (!llvm::isPowerOf2_32(*alignment))
    return fail("key 'general.alignment': expected a power of two but got {0}",
                *alignment);
  file.alignment = *alignment;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Error GGUFParser::parseShape(GGUFTensor &tensor) {
  uint32_t numDims;
  if (Error error =
          read(numDims, "the dimensions of tensor '" + tensor.name + "'"))
    return error;
  if (numDims == 0 || numDims > maxDimensions)
    return fail("tensor '{0}': expected 1 to {1} dimensions but got {2}",
                tensor.name, maxDimensions, numDims);
  tensor.shape.resize(numDims);
  uint64_t elements = 1;
  for (uint64_t &extent : tensor.shape) {
    if (Error error = read(extent, "the shape of tensor '" + tensor.name + "'"))
      return error;
    elements = llvm::SaturatingMultiply(elements, extent);
  }
  if (elements == 0 || elements > INT64_MAX)
    return fail("tensor '{0}': expected from 1 to 2^63-1 elements but got "
                "shape {1}",
                tensor.name, printShape(tensor.shape));
  return Error::success();
}

/// Reads the type and derives the size from it.
Error GGUFParser::parseTensorType(GGUFTensor &tensor) {
  if (Error error =
          read(tensor.type, "the type of tensor '" + tensor.name + "'"))
    return error;
  const GGUFType *type = lookupGGUFType(tensor.type);
  if (!type || type->blockElements == 0)
    return fail("tensor '{0}': expected a type of the format but got {1}{2}; "
                "supported: {3}",
                tensor.name, getGGUFTypeName(tensor.type),
                type ? ", which was removed from it" : "",
                getDecodableTypeNames());
  if (tensor.shape[0] % type->blockElements)
    return fail("tensor '{0}': expected rows of whole {1} blocks of {2} "
                "elements but got shape {3}",
                tensor.name, type->name, type->blockElements,
                printShape(tensor.shape));
  std::optional<uint64_t> size =
      getByteSize(tensor.type, tensor.getNumElements());
  if (!size)
    return fail("tensor '{0}': expected a size below 2^64 bytes but got shape "
                "{1} of {2}",
                tensor.name, printShape(tensor.shape), type->name);
  tensor.bytes = *size;
  return Error::success();
}

Error GGUFParser::parseTensor(uint64_t index) {
  GGUFTensor tensor;
  StringRef name;
  if (Error error = readName(name, "the name of tensor " + llvm::Twine(index),
                             maxTensorNameLength))
    return error;
  tensor.name = name.str();
  if (!file.tensorIndex.try_emplace(name, index).second)
    return fail("tensor '{0}': expected one tensor of this name but got two",
                name);
  if (Error error = parseShape(tensor))
    return error;
  if (Error error = parseTensorType(tensor))
    return error;
  if (Error error =
          read(tensor.offset, "the offset of tensor '" + tensor.name + "'"))
    return error;
  file.tensors.push_back(std::move(tensor));
  return Error::success();
}

/// Makes offsets absolute. Tensors must follow each other with no more than
/// the padding between them, so none overlap. A file that ends with its header
/// has no data.
Error GGUFParser::placeTensors() {
  uint64_t begin = llvm::alignTo(offset, file.alignment);
  uint64_t next = 0;
  file.tensorData = begin < bytes.size();
  for (GGUFTensor &tensor : file.tensors) {
    if (tensor.offset != next)
      return fail("tensor '{0}': expected offset {1} in the data section but "
                  "got {2}",
                  tensor.name, next, tensor.offset);
    tensor.offset = file.tensorData ? begin + next : 0;
    if (file.tensorData && (tensor.offset > bytes.size() ||
                            tensor.bytes > bytes.size() - tensor.offset))
      return fail("tensor '{0}': expected {1} bytes at byte {2} but the file "
                  "has {3} bytes",
                  tensor.name, tensor.bytes, tensor.offset, bytes.size());
    next = llvm::alignTo(next + tensor.bytes, file.alignment);
  }
  return Error::success();
}

Error GGUFParser::parse() {
  if (Error error = parseVersion())
    return error;
  uint64_t numTensors, numEntries;
  if (Error error = readCount(numTensors, "tensors", minTensorBytes))
    return error;
  if (Error error = readCount(numEntries, "metadata entries", minEntryBytes))
    return error;
  file.entries.reserve(numEntries);
  for (uint64_t i = 0; i < numEntries; ++i)
    if (Error error = parseEntry(i))
      return error;
  if (Error error = parseAlignment())
    return error;
  file.tensors.reserve(numTensors);
  for (uint64_t i = 0; i < numTensors; ++i)
    if (Error error = parseTensor(i))
      return error;
  return placeTensors();
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

Expected<GGUFFile> GGUFFile::parse(std::unique_ptr<llvm::MemoryBuffer> buffer) {
  GGUFFile file;
  file.buffer = std::move(buffer);
  if (Error error = GGUFParser(file).parse())
    return error;
  return file;
}

Expected<GGUFFile> GGUFFile::open(StringRef path) {
  Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = mapFile(path);
  if (!buffer)
    return buffer.takeError();
  return parse(std::move(*buffer));
}
