//===- Table.h - Text in columns -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_TABLE_H
#define PLMR_TOOLS_PLMR_TABLE_H

#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace plmr {

/// Rows of text, UTF-8, in columns that are as wide as need be.
class Table {
public:
  using Row = std::vector<std::string>;

  /// `sides` has a letter for each column: l, flush left, or r.
  Table(Row header, llvm::StringRef sides)
      : rows{std::move(header)}, sides(sides) {}
  void add(Row row) { rows.push_back(std::move(row)); }

  /// Behind an empty line and `title`; nothing if there is only the header.
  void print(llvm::raw_ostream &os, llvm::StringRef title) const;
  void printMarkdown(llvm::raw_ostream &os) const;

private:
  std::vector<unsigned> getWidths() const;
  std::string pad(const std::string &cell, size_t column, unsigned width) const;

  std::vector<Row> rows;
  std::string sides;
};

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_TABLE_H
