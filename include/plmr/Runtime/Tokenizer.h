//===- Tokenizer.h - Text to tokens and back -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The SentencePiece algorithm of llama.cpp, token for token (docs/GGUF.md,
// rules T1 to T8).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_RUNTIME_TOKENIZER_H
#define PLMR_RUNTIME_TOKENIZER_H

#include "plmr/Program/Program.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <array>
#include <string>
#include <vector>

namespace plmr {

class Tokenizer {
public:
  /// Checks the vocabulary of `info`. Supported tokenizer models: llama.
  static llvm::Expected<Tokenizer> create(const ModelInfo &info);

  struct EncodeOptions {
    /// Adds the tokens at begin and end that the model asks for.
    bool addSpecial = true;
    /// Control tokens that are spelled out in the text become these tokens.
    bool parseSpecial = false;
  };
  /// Any bytes are a text; those that no token covers become byte tokens.
  std::vector<int32_t> encode(llvm::StringRef text,
                              const EncodeOptions &options) const;
  std::vector<int32_t> encode(llvm::StringRef text) const {
    return encode(text, EncodeOptions());
  }

  /// The bytes that a token stands for; they may be a part of a character.
  /// Control tokens are empty unless `special`. Ids outside of the vocabulary
  /// are empty.
  std::string decode(int32_t token, bool special = false) const;

  /// True for a token after which generation stops.
  bool isEndOfGeneration(int32_t token) const;

  uint32_t getVocabSize() const { return tokens.size(); }
  int32_t getBosId() const { return bosId; } ///< -1: none
  int32_t getEosId() const { return eosId; } ///< -1: none

private:
  /// As in the file, and combined as llama.cpp does.
  enum Attribute : uint8_t {
    Normal = 1,
    Unknown = 2,
    Control = 4,
    UserDefined = 8,
    Byte = 16,
  };
  struct Token {
    std::string text;
    float score = 0;
    uint8_t attributes = 0;
    bool endsGeneration = false;
  };
  /// A part of a text: a special token, or characters to be merged.
  struct Fragment {
    llvm::StringRef text;
    int32_t token = -1;
  };
  class Merger;

  Tokenizer() = default;
  llvm::Error addTokens(const ModelInfo &info);
  llvm::Error setSpecial(const ModelInfo &info);
  llvm::Error setByteTokens(int32_t unknownId);
  void markEndTokens();

  bool isValid(int32_t token) const {
    return token >= 0 && static_cast<size_t>(token) < tokens.size();
  }
  int32_t find(llvm::StringRef text) const;
  std::vector<Fragment> cutSpecial(llvm::StringRef text,
                                   bool parseSpecial) const;
  void encodeText(llvm::StringRef text, std::vector<int32_t> &out) const;

  std::vector<Token> tokens;
  llvm::StringMap<int32_t> tokenIds;
  std::vector<int32_t> specialTokens; ///< longest first
  std::array<int32_t, 256> byteTokens;
  int32_t bosId = -1, eosId = -1;
  bool addBos = false, addEos = false, addSpacePrefix = false;
};

/// Turns tokens into text as they come. What it returns is always whole
/// characters of valid UTF-8: bytes wait for the rest of their character, and
/// each that belongs to none becomes U+FFFD.
class TextStream {
public:
  explicit TextStream(const Tokenizer &tokenizer) : tokenizer(tokenizer) {}

  /// The text that `token` completes.
  std::string push(int32_t token, bool special = false);
  /// Ends the text; gives U+FFFD for what was left incomplete.
  std::string finish();

private:
  std::string takeCharacters(bool atEnd);

  const Tokenizer &tokenizer;
  std::string pending;
};

} // namespace plmr

#endif // PLMR_RUNTIME_TOKENIZER_H
