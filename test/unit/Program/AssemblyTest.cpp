//===- AssemblyTest.cpp - Programs as text --------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleProgram.h"
#include <random>

using namespace plmr;

static void expectSameText(const Program &program) {
  std::string text = printAssembly(program);
  llvm::Expected<Program> again = parseAssembly(text, "again");
  ASSERT_TRUE(static_cast<bool>(again)) << llvm::toString(again.takeError());
  again->data = program.data;
  EXPECT_EQ(printAssembly(*again), text);
  EXPECT_TRUE(*again == program);
}

TEST(ISA, I70_RoundTripOfEverything) {
  Program sample = makeSample();
  EXPECT_EQ(messageOf(verifyProgram(sample)), "");
  expectSameText(sample);
}

TEST(ISA, I70_OwnDeviceIsPrintedWhole) {
  Program sample = makeSample();
  sample.machine.name = "mine";
  sample.machine.colours += 1;
  expectSameText(sample);
}

namespace {
/// Random instructions in canonical form.
class RandomInstructions {
public:
  explicit RandomInstructions(unsigned seed) : rng(seed) {}

  Instruction make() {
    Instruction inst;
    inst.opcode = static_cast<Opcode>(below(numOpcodes));
    if (below(3) == 0)
      inst.predicate = operand();
    if (isVector(inst.opcode))
      vector(inst);
    else if (isDescriptor(inst.opcode))
      descriptor(inst);
    else if (isScalar(inst.opcode))
      scalar(inst);
    else
      control(inst);
    return inst;
  }

private:
  unsigned below(unsigned limit) { return rng() % limit; }
  Operand operand() { return below(noOperand); }
  Operand maybe() { return below(2) ? operand() : noOperand; }
  int32_t number() { return static_cast<int32_t>(rng()); }

  void vector(Instruction &inst) {
    inst.dst = below(64);
    uint8_t *fields[] = {&inst.a, &inst.b, &inst.c};
    for (unsigned i = 0; i != getNumSources(inst.opcode); ++i)
      *fields[i] = below(64);
    inst.extent = maybe();
    inst.repeat = maybe();
    inst.engine = below(2) ? below(8) : noOperand;
  }
  void descriptor(Instruction &inst) {
    inst.dst = below(64);
    inst.flags = below(4);
    inst.a = maybe();
    if (inst.opcode != Opcode::Dss) {
      inst.imm = number();
      if (inst.opcode == Opcode::Dsm) {
        inst.b = maybe();
        inst.c = maybe();
        inst.object = below(1 << 16);
      }
      return;
    }
    if (inst.getType() != ElementType::I32 && below(2))
      inst.flags |= ConvertInteger;
    if (inst.a == noOperand) {
      inst.flags |= UseImmediate;
      inst.imm = number();
    }
  }
  void scalar(Instruction &inst) {
    inst.dst = below(64);
    inst.a = inst.opcode == Opcode::Ldc ? maybe() : operand();
    if (inst.opcode == Opcode::Ldc) {
      inst.imm = number();
    } else if (below(2)) {
      inst.flags = UseImmediate;
      inst.b = noOperand;
      inst.imm = number();
    } else {
      inst.b = operand();
    }
  }
  void control(Instruction &inst) {
    if (inst.opcode == Opcode::Loop)
      inst.a = operand();
    if (inst.opcode == Opcode::Wait)
      inst.engine = below(8);
    else if (inst.opcode != Opcode::Halt)
      inst.imm = below(1000);
  }

  std::mt19937 rng;
};
} // namespace

TEST(ISA, I70_RoundTripOfRandomInstructions) {
  RandomInstructions random(7);
  Program program = makeSample();
  program.classes[0].locations.clear();
  program.classes[0].code.clear();
  for (int i = 0; i != 20000; ++i)
    program.classes[0].code.push_back(random.make());
  llvm::Expected<Program> again =
      parseAssembly(printAssembly(program), "again");
  ASSERT_TRUE(static_cast<bool>(again)) << llvm::toString(again.takeError());
  for (size_t i = 0; i != program.classes[0].code.size(); ++i)
    ASSERT_TRUE(again->classes[0].code[i] == program.classes[0].code[i])
        << printInstruction(program.classes[0].code[i]);
}

TEST(Assembly, ErrorsNameLineAndExpectation) {
  const std::pair<const char *, const char *> cases[] = {
      {"device \"tiny\"\nmesh 1", "test:2: expected rows"},
      {"device \"unknown\" mesh 1 1", "unknown"},
      {"device \"tiny\" mesh 1 1\nbogus", "test:2: expected a statement, found "
                                          "'bogus'"},
      {"device \"tiny\" mesh 1 1 class \"c\" {\n\nfly }",
       "test:3: unknown instruction 'fly'"},
      {"device \"tiny\" mesh 1 1 class \"c\" { sadd r64, r1, r2 halt }",
       "expected r0 to r63, found 'r64'"},
      {"device \"tiny\" mesh 1 1 class \"c\" { dsm d1, f8 o0[0] }",
       "expected f32, f16, bf16 or i32, found 'f8'"},
      {"device \"tiny\" mesh 1 1 class \"c\" { halt", "expected"},
      {"device \"tiny\" mesh 1 1 object \"x", "closing quote"},
      {"device \"tiny\" mesh 1 1 object \"x\\zz\" state 0 4", "hexadecimal"},
      {"device \"tiny\" mesh 1 1 object \"x\" blue 0 4",
       "expected an object kind (weight, state, input, output, scratch, table, "
       "code), found 'blue'"},
      {"device \"tiny\" mesh 1 1 constant \"x\" uniform [1 * 0]", "a count"},
      {"device \"tiny\" mesh \x1b", "found '\\1B'"},
      {"device \"\x1b[31m\" mesh 1 1", "unknown device '\\1B[31m'"},
  };
  for (auto [text, expected] : cases) {
    std::string message = messageOf(parseAssembly(text, "test"));
    EXPECT_NE(message.find(expected), std::string::npos)
        << text << "\ngave: " << message;
  }
}

TEST(Assembly, MutatedTextNeverCrashes) {
  std::mt19937 rng(3);
  std::string text = printAssembly(makeSample());
  unsigned parsed = 0;
  for (int i = 0; i != 2000; ++i) {
    std::string mutated = text;
    for (unsigned n = 1 + rng() % 3; n != 0; --n) {
      size_t at = rng() % mutated.size();
      switch (rng() % 3) {
      case 0:
        mutated[at] = static_cast<char>(rng());
        break;
      case 1:
        mutated.erase(at, 1 + rng() % 20);
        break;
      default:
        mutated.insert(at, mutated.substr(rng() % mutated.size(), rng() % 20));
      }
    }
    llvm::Expected<Program> program = parseAssembly(mutated, "mutated");
    if (program) {
      ++parsed;
      llvm::consumeError(verifyProgram(*program));
    } else {
      llvm::consumeError(program.takeError());
    }
  }
  EXPECT_GT(parsed, 10u);
}
