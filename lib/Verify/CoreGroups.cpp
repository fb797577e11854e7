//===- CoreGroups.cpp - Cores that do the same ----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CoreGroups.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include <map>
#include <set>

using namespace plmr;

namespace {
/// Numbers keys in the order in which they come.
class Numbering {
public:
  uint32_t get(const std::vector<uint64_t> &key) {
    return known.try_emplace(key, known.size()).first->second;
  }

private:
  std::map<std::vector<uint64_t>, uint32_t> known;
};
} // namespace

CoreGroups::CoreGroups(const Program &program, const Options &options)
    : program(program) {
  findConstants();
  if (options.byResults)
    findReaders();
  group(options);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static unsigned getAxis(Constant::Kind kind) {
  return kind == Constant::Kind::ByColumn ? 0 : 1;
}

/// Calls `fn(operand, isScalarOperand)` for what the instruction reads. Those
/// of vectors that are descriptors may look like constants.
template <typename Fn>
static void forEachOperand(const Instruction &inst, Fn fn) {
  bool isArithmetic = isScalar(inst.opcode) && inst.opcode != Opcode::Ldc;
  for (Operand operand : {inst.a, inst.b})
    fn(operand, isArithmetic);
  for (Operand operand : {inst.predicate, inst.c, inst.extent, inst.repeat})
    fn(operand, false);
}

/// Those that some instruction can read; of these, those that may be coarse.
void CoreGroups::findConstants() {
  size_t count = program.constants.size();
  std::vector<bool> isUsed(count), isCoarse(count, true);
  auto note = [&](Operand operand, bool isScalarOperand) {
    size_t index = operand - firstConstantOperand;
    if (!isConstant(operand) || index >= count)
      return;
    isUsed[index] = true;
    isCoarse[index] = isCoarse[index] && isScalarOperand;
  };
  for (const CoreClass &cls : program.classes)
    for (const Instruction &inst : cls.code) {
      forEachOperand(inst, note);
      if (inst.opcode == Opcode::Ldc) { // any of them
        isUsed.assign(count, true);
        isCoarse.assign(count, false);
      }
    }
  for (auto [i, constant] : llvm::enumerate(program.constants)) {
    if (isUsed[i])
      used.push_back(&constant);
    // Of few values each is a good reason to differ.
    constexpr size_t minValues = 16;
    bool isOfLines = constant.kind == Constant::Kind::ByColumn ||
                     constant.kind == Constant::Kind::ByRow;
    std::set<int32_t> values(constant.values.begin(), constant.values.end());
    if (isUsed[i] && isCoarse[i] && isOfLines && values.size() >= minValues)
      coarse.push_back(&constant);
  }
}

/// False if it reads coarse constants of both axes.
bool CoreGroups::addReader(const Instruction &inst, uint32_t &reader) const {
  if (!isScalar(inst.opcode) || inst.opcode == Opcode::Ldc)
    return true;
  for (auto [operand, bit] :
       {std::pair(inst.a, ReadsInA), std::pair(inst.b, ReadsInB)}) {
    size_t index = operand - firstConstantOperand;
    if (!isConstant(operand) || !isCoarse(&program.constants[index]))
      continue;
    unsigned axis = getAxis(program.constants[index].kind);
    if (reader != 0 && (reader & 1) != axis)
      return false;
    reader |= IsReader | bit | axis;
    reader |= uint32_t(operand) << (bit == ReadsInA ? 16 : 24);
  }
  if (reader != 0)
    reader |= uint32_t(inst.opcode) << 8;
  return true;
}

void CoreGroups::findReaders() {
  for (const CoreClass &cls : program.classes) {
    std::vector<uint32_t> &own = readers.emplace_back(cls.code.size(), 0);
    for (auto [inst, reader] : llvm::zip_equal(cls.code, own))
      if (!addReader(inst, reader)) {
        coarse.clear();
        readers.clear();
        return;
      }
  }
}

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

static uint64_t mix(uint64_t hash, uint64_t value) {
  return (llvm::rotl(hash, 27) ^ value) * 0x9e3779b97f4a7c15;
}

void CoreGroups::Watch::note(uint32_t pc, int64_t a, int64_t b,
                             int32_t result) {
  uint32_t reader = (*readers)[pc];
  if (reader == 0)
    return;
  Log &log = logs[reader & 1];
  // Of a coarse constant only the result counts.
  log.operands = mix(log.operands, reader);
  log.operands = mix(log.operands, reader & ReadsInA ? 0 : uint64_t(a));
  log.operands = mix(log.operands, reader & ReadsInB ? 0 : uint64_t(b));
  log.results = mix(log.results, uint32_t(result));
}

/// Of the first core of each line.
std::vector<CoreGroups::Log> CoreGroups::logLines(unsigned axis,
                                                  const Options &options) {
  MeshShape mesh = program.mesh;
  std::vector<Log> logs;
  for (unsigned i = 0; i != (axis == 0 ? mesh.columns : mesh.rows); ++i) {
    unsigned x = axis == 0 ? i : 0, y = axis == 0 ? 0 : i;
    Sequencer core(program, options.launch, x, y, options.parameters,
                   options.maxIterations);
    watch.logs = {};
    watch.readers = &readers[program.getClass(x, y)];
    core.setObserver(&watch);
    for (;;) {
      Sequencer::Event event = core.next();
      if (event == Sequencer::Event::Halt || event == Sequencer::Event::Trap)
        break;
    }
    logs.push_back(watch.logs[axis]);
  }
  return logs;
}

/// Numbers for what all cores of a line have in common.
std::vector<uint32_t> CoreGroups::numberLines(unsigned axis,
                                              const Options &options) {
  MeshShape mesh = program.mesh;
  auto isOfAxis = [&](const Constant *constant) {
    return constant->kind ==
           (axis == 0 ? Constant::Kind::ByColumn : Constant::Kind::ByRow);
  };
  if (llvm::any_of(coarse, isOfAxis))
    lineLogs[axis] = logLines(axis, options);
  Numbering numbering;
  std::vector<uint32_t> numbers;
  for (unsigned i = 0; i != (axis == 0 ? mesh.columns : mesh.rows); ++i) {
    std::vector<uint64_t> key;
    if (!lineLogs[axis].empty())
      key = {lineLogs[axis][i].operands, lineLogs[axis][i].results};
    for (const Constant *constant : used)
      if (isOfAxis(constant) && !isCoarse(constant))
        key.push_back(uint32_t(constant->values[i]));
    for (const Tensor &tensor : program.tensors)
      if (tensor.mesh)
        key.push_back(i <
                      (axis == 0 ? tensor.mesh->columns : tensor.mesh->rows));
    numbers.push_back(numbering.get(key));
  }
  return numbers;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// Per router class: a number for the colours that its core can send and
/// receive.
static std::vector<uint32_t> numberColours(const RouteTable &table) {
  Numbering numbering;
  std::vector<uint32_t> numbers;
  for (const std::vector<Route> &routes : table.classes) {
    std::vector<uint64_t> key;
    for (const Route &route : routes)
      if (route.input == Port::Ramp || route.hasOutput(Port::Ramp))
        key.push_back(route.colour * 4 + (route.input == Port::Ramp) * 2 +
                      route.hasOutput(Port::Ramp));
    numbers.push_back(numbering.get(key));
  }
  return numbers;
}

void CoreGroups::group(const Options &options) {
  MeshShape mesh = program.mesh;
  if (!options.byResults)
    coarse.clear();
  std::vector<uint32_t> columns = numberLines(0, options);
  std::vector<uint32_t> rows = numberLines(1, options);
  std::vector<std::vector<uint32_t>> colours;
  for (const RouteTable &table : program.routeTables)
    colours.push_back(numberColours(table));
  Numbering numbering;
  std::vector<uint64_t> key;
  for (uint32_t core = 0; core != mesh.getNumCores(); ++core) {
    unsigned x = core % mesh.columns, y = core / mesh.columns;
    key = {program.getClass(x, y), columns[x], rows[y]};
    for (auto [table, numbers] : llvm::zip_equal(program.routeTables, colours))
      key.push_back(numbers[table.classOf[core]]);
    for (const Constant *constant : used)
      if (constant->kind == Constant::Kind::ByCore)
        key.push_back(uint32_t(constant->values[core]));
    uint32_t number = numbering.get(key);
    if (number == groups.size())
      groups.push_back({number, core, 0});
    ++groups[number].size;
    groupOf.push_back(number);
  }
}

void CoreGroups::begin(const Group &group) {
  watch.logs = {};
  if (!coarse.empty())
    watch.readers = &readers[program.getClass(
        group.core % program.mesh.columns, group.core / program.mesh.columns)];
}

Sequencer::Observer *CoreGroups::getObserver(const Group &) {
  return coarse.empty() ? nullptr : &watch;
}

bool CoreGroups::isAsExpected(const Group &group) const {
  unsigned lines[] = {group.core % program.mesh.columns,
                      group.core / program.mesh.columns};
  for (unsigned axis = 0; axis != 2; ++axis)
    if (!lineLogs[axis].empty() &&
        lineLogs[axis][lines[axis]] != watch.logs[axis])
      return false;
  return true;
}
