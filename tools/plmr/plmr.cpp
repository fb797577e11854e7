//===- plmr.cpp - The plmr driver -----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <functional>

using namespace plmr;

static constexpr int exitFailure = 1;

namespace {
/// All subcommands and the one that was chosen.
class Driver {
public:
  Driver();

  /// Parses and runs; the result is the exit status.
  int run(int argc, char **argv);

private:
  void addTarget(CLI::App *app, TargetOptions &target);
  void addRun();
  void addSampling(CLI::App *app);
  void addCompile();
  void addExec();
  void addInspect();
  void addDevices();

  CLI::App app{"plmr: language models on wafer-scale meshes", "plmr"};
  RunOptions runOptions;
  CompileCommand compileOptions;
  ExecOptions execOptions;
  InspectOptions inspectOptions;
  std::string device;
  std::function<llvm::Error()> command;
};
} // namespace

Driver::Driver() {
  app.require_subcommand(1);
  // As in llama-cli the last one of an option given twice counts.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  addRun();
  addCompile();
  addExec();
  addInspect();
  addDevices();
}

void Driver::addTarget(CLI::App *sub, TargetOptions &target) {
  sub->add_option("-m,--model", target.model,
                  "GGUF file, compiled program (.plmr) or graph (.mlir)")
      ->required();
  sub->add_option("--device", target.device,
                  "wse2 (default), wse3, lab, tiny, ideal, or a JSON file");
  sub->add_option("--mesh", target.mesh,
                  "columns x rows, or auto (default): the smallest that fits");
  sub->add_option("--kv", target.kv,
                  "type of the key and value caches: f32 (default) or f16");
  sub->add_option("-c,--ctx-size", target.context,
                  "positions of the context; default: the model's");
}

void Driver::addSampling(CLI::App *sub) {
  SamplerOptions &sampler = runOptions.sampler;
  sub->add_option("--temp", sampler.temperature,
                  "temperature; 0: always the likeliest token")
      ->capture_default_str();
  sub->add_option("--top-k", sampler.topK,
                  "likeliest tokens to choose from; 0: all")
      ->capture_default_str();
  sub->add_option("--top-p", sampler.topP, "their probability; 1: all")
      ->capture_default_str();
  sub->add_option("-s,--seed", sampler.seed, "of the random numbers")
      ->capture_default_str();
  sub->add_flag("--ignore-eos", runOptions.ignoreEnd,
                "never choose a token that ends the text");
}

void Driver::addRun() {
  RunOptions &options = runOptions;
  CLI::App *sub = app.add_subcommand("run", "generate text");
  addTarget(sub, options.target);
  auto *prompt = sub->add_option("-p,--prompt", options.prompt, "text");
  sub->add_option("--ids", options.ids, "token ids in place of a text: 1,2,3")
      ->excludes(prompt);
  sub->add_option("-n,--n-predict", options.count,
                  "tokens to generate; -1: until the text or the context ends")
      ->capture_default_str();
  addSampling(sub);
  sub->add_flag("--no-display-prompt", options.hidePrompt,
                "print generated text only");
  sub->add_flag("--print-ids", options.printIds, "print the generated ids");
  sub->add_option("--logits", options.logits,
                  "file for the logits, f32 [positions x vocabulary]");
  sub->add_option("--report", options.report, "file for figures, as JSON");
  sub->add_flag("--check", options.check,
                "trap on undefined reads, races and replicas that differ");
  sub->add_flag("--no-timing", options.noTiming, "do not compute cycles");
  sub->add_flag("--dry-run", options.dryRun,
                "say whether the model fits, and print the plan");
  sub->callback([this] { command = [this] { return runModel(runOptions); }; });
}

void Driver::addCompile() {
  CompileCommand &options = compileOptions;
  CLI::App *sub = app.add_subcommand("compile", "write a program");
  addTarget(sub, options.target);
  sub->add_option("-o,--output", options.output, "the file to write");
  sub->add_option("--compile-to", options.level,
                  "print IR instead: graph, mesh, tile or core");
  sub->add_flag("--reference", options.reference,
                "refer to the weights' file instead of packing them");
  sub->callback(
      [this] { command = [this] { return compileModel(compileOptions); }; });
}

void Driver::addExec() {
  ExecOptions &options = execOptions;
  CLI::App *sub = app.add_subcommand("exec", "run a program of one launch");
  sub->add_option("program", options.program, "the .plmr file")->required();
  sub->add_option("--input", options.inputs,
                  "NAME=FILE.npy, or FILE.npy in the order of the inputs")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  sub->add_option("--output", options.outputs, "likewise for the outputs")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  sub->add_option("--param", options.parameters, "NAME=INTEGER")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  sub->add_option("--report", options.report, "file for figures, as JSON");
  sub->add_flag("--check", options.check,
                "trap on undefined reads, races and replicas that differ");
  sub->callback(
      [this] { command = [this] { return execProgram(execOptions); }; });
}

void Driver::addInspect() {
  CLI::App *sub = app.add_subcommand("inspect", "print what a program holds");
  sub->add_option("program", inspectOptions.program, "the .plmr file")
      ->required();
  sub->add_option("--stream", inspectOptions.core,
                  "X,Y: print the constants and instructions of a core");
  sub->callback(
      [this] { command = [this] { return inspectProgram(inspectOptions); }; });
}

void Driver::addDevices() {
  CLI::App *sub = app.add_subcommand("devices", "list the devices");
  sub->add_option("device", device, "print this one as JSON");
  sub->callback([this] { command = [this] { return printDevices(device); }; });
}

/// One line, whatever a message holds.
static void printError(std::string message) {
  for (char &c : message)
    if (c == '\n' || c == '\r')
      c = ' ';
  llvm::errs() << "plmr: error: " << llvm::StringRef(message).trim() << '\n';
}

int Driver::run(int argc, char **argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) // --help
      return app.exit(error);
    printError(error.what());
    return exitFailure;
  }
  llvm::Error error = command();
  llvm::outs().flush();
  if (!error && llvm::outs().has_error())
    error = llvm::createStringError("cannot write to standard output: " +
                                    llvm::outs().error().message());
  llvm::outs().clear_error();
  if (!error)
    return 0;
  printError(llvm::toString(std::move(error)));
  return exitFailure;
}

int main(int argc, char **argv) { return Driver().run(argc, argv); }
