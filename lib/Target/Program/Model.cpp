//===- Model.cpp - Language models as attributes and back -----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One function names the fields for both directions: with a Writer it makes a
// dictionary, with a Reader it takes one apart.
//
//===----------------------------------------------------------------------===//

#include "Fields.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace plmr;

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

ArrayAttr plmr::getSourceAttr(Builder &builder, const DataSource &source) {
  auto integer = [&](uint64_t value) -> Attribute {
    return builder.getI64IntegerAttr(static_cast<int64_t>(value));
  };
  auto name = builder.getStringAttr(source.name);
  if (const auto &table = source.table)
    return builder.getArrayAttr(
        {name, builder.getStringAttr(table->sine ? "sine" : "cosine"),
         integer(table->stride), integer(table->pairs),
         builder.getF64FloatAttr(table->base)});
  auto file = builder.getI64IntegerAttr(static_cast<int32_t>(source.file));
  return builder.getArrayAttr({name, file, integer(source.offset),
                               integer(source.bytes), integer(source.type)});
}

DataSource plmr::readSource(ArrayAttr attr) {
  auto integer = [&](unsigned index) {
    return static_cast<uint64_t>(cast<IntegerAttr>(attr[index]).getInt());
  };
  DataSource source;
  source.name = cast<StringAttr>(attr[0]).str();
  if (auto function = dyn_cast<StringAttr>(attr[1])) {
    source.table =
        RopeTable{function == "sine", static_cast<uint32_t>(integer(2)),
                  static_cast<uint32_t>(integer(3)),
                  cast<FloatAttr>(attr[4]).getValueAsDouble()};
    return source;
  }
  source.file = static_cast<uint32_t>(integer(1));
  source.offset = integer(2);
  source.bytes = integer(3);
  source.type = static_cast<uint32_t>(integer(4));
  return source;
}

//===----------------------------------------------------------------------===//
// Writer and Reader
//===----------------------------------------------------------------------===//

namespace {

class Writer {
public:
  explicit Writer(Builder &builder) : builder(builder) {}

  template <typename T> void field(StringRef key, const T &value) {
    fields.push_back(builder.getNamedAttr(key, get(value)));
  }
  DictionaryAttr take() { return builder.getDictionaryAttr(fields); }

private:
  Attribute get(const std::string &text) { return builder.getStringAttr(text); }
  Attribute get(bool flag) { return builder.getBoolAttr(flag); }
  Attribute get(uint32_t number) { return builder.getI64IntegerAttr(number); }
  Attribute get(int32_t number) { return builder.getI64IntegerAttr(number); }
  Attribute get(KVPlacement placement) {
    return builder.getStringAttr(stringify(placement));
  }
  Attribute get(const DataSource &source) {
    return getSourceAttr(builder, source);
  }
  Attribute get(const std::vector<float> &list) {
    return builder.getDenseF32ArrayAttr(list);
  }
  Attribute get(const std::vector<int32_t> &list) {
    return builder.getDenseI32ArrayAttr(list);
  }
  Attribute get(const std::vector<std::string> &list) {
    SmallVector<StringRef> texts(list.begin(), list.end());
    return builder.getStrArrayAttr(texts);
  }

  Builder &builder;
  SmallVector<NamedAttribute> fields;
};

class Reader {
public:
  explicit Reader(DictionaryAttr attr) : attr(attr) {}

  template <typename T> void field(StringRef key, T &value) {
    known.push_back(key);
    Attribute given = attr.get(key);
    if (problem.empty() && (!given || !read(given, value)))
      problem = llvm::formatv("expected '{0}' to be {1} but got {2}", key,
                              describe(value),
                              given ? llvm::formatv("{0}", given).str()
                                    : std::string("nothing"))
                    .str();
  }
  llvm::Error takeError() {
    for (NamedAttribute entry : attr)
      if (problem.empty() && !llvm::is_contained(known, entry.getName()))
        problem =
            llvm::formatv("expected one of {0} but got '{1}'",
                          llvm::join(known, ", "), entry.getName().getValue())
                .str();
    if (problem.empty())
      return llvm::Error::success();
    return makeError("model: {0}", problem);
  }

private:
  static const char *describe(const std::string &) { return "a string"; }
  static const char *describe(bool) { return "true or false"; }
  static const char *describe(uint32_t) { return "a number of 32 bits"; }
  static const char *describe(int32_t) { return "a number of 32 bits"; }
  static const char *describe(KVPlacement) { return "cyclic, shift or concat"; }
  static const char *describe(const DataSource &) {
    return "[name, file, offset, bytes, type]";
  }
  static const char *describe(const std::vector<float> &) {
    return "an array<f32>";
  }
  static const char *describe(const std::vector<int32_t> &) {
    return "an array<i32>";
  }
  static const char *describe(const std::vector<std::string> &) {
    return "a list of strings";
  }

  static bool read(Attribute given, std::string &text) {
    auto string = dyn_cast<StringAttr>(given);
    text = string ? string.str() : "";
    return static_cast<bool>(string);
  }
  static bool read(Attribute given, bool &flag) {
    auto value = dyn_cast<BoolAttr>(given);
    flag = value && value.getValue();
    return static_cast<bool>(value);
  }
  static bool read(Attribute given, KVPlacement &placement) {
    auto name = dyn_cast<StringAttr>(given);
    std::optional<KVPlacement> known =
        name ? parseKVPlacement(name) : std::nullopt;
    placement = known.value_or(KVPlacement::Cyclic);
    return known.has_value();
  }
  template <typename T>
    requires(std::is_integral_v<T>)
  static bool read(Attribute given, T &number) {
    auto integer = dyn_cast<IntegerAttr>(given);
    if (!integer || !integer.getType().isInteger(64))
      return false;
    number = static_cast<T>(integer.getInt());
    return integer.getInt() == static_cast<int64_t>(number);
  }
  static bool read(Attribute given, DataSource &source) {
    if (!core::isSource(given))
      return false;
    source = readSource(cast<ArrayAttr>(given));
    return true;
  }
  static bool read(Attribute given, std::vector<float> &list) {
    auto array = dyn_cast<DenseF32ArrayAttr>(given);
    if (array)
      list = array.asArrayRef();
    return static_cast<bool>(array);
  }
  static bool read(Attribute given, std::vector<int32_t> &list) {
    auto array = dyn_cast<DenseI32ArrayAttr>(given);
    if (array)
      list = array.asArrayRef();
    return static_cast<bool>(array);
  }
  static bool read(Attribute given, std::vector<std::string> &list) {
    auto array = dyn_cast<ArrayAttr>(given);
    if (!array || !llvm::all_of(array, llvm::IsaPred<StringAttr>))
      return false;
    for (auto text : array.getAsRange<StringAttr>())
      list.push_back(text.str());
    return true;
  }

  DictionaryAttr attr;
  SmallVector<StringRef> known;
  std::string problem;
};

} // namespace

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

template <typename A, typename T> static void mapModel(A &archive, T &model) {
  archive.field("architecture", model.architecture);
  archive.field("name", model.name);
  archive.field("vocab_size", model.vocabSize);
  archive.field("context_length", model.contextLength);
  archive.field("kv_placement", model.kvPlacement);
  archive.field("embedding_length", model.embeddingLength);
  archive.field("embedding", model.embedding);
  archive.field("tokenizer", model.tokenizerModel);
  archive.field("tokens", model.tokens);
  archive.field("scores", model.scores);
  archive.field("token_types", model.tokenTypes);
  archive.field("bos", model.bosId);
  archive.field("eos", model.eosId);
  archive.field("unknown", model.unknownId);
  archive.field("add_bos", model.addBos);
  archive.field("add_eos", model.addEos);
  archive.field("add_space_prefix", model.addSpacePrefix);
}

DictionaryAttr plmr::getModelAttr(Builder &builder, const ModelInfo &model) {
  Writer writer(builder);
  mapModel(writer, model);
  return writer.take();
}

llvm::Expected<ModelInfo> plmr::readModel(DictionaryAttr attr) {
  ModelInfo model;
  Reader reader(attr);
  mapModel(reader, model);
  if (llvm::Error error = reader.takeError())
    return std::move(error);
  return model;
}
