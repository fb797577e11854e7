//===- BinaryTest.cpp - The .plmr file ------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.pb.h"
#include "SampleProgram.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <fstream>
#include <random>

using namespace plmr;

static std::string serialize(const Program &program) {
  llvm::Expected<std::string> bytes = serializeProgram(program);
  if (bytes)
    return *bytes;
  ADD_FAILURE() << llvm::toString(bytes.takeError());
  return {};
}

static std::string refusal(llvm::StringRef bytes) {
  return messageOf(deserializeProgram(bytes, "file"));
}

static void put32(std::string &bytes, size_t at, uint32_t value) {
  memcpy(bytes.data() + at, &value, sizeof(value));
}

TEST(Binary, B1_B2_LayoutOfTheFile) {
  std::string bytes = serialize(makeSample());
  auto word = [&](size_t at) {
    uint64_t value;
    memcpy(&value, bytes.data() + at, sizeof(value));
    return value;
  };
  EXPECT_EQ(bytes.substr(0, 4), "PLMR");
  EXPECT_EQ(word(4), 1u | uint64_t(3) << 32);
  for (int i = 0; i != 3; ++i) {
    EXPECT_EQ(word(16 + 24 * i), uint64_t(i + 1));
    EXPECT_EQ(word(24 + 24 * i) % 4096, 0u);
  }
  EXPECT_EQ(word(24), 4096u);
  EXPECT_EQ(word(16 + 24 + 16), 42 * 16u);           // B4
  EXPECT_EQ(bytes.substr(word(16 + 48 + 8)), "abc"); // B5
}

TEST(Binary, B3_B9_RoundTrip) {
  Program sample = makeSample();
  llvm::Expected<Program> again = deserializeProgram(serialize(sample), "file");
  ASSERT_TRUE(static_cast<bool>(again)) << llvm::toString(again.takeError());
  EXPECT_TRUE(*again == sample);
  EXPECT_EQ(printAssembly(*again), printAssembly(sample));
  EXPECT_EQ(serialize(*again), serialize(sample)); // B7
}

TEST(Binary, B6_RefusesWhatItDoesNotKnow) {
  std::string good = serialize(makeSample());
  auto patched = [&](size_t at, uint32_t value) {
    std::string bytes = good;
    put32(bytes, at, value);
    return refusal(bytes);
  };
  EXPECT_EQ(refusal("PLM"), "file: not a plmr program");
  EXPECT_EQ(patched(0, 0), "file: not a plmr program");
  EXPECT_EQ(patched(4, 2), "file: version 2, version 1 is supported");
  EXPECT_EQ(patched(8, 4), "file: 4 sections, expected 3");
  EXPECT_EQ(patched(16, 9), "file: section 0 has kind 9, expected 1");
  EXPECT_NE(patched(24, 8192).find("does not fit"), std::string::npos);
  EXPECT_NE(refusal(good + "x").find("1 bytes behind the last section"),
            std::string::npos);
  EXPECT_NE(refusal(llvm::StringRef(good).drop_back()).find("does not fit"),
            std::string::npos);
}

/// The sample with another manifest.
static std::string
withManifest(llvm::function_ref<void(program::v1::Manifest &)> change) {
  std::string good = serialize(makeSample());
  uint64_t size;
  memcpy(&size, good.data() + 32, sizeof(size));
  program::v1::Manifest manifest;
  EXPECT_TRUE(manifest.ParseFromString(good.substr(4096, size)));
  change(manifest);
  std::string packed = manifest.SerializeAsString();
  uint64_t newSize = packed.size();
  EXPECT_EQ((size + 4095) / 4096, (newSize + 4095) / 4096);
  packed.resize((newSize + 4095) / 4096 * 4096);
  good.replace(4096, packed.size(), packed);
  memcpy(good.data() + 32, &newSize, sizeof(newSize));
  return good;
}

TEST(Binary, B6_RefusesUnknownFieldsAndEnumerators) {
  EXPECT_EQ(refusal(withManifest([](auto &) {})), "");
  EXPECT_NE(
      refusal(withManifest([](auto &manifest) {
        auto *message = manifest.mutable_tensors(0)->mutable_dims(0);
        message->GetReflection()->MutableUnknownFields(message)->AddVarint(99,
                                                                           1);
      })).find("fields that this version does not know"),
      std::string::npos);
  EXPECT_EQ(refusal(withManifest([](auto &manifest) {
              manifest.mutable_objects(0)->set_kind(7);
            })),
            "file: object kind 7 is out of range");
  EXPECT_EQ(refusal(withManifest([](auto &manifest) {
              manifest.mutable_classes(0)->set_instructions(40);
            })),
            "file: 672 bytes of code for 41 instructions");
  EXPECT_NE(refusal(withManifest([](auto &manifest) {
              manifest.set_rows(3);
            })).find("core classes for 6 cores, the mesh has 9"),
            std::string::npos);
}

TEST(Binary, B7_B8_FilesAreWrittenWholeAndMapped) {
  llvm::SmallString<128> directory;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("plmr", directory));
  std::string path = (directory + "/p.plmr").str();
  Program sample = makeSample();
  std::vector<char> big(1 << 20, 'z');
  sample.data.append(big);
  ASSERT_EQ(messageOf(writeProgram(sample, path)), "");

  Program copy;
  {
    llvm::Expected<Program> read = readProgram(path);
    ASSERT_TRUE(static_cast<bool>(read)) << llvm::toString(read.takeError());
    EXPECT_TRUE(*read == sample);
    copy = *read;
    // A mapped section is shared by copies.
    EXPECT_EQ(copy.data.bytes().data(), read->data.bytes().data());
  }
  // Overwriting the file leaves the mapping of the old one alone.
  ASSERT_EQ(messageOf(writeProgram(makeSample(), path)), "");
  EXPECT_TRUE(copy == sample);
  // Appending makes an own copy.
  EXPECT_EQ(copy.data.append({'!'}), sample.data.size());

  unsigned files = 0;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator it(directory, code), end; it != end;
       it.increment(code))
    ++files;
  EXPECT_EQ(files, 1u);
  EXPECT_NE(messageOf(writeProgram(sample, (directory + "/no/p.plmr").str()))
                .find("cannot write"),
            std::string::npos);
  EXPECT_NE(
      messageOf(readProgram((directory + "/none").str())).find("cannot read"),
      std::string::npos);
  llvm::sys::fs::remove_directories(directory);
}

TEST(Binary, B6_MutatedFilesNeverCrash) {
  std::mt19937 rng(5);
  std::string good = serialize(makeSample());
  uint64_t manifestBytes;
  memcpy(&manifestBytes, good.data() + 32, sizeof(manifestBytes));
  unsigned accepted = 0, refused = 0;
  for (int i = 0; i != 6000; ++i) {
    std::string bytes = good;
    // Aim at the header, the manifest or the code; not at the gaps.
    size_t begin = i % 3 == 0 ? 0 : i % 3 == 1 ? 4096 : good.size() - 700;
    size_t size = i % 3 == 0 ? 88 : i % 3 == 1 ? manifestBytes : 700;
    for (unsigned n = 1 + rng() % 3; n != 0; --n)
      bytes[begin + rng() % size] = static_cast<char>(rng());
    if (rng() % 8 == 0)
      bytes.resize(rng() % bytes.size());
    llvm::Expected<Program> program = deserializeProgram(bytes, "mutated");
    if (program) {
      ++accepted;
      EXPECT_EQ(messageOf(verifyProgram(*program)), "");
      // Whatever is accepted can be printed and written.
      EXPECT_NE(printAssembly(*program), "");
      EXPECT_NE(serialize(*program), "");
    } else {
      ++refused;
      EXPECT_NE(llvm::toString(program.takeError()), "");
    }
  }
  EXPECT_GT(accepted, 50u);
  EXPECT_GT(refused, 2000u);
}
