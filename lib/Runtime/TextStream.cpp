//===- TextStream.cpp - Tokens to whole characters -----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Tokenizer.h"
#include "llvm/Support/ConvertUTF.h"

using namespace plmr;
using llvm::StringRef;

/// What a decoder shows for a byte that is part of no character.
static constexpr StringRef replacement = "\xef\xbf\xbd";

static const llvm::UTF8 *asUTF8(const char *text) {
  return reinterpret_cast<const llvm::UTF8 *>(text);
}

/// True if more bytes can make a character of `text`, which is shorter than
/// its first byte says.
static bool isPrefix(StringRef text, size_t length) {
  auto lead = static_cast<unsigned char>(text[0]);
  if (text.size() == 1)
    return lead >= 0xc2 && lead <= 0xf4;
  // Only the second byte is restricted beyond being a continuation.
  std::string completed = text.str();
  completed.resize(length, '\x80');
  const llvm::UTF8 *begin = asUTF8(completed.data());
  return llvm::isLegalUTF8Sequence(begin, begin + length);
}

/// Takes what can be decided from `pending`.
std::string TextStream::takeCharacters(bool atEnd) {
  std::string text;
  StringRef rest = pending;
  while (!rest.empty()) {
    const llvm::UTF8 *begin = asUTF8(rest.data());
    size_t length = llvm::getNumBytesForUTF8(*begin);
    if (length > rest.size() && !atEnd && isPrefix(rest, length))
      break;
    if (length <= rest.size() &&
        llvm::isLegalUTF8Sequence(begin, begin + length)) {
      text += rest.take_front(length);
      rest = rest.drop_front(length);
    } else {
      text += replacement;
      rest = rest.drop_front();
    }
  }
  pending = rest.str();
  return text;
}

std::string TextStream::push(int32_t token, bool special) {
  pending += tokenizer.decode(token, special);
  return takeCharacters(/*atEnd=*/false);
}

std::string TextStream::finish() { return takeCharacters(/*atEnd=*/true); }
