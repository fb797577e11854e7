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

MeshOp plmr::mesh::lookupMesh(Operation *op) {
  auto module =
      isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
  if (!module)
    return {};
  auto meshes = module.getOps<MeshOp>();
  return meshes.empty() ? MeshOp() : *meshes.begin();
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
  return verifyMeshShape(*this, getColumns(), getRows(), getDevice());
}

LogicalResult ChannelOp::verify() {
  ArrayRef<int32_t> colours = getColours().value_or(ArrayRef<int32_t>());
  for (int32_t colour : colours)
    if (colour < 0 || colour >= static_cast<int32_t>(maxColours))
      return emitOpError("expected colours below ")
             << maxColours << " but got " << colour;
  return success();
}

/// Checks the group sizes of a tree.
static LogicalResult verifyGroups(Operation *op, ArrayRef<int64_t> groups) {
  for (int64_t group : groups)
    if (group <= 0)
      return op->emitOpError("expected positive groups but got ") << group;
  return success();
}

PlacedType ObjectOp::getValueType() {
  PlacedType type = getPlacedType();
  if (!getStacked())
    return type;
  PlacementAttr placement = type.getPlacement();
  SmallVector<int64_t> order;
  for (int64_t dim :
       placement.getOrder().drop_front(placement.getOrder().empty() ? 0 : 1))
    order.push_back(dim - 1);
  return PlacedType::get(
      getContext(),
      RankedTensorType::get(type.getTensor().getShape().drop_front(),
                            type.getTensor().getElementType()),
      PlacementAttr::get(getContext(), placement.getSplits().drop_front(),
                         order, placement.getPad(), placement.getPartial()));
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
        (!order.empty() && order.front() != 0))
      return emitOpError(
                 "expected a stacked object to have a whole, outermost leading "
                 "dimension but got ")
             << type;
  }
  bool isWeight = getKind() == ObjectKind::Weight;
  if (isWeight != getSources().has_value())
    return emitOpError("expected ")
           << (isWeight ? "sources for a weight" : "no sources for ")
           << (isWeight ? "" : stringifyObjectKind(getKind()));
  if (getSources()) {
    int64_t slices = getStacked() ? type.getTensor().getDimSize(0) : 1;
    if (static_cast<int64_t>(getSources()->size()) != slices)
      return emitOpError("expected ")
             << slices << " source(s) but got " << getSources()->size();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Mesh level
//===----------------------------------------------------------------------===//

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
  auto value = cast<PlacedType>(getValue().getType());
  PlacedType cache = object.getValueType();
  bool fits = object.getKind() == ObjectKind::State && object.getStacked() &&
              cache.getTensor().getRank() == 2 &&
              value.getTensor().getRank() == 1 &&
              cache.getPlacement().getSplits()[0] ==
                  value.getPlacement().getSplits()[0] &&
              cache.getPlacement().getSplits()[1] ==
                  SplitAttr::getCyclic(getContext(), MeshAxis::Y);
  if (!fits)
    return failWithNote(
        emitOpError("expected a stacked state [features x positions] whose "
                    "positions are 'cyclic y' and whose features are placed as "
                    "the value but got ")
            << cache << " and " << value,
        object);
  return success();
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
  return success();
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

LogicalResult AllReduceOp::verify() {
  if (getInputs().size() != getResults().size() || getInputs().empty())
    return emitOpError("expected as many results as inputs but got ")
           << getResults().size() << " and " << getInputs().size();
  PartialAttr partial = cast<PlacedType>(getInputs().front().getType())
                            .getPlacement()
                            .getPartial();
  for (auto [input, result] : llvm::zip(getInputs(), getResults())) {
    auto type = cast<PlacedType>(input.getType());
    if (!type.getPlacement().getPartial() ||
        type.getPlacement().getPartial() != partial)
      return emitOpError("expected inputs that are partial in the same way but "
                         "got ")
             << type;
    auto expected = type.withPlacement(type.getPlacement().withPartial({}));
    if (result.getType() != expected)
      return emitOpError("expected result type ")
             << expected << " but got " << result.getType();
  }
  return verifyGroups(*this, getGroups().value_or(ArrayRef<int64_t>()));
}

/// Checks that `type` is cut as `splits`, for operand `name`.
static LogicalResult verifySplits(Operation *op, StringRef name, Type type,
                                  ArrayRef<SplitAttr> splits) {
  auto placement = cast<PlacedType>(type).getPlacement();
  if (placement.getSplits() == splits && placement.getOrder().empty() &&
      !placement.getPartial())
    return success();
  return op->emitOpError("expected ")
         << name << " to be placed as "
         << PlacementAttr::get(op->getContext(), splits) << " but got "
         << placement;
}

/// Checks C[m x n] = A[m x k] with B's dimensions `bn` and `bk`.
static LogicalResult verifyProduct(Operation *op, Type a, Type b, Type c,
                                   unsigned bk, unsigned bn) {
  auto shape = [](Type type) {
    return cast<PlacedType>(type).getTensor().getShape();
  };
  if (shape(a).size() != 2 || shape(b).size() != 2 || shape(c).size() != 2)
    return op->emitOpError("expected matrices but got ")
           << a << ", " << b << " and " << c;
  if (shape(a)[1] != shape(b)[bk] || shape(c)[0] != shape(a)[0] ||
      shape(c)[1] != shape(b)[bn])
    return op->emitOpError("expected shapes that multiply but got [")
           << shape(a) << "], [" << shape(b) << "] -> [" << shape(c) << "]";
  return success();
}

LogicalResult GemmOp::verify() {
  MLIRContext *context = getContext();
  auto x = SplitAttr::getBalanced(context, MeshAxis::X);
  auto y = SplitAttr::getBalanced(context, MeshAxis::Y);
  auto skewX = SplitAttr::getBalanced(context, MeshAxis::X, true);
  auto skewY = SplitAttr::getBalanced(context, MeshAxis::Y, true);
  if (failed(verifyProduct(*this, getA().getType(), getB().getType(),
                           getC().getType(), 0, 1)) ||
      failed(verifySplits(*this, "A", getA().getType(), {y, skewX})) ||
      failed(verifySplits(*this, "B", getB().getType(), {skewY, x})))
    return failure();
  return verifySplits(*this, "the result", getC().getType(), {y, x});
}

LogicalResult GemmTOp::verify() {
  MLIRContext *context = getContext();
  auto x = SplitAttr::getBalanced(context, MeshAxis::X);
  auto y = SplitAttr::getBalanced(context, MeshAxis::Y);
  if (failed(verifyProduct(*this, getA().getType(), getB().getType(),
                           getC().getType(), 1, 0)) ||
      failed(verifySplits(*this, "A", getA().getType(), {y, x})) ||
      failed(verifySplits(*this, "B", getB().getType(), {y, x})))
    return failure();
  return verifySplits(*this, "the result", getC().getType(), {y, x});
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
  MeshOp mesh = lookupMesh(*this);
  if (!mesh)
    return emitOpError("expected a plmr.mesh in the module");
  RankedTensorType tile = object.getValueType().getTileType(mesh.getShape());
  auto expected = MemRefType::get(tile.getShape(), tile.getElementType());
  if (getType() != expected)
    return failWithNote(emitOpError("expected type ")
                            << expected << " but got " << getType(),
                        object);
  return success();
}

LogicalResult ReduceTileOp::verify() {
  int64_t segments = getSegments();
  if (segments <= 0)
    return emitOpError("expected positive segments but got ") << segments;
  return verifyGroups(*this, getGroups());
}

/// Checks tiles of a product: A and C agree in rows, B and `like` in columns,
/// and the logical extent `name` is positive.
static LogicalResult verifyTiles(Operation *op, Type a, Type b, Type c,
                                 Type like, StringRef name, int64_t extent) {
  auto shape = [](Type type) { return cast<MemRefType>(type).getShape(); };
  if (shape(a).size() != 2 || shape(b).size() != 2 || shape(c).size() != 2)
    return op->emitOpError("expected matrices but got ")
           << a << ", " << b << " and " << c;
  if (shape(a)[0] != shape(c)[0] || shape(b)[1] != shape(like)[1])
    return op->emitOpError("expected tiles that multiply but got ")
           << a << ", " << b << " and " << c;
  if (extent <= 0)
    return op->emitOpError("expected a positive ")
           << name << " but got " << extent;
  return success();
}

LogicalResult GemmTileOp::verify() {
  return verifyTiles(*this, getA().getType(), getB().getType(),
                     getC().getType(), getC().getType(), "k", getK());
}

LogicalResult GemmTTileOp::verify() {
  return verifyTiles(*this, getA().getType(), getB().getType(),
                     getC().getType(), getA().getType(), "n", getN());
}

LogicalResult RoleOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return success(lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols));
}

LogicalResult SendOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return success(lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols));
}

/// A direction of arrival is one of the two receiving roles.
static LogicalResult verifyReceives(Operation *op, Role from) {
  if (from == Role::Sends)
    return op->emitOpError("expected 'receives_low' or 'receives_high' but got "
                           "'sends'");
  return success();
}

LogicalResult RecvOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (getFrom() && failed(verifyReceives(*this, *getFrom())))
    return failure();
  return success(lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols));
}

LogicalResult RecvReduceOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (failed(verifyReceives(*this, getFrom())))
    return failure();
  return success(lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols));
}

LogicalResult
ForwardReduceOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (getFrom() && failed(verifyReceives(*this, *getFrom())))
    return failure();
  return success(lookupSymbol<ChannelOp>(*this, getChannelAttr(), symbols) &&
                 lookupSymbol<ChannelOp>(*this, getToAttr(), symbols));
}
