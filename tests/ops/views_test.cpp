// SPDX-License-Identifier: Apache-2.0
// Broadcasting and collapsing against brute force: the views must pair the same
// addresses as the arrays did.
#include "operands.h"

#include "girih/ops/views.h"

#include <algorithm>

namespace girih::testing {
namespace {

using Sizes = std::vector<std::int64_t>;
using Addresses = std::vector<std::vector<const void *>>;

// The addresses that meet in each element, sorted: order does not matter.
Addresses meeting(const std::vector<Array> &arrays) {
  Addresses result;
  const Sizes shape(arrays[0].shape().begin(), arrays[0].shape().end());
  for_each_offset(shape, Sizes(shape.size(), 0),
                  [&](std::int64_t, std::int64_t) { result.emplace_back(); });
  for (const Array &array : arrays) {
    const Sizes strides(array.strides().begin(), array.strides().end());
    for_each_offset(shape, strides, [&](std::int64_t offset, std::int64_t at) {
      result[static_cast<std::size_t>(at)].push_back(
          static_cast<const float *>(array.data()) + offset);
    });
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<Array> collapsed(std::vector<Array> arrays) {
  const Addresses before = meeting(arrays);
  ops::collapse(arrays);
  EXPECT_EQ(meeting(arrays), before);
  return arrays;
}

Array array(std::initializer_list<std::int64_t> shape) {
  return Array::zeros(shape, f32, host_device);
}

TEST(CollapseTest, ContiguousIsOneDimension) {
  for (auto shape : {Sizes{4, 5, 6}, Sizes{1, 7, 1}, Sizes{3}, Sizes{}}) {
    const Array one = Array::zeros(shape, f32, host_device);
    EXPECT_EQ(collapsed({one, one, one})[2].rank(), 1);
  }
}

TEST(CollapseTest, PermutedAlikeIsOneDimension) {
  const Array a = array({4, 5, 6}).transpose(0, 2);
  EXPECT_EQ(collapsed({a, a, a})[0].rank(), 1);
}

TEST(CollapseTest, TransposedInputKeepsTwo) {
  const Array a = array({5, 4}).transpose(0, 1), out = array({4, 5});
  const auto views = collapsed({a, out, out});
  EXPECT_EQ(views[0].rank(), 2);
  EXPECT_EQ(views[2].stride(1), 1);
}

TEST(CollapseTest, OutputDecidesTheOrder) {
  const Array a = array({4, 5}), out = array({5, 4}).transpose(0, 1);
  const auto views = collapsed({a, a, out});
  EXPECT_EQ(views[2].stride(0), 4);
  EXPECT_EQ(views[2].stride(1), 1);
}

TEST(CollapseTest, BroadcastMergesWhatItCan) {
  const Array out = array({2, 3, 4, 5});
  const Array row = array({4, 5}).broadcast_to(out.shape());
  const auto views = collapsed({row, out, out});
  EXPECT_EQ(views[0].rank(), 2);
  EXPECT_EQ(views[0].stride(0), 0);
  EXPECT_EQ(views[2].size(0), 6);
}

TEST(CollapseTest, PaddedRowsKeepTwo) {
  const Array wide = array({6, 8});
  const auto views =
      collapsed({array({2, 3, 5}), array({2, 3, 5}),
                 Array(wide.data(), {2, 3, 5}, f32, host_device, {24, 8, 1})});
  EXPECT_EQ(views[2].rank(), 2);
  EXPECT_EQ(views[2].size(0), 6);
}

TEST(CollapseTest, RandomStrides) {
  auto random = random_engine();
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  const Array memory = array({1 << 16});
  for (int round = 0; round < 300; ++round) {
    const auto rank = static_cast<std::size_t>(draw(0, 5));
    Sizes shape(rank);
    std::ranges::generate(shape, [&] { return draw(1, 4); });
    std::vector<Array> arrays;
    for (int i = 0; i < 3; ++i) {
      // A random order of dimensions with random gaps; inputs may repeat.
      std::vector<std::size_t> order(rank);
      for (std::size_t d = 0; d < rank; ++d)
        order[d] = d;
      if (draw(0, 1))
        std::ranges::shuffle(order, random);
      Sizes strides(rank);
      std::int64_t stride = draw(0, 3) ? 1 : 2;
      for (std::size_t d : order) {
        strides[d] = i < 2 && draw(0, 5) == 0 ? 0 : stride;
        stride *= shape[d] + (draw(0, 4) ? 0 : 1);
      }
      arrays.emplace_back(memory.data(), std::span<const std::int64_t>(shape),
                          f32, host_device,
                          std::span<const std::int64_t>(strides));
    }
    collapsed(arrays);
  }
}

TEST(BroadcastTest, Shapes) {
  const auto both = [](Sizes x, Sizes y) -> std::optional<Sizes> {
    const auto shape = ops::broadcast_shapes(x, y);
    if (!shape)
      return std::nullopt;
    const std::span<const std::int64_t> sizes = *shape;
    return Sizes(sizes.begin(), sizes.end());
  };
  EXPECT_EQ(both({3, 1}, {4}), (Sizes{3, 4}));
  EXPECT_EQ(both({}, {}), Sizes{});
  EXPECT_EQ(both({}, {2, 0}), (Sizes{2, 0}));
  EXPECT_EQ(both({1}, {0}), Sizes{0});
  EXPECT_EQ(both({5, 1, 7}, {6, 1}), (Sizes{5, 6, 7}));
  EXPECT_EQ(both({3}, {4}), std::nullopt);
  EXPECT_EQ(both({0}, {2}), std::nullopt);
}

} // namespace
} // namespace girih::testing
