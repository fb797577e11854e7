//===- Sequencer.cpp - Control flow of one core ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/Sequencer.h"
#include "plmr/Program/Float.h"
#include <algorithm>

using namespace plmr;

std::string plmr::describeCore(const Program &program, uint32_t core,
                               uint32_t pc) {
  unsigned x = core % program.mesh.columns, y = core / program.mesh.columns;
  const CoreClass &cls = program.classes[program.getClass(x, y)];
  std::string text = llvm::formatv("core ({0}, {1}), instruction {2} ({3})", x,
                                   y, pc, printInstruction(cls.code[pc]));
  if (pc < cls.locations.size())
    text += " at " + program.locations[cls.locations[pc]];
  return text;
}

static int32_t wrap(int64_t value) { return static_cast<int32_t>(value); }

Sequencer::Sequencer(const Program &program, const Launch &launch, unsigned x,
                     unsigned y, llvm::ArrayRef<int32_t> parameters,
                     uint64_t maxIterations)
    : program(&program), x(x), y(y), maxIterations(maxIterations),
      iterationsLeft(maxIterations) {
  unsigned cls = program.getClass(x, y);
  code = program.classes[cls].code.data();
  nextPC = launch.entry[cls];
  std::copy(parameters.begin(), parameters.end(), values.begin() + 1);
  size_t direct =
      std::min<size_t>(program.constants.size(), numDirectConstants);
  for (size_t i = 0; i != direct; ++i)
    values[firstConstantOperand + i] =
        program.constants[i].getValue(program.mesh, x, y);
  values[noOperand] = 1;
}

bool Sequencer::fail(std::string what) {
  trap = std::move(what);
  nextPC = pc;
  return false;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

bool Sequencer::enterLoop(const Instruction &inst) {
  int32_t count = read(inst.a);
  if (count < 0)
    return fail(llvm::formatv("loop count {0} is negative", count));
  // Counted here, where it costs the iterations nothing.
  if (static_cast<uint64_t>(count) > iterationsLeft)
    return fail(llvm::formatv("loop count {0}: the core's loops have more than "
                              "{1} iterations",
                              count, maxIterations));
  iterationsLeft -= static_cast<uint64_t>(count);
  ++work.iterations;
  if (count == 0) {
    nextPC = pc + 1 + inst.imm;
    return true;
  }
  loopEnd = pc + 1 + inst.imm;
  loops[loopDepth++] = {pc + 1, loopEnd, static_cast<uint32_t>(count) - 1};
  return true;
}

/// At the end of a body: begins the next iteration, or leaves the loops that
/// end here.
void Sequencer::leaveLoops() {
  while (nextPC == loopEnd) {
    LoopFrame &frame = loops[loopDepth - 1];
    if (frame.remaining != 0) {
      --frame.remaining;
      ++work.iterations;
      nextPC = frame.begin;
      return;
    }
    --loopDepth;
    loopEnd = loopDepth == 0 ? ~0u : loops[loopDepth - 1].end;
  }
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

static int32_t floorDiv(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return wrap(quotient - (a % b != 0 && (a < 0) != (b < 0)));
}

// Inlined into `next`: most instructions come through here.
__attribute__((always_inline)) inline bool
Sequencer::executeScalar(const Instruction &inst) {
  int64_t a = readOrZero(inst.a);
  int64_t b = inst.flags & UseImmediate ? inst.imm : read(inst.b);
  int32_t result = 0;
  switch (inst.opcode) {
  case Opcode::SAdd:
    result = wrap(a + b);
    break;
  case Opcode::SSub:
    result = wrap(a - b);
    break;
  case Opcode::SMul:
    result = wrap(a * b);
    break;
  case Opcode::SDiv:
    if (b == 0)
      return fail("sdiv by zero");
    result = floorDiv(a, b);
    break;
  case Opcode::SRem:
    if (b == 0)
      return fail("srem by zero");
    result = wrap(a - b * int64_t(floorDiv(a, b)));
    break;
  case Opcode::SMin:
    result = wrap(std::min(a, b));
    break;
  case Opcode::SMax:
    result = wrap(std::max(a, b));
    break;
  case Opcode::SEq:
    result = a == b;
    break;
  case Opcode::SLt:
    result = a < b;
    break;
  case Opcode::SLe:
    result = a <= b;
    break;
  default: { // Ldc
    int64_t index = a + inst.imm;
    if (index < 0 || index >= static_cast<int64_t>(program->constants.size()))
      return fail(llvm::formatv("ldc of constant {0}, the table has {1}", index,
                                program->constants.size()));
    result = program->constants[index].getValue(program->mesh, x, y);
    break;
  }
  }
  if (observer) [[unlikely]]
    observer->note(pc, a, b, result);
  values[inst.dst] = result;
  values[0] = 0;
  return true;
}

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

/// The f32 of a float splat in the descriptor's type.
static uint32_t roundSplat(float value, ElementType type) {
  switch (type) {
  case ElementType::F16:
    return narrowF16(value);
  case ElementType::BF16:
    return narrowBF16(value);
  default:
    return toBits(value);
  }
}

__attribute__((always_inline)) inline bool
Sequencer::executeDescriptor(const Instruction &inst) {
  Stream &stream = descriptors[inst.dst];
  stream.type = inst.getType();
  stream.colour = 0;
  stream.isStill = false;
  int32_t operand = readOrZero(inst.a);
  switch (inst.opcode) {
  case Opcode::Dsm:
    stream.kind = Stream::Kind::Memory;
    stream.object = inst.object;
    stream.base =
        static_cast<uint32_t>(operand) + static_cast<uint32_t>(inst.imm);
    stream.stride = read(inst.b);
    stream.isStill = stream.stride == 0;
    stream.step = readOrZero(inst.c);
    return true;
  case Opcode::Dsf: {
    int64_t colour = int64_t(operand) + inst.imm;
    if (colour < 0 || colour >= program->machine.getUsableColours())
      return fail(llvm::formatv("colour {0}, a program has {1}", colour,
                                program->machine.getUsableColours()));
    stream.kind = Stream::Kind::Fabric;
    stream.colour = static_cast<uint8_t>(colour);
    return true;
  }
  default: { // Dss
    uint32_t bits =
        static_cast<uint32_t>(inst.flags & UseImmediate ? inst.imm : operand);
    if (inst.flags & ConvertInteger)
      bits = toBits(static_cast<float>(static_cast<int32_t>(bits)));
    stream.kind = Stream::Kind::Splat;
    stream.bits = stream.type == ElementType::I32
                      ? bits
                      : roundSplat(fromBits(bits), stream.type);
    return true;
  }
  }
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

inline bool Sequencer::resolveVector(const Instruction &inst) {
  int32_t extent = read(inst.extent), repeat = read(inst.repeat);
  vector.opcode = inst.opcode;
  vector.engine = inst.engine;
  vector.extent = static_cast<uint32_t>(extent);
  vector.repeat = static_cast<uint32_t>(repeat);
  vector.pc = pc;
  vector.dst = descriptors[inst.dst];
  vector.a = descriptors[inst.a];
  unsigned sources = getNumSources(inst.opcode);
  vector.b = sources >= 2 ? descriptors[inst.b] : Stream();
  vector.c = sources == 3 ? descriptors[inst.c] : Stream();
  auto isNone = [](const Stream &stream) {
    return stream.kind == Stream::Kind::None;
  };
  bool isUnset = isNone(vector.dst) || isNone(vector.a) ||
                 (sources >= 2 && isNone(vector.b)) ||
                 (sources == 3 && isNone(vector.c));
  if ((extent | repeat) < 0 || isUnset ||
      vector.dst.kind == Stream::Kind::Splat) [[unlikely]]
    return explainVector(inst);
  return true;
}

/// Traps with what is wrong with a vector instruction.
bool Sequencer::explainVector(const Instruction &inst) {
  if (read(inst.extent) < 0)
    return fail(llvm::formatv("extent {0} is negative", read(inst.extent)));
  if (read(inst.repeat) < 0)
    return fail(llvm::formatv("repeat {0} is negative", read(inst.repeat)));
  if (vector.dst.kind == Stream::Kind::Splat)
    return fail(llvm::formatv("destination d{0} is a splat", inst.dst));
  unsigned fields[] = {inst.dst, inst.a, inst.b, inst.c};
  unsigned *unset = fields;
  while (descriptors[*unset].kind != Stream::Kind::None)
    ++unset;
  return fail(llvm::formatv("descriptor d{0} was never set", *unset));
}

//===----------------------------------------------------------------------===//
// The loop over instructions
//===----------------------------------------------------------------------===//

Sequencer::Event Sequencer::next() {
  work = {};
  for (;;) {
    if (nextPC == loopEnd)
      leaveLoops();
    pc = nextPC;
    const Instruction &inst = code[pc];
    if (read(inst.predicate) == 0) {
      ++work.predicated;
      nextPC = pc + 1 + (inst.opcode == Opcode::Loop ? inst.imm : 0);
      continue;
    }
    nextPC = pc + 1;
    if (isVector(inst.opcode))
      return resolveVector(inst) ? Event::Vector : Event::Trap;
    if (isScalar(inst.opcode)) {
      ++work.scalars;
      if (!executeScalar(inst))
        return Event::Trap;
      continue;
    }
    if (isDescriptor(inst.opcode)) {
      ++work.descriptors;
      if (!executeDescriptor(inst))
        return Event::Trap;
      continue;
    }
    switch (inst.opcode) {
    case Opcode::Loop:
      if (!enterLoop(inst))
        return Event::Trap;
      continue;
    case Opcode::Wait:
      engine = inst.engine;
      return Event::Wait;
    case Opcode::Epoch:
      routeTable = static_cast<uint32_t>(inst.imm);
      return Event::Epoch;
    default:
      nextPC = pc; // a halted core stays there
      return Event::Halt;
    }
  }
}
