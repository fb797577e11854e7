//===- VerifyCode.cpp - Static rules of instructions ----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verifier.h"
#include "llvm/ADT/SmallVector.h"

using namespace plmr;

namespace {

/// Checks the instructions of one class (docs/ISA.md, I1 to I9).
class CodeVerifier {
public:
  CodeVerifier(const Program &program, const CoreClass &cls)
      : program(program), cls(cls) {}

  llvm::Error verify();
  /// After verify: whether an instruction lies in a loop's body.
  bool isInLoop(uint32_t pc) const { return inLoop[pc]; }

private:
  llvm::Error fail(const llvm::Twine &what) const;
  llvm::Error checkLoops();
  llvm::Error checkInstruction(const Instruction &inst);
  llvm::Error checkOperand(Operand operand, llvm::StringRef field,
                           bool mayBeNone);
  llvm::Error checkUnused(const Instruction &inst);
  llvm::Error checkControl(const Instruction &inst);
  llvm::Error checkScalar(const Instruction &inst);
  llvm::Error checkDescriptor(const Instruction &inst);
  llvm::Error checkVector(const Instruction &inst);

  const Program &program;
  const CoreClass &cls;
  uint32_t pc = 0;
  std::vector<bool> inLoop;
};

} // namespace

llvm::Error CodeVerifier::fail(const llvm::Twine &what) const {
  return makeError("class '{0}', instruction {1} ({2}){3}: {4}", cls.name, pc,
                   printInstruction(cls.code[pc]),
                   describeLocation(program, cls, pc), what.str());
}

llvm::Error CodeVerifier::checkOperand(Operand operand, llvm::StringRef field,
                                       bool mayBeNone) {
  if (operand == noOperand)
    return mayBeNone ? llvm::Error::success()
                     : fail(field + " needs a register or constant");
  if (isConstant(operand) &&
      unsigned(operand - firstConstantOperand) >= program.constants.size())
    return fail(field + " is constant " +
                llvm::Twine(operand - firstConstantOperand) +
                ", the table has " + llvm::Twine(program.constants.size()));
  return llvm::Error::success();
}

/// Unused fields hold 0, or none where the opcode could name an operand; so
/// text and binary say the same (I2).
llvm::Error CodeVerifier::checkUnused(const Instruction &inst) {
  Instruction rest;
  rest.opcode = inst.opcode;
  rest.predicate = inst.predicate;
  auto keep = [&](auto... fields) { ((rest.*fields = inst.*fields), ...); };
  using I = Instruction;
  if (isVector(inst.opcode)) {
    keep(&I::dst, &I::a, &I::extent, &I::repeat, &I::engine);
    if (getNumSources(inst.opcode) >= 2)
      keep(&I::b);
    if (getNumSources(inst.opcode) == 3)
      keep(&I::c);
  } else if (inst.opcode == Opcode::Dsm) {
    keep(&I::flags, &I::dst, &I::a, &I::b, &I::c, &I::object, &I::imm);
  } else if (inst.opcode == Opcode::Dsf) {
    keep(&I::flags, &I::dst, &I::a, &I::imm);
  } else if (inst.opcode == Opcode::Dss) {
    rest.a = noOperand;
    keep(&I::flags, &I::dst);
    inst.flags &UseImmediate ? keep(&I::imm) : keep(&I::a);
  } else if (inst.opcode == Opcode::Ldc) {
    keep(&I::dst, &I::a, &I::imm);
  } else if (isScalar(inst.opcode)) {
    rest.b = noOperand;
    keep(&I::flags, &I::dst, &I::a);
    inst.flags &UseImmediate ? keep(&I::imm) : keep(&I::b);
  } else if (inst.opcode == Opcode::Loop) {
    keep(&I::a, &I::imm);
  } else if (inst.opcode == Opcode::Wait) {
    keep(&I::engine);
  } else if (inst.opcode == Opcode::Epoch) {
    keep(&I::imm);
  }
  if (rest == inst)
    return llvm::Error::success();
  return fail("a field that the opcode does not use is set");
}

llvm::Error CodeVerifier::checkControl(const Instruction &inst) {
  switch (inst.opcode) {
  case Opcode::Loop:
    return checkOperand(inst.a, "the count", false);
  case Opcode::Wait:
    if (inst.engine >= program.machine.engines)
      return fail("the device has " + llvm::Twine(program.machine.engines) +
                  " engines");
    return llvm::Error::success();
  case Opcode::Epoch:
    if (inst.imm < 0 || size_t(inst.imm) >= program.routeTables.size())
      return fail("the program has " + llvm::Twine(program.routeTables.size()) +
                  " route tables");
    return llvm::Error::success();
  default:
    return llvm::Error::success();
  }
}

llvm::Error CodeVerifier::checkScalar(const Instruction &inst) {
  if (inst.flags & ~UseImmediate)
    return fail("unknown flags");
  if (inst.dst >= numRegisters)
    return fail("there are 64 registers");
  if (llvm::Error error =
          checkOperand(inst.a, "operand a", inst.opcode == Opcode::Ldc))
    return error;
  if (inst.opcode == Opcode::Ldc || inst.flags & UseImmediate)
    return llvm::Error::success();
  return checkOperand(inst.b, "operand b", false);
}

llvm::Error CodeVerifier::checkDescriptor(const Instruction &inst) {
  uint8_t allowed = TypeMask;
  if (inst.opcode == Opcode::Dss)
    allowed |= inst.getType() == ElementType::I32
                   ? UseImmediate
                   : UseImmediate | ConvertInteger;
  if (inst.flags & ~allowed)
    return fail("unknown flags");
  if (inst.dst >= numDescriptors)
    return fail("there are 64 descriptors");
  bool needsA = inst.opcode == Opcode::Dss && !(inst.flags & UseImmediate);
  if (llvm::Error error = checkOperand(inst.a, "operand a", !needsA))
    return error;
  if (inst.opcode != Opcode::Dsm)
    return llvm::Error::success();
  if (inst.object >= program.objects.size())
    return fail("the program has " + llvm::Twine(program.objects.size()) +
                " objects");
  if (program.objects[inst.object].kind == Object::Kind::Code)
    return fail("object '" + program.objects[inst.object].name + "' is code");
  if (llvm::Error error = checkOperand(inst.b, "the stride", true))
    return error;
  return checkOperand(inst.c, "the step", true);
}

llvm::Error CodeVerifier::checkVector(const Instruction &inst) {
  const uint8_t fields[] = {inst.dst, inst.a, inst.b, inst.c};
  for (unsigned i = 0; i <= getNumSources(inst.opcode); ++i)
    if (fields[i] >= numDescriptors)
      return fail("there are 64 descriptors");
  if (inst.engine != noOperand && inst.engine >= program.machine.engines)
    return fail("the device has " + llvm::Twine(program.machine.engines) +
                " engines");
  if (llvm::Error error = checkOperand(inst.extent, "the extent", true))
    return error;
  return checkOperand(inst.repeat, "the repeat", true);
}

llvm::Error CodeVerifier::checkInstruction(const Instruction &inst) {
  if (llvm::Error error = checkUnused(inst))
    return error;
  if (llvm::Error error = checkOperand(inst.predicate, "the predicate", true))
    return error;
  if (isVector(inst.opcode))
    return checkVector(inst);
  if (isDescriptor(inst.opcode))
    return checkDescriptor(inst);
  if (isScalar(inst.opcode))
    return checkScalar(inst);
  return checkControl(inst);
}

llvm::Error CodeVerifier::checkLoops() {
  uint32_t size = cls.code.size();
  inLoop.assign(size, false);
  llvm::SmallVector<uint32_t, maxLoopDepth> ends;
  for (pc = 0; pc != size; ++pc) {
    while (!ends.empty() && ends.back() == pc)
      ends.pop_back();
    inLoop[pc] = !ends.empty();
    const Instruction &inst = cls.code[pc];
    if (inst.opcode != Opcode::Loop)
      continue;
    uint32_t limit = ends.empty() ? size - 1 : ends.back();
    if (inst.imm < 1 || pc + 1 + uint64_t(inst.imm) > limit)
      return fail("the body has to hold 1 to " + llvm::Twine(limit - pc - 1) +
                  " instructions");
    if (ends.size() == maxLoopDepth)
      return fail("loops nest at most 8 deep");
    ends.push_back(pc + 1 + inst.imm);
  }
  return llvm::Error::success();
}

llvm::Error CodeVerifier::verify() {
  if (cls.code.empty() || cls.code.back().opcode != Opcode::Halt ||
      cls.code.back().predicate != noOperand)
    return makeError("class '{0}': code has to end in an unpredicated halt",
                     cls.name);
  if (!cls.locations.empty() && cls.locations.size() != cls.code.size())
    return makeError("class '{0}': {1} locations for {2} instructions",
                     cls.name, cls.locations.size(), cls.code.size());
  for (uint32_t location : cls.locations)
    if (location >= program.locations.size())
      return makeError("class '{0}': location {1} of {2}", cls.name, location,
                       program.locations.size());
  for (pc = 0; pc != cls.code.size(); ++pc) {
    if (cls.code[pc].opcode > Opcode::Gather)
      return makeError("class '{0}', instruction {1}: unknown opcode {2}",
                       cls.name, pc, unsigned(cls.code[pc].opcode));
    if (llvm::Error error = checkInstruction(cls.code[pc]))
      return error;
  }
  return checkLoops();
}

llvm::Error plmr::verifyCode(const Program &program) {
  for (size_t i = 0; i != program.classes.size(); ++i) {
    CodeVerifier verifier(program, program.classes[i]);
    if (llvm::Error error = verifier.verify())
      return error;
    for (const Launch &launch : program.launches) {
      if (launch.entry.size() != program.classes.size())
        return makeError("launch '{0}': {1} entries for {2} core classes",
                         launch.name, launch.entry.size(),
                         program.classes.size());
      uint32_t entry = launch.entry[i];
      if (entry >= program.classes[i].code.size() || verifier.isInLoop(entry))
        return makeError("launch '{0}': entry {1} of class '{2}' is outside "
                         "its code or inside a loop",
                         launch.name, entry, program.classes[i].name);
    }
  }
  return llvm::Error::success();
}
