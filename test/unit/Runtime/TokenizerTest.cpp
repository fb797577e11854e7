//===- TokenizerTest.cpp - Text to tokens and back ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Tokenizer.h"
#include "plmr/Frontend/GGUF/Architecture.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

using namespace plmr;
using Ids = std::vector<int32_t>;
using namespace std::string_literals;

/// <unk> <s> </s>, 256 byte tokens (id = 3 + byte), then `more` with types 1
/// and scores -1, -2, ...
static ModelInfo makeInfo(const std::vector<std::string> &more) {
  ModelInfo info;
  info.tokenizerModel = "llama";
  info.tokens = {"<unk>", "<s>", "</s>"};
  info.tokenTypes = {2, 3, 3};
  for (unsigned byte = 0; byte < 256; ++byte) {
    info.tokens.push_back(llvm::formatv("<0x{0:X-2}>", byte));
    info.tokenTypes.push_back(6);
  }
  info.scores.assign(info.tokens.size(), 0);
  for (const std::string &text : more) {
    info.tokens.push_back(text);
    info.tokenTypes.push_back(1);
    info.scores.push_back(info.scores.back() - 1);
  }
  info.vocabSize = info.tokens.size();
  return info;
}

static constexpr int32_t first = 259; ///< of `more`

static Tokenizer make(const ModelInfo &info) {
  llvm::Expected<Tokenizer> tokenizer = Tokenizer::create(info);
  if (!tokenizer)
    ADD_FAILURE() << llvm::toString(tokenizer.takeError());
  return std::move(*tokenizer);
}

static std::string refuse(const ModelInfo &info) {
  llvm::Expected<Tokenizer> tokenizer = Tokenizer::create(info);
  return tokenizer ? "" : llvm::toString(tokenizer.takeError());
}

static std::string decodeAll(const Tokenizer &tokenizer, const Ids &ids) {
  std::string text;
  for (int32_t id : ids)
    text += tokenizer.decode(id);
  return text;
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

TEST(Tokenizer, T4_BestPairFirst) {
  // "bc" has a better score than "ab", so "abc" is a + bc.
  ModelInfo info = makeInfo({"a", "b", "c", "bc", "ab"});
  info.addSpacePrefix = info.addBos = false;
  EXPECT_EQ(make(info).encode("abc"), (Ids{first, first + 3}));
}

TEST(Tokenizer, T4_LeftmostOfEqualPairsFirst) {
  ModelInfo info = makeInfo({"a", "aa"});
  info.addSpacePrefix = info.addBos = false;
  EXPECT_EQ(make(info).encode("aaa"), (Ids{first + 1, first}));
  info = makeInfo({"a", "b", "c", "ab", "bc"});
  info.addSpacePrefix = info.addBos = false;
  info.scores.assign(info.scores.size(), 0);
  EXPECT_EQ(make(info).encode("abc"), (Ids{first + 3, first + 2}));
}

TEST(Tokenizer, T3_T5_T6_SpacesAndBytes) {
  ModelInfo info = makeInfo({"\u2581", "a", "\u2581a"});
  Tokenizer tokenizer = make(info);
  EXPECT_EQ(tokenizer.encode(""), (Ids{1}));
  EXPECT_EQ(tokenizer.encode("a"), (Ids{1, first + 2}));
  EXPECT_EQ(tokenizer.encode(" a", {false, false}), (Ids{first, first + 2}));
  EXPECT_EQ(tokenizer.encode("\xc3\xa9", {false, false}),
            (Ids{first, 3 + 0xc3, 3 + 0xa9}));
  EXPECT_EQ(tokenizer.encode("\0\xff"s, {false, false}),
            (Ids{first, 3, 3 + 0xff}));
  info.addSpacePrefix = false;
  info.addEos = true;
  EXPECT_EQ(make(info).encode("a"), (Ids{1, first + 1, 2}));
}

TEST(Tokenizer, T2_SpecialTokensAreCutOutWhenAsked) {
  ModelInfo info = makeInfo({"\u2581", "a", "<", "s", ">", "<x>"});
  info.tokenTypes.back() = 4; // user-defined tokens are always cut out
  Tokenizer tokenizer = make(info);
  EXPECT_EQ(tokenizer.encode("a<s>a</s>", {false, true}),
            (Ids{first, first + 1, 1, first, first + 1, 2}));
  EXPECT_EQ(tokenizer.encode("<s>", {false, false}),
            (Ids{first, first + 2, first + 3, first + 4}));
  EXPECT_EQ(tokenizer.encode("a<x>a", {false, false}),
            (Ids{first, first + 1, first + 5, first, first + 1}));
}

TEST(Tokenizer, T5_UnknownTokenStandsForBytesWithoutToken) {
  ModelInfo info;
  info.tokenizerModel = "llama";
  info.tokens = {"<unk>", "<s>", "</s>", "a", "!"};
  info.scores.assign(5, 0);
  info.tokenTypes = {2, 3, 3, 1, 1};
  info.addSpacePrefix = false;
  EXPECT_EQ(make(info).encode("a?!"), (Ids{1, 3, 0, 4}));
  info.unknownId = -1;
  EXPECT_EQ(refuse(info),
            "tokenizer: expected a token for byte 0 or an unknown "
            "token but the vocabulary has neither");
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

TEST(Tokenizer, T7_DecodesByType) {
  ModelInfo info = makeInfo({"\u2581a\u2581", "\u2581b", "c"});
  info.tokenTypes[first + 1] = 4; // user-defined: as it is
  info.tokenTypes[first + 2] = 5; // unused: nothing
  Tokenizer tokenizer = make(info);
  EXPECT_EQ(tokenizer.decode(first), " a ");
  EXPECT_EQ(tokenizer.decode(first + 1), "\u2581b");
  EXPECT_EQ(tokenizer.decode(first + 2), "");
  EXPECT_EQ(tokenizer.decode(3 + 0xe2), "\xe2");
  EXPECT_EQ(tokenizer.decode(3), "\0"s);
  EXPECT_EQ(tokenizer.decode(1), "");
  EXPECT_EQ(tokenizer.decode(1, /*special=*/true), "<s>");
  EXPECT_EQ(tokenizer.decode(-1), "");
  EXPECT_EQ(tokenizer.decode(1 << 30), "");
}

TEST(Tokenizer, T8_EndOfGeneration) {
  ModelInfo info = makeInfo({"<|im_end|>", "x"});
  Tokenizer tokenizer = make(info);
  EXPECT_TRUE(tokenizer.isEndOfGeneration(2));
  EXPECT_TRUE(tokenizer.isEndOfGeneration(first));
  EXPECT_FALSE(tokenizer.isEndOfGeneration(1));
  EXPECT_FALSE(tokenizer.isEndOfGeneration(-1));
  // A token that ends texts is a control token whatever its type says.
  EXPECT_EQ(tokenizer.decode(first), "");
  info.eosId = first + 1;
  EXPECT_TRUE(make(info).isEndOfGeneration(first + 1));
}

static std::string unmark(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, "\u2581");
  return llvm::join(parts, " ");
}

TEST(Tokenizer, AnyTextSurvivesWithoutLoss) {
  Tokenizer tokenizer = make(makeInfo({"\u2581", "a", "b", "ab", "\u2581a"}));
  std::mt19937 random(5);
  for (unsigned round = 0; round < 300; ++round) {
    std::string text;
    for (unsigned i = 0, n = random() % 40; i < n; ++i)
      text += random() % 2 ? "ab \xe2"[random() % 4] : char(random());
    // U+2581 and space are one: in malformed text the mark comes back.
    std::string decoded = decodeAll(tokenizer, tokenizer.encode(text));
    if (!text.empty() && !llvm::StringRef(text).contains("\u2581"))
      EXPECT_EQ(unmark(decoded), " " + text);
  }
}

TEST(TextStream, T7_GivesWholeCharactersOnly) {
  Tokenizer tokenizer = make(makeInfo({"a", "\xc3"}));
  auto push = [&](TextStream &stream, std::string bytes) {
    std::string text;
    for (unsigned char byte : bytes)
      text += stream.push(3 + byte) + "|";
    return text;
  };
  TextStream stream(tokenizer);
  EXPECT_EQ(push(stream, "x\u00e9\u65e5\U0001f642"),
            "x||\u00e9|||\u65e5||||\U0001f642|");
  EXPECT_EQ(stream.finish(), "");
  // A byte that cannot continue ends the wait, and is judged anew.
  EXPECT_EQ(push(stream, "\xe2\x96z\x80"), "||\ufffd\ufffdz|\ufffd|");
  // Overlong, surrogate and too large: refused as soon as it shows.
  EXPECT_EQ(push(stream, "\xc0"), "\ufffd|");
  EXPECT_EQ(push(stream, "\xe0\x80"), "|\ufffd\ufffd|");
  EXPECT_EQ(push(stream, "\xed\xa0"), "|\ufffd\ufffd|");
  EXPECT_EQ(push(stream, "\xf4\x90"), "|\ufffd\ufffd|");
  EXPECT_EQ(push(stream, "\xf0\x9f"), "||");
  EXPECT_EQ(stream.finish(), "\ufffd\ufffd");
  EXPECT_EQ(stream.finish(), "");
  // Tokens may end inside of a character.
  EXPECT_EQ(stream.push(first + 1), "");
  EXPECT_EQ(stream.push(3 + 0xa9), "\u00e9");
}

//===----------------------------------------------------------------------===//
// Refusals
//===----------------------------------------------------------------------===//

TEST(Tokenizer, T1_Refuses) {
  ModelInfo info = makeInfo({});
  info.tokenizerModel = "gpt2";
  EXPECT_EQ(refuse(info), "tokenizer: expected a model that is supported but "
                          "got 'gpt2'; supported: llama");
  info = makeInfo({"a", "a"});
  EXPECT_EQ(refuse(info), "tokenizer: expected tokens that differ but 259 and "
                          "260 are the same");
  info = makeInfo({"a"});
  info.scores.pop_back();
  EXPECT_EQ(refuse(info), "tokenizer: expected 260 scores and types, one per "
                          "token, but got 259 and 260");
  info = makeInfo({"a"});
  info.scores.back() = NAN;
  EXPECT_EQ(refuse(info), "tokenizer: expected a number as score of token 259 "
                          "but got NaN");
  info = makeInfo({"0x41"});
  info.tokenTypes.back() = 6;
  EXPECT_EQ(refuse(info), "tokenizer: expected '<0xNN>' as text of byte token "
                          "259 but got '0x41'");
  info = makeInfo({});
  info.bosId = 259;
  EXPECT_EQ(refuse(info), "tokenizer: expected the token that begins a text to "
                          "be below 259 but got 259");
  info.bosId = -1;
  EXPECT_EQ(refuse(info), "tokenizer: expected the token that begins a text to "
                          "be below 259 but got -1");
  info.addBos = false;
  EXPECT_EQ(refuse(info), "");
  EXPECT_NE(refuse(ModelInfo()), "");
}

//===----------------------------------------------------------------------===//
// Conformance: what llama.cpp gives
//===----------------------------------------------------------------------===//

namespace {

struct Case {
  std::string text;
  Ids plain;  ///< with begin token
  Ids parsed; ///< without, special tokens parsed
};

} // namespace

static void checkCases(const std::string &path,
                       const std::vector<Case> &cases) {
  if (!llvm::sys::fs::exists(path))
    GTEST_SKIP() << path << " is absent";
  llvm::Expected<GGUFFile> file = GGUFFile::open(path);
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  llvm::Expected<ModelDescription> model = readModel(*file);
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  llvm::Expected<ModelInfo> info = readModelInfo(*file, *model);
  ASSERT_TRUE(static_cast<bool>(info)) << llvm::toString(info.takeError());
  Tokenizer tokenizer = make(*info);
  for (const Case &c : cases) {
    EXPECT_EQ(tokenizer.encode(c.text), c.plain) << c.text;
    EXPECT_EQ(tokenizer.encode(c.text, {false, true}), c.parsed) << c.text;
  }
}

static const std::vector<Case> stories260KCases = {
    {"", {1}, {}},
    {"Hello", {1, 346, 306, 414}, {346, 306, 414}},
    {" Hello", {1, 410, 346, 306, 414}, {410, 346, 306, 414}},
    {"Hello  world",
     {1, 346, 306, 414, 410, 263, 304, 341},
     {346, 306, 414, 410, 263, 304, 341}},
    {"Once upon a time", {1, 403, 407, 261, 378}, {403, 407, 261, 378}},
    {"Lily's mom said, \"Let's go!\"",
     {1, 317, 439, 419, 357, 336, 432, 313, 438, 316, 439, 419, 298, 414, 443,
      436},
     {317, 439, 419, 357, 336, 432, 313, 438, 316, 439, 419, 298, 414, 443,
      436}},
    {"na\303\257ve caf\303\251",
     {1, 297, 412, 198, 178, 360, 280, 412, 431, 485},
     {297, 412, 198, 178, 360, 280, 412, 431, 485}},
    {"\346\227\245\346\234\254\350\252\236",
     {1, 410, 233, 154, 168, 233, 159, 175, 235, 173, 161},
     {410, 233, 154, 168, 233, 159, 175, 235, 173, 161}},
    {"\360\237\231\202",
     {1, 410, 243, 162, 156, 133},
     {410, 243, 162, 156, 133}},
    {"a\342\226\201b", {1, 261, 268}, {261, 268}},
    {"<s>", {1, 410, 504, 419, 505}, {1}},
    {"</s> The end",
     {1, 410, 504, 492, 419, 505, 291, 344, 264},
     {2, 410, 291, 344, 264}},
    {"x<s>y<unk>z",
     {1, 410, 444, 504, 419, 505, 422, 504, 379, 433, 505, 451},
     {410, 444, 1, 348, 0, 410, 451}},
    {"<0x41>",
     {1, 410, 504, 477, 444, 484, 475, 505},
     {410, 504, 477, 444, 484, 475, 505}},
    {"\012\012\011", {1, 410, 13, 13, 12}, {410, 13, 13, 12}},
    {"mississippi",
     {1, 284, 293, 419, 293, 419, 417, 339, 417},
     {284, 293, 419, 293, 419, 417, 339, 417}},
    {"1234567890",
     {1, 410, 475, 479, 472, 484, 480, 490, 491, 487, 483, 477},
     {410, 475, 479, 472, 484, 480, 490, 491, 487, 483, 477}},
    {"   ", {1, 410, 410, 410, 410}, {410, 410, 410, 410}},
    {"One day, Tim and Sue went to the big park.",
     {1, 385, 328, 432, 326, 269, 301, 425, 411, 263, 377, 267, 265, 370, 282,
      295, 433, 426},
     {385, 328, 432, 326, 269, 301, 425, 411, 263, 377, 267, 265, 370, 282, 295,
      433, 426}},
    {"  leading and trailing  ",
     {1, 410, 410, 278, 411, 380, 299, 269, 259, 420, 412, 290, 299, 410, 410},
     {410, 410, 278, 411, 380, 299, 269, 259, 420, 412, 290, 299, 410, 410}},
    {"don't", {1, 279, 289, 439, 413}, {279, 289, 439, 413}},
    {"aaaaaaaaaaaaaaaaaaaa",
     {1,   261, 412, 412, 412, 412, 412, 412, 412, 412, 412,
      412, 412, 412, 412, 412, 412, 412, 412, 412, 412},
     {261, 412, 412, 412, 412, 412, 412, 412, 412, 412,
      412, 412, 412, 412, 412, 412, 412, 412, 412, 412}},
    {"the cat\302\240sat",
     {1, 265, 280, 294, 498, 419, 294},
     {265, 280, 294, 498, 419, 294}},
    {"e\314\201", {1, 344, 207, 132}, {344, 207, 132}},
    {"\357\254\201", {1, 410, 242, 175, 132}, {410, 242, 175, 132}},
    {"<s><s>", {1, 410, 504, 419, 505, 504, 419, 505}, {1, 1}},
    {"(x+y)*z=42;",
     {1, 410, 489, 444, 496, 422, 488, 497, 451, 64, 484, 479, 474},
     {410, 489, 444, 496, 422, 488, 497, 451, 64, 484, 479, 474}},
    {"UPPER lower MiXeD",
     {1, 410, 471, 460, 460, 459, 461, 278, 327, 285, 392, 417, 478, 411, 455},
     {410, 471, 460, 460, 459, 461, 278, 327, 285, 392, 417, 478, 411, 455}},
    {"!?.,:;-",
     {1, 410, 443, 450, 426, 432, 467, 474, 464},
     {410, 443, 450, 426, 432, 467, 474, 464}},
    {"tab\011here\015\012",
     {1, 259, 412, 430, 12, 260, 276, 16, 13},
     {259, 412, 430, 12, 260, 276, 16, 13}},
    {"\377\376", {1, 410, 258, 257}, {410, 258, 257}},
    {"a\303", {1, 261, 198}, {261, 198}},
    {"\342\226", {1, 410, 229, 153}, {410, 229, 153}},
    {"a\000b"s, {1, 261, 3, 430}, {261, 3, 430}},
    {"\360\237\231B", {1, 410, 243, 162, 156, 69}, {410, 243, 162, 156, 69}},
};

TEST(TokenizerConformance, Stories260K) {
  checkCases(PLMR_SOURCE_DIR "/../shared/models/stories260K.upstream.gguf",
             stories260KCases);
}

static const std::vector<Case> bundledCases = {
    {"", {1}, {}},
    {"Hello", {1, 359, 277, 460}, {359, 277, 460}},
    {" Hello", {1, 456, 359, 277, 460}, {456, 359, 277, 460}},
    {"Hello  world",
     {1, 359, 277, 460, 456, 263, 300, 356},
     {359, 277, 460, 456, 263, 300, 356}},
    {"Once upon a time",
     {1, 330, 391, 387, 283, 261, 406},
     {330, 391, 387, 283, 261, 406}},
    {"Lily's mom said, \"Let's go!\"",
     {1, 375, 344, 469, 501, 465, 451, 291, 475, 268, 492, 323, 501, 465, 290,
      460, 342},
     {375, 344, 469, 501, 465, 451, 291, 475, 268, 492, 323, 501, 465, 290, 460,
      342}},
    {"na\303\257ve caf\303\251",
     {1, 285, 458, 198, 178, 336, 339, 480, 198, 172},
     {285, 458, 198, 178, 336, 339, 480, 198, 172}},
    {"\346\227\245\346\234\254\350\252\236",
     {1, 456, 233, 154, 168, 233, 159, 175, 235, 173, 161},
     {456, 233, 154, 168, 233, 159, 175, 235, 173, 161}},
    {"\360\237\231\202",
     {1, 456, 243, 162, 156, 133},
     {456, 243, 162, 156, 133}},
    {"a\342\226\201b", {1, 261, 267}, {261, 267}},
    {"<s>", {1, 456, 63, 465, 65}, {1}},
    {"</s> The end",
     {1, 456, 63, 50, 465, 65, 308, 337, 265},
     {2, 456, 308, 337, 265}},
    {"x<s>y<unk>z",
     {1, 456, 493, 63, 465, 65, 469, 63, 326, 479, 65, 506},
     {456, 493, 1, 307, 0, 456, 506}},
    {"<0x41>",
     {1, 456, 63, 51, 493, 55, 52, 65},
     {456, 63, 51, 493, 55, 52, 65}},
    {"\012\012\011", {1, 456, 13, 13, 12}, {456, 13, 13, 12}},
    {"mississippi",
     {1, 289, 295, 465, 295, 465, 464, 338, 464},
     {289, 295, 465, 295, 465, 464, 338, 464}},
    {"1234567890",
     {1, 456, 52, 53, 54, 55, 56, 57, 58, 59, 60, 51},
     {456, 52, 53, 54, 55, 56, 57, 58, 59, 60, 51}},
    {"   ", {1, 456, 456, 456, 456}, {456, 456, 456, 456}},
    {"One day, Tim and Sue went to the big park.",
     {1, 380, 327, 475, 292, 398, 282, 304, 470, 457, 411, 275, 266, 394, 301,
      299, 479, 468},
     {380, 327, 475, 292, 398, 282, 304, 470, 457, 411, 275, 266, 394, 301, 299,
      479, 468}},
    {"  leading and trailing  ",
     {1, 456, 456, 413, 415, 312, 282, 260, 331, 344, 312, 456, 456},
     {456, 456, 413, 415, 312, 282, 260, 331, 344, 312, 456, 456}},
    {"don't", {1, 288, 283, 501, 459}, {288, 283, 501, 459}},
    {"aaaaaaaaaaaaaaaaaaaa",
     {1,   261, 458, 458, 458, 458, 458, 458, 458, 458, 458,
      458, 458, 458, 458, 458, 458, 458, 458, 458, 458},
     {261, 458, 458, 458, 458, 458, 458, 458, 458, 458,
      458, 458, 458, 458, 458, 458, 458, 458, 458, 458}},
    {"the cat\302\240sat",
     {1, 266, 284, 302, 197, 163, 465, 302},
     {266, 284, 302, 197, 163, 465, 302}},
    {"e\314\201", {1, 337, 207, 132}, {337, 207, 132}},
    {"\357\254\201", {1, 456, 242, 175, 132}, {456, 242, 175, 132}},
    {"<s><s>", {1, 456, 63, 465, 65, 63, 465, 65}, {1, 1}},
    {"(x+y)*z=42;",
     {1, 456, 43, 493, 46, 469, 44, 45, 506, 64, 55, 53, 62},
     {456, 43, 493, 46, 469, 44, 45, 506, 64, 55, 53, 62}},
    {"UPPER lower MiXeD",
     {1, 456, 88, 490, 490, 503, 498, 272, 322, 286, 363, 464, 91, 457, 497},
     {456, 88, 490, 490, 503, 498, 272, 322, 286, 363, 464, 91, 457, 497}},
    {"!?.,:;-",
     {1, 456, 486, 495, 468, 475, 509, 62, 48},
     {456, 486, 495, 468, 475, 509, 62, 48}},
    {"tab\011here\015\012",
     {1, 260, 458, 478, 12, 259, 278, 16, 13},
     {260, 458, 478, 12, 259, 278, 16, 13}},
    {"\377\376", {1, 456, 258, 257}, {456, 258, 257}},
    {"a\303", {1, 261, 198}, {261, 198}},
    {"\342\226", {1, 456, 229, 153}, {456, 229, 153}},
    {"a\000b"s, {1, 261, 3, 478}, {261, 3, 478}},
    {"\360\237\231B", {1, 456, 243, 162, 156, 69}, {456, 243, 162, 156, 69}},
};

TEST(TokenizerConformance, Bundled) {
  checkCases(PLMR_SOURCE_DIR "/models/plmr-stories-280k-f32.gguf",
             bundledCases);
}
