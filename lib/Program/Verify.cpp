//===- Verify.cpp - Static rules of whole programs ------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verifier.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace plmr;

std::string plmr::describeLocation(const Program &program, const CoreClass &cls,
                                   uint32_t pc) {
  if (pc >= cls.locations.size())
    return "";
  return " at " + program.locations[cls.locations[pc]];
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Code and constants of the largest class, in bytes.
static uint64_t getCodeBytes(const Program &program) {
  uint64_t instructions = 0;
  for (const CoreClass &cls : program.classes)
    instructions = std::max<uint64_t>(instructions, cls.code.size());
  return instructions * sizeof(Instruction) +
         program.constants.size() * sizeof(int32_t);
}

namespace {
/// Objects that may overlap others (I62): scratch may overlap scratch, and what
/// lives on one part of the mesh at a time may overlap what lives on another.
struct Sharing {
  enum class Kind : uint8_t { None, Scratch, Part } kind = Kind::None;
  MeshShape part;

  bool operator<(const Sharing &other) const {
    return std::tie(kind, part.columns, part.rows) <
           std::tie(other.kind, other.part.columns, other.part.rows);
  }
  bool mayOverlap(const Sharing &other) const {
    if (kind != other.kind || kind == Kind::None)
      return false;
    return kind == Kind::Scratch || part != other.part;
  }
};
} // namespace

static std::vector<Sharing> findSharing(const Program &program) {
  std::vector<Sharing> sharing(program.objects.size());
  for (auto [object, entry] : llvm::zip_equal(program.objects, sharing))
    if (object.kind == Object::Kind::Scratch)
      entry.kind = Sharing::Kind::Scratch;
  for (const Tensor &tensor : program.tensors)
    if (tensor.mesh && tensor.object < sharing.size())
      if (Object::Kind kind = program.objects[tensor.object].kind;
          kind == Object::Kind::Weight || kind == Object::Kind::State)
        sharing[tensor.object] = {Sharing::Kind::Part, *tensor.mesh};
  return sharing;
}

/// "'x' (input): 40 bytes at 0, ..." of the five largest.
static std::string describeLargestObjects(const Program &program) {
  std::vector<const Object *> objects;
  for (const Object &object : program.objects)
    objects.push_back(&object);
  llvm::sort(objects, [](const Object *a, const Object *b) {
    return std::tie(b->bytes, a->address, a) <
           std::tie(a->bytes, b->address, b);
  });
  objects.resize(std::min<size_t>(objects.size(), 5));
  std::string text;
  for (const Object *object : objects)
    text +=
        llvm::formatv("'{0}' ({1}): {2} bytes at {3}, ", object->name,
                      stringify(object->kind), object->bytes, object->address);
  text += llvm::formatv("code and constants: {0} bytes", getCodeBytes(program));
  return text;
}

static llvm::Error verifyObjects(const Program &program) {
  uint64_t budget = program.machine.getUsableSramBytes();
  uint64_t reserved = 0; // by code objects
  const Object *last = nullptr;
  /// The object so far that ends last, for each kind of sharing.
  std::map<Sharing, const Object *> ends;
  auto getEnd = [](const Object &object) {
    return uint64_t(object.address) + object.bytes;
  };
  std::vector<Sharing> sharing = findSharing(program);
  for (const auto &[object, own] : llvm::zip_equal(program.objects, sharing)) {
    if (object.kind > Object::Kind::Code)
      return makeError("object '{0}': unknown kind {1}", object.name,
                       unsigned(object.kind));
    if (object.address % 4 != 0)
      return makeError("object '{0}': address {1} is not a multiple of 4",
                       object.name, object.address);
    if (getEnd(object) > budget)
      return makeError("object '{0}': ends at byte {1}, a core of '{2}' has "
                       "{3} for programs",
                       object.name, getEnd(object), program.machine.name,
                       budget);
    if (last && object.address < last->address)
      return makeError("object '{0}': objects have to ascend by address",
                       object.name);
    last = &object;
    for (const auto &[other, before] : ends)
      if (object.address < getEnd(*before) && object.bytes != 0 &&
          !own.mayOverlap(other))
        return makeError("objects '{0}' and '{1}' overlap", before->name,
                         object.name);
    if (object.kind == Object::Kind::Code || object.kind == Object::Kind::Table)
      reserved += object.bytes;
    const Object *&end = ends.try_emplace(own, &object).first->second;
    if (getEnd(object) >= getEnd(*end))
      end = &object;
  }
  uint64_t end = getSramHighWater(program);
  uint64_t code = getCodeBytes(program);
  uint64_t need = end + (code > reserved ? code - reserved : 0);
  if (need > budget)
    return makeError("code and objects need {0} bytes, a core of '{1}' has {2} "
                     "for programs: {3}",
                     need, program.machine.name, budget,
                     describeLargestObjects(program));
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static bool isPermutation(llvm::ArrayRef<unsigned> order, size_t rank) {
  if (order.empty())
    return true;
  llvm::SmallVector<unsigned, 4> sorted(order);
  llvm::sort(sorted);
  for (unsigned i = 0; i != sorted.size(); ++i)
    if (sorted[i] != i)
      return false;
  return sorted.size() == rank;
}

/// What is wrong with a split, or nothing.
static const char *checkSplit(const DimSplit &split) {
  if (split.kind > DimSplit::Kind::Batch || split.axis > Axis::Y)
    return "has an unknown kind or axis";
  if (split.factors.empty())
    return "has no factors";
  // Products of 2^20 factors stay far from overflow.
  int64_t extent = 1;
  for (int64_t factor : split.factors) {
    if (factor < 1 || factor > (int64_t(1) << 40) / extent)
      return "has factors whose product is not in 1 to 2^40";
    extent *= factor;
  }
  // One past the factors: replicas inside a segment.
  if (split.innerFactor >=
      split.factors.size() + split.segmentFactor.has_value())
    return "cuts a factor that it does not have";
  if (split.segmentFactor && (*split.segmentFactor >= split.factors.size() ||
                              *split.segmentFactor == split.innerFactor))
    return "has a wrong segment factor";
  bool ordered = split.order != BlockOrder::Natural;
  if ((split.segmentFactor || ordered) &&
      split.kind != DimSplit::Kind::Balanced)
    return "has segments or an order of blocks without being balanced";
  if (split.segmentFactor && ordered)
    return "has both segments and an order of blocks";
  if (split.kind == DimSplit::Kind::Batch && split.factors.size() != 1)
    return "is a batch of several factors";
  return nullptr;
}

/// A tensor has one batch at most: dimension 0, or 1 behind slices, in memory
/// as well.
static llvm::Error verifyBatch(const Tensor &tensor) {
  const Placement &placement = tensor.placement;
  for (auto [i, split] : llvm::enumerate(placement.dims)) {
    bool isOutermost =
        i == 0 || (i == 1 && placement.dims[0].kind == DimSplit::Kind::Whole);
    if (split.kind == DimSplit::Kind::Batch &&
        (!isOutermost || (!placement.order.empty() && placement.order[i] != i)))
      return makeError("tensor '{0}': dimension {1} is a batch, which only "
                       "the outermost one can be, behind slices",
                       tensor.name, i);
  }
  return llvm::Error::success();
}

static llvm::Error verifyPlacement(const Program &program,
                                   const Tensor &tensor) {
  const Placement &placement = tensor.placement;
  unsigned cuts[2] = {0, 0}, skews = 0;
  int64_t elements = 1;
  for (auto [i, split] : llvm::enumerate(placement.dims)) {
    if (const char *what = checkSplit(split))
      return makeError("tensor '{0}': dimension {1} {2}", tensor.name, i, what);
    if (split.isCut() && ++cuts[static_cast<unsigned>(split.axis)] == 2)
      return makeError("tensor '{0}': two dimensions are cut along one axis",
                       tensor.name);
    skews += split.order == BlockOrder::Skewed;
    if (skews == 2)
      return makeError("tensor '{0}': two dimensions are skewed", tensor.name);
    if (split.getExtent() > (int64_t(1) << 40) / elements)
      return makeError("tensor '{0}': has more than 2^40 elements",
                       tensor.name);
    elements *= split.getExtent();
  }
  if (!isPermutation(placement.order, placement.dims.size()))
    return makeError("tensor '{0}': its order is no permutation", tensor.name);
  if (llvm::Error error = verifyBatch(tensor))
    return error;
  if (placement.pad > PadValue::Any)
    return makeError("tensor '{0}': unknown pad value", tensor.name);
  MeshShape mesh = program.getMesh(tensor);
  if (mesh.columns == 0 || mesh.rows == 0 ||
      mesh.columns > program.mesh.columns || mesh.rows > program.mesh.rows)
    return makeError("tensor '{0}': lies on {1} x {2} cores of {3} x {4}",
                     tensor.name, mesh.columns, mesh.rows, program.mesh.columns,
                     program.mesh.rows);
  uint64_t bytes = placement.getTileElements(mesh) * getByteWidth(tensor.type);
  const Object &object = program.objects[tensor.object];
  if (bytes > object.bytes)
    return makeError("tensor '{0}': a tile has {1} bytes, object '{2}' {3}",
                     tensor.name, bytes, object.name, object.bytes);
  return llvm::Error::success();
}

static llvm::Error verifySource(const Program &program,
                                const DataSource &source) {
  if (source.table) {
    DataSource computed;
    computed.name = source.name;
    computed.table = source.table;
    if (source.table->stride == 0 || source.table->pairs == 0 ||
        !(source.table->base > 0) || !std::isfinite(source.table->base))
      return makeError("source '{0}': a table has a stride, pairs and a base "
                       "above 0",
                       source.name);
    if (source != computed)
      return makeError("source '{0}': a computed table lies in no file",
                       source.name);
    return llvm::Error::success();
  }
  if (source.file == noData) {
    if (source.offset == 0)
      return llvm::Error::success();
    return makeError("source '{0}': offset {1} of no data", source.name,
                     source.offset);
  }
  if (source.file == inlineData) {
    if (source.offset > program.data.size() ||
        source.bytes > program.data.size() - source.offset)
      return makeError("source '{0}': bytes {1} to {2} of {3} in the binary",
                       source.name, source.offset, source.offset + source.bytes,
                       program.data.size());
  } else if (source.file >= program.files.size()) {
    return makeError("source '{0}': file {1} of {2}", source.name, source.file,
                     program.files.size());
  }
  return llvm::Error::success();
}

static llvm::Error verifySources(const Program &program, const Tensor &tensor) {
  const Placement &placement = tensor.placement;
  size_t rank = placement.dims.size();
  if (tensor.stacked) {
    bool isOutermost = placement.order.empty() || placement.order[0] == 0;
    if (rank == 0 || placement.dims[0].kind != DimSplit::Kind::Whole ||
        !isOutermost)
      return makeError("tensor '{0}': a stacked tensor has dimension 0 whole "
                       "and outermost",
                       tensor.name);
    --rank;
  }
  size_t expected = tensor.stacked ? placement.dims[0].getExtent() : 1;
  if (!tensor.sources.empty() && tensor.sources.size() != expected)
    return makeError("tensor '{0}': {1} sources, expected {2}", tensor.name,
                     tensor.sources.size(), expected);
  if (!isPermutation(tensor.sourceOrder, rank))
    return makeError("tensor '{0}': its source order is no permutation",
                     tensor.name);
  for (const DataSource &source : tensor.sources)
    if (llvm::Error error = verifySource(program, source))
      return error;
  return llvm::Error::success();
}

static llvm::Error verifyTensors(const Program &program) {
  for (const Tensor &tensor : program.tensors) {
    if (static_cast<unsigned>(tensor.type) >= numElementTypes)
      return makeError("tensor '{0}': unknown element type", tensor.name);
    if (tensor.object >= program.objects.size())
      return makeError("tensor '{0}': object {1} of {2}", tensor.name,
                       tensor.object, program.objects.size());
    if (llvm::Error error = verifyPlacement(program, tensor))
      return error;
    if (llvm::Error error = verifySources(program, tensor))
      return error;
  }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Constants, classes, launches
//===----------------------------------------------------------------------===//

static llvm::Error verifyConstants(const Program &program) {
  const size_t counts[] = {1, program.mesh.columns, program.mesh.rows,
                           program.mesh.getNumCores()};
  for (const Constant &constant : program.constants) {
    if (constant.kind > Constant::Kind::ByCore ||
        constant.values.size() != counts[static_cast<unsigned>(constant.kind)])
      return makeError("constant '{0}': {1} values do not fit its kind",
                       constant.name, constant.values.size());
  }
  return llvm::Error::success();
}

static llvm::Error verifyClasses(const Program &program) {
  if (program.classes.empty())
    return makeError("the program has no core class");
  if (program.classOf.empty())
    return llvm::Error::success();
  if (program.classOf.size() != program.mesh.getNumCores())
    return makeError("core classes for {0} cores, the mesh has {1}",
                     program.classOf.size(), program.mesh.getNumCores());
  for (uint16_t cls : program.classOf)
    if (cls >= program.classes.size())
      return makeError("core class {0} of {1}", cls, program.classes.size());
  return llvm::Error::success();
}

static llvm::Error verifyLaunches(const Program &program) {
  for (const Launch &launch : program.launches) {
    if (launch.parameters.size() >= numRegisters)
      return makeError("launch '{0}': {1} parameters, there are 63 registers "
                       "for them",
                       launch.name, launch.parameters.size());
    // A program without communication needs no route table.
    if (launch.routeTable >= std::max<size_t>(1, program.routeTables.size()))
      return makeError("launch '{0}': route table {1} of {2}", launch.name,
                       launch.routeTable, program.routeTables.size());
    for (const std::vector<uint32_t> *list : {&launch.inputs, &launch.outputs})
      for (uint32_t tensor : *list)
        if (tensor >= program.tensors.size())
          return makeError("launch '{0}': tensor {1} of {2}", launch.name,
                           tensor, program.tensors.size());
  }
  return llvm::Error::success();
}

static llvm::Error verifyMesh(const Program &program) {
  MeshShape mesh = program.mesh, grid = program.machine.grid;
  if (program.machine.getUsableColours() > maxColours)
    return makeError("'{0}' has {1} colours, at most {2} are supported",
                     program.machine.name, program.machine.getUsableColours(),
                     maxColours);
  if (mesh.columns >= 1 && mesh.rows >= 1 && mesh.columns <= grid.columns &&
      mesh.rows <= grid.rows)
    return llvm::Error::success();
  return makeError("the mesh has {0} cores, '{1}' has 1x1 to {2}",
                   printMesh(mesh), program.machine.name, printMesh(grid));
}

llvm::Error plmr::verifyProgram(const Program &program) {
  for (auto *check :
       {verifyMesh, verifyClasses, verifyObjects, verifyTensors,
        verifyConstants, verifyLaunches, verifyCode, verifyRoutes})
    if (llvm::Error error = check(program))
      return error;
  if (program.model)
    return verifySource(program, program.model->embedding);
  return llvm::Error::success();
}
