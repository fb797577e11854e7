//===- Verify.cpp - Proof that a program is safe --------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Verify/Verify.h"
#include "CoreGroups.h"
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
      "races",  "undefined reads", "balance", "deadlock", "epochs",   "flows"};
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
  bool walkGroups();
  void verifySegments();
  /// False where the launch does not go on to another segment.
  bool enterEpoch(size_t segment, uint32_t &routeTable);
  void add(VerifyRule rule, uint32_t cls, uint32_t pc, std::string text,
           uint64_t cores);

  const Program &program;
  const Launch &launch;
  llvm::ArrayRef<int32_t> parameters;
  const VerifyOptions &options;
  StreamPool pool;
  SegmentVerifier segments;
  std::optional<CoreGroups> groups;
  std::vector<std::vector<uint32_t>> streams; ///< per group and segment
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

/// False if the cores of a group may differ.
bool LaunchVerifier::walkGroups() {
  CoreWalk walk(program, launch, parameters, options.maxIterations);
  MeshShape mesh = program.mesh;
  verdict = {};
  known.clear();
  streams.clear();
  for (const CoreGroups::Group &group : groups->getGroups()) {
    unsigned x = group.core % mesh.columns, y = group.core / mesh.columns;
    groups->begin(group);
    walk.run(x, y, groups->getObserver(group));
    if (!groups->isAsExpected(group))
      return false;
    std::vector<uint32_t> &own = streams.emplace_back();
    for (EventList &segment : walk.segments)
      own.push_back(pool.add(std::move(segment)));
    for (const CoreWalk::Broken &broken : walk.broken)
      add(broken.rule, program.getClass(x, y), broken.pc,
          describeCore(program, group.core, broken.pc) + ": " + broken.what,
          group.size);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

bool LaunchVerifier::enterEpoch(size_t segment, uint32_t &routeTable) {
  using Group = CoreGroups::Group;
  auto getEnd = [&](const Group &group) {
    return pool.get(streams[group.number][segment]).back();
  };
  const Group *halted = nullptr, *waiting = nullptr;
  for (const Group &group : groups->getGroups()) {
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
  llvm::ArrayRef<uint32_t> groupOf = groups->getGroupOf();
  std::vector<uint32_t> streamOf(groupOf.size());
  bool goesOn = true;
  for (size_t segment = 0; goesOn; ++segment) {
    ++verdict.segments;
    for (size_t core = 0; core != groupOf.size(); ++core)
      streamOf[core] = streams[groupOf[core]][segment];
    const SegmentVerifier::Verdict &found =
        segments.verify(routeTable, streamOf);
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
  CoreGroups::Options grouping{launch, parameters, options.maxIterations, true};
  groups.emplace(program, grouping);
  if (!walkGroups()) {
    grouping.byResults = false;
    groups.emplace(program, grouping);
    walkGroups();
  }
  verifySegments();
  verdict.streams = groups->getGroups().size();
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
