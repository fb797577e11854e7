//===- CoreWalk.h - What one core does by itself -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Walks the whole stream of a core without waiting for others, since they do
// not change it: rules V4 to V8, and the engines of V11.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_VERIFY_COREWALK_H
#define PLMR_LIB_VERIFY_COREWALK_H

#include "ByteSet.h"
#include "Streams.h"
#include "plmr/Verify/Verify.h"

namespace plmr {

class CoreWalk {
public:
  struct Broken {
    VerifyRule rule;
    uint32_t pc;
    std::string what;
  };

  CoreWalk(const Program &program, const Launch &launch,
           llvm::ArrayRef<int32_t> parameters, uint64_t maxIterations);

  /// Walks core (x, y); replaces `segments` and `broken`. `observer` may be
  /// null.
  void run(unsigned x, unsigned y, Sequencer::Observer *observer = nullptr);

  /// Of the core, one for each segment. The last ends with Halt or Stop.
  std::vector<EventList> segments;
  /// At most one for each rule and instruction.
  std::vector<Broken> broken;

private:
  struct Engine {
    bool isLive = false;
    bool usesFabric = false;
    bool isInside = false; ///< its objects, and touches anything at all
    VectorOp op;
  };

  void defineAtStart();
  bool finish(Sequencer::Event event);
  bool checkVector(const VectorOp &op);
  bool checkFabric(const VectorOp &op, StreamEvent &event);
  bool useColour(const VectorOp &op, const Stream &stream, FabricEnd &end);
  bool isInside(const VectorOp &op, const Stream &stream);
  bool checkBounds(const VectorOp &op);
  void checkMemory(const VectorOp &op);
  void checkRaces(const VectorOp &op, const Engine &engine);
  bool meet(const VectorOp &op, const Stream &stream, const VectorOp &otherOp,
            const Stream &other);
  void checkDefined(const VectorOp &op);
  bool readInOrder(const VectorOp &op);
  void checkOutputs(uint32_t pc);
  void wait(uint8_t number);
  bool report(VerifyRule rule, uint32_t pc, std::string what);

  const Program &program;
  const Launch &launch;
  llvm::ArrayRef<int32_t> parameters;
  uint64_t maxIterations;
  unsigned x = 0, y = 0;
  uint32_t routeTable = 0;
  std::optional<Sequencer> sequencer;
  std::vector<Engine> engines;
  uint64_t liveColours = 0;
  ByteSet defined;
  ByteSet touched; ///< empty but while two streams are compared
};

} // namespace plmr

#endif // PLMR_LIB_VERIFY_COREWALK_H
