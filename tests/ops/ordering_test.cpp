// SPDX-License-Identifier: Apache-2.0
#include "lanes.h"
#include "operands.h"
#include "order_reference.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

namespace girih::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Lane = std::vector<double>;

class OrderTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(OrderTest);

struct Case {
  Sizes shape;
  std::int64_t dim;
  Layout layout = Layout::contiguous;
};

std::vector<Case> cases(bool small) {
  std::vector<Case> all{{{7}, 0},
                        {{1}, -1},
                        {{3, 17}, 1},
                        {{3, 17}, 0, Layout::padded},
                        {{2, 3, 33}, 1},
                        {{2, 9, 5}, 1, Layout::transposed},
                        {{4, 31}, -1, Layout::stepped}};
  if (small)
    return all;
  for (std::int64_t n : {1024, 4095, 4097, 16385, 70001})
    all.push_back({{2, n}, 1, n % 2 ? Layout::contiguous : Layout::shifted});
  all.push_back({{5000, 3}, 0});
  all.push_back({{40000, 2}, 0, Layout::padded});
  all.push_back({{513, 33}, 1});
  return all;
}

std::string text(const Case &c, DType dtype) {
  std::string out(girih::name(dtype));
  out += " shape";
  for (std::int64_t size : c.shape)
    out += " " + std::to_string(size);
  return out + " dim " + std::to_string(c.dim) + " " + name(c.layout);
}

// The first `k` of each lane, and where they come from.
std::pair<Lane, Lane> expected(const Operand &x, const Case &c, std::int64_t k,
                               bool descending) {
  auto values = lanes_along(x.values(), c.shape, {c.dim});
  auto places = values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto order = order_of(values[i], descending);
    const Lane lane = values[i];
    values[i].resize(static_cast<std::size_t>(k));
    places[i].resize(static_cast<std::size_t>(k));
    for (std::size_t r = 0; r < values[i].size(); ++r) {
      values[i][r] = lane[order[r]];
      places[i][r] = static_cast<double>(order[r]);
    }
  }
  return {from_lanes(values, c.shape, c.dim),
          from_lanes(places, c.shape, c.dim)};
}

Sizes with_size(const Case &c, std::int64_t k) {
  Sizes shape = c.shape;
  shape[static_cast<std::size_t>(c.dim < 0 ? c.dim + std::int64_t(shape.size())
                                           : c.dim)] = k;
  return shape;
}

std::int64_t depth(const Case &c) {
  return c.shape[static_cast<std::size_t>(
      c.dim < 0 ? c.dim + std::int64_t(c.shape.size()) : c.dim)];
}

TEST_P(OrderTest, Sort) {
  for (const Case &c : cases(on_interpreter()))
    for (DType dtype : {f32, bf16, f16, f64, i64, i32, i16, i8, u8}) {
      const bool descending = (depth(c) + std::int64_t(dtype)) % 2 == 0;
      SCOPED_TRACE(text(c, dtype));
      if (depth(c) > 20000 && dtype != f32 && dtype != i64 && dtype != bf16)
        continue;
      auto random = random_engine();
      // Integers have many ties.
      const Operand x(c.shape, dtype, device(), c.layout,
                      dtype == f32 ? Values::reals : Values::integers, random);
      const Operand values(c.shape, dtype, device(), Layout::padded);
      const Operand indices(c.shape, i64, device(), Layout::contiguous);
      ops::sort_out(x.array(), values.array(), indices.array(), c.dim,
                    descending, true);
      const auto [order, places] = expected(x, c, depth(c), descending);
      EXPECT_TRUE(same_values(values.values(), order));
      EXPECT_TRUE(same_values(indices.values(), places));
      EXPECT_TRUE(values.untouched_outside());
      EXPECT_TRUE(indices.untouched_outside());
    }
}

TEST_P(OrderTest, Argsort) {
  for (const Case &c : cases(true)) {
    auto random = random_engine();
    const Operand x(c.shape, bf16, device(), c.layout, Values::integers,
                    random);
    EXPECT_TRUE(same_values(ops::argsort(x.array(), c.dim, true).to_vector(),
                            expected(x, c, depth(c), true).second));
  }
}

TEST_P(OrderTest, Msort) {
  auto random = random_engine();
  const Case c{{37, 3}, 0};
  const Operand x(c.shape, f32, device(), c.layout, Values::reals, random);
  EXPECT_TRUE(same_values(ops::msort(x.array()).to_vector(),
                          expected(x, c, 37, false).first));
}

TEST_P(OrderTest, Topk) {
  for (const Case &c : cases(on_interpreter()))
    for (std::int64_t k : {1, 5, 50, 256, 3000, 9000})
      for (DType dtype : {f32, bf16, i64}) {
        if (k > depth(c))
          continue;
        const bool largest = dtype != i64;
        SCOPED_TRACE(text(c, dtype) + " k " + std::to_string(k));
        auto random = random_engine();
        const Operand x(c.shape, dtype, device(), c.layout,
                        dtype == f32 ? Values::reals : Values::integers,
                        random);
        const Operand values(with_size(c, k), dtype, device(),
                             Layout::contiguous);
        const Operand indices(with_size(c, k), i64, device(), Layout::padded);
        ops::topk_out(x.array(), values.array(), indices.array(), k, c.dim,
                      largest);
        const auto [order, places] = expected(x, c, k, largest);
        EXPECT_TRUE(same_values(values.values(), order));
        EXPECT_TRUE(same_values(indices.values(), places));
        EXPECT_TRUE(values.untouched_outside());
        EXPECT_TRUE(indices.untouched_outside());
      }
}

TEST_P(OrderTest, SpecialValues) {
  for (std::int64_t n : {std::int64_t{9}, std::int64_t{20003}}) {
    if (on_interpreter() && n > 9)
      continue;
    for (DType dtype : {f32, bf16, f16, f64}) {
      SCOPED_TRACE(girih::name(dtype));
      std::vector<double> values(static_cast<std::size_t>(n), 1);
      values[1] = nan;
      values[2] = -inf;
      values[3] = inf;
      values[4] = -0.0;
      values[5] = 0.0;
      values[8] = nan;
      const Array x = Array::from(values, {n}, dtype, device());
      for (bool descending : {false, true}) {
        const auto order = order_of(values, descending);
        const auto sorted = ops::sort(x, 0, descending);
        const auto indices = sorted[1].to_vector();
        Lane places(order.begin(), order.end()), moved;
        for (std::size_t at : order)
          moved.push_back(values[at]);
        EXPECT_TRUE(same_values(indices, places));
        EXPECT_TRUE(same_values(sorted[0].to_vector(), moved));
      }
      EXPECT_TRUE(same_values(ops::topk(x, 3)[1].to_vector(), {1, 8, 3}));
    }
  }
  const double large[] = {9007199254740992, -9223372036854775808.0, 5};
  const Array x = Array::from(large, {3}, i64, device());
  EXPECT_EQ(ops::argsort(x).to_vector(), (Lane{1, 2, 0}));
  EXPECT_EQ(ops::argsort(x, -1, true).to_vector(), (Lane{0, 2, 1}));
  const double flags[] = {1, 0, 1};
  EXPECT_EQ(ops::argsort(Array::from(flags, {3}, b1, device())).to_vector(),
            (Lane{1, 0, 2}));
  const double one[] = {3};
  EXPECT_EQ(ops::sort(Array::from(one, {}, f32, device()))[1].to_vector(),
            Lane{0});
  EXPECT_EQ(ops::topk(Array::zeros({2, 3}, f32, device()), 0)[0].numel(), 0);
}

TEST(OrderErrorTest, NameTheArgument) {
  const Array x = Array::zeros({2, 3}, f32, host_device);
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const RuntimeError &error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message([&] { ops::topk(x, 4); }).find("topk: k must be"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::topk(x, -1); }).find("topk: k must be"),
            std::string::npos);
  EXPECT_NE(message([&] { ops::sort(x, 2); }).find("sort: dim 2"),
            std::string::npos);
  EXPECT_NE(message([&] {
              ops::argsort(Array::zeros({2}, e4m3, host_device));
            }).find("argsort: x cannot be e4m3"),
            std::string::npos);
}

} // namespace
} // namespace girih::testing
