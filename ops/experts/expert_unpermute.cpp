// SPDX-License-Identifier: Apache-2.0
// expert_unpermute: out[t, j, :] = x[places[t, j], :]
//
// Shapes: x[R, H], places[T, k], out[T, k, H]. Dtypes: x of at least 8 bits,
// places i32 i64. A place out of range gives zeros; with GIRIH_DEBUG=bounds it
// is an error on the host. It is an embedding. Errors: [device] [dtype] [shape]
// [overlap].
// Source: the inverse of expert_permute.
#include "girih/ops/experts.h"
#include "girih/ops/movement.h"
#include "girih/ops/op.h"

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {bf16, f32, f16, f64, i64,  i32,
                            i16,  i8,  u8,  b1,  e4m3, e5m2};
constexpr DType place_dtypes[] = {i64, i32};

struct ExpertUnpermute {
  static constexpr std::string_view signature =
      "expert_unpermute(x, places) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &places) {
    const Argument rows{"x", x}, of{"places", places};
    call.check_same_device({rows, of});
    call.check_dtype(rows, dtypes);
    call.check_dtype(of, place_dtypes);
    call.check_rank(rows, 2);
    call.check_rank(of, 2);
    return {Dims{{places.size(0), places.size(1), x.size(1)}, 3}, x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &places,
                     const Array &out) {
    embedding_out(places, x, out, call.stream, call.where);
  }
};

} // namespace

Array expert_unpermute(const Array &x, const Array &places,
                       const Stream &stream, std::source_location where) {
  return compute<ExpertUnpermute>(stream, where, x, places);
}

void expert_unpermute_out(const Array &x, const Array &places, const Array &out,
                          const Stream &stream, std::source_location where) {
  compute_into<ExpertUnpermute>(stream, where, std::tie(out), x, places);
}

OpEntry entry_of_expert_unpermute() {
  return op_entry<ExpertUnpermute>({"experts",
                                    "x[places[t, j], :]",
                                    {std::begin(dtypes), std::end(dtypes)},
                                    {}});
}

} // namespace girih::ops
