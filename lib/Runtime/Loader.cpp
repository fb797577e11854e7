//===- Loader.cpp - Weights from files to the cores -----------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Runtime/Loader.h"
#include "plmr/Frontend/GGUF/Types.h"
#include "plmr/Support/InputFile.h"
#include "plmr/Support/Printable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"
#include <cmath>
#include <cstring>
#include <numeric>

using namespace plmr;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;

using Shape = llvm::SmallVector<int64_t, 3>;

//===----------------------------------------------------------------------===//
// Stamps
//===----------------------------------------------------------------------===//

static std::string getStampKey(uint32_t file) {
  return "file." + std::to_string(file);
}

/// "N bytes, hash H" of a sample: blocks that are spread over the file.
static std::string getStamp(llvm::StringRef bytes) {
  constexpr uint64_t blockBytes = 4096, numBlocks = 256;
  std::string sample;
  if (bytes.size() <= blockBytes * numBlocks)
    sample = bytes;
  else
    for (uint64_t i = 0; i != numBlocks; ++i)
      sample += bytes.substr((bytes.size() - blockBytes) * i / (numBlocks - 1),
                             blockBytes);
  return llvm::formatv("{0} bytes, hash {1:x-16}", bytes.size(),
                       llvm::xxh3_64bits(sample));
}

Error plmr::stampFiles(Program &program) {
  for (auto [i, path] : llvm::enumerate(program.files)) {
    Expected<std::unique_ptr<llvm::MemoryBuffer>> file = mapFile(path);
    if (!file)
      return file.takeError();
    program.metadata[getStampKey(i)] = getStamp((*file)->getBuffer());
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// DataFiles
//===----------------------------------------------------------------------===//

/// The contents of a file, which is the one that was stamped, if any was.
Expected<llvm::StringRef> DataFiles::map(uint32_t file) {
  std::unique_ptr<llvm::MemoryBuffer> &buffer = buffers[file];
  if (buffer)
    return buffer->getBuffer();
  const std::string &path = program.files[file];
  Expected<std::unique_ptr<llvm::MemoryBuffer>> mapped = mapFile(path);
  if (!mapped)
    return mapped.takeError();
  auto known = program.metadata.find(getStampKey(file));
  if (known != program.metadata.end()) {
    std::string stamp = getStamp((*mapped)->getBuffer());
    if (stamp != known->second)
      return makeError("{0}: the file has changed since the program was "
                       "compiled: expected {1} but got {2}",
                       path, printable(known->second), stamp);
  }
  buffer = std::move(*mapped);
  return buffer->getBuffer();
}

Expected<ArrayRef<uint8_t>> DataFiles::getBytes(const DataSource &source) {
  std::string name = printable(source.name);
  if (source.table)
    return makeError("source '{0}': expected data but got a computed table",
                     name);
  if (source.file == noData)
    return makeError("source '{0}': expected data but the model has a shape "
                     "only: it can be compiled and timed (plmr run --dry-run) "
                     "but not run",
                     name);
  llvm::StringRef bytes(program.data.bytes().data(), program.data.size());
  std::string owner = "the program";
  if (source.file != inlineData) {
    owner = "'" + program.files[source.file] + "'";
    if (Error error = map(source.file).moveInto(bytes))
      return makeError("source '{0}': {1}", name,
                       llvm::toString(std::move(error)));
  }
  if (source.offset > bytes.size() ||
      source.bytes > bytes.size() - source.offset)
    return makeError("source '{0}': expected {1} bytes at offset {2} of {3}, "
                     "which has {4}",
                     name, source.bytes, source.offset, owner, bytes.size());
  return llvm::arrayRefFromStringRef(bytes.substr(source.offset, source.bytes));
}

Error DataFiles::read(const DataSource &source, uint64_t begin,
                      llvm::MutableArrayRef<float> out) {
  Expected<ArrayRef<uint8_t>> bytes = getBytes(source);
  if (!bytes)
    return bytes.takeError();
  std::optional<uint64_t> first = getByteSize(source.type, begin);
  std::optional<uint64_t> size = getByteSize(source.type, out.size());
  if (!first || !size || *first > bytes->size() ||
      *size > bytes->size() - *first)
    return makeError("source '{0}': expected elements {1} to {2} of type {3} "
                     "in {4} bytes",
                     printable(source.name), begin, begin + out.size(),
                     getGGUFTypeName(source.type), bytes->size());
  return dequantize(source.type, bytes->slice(*first, *size), out);
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

std::vector<float> plmr::computeRopeTable(const RopeTable &table, uint64_t rows,
                                          uint64_t columns) {
  std::vector<float> values(rows * columns);
  for (uint64_t column = 0; column != columns; ++column) {
    double frequency =
        std::pow(table.base, -static_cast<double>(column % table.pairs) /
                                 static_cast<double>(table.pairs));
    for (uint64_t row = 0; row != rows; ++row) {
      double angle = static_cast<double>(row) *
                     static_cast<double>(table.stride) * frequency;
      values[row * columns + column] =
          static_cast<float>(table.sine ? std::sin(angle) : std::cos(angle));
    }
  }
  return values;
}

static uint64_t getNumElements(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), uint64_t(1),
                         [](uint64_t product, int64_t extent) {
                           return product * static_cast<uint64_t>(extent);
                         });
}

/// From the order of the file, whose dimension j is the slice's `order[j]`, to
/// row-major.
static std::vector<float> permute(std::vector<float> from,
                                  ArrayRef<int64_t> shape,
                                  ArrayRef<unsigned> order) {
  if (llvm::is_sorted(order))
    return from;
  Shape strides(shape.size(), 1); // of the slice
  for (size_t dim = shape.size() - 1; dim != 0; --dim)
    strides[dim - 1] = strides[dim] * shape[dim];
  std::vector<float> to(from.size());
  Shape index(shape.size(), 0); // in the file
  int64_t inner = shape[order.back()], step = strides[order.back()];
  for (size_t begin = 0; begin < from.size(); begin += inner) {
    int64_t at = 0;
    for (size_t j = 0; j != order.size(); ++j)
      at += index[j] * strides[order[j]];
    for (int64_t i = 0; i != inner; ++i)
      to[at + i * step] = from[begin + i];
    for (size_t j = order.size() - 1; j-- != 0;) {
      if (++index[j] != shape[order[j]])
        break;
      index[j] = 0;
    }
  }
  return to;
}

/// The values of one source for a slice of `shape`, row-major.
static Expected<std::vector<float>> readSlice(const DataSource &source,
                                              ArrayRef<int64_t> shape,
                                              ArrayRef<unsigned> order,
                                              DataFiles &files) {
  if (source.table) {
    if (shape.size() != 2 || source.table->pairs == 0 ||
        shape[1] % source.table->pairs != 0)
      return makeError("expected a table of rows of whole {0} pairs",
                       source.table->pairs);
    return computeRopeTable(*source.table, shape[0], shape[1]);
  }
  uint64_t elements = getNumElements(shape);
  std::optional<uint64_t> bytes = getByteSize(source.type, elements);
  if (bytes != source.bytes)
    return makeError("source '{0}': expected {1} elements of type {2} but got "
                     "{3} bytes",
                     printable(source.name), elements,
                     getGGUFTypeName(source.type), source.bytes);
  // A range that its file lacks must not cost memory.
  if (Error error = files.getBytes(source).takeError())
    return error;
  std::vector<float> values(elements);
  if (Error error = files.read(source, 0, values))
    return error;
  return permute(std::move(values), shape, order);
}

static Error loadTensor(Emulator &emulator, const Tensor &tensor,
                        DataFiles &files) {
  Shape shape = tensor.placement.getShape();
  if (tensor.stacked)
    shape.erase(shape.begin());
  for (auto [slice, source] : llvm::enumerate(tensor.sources)) {
    Expected<std::vector<float>> values =
        readSlice(source, shape, tensor.sourceOrder, files);
    if (!values)
      return values.takeError();
    if (Error error = tensor.stacked
                          ? emulator.writeSlice(
                                tensor, static_cast<int64_t>(slice), *values)
                          : emulator.writeTensor(tensor, *values))
      return error;
  }
  return Error::success();
}

Error plmr::loadWeights(Emulator &emulator, DataFiles &files) {
  for (const Tensor &tensor : emulator.getProgram().tensors)
    if (Error error = loadTensor(emulator, tensor, files))
      return makeError("tensor '{0}': {1}", printable(tensor.name),
                       llvm::toString(std::move(error)));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

/// File, offset and bytes of a source.
using Range = std::tuple<uint32_t, uint64_t, uint64_t>;

static Range getRange(const DataSource &source) {
  return {source.file, source.offset, source.bytes};
}

namespace {
/// Lays sources out in one section. Equal ranges of a file share one place.
class Packer {
public:
  explicit Packer(Program &program) : program(program), files(program) {}

  Error pack();

private:
  static constexpr uint64_t alignment = 64;

  void forEachSource(llvm::function_ref<void(DataSource &)> fn);
  Error layOut();

  Program &program;
  DataFiles files;
  std::map<Range, uint64_t> places;
  uint64_t size = 0;
};
} // namespace

void Packer::forEachSource(llvm::function_ref<void(DataSource &)> fn) {
  for (Tensor &tensor : program.tensors)
    for (DataSource &source : tensor.sources)
      if (!source.table && source.file != noData)
        fn(source);
  if (program.model && program.model->embedding.file != noData)
    fn(program.model->embedding);
}

Error Packer::layOut() {
  Error failure = Error::success();
  forEachSource([&](DataSource &source) {
    if (failure)
      return;
    failure = files.getBytes(source).takeError();
    auto [place, inserted] = places.try_emplace(getRange(source), size);
    if (inserted)
      size = llvm::alignTo(size + source.bytes, alignment);
  });
  return failure;
}

Error Packer::pack() {
  if (Error error = layOut())
    return error;
  auto packed = std::make_shared<std::vector<char>>(size);
  for (const auto &[range, place] : places) {
    DataSource source;
    std::tie(source.file, source.offset, source.bytes) = range;
    ArrayRef<uint8_t> bytes = llvm::cantFail(files.getBytes(source));
    std::memcpy(packed->data() + place, bytes.data(), bytes.size());
  }
  forEachSource([&](DataSource &source) {
    source.offset = places.at(getRange(source));
    source.file = inlineData;
  });
  for (uint32_t file = 0; file != program.files.size(); ++file)
    program.metadata.erase(getStampKey(file));
  program.files.clear();
  program.data = DataSection(packed, *packed);
  return Error::success();
}

Error plmr::packData(Program &program) { return Packer(program).pack(); }
