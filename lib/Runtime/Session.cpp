//===- Session.cpp - A language model at work -----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Session.h"
#include "LaunchTimer.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/STLExtras.h"
#include <chrono>
#include <limits>

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static double getSeconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

/// The tensor that is called `name` among those that a launch's list names.
static Error checkVector(const Program &program, ArrayRef<uint32_t> tensors,
                         StringRef what, StringRef name, uint32_t extent) {
  for (uint32_t index : tensors) {
    const Tensor &tensor = program.tensors[index];
    if (tensor.name != name)
      continue;
    auto shape = tensor.placement.getShape();
    if (shape.size() == 1 && shape[0] == extent)
      return Error::success();
    return makeError("launch 'decode': expected {0} '{1}' to be a vector of "
                     "{2} elements",
                     what, name, extent);
  }
  return makeError("launch 'decode': expected {0} '{1}' but there is none",
                   what, name);
}

Error Session::checkInterface() const {
  const ModelInfo &model = getModel();
  if (decode.parameters != std::vector<std::string>{"position"})
    return makeError("launch 'decode': expected the parameter 'position' but "
                     "got {0} parameters",
                     decode.parameters.size());
  if (decode.inputs.size() != 1)
    return makeError("launch 'decode': expected the input 'x' but got {0} "
                     "inputs",
                     decode.inputs.size());
  if (model.vocabSize != model.tokens.size() || model.vocabSize == 0 ||
      model.embeddingLength == 0)
    return makeError("model '{0}': expected a vocabulary of {1} tokens but got "
                     "{2}",
                     printable(model.name), model.vocabSize,
                     model.tokens.size());
  if (Error error = checkVector(*program, decode.inputs, "input", "x",
                                model.embeddingLength))
    return error;
  return checkVector(*program, decode.outputs, "output", "logits",
                     model.vocabSize);
}

Session::Session(std::shared_ptr<const Program> program, Tokenizer tokenizer,
                 const Launch &decode)
    : program(std::move(program)), tokenizer(std::move(tokenizer)),
      files(*this->program), decode(decode) {}

Session::~Session() = default;

Expected<std::unique_ptr<Session>>
Session::create(std::shared_ptr<const Program> program,
                const SessionOptions &options) {
  if (!program->model)
    return makeError("expected a program with a language model but got one "
                     "without; plmr exec runs such programs");
  const Launch *decode = program->findLaunch("decode");
  if (!decode)
    return makeError("expected a launch 'decode' but the program has none");
  Expected<Tokenizer> tokenizer = Tokenizer::create(*program->model);
  if (!tokenizer)
    return tokenizer.takeError();
  std::unique_ptr<Session> session(
      new Session(program, std::move(*tokenizer), *decode));
  if (Error error =
          Emulator::create(program, options.mode).moveInto(session->emulator))
    return std::move(error);
  if (Error error = session->checkInterface())
    return std::move(error);
  if (Error error = loadWeights(*session->emulator, session->files))
    return std::move(error);
  if (options.timing)
    session->timer = std::make_unique<LaunchTimer>(*program, *decode);
  return session;
}

void Session::reset() {
  for (const Tensor &tensor : program->tensors)
    if (program->objects[tensor.object].kind == Object::Kind::State)
      emulator->clearTensor(tensor);
  position = 0;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

/// Waits for the times of all records.
Error Session::settleTimes() {
  if (!timer)
    return Error::success();
  double start = getSeconds();
  Error error = timer->wait();
  for (auto [record, shape] : llvm::zip_equal(
           llvm::MutableArrayRef(records).take_back(untimed.size()), untimed))
    if (std::optional<LaunchTimer::Time> time = timer->find(shape)) {
      record.ticks = time->ticks;
      record.contended = time->contended;
    }
  untimed.clear();
  timingSeconds += getSeconds() - start;
  return error;
}

Error Session::checkToken(int32_t token) const {
  if (token >= 0 && static_cast<uint32_t>(token) < getModel().vocabSize)
    return Error::success();
  return makeError("token {0}: expected an id from 0 to {1}", token,
                   getModel().vocabSize - 1);
}

/// Computes the logits and asks for the launch's time.
Error Session::runLaunch(int32_t token) {
  const ModelInfo &model = getModel();
  if (Error error = checkToken(token))
    return error;
  if (position >= model.contextLength)
    return makeError("the context is full: it has {0} positions",
                     model.contextLength);
  double start = getSeconds();
  std::vector<float> x(model.embeddingLength);
  if (Error error = files.read(model.embedding,
                               static_cast<uint64_t>(token) * x.size(), x))
    return error;
  if (Error error = emulator->writeTensor("x", x))
    return error;
  Expected<RunResult> result =
      emulator->run(decode, {static_cast<int32_t>(position)});
  if (!result)
    return result.takeError();
  if (Error error = emulator->readTensor("logits").moveInto(logits))
    return error;
  records.push_back({token, position, 0, 0, result->macs});
  if (timer) {
    timer->request(result->traceHash, position);
    untimed.push_back(result->traceHash);
  }
  ++position;
  emulatorSeconds += getSeconds() - start;
  return Error::success();
}

Expected<ArrayRef<float>> Session::feed(int32_t token) {
  if (Error error = runLaunch(token))
    return std::move(error);
  if (Error error = settleTimes())
    return std::move(error);
  return ArrayRef<float>(logits);
}

//===----------------------------------------------------------------------===//
// Generation
//===----------------------------------------------------------------------===//

Error Session::checkPrompt(ArrayRef<int32_t> prompt, int64_t count) const {
  if (prompt.empty())
    return makeError("the prompt is empty: expected at least one token");
  for (int32_t token : prompt)
    if (Error error = checkToken(token))
      return error;
  // The last token is not fed.
  uint64_t need =
      prompt.size() + (count > 0 ? static_cast<uint64_t>(count) - 1 : 0);
  uint64_t room = getModel().contextLength - position;
  if (need <= room)
    return Error::success();
  return makeError("a prompt of {0} tokens{1} needs {2} positions, the context "
                   "has {3}{4}",
                   prompt.size(),
                   count > 0 ? llvm::formatv(" and {0} more", count).str() : "",
                   need, room, position ? " left" : "");
}

Expected<int32_t> Session::choose(Sampler &sampler, bool ignoreEnd) const {
  if (!ignoreEnd)
    return sampler.sample(logits);
  std::vector<float> masked = logits;
  for (auto [token, logit] : llvm::enumerate(masked))
    if (tokenizer.isEndOfGeneration(static_cast<int32_t>(token)))
      logit = -std::numeric_limits<float>::infinity();
  return sampler.sample(masked);
}

Error Session::generateTokens(ArrayRef<int32_t> prompt,
                              const GenerateOptions &options,
                              const GenerateCallbacks &callbacks) {
  if (callbacks.onStart)
    callbacks.onStart();
  auto feedOne = [&](int32_t token) -> Error {
    if (Error error = runLaunch(token))
      return error;
    return callbacks.onLogits ? callbacks.onLogits(logits) : Error::success();
  };
  for (int32_t token : prompt)
    if (Error error = feedOne(token))
      return error;
  Sampler sampler(options.sampler);
  for (int64_t generated = 0; generated != options.count;) {
    Expected<int32_t> token = choose(sampler, options.ignoreEnd);
    if (!token)
      return token.takeError();
    if (callbacks.onToken)
      callbacks.onToken(*token);
    bool isFull = options.count < 0 && position == getModel().contextLength;
    if (++generated == options.count || isFull ||
        (tokenizer.isEndOfGeneration(*token) && !options.ignoreEnd))
      break;
    if (Error error = feedOne(*token))
      return error;
  }
  return Error::success();
}

Error Session::generate(ArrayRef<int32_t> prompt,
                        const GenerateOptions &options,
                        const GenerateCallbacks &callbacks) {
  if (Error error = checkPrompt(prompt, options.count))
    return error;
  Error error = generateTokens(prompt, options, callbacks);
  return llvm::joinErrors(std::move(error), settleTimes());
}
