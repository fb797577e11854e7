//===- Model.cpp - From options to a model that runs ----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Model.h"
#include "Report.h"
#include "plmr/Support/Clock.h"

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static Error checkModel(const TargetOptions &options,
                        const std::optional<ModelInfo> &model,
                        ModelCheck check) {
  if (model)
    return check(*model);
  return makeError("{0}: expected a program with a language model but got "
                   "one without; plmr compile -m MODEL.gguf keeps the model, "
                   "plmr exec runs other programs",
                   options.model);
}

/// An error if `options` say what a compiled program has already.
static Error checkCompiled(const TargetOptions &options) {
  if (options.plan || options.device || options.mesh || options.kv ||
      options.kvPlacement || options.prefillMesh || options.decodeMesh ||
      options.reduce || options.gemm || options.context || options.chunk ||
      options.noPrefill)
    return makeError("{0} is compiled already: --plan, --device, --mesh, "
                     "--prefill-mesh, --decode-mesh, --reduce, --gemm, --kv, "
                     "--kv-placement, "
                     "--ctx-size, --chunk and --no-prefill belong to a GGUF "
                     "file or a shape",
                     options.model);
  return Error::success();
}

Expected<ModelSource> plmr::openModel(const TargetOptions &options,
                                      ModelCheck check) {
  ModelSource source;
  Expected<bool> compiled = isProgram(options);
  if (!compiled)
    return compiled.takeError();
  if (!*compiled) {
    if (Error error = Compilation::create(options).moveInto(source.compilation))
      return std::move(error);
    if (Error error =
            checkModel(options, source.compilation->getModel(), check))
      return std::move(error);
    return std::move(source);
  }
  if (Error error = checkCompiled(options))
    return std::move(error);
  if (Error error = readProgram(options.model).moveInto(source.program))
    return std::move(error);
  if (Error error = checkModel(options, source.program->model, check))
    return std::move(error);
  return std::move(source);
}

Expected<Program> ModelSource::takeProgram() {
  if (compilation)
    return compilation->compile();
  return std::move(*program);
}

Expected<LoadedModel> plmr::loadSession(const TargetOptions &options,
                                        const SessionOptions &settings,
                                        const OutputFiles &files,
                                        ModelCheck check) {
  LoadedModel loaded;
  double start = getSeconds();
  Expected<ModelSource> source =
      openModel(options, [&](const ModelInfo &model) -> Error {
        // Before the prompt: a shape has no tokenizer either.
        if (Error error = checkWeights(model))
          return makeError("{0}: {1}", options.model,
                           llvm::toString(std::move(error)));
        return check(model);
      });
  if (!source)
    return source.takeError();
  Expected<Program> program = source->takeProgram();
  if (!program)
    return program.takeError();
  if (Error error = files.checkInputs(program->files))
    return std::move(error);
  double compiled = getSeconds();
  loaded.compileSeconds = compiled - start;
  if (Error error =
          Session::create(std::make_shared<Program>(std::move(*program)),
                          settings)
              .moveInto(loaded.session))
    return makeError("{0}: {1}", options.model,
                     llvm::toString(std::move(error)));
  loaded.loadSeconds = getSeconds() - compiled;
  return loaded;
}

/// The ids of "1,403,407".
static Expected<std::vector<int32_t>> parseIds(StringRef text) {
  std::vector<int32_t> ids;
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ',');
  for (StringRef part : parts)
    if (part.trim().getAsInteger(10, ids.emplace_back()))
      return makeError("--ids: expected token ids, for example 1,403,407, but "
                       "got '{0}'",
                       text);
  return ids;
}

static Expected<std::vector<int32_t>> readPrompt(const RunOptions &options,
                                                 const ModelInfo &model) {
  if (options.ids)
    return parseIds(*options.ids);
  if (model.embedding.file == noData && model.tokens.empty())
    return makeError("--prompt: expected token ids, --ids LIST, or no prompt, "
                     "since '{0}' is a shape without a tokenizer",
                     getTitle(model));
  Expected<Tokenizer> tokenizer = Tokenizer::create(model);
  if (!tokenizer)
    return tokenizer.takeError();
  return tokenizer->encode(options.prompt.value_or(""));
}

Expected<std::vector<int32_t>> plmr::getPrompt(const RunOptions &options,
                                               const ModelInfo &model) {
  Expected<std::vector<int32_t>> prompt = readPrompt(options, model);
  if (!prompt)
    return prompt;
  if (Error error = checkPrompt(model, *prompt, options.count))
    return std::move(error);
  return prompt;
}

void plmr::announce(StringRef work, MeshShape mesh) {
  if (mesh.getNumCores() >= 10'000)
    llvm::errs() << work << ' ' << mesh.getNumCores() << " cores ...\n";
}
