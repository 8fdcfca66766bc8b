// SPDX-License-Identifier: Apache-2.0
// reshape: a view of the elements in row-major order as another shape
//
// Shapes: any. Dtypes: all of at least 8 bits. Nothing is moved.
// Errors: [dtype] [shape].
// Source: torch.Tensor.view.
#include "girih/ops/movement/view_op.h"
#include "girih/ops/shaping.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace girih::ops {

namespace {

struct Reshape {
  static constexpr std::string_view signature =
      "reshape(x, shape: ints) -> out";
  // The new sizes, with what -1 stands for. [shape]
  static Dims sizes_of(const Call &call, const Array &x,
                       const std::vector<std::int64_t> &shape) {
    Dims out;
    std::int64_t known = 1;
    int open = -1;
    bool fits = shape.size() <= max_rank;
    for (std::size_t d = 0; fits && d < shape.size(); ++d) {
      out.sizes[static_cast<std::size_t>(out.rank++)] = shape[d];
      if (shape[d] == -1 && open < 0)
        open = static_cast<int>(d);
      else
        fits =
            shape[d] >= 0 && !__builtin_mul_overflow(known, shape[d], &known);
    }
    if (fits && open >= 0) {
      fits = known > 0 && x.numel() % known == 0;
      out.sizes[static_cast<std::size_t>(open)] = fits ? x.numel() / known : 0;
    } else {
      fits = fits && known == x.numel();
    }
    if (!fits)
      call.fail(ErrorId::shape,
                fmt::format("the elements of x do not make up [{}]",
                            fmt::join(shape, ", ")),
                {{"x", x}});
    return out;
  }

  // Strides of a view of those sizes, or false: dimensions of x that lie as
  // one are cut anew, innermost first.
  static bool find_strides(const Array &x, const Dims &shape, Dims &strides) {
    strides.rank = shape.rank;
    int to = shape.rank - 1;
    for (int from = x.rank() - 1; from >= 0;) {
      std::int64_t step = x.stride(from), together = x.size(from);
      for (--from; from >= 0 && (x.size(from) == 1 || together == 1 ||
                                 x.stride(from) == step * together);
           --from) {
        if (together == 1)
          step = x.stride(from);
        together *= x.size(from);
      }
      std::int64_t covered = 1;
      for (; to >= 0 && (covered < together ||
                         shape.sizes[static_cast<std::size_t>(to)] == 1);
           --to) {
        strides.sizes[static_cast<std::size_t>(to)] = step * covered;
        covered *= shape.sizes[static_cast<std::size_t>(to)];
      }
      if (covered != together)
        return false;
    }
    for (; to >= 0; --to)
      strides.sizes[static_cast<std::size_t>(to)] = 1;
    return true;
  }

  static Array view(const Call &call, const Array &x,
                    const std::vector<std::int64_t> &shape) {
    call.check_dtype({"x", x}, moved);
    const Dims sizes = sizes_of(call, x, shape);
    Dims strides;
    if (x.numel() == 0)
      strides = sizes; // which are never used
    else if (!find_strides(x, sizes, strides))
      call.fail(ErrorId::shape,
                fmt::format("the strides of x do not allow a view of [{}]",
                            fmt::join(shape, ", ")),
                {{"x", x}}, "rearrange() makes a contiguous copy");
    return view_of(x, sizes, strides);
  }
};

} // namespace

Array reshape(const Array &x, const std::vector<std::int64_t> &shape,
              std::source_location where) {
  return view_by<Reshape>(where, x, shape);
}

OpEntry entry_of_reshape() {
  return view_entry<Reshape>(
      "a view of the elements of x in row-major order as another shape");
}

} // namespace girih::ops
