//===- ByteSet.h - A set of a core's bytes -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One bit for two bytes: elements have two or four and are aligned (I40).
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_VERIFY_BYTESET_H
#define PLMR_LIB_VERIFY_BYTESET_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace plmr {

class ByteSet {
public:
  explicit ByteSet(uint64_t bytes) : words(bytes / 128 + 1) {}

  /// All of these take a range of bytes that begins and ends at even ones.
  void insert(uint64_t begin, uint64_t end) {
    forEachWord(begin, end, [](uint64_t &word, uint64_t mask) {
      word |= mask;
      return true;
    });
  }
  void erase(uint64_t begin, uint64_t end) {
    forEachWord(begin, end, [](uint64_t &word, uint64_t mask) {
      word &= ~mask;
      return true;
    });
  }
  bool containsAll(uint64_t begin, uint64_t end) {
    return forEachWord(begin, end, [](uint64_t &word, uint64_t mask) {
      return (word & mask) == mask;
    });
  }
  bool containsNone(uint64_t begin, uint64_t end) {
    return forEachWord(begin, end, [](uint64_t &word, uint64_t mask) {
      return (word & mask) == 0;
    });
  }
  void clear() { std::fill(words.begin(), words.end(), 0); }

private:
  /// Calls `fn(word, mask)` until it is false, which is the result then.
  template <typename Fn> bool forEachWord(uint64_t begin, uint64_t end, Fn fn) {
    begin /= 2;
    end /= 2;
    while (begin < end) {
      uint64_t low = begin % 64, count = std::min(end - begin, 64 - low);
      if (!fn(words[begin / 64], (~uint64_t(0) >> (64 - count)) << low))
        return false;
      begin += count;
    }
    return true;
  }

  std::vector<uint64_t> words;
};

} // namespace plmr

#endif // PLMR_LIB_VERIFY_BYTESET_H
