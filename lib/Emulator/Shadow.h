//===- Shadow.h - Undefined reads and races -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_EMULATOR_SHADOW_H
#define PLMR_LIB_EMULATOR_SHADOW_H

#include "Memory.h"
#include "plmr/Program/Sequencer.h"
#include <optional>

namespace plmr {

/// A stream of an operation; what it may touch is known when it is issued.
struct Access {
  const Stream *stream;
  bool isWrite;
};

/// One byte of state for each byte of the cores' memory (I60, I61).
class Shadow {
public:
  static llvm::Expected<Shadow> create(uint64_t cores, uint64_t bytesPerCore);

  /// Marks bytes as defined.
  void define(uint32_t core, uint32_t address, uint64_t bytes);
  bool isDefined(uint32_t core, uint32_t address, uint64_t bytes) const;

  /// Checks the operation and marks what it writes as defined. Says what is
  /// wrong, or nothing. `program` names the objects.
  std::optional<std::string> check(const Program &program, uint32_t core,
                                   const VectorOp &op);
  /// Marks what an asynchronous operation touches until it is waited for.
  void begin(const Program &program, uint32_t core, const VectorOp &op);
  /// Clears the marks of `op`; those of other live operations must be set
  /// again by `begin`.
  void end(const Program &program, uint32_t core, const VectorOp &op);

private:
  enum : char { Defined = 1, LiveRead = 2, LiveWrite = 4 };
  void mark(const Program &program, uint32_t core, const VectorOp &op,
            bool isLive);

  Memory memory;
};

} // namespace plmr

#endif // PLMR_LIB_EMULATOR_SHADOW_H
