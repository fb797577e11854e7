//===- Import.cpp - GGUF models as graph IR -------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Frontend/GGUFImport/Import.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "llvm/Support/FileSystem.h"
#include <cmath>

using namespace mlir;
using namespace plmr;

namespace {

class Importer {
public:
  Importer(const GGUFFile &file, const ModelDescription &model,
           MLIRContext *context, const GGUFImportOptions &options)
      : model(model), builder(UnknownLoc::get(context), context),
        f32(builder.getF32Type()) {
    llvm::SmallString<128> absolute;
    if (file.hasData()) {
      absolute = file.getPath();
      llvm::sys::fs::make_absolute(absolute);
    }
    path = builder.getStringAttr(absolute);
    positions = options.contextLength.value_or(model.contextLength);
    chunk = options.chunk;
    batch = options.batch;
    allLogits = options.allLogits;
    kvPlacement = options.kvPlacement;
    kvType = options.kvType == ElementType::F16 ? Type(builder.getF16Type())
                                                : Type(f32);
  }

  OwningOpRef<ModuleOp> import();

private:
  /// What the operations that follow are for; reports show it.
  void setRole(llvm::Twine role) {
    builder.setLoc(NameLoc::get(builder.getStringAttr(role)));
  }
  /// A vector for each sequence of the batch.
  RankedTensorType vectorsOf(int64_t extent) const {
    return RankedTensorType::get({batch, extent}, f32);
  }
  /// For each sequence of the batch a row for each position of the chunk.
  RankedTensorType rowsOf(int64_t extent) const {
    return RankedTensorType::get({batch, chunk, extent}, f32);
  }

  void declareWeight(TensorRole role);
  void declareState(StringRef name);
  Type getStoredType(TensorRole role) const;
  Value getParam(TensorRole role);
  Value buildNorm(TensorRole role, Value x);
  Value buildProduct(TensorRole role, Value x);
  Value buildRope(StringRef role, Value x, int64_t heads);
  Value buildAttention(Value x);
  Value buildFeedForward(Value x);
  Value buildBlock(Value x);
  Value buildBlocks(Value x);
  func::FuncOp startFunction(StringRef name, ArrayRef<Type> arguments,
                             ArrayRef<StringRef> names, Type result = {},
                             StringRef resultName = "");
  void finishFunction(Value rows);
  void buildDecode();
  void buildPrefill();
  void buildSettle();

  const ModelDescription &model;
  ImplicitLocOpBuilder builder;
  Type f32, kvType;
  StringAttr path;
  int64_t positions, chunk, batch;
  bool allLogits;
  KVPlacement kvPlacement;
  std::map<TensorRole, llm::WeightOp> weights;
  Value position;   ///< of the vector or of the first row
  Value begin, end; ///< rows that are new; null in decode
  Value settled;    ///< of a cache "concat" in decode, else null
  Value layer;      ///< of the block that is being built
};

} // namespace

static bool isPerBlock(TensorRole role) {
  return static_cast<unsigned>(role) >= numGlobalTensorRoles;
}

/// "blk.attn_q": the same for all blocks.
static std::string getRoleName(TensorRole role) {
  return (isPerBlock(role) ? "blk." : "") + stringify(role).str();
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

/// The type of a file if cores can compute with it and all blocks have it,
/// else f32. Vectors are f32: they are small, and so is what they scale.
Type Importer::getStoredType(TensorRole role) const {
  const GGUFTensor &first = model.getTensor(role);
  if (first.shape.size() == 1)
    return f32;
  for (unsigned block = 1; isPerBlock(role) && block < model.numBlocks; ++block)
    if (model.getTensor(role, block).type != first.type)
      return f32;
  if (first.type == GGUF_F16)
    return Float16Type::get(builder.getContext());
  if (first.type == GGUF_BF16)
    return BFloat16Type::get(builder.getContext());
  return f32;
}

void Importer::declareWeight(TensorRole role) {
  setRole(getRoleName(role));
  // A file holds y = W x as rows of outputs, [out x in]; the graph says x W.
  SmallVector<int64_t> shape(model.getTensor(role).shape.begin(),
                             model.getTensor(role).shape.end());
  SmallVector<Attribute> sources;
  for (unsigned block = 0; block != (isPerBlock(role) ? model.numBlocks : 1);
       ++block) {
    const GGUFTensor &tensor = model.getTensor(role, block);
    sources.push_back(llm::SourceAttr::get(builder.getContext(), tensor.name,
                                           static_cast<int64_t>(tensor.offset),
                                           getGGUFTypeName(tensor.type)));
  }
  auto type = RankedTensorType::get(shape, getStoredType(role));
  weights[role] = llm::WeightOp::create(builder, stringify(role), type,
                                        /*transposed=*/shape.size() == 2, path,
                                        builder.getArrayAttr(sources));
}

void Importer::declareState(StringRef name) {
  setRole(name);
  int64_t features = static_cast<int64_t>(model.numKVHeads) * model.headDim;
  bool isCyclic = kvPlacement == KVPlacement::Cyclic;
  llm::StateOp::create(
      builder, name,
      RankedTensorType::get({model.numBlocks, batch, positions, features},
                            kvType),
      isCyclic ? StringAttr() : builder.getStringAttr(stringify(kvPlacement)));
}

Value Importer::getParam(TensorRole role) {
  llm::WeightOp weight = weights.at(role);
  Value index = weight.getSources().size() > 1 ? layer : Value();
  return llm::ParamOp::create(builder, weight.getType(), weight.getSymName(),
                              index);
}

//===----------------------------------------------------------------------===//
// The graph
//===----------------------------------------------------------------------===//

Value Importer::buildNorm(TensorRole role, Value x) {
  setRole(getRoleName(role));
  return llm::RMSNormOp::create(builder, x, getParam(role),
                                APFloat(model.rmsEpsilon));
}

Value Importer::buildProduct(TensorRole role, Value x) {
  setRole(getRoleName(role));
  Value weight = getParam(role);
  auto rows = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape(rows.getShape().drop_back());
  shape.push_back(cast<RankedTensorType>(weight.getType()).getDimSize(1));
  Type type = RankedTensorType::get(shape, f32);
  Value zero = arith::ConstantOp::create(builder, builder.getF32FloatAttr(0));
  Value empty = tensor::EmptyOp::create(builder, shape, f32);
  Value filled = linalg::FillOp::create(builder, zero, empty).getResult(0);
  SmallVector<Value> inputs = {x, weight};
  if (rows.getRank() == 2)
    return linalg::MatmulOp::create(builder, TypeRange(type), inputs,
                                    ValueRange(filled))
        .getResult(0);
  // All sequences share the weight.
  SmallVector<AffineMap> maps =
      linalg::BatchMatmulOp::getDefaultIndexingMaps(builder.getContext());
  maps[1] = maps[1].dropResult(0);
  NamedAttribute indexing = builder.getNamedAttr(
      "indexing_maps", builder.getAffineMapArrayAttr(maps));
  return linalg::BatchMatmulOp::create(builder, TypeRange(type), inputs,
                                       ValueRange(filled), indexing)
      .getResult(0);
}

Value Importer::buildRope(StringRef role, Value x, int64_t heads) {
  setRole(role);
  auto kind = model.ropeKind == RopeKind::Adjacent ? llm::RopeKind::Adjacent
                                                   : llm::RopeKind::Half;
  return llm::RopeOp::create(builder, x, position, heads,
                             APFloat(model.ropeFreqBase), kind,
                             /*batch=*/true);
}

Value Importer::buildAttention(Value x) {
  Value normed = buildNorm(TensorRole::AttentionNorm, x);
  // Products of one vector stand together, so that their reductions can share
  // a message.
  Value q = buildProduct(TensorRole::Query, normed);
  Value k = buildProduct(TensorRole::Key, normed);
  Value v = buildProduct(TensorRole::Value, normed);
  q = buildRope("blk.rope_q", q, model.numHeads);
  k = buildRope("blk.rope_k", k, model.numKVHeads);
  setRole("blk.attention");
  float scale = 1 / std::sqrt(static_cast<float>(model.headDim));
  Value result = llm::AttentionOp::create(
      builder, q, k, v, "k", "v", layer, position, settled, begin, end,
      model.numHeads, model.numKVHeads, APFloat(scale));
  Value out = buildProduct(TensorRole::AttentionOut, result);
  setRole("blk.attn_residual");
  return arith::AddFOp::create(builder, x, out);
}

Value Importer::buildFeedForward(Value x) {
  Value normed = buildNorm(TensorRole::FeedForwardNorm, x);
  Value gate = buildProduct(TensorRole::Gate, normed);
  Value up = buildProduct(TensorRole::Up, normed);
  setRole("blk.ffn_act");
  auto type = cast<RankedTensorType>(gate.getType());
  Value one = arith::ConstantOp::create(
      builder, DenseElementsAttr::get(type, builder.getF32FloatAttr(1)));
  Value negated = arith::NegFOp::create(builder, gate);
  Value exponential = math::ExpOp::create(builder, negated);
  Value denominator = arith::AddFOp::create(builder, one, exponential);
  Value silu = arith::DivFOp::create(builder, gate, denominator);
  Value gated = arith::MulFOp::create(builder, silu, up);
  Value down = buildProduct(TensorRole::Down, gated);
  setRole("blk.ffn_residual");
  return arith::AddFOp::create(builder, x, down);
}

Value Importer::buildBlock(Value x) {
  return buildFeedForward(buildAttention(x));
}

Value Importer::buildBlocks(Value x) {
  setRole("blk");
  Value zero = arith::ConstantIndexOp::create(builder, builder.getLoc(), 0);
  if (model.numBlocks == 1) {
    layer = zero;
    return buildBlock(x);
  }
  Value one = arith::ConstantIndexOp::create(builder, builder.getLoc(), 1);
  Value end = arith::ConstantIndexOp::create(builder, builder.getLoc(),
                                             model.numBlocks);
  auto loop = scf::ForOp::create(builder, zero, end, one, ValueRange(x));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  layer = loop.getInductionVar();
  Value result = buildBlock(loop.getRegionIterArg(0));
  setRole("blk");
  scf::YieldOp::create(builder, ValueRange(result));
  return loop.getResult(0);
}

func::FuncOp Importer::startFunction(StringRef name, ArrayRef<Type> arguments,
                                     ArrayRef<StringRef> names, Type result,
                                     StringRef resultName) {
  setRole(name);
  SmallVector<Type> results;
  if (result)
    results.push_back(result);
  auto func = func::FuncOp::create(builder, name,
                                   builder.getFunctionType(arguments, results));
  for (auto [i, argument] : llvm::enumerate(names))
    func.setArgAttr(i, "plmr.name", builder.getStringAttr(argument));
  if (result)
    func.setResultAttr(0, "plmr.name", builder.getStringAttr(resultName));
  builder.setInsertionPointToStart(func.addEntryBlock());
  return func;
}

/// The logits of what the blocks made of vectors or of rows.
void Importer::finishFunction(Value rows) {
  Value normed = buildNorm(TensorRole::OutputNorm, rows);
  Value logits = buildProduct(TensorRole::Output, normed);
  func::ReturnOp::create(builder, logits);
}

void Importer::buildDecode() {
  OpBuilder::InsertionGuard guard(builder);
  Type index = builder.getIndexType();
  SmallVector<Type> arguments = {vectorsOf(model.embeddingLength), index};
  SmallVector<StringRef> names = {"x", "position"};
  if (kvPlacement == KVPlacement::Concat) {
    arguments.push_back(index);
    names.push_back("settled");
  }
  auto func = startFunction("decode", arguments, names,
                            vectorsOf(model.vocabSize), "logits");
  position = func.getArgument(1);
  settled = arguments.size() > 2 ? func.getArgument(2) : Value();
  finishFunction(buildBlocks(func.getArgument(0)));
  settled = {};
}

void Importer::buildSettle() {
  OpBuilder::InsertionGuard guard(builder);
  Type index = builder.getIndexType();
  auto func = startFunction("settle", {index, index}, {"from", "to"});
  Location loc = builder.getLoc();
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value blocks = arith::ConstantIndexOp::create(builder, loc, model.numBlocks);
  auto loop = scf::ForOp::create(builder, zero, blocks, one);
  func::ReturnOp::create(builder);
  builder.setInsertionPointToStart(loop.getBody());
  for (StringRef name : {"k", "v"})
    llm::SettleOp::create(builder, name, loop.getInductionVar(),
                          func.getArgument(0), func.getArgument(1));
}

void Importer::buildPrefill() {
  OpBuilder::InsertionGuard guard(builder);
  Type index = builder.getIndexType();
  Type vocab = allLogits ? rowsOf(model.vocabSize) : vectorsOf(model.vocabSize);
  auto func = startFunction(
      "prefill", {rowsOf(model.embeddingLength), index, index, index},
      {"prefill.x", "first", "begin", "end"}, vocab, "prefill.logits");
  position = func.getArgument(1);
  begin = func.getArgument(2);
  end = func.getArgument(3);
  Value rows = buildBlocks(func.getArgument(0));
  if (!allLogits) {
    setRole("last");
    Value one = arith::ConstantIndexOp::create(builder, builder.getLoc(), 1);
    Value last = arith::SubIOp::create(builder, end, one);
    auto attr = [&](int64_t number) -> OpFoldResult {
      return builder.getIndexAttr(number);
    };
    rows = tensor::ExtractSliceOp::create(
        builder, builder.getLoc(), vectorsOf(model.embeddingLength), rows,
        ArrayRef<OpFoldResult>{attr(0), last, attr(0)},
        ArrayRef<OpFoldResult>{attr(batch), attr(1),
                               attr(model.embeddingLength)},
        ArrayRef<OpFoldResult>{attr(1), attr(1), attr(1)});
  }
  finishFunction(rows);
  begin = end = {};
}

OwningOpRef<ModuleOp> Importer::import() {
  setRole(model.name.empty() ? model.architecture : model.name);
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, builder.getLoc());
  builder.setInsertionPointToEnd(module->getBody());
  // All but the embedding, whose rows the host looks up.
  for (unsigned role = 1; role != numTensorRoles; ++role)
    declareWeight(static_cast<TensorRole>(role));
  declareState("k");
  declareState("v");
  buildDecode();
  if (chunk)
    buildPrefill();
  if (chunk && kvPlacement != KVPlacement::Cyclic)
    buildSettle();
  return module;
}

llvm::Expected<OwningOpRef<ModuleOp>>
plmr::importGGUF(const GGUFFile &file, const ModelDescription &model,
                 MLIRContext *context, const GGUFImportOptions &options) {
  uint32_t positions = options.contextLength.value_or(model.contextLength);
  if (positions == 0 || positions > model.contextLength)
    return makeError("{0}: expected a context of 1 to {1} positions, the "
                     "model's, but got {2}",
                     file.getPath(), model.contextLength, positions);
  if (options.kvType != ElementType::F32 && options.kvType != ElementType::F16)
    return makeError("expected a cache of f32 or f16 but got {0}",
                     stringify(options.kvType));
  if (options.batch == 0)
    return makeError("expected a batch of at least 1 sequence but got 0");
  context
      ->loadDialect<arith::ArithDialect, func::FuncDialect,
                    linalg::LinalgDialect, math::MathDialect, scf::SCFDialect,
                    tensor::TensorDialect, llm::LLMDialect>();
  return Importer(file, model, context, options).import();
}
