// SPDX-License-Identifier: Apache-2.0
// Reductions, scans and sorting against loops over one row at a time.
#include "girih/tests/interpreter/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace girih::testing {
namespace {

using Row = std::vector<double>;

/// The rows of `array` along `dim`, and what number each element has.
struct Rows {
  std::vector<Row> rows;
  std::vector<std::vector<std::int64_t>> places;

  Rows(const TestArray &array, int along) {
    Shape shape = array.shape();
    auto dim = static_cast<std::size_t>(along);
    std::int64_t size = shape[dim];
    shape[dim] = 1;
    std::int64_t count = array.numel() / size;
    for (std::int64_t row = 0; row < count; ++row) {
      auto at = unravel(row, shape);
      rows.emplace_back();
      places.emplace_back();
      for (at[dim] = 0; at[dim] < size; ++at[dim]) {
        places.back().push_back(ravel(at, array.shape()));
        rows.back().push_back(array.get(places.back().back()));
      }
    }
  }
};

const Along cases[] = {{{5}, 0},       {{1}, 0},       {{3, 7}, 0},
                       {{3, 7}, 1},    {{2, 5, 3}, 0}, {{2, 5, 3}, 1},
                       {{2, 5, 3}, 2}, {{4, 1, 6}, 1}, {{33}, 0}};

/// Expects that `apply` over `dim` gives `wanted` of each row.
template <class Apply, class Wanted>
void expect_reduced(DType in, DType out, bool specials, Apply apply,
                    Wanted wanted) {
  for (const Along &test : cases) {
    TestArray x(in, test.shape), y(out, reduced(test));
    fill_random(x, 7, specials);
    int over = test.dim;
    run_one_tile([=](In a, Out b) { b = apply(a, dim(over)); }, {&x, &y});
    Rows rows(x, over);
    for (std::size_t i = 0; i < rows.rows.size(); ++i)
      ASSERT_TRUE(same_number(y.get(static_cast<std::int64_t>(i)),
                              wanted(rows.rows[i])))
          << "row " << i << " of " << test.shape.size() << " dims, along "
          << over << ": " << y.get(static_cast<std::int64_t>(i)) << " for "
          << wanted(rows.rows[i]);
    EXPECT_TRUE(y.untouched_outside());
  }
}

double total(const Row &row) {
  double sum = 0;
  for (double x : row)
    sum += x;
  return sum;
}

TEST(InterpreterReduce, SumsAndProducts) {
  auto sums = [](const Located &x, Dim over) { return sum(x, over); };
  for (DType in : {i32, i8, u8, b1})
    expect_reduced(in, i64, false, sums, total);
  for (DType in : {f64, f32, f16, bf16})
    expect_reduced(in, in == f64 ? f64 : f32, false, sums, total);
  expect_reduced(
      i16, i64, false, [](const Located &x, Dim over) { return prod(x, over); },
      [](const Row &row) {
        double product = 1; // wraps as an i64, but not in these
        for (double x : row)
          product *= x;
        return product == 0 ? 0.0 : product;
      });
}

TEST(InterpreterReduce, SumInEitherRounding) {
  // 2^24 + 1 + ... + 1: in f32 some ones are lost, in f64 none.
  TestArray x(f32, {100}), y(f64, {});
  x.set(0, 16777216);
  for (int i = 1; i < 100; ++i)
    x.set(i, 1);
  std::vector<TestArray *> arrays = {&x, &y};
  Program program = one_tile([](In a, Out b) { b = sum(a).to(f64); }, arrays);
  interpret_on(program, arrays, true);
  EXPECT_EQ(y.get(0), 16777216 + 99);
  interpret_on(program, arrays, false);
  EXPECT_NEAR(y.get(0), 16777216 + 99, 8);
  EXPECT_NE(y.get(0), 16777216 + 99);
}

TEST(InterpreterReduce, ExtremaAreNaNIfAnyIs) {
  auto wanted = [](bool largest) {
    return [=](const Row &row) {
      double best = row[0];
      for (double x : row) {
        if (std::isnan(x))
          return x;
        if (largest ? x > best : x < best)
          best = x;
        else if (x == best && std::signbit(x) != largest)
          best = x;
      }
      return best;
    };
  };
  for (DType dtype : {f32, bf16, i8, u8}) {
    expect_reduced(
        dtype, dtype, true,
        [](const Located &x, Dim over) { return max(x, over); }, wanted(true));
    expect_reduced(
        dtype, dtype, true,
        [](const Located &x, Dim over) { return min(x, over); }, wanted(false));
  }
}

TEST(InterpreterReduce, ArgumentsOfExtremaAreTheFirst) {
  auto wanted = [](bool largest) {
    return [=](const Row &row) {
      std::size_t best = 0;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (std::isnan(row[i]))
          return static_cast<double>(i);
        if (largest ? row[i] > row[best] : row[i] < row[best])
          best = i;
      }
      return static_cast<double>(best);
    };
  };
  for (DType dtype : {f32, f16, i32, u8}) {
    expect_reduced(
        dtype, i64, true,
        [](const Located &x, Dim over) { return argmax(x, over); },
        wanted(true));
    expect_reduced(
        dtype, i64, true,
        [](const Located &x, Dim over) { return argmin(x, over); },
        wanted(false));
  }
}

TEST(InterpreterReduce, AnyAll) {
  expect_reduced(
      b1, b1, false, [](const Located &x, Dim over) { return any(x, over); },
      [](const Row &row) { return total(row) > 0; });
  expect_reduced(
      i8, b1, false, [](const Located &x, Dim over) { return all(x, over); },
      [](const Row &row) {
        return std::count(row.begin(), row.end(), 0) == 0;
      });
}

TEST(InterpreterReduce, WholeTilesAndKeptDimensions) {
  TestArray x(i32, {3, 5}), all_of(i64, {}), kept(i64, {3, 1}),
      position(i64, {});
  fill_random(x, 8);
  run_one_tile(
      [](In a, Out b, Out c, Out d) {
        b = sum(a);
        c = sum(a, dim(1).kept());
        d = argmax(a);
      },
      {&x, &all_of, &kept, &position});
  double sum = 0;
  std::int64_t best = 0;
  for (std::int64_t i = 0; i < 15; ++i) {
    sum += x.get(i);
    best = x.get(i) > x.get(best) ? i : best;
  }
  EXPECT_EQ(all_of.get(0), sum);
  EXPECT_EQ(position.get(0), static_cast<double>(best));
  Rows rows(x, 1);
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_EQ(kept.get(i), total(rows.rows[static_cast<std::size_t>(i)]));
}

TEST(InterpreterReduce, SeveralTilesAtOnce) {
  TestArray x(f64, {5, 11}), mean(f64, {5}), variance(f64, {5});
  std::mt19937 random(9);
  std::normal_distribution<double> values(3);
  for (std::int64_t i = 0; i < x.numel(); ++i)
    x.set(i, values(random));
  run_one_tile(moments, {&x, &mean, &variance});
  Rows rows(x, 1);
  for (std::int64_t i = 0; i < 5; ++i) {
    const Row &row = rows.rows[static_cast<std::size_t>(i)];
    double average = total(row) / 11, squares = 0;
    for (double each : row)
      squares += (each - average) * (each - average);
    EXPECT_NEAR(mean.get(i), average, 1e-13);
    EXPECT_NEAR(variance.get(i), squares / 11, 1e-12);
  }
}

TEST(InterpreterReduce, ConstantFunction) {
  TestArray x(f32, {3, 4}), y(f32, {4});
  fill_random(x, 10);
  run_one_tile(
      [](In a, Out b) {
        b = reduce(a, dim(0), [](Tile, Tile) { return full({}, 5, f32); });
      },
      {&x, &y});
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(y.get(i), 5);
}

TEST(InterpreterScan, OrderMatters) {
  for (const auto &[shape, along] : cases)
    for (bool reverse : {false, true}) {
      TestArray a(i64, shape), b(i64, shape), y(i64, shape), z(i64, shape);
      fill_random(a, 11);
      fill_random(b, 12);
      for (std::int64_t i = 0; i < a.numel(); ++i)
        a.set(i, a.get(i) < 0 ? -1 : 1);
      run_one_tile(composed_maps(along, reverse), {&a, &b, &y, &z});
      Rows factors(a, along), terms(b, along);
      for (std::size_t row = 0; row < factors.rows.size(); ++row) {
        double factor = 1, term = 0;
        std::size_t size = factors.rows[row].size();
        for (std::size_t step = 0; step < size; ++step) {
          std::size_t i = reverse ? size - 1 - step : step;
          factor *= factors.rows[row][i];
          term = term * factors.rows[row][i] + terms.rows[row][i];
          ASSERT_EQ(y.get(factors.places[row][i]), factor);
          ASSERT_EQ(z.get(factors.places[row][i]), term);
        }
      }
    }
}

TEST(InterpreterScan, CumulativeFunctions) {
  TestArray x(f32, {4, 9}), sums(f32, {4, 9}), highest(f32, {4, 9});
  fill_random(x, 13, false);
  x.set(12, std::nan(""));
  run_one_tile(
      [](In a, Out b, Out c) {
        b = cumsum(a, 1);
        c = cummax(a, 0, true);
      },
      {&x, &sums, &highest});
  Rows rows(x, 1), columns(x, 0);
  for (std::size_t row = 0; row < 4; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < 9; ++i) {
      sum += rows.rows[row][i];
      ASSERT_TRUE(same_number(sums.get(rows.places[row][i]), sum + 0.0));
    }
  }
  for (std::size_t column = 0; column < 9; ++column) {
    double best = columns.rows[column][3];
    for (std::size_t i = 4; i-- > 0;) {
      double value = columns.rows[column][i];
      if (std::isnan(value) || value > best)
        best = value;
      ASSERT_TRUE(same_number(highest.get(columns.places[column][i]), best));
    }
  }
}

/// Whether `a` comes before `b`; NaN above all, -0 equal to 0.
bool before(double a, double b, bool descending) {
  if (descending)
    std::swap(a, b);
  return std::isnan(b) ? !std::isnan(a) : a < b;
}

TEST(InterpreterSort, StableWithPayloads) {
  for (DType dtype : {f32, u8})
    for (const auto &[shape, along] : cases)
      for (bool descending : {false, true}) {
        TestArray x(dtype, shape), y(dtype, shape), places(i64, shape);
        fill_to_sort(x, 14);
        run_one_tile(sorted_with_places(along, descending), {&x, &y, &places});
        Rows rows(x, along);
        for (std::size_t row = 0; row < rows.rows.size(); ++row) {
          const Row &keys = rows.rows[row];
          std::vector<std::size_t> order(keys.size());
          for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
          std::sort(order.begin(), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      bool above = before(keys[b], keys[a], descending);
                      return before(keys[a], keys[b], descending) ||
                             (!above && a < b);
                    });
          for (std::size_t i = 0; i < order.size(); ++i) {
            std::int64_t at = rows.places[row][i];
            ASSERT_TRUE(same_number(y.get(at), keys[order[i]]))
                << name(dtype) << " " << at;
            ASSERT_EQ(places.get(at), static_cast<double>(order[i]));
          }
        }
      }
}

TEST(InterpreterHistogram, CountsWhatIsInRange) {
  for (DType dtype : {i64, i32, i8, u8})
    for (int bins : {1, 7, 200}) {
      TestArray x(dtype, {5, 37}), counts(i32, {bins});
      fill_random(x, 16);
      x.set(3, -1);
      x.set(4, bins);
      x.set(5, 0);
      run_one_tile([bins](In a, Out b) { b = histogram(a, bins); },
                   {&x, &counts});
      Row expected(static_cast<std::size_t>(bins), 0);
      for (std::int64_t i = 0; i < x.numel(); ++i)
        if (x.get(i) >= 0 && x.get(i) < bins)
          expected[static_cast<std::size_t>(x.get(i))] += 1;
      for (std::int64_t bin = 0; bin < bins; ++bin)
        ASSERT_EQ(counts.get(bin), expected[static_cast<std::size_t>(bin)])
            << name(dtype) << " " << bin << " of " << bins;
    }
}

TEST(InterpreterSort, TopK) {
  TestArray x(f32, {3, 13}), best(f32, {3, 4}), places(i64, {3, 4});
  fill_random(x, 15, true);
  run_one_tile(best_four, {&x, &best, &places});
  Rows rows(x, 1);
  for (std::int64_t row = 0; row < 3; ++row) {
    Row keys = rows.rows[static_cast<std::size_t>(row)];
    Row sorted = keys;
    std::sort(sorted.begin(), sorted.end(),
              [](double a, double b) { return before(a, b, true); });
    for (std::int64_t i = 0; i < 4; ++i) {
      double value = best.get(row * 4 + i);
      auto place = static_cast<std::size_t>(places.get(row * 4 + i));
      ASSERT_TRUE(same_number(value, sorted[static_cast<std::size_t>(i)]));
      ASSERT_TRUE(same_number(value, keys[place]));
    }
  }
}

} // namespace
} // namespace girih::testing
