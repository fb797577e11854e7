//===- MatmulTest.cpp - Products of matrices on meshes of any shape -------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers in f32: sums are exact in any order, so results must be equal.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "plmr/Emulator/Emulator.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Timing/Timing.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <numeric>
#include <random>

using namespace plmr;

namespace {

enum class Kind {
  Matmul,
  MatmulTransposed,
  Vecmat,
  Matvec,
  Batch,          ///< of one item
  BatchWithShared ///< B has no batch
};

struct Problem {
  Kind kind;
  int64_t m, n, k;
  unsigned columns, rows;
  std::string algorithm = "mesh_gemm";
  std::string device = "lab";
};

std::string getTensor(std::initializer_list<int64_t> shape) {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + "f32>";
}

/// A function that computes the product of its two arguments.
std::string getModule(const Problem &p) {
  std::string a, b, c, op, maps;
  switch (p.kind) {
  case Kind::Matmul:
    a = getTensor({p.m, p.k}), b = getTensor({p.k, p.n});
    c = getTensor({p.m, p.n}), op = "linalg.matmul";
    break;
  case Kind::MatmulTransposed:
    a = getTensor({p.m, p.k}), b = getTensor({p.n, p.k});
    c = getTensor({p.m, p.n}), op = "linalg.matmul";
    maps = " indexing_maps = [affine_map<(m, n, k) -> (m, k)>, "
           "affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]";
    break;
  case Kind::Vecmat:
    a = getTensor({p.k}), b = getTensor({p.k, p.n}), c = getTensor({p.n});
    op = "linalg.vecmat";
    break;
  case Kind::Matvec:
    a = getTensor({p.m, p.k}), b = getTensor({p.k}), c = getTensor({p.m});
    op = "linalg.matvec";
    break;
  case Kind::Batch:
    a = getTensor({1, p.m, p.k}), b = getTensor({1, p.k, p.n});
    c = getTensor({1, p.m, p.n}), op = "linalg.batch_matmul";
    break;
  case Kind::BatchWithShared:
    a = getTensor({1, p.m, p.k}), b = getTensor({p.k, p.n});
    c = getTensor({1, p.m, p.n}), op = "linalg.batch_matmul";
    maps = " indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, "
           "affine_map<(b, m, n, k) -> (k, n)>, "
           "affine_map<(b, m, n, k) -> (b, m, n)>]";
    break;
  }
  return llvm::formatv(R"(
func.func @main(%a: {0}, %b: {1}) -> {2} {{
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : {2}
  %init = linalg.fill ins(%zero : f32) outs(%empty : {2}) -> {2}
  %c = {3}{4} ins(%a, %b : {0}, {1}) outs(%init : {2}) -> {2}
  return %c : {2}
})",
                       a, b, c, op, maps)
      .str();
}

/// `plmr.gemm_t` of its two arguments, B and the result in the given orders.
std::string getTransposedModule(const Problem &p, llvm::StringRef orderB,
                                llvm::StringRef orderC) {
  bool untransposed = p.kind == Kind::Matmul;
  std::string b = untransposed
                      ? getTensor({p.k, p.n}) + ", [x, " + orderB.str() + " y]"
                      : getTensor({p.n, p.k}) + ", [" + orderB.str() + " y, x]";
  return llvm::formatv(R"(
!a = !plmr.placed<{0}, [y, x]>
!b = !plmr.placed<{1}>
!c = !plmr.placed<{2}, [y, {3} x]>
plmr.mesh @mesh {4} x {5} on "lab"
plmr.object input @arg0 : !a
plmr.object input @arg1 : !b
plmr.object output @result0 : !c
func.func @main() {{
  %a = plmr.load @arg0 : !a
  %b = plmr.load @arg1 : !b
  %c = plmr.gemm_t %a, %b {6} : !a, !b -> !c
  plmr.store %c, @result0 : !c
  return
})",
                       getTensor({p.m, p.k}), b, getTensor({p.m, p.n}), orderC,
                       p.columns, p.rows, untransposed ? "untransposed" : "")
      .str();
}

std::vector<float> getExpected(const Problem &p, const std::vector<float> &a,
                               const std::vector<float> &b) {
  int64_t m = p.kind == Kind::Vecmat ? 1 : p.m;
  int64_t n = p.kind == Kind::Matvec ? 1 : p.n;
  std::vector<float> c(m * n, 0);
  for (int64_t i = 0; i != m; ++i)
    for (int64_t j = 0; j != n; ++j)
      for (int64_t l = 0; l != p.k; ++l)
        c[i * n + j] +=
            a[i * p.k + l] *
            (p.kind == Kind::MatmulTransposed ? b[j * p.k + l] : b[l * n + j]);
  return c;
}

class Matmul : public testing::Test {
protected:
  Matmul() {
    mlir::DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.disableMultithreading();
  }

  std::vector<float> makeValues(int64_t count) {
    std::uniform_int_distribution<int> values(-9, 9);
    std::vector<float> result(count);
    for (float &value : result)
      value = static_cast<float>(values(random));
    return result;
  }

  void expectExact(const Problem &p, EmulatorMode mode) {
    expectExact(p, mode, getModule(p));
  }

  void expectExact(const Problem &p, EmulatorMode mode,
                   const std::string &text) {
    SCOPED_TRACE(llvm::formatv("kind {0}, m {1}, n {2}, k {3} on {4}x{5}, {6}",
                               static_cast<int>(p.kind), p.m, p.n, p.k,
                               p.columns, p.rows, p.algorithm)
                     .str());
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    CompileOptions options;
    options.device = p.device;
    options.gemm = p.algorithm;
    options.mesh = std::to_string(p.columns) + "x" + std::to_string(p.rows);
    auto program = compileToProgram(*module, options);
    ASSERT_TRUE(static_cast<bool>(program))
        << llvm::toString(program.takeError());
    auto shared = std::make_shared<const Program>(std::move(*program));
    auto emulator = Emulator::create(shared, mode);
    ASSERT_TRUE(static_cast<bool>(emulator))
        << llvm::toString(emulator.takeError());
    bool vector = p.kind == Kind::Vecmat;
    auto a = makeValues(vector ? p.k : p.m * p.k);
    auto b = makeValues(p.kind == Kind::Matvec ? p.k : p.n * p.k);
    ASSERT_FALSE((*emulator)->writeTensor("arg0", a));
    ASSERT_FALSE((*emulator)->writeTensor("arg1", b));
    auto run = (*emulator)->run(shared->launches[0], {});
    ASSERT_TRUE(static_cast<bool>(run)) << llvm::toString(run.takeError());
    auto c = (*emulator)->readTensor("result0");
    ASSERT_TRUE(static_cast<bool>(c)) << llvm::toString(c.takeError());
    ASSERT_EQ(*c, getExpected(p, a, b));
    auto time = timeLaunch(*shared, shared->launches[0], {});
    ASSERT_TRUE(static_cast<bool>(time)) << llvm::toString(time.takeError());
    EXPECT_GT(time->ticks, 0u);
  }

  Problem makeProblem(Kind kind, unsigned columns, unsigned rows) {
    std::uniform_int_distribution<int64_t> extents(1, 40);
    Problem problem{kind, 1, 1, 1, columns, rows};
    problem.m = extents(random);
    problem.n = extents(random);
    problem.k = extents(random);
    return problem;
  }

  mlir::MLIRContext context;
  std::mt19937 random{7};
};

const Kind kinds[] = {Kind::Matmul, Kind::MatmulTransposed, Kind::Vecmat,
                      Kind::Matvec};

TEST_F(Matmul, IsExactOnAllMeshesUpTo17) {
  for (unsigned rows = 1; rows <= 17; ++rows)
    for (unsigned columns = 1; columns <= 17; ++columns)
      for (Kind kind : kinds) {
        expectExact(makeProblem(kind, columns, rows), EmulatorMode::Fast);
        if (HasFatalFailure())
          return;
      }
}

// B skewed or to be aligned, the result skewed or to be moved into ring order.
/// SUMMA takes a colour and a queue for each row and column.
constexpr const char *manyColours =
    R"({"base": "ideal", "name": "many", "colours": 64, "reservedColours": 0,
        "inputQueues": 64, "outputQueues": 64})";

TEST_F(Matmul, AllAlgorithmsAreExact) {
  std::vector<unsigned> extents(17);
  std::iota(extents.begin(), extents.end(), 1);
  for (const char *algorithm : {"cannon", "summa", "summa_relay", "allgather"})
    for (unsigned rows : extents)
      for (unsigned columns : extents) {
        Problem problem = makeProblem(Kind::Matmul, columns, rows);
        problem.algorithm = algorithm;
        problem.device = manyColours;
        // All small meshes and, since it is slower, a part of the others.
        bool checks = rows * columns <= 20;
        expectExact(problem, checks ? EmulatorMode::Check : EmulatorMode::Fast);
        if (HasFatalFailure())
          return;
      }
}

TEST_F(Matmul, AllAlgorithmsAreExactOnLargerMeshes) {
  for (const char *algorithm :
       {"mesh_gemm", "cannon", "summa", "summa_relay", "allgather"})
    for (auto [columns, rows] : {std::pair(24u, 24u),
                                 {32u, 32u},
                                 {32u, 7u},
                                 {1u, 32u},
                                 {24u, 1u},
                                 {24u, 32u},
                                 {13u, 24u}}) {
      Problem problem = makeProblem(Kind::Matmul, columns, rows);
      problem.algorithm = algorithm;
      problem.device = manyColours;
      expectExact(problem, EmulatorMode::Fast);
      if (HasFatalFailure())
        return;
    }
}

TEST_F(Matmul, SeveralProductsOfOneMatrixAreExact) {
  for (const char *algorithm :
       {"mesh_gemm", "cannon", "summa", "summa_relay", "allgather"}) {
    SCOPED_TRACE(algorithm);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(R"(
func.func @main(%a: tensor<9x13xf32>, %b: tensor<13x7xf32>,
                %c: tensor<13x5xf32>) -> (tensor<9x7xf32>, tensor<9x5xf32>) {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<9x7xf32>
  %i0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<9x7xf32>) -> tensor<9x7xf32>
  %r0 = linalg.matmul ins(%a, %b : tensor<9x13xf32>, tensor<13x7xf32>) outs(%i0 : tensor<9x7xf32>) -> tensor<9x7xf32>
  %e1 = tensor.empty() : tensor<9x5xf32>
  %i1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<9x5xf32>) -> tensor<9x5xf32>
  %r1 = linalg.matmul ins(%a, %c : tensor<9x13xf32>, tensor<13x5xf32>) outs(%i1 : tensor<9x5xf32>) -> tensor<9x5xf32>
  return %r0, %r1 : tensor<9x7xf32>, tensor<9x5xf32>
})",
                                                          &context);
    ASSERT_TRUE(module);
    CompileOptions options;
    options.device = "lab";
    options.mesh = "3x2";
    options.gemm = algorithm;
    auto program = compileToProgram(*module, options);
    ASSERT_TRUE(static_cast<bool>(program))
        << llvm::toString(program.takeError());
    auto shared = std::make_shared<const Program>(std::move(*program));
    auto emulator = Emulator::create(shared, EmulatorMode::Check);
    ASSERT_TRUE(static_cast<bool>(emulator));
    auto a = makeValues(9 * 13), b = makeValues(13 * 7), c = makeValues(13 * 5);
    ASSERT_FALSE((*emulator)->writeTensor("arg0", a));
    ASSERT_FALSE((*emulator)->writeTensor("arg1", b));
    ASSERT_FALSE((*emulator)->writeTensor("arg2", c));
    auto run = (*emulator)->run(shared->launches[0], {});
    ASSERT_TRUE(static_cast<bool>(run)) << llvm::toString(run.takeError());
    EXPECT_EQ(*(*emulator)->readTensor("result0"),
              getExpected({Kind::Matmul, 9, 7, 13, 3, 2}, a, b));
    EXPECT_EQ(*(*emulator)->readTensor("result1"),
              getExpected({Kind::Matmul, 9, 5, 13, 3, 2}, a, c));
  }
}

TEST_F(Matmul, TransposedIsExactInAllOrders) {
  for (unsigned rows = 1; rows <= 9; ++rows)
    for (unsigned columns = 1; columns <= 9; ++columns)
      for (const char *orderB : {"ring", "skew"})
        for (const char *orderC : {"ring", "skew"}) {
          SCOPED_TRACE(llvm::formatv("{0} y, {1} x", orderB, orderC).str());
          Kind kind = random() % 2 ? Kind::Matmul : Kind::MatmulTransposed;
          Problem problem = makeProblem(kind, columns, rows);
          expectExact(problem, EmulatorMode::Check,
                      getTransposedModule(problem, orderB, orderC));
          if (HasFatalFailure())
            return;
        }
}

TEST_F(Matmul, ReadsNothingUndefined) {
  for (auto [columns, rows] :
       {std::pair(1, 1), std::pair(2, 5), std::pair(4, 3), std::pair(5, 5)})
    for (Kind kind : kinds) {
      expectExact(makeProblem(kind, columns, rows), EmulatorMode::Check);
      if (HasFatalFailure())
        return;
    }
}

TEST_F(Matmul, BatchIsExact) {
  for (unsigned rows = 1; rows <= 5; ++rows)
    for (unsigned columns = 1; columns <= 5; ++columns)
      for (Kind kind : {Kind::Batch, Kind::BatchWithShared}) {
        expectExact(makeProblem(kind, columns, rows), EmulatorMode::Check);
        if (HasFatalFailure())
          return;
      }
}

} // namespace
