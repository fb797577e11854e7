//===- Execution.cpp - Scheduling of one launch ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execution.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;
using Event = Sequencer::Event;

Execution::Execution(const Program &program, const Launch &launch,
                     llvm::ArrayRef<int32_t> parameters, uint64_t maxIterations,
                     const Memory &memory, Shadow *shadow,
                     std::vector<std::unique_ptr<MessageFabric>> &fabrics)
    : program(program), launch(launch), memory(memory), shadow(shadow),
      fabrics(fabrics) {
  for (const Object &object : program.objects)
    objects.push_back({object.address, object.address + object.bytes});
  uint32_t count = program.mesh.getNumCores();
  cores.reserve(count);
  for (uint32_t i = 0; i != count; ++i) {
    cores.emplace_back(program, launch, i, parameters, maxIterations);
    queue.push_back(i);
  }
  installRoutes(launch.routeTable);
}

/// Tables are turned into who-sends-to-whom once and kept over launches. A
/// failed launch may have left wavelets behind.
void Execution::installRoutes(uint32_t routeTable) {
  std::unique_ptr<MessageFabric> &slot = fabrics[routeTable];
  if (!slot)
    slot = std::make_unique<MessageFabric>(program, routeTable);
  fabric = slot.get();
}

llvm::Expected<RunResult> Execution::run() {
  for (;;) {
    if (!runQueue())
      break;
    if (halted == cores.size()) {
      checkDrained("at the end of the launch");
      break;
    }
    if (atEpoch == cores.size() ? !enterEpoch()
                                : !drainPartially() && !reportDeadlock())
      break;
  }
  if (!error.empty()) {
    for (std::unique_ptr<MessageFabric> &used : fabrics)
      used.reset();
    return makeError("launch '{0}', {1}", launch.name, error);
  }
  return result;
}

void Execution::enqueue(uint32_t index) {
  if (cores[index].isQueued)
    return;
  cores[index].isQueued = true;
  queue.push_back(index);
}

bool Execution::runQueue() {
  while (!queue.empty()) {
    uint32_t index = queue.front();
    queue.pop_front();
    if (!runCore(index))
      return false;
  }
  return true;
}

bool Execution::runCore(uint32_t index) {
  Core &core = cores[index];
  core.isQueued = false;
  advanceEngines(index, /*partially=*/false);
  switch (core.state) {
  case Core::State::Blocked:
    if (!advance(index, core.sequencer.getVector(), core.progress, false))
      return true;
    core.state = Core::State::Running;
    break;
  case Core::State::Waiting:
    if (!waitForEngine(index))
      return true;
    break;
  case Core::State::Running:
    break;
  default:
    return true;
  }
  while (core.state == Core::State::Running)
    if (!step(index))
      return false;
  return true;
}

/// Executes up to and with the core's next event.
bool Execution::step(uint32_t index) {
  Core &core = cores[index];
  Sequencer &sequencer = core.sequencer;
  Event event = sequencer.next();
  if (event == Event::Trap)
    return trap(index, sequencer.getPC(), sequencer.getTrap());
  const Sequencer::Work &work = sequencer.getWork();
  result.instructions += 1 + work.scalars + work.descriptors + work.predicated;
  if (event == Event::Vector)
    return issue(index, sequencer.getVector());
  if (event == Event::Wait) {
    waitForEngine(index);
    return true;
  }
  for (const EngineState &engine : core.engines)
    if (engine.isLive)
      return trap(index, sequencer.getPC(),
                  "engine e" + llvm::Twine(&engine - core.engines.begin()) +
                      " was not waited for");
  if (event == Event::Epoch) {
    core.state = Core::State::AtEpoch;
    ++atEpoch;
  } else {
    core.state = Core::State::Halted;
    ++halted;
  }
  return true;
}

/// All cores have arrived: changes the routes, if no wavelet is under way.
bool Execution::enterEpoch() {
  uint32_t table = cores[0].sequencer.getRouteTable();
  for (uint32_t i = 0; i != cores.size(); ++i) {
    Sequencer &sequencer = cores[i].sequencer;
    if (sequencer.getRouteTable() != table)
      return trap(i, sequencer.getPC(),
                  "core (0, 0) asks for route table " + llvm::Twine(table));
  }
  if (!checkDrained("at an epoch"))
    return false;
  installRoutes(table);
  atEpoch = 0;
  for (uint32_t i = 0; i != cores.size(); ++i) {
    cores[i].state = Core::State::Running;
    enqueue(i);
  }
  return true;
}

/// No whole message is complete anywhere, but an operation may start with a
/// part of one: streams run element by element (I50).
bool Execution::drainPartially() {
  bool any = false;
  for (uint32_t i = 0; i != cores.size(); ++i) {
    Core &core = cores[i];
    bool moved = advanceEngines(i, /*partially=*/true);
    if (core.state == Core::State::Blocked) {
      Progress before = core.progress;
      bool done = advance(i, core.sequencer.getVector(), core.progress, true);
      moved |= done || before.repeat != core.progress.repeat ||
               before.element != core.progress.element;
      if (done)
        core.state = Core::State::Running;
    }
    if (moved)
      enqueue(i);
    any |= moved;
  }
  return any;
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

bool Execution::trap(uint32_t index, uint32_t pc, const llvm::Twine &what) {
  error = describeCore(program, index, pc) + ": " + what.str();
  return false;
}

bool Execution::checkDrained(const char *when) {
  const Input *input = fabric->findLeftOver();
  if (!input)
    return true;
  unsigned columns = program.mesh.columns;
  error = llvm::formatv("core ({0}, {1}): {2} wavelets of colour {3} from core "
                        "({4}, {5}) are left over {6}",
                        input->core % columns, input->core / columns,
                        input->size(), input->colour, input->sender % columns,
                        input->sender / columns, when);
  return false;
}

/// The core whose message the blocked core `index` waits for, or ~0u; `why`
/// receives a description.
uint32_t Execution::getAwaitedSender(uint32_t index, std::string *why) {
  Core &core = cores[index];
  const VectorOp *op = nullptr;
  Progress progress;
  if (core.state == Core::State::Blocked) {
    op = &core.sequencer.getVector();
    progress = core.progress;
  } else if (core.state == Core::State::Waiting) {
    const EngineState &engine = core.engines[core.sequencer.getEngine()];
    op = &engine.op;
    progress = engine.progress;
  }
  if (!op) {
    bool isHalted = core.state == Core::State::Halted;
    *why = describeCore(program, index, core.sequencer.getPC()) +
           (isHalted ? " has halted" : " is at an epoch");
    return ~0u;
  }
  *why = describeCore(program, index, op->pc);
  for (const Stream *stream : {&op->a, &op->b, &op->c}) {
    if (stream->kind != Stream::Kind::Fabric)
      continue;
    Input &input = *fabric->getInput(index, stream->colour);
    uint64_t left =
        uint64_t(op->repeat - progress.repeat) * op->extent - progress.element;
    unsigned perWord = getByteWidth(stream->type) == 2 ? 2 : 1;
    if (input.size() * uint64_t(perWord) >= left)
      continue;
    *why +=
        llvm::formatv(" waits for colour {0}: {1} of {2} elements are here",
                      stream->colour, input.size() * uint64_t(perWord), left);
    return input.sender;
  }
  return ~0u;
}

/// Follows who waits for whom from the first blocked core.
bool Execution::reportDeadlock() {
  uint32_t first = 0;
  while (cores[first].state == Core::State::Halted ||
         cores[first].state == Core::State::AtEpoch) {
    if (++first == cores.size()) {
      error = llvm::formatv("deadlock: {0} cores wait in an epoch, {1} halted "
                            "without it",
                            atEpoch, halted);
      return false;
    }
  }
  constexpr unsigned maxShown = 8;
  llvm::SmallVector<std::string, maxShown> lines;
  std::vector<bool> seen(cores.size());
  uint32_t index = first;
  while (index != ~0u && !seen[index] && lines.size() != maxShown) {
    seen[index] = true;
    index = getAwaitedSender(index, &lines.emplace_back());
  }
  if (index != ~0u && seen[index])
    lines.push_back(llvm::formatv("which is a cycle back to core ({0}, {1})",
                                  index % program.mesh.columns,
                                  index / program.mesh.columns));
  error = llvm::formatv("deadlock, {0} of {1} cores have not halted: {2}",
                        cores.size() - halted, cores.size(),
                        llvm::join(lines, "; on "));
  return false;
}
