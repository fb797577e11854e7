//===- LLMOps.cpp - Operations of the llm dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "plmr/Dialect/LLM/IR/LLM.h"

using namespace mlir;
using namespace plmr;
using namespace plmr::llm;

/// The type of a row of `rows`, or of a vector itself.
static Type getRowType(Type rows) {
  auto type = cast<RankedTensorType>(rows);
  return RankedTensorType::get(type.getShape().take_back(),
                               type.getElementType());
}

#define GET_OP_CLASSES
#include "plmr/Dialect/LLM/IR/LLMOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

LogicalResult WeightOp::verify() {
  if (getSources().empty())
    return emitOpError("expected at least one source but got none");
  auto type = cast<RankedTensorType>(getType());
  if (getTransposed() && type.getRank() != 2)
    return emitOpError("expected a transposed weight to have rank 2 but got ")
           << type.getRank();
  return success();
}

LogicalResult StateOp::verify() {
  int64_t rank = getTensor().getRank();
  if (rank != 3 && rank != 4)
    return emitOpError("expected [layers x positions x features], or a batch "
                       "behind the layers, but got rank ")
           << rank;
  if (getPlacement() && !parseKVPlacement(*getPlacement()))
    return emitOpError("expected a placement \"cyclic\", \"shift\" or "
                       "\"concat\" but got \"")
           << *getPlacement() << "\"";
  return success();
}

KVPlacement StateOp::getKVPlacement() {
  return getPlacement() ? *parseKVPlacement(*getPlacement())
                        : KVPlacement::Cyclic;
}

std::optional<int64_t> StateOp::getBatch() {
  return getTensor().getRank() == 4 ? std::optional(getTensor().getDimSize(1))
                                    : std::nullopt;
}

LogicalResult ParamOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto weight =
      symbols.lookupNearestSymbolFrom<WeightOp>(*this, getWeightAttr());
  if (!weight)
    return emitOpError("expected '") << getWeight() << "' to be an llm.weight";
  if (weight.getType() != getType()) {
    InFlightDiagnostic diag = emitOpError("expected type ")
                              << weight.getType() << " but got " << getType();
    diag.attachNote(weight.getLoc()) << "the weight is declared here";
    return diag;
  }
  bool layered = weight.getSources().size() > 1;
  if (layered != static_cast<bool>(getLayer())) {
    InFlightDiagnostic diag = emitOpError("expected ")
                              << (layered ? "a layer" : "no layer")
                              << " for a weight with "
                              << weight.getSources().size() << " source(s)";
    diag.attachNote(weight.getLoc()) << "the weight is declared here";
    return diag;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult RMSNormOp::verify() {
  if (getEps().convertToFloat() < 0)
    return emitOpError("expected a non-negative eps but got ")
           << getEps().convertToFloat();
  return success();
}

LogicalResult RopeOp::verify() {
  auto type = cast<RankedTensorType>(getX().getType());
  int64_t rank = type.getRank() - getBatch();
  if (rank != 1 && rank != 2)
    return emitOpError("expected a vector or a matrix")
           << (getBatch() ? " behind the batch" : "") << " but got " << type;
  int64_t extent = type.getShape().back(), heads = getHeads();
  if (heads <= 0 || extent % (2 * heads) != 0)
    return emitOpError("expected an extent that is a multiple of 2 * heads but "
                       "got extent ")
           << extent << " and " << heads << " heads";
  if (!(getBase().convertToFloat() > 0))
    return emitOpError("expected a positive base but got ")
           << getBase().convertToFloat();
  return success();
}

LogicalResult AttentionOp::verify() {
  int64_t heads = getHeads(), kvHeads = getKvHeads();
  if (kvHeads <= 0 || heads <= 0 || heads % kvHeads != 0)
    return emitOpError("expected heads to be a multiple of kv_heads but got ")
           << heads << " and " << kvHeads;
  auto typeQ = cast<RankedTensorType>(getQ().getType());
  auto typeK = cast<RankedTensorType>(getK().getType());
  int64_t q = typeQ.getShape().back(), k = typeK.getShape().back();
  if (q % heads != 0 || k % kvHeads != 0 || q / heads != k / kvHeads)
    return emitOpError("expected the same head dimension of q and k but got ")
           << q << "/" << heads << " and " << k << "/" << kvHeads;
  if (typeQ.getShape().drop_back() != typeK.getShape().drop_back())
    return emitOpError("expected the same rows of q and k but got ")
           << typeQ << " and " << typeK;
  // A batch of vectors looks like a matrix: begin and end tell them apart.
  bool isMatrix = static_cast<bool>(getBegin());
  if (isMatrix != static_cast<bool>(getEnd()) ||
      (isMatrix && typeQ.getRank() == 1) || (!isMatrix && typeQ.getRank() == 3))
    return emitOpError("expected ")
           << (typeQ.getRank() == 1 ? "no rows of vectors"
                                    : "rows of matrices");
  return success();
}

std::optional<int64_t> AttentionOp::getBatch() {
  auto type = cast<RankedTensorType>(getQ().getType());
  return type.getRank() > (getBegin() ? 2 : 1)
             ? std::optional(type.getDimSize(0))
             : std::nullopt;
}

LogicalResult AttentionOp::verifySymbolUses(SymbolTableCollection &symbols) {
  int64_t features = cast<RankedTensorType>(getK().getType()).getShape().back();
  for (FlatSymbolRefAttr name : {getKeysAttr(), getValuesAttr()}) {
    auto state = symbols.lookupNearestSymbolFrom<StateOp>(*this, name);
    if (!state)
      return emitOpError("expected '")
             << name.getValue() << "' to be an llm.state";
    bool isConcat = state.getKVPlacement() == KVPlacement::Concat;
    if (static_cast<bool>(getSettled()) != (isConcat && !getBegin()))
      return emitOpError("expected ")
             << (getSettled() ? "no settled positions of '"
                              : "settled positions of '")
             << name.getValue() << "', which is placed by \""
             << stringify(state.getKVPlacement()) << "\"";
    if (state.getNumFeatures() != features) {
      InFlightDiagnostic diag = emitOpError("expected a state of ")
                                << features << " features but got "
                                << state.getNumFeatures();
      diag.attachNote(state.getLoc()) << "the state is declared here";
      return diag;
    }
    if (state.getBatch() != getBatch()) {
      InFlightDiagnostic diag = emitOpError("expected a state ");
      if (std::optional<int64_t> batch = getBatch())
        diag << "with a batch of " << *batch << ", or rows of matrices,";
      else
        diag << "without a batch";
      diag << " but got " << state.getType();
      diag.attachNote(state.getLoc()) << "the state is declared here";
      return diag;
    }
  }
  return success();
}

LogicalResult SettleOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto state = symbols.lookupNearestSymbolFrom<StateOp>(*this, getStateAttr());
  if (!state)
    return emitOpError("expected '") << getState() << "' to be an llm.state";
  if (state.getKVPlacement() == KVPlacement::Cyclic)
    return emitOpError("expected '")
           << getState()
           << "' to be placed by \"shift\" or \"concat\": a cyclic cache "
              "is always where attention looks for it";
  return success();
}
