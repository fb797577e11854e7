//===- Assembly.cpp - Programs as text and back ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One function per part of a program describes its syntax for both
// directions: with a Writer it prints, with a Reader it parses.
//
//===----------------------------------------------------------------------===//

#include "Lexer.h"
#include "plmr/Program/Float.h"
#include "plmr/Program/Program.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/raw_ostream.h"
#include <limits>

using namespace plmr;

//===----------------------------------------------------------------------===//
// Writer and Reader
//===----------------------------------------------------------------------===//

namespace {

/// Names of the enumerations that text spells out.
template <typename T> struct EnumNames;
template <> struct EnumNames<ElementType> {
  static constexpr llvm::StringLiteral values[] = {"f32", "f16", "bf16", "i32"};
};
template <> struct EnumNames<Object::Kind> {
  static constexpr llvm::StringLiteral values[] = {
      "weight", "state", "input", "output", "scratch", "table", "code"};
};
template <> struct EnumNames<Constant::Kind> {
  static constexpr llvm::StringLiteral values[] = {"uniform", "by_column",
                                                   "by_row", "by_core"};
};
template <> struct EnumNames<DimSplit::Kind> {
  static constexpr llvm::StringLiteral values[] = {"whole", "balanced",
                                                   "cyclic", "batch"};
};
template <> struct EnumNames<Axis> {
  static constexpr llvm::StringLiteral values[] = {"x", "y"};
};
template <> struct EnumNames<PadValue> {
  static constexpr llvm::StringLiteral values[] = {"zero", "neg_inf", "any"};
};
template <> struct EnumNames<Port> {
  static constexpr llvm::StringLiteral values[] = {"north", "east", "south",
                                                   "west", "ramp"};
};

class Writer {
public:
  static constexpr bool reads = false;
  explicit Writer(std::string &text) : os(text) {}

  void newLine(unsigned indent) {
    os << '\n';
    os.indent(indent);
    atStart = true;
  }
  void word(llvm::StringRef text) {
    if (!atStart)
      os << ' ';
    atStart = false;
    os << text;
  }
  template <typename T> void number(T value, llvm::StringRef) {
    word(std::to_string(value));
  }
  void string(const std::string &text, llvm::StringRef) { word(quote(text)); }
  template <typename T> void enumeration(T value, llvm::StringRef) {
    word(EnumNames<T>::values[static_cast<unsigned>(value)]);
  }
  /// `keyword` stands there if `flag`.
  bool optional(llvm::StringRef keyword, bool flag) {
    if (flag)
      word(keyword);
    return flag;
  }
  /// "[a, b*3]": equal neighbours are counted.
  template <typename List, typename Fn> void list(const List &items, Fn fn) {
    word("[");
    for (size_t i = 0, n = items.size(); i != n;) {
      size_t end = i + 1;
      while (end != n && items[end] == items[i])
        ++end;
      if (i != 0)
        os << ',';
      fn(items[i]);
      if (end - i > 1)
        os << " * " << end - i;
      i = end;
    }
    word("]");
  }
  /// Statements that start with `keyword`, one per item.
  template <typename List, typename Fn>
  void repeat(llvm::StringRef keyword, unsigned indent, const List &items,
              Fn fn) {
    for (const auto &item : items) {
      newLine(indent);
      word(keyword);
      fn(item);
    }
  }
  void instruction(const Instruction &inst) { word(printInstruction(inst)); }

private:
  llvm::raw_string_ostream os;
  bool atStart = true;
};

class Reader {
public:
  static constexpr bool reads = true;
  explicit Reader(Lexer &lexer) : lexer(lexer) {}

  void newLine(unsigned) {}
  void word(llvm::StringRef text) { lexer.expect(text); }
  template <typename T> void number(T &value, llvm::StringRef what) {
    if constexpr (std::is_floating_point_v<T>) {
      llvm::StringRef token = lexer.takeWord(what);
      double parsed = 0;
      if (token.getAsDouble(parsed))
        lexer.fail(
            llvm::formatv("expected {0}, found '{1}'", what, token).str());
      value = static_cast<T>(parsed);
    } else {
      constexpr bool isWide = sizeof(T) == 8;
      value = static_cast<T>(lexer.takeInteger(
          what, isWide ? INT64_MIN : int64_t(std::numeric_limits<T>::min()),
          isWide ? INT64_MAX : int64_t(std::numeric_limits<T>::max())));
    }
  }
  void string(std::string &text, llvm::StringRef what) {
    text = lexer.takeString(what);
  }
  template <typename T> void enumeration(T &value, llvm::StringRef what) {
    llvm::StringRef token = lexer.takeWord(what);
    const auto &names = EnumNames<T>::values;
    const auto *it = llvm::find(names, token);
    if (it == std::end(names))
      return lexer.fail(llvm::formatv("expected {0} ({1}), found '{2}'", what,
                                      llvm::join(llvm::ArrayRef(names), ", "),
                                      token)
                            .str());
    value = static_cast<T>(it - std::begin(names));
  }
  bool optional(llvm::StringRef keyword, bool) {
    return lexer.consume(keyword);
  }
  template <typename List, typename Fn> void list(List &items, Fn fn) {
    lexer.expect("[");
    while (!lexer.failed() && !lexer.consume("]")) {
      if (!items.empty())
        lexer.expect(",");
      typename List::value_type item{};
      fn(item);
      int64_t count =
          lexer.consume("*") ? lexer.takeInteger("a count", 1, 1 << 24) : 1;
      if (!lexer.failed())
        items.insert(items.end(), count, item);
    }
  }
  template <typename List, typename Fn>
  void repeat(llvm::StringRef keyword, unsigned, List &items, Fn fn) {
    while (!lexer.failed() && lexer.consume(keyword))
      fn(items.emplace_back());
  }
  void instruction(Instruction &inst) { inst = parseInstruction(lexer); }

  Lexer &lexer;
};

} // namespace

//===----------------------------------------------------------------------===//
// The parts of a program
//===----------------------------------------------------------------------===//

template <typename A, typename List>
static void mapNumbers(A &archive, List &list, llvm::StringRef what) {
  archive.list(list, [&](auto &item) { archive.number(item, what); });
}

template <typename A, typename List>
static void mapStrings(A &archive, List &list, llvm::StringRef what) {
  archive.list(list, [&](auto &item) { archive.string(item, what); });
}

/// "keyword number".
template <typename A, typename T>
static void mapField(A &archive, llvm::StringRef keyword, T &value) {
  archive.word(keyword);
  archive.number(value, keyword);
}

template <typename A, typename T> static void mapObject(A &archive, T &object) {
  archive.string(object.name, "the object's name");
  archive.enumeration(object.kind, "an object kind");
  archive.number(object.address, "an address");
  archive.number(object.bytes, "a size in bytes");
}

template <typename A, typename T> static void mapSplit(A &archive, T &split) {
  archive.enumeration(split.kind, "a split");
  if (split.isCut())
    archive.enumeration(split.axis, "an axis");
  mapNumbers(archive, split.factors, "a factor");
  if (archive.optional("segment", split.segmentFactor.has_value())) {
    unsigned factor = split.segmentFactor.value_or(0);
    archive.number(factor, "a factor's index");
    if constexpr (A::reads)
      split.segmentFactor = factor;
  }
  if (archive.optional("inner", split.innerFactor != 0))
    archive.number(split.innerFactor, "a factor's index");
  bool skewed = archive.optional("skewed", split.order == BlockOrder::Skewed);
  bool ring = archive.optional("ring", split.order == BlockOrder::Ring);
  if constexpr (A::reads)
    split.order = skewed ? BlockOrder::Skewed
                  : ring ? BlockOrder::Ring
                         : BlockOrder::Natural;
}

template <typename A, typename T> static void mapSource(A &archive, T &source) {
  archive.string(source.name, "the source's name");
  if (archive.optional("rope", source.table.has_value())) {
    RopeTable table = source.table.value_or(RopeTable());
    table.sine = archive.optional("sine", table.sine);
    mapField(archive, "stride", table.stride);
    mapField(archive, "pairs", table.pairs);
    uint64_t base = llvm::bit_cast<uint64_t>(table.base);
    mapField(archive, "base", base);
    table.base = llvm::bit_cast<double>(base);
    if constexpr (A::reads)
      source.table = table;
    return;
  }
  mapField(archive, "file", source.file);
  mapField(archive, "offset", source.offset);
  mapField(archive, "bytes", source.bytes);
  mapField(archive, "type", source.type);
}

template <typename A, typename T> static void mapTensor(A &archive, T &tensor) {
  archive.string(tensor.name, "the tensor's name");
  archive.enumeration(tensor.type, "an element type");
  mapField(archive, "object", tensor.object);
  archive.word("pad");
  archive.enumeration(tensor.placement.pad, "a pad value");
  if (archive.optional("order", !tensor.placement.order.empty()))
    mapNumbers(archive, tensor.placement.order, "a dimension");
  bool stacked = archive.optional("stacked", tensor.stacked);
  if constexpr (A::reads)
    tensor.stacked = stacked;
  if (archive.optional("source_order", !tensor.sourceOrder.empty()))
    mapNumbers(archive, tensor.sourceOrder, "a dimension");
  if (archive.optional("on", tensor.mesh.has_value())) {
    if constexpr (A::reads)
      tensor.mesh.emplace();
    mapField(archive, "columns", tensor.mesh->columns);
    mapField(archive, "rows", tensor.mesh->rows);
  }
  archive.repeat("dim", 2, tensor.placement.dims,
                 [&](auto &split) { mapSplit(archive, split); });
  archive.repeat("source", 2, tensor.sources,
                 [&](auto &source) { mapSource(archive, source); });
}

template <typename A, typename T>
static void mapConstant(A &archive, T &constant) {
  archive.string(constant.name, "the constant's name");
  archive.enumeration(constant.kind, "a constant kind");
  mapNumbers(archive, constant.values, "a value");
}

/// Code runs from "{" to "}"; "!n" names an instruction's location.
static void mapCode(Writer &archive, const CoreClass &cls) {
  for (size_t i = 0; i != cls.code.size(); ++i) {
    archive.newLine(2);
    archive.instruction(cls.code[i]);
    if (i < cls.locations.size())
      mapField(archive, "!", cls.locations[i]);
  }
  archive.newLine(0);
}

static void mapCode(Reader &archive, CoreClass &cls) {
  Lexer &lexer = archive.lexer;
  while (!lexer.failed() && lexer.peek() != "}") {
    archive.instruction(cls.code.emplace_back());
    if (lexer.peek() == "!")
      mapField(archive, "!", cls.locations.emplace_back());
  }
}

template <typename A, typename T> static void mapClass(A &archive, T &cls) {
  archive.string(cls.name, "the class's name");
  archive.word("{");
  mapCode(archive, cls);
  archive.word("}");
}

template <typename A, typename T> static void mapRoute(A &archive, T &route) {
  archive.number(route.colour, "a colour");
  archive.enumeration(route.input, "a port");
  archive.word("to");
  for (unsigned port = 0; port != numPorts; ++port)
    if (archive.optional(EnumNames<Port>::values[port],
                         route.outputs >> port & 1))
      if constexpr (A::reads)
        route.outputs |= 1 << port;
}

template <typename A, typename T>
static void mapRouteTable(A &archive, T &table) {
  archive.word("of");
  mapNumbers(archive, table.classOf, "a router class");
  archive.repeat("router", 2, table.classes, [&](auto &routes) {
    archive.repeat("route", 4, routes,
                   [&](auto &route) { mapRoute(archive, route); });
  });
}

template <typename A, typename T> static void mapLaunch(A &archive, T &launch) {
  archive.string(launch.name, "the launch's name");
  archive.word("entry");
  mapNumbers(archive, launch.entry, "an instruction's index");
  mapField(archive, "routes", launch.routeTable);
  archive.word("parameters");
  mapStrings(archive, launch.parameters, "a parameter's name");
  archive.word("inputs");
  mapNumbers(archive, launch.inputs, "a tensor's index");
  archive.word("outputs");
  mapNumbers(archive, launch.outputs, "a tensor's index");
}

template <typename A, typename T>
static void mapChannel(A &archive, T &channel) {
  archive.string(channel.name, "the channel's name");
  archive.string(channel.relation, "the channel's relation");
  archive.word("colours");
  mapNumbers(archive, channel.colours, "a colour");
  mapField(archive, "hops", channel.maxHops);
}

template <typename A, typename T>
static void mapOperation(A &archive, T &operation) {
  archive.string(operation.name, "the operation's name");
  archive.string(operation.algorithm, "the operation's algorithm");
  mapField(archive, "bytes", operation.bytesPerCore);
  mapField(archive, "hops", operation.maxHops);
  archive.word("colours");
  mapNumbers(archive, operation.colours, "a colour");
}

/// A float as its bits, so that every value survives.
static void mapScores(Writer &archive, const std::vector<float> &scores) {
  std::vector<uint32_t> bits;
  for (float score : scores)
    bits.push_back(toBits(score));
  mapNumbers(archive, bits, "the bits of a score");
}

static void mapScores(Reader &archive, std::vector<float> &scores) {
  std::vector<uint32_t> bits;
  mapNumbers(archive, bits, "the bits of a score");
  for (uint32_t score : bits)
    scores.push_back(fromBits(score));
}

template <typename A, typename T>
static void mapFlag(A &archive, llvm::StringRef keyword, T &flag) {
  int value = flag;
  mapField(archive, keyword, value);
  if constexpr (A::reads)
    flag = value != 0;
}

template <typename A, typename T> static void mapModel(A &archive, T &model) {
  archive.string(model.architecture, "the architecture");
  archive.string(model.name, "the model's name");
  mapField(archive, "vocab", model.vocabSize);
  mapField(archive, "context", model.contextLength);
  bool shift =
      archive.optional("shift", model.kvPlacement == KVPlacement::Shift);
  bool concat =
      archive.optional("concat", model.kvPlacement == KVPlacement::Concat);
  if constexpr (A::reads)
    model.kvPlacement = shift    ? KVPlacement::Shift
                        : concat ? KVPlacement::Concat
                                 : KVPlacement::Cyclic;
  mapField(archive, "embedding", model.embeddingLength);
  archive.word("from");
  mapSource(archive, model.embedding);
  archive.newLine(2);
  archive.word("tokenizer");
  archive.string(model.tokenizerModel, "the tokenizer's model");
  mapField(archive, "bos", model.bosId);
  mapField(archive, "eos", model.eosId);
  mapField(archive, "unknown", model.unknownId);
  mapFlag(archive, "add_bos", model.addBos);
  mapFlag(archive, "add_eos", model.addEos);
  mapFlag(archive, "add_space", model.addSpacePrefix);
  archive.newLine(2);
  archive.word("tokens");
  mapStrings(archive, model.tokens, "a token");
  archive.newLine(2);
  archive.word("scores");
  mapScores(archive, model.scores);
  archive.newLine(2);
  archive.word("types");
  mapNumbers(archive, model.tokenTypes, "a token's type");
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// A built-in device by its name, another one as JSON.
static void mapMachine(Writer &archive, const Machine &machine) {
  llvm::Expected<Machine> builtin = getBuiltinMachine(machine.name);
  bool isBuiltin = builtin && *builtin == machine;
  if (!builtin)
    llvm::consumeError(builtin.takeError());
  if (!isBuiltin)
    archive.word("json");
  archive.string(isBuiltin ? machine.name : printMachine(machine), "");
}

static void mapMachine(Reader &archive, Machine &machine) {
  Lexer &lexer = archive.lexer;
  bool isJson = lexer.consume("json");
  std::string text = lexer.takeString("a device");
  if (lexer.failed())
    return;
  llvm::Expected<Machine> parsed =
      isJson ? parseMachine(text, "device") : getBuiltinMachine(text);
  if (parsed)
    machine = std::move(*parsed);
  else
    lexer.fail(llvm::toString(parsed.takeError()));
}

static void mapMetadata(Writer &archive,
                        const std::map<std::string, std::string> &metadata) {
  archive.repeat("metadata", 0, metadata, [&](const auto &entry) {
    archive.string(entry.first, "");
    archive.string(entry.second, "");
  });
}

static void mapMetadata(Reader &archive,
                        std::map<std::string, std::string> &metadata) {
  while (archive.lexer.consume("metadata")) {
    std::string key = archive.lexer.takeString("a key");
    metadata[key] = archive.lexer.takeString("a value");
  }
}

template <typename A, typename T>
static void mapProgram(A &archive, T &program) {
  archive.word("device");
  mapMachine(archive, program.machine);
  archive.newLine(0);
  archive.word("mesh");
  archive.number(program.mesh.columns, "columns");
  archive.number(program.mesh.rows, "rows");
  archive.repeat("object", 0, program.objects,
                 [&](auto &object) { mapObject(archive, object); });
  archive.repeat("tensor", 0, program.tensors,
                 [&](auto &tensor) { mapTensor(archive, tensor); });
  archive.repeat("constant", 0, program.constants,
                 [&](auto &constant) { mapConstant(archive, constant); });
  archive.repeat("class", 0, program.classes,
                 [&](auto &cls) { mapClass(archive, cls); });
  if (archive.optional("class_of", !program.classOf.empty()))
    mapNumbers(archive, program.classOf, "a core class");
  archive.repeat("routes", 0, program.routeTables,
                 [&](auto &table) { mapRouteTable(archive, table); });
  archive.repeat("launch", 0, program.launches,
                 [&](auto &launch) { mapLaunch(archive, launch); });
  archive.repeat("channel", 0, program.channels,
                 [&](auto &channel) { mapChannel(archive, channel); });
  archive.repeat("operation", 0, program.operations,
                 [&](auto &operation) { mapOperation(archive, operation); });
  archive.repeat("location", 0, program.locations,
                 [&](auto &text) { archive.string(text, "a location"); });
  archive.repeat("file", 0, program.files,
                 [&](auto &path) { archive.string(path, "a path"); });
  mapMetadata(archive, program.metadata);
}

std::string plmr::printAssembly(const Program &program) {
  std::string text;
  Writer writer(text);
  mapProgram(writer, program);
  if (program.model) {
    writer.newLine(0);
    writer.word("model");
    mapModel(writer, *program.model);
  }
  writer.newLine(0);
  return text;
}

llvm::Expected<Program> plmr::parseAssembly(llvm::StringRef text,
                                            llvm::StringRef origin) {
  Program program;
  Lexer lexer(text, origin);
  Reader reader(lexer);
  mapProgram(reader, program);
  if (lexer.consume("model"))
    mapModel(reader, program.model.emplace());
  if (!lexer.failed() && !lexer.peek().empty())
    lexer.fail(
        llvm::formatv("expected a statement, found '{0}'", lexer.peek()).str());
  if (llvm::Error error = lexer.takeError())
    return std::move(error);
  return program;
}
