//===- Verify.cpp - Proof that a program is safe --------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Verify/Verify.h"
#include "CoreWalk.h"
#include "Segments.h"

using namespace plmr;
using Kind = StreamEvent::Kind;

std::string plmr::getNumber(VerifyRule rule) {
  return "V" + std::to_string(static_cast<unsigned>(rule));
}

llvm::StringRef plmr::getName(VerifyRule rule) {
  static constexpr const char *names[] = {
      "memory", "queues",          "routes",  "control",  "operands", "bounds",
      "races",  "undefined reads", "balance", "deadlock", "epochs"};
  return names[static_cast<unsigned>(rule) - 1];
}

namespace {
class LaunchVerifier {
public:
  LaunchVerifier(const Program &program, const Launch &launch,
                 llvm::ArrayRef<int32_t> parameters,
                 const VerifyOptions &options)
      : program(program), launch(launch), parameters(parameters),
        options(options), segments(program, pool, options.oneWord) {}

  LaunchVerdict verify();

private:
  void groupCores();
  void walkGroups();
  void verifySegments();
  /// False where the launch does not go on to another segment.
  bool enterEpoch(size_t segment, uint32_t &routeTable);
  void add(VerifyRule rule, uint32_t cls, uint32_t pc, std::string text,
           uint64_t cores);

  /// Cores that do the same: equal code, constants, colours and tensors.
  struct Group {
    uint32_t core; ///< the first
    uint64_t size = 0;
    std::vector<uint32_t> streams; ///< one for each segment
  };

  const Program &program;
  const Launch &launch;
  llvm::ArrayRef<int32_t> parameters;
  const VerifyOptions &options;
  StreamPool pool;
  SegmentVerifier segments;
  std::vector<Group> groups;
  std::vector<uint32_t> groupOf; ///< per core
  std::map<std::tuple<VerifyRule, uint32_t, uint32_t>, size_t> known;
  LaunchVerdict verdict;
};
} // namespace

void LaunchVerifier::add(VerifyRule rule, uint32_t cls, uint32_t pc,
                         std::string text, uint64_t cores) {
  auto [it, isNew] =
      known.try_emplace({rule, cls, pc}, verdict.findings.size());
  if (isNew)
    verdict.findings.push_back({rule, std::move(text), cores});
  else
    verdict.findings[it->second].cores += cores;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// Constants that some instruction can read.
static std::vector<const Constant *> findUsedConstants(const Program &program) {
  std::vector<bool> isUsed(program.constants.size());
  for (const CoreClass &cls : program.classes)
    for (const Instruction &inst : cls.code) {
      if (inst.opcode == Opcode::Ldc) // any of them
        isUsed.assign(isUsed.size(), true);
      // Operands of vectors are descriptors, which may be taken for constants.
      for (Operand operand :
           {inst.predicate, inst.a, inst.b, inst.c, inst.extent, inst.repeat})
        if (isConstant(operand) &&
            operand - firstConstantOperand < isUsed.size())
          isUsed[operand - firstConstantOperand] = true;
    }
  std::vector<const Constant *> used;
  for (auto [constant, use] : llvm::zip_equal(program.constants, isUsed))
    if (use)
      used.push_back(&constant);
  return used;
}

namespace {
/// Numbers keys in the order in which they come.
class Numbering {
public:
  uint32_t get(const std::vector<int32_t> &key) {
    return known.try_emplace(key, known.size()).first->second;
  }

private:
  std::map<std::vector<int32_t>, uint32_t> known;
};
} // namespace

/// Per router class: a number for the colours that its core can send and
/// receive.
static std::vector<uint32_t> numberColours(const RouteTable &table) {
  Numbering numbering;
  std::vector<uint32_t> numbers;
  for (const std::vector<Route> &routes : table.classes) {
    std::vector<int32_t> key;
    for (const Route &route : routes)
      if (route.input == Port::Ramp || route.hasOutput(Port::Ramp))
        key.push_back(route.colour * 4 + (route.input == Port::Ramp) * 2 +
                      route.hasOutput(Port::Ramp));
    numbers.push_back(numbering.get(key));
  }
  return numbers;
}

void LaunchVerifier::groupCores() {
  MeshShape mesh = program.mesh;
  std::vector<const Constant *> used = findUsedConstants(program);
  // What all cores of a column, or row, have in common.
  auto numberLines = [&](Constant::Kind kind, unsigned count) {
    Numbering numbering;
    std::vector<uint32_t> numbers;
    for (unsigned i = 0; i != count; ++i) {
      std::vector<int32_t> key;
      for (const Constant *constant : used)
        if (constant->kind == kind)
          key.push_back(constant->values[i]);
      for (const Tensor &tensor : program.tensors)
        if (tensor.mesh)
          key.push_back(i < (kind == Constant::Kind::ByColumn
                                 ? tensor.mesh->columns
                                 : tensor.mesh->rows));
      numbers.push_back(numbering.get(key));
    }
    return numbers;
  };
  std::vector<uint32_t> columns =
      numberLines(Constant::Kind::ByColumn, mesh.columns);
  std::vector<uint32_t> rows = numberLines(Constant::Kind::ByRow, mesh.rows);
  std::vector<std::vector<uint32_t>> colours;
  for (const RouteTable &table : program.routeTables)
    colours.push_back(numberColours(table));
  Numbering numbering;
  std::vector<int32_t> key;
  for (uint32_t core = 0; core != mesh.getNumCores(); ++core) {
    unsigned x = core % mesh.columns, y = core / mesh.columns;
    key = {int32_t(program.getClass(x, y)), int32_t(columns[x]),
           int32_t(rows[y])};
    for (auto [table, numbers] : llvm::zip_equal(program.routeTables, colours))
      key.push_back(numbers[table.classOf[core]]);
    for (const Constant *constant : used)
      if (constant->kind == Constant::Kind::ByCore)
        key.push_back(constant->values[core]);
    uint32_t group = numbering.get(key);
    if (group == groups.size())
      groups.push_back({core, 0, {}});
    ++groups[group].size;
    groupOf.push_back(group);
  }
}

void LaunchVerifier::walkGroups() {
  CoreWalk walk(program, launch, parameters, options.maxIterations);
  MeshShape mesh = program.mesh;
  for (Group &group : groups) {
    unsigned x = group.core % mesh.columns, y = group.core / mesh.columns;
    walk.run(x, y);
    for (EventList &segment : walk.segments)
      group.streams.push_back(pool.add(std::move(segment)));
    for (const CoreWalk::Broken &broken : walk.broken)
      add(broken.rule, program.getClass(x, y), broken.pc,
          describeCore(program, group.core, broken.pc) + ": " + broken.what,
          group.size);
  }
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

bool LaunchVerifier::enterEpoch(size_t segment, uint32_t &routeTable) {
  auto getEnd = [&](const Group &group) {
    return pool.get(group.streams[segment]).back();
  };
  const Group *halted = nullptr, *waiting = nullptr;
  for (const Group &group : groups) {
    StreamEvent end = getEnd(group);
    if (end.kind == Kind::Stop)
      return false;
    const Group *&first = end.kind == Kind::Halt ? halted : waiting;
    if (!first)
      first = &group;
    else if (end.kind == Kind::Epoch && end.extent != getEnd(*first).extent) {
      add(VerifyRule::Epochs, program.getClass(0, 0), end.pc,
          llvm::formatv("{0}: core ({1}, {2}) asks for route table {3}",
                        describeCore(program, group.core, end.pc),
                        first->core % program.mesh.columns,
                        first->core / program.mesh.columns,
                        getEnd(*first).extent),
          group.size);
      return false;
    }
  }
  if (halted && waiting)
    add(VerifyRule::Deadlock, 0, ~0u,
        llvm::formatv("chain of 2: {0} is at an epoch; {1} has halted",
                      describeCore(program, waiting->core, getEnd(*waiting).pc),
                      describeCore(program, halted->core, getEnd(*halted).pc)),
        waiting->size);
  if (halted)
    return false;
  routeTable = getEnd(*waiting).extent;
  return true;
}

void LaunchVerifier::verifySegments() {
  uint32_t routeTable = launch.routeTable;
  std::vector<uint32_t> streams(groupOf.size());
  bool goesOn = true;
  for (size_t segment = 0; goesOn; ++segment) {
    ++verdict.segments;
    for (size_t core = 0; core != streams.size(); ++core)
      streams[core] = groups[groupOf[core]].streams[segment];
    const SegmentVerifier::Verdict &found =
        segments.verify(routeTable, streams);
    for (const auto &[colour, unbalanced] : found.unbalanced)
      add(VerifyRule::Balance, routeTable, colour, unbalanced.first,
          unbalanced.second);
    if (!found.deadlock.empty())
      add(VerifyRule::Deadlock, routeTable, 0, found.deadlock, 1);
    if (verdict.oneWordDeadlock.empty())
      verdict.oneWordDeadlock = found.oneWordDeadlock;
    goesOn = enterEpoch(segment, routeTable);
  }
}

LaunchVerdict LaunchVerifier::verify() {
  groupCores();
  walkGroups();
  verifySegments();
  verdict.streams = groups.size();
  verdict.networks = segments.getNumNetworks();
  return std::move(verdict);
}

llvm::Expected<LaunchVerdict>
plmr::verifyLaunch(const Program &program, const Launch &launch,
                   llvm::ArrayRef<int32_t> parameters,
                   const VerifyOptions &options) {
  if (parameters.size() != launch.parameters.size())
    return makeError("launch '{0}' takes {1} parameter(s), {2} given",
                     launch.name, launch.parameters.size(), parameters.size());
  return LaunchVerifier(program, launch, parameters, options).verify();
}
