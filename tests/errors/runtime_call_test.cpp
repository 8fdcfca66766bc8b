// SPDX-License-Identifier: Apache-2.0
// Mistakes in calls of kernels and in the use of Arrays and devices: the
// error's id, and for a call the line of that call.
#include "expect_error.h"

#include "girih/girih.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/tests/runtime/test_kernels.h"

#include <cstdlib>

namespace girih::testing {
namespace {

Array floats(std::initializer_list<std::int64_t> shape) {
  return Array::zeros(shape, f32, host_device);
}

/// A machine without a GPU, whatever this one has.
struct WithoutGpu {
  cuda::DriverLookup lookup{nullptr, 0, "no CUDA driver: not here"};
  cuda::ScopedDriver scope{lookup};
};

TEST(RuntimeCallErrors, Count) {
  const Kernel add = make_add();
  expect_error(ErrorId::count, [&] { AT, add(floats({4}), floats({4})); });
}

TEST(RuntimeCallErrors, NullArray) {
  const Kernel add = make_add();
  const Array a = floats({4});
  expect_error(ErrorId::null_pointer,
               [&] { AT, add(a, Array(), floats({4})); });
}

TEST(RuntimeCallErrors, OutputIsInput) {
  const Kernel add = make_add();
  const Array a = floats({4}), b = floats({4});
  expect_error(ErrorId::overlap, [&] { AT, add(a, b, a); });
}

TEST(RuntimeCallErrors, OutputWithStrideZero) {
  const Kernel add = make_add();
  const Array a = floats({4}), b = floats({4});
  const std::int64_t shape[] = {4};
  const Array c = floats({1}).broadcast_to(shape);
  expect_error(ErrorId::stride, [&] { AT, add(a, b, c); });
}

TEST(RuntimeCallErrors, SizesDisagree) {
  const Kernel add = make_add();
  const Array a = floats({4000}), b = floats({90000}), c = floats({4000});
  expect_error(ErrorId::shape, [&] { AT, add(a, b, c); });
}

TEST(RuntimeCallErrors, OutputPlacedByAnotherOperand) {
  auto head = [] {
    return make(
        "head",
        [](Tensor a, Tensor c) {
          return arranged(a.tile({4}), c[Slice{0, a.size(0)}].tile({4}));
        },
        [](In a, Out c) { AT, c = a; });
  };
  EXPECT_NO_THROW(head()(floats({10}), floats({10})));
  expect_error(ErrorId::store_coverage,
               [&] { head()(floats({10}), floats({20})); });
}

TEST(RuntimeCallErrors, OutputLimitedByNumbers) {
  auto head = [] {
    return make(
        "head",
        [](Tensor a, Tensor c) {
          auto first = [](const Tensor &t) {
            return t.slice(0, {0, 16}).tile({4});
          };
          return arranged(first(a), first(c));
        },
        [](In a, Out c) { AT, c = a; });
  };
  const Kernel known = head();
  for (std::int64_t n : {16, 5, 16})
    EXPECT_NO_THROW(known(floats({n}), floats({n})));
  EXPECT_THROW(known(floats({17}), floats({17})), CompileError);
  expect_error(
      ErrorId::store_coverage, [&] { head()(floats({17}), floats({17})); },
      "element [16] of output b, of shape [17], is never written");
}

TEST(RuntimeCallErrors, ReadOnlyOutput) {
  const Kernel add = make_add();
  const Array a = floats({4}), b = floats({4}), c = floats({4});
  expect_error(ErrorId::argument, [&] { AT, add(a, b, c.as_read_only()); });
}

TEST(RuntimeCallErrors, NoDriver) {
  const WithoutGpu without;
  const Kernel add = make_add();
  float memory[12]{};
  const Array a(memory, {4}, f32, cuda_device());
  const Array b(memory + 4, {4}, f32, cuda_device());
  const Array c(memory + 8, {4}, f32, cuda_device());
  expect_error(ErrorId::driver, [&] { AT, add(a, b, c); });
}

TEST(RuntimeCallErrors, DevicesDiffer) {
  const Kernel add = make_add();
  float memory[4]{};
  const Array a = floats({4}), b = floats({4});
  const Array c(memory, {4}, f32, cuda_device());
  expect_error(ErrorId::device, [&] { AT, add(a, b, c); });
}

TEST(RuntimeCallErrors, WrongStream) {
  const Kernel add = make_add();
  const std::vector<Array> arrays{floats({4}), floats({4}), floats({4})};
  LaunchOptions options;
  options.stream = Stream::wrap(nullptr, cuda_device());
  expect_error(ErrorId::device, [&] { AT, add.launch(arrays, options); });
}

TEST(RuntimeCallErrors, WrongRankIsAnErrorOfTheArrangement) {
  const Kernel add = make_add();
  const Array square = floats({4, 4}), c = floats({4});
  const unsigned line = __LINE__ + 2;
  try {
    add(square, c, floats({4}));
    FAIL() << "no error";
  } catch (const CompileError &error) {
    EXPECT_EQ(error.id(), ErrorId::rank_mismatch) << error.what();
    ASSERT_FALSE(error.diagnostic().notes.empty());
    EXPECT_EQ(error.diagnostic().notes.back().where.line, line);
  }
}

TEST(RuntimeCallErrors, NameThatDoesNotPrint) {
  const Kernel copy = make(
      "copy\n", [](Tensor a, Tensor c) { return arranged(a, c); },
      [](In a, Out c) { c = a; });
  try {
    copy(floats({4}), floats({4}));
    ADD_FAILURE() << "no error";
  } catch (const CompileError &error) {
    EXPECT_EQ(error.id(), ErrorId::operand_name);
    EXPECT_NE(std::string(error.what()).find("call of kernel copy?"),
              std::string::npos)
        << error.what();
  }
}

TEST(RuntimeArrayErrors, Shapes) {
  const Array array = floats({3, 4});
  expect_error(ErrorId::shape, [] { floats({-1}); });
  expect_error(ErrorId::shape, [&] { array.reshape({5}); });
  expect_error(ErrorId::index, [&] { array.select(0, 3); });
  expect_error(ErrorId::null_pointer, [] { Array(nullptr, {1}, f32); });
  expect_error(ErrorId::out_of_memory, [] { floats({std::int64_t{1} << 55}); });
}

TEST(RuntimeDeviceErrors, AskedForCudaWithoutDriver) {
  const WithoutGpu without;
  expect_error(ErrorId::driver, [] { Array::empty({4}, f32, cuda_device()); });
  expect_error(ErrorId::device, [] { parse_device("gpu"); });
}

TEST(RuntimeDeviceErrors, EnvironmentVariable) {
  setenv("GIRIH_DEVICE", "tpu", 1);
  expect_error(ErrorId::device, [] { default_device(); });
  unsetenv("GIRIH_DEVICE");
}

} // namespace
} // namespace girih::testing
