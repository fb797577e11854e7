//===- Witness.cpp - Who waits for whom -----------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CoreWalk.h"
#include "Network.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;
using Kind = StreamEvent::Kind;

static std::string getCoreName(MeshShape mesh, uint32_t core) {
  return llvm::formatv("({0}, {1})", core % mesh.columns, core / mesh.columns);
}

std::string plmr::getChannel(const Program &program, uint8_t colour) {
  std::string text = llvm::formatv("colour {0}", colour);
  std::vector<std::string> names;
  for (const ChannelInfo &channel : program.channels)
    if (llvm::is_contained(channel.colours, unsigned(colour)))
      names.push_back("'" + channel.name + "'");
  return names.empty() ? text : text + " of " + llvm::join(names, " or ");
}

/// The leaf whose full queue keeps wavelets in queue `node`.
static const FlowTree::Node &findFullLeaf(const FlowTree &flow, uint32_t node) {
  while (!flow.nodes[node].isLeaf) {
    uint64_t limit = flow.nodes[node].limit;
    uint32_t child = node + 1;
    while (flow.nodes[child].parent != node ||
           flow.nodes[child].limit + flow.nodes[child].words != limit)
      ++child;
    node = child;
  }
  return flow.nodes[node];
}

/// The queue above leaf `node` that keeps wavelets from it.
static uint32_t findKeeper(const FlowTree &flow, uint32_t node) {
  uint64_t arrived = flow.getArrived(node);
  do
    node = flow.nodes[node].parent;
  while (flow.nodes[node].limit != arrived);
  return node;
}

Network::Blocked Network::explain(const Core &core,
                                  const Operation &operation) const {
  const StreamEvent &event = *operation.event;
  std::string where = describeCore(program, core.core, event.pc);
  for (unsigned i = 0; i != 3; ++i) {
    if (!event.sources[i].exists())
      continue;
    const End &end = core.ends[operation.sources[i]];
    const FlowTree &flow = flows[end.flow];
    uint64_t passed = flow.nodes[end.node].passed;
    uint64_t need = event.getTaken(event.sources[i], operation.beats + 1) -
                    event.getTaken(event.sources[i], operation.beats);
    if (need == 0 || flow.getArrived(end.node) != passed)
      continue;
    bool isSent = flow.sent != passed;
    uint32_t cause = isSent
                         ? findFullLeaf(flow, findKeeper(flow, end.node)).core
                         : flow.core;
    return {llvm::formatv("{0} waits to receive {1} from core {2}{3}{4}", where,
                          getChannel(program, flow.colour),
                          getCoreName(program.mesh, flow.core),
                          isSent ? ", kept by the full queue of core " : "",
                          isSent ? getCoreName(program.mesh, cause) : ""),
            indexOf[cause]};
  }
  const FlowTree &flow = flows[core.ends[operation.sink].flow];
  uint32_t cause = findFullLeaf(flow, 0).core;
  return {llvm::formatv("{0} waits to send {1}, the queue of core {2} is full",
                        where, getChannel(program, flow.colour),
                        getCoreName(program.mesh, cause)),
          indexOf[cause]};
}

Network::Blocked Network::explain(uint32_t index) const {
  const Core &core = cores[index];
  auto isUnderWay = [](const Operation &operation) {
    return operation.beats != operation.allBeats;
  };
  if (isUnderWay(core.main))
    return explain(core, core.main);
  if (core.next != core.stream->size() &&
      (*core.stream)[core.next].kind == Kind::Wait)
    return explain(core, core.engines[(*core.stream)[core.next].engine]);
  for (const Operation &engine : core.engines)
    if (isUnderWay(engine))
      return explain(core, engine);
  if (core.next == core.stream->size())
    return {"core " + getCoreName(program.mesh, core.core) +
            " has ended its part"};
  const StreamEvent &last = (*core.stream)[core.next];
  return {describeCore(program, core.core, last.pc) +
          (last.kind == Kind::Halt    ? " has halted"
           : last.kind == Kind::Epoch ? " is at an epoch"
                                      : " has stopped")};
}

std::string Network::findWitness() const {
  uint32_t index = 0;
  while (isIdle(cores[index]))
    ++index;
  std::vector<uint32_t> order;
  std::vector<std::string> texts;
  while (index != none && !llvm::is_contained(order, index)) {
    Blocked blocked = explain(index);
    order.push_back(index);
    texts.push_back(std::move(blocked.text));
    index = blocked.cause;
  }
  const char *kind = "chain";
  if (index != none) { // Only the cycle matters, not the way to it.
    kind = "cycle";
    texts.erase(texts.begin(),
                texts.begin() + (llvm::find(order, index) - order.begin()));
  }
  size_t length = texts.size();
  constexpr size_t maxTexts = 8;
  std::string tail;
  if (length > maxTexts) {
    tail = llvm::formatv("; and {0} more", length - maxTexts);
    texts.resize(maxTexts);
  }
  return llvm::formatv("{0} of {1}: {2}{3}", kind, length,
                       llvm::join(texts, "; "), tail);
}
