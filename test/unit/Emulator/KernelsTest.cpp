//===- KernelsTest.cpp - Fast kernels against the reference ---------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Emulator/Kernels.h"
#include "plmr/Program/Float.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

using namespace plmr;

//===----------------------------------------------------------------------===//
// Random operations
//===----------------------------------------------------------------------===//

namespace {

constexpr int64_t bufferBytes = 1 << 16;

/// Random bits that are often special values.
class RandomBits {
public:
  explicit RandomBits(unsigned seed) : rng(seed) {}
  uint32_t operator()() {
    static const uint32_t special[] = {
        0,          0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7fa00001,
        0x00000001, 0x80000001, 0x7f7fffff, 0x00800000, 0x3f800000, 0xbf800000,
        0x7c007c00, 0x7e017d01, 0x00010001, 0x80008000, 0x3c003c00, 0x7bff7bff};
    uint32_t bits = rng();
    if (rng() % 8 == 0)
      return special[bits % std::size(special)];
    // Mostly numbers of similar size, so that sums round.
    return rng() % 4 ? (bits & 0x80ffffff) | 0x3f000000 : bits;
  }
  unsigned below(unsigned limit) { return rng() % limit; }

private:
  std::mt19937 rng;
};

/// A call on `buffer` whose streams lie inside it.
class RandomCalls {
public:
  explicit RandomCalls(unsigned seed) : random(seed) {}

  KernelCall make(char *buffer) {
    KernelCall call;
    static const Opcode ops[] = {
        Opcode::Mov,   Opcode::Add, Opcode::Sub,   Opcode::Mul, Opcode::Div,
        Opcode::Fma,   Opcode::Fma, Opcode::Fma,   Opcode::Max, Opcode::Exp,
        Opcode::Rsqrt, Opcode::Sel, Opcode::Gather};
    call.opcode = ops[random.below(std::size(ops))];
    call.extent = random.below(3) ? random.below(40) : random.below(300);
    call.repeat = random.below(2) ? 1 : random.below(40);
    bool oneType = random.below(3) != 0;
    ElementType type = pickType();
    for (KernelOperand *operand : {&call.dst, &call.a, &call.b, &call.c})
      *operand = makeOperand(buffer, call, oneType ? type : pickType());
    alias(call);
    if (call.opcode == Opcode::Gather) {
      call.b.type = ElementType::I32;
      call.b.data = align(call.b.data, buffer);
      call.objectBegin = buffer;
      call.objectEnd = buffer + bufferBytes;
    }
    return call;
  }

  RandomBits random;

private:
  ElementType pickType() {
    return random.below(2) ? ElementType::F32
                           : static_cast<ElementType>(random.below(4));
  }
  char *align(char *data, char *buffer) {
    return buffer + ((data - buffer) & ~int64_t(3));
  }
  KernelOperand makeOperand(char *buffer, const KernelCall &call,
                            ElementType type) {
    static const int64_t strides[] = {0, 1, 1, 1, 2, -1, 3};
    static const int64_t steps[] = {0, 0, 1, 10, 40, -7};
    KernelOperand operand;
    operand.type = type;
    operand.stride = strides[random.below(std::size(strides))];
    operand.step = random.below(3) ? steps[random.below(std::size(steps))]
                                   : int64_t(call.extent) * operand.stride;
    // A place from which all elements fit, in units of 4 bytes.
    int64_t reach = (std::abs(operand.stride) * call.extent +
                     std::abs(operand.step) * call.repeat + 1) *
                    4;
    if (reach * 2 >= bufferBytes) {
      operand.step = 0;
      reach = (std::abs(operand.stride) * call.extent + 1) * 4;
    }
    int64_t room = bufferBytes - 2 * reach;
    operand.data = buffer + ((reach + random.below(room)) & ~int64_t(3));
    return operand;
  }
  /// Often the destination is a source, or overlaps one.
  void alias(KernelCall &call) {
    KernelOperand *sources[] = {&call.a, &call.b, &call.c};
    KernelOperand &source = *sources[random.below(3)];
    switch (random.below(4)) {
    case 0:
      source = call.dst;
      break;
    case 1:
      if (call.opcode == Opcode::Fma)
        call.c = call.dst;
      break;
    case 2:
      source.data = call.dst.data;
      if (source.stride * call.dst.stride < 0 ||
          std::abs(source.stride) > std::abs(call.dst.stride))
        source.stride = call.dst.stride;
      source.step = call.dst.step;
      break;
    }
  }
};

} // namespace

TEST(ISA, I30_FastKernelsEqualTheElementLoop) {
  RandomCalls calls(11);
  std::vector<uint32_t> initial(bufferBytes / 4);
  std::vector<uint32_t> fast, reference;
  for (int round = 0; round != 6000; ++round) {
    if (round % 50 == 0)
      for (uint32_t &word : initial)
        word = calls.random();
    fast = reference = initial;
    auto *buffer = reinterpret_cast<char *>(reference.data());
    KernelCall call = calls.make(buffer);
    executeReference(call);
    int64_t shift = reinterpret_cast<char *>(fast.data()) - buffer;
    for (KernelOperand *operand : {&call.dst, &call.a, &call.b, &call.c})
      operand->data += shift;
    if (call.objectBegin) {
      call.objectBegin += shift;
      call.objectEnd += shift;
    }
    execute(call);
    ASSERT_EQ(std::memcmp(fast.data(), reference.data(), bufferBytes), 0)
        << "round " << round << ": " << stringify(call.opcode).str()
        << " extent " << call.extent << " repeat " << call.repeat;
  }
}

/// The forms that matrix products use, which random calls rarely meet.
TEST(ISA, I30_MatrixForms) {
  RandomBits random(12);
  for (int round = 0; round != 300; ++round) {
    uint32_t k = 1 + random.below(150), n = 1 + random.below(150);
    std::vector<uint32_t> x(150), w(150 * 150), y(150);
    for (auto *list : {&x, &w, &y})
      for (uint32_t &word : *list)
        word = random();
    ElementType type = static_cast<ElementType>(random.below(3));
    KernelCall call;
    call.opcode = Opcode::Fma;
    bool isDot = random.below(2);
    KernelOperand vector = {reinterpret_cast<char *>(x.data()), isDot, !isDot,
                            ElementType::F32};
    KernelOperand matrix = {reinterpret_cast<char *>(w.data()), 1,
                            isDot ? k : n, type};
    call.extent = isDot ? k : n;
    call.repeat = isDot ? n : k;
    call.a = vector;
    call.b = matrix;
    if (random.below(2))
      std::swap(call.a, call.b);
    std::vector<uint32_t> fast = y, reference = y;
    for (auto *out : {&fast, &reference}) {
      call.dst = call.c = {reinterpret_cast<char *>(out->data()), !isDot, isDot,
                           ElementType::F32};
      out == &fast ? execute(call) : executeReference(call);
    }
    ASSERT_EQ(fast, reference) << "round " << round << " k " << k << " n " << n;
  }
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// One element of an operation.
static uint32_t compute(Opcode opcode, ElementType type, uint32_t a,
                        uint32_t b = 0, uint32_t c = 0) {
  uint32_t result = 0;
  KernelCall call;
  call.opcode = opcode;
  call.extent = 1;
  call.dst = {reinterpret_cast<char *>(&result), 1, 0, type};
  call.a = {reinterpret_cast<char *>(&a), 1, 0, type};
  call.b = {reinterpret_cast<char *>(&b), 1, 0, type};
  call.c = {reinterpret_cast<char *>(&c), 1, 0, type};
  execute(call);
  return result;
}

static float computeF32(Opcode opcode, float a, float b = 0, float c = 0) {
  return fromBits(
      compute(opcode, ElementType::F32, toBits(a), toBits(b), toBits(c)));
}

TEST(ISA, I32_FmaRoundsOnce) {
  float a = 1 + 0x1p-12f;
  EXPECT_EQ(computeF32(Opcode::Fma, a, a, -1.0f), 0x1p-11f + 0x1p-24f);
  EXPECT_EQ(computeF32(Opcode::Mul, 0x1p-100f, 0x1p-49f), 0x1p-149f);
  EXPECT_EQ(computeF32(Opcode::Div, 1.0f, 0.0f), INFINITY);
  EXPECT_EQ(toBits(computeF32(Opcode::Div, 0.0f, 0.0f)), canonicalF32);
  EXPECT_EQ(toBits(computeF32(Opcode::Sub, INFINITY, INFINITY)), canonicalF32);
}

/// `value + error` rounded to a 16-bit type by comparing with its neighbours:
/// slow and obviously right. The error only breaks ties.
static uint16_t roundExactly(__float128 value, bool isF16,
                             __float128 error = 0) {
  auto widened = [&](uint16_t bits) -> __float128 {
    return isF16 ? widenF16(bits) : widenBF16(bits);
  };
  uint16_t infinity = isF16 ? 0x7c00 : 0x7f80;
  bool negative = value < 0;
  if (negative)
    error = -error;
  __float128 magnitude = negative ? -value : value;
  uint16_t low = 0, high = infinity - 1; // largest finite
  while (low < high) {
    uint16_t middle = (low + high + 1) / 2;
    if (widened(middle) <= magnitude)
      low = middle;
    else
      high = middle - 1;
  }
  // The step above the largest number is as wide as the one below it.
  __float128 next = low == infinity - 1 ? 2 * widened(low) - widened(low - 1)
                                        : widened(low + 1);
  __float128 below = magnitude - widened(low), above = next - magnitude;
  bool isDown = below < above || (below == above && error < 0) ||
                (below == above && error == 0 && low % 2 == 0);
  uint16_t rounded = isDown ? low : low + 1;
  return rounded | (negative ? 0x8000 : 0);
}

TEST(ISA, I33_HalfTypesRoundOnce) {
  std::mt19937 rng(4);
  for (bool isF16 : {true, false}) {
    ElementType type = isF16 ? ElementType::F16 : ElementType::BF16;
    auto widened = [&](uint16_t bits) -> __float128 {
      return isF16 ? widenF16(bits) : widenBF16(bits);
    };
    uint16_t exponent = isF16 ? 0x7c00 : 0x7f80;
    for (int i = 0; i != 150000; ++i) {
      uint16_t a = rng(), b = rng(), c = rng();
      // Exponents near each other half of the time: sums that round.
      if (i % 2) {
        b = (b & ~exponent) | (isF16 ? 0x3c00 : 0x3f80);
        c = (c & ~exponent) |
            ((a & exponent) + ((rng() % 26) << (isF16 ? 10 : 7)) -
                 (13 << (isF16 ? 10 : 7)) &
             exponent);
      }
      if ((a & exponent) == exponent || (b & exponent) == exponent ||
          (c & exponent) == exponent || (b & 0x7fff) == 0)
        continue;
      __float128 x = widened(a), y = widened(b), z = widened(c);
      __float128 results[] = {x + y, x - y, x * y, x / y, x * y + z};
      // Exact, except for sums of far exponents in bf16 (Knuth).
      auto sumError = [](__float128 p, __float128 q) {
        __float128 sum = p + q, part = sum - p;
        return (p - (sum - part)) + (q - part);
      };
      __float128 errors[] = {sumError(x, y), sumError(x, -y), 0, 0,
                             sumError(x * y, z)};
      Opcode ops[] = {Opcode::Add, Opcode::Sub, Opcode::Mul, Opcode::Div,
                      Opcode::Fma};
      for (int o = 0; o != 5; ++o) {
        uint16_t got = compute(ops[o], type, a, b, c);
        uint16_t want = roundExactly(results[o], isF16, errors[o]);
        if ((got & 0x7fff) == 0 && (want & 0x7fff) == 0)
          continue; // the sign of zero is IEEE's
        ASSERT_EQ(got, want) << stringify(ops[o]).str() << " f16 " << isF16
                             << " of " << a << " " << b << " " << c;
      }
    }
  }
}

TEST(ISA, I32_RsqrtIsCorrectlyRounded) {
  // All mantissas, both parities of the exponent.
  unsigned wrong = 0;
  std::vector<float> x(1 << 16), y(1 << 16);
  for (uint32_t begin = 0x3f800000; begin != 0x40800000; begin += 1 << 16) {
    for (uint32_t i = 0; i != 1 << 16; ++i)
      x[i] = fromBits(begin + i);
    KernelCall call;
    call.opcode = Opcode::Rsqrt;
    call.extent = 1 << 16;
    call.dst = {reinterpret_cast<char *>(y.data()), 1, 0, ElementType::F32};
    call.a = {reinterpret_cast<char *>(x.data()), 1, 0, ElementType::F32};
    execute(call);
    for (uint32_t i = 0; i != 1 << 16; ++i) {
      // r is right if (r - half ulp)^2 x < 1 < (r + half ulp)^2 x, exactly.
      double r = y[i];
      double low = (r + std::nextafter(y[i], 0.0f)) / 2;
      double high = (r + std::nextafter(y[i], 2.0f)) / 2;
      // 25-bit squares times 24 bits: the sign of fma's error-free remainder.
      auto sign = [&](double m) {
        double square = m * m; // exact in 50 bits
        return std::fma(square, static_cast<double>(x[i]), -1.0);
      };
      wrong += !(sign(low) <= 0 && sign(high) >= 0);
    }
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(computeF32(Opcode::Rsqrt, -0.0f), -INFINITY);
  EXPECT_EQ(computeF32(Opcode::Rsqrt, INFINITY), 0.0f);
  EXPECT_EQ(toBits(computeF32(Opcode::Rsqrt, -1.0f)), canonicalF32);
  EXPECT_EQ(computeF32(Opcode::Rsqrt, 0x1p-148f), 0x1p74f);
}

TEST(ISA, I33_RsqrtOfHalfTypes) {
  for (bool isF16 : {true, false})
    for (uint32_t bits = 1; bits != (isF16 ? 0x7c00 : 0x7f80); ++bits) {
      double x = isF16 ? widenF16(bits) : widenBF16(bits);
      ElementType type = isF16 ? ElementType::F16 : ElementType::BF16;
      ASSERT_EQ(compute(Opcode::Rsqrt, type, bits),
                roundExactly(1 / std::sqrt(x), isF16))
          << bits;
    }
}

/// Distance in units of the last place of the f32 nearest to `exact`.
static double ulps(float got, double exact) {
  if (exact > 0x1.fffffefp127)
    return got == INFINITY || got == 0x1.fffffep127f ? 0 : 1e9;
  int exponent = std::max(std::ilogb(exact), -126);
  return std::fabs(got - exact) / std::ldexp(1.0, exponent - 23);
}

TEST(ISA, I36_ExpWithinOneUlp) {
  double worst = 0;
  for (uint64_t bits = 0; bits < 1ull << 32; bits += 977) {
    float x = fromBits(static_cast<uint32_t>(bits));
    if (x != x || x > 89 || x < -105)
      continue;
    worst = std::max(worst, ulps(exponential(x), std::exp(double(x))));
  }
  EXPECT_LE(worst, 1.0);
  EXPECT_EQ(exponential(0.0f), 1.0f);
  EXPECT_EQ(exponential(-0.0f), 1.0f);
  EXPECT_EQ(exponential(INFINITY), INFINITY);
  EXPECT_EQ(exponential(-INFINITY), 0.0f);
  EXPECT_EQ(exponential(1000.0f), INFINITY);
  EXPECT_EQ(exponential(88.75f), INFINITY);
  EXPECT_LT(exponential(fromBits(0x42b17217)), INFINITY);
  EXPECT_EQ(exponential(-104.0f), 0.0f);
  EXPECT_EQ(exponential(-103.0f), 0x1p-149f); // 1.3e-45 exactly
  EXPECT_EQ(toBits(exponential(NAN)), canonicalF32);
  // The same bits on every host.
  EXPECT_EQ(toBits(exponential(1.0f)), 0x402df854u);
  EXPECT_EQ(toBits(exponential(-1.0f)), 0x3ebc5ab2u);
  EXPECT_EQ(toBits(exponential(-90.0f)), 584744u);
}

TEST(ISA, I35_MaxIsIeeeMaximum) {
  EXPECT_EQ(computeF32(Opcode::Max, 1, 2), 2);
  EXPECT_EQ(toBits(computeF32(Opcode::Max, -0.0f, 0.0f)), 0u);
  EXPECT_EQ(toBits(computeF32(Opcode::Max, 0.0f, -0.0f)), 0u);
  EXPECT_EQ(toBits(computeF32(Opcode::Max, -0.0f, -0.0f)), 0x80000000u);
  EXPECT_EQ(toBits(computeF32(Opcode::Max, NAN, 1)), canonicalF32);
  EXPECT_EQ(toBits(computeF32(Opcode::Max, 1, -NAN)), canonicalF32);
  EXPECT_EQ(computeF32(Opcode::Max, -INFINITY, -5), -5);
}

TEST(ISA, I38_NaNIsCanonical) {
  const Opcode ops[] = {Opcode::Add, Opcode::Sub, Opcode::Mul, Opcode::Div,
                        Opcode::Fma, Opcode::Max, Opcode::Exp, Opcode::Rsqrt};
  for (Opcode op : ops) {
    EXPECT_EQ(compute(op, ElementType::F32, 0xffc12345, 1, 1), canonicalF32);
    EXPECT_EQ(compute(op, ElementType::F16, 0xfd01, 1, 1), canonicalF16);
    EXPECT_EQ(compute(op, ElementType::BF16, 0xff81, 1, 1), canonicalBF16);
  }
  for (Opcode op : {Opcode::Mov, Opcode::Sel}) {
    EXPECT_EQ(compute(op, ElementType::F32, 0xffa12345, 1, 1), 0xffa12345u);
    EXPECT_EQ(compute(op, ElementType::F16, 0xfd01, 1, 1), 0xfd01u);
  }
}

TEST(ISA, I34_IntegersWrap) {
  auto i32 = [](Opcode op, int32_t a, int32_t b, int32_t c = 0) {
    return static_cast<int32_t>(compute(op, ElementType::I32, a, b, c));
  };
  EXPECT_EQ(i32(Opcode::Add, INT32_MAX, 1), INT32_MIN);
  EXPECT_EQ(i32(Opcode::Sub, INT32_MIN, 1), INT32_MAX);
  EXPECT_EQ(i32(Opcode::Mul, 1 << 20, 1 << 13), 0);
  EXPECT_EQ(i32(Opcode::Fma, 65537, 65537, -1), 131072);
  EXPECT_EQ(i32(Opcode::Max, -5, 3), 3);
  EXPECT_EQ(i32(Opcode::Sel, 7, 8, 0), 8);
  EXPECT_EQ(i32(Opcode::Div, -7, 2), -3); // in f32, toward zero
}

TEST(ISA, I31_MixedTypesGoThroughF32) {
  auto convert = [](ElementType to, ElementType from, uint32_t bits) {
    uint32_t result = 0;
    KernelCall call;
    call.opcode = Opcode::Mov;
    call.extent = 1;
    call.dst = {reinterpret_cast<char *>(&result), 1, 0, to};
    call.a = {reinterpret_cast<char *>(&bits), 1, 0, from};
    execute(call);
    return result;
  };
  using T = ElementType;
  EXPECT_EQ(convert(T::F32, T::I32, 16777217), toBits(16777216.0f));
  EXPECT_EQ(convert(T::I32, T::F32, toBits(-2.9f)), uint32_t(-2));
  EXPECT_EQ(convert(T::I32, T::F32, toBits(3e9f)), uint32_t(INT32_MAX));
  EXPECT_EQ(convert(T::I32, T::F32, toBits(-3e9f)), uint32_t(INT32_MIN));
  EXPECT_EQ(convert(T::I32, T::F32, canonicalF32), 0u);
  EXPECT_EQ(convert(T::F16, T::F32, toBits(65520.0f)), 0x7c00u);
  EXPECT_EQ(convert(T::F16, T::F32, 0xffc12345), canonicalF16);
  EXPECT_EQ(convert(T::F32, T::F16, 0x7d01), canonicalF32);
  EXPECT_EQ(convert(T::BF16, T::F32, 0x3f808000), 0x3f80u); // tie to even
  EXPECT_EQ(convert(T::F16, T::F16, 0x7d01), 0x7d01u);      // moves bits
  EXPECT_EQ(convert(T::F32, T::F32, 0x7fa00001), 0x7fa00001u);
}

TEST(Float, ConversionsAreExactInverses) {
  for (uint32_t bits = 0; bits != 1 << 16; ++bits) {
    if ((bits & 0x7c00) != 0x7c00 || (bits & 0x3ff) == 0)
      ASSERT_EQ(narrowF16(widenF16(bits)), bits);
    else
      ASSERT_EQ(narrowF16(widenF16(bits)), canonicalF16);
    if ((bits & 0x7f80) != 0x7f80 || (bits & 0x7f) == 0)
      ASSERT_EQ(narrowBF16(widenBF16(bits)), bits);
  }
  std::mt19937 rng(2);
  for (int i = 0; i != 300000; ++i) {
    float value = fromBits(rng());
    if (std::isfinite(value))
      ASSERT_EQ(narrowF16(value), roundExactly(value, true)) << value;
    if (std::isfinite(value))
      ASSERT_EQ(narrowBF16(value), roundExactly(value, false)) << value;
  }
}
