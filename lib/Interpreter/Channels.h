//===- Channels.h - Messages between interpreted cores ----------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_CHANNELS_H
#define PLMR_LIB_INTERPRETER_CHANNELS_H

#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Interpreter/Values.h"
#include "llvm/ADT/StringMap.h"
#include <deque>

namespace plmr::interpreter {

/// What one core has still to receive of one flow.
struct Queue {
  std::deque<float> elements;
  unsigned fromX = 0, fromY = 0;
};

/// The flows of all channels on all lines of their meshes, as queues without
/// bound.
class Channels {
public:
  explicit Channels(mlir::ModuleOp module);

  /// `child` is given if the role is to collect.
  bool hasRole(llvm::StringRef channel, mesh::Role role,
               std::optional<uint64_t> child, const Environment &core) const;
  /// To all destinations of the flow that the core is the source of.
  llvm::Error send(llvm::StringRef channel, const Environment &core,
                   llvm::ArrayRef<float> elements);
  /// The queue of what the core receives, or collects from `child`.
  llvm::Expected<Queue *> getQueue(llvm::StringRef channel,
                                   std::optional<uint64_t> child,
                                   const Environment &core);
  /// An error names a message that nobody received.
  llvm::Error checkEmpty() const;

private:
  struct Channel {
    Axis axis;
    std::vector<Flow> flows;
    std::vector<LineRole> roles;
    /// By line, flow and destination.
    std::map<std::array<unsigned, 3>, Queue> queues;

    unsigned getLine(const Environment &core) const {
      return axis == Axis::X ? core.y : core.x;
    }
    unsigned getPosition(const Environment &core) const {
      return axis == Axis::X ? core.x : core.y;
    }
  };
  llvm::StringMap<Channel> channels;
};

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_CHANNELS_H
