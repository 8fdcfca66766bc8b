// SPDX-License-Identifier: Apache-2.0
// cat, stack, one_hot, masked_fill and repeat_interleave by arrays.
#include "movement_reference.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

namespace girih::testing {
namespace {

class JoinsTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(JoinsTest);

std::vector<double> joined(const std::vector<Dense> &pieces, std::size_t dim) {
  Place shape = pieces[0].shape;
  shape[dim] = 0;
  for (const Dense &each : pieces)
    shape[dim] += each.shape[dim];
  std::vector<double> out;
  for_each_place(shape, [&](Place at) {
    std::size_t piece = 0;
    for (; at[dim] >= pieces[piece].shape[dim]; ++piece)
      at[dim] -= pieces[piece].shape[dim];
    out.push_back(pieces[piece][at]);
  });
  return out;
}

void check_cat(const Place &first, const std::vector<std::int64_t> &sizes,
               std::int64_t dim, DType dtype, Device device,
               Layout from = Layout::contiguous,
               Layout to = Layout::contiguous) {
  SCOPED_TRACE(std::string(name(dtype)) + " dim " + std::to_string(dim) + " " +
               name(from) + " -> " + name(to));
  const auto at = static_cast<std::size_t>(
      dim < 0 ? dim + static_cast<std::int64_t>(first.size()) : dim);
  std::vector<Operand> pieces;
  std::vector<Array> arrays;
  std::vector<Dense> values;
  Place shape = first;
  shape[at] = 0;
  for (const std::int64_t size : sizes) {
    Place each = first;
    each[at] = size;
    shape[at] += size;
    pieces.push_back(whole_numbers(each, dtype, device, from));
    arrays.push_back(pieces.back().array());
    values.push_back(dense(pieces.back()));
  }
  const Operand out(shape, dtype, device, to);
  ops::cat_out(arrays, out.array(), dim);
  EXPECT_TRUE(same_values(out.values(), joined(values, at)));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(JoinsTest, CatOfEverything) {
  for (const DType dtype :
       {f64, f32, f16, bf16, i64, i32, i16, i8, u8, b1, e4m3, e5m2})
    for (const std::int64_t dim : {0, 1, -1})
      check_cat({3, 5, 16}, {2, 7}, dim, dtype, device());
  // As many as fit a launch, one more, and far more.
  for (const std::size_t count : {1u, 2u, 3u, 4u, 5u, 9u})
    for (const std::int64_t dim : {0, 1})
      check_cat({4, 32}, std::vector<std::int64_t>(count, 17), dim, bf16,
                device());
  check_cat({2, 3}, {0, 4, 0, 1}, 1, f32, device());
  check_cat({0, 3}, {2, 4}, 1, f32, device());
  // Each is the widest once: the grid is as wide as that.
  for (const std::size_t widest : {0u, 1u, 2u, 3u}) {
    std::vector<std::int64_t> sizes(4, 3);
    sizes[widest] = on_interpreter() ? 70 : 3000;
    check_cat({3, 1}, sizes, 1, i32, device());
  }
  if (!on_interpreter())
    check_cat({33, 1}, {1000, 1, 3000, 16}, 1, f16, device());
}

TEST_P(JoinsTest, CatOfEveryLayout) {
  for (const Layout from : all_layouts)
    for (const Layout to : all_layouts)
      for (const std::int64_t dim : {0, 2})
        check_cat({3, 5, 16}, {2, 7, 16}, dim, bf16, device(), from, to);
}

TEST_P(JoinsTest, CatPromotesAndLeavesOutNothings) {
  const double numbers[] = {1, 2, 3};
  const Array whole = Array::from(numbers, {3}, i32, device()),
              real = Array::from(numbers, {3}, f16, device()),
              none = Array::zeros({0}, f16, device());
  const Array out = ops::cat({none, whole, real});
  EXPECT_EQ(out.dtype(), f16);
  EXPECT_EQ(out.to_vector(), (std::vector<double>{1, 2, 3, 1, 2, 3}));
  const Array rows = ops::cat({none, Array::zeros({2, 3}, f16, device())}, 1);
  EXPECT_EQ(shape_of(rows), (Place{2, 3}));
}

TEST_P(JoinsTest, Stack) {
  for (const DType dtype : {f64, f32, bf16, i8, b1})
    for (const std::int64_t dim : {0, 1, 2, -1})
      for (const Layout layout : {Layout::contiguous, Layout::transposed}) {
        std::vector<Operand> pieces;
        std::vector<Array> arrays;
        for (int i = 0; i < 3; ++i) {
          pieces.push_back(whole_numbers({5, 16}, dtype, device(), layout));
          arrays.push_back(pieces.back().array());
        }
        const Array out = ops::stack(arrays, dim);
        const auto at = static_cast<std::size_t>(dim < 0 ? 2 : dim);
        std::vector<double> expected;
        for_each_place(shape_of(out), [&](Place place) {
          const auto piece = static_cast<std::size_t>(place[at]);
          place.erase(place.begin() + static_cast<std::ptrdiff_t>(at));
          expected.push_back(dense(pieces[piece])[place]);
        });
        EXPECT_TRUE(same_values(out.to_vector(), expected));
      }
  const Array one = Array::from(std::vector<double>{7},
                                std::vector<std::int64_t>(), f32, device());
  EXPECT_EQ(ops::stack({one, one}).to_vector(), (std::vector<double>{7, 7}));
}

TEST_P(JoinsTest, OneHot) {
  for (const DType dtype : {i64, i32, u8})
    for (const Place &shape : {Place{}, Place{5}, Place{3, 4}, Place{0}}) {
      const Operand x = whole_numbers(shape, dtype, device(), Layout::stepped);
      const Array out = ops::one_hot(x.array(), 4);
      std::vector<double> expected;
      for (const double each : x.values())
        for (int c = 0; c < 4; ++c)
          expected.push_back(each == c);
      EXPECT_EQ(out.dtype(), i64);
      EXPECT_TRUE(same_values(out.to_vector(), expected));
    }
  const Array x = Array::from(std::vector<double>{1, 0, 5}, {3}, i64, device());
  EXPECT_EQ(shape_of(ops::one_hot(x)), (Place{3, 6}));
  const Operand out({3, 40}, i64, device(), Layout::transposed);
  ops::one_hot_out(x, out.array(), 40);
  EXPECT_EQ(out.values()[45], 0);
  EXPECT_EQ(out.values()[85], 1);
}

TEST_P(JoinsTest, MaskedFill) {
  for (const DType dtype :
       {f64, f32, f16, bf16, i64, i32, i16, i8, u8, b1, e4m3})
    for (const Layout layout : {Layout::contiguous, Layout::transposed}) {
      if (on_interpreter() && (dtype != f16 || layout == Layout::contiguous))
        continue; // whose tiles are large
      const Operand x = whole_numbers({3, 1, 17}, dtype, device(), layout);
      const Operand mask = whole_numbers({5, 17}, b1, device(), layout);
      const Operand out({3, 5, 17}, dtype, device(), layout);
      const double value = dtype == b1 ? 1 : 3;
      const auto expected = taken(dense(x), {3, 5, 17}, [&](const Place &at) {
        return dense(mask)[{at[1], at[2]}] != 0
                   ? std::nullopt
                   : std::optional(Place{at[0], 0, at[2]});
      });
      std::vector<double> filled;
      for_each_place({3, 5, 17}, [&](const Place &at) {
        filled.push_back(
            dense(mask)[{at[1], at[2]}] != 0 ? value : expected[filled.size()]);
      });
      ops::masked_fill_out(x.array(), mask.array(), int(value), out.array());
      EXPECT_TRUE(same_values(out.values(), filled)) << name(dtype);
      const Array number =
          Array::from(std::vector<double>{value}, std::vector<std::int64_t>(),
                      dtype, device());
      EXPECT_TRUE(same_values(
          ops::masked_fill(x.array(), mask.array(), number).to_vector(),
          filled));
    }
  const Array x = Array::zeros({3}, f16, device());
  const Array mask =
      Array::from(std::vector<double>{1, 0, 1}, {3}, b1, device());
  EXPECT_TRUE(same_values(ops::masked_fill(x, mask, -INFINITY).to_vector(),
                          {-INFINITY, 0, -INFINITY}));
}

TEST_P(JoinsTest, RepeatsOfManyLengths) {
  auto random = random_engine();
  for (const std::int64_t n : {0, 1, 2, 63, 64, 65}) {
    std::vector<double> counts, expected;
    const Operand x = whole_numbers({n}, f32, device(), Layout::stepped);
    for (std::int64_t i = 0; i < n; ++i) {
      counts.push_back(static_cast<double>(random() % 4));
      for (int k = 0; k < counts.back(); ++k)
        expected.push_back(x.values()[static_cast<std::size_t>(i)]);
    }
    const Array repeats = Array::from(counts, {n}, i64, device());
    EXPECT_TRUE(same_values(
        ops::repeat_interleave(x.array(), repeats).to_vector(), expected));
  }
  const Array x = Array::from(std::vector<double>{4, 5}, {2}, f32, device());
  const Array twice = Array::from(std::vector<double>{2}, {1}, i32, device());
  EXPECT_EQ(ops::repeat_interleave(x, twice).to_vector(),
            (std::vector<double>{4, 4, 5, 5}));
}

template <class Work>
void expect_error(ErrorId id, const std::string &text, Work work) {
  try {
    work();
    ADD_FAILURE() << "no error: " << text;
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos)
        << error.what();
  }
}

TEST(MovementErrorsTest, CopiesNameTheArgument) {
  const Array a = Array::zeros({3, 4}, f32, host_device),
              b = Array::zeros({4, 3}, f32, host_device),
              mask = Array::zeros({3, 4}, b1, host_device),
              whole = Array::zeros({3}, i64, host_device),
              four = Array::zeros({4}, i4, host_device);
  using Id = ErrorId;
  expect_error(Id::argument, "cat: arrays must have at least one",
               [&] { ops::cat({}); });
  expect_error(Id::shape,
               "cat: arrays must be alike but along dimension 0: arrays[0] is "
               "f32[3, 4] on host, arrays[1] is f32[4, 3]",
               [&] { ops::cat({a, b}); });
  expect_error(Id::index, "cat: dim 2 is not a dimension of arrays[0]",
               [&] { ops::cat({a, a}, 2); });
  expect_error(Id::shape, "cat: out must have shape [6, 4]",
               [&] { ops::cat_out({a, a}, a); });
  expect_error(Id::overlap, "", [&] {
    const Array out = Array::zeros({6, 4}, f32, host_device);
    ops::cat_out({a, out.slice(0, 0, 3)}, out);
  });
  expect_error(Id::shape, "stack: arrays must have one shape",
               [&] { ops::stack({a, b}); });
  expect_error(Id::index, "stack: dim 3 is no dimension of the result",
               [&] { ops::stack({a, a}, 3); });
  expect_error(Id::dtype, "rearrange: x cannot be i4",
               [&] { ops::rearrange(four); });
  expect_error(Id::index, "select_copy: index 3 is none of dimension 0 of x",
               [&] { ops::select_copy(a, 0, 3); });
  expect_error(Id::index, "flip: dims 2 is not a dimension of x",
               [&] { ops::flip(a, {2}); });
  expect_error(Id::argument, "flip: dims names a dimension of x twice",
               [&] { ops::flip(a, {0, -2}); });
  expect_error(Id::argument, "rot90: dims must be two dimensions",
               [&] { ops::rot90(a, 1, {0, 0}); });
  expect_error(Id::argument, "rot90: dims must be two dimensions",
               [&] { ops::rot90(a, 1, {0}); });
  expect_error(Id::argument, "roll: there must be a shift for each dimension",
               [&] { ops::roll(a, {1}, {0, 1}); });
  expect_error(Id::argument, "repeat_interleave: repeats must not be negative",
               [&] { ops::repeat_interleave(a, -1); });
  expect_error(Id::shape, "repeat_interleave: repeats must have one number",
               [&] { ops::repeat_interleave(a, whole, 1); });
  expect_error(Id::shape, "diag: x must have 1 to 2 dimensions",
               [&] { ops::diag(Array::zeros({1, 1, 1}, f32, host_device)); });
  expect_error(Id::shape, "tril: x must have 2 to 8 dimensions",
               [&] { ops::tril(whole); });
  expect_error(Id::dtype, "one_hot: x cannot be f32", [&] { ops::one_hot(a); });
  expect_error(Id::argument, "one_hot: num_classes must not be negative",
               [&] { ops::one_hot(whole, -2); });
  expect_error(Id::dtype, "masked_fill: mask cannot be f32",
               [&] { ops::masked_fill(a, a, 1); });
  expect_error(Id::shape, "masked_fill: x and mask cannot be broadcast",
               [&] { ops::masked_fill(b, mask, 1); });
  expect_error(Id::argument, "masked_fill: value must be an integer", [&] {
    ops::masked_fill(whole, Array::zeros({3}, b1, host_device), 0.5);
  });
}

} // namespace
} // namespace girih::testing
