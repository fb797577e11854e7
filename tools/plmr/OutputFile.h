//===- OutputFile.h - Files that appear when they are complete -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_TOOLS_PLMR_OUTPUTFILE_H
#define PLMR_TOOLS_PLMR_OUTPUTFILE_H

#include "plmr/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>

namespace plmr {

/// A file beside `path` that takes its name when it is kept, and is removed
/// otherwise.
class OutputFile {
public:
  static llvm::Expected<OutputFile> create(llvm::StringRef path) {
    auto file = llvm::sys::fs::TempFile::create(path + ".%%%%%%.tmp",
                                                llvm::sys::fs::all_read |
                                                    llvm::sys::fs::owner_write);
    if (!file)
      return makeError("cannot write '{0}': {1}", path,
                       llvm::toString(file.takeError()));
    return OutputFile(path, std::move(*file));
  }
  OutputFile(OutputFile &&other) = default;
  ~OutputFile() {
    if (!stream)
      return;
    stream->clear_error();
    stream.reset();
    llvm::consumeError(file->discard());
  }

  llvm::raw_ostream &os() { return *stream; }

  llvm::Error keep() {
    stream->flush();
    std::error_code code = stream->error();
    stream->clear_error();
    stream.reset();
    llvm::Error error =
        code ? llvm::joinErrors(llvm::errorCodeToError(code), file->discard())
             : file->keep(path);
    if (!error)
      return llvm::Error::success();
    return makeError("cannot write '{0}': {1}", path,
                     llvm::toString(std::move(error)));
  }

private:
  OutputFile(llvm::StringRef path, llvm::sys::fs::TempFile temporary)
      : path(path),
        file(std::make_unique<llvm::sys::fs::TempFile>(std::move(temporary))),
        stream(std::make_unique<llvm::raw_fd_ostream>(file->FD,
                                                      /*shouldClose=*/false)) {}

  std::string path;
  std::unique_ptr<llvm::sys::fs::TempFile> file;
  std::unique_ptr<llvm::raw_fd_ostream> stream;
};

/// Writes `text` to a file, or to standard output if `path` is empty.
llvm::Error writeText(llvm::StringRef text, llvm::StringRef path);

} // namespace plmr

#endif // PLMR_TOOLS_PLMR_OUTPUTFILE_H
