//===- PLMRTypes.cpp - Types of the plmr dialect -*- C++ -*-===//
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

using namespace mlir;
using namespace plmr;
using namespace plmr::mesh;

#define GET_TYPEDEF_CLASSES
#include "plmr/Dialect/PLMR/IR/PLMRTypes.cpp.inc"

void PLMRDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "plmr/Dialect/PLMR/IR/PLMRTypes.cpp.inc"
      >();
}

std::optional<ElementType> plmr::mesh::getElementType(Type type) {
  if (type.isF32())
    return ElementType::F32;
  if (type.isF16())
    return ElementType::F16;
  if (type.isBF16())
    return ElementType::BF16;
  if (type.isInteger(32))
    return ElementType::I32;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// PlacedType
//===----------------------------------------------------------------------===//

RankedTensorType PlacedType::getTileType(MeshShape mesh) const {
  Placement placement = getItemType().getHostPlacement();
  SmallVector<int64_t, 3> shape(placement.getTileShape(mesh));
  if (!placement.order.empty()) {
    SmallVector<int64_t, 3> ordered;
    for (unsigned dim : placement.order)
      ordered.push_back(shape[dim]);
    shape = ordered;
  }
  return RankedTensorType::get(shape, getTensor().getElementType());
}

std::optional<int64_t> PlacedType::getBatch() const {
  std::optional<unsigned> dim = getPlacement().getBatchDim();
  return dim ? std::optional(getTensor().getDimSize(*dim)) : std::nullopt;
}

PlacedType PlacedType::getItemType() const {
  std::optional<unsigned> dim = getPlacement().getBatchDim();
  return dim ? withoutDim(*dim) : *this;
}

PlacedType PlacedType::withLeadingDim(int64_t extent, SplitAttr split) const {
  SmallVector<int64_t> shape = {extent};
  llvm::append_range(shape, getTensor().getShape());
  return get(getContext(), getTensor().clone(shape),
             getPlacement().withLeadingDim(split));
}

PlacedType PlacedType::withoutDim(unsigned dim) const {
  SmallVector<int64_t> shape(getTensor().getShape());
  shape.erase(shape.begin() + dim);
  return get(getContext(), getTensor().clone(shape),
             getPlacement().withoutDim(dim));
}

LogicalResult PlacedType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 RankedTensorType tensor,
                                 PlacementAttr placement) {
  if (!tensor.hasStaticShape())
    return emitError() << "expected a static shape but got " << tensor;
  if (static_cast<size_t>(tensor.getRank()) != placement.getSplits().size())
    return emitError() << "expected " << tensor.getRank()
                       << " split(s), one per dimension, but got "
                       << placement.getSplits().size();
  if (!getElementType(tensor.getElementType()))
    return emitError() << "expected elements of type f32, f16, bf16 or i32 but "
                          "got "
                       << tensor.getElementType();
  for (auto [dim, split] : llvm::enumerate(placement.getSplits())) {
    if (split.getFactors().empty())
      continue;
    int64_t product = 1;
    for (int64_t factor : split.getFactors())
      product *= factor;
    if (product != tensor.getDimSize(dim))
      return emitError() << "expected factors of dimension " << dim
                         << " to multiply to " << tensor.getDimSize(dim)
                         << " but got " << product;
  }
  return success();
}

void PlacedType::print(AsmPrinter &printer) const {
  printer << "<" << getTensor() << ", ";
  getPlacement().printBody(printer);
  printer << ">";
}

Type PlacedType::parse(AsmParser &parser) {
  RankedTensorType tensor;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseType(tensor) || parser.parseComma())
    return {};
  PlacementAttr placement = PlacementAttr::parseBody(parser);
  if (!placement || parser.parseGreater())
    return {};
  return parser.getChecked<PlacedType>(loc, parser.getContext(), tensor,
                                       placement);
}
