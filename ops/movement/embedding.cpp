// SPDX-License-Identifier: Apache-2.0
// embedding: out[i..., d] = weight[ids[i...], d]
//
// Shapes: ids of any, weight[V, D]; out has the shape of ids and D. Dtypes: ids
// i32 i64, weight any of at least 8 bits. An id that is out of range, below 0
// too, gives a row of zeros; with GIRIH_DEBUG=bounds it is an error on the
// host. Rows of contiguous memory are moved as index_select moves them.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.embedding.
#include "girih/ops/movement.h"
#include "girih/ops/movement/indexed.h"
#include "girih/ops/op.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {bf16, f32, f16, f64, i64,  i32,
                            i16,  i8,  u8,  b1,  e4m3, e5m2};
constexpr DType id_dtypes[] = {i64, i32};

// ids[T], weight[V, D], out[T, D].
const Kernel &kernel() {
  static const Kernel made{make_source(
      "embedding",
      [](Tensor ids, Tensor weight, Tensor out) {
        auto BT = block_size("BT", 1), BD = block_size("BD", 1024);
        auto ct = out.tile({BT, BD});
        auto rows = ids.tile({BT}).unsqueeze(1).expand({keep, ct.size(1)});
        // Reached through gather() only: every program sees all of it.
        auto table = weight.tile({1, 1})
                         .tile({whole, whole})
                         .expand({ct.size(0), ct.size(1)});
        return arranged(rows, table, ct);
      },
      [](In ids, In weight, Out out) {
        Tile columns = program_id(1) * out.shape()[1] + arange(out.shape()[1]);
        // What is past the end of a row is not stored; it is not to count as
        // out of range.
        columns = min(columns, weight.source_size(1) - 1);
        out = weight.gather({unsqueeze(ids, 1), unsqueeze(columns, 0)});
      },
      {"ids", "weight", "out"})};
  return made;
}

struct Embedding {
  static constexpr std::string_view signature = "embedding(ids, weight) -> out";
  static constexpr std::size_t typed_by = 1;
  static Shaped result(const Call &call, const Array &ids,
                       const Array &weight) {
    call.check_same_device({{"ids", ids}, {"weight", weight}});
    call.check_dtype({"ids", ids}, id_dtypes);
    call.check_dtype({"weight", weight}, dtypes);
    call.check_rank({"weight", weight}, 2);
    call.check_rank({"ids", ids}, 0, max_rank - 1);
    Shaped out{dims_of(ids.shape()), weight.dtype()};
    out.shape.sizes[static_cast<std::size_t>(out.shape.rank++)] =
        weight.size(1);
    return out;
  }
  static void launch(const Call &call, const Array &ids, const Array &weight,
                     const Array &out);
};

// Joins dimensions [0, rank - 1) of both; false where they do not lie evenly.
bool join(Array &ids, Array &out) {
  std::array<Array, 2> views{
      ids.rank() == 0
          ? ids.reshape({1, 1})
          : view_of(ids, out.shape(),
                    [&] {
                      Dims strides = dims_of(ids.strides());
                      strides.sizes[static_cast<std::size_t>(strides.rank++)] =
                          0;
                      return strides;
                    }()),
      out.rank() == 1 ? view_of(out, Dims{{1, out.size(0)}, 2},
                                Dims{{out.size(0), out.stride(0)}, 2})
                      : out};
  if (views[0].rank() != 2 && collapse_parts(views, views[1].rank() - 1) != 1)
    return false;
  ids = views[0].select(1, 0);
  out = views[1];
  return out.rank() == 2;
}

// A row, or as much of it as is worth a program; several short ones.
Config config_of(const Array &out) {
  const std::int64_t elements =
      out.device().kind == Device::Kind::host ? 16384 : 1024;
  const std::int64_t columns = std::min(power_of_two(out.size(1)), elements);
  Config config;
  config.blocks = {
      {"BD", columns},
      {"BT", std::min(power_of_two(out.size(0)), elements / columns)}};
  return config;
}

void Embedding::launch(const Call &call, const Array &ids, const Array &weight,
                       const Array &out) {
  Array rows = ids, result = out;
  if (join(rows, result)) {
    if (launch_row_select(call, weight, 0, rows, result))
      return;
    const std::array<const Array *, 3> operands{&rows, &weight, &result};
    return kernel().run(operands,
                        {.config = config_of(result), .stream = call.stream},
                        call.where);
  }
  // Dimension by dimension where they do not join.
  for (std::int64_t at = 0; at < ids.size(0); ++at)
    launch(call, ids.select(0, at), weight, out.select(0, at));
}

} // namespace

Array embedding(const Array &ids, const Array &weight, const Stream &stream,
                std::source_location where) {
  return compute<Embedding>(stream, where, ids, weight);
}

void embedding_out(const Array &ids, const Array &weight, const Array &out,
                   const Stream &stream, std::source_location where) {
  compute_into<Embedding>(stream, where, std::tie(out), ids, weight);
}

OpEntry entry_of_embedding() {
  return op_entry<Embedding>(
      {"movement",
       "weight[ids, d]",
       {std::begin(dtypes), std::end(dtypes)},
       {{.name = "embedding",
         .kernel = kernel(),
         .dtypes = {std::begin(dtypes), std::end(dtypes)},
         .size_names = {"T", "V", "D"},
         .sizes = {16384, 32768, 4096},
         .picture_sizes = {3, 4, 5},
         .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
           const std::int64_t t = sizes[0], v = sizes[1], d = sizes[2];
           return std::vector<OperandShape>{
               {i32, {t}, {}}, {dtype, {v, d}, {}}, {dtype, {t, d}, {}}};
         }}}});
}

} // namespace girih::ops
