// SPDX-License-Identifier: Apache-2.0
// What accesses memory at places that are data, on the host and on a GPU: here
// programs run at the same time.
#include "girih/girih.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace girih {
namespace {

class TilesOn : public ::testing::TestWithParam<Device> {
protected:
  void SetUp() override {
    if (GetParam().kind == Device::Kind::cuda && cuda_device_count() == 0)
      GTEST_SKIP() << cuda_unavailable_reason();
  }

  Array array(const std::vector<double> &values, DType dtype) const {
    const std::int64_t shape[] = {static_cast<std::int64_t>(values.size())};
    return Array::from(values, shape, dtype, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, TilesOn,
                         ::testing::Values(host_device, cuda_device(0)),
                         [](const auto &info) {
                           return info.param.kind == Device::Kind::host
                                      ? "host"
                                      : "cuda";
                         });

std::vector<double> random_integers(int count, int low, int high) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> number(low, high);
  std::vector<double> out;
  for (int i = 0; i < count; ++i)
    out.push_back(number(random));
  return out;
}

/// Every program sees all of the last operand, whatever its size.
Kernel updater(const char *name, void (*application)(In, InOut)) {
  return make(
      name,
      [](Tensor x, Tensor y) {
        auto tiles = x.tile({block_size("B", 96)});
        return arranged(tiles,
                        y.tile({1}).tile({whole}).expand({tiles.size(0)}));
      },
      application);
}

TEST_P(TilesOn, HistogramCountsEveryElement) {
  const std::vector<double> values = random_integers(5000, -3, 40);
  std::vector<double> wanted(32, 0);
  for (double each : values)
    if (each >= 0 && each < 32) // what is out of range does nothing
      wanted[static_cast<std::size_t>(each)] += 1;
  for (DType dtype : {f32, f64, i32, i64}) {
    const Array x = array(values, i32);
    const Array y = array(std::vector<double>(32, 0), dtype);
    updater("histogram", [](In x, InOut y) {
      y.atomic_add({where(x.in_bounds(), Tile(x), -1)}, 1);
    })(x, y);
    EXPECT_EQ(y.to_vector(), wanted) << name(dtype);
  }
}

// y = x + number and, from the same call, the number alone.
TEST_P(TilesOn, NumbersComeByValue) {
  const Kernel kernel = make(
      "by_value",
      [](Tensor x, Tensor number, Tensor y, Tensor alone) {
        auto B = block_size("B", 128);
        return arranged(x.tile({B}), number, y.tile({B}), alone.tile({B}));
      },
      [](In x, In number, Out y, Out alone) {
        y = cast(x, f64) + cast(number, f64);
        alone = number;
      },
      {"x", "number", "y", "alone"});
  const Array x = array(random_integers(300, -50, 50), f64);
  const std::vector<double> before = x.to_vector();
  for (DType dtype :
       {f64, f32, f16, bf16, e4m3, e5m2, i64, i32, i16, i8, u8, b1})
    for (double number : {1.0, dtype == u8 || dtype == b1 ? 0.0 : -6.0}) {
      SCOPED_TRACE(std::string(name(dtype)) + " " + std::to_string(number));
      const Array y = array(std::vector<double>(300, NAN), f64);
      const Array alone = array(std::vector<double>(300, 7), dtype);
      kernel(x, Array::scalar(number, dtype), y, alone);
      std::vector<double> wanted = before;
      for (double &each : wanted)
        each += number;
      EXPECT_EQ(y.to_vector(), wanted);
      EXPECT_EQ(alone.to_vector(), std::vector<double>(300, number));
    }
}

TEST_P(TilesOn, LargeIntegersComeWhole) {
  const Kernel kernel = make(
      "low_bits",
      [](Tensor number, Tensor y) {
        return arranged(number, y.tile({block_size("B", 32)}));
      },
      [](In number, Out y) { y = number & 0xffff; }, {"number", "y"});
  const Array y = array({0}, i64);
  kernel(Array::scalar((std::int64_t{1} << 62) + 4097, i64), y);
  EXPECT_EQ(y.to_vector(), std::vector<double>{4097});
}

TEST_P(TilesOn, NarrowSumsAreAtomic) {
  for (DType dtype : {f16, bf16}) {
    const Array x = array(std::vector<double>(200, 1), i32);
    const Array y = array({0, 0, 0}, dtype);
    updater("narrow", [](In x, InOut y) {
      y.atomic_add({where(x.in_bounds(), Tile(x), -1)}, 1);
    })(x, y);
    EXPECT_EQ(y.to_vector(), (std::vector<double>{0, 200, 0})) << name(dtype);
  }
}

TEST_P(TilesOn, ExtremaAreThoseOfAllElements) {
  const std::vector<double> values = random_integers(3000, -900, 900);
  double least = 0, most = 0;
  for (double each : values) {
    least = std::min(least, each);
    most = std::max(most, each);
  }
  for (DType dtype : {f32, f64, i32, i64}) {
    const Array x = array(values, dtype);
    const Array y = array({0, 0}, dtype);
    updater("extrema", [](In x, InOut y) {
      Tile inside = where(x.in_bounds(), 0, -1);
      y.atomic_min({inside}, x);
      y.atomic_max({inside + where(x.in_bounds(), 1, 0)}, x);
    })(x, y);
    EXPECT_EQ(y.to_vector(), (std::vector<double>{least, most})) << name(dtype);
  }
}

// ptxas 13.0 loses a sign where three are one instruction (ptx_extrema.h).
TEST_P(TilesOn, ExtremaOfNegatedNumbers) {
  const auto three = [](const char *name, auto application) {
    return make(
        name,
        [](Tensor a, Tensor b, Tensor c, Tensor y) {
          auto B = block_size("B", 128);
          return arranged(a.tile({B}), b.tile({B}), c.tile({B}), y.tile({B}));
        },
        application);
  };
  const Kernel least = three("least_of_three", [](In a, In b, In c, Out y) {
    y = min(min(Tile(a), -Tile(b)), Tile(c));
  });
  const Kernel most = three("most_of_three", [](In a, In b, In c, Out y) {
    y = max(max(-Tile(a), -Tile(b)), -Tile(c));
  });
  const std::vector<double> values = random_integers(900, -99, 99);
  const auto part = [&](int number) {
    return std::vector<double>(values.begin() + 300 * number,
                               values.begin() + 300 * (number + 1));
  };
  for (const DType dtype : {i32, i16, i8, i64}) {
    const Array a = array(part(0), dtype), b = array(part(1), dtype),
                c = array(part(2), dtype),
                y = array(std::vector<double>(300, 77), dtype);
    std::vector<double> smallest, largest;
    for (std::size_t i = 0; i < 300; ++i) {
      smallest.push_back(
          std::min({values[i], -values[300 + i], values[600 + i]}));
      largest.push_back(
          std::max({-values[i], -values[300 + i], -values[600 + i]}));
    }
    least(a, b, c, y);
    EXPECT_EQ(y.to_vector(), smallest) << name(dtype);
    most(a, b, c, y);
    EXPECT_EQ(y.to_vector(), largest) << name(dtype);
  }
}

TEST_P(TilesOn, BitsCombineAndOldValuesComeBack) {
  const Array x = array(random_integers(1000, 0, 20), i32);
  const Array y = array({0, 0xfffff, 0}, i32);
  updater("bits", [](In x, InOut y) {
    Tile place = where(x.in_bounds(), 0, -1);
    Tile bit = full(x.shape(), 1, i32) << Tile(x);
    y.atomic_or({place}, bit);
    y.atomic_and({place + where(x.in_bounds(), 1, 0)}, ~bit);
    // Each lane takes a number of its own.
    Tile old = y.atomic_add({place + where(x.in_bounds(), 2, 0)}, 1);
    device_assert((old >= 0) & (old < 1000), "numbers are below their count");
  })(x, y);
  int all = 0;
  for (double each : x.to_vector())
    all |= 1 << static_cast<int>(each);
  EXPECT_EQ(y.to_vector(),
            (std::vector<double>{static_cast<double>(all),
                                 static_cast<double>(0xfffff & ~all), 1000}));
}

TEST_P(TilesOn, CompareExchangeLetsOneWin) {
  const Array x = array(random_integers(500, 1, 1000), i32);
  const Array y = array({0, 0}, i32);
  updater("winner", [](In x, InOut y) {
    Tile place = where(x.in_bounds(), 0, -1);
    Tile old = y.atomic_compare_exchange({place}, 0, x);
    y.atomic_add({where(x.in_bounds() & (old == 0), 1, -1)}, 1);
  })(x, y);
  const std::vector<double> got = y.to_vector(), values = x.to_vector();
  EXPECT_NE(std::find(values.begin(), values.end(), got[0]), values.end());
  EXPECT_EQ(got[1], 1) << "several lanes found a 0";
}

TEST_P(TilesOn, ScatterReversesAndGatherPutsBack) {
  const std::vector<double> values = random_integers(1003, -99, 99);
  const Array x = array(values, f32);
  const Array y = array(std::vector<double>(1003, 0), f32);
  const Array z = array(std::vector<double>(1003, 0), f32);
  auto tiles = [](Tensor from, Tensor to) {
    return arranged(from.tile({block_size("B", 128)}),
                    partial(to.tile({block_size("B", 128)})));
  };
  make("scatter", tiles, [](In x, Out y) {
    y.scatter({cast(x.source_size(0), i32) - 1 - x.offsets(0)}, x);
  })(x, y);
  std::vector<double> reversed(values.rbegin(), values.rend());
  EXPECT_EQ(y.to_vector(), reversed);
  make("gather", tiles, [](In y, Out z) {
    z = y.gather({cast(y.source_size(0), i32) - 1 - z.offsets(0)});
  })(y, z);
  EXPECT_EQ(z.to_vector(), values);
}

TEST_P(TilesOn, InlinePtxIsTheSameAsItsOtherwise) {
  const Array x = array(random_integers(777, -20, 20), f32);
  const Array y = array(std::vector<double>(777, 0), f32);
  make(
      "ptx",
      [](Tensor from, Tensor to) {
        return arranged(from.tile({block_size("B", 100)}),
                        to.tile({block_size("B", 100)}));
      },
      [](In x, Out y) {
        y = inline_ptx("fma.rn.f32 $0, $1, $2, $1;", {x, 3.f}, f32,
                       [](Tiles x) { return x[0] * x[1] + x[0]; });
      })(x, y);
  std::vector<double> wanted = x.to_vector();
  for (double &each : wanted)
    each *= 4;
  EXPECT_EQ(y.to_vector(), wanted);
}

TEST_P(TilesOn, SortedRowsKeepTheOrderOfEquals) {
  const int rows = 37, columns = 150;
  const Array x = Array::from(random_integers(rows * columns, 0, 20),
                              {rows, columns}, bf16, GetParam());
  const Array places = Array::empty({rows, columns}, i64, GetParam());
  places.fill_bytes(0xff);
  make(
      "argsort",
      [](Tensor from, Tensor to) {
        auto N = covering_block("N", from.size(1));
        return arranged(from.other(1000).tile({4, N}), to.tile({4, N}));
      },
      [](In x, Out y) { y = argsort(x, 1); })(x, places);
  const std::vector<double> values = x.to_vector(), got = places.to_vector();
  for (int row = 0; row < rows; ++row) {
    std::vector<int> wanted(columns);
    for (int i = 0; i < columns; ++i)
      wanted[static_cast<std::size_t>(i)] = i;
    auto at = [&](int i) {
      return values[static_cast<std::size_t>(row * columns + i)];
    };
    std::sort(wanted.begin(), wanted.end(), [&](int a, int b) {
      return at(a) != at(b) ? at(a) < at(b) : a < b;
    });
    for (int i = 0; i < columns; ++i)
      ASSERT_EQ(got[static_cast<std::size_t>(row * columns + i)],
                wanted[static_cast<std::size_t>(i)])
          << row << ", " << i;
  }
}

// A covering block covers what is squeezed out, too, and a call is told where
// it does not.
TEST_P(TilesOn, TheOnePieceOfACoveringBlockIsSqueezedOut) {
  const Kernel twice = make(
      "twice",
      [](Tensor from, Tensor to) {
        auto N = covering_block("N", from.size(1));
        return arranged(from.tile({1, N}).squeeze(1).at(1, squeeze(0)),
                        to.tile({1, N}).squeeze(1).at(1, squeeze(0)));
      },
      [](In x, Out y) { y = x + x; });
  const Array x = Array::from(random_integers(5 * 7, -9, 9), {5, 7}, f32,
                              GetParam()),
              y = Array::empty({5, 7}, f32, GetParam());
  y.fill_bytes(0xff);
  LaunchOptions options;
  options.config = parse_config("N=8");
  twice.launch(std::vector<Array>{x, y}, options);
  std::vector<double> wanted = x.to_vector();
  for (double &each : wanted)
    each *= 2;
  EXPECT_EQ(y.to_vector(), wanted);
  const Array wide = Array::empty({5, 9}, f32, GetParam());
  try {
    twice.launch(std::vector<Array>{x, wide}, options);
    FAIL() << "a piece was left out";
  } catch (const RuntimeError &error) {
    EXPECT_NE(std::string(error.what()).find("N is 8"), std::string::npos)
        << error.what();
  }
}

// A text by hand whose bounds let through what lies outside.
TEST_P(TilesOn, LanesOutsideTheSourceAreMasked) {
  const Kernel shifted(parse_program(R"(program "shifted" index32
config ""
operand a in f32 rank 1 other -7
  class 0 0 0 0
  grid [(b.n0 + 59) / 60]
  tile [60]
  index [p0 * 60 + t0 + 50]
operand b inout f32 rank 1 other 0
  class 0 0 0 0
  grid [(b.n0 + 59) / 60]
  tile [60]
  index [p0 * 60 + t0]
body {
  %0 = load a[]
    : f32[60]
  store %0, b[]
}
)"));
  const std::vector<double> values = random_integers(100, -3, 40);
  const Array a = array(values, f32), b = array(values, f32);
  shifted(a, b);
  std::vector<double> wanted(values.begin() + 50, values.end());
  wanted.resize(100, -7);
  EXPECT_EQ(b.to_vector(), wanted);
}

} // namespace
} // namespace girih
