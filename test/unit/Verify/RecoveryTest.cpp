//===- RecoveryTest.cpp - What routes carry and channels mean -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Verify/Verify.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace plmr;
using testing::AllOf;
using testing::HasSubstr;

/// 3 x 2 cores whose rows send up on colours 0 and 1 in turn.
static RecoveredFlows recover(const std::string &routes,
                              const std::string &channels) {
  std::string text = R"(device "tiny" mesh 3 2
class "all" {
  halt
}
)" + routes + R"(
launch "main" entry [0] routes 0 parameters [] inputs [] outputs []
)" + channels;
  llvm::Expected<Program> program = parseAssembly(text, "test");
  if (program)
    return recoverFlows(*program);
  ADD_FAILURE() << llvm::toString(program.takeError());
  return {};
}

static const char *const upRoutes = R"(routes of [0, 1, 2, 0, 1, 2]
  router
    route 0 ramp to east
  router
    route 0 west to ramp
    route 1 ramp to east
  router
    route 1 west to ramp
)";
static const char *const upChannel =
    "channel \"up\" \"up along x\" colours [0, 1] hops 1\n";

TEST(Recovery, V12_Flows) {
  RecoveredFlows flows = recover(upRoutes, upChannel);
  EXPECT_TRUE(flows.findings.empty());
  ASSERT_EQ(flows.channels.size(), 1u);
  EXPECT_EQ(flows.channels[0].flows, 2u);
  EXPECT_EQ(flows.channels[0].tables, std::vector<uint32_t>{0});
}

TEST(Recovery, V12_AFlowThatNoChannelMeans) {
  // The other direction, and a colour that the channel does not have.
  for (const char *channel :
       {"channel \"c\" \"down along x\" colours [0, 1] hops 1\n",
        "channel \"c\" \"up along x\" colours [0, 2] hops 1\n"}) {
    RecoveredFlows flows = recover(upRoutes, channel);
    ASSERT_GE(flows.findings.size(), 2u);
    EXPECT_THAT(flows.findings[flows.findings.size() - 2].text,
                HasSubstr("route table 0: colour 1"));
    EXPECT_THAT(flows.findings.back().text,
                AllOf(HasSubstr("channel 'c'"),
                      HasSubstr("no route table has all of its flows")));
  }
}

TEST(Recovery, V12_AChannelThatIsNotThere) {
  std::string ring = "channel \"ring\" \"ring along y\" colours [3] hops 1\n";
  RecoveredFlows flows = recover(upRoutes, upChannel + ring);
  ASSERT_EQ(flows.findings.size(), 1u);
  EXPECT_EQ(flows.findings[0].text,
            "channel 'ring', ring along y: no route table has all of its "
            "flows");
  EXPECT_TRUE(flows.channels[1].tables.empty());
}

/// One row without its flows is enough.
TEST(Recovery, V12_OnAllLines) {
  std::string routes = upRoutes;
  routes.replace(routes.find("[0, 1, 2, 0, 1, 2]"), 18, "[0, 1, 2, 3, 3, 3]");
  RecoveredFlows flows = recover(routes + "  router\n", upChannel);
  ASSERT_EQ(flows.findings.size(), 1u);
  EXPECT_THAT(flows.findings[0].text, HasSubstr("channel 'up'"));
}

TEST(Recovery, V12_FlowsThatTurn) {
  const char *routes = R"(routes of [0, 1, 3, 3, 2, 3]
  router
    route 0 ramp to east
  router
    route 0 west to south
  router
    route 0 north to ramp
  router
)";
  RecoveredFlows flows = recover(routes, upChannel);
  ASSERT_GE(flows.findings.size(), 1u);
  EXPECT_EQ(flows.findings[0].text,
            "route table 0: core (0, 0) sends colour 0 of 'up' along both "
            "axes, which no channel means");
}

TEST(Recovery, V12_UnknownRelations) {
  RecoveredFlows flows =
      recover(upRoutes, "channel \"c\" \"shift\" colours [0, 1] hops 1\n");
  EXPECT_TRUE(flows.findings.empty());
  ASSERT_EQ(flows.channels.size(), 1u);
  EXPECT_FALSE(flows.channels[0].isKnown);
}
