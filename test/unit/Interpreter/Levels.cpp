//===- Levels.cpp - All levels of one graph, for tests --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Levels.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "plmr/Frontend/GGUFImport/Import.h"
#include "plmr/Pipeline/Registration.h"

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;

static DialectRegistry getRegistry() {
  DialectRegistry registry;
  registerDialects(registry);
  return registry;
}

Levels::Levels(const std::string &shape, const std::string &decodeMesh)
    : context(getRegistry()), shape(shape), decodeMesh(decodeMesh) {}

CompileOptions Levels::getOptions(Level level) const {
  CompileOptions options;
  options.device = "lab";
  options.mesh = shape;
  options.level = level;
  options.decodeMesh = decodeMesh;
  return options;
}

std::unique_ptr<Levels> Levels::fromModel(const std::string &shape,
                                          unsigned chunk, KVPlacement placement,
                                          const std::string &decodeMesh,
                                          unsigned batch) {
  std::unique_ptr<Levels> levels(new Levels(shape, decodeMesh));
  GGUFFile file = check(
      GGUFFile::open(PLMR_SOURCE_DIR "/models/plmr-stories-280k-f32.gguf"));
  ModelDescription model = check(readModel(file));
  GGUFImportOptions options;
  options.contextLength = 16;
  options.chunk = chunk;
  options.kvPlacement = placement;
  options.batch = batch;
  levels->graph = check(importGGUF(file, model, &levels->context, options));
  return levels;
}

std::unique_ptr<Levels> Levels::fromText(const std::string &text,
                                         const std::string &shape) {
  std::unique_ptr<Levels> levels(new Levels(shape));
  levels->graph = parseSourceString<ModuleOp>(text, &levels->context, "graph");
  return levels->graph ? std::move(levels) : nullptr;
}

OwningOpRef<ModuleOp> Levels::lower(Level level, Change change) const {
  OwningOpRef<ModuleOp> module(ModuleOp(*graph).clone());
  change(*module);
  check(compileModule(*module, getOptions(level)));
  return module;
}

void Levels::compile(Change change) {
  mesh = lower(Level::Mesh, change);
  tile = lower(Level::Tile, change);
  OwningOpRef<ModuleOp> core(graph->clone());
  change(*core);
  program = std::make_shared<Program>(
      check(compileToProgram(*core, getOptions(Level::Core))));
}

std::unique_ptr<Golden>
Levels::createGolden(const GoldenOptions &options) const {
  return check(Golden::create(
      {ModuleOp(*graph), ModuleOp(*mesh), ModuleOp(*tile), program}, options));
}

std::vector<float> Random::getValues(size_t count) {
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(engine);
  return values;
}

Inputs interpreter::makeInputs(ModuleOp graph, StringRef function,
                               Random &random) {
  Inputs inputs;
  auto func = graph.lookupSymbol<func::FuncOp>(function);
  for (auto [i, argument] : llvm::enumerate(func.getArguments())) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    auto name = func.getArgAttrOfType<StringAttr>(i, "plmr.name");
    inputs.tensors[name ? name.str() : "arg" + std::to_string(i)] =
        random.getValues(type.getNumElements());
  }
  return inputs;
}
