//===- MachineJSON.cpp - Device profiles as JSON text ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Machine/Machine.h"
#include "plmr/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <limits>
#include <set>

using namespace plmr;
using Json = nlohmann::ordered_json;

namespace {

/// An integer field: its key and where it lives. Every one is required where
/// no base gives it.
struct IntegerField {
  const char *key;
  uint64_t (*get)(const Machine &);
  void (*set)(Machine &, uint64_t);
  uint64_t max; ///< of the member's type
};

} // namespace

template <auto Member>
static constexpr IntegerField makeField(const char *key) {
  using Type = std::remove_cvref_t<decltype(std::declval<Machine>().*Member)>;
  return {key, [](const Machine &m) { return uint64_t(m.*Member); },
          [](Machine &m, uint64_t value) { m.*Member = Type(value); },
          std::numeric_limits<Type>::max()};
}

#define FIELD(name) makeField<&Machine::name>(#name)
static constexpr IntegerField integerFields[] = {
    FIELD(ticksPerCycle),     FIELD(linkTicks),        FIELD(hopTicks),
    FIELD(turnTicks),         FIELD(rampTicks),        FIELD(queueWords),
    FIELD(inputQueueWords),   FIELD(outputQueueWords), FIELD(sramBytes),
    FIELD(reservedSramBytes), FIELD(colours),          FIELD(reservedColours),
    FIELD(inputQueues),       FIELD(outputQueues),     FIELD(engines),
    FIELD(scalarTicks),       FIELD(descriptorTicks),  FIELD(loopTicks),
    FIELD(predicatedTicks),   FIELD(vectorSetupTicks), FIELD(mapTicks),
    FIELD(engineTicks),       FIELD(waitTicks),        FIELD(epochTicks),
};
#undef FIELD

namespace {

/// Reads one document; every method returns the first error.
class ProfileReader {
public:
  ProfileReader(const Json &document, llvm::StringRef origin)
      : document(document), origin(origin) {}

  llvm::Expected<Machine> read();

private:
  llvm::Error readBase();
  llvm::Error readName();
  llvm::Error readGrid();
  llvm::Error readClock();
  llvm::Error readInteger(const IntegerField &field);
  llvm::Error readRates();
  llvm::Error readClassRates(RateClass cls, const Json &object);
  llvm::Error checkKeys(const Json &object, llvm::StringRef where,
                        const std::set<std::string> &known);
  /// Null if the base gives the value; an error if nothing does.
  llvm::Expected<const Json *> find(const char *key);
  llvm::Expected<uint64_t> asInteger(const Json &value, const llvm::Twine &key,
                                     uint64_t max);
  template <typename... Args>
  llvm::Error fail(const char *format, Args &&...args) {
    return makeError("{0}: {1}", origin,
                     llvm::formatv(format, std::forward<Args>(args)...).str());
  }

  const Json &document;
  llvm::StringRef origin;
  bool hasBase = false;
  Machine machine;
};

} // namespace

llvm::Error ProfileReader::checkKeys(const Json &object, llvm::StringRef where,
                                     const std::set<std::string> &known) {
  for (const auto &item : object.items())
    if (!known.count(item.key()))
      return fail("unknown key '{0}{1}' (docs/Machine.md lists the keys)",
                  where, item.key());
  return llvm::Error::success();
}

llvm::Expected<const Json *> ProfileReader::find(const char *key) {
  auto it = document.find(key);
  if (it != document.end())
    return &*it;
  if (hasBase)
    return nullptr;
  return fail("key '{0}' is missing and there is no \"base\" to take it from",
              key);
}

llvm::Expected<uint64_t> ProfileReader::asInteger(const Json &value,
                                                  const llvm::Twine &key,
                                                  uint64_t max) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > max)
    return fail("'{0}' is {1}, expected an integer from 0 to {2}", key.str(),
                value.dump(), max);
  return value.get<uint64_t>();
}

llvm::Error ProfileReader::readBase() {
  auto it = document.find("base");
  if (it == document.end())
    return llvm::Error::success();
  if (!it->is_string())
    return fail("'base' is {0}, expected the name of a device", it->dump());
  llvm::Expected<Machine> base = getBuiltinMachine(it->get<std::string>());
  if (!base)
    return fail("'base': {0}", llvm::toString(base.takeError()));
  machine = std::move(*base);
  hasBase = true;
  return llvm::Error::success();
}

llvm::Error ProfileReader::readName() {
  // Never inherited: two different devices must not share a name.
  auto it = document.find("name");
  if (it == document.end())
    return fail("key 'name' is missing");
  if (!it->is_string() || it->get<std::string>().empty())
    return fail("'name' is {0}, expected a non-empty string", it->dump());
  machine.name = it->get<std::string>();
  return llvm::Error::success();
}

llvm::Error ProfileReader::readGrid() {
  llvm::Expected<const Json *> value = find("grid");
  if (!value || !*value)
    return value.takeError();
  const Json &grid = **value;
  if (!grid.is_array() || grid.size() != 2)
    return fail("'grid' is {0}, expected [columns, rows]", grid.dump());
  unsigned *extents[] = {&machine.grid.columns, &machine.grid.rows};
  for (unsigned i = 0; i < 2; ++i) {
    llvm::Expected<uint64_t> extent =
        asInteger(grid[i], "grid", std::numeric_limits<unsigned>::max());
    if (!extent)
      return extent.takeError();
    *extents[i] = static_cast<unsigned>(*extent);
  }
  return llvm::Error::success();
}

llvm::Error ProfileReader::readClock() {
  llvm::Expected<const Json *> value = find("clockHz");
  if (!value || !*value)
    return value.takeError();
  if (!(*value)->is_number())
    return fail("'clockHz' is {0}, expected a number", (*value)->dump());
  machine.clockHz = (*value)->get<double>();
  return llvm::Error::success();
}

llvm::Error ProfileReader::readInteger(const IntegerField &field) {
  llvm::Expected<const Json *> value = find(field.key);
  if (!value || !*value)
    return value.takeError();
  llvm::Expected<uint64_t> number = asInteger(**value, field.key, field.max);
  if (!number)
    return number.takeError();
  field.set(machine, *number);
  return llvm::Error::success();
}

llvm::Error ProfileReader::readClassRates(RateClass cls, const Json &object) {
  std::string prefix = ("rates." + stringify(cls) + ".").str();
  if (!object.is_object())
    return fail("'rates.{0}' is {1}, expected an object of element types",
                stringify(cls), object.dump());
  std::set<std::string> known;
  for (unsigned type = 0; type < numElementTypes; ++type)
    known.insert(stringify(ElementType(type)).str());
  if (llvm::Error error = checkKeys(object, prefix, known))
    return error;
  for (unsigned type = 0; type < numElementTypes; ++type) {
    std::string key = stringify(ElementType(type)).str();
    auto it = object.find(key);
    if (it == object.end() && hasBase)
      continue;
    if (it == object.end())
      return fail("key '{0}{1}' is missing and there is no \"base\" to take "
                  "it from",
                  prefix, key);
    if (!it->is_array() || it->size() != 2)
      return fail("'{0}{1}' is {2}, expected [elements, cycles]", prefix, key,
                  it->dump());
    Rate &rate = machine.rates[static_cast<unsigned>(cls)][type];
    uint32_t *parts[] = {&rate.elements, &rate.cycles};
    for (unsigned i = 0; i < 2; ++i) {
      llvm::Expected<uint64_t> part = asInteger(
          (*it)[i], prefix + key, std::numeric_limits<uint32_t>::max());
      if (!part)
        return part.takeError();
      *parts[i] = static_cast<uint32_t>(*part);
    }
  }
  return llvm::Error::success();
}

llvm::Error ProfileReader::readRates() {
  llvm::Expected<const Json *> value = find("rates");
  if (!value || !*value)
    return value.takeError();
  const Json &rates = **value;
  if (!rates.is_object())
    return fail("'rates' is {0}, expected an object of rate classes",
                rates.dump());
  std::set<std::string> known;
  for (unsigned cls = 0; cls < numRateClasses; ++cls)
    known.insert(stringify(RateClass(cls)).str());
  if (llvm::Error error = checkKeys(rates, "rates.", known))
    return error;
  for (unsigned cls = 0; cls < numRateClasses; ++cls) {
    auto it = rates.find(stringify(RateClass(cls)).str());
    if (it == rates.end() && !hasBase)
      return fail("key 'rates.{0}' is missing and there is no \"base\" to "
                  "take it from",
                  stringify(RateClass(cls)));
    if (it == rates.end())
      continue;
    if (llvm::Error error = readClassRates(RateClass(cls), *it))
      return error;
  }
  return llvm::Error::success();
}

llvm::Expected<Machine> ProfileReader::read() {
  if (!document.is_object())
    return fail("expected a JSON object");
  std::set<std::string> known = {"name", "base", "grid", "clockHz", "rates"};
  for (const IntegerField &field : integerFields)
    known.insert(field.key);
  if (llvm::Error error = checkKeys(document, "", known))
    return std::move(error);
  if (llvm::Error error = readBase())
    return std::move(error);
  if (llvm::Error error = readName())
    return std::move(error);
  if (llvm::Error error = readGrid())
    return std::move(error);
  if (llvm::Error error = readClock())
    return std::move(error);
  for (const IntegerField &field : integerFields)
    if (llvm::Error error = readInteger(field))
      return std::move(error);
  if (llvm::Error error = readRates())
    return std::move(error);
  if (llvm::Error error = verifyMachine(machine, origin))
    return std::move(error);
  return std::move(machine);
}

llvm::Expected<Machine> plmr::parseMachine(llvm::StringRef json,
                                           llvm::StringRef origin) {
  llvm::Expected<Json> document = parseJSON(json, origin);
  if (!document)
    return document.takeError();
  return ProfileReader(*document, origin).read();
}

llvm::Expected<Machine> plmr::loadMachine(llvm::StringRef nameOrFile) {
  if (!nameOrFile.ends_with(".json"))
    return getBuiltinMachine(nameOrFile);
  auto buffer = llvm::MemoryBuffer::getFile(nameOrFile, /*IsText=*/true);
  if (!buffer)
    return makeError("{0}: cannot read the device profile: {1}", nameOrFile,
                     buffer.getError().message());
  return parseMachine((*buffer)->getBuffer(), nameOrFile);
}

/// One rate class a line: the file is written and read by people.
static std::string printRates(const Machine &machine) {
  std::string text = "  \"rates\": {";
  for (unsigned cls = 0; cls < numRateClasses; ++cls) {
    text += llvm::formatv("{0}\n    \"{1}\": {{", cls ? "," : "",
                          stringify(RateClass(cls)));
    for (unsigned type = 0; type < numElementTypes; ++type) {
      Rate rate = machine.rates[cls][type];
      text += llvm::formatv("{0}\"{1}\": [{2}, {3}]", type ? ", " : "",
                            stringify(ElementType(type)), rate.elements,
                            rate.cycles);
    }
    text += "}";
  }
  return text + "\n  }\n";
}

std::string plmr::printMachine(const Machine &machine) {
  std::string text =
      "{\n  \"name\": " +
      Json(machine.name).dump(-1, ' ', false, Json::error_handler_t::replace);
  text += llvm::formatv(",\n  \"grid\": [{0}, {1}],\n", machine.grid.columns,
                        machine.grid.rows);
  text += "  \"clockHz\": " + Json(machine.clockHz).dump() + ",\n";
  for (const IntegerField &field : integerFields)
    text += llvm::formatv("  \"{0}\": {1},\n", field.key, field.get(machine));
  return text + printRates(machine) + "}\n";
}
