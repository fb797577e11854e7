//===- OutputFileTest.cpp - Files that appear when they are complete ------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Support/OutputFile.h"
#include "plmr/Support/Printable.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

using namespace plmr;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

/// Tests in a folder of their own.
class CLI : public testing::Test {
protected:
  CLI() {
    llvm::SmallString<128> unique;
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("plmr-out", unique));
    folder = unique.str().str();
  }
  ~CLI() override { fs::remove_all(folder); }

  std::string at(const std::string &name) const { return folder / name; }

  static std::string read(const std::string &path) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : "nothing";
  }
  /// The error, or "".
  static std::string write(const std::string &path, const std::string &text) {
    llvm::Expected<OutputFile> file = OutputFile::create(path);
    if (!file)
      return llvm::toString(file.takeError());
    file->os() << text;
    return llvm::toString(file->keep());
  }
  size_t countFiles() const {
    return std::distance(fs::directory_iterator(folder), {});
  }

  fs::path folder;
};

TEST_F(CLI, C2_FilesAppearWhenTheyAreKept) {
  std::string path = at("100%%%%%%%.txt"); // no pattern for a unique name
  {
    llvm::Expected<OutputFile> file = OutputFile::create(path);
    ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
    file->os() << "half";
    EXPECT_FALSE(fs::exists(path));
  }
  EXPECT_EQ(countFiles(), 0u);
  EXPECT_EQ(write(path, "first"), "");
  {
    OutputFile file = llvm::cantFail(OutputFile::create(path));
    file.os() << "dropped";
  }
  EXPECT_EQ(read(path), "first");
  EXPECT_EQ(write(path, "second"), "");
  EXPECT_EQ(read(path), "second");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(CLI, C2_LinksAreFollowed) {
  fs::create_directory(folder / "there");
  fs::create_symlink("there/file", folder / "link");
  fs::create_symlink(folder / "link", folder / "indirect");
  EXPECT_EQ(write(at("indirect"), "dangling"), "");
  EXPECT_EQ(read(at("there/file")), "dangling");
  EXPECT_EQ(write(at("link"), "direct"), "");
  EXPECT_EQ(read(at("there/file")), "direct");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_TRUE(fs::is_symlink(folder / "indirect"));
}

TEST_F(CLI, C2_PermissionsAreKept) {
  ASSERT_EQ(write(at("file"), "old"), "");
  chmod(at("file").c_str(), 0660);
  EXPECT_EQ(write(at("file"), "new"), "");
  EXPECT_EQ(fs::status(at("file")).permissions(), fs::perms(0660));
  chmod(at("file").c_str(), 0444);
  EXPECT_EQ(write(at("file"), "newer"),
            "cannot write '" + at("file") + "': it is read-only");
  EXPECT_EQ(read(at("file")), "new");
  EXPECT_EQ(write(folder.string(), "x"),
            "cannot write '" + folder.string() + "': it is a directory");
  EXPECT_EQ(write(at("no/file"), "x"),
            "cannot write '" + at("no/file") + "': No such file or directory");
  EXPECT_EQ(write("", "x"), "cannot write '': expected the name of a file");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(CLI, C2_PipesAndDevicesAreWrittenInPlace) {
  ASSERT_EQ(mkfifo(at("pipe").c_str(), 0600), 0);
  int reader = open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(write(at("pipe"), "through"), "");
  char text[8] = {};
  EXPECT_EQ(::read(reader, text, 7), 7);
  EXPECT_STREQ(text, "through");
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));
  close(reader);

  // As /dev/null, and as /dev/full. A container may forbid either.
  bool isNode = !mknod(at("null").c_str(), S_IFCHR | 0666, makedev(1, 3)) &&
                !mknod(at("full").c_str(), S_IFCHR | 0666, makedev(1, 7));
  int probe = isNode ? open(at("full").c_str(), O_WRONLY) : -1;
  if (probe < 0)
    GTEST_SKIP() << "devices cannot be made here";
  close(probe);
  EXPECT_EQ(write(at("null"), "x"), "");
  EXPECT_EQ(write(at("full"), "x"),
            "cannot write '" + at("full") + "': No space left on device");
  EXPECT_TRUE(fs::is_character_file(folder / "null"));
  EXPECT_TRUE(fs::is_character_file(folder / "full"));
}

TEST_F(CLI, C2_OutputsDifferFromInputsAndFromEachOther) {
  ASSERT_EQ(write(at("in"), "in"), "");
  fs::create_symlink("in", folder / "soft");
  fs::create_hard_link(folder / "in", folder / "hard");
  for (const char *name : {"in", "soft", "hard"}) {
    OutputFiles files;
    llvm::cantFail(files.open("--a", at(name)).takeError());
    EXPECT_EQ(llvm::toString(files.checkInput(at("in"))),
              "--a: expected a file other than '" + at("in") +
                  "', which is read");
    EXPECT_EQ(llvm::toString(files.checkInput(at("other"))), "");
    EXPECT_EQ(llvm::toString(files.open("--b", at("hard")).takeError()),
              "--a and --b name the same file '" + at("hard") + "'");
  }
  // Files that are not there yet.
  fs::create_symlink("new", folder / "link");
  OutputFiles files;
  llvm::cantFail(files.open("--a", at("new")).takeError());
  for (const char *name : {"new", "./new", "link"})
    EXPECT_THAT(llvm::toString(files.open("--b", at(name)).takeError()),
                HasSubstr("--a and --b name the same file"));
  llvm::cantFail(files.open("--b", at("newer")).takeError());
  // What is written in place takes two.
  ASSERT_EQ(mkfifo(at("pipe").c_str(), 0600), 0);
  int reader = open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  llvm::cantFail(files.open("--c", at("pipe")).takeError());
  llvm::cantFail(files.open("--d", at("pipe")).takeError());
  close(reader);
}

TEST_F(CLI, C2_StandardOutputIsNoOutputFile) {
  int saved = dup(STDOUT_FILENO);
  int file = open(at("out").c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_GE(dup2(file, STDOUT_FILENO), 0);
  OutputFiles files;
  std::string message =
      llvm::toString(files.open("--a", at("out")).takeError());
  dup2(saved, STDOUT_FILENO);
  close(saved);
  close(file);
  EXPECT_EQ(message,
            "--a and standard output are the same file '" + at("out") + "'");
}

TEST_F(CLI, C2_AllFilesAppearOrNone) {
  auto previous = signal(SIGPIPE, SIG_IGN);
  ASSERT_EQ(mkfifo(at("pipe").c_str(), 0600), 0);
  int reader = open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  {
    OutputFiles files;
    for (const char *name : {"first", "pipe", "last"})
      llvm::cantFail(files.open("--a", at(name)))->os() << name;
    EXPECT_FALSE(fs::exists(at("first")));
    close(reader); // the second one cannot be completed
    EXPECT_EQ(llvm::toString(files.keep()),
              "cannot write '" + at("pipe") + "': Broken pipe");
  }
  signal(SIGPIPE, previous);
  EXPECT_EQ(countFiles(), 1u);

  OutputFiles files;
  for (const char *name : {"first", "last"})
    llvm::cantFail(files.open("--a", at(name)))->os() << name;
  EXPECT_EQ(llvm::toString(files.keep()), "");
  EXPECT_EQ(read(at("first")), "first");
  EXPECT_EQ(read(at("last")), "last");
}

TEST(Printable, MessagesAreOneLineOfText) {
  EXPECT_EQ(oneLine("a\x1b[31m\n\x7f\u00e9\\\""),
            "a\\1B[31m\\0A\\7F\u00e9\\\"");
  EXPECT_EQ(printable("\x1b\xff\"" + std::string(100, 'x')),
            "\\1B\\FF\\22" + std::string(61, 'x') + "...");
}

} // namespace
