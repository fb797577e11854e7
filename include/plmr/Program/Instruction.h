//===- Instruction.h - The core's instruction set -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/ISA.md states the numbered rules. An instruction has 16 bytes; vector
// operands are streams described by descriptor registers. No instruction
// nests more than the one loop of `repeat` (`map`).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_INSTRUCTION_H
#define PLMR_PROGRAM_INSTRUCTION_H

#include "plmr/Machine/Machine.h"
#include <cstdint>
#include <optional>
#include <type_traits>

namespace plmr {

enum class Opcode : uint8_t {
  // Control.
  Halt,
  Loop,  ///< repeats the next `imm` instructions operand(a) times
  Wait,  ///< waits for engine `engine`
  Epoch, ///< waits for all cores, then installs route table `imm`
  // Scalar integers (32 bit, two's complement, wrapping): R[dst] = a op b.
  SAdd,
  SSub,
  SMul,
  SDiv, ///< floor division; a divisor of 0 traps
  SRem, ///< remainder of the floor division
  SMin,
  SMax,
  SEq, ///< 1 or 0
  SLt,
  SLe,
  Ldc, ///< R[dst] = constant number operand(a) + imm of the core's table
  // Descriptors: D[dst] = stream.
  Dsm, ///< memory: base address operand(a)+imm, stride b, step c, in elements
  Dsf, ///< fabric: colour operand(a)
  Dss, ///< splat: operand(a), or imm as the bits of an f32
  // Vectors: D[dst] = op(D[a], D[b], D[c]) for `extent` elements.
  Mov,    ///< a
  Add,    ///< a + b
  Sub,    ///< a - b
  Mul,    ///< a * b
  Div,    ///< a / b
  Fma,    ///< a * b + c, rounded once
  Max,    ///< the larger of a and b
  Exp,    ///< e to the a
  Rsqrt,  ///< 1 / sqrt(a)
  Sel,    ///< c != 0 ? a : b
  Gather, ///< element b of memory stream a, the index clamped to its object
};
constexpr unsigned numOpcodes = static_cast<unsigned>(Opcode::Gather) + 1;

/// Mnemonic in assembly, for example "sadd".
llvm::StringRef stringify(Opcode opcode);
std::optional<Opcode> parseOpcode(llvm::StringRef mnemonic);

inline bool isScalar(Opcode op) {
  return op >= Opcode::SAdd && op <= Opcode::Ldc;
}
inline bool isDescriptor(Opcode op) {
  return op >= Opcode::Dsm && op <= Opcode::Dss;
}
inline bool isVector(Opcode op) { return op >= Opcode::Mov; }
/// Number of source streams of a vector opcode (1 to 3).
inline unsigned getNumSources(Opcode op) {
  if (op == Opcode::Fma || op == Opcode::Sel)
    return 3;
  if (op == Opcode::Mov || op == Opcode::Exp || op == Opcode::Rsqrt)
    return 1;
  return isVector(op) ? 2 : 0;
}
RateClass getRateClass(Opcode op);

/// A scalar operand is one byte: 0..63 is a register (R0 reads as 0 and
/// ignores writes), 64..254 constant 0..190 of the core's table, 255 none.
using Operand = uint8_t;
constexpr unsigned numRegisters = 64;
constexpr unsigned numDescriptors = 64;
constexpr Operand noOperand = 255;
constexpr unsigned firstConstantOperand = numRegisters;
constexpr unsigned numDirectConstants = noOperand - firstConstantOperand;
constexpr unsigned maxLoopDepth = 8;
constexpr unsigned maxColours = 64;

inline bool isRegister(Operand operand) { return operand < numRegisters; }
inline bool isConstant(Operand operand) {
  return operand >= firstConstantOperand && operand != noOperand;
}
inline Operand getConstantOperand(unsigned index) {
  return static_cast<Operand>(firstConstantOperand + index);
}

/// Bits of Instruction::flags.
enum InstructionFlags : uint8_t {
  /// The low two bits of a descriptor instruction: its ElementType.
  TypeMask = 3,
  /// Scalar: b is `imm`. Dss: the value is `imm` as the bits of an f32.
  UseImmediate = 4,
  /// Dss: the integer operand is converted to f32 (else its bits are taken).
  ConvertInteger = 8,
};

/// One instruction, as it lies in a core's memory. Fields that an opcode does
/// not use hold 0, or noOperand where they name a scalar operand.
struct Instruction {
  Opcode opcode = Opcode::Halt;
  uint8_t flags = 0;
  Operand predicate = noOperand; ///< executes if none, or not 0
  uint8_t dst = 0;               ///< register or descriptor
  uint8_t a = 0;                 ///< scalar operand or descriptor
  uint8_t b = 0;
  uint8_t c = 0;
  Operand extent = noOperand; ///< vector: elements per repetition
  Operand repeat = noOperand; ///< vector: repetitions; none is 1
  uint8_t engine = noOperand; ///< vector: runs on this engine; none is in order
  uint16_t object = 0;        ///< Dsm: the object that bounds the stream
  int32_t imm = 0;

  ElementType getType() const {
    return static_cast<ElementType>(flags & TypeMask);
  }
  bool operator==(const Instruction &) const = default;
};
static_assert(sizeof(Instruction) == 16 &&
              std::is_trivially_copyable_v<Instruction>);

} // namespace plmr

#endif // PLMR_PROGRAM_INSTRUCTION_H
