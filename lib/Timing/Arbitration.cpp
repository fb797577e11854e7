//===- Arbitration.cpp - The time of one segment: arbitrated links --------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulation.h"

using namespace plmr;

/// The actor could fire at `tick`, were its links free.
void Simulation::hold(Actor actor, uint64_t tick) {
  if (states[actor] & Pending)
    return;
  states[actor] |= Pending;
  events.push(tick, actor);
}

/// Whether the actor is ready. A message may have moved what it was to move;
/// then the actor may be ready later.
bool Simulation::isDue(Actor actor) {
  uint64_t tick, produced;
  bool canFire;
  if (isQueue(actor)) {
    canFire = findDeparture(fabric.getQueue(actor), tick);
  } else {
    const FabricOp &op =
        cores.getOp(cores.getCores()[getCore(actor)], getStreamNumber(actor));
    canFire = op.active && findIssue(op, tick, produced) && op.emits();
  }
  if (canFire && tick <= now)
    return true;
  if (canFire)
    events.push(tick, actor);
  else
    states[actor] = 0;
  return false;
}

/// Fires those that are due, the others that can fire having done so.
void Simulation::fireNextTick() {
  llvm::erase_if(due, [this](Actor actor) { return !isDue(actor); });
  if (doShareLinks()) {
    candidates.clear();
    for (Actor actor : due)
      candidates.push_back(makeCandidate(actor));
    llvm::sort(candidates);
    for (auto [actor, candidate] : llvm::zip_equal(due, candidates))
      actor = candidate.actor;
  }
  for (Actor actor : due)
    tryToFire(actor);
}

/// Whether two of the actors that are due want one link; else their order does
/// not matter.
bool Simulation::doShareLinks() {
  bool found = false;
  for (Actor actor : due)
    forEachLink(actor, [&](uint32_t link) {
      found |= linkWanted[link] == now;
      linkWanted[link] = now;
    });
  return found;
}

Simulation::Candidate Simulation::makeCandidate(Actor actor) {
  if (isQueue(actor)) {
    const Fabric::Queue &queue = fabric.getQueue(actor);
    return {fabric.getArrival(queue), queue.colour, actor};
  }
  const FabricOp &op =
      cores.getOp(cores.getCores()[getCore(actor)], getStreamNumber(actor));
  uint64_t tick, produced = 0;
  findIssue(op, tick, produced);
  return {produced, op.sink.colour, actor};
}

/// When all links of the actor are free; marks the others as contended if
/// this is its first try.
uint64_t Simulation::findLinksFree(Actor actor) {
  uint64_t free = now;
  forEachLink(actor, [&](uint32_t link) {
    if (linkFree[link] <= now)
      return;
    free = std::max(free, linkFree[link]);
    if (!(states[actor] & Retries))
      contended[link] = true;
  });
  return free;
}

void Simulation::tryToFire(Actor actor) {
  uint64_t free = findLinksFree(actor);
  if (free != now) {
    states[actor] |= Retries;
    events.push(free, actor);
    return;
  }
  forEachLink(actor,
              [&](uint32_t link) { linkFree[link] = now + machine.linkTicks; });
  states[actor] = 0;
  if (isQueue(actor)) {
    depart(actor, now);
    wakeQueue(actor);
  } else {
    issue(getCore(actor), getStreamNumber(actor), now);
    wakeCore(getCore(actor));
  }
}

std::vector<uint32_t> Simulation::getContendedLinks() const {
  std::vector<uint32_t> links;
  for (uint32_t link = 0; link < contended.size(); ++link)
    if (contended[link])
      links.push_back(link);
  return links;
}
