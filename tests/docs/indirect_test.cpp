// SPDX-License-Identifier: Apache-2.0
// The kernels of docs/reference/tile_control.md whose programs reach elements
// anywhere, on the host.
#include "girih/compiler/compiler.h"
#include "girih/girih.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace girih {
namespace {

// [embedding]
// table[V, D], ids[T] -> out[T, D]: row ids[t] of the table.
const Kernel embedding = make(
    "embedding",
    [](Tensor table, Tensor ids, Tensor out) {
      auto BT = block_size("BT", 4), BD = block_size("BD", 64);
      auto tiles = out.tile({BT, BD});
      // A tile of ids for each row of tiles.
      auto rows = ids.tile({BT}).unsqueeze(1).expand({keep, tiles.size(1)});
      // All of the table for each program.
      auto all = table.tile({1, 1})
                     .tile({whole, whole})
                     .expand({tiles.size(0), tiles.size(1)});
      return arranged(all, rows, tiles);
    },
    [](In table, In ids, Out out) {
      // Lanes past the edges of out read nothing.
      Tile column = where(out.in_bounds(), out.offsets(1), nowhere);
      out = table.gather({unsqueeze(ids, 1), column});
    },
    {"table", "ids", "out"});
// [/embedding]

// [histogram]
// x[N] of integers, counts[B]: adds to counts[b] how many of x are b.
const Kernel histogram = make(
    "histogram",
    [](Tensor x, Tensor counts) {
      auto tiles = x.tile({block_size("BLOCK", 256)});
      return arranged(tiles,
                      counts.tile({1}).tile({whole}).expand({tiles.size(0)}));
    },
    [](In x, InOut counts) {
      counts.atomic_add({where(x.in_bounds(), x, nowhere)}, 1);
    },
    {"x", "counts"});
// [/histogram]

// [put]
// x[N], place[N], out[M]: out[place[i]] = x[i], what no place names stays.
const Kernel put = make(
    "put",
    [](Tensor x, Tensor place, Tensor out) {
      auto BLOCK = block_size("BLOCK", 256);
      auto tiles = x.tile({BLOCK});
      auto all = out.tile({1}).tile({whole}).expand({tiles.size(0)});
      return arranged(tiles, place.tile({BLOCK}), partial(all));
    },
    [](In x, In place, Out out) {
      out.scatter({where(place.in_bounds(), place, nowhere)}, x);
    },
    {"x", "place", "out"});
// [/put]

// [total]
// x[N] -> out[1]: the sum of x. Each program sums a tile of it, and the last
// one to end adds what all have found; parts has a place for each.
const Kernel total = make(
    "total",
    [](Tensor x, Tensor parts, Tensor counter, Tensor out) {
      auto tiles = x.tile({block_size("BLOCK", 256)});
      auto all = [&](const Tensor &t) {
        return t.tile({1}).tile({whole}).expand({tiles.size(0)});
      };
      return arranged(tiles, all(parts), all(counter), all(out));
    },
    [](In x, InOut parts, InOut counter, InOut out) {
      parts[program_id(0)] = sum(x);
      when(counter.last_to_arrive({0}, parts.size(0)), [&] {
        Tile all = zeros({1}, f32);
        for (Index k : range(parts.size(0)))
          all += parts[k];
        out[0] = all;
      });
    },
    {"x", "parts", "counter", "out"});
// [/total]

// Each kernel runs as it is and once more where an index out of range is an
// error: anew, as what a kernel has planned it goes on doing.
Kernel anew(const Kernel &kernel) { return Kernel(kernel.source()); }

class DocsIndirect : public ::testing::TestWithParam<const char *> {
protected:
  DocsIndirect() { setenv("GIRIH_DEBUG", GetParam(), 1); }
  ~DocsIndirect() override { unsetenv("GIRIH_DEBUG"); }

  Array random_numbers(std::initializer_list<std::int64_t> shape, DType dtype,
                       int below) {
    std::int64_t count = 1;
    for (std::int64_t size : shape)
      count *= size;
    std::vector<double> values;
    for (std::int64_t i = 0; i < count; ++i)
      values.push_back(std::uniform_int_distribution(0, below - 1)(random_));
    return Array::from(values, shape, dtype, host_device);
  }

  std::mt19937 random_{7};
};
INSTANTIATE_TEST_SUITE_P(, DocsIndirect, ::testing::Values("", "bounds"),
                         [](const auto &information) {
                           return *information.param ? "Checked" : "Plain";
                         });

TEST_P(DocsIndirect, Embedding) {
  // Neither size is a multiple of its block.
  const std::int64_t rows = 11, columns = 70, tokens = 7;
  const Array table = random_numbers({rows, columns}, f32, 1000);
  const Array ids = random_numbers({tokens}, i32, rows);
  const Array out = Array::empty({tokens, columns}, f32, host_device);
  out.fill_bytes(0xff);
  anew(embedding)(table, ids, out);
  const std::vector<double> all = table.to_vector();
  std::vector<double> wanted;
  for (double each : ids.to_vector()) {
    auto begin = all.begin() + static_cast<std::int64_t>(each) * columns;
    wanted.insert(wanted.end(), begin, begin + columns);
  }
  EXPECT_EQ(out.to_vector(), wanted);
}

TEST_P(DocsIndirect, Histogram) {
  const Array x = random_numbers({1000}, i32, 9);
  const Array counts = random_numbers({9}, i32, 100);
  std::vector<double> wanted = counts.to_vector();
  for (double each : x.to_vector())
    wanted[static_cast<std::size_t>(each)] += 1;
  anew(histogram)(x, counts);
  EXPECT_EQ(counts.to_vector(), wanted);
}

TEST_P(DocsIndirect, Total) {
  const Kernel kernel = anew(total);
  const Array counter = Array::zeros({1}, i32, host_device);
  const Array parts = Array::empty({10}, f32, host_device);
  const Array out = Array::empty({1}, f32, host_device);
  for (int i = 0; i < 20; ++i) {
    const Array x = random_numbers({2500}, f32, 1000);
    double wanted = 0;
    for (double each : x.to_vector())
      wanted += each;
    out.fill_bytes(0xff);
    kernel(x, parts, counter, out);
    EXPECT_EQ(out.to_vector(), std::vector<double>{wanted});
  }
}

TEST_P(DocsIndirect, Put) {
  const std::int64_t count = 300, places = 900;
  const Array x = random_numbers({count}, f32, 1000);
  std::vector<double> order(static_cast<std::size_t>(places));
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = static_cast<double>(i);
  std::shuffle(order.begin(), order.end(), random_);
  order.resize(static_cast<std::size_t>(count)); // no place twice
  const Array place = Array::from(order, {count}, i64, host_device);
  const Array out = random_numbers({places}, f32, 1000);
  std::vector<double> wanted = out.to_vector();
  for (std::size_t i = 0; i < order.size(); ++i)
    wanted[static_cast<std::size_t>(order[i])] = x.to_vector()[i];
  anew(put)(x, place, out);
  EXPECT_EQ(out.to_vector(), wanted);
}

// They are compiled for a GPU, too.
TEST(DocsIndirectKernels, CompileForAGPU) {
  const Array table = Array::empty({11, 70}, f32, host_device);
  const Array numbers = Array::empty({300}, f32, host_device);
  const Array ids = Array::empty({300}, i32, host_device);
  const Array out = Array::empty({300, 70}, f32, host_device);
  const std::pair<Kernel, std::vector<Array>> calls[] = {
      {embedding, {table, ids, out}},
      {histogram, {ids, numbers}},
      {put, {numbers, ids, numbers}}};
  for (const auto &[kernel, arrays] : calls)
    for (const char *arch : {"sm_80", "sm_90a"})
      EXPECT_NO_THROW(compiler::compile(kernel.program(arrays),
                                        compiler::parse_target(arch)));
}

} // namespace
} // namespace girih
