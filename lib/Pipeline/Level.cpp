//===- Level.cpp - The levels of a compilation ----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "plmr/Dialect/Core/IR/Core.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Pipeline/Compiler.h"
#include "plmr/Support/Error.h"
#include "plmr/Target/Program/Program.h"

using namespace mlir;
using namespace plmr;

static constexpr StringLiteral names[] = {"graph", "mesh", "tile", "core"};

/// What the functions of a level work on.
static constexpr StringLiteral contents[] = {
    "functions on tensors", "functions on values of !plmr.placed",
    "functions on buffers", "a core.program"};

llvm::Expected<Level> plmr::parseLevel(StringRef flag, StringRef name) {
  const auto *known = llvm::find(names, name);
  if (known == std::end(names))
    return makeError("{0}: expected graph, mesh, tile or core but got '{1}'",
                     flag, name);
  return static_cast<Level>(known - std::begin(names));
}

/// The level that alone has values of `type`; none: all may have them.
static std::optional<Level> getLevel(Type type) {
  if (isa<mesh::PlacedType>(type))
    return Level::Mesh;
  if (isa<BaseMemRefType>(type))
    return Level::Tile;
  if (isa<TensorType>(type))
    return Level::Graph;
  return std::nullopt;
}

/// The level that alone has `op`, apart from operations inside it.
static std::optional<Level> getLevel(Operation *op) {
  if (isa_and_nonnull<core::CoreDialect>(op->getDialect()))
    return Level::Core;
  if (isa_and_nonnull<llm::LLMDialect>(op->getDialect()))
    return Level::Graph;
  if (isa<mesh::LocalOp>(op))
    return Level::Mesh;
  auto getFirst = [](TypeRange types) -> std::optional<Level> {
    for (Type type : types)
      if (std::optional<Level> level = getLevel(type))
        return level;
    return std::nullopt;
  };
  if (auto func = dyn_cast<func::FuncOp>(op))
    return getFirst(func.getArgumentTypes());
  std::optional<Level> level = getFirst(op->getResultTypes());
  return level ? level : getFirst(op->getOperandTypes());
}

llvm::Error plmr::verifyLevel(ModuleOp module, Level level) {
  Operation *other = nullptr;
  Level found = Level::Graph;
  bool isEmpty = true;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    std::optional<Level> own = getLevel(op);
    if (own && *own != level) {
      other = op;
      found = *own;
      return WalkResult::interrupt();
    }
    isEmpty &= !own && !isa<func::FuncOp>(op);
    // Tiles are tensors inside, and a program's operations are all its own.
    return isa<mesh::LocalOp, core::ProgramOp>(op) ? WalkResult::skip()
                                                   : WalkResult::advance();
  });
  auto describe = [](Level level) {
    auto index = static_cast<size_t>(level);
    return llvm::formatv("the {0} level ({1})", names[index], contents[index])
        .str();
  };
  if (other)
    return makeError("{0}: expected {1} but got '{2}' of {3}",
                     printLocation(other->getLoc()), describe(level),
                     other->getName().getStringRef(), describe(found));
  if (isEmpty)
    return makeError("{0}: expected {1} but got a module without functions",
                     printLocation(module.getLoc()), describe(level));
  if (level != Level::Graph && level != Level::Core &&
      !mesh::lookupMesh(module))
    return makeError("{0}: expected {1} but got no plmr.mesh",
                     printLocation(module.getLoc()), describe(level));
  return llvm::Error::success();
}
