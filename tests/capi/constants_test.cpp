// SPDX-License-Identifier: Apache-2.0
// Named constants through the C interface. The library's kernels have none so
// far: this one is behind a handle as they are.
#include "girih/girih.h"
#include "girih/ops/capi/conversions.h"
#include "girih/ops/capi/girih_c.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace girih {
namespace {

girih_kernel affine() {
  return {make(
      "affine",
      [](Tensor x, Tensor y) {
        const auto block = constexpr_value("BLOCK", 4);
        return arranged(x.tile({block}), y.tile({block}));
      },
      [](In x, Out y) {
        Tile scaled = x * constexpr_value<double>("SCALE", 1);
        if (constexpr_value<bool>("NEGATE", false))
          y = -scaled + constexpr_value("SHIFT", 0);
        else
          y = scaled;
      })};
}

struct Constants : ::testing::Test {
  girih_kernel kernel = affine();
  std::array<float, 5> x{1, 2, 3, 4, 5}, y{};
  std::int64_t shape[1] = {5};

  girih_array view(std::array<float, 5> &values) {
    girih_array array{};
    array.data = values.data();
    array.shape = shape;
    array.rank = 1;
    array.dtype = GIRIH_F32;
    return array;
  }
  girih_status launch(const girih_kernel *used) {
    y.fill(-77);
    const girih_array arrays[] = {view(x), view(y)};
    return girih_kernel_launch(used, arrays, 2, nullptr);
  }
  std::string program(const girih_kernel *used) {
    const girih_array arrays[] = {view(x), view(y)};
    char *text = nullptr;
    EXPECT_EQ(girih_kernel_program(used, arrays, 2, nullptr, &text), GIRIH_OK);
    const std::string result = text ? text : "";
    girih_text_free(text);
    return result;
  }
  girih_kernel *with(const char *constants) {
    girih_kernel *made = nullptr;
    EXPECT_EQ(girih_kernel_with(&kernel, constants, &made), GIRIH_OK)
        << girih_last_error();
    return made;
  }
  void refuse(const char *constants, const char *id, const char *text) {
    girih_kernel *made = nullptr;
    EXPECT_NE(girih_kernel_with(&kernel, constants, &made), GIRIH_OK)
        << constants;
    EXPECT_EQ(made, nullptr);
    EXPECT_STREQ(girih_last_error_id(), id) << girih_last_error();
    EXPECT_NE(std::string(girih_last_error()).find(text), std::string::npos)
        << girih_last_error();
  }
};

TEST_F(Constants, AreThoseOfTheHandle) {
  girih_kernel *half = with("SCALE=0.5");
  girih_kernel *other = with(" NEGATE=true\tSHIFT=-3  BLOCK=2 SCALE=2 ");
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(launch(&kernel), GIRIH_OK) << girih_last_error();
    EXPECT_EQ(y, x);
    ASSERT_EQ(launch(half), GIRIH_OK) << girih_last_error();
    EXPECT_EQ(y, (std::array<float, 5>{0.5, 1, 1.5, 2, 2.5}));
    ASSERT_EQ(launch(other), GIRIH_OK) << girih_last_error();
    EXPECT_EQ(y, (std::array<float, 5>{-5, -7, -9, -11, -13}));
  }
  const std::string text = program(other);
  for (const char *line : {"constant NEGATE bool true", "constant SHIFT int -3",
                           "constant BLOCK int 2", "constant SCALE int 2"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
  EXPECT_NE(program(half).find("constant SCALE float 0.5"), std::string::npos);
  EXPECT_STREQ(girih_kernel_name(half), "affine");
  girih_kernel_free(half);
  girih_kernel_free(other);
}

TEST_F(Constants, AddToThoseGivenBefore) {
  girih_kernel *none = with(""), *half = with("SCALE=0.5"), *both = nullptr;
  ASSERT_EQ(girih_kernel_with(half, "NEGATE=true SCALE=4", &both), GIRIH_OK);
  girih_kernel_free(half); // a handle needs no other
  ASSERT_EQ(launch(both), GIRIH_OK) << girih_last_error();
  EXPECT_EQ(y[4], -20);
  ASSERT_EQ(launch(none), GIRIH_OK) << girih_last_error();
  EXPECT_EQ(y, x);
  girih_kernel_free(none);
  girih_kernel_free(both);
}

TEST_F(Constants, ServePlans) {
  girih_kernel *twice = with("SCALE=2.0");
  const girih_operand_type types[] = {{GIRIH_F32, 1, 0}, {GIRIH_F32, 1, 0}};
  girih_plan *plan = nullptr;
  ASSERT_EQ(girih_plan_create(twice, types, 2, {GIRIH_HOST, 0}, nullptr, &plan),
            GIRIH_OK);
  girih_kernel_free(twice);
  y.fill(-77);
  const std::int64_t packed[] = {
      reinterpret_cast<std::int64_t>(x.data()), 5, 1,
      reinterpret_cast<std::int64_t>(y.data()), 5, 1};
  ASSERT_EQ(girih_plan_launch(plan, packed, nullptr), GIRIH_OK)
      << girih_last_error();
  EXPECT_EQ(y, (std::array<float, 5>{2, 4, 6, 8, 10}));
  girih_plan_free(plan);
}

TEST_F(Constants, BadTextIsRefused) {
  refuse("SCALE", "argument", "'SCALE' is not of the form NAME=value");
  refuse("SCALE=", "argument", "SCALE cannot be ''");
  refuse("SCALE=two", "argument", "SCALE cannot be 'two'");
  refuse("SCALE=1e", "argument", "SCALE cannot be '1e'");
  refuse("SHIFT=99999999999999999999", "argument", "integer of 64 bits");
  refuse("SCALE=1 SCALE=2", "argument", "SCALE is given twice");
  refuse("scale=1", "constexpr-name", "scale");
  refuse("=1", "constexpr-name", "");
  EXPECT_EQ(girih_kernel_with(&kernel, nullptr, nullptr), GIRIH_RUNTIME_ERROR);
  EXPECT_EQ(girih_kernel_with(nullptr, "", nullptr), GIRIH_RUNTIME_ERROR);
}

TEST_F(Constants, WhatTheKernelCannotUseIsToldAtTheCall) {
  girih_kernel *unknown = with("SCLAE=2");
  EXPECT_EQ(launch(unknown), GIRIH_COMPILE_ERROR);
  EXPECT_STREQ(girih_last_error_id(), "constexpr-unknown");
  girih_kernel *kind = with("BLOCK=2.5");
  EXPECT_EQ(launch(kind), GIRIH_COMPILE_ERROR);
  EXPECT_STREQ(girih_last_error_id(), "constexpr-kind");
  girih_kernel_free(unknown);
  girih_kernel_free(kind);
}

} // namespace
} // namespace girih
