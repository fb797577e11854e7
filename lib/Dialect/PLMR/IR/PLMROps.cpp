//===- PLMROps.cpp - Operations of the plmr dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Program/Instruction.h"

using namespace mlir;
using namespace plmr;
using namespace plmr::mesh;

#define GET_OP_CLASSES
#include "plmr/Dialect/PLMR/IR/PLMROps.cpp.inc"

MeshOp plmr::mesh::lookupModuleMesh(Operation *op) {
  auto module =
      isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
  if (!module)
    return {};
  auto meshes = module.getOps<MeshOp>();
  return meshes.empty() ? MeshOp() : *meshes.begin();
}

/// The name of the part of the mesh that `op` belongs to, if it is one.
static FlatSymbolRefAttr getMeshName(Operation *op) {
  if (auto object = dyn_cast<ObjectOp>(op))
    return object.getMeshAttr();
  if (auto channel = dyn_cast<ChannelOp>(op))
    if (StringAttr launch = channel.getLaunchAttr())
      op = SymbolTable::lookupNearestSymbolFrom(op, launch);
  for (; op; op = op->getParentOp())
    if (auto name = op->getAttrOfType<FlatSymbolRefAttr>(meshAttrName))
      return name;
  return {};
}

MeshOp plmr::mesh::lookupMesh(Operation *op) {
  if (FlatSymbolRefAttr name = getMeshName(op))
    return SymbolTable::lookupNearestSymbolFrom<MeshOp>(op, name);
  return lookupModuleMesh(op);
}

/// The symbol `name` as an `OpTy`, or null after an error on `user`.
template <typename OpTy>
static OpTy lookupSymbol(Operation *user, FlatSymbolRefAttr name,
                         SymbolTableCollection &symbols) {
  auto op = symbols.lookupNearestSymbolFrom<OpTy>(user, name);
  if (!op)
    user->emitOpError("expected '")
        << name.getValue() << "' to be a " << OpTy::getOperationName();
  return op;
}

/// Errors of an operation that names another one get a note on it.
static LogicalResult failWithNote(InFlightDiagnostic diag, Operation *other) {
  diag.attachNote(other->getLoc()) << "declared here";
  return failure();
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

llvm::Expected<Machine> plmr::mesh::parseDevice(StringRef text) {
  return text.ltrim().starts_with("{") ? parseMachine(text, "device")
                                       : getBuiltinMachine(text);
}

LogicalResult plmr::mesh::verifyMeshShape(Operation *op, int64_t columns,
                                          int64_t rows, StringRef device) {
  if (columns <= 0 || rows <= 0)
    return op->emitOpError("expected positive extents but got ")
           << columns << " x " << rows;
  llvm::Expected<Machine> machine = parseDevice(device);
  if (!machine)
    return op->emitOpError() << llvm::toString(machine.takeError());
  if (columns > machine->grid.columns || rows > machine->grid.rows)
    return op->emitOpError("expected at most ")
           << machine->grid.columns << " x " << machine->grid.rows
           << " cores on '" << machine->name << "' but got " << columns << " x "
           << rows;
  return success();
}

LogicalResult MeshOp::verify() {
  if (failed(verifyMeshShape(*this, getColumns(), getRows(), getDevice())))
    return failure();
  MeshOp whole = lookupModuleMesh(*this);
  if (!whole || whole == *this ||
      (whole.getDevice() == getDevice() && getColumns() <= whole.getColumns() &&
       getRows() <= whole.getRows()))
    return success();
  return failWithNote(emitOpError("expected a part of the first mesh on its "
                                  "device but got ")
                          << getColumns() << " x " << getRows(),
                      whole);
}

/// Checks that each of `segments` segments of a line along `axis` has the core
/// `root`.
static LogicalResult verifyRoot(Operation *op, MeshAxis axis, int64_t segments,
                                int64_t root) {
  MeshOp meshOp = lookupMesh(op);
  if (!meshOp)
    return success();
  int64_t extent = meshOp.getShape().getExtent(toAxis(axis));
  int64_t shortest = extent / std::min(segments, extent);
  if (root >= shortest)
    return op->emitOpError("expected a root below ")
           << shortest << ", the cores of the shortest line, but got " << root;
  return success();
}

LogicalResult ChannelOp::verify() {
  ArrayRef<int32_t> colours = getColours().value_or(ArrayRef<int32_t>());
  for (int32_t colour : colours)
    if (colour < 0 || colour >= static_cast<int32_t>(maxColours))
      return emitOpError("expected colours below ")
             << maxColours << " but got " << colour;
  if (auto epoch = static_cast<int64_t>(getEpoch()); epoch < 0)
    return emitOpError("expected an epoch of at least 0 but got ") << epoch;
  RelationAttr relation = getRelation();
  return verifyRoot(*this, relation.getAxis(), relation.getSegments(),
                    relation.getRelation().tree.root);
}

PlacedType ObjectOp::getValueType() {
  PlacedType type = getPlacedType();
  return getStacked() ? type.withoutDim(0) : type;
}

LogicalResult ObjectOp::verify() {
  PlacedType type = getPlacedType();
  if (type.getPlacement().getPartial())
    return emitOpError("expected an object that is not partial but got ")
           << type;
  if (getStacked()) {
    ArrayRef<int64_t> order = type.getPlacement().getOrder();
    if (type.getTensor().getRank() < 2 ||
        type.getPlacement().getSplits().front().isCut() ||
        type.getPlacement().getSplits().front().isBatch() ||
        (!order.empty() && order.front() != 0))
      return emitOpError(
                 "expected a stacked object to have a whole, outermost leading "
                 "dimension but got ")
             << type;
  }
  bool isWeight = getKind() == ObjectKind::Weight;
  if (getMovedFrom() && !isWeight && getKind() != ObjectKind::State)
    return emitOpError("expected a weight or a state to be moved but got ")
           << stringifyObjectKind(getKind());
  if (getMovedFrom() && getSources())
    return emitOpError("expected no sources for what is moved");
  if ((isWeight && !getMovedFrom()) != getSources().has_value())
    return emitOpError("expected ")
           << (isWeight ? "sources for a weight" : "no sources for ")
           << (isWeight ? "" : stringifyObjectKind(getKind()));
  if (getSources()) {
    int64_t slices = getStacked() ? type.getTensor().getDimSize(0) : 1;
    if (static_cast<int64_t>(getSources()->size()) != slices)
      return emitOpError("expected ")
             << slices << " source(s) but got " << getSources()->size();
  }
  if (!getCache())
    return success();
  if (!parseKVPlacement(*getCache()))
    return emitOpError("expected a cache \"cyclic\", \"shift\" or \"concat\" "
                       "but got \"")
           << *getCache() << "\"";
  if (getKind() != ObjectKind::State || !getStacked() ||
      type.getPlacement().getSplits().back() !=
          SplitAttr::getCyclic(getContext(), MeshAxis::Y))
    return emitOpError("expected a cache to be a stacked state whose last "
                       "dimension is 'cyclic y' but got ")
           << type;
  return success();
}

LogicalResult ObjectOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (getMesh() && !lookupSymbol<MeshOp>(*this, getMeshAttr(), symbols))
    return failure();
  if (!getMovedFrom())
    return success();
  auto source = lookupSymbol<ObjectOp>(*this, getMovedFromAttr(), symbols);
  if (!source)
    return failure();
  if (source.getKind() == getKind() &&
      source.getNumSlices() == getNumSlices() &&
      source.getMeshAttr() != getMeshAttr() && !source.getMovedFrom())
    return success();
  return failWithNote(emitOpError("expected to be moved from an object of the "
                                  "same kind and slices on another mesh"),
                      source);
}

KVPlacement ObjectOp::getKVPlacement() {
  return getCache() ? *parseKVPlacement(*getCache()) : KVPlacement::Cyclic;
}

//===----------------------------------------------------------------------===//
// Mesh level
//===----------------------------------------------------------------------===//

/// The type of an item of `placed`.
static PlacedType getItem(Value placed) {
  return cast<PlacedType>(placed.getType()).getItemType();
}

/// Checks that operands have one batch, if any, and that results have the
/// operands' batch; without operands, one batch or none.
static LogicalResult verifyBatch(Operation *op) {
  auto getBatch = [](Type type) {
    auto placed = dyn_cast<PlacedType>(type);
    return placed ? placed.getBatch() : std::nullopt;
  };
  TypeRange operands = op->getOperandTypes(), results = op->getResultTypes();
  std::optional<int64_t> batch;
  for (Type type : operands.empty() ? results.take_front() : operands)
    if (!batch)
      batch = getBatch(type);
  bool agree = llvm::all_of(operands, [&](Type type) {
    return !getBatch(type) || getBatch(type) == batch;
  });
  agree &=
      llvm::all_of(results, [&](Type type) { return getBatch(type) == batch; });
  if (agree)
    return success();
  return op->emitOpError("expected one batch, which all results have if an "
                         "operand has it, but got ")
         << operands << " and " << results;
}

LogicalResult LoadOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto object = lookupSymbol<ObjectOp>(*this, getObjectAttr(), symbols);
  if (!object)
    return failure();
  if (object.getStacked() != static_cast<bool>(getIndex()))
    return failWithNote(emitOpError("expected ")
                            << (object.getStacked() ? "an index" : "no index")
                            << " for '" << getObject() << "'",
                        object);
  if (object.getValueType() != getType())
    return failWithNote(emitOpError("expected type ")
                            << object.getValueType() << " but got "
                            << getType(),
                        object);
  return success();
}

LogicalResult StoreOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto object = lookupSymbol<ObjectOp>(*this, getObjectAttr(), symbols);
  if (!object)
    return failure();
  if (object.getKind() != ObjectKind::Output)
    return failWithNote(emitOpError("expected an output but got ")
                            << stringifyObjectKind(object.getKind()) << " '"
                            << getObject() << "'",
                        object);
  if (object.getPlacedType() != getValue().getType())
    return failWithNote(emitOpError("expected type ")
                            << object.getPlacedType() << " but got "
                            << getValue().getType(),
                        object);
  return success();
}

LogicalResult AppendOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto object = lookupSymbol<ObjectOp>(*this, getObjectAttr(), symbols);
  if (!object)
    return failure();
  PlacedType value = getItem(getValue());
  PlacedType cache = object.getValueType().getItemType();
  auto cyclic = SplitAttr::getCyclic(getContext(), MeshAxis::Y);
  ArrayRef<SplitAttr> splits = value.getPlacement().getSplits();
  bool isMatrix = splits.size() == 2;
  bool fits = object.getKind() == ObjectKind::State && object.getStacked() &&
              cache.getTensor().getRank() == 2 &&
              (splits.size() == 1 || (isMatrix && splits[0] == cyclic)) &&
              cache.getPlacement().getSplits()[0] == splits.back() &&
              cache.getPlacement().getSplits()[1] == cyclic;
  if (!fits)
    return failWithNote(
        emitOpError("expected a stacked state [features x positions] whose "
                    "positions are 'cyclic y' and whose features are placed as "
                    "those of the value but got ")
            << cache << " and " << value,
        object);
  auto batched = cast<PlacedType>(getValue().getType());
  if (batched.getBatch() != object.getValueType().getBatch())
    return failWithNote(emitOpError("expected the batch of the state but got ")
                            << object.getValueType() << " and " << batched,
                        object);
  if (isMatrix != static_cast<bool>(getBegin()) ||
      isMatrix != static_cast<bool>(getEnd()))
    return emitOpError("expected ")
           << (isMatrix ? "rows of a matrix" : "no rows of a vector");
  bool isConcat = object.getKVPlacement() == KVPlacement::Concat;
  if (static_cast<bool>(getSettled()) != (isConcat && !isMatrix))
    return failWithNote(emitOpError("expected ")
                            << (getSettled() ? "no settled positions"
                                             : "settled positions of a cache "
                                               "\"concat\""),
                        object);
  return success();
}

LogicalResult SettleOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto object = lookupSymbol<ObjectOp>(*this, getObjectAttr(), symbols);
  if (!object)
    return failure();
  if (object.getKVPlacement() == KVPlacement::Cyclic)
    return failWithNote(emitOpError("expected a cache \"shift\" or \"concat\""),
                        object);
  return success();
}

/// Says what keeps the values of two objects from being moved into each other,
/// or nothing.
static StringRef findDifference(PlacedType from, PlacedType to) {
  PlacementAttr a = from.getPlacement(), b = to.getPlacement();
  if (from.getTensor().getElementType() != to.getTensor().getElementType())
    return "one element type";
  if (a.getSplits().size() != 2 || b.getSplits().size() != 2 ||
      !a.getOrder().empty() || !b.getOrder().empty())
    return "matrices in the order of their dimensions";
  Placement host[] = {from.getHostPlacement(), to.getHostPlacement()};
  for (auto [x, y] : llvm::zip_equal(host[0].dims, host[1].dims)) {
    if (x.kind != y.kind || x.axis != y.axis)
      return "each dimension to be cut in one way along one axis";
    if (x.order == BlockOrder::Skewed || y.order == BlockOrder::Skewed)
      return "no skewed blocks";
    bool isCyclic = x.kind == DimSplit::Kind::Cyclic;
    if (!isCyclic && x.factors != y.factors)
      return "dimensions of the same factors";
    if (x.axis == Axis::Y && x.factors.size() != 1)
      return "one factor in the dimension along y";
    if (x.axis == Axis::X && isCyclic)
      return "blocks along x";
  }
  if (host[1].isReplicatedAlong(Axis::X) || host[1].isReplicatedAlong(Axis::Y))
    return "one dimension cut along x and one along y";
  return "";
}

LogicalResult RedistributeOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto from = lookupSymbol<ObjectOp>(*this, getFromAttr(), symbols);
  auto to = lookupSymbol<ObjectOp>(*this, getToAttr(), symbols);
  if (!from || !to)
    return failure();
  bool hasIndex = static_cast<bool>(getIndex());
  if (from.getStacked() != hasIndex || to.getStacked() != hasIndex)
    return failWithNote(emitOpError("expected ")
                            << (hasIndex ? "no index" : "an index") << " for '"
                            << getTo() << "'",
                        to);
  if (from.getValueType().getBatch() != to.getValueType().getBatch())
    return failWithNote(emitOpError("expected one batch but got ")
                            << from.getValueType() << " and "
                            << to.getValueType(),
                        from);
  StringRef difference = findDifference(from.getValueType().getItemType(),
                                        to.getValueType().getItemType());
  if (!difference.empty())
    return failWithNote(emitOpError("expected ")
                            << difference << " but got " << from.getValueType()
                            << " and " << to.getValueType(),
                        from);
  bool isCache = llvm::any_of(to.getValueType().getHostPlacement().dims,
                              [](const DimSplit &split) {
                                return split.kind == DimSplit::Kind::Cyclic;
                              });
  if (getShifted() && from.getKVPlacement() != KVPlacement::Shift)
    return failWithNote(emitOpError("expected a cache \"shift\""), from);
  if (isCache == static_cast<bool>(getPositions()))
    return success();
  return failWithNote(emitOpError("expected ")
                          << (isCache ? "positions for a cache"
                                      : "no positions without a cache"),
                      to);
}

ParseResult LocalOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SMLoc loc = parser.getCurrentLocation();
  auto parseBinding = [&]() -> ParseResult {
    return failure(parser.parseArgument(arguments.emplace_back()) ||
                   parser.parseEqual() ||
                   parser.parseOperand(operands.emplace_back()));
  };
  FunctionType type;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren,
                                     parseBinding) ||
      parser.parseColonType(type) ||
      parser.resolveOperands(operands, type.getInputs(), loc, result.operands))
    return failure();
  result.addTypes(type.getResults());
  // Tile types need the mesh, which stands elsewhere: they are spelled out.
  if (parser.parseKeyword("tiles"))
    return failure();
  SmallVector<Type> tiles;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
        return parser.parseType(tiles.emplace_back());
      }))
    return failure();
  if (tiles.size() != arguments.size())
    return parser.emitError(loc) << "expected " << arguments.size()
                                 << " tile type(s) but got " << tiles.size();
  for (auto [argument, tile] : llvm::zip(arguments, tiles))
    argument.type = tile;
  return failure(parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
                 parser.parseRegion(*result.addRegion(), arguments));
}

void LocalOp::print(OpAsmPrinter &printer) {
  printer << " (";
  llvm::interleaveComma(llvm::zip(getBody().getArguments(), getInputs()),
                        printer, [&](auto pair) {
                          auto [argument, input] = pair;
                          printer << argument << " = " << input;
                        });
  printer << ") : ";
  printer.printFunctionalType(getOperation());
  printer << " tiles (";
  llvm::interleaveComma(getBody().getArgumentTypes(), printer);
  printer << ")";
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs());
  printer << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult LocalOp::verify() {
  if (getBody().getNumArguments() != getInputs().size())
    return emitOpError("expected ")
           << getInputs().size() << " region argument(s) but got "
           << getBody().getNumArguments();
  return verifyBatch(*this);
}

static LogicalResult verifyTile(Operation *op, StringRef what, unsigned index,
                                Type placed, Type tile, MeshShape mesh) {
  RankedTensorType expected = cast<PlacedType>(placed).getTileType(mesh);
  if (tile == expected)
    return success();
  return op->emitOpError("expected ")
         << what << " " << index << " to be " << expected << ", the tile of "
         << placed << ", but got " << tile;
}

LogicalResult LocalOp::verifyRegions() {
  MeshOp mesh = lookupMesh(*this);
  if (!mesh)
    return emitOpError("expected a plmr.mesh in the module");
  MeshShape shape = mesh.getShape();
  for (auto [i, input, argument] :
       llvm::enumerate(getInputs(), getBody().getArguments()))
    if (failed(verifyTile(*this, "argument", i, input.getType(),
                          argument.getType(), shape)))
      return failure();
  auto yield = dyn_cast<YieldOp>(getBody().front().getTerminator());
  if (!yield)
    return emitOpError("expected the region to end in plmr.yield");
  if (yield.getValues().size() != getResults().size())
    return emitOpError("expected ")
           << getResults().size() << " yielded value(s) but got "
           << yield.getValues().size();
  for (auto [i, result, value] :
       llvm::enumerate(getResults(), yield.getValues()))
    if (failed(verifyTile(*this, "yielded value", i, result.getType(),
                          value.getType(), shape)))
      return failure();
  return success();
}

OperandRange LocalOp::getEntrySuccessorOperands(RegionSuccessor) {
  return getOperation()->getOperands().take_front(0);
}

void LocalOp::getSuccessorRegions(RegionBranchPoint point,
                                  SmallVectorImpl<RegionSuccessor> &regions) {
  // Tiles differ in type from what they belong to, so nothing is forwarded.
  if (point.isParent())
    regions.emplace_back(&getBody());
}

PartialAttr AllReduceOp::getPartial() {
  return cast<PlacedType>(getInputs().front().getType())
      .getPlacement()
      .getPartial();
}

Type AllReduceOp::getElementType() {
  return cast<PlacedType>(getInputs().front().getType())
      .getTensor()
      .getElementType();
}

/// What a reduction sends: sums are formed in f32 unless asked otherwise.
static Type getMessageType(PartialAttr partial, Type element,
                           std::optional<Type> accumulate) {
  if (accumulate)
    return *accumulate;
  return partial.getReducer() == Reducer::Sum
             ? Float32Type::get(element.getContext())
             : element;
}

Type AllReduceOp::getMessageType() {
  return ::getMessageType(getPartial(), getElementType(), getAccumulate());
}

Type ReduceScatterOp::getMessageType() {
  auto type = cast<PlacedType>(getInput().getType());
  return ::getMessageType(type.getPlacement().getPartial(),
                          type.getTensor().getElementType(), getAccumulate());
}

int64_t AllReduceOp::countWords(MeshShape mesh) {
  int64_t elements = 0;
  // Values and indices are two messages.
  for (Value input :
       getInputs().take_front(getWithIndex() ? 1 : getInputs().size()))
    elements +=
        cast<PlacedType>(input.getType()).getTileType(mesh).getNumElements();
  return llvm::divideCeil(elements * getMessageType().getIntOrFloatBitWidth(),
                          32);
}

/// Checks the type in which partial values of `element` are combined.
static LogicalResult verifyAccumulate(Operation *op, PartialAttr partial,
                                      Type element,
                                      std::optional<Type> accumulate) {
  if (!isa<FloatType>(element))
    return op->emitOpError("expected elements that are floats but got ")
           << element;
  if (!accumulate)
    return success();
  if (partial.getReducer() != Reducer::Sum)
    return op->emitOpError("expected no type to accumulate in, which only sums "
                           "have, but got ")
           << *accumulate;
  if (!accumulate->isF32() && *accumulate != element)
    return op->emitOpError("expected to accumulate in f32 or in ")
           << element << " but got " << *accumulate;
  return success();
}

LogicalResult AllReduceOp::verify() {
  if (getInputs().size() != getResults().size() || getInputs().empty())
    return emitOpError("expected as many results as inputs but got ")
           << getResults().size() << " and " << getInputs().size();
  PartialAttr partial = getPartial();
  for (auto [input, result] : llvm::zip(getInputs(), getResults())) {
    auto type = cast<PlacedType>(input.getType());
    if (!type.getPlacement().getPartial() ||
        type.getPlacement().getPartial() != partial)
      return emitOpError("expected inputs that are partial in the same way but "
                         "got ")
             << type;
    auto expected =
        type.withPlacement(type.getPlacement().withPartial(partial.getThen()));
    if (result.getType() != expected)
      return emitOpError("expected result type ")
             << expected << " but got " << result.getType();
    if (Type element = type.getTensor().getElementType();
        element != getElementType())
      return emitOpError("expected inputs of one element type but got ")
             << getElementType() << " and " << element;
  }
  if (failed(
          verifyAccumulate(*this, partial, getElementType(), getAccumulate())))
    return failure();
  if (getWithIndex() &&
      (getInputs().size() != 2 || partial.getReducer() != Reducer::Max ||
       !getElementType().isF32() || getLimit() ||
       getInputs()[0].getType() != getInputs()[1].getType()))
    return emitOpError("expected a value and an index of one type, partial "
                       "maxima of f32, without a limit, but got ")
           << getInputs().getTypes();
  if (getTree() && getRing())
    return emitOpError("expected a tree or a ring, not both");
  if (TreeAttr tree = getTreeAttr())
    return verifyRoot(*this, partial.getAxis(), partial.getSegments(),
                      tree.getRoot());
  return success();
}

/// Checks that blocks of dimension `dim` are in at most two dimensions of
/// memory of `shape`, as messages are.
static LogicalResult verifyBlocks(Operation *op, ArrayRef<int64_t> shape,
                                  int64_t dim) {
  auto isOne = [](int64_t extent) { return extent == 1; };
  if (llvm::all_of(shape.take_front(dim), isOne) ||
      llvm::all_of(shape.drop_front(dim + 1), isOne))
    return success();
  return op->emitOpError("expected the first or the last dimension in memory "
                         "to be cut but got ")
         << dim << " of " << shape.size();
}

CutDim plmr::mesh::findCutDim(PlacedType whole, PlacedType cut) {
  for (auto [dim, splits] : llvm::enumerate(llvm::zip_equal(
           whole.getPlacement().getSplits(), cut.getPlacement().getSplits()))) {
    auto [from, to] = splits;
    if (from == to)
      continue;
    ArrayRef<int64_t> order = whole.getPlacement().getOrder();
    auto inMemory =
        order.empty() ? dim : llvm::find(order, dim) - order.begin();
    return {to, static_cast<int64_t>(inMemory), static_cast<unsigned>(dim)};
  }
  return {};
}

/// Checks that `cut` is `whole` but for one dimension, which is balanced along
/// an axis: if `whole` is partial, along that one.
static LogicalResult verifyCut(Operation *op, StringRef name, PlacedType whole,
                               PlacedType cut) {
  PlacementAttr placement = whole.getPlacement();
  PartialAttr partial = placement.getPartial();
  std::optional<MeshAxis> axis;
  if (partial)
    axis = partial.getAxis();
  if (whole.getTensor() != cut.getTensor())
    return op->emitOpError("expected one tensor type but got ")
           << whole << " and " << cut;
  CutDim found = findCutDim(whole, cut);
  bool fits = found.split &&
              placement.getSplits()[found.dim] ==
                  SplitAttr::getWhole(op->getContext()) &&
              (found.split == SplitAttr::getBalanced(op->getContext(),
                                                     found.split.getAxis()) ||
               found.split == SplitAttr::getBalanced(op->getContext(),
                                                     found.split.getAxis(),
                                                     BlockOrder::Ring)) &&
              (!axis || found.split.getAxis() == *axis);
  if (fits) {
    SmallVector<SplitAttr> splits(placement.getSplits());
    splits[found.dim] = found.split;
    fits = cut.getPlacement() ==
           PlacementAttr::get(op->getContext(), splits, placement.getOrder(),
                              placement.getPad(),
                              partial ? partial.getThen() : PartialAttr());
  }
  if (!fits)
    return op->emitOpError("expected the ")
           << name
           << " to be placed as the other value, but one whole dimension"
           << " to be balanced along "
           << (axis ? stringifyMeshAxis(*axis) : StringRef("an axis"))
           << ", but got " << whole << " and " << cut;
  MeshOp mesh = lookupMesh(op);
  if (!mesh)
    return success();
  return verifyBlocks(op, whole.getTileType(mesh.getShape()).getShape(),
                      found.dimInMemory);
}

LogicalResult ReduceScatterOp::verify() {
  auto whole = cast<PlacedType>(getInput().getType());
  PartialAttr partial = whole.getPlacement().getPartial();
  if (!partial || partial.getSegments() != 1)
    return emitOpError("expected an input that is partial in one segment but "
                       "got ")
           << whole;
  if (failed(verifyAccumulate(
          *this, partial, whole.getTensor().getElementType(), getAccumulate())))
    return failure();
  return verifyCut(*this, "result", whole,
                   cast<PlacedType>(getResult().getType()));
}

LogicalResult AllGatherOp::verify() {
  auto whole = cast<PlacedType>(getResult().getType());
  if (whole.getPlacement().getPartial())
    return emitOpError("expected a result that is not partial but got ")
           << whole;
  return verifyCut(*this, "input", whole,
                   cast<PlacedType>(getInput().getType()));
}

/// Checks that `type` is a whole value whose items are cut as `splits`.
static LogicalResult verifySplits(Operation *op, StringRef name, Type type,
                                  ArrayRef<SplitAttr> splits) {
  auto placement = cast<PlacedType>(type).getItemType().getPlacement();
  if (placement.getSplits() == splits && placement.getOrder().empty() &&
      !placement.getPartial())
    return success();
  return op->emitOpError("expected ")
         << name << " to be placed as "
         << PlacementAttr::get(op->getContext(), splits) << " but got "
         << placement;
}

static ArrayRef<int64_t> getShape(Value placed) {
  return getItem(placed).getTensor().getShape();
}

static SplitAttr getSplit(Value placed, unsigned dim) {
  return getItem(placed).getPlacement().getSplits()[dim];
}

/// Checks C[m x n] = A[m x k] with B's dimensions `bn` and `bk`.
static LogicalResult verifyProduct(Operation *op, Value a, Value b, Value c,
                                   unsigned bk, unsigned bn) {
  if (getShape(a).size() != 2 || getShape(b).size() != 2 ||
      getShape(c).size() != 2)
    return op->emitOpError("expected matrices but got ")
           << a.getType() << ", " << b.getType() << " and " << c.getType();
  if (getShape(a)[1] != getShape(b)[bk] || getShape(c)[0] != getShape(a)[0] ||
      getShape(c)[1] != getShape(b)[bn])
    return op->emitOpError("expected shapes that multiply but got [")
           << getShape(a) << "], [" << getShape(b) << "] -> [" << getShape(c)
           << "]";
  return success();
}

/// Rows of A stay where they are, along y if anywhere.
static LogicalResult verifyRows(Operation *op, Value a) {
  SplitAttr rows = getSplit(a, 0);
  if ((!rows.isCut() || rows.getAxis() == MeshAxis::Y) &&
      rows.getOrder() != BlockOrder::Skewed)
    return success();
  return op->emitOpError("expected rows of A that are whole or cut along y but "
                         "got ")
         << rows;
}

/// Checks a dimension that walks: in ring order, or skewed.
static LogicalResult verifyTravelling(Operation *op, StringRef name,
                                      SplitAttr split, MeshAxis axis) {
  for (BlockOrder order : {BlockOrder::Ring, BlockOrder::Skewed})
    if (split == SplitAttr::getBalanced(op->getContext(), axis, order))
      return success();
  return op->emitOpError("expected ")
         << name << " to be 'ring " << stringifyMeshAxis(axis) << "' or 'skew "
         << stringifyMeshAxis(axis) << "' but got " << split;
}

/// Checks a contracted dimension: one that walks in a staircase, else natural.
static LogicalResult verifyContracted(GemmOp op, StringRef name,
                                      SplitAttr split, MeshAxis axis) {
  if (op.getAlgorithm() == GemmAlgorithm::MeshGemm)
    return verifyTravelling(op, name, split, axis);
  if (split == SplitAttr::getBalanced(op.getContext(), axis))
    return success();
  return op.emitOpError("expected ")
         << name << " to be '" << stringifyMeshAxis(axis) << "' for "
         << stringifyGemmAlgorithm(op.getAlgorithm()) << " but got " << split;
}

LogicalResult GemmOp::verify() {
  if (getBs().empty() || getBs().size() != getCs().size())
    return emitOpError("expected a B, and a result for each, but got ")
           << getBs().size() << " and " << getCs().size();
  if (failed(verifyBatch(*this)))
    return failure();
  for (auto [b, c] : llvm::zip(getBs(), getCs()))
    if (failed(verifyProduct(*this, getA(), b, c, 0, 1)))
      return failure();
  SplitAttr columnsA = getSplit(getA(), 1);
  SplitAttr rowsB = getSplit(getBs().front(), 0);
  if (failed(verifyRows(*this, getA())) ||
      failed(verifyContracted(*this, "columns of A", columnsA, MeshAxis::X)) ||
      failed(verifyContracted(*this, "rows of B", rowsB, MeshAxis::Y)))
    return failure();
  for (auto [b, c] : llvm::zip(getBs(), getCs())) {
    SplitAttr columns = getSplit(b, 1);
    if (columns.getOrder() == BlockOrder::Skewed)
      return emitOpError("expected columns of B that are not skewed but got ")
             << columns;
    if (failed(verifySplits(*this, "B", b.getType(), {rowsB, columns})) ||
        failed(verifySplits(*this, "the result", c.getType(),
                            {getSplit(getA(), 0), columns})))
      return failure();
    auto element = [](Value value) {
      return cast<PlacedType>(value.getType()).getTensor().getElementType();
    };
    if (element(b) != element(getBs().front()) ||
        element(c) != element(getCs().front()))
      return emitOpError("expected elements of one type in all B and in all "
                         "results but got ")
             << b.getType() << " and " << c.getType();
  }
  return verifySplits(*this, "A", getA().getType(),
                      {getSplit(getA(), 0), columnsA});
}

LogicalResult GemmTOp::verify() {
  unsigned n = getUntransposed() ? 1 : 0, k = 1 - n;
  if (failed(verifyBatch(*this)) ||
      failed(verifyProduct(*this, getA(), getB(), getC(), k, n)) ||
      failed(verifyRows(*this, getA())))
    return failure();
  SplitAttr contracted = getSplit(getA(), 1);
  if (contracted.getAxis() != MeshAxis::X || !contracted.isCut() ||
      contracted.getOrder() == BlockOrder::Skewed)
    return emitOpError("expected columns of A that are cut along x and not "
                       "skewed but got ")
           << contracted;
  SplitAttr rowsB = getSplit(getB(), n), columns = getSplit(getC(), 1);
  if (failed(verifyTravelling(*this, "n of B", rowsB, MeshAxis::Y)) ||
      failed(verifyTravelling(*this, "columns of the result", columns,
                              MeshAxis::X)))
    return failure();
  SmallVector<SplitAttr> splitsB = {rowsB, contracted};
  if (getUntransposed())
    std::swap(splitsB[0], splitsB[1]);
  if (failed(verifySplits(*this, "A", getA().getType(),
                          {getSplit(getA(), 0), contracted})) ||
      failed(verifySplits(*this, "B", getB().getType(), splitsB)))
    return failure();
  return verifySplits(*this, "the result", getC().getType(),
                      {getSplit(getA(), 0), columns});
}

/// Factors of columns that are (key heads : group : ..), in segments of the
/// key heads.
static ArrayRef<int64_t> getHeadFactors(Value placed) {
  return getSplit(placed, 1).getFactors();
}

/// Checks a matrix of queries: [cyclic y, x] with columns (key heads : group :
/// ..) in segments of the key heads.
static LogicalResult verifyQueries(Operation *op, StringRef name, Value value) {
  PlacementAttr placement = getItem(value).getPlacement();
  ArrayRef<SplitAttr> splits = placement.getSplits();
  if (splits.size() == 2 && placement.getOrder().empty() &&
      !placement.getPartial() &&
      splits[0] == SplitAttr::getCyclic(op->getContext(), MeshAxis::Y) &&
      splits[1].getAxis() == MeshAxis::X && splits[1].getSegmentFactor() == 0 &&
      splits[1].getFactors().size() >= 3)
    return success();
  return op->emitOpError("expected ")
         << name
         << " to be placed as <[cyclic y, x(heads:group:.. segment 0 ..)]> but "
            "got "
         << placement;
}

/// Checks the scores: their columns are (key heads : group : keys).
static LogicalResult verifyScores(Operation *op, StringRef name, Value value) {
  if (failed(verifyQueries(op, name, value)))
    return failure();
  SplitAttr columns = getSplit(value, 1);
  if (columns.getFactors().size() == 3 && columns.getInnerFactor() == 2)
    return success();
  return op->emitOpError("expected columns of ")
         << name << " that are (heads : group : keys), cut by keys, but got "
         << columns;
}

/// Checks a cache: [x, cyclic y] in segments of `heads` key heads.
static LogicalResult verifyCache(Operation *op, StringRef name, Value value,
                                 int64_t heads) {
  PlacementAttr placement = getItem(value).getPlacement();
  ArrayRef<SplitAttr> splits = placement.getSplits();
  if (splits.size() == 2 && placement.getOrder().empty() &&
      !placement.getPartial() &&
      splits[1] == SplitAttr::getCyclic(op->getContext(), MeshAxis::Y) &&
      splits[0].getAxis() == MeshAxis::X && splits[0].getSegmentFactor() == 0 &&
      splits[0].getFactors()[0] == heads)
    return success();
  return op->emitOpError("expected ")
         << name << " to be placed as <[x(" << heads
         << ":.. segment 0 ..), cyclic y]> but got " << placement;
}

/// Checks that queries and scores are of the same heads and queries.
static LogicalResult verifyHeads(Operation *op, Value queries, Value scores) {
  if (getHeadFactors(queries).take_front(2) ==
          getHeadFactors(scores).take_front(2) &&
      getShape(queries)[0] == getShape(scores)[0])
    return success();
  return op->emitOpError("expected the same queries, heads and group but got ")
         << queries.getType() << " and " << scores.getType();
}

int64_t HeadGemmTOp::getKvHeads() { return getHeadFactors(getScores())[0]; }
int64_t HeadGemmTOp::getGroup() { return getHeadFactors(getScores())[1]; }
int64_t HeadGemmOp::getKvHeads() { return getHeadFactors(getWeights())[0]; }
int64_t HeadGemmOp::getGroup() { return getHeadFactors(getWeights())[1]; }

LogicalResult HeadGemmTOp::verify() {
  if (failed(verifyBatch(*this)) || failed(verifyQueries(*this, "q", getQ())) ||
      failed(verifyScores(*this, "the result", getScores())) ||
      failed(verifyCache(*this, "k", getK(), getKvHeads())))
    return failure();
  return verifyHeads(*this, getQ(), getScores());
}

LogicalResult HeadGemmOp::verify() {
  if (failed(verifyBatch(*this)) ||
      failed(verifyScores(*this, "the weights", getWeights())) ||
      failed(verifyQueries(*this, "the result", getResult())) ||
      failed(verifyCache(*this, "v", getV(), getKvHeads())))
    return failure();
  return verifyHeads(*this, getResult(), getWeights());
}

LogicalResult EpochOp::verify() {
  if (auto table = static_cast<int64_t>(getTable()); table < 0)
    return emitOpError("expected a table of at least 0 but got ") << table;
  return success();
}

//===----------------------------------------------------------------------===//
// Tile level
//===----------------------------------------------------------------------===//

LogicalResult RefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto object = lookupSymbol<ObjectOp>(*this, getObjectAttr(), symbols);
  if (!object)
    return failure();
  if (object.getStacked() != static_cast<bool>(getIndex()))
    return failWithNote(emitOpError("expected ")
                            << (object.getStacked() ? "an index" : "no index")
                            << " for '" << getObject() << "'",
                        object);
  MeshOp mesh = lookupMesh(object);
  if (!mesh)
    return emitOpError("expected a plmr.mesh in the module");
  if (object.getPlacedType().getBatch().value_or(1) != 1)
    return failWithNote(emitOpError("expected an object with a batch of 1"),
                        object);
  RankedTensorType tile = object.getValueType().getTileType(mesh.getShape());
  auto expected = MemRefType::get(tile.getShape(), tile.getElementType());
  if (getType() != expected)
    return failWithNote(emitOpError("expected type ")
                            << expected << " but got " << getType(),
                        object);
  return success();
}

template <typename OpTy> static LogicalResult verifyTree(OpTy op) {
  auto segments = static_cast<int64_t>(op.getSegments());
  if (segments <= 0)
    return op.emitOpError("expected positive segments but got ") << segments;
  return verifyRoot(op, op.getAxis(), segments, op.getTree().getRoot());
}

LogicalResult ReduceTileOp::verify() { return verifyTree(*this); }

LogicalResult BroadcastTileOp::verify() { return verifyTree(*this); }

template <typename OpTy> static LogicalResult verifyRingTile(OpTy op) {
  auto segments = static_cast<int64_t>(op.getSegments());
  if (segments <= 0)
    return op.emitOpError("expected positive segments but got ") << segments;
  auto type = cast<MemRefType>(op.getBuffer().getType());
  auto dim = static_cast<int64_t>(op.getDim());
  if (dim < 0 || dim >= type.getRank())
    return op.emitOpError("expected a dimension of the buffer but got ")
           << dim << " of " << op.getBuffer().getType();
  MeshOp mesh = lookupMesh(op);
  int64_t cores = mesh ? mesh.getShape().getExtent(toAxis(op.getAxis())) : 1;
  if (!type.isDynamicDim(dim) && type.getDimSize(dim) * cores > INT32_MAX)
    return op.emitOpError("expected elements times cores below 2^31 but got ")
           << type.getDimSize(dim) << " times " << cores;
  return verifyBlocks(op, type.getShape(), dim);
}

LogicalResult ReduceScatterTileOp::verify() { return verifyRingTile(*this); }

LogicalResult AllGatherTileOp::verify() { return verifyRingTile(*this); }

static ArrayRef<int64_t> getTileShape(Value tile) {
  return cast<MemRefType>(tile.getType()).getShape();
}

static LogicalResult verifyExtent(Operation *op, StringRef name,
                                  int64_t extent) {
  if (extent > 0)
    return success();
  return op->emitOpError("expected a positive ")
         << name << " but got " << extent;
}

/// Checks the ranks of tiles.
static LogicalResult verifyRanks(Operation *op, ValueRange tiles,
                                 ArrayRef<size_t> ranks, StringRef what) {
  for (auto [tile, rank] : llvm::zip(tiles, ranks))
    if (getTileShape(tile).size() != rank)
      return op->emitOpError("expected ")
             << what << " but got " << tiles.getTypes();
  return success();
}

LogicalResult ShiftTileOp::verify() {
  if (failed(verifyRanks(*this, getOperands().take_front(2), {1, 2},
                         "a vector and a matrix")))
    return failure();
  auto value = cast<MemRefType>(getValue().getType());
  auto cache = cast<MemRefType>(getCache().getType());
  if (value.getDimSize(0) == cache.getDimSize(0) &&
      value.getElementType() == cache.getElementType())
    return success();
  return emitOpError("expected a row of the tile for each element and one "
                     "element type but got ")
         << value << " and " << cache;
}

LogicalResult SettleTileOp::verify() {
  return verifyRanks(*this, getOperands().take_front(1), {2}, "a matrix");
}

LogicalResult GemmTileOp::verify() {
  SmallVector<Value> tiles(getOperands());
  if (getBs().empty())
    return emitOpError("expected at least one B but got none");
  SmallVector<size_t> ranks(tiles.size(), 2);
  if (failed(verifyRanks(*this, tiles, ranks, "matrices")))
    return failure();
  int64_t columns = 0;
  bool rowsAgree = true;
  for (Value b : getBs()) {
    columns += getTileShape(b)[1];
    rowsAgree &= getTileShape(b)[0] == getTileShape(getBs().front())[0];
  }
  if (!rowsAgree || getTileShape(getA())[0] != getTileShape(getC())[0] ||
      columns != getTileShape(getC())[1])
    return emitOpError("expected tiles that multiply but got ")
           << getOperandTypes();
  if (getAlgorithm() != GemmAlgorithm::MeshGemm && (getAlignA() || getAlignB()))
    return emitOpError("expected mesh_gemm where blocks are aligned but got ")
           << stringifyGemmAlgorithm(getAlgorithm());
  return verifyExtent(*this, "k", getK());
}

/// Checks a result that walks: [1 or 2 x ..].
static LogicalResult verifyBuffers(Operation *op, Value result) {
  int64_t tiles = getTileShape(result)[0];
  if (tiles == 1 || tiles == 2)
    return success();
  return op->emitOpError("expected one or two tiles for the result but got ")
         << result.getType();
}

LogicalResult GemmTTileOp::verify() {
  if (failed(verifyRanks(*this, getOperands(), {2, 2, 3},
                         "matrices, and one or two for the result")) ||
      failed(verifyBuffers(*this, getC())))
    return failure();
  unsigned k = getUntransposed() ? 0 : 1;
  if (getTileShape(getA())[0] != getTileShape(getC())[1] ||
      getTileShape(getA())[1] != getTileShape(getB())[k])
    return emitOpError("expected tiles that multiply but got ")
           << getOperandTypes();
  return verifyExtent(*this, "n", getN());
}

/// Checks tiles [m x heads x group x i], [heads x `features` x slots] and [m x
/// heads x group x l], of which `c` are the extents.
static LogicalResult verifyHeadTiles(Operation *op, ArrayRef<int64_t> c,
                                     int64_t features, int64_t kvHeads) {
  ValueRange tiles = op->getOperands().take_front(3);
  auto a = getTileShape(tiles[0]), b = getTileShape(tiles[1]);
  if (a.drop_back() != c.drop_back() || b[0] != a[1] || b[1] != features)
    return op->emitOpError("expected tiles that multiply but got ")
           << tiles.getTypes();
  return verifyExtent(op, "kv_heads", kvHeads);
}

LogicalResult HeadGemmTTileOp::verify() {
  if (failed(verifyRanks(*this, getOperands().take_front(3), {4, 3, 5},
                         "tiles of rank 4, 3 and 5")) ||
      failed(verifyBuffers(*this, getScores())))
    return failure();
  return verifyHeadTiles(*this, getTileShape(getScores()).drop_front(),
                         getTileShape(getQ())[3], getKvHeads());
}

LogicalResult HeadGemmTileOp::verify() {
  if (failed(verifyRanks(*this, getOperands().take_front(3), {4, 3, 4},
                         "tiles of rank 4, 3 and 4")))
    return failure();
  ArrayRef<int64_t> result = getTileShape(getResult());
  return verifyHeadTiles(*this, result, result[3], getKvHeads());
}

/// Checks that `child` numbers what a core collects from a channel.
static LogicalResult verifyChild(Operation *op, ChannelOp channel,
                                 int64_t child) {
  RelationKind kind = channel.getRelation().getKind();
  if (kind != RelationKind::Tree)
    return failWithNote(op->emitOpError("expected a tree but got ")
                            << stringifyRelationKind(kind),
                        channel);
  if (child < 0)
    return op->emitOpError("expected a child of at least 0 but got ") << child;
  return success();
}

LogicalResult RoleOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto channel = lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols);
  if (!channel)
    return failure();
  bool collects = getRole() == Role::Collects;
  if (collects != getChild().has_value())
    return emitOpError("expected ") << (collects ? "a" : "no") << " child of '"
                                    << stringifyRole(getRole()) << "'";
  return collects ? verifyChild(*this, channel, *getChild()) : success();
}

LogicalResult SendOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return success(lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols));
}

LogicalResult RecvOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return success(lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols));
}

LogicalResult RecvReduceOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto channel = lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols);
  if (!channel)
    return failure();
  return getChild() ? verifyChild(*this, channel, *getChild()) : success();
}

LogicalResult
ForwardReduceOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return success(lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols));
}
