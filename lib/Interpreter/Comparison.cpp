//===- Comparison.cpp - Differences of tiles ------------------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Comparison.h"
#include "plmr/Program/Float.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <limits>

using namespace plmr;
using namespace plmr::interpreter;
using llvm::ArrayRef;

//===----------------------------------------------------------------------===//
// Magnitudes
//===----------------------------------------------------------------------===//

static double getMagnitude(float value) {
  return std::isfinite(value) ? std::fabs(double(value)) : 0;
}

double interpreter::getLargest(ArrayRef<float> values, const Counted &counted) {
  double largest = 0;
  for (auto [element, value] : llvm::enumerate(values))
    if (counted.contains(static_cast<int64_t>(element)))
      largest = std::max(largest, getMagnitude(value));
  return largest;
}

double interpreter::getLargestOfTile(const TileMap &map,
                                     const Environment &core, const Array &tile,
                                     const Counted &counted) {
  double largest = 0;
  map.forEach(core.x, core.y, [&](int64_t at, int64_t element) {
    if (element >= 0 && counted.contains(element))
      largest = std::max(largest, getMagnitude((*tile.data)[at]));
  });
  return largest;
}

/// Equal values, infinite ones included, do not differ; what is undefined
/// differs from all that is not.
static double getDistance(float a, float b) {
  if (a == b || (std::isnan(a) && std::isnan(b)))
    return 0;
  double distance = std::fabs(double(a) - double(b));
  return std::isnan(distance) ? INFINITY : distance;
}

static double getRelative(double distance, double largest) {
  return distance == 0 ? 0 : largest == 0 ? INFINITY : distance / largest;
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

static llvm::SmallVector<int64_t> getIndex(int64_t element,
                                           ArrayRef<int64_t> shape) {
  llvm::SmallVector<int64_t> index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    index[dim] = element % shape[dim];
    element /= shape[dim];
  }
  return index;
}

/// Elements of the tile up to the first row of padding, as rows come first.
static int64_t countRowElements(const TileMap &map, const Environment &core) {
  FactorShare rows = map.placement.getShares(0, map.mesh, core.x, core.y)[0];
  return map.tile.getNumElements() / std::max<int64_t>(rows.padded, 1) *
         rows.count;
}

void interpreter::compareTiles(const TileMap &map, const Environment &core,
                               const Array &expected, const Array &actual,
                               const Counted &counted, double largest,
                               Difference &difference) {
  difference.x = core.x;
  difference.y = core.y;
  int64_t worst = 0;
  bool seen = false;
  int64_t end = counted.areRowsCounted() ? countRowElements(map, core)
                                         : map.tile.getNumElements();
  map.forEach(core.x, core.y, [&](int64_t at, int64_t element) {
    bool isCompared = element < 0
                          ? map.placement.pad != PadValue::Any && at < end
                          : counted.contains(element);
    if (!isCompared)
      return;
    float a = (*expected.data)[at], b = (*actual.data)[at];
    double distance = getDistance(a, b);
    if (seen && distance <= difference.absolute)
      return;
    seen = true;
    worst = element;
    difference.absolute = distance;
    difference.expected = a;
    difference.actual = b;
  });
  difference.relative = getRelative(difference.absolute, largest);
  difference.isPadding = worst < 0;
  if (!difference.isPadding)
    difference.element = getIndex(worst, map.placement.getShape());
}

void interpreter::compareTensors(ArrayRef<int64_t> shape,
                                 ArrayRef<float> expected,
                                 ArrayRef<float> actual, const Counted &counted,
                                 bool isExact, Difference &difference) {
  size_t worst = 0;
  double distance = -1;
  for (size_t i = 0; i != expected.size(); ++i) {
    if (!counted.contains(static_cast<int64_t>(i)))
      continue;
    double own = getDistance(expected[i], actual[i]);
    if (isExact && toBits(expected[i]) != toBits(actual[i]))
      own = std::max(own, double(std::numeric_limits<float>::min()));
    if (own > distance) {
      worst = i;
      distance = own;
    }
  }
  difference.absolute = std::max(distance, 0.0);
  difference.relative =
      getRelative(difference.absolute, getLargest(expected, counted));
  difference.expected = expected[worst];
  difference.actual = actual[worst];
  difference.element = getIndex(static_cast<int64_t>(worst), shape);
}

Array interpreter::mergePadding(const TileMap &map, const Environment &core,
                                const Array &golden, const Array &computed) {
  Array result = golden.clone();
  if (map.placement.pad != PadValue::Any)
    return result;
  map.forEach(core.x, core.y, [&](int64_t at, int64_t element) {
    if (element < 0)
      (*result.data)[at] = (*computed.data)[at];
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static std::string printIndex(ArrayRef<int64_t> index) {
  std::string text;
  for (int64_t i : index)
    text += (text.empty() ? "" : ", ") + std::to_string(i);
  return text;
}

std::string Difference::print() const {
  auto [upper, lower] = stringify(pair).split('/');
  std::string place =
      isPadding ? std::string("padding")
                : llvm::formatv("element ({0})", printIndex(element)).str();
  std::string ofLayer =
      layer.empty() ? ""
                    : llvm::formatv(" of layer {0}", printIndex(layer)).str();
  std::string onCore = pair == LevelPair::TileCore
                           ? ""
                           : llvm::formatv(" on core ({0}, {1})", x, y).str();
  return llvm::formatv("'{0}'{1} in launch {2} of {3}: {4}{5} is {6} at the "
                       "{7} level but {8} at the {9} level, {10:e2} of the "
                       "largest magnitude",
                       operation, ofLayer, launch, function, place, onCore,
                       llvm::format("%.9g", expected), upper,
                       llvm::format("%.9g", actual), lower, relative);
}
