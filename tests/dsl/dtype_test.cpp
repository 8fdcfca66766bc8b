// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/dtype.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

TEST(DTypeTest, NamesParseBack) {
  for (int i = 0; i < dtype_count; ++i) {
    auto type = static_cast<DType>(i);
    EXPECT_EQ(parse_dtype(name(type)), type);
  }
  EXPECT_FALSE(parse_dtype("f33"));
  EXPECT_FALSE(parse_dtype(""));
}

TEST(DTypeTest, Sizes) {
  EXPECT_EQ(bits(f64), 64);
  EXPECT_EQ(bytes(bf16), 2);
  EXPECT_EQ(bits(e2m1), 4);
  EXPECT_EQ(bits(b1), 8);
  EXPECT_THROW(bytes(i4), InternalError);
}

// The table of torch.promote_types for the dtypes that PyTorch has.
TEST(DTypeTest, PromotesAsPyTorch) {
  const DType types[] = {b1, u8, i8, i16, i32, i64, f16, bf16, f32, f64};
  const DType table[10][10] = {
      {b1, u8, i8, i16, i32, i64, f16, bf16, f32, f64},
      {u8, u8, i16, i16, i32, i64, f16, bf16, f32, f64},
      {i8, i16, i8, i16, i32, i64, f16, bf16, f32, f64},
      {i16, i16, i16, i16, i32, i64, f16, bf16, f32, f64},
      {i32, i32, i32, i32, i32, i64, f16, bf16, f32, f64},
      {i64, i64, i64, i64, i64, i64, f16, bf16, f32, f64},
      {f16, f16, f16, f16, f16, f16, f16, f32, f32, f64},
      {bf16, bf16, bf16, bf16, bf16, bf16, f32, bf16, f32, f64},
      {f32, f32, f32, f32, f32, f32, f32, f32, f32, f64},
      {f64, f64, f64, f64, f64, f64, f64, f64, f64, f64},
  };
  for (int i = 0; i < 10; ++i)
    for (int j = 0; j < 10; ++j)
      EXPECT_EQ(promote(types[i], types[j]), table[i][j])
          << name(types[i]) << " " << name(types[j]);
}

TEST(DTypeTest, PromotionIsSymmetric) {
  for (int i = 0; i < dtype_count; ++i)
    for (int j = 0; j < dtype_count; ++j) {
      auto x = static_cast<DType>(i), y = static_cast<DType>(j);
      EXPECT_EQ(promote(x, y), promote(y, x)) << name(x) << " " << name(y);
    }
}

} // namespace
} // namespace girih
