//===- ProgramBuilder.cpp - Programs for the timing tests -----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramBuilder.h"

using namespace plmr;

ProgramBuilder::ProgramBuilder(Machine machine, MeshShape mesh) {
  program.machine = std::move(machine);
  program.mesh = mesh;
  program.objects.push_back({"buffer", Object::Kind::Scratch, 0, 4096});
  for (unsigned core = 0; core < mesh.getNumCores(); ++core) {
    program.classes.emplace_back().name = "core" + std::to_string(core);
    program.classOf.push_back(static_cast<uint16_t>(core));
  }
}

Operand ProgramBuilder::constant(unsigned value) {
  std::vector<Constant> &constants = program.constants;
  for (unsigned i = 0; i < constants.size(); ++i)
    if (constants[i].values[0] == static_cast<int32_t>(value))
      return getConstantOperand(i);
  constants.push_back({"k" + std::to_string(value),
                       Constant::Kind::Uniform,
                       {static_cast<int32_t>(value)}});
  return getConstantOperand(static_cast<unsigned>(constants.size() - 1));
}

void ProgramBuilder::descriptor(Code &code, unsigned index, Operands operand) {
  Instruction inst;
  inst.opcode = operand.colour < 0 ? Opcode::Dsm : Opcode::Dsf;
  inst.flags = static_cast<uint8_t>(operand.type);
  inst.dst = static_cast<uint8_t>(index);
  inst.a = inst.b = inst.c = noOperand;
  if (operand.colour >= 0) {
    inst.b = inst.c = 0;
    inst.imm = operand.colour;
  }
  code.push_back(inst);
}

void ProgramBuilder::op(Code &code, unsigned extent, Operands dst,
                        std::vector<Operands> sources, OpOptions options) {
  descriptor(code, 0, dst);
  for (unsigned i = 0; i < sources.size(); ++i)
    descriptor(code, i + 1, sources[i]);
  Instruction inst;
  inst.opcode = options.opcode;
  inst.a = 1;
  inst.b = sources.size() > 1 ? 2 : 0;
  inst.c = sources.size() > 2 ? 3 : 0;
  inst.extent = constant(extent);
  if (options.repeat != 1)
    inst.repeat = constant(options.repeat);
  inst.engine = static_cast<uint8_t>(options.engine);
  code.push_back(inst);
}

void ProgramBuilder::wait(Code &code, unsigned engine) {
  Instruction inst;
  inst.opcode = Opcode::Wait;
  inst.engine = static_cast<uint8_t>(engine);
  code.push_back(inst);
}

void ProgramBuilder::addTables(unsigned count) {
  if (tables.size() < count)
    tables.resize(count,
                  std::vector<std::vector<Route>>(program.mesh.getNumCores()));
}

void ProgramBuilder::epoch(Code &code, unsigned table) {
  addTables(table + 1);
  Instruction inst;
  inst.opcode = Opcode::Epoch;
  inst.imm = static_cast<int32_t>(table);
  code.push_back(inst);
}

void ProgramBuilder::scalar(Code &code) {
  Instruction inst;
  inst.opcode = Opcode::SAdd;
  inst.flags = UseImmediate;
  inst.dst = 5;
  inst.a = 5;
  inst.b = noOperand;
  inst.imm = 1;
  code.push_back(inst);
}

void ProgramBuilder::loop(Code &code, unsigned count, const Code &body) {
  Instruction inst;
  inst.opcode = Opcode::Loop;
  inst.a = constant(count);
  inst.imm = static_cast<int32_t>(body.size());
  code.push_back(inst);
  code.insert(code.end(), body.begin(), body.end());
}

void ProgramBuilder::route(unsigned x, unsigned y, unsigned colour, Port input,
                           std::vector<Port> outputs, unsigned table) {
  addTables(table + 1);
  Route route{static_cast<uint8_t>(colour), input, 0};
  for (Port port : outputs)
    route.outputs |= uint8_t(1 << static_cast<unsigned>(port));
  tables[table][y * program.mesh.columns + x].push_back(route);
}

Program ProgramBuilder::build() {
  for (CoreClass &cls : program.classes)
    cls.code.emplace_back();
  for (std::vector<std::vector<Route>> &routers : tables) {
    RouteTable &table = program.routeTables.emplace_back();
    for (std::vector<Route> &routes : routers) {
      std::sort(
          routes.begin(), routes.end(),
          [](const Route &a, const Route &b) { return a.colour < b.colour; });
      table.classOf.push_back(static_cast<uint16_t>(table.classes.size()));
      table.classes.push_back(routes);
    }
  }
  Launch &launch = program.launches.emplace_back();
  launch.name = "main";
  launch.entry.assign(program.classes.size(), 0);
  return std::move(program);
}
