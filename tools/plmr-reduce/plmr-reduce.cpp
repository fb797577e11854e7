//===- plmr-reduce.cpp - Smaller modules with the same fault -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The driver of MLIR's reducer does not tell that a module is not interesting,
// nor which test cannot be run. Its passes are run here, with these errors.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Reducer/Passes.h"
#include "mlir/Support/FileUtilities.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Support/Error.h"
#include "plmr/Support/FatalError.h"
#include "plmr/Support/OutputFile.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using llvm::Error;
using plmr::makeError;

/// The value of the option `test` of each pass that has one. Only the text of a
/// pipeline tells of its passes' options.
static std::vector<std::string> getTests(PassManager &manager) {
  std::string text;
  llvm::raw_string_ostream os(text);
  manager.printAsTextualPipeline(os);
  llvm::Regex option("[ {]test=([^ }]*)");
  std::vector<std::string> tests;
  SmallVector<StringRef> match;
  for (StringRef rest = text; option.match(rest, &match);
       rest = rest.substr(match[0].end() - rest.begin()))
    tests.push_back(match[1].str());
  return tests;
}

static Error checkTests(PassManager &manager) {
  std::vector<std::string> tests = getTests(manager);
  if (tests.empty())
    return makeError("expected a pass that reduces: -reduction-tree="
                     "'test=SCRIPT' or -opt-reduction-pass='opt-pass=PASS "
                     "test=SCRIPT'");
  for (const std::string &test : tests) {
    if (test.empty())
      return makeError("expected test=SCRIPT, a program that exits with 1 if "
                       "the file that it is given is interesting");
    if (!llvm::sys::fs::can_execute(test))
      return makeError("test={0}: expected the path of a file that can be "
                       "executed",
                       test);
  }
  return Error::success();
}

/// Runs `manager` on `module`. A test that fails to begin with is a warning, or
/// an error with this text.
static Error reduce(PassManager &manager, Operation *module, StringRef input) {
  std::string first;
  ScopedDiagnosticHandler handler(
      module->getContext(), [&](Diagnostic &diagnostic) {
        if (first.empty() &&
            diagnostic.getSeverity() == DiagnosticSeverity::Error)
          first = StringRef(diagnostic.str()).trim().str();
        return success();
      });
  if (succeeded(manager.run(module)))
    return Error::success();
  if (first.empty() || first == "the original input is not interested")
    return makeError("{0}: expected a module that is interesting: the test "
                     "does not exit with 1 when it is given it",
                     input);
  return makeError("{0}: {1}", input, first);
}

/// The smaller module is written once it is known.
static Error run(MLIRContext &context, const PassPipelineCLParser &passes,
                 StringRef input, StringRef output) {
  std::string problem;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(input, &problem);
  if (!buffer)
    return makeError("{0}", problem);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), SMLoc());
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return makeError("{0}: expected a module that can be read", input);
  PassManager manager(&context, ModuleOp::getOperationName());
  auto fail = [&](const Twine &message) {
    problem = message.str();
    return failure();
  };
  if (failed(passes.addToPipeline(manager, fail)))
    return makeError("{0}", problem);
  if (Error error = checkTests(manager))
    return error;
  plmr::OutputFiles files;
  plmr::OutputFile *file = nullptr; // standard output
  if (output != "-")
    if (Error error = files.open("-o", output).moveInto(file))
      return error;
  if (Error error = files.checkInput(input))
    return error;
  if (Error error = reduce(manager, *module, input))
    return error;
  module->print(file ? file->os() : llvm::outs());
  return files.keep();
}

int main(int argc, char **argv) {
  plmr::reportFatalErrors("plmr-reduce");
  DialectRegistry registry;
  plmr::registerDialects(registry);
  plmr::registerPasses();
  registerReducerPasses();
  llvm::cl::opt<std::string> input(llvm::cl::Positional, llvm::cl::Required,
                                   llvm::cl::desc("<input file>"));
  llvm::cl::opt<std::string> output("o", llvm::cl::init("-"),
                                    llvm::cl::value_desc("file"),
                                    llvm::cl::desc("The file to write"));
  PassPipelineCLParser passes("", "Passes that reduce");
  llvm::cl::ParseCommandLineOptions(argc, argv, "plmr reducer\n");
  MLIRContext context(registry);
  if (Error error = run(context, passes, input, output)) {
    llvm::errs() << "plmr-reduce: error: " << llvm::toString(std::move(error))
                 << '\n';
    return 1;
  }
  return 0;
}
