// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/paged_step.h"

#include "girih/ops/attention/paged_blocks.h"
#include "girih/ops/attention/paged_combine.h"
#include "girih/ops/attention/rotary.h"

#include <bit>

namespace girih::ops {

namespace {

struct Operands {
  Tensor q, k, v, cosines, sines, slots, keys, values, table, lengths, scale,
      soft_cap, window;
};

// Tiles of pairs: [rows, P] of both halves, or [rows, P, 2].
Tensor arrange_query(const Tensor &q, const StepForm &form,
                     const Size &splits) {
  const std::int64_t rows = form.paged.rows, pairs = form.paged.width / 2;
  Tensor tiles = form.interleaved ? q.tile({1, 1, rows, pairs, 2})
                                  : q.tile({1, 1, rows, 1, pairs});
  tiles = tiles.tile({1, 1, 1, whole, whole})
              .squeeze({3, 4})
              .unsqueeze(3)
              .expand({keep, keep, keep, splits})
              .at(1, squeeze({0, 1, 2}));
  return form.interleaved ? tiles.at(2, squeeze({0, 1}))
                          : tiles.at(2, squeeze({0, 1, 3}));
}

// For each program of the grid what its sequence and head have of x[B, H, ...].
Tensor of_head(const Tensor &x, const Tensor &grid) {
  return x.unsqueeze(2).unsqueeze(3).expand(
      {keep, keep, grid.size(2), grid.size(3)});
}

// [P] of both halves, or [P, 2].
Tensor arrange_key(const Tensor &k, const StepForm &form, const Tensor &grid) {
  const std::int64_t pairs = form.paged.width / 2;
  Tensor tiles =
      form.interleaved ? k.tile({1, 1, pairs, 2}) : k.tile({1, 1, 1, pairs});
  tiles = of_head(tiles.tile({1, 1, whole, whole}).squeeze({2, 3}), grid)
              .at(1, squeeze({0, 1}));
  return form.interleaved ? tiles.at(2, squeeze({0, 1}))
                          : tiles.at(2, squeeze({0, 1, 2}));
}

// All but the outputs, whose grid is [B, H, R, S].
Operands arrange_inputs(const StepForm &form, const Operands &in,
                        const Size &splits) {
  Operands out = in;
  out.q = arrange_query(in.q, form, splits);
  const Tensor &grid = out.q;
  const auto number = [&](const Tensor &x) {
    return arrange_of_sequence(x.tile({1}).at(1, squeeze(0)), grid);
  };
  out.k = arrange_key(in.k, form, grid);
  out.v = of_head(in.v.tile({1, 1, form.paged.value_width})
                      .tile({1, 1, whole})
                      .squeeze(2),
                  grid)
              .at(1, squeeze({0, 1}))
              .at(2, squeeze({0, 1}));
  const auto turning = [&](const Tensor &x) {
    return arrange_of_sequence(x.tile({1, form.paged.width / 2})
                                   .tile({1, whole})
                                   .squeeze(1)
                                   .at(1, squeeze(0))
                                   .at(2, squeeze(0)),
                               grid);
  };
  out.cosines = turning(in.cosines);
  out.sines = turning(in.sines);
  out.slots = number(in.slots);
  out.keys = arrange_blocks(in.keys, form.paged, form.paged.width, grid)
                 .at(2, permute({1, 0}));
  out.values =
      arrange_blocks(in.values, form.paged, form.paged.value_width, grid);
  out.table = arrange_of_sequence(arrange_table(in.table), grid);
  out.lengths = number(in.lengths);
  return out;
}

struct Inputs {
  const In &q, &k, &v, &cosines, &sines, &slots;
  const InOut &keys, &values;
  const In &table, &lengths, &scale, &soft_cap, &window;
};

// Halves side by side, or pairs.
Tile joined(const Rotated &pairs, bool interleaved) {
  if (!interleaved) {
    const int last = static_cast<int>(pairs.first.shape().size()) - 1;
    return cat(pairs.first, pairs.second, last);
  }
  Tile both = join(pairs.first, pairs.second);
  Shape shape = pairs.first.shape();
  shape.back() *= 2;
  return reshape(both, shape);
}

// Pairs of the program's rows of q, or of its key.
Rotated pairs_of(const In &x, bool interleaved) {
  if (!interleaved)
    return {x[{0, 0}], x[{1, 0}]};
  auto [first, second] = split(x[{0, 0}]);
  return {first, second};
}

// Turned, and rounded to their dtype.
Tile turned(const Rotated &pairs, const Tile &cosine, const Tile &sine,
            bool interleaved) {
  const DType type = cosine.dtype();
  return cast(joined(rotate(cast(pairs.first, type), cast(pairs.second, type),
                            cosine, sine),
                     interleaved),
              pairs.first.dtype());
}

// Writes a row of one head into the slot of its token, where it has one.
void write_row(const Tile &row, const Index &slot, const Tile &writes,
               std::int64_t page, const InOut &cache) {
  Tile place = where(writes & (slot >= 0), slot / page, nowhere);
  cache.scatter(
      {place, slot % page, program_id(1), arange(row.shape()[0], i64)}, row);
}

// What a program found, and the new key and value.
struct StepPart {
  OnlineSoftmax state;
  Tile key, value;
  Index slot;
};

// Attention of this program's part of its sequence. The first part has the new
// key.
StepPart attend(const StepForm &form, const Inputs &in, const Index &splits) {
  const PagedForm &paged = form.paged;
  const DType dtype = in.q.dtype(), type = accumulated(dtype);
  const Index length =
      min(max(as_index(in.lengths), 0), in.table.size(0) * paged.page + 1);
  PagedKeys keys{max(length - 1, 0), Index(0)};
  if (paged.window)
    keys.first = min(max(length - as_index(in.window), 0), keys.cached);
  Tile cosine = cast(in.cosines[0], type), sine = cast(in.sines[0], type);
  Index slot = as_index(in.slots);
  const auto blocks_of = [](const InOut &cache) -> PagedReads::Block {
    return [&cache](const Index &page, const Index &place) -> Tile {
      return cache[{page, place, 0}];
    };
  };
  // Set once all indices are there: what the product ahead has made is read
  // at once.
  Tile key = zeros({paged.width}, dtype),
       value = zeros({paged.value_width}, dtype),
       product = zeros({paged.rows, 1}, type);
  const PagedReads reads{
      .query =
          [&] {
            const Rotated k = pairs_of(in.k, form.interleaved),
                          q = pairs_of(in.q, form.interleaved);
            value = in.v[0];
            key = turned(k, cosine, sine, form.interleaved);
            const Tile query = turned(q, cosine, sine, form.interleaved);
            product = sum(cast(query, type) * unsqueeze(cast(key, type), 0),
                          dim(1).kept());
            return std::vector<Tile>{query};
          },
      .keys = {blocks_of(in.keys)},
      .value = blocks_of(in.values),
      .table = in.table,
      .scale = ScoreScale(cast(in.scale, type), cast(in.soft_cap, type),
                          paged.capped),
      .dtype = dtype};
  OnlineSoftmax state =
      attend_pages(paged, reads, keys, splits, [](OnlineSoftmax &) {});
  when(program_id(3) == 0, [&] {
    state.add(where(length > 0, reads.scale(product), -INFINITY),
              unsqueeze(cast(value, type), 0), dtype);
  });
  return {state, key, value, slot};
}

// Once the others have been read. Others may read the place meanwhile and do
// not use what they find there.
void write_token(const StepForm &form, const Inputs &in,
                 const StepPart &found) {
  when(program_id(3) == 0, [&] {
    // Of the programs that share the head, one.
    const Tile writes = program_id(2) == 0;
    const std::int64_t page = form.paged.page;
    write_row(found.key, found.slot, writes, page, in.keys);
    write_row(found.value, found.slot, writes, page, in.values);
  });
}

const std::vector<std::string> input_names{
    "q",     "k",         "v",           "cos_table",   "sin_table",
    "slots", "key_cache", "value_cache", "block_table", "lengths",
    "scale", "soft_cap",  "window"};

Kernel make_whole(const StepForm &form) {
  return make(
      "rope_paged_attention",
      [=](Tensor q, Tensor k, Tensor v, Tensor cosines, Tensor sines,
          Tensor slots, Tensor keys, Tensor values, Tensor table,
          Tensor lengths, Tensor scale, Tensor soft_cap, Tensor window,
          Tensor out) {
        const Operands all =
            arrange_inputs(form,
                           {q, k, v, cosines, sines, slots, keys, values, table,
                            lengths, scale, soft_cap, window},
                           1);
        return arranged(
            all.q, all.k, all.v, all.cosines, all.sines, all.slots, all.keys,
            all.values, all.table, all.lengths, all.scale, all.soft_cap,
            all.window,
            arrange_heads(out, form.paged.rows, form.paged.value_width, 1));
      },
      [=](In q, In k, In v, In cosines, In sines, In slots, InOut keys,
          InOut values, In table, In lengths, In scale, In soft_cap, In window,
          Out out) {
        const Inputs in{q,      k,     v,       cosines, sines,    slots, keys,
                        values, table, lengths, scale,   soft_cap, window};
        const StepPart found = attend(form, in, Index(1));
        out[0] = found.state.result();
        write_token(form, in, found);
      },
      names_with(input_names, {"out"}));
}

// What the programs of a sequence find goes to a second kernel.
Kernel make_split(const StepForm &form) {
  return make(
      "rope_paged_attention_split",
      [=](Tensor q, Tensor k, Tensor v, Tensor cosines, Tensor sines,
          Tensor slots, Tensor keys, Tensor values, Tensor table,
          Tensor lengths, Tensor scale, Tensor soft_cap, Tensor window,
          Tensor parts, Tensor sums) {
        const Operands all =
            arrange_inputs(form,
                           {q, k, v, cosines, sines, slots, keys, values, table,
                            lengths, scale, soft_cap, window},
                           parts.size(2));
        return arranged(all.q, all.k, all.v, all.cosines, all.sines, all.slots,
                        all.keys, all.values, all.table, all.lengths, all.scale,
                        all.soft_cap, all.window,
                        arrange_parts(parts, form.paged),
                        arrange_sums(sums, form.paged));
      },
      [=](In q, In k, In v, In cosines, In sines, In slots, InOut keys,
          InOut values, In table, In lengths, In scale, In soft_cap, In window,
          Out parts, Out sums) {
        const Inputs in{q,      k,     v,       cosines, sines,    slots, keys,
                        values, table, lengths, scale,   soft_cap, window};
        const StepPart found = attend(form, in, parts.source_size(2));
        parts[0] = found.state.result();
        sums = found.state.log2_sum();
        write_token(form, in, found);
      },
      names_with(input_names, {"parts", "sums"}));
}

KernelFamily<StepForm> &kernels() {
  static KernelFamily<StepForm> made([](const StepForm &form) {
    return form.paged.split ? make_split(form) : make_whole(form);
  });
  return made;
}

} // namespace

bool suits_step(const StepCall &step) {
  const std::int64_t width = step.paged.q.size(3);
  const bool power =
      width >= 16 && std::has_single_bit(static_cast<std::uint64_t>(width));
  return power && 2 * step.cosines.size(1) == width && !step.paged.sinks;
}

void launch_step(const Call &call, const StepCall &step) {
  const PagedCall &paged = step.paged;
  const PagedPlan plan = plan_paged(paged, true);
  const std::int64_t width = paged.q.size(3);
  const DType type = accumulated(paged.q.dtype());
  const Array q = as_pairs(paged.q, width, step.interleaved),
              k = as_pairs(step.k, width, step.interleaved),
              scale = Array::scalar(paged.scale, type),
              cap = Array::scalar(paged.soft_cap, type),
              window = Array::scalar(paged.window, i64);
  const Kernel &kernel = kernels()[{plan.form, step.interleaved}];
  if (!plan.form.split)
    return run_with(call, kernel, {plan.warps, plan.stages},
                    {&q, &k, &step.v, &step.cosines, &step.sines, &step.slots,
                     &paged.keys, &paged.values, &paged.block_table,
                     &paged.lengths, &scale, &cap, &window, &paged.out});
  const auto [parts, sums] = allocate_parts(call, paged, plan);
  run_with(call, kernel, {plan.warps, plan.stages},
           {&q, &k, &step.v, &step.cosines, &step.sines, &step.slots,
            &paged.keys, &paged.values, &paged.block_table, &paged.lengths,
            &scale, &cap, &window, &parts, &sums});
  launch_combine(call, parts, sums, paged.out);
}

std::vector<KernelEntry> step_entries() {
  const PagedForm form{.unrolled = 2, .split = true};
  return {{.name = "rope_paged_attention_split",
           .kernel = kernels()[{form, false}],
           .dtypes = {bf16, f16},
           .size_names = {"B", "P", "S"},
           .sizes = {32, 256, 4},
           .picture_sizes = {1, 2, 2},
           .operands =
               [form](DType dtype, std::span<const std::int64_t> n) {
                 const OperandShape number{f32, {}, {}, true},
                     cache{dtype, {n[0] * n[1], form.page, 8, form.width}, {}};
                 return std::vector<OperandShape>{
                     {dtype, {n[0], 8, form.rows, 2, form.width / 2}, {}},
                     {dtype, {n[0], 8, 2, form.width / 2}, {}},
                     {dtype, {n[0], 8, form.value_width}, {}},
                     {f32, {n[0], form.width / 2}, {}},
                     {f32, {n[0], form.width / 2}, {}},
                     {i64, {n[0]}, {}},
                     cache,
                     cache,
                     {i32, {n[0], n[1]}, {}},
                     {i32, {n[0]}, {}},
                     number,
                     number,
                     {i64, {}, {}, true},
                     {f32, {n[0], 8, n[2], form.rows, form.value_width}, {}},
                     {f32, {n[0], 8, n[2], form.rows}, {}}};
               },
           .config = "num_warps=2 num_stages=3"}};
}

} // namespace girih::ops
