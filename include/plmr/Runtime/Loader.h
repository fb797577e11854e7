//===- Loader.h - Weights from files to the cores -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program names where its weights lie. Here they are mapped, decoded slice
// by slice and scattered to the cores.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_RUNTIME_LOADER_H
#define PLMR_RUNTIME_LOADER_H

#include "plmr/Emulator/Emulator.h"
#include "llvm/Support/MemoryBuffer.h"

namespace plmr {

/// The data that a program's sources refer to. A file is mapped when it is
/// asked for, and stays so.
class DataFiles {
public:
  /// `program` outlives this.
  explicit DataFiles(const Program &program)
      : program(program), buffers(program.files.size()) {}

  /// The bytes of a source that is no computed table, in place. An error names
  /// the source, its file and what of the range the file lacks, or that the
  /// file is not the one of which the program holds a stamp.
  llvm::Expected<llvm::ArrayRef<uint8_t>> getBytes(const DataSource &source);

  /// Decodes `out.size()` elements of `source` from element `begin` on, which
  /// is the first of a block of its type.
  llvm::Error read(const DataSource &source, uint64_t begin,
                   llvm::MutableArrayRef<float> out);

private:
  llvm::Expected<llvm::StringRef> map(uint32_t file);

  const Program &program;
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> buffers;
};

/// Elements of a table of [rows x columns], row-major; `columns` is a multiple
/// of the table's pairs. Angles are computed in f64.
std::vector<float> computeRopeTable(const RopeTable &table, uint64_t rows,
                                    uint64_t columns);

/// Writes every tensor that has sources. Memory besides the cores' is that of
/// two decoded slices. A source whose size is not that of its slice is an
/// error.
llvm::Error loadWeights(Emulator &emulator, DataFiles &files);

/// Notes size and hash of every file that `program` refers to in its metadata
/// (docs/Binary.md, B10), so that another file of that name is recognized.
llvm::Error stampFiles(Program &program);

/// Copies what the sources of `program` refer to into its data section, once
/// each, so that it needs no other file.
llvm::Error packData(Program &program);

} // namespace plmr

#endif // PLMR_RUNTIME_LOADER_H
