// SPDX-License-Identifier: Apache-2.0
// Bad arguments of elementwise operators and activations: one mistake each, id
// and text compared.
#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using ::testing::HasSubstr;

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
    EXPECT_THAT(std::string(error.what()),
                HasSubstr("elementwise_arguments_test.cpp:"));
  }
}

Array host(std::initializer_list<std::int64_t> shape, DType dtype = f32) {
  return Array::zeros(shape, dtype, host_device);
}

TEST(ElementwiseArgumentsTest, UnaryDtypes) {
  expect_error(ErrorId::dtype, {"exp: x cannot be e4m3", "e4m3[3]"},
               [] { ops::exp(host({3}, e4m3)); });
  expect_error(ErrorId::dtype, {"neg: x cannot be bool"},
               [] { ops::neg(host({3}, b1)); });
  expect_error(ErrorId::dtype, {"bitwise_not: x cannot be f32"},
               [] { ops::bitwise_not(host({3})); });
  expect_error(ErrorId::dtype, {"silu: x cannot be i32"},
               [] { ops::silu(host({3}, i32)); });
  expect_error(ErrorId::dtype, {"cast: x cannot be cast to i4"},
               [] { ops::cast(host({3}), i4); });
}

TEST(ElementwiseArgumentsTest, UnaryOutputs) {
  expect_error(ErrorId::shape, {"exp: out must have shape [3]", "f32[4]"},
               [] { ops::exp_out(host({3}), host({4})); });
  expect_error(ErrorId::dtype, {"isnan: out must be bool"},
               [] { ops::isnan_out(host({3}), host({3})); });
  expect_error(ErrorId::dtype, {"exp: out must be f32"},
               [] { ops::exp_out(host({3}, i32), host({3}, i32)); });
  const Array x = host({3});
  expect_error(ErrorId::overlap, {"relu"}, [&] { ops::relu_out(x, x); });
}

TEST(ElementwiseArgumentsTest, BinaryOperands) {
  expect_error(
      ErrorId::shape,
      {"lt: a and b cannot be broadcast", "a is f32[3, 4]", "b is f32[5]"},
      [] { ops::lt(host({3, 4}), host({5})); });
  expect_error(ErrorId::argument, {"mul: a or b must be an array"},
               [] { ops::mul(2, 3); });
  expect_error(ErrorId::dtype, {"bitwise_and: b cannot be f32"},
               [] { ops::bitwise_and(host({3}, i32), host({3})); });
  expect_error(ErrorId::argument,
               {"bitwise_or: a number with a fraction", "a is i32[3]"},
               [] { ops::bitwise_or(host({3}, i32), 0.5); });
  expect_error(ErrorId::argument, {"sub: alpha must be an integer"},
               [] { ops::sub(host({3}, i32), 1, 0.5); });
  expect_error(ErrorId::argument, {"pow: b must not be a negative number"},
               [] { ops::pow(host({3}, i32), -1); });
  expect_error(ErrorId::argument, {"div: rounding_mode must be \"trunc\""},
               [] { ops::div(host({3}), 2, "up"); });
}

TEST(ElementwiseArgumentsTest, OperandsOfThree) {
  expect_error(ErrorId::dtype, {"where: condition cannot be f32"},
               [] { ops::where(host({3}), 1, 2); });
  expect_error(ErrorId::shape,
               {"where: condition and a and b cannot be broadcast"},
               [] { ops::where(host({3}, b1), host({4}), host({3})); });
  expect_error(ErrorId::dtype, {"lerp: end cannot be i32"},
               [] { ops::lerp(host({3}), host({3}, i32), 0.5); });
  expect_error(ErrorId::dtype, {"addcdiv: a cannot be i32"},
               [] { ops::addcdiv(host({3}), host({3}, i32), host({3}, i32)); });
  expect_error(ErrorId::argument, {"addcmul: value must be an integer"}, [] {
    ops::addcmul(host({3}, i8), host({3}, i8), host({3}, i8), 0.5);
  });
}

TEST(ElementwiseArgumentsTest, Options) {
  expect_error(ErrorId::argument, {"round: decimals must be 0 for integers"},
               [] { ops::round(host({3}, i32), 1); });
  expect_error(ErrorId::argument, {"clamp: min or max must be given"},
               [] { ops::clamp(host({3})); });
  expect_error(ErrorId::dtype, {"clamp: min cannot be bool"},
               [] { ops::clamp(host({3}), host({3}, b1)); });
  expect_error(ErrorId::argument, {"gelu: approximate must be \"none\""},
               [] { ops::gelu(host({3}), "sigmoid"); });
  expect_error(ErrorId::argument, {"geglu: approximate must be"},
               [] { ops::geglu(host({3}), host({3}), ""); });
  expect_error(ErrorId::argument, {"celu: alpha must not be 0"},
               [] { ops::celu(host({3}), 0); });
  expect_error(ErrorId::shape, {"swiglu: gate and up cannot be broadcast"},
               [] { ops::swiglu(host({3}), host({2})); });
}

} // namespace
} // namespace girih::testing
