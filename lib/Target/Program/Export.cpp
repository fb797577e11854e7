//===- Export.cpp - From core.program to Program --------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fields.h"
#include "plmr/Target/Program/Program.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plmr;
using namespace plmr::core;

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

static Operand getOperand(IntegerAttr attr) {
  return attr ? static_cast<Operand>(attr.getInt()) : noOperand;
}

/// An instruction with its predicate, and without operands.
template <typename OpTy> static Instruction start(OpTy op, Opcode opcode) {
  Instruction inst;
  inst.opcode = opcode;
  inst.predicate = getOperand(op.getPredicateAttr());
  return inst;
}

static Instruction get(HaltOp op) { return start(op, Opcode::Halt); }

static Instruction get(LoopOp op) {
  Instruction inst = start(op, Opcode::Loop);
  inst.a = getOperand(op.getCountAttr());
  inst.imm = static_cast<int32_t>(countInstructions(op.getBody().front()));
  return inst;
}

static Instruction get(WaitOp op) {
  Instruction inst = start(op, Opcode::Wait);
  inst.engine = static_cast<uint8_t>(op.getEngine());
  return inst;
}

static Instruction get(EpochOp op) {
  Instruction inst = start(op, Opcode::Epoch);
  inst.imm = static_cast<int32_t>(op.getRoutes());
  return inst;
}

static Instruction get(ScalarOp op) {
  Instruction inst = start(op, toOpcode(op.getKind()));
  inst.dst = static_cast<uint8_t>(op.getDst());
  inst.a = getOperand(op.getAAttr());
  inst.b = getOperand(op.getBAttr());
  if (op.getImm()) {
    inst.flags = UseImmediate;
    inst.imm = static_cast<int32_t>(*op.getImm());
  }
  return inst;
}

static Instruction get(LdcOp op) {
  Instruction inst = start(op, Opcode::Ldc);
  inst.dst = static_cast<uint8_t>(op.getDst());
  inst.a = getOperand(op.getAAttr());
  inst.imm = static_cast<int32_t>(op.getImm());
  return inst;
}

template <typename OpTy>
static Instruction startDescriptor(OpTy op, Opcode opcode) {
  Instruction inst = start(op, opcode);
  inst.flags = static_cast<uint8_t>(op.getType());
  inst.dst = static_cast<uint8_t>(op.getDst());
  return inst;
}

static Instruction get(DsmOp op) {
  Instruction inst = startDescriptor(op, Opcode::Dsm);
  inst.a = getOperand(op.getBaseAttr());
  inst.b = getOperand(op.getStrideAttr());
  inst.c = getOperand(op.getStepAttr());
  inst.object = static_cast<uint16_t>(op.getObject());
  inst.imm = static_cast<int32_t>(op.getOffset());
  return inst;
}

static Instruction get(DsfOp op) {
  Instruction inst = startDescriptor(op, Opcode::Dsf);
  inst.a = getOperand(op.getColourAttr());
  inst.imm = static_cast<int32_t>(op.getOffset());
  return inst;
}

static Instruction get(DssOp op) {
  Instruction inst = startDescriptor(op, Opcode::Dss);
  inst.a = getOperand(op.getOperandAttr());
  if (op.getConvert())
    inst.flags |= ConvertInteger;
  if (op.getOperand())
    return inst;
  inst.flags |= UseImmediate;
  inst.imm = static_cast<int32_t>(
      op.getValue() ? op.getValue()->bitcastToAPInt().getZExtValue()
                    : *op.getInteger());
  return inst;
}

static Instruction get(VectorOp op) {
  Instruction inst = start(op, toOpcode(op.getKind()));
  inst.dst = static_cast<uint8_t>(op.getDst());
  uint8_t *sources[] = {&inst.a, &inst.b, &inst.c};
  for (auto [field, source] : llvm::zip(sources, op.getSources()))
    *field = static_cast<uint8_t>(source);
  inst.extent = getOperand(op.getExtentAttr());
  inst.repeat = getOperand(op.getRepeatAttr());
  inst.engine = getOperand(op.getEngineAttr());
  return inst;
}

static Instruction getInstruction(Operation *op) {
  return llvm::TypeSwitch<Operation *, Instruction>(op)
      .Case<HaltOp, LoopOp, WaitOp, EpochOp, ScalarOp, LdcOp, DsmOp, DsfOp,
            DssOp, VectorOp>([](auto inst) { return get(inst); });
}

//===----------------------------------------------------------------------===//
// Parts of a program
//===----------------------------------------------------------------------===//

/// A list of numbers of another integer type.
template <typename T, typename List>
static std::vector<T> convertList(const List &list) {
  std::vector<T> result;
  for (auto value : list)
    result.push_back(static_cast<T>(value));
  return result;
}

static std::vector<std::string> getStrings(ArrayAttr attr) {
  std::vector<std::string> texts;
  if (attr)
    for (auto text : attr.getAsRange<StringAttr>())
      texts.push_back(text.str());
  return texts;
}

static Object get(core::ObjectOp op) {
  return {op.getName().str(), static_cast<Object::Kind>(op.getKind()),
          static_cast<uint32_t>(op.getAddress()),
          static_cast<uint32_t>(op.getBytes())};
}

static Tensor get(TensorOp op) {
  auto type = cast<mesh::PlacedType>(op.getType());
  Tensor tensor;
  tensor.name = op.getName().str();
  tensor.type = *mesh::getElementType(type.getTensor().getElementType());
  tensor.placement = type.getHostPlacement();
  tensor.object = static_cast<uint32_t>(op.getObject());
  if (op.getSources())
    for (auto source : op.getSourcesAttr().getAsRange<ArrayAttr>())
      tensor.sources.push_back(readSource(source));
  tensor.stacked = op.getStacked();
  for (int64_t dim : op.getSourceOrder().value_or(ArrayRef<int64_t>()))
    tensor.sourceOrder.push_back(static_cast<unsigned>(dim));
  if (auto part = op.getPart())
    tensor.mesh = MeshShape{static_cast<unsigned>((*part)[0]),
                            static_cast<unsigned>((*part)[1])};
  return tensor;
}

static Constant get(ConstantOp op) {
  return {op.getName().str(), static_cast<Constant::Kind>(op.getKind()),
          convertList<int32_t>(op.getValues())};
}

static RouteTable get(RoutesOp op) {
  RouteTable table;
  for (auto cls : op.getClasses().getAsRange<ArrayAttr>()) {
    std::vector<Route> &routes = table.classes.emplace_back();
    for (auto route : cls.getAsRange<StringAttr>())
      routes.push_back(*parseRoute(route));
  }
  table.classOf = convertList<uint16_t>(op.getClassOf());
  return table;
}

static Launch get(LaunchOp op) {
  return {op.getName().str(),
          getStrings(op.getParameters()),
          convertList<uint32_t>(op.getEntry()),
          static_cast<uint32_t>(op.getRoutes()),
          convertList<uint32_t>(op.getInputs()),
          convertList<uint32_t>(op.getOutputs())};
}

static ChannelInfo get(core::ChannelOp op) {
  return {op.getName().str(), op.getRelation().str(),
          convertList<unsigned>(op.getColours()),
          static_cast<unsigned>(op.getHops())};
}

static OperationInfo get(OperationOp op) {
  return {op.getName().str(), op.getAlgorithm().str(), op.getBytes(),
          static_cast<unsigned>(op.getHops()),
          convertList<unsigned>(op.getColours())};
}

static CoreClass getClass(CodeOp op, LocationTable &locations) {
  CoreClass cls;
  cls.name = op.getName().str();
  bool located = false;
  op.getBody().walk<WalkOrder::PreOrder>([&](Operation *inst) {
    cls.code.push_back(getInstruction(inst));
    located |= !isa<UnknownLoc>(inst->getLoc());
  });
  if (located)
    op.getBody().walk<WalkOrder::PreOrder>([&](Operation *inst) {
      cls.locations.push_back(locations.getNumber(inst->getLoc()));
    });
  return cls;
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

template <typename OpTy, typename T>
static void collect(ProgramOp op, std::vector<T> &list) {
  for (OpTy part : op.getOps<OpTy>())
    list.push_back(get(part));
}

static llvm::Expected<Program> getProgram(ProgramOp op) {
  Program program;
  if (llvm::Error error =
          mesh::parseDevice(op.getDevice()).moveInto(program.machine))
    return std::move(error);
  program.mesh = {static_cast<unsigned>(op.getColumns()),
                  static_cast<unsigned>(op.getRows())};
  collect<core::ObjectOp>(op, program.objects);
  collect<TensorOp>(op, program.tensors);
  collect<ConstantOp>(op, program.constants);
  collect<RoutesOp>(op, program.routeTables);
  collect<LaunchOp>(op, program.launches);
  collect<core::ChannelOp>(op, program.channels);
  collect<OperationOp>(op, program.operations);
  LocationTable locations(getStrings(op.getLocationsAttr()));
  for (CodeOp code : op.getOps<CodeOp>())
    program.classes.push_back(getClass(code, locations));
  program.locations = locations.getTexts();
  program.classOf =
      convertList<uint16_t>(op.getClassOf().value_or(ArrayRef<int32_t>()));
  program.files = getStrings(op.getFilesAttr());
  if (op.getModel()) {
    llvm::Expected<ModelInfo> model = readModel(op.getModelAttr());
    if (!model)
      return model.takeError();
    program.model = std::move(*model);
  }
  if (op.getMetadata())
    for (NamedAttribute entry : op.getMetadataAttr()) {
      auto text = dyn_cast<StringAttr>(entry.getValue());
      if (!text)
        return makeError("metadata '{0}': expected a string but got {1}",
                         entry.getName().getValue(), entry.getValue());
      program.metadata[entry.getName().str()] = text.str();
    }
  return program;
}

/// Copies the data section of the file that the program came from.
static llvm::Error readPacked(StringRef path, Program &program) {
  llvm::Expected<Program> packed = readProgram(path);
  if (!packed)
    return packed.takeError();
  program.data = std::move(packed->data);
  return llvm::Error::success();
}

static llvm::Expected<ProgramOp> findProgram(ModuleOp module) {
  SmallVector<ProgramOp> programs(module.getOps<ProgramOp>());
  if (programs.size() == 1)
    return programs.front();
  if (programs.empty())
    return makeError("expected a core.program in the module but got none");
  return makeError("expected one core.program in the module but got @{0} and "
                   "@{1}",
                   programs[0].getSymName(), programs[1].getSymName());
}

llvm::Expected<Program> plmr::exportProgram(ModuleOp module) {
  llvm::Expected<ProgramOp> op = findProgram(module);
  if (!op)
    return op.takeError();
  auto fail = [&](llvm::Error error) {
    return makeError("core.program @{0}: {1}", op->getSymName(),
                     llvm::toString(std::move(error)));
  };
  llvm::Expected<Program> program = getProgram(*op);
  if (!program)
    return fail(program.takeError());
  if (std::optional<StringRef> packed = op->getPacked())
    if (llvm::Error error = readPacked(*packed, *program))
      return fail(std::move(error));
  if (llvm::Error error = verifyProgram(*program))
    return fail(std::move(error));
  return program;
}
