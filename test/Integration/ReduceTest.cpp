//===- ReduceTest.cpp - Reductions along all trees ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every tree, on lines of all lengths, to all roots and in segments, and rings:
// results are exact, since sums of small integers are. And auto_gen trees take
// the time that they were built for, which is less than a K-tree's.
//
//===----------------------------------------------------------------------===//

#include "mlir/Parser/Parser.h"
#include "plmr/Analysis/AutoGen.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Emulator/Emulator.h"
#include "plmr/Interpreter/Interpreter.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Timing/Timing.h"
#include "plmr/Verify/Verify.h"
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
  bool isAll = false;  ///< with the broadcast
  bool isHalf = false; ///< elements are f16
  bool isRing = false; ///< instead of the tree
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
  llvm::StringRef element = p.isHalf ? "f16" : "f32";
  std::string placed =
      llvm::formatv("!plmr.placed<tensor<{0}x{1}x{2}>, [{3}, *]>", p.extent,
                    p.words, element, axis);
  std::string tile = llvm::formatv("memref<1x{0}x{1}>", p.words, element);
  std::string with =
      llvm::formatv("{0} segments {1} : {2}",
                    p.isRing ? "dim 1 ring_order" : "tree " + printTree(p.tree),
                    p.segments, tile);
  return llvm::formatv(
      R"(
plmr.mesh @mesh {0} x {1} on "{2}"
plmr.object input @in : {3}
plmr.object output @out : {3}
func.func @main() attributes {{plmr.inputs = [@in], plmr.outputs = [@out], plmr.parameters = []} {{
  %in = plmr.ref @in : {4}
  %out = plmr.ref @out : {4}
  memref.copy %in, %out : {4} to {4}
  plmr.reduce_{9}tile {5} {6} %out {7}
  {8}
  return
})",
      p.isX ? p.extent : 1, p.isX ? 1 : p.extent, p.device, placed, tile,
      p.isMax ? "max" : "sum", axis, with,
      p.isAll ? llvm::formatv("plmr.{0}_tile {1} %out {2}",
                              p.isRing ? "all_gather" : "broadcast", axis, with)
                    .str()
              : "",
      p.isRing ? "scatter_" : "");
}

std::vector<unsigned> getExtents() {
  std::vector<unsigned> extents(17);
  std::iota(extents.begin(), extents.end(), 1);
  extents.insert(extents.end(), {24, 32});
  return extents;
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
    return compile(getModule(p), Level::Tile);
  }

  llvm::Expected<Program> compile(const std::string &text, Level from) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    CompileOptions options;
    options.from = from;
    return compileToProgram(*module, options);
  }

  std::vector<float> makeValues(int64_t count) {
    std::vector<float> values(count);
    for (float &value : values)
      value = static_cast<float>(pick(-9, 9));
    return values;
  }

  using Tensors = std::map<std::string, std::vector<float>>;

  /// The outputs of a program.
  Tensors run(Program program, const Tensors &inputs) {
    LaunchVerdict verdict =
        check(verifyLaunch(program, program.launches[0], {}));
    for (const Finding &finding : verdict.findings)
      ADD_FAILURE() << finding.text;
    check(timeLaunch(program, program.launches[0], {}));
    auto shared = std::make_shared<const Program>(std::move(program));
    auto emulator = check(Emulator::create(shared, EmulatorMode::Check));
    for (const auto &[name, values] : inputs)
      check(emulator->writeTensor(name, values));
    check(emulator->run(shared->launches[0], {}));
    Tensors outputs;
    for (unsigned output : shared->launches[0].outputs) {
      const std::string &name = shared->tensors[output].name;
      outputs[name] = check(emulator->readTensor(name));
    }
    return outputs;
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
    std::vector<float> values = makeValues(p.extent * p.words);
    std::vector<float> actual =
        run(std::move(*program), {{"in", values}})["out"];
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

  /// The outputs of a module of the mesh level are `expected`, as it stands, as
  /// tiles and as a program.
  void expectAtAllLevels(const std::string &text, const Tensors &inputs,
                         const Tensors &expected) {
    SCOPED_TRACE(text);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    auto expectInterpreted = [&](auto create) {
      auto interpreter = check(create(*module));
      check(interpreter->run("main", {inputs, {}, {}}));
      for (const auto &[name, values] : expected)
        EXPECT_EQ(check(interpreter->read(name)), values) << name;
    };
    expectInterpreted(interpreter::createMeshInterpreter);
    CompileOptions options;
    options.from = Level::Mesh, options.level = Level::Tile;
    check(compileModule(*module, options));
    expectInterpreted(interpreter::createTileInterpreter);
    EXPECT_EQ(run(check(compile(text, Level::Mesh)), inputs), expected);
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
  for (unsigned extent : getExtents())
    for (Kind kind : kinds)
      for (int round = 0; round != 4; ++round) {
        Problem p;
        p.extent = extent;
        p.segments = pick(0, 2) ? 1 : pick(1, extent);
        p.words = pick(1, 20);
        p.isX = pick(0, 1), p.isMax = pick(0, 1), p.isAll = pick(0, 1);
        p.isHalf = pick(0, 1);
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

TEST_F(Reduce, RingIsExactOnAllLines) {
  for (unsigned extent : getExtents())
    for (int round = 0; round != 6; ++round) {
      Problem p;
      p.extent = extent;
      p.segments = pick(0, 2) ? 1 : pick(1, extent);
      p.words = pick(1, 40); // fewer than cores, too: some blocks are empty
      p.isX = pick(0, 1), p.isMax = pick(0, 1), p.isHalf = pick(0, 1);
      p.isAll = p.isRing = true;
      EXPECT_TRUE(expectExact(p));
    }
}

/// What every core of a mesh has is a matrix [m x n], which is reduced along
/// one axis and cut along the other one.
struct MatrixProblem {
  unsigned columns = 1, rows = 1;
  int64_t m = 1, n = 1;
  bool isX = false; ///< reduced along x
  bool isMax = false;
  unsigned cut = 0; ///< the dimension that is cut along the reduced axis
  std::string order, element = "f32", how;
};

/// Reduces with all_reduce, and with reduce_scatter and all_gather.
std::string getModule(const MatrixProblem &p) {
  std::string axis = p.isX ? "x" : "y", other = p.isX ? "y" : "x";
  std::string whole[] = {other, other}, cut[] = {other, other};
  whole[p.cut] = "*", cut[p.cut] = p.order + axis;
  unsigned extent = p.isX ? p.columns : p.rows;
  bool isHalf = p.element == "f16";
  auto tile = [&](bool isInput) {
    int64_t sizes[] = {p.m, p.n};
    unsigned cores = p.isX ? p.rows : p.columns;
    int64_t &size = sizes[1 - p.cut];
    size = (size + cores - 1) / cores;
    return llvm::formatv("tensor<{0}{1}x{2}x{3}>", isInput ? "1x" : "",
                         sizes[0], sizes[1], p.element)
        .str();
  };
  return llvm::formatv(
      R"(
!in = !plmr.placed<tensor<{0}x{1}x{2}x{3}>, [{4}, {5}, {6}]>
!partial = !plmr.placed<tensor<{1}x{2}x{3}>, [{5}, {6}], partial<{7} {4}>>
!whole = !plmr.placed<tensor<{1}x{2}x{3}>, [{5}, {6}]>
!cut = !plmr.placed<tensor<{1}x{2}x{3}>, [{8}, {9}]>
plmr.mesh @mesh {10} x {11} on "lab"
plmr.object input @in : !in
plmr.object output @reduced : !whole
plmr.object output @scattered : !cut
plmr.object output @gathered : !whole
func.func @main() attributes {{plmr.inputs = [@in], plmr.outputs = [@reduced, @scattered, @gathered], plmr.parameters = []} {{
  %in = plmr.load @in : !in
  %p = plmr.local (%t = %in) : (!in) -> (!partial) tiles ({12}) {{
    %m = tensor.collapse_shape %t [[0, 1], [2]] : {12} into {13}
    plmr.yield %m : {13}
  }
  %r = plmr.all_reduce %p {14} {15} : (!partial) -> (!whole)
  plmr.store %r, @reduced : !whole
  %s = plmr.reduce_scatter %p {15} : !partial -> !cut
  plmr.store %s, @scattered : !cut
  %g = plmr.all_gather %s : !cut -> !whole
  plmr.store %g, @gathered : !whole
  return
})",
      extent, p.m, p.n, p.element, axis, whole[0], whole[1],
      p.isMax ? "max" : "sum", cut[0], cut[1], p.columns, p.rows, tile(true),
      tile(false), p.how, isHalf && !p.isMax ? "accumulate f16" : "");
}

TEST_F(Reduce, ScattersAndGathersOnAllMeshes) {
  constexpr const char *ways[] = {"ring", "tree <chain>", "tree <ktree [2]>"};
  for (int round = 0; round != 60; ++round) {
    MatrixProblem p;
    p.columns = pick(1, 7), p.rows = pick(1, 7);
    p.m = pick(1, 9), p.n = pick(1, 9);
    p.isX = pick(0, 1), p.isMax = pick(0, 1), p.cut = pick(0, 1);
    p.order = pick(0, 1) ? "ring " : "";
    p.element = pick(0, 1) ? "f16" : "f32";
    p.how = ways[round % std::size(ways)];
    std::string text = getModule(p);
    unsigned extent = p.isX ? p.columns : p.rows;
    std::vector<float> in = makeValues(extent * p.m * p.n);
    std::vector<float> expected(in.begin(), in.begin() + p.m * p.n);
    for (int64_t at = p.m * p.n; at != static_cast<int64_t>(in.size()); ++at) {
      float &value = expected[at % (p.m * p.n)];
      value = p.isMax ? std::max(value, in[at]) : value + in[at];
    }
    expectAtAllLevels(text, {{"in", in}},
                      {{"reduced", expected},
                       {"scattered", expected},
                       {"gathered", expected}});
  }
}

/// Every core's vector of `n`, summed over both axes: by all_reduce along
/// either, or cut along x and put together again.
std::string getModuleOfBothAxes(unsigned columns, unsigned rows, int64_t n,
                                bool isMax, bool xFirst, llvm::StringRef how) {
  return llvm::formatv(
      R"(
!in = !plmr.placed<tensor<{0}x{1}x{2}xf32>, [y, x, *]>
!both = !plmr.placed<tensor<{2}xf32>, [*], partial<{3} {4} then <{3} {5}>>>
!one = !plmr.placed<tensor<{2}xf32>, [*], partial<{3} {5}>>
!blocks = !plmr.placed<tensor<{2}xf32>, [{4}], partial<{3} {5}>>
!cut = !plmr.placed<tensor<{2}xf32>, [{4}]>
!whole = !plmr.placed<tensor<{2}xf32>, [*]>
plmr.mesh @mesh {1} x {0} on "lab"
plmr.object input @in : !in
plmr.object output @reduced : !whole
plmr.object output @gathered : !whole
func.func @main() attributes {{plmr.inputs = [@in], plmr.outputs = [@reduced, @gathered], plmr.parameters = []} {{
  %in = plmr.load @in : !in
  %p = plmr.local (%t = %in) : (!in) -> (!both) tiles (tensor<1x1x{2}xf32>) {{
    %m = tensor.collapse_shape %t [[0, 1, 2]] : tensor<1x1x{2}xf32> into tensor<{2}xf32>
    plmr.yield %m : tensor<{2}xf32>
  }
  %a = plmr.all_reduce %p {6} : (!both) -> !one
  %r = plmr.all_reduce %a {6} : (!one) -> !whole
  plmr.store %r, @reduced : !whole
  %b = plmr.reduce_scatter %p : !both -> !blocks
  %c = plmr.all_reduce %b {6} : (!blocks) -> !cut
  %g = plmr.all_gather %c : !cut -> !whole
  plmr.store %g, @gathered : !whole
  return
})",
      rows, columns, n, isMax ? "max" : "sum", xFirst ? 'x' : 'y',
      xFirst ? 'y' : 'x', how);
}

TEST_F(Reduce, AlongBothAxesIsExactOnAllMeshes) {
  constexpr const char *ways[] = {"ring", "tree <chain>", "tree <ktree [2]>"};
  for (int round = 0; round != 60; ++round) {
    unsigned columns = pick(1, 7), rows = pick(1, 7);
    int64_t n = pick(1, 12);
    bool isMax = pick(0, 1);
    std::string text = getModuleOfBothAxes(columns, rows, n, isMax, pick(0, 1),
                                           ways[round % std::size(ways)]);
    std::vector<float> in = makeValues(columns * rows * n);
    std::vector<float> expected(in.begin(), in.begin() + n);
    for (int64_t at = n; at != static_cast<int64_t>(in.size()); ++at) {
      float &value = expected[at % n];
      value = isMax ? std::max(value, in[at]) : value + in[at];
    }
    expectAtAllLevels(text, {{"in", in}},
                      {{"reduced", expected}, {"gathered", expected}});
  }
}

/// The maximum of every core's vector and its index, both counted from 0.
TEST_F(Reduce, MaximaHaveTheirLowestIndex) {
  constexpr const char *ways[] = {"ring", "tree <star>", "tree <ktree [2]>"};
  constexpr float inf = std::numeric_limits<float>::infinity();
  static constexpr float most = std::numeric_limits<float>::max();
  // Ties, infinities, neighbours and what is subnormal.
  constexpr float some[] = {0,         -0.0f,      1,       1 + 0x1p-23f,
                            -inf,      inf,        -most,   -1e30f,
                            0x1p-149f, -0x1p-149f, most / 2};
  for (int round = 0; round != 60; ++round) {
    unsigned cores = pick(1, 9);
    int64_t n = pick(1, 7);
    std::string text = llvm::formatv(
        R"(
!in = !plmr.placed<tensor<{0}x{1}xf32>, [y, *]>
!partial = !plmr.placed<tensor<{1}xf32>, [*], partial<max y>>
!whole = !plmr.placed<tensor<{1}xf32>, [*]>
plmr.mesh @mesh 2 x {0} on "lab"
plmr.object input @in : !in
plmr.object input @indices : !in
plmr.object output @max : !whole
plmr.object output @index : !whole
func.func @main() attributes {{plmr.inputs = [@in, @indices], plmr.outputs = [@max, @index], plmr.parameters = []} {{
  %in = plmr.load @in : !in
  %i = plmr.load @indices : !in
  %p:2 = plmr.local (%t = %in, %u = %i) : (!in, !in) -> (!partial, !partial) tiles (tensor<1x{1}xf32>, tensor<1x{1}xf32>) {{
    %m = tensor.collapse_shape %t [[0, 1]] : tensor<1x{1}xf32> into tensor<{1}xf32>
    %n = tensor.collapse_shape %u [[0, 1]] : tensor<1x{1}xf32> into tensor<{1}xf32>
    plmr.yield %m, %n : tensor<{1}xf32>, tensor<{1}xf32>
  }
  %r:2 = plmr.all_reduce %p#0, %p#1 with_index {2} : (!partial, !partial) -> (!whole, !whole)
  plmr.store %r#0, @max : !whole
  plmr.store %r#1, @index : !whole
  return
})",
        cores, n, ways[round % std::size(ways)]);
    std::vector<float> in(cores * n), indices(cores * n);
    for (auto [value, index] : llvm::zip(in, indices)) {
      value = some[pick(0, std::size(some) - 1)];
      index = static_cast<float>(pick(0, (1 << 24) - 1));
    }
    std::vector<float> max(n, -inf), lowest(n, inf);
    for (int64_t at = 0; at != static_cast<int64_t>(in.size()); ++at)
      max[at % n] = std::max(max[at % n], in[at]);
    auto limit = [](float value) { return std::clamp(value, -most, most); };
    for (int64_t at = 0; at != static_cast<int64_t>(in.size()); ++at)
      if (limit(in[at]) == limit(max[at % n]))
        lowest[at % n] = std::min(lowest[at % n], indices[at]);
    expectAtAllLevels(text, {{"in", in}, {"indices", indices}},
                      {{"max", max}, {"index", lowest}});
  }
}

/// f16 has 11 bits: 2048 + 1 is 2048 there, and 2048 + 1 + 1 depends on where
/// it is rounded.
TEST_F(Reduce, SumsOfHalvesAreFormedInF32) {
  for (const char *how : {"ring", "tree <chain root 2>"})
    for (bool isF16 : {false, true}) {
      MatrixProblem p;
      p.rows = 3;
      p.element = "f16", p.how = how;
      std::string text = getModule(p);
      if (!isF16)
        for (size_t at; (at = text.find("accumulate f16")) != text.npos;)
          text.erase(at, strlen("accumulate f16"));
      std::vector<float> expected{isF16 ? 2048.0f : 2050.0f};
      // Neither adds the last two to each other first.
      for (const auto &[name, values] :
           run(check(compile(text, Level::Mesh)), {{"in", {2048, 1, 1}}}))
        EXPECT_EQ(values, expected) << name << text;
    }
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

/// A ring passes each word twice, the tree's root takes it from either side and
/// sends it; but a ring's steps are many.
TEST_F(Reduce, RingsAreFasterForLongMessages) {
  for (const char *device : {"wse2", "wse3"}) {
    Machine machine = check(getBuiltinMachine(device));
    auto isRingFaster = [&](unsigned extent, int64_t words) {
      Problem p;
      p.device = device;
      p.extent = extent, p.words = words;
      p.isAll = true;
      p.tree = {Kind::AutoGen, getTreeCosts(machine, words, 7).getParameters()};
      uint64_t tree = getTicks(p);
      p.isRing = true;
      return getTicks(p) < tree;
    };
    EXPECT_FALSE(isRingFaster(4, 16)) << device;
    EXPECT_TRUE(isRingFaster(4, 256)) << device;
    EXPECT_FALSE(isRingFaster(16, 256)) << device;
    EXPECT_TRUE(isRingFaster(16, 2048)) << device;
    EXPECT_FALSE(isRingFaster(64, 2048)) << device;
  }
}

} // namespace
