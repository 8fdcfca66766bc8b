// SPDX-License-Identifier: Apache-2.0
// What pooling operators share: the numbers of a call, views, kernels. A kernel
// makes tiles of outputs and walks over the places of their windows: see
// arrange::WindowLanes. Channels that are last in memory are the last dimension
// of such tiles.
#pragma once

#include "girih/ops/convolution/windows.h"
#include "girih/ops/pooling.h"

namespace girih::ops {

using Numbers = std::vector<std::int64_t>;

/// Checks x, [N, C, ...] or [C, ...] of one of `dtypes`, and its windows;
/// `stride` is kernel_size where none is given. [dtype] [shape] [argument]
WindowNumbers pool_windows(const Call &call, const Array &x, int dims,
                           const Numbers &kernel_size,
                           const std::optional<Numbers> &stride,
                           const Numbers &padding, const Numbers &dilation,
                           std::span<const DType> dtypes = floats);
/// x with the last sizes replaced by the number of windows. [shape]
Shaped pool_result(const Call &call, const Array &x,
                   const WindowNumbers &windows, bool ceil_mode);

/// The places that adaptive pooling's windows have at most, for the sizes of
/// out. [argument] [shape]
Shaped adaptive_result(const Call &call, const Array &x,
                       const Numbers &output_size);
WindowNumbers adaptive_windows(const Array &x, const Array &out, int dims);
/// Whether all windows of adaptive pooling are of one size.
bool even_windows(const Array &x, const Array &out, int dims);

/// A kernel over x, sizes, steps, before, a number and the outputs.
struct PoolLaunch {
  Kernel kernel;
  const WindowNumbers &windows;
  Array number = Array::scalar(0, f32);
};
void launch_pool(const Call &call, const PoolLaunch &launch, const Array &x,
                 std::span<const Array> outs);

/// The arrangement of such a kernel: outs are those after `number`. With the
/// constant ADAPTIVE windows are those of adaptive pooling.
Arrangement arrange_pool(const Tensor &x,
                         const arrange::WindowOperands &numbers,
                         const Tensor &number, const std::vector<Tensor> &outs);

/// The index of spatial dimension i of x and out among their source's, from the
/// last one.
int spatial(int dims, int i);
/// Whether each lane of a tile of x, at one place, belongs to its output's
/// window. Always, unless ADAPTIVE.
class InWindow {
public:
  InWindow(const In &x, const Out &out, int dims);
  /// Whether windows of this kernel have sizes of their own.
  static bool varied();
  bool varies() const { return !end_.empty(); }
  /// `value` where it does, else `other`.
  Tile select(const InTile &at, const Tile &value, double other) const;
  /// Whether it does and lies within x.
  Tile inside(const InTile &at) const;
  /// The number of elements of each window, f32.
  Tile count() const;

private:
  int dims_;
  std::vector<Tile> begin_, end_; // none: all belong
};

/// A call that stands for others: windows of `size` places, alike in all
/// dimensions, over planes of `side`.
struct PoolExample {
  bool fixed = true; // windows are part of the kernel
  std::int64_t size = 3, stride = 2, before = 1, side = 112;
  std::string_view blocks = "B0=64 B1=8 B2=2"; // of two and three dimensions
};
/// Of windows of any size, and of three dimensions.
inline constexpr PoolExample any_example{.fixed = false,
                                         .blocks = "B0=32 B1=8 B2=4"};
inline constexpr PoolExample space_example{.blocks = "B0=32 B1=4 B2=4"};
/// Of adaptive pooling, whose windows lie side by side.
inline constexpr PoolExample adaptive_example{.size = 8,
                                              .stride = 8,
                                              .before = 0,
                                              .side = 56,
                                              .blocks = "B0=8 B1=1 B2=32"};
std::vector<KernelEntry> pool_entries(const Kernel &kernel, int dims,
                                      std::size_t outs,
                                      const PoolExample &example = {});

} // namespace girih::ops
