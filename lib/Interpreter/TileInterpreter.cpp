//===- TileInterpreter.cpp - The tile level, a program a core -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Channels.h"
#include "Cursor.h"
#include "Evaluator.h"
#include "Objects.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;
using llvm::Error;
using llvm::Expected;

namespace {
/// Runs each core until it must wait for a message, then the next one. A
/// transfer that runs beside the program is done at its wait, if it receives,
/// and at its start, if it sends: a program without races cannot tell.
class TileInterpreter : public Interpreter {
public:
  TileInterpreter(ModuleOp module, Objects objects)
      : module(module), objects(std::move(objects)),
        cores(makeCores(this->objects.getMesh())), channels(module),
        pending(cores.size()) {}

  Error run(StringRef function, const Inputs &inputs) override;
  Expected<std::vector<float>> read(StringRef name) override {
    return objects.read(name);
  }
  Expected<Array> getTile(StringRef object, unsigned x, unsigned y) override {
    return objects.getTile(object, x, y, std::nullopt);
  }

private:
  /// A receive that was started.
  struct Receive {
    Array buffer;
    Queue *queue;
  };

  Expected<bool> runUntilWait(Cursor &cursor);
  Error reportDeadlock(MutableArrayRef<Cursor> cursors) const;
  Expected<bool> execute(Operation &op, Environment &core);
  Expected<bool> done(Error error) {
    if (error)
      return std::move(error);
    return true;
  }
  Error executeRef(mesh::RefOp op, Environment &core);
  bool receive(Array buffer, Queue &queue);
  Expected<bool> executeRecv(mesh::RecvOp op, Environment &core);
  Expected<bool> executeWait(mesh::WaitOp op, Environment &core);
  /// Gives `finish` the buffer's elements combined with those that arrive, once
  /// all of them are there.
  template <typename OpTy>
  Expected<bool>
  executeReduce(OpTy op, std::optional<uint64_t> child, Environment &core,
                llvm::function_ref<Error(std::vector<float>)> finish);

  DenseMap<Value, Receive> &getPending(const Environment &core) {
    return pending[objects.getCore(core.x, core.y)];
  }

  ModuleOp module;
  Objects objects;
  std::vector<Environment> cores;
  Channels channels;
  std::vector<DenseMap<Value, Receive>> pending; ///< by core and token
  Evaluator evaluator{Precision::Device};
};
} // namespace

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

static bool holds(Value predicate, const Environment &core) {
  return !predicate || core.getInt(predicate) != 0;
}

static std::vector<float> take(Queue &queue, int64_t count) {
  auto end = queue.elements.begin() + count;
  std::vector<float> elements(queue.elements.begin(), end);
  queue.elements.erase(queue.elements.begin(), end);
  return elements;
}

static bool has(const Queue &queue, int64_t count) {
  return static_cast<int64_t>(queue.elements.size()) >= count;
}

bool TileInterpreter::receive(Array buffer, Queue &queue) {
  int64_t count = buffer.getNumElements();
  if (!has(queue, count))
    return false;
  buffer.setValues(take(queue, count));
  return true;
}

Expected<bool> TileInterpreter::executeRecv(mesh::RecvOp op,
                                            Environment &core) {
  if (!holds(op.getPredicate(), core))
    return true;
  Expected<Queue *> queue =
      channels.getQueue(op.getChannel(), std::nullopt, core);
  if (!queue)
    return queue.takeError();
  const Array &buffer = core.getArray(op.getBuffer());
  if (!op.getToken())
    return receive(buffer, **queue);
  getPending(core).insert({op.getToken(), Receive{buffer, *queue}});
  return true;
}

Expected<bool> TileInterpreter::executeWait(mesh::WaitOp op,
                                            Environment &core) {
  auto &transfers = getPending(core);
  auto found = transfers.find(op.getToken());
  if (found == transfers.end() || !holds(op.getPredicate(), core))
    return true;
  if (!receive(found->second.buffer, *found->second.queue))
    return false;
  transfers.erase(found);
  return true;
}

/// What arrives, combined with a core's own elements. The queue has them.
static std::vector<float> combine(const Array &own, mesh::Reducer reducer,
                                  Queue &queue) {
  std::vector<float> values = own.getValues();
  std::vector<float> arrived = take(queue, static_cast<int64_t>(values.size()));
  for (auto [value, other] : llvm::zip(values, arrived))
    value =
        roundTo(own.type, reducer == mesh::Reducer::Sum ? value + other
                                                        : maxOf(value, other));
  return values;
}

template <typename OpTy>
Expected<bool> TileInterpreter::executeReduce(
    OpTy op, std::optional<uint64_t> child, Environment &core,
    llvm::function_ref<Error(std::vector<float>)> finish) {
  if (!holds(op.getPredicate(), core))
    return true;
  Expected<Queue *> queue = channels.getQueue(op.getChannel(), child, core);
  if (!queue)
    return queue.takeError();
  const Array &buffer = core.getArray(op.getBuffer());
  if (!has(**queue, buffer.getNumElements()))
    return false;
  return done(finish(combine(buffer, op.getReducer(), **queue)));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Error TileInterpreter::executeRef(mesh::RefOp op, Environment &core) {
  std::optional<int64_t> index;
  if (op.getIndex())
    index = core.getInt(op.getIndex());
  Expected<Array> tile = objects.getTile(op.getObject(), core.x, core.y, index);
  if (!tile)
    return tile.takeError();
  core.set(op.getResult(), std::move(*tile));
  return Error::success();
}

Expected<bool> TileInterpreter::execute(Operation &op, Environment &core) {
  using Result = Expected<bool>;
  Result result =
      llvm::TypeSwitch<Operation *, Result>(&op)
          .Case<mesh::RefOp>(
              [&](auto ref) { return done(executeRef(ref, core)); })
          .Case<mesh::RoleOp>([&](mesh::RoleOp role) -> Result {
            core.set(role,
                     Scalar{channels.hasRole(role.getChannel(), role.getRole(),
                                             role.getChild(), core),
                            0});
            return true;
          })
          // Queues have no routes.
          .Case<mesh::EpochOp>([](auto) -> Result { return true; })
          .Case<mesh::SendOp>([&](mesh::SendOp send) -> Result {
            if (!holds(send.getPredicate(), core))
              return true;
            return done(
                channels.send(send.getChannel(), core,
                              core.getArray(send.getBuffer()).getValues()));
          })
          .Case<mesh::RecvOp>(
              [&](auto recv) { return executeRecv(recv, core); })
          .Case<mesh::WaitOp>(
              [&](auto wait) { return executeWait(wait, core); })
          .Case<mesh::RecvReduceOp>([&](auto reduce) {
            return executeReduce(
                reduce, reduce.getChild(), core,
                [&](std::vector<float> values) {
                  Array(core.getArray(reduce.getBuffer())).setValues(values);
                  return Error::success();
                });
          })
          .Case<mesh::ForwardReduceOp>([&](auto forward) {
            return executeReduce(
                forward, std::nullopt, core, [&](std::vector<float> values) {
                  return channels.send(forward.getChannel(), core,
                                       std::move(values));
                });
          })
          .Default([&](Operation *) -> Result {
            if (Error error = evaluator.evaluate(op, core))
              return std::move(error);
            return true;
          });
  if (!result)
    return atLocation(op, result.takeError());
  return result;
}

//===----------------------------------------------------------------------===//
// Scheduling
//===----------------------------------------------------------------------===//

/// True if the core got any further.
Expected<bool> TileInterpreter::runUntilWait(Cursor &cursor) {
  bool moved = false;
  while (!cursor.isDone()) {
    bool waits = false;
    Expected<Operation *> op =
        cursor.step([&](Operation &op) -> Expected<bool> {
          Expected<bool> executed = execute(op, cursor.getCores()[0]);
          waits = executed && !*executed;
          return executed;
        });
    if (!op)
      return op.takeError();
    if (*op)
      if (Error error = observe({*op, cursor.getTrips(), cursor.getCores()}))
        return std::move(error);
    if (waits)
      return moved;
    moved = true;
  }
  return moved;
}

Error TileInterpreter::reportDeadlock(MutableArrayRef<Cursor> cursors) const {
  unsigned waiting = llvm::count_if(
      cursors, [](const Cursor &cursor) { return !cursor.isDone(); });
  for (Cursor &cursor : cursors)
    if (!cursor.isDone()) {
      const Environment &core = cursor.getCores()[0];
      return atLocation(cursor.getOp(),
                        makeError("deadlock: {0} cores wait for messages that "
                                  "nobody sends, core ({1}, {2}) at '{3}'",
                                  waiting, core.x, core.y,
                                  cursor.getOp().getName().getStringRef()));
    }
  return Error::success();
}

Error TileInterpreter::run(StringRef function, const Inputs &inputs) {
  Expected<func::FuncOp> func = findFunction(module, function);
  if (!func)
    return func.takeError();
  if (Error error = startRun(*func, inputs, objects, cores))
    return error;
  std::vector<Cursor> cursors;
  for (Environment &core : cores)
    cursors.emplace_back(func->getBody().front(), MutableArrayRef(&core, 1));
  auto isDone = [](const Cursor &cursor) { return cursor.isDone(); };
  while (!llvm::all_of(cursors, isDone)) {
    bool anyMoved = false;
    for (Cursor &cursor : cursors) {
      Expected<bool> moved = runUntilWait(cursor);
      if (!moved)
        return moved.takeError();
      anyMoved |= *moved;
    }
    if (!anyMoved)
      return reportDeadlock(cursors);
  }
  return channels.checkEmpty();
}

Expected<std::unique_ptr<Interpreter>>
interpreter::createTileInterpreter(ModuleOp module) {
  Expected<Objects> objects = Objects::create(module);
  if (!objects)
    return objects.takeError();
  return std::make_unique<TileInterpreter>(module, std::move(*objects));
}
