//===- Compilation.h - From a file to a program -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_COMPILATION_H
#define PLMR_TOOLS_PLMR_COMPILATION_H

#include "Commands.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "plmr/Frontend/GGUFImport/Import.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Support/OutputFile.h"

namespace plmr {

/// Compiles one graph for one device, and finds a mesh for it.
class Compilation {
public:
  /// Reads the graph. `options.model` is a GGUF file or text IR.
  static llvm::Expected<std::unique_ptr<Compilation>>
  create(const TargetOptions &options);

  /// Takes the graph for IR of level `from`: an error if it is of another.
  llvm::Error beginAt(Level from);

  /// None for a graph.
  const std::optional<ModelInfo> &getModel() const { return model; }

  /// The program on the mesh that was asked for, or on the first of the
  /// candidate meshes on which it fits. With a GGUF file it has a model. Where
  /// no prefill fits and none was asked for, a line on standard error says so.
  llvm::Expected<Program> compile();
  /// The program as if cores had all the memory it needs, on the mesh that was
  /// asked for or on the whole device. It does not run: its machine is the
  /// device as it is.
  llvm::Expected<Program> compileWithoutLimit();
  /// The graph, lowered to `level`, for that mesh.
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> lower(Level level);
  /// What is chosen for that mesh, with the costs of all candidates.
  llvm::Expected<std::vector<Choice>> explain();
  const Machine &getMachine() const { return machine; }
  llvm::StringRef getDevice() const { return device; }
  /// None: to be found.
  std::optional<MeshShape> getMesh() const { return mesh; }
  /// Tokens that a launch takes; none: to be chosen; 0: no prefill.
  std::optional<uint32_t> getChunk() const { return chunk; }
  /// Bytes of weights and state, which all cores hold together. Replicas, code
  /// and buffers come on top, so this is a lower bound.
  uint64_t getResidentBytes() const;
  KernelCosts &getCosts() { return costs; }
  /// From here on `getReproducer` is that of the error that was reported last;
  /// it is empty if no pass failed (CompileOptions::reproducer).
  void recordReproducer() { isRecording = true; }
  llvm::StringRef getReproducer() const { return reproducer; }

  // With `slots` positions of a prefill on each row, or without one.
  /// The graph at the mesh level, whether a core holds it or not; bounds have
  /// chosen the algorithms.
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> lowerToMesh(MeshShape mesh,
                                                                uint32_t slots);
  llvm::Expected<Program> compileOn(MeshShape mesh, uint32_t slots) {
    return compileWith(mesh, {slots, getPositions()});
  }

  /// The largest context that fits on the mesh, or the two meshes, of the last
  /// program with caches placed by `placement`, be it beyond the model's; 0:
  /// none does. A GGUF file only.
  uint32_t findLargestContext(KVPlacement placement) {
    return findLargestContext(placement, *mesh);
  }

private:
  explicit Compilation(const TargetOptions &options);

  llvm::Error importModel(const TargetOptions &options);
  llvm::Error parseGraph(const TargetOptions &options);
  llvm::Error parseLaunchMeshes(const TargetOptions &options);
  CompileOptions getCompileOptions(llvm::StringRef profile, MeshShape mesh,
                                   bool hasPrefill, Level level);
  /// What of a model may be chosen to fit; none of it matters to a graph.
  struct Extents {
    uint32_t slots;     ///< positions of a prefill on each row; 0: no prefill
    uint32_t positions; ///< of the context, maybe beyond the model's
    std::optional<KVPlacement> placement = {}; ///< none: as was asked for
  };
  /// The graph for `mesh`.
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> buildGraph(MeshShape mesh,
                                                               Extents extents);
  llvm::Expected<Program> compileWith(MeshShape mesh, Extents extents);
  llvm::Expected<Program> compileWithoutLimit(MeshShape mesh, Extents extents);
  /// Compiles a graph and adds what the host needs.
  llvm::Expected<Program> finishProgram(mlir::ModuleOp module,
                                        const CompileOptions &options);
  bool fits(MeshShape mesh, Extents extents);
  /// With the chunk that was asked for, or with as many slots as fit, halved
  /// until they do, if any: else `onlyDecode`, which is compiled if it is not
  /// given.
  llvm::Expected<Program> compileToFit(MeshShape mesh,
                                       std::optional<Program> onlyDecode = {});
  /// Sets `mesh` to the first candidate that fits.
  llvm::Expected<Program> search();
  // With what would fit in the error.
  llvm::Expected<Program> compileOnMesh();
  llvm::Expected<Program> compileAnywhere();

  // Ends of the error that nothing fits: "; ... fits on a mesh of 4x4", or
  // empty.
  /// The largest chunk: `slots` fit, `failing` do not.
  std::string adviseChunk(MeshShape mesh, uint32_t slots, uint32_t failing);
  /// The largest context, with the chunk that was asked for, else without a
  /// prefill.
  std::string adviseContext(MeshShape mesh);
  /// What the whole device holds, where no mesh holds what was asked for.
  std::string adviseLess(Budget budget);
  /// The error of a mesh that was asked for, and what would fit instead.
  llvm::Error adviseMesh(const BudgetError &problem);

  /// Positions on each row of `mesh` for the chunk that was asked for.
  uint32_t getSlots(MeshShape mesh) const;
  /// Of the context.
  uint32_t getPositions() const { return model ? model->contextLength : 0; }
  std::vector<MeshShape> getCandidates() const;
  std::optional<uint64_t> measure(KVPlacement placement, MeshShape mesh,
                                  int64_t positions);
  uint32_t findLargestContext(KVPlacement placement, MeshShape mesh);
  llvm::Error addModel(Program &program) const;

  mlir::MLIRContext context;
  mutable KernelCosts costs{&context};    ///< known ones
  std::vector<Choice> *choices = nullptr; ///< where to record them, if at all
  bool isRecording = false;               ///< of `reproducer`
  std::string reproducer;                 ///< of the last compilation
  mlir::OwningOpRef<mlir::ModuleOp> graph;
  Level from = Level::Graph; ///< of `graph`
  std::string device;
  Machine machine;
  std::optional<MeshShape>
      mesh; ///< of prefill, if not of all; none: to be found
  std::optional<MeshShape> decodeMesh; ///< of the other launches, if it differs
  std::string reduce;                  ///< empty: the default tree
  std::string gemm;                    ///< of products of matrices, or auto
  std::optional<ModelInfo> model;
  std::optional<GGUFFile> file;
  ModelDescription description;
  GGUFImportOptions import;
  std::optional<uint32_t> chunk;        ///< none: to be chosen; 0: no prefill
  std::optional<uint32_t> slotsThatFit; ///< of the last program
  std::string whyNoPrefill;             ///< that program's, if it has none
  std::string modelFile;                ///< absolute
};

/// An error if no model is named, which says how it can be.
llvm::Error checkTarget(const TargetOptions &options,
                        llvm::StringRef alternative);

/// An error if one of `files` is among those that `options` name.
llvm::Error checkInputs(const OutputFiles &files, const TargetOptions &options);

/// True if the model that `options` name begins like a program.
llvm::Expected<bool> isProgram(const TargetOptions &options);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_COMPILATION_H
