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

#include "plmr/Runtime/Sampler.h"
#include <optional>
#include <string>
#include <vector>

namespace plmr {

/// What is compiled, and for what.
struct TargetOptions {
  std::string model; ///< a GGUF file, a graph (.mlir) or a program (.plmr)
  /// Those that were given; a program has them already.
  std::optional<std::string> device, mesh, kv;
  std::optional<uint32_t> context;
};

struct RunOptions {
  TargetOptions target;
  std::optional<std::string> prompt, ids;
  int64_t count = -1;
  SamplerOptions sampler;
  bool ignoreEnd = false;
  bool hidePrompt = false;
  bool printIds = false;
  std::string logits, report; ///< paths; empty: not written
  bool check = false;
  bool noTiming = false;
  bool dryRun = false;
};
llvm::Error runModel(const RunOptions &options);

struct CompileCommand {
  TargetOptions target;
  std::string output;
  std::optional<std::string> level;
  bool reference = false;
};
llvm::Error compileModel(const CompileCommand &options);

struct ExecOptions {
  std::string program;
  std::vector<std::string> inputs, outputs; ///< FILE.npy or NAME=FILE.npy
  std::vector<std::string> parameters;      ///< NAME=VALUE
  std::string report;
  bool check = false;
};
llvm::Error execProgram(const ExecOptions &options);

struct InspectOptions {
  std::string program;
  std::string core; ///< X,Y: print its instructions instead
};
llvm::Error inspectProgram(const InspectOptions &options);

/// Lists the built-in devices, or prints one as JSON.
llvm::Error printDevices(const std::string &device);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_COMMANDS_H
