//===- Arithmetic.h - Arithmetic of single elements -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything here is inlined into kernels that are compiled for several
// vector extensions; the results are the same for all of them. The reference
// interpreters compute with it too.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_EMULATOR_ARITHMETIC_H
#define PLMR_EMULATOR_ARITHMETIC_H

#include "plmr/Program/Float.h"
#include "plmr/Program/Instruction.h"
#include <cmath>
#include <cstring>

#define PLMR_INLINE __attribute__((always_inline)) inline

namespace plmr {

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// Bits of f16 and bf16, as types that overloads can tell apart.
enum class F16 : uint16_t {};
enum class BF16 : uint16_t {};

PLMR_INLINE float widen(float value) { return value; }
PLMR_INLINE float widen(F16 value) {
  return static_cast<float>(std::bit_cast<_Float16>(value));
}
PLMR_INLINE float widen(BF16 value) {
  return fromBits(static_cast<uint32_t>(value) << 16);
}
PLMR_INLINE float widen(int32_t value) { return static_cast<float>(value); }

/// Rounds to T; a NaN becomes the canonical one.
template <typename T> PLMR_INLINE T narrow(float value);
template <> PLMR_INLINE float narrow(float value) {
  return canonicalize(value);
}
template <> PLMR_INLINE F16 narrow(float value) {
  F16 rounded = std::bit_cast<F16>(static_cast<_Float16>(value));
  return value != value ? F16(canonicalF16) : rounded;
}
template <> PLMR_INLINE BF16 narrow(float value) {
  return static_cast<BF16>(narrowBF16(value));
}
template <> PLMR_INLINE int32_t narrow(float value) {
  // Toward zero, saturating, NaN to 0; the bounds are floats.
  if (value >= 0x1p31f)
    return INT32_MAX;
  if (value < -0x1p31f)
    return INT32_MIN;
  return value != value ? 0 : static_cast<int32_t>(value);
}

/// Calls `fn` with a zero of the type.
template <typename Fn> PLMR_INLINE auto withType(ElementType type, Fn fn) {
  switch (type) {
  case ElementType::F16:
    return fn(F16{});
  case ElementType::BF16:
    return fn(BF16{});
  case ElementType::I32:
    return fn(int32_t{});
  default:
    return fn(float{});
  }
}

template <typename T> PLMR_INLINE T loadAs(const char *address) {
  T value;
  std::memcpy(&value, address, sizeof(T));
  return value;
}
template <typename T> PLMR_INLINE void storeAs(char *address, T value) {
  std::memcpy(address, &value, sizeof(T));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// Operations on f32. The `Odd` ones round their exact result to odd, so that
/// narrowing it to a 16-bit type rounds once (I33).
enum class Arith : uint8_t {
  Mov,
  Add,
  Sub,
  Mul,
  Div,
  Fma,
  Max,
  Exp,
  Rsqrt,
  Sel,
  FmaOdd32, ///< operands are f16
  FmaOdd64, ///< operands are bf16
  MulOdd64,
  DivOdd64,
};

/// How `opcode` computes for a destination of `type`. `hasOneType`: all sources
/// have it, too (I31).
inline Arith getArith(Opcode opcode, ElementType type, bool hasOneType) {
  bool isF16 = hasOneType && type == ElementType::F16;
  bool isBF16 = hasOneType && type == ElementType::BF16;
  switch (opcode) {
  case Opcode::Add:
    return Arith::Add;
  case Opcode::Sub:
    return Arith::Sub;
  case Opcode::Mul:
    return isBF16 ? Arith::MulOdd64 : Arith::Mul;
  case Opcode::Div:
    return isBF16 ? Arith::DivOdd64 : Arith::Div;
  case Opcode::Fma:
    return isF16 ? Arith::FmaOdd32 : isBF16 ? Arith::FmaOdd64 : Arith::Fma;
  case Opcode::Max:
    return Arith::Max;
  case Opcode::Exp:
    return Arith::Exp;
  case Opcode::Rsqrt:
    return Arith::Rsqrt;
  case Opcode::Sel:
    return Arith::Sel;
  default:
    return Arith::Mov;
  }
}

/// exp(x), at most 1 ulp (I36).
PLMR_INLINE float expOf(float x) {
  float limited = x < -105.0f ? -105.0f : x > 89.0f ? 89.0f : x;
  limited = x != x ? 0.0f : limited;
  float shifted = __builtin_fmaf(limited, 0x1.715476p+0f, 0x1.8p23f);
  float n = shifted - 0x1.8p23f;
  float r = __builtin_fmaf(n, -0x1.62e400p-1f, limited);
  r = __builtin_fmaf(n, -0x1.7f7d1cp-20f, r);
  float p = 0x1.694000p-10f;
  p = __builtin_fmaf(p, r, 0x1.125edcp-7f);
  p = __builtin_fmaf(p, r, 0x1.555b5ap-5f);
  p = __builtin_fmaf(p, r, 0x1.555450p-3f);
  p = __builtin_fmaf(p, r, 0x1.fffff6p-2f);
  p = __builtin_fmaf(p, r, 1.0f);
  p = __builtin_fmaf(p, r, 1.0f);
  // 2^n in two factors: the first product is exact, the second rounds once
  // where the result is subnormal.
  int32_t exponent = static_cast<int32_t>(toBits(shifted)) - 0x4b400000;
  int32_t half = exponent >> 1;
  float first = fromBits(static_cast<uint32_t>(half + 127) << 23);
  float second = fromBits(static_cast<uint32_t>(exponent - half + 127) << 23);
  float result = p * first * second;
  return x != x ? x : result;
}

/// 1 / sqrt(x), correctly rounded: the f64 result is never near a tie of f32.
PLMR_INLINE float rsqrtOf(float x) {
  return static_cast<float>(1.0 / __builtin_sqrt(static_cast<double>(x)));
}

PLMR_INLINE float maxOf(float a, float b) {
  // Equal operands differ at most in the sign of zero: +0 wins.
  float equal = fromBits(toBits(a) & toBits(b));
  float larger = a > b ? a : a == b ? equal : b;
  return a != a ? a : larger;
}

/// The neighbour of `sum` toward `sum + error`, if that is inexact and `sum`
/// even; so the result is the exact value rounded to odd.
PLMR_INLINE float toOdd(float sum, float error) {
  uint32_t bits = toBits(sum);
  bool inexact = error < 0 || error > 0;
  uint32_t away = (error < 0) == (sum < 0) ? 1u : ~0u;
  return fromBits(inexact && (bits & 1) == 0 ? bits + away : bits);
}

/// `value`, whose exact value is `value + error`, rounded to an odd f32.
PLMR_INLINE float toOddF32(double value, double error) {
  float rounded = static_cast<float>(value);
  bool overflow =
      std::fabs(value) > 0x1.fffffep127 && std::fabs(value) < INFINITY;
  if (overflow)
    return value < 0 ? -0x1.fffffep127f : 0x1.fffffep127f;
  double rest = (value - static_cast<double>(rounded)) + error;
  bool inexact = rest < 0 || rest > 0;
  uint32_t bits = toBits(rounded);
  // A magnitude of 0 moves to the smallest number of the rest's sign.
  if (inexact && (bits << 1) == 0)
    return rest < 0 ? -0x1p-149f : 0x1p-149f;
  uint32_t away = (rest < 0) == (rounded < 0) ? 1u : ~0u;
  return fromBits(inexact && (bits & 1) == 0 ? bits + away : bits);
}

/// Error of the rounded sum of a and b (Knuth).
template <typename T> PLMR_INLINE T sumError(T a, T b, T sum) {
  T part = sum - a;
  return (a - (sum - part)) + (b - part);
}

template <Arith kind> PLMR_INLINE float apply(float a, float b, float c) {
  if constexpr (kind == Arith::Mov)
    return a;
  else if constexpr (kind == Arith::Add)
    return a + b;
  else if constexpr (kind == Arith::Sub)
    return a - b;
  else if constexpr (kind == Arith::Mul)
    return a * b;
  else if constexpr (kind == Arith::Div)
    return a / b;
  else if constexpr (kind == Arith::Fma)
    return __builtin_fmaf(a, b, c);
  else if constexpr (kind == Arith::Max)
    return maxOf(a, b);
  else if constexpr (kind == Arith::Exp)
    return expOf(a);
  else if constexpr (kind == Arith::Rsqrt)
    return rsqrtOf(a);
  else if constexpr (kind == Arith::Sel)
    return c != 0 ? a : b;
  else if constexpr (kind == Arith::FmaOdd32) {
    float product = a * b, sum = product + c; // the product is exact
    return toOdd(sum, sumError(product, c, sum));
  } else if constexpr (kind == Arith::FmaOdd64) {
    double product = static_cast<double>(a) * b, sum = product + c;
    return toOddF32(sum, sumError(product, static_cast<double>(c), sum));
  } else if constexpr (kind == Arith::MulOdd64)
    return toOddF32(static_cast<double>(a) * b, 0);
  else
    return toOddF32(static_cast<double>(a) / b, 0);
}

/// Calls `fn` with an integral constant of the kind.
template <typename Fn> PLMR_INLINE void withArith(Arith kind, Fn fn) {
  switch (kind) {
#define CASE(name)                                                             \
  case Arith::name:                                                            \
    return fn(std::integral_constant<Arith, Arith::name>());
    CASE(Mov)
    CASE(Add)
    CASE(Sub)
    CASE(Mul)
    CASE(Div)
    CASE(Fma)
    CASE(Max)
    CASE(Exp)
    CASE(Rsqrt)
    CASE(Sel)
    CASE(FmaOdd32)
    CASE(FmaOdd64)
    CASE(MulOdd64)
    CASE(DivOdd64)
#undef CASE
  }
}

/// Wrapping integers (I34). Only for the opcodes that have an integer form.
PLMR_INLINE int32_t applyInteger(Opcode op, int32_t a, int32_t b, int32_t c) {
  uint32_t x = a, y = b, z = c;
  switch (op) {
  case Opcode::Add:
    return static_cast<int32_t>(x + y);
  case Opcode::Sub:
    return static_cast<int32_t>(x - y);
  case Opcode::Mul:
    return static_cast<int32_t>(x * y);
  case Opcode::Fma:
    return static_cast<int32_t>(x * y + z);
  default: // Max
    return a > b ? a : b;
  }
}

} // namespace plmr

#endif // PLMR_EMULATOR_ARITHMETIC_H
