// SPDX-License-Identifier: Apache-2.0
// Operands at indices that are data, against loops over the lanes.
#include "girih/tests/interpreter/one_tile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace girih::testing {
namespace {

TEST(InterpreterGather, OutOfRangeGivesOther) {
  // Strides with gaps, and columns stored the other way round.
  TestArray table(f32, {5, 7}, {9, 1}), rows(i32, {3, 4}), columns(i64, {3, 4}),
      y(f32, {3, 4});
  fill_random(table, 1, true);
  fill_indices(rows, 5, 2);
  fill_indices(columns, 7, 3);
  KernelSource source = make_source(
      "gather",
      [](Tensor table, Tensor rows, Tensor columns, Tensor y) {
        auto whole_tile = [](Tensor t) { return t.tile({3, 4}); };
        return arranged(table.tile({8, 8}).other(-9), whole_tile(rows),
                        whole_tile(columns), whole_tile(y));
      },
      [](In table, In rows, In columns, Out y) {
        y = table.gather({rows, columns});
      });
  std::vector<TestArray *> arrays = {&table, &rows, &columns, &y};
  interpret_on(record_for(source, arrays), arrays);
  for (std::int64_t i = 0; i < 12; ++i) {
    double row = rows.get(i), column = columns.get(i);
    bool inside = row >= 0 && row < 5 && column >= 0 && column < 7;
    double wanted =
        inside ? table.get(static_cast<std::int64_t>(row * 7 + column)) : -9;
    ASSERT_TRUE(same_number(y.get(i), wanted)) << i;
  }
}

TEST(InterpreterGather, OfRankZero) {
  TestArray table(i8, {}), y(i8, {}), column(i32, {6}), z(i8, {6});
  table.set(0, -3);
  fill_indices(column, 6, 4);
  run_one_tile(
      [](In table, In column, Out y, Out z) {
        y = table.gather({});
        z = column.gather({column}).to(i8);
      },
      {&table, &column, &y, &z});
  EXPECT_EQ(y.get(0), -3);
  for (std::int64_t i = 0; i < 6; ++i) {
    auto at = static_cast<std::int64_t>(column.get(i));
    EXPECT_EQ(z.get(i), at >= 0 && at < 6 ? column.get(at) : 0);
  }
}

TEST(InterpreterScatter, DropsWhatIsOutside) {
  TestArray y(bf16, {11}, {3}), index(i32, {2, 4}), value(f32, {2, 4});
  std::int64_t places[] = {3, -1, 10, 0, 11, 7, -2147483648LL, 5};
  for (std::int64_t i = 0; i < 8; ++i) {
    index.set(i, static_cast<double>(places[i]));
    value.set(i, static_cast<double>(i) + 0.5);
  }
  for (std::int64_t i = 0; i < 11; ++i)
    y.set(i, -1);
  run_one_tile([](InOut y, In index, In value) { y.scatter({index}, value); },
               {&y, &index, &value});
  for (std::int64_t i = 0; i < 11; ++i) {
    double wanted = -1;
    for (std::int64_t lane = 0; lane < 8; ++lane)
      if (places[lane] == i)
        wanted = static_cast<double>(lane) + 0.5;
    EXPECT_EQ(y.get(i), wanted) << i;
  }
  EXPECT_TRUE(y.untouched_outside());
}

TEST(InterpreterScatter, OneOfSeveralWritesWins) {
  TestArray y(f32, {2}), index(i32, {9}), value(f32, {9});
  std::set<double> written[2];
  for (std::int64_t i = 0; i < 9; ++i) {
    index.set(i, static_cast<double>(i % 2));
    value.set(i, static_cast<double>(i));
    written[i % 2].insert(static_cast<double>(i));
  }
  run_one_tile([](InOut y, In index, In value) { y.scatter({index}, value); },
               {&y, &index, &value});
  EXPECT_TRUE(written[0].contains(y.get(0)));
  EXPECT_TRUE(written[1].contains(y.get(1)));
}

using Atomic = Tile (*)(const InOut &, const Located &, const Located &);
using Combine = double (*)(double, double);

struct AtomicCase {
  const char *name;
  DType dtype;
  Atomic apply;
  Combine combine;
};

std::int64_t whole(double x) { return static_cast<std::int64_t>(x); }

double lower(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? std::nan("") : std::min(a, b);
}
double upper(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? std::nan("") : std::max(a, b);
}

const Atomic add = [](const InOut &y, const Located &i, const Located &x) {
  return y.atomic_add({i}, x);
};
const Atomic least = [](const InOut &y, const Located &i, const Located &x) {
  return y.atomic_min({i}, x);
};
const Atomic most = [](const InOut &y, const Located &i, const Located &x) {
  return y.atomic_max({i}, x);
};
const Combine plus = [](double a, double b) { return a + b; };

const AtomicCase atomic_cases[] = {
    {"add_f32", f32, add, plus},
    {"add_bf16", bf16, add, plus},
    {"add_i32", i32, add, plus},
    {"add_f64", f64, add, plus},
    {"min_f32", f32, least, lower},
    {"max_f32", f32, most, upper},
    {"min_i64", i64, least, lower},
    {"max_i32", i32, most, upper},
    {"and_i32", i32,
     [](const InOut &y, const Located &i, const Located &x) {
       return y.atomic_and({i}, x);
     },
     [](double a, double b) {
       return static_cast<double>(whole(a) & whole(b));
     }},
    {"or_i64", i64,
     [](const InOut &y, const Located &i, const Located &x) {
       return y.atomic_or({i}, x);
     },
     [](double a, double b) {
       return static_cast<double>(whole(a) | whole(b));
     }},
    {"xor_i32", i32,
     [](const InOut &y, const Located &i, const Located &x) {
       return y.atomic_xor({i}, x);
     },
     [](double a, double b) {
       return static_cast<double>(whole(a) ^ whole(b));
     }},
    {"exchange_f32", f32,
     [](const InOut &y, const Located &i, const Located &x) {
       return y.atomic_exchange({i}, x);
     },
     [](double, double b) { return b; }},
};

class InterpreterAtomic : public ::testing::TestWithParam<AtomicCase> {};

TEST_P(InterpreterAtomic, LanesOneAfterTheOther) {
  const AtomicCase &test = GetParam();
  TestArray y(test.dtype, {5}), index(i32, {6, 5}), x(test.dtype, {6, 5}),
      old(test.dtype, {6, 5});
  bool is_extremum = test.combine == lower || test.combine == upper;
  fill_random(y, 1);
  fill_random(x, 2, is_extremum);
  for (std::int64_t i = 0; i < 30; ++i)
    if (x.get(i) == 0) // which zero wins is not said
      x.set(i, 1);
  fill_indices(index, 5, 3);
  std::vector<double> wanted;
  for (std::int64_t i = 0; i < 5; ++i)
    wanted.push_back(y.get(i));
  Atomic apply = test.apply;
  run_one_tile(
      [=](InOut y, In index, In x, Out old) { old = apply(y, index, x); },
      {&y, &index, &x, &old});
  for (std::int64_t lane = 0; lane < 30; ++lane) {
    double before = 0;
    std::int64_t at = whole(index.get(lane));
    if (at >= 0 && at < 5) {
      double &element = wanted[static_cast<std::size_t>(at)];
      before = element;
      element = test.combine(element, x.get(lane));
    }
    ASSERT_TRUE(same_number(old.get(lane), before)) << lane;
  }
  for (std::int64_t i = 0; i < 5; ++i)
    ASSERT_TRUE(same_number(y.get(i), wanted[static_cast<std::size_t>(i)]))
        << i;
}

INSTANTIATE_TEST_SUITE_P(Kinds, InterpreterAtomic,
                         ::testing::ValuesIn(atomic_cases),
                         [](const auto &info) { return info.param.name; });

TEST(InterpreterArrival, EveryThirdProgramIsTheLast) {
  TestArray counter(i32, {3}), told(i32, {12});
  for (std::int64_t i = 0; i < 3; ++i)
    counter.set(i, i == 1); // one has come already
  KernelSource source = make_source(
      "arrive",
      [](Tensor counter, Tensor told) {
        Tensor each = told.tile({1}).at(1, squeeze(0));
        return arranged(
            counter.tile({1}).tile({girih::whole}).expand({each.size(0)}),
            each);
      },
      [](InOut counter, Out told) {
        told = cast(counter.last_to_arrive({1}, 3), i32) +
               2 * cast(counter.last_to_arrive({program_id(0) + 2}, 1), i32);
      });
  std::vector<TestArray *> arrays = {&counter, &told};
  interpret_on(record_for(source, arrays), arrays);
  for (std::int64_t i = 0; i < 12; ++i)
    EXPECT_EQ(told.get(i), (i % 3 == 1 ? 1 : 0) + (i == 0 ? 2 : 0)) << i;
  EXPECT_EQ(counter.get(0), 0);
  EXPECT_EQ(counter.get(1), 1);
  EXPECT_EQ(counter.get(2), 0);
}

TEST(InterpreterAtomicExchange, ComparesBits) {
  TestArray y(i32, {4}), index(i64, {4}), expected(i32, {4}), next(i32, {4}),
      old(i32, {4});
  for (std::int64_t i = 0; i < 4; ++i) {
    y.set(i, static_cast<double>(10 * i));
    index.set(i, static_cast<double>(i));
    expected.set(i, i % 2 ? -1 : static_cast<double>(10 * i));
    next.set(i, 7);
  }
  index.set(3, 0); // the second for element 0, which by then is 7
  expected.set(3, 7);
  next.set(3, 8);
  run_one_tile(
      [](InOut y, In index, In expected, In next, Out old) {
        old = y.atomic_compare_exchange({index}, expected, next);
      },
      {&y, &index, &expected, &next, &old});
  const double values[] = {8, 10, 7, 30}, before[] = {0, 10, 20, 7};
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(y.get(i), values[i]);
    EXPECT_EQ(old.get(i), before[i]);
  }
}

TEST(InterpreterAtomicAdd, WrapsAndCrossesPrograms) {
  // Every program adds to the same element.
  KernelSource source = make_source(
      "count",
      [](Tensor x, Tensor y) {
        auto parts = x.tile({4});
        auto count = y.select(0, 0).tile({}).unsqueeze(0);
        return arranged(parts, count.expand({parts.size(0)}));
      },
      [](In x, InOut y) {
        y.atomic_add({zeros(x.shape(), i32)}, where(x.in_bounds(), x, 0));
      });
  TestArray x(i32, {18}), y(i32, {1});
  fill_random(x, 5);
  y.set(0, 2147483647);
  double sum = 2147483647;
  for (std::int64_t i = 0; i < 18; ++i)
    sum += x.get(i);
  x.set(0, x.get(0) + 100); // certainly past the largest
  sum += 100;
  std::vector<TestArray *> arrays = {&x, &y};
  interpret_on(record_for(source, arrays), arrays);
  EXPECT_EQ(y.get(0), sum - 4294967296.);
}

} // namespace
} // namespace girih::testing
