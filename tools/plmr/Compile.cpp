//===- Compile.cpp - plmr compile -----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Compilation.h"
#include "Explain.h"
#include "Report.h"
#include "plmr/Runtime/Loader.h"
#include "plmr/Support/OutputFile.h"

using namespace plmr;
using llvm::Error;
using llvm::Expected;

namespace {
class Compile {
public:
  explicit Compile(const CompileCommand &options) : options(options) {}

  Error run();

private:
  Error parseLevels();
  Error open();
  Error compile(Compilation &compilation);
  Error keepReproducer(const Compilation &compilation, Error error);
  Error keep();
  Error printLevel(Compilation &compilation);
  Error writeProgram(Compilation &compilation);
  Error explain(Compilation &compilation) const;

  const CompileCommand &options;
  Level from = Level::Graph, level = Level::Core;
  OutputFiles files;
  OutputFile *output = nullptr;     ///< null: standard output
  OutputFile *reproducer = nullptr; ///< null: none was asked for
};
} // namespace

/// Sets `from` and `level`.
Error Compile::parseLevels() {
  if (options.level)
    if (Error error =
            parseLevel("--compile-to", *options.level).moveInto(level))
      return error;
  if (!options.from)
    return Error::success();
  if (Error error = parseLevel("--from", *options.from).moveInto(from))
    return error;
  const TargetOptions &target = options.target;
  if (target.shape || !llvm::StringRef(target.model).ends_with(".mlir"))
    return makeError("--from: expected a text (.mlir) but got {0}",
                     target.shape ? "--shape" : "'" + target.model + "'");
  if (from > level)
    return makeError(
        "--from: expected a level up to that of --compile-to, {0}, "
        "but got {1}",
        *options.level, *options.from);
  if (from != Level::Graph && (target.device || target.mesh || target.reduce ||
                               target.gemm || options.explain))
    return makeError("--from {0}: --device, --mesh, --reduce, --gemm and "
                     "--explain belong to a graph; what comes after it has all "
                     "that they say",
                     *options.from);
  return Error::success();
}

Error Compile::open() {
  if (Error error =
          files.openIfGiven("--output", options.output).moveInto(output))
    return error;
  if (Error error = files.openIfGiven("--reproducer", options.reproducer)
                        .moveInto(reproducer))
    return error;
  return checkInputs(files, options.target);
}

/// Nothing has failed: there is nothing to reproduce.
Error Compile::keep() {
  files.discard(std::exchange(reproducer, nullptr));
  return files.keep();
}

Error Compile::printLevel(Compilation &compilation) {
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = compilation.lower(level);
  if (!module)
    return module.takeError();
  (output ? output->os() : llvm::outs()) << **module << '\n';
  return keep();
}

Error Compile::writeProgram(Compilation &compilation) {
  Expected<Program> program = compilation.compile();
  if (!program)
    return program.takeError();
  if (Error error = files.checkInputs(program->files))
    return error;
  if (Error error =
          options.reference ? stampFiles(*program) : packData(*program))
    return error;
  if (Error error = plmr::writeProgram(*program, output->os()))
    return error;
  if (Error error = keep())
    return error;
  llvm::errs() << "mesh: " << printMesh(*program) << '\n'
               << printBudgets(*program);
  return Error::success();
}

Error Compile::explain(Compilation &compilation) const {
  Expected<std::vector<Choice>> choices = compilation.explain();
  if (!choices)
    return choices.takeError();
  if (*options.explain == "json")
    writeReport(describeChoices(*choices, compilation.getMachine()),
                llvm::outs());
  else
    printChoices(*choices, compilation.getMachine(), llvm::outs());
  return Error::success();
}

/// An error if nothing would come of it.
static Error checkOutputs(const CompileCommand &options) {
  if (options.explain && !options.explain->empty() &&
      *options.explain != "json")
    return makeError("--explain: expected no value or json but got '{0}'",
                     *options.explain);
  if (options.explain && options.level && !options.output)
    return makeError("--explain: expected -o FILE beside --compile-to, since "
                     "both print to standard output");
  if (!options.level && !options.output && !options.explain)
    return makeError("expected an output: -o FILE.plmr, --compile-to=LEVEL to "
                     "print IR, or --explain");
  return Error::success();
}

Error Compile::compile(Compilation &compilation) {
  Error error = Error::success();
  if (options.level)
    error = printLevel(compilation);
  else if (options.output)
    error = writeProgram(compilation);
  if (!error && options.explain)
    error = explain(compilation);
  return error;
}

/// After a pass that failed the reproducer appears, and no other file.
Error Compile::keepReproducer(const Compilation &compilation, Error error) {
  if (!error || !reproducer || compilation.getReproducer().empty())
    return error;
  reproducer->os() << compilation.getReproducer();
  if (Error lost = reproducer->keep())
    return makeError("{0}; {1}", llvm::toString(std::move(error)),
                     llvm::toString(std::move(lost)));
  return error;
}

Error Compile::run() {
  if (Error error = checkOutputs(options))
    return error;
  if (Error error = parseLevels())
    return error;
  if (Error error = open())
    return error;
  Expected<bool> compiled = isProgram(options.target);
  if (!compiled)
    return compiled.takeError();
  if (*compiled)
    return makeError("{0}: expected a GGUF file or a graph but got a program",
                     options.target.model);
  Expected<std::unique_ptr<Compilation>> compilation =
      Compilation::create(options.target);
  if (!compilation)
    return compilation.takeError();
  if (options.from)
    if (Error error = (*compilation)->beginAt(from))
      return error;
  if (reproducer)
    (*compilation)->recordReproducer();
  return keepReproducer(**compilation, compile(**compilation));
}

Error plmr::compileModel(const CompileCommand &options) {
  if (Error error = checkTarget(options.target, " or --shape NAME"))
    return error;
  return Compile(options).run();
}
