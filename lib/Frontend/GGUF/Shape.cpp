//===- Shape.cpp - Models without weights ---------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUF/Shape.h"
#include "plmr/Support/JSON.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/EndianStream.h"

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using Json = nlohmann::ordered_json;

static constexpr char builtinText[] =
#include "Shapes.inc"
    ;

//===----------------------------------------------------------------------===//
// Shapes as JSON
//===----------------------------------------------------------------------===//

/// All built-in shapes; each comes behind its base.
static const Json &getBuiltinShapes() {
  static const Json shapes = llvm::cantFail(parseJSON(builtinText, "shapes"));
  return shapes;
}

std::vector<std::string> plmr::getBuiltinShapeNames() {
  std::vector<std::string> names;
  for (const Json &shape : getBuiltinShapes())
    names.push_back(shape["name"].get<std::string>());
  return names;
}

static Expected<Json> findShape(StringRef name) {
  for (const Json &shape : getBuiltinShapes())
    if (shape["name"].get<std::string>() == name)
      return shape;
  return makeError("unknown shape '{0}', expected one of {1} or a .json file",
                   name, llvm::join(getBuiltinShapeNames(), ", "));
}

/// `shape` with the keys that only its bases have.
static Expected<Json> inherit(Json shape, StringRef origin) {
  while (shape.contains("base")) {
    Json name = shape["base"];
    if (!name.is_string())
      return makeError("{0}: 'base' is {1}, expected the name of a shape",
                       origin, name.dump());
    Expected<Json> base = findShape(name.get<std::string>());
    if (!base)
      return makeError("{0}: 'base': {1}", origin,
                       llvm::toString(base.takeError()));
    shape.erase("base");
    base->update(shape);
    shape = std::move(*base);
  }
  return shape;
}

//===----------------------------------------------------------------------===//
// Shapes as metadata
//===----------------------------------------------------------------------===//

namespace {
/// Writes the bytes of a GGUF file without tensors.
class MetadataWriter {
public:
  explicit MetadataWriter(uint64_t entries)
      : writer(os, llvm::endianness::little) {
    os << "GGUF";
    writer.write<uint32_t>(3);
    writer.write<uint64_t>(0);
    writer.write<uint64_t>(entries);
  }

  /// False if a GGUF file has no such values.
  bool add(StringRef key, const Json &value) {
    writeString(key);
    if (value.is_string()) {
      writeType(GGUFValueType::String);
      writeString(value.get_ref<const std::string &>());
    } else if (value.is_boolean()) {
      writeType(GGUFValueType::Bool);
      writer.write<uint8_t>(value.get<bool>());
    } else if (value.is_number_unsigned()) {
      writeType(GGUFValueType::U64);
      writer.write<uint64_t>(value.get<uint64_t>());
    } else if (value.is_number_integer()) {
      writeType(GGUFValueType::I64);
      writer.write<int64_t>(value.get<int64_t>());
    } else if (value.is_number_float()) {
      writeType(GGUFValueType::F64);
      writer.write<double>(value.get<double>());
    } else {
      return false;
    }
    return true;
  }

  StringRef getBytes() const { return bytes; }

private:
  void writeType(GGUFValueType type) {
    writer.write<uint32_t>(static_cast<uint32_t>(type));
  }
  void writeString(StringRef text) {
    writer.write<uint64_t>(text.size());
    os << text;
  }

  llvm::SmallString<1024> bytes;
  llvm::raw_svector_ostream os{bytes};
  llvm::support::endian::Writer writer;
};
} // namespace

/// The key of a GGUF file that `key` of a shape stands for.
static std::string getMetadataKey(StringRef key, StringRef architecture) {
  StringRef prefix =
      key == "name" || key == "architecture" ? "general" : architecture;
  return (prefix + "." + key).str();
}

static Expected<std::string> getText(const Json &shape, const char *key,
                                     StringRef origin) {
  auto value = shape.find(key);
  if (value == shape.end())
    return makeError("{0}: key '{1}' is missing", origin, key);
  if (!value->is_string() || value->get<std::string>().empty())
    return makeError("{0}: '{1}' is {2}, expected a non-empty string", origin,
                     key, value->dump());
  return value->get<std::string>();
}

static Expected<GGUFFile> makeFile(const Json &shape, StringRef origin) {
  Expected<std::string> architecture = getText(shape, "architecture", origin);
  if (!architecture)
    return architecture.takeError();
  MetadataWriter writer(shape.size());
  for (const auto &[key, value] : shape.items())
    if (!writer.add(getMetadataKey(key, *architecture), value))
      return makeError("{0}: '{1}' is {2}, expected a number, a bool or a "
                       "string",
                       origin, key, value.dump());
  return GGUFFile::parse(
      llvm::MemoryBuffer::getMemBufferCopy(writer.getBytes(), origin));
}

Expected<GGUFFile> plmr::parseShape(StringRef json, StringRef origin) {
  Expected<Json> shape = parseJSON(json, origin);
  if (!shape)
    return shape.takeError();
  if (!shape->is_object())
    return makeError("{0}: expected a JSON object", origin);
  // Never inherited: two different models must not share a name.
  if (Error error = getText(*shape, "name", origin).takeError())
    return std::move(error);
  if (Error error = inherit(std::move(*shape), origin).moveInto(*shape))
    return std::move(error);
  return makeFile(*shape, origin);
}

Expected<GGUFFile> plmr::loadShape(StringRef nameOrFile) {
  if (!nameOrFile.ends_with(".json")) {
    Expected<Json> shape = findShape(nameOrFile);
    if (!shape)
      return shape.takeError();
    return makeFile(llvm::cantFail(inherit(std::move(*shape), nameOrFile)),
                    nameOrFile);
  }
  auto buffer = llvm::MemoryBuffer::getFile(nameOrFile, /*IsText=*/true);
  if (!buffer)
    return makeError("{0}: cannot read the shape: {1}", nameOrFile,
                     buffer.getError().message());
  return parseShape((*buffer)->getBuffer(), nameOrFile);
}
