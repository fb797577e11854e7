//===- Selector.h - Instruction selection -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_CONVERSION_TILETOCORE_SELECTOR_H
#define PLMR_CONVERSION_TILETOCORE_SELECTOR_H

#include "Scalar.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include <map>

namespace plmr {

/// A buffer: an object's address, a scalar addend, strides and sizes.
struct TileRef {
  unsigned object = 0;
  ElementType type = ElementType::F32;
  int64_t offset = 0;                    ///< bytes from address 0
  std::optional<Scalar> addend;          ///< bytes
  llvm::SmallVector<int64_t, 4> strides; ///< elements
  llvm::SmallVector<Scalar, 4> sizes;
};

/// Selects the instructions of a module's functions and fills a Program.
class Selector {
public:
  Selector(mlir::ModuleOp module, mesh::MeshOp meshOp, const Machine &machine)
      : module(module), mesh(meshOp.getShape()) {
    program.machine = machine;
    program.mesh = mesh;
  }

  /// Fails after a diagnostic.
  mlir::FailureOr<Program> run();

private:
  using Op = mlir::Operation;

  // Program parts.
  /// An object of that many bytes; the program's numbers are 32 bits wide.
  void addObject(llvm::StringRef name, Object::Kind kind, uint64_t address,
                 uint64_t bytes);
  mlir::LogicalResult addObjects();
  void addScratch();
  /// The route tables of `func`, one after the other.
  void addRoutes(mlir::func::FuncOp func);
  void addReports(mlir::func::FuncOp func);
  mlir::LogicalResult selectFunction(mlir::func::FuncOp func);
  mlir::LogicalResult selectEpoch(mesh::EpochOp op);
  mlir::LogicalResult addSources(mesh::ObjectOp object, Tensor &tensor);
  void addLaunch(mlir::func::FuncOp func, uint32_t entry);
  mlir::LogicalResult finish();
  mlir::LogicalResult checkMemory(uint64_t need);

  // Operations.
  mlir::LogicalResult selectBlock(mlir::Block &block);
  mlir::LogicalResult select(Op &op);
  mlir::LogicalResult selectArithmetic(Op &op);
  mlir::LogicalResult selectLoop(mlir::scf::ForOp op);
  mlir::LogicalResult selectIf(mlir::scf::IfOp op);
  mlir::LogicalResult selectView(Op &op);
  mlir::LogicalResult selectLinalg(mlir::linalg::LinalgOp op);
  mlir::LogicalResult selectMessage(Op &op);

  // Scalars.
  Scalar getScalar(mlir::Value value);
  Scalar getSize(mlir::OpFoldResult size);
  Scalar compute(Opcode opcode, const Scalar &a, const Scalar &b);
  Operand getOperand(const Scalar &scalar);
  Operand getConstant(const CoordinateTable &table, llvm::StringRef name = "");
  /// A register that is taken until the enclosing operation's last use.
  uint8_t allocateRegister();
  /// Bits of the registers that `value` is made of: a scalar, or the address
  /// and the sizes of a tile.
  uint64_t getRegisters(mlir::Value value) const;
  void emitScalar(Opcode opcode, uint8_t dst, const Scalar &a, const Scalar &b);

  // Vectors.
  /// One operand of a loop nest: a stream with a stride for each loop, or a
  /// value that is the same for all elements.
  struct NestOperand {
    enum class Kind {
      Memory,
      Immediate,
      Integer,
      FabricIn,
      FabricOut
    } kind = Kind::Memory;
    TileRef tile;
    llvm::SmallVector<int64_t, 4> strides; ///< per loop, elements
    float value = 0;
    Scalar scalar; ///< Integer: the value; Fabric: the colour
    ElementType type = ElementType::F32;
  };
  struct Nest {
    Opcode opcode = Opcode::Mov;
    llvm::SmallVector<NestOperand, 4> operands; ///< destination first
    llvm::SmallVector<Scalar, 4> sizes;         ///< per loop
    uint8_t engine = noOperand;
    Scalar predicate = Scalar::get(1);
  };
  mlir::LogicalResult emitNest(Op *op, Nest nest);
  void emitVector(const Nest &nest, int vectorLoop, int mapLoop,
                  llvm::ArrayRef<std::optional<Scalar>> addends);
  /// The descriptor of `operand`, set up unless one holds it already.
  uint8_t getDescriptor(const NestOperand &operand, int vectorLoop, int mapLoop,
                        const std::optional<Scalar> &addend);
  Instruction makeDescriptor(const NestOperand &operand, int vectorLoop,
                             int mapLoop, const std::optional<Scalar> &addend);
  /// What descriptors hold is unknown where control flow meets, and where a
  /// register that they were made from changes.
  void forgetDescriptors() { held = {}; }
  void forgetDescriptors(uint8_t reg);
  Instruction &emit(Opcode opcode);

  struct ChannelTables {
    CoordinateTable send, receive;              ///< colours
    llvm::SmallVector<CoordinateTable> collect; ///< by number of the child
    CoordinateTable sends, receives; ///< whether the core has the role
    llvm::SmallVector<CoordinateTable> collects;
  };
  const ChannelTables &getChannel(mlir::FlatSymbolRefAttr name);

  mlir::ModuleOp module;
  MeshShape mesh;
  Program program;
  std::vector<Instruction> code;
  std::vector<uint32_t> locations;
  std::map<std::string, uint32_t> locationIds;
  mlir::Location current = mlir::UnknownLoc::get(module.getContext());
  llvm::DenseMap<mlir::Value, Scalar> scalars;
  llvm::DenseMap<mlir::Value, TileRef> tiles;
  llvm::DenseMap<mlir::Value, uint8_t> engines; ///< of tokens
  std::map<std::string, ChannelTables> channels;
  std::map<std::pair<Constant::Kind, std::vector<int32_t>>, unsigned> constants;
  llvm::StringMap<unsigned> objects;
  /// What each object needs, whether or not it has room.
  struct Range {
    uint64_t address, bytes;
  };
  std::vector<Range> ranges;
  std::map<int64_t, unsigned> scratch; ///< object by address
  unsigned firstTable = 0; ///< of the function that is being selected
  /// A bit for each register that is taken. One is given back behind the last
  /// use, in its block, of the values that it is part of.
  uint64_t taken = 1;
  bool outOfRegisters = false;
  uint32_t liveEngines = 0;
  /// What each descriptor was set up by, and when it was last used.
  std::array<std::optional<Instruction>, numDescriptors> held;
  std::array<uint64_t, numDescriptors> lastUse = {};
  uint64_t uses = 0;
  Scalar condition = Scalar::get(1);
};

} // namespace plmr

#endif // PLMR_CONVERSION_TILETOCORE_SELECTOR_H
