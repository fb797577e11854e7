//===- ExpandProducts.cpp - Matrix products as messages -------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expander.h"
#include <numeric>

using namespace mlir;
using namespace plmr;
using plmr::mesh::MeshAxis;
using plmr::mesh::RelationKind;

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

Value Expander::doubleBuffer(Location loc, ArrayRef<int64_t> shape,
                             Type element) {
  SmallVector<int64_t> both = {2};
  llvm::append_range(both, shape);
  return memref::AllocOp::create(b, loc, MemRefType::get(both, element));
}

Value Expander::startTravel(Location loc, const Line &line, Value tile,
                            llvm::function_ref<Value(Value)> part) {
  if (!line.moves)
    return tile;
  auto type = cast<MemRefType>(tile.getType());
  Value buffers = doubleBuffer(loc, type.getShape(), type.getElementType());
  memref::CopyOp::create(b, loc, part(tile), part(half(loc, buffers, attr(0))));
  return buffers;
}

void Expander::fill(Location loc, Value buffer, double value) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  Value constant =
      arith::ConstantOp::create(b, loc, b.getFloatAttr(element, value));
  linalg::FillOp::create(b, loc, constant, buffer);
}

int64_t Expander::getCommonFactor(int64_t extent) const {
  return std::gcd(static_cast<int64_t>(mesh.columns) * mesh.rows, extent);
}

Value Expander::getElement(const Scalars &s, Value unit, int64_t extent) const {
  int64_t factor = getCommonFactor(extent);
  int64_t units = static_cast<int64_t>(mesh.columns) * mesh.rows;
  return s.div(s.mul(unit, s.index(extent / factor)), s.index(units / factor));
}

LogicalResult Expander::checkUnits(Operation *op, int64_t columns,
                                   int64_t extent, int64_t factor) {
  if (columns * mesh.rows * (extent / factor) <=
      std::numeric_limits<int32_t>::max())
    return success();
  InFlightDiagnostic diag =
      op->emitOpError("expected columns * rows * extent to fit in 31 bits "
                      "but got ")
      << columns << " * " << mesh.rows << " * " << extent;
  setBudget(diag, Budget::Routes);
  return diag;
}

/// What walks along x needs a tile for what comes in.
LogicalResult Expander::checkTiles(Operation *op, Value result,
                                   int64_t segments) {
  Segments lines{mesh.columns, static_cast<unsigned>(segments)};
  auto type = cast<MemRefType>(result.getType());
  if (lines.getMaxWidth() == 1 || type.getDimSize(0) == 2)
    return success();
  return op->emitOpError("expected two tiles for a result that walks along ")
         << mesh.columns << " columns but got " << type;
}

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

void Expander::exchange(Location loc, const Line &line, Value out, Value in,
                        Value predicate, Transfers &transfers) {
  StringRef ring =
      getChannel(loc, line.isCycle ? RelationKind::Cycle : RelationKind::Ring,
                 line.axis, line.segments);
  transfers.push_back({startSend(loc, out, ring, predicate), predicate});
  transfers.push_back({startRecv(loc, in, ring, predicate), predicate});
}

void Expander::waitFor(Location loc, ArrayRef<Transfer> transfers) {
  for (auto [token, predicate] : transfers)
    mesh::WaitOp::create(b, loc, token, predicate);
}

Value Expander::rotate(Location loc, const Rotation &rotation) {
  Scalars s(b, loc);
  Value zero = s.index(0), one = s.index(1);
  const Line &line = rotation.line;
  Value buffers = rotation.buffers;
  auto loop = scf::ForOp::create(
      b, loc, zero, rotation.steps, one,
      ValueRange{rotation.block, rotation.current ? rotation.current : zero});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value block = loop.getRegionIterArgs()[0];
  Value current = loop.getRegionIterArgs()[1];
  Value next = s.rem(s.add(block, one), line.extent);
  Value other = s.sub(one, current);
  Value moves = s.truth(true);
  if (rotation.visit)
    moves = s.less(s.add(loop.getInductionVar(), one), rotation.steps);
  Transfers transfers;
  exchange(loc, line, rotation.part(half(loc, buffers, current), block),
           rotation.part(half(loc, buffers, other), next), moves, transfers);
  if (rotation.visit)
    rotation.visit(half(loc, buffers, current), block);
  waitFor(loc, transfers);
  scf::YieldOp::create(b, loc, ValueRange{next, other});
  return loop.getResult(1);
}

//===----------------------------------------------------------------------===//
// The staircase
//===----------------------------------------------------------------------===//

/// A core's place among those that pass blocks on.
static Value getPosition(const Scalars &s, const MeshLine &line) {
  return line.isCycle ? line.local : s.ringPosition(line.local, line.extent);
}

/// Whether all segments of a walk over `columns` and `rows` blocks are as long.
static bool hasEvenSegments(int64_t columns, int64_t rows) {
  return std::max(columns, rows) % std::min(columns, rows) == 0;
}

/// The contracted dimension is cut in columns * rows units; block c of A is
/// units [c R, (c+1) R), block r of B units [r C, (r+1) C). A core walks over
/// the segments between all these bounds, cyclically from where its blocks of A
/// and B meet, and takes the next block from its ring successor where one ends.
/// All cores of a ring see as many ends, though at different steps; after the
/// walk the blocks are home again.
Value Expander::walk(Location loc, const Staircase &stairs) {
  Scalars s(b, loc);
  Value columns = stairs.x.extent, rows = stairs.y.extent;
  Value unitsA = rows, unitsB = columns; // of a block
  Value all = s.mul(columns, rows);
  Value meeting = s.rem(s.add(s.mul(getPosition(s, stairs.x), unitsA),
                              s.mul(getPosition(s, stairs.y), unitsB)),
                        all);
  Value start = s.max(s.mul(s.div(meeting, unitsA), unitsA),
                      s.mul(s.div(meeting, unitsB), unitsB));
  // R + C - gcd(R, C) steps. Segments have one of two widths.
  int64_t height = mesh.rows;
  int64_t lines = std::min<int64_t>(stairs.x.segments, mesh.columns);
  int64_t narrow = mesh.columns / lines;
  auto countSteps = [&](int64_t width) {
    return s.index(countWalkSteps(
        {static_cast<unsigned>(width), static_cast<unsigned>(height)}));
  };
  Value steps = countSteps(narrow);
  if (mesh.columns % lines != 0)
    steps = s.select(s.equal(columns, s.index(narrow)), steps,
                     countSteps(narrow + 1));

  Value zero = s.index(0), one = s.index(1), two = s.index(2);
  auto loop =
      scf::ForOp::create(b, loc, zero, steps, one,
                         ValueRange{start, stairs.currentA, stairs.currentB});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value begin = loop.getRegionIterArgs()[0];
  Value currentA = loop.getRegionIterArgs()[1];
  Value currentB = loop.getRegionIterArgs()[2];
  Value blockA = s.div(begin, unitsA), blockB = s.div(begin, unitsB);
  Value end = s.min(s.mul(s.add(blockA, one), unitsA),
                    s.mul(s.add(blockB, one), unitsB));
  Value first = stairs.element(begin);
  Value length = s.sub(stairs.element(end), first);
  Value offsetA = s.sub(first, stairs.element(s.mul(blockA, unitsA)));
  Value offsetB = s.sub(first, stairs.element(s.mul(blockB, unitsB)));

  // Returns which half is next.
  auto move = [&](const Line &line, Value buffers, Value current, Value block,
                  Value blockUnits,
                  llvm::function_ref<Value(Value, Value)> part,
                  Transfers &transfers) -> Value {
    if (!line.moves)
      return current;
    Value change =
        s.both(s.less(one, line.extent), s.equal(s.rem(end, blockUnits), zero));
    exchange(loc, line, part(half(loc, buffers, current), block),
             part(half(loc, buffers, s.sub(one, current)),
                  s.rem(s.add(block, one), line.extent)),
             change, transfers);
    return s.rem(s.add(current, s.number(change)), two);
  };
  auto operand = [&](const Line &line, Value buffers, Value current) {
    return line.moves ? half(loc, buffers, current) : buffers;
  };
  Value a = operand(stairs.x, stairs.buffersA, currentA);
  Value other = operand(stairs.y, stairs.buffersB, currentB);
  auto multiply = [&](int64_t row, int64_t rows) {
    if (rows != 0)
      stairs.multiply(a, other, offsetA, offsetB, length, row, rows);
  };
  Transfers transfersA, transfersB;
  auto moveA = [&] {
    return move(stairs.x, stairs.buffersA, currentA, blockA, unitsA,
                stairs.partA, transfersA);
  };
  auto moveB = [&] {
    return move(stairs.y, stairs.buffersB, currentB, blockB, unitsB,
                stairs.partB, transfersB);
  };
  Value nextA, nextB;
  if (stairs.accumulates) {
    nextB = moveB();
    multiply(0, stairs.rows);
    waitFor(loc, transfersB);
    nextA = moveA();
    waitFor(loc, transfersA);
  } else {
    // A core's ramp takes one word at a time: A moves beside the first half of
    // the product, B beside the second. Not so if cores of a ring are in
    // segments of different lengths: none may wait before its own one ends.
    bool isEven =
        hasEvenSegments(narrow, height) &&
        (mesh.columns % lines == 0 || hasEvenSegments(narrow + 1, height));
    bool takesTurns = stairs.x.moves && stairs.y.moves && isEven;
    int64_t middle = takesTurns ? stairs.rows / 2 : 0;
    nextA = moveA();
    multiply(0, middle);
    if (middle != 0)
      waitFor(loc, transfersA);
    nextB = moveB();
    multiply(middle, stairs.rows - middle);
    if (middle == 0)
      waitFor(loc, transfersA);
    waitFor(loc, transfersB);
  }
  scf::YieldOp::create(b, loc, ValueRange{s.rem(end, all), nextA, nextB});
  return loop.getResult(1);
}

/// Two f16 go to a word in a row of a slice, but in a whole tile also across
/// rows: what one core sends as the one another may receive as the other.
static LogicalResult checkWords(mesh::GemmTileOp op) {
  for (Value tile : {Value(op.getA()), op.getBs()[0]})
    if (auto type = cast<MemRefType>(tile.getType());
        type.getElementTypeBitWidth() < 32)
      return op.emitOpError("expected elements of 32 bits for ")
             << stringifyGemmAlgorithm(op.getAlgorithm()) << " but got "
             << type.getElementType()
             << "; mesh_gemm, cannon and allgather take them";
  return success();
}

LogicalResult Expander::expandGemm(mesh::GemmTileOp op) {
  auto isOneOf = [&](auto... algorithms) {
    return ((op.getAlgorithm() == algorithms) || ...);
  };
  using Algorithm = mesh::GemmAlgorithm;
  if (isOneOf(Algorithm::Summa, Algorithm::SummaRelay) &&
      failed(checkWords(op)))
    return failure();
  // Cores compute with units.
  int64_t extent = op.getK();
  if (isOneOf(Algorithm::MeshGemm, Algorithm::Cannon, Algorithm::SummaRelay) &&
      failed(checkUnits(op, mesh.columns, extent, getCommonFactor(extent))))
    return failure();
  switch (op.getAlgorithm()) {
  case Algorithm::MeshGemm:
  case Algorithm::Cannon:
    expandStaircase(op);
    break;
  case Algorithm::Summa:
    expandSumma(op);
    break;
  case Algorithm::SummaRelay:
    expandSummaRelay(op);
    break;
  case Algorithm::AllGather:
    expandAllGather(op);
    break;
  }
  return success();
}

void Expander::joinBs(mesh::GemmTileOp op, Value joined) {
  int64_t column = 0;
  for (Value tile : op.getBs()) {
    int64_t width = cast<MemRefType>(tile.getType()).getDimSize(1);
    memref::CopyOp::create(
        b, op.getLoc(), tile,
        sliceLast(op.getLoc(), joined, attr(column), attr(width)));
    column += width;
  }
}

void Expander::expandStaircase(mesh::GemmTileOp op) {
  Location loc = op.getLoc();
  int64_t extent = op.getK();
  begin(op, "gemm");
  Scalars s(b, loc);
  auto typeA = cast<MemRefType>(op.getA().getType());
  auto typeB = cast<MemRefType>(op.getBs()[0].getType());
  auto typeC = cast<MemRefType>(op.getC().getType());
  Staircase stairs;
  stairs.x = getLine(loc, MeshAxis::X);
  stairs.y = getLine(loc, MeshAxis::Y);
  bool isCannon = op.getAlgorithm() == mesh::GemmAlgorithm::Cannon;
  stairs.x.isCycle = stairs.y.isCycle = isCannon;
  stairs.partA = stairs.partB = [](Value half, Value) { return half; };

  // The home tiles stay: what travels are copies.
  auto whole = [](Value tile) { return tile; };
  SmallVector<int64_t> shapeB = {typeB.getDimSize(0), typeC.getDimSize(1)};
  stairs.buffersA = startTravel(loc, stairs.x, op.getA(), whole);
  if (op.getBs().size() == 1) {
    stairs.buffersB = startTravel(loc, stairs.y, op.getBs()[0], whole);
  } else {
    Value sideBySide;
    if (stairs.y.moves) {
      stairs.buffersB = doubleBuffer(loc, shapeB, typeB.getElementType());
      sideBySide = half(loc, stairs.buffersB, attr(0));
    } else {
      sideBySide = stairs.buffersB = memref::AllocOp::create(
          b, loc, MemRefType::get(shapeB, typeB.getElementType()));
    }
    joinBs(op, sideBySide);
  }
  Value positionX = getPosition(s, stairs.x);
  Value positionY = getPosition(s, stairs.y);
  stairs.currentA = stairs.currentB = s.index(0);
  if ((isCannon || op.getAlignA()) && stairs.x.moves)
    stairs.currentA =
        rotate(loc, {stairs.x, stairs.buffersA,
                     s.alignment(positionY, stairs.x.extent, stairs.y.extent),
                     positionX, stairs.partA});
  if (isCannon || op.getAlignB())
    alignB(loc, stairs, positionX, positionY);
  stairs.element = [&](Value unit) { return getElement(s, unit, extent); };
  stairs.rows = typeA.getDimSize(0);
  stairs.multiply = [&](Value a, Value other, Value offsetA, Value offsetB,
                        Value length, int64_t row, int64_t rows) {
    Value partA = slice(loc, a, {attr(row), offsetA}, {attr(rows), length});
    Value partB =
        slice(loc, other, {offsetB, attr(0)}, {length, attr(shapeB[1])});
    Value partC = slice(loc, op.getC(), {attr(row), attr(0)},
                        {attr(rows), attr(shapeB[1])});
    linalg::MatmulOp::create(b, loc, ValueRange{partA, partB},
                             ValueRange{partC});
  };
  walk(loc, stairs);
  op.erase();
}

//===----------------------------------------------------------------------===//
// GEMM-T
//===----------------------------------------------------------------------===//

/// A stays, B and C walk: C takes the place of the staircase's A.
LogicalResult Expander::expandGemmT(mesh::GemmTTileOp op) {
  Location loc = op.getLoc();
  int64_t extent = op.getN();
  if (failed(checkUnits(op, mesh.columns, extent, getCommonFactor(extent))) ||
      failed(checkTiles(op, op.getC(), /*segments=*/1)))
    return failure();
  begin(op, "gemm_t");
  Scalars s(b, loc);
  auto typeA = cast<MemRefType>(op.getA().getType());
  auto typeB = cast<MemRefType>(op.getB().getType());
  Staircase stairs;
  stairs.accumulates = true;
  stairs.x = getLine(loc, MeshAxis::X);
  stairs.y = getLine(loc, MeshAxis::Y);
  stairs.partA = stairs.partB = [](Value half, Value) { return half; };
  Value positionX = s.ringPosition(stairs.x.local, stairs.x.extent);
  Value positionY = s.ringPosition(stairs.y.local, stairs.y.extent);
  // Steps that bring the result from where the walk ends into ring order.
  Value home = s.index(0);
  if (op.getAlignC())
    home = s.rem(s.sub(stairs.x.extent, s.alignment(positionY, stairs.x.extent,
                                                    stairs.y.extent)),
                 stairs.x.extent);
  stairs.currentA = startResult(
      loc, op.getC(), stairs, home,
      s.alignedBlock(positionX, stairs.x.extent, positionY, stairs.y.extent));
  stairs.buffersB =
      startTravel(loc, stairs.y, op.getB(), [](Value tile) { return tile; });
  stairs.currentB = s.index(0);
  if (op.getAlignB())
    alignB(loc, stairs, positionX, positionY);
  stairs.element = [&](Value unit) { return getElement(s, unit, extent); };
  stairs.rows = typeA.getDimSize(0);
  stairs.multiply = [&](Value c, Value other, Value offsetC, Value offsetB,
                        Value length, int64_t row, int64_t rows) {
    Value partA = slice(loc, op.getA(), {attr(row), attr(0)},
                        {attr(rows), attr(typeA.getDimSize(1))});
    Value partC = slice(loc, c, {attr(row), offsetC}, {attr(rows), length});
    // Loops: m, n, k.
    if (op.getUntransposed())
      contract(loc, partA, {0, 2}, sliceLast(loc, other, offsetB, length),
               {2, 1}, partC, {0, 1}, 3);
    else
      contract(loc, partA, {0, 2},
               slice(loc, other, {offsetB, attr(0)},
                     {length, attr(typeB.getDimSize(1))}),
               {1, 2}, partC, {0, 1}, 3);
  };
  Value last = walk(loc, stairs);
  if (op.getAlignC() && stairs.x.moves)
    rotate(loc,
           {stairs.x, stairs.buffersA, home, positionX, stairs.partA, last});
  op.erase();
  return success();
}

/// Moves B from its home to where the walk starts.
void Expander::alignB(Location loc, Staircase &stairs, Value positionX,
                      Value positionY) {
  if (!stairs.y.moves)
    return;
  Scalars s(b, loc);
  Value steps = s.alignment(positionX, stairs.y.extent, stairs.x.extent);
  stairs.currentB =
      rotate(loc, {stairs.y, stairs.buffersB, steps, positionY, stairs.partB});
}

/// The half of `buffers` in which a travelling result begins, so that it ends
/// in half 0 after a walk and `more` steps; filled with zeros.
Value Expander::startResult(Location loc, Value buffers, Staircase &stairs,
                            Value more, Value block) {
  Scalars s(b, loc);
  Value first = s.index(0);
  if (stairs.x.moves) {
    stairs.buffersA = buffers;
    Value isAlone = s.equal(stairs.x.extent, s.index(1));
    Value steps = s.sub(stairs.x.extent, s.number(isAlone));
    first = s.rem(s.add(steps, more), s.index(2));
  } else {
    stairs.buffersA = half(loc, buffers, attr(0));
  }
  Value start = stairs.x.moves ? half(loc, buffers, first) : stairs.buffersA;
  fill(loc, stairs.partA(start, block), 0);
  return first;
}
