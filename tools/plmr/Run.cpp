//===- Run.cpp - plmr run -------------------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Model.h"
#include "Report.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::formatv;
using llvm::StringRef;

static std::string printIds(ArrayRef<int32_t> ids) {
  return llvm::join(
      llvm::map_range(ids, [](int32_t id) { return std::to_string(id); }), ",");
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

static void printUse(const Program &program) {
  const ModelInfo &model = *program.model;
  uint64_t need = getSramHighWater(program);
  uint64_t budget = program.machine.getUsableSramBytes();
  std::string excess =
      need > budget
          ? formatv(", {0} bytes per core too many", need - budget).str()
          : "";
  llvm::outs() << formatv("{0}: {1}{2}\nmodel: {3}, context {4} ({5})\n",
                          need > budget ? "does not fit" : "fits",
                          printMesh(program), excess, getTitle(model),
                          model.contextLength, stringify(model.kvPlacement))
               << printBudgets(program) << printParts(program);
  if (std::optional<LayerFit> layers = getLayerFit(program))
    llvm::outs() << formatv("layers: {0} of {1} fit\n", layers->fit,
                            layers->all);
  for (const Launch &launch : program.launches)
    llvm::outs() << printLaunchUse(program, launch);
}

/// What lies between the last chunk of a prompt and decode.
static Error printHandOver(const Program &program) {
  if (!program.findLaunch("prefill"))
    return Error::success();
  const Launch *handOver = program.findLaunch("hand_over");
  if (!handOver || handOver->parameters.size() != 1) {
    llvm::outs() << "hand-over: 0 cycles, decode takes all weights as prefill "
                    "has them\n";
    return Error::success();
  }
  auto positions = static_cast<int32_t>(program.model->contextLength);
  Expected<TimingResult> time = timeLaunch(program, *handOver, {positions});
  if (!time)
    return time.takeError();
  llvm::outs() << formatv(
      "hand-over: {0:F1} cycles with {1} positions, weights "
      "and caches change their mesh\n",
      time->cycles, positions);
  return Error::success();
}

/// Time is known without values.
static Error printTimes(const Program &program) {
  const ModelInfo &model = *program.model;
  const Launch *decode = program.findLaunch("decode");
  size_t parameters = model.kvPlacement == KVPlacement::Concat ? 2 : 1;
  if (!decode || decode->parameters.size() != parameters)
    return makeError("expected a launch 'decode' of {0} parameters",
                     parameters);
  llvm::outs().flush();
  announce("timing", program.mesh);
  for (uint32_t position : {0u, model.contextLength - 1}) {
    // With concat: nothing was settled, all tokens are in the last row.
    std::vector<int32_t> values = {static_cast<int32_t>(position), 0};
    values.resize(parameters);
    Expected<TimingResult> time = timeLaunch(program, *decode, values);
    if (!time)
      return time.takeError();
    llvm::outs() << formatv("position {0}: {1:F1} cycles, {2:F0} tokens/s, "
                            "{3}\n",
                            position, time->cycles,
                            program.machine.clockHz / time->cycles,
                            printCount(time->contended, "contended link"));
  }
  return printHandOver(program);
}

/// What fits is found by compiling, so that a program cannot tell.
static void printContexts(Compilation &compilation) {
  llvm::outs() << "largest context:";
  for (KVPlacement placement :
       {KVPlacement::Cyclic, KVPlacement::Shift, KVPlacement::Concat})
    llvm::outs() << formatv(
        "{0} {1} {2}", placement == KVPlacement::Cyclic ? "" : ",",
        compilation.findLargestContext(placement), stringify(placement));
  llvm::outs() << '\n';
}

/// Prints the plan; where the program does not fit, also what it would need.
static Error planModel(const RunOptions &options, ModelCheck readPrompt) {
  Expected<ModelSource> source = openModel(options.target, readPrompt);
  if (!source)
    return source.takeError();
  Expected<Program> program = source->takeProgram();
  if (!program) {
    // What is wrong otherwise, the error says.
    if (Expected<Program> larger = source->compilation->compileWithoutLimit())
      printUse(*larger);
    else
      llvm::consumeError(larger.takeError());
    return program.takeError();
  }
  printUse(*program);
  if (options.noTiming)
    return Error::success();
  if (Error error = printTimes(*program))
    return error;
  if (source->compilation)
    printContexts(*source->compilation);
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
  Error prepare(ModelCheck readPrompt);
  Error generate();
  Error finish();
  void printPrompt(ArrayRef<int32_t> prompt);
  void printToken(int32_t token);

  /// Of the launches of one kind.
  LaunchTotals getPhase(bool isPrefill) const;
  unsigned getContended() const;
  void printSummary() const;
  Json getReport() const;

  const RunOptions &options;
  LoadedModel model;
  std::optional<TextStream> text;
  OutputFiles files;
  OutputFile *logits = nullptr, *report = nullptr; ///< null: not asked for
  std::vector<int32_t> prompt, generated;
};

} // namespace

Error Runner::openFiles() {
  if (Error error =
          files.openIfGiven("--logits", options.logits).moveInto(logits))
    return error;
  if (Error error =
          files.openIfGiven("--report", options.report).moveInto(report))
    return error;
  return checkInputs(files, options.target);
}

Error Runner::prepare(ModelCheck readPrompt) {
  TargetOptions target = options.target;
  target.allLogits = logits != nullptr;
  SessionOptions settings;
  settings.mode = options.check ? EmulatorMode::Check : EmulatorMode::Fast;
  settings.timing = !options.noTiming;
  if (Error error =
          loadSession(target, settings, files, readPrompt).moveInto(model))
    return error;
  text.emplace(model.session->getTokenizer());
  return Error::success();
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
  settings.usePrefill = !logits || model.session->hasAllLogits();
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
  Error error = model.session->generate(prompt, settings, callbacks);
  if (!started)
    return error;
  llvm::outs() << text->finish() << '\n';
  llvm::outs().flush();
  return error;
}

Error Runner::run() {
  auto readPrompt = [&](const ModelInfo &info) -> Error {
    // A plan needs none.
    if (options.prompt || options.ids)
      return getPrompt(options, info).moveInto(prompt);
    return Error::success();
  };
  if (options.dryRun)
    return planModel(options, readPrompt);
  if (Error error = openFiles())
    return error;
  if (Error error = prepare(readPrompt))
    return error;
  announce(options.noTiming ? "emulating" : "emulating and timing",
           model.session->getProgram().mesh);
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

LaunchTotals Runner::getPhase(bool isPrefill) const {
  std::vector<LaunchRecord> records;
  llvm::copy_if(model.session->getRecords(), std::back_inserter(records),
                [&](const LaunchRecord &record) {
                  return record.isPrefill == isPrefill;
                });
  return sumLaunches(records, model.session->getProgram().machine);
}

unsigned Runner::getContended() const {
  unsigned contended = 0;
  for (const LaunchRecord &record : model.session->getRecords())
    contended = std::max(contended, record.contended);
  return contended;
}

void Runner::printSummary() const {
  const Program &program = model.session->getProgram();
  llvm::raw_ostream &os = llvm::errs();
  os << formatv("mesh: {0}, {1} + {2} tokens\n", printMesh(program),
                prompt.size(), generated.size());
  if (options.noTiming)
    os << "time: not computed\n";
  for (bool isPrefill : {true, false}) {
    LaunchTotals phase = getPhase(isPrefill);
    if (phase.launches == 0 || options.noTiming)
      continue;
    os << formatv("{0}: {1:F1} cycles per token, {2:F1} tokens/s at {3}",
                  isPrefill ? "prefill" : "time", phase.cyclesPerToken,
                  phase.tokensPerSecond, printClock(program.machine.clockHz));
    if (isPrefill)
      os << formatv(", {0} in {1}", printCount(phase.tokens, "token"),
                    printCount(phase.launches, "launch", "es"));
    os << '\n';
  }
  os << printBudgets(program);
  if (!options.noTiming)
    os << printContended(getContended());
  os << formatv("host: {0:F2} s to compile, {1:F2} s to load, {2:F2} s to "
                "emulate, {3:F2} s to time\n",
                model.compileSeconds, model.loadSeconds,
                model.session->getEmulatorSeconds(),
                model.session->getTimingSeconds());
}

Json Runner::getReport() const {
  const Program &program = model.session->getProgram();
  Json report = describeProgram(program);
  report["check"] = options.check;
  report["prompt_ids"] = prompt;
  report["ids"] = generated;
  Json launches = Json::array();
  for (const LaunchRecord &record : model.session->getRecords()) {
    Json launch = {{"token", record.token},
                   {"position", record.position},
                   {"count", record.count},
                   {"phase", record.launch},
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
      LaunchTotals phase = getPhase(isPrefill);
      if (phase.launches == 0)
        continue;
      std::string prefix = isPrefill ? "prefill_" : "";
      report[prefix + "cycles_per_token"] = phase.cyclesPerToken;
      report[prefix + "tokens_per_second"] = phase.tokensPerSecond;
    }
    report["contended"] = getContended();
  }
  report["host_seconds"] = {{"compile", model.compileSeconds},
                            {"load", model.loadSeconds},
                            {"emulate", model.session->getEmulatorSeconds()},
                            {"time", model.session->getTimingSeconds()}};
  return report;
}

Error plmr::runModel(const RunOptions &options) {
  if (Error error =
          checkTarget(options.target, ", or --shape NAME with --dry-run"))
    return error;
  if (options.target.shape && !options.dryRun)
    return makeError(
        "--shape: expected --dry-run, since a shape has no weights "
        "to run with");
  if (!options.prompt && !options.ids && !options.dryRun)
    return makeError("expected a prompt: -p TEXT or --ids LIST");
  return options.golden ? runGolden(options) : Runner(options).run();
}
