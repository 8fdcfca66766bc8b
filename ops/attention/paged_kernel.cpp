// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/paged_kernel.h"

#include "girih/ops/attention/online_softmax.h"
#include "girih/ops/attention/paged_combine.h"

#include <algorithm>
#include <functional>

namespace girih::ops {

namespace {

// [B, H, R] with tiles [rows, width] of x[B, H, G, D], and splits.
Tensor arrange_heads(const Tensor &x, std::int64_t rows, std::int64_t width,
                     const Size &splits) {
  return x.tile({1, 1, rows, width})
      .tile({1, 1, 1, whole})
      .squeeze(3)
      .unsqueeze(3)
      .expand({keep, keep, keep, splits})
      .at(1, squeeze({0, 1, 2}))
      .at(2, squeeze({0, 1}));
}

struct Operands {
  Tensor q, keys, values, q_rope, keys_rope, table, lengths, scale, soft_cap,
      window, sinks;
};

// All but the outputs, whose grid is [B, H, R, S].
Operands arrange_inputs(const PagedForm &form, const Operands &in,
                        const Size &splits) {
  Tensor q = arrange_heads(in.q, form.rows, form.width, splits);
  auto cache = [&](const Tensor &t, std::int64_t width) {
    return arrange_cache(t, form.block, width)
        .unsqueeze(0)
        .unsqueeze(2)
        .unsqueeze(3)
        .expand({q.size(0), keep, q.size(2), splits});
  };
  auto of_sequence = [&](const Tensor &t) {
    return t.unsqueeze(1).unsqueeze(2).unsqueeze(3).expand(
        {keep, q.size(1), q.size(2), splits});
  };
  Operands out = in;
  out.q = q;
  // A key is a column of the second matrix of the first product.
  out.keys = cache(in.keys, form.width).at(2, permute({1, 0}));
  out.values = cache(in.values, form.value_width);
  if (form.rope_width != 0) {
    out.q_rope = arrange_heads(in.q_rope, form.rows, form.rope_width, splits);
    out.keys_rope = cache(in.keys_rope, form.rope_width).at(2, permute({1, 0}));
  }
  out.table = of_sequence(arrange_table(in.table));
  out.lengths = of_sequence(in.lengths.tile({1}).at(1, squeeze(0)));
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

// What a program does with blocks of keys.
class Blocks {
public:
  Blocks(const PagedForm &form, const Inputs &in, const Index &length,
         const Index &first_key)
      : form_(form), in_(in), type_(accumulated(in.q.dtype())), length_(length),
        first_key_(first_key),
        scale_(cast(in.scale, type_), cast(in.soft_cap, type_), form.capped),
        query_(in.q[0]), state_(form.rows, form.value_width, type_) {
    if (form.rope_width != 0)
      rope_.emplace_back(in.q_rope[0]);
  }

  // Blocks [first, first + unrolled), all of whose keys are visible.
  void visible(const Index &first) {
    std::vector<Tile> scores;
    std::vector<InTile> values;
    for (int i = 0; i < form_.unrolled; ++i) {
      Index block = first + i;
      Index page = page_of(block);
      scores.push_back(score(page, block));
      values.push_back(in_.values[{page, block % per_page(), 0}]);
    }
    state_.step(scores, values, in_.q.dtype());
  }

  void masked(const Index &block) {
    Index page = page_of(block);
    Tile key = arange(form_.block, i64) + block * form_.block;
    Tile seen = key < length_;
    if (form_.window)
      seen = seen & (key >= first_key_);
    std::vector<Tile> scores{
        where(unsqueeze(seen, 0), score(page, block), -INFINITY)};
    Tile value = in_.values[{page, block % per_page(), 0}];
    std::vector<Tile> values{where(unsqueeze(seen, 1), value, 0)};
    state_.step(scores, values, in_.q.dtype());
  }

  OnlineSoftmax &state() { return state_; }
  DType type() const { return type_; }

private:
  std::int64_t per_page() const { return form_.page / form_.block; }
  Index page_of(const Index &block) const {
    return as_index(in_.table[block / per_page()]);
  }
  Tile score(const Index &page, const Index &block) const {
    Tile product = dot(query_, in_.keys[{page, block % per_page(), 0}]);
    if (form_.rope_width != 0)
      product +=
          dot(rope_.front(), in_.keys_rope[{page, block % per_page(), 0}]);
    return scale_(product);
  }

  const PagedForm &form_;
  const Inputs &in_;
  DType type_;
  Index length_, first_key_;
  ScoreScale scale_;
  Tile query_;
  std::vector<Tile> rope_; // one, or none
  OnlineSoftmax state_;
};

// Attention of this program's part of its sequence.
void attend(const PagedForm &form, const Inputs &in, const Index &splits,
            const std::function<void(Blocks &)> &store) {
  const std::int64_t block = form.block, unrolled = form.unrolled;
  Index length =
      min(max(as_index(in.lengths), 0), in.table.size(0) * form.page);
  Index first_key(0);
  if (form.window)
    first_key = max(length - as_index(in.window), 0);
  Index begin = first_key / block, end = cdiv(length, block);
  Index steps = cdiv(end - begin, unrolled);
  Index part = cdiv(steps, splits) * unrolled;
  Index first = begin + program_id(3) * part;
  Index last = min(first + part, end);
  Index whole_begin = form.window ? max(first, cdiv(first_key, block)) : first;
  Index rounds = max(min(last, length / block) - whole_begin, 0) / unrolled;

  Blocks blocks(form, in, length, first_key);
  if (form.sinks) {
    Tile sink = cast(in.sinks, blocks.type()) * std::numbers::log2e;
    blocks.state().sink(where(program_id(3) == 0, sink, -INFINITY));
  }
  if (form.window)
    for (Index at : range(first, min(whole_begin, last)))
      blocks.masked(at);
  for (Index round : range(rounds))
    blocks.visible(whole_begin + round * unrolled);
  for (Index at : range(whole_begin + rounds * unrolled, last))
    blocks.masked(at);
  store(blocks);
}

const std::vector<std::string> input_names{
    "q",          "key_cache",   "value_cache", "q_rope",
    "rope_cache", "block_table", "lengths",     "scale",
    "soft_cap",   "window",      "sinks"};

std::vector<std::string> names_with(std::initializer_list<std::string> outs) {
  std::vector<std::string> names = input_names;
  names.insert(names.end(), outs);
  return names;
}

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
    attend(form,
           {q, keys, values, q_rope, keys_rope, table, lengths, scale, soft_cap,
            window, sinks},
           Index(1), [&](Blocks &blocks) { out[0] = blocks.state().result(); });
  };
  return make(form.rope_width ? "latent_attention" : "paged_attention",
              arrangement, application, names_with({"out"}));
}

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
    Tensor tiles = parts.tile({1, 1, 1, form.rows, form.value_width})
                       .tile({1, 1, 1, 1, whole})
                       .squeeze(4)
                       .permute({0, 1, 3, 2})
                       .at(1, squeeze({0, 1, 2, 3}))
                       .at(2, squeeze({0, 1, 2}));
    Tensor sum = sums.tile({1, 1, 1, form.rows})
                     .permute({0, 1, 3, 2})
                     .at(1, squeeze({0, 1, 2}))
                     .at(1, unsqueeze(1));
    return arranged(all.q, all.keys, all.values, all.q_rope, all.keys_rope,
                    all.table, all.lengths, all.scale, all.soft_cap, all.window,
                    all.sinks, tiles, sum);
  };
  auto application = [=](In q, In keys, In values, In q_rope, In keys_rope,
                         In table, In lengths, In scale, In soft_cap, In window,
                         In sinks, Out parts, Out sums) {
    attend(form,
           {q, keys, values, q_rope, keys_rope, table, lengths, scale, soft_cap,
            window, sinks},
           parts.source_size(2), [&](Blocks &blocks) {
             parts[0] = blocks.state().result();
             sums = blocks.state().log2_sum();
           });
  };
  return make(form.rope_width ? "latent_attention_split"
                              : "paged_attention_split",
              arrangement, application, names_with({"parts", "sums"}));
}

KernelFamily<PagedForm> &kernels() {
  static KernelFamily<PagedForm> made([](const PagedForm &form) {
    return form.split ? make_split(form) : make_whole(form);
  });
  return made;
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
  // Keys of a step, by measurement on an H200; latents take more registers.
  const bool narrow = paged.q_rope.rank() == 0 && bytes(paged.q.dtype()) <= 2;
  const std::int64_t keys = !gpu ? 64 : narrow ? 32 : 16;
  form.unrolled =
      static_cast<int>(std::clamp<std::int64_t>(keys / form.block, 1, 4));
  if (paged.q_rope.rank() != 0) {
    form.rope_width = head_width(paged.q, paged.q_rope.size(3));
    if (gpu) // the accumulator is wide: registers for 16 rows
      form.rows = 16;
  }
  form.window = paged.window > 0;
  form.capped = paged.soft_cap > 0;
  form.sinks = paged.sinks.has_value();
  return form;
}

} // namespace

std::int64_t paged_splits(Device device, std::int64_t programs,
                          std::int64_t capacity) {
  // Eight warps on a multiprocessor; two parts for each thread of the host. A
  // part is not below what hides its own beginning and end.
  const bool gpu = device.kind == Device::Kind::cuda;
  const std::int64_t processors = properties(device).processors;
  const std::int64_t wanted = processors * (gpu ? 8 : 2);
  const std::int64_t least = gpu ? 32 : 256;
  const std::int64_t most =
      std::min<std::int64_t>(pieces_of(capacity, least), 128);
  if (!gpu && programs >= processors)
    return 1;
  return std::clamp<std::int64_t>(wanted / at_least_one(programs), 1,
                                  at_least_one(most));
}

void launch_paged(const Call &call, const PagedCall &paged) {
  const Array &q = paged.q, &out = paged.out;
  PagedForm form = form_of(paged, q.size(2));
  const std::int64_t programs =
      q.size(0) * q.size(1) * ((q.size(2) + form.rows - 1) / form.rows);
  const std::int64_t splits =
      paged_splits(q.device(), programs, paged.block_table.size(1) * form.page);
  form.split = splits > 1;
  const DType type = accumulated(q.dtype());
  const Array scale = Array::scalar(paged.scale, type),
              cap = Array::scalar(paged.soft_cap, type),
              window = Array::scalar(paged.window, i64),
              none = Array::scalar(0, f32);
  const Array &sinks = paged.sinks ? *paged.sinks : none;
  // Without matrix instructions a warp holds more of its operands.
  const bool wide = form.rope_width != 0 || bytes(q.dtype()) > 2;
  const int warps =
      wide ? 4 : static_cast<int>(std::max<std::int64_t>(form.rows / 16, 2));
  // Shared memory holds as many rounds of blocks.
  const std::int64_t stage = form.unrolled * form.block *
                             (form.width + form.rope_width + form.value_width) *
                             bytes(q.dtype());
  const std::int64_t fixed =
      form.rows * (form.width + form.rope_width) * bytes(q.dtype());
  const int stages = stages_that_fit(q.device(), stage, fixed);
  const Kernel &kernel = kernels()[form];
  if (!form.split)
    return run_with(call, kernel, warps, stages,
                    {&q, &paged.keys, &paged.values, &paged.q_rope,
                     &paged.keys_rope, &paged.block_table, &paged.lengths,
                     &scale, &cap, &window, &sinks, &out});
  const std::int64_t shape[] = {q.size(0), q.size(1), splits, q.size(2),
                                out.size(3)};
  const Array parts = allocate_result(shape, type, q.device(), call.stream);
  const Array sums =
      allocate_result(std::span(shape, 4), type, q.device(), call.stream);
  run_with(call, kernel, warps, stages,
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

std::vector<KernelEntry> paged_entries(bool latent) {
  PagedForm form{.unrolled = 2, .split = true};
  if (latent)
    form = {.width = 512,
            .value_width = 512,
            .rope_width = 64,
            .unrolled = 1,
            .split = true};
  std::vector<KernelEntry> entries{
      {.name = latent ? "latent_attention_split" : "paged_attention_split",
       .kernel = kernels()[form],
       .dtypes = {bf16, f16},
       .size_names = {"B", "P", "S"},
       .sizes = {32, 256, 4},
       .picture_sizes = {1, 2, 2},
       .operands =
           [form](DType dtype, std::span<const std::int64_t> n) {
             return operands_of(form, dtype, n);
           },
       .config =
           latent ? "num_warps=4 num_stages=2" : "num_warps=2 num_stages=3"}};
  if (!latent)
    entries.push_back(combine_entry());
  return entries;
}

} // namespace girih::ops
