//===- plmr.cpp - The plmr driver -----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Plan.h"
#include "plmr/Support/Error.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/APInt.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <functional>
#include <limits>

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
  llvm::Error checkCommand(llvm::ArrayRef<char *> arguments);
  void addTarget(CLI::App *app, TargetOptions &target);
  void addShape(CLI::App *app, TargetOptions &target);
  void addRun();
  void addSampling(CLI::App *app);
  void addBench();
  void addKernelBench(CLI::App *bench, const std::string &kernel,
                      const std::string &description);
  void addPlan();
  void addAnalyze();
  void addCompile();
  void addExec();
  void addInspect();
  void addVerify();
  void addDevices();

  /// Runs a command with what its plan says.
  template <typename OptionsT>
  static llvm::Error runPlanned(llvm::Error (*run)(const OptionsT &),
                                OptionsT &options) {
    if (llvm::Error error = applyPlan(options.target))
      return error;
    return run(options);
  }
  template <typename OptionsT>
  void setCommand(CLI::App *sub, llvm::Error (*run)(const OptionsT &),
                  OptionsT &options) {
    sub->callback([this, run, &options] {
      command = [run, &options] { return runPlanned(run, options); };
    });
  }

  CLI::App app{"plmr: language models on wafer-scale meshes", "plmr"};
  RunOptions runOptions;
  BenchOptions benchOptions;
  KernelBenchOptions kernelBenchOptions;
  PlanOptions planOptions;
  AnalyzeOptions analyzeOptions;
  CompileCommand compileOptions;
  ExecOptions execOptions;
  InspectOptions inspectOptions;
  VerifyCommand verifyOptions;
  std::optional<std::string> device;
  std::function<llvm::Error()> command;
};
} // namespace

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// A text, which may be empty: CLI11 takes an empty one for none.
static CLI::Option *addText(CLI::App *app, const std::string &flags,
                            std::optional<std::string> &text,
                            const std::string &description) {
  return app->add_option_function<std::string>(
      flags, [&text](const std::string &given) { text = given; }, description);
}

static const CLI::Validator isFile(
    [](std::string &text) {
      return text.empty() ? "expected the name of a file but got ''"
                          : std::string();
    },
    "");

/// An error if `text` is no whole number of `low` or more that has room in T.
template <typename T>
static std::string checkInteger(llvm::StringRef text, T low) {
  T value;
  if (!text.getAsInteger(10, value) && value >= low)
    return "";
  constexpr T most = std::numeric_limits<T>::max();
  llvm::APInt digits;
  bool isTooLarge = !text.getAsInteger(10, digits) && digits.ugt(most);
  std::string high =
      isTooLarge ? llvm::formatv("to {0}", most).str() : "or more";
  return llvm::formatv("expected a whole number of {0} {1} but got '{2}'", low,
                       high, text);
}

template <typename T> static CLI::Validator isInteger(T low) {
  auto check = [=](std::string &text) { return checkInteger(text, low); };
  return {check, ""};
}

static CLI::Validator isReal(double low, double high, std::string expected) {
  auto check = [=](std::string &text) -> std::string {
    double value;
    // Not a number is in no range.
    if (!llvm::StringRef(text).getAsDouble(value) && value >= low &&
        value <= high)
      return "";
    return llvm::formatv("expected {0} but got '{1}'", expected, text);
  };
  return {check, ""};
}

//===----------------------------------------------------------------------===//
// Flags
//===----------------------------------------------------------------------===//

Driver::Driver() {
  app.require_subcommand(1);
  // As in llama-cli the last one of an option given twice counts.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.option_defaults()->disable_flag_override();
  addRun();
  addBench();
  addPlan();
  addAnalyze();
  addCompile();
  addExec();
  addInspect();
  addVerify();
  addDevices();
}

void Driver::addTarget(CLI::App *sub, TargetOptions &target) {
  sub->add_option("-m,--model", target.model,
                  "GGUF file, compiled program (.plmr) or graph (.mlir)")
      ->check(isFile);
  addText(sub, "--device", target.device,
          "wse2 (default), wse3, lab, tiny, ideal, or a JSON file");
  addText(sub, "--plan", target.plan,
          "a file that plan wrote: takes the place of the flags below")
      ->check(isFile);
  addText(sub, "--mesh", target.mesh,
          "columns x rows, or auto (default): the smallest that fits");
  addText(sub, "--prefill-mesh", target.prefillMesh,
          "the mesh of prefill; default: --mesh");
  addText(sub, "--decode-mesh", target.decodeMesh,
          "the mesh of decode; default: --mesh");
  addText(sub, "--reduce", target.reduce,
          "how to reduce: auto (default), auto_gen, chain, star, binary_tree, "
          "two_phase, ktree:K or ring");
  addText(sub, "--gemm", target.gemm,
          "how matrices are multiplied: auto (default), mesh_gemm, cannon, "
          "summa, summa_relay or allgather");
  addText(sub, "--kv", target.kv,
          "type of the key and value caches: f32 (default) or f16");
  addText(sub, "--kv-placement", target.kvPlacement,
          "which rows hold which positions: cyclic (default), shift or concat");
  sub->add_option("-c,--ctx-size", target.context,
                  "positions of the context; default: the model's")
      ->check(isInteger<uint32_t>(1));
  CLI::Option *chunk =
      sub->add_option("--chunk", target.chunk,
                      "tokens of the prompt that a launch takes; default: as "
                      "many as fit, up to 64")
          ->check(isInteger<uint32_t>(1));
  sub->add_flag("--no-prefill", target.noPrefill,
                "decode prompts token by token")
      ->excludes(chunk);
}

void Driver::addShape(CLI::App *sub, TargetOptions &target) {
  addText(sub, "--shape", target.shape,
          "a model without weights in its place: a built-in name or a JSON "
          "file")
      ->excludes("--model")
      ->check(isFile);
}

void Driver::addSampling(CLI::App *sub) {
  SamplerOptions &sampler = runOptions.sampler;
  sub->add_option("--temp", sampler.temperature,
                  "temperature; 0: always the likeliest token")
      ->check(
          isReal(0, std::numeric_limits<float>::max(), "a number of 0 or more"))
      ->capture_default_str();
  sub->add_option("--top-k", sampler.topK,
                  "likeliest tokens to choose from; 0: all")
      ->check(isInteger<int32_t>(0))
      ->capture_default_str();
  sub->add_option("--top-p", sampler.topP, "their probability; 1: all")
      ->check(isReal(0, 1, "a number from 0 to 1"))
      ->capture_default_str();
  sub->add_option("-s,--seed", sampler.seed, "of the random numbers")
      ->check(isInteger<uint32_t>(0))
      ->capture_default_str();
  sub->add_flag("--ignore-eos", runOptions.ignoreEnd,
                "never choose a token that ends the text");
}

void Driver::addRun() {
  RunOptions &options = runOptions;
  CLI::App *sub = app.add_subcommand("run", "generate text");
  addTarget(sub, options.target);
  addShape(sub, options.target);
  CLI::Option *prompt = addText(sub, "-p,--prompt", options.prompt, "text");
  addText(sub, "--ids", options.ids, "token ids in place of a text: 1,2,3")
      ->excludes(prompt);
  sub->add_option("-n,--n-predict", options.count,
                  "tokens to generate; -1: until the text or the context ends")
      ->check(isInteger<int64_t>(-1))
      ->capture_default_str();
  addSampling(sub);
  sub->add_flag("--no-display-prompt", options.hidePrompt,
                "print generated text only");
  sub->add_flag("--print-ids", options.printIds, "print the generated ids");
  auto *logits = addText(sub, "--logits", options.logits,
                         "file for the logits, f32 [positions x vocabulary]")
                     ->check(isFile);
  auto *report =
      addText(sub, "--report", options.report, "file for figures, as JSON")
          ->check(isFile);
  sub->add_flag("--check", options.check,
                "trap on undefined reads, races and replicas that differ");
  sub->add_flag("--no-timing", options.noTiming, "do not compute cycles");
  sub->add_flag("--dry-run", options.dryRun,
                "say whether the model fits, and print the plan")
      ->excludes(logits)
      ->excludes(report);
  CLI::Option *golden =
      addText(sub, "--golden", options.golden,
              "compare every operation at all levels: isolated (each gets "
              "what the level above computed) or accumulated")
          ->excludes(logits)
          ->excludes("--dry-run");
  sub->add_option("--golden-tolerance", options.goldenTolerance,
                  "largest difference, relative to the operation's largest "
                  "magnitude; default: 1e-4, with --kv f16 2e-3")
      ->needs(golden)
      ->check(isReal(0, 1, "a number from 0 to 1"));
  setCommand(sub, runModel, runOptions);
}

/// Items, separated by commas; given twice they add up. `check` returns what is
/// wrong with one, `add` takes one.
static CLI::Option *addList(CLI::App *app, const std::string &flags,
                            const std::string &description,
                            std::function<std::string(llvm::StringRef)> check,
                            std::function<void(llvm::StringRef)> add,
                            std::function<void()> clear) {
  auto checkAll = [=](std::string &text) -> std::string {
    for (llvm::StringRef part : llvm::split(text, ','))
      if (std::string problem = check(part); !problem.empty())
        return problem;
    return "";
  };
  auto set = [=](const std::vector<std::string> &texts) {
    clear();
    for (llvm::StringRef text : texts)
      for (llvm::StringRef part : llvm::split(text, ','))
        add(part);
  };
  return app
      ->add_option_function<std::vector<std::string>>(flags, set, description)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::Validator(checkAll, ""))
      ->type_name("LIST");
}

/// Whole numbers of `low` or more.
static CLI::Option *addNumbers(CLI::App *app, const std::string &flags,
                               std::vector<uint32_t> &numbers, uint32_t low,
                               const std::string &description) {
  return addList(
      app, flags, description,
      [=](llvm::StringRef text) { return checkInteger<uint32_t>(text, low); },
      [&](llvm::StringRef text) {
        text.getAsInteger(10, numbers.emplace_back());
      },
      [&] { numbers.clear(); });
}

static CLI::Option *addMeshes(CLI::App *app, const std::string &flags,
                              std::vector<MeshShape> &meshes,
                              const std::string &description) {
  return addList(
      app, flags, description,
      [](llvm::StringRef text) -> std::string {
        if (parseMesh(text))
          return "";
        return llvm::formatv("expected columns x rows, for example 8x4, but "
                             "got '{0}'",
                             text);
      },
      [&](llvm::StringRef text) { meshes.push_back(*parseMesh(text)); },
      [&] { meshes.clear(); });
}

static void addFormat(CLI::App *app, std::string &format) {
  app->add_option("-o,--output", format, "md, csv or json")
      ->check(CLI::Validator(
          [](std::string &text) -> std::string {
            if (text == "md" || text == "csv" || text == "json")
              return "";
            return llvm::formatv("expected md, csv or json but got '{0}'",
                                 text);
          },
          ""))
      ->capture_default_str();
}

void Driver::addKernelBench(CLI::App *bench, const std::string &kernel,
                            const std::string &description) {
  KernelBenchOptions &options = kernelBenchOptions;
  CLI::App *sub = bench->add_subcommand(kernel, description);
  addNumbers(sub, "--sizes", options.sizes, 1,
             kernel[0] == 'g' ? "extents of the matrices"
                              : "elements of each core")
      ->required();
  addMeshes(sub, "--meshes", options.meshes, "columns x rows")->required();
  addList(
      sub, "--algorithms", "those to measure; default: all",
      [](llvm::StringRef text) { return std::string(); },
      [&](llvm::StringRef text) { options.algorithms.push_back(text.str()); },
      [&] { options.algorithms.clear(); });
  sub->add_option("--device", options.device,
                  "wse2 (default), wse3, lab, tiny, ideal, or a JSON file");
  addFormat(sub, options.format);
  sub->callback([this, kernel] {
    command = [this, kernel] {
      kernelBenchOptions.kernel = kernel;
      return benchKernel(kernelBenchOptions);
    };
  });
}

void Driver::addBench() {
  BenchOptions &options = benchOptions;
  CLI::App *sub = app.add_subcommand("bench", "measure tokens per second");
  addTarget(sub, options.target);
  addNumbers(sub, "-p,--n-prompt", options.prompts, 0,
             "tokens of each test of a prompt; 0: none")
      ->default_str(std::to_string(options.prompts.front()));
  addNumbers(sub, "-n,--n-gen", options.generated, 0,
             "tokens of each test of generation; 0: none")
      ->default_str(std::to_string(options.generated.front()));
  sub->add_option("-r,--repetitions", options.repetitions,
                  "how often each test is measured")
      ->check(isInteger<uint32_t>(1))
      ->capture_default_str();
  addFormat(sub, options.format);
  sub->add_flag("--no-warmup", options.noWarmup,
                "do not run each test once before it is measured");
  sub->add_flag("--no-timing", options.noTiming, "do not compute cycles");
  for (auto [kernel, description] :
       {std::pair("gemm", "cycles of C = A B"),
        {"gemv", "cycles of y = x W"},
        {"allreduce", "cycles of a reduction along y to all cores"},
        {"reduce", "cycles of a reduction along y to the middle"},
        {"broadcast", "cycles of a multicast along y from the middle"}})
    addKernelBench(sub, kernel, description);
  // A kernel's own command comes first.
  sub->callback([this, sub] {
    bool isModel = sub->get_subcommands().empty();
    if (!isModel && !sub->get_options([](const CLI::Option *option) {
                          return option->count() != 0;
                        })
                         .empty())
      throw CLI::ValidationError(
          "expected flags behind the kernel's name only");
    if (isModel)
      command = [this] { return runPlanned(benchModel, benchOptions); };
  });
}

void Driver::addPlan() {
  PlanOptions &options = planOptions;
  CLI::App *sub =
      app.add_subcommand("plan", "search the fastest way that fits");
  addTarget(sub, options.target);
  addShape(sub, options.target);
  sub->add_option("--prompt", options.prompt, "tokens of the prompt")
      ->check(isInteger<uint32_t>(0))
      ->required();
  sub->add_option("--generate", options.generate, "tokens to generate")
      ->check(isInteger<uint32_t>(1))
      ->required();
  addText(sub, "-o,--output", options.output, "the plan to write, as JSON")
      ->check(isFile);
  setCommand(sub, planCommand, options);
}

void Driver::addAnalyze() {
  AnalyzeOptions &options = analyzeOptions;
  CLI::App *sub = app.add_subcommand(
      "analyze", "say how algorithms grow with the cores (L, M, R)");
  sub->add_option("kernel", options.kernel, "gemm or allreduce")
      ->required()
      ->check(CLI::Validator(
          [](std::string &text) -> std::string {
            if (text == "gemm" || text == "allreduce")
              return "";
            return llvm::formatv("expected gemm or allreduce but got '{0}'",
                                 text);
          },
          ""));
  sub->add_option("--device", options.device,
                  "wse2 (default), wse3, lab, tiny, ideal, or a JSON file");
  addFormat(sub, options.format);
  sub->callback(
      [this] { command = [this] { return analyzeKernel(analyzeOptions); }; });
}

void Driver::addCompile() {
  CompileCommand &options = compileOptions;
  CLI::App *sub = app.add_subcommand("compile", "write a program");
  addTarget(sub, options.target);
  addShape(sub, options.target);
  addText(sub, "-o,--output", options.output, "the file to write")
      ->check(isFile);
  addText(sub, "--compile-to", options.level,
          "print IR instead: graph, mesh, tile or core");
  addText(sub, "--from", options.from,
          "the level that a graph is at: graph (default), mesh, tile or core");
  addText(sub, "--reproducer", options.reproducer,
          "a file to write if a pass fails, for plmr-opt --run-reproducer")
      ->check(isFile);
  sub->add_option_function<std::vector<std::string>>(
         "--explain",
         [&options](const std::vector<std::string> &values) {
           options.explain = values.empty() ? "" : values.front();
         },
         "print what algorithms were chosen from, as a table or =json")
      ->expected(0, 1);
  sub->add_flag("--all-logits", options.target.allLogits,
                "compute the logits of all positions of a prompt")
      ->excludes("--no-prefill");
  sub->add_flag("--reference", options.reference,
                "refer to the weights' file instead of packing them");
  setCommand(sub, compileModel, compileOptions);
}

void Driver::addExec() {
  ExecOptions &options = execOptions;
  CLI::App *sub = app.add_subcommand("exec", "run a program of one launch");
  sub->add_option("program", options.program, "the .plmr file")
      ->required()
      ->check(isFile);
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
  addText(sub, "--report", options.report, "file for figures, as JSON")
      ->check(isFile);
  sub->add_flag("--check", options.check,
                "trap on undefined reads, races and replicas that differ");
  sub->add_option("--max-steps", options.maxSteps,
                  "iterations of a core's loops; more are an error")
      ->check(isInteger<uint64_t>(0))
      ->capture_default_str();
  sub->callback(
      [this] { command = [this] { return execProgram(execOptions); }; });
}

void Driver::addInspect() {
  CLI::App *sub = app.add_subcommand("inspect", "print what a program holds");
  sub->add_option("program", inspectOptions.program, "the .plmr file")
      ->required()
      ->check(isFile);
  CLI::Option *stream =
      addText(sub, "--stream", inspectOptions.core,
              "X,Y: print the constants and instructions of a core");
  CLI::Option *profile =
      addText(sub, "--profile", inspectOptions.launch,
              "LAUNCH: time it and print where the time goes")
          ->excludes(stream);
  sub->add_option("--param", inspectOptions.parameters,
                  "NAME=INTEGER of that launch")
      ->needs(profile)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  sub->callback(
      [this] { command = [this] { return inspectProgram(inspectOptions); }; });
}

void Driver::addVerify() {
  CLI::App *sub = app.add_subcommand("verify", "prove that a program is safe");
  sub->add_option("program", verifyOptions.program, "the .plmr file")
      ->required()
      ->check(isFile);
  CLI::Option *launch =
      addText(sub, "--launch", verifyOptions.launch, "verify this one only");
  sub->add_option("--param", verifyOptions.parameters,
                  "NAME=INTEGER of that launch; default: a model's shortest "
                  "and longest launch")
      ->needs(launch)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  sub->callback(
      [this] { command = [this] { return verifyCommand(verifyOptions); }; });
}

void Driver::addDevices() {
  CLI::App *sub = app.add_subcommand("devices", "list the devices");
  addText(sub, "device", device, "print this one as JSON");
  sub->callback([this] { command = [this] { return printDevices(device); }; });
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static void printError(std::string message) {
  for (char &c : message)
    if (c == '\n')
      c = ' ';
  llvm::errs() << "plmr: error: " << oneLine(llvm::StringRef(message).trim())
               << '\n';
}

llvm::Error plmr::flushStandardOutput() {
  llvm::outs().flush();
  std::error_code code = llvm::outs().error();
  llvm::outs().clear_error();
  if (!code)
    return llvm::Error::success();
  return makeError("cannot write to standard output: {0}", code.message());
}

/// CLI11 does not say what it expects, nor what it got.
llvm::Error Driver::checkCommand(llvm::ArrayRef<char *> arguments) {
  std::vector<std::string> names;
  for (const CLI::App *sub : app.get_subcommands(nullptr))
    names.push_back(sub->get_name());
  std::string known = llvm::join(names, ", ");
  if (arguments.empty())
    return makeError("expected a command: {0}", known);
  llvm::StringRef name = arguments.front();
  if (name.starts_with("-") || llvm::is_contained(names, name))
    return llvm::Error::success();
  return makeError("expected one of the commands {0} but got '{1}'", known,
                   name);
}

int Driver::run(int argc, char **argv) {
  llvm::Error error = checkCommand(llvm::ArrayRef(argv, argc).drop_front());
  if (!error) {
    try {
      app.parse(argc, argv);
      error = command();
    } catch (const CLI::Success &) { // --help
      llvm::outs() << app.help();
    } catch (const CLI::ParseError &problem) {
      llvm::StringRef message = problem.what();
      error = message.consume_back(" was given a disallowed flag override")
                  ? makeError("--{0}: expected no value", message)
                  : makeError("{0}", message);
    }
  }
  if (!error)
    error = flushStandardOutput();
  if (!error)
    return 0;
  llvm::outs().flush();
  llvm::outs().clear_error();
  printError(llvm::toString(std::move(error)));
  return exitFailure;
}

int main(int argc, char **argv) { return Driver().run(argc, argv); }
