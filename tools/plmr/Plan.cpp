//===- Plan.cpp - How a model is compiled ---------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plan.h"
#include "plmr/Support/Error.h"
#include "plmr/Support/InputFile.h"
#include "llvm/ADT/StringExtras.h"

using namespace plmr;
using llvm::Error;

namespace {
/// A flag whose value is a text.
struct TextField {
  const char *key, *flag;
  std::optional<std::string> TargetOptions::*value;
};
} // namespace

static constexpr TextField textFields[] = {
    {"device", "--device", &TargetOptions::device},
    {"mesh", "--mesh", &TargetOptions::mesh},
    {"prefill_mesh", "--prefill-mesh", &TargetOptions::prefillMesh},
    {"decode_mesh", "--decode-mesh", &TargetOptions::decodeMesh},
    {"reduce", "--reduce", &TargetOptions::reduce},
    {"gemm", "--gemm", &TargetOptions::gemm},
    {"kv", "--kv", &TargetOptions::kv},
    {"kv_placement", "--kv-placement", &TargetOptions::kvPlacement}};

static constexpr const char *chunkKey = "chunk";
static constexpr const char *contextKey = "ctx_size";
/// What a plan says of itself; not read.
static constexpr const char *noteKey = "predicted";

Json plmr::describePlan(const TargetOptions &options) {
  Json plan;
  for (const TextField &field : textFields)
    if (const auto &value = options.*field.value)
      plan[field.key] = *value;
  if (options.noPrefill)
    plan[chunkKey] = 0;
  else if (options.chunk)
    plan[chunkKey] = *options.chunk;
  if (options.context)
    plan[contextKey] = *options.context;
  return plan;
}

/// A value in a message: a list or an object may be of any size.
static std::string describe(const Json &value) {
  return value.is_structured() ? value.type_name() : value.dump();
}

static Error applyText(const TextField &field, const Json &value,
                       TargetOptions &options) {
  if (!value.is_string())
    return makeError("expected a text as '{0}' but got {1}", field.key,
                     describe(value));
  std::string text = value.get<std::string>();
  std::optional<std::string> &own = options.*field.value;
  if (own && *own != text)
    return makeError("expected no {0} beside the plan, or its value '{1}', but "
                     "got '{2}'",
                     field.flag, text, *own);
  own = text;
  return Error::success();
}

/// Nothing if `value` is no whole number of `low` or more.
static llvm::Expected<uint32_t> getNumber(const char *key, const Json &value,
                                          uint32_t low) {
  if (value.is_number_unsigned() && value.get<uint64_t>() >= low &&
      value.get<uint64_t>() <= UINT32_MAX)
    return value.get<uint32_t>();
  return makeError("expected a whole number of {0} or more as '{1}' but got "
                   "{2}",
                   low, key, describe(value));
}

static Error applyNumber(const char *flag, uint32_t number,
                         std::optional<uint32_t> &own) {
  if (own && *own != number)
    return makeError("expected no {0} beside the plan, or its value {1}, but "
                     "got {2}",
                     flag, number, *own);
  own = number;
  return Error::success();
}

static Error applyChunk(const Json &value, TargetOptions &options) {
  llvm::Expected<uint32_t> chunk = getNumber(chunkKey, value, 0);
  if (!chunk)
    return chunk.takeError();
  if (*chunk && options.noPrefill)
    return makeError("expected no --no-prefill beside the plan, whose chunk is "
                     "{0}",
                     *chunk);
  if (*chunk)
    return applyNumber("--chunk", *chunk, options.chunk);
  if (options.chunk)
    return makeError("expected no --chunk beside the plan, which has no "
                     "prefill, but got {0}",
                     *options.chunk);
  options.noPrefill = true;
  return Error::success();
}

static Error applyField(const std::string &key, const Json &value,
                        TargetOptions &options) {
  for (const TextField &field : textFields)
    if (key == field.key)
      return applyText(field, value, options);
  if (key == chunkKey)
    return applyChunk(value, options);
  if (key == contextKey) {
    llvm::Expected<uint32_t> context = getNumber(contextKey, value, 1);
    return context ? applyNumber("--ctx-size", *context, options.context)
                   : context.takeError();
  }
  if (key == noteKey)
    return Error::success();
  std::vector<std::string> known = {chunkKey, contextKey, noteKey};
  for (const TextField &field : textFields)
    known.push_back(field.key);
  return makeError("expected one of the keys {0} but got '{1}'",
                   llvm::join(known, ", "), key);
}

Error plmr::applyPlan(TargetOptions &options) {
  if (!options.plan)
    return Error::success();
  auto fail = [&](Error error) {
    return makeError("plan {0}: {1}", *options.plan,
                     llvm::toString(std::move(error)));
  };
  auto buffer = mapFile(*options.plan);
  if (!buffer)
    return buffer.takeError();
  Json plan = Json::parse((*buffer)->getBuffer().begin(),
                          (*buffer)->getBuffer().end(), nullptr,
                          /*allow_exceptions=*/false);
  if (!plan.is_object())
    return fail(makeError("expected a JSON object"));
  for (const auto &item : plan.items())
    if (Error error = applyField(item.key(), item.value(), options))
      return fail(std::move(error));
  return Error::success();
}
