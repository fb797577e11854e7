//===- VerifyTest.cpp - Static rules --------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleProgram.h"
#include "llvm/ADT/STLFunctionalExtras.h"

using namespace plmr;

/// The message for the sample with one change.
static std::string verify(llvm::function_ref<void(Program &)> change) {
  Program program = makeSample();
  change(program);
  return messageOf(verifyProgram(program));
}

static void expectMessage(llvm::function_ref<void(Program &)> change,
                          const char *part) {
  std::string message = verify(change);
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

static Instruction &find(Program &program, Opcode opcode) {
  for (Instruction &inst : program.classes[0].code)
    if (inst.opcode == opcode)
      return inst;
  return program.classes[0].code[0];
}

TEST(ISA, I2_UnusedFields) {
  auto unused = "a field that the opcode does not use is set";
  expectMessage([](Program &p) { find(p, Opcode::Mov).b = 1; }, unused);
  expectMessage([](Program &p) { find(p, Opcode::Add).c = 1; }, unused);
  expectMessage([](Program &p) { find(p, Opcode::Fma).imm = 1; }, unused);
  expectMessage([](Program &p) { find(p, Opcode::SSub).b = 0; }, unused);
  expectMessage([](Program &p) { find(p, Opcode::Dsf).object = 1; }, unused);
  expectMessage([](Program &p) { find(p, Opcode::Wait).extent = 1; }, unused);
  expectMessage([](Program &p) { find(p, Opcode::Halt).a = noOperand; },
                unused);
}

TEST(ISA, I3_OperandsExist) {
  expectMessage([](Program &p) { find(p, Opcode::SAdd).a = 64 + 4; },
                "operand a is constant 4, the table has 4");
  expectMessage([](Program &p) { find(p, Opcode::SAdd).a = noOperand; },
                "operand a needs a register or constant");
  expectMessage([](Program &p) { find(p, Opcode::Loop).a = noOperand; },
                "the count needs a register or constant");
  expectMessage([](Program &p) { find(p, Opcode::SAdd).dst = 64; },
                "there are 64 registers");
  expectMessage([](Program &p) { find(p, Opcode::Fma).c = 64; },
                "there are 64 descriptors");
  expectMessage([](Program &p) { find(p, Opcode::Fma).predicate = 100; },
                "the predicate is constant 36");
  expectMessage([](Program &p) { find(p, Opcode::Dsf).flags = 4; },
                "unknown flags");
  expectMessage([](Program &p) { find(p, Opcode::Mov).opcode = Opcode(29); },
                "unknown opcode 29");
}

TEST(ISA, I5_ResourcesExist) {
  expectMessage([](Program &p) { find(p, Opcode::Wait).engine = 200; },
                "engines");
  expectMessage([](Program &p) { find(p, Opcode::Fma).engine = 200; },
                "engines");
  expectMessage([](Program &p) { find(p, Opcode::Epoch).imm = 2; },
                "the program has 2 route tables");
  expectMessage([](Program &p) { find(p, Opcode::Dsm).object = 5; },
                "the program has 5 objects");
  // The message names class, instruction and location.
  EXPECT_EQ(verify([](Program &p) { find(p, Opcode::Dsm).object = 5; }),
            "class 'first \"class\"', instruction 16 (dsm d0, f16 o5[1024]) at "
            "b: the program has 5 objects");
}

TEST(ISA, I20_RouteClasses) {
  auto change = [](auto edit) {
    return [edit](Program &p) { edit(p.routeTables[0].classes[0]); };
  };
  expectMessage(change([](auto &routes) { routes[1].colour = 0; }),
                "not in ascending order or has two routes");
  expectMessage(change([](auto &routes) { routes[1].colour = 60; }),
                "colour 60, programs have colours 0 to");
  expectMessage(change([](auto &routes) { routes[1].outputs = 0; }),
                "needs outputs other than its input");
  expectMessage(change([](auto &routes) { routes[1].outputs |= 2; }),
                "needs outputs other than its input");
}

TEST(ISA, I21_LinksAgree) {
  expectMessage([](Program &p) { p.routeTables[0].classOf[2] = 3; },
                "colour 0 leaves by the east port of router (1, 0), where no "
                "router takes it");
  expectMessage([](Program &p) { p.routeTables[0].classOf[0] = 3; },
                "colour 0 enters by the west port of router (1, 0), where no "
                "router sends it");
  expectMessage([](Program &p) { p.routeTables[0].classes[0][0].outputs = 1; },
                "colour 0 leaves by the north port of router (0, 0)");
  expectMessage([](Program &p) { p.routeTables[1].classOf[5] = 1; },
                "router class 1 of 1");
}

TEST(ISA, I22_NoRings) {
  Program program = parse(R"(
device "tiny" mesh 2 2
class "c" { halt }
routes of [0, 1, 2, 3]
  router route 0 south to east
  router route 0 west to south
  router route 0 east to north
  router route 0 north to west
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)");
  EXPECT_EQ(messageOf(verifyProgram(program)),
            "route table 0: 4 routes form rings that no core sends into");
}

TEST(ISA, I23_Queues) {
  expectMessage([](Program &p) { p.machine.inputQueues = 1; },
                "needs 2 input and 0 output queues, 'tiny' has 1");
  expectMessage([](Program &p) { p.machine.outputQueues = 0; },
                "needs 1 input and 1 output queues");
}

TEST(ISA, I62_Memory) {
  expectMessage([](Program &p) { p.objects[4].address = 1602; },
                "not a multiple of 4");
  expectMessage([](Program &p) { p.objects[4].bytes = 1 << 20; },
                "object 'tmp2': ends at byte");
  expectMessage([](Program &p) { std::swap(p.objects[1], p.objects[2]); },
                "have to ascend by address");
  expectMessage([](Program &p) { p.objects[3].kind = Object::Kind::State; },
                "objects 'tmp' and 'tmp2' overlap");
  expectMessage([](Program &p) { find(p, Opcode::Dsm).object = 0; },
                "object 'code' is code");
  // Code counts without an object for it.
  EXPECT_EQ(verify([](Program &p) {
              p.machine.sramBytes = 1696;
              p.machine.reservedSramBytes = 0;
            }),
            "");
  expectMessage(
      [](Program &p) {
        p.machine.sramBytes = 1696;
        p.machine.reservedSramBytes = 0;
        p.objects[0].bytes = 16;
      },
      "code and objects need");
  // Code and constants with objects for them count once.
  EXPECT_EQ(
      verify([](Program &p) {
        auto code = static_cast<uint32_t>(p.classes[0].code.size() *
                                          sizeof(Instruction));
        auto constants = static_cast<uint32_t>(4 * p.constants.size());
        uint32_t end = 0;
        for (const Object &object : p.objects)
          end = std::max(end, object.address + object.bytes);
        p.objects.push_back({"constants", Object::Kind::Table, end, constants});
        p.objects.push_back({"all", Object::Kind::Code, end + constants, code});
        p.machine.sramBytes = end + constants + code;
        p.machine.reservedSramBytes = 0;
      }),
      "");
}

TEST(Verify, Tensors) {
  auto change = [](auto edit) {
    return [edit](Program &p) { edit(p.tensors[0]); };
  };
  expectMessage(change([](Tensor &t) { t.object = 9; }), "object 9 of 5");
  expectMessage(change([](Tensor &t) {
                  t.object = 2;
                  t.type = ElementType::F32;
                }),
                "a tile has 128 bytes, object 'x' 64");
  expectMessage(change([](Tensor &t) {
                  t.placement.dims[0].axis = Axis::X;
                  t.placement.dims[1].segmentFactor.reset();
                  t.placement.dims[1].order = BlockOrder::Skewed;
                  t.placement.dims[2].kind = DimSplit::Kind::Balanced;
                  t.placement.dims[2].order = BlockOrder::Skewed;
                }),
                "two dimensions are skewed");
  auto setBatch = [](Tensor &t, unsigned dim) {
    t.placement.dims[dim] = DimSplit();
    t.placement.dims[dim].kind = DimSplit::Kind::Batch;
    t.placement.dims[dim].factors = {1};
  };
  expectMessage(change([&](Tensor &t) { setBatch(t, 2); }),
                "dimension 2 is a batch, which only the outermost one can be");
  expectMessage(change([&](Tensor &t) {
                  setBatch(t, 0);
                  setBatch(t, 1);
                }),
                "dimension 1 is a batch, which only the outermost one can be");
  expectMessage(change([&](Tensor &t) {
                  setBatch(t, 1);
                  t.placement.dims[1].factors = {1, 1};
                }),
                "dimension 1 is a batch of several factors");
  expectMessage(change([](Tensor &t) { t.placement.order = {0, 1, 1}; }),
                "its order is no permutation");
  expectMessage(change([](Tensor &t) { t.sourceOrder = {0}; }),
                "its source order is no permutation");
  expectMessage(change([](Tensor &t) { t.sources.pop_back(); }),
                "1 sources, expected 2");
  expectMessage(change([](Tensor &t) { t.sources[1].bytes = 4; }),
                "of 3 in the binary");
  expectMessage(change([](Tensor &t) { t.sources[0].file = 1; }),
                "file 1 of 1");
  expectMessage(change([](Tensor &t) { t.placement.dims[2].axis = Axis::Y; }),
                "two dimensions are cut along one axis");
  expectMessage(change([](Tensor &t) { t.placement.dims[1].factors = {0}; }),
                "has factors whose product");
  expectMessage(change([](Tensor &t) { t.placement.dims[1].innerFactor = 0; }),
                "wrong segment factor");
  expectMessage(change([](Tensor &t) { t.placement.order = {1, 0, 2}; }),
                "whole and outermost");
}

TEST(Verify, Rest) {
  expectMessage([](Program &p) { p.mesh.rows = 0; }, "the mesh has 3x0 cores");
  expectMessage([](Program &p) { p.classOf.pop_back(); },
                "core classes for 5 cores");
  expectMessage([](Program &p) { p.constants[1].values.pop_back(); },
                "2 values do not fit its kind");
  expectMessage([](Program &p) { p.launches[0].entry.pop_back(); },
                "1 entries for 2 core classes");
  expectMessage([](Program &p) { p.launches[0].routeTable = 2; },
                "route table 2 of 2");
  expectMessage([](Program &p) { p.launches[0].inputs[0] = 2; },
                "tensor 2 of 2");
  expectMessage([](Program &p) { p.launches[0].parameters.resize(64); },
                "64 parameters");
}

TEST(Verify, Reports) {
  Program program = makeSample();
  RouteUse use = getRouteUse(program, program.routeTables[0]);
  EXPECT_EQ(use.colours, 2u);
  EXPECT_EQ(use.totalColours, 2u);
  EXPECT_EQ(use.inputQueues, 2u);
  EXPECT_EQ(use.outputQueues, 1u);
  EXPECT_EQ(getSramHighWater(program), 1696u);
}
