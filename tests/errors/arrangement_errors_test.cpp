// SPDX-License-Identifier: Apache-2.0
// Mistakes in arrangements and Configs. A mistake shares its line with AT, so
// that this file is not formatted.
// clang-format off
#include "expect_error.h"

#include <cmath>

namespace girih::testing {
namespace {

using Id = ErrorId;

TEST(ArrangementErrors, TileRank) {
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a.tile({1, 2, 3})); });
}
TEST(ArrangementErrors, StridesRank) {
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a.tile({1, 2}, {1})); });
}
TEST(ArrangementErrors, ExpandRank) {
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a.expand({keep})); });
}
TEST(ArrangementErrors, PermuteRank) {
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a.permute({0})); });
}
TEST(ArrangementErrors, PadRank) {
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a.pad({{1, 1}})); });
}
TEST(ArrangementErrors, SizeDim) {
  expect_arrangement_error(Id::dim_range, [](Tensor a) { AT; a.size(2); return arranged(a); });
}
TEST(ArrangementErrors, SqueezeDim) {
  expect_arrangement_error(Id::dim_range, [](Tensor a) { AT; return arranged(a.squeeze(-3)); });
}
TEST(ArrangementErrors, FlattenDims) {
  expect_arrangement_error(Id::dim_range, [](Tensor a) { AT; return arranged(a.flatten(1, 5)); });
}
TEST(ArrangementErrors, SelectDim) {
  expect_arrangement_error(Id::dim_range, [](Tensor a) { AT; return arranged(a.select(7, 0)); });
}
TEST(ArrangementErrors, SqueezeOfLargerDim) {
  expect_arrangement_error(Id::not_one, [](Tensor a) { Tensor t = a.tile({2, 3}); AT; return arranged(t.at(1, squeeze(0))); });
}
TEST(ArrangementErrors, SqueezeOfUnknownDim) {
  expect_arrangement_error(Id::not_one, [](Tensor a) { AT; return arranged(a.squeeze(0)); });
}
TEST(ArrangementErrors, SqueezeOfBlock) {
  Config config;
  config.blocks["B"] = 2;
  expect_arrangement_error(Id::not_one, [](Tensor a) {
    Tensor t = a.tile({block_size("B"), 1});
    AT; return arranged(t.at(1, squeeze(0)));
  }, config);
}
TEST(ArrangementErrors, SqueezeOfPiecesOfABlock) {
  Config config;
  config.blocks["B"] = 2;
  expect_arrangement_error(Id::not_one, [](Tensor a) {
    Tensor t = a.tile({1, block_size("B")});
    AT; return arranged(t.squeeze(1));
  }, config);
}
TEST(ArrangementErrors, ExpandOfLargerDim) {
  expect_arrangement_error(Id::not_one, [](Tensor a) { AT; return arranged(a.tile({2, 2}).at(1, expand({keep, 3}))); });
}
TEST(ArrangementErrors, PermuteTwice) {
  expect_arrangement_error(Id::permutation, [](Tensor a) { AT; return arranged(a.permute({1, -1})); });
}
TEST(ArrangementErrors, TileOfZero) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({0, 2})); });
}
TEST(ArrangementErrors, TileOfZeroBlocks) {
  Config config;
  config.blocks["B"] = 4;
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({block_size("B") - 4, 2})); }, config);
}
TEST(ArrangementErrors, NegativeStrideAndDilation) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({2, 2}, {1, -2})); });
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({2, 2}, {2, 2}, {0, 1})); });
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({2, 2}, {2, 2}, {1, -1})); });
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({2, 2}, {whole, 2})); });
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({2, 2}, {2, 2}, {1, keep})); });
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a.tile({2, 2}, {2, 2}, {1})); });
}
TEST(ArrangementErrors, StrideOfZero) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({2, 2}, {0, 2})); });
}
TEST(ArrangementErrors, KeepInTile) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({keep, 2})); });
}
TEST(ArrangementErrors, WholeInExpand) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.expand({whole, keep})); });
}
TEST(ArrangementErrors, NegativePad) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.pad({{-1, 0}, {0, 0}})); });
}
TEST(ArrangementErrors, NegativeCounts) {
  Config config;
  config.blocks["B"] = 4;
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.pad({{0, 0}, {0, -2}})); });
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.pad({{block_size("B") - 5, 0}, {0, 0}})); }, config);
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.unsqueeze(0).expand({-1, keep, keep})); });
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.unsqueeze(0).expand({block_size("B") - 5, keep, keep})); }, config);
}
TEST(ArrangementErrors, TooManyLevels) {
  expect_arrangement_error(Id::level_count, [](Tensor a) {
    for (int i = 0; i < 17; ++i)
      a = a.tile({2, 2});
    AT; return arranged(a.tile({2, 2}));
  });
  expect_arrangement_error(Id::operand_rank, [](Tensor a) {
    for (int i = 0; i < 8; ++i)
      a = a.tile({2, 2});
    AT; return arranged(a.ravel());
  });
  expect_arrangement_error(Id::unsupported, [](Tensor a) {
    for (int i = 0; i < 70; ++i)
      a = a.pad({{1, 1}, {0, 0}}).flip(0);
    AT; return arranged(a.tile({2, 2}));
  });
}
TEST(ArrangementErrors, OtherValues) {
  auto expect = [](DType dtype, double value) {
    expect_error(Id::literal_range, [&] {
      auto source = make_source("k", [=](Tensor a) { AT; return arranged(a.tile({4}).other(value)); }, [](InOut) {});
      record_kernel(source, 1, {}, dtype);
    });
  };
  expect(i32, INFINITY);
  expect(i32, 0.5);
  expect(i8, 128);
  expect(u8, -1);
  expect(b1, 2);
  expect(i64, NAN);
  expect(f16, 1e10);
  expect(f32, -1e300);
  expect(bf16, 3.4e38);
  expect_arrangement_error(Id::literal_range, [](Tensor a) { AT; return arranged(a.tile({4, 4}).other((std::int64_t{1} << 53) + 1)); }, {}, "other() got 9007199254740993");
  expect_arrangement_error(Id::literal_range, [](Tensor a) { AT; return arranged(a.tile({4, 4}).other(~std::uint64_t{0})); });
}
TEST(ArrangementErrors, Roundings) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({4, 4}, {}, {}, static_cast<Rounding>(7))); });
}
TEST(ArrangementErrors, AtOfAnotherTensor) {
  expect_arrangement_error(Id::foreign_tensor, [](Tensor a) { AT; return arranged(a.tile({4, 4}).at(1, [&](Tensor) { return a; })); });
  // Levels of another cut of the same operand, and others of the same cut.
  expect_arrangement_error(Id::foreign_tensor, [](Tensor a) {
    Tensor kept = a;
    a.tile({2, 2}).at(1, [&](Tensor t) { return kept = t; });
    AT; return arranged(a.tile({4, 4}).at(1, [&](Tensor) { return kept; }));
  });
  expect_arrangement_error(Id::foreign_tensor, [](Tensor a) {
    Tensor cut = a.tile({4, 4}).tile({2, 2}), kept = a;
    cut.at(1, [&](Tensor t) { return kept = t; });
    AT; return arranged(cut.at(2, [&](Tensor) { return kept; }));
  });
}
TEST(ArrangementErrors, NothingArranged) {
  expect_error(Id::arranged_count, [] {
    AT; record_kernel(make_source("k", [](Tensor) { return Arrangement{}; }, [](InOut) {}), 1);
  });
}
TEST(ArrangementErrors, OtherAndPartialOfTheWrongOperand) {
  expect_error(Id::operand_use, [] {
    auto source = make_source("k", [](Tensor a, Tensor c) { AT; return arranged(a.tile({4}), c.tile({4}).other(1)); }, [](In a, Out c) { c = a; });
    record_kernel(source, 1);
  });
  expect_error(Id::operand_use, [] {
    auto source = make_source("k", [](Tensor a, Tensor c) { AT; return arranged(partial(a.tile({4})), c.tile({4})); }, [](In a, Out c) { c = a; });
    record_kernel(source, 1);
  });
}
TEST(ArrangementErrors, SliceStep) {
  expect_arrangement_error(Id::slice, [](Tensor a) { AT; return arranged(a.slice(0, {0, 4, 0})); });
  expect_arrangement_error(Id::slice, [](Tensor a) { AT; return arranged(a.slice(0, {0, 4, INT64_MIN})); });
}
TEST(ArrangementErrors, SliceBounds) {
  expect_arrangement_error(Id::slice, [](Tensor a) { AT; return arranged(a.slice(0, {keep, 4})); });
  expect_arrangement_error(Id::slice, [](Tensor a) { AT; return arranged(a[{Slice{0, keep}}]); });
  expect_arrangement_error(Id::dim_range, [](Tensor a) { AT; return arranged(a.slice(2, {0, 4})); });
  expect_arrangement_error(Id::dim_range, [](Tensor a) { AT; return arranged(a.flip(2)); });
}
TEST(ArrangementErrors, Brackets) {
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a[{0, 0, 0}]); });
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a[0][0][0]); });
  expect_arrangement_error(Id::rank_mismatch, [](Tensor a) { AT; return arranged(a[{0, ellipsis, Slice{}, 0}]); });
  expect_arrangement_error(Id::ellipsis, [](Tensor a) { AT; return arranged(a[{ellipsis, 0, ellipsis}]); });
  expect_arrangement_error(Id::operand_rank, [](Tensor a) {
    for (int i = 0; i < 14; ++i)
      a = a[newaxis];
    AT; return arranged(a[newaxis]);
  });
}
TEST(ArrangementErrors, JaggedOffsets) {
  // Operands a and b are f32 and of rank 2.
  auto expect = [](auto arrange, ErrorId id = Id::jagged) {
    expect_error(id, [&] {
      record_kernel(make_source("k", arrange, [](InOut, In) {}), 2);
    });
  };
  expect([](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, b), b); });
  expect([](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, a), b); });
  expect([](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, b[0]), b); });
  expect([](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, b.flatten()), b); });
  expect([](Tensor a, Tensor b) { AT; return arranged(a.jagged(2, b), b); }, Id::dim_range);
  expect([](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, Tensor(1, 1, "b"), keep), b); }, Id::extent);
  expect([](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, Tensor(1, 1, "b"), -1), b); }, Id::extent);
  expect([](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, Tensor(1, 7, "z")), b); }, Id::foreign_tensor);
}
TEST(ArrangementErrors, JaggedUse) {
  auto expect = [](DType dtype, auto arrange, auto apply) {
    expect_error(Id::jagged, [&] {
      const DType dtypes[] = {f32, dtype};
      const int ranks[] = {1, 1};
      record(make_source("k", arrange, apply), dtypes, ranks, {}, {});
    });
  };
  auto by_one = [](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, b).tile({1, 4}), b); };
  expect(f32, by_one, [](InOut, In) {});
  expect(i16, by_one, [](InOut, In) {});
  expect(i64, [](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, b).tile({1, 4}), b[newaxis].tile({1, 1})); }, [](InOut, InOut) {});
  expect(i64, [](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, b).tile({2, 4}), b); }, [](InOut, In) {});
  expect(i64, [](Tensor a, Tensor b) { AT; return arranged(a.jagged(0, b, 3).flatten().tile({4}), b); }, [](InOut, In) {});
}
TEST(ArrangementErrors, SizeArithmetic) {
  Config config;
  config.blocks["B"] = 4;
  auto expect = [&](auto arrange) { expect_arrangement_error(Id::size_arithmetic, arrange, config); };
  auto B = [] { return block_size("B"); };
  expect([&](Tensor a) { AT; return arranged(a.tile({a.size(0) / 0, B()})); });
  expect([&](Tensor a) { AT; return arranged(a.tile({a.size(0) % -3, B()})); });
  expect([&](Tensor a) { AT; return arranged(a.tile({Size(INT64_MAX) + 1, B()})); });
  expect([&](Tensor a) { AT; return arranged(a.tile({1 + Size(INT64_MAX), B()})); });
  expect([&](Tensor a) { AT; return arranged(a.tile({max(Size(INT64_MIN), 1), B()})); });
  expect([&](Tensor a) { AT; return arranged(a.tile({cdiv(a.size(0), 0), B()})); });
  expect([&](Tensor a) { AT; return arranged(a.at(0, [](Tensor t) { return t.tile({t.size(0) / 0, 1}); })); });
  // What meta-operations compute is at their line.
  expect([&](Tensor a) { AT; return arranged(a.pad({{INT64_MAX, 1}, {0, 0}}).tile({1, B()})); });
  expect([&](Tensor a) { AT; return arranged(a.tile({2, B()}, {1, 4}, {INT64_MAX, 1})); });
  expect_error(Id::size_arithmetic, [] { AT, Tensor(1).pad({{INT64_MAX, 1}}); });
  // A mistake leaves nothing behind: an operator that is nobody's has no line.
  expect_error(Id::size_arithmetic, [] { Size(INT64_MAX) + 1; });
}
TEST(ArrangementErrors, SizesThatGrow) {
  auto expect = [](auto grow, const char *says) {
    expect_arrangement_error(Id::size_arithmetic, [&](Tensor a) {
      Size s = a.size(0);
      for (int i = 0; i < 100'000; ++i)
        s = grow(s);
      return arranged(a.slice(0, {0, s}));
    }, {}, says);
  };
  expect([](const Size &s) { AT; return s * s; }, "has more than 1024 sizes");
  expect([](const Size &s) { AT; return s + s % (s + 1); }, "has more than 1024 sizes");
  expect([](const Size &s) { AT; return max(s, s % 7 + 3) + s / 3; }, "has more than 1024 sizes");
  expect([](const Size &s) { AT; return s / 2 + 3; }, "is nested more than 64 deep");
  expect([](const Size &s) { AT; return max(s % 5, 3); }, "is nested more than 64 deep");
}
TEST(ArrangementErrors, CoveringBlock) {
  expect_arrangement_error(Id::block_missing, [](Tensor a) { AT; auto N = covering_block("N", a.size(1)); return arranged(a.tile({1, N})); }, {}, "at least the size that covering_block()");
  expect_arrangement_error(Id::extent, [](Tensor a) { auto rows = a.tile({block_size("B"), 1}); AT; covering_block("N", rows.size(0)); return arranged(a); }, {}, "covering_block(\"N\") got (a.n0 - 1) / B + 1");
}
TEST(ArrangementErrors, SizeDividedByZeroBlocks) {
  Config config;
  config.blocks["B"] = 4;
  expect_arrangement_error(Id::size_arithmetic, [](Tensor a) { AT; return arranged(a.tile({1, a.size(0) / (block_size("B") - 4)})); }, config);
}
TEST(ArrangementErrors, AtLevel) {
  expect_arrangement_error(Id::at_level, [](Tensor a) { AT; return arranged(a.at(1, squeeze(0))); });
  expect_arrangement_error(Id::at_level, [](Tensor a) { AT; return arranged(a.at(-1, squeeze(0))); });
}
TEST(ArrangementErrors, AtReturnsAnother) {
  expect_arrangement_error(Id::foreign_tensor, [](Tensor a) { AT; return arranged(a.tile({1, 1}).at(1, [](Tensor) { return Tensor(1, 5, "z"); })); });
}
TEST(ArrangementErrors, ForeignTensor) {
  expect_arrangement_error(Id::foreign_tensor, [](Tensor) { AT; return arranged(Tensor(2, 3, "z")); });
}
TEST(ArrangementErrors, ArrangedCount) {
  expect_arrangement_error(Id::arranged_count, [](Tensor a) { AT; return arranged(a, a); });
}
TEST(ArrangementErrors, InnermostNotStatic) {
  expect_arrangement_error(Id::tile_static, [](Tensor a) { AT; return arranged(a.tile({1, whole})); });
}
TEST(ArrangementErrors, TileTooLarge) {
  expect_arrangement_error(Id::tile_size, [](Tensor a) { AT; return arranged(a.tile({2048, 1024})); });
}
TEST(ArrangementErrors, BlockWithoutValue) {
  expect_arrangement_error(Id::block_missing, [](Tensor a) { AT; auto B = block_size("B"); return arranged(a.tile({B, B})); });
}
TEST(ArrangementErrors, BlockName) {
  expect_arrangement_error(Id::block_name, [](Tensor a) { AT; block_size("bm"); return arranged(a); });
  expect_arrangement_error(Id::block_name, [](Tensor a) { AT; block_size(""); return arranged(a); });
}
TEST(ArrangementErrors, BlockWithTwoFallbacks) {
  expect_arrangement_error(Id::block_name, [](Tensor a) { block_size("B", 4); AT; block_size("B", 8); return arranged(a); });
  EXPECT_NO_THROW(record_kernel(make_source("k", [](Tensor a) { block_size("B", 4); auto B = block_size("B"); return arranged(a.tile({block_size("B", 4), B})); }, [](InOut) {}), 2));
}
TEST(ArrangementErrors, SqueezeTwice) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({1, 4}).at(1, squeeze({0, 0}))); });
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.tile({1, 4}).at(1, squeeze({0, -2}))); });
}
TEST(ArrangementErrors, FlattenBackwards) {
  expect_arrangement_error(Id::extent, [](Tensor a) { AT; return arranged(a.flatten(1, 0)); });
  expect_arrangement_error(Id::dim_range, [](Tensor a) { AT; return arranged(a.flatten(0, 3)); });
}
TEST(ArrangementErrors, NotOneNamesTheOperand) {
  expect_error(Id::not_one, [] {
    AT; auto source = make_source("k", [](Tensor a) { return arranged(a.squeeze(0).tile({4})); }, [](InOut) {}, {"weight"});
    record_kernel(source, 2);
  }, "weight.n0");
}
TEST(ArrangementErrors, BlockNotPositive) {
  for (std::int64_t value : {std::int64_t{0}, std::int64_t{-4}, std::int64_t{1} << 40}) {
    Config config;
    config.blocks["B"] = value;
    expect_arrangement_error(Id::block_range, [](Tensor a) { AT; auto B = block_size("B"); return arranged(a.tile({B, B})); }, config);
  }
}
TEST(ArrangementErrors, BlockFallback) {
  expect_arrangement_error(Id::block_range, [](Tensor a) { AT; block_size("B", -1); return arranged(a); });
}
TEST(ArrangementErrors, UnknownBlock) {
  Config config;
  config.blocks = {{"B", 4}, {"BQ", 4}};
  expect_error(Id::block_unknown, [&] {
    AT; auto source = make_source("k", [](Tensor a) { auto B = block_size("B"); return arranged(a.tile({B})); }, [](InOut) {});
    record_kernel(source, 1, config);
  });
}
TEST(ArrangementErrors, Constants) {
  auto expect = [](ErrorId id, Constants constants, auto arrange) {
    expect_error(id, [&] {
      auto source = make_source("k", arrange, [](InOut) {});
      source.constants = constants;
      record_kernel(source, 1);
    });
  };
  expect(Id::constexpr_missing, {}, [](Tensor a) { AT; return arranged(a.tile({constexpr_value("N")})); });
  expect(Id::constexpr_name, {}, [](Tensor a) { AT; return arranged(a.tile({constexpr_value("n", 2)})); });
  expect(Id::constexpr_name, {}, [](Tensor a) { AT; return arranged(a.tile({constexpr_value("N-1", 2)})); });
  expect(Id::constexpr_kind, {{"N", 2.5}}, [](Tensor a) { AT; return arranged(a.tile({constexpr_value("N")})); });
  expect(Id::constexpr_kind, {{"N", 2}}, [](Tensor a) { AT; constexpr_value<bool>("N"); return arranged(a); });
  expect(Id::constexpr_kind, {{"N", 300}}, [](Tensor a) { AT; constexpr_value<std::uint8_t>("N"); return arranged(a); });
  expect(Id::constexpr_kind, {{"N", -1}}, [](Tensor a) { AT; constexpr_value<std::uint64_t>("N"); return arranged(a); });
  expect(Id::constexpr_kind, {{"N", true}}, [](Tensor a) { AT; constexpr_value<double>("N"); return arranged(a); });
  expect(Id::constexpr_kind, {{"N", (std::int64_t{1} << 53) + 1}}, [](Tensor a) { AT; constexpr_value<double>("N"); return arranged(a); });
  expect(Id::constexpr_kind, {{"N", NAN}}, [](Tensor a) { AT; constexpr_value("N"); return arranged(a); });
  expect_error(Id::constexpr_missing, [] { AT; constexpr_value<bool>("CAUSAL"); });
  expect_error(Id::constexpr_unknown, [] {
    AT; auto source = make_source("k", [](Tensor a) { return arranged(a.tile({constexpr_value("N", 4)})); }, [](InOut) {});
    source.constants = {{"M", 4}};
    record_kernel(source, 1);
  });
}
TEST(ArrangementErrors, GridRanks) {
  expect_error(Id::grid_rank, [] {
    auto source = make_source("k", [](Tensor a, Tensor c) {
      AT; return arranged(a.tile({2, 2}), c.tile({2, 2}).flatten());
    }, [](In, InOut) {});
    record_kernel(source, 2);
  });
}
TEST(ArrangementErrors, GridSizes) {
  expect_error(Id::grid_mismatch, [] {
    auto source = make_source("k", [](Tensor a, Tensor c) {
      AT; return arranged(a.unsqueeze(0).expand({2, keep}), c.unsqueeze(0).expand({3, keep}));
    }, [](In, InOut) {});
    record_kernel(source, 1);
  });
}
TEST(ArrangementErrors, Signature) {
  expect_error(Id::kernel_signature, [] {
    AT; auto source = make_source("k", [](Tensor a) { return arranged(a); }, [](InOut) {});
    const DType dtypes[] = {f32, f32};
    const int ranks[] = {1};
    record(source, dtypes, ranks, {}, {});
  });
  expect_error(Id::kernel_signature, [] {
    AT; auto source = make_source("k", [](Tensor a) { return arranged(a); }, [](InOut) {}, {"a", "b"});
    record_kernel(source, 1);
  });
}
TEST(ArrangementErrors, OperandNames) {
  for (const char *name : {"", "1a", "a b", "min", "body", "cover", "operand", "dim", "reverse"})
    expect_error(Id::operand_name, [&] {
      AT; auto source = make_source("k", [](Tensor a) { return arranged(a); }, [](InOut) {}, {name});
      record_kernel(source, 1);
    });
  expect_error(Id::operand_name, [] {
    AT; auto source = make_source("k\"1", [](Tensor a) { return arranged(a); }, [](InOut) {});
    record_kernel(source, 1);
  }, "`k?1` cannot name a kernel: quotes");
  expect_error(Id::operand_name, [&] {
    AT; auto source = make_source("k", [](Tensor a, Tensor b) { return arranged(a, b); }, [](In, InOut) {}, {"x", "x"});
    record_kernel(source, 1);
  });
}
TEST(ArrangementErrors, OperandRank) {
  for (int rank : {-1, 17})
    expect_error(Id::operand_rank, [&] {
      AT; auto source = make_source("k", [](Tensor a) { return arranged(a); }, [](InOut) {});
      record_kernel(source, rank);
    });
}

} // namespace
} // namespace girih::testing
