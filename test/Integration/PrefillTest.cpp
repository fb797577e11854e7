//===- PrefillTest.cpp - Prompts in chunks --------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prompts of any length in chunks of any size, on meshes that divide neither:
// every logit is near the computation in double precision and near that of
// decoding alone, and the text goes on as llama.cpp's, wherever caches have
// their positions.
//
//===----------------------------------------------------------------------===//

#include "Models.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace plmr;

namespace {

using Rows = std::vector<std::vector<float>>;

unsigned getRows(llvm::StringRef mesh) {
  unsigned rows = 0;
  EXPECT_FALSE(mesh.split('x').second.getAsInteger(10, rows));
  return rows;
}

/// The logits of all positions of `prompt` and `count` tokens that follow.
Rows generate(Session &session, llvm::ArrayRef<int32_t> prompt, int64_t count,
              const GenerateOptions &options, std::vector<int32_t> &generated) {
  session.reset();
  GenerateOptions settings = options;
  settings.count = count;
  settings.ignoreEnd = true;
  settings.sampler.temperature = 0;
  Rows rows;
  GenerateCallbacks callbacks;
  callbacks.onLogits = [&](llvm::ArrayRef<float> row) {
    rows.emplace_back(row);
    return llvm::Error::success();
  };
  generated.clear();
  callbacks.onToken = [&](int32_t token) { generated.push_back(token); };
  EXPECT_EQ(llvm::toString(session.generate(prompt, settings, callbacks)), "");
  return rows;
}

double getDifference(llvm::ArrayRef<float> a, llvm::ArrayRef<float> b) {
  double worst = 0;
  for (auto [x, y] : llvm::zip_equal(a, b))
    worst = std::max(worst, std::abs(double(x) - double(y)));
  return worst;
}

constexpr int64_t continuation = 4;

void expectPrefill(const Reference &reference, const std::string &mesh,
                   uint32_t chunk, llvm::ArrayRef<size_t> lengths,
                   KVPlacement placement,
                   EmulatorMode mode = EmulatorMode::Fast) {
  SCOPED_TRACE(mesh + ", chunks of " + std::to_string(chunk) + ", " +
               stringify(placement).str());
  SessionOptions options;
  options.mode = mode;
  options.timing = false;
  GGUFImportOptions import;
  unsigned rows = getRows(mesh);
  import.chunk = (chunk + rows - 1) / rows * rows;
  import.allLogits = true;
  import.kvPlacement = placement;
  auto session = compile(reference.model, mesh, options, import);
  ASSERT_TRUE(static_cast<bool>(session))
      << llvm::toString(session.takeError());
  std::vector<int32_t> ids = reference.getIds(), generated;
  GenerateOptions settings;
  settings.usePrefill = false;
  Rows decoded = generate(
      **session,
      llvm::ArrayRef(ids).take_front(lengths.back() + continuation - 1), 0,
      settings, generated);
  settings.usePrefill = true;
  settings.chunk = chunk;
  for (size_t length : lengths) {
    SCOPED_TRACE("a prompt of " + std::to_string(length));
    Rows logits = generate(**session, llvm::ArrayRef(ids).take_front(length),
                           continuation, settings, generated);
    ASSERT_EQ(logits.size(), length + continuation - 1);
    double fromReference = 0, fromDecode = 0;
    for (auto [position, row] : llvm::enumerate(logits)) {
      // What follows a short prompt is not the recorded text.
      if (position >= length && length < reference.prompt.size())
        break;
      fromReference =
          std::max(fromReference, reference.getDifference(position, row));
      fromDecode = std::max(fromDecode, getDifference(row, decoded[position]));
    }
    testing::Test::RecordProperty("from_reference",
                                  std::to_string(fromReference));
    EXPECT_LE(fromReference, 5e-5);
    EXPECT_LE(fromDecode, 5e-5);
    if (length >= reference.prompt.size())
      EXPECT_EQ(generated,
                std::vector<int32_t>(ids.begin() + length,
                                     ids.begin() + length + continuation));
  }
}

class Prefill : public testing::TestWithParam<
                    std::tuple<const char *, uint32_t, KVPlacement>> {
protected:
  static void expectPrompts(const Reference &reference) {
    auto [mesh, chunk, placement] = GetParam();
    expectPrefill(reference, mesh, chunk, {1, 2, 7, 64, 200}, placement);
  }
};

TEST_P(Prefill, BundledModel) { expectPrompts(getBundledModel()); }

TEST_P(Prefill, Stories260K) {
  std::optional<Reference> reference = getStories260K();
  if (!reference)
    GTEST_SKIP() << "stories260K is not here";
  expectPrompts(*reference);
}

constexpr KVPlacement placements[] = {KVPlacement::Cyclic, KVPlacement::Shift,
                                      KVPlacement::Concat};

INSTANTIATE_TEST_SUITE_P(Meshes, Prefill,
                         testing::Combine(testing::Values("1x1", "4x4", "3x5",
                                                          "5x3", "7x4",
                                                          "13x11"),
                                          testing::Values(1, 5, 16, 64),
                                          testing::ValuesIn(placements)));

TEST(PrefillCheck, NothingUndefinedIsRead) {
  for (const char *mesh : {"3x5", "5x3", "8x2"})
    for (KVPlacement placement : placements)
      expectPrefill(getBundledModel(), mesh, 7, {1, 2, 20}, placement,
                    EmulatorMode::Check);
}

} // namespace
