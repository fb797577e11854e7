//===- Translation.cpp - GGUF import of plmr-translate --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/mlir-translate/Translation.h"
#include "plmr/Frontend/GGUFImport/Import.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace plmr;

static llvm::Expected<OwningOpRef<ModuleOp>>
importBuffer(const llvm::MemoryBuffer &input, MLIRContext *context) {
  llvm::Expected<GGUFFile> file =
      GGUFFile::parse(llvm::MemoryBuffer::getMemBuffer(
          input.getMemBufferRef(), /*RequiresNullTerminator=*/false));
  if (!file)
    return file.takeError();
  llvm::Expected<ModelDescription> model = readModel(*file);
  if (!model)
    return model.takeError();
  return importGGUF(*file, *model, context);
}

void plmr::registerGGUFTranslations() {
  static TranslateToMLIRRegistration import(
      "gguf-to-mlir", "import a GGUF model as a graph",
      [](llvm::SourceMgr &manager, MLIRContext *context) {
        llvm::Expected<OwningOpRef<ModuleOp>> module = importBuffer(
            *manager.getMemoryBuffer(manager.getMainFileID()), context);
        if (module)
          return std::move(*module);
        emitError(UnknownLoc::get(context))
            << llvm::toString(module.takeError());
        return OwningOpRef<ModuleOp>();
      });
}
