// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/paged_kernel.h"

#include "girih/ops/attention/paged_blocks.h"
#include "girih/ops/attention/paged_combine.h"

#include "girih/ops/warp_groups.h"

#include <algorithm>

namespace girih::ops {

namespace {

struct Operands {
  Tensor q, keys, values, q_rope, keys_rope, table, lengths, scale, soft_cap,
      window, sinks;
};

// All but the outputs, whose grid is [B, H, R, S].
Operands arrange_inputs(const PagedForm &form, const Operands &in,
                        const Size &splits) {
  Tensor q = arrange_heads(in.q, form.rows, form.width, splits);
  Operands out = in;
  out.q = q;
  // A key is a column of the second matrix of the first product.
  out.keys =
      arrange_blocks(in.keys, form, form.width, q).at(2, permute({1, 0}));
  out.values = arrange_blocks(in.values, form, form.value_width, q);
  if (form.rope_width != 0) {
    out.q_rope = arrange_heads(in.q_rope, form.rows, form.rope_width, splits);
    out.keys_rope = arrange_blocks(in.keys_rope, form, form.rope_width, q)
                        .at(2, permute({1, 0}));
  }
  out.table = arrange_of_sequence(arrange_table(in.table), q);
  out.lengths = arrange_of_sequence(in.lengths.tile({1}).at(1, squeeze(0)), q);
  if (form.sinks)
    out.sinks = in.sinks.tile({1, form.rows})
                    .unsqueeze(0)
                    .unsqueeze(3)
                    .expand({q.size(0), keep, keep, splits})
                    .at(1, squeeze(0))
                    .at(1, unsqueeze(1));
  return out;
}

struct Inputs {
  const In &q, &keys, &values, &q_rope, &keys_rope, &table, &lengths, &scale,
      &soft_cap, &window, &sinks;
};

PagedReads::Block blocks_of(const In &cache) {
  return [&cache](const Index &page, const Index &place) -> Tile {
    return cache[{page, place, 0}];
  };
}

// Attention of this program's part of its sequence.
OnlineSoftmax attend(const PagedForm &form, const Inputs &in,
                     const Index &splits) {
  const DType type = accumulated(in.q.dtype());
  PagedReads reads{.query = [&] { return std::vector<Tile>{in.q[0]}; },
                   .keys = {blocks_of(in.keys)},
                   .value =
                       form.shared ? PagedReads::Block() : blocks_of(in.values),
                   .table = in.table,
                   .scale = ScoreScale(cast(in.scale, type),
                                       cast(in.soft_cap, type), form.capped),
                   .dtype = in.q.dtype()};
  if (form.rope_width != 0) {
    reads.query = [&] { return std::vector<Tile>{in.q[0], in.q_rope[0]}; };
    reads.keys.push_back(blocks_of(in.keys_rope));
  }
  PagedKeys keys{
      min(max(as_index(in.lengths), 0), in.table.size(0) * form.page),
      Index(0)};
  if (form.window)
    keys.first = max(keys.cached - as_index(in.window), 0);
  return attend_pages(form, reads, keys, splits, [&](OnlineSoftmax &state) {
    if (!form.sinks)
      return;
    Tile sink = cast(in.sinks, type) * std::numbers::log2e;
    state.sink(where(program_id(3) == 0, sink, -INFINITY));
  });
}

const std::vector<std::string> input_names{
    "q",          "key_cache",   "value_cache", "q_rope",
    "rope_cache", "block_table", "lengths",     "scale",
    "soft_cap",   "window",      "sinks"};

Kernel make_whole(const PagedForm &form) {
  auto arrangement = [=](Tensor q, Tensor keys, Tensor values, Tensor q_rope,
                         Tensor keys_rope, Tensor table, Tensor lengths,
                         Tensor scale, Tensor soft_cap, Tensor window,
                         Tensor sinks, Tensor out) {
    const Operands all =
        arrange_inputs(form,
                       {q, keys, values, q_rope, keys_rope, table, lengths,
                        scale, soft_cap, window, sinks},
                       1);
    return arranged(all.q, all.keys, all.values, all.q_rope, all.keys_rope,
                    all.table, all.lengths, all.scale, all.soft_cap, all.window,
                    all.sinks,
                    arrange_heads(out, form.rows, form.value_width, 1));
  };
  auto application = [=](In q, In keys, In values, In q_rope, In keys_rope,
                         In table, In lengths, In scale, In soft_cap, In window,
                         In sinks, Out out) {
    out[0] = attend(form,
                    {q, keys, values, q_rope, keys_rope, table, lengths, scale,
                     soft_cap, window, sinks},
                    Index(1))
                 .result();
  };
  return make(form.rope_width ? "latent_attention" : "paged_attention",
              arrangement, application, names_with(input_names, {"out"}));
}

// What the programs of a sequence find goes to a second kernel.
Kernel make_split(const PagedForm &form) {
  auto arrangement = [=](Tensor q, Tensor keys, Tensor values, Tensor q_rope,
                         Tensor keys_rope, Tensor table, Tensor lengths,
                         Tensor scale, Tensor soft_cap, Tensor window,
                         Tensor sinks, Tensor parts, Tensor sums) {
    const Operands all =
        arrange_inputs(form,
                       {q, keys, values, q_rope, keys_rope, table, lengths,
                        scale, soft_cap, window, sinks},
                       parts.size(2));
    Tensor tiles = arrange_parts(parts, form), sum = arrange_sums(sums, form);
    return arranged(all.q, all.keys, all.values, all.q_rope, all.keys_rope,
                    all.table, all.lengths, all.scale, all.soft_cap, all.window,
                    all.sinks, tiles, sum);
  };
  auto application = [=](In q, In keys, In values, In q_rope, In keys_rope,
                         In table, In lengths, In scale, In soft_cap, In window,
                         In sinks, Out parts, Out sums) {
    const OnlineSoftmax state =
        attend(form,
               {q, keys, values, q_rope, keys_rope, table, lengths, scale,
                soft_cap, window, sinks},
               parts.source_size(2));
    parts[0] = state.result();
    sums = state.log2_sum();
  };
  return make(form.shared       ? "latent_attention_joined_split"
              : form.rope_width ? "latent_attention_split"
                                : "paged_attention_split",
              arrangement, application,
              names_with(input_names, {"parts", "sums"}));
}

KernelFamily<PagedForm> &kernels() {
  static KernelFamily<PagedForm> made([](const PagedForm &form) {
    return form.split ? make_split(form) : make_whole(form);
  });
  return made;
}

// On warp groups, for latents that fit their registers, and in blocks that fit
// shared memory twice beside the queries.
void join_latents(PagedForm &form, const Array &q) {
  constexpr std::int64_t rows = 64, block = 64, most_values = 512,
                         most_keys = 576;
  if (!has_warp_groups(q.device()) || bytes(q.dtype()) != 2 ||
      form.width % 64 != 0 || form.rope_width % 16 != 0 ||
      form.value_width > most_values ||
      form.width + form.rope_width > most_keys || form.piece < 8 ||
      block % form.piece != 0)
    return;
  form.rows = rows;
  form.block = block;
  form.unrolled = 1;
  form.shared = true;
}

PagedForm form_of(const PagedCall &paged, std::int64_t group) {
  const bool gpu = on_gpu(paged.q);
  PagedForm form;
  form.rows =
      gpu ? std::min<std::int64_t>(multiple(at_least_one(group), 16), 64)
          : std::min<std::int64_t>(at_least_one(group), 16);
  form.width = at_least_one(head_width(paged.q, paged.q.size(3)));
  form.value_width = at_least_one(head_width(paged.q, paged.out.size(3)));
  form.page = at_least_one(paged.keys.size(1));
  form.block = form.page;
  while (form.block > 64 && form.block % 2 == 0)
    form.block /= 2;
  form.piece = form.block;
  // Keys of a step, by measurement on an H200; latents take more registers.
  const bool narrow = paged.q_rope.rank() == 0 && bytes(paged.q.dtype()) <= 2;
  const std::int64_t keys = !gpu ? 64 : narrow ? 32 : 16;
  form.unrolled =
      static_cast<int>(std::clamp<std::int64_t>(keys / form.block, 1, 4));
  if (paged.q_rope.rank() != 0) {
    form.rope_width = head_width(paged.q, paged.q_rope.size(3));
    if (gpu) // the accumulator is wide: registers for 16 rows
      form.rows = 16;
    join_latents(form, paged.q);
  }
  form.window = paged.window > 0;
  form.capped = paged.soft_cap > 0;
  form.sinks = paged.sinks.has_value();
  return form;
}

// As many parts of a sequence as make about `wanted` programs of `programs`, of
// which each has `least` keys of `capacity`.
std::int64_t parts_of(std::int64_t wanted, std::int64_t programs,
                      std::int64_t capacity, std::int64_t least) {
  return std::clamp<std::int64_t>(
      (wanted + programs / 2) / at_least_one(programs), 1,
      at_least_one(std::min(pieces_of(capacity, least), most_parts)));
}

// Programs of a GPU's multiprocessor: more of them are more beginnings and
// ends, which are long (docs/decisions.md, 81).
constexpr std::int64_t of_processor = 2;

// Parts of each sequence where a program has a multiprocessor to itself: those
// whose last turn of programs is full, or nearly, and of which none is so short
// that what comes before and behind its blocks takes long.
std::int64_t splits_alone(Device device, std::int64_t programs,
                          std::int64_t blocks) {
  constexpr std::int64_t around = 4; // blocks, in the time of one
  const std::int64_t processors = properties(device).processors,
                     most = std::clamp<std::int64_t>(blocks, 1, most_parts);
  std::int64_t best = 1, least = 0;
  for (std::int64_t splits = 1; splits <= most; ++splits) {
    const std::int64_t turns = pieces_of(programs * splits, processors),
                       time = turns * (pieces_of(blocks, splits) + around);
    if (splits == 1 || time < least) {
      best = splits;
      least = time;
    }
  }
  return best;
}

// Of so many programs without splits, and at most `capacity` keys.
std::int64_t splits_of(const PagedForm &form, Device device,
                       std::int64_t programs, std::int64_t capacity) {
  const std::int64_t processors = properties(device).processors;
  if (form.shared)
    return splits_alone(device, programs, pieces_of(capacity, form.block));
  if (device.kind == Device::Kind::host) // two parts for each thread
    return programs >= processors
               ? 1
               : parts_of(2 * processors, programs, capacity, 256);
  if (form.rope_width != 0) // eight warps on a multiprocessor
    return parts_of(8 * processors, programs, capacity, 32);
  // Parts have 64 keys, but if these are few.
  constexpr std::int64_t few_parts = 32;
  return std::min(parts_of(of_processor * processors, programs, capacity, 32),
                  std::max(pieces_of(capacity, 64), few_parts));
}

} // namespace

PagedPlan plan_paged(const PagedCall &paged, bool step) {
  const Array &q = paged.q;
  PagedPlan plan;
  PagedForm &form = plan.form;
  form = form_of(paged, q.size(2));
  const std::int64_t programs =
      q.size(0) * q.size(1) * pieces_of(q.size(2), form.rows);
  const bool latent = form.rope_width != 0;
  const std::int64_t capacity = paged.block_table.size(1) * form.page;
  plan.splits = splits_of(form, q.device(), programs, capacity);
  form.split = plan.splits > 1;
  // Without matrix instructions a warp holds more of its operands.
  const bool wide = latent || bytes(q.dtype()) > 2;
  // Whole sequences are long; where they are few, more threads read each.
  const bool few = on_gpu(q) && !form.split &&
                   programs <= of_processor * properties(q.device()).processors;
  plan.warps = wide || few ? 4 : std::max(static_cast<int>(form.rows / 16), 2);
  // What a step does ahead of its keys is long: short parts need few registers.
  constexpr std::int64_t short_part = 256;
  if (step && on_gpu(q) && !wide && form.split &&
      capacity <= plan.splits * short_part)
    form.unrolled = static_cast<int>(
        std::clamp<std::int64_t>(16 / form.block, 1, form.unrolled));
  if (form.shared) // two warp groups
    plan.warps = 8;
  // Shared memory holds as many rounds of blocks.
  const std::int64_t stage =
      form.unrolled * form.block *
      (form.width + form.rope_width + (form.shared ? 0 : form.value_width)) *
      bytes(q.dtype());
  const std::int64_t fixed =
      form.rows * (form.width + form.rope_width) * bytes(q.dtype());
  plan.stages = stages_that_fit(q.device(), stage, fixed);
  return plan;
}

PagedParts allocate_parts(const Call &call, const PagedCall &paged,
                          const PagedPlan &plan) {
  const Array &q = paged.q;
  const DType type = accumulated(q.dtype());
  const std::int64_t shape[] = {q.size(0), q.size(1), plan.splits, q.size(2),
                                paged.out.size(3)};
  return {allocate_result(shape, type, q.device(), call.stream),
          allocate_result(std::span(shape, 4), type, q.device(), call.stream)};
}

void launch_paged(const Call &call, const PagedCall &paged) {
  const Array &q = paged.q, &out = paged.out;
  const PagedPlan plan = plan_paged(paged);
  const DType type = accumulated(q.dtype());
  const Array scale = Array::scalar(paged.scale, type),
              cap = Array::scalar(paged.soft_cap, type),
              window = Array::scalar(paged.window, i64),
              none = Array::scalar(0, f32);
  const Array &sinks = paged.sinks ? *paged.sinks : none;
  const Kernel &kernel = kernels()[plan.form];
  if (!plan.form.split)
    return run_with(call, kernel, {plan.warps, plan.stages},
                    {&q, &paged.keys, &paged.values, &paged.q_rope,
                     &paged.keys_rope, &paged.block_table, &paged.lengths,
                     &scale, &cap, &window, &sinks, &out});
  const auto [parts, sums] = allocate_parts(call, paged, plan);
  run_with(call, kernel, {plan.warps, plan.stages},
           {&q, &paged.keys, &paged.values, &paged.q_rope, &paged.keys_rope,
            &paged.block_table, &paged.lengths, &scale, &cap, &window, &sinks,
            &parts, &sums});
  launch_combine(call, parts, sums, out);
}

namespace {

std::vector<OperandShape> operands_of(const PagedForm &form, DType dtype,
                                      std::span<const std::int64_t> n) {
  const std::int64_t heads = form.rope_width ? 1 : 8;
  const DType type = accumulated(dtype);
  const OperandShape number{type, {}, {}, true};
  const auto cache = [&](std::int64_t width) {
    return OperandShape{dtype, {n[0] * n[1], form.page, heads, width}, {}};
  };
  const auto rows = [&](std::int64_t width) {
    return OperandShape{dtype, {n[0], heads, form.rows, width}, {}};
  };
  std::vector<OperandShape> all{rows(form.width), cache(form.width),
                                cache(form.value_width)};
  all.push_back(form.rope_width ? rows(form.rope_width) : number);
  all.push_back(form.rope_width ? cache(form.rope_width) : number);
  all.push_back({i32, {n[0], n[1]}, {}});
  all.push_back({i32, {n[0]}, {}});
  all.push_back(number);
  all.push_back(number);
  all.push_back({i64, {}, {}, true});
  all.push_back({f32, {}, {}, true});
  all.push_back({type, {n[0], heads, n[2], form.rows, form.value_width}, {}});
  all.push_back({type, {n[0], heads, n[2], form.rows}, {}});
  return all;
}

} // namespace

namespace {

KernelEntry entry_of(const PagedForm &form, std::string_view config) {
  const Kernel &kernel = kernels()[form];
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {bf16, f16},
          .size_names = {"B", "P", "S"},
          .sizes = {32, 256, 4},
          .picture_sizes = {1, 2, 2},
          .operands =
              [form](DType dtype, std::span<const std::int64_t> n) {
                return operands_of(form, dtype, n);
              },
          .config = config};
}

} // namespace

std::vector<KernelEntry> paged_entries(bool latent) {
  if (!latent)
    return {
        entry_of({.unrolled = 2, .split = true}, "num_warps=2 num_stages=3")};
  PagedForm form{.width = 512,
                 .value_width = 512,
                 .rope_width = 64,
                 .unrolled = 1,
                 .split = true};
  std::vector<KernelEntry> entries{entry_of(form, "num_warps=4 num_stages=2")};
  form.rows = form.block = 64;
  form.shared = true;
  entries.push_back(
      entry_of(form, "num_warps=8 num_stages=2 warp_specialize=1"));
  entries.back().capability = 90;
  entries.push_back(combine_entry());
  return entries;
}

} // namespace girih::ops
