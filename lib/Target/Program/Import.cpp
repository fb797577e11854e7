//===- Import.cpp - From Program to core.program --------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fields.h"
#include "plmr/Target/Program/Program.h"

using namespace mlir;
using namespace plmr;
using namespace plmr::core;

//===----------------------------------------------------------------------===//
// Placements
//===----------------------------------------------------------------------===//

static mesh::SplitAttr getSplit(MLIRContext *context, const DimSplit &split) {
  // A dimension that is one factor says nothing about factors.
  bool isPlain = split.factors.size() == 1 && split.innerFactor == 0 &&
                 !split.segmentFactor;
  int64_t rank = static_cast<int64_t>(split.factors.size());
  return mesh::SplitAttr::get(
      context, split.kind,
      split.axis == Axis::X ? mesh::MeshAxis::X : mesh::MeshAxis::Y,
      isPlain ? ArrayRef<int64_t>() : ArrayRef<int64_t>(split.factors),
      split.segmentFactor ? static_cast<int64_t>(*split.segmentFactor) : -1,
      split.innerFactor < rank ? static_cast<int64_t>(split.innerFactor) : -1,
      split.order);
}

static Type getElementType(MLIRContext *context, ElementType type) {
  switch (type) {
  case ElementType::F32:
    return Float32Type::get(context);
  case ElementType::F16:
    return Float16Type::get(context);
  case ElementType::BF16:
    return BFloat16Type::get(context);
  case ElementType::I32:
    return IntegerType::get(context, 32);
  }
  return {};
}

mesh::PlacedType plmr::getPlacedType(MLIRContext *context,
                                     const Tensor &tensor) {
  const Placement &placement = tensor.placement;
  SmallVector<mesh::SplitAttr> splits;
  for (const DimSplit &split : placement.dims)
    splits.push_back(getSplit(context, split));
  SmallVector<int64_t> order(placement.order.begin(), placement.order.end());
  auto type = RankedTensorType::get(placement.getShape(),
                                    getElementType(context, tensor.type));
  return mesh::PlacedType::get(context, type,
                               mesh::PlacementAttr::get(context, splits, order,
                                                        placement.pad,
                                                        mesh::PartialAttr()));
}

//===----------------------------------------------------------------------===//
// ProgramImporter
//===----------------------------------------------------------------------===//

namespace {

class ProgramImporter {
public:
  ProgramImporter(const Program &program, OpBuilder &builder)
      : program(program), builder(builder),
        unknown(UnknownLoc::get(builder.getContext())) {}

  void run(StringRef packed);

private:
  ProgramOp createProgram(StringRef packed);
  void create(const Object &object);
  void create(const Tensor &tensor);
  void create(const Constant &constant);
  void create(const RouteTable &table);
  void create(const Launch &launch);
  void create(const ChannelInfo &channel);
  void create(const OperationInfo &operation);
  void create(const CoreClass &cls);
  void createCode(const CoreClass &cls, uint32_t begin, uint32_t end);
  void createScalar(const Instruction &inst, Location loc);
  void createDescriptor(const Instruction &inst, Location loc);
  void createSplat(const Instruction &inst, Location loc);
  void createVector(const Instruction &inst, Location loc);
  void createControl(const Instruction &inst, Location loc);

  ArrayAttr getLocations();
  Location getLocation(const CoreClass &cls, uint32_t pc);
  std::string getDevice() const;
  IntegerAttr getOperand(Operand operand) {
    return operand == noOperand ? IntegerAttr()
                                : builder.getI64IntegerAttr(operand);
  }
  ArrayAttr getStrings(const std::vector<std::string> &list) {
    SmallVector<StringRef> texts(list.begin(), list.end());
    return builder.getStrArrayAttr(texts);
  }
  /// The attribute, or null for an empty list.
  ArrayAttr getOptional(const std::vector<std::string> &list) {
    return list.empty() ? ArrayAttr() : getStrings(list);
  }
  template <typename List> DenseI32ArrayAttr getNumbers(const List &list) {
    return builder.getDenseI32ArrayAttr(
        SmallVector<int32_t>(list.begin(), list.end()));
  }

  const Program &program;
  OpBuilder &builder;
  Location unknown;
  LocationTable locations; ///< of Program::locations
};

} // namespace

//===----------------------------------------------------------------------===//
// Locations
//===----------------------------------------------------------------------===//

/// The attribute that keeps the table, or null if the code says it all.
ArrayAttr ProgramImporter::getLocations() {
  locations = LocationTable(program.locations);
  LocationTable used;
  for (const CoreClass &cls : program.classes)
    for (uint32_t number : cls.locations)
      used.getNumber(program.locations[number]);
  return used.getTexts() == program.locations ? ArrayAttr()
                                              : getStrings(program.locations);
}

Location ProgramImporter::getLocation(const CoreClass &cls, uint32_t pc) {
  if (cls.locations.empty())
    return unknown;
  uint32_t number = cls.locations[pc];
  const std::string &text = program.locations[number];
  Location location = parseLocation(builder.getContext(), text);
  return locations.getNumber(text) == number ? location
                                             : wrapLocation(location, number);
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

void ProgramImporter::createScalar(const Instruction &inst, Location loc) {
  IntegerAttr predicate = getOperand(inst.predicate);
  if (inst.opcode == Opcode::Ldc) {
    LdcOp::create(builder, loc, inst.dst, inst.a, inst.imm, predicate);
    return;
  }
  auto kind = static_cast<ScalarKind>(static_cast<unsigned>(inst.opcode) -
                                      static_cast<unsigned>(Opcode::SAdd));
  bool isImmediate = inst.flags & UseImmediate;
  ScalarOp::create(builder, loc, kind, inst.dst, inst.a, getOperand(inst.b),
                   isImmediate ? builder.getI64IntegerAttr(inst.imm)
                               : IntegerAttr(),
                   predicate);
}

void ProgramImporter::createSplat(const Instruction &inst, Location loc) {
  auto type = static_cast<TypeKind>(inst.getType());
  bool converts = inst.flags & ConvertInteger;
  FloatAttr value;
  IntegerAttr integer;
  if (inst.flags & UseImmediate) {
    if (converts || type == TypeKind::I32)
      integer = builder.getI64IntegerAttr(inst.imm);
    else
      value =
          FloatAttr::get(builder.getF32Type(),
                         APFloat(APFloat::IEEEsingle(),
                                 APInt(32, static_cast<uint32_t>(inst.imm))));
  }
  DssOp::create(builder, loc, inst.dst, value, getOperand(inst.a), converts,
                type, getOperand(inst.predicate), integer);
}

void ProgramImporter::createDescriptor(const Instruction &inst, Location loc) {
  IntegerAttr predicate = getOperand(inst.predicate);
  auto type = static_cast<TypeKind>(inst.getType());
  if (inst.opcode == Opcode::Dsm)
    DsmOp::create(builder, loc, inst.dst, inst.a, inst.imm, getOperand(inst.b),
                  getOperand(inst.c), inst.object, type, predicate);
  else if (inst.opcode == Opcode::Dsf)
    DsfOp::create(builder, loc, inst.dst, inst.a, type, predicate, inst.imm);
  else
    createSplat(inst, loc);
}

void ProgramImporter::createVector(const Instruction &inst, Location loc) {
  auto kind = static_cast<VectorKind>(static_cast<unsigned>(inst.opcode) -
                                      static_cast<unsigned>(Opcode::Mov));
  int64_t sources[] = {inst.a, inst.b, inst.c};
  core::VectorOp::create(
      builder, loc, kind, inst.dst,
      ArrayRef(sources).take_front(getNumSources(inst.opcode)),
      getOperand(inst.extent), getOperand(inst.repeat), getOperand(inst.engine),
      getOperand(inst.predicate));
}

void ProgramImporter::createControl(const Instruction &inst, Location loc) {
  IntegerAttr predicate = getOperand(inst.predicate);
  if (inst.opcode == Opcode::Halt)
    HaltOp::create(builder, loc, predicate);
  else if (inst.opcode == Opcode::Wait)
    WaitOp::create(builder, loc, inst.engine, predicate);
  else
    EpochOp::create(builder, loc, static_cast<uint64_t>(inst.imm), predicate);
}

void ProgramImporter::createCode(const CoreClass &cls, uint32_t begin,
                                 uint32_t end) {
  for (uint32_t pc = begin; pc != end; ++pc) {
    const Instruction &inst = cls.code[pc];
    Location loc = getLocation(cls, pc);
    if (isVector(inst.opcode)) {
      createVector(inst, loc);
    } else if (isDescriptor(inst.opcode)) {
      createDescriptor(inst, loc);
    } else if (isScalar(inst.opcode)) {
      createScalar(inst, loc);
    } else if (inst.opcode == Opcode::Loop) {
      auto loop =
          LoopOp::create(builder, loc, inst.a, getOperand(inst.predicate));
      OpBuilder::InsertionGuard guard(builder);
      builder.createBlock(&loop.getBody());
      createCode(cls, pc + 1, pc + 1 + inst.imm);
      pc += inst.imm;
    } else {
      createControl(inst, loc);
    }
  }
}

//===----------------------------------------------------------------------===//
// Parts of a program
//===----------------------------------------------------------------------===//

void ProgramImporter::create(const Object &object) {
  core::ObjectOp::create(builder, unknown, object.name,
                         static_cast<MemoryKind>(object.kind), object.address,
                         object.bytes);
}

void ProgramImporter::create(const Tensor &tensor) {
  SmallVector<Attribute> sources;
  for (const DataSource &source : tensor.sources)
    sources.push_back(getSourceAttr(builder, source));
  SmallVector<int64_t> order(tensor.sourceOrder.begin(),
                             tensor.sourceOrder.end());
  TensorOp::create(
      builder, unknown, tensor.name, tensor.object,
      getPlacedType(builder.getContext(), tensor), tensor.stacked,
      order.empty() ? DenseI64ArrayAttr() : builder.getDenseI64ArrayAttr(order),
      sources.empty() ? ArrayAttr() : builder.getArrayAttr(sources),
      tensor.mesh ? builder.getDenseI32ArrayAttr(
                        {static_cast<int32_t>(tensor.mesh->columns),
                         static_cast<int32_t>(tensor.mesh->rows)})
                  : DenseI32ArrayAttr());
}

void ProgramImporter::create(const Constant &constant) {
  ConstantOp::create(builder, unknown, constant.name,
                     static_cast<ConstantKind>(constant.kind), constant.values);
}

void ProgramImporter::create(const RouteTable &table) {
  SmallVector<Attribute> classes;
  for (const std::vector<Route> &routes : table.classes) {
    std::vector<std::string> texts;
    for (const Route &route : routes)
      texts.push_back(printRoute(route));
    classes.push_back(getStrings(texts));
  }
  RoutesOp::create(builder, unknown, builder.getArrayAttr(classes),
                   getNumbers(table.classOf));
}

void ProgramImporter::create(const Launch &launch) {
  LaunchOp::create(builder, unknown, builder.getStringAttr(launch.name),
                   getStrings(launch.parameters), getNumbers(launch.entry),
                   builder.getI64IntegerAttr(launch.routeTable),
                   getNumbers(launch.inputs), getNumbers(launch.outputs));
}

void ProgramImporter::create(const ChannelInfo &channel) {
  core::ChannelOp::create(builder, unknown, builder.getStringAttr(channel.name),
                          builder.getStringAttr(channel.relation),
                          getNumbers(channel.colours),
                          builder.getI64IntegerAttr(channel.maxHops));
}

void ProgramImporter::create(const OperationInfo &operation) {
  OperationOp::create(
      builder, unknown, builder.getStringAttr(operation.name),
      builder.getStringAttr(operation.algorithm),
      builder.getI64IntegerAttr(static_cast<int64_t>(operation.bytesPerCore)),
      builder.getI64IntegerAttr(operation.maxHops),
      getNumbers(operation.colours));
}

void ProgramImporter::create(const CoreClass &cls) {
  auto code = CodeOp::create(builder, unknown, cls.name);
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&code.getBody());
  createCode(cls, 0, static_cast<uint32_t>(cls.code.size()));
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// A built-in device by its name, another one as JSON in one line.
std::string ProgramImporter::getDevice() const {
  llvm::Expected<Machine> builtin = getBuiltinMachine(program.machine.name);
  if (!builtin)
    llvm::consumeError(builtin.takeError());
  else if (*builtin == program.machine)
    return program.machine.name;
  std::string text = printMachine(program.machine);
  std::erase(text, '\n');
  return text;
}

ProgramOp ProgramImporter::createProgram(StringRef packed) {
  SmallVector<NamedAttribute> metadata;
  for (const auto &[key, value] : program.metadata)
    metadata.push_back(builder.getNamedAttr(key, builder.getStringAttr(value)));
  return ProgramOp::create(
      builder, unknown, builder.getStringAttr("main"),
      builder.getI64IntegerAttr(program.mesh.columns),
      builder.getI64IntegerAttr(program.mesh.rows),
      builder.getStringAttr(getDevice()), getOptional(program.files),
      packed.empty() || program.data.empty() ? StringAttr()
                                             : builder.getStringAttr(packed),
      program.model ? getModelAttr(builder, *program.model) : DictionaryAttr(),
      metadata.empty() ? DictionaryAttr() : builder.getDictionaryAttr(metadata),
      program.classOf.empty() ? DenseI32ArrayAttr()
                              : getNumbers(program.classOf),
      getLocations());
}

void ProgramImporter::run(StringRef packed) {
  ProgramOp op = createProgram(packed);
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&op.getBody());
  auto createAll = [&](const auto &list) {
    for (const auto &part : list)
      create(part);
  };
  createAll(program.objects);
  createAll(program.tensors);
  createAll(program.constants);
  createAll(program.routeTables);
  createAll(program.launches);
  createAll(program.channels);
  createAll(program.operations);
  createAll(program.classes);
}

OwningOpRef<ModuleOp> plmr::importProgram(const Program &program,
                                          MLIRContext *context,
                                          StringRef packed) {
  auto unknown = UnknownLoc::get(context);
  if (llvm::Error error = verifyProgram(program)) {
    emitError(unknown) << llvm::toString(std::move(error));
    return {};
  }
  if (program.metadata.contains("")) {
    emitError(unknown) << "expected metadata with a key but got ''";
    return {};
  }
  context->loadDialect<CoreDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(unknown);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  ProgramImporter(program, builder).run(packed);
  return module;
}
