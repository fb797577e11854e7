//===- OutputFile.cpp - Files that appear when they are complete ----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Support/OutputFile.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include <filesystem>
#include <unistd.h>

using namespace plmr;
namespace fs = llvm::sys::fs;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// What `path` leads to behind symbolic links; it need not exist.
static std::string followLinks(StringRef path) {
  std::filesystem::path target = path.str();
  std::error_code code;
  for (unsigned links = 0; links != 40; ++links) {
    std::filesystem::path next = std::filesystem::read_symlink(target, code);
    if (code)
      break;
    target = target.parent_path() / next;
  }
  return target.string();
}

/// True for two names of one file, or of one that could be made.
static bool isSame(StringRef one, StringRef other) {
  bool same = false;
  if (!fs::equivalent(one, other, same))
    return same;
  if (fs::exists(one) || fs::exists(other))
    return false;
  auto locate = [](StringRef path) {
    std::error_code code;
    return std::filesystem::weakly_canonical(
        std::filesystem::absolute(path.str(), code), code);
  };
  return locate(one) == locate(other);
}

/// In place of what has the name already, or of nothing. The reason why not.
static std::string findObstacle(const fs::file_status &status,
                                StringRef target) {
  if (fs::is_directory(status))
    return "it is a directory";
  // Whoever may write any file: permissions to write are there to be kept.
  if (fs::is_regular_file(status) &&
      !(status.permissions() & fs::perms::all_write))
    return "it is read-only";
  if (std::error_code code = fs::access(target, fs::AccessMode::Write))
    return code.message();
  return "";
}

//===----------------------------------------------------------------------===//
// OutputFile
//===----------------------------------------------------------------------===//

OutputFile::OutputFile(OutputFile &&other) noexcept
    : path(std::move(other.path)), target(std::move(other.target)),
      temporary(std::exchange(other.temporary, "")),
      stream(std::move(other.stream)) {}

OutputFile::~OutputFile() {
  // Closing writes what is left, which may fail, too.
  if (stream) {
    stream->close();
    stream->clear_error();
  }
  stream.reset();
  if (temporary.empty())
    return;
  fs::remove(temporary);
  llvm::sys::DontRemoveFileOnSignal(temporary);
}

Error OutputFile::fail(StringRef reason) const {
  return makeError("cannot write '{0}': {1}", path, reason);
}

Expected<OutputFile> OutputFile::create(StringRef path) {
  OutputFile file(path);
  if (Error error = file.open())
    return std::move(error);
  return file;
}

Error OutputFile::open() {
  if (path.empty())
    return fail("expected the name of a file");
  target = followLinks(path);
  auto permissions = static_cast<fs::perms>(fs::all_read | fs::owner_write);
  fs::file_status status;
  bool exists = !fs::status(target, status);
  if (exists) {
    std::string obstacle = findObstacle(status, target);
    if (!obstacle.empty())
      return fail(obstacle);
    permissions = status.permissions();
  }
  if (!exists || fs::is_regular_file(status)) {
    std::error_code code = openBeside(permissions);
    if (!code && exists)
      code = fs::setPermissions(temporary, permissions);
    return code ? fail(code.message()) : Error::success();
  }
  std::error_code code;
  stream = std::make_unique<llvm::raw_fd_ostream>(
      target, code, fs::CD_OpenExisting, fs::FA_Write, fs::OF_None);
  return code ? fail(code.message()) : Error::success();
}

/// A new file in the folder of `target`, for which a rename is one step.
std::error_code OutputFile::openBeside(fs::perms permissions) {
  StringRef folder = llvm::sys::path::parent_path(target);
  for (unsigned number = 0;; ++number) {
    llvm::SmallString<128> name(folder);
    llvm::sys::path::append(
        name, llvm::formatv(".plmr-{0}-{1}.tmp",
                            llvm::sys::Process::getProcessId(), number));
    int descriptor;
    std::error_code code = fs::openFileForWrite(
        name, descriptor, fs::CD_CreateNew, fs::OF_None, permissions);
    if (code == std::errc::file_exists)
      continue;
    if (code)
      return code;
    temporary = name.str();
    llvm::sys::RemoveFileOnSignal(temporary);
    stream = std::make_unique<llvm::raw_fd_ostream>(descriptor,
                                                    /*shouldClose=*/true);
    return {};
  }
}

bool OutputFile::replaces(StringRef other) const {
  return !temporary.empty() && isSame(target, followLinks(other));
}

Error OutputFile::complete() {
  if (!stream)
    return Error::success();
  stream->close();
  std::error_code code = stream->error();
  stream->clear_error();
  stream.reset();
  return code ? fail(code.message()) : Error::success();
}

Error OutputFile::keep() {
  if (Error error = complete())
    return error;
  if (temporary.empty())
    return Error::success();
  if (std::error_code code = fs::rename(temporary, target))
    return fail(code.message());
  llvm::sys::DontRemoveFileOnSignal(temporary);
  temporary.clear();
  return Error::success();
}

//===----------------------------------------------------------------------===//
// OutputFiles
//===----------------------------------------------------------------------===//

/// Standard output that was sent to a file would lose its name.
static bool isStandardOutput(StringRef path) {
  fs::file_status file, output;
  return !fs::status(path, file) && fs::is_regular_file(file) &&
         !fs::status(STDOUT_FILENO, output) && fs::equivalent(file, output);
}

Expected<OutputFile *> OutputFiles::open(StringRef flag, StringRef path) {
  if (isStandardOutput(path))
    return makeError("{0} and standard output are the same file '{1}'", flag,
                     path);
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  for (const auto &entry : entries)
    if (entry->file.replaces(path))
      return makeError("{0} and {1} name the same file '{2}'", entry->flag,
                       flag, path);
  entries.push_back(
      std::make_unique<Entry>(Entry{flag.str(), std::move(*file)}));
  return &entries.back()->file;
}

Expected<OutputFile *>
OutputFiles::openIfGiven(StringRef flag,
                         const std::optional<std::string> &path) {
  if (!path)
    return nullptr;
  return open(flag, *path);
}

Error OutputFiles::checkInput(StringRef path) const {
  for (const auto &entry : entries)
    if (entry->file.replaces(path))
      return makeError("{0}: expected a file other than '{1}', which is read",
                       entry->flag, path);
  return Error::success();
}

Error OutputFiles::checkInputs(llvm::ArrayRef<std::string> paths) const {
  for (const std::string &path : paths)
    if (Error error = checkInput(path))
      return error;
  return Error::success();
}

void OutputFiles::discard(const OutputFile *file) {
  llvm::erase_if(entries,
                 [&](const auto &entry) { return &entry->file == file; });
}

Error OutputFiles::keep() {
  for (const auto &entry : entries)
    if (Error error = entry->file.complete())
      return error;
  for (const auto &entry : entries)
    if (Error error = entry->file.keep())
      return error;
  return Error::success();
}
