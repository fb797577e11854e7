//===- Rows.h - Rows as csv and json ----------------------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_ROWS_H
#define PLMR_TOOLS_PLMR_ROWS_H

#include "Report.h"

namespace plmr {

/// Prints objects of equal keys to standard output: as "json" a list, as "csv"
/// a line for each, with one of the keys first. Texts are in quotes there,
/// which are doubled inside; null is empty.
void printRows(llvm::ArrayRef<Json> rows, llvm::StringRef format);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_ROWS_H
