//===- Inspect.cpp - plmr inspect -----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Report.h"
#include "Table.h"
#include "plmr/Runtime/Session.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace plmr;
using llvm::formatv;
using llvm::StringRef;

static llvm::raw_ostream &os() { return llvm::outs(); }

/// "0-3, 7".
static std::string printColours(llvm::ArrayRef<unsigned> colours) {
  std::string text;
  for (size_t i = 0; i != colours.size();) {
    size_t end = i + 1;
    while (end != colours.size() && colours[end] == colours[end - 1] + 1)
      ++end;
    text += (i ? ", " : "") + std::to_string(colours[i]);
    if (end - i > 1)
      text += "-" + std::to_string(colours[end - 1]);
    i = end;
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Sections
//===----------------------------------------------------------------------===//

static void printHeader(const Program &program) {
  os() << formatv("mesh: {0}, {1} cores\n", printMesh(program),
                  program.mesh.getNumCores());
  if (program.model)
    os() << formatv(
        "model: {0} ({1}), vocabulary {2}, embedding {3}, context "
        "{4} ({5})\n",
        printable(program.model->name), printable(program.model->architecture),
        program.model->vocabSize, program.model->embeddingLength,
        program.model->contextLength, stringify(program.model->kvPlacement));
  os() << printBudgets(program);
}

static std::vector<uint32_t> countCores(const Program &program) {
  std::vector<uint32_t> counts(program.classes.size());
  for (unsigned y = 0; y != program.mesh.rows; ++y)
    for (unsigned x = 0; x != program.mesh.columns; ++x)
      ++counts[program.getClass(x, y)];
  return counts;
}

static void printClasses(const Program &program) {
  Table table({"cores", "instructions", "vector", "bytes", "name"}, "rrrrl");
  for (auto [cls, cores] : llvm::zip(program.classes, countCores(program)))
    table.add({std::to_string(cores), std::to_string(cls.code.size()),
               std::to_string(llvm::count_if(
                   cls.code,
                   [](const Instruction &i) { return isVector(i.opcode); })),
               std::to_string(cls.code.size() * sizeof(Instruction)),
               printable(cls.name)});
  table.print(os(), "classes");
}

static void printLaunches(const Program &program) {
  os() << "\nlaunches\n";
  for (const Launch &launch : program.launches)
    os() << formatv("  {0}({1}): {2} -> {3}\n", printable(launch.name),
                    llvm::join(launch.parameters, ", "),
                    printNames(program, launch.inputs),
                    printNames(program, launch.outputs));
}

/// The map is the same for all cores; the fullest runs the longest code.
static void printMemory(const Program &program) {
  size_t longest = 0;
  for (size_t i = 1; i < program.classes.size(); ++i)
    if (program.classes[i].code.size() > program.classes[longest].code.size())
      longest = i;
  unsigned x = 0, y = 0;
  while (program.getClass(x, y) != longest)
    if (++x == program.mesh.columns)
      x = 0, ++y;
  Table table({"address", "bytes", "kind", "owner"}, "rrll");
  for (const Object &object : program.objects)
    table.add({std::to_string(object.address), std::to_string(object.bytes),
               stringify(object.kind).str(), printable(object.name)});
  table.print(os(), formatv("memory of core {0},{1}", x, y).str());
}

static void printChannels(const Program &program) {
  Table table({"hops", "channel", "colours", "relation"}, "rlll");
  for (const ChannelInfo &channel : program.channels)
    table.add({std::to_string(channel.maxHops), printable(channel.name),
               printColours(channel.colours), printable(channel.relation)});
  table.print(os(), "channels");
}

static void printOperations(const Program &program) {
  Table table({"bytes / core", "hops", "operation", "colours", "algorithm"},
              "rrlll");
  for (const OperationInfo &operation : program.operations)
    table.add({std::to_string(operation.bytesPerCore),
               std::to_string(operation.maxHops), printable(operation.name),
               printColours(operation.colours),
               printable(operation.algorithm)});
  table.print(os(), "operations");
}

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

static llvm::Error printStream(const Program &program, StringRef core) {
  unsigned x, y;
  auto [first, second] = core.split(',');
  if (first.getAsInteger(10, x) || second.getAsInteger(10, y) ||
      x >= program.mesh.columns || y >= program.mesh.rows)
    return makeError("--stream: expected a core X,Y of 0,0 to {0},{1} but got "
                     "'{2}'",
                     program.mesh.columns - 1, program.mesh.rows - 1, core);
  const CoreClass &cls = program.classes[program.getClass(x, y)];
  os() << formatv("core {0},{1}, class {2}\n", x, y, printable(cls.name));
  Table constants({"", "value", "name"}, "rrl");
  for (auto [i, constant] : llvm::enumerate(program.constants))
    constants.add({"k" + std::to_string(i),
                   std::to_string(constant.getValue(program.mesh, x, y)),
                   printable(constant.name)});
  constants.print(os(), "constants");
  Table code({"", "instruction", "location"}, "rll");
  for (auto [pc, inst] : llvm::enumerate(cls.code))
    code.add({std::to_string(pc), printInstruction(inst),
              pc < cls.locations.size()
                  ? printable(program.locations[cls.locations[pc]])
                  : ""});
  code.print(os(), "instructions");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Profiles
//===----------------------------------------------------------------------===//

/// Where the time of the core that finishes last goes, by source location.
static void printProfile(const Program &program, const Launch &launch,
                         const LaunchProfile &profile) {
  const TimingResult &result = profile.result;
  unsigned x = result.lastCore % program.mesh.columns;
  unsigned y = result.lastCore / program.mesh.columns;
  const CoreClass &cls = program.classes[program.getClass(x, y)];
  using Key = std::pair<std::string, std::string>; // location, opcode
  std::map<Key, InstructionTime> groups;
  InstructionTime all = {};
  auto add = [](InstructionTime &sum, const InstructionTime &time) {
    sum.count += time.count;
    sum.ticks += time.ticks;
    sum.before += time.before;
  };
  for (const InstructionTime &time : profile.instructions) {
    std::string location = time.pc < cls.locations.size()
                               ? program.locations[cls.locations[time.pc]]
                               : "";
    std::string text = printInstruction(cls.code[time.pc]);
    add(groups[{location, StringRef(text).split(' ').first.str()}], time);
    add(all, time);
  }
  double cycle = program.machine.ticksPerCycle;
  auto getRow = [&](const InstructionTime &time, StringRef opcode,
                    StringRef location) -> Table::Row {
    return {std::to_string(time.count),
            formatv("{0:F1}", time.ticks / cycle),
            formatv("{0:F1}", time.before / cycle),
            formatv("{0:F1}%", 100.0 * (time.ticks + time.before) /
                                   std::max<uint64_t>(result.ticks, 1)),
            opcode.str(),
            printable(location)};
  };
  std::vector<std::pair<Key, InstructionTime>> order(groups.begin(),
                                                     groups.end());
  llvm::sort(order, [](const auto &a, const auto &b) {
    return a.second.ticks + a.second.before > b.second.ticks + b.second.before;
  });
  os() << formatv("{0}: {1:F1} cycles, core {2},{3} is last, {4} wavelets, "
                  "{5} hops, {6} engine, {7}\n",
                  printable(launch.name), result.cycles, x, y, result.wavelets,
                  result.hops, stringify(result.engine),
                  printCount(result.contended, "contended link"));
  Table table({"count", "cycles", "before", "share", "instruction", "location"},
              "rrrrll");
  for (const auto &[key, time] : order)
    table.add(getRow(time, key.second, key.first));
  table.add(getRow(all, "all", ""));
  table.print(os(), "vector operations");
}

llvm::Error plmr::makeUnknownLaunchError(const Program &program, StringRef flag,
                                         StringRef name) {
  auto names = llvm::map_range(
      program.launches, [](const Launch &launch) { return launch.name; });
  return makeError("{0}: expected one of the launches {1} but got '{2}'", flag,
                   llvm::join(names, ", "), name);
}

static llvm::Error profile(const Program &program, StringRef name,
                           llvm::ArrayRef<std::string> texts) {
  const Launch *launch = program.findLaunch(name);
  if (!launch)
    return makeUnknownLaunchError(program, "--profile", name);
  llvm::Expected<std::vector<int32_t>> parameters =
      parseParameters(*launch, texts);
  if (!parameters)
    return parameters.takeError();
  if (llvm::Error error = checkPositions(program, *launch, *parameters))
    return error;
  llvm::Expected<LaunchProfile> measured =
      profileLaunch(program, *launch, *parameters);
  if (!measured)
    return measured.takeError();
  printProfile(program, *launch, *measured);
  return llvm::Error::success();
}

llvm::Error plmr::inspectProgram(const InspectOptions &options) {
  llvm::Expected<Program> program = readProgram(options.program);
  if (!program)
    return program.takeError();
  if (options.core)
    return printStream(*program, *options.core);
  if (options.launch)
    return profile(*program, *options.launch, options.parameters);
  for (auto *print : {printHeader, printClasses, printLaunches, printMemory,
                      printChannels, printOperations})
    print(*program);
  return llvm::Error::success();
}
