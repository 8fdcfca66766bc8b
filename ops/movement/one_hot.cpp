// SPDX-License-Identifier: Apache-2.0
// one_hot: out[i..., c] = x[i...] == c
//
// Shapes: x any, out x's and num_classes. Dtypes: x integers, out i64.
// num_classes -1 is one more than the largest of x, which is read for it: the
// call waits. What is not below num_classes, or below 0, gives zeros.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: torch.nn.functional.one_hot.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/movement.h"
#include "girih/ops/movement/copy.h"
#include "girih/ops/reductions.h"
#include "girih/ops/sizes.h"

namespace girih::ops {

namespace {

// x, out[kept..., C].
Kernel make_kernel(int rank) {
  return Kernel(make_source(
      "one_hot",
      [](Tensor x, Tensor out) { return arrange::elementwise(x, out); },
      [rank](In x, Out out) {
        out = cast(cast(x, i64) == out.offsets(rank - 1), i64);
      },
      {"x", "out"}));
}

const Kernel &kernel_of_rank(int rank) {
  static const Kernel kernels[] = {
      make_kernel(2), make_kernel(3), make_kernel(4), make_kernel(5),
      make_kernel(6), make_kernel(7), make_kernel(8)};
  return kernels[rank - 2];
}

// What is only written takes no time to come: a program has much of it.
constexpr std::int64_t most_bytes = 16384;

Config config_of(const Array &out) {
  Config config = tile_config(out, out);
  if (out.device().kind == Device::Kind::host)
    return config;
  const std::int64_t elements = most_bytes / bytes(out.dtype()),
                     columns = std::min(power_of_two(out.size(-1)), elements);
  config.blocks = {
      {"BM", std::min(power_of_two(out.size(-2)), elements / columns)},
      {"BN", columns}};
  config.num_warps = 4;
  return config;
}

struct OneHot {
  static constexpr std::string_view signature =
      "one_hot(x, num_classes: int = -1) -> out";
  static Shaped result(const Call &call, const Array &x,
                       std::int64_t num_classes) {
    const Argument argument{"x", x};
    call.check_same_device({argument});
    call.check_dtype(argument, integers);
    call.check_rank(argument, 0, max_rank - 1);
    call.require(num_classes >= -1,
                 "num_classes must not be negative, or -1 for as many as there "
                 "are",
                 {argument});
    if (num_classes == -1) {
      call.require(x.numel() > 0, "num_classes cannot be found in no elements",
                   {argument});
      const Array largest = max(x, call.stream, call.where);
      if (x.device().kind == Device::Kind::cuda)
        call.stream.synchronize();
      num_classes = static_cast<std::int64_t>(largest.to_vector()[0]) + 1;
      call.require(num_classes > 0, "x must not be negative", {argument});
    }
    Shaped out{dims_of(x.shape()), i64};
    out.shape.sizes[static_cast<std::size_t>(out.shape.rank++)] = num_classes;
    return out;
  }
  static void launch(const Call &call, const Array &x, std::int64_t,
                     const Array &out) {
    Dims strides = dims_of(x.strides());
    strides.sizes[static_cast<std::size_t>(strides.rank++)] = 0;
    std::array views{view_of(x, out.shape(), strides), out};
    collapse_leading(views, x.rank());
    run_with(call, kernel_of_rank(views[1].rank()), config_of(views[1]),
             {&views[0], &views[1]});
  }
};

} // namespace

Array one_hot(const Array &x, std::int64_t num_classes, const Stream &stream,
              std::source_location where) {
  return compute<OneHot>(stream, where, x, num_classes);
}

void one_hot_out(const Array &x, const Array &out, std::int64_t num_classes,
                 const Stream &stream, std::source_location where) {
  compute_into<OneHot>(stream, where, std::tie(out), x, num_classes);
}

OpEntry entry_of_one_hot() {
  return op_entry<OneHot>(
      {"movement",
       "whether x is c, for each class c",
       {std::begin(integers), std::end(integers)},
       {{.name = "one_hot",
         .kernel = kernel_of_rank(2),
         .dtypes = {i64, i32},
         .size_names = {"N", "C"},
         .sizes = {4096, 1024},
         .picture_sizes = {3, 5},
         .operands =
             [](DType dtype, std::span<const std::int64_t> sizes) {
               return std::vector<OperandShape>{
                   {dtype, {sizes[0], sizes[1]}, {1, 0}},
                   {i64, {sizes[0], sizes[1]}, {}}};
             },
         .config = "BM=1 BN=1024"}},
       true});
}

} // namespace girih::ops
