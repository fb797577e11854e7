//===- Session.cpp - A language model at work -----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Session.h"
#include "LaunchTimer.h"
#include "plmr/Support/Clock.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <limits>

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

/// The shape, without the batch, of the tensor `name` among those that a
/// launch's list names.
static Expected<llvm::SmallVector<int64_t, 3>>
findShape(const Program &program, const Launch &launch,
          ArrayRef<uint32_t> tensors, StringRef what, StringRef name) {
  for (uint32_t index : tensors)
    if (program.tensors[index].name == name)
      return program.tensors[index].placement.getItemShape();
  return makeError("launch '{0}': expected {1} '{2}' but there is none",
                   launch.name, what, name);
}

static Error checkVector(const Program &program, const Launch &launch,
                         ArrayRef<uint32_t> tensors, StringRef what,
                         StringRef name, uint32_t extent) {
  auto shape = findShape(program, launch, tensors, what, name);
  if (!shape)
    return shape.takeError();
  if (shape->size() == 1 && (*shape)[0] == extent)
    return Error::success();
  return makeError("launch '{0}': expected {1} '{2}' to be a vector of {3} "
                   "elements",
                   launch.name, what, name, extent);
}

Error Session::checkInterface() const {
  const ModelInfo &model = getModel();
  std::vector<std::string> parameters = {"position"};
  if (model.kvPlacement == KVPlacement::Concat)
    parameters.push_back("settled");
  if (decode.parameters != parameters)
    return makeError("launch 'decode': expected the parameter{0} '{1}' but got "
                     "{2} parameters",
                     parameters.size() > 1 ? "s" : "",
                     llvm::join(parameters, "' and '"),
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
  if (Error error = checkVector(*program, decode, decode.inputs, "input", "x",
                                model.embeddingLength))
    return error;
  return checkVector(*program, decode, decode.outputs, "output", "logits",
                     model.vocabSize);
}

Error Session::checkPrefill() {
  if (!prefill)
    return Error::success();
  const ModelInfo &model = getModel();
  if (prefill->parameters != std::vector<std::string>{"first", "begin", "end"})
    return makeError("launch 'prefill': expected the parameters 'first', "
                     "'begin' and 'end' but got {0} parameters",
                     prefill->parameters.size());
  auto x = findShape(*program, *prefill, prefill->inputs, "input", "prefill.x");
  if (!x)
    return x.takeError();
  auto y = findShape(*program, *prefill, prefill->outputs, "output",
                     "prefill.logits");
  if (!y)
    return y.takeError();
  meshRows = program->getMesh(*program->findTensor("prefill.x")).rows;
  if (x->size() != 2 || (*x)[0] % meshRows != 0 ||
      (*x)[1] != model.embeddingLength)
    return makeError("launch 'prefill': expected 'prefill.x' to be [rows x "
                     "{0}], rows a multiple of {1}",
                     model.embeddingLength, meshRows);
  int64_t rows = (*x)[0];
  bool hasAll = y->size() == 2 && (*y)[0] == rows;
  if (!(y->size() == 1 || hasAll) || y->back() != model.vocabSize)
    return makeError("launch 'prefill': expected 'prefill.logits' to be [{0}] "
                     "or [{1} x {0}]",
                     model.vocabSize, rows);
  prefillRows = static_cast<uint32_t>(rows);
  prefillLogits = hasAll ? prefillRows : 1;
  return Error::success();
}

Error Session::checkSettle() {
  if (!prefill || getModel().kvPlacement == KVPlacement::Cyclic)
    return Error::success();
  settle = program->findLaunch("settle");
  if (settle && settle->parameters == std::vector<std::string>{"from", "to"})
    return Error::success();
  return makeError("expected a launch 'settle' of the parameters 'from' and "
                   "'to' beside 'prefill', for a cache placed by {0}",
                   stringify(getModel().kvPlacement));
}

Error Session::checkHandOver() {
  handOver = program->findLaunch("hand_over");
  handBack = program->findLaunch("hand_back");
  if (!handOver && !handBack)
    return Error::success();
  const std::vector<std::string> parameters = {"positions"};
  if (prefill && handOver && handBack && handOver->parameters == parameters &&
      handBack->parameters == parameters)
    return Error::success();
  return makeError("expected launches 'hand_over' and 'hand_back' of the "
                   "parameter 'positions' beside 'prefill', or neither");
}

std::optional<int64_t> plmr::getPrefillRows(const Program &program) {
  const Tensor *x = program.findTensor("prefill.x");
  if (!x || x->placement.getItemShape().size() != 2)
    return std::nullopt;
  return x->placement.getItemShape()[0];
}

Error plmr::checkPositions(const Program &program, const Launch &launch,
                           ArrayRef<int32_t> parameters) {
  if (!program.model)
    return Error::success();
  auto find = [&](StringRef name) -> std::optional<int64_t> {
    for (auto [known, value] : llvm::zip(launch.parameters, parameters))
      if (known == name)
        return value;
    return std::nullopt;
  };
  int64_t context = program.model->contextLength;
  // Rows of a prefill from position 'first' on.
  int64_t rows = context - find("first").value_or(0);
  if (std::optional<int64_t> most = getPrefillRows(program))
    rows = std::min(rows, *most);
  struct Range {
    StringRef name;
    int64_t low, high;
  };
  // What a bound is made of is checked before it.
  for (Range range : {Range{"position", 0, context - 1},
                      {"settled", 0, find("position").value_or(0)},
                      {"from", 0, context},
                      {"to", find("from").value_or(0), context},
                      {"positions", 0, context},
                      {"first", 0, context - 1},
                      {"begin", 0, rows - 1},
                      {"end", find("begin").value_or(0) + 1, rows}}) {
    std::optional<int64_t> value = find(range.name);
    if (value && (*value < range.low || *value > range.high))
      return makeError("launch '{0}': expected '{1}' from {2} to {3} in a "
                       "context of {4} positions but got {5}",
                       launch.name, range.name, range.low, range.high, context,
                       *value);
  }
  const Tensor *x = program.findTensor("prefill.x");
  unsigned meshRows = x ? program.getMesh(*x).rows : 1;
  if (int64_t first = find("first").value_or(0); first % meshRows != 0)
    return makeError("launch '{0}': expected 'first' to be a multiple of {1}, "
                     "the rows of the mesh, but got {2}",
                     launch.name, meshRows, first);
  return Error::success();
}

Session::Session(std::shared_ptr<const Program> program, Tokenizer tokenizer,
                 const Launch &decode)
    : program(std::move(program)), tokenizer(std::move(tokenizer)),
      files(*this->program), decode(decode) {}

Session::~Session() = default;

Error plmr::checkWeights(const ModelInfo &model) {
  if (model.embedding.file != noData)
    return Error::success();
  return makeError("expected a model with weights but '{0}' is a shape "
                   "without; plmr run --dry-run times such models",
                   printable(model.name));
}

Expected<std::unique_ptr<Session>>
Session::create(std::shared_ptr<const Program> program,
                const SessionOptions &options) {
  if (!program->model)
    return makeError("expected a program with a language model but got one "
                     "without; plmr exec runs such programs");
  if (Error error = checkWeights(*program->model))
    return std::move(error);
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
  session->prefill = program->findLaunch("prefill");
  if (Error error = session->checkInterface())
    return std::move(error);
  if (Error error = session->checkPrefill())
    return std::move(error);
  if (Error error = session->checkSettle())
    return std::move(error);
  if (Error error = session->checkHandOver())
    return std::move(error);
  if (Error error = loadWeights(*session->emulator, session->files))
    return std::move(error);
  if (options.timing)
    session->timer = std::make_unique<LaunchTimer>(*program);
  return session;
}

/// Of two meshes' caches only one's are there.
void Session::reset() {
  const Tensor *current =
      program->findTensor(isOnDecodeMesh || !prefill ? "x" : "prefill.x");
  for (const Tensor &tensor : program->tensors)
    if (program->objects[tensor.object].kind == Object::Kind::State &&
        tensor.mesh == current->mesh)
      emulator->clearTensor(tensor);
  position = inPlace = settled = 0;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

/// Waits for the times of all records.
Error Session::settleTimes() {
  if (!timer)
    return Error::success();
  double start = getSeconds();
  Error error = Error::success();
  for (auto [record, request] : llvm::zip_equal(
           llvm::MutableArrayRef(records).take_back(untimed.size()), untimed)) {
    Expected<LaunchTimer::Time> time = timer->wait(request);
    if (time) {
      record.ticks = time->ticks;
      record.contended = time->contended;
    } else if (error) { // the first one tells enough
      llvm::consumeError(time.takeError());
    } else {
      error = time.takeError();
    }
  }
  untimed.clear();
  timingSeconds += getSeconds() - start;
  return error;
}

static Error checkToken(const ModelInfo &model, int32_t token) {
  if (token >= 0 && static_cast<uint32_t>(token) < model.vocabSize)
    return Error::success();
  return makeError("token {0}: expected an id from 0 to {1}", token,
                   model.vocabSize - 1);
}

Error Session::readEmbedding(int32_t token, llvm::MutableArrayRef<float> x) {
  return files.read(getModel().embedding,
                    static_cast<uint64_t>(token) * x.size(), x);
}

Error Session::run(const Launch &launch, std::vector<int32_t> parameters,
                   LaunchRecord record) {
  size_t request = timer ? timer->request(launch, parameters) : 0;
  Expected<RunResult> result = emulator->run(launch, parameters);
  if (!result)
    return result.takeError();
  record.launch = launch.name;
  record.macs = result->macs;
  records.push_back(record);
  if (timer)
    untimed.push_back(request);
  position += record.count;
  return Error::success();
}

Error Session::runLaunch(int32_t token) {
  const ModelInfo &model = getModel();
  if (Error error = checkToken(model, token))
    return error;
  if (position >= model.contextLength)
    return makeError("the context is full: it has {0} positions",
                     model.contextLength);
  double start = getSeconds();
  std::vector<float> x(model.embeddingLength);
  if (Error error = readEmbedding(token, x))
    return error;
  if (Error error = emulator->writeTensor("x", x))
    return error;
  if (Error error = runHandOver(/*toDecode=*/true))
    return error;
  if (Error error = runSettle())
    return error;
  LaunchRecord record;
  record.token = token;
  record.position = position;
  std::vector<int32_t> parameters = {static_cast<int32_t>(position)};
  if (getModel().kvPlacement == KVPlacement::Concat)
    parameters.push_back(static_cast<int32_t>(settled));
  if (Error error = run(decode, std::move(parameters), record))
    return error;
  inPlace = position;
  if (Error error = emulator->readTensor("logits").moveInto(logits))
    return error;
  emulatorSeconds += getSeconds() - start;
  return Error::success();
}

/// A launch that moves what is there, between prefill and decode.
Error Session::runMove(const Launch &launch, std::vector<int32_t> parameters) {
  LaunchRecord record;
  record.token = -1;
  record.position = position;
  record.count = 0;
  record.isPrefill = true;
  return run(launch, std::move(parameters), record);
}

Error Session::runSettle() {
  if (!settle || inPlace == position)
    return Error::success();
  if (Error error = runMove(*settle, {static_cast<int32_t>(inPlace),
                                      static_cast<int32_t>(position)}))
    return error;
  inPlace = settled = position;
  return Error::success();
}

Error Session::runHandOver(bool toDecode) {
  if (!handOver || isOnDecodeMesh == toDecode)
    return Error::success();
  if (Error error = runMove(toDecode ? *handOver : *handBack,
                            {static_cast<int32_t>(position)}))
    return error;
  isOnDecodeMesh = toDecode;
  if (!toDecode)
    inPlace = 0;
  return Error::success();
}

/// A launch begins at a position that the mesh's first row owns: rows before
/// the next position are empty.
Expected<uint32_t> Session::runPrefill(ArrayRef<int32_t> tokens) {
  double start = getSeconds();
  if (Error error = runHandOver(/*toDecode=*/false))
    return std::move(error);
  uint32_t begin = position % meshRows;
  auto count = static_cast<uint32_t>(
      std::min<uint64_t>(tokens.size(), prefillRows - begin));
  size_t width = getModel().embeddingLength;
  std::vector<float> x(prefillRows * width);
  for (uint32_t i = 0; i != count; ++i)
    if (Error error = readEmbedding(
            tokens[i],
            llvm::MutableArrayRef<float>(x).slice((begin + i) * width, width)))
      return std::move(error);
  if (Error error = emulator->writeTensor("prefill.x", x))
    return std::move(error);
  LaunchRecord record;
  record.token = tokens[0];
  record.position = position;
  record.count = count;
  record.isPrefill = true;
  if (Error error = run(*prefill,
                        {static_cast<int32_t>(position - begin),
                         static_cast<int32_t>(begin),
                         static_cast<int32_t>(begin + count)},
                        record))
    return std::move(error);
  Expected<std::vector<float>> result = emulator->readTensor("prefill.logits");
  if (!result)
    return result.takeError();
  size_t vocab = getModel().vocabSize;
  size_t first = hasAllLogits() ? begin * vocab : 0;
  size_t rows = hasAllLogits() ? count : 1;
  rowLogits.assign(result->begin() + first,
                   result->begin() + first + rows * vocab);
  logits.assign(rowLogits.end() - vocab, rowLogits.end());
  emulatorSeconds += getSeconds() - start;
  return count;
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

Error plmr::checkPrompt(const ModelInfo &model, ArrayRef<int32_t> prompt,
                        int64_t count, uint32_t position) {
  if (prompt.empty())
    return makeError("the prompt is empty: expected at least one token");
  for (int32_t token : prompt)
    if (Error error = checkToken(model, token))
      return error;
  uint64_t room = model.contextLength - position;
  StringRef left = position ? " left" : "";
  if (prompt.size() > room)
    return makeError("the prompt has {0} tokens: expected at most {1}, the "
                     "positions{2} of the context",
                     prompt.size(), room, left);
  // The last token is not fed.
  uint64_t most = room - prompt.size() + 1;
  if (count <= 0 || static_cast<uint64_t>(count) <= most)
    return Error::success();
  return makeError("a prompt of {0} tokens and {1} more needs {2} positions, "
                   "the context has {3}{4}: expected at most {5} more",
                   prompt.size(), count, prompt.size() + count - 1, room, left,
                   most);
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

Error Session::feedPrompt(ArrayRef<int32_t> prompt,
                          const GenerateOptions &options,
                          const GenerateCallbacks &callbacks) {
  auto report = [&](ArrayRef<float> rows) -> Error {
    for (; callbacks.onLogits && !rows.empty();
         rows = rows.drop_front(getModel().vocabSize))
      if (Error error =
              callbacks.onLogits(rows.take_front(getModel().vocabSize)))
        return error;
    return Error::success();
  };
  if (!canPrefill() || !options.usePrefill) {
    for (int32_t token : prompt) {
      if (Error error = runLaunch(token))
        return error;
      if (Error error = report(logits))
        return error;
    }
    return Error::success();
  }
  while (!prompt.empty()) {
    ArrayRef<int32_t> chunk = prompt;
    if (options.chunk)
      chunk = chunk.take_front(options.chunk);
    Expected<uint32_t> count = runPrefill(chunk);
    if (!count)
      return count.takeError();
    if (Error error = report(rowLogits))
      return error;
    prompt = prompt.drop_front(*count);
  }
  return Error::success();
}

Error Session::generateTokens(ArrayRef<int32_t> prompt,
                              const GenerateOptions &options,
                              const GenerateCallbacks &callbacks) {
  if (callbacks.onStart)
    callbacks.onStart();
  if (Error error = feedPrompt(prompt, options, callbacks))
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
    if (Error error = runLaunch(*token))
      return error;
    if (callbacks.onLogits)
      if (Error error = callbacks.onLogits(logits))
        return error;
  }
  return Error::success();
}

Error Session::generate(ArrayRef<int32_t> prompt,
                        const GenerateOptions &options,
                        const GenerateCallbacks &callbacks) {
  if (Error error = checkPrompt(getModel(), prompt, options.count, position))
    return error;
  Error error = generateTokens(prompt, options, callbacks);
  return llvm::joinErrors(std::move(error), settleTimes());
}
