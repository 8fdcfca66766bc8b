// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/copy_progress.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace girih::testing {
namespace {

using llm::CopyProgress;

llm::StoredTensor tensor_of(std::size_t bytes) {
  static const std::byte storage[64]{};
  return {"t", i8, {}, {storage, bytes}, nullptr};
}

TEST(LlmCopyProgress, Meter) {
  std::vector<CopyProgress> seen;
  llm::CopyMeter meter(2, 5, [&](const CopyProgress &p) { seen.push_back(p); });
  meter.add(tensor_of(2));
  meter.add(tensor_of(3));
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].tensors_done, 0);
  EXPECT_EQ(seen[0].bytes, 5);
  EXPECT_EQ(seen[1].bytes_done, 2);
  EXPECT_EQ(seen[2].tensors_done, 2);
  EXPECT_EQ(seen[2].bytes_done, 5);
  llm::CopyMeter silent(1, 2, {});
  silent.add(tensor_of(2));
  EXPECT_EQ(silent.progress().bytes_done, 2);
}

TEST(LlmCopyProgress, Line) {
  EXPECT_EQ(llm::progress_line({1, 2, 1'850'000'000, 3'090'000'000}, 10),
            "[#####.....]  60%  1.9 of 3.1 GB");
  EXPECT_EQ(llm::progress_line({0, 2, 0, 9'974'272}, 4),
            "[....]   0%  0.0 of 10.0 MB");
  EXPECT_EQ(llm::progress_line({2, 2, 10, 10}, 4),
            "[####] 100%  0.0 of 0.0 MB");
  EXPECT_EQ(llm::progress_line({0, 0, 0, 0}, 4), "[####] 100%  0.0 of 0.0 MB");
}

// What the bar writes to a stream.
std::string written(bool terminal, int times) {
  char *text = nullptr;
  std::size_t size = 0;
  std::FILE *stream = ::open_memstream(&text, &size);
  {
    llm::ProgressBar bar(stream, terminal);
    for (int i = 0; i < times; ++i)
      bar.show({1, 2, 1, 2});
  }
  std::fclose(stream);
  std::string out(text, size);
  std::free(text);
  return out;
}

TEST(LlmCopyProgress, Bar) {
  const std::string once = "\r" + llm::progress_line({1, 2, 1, 2}) + "\x1b[K";
  EXPECT_EQ(written(true, 1), once + "\r\x1b[K");
  EXPECT_EQ(written(false, 3), "");
  EXPECT_EQ(written(true, 0), "");
}

} // namespace
} // namespace girih::testing
