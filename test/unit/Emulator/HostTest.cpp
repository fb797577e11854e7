//===- HostTest.cpp - What the host reads and writes ----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmulatorTest.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>
#include <random>

using namespace plmr;

/// Tensors of every kind of placement; the launch does nothing.
static const char tensors[] = R"(
device "tiny" mesh 3 2
object "w" weight 0 256
object "h" state 256 256
object "i" input 512 64
tensor "w" f32 object 0 pad neg_inf order [0, 2, 1]
  dim whole [2]
  dim balanced y [7]
  dim cyclic x [5]
tensor "h" f16 object 1 pad zero
  dim balanced x [4] skewed
  dim balanced y [3]
tensor "i" i32 object 2 pad zero
  dim whole [6]
class "c" { halt }
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)";

static std::vector<float> makeValues(size_t n) {
  std::vector<float> values(n);
  for (size_t i = 0; i != n; ++i)
    values[i] = static_cast<float>(i) - 20;
  return values;
}

TEST(Emulator, ScatterAndGatherAreInverse) {
  for (EmulatorMode mode : {EmulatorMode::Fast, EmulatorMode::Check}) {
    Machinery machinery(tensors, mode);
    for (auto [name, n] :
         {std::pair("w", 70), std::pair("h", 12), std::pair("i", 6)}) {
      machinery.write(name, makeValues(n));
      EXPECT_EQ(machinery.read(name), makeValues(n)) << name;
    }
    machinery.emulator->clearTensor(*machinery.program->findTensor("h"));
    EXPECT_EQ(machinery.read("h"), std::vector<float>(12));
  }
}

TEST(Emulator, SlicesMakeAWhole) {
  Machinery machinery(tensors, EmulatorMode::Check);
  const Tensor &w = *machinery.program->findTensor("w");
  std::vector<float> values = makeValues(70);
  auto write = [&](int64_t slice, llvm::ArrayRef<float> part) {
    return llvm::toString(machinery.emulator->writeSlice(w, slice, part));
  };
  EXPECT_EQ(write(1, llvm::ArrayRef(values).drop_front(35)), "");
  llvm::Expected<std::vector<float>> half = machinery.emulator->readTensor(w);
  EXPECT_EQ(llvm::toString(half.takeError()),
            "tensor 'w', core (0, 0): element 0 is undefined");
  EXPECT_EQ(write(0, llvm::ArrayRef(values).take_front(35)), "");
  EXPECT_EQ(machinery.read("w"), values);
  EXPECT_EQ(write(2, llvm::ArrayRef(values).take_front(35)),
            "tensor 'w': slice 2 of 2");
  EXPECT_EQ(write(0, values), "tensor 'w': 70 values given, 35 expected");
  const Tensor &h = *machinery.program->findTensor("h");
  EXPECT_EQ(llvm::toString(machinery.emulator->writeSlice(h, 0, {1, 2, 3})),
            "tensor 'h': slices need dimension 0 whole and outermost");
}

TEST(Emulator, PaddingIsWritten) {
  // Each core adds its whole tile of 3 x 2; the right one has 1 x 2 of zeros.
  Machinery machinery(R"(
device "tiny" mesh 2 1
object "x" input 0 24
object "s" output 24 4
tensor "x" f32 object 0 pad zero
  dim balanced x [5]
  dim whole [2]
tensor "s" f32 object 1 pad any
  dim balanced x [2]
constant "n" uniform [6]
class "c" {
  dsm d0, f32 o0[0]
  dsm d1, f32 o1[24] stride r0
  dss d2, f32 0
  mov d1, d2
  add d1, d1, d0 x k0
  halt
}
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)");
  machinery.write("x", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  machinery.run();
  EXPECT_EQ(machinery.read("s"), (std::vector<float>{10, 45}));
}

TEST(Emulator, IntegersAreChecked) {
  Machinery machinery(tensors);
  EXPECT_EQ(llvm::toString(
                machinery.emulator->writeTensor("i", {0, 0, 0, 0, 0, 0.5f})),
            "tensor 'i': 0.50 is no 32-bit integer");
}

/// The program that docs/ISA.md ends with.
TEST(ISA, I70_DocumentedExample) {
  auto buffer = llvm::MemoryBuffer::getFile(PLMR_SOURCE_DIR "/docs/ISA.md");
  ASSERT_TRUE(buffer);
  llvm::StringRef text = (*buffer)->getBuffer();
  size_t begin = text.rfind("device \"tiny\"");
  ASSERT_NE(begin, llvm::StringRef::npos);
  Machinery machinery(
      text.substr(begin, text.find("```", begin) - begin).str());
  std::vector<float> x = makeValues(20), y(20);
  for (int i = 0; i != 20; ++i)
    y[i] = i < 10 ? x[i] / 2 : x[i] / 2 + x[i - 10] / 2;
  machinery.write("x", x);
  machinery.run();
  EXPECT_EQ(machinery.read("y"), y);
}
