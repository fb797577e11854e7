//===- Selector.cpp - Selection of scalars and control flow -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Selector.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "plmr/Target/Program/Program.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plmr;

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Instruction &Selector::emit(Opcode opcode) {
  std::string text = printLocation(current);
  auto [entry, isNew] = locationIds.try_emplace(text, program.locations.size());
  if (isNew)
    program.locations.push_back(text);
  locations.push_back(entry->second);
  Instruction &instruction = code.emplace_back();
  instruction.opcode = opcode;
  return instruction;
}

Operand Selector::getConstant(const CoordinateTable &table, StringRef name) {
  if (table == CoordinateTable())
    return 0; // R0
  auto [entry, isNew] = constants.try_emplace({table.kind, table.values},
                                              program.constants.size());
  unsigned index = entry->second;
  if (isNew)
    program.constants.push_back({name.str(), table.kind, table.values});
  if (index < numDirectConstants)
    return getConstantOperand(index);
  uint8_t reg = allocateRegister();
  forgetDescriptors(reg);
  Instruction &load = emit(Opcode::Ldc);
  load.dst = reg;
  load.imm = static_cast<int32_t>(index);
  return reg;
}

Operand Selector::getOperand(const Scalar &scalar) {
  return scalar.isTable ? getConstant(scalar.table) : scalar.reg;
}

uint8_t Selector::allocateRegister() {
  auto reg = static_cast<unsigned>(llvm::countr_one(taken));
  if (reg == numRegisters) {
    outOfRegisters = true;
    return numRegisters - 1;
  }
  taken |= uint64_t(1) << reg;
  return static_cast<uint8_t>(reg);
}

void Selector::emitScalar(Opcode opcode, uint8_t dst, const Scalar &a,
                          const Scalar &b) {
  Operand first = getOperand(a);
  std::optional<int32_t> immediate = b.getUniform();
  Operand second = immediate ? noOperand : getOperand(b);
  forgetDescriptors(dst);
  Instruction &scalar = emit(opcode);
  scalar.dst = dst;
  scalar.a = first;
  scalar.b = second;
  if (immediate) {
    scalar.flags = UseImmediate;
    scalar.imm = *immediate;
  }
}

Scalar Selector::compute(Opcode opcode, const Scalar &a, const Scalar &b) {
  if (a.isTable && b.isTable) {
    Scalar result;
    result.table = combine(opcode, a.table, b.table, mesh);
    return result;
  }
  auto isNeutral = [&](const Scalar &operand, bool isRight) {
    return ((opcode == Opcode::SAdd || (isRight && opcode == Opcode::SSub)) &&
            operand.getUniform() == 0) ||
           ((opcode == Opcode::SMul || (isRight && opcode == Opcode::SDiv)) &&
            operand.getUniform() == 1);
  };
  if (isNeutral(b, /*isRight=*/true))
    return a;
  if (isNeutral(a, /*isRight=*/false))
    return b;
  uint8_t reg = allocateRegister();
  emitScalar(opcode, reg, a, b);
  return Scalar::inRegister(reg);
}

Scalar Selector::getScalar(Value value) {
  auto found = scalars.find(value);
  return found == scalars.end() ? Scalar::get(0) : found->second;
}

Scalar Selector::getSize(OpFoldResult size) {
  if (auto attr = dyn_cast<Attribute>(size))
    return Scalar::get(cast<IntegerAttr>(attr).getInt());
  return getScalar(cast<Value>(size));
}

LogicalResult Selector::selectArithmetic(Operation &op) {
  auto operand = [&](unsigned i) { return getScalar(op.getOperand(i)); };
  Scalar result;
  std::optional<Opcode> opcode =
      llvm::TypeSwitch<Operation *, std::optional<Opcode>>(&op)
          .Case<arith::AddIOp>([](auto) { return Opcode::SAdd; })
          .Case<arith::SubIOp>([](auto) { return Opcode::SSub; })
          .Case<arith::MulIOp, arith::AndIOp>([](auto) { return Opcode::SMul; })
          .Case<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp>(
              [](auto) { return Opcode::SDiv; })
          .Case<arith::RemUIOp, arith::RemSIOp>(
              [](auto) { return Opcode::SRem; })
          .Case<arith::MinUIOp, arith::MinSIOp>(
              [](auto) { return Opcode::SMin; })
          .Case<arith::MaxUIOp, arith::MaxSIOp, arith::OrIOp>(
              [](auto) { return Opcode::SMax; })
          .Default([](auto) { return std::nullopt; });
  if (opcode) {
    result = compute(*opcode, operand(0), operand(1));
  } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto integer = dyn_cast<IntegerAttr>(constant.getValue());
    if (!integer)
      return success(); // a float: read where it is used
    result = Scalar::get(integer.getType().isInteger(1)
                             ? integer.getValue().getBoolValue()
                             : integer.getInt());
  } else if (auto invert = dyn_cast<arith::XOrIOp>(op)) {
    if (operand(1).getUniform() != 1)
      return op.emitOpError("expected the second operand to be true");
    result = compute(Opcode::SSub, Scalar::get(1), operand(0));
  } else if (auto select = dyn_cast<arith::SelectOp>(op)) {
    if (!isa<IndexType, IntegerType>(select.getType()))
      return op.emitOpError("expected index or integer operands");
    // b + condition * (a - b)
    result = compute(Opcode::SAdd,
                     compute(Opcode::SMul,
                             compute(Opcode::SSub, operand(1), operand(2)),
                             operand(0)),
                     operand(2));
  } else if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    using P = arith::CmpIPredicate;
    Scalar a = operand(0), b = operand(1);
    switch (compare.getPredicate()) {
    case P::eq:
      result = compute(Opcode::SEq, a, b);
      break;
    case P::ne:
      result =
          compute(Opcode::SSub, Scalar::get(1), compute(Opcode::SEq, a, b));
      break;
    case P::ult:
    case P::slt:
      result = compute(Opcode::SLt, a, b);
      break;
    case P::ule:
    case P::sle:
      result = compute(Opcode::SLe, a, b);
      break;
    case P::ugt:
    case P::sgt:
      result = compute(Opcode::SLt, b, a);
      break;
    case P::uge:
    case P::sge:
      result = compute(Opcode::SLe, b, a);
      break;
    }
  } else if (isa<arith::IndexCastUIOp, arith::IndexCastOp>(op)) {
    result = operand(0);
  } else {
    return op.emitOpError("expected integer arithmetic that a core has "
                          "instructions for");
  }
  scalars[op.getResult(0)] = result;
  return success();
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

LogicalResult Selector::selectLoop(scf::ForOp op) {
  Scalar lower = getScalar(op.getLowerBound());
  Scalar upper = getScalar(op.getUpperBound());
  if (getScalar(op.getStep()).getUniform() != 1)
    return op.emitOpError("expected step 1");
  for (Value init : op.getInitArgs())
    if (!init.getType().isIntOrIndex())
      return op.emitOpError("expected loop-carried values that are scalars of "
                            "registers but got ")
             << init.getType();
  Scalar count = compute(Opcode::SSub, upper, lower);
  // A loop is not predicated: where the condition fails it runs 0 times.
  if (condition.getUniform() != 1)
    count = compute(Opcode::SMul, count, condition);
  auto move = [&](uint8_t reg, const Scalar &value) {
    emitScalar(Opcode::SAdd, reg, value, Scalar::get(0));
  };
  std::optional<uint8_t> induction;
  if (!op.getInductionVar().use_empty()) {
    induction = allocateRegister();
    move(*induction, lower);
    scalars[op.getInductionVar()] = Scalar::inRegister(*induction);
  }
  SmallVector<uint8_t> carried;
  for (auto [argument, init] :
       llvm::zip(op.getRegionIterArgs(), op.getInitArgs())) {
    carried.push_back(allocateRegister());
    move(carried.back(), getScalar(init));
    scalars[argument] = Scalar::inRegister(carried.back());
  }
  Operand countOperand = getOperand(count);
  size_t loop = code.size();
  emit(Opcode::Loop).a = countOperand;
  forgetDescriptors();

  uint64_t scope = taken;
  Scalar outer = condition;
  condition = Scalar::get(1);
  if (failed(selectBlock(*op.getBody())))
    return failure();
  condition = outer;
  // New values that are others' old ones are read before these change.
  auto yield = cast<scf::YieldOp>(op.getBody()->getTerminator());
  SmallVector<Scalar> next;
  for (Value value : yield.getOperands())
    taken |= getRegisters(value);
  for (auto [reg, value] : llvm::zip(carried, yield.getOperands())) {
    next.push_back(getScalar(value));
    bool isOld = !next.back().isTable && next.back().reg != reg &&
                 llvm::is_contained(carried, next.back().reg);
    if (!isOld)
      continue;
    uint8_t copy = allocateRegister();
    move(copy, next.back());
    next.back() = Scalar::inRegister(copy);
  }
  for (auto [reg, value] : llvm::zip(carried, next))
    if (value.isTable || value.reg != reg)
      move(reg, value);
  if (induction)
    emitScalar(Opcode::SAdd, *induction, Scalar::inRegister(*induction),
               Scalar::get(1));
  taken = scope;
  forgetDescriptors();
  code[loop].imm = static_cast<int32_t>(code.size() - loop - 1);
  for (auto [result, reg] : llvm::zip(op.getResults(), carried))
    scalars[result] = Scalar::inRegister(reg);
  return success();
}

LogicalResult Selector::selectIf(scf::IfOp op) {
  if (op.getNumResults() != 0 || !op.getElseRegion().empty())
    return op.emitOpError("expected no results and no else branch");
  Scalar outer = condition;
  condition = compute(Opcode::SMul, condition, getScalar(op.getCondition()));
  if (condition.getUniform() != 0 &&
      failed(selectBlock(op.getThenRegion().front())))
    return failure();
  condition = outer;
  return success();
}

uint64_t Selector::getRegisters(Value value) const {
  uint64_t registers = 0;
  auto add = [&](const Scalar &scalar) {
    if (!scalar.isTable)
      registers |= uint64_t(1) << scalar.reg;
  };
  if (auto scalar = scalars.find(value); scalar != scalars.end())
    add(scalar->second);
  if (auto tile = tiles.find(value); tile != tiles.end()) {
    if (tile->second.addend)
      add(*tile->second.addend);
    llvm::for_each(tile->second.sizes, add);
  }
  return registers;
}

/// The last operation of `block` that uses `value`, by itself or inside.
static Operation *getLastUser(Value value, Block &block) {
  Operation *last = nullptr;
  for (Operation *user : value.getUsers()) {
    Operation *ancestor = block.findAncestorOpInBlock(*user);
    if (!last || last->isBeforeInBlock(ancestor))
      last = ancestor;
  }
  return last;
}

LogicalResult Selector::selectBlock(Block &block) {
  struct Live {
    uint64_t registers;
    Operation *lastUser;
  };
  SmallVector<Live> live;
  uint64_t outer = taken;
  for (Operation &op : block) {
    current = op.getLoc();
    if (failed(select(op)))
      return failure();
    if (outOfRegisters)
      return op.emitOpError("expected at most ")
             << numRegisters - 1 << " scalars in registers at a time";
    for (Value result : op.getResults())
      if (uint64_t registers = getRegisters(result))
        if (Operation *last = getLastUser(result, block))
          live.push_back({registers, last});
    llvm::erase_if(live,
                   [&](const Live &entry) { return entry.lastUser == &op; });
    taken = outer;
    for (const Live &entry : live)
      taken |= entry.registers;
  }
  return success();
}

LogicalResult Selector::select(Operation &op) {
  if (isa<scf::YieldOp, func::ReturnOp>(op))
    return success();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return selectLoop(loop);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return selectIf(branch);
  if (auto coord = dyn_cast<mesh::CoordOp>(op)) {
    bool isX = coord.getAxis() == mesh::MeshAxis::X;
    CoordinateTable table{
        isX ? Constant::Kind::ByColumn : Constant::Kind::ByRow, {}};
    for (unsigned i = 0; i != (isX ? mesh.columns : mesh.rows); ++i)
      table.values.push_back(static_cast<int32_t>(i));
    Scalar scalar;
    // One core of an axis needs no table.
    scalar.table = table.values.size() == 1 ? CoordinateTable() : table;
    scalars[coord] = scalar;
    return success();
  }
  if (auto role = dyn_cast<mesh::RoleOp>(op)) {
    const ChannelTables &channel = getChannel(role.getChannelAttr());
    Scalar scalar;
    switch (role.getRole()) {
    case mesh::Role::Sends:
      scalar.table = channel.sends;
      break;
    case mesh::Role::Receives:
      scalar.table = channel.receives;
      break;
    case mesh::Role::Collects:
      // Nobody has more children than the tree's busiest core.
      if (size_t child = *role.getChild(); child < channel.collects.size())
        scalar.table = channel.collects[child];
      break;
    }
    scalars[role] = scalar;
    return success();
  }
  if (isa<arith::ArithDialect>(op.getDialect()))
    return selectArithmetic(op);
  if (auto epoch = dyn_cast<mesh::EpochOp>(op))
    return selectEpoch(epoch);
  if (isa<mesh::SendOp, mesh::RecvOp, mesh::RecvReduceOp, mesh::ForwardReduceOp,
          mesh::WaitOp>(op))
    return selectMessage(op);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return selectLinalg(linalgOp);
  if (isa<mesh::RefOp>(op) || isa<memref::MemRefDialect>(op.getDialect()))
    return selectView(op);
  return op.emitOpError("expected an operation of the tile level");
}
