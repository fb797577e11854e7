//===- Routes.h - Walks along routes -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_ROUTES_H
#define PLMR_PROGRAM_ROUTES_H

#include "plmr/Program/Program.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <utility>

namespace plmr {

/// The router at the other end of the link at `port`; none at the mesh's edge
/// and for the ramp.
std::optional<std::pair<unsigned, unsigned>>
getNeighbour(MeshShape mesh, unsigned x, unsigned y, Port port);

/// The route of `colour` in router (x, y), or null.
const Route *findRoute(const Program &program, const RouteTable &table,
                       unsigned x, unsigned y, uint8_t colour);

/// A router that a wavelet visits.
struct RouteStep {
  unsigned x, y;
  unsigned hops; ///< links passed so far
  const Route *route;
};

/// Calls `fn` for every router that a wavelet of `colour` visits which core
/// (x, y) sends, in a fixed order that starts with (x, y). Each router has one
/// input port per colour, so the walk is a tree and ends.
void walkRoute(const Program &program, const RouteTable &table, unsigned x,
               unsigned y, uint8_t colour,
               llvm::function_ref<void(const RouteStep &)> fn);

/// Ticks of a wavelet from leaving a router, where it came in by `input`, to
/// the queue behind `output` (T4).
uint32_t getLatency(const Machine &machine, Port input, Port output);

/// Words of that queue, those of its wire included (T2).
uint32_t getQueueWords(const Machine &machine, Port input, Port output);

/// Words of a router's queue behind its core's ramp, likewise.
uint32_t getOutputQueueWords(const Machine &machine);

} // namespace plmr

#endif // PLMR_PROGRAM_ROUTES_H
