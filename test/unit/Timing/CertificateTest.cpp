//===- CertificateTest.cpp - The certificate and the event queue ----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Certificate.h"
#include "EventQueue.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

using namespace plmr;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

TEST(Certificate, T10_BackToBackIsNoContention) {
  Certificate certificate(/*linkTicks=*/2);
  certificate.reset({7, 7, 8});
  for (uint64_t tick : {0, 2, 4, 10})
    certificate.add(0, tick);
  for (uint64_t tick : {6, 8, 12})
    certificate.add(1, tick);
  for (uint64_t tick : {1, 3, 5}) // on another link
    certificate.add(2, tick);
  EXPECT_THAT(certificate.checkUpTo(~uint64_t(0)), IsEmpty());
}

TEST(Certificate, T10_OverlapsAreFound) {
  Certificate certificate(2);
  certificate.reset({7, 7, 5, 5, 6, 6});
  for (uint32_t track : {0, 2, 4})
    for (uint64_t tick : {0, 2, 4})
      certificate.add(track, tick);
  certificate.add(1, 5);
  certificate.add(3, 3);
  certificate.add(5, 6);
  EXPECT_THAT(certificate.checkUpTo(~uint64_t(0)), ElementsAre(5, 7));
}

/// Random departures on one link, checked at random times in between; the
/// reference compares all pairs.
TEST(Certificate, T10_ChecksInPartsFindTheSame) {
  std::mt19937_64 random(1);
  unsigned contended = 0;
  for (unsigned round = 0; round < 2000; ++round) {
    uint64_t linkTicks = 1 + random() % 3;
    unsigned tracks = 2 + random() % 3;
    std::map<uint64_t, std::vector<unsigned>> departures;
    for (unsigned track = 0; track < tracks; ++track) {
      uint64_t tick = random() % 50, period = linkTicks + random() % 20;
      for (unsigned i = 0; i < 1 + random() % 8; ++i) {
        departures[tick].push_back(track);
        tick += random() % 4 == 0 ? linkTicks + random() % 60 : period;
      }
    }
    bool expected = false;
    for (auto a = departures.begin(); a != departures.end(); ++a)
      for (auto b = a; b != departures.end(); ++b)
        for (unsigned s : a->second)
          for (unsigned t : b->second)
            expected |= s != t && b->first < a->first + linkTicks;
    Certificate certificate(static_cast<uint32_t>(linkTicks));
    certificate.reset(std::vector<uint32_t>(tracks, 3));
    bool clean = true;
    for (const auto &[tick, users] : departures) {
      if (random() % 4 == 0)
        clean &= certificate.checkUpTo(tick).empty();
      for (unsigned track : users)
        certificate.add(track, tick);
    }
    clean = clean && certificate.checkUpTo(~uint64_t(0)).empty();
    ASSERT_EQ(clean, !expected) << "round " << round;
    contended += expected;
  }
  EXPECT_GT(contended, 300u);
  EXPECT_LT(contended, 1900u);
}

TEST(EventQueue, GivesEventsInTimeOrder) {
  std::mt19937_64 random(2);
  EventQueue queue;
  std::multimap<uint64_t, uint32_t> expected;
  std::vector<uint32_t> absent(1000), due;
  std::iota(absent.begin(), absent.end(), 0);
  std::shuffle(absent.begin(), absent.end(), random);
  queue.reset(static_cast<uint32_t>(absent.size()));
  auto push = [&](uint64_t tick) {
    uint32_t event = absent.back();
    absent.pop_back();
    queue.push(tick, event);
    expected.insert({tick, event});
  };
  for (unsigned i = 0; i < 50; ++i)
    push(random() % 10000);
  uint64_t now = 0;
  for (unsigned popped = 0; queue.pop(now, due); ++popped) {
    ASSERT_EQ(now, expected.begin()->first);
    auto [first, last] = expected.equal_range(now);
    std::set<uint32_t> events;
    for (auto it = first; it != last; ++it)
      events.insert(it->second);
    ASSERT_EQ(due.size(), events.size());
    ASSERT_EQ(events, std::set<uint32_t>(due.begin(), due.end()));
    expected.erase(first, last);
    absent.insert(absent.begin(), due.begin(), due.end());
    static constexpr uint64_t ranges[] = {1, 5, 4095, 4096, 4097, 1000000};
    for (unsigned i = 0; popped < 20000 && i < random() % 3 && !absent.empty();
         ++i)
      push(now + 1 + random() % ranges[random() % 6]);
  }
  EXPECT_TRUE(expected.empty());
}

} // namespace
