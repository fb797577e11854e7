//===- InstructionText.cpp - Instructions as text and back ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lexer.h"
#include "plmr/Program/Float.h"
#include "plmr/Program/Program.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace plmr;

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static std::string printOperand(Operand operand) {
  if (operand == noOperand)
    return "none";
  if (isRegister(operand))
    return "r" + llvm::utostr(operand);
  return "k" + llvm::utostr(operand - firstConstantOperand);
}

/// "[r1 + 4]" or "[4]".
static std::string printSum(Operand operand, int32_t imm) {
  if (operand == noOperand)
    return llvm::formatv("[{0}]", imm);
  return llvm::formatv("[{0} + {1}]", printOperand(operand), imm);
}

/// A float that reads back to the same bits, or the bits.
static std::string printFloatBits(uint32_t bits) {
  float value = fromBits(bits);
  if (!std::isfinite(value))
    return llvm::formatv("0x{0:x-8}", bits);
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.9g", value);
  return text;
}

static std::string printDescriptor(const Instruction &inst) {
  std::string text = llvm::formatv("{0} d{1}, {2} ", stringify(inst.opcode),
                                   inst.dst, stringify(inst.getType()));
  switch (inst.opcode) {
  case Opcode::Dsm:
    text += "o" + llvm::utostr(inst.object) + printSum(inst.a, inst.imm);
    if (inst.b != noOperand)
      text += " stride " + printOperand(inst.b);
    if (inst.c != noOperand)
      text += " step " + printOperand(inst.c);
    return text;
  case Opcode::Dsf:
    return text + "colour" + printSum(inst.a, inst.imm);
  default:
    break;
  }
  if (inst.flags & ConvertInteger)
    text += "int ";
  if (!(inst.flags & UseImmediate))
    return text + printOperand(inst.a);
  bool isInteger =
      inst.flags & ConvertInteger || inst.getType() == ElementType::I32;
  return text + (isInteger ? llvm::itostr(inst.imm)
                           : printFloatBits(static_cast<uint32_t>(inst.imm)));
}

static std::string printVector(const Instruction &inst) {
  std::string text =
      llvm::formatv("{0} d{1}, d{2}", stringify(inst.opcode), inst.dst, inst.a);
  unsigned sources = getNumSources(inst.opcode);
  if (sources >= 2)
    text += ", d" + llvm::utostr(inst.b);
  if (sources == 3)
    text += ", d" + llvm::utostr(inst.c);
  if (inst.extent != noOperand)
    text += " x " + printOperand(inst.extent);
  if (inst.repeat != noOperand)
    text += " map " + printOperand(inst.repeat);
  if (inst.engine != noOperand)
    text += " on e" + llvm::utostr(inst.engine);
  return text;
}

static std::string printScalar(const Instruction &inst) {
  std::string text = llvm::formatv("{0} r{1}, {2}, ", stringify(inst.opcode),
                                   inst.dst, printOperand(inst.a));
  if (inst.opcode == Opcode::Ldc || inst.flags & UseImmediate)
    return text + "#" + llvm::itostr(inst.imm);
  return text + printOperand(inst.b);
}

static std::string printControl(const Instruction &inst) {
  std::string text = stringify(inst.opcode).str();
  switch (inst.opcode) {
  case Opcode::Loop:
    return text + " " + printOperand(inst.a) + ", " + llvm::itostr(inst.imm);
  case Opcode::Wait:
    return text + " e" + llvm::utostr(inst.engine);
  case Opcode::Epoch:
    return text + " " + llvm::itostr(inst.imm);
  default:
    return text;
  }
}

std::string plmr::printInstruction(const Instruction &inst) {
  std::string text = isVector(inst.opcode)       ? printVector(inst)
                     : isDescriptor(inst.opcode) ? printDescriptor(inst)
                     : isScalar(inst.opcode)     ? printScalar(inst)
                                                 : printControl(inst);
  if (inst.predicate != noOperand)
    text += " if " + printOperand(inst.predicate);
  return text;
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

/// Takes "<prefix><number>" with a number below `limit`.
static uint32_t takeIndexed(Lexer &lexer, llvm::StringRef prefix,
                            uint32_t limit) {
  llvm::StringRef token = lexer.peek(), digits = token;
  uint32_t index = 0;
  if (!digits.consume_front(prefix) || digits.getAsInteger(10, index) ||
      index >= limit) {
    lexer.fail(llvm::formatv("expected {0}0 to {0}{1}, found '{2}'", prefix,
                             limit - 1, token)
                   .str());
    return 0;
  }
  lexer.advance();
  return index;
}

static Operand takeOperand(Lexer &lexer) {
  if (lexer.consume("none"))
    return noOperand;
  if (lexer.peek().starts_with("k"))
    return getConstantOperand(takeIndexed(lexer, "k", numDirectConstants));
  return static_cast<Operand>(takeIndexed(lexer, "r", numRegisters));
}

static uint8_t takeDescriptor(Lexer &lexer) {
  return static_cast<uint8_t>(takeIndexed(lexer, "d", numDescriptors));
}

static int32_t takeImmediate(Lexer &lexer) {
  return static_cast<int32_t>(
      lexer.takeInteger("an immediate", INT32_MIN, INT32_MAX));
}

/// "#5" after it was seen to start with '#'.
static int32_t takeHashImmediate(Lexer &lexer) {
  int32_t value = 0;
  if (lexer.peek().substr(1).getAsInteger(10, value))
    lexer.fail(
        llvm::formatv("expected #<integer>, found '{0}'", lexer.peek()).str());
  lexer.advance();
  return value;
}

static void takeSum(Lexer &lexer, Instruction &inst) {
  lexer.expect("[");
  inst.a = noOperand;
  if (lexer.peek().starts_with("r") || lexer.peek().starts_with("k")) {
    inst.a = takeOperand(lexer);
    lexer.expect("+");
  }
  inst.imm = takeImmediate(lexer);
  lexer.expect("]");
}

static void takeSplat(Lexer &lexer, Instruction &inst) {
  if (lexer.consume("int"))
    inst.flags |= ConvertInteger;
  llvm::StringRef token = lexer.peek();
  if (token.starts_with("r") || token.starts_with("k") || token == "none") {
    inst.a = takeOperand(lexer);
    return;
  }
  inst.flags |= UseImmediate;
  inst.a = noOperand;
  uint32_t bits = 0;
  double value = 0;
  if (inst.flags & ConvertInteger || inst.getType() == ElementType::I32) {
    inst.imm = takeImmediate(lexer);
    return;
  }
  if (token.starts_with("0x")) {
    if (token.getAsInteger(0, bits))
      lexer.fail("expected 32 bits after 0x");
  } else if (token.getAsDouble(value, /*AllowInexact=*/true)) {
    lexer.fail(llvm::formatv("expected a number, found '{0}'", token).str());
  } else {
    bits = toBits(static_cast<float>(value));
  }
  inst.imm = static_cast<int32_t>(bits);
  lexer.advance();
}

static ElementType takeType(Lexer &lexer) {
  for (unsigned i = 0; i != numElementTypes; ++i)
    if (lexer.consume(stringify(static_cast<ElementType>(i))))
      return static_cast<ElementType>(i);
  lexer.fail(
      llvm::formatv("expected f32, f16, bf16 or i32, found '{0}'", lexer.peek())
          .str());
  return ElementType::F32;
}

static void parseDescriptorBody(Lexer &lexer, Instruction &inst) {
  inst.dst = takeDescriptor(lexer);
  lexer.expect(",");
  inst.flags = static_cast<uint8_t>(takeType(lexer));
  if (inst.opcode == Opcode::Dss)
    return takeSplat(lexer, inst);
  if (inst.opcode == Opcode::Dsf) {
    lexer.expect("colour");
    return takeSum(lexer, inst);
  }
  inst.object = static_cast<uint16_t>(takeIndexed(lexer, "o", 1 << 16));
  takeSum(lexer, inst);
  inst.b = lexer.consume("stride") ? takeOperand(lexer) : noOperand;
  inst.c = lexer.consume("step") ? takeOperand(lexer) : noOperand;
}

static void parseVectorBody(Lexer &lexer, Instruction &inst) {
  inst.dst = takeDescriptor(lexer);
  uint8_t *fields[] = {&inst.a, &inst.b, &inst.c};
  for (unsigned i = 0, e = getNumSources(inst.opcode); i != e; ++i) {
    lexer.expect(",");
    *fields[i] = takeDescriptor(lexer);
  }
  if (lexer.consume("x"))
    inst.extent = takeOperand(lexer);
  if (lexer.consume("map"))
    inst.repeat = takeOperand(lexer);
  if (lexer.consume("on"))
    inst.engine = static_cast<uint8_t>(takeIndexed(lexer, "e", noOperand));
}

static void parseScalarBody(Lexer &lexer, Instruction &inst) {
  inst.dst = static_cast<uint8_t>(takeIndexed(lexer, "r", numRegisters));
  lexer.expect(",");
  inst.a = takeOperand(lexer);
  lexer.expect(",");
  if (inst.opcode == Opcode::Ldc) {
    inst.imm = takeHashImmediate(lexer);
  } else if (lexer.peek().starts_with("#")) {
    inst.imm = takeHashImmediate(lexer);
    inst.flags = UseImmediate;
    inst.b = noOperand;
  } else {
    inst.b = takeOperand(lexer);
  }
}

static void parseControlBody(Lexer &lexer, Instruction &inst) {
  switch (inst.opcode) {
  case Opcode::Loop:
    inst.a = takeOperand(lexer);
    lexer.expect(",");
    inst.imm = takeImmediate(lexer);
    return;
  case Opcode::Wait:
    inst.engine = static_cast<uint8_t>(takeIndexed(lexer, "e", noOperand));
    return;
  case Opcode::Epoch:
    inst.imm = takeImmediate(lexer);
    return;
  default:
    return;
  }
}

Instruction plmr::parseInstruction(Lexer &lexer) {
  Instruction inst;
  llvm::StringRef word = lexer.takeWord("an instruction");
  std::optional<Opcode> opcode = parseOpcode(word);
  if (!opcode) {
    lexer.fail(llvm::formatv("unknown instruction '{0}'", word).str());
    return inst;
  }
  inst.opcode = *opcode;
  if (isVector(inst.opcode))
    parseVectorBody(lexer, inst);
  else if (isDescriptor(inst.opcode))
    parseDescriptorBody(lexer, inst);
  else if (isScalar(inst.opcode))
    parseScalarBody(lexer, inst);
  else
    parseControlBody(lexer, inst);
  if (lexer.consume("if"))
    inst.predicate = takeOperand(lexer);
  return inst;
}
