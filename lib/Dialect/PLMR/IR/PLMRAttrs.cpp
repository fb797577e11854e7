//===- PLMRAttrs.cpp - Attributes of the plmr dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "llvm/ADT/TypeSwitch.h"
#include <numeric>

using namespace mlir;
using namespace plmr;
using namespace plmr::mesh;

#define GET_ATTRDEF_CLASSES
#include "plmr/Dialect/PLMR/IR/PLMRAttrs.cpp.inc"

void PLMRDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "plmr/Dialect/PLMR/IR/PLMRAttrs.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// SplitAttr
//===----------------------------------------------------------------------===//

SplitAttr SplitAttr::getWhole(MLIRContext *context) {
  return get(context, DimSplit::Kind::Whole, MeshAxis::X, {}, -1, 0,
             BlockOrder::Natural);
}

SplitAttr SplitAttr::getBatch(MLIRContext *context) {
  return get(context, DimSplit::Kind::Batch, MeshAxis::X, {}, -1, 0,
             BlockOrder::Natural);
}

SplitAttr SplitAttr::getBalanced(MLIRContext *context, MeshAxis axis,
                                 BlockOrder order) {
  return get(context, DimSplit::Kind::Balanced, axis, {}, -1, 0, order);
}

SplitAttr SplitAttr::getCyclic(MLIRContext *context, MeshAxis axis) {
  return get(context, DimSplit::Kind::Cyclic, axis, {}, -1, 0,
             BlockOrder::Natural);
}

DimSplit SplitAttr::getDimSplit(int64_t extent) const {
  DimSplit split;
  split.kind = getKind();
  split.axis = toAxis(getAxis());
  if (getFactors().empty())
    split.factors.push_back(extent);
  else
    llvm::append_range(split.factors, getFactors());
  if (getSegmentFactor() >= 0)
    split.segmentFactor = static_cast<unsigned>(getSegmentFactor());
  split.innerFactor = getInnerFactor() < 0
                          ? split.factors.size()
                          : static_cast<unsigned>(getInnerFactor());
  split.order = getOrder();
  return split;
}

LogicalResult SplitAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                DimSplit::Kind kind, MeshAxis axis,
                                ArrayRef<int64_t> factors,
                                int64_t segmentFactor, int64_t innerFactor,
                                BlockOrder order) {
  for (int64_t factor : factors)
    if (factor <= 0)
      return emitError() << "expected positive factors but got " << factor;
  if (kind == DimSplit::Kind::Batch && !factors.empty())
    return emitError() << "expected a batch without factors";
  int64_t rank = std::max<int64_t>(1, factors.size());
  if (segmentFactor < -1 || segmentFactor >= rank || innerFactor < -1 ||
      innerFactor >= rank)
    return emitError() << "expected segment and inner factors below " << rank
                       << " but got " << segmentFactor << " and "
                       << innerFactor;
  if (segmentFactor == innerFactor)
    return emitError()
           << "expected different segment and inner factors but got "
           << segmentFactor << " twice";
  bool ordered = order != BlockOrder::Natural;
  if ((segmentFactor >= 0 || ordered) && kind != DimSplit::Kind::Balanced)
    return emitError() << "expected a balanced split to have segments, be "
                          "skewed or in ring order";
  if (segmentFactor >= 0 && ordered)
    return emitError() << "expected a split that has segments to be neither "
                          "skewed nor in ring order";
  return success();
}

void SplitAttr::print(AsmPrinter &printer) const {
  if (getKind() == DimSplit::Kind::Cyclic)
    printer << "cyclic ";
  if (getOrder() == BlockOrder::Skewed)
    printer << "skew ";
  if (getOrder() == BlockOrder::Ring)
    printer << "ring ";
  printer << (isCut()     ? stringifyMeshAxis(getAxis())
              : isBatch() ? "batch"
                          : "*");
  if (getFactors().empty())
    return;
  printer << "(";
  llvm::interleave(getFactors(), printer.getStream(), ":");
  if (getSegmentFactor() >= 0)
    printer << " segment " << getSegmentFactor();
  if (getInnerFactor() >= 0)
    printer << " inner " << getInnerFactor();
  printer << ")";
}

static ParseResult parseAxis(AsmParser &parser, MeshAxis &axis) {
  StringRef name;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&name))
    return failure();
  std::optional<MeshAxis> parsed = symbolizeMeshAxis(name);
  if (!parsed)
    return parser.emitError(loc)
           << "expected '*', 'batch', 'x', 'y', 'cyclic', 'skew' or 'ring' but "
              "got '"
           << name << "'";
  axis = *parsed;
  return success();
}

Attribute SplitAttr::parse(AsmParser &parser, Type) {
  MLIRContext *context = parser.getContext();
  SMLoc loc = parser.getCurrentLocation();
  DimSplit::Kind kind = DimSplit::Kind::Whole;
  MeshAxis axis = MeshAxis::X;
  BlockOrder order = BlockOrder::Natural;
  if (succeeded(parser.parseOptionalKeyword("batch"))) {
    kind = DimSplit::Kind::Batch;
  } else if (failed(parser.parseOptionalStar())) {
    kind = succeeded(parser.parseOptionalKeyword("cyclic"))
               ? DimSplit::Kind::Cyclic
               : DimSplit::Kind::Balanced;
    if (succeeded(parser.parseOptionalKeyword("skew")))
      order = BlockOrder::Skewed;
    else if (succeeded(parser.parseOptionalKeyword("ring")))
      order = BlockOrder::Ring;
    if (parseAxis(parser, axis))
      return {};
  }
  SmallVector<int64_t> factors;
  int64_t segmentFactor = -1, innerFactor = 0;
  if (succeeded(parser.parseOptionalLParen())) {
    do {
      if (parser.parseInteger(factors.emplace_back()))
        return {};
    } while (succeeded(parser.parseOptionalColon()));
    if (succeeded(parser.parseOptionalKeyword("segment")) &&
        parser.parseInteger(segmentFactor))
      return {};
    innerFactor = -1;
    if (succeeded(parser.parseOptionalKeyword("inner")) &&
        parser.parseInteger(innerFactor))
      return {};
    if (parser.parseRParen())
      return {};
  }
  return parser.getChecked<SplitAttr>(loc, context, kind, axis,
                                      ArrayRef<int64_t>(factors), segmentFactor,
                                      innerFactor, order);
}

//===----------------------------------------------------------------------===//
// PartialAttr
//===----------------------------------------------------------------------===//

LogicalResult PartialAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  Reducer reducer, MeshAxis axis,
                                  int64_t segments, PartialAttr then) {
  if (segments <= 0)
    return emitError() << "expected positive segments but got " << segments;
  if (then && (then.getReducer() != reducer || then.getAxis() == axis ||
               then.getThen()))
    return emitError() << "expected to " << stringifyReducer(reducer)
                       << " along the other axis, and not again, but got "
                       << then;
  return success();
}

//===----------------------------------------------------------------------===//
// PlacementAttr
//===----------------------------------------------------------------------===//

PlacementAttr PlacementAttr::get(MLIRContext *context,
                                 ArrayRef<SplitAttr> splits, PadValue pad,
                                 PartialAttr partial) {
  return get(context, splits, ArrayRef<int64_t>(), pad, partial);
}

Placement PlacementAttr::getPlacement(ArrayRef<int64_t> shape) const {
  Placement placement;
  for (auto [split, extent] : llvm::zip_equal(getSplits(), shape))
    placement.dims.push_back(split.getDimSplit(extent));
  for (int64_t dim : getOrder())
    placement.order.push_back(static_cast<unsigned>(dim));
  placement.pad = getPad();
  return placement;
}

PlacementAttr PlacementAttr::withPad(PadValue pad) const {
  return get(getContext(), getSplits(), getOrder(), pad, getPartial());
}

PlacementAttr PlacementAttr::withPartial(PartialAttr partial) const {
  return get(getContext(), getSplits(), getOrder(), getPad(), partial);
}

PlacementAttr PlacementAttr::withLeadingDim(SplitAttr split) const {
  SmallVector<SplitAttr> splits = {split};
  llvm::append_range(splits, getSplits());
  SmallVector<int64_t> order;
  if (!getOrder().empty()) {
    order.push_back(0);
    for (int64_t dim : getOrder())
      order.push_back(dim + 1);
  }
  return get(getContext(), splits, order, getPad(), getPartial());
}

PlacementAttr PlacementAttr::withoutDim(unsigned dim) const {
  SmallVector<SplitAttr> splits(getSplits());
  splits.erase(splits.begin() + dim);
  SmallVector<int64_t> order;
  for (int64_t other : getOrder())
    if (other != dim)
      order.push_back(other - (other > dim));
  return get(getContext(), splits, order, getPad(), getPartial());
}

std::optional<unsigned> PlacementAttr::getBatchDim() const {
  for (auto [dim, split] : llvm::enumerate(getSplits()))
    if (split.isBatch())
      return dim;
  return std::nullopt;
}

/// Only slices of a stacked object come before a batch.
static bool isOutermostBatch(unsigned dim, ArrayRef<SplitAttr> splits,
                             ArrayRef<int64_t> order) {
  if (dim > 1 || (dim == 1 && (splits[0].isCut() || splits[0].isBatch())))
    return false;
  return order.empty() || order[dim] == dim;
}

LogicalResult
PlacementAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      ArrayRef<SplitAttr> splits, ArrayRef<int64_t> order,
                      PadValue pad, PartialAttr partial) {
  unsigned cuts[2] = {0, 0};
  for (SplitAttr split : splits)
    if (split.isCut() && ++cuts[static_cast<unsigned>(split.getAxis())] > 1)
      return emitError() << "expected at most one dimension cut along "
                         << stringifyMeshAxis(split.getAxis());
  SmallVector<int64_t> sorted(order);
  llvm::sort(sorted);
  for (auto [i, dim] : llvm::enumerate(sorted))
    if (dim != static_cast<int64_t>(i) || sorted.size() != splits.size())
      return emitError() << "expected the order to be a permutation of "
                         << splits.size() << " dimensions but got [" << order
                         << "]";
  for (auto [dim, split] : llvm::enumerate(splits))
    if (split.isBatch() && !isOutermostBatch(dim, splits, order))
      return emitError() << "expected one batch at most, outermost or behind "
                            "slices, but got dimension "
                         << dim;
  return success();
}

static StringRef printPad(PadValue pad) { return plmr::stringify(pad); }

static std::optional<PadValue> parsePad(StringRef text) {
  for (PadValue pad : {PadValue::Zero, PadValue::NegInf, PadValue::Any})
    if (printPad(pad) == text)
      return pad;
  return std::nullopt;
}

void PlacementAttr::printBody(AsmPrinter &printer) const {
  printer << "[";
  llvm::interleaveComma(getSplits(), printer.getStream(),
                        [&](SplitAttr split) { split.print(printer); });
  printer << "]";
  if (!getOrder().empty()) {
    printer << ", order [";
    llvm::interleaveComma(getOrder(), printer.getStream());
    printer << "]";
  }
  if (getPad() != PadValue::Zero)
    printer << ", pad " << printPad(getPad());
  if (getPartial()) {
    printer << ", partial";
    getPartial().print(printer);
  }
}

PlacementAttr PlacementAttr::parseBody(AsmParser &parser) {
  SmallVector<SplitAttr> splits;
  SMLoc loc = parser.getCurrentLocation();
  auto parseSplit = [&]() -> ParseResult {
    auto split =
        llvm::dyn_cast_or_null<SplitAttr>(SplitAttr::parse(parser, {}));
    if (!split)
      return failure();
    splits.push_back(split);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseSplit))
    return {};
  SmallVector<int64_t> order;
  PadValue pad = PadValue::Zero;
  PartialAttr partial;
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    SMLoc keywordLoc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return {};
    if (keyword == "order") {
      if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
            return parser.parseInteger(order.emplace_back());
          }))
        return {};
    } else if (keyword == "pad") {
      StringRef text;
      if (parser.parseKeyword(&text))
        return {};
      std::optional<PadValue> parsed = parsePad(text);
      if (!parsed) {
        parser.emitError(keywordLoc)
            << "expected pad zero, neg_inf or any but got '" << text << "'";
        return {};
      }
      pad = *parsed;
    } else if (keyword == "partial") {
      partial =
          llvm::dyn_cast_or_null<PartialAttr>(PartialAttr::parse(parser, {}));
      if (!partial)
        return {};
    } else {
      parser.emitError(keywordLoc)
          << "expected 'order', 'pad' or 'partial' but got '" << keyword << "'";
      return {};
    }
  }
  return parser.getChecked<PlacementAttr>(
      loc, parser.getContext(), ArrayRef<SplitAttr>(splits),
      ArrayRef<int64_t>(order), pad, partial);
}

void PlacementAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printBody(printer);
  printer << ">";
}

Attribute PlacementAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  PlacementAttr placement = parseBody(parser);
  if (!placement || parser.parseGreater())
    return {};
  return placement;
}

//===----------------------------------------------------------------------===//
// TreeAttr and RelationAttr
//===----------------------------------------------------------------------===//

LogicalResult TreeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               TreeKind kind, ArrayRef<int64_t> parameters,
                               int64_t root) {
  TreeShape shape;
  shape.kind = static_cast<TreeShape::Kind>(kind);
  llvm::append_range(shape.parameters, parameters);
  shape.root = root;
  if (std::string error = shape.check(); !error.empty())
    return emitError() << error;
  return success();
}

TreeAttr TreeAttr::get(MLIRContext *context, const TreeShape &shape) {
  return get(context, static_cast<TreeKind>(shape.kind), shape.parameters,
             shape.root);
}

TreeShape TreeAttr::getShape() const {
  TreeShape shape;
  shape.kind = static_cast<TreeShape::Kind>(getKind());
  llvm::append_range(shape.parameters, getParameters());
  shape.root = getRoot();
  return shape;
}

LogicalResult RelationAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   RelationKind kind, MeshAxis axis,
                                   TreeAttr tree, int64_t segments) {
  if (segments <= 0)
    return emitError() << "expected positive segments but got " << segments;
  bool hasTree = kind == RelationKind::Tree || kind == RelationKind::Broadcast;
  if (hasTree != static_cast<bool>(tree))
    return emitError() << "expected " << (hasTree ? "a" : "no") << " tree of '"
                       << stringifyRelationKind(kind) << "'";
  return success();
}

Relation RelationAttr::getRelation() const {
  Relation relation;
  relation.kind = static_cast<Relation::Kind>(getKind());
  relation.axis = toAxis(getAxis());
  if (getTree())
    relation.tree = getTree().getShape();
  relation.segments = static_cast<unsigned>(getSegments());
  return relation;
}
