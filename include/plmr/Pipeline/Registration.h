//===- Registration.h - All dialects, passes, pipelines --------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PIPELINE_REGISTRATION_H
#define PLMR_PIPELINE_REGISTRATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace plmr {

/// The dialects of every level, with the interfaces that the passes need.
void registerDialects(mlir::DialectRegistry &registry);
/// A registry of these only.
mlir::DialectRegistry getDialects();

/// The passes of plmr, the upstream passes that its pipelines use, and the
/// pipelines.
void registerPasses();

} // namespace plmr

#endif // PLMR_PIPELINE_REGISTRATION_H
