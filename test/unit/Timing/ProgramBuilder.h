//===- ProgramBuilder.h - Programs for the timing tests -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_UNIT_TIMING_PROGRAMBUILDER_H
#define PLMR_TEST_UNIT_TIMING_PROGRAMBUILDER_H

#include "plmr/Program/Program.h"

namespace plmr {

/// An operand stream: memory, or a colour.
struct Operands {
  int colour = -1;
  ElementType type = ElementType::F32;
};
inline Operands mem(ElementType type = ElementType::F32) { return {-1, type}; }
inline Operands fab(int colour, ElementType type = ElementType::F32) {
  return {colour, type};
}

struct OpOptions {
  unsigned repeat = 1;
  unsigned engine = noOperand;
  Opcode opcode = Opcode::Mov;
};

/// Writes programs where every core has a class of its own. One descriptor
/// instruction per operand precedes each vector instruction.
class ProgramBuilder {
public:
  ProgramBuilder(Machine machine, MeshShape mesh);

  using Code = std::vector<Instruction>;
  Code &code(unsigned x, unsigned y = 0) {
    return program.classes[y * program.mesh.columns + x].code;
  }
  /// dst = opcode(sources...), `extent` elements.
  void op(Code &code, unsigned extent, Operands dst,
          std::vector<Operands> sources, OpOptions options = {});
  void wait(Code &code, unsigned engine);
  void epoch(Code &code, unsigned table);
  void scalar(Code &code);
  void loop(Code &code, unsigned count, const Code &body);
  /// The last instruction executes if the constant `value` is not 0.
  void predicate(Code &code, unsigned value) {
    code.back().predicate = constant(value);
  }
  void route(unsigned x, unsigned y, unsigned colour, Port input,
             std::vector<Port> outputs, unsigned table = 0);

  /// Adds the halts, the route tables and the launch "main".
  Program build();

  Machine &machine() { return program.machine; }

private:
  void addTables(unsigned count);
  Operand constant(unsigned value);
  void descriptor(Code &code, unsigned index, Operands operand);

  Program program;
  std::vector<std::vector<std::vector<Route>>> tables; ///< [table][router]
};

} // namespace plmr

#endif // PLMR_TEST_UNIT_TIMING_PROGRAMBUILDER_H
