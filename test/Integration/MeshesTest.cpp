//===- MeshesTest.cpp - Prefill and decode on meshes of their own ---------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whatever the two meshes, the logits behind a hand-over are near the
// computation in double precision, those of a prefill behind a hand-over back
// as well, and memory never holds weights twice.
//
//===----------------------------------------------------------------------===//

#include "Models.h"
#include "gtest/gtest.h"

using namespace plmr;

namespace {

const llvm::ExitOnError check("unexpected error: ");

struct Meshes {
  const char *prefill, *decode;
};

class TwoMeshes : public testing::TestWithParam<Meshes> {
protected:
  static std::unique_ptr<Session>
  compileOn(const Reference &reference, Meshes meshes, KVPlacement placement) {
    GGUFImportOptions import;
    import.kvPlacement = placement;
    unsigned rows = 0;
    EXPECT_FALSE(llvm::StringRef(meshes.prefill)
                     .split('x')
                     .second.getAsInteger(10, rows));
    import.chunk = (16 + rows - 1) / rows * rows;
    SessionOptions options;
    options.mode = EmulatorMode::Check;
    options.timing = false;
    return check(compile(reference.model, meshes.prefill, options, import,
                         meshes.decode));
  }

  /// Feeds ids `first` up to `last`; the logits are near the reference's.
  static void feed(Session &session, const Reference &reference, size_t first,
                   size_t last, bool usePrefill) {
    std::vector<int32_t> ids = reference.getIds();
    GenerateOptions settings;
    settings.count = 0;
    settings.usePrefill = usePrefill;
    std::vector<float> logits;
    GenerateCallbacks callbacks;
    callbacks.onLogits = [&](llvm::ArrayRef<float> row) {
      logits.assign(row.begin(), row.end());
      return llvm::Error::success();
    };
    check(session.generate(llvm::ArrayRef(ids).slice(first, last - first),
                           settings, callbacks));
    EXPECT_LE(reference.getDifference(last - 1, logits), 5e-5);
  }

  static void expectLogits(const Reference &reference, Meshes meshes,
                           KVPlacement placement) {
    SCOPED_TRACE(meshes.prefill + std::string(" to ") + meshes.decode + " " +
                 stringify(placement).str());
    std::unique_ptr<Session> session = compileOn(reference, meshes, placement);
    feed(*session, reference, 0, 37, /*usePrefill=*/true);
    feed(*session, reference, 37, 41, /*usePrefill=*/false);
    // Behind the last row of concat there is no room: what follows is decoded.
    feed(*session, reference, 41, 60, /*usePrefill=*/true);
    feed(*session, reference, 60, 63, /*usePrefill=*/false);
    auto count = [&](llvm::StringRef launch) {
      return llvm::count_if(
          session->getRecords(),
          [&](const LaunchRecord &record) { return record.launch == launch; });
    };
    bool returns = placement != KVPlacement::Concat;
    EXPECT_EQ(count("hand_over"), returns ? 2 : 1);
    EXPECT_EQ(count("hand_back"), returns ? 1 : 0);
    // A new text begins on prefill's mesh.
    session->reset();
    feed(*session, reference, 0, 20, /*usePrefill=*/true);
    EXPECT_EQ(count("hand_back"), returns ? 2 : 1);
  }
};

TEST_P(TwoMeshes, LogitsAgree) {
  expectLogits(getBundledModel(), GetParam(), KVPlacement::Cyclic);
  if (std::optional<Reference> reference = getStories260K())
    expectLogits(*reference, GetParam(), KVPlacement::Cyclic);
  else
    GTEST_SKIP() << "of stories260K, which is not present";
}

INSTANTIATE_TEST_SUITE_P(
    Meshes, TwoMeshes,
    testing::Values(Meshes{"1x1", "4x4"}, Meshes{"4x4", "1x1"},
                    Meshes{"3x5", "5x3"}, Meshes{"5x3", "3x5"},
                    Meshes{"7x4", "8x3"}, Meshes{"8x8", "4x4"},
                    Meshes{"4x4", "6x4"}));

class OtherPlacements : public TwoMeshes {};

TEST_P(OtherPlacements, LogitsAgree) {
  for (KVPlacement placement : {KVPlacement::Shift, KVPlacement::Concat})
    expectLogits(getBundledModel(), GetParam(), placement);
}

INSTANTIATE_TEST_SUITE_P(Meshes, OtherPlacements,
                         testing::Values(Meshes{"3x5", "5x3"},
                                         Meshes{"6x6", "4x3"}));

/// One copy: what both meshes need together is far below their sum, and never
/// more than the larger one's and a slice.
TEST(TwoMeshesMemory, HoldsOneCopy) {
  Reference reference = getBundledModel();
  GGUFImportOptions import;
  import.chunk = 16;
  auto session = check(compile(reference.model, "4x4", {}, import, "8x8"));
  const Program &program = session->getProgram();
  uint64_t sums[2] = {0, 0}, begin = ~uint64_t(0), end = 0, largest = 0;
  for (const Tensor &tensor : program.tensors) {
    const Object &object = program.objects[tensor.object];
    bool isMoved =
        llvm::StringRef(tensor.name).ends_with("cache") ||
        (object.kind == Object::Kind::Weight &&
         program.findTensor(
             ("decode." + llvm::StringRef(tensor.name).split('.').second)
                 .str()) &&
         tensor.placement.dims.size() >= 2 &&
         !tensor.placement.isReplicatedAlong(Axis::X) &&
         !tensor.placement.isReplicatedAlong(Axis::Y));
    if (!isMoved)
      continue;
    sums[tensor.mesh->columns == 8] += object.bytes;
    begin = std::min<uint64_t>(begin, object.address);
    end = std::max<uint64_t>(end, uint64_t(object.address) + object.bytes);
    uint64_t slices = tensor.stacked || object.kind == Object::Kind::State
                          ? tensor.placement.dims.front().getExtent()
                          : 1;
    largest = std::max(largest, object.bytes / slices);
  }
  EXPECT_GT(sums[0], sums[1]);
  EXPECT_GT(sums[1], 0u);
  // Alignment adds eight bytes an object at most.
  EXPECT_LE(end - begin, sums[0] + largest + 8 * program.objects.size());
}

} // namespace
