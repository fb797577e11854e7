//===- Channels.cpp - Messages between interpreted cores ------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Channels.h"
#include "plmr/Support/Error.h"

using namespace plmr;
using namespace plmr::interpreter;
using llvm::Error;
using llvm::StringRef;

Channels::Channels(mlir::ModuleOp module) {
  for (auto op : module.getOps<mesh::ChannelOp>()) {
    Relation relation = op.getRelation().getRelation();
    unsigned extent = mesh::lookupMesh(op).getShape().getExtent(relation.axis);
    channels[op.getSymName()] = {relation.axis,
                                 relation.getFlows(extent),
                                 relation.getRoles(extent),
                                 {}};
  }
}

/// The flow that a core of this role receives, or -1.
static int getReceived(const LineRole &role, std::optional<uint64_t> child) {
  if (!child)
    return role.receives;
  return *child < role.collects.size() ? role.collects[*child] : -1;
}

bool Channels::hasRole(StringRef name, mesh::Role role,
                       std::optional<uint64_t> child,
                       const Environment &core) const {
  const Channel &channel = channels.find(name)->second;
  const LineRole &line = channel.roles[channel.getPosition(core)];
  return (role == mesh::Role::Sends ? line.sends : getReceived(line, child)) >=
         0;
}

Error Channels::send(StringRef name, const Environment &core,
                     llvm::ArrayRef<float> elements) {
  Channel &channel = channels.find(name)->second;
  int flow = channel.roles[channel.getPosition(core)].sends;
  if (flow < 0)
    return makeError("core ({0}, {1}) sends on '{2}', where it is no source",
                     core.x, core.y, name);
  for (unsigned destination : channel.flows[flow].destinations) {
    Queue &queue = channel.queues[{channel.getLine(core),
                                   static_cast<unsigned>(flow), destination}];
    queue.fromX = core.x;
    queue.fromY = core.y;
    queue.elements.insert(queue.elements.end(), elements.begin(),
                          elements.end());
  }
  return Error::success();
}

llvm::Expected<Queue *> Channels::getQueue(StringRef name,
                                           std::optional<uint64_t> child,
                                           const Environment &core) {
  Channel &channel = channels.find(name)->second;
  unsigned position = channel.getPosition(core);
  int flow = getReceived(channel.roles[position], child);
  if (flow < 0)
    return makeError("core ({0}, {1}) receives on '{2}', where nobody sends to "
                     "it",
                     core.x, core.y, name);
  return &channel.queues[{channel.getLine(core), static_cast<unsigned>(flow),
                          position}];
}

Error Channels::checkEmpty() const {
  for (const auto &entry : channels)
    for (const auto &[key, queue] : entry.second.queues)
      if (!queue.elements.empty())
        return makeError("{0} elements from core ({1}, {2}) on '{3}' are left "
                         "over at the end",
                         queue.elements.size(), queue.fromX, queue.fromY,
                         entry.first());
  return Error::success();
}
