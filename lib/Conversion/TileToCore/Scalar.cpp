//===- Scalar.cpp - Scalar values at compile time and run time -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scalar.h"

using namespace plmr;

static int32_t floorDiv(int32_t a, int32_t b) {
  int32_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

int32_t plmr::evaluate(Opcode opcode, int32_t a, int32_t b) {
  auto wrap = [](int64_t value) { return static_cast<int32_t>(value); };
  switch (opcode) {
  case Opcode::SAdd:
    return wrap(int64_t(a) + b);
  case Opcode::SSub:
    return wrap(int64_t(a) - b);
  case Opcode::SMul:
    return wrap(int64_t(a) * b);
  case Opcode::SDiv:
    return b == 0 ? 0 : floorDiv(a, b);
  case Opcode::SRem:
    return b == 0 ? 0 : a - floorDiv(a, b) * b;
  case Opcode::SMin:
    return std::min(a, b);
  case Opcode::SMax:
    return std::max(a, b);
  case Opcode::SEq:
    return a == b;
  case Opcode::SLt:
    return a < b;
  default:
    return a <= b;
  }
}

/// The least table kind that both fit in.
static Constant::Kind join(Constant::Kind a, Constant::Kind b) {
  if (a == b || b == Constant::Kind::Uniform)
    return a;
  return a == Constant::Kind::Uniform ? b : Constant::Kind::ByCore;
}

CoordinateTable plmr::combine(Opcode opcode, const CoordinateTable &a,
                              const CoordinateTable &b, MeshShape mesh) {
  CoordinateTable result;
  result.kind = join(a.kind, b.kind);
  bool byColumn = result.kind == Constant::Kind::ByColumn ||
                  result.kind == Constant::Kind::ByCore;
  bool byRow = result.kind == Constant::Kind::ByRow ||
               result.kind == Constant::Kind::ByCore;
  const Constant first{"", a.kind, a.values}, second{"", b.kind, b.values};
  result.values.clear();
  for (unsigned y = 0; y != (byRow ? mesh.rows : 1); ++y)
    for (unsigned x = 0; x != (byColumn ? mesh.columns : 1); ++x)
      result.values.push_back(evaluate(opcode, first.getValue(mesh, x, y),
                                       second.getValue(mesh, x, y)));
  // Often all cores agree after all.
  bool same = llvm::all_of(
      result.values, [&](int32_t value) { return value == result.values[0]; });
  if (same)
    result = {Constant::Kind::Uniform, {result.values[0]}};
  return result;
}
