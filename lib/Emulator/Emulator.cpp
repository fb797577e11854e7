//===- Emulator.cpp - The values that a program computes ------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Emulator/Emulator.h"
#include "Execution.h"
#include "plmr/Program/Float.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>

using namespace plmr;

struct Emulator::Impl {
  std::shared_ptr<const Program> program;
  Memory memory;
  std::optional<Shadow> shadow; ///< in Check mode
  std::vector<std::unique_ptr<MessageFabric>>
      fabrics; ///< per route table, lazily

  uint32_t getNumCores() const { return program->mesh.getNumCores(); }
  char *getTile(const Tensor &tensor, uint32_t core) const {
    return memory.core(core) + program->objects[tensor.object].address;
  }
  void define(const Tensor &tensor, uint32_t core, uint64_t offset,
              uint64_t bytes) {
    if (shadow)
      shadow->define(core, program->objects[tensor.object].address + offset,
                     bytes);
  }
  void scatter(const Tensor &tensor, const Placement &placement,
               uint64_t offset, llvm::ArrayRef<float> values);
  llvm::Error gather(const Tensor &tensor, unsigned x, unsigned y,
                     std::vector<float> &values,
                     std::vector<bool> &written) const;
};

Emulator::Emulator(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
Emulator::~Emulator() = default;

const Program &Emulator::getProgram() const { return *impl->program; }

llvm::Expected<std::unique_ptr<Emulator>>
Emulator::create(std::shared_ptr<const Program> program, EmulatorMode mode) {
  if (llvm::Error error = verifyProgram(*program))
    return std::move(error);
  auto impl = std::make_unique<Impl>();
  impl->program = program;
  impl->fabrics.resize(std::max<size_t>(1, program->routeTables.size()));
  uint64_t bytes = getSramHighWater(*program);
  llvm::Expected<Memory> memory = Memory::create(impl->getNumCores(), bytes);
  if (!memory)
    return memory.takeError();
  impl->memory = std::move(*memory);
  if (mode == EmulatorMode::Check) {
    llvm::Expected<Shadow> shadow = Shadow::create(impl->getNumCores(), bytes);
    if (!shadow)
      return shadow.takeError();
    impl->shadow = std::move(*shadow);
    // State starts as zeros (I60).
    for (const Object &object : program->objects)
      if (object.kind == Object::Kind::State)
        for (uint32_t core = 0; core != impl->getNumCores(); ++core)
          impl->shadow->define(core, object.address, object.bytes);
  }
  return std::unique_ptr<Emulator>(new Emulator(std::move(impl)));
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static void storeElement(char *address, ElementType type, float value) {
  if (type == ElementType::F16 || type == ElementType::BF16) {
    uint16_t bits =
        type == ElementType::F16 ? narrowF16(value) : narrowBF16(value);
    std::memcpy(address, &bits, sizeof(bits));
    return;
  }
  uint32_t bits = toBits(value);
  if (type == ElementType::I32)
    bits = static_cast<uint32_t>(static_cast<int32_t>(value));
  std::memcpy(address, &bits, sizeof(bits));
}

static float loadElement(const char *address, ElementType type) {
  uint32_t bits = 0;
  std::memcpy(&bits, address, getByteWidth(type));
  switch (type) {
  case ElementType::F32:
    return fromBits(bits);
  case ElementType::F16:
    return widenF16(static_cast<uint16_t>(bits));
  case ElementType::BF16:
    return widenBF16(static_cast<uint16_t>(bits));
  case ElementType::I32:
    return static_cast<float>(static_cast<int32_t>(bits));
  }
  return 0;
}

static float getPad(const Tensor &tensor) {
  return tensor.placement.pad == PadValue::NegInf &&
                 tensor.type != ElementType::I32
             ? -INFINITY
             : 0.0f;
}

/// Writes the tiles of `placement`, `offset` bytes behind the tensor's begin.
void Emulator::Impl::scatter(const Tensor &tensor, const Placement &placement,
                             uint64_t offset, llvm::ArrayRef<float> values) {
  int64_t width = getByteWidth(tensor.type);
  MeshShape mesh = program->getMesh(tensor);
  uint64_t bytes = placement.getTileElements(mesh) * width;
  float pad = getPad(tensor);
  bool skewed = false; // a skewed tile depends on both coordinates
  for (const DimSplit &split : placement.dims)
    skewed |= split.order == BlockOrder::Skewed;
  bool sameAlongX = !skewed && placement.isReplicatedAlong(Axis::X);
  bool sameAlongY = !skewed && placement.isReplicatedAlong(Axis::Y);
  for (uint32_t i = 0; i != mesh.getNumCores(); ++i) {
    unsigned x = i % mesh.columns, y = i / mesh.columns;
    uint32_t core = program->mesh.getIndex(x, y);
    char *tile = getTile(tensor, core) + offset;
    unsigned firstX = sameAlongX ? 0 : x, firstY = sameAlongY ? 0 : y;
    if (uint32_t first = program->mesh.getIndex(firstX, firstY); first != core)
      std::memcpy(tile, getTile(tensor, first) + offset, bytes);
    else
      placement.forEachRun(
          mesh, x, y,
          [&](int64_t at, int64_t global, int64_t stride, int64_t count) {
            for (int64_t i = 0; i != count; ++i)
              storeElement(tile + (at + i) * width, tensor.type,
                           global < 0 ? pad : values[global + i * stride]);
          });
    define(tensor, core, offset, bytes);
  }
}

/// Checks the range of values for i32 and their number.
static llvm::Error checkValues(const Tensor &tensor, int64_t expected,
                               llvm::ArrayRef<float> values) {
  if (static_cast<int64_t>(values.size()) != expected)
    return makeError("tensor '{0}': {1} values given, {2} expected",
                     tensor.name, values.size(), expected);
  if (tensor.type != ElementType::I32)
    return llvm::Error::success();
  for (float value : values)
    if (!(value >= -0x1p31f && value < 0x1p31f) || value != std::trunc(value))
      return makeError("tensor '{0}': {1} is no 32-bit integer", tensor.name,
                       value);
  return llvm::Error::success();
}

static int64_t getNumElements(const Placement &placement) {
  int64_t elements = 1;
  for (int64_t extent : placement.getShape())
    elements *= extent;
  return elements;
}

llvm::Error Emulator::writeTensor(const Tensor &tensor,
                                  llvm::ArrayRef<float> values) {
  if (llvm::Error error =
          checkValues(tensor, getNumElements(tensor.placement), values))
    return error;
  impl->scatter(tensor, tensor.placement, 0, values);
  return llvm::Error::success();
}

llvm::Error Emulator::writeSlice(const Tensor &tensor, int64_t slice,
                                 llvm::ArrayRef<float> values) {
  const Placement &whole = tensor.placement;
  if (whole.dims.empty() || whole.dims[0].kind != DimSplit::Kind::Whole ||
      (!whole.order.empty() && whole.order[0] != 0))
    return makeError(
        "tensor '{0}': slices need dimension 0 whole and outermost",
        tensor.name);
  int64_t slices = whole.dims[0].getExtent();
  if (slice < 0 || slice >= slices)
    return makeError("tensor '{0}': slice {1} of {2}", tensor.name, slice,
                     slices);
  Placement placement;
  placement.dims.assign(whole.dims.begin() + 1, whole.dims.end());
  for (unsigned dim :
       llvm::ArrayRef(whole.order).drop_front(!whole.order.empty()))
    placement.order.push_back(dim - 1);
  placement.pad = whole.pad;
  if (llvm::Error error =
          checkValues(tensor, getNumElements(placement), values))
    return error;
  uint64_t bytes = placement.getTileElements(impl->program->getMesh(tensor)) *
                   getByteWidth(tensor.type);
  impl->scatter(tensor, placement, slice * bytes, values);
  return llvm::Error::success();
}

/// Adds one core's tile; in Check mode its elements must be defined and equal
/// those of other holders.
llvm::Error Emulator::Impl::gather(const Tensor &tensor, unsigned x, unsigned y,
                                   std::vector<float> &values,
                                   std::vector<bool> &written) const {
  MeshShape mesh = program->getMesh(tensor);
  uint32_t core = program->mesh.getIndex(x, y);
  int64_t width = getByteWidth(tensor.type);
  const char *tile = getTile(tensor, core);
  uint32_t address = program->objects[tensor.object].address;
  std::string message;
  tensor.placement.forEachElement(mesh, x, y, [&](int64_t at, int64_t global) {
    if (global < 0 || !message.empty())
      return;
    float value = loadElement(tile + at * width, tensor.type);
    if (shadow && !shadow->isDefined(core, address + at * width, width))
      message = "is undefined";
    else if (shadow && written[global] &&
             toBits(values[global]) != toBits(value))
      llvm::raw_string_ostream(message) << llvm::format(
          "is %.9g where another replica holds %.9g", value, values[global]);
    if (!message.empty())
      message = llvm::formatv("element {0} {1}", global, message);
    values[global] = value;
    written[global] = true;
  });
  if (message.empty())
    return llvm::Error::success();
  return makeError("tensor '{0}', core ({1}, {2}): {3}", tensor.name, x, y,
                   message);
}

llvm::Expected<std::vector<float>>
Emulator::readTensor(const Tensor &tensor) const {
  std::vector<float> values(getNumElements(tensor.placement));
  std::vector<bool> written(values.size());
  MeshShape mesh = impl->program->getMesh(tensor);
  // One holder is enough unless replicas are compared.
  bool all = impl->shadow.has_value();
  for (const DimSplit &split : tensor.placement.dims)
    all |= split.order == BlockOrder::Skewed;
  bool sameAlongX = !all && tensor.placement.isReplicatedAlong(Axis::X);
  bool sameAlongY = !all && tensor.placement.isReplicatedAlong(Axis::Y);
  for (unsigned y = 0; y != (sameAlongY ? 1 : mesh.rows); ++y)
    for (unsigned x = 0; x != (sameAlongX ? 1 : mesh.columns); ++x)
      if (llvm::Error error = impl->gather(tensor, x, y, values, written))
        return std::move(error);
  return values;
}

static llvm::Expected<const Tensor *> lookUp(const Program &program,
                                             llvm::StringRef name) {
  if (const Tensor *tensor = program.findTensor(name))
    return tensor;
  std::vector<llvm::StringRef> names;
  for (const Tensor &tensor : program.tensors)
    names.push_back(tensor.name);
  return makeError("no tensor '{0}', the program has {1}", name,
                   llvm::join(names, ", "));
}

llvm::Error Emulator::writeTensor(llvm::StringRef name,
                                  llvm::ArrayRef<float> values) {
  llvm::Expected<const Tensor *> tensor = lookUp(*impl->program, name);
  if (!tensor)
    return tensor.takeError();
  return writeTensor(**tensor, values);
}

llvm::Expected<std::vector<float>>
Emulator::readTensor(llvm::StringRef name) const {
  llvm::Expected<const Tensor *> tensor = lookUp(*impl->program, name);
  if (!tensor)
    return tensor.takeError();
  return readTensor(**tensor);
}

void Emulator::clearTensor(const Tensor &tensor) {
  uint64_t bytes =
      tensor.placement.getTileElements(impl->program->getMesh(tensor)) *
      getByteWidth(tensor.type);
  for (uint32_t core = 0; core != impl->getNumCores(); ++core) {
    std::memset(impl->getTile(tensor, core), 0, bytes);
    impl->define(tensor, core, 0, bytes);
  }
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

llvm::Expected<RunResult> Emulator::run(const Launch &launch,
                                        llvm::ArrayRef<int32_t> parameters,
                                        uint64_t maxIterations) {
  if (parameters.size() != launch.parameters.size())
    return makeError("launch '{0}' has {1} parameters, {2} given", launch.name,
                     launch.parameters.size(), parameters.size());
  return Execution(*impl->program, launch, parameters, maxIterations,
                   impl->memory, impl->shadow ? &*impl->shadow : nullptr,
                   impl->fabrics)
      .run();
}
