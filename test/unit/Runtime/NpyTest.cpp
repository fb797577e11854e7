//===- NpyTest.cpp - Files of NumPy arrays --------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Npy.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

using namespace plmr;
using namespace std::string_literals;

/// A file of version 1 with this dictionary and data.
static std::string makeFile(const std::string &header,
                            const std::string &data = "") {
  return "\x93NUMPY\x01\x00"s + char(header.size()) + '\0' + header + data;
}

static std::string refuse(llvm::StringRef bytes) {
  llvm::Expected<NpyArray> array = parseNpy(bytes, "a.npy");
  return array ? "" : llvm::toString(array.takeError());
}

static NpyArray parseOk(llvm::StringRef bytes) {
  llvm::Expected<NpyArray> array = parseNpy(bytes, "a.npy");
  if (array)
    return std::move(*array);
  ADD_FAILURE() << llvm::toString(array.takeError());
  return {};
}

TEST(Npy, C12_WritesWhatNumPyWrites) {
  NpyArray array = {ElementType::F32, {1, 2}, {1, -2}};
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': "
                       "(1, 2), }";
  header.resize(128 - 10 - 1, ' ');
  EXPECT_EQ(llvm::cantFail(serializeNpy(array)),
            makeFile(header + "\n", "\0\0\x80\x3f\0\0\0\xc0"s));
}

TEST(Npy, RoundTrips) {
  using Shape = llvm::SmallVector<int64_t, 4>;
  for (Shape shape :
       {Shape{}, Shape{5}, Shape{2, 3}, Shape{0, 4}, Shape{1, 2, 3, 4}})
    for (ElementType type : {ElementType::F32, ElementType::F16}) {
      NpyArray array = {type, shape, {}};
      int64_t elements = 1;
      for (int64_t extent : shape)
        elements *= extent;
      for (int64_t i = 0; i < elements; ++i)
        array.values.push_back(i * 0.5f - 1);
      std::string bytes = llvm::cantFail(serializeNpy(array));
      EXPECT_EQ(bytes.size() % 2, 0u);
      NpyArray read = parseOk(bytes);
      EXPECT_EQ(read.type, type);
      EXPECT_EQ(read.shape, shape);
      EXPECT_EQ(read.values, array.values);
    }
}

TEST(Npy, ReadsVersion2AndOtherSpellings) {
  std::string header =
      "{\"shape\":(2,),'fortran_order':False , 'descr': '<f2'}";
  std::string file = "\x93NUMPY\x02\x00"s + char(header.size()) + "\0\0\0"s +
                     header + "\x00\x3c\x01\x00"s;
  EXPECT_EQ(parseOk(file).values, (std::vector<float>{1, 0x1p-24f}));
}

TEST(Npy, Files) {
  llvm::SmallString<64> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("plmr", "npy", path));
  NpyArray array = {ElementType::F32, {3}, {1, 2, 3}};
  ASSERT_FALSE(writeNpy(array, path));
  llvm::Expected<NpyArray> read = readNpy(path);
  ASSERT_TRUE(static_cast<bool>(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(read->values, array.values);
  llvm::sys::fs::remove(path);
  EXPECT_EQ(llvm::toString(readNpy(path).takeError()),
            (path + ": No such file or directory").str());
  EXPECT_NE(llvm::toString(writeNpy(array, (path + "/x.npy").str())), "");
}

TEST(Npy, C12_Refuses) {
  std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}";
  EXPECT_EQ(refuse(makeFile(good, "1234")), "");
  EXPECT_EQ(refuse("GGUF"),
            "a.npy: expected a file that begins with '\\93NUMPY' but got "
            "'GGUF'");
  EXPECT_EQ(refuse("\x93NUMPY\x03\x00\x00\x00"s),
            "a.npy: expected version 1 or 2 but got version 3; supported: 1, "
            "2");
  EXPECT_EQ(refuse(makeFile("{'descr': '<i8'}")),
            "a.npy: expected elements of type '<f4' or '<f2' but got '<i8'; "
            "supported: <f4, <f2");
  EXPECT_EQ(refuse(makeFile("{'descr': '>f4'}")),
            "a.npy: expected elements of type '<f4' or '<f2' but got '>f4'; "
            "supported: <f4, <f2");
  EXPECT_EQ(refuse(makeFile("{'fortran_order': True}")),
            "a.npy: expected C order but got Fortran order; supported: C "
            "order");
  EXPECT_EQ(refuse(makeFile("{'fortran_order': 0}")),
            "a.npy: expected 'False' in the header but got '0}'");
  EXPECT_EQ(refuse(makeFile("{'shape': (1,)}")),
            "a.npy: expected the keys 'descr', 'fortran_order' and 'shape' but "
            "one is missing");
  EXPECT_EQ(refuse(makeFile("{'shape': (1,), 'shape': (2,)}")),
            "a.npy: expected the keys 'descr', 'fortran_order' and 'shape' "
            "once each but got 'shape'");
  EXPECT_EQ(refuse(makeFile("{'shape': (-1,)}")),
            "a.npy: expected an extent in the header but got '-1,)}'");
  EXPECT_EQ(refuse(makeFile("{'shape': (99999999999999999999,)}")),
            "a.npy: expected an extent in the header but got "
            "'99999999999999999999...'");
  EXPECT_EQ(refuse(makeFile(good + " x")),
            "a.npy: expected the end of the header but got 'x'");
  EXPECT_EQ(refuse(makeFile(good, "123")),
            "a.npy: expected 1 elements of 4 bytes but got 3 bytes");
  EXPECT_EQ(refuse(makeFile(good, "12345678")),
            "a.npy: expected 1 elements of 4 bytes but got 8 bytes");
  EXPECT_EQ(refuse(makeFile("{'descr': '<f4', 'fortran_order': False, 'shape':"
                            " (4294967296, 4294967296)}")),
            "a.npy: expected 18446744073709551615 elements of 4 bytes but got "
            "0 bytes");
  EXPECT_THAT(refuse("\x93NUMPY\x01\x00\xff\x00{"s),
              testing::EndsWith("expected a header of 255 bytes but got 1"));

  NpyArray wrong = {ElementType::F32, {2}, {1}};
  EXPECT_EQ(llvm::toString(serializeNpy(wrong).takeError()),
            "npy: expected 1 values to fill a shape of at most 32 dimensions "
            "but got (2,)");
  wrong.type = ElementType::I32;
  EXPECT_EQ(llvm::toString(serializeNpy(wrong).takeError()),
            "npy: expected elements of f32 or f16 but got i32; supported: f32, "
            "f16");
}

TEST(Npy, DamageIsReadOrRefused) {
  NpyArray array = {ElementType::F16, {2, 3}, {1, 2, 3, 4, 5, 6}};
  std::string whole = llvm::cantFail(serializeNpy(array));
  for (size_t size = 0; size < whole.size(); ++size) {
    std::vector<char> bytes(whole.begin(), whole.begin() + size);
    EXPECT_NE(refuse({bytes.data(), bytes.size()}), "") << size;
  }
  std::mt19937 random(3);
  unsigned refused = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    std::vector<char> bytes(whole.begin(), whole.end());
    for (unsigned i = 0, n = 1 + random() % 3; i < n; ++i)
      bytes[random() % 90] = char(random());
    std::string message = refuse({bytes.data(), bytes.size()});
    refused += !message.empty();
    ASSERT_FALSE(llvm::StringRef(message).contains('\n')) << message;
  }
  EXPECT_GT(refused, 10000u);
}
