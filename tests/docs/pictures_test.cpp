// SPDX-License-Identifier: Apache-2.0
// The guide's pictures of lessons are what is drawn of their arrangements, as
// the commands beside them do.
#include "girih/examples/lessons/flash_attention.h"
#include "girih/examples/lessons/matmul.h"
#include "girih/tests/docs/expect_picture.h"

namespace girih::testing {
namespace {

TEST(GuidePictures, Lessons) {
  if (source_root().empty())
    GTEST_SKIP() << "the source tree is not here";
  expect_picture("matmul", visualize(lessons::matmul().source(),
                                     parse_config("BM=2 BN=2 BK=2"),
                                     {{4, 4}, {4, 6}, {4, 6}}));
  const std::vector<std::int64_t> queries{1, 2, 4, 2}, keys{1, 2, 6, 2};
  expect_picture("flash_attention",
                 visualize(lessons::flash_attention(false).source(),
                           parse_config("BM=2 BN=2 D=2"),
                           {queries, keys, keys, queries}));
}

} // namespace
} // namespace girih::testing
