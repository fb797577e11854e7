//===- Compile.cpp - plmr compile -----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Compilation.h"
#include "OutputFile.h"
#include "Report.h"
#include "plmr/Runtime/Loader.h"

using namespace plmr;
using llvm::Error;
using llvm::Expected;

static Expected<Level> parseLevel(llvm::StringRef name) {
  static constexpr std::pair<llvm::StringRef, Level> levels[] = {
      {"graph", Level::Graph},
      {"mesh", Level::Mesh},
      {"tile", Level::Tile},
      {"core", Level::Core}};
  for (auto [known, level] : levels)
    if (known == name)
      return level;
  return makeError("--compile-to: expected graph, mesh, tile or core but got "
                   "'{0}'",
                   name);
}

static Error printLevel(Compilation &compilation, Level level,
                        llvm::StringRef output) {
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = compilation.lower(level);
  if (!module)
    return module.takeError();
  std::string text;
  llvm::raw_string_ostream(text) << **module << '\n';
  return writeText(text, output);
}

Error plmr::compileModel(const CompileCommand &options) {
  if (!options.level && options.output.empty())
    return makeError("expected an output: -o FILE.plmr, or --compile-to=LEVEL "
                     "to print IR");
  Expected<bool> compiled = isProgram(options.target.model);
  if (!compiled)
    return compiled.takeError();
  if (*compiled)
    return makeError("{0}: expected a GGUF file or a graph but got a program",
                     options.target.model);
  Expected<std::unique_ptr<Compilation>> compilation =
      Compilation::create(options.target);
  if (!compilation)
    return compilation.takeError();
  if (options.level) {
    Expected<Level> level = parseLevel(*options.level);
    return level ? printLevel(**compilation, *level, options.output)
                 : level.takeError();
  }
  Expected<Program> program = (*compilation)->compile();
  if (!program)
    return program.takeError();
  if (!options.reference)
    if (Error error = packData(*program))
      return error;
  if (Error error = writeProgram(*program, options.output))
    return error;
  llvm::errs() << "mesh: " << printMesh(*program) << '\n'
               << printBudgets(*program);
  return Error::success();
}
