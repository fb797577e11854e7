//===- Float.h - Conversions of the element types -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bits to value and back (docs/ISA.md, section Numbers). Widening is exact,
// narrowing rounds to nearest even, a NaN becomes the canonical quiet one.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_PROGRAM_FLOAT_H
#define PLMR_PROGRAM_FLOAT_H

#include <bit>
#include <cstdint>

namespace plmr {

constexpr uint32_t canonicalF32 = 0x7fc00000;
constexpr uint16_t canonicalF16 = 0x7e00;
constexpr uint16_t canonicalBF16 = 0x7fc0;

inline uint32_t toBits(float value) { return std::bit_cast<uint32_t>(value); }
inline float fromBits(uint32_t bits) { return std::bit_cast<float>(bits); }

/// `value`, or the canonical NaN.
inline float canonicalize(float value) {
  return value != value ? fromBits(canonicalF32) : value;
}

inline float widenBF16(uint16_t bits) { return fromBits(uint32_t(bits) << 16); }

inline float widenF16(uint16_t bits) {
  // The exponent is rebased by an exact multiplication, which also normalises
  // subnormal numbers.
  float scaled = fromBits(uint32_t(bits & 0x7fff) << 13) * 0x1p112f;
  uint32_t magnitude = toBits(scaled);
  if ((bits & 0x7c00) == 0x7c00)
    magnitude |= 0x7f800000;
  return fromBits(magnitude | uint32_t(bits & 0x8000) << 16);
}

inline uint16_t narrowBF16(float value) {
  uint32_t bits = toBits(value);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return value != value ? canonicalBF16 : static_cast<uint16_t>(rounded);
}

inline uint16_t narrowF16(float value) {
  uint32_t bits = toBits(value);
  uint32_t sign = bits >> 16 & 0x8000;
  uint32_t magnitude = bits & 0x7fffffff;
  // Normal results: rebase the exponent and round by integer addition.
  uint32_t normal =
      (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
  // Subnormal results: adding 0.5 aligns the last place of f16 with that of
  // f32, whose addition rounds to nearest even.
  uint32_t subnormal = toBits(fromBits(magnitude) + 0.5f) - toBits(0.5f);
  uint32_t result = magnitude < 0x38800000 ? subnormal : normal;
  result = magnitude >= 0x477ff000 ? 0x7c00 : result;
  result = magnitude > 0x7f800000 ? canonicalF16 : (result | sign);
  return static_cast<uint16_t>(result);
}

} // namespace plmr

#endif // PLMR_PROGRAM_FLOAT_H
