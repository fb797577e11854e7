//===- Verify.cpp - plmr verify -------------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Verify/Verify.h"
#include "Commands.h"
#include "Report.h"
#include "plmr/Runtime/Session.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::formatv;

using Parameters = std::vector<int32_t>;

/// The shortest and the longest launch of a model: its loops grow with the
/// position.
static std::vector<Parameters> getExtremes(const Program &program,
                                           const Launch &launch) {
  int32_t context = program.model->contextLength, rows = context;
  int32_t meshRows = 1;
  if (const Tensor *x = program.findTensor("prefill.x")) {
    rows = std::min<int64_t>(rows, getPrefillRows(program).value_or(rows));
    meshRows = program.getMesh(*x).rows;
  }
  int32_t first = (context - rows) / meshRows * meshRows;
  Parameters low, high;
  for (llvm::StringRef name : launch.parameters) {
    low.push_back(name == "end" ? 1 : 0);
    high.push_back(llvm::StringSwitch<int32_t>(name)
                       .Cases({"position", "settled"}, context - 1)
                       .Cases({"to", "positions"}, context)
                       .Case("first", first)
                       .Case("end", rows)
                       .Default(0));
  }
  if (low == high)
    return {low};
  return {low, high};
}

static Expected<std::vector<Parameters>>
chooseParameters(const Program &program, const Launch &launch,
                 llvm::ArrayRef<std::string> texts) {
  if (texts.empty() && program.model)
    return getExtremes(program, launch);
  Expected<Parameters> given = parseParameters(launch, texts);
  if (!given)
    return given.takeError();
  return std::vector<Parameters>{std::move(*given)};
}

static void printFindings(llvm::ArrayRef<Finding> findings) {
  for (const Finding &finding : findings)
    llvm::outs() << formatv("  {0} {1} ({2}): {3}\n", getNumber(finding.rule),
                            getName(finding.rule),
                            printCount(finding.cores, "time"),
                            oneLine(finding.text));
}

/// Prints what the routes say of the channels; returns the findings.
static size_t verifyFlows(const Program &program) {
  RecoveredFlows flows = recoverFlows(program);
  if (flows.channels.empty())
    return 0;
  auto unknown =
      llvm::find_if(flows.channels, [](const RecoveredChannel &channel) {
        return !channel.isKnown;
      });
  llvm::outs() << "channels: ";
  if (unknown != flows.channels.end())
    llvm::outs() << formatv(
        "not compared, the relation of '{0}' is not known\n",
        printable(unknown->name));
  else if (flows.findings.empty())
    llvm::outs() << formatv("{0} found in the routes, and nothing else\n",
                            flows.channels.size());
  else
    llvm::outs() << printCount(flows.findings.size(), "finding") << '\n';
  printFindings(flows.findings);
  return flows.findings.size();
}

static void printVerdict(const LaunchVerdict &verdict,
                         const std::string &call) {
  llvm::outs() << call << ": ";
  if (!verdict.findings.empty())
    llvm::outs() << printCount(verdict.findings.size(), "finding") << '\n';
  else
    llvm::outs() << formatv("safe; {0}, {1}, {2}\n",
                            printCount(verdict.streams, "stream"),
                            printCount(verdict.segments, "segment"),
                            printCount(verdict.networks, "network"));
  printFindings(verdict.findings);
  if (!verdict.findings.empty())
    return;
  llvm::outs() << "  with one-word queues: "
               << (verdict.oneWordDeadlock.empty()
                       ? "lives"
                       : "deadlock, " + oneLine(verdict.oneWordDeadlock))
               << '\n';
}

/// Returns the number of findings.
static Expected<size_t> verifyOne(const Program &program, const Launch &launch,
                                  llvm::ArrayRef<std::string> texts) {
  Expected<std::vector<Parameters>> choices =
      chooseParameters(program, launch, texts);
  if (!choices)
    return choices.takeError();
  size_t findings = 0;
  for (const Parameters &parameters : *choices) {
    if (Error error = checkPositions(program, launch, parameters))
      return std::move(error);
    Expected<LaunchVerdict> verdict = verifyLaunch(program, launch, parameters);
    if (!verdict)
      return verdict.takeError();
    std::vector<std::string> arguments;
    for (auto [name, value] : llvm::zip_equal(launch.parameters, parameters))
      arguments.push_back(formatv("{0}={1}", name, value));
    printVerdict(*verdict, formatv("{0}({1})", printable(launch.name),
                                   llvm::join(arguments, ", ")));
    findings += verdict->findings.size();
  }
  return findings;
}

Error plmr::verifyCommand(const VerifyCommand &options) {
  Expected<Program> program = readProgram(options.program);
  if (!program)
    return program.takeError();
  llvm::SmallVector<const Launch *> launches;
  for (const Launch &launch : program->launches)
    if (!options.launch || launch.name == *options.launch)
      launches.push_back(&launch);
  if (options.launch && launches.empty())
    return makeUnknownLaunchError(*program, "--launch", *options.launch);
  size_t findings = options.launch ? 0 : verifyFlows(*program);
  for (const Launch *launch : launches) {
    Expected<size_t> found = verifyOne(*program, *launch, options.parameters);
    if (!found)
      return found.takeError();
    findings += *found;
  }
  if (findings == 0)
    return Error::success();
  return makeError("{0}: the program is not safe, {1}", options.program,
                   printCount(findings, "finding"));
}
