//===- LaunchSimulation.cpp - A launch, segment by segment ----------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaunchSimulation.h"
#include "plmr/Program/Trace.h"

using namespace plmr;

SegmentCache::SegmentCache() : impl(std::make_unique<Impl>()) {}
SegmentCache::~SegmentCache() = default;
size_t SegmentCache::getNumSegments() const { return impl->times.size(); }

LaunchSimulation::LaunchSimulation(const Program &program, const Launch &launch,
                                   llvm::ArrayRef<int32_t> parameters,
                                   const TimingOptions &options)
    : program(program), launch(launch), parameters(parameters),
      options(options),
      cache(*(options.cache ? *options.cache : ownCache).impl) {
  size_t tables = std::max<size_t>(1, program.routeTables.size());
  fabrics.resize(tables);
  cache.arbitrated.resize(tables);
  // What is reused leaves no operations to report, nor counts of links.
  if (options.onOp || options.linkCounts)
    return;
  hashes = options.segments;
  if (hashes.empty() && tables > 1) {
    traced = traceLaunch(program, launch, parameters, options.maxIterations);
    hashes = traced;
  }
}

const SegmentTime *LaunchSimulation::find(uint32_t segment) const {
  if (segment >= hashes.size())
    return nullptr;
  auto found = cache.times.find(hashes[segment]);
  bool isKnown =
      found != cache.times.end() && (options.engine == TimingEngine::Auto ||
                                     options.engine == found->second.engine);
  return isKnown ? &found->second : nullptr;
}

llvm::Expected<TimingResult> LaunchSimulation::run() {
  result.cores.resize(program.mesh.getNumCores());
  uint64_t begin = 0;
  uint32_t routeTable = launch.routeTable;
  for (uint32_t number = 0;; ++number) {
    SegmentTime unknown;
    const SegmentTime *time = find(number);
    if (!time) {
      if (llvm::Error error =
              simulate(number, begin, routeTable).moveInto(unknown))
        return std::move(error);
      time = &unknown;
    }
    add(*time, begin);
    std::optional<uint32_t> nextTable = time->nextTable;
    uint64_t length = time->length;
    if (time == &unknown && number < hashes.size())
      cache.times.insert_or_assign(hashes[number], std::move(unknown));
    if (!nextTable)
      break;
    begin += length + program.machine.epochTicks;
    routeTable = *nextTable;
  }
  llvm::sort(result.contendedLinks);
  result.contendedLinks.erase(llvm::unique(result.contendedLinks),
                              result.contendedLinks.end());
  result.contended = static_cast<unsigned>(result.contendedLinks.size());
  return std::move(result);
}

llvm::Expected<SegmentTime> LaunchSimulation::simulate(uint32_t number,
                                                       uint64_t begin,
                                                       uint32_t routeTable) {
  SegmentTime time;
  if (llvm::Error error = runEngine(number, begin, routeTable, time))
    return std::move(error);
  for (const Cores::Core &core : cores->getCores()) {
    CoreTime &sum = time.cores.emplace_back(core.time);
    sum.finish = core.clock - begin;
    time.length = std::max(time.length, sum.finish);
  }
  count(*fabrics[routeTable], time);
  if (cores->areAllHalted())
    return time;
  llvm::Expected<uint32_t> next = cores->getNextRouteTable();
  if (!next)
    return next.takeError();
  time.nextTable = *next;
  return time;
}

ArbitratedLinks
LaunchSimulation::getArbitratedLinks(uint32_t routeTable) const {
  if (options.engine == TimingEngine::Auto &&
      !cache.arbitrated[routeTable].empty())
    return cache.arbitrated[routeTable];
  return makeArbitratedLinks(program.mesh,
                             options.engine == TimingEngine::Event);
}

/// Arbitrates more and more links until no colours meet on the others; all,
/// where this takes long.
llvm::Error LaunchSimulation::runEngine(uint32_t number, uint64_t begin,
                                        uint32_t routeTable,
                                        SegmentTime &time) {
  ArbitratedLinks arbitrated = getArbitratedLinks(routeTable);
  constexpr unsigned maxRestarts = 4;
  for (unsigned restarts = 0;; ++restarts) {
    llvm::Expected<Fabric *> fabric = prepare(number, begin, routeTable);
    if (!fabric)
      return fabric.takeError();
    // Cheaper than to run to this segment again, but takes memory.
    constexpr uint32_t maxCopied = 4096;
    std::unique_ptr<Cores> copy;
    if (options.engine == TimingEngine::Auto &&
        program.mesh.getNumCores() <= maxCopied)
      copy = std::make_unique<Cores>(*cores);
    uint64_t vectorOps = cores->getNumVectorOps();
    Simulation simulation(program, *cores, **fabric, arbitrated);
    llvm::Error error = simulation.run();
    if (simulation.getMetLinks().empty() ||
        options.engine != TimingEngine::Auto) {
      time.vectorOps = cores->getNumVectorOps() - vectorOps;
      time.contendedLinks = simulation.getContendedLinks();
      bool isFast =
          options.engine != TimingEngine::Event && time.contendedLinks.empty();
      time.engine = isFast ? TimingEngine::Fast : TimingEngine::Event;
      return error;
    }
    llvm::consumeError(std::move(error));
    if (restarts == maxRestarts)
      arbitrated = makeArbitratedLinks(program.mesh, true);
    else
      arbitrate(arbitrated, simulation.getMetLinks(), **fabric);
    cache.arbitrated[routeTable] = arbitrated;
    // What the abandoned run has left in cores and queues is of no use.
    cores = std::move(copy);
    fabrics[routeTable].reset();
    if (options.onRestart)
      options.onRestart();
  }
}

/// Brings the cores to the begin of segment `number`.
llvm::Expected<Fabric *> LaunchSimulation::prepare(uint32_t number,
                                                   uint64_t begin,
                                                   uint32_t routeTable) {
  if (!cores) {
    cores = std::make_unique<Cores>(program, launch, parameters, options);
    position = 0;
  }
  if (cores->areAllAtEpoch()) {
    cores->passEpoch(begin);
    ++position;
  }
  for (; position != number; ++position) {
    cores->skip();
    cores->passEpoch(begin);
  }
  // A drained table holds nothing but time stamps of the past: it is used
  // again as it is.
  if (!fabrics[routeTable])
    if (llvm::Error error =
            Fabric::build(program, routeTable).moveInto(fabrics[routeTable]))
      return std::move(error);
  Fabric *fabric = fabrics[routeTable].get();
  for (Fabric::Queue &queue : fabric->getQueues())
    queue.popped = 0;
  cores->setFabric(*fabric);
  return fabric;
}

/// All queues are drained, so a queue's departures are its arrivals.
void LaunchSimulation::count(const Fabric &fabric, SegmentTime &time) const {
  if (options.linkCounts)
    time.linkWavelets.resize(size_t(program.mesh.getNumCores()) *
                             (numPorts + 1));
  auto add = [&](uint32_t link, uint64_t wavelets) {
    if (options.linkCounts)
      time.linkWavelets[link] += static_cast<uint32_t>(wavelets);
  };
  for (const Fabric::Queue &queue : fabric.getQueues()) {
    if (queue.numEdges == 0)
      time.deliveries += queue.popped;
    if (queue.writer & coreTag) {
      time.wavelets += queue.popped;
      add(getRampLink(program.mesh, queue.router), queue.popped);
    }
    for (const Fabric::Edge &edge : fabric.getEdges(queue)) {
      if (Port(edge.link % numPorts) != Port::Ramp)
        time.hops += queue.popped;
      add(edge.link, queue.popped);
    }
  }
}

void LaunchSimulation::add(const SegmentTime &time, uint64_t begin) {
  uint64_t next = begin + time.length + program.machine.epochTicks;
  for (auto [sum, core] : llvm::zip_equal(result.cores, time.cores)) {
    sum.finish = begin + core.finish;
    sum.fabricStall += core.fabricStall;
    sum.engineStall += core.engineStall;
    if (time.nextTable)
      sum.epochStall += next - sum.finish;
  }
  result.vectorOps += time.vectorOps;
  result.wavelets += time.wavelets;
  result.hops += time.hops;
  result.deliveries += time.deliveries;
  if (time.engine == TimingEngine::Event)
    result.engine = TimingEngine::Event;
  llvm::append_range(result.contendedLinks, time.contendedLinks);
  result.linkWavelets.resize(time.linkWavelets.size());
  for (auto [sum, wavelets] :
       llvm::zip_equal(result.linkWavelets, time.linkWavelets))
    sum += wavelets;
}
