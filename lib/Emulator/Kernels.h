//===- Kernels.h - Values of one vector operation -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_EMULATOR_KERNELS_H
#define PLMR_LIB_EMULATOR_KERNELS_H

#include "plmr/Program/Instruction.h"

namespace plmr {

/// A stream as host memory: element i of repetition r lies `r * step + i *
/// stride` elements behind `data`. MessageFabric messages and splats are memory
/// too.
struct KernelOperand {
  char *data = nullptr;
  int64_t stride = 0;
  int64_t step = 0;
  ElementType type = ElementType::F32;
};

struct KernelCall {
  Opcode opcode = Opcode::Mov;
  uint32_t extent = 0;
  uint32_t repeat = 1;
  KernelOperand dst, a, b, c;
  /// Gather: the bytes of a's object.
  char *objectBegin = nullptr;
  char *objectEnd = nullptr;
};

/// Executes the operation as the sequence of its elements would (I30). The
/// memory of all operands is valid.
void execute(const KernelCall &call);

/// The same, element by element: the reference that `execute` must equal.
void executeReference(const KernelCall &call);

/// exp of docs/ISA.md, for tests.
float exponential(float x);

/// The element of gather: address of element `index` of `a` in a repetition
/// that starts at `base`, clamped to the object.
char *clampedElement(const KernelCall &call, char *base, int64_t index);

} // namespace plmr

#endif // PLMR_LIB_EMULATOR_KERNELS_H
