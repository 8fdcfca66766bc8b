// SPDX-License-Identifier: Apache-2.0
// Kernels that reduce whole rows in a tile, which operators launch on a GPU,
// against the operators on the host, which walk along rows.
#include "operands.h"

#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <bit>
#include <cmath>
#include <limits>

namespace girih::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Device host = host_device;

using Sizes = std::vector<std::int64_t>;
enum class Fill { random, equal, least, special };

struct Rows {
  Sizes shape;
  int reduced; // dimensions, the last ones
  int rows;    // of a tile
  Fill fill = Fill::random;
};
const Rows all_rows[] = {{{1, 1}, 1, 1},
                         {{5, 37}, 1, 4},
                         {{7, 64}, 1, 2},
                         {{3, 1000}, 1, 1},
                         {{3, 5, 7}, 1, 2},
                         {{3, 5, 7}, 2, 2},
                         {{40}, 1, 1},
                         {{6, 50}, 1, 2, Fill::equal},
                         {{2, 70}, 1, 2, Fill::least},
                         {{12, 33}, 1, 4, Fill::special}};

// Of special rows the first two are infinite.
void refill(const Rows &r, const Array &x, std::mt19937_64 &random) {
  auto *data = static_cast<float *>(x.data());
  const auto row = static_cast<std::size_t>(r.shape.back());
  const double rare[] = {inf, -inf, nan};
  for (std::size_t i = 0; i < static_cast<std::size_t>(x.numel()); ++i)
    if (r.fill == Fill::equal)
      data[i] = 2.7F;
    else if (r.fill == Fill::least)
      data[i] = std::numeric_limits<float>::lowest();
    else if (r.fill == Fill::special && i / row < 2)
      data[i] = static_cast<float>(i / row == 0 ? -inf : inf);
    else if (r.fill == Fill::special && random() % 40 == 0)
      data[i] = static_cast<float>(rare[random() % 3]);
}

class RowReductionTest : public ::testing::Test {
protected:
  void run(const std::string &name, const std::vector<double> &numbers,
           std::vector<Array> outs) {
    std::vector<Array> all{x};
    for (double number : numbers)
      all.push_back(Array::scalar(number, f32));
    all.insert(all.end(), outs.begin(), outs.end());
    std::vector<const Array *> operands;
    for (const Array &each : all)
      operands.push_back(&each);
    std::uint64_t length = 1;
    for (int d = x.rank() - rows.reduced; d < x.rank(); ++d)
      length *= static_cast<std::uint64_t>(x.size(d));
    Config config;
    config.blocks = {{"BM", rows.rows},
                     {"BK", static_cast<std::int64_t>(std::bit_ceil(length))}};
    for (const ops::KernelEntry &entry : ops::all_kernels())
      if (entry.name == name + (x.dtype() == i32 ? "_row_masked" : "_row"))
        return entry.kernel.with("INNER", rows.reduced)
            .with("KEPT", x.rank() - rows.reduced)
            .run(operands, {.config = config, .stream = {}},
                 std::source_location::current());
    ADD_FAILURE() << "no kernel " << name;
  }
  Operand result(DType dtype) const {
    return {Sizes(rows.shape.begin(), rows.shape.end() - rows.reduced), dtype,
            host, Layout::contiguous};
  }
  void expect_near(const Operand &got, const Array &wanted, double most) const {
    const std::vector<double> values = got.values();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double exact = static_cast<const float *>(wanted.data())[i];
      if (std::isnan(exact) || std::isinf(exact) || most == 0)
        EXPECT_TRUE(values[i] == exact ||
                    (std::isnan(values[i]) && std::isnan(exact)))
            << i << ": " << values[i] << ", " << exact;
      else
        EXPECT_LE(std::abs(values[i] - exact), most * std::abs(exact)) << i;
    }
    EXPECT_TRUE(got.untouched_outside());
  }
  void expect_places(const Operand &got, const Array &wanted) const {
    const std::vector<double> values = got.values();
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(values[i],
                static_cast<double>(
                    static_cast<const std::int64_t *>(wanted.data())[i]))
          << i;
  }
  void check_moments(const std::vector<std::int64_t> &dims) {
    const Operand variance = result(f32), deviation = result(f32);
    run("var", {1}, {variance.array()});
    run("std", {0}, {deviation.array()});
    expect_near(variance, ops::var(x, dims), 1e-5);
    expect_near(deviation, ops::std(x, dims, 0), 1e-5);
    for (double value : variance.values())
      if (rows.fill == Fill::equal)
        EXPECT_EQ(value, 0);
  }
  void check_extrema() {
    const int last = x.rank() - 1;
    const Operand best = result(f32), least = result(f32),
                  of_best = result(i64), of_least = result(i64),
                  place = result(i64), of_min = result(i64);
    run("max_dim", {}, {best.array(), of_best.array()});
    run("min_dim", {}, {least.array(), of_least.array()});
    run("argmax", {}, {place.array()});
    run("argmin", {}, {of_min.array()});
    const auto max = ops::max_dim(x, last), min = ops::min_dim(x, last);
    expect_near(best, max[0], 0);
    expect_near(least, min[0], 0);
    expect_places(of_best, max[1]);
    expect_places(place, max[1]);
    expect_places(of_least, min[1]);
    expect_places(of_min, min[1]);
  }

  Rows rows;
  Array x;
};

TEST_F(RowReductionTest, Floats) {
  auto random = random_engine();
  for (const Rows &each : all_rows) {
    SCOPED_TRACE(::testing::PrintToString(each.shape) +
                 std::to_string(each.reduced));
    const Operand operand(each.shape, f32, host, Layout::contiguous,
                          Values::reals, random);
    rows = each;
    x = operand.array();
    refill(rows, x, random);
    std::vector<std::int64_t> dims;
    for (int d = x.rank() - rows.reduced; d < x.rank(); ++d)
      dims.push_back(d);
    check_moments(dims);
    const Operand total = result(f32);
    run("logsumexp", {}, {total.array()});
    expect_near(total, ops::logsumexp(x, dims), 1e-5);
    if (rows.reduced == 1)
      check_extrema();
  }
}

// Ties, and elements outside that no number stands for.
TEST_F(RowReductionTest, Integers) {
  auto random = random_engine();
  for (const Sizes &shape : {Sizes{5, 37}, Sizes{6, 300}}) {
    const Operand operand(shape, i32, host, Layout::contiguous,
                          Values::integers, random);
    rows = {shape, 1, 2};
    x = operand.array();
    const Operand place = result(i64), of_min = result(i64);
    run("argmax", {}, {place.array()});
    run("argmin", {}, {of_min.array()});
    expect_places(place, ops::argmax(x, 1));
    expect_places(of_min, ops::argmin(x, 1));
  }
}

} // namespace
} // namespace girih::testing
