//===- DecodeTest.cpp - From a GGUF file to tokens -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whole models on many meshes, against what llama.cpp recorded (token ids) and
// a computation in double precision (logits).
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "plmr/Frontend/GGUFImport/Import.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Runtime/Session.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace plmr;

namespace {

struct Reference {
  std::vector<int32_t> prompt, generated;
  /// Logits in double precision, [positions x vocabulary]; may be empty.
  std::vector<double> logits;
};

std::vector<int32_t> parseIds(llvm::StringRef line) {
  std::vector<int32_t> ids;
  llvm::SmallVector<llvm::StringRef> parts;
  line.split(':').second.split(parts, ',');
  for (llvm::StringRef part : parts)
    ids.push_back(std::stoi(part.trim().str()));
  return ids;
}

std::string readFile(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

/// The prompt and the greedy ids that llama.cpp recorded.
Reference readReference(const std::string &path) {
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

llvm::Expected<std::unique_ptr<Session>>
compile(const std::string &path, const std::string &mesh, bool check) {
  llvm::Expected<GGUFFile> file = GGUFFile::open(path);
  if (!file)
    return file.takeError();
  llvm::Expected<ModelDescription> model = readModel(*file);
  if (!model)
    return model.takeError();
  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = importGGUF(*file, *model, &context);
  if (!module)
    return module.takeError();
  CompileOptions options;
  options.device = "lab";
  options.mesh = mesh;
  llvm::Expected<Program> program = compileToProgram(**module, options);
  if (!program)
    return program.takeError();
  llvm::Expected<ModelInfo> info = readModelInfo(*file, *model);
  if (!info)
    return info.takeError();
  program->model = std::move(*info);
  // The tokens' embeddings lie in the model's own file.
  program->model->embedding.file = program->files.size();
  program->files.push_back(path);
  SessionOptions sessionOptions;
  sessionOptions.mode = check ? EmulatorMode::Check : EmulatorMode::Fast;
  return Session::create(std::make_shared<const Program>(std::move(*program)),
                         sessionOptions);
}

/// Feeds the prompt and `count` recorded ids; every choice must be the
/// recorded one and every logit near the reference.
void expectDecode(const std::string &path, const std::string &mesh,
                  const Reference &reference, size_t count, bool check) {
  auto session = compile(path, mesh, check);
  ASSERT_TRUE(static_cast<bool>(session))
      << llvm::toString(session.takeError());
  std::vector<int32_t> ids = reference.prompt;
  llvm::append_range(ids,
                     llvm::ArrayRef(reference.generated).take_front(count));
  double worst = 0;
  for (size_t position = 0; position + 1 < ids.size(); ++position) {
    auto logits = (*session)->feed(ids[position]);
    ASSERT_TRUE(static_cast<bool>(logits))
        << llvm::toString(logits.takeError());
    size_t vocabulary = logits->size();
    if (position + 1 >= reference.prompt.size()) {
      auto best = std::max_element(logits->begin(), logits->end());
      ASSERT_EQ(best - logits->begin(), ids[position + 1])
          << "at position " << position << " on " << mesh;
    }
    if (!reference.logits.empty())
      for (size_t i = 0; i != vocabulary; ++i)
        worst = std::max(worst,
                         std::abs(reference.logits[position * vocabulary + i] -
                                  double((*logits)[i])));
  }
  EXPECT_LE(worst, 5e-5) << "on " << mesh;
  testing::Test::RecordProperty("worst_logit_difference",
                                std::to_string(worst));
  for (const LaunchRecord &record : (*session)->getRecords())
    EXPECT_GT(record.ticks, 0u);
}

/// The logits that models/reference_f64.py recorded, as .npy of float32.
std::vector<double> readNpyLogits(const std::string &path) {
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

const std::string models = PLMR_SOURCE_DIR "/models/";
const std::string otherModels = PLMR_SOURCE_DIR "/../shared/";

class Decode : public testing::TestWithParam<const char *> {};

TEST_P(Decode, BundledModelEqualsLlamaCpp) {
  Reference reference =
      readReference(models + "reference/plmr-stories-280k-f32.lcpp.txt");
  ASSERT_EQ(reference.generated.size(), 200u);
  reference.logits = readNpyLogits(
      models + "reference/plmr-stories-280k-f32.ref_f64.logits.npy");
  expectDecode(models + "plmr-stories-280k-f32.gguf", GetParam(), reference,
               200, false);
}

TEST_P(Decode, Stories260KEqualsLlamaCpp) {
  std::string path = otherModels + "models/stories260K.upstream.gguf";
  if (!llvm::sys::fs::exists(path))
    GTEST_SKIP() << path << " is not here";
  Reference reference =
      readReference(otherModels + "golden/stories260K-f32.lcpp.txt");
  std::string logits =
      readFile(otherModels + "golden/stories260K.ref_f64.logits.f64");
  reference.logits.resize(logits.size() / sizeof(double));
  std::memcpy(reference.logits.data(), logits.data(), logits.size());
  expectDecode(path, GetParam(), reference, 200, false);
}

INSTANTIATE_TEST_SUITE_P(Meshes, Decode,
                         testing::Values("1x1", "2x2", "4x4", "8x8", "3x5",
                                         "5x3", "7x4", "16x16"));

TEST(DecodeCheck, NothingUndefinedIsRead) {
  Reference reference =
      readReference(models + "reference/plmr-stories-280k-f32.lcpp.txt");
  expectDecode(models + "plmr-stories-280k-f32.gguf", "3x5", reference, 12,
               true);
}

TEST(DecodeQuantised, Q80EqualsLlamaCppOnTheDequantisedWeights) {
  Reference reference = readReference(
      models + "reference/plmr-stories-280k-q8_0.deqf32.lcpp.txt");
  expectDecode(models + "plmr-stories-280k-q8_0.gguf", "4x4", reference, 64,
               false);
}

} // namespace
