//===- Sources.cpp - Weights for interpreters -----------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sources.h"
#include "plmr/Dialect/LLM/IR/LLM.h"
#include "plmr/Frontend/GGUF/Types.h"

using namespace plmr;
using namespace plmr::interpreter;
using llvm::Error;
using llvm::Expected;

static constexpr uint32_t knownTypes[] = {GGUF_F32, GGUF_F16, GGUF_BF16,
                                          GGUF_Q8_0, GGUF_Q4_0};

/// [columns x rows] as [rows x columns].
static std::vector<float> transpose(const std::vector<float> &from,
                                    int64_t rows, int64_t columns) {
  std::vector<float> to(from.size());
  for (int64_t row = 0; row != rows; ++row)
    for (int64_t column = 0; column != columns; ++column)
      to[row * columns + column] = from[column * rows + row];
  return to;
}

Expected<std::vector<float>> Sources::read(mlir::Attribute attr,
                                           llvm::StringRef path,
                                           llvm::ArrayRef<int64_t> shape,
                                           bool transposed) {
  if (auto table = mlir::dyn_cast<llm::RopeTableAttr>(attr))
    return computeRopeTable({table.getSine(),
                             static_cast<uint32_t>(table.getStride()),
                             static_cast<uint32_t>(table.getPairs()),
                             table.getBase().getValueAsDouble()},
                            shape[0], shape[1]);
  auto stored = mlir::dyn_cast<llm::SourceAttr>(attr);
  if (!stored)
    return makeError("expected sources of the llm dialect");
  std::unique_ptr<File> &file = files[path];
  if (!file) {
    file = std::make_unique<File>();
    file->program.files.push_back(path.str());
    file->data = std::make_unique<DataFiles>(file->program);
  }
  uint64_t elements = 1;
  for (int64_t extent : shape)
    elements *= extent;
  DataSource source;
  source.name = stored.getName().str();
  source.offset = stored.getOffset();
  source.type = *llvm::find_if(knownTypes, [&](uint32_t type) {
    return getGGUFTypeName(type) == stored.getType();
  });
  source.bytes = getByteSize(source.type, elements).value_or(0);
  if (Error error = file->data->getBytes(source).takeError())
    return error;
  std::vector<float> values(elements);
  if (Error error = file->data->read(source, 0, values))
    return error;
  return transposed ? transpose(values, shape[0], shape[1]) : values;
}
