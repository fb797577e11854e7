//===- RegisterTranslations.h - Translations of plmr -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_TRANSLATE_REGISTERTRANSLATIONS_H
#define PLMR_TOOLS_PLMR_TRANSLATE_REGISTERTRANSLATIONS_H

#include "plmr/Frontend/GGUFImport/Import.h"
#include "plmr/Target/Program/Program.h"

namespace plmr {

/// Registers every translation of the project.
inline void registerTranslations() {
  registerGGUFTranslations();
  registerProgramTranslations();
}

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_TRANSLATE_REGISTERTRANSLATIONS_H
