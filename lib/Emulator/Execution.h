//===- Execution.h - One launch on all cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_EMULATOR_EXECUTION_H
#define PLMR_LIB_EMULATOR_EXECUTION_H

#include "Fabric.h"
#include "Kernels.h"
#include "Memory.h"
#include "Shadow.h"
#include "plmr/Emulator/Emulator.h"
#include "plmr/Program/Sequencer.h"
#include <deque>

namespace plmr {

/// What an operation has done so far.
struct Progress {
  uint32_t repeat = 0;
  uint32_t element = 0;
};

/// An asynchronous engine between issue and wait.
struct EngineState {
  bool isLive = false;
  bool isDone = false;
  VectorOp op;
  Progress progress;
};

struct Core {
  enum class State : uint8_t { Running, Blocked, Waiting, AtEpoch, Halted };

  Core(const Program &program, const Launch &launch, uint32_t index,
       llvm::ArrayRef<int32_t> parameters, uint64_t maxIterations)
      : sequencer(program, launch, index % program.mesh.columns,
                  index / program.mesh.columns, parameters, maxIterations) {}

  Sequencer sequencer;
  State state = State::Running;
  bool isQueued = true;
  uint64_t liveColours = 0; ///< of live engines
  Progress progress;        ///< of the blocked operation
  llvm::SmallVector<EngineState, 0> engines;
};

/// Bytes of an object, close together for the bounds checks.
struct ObjectRange {
  uint32_t begin, end;
};

/// Runs one launch. Cores run one after the other, each until it has to wait
/// for a message; the order cannot be seen in the values.
class Execution {
public:
  Execution(const Program &program, const Launch &launch,
            llvm::ArrayRef<int32_t> parameters, uint64_t maxIterations,
            const Memory &memory, Shadow *shadow,
            std::vector<std::unique_ptr<MessageFabric>> &fabrics);

  llvm::Expected<RunResult> run();

private:
  // Scheduling.
  bool runQueue();
  bool runCore(uint32_t index);
  bool step(uint32_t index);
  bool drainPartially();
  bool enterEpoch();
  void enqueue(uint32_t index);
  void installRoutes(uint32_t routeTable);

  // Operations.
  bool issue(uint32_t index, const VectorOp &op);
  bool findSource(uint32_t index, const VectorOp &op, const Stream &stream,
                  uint64_t &colours, KernelOperand &operand);
  bool tryWhole(uint32_t index, const VectorOp &op);
  bool isInside(const VectorOp &op, const Stream &stream,
                uint32_t extent) const;
  bool isUsable(uint32_t index, const VectorOp &op, const Stream &stream,
                uint32_t extent, uint64_t &colours) const;
  std::string explain(uint32_t index, const VectorOp &op, const Stream &stream,
                      uint32_t extent) const;
  bool checkStreams(uint32_t index, const VectorOp &op, uint64_t &colours);
  void startEngine(uint32_t index, const VectorOp &op);
  bool waitForEngine(uint32_t index);
  void finishEngine(uint32_t index, EngineState &engine);
  bool advanceEngines(uint32_t index, bool partially);
  bool advance(uint32_t index, const VectorOp &op, Progress &progress,
               bool partially);
  uint32_t getAvailable(uint32_t index, const VectorOp &op, uint32_t repeat,
                        uint32_t extent, bool partially);
  KernelOperand resolve(uint32_t index, const Stream &stream, Progress progress,
                        uint32_t extent);
  void runPiece(uint32_t index, const VectorOp &op, Progress progress,
                uint32_t repeat, uint32_t extent);
  void popSources(uint32_t index, const VectorOp &op, uint32_t repeat,
                  uint32_t extent);
  void send(uint32_t index, const Stream &stream, KernelCall &call);

  // Results and messages.
  bool trap(uint32_t index, uint32_t pc, const llvm::Twine &what);
  bool reportDeadlock();
  uint32_t getAwaitedSender(uint32_t index, std::string *why);
  bool checkDrained(const char *when);

  const Program &program;
  const Launch &launch;
  const Memory &memory;
  Shadow *shadow; ///< null in Fast mode
  std::vector<std::unique_ptr<MessageFabric>> &fabrics;
  MessageFabric *fabric = nullptr;
  std::vector<ObjectRange> objects;
  std::vector<Core> cores;
  std::deque<uint32_t> queue;
  uint32_t halted = 0, atEpoch = 0;
  RunResult result;
  std::string error;
};

} // namespace plmr

#endif // PLMR_LIB_EMULATOR_EXECUTION_H
