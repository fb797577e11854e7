//===- Memory.cpp - Memory of all cores -----------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Memory.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <sys/mman.h>
#include <utility>

using namespace plmr;

llvm::Expected<Memory> Memory::create(uint64_t cores, uint64_t bytesPerCore) {
  Memory memory;
  memory.pitch = llvm::alignTo(std::max<uint64_t>(bytesPerCore, 1), 64);
  memory.size = memory.pitch * cores;
  void *mapped = mmap(nullptr, memory.size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED)
    return makeError("cannot reserve {0} bytes for {1} cores: {2}", memory.size,
                     cores, std::strerror(errno));
  memory.base = static_cast<char *>(mapped);
  return memory;
}

Memory &Memory::operator=(Memory &&other) {
  std::swap(base, other.base);
  std::swap(pitch, other.pitch);
  std::swap(size, other.size);
  return *this;
}

Memory::~Memory() {
  if (base)
    munmap(base, size);
}
