//===- Translation.cpp - GGUF import of plmr-translate --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/mlir-translate/Translation.h"
#include "plmr/Frontend/GGUFImport/Import.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace plmr;

static llvm::Expected<OwningOpRef<ModuleOp>>
importBuffer(const llvm::MemoryBuffer &input, MLIRContext *context,
             const GGUFImportOptions &options) {
  llvm::Expected<GGUFFile> file =
      GGUFFile::parse(llvm::MemoryBuffer::getMemBuffer(
          input.getMemBufferRef(), /*RequiresNullTerminator=*/false));
  if (!file)
    return file.takeError();
  llvm::Expected<ModelDescription> model = readModel(*file);
  if (!model)
    return model.takeError();
  return importGGUF(*file, *model, context, options);
}

void plmr::registerGGUFTranslations() {
  static llvm::cl::opt<unsigned> chunk(
      "chunk", llvm::cl::desc("gguf-to-mlir: rows of @prefill; 0: only decode"),
      llvm::cl::init(0));
  static llvm::cl::opt<bool> allLogits(
      "all-logits",
      llvm::cl::desc("gguf-to-mlir: @prefill returns the logits of all rows"));
  static llvm::cl::opt<KVPlacement> kvPlacement(
      "kv-placement",
      llvm::cl::desc("gguf-to-mlir: which rows hold which positions"),
      llvm::cl::values(
          clEnumValN(KVPlacement::Cyclic, "cyclic",
                     "position n in row n mod R"),
          clEnumValN(KVPlacement::Shift, "shift", "balanced blocks"),
          clEnumValN(KVPlacement::Concat, "concat",
                     "new positions in the last row")),
      llvm::cl::init(KVPlacement::Cyclic));
  static TranslateToMLIRRegistration import(
      "gguf-to-mlir", "import a GGUF model as a graph",
      [](llvm::SourceMgr &manager, MLIRContext *context) {
        llvm::Expected<OwningOpRef<ModuleOp>> module = importBuffer(
            *manager.getMemoryBuffer(manager.getMainFileID()), context,
            {ElementType::F32, std::nullopt, chunk, allLogits, kvPlacement});
        if (module)
          return std::move(*module);
        emitError(UnknownLoc::get(context))
            << llvm::toString(module.takeError());
        return OwningOpRef<ModuleOp>();
      });
}
