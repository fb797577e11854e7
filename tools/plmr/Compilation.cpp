//===- Compilation.cpp - From a file to a program -------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"
#include "Report.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "plmr/Conversion/Passes.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Frontend/GGUF/Shape.h"
#include "plmr/Pipeline/Registration.h"
#include "plmr/Support/InputFile.h"
#include "plmr/Target/Program/Program.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SaveAndRestore.h"
#include <cmath>

using namespace mlir;
using namespace plmr;

/// Sets `result` to the columns x rows that `flag` gives, if it is given and
/// not "auto".
static llvm::Error readMesh(const std::optional<std::string> &text,
                            StringRef flag, bool takesAuto,
                            std::optional<MeshShape> &result) {
  if (!text || (takesAuto && *text == "auto"))
    return llvm::Error::success();
  result = parseMesh(*text);
  if (!result)
    return makeError("{0}: expected columns x rows, for example 8x4{1} but got "
                     "'{2}'",
                     flag, takesAuto ? ", or 'auto'" : ",", *text);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Reading the graph
//===----------------------------------------------------------------------===//

Compilation::Compilation(const TargetOptions &options)
    : context(getDialects()), device(options.device.value_or("wse2")) {}

llvm::Expected<std::unique_ptr<Compilation>>
Compilation::create(const TargetOptions &options) {
  std::unique_ptr<Compilation> result(new Compilation(options));
  if (llvm::Error error = loadMachine(result->device).moveInto(result->machine))
    return std::move(error);
  if (llvm::Error error =
          readMesh(options.mesh, "--mesh", /*takesAuto=*/true, result->mesh))
    return std::move(error);
  if (llvm::Error error = result->parseLaunchMeshes(options))
    return std::move(error);
  result->reduce = options.reduce.value_or("");
  if (options.reduce && *options.reduce != "auto" &&
      !TreeChoice::parse(*options.reduce))
    return makeError("--reduce: expected auto, {0} but got '{1}'",
                     TreeChoice::getExpected(), *options.reduce);
  result->gemm = options.gemm.value_or("auto");
  if (result->gemm != "auto" && !mesh::symbolizeGemmAlgorithm(result->gemm))
    return makeError("--gemm: expected auto, {0} but got '{1}'",
                     getGemmAlgorithms(), result->gemm);
  bool isText = !options.shape && StringRef(options.model).ends_with(".mlir");
  if (isText && (options.kv || options.kvPlacement || options.context ||
                 options.chunk || options.noPrefill || options.allLogits ||
                 options.prefillMesh || options.decodeMesh))
    return makeError("{0} is a graph: --kv, --kv-placement, --ctx-size, "
                     "--chunk, --no-prefill, --all-logits, --prefill-mesh and "
                     "--decode-mesh belong to a GGUF file or "
                     "a shape",
                     options.model);
  if (!isText && !options.noPrefill && result->gemm != "auto" &&
      result->gemm != "mesh_gemm")
    return makeError("--gemm: expected mesh_gemm, which the prefill of a model "
                     "takes, but got '{0}'",
                     result->gemm);
  if (llvm::Error error =
          isText ? result->parseGraph(options) : result->importModel(options))
    return std::move(error);
  return result;
}

/// Launches with meshes of their own: `mesh` is prefill's then.
llvm::Error Compilation::parseLaunchMeshes(const TargetOptions &options) {
  if (!options.prefillMesh && !options.decodeMesh)
    return llvm::Error::success();
  if (options.noPrefill)
    return makeError("--prefill-mesh and --decode-mesh: expected a prefill, "
                     "which --no-prefill excludes; --mesh gives the mesh of "
                     "decode");
  std::optional<MeshShape> prefill = mesh, decode = mesh;
  if (llvm::Error error = readMesh(options.prefillMesh, "--prefill-mesh",
                                   /*takesAuto=*/false, prefill))
    return error;
  if (llvm::Error error = readMesh(options.decodeMesh, "--decode-mesh",
                                   /*takesAuto=*/false, decode))
    return error;
  bool hasBoth = options.prefillMesh && options.decodeMesh;
  if (hasBoth && mesh && *prefill != *mesh && *decode != *mesh)
    return makeError("--mesh {0}: expected no third mesh beside --prefill-mesh "
                     "{1} and --decode-mesh {2}",
                     printMesh(*mesh), *options.prefillMesh,
                     *options.decodeMesh);
  if (!prefill || !decode)
    return makeError("expected --mesh beside {0}, or both --prefill-mesh and "
                     "--decode-mesh",
                     options.prefillMesh ? "--prefill-mesh" : "--decode-mesh");
  mesh = prefill;
  if (*prefill != *decode)
    decodeMesh = decode;
  return llvm::Error::success();
}

/// With a prefill on `shape`, or decode alone.
CompileOptions Compilation::getCompileOptions(StringRef profile,
                                              MeshShape shape, bool hasPrefill,
                                              Level level) {
  CompileOptions result;
  result.device = profile;
  result.mesh = printMesh(shape);
  result.level = level;
  result.from = from;
  result.tree = reduce;
  // A model's products share the placements of decode.
  if (!model || gemm != "auto")
    result.gemm = gemm;
  result.costs = &costs;
  result.choices = choices;
  result.reproducer = isRecording ? &reproducer : nullptr;
  if (decodeMesh)
    (hasPrefill ? result.decodeMesh : result.mesh) = printMesh(*decodeMesh);
  return result;
}

llvm::Error Compilation::importModel(const TargetOptions &options) {
  import.allLogits = options.allLogits;
  std::string kv = options.kv.value_or("f32");
  if (kv != "f32" && kv != "f16")
    return makeError("--kv: expected f32 or f16 but got '{0}'", kv);
  import.kvType = kv == "f16" ? ElementType::F16 : ElementType::F32;
  std::string placement = options.kvPlacement.value_or("cyclic");
  std::optional<KVPlacement> known = parseKVPlacement(placement);
  if (!known)
    return makeError("--kv-placement: expected cyclic, shift or concat but got "
                     "'{0}'",
                     placement);
  import.kvPlacement = *known;
  llvm::Expected<GGUFFile> opened =
      options.shape ? loadShape(*options.shape) : GGUFFile::open(options.model);
  if (llvm::Error error = std::move(opened).moveInto(file))
    return error;
  if (llvm::Error error = readModel(*file).moveInto(description))
    return error;
  import.contextLength = options.context;
  if (!options.context && options.positions)
    import.contextLength =
        std::min(description.contextLength,
                 std::max(*options.positions, options.chunk.value_or(0)));
  if (llvm::Error error =
          importGGUF(*file, description, &context, import).moveInto(graph))
    return error;
  llvm::Expected<ModelInfo> info = readModelInfo(*file, description);
  if (!info)
    return info.takeError();
  model = std::move(*info);
  model->contextLength = import.contextLength.value_or(model->contextLength);
  model->kvPlacement = import.kvPlacement;
  if (options.chunk && *options.chunk > model->contextLength)
    return makeError("--chunk: expected at most {0} tokens, the context's "
                     "positions, but got {1}",
                     model->contextLength, *options.chunk);
  chunk = options.noPrefill ? 0 : options.chunk;
  llvm::SmallString<128> absolute(options.model);
  llvm::sys::fs::make_absolute(absolute);
  modelFile = absolute.str();
  return llvm::Error::success();
}

llvm::Error Compilation::parseGraph(const TargetOptions &options) {
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (message.empty())
      message =
          printLocation(diagnostic.getLocation()) + ": " + diagnostic.str();
  });
  graph = parseSourceFile<ModuleOp>(options.model, &context);
  if (!graph)
    return makeError("{0}", message);
  // A graph that is placed already is for its own mesh.
  plmr::mesh::MeshOp meshOp = plmr::mesh::lookupMesh(*graph);
  if (!meshOp)
    return llvm::Error::success();
  if (!mesh)
    mesh = meshOp.getShape();
  if (options.device)
    return llvm::Error::success();
  device = meshOp.getDevice().str();
  return plmr::mesh::parseDevice(device).moveInto(machine);
}

llvm::Error Compilation::beginAt(Level level) {
  from = level;
  return verifyLevel(*graph, from);
}

//===----------------------------------------------------------------------===//
// Meshes
//===----------------------------------------------------------------------===//

uint64_t Compilation::getResidentBytes() const {
  ModuleOp module = graph.get();
  uint64_t bytes = 0;
  auto add = [&](Type type, uint64_t copies) {
    auto tensor = cast<RankedTensorType>(type);
    bytes +=
        copies * tensor.getNumElements() * tensor.getElementTypeBitWidth() / 8;
  };
  for (auto weight : module.getOps<llm::WeightOp>())
    add(weight.getType(), weight.getSources().size());
  for (auto state : module.getOps<llm::StateOp>())
    add(state.getType(), 1);
  for (auto func : module.getOps<func::FuncOp>())
    for (Type type : func.getArgumentTypes())
      if (auto tensor = dyn_cast<RankedTensorType>(type);
          tensor && tensor.hasStaticShape() &&
          tensor.getElementType().isIntOrFloat())
        add(tensor, 1);
  return bytes;
}

/// Squares, and rectangles of one more column, from the smallest that could
/// hold the resident bytes on; steps grow with the extent.
std::vector<MeshShape> Compilation::getCandidates() const {
  uint64_t bytes = getResidentBytes();
  double cores = static_cast<double>(bytes) /
                 static_cast<double>(machine.getUsableSramBytes());
  auto extent = static_cast<unsigned>(
      std::max(1.0, std::floor(std::sqrt(std::max(cores, 1.0)))));
  std::vector<MeshShape> candidates;
  // A line of cores needs the fewest routes.
  auto line = static_cast<unsigned>(std::ceil(std::max(cores, 1.0)));
  MeshShape grid = machine.grid;
  for (; extent <= std::min(grid.columns, grid.rows);
       extent += std::max(1u, extent / 8)) {
    for (unsigned columns : {extent, extent + 1})
      if (columns <= grid.columns && columns * extent >= cores)
        candidates.push_back({columns, extent});
  }
  if (candidates.empty() || candidates.back() != grid)
    candidates.push_back(grid);
  for (unsigned extent = line + line / 4; extent <= grid.rows;
       extent += std::max(1u, extent / 2))
    candidates.push_back({1, extent});
  return candidates;
}

/// The diagnostics of a compilation as one line: the first, then its notes.
static std::string joinLines(StringRef message) {
  SmallVector<StringRef> lines;
  message.split(lines, '\n', -1, /*KeepEmpty=*/false);
  std::string text;
  for (auto [i, line] : llvm::enumerate(lines))
    text += (i == 0 ? "" : i == 1 ? ": " : ", ") + line.trim().str();
  return text;
}

static llvm::Error joinLines(llvm::Error error) {
  return llvm::handleErrors(
      std::move(error),
      [](std::unique_ptr<BudgetError> problem) -> llvm::Error {
        problem->message = joinLines(problem->message);
        return llvm::Error(std::move(problem));
      },
      [](const llvm::ErrorInfoBase &problem) {
        return makeError("{0}", joinLines(problem.message()));
      });
}

llvm::Expected<OwningOpRef<ModuleOp>> Compilation::lower(Level level) {
  // What fits, and the chunk that does, is known from a program only.
  bool asksForFit = !mesh || (model && !chunk);
  if (asksForFit && !slotsThatFit && level != Level::Graph)
    if (llvm::Error error = compile().takeError())
      return std::move(error);
  MeshShape shape = mesh.value_or(MeshShape{1, 1});
  uint32_t slots = slotsThatFit.value_or(getSlots(shape));
  llvm::Expected<OwningOpRef<ModuleOp>> module =
      buildGraph(shape, {slots, getPositions()});
  if (!module || level == Level::Graph)
    return module;
  if (llvm::Error error = compileModule(
          **module, getCompileOptions(device, *mesh, slots != 0, level)))
    return joinLines(std::move(error));
  return module;
}

llvm::Expected<std::vector<Choice>> Compilation::explain() {
  if (llvm::Error error = compile().takeError())
    return std::move(error);
  std::vector<Choice> result;
  choices = &result;
  // How a graph's matrices are multiplied depends on what fits.
  llvm::Error error = lower(model ? Level::Mesh : Level::Core).takeError();
  choices = nullptr;
  if (error)
    return std::move(error);
  return result;
}

llvm::Expected<OwningOpRef<ModuleOp>> Compilation::lowerToMesh(MeshShape shape,
                                                               uint32_t slots) {
  llvm::Expected<OwningOpRef<ModuleOp>> module =
      buildGraph(shape, {slots, getPositions()});
  if (!module)
    return module;
  CompileOptions options =
      getCompileOptions(device, shape, slots != 0, Level::Mesh);
  options.isQuick = true;
  if (llvm::Error error = compileModule(**module, options))
    return joinLines(std::move(error));
  return module;
}

/// Tokens that a launch takes if nothing else is asked for: more cost fewer
/// cycles each, but a short prompt pays for all of them.
static constexpr uint32_t defaultChunk = 64;

uint32_t Compilation::getSlots(MeshShape shape) const {
  if (!model)
    return 0;
  uint32_t tokens =
      chunk.value_or(std::min(defaultChunk, model->contextLength));
  return (tokens + shape.rows - 1) / shape.rows;
}

llvm::Expected<OwningOpRef<ModuleOp>> Compilation::buildGraph(MeshShape shape,
                                                              Extents extents) {
  KVPlacement placement = extents.placement.value_or(import.kvPlacement);
  if (extents.slots == 0 && extents.positions == getPositions() &&
      placement == import.kvPlacement)
    return OwningOpRef<ModuleOp>(graph->clone());
  GGUFImportOptions options = import;
  options.contextLength = extents.positions;
  options.chunk = extents.slots * shape.rows;
  options.kvPlacement = placement;
  ModelDescription longer = description;
  longer.contextLength = std::max(longer.contextLength, extents.positions);
  return importGGUF(*file, longer, &context, options);
}

llvm::Expected<Program> Compilation::compileWith(MeshShape shape,
                                                 Extents extents) {
  llvm::Expected<OwningOpRef<ModuleOp>> module = buildGraph(shape, extents);
  if (!module)
    return module.takeError();
  return finishProgram(
      **module,
      getCompileOptions(device, shape, extents.slots != 0, Level::Core));
}

llvm::Expected<Program>
Compilation::finishProgram(ModuleOp module, const CompileOptions &options) {
  llvm::Expected<Program> program = compileToProgram(module, options);
  if (!program)
    return joinLines(program.takeError());
  if (llvm::Error error = addModel(*program))
    return std::move(error);
  return program;
}

/// The largest number below `fails` of which `holds`, where it holds of all
/// below that; `holds` is true of `fits`.
static uint32_t findLargest(uint32_t fits, uint32_t fails,
                            llvm::function_ref<bool(uint32_t)> holds) {
  while (fails - fits > 1) {
    uint32_t middle = fits + (fails - fits) / 2;
    (holds(middle) ? fits : fails) = middle;
  }
  return fits;
}

bool Compilation::fits(MeshShape shape, Extents extents) {
  llvm::Expected<Program> program = compileWith(shape, extents);
  return !llvm::errorToBool(program.takeError());
}

std::string Compilation::adviseChunk(MeshShape shape, uint32_t slots,
                                     uint32_t failing) {
  slots = findLargest(slots, failing, [&](uint32_t middle) {
    return fits(shape, {middle, getPositions()});
  });
  std::string flag = "--no-prefill";
  if (slots)
    flag = llvm::formatv("at most --chunk {0}",
                         std::min(slots * shape.rows, getPositions()));
  return llvm::formatv("; {0} fits on a mesh of {1}", flag, printMesh(shape));
}

std::string Compilation::adviseContext(MeshShape shape) {
  if (!model)
    return "";
  uint32_t largest = findLargestContext(import.kvPlacement, shape);
  if (largest == 0 || largest >= getPositions())
    return "";
  return llvm::formatv("; at most --ctx-size {0} fits on a mesh of {1}",
                       largest, printMesh(shape));
}

std::string Compilation::adviseLess(Budget budget) {
  MeshShape grid = machine.grid;
  if (chunk.value_or(0) && fits(grid, {0, getPositions()}))
    return adviseChunk(grid, 0, getSlots(grid));
  return budget == Budget::Memory ? adviseContext(grid) : "";
}

/// The error of a budget that `error` is; null, and `error` stays, if it is
/// none.
static std::unique_ptr<BudgetError> takeBudgetError(llvm::Error &error) {
  std::unique_ptr<BudgetError> taken;
  error = llvm::handleErrors(std::move(error),
                             [&](std::unique_ptr<BudgetError> problem) {
                               taken = std::move(problem);
                             });
  return taken;
}

llvm::Expected<Program>
Compilation::compileToFit(MeshShape shape, std::optional<Program> onlyDecode) {
  std::unique_ptr<BudgetError> first; // why what was asked for does not fit
  std::string last, firstReproducer;
  uint32_t failing = 0;
  for (uint32_t slots = getSlots(shape);;) {
    llvm::Expected<Program> program =
        slots == 0 && onlyDecode ? std::move(*onlyDecode)
                                 : compileWith(shape, {slots, getPositions()});
    if (program && first && chunk) {
      first->advice = adviseChunk(shape, slots, failing);
      reproducer = std::move(firstReproducer);
      return llvm::Error(std::move(first));
    }
    if (program) {
      slotsThatFit = slots;
      whyNoPrefill = slots ? "" : last;
      return program;
    }
    llvm::Error error = program.takeError();
    std::unique_ptr<BudgetError> problem = takeBudgetError(error);
    if (!problem)
      return std::move(error);
    bool needsPrefill = decodeMesh.has_value();
    if (slots == 0 || (needsPrefill && slots == 1))
      return llvm::Error(std::move(problem));
    // Fewer positions take less memory, but as many routes.
    bool needsMemory = problem->budget == Budget::Memory;
    failing = needsMemory ? slots : 1;
    slots = needsMemory ? slots / 2 : needsPrefill ? 1 : 0;
    last = problem->message;
    if (!first) {
      first = std::move(problem);
      firstReproducer = reproducer;
    }
  }
}

/// Compiles for each candidate until one fits, and sets `mesh`.
llvm::Expected<Program> Compilation::search() {
  std::unique_ptr<BudgetError> problem;
  bool needsRoutes = false; // which a larger rectangle does not have
  for (MeshShape candidate : getCandidates()) {
    if (needsRoutes && candidate.columns != 1)
      continue;
    // A chunk that was not asked for does not ask for a larger mesh.
    llvm::Expected<Program> program = compileWith(
        candidate, {chunk ? getSlots(candidate) : 0, getPositions()});
    if (program) {
      mesh = candidate;
      return chunk ? std::move(program)
                   : compileToFit(candidate, std::move(*program));
    }
    llvm::Error error = program.takeError();
    problem = takeBudgetError(error);
    if (!problem)
      return std::move(error);
    needsRoutes |= problem->budget == Budget::Routes;
  }
  return llvm::Error(std::move(problem));
}

llvm::Expected<Program> Compilation::compileAnywhere() {
  llvm::Expected<Program> program = search();
  if (program)
    return program;
  return llvm::handleErrors(
      program.takeError(), [&](const BudgetError &problem) {
        llvm::SaveAndRestore kept(reproducer);
        return makeError("no mesh of {0} holds it: {1}{2}", machine.name,
                         problem.message, adviseLess(problem.budget));
      });
}

llvm::Error Compilation::adviseMesh(const BudgetError &problem) {
  llvm::SaveAndRestore kept(reproducer);
  std::string advice = problem.advice;
  if (advice.empty() && problem.budget == Budget::Memory)
    advice = adviseContext(*mesh);
  std::optional<MeshShape> asked = mesh;
  llvm::Expected<Program> larger = search();
  std::optional<MeshShape> found = std::exchange(mesh, asked);
  if (larger)
    return makeError("{0}{1}; --mesh {2} fits", problem.message, advice,
                     printMesh(*found));
  llvm::consumeError(larger.takeError());
  return makeError("{0}{1}; no mesh of {2} fits{3}", problem.message, advice,
                   machine.name,
                   advice.empty() ? adviseLess(problem.budget) : "");
}

llvm::Expected<Program> Compilation::compileOnMesh() {
  llvm::Expected<Program> program = compileToFit(*mesh);
  if (program)
    return program;
  // Another mesh is no advice beside two, nor for what is placed already.
  if (decodeMesh || from != Level::Graph)
    return program;
  return llvm::handleErrors(
      program.takeError(),
      [&](const BudgetError &problem) { return adviseMesh(problem); });
}

llvm::Expected<Program> Compilation::compile() {
  llvm::Expected<Program> program = mesh ? compileOnMesh() : compileAnywhere();
  if (program && !whyNoPrefill.empty())
    llvm::errs() << "no prefill, prompts are decoded token by token: "
                 << StringRef(whyNoPrefill).split(';').first << '\n';
  return program;
}

llvm::Expected<Program> Compilation::compileWithoutLimit() {
  MeshShape shape = mesh.value_or(machine.grid);
  llvm::Expected<Program> program =
      compileWithoutLimit(shape, {getSlots(shape), getPositions()});
  if (program || chunk || decodeMesh)
    return program;
  llvm::consumeError(program.takeError());
  return compileWithoutLimit(shape, {0, getPositions()});
}

llvm::Expected<Program> Compilation::compileWithoutLimit(MeshShape shape,
                                                         Extents extents) {
  llvm::Expected<OwningOpRef<ModuleOp>> module = buildGraph(shape, extents);
  if (!module)
    return module.takeError();
  Machine roomy = machine;
  roomy.sramBytes = maxSramBytes;
  llvm::Expected<Program> program = finishProgram(
      **module, getCompileOptions(printMachine(roomy), shape,
                                  extents.slots != 0, Level::Core));
  if (program)
    program->machine = machine;
  return program;
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Tells the program what the host needs of the model.
llvm::Error Compilation::addModel(Program &program) const {
  if (!model)
    return llvm::Error::success();
  program.model = *model;
  if (!file->hasData())
    return verifyProgram(program);
  auto known = llvm::find(program.files, modelFile);
  program.model->embedding.file =
      static_cast<uint32_t>(known - program.files.begin());
  if (known == program.files.end())
    program.files.push_back(modelFile);
  return verifyProgram(program);
}

llvm::Error plmr::checkTarget(const TargetOptions &options,
                              StringRef alternative) {
  if (options.shape || !options.model.empty())
    return llvm::Error::success();
  return makeError("expected a model: --model FILE{0}", alternative);
}

llvm::Error plmr::checkInputs(const OutputFiles &files,
                              const TargetOptions &options) {
  if (options.device && StringRef(*options.device).ends_with(".json"))
    if (llvm::Error error = files.checkInput(*options.device))
      return error;
  if (options.plan)
    if (llvm::Error error = files.checkInput(*options.plan))
      return error;
  if (!options.shape)
    return files.checkInput(options.model);
  return StringRef(*options.shape).ends_with(".json")
             ? files.checkInput(*options.shape)
             : llvm::Error::success();
}

llvm::Expected<bool> plmr::isProgram(const TargetOptions &options) {
  if (options.shape)
    return false;
  auto buffer = mapFile(options.model);
  if (!buffer)
    return buffer.takeError();
  return (*buffer)->getBuffer().starts_with("PLMR");
}
