//===- Views.cpp - Parts of tensors and buffers ---------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace plmr;
using namespace plmr::interpreter;
using namespace mlir;
using llvm::Error;

static int64_t getSize(OpFoldResult size, const Environment &env) {
  if (auto attr = dyn_cast<Attribute>(size))
    return cast<IntegerAttr>(attr).getInt();
  return env.getInt(cast<Value>(size));
}

/// The part of `source` that offsets, sizes and strides name. `dropped`
/// dimensions go.
template <typename OpTy>
static llvm::Expected<Array> getPart(OpTy op, Array source,
                                     const llvm::SmallBitVector &dropped,
                                     const Environment &env) {
  Array part = source;
  part.shape.clear();
  part.strides.clear();
  for (size_t dim = 0; dim != source.shape.size(); ++dim) {
    int64_t offset = getSize(op.getMixedOffsets()[dim], env);
    int64_t size = getSize(op.getMixedSizes()[dim], env);
    int64_t step = getSize(op.getMixedStrides()[dim], env);
    bool isInside =
        size == 0 || (size > 0 && offset >= 0 &&
                      offset + (size - 1) * step < source.shape[dim]);
    if (!isInside)
      return makeError("core ({0}, {1}): expected a part of dimension {2}, "
                       "which has {3} elements, but got {4} from {5} on",
                       env.x, env.y, dim, source.shape[dim], size, offset);
    part.offset += offset * source.strides[dim];
    if (dropped.test(dim))
      continue;
    part.shape.push_back(size);
    part.strides.push_back(source.strides[dim] * step);
  }
  return part;
}

/// Splits dimensions. At most one result of a group is dynamic.
static Array expand(const Array &source, ArrayRef<ReassociationIndices> groups,
                    ShapedType type) {
  Array result = source;
  result.shape.clear();
  result.strides.clear();
  for (auto [dim, group] : llvm::enumerate(groups)) {
    int64_t known = 1;
    for (int64_t entry : group)
      if (!type.isDynamicDim(entry))
        known *= type.getDimSize(entry);
    size_t begin = result.shape.size();
    for (int64_t entry : group)
      result.shape.push_back(type.isDynamicDim(entry)
                                 ? source.shape[dim] /
                                       std::max<int64_t>(known, 1)
                                 : type.getDimSize(entry));
    int64_t stride = source.strides[dim];
    result.strides.resize(result.shape.size());
    for (size_t entry = result.shape.size(); entry-- > begin;) {
      result.strides[entry] = stride;
      stride *= result.shape[entry];
    }
  }
  // A scalar gets dimensions of one element.
  for (int64_t entry = static_cast<int64_t>(result.shape.size());
       entry != type.getRank(); ++entry) {
    result.shape.push_back(1);
    result.strides.push_back(1);
  }
  return result;
}

/// True if the dimensions of a group are one run in memory.
static bool isRun(const Array &source, ArrayRef<int64_t> group) {
  for (size_t i = 0; i + 1 < group.size(); ++i)
    if (source.shape[group[i]] != 1 &&
        source.strides[group[i]] !=
            source.strides[group[i + 1]] * source.shape[group[i + 1]])
      return false;
  return true;
}

/// Joins dimensions; of a tensor, whose layout nobody sees, through a copy.
static Array collapse(Array source, ArrayRef<ReassociationIndices> groups) {
  if (!llvm::all_of(groups, [&](ArrayRef<int64_t> group) {
        return isRun(source, group);
      }))
    source = source.clone();
  Array result = source;
  result.shape.clear();
  result.strides.clear();
  for (ArrayRef<int64_t> group : groups) {
    int64_t extent = 1;
    for (int64_t dim : group)
      extent *= source.shape[dim];
    result.shape.push_back(extent);
    result.strides.push_back(source.strides[group.back()]);
  }
  return result;
}

/// Bits move unless the types differ.
static void copyArray(const Array &from, Array to) {
  std::vector<float> values = from.getValues();
  if (from.type != to.type)
    for (float &value : values)
      value = roundTo(to.type, value);
  to.setValues(values);
}

static Error setPart(Operation &op, llvm::Expected<Array> part,
                     Environment &env) {
  if (!part)
    return part.takeError();
  env.set(op.getResult(0), std::move(*part));
  return Error::success();
}

static Error insertSlice(tensor::InsertSliceOp op, Environment &env) {
  Array result = env.getArray(op.getDest()).clone();
  llvm::Expected<Array> part =
      getPart(op, result, llvm::SmallBitVector(result.shape.size()), env);
  if (!part)
    return part.takeError();
  part->setValues(env.getArray(op.getSource()).getValues());
  env.set(op.getResult(), std::move(result));
  return Error::success();
}

/// Offset of the element that `indices` name.
static int64_t getElement(const Array &array, ValueRange indices,
                          const Environment &env) {
  int64_t at = array.offset;
  for (auto [stride, index] : llvm::zip(array.strides, indices))
    at += stride * env.getInt(index);
  return at;
}

Error Evaluator::evaluateView(Operation &op, Environment &env) {
  auto source = [&]() -> Array & { return env.getArray(op.getOperand(0)); };
  auto set = [&](RuntimeValue value) {
    env.set(op.getResult(0), std::move(value));
    return Error::success();
  };
  return llvm::TypeSwitch<Operation *, Error>(&op)
      .Case<tensor::EmptyOp>([&](tensor::EmptyOp empty) {
        Shape shape;
        for (OpFoldResult size : empty.getMixedSizes())
          shape.push_back(getSize(size, env));
        return set(Array::undefined(
            shape, *mesh::getElementType(empty.getType().getElementType())));
      })
      .Case<memref::AllocOp>([&](memref::AllocOp alloc) {
        return set(makeUndefined(alloc.getType()));
      })
      .Case<tensor::ExtractSliceOp, memref::SubViewOp>([&](auto view) {
        return setPart(op, getPart(view, source(), view.getDroppedDims(), env),
                       env);
      })
      .Case<tensor::InsertSliceOp>([&](tensor::InsertSliceOp insert) {
        return insertSlice(insert, env);
      })
      .Case<tensor::ExpandShapeOp, memref::ExpandShapeOp>([&](auto view) {
        return set(expand(source(), view.getReassociationIndices(),
                          cast<ShapedType>(view.getType())));
      })
      .Case<tensor::CollapseShapeOp, memref::CollapseShapeOp>([&](auto view) {
        return set(collapse(source(), view.getReassociationIndices()));
      })
      .Case<tensor::CastOp, memref::CastOp>([&](auto) { return set(source()); })
      .Case<memref::CopyOp>([&](memref::CopyOp copy) {
        copyArray(source(), env.getArray(copy.getTarget()));
        return Error::success();
      })
      .Case<tensor::DimOp, memref::DimOp>([&](auto dim) {
        return set(Scalar{source().shape[env.getInt(dim.getIndex())], 0});
      })
      .Case<tensor::ExtractOp, memref::LoadOp>([&](auto load) {
        const Array &array = source();
        float value = (*array.data)[getElement(array, load.getIndices(), env)];
        return set(Scalar{0, value});
      })
      .Case<tensor::SplatOp>([&](tensor::SplatOp splat) {
        Array result = makeUndefined(splat.getType());
        return set(Array::filled(
            result.shape, result.type,
            static_cast<float>(env.getScalar(splat.getInput()).f)));
      })
      .Case<mesh::CoordOp>([&](mesh::CoordOp coord) {
        bool isX = coord.getAxis() == mesh::MeshAxis::X;
        return set(Scalar{isX ? env.x : env.y, 0});
      })
      .Default([&](Operation *) {
        return makeError("expected an operation that the interpreters know "
                         "but got '{0}'",
                         op.getName().getStringRef());
      });
}
