//===- RandomProgram.cpp - Valid programs that use every field ------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cmath>
#include <numeric>

using namespace plmr;

//===----------------------------------------------------------------------===//
// Numbers and texts
//===----------------------------------------------------------------------===//

/// Mostly small ones, sometimes any.
int32_t RandomProgram::makeInteger() {
  return chance(70) ? int32_t(below(200)) - 100 : int32_t(random());
}

std::string RandomProgram::makeText() {
  static constexpr char letters[] = "abcxyz0189_.:\"\\\n\0\xc3\xa9\xff #!%@";
  std::string text;
  for (unsigned i = 0, e = below(8); i != e; ++i)
    text += letters[below(sizeof(letters))];
  return text;
}

std::vector<std::string> RandomProgram::makeTexts(unsigned limit) {
  std::vector<std::string> texts(below(limit));
  for (std::string &text : texts)
    text = makeText();
  return texts;
}

template <typename T>
std::vector<T> RandomProgram::makeNumbers(unsigned count, T limit) {
  std::vector<T> numbers(limit == 0 ? 0 : count);
  for (T &number : numbers)
    number = static_cast<T>(below(static_cast<uint32_t>(limit)));
  return numbers;
}

void RandomProgram::addMachine() {
  program.machine = llvm::cantFail(getBuiltinMachine("tiny"));
  if (chance(30)) {
    program.machine.name = "mine";
    program.machine.hopTicks = 1 + below(9);
    program.machine.clockHz = 1.1e9 + below(1000) / 7.0;
  }
  program.mesh = {1 + below(4), 1 + below(4)};
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

DimSplit RandomProgram::makeSplit(bool (&free)[2], bool whole) {
  DimSplit split;
  for (unsigned i = 0, e = 1 + below(3); i != e; ++i)
    split.factors.push_back(1 + below(4));
  unsigned rank = split.factors.size();
  split.innerFactor = below(rank);
  unsigned axis = below(2);
  if (whole || !free[axis] || chance(30))
    return split;
  free[axis] = false;
  split.axis = static_cast<Axis>(axis);
  split.kind = chance(30) ? DimSplit::Kind::Cyclic : DimSplit::Kind::Balanced;
  if (split.kind == DimSplit::Kind::Cyclic)
    return split;
  // Of the two cuts of a tensor one at most is skewed.
  split.order = axis == 0 && chance(20) ? BlockOrder::Skewed
                : chance(30)            ? BlockOrder::Ring
                                        : BlockOrder::Natural;
  if (rank > 1 && split.order == BlockOrder::Natural && chance(50))
    split.segmentFactor = (split.innerFactor + 1 + below(rank - 1)) % rank;
  return split;
}

Placement RandomProgram::makePlacement(bool stacked) {
  Placement placement;
  bool free[2] = {true, true};
  for (unsigned i = 0, e = stacked + below(3); i != e; ++i)
    placement.dims.push_back(makeSplit(free, stacked && i == 0));
  bool isBatched = placement.dims.size() > stacked && chance(20);
  if (isBatched) {
    DimSplit batch;
    batch.kind = DimSplit::Kind::Batch;
    batch.factors.push_back(1 + below(4));
    placement.dims[stacked] = batch;
  }
  placement.pad = static_cast<PadValue>(below(3));
  if (chance(50)) {
    placement.order.resize(placement.dims.size());
    std::iota(placement.order.begin(), placement.order.end(), 0);
    // A stacked dimension and a batch stay outermost.
    std::shuffle(placement.order.begin() + stacked + isBatched,
                 placement.order.end(), random);
  }
  return placement;
}

DataSource RandomProgram::makeSource() {
  DataSource source;
  source.name = makeText();
  if (options.tables && chance(50)) {
    source.table = RopeTable{chance(50), 1 + below(99), 1 + below(99),
                             10000.0 + below(1000) / 3.0};
    return source;
  }
  source.type = below(40);
  if (options.data && chance(50)) {
    source.file = inlineData;
    source.offset = below(program.data.size());
    source.bytes = below(program.data.size() - source.offset + 1);
    return source;
  }
  source.file = below(program.files.size());
  source.offset = uint64_t(random()) << below(30);
  source.bytes = uint64_t(random()) << below(30);
  return source;
}

/// A tensor and the object that holds it.
void RandomProgram::addTensor() {
  Tensor tensor;
  tensor.name = makeText();
  tensor.type = static_cast<ElementType>(below(numElementTypes));
  tensor.stacked = chance(30);
  tensor.placement = makePlacement(tensor.stacked);
  tensor.object = program.objects.size();
  unsigned rank = tensor.placement.dims.size() - tensor.stacked;
  if (chance(40)) {
    tensor.sourceOrder.resize(rank);
    std::iota(tensor.sourceOrder.begin(), tensor.sourceOrder.end(), 0);
    std::shuffle(tensor.sourceOrder.begin(), tensor.sourceOrder.end(), random);
  }
  if (chance(60))
    tensor.sources.resize(tensor.stacked ? tensor.placement.dims[0].getExtent()
                                         : 1);
  for (DataSource &source : tensor.sources)
    source = makeSource();
  uint32_t bytes = tensor.placement.getTileElements(program.mesh) *
                   getByteWidth(tensor.type);
  program.tensors.push_back(tensor);
  program.objects.push_back({makeText(), static_cast<Object::Kind>(below(4)),
                             address, bytes + below(8)});
  address = llvm::alignTo(address + program.objects.back().bytes, 4);
}

void RandomProgram::addObjects() {
  for (unsigned i = 0, e = below(4); i != e; ++i) {
    addTensor();
    // Tiles of random shapes are small, but the memory is so too.
    if (address > 24000)
      break;
  }
  // Scratch may overlap.
  program.objects.push_back({makeText(), Object::Kind::Scratch, address, 64});
  program.objects.push_back(
      {makeText(), Object::Kind::Scratch, address + 32, 64});
  program.objects.push_back(
      {makeText(), Object::Kind::Table, address + 96, 16});
  if (chance(50))
    program.objects.push_back(
        {makeText(), Object::Kind::Code, address + 112, 256});
}

//===----------------------------------------------------------------------===//
// Constants and routes
//===----------------------------------------------------------------------===//

void RandomProgram::addConstants() {
  for (unsigned i = 0, e = below(6); i != e; ++i) {
    const unsigned counts[] = {1, program.mesh.columns, program.mesh.rows,
                               program.mesh.getNumCores()};
    unsigned kind = below(4);
    Constant constant = {makeText(), static_cast<Constant::Kind>(kind), {}};
    for (unsigned j = 0; j != counts[kind]; ++j)
      constant.values.push_back(makeInteger());
    program.constants.push_back(constant);
  }
}

/// A message along a row or column, which some routers on the way drop off.
void RandomProgram::addRoute(std::vector<std::vector<Route>> &routers,
                             uint8_t colour) {
  bool alongX = chance(50);
  unsigned extent = alongX ? program.mesh.columns : program.mesh.rows;
  if (extent < 2)
    return;
  unsigned line = below(alongX ? program.mesh.rows : program.mesh.columns);
  unsigned begin = below(extent - 1);
  unsigned end = begin + 1 + below(extent - 1 - begin);
  bool up = chance(50);
  Port high = alongX ? Port::East : Port::South;
  Port out = up ? high : getOpposite(high);
  auto bit = [](Port port) {
    return uint8_t(1 << static_cast<unsigned>(port));
  };
  for (unsigned i = begin; i <= end; ++i) {
    bool isFirst = i == (up ? begin : end), isLast = i == (up ? end : begin);
    Route route = {colour, isFirst ? Port::Ramp : getOpposite(out), 0};
    if (!isLast)
      route.outputs |= bit(out);
    if (isLast || (!isFirst && chance(50)))
      route.outputs |= bit(Port::Ramp);
    routers[alongX ? line * program.mesh.columns + i
                   : i * program.mesh.columns + line]
        .push_back(route);
  }
}

RouteTable RandomProgram::makeRouteTable() {
  std::vector<std::vector<Route>> routers(program.mesh.getNumCores());
  for (unsigned colour = 0; colour != 5; ++colour)
    if (chance(50))
      addRoute(routers, static_cast<uint8_t>(colour));
  RouteTable table;
  if (chance(30))
    table.classes.emplace_back(); // used by chance only
  for (const std::vector<Route> &routes : routers) {
    auto it = std::find(table.classes.begin(), table.classes.end(), routes);
    table.classOf.push_back(static_cast<uint16_t>(it - table.classes.begin()));
    if (it == table.classes.end())
      table.classes.push_back(routes);
  }
  return table;
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

Operand RandomProgram::makeOperand() {
  if (!program.constants.empty() && chance(50))
    return getConstantOperand(below(program.constants.size()));
  return static_cast<Operand>(below(numRegisters));
}

void RandomProgram::fillScalar(Instruction &inst) {
  inst.dst = below(numRegisters);
  if (inst.opcode == Opcode::Ldc) {
    inst.a = makeOptional();
    inst.imm = makeInteger();
    return;
  }
  inst.a = makeOperand();
  inst.b = makeOptional();
  if (inst.b != noOperand)
    return;
  inst.flags = UseImmediate;
  inst.imm = makeInteger();
}

void RandomProgram::fillDescriptor(Instruction &inst) {
  inst.flags = below(numElementTypes);
  inst.dst = below(numDescriptors);
  inst.a = makeOptional();
  if (inst.opcode == Opcode::Dss) {
    if (inst.getType() != ElementType::I32 && chance(50))
      inst.flags |= ConvertInteger;
    if (inst.a == noOperand) {
      inst.flags |= UseImmediate;
      inst.imm = static_cast<int32_t>(random());
    }
    return;
  }
  inst.imm = makeInteger();
  if (inst.opcode == Opcode::Dsf)
    return;
  inst.b = makeOptional();
  inst.c = makeOptional();
  do
    inst.object = below(program.objects.size());
  while (program.objects[inst.object].kind == Object::Kind::Code);
}

void RandomProgram::fillVector(Instruction &inst) {
  inst.dst = below(numDescriptors);
  unsigned sources = getNumSources(inst.opcode);
  inst.a = below(numDescriptors);
  inst.b = sources >= 2 ? below(numDescriptors) : 0;
  inst.c = sources == 3 ? below(numDescriptors) : 0;
  inst.extent = makeOptional();
  inst.repeat = makeOptional();
  if (chance(40))
    inst.engine = below(program.machine.engines);
}

/// Any instruction but a loop.
Instruction RandomProgram::makeInstruction() {
  Instruction inst;
  do
    inst.opcode = static_cast<Opcode>(below(numOpcodes));
  while (inst.opcode == Opcode::Loop ||
         (inst.opcode == Opcode::Epoch && program.routeTables.empty()));
  inst.predicate = makeOptional();
  if (isVector(inst.opcode))
    fillVector(inst);
  else if (isDescriptor(inst.opcode))
    fillDescriptor(inst);
  else if (isScalar(inst.opcode))
    fillScalar(inst);
  else if (inst.opcode == Opcode::Wait)
    inst.engine = below(program.machine.engines);
  else if (inst.opcode == Opcode::Epoch)
    inst.imm = below(program.routeTables.size());
  return inst;
}

void RandomProgram::addInstructions(std::vector<Instruction> &code,
                                    unsigned count, unsigned depth) {
  for (unsigned i = 0; i != count; ++i) {
    if (depth == maxLoopDepth || !chance(25)) {
      code.push_back(makeInstruction());
      continue;
    }
    Instruction loop;
    loop.opcode = Opcode::Loop;
    loop.predicate = makeOptional();
    loop.a = makeOperand();
    size_t at = code.size();
    code.push_back(loop);
    addInstructions(code, 1 + below(3), depth + 1);
    code[at].imm = static_cast<int32_t>(code.size() - at - 1);
  }
}

void RandomProgram::addClasses() {
  for (unsigned i = 0, e = 1 + below(3); i != e; ++i) {
    CoreClass &cls = program.classes.emplace_back();
    cls.name = makeText();
    addInstructions(cls.code, below(20), 0);
    cls.code.emplace_back(); // halt
  }
  if (chance(50))
    program.classOf = makeNumbers<uint16_t>(program.mesh.getNumCores(),
                                            program.classes.size());
}

/// Texts of every kind, also twice or never used.
void RandomProgram::addLocations() {
  for (unsigned i = 0, e = below(8); i != e; ++i)
    program.locations.push_back(
        chance(50) ? llvm::formatv("{0}:{1}:{2}", makeText(), below(99),
                                   chance(90) ? below(99) : uint32_t(random()))
                         .str()
                   : makeText());
  if (program.locations.empty())
    return;
  for (CoreClass &cls : program.classes)
    if (chance(80))
      cls.locations =
          makeNumbers<uint32_t>(cls.code.size(), program.locations.size());
}

//===----------------------------------------------------------------------===//
// Launches, reports, the model
//===----------------------------------------------------------------------===//

void RandomProgram::addLaunch() {
  Launch launch;
  launch.name = makeText();
  launch.parameters = makeTexts(4);
  // The first and the last instruction are in no loop.
  for (const CoreClass &cls : program.classes)
    launch.entry.push_back(chance(50) ? 0 : cls.code.size() - 1);
  launch.routeTable = below(std::max<size_t>(1, program.routeTables.size()));
  uint32_t tensors = program.tensors.size();
  launch.inputs = makeNumbers<uint32_t>(below(3), tensors);
  launch.outputs = makeNumbers<uint32_t>(below(3), tensors);
  program.launches.push_back(launch);
}

void RandomProgram::addReports() {
  for (unsigned i = 0, e = below(3); i != e; ++i)
    program.channels.push_back({makeText(), makeText(),
                                makeNumbers<unsigned>(below(4), 24), below(9)});
  for (unsigned i = 0, e = below(3); i != e; ++i)
    program.operations.push_back({makeText(), makeText(),
                                  uint64_t(random()) << below(20), below(9),
                                  makeNumbers<unsigned>(below(4), 24)});
  for (const std::string &key : makeTexts(4))
    if (!key.empty())
      program.metadata[key] = makeText();
}

void RandomProgram::addModel() {
  ModelInfo &model = program.model.emplace();
  model.architecture = makeText();
  model.name = makeText();
  model.vocabSize = static_cast<uint32_t>(random());
  model.contextLength = below(4096);
  model.kvPlacement = static_cast<KVPlacement>(below(3));
  model.embeddingLength = below(4096);
  model.embedding = makeSource();
  model.tokenizerModel = makeText();
  model.tokens = makeTexts(9);
  for (size_t i = 0; i != model.tokens.size(); ++i) {
    model.scores.push_back(chance(90) ? -float(below(1000)) / 7 : -INFINITY);
    model.tokenTypes.push_back(makeInteger());
  }
  model.bosId = makeInteger();
  model.eosId = makeInteger();
  model.unknownId = makeInteger();
  model.addBos = chance(50);
  model.addEos = chance(50);
  model.addSpacePrefix = chance(50);
}

Program RandomProgram::make() {
  addMachine();
  // Sources without a file of their own need one all the same.
  program.files = makeTexts(3);
  program.files.push_back("/m.gguf");
  if (options.data)
    program.data.append(std::vector<char>(1 + below(100), 'd'));
  addObjects();
  addConstants();
  for (unsigned i = 0, e = below(3); i != e; ++i)
    program.routeTables.push_back(makeRouteTable());
  addClasses();
  addLocations();
  for (unsigned i = 0, e = below(3); i != e; ++i)
    addLaunch();
  addReports();
  if (chance(50))
    addModel();
  return std::move(program);
}
