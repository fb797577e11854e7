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

/// Objects of equal keys to standard output, with a line of the keys first.
/// Texts are in quotes, which are doubled inside; null is empty.
void printCsvRows(llvm::ArrayRef<Json> rows);
/// The same as a list.
void printJsonRows(llvm::ArrayRef<Json> rows);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_ROWS_H
