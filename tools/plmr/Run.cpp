//===- Run.cpp - plmr run -------------------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Compilation.h"
#include "OutputFile.h"
#include "Report.h"
#include "plmr/Runtime/Session.h"
#include "llvm/ADT/StringExtras.h"
#include <chrono>

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::formatv;
using llvm::StringRef;

static double getSeconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

static Expected<std::vector<int32_t>> parseIds(StringRef text) {
  std::vector<int32_t> ids;
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ',');
  for (StringRef part : parts)
    if (part.trim().getAsInteger(10, ids.emplace_back()))
      return makeError("--ids: expected token ids, for example 1,403,407, but "
                       "got '{0}'",
                       text);
  return ids;
}

static std::string printIds(ArrayRef<int32_t> ids) {
  return llvm::join(
      llvm::map_range(ids, [](int32_t id) { return std::to_string(id); }), ",");
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

/// Time is known without values.
static Error printPlan(const Program &program) {
  if (!program.model)
    return makeError("expected a program with a language model but got one "
                     "without");
  const ModelInfo &model = *program.model;
  llvm::outs() << formatv("fits: {0}\nmodel: {1}, context {2}\n",
                          printMesh(program),
                          model.name.empty() ? model.architecture : model.name,
                          model.contextLength)
               << printBudgets(program);
  const Launch *decode = program.findLaunch("decode");
  if (!decode || decode->parameters.size() != 1)
    return makeError("expected a launch 'decode' of one parameter");
  for (uint32_t position : {0u, model.contextLength - 1}) {
    Expected<TimingResult> time =
        timeLaunch(program, *decode, {static_cast<int32_t>(position)});
    if (!time)
      return time.takeError();
    llvm::outs() << formatv("position {0}: {1:F1} cycles, {2:F0} tokens/s, "
                            "{3} contended links\n",
                            position, time->cycles,
                            program.machine.clockHz / time->cycles,
                            time->contended);
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// A run
//===----------------------------------------------------------------------===//

namespace {

class Runner {
public:
  explicit Runner(const RunOptions &options) : options(options) {}

  Error run();

private:
  Error prepare();
  Expected<std::vector<int32_t>> getPrompt() const;
  Error generate();
  Error finish();
  void printPrompt(ArrayRef<int32_t> prompt);
  void printToken(int32_t token);
  Error writeLogits(ArrayRef<float> logits);

  double getMeanCycles() const;
  unsigned getContended() const;
  void printSummary() const;
  Json getReport() const;

  const RunOptions &options;
  std::unique_ptr<Session> session;
  std::optional<TextStream> text;
  std::optional<OutputFile> logitsFile;
  std::vector<int32_t> prompt, generated;
  double compileSeconds = 0, loadSeconds = 0;
};

} // namespace

Error Runner::prepare() {
  double start = getSeconds();
  Expected<Program> program = loadProgram(options.target);
  if (!program)
    return program.takeError();
  double compiled = getSeconds();
  compileSeconds = compiled - start;
  SessionOptions settings;
  settings.mode = options.check ? EmulatorMode::Check : EmulatorMode::Fast;
  settings.timing = !options.noTiming;
  if (Error error =
          Session::create(std::make_shared<Program>(std::move(*program)),
                          settings)
              .moveInto(session))
    return error;
  loadSeconds = getSeconds() - compiled;
  text.emplace(session->getTokenizer());
  return Error::success();
}

Expected<std::vector<int32_t>> Runner::getPrompt() const {
  if (options.ids)
    return parseIds(*options.ids);
  return session->getTokenizer().encode(options.prompt.value_or(""));
}

/// The text as it was given; the tokens' bytes, where it was given as ids.
void Runner::printPrompt(ArrayRef<int32_t> tokens) {
  if (options.hidePrompt)
    return;
  if (options.prompt) {
    llvm::outs() << *options.prompt;
    return;
  }
  for (int32_t token : tokens)
    printToken(token);
}

void Runner::printToken(int32_t token) {
  llvm::outs() << text->push(token);
  llvm::outs().flush();
}

Error Runner::writeLogits(ArrayRef<float> logits) {
  if (logitsFile)
    logitsFile->os().write(reinterpret_cast<const char *>(logits.data()),
                           logits.size() * sizeof(float));
  return Error::success();
}

Error Runner::generate() {
  GenerateOptions settings;
  settings.count = options.count;
  settings.ignoreEnd = options.ignoreEnd;
  settings.sampler = options.sampler;
  GenerateCallbacks callbacks;
  bool started = false;
  callbacks.onStart = [&] {
    started = true;
    printPrompt(prompt);
  };
  callbacks.onLogits = [&](ArrayRef<float> logits) {
    return writeLogits(logits);
  };
  callbacks.onToken = [&](int32_t token) {
    generated.push_back(token);
    printToken(token);
  };
  Error error = session->generate(prompt, settings, callbacks);
  if (!started)
    return error;
  llvm::outs() << text->finish() << '\n';
  llvm::outs().flush();
  return error;
}

Error Runner::run() {
  if (options.dryRun) {
    Expected<Program> program = loadProgram(options.target);
    return program ? printPlan(*program) : program.takeError();
  }
  if (Error error = prepare())
    return error;
  if (Error error = getPrompt().moveInto(prompt))
    return error;
  if (!options.logits.empty()) {
    Expected<OutputFile> file = OutputFile::create(options.logits);
    if (!file)
      return file.takeError();
    logitsFile.emplace(std::move(*file));
  }
  if (Error error = generate())
    return error;
  return finish();
}

Error Runner::finish() {
  if (options.printIds)
    llvm::outs() << "ids: " << printIds(generated) << '\n';
  llvm::outs().flush();
  if (logitsFile)
    if (Error error = logitsFile->keep())
      return error;
  printSummary();
  if (options.report.empty())
    return Error::success();
  return writeReport(getReport(), options.report);
}

//===----------------------------------------------------------------------===//
// Figures
//===----------------------------------------------------------------------===//

double Runner::getMeanCycles() const {
  uint64_t ticks = 0;
  for (const LaunchRecord &record : session->getRecords())
    ticks += record.ticks;
  return static_cast<double>(ticks) /
         static_cast<double>(session->getRecords().size()) /
         session->getProgram().machine.ticksPerCycle;
}

unsigned Runner::getContended() const {
  unsigned contended = 0;
  for (const LaunchRecord &record : session->getRecords())
    contended = std::max(contended, record.contended);
  return contended;
}

void Runner::printSummary() const {
  const Program &program = session->getProgram();
  llvm::raw_ostream &os = llvm::errs();
  os << formatv("mesh: {0}, {1} + {2} tokens\n", printMesh(program),
                prompt.size(), generated.size());
  if (options.noTiming)
    os << "time: not computed\n";
  else
    os << formatv("time: {0:F1} cycles per token, {1:F1} tokens/s at {2}\n",
                  getMeanCycles(), program.machine.clockHz / getMeanCycles(),
                  printClock(program.machine.clockHz));
  os << printBudgets(program);
  if (!options.noTiming) {
    os << "contended: ";
    if (unsigned contended = getContended())
      os << contended << " links\n";
    else
      os << "no\n";
  }
  os << formatv("host: {0:F2} s to compile, {1:F2} s to load, {2:F2} s to "
                "emulate, {3:F2} s to time\n",
                compileSeconds, loadSeconds, session->getEmulatorSeconds(),
                session->getTimingSeconds());
}

Json Runner::getReport() const {
  const Program &program = session->getProgram();
  Json report = describeProgram(program);
  report["check"] = options.check;
  report["prompt_ids"] = prompt;
  report["ids"] = generated;
  Json launches = Json::array();
  for (const LaunchRecord &record : session->getRecords()) {
    Json launch = {{"token", record.token},
                   {"position", record.position},
                   {"macs", record.macs}};
    if (!options.noTiming) {
      launch["cycles"] =
          static_cast<double>(record.ticks) / program.machine.ticksPerCycle;
      launch["contended"] = record.contended;
    }
    launches.push_back(std::move(launch));
  }
  report["launches"] = std::move(launches);
  if (!options.noTiming) {
    report["cycles_per_token"] = getMeanCycles();
    report["tokens_per_second"] = program.machine.clockHz / getMeanCycles();
    report["contended"] = getContended();
  }
  report["host_seconds"] = {{"compile", compileSeconds},
                            {"load", loadSeconds},
                            {"emulate", session->getEmulatorSeconds()},
                            {"time", session->getTimingSeconds()}};
  return report;
}

Error plmr::runModel(const RunOptions &options) {
  if (!options.prompt && !options.ids && !options.dryRun)
    return makeError("expected a prompt: -p TEXT or --ids LIST");
  return Runner(options).run();
}
