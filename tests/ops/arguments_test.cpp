// SPDX-License-Identifier: Apache-2.0
// Bad arguments: one mistake each, id and text compared.
#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Runs `call` and expects RuntimeError `id` at this file with all of `parts`.
template <class Call>
void expect_error(ErrorId id, std::initializer_list<const char *> parts,
                  Call call) {
  try {
    call();
    ADD_FAILURE() << "no error";
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    for (const char *part : parts)
      EXPECT_THAT(std::string(error.what()), HasSubstr(part));
    EXPECT_THAT(std::string(error.what()), HasSubstr("arguments_test.cpp:"));
  }
}

Array host(std::initializer_list<std::int64_t> shape, DType dtype = f32) {
  return Array::zeros(shape, dtype, host_device);
}

// An array that says that it is on a GPU; the checks must come before any use.
Array elsewhere(std::initializer_list<std::int64_t> shape) {
  return Array(reinterpret_cast<void *>(std::uintptr_t{1} << 44), shape, f32,
               cuda_device(0));
}

TEST(AddArgumentsTest, ShapesThatDoNotBroadcast) {
  expect_error(
      ErrorId::shape,
      {"add: a and b cannot be broadcast", "a is f32[3, 4]", "b is f32[5]"},
      [] { ops::add(host({3, 4}), host({5})); });
}

TEST(AddArgumentsTest, Devices) {
  expect_error(ErrorId::device,
               {"add: a and b must be on one device", "f32[3] on host",
                "f32[3] on cuda:0"},
               [] { ops::add(host({3}), elsewhere({3})); });
  expect_error(ErrorId::device, {"add: out must be on host"},
               [] { ops::add_out(host({3}), host({3}), elsewhere({3})); });
}

TEST(AddArgumentsTest, Dtypes) {
  expect_error(ErrorId::dtype, {"sub: a cannot be bool", "bool[3]"},
               [] { ops::sub(host({3}, b1), host({3})); });
  expect_error(ErrorId::dtype, {"add: b cannot be e4m3"},
               [] { ops::add(host({3}), host({3}, e4m3)); });
}

TEST(AddArgumentsTest, Outputs) {
  expect_error(ErrorId::shape,
               {"add: out must have shape [3, 4]", "out is f32[3]"},
               [] { ops::add_out(host({3, 1}), host({4}), host({3})); });
  expect_error(ErrorId::dtype, {"add: out must be f32", "out is f16[3]"},
               [] { ops::add_out(host({3}), host({3}), host({3}, f16)); });
  // Also of an op whose last kernel is another's.
  expect_error(ErrorId::argument, {"add: out must be writable"}, [] {
    ops::add_out(host({3}), host({3}), host({3}).as_read_only());
  });
  expect_error(
      ErrorId::argument, {"mv: out must be writable", "out is f32[2]"},
      [] { ops::mv_out(host({2, 3}), host({3}), host({2}).as_read_only()); });
}

TEST(AddArgumentsTest, OverlappingOutput) {
  const Array a = host({8});
  expect_error(ErrorId::overlap, {"add"},
               [&] { ops::add_out(a, host({8}), a); });
  expect_error(ErrorId::overlap, {"add"}, [&] {
    ops::add_out(a.slice(0, 0, 6), host({6}), a.slice(0, 2, 8));
  });
}

TEST(MatmulArgumentsTest, Shapes) {
  expect_error(ErrorId::shape,
               {"matmul: the last size of a must be the first of b",
                "a is f32[3, 4]", "b is f32[5, 6]"},
               [] { ops::matmul(host({3, 4}), host({5, 6})); });
  expect_error(ErrorId::shape, {"matmul", "a is f32[4]", "b is f32[5, 6]"},
               [] { ops::matmul(host({4}), host({5, 6})); });
}

TEST(MatmulArgumentsTest, Ranks) {
  expect_error(ErrorId::shape,
               {"matmul: a and b must have a dimension or more", "a is f32[]",
                "b is f32[4, 5]"},
               [] { ops::matmul(host({}), host({4, 5})); });
  expect_error(ErrorId::shape, {"matmul: a and b must have a dimension"},
               [] { ops::matmul(host({4}), host({})); });
}

TEST(MatmulArgumentsTest, Dtypes) {
  expect_error(ErrorId::dtype, {"matmul: a cannot be bool"},
               [] { ops::matmul(host({2, 2}, b1), host({2, 2}, b1)); });
  expect_error(ErrorId::dtype,
               {"matmul: a and b must have the same dtype", "a is f32[2, 2]",
                "b is bf16[2, 2]"},
               [] { ops::matmul(host({2, 2}), host({2, 2}, bf16)); });
}

TEST(MatmulArgumentsTest, Outputs) {
  expect_error(ErrorId::shape,
               {"matmul: out must have shape [2, 4]", "out is f32[4, 2]"}, [] {
                 ops::matmul_out(host({2, 3}), host({3, 4}), host({4, 2}));
               });
  expect_error(ErrorId::dtype, {"matmul: out must be i32"}, [] {
    ops::matmul_out(host({2, 3}, i8), host({3, 4}, i8), host({2, 4}, i8));
  });
  const Array a = host({4, 4});
  expect_error(ErrorId::overlap, {"matmul"},
               [&] { ops::matmul_out(a, host({4, 4}), a); });
}

// The kernel's name, or that and a word of the entry's own.
bool names(const ops::KernelEntry &entry, std::string_view kernel) {
  return entry.name == kernel ||
         entry.name.starts_with(std::string(kernel) + "_");
}

TEST(RegistryTest, NamesAreUniqueAndFound) {
  for (const ops::KernelEntry &entry : ops::all_kernels()) {
    EXPECT_EQ(&ops::find_kernel(entry.name), &entry);
    EXPECT_TRUE(names(entry, entry.kernel.name())) << entry.name;
    EXPECT_EQ(entry.sizes.size(), entry.size_names.size());
    EXPECT_FALSE(entry.dtypes.empty());
  }
}

std::string unknown_kernel(const char *name) {
  try {
    ops::find_kernel(name);
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::argument);
    return error.what();
  }
  return "no error";
}

TEST(RegistryTest, UnknownNameTellsTheKnown) {
  EXPECT_THAT(unknown_kernel("ad"),
              AllOf(HasSubstr("'ad'"), HasSubstr("did you mean add")));
  EXPECT_THAT(unknown_kernel("qqqq"),
              AllOf(HasSubstr("are add, "), HasSubstr(", matmul")));
}

TEST(RegistryTest, PlaceholdersRecord) {
  for (const ops::KernelEntry &entry : ops::all_kernels())
    for (DType dtype : entry.dtypes) {
      const auto arrays =
          placeholder_operands(entry, dtype, entry.sizes, host_device);
      const Program program = entry.kernel.program(arrays);
      EXPECT_TRUE(names(entry, program.name)) << entry.name;
      EXPECT_EQ(program.operands.size(), arrays.size());
    }
}

} // namespace
} // namespace girih::testing
