//===- Lexer.cpp - Tokens of assembly text --------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lexer.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;

static bool isWordChar(char c) {
  return llvm::isAlnum(c) || c == '_' || c == '.' || c == '#' || c == '-';
}

void Lexer::advance() {
  token = {};
  if (failed())
    return;
  while (!rest.empty() && (llvm::isSpace(rest[0]) || rest[0] == ';')) {
    if (rest[0] == ';')
      rest = rest.drop_until([](char c) { return c == '\n'; });
    else {
      line += rest[0] == '\n';
      rest = rest.drop_front();
    }
  }
  if (rest.empty())
    return;
  size_t length = 1;
  if (rest[0] == '"') {
    while (length < rest.size() && rest[length] != '"' && rest[length] != '\n')
      ++length;
    if (length == rest.size() || rest[length] == '\n')
      return fail("string without its closing quote");
    ++length;
  } else if (isWordChar(rest[0])) {
    // "1e+5" is one word.
    while (length < rest.size() &&
           (isWordChar(rest[length]) ||
            (rest[length] == '+' && rest[length - 1] == 'e' &&
             llvm::isDigit(rest[0] == '-' ? rest[1] : rest[0]))))
      ++length;
  }
  token = rest.take_front(length);
  rest = rest.drop_front(length);
}

bool Lexer::consume(llvm::StringRef expected) {
  if (token != expected)
    return false;
  advance();
  return true;
}

void Lexer::expect(llvm::StringRef expected) {
  if (!consume(expected))
    fail(
        llvm::formatv("expected '{0}', found '{1}'", expected, printable(token))
            .str());
}

llvm::StringRef Lexer::takeWord(llvm::StringRef what) {
  llvm::StringRef word = token;
  if (word.empty() || !isWordChar(word[0])) {
    fail(llvm::formatv("expected {0}, found '{1}'", what, printable(token))
             .str());
    return {};
  }
  advance();
  return word;
}

int64_t Lexer::takeInteger(llvm::StringRef what, int64_t low, int64_t high) {
  int64_t value = 0;
  if (token.getAsInteger(10, value) || value < low || value > high) {
    fail(llvm::formatv("expected {0} in {1} to {2}, found '{3}'", what, low,
                       high, printable(token))
             .str());
    return low;
  }
  advance();
  return value;
}

std::string Lexer::takeString(llvm::StringRef what) {
  llvm::StringRef body = token;
  if (!body.consume_front("\"")) {
    fail(llvm::formatv("expected {0} in quotes, found '{1}'", what,
                       printable(token))
             .str());
    return {};
  }
  body = body.drop_back();
  std::string text;
  while (!body.empty()) {
    char c = body[0];
    body = body.drop_front();
    if (c == '\\') {
      unsigned code = 0;
      if (body.take_front(2).getAsInteger(16, code) || body.size() < 2) {
        fail("expected two hexadecimal digits after '\\'");
        return {};
      }
      c = static_cast<char>(code);
      body = body.drop_front(2);
    }
    text += c;
  }
  advance();
  return text;
}

void Lexer::fail(const llvm::Twine &message) {
  if (!failed())
    error = oneLine((origin + ":" + llvm::Twine(line) + ": " + message).str());
  token = {};
}

llvm::Error Lexer::takeError() {
  if (failed())
    return makeError("{0}", error);
  return llvm::Error::success();
}

std::string plmr::quote(llvm::StringRef text) {
  std::string quoted = "\"";
  for (unsigned char c : text) {
    if (llvm::isPrint(c) && c != '"' && c != '\\') {
      quoted += static_cast<char>(c);
      continue;
    }
    quoted += '\\';
    quoted += llvm::hexdigit(c >> 4, /*LowerCase=*/true);
    quoted += llvm::hexdigit(c & 15, /*LowerCase=*/true);
  }
  return quoted + "\"";
}
