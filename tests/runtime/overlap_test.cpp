// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/launch/overlap.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace girih {
namespace {

/// The bytes of every element, one entry per element and byte.
std::vector<std::intptr_t> bytes_of(const Array &array) {
  std::vector<std::intptr_t> all;
  const std::int64_t width = bytes(array.dtype());
  std::vector<std::int64_t> index(array.shape().size(), 0);
  if (array.numel() == 0)
    return all;
  while (true) {
    auto at = reinterpret_cast<std::intptr_t>(array.data());
    for (std::size_t dim = 0; dim < index.size(); ++dim)
      at += index[dim] * array.strides()[dim] * width;
    for (std::int64_t byte = 0; byte < width; ++byte)
      all.push_back(at + byte);
    std::size_t dim = 0;
    for (; dim < index.size(); ++dim) {
      if (++index[dim] < array.shape()[dim])
        break;
      index[dim] = 0;
    }
    if (dim == index.size())
      return all;
  }
}

Array random_view(std::mt19937 &random, char *memory) {
  const DType dtypes[] = {f32, bf16, i8, f64};
  const DType dtype = dtypes[random() % 4];
  const std::size_t rank = random() % 4;
  std::vector<std::int64_t> shape, strides;
  for (std::size_t dim = 0; dim < rank; ++dim) {
    shape.push_back(static_cast<std::int64_t>(random() % 5));
    strides.push_back(static_cast<std::int64_t>(random() % 21) - 6);
  }
  const std::size_t offset = random() % 40 * 8;
  return Array(memory + 4096 + offset, shape, dtype, host_device, strides);
}

TEST(Overlap, AgreesWithEnumeration) {
  alignas(16) static char memory[16384];
  std::mt19937 random(20240531);
  int yes = 0, self_yes = 0;
  for (int round = 0; round < 20000; ++round) {
    const Array lhs = random_view(random, memory);
    const Array rhs = random_view(random, memory);
    const auto left = bytes_of(lhs), right = bytes_of(rhs);
    const std::set<std::intptr_t> left_set(left.begin(), left.end());
    const bool self = left_set.size() != left.size();
    bool both = false;
    for (std::intptr_t byte : right)
      both |= left_set.count(byte) != 0;
    ASSERT_EQ(overlaps_itself(lhs), self) << lhs.to_string() << round;
    ASSERT_EQ(overlap(lhs, rhs), both)
        << lhs.to_string() << rhs.to_string() << round;
    ASSERT_EQ(overlap(rhs, lhs), both) << round;
    yes += both;
    self_yes += self;
  }
  // The comparison means something: both answers were met often.
  EXPECT_GT(yes, 1000);
  EXPECT_LT(yes, 19000);
  EXPECT_GT(self_yes, 1000);
  EXPECT_LT(self_yes, 19000);
}

TEST(Overlap, InterleavedColumnsAreApart) {
  Array whole = Array::zeros({1000, 64}, f32, host_device);
  const Array left = whole.slice(1, 0, 32), right = whole.slice(1, 32, 64);
  EXPECT_FALSE(overlap(left, right));
  EXPECT_TRUE(overlap(left, whole.slice(1, 31, 40)));
  EXPECT_FALSE(overlap(whole.slice(0, 0, 1000, 2), whole.slice(0, 1, 1000, 2)));
  EXPECT_FALSE(overlaps_itself(left.transpose(0, 1)));
}

TEST(Overlap, Broadcast) {
  Array row = Array::zeros({1, 8}, f32, host_device);
  const std::int64_t shape[] = {4, 8};
  EXPECT_TRUE(overlaps_itself(row.broadcast_to(shape)));
  EXPECT_FALSE(overlaps_itself(row));
}

TEST(Overlap, ByteRange) {
  alignas(8) char memory[64];
  const Array forward(memory, {4}, f32);
  EXPECT_EQ(byte_range(forward).begin, 0);
  EXPECT_EQ(byte_range(forward).end, 16);
  const Array backward(memory + 16, {4}, f32, host_device, {-1});
  EXPECT_EQ(byte_range(backward).begin, -12);
  EXPECT_EQ(byte_range(backward).end, 4);
  const Array none(nullptr, {0, 4}, f32);
  EXPECT_EQ(byte_range(none).end, 0);
  // The last byte may be half full.
  EXPECT_EQ(byte_range(Array(memory, {3}, i4)).end, 2);
}

TEST(Overlap, DoubtIsYes) {
  // Coprime strides over many dimensions: the search gives up.
  std::vector<BoundedTerm> terms;
  for (std::int64_t coefficient : {10007, 10009, 10037, 10039, 10061, 10067})
    terms.push_back({coefficient, 1000});
  EXPECT_TRUE(can_sum_to(terms, 3000001, 10));
}

} // namespace
} // namespace girih
