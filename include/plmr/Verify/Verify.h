//===- Verify.h - Proof that a program is safe -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decides, without values and without time, whether a launch ends without a
// trap and without a deadlock on the device (docs/Verify.md).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_VERIFY_VERIFY_H
#define PLMR_VERIFY_VERIFY_H

#include "plmr/Program/Sequencer.h"

namespace plmr {

/// The rules of docs/Verify.md, by their numbers.
enum class VerifyRule : uint8_t {
  Memory = 1, ///< code, constants and objects fit into a core
  Queues,     ///< colours and queues of a core suffice
  Routes,     ///< routes meet, and form no rings
  Control,    ///< scalars, loops and descriptors do not trap
  Operands,   ///< colours have routes, streams and engines one user at a time
  Bounds,     ///< streams stay inside their objects
  Races,      ///< no one touches what a live operation writes
  Undefined,  ///< what is read was written
  Balance,    ///< what is sent is received
  Deadlock,   ///< all cores come to their ends
  Epochs,     ///< cores agree on epochs, with their engines idle
  Flows,      ///< routes carry what channels mean
};
constexpr unsigned numVerifyRules = 12;
/// For example "V7".
std::string getNumber(VerifyRule rule);
/// For example "races".
llvm::StringRef getName(VerifyRule rule);

/// One way in which a launch breaks a rule.
struct Finding {
  VerifyRule rule = VerifyRule::Memory;
  /// Names core, instruction, source location and owners.
  std::string text;
  uint64_t cores = 1; ///< in which it is found
};

struct LaunchVerdict {
  /// One for each rule and instruction; none: the launch is safe.
  std::vector<Finding> findings;
  /// If it is: the deadlock that it would have if every queue held one word;
  /// empty if it would live then too.
  std::string oneWordDeadlock;
  // How much work that was.
  uint64_t streams = 0;  ///< different ones that were walked
  uint64_t segments = 0; ///< between epochs
  uint64_t networks = 0; ///< different ones that were run
};

struct VerifyOptions {
  /// Limit of I6.
  uint64_t maxIterations = defaultMaxIterations;
  /// Whether to find `oneWordDeadlock`.
  bool oneWord = true;
};

/// Decides rules V4 to V11 for `launch` of `program`, which verifyProgram has
/// accepted (V1 to V3). An error: another number of parameters than it takes.
llvm::Expected<LaunchVerdict> verifyLaunch(const Program &program,
                                           const Launch &launch,
                                           llvm::ArrayRef<int32_t> parameters,
                                           const VerifyOptions &options = {});

/// What the routes of a program say of one of its channels.
struct RecoveredChannel {
  std::string name;
  bool isKnown = false; ///< whether its relation can be compared
  unsigned flows = 0;   ///< of one line of the mesh, as the relation means them
  /// Route tables that have all of these on all lines.
  std::vector<uint32_t> tables;
};

struct RecoveredFlows {
  std::vector<RecoveredChannel> channels;
  std::vector<Finding> findings; ///< of rule V12
};

/// Recovers flows from the routes of `program`, which verifyProgram has
/// accepted, and compares them with what its channels mean (V12): each flow is
/// one of a channel, and some table has each channel as a whole. Nothing is
/// compared if the program lists no channels or has one whose relation is not
/// one of the compiler's.
RecoveredFlows recoverFlows(const Program &program);

} // namespace plmr

#endif // PLMR_VERIFY_VERIFY_H
