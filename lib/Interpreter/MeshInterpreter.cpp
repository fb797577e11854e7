//===- MeshInterpreter.cpp - The mesh level, all cores in step ------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cursor.h"
#include "Evaluator.h"
#include "Objects.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;
using llvm::Error;
using llvm::Expected;
using plmr::mesh::PlacedType;

namespace {
/// A matrix on the host.
struct Matrix {
  std::vector<float> values;
  int64_t rows, columns;
  float at(int64_t row, int64_t column) const {
    return values[row * columns + column];
  }
  float &at(int64_t row, int64_t column) {
    return values[row * columns + column];
  }
};

/// Each placed value is one tile a core. An operation that communicates has
/// one function here.
class MeshInterpreter : public Interpreter {
public:
  MeshInterpreter(ModuleOp module, Objects objects)
      : module(module), objects(std::move(objects)) {}

  Error run(StringRef function, const Inputs &inputs) override;
  Expected<std::vector<float>> read(StringRef name) override {
    return objects.read(name);
  }
  Expected<Array> getTile(StringRef object, unsigned x, unsigned y) override {
    return objects.getTile(object, x, y, std::nullopt);
  }

private:
  TileMap getMap(Value placed) const {
    return TileMap(cast<PlacedType>(placed.getType()), mesh);
  }
  std::vector<float> gather(Value placed);
  Matrix gatherMatrix(Value placed);
  void scatter(Value placed, ArrayRef<float> tensor);
  template <typename Fn> Error forEachCore(Fn fn);

  Error execute(Operation &op);
  Error executeLocal(mesh::LocalOp op, Environment &core);
  Error executeLoad(mesh::LoadOp op, Environment &core);
  Error executeStore(mesh::StoreOp op, Environment &core);
  Expected<Matrix> readMatrix(StringRef object, std::optional<int64_t> index);
  Error executeRedistribute(mesh::RedistributeOp op);
  /// The slot's number among those of all rows.
  int64_t getSlot(const CachePlace &place) const {
    return place.slot * mesh.rows + place.row;
  }
  Error executeAppend(mesh::AppendOp op);
  Error executeSettle(mesh::SettleOp op);
  void forEachLine(mesh::PartialAttr partial,
                   llvm::function_ref<void(ArrayRef<Environment *>)> fn);
  void reduceIndices(ArrayRef<Environment *> line, mesh::AllReduceOp op);
  Error executeAllReduce(mesh::AllReduceOp op);
  Error executeReduceScatter(mesh::ReduceScatterOp op);
  Error executeAllGather(mesh::AllGatherOp op);
  void reduceLine(ArrayRef<Environment *> line, Value input, Value result,
                  mesh::Reducer reducer, ElementType message,
                  std::optional<int64_t> limit);
  void multiply(const Matrix &a, Value b, Value c, bool transposed);
  Error executeGemm(mesh::GemmOp op);
  Error executeGemmT(mesh::GemmTOp op);

  /// One element of the scores of `plmr.head_gemm_t`.
  struct Score {
    int64_t at;                    ///< in the core's tile
    int64_t query, head, position; ///< query head; position of the key
    bool isPadding;                ///< no such query or head: it is zero
  };
  void forEachScore(Value scores, int64_t slots, int64_t group,
                    const Environment &core,
                    llvm::function_ref<void(const Score &)> fn);
  Error executeHeadGemmT(mesh::HeadGemmTOp op);
  Error executeHeadGemm(mesh::HeadGemmOp op);

  ModuleOp module;
  Objects objects;
  MeshShape mesh; ///< of the launch
  std::vector<Environment> cores;
  Evaluator evaluator{Precision::Device};
};
} // namespace

//===----------------------------------------------------------------------===//
// Whole tensors
//===----------------------------------------------------------------------===//

/// Writes the elements that a core has into the tensor.
static void addTile(Environment &core, Value placed, const TileMap &map,
                    MutableArrayRef<float> tensor) {
  std::vector<float> tile = core.getArray(placed).getValues();
  map.forEach(core.x, core.y, [&](int64_t at, int64_t element) {
    if (element >= 0)
      tensor[element] = tile[at];
  });
}

std::vector<float> MeshInterpreter::gather(Value placed) {
  TileMap map = getMap(placed);
  std::vector<float> tensor(map.getNumElements());
  for (Environment &core : cores)
    addTile(core, placed, map, tensor);
  return tensor;
}

Matrix MeshInterpreter::gatherMatrix(Value placed) {
  ArrayRef<int64_t> shape =
      cast<PlacedType>(placed.getType()).getItemType().getTensor().getShape();
  return {gather(placed), shape[0], shape[1]};
}

void MeshInterpreter::scatter(Value placed, ArrayRef<float> tensor) {
  TileMap map = getMap(placed);
  for (Environment &core : cores)
    core.set(placed, map.scatter(tensor, core.x, core.y));
}

template <typename Fn> Error MeshInterpreter::forEachCore(Fn fn) {
  for (Environment &core : cores)
    if (Error error = fn(core))
      return error;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Objects
//===----------------------------------------------------------------------===//

static std::optional<int64_t> getIndex(Value index, const Environment &core) {
  if (!index)
    return std::nullopt;
  return core.getInt(index);
}

/// The value as it is now: later writes do not change it.
Error MeshInterpreter::executeLoad(mesh::LoadOp op, Environment &core) {
  Expected<Array> tile = objects.getTile(op.getObject(), core.x, core.y,
                                         getIndex(op.getIndex(), core));
  if (!tile)
    return tile.takeError();
  auto object = module.lookupSymbol<mesh::ObjectOp>(op.getObject());
  bool changes = object.getKind() == mesh::ObjectKind::State;
  core.set(op.getResult(), changes ? tile->clone() : *tile);
  return Error::success();
}

Error MeshInterpreter::executeStore(mesh::StoreOp op, Environment &core) {
  Expected<Array> tile =
      objects.getTile(op.getObject(), core.x, core.y, std::nullopt);
  if (!tile)
    return tile.takeError();
  tile->setValues(core.getArray(op.getValue()).getValues());
  return Error::success();
}

/// One slice, or the value of what is not stacked. Of a cache: [features x
/// slots of all rows].
Expected<Matrix> MeshInterpreter::readMatrix(StringRef object,
                                             std::optional<int64_t> index) {
  Expected<TileMap> map = objects.getMap(object, index.has_value());
  if (!map)
    return map.takeError();
  Expected<std::vector<float>> values = objects.read(object, index);
  if (!values)
    return values.takeError();
  auto shape = map->placement.getShape();
  return Matrix{std::move(*values), shape[0], shape[1]};
}

/// Slots of a cyclic cache have the numbers of their positions; there may be
/// more of them on one mesh than on the other. In blocks a position is in
/// another slot. What was moved is gone.
Error MeshInterpreter::executeRedistribute(mesh::RedistributeOp op) {
  std::optional<int64_t> index = getIndex(op.getIndex(), cores[0]);
  Expected<Matrix> from = readMatrix(op.getFrom(), index);
  if (!from)
    return from.takeError();
  Expected<TileMap> map = objects.getMap(op.getTo(), index.has_value());
  if (!map)
    return map.takeError();
  auto shape = map->placement.getShape();
  Matrix to{std::vector<float>(map->getNumElements()), shape[0], shape[1]};
  int64_t ends[] = {std::min(from->rows, to.rows),
                    std::min(from->columns, to.columns)};
  for (auto [end, split] : llvm::zip_equal(ends, map->placement.dims))
    if (op.getPositions() && split.kind == DimSplit::Kind::Cyclic)
      end = std::min(end, cores[0].getInt(op.getPositions()));
  auto object = module.lookupSymbol<mesh::ObjectOp>(op.getFrom());
  int64_t rows = mesh::lookupMesh(object).getShape().rows;
  auto getSource = [&](int64_t column) {
    if (!op.getShifted())
      return column;
    CachePlace place = findPlace(KVPlacement::Shift, rows, column, ends[1]);
    return place.slot * rows + place.row;
  };
  for (int64_t row = 0; row < ends[0]; ++row)
    for (int64_t column = 0; column < ends[1]; ++column)
      to.at(row, column) = from->at(row, getSource(column));
  if (Error error = objects.forget(op.getFrom(), index))
    return error;
  return objects.write(op.getTo(), to.values, index);
}

/// Positions that are already there move to where they are beside one more.
Error MeshInterpreter::executeAppend(mesh::AppendOp op) {
  std::vector<float> value = gather(op.getValue());
  auto object = module.lookupSymbol<mesh::ObjectOp>(op.getObject());
  const Environment &core = cores[0]; // they agree
  int64_t index = core.getInt(op.getIndex());
  Expected<Matrix> before = readMatrix(op.getObject(), index);
  if (!before)
    return before.takeError();
  Matrix after = *before;
  int64_t first = core.getInt(op.getPosition());
  if (op.getBegin()) {
    for (int64_t row = core.getInt(op.getBegin()),
                 end = core.getInt(op.getEnd());
         row < end; ++row)
      for (int64_t i = 0; i != after.rows; ++i)
        after.at(i, first + row) = value[row * after.rows + i];
    return objects.write(op.getObject(), after.values, index);
  }
  int64_t settled = op.getSettled() ? core.getInt(op.getSettled()) : 0;
  auto find = [&](int64_t position, int64_t count) {
    return getSlot(findPlace(object.getKVPlacement(), mesh.rows, position,
                             count, settled));
  };
  for (int64_t i = 0; i != after.rows; ++i) {
    for (int64_t position = 0; position != first; ++position)
      after.at(i, find(position, first + 1)) =
          before->at(i, find(position, first));
    after.at(i, find(first, first + 1)) = value[i];
  }
  return objects.write(op.getObject(), after.values, index);
}

Error MeshInterpreter::executeSettle(mesh::SettleOp op) {
  auto object = module.lookupSymbol<mesh::ObjectOp>(op.getObject());
  const Environment &core = cores[0];
  int64_t index = core.getInt(op.getIndex());
  Expected<Matrix> before = readMatrix(op.getObject(), index);
  if (!before)
    return before.takeError();
  Matrix after = *before;
  int64_t from = core.getInt(op.getFrom()), to = core.getInt(op.getTo());
  for (int64_t position = 0; position != to; ++position) {
    auto find = [&](int64_t count) {
      return getSlot(findPlace(object.getKVPlacement(), mesh.rows, position,
                               count, count));
    };
    // Slots of a cyclic cache have the numbers of their positions.
    int64_t source = position < from ? find(from) : position;
    for (int64_t i = 0; i != after.rows; ++i)
      after.at(i, find(to)) = before->at(i, source);
  }
  return objects.write(op.getObject(), after.values, index);
}

//===----------------------------------------------------------------------===//
// Local computation
//===----------------------------------------------------------------------===//

Error MeshInterpreter::executeLocal(mesh::LocalOp op, Environment &core) {
  Block &body = op.getBody().front();
  for (auto [argument, input] : llvm::zip(body.getArguments(), op.getInputs()))
    core.set(argument, RuntimeValue(core.get(input)));
  Cursor cursor(body, MutableArrayRef(&core, 1));
  while (&cursor.getOp() != body.getTerminator()) {
    Expected<Operation *> done =
        cursor.step([&](Operation &nested) -> Expected<bool> {
          if (Error error = evaluator.evaluate(nested, core))
            return std::move(error);
          return true;
        });
    if (!done)
      return done.takeError();
  }
  for (auto [result, value] :
       llvm::zip(op.getResults(), body.getTerminator()->getOperands()))
    core.set(result, RuntimeValue(core.get(value)));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

/// Sums (or takes the maxima) from the first core of the line to the last one.
/// Entries of the last dimension from `limit` on are each core's own.
void MeshInterpreter::reduceLine(ArrayRef<Environment *> line, Value input,
                                 Value result, mesh::Reducer reducer,
                                 ElementType message,
                                 std::optional<int64_t> limit) {
  std::vector<float> total = line[0]->getArray(input).getValues();
  ElementType type = line[0]->getArray(input).type;
  for (Environment *core : line.drop_front()) {
    std::vector<float> own = core->getArray(input).getValues();
    for (auto [sum, value] : llvm::zip(total, own))
      sum = roundTo(message, reducer == mesh::Reducer::Sum ? sum + value
                                                           : maxOf(sum, value));
  }
  for (Environment *core : line) {
    Array reduced = core->getArray(input).clone();
    int64_t width = reduced.shape.empty() ? 1 : reduced.shape.back();
    for (auto [at, value] : llvm::enumerate(total))
      if (!limit || static_cast<int64_t>(at) % width < *limit)
        (*reduced.data)[at] = roundTo(type, value);
    core->set(result, std::move(reduced));
  }
}

/// Calls `fn` with the cores of each line whose values are reduced together.
void MeshInterpreter::forEachLine(
    mesh::PartialAttr partial,
    llvm::function_ref<void(ArrayRef<Environment *>)> fn) {
  bool alongX = partial.getAxis() == mesh::MeshAxis::X;
  Segments segments{mesh.getExtent(mesh::toAxis(partial.getAxis())),
                    static_cast<unsigned>(partial.getSegments())};
  for (unsigned other = 0; other != (alongX ? mesh.rows : mesh.columns);
       ++other)
    for (unsigned segment = 0; segment != segments.getCount(); ++segment) {
      SmallVector<Environment *> line;
      for (unsigned at = segments.getBegin(segment);
           at != segments.getBegin(segment + 1); ++at)
        line.push_back(&cores[alongX ? other * mesh.columns + at
                                     : at * mesh.columns + other]);
      fn(line);
    }
}

/// The lowest index of a value that is the maximum, which is there already.
void MeshInterpreter::reduceIndices(ArrayRef<Environment *> line,
                                    mesh::AllReduceOp op) {
  auto limit = [](float value) {
    constexpr float most = std::numeric_limits<float>::max();
    return std::clamp(value, -most, most);
  };
  std::vector<float> max = line[0]->getArray(op.getResults()[0]).getValues();
  std::vector<float> lowest(max.size(), std::numeric_limits<float>::infinity());
  for (Environment *core : line) {
    std::vector<float> values = core->getArray(op.getInputs()[0]).getValues();
    std::vector<float> indices = core->getArray(op.getInputs()[1]).getValues();
    for (auto [least, most, value, index] :
         llvm::zip(lowest, max, values, indices))
      if (std::isnan(most))
        least = most;
      else if (limit(value) == limit(most))
        least = std::min(least, index);
  }
  for (Environment *core : line) {
    Array reduced = core->getArray(op.getInputs()[1]).clone();
    reduced.setValues(lowest);
    core->set(op.getResults()[1], std::move(reduced));
  }
}

Error MeshInterpreter::executeAllReduce(mesh::AllReduceOp op) {
  mesh::PartialAttr partial = op.getPartial();
  ElementType message = *mesh::getElementType(op.getMessageType());
  forEachLine(partial, [&](ArrayRef<Environment *> line) {
    std::optional<int64_t> limit = getIndex(op.getLimit(), *line[0]);
    for (auto [input, result] : llvm::zip(op.getInputs(), op.getResults()))
      reduceLine(line, input, result, partial.getReducer(), message, limit);
    if (op.getWithIndex())
      reduceIndices(line, op);
  });
  return Error::success();
}

/// The reduced tiles stand in the input's place while they are cut: a core's
/// block is in its own tile.
Error MeshInterpreter::executeReduceScatter(mesh::ReduceScatterOp op) {
  Value input = op.getInput();
  auto partial = cast<PlacedType>(input.getType()).getPlacement().getPartial();
  ElementType message = *mesh::getElementType(op.getMessageType());
  std::vector<Array> own;
  for (Environment &core : cores)
    own.push_back(core.getArray(input));
  forEachLine(partial, [&](ArrayRef<Environment *> line) {
    reduceLine(line, input, input, partial.getReducer(), message, {});
  });
  TileMap from = getMap(input), to = getMap(op.getResult());
  std::vector<float> tensor(from.getNumElements());
  for (auto [core, array] : llvm::zip(cores, own)) {
    addTile(core, input, from, tensor);
    core.set(op.getResult(), to.scatter(tensor, core.x, core.y));
    core.set(input, std::move(array));
  }
  return Error::success();
}

Error MeshInterpreter::executeAllGather(mesh::AllGatherOp op) {
  scatter(op.getResult(), gather(op.getInput()));
  return Error::success();
}

/// C = A B or C = A transpose(B), of whole matrices.
void MeshInterpreter::multiply(const Matrix &a, Value placedB, Value placedC,
                               bool transposed) {
  Matrix b = gatherMatrix(placedB);
  ElementType type = makeUndefined(getMap(placedC).tile).type;
  Arith fma = getArith(Opcode::Fma, type, /*hasOneType=*/true);
  int64_t columns = transposed ? b.rows : b.columns;
  std::vector<float> c(a.rows * columns);
  withArith(fma, [&](auto kind) {
    for (int64_t row = 0; row != a.rows; ++row)
      for (int64_t column = 0; column != columns; ++column) {
        float &sum = c[row * columns + column];
        for (int64_t k = 0; k != a.columns; ++k)
          sum = roundTo(type, apply<kind()>(a.at(row, k),
                                            transposed ? b.at(column, k)
                                                       : b.at(k, column),
                                            sum));
      }
  });
  scatter(placedC, c);
}

Error MeshInterpreter::executeGemm(mesh::GemmOp op) {
  Matrix a = gatherMatrix(op.getA());
  for (auto [b, c] : llvm::zip(op.getBs(), op.getCs()))
    multiply(a, b, c, /*transposed=*/false);
  return Error::success();
}

Error MeshInterpreter::executeGemmT(mesh::GemmTOp op) {
  multiply(gatherMatrix(op.getA()), op.getB(), op.getC(),
           /*transposed=*/!op.getUntransposed());
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

void MeshInterpreter::forEachScore(Value scores, int64_t slots, int64_t group,
                                   const Environment &core,
                                   llvm::function_ref<void(const Score &)> fn) {
  PlacedType type = cast<PlacedType>(scores.getType()).getItemType();
  Placement placement = type.getHostPlacement();
  auto queries = placement.getShares(0, mesh, core.x, core.y)[0];
  auto columns = placement.getShares(1, mesh, core.x, core.y);
  FactorShare heads = columns[0];
  int64_t kvHeads = placement.dims[1].factors[0];
  Segments segments{mesh.columns, static_cast<unsigned>(kvHeads)};
  unsigned segment = segments.getSegment(core.x);
  unsigned first = segments.getBegin(segment);
  // The head's columns and all rows are a mesh of their own.
  MeshShape part{segments.getBegin(segment + 1) - first, mesh.rows};
  int64_t block = getSkewedBlock(Axis::X, part, core.x - first, core.y);
  int64_t begin = getBalancedBound(block, mesh.rows * slots, part.columns);
  int64_t end = getBalancedBound(block + 1, mesh.rows * slots, part.columns);
  for (int64_t n = 0; n != queries.padded; ++n)
    for (int64_t h = 0; h != heads.padded; ++h)
      for (int64_t g = 0; g != group; ++g)
        for (int64_t key = begin; key != end; ++key) {
          int64_t row = n * heads.padded + h;
          fn({(row * group + g) * columns[2].padded + key - begin,
              queries.begin + n * queries.step,
              (heads.begin + h * heads.step) * group + g,
              key % slots * mesh.rows + getRingElement(key / slots, mesh.rows),
              n >= queries.count || h >= heads.count});
        }
}

Error MeshInterpreter::executeHeadGemmT(mesh::HeadGemmTOp op) {
  Matrix q = gatherMatrix(op.getQ()), k = gatherMatrix(op.getK());
  int64_t group = op.getGroup();
  int64_t extent = q.columns / (op.getKvHeads() * group);
  return forEachCore([&](Environment &core) {
    Array scores = makeUndefined(getMap(op.getScores()).tile);
    int64_t first = core.getInt(op.getFirst());
    forEachScore(op.getScores(), core.getInt(op.getSlots()), group, core,
                 [&](const Score &score) {
                   float &sum = (*scores.data)[score.at];
                   sum = 0;
                   bool isZero = score.isPadding || score.position >= k.columns;
                   for (int64_t i = 0; i != (isZero ? 0 : extent); ++i)
                     sum = std::fma(
                         q.at(score.query, score.head * extent + i),
                         k.at(score.head / group * extent + i, score.position),
                         sum);
                   sum = score.position > first + score.query ? -INFINITY : sum;
                 });
    core.set(op.getScores(), std::move(scores));
    return Error::success();
  });
}

Error MeshInterpreter::executeHeadGemm(mesh::HeadGemmOp op) {
  Matrix v = gatherMatrix(op.getV());
  ArrayRef<int64_t> shape = cast<PlacedType>(op.getResult().getType())
                                .getItemType()
                                .getTensor()
                                .getShape();
  Matrix result{std::vector<float>(shape[0] * shape[1]), shape[0], shape[1]};
  int64_t group = op.getGroup();
  int64_t extent = shape[1] / (op.getKvHeads() * group);
  for (Environment &core : cores) {
    std::vector<float> weights = core.getArray(op.getWeights()).getValues();
    forEachScore(
        op.getWeights(), core.getInt(op.getSlots()), group, core,
        [&](const Score &score) {
          if (score.isPadding || score.position >= v.columns)
            return;
          for (int64_t i = 0; i != extent; ++i) {
            float &sum =
                result.values[score.query * shape[1] + score.head * extent + i];
            sum = std::fma(
                weights[score.at],
                v.at(score.head / group * extent + i, score.position), sum);
          }
        });
  }
  scatter(op.getResult(), result.values);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

Error MeshInterpreter::execute(Operation &op) {
  Error error =
      llvm::TypeSwitch<Operation *, Error>(&op)
          .Case<mesh::LocalOp>([&](auto local) {
            return forEachCore(
                [&](Environment &core) { return executeLocal(local, core); });
          })
          .Case<mesh::LoadOp>([&](auto load) {
            return forEachCore(
                [&](Environment &core) { return executeLoad(load, core); });
          })
          .Case<mesh::StoreOp>([&](auto store) {
            return forEachCore(
                [&](Environment &core) { return executeStore(store, core); });
          })
          .Case<mesh::AppendOp>(
              [&](auto append) { return executeAppend(append); })
          .Case<mesh::SettleOp>(
              [&](auto settle) { return executeSettle(settle); })
          .Case<mesh::RedistributeOp>(
              [&](auto move) { return executeRedistribute(move); })
          .Case<mesh::AllReduceOp>(
              [&](auto reduce) { return executeAllReduce(reduce); })
          .Case<mesh::ReduceScatterOp>(
              [&](auto reduce) { return executeReduceScatter(reduce); })
          .Case<mesh::AllGatherOp>(
              [&](auto gather) { return executeAllGather(gather); })
          .Case<mesh::GemmOp>([&](auto gemm) { return executeGemm(gemm); })
          .Case<mesh::GemmTOp>([&](auto gemm) { return executeGemmT(gemm); })
          .Case<mesh::HeadGemmTOp>(
              [&](auto gemm) { return executeHeadGemmT(gemm); })
          .Case<mesh::HeadGemmOp>(
              [&](auto gemm) { return executeHeadGemm(gemm); })
          // Routes do not exist here.
          .Case<mesh::EpochOp>([](auto) { return Error::success(); })
          .Default([&](Operation *) {
            return forEachCore([&](Environment &core) {
              return evaluator.evaluate(op, core);
            });
          });
  return error ? atLocation(op, std::move(error)) : Error::success();
}

Error MeshInterpreter::run(StringRef function, const Inputs &inputs) {
  Expected<func::FuncOp> func = findFunction(module, function);
  if (!func)
    return func.takeError();
  mesh = mesh::lookupMesh(*func).getShape();
  cores = makeCores(mesh);
  if (Error error = startRun(*func, inputs, objects, cores))
    return error;
  Cursor cursor(func->getBody().front(), cores);
  return cursor.run(
      [&](Operation &op) { return execute(op); },
      [&](Operation &op) { return observe({&op, cursor.getTrips(), cores}); });
}

Expected<std::unique_ptr<Interpreter>>
interpreter::createMeshInterpreter(ModuleOp module) {
  Expected<Objects> objects = Objects::create(module);
  if (!objects)
    return objects.takeError();
  return std::make_unique<MeshInterpreter>(module, std::move(*objects));
}
