//===- Operations.cpp - Vector operations of one core ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execution.h"
#include <algorithm>
#include <cstring>
#include <tuple>

using namespace plmr;

/// Logarithm of an element's bytes.
static unsigned getWidthShift(const Stream &stream) {
  return stream.type == ElementType::F32 || stream.type == ElementType::I32 ? 2
                                                                            : 1;
}

/// Wavelets of one repetition.
static uint64_t getWords(const Stream &stream, uint32_t extent) {
  return getWidthShift(stream) == 2 ? extent : (uint64_t(extent) + 1) / 2;
}

static bool isHalfWord(const Stream &stream) {
  return stream.kind == Stream::Kind::Fabric && getWidthShift(stream) == 1;
}

/// A message of more wavelets is an error of the program, not a wish.
constexpr uint64_t maxMessageWords = uint64_t(1) << 26;

//===----------------------------------------------------------------------===//
// Checks at issue
//===----------------------------------------------------------------------===//

/// Elements before and behind the first one that the stream reaches.
static std::pair<int64_t, int64_t>
getReach(const VectorOp &op, const Stream &stream, uint32_t extent) {
  int64_t across = (extent - int64_t(1)) * stream.stride;
  int64_t along = (op.repeat - int64_t(1)) * stream.step;
  return {std::min<int64_t>(across, 0) + std::min<int64_t>(along, 0),
          std::max<int64_t>(across, 0) + std::max<int64_t>(along, 0)};
}

/// Whether all elements lie inside the object (I40).
__attribute__((always_inline)) inline bool
Execution::isInside(const VectorOp &op, const Stream &stream,
                    uint32_t extent) const {
  const ObjectRange &object = objects[stream.object];
  unsigned shift = getWidthShift(stream);
  int64_t across = (extent - int64_t(1)) * stream.stride;
  int64_t low = std::min<int64_t>(across, 0);
  int64_t high = std::max<int64_t>(across, 0);
  if (op.repeat != 1)
    std::tie(low, high) = getReach(op, stream, extent);
  int64_t before = int64_t(stream.base) - object.begin;
  int64_t behind = int64_t(object.end) - stream.base;
  return before >= 0 && -low <= before >> shift && high < behind >> shift &&
         (stream.base & ((1u << shift) - 1)) == 0;
}

/// Whether the stream may be used (I24, I40, I41); adds its colour.
__attribute__((always_inline)) inline bool
Execution::isUsable(uint32_t index, const VectorOp &op, const Stream &stream,
                    uint32_t extent, uint64_t &colours) const {
  if (stream.kind == Stream::Kind::Memory)
    return isInside(op, stream, extent);
  if (stream.kind != Stream::Kind::Fabric)
    return true;
  uint64_t bit = uint64_t(1) << stream.colour;
  bool isFree = (colours & bit) == 0;
  colours |= bit;
  bool hasRoute = &stream == &op.dst
                      ? fabric->getTargets(index, stream.colour).has_value()
                      : fabric->getInput(index, stream.colour) != nullptr;
  return isFree && hasRoute &&
         op.repeat * getWords(stream, extent) <= maxMessageWords;
}

/// What keeps the stream from being used.
std::string Execution::explain(uint32_t index, const VectorOp &op,
                               const Stream &stream, uint32_t extent) const {
  if (stream.kind == Stream::Kind::Memory) {
    unsigned width = 1u << getWidthShift(stream);
    if (stream.base % width != 0)
      return llvm::formatv("byte address {0} is not a multiple of {1}",
                           stream.base, width);
    const Object &object = program.objects[stream.object];
    auto [low, high] = getReach(op, stream, extent);
    return llvm::formatv("elements {0} to {1} from byte {2} on are outside "
                         "object '{3}' of {4} bytes",
                         low, high, int64_t(stream.base) - object.address,
                         object.name, object.bytes);
  }
  bool isDestination = &stream == &op.dst;
  if (isDestination ? !fabric->getTargets(index, stream.colour)
                    : !fabric->getInput(index, stream.colour))
    return llvm::formatv("colour {0} has no route {1} this core", stream.colour,
                         isDestination ? "from" : "to");
  if (op.repeat * getWords(stream, extent) > maxMessageWords)
    return llvm::formatv("a message of {0} wavelets, at most {1} are supported",
                         op.repeat * getWords(stream, extent), maxMessageWords);
  return llvm::formatv("two live operands use colour {0}", stream.colour);
}

/// Traps unless all streams may be used; `colours` are those in use, and
/// receive the operation's.
bool Execution::checkStreams(uint32_t index, const VectorOp &op,
                             uint64_t &colours) {
  // Gather reads from a base on.
  uint32_t extentOfA = op.opcode == Opcode::Gather ? 1 : op.extent;
  const Stream *broken =
      !isUsable(index, op, op.dst, op.extent, colours) ? &op.dst
      : !isUsable(index, op, op.a, extentOfA, colours) ? &op.a
      : !isUsable(index, op, op.b, op.extent, colours) ? &op.b
      : !isUsable(index, op, op.c, op.extent, colours) ? &op.c
                                                       : nullptr;
  if (!broken) [[likely]]
    return true;
  uint32_t extent = broken == &op.a ? extentOfA : op.extent;
  return trap(index, op.pc, explain(index, op, *broken, extent));
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// A message in `words`; every repetition starts a wavelet.
static KernelOperand makeMessage(const Stream &stream, uint32_t *words,
                                 uint32_t extent) {
  int64_t step = getWords(stream, extent) * (isHalfWord(stream) ? 2 : 1);
  return {reinterpret_cast<char *>(words), 1, step, stream.type};
}

static KernelOperand makeMemory(const Stream &stream, char *core,
                                Progress progress) {
  int64_t offset = progress.repeat * int64_t(stream.step) +
                   progress.element * int64_t(stream.stride);
  return {core + stream.base + (offset << getWidthShift(stream)), stream.stride,
          stream.step, stream.type};
}

/// A splat stands in the stream itself; kernels do not write sources.
static KernelOperand makeSplat(const Stream &stream) {
  auto *bits = const_cast<uint32_t *>(&stream.bits);
  return {reinterpret_cast<char *>(bits), 0, 0, stream.type};
}

/// A source of the whole operation in memory of the host. False where the
/// general way has to look at it: it breaks a rule, or wavelets are missing.
__attribute__((always_inline)) inline bool
Execution::findSource(uint32_t index, const VectorOp &op, const Stream &stream,
                      uint64_t &colours, KernelOperand &operand) {
  if (stream.kind == Stream::Kind::Memory) {
    operand = makeMemory(stream, memory.core(index), {});
    return isInside(op, stream, op.extent);
  }
  if (stream.kind == Stream::Kind::Splat) {
    operand = makeSplat(stream);
    return true;
  }
  Input *input = fabric->getInput(index, stream.colour);
  if (!input || input->size() < op.repeat * getWords(stream, op.extent) ||
      !isUsable(index, op, stream, op.extent, colours))
    return false;
  operand = makeMessage(stream, input->front(), op.extent);
  return true;
}

/// The short cut for what can be executed as a whole, in order; false if it is
/// another operation or breaks a rule.
bool Execution::tryWhole(uint32_t index, const VectorOp &op) {
  if (op.extent == 0 || op.repeat == 0 || op.opcode == Opcode::Gather)
    return false;
  uint64_t colours = cores[index].liveColours;
  KernelCall call;
  call.opcode = op.opcode;
  call.extent = op.extent;
  call.repeat = op.repeat;
  unsigned sources = getNumSources(op.opcode);
  if (!isUsable(index, op, op.dst, op.extent, colours) ||
      !findSource(index, op, op.a, colours, call.a) ||
      (sources >= 2 && !findSource(index, op, op.b, colours, call.b)) ||
      (sources == 3 && !findSource(index, op, op.c, colours, call.c)))
    return false;
  if (op.dst.kind == Stream::Kind::Memory) {
    call.dst = makeMemory(op.dst, memory.core(index), {});
    execute(call);
  } else {
    send(index, op.dst, call);
  }
  if (colours != cores[index].liveColours)
    popSources(index, op, op.repeat, op.extent);
  result.macs += op.opcode == Opcode::Fma ? uint64_t(op.extent) * op.repeat : 0;
  return true;
}

//===----------------------------------------------------------------------===//
// Issue
//===----------------------------------------------------------------------===//

bool Execution::issue(uint32_t index, const VectorOp &op) {
  Core &core = cores[index];
  ++result.vectorOps;
  if (op.engine == noOperand && !shadow && tryWhole(index, op))
    return true;
  if (op.opcode == Opcode::Gather &&
      (op.a.kind != Stream::Kind::Memory || op.b.type != ElementType::I32))
    return trap(index, op.pc, "gather needs a memory stream and i32 indices");
  if (op.engine < core.engines.size() && core.engines[op.engine].isLive)
    return trap(index, op.pc,
                "engine e" + llvm::Twine(unsigned(op.engine)) + " is busy");
  uint64_t colours = core.liveColours;
  if (op.extent != 0 && op.repeat != 0) {
    if (!checkStreams(index, op, colours))
      return false;
    if (op.opcode == Opcode::Fma)
      result.macs += uint64_t(op.extent) * op.repeat;
    if (shadow)
      if (std::optional<std::string> what = shadow->check(program, index, op))
        return trap(index, op.pc, *what);
  }
  if (op.engine != noOperand) {
    core.liveColours = colours;
    startEngine(index, op);
    return true;
  }
  core.progress = {};
  if (!advance(index, op, core.progress, /*partially=*/false))
    core.state = Core::State::Blocked;
  return true;
}

//===----------------------------------------------------------------------===//
// Engines
//===----------------------------------------------------------------------===//

void Execution::startEngine(uint32_t index, const VectorOp &op) {
  Core &core = cores[index];
  if (core.engines.size() <= op.engine)
    core.engines.resize(op.engine + 1);
  EngineState &engine = core.engines[op.engine];
  engine.isLive = true;
  engine.op = op;
  if (op.extent == 0 || op.repeat == 0) // touches nothing (I30)
    engine.op.dst = engine.op.a = engine.op.b = engine.op.c = Stream();
  engine.progress = {};
  if (shadow)
    shadow->begin(program, index, engine.op);
  engine.isDone = advance(index, engine.op, engine.progress, false);
}

/// False if the core has to wait.
bool Execution::waitForEngine(uint32_t index) {
  Core &core = cores[index];
  uint8_t number = core.sequencer.getEngine();
  core.state = Core::State::Running;
  if (number >= core.engines.size() || !core.engines[number].isLive)
    return true;
  if (!core.engines[number].isDone) {
    core.state = Core::State::Waiting;
    return false;
  }
  finishEngine(index, core.engines[number]);
  return true;
}

void Execution::finishEngine(uint32_t index, EngineState &engine) {
  Core &core = cores[index];
  engine.isLive = false;
  const VectorOp &op = engine.op;
  for (const Stream *stream : {&op.dst, &op.a, &op.b, &op.c})
    if (stream->kind == Stream::Kind::Fabric)
      core.liveColours &= ~(uint64_t(1) << stream->colour);
  if (!shadow)
    return;
  shadow->end(program, index, op);
  for (const EngineState &other : core.engines)
    if (other.isLive)
      shadow->begin(program, index, other.op);
}

/// True if any engine moved an element.
bool Execution::advanceEngines(uint32_t index, bool partially) {
  bool any = false;
  for (EngineState &engine : cores[index].engines) {
    if (!engine.isLive || engine.isDone)
      continue;
    Progress before = engine.progress;
    engine.isDone = advance(index, engine.op, engine.progress, partially);
    any |= engine.isDone || before.repeat != engine.progress.repeat ||
           before.element != engine.progress.element;
  }
  return any;
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

/// Executes what its inputs allow: all that is left of the operation, or, if
/// `partially`, also a part. True when the operation is complete.
bool Execution::advance(uint32_t index, const VectorOp &op, Progress &progress,
                        bool partially) {
  if (op.extent == 0)
    return true;
  while (progress.repeat != op.repeat) {
    bool atStart = progress.element == 0;
    uint32_t repeat = atStart ? op.repeat - progress.repeat : 1;
    uint32_t extent = op.extent - progress.element;
    uint32_t elements = getAvailable(index, op, repeat, extent, partially);
    if (elements == 0)
      return false;
    if (elements != ~0u) {
      repeat = 1;
      extent = elements;
    }
    runPiece(index, op, progress, repeat, extent);
    progress.element += extent;
    if (progress.element == op.extent) {
      progress.element = 0;
      progress.repeat += repeat;
    }
  }
  return true;
}

/// ~0u if the inputs hold `repeat` times `extent` elements; else how many of
/// the first repetition can be executed, which is 0 unless `partially`.
uint32_t Execution::getAvailable(uint32_t index, const VectorOp &op,
                                 uint32_t repeat, uint32_t extent,
                                 bool partially) {
  bool isWhole = true;
  uint64_t elements = extent;
  for (const Stream *stream : {&op.a, &op.b, &op.c}) {
    if (stream->kind != Stream::Kind::Fabric)
      continue;
    Input &input = *fabric->getInput(index, stream->colour);
    uint64_t need = repeat * getWords(*stream, extent);
    if (input.size() >= need)
      continue;
    isWhole = false;
    input.need = need;
    elements = std::min<uint64_t>(elements, uint64_t(input.size()) *
                                                (isHalfWord(*stream) ? 2 : 1));
    if (!partially)
      break;
  }
  if (isWhole)
    return ~0u;
  if (!partially)
    return 0;
  // A wavelet with two elements is taken and sent as a whole.
  bool hasHalves = isHalfWord(op.dst) || isHalfWord(op.a) || isHalfWord(op.b) ||
                   isHalfWord(op.c);
  if (hasHalves && elements != extent)
    elements &= ~uint64_t(1);
  return static_cast<uint32_t>(elements);
}

/// A source as memory of the host.
__attribute__((always_inline)) inline KernelOperand
Execution::resolve(uint32_t index, const Stream &stream, Progress progress,
                   uint32_t extent) {
  if (stream.kind == Stream::Kind::Memory)
    return makeMemory(stream, memory.core(index), progress);
  if (stream.kind == Stream::Kind::Fabric)
    return makeMessage(stream, fabric->getInput(index, stream.colour)->front(),
                       extent);
  return makeSplat(stream);
}

void Execution::runPiece(uint32_t index, const VectorOp &op, Progress progress,
                         uint32_t repeat, uint32_t extent) {
  KernelCall call;
  call.opcode = op.opcode;
  call.extent = extent;
  call.repeat = repeat;
  char *core = memory.core(index);
  call.a = resolve(index, op.a, progress, extent);
  unsigned sources = getNumSources(op.opcode);
  if (sources >= 2)
    call.b = resolve(index, op.b, progress, extent);
  if (sources == 3)
    call.c = resolve(index, op.c, progress, extent);
  if (op.opcode == Opcode::Gather) [[unlikely]] {
    const ObjectRange &object = objects[op.a.object];
    call.a = makeMemory(op.a, core, {progress.repeat, 0});
    call.objectBegin = core + object.begin;
    call.objectEnd = core + object.end;
  }
  if (op.dst.kind == Stream::Kind::Memory) {
    call.dst = makeMemory(op.dst, core, progress);
    execute(call);
  } else {
    send(index, op.dst, call);
  }
  popSources(index, op, repeat, extent);
}

/// Takes the wavelets of `repeat` times `extent` elements.
void Execution::popSources(uint32_t index, const VectorOp &op, uint32_t repeat,
                           uint32_t extent) {
  for (const Stream *stream : {&op.a, &op.b, &op.c})
    if (stream->kind == Stream::Kind::Fabric)
      fabric->getInput(index, stream->colour)
          ->pop(repeat * getWords(*stream, extent));
}

/// Executes into a message and gives a copy to every target.
void Execution::send(uint32_t index, const Stream &stream, KernelCall &call) {
  uint32_t words = call.repeat * getWords(stream, call.extent);
  const uint32_t *message = nullptr;
  llvm::ArrayRef<uint32_t> targets = *fabric->getTargets(index, stream.colour);
  for (uint32_t target : targets) {
    Input &input = fabric->getInputAt(target);
    uint32_t *room = input.append(words);
    if (message) {
      std::memcpy(room, message, words * sizeof(uint32_t));
    } else {
      if (isHalfWord(stream) && call.extent % 2 == 1)
        std::fill(room, room + words, 0); // the half that pads
      call.dst = makeMessage(stream, room, call.extent);
      execute(call);
      message = room;
    }
    if (input.size() >= input.need) {
      input.need = ~uint64_t(0);
      enqueue(input.core);
    }
  }
}
