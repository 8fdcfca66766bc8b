// SPDX-License-Identifier: Apache-2.0
// Operators that reach elements by an index along one dimension.
#include "movement_reference.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/movement/indexed.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace girih::testing {
namespace {

class IndexTest : public OnDevice {
protected:
  // Indices below `size`, with as many of each as chance wants.
  Array any_index(const Place &shape, std::int64_t size, DType dtype = i64) {
    std::vector<double> values;
    for_each_place(shape, [&](const Place &) {
      values.push_back(static_cast<double>(
          random_() %
          static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1))));
    });
    return Array::from(values, shape, dtype, device());
  }
  // Along `dim` each index once at most.
  Array unique_index(const Place &shape, std::size_t dim, std::int64_t size,
                     DType dtype = i64) {
    Dense out{shape, any_index(shape, 1).to_vector()};
    Place lanes = shape;
    lanes[dim] = 1;
    std::vector<double> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    for_each_place(lanes, [&](Place at) {
      std::shuffle(order.begin(), order.end(), random_);
      for (; at[dim] < shape[dim]; ++at[dim])
        out.at(at) = order[static_cast<std::size_t>(at[dim])];
    });
    return Array::from(out.values, shape, dtype, device());
  }
  std::mt19937_64 random_{17};
};
GIRIH_ON_EACH_DEVICE(IndexTest);

constexpr DType every[] = {f64, f32, f16, bf16, i64,  i32,
                           i16, i8,  u8,  b1,   e4m3, e5m2};
constexpr DType reducible[] = {f64, f32, f16, bf16, i64, i32, i16, i8, u8};

Place reached(const Place &at, const Dense &index, std::size_t dim) {
  Place out = at;
  if (!at.empty())
    out[dim] = static_cast<std::int64_t>(index[at]);
  return out;
}

void check_gather(const Operand &x, std::int64_t dim, const Array &index,
                  Layout layout = Layout::contiguous) {
  const Place shape = shape_of(index);
  const auto at = static_cast<std::size_t>(
      dim < 0 ? dim + static_cast<std::int64_t>(shape.size()) : dim);
  SCOPED_TRACE(x.array().to_string() + " dim " + std::to_string(dim) + " " +
               index.to_string());
  const Dense from = dense(x), places = dense(index);
  const auto expected = taken(from, shape, [&](const Place &place) {
    const Place source = reached(place, places, at);
    const bool there =
        place.empty() || (source[at] >= 0 && source[at] < from.shape[at]);
    return there ? std::optional(source) : std::nullopt;
  });
  const Operand out(shape, x.array().dtype(), x.array().device(), layout);
  ops::gather_out(x.array(), dim, index, out.array());
  EXPECT_TRUE(same_values(out.values(), expected));
  EXPECT_TRUE(out.untouched_outside());
  EXPECT_TRUE(
      same_values(ops::gather(x.array(), dim, index).to_vector(), expected));
}

TEST_P(IndexTest, Gather) {
  for (const DType dtype : every)
    for (const DType of : {i32, i64})
      for (const std::int64_t dim : {0, 1, -1})
        check_gather(whole_numbers({4, 5, 6}, dtype, device()), dim,
                     any_index({3, 4, 6}, 4, of));
  for (const Layout layout : all_layouts)
    for (const std::int64_t dim : {0, 2}) {
      const Operand x = whole_numbers({4, 5, 17}, bf16, device(), layout);
      check_gather(x, dim, any_index({4, 5, 33}, 4).slice(2, 0, 17), layout);
      check_gather(x, dim, any_index({5, 4, 17}, 4).transpose(0, 1));
    }
  check_gather(whole_numbers({}, f32, device()), 0, any_index({}, 1));
  check_gather(whole_numbers({7}, f32, device()), 0, any_index({0}, 1));
  check_gather(whole_numbers({7}, f32, device()), -1, any_index({30}, 7));
  check_gather(whole_numbers({2, 1, 3, 2, 2, 3, 1, 2}, f32, device()), 4,
               any_index({2, 1, 3, 2, 5, 3, 1, 2}, 2));
  if (!on_interpreter()) {
    check_gather(whole_numbers({65, 300}, f32, device()), 1,
                 any_index({65, 1025}, 300));
    check_gather(whole_numbers({300, 1025}, bf16, device()), 0,
                 any_index({77, 1025}, 300));
  }
}

TEST_P(IndexTest, GatherOutOfRange) {
  const double values[] = {2, -1, 3, 1e9, -1e9, 0};
  const Array index = Array::from(values, {2, 3}, i64, device());
  const Operand x = whole_numbers({2, 3}, f32, device());
  const Operand none = whole_numbers({2, 0}, f32, device());
  if (!on_interpreter()) {
    check_gather(x, 1, index);
    return check_gather(none, 1, index);
  }
  for (const Operand *each : {&x, &none})
    try {
      ops::gather(each->array(), 1, index);
      ADD_FAILURE() << "no error";
    } catch (const RuntimeError &error) {
      EXPECT_EQ(error.id(), ErrorId::bounds) << error.what();
      EXPECT_NE(std::string(error.what()).find("gather"), std::string::npos);
    }
}

// Both ways of index_select, index_copy: elements, and rows of 64 bytes.
TEST_P(IndexTest, Slices) {
  for (const DType dtype : every)
    for (const std::int64_t width : {3, 64, 130})
      for (const std::int64_t dim : {0, 1, 2}) {
        if (on_interpreter() && (width > 64 || dtype == e5m2))
          continue;
        SCOPED_TRACE(std::string(name(dtype)) + " " + std::to_string(width) +
                     " dim " + std::to_string(dim));
        const auto at = static_cast<std::size_t>(dim);
        const Operand x = whole_numbers({3, 6, width}, dtype, device());
        const std::int64_t size = x.array().size(static_cast<int>(dim));
        const Array index = unique_index({std::min<std::int64_t>(size, 5)}, 0,
                                         size, dim == 1 ? i32 : i64);
        const Dense from = dense(x), places = dense(index);
        Place shape = from.shape;
        shape[at] = index.numel();
        const Operand source = whole_numbers(shape, dtype, device());
        const Array selected = ops::index_select(x.array(), dim, index);
        EXPECT_TRUE(same_values(
            selected.to_vector(), taken(from, shape, [&](Place place) {
              place[at] = static_cast<std::int64_t>(places[{place[at]}]);
              return place;
            })));
        Dense copied = from;
        for_each_place(shape, [&](const Place &place) {
          Place to = place;
          to[at] = static_cast<std::int64_t>(places[{place[at]}]);
          copied.at(to) = dense(source)[place];
        });
        EXPECT_TRUE(same_values(
            ops::index_copy(x.array(), dim, index, source.array()).to_vector(),
            copied.values));
        EXPECT_TRUE(same_values(x.values(), from.values));
        ops::index_copy_out(x.array(), dim, index, source.array(), x.array());
        EXPECT_TRUE(same_values(x.values(), copied.values));
        EXPECT_TRUE(x.untouched_outside());
      }
}

TEST_P(IndexTest, SlicesOfEveryLayout) {
  for (const Layout from : all_layouts)
    for (const Layout to : all_layouts) {
      const Operand x = whole_numbers({2, 9, 40}, bf16, device(), from);
      const Array index = any_index({14}, 9).slice(0, 0, 14, 2);
      const Operand out({2, 7, 40}, bf16, device(), to);
      ops::index_select_out(x.array(), 1, index, out.array());
      EXPECT_TRUE(same_values(
          out.values(), taken(dense(x), {2, 7, 40}, [&](const Place &at) {
            return Place{
                at[0], static_cast<std::int64_t>(dense(index)[{at[1]}]), at[2]};
          })));
      EXPECT_TRUE(out.untouched_outside());
    }
}

TEST_P(IndexTest, SlicesOutOfRange) {
  const double values[] = {2, -1, 1, 3, -2147483648.0};
  const Array index = Array::from(values, {5}, i32, device());
  for (const std::int64_t width : {2, 32}) {
    const Operand x = whole_numbers({3, width}, f32, device());
    const Operand source = whole_numbers({5, width}, f32, device());
    if (on_interpreter()) {
      for (auto work :
           {+[](const Operand &a, const Array &i, const Operand &) {
              ops::index_select(a.array(), 0, i);
            },
            +[](const Operand &a, const Array &i, const Operand &b) {
              ops::index_copy(a.array(), 0, i, b.array());
            },
            +[](const Operand &a, const Array &i, const Operand &b) {
              ops::index_add(a.array(), 0, i, b.array());
            }})
        try {
          work(x, index, source);
          ADD_FAILURE() << "no error";
        } catch (const RuntimeError &error) {
          EXPECT_EQ(error.id(), ErrorId::bounds) << error.what();
        }
      continue;
    }
    Dense selected{{5, width}, {}}, copied = dense(x), added = copied;
    for (std::int64_t i = 0; i < 5; ++i)
      for (std::int64_t j = 0; j < width; ++j) {
        const auto row = static_cast<std::int64_t>(values[i]);
        const bool there = row >= 0 && row < 3;
        selected.values.push_back(there ? dense(x)[{row, j}] : 0);
        if (!there)
          continue;
        copied.at({row, j}) = dense(source)[{i, j}];
        added.at({row, j}) += dense(source)[{i, j}];
      }
    EXPECT_TRUE(same_values(ops::index_select(x.array(), 0, index).to_vector(),
                            selected.values));
    EXPECT_TRUE(same_values(
        ops::index_copy(x.array(), 0, index, source.array()).to_vector(),
        copied.values));
    EXPECT_TRUE(same_values(
        ops::index_add(x.array(), 0, index, source.array()).to_vector(),
        added.values));
  }
}

// What a GPU adds of many rows: by the sorted index, whatever the device.
TEST_P(IndexTest, AddsRowsBySortedIndex) {
  const auto call = [] {
    return ops::Call{"index_add", std::source_location::current(), {}};
  };
  for (const DType dtype : {bf16, f16, f32, f64})
    for (const std::int64_t dim : {0, 1})
      for (const Layout layout : {Layout::contiguous, Layout::transposed}) {
        const auto at = static_cast<std::size_t>(dim);
        const Operand x = whole_numbers({5, 9, 70}, dtype, device());
        Place shape{5, 9, 70};
        shape[at] = 13;
        const Operand source = whole_numbers(shape, dtype, device());
        const Operand out({5, 9, 70}, dtype, device(), layout);
        std::vector<double> values = any_index({13}, 9).to_vector();
        values[3] = -1, values[7] = 9, values[9] = values[2];
        const Array index = Array::from(values, {13}, i32, device());
        const bool rows =
            ops::launch_row_sums(call(), x.array(), static_cast<int>(dim),
                                 index, source.array(), 2, out.array());
        ASSERT_EQ(rows, layout == Layout::contiguous);
        if (!rows)
          continue;
        Dense sums = dense(x);
        for_each_place(shape, [&](const Place &place) {
          Place to = place;
          to[at] = static_cast<std::int64_t>(
              values[static_cast<std::size_t>(place[at])]);
          if (to[at] >= 0 && to[at] < x.array().size(static_cast<int>(at)))
            sums.at(to) += 2 * dense(source)[place];
        });
        EXPECT_TRUE(same_values(out.values(), sums.values));
        EXPECT_TRUE(out.untouched_outside());
      }
}

TEST_P(IndexTest, Scatter) {
  for (const DType dtype : every)
    for (const std::int64_t dim : {0, 1, 2}) {
      SCOPED_TRACE(std::string(name(dtype)) + " dim " + std::to_string(dim));
      const auto at = static_cast<std::size_t>(dim);
      const Operand x = whole_numbers({4, 5, 6}, dtype, device());
      const Operand src =
          whole_numbers({4, 5, 6}, dtype, device(), Layout::transposed);
      const Array index = unique_index({3, 4, 5}, at, x.array().size(int(dim)));
      Dense written = dense(x), filled = written;
      for_each_place({3, 4, 5}, [&](const Place &place) {
        const Place to = reached(place, dense(index), at);
        written.at(to) = dense(src)[place];
        filled.at(to) = 1;
      });
      EXPECT_TRUE(same_values(
          ops::scatter(x.array(), dim, index, src.array()).to_vector(),
          written.values));
      EXPECT_TRUE(same_values(
          ops::scatter(x.array(), dim, index, 1).to_vector(), filled.values));
      ops::scatter_out(x.array(), dim, index, src.array(), x.array());
      EXPECT_TRUE(same_values(x.values(), written.values));
      EXPECT_TRUE(x.untouched_outside());
    }
  const Operand x = whole_numbers({3}, f32, device());
  EXPECT_TRUE(
      same_values(ops::scatter(x.array(), 0, any_index({0}, 1), 1).to_vector(),
                  x.values()));
  const Operand one = whole_numbers({}, f32, device());
  EXPECT_TRUE(same_values(
      ops::scatter(one.array(), 0, any_index({}, 1), 2.5).to_vector(), {2.5}));
}

// One of several wins, and nothing else is written.
TEST_P(IndexTest, ScatterToOnePlace) {
  const Array index = Array::zeros({40}, i64, device());
  std::vector<double> numbers(40);
  std::iota(numbers.begin(), numbers.end(), 1);
  const Array src = Array::from(numbers, {40}, f32, device());
  const auto out =
      ops::scatter(Array::zeros({2}, f32, device()), 0, index, src).to_vector();
  EXPECT_TRUE(std::ranges::find(numbers, out[0]) != numbers.end());
  EXPECT_EQ(out[1], 0);
}

// What is reduced, and how many were.
struct Reduced {
  double value = 0;
  int count = 0;

  void add(double next, const std::string &how) {
    if (count++ == 0)
      value = next;
    else if (how == "prod")
      value *= next;
    else if (how == "amax")
      value = std::isnan(next) || next > value ? next : value;
    else if (how == "amin")
      value = std::isnan(next) || next < value ? next : value;
    else
      value += next;
  }
};

double narrow(double value, DType dtype) {
  const auto whole = static_cast<std::int64_t>(value);
  switch (dtype) {
  case DType::i8:
    return static_cast<std::int8_t>(whole);
  case DType::u8:
    return static_cast<std::uint8_t>(whole);
  case DType::i16:
    return static_cast<std::int16_t>(whole);
  default:
    return value;
  }
}

std::vector<double> reduced(const Dense &x, std::size_t dim, const Dense &index,
                            const Dense &src, const std::string &how,
                            bool include_self, DType dtype) {
  std::vector<Reduced> all(x.values.size());
  for (std::size_t i = 0; include_self && i < all.size(); ++i)
    all[i].add(x.values[i], how);
  for_each_place(index.shape, [&](const Place &place) {
    all[x.flat(reached(place, index, dim))].add(src[place], how);
  });
  std::vector<double> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    double value = all[i].count > 0 ? all[i].value : x.values[i];
    if (how == "mean" && all[i].count > 0)
      value = is_float(dtype) ? value / all[i].count
                              : std::floor(value / all[i].count);
    out.push_back(narrow(value, dtype));
  }
  return out;
}

void expect_close(const std::vector<double> &actual,
                  const std::vector<double> &expected, DType dtype) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(expected[i]) && std::isnan(actual[i]))
      continue;
    const double bound =
        is_float(dtype) ? element_bound(dtype, expected[i]) : 0;
    ASSERT_NEAR(actual[i], expected[i], bound) << "element " << i;
  }
}

TEST_P(IndexTest, ScatterReduce) {
  for (const DType dtype : reducible)
    for (const std::string how : {"sum", "prod", "mean", "amax", "amin"})
      for (const bool include_self : {true, false})
        for (const std::int64_t dim : {0, 1}) {
          if (on_interpreter() && bits(dtype) == 16)
            continue;
          SCOPED_TRACE(std::string(name(dtype)) + " " + how + " dim " +
                       std::to_string(dim) + (include_self ? " self" : ""));
          const auto at = static_cast<std::size_t>(dim);
          const Operand x = whole_numbers({4, 6}, dtype, device());
          const Operand src =
              whole_numbers({5, 7}, dtype, device(), Layout::padded);
          const Place shape = dim == 0 ? Place{5, 6} : Place{4, 7};
          const Array index =
              any_index(shape, x.array().size(int(dim)), dim == 0 ? i64 : i32);
          const auto expected = reduced(dense(x), at, dense(index), dense(src),
                                        how, include_self, dtype);
          expect_close(ops::scatter_reduce(x.array(), dim, index, src.array(),
                                           how, include_self)
                           .to_vector(),
                       expected, dtype);
          const auto before = x.values();
          ops::scatter_reduce_out(x.array(), dim, index, src.array(), how,
                                  x.array(), include_self);
          expect_close(x.values(), expected, dtype);
          EXPECT_TRUE(x.untouched_outside());
        }
}

TEST_P(IndexTest, SumsAreExactForWholeNumbers) {
  for (const DType dtype : {f32, bf16, i32}) {
    const std::int64_t rows = on_interpreter() ? 40 : 3000;
    const Operand x = whole_numbers({5, 33}, dtype, device());
    const Operand src = whole_numbers({rows, 33}, dtype, device());
    const Array index = any_index({rows, 33}, 5);
    const auto expected = rounded(
        reduced(dense(x), 0, dense(index), dense(src), "sum", true, dtype),
        dtype);
    EXPECT_TRUE(same_values(
        ops::scatter_add(x.array(), 0, index, src.array()).to_vector(),
        expected));
    EXPECT_TRUE(same_values(
        ops::scatter(x.array(), 0, index, src.array(), "add").to_vector(),
        expected));
    // Few lanes, and of one dimension.
    const Array column = src.array().select(1, 3), at = index.select(1, 3);
    EXPECT_TRUE(same_values(
        ops::scatter_add(x.array().select(1, 3), 0, at, column).to_vector(),
        [&] {
          std::vector<double> out;
          for (std::size_t row = 0; row < 5; ++row) {
            Dense one{{5}, {}}, many = dense(column);
            for (std::int64_t r = 0; r < 5; ++r)
              one.values.push_back(dense(x)[{r, 3}]);
            out = reduced(one, 0, dense(at), many, "sum", true, dtype);
          }
          return rounded(out, dtype);
        }()));
  }
}

TEST_P(IndexTest, HostSumsAreInOrder) {
  if (device().kind != Device::Kind::host)
    GTEST_SKIP() << "on a GPU they are not";
  const std::int64_t count = on_interpreter() ? 50 : 2000;
  auto random = random_engine();
  const Operand src({count}, f32, device(), Layout::contiguous, Values::reals,
                    random);
  const Array index = any_index({count}, 3);
  std::vector<float> expected(3);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    expected[static_cast<std::size_t>(index.to_vector()[i])] +=
        static_cast<float>(src.values()[i]);
  const Array out =
      ops::scatter_add(Array::zeros({3}, f32, device()), 0, index, src.array());
  EXPECT_TRUE(same_values(out.to_vector(), {expected.begin(), expected.end()}));
}

TEST_P(IndexTest, NumbersAndAlpha) {
  const double ids[] = {1, 1, 0};
  const Array index = Array::from(ids, {3}, i64, device());
  for (const DType dtype : {f32, bf16, i32, u8}) {
    const Array x =
        Array::from(std::vector<double>{2, 3, 4}, {3}, dtype, device());
    EXPECT_EQ(ops::scatter(x, 0, index, 2, "multiply").to_vector(),
              (std::vector<double>{4, 12, 4}));
    EXPECT_EQ(ops::scatter(x, 0, index, 2, "sum").to_vector(),
              (std::vector<double>{4, 7, 4}));
    EXPECT_EQ(ops::scatter(x, 0, index, 9, "amax").to_vector(),
              (std::vector<double>{9, 9, 4}));
    EXPECT_EQ(ops::index_add(x, 0, index, x, 3).to_vector(),
              (std::vector<double>{14, 18, 4}));
  }
  const Array one = Array::from(std::vector<double>{2},
                                std::vector<std::int64_t>(), f32, device());
  const Array zero = Array::zeros({1}, i64, device());
  EXPECT_EQ(ops::index_add(one, 0, zero, one, 0.5).to_vector()[0], 3);
  EXPECT_EQ(ops::index_select(one, 0, zero).to_vector()[0], 2);
}

TEST_P(IndexTest, ExtremaOfNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double ids[] = {0, 0, 1, 1};
  const Array index = Array::from(ids, {4}, i64, device());
  const double numbers[] = {nan, 1, 5, -INFINITY};
  for (const DType dtype : {f32, f16, f64}) {
    const Array src = Array::from(numbers, {4}, dtype, device());
    const Array x = Array::zeros({2}, dtype, device());
    EXPECT_TRUE(same_values(
        ops::scatter_reduce(x, 0, index, src, "amax").to_vector(), {nan, 5}));
    EXPECT_TRUE(same_values(
        ops::scatter_reduce(x, 0, index, src, "amin", false).to_vector(),
        {nan, -INFINITY}));
  }
}

// What only a GPU runs by itself.
TEST(IndexKernelsTest, ProductsByCompareAndExchange) {
  auto random = random_engine();
  for (const DType dtype : {f32, f64, i32, i64}) {
    const Operand x({3, 37}, dtype, host_device, Layout::contiguous,
                    Values::integers, random);
    const Operand src({5, 37}, dtype, host_device, Layout::contiguous,
                      Values::integers, random);
    std::vector<double> ids(5 * 37);
    for (double &each : ids)
      each = static_cast<double>(random() % 3);
    const Array index = Array::from(ids, {5, 37}, i64, host_device);
    const auto expected =
        reduced(dense(x), 0, dense(index), dense(src), "prod", true, dtype);
    const DType word = bits(dtype) == 64 ? i64 : i32;
    const Array bits_of_x(x.array().data(), {37, 3}, word, host_device,
                          {1, 37});
    ops::find_kernel("scatter_prod")
        .kernel.launch(std::vector<Array>{index.transpose(0, 1),
                                          src.array().transpose(0, 1),
                                          bits_of_x},
                       {.config = parse_config("BM=16 BN=4"), .stream = {}});
    EXPECT_TRUE(same_values(x.values(), expected)) << name(dtype);
  }
}

template <class Work>
void expect_refused(ErrorId id, const std::string &text, Work work) {
  try {
    work();
    ADD_FAILURE() << "no error: " << text;
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos)
        << error.what();
  }
}

TEST(MovementErrorsTest, IndexedNameTheArgument) {
  using Id = ErrorId;
  const Array x = Array::zeros({3, 4}, f32, host_device),
              index = Array::zeros({2, 4}, i64, host_device),
              wide = Array::zeros({2, 5}, i64, host_device),
              row = Array::zeros({2}, i64, host_device),
              mask = Array::zeros({3, 4}, b1, host_device),
              half = Array::zeros({3, 4}, f16, host_device);
  expect_refused(Id::dtype, "gather: index cannot be f32",
                 [&] { ops::gather(x, 0, x); });
  expect_refused(Id::shape,
                 "gather: index must have as many dimensions as x and be no "
                 "larger but along dimension 0: x is f32[3, 4] on host, index "
                 "is i64[2, 5]",
                 [&] { ops::gather(x, 0, wide); });
  expect_refused(Id::index, "gather: dim 2 is not a dimension of x",
                 [&] { ops::gather(x, 2, index); });
  expect_refused(Id::shape, "gather: out must have shape [2, 4]",
                 [&] { ops::gather_out(x, 0, index, x); });
  expect_refused(Id::dtype, "scatter: x and src must have the same dtype",
                 [&] { ops::scatter(x, 0, index, half); });
  expect_refused(Id::shape,
                 "scatter: src must have as many dimensions as index",
                 [&] { ops::scatter(x, 0, index, x.slice(0, 0, 1)); });
  expect_refused(Id::argument, "scatter: reduce must be sum, prod, mean",
                 [&] { ops::scatter(x, 0, index, x, "median"); });
  expect_refused(Id::argument, "scatter: src must be an integer for integers",
                 [&] { ops::scatter(index, 0, index, 0.5); });
  expect_refused(Id::overlap, "", [&] {
    ops::scatter_out(x.slice(0, 0, 2), 0, index.slice(0, 0, 1), x,
                     x.slice(0, 1, 3));
  });
  expect_refused(Id::dtype, "scatter_add: x cannot be bool",
                 [&] { ops::scatter_add(mask, 0, index, mask); });
  expect_refused(Id::argument, "scatter_reduce: reduce must be",
                 [&] { ops::scatter_reduce(x, 0, index, x, "add"); });
  expect_refused(Id::shape, "index_select: index must have 0 to 1 dimensions",
                 [&] { ops::index_select(x, 0, index); });
  expect_refused(Id::shape, "index_copy: source must have x's shape",
                 [&] { ops::index_copy(x, 0, row, x); });
  expect_refused(Id::argument, "index_add: alpha must be an integer", [&] {
    ops::index_add(wide, 1, row, Array::zeros({2, 2}, i64, host_device), 0.5);
  });
}

} // namespace
} // namespace girih::testing
