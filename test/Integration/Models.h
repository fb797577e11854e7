//===- Models.h - Models, references and sessions for tests -*- C++ -*- ---===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TEST_INTEGRATION_MODELS_H
#define PLMR_TEST_INTEGRATION_MODELS_H

#include "plmr/Frontend/GGUFImport/Import.h"
#include "plmr/Runtime/Session.h"

namespace plmr {

/// What a model is compared with.
struct Reference {
  std::string model; ///< path of the GGUF file
  /// The prompt and the greedy ids that llama.cpp recorded.
  std::vector<int32_t> prompt, generated;
  /// Logits in double precision, [positions x vocabulary]; may be empty.
  std::vector<double> logits;

  /// Prompt and generated ids.
  std::vector<int32_t> getIds() const;
  /// The largest difference of `logits` at `position`.
  double getDifference(size_t position, llvm::ArrayRef<float> logits) const;
};

/// The model that the project ships.
Reference getBundledModel();
Reference getBundledQuantisedModel();
/// A downloaded model; none where it is not present.
std::optional<Reference> getStories260K();

/// The model on a mesh of the device `lab`; with `decodeMesh` that is the mesh
/// of all launches but prefill.
llvm::Expected<std::unique_ptr<Session>>
compile(const std::string &path, const std::string &mesh,
        const SessionOptions &options = {},
        const GGUFImportOptions &import = {},
        const std::string &decodeMesh = "");

} // namespace plmr

#endif // PLMR_TEST_INTEGRATION_MODELS_H
