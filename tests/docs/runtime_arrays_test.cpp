// SPDX-License-Identifier: Apache-2.0
// The examples of docs/reference/runtime.md about devices and Arrays. They run
// on the GPU if there is one, else on the host.
#include "expect_error.h"

#include <cstdio>
#include <vector>

namespace girih {
namespace {

using testing::expect_error;

TEST(RuntimeReference, Devices) {
  // [devices]
  Device device = default_device(); // cuda:0 if there is one, else the host
  EXPECT_EQ(parse_device("cuda:1"), cuda_device(1));
  EXPECT_EQ(cuda_device(1).to_string(), "cuda:1");
  if (cuda_device_count() == 0)
    std::printf("no GPU: %s\n", cuda_unavailable_reason().c_str());
  EXPECT_GT(properties(device).processors, 0);
  synchronize(device); // until all that was submitted to it has run
  // [/devices]
}

TEST(RuntimeReference, MakingArrays) {
  // [make]
  const std::vector<double> numbers{1, 2, 3, 4, 5, 6};
  Array a = Array::from(numbers, {2, 3}, f32); // on the default device
  Array b = Array::zeros({2, 3}, bf16, host_device);
  Array c = Array::empty({2, 3}, i4, a.device()); // holds anything
  EXPECT_EQ(a.rank(), 2);
  EXPECT_EQ(a.size(-1), a.shape()[1]);
  EXPECT_EQ(a.stride(0), 3); // elements
  EXPECT_EQ(a.strides().size(), 2U);
  EXPECT_EQ(a.dtype(), f32);
  EXPECT_EQ(c.numel(), 6);
  EXPECT_EQ(c.nbytes(), 3); // two elements in a byte
  EXPECT_EQ(b.to_string(), "bf16[2, 3] on host");
  EXPECT_EQ(a.to_vector(), numbers);
  // [/make]
}

TEST(RuntimeReference, MemoryOfOthers) {
  // [wrap]
  auto memory = std::make_shared<std::vector<float>>(
      std::vector<float>{1, 4, 2, 5, 3, 6});
  const std::int64_t shape[] = {2, 3}, strides[] = {1, 2}; // column major
  Array a(memory->data(), shape, f32, host_device, strides, memory);
  EXPECT_FALSE(a.contiguous());
  EXPECT_EQ(a.data(), memory->data());
  EXPECT_EQ(a.owner(), memory); // which lives as long as `a` and its views
  EXPECT_EQ(a.to_vector(), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  // [/wrap]
}

TEST(RuntimeReference, Scalars) {
  // [scalar]
  // y = factor x, the factor an operand of rank 0.
  const Kernel scale = make(
      "scale",
      [](Tensor x, Tensor factor, Tensor y) {
        auto BLOCK = block_size("BLOCK");
        return arranged(x.tile({BLOCK}), factor, y.tile({BLOCK}));
      },
      [](In x, In factor, Out y) { y = x * factor; });
  Array x = Array::from(std::vector<double>{1, 2, 3}, {3}, f32);
  Array y = Array::empty({3}, f32);
  for (double factor : {2.0, 0.5}) // compiled once
    scale(x, Array::scalar(factor, f32), y);
  EXPECT_EQ(y.to_vector(), (std::vector<double>{0.5, 1, 1.5}));
  EXPECT_TRUE(Array::scalar(7, i32).by_value());
  // [/scalar]
}

TEST(RuntimeReference, Views) {
  // [views]
  Array m = Array::from(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3}, f32);
  using Values = std::vector<double>;
  EXPECT_EQ(m.transpose(0, 1).to_vector(), (Values{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(m.slice(1, 0, 3, 2).to_vector(), (Values{1, 3, 4, 6}));
  EXPECT_EQ(m.select(0, 1).to_vector(), (Values{4, 5, 6}));
  EXPECT_EQ(m.reshape({3, -1}).size(1), 2);
  const std::int64_t shape[] = {2, 2, 3};
  EXPECT_EQ(m.broadcast_to(shape).stride(0), 0);
  EXPECT_EQ(m.transpose(0, 1).data(), m.data()); // the same memory
  // [/views]
}

TEST(RuntimeReference, Copies) {
  // [copies]
  Array m = Array::from(std::vector<double>{1, 2, 3, 4}, {2, 2}, f32);
  Array here = m.to(host_device); // a copy in any case, contiguous
  Array small = m.transpose(0, 1).to(i8);
  EXPECT_EQ(small.to_vector(), (std::vector<double>{1, 3, 2, 4}));
  m.select(0, 1).copy_from(m.select(0, 0));
  EXPECT_EQ(m.to_vector(), (std::vector<double>{1, 2, 1, 2}));
  m.fill_bytes(0);
  EXPECT_EQ(m.to_vector(), (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ(here.to_vector(), (std::vector<double>{1, 2, 3, 4}));
  // [/copies]
}

TEST(RuntimeReference, Access) {
  const Kernel copy = make(
      "copy",
      [](Tensor x, Tensor y) { return arranged(x.tile({64}), y.tile({64})); },
      [](In x, Out y) { y = x; });
  // [access]
  Array weight = Array::from(std::vector<double>{1, 2, 3}, {3}, f32);
  Array x = Array::zeros({3}, f32);
  Array shown = weight.as_read_only(); // the same memory
  EXPECT_TRUE(shown.read_only());
  expect_error(ErrorId::argument, [&] { copy(x, shown); });
  expect_error(ErrorId::argument, [&] { shown.fill_bytes(0); });

  weight = weight.as_constant(); // from here on nothing writes it
  EXPECT_EQ(weight.access(), Access::constant);
  EXPECT_TRUE(is_settled(weight.access()));
  copy(weight, x);
  EXPECT_EQ(weight.slice(0, 0, 2).access(), Access::constant); // so are views
  // Of the same memory, made otherwise.
  Array part = Array(weight.data(), {2}, f32, weight.device())
                   .with_access(weight.access());
  EXPECT_TRUE(part.read_only());
  // [/access]
  EXPECT_EQ(x.to_vector(), (std::vector<double>{1, 2, 3}));
}

TEST(RuntimeReference, Dlpack) {
  // [dlpack]
  Array a = Array::from(std::vector<double>{1, 2, 3}, {3}, f32);
  DLManagedTensor *tensor = a.to_dlpack();  // for another library
  Array again = Array::from_dlpack(tensor); // and from one
  EXPECT_EQ(again.data(), a.data());

  Array shown = a.as_read_only(); // which only the newer form can say
  expect_error(ErrorId::dlpack, [&] { shown.to_dlpack(); });
  DLManagedTensorVersioned *versioned = shown.to_dlpack_versioned();
  EXPECT_TRUE(Array::from_dlpack(versioned).read_only());
  // [/dlpack]
}

} // namespace
} // namespace girih
