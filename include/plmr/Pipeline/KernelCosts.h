//===- KernelCosts.h - What kernels take of a device ------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel is one operation as a module of its own. What it costs is what its
// program takes: there is no second model of costs beside Timing.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_KERNELCOSTS_H
#define PLMR_PIPELINE_KERNELCOSTS_H

#include "plmr/Analysis/ReductionTree.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace plmr {

struct CompileOptions;
struct Machine;

/// What a program of one launch takes.
struct KernelCost {
  uint64_t ticks = 0;
  unsigned contended = 0; ///< links for which two colours competed
  uint64_t sramBytes = 0; ///< of a core, code included
  unsigned colours = 0;   ///< of the whole mesh
  unsigned inputQueues = 0, outputQueues = 0; ///< of the busiest core
  unsigned maxHops = 0;                       ///< of the farthest message

  /// Another kernel runs afterwards: ticks add up, of the rest the most counts.
  void add(const KernelCost &next);
};

/// A collective over a line of cores, or over each of its segments.
struct ReductionKernel {
  enum class Kind : uint8_t {
    AllReduce,
    Reduce,        ///< to the tree's root
    Broadcast,     ///< from the tree's root
    ReduceScatter, ///< round a ring
    AllGather,     ///< round a ring
  };
  std::string device; ///< a profile, .json file or JSON text
  Kind kind = Kind::AllReduce;
  unsigned extent = 1, segments = 1;
  int64_t elements = 1; ///< f32, of each core
  bool isMax = false;
  bool isRing = false; ///< of an all-reduce: in the place of the tree
  TreeShape tree = {};

  /// Takes this kind of tree, the best for the elements, or the ring; an
  /// auto_gen tree may have all queues and colours of a core of `machine`.
  void choose(const TreeChoice &choice, const Machine &machine);

  /// The module, at the tile level, on a column: all columns, and rows, are
  /// alike. The values lie where they are combined.
  std::string print() const;
};

/// A product alone, as a graph.
struct ProductKernel {
  std::string operation = "matmul"; ///< or "vecmat"
  std::string a, b, c;              ///< types: "tensor<4x8xf32>"
  std::string element = "f32";      ///< of c

  std::string print() const;
};

/// Compiles and times kernels, each once. Not for several threads at once.
class KernelCosts {
public:
  /// `context` has the dialects of all levels.
  explicit KernelCosts(mlir::MLIRContext *context) : context(context) {}

  /// The cost of the first launch of `module`. Errors: those of
  /// compileToProgram and timeLaunch.
  llvm::Expected<KernelCost> measure(llvm::StringRef module,
                                     const CompileOptions &options,
                                     llvm::ArrayRef<int32_t> parameters = {});
  llvm::Expected<KernelCost> measure(const ReductionKernel &kernel);

private:
  mlir::MLIRContext *context;
  struct Known {
    KernelCost cost;
    std::string problem; ///< the message of an error, if it is one
  };
  llvm::StringMap<Known> known;
};

} // namespace plmr

#endif // PLMR_PIPELINE_KERNELCOSTS_H
