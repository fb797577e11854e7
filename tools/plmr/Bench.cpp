//===- Bench.cpp - plmr bench ---------------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tests and, where it has them, the names of llama.cpp's llama-bench.
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"
#include "Model.h"
#include "Report.h"
#include "Rows.h"
#include "Table.h"
#include <cmath>
#include <random>

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::formatv;
using llvm::StringRef;

namespace {

/// Tokens that are fed to an empty context.
struct Test {
  bool isPrompt = true; ///< in chunks, where there is a prefill; or one by one
  uint32_t tokens = 0;

  std::string getName() const {
    return formatv("{0}{1}", isPrompt ? "pp" : "tg", tokens);
  }
};

/// What a test showed.
struct Result {
  Test test;
  double mean = 0, deviation = 0; ///< of the host's tokens per second
  LaunchTotals device;
};

class Bench {
public:
  explicit Bench(const BenchOptions &options) : options(options) {}

  Error run();

private:
  Error load();
  Error checkTests(const ModelInfo &info) const;
  std::vector<int32_t> makeTokens(uint32_t count) const;
  /// Tokens per second of the host for one pass.
  Expected<double> runOnce(const Test &test, ArrayRef<int32_t> tokens);
  Expected<Result> measure(const Test &test);
  Json describe(const Result &result) const;
  void printTable(ArrayRef<Result> results) const;
  void print(ArrayRef<Result> results) const;

  const BenchOptions &options;
  std::vector<Test> tests;
  LoadedModel model;
};

} // namespace

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

Error Bench::checkTests(const ModelInfo &info) const {
  for (const Test &test : tests)
    if (test.tokens > info.contextLength)
      return makeError("{0}: expected at most {1} tokens, the positions of the "
                       "context, but got {2}",
                       test.getName(), info.contextLength, test.tokens);
  return Error::success();
}

Error Bench::load() {
  TargetOptions target = options.target;
  for (const Test &test : tests)
    target.positions = std::max(target.positions.value_or(0), test.tokens);
  SessionOptions settings;
  settings.timing = !options.noTiming;
  return loadSession(target, settings, OutputFiles(),
                     [&](const ModelInfo &info) { return checkTests(info); })
      .moveInto(model);
}

/// The same pseudo-random ids each time, after the token that begins a text
/// where the model asks for it.
std::vector<int32_t> Bench::makeTokens(uint32_t count) const {
  const ModelInfo &info = model.session->getModel();
  std::mt19937 random;
  std::vector<int32_t> tokens(count);
  for (int32_t &token : tokens)
    token = static_cast<int32_t>(random() % info.vocabSize);
  if (info.addBos)
    tokens.front() = info.bosId;
  return tokens;
}

Expected<double> Bench::runOnce(const Test &test, ArrayRef<int32_t> tokens) {
  Session &session = *model.session;
  session.reset();
  GenerateOptions settings;
  settings.count = 0;
  settings.usePrefill = test.isPrompt;
  double start = session.getEmulatorSeconds();
  if (Error error = session.generate(tokens, settings, {}))
    return std::move(error);
  return test.tokens / (session.getEmulatorSeconds() - start);
}

Expected<Result> Bench::measure(const Test &test) {
  std::vector<int32_t> tokens = makeTokens(test.tokens);
  if (!options.noWarmup)
    if (Error error = runOnce(test, tokens).takeError())
      return std::move(error);
  std::vector<double> speeds;
  size_t launches = 0;
  for (uint32_t i = 0; i != options.repetitions; ++i) {
    launches = model.session->getRecords().size();
    Expected<double> speed = runOnce(test, tokens);
    if (!speed)
      return speed.takeError();
    speeds.push_back(*speed);
  }
  Result result;
  result.test = test;
  for (double speed : speeds)
    result.mean += speed / speeds.size();
  for (double speed : speeds)
    result.deviation += std::pow(speed - result.mean, 2);
  result.deviation =
      std::sqrt(result.deviation / std::max<size_t>(1, speeds.size() - 1));
  // Cycles are the same in all repetitions.
  result.device = sumLaunches(model.session->getRecords().drop_front(launches),
                              model.session->getProgram().machine);
  return result;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// Of the key and value caches.
static std::string getCacheType(const Program &program) {
  for (const Tensor &tensor : program.tensors)
    if (program.objects[tensor.object].kind == Object::Kind::State)
      return stringify(tensor.type).str();
  return "none";
}

/// One row of `csv` and `json`.
Json Bench::describe(const Result &result) const {
  const Program &program = model.session->getProgram();
  Json row = {{"model_filename", options.target.model},
              {"model_type", getTitle(*program.model)},
              {"device", program.machine.name},
              {"clock_hz", program.machine.clockHz},
              {"mesh", printMesh(program.mesh)},
              {"n_ctx", program.model->contextLength},
              {"chunk", model.session->getChunk()},
              {"type_kv", getCacheType(program)},
              {"n_prompt", result.test.isPrompt ? result.test.tokens : 0},
              {"n_gen", result.test.isPrompt ? 0 : result.test.tokens},
              {"repetitions", options.repetitions},
              {"compile_seconds", model.compileSeconds},
              {"load_seconds", model.loadSeconds},
              {"avg_ts", result.mean},
              {"stddev_ts", result.deviation}};
  if (!options.noTiming) {
    row["cycles_per_token"] = result.device.cyclesPerToken;
    row["device_ts"] = result.device.tokensPerSecond;
  }
  return row;
}

/// Markdown.
void Bench::printTable(ArrayRef<Result> results) const {
  const Program &program = model.session->getProgram();
  Table::Row header = {"model", "device", "mesh", "chunk", "kv", "test", "t/s"};
  if (!options.noTiming)
    header.insert(header.end(), {"cycles/token", "device t/s"});
  Table table(header, StringRef("llrrlrrrr").take_front(header.size()));
  for (const Result &result : results) {
    Table::Row row = {
        getTitle(*program.model),
        program.machine.name,
        printMesh(program.mesh),
        std::to_string(model.session->getChunk()),
        getCacheType(program),
        result.test.getName(),
        formatv("{0:F2} ± {1:F2}", result.mean, result.deviation)};
    if (!options.noTiming) {
      row.push_back(formatv("{0:F1}", result.device.cyclesPerToken));
      row.push_back(formatv("{0:F1}", result.device.tokensPerSecond));
    }
    table.add(std::move(row));
  }
  table.printMarkdown(llvm::outs());
}

void Bench::print(ArrayRef<Result> results) const {
  if (options.format == "md")
    return printTable(results);
  std::vector<Json> rows;
  for (const Result &result : results)
    rows.push_back(describe(result));
  printRows(rows, options.format);
}

Error Bench::run() {
  for (auto [isPrompt, counts] :
       {std::pair{true, &options.prompts}, {false, &options.generated}})
    for (uint32_t count : *counts)
      if (count)
        tests.push_back({isPrompt, count});
  if (tests.empty())
    return makeError("expected a test: -p or -n of 1 token or more");
  if (Error error = load())
    return error;
  const Program &program = model.session->getProgram();
  announce(options.noTiming ? "emulating" : "emulating and timing",
           program.mesh);
  std::vector<Result> results;
  for (const Test &test : tests)
    if (Error error = measure(test).moveInto(results.emplace_back()))
      return error;
  print(results);
  if (Error error = flushStandardOutput())
    return error;
  llvm::errs() << formatv("mesh: {0}, context {1}\n", printMesh(program),
                          program.model->contextLength)
               << printBudgets(program)
               << formatv("host: {0:F2} s to compile, {1:F2} s to load\n",
                          model.compileSeconds, model.loadSeconds);
  return Error::success();
}

Error plmr::benchModel(const BenchOptions &options) {
  if (Error error = checkTarget(options.target, ""))
    return error;
  return Bench(options).run();
}
