//===- Commands.h - The subcommands of plmr -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/CLI.md is normative. A command writes its results to standard output
// and to files; an error is reported by main.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_COMMANDS_H
#define PLMR_TOOLS_PLMR_COMMANDS_H

#include "plmr/Program/Sequencer.h"
#include "plmr/Runtime/Sampler.h"
#include <optional>
#include <string>
#include <vector>

namespace plmr {

/// What is compiled, and for what.
struct TargetOptions {
  std::string model; ///< a GGUF file, a graph (.mlir) or a program (.plmr)
  std::optional<std::string> shape; ///< in its place: a model without weights
  /// Those that were given; a program has them already.
  std::optional<std::string> device, mesh, kv, kvPlacement;
  std::optional<std::string> prefillMesh, decodeMesh; ///< else as `mesh`
  std::optional<std::string> reduce;                  ///< the reduction tree
  std::optional<std::string> gemm; ///< how products of matrices are formed
  std::optional<std::string> plan; ///< a file with more of these
  std::optional<uint32_t> context;
  /// Without a context: positions that suffice. It has those of a chunk as
  /// well, and not more than the model.
  std::optional<uint32_t> positions;
  /// Tokens of a prompt that one launch takes; none: chosen.
  std::optional<uint32_t> chunk;
  bool noPrefill = false; ///< prompts are decoded token by token
  bool allLogits = false; ///< prefill computes those of all positions
};

struct RunOptions {
  TargetOptions target;
  std::optional<std::string> prompt, ids;
  int64_t count = -1;
  SamplerOptions sampler;
  bool ignoreEnd = false;
  bool hidePrompt = false;
  bool printIds = false;
  std::optional<std::string> logits, report; ///< files to write
  bool check = false;
  bool noTiming = false;
  bool dryRun = false;
  /// Compare the levels instead: "isolated" or "accumulated".
  std::optional<std::string> golden;
  std::optional<double> goldenTolerance; ///< none: the usual one
};
llvm::Error runModel(const RunOptions &options);
llvm::Error runGolden(const RunOptions &options);

struct BenchOptions {
  TargetOptions target;
  /// Tokens of the tests of prompts, and of those of generation; 0: no test.
  std::vector<uint32_t> prompts = {512}, generated = {128};
  uint32_t repetitions = 5; ///< at least 1
  std::string format = "md";
  bool noWarmup = false;
  bool noTiming = false;
};
llvm::Error benchModel(const BenchOptions &options);

struct KernelBenchOptions {
  std::string kernel; ///< gemm, gemv, allreduce, reduce or broadcast
  std::vector<uint32_t> sizes;
  std::vector<MeshShape> meshes;
  std::vector<std::string> algorithms; ///< empty: all
  std::string device = "wse2";
  std::string format = "md";
};
llvm::Error benchKernel(const KernelBenchOptions &options);

struct AnalyzeOptions {
  std::string kernel; ///< gemm or allreduce
  std::string device = "wse2";
  std::string format = "md";
};
llvm::Error analyzeKernel(const AnalyzeOptions &options);

/// The algorithms of a kernel of KernelBenchOptions.
std::vector<std::string> getKernelAlgorithms(llvm::StringRef kernel);
/// A message of several lines as one.
std::string joinWords(llvm::StringRef text);
/// A graph of one product, "matmul" or "vecmat", of extents `size`.
std::string getProductKernel(llvm::StringRef product, uint32_t size);

struct PlanOptions {
  TargetOptions target;
  uint32_t prompt = 0, generate = 1; ///< tokens
  std::optional<std::string> output;
};
llvm::Error planCommand(const PlanOptions &options);

struct CompileCommand {
  TargetOptions target;
  std::optional<std::string> output, level, from, reproducer;
  std::optional<std::string> explain; ///< "" or "json"
  bool reference = false;
};
llvm::Error compileModel(const CompileCommand &options);

struct ExecOptions {
  std::string program;
  std::vector<std::string> inputs, outputs; ///< FILE.npy or NAME=FILE.npy
  std::vector<std::string> parameters;      ///< NAME=VALUE
  std::optional<std::string> report;
  bool check = false;
  uint64_t maxSteps = defaultMaxIterations; ///< of a core
};
llvm::Error execProgram(const ExecOptions &options);

/// The values of a launch's parameters, in its order, of "NAME=VALUE" each.
llvm::Expected<std::vector<int32_t>>
parseParameters(const Launch &launch, llvm::ArrayRef<std::string> texts);

struct InspectOptions {
  std::string program;
  std::optional<std::string> core;     ///< X,Y: print its instructions instead
  std::optional<std::string> launch;   ///< print where its time goes instead
  std::vector<std::string> parameters; ///< of that launch: NAME=VALUE
};
llvm::Error inspectProgram(const InspectOptions &options);

/// The error that `flag` names a launch that the program does not have.
llvm::Error makeUnknownLaunchError(const Program &program, llvm::StringRef flag,
                                   llvm::StringRef name);

/// plmr verify (docs/Verify.md).
struct VerifyCommand {
  std::string program;
  std::optional<std::string> launch;   ///< none: all of them
  std::vector<std::string> parameters; ///< NAME=VALUE; none: chosen
};
llvm::Error verifyCommand(const VerifyCommand &options);

/// Lists the built-in devices, or prints one as JSON.
llvm::Error printDevices(const std::optional<std::string> &device);

/// An error if what was printed did not reach standard output.
llvm::Error flushStandardOutput();

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_COMMANDS_H
