// SPDX-License-Identifier: Apache-2.0
// dtypes, shapes and lines of what each function of the language gives.
#include "kernels.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

using Make = std::function<Tile(In &, InOut &)>;

// What an expression of a and b, tiles [2, 4] of these dtypes, gives:
// `f32[2, 4]`.
std::string type_of(DType left, DType right, const Make &make) {
  std::string out;
  auto source = make_source(
      "k",
      [](Tensor a, Tensor b) {
        return arranged(a.tile({2, 4}), b.tile({2, 4}));
      },
      [&](In a, InOut b) {
        Tile x = make(a, b);
        out = std::string(name(x.dtype())) + "[";
        for (std::int64_t each : x.shape())
          out += (out.back() == '[' ? "" : ", ") + std::to_string(each);
        out += "]";
      });
  const DType dtypes[] = {left, right};
  const int ranks[] = {2, 2};
  record(source, dtypes, ranks, {}, {});
  return out;
}

#define EXPECT_TYPE(LEFT, EXPRESSION, EXPECTED)                                \
  EXPECT_EQ(type_of(LEFT, f32,                                                 \
                    [](In &a, InOut &b) -> Tile {                              \
                      (void)a;                                                 \
                      (void)b;                                                 \
                      return EXPRESSION;                                       \
                    }),                                                        \
            EXPECTED)

TEST(RecordTypesTest, SumsAndProducts) {
  for (DType each : {f32, f16, bf16}) {
    EXPECT_TYPE(each, sum(a), "f32[]");
    EXPECT_TYPE(each, prod(a, dim(0)), "f32[4]");
    EXPECT_TYPE(each, cumsum(a, 0), "f32[2, 4]");
    EXPECT_TYPE(each, cumprod(a, 1), "f32[2, 4]");
    EXPECT_TYPE(each, mean(a, dim(1)), "f32[2]");
  }
  for (DType each : {i64, i32, i16, i8, u8, b1}) {
    EXPECT_TYPE(each, sum(a, dim(-1)), "i64[2]");
    EXPECT_TYPE(each, prod(a), "i64[]");
    EXPECT_TYPE(each, cumsum(a, 0), "i64[2, 4]");
    EXPECT_TYPE(each, cumprod(a, -1), "i64[2, 4]");
    EXPECT_TYPE(each, mean(a), "f32[]");
  }
  EXPECT_TYPE(f64, sum(a), "f64[]");
  EXPECT_TYPE(f64, mean(a, dim(0).kept()), "f64[1, 4]");
}

TEST(RecordTypesTest, ExtremaKeepTheDtype) {
  for (DType each : {f64, f32, f16, bf16, i64, i32, i16, i8, u8}) {
    std::string dtype(name(each));
    EXPECT_TYPE(each, max(a, dim(0)), dtype + "[4]");
    EXPECT_TYPE(each, min(a), dtype + "[]");
    EXPECT_TYPE(each, cummax(a, 0), dtype + "[2, 4]");
    EXPECT_TYPE(each, cummin(a, 0), dtype + "[2, 4]");
    EXPECT_TYPE(each, sort(a), dtype + "[2, 4]");
    EXPECT_TYPE(each, topk(a, 3).first, dtype + "[2, 3]");
    EXPECT_TYPE(each, topk(a, 1, 0).second, "i64[1, 4]");
    EXPECT_TYPE(each, argsort(a, 0), "i64[2, 4]");
    EXPECT_TYPE(each, argmax(a, dim(1)), "i64[2]");
    EXPECT_TYPE(each, argmin(a), "i64[]");
    EXPECT_TYPE(each, argmin(a, Dim(all_dims).kept()), "i64[1, 1]");
  }
  EXPECT_TYPE(b1, sort(a), "bool[2, 4]");
}

TEST(RecordTypesTest, AnyAndAll) {
  for (DType each : {f32, e4m3, i8, b1}) {
    EXPECT_TYPE(each, any(a), "bool[]");
    EXPECT_TYPE(each, all(a, dim(1).kept()), "bool[2, 1]");
  }
}

TEST(RecordTypesTest, MovedLanesKeepTheDtype) {
  for (DType each : {f64, bf16, e4m3, i8, b1, i4, ue8m0}) {
    std::string dtype(name(each));
    EXPECT_TYPE(each, reshape(a, {-1}), dtype + "[8]");
    EXPECT_TYPE(each, reshape(a, {2, 1, -1}), dtype + "[2, 1, 4]");
    EXPECT_TYPE(each, permute(a, {1, 0}), dtype + "[4, 2]");
    EXPECT_TYPE(each, transpose(a), dtype + "[4, 2]");
    EXPECT_TYPE(each, broadcast_to(a, {3, 2, 4}), dtype + "[3, 2, 4]");
    EXPECT_TYPE(each, unsqueeze(a, -1), dtype + "[2, 4, 1]");
    EXPECT_TYPE(each, squeeze(slice(a, 0, 1, 1), 0), dtype + "[4]");
    EXPECT_TYPE(each, flip(a, 0), dtype + "[2, 4]");
    EXPECT_TYPE(each, join(a, a), dtype + "[2, 4, 2]");
    EXPECT_TYPE(each, split(reshape(a, {4, 2})).second, dtype + "[4]");
    EXPECT_TYPE(each, cat(a, a, 1), dtype + "[2, 8]");
    EXPECT_TYPE(each, gather(a, 0, zeros({5, 4}, i32)), dtype + "[5, 4]");
    EXPECT_TYPE(each, a.gather({arange(3), 0}), dtype + "[3]");
    EXPECT_TYPE(each, where(b > 0, a, a), dtype + "[2, 4]");
  }
}

TEST(RecordTypesTest, NumbersAdoptTheTilesDtype) {
  EXPECT_TYPE(f16, join(a, 0.5), "f16[2, 4, 2]");
  EXPECT_TYPE(i8, join(1, a), "i8[2, 4, 2]");
  EXPECT_TYPE(b1, a & true, "bool[2, 4]");
  EXPECT_TYPE(b1, a & 1, "i64[2, 4]");
  EXPECT_TYPE(b1, a == false, "bool[2, 4]");
  EXPECT_TYPE(b1, where(a, true, false), "bool[2, 4]");
  EXPECT_TYPE(i8, a + true, "i8[2, 4]");
  EXPECT_TYPE(bf16, fma(a, 2, 0.5), "bf16[2, 4]");
  EXPECT_TYPE(f16, a * b.size(0), "f16[2, 4]");
  EXPECT_TYPE(i32, a + b.size(0), "i32[2, 4]");
}

TEST(RecordTypesTest, Broadcasting) {
  EXPECT_TYPE(f32, a + zeros({4}, f32), "f32[2, 4]");
  EXPECT_TYPE(f32, a * zeros({2, 1}, f32), "f32[2, 4]");
  EXPECT_TYPE(f32, zeros({3, 1, 1}, f32) - a, "f32[3, 2, 4]");
  EXPECT_TYPE(f32, max(a, zeros({1}, f32)), "f32[2, 4]");
  EXPECT_TYPE(f32, zeros({2, 1}, f32) < zeros({1, 4}, f32), "bool[2, 4]");
  EXPECT_TYPE(f32, a - max(a, dim(1).kept()), "f32[2, 4]");
  EXPECT_TYPE(f32, where(a > 0, zeros({4}, i8), zeros({2, 1}, i16)),
              "i16[2, 4]");
  EXPECT_TYPE(f32, where(zeros({5, 1, 1}, b1), a, 1), "f32[5, 2, 4]");
  EXPECT_TYPE(f32, fma(a, zeros({2, 1}, f32), zeros({4}, f32)), "f32[2, 4]");
  EXPECT_TYPE(f32, join(a, zeros({4}, f32)), "f32[2, 4, 2]");
  EXPECT_TYPE(f32, b.gather({arange(4), reshape(arange(3), {3, 1})}),
              "f32[3, 4]");
}

TEST(RecordTypesTest, Others) {
  EXPECT_TYPE(e4m3, rand(7, arange(6)), "f32[6]");
  EXPECT_TYPE(f64, randn(7, cast(b, i16)), "f32[2, 4]");
  EXPECT_TYPE(f64, random_bits(7, b.offsets(0))[2], "i32[2, 4]");
  EXPECT_TYPE(f64, a.offsets(1), "i64[2, 4]");
  EXPECT_TYPE(f64, a.in_bounds(), "bool[2, 4]");
  EXPECT_TYPE(f32, bitcast(a, i32), "i32[2, 4]");
  EXPECT_TYPE(bf16, bitcast(a, i16), "i16[2, 4]");
  EXPECT_TYPE(e2m1, bitcast(a, u4), "u4[2, 4]");
  EXPECT_TYPE(i32, expm1(a), "f32[2, 4]");
  EXPECT_TYPE(u8, trunc(a), "u8[2, 4]");
  EXPECT_TYPE(i32, isnan(a), "bool[2, 4]");
  EXPECT_TYPE(f16, b.atomic_add({arange(3), 0}, 1), "f32[3]");
  EXPECT_TYPE(i16, reduce(a, dim(0), [](Tile x, Tile y) { return x ^ y; }),
              "i16[4]");
  EXPECT_TYPE(e5m2, reduce(a, dim(0), [](Tile x, Tile) { return x; }),
              "e5m2[4]");
}

// Every node of a Program.
void for_each_node(const Block &block,
                   const std::function<void(const Node &)> &f) {
  for (const Node &each : block.nodes) {
    f(each);
    for_each_node(each.body, f);
    for_each_node(each.other, f);
  }
}

// Nodes and results have the line of the user's call, not one of the library.
void expect_line(unsigned line, const Make &make) {
  auto source = make_source(
      "k",
      [](Tensor a, Tensor b) {
        return arranged(a.tile({2, 4}), b.tile({2, 4}));
      },
      [&](In a, InOut b) {
        Tile x = make(a, b);
        EXPECT_EQ(x.line().line, line) << x.line().to_string();
        print("x", {x}); // so that nothing is left out
      });
  Program program = testing::record_all(source, f32, 2, {});
  for_each_node(program.body, [&](const Node &node) {
    EXPECT_NE(node.line.file.find("record_types_test"), std::string::npos)
        << name(node.op) << " at " << node.line.to_string() << " for line "
        << line;
  });
}
#define EXPECT_LINE(EXPRESSION)                                                \
  expect_line(__LINE__, [](In &a, InOut &b) -> Tile {                          \
    (void)a;                                                                   \
    (void)b;                                                                   \
    return EXPRESSION;                                                         \
  })

TEST(RecordTypesTest, LinesAreTheUsers) {
  EXPECT_LINE(sum(a));
  EXPECT_LINE(prod(a, dim(0)));
  EXPECT_LINE(mean(a));
  EXPECT_LINE(max(a, dim(1)));
  EXPECT_LINE(min(a, dim(1).kept()));
  EXPECT_LINE(sum(a, Dim(all_dims).kept()));
  EXPECT_LINE(argmax(a));
  EXPECT_LINE(argmin(a, dim(0).kept()));
  EXPECT_LINE(any(a));
  EXPECT_LINE(all(a > 0, dim(0)));
  EXPECT_LINE(reduce(a, dim(0), [](Tile x, Tile y) { return x * y; }));
  EXPECT_LINE(scan(a, 0, [](Tile x, Tile y) { return x * y; }));
  EXPECT_LINE(cumsum(a, 0));
  EXPECT_LINE(cumprod(a, 0, true));
  EXPECT_LINE(cummax(a, 0));
  EXPECT_LINE(cummin(a, 0));
  EXPECT_LINE(histogram(cast(a, i8), 4));
  EXPECT_LINE(sort(a));
  EXPECT_LINE(argsort(a));
  EXPECT_LINE(arange(4));
  EXPECT_LINE(reshape(a, {4, 2}));
  EXPECT_LINE(reshape(full({1}, 2, f32), {}));
  EXPECT_LINE(permute(a, {1, 0}));
  EXPECT_LINE(transpose(a));
  EXPECT_LINE(broadcast_to(a, {2, 2, 4}));
  EXPECT_LINE(unsqueeze(a, 0));
  EXPECT_LINE(squeeze(slice(a, 0, 0, 1), 0));
  EXPECT_LINE(flip(a, 1));
  EXPECT_LINE(join(a, 1));
  EXPECT_LINE(cat(a, a, 0));
  EXPECT_LINE(gather(a, 0, zeros({2, 4}, i32)));
  EXPECT_LINE(rand(7, arange(4)));
  EXPECT_LINE(randn(7, arange(4)));
  EXPECT_LINE(a.gather({arange(4), 0}));
  EXPECT_LINE(b.atomic_add({arange(4), 0}, 1));
  EXPECT_LINE(b.atomic_exchange({0, 0}, 1));
  EXPECT_LINE(a.offsets(0));
  EXPECT_LINE(a.in_bounds());
  EXPECT_LINE(where(a > 0, a, 1));
  EXPECT_LINE(fma(a, 2, 3));
  EXPECT_LINE(isnan(a));
  EXPECT_LINE(~cast(a, i32));
  EXPECT_LINE(bitcast(a, i32));
  EXPECT_LINE(dot(a, transpose(a)));
  EXPECT_LINE(tanh(-abs(a)));
}

} // namespace
} // namespace girih
