//===- Program.h - What the cores of a mesh execute -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The object model of a .plmr file (docs/Binary.md): the device, the code of
// each core class, constants, routes, the map of the cores' memory and the
// tensors that the host can reach.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_PROGRAM_H
#define PLMR_PROGRAM_PROGRAM_H

#include "plmr/Machine/Machine.h"
#include "plmr/Program/DataSection.h"
#include "plmr/Program/Instruction.h"
#include "plmr/Program/KVPlacement.h"
#include "plmr/Program/Placement.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace plmr {

/// Ports of a router. The core sits at the ramp.
enum class Port : uint8_t { North, East, South, West, Ramp };
constexpr unsigned numPorts = 5;
llvm::StringRef stringify(Port port);
/// The port of the neighbour on the other end of the link.
Port getOpposite(Port port);

/// Route of one colour in one router (T1): one input port, a set of outputs.
struct Route {
  uint8_t colour = 0;
  Port input = Port::Ramp;
  uint8_t outputs = 0; ///< bit (1 << port) for each output port

  bool hasOutput(Port port) const {
    return outputs >> static_cast<unsigned>(port) & 1;
  }
  bool operator==(const Route &) const = default;
};

/// The routes of one launch or epoch: router classes and the class of every
/// router.
struct RouteTable {
  /// Routes of a class, ascending by colour.
  std::vector<std::vector<Route>> classes;
  /// Class of router (x, y) at index y * columns + x.
  std::vector<uint16_t> classOf;
  bool operator==(const RouteTable &) const = default;
};

/// A constant of the cores' tables: one value for all cores, one per column,
/// one per row, or one per core.
struct Constant {
  enum class Kind : uint8_t { Uniform, ByColumn, ByRow, ByCore };
  std::string name;
  Kind kind = Kind::Uniform;
  std::vector<int32_t> values; ///< 1, columns, rows or columns * rows of them

  int32_t getValue(MeshShape mesh, unsigned x, unsigned y) const {
    switch (kind) {
    case Kind::Uniform:
      return values[0];
    case Kind::ByColumn:
      return values[x];
    case Kind::ByRow:
      return values[y];
    case Kind::ByCore:
      return values[y * mesh.columns + x];
    }
    return 0;
  }
  bool operator==(const Constant &) const = default;
};

/// A range of every core's memory with one owner. Objects do not overlap,
/// except scratch whose lifetimes the compiler has proved disjoint.
struct Object {
  enum class Kind : uint8_t {
    Weight,
    State,
    Input,
    Output,
    Scratch,
    Table,
    Code
  };
  std::string name; ///< the value's name in the source
  Kind kind = Kind::Scratch;
  uint32_t address = 0; ///< bytes
  uint32_t bytes = 0;
  bool operator==(const Object &) const = default;
};
llvm::StringRef stringify(Object::Kind kind);

/// The rule of a table of rotary angles [rows x heads*pairs], which the host
/// computes instead of reading it: element (r, h * pairs + i) is the sine or
/// cosine of `r * stride * base^(-i/pairs)`, rounded to f32.
struct RopeTable {
  bool sine = false;
  uint32_t stride = 1; ///< positions from row to row
  uint32_t pairs = 0;
  double base = 0;
  bool operator==(const RopeTable &) const = default;
};

/// Where the host finds the data of a tensor, or of one slice of its leading
/// dimension.
struct DataSource {
  std::string name;    ///< the tensor's name in its file
  uint32_t file = 0;   ///< index into Program::files;
                       ///< inlineData: a section of the binary;
                       ///< noData: the program can be timed but not run
  uint64_t offset = 0; ///< bytes, in the file or the data section
  uint64_t bytes = 0;
  uint32_t type = 0; ///< GGUF type id (0 F32, 1 F16, 30 BF16, 8 Q8_0, 2 Q4_0)
  /// Given: the data is computed, and file, offset, bytes and type are 0.
  std::optional<RopeTable> table;
  bool operator==(const DataSource &) const = default;
};
constexpr uint32_t inlineData = ~0u;
constexpr uint32_t noData = ~1u;

/// A tensor that the host can write or read: tiles of one object.
struct Tensor {
  std::string name;
  ElementType type = ElementType::F32;
  Placement placement;
  uint32_t object = 0; ///< index into Program::objects
  /// The part of the program's mesh, at its origin, that holds the tensor; none
  /// if it is all of it.
  std::optional<MeshShape> mesh;
  /// Weights: sources of the slices of dimension 0 if `stacked`, else one.
  /// Empty for inputs, outputs, state and what a launch moves here.
  std::vector<DataSource> sources;
  bool stacked = false;
  /// Order of a source's dimensions in the file, outermost first, in terms of
  /// the (slice's) dimensions; empty is the identity.
  llvm::SmallVector<unsigned, 3> sourceOrder;
  bool operator==(const Tensor &) const = default;
};

/// Code of a class of cores. All cores run the same class unless
/// Program::classOf says otherwise.
struct CoreClass {
  std::string name;
  std::vector<Instruction> code;
  std::vector<uint32_t>
      locations; ///< index into Program::locations, per instruction
  bool operator==(const CoreClass &) const = default;
};

/// An entry point that the host can start.
struct Launch {
  std::string name;                    ///< "decode", "main"
  std::vector<std::string> parameters; ///< in R1, R2, ... at the start
  std::vector<uint32_t> entry;         ///< first instruction, per core class
  uint32_t routeTable = 0;
  std::vector<uint32_t> inputs;  ///< indices into Program::tensors
  std::vector<uint32_t> outputs; ///< indices into Program::tensors
  bool operator==(const Launch &) const = default;
};

/// A communication channel, for people to read (plmr inspect).
struct ChannelInfo {
  std::string name;
  std::string relation; ///< for example "ktree of 4, 4 along y"
  std::vector<unsigned> colours;
  unsigned maxHops = 0;
  bool operator==(const ChannelInfo &) const = default;
};

/// An operation of the mesh level, for people to read (plmr inspect).
struct OperationInfo {
  std::string name;
  std::string algorithm;
  uint64_t bytesPerCore = 0; ///< of tiles and buffers
  unsigned maxHops = 0;      ///< of its longest message
  std::vector<unsigned> colours;
  bool operator==(const OperationInfo &) const = default;
};

/// What the host needs of a language model beside the mesh's program.
struct ModelInfo {
  std::string architecture;
  std::string name;
  uint32_t vocabSize = 0;
  uint32_t contextLength = 0; ///< positions that the compiled cache holds
  uint32_t embeddingLength = 0;
  KVPlacement kvPlacement = KVPlacement::Cyclic; ///< of the compiled cache
  DataSource embedding; ///< [vocab x embedding], rows looked up by the host
  // Tokenizer (SPM), as in the GGUF metadata.
  std::string tokenizerModel;
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<int32_t> tokenTypes;
  int32_t bosId = 1, eosId = 2, unknownId = 0;
  bool addBos = true, addEos = false, addSpacePrefix = true;
  bool operator==(const ModelInfo &) const = default;
};

/// A whole program. The plain aggregate is built by the compiler, the
/// assembler and the reader of binaries; `verifyProgram` states what holds.
struct Program {
  Machine machine;
  MeshShape mesh;
  std::vector<Object> objects; ///< ascending by address
  std::vector<Tensor> tensors;
  std::vector<Constant> constants;
  std::vector<CoreClass> classes;
  std::vector<uint16_t> classOf; ///< per core, row-major; empty: all class 0
  std::vector<RouteTable> routeTables;
  std::vector<Launch> launches;
  std::vector<ChannelInfo> channels;
  std::vector<OperationInfo> operations;
  std::vector<std::string> locations; ///< "file:line:col" or a name
  std::vector<std::string> files;     ///< data files, absolute
  std::optional<ModelInfo> model;
  std::map<std::string, std::string> metadata;
  /// Bytes that DataSources with file == inlineData refer to.
  DataSection data;

  unsigned getClass(unsigned x, unsigned y) const {
    return classOf.empty() ? 0 : classOf[y * mesh.columns + x];
  }
  /// The cores that hold `tensor`.
  MeshShape getMesh(const Tensor &tensor) const {
    return tensor.mesh.value_or(mesh);
  }
  const Tensor *findTensor(llvm::StringRef name) const;
  const Launch *findLaunch(llvm::StringRef name) const;
  bool operator==(const Program &) const = default;
};

/// Checks every static rule of docs/ISA.md and docs/Machine.md: operand and
/// descriptor ranges, loop bodies, objects inside memory, colours, queues and
/// engines within the budgets, consistent route tables. The error names the
/// core or class, the instruction, the owners, the need and the budget.
llvm::Error verifyProgram(const Program &program);

/// Queues and colours that a route table uses, for reports.
struct RouteUse {
  unsigned colours = 0;      ///< distinct colours of the busiest router
  unsigned totalColours = 0; ///< distinct colours of the whole table
  unsigned inputQueues = 0;  ///< of the busiest core
  unsigned outputQueues = 0;
};
RouteUse getRouteUse(const Program &program, const RouteTable &table);

/// Highest used address of a core's memory, in bytes.
uint64_t getSramHighWater(const Program &program);

/// Text of one instruction, for example
/// "fma d1, d2, d3, d4 x k5 map r3 if r4".
std::string printInstruction(const Instruction &instruction);

/// The whole program as assembly text that parseAssembly reads back to an
/// equal Program (docs/ISA.md, section Assembly). Data is not printed.
std::string printAssembly(const Program &program);
llvm::Expected<Program> parseAssembly(llvm::StringRef text,
                                      llvm::StringRef origin);

/// Binary (.plmr; docs/Binary.md). Writing is deterministic; the file appears
/// only when it is complete. Reading maps the file and checks every length,
/// offset and version, then `verifyProgram`.
llvm::Error writeProgram(const Program &program, llvm::StringRef path);
llvm::Error writeProgram(const Program &program, llvm::raw_ostream &os);
llvm::Expected<std::string> serializeProgram(const Program &program);
llvm::Expected<Program> readProgram(llvm::StringRef path);
llvm::Expected<Program> deserializeProgram(llvm::StringRef bytes,
                                           llvm::StringRef origin);

} // namespace plmr

#endif // PLMR_PROGRAM_PROGRAM_H
