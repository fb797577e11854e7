//===- LoaderTest.cpp - Weights from files to the cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Loader.h"
#include "plmr/Frontend/GGUF/Types.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace plmr;
using testing::HasSubstr;

namespace {

/// A file that is removed at the end.
class DataFile {
public:
  explicit DataFile(llvm::StringRef bytes) {
    int descriptor;
    EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("plmr-loader", "bin",
                                                    descriptor, path));
    llvm::raw_fd_ostream(descriptor, /*shouldClose=*/true) << bytes;
  }
  ~DataFile() { llvm::sys::fs::remove(path); }
  std::string getPath() const { return path.str().str(); }

private:
  llvm::SmallString<128> path;
};

std::string randomBytes(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char &byte : bytes)
    byte = static_cast<char>(random() % 61); // small exponents
  return bytes;
}

/// A program with one weight [slices x 5 x 32] cut along both axes, whose
/// sources lie one after the other in `file`.
Program makeProgram(const std::string &file, llvm::ArrayRef<uint32_t> types,
                    bool transposed) {
  std::string text = R"(device "tiny" mesh 3 2
object "w" weight 0 16384
tensor "w" f32 object 0 pad zero stacked )" +
                     std::string(transposed ? "source_order [1, 0]" : "") +
                     "  dim whole [" + std::to_string(types.size()) + R"(]
  dim balanced y [5]
  dim balanced x [32]
class "all" {
  halt
}
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)";
  Program program = llvm::cantFail(parseAssembly(text, "test"));
  program.files = {file};
  uint64_t offset = 0;
  for (uint32_t type : types) {
    DataSource source;
    source.name = "w" + std::to_string(offset);
    source.offset = offset;
    source.bytes = *getByteSize(type, 5 * 32);
    source.type = type;
    offset += source.bytes;
    program.tensors[0].sources.push_back(source);
  }
  return program;
}

std::vector<float> load(const Program &program) {
  auto emulator = llvm::cantFail(Emulator::create(
      std::make_shared<Program>(program), EmulatorMode::Check));
  DataFiles files(emulator->getProgram());
  llvm::cantFail(loadWeights(*emulator, files));
  return llvm::cantFail(emulator->readTensor("w"));
}

std::string getLoadError(const Program &program) {
  auto emulator =
      llvm::cantFail(Emulator::create(std::make_shared<Program>(program)));
  DataFiles files(emulator->getProgram());
  return llvm::toString(loadWeights(*emulator, files));
}

const uint32_t allTypes[] = {GGUF_F32, GGUF_F16, GGUF_BF16, GGUF_Q8_0,
                             GGUF_Q4_0};

/// What `makeProgram` loads, slice by slice and element by element.
std::vector<float> expectWeights(const Program &program, llvm::StringRef bytes,
                                 bool transposed) {
  std::vector<float> expected;
  for (const DataSource &source : program.tensors[0].sources) {
    std::vector<float> slice(5 * 32);
    llvm::cantFail(dequantize(
        source.type,
        llvm::ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()),
                       bytes.size())
            .slice(source.offset, source.bytes),
        slice));
    for (size_t row = 0; row != 5; ++row)
      for (size_t column = 0; column != 32; ++column)
        expected.push_back(
            slice[transposed ? column * 5 + row : row * 32 + column]);
  }
  return expected;
}

TEST(Loader, DecodesStacksAndTransposes) {
  std::string bytes = randomBytes(4096, 1);
  DataFile file(bytes);
  for (bool transposed : {false, true}) {
    Program program = makeProgram(file.getPath(), allTypes, transposed);
    EXPECT_EQ(load(program), expectWeights(program, bytes, transposed));
  }
}

TEST(Loader, ThreeDimensionsInAnyOrder) {
  DataFile file(randomBytes(4 * 2 * 3 * 4, 2));
  for (std::vector<unsigned> order : std::vector<std::vector<unsigned>>{
           {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
    Program program = llvm::cantFail(parseAssembly(R"(device "tiny" mesh 2 2
object "w" weight 0 96
tensor "w" f32 object 0 pad zero
  dim whole [2]
  dim balanced y [3]
  dim balanced x [4]
class "all" {
  halt
}
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)",
                                                   "test"));
    program.files = {file.getPath()};
    program.tensors[0].sourceOrder.assign(order.begin(), order.end());
    program.tensors[0].sources = {{"w", 0, 0, 96, GGUF_F32, std::nullopt}};
    DataFiles files(program);
    std::vector<float> raw(24);
    llvm::cantFail(files.read(program.tensors[0].sources[0], 0, raw));

    const size_t shape[] = {2, 3, 4};
    std::vector<float> expected(24);
    for (size_t i = 0; i != 24; ++i) {
      const size_t index[] = {i / 12, i / 4 % 3, i % 4};
      size_t at = 0; // in the file
      for (unsigned dim : order)
        at = at * shape[dim] + index[dim];
      expected[i] = raw[at];
    }
    EXPECT_EQ(load(program), expected);
  }
}

TEST(Loader, ComputesTables) {
  RopeTable table;
  table.stride = 23;
  table.pairs = 4;
  table.base = 10000;
  for (bool sine : {false, true}) {
    table.sine = sine;
    std::vector<float> values = computeRopeTable(table, 23, 12);
    ASSERT_EQ(values.size(), 23u * 12);
    for (size_t row = 0; row != 23; ++row)
      for (size_t column = 0; column != 12; ++column) {
        double angle =
            double(row) * 23 * std::pow(10000.0, -double(column % 4) / 4);
        EXPECT_EQ(values[row * 12 + column],
                  float(sine ? std::sin(angle) : std::cos(angle)));
      }
  }
}

TEST(Loader, RefusesWrongSources) {
  DataFile file(randomBytes(1000, 3));
  const uint32_t types[] = {GGUF_F32};
  Program program = makeProgram(file.getPath(), types, false);
  program.tensors[0].sources[0].offset = 400;
  EXPECT_THAT(getLoadError(program),
              HasSubstr("tensor 'w': source 'w0': expected 640 bytes at offset "
                        "400 of '" +
                        file.getPath() + "', which has 1000"));
  program.tensors[0].sources[0].bytes = 644;
  EXPECT_EQ(getLoadError(program),
            "tensor 'w': source 'w0': expected 160 elements of type F32 but "
            "got 644 bytes");
  program = makeProgram("/no/such/file", types, false);
  EXPECT_EQ(getLoadError(program),
            "tensor 'w': source 'w0': /no/such/file: No such file or "
            "directory");
  DataSource table;
  table.name = "w0";
  table.table = RopeTable{true, 1, 5, 1e4};
  program.tensors[0].sources[0] = table;
  EXPECT_THAT(getLoadError(program), HasSubstr("whole 5 pairs"));
}

TEST(Binary, B10_AChangedFileIsRecognized) {
  // Small files as a whole, large ones by samples.
  for (size_t size : {size_t(1000), size_t(3) << 20}) {
    std::string bytes = randomBytes(size, 3);
    DataFile file(bytes);
    const uint32_t types[] = {GGUF_F32};
    Program program = makeProgram(file.getPath(), types, false);
    llvm::cantFail(stampFiles(program));
    EXPECT_EQ(getLoadError(program), "");
    std::string stamp = program.metadata.at("file.0");
    EXPECT_THAT(stamp, HasSubstr(std::to_string(size) + " bytes, hash "));

    for (size_t at : {size_t(0), size / 255 * 7 + 100, size - 1}) {
      std::string changed = bytes;
      changed[at] ^= 1;
      DataFile other(changed);
      program.files = {other.getPath()};
      EXPECT_THAT(getLoadError(program),
                  HasSubstr(other.getPath() +
                            ": the file has changed since "
                            "the program was compiled: "
                            "expected " +
                            stamp + " but got "))
          << at;
    }
    DataFile longer(bytes + "x");
    program.files = {longer.getPath()};
    EXPECT_THAT(getLoadError(program), HasSubstr("has changed"));
    // A packed program has no files.
    program.files = {file.getPath()};
    llvm::cantFail(packData(program));
    EXPECT_TRUE(program.metadata.empty());
  }
  Program program = makeProgram("/no/such/file", {}, false);
  EXPECT_EQ(llvm::toString(stampFiles(program)),
            "/no/such/file: No such file or directory");
}

TEST(Loader, PackingCopiesEachRangeOnce) {
  std::string bytes = randomBytes(4096, 4);
  DataFile file(bytes);
  Program program = makeProgram(file.getPath(), allTypes, true);
  program.tensors[0].sources[1] = program.tensors[0].sources[0];
  std::vector<float> expected = load(program);

  llvm::cantFail(packData(program));
  EXPECT_TRUE(program.files.empty());
  EXPECT_EQ(program.tensors[0].sources[0].offset,
            program.tensors[0].sources[1].offset);
  EXPECT_LT(program.data.size(), 640u + 320 + 170 + 90 + 4 * 64);
  EXPECT_EQ(load(program), expected);

  // Packing again changes nothing but the place.
  llvm::cantFail(packData(program));
  EXPECT_EQ(load(program), expected);
}

} // namespace
