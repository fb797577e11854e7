//===- Machine.h - The device that every pass and the timing ask -*- C++
//-*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A device states its P (cores), L (latencies), M (memory per core) and R
// (routes). No number of a device stands anywhere else in the project.
// docs/Machine.md gives the numbered rules that these fields parametrise.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_MACHINE_MACHINE_H
#define PLMR_MACHINE_MACHINE_H

#include "plmr/Support/Error.h"
#include "llvm/ADT/StringRef.h"
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plmr {

/// Element types of memory and fabric streams.
enum class ElementType : uint8_t { F32, F16, BF16, I32 };
constexpr unsigned numElementTypes = 4;

/// Bytes of one element.
unsigned getByteWidth(ElementType type);
/// "f32", "f16", "bf16", "i32".
llvm::StringRef stringify(ElementType type);

/// The two axes of a mesh: X counts columns (west to east), Y rows (north to
/// south).
enum class Axis : uint8_t { X, Y };

/// The most memory that a profile may give a core.
constexpr uint64_t maxSramBytes = uint64_t(1) << 31;

/// A rectangle of cores; `--mesh WxH` is columns x rows.
struct MeshShape {
  unsigned columns = 0; ///< extent along X
  unsigned rows = 0;    ///< extent along Y

  unsigned getNumCores() const { return columns * rows; }
  /// The number of core (x, y), row by row.
  unsigned getIndex(unsigned x, unsigned y) const { return y * columns + x; }
  unsigned getExtent(Axis axis) const {
    return axis == Axis::X ? columns : rows;
  }
  bool operator==(const MeshShape &) const = default;
};

/// Columns x rows, for example "8x4".
std::string printMesh(MeshShape mesh);
/// The mesh that printMesh prints as `text`; nothing if there is none.
std::optional<MeshShape> parseMesh(llvm::StringRef text);

/// Classes of vector operations that differ in rate.
enum class RateClass : uint8_t {
  Move,      ///< mov, sel
  Add,       ///< add, sub, max
  Multiply,  ///< mul
  Fma,       ///< fma
  Divide,    ///< div
  Transcend, ///< exp, rsqrt
  Gather,    ///< gather
};
constexpr unsigned numRateClasses = 7;
/// "move", "add", "multiply", "fma", "divide", "transcend", "gather".
llvm::StringRef stringify(RateClass cls);

/// Elements per cycle as a fraction.
struct Rate {
  uint32_t elements = 1;
  uint32_t cycles = 1;
  bool operator==(const Rate &) const = default;
};

/// A device. Latencies are in ticks; a cycle has `ticksPerCycle` of them, so
/// that measured fractions of a cycle stay integers. Field by field: docs/
/// Machine.md.
struct Machine {
  std::string name;

  // P: cores.
  MeshShape grid;
  double clockHz = 0;
  uint32_t ticksPerCycle = 1;

  // L: the fabric, in ticks.
  uint32_t linkTicks = 1; ///< between two wavelets on one link (T3)
  uint32_t hopTicks = 1;  ///< from leaving a router to being ready in the next
  uint32_t turnTicks = 0; ///< added where a wavelet changes axis
  uint32_t rampTicks = 2; ///< core to router, and router to core
  // Words of T2; the wire into a queue holds getWireWords() more.
  uint32_t queueWords = 4;       ///< router's queue per colour, from a link
  uint32_t inputQueueWords = 4;  ///< core's queue per colour, from the ramp
  uint32_t outputQueueWords = 4; ///< router's queue per colour, from the core

  // M: memory per core, in bytes. Code and constants count.
  uint64_t sramBytes = 0;
  uint64_t reservedSramBytes = 0;

  // R: routes.
  unsigned colours = 0;
  unsigned reservedColours = 0;
  unsigned inputQueues = 0;  ///< colours that one core may receive on
  unsigned outputQueues = 0; ///< colours that one core may send on
  unsigned engines = 0;      ///< asynchronous engines (T6)

  // Core: ticks per instruction.
  uint32_t scalarTicks = 1; ///< also the issue slot of an engine's start
  uint32_t descriptorTicks = 1;
  uint32_t loopTicks = 1;       ///< per iteration of `loop`
  uint32_t predicatedTicks = 1; ///< of an instruction whose predicate is false
  uint32_t vectorSetupTicks = 1;
  uint32_t mapTicks = 1;    ///< between two repetitions of `map`
  uint32_t engineTicks = 1; ///< from issue to the engine's first element
  uint32_t waitTicks = 1;   ///< after the engine has finished
  uint32_t epochTicks = 1;  ///< after the last core has arrived (T7)
  std::array<std::array<Rate, numElementTypes>, numRateClasses> rates = {};

  /// Rate of an operation whose widest operand is `type`.
  Rate getRate(RateClass cls, ElementType type) const {
    return rates[static_cast<unsigned>(cls)][static_cast<unsigned>(type)];
  }
  /// Ticks of `elements` elements at `rate`, rounded up.
  uint64_t getTicks(Rate rate, uint64_t elements) const {
    return (elements * rate.cycles * ticksPerCycle + rate.elements - 1) /
           rate.elements;
  }
  double getCycles(uint64_t ticks) const {
    return static_cast<double>(ticks) / ticksPerCycle;
  }
  /// Wavelets that a wire of `latency` ticks holds (T2).
  uint32_t getWireWords(uint32_t latency) const {
    return (latency + linkTicks - 1) / linkTicks;
  }
  uint64_t getUsableSramBytes() const { return sramBytes - reservedSramBytes; }
  unsigned getUsableColours() const { return colours - reservedColours; }

  bool operator==(const Machine &) const = default;
};

/// Names of the built-in profiles, in the order in which `plmr devices` lists
/// them: wse2, wse3, lab, tiny, ideal.
std::vector<std::string> getBuiltinMachineNames();

/// The built-in profile `name`, or an error that lists the known ones.
llvm::Expected<Machine> getBuiltinMachine(llvm::StringRef name);

/// Checks the limits of docs/Machine.md on every field. The error names the
/// field, its value and the limit; `origin` is the profile's name or file.
llvm::Error verifyMachine(const Machine &machine, llvm::StringRef origin);

/// Reads a profile from JSON text (format: docs/Machine.md). `"base"` names
/// a built-in profile whose fields are taken where the text gives none.
/// Unknown keys, wrong types and contradictory values are errors that name
/// the key. `origin` is the file name for messages.
llvm::Expected<Machine> parseMachine(llvm::StringRef json,
                                     llvm::StringRef origin);

/// `nameOrFile`: a built-in profile, or a path that ends in ".json".
llvm::Expected<Machine> loadMachine(llvm::StringRef nameOrFile);

/// The profile as JSON text that parseMachine reads back to an equal value.
std::string printMachine(const Machine &machine);

} // namespace plmr

#endif // PLMR_MACHINE_MACHINE_H
