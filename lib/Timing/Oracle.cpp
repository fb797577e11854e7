//===- Oracle.cpp - Steps every tick over every router and core -----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rules of docs/Machine.md as they are written, for small meshes: what the
// other engines are tested against. It shares with them the schedule of beats
// within one operation (Cost.h) and nothing else.
//
//===----------------------------------------------------------------------===//

#include "Simulation.h"
#include <deque>

using namespace plmr;

namespace {

/// A queue of T2: arrivals of its wavelets, in flight or here.
struct WordQueue {
  std::deque<uint64_t> arrivals;
  size_t capacity = 0;

  bool hasWord(uint64_t now) const {
    return !arrivals.empty() && arrivals.front() <= now;
  }
  bool hasRoom() const { return arrivals.size() < capacity; }
};

struct RouterQueue {
  Route route;
  WordQueue words;
  uint64_t next = 0; ///< T3's spacing
  bool wasReady = false;
};

struct OracleStream {
  FabricOp op;
  uint64_t done = 0;
  bool wasReady = false;
  bool isLive = false;  ///< an engine that was not waited for
  uint64_t colours = 0; ///< of the live operation

  bool isIdle(uint64_t now) const { return !op.active && done <= now; }
};

struct OracleCore {
  explicit OracleCore(Sequencer sequencer) : sequencer(std::move(sequencer)) {}

  Sequencer sequencer;
  std::optional<Sequencer::Event> event; ///< reached, not yet executed
  uint64_t clock = 0;                    ///< when it is executed
  bool atEpoch = false, halted = false;
  bool waitsForEngine = false;       ///< its event was tried and must wait
  std::vector<OracleStream> streams; ///< the main stream, then the engines
  std::array<WordQueue, 64> inputs;  ///< per colour
  CoreTime time;
};

/// Something that is ready at this tick and wants links.
struct Claim {
  uint64_t age;
  uint8_t colour;
  bool *wasReady;
  std::vector<uint32_t> links;
  std::function<void()> move;
};

class Oracle {
public:
  Oracle(const Program &program, const Launch &launch,
         llvm::ArrayRef<int32_t> parameters);
  llvm::Expected<TimingResult> run();

private:
  llvm::Error install(uint32_t routeTable);
  // Control: executes what a core's main stream reaches at this tick.
  llvm::Error stepControl(uint32_t index);
  /// Returns false if the event waits for a later tick.
  llvm::Expected<bool> execute(uint32_t index);
  llvm::Error executeVector(uint32_t index);
  llvm::Error bindOp(uint32_t index, OracleStream &stream);
  // Data: decides at the beginning of the tick, then moves.
  void claimRouter(uint32_t index);
  void claimCore(uint32_t index);
  void grant(std::vector<Claim> &claims);
  void moveWord(uint32_t index, RouterQueue &queue);
  void issueBeat(uint32_t index, unsigned stream);
  WordQueue &getTarget(uint32_t router, const Route &route, Port port);
  RouterQueue *findQueue(uint32_t router, uint8_t colour);

  bool isTimerRunning() const;
  bool isDrained() const;
  template <typename Predicate> bool all(Predicate predicate) const {
    return llvm::all_of(cores, predicate);
  }
  llvm::Error reportDeadlock() const;
  TimingResult finish();

  const Program &program;
  const Machine &machine;
  const MeshShape mesh;
  const uint32_t initialTable;
  std::vector<OracleCore> cores;
  std::vector<std::vector<RouterQueue>> routers;
  std::vector<uint64_t> linkFree;
  std::vector<uint32_t> linkCount;
  std::vector<bool> contended;
  std::vector<std::function<void()>> moves;
  uint64_t now = 0;
  TimingResult result;
};

} // namespace

Oracle::Oracle(const Program &program, const Launch &launch,
               llvm::ArrayRef<int32_t> parameters)
    : program(program), machine(program.machine), mesh(program.mesh),
      initialTable(launch.routeTable),
      linkFree(size_t(mesh.getNumCores()) * (numPorts + 1)),
      linkCount(linkFree.size()), contended(linkFree.size()) {
  for (unsigned y = 0; y < mesh.rows; ++y)
    for (unsigned x = 0; x < mesh.columns; ++x) {
      OracleCore &core =
          cores.emplace_back(Sequencer(program, launch, x, y, parameters));
      core.streams.resize(machine.engines + 1);
    }
}

//===----------------------------------------------------------------------===//
// Routes
//===----------------------------------------------------------------------===//

RouterQueue *Oracle::findQueue(uint32_t router, uint8_t colour) {
  for (RouterQueue &queue : routers[router])
    if (queue.route.colour == colour)
      return &queue;
  return nullptr;
}

static bool isVertical(Port port) {
  return port == Port::North || port == Port::South;
}

static uint32_t getLatency(const Machine &machine, Port input, Port output) {
  if (output == Port::Ramp)
    return machine.rampTicks;
  bool turns = input != Port::Ramp && isVertical(input) != isVertical(output);
  return machine.hopTicks + (turns ? machine.turnTicks : 0);
}

WordQueue &Oracle::getTarget(uint32_t router, const Route &route, Port port) {
  if (port == Port::Ramp)
    return cores[router].inputs[route.colour];
  return findQueue(getNeighbour(mesh, router, port), route.colour)->words;
}

llvm::Error Oracle::install(uint32_t routeTable) {
  routers.assign(mesh.getNumCores(), {});
  if (program.routeTables.empty())
    return llvm::Error::success();
  const RouteTable &table = program.routeTables[routeTable];
  for (uint32_t router = 0; router < mesh.getNumCores(); ++router)
    for (const Route &route : table.classes[table.classOf[router]])
      routers[router].push_back({route, {}, now, false});
  for (uint32_t router = 0; router < mesh.getNumCores(); ++router)
    for (RouterQueue &queue : routers[router]) {
      if (queue.route.input == Port::Ramp)
        queue.words.capacity =
            machine.outputQueueWords + machine.getWireWords(machine.rampTicks);
      for (unsigned port = 0; port < numPorts; ++port) {
        if (!queue.route.hasOutput(Port(port)))
          continue;
        uint32_t neighbour = getNeighbour(mesh, router, Port(port));
        RouterQueue *next = neighbour == ~0u || Port(port) == Port::Ramp
                                ? nullptr
                                : findQueue(neighbour, queue.route.colour);
        if (Port(port) != Port::Ramp &&
            (!next || next->route.input != getOpposite(Port(port))))
          return makeError("router {0} sends colour {1} to no router",
                           getCoreName(mesh, router), queue.route.colour);
        uint32_t words = Port(port) == Port::Ramp ? machine.inputQueueWords
                                                  : machine.queueWords;
        getTarget(router, queue.route, Port(port)).capacity =
            words + machine.getWireWords(
                        getLatency(machine, queue.route.input, Port(port)));
      }
    }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

llvm::Error Oracle::stepControl(uint32_t index) {
  OracleCore &core = cores[index];
  while (!core.halted && !core.atEpoch && !core.streams[0].op.active) {
    if (!core.event) {
      core.event = core.sequencer.next();
      core.clock += getWorkTicks(machine, core.sequencer.getWork());
    }
    if (core.clock > now)
      break;
    llvm::Expected<bool> executed = execute(index);
    if (!executed)
      return executed.takeError();
    core.waitsForEngine = !*executed;
    if (core.waitsForEngine) {
      ++core.clock;
      ++core.time.engineStall;
      break;
    }
    core.event.reset();
  }
  return llvm::Error::success();
}

llvm::Expected<bool> Oracle::execute(uint32_t index) {
  OracleCore &core = cores[index];
  switch (*core.event) {
  case Sequencer::Event::Vector:
    if (llvm::Error error = executeVector(index))
      return std::move(error);
    return true;
  case Sequencer::Event::Wait: {
    OracleStream &engine = core.streams[core.sequencer.getEngine() + 1];
    if (!engine.isIdle(now))
      return false;
    engine.isLive = false;
    engine.colours = 0;
    core.clock += machine.waitTicks;
    return true;
  }
  case Sequencer::Event::Epoch:
  case Sequencer::Event::Halt:
    for (const OracleStream &engine : core.streams)
      if (engine.isLive)
        return makeError("core {0}: an engine was not waited for",
                         getCoreName(mesh, index));
    (*core.event == Sequencer::Event::Epoch ? core.atEpoch : core.halted) =
        true;
    return true;
  case Sequencer::Event::Trap:
    return makeError("core {0}: {1}", getCoreName(mesh, index),
                     core.sequencer.getTrap());
  }
  return true;
}

llvm::Error Oracle::executeVector(uint32_t index) {
  OracleCore &core = cores[index];
  const VectorOp &op = core.sequencer.getVector();
  bool onEngine = op.engine != noOperand;
  OracleStream &stream = core.streams[onEngine ? op.engine + 1 : 0];
  if (stream.isLive)
    return makeError("core {0}: engine e{1} is busy", getCoreName(mesh, index),
                     op.engine);
  stream.isLive = onEngine;
  ++result.vectorOps;
  uint64_t start =
      now + (onEngine ? machine.engineTicks : machine.vectorSetupTicks);
  if (onEngine)
    core.clock += machine.scalarTicks;
  if (!usesFabric(op)) {
    stream.done = start + getLocalTicks(machine, op);
    if (!onEngine)
      core.clock = stream.done;
    return llvm::Error::success();
  }
  stream.op.set(machine, op, start);
  if (op.dst.kind == Stream::Kind::Fabric)
    stream.op.sink.queue = op.dst.colour; // any queue: emits() asks
  return bindOp(index, stream);
}

/// T5: the colours must be connected and free.
llvm::Error Oracle::bindOp(uint32_t index, OracleStream &stream) {
  const FabricOp &op = stream.op;
  uint64_t colours = 0;
  auto use = [&](uint8_t colour, bool isConnected) -> llvm::Error {
    uint64_t bit = uint64_t(1) << colour;
    bool isUsed = colours & bit;
    for (const OracleStream &other : cores[index].streams)
      isUsed |= (other.colours & bit) != 0;
    colours |= bit;
    if (!isConnected)
      return makeError("core {0}: colour {1} has no route",
                       getCoreName(mesh, index), colour);
    if (isUsed)
      return makeError("core {0}: two live operands use colour {1}",
                       getCoreName(mesh, index), colour);
    return llvm::Error::success();
  };
  for (unsigned i = 0; i < op.numSources; ++i) {
    RouterQueue *queue = findQueue(index, op.sources[i].colour);
    if (llvm::Error error = use(op.sources[i].colour,
                                queue && queue->route.hasOutput(Port::Ramp)))
      return error;
  }
  if (op.sink.queue != noQueue) {
    RouterQueue *queue = findQueue(index, op.sink.colour);
    if (llvm::Error error =
            use(op.sink.colour, queue && queue->route.input == Port::Ramp))
      return error;
  }
  stream.colours = colours;
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

/// T3 and T4: the oldest claim first, then the lowest colour; a claim moves if
/// all its links are free.
void Oracle::grant(std::vector<Claim> &claims) {
  llvm::sort(claims, [](const Claim &a, const Claim &b) {
    return std::tie(a.age, a.colour) < std::tie(b.age, b.colour);
  });
  for (Claim &claim : claims) {
    bool isFree = true;
    for (uint32_t link : claim.links)
      if (linkFree[link] > now) {
        isFree = false;
        if (!*claim.wasReady)
          contended[link] = true;
      }
    *claim.wasReady = !isFree;
    if (!isFree)
      continue;
    for (uint32_t link : claim.links) {
      linkFree[link] = now + machine.linkTicks;
      ++linkCount[link];
    }
    moves.push_back(std::move(claim.move));
  }
}

void Oracle::claimRouter(uint32_t index) {
  std::vector<Claim> claims;
  for (RouterQueue &queue : routers[index]) {
    if (!queue.words.hasWord(now) || queue.next > now)
      continue;
    std::vector<uint32_t> links;
    bool hasRoom = true;
    for (unsigned port = 0; port < numPorts; ++port)
      if (queue.route.hasOutput(Port(port))) {
        hasRoom &= getTarget(index, queue.route, Port(port)).hasRoom();
        links.push_back(index * numPorts + port);
      }
    if (hasRoom)
      claims.push_back({queue.words.arrivals.front(), queue.route.colour,
                        &queue.wasReady, std::move(links),
                        [this, index, &queue] { moveWord(index, queue); }});
  }
  grant(claims);
}

void Oracle::moveWord(uint32_t index, RouterQueue &queue) {
  queue.words.arrivals.pop_front();
  queue.next = now + machine.linkTicks;
  for (unsigned port = 0; port < numPorts; ++port) {
    if (!queue.route.hasOutput(Port(port)))
      continue;
    getTarget(index, queue.route, Port(port))
        .arrivals.push_back(now +
                            getLatency(machine, queue.route.input, Port(port)));
    ++(Port(port) == Port::Ramp ? result.deliveries : result.hops);
  }
}

void Oracle::claimCore(uint32_t index) {
  OracleCore &core = cores[index];
  std::vector<Claim> claims;
  for (unsigned i = 0; i < core.streams.size(); ++i) {
    OracleStream &stream = core.streams[i];
    const FabricOp &op = stream.op;
    if (!op.active || op.ready > now)
      continue;
    bool isReady = true;
    uint64_t age = op.ready;
    for (unsigned s = 0; s < op.numSources; ++s) {
      const WordQueue &input = core.inputs[op.sources[s].colour];
      if (!op.takes(s))
        continue;
      isReady &= input.hasWord(now);
      if (isReady)
        age = std::max(age, input.arrivals.front());
    }
    std::vector<uint32_t> links;
    if (op.emits()) {
      isReady &= findQueue(index, op.sink.colour)->words.hasRoom();
      links.push_back(getRampLink(mesh, index));
    }
    if (isReady)
      claims.push_back({age, op.sink.colour, &stream.wasReady, std::move(links),
                        [this, index, i] { issueBeat(index, i); }});
  }
  grant(claims);
}

void Oracle::issueBeat(uint32_t index, unsigned number) {
  OracleCore &core = cores[index];
  OracleStream &stream = core.streams[number];
  FabricOp &op = stream.op;
  for (unsigned s = 0; s < op.numSources; ++s)
    if (op.takes(s))
      core.inputs[op.sources[s].colour].arrivals.pop_front();
  if (op.emits()) {
    findQueue(index, op.sink.colour)
        ->words.arrivals.push_back(now + machine.rampTicks);
    ++result.wavelets;
  }
  if (number == 0)
    core.time.fabricStall += now - op.ready;
  stream.done = op.issue(now);
  if (op.active || number != 0)
    return;
  core.clock = stream.done;
  stream.colours = 0;
}

//===----------------------------------------------------------------------===//
// The tick
//===----------------------------------------------------------------------===//

/// Whether something happens at a later tick without anything moving now.
bool Oracle::isTimerRunning() const {
  for (const OracleCore &core : cores) {
    if (!core.halted && !core.atEpoch && !core.streams[0].op.active &&
        !core.waitsForEngine)
      return true;
    for (const OracleStream &stream : core.streams)
      if (stream.done > now || (stream.op.active && stream.op.ready > now))
        return true;
    for (const WordQueue &input : core.inputs)
      for (uint64_t arrival : input.arrivals)
        if (arrival > now)
          return true;
  }
  for (const std::vector<RouterQueue> &queues : routers)
    for (const RouterQueue &queue : queues)
      for (uint64_t arrival : queue.words.arrivals)
        if (arrival > now || queue.next > now)
          return true;
  return llvm::any_of(linkFree, [&](uint64_t free) { return free > now; });
}

bool Oracle::isDrained() const {
  for (const OracleCore &core : cores)
    for (const WordQueue &input : core.inputs)
      if (!input.arrivals.empty())
        return false;
  for (const std::vector<RouterQueue> &queues : routers)
    for (const RouterQueue &queue : queues)
      if (!queue.words.arrivals.empty())
        return false;
  return true;
}

llvm::Error Oracle::reportDeadlock() const {
  uint32_t index = 0;
  while (cores[index].halted)
    ++index;
  return makeError("deadlock: nothing moves after tick {0}; core {1} waits at "
                   "pc {2}",
                   now, getCoreName(mesh, index),
                   cores[index].sequencer.getPC());
}

TimingResult Oracle::finish() {
  for (OracleCore &core : cores) {
    core.time.finish = core.clock;
    result.cores.push_back(core.time);
  }
  for (uint32_t link = 0; link < contended.size(); ++link)
    if (contended[link])
      result.contendedLinks.push_back(link);
  result.contended = static_cast<unsigned>(result.contendedLinks.size());
  result.linkWavelets = std::move(linkCount);
  result.engine = TimingEngine::Oracle;
  return std::move(result);
}

llvm::Expected<TimingResult> Oracle::run() {
  if (llvm::Error error = install(initialTable))
    return std::move(error);
  auto isAtEpoch = [](const OracleCore &core) { return core.atEpoch; };
  auto hasEnded = [](const OracleCore &core) { return core.halted; };
  for (;; ++now) {
    for (uint32_t index = 0; index < cores.size(); ++index)
      if (llvm::Error error = stepControl(index))
        return std::move(error);
    bool ended = all(hasEnded), epoch = all(isAtEpoch);
    if ((ended || epoch) && !isDrained())
      return makeError("not drained: wavelets are left at tick {0}", now);
    if (ended)
      return finish();
    if (epoch) {
      uint32_t table = cores[0].sequencer.getRouteTable();
      for (OracleCore &core : cores) {
        if (core.sequencer.getRouteTable() != table)
          return makeError("cores are at different epochs");
        core.time.epochStall += now + machine.epochTicks - core.clock;
        core.clock = now + machine.epochTicks;
        core.atEpoch = false;
      }
      if (llvm::Error error = install(table))
        return std::move(error);
      --now; // an epoch may cost nothing
      continue;
    }
    moves.clear();
    for (uint32_t index = 0; index < cores.size(); ++index) {
      claimRouter(index);
      claimCore(index);
    }
    for (const std::function<void()> &move : moves)
      move();
    if (moves.empty() && !isTimerRunning())
      return reportDeadlock();
  }
}

llvm::Expected<TimingResult>
plmr::runOracle(const Program &program, const Launch &launch,
                llvm::ArrayRef<int32_t> parameters) {
  return Oracle(program, launch, parameters).run();
}
