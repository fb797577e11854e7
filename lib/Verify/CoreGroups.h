//===- CoreGroups.h - Cores that do the same -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Cores with equal code, constants, colours and tensors have equal streams. A
// coordinate would make them all differ though programs only compare with it.
// So a constant of columns or rows that only scalar instructions read is
// *coarse*: lines count as equal if, on the first core of each, the
// instructions that read it see the same other operands and compute the same
// results. If on another line's core they see the same operands there as on the
// first one, they compute what they do on the first one, by induction over
// the instructions. That is checked where a group is walked.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_VERIFY_COREGROUPS_H
#define PLMR_LIB_VERIFY_COREGROUPS_H

#include "plmr/Program/Sequencer.h"
#include <optional>

namespace plmr {

class CoreGroups {
public:
  struct Options {
    const Launch &launch;
    llvm::ArrayRef<int32_t> parameters;
    uint64_t maxIterations;
    bool byResults; ///< whether constants may be coarse
  };
  struct Group {
    uint32_t number;
    uint32_t core; ///< the first
    uint64_t size;
  };

  CoreGroups(const Program &program, const Options &options);

  llvm::ArrayRef<Group> getGroups() const { return groups; }
  /// Per core.
  llvm::ArrayRef<uint32_t> getGroupOf() const { return groupOf; }

  /// Before the group's core is walked, the observer of that walk (or null),
  /// and whether after it the group's cores are known to be equal.
  void begin(const Group &group);
  Sequencer::Observer *getObserver(const Group &group);
  bool isAsExpected(const Group &group) const;

private:
  /// What the readers of coarse constants of one axis saw and computed.
  struct Log {
    uint64_t operands = 0, results = 0;
    bool operator==(const Log &) const = default;
  };
  class Watch : public Sequencer::Observer {
  public:
    void note(uint32_t pc, int64_t a, int64_t b, int32_t result) override;
    const std::vector<uint32_t> *readers = nullptr; ///< of the core's class
    std::array<Log, 2> logs;
  };
  /// Of a reader: bit 0 is the axis; opcode and the coarse operands follow.
  enum : uint32_t { IsReader = 2, ReadsInA = 4, ReadsInB = 8 };

  void findConstants();
  void findReaders();
  bool addReader(const Instruction &inst, uint32_t &reader) const;
  bool isCoarse(const Constant *constant) const {
    return std::find(coarse.begin(), coarse.end(), constant) != coarse.end();
  }
  std::vector<Log> logLines(unsigned axis, const Options &options);
  std::vector<uint32_t> numberLines(unsigned axis, const Options &options);
  void group(const Options &options);

  const Program &program;
  std::vector<const Constant *> used, coarse;
  std::vector<std::vector<uint32_t>> readers; ///< per class and instruction
  std::array<std::vector<Log>, 2> lineLogs;   ///< per column, per row
  Watch watch;
  std::vector<Group> groups;
  std::vector<uint32_t> groupOf;
};

} // namespace plmr

#endif // PLMR_LIB_VERIFY_COREGROUPS_H
