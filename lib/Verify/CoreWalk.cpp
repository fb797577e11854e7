//===- CoreWalk.cpp - What one core does by itself ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CoreWalk.h"
#include "plmr/Program/Routes.h"

using namespace plmr;
using Event = Sequencer::Event;

CoreWalk::CoreWalk(const Program &program, const Launch &launch,
                   llvm::ArrayRef<int32_t> parameters, uint64_t maxIterations)
    : program(program), launch(launch), parameters(parameters),
      maxIterations(maxIterations), engines(program.machine.engines),
      defined(getSramHighWater(program)), touched(getSramHighWater(program)) {}

bool CoreWalk::report(VerifyRule rule, uint32_t pc, std::string what) {
  auto isSame = [&](const Broken &other) {
    return other.rule == rule && other.pc == pc;
  };
  if (llvm::none_of(broken, isSame))
    broken.push_back({rule, pc, std::move(what)});
  return false;
}

//===----------------------------------------------------------------------===//
// The stream
//===----------------------------------------------------------------------===//

void CoreWalk::run(unsigned column, unsigned row,
                   Sequencer::Observer *observer) {
  x = column;
  y = row;
  segments.assign(1, {});
  broken.clear();
  routeTable = launch.routeTable;
  sequencer.emplace(program, launch, x, y, parameters, maxIterations);
  sequencer->setObserver(observer);
  engines.assign(engines.size(), {});
  liveColours = 0;
  defined.clear();
  defineAtStart();
  for (;;) {
    Event event = sequencer->next();
    if (event == Event::Vector ? checkVector(sequencer->getVector())
                               : finish(event))
      continue;
    if (segments.back().empty() ||
        segments.back().back().kind != StreamEvent::Kind::Halt) {
      StreamEvent &stop = segments.back().emplace_back();
      stop.kind = StreamEvent::Kind::Stop;
      stop.pc = sequencer->getPC();
    }
    return;
  }
}

/// Every event but Vector. False where the core does not go on.
bool CoreWalk::finish(Event event) {
  uint32_t pc = sequencer->getPC();
  if (event == Event::Trap)
    return report(VerifyRule::Control, pc, sequencer->getTrap());
  if (event == Event::Wait) {
    wait(sequencer->getEngine());
    return true;
  }
  for (const Engine &engine : engines)
    if (engine.isLive)
      return report(VerifyRule::Epochs, pc,
                    llvm::formatv("engine e{0}, started by instruction {1}, "
                                  "was not waited for",
                                  &engine - engines.data(), engine.op.pc));
  StreamEvent end;
  end.pc = pc;
  if (event == Event::Halt) {
    checkOutputs(pc);
    segments.back().push_back(end);
    return false;
  }
  end.kind = StreamEvent::Kind::Epoch;
  end.extent = routeTable = sequencer->getRouteTable();
  segments.back().push_back(end);
  segments.emplace_back();
  return true;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

static llvm::SmallVector<const Stream *, 4> getSources(const VectorOp &op) {
  llvm::SmallVector<const Stream *, 4> sources = {&op.a, &op.b, &op.c};
  sources.resize(getNumSources(op.opcode));
  return sources;
}

/// Gather reads elements of the object that values choose (I37).
static bool isChosenByValue(const VectorOp &op, const Stream &stream) {
  return op.opcode == Opcode::Gather && &stream == &op.a;
}

/// False where the core does not go on.
bool CoreWalk::checkVector(const VectorOp &op) {
  if (op.opcode == Opcode::Gather &&
      (op.a.kind != Stream::Kind::Memory || op.b.type != ElementType::I32))
    return report(VerifyRule::Operands, op.pc,
                  "gather needs a memory stream and i32 indices");
  bool isAsync = op.engine != noOperand;
  if (isAsync && engines[op.engine].isLive)
    return report(VerifyRule::Operands, op.pc,
                  llvm::formatv("engine e{0} is busy since instruction {1}",
                                op.engine, engines[op.engine].op.pc));
  if (op.extent == 0 || op.repeat == 0) {
    VectorOp nothing;
    nothing.engine = op.engine;
    nothing.pc = op.pc;
    if (isAsync)
      engines[op.engine] = {true, false, false, nothing};
    return true;
  }
  StreamEvent event;
  bool isUsable = checkFabric(op, event), areInside = checkBounds(op);
  if (!isUsable)
    return false;
  if (areInside)
    checkMemory(op);
  bool usesFabric = event.sink.exists() || event.sources[0].exists();
  if (usesFabric)
    segments.back().push_back(event);
  if (isAsync)
    engines[op.engine] = {true, usesFabric, areInside, op};
  return true;
}

bool CoreWalk::checkFabric(const VectorOp &op, StreamEvent &event) {
  uint64_t before = liveColours;
  unsigned number = 0;
  bool isUsable =
      op.dst.kind != Stream::Kind::Fabric || useColour(op, op.dst, event.sink);
  for (const Stream *source : getSources(op))
    if (isUsable && source->kind == Stream::Kind::Fabric)
      isUsable = useColour(op, *source, event.sources[number++]);
  if (op.engine == noOperand)
    liveColours = before;
  event.kind = StreamEvent::Kind::Operation;
  event.engine = op.engine;
  event.pc = op.pc;
  event.extent = op.extent;
  event.repeat = op.repeat;
  return isUsable;
}

/// I24, I41 and I52; `end` becomes the stream's.
bool CoreWalk::useColour(const VectorOp &op, const Stream &stream,
                         FabricEnd &end) {
  bool isSink = &stream == &op.dst;
  const Route *route = program.routeTables.empty()
                           ? nullptr
                           : findRoute(program, program.routeTables[routeTable],
                                       x, y, stream.colour);
  if (!route ||
      !(isSink ? route->input == Port::Ramp : route->hasOutput(Port::Ramp)))
    return report(VerifyRule::Operands, op.pc,
                  llvm::formatv("colour {0} has no route {1} this core",
                                stream.colour, isSink ? "from" : "to"));
  uint64_t bit = uint64_t(1) << stream.colour;
  if (liveColours & bit)
    return report(
        VerifyRule::Operands, op.pc,
        llvm::formatv("two live operands use colour {0}", stream.colour));
  liveColours |= bit;
  end.colour = stream.colour;
  end.perWavelet = getByteWidth(stream.type) == 2 ? 2 : 1;
  uint64_t perRepeat =
      (uint64_t(op.extent) + end.perWavelet - 1) / end.perWavelet;
  constexpr uint64_t maxMessageWords = uint64_t(1) << 26; // I24
  if (perRepeat * op.repeat > maxMessageWords)
    return report(VerifyRule::Operands, op.pc,
                  llvm::formatv("a message of {0} wavelets, at most {1} are "
                                "supported",
                                perRepeat * op.repeat, maxMessageWords));
  return true;
}

//===----------------------------------------------------------------------===//
// Engines
//===----------------------------------------------------------------------===//

void CoreWalk::wait(uint8_t number) {
  Engine &engine = engines[number];
  if (!engine.isLive)
    return;
  engine.isLive = false;
  if (engine.usesFabric) {
    StreamEvent &event = segments.back().emplace_back();
    event.kind = StreamEvent::Kind::Wait;
    event.engine = number;
    event.pc = sequencer->getPC();
  }
  liveColours = 0;
  for (const Engine &other : engines)
    for (const Stream *stream :
         {&other.op.dst, &other.op.a, &other.op.b, &other.op.c})
      if (other.isLive && stream->kind == Stream::Kind::Fabric)
        liveColours |= uint64_t(1) << stream->colour;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Calls `fn(begin, end)` with ranges of bytes that make up the stream, in
/// order, until it is false, which is the result then.
template <typename Fn>
static bool forEachRange(const VectorOp &op, const Stream &stream, Fn fn) {
  int64_t width = getByteWidth(stream.type);
  bool isDense = stream.stride == 1 || op.extent == 1;
  int64_t bytes = (isDense ? op.extent : 1) * width;
  int64_t elements = isDense || stream.isStill ? 1 : op.extent;
  int64_t repeats = stream.step == 0 ? 1 : op.repeat;
  // Repetitions one behind the other are one range.
  if (elements == 1 && int64_t(stream.step) * width == bytes) {
    bytes *= repeats;
    repeats = 1;
  }
  for (int64_t r = 0; r != repeats; ++r)
    for (int64_t i = 0; i != elements; ++i) {
      int64_t begin =
          stream.base + (r * stream.step + i * int64_t(stream.stride)) * width;
      if (!fn(begin, begin + bytes))
        return false;
    }
  return true;
}

/// Elements before and behind the first one that the stream reaches.
static std::pair<int64_t, int64_t> getReach(const VectorOp &op,
                                            const Stream &stream) {
  int64_t extent = isChosenByValue(op, stream) ? 1 : op.extent;
  int64_t across = (extent - 1) * stream.stride;
  int64_t along = (int64_t(op.repeat) - 1) * stream.step;
  return {std::min<int64_t>(across, 0) + std::min<int64_t>(along, 0),
          std::max<int64_t>(across, 0) + std::max<int64_t>(along, 0)};
}

/// I40.
bool CoreWalk::isInside(const VectorOp &op, const Stream &stream) {
  int64_t width = getByteWidth(stream.type);
  if (stream.base % width != 0)
    return report(VerifyRule::Bounds, op.pc,
                  llvm::formatv("byte address {0} is not a multiple of {1}",
                                stream.base, width));
  auto [low, high] = getReach(op, stream);
  const Object &object = program.objects[stream.object];
  int64_t base = int64_t(stream.base) - object.address;
  if (base + low * width >= 0 &&
      base + (high + 1) * width <= int64_t(object.bytes))
    return true;
  return report(VerifyRule::Bounds, op.pc,
                llvm::formatv("elements {0} to {1} from byte {2} on are "
                              "outside object '{3}' of {4} bytes",
                              low, high, base, object.name, object.bytes));
}

bool CoreWalk::checkBounds(const VectorOp &op) {
  bool areInside = true;
  for (const Stream *stream : {&op.dst, &op.a, &op.b, &op.c})
    if (stream->kind == Stream::Kind::Memory)
      areInside &= isInside(op, *stream);
  return areInside;
}

/// Of an operation inside its objects.
void CoreWalk::checkMemory(const VectorOp &op) {
  for (const Engine &engine : engines)
    if (engine.isLive && engine.isInside)
      checkRaces(op, engine);
  checkDefined(op);
}

/// Bytes of a memory stream, as ranges.
template <typename Fn>
static bool forEachByteRange(const Program &program, const VectorOp &op,
                             const Stream &stream, Fn fn) {
  if (!isChosenByValue(op, stream))
    return forEachRange(op, stream, fn);
  const Object &object = program.objects[stream.object];
  return fn(object.address, object.address + uint64_t(object.bytes));
}

namespace {
/// The bytes from a stream's first to its last.
struct Span {
  int64_t begin, end;
  bool overlaps(const Span &other) const {
    return begin < other.end && other.begin < end;
  }
};
} // namespace

static Span getSpan(const Program &program, const VectorOp &op,
                    const Stream &stream) {
  const Object &object = program.objects[stream.object];
  if (isChosenByValue(op, stream))
    return {object.address, int64_t(object.address) + object.bytes};
  auto [low, high] = getReach(op, stream);
  int64_t width = getByteWidth(stream.type);
  return {stream.base + low * width, stream.base + (high + 1) * width};
}

/// I53, against the operation of a live engine.
void CoreWalk::checkRaces(const VectorOp &op, const Engine &engine) {
  for (const Stream *stream : {&op.a, &op.b, &op.c, &op.dst})
    for (const Stream *live :
         {&engine.op.a, &engine.op.b, &engine.op.c, &engine.op.dst}) {
      bool writes = stream == &op.dst, liveWrites = live == &engine.op.dst;
      if (stream->kind == Stream::Kind::Memory &&
          live->kind == Stream::Kind::Memory && (writes || liveWrites) &&
          meet(op, *stream, engine.op, *live))
        report(VerifyRule::Races, op.pc,
               llvm::formatv("race with what instruction {0} on e{1} {2}, "
                             "{3} object '{4}'",
                             engine.op.pc, engine.op.engine,
                             liveWrites ? "writes" : "reads",
                             writes ? "writing" : "reading",
                             program.objects[stream->object].name));
    }
}

/// Whether two streams have a byte in common.
bool CoreWalk::meet(const VectorOp &op, const Stream &stream,
                    const VectorOp &otherOp, const Stream &other) {
  if (!getSpan(program, op, stream).overlaps(getSpan(program, otherOp, other)))
    return false;
  forEachByteRange(program, otherOp, other, [&](uint64_t begin, uint64_t end) {
    touched.insert(begin, end);
    return true;
  });
  bool isApart =
      forEachByteRange(program, op, stream, [&](uint64_t begin, uint64_t end) {
        return touched.containsNone(begin, end);
      });
  forEachByteRange(program, otherOp, other, [&](uint64_t begin, uint64_t end) {
    touched.erase(begin, end);
    return true;
  });
  return !isApart;
}

/// I60; what is written is defined from here on.
void CoreWalk::checkDefined(const VectorOp &op) {
  bool areDefined = true;
  for (const Stream *source : getSources(op))
    if (source->kind == Stream::Kind::Memory && !isChosenByValue(op, *source))
      areDefined &=
          forEachRange(op, *source, [&](uint64_t begin, uint64_t end) {
            return defined.containsAll(begin, end);
          });
  // An operation may read what it has written itself.
  if (!areDefined)
    readInOrder(op);
  if (op.dst.kind == Stream::Kind::Memory)
    forEachRange(op, op.dst, [&](uint64_t begin, uint64_t end) {
      defined.insert(begin, end);
      return true;
    });
}

/// Element by element (I30).
bool CoreWalk::readInOrder(const VectorOp &op) {
  auto getAddress = [](const Stream &stream, int64_t r, int64_t i) {
    return stream.base + (r * stream.step + i * int64_t(stream.stride)) *
                             int64_t(getByteWidth(stream.type));
  };
  for (int64_t r = 0; r != op.repeat; ++r)
    for (int64_t i = 0; i != op.extent; ++i) {
      for (const Stream *source : getSources(op)) {
        if (source->kind != Stream::Kind::Memory ||
            isChosenByValue(op, *source))
          continue;
        int64_t at = getAddress(*source, r, i);
        const Object &object = program.objects[source->object];
        if (!defined.containsAll(at, at + getByteWidth(source->type)))
          return report(VerifyRule::Undefined, op.pc,
                        llvm::formatv("undefined element is read at byte {0} "
                                      "of object '{1}'",
                                      at - object.address, object.name));
      }
      if (op.dst.kind != Stream::Kind::Memory)
        continue;
      int64_t at = getAddress(op.dst, r, i);
      defined.insert(at, at + getByteWidth(op.dst.type));
    }
  return true;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

/// The tensor's tile in bytes, on cores that have one.
static std::optional<std::pair<uint64_t, uint64_t>>
getTile(const Program &program, const Tensor &tensor, unsigned x, unsigned y) {
  MeshShape mesh = program.getMesh(tensor);
  if (x >= mesh.columns || y >= mesh.rows)
    return std::nullopt;
  uint64_t begin = program.objects[tensor.object].address;
  return std::make_pair(begin, begin + tensor.placement.getTileElements(mesh) *
                                           getByteWidth(tensor.type));
}

/// State, weights and the launch's inputs (I60).
void CoreWalk::defineAtStart() {
  for (const Object &object : program.objects)
    if (object.kind == Object::Kind::State)
      defined.insert(object.address, uint64_t(object.address) + object.bytes);
  for (auto [i, tensor] : llvm::enumerate(program.tensors)) {
    bool isWritten =
        !tensor.sources.empty() ||
        program.objects[tensor.object].kind == Object::Kind::Weight ||
        llvm::is_contained(launch.inputs, i);
    if (auto tile = getTile(program, tensor, x, y); tile && isWritten)
      defined.insert(tile->first, tile->second);
  }
}

/// The host reads the outputs, padding excepted.
void CoreWalk::checkOutputs(uint32_t pc) {
  for (uint32_t index : launch.outputs) {
    const Tensor &tensor = program.tensors[index];
    auto tile = getTile(program, tensor, x, y);
    if (!tile || defined.containsAll(tile->first, tile->second))
      continue;
    uint64_t width = getByteWidth(tensor.type);
    tensor.placement.forEachElement(
        program.getMesh(tensor), x, y, [&](int64_t at, int64_t global) {
          uint64_t begin = tile->first + at * width;
          if (global >= 0 && !defined.containsAll(begin, begin + width))
            report(VerifyRule::Undefined, pc,
                   llvm::formatv("element {0} of output '{1}' is undefined "
                                 "at the end",
                                 global, tensor.name));
        });
  }
}
