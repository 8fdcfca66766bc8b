// SPDX-License-Identifier: Apache-2.0
// What a call looks at in each of its operands, also where an earlier call was
// nearly the same.
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/runtime/failure.h"
#include "girih/runtime/launch/plan.h"
#include "girih/runtime/launch/specialise.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

using testing::add_config;
using testing::add_entry;
using testing::FakeToolchain;
using testing::make_add;
using Values = std::vector<double>;

Array host(Values values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return Array::from(values, {count}, f32, host_device);
}

Array host_empty(std::int64_t count) {
  Array array = Array::empty({count}, f32, host_device);
  array.fill_bytes(0xff);
  return array;
}

void call(const Kernel &kernel, std::vector<Array> arrays,
          LaunchOptions options = {add_config(), {}}) {
  kernel.launch(arrays, options);
}

/// Runs it and gives the error's text; checks the id.
template <class Call> std::string error_of(ErrorId id, Call run) {
  try {
    run();
  } catch (const Error &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

// It says nothing, whatever a view has there.
TEST(LaunchOperands, StrideOfOneRow) {
  const Array row = Array::empty({1, 1, 32}, bf16, host_device),
              odd(row.data(), row.shape(), bf16, host_device,
                  std::vector<std::int64_t>{1, 3, 1}, row.owner());
  EXPECT_EQ(classify(odd).unit_stride, 4u);
  EXPECT_EQ(classify(odd).stride_div16, 3u);
  EXPECT_EQ(classify(odd), classify(row));
  // Nor does it matter to a Program that was recorded for another one.
  OperandClass units = classify(row);
  units.unit_stride = 7;
  EXPECT_TRUE(has_class(row, units));
  const Array rows = Array::empty({3, 1, 32}, bf16, host_device);
  EXPECT_FALSE(has_class(rows, units));
}

// Code for a GPU takes it that they divide everything.
TEST(LaunchOperands, StridesOfOnePlace) {
  float word = 0;
  const std::vector<std::int64_t> shape{1, 6, 8}, strides{3, 8, 1};
  const auto parameters = [&](Device device) {
    const Array array(&word, shape, f32, device, strides);
    const Array *arrays[] = {&array};
    CallWords words(arrays, nullptr);
    words.become_parameters(arrays);
    const auto found = words.words();
    return std::vector(found.begin() + 1, found.end());
  };
  EXPECT_EQ(parameters(host_device),
            (std::vector<std::int64_t>{1, 6, 8, 3, 8, 1}));
  EXPECT_EQ(parameters(cuda_device(0)),
            (std::vector<std::int64_t>{1, 6, 8, 0, 8, 1}));
}

// The class is the same, what indices may be is not.
TEST(LaunchOperands, IndexWidthDecidesWhatIsCompiled) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  alignas(16) float word = 1;
  const auto run = [&](std::int64_t stride) {
    const Array a(&word, {1}, f32, host_device, {stride});
    call(add, {a, host_empty(1), host_empty(1)});
    return toolchain.last_program.index32;
  };
  EXPECT_TRUE(run(16));
  EXPECT_FALSE(run(std::int64_t{1} << 31));
  EXPECT_EQ(toolchain.compiles, 2);
}

/// y += x, of tiles of 4.
Kernel make_accumulate() {
  return make(
      "accumulate",
      [](Tensor x, Tensor y) { return arranged(x.tile({4}), y.tile({4})); },
      [](In x, InOut y) { y = y + x; });
}

TEST(LaunchOperands, WhatAnInOutMayBe) {
  FakeToolchain toolchain(add_entry);
  const Kernel accumulate = make_accumulate();
  const auto refuse = [&](ErrorId id, const Array &x, const Array &y) {
    error_of(id, [&] { accumulate(x, y); });
  };
  const Array memory = Array::zeros({16}, i8, host_device);
  const Array x = memory.slice(0, 0, 8);
  refuse(ErrorId::argument, x, memory.slice(0, 8, 16).as_read_only());
  refuse(ErrorId::stride, x, Array(memory.data(), {8}, i8, host_device, {0}));
  // One byte in common.
  refuse(ErrorId::overlap, x, memory.slice(0, 7, 15));
  refuse(ErrorId::overlap, memory.slice(0, 7, 15), x);
  EXPECT_EQ(toolchain.compiles, 0);
}

// As an earlier call in all but its memory.
TEST(LaunchOperands, NoMemoryTheSecondTime) {
  FakeToolchain toolchain(
      [](const std::int64_t *, std::int64_t, std::int64_t, void *) {});
  const Kernel scale = make(
      "scale", [](Tensor x, Tensor by) { return arranged(x.tile({4}), by); },
      [](InOut x, In by) { x = x * by; });
  const Array x = host_empty(16);
  scale(x, Array::zeros({}, f32, host_device));
  error_of(ErrorId::null_pointer, [&] { scale(x, Array()); });
}

TEST(LaunchOperands, ReadOnlyOutput) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  for (const Array &kept :
       {host_empty(1).as_read_only(), host_empty(1).as_constant()}) {
    const std::string text = error_of(
        ErrorId::argument, [&] { call(add, {host({1}), host({2}), kept}); });
    EXPECT_NE(text.find("operand c is written, but its Array is read-only"),
              std::string::npos)
        << text;
  }
  const Array c = host_empty(1);
  call(add, {host({1}).as_read_only(), host({2}), c});
  call(add, {host({1}).as_constant(), host({2}), c});
  EXPECT_EQ(c.to_vector(), Values{3});
}

} // namespace
} // namespace girih
