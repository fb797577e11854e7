//===- FaultsTest.cpp - Faults are caught and named -----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// An earlier system of this kind took three weeks to find its faults, since
// only whole outputs were compared. Each of them is seeded here, by its number,
// in what a correct graph is compiled to; the comparison must name the
// operation. (#14 is no fault here: see AgreementTest.)
//
//===----------------------------------------------------------------------===//

#include "Levels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "gmock/gmock.h"
#include <set>

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;

namespace {

bool isNamed(Operation *op, StringRef name) {
  auto loc = dyn_cast<NameLoc>(op->getLoc());
  return loc && loc.getName() == name;
}

/// The first operation of a kind, and of a name if one is given.
template <typename OpTy>
OpTy find(
    ModuleOp module, StringRef name = "",
    llvm::function_ref<bool(OpTy)> accepts = [](OpTy) { return true; }) {
  OpTy found;
  module.walk([&](OpTy op) {
    if (!found && (name.empty() || isNamed(op, name)) && accepts(op))
      found = op;
  });
  EXPECT_TRUE(found) << name.str();
  return found;
}

/// Decodes `positions` vectors of magnitude `scale`.
std::unique_ptr<Golden> decode(const Levels &levels, GoldenMode mode,
                               int64_t positions, float scale = 1) {
  auto golden = levels.createGolden({mode, 1e-4});
  Random random(17);
  for (int64_t position = 0; position != positions; ++position) {
    Inputs inputs = makeInputs(ModuleOp(*levels.graph), "decode", random);
    for (float &value : inputs.tensors["x"])
      value *= scale;
    inputs.parameters["position"] = position;
    check(golden->launch("decode", inputs));
  }
  return golden;
}

/// Decodes with the fault that `change` gives the compiler.
std::unique_ptr<Golden> decodeWith(Levels::Change change,
                                   GoldenMode mode = GoldenMode::Isolated,
                                   float scale = 1) {
  static std::vector<std::unique_ptr<Levels>> kept; // goldens refer to them
  kept.push_back(Levels::fromModel("3x3"));
  kept.back()->compile(change);
  return decode(*kept.back(), mode, 2, scale);
}

void expectFirst(const Golden &golden, const std::string &operation,
                 LevelPair pair) {
  ASSERT_TRUE(golden.getFirst());
  EXPECT_EQ(golden.getFirst()->operation, operation);
  EXPECT_EQ(golden.getFirst()->pair, pair) << golden.getFirst()->print();
  EXPECT_THAT(golden.getFirst()->print(), testing::HasSubstr(operation));
}

/// The operations above the tolerance between a pair of levels.
std::set<std::string> getFaulty(const Golden &golden, LevelPair pair) {
  std::set<std::string> faulty;
  for (const Difference &worst : golden.getWorst())
    if (worst.pair == pair && worst.relative > 1e-4)
      faulty.insert(worst.operation);
  return faulty;
}

TEST(Faults, DivergenceIsNamedInFull) {
  auto golden = decodeWith([](ModuleOp module) {
    find<llm::RopeOp>(module, "blk.rope_k").setBase(APFloat(5000.0f));
  });
  ASSERT_TRUE(golden->getFirst());
  // At position 0 nothing is rotated.
  EXPECT_EQ(golden->getFirst()->launch, 1u);
  EXPECT_THAT(golden->getFirst()->layer, testing::ElementsAre(0));
  EXPECT_THAT(golden->getFirst()->print(),
              testing::MatchesRegex(
                  "'blk.rope_k' of layer 0 in launch 1 of decode: element "
                  "\\([0-9]+\\) on core \\([0-2], [0-2]\\) is .* at the graph "
                  "level but .* at the mesh level, .* of the largest "
                  "magnitude"));
}

TEST(Faults, N1_MissingMask) {
  auto levels = Levels::fromModel("2x3");
  levels->compile();
  levels->program.reset();
  // What lies behind the position is not cut off: with one position on three
  // rows, two rows see a key that does not exist.
  ModuleOp(*levels->mesh).walk([](arith::SelectOp select) {
    select.replaceAllUsesWith(select.getTrueValue());
  });
  auto golden = decode(*levels, GoldenMode::Isolated, 2);
  expectFirst(*golden, "blk.attention", LevelPair::GraphMesh);
}

TEST(Faults, N2_OneBufferForBothNorms) {
  auto golden = decodeWith([](ModuleOp module) {
    find<llm::ParamOp>(module, "blk.ffn_norm").setWeight("attn_norm");
  });
  expectFirst(*golden, "blk.ffn_norm", LevelPair::GraphMesh);
}

TEST(Faults, N3_WeightCutAlongTheWrongAxis) {
  auto levels = Levels::fromModel("3x3");
  levels->compile();
  levels->program.reset();
  // The host scatters by columns what cores use by rows. The tiles have the
  // same shape.
  auto object = find<mesh::ObjectOp>(
      *levels->mesh, "blk.attn_norm",
      [](mesh::ObjectOp op) { return op.getSymName() == "attn_norm.tiles"; });
  mesh::PlacedType type = object.getPlacedType();
  auto columns = mesh::PlacementAttr::get(
      &levels->context,
      {mesh::SplitAttr::getWhole(&levels->context),
       mesh::SplitAttr::getBalanced(&levels->context, mesh::MeshAxis::X)});
  object.setType(type.withPlacement(columns));
  auto golden = decode(*levels, GoldenMode::Isolated, 1);
  expectFirst(*golden, "blk.attn_norm", LevelPair::GraphMesh);
}

/// [6x10] times [10x8] on three columns and two rows.
std::unique_ptr<Levels> makeProduct() {
  auto levels = Levels::fromText(R"(
    func.func @main(%a: tensor<6x10xf32>, %b: tensor<10x8xf32>)
        -> tensor<6x8xf32> {
      %z = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<6x8xf32>
      %f = linalg.fill ins(%z : f32) outs(%e : tensor<6x8xf32>) -> tensor<6x8xf32>
      %c = linalg.matmul ins(%a, %b : tensor<6x10xf32>, tensor<10x8xf32>)
          outs(%f : tensor<6x8xf32>) -> tensor<6x8xf32> loc("product")
      return %c : tensor<6x8xf32>
    })",
                                 "3x2");
  levels->compile();
  levels->program.reset();
  return levels;
}

std::unique_ptr<Golden> multiply(const Levels &levels) {
  auto golden = levels.createGolden({GoldenMode::Isolated, 1e-4});
  Random random(19);
  check(golden->launch("main",
                       makeInputs(ModuleOp(*levels.graph), "main", random)));
  return golden;
}

TEST(Faults, N4_ParityOfDoubleBuffers) {
  auto levels = makeProduct();
  // The half that holds the current block never changes.
  auto yield = find<scf::YieldOp>(*levels->tile, "", [](scf::YieldOp op) {
    return isa<scf::ForOp>(op->getParentOp()) && op.getNumOperands() == 3;
  });
  auto loop = cast<scf::ForOp>(yield->getParentOp());
  yield->setOperand(1, loop.getRegionIterArg(1));
  expectFirst(*multiply(*levels), "product", LevelPair::MeshTile);
}

TEST(Faults, N5_OperandThatIsNotAligned) {
  auto levels = makeProduct();
  auto object = find<mesh::ObjectOp>(*levels->tile, "", [](mesh::ObjectOp op) {
    return op.getPlacedType().getTensor().getDimSize(0) == 10;
  });
  auto natural = mesh::PlacementAttr::get(
      &levels->context,
      {mesh::SplitAttr::getBalanced(&levels->context, mesh::MeshAxis::Y),
       mesh::SplitAttr::getBalanced(&levels->context, mesh::MeshAxis::X)});
  ASSERT_NE(object.getPlacedType().getPlacement(), natural);
  object.setType(object.getPlacedType().withPlacement(natural));
  expectFirst(*multiply(*levels), "product", LevelPair::MeshTile);
}

TEST(Faults, N6_PairsOfRotation) {
  auto golden = decodeWith([](ModuleOp module) {
    find<llm::RopeOp>(module, "blk.rope_q").setKind(llm::RopeKind::Half);
  });
  expectFirst(*golden, "blk.rope_q", LevelPair::GraphMesh);
}

TEST(Faults, N7_AccumulationInF16) {
  auto levels = Levels::fromText(R"(
    func.func @main(%x: tensor<14336xf32>, %w: tensor<14336x4xf32>)
        -> tensor<4xf32> {
      %z = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<4xf32>
      %f = linalg.fill ins(%z : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      %c = linalg.vecmat ins(%x, %w : tensor<14336xf32>, tensor<14336x4xf32>)
          outs(%f : tensor<4xf32>) -> tensor<4xf32> loc("long")
      return %c : tensor<4xf32>
    })",
                                 "2x2");
  levels->compile();
  auto run = [&] {
    auto golden = levels->createGolden({GoldenMode::Isolated, 1e-4});
    Random random(23);
    Inputs inputs = makeInputs(*levels->graph, "main", random);
    for (auto &entry : inputs.tensors) // a sum that grows
      for (float &value : entry.second)
        value = std::fabs(value);
    check(golden->launch("main", inputs));
    return golden;
  };
  EXPECT_FALSE(run()->getFirst());

  levels->program.reset();
  levels->mesh->walk([](arith::AddFOp sum) {
    OpBuilder builder(sum->getContext());
    builder.setInsertionPointAfter(sum);
    Value half = arith::TruncFOp::create(builder, sum.getLoc(),
                                         builder.getF16Type(), sum.getResult());
    Value wide = arith::ExtFOp::create(builder, sum.getLoc(),
                                       builder.getF32Type(), half);
    sum.getResult().replaceAllUsesExcept(wide, half.getDefiningOp());
  });
  auto golden = run();
  expectFirst(*golden, "long", LevelPair::GraphMesh);
  EXPECT_GT(golden->getFirst()->relative, 1e-3);
}

TEST(Faults, N8_ReadBehindTheEnd) {
  auto levels = makeProduct();
  // A part of a buffer begins later than it should.
  auto view = find<memref::SubViewOp>(
      *levels->tile, "product", [](memref::SubViewOp op) {
        return op.getOffsets().size() == 1 && op->getParentOfType<scf::ForOp>();
      });
  OpBuilder builder(view);
  Value far = arith::ConstantIndexOp::create(builder, view.getLoc(), 100);
  view.getOffsetsMutable()[0].set(far);
  auto golden = levels->createGolden({});
  Random random(19);
  llvm::Error error = golden->launch(
      "main", makeInputs(ModuleOp(*levels->graph), "main", random));
  EXPECT_THAT(llvm::toString(std::move(error)),
              testing::AllOf(testing::HasSubstr("tile level"),
                             testing::HasSubstr("core (0, 0)"),
                             testing::HasSubstr("product"),
                             testing::HasSubstr("from 100 on")));
}

TEST(Faults, N9_SumThatStartsWithWhatWasThere) {
  auto levels = Levels::fromModel("3x3");
  levels->compile();
  levels->program.reset();
  find<linalg::FillOp>(*levels->tile, "blk.ffn_gate").erase();
  auto golden = decode(*levels, GoldenMode::Isolated, 1);
  expectFirst(*golden, "blk.ffn_gate", LevelPair::MeshTile);
}

TEST(Faults, N10_OtherEpsilon) {
  auto golden = decodeWith(
      [](ModuleOp module) {
        find<llm::RMSNormOp>(module, "blk.attn_norm").setEps(APFloat(1e-6f));
      },
      GoldenMode::Isolated, /*scale=*/0.01f);
  expectFirst(*golden, "blk.attn_norm", LevelPair::GraphMesh);
}

TEST(Faults, N11_MessageThatNobodySends) {
  auto levels = Levels::fromModel("3x3");
  levels->compile();
  levels->program.reset();
  find<mesh::SendOp>(*levels->tile, "blk.attn_output").erase();
  auto golden = levels->createGolden({});
  Random random(1);
  Inputs inputs = makeInputs(ModuleOp(*levels->graph), "decode", random);
  inputs.parameters["position"] = 0;
  EXPECT_THAT(llvm::toString(golden->launch("decode", inputs)),
              testing::AllOf(testing::HasSubstr("deadlock"),
                             testing::HasSubstr("blk.attn_output"),
                             testing::HasSubstr("core (")));
}

/// Values are projected by the weights of keys.
void swapValueWeights(ModuleOp module) {
  find<llm::ParamOp>(module, "blk.attn_v").setWeight("attn_k");
}

TEST(Faults, N12_ResidualHidesAContribution) {
  // Behind the residual, whose other operand is large, nothing would show.
  auto golden =
      decodeWith(swapValueWeights, GoldenMode::Isolated, /*scale=*/1e6f);
  EXPECT_THAT(getFaulty(*golden, LevelPair::GraphMesh),
              testing::ElementsAre("blk.attn_v"));
  // In the first layer, whose input is that large, even the values that a
  // whole model runs on hide it.
  auto whole =
      decodeWith(swapValueWeights, GoldenMode::Accumulated, /*scale=*/1e6f);
  EXPECT_THAT(getFaulty(*whole, LevelPair::GraphMesh),
              testing::Not(testing::Contains("blk.attn_residual")));
  expectFirst(*whole, "blk.attn_v", LevelPair::GraphMesh);
}

TEST(Faults, N13_IsolationClearsTheOthers) {
  auto isolated = decodeWith(swapValueWeights);
  expectFirst(*isolated, "blk.attn_v", LevelPair::GraphMesh);
  EXPECT_THAT(getFaulty(*isolated, LevelPair::GraphMesh),
              testing::ElementsAre("blk.attn_v"));
  EXPECT_THAT(getFaulty(*isolated, LevelPair::MeshTile), testing::IsEmpty());

  auto accumulated = decodeWith(swapValueWeights, GoldenMode::Accumulated);
  expectFirst(*accumulated, "blk.attn_v", LevelPair::GraphMesh);
  EXPECT_THAT(getFaulty(*accumulated, LevelPair::GraphMesh),
              testing::IsSupersetOf({"blk.attn_v", "blk.attention",
                                     "blk.attn_output", "blk.ffn_norm"}));
}

TEST(Faults, DroppedResidual) {
  auto golden = decodeWith([](ModuleOp module) {
    auto sum = find<arith::AddFOp>(module, "blk.ffn_residual");
    OpBuilder builder(sum);
    Value zero = arith::SubFOp::create(builder, sum.getLoc(), sum.getLhs(),
                                       sum.getLhs());
    sum.setOperand(0, zero);
  });
  expectFirst(*golden, "blk.ffn_residual", LevelPair::GraphMesh);
}

TEST(Faults, NegatedValue) {
  auto levels = Levels::fromModel("3x3");
  levels->compile();
  levels->program.reset();
  // One addition of the tile level subtracts.
  auto nest = find<linalg::GenericOp>(*levels->tile, "blk.attn_residual");
  Operation *sum = &nest.getRegion().front().front();
  ASSERT_TRUE(isa<arith::AddFOp>(sum));
  OpBuilder builder(sum);
  Value difference = arith::SubFOp::create(
      builder, sum->getLoc(), sum->getOperand(0), sum->getOperand(1));
  sum->replaceAllUsesWith(ValueRange(difference));
  sum->erase();
  expectFirst(*decode(*levels, GoldenMode::Isolated, 1), "blk.attn_residual",
              LevelPair::MeshTile);
}

/// Prefill on 3x3, decode on 2x4; compiled.
std::unique_ptr<Levels> makeTwoMeshes() {
  auto levels = Levels::fromModel("3x3", 3, KVPlacement::Cyclic, "2x4");
  levels->compile();
  return levels;
}

/// A prefill of two positions, a hand-over and a decode.
std::unique_ptr<Golden> handOver(const Levels &levels, GoldenMode mode) {
  auto golden = levels.createGolden({mode, 1e-4});
  Random random(29);
  ModuleOp graph(*levels.graph);
  Inputs inputs = makeInputs(graph, "prefill", random);
  inputs.parameters = {{"first", 0}, {"begin", 0}, {"end", 2}};
  inputs.rows = {0, 2};
  check(golden->launch("prefill", inputs));
  inputs = Inputs();
  inputs.parameters["positions"] = 2;
  check(golden->launch("hand_over", inputs));
  inputs = makeInputs(graph, "decode", random);
  inputs.parameters["position"] = 2;
  check(golden->launch("decode", inputs));
  return golden;
}

bool isInHandOver(Operation *op) {
  return op->getParentOfType<func::FuncOp>().getSymName() == "hand_over";
}

TEST(Faults, WeightThatIsNotHandedOver) {
  auto levels = makeTwoMeshes();
  levels->program.reset();
  find<mesh::RedistributeOp>(*levels->mesh, "blk.ffn_up", [](auto move) {
    return isInHandOver(move);
  }).erase();
  auto golden = handOver(*levels, GoldenMode::Isolated);
  expectFirst(*golden, "blk.ffn_up", LevelPair::GraphMesh);
  EXPECT_EQ(golden->getFirst()->function, "decode");
}

TEST(Faults, OneSliceHandedOverForAll) {
  auto levels = makeTwoMeshes();
  levels->program.reset();
  auto copy = find<mesh::RefOp>(*levels->tile, "blk.attn_k", [](auto ref) {
    return isInHandOver(ref) && ref.getObject() == "prefill.attn_k.tiles";
  });
  OpBuilder builder(copy);
  Value first = arith::ConstantIndexOp::create(builder, copy.getLoc(), 0);
  copy.getIndexMutable().assign(first);
  auto golden = handOver(*levels, GoldenMode::Isolated);
  expectFirst(*golden, "decode.attn_k.tiles", LevelPair::MeshTile);
  EXPECT_EQ(golden->getFirst()->function, "hand_over");
  EXPECT_GT(golden->getFirst()->element[0], 0);
  // What follows has the right weights again.
  EXPECT_THAT(getFaulty(*golden, LevelPair::MeshTile),
              testing::ElementsAre("decode.attn_k.tiles"));
}

TEST(Faults, PositionThatIsNotHandedOver) {
  auto levels = makeTwoMeshes();
  levels->program.reset();
  auto func = levels->tile->lookupSymbol<func::FuncOp>("hand_over");
  OpBuilder builder = OpBuilder::atBlockBegin(&func.getBody().front());
  Value one = arith::ConstantIndexOp::create(builder, func.getLoc(), 1);
  func.getArgument(0).replaceAllUsesWith(one);
  auto golden = handOver(*levels, GoldenMode::Accumulated);
  expectFirst(*golden, "decode.k.cache", LevelPair::MeshTile);
  EXPECT_EQ(golden->getFirst()->element[2], 1);
}

TEST(Faults, ProgramThatHandsOverOtherValues) {
  auto levels = makeTwoMeshes();
  Program program = *levels->program;
  // The last copy of the launch computes something in its place.
  auto begin = program.classes[0].code.begin() +
               program.findLaunch("hand_over")->entry[0];
  auto end = std::find_if(
      begin, program.classes[0].code.end(),
      [](const Instruction &i) { return i.opcode == Opcode::Halt; });
  auto copies = llvm::reverse(llvm::make_range(begin, end));
  auto found = llvm::find_if(
      copies, [](const Instruction &i) { return i.opcode == Opcode::Mov; });
  ASSERT_NE(found, copies.end());
  found->opcode = Opcode::Exp;
  levels->program = std::make_shared<Program>(std::move(program));
  auto golden = handOver(*levels, GoldenMode::Isolated);
  expectFirst(*golden, "decode.output.tiles", LevelPair::TileCore);
  EXPECT_EQ(getFaulty(*golden, LevelPair::TileCore).count("logits"), 0u);
}

TEST(Faults, ProgramThatDiffersFromItsTiles) {
  auto levels = Levels::fromModel("3x3");
  levels->compile();
  // One instruction takes the maximum in place of the sum.
  Program program = *levels->program;
  auto code = llvm::reverse(program.classes[0].code);
  auto found = llvm::find_if(
      code, [](Instruction &i) { return i.opcode == Opcode::Add; });
  ASSERT_NE(found, code.end());
  found->opcode = Opcode::Max;
  levels->program = std::make_shared<Program>(std::move(program));
  auto golden = decode(*levels, GoldenMode::Accumulated, 1);
  ASSERT_TRUE(golden->getFirst());
  EXPECT_EQ(golden->getFirst()->pair, LevelPair::TileCore);
}

} // namespace
