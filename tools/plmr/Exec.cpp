//===- Exec.cpp - plmr exec -----------------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Report.h"
#include "plmr/Runtime/Loader.h"
#include "plmr/Runtime/Npy.h"
#include "plmr/Support/OutputFile.h"
#include "plmr/Support/Printable.h"
#include "plmr/Timing/Timing.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace {

/// A tensor of the launch and its file.
struct Binding {
  const Tensor *tensor;
  StringRef path;
  OutputFile *file = nullptr; ///< of an output
};

class Executor {
public:
  explicit Executor(const ExecOptions &options) : options(options) {}

  Error run();

private:
  Error load();
  Expected<std::vector<Binding>> bind(StringRef flag,
                                      ArrayRef<std::string> texts,
                                      ArrayRef<uint32_t> tensors) const;
  Expected<const Tensor *> findTensor(StringRef flag, StringRef &text,
                                      size_t position,
                                      ArrayRef<uint32_t> tensors) const;
  Error openFiles(ArrayRef<Binding> inputs, std::vector<Binding> &outputs);
  Error readInput(const Binding &binding);
  Error writeOutput(const Binding &binding);
  void printSummary(const TimingResult &time) const;
  Json getReport(const RunResult &result, const TimingResult &time) const;

  const ExecOptions &options;
  std::shared_ptr<const Program> program;
  const Launch *launch = nullptr;
  std::unique_ptr<Emulator> emulator;
  OutputFiles files;
  OutputFile *report = nullptr; ///< null: not asked for
};

} // namespace

static std::string printShape(ArrayRef<int64_t> shape) {
  return "[" +
         llvm::join(
             llvm::map_range(
                 shape, [](int64_t extent) { return std::to_string(extent); }),
             ", ") +
         "]";
}

Error Executor::load() {
  Expected<Program> read = readProgram(options.program);
  if (!read)
    return read.takeError();
  program = std::make_shared<Program>(std::move(*read));
  if (program->launches.size() != 1)
    return makeError("{0}: expected one launch but got {1}", options.program,
                     program->launches.size());
  launch = &program->launches.front();
  return Error::success();
}

/// The tensor that `text` is for: that of NAME=FILE, of which FILE is left, or
/// the one at `position`.
Expected<const Tensor *>
Executor::findTensor(StringRef flag, StringRef &text, size_t position,
                     ArrayRef<uint32_t> tensors) const {
  for (uint32_t index : tensors) {
    StringRef file = text;
    const Tensor &tensor = program->tensors[index];
    if (file.consume_front(tensor.name) && file.consume_front("=")) {
      text = file;
      return &tensor;
    }
  }
  if (text.contains('='))
    return makeError("{0}: expected FILE, or NAME=FILE with a name of {1}, but "
                     "got '{2}'",
                     flag, printNames(*program, tensors), text);
  if (position >= tensors.size())
    return makeError("{0}: expected at most {1} files, for {2}, but got '{3}'",
                     flag, tensors.size(), printNames(*program, tensors), text);
  return &program->tensors[tensors[position]];
}

/// Pairs files with tensors: NAME=FILE by name, others in order.
Expected<std::vector<Binding>>
Executor::bind(StringRef flag, ArrayRef<std::string> texts,
               ArrayRef<uint32_t> tensors) const {
  std::vector<Binding> bindings;
  for (auto [i, text] : llvm::enumerate(texts)) {
    StringRef path = text;
    Expected<const Tensor *> tensor = findTensor(flag, path, i, tensors);
    if (!tensor)
      return tensor.takeError();
    for (const Binding &other : bindings)
      if (other.tensor == *tensor)
        return makeError("{0}: expected one file for '{1}' but got '{2}' and "
                         "'{3}'",
                         flag, printable((*tensor)->name), other.path, path);
    bindings.push_back({*tensor, path});
  }
  return bindings;
}

/// Opens all outputs, none of which may be read.
Error Executor::openFiles(ArrayRef<Binding> inputs,
                          std::vector<Binding> &outputs) {
  for (Binding &output : outputs)
    if (Error error =
            files
                .open("--output " + printable(output.tensor->name), output.path)
                .moveInto(output.file))
      return error;
  if (Error error =
          files.openIfGiven("--report", options.report).moveInto(report))
    return error;
  for (const Binding &input : inputs)
    if (Error error = files.checkInput(input.path))
      return error;
  if (Error error = files.checkInputs(program->files))
    return error;
  return files.checkInput(options.program);
}

Expected<std::vector<int32_t>>
plmr::parseParameters(const Launch &launch, ArrayRef<std::string> texts) {
  std::vector<std::optional<int32_t>> given(launch.parameters.size());
  for (StringRef text : texts) {
    auto [name, value] = text.split('=');
    size_t index =
        llvm::find(launch.parameters, name) - launch.parameters.begin();
    int32_t number;
    if (index == given.size() || value.getAsInteger(10, number))
      return makeError("--param: expected NAME=INTEGER of {0} but got '{1}'",
                       launch.parameters.empty()
                           ? "no parameters"
                           : llvm::join(launch.parameters, ", "),
                       text);
    given[index] = number;
  }
  std::vector<int32_t> parameters;
  for (auto [name, value] : llvm::zip(launch.parameters, given)) {
    if (!value)
      return makeError("expected a value of the parameter '{0}': --param "
                       "{0}=INTEGER",
                       name);
    parameters.push_back(*value);
  }
  return parameters;
}

Error Executor::readInput(const Binding &binding) {
  Expected<NpyArray> array = readNpy(binding.path);
  if (!array)
    return array.takeError();
  auto shape = binding.tensor->placement.getShape();
  if (ArrayRef<int64_t>(array->shape) != ArrayRef<int64_t>(shape))
    return makeError("{0}: expected the shape {1} of input '{2}' but got {3}",
                     binding.path, printShape(shape), binding.tensor->name,
                     printShape(array->shape));
  return emulator->writeTensor(*binding.tensor, array->values);
}

Error Executor::writeOutput(const Binding &binding) {
  NpyArray array;
  if (binding.tensor->type == ElementType::F16)
    array.type = ElementType::F16;
  auto shape = binding.tensor->placement.getShape();
  array.shape.assign(shape.begin(), shape.end());
  if (Error error =
          emulator->readTensor(*binding.tensor).moveInto(array.values))
    return error;
  Expected<std::string> bytes = serializeNpy(array);
  if (!bytes)
    return bytes.takeError();
  binding.file->os() << *bytes;
  return Error::success();
}

void Executor::printSummary(const TimingResult &time) const {
  llvm::errs() << llvm::formatv(
                      "mesh: {0}\ntime: {1:F1} cycles, {2:F3} us at {3}\n",
                      printMesh(*program), time.cycles,
                      time.cycles / program->machine.clockHz * 1e6,
                      printClock(program->machine.clockHz))
               << printBudgets(*program) << printContended(time.contended);
}

Json Executor::getReport(const RunResult &result,
                         const TimingResult &time) const {
  Json report = describeProgram(*program);
  report["check"] = options.check;
  report["launch"] = launch->name;
  report["cycles"] = time.cycles;
  report["contended"] = time.contended;
  report["instructions"] = result.instructions;
  report["vector_operations"] = result.vectorOps;
  report["macs"] = result.macs;
  report["wavelets"] = time.wavelets;
  report["hops"] = time.hops;
  return report;
}

Error Executor::run() {
  if (Error error = load())
    return error;
  auto inputs = bind("--input", options.inputs, launch->inputs);
  if (!inputs)
    return inputs.takeError();
  if (inputs->size() != launch->inputs.size())
    return makeError("expected {0} input files, for {1}, but got {2}",
                     launch->inputs.size(),
                     printNames(*program, launch->inputs), inputs->size());
  auto outputs = bind("--output", options.outputs, launch->outputs);
  if (!outputs)
    return outputs.takeError();
  Expected<std::vector<int32_t>> parameters =
      parseParameters(*launch, options.parameters);
  if (!parameters)
    return parameters.takeError();
  if (Error error = openFiles(*inputs, *outputs))
    return error;

  EmulatorMode mode = options.check ? EmulatorMode::Check : EmulatorMode::Fast;
  if (Error error = Emulator::create(program, mode).moveInto(emulator))
    return error;
  DataFiles data(*program);
  if (Error error = loadWeights(*emulator, data))
    return error;
  for (const Binding &input : *inputs)
    if (Error error = readInput(input))
      return error;
  Expected<RunResult> result =
      emulator->run(*launch, *parameters, options.maxSteps);
  if (!result)
    return result.takeError();
  TimingOptions timing;
  timing.maxIterations = options.maxSteps;
  Expected<TimingResult> time =
      timeLaunch(*program, *launch, *parameters, timing);
  if (!time)
    return time.takeError();
  for (const Binding &output : *outputs)
    if (Error error = writeOutput(output))
      return error;
  if (report)
    writeReport(getReport(*result, *time), report->os());
  if (Error error = files.keep())
    return error;
  printSummary(*time);
  return Error::success();
}

Error plmr::execProgram(const ExecOptions &options) {
  return Executor(options).run();
}
