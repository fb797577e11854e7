//===- Binary.cpp - The .plmr file ----------------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/Binary.md is normative (B1 to B8).
//
//===----------------------------------------------------------------------===//

#include "Manifest.h"
#include "plmr/Support/OutputFile.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/MemoryBuffer.h"
#include <array>
#include <bit>
#include <cstring>

using namespace plmr;
namespace endian = llvm::support::endian;

static_assert(std::endian::native == std::endian::little,
              "instructions are written as they lie in memory");

constexpr llvm::StringLiteral magic = "PLMR";
constexpr uint32_t version = 1;
constexpr uint64_t pageBytes = 4096;

namespace {
enum SectionKind : uint32_t { Manifest = 1, Code = 2, Data = 3 };
constexpr unsigned numSections = 3;

/// Header: magic, version, count and 0; then a table of sections.
constexpr uint64_t entryBytes = 24;
constexpr uint64_t headerBytes = 16 + numSections * entryBytes;

struct Section {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};
using Sections = std::array<Section, numSections>;
} // namespace

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static Sections layOut(uint64_t manifest, uint64_t code, uint64_t data) {
  Sections sections = {{{0, manifest}, {0, code}, {0, data}}};
  uint64_t end = headerBytes;
  for (Section &section : sections) {
    section.offset = llvm::alignTo(end, pageBytes);
    end = section.offset + section.bytes;
  }
  return sections;
}

static void writeHeader(llvm::raw_ostream &os, const Sections &sections) {
  endian::Writer writer(os, llvm::endianness::little);
  os << magic;
  writer.write<uint32_t>(version);
  writer.write<uint32_t>(numSections);
  writer.write<uint32_t>(0);
  for (unsigned i = 0; i != numSections; ++i) {
    writer.write<uint32_t>(Manifest + i);
    writer.write<uint32_t>(0);
    writer.write<uint64_t>(sections[i].offset);
    writer.write<uint64_t>(sections[i].bytes);
  }
}

static uint64_t getCodeBytes(const Program &program) {
  uint64_t bytes = 0;
  for (const CoreClass &cls : program.classes)
    bytes += cls.code.size() * sizeof(Instruction);
  return bytes;
}

static void write(llvm::raw_ostream &os, const Program &program) {
  std::string manifest = packManifest(program);
  Sections sections =
      layOut(manifest.size(), getCodeBytes(program), program.data.size());
  uint64_t start = os.tell();
  auto padTo = [&](uint64_t offset) {
    os.write_zeros(offset - (os.tell() - start));
  };
  writeHeader(os, sections);
  padTo(sections[0].offset);
  os << manifest;
  padTo(sections[1].offset);
  for (const CoreClass &cls : program.classes)
    os.write(reinterpret_cast<const char *>(cls.code.data()),
             cls.code.size() * sizeof(Instruction));
  padTo(sections[2].offset);
  os.write(program.data.bytes().data(), program.data.size());
}

llvm::Expected<std::string> plmr::serializeProgram(const Program &program) {
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  if (llvm::Error error = writeProgram(program, os))
    return std::move(error);
  return bytes;
}

llvm::Error plmr::writeProgram(const Program &program, llvm::raw_ostream &os) {
  if (llvm::Error error = verifyProgram(program))
    return error;
  write(os, program);
  return llvm::Error::success();
}

llvm::Error plmr::writeProgram(const Program &program, llvm::StringRef path) {
  llvm::Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (llvm::Error error = writeProgram(program, file->os()))
    return error;
  return file->keep();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static llvm::Expected<Sections> readHeader(llvm::StringRef bytes,
                                           llvm::StringRef origin) {
  if (bytes.size() < headerBytes || !bytes.starts_with(magic))
    return makeError("{0}: not a plmr program", origin);
  auto read32 = [&](uint64_t at) {
    return endian::read32le(bytes.data() + at);
  };
  auto read64 = [&](uint64_t at) {
    return endian::read64le(bytes.data() + at);
  };
  if (read32(4) != version)
    return makeError("{0}: version {1}, version {2} is supported", origin,
                     read32(4), version);
  if (read32(8) != numSections || read32(12) != 0)
    return makeError("{0}: {1} sections, expected {2}", origin, read32(8),
                     numSections);
  Sections sections;
  uint64_t end = headerBytes;
  for (unsigned i = 0; i != numSections; ++i) {
    uint64_t entry = 16 + i * entryBytes;
    Section section = {read64(entry + 8), read64(entry + 16)};
    if (read32(entry) != Manifest + i || read32(entry + 4) != 0)
      return makeError("{0}: section {1} has kind {2}, expected {3}", origin, i,
                       read32(entry), Manifest + i);
    if (section.offset != llvm::alignTo(end, pageBytes) ||
        section.offset > bytes.size() ||
        section.bytes > bytes.size() - section.offset)
      return makeError("{0}: section {1} (bytes {2} and {3} more) does not fit "
                       "a file of {4} bytes",
                       origin, i, section.offset, section.bytes, bytes.size());
    end = section.offset + section.bytes;
    sections[i] = section;
  }
  if (end != bytes.size())
    return makeError("{0}: {1} bytes behind the last section", origin,
                     bytes.size() - end);
  return sections;
}

static llvm::Error readCode(llvm::StringRef code,
                            llvm::ArrayRef<uint32_t> instructions,
                            Program &program, llvm::StringRef origin) {
  uint64_t total = 0;
  for (uint32_t count : instructions)
    total += count;
  if (total * sizeof(Instruction) != code.size())
    return makeError("{0}: {1} bytes of code for {2} instructions", origin,
                     code.size(), total);
  for (size_t i = 0; i != instructions.size(); ++i) {
    program.classes[i].code.resize(instructions[i]);
    size_t bytes = instructions[i] * sizeof(Instruction);
    if (bytes != 0)
      std::memcpy(static_cast<void *>(program.classes[i].code.data()),
                  code.data(), bytes);
    code = code.drop_front(bytes);
  }
  return llvm::Error::success();
}

/// With an owner the data stays where it is.
static llvm::Expected<Program> read(llvm::StringRef bytes,
                                    llvm::StringRef origin,
                                    std::shared_ptr<const void> owner) {
  llvm::Expected<Sections> sections = readHeader(bytes, origin);
  if (!sections)
    return sections.takeError();
  auto slice = [&](unsigned i) {
    return bytes.substr((*sections)[i].offset, (*sections)[i].bytes);
  };
  std::vector<uint32_t> instructions;
  llvm::Expected<Program> program =
      unpackManifest(slice(0), origin, instructions);
  if (!program)
    return program.takeError();
  if (llvm::Error error = readCode(slice(1), instructions, *program, origin))
    return std::move(error);
  llvm::ArrayRef<char> data(slice(2).data(), slice(2).size());
  if (owner)
    program->data = DataSection(std::move(owner), data);
  else
    program->data.append(data);
  if (llvm::Error error = verifyProgram(*program))
    return makeError("{0}: {1}", origin, llvm::toString(std::move(error)));
  return program;
}

llvm::Expected<Program> plmr::deserializeProgram(llvm::StringRef bytes,
                                                 llvm::StringRef origin) {
  return read(bytes, origin, nullptr);
}

llvm::Expected<Program> plmr::readProgram(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("cannot read '{0}': {1}", path,
                     buffer.getError().message());
  std::shared_ptr<llvm::MemoryBuffer> owner = std::move(*buffer);
  return read(owner->getBuffer(), path, owner);
}
