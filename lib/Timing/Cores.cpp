//===- Cores.cpp - The instruction streams of all cores -------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cores.h"

using namespace plmr;

Cores::Cores(const Program &program, const Launch &launch,
             llvm::ArrayRef<int32_t> parameters, const TimingOptions &options)
    : program(program), machine(program.machine), options(options) {
  for (const CoreClass &cls : program.classes)
    classUsesEngines.push_back(
        llvm::any_of(cls.code, [](const Instruction &inst) {
          return isVector(inst.opcode) && inst.engine != noOperand;
        }));
  cores.reserve(program.mesh.getNumCores());
  for (unsigned y = 0; y < program.mesh.rows; ++y)
    for (unsigned x = 0; x < program.mesh.columns; ++x)
      cores.emplace_back(
          Sequencer(program, launch, x, y, parameters, options.maxIterations));
}

std::string Cores::describe(uint32_t core, uint32_t pc) const {
  unsigned x = core % program.mesh.columns, y = core / program.mesh.columns;
  std::string text =
      llvm::formatv("core {0} pc {1}", getCoreName(program.mesh, core), pc);
  const CoreClass &cls = program.classes[program.getClass(x, y)];
  if (pc < cls.locations.size() && cls.locations[pc] < program.locations.size())
    text += " at " + program.locations[cls.locations[pc]];
  return text;
}

void Cores::fail(uint32_t core, uint32_t pc, std::string what) {
  // The first failure is the one that counts.
  if (failed)
    return;
  failed = true;
  message = describe(core, pc) + ": " + what;
}

void Cores::trace(uint32_t core, unsigned stream, uint32_t pc, uint64_t begin,
                  uint64_t end) const {
  if (options.onOp)
    options.onOp(
        {core, stream == 0 ? noOperand : uint8_t(stream - 1), pc, begin, end});
}

void Cores::advance(uint32_t index) {
  Core &core = cores[index];
  while (!failed) {
    if (core.state == State::AtEpoch || core.state == State::Halted)
      return;
    if (core.state != State::Running) {
      if (!resumeFromEngine(index))
        return;
      continue;
    }
    if (core.op.active)
      return;
    Sequencer::Event event = core.sequencer.next();
    core.clock += getWorkTicks(machine, core.sequencer.getWork());
    if (!handleEvent(index, event))
      return;
  }
}

bool Cores::handleEvent(uint32_t index, Sequencer::Event event) {
  Core &core = cores[index];
  switch (event) {
  case Sequencer::Event::Vector:
    return startVector(index);
  case Sequencer::Event::Wait:
    core.engine = core.sequencer.getEngine();
    core.state = State::WaitsForEngine;
    return true;
  case Sequencer::Event::Epoch:
    if (!checkIdle(index))
      return false;
    core.state = State::AtEpoch;
    ++numAtEpoch;
    return false;
  case Sequencer::Event::Halt:
    if (!checkIdle(index))
      return false;
    core.state = State::Halted;
    core.time.finish = core.clock;
    ++numHalted;
    return false;
  case Sequencer::Event::Trap:
    fail(index, core.sequencer.getPC(), core.sequencer.getTrap());
    return false;
  }
  return false;
}

bool Cores::checkIdle(uint32_t index) {
  const Core &core = cores[index];
  for (const Engine &engine : core.engines)
    if (engine.isLive) {
      fail(index, core.sequencer.getPC(),
           llvm::formatv("engine e{0} was not waited for",
                         &engine - core.engines.data()));
      return false;
    }
  return true;
}

/// T5: no other live operand of this core may be on `colour`.
bool Cores::useColour(uint32_t index, uint32_t pc, uint8_t colour,
                      uint64_t &colours) {
  uint64_t bit = uint64_t(1) << colour;
  bool isUsed = colours & bit;
  for (const Engine &engine : cores[index].engines)
    isUsed |= (engine.colours & bit) != 0;
  colours |= bit;
  if (isUsed)
    fail(index, pc, llvm::formatv("two live operands use colour {0}", colour));
  return !isUsed;
}

/// Begins a fabric operation: finds the queues of its operands.
bool Cores::prepare(uint32_t index, const VectorOp &vector, uint64_t start,
                    FabricOp &op, uint64_t &colours) {
  op.set(machine, vector, start);
  for (unsigned i = 0; i < op.numSources; ++i) {
    FabricOperand &source = op.sources[i];
    source.queue = fabric->findSource(index, source.colour);
    if (source.queue == noQueue) {
      fail(
          index, op.pc,
          llvm::formatv("colour {0} has no route to this core", source.colour));
      return false;
    }
    if (!useColour(index, op.pc, source.colour, colours))
      return false;
  }
  if (vector.dst.kind != Stream::Kind::Fabric)
    return true;
  op.sink.queue = fabric->findSink(index, op.sink.colour);
  if (op.sink.queue == noQueue) {
    fail(index, op.pc,
         llvm::formatv("colour {0} has no route from this core",
                       op.sink.colour));
    return false;
  }
  return useColour(index, op.pc, op.sink.colour, colours);
}

bool Cores::startVector(uint32_t index) {
  Core &core = cores[index];
  const VectorOp &vector = core.sequencer.getVector();
  ++numVectorOps;
  if (vector.engine != noOperand)
    return startEngine(index);
  uint64_t begin = core.clock, start = begin + machine.vectorSetupTicks;
  if (!usesFabric(vector)) {
    core.clock = start + getLocalTicks(machine, vector);
    trace(index, 0, vector.pc, begin, core.clock);
    return true;
  }
  uint64_t colours = 0;
  if (!prepare(index, vector, start, core.op, colours))
    return false;
  core.op.begin = begin;
  return true;
}

/// The main stream's part of a start costs one issue slot (T6).
bool Cores::startEngine(uint32_t index) {
  Core &core = cores[index];
  const VectorOp &vector = core.sequencer.getVector();
  if (core.engines.size() <= vector.engine)
    core.engines.resize(vector.engine + 1);
  Engine &engine = core.engines[vector.engine];
  if (engine.isLive) {
    fail(index, vector.pc, llvm::formatv("engine e{0} is busy", vector.engine));
    return false;
  }
  engine.isLive = true;
  uint64_t begin = core.clock, start = begin + machine.engineTicks;
  core.clock += machine.scalarTicks;
  if (!usesFabric(vector)) {
    engine.done = start + getLocalTicks(machine, vector);
    trace(index, vector.engine + 1, vector.pc, begin, engine.done);
    return true;
  }
  uint64_t colours = 0;
  if (!prepare(index, vector, start, engine.op, colours))
    return false;
  engine.op.begin = begin;
  engine.colours = colours;
  return true;
}

bool Cores::resumeFromEngine(uint32_t index) {
  Core &core = cores[index];
  if (core.engine < core.engines.size()) {
    Engine &engine = core.engines[core.engine];
    if (engine.op.active)
      return false;
    uint64_t resumed = std::max(core.clock, engine.done);
    core.time.engineStall += resumed - core.clock;
    core.clock = resumed;
    engine.isLive = false;
    engine.colours = 0;
  }
  core.state = State::Running;
  core.clock += machine.waitTicks;
  return true;
}

void Cores::finishOp(uint32_t index, unsigned stream, uint64_t done) {
  Core &core = cores[index];
  const FabricOp &op = getOp(core, stream);
  trace(index, stream, op.pc, op.begin, done);
  if (stream == 0) {
    core.clock = done;
    advance(index);
    return;
  }
  core.engines[stream - 1].done = done;
  if (core.state == State::WaitsForEngine && core.engine == stream - 1)
    advance(index);
}

void Cores::skip() {
  for (Core &core : cores) {
    Sequencer::Event event;
    do {
      event = core.sequencer.next();
      numVectorOps += event == Sequencer::Event::Vector;
    } while (event == Sequencer::Event::Vector ||
             event == Sequencer::Event::Wait);
    bool atEpoch = event == Sequencer::Event::Epoch;
    core.state = atEpoch ? State::AtEpoch : State::Halted;
    ++(atEpoch ? numAtEpoch : numHalted);
  }
}

llvm::Expected<uint32_t> Cores::getNextRouteTable() const {
  uint32_t routeTable = cores.front().sequencer.getRouteTable();
  for (uint32_t index = 0; index < cores.size(); ++index) {
    const Core &core = cores[index];
    if (core.sequencer.getRouteTable() != routeTable)
      return makeError("{0}: epoch {1}, but core (0, 0) is at epoch {2}",
                       describe(index, core.sequencer.getPC()),
                       core.sequencer.getRouteTable(), routeTable);
  }
  return routeTable;
}

void Cores::passEpoch(uint64_t start) {
  for (Core &core : cores) {
    core.clock = start;
    core.time = {};
    core.state = State::Running;
  }
  numAtEpoch = 0;
}
