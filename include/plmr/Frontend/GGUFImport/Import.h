//===- Import.h - GGUF models as graph IR -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights stay in their file: the IR names them (docs/GGUF.md, rules M1 to M5).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_FRONTEND_GGUFIMPORT_IMPORT_H
#define PLMR_FRONTEND_GGUFIMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "plmr/Frontend/GGUF/Architecture.h"
#include "plmr/Program/KVPlacement.h"

namespace plmr {

struct GGUFImportOptions {
  /// Element type of the key and value caches: F32 or F16.
  ElementType kvType = ElementType::F32;
  /// Positions that the caches hold; none: the model's context length.
  std::optional<uint32_t> contextLength;
  /// Rows of @prefill; 0: there is none.
  uint32_t chunk = 0;
  /// @prefill returns the logits of all rows, not only of the last new one.
  bool allLogits = false;
  /// Which rows of a mesh hold which positions.
  KVPlacement kvPlacement = KVPlacement::Cyclic;
  /// Sequences, all at the same position. 1 can be compiled.
  uint32_t batch = 1;
};

/// The graph of `model`, which was read from `file`: a module with its weights,
/// its caches @k and @v [blocks x batch x positions x features], and
/// `@decode(x: tensor<batchxdxf32>, position: index)
/// -> logits: tensor<batchxvocabxf32>`, where x is the embedding of each
/// sequence's token at `position`. With a chunk also
/// `@prefill(prefill.x: tensor<batchxchunkxdxf32>, first: index, begin: index,
/// end: index) -> prefill.logits: tensor<batchxvocabxf32>`, where row i is at
/// position first + i and rows begin up to end are new. With a placement other
/// than cyclic `@settle(from: index, to: index)` follows, which must run
/// between a prefill of positions from up to to and @decode; with "concat"
/// decode has a last argument `settled`, the positions that were settled. An
/// error names a context length that the model does not have, or a batch of 0.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importGGUF(const GGUFFile &file, const ModelDescription &model,
           mlir::MLIRContext *context, const GGUFImportOptions &options = {});

/// Registers the translation gguf-to-mlir of plmr-translate.
void registerGGUFTranslations();

} // namespace plmr

#endif // PLMR_FRONTEND_GGUFIMPORT_IMPORT_H
