//===- Model.h - From options to a model that runs -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the commands that run a language model have in common.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_MODEL_H
#define PLMR_TOOLS_PLMR_MODEL_H

#include "Compilation.h"
#include "plmr/Runtime/Session.h"
#include "plmr/Support/OutputFile.h"

namespace plmr {

/// Sees the model before anything is compiled, with the context that the
/// program will have; an error ends the command.
using ModelCheck = llvm::function_ref<llvm::Error(const ModelInfo &)>;

/// A language model that can be compiled, or is already.
struct ModelSource {
  std::unique_ptr<Compilation> compilation; ///< null: `program` was read
  std::optional<Program> program;

  /// Compiles, or gives `program` away.
  llvm::Expected<Program> takeProgram();
};
llvm::Expected<ModelSource> openModel(const TargetOptions &options,
                                      ModelCheck check);

/// A model with its weights loaded, and the host's seconds for that.
struct LoadedModel {
  std::unique_ptr<Session> session;
  double compileSeconds = 0, loadSeconds = 0;
};
/// An error if one of `files` is among those that the program reads.
llvm::Expected<LoadedModel> loadSession(const TargetOptions &options,
                                        const SessionOptions &settings,
                                        const OutputFiles &files,
                                        ModelCheck check);

/// The tokens of the prompt that `options` give. They fit in the model's
/// context, together with those that are to be generated.
llvm::Expected<std::vector<int32_t>> getPrompt(const RunOptions &options,
                                               const ModelInfo &model);

/// Tells what a large mesh takes its time for: seconds for 10000 cores.
void announce(llvm::StringRef work, MeshShape mesh);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_MODEL_H
