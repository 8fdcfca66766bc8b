// SPDX-License-Identifier: Apache-2.0
// topk of long rows: those that a bound or groups could be wrong about.
#include "operands.h"
#include "order_patterns.h"
#include "order_reference.h"

#include "girih/ops/ops.h"

namespace girih::testing {
namespace {

using Lane = std::vector<double>;

class SelectTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(SelectTest);

// The first k along a dimension of n, in a tensor of `across` such lanes.
struct Case {
  std::int64_t n, k;
  std::int64_t across = 1;
  bool columns = false;
};

void check(const Case &c, const Pattern &pattern, DType dtype, Device device,
           bool largest) {
  SCOPED_TRACE(std::string(pattern.name) + " " + std::string(name(dtype)) +
               " n " + std::to_string(c.n) + " k " + std::to_string(c.k) +
               (largest ? " largest" : " smallest") +
               (c.columns ? " columns" : ""));
  auto random = random_engine();
  std::vector<Lane> lanes(static_cast<std::size_t>(c.across));
  Lane memory(static_cast<std::size_t>(c.across * c.n));
  const auto at = [&](std::int64_t lane, std::int64_t i) {
    return static_cast<std::size_t>(c.columns ? i * c.across + lane
                                              : lane * c.n + i);
  };
  for (std::int64_t lane = 0; lane < c.across; ++lane)
    for (std::int64_t i = 0; i < c.n; ++i)
      memory[at(lane, i)] = pattern.at(i, c.n, random);
  memory = rounded(memory, dtype);
  const std::vector<std::int64_t> shape =
      c.columns ? std::vector{c.n, c.across} : std::vector{c.across, c.n};
  const auto found = ops::topk(Array::from(memory, shape, dtype, device), c.k,
                               c.columns ? 0 : 1, largest);
  const Lane values = found[0].to_vector(), places = found[1].to_vector();
  Lane expected(values.size()), order(values.size());
  for (std::int64_t lane = 0; lane < c.across; ++lane) {
    Lane all;
    for (std::int64_t i = 0; i < c.n; ++i)
      all.push_back(memory[at(lane, i)]);
    const auto sorted = order_of(all, largest);
    for (std::int64_t r = 0; r < c.k; ++r) {
      const auto to = static_cast<std::size_t>(c.columns ? r * c.across + lane
                                                         : lane * c.k + r);
      order[to] = static_cast<double>(sorted[static_cast<std::size_t>(r)]);
      expected[to] = all[sorted[static_cast<std::size_t>(r)]];
    }
  }
  EXPECT_TRUE(same_values(values, expected));
  EXPECT_TRUE(same_values(places, order));
}

void check_all(const Case &c, DType dtype, Device device) {
  for (const Pattern &pattern : patterns())
    for (bool largest : {true, false})
      check(c, pattern, dtype, device, largest);
  if (is_float(dtype))
    for (const Pattern &pattern : float_patterns())
      for (bool largest : {true, false})
        check(c, pattern, dtype, device, largest);
}

// Rows of one tile.
TEST_P(SelectTest, Rows) {
  if (on_interpreter())
    return check_all({1031, 5}, bf16, device());
  for (DType dtype : {f32, bf16, f16, f64, i64, i32, i16, i8, u8, b1})
    check_all({2049, 7, 3}, dtype, device());
  check_all({1024, 64}, f32, device());
  check_all({4001, 1}, bf16, device());
  check_all({4096, 1000, 2}, f32, device());
}

// Rows of several tiles, by groups.
TEST_P(SelectTest, Groups) {
  if (on_interpreter()) {
    for (bool largest : {true, false})
      for (std::size_t i : {std::size_t{1}, std::size_t{4}})
        check({16500, 50}, float_patterns()[i], bf16, device(), largest);
    return check({16500, 3}, patterns()[5], f32, device(), true);
  }
  for (DType dtype : {f32, bf16, f16, f64, i64, i32, i16, i8, u8, b1})
    check_all({16385, 50, 2}, dtype, device());
  check_all({40001, 1}, bf16, device());
  check_all({20003, 700}, f32, device());
}

// So many tops that they are grouped again.
TEST_P(SelectTest, GroupsOfGroups) {
  if (on_interpreter())
    return;
  for (DType dtype : {f32, bf16, i64})
    for (const Pattern &pattern : patterns())
      check({150001, 1000}, pattern, dtype, device(), dtype != i64);
  for (const Pattern &pattern : float_patterns()) {
    check({150001, 1000}, pattern, bf16, device(), true);
    check({300007, 2000}, pattern, f32, device(), false);
  }
}

// Along a dimension that is not the contiguous one.
TEST_P(SelectTest, Columns) {
  if (on_interpreter())
    return check({1100, 4, 2, true}, float_patterns()[4], bf16, device(), true);
  for (DType dtype : {f32, bf16}) {
    check_all({1500, 9, 3, true}, dtype, device());
    check_all({17001, 20, 5, true}, dtype, device());
  }
  check({20001, 50, 130, true}, float_patterns()[0], bf16, device(), true);
  check({300007, 300, 2, true}, patterns()[2], i32, device(), false);
}

// Views of several dimensions.
TEST_P(SelectTest, Views) {
  const std::int64_t n = on_interpreter() ? 1027 : 17003;
  for (Layout layout : all_layouts) {
    SCOPED_TRACE(name(layout));
    auto random = random_engine();
    const Operand x({2, 2, n}, f32, device(), layout, Values::reals, random);
    const Operand values({2, 2, 6}, f32, device(), Layout::padded);
    const Operand indices({2, 2, 6}, i64, device(), Layout::transposed);
    ops::topk_out(x.array(), values.array(), indices.array(), 6);
    const Lane all = x.values();
    Lane expected, order;
    for (auto row = all.begin(); row != all.end(); row += n) {
      const Lane lane(row, row + n);
      const auto sorted = order_of(lane, true);
      for (std::size_t r = 0; r < 6; ++r) {
        order.push_back(static_cast<double>(sorted[r]));
        expected.push_back(lane[sorted[r]]);
      }
    }
    EXPECT_TRUE(same_values(values.values(), expected));
    EXPECT_TRUE(same_values(indices.values(), order));
    EXPECT_TRUE(values.untouched_outside());
    EXPECT_TRUE(indices.untouched_outside());
  }
}

} // namespace
} // namespace girih::testing
