//===- Golden.cpp - Operation by operation, level by level ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Interpreter/Golden.h"
#include "Comparison.h"
#include "Objects.h"
#include "Points.h"
#include "plmr/Runtime/Loader.h"
#include "llvm/ADT/StringSet.h"

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;
using llvm::Error;
using llvm::Expected;

StringRef interpreter::stringify(LevelPair pair) {
  static constexpr const char *names[] = {"graph/mesh", "mesh/tile",
                                          "tile/core"};
  return names[static_cast<unsigned>(pair)];
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

namespace {
/// One execution of a point's operation in a launch.
struct Instance {
  size_t order = 0;             ///< among the instances of the launch
  std::vector<float> graph;     ///< the tensor
  std::vector<Array> mesh;      ///< what the mesh level computed, by core
  std::vector<Array> continued; ///< what it went on with
  double largestMesh = 0;       ///< magnitude
};
using Trips = std::vector<int64_t>;

/// An object that takes the place of another one, on another mesh.
struct Move {
  std::string from, to;
};

/// The points of one function, by what the levels execute.
struct Function {
  MeshShape shape;         ///< of its cores
  std::vector<Move> moves; ///< if any, there is nothing else
  std::vector<Point> points;
  DenseMap<Operation *, SmallVector<unsigned, 1>> graphOps, meshOps, tileOps;

  bool isMove() const { return !moves.empty(); }
};

/// The key of the worst difference of an operation.
using WorstKey = std::tuple<std::string, size_t, LevelPair>;
} // namespace

struct Golden::Impl {
  GoldenModules modules;
  GoldenOptions options;
  std::unique_ptr<Interpreter> graph, mesh, tile;
  std::unique_ptr<Emulator> emulator;
  llvm::StringSet<> gone; ///< objects whose place another one has

  std::map<std::string, Function> functions;
  /// Of the current launch, by point and trips.
  std::map<std::pair<unsigned, Trips>, Instance> instances;
  std::string function;
  std::optional<std::pair<int64_t, int64_t>> rows; ///< that count
  uint64_t launches = 0;

  std::map<WorstKey, Difference> worst;
  std::optional<Difference> first;
  std::tuple<uint64_t, size_t, LevelPair, unsigned> firstKey;
  std::vector<std::string> hidden;

  Error prepare();
  Expected<Function *> getFunction(StringRef name);
  void setObservers(Function &function);
  Error observeGraph(Function &function, const Observation &observation);
  Error observeMesh(Function &function, const Observation &observation);
  Error observeTile(Function &function, const Observation &observation);
  Error compareMoved(ArrayRef<Move> moves);
  std::vector<uint32_t> getCompared(const Launch &launch,
                                    ArrayRef<Move> moves) const;
  Error runCores(const Inputs &inputs);
  bool isLiveState(const Tensor &tensor) const;
  Error copyState();
  Instance *findInstance(unsigned point, ArrayRef<int64_t> trips);
  void add(Difference difference, size_t point, size_t order, unsigned core,
           double tolerance);
  Difference start(const Point &point, LevelPair pair,
                   ArrayRef<int64_t> trips) const;
};

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

Error Golden::Impl::prepare() {
  for (auto object : modules.mesh.getOps<mesh::ObjectOp>())
    if (object.getMovedFrom())
      gone.insert(object.getSymName());
  if (Error error = createGraphInterpreter(modules.graph).moveInto(graph))
    return error;
  if (Error error = createMeshInterpreter(modules.mesh).moveInto(mesh))
    return error;
  if (Error error = createTileInterpreter(modules.tile).moveInto(tile))
    return error;
  if (!modules.program)
    return Error::success();
  if (Error error = Emulator::create(modules.program).moveInto(emulator))
    return error;
  DataFiles files(*modules.program);
  return loadWeights(*emulator, files);
}

static std::vector<Move> findMoves(func::FuncOp func) {
  std::vector<Move> moves;
  func.walk([&](mesh::RedistributeOp op) {
    moves.push_back({op.getFrom().str(), op.getTo().str()});
  });
  return moves;
}

Expected<Function *> Golden::Impl::getFunction(StringRef name) {
  auto [entry, isNew] = functions.try_emplace(name.str());
  Function &result = entry->second;
  if (!isNew)
    return &result;
  func::FuncOp levels[3];
  for (auto [level, module] :
       llvm::zip(levels, std::array{modules.graph, modules.mesh, modules.tile}))
    level = module.lookupSymbol<func::FuncOp>(name);
  if (levels[1]) {
    result.shape = mesh::lookupMesh(levels[1]).getShape();
    result.moves = findMoves(levels[1]);
  }
  // The graph has no meshes to move between.
  bool isComplete = levels[1] && levels[2] && (levels[0] || result.isMove());
  if (!isComplete)
    return makeError("no function is named '{0}' at all levels", name);
  if (result.isMove())
    return &result;
  result.points = findPoints(levels[0], levels[1], levels[2]);
  auto hide = [&](std::string text) {
    if (!llvm::is_contained(hidden, text))
      hidden.push_back(std::move(text));
  };
  for (auto [i, point] : llvm::enumerate(result.points)) {
    result.graphOps[point.graph.getDefiningOp()].push_back(i);
    if (point.mesh)
      result.meshOps[point.mesh.getDefiningOp()].push_back(i);
    else
      hide(point.operation + " at the mesh level");
    if (point.tileOp)
      result.tileOps[point.tileOp].push_back(i);
    else
      hide(point.operation + " at the tile level");
  }
  return &result;
}

void Golden::Impl::setObservers(Function &function) {
  graph->setObserver([&](const Observation &observation) {
    return observeGraph(function, observation);
  });
  mesh->setObserver([&](const Observation &observation) {
    return observeMesh(function, observation);
  });
  tile->setObserver([&](const Observation &observation) {
    return observeTile(function, observation);
  });
}

//===----------------------------------------------------------------------===//
// Observation
//===----------------------------------------------------------------------===//

Instance *Golden::Impl::findInstance(unsigned point, ArrayRef<int64_t> trips) {
  auto found = instances.find({point, Trips(trips.begin(), trips.end())});
  return found == instances.end() ? nullptr : &found->second;
}

Difference Golden::Impl::start(const Point &point, LevelPair pair,
                               ArrayRef<int64_t> trips) const {
  Difference difference;
  difference.operation = point.operation;
  difference.pair = pair;
  difference.function = function;
  difference.launch = launches;
  difference.layer.assign(trips.begin(), trips.end());
  return difference;
}

void Golden::Impl::add(Difference difference, size_t point, size_t order,
                       unsigned core, double tolerance) {
  std::tuple key{launches, order, difference.pair, core};
  if (difference.relative > tolerance && (!first || key < firstKey)) {
    first = difference;
    firstKey = key;
  }
  auto [entry, isNew] = worst.try_emplace(
      {difference.function, point, difference.pair}, difference);
  if (!isNew && difference.relative > entry->second.relative)
    entry->second = std::move(difference);
}

Error Golden::Impl::observeGraph(Function &function,
                                 const Observation &observation) {
  auto found = function.graphOps.find(observation.op);
  if (found == function.graphOps.end())
    return Error::success();
  for (unsigned point : found->second) {
    Trips trips(observation.trips.begin(), observation.trips.end());
    size_t order = instances.size();
    Instance &instance = instances[{point, trips}];
    instance.order = order;
    instance.graph =
        observation.cores[0].getArray(function.points[point].graph).getValues();
  }
  return Error::success();
}

/// Compares each core's tile with its part of the tensor and goes on with
/// either.
Error Golden::Impl::observeMesh(Function &function,
                                const Observation &observation) {
  auto found = function.meshOps.find(observation.op);
  if (found == function.meshOps.end())
    return Error::success();
  for (unsigned index : found->second) {
    const Point &point = function.points[index];
    Instance *instance = findInstance(index, observation.trips);
    if (!instance)
      continue;
    auto type = cast<mesh::PlacedType>(point.mesh.getType()).getItemType();
    TileMap map(type, function.shape);
    Counted counted(type.getTensor().getShape(), rows);
    double largest = getLargest(instance->graph, counted);
    for (auto [i, core] : llvm::enumerate(observation.cores)) {
      Array computed = core.getArray(point.mesh).clone();
      Array golden = map.scatter(instance->graph, core.x, core.y);
      Difference difference =
          start(point, LevelPair::GraphMesh, observation.trips);
      compareTiles(map, core, golden, computed, counted, largest, difference);
      add(difference, index, instance->order, i, options.tolerance);
      Array next = computed;
      if (options.mode == GoldenMode::Isolated) {
        next = mergePadding(map, core, golden, computed);
        core.set(point.mesh, next.clone());
      }
      instance->largestMesh =
          std::max(instance->largestMesh,
                   getLargestOfTile(map, core, computed, counted));
      instance->mesh.push_back(std::move(computed));
      instance->continued.push_back(std::move(next));
    }
  }
  return Error::success();
}

/// The point's part of its buffer.
static Array getTile(const Point &point, Environment &core,
                     const TileMap &map) {
  Array buffer = core.getArray(point.tile);
  if (point.tileColumn) {
    buffer.offset += *point.tileColumn * buffer.strides.back();
    buffer.shape.back() = map.tile.getShape().back();
  }
  return buffer;
}

Error Golden::Impl::observeTile(Function &function,
                                const Observation &observation) {
  auto found = function.tileOps.find(observation.op);
  if (found == function.tileOps.end())
    return Error::success();
  for (unsigned index : found->second) {
    const Point &point = function.points[index];
    Instance *instance = findInstance(index, observation.trips);
    if (!instance || instance->mesh.empty())
      continue;
    Environment &core = observation.cores[0];
    unsigned number = core.y * function.shape.columns + core.x;
    auto type = cast<mesh::PlacedType>(point.mesh.getType()).getItemType();
    TileMap map(type, function.shape);
    Array buffer = getTile(point, core, map);
    Array computed = Array::get(instance->mesh[number].shape, buffer.type,
                                buffer.getValues());
    Difference difference =
        start(point, LevelPair::MeshTile, observation.trips);
    compareTiles(map, core, instance->mesh[number], computed,
                 Counted(type.getTensor().getShape(), rows),
                 instance->largestMesh, difference);
    add(difference, index, instance->order, number, options.tolerance);
    if (options.mode == GoldenMode::Isolated)
      buffer.setValues(
          mergePadding(map, core, instance->continued[number], computed)
              .getValues());
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Moved objects
//===----------------------------------------------------------------------===//

/// Behind a launch that moves objects: each one is an operation, whose value is
/// the object's tiles.
Error Golden::Impl::compareMoved(ArrayRef<Move> moves) {
  for (auto [i, move] : llvm::enumerate(moves)) {
    auto object = modules.mesh.lookupSymbol<mesh::ObjectOp>(move.to);
    TileMap map(object.getPlacedType(), mesh::lookupMesh(object).getShape());
    Expected<std::vector<float>> whole = mesh->read(move.to);
    if (!whole)
      return whole.takeError();
    Counted all(map.placement.getShape(), std::nullopt);
    double largest = getLargest(*whole, all);
    Point point;
    point.operation = move.to;
    for (auto [number, core] : llvm::enumerate(makeCores(map.mesh))) {
      Expected<Array> upper = mesh->getTile(move.to, core.x, core.y);
      if (!upper)
        return upper.takeError();
      Expected<Array> lower = tile->getTile(move.to, core.x, core.y);
      if (!lower)
        return lower.takeError();
      Difference difference = start(point, LevelPair::MeshTile, {});
      compareTiles(map, core, *upper, *lower, all, largest, difference);
      add(difference, i, i, number, options.tolerance);
      if (options.mode == GoldenMode::Isolated)
        lower->setValues(mergePadding(map, core, *upper, *lower).getValues());
    }
    gone.erase(move.to);
    gone.insert(move.from);
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Cores
//===----------------------------------------------------------------------===//

bool Golden::Impl::isLiveState(const Tensor &tensor) const {
  return modules.program->objects[tensor.object].kind == Object::Kind::State &&
         !gone.contains(tensor.name);
}

/// A whole launch is the core level's one operation: in isolated mode it gets
/// the tile level's state.
Error Golden::Impl::copyState() {
  for (const Tensor &tensor : modules.program->tensors) {
    if (!isLiveState(tensor))
      continue;
    Expected<std::vector<float>> values = tile->read(tensor.name);
    if (!values)
      return values.takeError();
    if (Error error = emulator->writeTensor(tensor, *values))
      return error;
  }
  return Error::success();
}

/// Outputs, what was moved and, where levels run on their own values, state.
std::vector<uint32_t> Golden::Impl::getCompared(const Launch &launch,
                                                ArrayRef<Move> moves) const {
  std::vector<uint32_t> compared = launch.outputs;
  ArrayRef<Tensor> tensors = modules.program->tensors;
  for (const Move &move : moves)
    if (const Tensor *moved = modules.program->findTensor(move.to))
      compared.push_back(moved - tensors.begin());
  if (options.mode == GoldenMode::Accumulated)
    for (auto [i, tensor] : llvm::enumerate(tensors))
      if (isLiveState(tensor) && !llvm::is_contained(compared, i))
        compared.push_back(i);
  return compared;
}

Error Golden::Impl::runCores(const Inputs &inputs) {
  const Launch *launch = modules.program->findLaunch(function);
  if (!launch)
    return makeError("the program has no launch '{0}'", function);
  for (const auto &[name, values] : inputs.tensors)
    if (Error error = emulator->writeTensor(name, values))
      return error;
  std::vector<int32_t> parameters;
  for (const std::string &name : launch->parameters) {
    auto found = inputs.parameters.find(name);
    if (found == inputs.parameters.end())
      return makeError("no parameter '{0}' is given", name);
    parameters.push_back(static_cast<int32_t>(found->second));
  }
  if (Error error = emulator->run(*launch, parameters).takeError())
    return error;

  // Bit for bit, unless the tile level went on with other values.
  bool isExact = options.mode == GoldenMode::Accumulated;
  const Function &own = functions[function];
  for (auto [i, index] : llvm::enumerate(getCompared(*launch, own.moves))) {
    const Tensor &tensor = modules.program->tensors[index];
    Expected<std::vector<float>> expected = tile->read(tensor.name);
    if (!expected)
      return expected.takeError();
    Expected<std::vector<float>> actual = emulator->readTensor(tensor);
    if (!actual)
      return actual.takeError();
    Point whole;
    whole.operation = tensor.name;
    Difference difference = start(whole, LevelPair::TileCore, {});
    auto shape = tensor.placement.getItemShape();
    compareTensors(shape, *expected, *actual, Counted(shape, rows), isExact,
                   difference);
    add(difference, own.points.size() + i, instances.size() + i, 0,
        isExact ? 0 : options.tolerance);
    // Weights that were moved are no state, which the next launch gets anyway.
    if (own.isMove() && !isExact)
      if (Error error = emulator->writeTensor(tensor, *expected))
        return error;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Golden
//===----------------------------------------------------------------------===//

Golden::Golden(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
Golden::~Golden() = default;

Expected<std::unique_ptr<Golden>> Golden::create(const GoldenModules &modules,
                                                 const GoldenOptions &options) {
  auto impl = std::make_unique<Impl>();
  impl->modules = modules;
  impl->options = options;
  if (Error error = impl->prepare())
    return std::move(error);
  return std::unique_ptr<Golden>(new Golden(std::move(impl)));
}

Error Golden::launch(StringRef function, const Inputs &inputs) {
  Expected<Function *> points = impl->getFunction(function);
  if (!points)
    return points.takeError();
  impl->function = function.str();
  impl->rows = inputs.rows;
  impl->instances.clear();
  impl->setObservers(**points);
  bool isIsolated = impl->options.mode == GoldenMode::Isolated;
  if (impl->emulator && isIsolated)
    if (Error error = impl->copyState())
      return error;
  for (auto [level, name] : {std::pair{impl->graph.get(), "graph"},
                             {impl->mesh.get(), "mesh"},
                             {impl->tile.get(), "tile"}}) {
    if (level == impl->graph.get() && (*points)->isMove())
      continue;
    if (Error error = level->run(function, inputs))
      return makeError("{0} level: {1}", name,
                       llvm::toString(std::move(error)));
  }
  if (Error error = impl->compareMoved((*points)->moves))
    return error;
  if (impl->emulator)
    if (Error error = impl->runCores(inputs))
      return makeError("core level: {0}", llvm::toString(std::move(error)));
  ++impl->launches;
  return Error::success();
}

Expected<std::vector<float>> Golden::read(StringRef name) {
  return impl->graph->read(name);
}

std::vector<Difference> Golden::getWorst() const {
  std::vector<Difference> result;
  for (const auto &[key, difference] : impl->worst)
    result.push_back(difference);
  return result;
}

const std::optional<Difference> &Golden::getFirst() const {
  return impl->first;
}

std::vector<std::string> Golden::getHidden() const { return impl->hidden; }
