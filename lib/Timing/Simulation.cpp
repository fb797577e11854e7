//===- Simulation.cpp - What the fast and the event engine share ----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulation.h"

using namespace plmr;

llvm::Error Simulation::checkDrained(llvm::StringRef when) {
  for (const Fabric::Queue &queue : fabric->getQueues())
    if (!fabric->isEmpty(queue))
      return makeError(
          "not drained: {0} holds {1} wavelet(s) of colour {2} at {3}",
          (queue.numEdges == 0 ? "core " : "router ") +
              getCoreName(mesh, queue.router),
          queue.count, queue.colour, when);
  return llvm::Error::success();
}

llvm::Error Simulation::run() {
  if (llvm::Error error = drain())
    return error;
  if (cores.hasFailed())
    return cores.takeError();
  bool atEpoch = cores.areAllAtEpoch();
  if (!atEpoch && !cores.areAllHalted())
    return makeError("deadlock: {0}", findDeadlock(cores, *fabric, mesh));
  if (llvm::Error error =
          checkDrained(atEpoch ? "an epoch" : "the end of the launch"))
    return error;
  return end();
}
