// SPDX-License-Identifier: Apache-2.0
// Operators that give views: the same memory, and by name a view or a copy.
#include "movement_reference.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/arguments.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

namespace girih::testing {
namespace {

// Whole numbers in row-major order.
Array counted(const Place &shape, DType dtype = f32) {
  std::vector<double> values;
  for_each_place(shape, [&](const Place &) {
    values.push_back(static_cast<double>(values.size()));
  });
  return Array::from(values, shape, dtype, host_device);
}

void expect_view(const Array &view, const Array &x, const Place &shape,
                 const std::function<Place(const Place &)> &source) {
  EXPECT_EQ(shape_of(view), shape);
  EXPECT_EQ(view.owner(), x.owner());
  EXPECT_TRUE(same_values(view.to_vector(), taken(dense(x), shape, source)));
  if (view.numel() == 0)
    return;
  EXPECT_GE(view.data(), x.data());
  EXPECT_LT(view.data(), static_cast<const char *>(x.data()) + x.nbytes());
}

TEST(MovementViewsTest, AreTheSameMemory) {
  const Array x = counted({2, 3, 4});
  expect_view(ops::transpose(x, 0, -1), x, {4, 3, 2},
              [](const Place &at) { return Place{at[2], at[1], at[0]}; });
  expect_view(ops::permute(x, {1, -1, 0}), x, {3, 4, 2},
              [](const Place &at) { return Place{at[2], at[0], at[1]}; });
  expect_view(ops::narrow(x, 1, -2, 2), x, {2, 2, 4},
              [](const Place &at) { return Place{at[0], at[1] + 1, at[2]}; });
  expect_view(ops::narrow(x, 2, 4, 0), x, {2, 3, 0},
              [](const Place &at) { return at; });
  expect_view(ops::select(x, 1, -1), x, {2, 4},
              [](const Place &at) { return Place{at[0], 2, at[1]}; });
  expect_view(ops::unsqueeze(x, -1), x, {2, 3, 4, 1},
              [](const Place &at) { return Place{at[0], at[1], at[2]}; });
  expect_view(ops::expand(ops::narrow(x, 0, 1, 1), {5, 2, -1, 4}).select(0, 1),
              x, {2, 3, 4},
              [](const Place &at) { return Place{1, at[1], at[2]}; });
  expect_view(ops::diagonal(x, 1, 1, 2), x, {2, 3},
              [](const Place &at) { return Place{at[0], at[1], at[1] + 1}; });
  expect_view(ops::diagonal(x, -1, 0, -1), x, {3, 1},
              [](const Place &at) { return Place{at[1] + 1, at[0], at[1]}; });
  expect_view(ops::diagonal(x, 9), x, {4, 0},
              [](const Place &at) { return Place{0, 0, at[0]}; });
}

TEST(MovementViewsTest, SqueezeDropsOnes) {
  const Array x = counted({1, 3, 1, 2});
  EXPECT_EQ(shape_of(ops::squeeze(x)), (Place{3, 2}));
  EXPECT_EQ(shape_of(ops::squeeze(x, {0})), (Place{3, 1, 2}));
  EXPECT_EQ(shape_of(ops::squeeze(x, {1, -2})), (Place{1, 3, 2}));
  EXPECT_TRUE(same_values(ops::squeeze(x).to_vector(), x.to_vector()));
  EXPECT_EQ(shape_of(ops::squeeze(counted({}))), Place{});
}

TEST(MovementViewsTest, ReshapeWhereStridesAllow) {
  const Array x = counted({4, 6, 5});
  for (const Place &shape : {Place{24, 5}, Place{2, 2, 30}, Place{120},
                             Place{1, 4, 3, 1, 2, 5, 1}, Place{4, -1}}) {
    const Array view = ops::reshape(x, shape);
    EXPECT_EQ(view.data(), x.data());
    EXPECT_TRUE(same_values(view.to_vector(), x.to_vector()));
  }
  // Some dimensions of a view still lie as one.
  const Array part = x.slice(2, 1, 4), turned = x.transpose(0, 1);
  EXPECT_TRUE(same_values(ops::reshape(part, {2, 12, 3}).to_vector(),
                          part.to_vector()));
  EXPECT_TRUE(
      same_values(ops::reshape(part.select(1, 0), {2, 2, 3, 1}).to_vector(),
                  part.select(1, 0).to_vector()));
  EXPECT_TRUE(same_values(ops::reshape(turned, {3, 2, 4, 5}).to_vector(),
                          turned.to_vector()));
  EXPECT_EQ(shape_of(ops::reshape(counted({0, 3}), {5, 0})), (Place{5, 0}));
  EXPECT_EQ(shape_of(ops::reshape(counted({}), {1, 1})), (Place{1, 1}));
  EXPECT_EQ(shape_of(ops::reshape(counted({1}), {})), Place{});
}

TEST(MovementViewsTest, ByNameAViewOrACopy) {
  const Array x = counted({3, 4});
  const ops::OpEntry &entry = ops::find_op("transpose");
  ASSERT_TRUE(entry.view);
  const Stream stream;
  const ops::Call call{entry.name(), std::source_location::current(), stream};
  const std::vector<ops::Value> values{x, std::int64_t{0}, std::int64_t{1}};
  const Array view = entry.view(call, values);
  EXPECT_EQ(view.data(), x.data());
  EXPECT_EQ(shape_of(view), (Place{4, 3}));
  const auto shaped = entry.results(call, values);
  ASSERT_EQ(shaped.size(), 1u);
  EXPECT_EQ(shaped[0].dtype, f32);
  const std::vector<Array> outs{Array::empty({4, 3}, f32, host_device)};
  entry.run(call, values, outs);
  EXPECT_TRUE(same_values(outs[0].to_vector(), view.to_vector()));
  EXPECT_THROW(entry.run(call, values, std::vector<Array>{x}), RuntimeError);
}

template <class Work>
void expect_no_view(ErrorId id, const std::string &text, Work work) {
  try {
    work();
    ADD_FAILURE() << "no error: " << text;
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos)
        << error.what();
  }
}

TEST(MovementViewsTest, Errors) {
  using Id = ErrorId;
  const Array x = counted({2, 3, 4});
  expect_no_view(Id::index, "transpose: dim1 3 is not a dimension of x",
                 [&] { ops::transpose(x, 0, 3); });
  expect_no_view(Id::argument, "permute: dims must name each dimension once",
                 [&] { ops::permute(x, {0, 1, 1}); });
  expect_no_view(Id::argument, "permute: dims must name each dimension once",
                 [&] { ops::permute(x, {0, 1}); });
  expect_no_view(Id::shape, "reshape: the elements of x do not make up [5, 5]",
                 [&] { ops::reshape(x, {5, 5}); });
  expect_no_view(Id::shape, "do not make up [-1, -1]",
                 [&] { ops::reshape(x, {-1, -1}); });
  expect_no_view(Id::shape,
                 "reshape: the strides of x do not allow a view of [24]",
                 [&] { ops::reshape(x.transpose(0, 1), {24}); });
  expect_no_view(Id::shape, "expand: x cannot be expanded to [2, 4, 4]",
                 [&] { ops::expand(x, {2, 4, 4}); });
  expect_no_view(Id::shape, "expand: x cannot be expanded to [3, 4]",
                 [&] { ops::expand(x, {3, 4}); });
  expect_no_view(Id::index, "unsqueeze: dim 4 is no dimension of the result",
                 [&] { ops::unsqueeze(x, 4); });
  expect_no_view(Id::index, "narrow: 3 elements from 2 on are not in dimension",
                 [&] { ops::narrow(x, 1, 2, 3); });
  expect_no_view(Id::index, "select: index -4 is none of dimension 1 of x",
                 [&] { ops::select(x, 1, -4); });
  expect_no_view(Id::argument, "diagonal: dim1 and dim2 must differ",
                 [&] { ops::diagonal(x, 0, 1, -2); });
  expect_no_view(Id::argument, "squeeze: dims names a dimension of x twice",
                 [&] { ops::squeeze(x, {0, -3}); });
}

} // namespace
} // namespace girih::testing
