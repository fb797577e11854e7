//===- Cores.h - The instruction streams of all cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything of a core but the beats of its fabric operations: what runs next
// and from which tick on (T5 to T9). Control flow never depends on time, so a
// core's stream is run ahead to its next blocking point at once.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_TIMING_CORES_H
#define PLMR_LIB_TIMING_CORES_H

#include "Fabric.h"
#include "plmr/Timing/Timing.h"

namespace plmr {

class Cores {
public:
  enum class State : uint8_t {
    Running, ///< at its fabric operation
    WaitsForEngine,
    AtEpoch,
    Halted
  };

  struct Engine {
    FabricOp op;
    uint64_t done = 0;
    bool isLive = false;  ///< started and not waited for
    uint64_t colours = 0; ///< bits of those that it uses while it is live
  };

  struct Core {
    explicit Core(Sequencer sequencer) : sequencer(std::move(sequencer)) {}

    State state = State::Running;
    uint8_t engine = 0; ///< that the stream waits for
    FabricOp op;        ///< of the main stream
    uint64_t clock = 0; ///< when the main stream is free
    CoreTime time;
    std::vector<Engine> engines; ///< up to the last that was started
    Sequencer sequencer;
  };

  Cores(const Program &program, const Launch &launch,
        llvm::ArrayRef<int32_t> parameters, const TimingOptions &options);

  /// Runs a main stream that may go on until it blocks. On an error
  /// `hasFailed` becomes true.
  void advance(uint32_t core);

  /// The operation of the main stream (0) or of engine `stream - 1`.
  FabricOp &getOp(Core &core, unsigned stream) {
    return stream == 0 ? core.op : core.engines[stream - 1].op;
  }
  unsigned getNumStreams(const Core &core) const {
    return static_cast<unsigned>(core.engines.size()) + 1;
  }
  /// Ends the operation of `stream` at tick `done` and advances what waited.
  void finishOp(uint32_t core, unsigned stream, uint64_t done);

  /// Runs all streams to the next epoch or the end without timing them. There
  /// they come without a trap: they did before.
  void skip();

  /// Whether several streams of the core can send.
  bool usesEngines(uint32_t core) const {
    return classUsesEngines[program.getClass(core % program.mesh.columns,
                                             core / program.mesh.columns)];
  }

  /// All cores are at an epoch: the route table that they name, unless they
  /// disagree.
  llvm::Expected<uint32_t> getNextRouteTable() const;
  /// From there they go on at tick `start`, their times begin anew.
  void passEpoch(uint64_t start);

  bool areAllHalted() const { return numHalted == cores.size(); }
  bool areAllAtEpoch() const { return numAtEpoch == cores.size(); }
  bool hasFailed() const { return failed; }
  llvm::Error takeError() { return makeError("{0}", message); }

  void setFabric(Fabric &newFabric) { fabric = &newFabric; }
  llvm::MutableArrayRef<Core> getCores() { return cores; }
  uint64_t getNumVectorOps() const { return numVectorOps; }
  /// "core (3, 4) pc 12 at model.mlir:7:3".
  std::string describe(uint32_t core, uint32_t pc) const;

private:
  void fail(uint32_t core, uint32_t pc, std::string what);
  /// The handlers return false where the stream blocks.
  bool handleEvent(uint32_t index, Sequencer::Event event);
  bool startVector(uint32_t index);
  bool startEngine(uint32_t index);
  bool resumeFromEngine(uint32_t index);
  bool checkIdle(uint32_t index);
  bool prepare(uint32_t index, const VectorOp &vector, uint64_t start,
               FabricOp &op, uint64_t &colours);
  bool useColour(uint32_t index, uint32_t pc, uint8_t colour,
                 uint64_t &colours);
  void trace(uint32_t core, unsigned stream, uint32_t pc, uint64_t begin,
             uint64_t end) const;

  const Program &program;
  const Machine &machine;
  const TimingOptions &options;
  Fabric *fabric = nullptr;
  std::vector<Core> cores;
  std::vector<bool> classUsesEngines;
  uint32_t numHalted = 0, numAtEpoch = 0;
  uint64_t numVectorOps = 0;
  bool failed = false;
  std::string message;
};

} // namespace plmr

#endif // PLMR_LIB_TIMING_CORES_H
