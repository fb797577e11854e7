//===- ImportTest.cpp - GGUF models as graph IR -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a file's types and sizes change in the graph; the graph itself is
// checked in test/Frontend/GGUFImport.
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUFImport/Import.h"
#include "GGUFBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "gtest/gtest.h"

using namespace plmr;
using namespace plmr::test;

namespace {

class Import : public testing::Test {
protected:
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
  import(const GGUFBuilder &builder, const GGUFImportOptions &options = {}) {
    GGUFFile file = llvm::cantFail(parse(builder));
    ModelDescription model = llvm::cantFail(readModel(file));
    return importGGUF(file, model, &context, options);
  }
  mlir::OwningOpRef<mlir::ModuleOp>
  importValid(const GGUFBuilder &builder,
              const GGUFImportOptions &options = {}) {
    auto module = llvm::cantFail(import(builder, options));
    EXPECT_TRUE(mlir::succeeded(mlir::verify(*module)));
    return module;
  }
  static std::string getType(mlir::ModuleOp module, llvm::StringRef name) {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (auto weight = module.lookupSymbol<llm::WeightOp>(name))
      os << weight.getType();
    if (auto state = module.lookupSymbol<llm::StateOp>(name))
      os << state.getType();
    return text;
  }

  mlir::MLIRContext context;
};

/// makeLlama with `blocks` blocks.
GGUFBuilder makeBlocks(uint32_t blocks, uint32_t type) {
  GGUFBuilder builder = makeLlama(type);
  builder.set("llama.block_count", blocks);
  std::vector<BuiltTensor> first;
  for (const BuiltTensor &tensor : builder.tensors)
    if (llvm::StringRef(tensor.name).starts_with("blk.0."))
      first.push_back(tensor);
  for (uint32_t block = 1; block != blocks; ++block)
    for (BuiltTensor tensor : first) {
      tensor.name.replace(4, 1, std::to_string(block));
      builder.tensors.push_back(tensor);
    }
  return builder;
}

TEST_F(Import, M2_TypesThatCoresHoldAreKept) {
  const std::pair<uint32_t, const char *> types[] = {
      {GGUF_F32, "tensor<32x64xf32>"},
      {GGUF_F16, "tensor<32x64xf16>"},
      {GGUF_BF16, "tensor<32x64xbf16>"},
      {GGUF_Q8_0, "tensor<32x64xf32>"},
      {GGUF_Q4_0, "tensor<32x64xf32>"}};
  for (auto [type, expected] : types) {
    auto module = importValid(makeLlama(type));
    EXPECT_EQ(getType(*module, "ffn_gate"), expected);
    EXPECT_EQ(getType(*module, "attn_norm"), "tensor<32xf32>");
    auto weight = module->lookupSymbol<llm::WeightOp>("ffn_gate");
    auto source = llvm::cast<llm::SourceAttr>(weight.getSources()[0]);
    EXPECT_EQ(source.getType(), getGGUFTypeName(type));
    EXPECT_TRUE(weight.getTransposed());
  }
}

TEST_F(Import, M2_BlocksOfSeveralTypesAreF32) {
  GGUFBuilder builder = makeBlocks(2, GGUF_F16);
  BuiltTensor &up = builder.getTensor("blk.1.ffn_up.weight");
  up.type = GGUF_BF16;
  auto module = importValid(builder);
  EXPECT_EQ(getType(*module, "ffn_up"), "tensor<32x64xf32>");
  EXPECT_EQ(getType(*module, "ffn_gate"), "tensor<32x64xf16>");
}

TEST_F(Import, M1_OffsetsAreThoseOfTheFile) {
  GGUFBuilder builder = makeBlocks(3, GGUF_F32);
  GGUFFile file = llvm::cantFail(parse(builder));
  auto module = importValid(builder);
  auto weight = module->lookupSymbol<llm::WeightOp>("attn_k");
  ASSERT_EQ(weight.getSources().size(), 3u);
  for (auto [i, attr] : llvm::enumerate(weight.getSources())) {
    auto source = llvm::cast<llm::SourceAttr>(attr);
    EXPECT_EQ(source.getName(), "blk." + std::to_string(i) + ".attn_k.weight");
    EXPECT_EQ(uint64_t(source.getOffset()),
              file.findTensor(source.getName())->offset);
  }
}

TEST_F(Import, M4_OneBlockHasNoLoop) {
  auto count = [](mlir::ModuleOp module) {
    unsigned loops = 0;
    module.walk([&](mlir::scf::ForOp) { ++loops; });
    return loops;
  };
  EXPECT_EQ(count(*importValid(makeBlocks(1, GGUF_F32))), 0u);
  EXPECT_EQ(count(*importValid(makeBlocks(2, GGUF_F32))), 1u);
}

TEST_F(Import, M3_CachesFollowTheOptions) {
  GGUFBuilder builder = makeBlocks(2, GGUF_F32);
  EXPECT_EQ(getType(*importValid(builder), "k"), "tensor<2x1x16x16xf32>");
  GGUFImportOptions options;
  options.kvType = ElementType::F16;
  options.contextLength = 5;
  EXPECT_EQ(getType(*importValid(builder, options), "v"),
            "tensor<2x1x5x16xf16>");
}

TEST_F(Import, M6_BatchComesFirst) {
  GGUFImportOptions options;
  options.batch = 3;
  EXPECT_EQ(getType(*importValid(makeBlocks(2, GGUF_F32), options), "k"),
            "tensor<2x3x16x16xf32>");
  options.batch = 0;
  EXPECT_EQ(getMessage(import(makeLlama(), options)),
            "expected a batch of at least 1 sequence but got 0");
}

TEST_F(Import, RefusesOtherContextsAndCaches) {
  GGUFImportOptions options;
  for (uint32_t length : {0u, 17u}) {
    options.contextLength = length;
    EXPECT_EQ(getMessage(import(makeLlama(), options)),
              "m.gguf: expected a context of 1 to 16 positions, the model's, "
              "but got " +
                  std::to_string(length));
  }
  options.contextLength.reset();
  options.kvType = ElementType::BF16;
  EXPECT_EQ(getMessage(import(makeLlama(), options)),
            "expected a cache of f32 or f16 but got bf16");
}

TEST_F(Import, M5_EveryOperationHasARole) {
  auto module = importValid(makeBlocks(2, GGUF_F32));
  module->walk<mlir::WalkOrder::PreOrder>([](mlir::Operation *op) {
    EXPECT_TRUE(llvm::isa<mlir::NameLoc>(op->getLoc()))
        << op->getName().getStringRef().str();
    // What a named operation computes inside is not ours.
    return llvm::isa<mlir::linalg::LinalgOp>(op) ? mlir::WalkResult::skip()
                                                 : mlir::WalkResult::advance();
  });
}

} // namespace
