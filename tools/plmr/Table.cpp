//===- Table.cpp - Text in columns ----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Table.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Unicode.h"

using namespace plmr;
using llvm::StringRef;

/// Bytes, where the text is not printable.
static unsigned getWidth(StringRef text) {
  int width = llvm::sys::unicode::columnWidthUTF8(text);
  return width < 0 ? text.size() : width;
}

std::vector<unsigned> Table::getWidths() const {
  std::vector<unsigned> widths(sides.size());
  for (const Row &row : rows)
    for (auto [width, cell] : llvm::zip(widths, row))
      width = std::max(width, getWidth(cell));
  return widths;
}

std::string Table::pad(const std::string &cell, size_t column,
                       unsigned width) const {
  std::string space(width - getWidth(cell), ' ');
  return sides[column] == 'r' ? space + cell : cell + space;
}

void Table::print(llvm::raw_ostream &os, StringRef title) const {
  if (rows.size() == 1)
    return;
  os << '\n' << title << '\n';
  std::vector<unsigned> widths = getWidths();
  for (const Row &row : rows) {
    std::string line;
    for (auto [i, cell] : llvm::enumerate(row))
      line += "  " + pad(cell, i, widths[i]);
    os << StringRef(line).rtrim() << '\n';
  }
}

void Table::printMarkdown(llvm::raw_ostream &os) const {
  std::vector<unsigned> widths = getWidths();
  auto print = [&](const Row &row) {
    for (auto [i, cell] : llvm::enumerate(row))
      os << "| " << pad(cell, i, widths[i]) << ' ';
    os << "|\n";
  };
  print(rows.front());
  Row rule;
  for (auto [width, side] : llvm::zip(widths, sides)) {
    width = std::max(width, 2u);
    rule.push_back(std::string(width - 1, '-') + (side == 'r' ? ':' : '-'));
  }
  print(rule);
  for (const Row &row : llvm::ArrayRef(rows).drop_front())
    print(row);
}
