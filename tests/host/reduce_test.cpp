// SPDX-License-Identifier: Apache-2.0
// Reductions, scans and sorts on the host against the interpreter.
#include "like_interpreter.h"

#include "girih/tests/interpreter/kernels.h"

namespace girih::testing {
namespace {

const Along cases[] = {{{1}, 0},        {{5}, 0},         {{33}, 0},
                       {{300}, 0},      {{3, 7}, 0},      {{3, 7}, 1},
                       {{37, 70}, 0},   {{5, 150}, 1},    {{2, 5, 3}, 1},
                       {{4, 9, 20}, 0}, {{3, 130, 2}, 1}, {{4, 1, 6}, 1}};

std::string text(DType dtype, const Along &test) {
  std::string out =
      std::string(name(dtype)) + " along " + std::to_string(test.dim) + " of";
  for (std::int64_t size : test.shape)
    out += " " + std::to_string(size);
  return out;
}

template <class Apply>
void expect_reduced(DType in, DType out, bool specials, Apply apply,
                    double tolerance = 0) {
  for (const Along &test : cases) {
    SCOPED_TRACE(text(in, test));
    TestArray x(in, test.shape), y(out, reduced(test));
    fill_random(x, 7, specials);
    int along = test.dim;
    expect_one_tile_like_interpreter(
        [=](In a, Out b) { b = apply(a, dim(along)); }, {&x, &y}, tolerance);
  }
}

TEST(HostReduce, SumsOfSmallNumbersAreExact) {
  for (DType in : {f64, f32, bf16, f16, i32, i8, u8, b1})
    expect_reduced(in,
                   in == f64      ? f64
                   : is_float(in) ? f32
                                  : i64,
                   false,
                   [](const Located &x, Dim over) { return sum(x, over); });
}

TEST(HostReduce, ProductsAndMeans) {
  expect_reduced(i16, i64, false,
                 [](const Located &x, Dim over) { return prod(x + 1, over); });
  expect_reduced(
      f32, f32, true,
      [](const Located &x, Dim over) { return mean(x * 0.3f, over); }, 1e-5);
}

TEST(HostReduce, Extrema) {
  for (DType dtype : {f64, f32, bf16, f16, i64, u8}) {
    expect_reduced(dtype, dtype, true,
                   [](const Located &x, Dim over) { return max(x, over); });
    expect_reduced(dtype, dtype, true,
                   [](const Located &x, Dim over) { return min(x, over); });
  }
}

TEST(HostReduce, PlacesOfExtrema) {
  for (DType dtype : {f32, f16, i32, u8}) {
    expect_reduced(dtype, i64, true,
                   [](const Located &x, Dim over) { return argmax(x, over); });
    expect_reduced(dtype, i64, true,
                   [](const Located &x, Dim over) { return argmin(x, over); });
  }
}

TEST(HostReduce, AnyAll) {
  expect_reduced(b1, b1, false,
                 [](const Located &x, Dim over) { return any(x, over); });
  expect_reduced(i8, b1, false,
                 [](const Located &x, Dim over) { return all(x + 4, over); });
}

TEST(HostReduce, RegionsRoundToTheirType) {
  // Sums made in bf16 and f16: small enough to be exact in any order.
  for (DType dtype : {bf16, f16})
    expect_reduced(dtype, dtype, false, [](const Located &x, Dim over) {
      return reduce(x, over,
                    [](Tile a, Tile b) { return max(a, b) + (a - a) * b; });
    });
}

TEST(HostReduce, WholeTilesAndKeptDimensions) {
  for (const Shape &shape : {Shape{3, 5}, {7, 64}, {4, 3, 40}, {1, 100}}) {
    TestArray x(f32, shape), all_of(f32, {}), kept(f32, shape), place(i64, {}),
        largest(f32, {});
    fill_random(x, 8);
    int last = static_cast<int>(shape.size()) - 1;
    expect_one_tile_like_interpreter(
        [=](In a, Out b, Out c, Out d, Out e) {
          Tile scaled = a * 3.f;
          b = sum(scaled);
          c = scaled - max(scaled, dim(last).kept());
          d = argmax(scaled);
          e = max(scaled);
        },
        {&x, &all_of, &kept, &place, &largest});
  }
}

TEST(HostReduce, SeveralInOneNest) {
  TestArray x(f32, {9, 77}), y(f32, {9}), z(f32, {9}), w(f32, {9}),
      v(f32, {9, 77});
  fill_random(x, 9);
  expect_one_tile_like_interpreter(
      [](In a, Out b, Out c, Out d, Out e) {
        Tile x = a;
        Tile first = sum(x, dim(1)), second = sum(x * x, dim(1));
        b = first;
        c = second - first;
        d = max(x, dim(1));
        e = x - unsqueeze(first, 1);
      },
      {&x, &y, &z, &w, &v});
}

TEST(HostReduce, SoftmaxAndNorms) {
  for (const Shape &shape :
       {Shape{1, 5}, {3, 100}, {4, 128}, {2, 1000}, {9, 33}}) {
    TestArray x(f32, shape), weight(f32, {shape[1]}), y(f32, shape),
        z(bf16, shape), w(f32, shape);
    fill_random(x, 10);
    fill_random(weight, 11);
    expect_one_tile_like_interpreter(
        [](In a, In weight, Out b, Out c, Out d) {
          Tile x = a;
          Tile e = exp(x - max(x, dim(1).kept()));
          Tile part = e / sum(e, dim(1).kept());
          b = part;
          c = part;
          Tile centred = x - mean(x, dim(1).kept());
          Tile variance = mean(centred * centred, dim(1).kept());
          d = centred * rsqrt(variance + 1e-5f) * weight;
        },
        {&x, &weight, &y, &z, &w}, 1e-5);
  }
}

TEST(HostReduce, SeveralTilesAtOnce) {
  TestArray x(f64, {5, 71}), mean(f64, {5}), variance(f64, {5});
  fill_random(x, 12);
  expect_one_tile_like_interpreter(moments, {&x, &mean, &variance}, 1e-12);
}

TEST(HostReduce, RaggedEdgesReadOther) {
  KernelSource source = make_source(
      "ragged",
      [](Tensor x, Tensor y, Tensor z) {
        auto rows = x.other(-7).tile({4, 32});
        return arranged(
            rows, y.tile({4}).unsqueeze(1).expand({keep, rows.size(1)}),
            partial(z.tile({32})).unsqueeze(0).expand({rows.size(0), keep}));
      },
      [](In x, Out y, Out z) {
        y = min(x, dim(1));
        z = max(x, dim(0));
      });
  for (std::int64_t rows : {4, 3})
    for (std::int64_t columns : {32, 31, 5}) {
      TestArray x(f32, {rows, columns}), y(f32, {rows}), z(f32, {columns});
      fill_random(x, 13);
      std::vector<TestArray *> arrays = {&x, &y, &z};
      expect_like_interpreter(record_for(source, arrays), arrays);
    }
}

TEST(HostScan, OrderMatters) {
  for (const Along &test : cases)
    for (bool reverse : {false, true}) {
      SCOPED_TRACE(text(i64, test));
      TestArray a(i64, test.shape), b(i64, test.shape), y(i64, test.shape),
          z(i64, test.shape);
      fill_random(a, 14);
      fill_random(b, 15);
      for (std::int64_t i = 0; i < a.numel(); ++i)
        a.set(i, a.get(i) < 0 ? -1 : 1);
      expect_one_tile_like_interpreter(composed_maps(test.dim, reverse),
                                       {&a, &b, &y, &z});
    }
}

TEST(HostScan, CumulativeFunctions) {
  for (const Along &test : cases) {
    TestArray x(f16, test.shape), sums(f32, test.shape),
        highest(f16, test.shape);
    fill_random(x, 16, true);
    int along = test.dim;
    expect_one_tile_like_interpreter(
        [=](In a, Out b, Out c) {
          b = cumsum(where(isnan(a), 1.f, a), along);
          c = cummax(a, along, true);
        },
        {&x, &sums, &highest});
  }
}

TEST(HostSort, StableWithPayloads) {
  bool descending = false;
  for (DType dtype : {f64, f32, bf16, i64, i8, u8}) {
    descending = !descending;
    for (const Along &test : cases) {
      descending = !descending;
      SCOPED_TRACE(text(dtype, test));
      TestArray x(dtype, test.shape), y(dtype, test.shape),
          places(i64, test.shape);
      fill_to_sort(x, 17);
      expect_one_tile_like_interpreter(sorted_with_places(test.dim, descending),
                                       {&x, &y, &places});
    }
  }
}

TEST(HostHistogram, OfAnyShape) {
  for (DType dtype : {i64, i32, u8})
    for (const Along &test : cases)
      for (int bins : {1, 40, 300}) {
        SCOPED_TRACE(text(dtype, test) + " " + std::to_string(bins));
        TestArray x(dtype, test.shape), counts(i32, {bins});
        fill_random(x, 19);
        expect_one_tile_like_interpreter(
            [bins](In a, Out b) { b = histogram(a, bins); }, {&x, &counts});
      }
}

TEST(HostSort, TopK) {
  TestArray x(f32, {3, 113}), best(f32, {3, 4}), places(i64, {3, 4});
  fill_random(x, 18, true);
  expect_one_tile_like_interpreter(best_four, {&x, &best, &places});
}

} // namespace
} // namespace girih::testing
