//===- Network.cpp - Cores that wait for each other -----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Network.h"

using namespace plmr;
using Kind = StreamEvent::Kind;

Network::Network(const Program &program, const RouteTable *table,
                 llvm::ArrayRef<uint32_t> members,
                 llvm::ArrayRef<const EventList *> streams, QueueDepth depth)
    : program(program), indexOf(program.mesh.getNumCores(), none) {
  cores.resize(members.size());
  for (uint32_t i = 0; i != members.size(); ++i) {
    cores[i].core = members[i];
    cores[i].stream = streams[i];
    indexOf[members[i]] = i;
    queue.push_back(i);
  }
  if (table)
    addFlows(program, *table, depth);
}

void Network::addFlows(const Program &program, const RouteTable &table,
                       QueueDepth depth) {
  for (uint32_t i = 0; i != cores.size(); ++i)
    for (const Route &route : table.classes[table.classOf[cores[i].core]]) {
      if (route.input != Port::Ramp)
        continue;
      FlowTree flow =
          makeFlow(program, table, cores[i].core, route.colour, depth);
      // Those that leave are not used here.
      if (llvm::any_of(flow.nodes, [&](const FlowTree::Node &node) {
            return indexOf[node.core] == none;
          }))
        continue;
      uint32_t number = static_cast<uint32_t>(flows.size());
      cores[i].ends.push_back({number});
      for (uint32_t node = 0; node != flow.nodes.size(); ++node)
        if (flow.nodes[node].isLeaf)
          cores[indexOf[flow.nodes[node].core]].ends.push_back({number, node});
      flows.push_back(std::move(flow));
    }
  isDirty.resize(flows.size());
}

uint32_t Network::findEnd(const Core &core, uint8_t colour,
                          bool isSender) const {
  for (const End &end : core.ends)
    if (flows[end.flow].colour == colour && (end.node == 0) == isSender)
      return &end - core.ends.begin();
  return none;
}

//===----------------------------------------------------------------------===//
// The run
//===----------------------------------------------------------------------===//

void Network::wake(uint32_t index) {
  if (index == none || cores[index].isQueued)
    return;
  cores[index].isQueued = true;
  queue.push_back(index);
}

/// The operation at `node` of the flow, if it has no other operand on the
/// fabric; `last` becomes the number of wavelets after it.
Network::Operation *Network::findUser(const FlowTree &flow, uint32_t node,
                                      uint64_t &last) {
  Core &core = cores[getIndex(flow, node)];
  uint32_t index = findEnd(core, flow.colour, node == 0);
  unsigned user = core.ends[index].user;
  if (user == 0)
    return nullptr;
  // It may have been followed by an operation elsewhere.
  Operation &operation = getOperation(core, user);
  if ((node == 0 ? operation.sink : operation.sources[0]) != index ||
      operation.beats == operation.allBeats)
    return nullptr;
  // Each of its beats moves a wavelet.
  last = (node == 0 ? flow.sent : flow.nodes[node].passed) +
         operation.allBeats - operation.beats;
  return &operation;
}

/// If the sender and all receivers of a flow do nothing else, then words go
/// through until one of them is done, whatever queues hold.
void Network::stream(uint32_t number) {
  FlowTree &flow = flows[number];
  uint64_t last;
  Operation *sender = findUser(flow, 0, last);
  if (!sender)
    return;
  llvm::SmallVector<std::pair<uint32_t, Operation *>, 4> receivers;
  for (uint32_t node = 0; node != flow.nodes.size(); ++node) {
    if (!flow.nodes[node].isLeaf)
      continue;
    uint64_t own;
    Operation *receiver = findUser(flow, node, own);
    if (!receiver)
      return;
    last = std::min(last, own);
    receivers.emplace_back(node, receiver);
  }
  if (last <= flow.sent)
    return;
  sender->beats += last - flow.sent;
  flow.sent = last;
  for (auto [node, receiver] : receivers) {
    receiver->beats += last - flow.nodes[node].passed;
    flow.nodes[node].passed = last;
    wake(getIndex(flow, node));
  }
}

void Network::settle(uint32_t number) {
  FlowTree &flow = flows[number];
  isDirty[number] = false;
  stream(number);
  flow.settle();
  wake(indexOf[flow.core]);
  for (uint32_t node = 0; node != flow.nodes.size(); ++node)
    if (flow.nodes[node].isLeaf &&
        flow.getArrived(node) != flow.nodes[node].passed)
      wake(getIndex(flow, node));
}

/// In rounds, so that a flow of many receivers is settled once for all that
/// they take.
bool Network::run() {
  std::vector<uint32_t> current;
  while (!queue.empty()) {
    std::swap(current, queue);
    queue.clear();
    for (uint32_t index : current) {
      cores[index].isQueued = false;
      runCore(index);
    }
    std::vector<uint32_t> moved;
    std::swap(moved, dirty);
    for (uint32_t flow : moved)
      settle(flow);
  }
  return llvm::all_of(cores, [&](const Core &core) { return isIdle(core); });
}

bool Network::isIdle(const Core &core) const {
  auto isDone = [](const Operation &operation) {
    return operation.beats == operation.allBeats;
  };
  if (core.next != core.stream->size()) {
    Kind kind = (*core.stream)[core.next].kind;
    if (kind == Kind::Operation || kind == Kind::Wait)
      return false;
  }
  return isDone(core.main) && llvm::all_of(core.engines, isDone);
}

void Network::forEachUnbalanced(
    llvm::function_ref<void(const Imbalance &)> fn) const {
  // Wavelets that each end of a core moves in all of its stream.
  std::vector<llvm::SmallVector<uint64_t, 4>> words(cores.size());
  for (auto [core, counts] : llvm::zip_equal(cores, words)) {
    counts.assign(core.ends.size(), 0);
    for (const StreamEvent &event : *core.stream) {
      if (event.kind != Kind::Operation)
        continue;
      auto count = [&](const FabricEnd &end, bool isSender) {
        if (end.exists())
          counts[findEnd(core, end.colour, isSender)] +=
              event.getWords(end) * event.repeat;
      };
      count(event.sink, true);
      for (const FabricEnd &source : event.sources)
        count(source, false);
    }
  }
  auto getCount = [&](uint32_t core, uint8_t colour, bool isSender) {
    uint32_t index = indexOf[core];
    return words[index][findEnd(cores[index], colour, isSender)];
  };
  for (const FlowTree &flow : flows)
    for (const FlowTree::Node &node : flow.nodes) {
      if (!node.isLeaf)
        continue;
      uint64_t sent = getCount(flow.core, flow.colour, true);
      uint64_t taken = getCount(node.core, flow.colour, false);
      if (sent != taken)
        fn({flow, node.core, sent, taken});
    }
}

bool Network::hasStopped() const {
  return llvm::any_of(cores, [](const Core &core) {
    return core.main.beats == core.main.allBeats &&
           core.next != core.stream->size() &&
           (*core.stream)[core.next].kind == Kind::Stop;
  });
}

void Network::begin(Core &core, const StreamEvent &event, unsigned user) {
  Operation &operation = getOperation(core, user);
  operation.event = &event;
  operation.beats = 0;
  operation.allBeats = event.getBeats() * event.repeat;
  unsigned numEnds = 0;
  End *last = nullptr;
  auto use = [&](const FabricEnd &end, bool isSender) -> uint32_t {
    if (!end.exists())
      return none;
    uint32_t index = findEnd(core, end.colour, isSender);
    last = &core.ends[index];
    last->user = 0;
    ++numEnds;
    return index;
  };
  for (unsigned i = 0; i != 3; ++i)
    operation.sources[i] = use(event.sources[i], false);
  operation.sink = use(event.sink, true);
  if (numEnds == 1)
    last->user = user;
}

/// Does all beats that can be done; true if that was the last one.
bool Network::advance(Core &core, Operation &operation) {
  const StreamEvent &event = *operation.event;
  uint64_t beats = operation.allBeats;
  for (unsigned i = 0; i != 3; ++i) {
    if (!event.sources[i].exists())
      continue;
    const End &end = core.ends[operation.sources[i]];
    uint64_t words = event.getTaken(event.sources[i], operation.beats) +
                     flows[end.flow].getArrived(end.node) -
                     flows[end.flow].nodes[end.node].passed;
    beats = std::min(beats, event.getBeatsOfTaken(event.sources[i], words));
  }
  if (event.sink.exists()) {
    const FlowTree &flow = flows[core.ends[operation.sink].flow];
    uint64_t words =
        event.getSent(event.sink, operation.beats) + flow.getRoom();
    beats = std::min(beats, event.getBeatsOfSent(event.sink, words));
  }
  if (beats == operation.beats)
    return beats == operation.allBeats;
  auto markDirty = [&](uint32_t flow) {
    if (!isDirty[flow]) {
      isDirty[flow] = true;
      dirty.push_back(flow);
    }
  };
  for (unsigned i = 0; i != 3; ++i) {
    if (!event.sources[i].exists())
      continue;
    const End &end = core.ends[operation.sources[i]];
    flows[end.flow].nodes[end.node].passed +=
        event.getTaken(event.sources[i], beats) -
        event.getTaken(event.sources[i], operation.beats);
    markDirty(end.flow);
  }
  if (event.sink.exists()) {
    uint32_t flow = core.ends[operation.sink].flow;
    flows[flow].sent += event.getSent(event.sink, beats) -
                        event.getSent(event.sink, operation.beats);
    markDirty(flow);
  }
  operation.beats = beats;
  return beats == operation.allBeats;
}

void Network::runCore(uint32_t index) {
  Core &core = cores[index];
  auto isUnderWay = [](const Operation &operation) {
    return operation.beats != operation.allBeats;
  };
  for (Operation &engine : core.engines)
    if (isUnderWay(engine))
      advance(core, engine);
  if (isUnderWay(core.main) && !advance(core, core.main))
    return;
  for (; core.next != core.stream->size(); ++core.next) {
    const StreamEvent &event = (*core.stream)[core.next];
    if (event.kind == Kind::Operation && event.engine == noOperand) {
      begin(core, event, 1);
      if (!advance(core, core.main)) {
        ++core.next;
        return;
      }
    } else if (event.kind == Kind::Operation) {
      if (core.engines.size() <= event.engine)
        core.engines.resize(event.engine + 1);
      begin(core, event, event.engine + 2);
      advance(core, core.engines[event.engine]);
    } else if (event.kind != Kind::Wait ||
               (event.engine < core.engines.size() &&
                isUnderWay(core.engines[event.engine]))) {
      return;
    }
  }
}
