//===- CacheTest.cpp - Caches placed in other ways ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With --kv-placement shift and concat the logits are those of a cyclic cache
// and near the computation in double precision, the text is the same, and each
// position is in the row and slot that KVPlacement.h tells: the caches are read
// back and compared with the cyclic one, position by position.
//
//===----------------------------------------------------------------------===//

#include "Models.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace plmr;

namespace {

using Rows = std::vector<std::vector<float>>;
constexpr int64_t continuation = 4;
const llvm::ExitOnError check("unexpected error: ");

/// A session, and what was fed to it.
class Cache {
public:
  Cache(const Reference &reference, const std::string &mesh,
        KVPlacement placement, uint32_t chunk = 0, bool timing = false,
        EmulatorMode mode = EmulatorMode::Fast)
      : placement(placement) {
    GGUFImportOptions import;
    import.kvPlacement = placement;
    EXPECT_FALSE(
        llvm::StringRef(mesh).split('x').second.getAsInteger(10, rows));
    import.chunk = (chunk + rows - 1) / rows * rows;
    SessionOptions options;
    options.timing = timing;
    options.mode = mode;
    session = check(compile(reference.model, mesh, options, import));
  }

  /// The logits of what is fed: of a prefill's last rows only.
  Rows generate(llvm::ArrayRef<int32_t> prompt, int64_t count,
                uint32_t chunk = 0) {
    GenerateOptions settings;
    settings.count = count;
    settings.ignoreEnd = true;
    settings.sampler.temperature = 0;
    settings.usePrefill = chunk != 0;
    settings.chunk = chunk;
    Rows logits;
    GenerateCallbacks callbacks;
    callbacks.onLogits = [&](llvm::ArrayRef<float> row) {
      logits.emplace_back(row);
      return llvm::Error::success();
    };
    generated.clear();
    callbacks.onToken = [&](int32_t token) { generated.push_back(token); };
    check(session->generate(prompt, settings, callbacks));
    return logits;
  }

  /// All caches [.. x slots of all rows]: a line for each layer and feature.
  Rows read() {
    Rows lines;
    for (const char *name : {"k.cache", "v.cache"}) {
      std::vector<float> all = check(session->readState(name));
      int64_t slots =
          session->getProgram().findTensor(name)->placement.getShape().back();
      for (llvm::ArrayRef<float> rest = all; !rest.empty();
           rest = rest.drop_front(slots))
        lines.emplace_back(rest.take_front(slots));
    }
    return lines;
  }

  /// Compares all positions with those of `cyclic`, which has fed the same
  /// tokens, and maybe more.
  void expectPlaces(Cache &cyclic, int64_t settled) {
    int64_t count = session->getPosition();
    Rows expected = cyclic.read(), actual = read();
    double worst = 0, nearest = INFINITY;
    for (int64_t position = 0; position != count; ++position) {
      // Slots of a cyclic cache have the numbers of their positions.
      CachePlace place = findPlace(placement, rows, position, count, settled);
      double fromNext = 0;
      for (auto [right, line] : llvm::zip_equal(expected, actual)) {
        double value = right[position];
        worst = std::max(worst,
                         std::abs(value - line[place.slot * rows + place.row]));
        fromNext = std::max(fromNext, std::abs(value - right[position + 1]));
      }
      nearest = std::min(nearest, fromNext);
    }
    // Two computations in f32; neighbours differ by far more.
    EXPECT_LE(worst, 1e-4);
    EXPECT_GE(nearest, 1e-2);
  }

  static double getDifference(llvm::ArrayRef<float> a,
                              llvm::ArrayRef<float> b) {
    double worst = 0;
    for (auto [x, y] : llvm::zip_equal(a, b))
      worst = std::max(worst, std::abs(double(x) - double(y)));
    return worst;
  }

  KVPlacement placement;
  int64_t rows = 0;
  std::unique_ptr<Session> session;
  std::vector<int32_t> generated; ///< by the last call
};

class Placements : public testing::TestWithParam<const char *> {
protected:
  /// Logits of all positions.
  static void expectLogits(const Reference &reference, const Rows &logits,
                           const Rows &cyclic) {
    double fromReference = 0, fromCyclic = 0;
    for (auto [position, row] : llvm::enumerate(logits)) {
      fromReference =
          std::max(fromReference, reference.getDifference(position, row));
      fromCyclic =
          std::max(fromCyclic, Cache::getDifference(row, cyclic[position]));
    }
    EXPECT_LE(fromReference, 5e-5);
    EXPECT_LE(fromCyclic, 5e-5);
  }

  static void expectEqual(const Reference &reference, const std::string &mesh) {
    std::vector<int32_t> ids = reference.getIds();
    llvm::ArrayRef<int32_t> all = llvm::ArrayRef(ids).take_front(204);
    Cache cyclic(reference, mesh, KVPlacement::Cyclic);
    Rows expected = cyclic.generate(all, 0);
    for (KVPlacement placement : {KVPlacement::Shift, KVPlacement::Concat}) {
      SCOPED_TRACE(mesh + " " + stringify(placement).str());
      Cache cache(reference, mesh, placement, 64);
      expectLogits(reference, cache.generate(all, 0), expected);
      cache.expectPlaces(cyclic, 0);
      for (auto [length, chunk] :
           {std::pair<size_t, uint32_t>{1, 1}, {7, 3}, {64, 16}, {200, 64}}) {
        SCOPED_TRACE("a prompt of " + std::to_string(length));
        cache.session->reset();
        Rows logits =
            cache.generate(all.take_front(length), continuation, chunk);
        EXPECT_LE(Cache::getDifference(logits[logits.size() - continuation],
                                       expected[length - 1]),
                  5e-5);
        if (length < reference.prompt.size())
          continue;
        // The text goes on as it was recorded.
        EXPECT_EQ(cache.generated, all.slice(length, continuation).vec());
        for (int64_t i = 1; i != continuation; ++i)
          EXPECT_LE(
              reference.getDifference(length + i - 1,
                                      logits[logits.size() - continuation + i]),
              5e-5);
        cache.expectPlaces(cyclic, static_cast<int64_t>(length));
      }
    }
  }
};

TEST_P(Placements, BundledModel) { expectEqual(getBundledModel(), GetParam()); }

TEST_P(Placements, Stories260K) {
  std::optional<Reference> reference = getStories260K();
  if (!reference)
    GTEST_SKIP() << "stories260K is not here";
  expectEqual(*reference, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Meshes, Placements,
                         testing::Values("1x1", "3x5", "5x3", "8x8"));

/// A prompt after generated text: with concat it is decoded, since a chunk
/// finds no room behind the last row.
TEST(CacheSession, PromptsFollowText) {
  Reference reference = getBundledModel();
  std::vector<int32_t> ids = reference.getIds();
  llvm::ArrayRef<int32_t> first = llvm::ArrayRef(ids).take_front(20),
                          second = llvm::ArrayRef(ids).slice(100, 17);
  Cache cyclic(reference, "3x5", KVPlacement::Cyclic, 10);
  cyclic.generate(first, 5, 10);
  Rows expected = cyclic.generate(second, 3, 10);
  for (KVPlacement placement : {KVPlacement::Shift, KVPlacement::Concat}) {
    Cache cache(reference, "3x5", placement, 10);
    cache.generate(first, 5, 10);
    Rows logits = cache.generate(second, 3, 10);
    EXPECT_EQ(cache.generated, cyclic.generated);
    EXPECT_LE(Cache::getDifference(logits.back(), expected.back()), 5e-5);
    bool isShift = placement == KVPlacement::Shift;
    cache.expectPlaces(cyclic, 20);
    auto launches = llvm::count_if(
        cache.session->getRecords(),
        [](const LaunchRecord &record) { return record.isPrefill; });
    EXPECT_EQ(launches, isShift ? 7 : 3);
  }
}

TEST(CacheSession, PromptsInARowAreSettledOnce) {
  Reference reference = getBundledModel();
  std::vector<int32_t> ids = reference.getIds();
  Cache cyclic(reference, "2x3", KVPlacement::Cyclic);
  cyclic.generate(llvm::ArrayRef(ids).take_front(20), 0);
  for (KVPlacement placement : {KVPlacement::Shift, KVPlacement::Concat}) {
    Cache cache(reference, "2x3", placement, 6);
    cache.generate(llvm::ArrayRef(ids).take_front(7), 1, 6);
    cache.generate(llvm::ArrayRef(ids).slice(7, 6), 1, 6);
    check(cache.session->feed(ids[13]).takeError());
    cache.expectPlaces(cyclic, 13);
    auto settled = llvm::count_if(
        cache.session->getRecords(),
        [](const LaunchRecord &record) { return record.count == 0; });
    EXPECT_EQ(settled, 1);
  }
}

TEST(CacheSession, APrefillNeedsItsSettling) {
  Cache cache(getBundledModel(), "1x2", KVPlacement::Shift, 2);
  auto program = std::make_shared<Program>(cache.session->getProgram());
  llvm::erase_if(program->launches,
                 [](const Launch &launch) { return launch.name == "settle"; });
  EXPECT_EQ(llvm::toString(Session::create(program).takeError()),
            "expected a launch 'settle' of the parameters 'from' and 'to' "
            "beside 'prefill', for a cache placed by shift");
}

TEST(CacheCheck, NothingUndefinedIsRead) {
  Reference reference = getBundledModel();
  std::vector<int32_t> ids = reference.getIds();
  for (KVPlacement placement : {KVPlacement::Shift, KVPlacement::Concat})
    for (const char *mesh : {"3x5", "5x3", "8x2"}) {
      Cache cache(reference, mesh, placement, 7, /*timing=*/false,
                  EmulatorMode::Check);
      cache.generate(llvm::ArrayRef(ids).take_front(20), 12, 7);
      EXPECT_EQ(cache.generated.size(), 12u);
    }
}

/// What one token costs at position 200: the last row of a concatenated cache
/// attends to all of them.
TEST(CacheCosts, ConcatGrowsWithTheText) {
  std::map<KVPlacement, double> cycles;
  for (KVPlacement placement :
       {KVPlacement::Cyclic, KVPlacement::Shift, KVPlacement::Concat}) {
    Cache cache(getBundledModel(), "8x8", placement);
    const Program &program = cache.session->getProgram();
    std::vector<int32_t> parameters = {200};
    if (placement == KVPlacement::Concat)
      parameters.push_back(0);
    TimingResult time =
        check(timeLaunch(program, *program.findLaunch("decode"), parameters));
    cycles[placement] = time.cycles;
    RecordProperty(stringify(placement).str(), std::to_string(time.cycles));
  }
  EXPECT_GT(cycles[KVPlacement::Concat], cycles[KVPlacement::Cyclic]);
}

} // namespace
