//===- Translation.cpp - GGUF import of plmr-translate --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/mlir-translate/Translation.h"
#include "plmr/Frontend/GGUF/Shape.h"
#include "plmr/Frontend/GGUFImport/Import.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace plmr;

static llvm::Expected<OwningOpRef<ModuleOp>>
importFile(llvm::Expected<GGUFFile> file, MLIRContext *context,
           const GGUFImportOptions &options) {
  if (!file)
    return file.takeError();
  llvm::Expected<ModelDescription> model = readModel(*file);
  if (!model)
    return model.takeError();
  return importGGUF(*file, *model, context, options);
}

void plmr::registerGGUFTranslations() {
  static llvm::cl::opt<unsigned> chunk(
      "chunk",
      llvm::cl::desc("rows of an imported model's @prefill; 0: only decode"),
      llvm::cl::init(0));
  static llvm::cl::opt<bool> allLogits(
      "all-logits",
      llvm::cl::desc(
          "an imported model's @prefill returns the logits of all rows"));
  static llvm::cl::opt<KVPlacement> kvPlacement(
      "kv-placement", llvm::cl::desc("which rows hold which positions"),
      llvm::cl::values(
          clEnumValN(KVPlacement::Cyclic, "cyclic",
                     "position n in row n mod R"),
          clEnumValN(KVPlacement::Shift, "shift", "balanced blocks"),
          clEnumValN(KVPlacement::Concat, "concat",
                     "new positions in the last row")),
      llvm::cl::init(KVPlacement::Cyclic));
  static llvm::cl::opt<unsigned> batch(
      "batch", llvm::cl::desc("sequences of an imported model's batch"),
      llvm::cl::init(1));
  auto translate = [](llvm::Expected<GGUFFile> file, MLIRContext *context) {
    llvm::Expected<OwningOpRef<ModuleOp>> module = importFile(
        std::move(file), context,
        {ElementType::F32, std::nullopt, chunk, allLogits, kvPlacement, batch});
    if (module)
      return std::move(*module);
    emitError(UnknownLoc::get(context)) << llvm::toString(module.takeError());
    return OwningOpRef<ModuleOp>();
  };
  auto getBuffer = [](llvm::SourceMgr &manager) {
    return manager.getMemoryBuffer(manager.getMainFileID())->getMemBufferRef();
  };
  static TranslateToMLIRRegistration import(
      "gguf-to-mlir", "import a GGUF model as a graph",
      [=](llvm::SourceMgr &manager, MLIRContext *context) {
        return translate(GGUFFile::parse(llvm::MemoryBuffer::getMemBuffer(
                             getBuffer(manager),
                             /*RequiresNullTerminator=*/false)),
                         context);
      });
  static TranslateToMLIRRegistration importShape(
      "shape-to-mlir", "import a model without weights (JSON) as a graph",
      [=](llvm::SourceMgr &manager, MLIRContext *context) {
        llvm::MemoryBufferRef text = getBuffer(manager);
        return translate(
            parseShape(text.getBuffer(), text.getBufferIdentifier()), context);
      });
}
