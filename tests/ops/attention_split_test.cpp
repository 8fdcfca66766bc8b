// SPDX-License-Identifier: Apache-2.0
// Decoding of sequences that are split among programs, whose parts the last of
// them or a second kernel combines: bit for bit the same in every stream,
// thread and graph.
#include "operands.h"
#include "tolerance.h"

#include "girih/ops/attention.h"
#include "girih/runtime/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

namespace girih::testing {
namespace {

class SplitTest : public OnDevice {
protected:
  // Keys of the longest sequence: split on every device.
  std::int64_t keys() const { return on_interpreter() ? 300 : 900; }
};
GIRIH_ON_EACH_DEVICE(SplitTest);

constexpr std::int64_t heads = 2, q_heads = 6, width = 32, page = 16;

struct Decoding {
  Array q, keys, values, table, lengths;

  Array out(const Stream &stream = {}) const {
    return ops::paged_attention(q, keys, values, table, lengths, {}, stream);
  }
};

// Sequences of these lengths, in a table with room for `capacity` keys each.
Decoding make_decoding(const std::vector<double> &lengths,
                       std::int64_t capacity, DType dtype, Device device,
                       std::mt19937_64 &random) {
  const auto count = static_cast<std::int64_t>(lengths.size());
  const std::int64_t each = (capacity + page - 1) / page, pages = each * count;
  std::vector<double> table(static_cast<std::size_t>(pages));
  for (std::size_t i = 0; i < table.size(); ++i)
    table[i] = static_cast<double>(i);
  std::shuffle(table.begin(), table.end(), random);
  const auto drawn = [&](const std::vector<std::int64_t> &shape) {
    std::int64_t elements = 1;
    for (std::int64_t size : shape)
      elements *= size;
    std::vector<double> values(static_cast<std::size_t>(elements));
    std::normal_distribution<double> normal;
    for (double &value : values)
      value = normal(random);
    return Array::from(values, shape, dtype, device);
  };
  return {drawn({count, q_heads, width}), drawn({pages, page, heads, width}),
          drawn({pages, page, heads, width}),
          Array::from(table, {count, each}, i32, device),
          Array::from(lengths, {count}, i32, device)};
}

using Numbers = std::vector<double>;

// In the order of parts, whichever program comes last: bit for bit the same.
TEST_P(SplitTest, AgainAndAgain) {
  auto random = random_engine();
  const auto longest = static_cast<double>(keys());
  const Decoding one = make_decoding({longest}, keys(), bf16, device(), random);
  const Decoding three =
      make_decoding({longest, 0, longest / 3}, keys(), bf16, device(), random);
  const Numbers of_one = one.out().to_vector(),
                of_three = three.out().to_vector();
  const int rounds = on_interpreter() ? 2 : 60;
  for (int round = 0; round < rounds; ++round) {
    const Array first = one.out(), second = three.out(), third = one.out();
    ASSERT_EQ(first.to_vector(), of_one) << round;
    ASSERT_EQ(second.to_vector(), of_three) << round;
    ASSERT_EQ(third.to_vector(), of_one) << round;
  }
}

// Programs for which there are no keys take no part.
TEST_P(SplitTest, RoomForMoreKeysChangesLittle) {
  auto random = random_engine();
  for (double length : {0, 1, 31, 32, 33, 64, 200}) {
    const auto keys = static_cast<std::int64_t>(length);
    Decoding tight = make_decoding({length, length / 2}, std::max(keys, page),
                                   f32, device(), random);
    const Numbers wanted = tight.out().to_vector();
    const std::int64_t more = on_interpreter() ? 64 : 512;
    const std::int64_t used = tight.table.size(1);
    const Numbers pages = tight.table.to_vector();
    Numbers table;
    for (std::size_t b = 0; b < 2; ++b) {
      const auto *row = &pages[b * static_cast<std::size_t>(used)];
      table.insert(table.end(), row, row + used);
      table.insert(table.end(), static_cast<std::size_t>(more), -1);
    }
    tight.table = Array::from(table, {2, used + more}, i32, device());
    const Numbers got = tight.out().to_vector();
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], wanted[i], 64 * tolerance(f32).accumulate + 1e-6)
          << "length " << length << " element " << i;
  }
}

// A graph has counters of its own: what runs beside its replays has others.
TEST_P(SplitTest, GraphsBesideCalls) {
  auto random = random_engine();
  const auto longest = static_cast<double>(keys());
  const Decoding first =
                     make_decoding({longest}, keys(), bf16, device(), random),
                 second = make_decoding({longest, longest / 2}, keys(), bf16,
                                        device(), random);
  const Numbers of_first = first.out().to_vector(),
                of_second = second.out().to_vector();
  const Stream one = Stream::create(device()), two = Stream::create(device());
  Array made_first, made_second;
  const Graph graph = Graph::capture(one, [&] {
    for (int layer = 0; layer < 3; ++layer) {
      made_first = first.out(one);
      made_second = second.out(one);
    }
  });
  const int rounds = on_interpreter() ? 1 : 20;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Array> beside;
    graph.launch(one);
    for (int i = 0; i < 4; ++i) {
      beside.push_back(second.out(two));
      beside.push_back(second.out(one));
    }
    graph.launch(two);
    one.synchronize();
    two.synchronize();
    ASSERT_EQ(made_first.to_vector(), of_first) << round;
    ASSERT_EQ(made_second.to_vector(), of_second) << round;
    for (const Array &each : beside)
      ASSERT_EQ(each.to_vector(), of_second) << round;
  }
}

TEST_P(SplitTest, ThreadsWithStreamsOfTheirOwn) {
  auto random = random_engine();
  const auto longest = static_cast<double>(keys());
  const Decoding call =
      make_decoding({longest, longest / 4, 3}, keys(), f16, device(), random);
  const Numbers wanted = call.out().to_vector();
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  const int rounds = on_interpreter() ? 1 : 25;
  for (int &count : wrong)
    threads.emplace_back([&] {
      const Stream stream = Stream::create(device());
      for (int round = 0; round < rounds; ++round) {
        const Array out = call.out(stream), again = call.out(stream);
        stream.synchronize();
        count += out.to_vector() != wanted || again.to_vector() != wanted;
      }
    });
  for (std::thread &each : threads)
    each.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

} // namespace
} // namespace girih::testing
