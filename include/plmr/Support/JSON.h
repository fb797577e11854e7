//===- JSON.h - JSON documents that people write -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_SUPPORT_JSON_H
#define PLMR_SUPPORT_JSON_H

#include "plmr/Support/Error.h"
#include <nlohmann/json.hpp>

namespace plmr {

/// The document that `text` holds. Errors name `origin`; one is a key that
/// occurs twice in an object.
llvm::Expected<nlohmann::ordered_json> parseJSON(llvm::StringRef text,
                                                 llvm::StringRef origin);

} // namespace plmr

#endif // PLMR_SUPPORT_JSON_H
