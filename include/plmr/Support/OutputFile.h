//===- OutputFile.h - Files that appear when they are complete -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every file of the project is written by these classes (docs/CLI.md, C2).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_SUPPORT_OUTPUTFILE_H
#define PLMR_SUPPORT_OUTPUTFILE_H

#include "plmr/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace plmr {

/// A file that is written beside its name and takes it when it is kept;
/// otherwise it is removed and what had the name stays as it was. Symbolic
/// links are followed. What is no regular file, such as a device or a pipe, is
/// written in place. Errors are "cannot write 'PATH': ...".
class OutputFile {
public:
  /// An error if the file cannot be written: among others a directory and a
  /// file without permission to write.
  static llvm::Expected<OutputFile> create(llvm::StringRef path);
  OutputFile(OutputFile &&other) noexcept;
  OutputFile &operator=(OutputFile &&other) = delete;
  ~OutputFile();

  llvm::raw_ostream &os() { return *stream; }
  llvm::StringRef getPath() const { return path; }

  /// True if keeping this file would replace the file `other`, which need not
  /// exist.
  bool replaces(llvm::StringRef other) const;

  /// Ends writing: everything has reached the file, or an error.
  llvm::Error complete();
  /// Completes the file if need be, and gives it its name.
  llvm::Error keep();

private:
  OutputFile(llvm::StringRef path) : path(path) {}

  llvm::Error open();
  std::error_code openBeside(llvm::sys::fs::perms permissions);
  llvm::Error fail(llvm::StringRef reason) const;

  std::string path;      ///< as it was given
  std::string target;    ///< behind symbolic links
  std::string temporary; ///< empty: written in place, or kept
  std::unique_ptr<llvm::raw_fd_ostream> stream; ///< null: complete
};

/// The files that a command writes. They appear together.
class OutputFiles {
public:
  /// Opens the file that `flag` names. It lives as long as this. Two flags
  /// must not name the same regular file, nor that of standard output.
  llvm::Expected<OutputFile *> open(llvm::StringRef flag, llvm::StringRef path);
  /// The same where a path is given, else null.
  llvm::Expected<OutputFile *>
  openIfGiven(llvm::StringRef flag, const std::optional<std::string> &path);
  /// An error if a file that was opened is `path`, which the command reads.
  llvm::Error checkInput(llvm::StringRef path) const;
  llvm::Error checkInputs(llvm::ArrayRef<std::string> paths) const;
  /// Removes a file that is not to appear after all.
  void discard(const OutputFile *file);
  /// Completes all, then keeps all.
  llvm::Error keep();

private:
  struct Entry {
    std::string flag;
    OutputFile file;
  };
  std::vector<std::unique_ptr<Entry>> entries;
};

} // namespace plmr

#endif // PLMR_SUPPORT_OUTPUTFILE_H
