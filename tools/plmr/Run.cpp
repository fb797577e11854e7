//===- Run.cpp - plmr run -------------------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Compilation.h"
#include "Report.h"
#include "plmr/Runtime/Session.h"
#include "plmr/Support/OutputFile.h"
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

Expected<std::vector<int32_t>> plmr::parseIds(StringRef text) {
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

/// Reads or compiles a program that has a model.
static Expected<Program> loadModel(const TargetOptions &target) {
  Expected<Program> program = loadProgram(target);
  if (program && !program->model)
    return makeError("{0}: expected a program with a language model but got "
                     "one without; plmr compile -m MODEL.gguf keeps the model, "
                     "plmr exec runs other programs",
                     target.model);
  return program;
}

/// Tells what a large mesh takes its time for: seconds for 10000 cores.
static void announce(StringRef work, MeshShape mesh) {
  if (mesh.getNumCores() >= 10'000)
    llvm::errs() << work << ' ' << mesh.getNumCores() << " cores ...\n";
}

/// Time is known without values.
static Error printPlan(const Program &program) {
  const ModelInfo &model = *program.model;
  llvm::outs() << formatv("fits: {0}\nmodel: {1}, context {2}\n",
                          printMesh(program),
                          model.name.empty() ? model.architecture : model.name,
                          model.contextLength)
               << printBudgets(program);
  const Launch *decode = program.findLaunch("decode");
  if (!decode || decode->parameters.size() != 1)
    return makeError("expected a launch 'decode' of one parameter");
  llvm::outs().flush();
  announce("timing", program.mesh);
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
  Error openFiles();
  Error prepare();
  Expected<std::vector<int32_t>> getPrompt() const;
  Error generate();
  Error finish();
  void printPrompt(ArrayRef<int32_t> prompt);
  void printToken(int32_t token);

  /// What the launches of one kind did.
  struct Phase {
    uint32_t launches = 0, tokens = 0;
    double cyclesPerToken = 0; ///< 0 without timing
  };
  Phase getPhase(bool isPrefill) const;
  unsigned getContended() const;
  void printSummary() const;
  Json getReport() const;

  const RunOptions &options;
  std::unique_ptr<Session> session;
  std::optional<TextStream> text;
  OutputFiles files;
  OutputFile *logits = nullptr, *report = nullptr; ///< null: not asked for
  std::vector<int32_t> prompt, generated;
  double compileSeconds = 0, loadSeconds = 0;
};

} // namespace

Error Runner::openFiles() {
  if (options.logits)
    if (Error error = files.open("--logits", *options.logits).moveInto(logits))
      return error;
  if (options.report)
    if (Error error = files.open("--report", *options.report).moveInto(report))
      return error;
  return checkInputs(files, options.target);
}

Error Runner::prepare() {
  double start = getSeconds();
  TargetOptions target = options.target;
  target.allLogits = logits != nullptr;
  Expected<Program> program = loadModel(target);
  if (!program)
    return program.takeError();
  for (const std::string &file : program->files)
    if (Error error = files.checkInput(file))
      return error;
  double compiled = getSeconds();
  compileSeconds = compiled - start;
  SessionOptions settings;
  settings.mode = options.check ? EmulatorMode::Check : EmulatorMode::Fast;
  settings.timing = !options.noTiming;
  if (Error error =
          Session::create(std::make_shared<Program>(std::move(*program)),
                          settings)
              .moveInto(session))
    return makeError("{0}: {1}", options.target.model,
                     llvm::toString(std::move(error)));
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

Error Runner::generate() {
  GenerateOptions settings;
  settings.count = options.count;
  settings.ignoreEnd = options.ignoreEnd;
  settings.sampler = options.sampler;
  // The file holds all positions, whatever the program's prefill computes.
  settings.usePrefill = !logits || session->hasAllLogits();
  GenerateCallbacks callbacks;
  bool started = false;
  callbacks.onStart = [&] {
    started = true;
    printPrompt(prompt);
  };
  callbacks.onLogits = [&](ArrayRef<float> row) {
    if (logits)
      logits->os().write(reinterpret_cast<const char *>(row.data()),
                         row.size() * sizeof(float));
    return Error::success();
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
    Expected<Program> program = loadModel(options.target);
    return program ? printPlan(*program) : program.takeError();
  }
  if (Error error = openFiles())
    return error;
  if (Error error = prepare())
    return error;
  if (Error error = getPrompt().moveInto(prompt))
    return error;
  announce(options.noTiming ? "emulating" : "emulating and timing",
           session->getProgram().mesh);
  if (Error error = generate())
    return error;
  return finish();
}

Error Runner::finish() {
  if (options.printIds)
    llvm::outs() << "ids: " << printIds(generated) << '\n';
  if (Error error = flushStandardOutput())
    return error;
  if (report)
    writeReport(getReport(), report->os());
  if (Error error = files.keep())
    return error;
  printSummary();
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Figures
//===----------------------------------------------------------------------===//

Runner::Phase Runner::getPhase(bool isPrefill) const {
  Phase phase;
  uint64_t ticks = 0;
  for (const LaunchRecord &record : session->getRecords())
    if (record.isPrefill == isPrefill) {
      ++phase.launches;
      phase.tokens += record.count;
      ticks += record.ticks;
    }
  phase.cyclesPerToken = static_cast<double>(ticks) /
                         session->getProgram().machine.ticksPerCycle /
                         std::max<double>(1, phase.tokens);
  return phase;
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
  for (bool isPrefill : {true, false}) {
    Phase phase = getPhase(isPrefill);
    if (phase.launches == 0 || options.noTiming)
      continue;
    os << formatv("{0}: {1:F1} cycles per token, {2:F1} tokens/s at {3}",
                  isPrefill ? "prefill" : "time", phase.cyclesPerToken,
                  program.machine.clockHz / phase.cyclesPerToken,
                  printClock(program.machine.clockHz));
    if (isPrefill)
      os << formatv(", {0} tokens in {1} launches", phase.tokens,
                    phase.launches);
    os << '\n';
  }
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
                   {"count", record.count},
                   {"phase", record.isPrefill ? "prefill" : "decode"},
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
    for (bool isPrefill : {true, false}) {
      Phase phase = getPhase(isPrefill);
      if (phase.launches == 0)
        continue;
      std::string prefix = isPrefill ? "prefill_" : "";
      report[prefix + "cycles_per_token"] = phase.cyclesPerToken;
      report[prefix + "tokens_per_second"] =
          program.machine.clockHz / phase.cyclesPerToken;
    }
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
  return options.golden ? runGolden(options) : Runner(options).run();
}
