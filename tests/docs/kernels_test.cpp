// SPDX-License-Identifier: Apache-2.0
// The kernels of docs/reference/meta_operations.md, on the host.
#include "girih/girih.h"

#include <gtest/gtest.h>

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

} // namespace
} // namespace girih
