// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/array.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace girih {
namespace {

using Values = std::vector<double>;

template <class Call> ErrorId error_of(Call call) {
  try {
    call();
  } catch (const RuntimeError &error) {
    return error.id();
  }
  ADD_FAILURE() << "no RuntimeError";
  return ErrorId::internal;
}

Array counting(std::initializer_list<std::int64_t> shape, DType dtype) {
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  Values values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0);
  return Array::from(values, shape, dtype, host_device);
}

TEST(Array, RowMajorByDefault) {
  const Array array = Array::empty({2, 3, 4}, f32, host_device);
  EXPECT_EQ(array.rank(), 3);
  EXPECT_EQ(array.numel(), 24);
  EXPECT_EQ(array.nbytes(), 96);
  EXPECT_EQ(array.stride(0), 12);
  EXPECT_EQ(array.stride(-1), 1);
  EXPECT_EQ(array.size(-2), 3);
  EXPECT_TRUE(array.contiguous());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 256, 0u);
  EXPECT_EQ(array.to_string(), "f32[2, 3, 4] on host");
}

TEST(Array, ScalarsAndEmpties) {
  const Array scalar = Array::from(Values{7}, {}, f64, host_device);
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.numel(), 1);
  EXPECT_EQ(scalar.to_vector(), Values{7});
  const Array none = Array::empty({3, 0, 2}, f32, host_device);
  EXPECT_EQ(none.numel(), 0);
  EXPECT_TRUE(none.contiguous());
  EXPECT_TRUE(none.to_vector().empty());
  EXPECT_TRUE(none.to(host_device).to_vector().empty());
  EXPECT_EQ(none.reshape({0, 5}).numel(), 0);
}

TEST(Array, EveryDtypeKeepsItsValues) {
  for (int at = 0; at < dtype_count; ++at) {
    const auto dtype = static_cast<DType>(at);
    const Values values = dtype == DType::b1      ? Values{0, 1, 1, 0, 1}
                          : dtype == DType::ue8m0 ? Values{1, 2, 4, 0.5, 8}
                                                  : Values{0, 1, 2, 3, 4};
    const Array array = Array::from(values, {5}, dtype, host_device);
    EXPECT_EQ(array.to_vector(), values) << name(dtype);
    EXPECT_EQ(array.nbytes(), (5 * bits(dtype) + 7) / 8) << name(dtype);
  }
}

TEST(Array, ConversionsRoundAndSaturate) {
  const double inf = std::numeric_limits<double>::infinity();
  const Values values{-200, -0.5, 0.5, 1.5, 2.5, 300, inf, -inf, 255.4};
  auto converted = [&](DType dtype) {
    return Array::from(values, {9}, dtype, host_device).to_vector();
  };
  EXPECT_EQ(converted(i8), (Values{-128, 0, 0, 1, 2, 127, 127, -128, 127}));
  EXPECT_EQ(converted(u8), (Values{0, 0, 0, 1, 2, 255, 255, 0, 255}));
  EXPECT_EQ(converted(i64)[6], 9223372036854775807.0);
  const Array nan = Array::from(Values{NAN}, {1}, i32, host_device);
  EXPECT_EQ(nan.to_vector(), Values{0});
  // Halfway between two bf16 values: to the even one.
  EXPECT_EQ(Array::from(Values{1.00390625}, {1}, bf16, host_device).to_vector(),
            Values{1});
  const Array wide = Array::from(Values{1.00390625, 3}, {2}, f32, host_device);
  EXPECT_EQ(wide.to(bf16).to_vector(), (Values{1, 3}));
  EXPECT_EQ(wide.to(bf16).dtype(), bf16);
  std::int64_t big = (std::int64_t{1} << 62) + 1;
  const Array exact = Array(&big, {1}, i64).to(i64);
  EXPECT_EQ(std::memcmp(exact.data(), &big, 8), 0);
}

TEST(Array, Views) {
  const Array array = counting({3, 4}, i32);
  EXPECT_EQ(array.transpose(0, 1).to_vector(),
            (Values{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(array.slice(1, 1, 4, 2).to_vector(), (Values{1, 3, 5, 7, 9, 11}));
  EXPECT_EQ(array.slice(0, 3, 3).numel(), 0);
  EXPECT_EQ(array.select(0, 1).to_vector(), (Values{4, 5, 6, 7}));
  EXPECT_EQ(array.select(-1, 3).to_vector(), (Values{3, 7, 11}));
  EXPECT_EQ(array.reshape({2, -1}).size(1), 6);
  const std::int64_t shape[] = {2, 3, 4};
  EXPECT_EQ(array.broadcast_to(shape).to_vector().size(), 24u);
  EXPECT_EQ(array.broadcast_to(shape).stride(0), 0);
  EXPECT_FALSE(array.transpose(0, 1).contiguous());
  EXPECT_EQ(array.transpose(0, 1).to(host_device).reshape({12}).to_vector()[1],
            4);
}

TEST(Array, ViewsShareMemoryAndKeepItAlive) {
  Array part;
  {
    Array whole = Array::zeros({4, 4}, f32, host_device);
    part = whole.slice(0, 2, 4);
    counting({2, 4}, f32).to(host_device);
    part.copy_from(counting({2, 4}, f32));
    EXPECT_EQ(whole.to_vector()[8], 0);
    EXPECT_EQ(whole.to_vector()[9], 1);
  }
  EXPECT_EQ(part.to_vector().back(), 7);
}

TEST(Array, NegativeStrides) {
  float memory[] = {1, 2, 3, 4};
  const Array reversed(memory + 3, {4}, f32, host_device, {-1});
  EXPECT_EQ(reversed.to_vector(), (Values{4, 3, 2, 1}));
  EXPECT_FALSE(reversed.contiguous());
  reversed.copy_from(Array::from(Values{9, 8, 7, 6}, {4}, f32, host_device));
  EXPECT_EQ(memory[0], 6);
  EXPECT_EQ(memory[3], 9);
}

TEST(Array, CopyBetweenViewsOfOneArray) {
  const Array array = counting({3, 3}, i32);
  array.copy_from(array.transpose(0, 1));
  EXPECT_EQ(array.to_vector(), (Values{0, 3, 6, 1, 4, 7, 2, 5, 8}));
}

TEST(Array, CopyBetweenOverlappingViews) {
  // A packed source whose elements the strided target would overwrite first.
  const Array array = counting({8}, i32);
  array.slice(0, 0, 8, 2).copy_from(array.slice(0, 0, 4));
  EXPECT_EQ(array.to_vector(), (Values{0, 1, 1, 3, 2, 5, 3, 7}));
  const Array shifted = counting({8}, i32);
  shifted.slice(0, 2, 8, 2).copy_from(shifted.slice(0, 0, 6, 2));
  EXPECT_EQ(shifted.to_vector(), (Values{0, 1, 0, 3, 2, 5, 4, 7}));
}

TEST(Array, StrideOfOneElementIsNotUsed) {
  float memory[3] = {1, 2, 3};
  const Array array(memory, {3, 1, 1}, f32, host_device,
                    {1, INT64_MAX, -INT64_MAX});
  EXPECT_EQ(array.to_vector(), (Values{1, 2, 3}));
  EXPECT_EQ(array.to(f64).to_vector(), (Values{1, 2, 3}));
}

TEST(Array, LargestSteps) {
  const Array array = counting({4}, f32);
  EXPECT_EQ(array.slice(0, 1, 4, INT64_MAX).to_vector(), Values{1});
  EXPECT_EQ(array.slice(0, 4, 4, INT64_MAX).numel(), 0);
}

TEST(Array, PackedTypes) {
  const Array array =
      Array::from(Values{1, -2, 3, -4, 5}, {5}, DType::i4, host_device);
  EXPECT_EQ(array.to_vector(), (Values{1, -2, 3, -4, 5}));
  const auto *bytes = static_cast<const unsigned char *>(array.data());
  EXPECT_EQ(bytes[0], 0xe1); // the first element in the low half
  EXPECT_EQ(array.slice(0, 2, 5).to_vector(), (Values{3, -4, 5}));
  EXPECT_EQ(error_of([&] { array.slice(0, 1, 3); }), ErrorId::argument);
  const Array copy = Array::zeros({5}, DType::i4, host_device);
  copy.copy_from(array);
  EXPECT_EQ(copy.to_vector(), array.to_vector());
}

TEST(Array, ConstantIsKeptByViews) {
  const Array array = Array::zeros({4}, f32, host_device).as_constant();
  EXPECT_TRUE(array.read_only());
  for (const Array &view :
       {array.reshape({2, 2}), array.slice(0, 1, 2), array.select(0, 1),
        array.reshape({2, 2}).transpose(0, 1), array.reshape({1, 4}),
        array.broadcast_to(std::vector<std::int64_t>{2, 4}),
        array.as_read_only()})
    EXPECT_EQ(view.access(), Access::constant);
  EXPECT_EQ(array.to(host_device).access(), Access::write);
}

TEST(Array, ReadOnly) {
  const Array array = Array::zeros({4}, f32, host_device).as_read_only();
  EXPECT_TRUE(array.reshape({2, 2}).read_only());
  EXPECT_TRUE(array.slice(0, 1, 2).read_only());
  EXPECT_EQ(error_of([&] { array.fill_bytes(1); }), ErrorId::argument);
  EXPECT_EQ(error_of([&] { array.copy_from(array); }), ErrorId::argument);
}

TEST(Array, Mistakes) {
  float memory[8];
  const auto wrap = [&](std::initializer_list<std::int64_t> shape,
                        std::initializer_list<std::int64_t> strides = {}) {
    return [&memory, shape, strides] {
      Array(memory, shape, f32, host_device, strides);
    };
  };
  EXPECT_EQ(error_of(wrap({-1})), ErrorId::shape);
  EXPECT_EQ(error_of(wrap({2, 2}, {1})), ErrorId::shape);
  EXPECT_EQ(error_of(wrap({1, 1, 1, 1, 1, 1, 1, 1, 1})), ErrorId::shape);
  EXPECT_EQ(error_of(wrap({2, 2}, {INT64_MAX, 1})), ErrorId::shape);
  EXPECT_EQ(error_of(wrap({INT64_MAX, 3})), ErrorId::shape);
  EXPECT_EQ(error_of(wrap({2}, {INT64_MIN})), ErrorId::shape);
  EXPECT_EQ(
      error_of([] { Array::empty({INT64_MAX / 4}, DType::i4, host_device); }),
      ErrorId::shape);
  EXPECT_EQ(error_of([] { Array(nullptr, {2}, f32); }), ErrorId::null_pointer);
  EXPECT_NO_THROW(Array(nullptr, {0, 2}, f32));
  EXPECT_EQ(
      error_of([&] { Array(reinterpret_cast<char *>(memory) + 1, {1}, f32); }),
      ErrorId::argument);
  EXPECT_EQ(error_of([] { Array::from(Values{1, 2}, {3}, f32, host_device); }),
            ErrorId::shape);
  const Array array = counting({3, 4}, f32);
  EXPECT_EQ(error_of([&] { array.reshape({5}); }), ErrorId::shape);
  EXPECT_EQ(error_of([&] { array.transpose(0, 1).reshape({12}); }),
            ErrorId::shape);
  EXPECT_EQ(error_of([&] { array.transpose(0, 2); }), ErrorId::index);
  EXPECT_EQ(error_of([&] { array.slice(0, 2, 4); }), ErrorId::index);
  EXPECT_EQ(error_of([&] { array.slice(0, 0, 2, 0); }), ErrorId::index);
  EXPECT_EQ(error_of([&] { array.select(1, 4); }), ErrorId::index);
  EXPECT_EQ(error_of([&] { array.copy_from(counting({4, 3}, f32)); }),
            ErrorId::shape);
  EXPECT_EQ(error_of([] {
              Array::empty({std::int64_t{1} << 45, 1 << 10}, f32, host_device);
            }),
            ErrorId::out_of_memory);
}

} // namespace
} // namespace girih
