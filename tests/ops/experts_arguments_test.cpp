// SPDX-License-Identifier: Apache-2.0
// Bad arguments of the operators of experts.
#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

template <class Mistake>
void expect_error(ErrorId id, std::string_view says, Mistake mistake) {
  try {
    mistake();
    ADD_FAILURE() << "no error; expected " << says;
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(says), std::string_view::npos)
        << error.what();
  }
}

TEST(ExpertErrorsTest, NameTheArgument) {
  const auto zeros = [](std::initializer_list<std::int64_t> shape,
                        DType dtype) {
    return Array::zeros(shape, dtype, host_device);
  };
  const Array logits = zeros({3, 8}, f32);
  const auto gate = [&](std::int64_t k, std::int64_t groups, std::int64_t top,
                        std::string_view scoring = "softmax") {
    return [=] { ops::expert_gating(logits, k, {}, scoring, groups, top); };
  };
  expect_error(ErrorId::argument, "expert_gating: k must be", gate(9, 1, 1));
  expect_error(ErrorId::argument, "expert_gating: k must be", gate(0, 1, 1));
  expect_error(ErrorId::argument, "expert_gating: k must be", gate(5, 4, 2));
  expect_error(ErrorId::argument, "expert_gating: groups must divide",
               gate(1, 3, 1));
  expect_error(ErrorId::argument, "expert_gating: top_groups must be",
               gate(1, 2, 3));
  expect_error(ErrorId::argument, "expert_gating: scoring must be",
               gate(1, 1, 1, "relu"));
  expect_error(ErrorId::dtype, "expert_gating: logits cannot be i32",
               [&] { ops::expert_gating(zeros({3, 8}, i32), 1); });
  expect_error(ErrorId::shape, "expert_gating: correction_bias must have shape",
               [&] { ops::expert_gating(logits, 1, zeros({7}, f32)); });
  expect_error(ErrorId::shape, "expert_permute: experts must have shape [3, *]",
               [&] { ops::expert_permute(logits, zeros({2, 2}, i64), 4); });
  expect_error(ErrorId::dtype, "expert_permute: experts cannot be f32",
               [&] { ops::expert_permute(logits, logits, 4); });
  expect_error(ErrorId::argument, "expert_permute: num_experts must be",
               [&] { ops::expert_permute(logits, zeros({3, 2}, i64), 0); });
  expect_error(ErrorId::shape, "expert_unpermute: places",
               [&] { ops::expert_unpermute(logits, zeros({3}, i64)); });
  expect_error(
      ErrorId::shape, "expert_sum: weights must have shape [3, 2]",
      [&] { ops::expert_sum(logits, zeros({3, 2}, i64), zeros({3, 1}, f32)); });
}

} // namespace
} // namespace girih::testing
