//===- Cost.cpp - The schedule of one vector operation --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cost.h"
#include "llvm/Support/MathExtras.h"

using namespace plmr;

static bool isStreamed(const Stream &stream) {
  return stream.kind == Stream::Kind::Memory ||
         stream.kind == Stream::Kind::Fabric;
}

Rate plmr::getRate(const Machine &machine, const VectorOp &op) {
  // The narrowest comes last in this order.
  static constexpr ElementType byWidth[] = {
      ElementType::F32, ElementType::I32, ElementType::F16, ElementType::BF16};
  RateClass cls = getRateClass(op.opcode);
  for (ElementType type : byWidth)
    for (const Stream *stream : {&op.dst, &op.a, &op.b, &op.c})
      if (isStreamed(*stream) && stream->type == type)
        return machine.getRate(cls, type);
  return machine.getRate(cls, op.dst.type);
}

bool plmr::usesFabric(const VectorOp &op) {
  if (op.extent == 0 || op.repeat == 0)
    return false;
  for (const Stream *stream : {&op.dst, &op.a, &op.b, &op.c})
    if (stream->kind == Stream::Kind::Fabric)
      return true;
  return false;
}

uint64_t plmr::getLocalTicks(const Machine &machine, const VectorOp &op) {
  if (op.repeat == 0)
    return 0;
  uint64_t once = machine.getTicks(getRate(machine, op), op.extent);
  return llvm::SaturatingMultiply<uint64_t>(once + machine.mapTicks,
                                            op.repeat) -
         machine.mapTicks;
}

static uint8_t getElementsPerWavelet(ElementType type) {
  return static_cast<uint8_t>(4 / getByteWidth(type));
}

void FabricOp::set(const Machine &machine, const VectorOp &op, uint64_t start) {
  *this = FabricOp();
  active = true;
  pc = op.pc;
  extent = op.extent;
  repeat = op.repeat;
  ready = start;
  group = 2;
  auto add = [&](const Stream &stream, FabricOperand &port) {
    port.colour = stream.colour;
    port.perWavelet = getElementsPerWavelet(stream.type);
    group = std::min(group, port.perWavelet);
  };
  for (const Stream *source : {&op.a, &op.b, &op.c})
    if (source->kind == Stream::Kind::Fabric)
      add(*source, sources[numSources++]);
  if (op.dst.kind == Stream::Kind::Fabric)
    add(op.dst, sink);

  Rate rate = getRate(machine, op);
  auto getStep = [&](uint32_t elements) {
    return static_cast<uint32_t>(std::max<uint64_t>(
        machine.getTicks(rate, elements), machine.linkTicks));
  };
  step = getStep(group);
  tailStep = getStep(1);
  mapTicks = machine.mapTicks;
}
