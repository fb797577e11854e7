//===- LLMDialect.cpp - Implementation of the llm dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectImplementation.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plmr::llm;

#include "plmr/Dialect/LLM/IR/LLMDialect.cpp.inc"

#include "plmr/Dialect/LLM/IR/LLMEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "plmr/Dialect/LLM/IR/LLMAttrs.cpp.inc"

void LLMDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "plmr/Dialect/LLM/IR/LLMAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "plmr/Dialect/LLM/IR/LLMOps.cpp.inc"
      >();
}

LogicalResult
SourceAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   StringRef name, int64_t offset, StringRef type) {
  static constexpr StringRef known[] = {"F32", "F16", "BF16", "Q8_0", "Q4_0"};
  if (!llvm::is_contained(known, type))
    return emitError() << "expected the type of '" << name
                       << "' to be one of F32, F16, BF16, Q8_0, Q4_0 but got '"
                       << type << "'";
  if (offset < 0)
    return emitError() << "expected a non-negative offset of '" << name
                       << "' but got " << offset;
  return success();
}

void RopeTableAttr::print(AsmPrinter &printer) const {
  printer << "<" << (getSine() ? "sine " : "cosine ") << getStride()
          << " pairs " << getPairs() << " base ";
  printer.printAttributeWithoutType(getBase());
  printer << ">";
}

Attribute RopeTableAttr::parse(AsmParser &parser, Type) {
  StringRef function;
  int64_t stride, pairs;
  FloatAttr base;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword(&function) ||
      parser.parseInteger(stride) || parser.parseKeyword("pairs") ||
      parser.parseInteger(pairs) || parser.parseKeyword("base") ||
      parser.parseAttribute(base, Float64Type::get(parser.getContext())) ||
      parser.parseGreater())
    return {};
  if (function != "sine" && function != "cosine") {
    parser.emitError(loc) << "expected 'sine' or 'cosine' but got '" << function
                          << "'";
    return {};
  }
  return get(parser.getContext(), function == "sine", stride, pairs, base);
}
