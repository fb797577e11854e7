//===- KernelBench.cpp - plmr bench KERNEL --------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Cycles of one operation, with each algorithm that it has, beside the bound
// that no algorithm can be below.
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Rows.h"
#include "Table.h"
#include "mlir/IR/MLIRContext.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Support/Error.h"
#include "plmr/Support/Printable.h"
#include "plmr/Timing/Bounds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::formatv;
using llvm::StringRef;

namespace {

struct Measurement {
  std::string algorithm;
  MeshShape mesh;
  uint32_t size = 0;
  uint64_t bound = 0; ///< ticks
  std::optional<KernelCost> cost;
  std::string problem; ///< why there is no cost
};

class KernelBench {
public:
  explicit KernelBench(const KernelBenchOptions &options)
      : options(options), context(getDialects()), costs(&context) {}

  Error run();

private:
  bool isProduct() const {
    return options.kernel == "gemm" || options.kernel == "gemv";
  }
  Error checkAlgorithms() const;
  uint64_t getBound(MeshShape mesh, uint32_t size) const;
  Expected<KernelCost> measureProduct(StringRef algorithm, MeshShape mesh,
                                      uint32_t size);
  Expected<KernelCost> measureReduction(StringRef algorithm, MeshShape mesh,
                                        uint32_t size);
  Measurement measure(StringRef algorithm, MeshShape mesh, uint32_t size);
  Json describe(const Measurement &measurement) const;
  void print(llvm::ArrayRef<Measurement> measurements) const;
  void printTable(llvm::ArrayRef<Measurement> measurements) const;
  const KernelBenchOptions &options;
  Machine machine;
  mlir::MLIRContext context;
  KernelCosts costs;
};

} // namespace

//===----------------------------------------------------------------------===//
// Algorithms
//===----------------------------------------------------------------------===//

std::vector<std::string> plmr::getKernelAlgorithms(StringRef kernel) {
  if (kernel == "gemm")
    return {"mesh_gemm", "cannon", "summa", "summa_relay", "allgather"};
  if (kernel == "broadcast")
    return {"multicast"};
  std::vector<std::string> names = {"auto_gen",   "ktree:2", "ktree:3",
                                    "two_phase",  "chain",   "star",
                                    "binary_tree"};
  // A ring leaves the result on all cores.
  if (kernel != "reduce")
    names.push_back("ring");
  return names;
}

std::string plmr::getProductKernel(StringRef product, uint32_t size) {
  std::string matrix = formatv("tensor<{0}x{0}xf32>", size);
  std::string row =
      product == "matmul" ? matrix : formatv("tensor<{0}xf32>", size).str();
  return ProductKernel{product.str(), row, matrix, row}.print();
}

Error KernelBench::checkAlgorithms() const {
  std::vector<std::string> known = getKernelAlgorithms(options.kernel);
  bool hasTrees = options.kernel != "gemm" && options.kernel != "broadcast";
  auto isTree = [&](StringRef name) {
    std::optional<TreeChoice> choice = TreeChoice::parse(name);
    return choice && (!choice->isRing || llvm::is_contained(known, name));
  };
  for (const std::string &name : options.algorithms)
    if (!llvm::is_contained(known, name) && !(hasTrees && isTree(name)))
      return makeError("--algorithms: expected {0} but got '{1}'",
                       hasTrees ? TreeChoice::getExpected().str()
                                : llvm::join(known, ", "),
                       name);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

uint64_t KernelBench::getBound(MeshShape mesh, uint32_t size) const {
  if (options.kernel == "gemm")
    return getGemmBound(machine, mesh, size, size, size);
  if (options.kernel == "gemv")
    return getGemvBound(machine, mesh, size);
  if (options.kernel == "reduce")
    return getReduceBound(machine, mesh.rows, size);
  if (options.kernel == "broadcast")
    return getBroadcastBound(machine, mesh.rows, size);
  return getAllReduceBound(machine, mesh.rows, size);
}

Expected<KernelCost> KernelBench::measureProduct(StringRef algorithm,
                                                 MeshShape mesh,
                                                 uint32_t size) {
  bool isGemm = options.kernel == "gemm";
  CompileOptions compile;
  compile.device = printMachine(machine);
  compile.mesh = printMesh(mesh);
  (isGemm ? compile.gemm : compile.tree) = algorithm;
  return costs.measure(getProductKernel(isGemm ? "matmul" : "vecmat", size),
                       compile);
}

Expected<KernelCost> KernelBench::measureReduction(StringRef algorithm,
                                                   MeshShape mesh,
                                                   uint32_t size) {
  ReductionKernel kernel;
  kernel.device = printMachine(machine);
  kernel.extent = mesh.rows;
  kernel.elements = size;
  kernel.kind = options.kernel == "reduce" ? ReductionKernel::Kind::Reduce
                : options.kernel == "broadcast"
                    ? ReductionKernel::Kind::Broadcast
                    : ReductionKernel::Kind::AllReduce;
  TreeChoice choice =
      TreeChoice::parse(algorithm).value_or(TreeChoice{TreeShape::Kind::Chain});
  kernel.choose(choice, machine);
  return costs.measure(kernel);
}

Measurement KernelBench::measure(StringRef algorithm, MeshShape mesh,
                                 uint32_t size) {
  Measurement result;
  result.algorithm = algorithm.str();
  result.mesh = mesh;
  result.size = size;
  result.bound = getBound(mesh, size);
  Expected<KernelCost> cost = isProduct()
                                  ? measureProduct(algorithm, mesh, size)
                                  : measureReduction(algorithm, mesh, size);
  if (cost)
    result.cost = *cost;
  else
    result.problem = llvm::toString(cost.takeError());
  return result;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// What the bound is of the cycles; 100 cannot be exceeded.
static double getPercent(const Measurement &m) {
  return 100.0 * static_cast<double>(m.bound) /
         static_cast<double>(m.cost->ticks);
}

Json KernelBench::describe(const Measurement &m) const {
  Json row = {{"kernel", options.kernel},
              {"algorithm", m.algorithm},
              {"mesh", printMesh(m.mesh)},
              {"size", m.size},
              {"bound", machine.getCycles(m.bound)},
              {"cycles", nullptr},
              {"contended", nullptr},
              {"sram", nullptr},
              {"colours", nullptr},
              {"percent", nullptr}};
  if (!m.cost)
    return row;
  row["cycles"] = machine.getCycles(m.cost->ticks);
  row["contended"] = m.cost->contended;
  row["sram"] = m.cost->sramBytes;
  row["colours"] = m.cost->colours;
  if (m.cost->ticks)
    row["percent"] = getPercent(m);
  return row;
}

/// Markdown.
void KernelBench::printTable(llvm::ArrayRef<Measurement> measurements) const {
  Table table({"kernel", "algorithm", "mesh", "size", "bound", "cycles",
               "contended", "sram", "colours", "% of bound"},
              "llrrrrrrrr");
  for (const Measurement &m : measurements) {
    Table::Row row = {options.kernel, m.algorithm, printMesh(m.mesh),
                      std::to_string(m.size),
                      formatv("{0:F1}", machine.getCycles(m.bound))};
    row.resize(10);
    if (m.cost) {
      row[5] = formatv("{0:F1}", machine.getCycles(m.cost->ticks));
      row[6] = std::to_string(m.cost->contended);
      row[7] = std::to_string(m.cost->sramBytes);
      row[8] = std::to_string(m.cost->colours);
      if (m.cost->ticks)
        row[9] = formatv("{0:F1}", getPercent(m));
    }
    table.add(std::move(row));
  }
  table.printMarkdown(llvm::outs());
}

void KernelBench::print(llvm::ArrayRef<Measurement> measurements) const {
  if (options.format == "md")
    return printTable(measurements);
  std::vector<Json> rows;
  for (const Measurement &m : measurements)
    rows.push_back(describe(m));
  printRows(rows, options.format);
}

Error KernelBench::run() {
  if (Error error = loadMachine(options.device).moveInto(machine))
    return error;
  if (Error error = checkAlgorithms())
    return error;
  for (MeshShape mesh : options.meshes)
    if (mesh.columns > machine.grid.columns || mesh.rows > machine.grid.rows)
      return makeError("--meshes: expected at most {0}, the cores of {1}, but "
                       "got {2}",
                       printMesh(machine.grid), machine.name, printMesh(mesh));
  std::vector<Measurement> measurements;
  std::vector<std::string> algorithms =
      options.algorithms.empty() ? getKernelAlgorithms(options.kernel)
                                 : options.algorithms;
  for (MeshShape mesh : options.meshes)
    for (uint32_t size : options.sizes)
      for (StringRef algorithm : algorithms)
        measurements.push_back(measure(algorithm, mesh, size));
  print(measurements);
  if (Error error = flushStandardOutput())
    return error;
  for (const Measurement &m : measurements)
    if (!m.cost)
      llvm::errs() << formatv("{0} of {1} on {2} cannot run: {3}\n",
                              m.algorithm, m.size, printMesh(m.mesh),
                              oneLine(joinWords(m.problem)));
  return Error::success();
}

std::string plmr::joinWords(StringRef text) {
  llvm::SmallVector<StringRef> words;
  llvm::SplitString(text, words);
  return llvm::join(words, " ");
}

Error plmr::benchKernel(const KernelBenchOptions &options) {
  return KernelBench(options).run();
}
