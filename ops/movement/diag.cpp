// SPDX-License-Identifier: Apache-2.0
// diag: out[i, i + k] = x[i] and zeros elsewhere, or out[i] = x[i, i + k]
//
// Shapes: x [n] gives [n + |k|, n + |k|]; x [m, n] gives the diagonal. Dtypes:
// all of at least 8 bits. A matrix is written once, in tiles; where k is below
// 0 it is seen transposed. A diagonal is copied as a view.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.diag.
#include "girih/ops/movement.h"
#include "girih/ops/movement/view_op.h"

#include <algorithm>
#include <cstdlib>

namespace girih::ops {

namespace {

// x[N], out[N + k, N + k].
const Kernel &matrix_kernel() {
  static const Kernel made{make_source(
      "diag",
      [](Tensor x, Tensor out) {
        const Size BM = block_size("BM"), BN = block_size("BN");
        const Tensor ct = out.tile({BM, BN});
        return arranged(x.pad({{0, out.size(0) - x.size(0)}})
                            .tile({BM})
                            .unsqueeze(1)
                            .expand({keep, ct.size(1)}),
                        ct);
      },
      [](In x, Out out) {
        const Tile above = out.offsets(1) - out.offsets(0);
        const Index k = out.source_size(0) - x.source_size(0);
        out = where(above == k, unsqueeze(x, 1), 0);
      },
      {"x", "out"})};
  return made;
}

struct Diag {
  static constexpr std::string_view signature =
      "diag(x, diagonal: int = 0) -> out";
  static Shaped result(const Call &call, const Array &x,
                       std::int64_t diagonal) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, moved);
    call.check_rank({"x", x}, 1, 2);
    if (x.rank() == 2)
      return {dims_of(diagonal_of(x, diagonal, 0, 1).shape()), x.dtype()};
    constexpr std::int64_t most = std::int64_t{1} << 40;
    call.require(std::abs(std::clamp(diagonal, -most, most)) < most,
                 "diagonal is too far from the main one", {{"x", x}});
    const std::int64_t side = x.size(0) + std::abs(diagonal);
    return {Dims{{side, side}, 2}, x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t diagonal,
                     const Array &out) {
    if (x.rank() == 2)
      return launch_copy(call, diagonal_of(x, diagonal, 0, 1), out);
    const Array from = as_bits(x), seen = as_bits(out),
                to = diagonal < 0 ? seen.transpose(0, 1) : seen;
    run_with(call, matrix_kernel(), tile_config(to, to), {&from, &to});
  }
};

} // namespace

Array diag(const Array &x, std::int64_t diagonal, const Stream &stream,
           std::source_location where) {
  return compute<Diag>(stream, where, x, diagonal);
}

void diag_out(const Array &x, const Array &out, std::int64_t diagonal,
              const Stream &stream, std::source_location where) {
  compute_into<Diag>(stream, where, std::tie(out), x, diagonal);
}

OpEntry entry_of_diag() {
  return op_entry<Diag>(
      {"movement",
       "the matrix with x on a diagonal, or the diagonal of a matrix",
       {std::begin(moved), std::end(moved)},
       {{.name = "diag",
         .kernel = matrix_kernel(),
         .dtypes = {std::begin(widths), std::end(widths)},
         .size_names = {"N"},
         .sizes = {4096},
         .picture_sizes = {3},
         .operands =
             [](DType dtype, std::span<const std::int64_t> sizes) {
               const std::int64_t n = sizes[0];
               return std::vector<OperandShape>{{dtype, {n}, {}},
                                                {dtype, {n, n}, {}}};
             },
         .config = "BM=1 BN=1024"}}});
}

} // namespace girih::ops
