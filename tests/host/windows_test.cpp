// SPDX-License-Identifier: Apache-2.0
// Lanes that lie a few elements apart: windows over planes, flattened or not,
// and slices with a step, on the host against the interpreter.
#include "like_interpreter.h"

#include <sys/mman.h>
#include <unistd.h>

namespace girih::testing {
namespace {

struct Windows {
  Shape planes; // [C, H, W]
  std::int64_t size, stride, dilation, padding;

  std::int64_t along(int dim) const {
    const std::int64_t left = planes[static_cast<std::size_t>(dim)] +
                              2 * padding - (size - 1) * dilation - 1;
    return left / stride + 1;
  }
  std::int64_t count() const { return planes[0] * along(1) * along(2); }
};

constexpr std::int64_t block = 64;

/// [C P Q, R S] in tiles of `block` windows, and what is made of each.
template <class Apply> KernelSource over(const Windows &windows, Apply apply) {
  auto arrangement = [windows](Tensor x, Tensor y, Tensor z) {
    auto pad = Padding{windows.padding, windows.padding};
    auto all =
        x.other(-3)
            .pad({Padding{}, pad, pad})
            .tile({1, windows.size, windows.size},
                  {1, windows.stride, windows.stride},
                  {1, windows.dilation, windows.dilation}, Rounding::floor)
            .ravel()
            .flatten(3)
            .flatten(0, 3);
    const auto lanes = windows.size * windows.size;
    return arranged(all.tile({block, lanes}).at(0, squeeze(1)), y.tile({block}),
                    z.tile({block}));
  };
  return make_source("windows", arrangement, apply);
}

void expect_windows(DType dtype, const Windows &windows, unsigned seed) {
  SCOPED_TRACE(std::string(name(dtype)) + " " +
               std::to_string(windows.planes[1]) + "x" +
               std::to_string(windows.planes[2]) + " windows of " +
               std::to_string(windows.size) + " every " +
               std::to_string(windows.stride) + " dilated by " +
               std::to_string(windows.dilation) + " padded by " +
               std::to_string(windows.padding));
  const std::int64_t count = windows.count();
  TestArray x(dtype, windows.planes), y(dtype, {count}),
      z(is_float(dtype) ? f32 : i64, {count});
  fill_random(x, seed);
  const KernelSource source = over(windows, [](In a, Out b, Out c) {
    Tile x = a;
    b = max(x, dim(1));
    c = sum(x, dim(1));
  });
  expect_like_interpreter(with_unit_strides(source, {&x, &y, &z}), {&x, &y, &z},
                          (count + block - 1) / block);
}

TEST(HostWindows, OfPlanes) {
  unsigned seed = 0;
  for (DType dtype : {f32, bf16, i8, f64})
    for (const Windows &windows : {
             Windows{{2, 40, 112}, 3, 2, 1, 0}, // rows of several vectors
             Windows{{2, 21, 45}, 3, 2, 1, 0},  // of more than one
             Windows{{3, 20, 20}, 2, 1, 1, 0},
             Windows{{2, 30, 61}, 3, 3, 1, 0},
             Windows{{2, 30, 81}, 2, 4, 1, 0},
             Windows{{2, 30, 81}, 2, 5, 1, 0}, // too far apart
             Windows{{9, 9, 9}, 3, 1, 1, 0},   // of less than half a one
             Windows{{40, 3, 3}, 2, 1, 1, 0},
             Windows{{2, 40, 50}, 3, 2, 2, 0},
             Windows{{1, 40, 50}, 4, 1, 3, 0},
         })
      expect_windows(dtype, windows, ++seed);
}

TEST(HostWindows, AtEdges) {
  unsigned seed = 100;
  for (DType dtype : {f32, bf16, i8})
    for (const Windows &windows : {
             Windows{{2, 30, 64}, 3, 1, 1, 1},
             Windows{{2, 30, 64}, 3, 2, 1, 1},
             Windows{{3, 14, 14}, 3, 2, 1, 1},
             Windows{{2, 25, 70}, 5, 3, 2, 4},
         })
      expect_windows(dtype, windows, ++seed);
}

// Rows that lie apart, backwards and on top of each other.
TEST(HostWindows, OfAnyRows) {
  const Windows windows{{2, 13, 50}, 3, 2, 1, 0};
  const std::int64_t count = windows.count();
  for (const Shape &strides :
       {Shape{2000, 53, 1}, {700, 2, 1}, {0, 0, 1}, {20, 1, 1}}) {
    TestArray x(f32, windows.planes, strides), y(f32, {count}), z(f32, {count});
    fill_random(x, 3);
    const KernelSource source = over(windows, [](In a, Out b, Out c) {
      Tile x = a;
      b = min(x, dim(1));
      c = sum(x * x, dim(1));
    });
    expect_like_interpreter(with_unit_strides(source, {&x, &y, &z}),
                            {&x, &y, &z}, (count + block - 1) / block, 1e-6);
  }
}

/// Every `step`th element from `begin` on, in tiles of `tile`.
KernelSource every(std::int64_t step, std::int64_t begin, std::int64_t tile) {
  auto arrangement = [=](Tensor x, Tensor y) {
    return arranged(x.other(7)[Slice{begin, whole, step}].tile({tile}),
                    y.tile({tile}));
  };
  return make_source("every", arrangement, [](In a, Out b) { b = a * 2 + 1; });
}

TEST(HostWindows, SlicesWithAStep) {
  unsigned seed = 200;
  for (DType dtype : {f32, bf16, i8, i64, f16})
    for (std::int64_t step : {1, 2, 3, 4, 5})
      for (std::int64_t tile : {48, 256})
        for (std::int64_t size : {700, 5}) {
          const std::int64_t begin = 3,
                             count = (size - begin + step - 1) / step;
          TestArray x(dtype, {size}), y(dtype, {count});
          fill_random(x, ++seed);
          expect_like_interpreter(
              with_unit_strides(every(step, begin, tile), {&x, &y}), {&x, &y},
              (count + tile - 1) / tile);
        }
}

/// `bytes` that end where nothing may be read, or begin there.
class AtPageEdge {
public:
  AtPageEdge(std::size_t bytes, bool at_end) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t inside = (bytes + page - 1) / page * page;
    size_ = inside + 2 * page;
    all_ = static_cast<char *>(
        mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(all_ + page, inside, PROT_READ | PROT_WRITE);
    data_ = all_ + page + (at_end ? inside - bytes : 0);
  }
  ~AtPageEdge() { munmap(all_, size_); }
  AtPageEdge(const AtPageEdge &) = delete;
  AtPageEdge &operator=(const AtPageEdge &) = delete;

  float *floats() const { return reinterpret_cast<float *>(data_); }
  std::int64_t address() const { return reinterpret_cast<std::int64_t>(data_); }

private:
  std::size_t size_ = 0;
  char *all_ = nullptr, *data_ = nullptr;
};

TEST(HostWindows, ReadNothingOutside) {
  for (std::int64_t step : {1, 2, 3, 4})
    for (bool at_end : {false, true}) {
      const std::int64_t count = 128, size = (count - 1) * step + 1;
      AtPageEdge x(static_cast<std::size_t>(4 * size), at_end);
      for (std::int64_t i = 0; i < size; ++i)
        x.floats()[i] = static_cast<float>(i);
      const OperandClass unit{.unit_stride = 1};
      const DType dtypes[] = {f32, f32};
      const int ranks[] = {1, 1};
      const OperandClass classes[] = {unit, unit};
      OnHost code(record(every(step, 0, count), dtypes, ranks, classes, {}));
      std::vector<float> y(static_cast<std::size_t>(count));
      code.run({x.address(), size, 1, reinterpret_cast<std::int64_t>(y.data()),
                count, 1},
               1);
      for (std::int64_t i = 0; i < count; ++i)
        ASSERT_EQ(y[static_cast<std::size_t>(i)],
                  static_cast<float>(2 * i * step + 1));
    }
}

TEST(HostWindows, ReadNothingOutsidePlanes) {
  for (std::int64_t stride : {1, 2, 3})
    for (bool at_end : {false, true}) {
      // The last window ends with the last element.
      const std::int64_t h = 2 + 7 * stride, w = 2 + 40 * stride;
      const Windows windows{{1, h, w}, 2, stride, 1, 0};
      const std::int64_t count = windows.count();
      AtPageEdge x(static_cast<std::size_t>(4 * h * w), at_end);
      for (std::int64_t i = 0; i < h * w; ++i)
        x.floats()[i] = static_cast<float>(i);
      TestArray shape(f32, windows.planes), y(f32, {count}), z(f32, {count});
      const KernelSource source = over(windows, [](In a, Out b, Out c) {
        b = max(a, dim(1));
        c = min(a, dim(1));
      });
      OnHost code(with_unit_strides(source, {&shape, &y, &z}));
      std::vector<std::int64_t> params{x.address(), 1, h, w, h * w, w, 1};
      y.append_to(params);
      z.append_to(params);
      code.run(params, (count + block - 1) / block);
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t q = windows.along(2);
        const std::int64_t first = i / q * stride * w + i % q * stride;
        ASSERT_EQ(z.get(i), static_cast<double>(first));
        ASSERT_EQ(y.get(i), static_cast<double>(first + w + 1));
      }
    }
}

// Loads that choose at run time how to read go on in another block, wherever
// the lanes that they give are wanted.
TEST(HostWindows, SeenThroughMaps) {
  for (std::int64_t padding : {0, 1}) {
    const Windows windows{{2, 21, 37}, 2, 2, 1, padding};
    const std::int64_t count = windows.count();
    TestArray x(f32, windows.planes), y(f32, {count}), z(f32, {count});
    fill_random(x, 3);
    const KernelSource source = over(windows, [](In a, Out b, Out c) {
      Tile x = a; // [block, 4]
      Tile moved = reshape(transpose(x), {block, 4});
      b = max(moved + x, dim(1));
      c = sum(flip(x, 0) * moved, dim(1)) + cast(max(flip(x, 1), dim(1)), f32);
    });
    expect_like_interpreter(with_unit_strides(source, {&x, &y, &z}),
                            {&x, &y, &z}, (count + block - 1) / block, 1e-6);
  }
}

} // namespace
} // namespace girih::testing
