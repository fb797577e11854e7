//===- CoreOps.cpp - Operations of the core dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Program/Program.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace plmr;
using namespace plmr::core;

//===----------------------------------------------------------------------===//
// Custom directives
//===----------------------------------------------------------------------===//

/// Parses `<letter><number>` with the number below `limit`.
static ParseResult parseNumbered(AsmParser &parser, StringRef letters,
                                 char &letter, int64_t &number) {
  StringRef text;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&text))
    return failure();
  letter = text.front();
  if (!letters.contains(letter) || text.drop_front().getAsInteger(10, number))
    return parser.emitError(loc)
           << "expected one of '" << letters << "' and a number but got '"
           << text << "'";
  return success();
}

static ParseResult parseLettered(AsmParser &parser, char letter, int64_t limit,
                                 IntegerAttr &attr) {
  char parsed;
  int64_t number;
  SMLoc loc = parser.getCurrentLocation();
  if (parseNumbered(parser, StringRef(&letter, 1), parsed, number))
    return failure();
  if (number >= limit)
    return parser.emitError(loc) << "expected a number below " << limit
                                 << " but got " << number;
  attr = parser.getBuilder().getI64IntegerAttr(number);
  return success();
}

static ParseResult parseRegister(OpAsmParser &parser, IntegerAttr &attr) {
  return parseLettered(parser, 'r', numRegisters, attr);
}
static void printRegister(OpAsmPrinter &printer, Operation *,
                          IntegerAttr attr) {
  printer << "r" << attr.getInt();
}

static ParseResult parseDescriptor(OpAsmParser &parser, IntegerAttr &attr) {
  return parseLettered(parser, 'd', numDescriptors, attr);
}
static void printDescriptor(OpAsmPrinter &printer, Operation *,
                            IntegerAttr attr) {
  printer << "d" << attr.getInt();
}

static ParseResult parseEngine(OpAsmParser &parser, IntegerAttr &attr) {
  return parseLettered(parser, 'e', noOperand, attr);
}
static void printEngine(OpAsmPrinter &printer, Operation *, IntegerAttr attr) {
  printer << "e" << attr.getInt();
}

static ParseResult parseScalarOperand(OpAsmParser &parser, IntegerAttr &attr) {
  char letter;
  int64_t number;
  SMLoc loc = parser.getCurrentLocation();
  if (parseNumbered(parser, "rk", letter, number))
    return failure();
  int64_t limit = letter == 'r' ? numRegisters : numDirectConstants;
  if (number >= limit)
    return parser.emitError(loc) << "expected a number below " << limit
                                 << " but got " << number;
  attr = parser.getBuilder().getI64IntegerAttr(
      letter == 'r' ? number : number + firstConstantOperand);
  return success();
}
static void printScalarOperand(OpAsmPrinter &printer, Operation *,
                               IntegerAttr attr) {
  int64_t operand = attr.getInt();
  if (operand < firstConstantOperand)
    printer << "r" << operand;
  else
    printer << "k" << operand - firstConstantOperand;
}

static ParseResult parseOperandOrImmediate(OpAsmParser &parser,
                                           IntegerAttr &operand,
                                           IntegerAttr &immediate) {
  int64_t value;
  OptionalParseResult parsed = parser.parseOptionalInteger(value);
  if (!parsed.has_value())
    return parseScalarOperand(parser, operand);
  if (failed(*parsed))
    return failure();
  immediate = parser.getBuilder().getI64IntegerAttr(value);
  return success();
}
static void printOperandOrImmediate(OpAsmPrinter &printer, Operation *op,
                                    IntegerAttr operand,
                                    IntegerAttr immediate) {
  if (operand)
    printScalarOperand(printer, op, operand);
  else
    printer << immediate.getInt();
}

/// ` <keyword> <operand>` if the attribute is there.
static ParseResult parseKeyed(OpAsmParser &parser, StringRef keyword,
                              IntegerAttr &attr) {
  if (failed(parser.parseOptionalKeyword(keyword)))
    return success();
  return parseScalarOperand(parser, attr);
}
static void printKeyed(OpAsmPrinter &printer, Operation *op, StringRef keyword,
                       IntegerAttr attr) {
  if (!attr)
    return;
  printer << keyword << " ";
  printScalarOperand(printer, op, attr);
}

static ParseResult parsePredicate(OpAsmParser &parser, IntegerAttr &attr) {
  return parseKeyed(parser, "if", attr);
}
static void printPredicate(OpAsmPrinter &printer, Operation *op,
                           IntegerAttr attr) {
  printKeyed(printer, op, "if", attr);
}

static ParseResult parseOptionalEngine(OpAsmParser &parser,
                                       IntegerAttr &attr) {
  if (failed(parser.parseOptionalKeyword("on")))
    return success();
  return parseEngine(parser, attr);
}
static void printOptionalEngine(OpAsmPrinter &printer, Operation *op,
                                IntegerAttr attr) {
  if (!attr)
    return;
  printer << "on ";
  printEngine(printer, op, attr);
}

static ParseResult parseDescriptors(OpAsmParser &parser,
                                    DenseI64ArrayAttr &attr) {
  SmallVector<int64_t> numbers;
  while (succeeded(parser.parseOptionalComma())) {
    IntegerAttr number;
    if (parseDescriptor(parser, number))
      return failure();
    numbers.push_back(number.getInt());
  }
  attr = parser.getBuilder().getDenseI64ArrayAttr(numbers);
  return success();
}
static void printDescriptors(OpAsmPrinter &printer, Operation *,
                             DenseI64ArrayAttr attr) {
  for (int64_t number : attr.asArrayRef())
    printer << ", d" << number;
}

/// An f32 without its type.
static ParseResult parseFloat(OpAsmParser &parser, FloatAttr &attr) {
  return parser.parseAttribute(attr, parser.getBuilder().getF32Type());
}
static void printFloat(OpAsmPrinter &printer, Operation *, FloatAttr attr) {
  printer.printAttributeWithoutType(attr);
}

#define GET_OP_CLASSES
#include "plmr/Dialect/Core/IR/CoreOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Parts of a program
//===----------------------------------------------------------------------===//

LogicalResult ProgramOp::verify() {
  if (getColumns() <= 0 || getRows() <= 0)
    return emitOpError("expected positive extents but got ")
           << getColumns() << " x " << getRows();
  return success();
}

LogicalResult TensorOp::verify() {
  if (!getSources())
    return success();
  for (Attribute source : getSourcesAttr()) {
    auto fields = dyn_cast<ArrayAttr>(source);
    bool valid = fields && fields.size() == 5 && isa<StringAttr>(fields[0]) &&
                 llvm::all_of(fields.getValue().drop_front(),
                              llvm::IsaPred<IntegerAttr>);
    if (!valid)
      return emitOpError(
                 "expected a source [name, file, offset, bytes, type] but got ")
             << source;
  }
  return success();
}

LogicalResult ConstantOp::verify() {
  auto program = cast<ProgramOp>((*this)->getParentOp());
  int64_t expected = 1;
  if (getKind() == ConstantKind::ByColumn || getKind() == ConstantKind::ByCore)
    expected *= program.getColumns();
  if (getKind() == ConstantKind::ByRow || getKind() == ConstantKind::ByCore)
    expected *= program.getRows();
  if (static_cast<int64_t>(getValues().size()) != expected)
    return emitOpError("expected ") << expected << " value(s) but got "
                                    << getValues().size();
  return success();
}

LogicalResult RoutesOp::verify() {
  auto program = cast<ProgramOp>((*this)->getParentOp());
  int64_t cores = program.getColumns() * program.getRows();
  if (static_cast<int64_t>(getClassOf().size()) != cores)
    return emitOpError("expected a class for each of ")
           << cores << " routers but got " << getClassOf().size();
  for (int32_t cls : getClassOf())
    if (cls < 0 || cls >= static_cast<int32_t>(getClasses().size()))
      return emitOpError("expected classes below ")
             << getClasses().size() << " but got " << cls;
  return success();
}

LogicalResult CodeOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<HaltOp, LoopOp, WaitOp, EpochOp, ScalarOp, LdcOp, DsmOp, DsfOp,
             DssOp, VectorOp>(op))
      return op.emitOpError("expected an instruction of the core dialect");
  return success();
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

LogicalResult DssOp::verify() {
  if (getValue().has_value() == getOperand().has_value())
    return emitOpError("expected either a value or an operand");
  if (getConvert() && !getOperand())
    return emitOpError("expected 'convert' with an operand only");
  return success();
}

LogicalResult VectorOp::verify() {
  unsigned expected = getNumSources(toOpcode(getKind()));
  if (getSources().size() != expected)
    return emitOpError("expected ") << expected << " source(s) but got "
                                    << getSources().size();
  for (int64_t source : getSources())
    if (source < 0 || source >= static_cast<int64_t>(numDescriptors))
      return emitOpError("expected descriptors below ")
             << numDescriptors << " but got " << source;
  return success();
}
