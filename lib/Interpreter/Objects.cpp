//===- Objects.cpp - The tiles of a module's objects ----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Objects.h"
#include "Evaluator.h"
#include "Sources.h"
#include "plmr/Program/Float.h"
#include <cmath>
#include <limits>

using namespace plmr;
using namespace plmr::interpreter;
using llvm::Error;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// TileMap
//===----------------------------------------------------------------------===//

static float getPadding(PadValue pad) {
  switch (pad) {
  case PadValue::Zero:
    return 0;
  case PadValue::NegInf:
    return -std::numeric_limits<float>::infinity();
  case PadValue::Any:
    break;
  }
  return std::numeric_limits<float>::quiet_NaN();
}

Array TileMap::scatter(llvm::ArrayRef<float> tensor, unsigned x,
                       unsigned y) const {
  Array result = makeUndefined(tile);
  forEach(x, y, [&](int64_t at, int64_t element) {
    (*result.data)[at] = element < 0 ? getPadding(placement.pad)
                                     : roundTo(result.type, tensor[element]);
  });
  return result;
}

int64_t TileMap::getNumElements() const {
  int64_t elements = 1;
  for (int64_t extent : placement.getShape())
    elements *= extent;
  return elements;
}

//===----------------------------------------------------------------------===//
// Objects
//===----------------------------------------------------------------------===//

std::vector<Environment> interpreter::makeCores(MeshShape mesh) {
  std::vector<Environment> cores(mesh.getNumCores());
  for (auto [i, core] : llvm::enumerate(cores)) {
    core.x = i % mesh.columns;
    core.y = i / mesh.columns;
  }
  return cores;
}

static Error bindParameters(mlir::func::FuncOp func, const Inputs &inputs,
                            llvm::MutableArrayRef<Environment> cores) {
  auto names = func->getAttrOfType<mlir::ArrayAttr>("plmr.parameters");
  for (auto [i, argument] : llvm::enumerate(func.getArguments())) {
    if (!names || i >= names.size())
      return makeError("function '{0}' has no name for argument {1}",
                       func.getSymName(), i);
    std::string name = mlir::cast<mlir::StringAttr>(names[i]).str();
    auto found = inputs.parameters.find(name);
    if (found == inputs.parameters.end())
      return makeError("no parameter '{0}' is given", name);
    for (Environment &core : cores)
      core.set(argument, Scalar{found->second, 0});
  }
  return Error::success();
}

Expected<mlir::func::FuncOp> interpreter::findFunction(mlir::ModuleOp module,
                                                       llvm::StringRef name) {
  auto func = module.lookupSymbol<mlir::func::FuncOp>(name);
  if (!func)
    return makeError("no function is named '{0}'", name);
  return func;
}

Error interpreter::startRun(mlir::func::FuncOp func, const Inputs &inputs,
                            Objects &objects,
                            llvm::MutableArrayRef<Environment> cores) {
  for (const auto &[name, values] : inputs.tensors)
    if (Error error = objects.write(name, values))
      return error;
  return bindParameters(func, inputs, cores);
}

/// Reads a weight and scatters it, slice by slice.
Error Objects::load(mesh::ObjectOp op, Sources &sources) {
  if (!op.getSources())
    return Error::success();
  llvm::StringRef file = op.getFile().value_or("");
  for (auto [slice, source] : llvm::enumerate(op.getSourcesAttr())) {
    Expected<std::vector<float>> values =
        sources.read(source, file, op.getValueType().getTensor().getShape(),
                     op.getTransposed());
    if (!values)
      return makeError("object '{0}': {1}", op.getSymName(),
                       llvm::toString(values.takeError()));
    std::optional<int64_t> index;
    if (op.getStacked())
      index = slice;
    if (Error error = write(op.getSymName(), *values, index))
      return error;
  }
  return Error::success();
}

Expected<Objects> Objects::create(mlir::ModuleOp module) {
  mesh::MeshOp meshOp = mesh::lookupMesh(module);
  if (!meshOp)
    return makeError("expected a module with a plmr.mesh");
  Objects objects;
  objects.mesh = meshOp.getShape();
  Sources sources;
  for (auto op : module.getOps<mesh::ObjectOp>()) {
    Entry &entry = objects.entries[op.getSymName()];
    entry.op = op;
    if (int64_t batch = op.getPlacedType().getBatch().value_or(1); batch != 1)
      return makeError("object '{0}': expected a batch of 1, others are not "
                       "executed, but got {1}",
                       op.getSymName(), batch);
    MeshShape own = mesh::lookupMesh(op).getShape();
    Array empty = makeUndefined(op.getPlacedType().getTileType(own));
    for (const Environment &core : makeCores(objects.mesh)) {
      bool isZero =
          !op.getMovedFrom() && core.x < own.columns && core.y < own.rows;
      entry.tiles.push_back(isZero ? Array::filled(empty.shape, empty.type, 0)
                                   : empty.clone());
    }
    if (Error error = objects.load(op, sources))
      return std::move(error);
  }
  return objects;
}

Expected<const Objects::Entry *> Objects::find(llvm::StringRef name) const {
  auto found = entries.find(name);
  if (found == entries.end())
    return makeError("no object is named '{0}'", name);
  return &found->second;
}

Expected<Array> Objects::getTile(llvm::StringRef name, unsigned x, unsigned y,
                                 std::optional<int64_t> index) const {
  Expected<const Entry *> entry = find(name);
  if (!entry)
    return entry.takeError();
  const Array &tile = (*entry)->tiles[getCore(x, y)];
  if (!index)
    return tile;
  if (*index < 0 || *index >= tile.shape[0])
    return makeError("object '{0}' has {1} slices, {2} is none of them", name,
                     tile.shape[0], *index);
  return tile.getSlice(*index);
}

Expected<TileMap> Objects::getMap(llvm::StringRef name, bool ofSlice) const {
  Expected<const Entry *> entry = find(name);
  if (!entry)
    return entry.takeError();
  mesh::ObjectOp op = (*entry)->op;
  return TileMap(ofSlice ? op.getValueType() : op.getPlacedType(),
                 mesh::lookupMesh(op).getShape());
}

Error Objects::forEachTile(
    llvm::StringRef name, std::optional<int64_t> index, MeshShape own,
    llvm::function_ref<void(unsigned, unsigned, Array &)> fn) const {
  for (unsigned y = 0; y != own.rows; ++y)
    for (unsigned x = 0; x != own.columns; ++x) {
      Expected<Array> tile = getTile(name, x, y, index);
      if (!tile)
        return tile.takeError();
      fn(x, y, *tile);
    }
  return Error::success();
}

Error Objects::write(llvm::StringRef name, llvm::ArrayRef<float> values,
                     std::optional<int64_t> index) {
  Expected<TileMap> map = getMap(name, index.has_value());
  if (!map)
    return map.takeError();
  if (map->getNumElements() != static_cast<int64_t>(values.size()))
    return makeError("input '{0}': expected {1} elements but got {2}", name,
                     map->getNumElements(), values.size());
  return forEachTile(name, index, map->mesh,
                     [&](unsigned x, unsigned y, Array &tile) {
                       tile.setValues(map->scatter(values, x, y).getValues());
                     });
}

Error Objects::forget(llvm::StringRef name, std::optional<int64_t> index) {
  Expected<TileMap> map = getMap(name, index.has_value());
  if (!map)
    return map.takeError();
  return forEachTile(
      name, index, map->mesh, [](unsigned, unsigned, Array &tile) {
        tile.setValues(Array::undefined(tile.shape, tile.type).getValues());
      });
}

Expected<std::vector<float>> Objects::read(llvm::StringRef name,
                                           std::optional<int64_t> index) const {
  Expected<TileMap> map = getMap(name, index.has_value());
  if (!map)
    return map.takeError();
  std::vector<float> values(map->getNumElements());
  std::vector<int> holders(values.size(), -1);
  Error failure = Error::success();
  auto take = [&](unsigned x, unsigned y, const Array &tile, int64_t at,
                  int64_t element) {
    if (element < 0 || failure)
      return;
    float value = (*tile.data)[tile.offset + at];
    int &holder = holders[element];
    if (holder >= 0 && toBits(values[element]) != toBits(value))
      failure = makeError("'{0}': element {1} is {2} on core ({3}, {4}) but "
                          "{5} on core ({6}, {7})",
                          name, element, values[element], holder % mesh.columns,
                          holder / mesh.columns, value, x, y);
    values[element] = value;
    holder = static_cast<int>(getCore(x, y));
  };
  if (Error error = forEachTile(
          name, index, map->mesh, [&](unsigned x, unsigned y, Array &tile) {
            map->forEach(x, y, [&](int64_t at, int64_t element) {
              take(x, y, tile, at, element);
            });
          }))
    return joinErrors(std::move(error), std::move(failure));
  if (failure)
    return std::move(failure);
  return values;
}
