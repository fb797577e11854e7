//===- Fields.h - Attributes that describe parts of a Program -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parts of a Program that the IR holds as attributes or types, in both
// directions.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TARGET_PROGRAM_FIELDS_H
#define PLMR_LIB_TARGET_PROGRAM_FIELDS_H

#include "mlir/IR/Builders.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Program/Program.h"
#include "plmr/Target/Program/Program.h"
#include "llvm/ADT/StringMap.h"

namespace plmr {

/// A source of a tensor (core.tensor describes its forms).
mlir::ArrayAttr getSourceAttr(mlir::Builder &builder, const DataSource &source);
/// `attr` has one of the forms.
DataSource readSource(mlir::ArrayAttr attr);

mlir::DictionaryAttr getModelAttr(mlir::Builder &builder,
                                  const ModelInfo &model);
/// Missing, misspelt and wrongly typed entries are errors that name the key.
llvm::Expected<ModelInfo> readModel(mlir::DictionaryAttr attr);

mesh::PlacedType getPlacedType(mlir::MLIRContext *context,
                               const Tensor &tensor);

/// The location with that text.
mlir::Location parseLocation(mlir::MLIRContext *context, llvm::StringRef text);

/// The texts of locations, each with the number of its first use.
class LocationTable {
public:
  /// Starts with `texts`, which may hold a text twice.
  explicit LocationTable(std::vector<std::string> texts = {});

  uint32_t getNumber(llvm::StringRef text);
  /// As getNumber, but a number that wrapLocation attached decides.
  uint32_t getNumber(mlir::Location location);
  const std::vector<std::string> &getTexts() const { return texts; }

private:
  std::vector<std::string> texts;
  llvm::StringMap<uint32_t> numbers;
};

/// `location` with the number of its text, for a table that holds it twice.
mlir::Location wrapLocation(mlir::Location location, uint32_t number);

} // namespace plmr

#endif // PLMR_LIB_TARGET_PROGRAM_FIELDS_H
