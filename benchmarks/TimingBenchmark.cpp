//===- TimingBenchmark.cpp - Figures of the timing engines ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row shift with local work: in every step each core sends a tile east on an
// engine, receives one, and does three local operations. Prints CPU
// times, which a loaded host disturbs less than wall-clock times.
//
//===----------------------------------------------------------------------===//

#include "plmr/Timing/Timing.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <sys/resource.h>

using namespace plmr;

namespace {

/// Indices of the program's constants.
enum : unsigned { Zero, Steps, Words, Sends, Receives, Out, In, Tile };

class ShiftProgram {
public:
  ShiftProgram(MeshShape mesh, unsigned steps, unsigned words);
  Program take() { return std::move(program); }

private:
  void addConstant(Constant::Kind kind, std::vector<int32_t> values) {
    program.constants.push_back({"k", kind, std::move(values)});
  }
  void addConstants(unsigned steps, unsigned words);
  void addRoutes();
  void addCode();
  Instruction &add(Opcode opcode) {
    Instruction &inst = program.classes[0].code.emplace_back();
    inst.opcode = opcode;
    return inst;
  }
  void addStream(Opcode opcode, unsigned index, Operand a);
  Instruction &addVector(Opcode opcode, unsigned dst, unsigned a);

  Program program;
};

} // namespace

static Operand k(unsigned index) { return getConstantOperand(index); }

ShiftProgram::ShiftProgram(MeshShape mesh, unsigned steps, unsigned words) {
  program.machine = llvm::cantFail(getBuiltinMachine("wse2"));
  program.mesh = mesh;
  program.objects.push_back({"tile", Object::Kind::Scratch, 0, 4096});
  program.classes.emplace_back().name = "all";
  addConstants(steps, words);
  addRoutes();
  addCode();
  Launch &launch = program.launches.emplace_back();
  launch.name = "main";
  launch.entry = {0};
}

void ShiftProgram::addConstants(unsigned steps, unsigned words) {
  std::vector<int32_t> sends, receives, out, in;
  for (unsigned x = 0; x < program.mesh.columns; ++x) {
    sends.push_back(x + 1 != program.mesh.columns);
    receives.push_back(x != 0);
    out.push_back(x % 2);
    in.push_back((x + 1) % 2);
  }
  addConstant(Constant::Kind::Uniform, {0});
  addConstant(Constant::Kind::Uniform, {int32_t(steps)});
  addConstant(Constant::Kind::Uniform, {int32_t(words)});
  addConstant(Constant::Kind::ByColumn, sends);
  addConstant(Constant::Kind::ByColumn, receives);
  addConstant(Constant::Kind::ByColumn, out);
  addConstant(Constant::Kind::ByColumn, in);
  addConstant(Constant::Kind::Uniform, {64});
}

/// Router classes: parity, and whether it is the first or last of its row.
void ShiftProgram::addRoutes() {
  RouteTable &table = program.routeTables.emplace_back();
  MeshShape mesh = program.mesh;
  uint8_t east = 1 << static_cast<unsigned>(Port::East);
  uint8_t ramp = 1 << static_cast<unsigned>(Port::Ramp);
  for (unsigned x = 0; x < mesh.columns; ++x) {
    std::vector<Route> &routes = table.classes.emplace_back();
    for (uint8_t colour = 0; colour < 2; ++colour) {
      if (colour == x % 2 && x + 1 != mesh.columns)
        routes.push_back({colour, Port::Ramp, east});
      if (colour != x % 2 && x != 0)
        routes.push_back({colour, Port::West, ramp});
    }
  }
  for (unsigned y = 0; y < mesh.rows; ++y)
    for (unsigned x = 0; x < mesh.columns; ++x)
      table.classOf.push_back(static_cast<uint16_t>(x));
}

void ShiftProgram::addStream(Opcode opcode, unsigned index, Operand a) {
  Instruction &inst = add(opcode);
  inst.dst = static_cast<uint8_t>(index);
  inst.a = a;
  if (opcode == Opcode::Dsm)
    inst.b = inst.c = noOperand;
}

Instruction &ShiftProgram::addVector(Opcode opcode, unsigned dst, unsigned a) {
  Instruction &inst = add(opcode);
  inst.dst = static_cast<uint8_t>(dst);
  inst.a = static_cast<uint8_t>(a);
  inst.extent = k(Tile);
  return inst;
}

void ShiftProgram::addCode() {
  addStream(Opcode::Dsm, 0, noOperand);
  addStream(Opcode::Dsm, 1, noOperand);
  addStream(Opcode::Dsf, 2, k(Out));
  addStream(Opcode::Dsf, 3, k(In));
  Instruction &loop = add(Opcode::Loop);
  loop.a = k(Steps);
  loop.imm = 6;
  Instruction &send = addVector(Opcode::Mov, 2, 0);
  send.engine = 0;
  send.predicate = k(Sends);
  send.extent = k(Words);
  Instruction &receive = addVector(Opcode::Mov, 1, 3);
  receive.predicate = k(Receives);
  receive.extent = k(Words);
  for (unsigned i = 0; i < 3; ++i)
    addVector(Opcode::Exp, 1, 0);
  add(Opcode::Wait).engine = 0;
  add(Opcode::Halt);
}

/// CPU time of this process so far, in seconds.
static double getCpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto toSeconds = [](timeval t) { return t.tv_sec + t.tv_usec * 1e-6; };
  return toSeconds(usage.ru_utime) + toSeconds(usage.ru_stime);
}

static double getSeconds(const Program &program, TimingEngine engine,
                         TimingResult &result) {
  TimingOptions options;
  options.engine = engine;
  double begin = getCpuSeconds();
  llvm::Expected<TimingResult> timed =
      timeLaunch(program, program.launches[0], {}, options);
  double end = getCpuSeconds();
  if (!timed) {
    llvm::errs() << llvm::toString(timed.takeError()) << "\n";
    std::exit(1);
  }
  result = std::move(*timed);
  return end - begin;
}

static void measure(MeshShape mesh, unsigned steps, unsigned words,
                    TimingEngine engine) {
  Program program = ShiftProgram(mesh, steps, words).take();
  if (llvm::Error error = verifyProgram(program)) {
    llvm::errs() << llvm::toString(std::move(error)) << "\n";
    std::exit(1);
  }
  TimingResult result;
  double seconds = getSeconds(program, engine, result);
  for (unsigned i = 0; i < 4 && seconds < 0.5; ++i)
    seconds = std::min(seconds, getSeconds(program, engine, result));
  // Firings: beats of the cores and departures from routers.
  double firings = double(result.wavelets) + 2.0 * double(result.deliveries) +
                   double(result.hops);
  double tileTicks = double(result.ticks) * mesh.getNumCores();
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  llvm::outs() << llvm::formatv(
      "{0,-6} {1}x{2}: {3} vector ops, {4} hops, {5} ticks, contended {6}: "
      "{7:f4} s, {8:f1} M firings/s, {9:f1} M tile-ticks/s, peak {10} MiB\n",
      stringify(engine), mesh.columns, mesh.rows, result.vectorOps, result.hops,
      result.ticks, result.contended, seconds, firings / seconds / 1e6,
      tileTicks / seconds / 1e6, usage.ru_maxrss / 1024);
  llvm::outs().flush();
}

int main() {
  measure({8, 8}, 600, 9, TimingEngine::Fast);
  measure({8, 8}, 600, 9, TimingEngine::Event);
  measure({8, 8}, 10, 9, TimingEngine::Oracle);
  measure({8, 8}, 20, 2000, TimingEngine::Fast);
  measure({8, 8}, 20, 2000, TimingEngine::Event);
  measure({512, 512}, 10, 12, TimingEngine::Fast);
  return 0;
}
