// SPDX-License-Identifier: Apache-2.0
// The kernels of docs/reference/meta_operations.md, and those of
// tile_operations.md with 4-bit elements, on the host.
#include "girih/girih.h"

#include <gtest/gtest.h>

#include <cmath>

namespace girih {
namespace {

// [pad_rows]
// values[total, D], offsets[B + 1] -> out[B, L, D], rows filled up with zeros.
const Kernel pad_rows = make(
    "pad_rows",
    [](Tensor values, Tensor offsets, Tensor out) {
      auto rows = [](Tensor t) {
        return t
            .tile({1, 16, 32}) // a tile lies in one row
            .at(1, squeeze(0))
            .tile({1, whole, 1}) // a program loops over a row
            .at(1, squeeze({0, 2}));
      };
      return arranged(rows(values.jagged(0, offsets, out.size(1))), offsets,
                      rows(out));
    },
    [](In values, In, Out out) {
      for (Index k : range(out.size(0)))
        out[k] = values[k];
    });
// [/pad_rows]

TEST(DocsKernels, PadRows) {
  Array values =
      Array::from(std::vector<double>{1, 2, 3, 4, 5}, {5, 1}, f32, host_device);
  Array offsets =
      Array::from(std::vector<double>{0, 2, 5}, {3}, i64, host_device);
  Array out = Array::empty({2, 4, 1}, f32, host_device);
  pad_rows(values, offsets, out);
  EXPECT_EQ(out.to_vector(), (std::vector<double>{1, 2, 0, 0, 3, 4, 5, 0}));
  EXPECT_THROW(pad_rows(values, values.select(1, 0), out), Error);
}

// [constants]
const Kernel activate = make(
    "activate",
    [](Tensor x, Tensor y) {
      auto block =
          constexpr_value("BLOCK", 128); // an integer, 128 if not given
      return arranged(x.tile({block}), y.tile({block}));
    },
    [](In x, Out y) {
      if (constexpr_value<bool>("CLIP")) // must be given
        y = max(x, 0) * constexpr_value<double>("SLOPE", 1);
      else
        y = x * constexpr_value<double>("SLOPE", 1);
    });
// [/constants]

TEST(DocsKernels, Constants) {
  Array x = Array::from(std::vector<double>{-1, 2}, {2}, f32, host_device);
  Array y = Array::empty({2}, f32, host_device);
  // [constants_call]
  activate.with("CLIP", true).with("SLOPE", 0.5)(x, y);
  // [/constants_call]
  EXPECT_EQ(y.to_vector(), (std::vector<double>{0, 1}));
  activate.with("CLIP", false)(x, y);
  EXPECT_EQ(y.to_vector(), (std::vector<double>{-1, 2}));
}

// [row_max]
// x[M, N] -> y[M]: the largest of each row.
const Kernel row_max = make(
    "row_max",
    [](Tensor x, Tensor y) {
      auto N = covering_block("N", x.size(1)); // a row is one tile
      return arranged(x.other(-INFINITY).tile({1, N}),
                      y.unsqueeze(1).tile({1, 1}));
    },
    [](In x, Out y) { y = max(x, dim(1).kept()); });
// [/row_max]

TEST(DocsKernels, RowMax) {
  // Three columns in a tile of four: what is past the end must not win.
  Array x = Array::from(std::vector<double>{-3, -1, -2, -9, -8, -7}, {2, 3},
                        f32, host_device);
  Array y = Array::empty({2}, f32, host_device);
  row_max(x, y);
  EXPECT_EQ(y.to_vector(), (std::vector<double>{-1, -7}));
  const Array arrays[] = {x, y};
  EXPECT_THROW(
      row_max.launch(arrays, {.config = parse_config("N=2"), .stream = {}}),
      RuntimeError);
}

// [write_head]
// x[N], y[M]: y[i] = x[i] for the first N, the others stay.
const Kernel write_head = make(
    "write_head",
    [](Tensor x, Tensor y) {
      auto BLOCK = block_size("BLOCK", 64); // 64 where the Config has none
      return arranged(x.tile({BLOCK}),
                      partial(y[Slice{0, x.size(0)}].tile({BLOCK})));
    },
    [](In x, Out y) { y = x; });
// [/write_head]

TEST(DocsKernels, WriteHead) {
  Array x = Array::from(std::vector<double>{1, 2}, {2}, f32, host_device);
  Array y = Array::from(std::vector<double>{7, 8, 9}, {3}, f32, host_device);
  write_head(x, y);
  EXPECT_EQ(y.to_vector(), (std::vector<double>{1, 2, 9}));
}

// [four_bits]
auto rows_and_scales(Tensor x, Tensor scales, Tensor y) {
  auto BLOCK = block_size("BLOCK", 32); // even
  auto tiles = y.tile({1, BLOCK});
  return arranged(x.tile({1, BLOCK}),
                  scales.tile({1}).unsqueeze(1).expand({keep, tiles.size(1)}),
                  tiles);
}

// x[M, N] f32, scales[M] -> codes[M, N] u4, and back.
const Kernel quantize =
    make("quantize", rows_and_scales, [](In x, In scales, Out codes) {
      codes = min(max(round(x / scales) + 8, 0), 15);
    });
const Kernel dequantize =
    make("dequantize", rows_and_scales, [](In codes, In scales, Out x) {
      x = (cast(codes, f32) - 8) * scales;
    });
// [/four_bits]

TEST(DocsKernels, FourBits) {
  Array x = Array::from(std::vector<double>{1, -2, 7, -9, 4, 6, -8, 20}, {2, 4},
                        f32, host_device);
  Array scales = Array::from(std::vector<double>{1, 2}, {2}, f32, host_device);
  Array codes = Array::zeros({2, 4}, u4, host_device);
  Array back = Array::empty({2, 4}, f32, host_device);
  quantize(x, scales, codes);
  dequantize(codes, scales, back);
  EXPECT_EQ(codes.to_vector(),
            (std::vector<double>{9, 6, 15, 0, 10, 11, 4, 15}));
  EXPECT_EQ(back.to_vector(),
            (std::vector<double>{1, -2, 7, -8, 4, 6, -8, 14}));
}

// Expects this error, at run time or of the compiler.
template <class Call> void expect_refused(ErrorId id, Call call) {
  try {
    call();
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_EQ(error.id(), id) << error.what();
  }
}

TEST(DocsKernels, FourBitsElsewhere) {
  Array scales = Array::zeros({3}, f32, host_device);
  auto floats = [](std::initializer_list<std::int64_t> shape) {
    return Array::zeros(shape, f32, host_device);
  };
  auto halves = [](std::initializer_list<std::int64_t> shape) {
    return Array::zeros(shape, u4, host_device);
  };
  // Rows that begin inside a byte, are strided, or end inside one.
  expect_refused(ErrorId::stride,
                 [&] { dequantize(halves({3, 5}), scales, floats({3, 5})); });
  expect_refused(ErrorId::stride, [&] {
    dequantize(halves({4, 3}).transpose(0, 1), scales, floats({3, 4}));
  });
  expect_refused(ErrorId::size, [&] {
    quantize(floats({1, 5}), floats({1}), halves({1, 5}));
  });
  // Bytes that two programs would write.
  const Array arrays[] = {floats({3, 4}), scales, halves({3, 4})};
  expect_refused(ErrorId::unsupported, [&] {
    quantize.launch(arrays, {.config = parse_config("BLOCK=1"), .stream = {}});
  });
  // Elements at indices that are data.
  expect_refused(ErrorId::unsupported, [&] {
    make(
        "pick",
        [](Tensor x, Tensor y) { return arranged(x.tile({4}), y.tile({4})); },
        [](In x, Out y) { y = cast(x.gather({3 - arange(4)}), f32); })(
        halves({4}), floats({4}));
  });
}

} // namespace
} // namespace girih
