//===- GraphInterpreter.cpp - The graph level, on the host ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cursor.h"
#include "Evaluator.h"
#include "Sources.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;
using llvm::Error;
using llvm::Expected;

namespace {
/// The operations of the llm dialect compute in f64. Of all dimensions but the
/// last, a tensor has that many rows.
class GraphInterpreter : public Interpreter {
public:
  explicit GraphInterpreter(ModuleOp module) : module(module), cores(1) {
    for (auto state : module.getOps<llm::StateOp>())
      states[state.getSymName()] = makeZero(state.getType());
  }

  Error run(StringRef function, const Inputs &inputs) override;
  Expected<std::vector<float>> read(StringRef name) override;
  Expected<Array> getTile(StringRef object, unsigned, unsigned) override {
    return makeError("'{0}': the graph level has no tiles", object);
  }

private:
  static Array makeZero(Type type) {
    Array array = makeUndefined(type);
    return Array::filled(array.shape, array.type, 0);
  }
  Environment &env() { return cores[0]; }
  Error bind(func::FuncOp func, const Inputs &inputs);
  Error execute(Operation &op);
  Error executeParam(llm::ParamOp op);
  Error executeRMSNorm(llm::RMSNormOp op);
  Error executeRope(llm::RopeOp op);
  Error executeAttention(llm::AttentionOp op);

  ModuleOp module;
  std::vector<Environment> cores;
  Evaluator evaluator{Precision::Exact};
  Sources sources;
  std::map<std::pair<std::string, int64_t>, Array> weights;
  llvm::StringMap<Array> states, outputs;
};

/// A tensor as rows of its last dimension.
struct Rows {
  explicit Rows(const Array &array)
      : values(array.getValues()), columns(array.shape.back()),
        count(array.getNumElements() / columns) {}
  float *operator[](int64_t row) { return values.data() + row * columns; }
  const float *operator[](int64_t row) const {
    return values.data() + row * columns;
  }

  std::vector<float> values;
  int64_t columns, count;
};
} // namespace

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Error GraphInterpreter::executeParam(llm::ParamOp op) {
  int64_t layer = op.getLayer() ? env().getInt(op.getLayer()) : 0;
  auto [entry, isNew] =
      weights.try_emplace({op.getWeight().str(), layer}, Array());
  if (isNew) {
    auto weight = module.lookupSymbol<llm::WeightOp>(op.getWeight());
    if (layer < 0 || layer >= static_cast<int64_t>(weight.getSources().size()))
      return makeError("weight '{0}' has {1} layers, {2} is none of them",
                       op.getWeight(), weight.getSources().size(), layer);
    auto type = cast<RankedTensorType>(weight.getType());
    Expected<std::vector<float>> values =
        sources.read(weight.getSources()[layer], weight.getFile(),
                     type.getShape(), weight.getTransposed());
    if (!values)
      return values.takeError();
    entry->second = Array::get(type.getShape(), makeUndefined(type).type,
                               std::move(*values));
  }
  env().set(op.getResult(), entry->second);
  return Error::success();
}

Error GraphInterpreter::executeRMSNorm(llm::RMSNormOp op) {
  const Array &x = env().getArray(op.getX());
  Rows rows(x), gain(env().getArray(op.getGain()));
  for (int64_t row = 0; row != rows.count; ++row) {
    double sum = 0;
    for (int64_t i = 0; i != rows.columns; ++i)
      sum += double(rows[row][i]) * rows[row][i];
    double scale = 1 / std::sqrt(sum / static_cast<double>(rows.columns) +
                                 op.getEps().convertToDouble());
    for (int64_t i = 0; i != rows.columns; ++i)
      rows[row][i] = static_cast<float>(rows[row][i] * scale * gain[0][i]);
  }
  env().set(op.getResult(), Array::get(x.shape, x.type, rows.values));
  return Error::success();
}

Error GraphInterpreter::executeRope(llm::RopeOp op) {
  const Array &x = env().getArray(op.getX());
  Rows rows(x);
  int64_t position = env().getInt(op.getPosition());
  auto heads = static_cast<int64_t>(op.getHeads());
  int64_t extent = rows.columns / heads, pairs = extent / 2;
  bool isAdjacent = op.getKind() == llm::RopeKind::Adjacent;
  int64_t rowsOfItem = rows.count / (op.getBatch() ? x.shape[0] : 1);
  for (int64_t row = 0; row != rows.count; ++row)
    for (int64_t head = 0; head != heads; ++head)
      for (int64_t pair = 0; pair != pairs; ++pair) {
        double angle = static_cast<double>(position + row % rowsOfItem) *
                       std::pow(op.getBase().convertToDouble(),
                                -2.0 * static_cast<double>(pair) /
                                    static_cast<double>(extent));
        float *at = rows[row] + head * extent;
        float &first = at[isAdjacent ? 2 * pair : pair];
        float &second = at[isAdjacent ? 2 * pair + 1 : pair + pairs];
        double a = first, b = second;
        first = static_cast<float>(a * std::cos(angle) - b * std::sin(angle));
        second = static_cast<float>(a * std::sin(angle) + b * std::cos(angle));
      }
  env().set(op.getResult(), Array::get(x.shape, x.type, rows.values));
  return Error::success();
}

/// The softmax-weighted sum of what one query head sees: positions up to
/// `last` of the layer's caches, elements `first` up to first + extent.
static void attend(const float *query, float *result, const Array &keys,
                   const Array &values, int64_t first, int64_t extent,
                   int64_t last, double scale) {
  auto at = [&](const Array &cache, int64_t position, int64_t element) {
    return double((*cache.data)[cache.offset + position * cache.strides[0] +
                                (first + element) * cache.strides[1]]);
  };
  std::vector<double> weights(last + 1);
  double largest = -INFINITY, sum = 0;
  for (int64_t n = 0; n <= last; ++n) {
    double score = 0;
    for (int64_t i = 0; i != extent; ++i)
      score += query[i] * at(keys, n, i);
    weights[n] = score * scale;
    largest = std::max(largest, weights[n]);
  }
  for (double &weight : weights)
    sum += weight = std::exp(weight - largest);
  for (int64_t i = 0; i != extent; ++i) {
    double value = 0;
    for (int64_t n = 0; n <= last; ++n)
      value += weights[n] * at(values, n, i);
    result[i] = static_cast<float>(value / sum);
  }
}

/// Writes rows begin up to end, counted from row `start` on, at their
/// positions, the first row being at `position`.
static void append(const Rows &added, int64_t start, const Array &cache,
                   int64_t position, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row)
    for (int64_t i = 0; i != added.columns; ++i)
      (*cache.data)[cache.offset + (position + row) * cache.strides[0] +
                    i * cache.strides[1]] =
          roundTo(cache.type, added[start + row][i]);
}

Error GraphInterpreter::executeAttention(llm::AttentionOp op) {
  const Array &q = env().getArray(op.getQ());
  Rows queries(q), results(q);
  llvm::fill(results.values, 0); // rows that do not count
  int64_t layer = env().getInt(op.getLayer());
  int64_t position = env().getInt(op.getPosition());
  int64_t begin = op.getBegin() ? env().getInt(op.getBegin()) : 0;
  int64_t batch = op.getBatch().value_or(1), count = queries.count / batch;
  int64_t end = op.getEnd() ? env().getInt(op.getEnd()) : count;
  Array keys = states[op.getKeys()].getSlice(layer);
  Array values = states[op.getValues()].getSlice(layer);
  int64_t room = keys.shape.end()[-2];
  if (begin < 0 || end > count || position + begin < 0 || position + end > room)
    return makeError("rows {0} to {1} of {2} at position {3} are outside of a "
                     "cache of {4}",
                     begin, end, count, position, room);
  Rows addedKeys(env().getArray(op.getK()));
  Rows addedValues(env().getArray(op.getV()));
  auto heads = static_cast<int64_t>(op.getHeads());
  int64_t group = heads / static_cast<int64_t>(op.getKvHeads());
  int64_t extent = queries.columns / heads;
  for (int64_t item = 0; item != batch; ++item) {
    int64_t start = item * count;
    Array itemKeys = op.getBatch() ? keys.getSlice(item) : keys;
    Array itemValues = op.getBatch() ? values.getSlice(item) : values;
    append(addedKeys, start, itemKeys, position, begin, end);
    append(addedValues, start, itemValues, position, begin, end);
    for (int64_t row = begin; row < end; ++row)
      for (int64_t head = 0; head != heads; ++head)
        attend(queries[start + row] + head * extent,
               results[start + row] + head * extent, itemKeys, itemValues,
               head / group * extent, extent, position + row,
               op.getScale().convertToDouble());
  }
  env().set(op.getResult(), Array::get(q.shape, q.type, results.values));
  return Error::success();
}

Error GraphInterpreter::execute(Operation &op) {
  if (!isa<llm::LLMDialect>(op.getDialect()))
    return evaluator.evaluate(op, env());
  Error error =
      llvm::TypeSwitch<Operation *, Error>(&op)
          .Case<llm::ParamOp>([&](auto op) { return executeParam(op); })
          .Case<llm::RMSNormOp>([&](auto op) { return executeRMSNorm(op); })
          .Case<llm::RopeOp>([&](auto op) { return executeRope(op); })
          .Case<llm::AttentionOp>([&](auto op) { return executeAttention(op); })
          // Here a cache has no places.
          .Case<llm::SettleOp>([](auto) { return Error::success(); })
          .Default([&](Operation *) {
            return makeError("'{0}' is not known to the interpreter",
                             op.getName().getStringRef());
          });
  return error ? atLocation(op, std::move(error)) : Error::success();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

Error GraphInterpreter::bind(func::FuncOp func, const Inputs &inputs) {
  for (auto [i, argument] : llvm::enumerate(func.getArguments())) {
    auto attr = func.getArgAttrOfType<StringAttr>(i, "plmr.name");
    std::string name = attr ? attr.str() : "arg" + std::to_string(i);
    if (argument.getType().isIntOrIndex()) {
      auto found = inputs.parameters.find(name);
      if (found == inputs.parameters.end())
        return makeError("no parameter '{0}' is given", name);
      env().set(argument, Scalar{found->second, 0});
      continue;
    }
    auto found = inputs.tensors.find(name);
    Array array = makeUndefined(argument.getType());
    if (found == inputs.tensors.end() ||
        static_cast<int64_t>(found->second.size()) != array.getNumElements())
      return makeError("input '{0}': expected {1} elements but got {2}", name,
                       array.getNumElements(),
                       found == inputs.tensors.end() ? 0
                                                     : found->second.size());
    env().set(argument, Array::get(array.shape, array.type, found->second));
  }
  return Error::success();
}

Error GraphInterpreter::run(StringRef function, const Inputs &inputs) {
  auto func = module.lookupSymbol<func::FuncOp>(function);
  if (!func)
    return makeError("no function is named '{0}'", function);
  if (Error error = bind(func, inputs))
    return error;
  Block &entry = func.getBody().front();
  Cursor cursor(entry, cores);
  if (Error error =
          cursor.run([&](Operation &op) { return execute(op); },
                     [&](Operation &op) {
                       return observe({&op, cursor.getTrips(), cores});
                     }))
    return error;
  for (auto [i, value] :
       llvm::enumerate(entry.getTerminator()->getOperands())) {
    auto name = func.getResultAttrOfType<StringAttr>(i, "plmr.name");
    outputs[name ? name.str() : "result" + std::to_string(i)] =
        env().getArray(value);
  }
  return Error::success();
}

Expected<std::vector<float>> GraphInterpreter::read(StringRef name) {
  for (auto *known : {&outputs, &states})
    if (auto found = known->find(name); found != known->end())
      return found->second.getValues();
  return makeError("no output or state is named '{0}'", name);
}

Expected<std::unique_ptr<Interpreter>>
interpreter::createGraphInterpreter(ModuleOp module) {
  return std::make_unique<GraphInterpreter>(module);
}
