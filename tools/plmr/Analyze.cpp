//===- Analyze.cpp - plmr analyze -----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The compliance table of WaferLLM (section 3.1) from programs: each algorithm
// is compiled for more and more cores with as much on each, and how what it
// takes grows says which of L, M and R it meets. Hops and stages of the
// critical path are what its time changes by with the latency of a hop, and of
// a ramp.
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
#include "llvm/ADT/STLExtras.h"
#include <array>
#include <cmath>

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::formatv;
using llvm::StringRef;

namespace {

constexpr unsigned numExtents = 3;
using Extents = std::array<unsigned, numExtents>;
/// Cores of a line: a quotient of 4 tells a square root from a logarithm.
/// Shorter ones are for what takes a colour for each core.
constexpr Extents lineExtents = {16, 64, 256}, shortExtents = {4, 16, 64};
/// Rows and columns of a mesh.
constexpr Extents meshExtents = {4, 8, 16};
/// Latencies that communication cannot hide behind anything else.
constexpr uint32_t longTicks = 1000;

/// What an algorithm takes at each extent.
struct Growth {
  std::array<double, numExtents> values = {};

  double getLast() const { return values.back(); }
  /// Of the extent, from the differences: constants cancel. 0: a logarithm, or
  /// nothing grows.
  double getExponent(double quotient) const;
  /// It does not grow, or towards a limit.
  bool isConstant() const {
    double first = values[1] - values[0], second = values[2] - values[1];
    return first + second < 0.5 || second < 0.75 * first;
  }
};

struct Compliance {
  std::string algorithm;
  Extents extents = {};
  Growth routes;       ///< colours of the mesh
  Growth farthest;     ///< hops of the farthest message
  Growth hops;         ///< of the critical path; of a product a step
  Growth stages;       ///< messages of the critical path, likewise
  Growth memory;       ///< bytes of a core, code included
  std::string problem; ///< why there are no figures
};

class Analysis {
public:
  explicit Analysis(const AnalyzeOptions &options)
      : options(options), context(getDialects()), costs(&context) {}

  Error run();

private:
  std::string getDevice(uint32_t hopTicks, uint32_t rampTicks) const;
  Expected<KernelCost> measure(StringRef algorithm, unsigned extent,
                               const std::string &device);
  Error measure(Compliance &row, unsigned i);
  Compliance analyze(StringRef algorithm, const Extents &extents);
  std::string getLetters(const Compliance &row) const;
  Json describe(const Compliance &row) const;
  void print(llvm::ArrayRef<Compliance> rows) const;
  bool isProduct() const { return options.kernel == "gemm"; }

  const AnalyzeOptions &options;
  Machine machine;
  mlir::MLIRContext context;
  KernelCosts costs;
};

} // namespace

//===----------------------------------------------------------------------===//
// Growth
//===----------------------------------------------------------------------===//

double Growth::getExponent(double quotient) const {
  double first = values[1] - values[0], second = values[2] - values[1];
  if (first <= 0 || second <= first)
    return 0;
  return std::log(second / first) / std::log(quotient);
}

/// "O(N)": how a value grows with the extent.
static std::string printOrder(const Growth &growth, const Extents &extents) {
  if (growth.isConstant())
    return "O(1)";
  double exponent =
      growth.getExponent(static_cast<double>(extents[1]) / extents[0]);
  if (exponent < 0.2)
    return "O(log N)";
  if (exponent < 0.75)
    return "O(sqrt N)";
  return exponent < 1.5 ? "O(N)" : "O(N^2)";
}

/// Those of L, M and R that it meets.
std::string Analysis::getLetters(const Compliance &row) const {
  auto growsLess = [&](const Growth &growth) {
    std::string order = printOrder(growth, row.extents);
    return order != "O(N)" && order != "O(N^2)";
  };
  // A reduction has to go all the way along its line, but not from core to
  // core; a step of a product neither.
  bool isShort = isProduct()
                     ? row.farthest.isConstant() && row.hops.isConstant() &&
                           row.stages.isConstant()
                     : growsLess(row.stages);
  std::string letters;
  if (isShort)
    letters += "L";
  if (growsLess(row.memory))
    letters += "M";
  if (row.routes.getLast() <= machine.getUsableColours())
    letters += "R";
  return letters.empty() ? "none" : letters;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// The device with room for every algorithm.
std::string Analysis::getDevice(uint32_t hopTicks, uint32_t rampTicks) const {
  Machine device = machine;
  device.hopTicks = hopTicks;
  device.rampTicks = rampTicks;
  device.colours = 64;
  device.reservedColours = 0;
  device.inputQueues = device.outputQueues = 64;
  device.sramBytes = maxSramBytes;
  return printMachine(device);
}

/// 2 x 2 tiles, or 2 words on each core.
Expected<KernelCost> Analysis::measure(StringRef algorithm, unsigned extent,
                                       const std::string &device) {
  if (isProduct()) {
    CompileOptions compile;
    compile.device = device;
    compile.mesh = printMesh({extent, extent});
    compile.gemm = algorithm;
    return costs.measure(getProductKernel("matmul", 2 * extent), compile);
  }
  ReductionKernel kernel;
  kernel.device = device;
  kernel.extent = extent;
  kernel.elements = 2;
  kernel.choose(*TreeChoice::parse(algorithm), machine);
  return costs.measure(kernel);
}

Error Analysis::measure(Compliance &row, unsigned i) {
  unsigned extent = row.extents[i];
  struct Latencies {
    uint32_t hop, ramp;
  };
  static constexpr std::array<Latencies, 3> latencies = {
      {{longTicks, longTicks},
       {2 * longTicks, longTicks},
       {longTicks, 2 * longTicks}}};
  std::array<KernelCost, 3> found;
  for (auto [cost, ticks] : llvm::zip(found, latencies))
    if (Error error =
            measure(row.algorithm, extent, getDevice(ticks.hop, ticks.ramp))
                .moveInto(cost))
      return error;
  double steps = isProduct() ? extent : 1;
  auto getSlope = [&](const KernelCost &slower) {
    return static_cast<double>(slower.ticks - found[0].ticks) /
           (longTicks * steps);
  };
  row.routes.values[i] = found[0].colours;
  row.farthest.values[i] = found[0].maxHops;
  row.memory.values[i] = static_cast<double>(found[0].sramBytes);
  row.hops.values[i] = getSlope(found[1]);
  // A message crosses two ramps.
  row.stages.values[i] = getSlope(found[2]) / 2;
  return Error::success();
}

Compliance Analysis::analyze(StringRef algorithm, const Extents &extents) {
  Compliance row;
  row.algorithm = algorithm.str();
  row.extents = extents;
  for (unsigned i = 0; i != numExtents && row.problem.empty(); ++i)
    if (Error error = measure(row, i))
      row.problem = llvm::toString(std::move(error));
  return row;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

Json Analysis::describe(const Compliance &row) const {
  Json result = {{"kernel", options.kernel},
                 {"algorithm", row.algorithm},
                 {"cores", row.extents.back()}};
  for (auto [name, growth] : {std::pair("routes", &row.routes),
                              {"farthest", &row.farthest},
                              {"hops", &row.hops},
                              {"stages", &row.stages},
                              {"memory", &row.memory}}) {
    bool isKnown = row.problem.empty();
    result[name] = isKnown ? Json(growth->getLast()) : Json();
    result[std::string(name) + "_order"] =
        isKnown ? Json(printOrder(*growth, row.extents)) : Json();
  }
  result["meets"] = row.problem.empty() ? Json(getLetters(row)) : Json();
  return result;
}

void Analysis::print(llvm::ArrayRef<Compliance> rows) const {
  if (options.format != "md") {
    std::vector<Json> lines;
    for (const Compliance &row : rows)
      lines.push_back(describe(row));
    return printRows(lines, options.format);
  }
  Table table({"kernel", "algorithm", "N", "routes (R)", "farthest (L)",
               "hops (L)", "stages (L)", "bytes (M)", "meets"},
              "llrrrrrrl");
  for (const Compliance &row : rows) {
    Table::Row cells = {options.kernel, row.algorithm,
                        std::to_string(row.extents.back())};
    for (const Growth *growth :
         {&row.routes, &row.farthest, &row.hops, &row.stages, &row.memory})
      cells.push_back(row.problem.empty()
                          ? formatv("{0:F1} {1}", growth->getLast(),
                                    printOrder(*growth, row.extents))
                                .str()
                          : "");
    cells.push_back(row.problem.empty() ? getLetters(row) : "");
    table.add(std::move(cells));
  }
  table.printMarkdown(llvm::outs());
}

Error Analysis::run() {
  if (Error error = loadMachine(options.device).moveInto(machine))
    return error;
  std::vector<Compliance> rows;
  for (const std::string &algorithm : getKernelAlgorithms(options.kernel)) {
    rows.push_back(analyze(algorithm, isProduct() ? meshExtents : lineExtents));
    if (!rows.back().problem.empty() && !isProduct())
      rows.back() = analyze(algorithm, shortExtents);
  }
  print(rows);
  if (Error error = flushStandardOutput())
    return error;
  for (const Compliance &row : rows)
    if (!row.problem.empty())
      llvm::errs() << formatv("{0} cannot run: {1}\n", row.algorithm,
                              oneLine(joinWords(row.problem)));
  return Error::success();
}

Error plmr::analyzeKernel(const AnalyzeOptions &options) {
  return Analysis(options).run();
}
