//===- Npy.cpp - Files of NumPy arrays -----------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Npy.h"
#include "plmr/Program/Float.h"
#include "plmr/Support/InputFile.h"
#include "plmr/Support/OutputFile.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using namespace llvm::support;

static constexpr StringRef magic = "\x93NUMPY";
static constexpr size_t headerAlignment = 64;
static constexpr size_t maxDimensions = 32; ///< NumPy's limit

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// Parses the header, a Python dictionary with three known keys.
class NpyParser {
public:
  NpyParser(StringRef bytes, StringRef origin) : rest(bytes), origin(origin) {}

  Expected<NpyArray> parse();

private:
  template <typename... Args> Error fail(const char *format, Args &&...args) {
    return makeError("{0}: {1}", origin,
                     llvm::formatv(format, std::forward<Args>(args)...).str());
  }
  bool consume(StringRef token) {
    header = header.ltrim();
    return header.consume_front(token);
  }
  Error expect(StringRef token) {
    if (consume(token))
      return Error::success();
    return fail("expected '{0}' in the header but got '{1}'", token, getRest());
  }
  /// What is left of a malformed header.
  std::string getRest() const { return printable(header.trim(), 20); }

  Error takeHeader();
  Error parseString(StringRef &text);
  Error parseItem();
  Error parseType();
  Error parseOrder();
  Error parseShape();
  Error parseHeader();
  Error parseData();

  StringRef rest;   ///< of the file
  StringRef header; ///< what is left of it
  StringRef origin;
  bool hasType = false, hasOrder = false, hasShape = false;
  NpyArray array;
};

} // namespace

/// Cuts the header off the file.
Error NpyParser::takeHeader() {
  if (!rest.consume_front(magic))
    return fail("expected a file that begins with '\\93NUMPY' but got '{0}'",
                printable(rest.take_front(magic.size())));
  if (rest.size() < 4)
    return fail("truncated: expected a version and a header length but the "
                "file ends");
  uint8_t version = rest[0];
  if (version != 1 && version != 2)
    return fail("expected version 1 or 2 but got version {0}; supported: 1, 2",
                version);
  size_t width = version == 1 ? 2 : 4;
  rest = rest.drop_front(2);
  if (rest.size() < width)
    return fail("truncated: expected a header length but the file ends");
  size_t length = version == 1 ? endian::read16le(rest.data())
                               : endian::read32le(rest.data());
  rest = rest.drop_front(width);
  if (length > rest.size())
    return fail("truncated: expected a header of {0} bytes but got {1}", length,
                rest.size());
  header = rest.take_front(length);
  rest = rest.drop_front(length);
  return Error::success();
}

Error NpyParser::parseString(StringRef &text) {
  StringRef quote = consume("\"") ? "\"" : "'";
  if (quote == "'")
    if (Error error = expect("'"))
      return error;
  size_t end = header.find(quote);
  if (end == StringRef::npos)
    return fail("expected the end of a string in the header but got '{0}'",
                getRest());
  text = header.take_front(end);
  header = header.drop_front(end + 1);
  return Error::success();
}

Error NpyParser::parseType() {
  StringRef descr;
  if (Error error = parseString(descr))
    return error;
  if (descr != "<f4" && descr != "<f2")
    return fail("expected elements of type '<f4' or '<f2' but got '{0}'; "
                "supported: <f4, <f2",
                printable(descr));
  array.type = descr == "<f4" ? ElementType::F32 : ElementType::F16;
  hasType = true;
  return Error::success();
}

Error NpyParser::parseOrder() {
  if (consume("True"))
    return fail("expected C order but got Fortran order; supported: C order");
  hasOrder = true;
  return expect("False");
}

Error NpyParser::parseShape() {
  if (Error error = expect("("))
    return error;
  array.shape.clear();
  while (!consume(")")) {
    uint64_t extent;
    header = header.ltrim();
    if (header.consumeInteger(10, extent) || extent > INT64_MAX)
      return fail("expected an extent in the header but got '{0}'", getRest());
    array.shape.push_back(static_cast<int64_t>(extent));
    if (array.shape.size() > maxDimensions)
      return fail("expected at most {0} dimensions but got more",
                  maxDimensions);
    if (consume(","))
      continue;
    if (Error error = expect(")"))
      return error;
    break;
  }
  hasShape = true;
  return Error::success();
}

Error NpyParser::parseItem() {
  StringRef key;
  if (Error error = parseString(key))
    return error;
  if (Error error = expect(":"))
    return error;
  if (key == "descr" && !hasType)
    return parseType();
  if (key == "fortran_order" && !hasOrder)
    return parseOrder();
  if (key == "shape" && !hasShape)
    return parseShape();
  return fail("expected the keys 'descr', 'fortran_order' and 'shape' once "
              "each but got '{0}'",
              printable(key));
}

Error NpyParser::parseHeader() {
  if (Error error = expect("{"))
    return error;
  while (!consume("}")) {
    if (Error error = parseItem())
      return error;
    if (consume(","))
      continue;
    if (Error error = expect("}"))
      return error;
    break;
  }
  if (!hasType || !hasOrder || !hasShape)
    return fail("expected the keys 'descr', 'fortran_order' and 'shape' but "
                "one is missing");
  if (!header.trim().empty())
    return fail("expected the end of the header but got '{0}'", getRest());
  return Error::success();
}

static uint64_t getNumElements(llvm::ArrayRef<int64_t> shape) {
  uint64_t elements = 1;
  for (int64_t extent : shape)
    elements =
        llvm::SaturatingMultiply(elements, static_cast<uint64_t>(extent));
  return elements;
}

Error NpyParser::parseData() {
  uint64_t elements = getNumElements(array.shape);
  unsigned width = array.type == ElementType::F32 ? 4 : 2;
  if (elements != rest.size() / width || rest.size() % width)
    return fail("expected {0} elements of {1} bytes but got {2} bytes",
                elements, width, rest.size());
  array.values.resize(elements);
  for (auto [i, value] : llvm::enumerate(array.values)) {
    const char *data = rest.data() + i * width;
    value = width == 4 ? fromBits(endian::read32le(data))
                       : widenF16(endian::read16le(data));
  }
  return Error::success();
}

Expected<NpyArray> NpyParser::parse() {
  if (Error error = takeHeader())
    return error;
  if (Error error = parseHeader())
    return error;
  if (Error error = parseData())
    return error;
  return std::move(array);
}

Expected<NpyArray> plmr::parseNpy(StringRef bytes, StringRef origin) {
  return NpyParser(bytes, origin).parse();
}

Expected<NpyArray> plmr::readNpy(StringRef path) {
  Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = mapFile(path);
  if (!buffer)
    return buffer.takeError();
  return parseNpy((*buffer)->getBuffer(), path);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// A shape as a Python tuple: "()", "(5,)", "(2, 3)".
static std::string printTuple(llvm::ArrayRef<int64_t> shape) {
  std::string text = "(";
  for (auto [i, extent] : llvm::enumerate(shape)) {
    text += std::to_string(extent);
    text += i + 1 < shape.size() ? ", " : shape.size() == 1 ? "," : "";
  }
  return text + ")";
}

/// The header of version 1, padded so that the data is aligned.
static std::string printHeader(const NpyArray &array) {
  std::string dictionary = llvm::formatv(
      "{{'descr': '{0}', 'fortran_order': False, 'shape': {1}, }",
      array.type == ElementType::F32 ? "<f4" : "<f2", printTuple(array.shape));
  size_t prefix = magic.size() + 4;
  size_t size = llvm::alignTo(prefix + dictionary.size() + 1, headerAlignment);
  dictionary.resize(size - prefix - 1, ' ');
  dictionary += '\n';
  std::string header = (magic + llvm::StringRef("\x01\x00\x00\x00", 4)).str();
  endian::write16le(&header[magic.size() + 2], dictionary.size());
  return header + dictionary;
}

Expected<std::string> plmr::serializeNpy(const NpyArray &array) {
  if (array.type != ElementType::F32 && array.type != ElementType::F16)
    return makeError("npy: expected elements of f32 or f16 but got {0}; "
                     "supported: f32, f16",
                     stringify(array.type));
  if (array.shape.size() > maxDimensions ||
      llvm::any_of(array.shape, [](int64_t extent) { return extent < 0; }) ||
      getNumElements(array.shape) != array.values.size())
    return makeError("npy: expected {0} values to fill a shape of at most {1} "
                     "dimensions but got {2}",
                     array.values.size(), maxDimensions,
                     printTuple(array.shape));
  std::string bytes = printHeader(array);
  size_t begin = bytes.size();
  size_t width = array.type == ElementType::F32 ? 4 : 2;
  bytes.resize(begin + array.values.size() * width);
  for (auto [i, value] : llvm::enumerate(array.values)) {
    char *data = &bytes[begin + i * width];
    if (width == 4)
      endian::write32le(data, toBits(value));
    else
      endian::write16le(data, narrowF16(value));
  }
  return bytes;
}

Error plmr::writeNpy(const NpyArray &array, StringRef path) {
  Expected<std::string> bytes = serializeNpy(array);
  if (!bytes)
    return bytes.takeError();
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  file->os() << *bytes;
  return file->keep();
}
