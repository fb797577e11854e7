//===- Emulator.h - The values that a program computes -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Executes a program's launches exactly as docs/ISA.md says, without time. The
// cores' memory lives as long as the emulator, so state survives launches.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_EMULATOR_EMULATOR_H
#define PLMR_EMULATOR_EMULATOR_H

#include "plmr/Program/Sequencer.h"
#include <memory>

namespace plmr {

enum class EmulatorMode : uint8_t {
  Fast,  ///< traps on bounds, routes, engines, left-over wavelets, deadlock
  Check, ///< and on undefined reads, races and replicas that differ
};

struct RunResult {
  uint64_t instructions = 0; ///< executed ones, of every kind
  uint64_t vectorOps = 0;
  uint64_t macs = 0; ///< elements of fma
};

class Emulator {
public:
  /// Verifies the program and reserves the cores' memory, all zero.
  static llvm::Expected<std::unique_ptr<Emulator>>
  create(std::shared_ptr<const Program> program,
         EmulatorMode mode = EmulatorMode::Fast);
  ~Emulator();

  const Program &getProgram() const;

  /// Scatters a whole tensor, row-major, to all its holders, padding
  /// included. Values are rounded to the tensor's type; i32 tensors take
  /// integral values.
  llvm::Error writeTensor(const Tensor &tensor, llvm::ArrayRef<float> values);
  /// Scatters slice `slice` of dimension 0, which must be whole and outermost
  /// on every core. Weights are loaded slice by slice.
  llvm::Error writeSlice(const Tensor &tensor, int64_t slice,
                         llvm::ArrayRef<float> values);
  /// Gathers a whole tensor, row-major. In Check mode replicas must agree bit
  /// for bit and every element must be defined.
  llvm::Expected<std::vector<float>> readTensor(const Tensor &tensor) const;

  /// By name; an unknown one is an error that lists the known ones.
  llvm::Error writeTensor(llvm::StringRef name, llvm::ArrayRef<float> values);
  llvm::Expected<std::vector<float>> readTensor(llvm::StringRef name) const;

  /// Fills a state tensor's tiles with zeros (a new conversation).
  void clearTensor(const Tensor &tensor);

  /// Runs one launch to its end on all cores. A broken rule of docs/ISA.md is
  /// an error that names core, instruction, source location and rule; memory
  /// then holds what was computed until there. So are
  /// loops of a core with more than `maxIterations` iterations together (I6).
  llvm::Expected<RunResult> run(const Launch &launch,
                                llvm::ArrayRef<int32_t> parameters,
                                uint64_t maxIterations = defaultMaxIterations);

private:
  struct Impl;
  explicit Emulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace plmr

#endif // PLMR_EMULATOR_EMULATOR_H
