// SPDX-License-Identifier: Apache-2.0
// last_to_arrive(): programs of one launch whose last one reads what all have
// stored, on the host and on a GPU, by the same counters again and again.
#include "girih/girih.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace girih {
namespace {

class ArrivalsOn : public ::testing::TestWithParam<Device> {
protected:
  void SetUp() override {
    if (GetParam().kind == Device::Kind::cuda && cuda_device_count() == 0)
      GTEST_SKIP() << cuda_unavailable_reason();
  }

  Array numbers(std::initializer_list<std::int64_t> shape, unsigned seed) {
    std::int64_t count = 1;
    for (std::int64_t size : shape)
      count *= size;
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> number(-99, 99);
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double &each : values)
      each = number(random);
    return Array::from(values, shape, i32, GetParam());
  }
  Array poisoned(std::initializer_list<std::int64_t> shape) const {
    Array made = Array::empty(shape, i32, GetParam());
    made.fill_bytes(0x5a);
    return made;
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, ArrivalsOn,
                         ::testing::Values(host_device, cuda_device(0)),
                         [](const auto &info) {
                           return info.param.kind == Device::Kind::host
                                      ? "host"
                                      : "cuda";
                         });

// sums[r] of x[R, N]; programs in blocks of a row leave tiles [1, B] for the
// last one, which adds them lane by lane: what it reads is another thread's.
const Kernel row_sums = make(
    "row_sums",
    [](Tensor x, Tensor parts, Tensor counters, Tensor sums) {
      auto B = block_size("B", 64);
      Tensor tiles = x.tile({1, B}).at(1, squeeze(0));
      Tensor all = parts.tile({1, 1, B})
                       .tile({1, whole, whole})
                       .squeeze(2)
                       .expand({keep, tiles.size(1)})
                       .at(1, squeeze(0))
                       .at(2, squeeze({0, 1}));
      auto of_row = [&](const Tensor &t) {
        return t.tile({1})
            .at(1, squeeze(0))
            .unsqueeze(1)
            .expand({keep, tiles.size(1)});
      };
      return arranged(tiles, all, of_row(counters), of_row(sums));
    },
    [](In x, InOut parts, InOut counters, InOut sums) {
      parts[{program_id(1), 0}] = flip(x, 0);
      Tile last = counters.last_to_arrive({program_id(0)}, parts.size(0));
      when(last, [&] {
        Tile total = zeros(x.shape(), i32);
        for (Index part : range(parts.size(0)))
          total = total + parts[{part, 0}];
        sums = sum(total);
      });
    },
    {"x", "parts", "counters", "sums"});

std::vector<double> summed(const Array &x) {
  const std::vector<double> values = x.to_vector();
  const auto row = static_cast<std::size_t>(x.size(1));
  std::vector<double> out;
  for (std::size_t at = 0; at < values.size(); at += row) {
    double sum = 0;
    for (std::size_t i = 0; i < row; ++i)
      sum += values[at + i];
    out.push_back(sum);
  }
  return out;
}

TEST_P(ArrivalsOn, TheLastProgramSeesWhatAllHaveStored) {
  struct Size {
    std::int64_t rows, row;
  };
  for (auto [rows, row] : {Size{1, 64}, {1, 65}, {37, 1000}, {3, 64 * 129}}) {
    SCOPED_TRACE(std::to_string(rows) + " rows of " + std::to_string(row));
    const std::int64_t blocks = (row + 63) / 64;
    const Array counters = Array::zeros({rows}, i32, GetParam());
    const Array parts = poisoned({rows, blocks, 64});
    for (unsigned repetition = 0; repetition < 50; ++repetition) {
      const Array x = numbers({rows, row}, repetition);
      const Array sums = poisoned({rows});
      row_sums(x, parts, counters, sums);
      ASSERT_EQ(sums.to_vector(), summed(x)) << repetition;
      ASSERT_EQ(counters.to_vector(),
                std::vector<double>(static_cast<std::size_t>(rows), 0));
    }
  }
}

TEST_P(ArrivalsOn, LaunchesFollowEachOtherByTheSameCounters) {
  const std::int64_t rows = 16, row = 64 * 40;
  const Array counters = Array::zeros({rows}, i32, GetParam());
  const Array parts = poisoned({rows, 40, 64});
  const Array x = numbers({rows, row}, 1), y = numbers({rows, row}, 2);
  std::vector<Array> made;
  for (int i = 0; i < 200; ++i) {
    made.push_back(poisoned({rows}));
    row_sums(i % 2 ? x : y, parts, counters, made.back());
  }
  const std::vector<double> of_x = summed(x), of_y = summed(y);
  for (std::size_t i = 0; i < made.size(); ++i)
    ASSERT_EQ(made[i].to_vector(), i % 2 ? of_x : of_y) << i;
}

// Programs arrive in groups that are not neighbours, at counters that they
// compute, as many as the data say; some do not arrive at all.
TEST_P(ArrivalsOn, GroupsAndCountsAreData) {
  const Kernel kernel = make(
      "groups",
      [](Tensor group, Tensor counts, Tensor seen, Tensor counters,
         Tensor last) {
        Tensor each = group.tile({1}).at(1, squeeze(0));
        auto all = [&](const Tensor &t) {
          return t.tile({1}).tile({whole}).expand({each.size(0)});
        };
        return arranged(each, all(counts), all(seen), all(counters), all(last));
      },
      [](In group, In counts, InOut seen, InOut counters, InOut last) {
        Tile mine = cast(group, i32);
        when(mine >= 0, [&] {
          seen.scatter({program_id(0)}, program_id(0) * 3 + 1);
          Tile is_last = counters.last_to_arrive({mine}, counts.gather({mine}));
          when(is_last, [&] {
            // Of all programs of the group what they have stored.
            Tile total = zeros({}, i32);
            for (Index i : range(group.source_size(0)))
              total =
                  total + where(group.gather({i}) == mine, seen.gather({i}), 0);
            last.scatter({mine}, total);
          });
        });
      },
      {"group", "counts", "seen", "counters", "last"});
  constexpr std::int64_t programs = 400, groups = 7;
  std::mt19937 random(11);
  const Array counters = Array::zeros({groups}, i32, GetParam());
  for (int repetition = 0; repetition < 30; ++repetition) {
    std::vector<double> group, counts(groups, 0), wanted(groups, 0);
    for (std::int64_t i = 0; i < programs; ++i) {
      group.push_back(static_cast<double>(random() % (groups + 1)) - 1);
      if (group.back() < 0)
        continue;
      counts[static_cast<std::size_t>(group.back())] += 1;
      wanted[static_cast<std::size_t>(group.back())] +=
          static_cast<double>(i * 3 + 1);
    }
    const Array last = poisoned({groups});
    kernel(Array::from(group, {programs}, i32, GetParam()),
           Array::from(counts, {groups}, i32, GetParam()), poisoned({programs}),
           counters, last);
    ASSERT_EQ(last.to_vector(), wanted) << repetition;
    ASSERT_EQ(counters.to_vector(), std::vector<double>(groups, 0));
  }
}

TEST_P(ArrivalsOn, NoCounterAndNoProgramsButThisOne) {
  const Kernel kernel = make(
      "outside",
      [](Tensor place, Tensor counters, Tensor told) {
        Tensor each = place.tile({1}).at(1, squeeze(0));
        return arranged(each,
                        counters.tile({1}).tile({whole}).expand({each.size(0)}),
                        told.tile({1}).at(1, squeeze(0)));
      },
      [](In place, InOut counters, Out told) {
        // A count below 1 is 1.
        told = cast(counters.last_to_arrive({cast(place, i64)}, min(place, 0)),
                    i32);
      },
      {"place", "counters", "told"});
  const Array counters = Array::zeros({3}, i32, GetParam());
  const Array told = poisoned({5});
  kernel(
      Array::from(std::vector<double>{-1, 0, 2, 3, 1e9}, {5}, i32, GetParam()),
      counters, told);
  EXPECT_EQ(told.to_vector(), (std::vector<double>{0, 1, 1, 0, 0}));
  EXPECT_EQ(counters.to_vector(), (std::vector<double>{0, 0, 0}));
}

// Streams have counters of their own; a graph is replayed with its own.
TEST_P(ArrivalsOn, AGraphReplaysThem) {
  const std::int64_t rows = 5, row = 64 * 33;
  const Array x = numbers({rows, row}, 3), sums = poisoned({rows});
  const Array counters = Array::zeros({rows}, i32, GetParam());
  const Array parts = poisoned({rows, 33, 64});
  const Stream stream = Stream::create(GetParam());
  const Graph graph = Graph::capture(stream, [&] {
    for (int i = 0; i < 3; ++i)
      row_sums.launch(std::vector{x, parts, counters, sums},
                      {.config = {}, .stream = stream});
  });
  for (int i = 0; i < 20; ++i) {
    sums.fill_bytes(0x5a);
    graph.launch(stream);
    stream.synchronize();
    ASSERT_EQ(sums.to_vector(), summed(x)) << i;
  }
}

TEST_P(ArrivalsOn, ThreadsWithCountersOfTheirOwn) {
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      const Array x = numbers({4, 64 * 20}, thread), sums = poisoned({4});
      const Array counters = Array::zeros({4}, i32, GetParam());
      const Array parts = poisoned({4, 20, 64});
      for (int i = 0; i < 20; ++i) {
        sums.fill_bytes(0);
        row_sums(x, parts, counters, sums);
        ASSERT_EQ(sums.to_vector(), summed(x));
      }
    });
  for (std::thread &each : threads)
    each.join();
}

} // namespace
} // namespace girih
