//===- ExpandMath.cpp - Elementwise operations as cores have them ---------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Expansions and their errors: include/plmr/Dialect/LLM/Transforms/Passes.td.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "plmr/Dialect/LLM/Transforms/Passes.h"
#include <cmath>
#include <limits>
#include <variant>

namespace plmr {
#define GEN_PASS_DEF_EXPANDMATH
#include "plmr/Dialect/LLM/Transforms/Passes.h.inc"
} // namespace plmr

using namespace mlir;
using namespace plmr;

static bool isArithmetic(Operation *op) {
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
         op->hasTrait<OpTrait::Elementwise>() && !isa<arith::ConstantOp>(op);
}

bool plmr::isElementwise(Operation *op) {
  if (op->getNumResults() != 1 ||
      !isa<RankedTensorType>(op->getResult(0).getType()))
    return false;
  if (isArithmetic(op))
    return true;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && linalgOp.getNumDpsInits() == 1 &&
         llvm::all_of(linalgOp.getDpsInputs(),
                      [](Value input) {
                        return isa<RankedTensorType>(input.getType());
                      }) &&
         linalg::isElementwise(linalgOp) &&
         llvm::all_of(linalgOp.getIndexingMapsArray(),
                      [](AffineMap map) { return map.isIdentity(); });
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The one number that `value`, a scalar or a tensor, is made of.
static std::optional<double> getNumber(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto op = dyn_cast<linalg::LinalgOp>(argument.getOwner()->getParentOp());
    return op ? getNumber(op.getMatchingOpOperand(argument)->get())
              : std::nullopt;
  }
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return getNumber(fill.value());
  if (auto cast = value.getDefiningOp<arith::ExtFOp>())
    return getNumber(cast.getIn());
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto splat = dyn_cast<SplatElementsAttr>(attribute))
    attribute = splat.getSplatValue<Attribute>();
  if (auto real = dyn_cast<FloatAttr>(attribute))
    return real.getValueAsDouble();
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getValue().roundToDouble(/*isSigned=*/true);
  return std::nullopt;
}

/// All elements of `type` are `number`.
static Value buildSplat(OpBuilder &builder, Location loc, ShapedType type,
                        double number) {
  Type element = type.getElementType();
  TypedAttr attribute;
  if (isa<FloatType>(element))
    attribute = builder.getFloatAttr(element, number);
  else
    attribute = builder.getIntegerAttr(element, static_cast<int64_t>(number));
  return arith::ConstantOp::create(builder, loc,
                                   SplatElementsAttr::get(type, attribute));
}

/// Twice the constant exponent of a power, if it is one that is expanded.
static std::optional<int> getHalves(Value exponent) {
  constexpr int most = 32;
  std::optional<double> number = getNumber(exponent);
  if (!number)
    return std::nullopt;
  double halves = 2 * *number;
  if (std::abs(halves) <= most && halves == std::round(halves))
    return static_cast<int>(halves);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

static bool isSame(Value a, Value b) {
  return a == b || (getNumber(a) && getNumber(a) == getNumber(b));
}

/// Whether `select` is the larger (true) or the smaller (false) of x and a
/// constant, and NaN if x is; none if it is neither.
static std::optional<bool> findExtreme(arith::CmpFOp compare,
                                       arith::SelectOp select) {
  using P = arith::CmpFPredicate;
  auto isOneOf = [&](std::initializer_list<P> predicates) {
    return llvm::is_contained(predicates, compare.getPredicate());
  };
  bool isGreater = isOneOf({P::OGT, P::OGE, P::UGT, P::UGE});
  bool isUnordered = isOneOf({P::UGT, P::UGE, P::ULT, P::ULE});
  Value x = compare.getLhs(), bound = compare.getRhs();
  std::optional<double> number = getNumber(bound);
  if (!number || std::isnan(*number) ||
      !(isGreater || isOneOf({P::OLT, P::OLE, P::ULT, P::ULE})))
    return std::nullopt;
  // Of NaN an unordered comparison is true, an ordered one false.
  Value ifNaN = select.getTrueValue(), other = select.getFalseValue();
  if (!isUnordered)
    std::swap(ifNaN, other);
  if (ifNaN != x || !isSame(other, bound))
    return std::nullopt;
  return isGreater == isUnordered;
}

static bool isExtreme(arith::CmpFOp compare) {
  return llvm::all_of(compare->getUsers(), [&](Operation *user) {
    auto select = dyn_cast<arith::SelectOp>(user);
    return select && findExtreme(compare, select);
  });
}

/// Makes a maximum or a minimum of each use.
static void replaceComparison(arith::CmpFOp compare) {
  for (Operation *user : llvm::make_early_inc_range(compare->getUsers())) {
    auto select = cast<arith::SelectOp>(user);
    OpBuilder builder(select);
    Value x = compare.getLhs(), bound = compare.getRhs();
    bool isMaximum = *findExtreme(compare, select);
    Value extreme =
        isMaximum
            ? arith::MaximumFOp::create(builder, select.getLoc(), x, bound)
                  .getResult()
            : arith::MinimumFOp::create(builder, select.getLoc(), x, bound)
                  .getResult();
    select.replaceAllUsesWith(extreme);
    select.erase();
  }
  compare.erase();
}

//===----------------------------------------------------------------------===//
// Expansions
//===----------------------------------------------------------------------===//

namespace {

/// Builds operations on values of one type. Operands are built by statements of
/// their own, for the order of arguments is the C++ compiler's.
class Arithmetic {
public:
  /// A value, or a number that becomes a constant.
  using Term = std::variant<Value, double>;

  Arithmetic(OpBuilder &builder, Location loc, ShapedType type)
      : builder(builder), loc(loc), type(type) {}

  Value get(Term term) {
    if (auto *value = std::get_if<Value>(&term))
      return *value;
    return buildSplat(builder, loc, type, std::get<double>(term));
  }
  Value add(Term a, Term b) { return build<arith::AddFOp>(a, b); }
  Value sub(Term a, Term b) { return build<arith::SubFOp>(a, b); }
  Value mul(Term a, Term b) { return build<arith::MulFOp>(a, b); }
  Value div(Term a, Term b) { return build<arith::DivFOp>(a, b); }
  Value max(Term a, Term b) { return build<arith::MaximumFOp>(a, b); }
  Value neg(Value a) { return arith::NegFOp::create(builder, loc, a); }
  Value exp(Value a) { return math::ExpOp::create(builder, loc, a); }
  Value rsqrt(Value a) { return math::RsqrtOp::create(builder, loc, a); }
  Value abs(Value a) { return max(a, neg(a)); }
  /// Cores have no minimum.
  Value min(Value a, Value b) {
    Value negatedA = neg(a);
    Value negatedB = neg(b);
    return neg(max(negatedA, negatedB));
  }
  /// 0 of 0 and infinity of infinity, which x * rsqrt(x) is not.
  Value sqrt(Value a) { return div(1.0, rsqrt(a)); }

private:
  template <typename Op> Value build(Term a, Term b) {
    Value lhs = get(a);
    Value rhs = get(b);
    return Op::create(builder, loc, lhs, rhs);
  }

  OpBuilder &builder;
  Location loc;
  ShapedType type;
};

} // namespace

/// Both ends are the limits: exp(2x) is infinite or 0 there.
static Value buildTanh(Arithmetic &a, ValueRange x) {
  Value e = a.exp(a.add(x[0], x[0]));
  return a.sub(1.0, a.div(2.0, a.add(e, 1.0)));
}

/// Abramowitz and Stegun, 7.1.26: for x >= 0 with t = 1 / (1 + p x), erf(x) =
/// 1 - (a1 t + .. + a5 t^5) exp(-x^2) + e, |e| <= 1.5e-7.
static Value buildErf(Arithmetic &a, ValueRange operands) {
  static constexpr double p = 0.3275911;
  static constexpr double coefficients[] = {
      1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592};
  // From 4 on it is 1 in f32; the sign is x / |x|, and 0 of 0.
  Value x = a.min(a.max(operands[0], -4.0), a.get(4.0));
  Value magnitude = a.abs(x);
  Value nonZero = a.max(magnitude, std::numeric_limits<float>::min());
  Value sign = a.div(x, nonZero);
  Value t = a.div(1.0, a.add(a.mul(magnitude, p), 1.0));
  Value sum = a.get(coefficients[0]);
  for (double coefficient : ArrayRef(coefficients).drop_front())
    sum = a.add(a.mul(sum, t), coefficient);
  Value bell = a.exp(a.neg(a.mul(x, x)));
  Value tail = a.mul(a.mul(sum, t), bell);
  return a.mul(sign, a.sub(1.0, tail));
}

/// x^(halves / 2), by squaring.
static Value buildPower(Arithmetic &a, Value x, int halves) {
  if (halves == 0)
    return a.get(1.0);
  if (halves == -1)
    return a.rsqrt(x);
  Value product;
  auto multiply = [&](Value factor) {
    product = product ? a.mul(product, factor) : factor;
  };
  if (halves % 2)
    multiply(a.sqrt(x));
  for (int rest = std::abs(halves) / 2; rest; rest /= 2) {
    if (rest % 2)
      multiply(x);
    if (rest > 1)
      x = a.mul(x, x);
  }
  return halves < 0 ? a.div(1.0, product) : product;
}

namespace {
struct Expansion {
  StringLiteral name;
  bool isExact; ///< needs no wider type
  /// None: upstream's.
  Value (*build)(Arithmetic &a, ValueRange operands) = nullptr;
};
} // namespace

static bool isPower(Operation *op) {
  return isa<math::PowFOp, math::FPowIOp>(op);
}

static const Expansion expansions[] = {
    {"arith.minimumf", true,
     [](Arithmetic &a, ValueRange x) { return a.min(x[0], x[1]); }},
    {"math.absf", true,
     [](Arithmetic &a, ValueRange x) { return a.abs(x[0]); }},
    {"math.clampf", true,
     [](Arithmetic &a, ValueRange x) {
       return a.min(a.max(x[0], x[1]), x[2]);
     }},
    {"math.sqrt", false,
     [](Arithmetic &a, ValueRange x) { return a.sqrt(x[0]); }},
    {"math.powf", false,
     [](Arithmetic &a, ValueRange x) {
       return buildPower(a, x[0], *getHalves(x[1]));
     }},
    {"math.fpowi", false,
     [](Arithmetic &a, ValueRange x) {
       return buildPower(a, x[0], *getHalves(x[1]));
     }},
    {"math.tanh", false, buildTanh},
    {"math.sinh", false},
    {"math.cosh", false},
    {"math.exp2", false},
    {"math.expm1", false,
     [](Arithmetic &a, ValueRange x) { return a.sub(a.exp(x[0]), 1.0); }},
    {"math.erf", false, buildErf},
    {"math.erfc", false,
     [](Arithmetic &a, ValueRange x) { return a.sub(1.0, buildErf(a, x)); }},
    {"math.fma", false},
};

static const Expansion *findExpansion(Operation *op) {
  StringRef name = op->getName().getStringRef();
  const auto *found = llvm::find_if(
      expansions, [&](const Expansion &e) { return e.name == name; });
  return found == std::end(expansions) ? nullptr : found;
}

/// True for what a core does in one instruction.
static bool isInstruction(Operation *op) {
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::NegFOp, arith::MaximumFOp, math::ExpOp, math::RsqrtOp,
             arith::SelectOp, arith::ExtFOp, arith::TruncFOp>(op);
}

/// Of an operation on tensors, or on their elements.
static LogicalResult verify(Operation *op) {
  if (auto compare = dyn_cast<arith::CmpFOp>(op)) {
    if (isExtreme(compare))
      return success();
    return op->emitOpError("expected a comparison with a constant that selects "
                           "the larger or the smaller of the two, and NaN of "
                           "NaN; cores do not compare floats");
  }
  // Other types have errors of their own.
  if (!isArithmetic(op) || op->getNumResults() != 1 ||
      !isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
    return success();
  if (isPower(op) && !getHalves(op->getOperand(1)))
    return op->emitOpError("expected a constant exponent, the same for all "
                           "elements, that is a multiple of 0.5 from -16 to "
                           "16");
  if (isInstruction(op) || findExpansion(op))
    return success();
  std::string names;
  for (const Expansion &expansion : expansions)
    names += ", " + expansion.name.split('.').second.str();
  return op->emitOpError("expected an elementwise operation that cores have "
                         "(addf, subf, mulf, divf, negf, maximumf, exp, rsqrt, "
                         "select, extf, truncf) or one that is made of these "
                         "(")
         << StringRef(names).drop_front(2) << ")";
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// True for the body of one instruction, with casts: an operation, or a product
/// and the sum that it goes into.
static bool isOneInstruction(Block &body) {
  SmallVector<Operation *> ops;
  for (Operation &op : body.without_terminator())
    if (!isa<arith::ConstantOp, arith::ExtFOp, arith::TruncFOp>(op))
      ops.push_back(&op);
  if (llvm::any_of(ops, findExpansion))
    return false;
  return ops.size() <= 1 ||
         (ops.size() == 2 && isa<arith::MulFOp>(ops[0]) &&
          isa<arith::AddFOp>(ops[1]) &&
          llvm::is_contained(ops[1]->getOperands(), ops[0]->getResult(0)));
}

/// True if every operation of the body can be one on whole tensors.
static bool isUniform(Block &body) {
  auto isKnown = [&](Value value) {
    // From outside come numbers and the condition of a select.
    return value.getParentBlock() == &body || value.getType().isInteger(1) ||
           getNumber(value).has_value();
  };
  return llvm::all_of(body.without_terminator(), [&](Operation &op) {
    return isa<arith::ConstantOp>(op) ||
           (isArithmetic(&op) && op.getNumResults() == 1 &&
            llvm::all_of(op.getOperands(), isKnown));
  });
}

/// Makes each operation of the body one on whole tensors.
static void inlineBody(linalg::LinalgOp op) {
  OpBuilder builder(op);
  Block &body = op->getRegion(0).front();
  auto tensor = cast<RankedTensorType>(op->getResult(0).getType());
  IRMapping tensors;
  for (BlockArgument argument : body.getArguments())
    tensors.map(argument, op.getMatchingOpOperand(argument)->get());
  auto lookup = [&](Value value) -> Value {
    if (Value known = tensors.lookupOrNull(value))
      return known;
    std::optional<double> number = getNumber(value);
    if (!number)
      return value;
    Value constant = buildSplat(builder, op.getLoc(),
                                tensor.clone(value.getType()), *number);
    tensors.map(value, constant);
    return constant;
  };
  for (Operation &inner : body.without_terminator()) {
    if (isa<arith::ConstantOp>(inner))
      continue;
    OperationState state(op.getLoc(), inner.getName());
    for (Value operand : inner.getOperands())
      state.operands.push_back(lookup(operand));
    Value result = inner.getResult(0);
    state.types.push_back(tensor.clone(result.getType()));
    state.attributes = inner.getAttrs();
    tensors.map(result, builder.create(state)->getResult(0));
  }
  op->getResult(0).replaceAllUsesWith(
      lookup(body.getTerminator()->getOperand(0)));
  op->erase();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

/// The same operation in f32, narrowed behind.
static Operation *computeWide(Operation *op) {
  OpBuilder builder(op);
  auto narrow = cast<RankedTensorType>(op->getResult(0).getType());
  if (narrow.getElementType().isF32())
    return op;
  auto wide = narrow.clone(builder.getF32Type());
  Operation *copy = builder.clone(*op);
  copy->getResult(0).setType(wide);
  builder.setInsertionPoint(copy);
  for (OpOperand &operand : copy->getOpOperands())
    if (operand.get().getType() == narrow)
      operand.set(
          arith::ExtFOp::create(builder, op->getLoc(), wide, operand.get()));
  builder.setInsertionPointAfter(copy);
  op->replaceAllUsesWith(ValueRange(
      arith::TruncFOp::create(builder, op->getLoc(), narrow, copy->getResult(0))
          .getResult()));
  op->erase();
  return copy;
}

static void expand(Operation *op, const Expansion &expansion) {
  OpBuilder builder(op);
  Arithmetic arithmetic(builder, op->getLoc(),
                        cast<ShapedType>(op->getResult(0).getType()));
  op->replaceAllUsesWith(
      ValueRange(expansion.build(arithmetic, op->getOperands())));
  // An exponent of integers would be a tensor that cores cannot hold.
  SmallVector<Value> operands(op->getOperands());
  op->erase();
  for (Value operand : operands)
    if (auto constant = operand.getDefiningOp<arith::ConstantOp>();
        constant && constant->use_empty())
      constant->erase();
}

namespace {
struct ExpandMath : plmr::impl::ExpandMathBase<ExpandMath> {
  void runOnOperation() override {
    SmallVector<arith::CmpFOp> comparisons;
    SmallVector<linalg::LinalgOp> ops;
    WalkResult result = getOperation().walk([&](Operation *op) -> WalkResult {
      if (!isElementwise(op))
        return WalkResult::advance();
      if (auto compare = dyn_cast<arith::CmpFOp>(op))
        comparisons.push_back(compare);
      auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
      if (!linalgOp)
        return verify(op);
      ops.push_back(linalgOp);
      for (Operation &inner : op->getRegion(0).front().without_terminator()) {
        if (failed(verify(&inner)))
          return failure();
        if (auto compare = dyn_cast<arith::CmpFOp>(inner))
          comparisons.push_back(compare);
      }
      return WalkResult::skip();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (arith::CmpFOp compare : comparisons)
      replaceComparison(compare);
    for (linalg::LinalgOp op : ops)
      if (Block &body = op->getRegion(0).front();
          !isOneInstruction(body) && isUniform(body))
        inlineBody(op);
    expandAll();
  }

  void expandAll() {
    SmallVector<std::pair<Operation *, const Expansion *>> ops;
    getOperation().walk([&](Operation *op) {
      const Expansion *expansion = findExpansion(op);
      if (expansion && isElementwise(op))
        ops.push_back({op, expansion});
    });
    SmallVector<Operation *> upstream;
    for (auto [op, expansion] : ops) {
      if (!expansion->isExact)
        op = computeWide(op);
      if (expansion->build)
        expand(op, *expansion);
      else
        upstream.push_back(op);
    }
    if (upstream.empty())
      return;
    RewritePatternSet patterns(&getContext());
    math::populateExpansionPatterns(patterns, {"sinh", "cosh", "exp2", "fma"});
    (void)applyOpPatternsGreedily(
        upstream, std::move(patterns),
        GreedyRewriteConfig()
            .setStrictness(GreedyRewriteStrictness::ExistingOps)
            .enableFolding(false)
            .enableConstantCSE(false));
  }
};
} // namespace
