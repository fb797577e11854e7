//===- Sequencer.h - Control flow of one core -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program is timing-oblivious: scalars, loops, predicates and descriptors
// depend on coordinates, constants and launch parameters only. The sequencer
// executes them for one core and hands out the vector operations; the
// emulator gives those values, the timing gives them cycles.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_SEQUENCER_H
#define PLMR_PROGRAM_SEQUENCER_H

#include "plmr/Program/Program.h"

namespace plmr {

/// An operand stream of a vector operation, resolved.
struct Stream {
  enum class Kind : uint8_t { None, Memory, Fabric, Splat };
  Kind kind = Kind::None;
  ElementType type = ElementType::F32;
  uint8_t colour = 0;   ///< Fabric, else 0
  bool isStill = false; ///< Memory with stride 0
  uint16_t object = 0;  ///< Memory
  uint32_t base = 0;    ///< Memory: byte address of the first element
  int32_t stride = 1;   ///< Memory: elements between elements
  int32_t step = 0;     ///< Memory: elements between repetitions
  uint32_t bits = 0;    ///< Splat: the value in its own type, in the low bits

  /// All that an operation's time may depend on.
  uint32_t getSummary() const {
    return static_cast<uint32_t>(kind) | static_cast<uint32_t>(type) << 8 |
           static_cast<uint32_t>(colour) << 16 |
           static_cast<uint32_t>(isStill) << 24;
  }
};

/// A vector operation that a core reaches.
struct VectorOp {
  Opcode opcode = Opcode::Mov;
  uint8_t engine = noOperand; ///< noOperand: in order
  uint32_t extent = 0;        ///< elements per repetition
  uint32_t repeat = 1;
  uint32_t pc = 0;
  Stream dst, a, b, c;
};

/// Iterations that the loops of a core may have in a launch, together (I6).
constexpr uint64_t defaultMaxIterations = 1'000'000'000;

class Sequencer {
public:
  /// Sees what scalar instructions read and compute.
  class Observer {
  public:
    virtual ~Observer() = default;
    virtual void note(uint32_t pc, int64_t a, int64_t b, int32_t result) = 0;
  };

  enum class Event : uint8_t { Vector, Wait, Epoch, Halt, Trap };

  /// Scalar work done since the last event, which the timing charges. An
  /// executed `loop` counts its iterations as they begin, at least one.
  struct Work {
    uint32_t scalars = 0;     ///< scalar instructions
    uint32_t descriptors = 0; ///< descriptor instructions
    uint32_t iterations = 0;  ///< loop iterations begun (1 for a loop of 0)
    uint32_t predicated = 0;  ///< instructions whose predicate was false
    bool operator==(const Work &) const = default;
  };

  /// `parameters` are the launch's, in order. The program is verified and
  /// outlives this.
  Sequencer(const Program &program, const Launch &launch, unsigned x,
            unsigned y, llvm::ArrayRef<int32_t> parameters,
            uint64_t maxIterations = defaultMaxIterations);

  /// From now on; null: nobody does.
  void setObserver(Observer *newObserver) { observer = newObserver; }

  /// Runs to the next event.
  Event next();

  const VectorOp &getVector() const { return vector; }  ///< after Vector
  uint8_t getEngine() const { return engine; }          ///< after Wait
  uint32_t getRouteTable() const { return routeTable; } ///< after Epoch
  /// After Trap: what broke which rule, with the value (for example
  /// "sdiv by zero", "extent -1", "descriptor d3 was never set").
  const std::string &getTrap() const { return trap; }
  uint32_t getPC() const { return pc; } ///< of the event's instruction
  const Work &getWork() const { return work; }

private:
  struct LoopFrame {
    uint32_t begin, end;
    uint32_t remaining;
  };
  /// Constants start at value 64. Value 255, "none", holds 1: the default of
  /// predicates, extents, repetitions and strides.
  int32_t read(Operand operand) const { return values[operand]; }
  int32_t readOrZero(Operand operand) const {
    return operand == noOperand ? 0 : values[operand];
  }
  bool executeScalar(const Instruction &inst);
  bool executeDescriptor(const Instruction &inst);
  bool enterLoop(const Instruction &inst);
  void leaveLoops();
  bool resolveVector(const Instruction &inst);
  bool explainVector(const Instruction &inst);
  bool fail(std::string what);

  const Program *program;
  Observer *observer = nullptr;
  const Instruction *code;
  uint32_t pc = 0, nextPC = 0;
  unsigned x, y;
  uint32_t loopEnd = ~0u; ///< of the innermost loop
  unsigned loopDepth = 0;
  uint64_t maxIterations, iterationsLeft;
  std::array<int32_t, 256> values = {};
  std::array<Stream, numDescriptors> descriptors = {};
  std::array<LoopFrame, maxLoopDepth> loops;
  VectorOp vector;
  Work work;
  uint8_t engine = 0;
  uint32_t routeTable = 0;
  std::string trap;
};

/// "core (1, 2), instruction 3 (wait e0) at model.mlir:4:5".
std::string describeCore(const Program &program, uint32_t core, uint32_t pc);

} // namespace plmr

#endif // PLMR_PROGRAM_SEQUENCER_H
