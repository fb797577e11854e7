//===- Kernels.cpp - Values of one vector operation -----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `execute` picks the first kernel whose conditions hold. They differ in speed
// only: each computes what the sequence of elements would.
//
//===----------------------------------------------------------------------===//

#include "Classify.h"
#include <algorithm>

using namespace plmr;

// One copy of the entry point, with all that is inlined into it, per level of
// vector extension; the loader picks one.
#if defined(__x86_64__) && defined(__linux__)
#define PLMR_CLONES                                                            \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PLMR_CLONES
#endif
#define PLMR_LAMBDA __attribute__((always_inline))
// The portable clones call fmaf, so some loops stay scalar there.
#pragma clang diagnostic ignored "-Wpass-failed"

//===----------------------------------------------------------------------===//
// Aliasing
//===----------------------------------------------------------------------===//

namespace {
struct ByteRange {
  const char *begin, *end;
};
} // namespace

static ByteRange getRange(const KernelCall &call,
                          const KernelOperand &operand) {
  int64_t width = getWidth(operand.type);
  int64_t across = (call.extent - int64_t(1)) * operand.stride * width;
  int64_t along = (call.repeat - int64_t(1)) * operand.step * width;
  return {operand.data + std::min<int64_t>(across, 0) +
              std::min<int64_t>(along, 0),
          operand.data + std::max<int64_t>(across, 0) +
              std::max<int64_t>(along, 0) + width};
}

static bool isSame(const KernelOperand &x, const KernelOperand &y) {
  return x.data == y.data && x.stride == y.stride && x.step == y.step &&
         x.type == y.type;
}

static bool isDisjoint(const KernelCall &call, const KernelOperand &source,
                       const ByteRange &dst) {
  ByteRange range = getRange(call, source);
  return range.end <= dst.begin || dst.end <= range.begin;
}

/// Whether no element of a repetition is read after another of that repetition
/// has overwritten it: sources are elsewhere, or the destination itself.
static bool isElementwise(const KernelCall &call) {
  if (call.dst.stride == 0)
    return call.extent == 1;
  ByteRange dst = getRange(call, call.dst);
  const KernelOperand *sources[] = {&call.a, &call.b, &call.c};
  for (unsigned i = 0, e = getNumSources(call.opcode); i != e; ++i)
    if (!isSame(*sources[i], call.dst) && !isDisjoint(call, *sources[i], dst))
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Short contiguous f32
//===----------------------------------------------------------------------===//

/// How a source goes with the elements of a row.
enum class Pick { Absent, One, Each };

template <Pick pick> PLMR_INLINE float load(const float *data, uint32_t i) {
  if constexpr (pick == Pick::Absent)
    return 0;
  else
    return data[pick == Pick::One ? 0 : i];
}

/// Loads `n` elements of every source before it stores one: a source may be
/// `dst` itself.
template <Arith kind, Pick pa, Pick pb, Pick pc, int n>
PLMR_INLINE void computeChunk(float *dst, const float *a, const float *b,
                              const float *c) {
  float results[n];
  for (int i = 0; i != n; ++i)
    results[i] = canonicalize(
        apply<kind>(load<pa>(a, i), load<pb>(b, i), load<pc>(c, i)));
  std::memcpy(dst, results, sizeof(results));
}

template <Arith kind, Pick pa, Pick pb, Pick pc>
PLMR_INLINE void computeRow(float *dst, const float *a, const float *b,
                            const float *c, uint32_t n) {
  uint32_t i = 0;
  auto compute = [&](auto size) PLMR_LAMBDA {
    for (; i + size() <= n; i += size())
      computeChunk<kind, pa, pb, pc, size()>(
          dst + i, pa == Pick::Each ? a + i : a, pb == Pick::Each ? b + i : b,
          pc == Pick::Each ? c + i : c);
  };
  compute(std::integral_constant<int, 16>());
  compute(std::integral_constant<int, 4>());
  compute(std::integral_constant<int, 1>());
}

template <Arith kind>
PLMR_INLINE void computeRowOf(unsigned pattern, float *dst, const float *a,
                              const float *b, const float *c, uint32_t n) {
  constexpr bool isUnary = kind == Arith::Exp || kind == Arith::Rsqrt;
  constexpr bool isTernary = kind == Arith::Fma;
  // What a 0 in the pattern means for b and c.
  constexpr Pick zeroB = isUnary ? Pick::Absent : Pick::One;
  constexpr Pick zeroC = isTernary ? Pick::One : Pick::Absent;
  switch (pattern) {
  case 0b001:
    return computeRow<kind, Pick::Each, zeroB, zeroC>(dst, a, b, c, n);
  case 0b010:
    if constexpr (!isUnary)
      computeRow<kind, Pick::One, Pick::Each, zeroC>(dst, a, b, c, n);
    return;
  case 0b011:
    if constexpr (!isUnary)
      computeRow<kind, Pick::Each, Pick::Each, zeroC>(dst, a, b, c, n);
    return;
  case 0b101:
    if constexpr (isTernary)
      computeRow<kind, Pick::Each, Pick::One, Pick::Each>(dst, a, b, c, n);
    return;
  case 0b110:
    if constexpr (isTernary)
      computeRow<kind, Pick::One, Pick::Each, Pick::Each>(dst, a, b, c, n);
    return;
  case 0b111:
    if constexpr (isTernary)
      computeRow<kind, Pick::Each, Pick::Each, Pick::Each>(dst, a, b, c, n);
    return;
  }
}

/// Whether there is a loop for the pattern.
static bool isRowPattern(Opcode opcode, unsigned pattern) {
  return opcode == Opcode::Mov || (pattern & 0b011) != 0;
}

/// Whether the source is f32 with stride 0 or 1.
static bool isRowLike(const KernelOperand &source) {
  return source.type == ElementType::F32 && source.stride >> 1 == 0;
}

/// Bit s: source s has one element for each of the destination. 0 if a stream
/// is not f32 with stride 0 or 1, or no source is contiguous.
PLMR_INLINE unsigned getRowPattern(const KernelCall &call) {
  unsigned sources = getNumSources(call.opcode);
  if (call.dst.stride != 1 || call.dst.type != ElementType::F32 ||
      !isRowLike(call.a) || (sources >= 2 && !isRowLike(call.b)) ||
      (sources == 3 && !isRowLike(call.c)))
    return 0;
  int64_t strides = call.a.stride | call.b.stride << 1 | call.c.stride << 2;
  unsigned pattern = static_cast<unsigned>(strides) & ((1u << sources) - 1);
  return isRowPattern(call.opcode, pattern) ? pattern : 0;
}

PLMR_INLINE void executeRows(const KernelCall &call, unsigned pattern) {
  auto *dst = reinterpret_cast<float *>(call.dst.data);
  auto *a = reinterpret_cast<const float *>(call.a.data);
  auto *b = reinterpret_cast<const float *>(call.b.data);
  auto *c = reinterpret_cast<const float *>(call.c.data);
  withArith(getArith(call), [&](auto kind) PLMR_LAMBDA {
    if constexpr (kind() >= Arith::Add && kind() <= Arith::Rsqrt)
      for (uint32_t r = 0; r != call.repeat; ++r)
        computeRowOf<kind()>(pattern, dst + r * call.dst.step,
                             a + r * call.a.step, b + r * call.b.step,
                             c + r * call.c.step, call.extent);
  });
}

/// Of one element, whose stride is no matter, or several of stride 1.
static bool isRow(const KernelCall &call, const KernelOperand &operand) {
  return call.extent == 1 || operand.stride == 1;
}

/// Finds the row's pattern if its sources are the destination itself or apart
/// from it.
static bool findRowPattern(const KernelCall &call, unsigned &pattern) {
  if (call.opcode > Opcode::Rsqrt || call.dst.type != ElementType::F32 ||
      !isRow(call, call.dst))
    return false;
  const KernelOperand *sources[] = {&call.a, &call.b, &call.c};
  pattern = 0;
  for (unsigned i = 0, e = getNumSources(call.opcode); i != e; ++i) {
    const KernelOperand &source = *sources[i];
    bool isEach = isRow(call, source);
    if (source.type != ElementType::F32 || !(isEach || source.stride == 0))
      return false;
    int64_t bytes = int64_t(call.extent) * sizeof(float);
    int64_t distance = source.data - call.dst.data;
    int64_t reach = isEach ? bytes : sizeof(float);
    if (distance < bytes && distance > -reach && !(isEach && distance == 0))
      return false;
    pattern |= unsigned(isEach) << i;
  }
  return isRowPattern(call.opcode, pattern);
}

PLMR_CLONES static void executeRow(const KernelCall &call, unsigned pattern) {
  executeRows(call, pattern);
}

/// The commonest operation: one repetition over f32.
static bool tryRow(const KernelCall &call) {
  unsigned pattern;
  if (!findRowPattern(call, pattern))
    return false;
  auto *dst = reinterpret_cast<float *>(call.dst.data);
  auto *source = reinterpret_cast<const float *>(call.a.data);
  if (call.opcode != Opcode::Mov)
    executeRow(call, pattern);
  else if (pattern != 0)
    std::memmove(dst, source, call.extent * sizeof(float));
  else
    std::fill_n(dst, call.extent, *source);
  return true;
}

//===----------------------------------------------------------------------===//
// Blocks: any types and strides, elementwise
//===----------------------------------------------------------------------===//

constexpr uint32_t blockSize = 128;

// Both are functions of their own: one copy of their loops serves all
// operations.
PLMR_CLONES static void loadBlock(float *to, const KernelOperand &from,
                                  uint32_t r, uint32_t begin, uint32_t n) {
  withType(from.type, [&](auto zero) PLMR_LAMBDA {
    using T = decltype(zero);
    const char *data =
        from.data + (r * from.step + begin * from.stride) * int64_t(sizeof(T));
    if (from.stride == 1)
      for (uint32_t i = 0; i != n; ++i)
        to[i] = widen(loadAs<T>(data + i * sizeof(T)));
    else
      for (uint32_t i = 0; i != n; ++i)
        to[i] = widen(loadAs<T>(data + i * from.stride * int64_t(sizeof(T))));
  });
}

/// The same elements to read: where they are, if they are contiguous f32.
PLMR_INLINE const float *viewBlock(float *buffer, const KernelOperand &from,
                                   uint32_t r, uint32_t begin, uint32_t n) {
  if (from.type == ElementType::F32 && (from.stride == 1 || n == 1))
    return reinterpret_cast<const float *>(from.data) + r * from.step +
           begin * from.stride;
  loadBlock(buffer, from, r, begin, n);
  return buffer;
}

PLMR_CLONES static void storeBlock(const float *from, const KernelOperand &to,
                                   uint32_t r, uint32_t begin, uint32_t n) {
  withType(to.type, [&](auto zero) PLMR_LAMBDA {
    using T = decltype(zero);
    char *data =
        to.data + (r * to.step + begin * to.stride) * int64_t(sizeof(T));
    if (to.stride == 1)
      for (uint32_t i = 0; i != n; ++i)
        storeAs(data + i * sizeof(T), narrow<T>(from[i]));
    else
      for (uint32_t i = 0; i != n; ++i)
        storeAs(data + i * to.stride * int64_t(sizeof(T)), narrow<T>(from[i]));
  });
}

/// Every source block is loaded before the destination's is stored.
PLMR_INLINE void executeBlocks(const KernelCall &call) {
  unsigned sources = getNumSources(call.opcode);
  withArith(getArith(call), [&](auto kind) PLMR_LAMBDA {
    alignas(64) float a[blockSize], b[blockSize], c[blockSize];
    for (uint32_t r = 0; r != call.repeat; ++r)
      for (uint32_t begin = 0; begin < call.extent; begin += blockSize) {
        uint32_t n = std::min(blockSize, call.extent - begin);
        loadBlock(a, call.a, r, begin, n);
        if (sources >= 2)
          loadBlock(b, call.b, r, begin, n);
        if (sources == 3)
          loadBlock(c, call.c, r, begin, n);
        for (uint32_t i = 0; i != n; ++i)
          a[i] = apply<kind()>(a[i], sources >= 2 ? b[i] : 0,
                               sources == 3 ? c[i] : 0);
        storeBlock(a, call.dst, r, begin, n);
      }
  });
}

//===----------------------------------------------------------------------===//
// Short f32 of any strides
//===----------------------------------------------------------------------===//

/// Where the preparation of blocks costs more than vectors gain.
static bool isShort(const KernelCall &call) {
  auto isF32 = [](const KernelOperand &operand) {
    return operand.type == ElementType::F32;
  };
  return call.extent <= 16 && isF32(call.dst) && isF32(call.a) &&
         isF32(call.b) && isF32(call.c);
}

/// The sequence of elements itself, so that operands may overlap in any way.
PLMR_INLINE void executeShort(const KernelCall &call) {
  auto at = [](const KernelOperand &operand, uint32_t r, uint32_t i)
                PLMR_LAMBDA {
                  return reinterpret_cast<float *>(operand.data) +
                         r * operand.step + i * operand.stride;
                };
  withArith(getArith(call), [&](auto kind) PLMR_LAMBDA {
    constexpr bool isUnary =
        kind() == Arith::Mov || kind() == Arith::Exp || kind() == Arith::Rsqrt;
    for (uint32_t r = 0; r != call.repeat; ++r)
      for (uint32_t i = 0; i != call.extent; ++i) {
        float b = isUnary ? 0 : *at(call.b, r, i);
        float c = kind() == Arith::Fma ? *at(call.c, r, i) : 0;
        *at(call.dst, r, i) =
            canonicalize(apply<kind()>(*at(call.a, r, i), b, c));
      }
  });
}

//===----------------------------------------------------------------------===//
// axpy: out[i] += x[r] * w[r][i]
//===----------------------------------------------------------------------===//

template <int n, typename W>
PLMR_INLINE void axpyColumns(float *out, const float *x, const char *w,
                             int64_t stepBytes, uint32_t repeat) {
  float sums[n];
  for (int i = 0; i != n; ++i)
    sums[i] = out[i];
  for (uint32_t r = 0; r != repeat; ++r, w += stepBytes)
    for (int i = 0; i != n; ++i)
      sums[i] =
          __builtin_fmaf(x[r], widen(loadAs<W>(w + i * sizeof(W))), sums[i]);
  for (int i = 0; i != n; ++i)
    out[i] = canonicalize(sums[i]);
}

template <typename W>
PLMR_INLINE void axpyBlock(float *out, const float *x, const char *w,
                           int64_t stepBytes, uint32_t extent,
                           uint32_t repeat) {
  uint32_t i = 0;
  for (; i + 64 <= extent; i += 64)
    axpyColumns<64, W>(out + i, x, w + i * sizeof(W), stepBytes, repeat);
  for (; i + 16 <= extent; i += 16)
    axpyColumns<16, W>(out + i, x, w + i * sizeof(W), stepBytes, repeat);
  for (; i + 4 <= extent; i += 4)
    axpyColumns<4, W>(out + i, x, w + i * sizeof(W), stepBytes, repeat);
  for (; i != extent; ++i)
    axpyColumns<1, W>(out + i, x, w + i * sizeof(W), stepBytes, repeat);
}

/// Sums stay in registers over the repetitions.
PLMR_INLINE void executeAxpy(const KernelCall &call, const KernelOperand &x,
                             const KernelOperand &w) {
  KernelOperand column = x; // its repetitions, as a contiguous-able stream
  column.stride = x.step;
  auto *out = reinterpret_cast<float *>(call.dst.data);
  withType(w.type, [&](auto zero) PLMR_LAMBDA {
    using W = decltype(zero);
    if constexpr (!std::is_same_v<W, int32_t>) {
      int64_t stepBytes = w.step * int64_t(sizeof(W));
      for (uint32_t r = 0; r < call.repeat; r += blockSize) {
        alignas(64) float buffer[blockSize];
        uint32_t n = std::min(blockSize, call.repeat - r);
        const float *factors = viewBlock(buffer, column, 0, r, n);
        axpyBlock<W>(out, factors, w.data + r * stepBytes, stepBytes,
                     call.extent, n);
      }
    }
  });
}

/// Tries both roles of the factors.
PLMR_INLINE bool tryAxpy(const KernelCall &call) {
  if (call.opcode != Opcode::Fma || call.dst.type != ElementType::F32 ||
      call.dst.stride != 1 || call.dst.step != 0 || !isSame(call.dst, call.c))
    return false;
  bool swapped = call.a.stride != 0;
  const KernelOperand &x = swapped ? call.b : call.a;
  const KernelOperand &w = swapped ? call.a : call.b;
  ByteRange dst = getRange(call, call.dst);
  if (x.stride != 0 || w.stride != 1 || w.type == ElementType::I32 ||
      !isDisjoint(call, x, dst) || !isDisjoint(call, w, dst))
    return false;
  executeAxpy(call, x, w);
  return true;
}

//===----------------------------------------------------------------------===//
// Sums in order: out[r] = op(out[r], ...) over i
//===----------------------------------------------------------------------===//

/// `lanes` dot products side by side, each in its own order.
template <uint32_t lanes, typename W>
PLMR_INLINE void dotLanes(float *sums, const float *x, const char *w,
                          int64_t stepBytes, uint32_t n) {
  for (uint32_t i = 0; i != n; ++i)
    for (uint32_t l = 0; l != lanes; ++l)
      sums[l] = __builtin_fmaf(
          x[i], widen(loadAs<W>(w + l * stepBytes + i * sizeof(W))), sums[l]);
}

/// As many repetitions from `first` on as fill lanes; returns the next one. x
/// is the same for all of them, w contiguous in each.
template <uint32_t lanes, typename W>
PLMR_INLINE uint32_t executeDots(const KernelCall &call, const KernelOperand &x,
                                 const KernelOperand &w, uint32_t first) {
  auto *out = reinterpret_cast<float *>(call.dst.data);
  int64_t stepBytes = w.step * int64_t(sizeof(W));
  uint32_t r = first;
  for (; r + lanes <= call.repeat; r += lanes) {
    float sums[lanes];
    for (uint32_t l = 0; l != lanes; ++l)
      sums[l] = out[(r + l) * call.dst.step];
    for (uint32_t begin = 0; begin < call.extent; begin += blockSize) {
      alignas(64) float buffer[blockSize];
      uint32_t n = std::min(blockSize, call.extent - begin);
      const float *factors = viewBlock(buffer, x, 0, begin, n);
      dotLanes<lanes, W>(sums, factors,
                         w.data + r * stepBytes + begin * int64_t(sizeof(W)),
                         stepBytes, n);
    }
    for (uint32_t l = 0; l != lanes; ++l)
      out[(r + l) * call.dst.step] = canonicalize(sums[l]);
  }
  return r;
}

/// Repetitions from the first one on that are done.
PLMR_INLINE uint32_t tryDots(const KernelCall &call) {
  if (call.opcode != Opcode::Fma || call.repeat == 1 || call.dst.step == 0)
    return 0;
  bool swapped = call.a.step != 0;
  const KernelOperand &x = swapped ? call.b : call.a;
  const KernelOperand &w = swapped ? call.a : call.b;
  if (x.step != 0 || w.stride != 1 || w.type == ElementType::I32)
    return 0;
  uint32_t done = 0;
  withType(w.type, [&](auto zero) PLMR_LAMBDA {
    using W = decltype(zero);
    if constexpr (!std::is_same_v<W, int32_t>) {
      done = executeDots<8, W>(call, x, w, 0);
      done = executeDots<2, W>(call, x, w, done);
    }
  });
  return done;
}

/// Repetitions from `first` on, one after the other: fma of a and b, or add or
/// max of a.
PLMR_INLINE void executeSums(const KernelCall &call, uint32_t first,
                             const KernelOperand &a, const KernelOperand *b) {
  auto *out = reinterpret_cast<float *>(call.dst.data);
  bool isAdd = call.opcode == Opcode::Add;
  alignas(64) float bufferA[blockSize], bufferB[blockSize];
  for (uint32_t r = first; r != call.repeat; ++r) {
    float sum = out[r * call.dst.step];
    for (uint32_t begin = 0; begin < call.extent; begin += blockSize) {
      uint32_t n = std::min(blockSize, call.extent - begin);
      const float *x = viewBlock(bufferA, a, r, begin, n);
      if (b) {
        const float *y = viewBlock(bufferB, *b, r, begin, n);
        for (uint32_t i = 0; i != n; ++i)
          sum = __builtin_fmaf(x[i], y[i], sum);
      } else if (isAdd)
        for (uint32_t i = 0; i != n; ++i)
          sum = sum + x[i];
      else
        for (uint32_t i = 0; i != n; ++i)
          sum = maxOf(sum, x[i]);
    }
    out[r * call.dst.step] = canonicalize(sum);
  }
}

/// A destination of stride 0 that is also a source accumulates.
PLMR_INLINE bool trySums(const KernelCall &call) {
  if (call.dst.stride != 0 || call.dst.type != ElementType::F32)
    return false;
  ByteRange dst = getRange(call, call.dst);
  if (call.opcode == Opcode::Fma) {
    if (!isSame(call.dst, call.c) || !isDisjoint(call, call.a, dst) ||
        !isDisjoint(call, call.b, dst))
      return false;
    executeSums(call, tryDots(call), call.a, &call.b);
    return true;
  }
  if (call.opcode != Opcode::Add && call.opcode != Opcode::Max)
    return false;
  bool swapped = !isSame(call.dst, call.a);
  const KernelOperand &sum = swapped ? call.b : call.a;
  const KernelOperand &source = swapped ? call.a : call.b;
  if (!isSame(call.dst, sum) || !isDisjoint(call, source, dst))
    return false;
  executeSums(call, 0, source, nullptr);
  return true;
}

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

/// Contiguous moves without conversion.
static bool tryCopy(const KernelCall &call) {
  if (call.opcode != Opcode::Mov || call.dst.stride != 1 ||
      call.a.stride != 1 || call.a.type != call.dst.type)
    return false;
  if (!isDisjoint(call, call.a, getRange(call, call.dst)))
    return false;
  int64_t width = getWidth(call.a.type);
  for (uint32_t r = 0; r != call.repeat; ++r)
    std::memcpy(call.dst.data + r * call.dst.step * width,
                call.a.data + r * call.a.step * width, call.extent * width);
  return true;
}

/// mov and sel of one type, by bits, as the sequence of elements.
template <typename Bits> static void moveElements(const KernelCall &call) {
  auto at = [](const KernelOperand &operand, uint32_t r, uint32_t i,
               int64_t width) PLMR_LAMBDA {
    return operand.data + (r * operand.step + i * operand.stride) * width;
  };
  auto move = [&](auto pick) PLMR_LAMBDA {
    for (uint32_t r = 0; r != call.repeat; ++r)
      for (uint32_t i = 0; i != call.extent; ++i)
        storeAs(
            at(call.dst, r, i, sizeof(Bits)),
            loadAs<Bits>(at(pick(r, i) ? call.a : call.b, r, i, sizeof(Bits))));
  };
  if (call.opcode == Opcode::Mov)
    return move([](uint32_t, uint32_t) PLMR_LAMBDA { return true; });
  withType(call.c.type, [&](auto zero) PLMR_LAMBDA {
    using T = decltype(zero);
    move([&](uint32_t r, uint32_t i) PLMR_LAMBDA {
      return widen(loadAs<T>(at(call.c, r, i, sizeof(T)))) != 0;
    });
  });
}

//===----------------------------------------------------------------------===//
// Entry
//===----------------------------------------------------------------------===//

PLMR_CLONES static void executeArithmetic(const KernelCall &call) {
  if (call.repeat > 1 && tryAxpy(call))
    return;
  if (trySums(call))
    return;
  unsigned pattern = getRowPattern(call);
  if (pattern == 0 && isShort(call))
    return executeShort(call);
  if (!isElementwise(call))
    return executeReference(call);
  if (pattern != 0)
    return executeRows(call, pattern);
  executeBlocks(call);
}

void plmr::execute(const KernelCall &call) {
  if (call.extent == 0 || call.repeat == 0)
    return;
  if (call.repeat == 1 && tryRow(call))
    return;
  if (movesBits(call)) {
    if (!tryCopy(call))
      getWidth(call.dst.type) == 4 ? moveElements<uint32_t>(call)
                                   : moveElements<uint16_t>(call);
    return;
  }
  if (call.opcode == Opcode::Gather || isInteger(call))
    return executeReference(call);
  executeArithmetic(call);
}

float plmr::exponential(float x) { return canonicalize(expOf(x)); }
