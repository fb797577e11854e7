//===- Vectors.cpp - Selection of vector instructions -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every operation on buffers is a nest of loops over streams. One loop becomes
// the vector, one the instruction's repetition, the rest loops of the core.
//
//===----------------------------------------------------------------------===//

#include "Selector.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "plmr/Dialect/PLMR/Transforms/Budget.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace plmr;

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// Row-major strides of a static shape.
static SmallVector<int64_t, 4> getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t, 4> strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

LogicalResult Selector::selectView(Operation &op) {
  if (auto copy = dyn_cast<memref::CopyOp>(op)) {
    Nest nest;
    for (Value value : {copy.getTarget(), copy.getSource()}) {
      NestOperand operand;
      operand.tile = tiles.lookup(value);
      operand.type = operand.tile.type;
      operand.strides = operand.tile.strides;
      nest.operands.push_back(operand);
    }
    nest.sizes = nest.operands[0].tile.sizes;
    return emitNest(&op, std::move(nest));
  }
  auto type = op.getNumResults() == 1
                  ? dyn_cast<MemRefType>(op.getResult(0).getType())
                  : MemRefType();
  if (!type)
    return op.emitOpError("expected a view or an allocation");
  TileRef tile;
  if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
    if (alloc->use_empty())
      return success();
    auto address = alloc->getAttrOfType<IntegerAttr>(addressAttrName);
    if (!address)
      return op.emitOpError("expected an address; plmr-plan-memory sets it");
    tile.offset = address.getInt();
    tile.object = scratch.at(tile.offset);
    tile.strides = getStrides(type.getShape());
  } else if (auto ref = dyn_cast<mesh::RefOp>(op)) {
    tile.object = objects.lookup(ref.getObject());
    tile.offset = program.objects[tile.object].address;
    tile.strides = getStrides(type.getShape());
    if (ref.getIndex())
      tile.addend = compute(Opcode::SMul, getScalar(ref.getIndex()),
                            Scalar::get(type.getNumElements() *
                                        type.getElementTypeBitWidth() / 8));
  } else {
    tile = tiles.lookup(op.getOperand(0));
    int64_t width = getByteWidth(tile.type);
    SmallVector<int64_t, 4> strides = std::move(tile.strides);
    SmallVector<Scalar, 4> sizes = std::move(tile.sizes);
    tile.strides.clear();
    tile.sizes.clear();
    if (auto view = dyn_cast<memref::SubViewOp>(op)) {
      llvm::SmallBitVector dropped = view.getDroppedDims();
      for (auto [dim, offset] : llvm::enumerate(view.getMixedOffsets())) {
        Scalar bytes = compute(Opcode::SMul, getSize(offset),
                               Scalar::get(strides[dim] * width));
        if (std::optional<int32_t> constant = bytes.getUniform())
          tile.offset += *constant;
        else
          tile.addend =
              tile.addend ? compute(Opcode::SAdd, *tile.addend, bytes) : bytes;
        if (dropped.test(dim))
          continue;
        std::optional<int32_t> step =
            getSize(view.getMixedStrides()[dim]).getUniform();
        if (!step)
          return op.emitOpError("expected static strides");
        tile.strides.push_back(strides[dim] * *step);
        tile.sizes.push_back(getSize(view.getMixedSizes()[dim]));
      }
    } else if (auto expand = dyn_cast<memref::ExpandShapeOp>(op)) {
      for (auto [dim, group] :
           llvm::enumerate(expand.getReassociationIndices())) {
        if (group.size() == 1) {
          tile.strides.push_back(strides[dim]);
          tile.sizes.push_back(sizes[dim]);
          continue;
        }
        SmallVector<int64_t> shape;
        for (int64_t result : group)
          shape.push_back(type.getDimSize(result));
        if (llvm::is_contained(shape, ShapedType::kDynamic))
          return op.emitOpError("expected to split static dimensions");
        for (auto [size, stride] : llvm::zip(shape, getStrides(shape))) {
          tile.strides.push_back(stride * strides[dim]);
          tile.sizes.push_back(Scalar::get(size));
        }
      }
    } else if (auto collapse = dyn_cast<memref::CollapseShapeOp>(op)) {
      for (ArrayRef<int64_t> group : collapse.getReassociationIndices()) {
        Scalar size = sizes[group.front()];
        for (int64_t dim : group.drop_front())
          size = compute(Opcode::SMul, size, sizes[dim]);
        tile.strides.push_back(strides[group.back()]);
        tile.sizes.push_back(size);
      }
    } else if (isa<memref::CastOp>(op)) {
      tile.strides = std::move(strides);
      tile.sizes = std::move(sizes);
    } else {
      return op.emitOpError("expected a view or an allocation");
    }
    tiles[op.getResult(0)] = std::move(tile);
    return success();
  }
  tile.type = *mesh::getElementType(type.getElementType());
  for (int64_t size : type.getShape())
    tile.sizes.push_back(Scalar::get(size));
  tiles[op.getResult(0)] = std::move(tile);
  return success();
}

//===----------------------------------------------------------------------===//
// Loop nests
//===----------------------------------------------------------------------===//

Instruction Selector::makeDescriptor(const NestOperand &operand, int vectorLoop,
                                     int mapLoop,
                                     const std::optional<Scalar> &addend) {
  using Kind = NestOperand::Kind;
  Instruction result;
  result.flags = static_cast<uint8_t>(operand.type);
  switch (operand.kind) {
  case Kind::Immediate:
    result.opcode = Opcode::Dss;
    result.flags |= UseImmediate;
    result.a = noOperand;
    result.imm = llvm::bit_cast<int32_t>(operand.value);
    break;
  case Kind::Integer:
    result.opcode = Opcode::Dss;
    result.flags |= ConvertInteger;
    result.a = getOperand(operand.scalar);
    break;
  case Kind::FabricIn:
  case Kind::FabricOut:
    result.opcode = Opcode::Dsf;
    result.a = getOperand(operand.scalar);
    break;
  case Kind::Memory: {
    int64_t stride = vectorLoop < 0 ? 1 : operand.strides[vectorLoop];
    int64_t step = mapLoop < 0 ? 0 : operand.strides[mapLoop];
    result.opcode = Opcode::Dsm;
    result.a = addend ? getOperand(*addend) : Operand(0);
    result.b = stride == 1 ? noOperand : getOperand(Scalar::get(stride));
    result.c = step == 0 ? noOperand : getOperand(Scalar::get(step));
    result.object = static_cast<uint16_t>(operand.tile.object);
    result.imm = static_cast<int32_t>(operand.tile.offset);
    break;
  }
  }
  return result;
}

void Selector::forgetDescriptors(uint8_t reg) {
  for (std::optional<Instruction> &descriptor : held) {
    if (!descriptor)
      continue;
    bool isMemory = descriptor->opcode == Opcode::Dsm;
    if (descriptor->a == reg ||
        (isMemory && (descriptor->b == reg || descriptor->c == reg)))
      descriptor.reset();
  }
}

uint8_t Selector::getDescriptor(const NestOperand &operand, int vectorLoop,
                                int mapLoop,
                                const std::optional<Scalar> &addend) {
  Instruction wanted = makeDescriptor(operand, vectorLoop, mapLoop, addend);
  auto found = llvm::find(held, wanted);
  unsigned number = found - held.begin();
  if (found == held.end()) {
    // The one that nobody used for longest.
    number = llvm::min_element(lastUse) - lastUse.begin();
    held[number] = wanted;
    Instruction &setUp = emit(wanted.opcode);
    setUp = wanted;
    setUp.dst = static_cast<uint8_t>(number);
  }
  lastUse[number] = ++uses;
  return static_cast<uint8_t>(number);
}

void Selector::emitVector(const Nest &nest, int vectorLoop, int mapLoop,
                          ArrayRef<std::optional<Scalar>> addends) {
  SmallVector<uint8_t> descriptors;
  for (auto [operand, addend] : llvm::zip(nest.operands, addends))
    descriptors.push_back(getDescriptor(operand, vectorLoop, mapLoop, addend));
  Operand extent = vectorLoop < 0 ? getOperand(Scalar::get(1))
                                  : getOperand(nest.sizes[vectorLoop]);
  Operand repeat = mapLoop < 0 ? noOperand : getOperand(nest.sizes[mapLoop]);
  Operand predicate =
      nest.predicate.getUniform() == 1 ? noOperand : getOperand(nest.predicate);
  Instruction &vector = emit(nest.opcode);
  vector.dst = descriptors[0];
  uint8_t *sources[] = {&vector.a, &vector.b, &vector.c};
  for (size_t i = 1; i != descriptors.size(); ++i)
    *sources[i - 1] = descriptors[i];
  vector.extent = extent;
  vector.repeat = repeat;
  vector.engine = nest.engine;
  vector.predicate = predicate;
}

LogicalResult Selector::emitNest(Operation *op, Nest nest) {
  nest.predicate = compute(Opcode::SMul, condition, nest.predicate);
  if (nest.predicate.getUniform() == 0)
    return success();
  uint64_t scope = taken;
  // Loops of one iteration are none; neighbours that all operands run through
  // in one stride are one.
  for (int loop = static_cast<int>(nest.sizes.size()) - 1; loop >= 0; --loop) {
    auto erase = [&](int which) {
      nest.sizes.erase(nest.sizes.begin() + which);
      for (NestOperand &operand : nest.operands)
        if (!operand.strides.empty())
          operand.strides.erase(operand.strides.begin() + which);
    };
    std::optional<int32_t> size = nest.sizes[loop].getUniform();
    if (size == 1) {
      erase(loop);
      continue;
    }
    if (loop + 1 >= static_cast<int>(nest.sizes.size()) || !size)
      continue;
    std::optional<int32_t> inner = nest.sizes[loop + 1].getUniform();
    bool merges =
        inner && llvm::all_of(nest.operands, [&](NestOperand &operand) {
          return operand.strides.empty() ||
                 operand.strides[loop] == operand.strides[loop + 1] * *inner;
        });
    if (!merges)
      continue;
    nest.sizes[loop + 1] = Scalar::get(int64_t(*size) * *inner);
    erase(loop);
  }

  bool onFabric = llvm::any_of(nest.operands, [](const NestOperand &operand) {
    return operand.kind == NestOperand::Kind::FabricIn ||
           operand.kind == NestOperand::Kind::FabricOut;
  });
  int loops = static_cast<int>(nest.sizes.size());
  int vectorLoop = -1, mapLoop = -1;
  if (onFabric) {
    // A message runs in memory order.
    if (loops > 2)
      return op->emitOpError("expected a message of at most two dimensions");
    vectorLoop = loops - 1;
    mapLoop = loops - 2;
  } else {
    auto countUnitStrides = [&](int loop) {
      return llvm::count_if(nest.operands, [&](const NestOperand &operand) {
        return !operand.strides.empty() && operand.strides[loop] == 1;
      });
    };
    for (int loop = 0; loop < loops; ++loop)
      if (vectorLoop < 0 ||
          countUnitStrides(loop) >= countUnitStrides(vectorLoop))
        vectorLoop = loop;
    auto getWeight = [&](int loop) {
      return nest.sizes[loop].getUniform().value_or(
          std::numeric_limits<int32_t>::max());
    };
    for (int loop = 0; loop < loops; ++loop)
      if (loop != vectorLoop &&
          (mapLoop < 0 || getWeight(loop) > getWeight(mapLoop)))
        mapLoop = loop;
  }

  // The remaining loops advance a register for each operand that they move.
  SmallVector<std::optional<Scalar>> addends;
  for (NestOperand &operand : nest.operands)
    addends.push_back(operand.tile.addend);
  SmallVector<int> outer;
  for (int loop = 0; loop < loops; ++loop)
    if (loop != vectorLoop && loop != mapLoop)
      outer.push_back(loop);
  struct Level {
    size_t instruction;
    SmallVector<std::pair<uint8_t, int64_t>> advances;
  };
  SmallVector<Level> levels;
  for (int loop : outer) {
    Level level;
    for (auto [i, operand] : llvm::enumerate(nest.operands)) {
      if (operand.strides.empty() || operand.strides[loop] == 0)
        continue;
      uint8_t reg = allocateRegister();
      emitScalar(Opcode::SAdd, reg, addends[i].value_or(Scalar::get(0)),
                 Scalar::get(0));
      addends[i] = Scalar::inRegister(reg);
      level.advances.push_back(
          {reg, operand.strides[loop] * getByteWidth(operand.type)});
    }
    Operand count = getOperand(nest.sizes[loop]);
    level.instruction = code.size();
    emit(Opcode::Loop).a = count;
    forgetDescriptors();
    levels.push_back(std::move(level));
  }
  emitVector(nest, vectorLoop, mapLoop, addends);
  for (Level &level : llvm::reverse(levels)) {
    for (auto [reg, bytes] : level.advances)
      emitScalar(Opcode::SAdd, reg, Scalar::inRegister(reg),
                 Scalar::get(bytes));
    code[level.instruction].imm =
        static_cast<int32_t>(code.size() - level.instruction - 1);
    forgetDescriptors();
  }
  taken = scope;
  return success();
}

//===----------------------------------------------------------------------===//
// linalg
//===----------------------------------------------------------------------===//

static std::optional<Opcode> getVectorOpcode(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<Opcode>>(op)
      .Case<arith::AddFOp>([](auto) { return Opcode::Add; })
      .Case<arith::SubFOp>([](auto) { return Opcode::Sub; })
      .Case<arith::MulFOp, arith::NegFOp>([](auto) { return Opcode::Mul; })
      .Case<arith::DivFOp>([](auto) { return Opcode::Div; })
      .Case<arith::MaximumFOp>([](auto) { return Opcode::Max; })
      .Case<math::ExpOp>([](auto) { return Opcode::Exp; })
      .Case<math::RsqrtOp>([](auto) { return Opcode::Rsqrt; })
      .Case<arith::SelectOp>([](auto) { return Opcode::Sel; })
      .Default([](auto) { return std::nullopt; });
}

LogicalResult Selector::selectLinalg(linalg::LinalgOp op) {
  Block &body = op->getRegion(0).front();
  unsigned loops = op.getNumLoops();
  Nest nest;
  nest.sizes.assign(loops, Scalar::get(1));

  // Each region argument is a stream, or a scalar operand's value.
  SmallVector<NestOperand, 4> arguments;
  for (OpOperand &operand : op->getOpOperands()) {
    NestOperand stream;
    Value value = operand.get();
    if (auto type = dyn_cast<MemRefType>(value.getType())) {
      stream.tile = tiles.lookup(value);
      stream.type = stream.tile.type;
      stream.strides.assign(loops, 0);
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
        auto loop = dyn_cast<AffineDimExpr>(expr);
        if (!loop)
          return op->emitOpError("expected indexing maps of plain loops");
        stream.strides[loop.getPosition()] += stream.tile.strides[dim];
        nest.sizes[loop.getPosition()] = stream.tile.sizes[dim];
      }
    } else {
      FloatAttr constant;
      if (!matchPattern(value, m_Constant(&constant)))
        return op->emitOpError("expected buffers and constants");
      stream.kind = NestOperand::Kind::Immediate;
      stream.value = static_cast<float>(constant.getValueAsDouble());
    }
    arguments.push_back(std::move(stream));
  }
  NestOperand destination = arguments.back();
  nest.operands.push_back(destination);

  // A value of the body as a source stream; widening is the stream's.
  auto getSource = [&](Value value) -> FailureOr<NestOperand> {
    while (auto cast = value.getDefiningOp<arith::ExtFOp>())
      value = cast.getIn();
    if (auto argument = dyn_cast<BlockArgument>(value))
      if (argument.getOwner() == &body)
        return arguments[argument.getArgNumber()];
    FloatAttr constant;
    NestOperand source;
    if (matchPattern(value, m_Constant(&constant))) {
      source.kind = NestOperand::Kind::Immediate;
      source.value = static_cast<float>(constant.getValueAsDouble());
      return source;
    }
    if (value.getType().isInteger(1)) {
      source.kind = NestOperand::Kind::Integer;
      source.scalar = getScalar(value);
      return source;
    }
    return failure();
  };
  auto addSource = [&](Value value) -> LogicalResult {
    FailureOr<NestOperand> source = getSource(value);
    if (failed(source))
      return op->emitOpError("expected one operation or a product and a sum "
                             "in the body");
    nest.operands.push_back(*source);
    return success();
  };

  Value result = body.getTerminator()->getOperand(0);
  while (auto cast = result.getDefiningOp<arith::TruncFOp>())
    result = cast.getIn();
  Operation *producer = result.getDefiningOp();
  bool isMove = !producer || producer->getBlock() != &body ||
                isa<arith::ConstantOp, arith::ExtFOp>(producer);
  if (isMove) {
    if (failed(addSource(result)))
      return failure();
    return emitNest(op, std::move(nest));
  }
  std::optional<Opcode> opcode = getVectorOpcode(producer);
  if (!opcode)
    return op->emitOpError("expected an operation that cores have: addf, subf, "
                           "mulf, divf, negf, maximumf, exp, rsqrt or select, "
                           "but got ")
           << producer->getName();
  nest.opcode = *opcode;
  if (isa<arith::AddFOp>(producer))
    for (unsigned side : {0, 1}) {
      auto product = producer->getOperand(side).getDefiningOp<arith::MulFOp>();
      if (!product || product->getBlock() != &body)
        continue;
      nest.opcode = Opcode::Fma;
      if (failed(addSource(product.getLhs())) ||
          failed(addSource(product.getRhs())) ||
          failed(addSource(producer->getOperand(1 - side))))
        return failure();
      return emitNest(op, std::move(nest));
    }
  if (auto select = dyn_cast<arith::SelectOp>(producer)) {
    if (failed(addSource(select.getTrueValue())) ||
        failed(addSource(select.getFalseValue())) ||
        failed(addSource(select.getCondition())))
      return failure();
    return emitNest(op, std::move(nest));
  }
  for (Value operand : producer->getOperands())
    if (failed(addSource(operand)))
      return failure();
  if (isa<arith::NegFOp>(producer)) {
    NestOperand minusOne;
    minusOne.kind = NestOperand::Kind::Immediate;
    minusOne.value = -1;
    nest.operands.push_back(minusOne);
  }
  return emitNest(op, std::move(nest));
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

const Selector::ChannelTables &Selector::getChannel(FlatSymbolRefAttr name) {
  auto [entry, isNew] = channels.try_emplace(name.getValue().str());
  ChannelTables &tables = entry->second;
  if (!isNew)
    return tables;
  auto channel = cast<mesh::ChannelOp>(
      SymbolTable::lookupSymbolIn(module, name.getAttr()));
  Relation relation = channel.getRelation().getRelation();
  ArrayRef<int32_t> colours = *channel.getColours();
  auto roles = relation.getRoles(
      mesh::lookupMesh(channel).getShape().getExtent(relation.axis));
  // Cores outside of the launch's mesh have none.
  roles.resize(mesh.getExtent(relation.axis));
  auto makeTable = [&](llvm::function_ref<int32_t(const LineRole &)> fn) {
    CoordinateTable table{relation.axis == Axis::X ? Constant::Kind::ByColumn
                                                   : Constant::Kind::ByRow,
                          {}};
    for (const LineRole &role : roles)
      table.values.push_back(fn(role));
    return combine(Opcode::SAdd, table, CoordinateTable(), mesh);
  };
  auto colourOf = [&](int flow) { return flow < 0 ? 0 : colours[flow]; };
  tables.send = makeTable([&](auto &role) { return colourOf(role.sends); });
  tables.receive = makeTable([&](auto &r) { return colourOf(r.receives); });
  tables.sends = makeTable([](auto &role) { return role.sends >= 0; });
  tables.receives = makeTable([](auto &role) { return role.receives >= 0; });
  for (size_t i = 0; i != roles.front().collects.size(); ++i) {
    auto getFlow = [i](const LineRole &role) {
      return i < role.collects.size() ? role.collects[i] : -1;
    };
    tables.collect.push_back(
        makeTable([&](auto &role) { return colourOf(getFlow(role)); }));
    tables.collects.push_back(
        makeTable([&](auto &role) { return getFlow(role) >= 0; }));
  }
  return tables;
}

static LogicalResult refuseTransfer(Operation &op, const Machine &machine,
                                    unsigned need) {
  InFlightDiagnostic diag = op.emitOpError("expected at most ")
                            << machine.engines
                            << " transfers at a time, the engines of a core of "
                            << machine.name << "; a single core needs none";
  if (std::optional<Machine> device =
          findRoomierDevice(need, [](const Machine &m) { return m.engines; }))
    diag << ", and the device '" << device->name << "' has " << device->engines;
  setBudget(diag, Budget::Routes);
  return diag;
}

LogicalResult Selector::selectMessage(Operation &op) {
  Nest nest;
  auto setPredicate = [&](Value predicate) {
    if (predicate)
      nest.predicate = getScalar(predicate);
  };
  if (auto wait = dyn_cast<mesh::WaitOp>(op)) {
    setPredicate(wait.getPredicate());
    // The engine is free also where its transfer never takes place.
    uint8_t engine = engines.lookup(wait.getToken());
    liveEngines &= ~(1u << engine);
    Scalar predicate = compute(Opcode::SMul, condition, nest.predicate);
    if (predicate.getUniform() == 0)
      return success();
    Operand operand =
        predicate.getUniform() == 1 ? noOperand : getOperand(predicate);
    Instruction &instruction = emit(Opcode::Wait);
    instruction.engine = engine;
    instruction.predicate = operand;
    return success();
  }
  NestOperand buffer;
  buffer.tile = tiles.lookup(op.getOperand(0));
  buffer.type = buffer.tile.type;
  buffer.strides = buffer.tile.strides;
  nest.sizes = buffer.tile.sizes;
  auto makeFabric = [&](NestOperand::Kind kind, const CoordinateTable &colour) {
    NestOperand fabric;
    fabric.kind = kind;
    fabric.type = buffer.type;
    fabric.scalar.table = colour;
    return fabric;
  };
  auto makeInput = [&](FlatSymbolRefAttr name) {
    return makeFabric(NestOperand::Kind::FabricIn, getChannel(name).receive);
  };
  auto makeOutput = [&](FlatSymbolRefAttr name) {
    return makeFabric(NestOperand::Kind::FabricOut, getChannel(name).send);
  };
  auto getOpcode = [](mesh::Reducer reducer) {
    return reducer == mesh::Reducer::Sum ? Opcode::Add : Opcode::Max;
  };
  Value token;
  if (auto send = dyn_cast<mesh::SendOp>(op)) {
    setPredicate(send.getPredicate());
    token = send.getToken();
    nest.operands = {makeOutput(send.getChannelAttr()), buffer};
  } else if (auto recv = dyn_cast<mesh::RecvOp>(op)) {
    setPredicate(recv.getPredicate());
    token = recv.getToken();
    nest.operands = {buffer, makeInput(recv.getChannelAttr())};
  } else if (auto reduce = dyn_cast<mesh::RecvReduceOp>(op)) {
    setPredicate(reduce.getPredicate());
    nest.opcode = getOpcode(reduce.getReducer());
    const ChannelTables &channel = getChannel(reduce.getChannelAttr());
    std::optional<uint64_t> child = reduce.getChild();
    if (child && *child >= channel.collect.size())
      return success(); // no core has as many children
    nest.operands = {
        buffer, buffer,
        makeFabric(NestOperand::Kind::FabricIn,
                   child ? channel.collect[*child] : channel.receive)};
  } else {
    auto forward = cast<mesh::ForwardReduceOp>(op);
    setPredicate(forward.getPredicate());
    nest.opcode = getOpcode(forward.getReducer());
    nest.operands = {makeOutput(forward.getChannelAttr()), buffer,
                     makeInput(forward.getChannelAttr())};
  }
  if (token) {
    uint8_t engine = 0;
    while (liveEngines >> engine & 1)
      ++engine;
    if (engine >= program.machine.engines)
      return refuseTransfer(op, program.machine, engine + 1);
    liveEngines |= 1u << engine;
    engines[token] = engine;
    nest.engine = engine;
  }
  return emitNest(&op, std::move(nest));
}
