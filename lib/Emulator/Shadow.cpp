//===- Shadow.cpp - Undefined reads and races -----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shadow.h"
#include <cstring>

using namespace plmr;

llvm::Expected<Shadow> Shadow::create(uint64_t cores, uint64_t bytesPerCore) {
  llvm::Expected<Memory> memory = Memory::create(cores, bytesPerCore);
  if (!memory)
    return memory.takeError();
  Shadow shadow;
  shadow.memory = std::move(*memory);
  return shadow;
}

void Shadow::define(uint32_t core, uint32_t address, uint64_t bytes) {
  char *state = memory.core(core) + address;
  for (uint64_t i = 0; i != bytes; ++i)
    state[i] |= Defined;
}

bool Shadow::isDefined(uint32_t core, uint32_t address, uint64_t bytes) const {
  const char *state = memory.core(core) + address;
  for (uint64_t i = 0; i != bytes; ++i)
    if (!(state[i] & Defined))
      return false;
  return true;
}

/// Streams of the operation in memory, sources first.
static llvm::SmallVector<Access, 4> getAccesses(const VectorOp &op) {
  llvm::SmallVector<Access, 4> accesses;
  for (const Stream *stream : {&op.a, &op.b, &op.c})
    if (stream->kind == Stream::Kind::Memory)
      accesses.push_back({stream, false});
  if (op.dst.kind == Stream::Kind::Memory)
    accesses.push_back({&op.dst, true});
  return accesses;
}

/// Gather's source: its elements are known only when it executes, so all of
/// its object counts as read.
static bool isGatherSource(const VectorOp &op, const Stream *stream) {
  return op.opcode == Opcode::Gather && stream == &op.a;
}

static unsigned getWidth(const Stream &stream) {
  return stream.type == ElementType::F32 || stream.type == ElementType::I32 ? 4
                                                                            : 2;
}

/// Address of an element.
static uint32_t getAddress(const Stream &stream, uint32_t r, uint32_t i) {
  int64_t offset = int64_t(r) * stream.step + int64_t(i) * stream.stride;
  return stream.base + offset * getWidth(stream);
}

std::optional<std::string> Shadow::check(const Program &program, uint32_t core,
                                         const VectorOp &op) {
  char *state = memory.core(core);
  std::optional<std::string> message;
  auto report = [&](const Stream &stream, uint32_t address, const char *what) {
    const Object &object = program.objects[stream.object];
    message = llvm::formatv("{0} at byte {1} of object '{2}'", what,
                            address - object.address, object.name);
  };
  // Looks at up to 4 bytes at once.
  auto touch = [&](const Access &access, uint32_t address, uint32_t bytes,
                   bool needsDefined) {
    uint32_t word = 0, ones = 0x01010101u >> (32 - 8 * bytes);
    std::memcpy(&word, state + address, bytes);
    if (word & ones * LiveWrite)
      report(*access.stream, address,
             "race with what a live asynchronous operation writes");
    else if (access.isWrite && (word & ones * LiveRead))
      report(*access.stream, address,
             "race with what a live asynchronous operation reads");
    else if (needsDefined && (word & ones) != ones)
      report(*access.stream, address, "undefined element is read");
    if (!access.isWrite)
      return;
    word |= ones;
    std::memcpy(state + address, &word, bytes);
  };
  llvm::SmallVector<Access, 4> accesses = getAccesses(op);
  for (const Access &access : accesses)
    if (isGatherSource(op, access.stream)) {
      const Object &object = program.objects[access.stream->object];
      for (uint32_t i = 0; i < object.bytes && !message; i += 4)
        touch(access, object.address + i, std::min(4u, object.bytes - i),
              false);
    }
  for (uint32_t r = 0; r != op.repeat && !message; ++r)
    for (uint32_t i = 0; i != op.extent && !message; ++i)
      for (const Access &access : accesses)
        if (!isGatherSource(op, access.stream))
          touch(access, getAddress(*access.stream, r, i),
                getWidth(*access.stream), !access.isWrite);
  return message;
}

void Shadow::mark(const Program &program, uint32_t core, const VectorOp &op,
                  bool isLive) {
  char *state = memory.core(core);
  for (const Access &access : getAccesses(op)) {
    char bit = access.isWrite ? LiveWrite : LiveRead;
    auto set = [&](uint32_t address, uint32_t bytes) {
      for (uint32_t i = 0; i != bytes; ++i)
        state[address + i] =
            isLive ? state[address + i] | bit : state[address + i] & ~bit;
    };
    if (isGatherSource(op, access.stream)) {
      const Object &object = program.objects[access.stream->object];
      set(object.address, object.bytes);
      continue;
    }
    for (uint32_t r = 0; r != op.repeat; ++r)
      for (uint32_t i = 0; i != op.extent; ++i)
        set(getAddress(*access.stream, r, i), getWidth(*access.stream));
  }
}

void Shadow::begin(const Program &program, uint32_t core, const VectorOp &op) {
  mark(program, core, op, true);
}

void Shadow::end(const Program &program, uint32_t core, const VectorOp &op) {
  mark(program, core, op, false);
}
