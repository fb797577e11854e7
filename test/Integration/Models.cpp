//===- Models.cpp - Models, references and sessions for tests -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Models.h"
#include "mlir/IR/MLIRContext.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/Registration.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace plmr;

static std::vector<int32_t> parseIds(llvm::StringRef line) {
  std::vector<int32_t> ids;
  llvm::SmallVector<llvm::StringRef> parts;
  line.split(':').second.split(parts, ',');
  for (llvm::StringRef part : parts)
    ids.push_back(std::stoi(part.trim().str()));
  return ids;
}

static std::string readFile(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

/// The prompt and the greedy ids that llama.cpp recorded.
static Reference readReference(const std::string &path) {
  Reference reference;
  std::string text = readFile(path);
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text).split(lines, '\n');
  for (llvm::StringRef line : lines) {
    if (line.starts_with("prompt ids:"))
      reference.prompt = parseIds(line);
    if (line.starts_with("generated ids:"))
      reference.generated = parseIds(line);
  }
  return reference;
}

/// The logits that models/reference_f64.py recorded, as .npy of float32.
static std::vector<double> readNpyLogits(const std::string &path) {
  std::string bytes = readFile(path);
  EXPECT_GT(bytes.size(), 128u) << path;
  uint16_t header;
  std::memcpy(&header, bytes.data() + 8, 2);
  std::vector<double> logits;
  for (size_t at = 10 + header; at + 4 <= bytes.size(); at += 4) {
    float value;
    std::memcpy(&value, bytes.data() + at, 4);
    logits.push_back(value);
  }
  return logits;
}

static const std::string models = PLMR_SOURCE_DIR "/models/";
static const std::string otherModels = PLMR_SOURCE_DIR "/../shared/";

std::vector<int32_t> Reference::getIds() const {
  std::vector<int32_t> ids = prompt;
  llvm::append_range(ids, generated);
  return ids;
}

double Reference::getDifference(size_t position,
                                llvm::ArrayRef<float> row) const {
  double worst = 0;
  for (auto [i, logit] : llvm::enumerate(row))
    worst = std::max(
        worst, std::abs(logits[position * row.size() + i] - double(logit)));
  return worst;
}

Reference plmr::getBundledModel() {
  Reference reference =
      readReference(models + "reference/plmr-stories-280k-f32.lcpp.txt");
  EXPECT_EQ(reference.generated.size(), 200u);
  reference.logits = readNpyLogits(
      models + "reference/plmr-stories-280k-f32.ref_f64.logits.npy");
  reference.model = models + "plmr-stories-280k-f32.gguf";
  return reference;
}

Reference plmr::getBundledQuantisedModel() {
  Reference reference = readReference(
      models + "reference/plmr-stories-280k-q8_0.deqf32.lcpp.txt");
  reference.model = models + "plmr-stories-280k-q8_0.gguf";
  return reference;
}

std::optional<Reference> plmr::getStories260K() {
  std::string path = otherModels + "models/stories260K.upstream.gguf";
  if (!llvm::sys::fs::exists(path))
    return std::nullopt;
  Reference reference =
      readReference(otherModels + "golden/stories260K-f32.lcpp.txt");
  reference.model = path;
  std::string logits =
      readFile(otherModels + "golden/stories260K.ref_f64.logits.f64");
  reference.logits.resize(logits.size() / sizeof(double));
  std::memcpy(reference.logits.data(), logits.data(), logits.size());
  return reference;
}

llvm::Expected<std::unique_ptr<Session>>
plmr::compile(const std::string &path, const std::string &mesh,
              const SessionOptions &sessionOptions,
              const GGUFImportOptions &import, const std::string &decodeMesh) {
  llvm::Expected<GGUFFile> file = GGUFFile::open(path);
  if (!file)
    return file.takeError();
  llvm::Expected<ModelDescription> model = readModel(*file);
  if (!model)
    return model.takeError();
  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = importGGUF(*file, *model, &context, import);
  if (!module)
    return module.takeError();
  CompileOptions options;
  options.device = "lab";
  options.mesh = mesh;
  options.decodeMesh = decodeMesh;
  llvm::Expected<Program> program = compileToProgram(**module, options);
  if (!program)
    return program.takeError();
  llvm::Expected<ModelInfo> info = readModelInfo(*file, *model);
  if (!info)
    return info.takeError();
  program->model = std::move(*info);
  program->model->kvPlacement = import.kvPlacement;
  // The tokens' embeddings lie in the model's own file.
  program->model->embedding.file = program->files.size();
  program->files.push_back(path);
  return Session::create(std::make_shared<const Program>(std::move(*program)),
                         sessionOptions);
}
