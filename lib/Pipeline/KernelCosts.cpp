//===- KernelCosts.cpp - What kernels take of a device --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Pipeline/KernelCosts.h"
#include "mlir/Parser/Parser.h"
#include "plmr/Analysis/AutoGen.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Support/Error.h"
#include "plmr/Timing/Timing.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace plmr;
using llvm::formatv;

void KernelCost::add(const KernelCost &next) {
  ticks += next.ticks;
  sramBytes = std::max(sramBytes, next.sramBytes);
  for (auto field :
       {&KernelCost::contended, &KernelCost::colours, &KernelCost::inputQueues,
        &KernelCost::outputQueues, &KernelCost::maxHops})
    this->*field = std::max(this->*field, next.*field);
}

/// As #plmr.tree prints it.
static std::string printTree(const TreeShape &tree) {
  std::string text = "<" + stringify(tree.kind).str();
  if (!tree.parameters.empty())
    text += formatv(" [{0:$[, ]}]", llvm::make_range(tree.parameters.begin(),
                                                     tree.parameters.end()));
  if (tree.root >= 0)
    text += " root " + std::to_string(tree.root);
  return text + ">";
}

/// The text of a string attribute.
static std::string quote(StringRef text) {
  std::string quoted;
  llvm::raw_string_ostream os(quoted);
  os << '"';
  llvm::printEscapedString(text, os);
  os << '"';
  return quoted;
}

void ReductionKernel::choose(const TreeChoice &choice, const Machine &machine) {
  isRing = choice.isRing;
  tree = {choice.kind, {}, -1};
  unsigned width = Segments{extent, segments}.getMaxWidth();
  if (choice.kind == TreeShape::Kind::KTree)
    tree.parameters = getKTreeGroups(width, choice.levels);
  // One queue and one colour are the multicast's.
  if (choice.kind == TreeShape::Kind::AutoGen)
    tree.parameters =
        getTreeCosts(machine, elements,
                     std::min({TreeCosts::maxColours, machine.inputQueues - 1,
                               machine.getUsableColours() - 1}))
            .getParameters();
}

std::string ReductionKernel::print() const {
  std::string tile = formatv("memref<1x{0}xf32>", elements);
  std::string text = formatv(
      R"(plmr.mesh @mesh 1 x {0} on {1}
plmr.object state @values : !plmr.placed<tensor<{0}x{2}xf32>, [y, *]>
func.func @kernel() attributes {{plmr.inputs = [], plmr.outputs = [], plmr.parameters = []} {{
  %values = plmr.ref @values : {3}
)",
      extent, quote(device), elements, tile);
  const char *reducer = isMax ? "max" : "sum";
  std::string of = formatv("segments {0} : {1}", segments, tile);
  std::string with = formatv("tree {0} {1}", printTree(tree), of);
  bool isAll = kind == Kind::AllReduce;
  if (isAll ? isRing : kind == Kind::ReduceScatter)
    text += formatv("  plmr.reduce_scatter_tile {0} y %values dim 1 {1}\n",
                    reducer, of);
  if (isAll ? isRing : kind == Kind::AllGather)
    text += formatv("  plmr.all_gather_tile y %values dim 1 {0}\n", of);
  if (isAll ? !isRing : kind == Kind::Reduce)
    text += formatv("  plmr.reduce_tile {0} y %values {1}\n", reducer, with);
  if (isAll ? !isRing : kind == Kind::Broadcast)
    text += formatv("  plmr.broadcast_tile y %values {0}\n", with);
  return text + "  return\n}\n";
}

std::string ProductKernel::print() const {
  return formatv(R"(
func.func @kernel(%a: {0}, %b: {1}) -> {2} {{
  %zero = arith.constant 0.0 : {3}
  %empty = tensor.empty() : {2}
  %init = linalg.fill ins(%zero : {3}) outs(%empty : {2}) -> {2}
  %c = linalg.{4} ins(%a, %b : {0}, {1}) outs(%init : {2}) -> {2}
  return %c : {2}
})",
                 a, b, c, element, operation);
}

static llvm::Expected<KernelCost> getCost(const Program &program,
                                          ArrayRef<int32_t> parameters) {
  llvm::Expected<TimingResult> time =
      timeLaunch(program, program.launches.front(), parameters);
  if (!time)
    return time.takeError();
  KernelCost cost;
  cost.ticks = time->ticks;
  cost.contended = time->contended;
  cost.sramBytes = getSramHighWater(program);
  for (const ChannelInfo &channel : program.channels)
    cost.maxHops = std::max(cost.maxHops, channel.maxHops);
  for (const RouteTable &table : program.routeTables) {
    RouteUse use = getRouteUse(program, table);
    cost.colours = std::max(cost.colours, use.totalColours);
    cost.inputQueues = std::max(cost.inputQueues, use.inputQueues);
    cost.outputQueues = std::max(cost.outputQueues, use.outputQueues);
  }
  return cost;
}

/// Without the place in the kernel's text, which nobody sees.
static std::string describe(llvm::Error error) {
  std::string message = llvm::toString(std::move(error));
  StringRef rest = message;
  if (!rest.consume_front("kernel:"))
    return message;
  return rest.split(": ").second.str();
}

llvm::Expected<KernelCost> KernelCosts::measure(StringRef text,
                                                const CompileOptions &options,
                                                ArrayRef<int32_t> parameters) {
  std::string key =
      formatv("{0} {1} {2} {3} {4:$[ ]}\n{5}", options.device, options.mesh,
              options.tree, options.gemm,
              llvm::make_range(parameters.begin(), parameters.end()), text);
  auto [entry, isNew] = known.try_emplace(key);
  Known &result = entry->second;
  if (isNew) {
    auto module =
        parseSourceString<ModuleOp>(text, ParserConfig(context), "kernel");
    if (!module)
      return makeError("expected a kernel that can be parsed");
    llvm::Expected<Program> program = compileToProgram(*module, options);
    llvm::Error error =
        program ? getCost(*program, parameters).moveInto(result.cost)
                : program.takeError();
    if (error)
      result.problem = describe(std::move(error));
  }
  if (!result.problem.empty())
    return makeError("{0}", result.problem);
  return result.cost;
}

llvm::Expected<KernelCost> KernelCosts::measure(const ReductionKernel &kernel) {
  CompileOptions options;
  options.from = Level::Tile;
  return measure(kernel.print(), options);
}
