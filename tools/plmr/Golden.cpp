//===- Golden.cpp - plmr run --golden -------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Interpreter/Golden.h"
#include "Commands.h"
#include "Compilation.h"
#include "Model.h"
#include "Report.h"
#include <algorithm>

using namespace plmr;
using interpreter::Difference;
using interpreter::Golden;
using interpreter::GoldenMode;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::formatv;
using llvm::StringRef;

namespace {

/// Feeds a prompt, and the likeliest tokens that follow, at all levels.
class GoldenRunner {
public:
  explicit GoldenRunner(const RunOptions &options) : options(options) {}

  Error run();

private:
  Error parseOptions();
  Error openFiles();
  Error compile();
  Error readEmbedding(int32_t token, float *row);
  Error runPrefill(ArrayRef<int32_t> tokens);
  Error runDecode(int32_t token);
  Error runHandOver();
  Error runSettle();
  Error feed(ArrayRef<int32_t> tokens);
  Expected<int32_t> chooseToken();
  void print() const;
  Json getReport() const;

  const RunOptions &options;
  interpreter::GoldenOptions settings;
  OutputFiles files;
  OutputFile *report = nullptr; ///< null: not asked for
  std::unique_ptr<Compilation> compilation;
  mlir::OwningOpRef<mlir::ModuleOp> graph, mesh, tile;
  std::shared_ptr<const Program> program;
  std::unique_ptr<DataFiles> data;
  std::unique_ptr<Golden> golden;
  std::vector<int32_t> prompt;
  uint32_t prefillRows = 0; ///< 0: there is no prefill
  uint32_t meshRows = 0;    ///< of the mesh of prefill
  uint32_t position = 0;
  uint32_t settled = 0; ///< positions of the prompt, once they are decoded on
  bool lastWasPrefill = false;
  uint32_t lastRow = 0; ///< of the last prefill
};

} // namespace

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

Error GoldenRunner::parseOptions() {
  if (*options.golden == "accumulated")
    settings.mode = GoldenMode::Accumulated;
  else if (*options.golden != "isolated")
    return makeError("--golden: expected isolated or accumulated but got '{0}'",
                     *options.golden);
  // What a cache in f16 rounds to a neighbour differs by half a unit of it.
  double usual = options.target.kv == "f16" ? 2e-3 : settings.tolerance;
  settings.tolerance = options.goldenTolerance.value_or(usual);
  Expected<bool> compiled = isProgram(options.target);
  if (!compiled)
    return compiled.takeError();
  if (*compiled || StringRef(options.target.model).ends_with(".mlir"))
    return makeError("{0}: --golden needs the levels above the program and a "
                     "tokenizer, which a GGUF file has",
                     options.target.model);
  return Error::success();
}

Error GoldenRunner::openFiles() {
  if (Error error =
          files.openIfGiven("--report", options.report).moveInto(report))
    return error;
  return checkInputs(files, options.target);
}

Error GoldenRunner::compile() {
  if (Error error = Compilation::create(options.target).moveInto(compilation))
    return error;
  if (Error error =
          getPrompt(options, *compilation->getModel()).moveInto(prompt))
    return error;
  Expected<Program> compiled = compilation->compile();
  if (!compiled)
    return compiled.takeError();
  program = std::make_shared<Program>(std::move(*compiled));
  data = std::make_unique<DataFiles>(*program);
  for (auto [module, level] : {std::pair{&graph, Level::Graph},
                               {&mesh, Level::Mesh},
                               {&tile, Level::Tile}})
    if (Error error = compilation->lower(level).moveInto(*module))
      return error;
  if (const Tensor *rows = program->findTensor("prefill.x")) {
    prefillRows = static_cast<uint32_t>(getPrefillRows(*program).value_or(0));
    meshRows = program->getMesh(*rows).rows;
  }
  return Golden::create({*graph, *mesh, *tile, program}, settings)
      .moveInto(golden);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

Error GoldenRunner::readEmbedding(int32_t token, float *row) {
  const ModelInfo &model = *program->model;
  uint64_t width = model.embeddingLength;
  return data->read(model.embedding, static_cast<uint64_t>(token) * width,
                    {row, width});
}

/// Row i is at position first + i, first being a multiple of `meshRows`.
Error GoldenRunner::runPrefill(ArrayRef<int32_t> tokens) {
  size_t width = program->model->embeddingLength;
  uint32_t begin = position % meshRows;
  interpreter::Inputs inputs;
  std::vector<float> &x = inputs.tensors["prefill.x"];
  x.resize(prefillRows * width);
  for (auto [i, token] : llvm::enumerate(tokens))
    if (Error error = readEmbedding(token, x.data() + (begin + i) * width))
      return error;
  auto end = static_cast<int64_t>(begin + tokens.size());
  inputs.parameters = {
      {"first", position - begin}, {"begin", begin}, {"end", end}};
  inputs.rows = {begin, end};
  position += static_cast<uint32_t>(tokens.size());
  lastWasPrefill = true;
  lastRow = static_cast<uint32_t>(end) - 1;
  return golden->launch("prefill", inputs);
}

/// The prompt is prefilled once, so nothing is handed back.
Error GoldenRunner::runHandOver() {
  if (!lastWasPrefill || !program->findLaunch("hand_over"))
    return Error::success();
  interpreter::Inputs inputs;
  inputs.parameters = {{"positions", position}};
  return golden->launch("hand_over", inputs);
}

/// The prompt is prefilled once, so what was settled before is nothing.
Error GoldenRunner::runSettle() {
  if (!lastWasPrefill || !program->findLaunch("settle"))
    return Error::success();
  settled = position;
  interpreter::Inputs inputs;
  inputs.parameters = {{"from", 0}, {"to", position}};
  return golden->launch("settle", inputs);
}

Error GoldenRunner::runDecode(int32_t token) {
  if (Error error = runHandOver())
    return error;
  if (Error error = runSettle())
    return error;
  interpreter::Inputs inputs;
  std::vector<float> &x = inputs.tensors["x"];
  x.resize(program->model->embeddingLength);
  if (Error error = readEmbedding(token, x.data()))
    return error;
  inputs.parameters["position"] = position++;
  inputs.parameters["settled"] = settled;
  lastWasPrefill = false;
  return golden->launch("decode", inputs);
}

/// The likeliest token of the last position, at the graph level.
Expected<int32_t> GoldenRunner::chooseToken() {
  Expected<std::vector<float>> logits =
      golden->read(lastWasPrefill ? "prefill.logits" : "logits");
  if (!logits)
    return logits.takeError();
  // Of a prefill that computes them for all rows, the last new one's.
  bool hasAllRows = logits->size() > program->model->vocabSize;
  auto begin =
      logits->begin() + (hasAllRows ? lastRow * program->model->vocabSize : 0);
  auto end = begin + program->model->vocabSize;
  return static_cast<int32_t>(std::max_element(begin, end) - begin);
}

Error GoldenRunner::feed(ArrayRef<int32_t> tokens) {
  while (!tokens.empty()) {
    size_t count = 1;
    if (prefillRows)
      count =
          std::min<size_t>(tokens.size(), prefillRows - position % meshRows);
    if (Error error = prefillRows ? runPrefill(tokens.take_front(count))
                                  : runDecode(tokens.front()))
      return error;
    tokens = tokens.drop_front(count);
  }
  for (int64_t generated = 1; generated < options.count; ++generated) {
    Expected<int32_t> token = chooseToken();
    if (!token)
      return token.takeError();
    if (Error error = runDecode(*token))
      return error;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Figures
//===----------------------------------------------------------------------===//

static std::string printLayer(const Difference &difference) {
  std::string text;
  for (int64_t trip : difference.layer)
    text += (text.empty() ? "" : ".") + std::to_string(trip);
  return text.empty() ? "-" : text;
}

void GoldenRunner::print() const {
  llvm::raw_ostream &os = llvm::outs();
  os << formatv("{0,-9} {1,-20} {2,-10} {3,10} {4,10} {5,6} {6,6}\n",
                "function", "operation", "levels", "max |diff|", "relative",
                "layer", "launch");
  for (const Difference &worst : golden->getWorst())
    os << formatv("{0,-9} {1,-20} {2,-10} {3,10} {4,10} {5,6} {6,6}\n",
                  worst.function, worst.operation, stringify(worst.pair),
                  formatv("{0:e2}", worst.absolute).str(),
                  formatv("{0:e2}", worst.relative).str(), printLayer(worst),
                  worst.launch);
  for (const std::string &hidden : golden->getHidden())
    os << "not compared: " << hidden << '\n';
  os.flush();
}

static Json describe(const Difference &difference) {
  Json json = {{"function", difference.function},
               {"operation", difference.operation},
               {"levels", stringify(difference.pair).str()},
               {"launch", difference.launch},
               {"layer", std::vector<int64_t>(difference.layer.begin(),
                                              difference.layer.end())},
               {"absolute", difference.absolute},
               {"relative", difference.relative},
               {"core", {difference.x, difference.y}},
               {"expected", difference.expected},
               {"actual", difference.actual}};
  json["element"] = std::vector<int64_t>(difference.element.begin(),
                                         difference.element.end());
  return json;
}

Json GoldenRunner::getReport() const {
  Json json = describeProgram(*program);
  json["golden"] = *options.golden;
  json["tolerance"] = settings.tolerance;
  Json differences = Json::array();
  for (const Difference &worst : golden->getWorst())
    differences.push_back(describe(worst));
  json["differences"] = std::move(differences);
  json["not_compared"] = golden->getHidden();
  if (const auto &first = golden->getFirst())
    json["first"] = describe(*first);
  return json;
}

Error GoldenRunner::run() {
  if (Error error = parseOptions())
    return error;
  if (Error error = openFiles())
    return error;
  if (Error error = compile())
    return error;
  if (Error error = feed(prompt))
    return error;
  print();
  if (report)
    writeReport(getReport(), report->os());
  if (Error error = files.keep())
    return error;
  if (const auto &first = golden->getFirst())
    return makeError("first divergence: {0}", first->print());
  return Error::success();
}

Error plmr::runGolden(const RunOptions &options) {
  return GoldenRunner(options).run();
}
