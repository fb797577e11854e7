//===- Printable.h - Untrusted text in messages -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A message is one line whatever a file holds.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_SUPPORT_PRINTABLE_H
#define PLMR_SUPPORT_PRINTABLE_H

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace plmr {

/// `text` for a message: bytes other than printable ASCII become \XX, and
/// what goes beyond `limit` bytes becomes "...".
inline std::string printable(llvm::StringRef text, size_t limit = 64) {
  std::string shown;
  llvm::raw_string_ostream stream(shown);
  llvm::printEscapedString(text.take_front(limit), stream);
  if (text.size() > limit)
    stream << "...";
  return shown;
}

/// True for ASCII that is no text in one line.
inline bool isControl(char c) { return llvm::isASCII(c) && !llvm::isPrint(c); }

/// A whole message in one line: control characters become \XX. What may be
/// UTF-8 stays.
inline std::string oneLine(llvm::StringRef message) {
  std::string line;
  for (char c : message)
    if (isControl(c))
      line += {'\\', llvm::hexdigit(c >> 4), llvm::hexdigit(c & 15)};
    else
      line += c;
  return line;
}

} // namespace plmr

#endif // PLMR_SUPPORT_PRINTABLE_H
