//===- Rows.cpp - Rows as csv and json ------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rows.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;

static std::string quote(const Json &value) {
  if (value.is_null())
    return "";
  if (!value.is_string())
    return value.dump();
  std::string quoted = "\"";
  for (char c : value.get<std::string>())
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

void plmr::printRows(llvm::ArrayRef<Json> rows, llvm::StringRef format) {
  if (format != "csv")
    return writeReport(Json(rows.vec()), llvm::outs());
  std::vector<std::string> names;
  for (const auto &item : rows.front().items())
    names.push_back(item.key());
  llvm::outs() << llvm::join(names, ",") << '\n';
  for (const Json &row : rows)
    llvm::outs() << llvm::join(llvm::map_range(row, quote), ",") << '\n';
}
