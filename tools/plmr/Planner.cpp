//===- Planner.cpp - plmr plan --------------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Searches meshes and chunks for those with which a prompt and its text take
// the fewest cycles and fit.
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"
#include "Plan.h"
#include "Table.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Pipeline/LaunchEstimate.h"
#include "plmr/Program/MovedObjects.h"
#include "plmr/Support/OutputFile.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace plmr;
using llvm::Error;
using llvm::Expected;
using llvm::formatv;

namespace {

/// One way to compile the model.
struct Variant {
  MeshShape mesh;
  uint32_t slots = 0;        ///< of a prefill on each row; 0: none
  uint64_t tileBytes = 0;    ///< of a core: weights, caches, inputs and outputs
  uint64_t prefillTicks = 0; ///< of the whole prompt
  uint64_t decodeTicks = 0;  ///< of one token in the middle of the text
  uint64_t ticks = 0;        ///< of the prompt and the text
  std::optional<uint64_t> bytes; ///< of a core, if it was compiled
  std::string problem;           ///< why it does not fit
  bool isChosen = false;
};

class Planner {
public:
  explicit Planner(const PlanOptions &options) : options(options) {}

  Error run();

private:
  Error checkTokens() const;
  std::vector<MeshShape> getMeshes() const;
  std::vector<uint32_t> getSlots(MeshShape mesh) const;
  Error add(MeshShape mesh, uint32_t slots);
  Error estimate(Variant &variant, mlir::ModuleOp module);
  Expected<uint64_t> estimatePrompt(mlir::func::FuncOp prefill, uint32_t chunk);
  Error choose();
  void keepPareto();
  void print() const;
  Error write();
  TargetOptions getTarget(const Variant &variant) const;
  const PlanOptions &options;
  std::unique_ptr<Compilation> compilation;
  std::vector<Variant> variants; ///< whose tiles a core holds
  std::vector<Variant> tooLarge; ///< the others; they are not timed
  OutputFiles files;
  OutputFile *output = nullptr;
};

} // namespace

//===----------------------------------------------------------------------===//
// Candidates
//===----------------------------------------------------------------------===//

Error Planner::checkTokens() const {
  uint64_t tokens = uint64_t(options.prompt) + options.generate;
  uint32_t context = compilation->getModel()->contextLength;
  if (tokens <= context)
    return Error::success();
  return makeError("--prompt and --generate: expected at most {0} tokens, the "
                   "positions of the context, but got {1}",
                   context, tokens);
}

/// Squares and rectangles of 3 to 2 of more and more cores, from those that the
/// weights and caches could fill on, and the whole device.
std::vector<MeshShape> Planner::getMeshes() const {
  if (std::optional<MeshShape> mesh = compilation->getMesh())
    return {*mesh};
  const Machine &machine = compilation->getMachine();
  MeshShape grid = machine.grid;
  double least =
      std::max(1.0, static_cast<double>(compilation->getResidentBytes()) /
                        static_cast<double>(machine.getUsableSramBytes()));
  std::vector<MeshShape> meshes;
  auto add = [&](double columns, double rows) {
    MeshShape mesh = {static_cast<unsigned>(std::lround(columns)),
                      static_cast<unsigned>(std::lround(rows))};
    if (mesh.columns && mesh.rows && mesh.columns <= grid.columns &&
        mesh.rows <= grid.rows && mesh.getNumCores() >= least &&
        !llvm::is_contained(meshes, mesh))
      meshes.push_back(mesh);
  };
  // Models of a few weights are slower on many cores.
  double most = std::min<double>(grid.getNumCores(), least * 64);
  for (double cores = least * 1.05; cores <= most; cores *= 1.5)
    for (double aspect : {1.0, 1.5, 1 / 1.5})
      add(std::sqrt(cores * aspect), std::sqrt(cores / aspect));
  if (most == grid.getNumCores())
    add(grid.columns, grid.rows);
  return meshes;
}

/// None, one position a row, some more, and as many as the prompt has.
std::vector<uint32_t> Planner::getSlots(MeshShape mesh) const {
  if (std::optional<uint32_t> chunk = compilation->getChunk())
    return {static_cast<uint32_t>(llvm::divideCeil(*chunk, mesh.rows))};
  std::vector<uint32_t> slots = {0};
  if (options.prompt < 2)
    return slots;
  auto whole =
      static_cast<uint32_t>(llvm::divideCeil(options.prompt, mesh.rows));
  for (uint32_t count : {1u, std::min(whole, 8u), std::min(whole, 32u)})
    if (!llvm::is_contained(slots, count))
      slots.push_back(count);
  return slots;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

/// Bytes of a core's tiles of all objects; of those that are moved only once.
static uint64_t getTileBytes(mlir::ModuleOp module) {
  uint64_t bytes = 0;
  for (auto object : module.getOps<mesh::ObjectOp>()) {
    mlir::RankedTensorType tile =
        object.getPlacedType().getTileType(mesh::lookupMesh(object).getShape());
    if (!object.getMovedFrom())
      bytes += llvm::alignTo(tile.getNumElements() *
                                 tile.getElementTypeBitWidth() / 8,
                             objectAlignment);
  }
  return bytes;
}

/// Launches cost in proportion to their positions: the first and the last tell
/// of all.
Expected<uint64_t> Planner::estimatePrompt(mlir::func::FuncOp prefill,
                                           uint32_t chunk) {
  LaunchEstimate launch(prefill, compilation->getCosts());
  uint32_t launches = llvm::divideCeil(options.prompt, chunk);
  if (launches == 0)
    return 0;
  auto getTicks = [&](uint32_t index) {
    int64_t begin = int64_t(index) * chunk;
    int64_t end = std::min<int64_t>(begin + chunk, options.prompt);
    return launch.getTicks({begin, 0, end - begin});
  };
  Expected<uint64_t> first = getTicks(0);
  if (!first || launches == 1)
    return first;
  Expected<uint64_t> last = getTicks(launches - 1);
  if (!last)
    return last;
  return (*first + *last) * launches / 2;
}

Error Planner::add(MeshShape mesh, uint32_t slots) {
  Variant variant;
  variant.mesh = mesh;
  variant.slots = slots;
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module =
      compilation->lowerToMesh(mesh, slots);
  if (!module)
    return module.takeError();
  variant.tileBytes = getTileBytes(**module);
  if (variant.tileBytes > compilation->getMachine().getUsableSramBytes()) {
    tooLarge.push_back(std::move(variant));
    return Error::success();
  }
  if (Error error = estimate(variant, **module))
    return error;
  variants.push_back(std::move(variant));
  return Error::success();
}

Error Planner::estimate(Variant &variant, mlir::ModuleOp module) {
  LaunchEstimate decode(module.lookupSymbol<mlir::func::FuncOp>("decode"),
                        compilation->getCosts());
  auto getDecode = [&](uint32_t position) {
    return decode.getTicks({static_cast<int64_t>(position)});
  };
  if (Error error = getDecode(options.prompt + options.generate / 2)
                        .moveInto(variant.decodeTicks))
    return error;
  Expected<uint64_t> prompt = 0;
  if (variant.slots) {
    prompt = estimatePrompt(module.lookupSymbol<mlir::func::FuncOp>("prefill"),
                            variant.slots * variant.mesh.rows);
  } else if (options.prompt) {
    prompt = getDecode(options.prompt / 2);
    if (prompt)
      *prompt *= options.prompt;
  }
  if (!prompt)
    return prompt.takeError();
  variant.prefillTicks = *prompt;
  // The first token comes from the prompt.
  variant.ticks = *prompt + (options.generate - 1) * variant.decodeTicks;
  return Error::success();
}

/// What is neither faster nor smaller than another goes.
void Planner::keepPareto() {
  llvm::sort(variants, [](const Variant &a, const Variant &b) {
    return std::tuple(a.ticks, a.tileBytes, a.mesh.getNumCores()) <
           std::tuple(b.ticks, b.tileBytes, b.mesh.getNumCores());
  });
  uint64_t least = UINT64_MAX;
  llvm::erase_if(variants, [&](const Variant &variant) {
    bool isWorse = variant.tileBytes >= least && !variant.isChosen;
    least = std::min(least, variant.tileBytes);
    return isWorse;
  });
}

static const Variant &getLeast(llvm::ArrayRef<Variant> variants) {
  return *llvm::min_element(variants, [](const Variant &a, const Variant &b) {
    return a.tileBytes < b.tileBytes;
  });
}

/// The fastest that fits, by its program: code and buffers come on top.
Error Planner::choose() {
  llvm::sort(variants, [](const Variant &a, const Variant &b) {
    return std::tuple(a.ticks, a.mesh.getNumCores(), a.slots) <
           std::tuple(b.ticks, b.mesh.getNumCores(), b.slots);
  });
  for (Variant &variant : variants) {
    Expected<Program> program =
        compilation->compileOn(variant.mesh, variant.slots);
    if (program) {
      variant.bytes = getSramHighWater(*program);
      variant.isChosen = true;
      return Error::success();
    }
    Error error = program.takeError();
    if (!error.isA<BudgetError>())
      return error;
    variant.problem = llvm::toString(std::move(error));
  }
  if (!variants.empty())
    return makeError("no plan fits; the fastest, on {0}: {1}",
                     printMesh(variants.front().mesh),
                     variants.front().problem);
  const Variant &least = getLeast(tooLarge);
  return makeError(
      "no plan fits: expected at most {0} bytes per core, what {1} "
      "has, but the tiles of weights and caches need {2} on a mesh "
      "of {3}, the least of {4} ways",
      compilation->getMachine().getUsableSramBytes(),
      compilation->getMachine().name, least.tileBytes, printMesh(least.mesh),
      tooLarge.size());
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

void Planner::print() const {
  Table table({"", "mesh", "chunk", "tile bytes", "bytes", "prompt cycles",
               "cycles/token", "total cycles", "ruled out by"},
              "lrrrrrrrl");
  for (const Variant &variant : variants)
    table.add(
        {variant.isChosen ? "*" : "", printMesh(variant.mesh),
         std::to_string(variant.slots * variant.mesh.rows),
         std::to_string(variant.tileBytes),
         variant.bytes ? std::to_string(*variant.bytes) : "",
         formatv("{0:F0}",
                 compilation->getMachine().getCycles(variant.prefillTicks)),
         formatv("{0:F0}",
                 compilation->getMachine().getCycles(variant.decodeTicks)),
         formatv("{0:F0}", compilation->getMachine().getCycles(variant.ticks)),
         llvm::StringRef(variant.problem).split(';').first.str()});
  table.print(llvm::outs(), formatv("{0} tokens and {1} more on {2}, estimated",
                                    options.prompt, options.generate,
                                    compilation->getMachine().name)
                                .str());
  if (!tooLarge.empty())
    llvm::outs() << formatv(
        "\n{0} more do not fit: the least needs {1} bytes for its tiles, on "
        "{2}\n",
        tooLarge.size(), getLeast(tooLarge).tileBytes,
        printMesh(getLeast(tooLarge).mesh));
}

TargetOptions Planner::getTarget(const Variant &variant) const {
  TargetOptions target = options.target;
  target.device = compilation->getDevice();
  target.mesh = printMesh(variant.mesh);
  target.noPrefill = variant.slots == 0;
  target.chunk.reset();
  if (variant.slots)
    target.chunk = std::min(variant.slots * variant.mesh.rows,
                            compilation->getModel()->contextLength);
  return target;
}

Error Planner::write() {
  if (!output)
    return Error::success();
  const Variant &chosen =
      *llvm::find_if(variants, [](const Variant &v) { return v.isChosen; });
  Json plan = describePlan(getTarget(chosen));
  plan["predicted"] = {
      {"prompt", options.prompt},
      {"generate", options.generate},
      {"prompt_cycles",
       compilation->getMachine().getCycles(chosen.prefillTicks)},
      {"cycles_per_token",
       compilation->getMachine().getCycles(chosen.decodeTicks)},
      {"cycles", compilation->getMachine().getCycles(chosen.ticks)},
      {"sram", *chosen.bytes}};
  writeReport(plan, output->os());
  return files.keep();
}

Error Planner::run() {
  if (Error error =
          files.openIfGiven("--output", options.output).moveInto(output))
    return error;
  if (Error error = checkInputs(files, options.target))
    return error;
  if (Error error = Compilation::create(options.target).moveInto(compilation))
    return error;
  if (!compilation->getModel())
    return makeError("expected a GGUF file or a shape but got a graph");
  if (Error error = checkTokens())
    return error;
  for (MeshShape mesh : getMeshes())
    for (uint32_t slots : getSlots(mesh))
      if (Error error = add(mesh, slots))
        return error;
  if (variants.empty() && tooLarge.empty())
    return makeError("no mesh of {0} holds the weights and caches: {1} bytes",
                     compilation->getMachine().name,
                     compilation->getResidentBytes());
  Error error = choose();
  keepPareto();
  print();
  if (error)
    return error;
  return write();
}

Error plmr::planCommand(const PlanOptions &options) {
  if (Error error = checkTarget(options.target, " or --shape NAME"))
    return error;
  return Planner(options).run();
}
