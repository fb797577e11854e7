//===- Reference.cpp - One element after the other ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Classify.h"
#include <algorithm>

using namespace plmr;

static int64_t floorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

char *plmr::clampedElement(const KernelCall &call, char *base, int64_t index) {
  int64_t bytes = call.a.stride * getWidth(call.a.type);
  if (bytes == 0)
    return base;
  int64_t below = call.objectBegin - base;
  int64_t above = call.objectEnd - getWidth(call.a.type) - base;
  // Indices whose element lies inside the object; 0 is one of them.
  int64_t first =
      bytes > 0 ? -floorDiv(-below, bytes) : -floorDiv(-above, bytes);
  int64_t last = bytes > 0 ? floorDiv(above, bytes) : floorDiv(below, bytes);
  return base + std::clamp(index, first, last) * bytes;
}

namespace {
/// A stream at one element.
struct Cursor {
  const KernelOperand &operand;
  int64_t width = getWidth(operand.type);

  char *at(uint32_t r, uint32_t i) const {
    return operand.data + (r * operand.step + i * operand.stride) * width;
  }
};
} // namespace

static float loadFloat(const char *address, ElementType type) {
  return withType(
      type, [&](auto zero) { return widen(loadAs<decltype(zero)>(address)); });
}

static void storeFloat(char *address, ElementType type, float value) {
  withType(type,
           [&](auto zero) { storeAs(address, narrow<decltype(zero)>(value)); });
}

static bool isNonZero(const char *address, ElementType type) {
  if (type == ElementType::I32)
    return loadAs<int32_t>(address) != 0;
  return loadFloat(address, type) != 0;
}

template <typename Fn> static void forEach(const KernelCall &call, Fn fn) {
  for (uint32_t r = 0; r != call.repeat; ++r)
    for (uint32_t i = 0; i != call.extent; ++i)
      fn(r, i);
}

static void executeMoves(const KernelCall &call) {
  bool keepsBits = hasOneType(call);
  Cursor dst{call.dst}, a{call.a}, b{call.b}, c{call.c};
  forEach(call, [&](uint32_t r, uint32_t i) {
    char *from = a.at(r, i);
    ElementType type = call.a.type;
    if (call.opcode == Opcode::Gather) {
      from = clampedElement(call, a.at(r, 0), loadAs<int32_t>(b.at(r, i)));
    } else if (call.opcode == Opcode::Sel &&
               !isNonZero(c.at(r, i), call.c.type)) {
      from = b.at(r, i);
      type = call.b.type;
    }
    if (keepsBits)
      std::memmove(dst.at(r, i), from, dst.width);
    else
      storeFloat(dst.at(r, i), call.dst.type, loadFloat(from, type));
  });
}

static void executeIntegers(const KernelCall &call) {
  Cursor dst{call.dst}, a{call.a}, b{call.b}, c{call.c};
  bool hasC = call.opcode == Opcode::Fma;
  forEach(call, [&](uint32_t r, uint32_t i) {
    storeAs(dst.at(r, i), applyInteger(call.opcode, loadAs<int32_t>(a.at(r, i)),
                                       loadAs<int32_t>(b.at(r, i)),
                                       hasC ? loadAs<int32_t>(c.at(r, i)) : 0));
  });
}

void plmr::executeReference(const KernelCall &call) {
  if (isInteger(call))
    return executeIntegers(call);
  if (call.opcode == Opcode::Mov || call.opcode == Opcode::Sel ||
      call.opcode == Opcode::Gather)
    return executeMoves(call);
  Cursor dst{call.dst}, a{call.a}, b{call.b}, c{call.c};
  unsigned sources = getNumSources(call.opcode);
  withArith(getArith(call), [&](auto kind) {
    forEach(call, [&](uint32_t r, uint32_t i) {
      float x = loadFloat(a.at(r, i), call.a.type);
      float y = sources >= 2 ? loadFloat(b.at(r, i), call.b.type) : 0;
      float z = sources == 3 ? loadFloat(c.at(r, i), call.c.type) : 0;
      storeFloat(dst.at(r, i), call.dst.type, apply<kind()>(x, y, z));
    });
  });
}
