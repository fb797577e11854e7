//===- CoreOps.cpp - Operations of the core dialect -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Program/Program.h"

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
    return parser.emitError(loc) << "expected one of '" << letters
                                 << "' and a number but got '" << text << "'";
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
    return parser.emitError(loc)
           << "expected a number below " << limit << " but got " << number;
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
    return parser.emitError(loc)
           << "expected a number below " << limit << " but got " << number;
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

static ParseResult parseInteger(OpAsmParser &parser, IntegerAttr &attr) {
  int64_t value;
  if (parser.parseInteger(value))
    return failure();
  attr = parser.getBuilder().getI64IntegerAttr(value);
  return success();
}
static void printInteger(OpAsmPrinter &printer, Operation *, IntegerAttr attr) {
  printer << attr.getInt();
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
    printInteger(printer, op, immediate);
}

/// "r4 + 64", "r4" or "64".
static ParseResult parseSum(OpAsmParser &parser, IntegerAttr &operand,
                            IntegerAttr &offset) {
  if (parseOperandOrImmediate(parser, operand, offset))
    return failure();
  Builder &builder = parser.getBuilder();
  if (!operand) {
    operand = builder.getI64IntegerAttr(noOperand);
    return success();
  }
  if (succeeded(parser.parseOptionalPlus()))
    return parseInteger(parser, offset);
  offset = builder.getI64IntegerAttr(0);
  return success();
}
static void printSum(OpAsmPrinter &printer, Operation *op, IntegerAttr operand,
                     IntegerAttr offset) {
  if (operand.getInt() == noOperand)
    return printInteger(printer, op, offset);
  printScalarOperand(printer, op, operand);
  if (offset.getInt() != 0)
    printer << " + " << offset.getInt();
}

static ParseResult parseDescriptors(OpAsmParser &parser,
                                    DenseI64ArrayAttr &attr) {
  SmallVector<int64_t> numbers;
  auto parseOne = [&]() -> ParseResult {
    IntegerAttr number;
    if (parseDescriptor(parser, number))
      return failure();
    numbers.push_back(number.getInt());
    return success();
  };
  if (parser.parseCommaSeparatedList(parseOne))
    return failure();
  attr = parser.getBuilder().getDenseI64ArrayAttr(numbers);
  return success();
}
static void printDescriptors(OpAsmPrinter &printer, Operation *,
                             DenseI64ArrayAttr attr) {
  llvm::interleaveComma(attr.asArrayRef(), printer,
                        [&](int64_t number) { printer << "d" << number; });
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
// Routes as text
//===----------------------------------------------------------------------===//

static constexpr StringLiteral portLetters = "NESWR";

std::string plmr::core::printRoute(const Route &route) {
  std::string text = std::to_string(route.colour) + " " +
                     portLetters[static_cast<unsigned>(route.input)] + "->";
  for (unsigned port = 0; port != numPorts; ++port)
    if (route.hasOutput(static_cast<Port>(port)))
      text += portLetters[port];
  return text;
}

std::optional<Route> plmr::core::parseRoute(StringRef text) {
  Route route;
  auto [colour, path] = text.split(' ');
  auto [input, outputs] = path.split("->");
  if (colour.getAsInteger(10, route.colour) || input.size() != 1 ||
      !portLetters.contains(input[0]) || outputs.empty())
    return std::nullopt;
  route.input = static_cast<Port>(portLetters.find(input[0]));
  for (char letter : outputs) {
    size_t port = portLetters.find(letter);
    if (port == StringRef::npos || route.hasOutput(static_cast<Port>(port)))
      return std::nullopt;
    route.outputs |= 1 << port;
  }
  return route;
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

unsigned plmr::core::countInstructions(Block &block) {
  unsigned count = 0;
  block.walk([&](Operation *) { ++count; });
  return count;
}

LogicalResult ProgramOp::verify() {
  return mesh::verifyMeshShape(*this, getColumns(), getRows(), getDevice());
}

namespace {

/// Checks the numbers by which parts of a program refer to others.
class ReferenceVerifier {
public:
  explicit ReferenceVerifier(ProgramOp program)
      : program(program), objects(program.getOps<ObjectOp>()),
        codes(program.getOps<CodeOp>()),
        tensors(llvm::range_size(program.getOps<TensorOp>())),
        tables(llvm::range_size(program.getOps<RoutesOp>())) {}

  LogicalResult verify();

private:
  LogicalResult checkBelow(Operation *op, const Twine &what, int64_t number,
                           size_t limit);
  LogicalResult checkClasses();
  LogicalResult checkEntries(LaunchOp launch);
  LogicalResult checkLaunch(LaunchOp launch);
  LogicalResult checkStream(DsmOp dsm);

  ProgramOp program;
  SmallVector<ObjectOp> objects;
  SmallVector<CodeOp> codes;
  size_t tensors, tables;
};

} // namespace

LogicalResult ReferenceVerifier::checkBelow(Operation *op, const Twine &what,
                                            int64_t number, size_t limit) {
  if (number >= 0 && static_cast<size_t>(number) < limit)
    return success();
  return op->emitOpError("expected ")
         << what << " below " << limit << " but got " << number;
}

LogicalResult ReferenceVerifier::checkClasses() {
  if (!program.getClassOf())
    return success();
  ArrayRef<int32_t> classes = *program.getClassOf();
  size_t cores = program.getColumns() * program.getRows();
  if (classes.size() != cores)
    return program.emitOpError("expected a class for each of ")
           << cores << " cores but got " << classes.size();
  for (int32_t cls : classes)
    if (failed(checkBelow(program, "core classes", cls, codes.size())))
      return failure();
  return success();
}

LogicalResult ReferenceVerifier::checkEntries(LaunchOp launch) {
  if (launch.getEntry().size() != codes.size())
    return launch.emitOpError("expected an entry for each of ")
           << codes.size() << " core classes but got "
           << launch.getEntry().size();
  for (auto [entry, code] : llvm::zip_equal(launch.getEntry(), codes)) {
    size_t size = countInstructions(code.getBody().front());
    if (entry >= 0 && static_cast<size_t>(entry) < size)
      continue;
    InFlightDiagnostic diag = launch.emitOpError("expected an entry below ")
                              << size << " but got " << entry;
    diag.attachNote(code.getLoc()) << "the code is here";
    return diag;
  }
  return success();
}

LogicalResult ReferenceVerifier::checkLaunch(LaunchOp launch) {
  // A program without communication needs no route table.
  if (failed(checkEntries(launch)) ||
      failed(checkBelow(launch, "a route table", launch.getRoutes(),
                        std::max<size_t>(1, tables))))
    return failure();
  for (ArrayRef<int32_t> list : {launch.getInputs(), launch.getOutputs()})
    for (int32_t tensor : list)
      if (failed(checkBelow(launch, "tensors", tensor, tensors)))
        return failure();
  return success();
}

LogicalResult ReferenceVerifier::checkStream(DsmOp dsm) {
  if (failed(checkBelow(dsm, "an object", dsm.getObject(), objects.size())))
    return failure();
  ObjectOp object = objects[dsm.getObject()];
  if (object.getKind() != MemoryKind::Code)
    return success();
  InFlightDiagnostic diag =
      dsm.emitOpError("expected an object of data but got code '")
      << object.getName() << "'";
  diag.attachNote(object.getLoc()) << "the object is here";
  return diag;
}

LogicalResult ReferenceVerifier::verify() {
  if (failed(checkClasses()))
    return failure();
  WalkResult result = program.walk([&](Operation *op) -> WalkResult {
    if (auto launch = dyn_cast<LaunchOp>(op))
      return checkLaunch(launch);
    if (auto tensor = dyn_cast<TensorOp>(op))
      return checkBelow(op, "an object", tensor.getObject(), objects.size());
    if (auto dsm = dyn_cast<DsmOp>(op))
      return checkStream(dsm);
    if (auto epoch = dyn_cast<EpochOp>(op))
      return checkBelow(op, "a route table", epoch.getRoutes(), tables);
    return success();
  });
  return failure(result.wasInterrupted());
}

LogicalResult ProgramOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<ObjectOp, TensorOp, ConstantOp, RoutesOp, LaunchOp, ChannelOp,
             OperationOp, CodeOp>(op))
      return op.emitOpError("expected a part of a program");
  return ReferenceVerifier(*this).verify();
}

//===----------------------------------------------------------------------===//
// Parts of a program
//===----------------------------------------------------------------------===//

bool plmr::core::isSource(Attribute attr) {
  auto fields = dyn_cast<ArrayAttr>(attr);
  if (!fields || fields.size() != 5 || !isa<StringAttr>(fields[0]) ||
      !isa<IntegerAttr>(fields[2]) || !isa<IntegerAttr>(fields[3]))
    return false;
  auto function = dyn_cast<StringAttr>(fields[1]);
  if (!function)
    return isa<IntegerAttr>(fields[1]) && isa<IntegerAttr>(fields[4]);
  auto base = dyn_cast<FloatAttr>(fields[4]);
  return (function == "sine" || function == "cosine") && base &&
         base.getType().isF64();
}

LogicalResult TensorOp::verify() {
  auto type = cast<mesh::PlacedType>(getType());
  if (type.getPlacement().getPartial())
    return emitOpError("expected a tensor that is not partial but got ")
           << type;
  if (getPart() && (getPart()->size() != 2 || getPart()->front() <= 0 ||
                    getPart()->back() <= 0))
    return emitOpError("expected columns and rows of a part of the mesh but "
                       "got ")
           << getPartAttr();
  if (!getSources())
    return success();
  for (Attribute source : getSourcesAttr())
    if (!isSource(source))
      return emitOpError("expected a source [name, file, offset, bytes, type] "
                         "or [name, \"sine\" or \"cosine\", stride, pairs, "
                         "base] but got ")
             << source;
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
    return emitOpError("expected ")
           << expected << " value(s) but got " << getValues().size();
  return success();
}

static LogicalResult verifyRouterClass(Operation *op, Attribute attr) {
  auto routes = dyn_cast<ArrayAttr>(attr);
  if (!routes)
    return op->emitOpError("expected a list of routes but got ") << attr;
  for (Attribute route : routes) {
    auto text = dyn_cast<StringAttr>(route);
    if (!text || !parseRoute(text))
      return op->emitOpError("expected a route such as \"4 W->ER\" but got ")
             << route;
  }
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
  for (Attribute cls : getClasses())
    if (failed(verifyRouterClass(*this, cls)))
      return failure();
  return success();
}

/// Checks the operations of `block` and of the loops in it.
static LogicalResult verifyInstructions(Block &block, unsigned depth) {
  for (Operation &op : block) {
    if (!isa<HaltOp, LoopOp, WaitOp, EpochOp, ScalarOp, LdcOp, DsmOp, DsfOp,
             DssOp, VectorOp>(op))
      return op.emitOpError("expected an instruction of the core dialect");
    auto loop = dyn_cast<LoopOp>(op);
    if (!loop)
      continue;
    if (depth == maxLoopDepth)
      return loop.emitOpError("expected loops to nest at most ")
             << maxLoopDepth << " deep";
    if (loop.getBody().front().empty())
      return loop.emitOpError("expected at least one instruction in the body");
    if (failed(verifyInstructions(loop.getBody().front(), depth + 1)))
      return failure();
  }
  return success();
}

LogicalResult CodeOp::verifyRegions() {
  return verifyInstructions(getBody().front(), 0);
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

LogicalResult ScalarOp::verify() {
  if (getB().has_value() == getImm().has_value())
    return emitOpError("expected either an operand or an immediate");
  return success();
}

LogicalResult DssOp::verify() {
  if (getValue().has_value() + getInteger().has_value() +
          getOperand().has_value() !=
      1)
    return emitOpError("expected one of a value, an integer and an operand");
  bool isInteger = getType() == TypeKind::I32;
  if (getConvert() && (isInteger || getValue()))
    return emitOpError("expected 'convert' with an integer or operand and a "
                       "float type only");
  if (getInteger() && !isInteger && !getConvert())
    return emitOpError("expected type i32 or 'convert' for an integer but got ")
           << stringifyTypeKind(getType());
  if (getValue() && isInteger)
    return emitOpError("expected a float type for a value but got i32");
  return success();
}

LogicalResult VectorOp::verify() {
  unsigned expected = getNumSources(toOpcode(getKind()));
  if (getSources().size() != expected)
    return emitOpError("expected ")
           << expected << " source(s) but got " << getSources().size();
  for (int64_t source : getSources())
    if (source < 0 || source >= static_cast<int64_t>(numDescriptors))
      return emitOpError("expected descriptors below ")
             << numDescriptors << " but got " << source;
  return success();
}
