//===- AgreementTest.cpp - Levels that are right agree --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Levels.h"
#include "gmock/gmock.h"

using namespace plmr;
using namespace plmr::interpreter;

namespace {

void expectAgreement(const Golden &golden, const std::string &what) {
  if (golden.getFirst())
    ADD_FAILURE() << what << ": " << golden.getFirst()->print();
  EXPECT_FALSE(golden.getWorst().empty()) << what;
}

const GoldenOptions modes[] = {{GoldenMode::Isolated, 1e-4},
                               {GoldenMode::Accumulated, 1e-4}};

/// A chain of products, sums and norms over vectors, as text.
class RandomGraph {
public:
  explicit RandomGraph(Random &random) : random(random) {}

  std::string build() {
    int64_t extent = random.getInt(1, 40);
    addArgument("tensor<" + std::to_string(extent) + "xf32>");
    values.push_back({"%arg0", extent});
    for (int64_t i = random.getInt(2, 6); i != 0; --i)
      addOperation();
    // Its padding is no identity of a sum, so it comes last.
    if (random.getInt(0, 1))
      addUnary("math.exp");
    auto [name, last] = values.back();
    return "func.func @main(" + arguments + ") -> " + getType(last) + " {\n" +
           body + "  return " + name + " : " + getType(last) + "\n}\n";
  }

private:
  static std::string getType(int64_t extent) {
    return "tensor<" + std::to_string(extent) + "xf32>";
  }
  std::string addArgument(const std::string &type) {
    std::string name = "%arg" + std::to_string(numArguments++);
    arguments += (arguments.empty() ? "" : ", ") + name + ": " + type;
    return name;
  }
  std::string addValue(int64_t extent) {
    std::string name = "%v" + std::to_string(values.size());
    values.push_back({name, extent});
    return name;
  }

  void addProduct() {
    auto [x, extent] = values.back();
    int64_t columns = random.getInt(1, 40);
    static const char *elements[] = {"f32", "f16", "bf16"};
    std::string weightType = llvm::formatv(
        "tensor<{0}x{1}x{2}>", extent, columns, elements[random.getInt(0, 2)]);
    std::string weight = addArgument(weightType);
    std::string type = getType(columns), result = addValue(columns);
    body += llvm::formatv(
        "  {0}z = arith.constant 0.0 : f32\n"
        "  {0}e = tensor.empty() : {1}\n"
        "  {0}f = linalg.fill ins({0}z : f32) outs({0}e : {1}) -> {1}\n"
        "  {0} = linalg.vecmat ins({2}, {3} : {4}, {5}) outs({0}f : {1}) -> "
        "{1}\n",
        result, type, x, weight, getType(extent), weightType);
  }

  void addNorm() {
    auto [x, extent] = values.back();
    std::string gain = addArgument(getType(extent));
    body += llvm::formatv("  {0} = llm.rms_norm {1}, {2} eps 1.0e-5 : {3}\n",
                          addValue(extent), x, gain, getType(extent));
  }

  void addUnary(const char *operation) {
    auto [x, extent] = values.back();
    body += llvm::formatv("  {0} = {1} {2} : {3}\n", addValue(extent),
                          operation, x, getType(extent));
  }

  void addElementwise() {
    auto [x, extent] = values.back();
    static const char *binary[] = {"arith.addf", "arith.mulf", "arith.subf",
                                   "arith.maximumf"};
    std::string type = getType(extent), y = x;
    for (auto &[name, other] : values)
      if (other == extent && random.getInt(0, 1))
        y = name;
    if (random.getInt(0, 2) == 0)
      addUnary("arith.negf");
    else
      body += llvm::formatv("  {0} = {1} {2}, {3} : {4}\n", addValue(extent),
                            binary[random.getInt(0, 3)], x, y, type);
  }

  void addOperation() {
    switch (random.getInt(0, 3)) {
    case 0:
      return addElementwise();
    case 1:
      return addNorm();
    default:
      return addProduct();
    }
  }

  Random &random;
  std::string arguments, body;
  unsigned numArguments = 0;
  std::vector<std::pair<std::string, int64_t>> values;
};

TEST(Agreement, RandomGraphsAtAllLevels) {
  Random random(7);
  for (unsigned round = 0; round != 24; ++round) {
    std::string text = RandomGraph(random).build();
    std::string mesh = std::to_string(random.getInt(1, 6)) + "x" +
                       std::to_string(random.getInt(1, 6));
    auto levels = Levels::fromText(text, mesh);
    ASSERT_TRUE(levels) << text;
    levels->compile();
    for (const GoldenOptions &mode : modes) {
      auto golden = levels->createGolden({mode.mode, 1e-3});
      Inputs inputs = makeInputs(*levels->graph, "main", random);
      check(golden->launch("main", inputs));
      expectAgreement(*golden, mesh + "\n" + text);
    }
  }
}

TEST(Agreement, ProductsOfMatrices) {
  Random random(11);
  for (std::string mesh : {"1x1", "2x3", "3x2", "4x4", "5x3", "1x4"}) {
    std::string text = llvm::formatv(
        "func.func @main(%a: tensor<{0}x{1}xf32>, %b: tensor<{1}x{2}xf32>)\n"
        "    -> tensor<{0}x{2}xf32> {{\n"
        "  %z = arith.constant 0.0 : f32\n"
        "  %e = tensor.empty() : tensor<{0}x{2}xf32>\n"
        "  %f = linalg.fill ins(%z : f32) outs(%e : tensor<{0}x{2}xf32>) -> "
        "tensor<{0}x{2}xf32>\n"
        "  %c = linalg.matmul ins(%a, %b : tensor<{0}x{1}xf32>, "
        "tensor<{1}x{2}xf32>) outs(%f : tensor<{0}x{2}xf32>) -> "
        "tensor<{0}x{2}xf32>\n"
        "  return %c : tensor<{0}x{2}xf32>\n}",
        random.getInt(1, 13), random.getInt(1, 29), random.getInt(1, 13));
    auto levels = Levels::fromText(text, mesh);
    ASSERT_TRUE(levels) << text;
    levels->compile();
    for (const GoldenOptions &mode : modes) {
      auto golden = levels->createGolden(mode);
      check(golden->launch("main", makeInputs(*levels->graph, "main", random)));
      expectAgreement(*golden, mesh);
      EXPECT_THAT(golden->getHidden(), testing::IsEmpty());
    }
  }
}

// #14 of the faults that an earlier system had: there are more columns than a
// head has pairs to rotate, which is no fault here.
TEST(Agreement, DecodeOfTheBundledModel) {
  for (std::string mesh : {"1x1", "3x5", "4x4", "17x2"})
    for (const GoldenOptions &mode : modes) {
      auto levels = Levels::fromModel(mesh);
      levels->compile();
      auto golden = levels->createGolden(mode);
      Random random(3);
      for (int64_t position = 0; position != 6; ++position) {
        Inputs inputs = makeInputs(*levels->graph, "decode", random);
        inputs.parameters["position"] = position;
        check(golden->launch("decode", inputs));
      }
      expectAgreement(*golden, mesh);
      EXPECT_THAT(golden->getHidden(), testing::IsEmpty()) << mesh;
      // 17 operations between two pairs of levels, and the launch itself.
      EXPECT_GE(golden->getWorst().size(), 2 * 17u + 1) << mesh;
    }
}

/// Launches of one cache.
class Launches {
public:
  Launches(Levels &levels, Golden &golden, int64_t rows)
      : levels(levels), golden(golden), rows(rows) {}

  void prefill(int64_t count) {
    Inputs inputs = makeInputs(*levels.graph, "prefill", random);
    int64_t begin = position % rows, end = begin + count;
    inputs.parameters = {
        {"first", position - begin}, {"begin", begin}, {"end", end}};
    inputs.rows = {begin, end};
    check(golden.launch("prefill", inputs));
    position += count;
  }
  void settle() {
    Inputs inputs;
    inputs.parameters = {{"from", settled}, {"to", position}};
    check(golden.launch("settle", inputs));
    settled = position;
  }
  /// Moves what there is to decode's mesh, or back.
  void move(const char *launch) {
    Inputs inputs;
    inputs.parameters = {{"positions", position}};
    check(golden.launch(launch, inputs));
    settled = 0; // on either mesh they are cyclic
  }
  void decode() {
    Inputs inputs = makeInputs(*levels.graph, "decode", random);
    inputs.parameters = {{"position", position++}, {"settled", settled}};
    check(golden.launch("decode", inputs));
  }

private:
  Levels &levels;
  Golden &golden;
  int64_t rows, position = 0, settled = 0;
  Random random{5};
};

TEST(Agreement, PrefillThenDecodeOfTheBundledModel) {
  for (std::string mesh : {"1x1", "2x3", "4x4"})
    for (const GoldenOptions &mode : modes) {
      int64_t rows = mesh.back() - '0';
      auto levels = Levels::fromModel(mesh, 2 * rows);
      levels->compile();
      auto golden = levels->createGolden(mode);
      Launches launches(*levels, *golden, rows);
      for (int64_t count : {2 * rows, rows > 1 ? rows - 1 : 1})
        launches.prefill(count);
      launches.decode();
      expectAgreement(*golden, mesh);
      EXPECT_THAT(golden->getHidden(), testing::IsEmpty()) << mesh;
    }
}

// In accumulated mode the cores' caches are those of the tile level bit for
// bit, and so each position is where the specification has it.
TEST(Agreement, CachesInBlocks) {
  for (KVPlacement placement : {KVPlacement::Shift, KVPlacement::Concat})
    for (std::string mesh : {"2x3", "3x2"})
      for (const GoldenOptions &mode : modes) {
        std::string what = mesh + " " + stringify(placement).str();
        int64_t rows = mesh.back() - '0';
        auto levels = Levels::fromModel(mesh, 2 * rows, placement);
        levels->compile();
        auto golden = levels->createGolden(mode);
        Launches launches(*levels, *golden, rows);
        for (int64_t count : {2 * rows - 1, rows})
          launches.prefill(count);
        launches.settle();
        launches.prefill(1);
        launches.settle();
        for (int64_t i = 0; i != 2 * rows; ++i)
          launches.decode();
        expectAgreement(*golden, what);
        EXPECT_THAT(golden->getHidden(), testing::IsEmpty()) << what;
      }
}

struct MeshPair {
  std::string prefill, decode;
};

/// Launches of all kinds, and behind a hand-over back.
TEST(Agreement, TwoMeshes) {
  for (auto [prefill, decode] : {MeshPair{"4x3", "2x4"}, {"1x1", "3x2"}}) {
    std::string what = prefill + " to " + decode;
    int64_t rows = prefill.back() - '0';
    auto levels =
        Levels::fromModel(prefill, 2 * rows, KVPlacement::Cyclic, decode);
    levels->compile();
    for (const GoldenOptions &mode : modes) {
      auto golden = levels->createGolden(mode);
      Launches launches(*levels, *golden, rows);
      launches.prefill(2 * rows - (rows > 1));
      for (unsigned round = 0; round != 2; ++round) {
        launches.move("hand_over");
        launches.decode();
        launches.move("hand_back");
        launches.prefill(1);
      }
      expectAgreement(*golden, what);
      EXPECT_THAT(golden->getHidden(), testing::IsEmpty()) << what;
      auto isMoved = [](const Difference &worst) {
        return worst.function == "hand_back" &&
               worst.operation == "prefill.attn_q.tiles";
      };
      // Between mesh and tile, and between tile and core.
      EXPECT_EQ(llvm::count_if(golden->getWorst(), isMoved), 2) << what;
    }
  }
}

TEST(Agreement, CachesInBlocksOnTwoMeshes) {
  for (KVPlacement placement : {KVPlacement::Shift, KVPlacement::Concat}) {
    std::string what = stringify(placement).str();
    auto levels = Levels::fromModel("2x3", 6, placement, "3x2");
    levels->compile();
    for (const GoldenOptions &mode : modes) {
      auto golden = levels->createGolden(mode);
      Launches launches(*levels, *golden, 3);
      launches.prefill(5);
      for (bool isLast : {false, true}) {
        launches.move("hand_over");
        launches.settle();
        // Nine positions: a shifted row has turned.
        for (unsigned i = 0; i != 4; ++i)
          launches.decode();
        // With concat positions come into the last row and stay there.
        if (isLast || placement == KVPlacement::Concat)
          break;
        launches.move("hand_back");
        launches.prefill(1);
      }
      expectAgreement(*golden, what);
      EXPECT_THAT(golden->getHidden(), testing::IsEmpty()) << what;
    }
  }
}

/// Halves of `values`, of two sequences.
std::vector<float> getSequence(const std::vector<float> &values, bool second) {
  auto middle = values.begin() + values.size() / 2;
  return second ? std::vector<float>(middle, values.end())
                : std::vector<float>(values.begin(), middle);
}

// Sequences of a batch have nothing to do with each other: two give what each
// gives alone, bit for bit, in prefill and in decode.
TEST(Agreement, SequencesOfABatch) {
  auto one = Levels::fromModel("1x1", 3);
  auto both = Levels::fromModel("1x1", 3, KVPlacement::Cyclic, "", 2);
  auto batch = check(createGraphInterpreter(*both->graph));
  std::unique_ptr<Interpreter> alone[] = {
      check(createGraphInterpreter(*one->graph)),
      check(createGraphInterpreter(*one->graph))};
  Random random(9);
  auto launch = [&](const std::string &name, const std::string &prefix,
                    std::map<std::string, int64_t> parameters) {
    Inputs inputs = makeInputs(*both->graph, name, random);
    for (auto [key, value] : parameters)
      inputs.parameters[key] = value;
    check(batch->run(name, inputs));
    std::vector<float> logits = check(batch->read(prefix + "logits"));
    std::vector<float> values = inputs.tensors[prefix + "x"];
    for (bool second : {false, true}) {
      inputs.tensors[prefix + "x"] = getSequence(values, second);
      check(alone[second]->run(name, inputs));
      EXPECT_EQ(check(alone[second]->read(prefix + "logits")),
                getSequence(logits, second))
          << name;
    }
    EXPECT_NE(getSequence(logits, false), getSequence(logits, true));
  };
  launch("prefill", "prefill.", {{"first", 0}, {"begin", 0}, {"end", 3}});
  launch("prefill", "prefill.", {{"first", 3}, {"begin", 0}, {"end", 2}});
  launch("decode", "", {{"position", 5}});
}

// The mesh level holds any batch, the tile level a batch of 1.
TEST(Agreement, OtherBatchesAreRefused) {
  auto levels = Levels::fromModel("2x2", 2, KVPlacement::Cyclic, "", 2);
  mlir::OwningOpRef<mlir::ModuleOp> mesh(
      mlir::ModuleOp(*levels->graph).clone());
  check(compileModule(*mesh, {"lab", "2x2", Level::Mesh}));
  EXPECT_THAT(llvm::toString(createMeshInterpreter(*mesh).takeError()),
              testing::HasSubstr("expected a batch of 1, others are not "
                                 "executed, but got 2"));
  EXPECT_THAT(llvm::toString(
                  compileModule(*levels->graph, {"lab", "2x2", Level::Tile})),
              testing::HasSubstr("expected a batch of 1, the only one that the "
                                 "tile level supports, but got 2"));
}

} // namespace
