//===- Registration.cpp - All dialects, passes and pipelines of plmr ------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Pipeline/Registration.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "plmr/Conversion/Passes.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Dialect/LLM/Transforms/Passes.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Dialect/PLMR/Transforms/Passes.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Pipeline/Passes.h"

using namespace mlir;

void plmr::registerDialects(DialectRegistry &registry) {
  registry
      .insert<llm::LLMDialect, mesh::PLMRDialect, core::CoreDialect,
              arith::ArithDialect, bufferization::BufferizationDialect,
              func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
              memref::MemRefDialect, scf::SCFDialect, tensor::TensorDialect>();
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  bufferization::func_ext::registerBufferizableOpInterfaceExternalModels(
      registry);
  linalg::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerSubsetOpInterfaceExternalModels(registry);
  scf::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerSubsetOpInterfaceExternalModels(registry);
}

DialectRegistry plmr::getDialects() {
  DialectRegistry registry;
  registerDialects(registry);
  return registry;
}

namespace {
/// Options of the pipeline on the command line.
struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<std::string> device{*this, "device",
                             llvm::cl::desc("Profile, .json file or JSON text"),
                             llvm::cl::init("")};
  Option<std::string> mesh{*this, "mesh",
                           llvm::cl::desc("Columns x rows, for example 4x3")};
  Option<std::string> prefillMesh{
      *this, "prefill-mesh",
      llvm::cl::desc("Mesh of the function `prefill`; default: as mesh")};
  Option<std::string> decodeMesh{
      *this, "decode-mesh",
      llvm::cl::desc("Mesh of the other functions; default: as mesh")};
  Option<std::string> tree{
      *this, "tree",
      llvm::cl::desc("How to reduce: auto (default), chain, star, binary_tree, "
                     "two_phase, ktree:K, auto_gen or ring")};
  Option<std::string> gemm{
      *this, "gemm",
      llvm::cl::desc(
          "How products of matrices are formed: mesh_gemm (default), "
          "cannon, summa, summa_relay or allgather")};
  Option<plmr::Level> from{
      *this, "from", llvm::cl::desc("The level to compile from"),
      llvm::cl::init(plmr::Level::Graph),
      llvm::cl::values(clEnumValN(plmr::Level::Graph, "graph", "graph level"),
                       clEnumValN(plmr::Level::Mesh, "mesh", "mesh level"),
                       clEnumValN(plmr::Level::Tile, "tile",
                                  "tile level, with or without collectives"))};
  Option<plmr::Level> to{
      *this, "to", llvm::cl::desc("The level to compile to"),
      llvm::cl::init(plmr::Level::Core),
      llvm::cl::values(clEnumValN(plmr::Level::Mesh, "mesh", "mesh level"),
                       clEnumValN(plmr::Level::Tile, "tile", "tile level"),
                       clEnumValN(plmr::Level::Core, "core", "core level"))};
};
} // namespace

void plmr::registerPasses() {
  registerLLMTransformsPasses();
  registerConversionPasses();
  registerPLMRTransformsPasses();
  registerPipelinePasses();
  registerTransformsPasses();
  registerLinalgPasses();
  bufferization::registerBufferizationPasses();
  PassPipelineRegistration<PipelineOptions>(
      "plmr-compile", "Compile a graph to the cores of a mesh",
      [](OpPassManager &manager, const PipelineOptions &options) {
        CompileOptions compile;
        compile.device = options.device;
        compile.mesh = options.mesh;
        compile.prefillMesh = options.prefillMesh;
        compile.decodeMesh = options.decodeMesh;
        compile.tree = options.tree;
        compile.gemm = options.gemm;
        compile.from = options.from;
        compile.level = options.to;
        buildPipeline(manager, compile);
      });
}
