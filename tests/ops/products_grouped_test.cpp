// SPDX-License-Identifier: Apache-2.0
#include "operands.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

namespace girih::testing {
namespace {

class GroupedMmTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(GroupedMmTest);

void check(const std::vector<std::int64_t> &ends, std::int64_t rows,
           std::int64_t n, std::int64_t k, DType dtype, Device device,
           bool transposed = false, DType offsets = i32) {
  SCOPED_TRACE(std::string(girih::name(dtype)) + " rows " +
               std::to_string(rows) + " groups " + std::to_string(ends.size()));
  auto random = random_engine();
  const auto groups = static_cast<std::int64_t>(ends.size());
  const Operand a({rows, k}, dtype, device, Layout::contiguous,
                  Values::integers, random);
  const Operand b({groups, k, n}, dtype, device,
                  transposed ? Layout::transposed : Layout::contiguous,
                  Values::integers, random);
  const Operand out({rows, n}, dtype, device, Layout::padded);
  const std::vector<double> values(ends.begin(), ends.end());
  const Array offs = Array::from(values, {groups}, offsets, device);
  ops::grouped_mm_out(a.array(), b.array(), offs, out.array());
  const auto x = a.values(), w = b.values();
  std::vector<double> expected(static_cast<std::size_t>(rows * n));
  for (std::int64_t row = 0, group = 0; row < rows; ++row) {
    while (group < groups && row >= ends[static_cast<std::size_t>(group)])
      ++group;
    if (group == groups)
      break;
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t l = 0; l < k; ++l)
        expected[static_cast<std::size_t>(row * n + j)] +=
            x[static_cast<std::size_t>(row * k + l)] *
            w[static_cast<std::size_t>((group * k + l) * n + j)];
  }
  EXPECT_TRUE(same_values(out.values(), rounded(expected, dtype)));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(GroupedMmTest, EveryDtype) {
  for (const DType dtype : {f64, f32, f16, bf16})
    for (const bool transposed : {false, true})
      check({5, 9, 16}, 16, 13, 11, dtype, device(), transposed);
}

TEST_P(GroupedMmTest, EveryGrouping) {
  check({0, 0, 7, 7, 8}, 8, 5, 3, f32, device());
  check({3, 3}, 9, 5, 3, f32, device()); // rows that nobody has
  check({0}, 4, 5, 3, f32, device());
  check({1}, 1, 1, 1, f32, device(), false, i64);
  if (on_interpreter())
    return;
  check({100, 101, 300, 300, 517}, 517, 70, 40, bf16, device(), true);
  std::vector<std::int64_t> ends;
  for (std::int64_t group = 0; group < 130; ++group)
    ends.push_back(group / 3);
  check(ends, 50, 33, 24, bf16, device(), true);
}

// Offsets that make no sense reach nothing outside.
TEST_P(GroupedMmTest, WildOffsets) {
  auto random = random_engine();
  const double ends[] = {1e9, -5, 3};
  const Array offs = Array::from(ends, {3}, i32, device());
  const Operand a({6, 4}, f32, device(), Layout::padded, Values::integers,
                  random);
  const Operand b({3, 4, 5}, f32, device(), Layout::padded, Values::integers,
                  random);
  const Operand out({6, 5}, f32, device(), Layout::padded);
  ops::grouped_mm_out(a.array(), b.array(), offs, out.array());
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(GroupedMmTest, Empty) {
  const Array offs = Array::zeros({2}, i32, device());
  EXPECT_EQ(ops::grouped_mm(Array::zeros({0, 4}, f32, device()),
                            Array::zeros({2, 4, 3}, f32, device()), offs)
                .numel(),
            0);
}

TEST(GroupedMmErrorsTest, NameTheArgument) {
  const auto expect = [](ErrorId id, const std::string &text, auto work) {
    try {
      work();
      ADD_FAILURE() << "no error";
    } catch (const RuntimeError &error) {
      EXPECT_EQ(error.id(), id);
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos)
          << error.what();
    }
  };
  const Array a = Array::zeros({6, 4}, f32, host_device),
              b = Array::zeros({3, 4, 5}, f32, host_device),
              offs = Array::zeros({3}, i32, host_device);
  expect(ErrorId::shape, "grouped_mm: b must have shape [*, 4, *]",
         [&] { ops::grouped_mm(a, a, offs); });
  expect(ErrorId::shape, "grouped_mm: offs must have shape [3]",
         [&] { ops::grouped_mm(a, b, Array::zeros({2}, i32, host_device)); });
  expect(ErrorId::dtype, "grouped_mm: offs cannot be f32",
         [&] { ops::grouped_mm(a, b, a); });
}

} // namespace
} // namespace girih::testing
