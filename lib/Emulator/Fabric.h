//===- Fabric.h - Wavelets under way -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_EMULATOR_FABRIC_H
#define PLMR_LIB_EMULATOR_FABRIC_H

#include "plmr/Program/Program.h"

namespace plmr {

/// Wavelets that have been sent to one core on one colour, in order. Values do
/// not depend on the lengths of hardware queues, so this one has no limit.
class Input {
public:
  Input(uint32_t core, uint8_t colour, uint32_t sender)
      : core(core), colour(colour), sender(sender) {}

  uint32_t size() const { return static_cast<uint32_t>(words.size() - head); }
  uint32_t *front() { return words.data() + head; }
  void pop(uint32_t n);
  /// Room for `n` more words, which the caller fills.
  uint32_t *append(uint32_t n);

  const uint32_t core;
  const uint8_t colour;
  const uint32_t sender;        ///< the one core whose messages arrive here
  uint64_t need = ~uint64_t(0); ///< words that the core waits for

private:
  llvm::SmallVector<uint32_t, 0> words;
  size_t head = 0;
};

/// One route table, as who sends to whom.
class MessageFabric {
public:
  MessageFabric(const Program &program, uint32_t routeTable);

  /// Null if no route ends at the core.
  Input *getInput(uint32_t core, uint8_t colour) {
    uint32_t index = inputOf[core * colours + colour];
    return index == none ? nullptr : &inputs[index];
  }
  /// Inputs that a message of the core arrives at; nothing if it has no route.
  std::optional<llvm::ArrayRef<uint32_t>> getTargets(uint32_t core,
                                                     uint8_t colour) const;
  Input &getInputAt(uint32_t index) { return inputs[index]; }
  llvm::MutableArrayRef<Input> getInputs() { return inputs; }
  /// The first input that is not empty, or null.
  const Input *findLeftOver() const;

private:
  static constexpr uint32_t none = ~0u;
  uint32_t colours;
  std::vector<uint32_t> inputOf;   ///< per core and colour
  std::vector<uint32_t> targetsOf; ///< per core and colour: begin in `targets`
  std::vector<uint32_t> targets;   ///< a count, then that many inputs
  std::vector<Input> inputs;
};

} // namespace plmr

#endif // PLMR_LIB_EMULATOR_FABRIC_H
