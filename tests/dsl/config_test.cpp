// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/config.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

TEST(ConfigTest, PrintsDefaultsAsNothing) {
  EXPECT_EQ(Config{}.to_string(), "");
}

TEST(ConfigTest, RoundTrips) {
  Config config;
  config.blocks = {{"BN", 128}, {"BK", 64}, {"BM", 96}};
  config.num_warps = 8;
  config.num_stages = 5;
  config.num_ctas = 2;
  config.warp_specialize = config.persistent = true;
  config.ping_pong = config.stream_k = true;
  config.order = {ProgramOrder::Kind::grouped, 4};
  config.split_k = 3;
  config.pdl = true;
  EXPECT_EQ(config.to_string(),
            "BK=64 BM=96 BN=128 num_warps=8 num_stages=5 num_ctas=2 split_k=3 "
            "warp_specialize=1 persistent=1 ping_pong=1 stream_k=1 "
            "order=grouped:4 pdl=1");
  EXPECT_EQ(parse_config(config.to_string()), config);
  config.order.kind = ProgramOrder::Kind::hilbert;
  EXPECT_EQ(parse_config(config.to_string()).order,
            (ProgramOrder{ProgramOrder::Kind::hilbert, 8}));
  for (const int group : {0, 8}) {
    config.order = {ProgramOrder::Kind::descending, group};
    EXPECT_EQ(parse_config(config.to_string()), config);
  }
  config.pdl = false; // unlike what is not said
  EXPECT_EQ(parse_config(config.to_string()).pdl, false);
  EXPECT_FALSE(parse_config("num_warps=8").pdl.has_value());
  EXPECT_EQ(parse_config("  \n"), Config{});
}

TEST(ConfigTest, RefusesWithTheFieldsName) {
  struct {
    const char *text, *says;
  } const cases[] = {{"num_warp=4", "num_warp"},
                     {"num_warps=0", "num_warps"},
                     {"num_warps=4x", "num_warps"},
                     {"num_warps", "num_warps"},
                     {"BM=0", "BM"},
                     {"BM=99999999999999999999", "BM"},
                     {"BM=1 BM=1", "BM"},
                     {"order=spiral", "order"},
                     {"order=grouped:0", "order"},
                     {"pdl=2", "pdl"},
                     {"=4", "unknown field"}};
  for (auto [text, says] : cases) {
    try {
      parse_config(text);
      ADD_FAILURE() << text << " is accepted";
    } catch (const CompileError &error) {
      EXPECT_EQ(error.id(), ErrorId::config);
      EXPECT_NE(std::string(error.what()).find(says), std::string::npos)
          << error.what();
    }
  }
}

} // namespace
} // namespace girih
