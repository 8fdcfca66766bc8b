// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/convolution/windows.h"
#include "girih/ops/sizes.h"

#include <fmt/format.h>

#include <numeric>

namespace girih::ops {

namespace {

// Windows of up to so many places are part of a kernel: pooling's and
// convolutions' usual ones. On a GPU more of them, of which vectors are read.
constexpr std::int64_t most_fixed = 16, most_fixed_vectors = 64;
// Outputs of a program, of f64 half as many.
constexpr std::int64_t lanes = 1024;
// Along the last dimension: one access of a warp, or, of channels, whole lines.
constexpr std::int64_t most_columns = 32, most_channels = 64;
// The same where windows are read in vectors, and the bytes that the program
// reads: so that each of 128 threads has no more than 256 under way.
constexpr std::int64_t vector_columns = 128, most_bytes = 32768;

// The largest power of two up to `most` whose multiples cover `size` with
// little to spare.
std::int64_t fitting_block(std::int64_t size, std::int64_t most) {
  std::int64_t block = std::min(power_of_two(size), most);
  while (block > 1 && pieces_of(size, block) * block > size + size / 16)
    block /= 2;
  return block;
}

/// A view of `like` of these sizes, whose elements are all the same.
Array sized(const Array &like, std::span<const std::int64_t> first,
            std::span<const std::int64_t> second, std::int64_t more) {
  Dims sizes, strides;
  for (const std::int64_t size : first)
    sizes.sizes[static_cast<std::size_t>(sizes.rank++)] = size;
  for (const std::int64_t size : second)
    sizes.sizes[static_cast<std::size_t>(sizes.rank++)] = size + more;
  strides.rank = sizes.rank;
  return view_of(like, sizes, strides);
}

// What the compiler knows to be divisible: see OperandClass.
constexpr std::int64_t known_divisor = 8;

bool is_fixed(const WindowNumbers &windows, bool vectors) {
  return windows.places() <= (vectors ? most_fixed_vectors : most_fixed) &&
         std::ranges::max(windows.size) < arrange::digit_limit;
}

// 0 where one of the numbers is too large.
std::int64_t steps_code(const WindowNumbers &windows) {
  std::array<std::int64_t, 9> digits{};
  for (std::size_t dim = 0; dim < 3; ++dim)
    std::ranges::copy(std::array{windows.stride[dim], windows.dilation[dim],
                                 windows.before[dim]},
                      digits.begin() + 3 * dim);
  return std::ranges::max(digits) < arrange::digit_limit ? code_of(digits) : 0;
}

// What a program's outputs are at most, if it reads no more than it should.
// Rows that are not whole vectors are stored by elements, by smaller programs.
std::int64_t most_lanes(const WindowNumbers &windows, const Array &out) {
  const auto last = static_cast<std::size_t>(windows.dims - 1);
  const std::int64_t bytes = bits(out.dtype()) / 8,
                     rows = windows.places() / windows.size[last],
                     each = rows * windows.stride[last] * bytes;
  const bool as_they_lie = out.size(-1) * bytes % 16 == 0;
  std::int64_t most = rows == 1 && as_they_lie ? 2 * lanes : lanes;
  // Of less than four turns of 132 multiprocessors with 16 programs each the
  // last one would leave too many idle.
  constexpr std::int64_t few = 4 * 132 * 16;
  while (most > 128 && (most * each > most_bytes || out.numel() < few * most))
    most /= 2;
  return most;
}

} // namespace

PerDim per_dim(const Call &call, std::string_view name,
               std::span<const std::int64_t> given, int dims,
               std::int64_t least) {
  const auto count = static_cast<std::size_t>(dims);
  call.require(given.size() == 1 || given.size() == count,
               dims == 1 ? fmt::format("{} must be one number", name)
                         : fmt::format("{} must be one number or {}, not {}",
                                       name, dims, given.size()));
  PerDim out{1, 1, 1};
  for (std::size_t dim = 0; dim < count; ++dim)
    out[dim] = given[given.size() == 1 ? 0 : dim];
  for (std::size_t dim = count; dim < out.size(); ++dim)
    out[dim] = std::max<std::int64_t>(least, 0);
  for (std::size_t dim = 0; dim < count; ++dim)
    call.require(
        out[dim] >= least && out[dim] < (std::int64_t{1} << 31),
        fmt::format("{} must be at least {}, not {}", name, least, out[dim]));
  return out;
}

bool is_on_gpu(const Array &array) {
  return array.device().kind == Device::Kind::cuda;
}

bool reads_vectors(const Array &x, const WindowNumbers &windows, bool trail) {
  if (trail || !is_on_gpu(x) || !is_fixed(windows, true) ||
      steps_code(windows) == 0 || x.stride(-1) != 1 ||
      reinterpret_cast<std::uintptr_t>(x.data()) % 16 != 0)
    return false;
  std::int64_t common = x.size(-1);
  for (int dim = 0; dim + 1 < x.rank(); ++dim)
    if (x.size(dim) != 1)
      common = std::gcd(common, x.stride(dim));
  return common % known_divisor == 0;
}

std::int64_t code_of(std::span<const std::int64_t> digits) {
  std::int64_t code = 0;
  for (std::size_t at = 0; at < digits.size(); ++at)
    code |= digits[at] << (arrange::digit_bits * at);
  return code;
}

WindowArrays::WindowArrays(const WindowNumbers &windows, const Array &like) {
  const auto first = [&](const PerDim &numbers) {
    return std::span(numbers).first(static_cast<std::size_t>(windows.dims));
  };
  sizes = sized(like, first(windows.size), first(windows.positions), 0);
  steps = sized(like, first(windows.stride), first(windows.dilation), 0);
  before = sized(like, {}, first(windows.before), 1);
}

std::array<OperandShape, 3>
window_shapes(DType dtype, int dims, std::int64_t size, std::int64_t stride,
              std::int64_t positions, std::int64_t before) {
  const auto shape = [&](std::int64_t first, std::int64_t second) {
    const auto count = static_cast<std::size_t>(dims);
    std::vector<std::int64_t> all(count, first);
    all.resize(second == 0 ? count : 2 * count, second);
    return OperandShape{dtype, all, std::vector<std::int64_t>(all.size(), 0)};
  };
  return {shape(size, positions), shape(stride, 1), shape(before + 1, 0)};
}

Kernel kernel_for(const Kernel &kernel, const WindowNumbers &windows,
                  bool trail, bool vectors) {
  Kernel out = trail ? kernel.with("TRAIL", true) : kernel;
  if (!is_fixed(windows, vectors))
    return out;
  out = out.with("WINDOW", code_of(windows.size));
  const std::int64_t steps = steps_code(windows);
  return steps == 0 ? out : out.with("STEPS", steps);
}

Config lanes_config(const Array &out, const WindowNumbers &windows, bool trail,
                    bool vectors) {
  std::int64_t rest = vectors ? most_lanes(windows, out) : lanes;
  if (out.dtype() == f64)
    rest /= 2;
  std::int64_t block = std::min({power_of_two(out.size(-1)), rest,
                                 trail     ? most_channels
                                 : vectors ? vector_columns
                                           : most_columns});
  Config config;
  config.blocks["B0"] = block;
  if (out.rank() > 1) {
    rest /= block;
    config.blocks["B1"] = block = fitting_block(out.size(-2), rest);
  }
  if (out.rank() > 2)
    config.blocks["B2"] = fitting_block(out.size(-3), rest / block);
  return config;
}

bool channels_last(const Array &array, int channel) {
  if (array.size(channel) == 1)
    return false;
  for (int dim = channel + 1; dim < array.rank(); ++dim)
    if (array.size(dim) != 1 &&
        std::abs(array.stride(dim)) < std::abs(array.stride(channel)))
      return false;
  return array.rank() > channel + 1;
}

bool join_dims(std::span<Array> arrays, int dim) {
  for (const Array &each : arrays)
    if (each.size(dim) != 1 && each.size(dim + 1) != 1 &&
        each.stride(dim) != each.stride(dim + 1) * each.size(dim + 1))
      return false;
  for (Array &each : arrays) {
    Dims sizes = dims_of(each.shape()), strides = dims_of(each.strides());
    const auto at = static_cast<std::size_t>(dim);
    if (sizes.sizes[at + 1] == 1)
      strides.sizes[at + 1] = strides.sizes[at];
    sizes.sizes[at + 1] *= sizes.sizes[at];
    for (Dims *dims : {&sizes, &strides}) {
      std::move(dims->sizes.begin() + dim + 1, dims->sizes.end(),
                dims->sizes.begin() + dim);
      --dims->rank;
    }
    each = view_of(each, sizes, strides);
  }
  return true;
}

Array joined_dims(Array array, int count) {
  for (int dim = count - 2; dim >= 0; --dim)
    join_dims({&array, 1}, dim);
  return array;
}

Array moved_last(const Array &array, int from) {
  Dims sizes = dims_of(array.shape()), strides = dims_of(array.strides());
  for (Dims *each : {&sizes, &strides})
    std::rotate(each->sizes.begin() + from, each->sizes.begin() + from + 1,
                each->sizes.begin() + each->rank);
  return view_of(array, sizes, strides);
}

} // namespace girih::ops
