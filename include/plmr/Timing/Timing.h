//===- Timing.h - The cycles of a launch -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times a launch by the rules of docs/Machine.md. Time depends on the program,
// the launch's parameters and the device, never on data, so a launch shape is
// timed once.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TIMING_TIMING_H
#define PLMR_TIMING_TIMING_H

#include "plmr/Program/Sequencer.h"
#include <functional>

namespace plmr {

/// All engines give the same ticks, or all refuse; they differ in speed.
enum class TimingEngine : uint8_t {
  Auto,   ///< Fast, and T3 on links for which the certificate fails
  Fast,   ///< (max,+) recurrences; an error if the certificate (T10) fails
  Event,  ///< the same with T3 on all shared links
  Oracle, ///< steps every tick; for small meshes and tests
};
/// "auto", "fast", "event", "oracle".
llvm::StringRef stringify(TimingEngine engine);
std::optional<TimingEngine> parseTimingEngine(llvm::StringRef name);

/// A vector operation as it was executed.
struct TimedOp {
  uint32_t core;  ///< y * columns + x
  uint8_t engine; ///< noOperand: the core's main stream
  uint32_t pc;
  uint64_t begin; ///< ticks; the set-up is inside
  uint64_t end;
};

/// Times of segments (Trace.h) of one program, by their hashes, to use again in
/// other launches. Not for several threads at once.
class SegmentCache {
public:
  SegmentCache();
  ~SegmentCache();
  size_t getNumSegments() const;

private:
  friend class LaunchSimulation;
  struct Impl;
  std::unique_ptr<Impl> impl;
};

struct TimingOptions {
  TimingEngine engine = TimingEngine::Auto;
  /// Where times of segments are kept; none: for this launch only. Used if
  /// there is no `onOp`.
  SegmentCache *cache = nullptr;
  /// Hashes of the launch's segments, if they are known.
  llvm::ArrayRef<uint64_t> segments;
  /// Fill TimingResult::linkWavelets (4 bytes a link).
  bool linkCounts = false;
  /// Limit of I6; Oracle takes the default.
  uint64_t maxIterations = defaultMaxIterations;
  /// Called once per vector operation, in program order per stream, in no
  /// order between streams. Not called by Oracle. If Auto starts a segment
  /// anew those of it come again: `onRestart` announces that.
  std::function<void(const TimedOp &)> onOp;
  std::function<void()> onRestart;
};

/// Where the time of one core's main stream went, in ticks.
struct CoreTime {
  uint64_t finish = 0;      ///< when it halts
  uint64_t fabricStall = 0; ///< a fabric operand was not ready
  uint64_t engineStall = 0; ///< waiting for an engine
  uint64_t epochStall = 0;  ///< waiting for the other cores, and the epoch

  /// Ticks in which the core's main stream worked.
  uint64_t getBusy() const {
    return finish - fabricStall - engineStall - epochStall;
  }
  bool operator==(const CoreTime &) const = default;
};

/// A link as an index: router * numPorts + output port; the links from the
/// cores to their routers follow after all of these.
std::string getLinkName(MeshShape mesh, uint32_t link);

struct TimingResult {
  uint64_t ticks = 0;                       ///< when the last core has finished
  double cycles = 0;                        ///< ticks / ticksPerCycle
  TimingEngine engine = TimingEngine::Fast; ///< that gave the result
  /// Links on which a wavelet was ready while another colour (for the links
  /// from the cores: another stream) had the link. 0 certifies T10.
  unsigned contended = 0;
  std::vector<uint32_t> contendedLinks; ///< ascending, all of them

  uint64_t wavelets = 0;   ///< that cores sent
  uint64_t hops = 0;       ///< that moved from router to router
  uint64_t deliveries = 0; ///< that cores received
  uint64_t vectorOps = 0;  ///< of all cores
  std::vector<CoreTime> cores;
  uint32_t lastCore = 0;    ///< the first of those that finish last
  uint32_t busiestCore = 0; ///< the first of those with the most busy ticks
  /// With TimingOptions::linkCounts: wavelets per link.
  std::vector<uint32_t> linkWavelets;
};

/// Times `launch` of `program`, which verifyProgram has accepted. Errors: a
/// deadlock (with a witness: who waits for whom on which colour), a queue that
/// is not drained at an epoch or at the end (T7), two live operands on one
/// colour (T5), a colour that the route table does not connect, a trap.
llvm::Expected<TimingResult> timeLaunch(const Program &program,
                                        const Launch &launch,
                                        llvm::ArrayRef<int32_t> parameters,
                                        const TimingOptions &options = {});

/// Ticks of one core's vector operations on its main stream, per instruction.
struct InstructionTime {
  uint32_t pc;
  uint64_t count;
  uint64_t ticks;  ///< of all executions, stalls included
  uint64_t before; ///< from the operation before: scalars, waits, epochs
};

struct LaunchProfile {
  TimingResult result;
  std::vector<InstructionTime> instructions; ///< ascending by pc
};

/// Times the launch twice and attributes the time of the core that finishes
/// last to its instructions.
llvm::Expected<LaunchProfile> profileLaunch(const Program &program,
                                            const Launch &launch,
                                            llvm::ArrayRef<int32_t> parameters);

} // namespace plmr

#endif // PLMR_TIMING_TIMING_H
