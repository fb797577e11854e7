//===- Tokenizer.cpp - Text to tokens and back ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Tokenizer.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <cmath>
#include <queue>

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

/// U+2581, which stands for a space in the vocabulary.
static constexpr StringRef spaceMark = "\xe2\x96\x81";

/// Spellings of tokens that end a text whatever their type says.
static constexpr StringRef endSpellings[] = {
    "</s>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|calls|>",
    "<|flush|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<eos>",
    "<end_of_utterance>",
    "<turn|>",
    "<|tool_response>",
    "<\xef\xbd\x9c"
    "end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
    "[e~[",
};

//===----------------------------------------------------------------------===//
// Vocabulary
//===----------------------------------------------------------------------===//

static std::string replaceAll(StringRef text, StringRef from, StringRef to) {
  std::string result;
  while (true) {
    auto [head, tail] = text.split(from);
    result += head;
    if (head.size() == text.size())
      return result;
    result += to;
    text = tail;
  }
}

/// True for "<0xNN>", whose value goes to `byte`.
static bool isByteSpelling(StringRef text, unsigned &byte) {
  return text.size() == 6 && text.consume_front("<0x") &&
         text.consume_back(">") && !text.getAsInteger(16, byte);
}

int32_t Tokenizer::find(StringRef text) const {
  auto it = tokenIds.find(text);
  return it == tokenIds.end() ? -1 : it->second;
}

Error Tokenizer::addTokens(const ModelInfo &info) {
  size_t count = info.tokens.size();
  if (count == 0 || count > INT32_MAX)
    return makeError("tokenizer: expected 1 to {0} tokens but got {1}",
                     INT32_MAX, count);
  if (info.scores.size() != count || info.tokenTypes.size() != count)
    return makeError("tokenizer: expected {0} scores and types, one per token, "
                     "but got {1} and {2}",
                     count, info.scores.size(), info.tokenTypes.size());
  // Types 5 (unused) and unknown ones have no attribute: they decode to
  // nothing.
  static constexpr uint8_t attributes[] = {
      0, Normal, Unknown, Control, UserDefined, 0, Byte};
  tokens.resize(count);
  for (auto [id, token] : llvm::enumerate(tokens)) {
    int32_t type = info.tokenTypes[id];
    token.text = info.tokens[id];
    if (token.text.empty())
      token.text = llvm::formatv("[EMPTY_{0}]", id);
    token.score = info.scores[id];
    if (type >= 0 && static_cast<size_t>(type) < std::size(attributes))
      token.attributes = attributes[type];
    if (std::isnan(token.score))
      return makeError("tokenizer: expected a number as score of token {0} but "
                       "got NaN",
                       id);
    unsigned byte;
    if (token.attributes & Byte && !isByteSpelling(token.text, byte))
      return makeError("tokenizer: expected '<0xNN>' as text of byte token {0} "
                       "but got '{1}'",
                       id, printable(token.text));
    auto [it, isNew] = tokenIds.try_emplace(token.text, id);
    if (!isNew)
      return makeError("tokenizer: expected tokens that differ but {0} and {1} "
                       "are the same",
                       it->second, id);
  }
  return Error::success();
}

/// Finds the token of each byte: "<0xNN>", else the byte itself, else the
/// unknown token.
Error Tokenizer::setByteTokens(int32_t unknownId) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    int32_t &id = byteTokens[byte];
    id = find(llvm::formatv("<0x{0:X-2}>", byte).str());
    char text = static_cast<char>(byte);
    if (id < 0)
      id = find(StringRef(&text, 1));
    if (id < 0)
      id = unknownId;
    if (!isValid(id))
      return makeError("tokenizer: expected a token for byte {0} or an unknown "
                       "token but the vocabulary has neither",
                       byte);
  }
  return Error::success();
}

Error Tokenizer::setSpecial(const ModelInfo &info) {
  bosId = info.bosId;
  eosId = info.eosId;
  addBos = info.addBos;
  addEos = info.addEos;
  addSpacePrefix = info.addSpacePrefix;
  for (auto [id, isAdded, name] :
       {std::tuple(bosId, addBos, "begins"), std::tuple(eosId, addEos, "ends")})
    if (id != -1 ? !isValid(id) : isAdded)
      return makeError("tokenizer: expected the token that {0} a text to be "
                       "below {1} but got {2}",
                       name, tokens.size(), id);
  return Error::success();
}

void Tokenizer::markEndTokens() {
  for (StringRef spelling : endSpellings)
    if (int32_t id = find(spelling); id >= 0) {
      tokens[id].endsGeneration = true;
      tokens[id].attributes |= Control;
    }
  if (eosId >= 0)
    tokens[eosId].endsGeneration = true;
}

Expected<Tokenizer> Tokenizer::create(const ModelInfo &info) {
  if (info.tokenizerModel != "llama")
    return makeError("tokenizer: expected a model that is supported but got "
                     "'{0}'; supported: llama",
                     printable(info.tokenizerModel));
  Tokenizer tokenizer;
  if (Error error = tokenizer.addTokens(info))
    return error;
  if (Error error = tokenizer.setSpecial(info))
    return error;
  if (Error error = tokenizer.setByteTokens(info.unknownId))
    return error;
  tokenizer.markEndTokens();
  for (auto [id, token] : llvm::enumerate(tokenizer.tokens))
    if (token.attributes & (Control | UserDefined | Unknown))
      tokenizer.specialTokens.push_back(id);
  llvm::sort(tokenizer.specialTokens, [&](int32_t a, int32_t b) {
    size_t sizeA = tokenizer.tokens[a].text.size();
    size_t sizeB = tokenizer.tokens[b].text.size();
    return sizeA != sizeB ? sizeA > sizeB : a < b;
  });
  return tokenizer;
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

/// Merges the characters of a text to tokens. Symbols are a doubly linked
/// list; a merged one is empty.
class Tokenizer::Merger {
public:
  Merger(const Tokenizer &tokenizer, StringRef text) : tokenizer(tokenizer) {
    splitCharacters(text);
  }

  void run(std::vector<int32_t> &out);

private:
  static constexpr size_t none = ~size_t(0);

  struct Symbol {
    StringRef text;
    size_t previous, next;
  };
  struct Pair {
    float score;
    size_t left, right;
    size_t bytes; ///< of both, when the pair was found
    /// The best pair, the leftmost of equals, is the greatest.
    bool operator<(const Pair &other) const {
      return score < other.score || (score == other.score && left > other.left);
    }
  };

  void splitCharacters(StringRef text);
  void addPair(size_t left, size_t right);
  void merge(size_t left, size_t right);
  void emit(StringRef text, std::vector<int32_t> &out) const;

  const Tokenizer &tokenizer;
  std::vector<Symbol> symbols;
  std::priority_queue<Pair> pairs;
};

/// A character's length follows from its first byte; in malformed text it is
/// cut at the end.
void Tokenizer::Merger::splitCharacters(StringRef text) {
  static constexpr uint8_t lengths[] = {1, 1, 1, 1, 1, 1, 1, 1,
                                        1, 1, 1, 1, 2, 2, 3, 4};
  while (!text.empty()) {
    size_t length = lengths[static_cast<uint8_t>(text[0]) >> 4];
    size_t index = symbols.size();
    symbols.push_back({text.take_front(length), index - 1, index + 1});
    text = text.drop_front(std::min(length, text.size()));
  }
  if (!symbols.empty())
    symbols.back().next = none;
}

void Tokenizer::Merger::addPair(size_t left, size_t right) {
  if (left == none || right == none)
    return;
  // Neighbours are contiguous in the text.
  StringRef text(symbols[left].text.data(),
                 symbols[left].text.size() + symbols[right].text.size());
  int32_t id = tokenizer.find(text);
  if (id >= 0)
    pairs.push({tokenizer.tokens[id].score, left, right, text.size()});
}

void Tokenizer::Merger::merge(size_t left, size_t right) {
  Symbol &first = symbols[left];
  Symbol &second = symbols[right];
  first.text =
      StringRef(first.text.data(), first.text.size() + second.text.size());
  first.next = second.next;
  if (second.next != none)
    symbols[second.next].previous = left;
  second.text = StringRef();
  addPair(first.previous, left);
  addPair(left, first.next);
}

void Tokenizer::Merger::emit(StringRef text, std::vector<int32_t> &out) const {
  if (int32_t id = tokenizer.find(text); id >= 0) {
    out.push_back(id);
    return;
  }
  for (unsigned char byte : text)
    out.push_back(tokenizer.byteTokens[byte]);
}

void Tokenizer::Merger::run(std::vector<int32_t> &out) {
  for (size_t i = 1; i < symbols.size(); ++i)
    addPair(i - 1, i);
  while (!pairs.empty()) {
    Pair pair = pairs.top();
    pairs.pop();
    // A pair is stale if one of its symbols has grown or is gone.
    size_t left = symbols[pair.left].text.size();
    size_t right = symbols[pair.right].text.size();
    if (left != 0 && right != 0 && left + right == pair.bytes)
      merge(pair.left, pair.right);
  }
  if (symbols.empty())
    return;
  for (size_t i = 0; i != none; i = symbols[i].next)
    emit(symbols[i].text, out);
}

void Tokenizer::encodeText(StringRef text, std::vector<int32_t> &out) const {
  std::string marked = replaceAll(text, " ", spaceMark);
  Merger(*this, marked).run(out);
}

/// Cuts the text at special tokens, the longest first.
std::vector<Tokenizer::Fragment>
Tokenizer::cutSpecial(StringRef text, bool parseSpecial) const {
  std::vector<Fragment> fragments;
  if (!text.empty())
    fragments.push_back({text});
  for (int32_t id : specialTokens) {
    const Token &token = tokens[id];
    if (!parseSpecial && token.attributes & (Control | Unknown))
      continue;
    std::vector<Fragment> pieces;
    for (Fragment fragment : fragments) {
      size_t position;
      while (fragment.token < 0 &&
             (position = fragment.text.find(token.text)) != StringRef::npos) {
        if (position != 0)
          pieces.push_back({fragment.text.take_front(position)});
        pieces.push_back({StringRef(), id});
        fragment.text = fragment.text.drop_front(position + token.text.size());
      }
      if (fragment.token >= 0 || !fragment.text.empty())
        pieces.push_back(fragment);
    }
    fragments = std::move(pieces);
  }
  return fragments;
}

std::vector<int32_t> Tokenizer::encode(StringRef text,
                                       const EncodeOptions &options) const {
  std::vector<int32_t> ids;
  if (options.addSpecial && addBos)
    ids.push_back(bosId);
  bool isAfterSpecial = true; // the begin of a text counts as special
  for (const Fragment &fragment : cutSpecial(text, options.parseSpecial)) {
    if (fragment.token >= 0)
      ids.push_back(fragment.token);
    else if (addSpacePrefix && isAfterSpecial)
      encodeText(" " + fragment.text.str(), ids);
    else
      encodeText(fragment.text, ids);
    isAfterSpecial = fragment.token >= 0;
  }
  if (options.addSpecial && addEos)
    ids.push_back(eosId);
  return ids;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

std::string Tokenizer::decode(int32_t id, bool special) const {
  if (!isValid(id))
    return "";
  const Token &token = tokens[id];
  if (token.attributes & (Unknown | Control))
    return special ? token.text : "";
  if (token.attributes & UserDefined)
    return token.text;
  if (token.attributes & Normal)
    return replaceAll(token.text, spaceMark, " ");
  unsigned byte;
  if (token.attributes & Byte && isByteSpelling(token.text, byte))
    return std::string(1, static_cast<char>(byte));
  return "";
}

bool Tokenizer::isEndOfGeneration(int32_t id) const {
  return isValid(id) && tokens[id].endsGeneration;
}
