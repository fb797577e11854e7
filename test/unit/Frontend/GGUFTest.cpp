//===- GGUFTest.cpp - Reading and refusing of GGUF files ------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GGUFBuilder.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace plmr;
using namespace plmr::test;

template <typename T> static T get(llvm::Expected<T> value) {
  if (value)
    return std::move(*value);
  ADD_FAILURE() << llvm::toString(value.takeError());
  return T();
}

static GGUFFile parseOk(const GGUFBuilder &builder) {
  llvm::Expected<GGUFFile> file = parse(builder);
  if (!file)
    ADD_FAILURE() << llvm::toString(file.takeError());
  return std::move(*file);
}

TEST(GGUF, G4_G5_TypedMetadata) {
  GGUFBuilder b;
  b.set("s", "text");
  b.set("u8", GGUFValueType::U8, bytesOf<uint8_t>(200));
  b.set("i16", GGUFValueType::I16, bytesOf<int16_t>(-3));
  b.set("u64", GGUFValueType::U64, bytesOf<uint64_t>(7));
  b.set("large", GGUFValueType::U64, bytesOf(~uint64_t(0)));
  b.set("f64", GGUFValueType::F64, bytesOf(0.5));
  b.set("t", true);
  b.setArray<int16_t>("ints", GGUFValueType::I16, {-1, 2});
  b.setArray<uint64_t>("longs", GGUFValueType::U64, {1, uint64_t(1) << 31});
  b.set("strings", std::vector<std::string>{"", "x"});
  b.setArray<float>("none", GGUFValueType::F32, {});
  GGUFFile file = parseOk(b);

  EXPECT_EQ(file.getVersion(), 3u);
  EXPECT_EQ(file.getEntries().size(), 11u);
  EXPECT_EQ(get(file.getString("s")), "text");
  EXPECT_EQ(get(file.getU32("u8")), 200u);
  EXPECT_EQ(get(file.getU32("u64")), 7u);
  EXPECT_EQ(get(file.getF32("f64")), 0.5f);
  EXPECT_EQ(get(file.getF32("i16")), -3.0f);
  EXPECT_EQ(get(file.getF32("large")), 0x1p64f);
  EXPECT_EQ(get(file.getBool("t")), true);
  EXPECT_EQ(get(file.getI32Array("ints")), (std::vector<int32_t>{-1, 2}));
  EXPECT_EQ(get(file.getF32Array("ints")), (std::vector<float>{-1, 2}));
  EXPECT_EQ(get(file.getStringArray("strings")),
            (std::vector<std::string>{"", "x"}));
  EXPECT_TRUE(get(file.getF32Array("none")).empty());
  EXPECT_EQ(get(file.getU32("absent", 9)), 9u);
  EXPECT_EQ(get(file.getString("absent", "x")), "x");

  EXPECT_EQ(getMessage(file.getU32("i16")),
            "m.gguf: key 'i16': expected an integer from 0 to 4294967295 but "
            "got -3");
  EXPECT_EQ(getMessage(file.getU32("large")),
            "m.gguf: key 'large': expected an integer from 0 to 4294967295 but "
            "got 18446744073709551615");
  EXPECT_EQ(getMessage(file.getU32("s")),
            "m.gguf: key 's': expected an integer but got string");
  EXPECT_EQ(getMessage(file.getU32("s", 3)),
            "m.gguf: key 's': expected an integer but got string");
  EXPECT_EQ(getMessage(file.getString("ints")),
            "m.gguf: key 'ints': expected a string but got array of 2 i16");
  EXPECT_EQ(getMessage(file.getBool("absent")),
            "m.gguf: key 'absent': expected a bool but the key is missing");
  EXPECT_EQ(getMessage(file.getI32Array("longs")),
            "m.gguf: key 'longs': expected 32-bit integers but element 1 is "
            "larger");
}

TEST(GGUF, G1_G7_TensorsShapesAndRows) {
  GGUFBuilder b;
  b.add("a", {3, 2}, GGUF_F32);
  b.add("b", {32, 3, 2}, GGUF_Q8_0);
  for (uint32_t version : {2, 3}) {
    b.version = version;
    GGUFFile file = parseOk(b);
    const GGUFTensor &a = *file.findTensor("a");
    const GGUFTensor &q = *file.findTensor("b");
    EXPECT_EQ(file.findTensor("c"), nullptr);
    EXPECT_EQ(q.shape, (llvm::SmallVector<uint64_t, 4>{32, 3, 2}));
    EXPECT_EQ(q.getRowMajorShape(), (llvm::SmallVector<int64_t, 4>{2, 3, 32}));
    EXPECT_EQ(q.offset % 32, 0u);
    EXPECT_EQ(q.bytes, 6u * 34);
    EXPECT_EQ(file.getData(a),
              llvm::arrayRefFromStringRef(llvm::StringRef(b.tensors[0].data)));

    std::vector<float> all = get(file.readTensor(q));
    std::vector<float> rows(64);
    ASSERT_FALSE(file.readRows(q, 3, rows));
    EXPECT_TRUE(std::equal(rows.begin(), rows.end(), all.begin() + 3 * 32));
    EXPECT_EQ(llvm::toString(file.readRows(q, 5, rows)),
              "m.gguf: tensor 'b': expected whole rows of 32 elements among 6 "
              "rows but got 64 elements from row 5");
    rows.resize(33);
    EXPECT_NE(llvm::toString(file.readRows(q, 0, rows)), "");
  }
}

TEST(GGUF, G6_G8_DataIsAlignedAsTheFileSays) {
  GGUFBuilder b;
  b.set("general.alignment", 128u);
  b.alignment = 128;
  b.add("a", {3}, GGUF_F32);
  b.add("b", {5}, GGUF_F32);
  GGUFFile file = parseOk(b);
  EXPECT_EQ(file.findTensor("b")->offset - file.findTensor("a")->offset, 128u);
  EXPECT_EQ(file.findTensor("a")->offset % 128, 0u);
}

TEST(GGUF, G9_OpenMapsFilesAndNamesThem) {
  llvm::SmallString<64> path;
  int fd;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("plmr", "gguf", fd, path));
  llvm::raw_fd_ostream(fd, /*shouldClose=*/true) << makeLlama().build();
  llvm::Expected<GGUFFile> file = GGUFFile::open(path);
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  EXPECT_EQ(file->getPath(), path);
  EXPECT_EQ(get(file->getString("general.name")), "test");
  llvm::sys::fs::remove(path);
  EXPECT_EQ(getMessage(GGUFFile::open(path)),
            (path + ": No such file or directory").str());
}

//===----------------------------------------------------------------------===//
// Refusals, word for word
//===----------------------------------------------------------------------===//

TEST(GGUF, G1_G2_RefusesHeaders) {
  auto refuse = [](auto change) {
    GGUFBuilder b = makeLlama();
    change(b);
    return getMessage(parse(b));
  };
  EXPECT_EQ(
      refuse([](auto &b) { b.magic = "GG\nL"; }),
      "m.gguf: expected a file that begins with 'GGUF' but got 'GG\\0AL'");
  EXPECT_EQ(refuse([](auto &b) { b.version = 0x03000000; }),
            "m.gguf: expected a little-endian file but got a big-endian one of "
            "version 3; supported: little-endian");
  EXPECT_EQ(
      refuse([](auto &b) { b.version = 1; }),
      "m.gguf: expected GGUF version 2 or 3 but got version 1; supported: "
      "2, 3");
  EXPECT_EQ(
      refuse([](auto &b) { b.version = 4; }),
      "m.gguf: expected GGUF version 2 or 3 but got version 4; supported: "
      "2, 3");
  EXPECT_NE(refuse([](auto &b) { b.version = 0; }), "");
  EXPECT_THAT(refuse([](auto &b) { b.numTensors = uint64_t(1) << 60; }),
              testing::StartsWith("m.gguf: 1152921504606846976 tensors do not "
                                  "fit in the "));
  EXPECT_THAT(refuse([](auto &b) { b.numEntries = ~uint64_t(0); }),
              testing::HasSubstr("metadata entries do not fit"));
}

TEST(GGUF, G3_G4_G6_RefusesMetadata) {
  auto refuse = [](auto change) {
    GGUFBuilder b;
    change(b);
    return getMessage(parse(b));
  };
  auto type = [](uint32_t id) { return static_cast<GGUFValueType>(id); };
  EXPECT_EQ(refuse([&](auto &b) { b.set("k", type(13), "1234"); }),
            "m.gguf: key 'k': expected a value type from 0 to 12 but got 13");
  EXPECT_EQ(refuse([](auto &b) {
              b.set("k", true);
              b.entries.push_back(b.entries[0]);
            }),
            "m.gguf: key 'k': expected one value but the key appears twice");
  EXPECT_EQ(refuse([&](auto &b) {
              b.set("k", type(9), bytesOf(9u) + bytesOf<uint64_t>(0));
            }),
            "m.gguf: key 'k': expected an array of scalars or strings but got "
            "an array of arrays");
  EXPECT_EQ(
      refuse([](auto &b) { b.set("k", GGUFValueType::Bool, "\x02"); }),
      "m.gguf: key 'k': expected 0 or 1 for a bool but got another value");
  EXPECT_EQ(refuse([](auto &b) { b.set("a\nb", 1u); }),
            "m.gguf: key 0: expected no control characters but got 'a\\0Ab'");
  EXPECT_EQ(refuse([](auto &b) { b.set("", 1u); }),
            "m.gguf: key 0: expected 1 to 65535 bytes but got 0");
  EXPECT_EQ(refuse([](auto &b) { b.set(std::string(65536, 'k'), 1u); }),
            "m.gguf: key 0: expected 1 to 65535 bytes but got 65536");
  EXPECT_EQ(refuse([](auto &b) { b.set("general.alignment", 24u); }),
            "m.gguf: key 'general.alignment': expected a power of two but got "
            "24");
  EXPECT_EQ(refuse([](auto &b) { b.set("general.alignment", 0u); }),
            "m.gguf: key 'general.alignment': expected a power of two but got "
            "0");
  EXPECT_EQ(refuse([&](auto &b) {
              b.set("k", type(8), bytesOf(~uint64_t(0)) + "text");
            }),
            "m.gguf: truncated: expected the value of key 'k' "
            "(18446744073709551615 bytes) at byte 45 but the file has 49 "
            "bytes");
  EXPECT_EQ(refuse([&](auto &b) {
              b.set("k", type(9), bytesOf(10u) + bytesOf(uint64_t(1) << 61));
            }),
            "m.gguf: truncated: expected the value of key 'k' "
            "(18446744073709551615 bytes) at byte 49 but the file has 49 "
            "bytes");
}

TEST(GGUF, G7_G8_G10_RefusesTensors) {
  auto refuse = [](auto change) {
    GGUFBuilder b;
    b.add("t", {64, 2}, GGUF_Q8_0);
    b.add("u", {3}, GGUF_F32);
    change(b, b.tensors[0]);
    return getMessage(parse(b));
  };
  EXPECT_EQ(refuse([](auto &, auto &t) { t.type = 43; }),
            "m.gguf: tensor 't': expected a type of the format but got type "
            "43; supported: F32, F16, BF16, Q8_0, Q4_0");
  EXPECT_EQ(refuse([](auto &, auto &t) { t.type = 31; }),
            "m.gguf: tensor 't': expected a type of the format but got "
            "Q4_0_4_4, which was removed from it; supported: F32, F16, BF16, "
            "Q8_0, Q4_0");
  EXPECT_EQ(refuse([](auto &, auto &t) { t.shape = {48, 2}; }),
            "m.gguf: tensor 't': expected rows of whole Q8_0 blocks of 32 "
            "elements but got shape 48x2");
  EXPECT_EQ(refuse([](auto &, auto &t) { t.shape = {64, 0}; }),
            "m.gguf: tensor 't': expected from 1 to 2^63-1 elements but got "
            "shape 64x0");
  EXPECT_EQ(refuse([](auto &, auto &t) {
              t.shape = {64, uint64_t(1) << 32, uint64_t(1) << 32};
            }),
            "m.gguf: tensor 't': expected from 1 to 2^63-1 elements but got "
            "shape 64x4294967296x4294967296");
  EXPECT_EQ(refuse([](auto &, auto &t) {
              t.type = GGUF_F32;
              t.shape = {uint64_t(1) << 62};
            }),
            "m.gguf: tensor 't': expected a size below 2^64 bytes but got "
            "shape 4611686018427387904 of F32");
  EXPECT_EQ(refuse([](auto &, auto &t) { t.shape = {}; }),
            "m.gguf: tensor 't': expected 1 to 4 dimensions but got 0");
  EXPECT_EQ(refuse([](auto &, auto &t) { t.shape = {32, 1, 1, 1, 1}; }),
            "m.gguf: tensor 't': expected 1 to 4 dimensions but got 5");
  EXPECT_EQ(refuse([](auto &b, auto &) { b.tensors[1].name = "t"; }),
            "m.gguf: tensor 't': expected one tensor of this name but got two");
  EXPECT_EQ(refuse([](auto &, auto &t) { t.name = std::string(64, 'n'); }),
            "m.gguf: the name of tensor 0: expected 1 to 63 bytes but got 64");
  EXPECT_EQ(refuse([](auto &b, auto &) { b.tensors[1].offset = 128; }),
            "m.gguf: tensor 'u': expected offset 160 in the data section but "
            "got 128");
  EXPECT_EQ(refuse([](auto &b, auto &) { b.tensors[1].shape = {300}; }),
            "m.gguf: tensor 'u': expected 1200 bytes at byte 288 but the file "
            "has 300 bytes");
}
