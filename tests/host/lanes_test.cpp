// SPDX-License-Identifier: Apache-2.0
// Moving and numbering lanes, indirect accesses and atomics on the host against
// the interpreter.
#include "like_interpreter.h"

#include "girih/tests/interpreter/kernels.h"

#include <thread>

namespace girih::testing {
namespace {

/// y = apply(x), of the operand itself and of something computed of it.
template <class Apply>
void expect_moved(const Shape &from, const Shape &to, Apply apply) {
  for (DType dtype : {f32, bf16, i8}) {
    TestArray x(dtype, from), y(dtype, to), z(dtype, to), w(f32, to);
    fill_random(x, 1);
    expect_one_tile_like_interpreter(
        [=](In a, Out b, Out c, Out d) {
          b = apply(a);
          c = apply(a + a) - apply(a);
          d = apply(exp2(cast(a, f32)));
        },
        {&x, &y, &z, &w});
  }
}

TEST(HostLanes, Reshape) {
  expect_moved({6, 5}, {3, 2, 5},
               [](const Located &x) { return reshape(x, {3, -1, 5}); });
  expect_moved({8, 32}, {256},
               [](const Located &x) { return reshape(x, {256}); });
  expect_moved({256}, {4, 64},
               [](const Located &x) { return reshape(x, {4, 64}); });
  expect_moved({6, 10}, {60},
               [](const Located &x) { return reshape(x, {60}); });
  expect_moved({7}, {1, 7}, [](const Located &x) { return unsqueeze(x, 0); });
  expect_moved({40, 1}, {40}, [](const Located &x) { return squeeze(x, 1); });
}

TEST(HostLanes, PermuteAndTranspose) {
  expect_moved({2, 3, 50}, {50, 2, 3},
               [](const Located &x) { return permute(x, {2, 0, 1}); });
  expect_moved({33, 70}, {70, 33},
               [](const Located &x) { return transpose(x); });
}

TEST(HostLanes, BroadcastSliceFlip) {
  expect_moved({30, 1}, {2, 30, 50},
               [](const Located &x) { return broadcast_to(x, {2, 30, 50}); });
  expect_moved({50}, {3, 50},
               [](const Located &x) { return broadcast_to(x, {3, 50}); });
  expect_moved({1}, {3, 20},
               [](const Located &x) { return broadcast_to(x, {3, 20}); });
  expect_moved({4, 90}, {4, 30},
               [](const Located &x) { return slice(x, 1, 2, 30, 2); });
  expect_moved({4, 64}, {4, 61},
               [](const Located &x) { return slice(x, 1, 3, 61); });
  expect_moved({5, 33}, {5, 33}, [](const Located &x) { return flip(x, 0); });
  expect_moved({5, 150}, {5, 150}, [](const Located &x) { return flip(x, 1); });
}

TEST(HostLanes, JoinSplitCat) {
  expect_moved({3, 50}, {3, 50, 2},
               [](const Located &x) { return join(x, flip(x, 1)); });
  expect_moved({60, 2}, {60}, [](const Located &x) { return split(x).second; });
  expect_moved({3, 40}, {6, 40},
               [](const Located &x) { return cat(x, flip(x, 1), 0); });
  expect_moved({3, 37}, {3, 74},
               [](const Located &x) { return cat(x, flip(x, 0), 1); });
}

// What several nests need is kept by the first that computes it in its place:
// the first here reads it through maps only, which cancel.
TEST(HostLanes, KeptValuesThroughMapsThatCancel) {
  TestArray x(f32, {9, 40}), there(f32, {9, 40}), back(f32, {9, 40}),
      total(f32, {}), kept(f32, {9, 40});
  fill_random(x, 22);
  auto run = [&](auto around) {
    expect_one_tile_like_interpreter(
        [=](In a, Out b, Out d) {
          Tile x = a * a + 3;
          b = around(x);
          d = x - 1;
        },
        {&x, &there, &kept});
  };
  run([](const Tile &x) { return squeeze(unsqueeze(x, 1) * 2, 1); });
  run([](const Tile &x) { return flip(flip(x, 1) * 2, 1); });
  run([](const Tile &x) { return split(join(x, x + 1)).second; });
  expect_one_tile_like_interpreter(
      [](In a, Out b, Out c, Out d) {
        Tile x = a * a + 3;
        c = sum(reshape(reshape(x, {-1}) * 2, {9, 40}));
        b = x + 1;
        d = x - 1;
      },
      {&x, &back, &total, &kept});
}

TEST(HostLanes, NumbersOfLanes) {
  KernelSource source = make_source(
      "offsets",
      [](Tensor x, Tensor rows, Tensor columns, Tensor inside) {
        return arranged(x.tile({4, 30}, {2, 50}), rows.tile({4, 30}),
                        columns.tile({4, 30}), inside.tile({4, 30}));
      },
      [](In x, Out rows, Out columns, Out inside) {
        rows = x.offsets(0) + reshape(arange(30, i32, -5), {1, 30});
        columns = x.offsets(1);
        inside = x.in_bounds();
      });
  Shape shape = {3 * 4, 3 * 30};
  TestArray x(f32, {7, 120}), rows(i64, shape), columns(i32, shape),
      inside(b1, shape);
  std::vector<TestArray *> arrays = {&x, &rows, &columns, &inside};
  expect_like_interpreter(record_for(source, arrays), arrays, 9);
}

TEST(HostLanes, FlattenedOperands) {
  // Contiguous and with gaps; the last program is ragged.
  KernelSource source = make_source(
      "flat",
      [](Tensor x, Tensor y) {
        return arranged(x.flatten().tile({64}), y.flatten().tile({64}));
      },
      [](In x, Out y) { y = x * 2.f; });
  OperandClass known;
  known.unit_stride = 4;
  const DType dtypes[] = {f32, f32};
  const int ranks[] = {3, 3};
  const OperandClass classes[] = {known, known};
  const Program program = record(source, dtypes, ranks, classes, {});
  const Shape shape = {3, 7, 25};
  const Shape gaps[] = {{175, 25, 1}, {182, 26, 1}, {200, 25, 1}};
  for (const Shape &from : gaps)
    for (const Shape &to : gaps) {
      TestArray x(f32, shape, from), y(f32, shape, to);
      fill_random(x, 1);
      std::vector<TestArray *> arrays = {&x, &y};
      expect_like_interpreter(program, arrays, (3 * 7 * 25 + 63) / 64);
    }
}

TEST(HostLanes, Take) {
  for (int along : {0, 1, 2})
    for (DType dtype : {i32, i64}) {
      Shape from = {3, 25, 40}, to = from;
      to[static_cast<std::size_t>(along)] = 47;
      TestArray x(f32, from), index(dtype, to), y(f32, to), z(f32, to);
      fill_random(x, 1, true);
      std::mt19937 random(2);
      for (std::int64_t i = 0; i < index.numel(); ++i)
        index.set(i, std::uniform_int_distribution<int>(-2, 45)(random));
      expect_one_tile_like_interpreter(
          [=](In a, In b, Out c, Out d) {
            c = gather(a, along, b);
            d = gather(a * 2.f + 1.f, along, b);
          },
          {&x, &index, &y, &z});
    }
}

TEST(HostLanes, BitcastKeepsBits) {
  for (auto [wide, narrow] :
       {std::pair(f32, i32), std::pair(f64, i64), std::pair(f16, i16),
        std::pair(bf16, i16), std::pair(i8, u8), std::pair(e4m3, u8),
        std::pair(e5m2, i8)}) {
    TestArray x(wide, {37}), y(narrow, {37}), back(wide, {37});
    fill_bits(x, 3);
    expect_one_tile_like_interpreter(bitcasts(narrow), {&x, &y, &back});
  }
}

TEST(HostLanes, FmaRoundsOnce) {
  for (DType dtype : {f64, f32, f16, bf16}) {
    TestArray a(dtype, {200}), b(dtype, {200}), c(dtype, {200}),
        y(dtype, {200});
    std::mt19937 random(4);
    std::normal_distribution<float> values;
    for (int i = 0; i < 200; ++i) {
      a.set(i, values(random));
      b.set(i, values(random));
      c.set(i, i % 3 == 0   ? values(random)
               : i % 3 == 1 ? -(a.get(i) * b.get(i))
                            : std::ldexp(values(random), -20 - i % 50));
    }
    a.set(0, 1.0625); // half way between two bf16, and a little more
    b.set(0, 1.0625);
    c.set(0, std::ldexp(1, -60));
    expect_one_tile_like_interpreter(
        [](In a, In b, In c, Out y) { y = fma(a, b, c); }, {&a, &b, &c, &y});
  }
}

TEST(HostLanes, InlinePtx) {
  TestArray x(bf16, {3, 50}), s(f32, {}), y(f32, {3, 50}), z(f32, {});
  fill_random(x, 1);
  s.set(0, 3);
  expect_one_tile_like_interpreter(fma_by_ptx, {&x, &s, &y, &z});
}

TEST(HostIndirect, GatherOutOfRangeGivesOther) {
  for (DType dtype : {f32, bf16, e4m3, i64, i8, b1}) {
    TestArray table(dtype, {5, 70}, {90, 1}), rows(i32, {3, 40}),
        columns(i64, {3, 40}), y(dtype, {3, 40}), z(dtype, {});
    fill_random(table, 1, true);
    fill_indices(rows, 5, 2);
    fill_indices(columns, 70, 3);
    KernelSource source = make_source(
        "gather",
        [](Tensor table, Tensor rows, Tensor columns, Tensor y, Tensor z) {
          auto whole_tile = [](Tensor t) { return t.tile({3, 40}); };
          return arranged(table.tile({8, 128}).other(1), whole_tile(rows),
                          whole_tile(columns), whole_tile(y),
                          z.unsqueeze(0)
                              .unsqueeze(0)
                              .tile({1, 1})
                              .at(1, squeeze(0))
                              .at(1, squeeze(0)));
        },
        [](In table, In rows, In columns, Out y, Out z) {
          y = table.gather({rows, columns});
          z = table.gather({Index(4), Index(2)});
        });
    std::vector<TestArray *> arrays = {&table, &rows, &columns, &y, &z};
    expect_like_interpreter(record_for(source, arrays), arrays);
  }
}

TEST(HostIndirect, GatherOfRows) {
  for (DType dtype : {f32, bf16, i8})
    for (std::int64_t start : {-3, 0, 20}) {
      TestArray table(dtype, {5, 70}, {90, 1}), rows(i64, {6}),
          y(dtype, {6, 60}), z(dtype, {6, 60});
      fill_random(table, 1, true);
      fill_indices(rows, 5, 2);
      KernelSource source = make_source(
          "rows",
          [](Tensor table, Tensor rows, Tensor y, Tensor z) {
            return arranged(table.tile({8, 128}), rows.tile({6}).unsqueeze(1),
                            y.tile({6, 60}), z.tile({6, 60}));
          },
          [=](In table, In rows, Out y, Out z) {
            Tile row = unsqueeze(rows, 1);
            Tile columns = reshape(arange(60, i32, start), {1, 60});
            y = table.gather({row, columns});
            z = table.gather({row, full({1, 1}, 3, i32)});
          });
      OperandClass known;
      known.unit_stride = 2;
      std::vector<TestArray *> arrays = {&table, &rows, &y, &z};
      const DType dtypes[] = {dtype, i64, dtype, dtype};
      const int ranks[] = {2, 1, 2, 2};
      const OperandClass classes[] = {known, {}, known, known};
      expect_like_interpreter(record(source, dtypes, ranks, classes, {}),
                              arrays);
    }
}

TEST(HostIndirect, ScatterDropsWhatIsOutside) {
  for (DType dtype : {f32, bf16, i8}) {
    TestArray y(dtype, {11, 60}, {70, 1}), rows(i32, {4, 40}),
        columns(i64, {4, 40}), value(dtype, {4, 40});
    fill_random(y, 1);
    fill_random(value, 2);
    for (std::int64_t i = 0; i < 160; ++i) { // no two alike
      rows.set(i, static_cast<double>(i * 7 % 13 - 1));
      columns.set(i, static_cast<double>(i * 7 / 13 - 3));
    }
    expect_one_tile_like_interpreter(
        [](InOut y, In rows, In columns, In value) {
          y.scatter({rows, columns}, value);
        },
        {&y, &rows, &columns, &value});
  }
}

TEST(HostIndirect, ReadsBeforeWritesComeFirst) {
  // What was read of an operand stays when the operand is written afterwards.
  TestArray y(f32, {50}), index(i32, {50}), z(f32, {50}), w(f32, {50});
  fill_random(y, 1);
  for (std::int64_t i = 0; i < 50; ++i)
    index.set(i, static_cast<double>(49 - i));
  expect_one_tile_like_interpreter(
      [](InOut y, In index, Out z, Out w) {
        Tile gathered = y.gather({index}), flipped = flip(y, 0);
        y.scatter({index}, gathered + 10.f);
        z = gathered;
        w = flipped;
      },
      {&y, &index, &z, &w});
}

using Atomic = Tile (*)(const InOut &, const Located &, const Located &);

TEST(HostAtomic, EveryKindAndType) {
  const std::pair<Atomic, bool> kinds[] = {
      {[](const InOut &y, const Located &i, const Located &x) {
         return y.atomic_add({i}, x);
       },
       false},
      {[](const InOut &y, const Located &i, const Located &x) {
         return y.atomic_min({i}, x);
       },
       false},
      {[](const InOut &y, const Located &i, const Located &x) {
         return y.atomic_max({i}, x);
       },
       false},
      {[](const InOut &y, const Located &i, const Located &x) {
         return y.atomic_exchange({i}, x);
       },
       false},
      {[](const InOut &y, const Located &i, const Located &x) {
         return y.atomic_and({i}, x);
       },
       true},
      {[](const InOut &y, const Located &i, const Located &x) {
         return y.atomic_or({i}, x);
       },
       true},
      {[](const InOut &y, const Located &i, const Located &x) {
         return y.atomic_xor({i}, x);
       },
       true}};
  for (std::size_t kind = 0; kind < std::size(kinds); ++kind)
    for (DType dtype : {f64, f32, f16, bf16, i64, i32}) {
      bool narrow = dtype == f16 || dtype == bf16;
      if ((kinds[kind].second && is_float(dtype)) || (narrow && kind > 0))
        continue;
      TestArray y(dtype, {5}), index(i32, {6, 25}), x(dtype, {6, 25}),
          old(dtype, {6, 25});
      fill_random(y, 1);
      fill_random(x, 2);
      for (std::int64_t i = 0; i < x.numel(); ++i)
        if (x.get(i) == 0)
          x.set(i, 1);
      fill_indices(index, 5, 3);
      Atomic apply = kinds[kind].first;
      expect_one_tile_like_interpreter(
          [=](InOut y, In index, In x, Out old) { old = apply(y, index, x); },
          {&y, &index, &x, &old});
    }
}

TEST(HostAtomic, ComparesBits) {
  TestArray y(i32, {4}), index(i64, {4}), expected(i32, {4}), next(i32, {4}),
      old(i32, {4});
  for (std::int64_t i = 0; i < 4; ++i) {
    y.set(i, static_cast<double>(10 * i));
    index.set(i, static_cast<double>(i));
    expected.set(i, i % 2 ? -1 : static_cast<double>(10 * i));
    next.set(i, 7);
  }
  expect_one_tile_like_interpreter(
      [](InOut y, In index, In expected, In next, Out old) {
        old = y.atomic_compare_exchange({index}, expected, next);
      },
      {&y, &index, &expected, &next, &old});
}

TEST(HostAtomic, ThreadsAddToTheSameElements) {
  KernelSource source = make_source(
      "count",
      [](Tensor x, Tensor y) {
        auto parts = x.tile({40});
        auto count = y.select(0, 0).tile({}).unsqueeze(0);
        return arranged(parts, count.expand({parts.size(0)}));
      },
      [](In x, InOut y) { y.atomic_add({x}, full(x.shape(), 1, f32)); });
  constexpr std::int64_t n = 40 * 500;
  TestArray x(i32, {n}), y(f32, {3});
  std::vector<double> wanted(3, 0);
  for (std::int64_t i = 0; i < 3; ++i)
    y.set(i, 0);
  std::mt19937 random(5);
  for (std::int64_t i = 0; i < n; ++i) {
    auto place = random() % 3;
    x.set(i, static_cast<double>(place));
    wanted[place] += 1;
  }
  OnHost host(record_for(source, {&x, &y}));
  const std::vector<std::int64_t> params = parameter_block({&x, &y});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      host.run_range(params, thread * 125, (thread + 1) * 125);
    });
  for (std::thread &thread : threads)
    thread.join();
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_EQ(y.get(i), wanted[static_cast<std::size_t>(i)]);
}

} // namespace
} // namespace girih::testing
