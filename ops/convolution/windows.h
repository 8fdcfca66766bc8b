// SPDX-License-Identifier: Apache-2.0
// The numbers of windows as a call gives them, and as kernels take them: see
// arrange/windows.h.
#pragma once

#include "girih/ops/arrange/windows.h"
#include "girih/ops/elementwise/elementwise.h"

#include <array>
#include <span>
#include <string_view>

namespace girih::ops {

/// One number for each of up to three dimensions.
using PerDim = std::array<std::int64_t, 3>;

/// `given` as one number for each of `dims` dimensions; one stands for all.
/// [argument] where it is neither, or below `least`.
PerDim per_dim(const Call &call, std::string_view name,
               std::span<const std::int64_t> given, int dims,
               std::int64_t least);

struct WindowNumbers {
  int dims = 1;
  PerDim size{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, before{},
      positions{1, 1, 1};

  std::int64_t places() const { return size[0] * size[1] * size[2]; }
  /// What one window reaches over.
  std::int64_t reach(std::size_t dim) const {
    return dilation[dim] * (size[dim] - 1) + 1;
  }
};

/// The numbers as arrange::WindowOperands; their memory is that of `like`,
/// which has elements, and is not read.
struct WindowArrays {
  WindowArrays(const WindowNumbers &windows, const Array &like);
  Array sizes, steps, before;
};
/// Representative ones: `size` places, `stride` apart, over `positions`, with
/// padding of `before`.
std::array<OperandShape, 3>
window_shapes(DType dtype, int dims, std::int64_t size, std::int64_t stride,
              std::int64_t positions, std::int64_t before);

/// Numbers below arrange::digit_limit as a constant of a kernel.
std::int64_t code_of(std::span<const std::int64_t> digits);

/// A kernel over arrange::WindowLanes for these windows: few places are part of
/// it, and where they lie. `trail`: the constant TRAIL. `vectors`: of
/// reads_vectors().
Kernel kernel_for(const Kernel &kernel, const WindowNumbers &windows,
                  bool trail, bool vectors);

/// Blocks of such a kernel for an output as the kernel takes it.
Config lanes_config(const Array &out, const WindowNumbers &windows, bool trail,
                    bool vectors);

bool is_on_gpu(const Array &array);
/// Whether the windows of x that such a kernel of a GPU takes are read in
/// vectors: its rows begin at them, and consist of them.
bool reads_vectors(const Array &x, const WindowNumbers &windows, bool trail);

/// Whether channels, dimension `channel`, lie closer together in memory than
/// the last dimension: PyTorch's channels_last.
bool channels_last(const Array &array, int channel);
/// Dimension `from` behind all others.
Array moved_last(const Array &array, int from);
/// Dimensions `dim` and `dim` + 1 as one, where they lie so in all arrays.
bool join_dims(std::span<Array> arrays, int dim);
/// As many of the first `count` dimensions as one as lie in memory so.
Array joined_dims(Array array, int count);

/// Calls `step` with the indices of each place of a window of x.
template <class Step>
void for_each_place(const In &x, int dims, const Step &step) {
  const arrange::FixedWindow fixed;
  if (!fixed.given()) {
    for (Index i : range(x.size(0))) {
      if (dims == 1) {
        step(IndexList(i));
        continue;
      }
      for (Index j : range(x.size(1))) {
        if (dims == 2) {
          step(IndexList{i, j});
          continue;
        }
        for (Index k : range(x.size(2)))
          step(IndexList{i, j, k});
      }
    }
    return;
  }
  const int columns = dims > 1 ? fixed.size(1) : 1,
            layers = dims > 2 ? fixed.size(2) : 1;
  for (int i = 0; i < fixed.size(0); ++i)
    for (int j = 0; j < columns; ++j)
      for (int k = 0; k < layers; ++k)
        step(dims == 1   ? IndexList(i)
             : dims == 2 ? IndexList{i, j}
                         : IndexList{i, j, k});
}

} // namespace girih::ops
