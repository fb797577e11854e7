//===- Segments.h - What lies between two epochs -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decides rules V9 and V10 for a segment. Where each colour keeps to rows or to
// columns of the mesh, streams are cut into phases along one axis, in which
// lines do not see each other, and equal lines are run once. A phase that all
// its lines end with empty queues can be run before the next one begins, and
// since the order does not matter, this decides about the whole segment.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_VERIFY_SEGMENTS_H
#define PLMR_LIB_VERIFY_SEGMENTS_H

#include "Network.h"
#include "llvm/ADT/STLExtras.h"
#include <map>
#include <set>

namespace plmr {

class SegmentVerifier {
public:
  struct Verdict {
    /// Text and number of flows, by colour.
    std::map<uint8_t, std::pair<std::string, uint64_t>> unbalanced;
    std::string deadlock;        ///< with the device's queues, or empty
    std::string oneWordDeadlock; ///< with queues of one word
  };

  SegmentVerifier(const Program &program, StreamPool &pool, bool oneWord)
      : program(program), pool(pool), oneWord(oneWord) {}

  /// Of all cores with these streams, in `routeTable`.
  const Verdict &verify(uint32_t routeTable, llvm::ArrayRef<uint32_t> streams);

  /// That were run.
  uint64_t getNumNetworks() const { return numNetworks; }

private:
  /// A stream cut where its axis changes.
  struct Phases {
    bool isCut = false; ///< false: an operation has no axis, or a core stops
    std::vector<uint8_t> axes;
    std::vector<uint32_t> streams;
  };
  /// What a route table is along each axis.
  struct Table {
    std::array<uint64_t, 2> colours = {}; ///< that keep to the axis
    /// Per axis: of a router class, the number of its routes of these.
    std::array<std::vector<uint32_t>, 2> classes;
  };
  using Key = std::vector<uint32_t>;

  Verdict decide(uint32_t routeTable, llvm::ArrayRef<uint32_t> streams);
  void decideWhole(uint32_t routeTable, llvm::ArrayRef<uint32_t> streams,
                   Verdict &verdict);
  // With queues of depth `depth`; false if phases do not decide. `witness`
  // receives that of the first deadlock.
  bool runPhases(uint32_t routeTable, llvm::ArrayRef<uint32_t> streams,
                 QueueDepth depth, std::string &witness);
  bool runLine(uint32_t routeTable, llvm::ArrayRef<uint32_t> streams,
               llvm::ArrayRef<uint32_t> line, unsigned axis, QueueDepth depth,
               std::string &witness);
  bool runPhase(uint32_t routeTable, llvm::ArrayRef<uint32_t> line,
                llvm::ArrayRef<uint32_t> phase, QueueDepth depth,
                std::string &witness);
  const Table &getTable(uint32_t routeTable);
  const Phases &getPhases(uint32_t routeTable, uint32_t stream);
  const RouteTable *getRoutes(uint32_t routeTable) const {
    return program.routeTables.empty() ? nullptr
                                       : &program.routeTables[routeTable];
  }

  const Program &program;
  StreamPool &pool;
  bool oneWord;
  uint64_t numNetworks = 0;
  std::map<uint32_t, Table> tables;
  std::map<std::pair<uint32_t, uint32_t>, Phases> phases;
  std::map<Key, Verdict> verdicts;
  std::set<Key> lines, linePhases; ///< that have been run, and live
};

} // namespace plmr

#endif // PLMR_LIB_VERIFY_SEGMENTS_H
