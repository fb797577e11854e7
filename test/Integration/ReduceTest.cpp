//===- ReduceTest.cpp - Reductions along all trees ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every tree, on lines of all lengths, to all roots and in segments: results
// are exact, since sums of small integers are. And auto_gen trees take the time
// that they were built for, which is less than a K-tree's.
//
//===----------------------------------------------------------------------===//

#include "mlir/Parser/Parser.h"
#include "plmr/Analysis/AutoGen.h"
#include "plmr/Emulator/Emulator.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Timing/Timing.h"
#include "gmock/gmock.h"
#include <random>

using namespace plmr;
using Kind = TreeShape::Kind;

namespace {

const llvm::ExitOnError check("unexpected error: ");

/// A reduction of a vector of `words` words on each core of a line.
struct Problem {
  std::string device = "lab";
  unsigned extent = 1, segments = 1;
  int64_t words = 1;
  bool isX = false, isMax = false;
  bool isAll = false; ///< with the broadcast
  TreeShape tree = {};
};

std::string printTree(const TreeShape &tree) {
  std::string text = "<" + stringify(tree.kind).str();
  if (!tree.parameters.empty())
    text +=
        llvm::formatv(" [{0:$[, ]}]", llvm::make_range(tree.parameters.begin(),
                                                       tree.parameters.end()));
  if (tree.root >= 0)
    text += " root " + std::to_string(tree.root);
  return text + ">";
}

/// What a core has is a row of the argument and of the result.
std::string getModule(const Problem &p) {
  char axis = p.isX ? 'x' : 'y';
  std::string placed = llvm::formatv(
      "!plmr.placed<tensor<{0}x{1}xf32>, [{2}, *]>", p.extent, p.words, axis);
  std::string tile = llvm::formatv("memref<1x{0}xf32>", p.words);
  std::string with = llvm::formatv("tree {0} segments {1} : {2}",
                                   printTree(p.tree), p.segments, tile);
  return llvm::formatv(
      R"(
plmr.mesh @mesh {0} x {1} on "{2}"
plmr.object input @in : {3}
plmr.object output @out : {3}
func.func @main() attributes {{plmr.inputs = [@in], plmr.outputs = [@out], plmr.parameters = []} {{
  %in = plmr.ref @in : {4}
  %out = plmr.ref @out : {4}
  memref.copy %in, %out : {4} to {4}
  plmr.reduce_tile {5} {6} %out {7}
  {8}
  return
})",
      p.isX ? p.extent : 1, p.isX ? 1 : p.extent, p.device, placed, tile,
      p.isMax ? "max" : "sum", axis, with,
      p.isAll
          ? llvm::formatv("plmr.broadcast_tile {0} %out {1}", axis, with).str()
          : "");
}

class Reduce : public testing::Test {
protected:
  Reduce() {
    mlir::DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.disableMultithreading();
  }

  int64_t pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }

  llvm::Expected<Program> compile(const Problem &p) {
    auto module =
        mlir::parseSourceString<mlir::ModuleOp>(getModule(p), &context);
    EXPECT_TRUE(module);
    CompileOptions options;
    options.from = Level::Tile;
    return compileToProgram(*module, options);
  }

  /// Whether the device has the queues and colours for it.
  bool expectExact(const Problem &p) {
    SCOPED_TRACE(getModule(p));
    llvm::Expected<Program> program = compile(p);
    if (!program) {
      bool isBudget = program.errorIsA<BudgetError>();
      std::string message = llvm::toString(program.takeError());
      EXPECT_TRUE(isBudget) << message;
      return false;
    }
    auto shared = std::make_shared<const Program>(std::move(*program));
    auto emulator = check(Emulator::create(shared, EmulatorMode::Check));
    std::vector<float> values(p.extent * p.words);
    for (float &value : values)
      value = static_cast<float>(pick(-9, 9));
    check(emulator->writeTensor("in", values));
    check(emulator->run(shared->launches[0], {}));
    std::vector<float> actual = check(emulator->readTensor("out"));
    Segments line{p.extent, p.segments};
    for (unsigned s = 0; s != line.getCount(); ++s) {
      unsigned begin = line.getBegin(s), end = line.getBegin(s + 1);
      for (int64_t word = 0; word != p.words; ++word) {
        float expected = values[begin * p.words + word];
        for (unsigned core = begin + 1; core != end; ++core) {
          float value = values[core * p.words + word];
          expected = p.isMax ? std::max(expected, value) : expected + value;
        }
        for (unsigned core = begin; core != end; ++core)
          if (p.isAll || core == begin + p.tree.getRoot(end - begin))
            EXPECT_EQ(actual[core * p.words + word], expected)
                << "core " << core;
      }
    }
    return true;
  }

  uint64_t getTicks(const Problem &p) {
    Program program = check(compile(p));
    return check(timeLaunch(program, program.launches[0], {})).ticks;
  }

  mlir::MLIRContext context;
  std::mt19937 random{3};
};

TEST_F(Reduce, IsExactOnAllLinesToAllRoots) {
  Machine lab = check(getBuiltinMachine("lab"));
  constexpr Kind kinds[] = {Kind::Chain,    Kind::Star,  Kind::BinaryTree,
                            Kind::TwoPhase, Kind::KTree, Kind::AutoGen};
  std::map<Kind, unsigned> counts;
  std::vector<unsigned> extents(17);
  std::iota(extents.begin(), extents.end(), 1);
  extents.insert(extents.end(), {24, 32});
  for (unsigned extent : extents)
    for (Kind kind : kinds)
      for (int round = 0; round != 4; ++round) {
        Problem p;
        p.extent = extent;
        p.segments = pick(0, 2) ? 1 : pick(1, extent);
        p.words = pick(1, 20);
        p.isX = pick(0, 1), p.isMax = pick(0, 1), p.isAll = pick(0, 1);
        p.tree.kind = kind;
        Segments line{extent, p.segments};
        if (kind == Kind::KTree)
          p.tree.parameters = getKTreeGroups(line.getMaxWidth(), pick(1, 4));
        else if (kind == Kind::AutoGen)
          p.tree.parameters =
              getTreeCosts(lab, p.words, pick(2, 8)).getParameters();
        p.tree.root = pick(-1, extent / p.segments - 1);
        counts[kind] += expectExact(p);
      }
  for (Kind kind : kinds)
    EXPECT_GE(counts[kind], 30u) << stringify(kind).str();
}

TEST_F(Reduce, AutoGenTakesTheTimeItIsBuiltFor) {
  for (const char *device : {"wse2", "wse3"}) {
    Machine machine = check(getBuiltinMachine(device));
    for (unsigned extent : {16, 45, 180, 360, 720})
      for (int64_t words : {1, 12, 64, 1024}) {
        Problem p;
        p.device = device;
        p.extent = extent, p.words = words;
        TreeCosts costs = getTreeCosts(machine, words, 7);
        p.tree = {Kind::AutoGen, costs.getParameters()};
        uint64_t autoGen = getTicks(p);
        p.tree = {Kind::KTree, getKTreeGroups(extent, 2)};
        uint64_t ktree = getTicks(p);
        // What is not the tree's: the copy, a first and a last message.
        p.extent = 2;
        p.tree = {Kind::Chain, {}};
        uint64_t rest = getTicks(p) - plmr::getTicks(p.tree.build(2), costs);
        uint64_t optimum =
            buildFastestTree(extent, extent / 2, costs).ticks + rest;
        EXPECT_LE(autoGen, ktree) << device << " " << extent << " " << words;
        // Links that messages share, and what a core steps over.
        EXPECT_LE(autoGen, optimum * 1.06)
            << device << " " << extent << " " << words;
      }
  }
}

} // namespace
