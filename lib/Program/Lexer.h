//===- Lexer.h - Tokens of assembly text -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Newlines separate nothing but tokens; `;` starts a comment. The first error
// sticks: after it every request fails quietly, so that parsers need no checks
// between tokens.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_PROGRAM_LEXER_H
#define PLMR_LIB_PROGRAM_LEXER_H

#include "plmr/Support/Error.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace plmr {

class Lexer {
public:
  Lexer(llvm::StringRef text, llvm::StringRef origin)
      : rest(text), origin(origin) {
    advance();
  }

  /// The token at hand; empty at the end of the text or after an error. A
  /// string keeps its opening quote.
  llvm::StringRef peek() const { return token; }
  void advance();

  /// Takes the token if it is `expected`.
  bool consume(llvm::StringRef expected);
  /// Takes `expected`, or fails.
  void expect(llvm::StringRef expected);
  /// Takes any word or number.
  llvm::StringRef takeWord(llvm::StringRef what);
  /// Takes an integer of [low, high].
  int64_t takeInteger(llvm::StringRef what, int64_t low, int64_t high);
  /// Takes a quoted string.
  std::string takeString(llvm::StringRef what);

  void fail(const llvm::Twine &message);
  bool failed() const { return !error.empty(); }
  /// Success, or the first error as "origin:line: message".
  llvm::Error takeError();

private:
  llvm::StringRef rest, token;
  std::string origin, error;
  unsigned line = 1;
};

/// `text` in quotes, other than printable characters as \xx.
std::string quote(llvm::StringRef text);

struct Instruction;
/// Parses one instruction in the syntax of printInstruction.
Instruction parseInstruction(Lexer &lexer);

} // namespace plmr

#endif // PLMR_LIB_PROGRAM_LEXER_H
