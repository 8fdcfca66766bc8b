// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/pooling/pooling.h"

#include <fmt/format.h>

namespace girih::ops {

namespace {

void check_input(const Call &call, const Array &x, int dims,
                 std::span<const DType> dtypes) {
  call.check_same_device({{"x", x}});
  call.check_dtype({"x", x}, dtypes);
  call.check_rank({"x", x}, dims + 1, dims + 2);
  for (int dim = x.rank() - dims - 1; dim < x.rank(); ++dim)
    if (x.size(dim) == 0)
      call.fail(ErrorId::shape, "only the batch may be empty", {{"x", x}});
}

// The number of windows of one dimension: those that fit, or with ceil_mode
// those that begin within x and the padding before it.
std::int64_t count_of(std::int64_t size, const WindowNumbers &windows,
                      std::size_t dim, bool ceil_mode) {
  const std::int64_t before = windows.before[dim], stride = windows.stride[dim];
  const std::int64_t rest =
      size + 2 * before - windows.reach(dim) + (ceil_mode ? stride - 1 : 0);
  if (rest < 0)
    return 0;
  const std::int64_t count = rest / stride + 1;
  return ceil_mode && (count - 1) * stride >= size + before ? count - 1 : count;
}

bool trail_constant() { return constexpr_value<bool>("TRAIL", false); }
bool adaptive_constant() { return constexpr_value<bool>("ADAPTIVE", false); }

} // namespace

WindowNumbers pool_windows(const Call &call, const Array &x, int dims,
                           const Numbers &kernel_size,
                           const std::optional<Numbers> &stride,
                           const Numbers &padding, const Numbers &dilation,
                           std::span<const DType> dtypes) {
  check_input(call, x, dims, dtypes);
  WindowNumbers out;
  out.dims = dims;
  out.size = per_dim(call, "kernel_size", kernel_size, dims, 1);
  out.stride = stride && !stride->empty()
                   ? per_dim(call, "stride", *stride, dims, 1)
                   : out.size;
  out.before = per_dim(call, "padding", padding, dims, 0);
  out.dilation = per_dim(call, "dilation", dilation, dims, 1);
  for (std::size_t dim = 0; dim < 3; ++dim)
    call.require(out.before[dim] <= out.size[dim] / 2,
                 "padding must be at most half of kernel_size");
  return out;
}

Shaped pool_result(const Call &call, const Array &x,
                   const WindowNumbers &windows, bool ceil_mode) {
  Shaped out{dims_of(x.shape()), x.dtype()};
  for (int i = 0; i < windows.dims; ++i) {
    const int dim = x.rank() - windows.dims + i;
    const std::int64_t count =
        count_of(x.size(dim), windows, static_cast<std::size_t>(i), ceil_mode);
    if (count < 1)
      call.fail(ErrorId::shape,
                fmt::format("no window fits into dimension {} of x with its "
                            "padding",
                            dim),
                {{"x", x}});
    out.shape.sizes[static_cast<std::size_t>(dim)] = count;
  }
  return out;
}

Shaped adaptive_result(const Call &call, const Array &x,
                       const Numbers &output_size) {
  constexpr int dims = 2;
  check_input(call, x, dims, floats);
  const PerDim sizes = per_dim(call, "output_size", output_size, dims, 0);
  Shaped out{dims_of(x.shape()), x.dtype()};
  for (int i = 0; i < dims; ++i)
    out.shape.sizes[static_cast<std::size_t>(x.rank() - dims + i)] =
        sizes[static_cast<std::size_t>(i)];
  return out;
}

bool even_windows(const Array &x, const Array &out, int dims) {
  for (int dim = -dims; dim < 0; ++dim)
    if (x.size(dim) % out.size(dim) != 0)
      return false;
  return true;
}

WindowNumbers adaptive_windows(const Array &x, const Array &out, int dims) {
  WindowNumbers windows;
  windows.dims = dims;
  for (int i = 0; i < dims; ++i) {
    const std::int64_t from = x.size(i - dims), count = out.size(i - dims);
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t rest = from % count;
    // The largest: it may begin and end with a part of an element.
    windows.size[at] = from / count + (rest == 0           ? 0
                                       : count % rest == 0 ? 1
                                                           : 2);
    windows.stride[at] = std::max<std::int64_t>(from / count, 1);
  }
  return windows;
}

void launch_pool(const Call &call, const PoolLaunch &launch, const Array &x,
                 std::span<const Array> outs) {
  const int dims = launch.windows.dims;
  std::array<Array, 3> views{x};
  std::ranges::copy(outs, views.begin() + 1);
  const std::span<Array> used(views.data(), outs.size() + 1);
  const int channel = x.rank() - dims - 1;
  const bool trail = channels_last(x, channel);
  for (Array &view : used) {
    if (trail && view.rank() == dims + 1)
      view = unsqueezed(view, 0);
    if (trail)
      view = moved_last(view, view.rank() - dims - 1);
  }
  if (!trail && x.rank() == dims + 2)
    join_dims(used, 0);
  WindowNumbers windows = launch.windows;
  for (int i = 0; i < dims; ++i)
    windows.positions[static_cast<std::size_t>(i)] = outs[0].size(i - dims);
  const WindowArrays numbers(windows, x);
  std::array<const Array *, 7> operands{&views[0], &numbers.sizes,
                                        &numbers.steps, &numbers.before,
                                        &launch.number};
  for (std::size_t i = 0; i < outs.size(); ++i)
    operands[5 + i] = &views[1 + i];
  const bool vectors = reads_vectors(views[0], launch.windows, trail);
  kernel_for(launch.kernel, launch.windows, trail, vectors)
      .run(std::span(operands).first(5 + outs.size()),
           {.config = lanes_config(views[1], launch.windows, trail, vectors),
            .stream = call.stream},
           call.where);
}

Arrangement arrange_pool(const Tensor &x,
                         const arrange::WindowOperands &numbers,
                         const Tensor &number,
                         const std::vector<Tensor> &outs) {
  const arrange::WindowLanes cut(numbers, outs.front(), trail_constant());
  const arrange::WindowOperands seen = cut.numbers();
  Arrangement all =
      arranged(adaptive_constant() ? cut.adaptive_input(x) : cut.input(x),
               seen.sizes, seen.steps, seen.before, number);
  for (const Tensor &out : outs)
    all.operands.push_back(cut.output(out));
  return all;
}

int spatial(int dims, int i) { return i - dims - (trail_constant() ? 1 : 0); }

InWindow::InWindow(const In &x, const Out &out, int dims) : dims_(dims) {
  if (!adaptive_constant())
    return;
  for (int i = 0; i < dims; ++i) {
    const int dim = spatial(dims, i);
    Tile from = cast(x.source_size(dim), i64),
         count = cast(out.source_size(dim), i64), p = out.offsets(dim);
    begin_.push_back(floor_divide(p * from, count));
    end_.push_back(floor_divide((p + 1) * from + count - 1, count));
  }
}

bool InWindow::varied() { return adaptive_constant(); }

Tile InWindow::select(const InTile &at, const Tile &value, double other) const {
  Tile chosen = value;
  for (int i = 0; i < static_cast<int>(end_.size()); ++i)
    chosen =
        where(at.offsets(spatial(dims_, i)) < end_[static_cast<std::size_t>(i)],
              chosen, other);
  return chosen;
}

Tile InWindow::inside(const InTile &at) const {
  Tile all = at.in_bounds();
  for (int i = 0; i < static_cast<int>(end_.size()); ++i)
    all = all &
          (at.offsets(spatial(dims_, i)) < end_[static_cast<std::size_t>(i)]);
  return all;
}

Tile InWindow::count() const {
  Tile product = end_[0] - begin_[0];
  for (std::size_t i = 1; i < end_.size(); ++i)
    product = product * (end_[i] - begin_[i]);
  return cast(product, f32);
}

std::vector<KernelEntry> pool_entries(const Kernel &kernel, int dims,
                                      std::size_t outs,
                                      const PoolExample &example) {
  WindowNumbers windows;
  windows.dims = dims;
  for (std::size_t dim = 0; dim < static_cast<std::size_t>(dims); ++dim) {
    windows.size[dim] = example.size;
    windows.stride[dim] = example.stride;
    windows.before[dim] = example.before;
  }
  return {
      {.name = kernel.name(),
       .kernel =
           example.fixed ? kernel_for(kernel, windows, false, true) : kernel,
       .dtypes = dims == 2 ? std::vector{bf16, f32, f64} : std::vector{bf16},
       .size_names = {"NC", "H", "R"},
       .sizes = {4096, dims == 3 ? 16 : example.side, example.size},
       .picture_sizes = {2, example.size + 2, example.size},
       .operands =
           [=](DType dtype, std::span<const std::int64_t> sizes) {
             const std::int64_t h = sizes[1], r = sizes[2],
                                p = (h + 2 * example.before - r) /
                                        example.stride +
                                    1;
             const auto shape = [&](std::int64_t side) {
               std::vector<std::int64_t> all(static_cast<std::size_t>(dims + 1),
                                             side);
               all[0] = sizes[0];
               return all;
             };
             std::vector<OperandShape> all{{dtype, shape(h), {}}};
             for (OperandShape &each : window_shapes(
                      dtype, dims, r, example.stride, p, example.before))
               all.push_back(std::move(each));
             all.push_back({f32, {}, {}, true});
             for (std::size_t i = 0; i < outs; ++i)
               all.push_back({i == 0 ? dtype : i64, shape(p), {}});
             return all;
           },
       .config = dims == 1 ? "B0=128 B1=16" : example.blocks}};
}

} // namespace girih::ops
