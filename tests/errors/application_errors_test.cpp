// SPDX-License-Identifier: Apache-2.0
// Mistakes in applications. A mistake shares its line with AT, so that this
// file is not formatted.
// clang-format off
#include "expect_error.h"

#include <cmath>
#include <memory>
#include <optional>
#include <thread>

namespace girih::testing {
namespace {

using Id = ErrorId;

TEST(ApplicationErrors, ShapeMismatch) {
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile x = zeros({2, 5}, f32); AT; x = x + a[0]; });
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile x = zeros({3}, f32); AT; where(x > 0, a[0], 1); });
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile x = zeros({}, f32); AT; x += a[0]; });
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile x = zeros({2, 5}, f32); AT; max(a[0], x); });
  expect_application_error(Id::shape_mismatch, [](In a, In, Out) { Tile x = zeros({2, 5}, f32); AT; auto mask = a[0] < x; });
}
TEST(ApplicationErrors, DotShape) {
  expect_application_error(Id::dot_shape, [](In a, In, Out) { Tile x = zeros({2, 4}, f32); AT; dot(a[0], x); });
  expect_application_error(Id::dot_shape, [](In a, In, Out) { AT; dot(a[0], zeros({4}, f32)); });
}
TEST(ApplicationErrors, DotDType) {
  expect_application_error(Id::dot_dtype, [](In a, In, Out) { AT; dot(a[0], zeros({4, 4}, f16)); });
  expect_application_error(Id::dot_dtype, [](In a, In, Out) { AT; dot(a[0], a[1]); }, b1);
}
TEST(ApplicationErrors, DotPrecision) {
  expect_application_error(Id::dot_dtype, [](In a, In b, Out) { AT; dot(a[0], b[0], static_cast<Precision>(9)); });
}
TEST(ApplicationErrors, DotSize) {
  expect_application_error(Id::tile_size, [](In, In, Out) { Tile x = zeros({4096, 1}, f32), y = zeros({1, 4096}, f32); AT; dot(x, y); });
}
TEST(ApplicationErrors, FullSize) {
  expect_application_error(Id::tile_size, [](In, In, Out) { AT; zeros({1 << 20, 2}, f32); });
  expect_application_error(Id::tile_size, [](In, In, Out) { AT; zeros({0}, f32); });
}
TEST(ApplicationErrors, DTypes) {
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; a[0] + b[0]; }, e4m3);
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; a[0] & b[0]; });
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; a[0] << b[0]; });
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; pow(a[0], b[0]); }, i32);
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; a[0] + b[0]; }, b1);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; -a[0]; }, b1);
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; !a[0]; });
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; ~a[0]; });
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; exp(a[0]); }, e5m2);
  expect_application_error(Id::dtype_unsupported, [](In a, In b, Out) { AT; where(a[0], b[0], 1); });
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { Tile x = a[0]; AT; x += 0.5; }, i32);
}
TEST(ApplicationErrors, Literals) {
  expect_application_error(Id::literal_range, [](In a, In, Out) { AT; a[0] + 300; }, i8);
  expect_application_error(Id::literal_range, [](In a, In, Out) { AT; a[0] - -1; }, u8);
  expect_application_error(Id::literal_range, [](In a, In, Out) { AT; a[0] + (std::int64_t{1} << 60); }, i32);
  expect_application_error(Id::literal_range, [](In a, In, Out) { AT; a[0] + ~std::uint64_t{0}; }, i64);
  expect_application_error(Id::literal_range, [](In, In, Out) { AT; full({4}, 1.5, i32); });
  expect_application_error(Id::literal_range, [](In, In, Out c) { AT; c[0] = 400; }, i8);
  expect_application_error(Id::literal_range, [](In, In, Out) { AT; full({4}, NAN, i64); });
  expect_application_error(Id::literal_range, [](In, In, Out) { AT; full({4}, 2, b1); });
  expect_application_error(Id::literal_range, [](In, In, Out) { AT; full({4}, ~std::uint64_t{0}, i64); });
  expect_application_error(Id::literal_range, [](In, In, Out) { AT; full({4}, 0x1p63, i64); });
}
TEST(ApplicationErrors, LiteralsThatBecomeInfinite) {
  expect_application_error(Id::literal_range, [](In, In, Out) { AT; full({4}, 1e300, f32); }, "literal 1e+300 does not fit dtype f32");
  expect_application_error(Id::literal_range, [](In, In, Out) { AT; full({4}, 1e10, f16); });
  expect_application_error(Id::literal_range, [](In a, In, Out) { AT; a[0] * 1e10; }, f16);
  expect_application_error(Id::literal_range, [](In a, In, Out) { AT; a[0] - 65520; }, f16);
  expect_application_error(Id::literal_range, [](In, In, Out c) { AT; c[0] = -3.4e38; }, bf16);
}
TEST(ApplicationErrors, NumbersThatAreNoDType) {
  const auto wrong = static_cast<DType>(77);
  expect_application_error(Id::dtype_unsupported, [=](In, In, Out) { AT; zeros({}, wrong); }, "full() got 77, which is no dtype");
  expect_application_error(Id::dtype_unsupported, [=](In a, In, Out) { AT; cast(a[0], wrong); });
  expect_application_error(Id::dtype_unsupported, [=](In a, In, Out) { AT; bitcast(a[0], wrong); });
  expect_application_error(Id::dtype_unsupported, [=](In, In, Out) { AT; arange(4, wrong); });
  expect_application_error(Id::dtype_unsupported, [=](In a, In, Out) { AT; inline_ptx("mov.b32 $0, $1;", {a[0]}, wrong, [](std::vector<Tile> x) { return x[0]; }); });
  expect_error(Id::dtype_unsupported, [=] {
    AT; record_kernel(make_source("k", [](Tensor a) { return arranged(a); }, [](InOut) {}), 1, {}, wrong);
  }, "operand a got 77");
  expect_error(Id::dtype_unsupported, [=] { bits(wrong); });
}
TEST(ApplicationErrors, LevelIndices) {
  expect_application_error(Id::level_index, [](In a, In, Out) { AT; Tile x = a; });
  expect_application_error(Id::level_index, [](In a, In, Out) { AT; Tile x = a[{0, 1}]; });
  expect_application_error(Id::level_index, [](In a, In, Out) { AT; a[0][1] + 1; });
  expect_application_error(Id::level_index, [](In, In, Out c) { AT; c = 1; });
}
TEST(ApplicationErrors, SizeDim) {
  expect_application_error(Id::dim_range, [](In a, In, Out) { AT; a.size(1); });
}
TEST(ApplicationErrors, StoreShape) {
  expect_application_error(Id::store_shape, [](In, In, Out c) { Tile x = zeros({5}, f32); AT; c[0] = x; }, "shape [5] is stored to c, whose tiles have shape [4, 4]");
  expect_application_error(Id::store_shape, [](In, In, Out c) { Tile x = zeros({1, 4, 4}, f32); AT; c[0] = x; });
}
TEST(ApplicationErrors, LoopType) {
  expect_application_error(Id::loop_type, [](In a, In, Out) {
    Tile x = zeros({4, 4}, f16);
    for (Index k : range(a.size(0))) {
      AT; x = x + a[k];
    }
  });
  expect_application_error(Id::loop_type, [](In a, In, Out) {
    Tile x = zeros({}, f32);
    for (Index k : range(a.size(0))) {
      AT; x = a[k];
    }
  });
}
TEST(ApplicationErrors, LoopStep) {
  expect_application_error(Id::loop_step, [](In a, In, Out) { AT; for (Index k : range(0, a.size(0), 0)) (void)k; });
}
TEST(ApplicationErrors, LoopsTooDeep) {
  std::function<void(int)> nest = [&](int depth) {
    AT; for (Index k : range(2)) { if (depth < 40) nest(depth + 1); (void)k; }
  };
  expect_application_error(Id::nesting, [&](In, In, Out) { nest(0); }, "more than 16 deep");
}
Arrangement by_ones(Tensor a) { return arranged(a.tile({1, 1})); }
void nothing(InOut) {}

template <class Apply> void expect_level_error(std::string_view says, Apply apply) {
  auto level = [](Tensor a, Tensor c) { return arranged(a.tile({4}).tile({2}), partial(c.tile({4}).tile({2}))); };
  expect_error(Id::level_index, [&] { record_kernel(make_source("k", level, apply), 1); }, says);
}
TEST(ApplicationErrors, NumbersOutsideOfALevel) {
  expect_level_error("a got index 2 for dimension 0 of its level: it has size 2", [](In a, Out c) { AT; c[0] = a[2]; });
  expect_level_error("a got index -1", [](In a, Out c) { AT; c[0] = a[-1]; });
  expect_level_error("b got index 2", [](In a, Out c) { AT; c[2] = a[0]; });
  expect_level_error("a got index 2", [](In a, Out c) { for (Index k : range(3)) { AT; c[0] = a[k]; } });
  expect_level_error("b got index 2", [](In a, Out c) { for (Index k : range(2)) { AT; c[k + 1] = a[0]; } });
  expect_level_error("b got index -1", [](In a, Out c) { for (Index k : range(2)) for (Index l : range(2)) { AT; c[k - l] = a[0]; } });
  expect_level_error("a got index 2", [](In a, Out c) { Index n = a.source_size(0); when(n > 8, [&] { AT; c[0] = a[2]; }); });
}
TEST(ApplicationErrors, NumbersThatMayBeInALevel) {
  auto level = [](Tensor a, Tensor c) { return arranged(a.tile({4}).tile({2}), partial(c.tile({4}).tile({2}))); };
  auto accept = [&](auto apply) { EXPECT_NO_THROW(record_kernel(make_source("k", level, apply), 1)); };
  accept([](In a, Out c) { for (Index k : range(2)) c[k] = a[k - 1] + a[k] + a[k + 1]; });
  accept([](In a, Out c) { for (Index k : range(2)) { Tile x = a[0]; for (Index l : range(2)) x += a[l + k - k]; c[k] = x; } });
  accept([](In a, Out c) { for (Index k : range(3)) when(k < 2, [&] { c[k] = a[k]; }); });
  accept([](In a, Out c) { for (Index k : range(0)) c[k] = a[k]; });
  accept([](In a, Out c) { for (Index k : range(2)) c[1 - k] = a[min(k, 1)]; });
}

TEST(ApplicationErrors, NullFunctions) {
  auto expect = [](auto arrange, auto apply, const char *says) {
    expect_error(Id::missing_argument, [&] { AT; auto k = make_source("k", arrange, apply); record_kernel(k, 2); }, says);
  };
  Arrangement (*no_arrangement)(Tensor) = nullptr;
  void (*no_application)(InOut) = nullptr;
  expect(no_arrangement, nothing, "an arrangement that is null");
  expect(by_ones, no_application, "an application that is null");
  expect(std::function<Arrangement(Tensor)>(), nothing, "an arrangement that is null");
  expect(by_ones, std::function<void(InOut)>(), "an application that is null");
  expect_error(Id::missing_argument, [&] { AT; evaluate(make_source("k", no_arrangement, nothing), {}, {{2, 2}}); });
}
TEST(ApplicationErrors, RecordsItself) {
  KernelSource k;
  auto again = [&](InOut) { record_kernel(k, 2); };
  expect_error(Id::nesting, [&] { AT; k = make_source("k", by_ones, again); record_kernel(k, 2); }, "recordings of kernels, here k, are nested more than 16 deep");
  auto arrange = [&](Tensor a) { block_sizes(k, std::array{2}); return by_ones(a); };
  expect_error(Id::nesting, [&] { AT; k = make_source("k", arrange, nothing); record_kernel(k, 2); });
}
TEST(ApplicationErrors, Break) {
  expect_application_error(Id::loop_break, [](In a, In, Out c) {
    AT; for (Index k : range(a.size(0))) { (void)k; break; }
    c[0] = 1;
  });
}
TEST(ApplicationErrors, BreakAtTheEnd) {
  expect_application_error(Id::loop_break, [](In a, In, Out) {
    AT; for (Index k : range(a.size(0))) { (void)k; break; }
  });
}
TEST(ApplicationErrors, ReturnFromALoop) {
  expect_application_error(Id::loop_break, [](In a, In, Out c) {
    auto first = [&]() -> Tile {
      AT; for (Index k : range(a.size(0))) return a[k];
      return zeros({4, 4}, f32);
    };
    c[0] = first();
  });
}
TEST(ApplicationErrors, ValueLeavesItsLoop) {
  expect_application_error(Id::value_scope, [](In a, In, Out c) {
    std::unique_ptr<Tile> kept;
    for (Index k : range(a.size(0))) kept = std::make_unique<Tile>(a[k]);
    AT; c[0] = *kept;
  });
}
TEST(ApplicationErrors, OutsideAnApplication) {
  expect_error(Id::not_recording, [] { AT; zeros({4}, f32); });
  expect_error(Id::not_recording, [] { AT; Index i(3); });
}
TEST(ApplicationErrors, FromAnotherRecording) {
  static std::optional<Tile> kept;
  expect_application_error(Id::foreign_value, [](In a, In, Out) {
    kept.emplace(a[0]);
    auto source = make_source("inner", [](Tensor c) { return arranged(c.tile({4, 4})); }, [](Out c) { AT; c = *kept; });
    record_kernel(source, 2);
  });
  expect_application_error(Id::foreign_value, [](In, In, Out c) { AT; c[0] = *kept; });
  expect_error(Id::not_recording, [] { AT; Tile copy = *kept; });
}
TEST(ApplicationErrors, FromAnotherThread) {
  expect_application_error(Id::not_recording, [](In a, In, Out) {
    Tile x = a[0];
    std::exception_ptr error;
    std::thread([&] {
      try { AT; auto y = x + 1; } catch (...) { error = std::current_exception(); }
    }).join();
    if (error) std::rethrow_exception(error);
  });
}
TEST(ApplicationErrors, LinesOfEveryKindOfEntry) {
  // Each of these reads a value of an ended loop on a line of its own.
  auto check = [](auto use) {
    expect_application_error(Id::value_scope, [&](In a, In b, Out c) {
      std::unique_ptr<Tile> bad;
      for (Index k : range(a.size(0))) bad = std::make_unique<Tile>(a[k]);
      Tile x = a[0];
      use(*bad, x, b, c);
    });
  };
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = x + bad; });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = bad * x; });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = 2 - bad; });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = -bad; });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x -= bad; });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = bad; });
  check([](Tile &bad, Tile &, In &, Out &) { AT; Tile y = bad; });
  check([](Tile &bad, Tile &, In &, Out &) { AT; Tile y(bad); });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = exp(bad); });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = where(x < bad, x, 0); });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = dot(x, bad); });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = cast(bad, f16); });
  check([](Tile &bad, Tile &x, In &, Out &) { AT; x = bad.to(f16); });
  check([](Tile &bad, Tile &, In &, Out &c) { AT; c[0] = bad; });
  check([](Tile &bad, Tile &, In &b, Out &) { AT; auto mask = b[0] == bad; });
}

} // namespace
} // namespace girih::testing
