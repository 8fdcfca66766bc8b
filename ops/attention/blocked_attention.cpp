// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/blocked_attention.h"

#include "girih/ops/attention/blocked_arrangement.h"
#include "girih/ops/attention/blocked_tiles.h"
#include "girih/ops/attention/online_softmax.h"
#include "girih/ops/warp_groups.h"

#include <algorithm>
#include <functional>

namespace girih::ops {

namespace {

using Form = BlockedForm;
using Inputs = BlockedOperands<const In &>;

// Where a program's queries are and how many keys there are.
struct Extent {
  Index queries, keys, first, ahead; // ahead: position of query 0

  Extent(const Form &form, const Inputs &in)
      : queries(in.q.source_size(3 - 3 * (form.keys != Form::Keys::dense))),
        keys(0), first(program_id(3) * form.rows), ahead(0) {
    Index row = program_id(0);
    if (form.keys != Form::Keys::dense)
      queries =
          max(as_index(in.q_offsets[row + 1]) - as_index(in.q_offsets[row]), 0);
    switch (form.keys) {
    case Form::Keys::dense:
      keys = in.k.source_size(2);
      break;
    case Form::Keys::jagged:
      keys =
          max(as_index(in.k_offsets[row + 1]) - as_index(in.k_offsets[row]), 0);
      break;
    case Form::Keys::paged:
      keys = min(max(as_index(in.k_offsets), 0), in.table.size(0) * form.page);
      break;
    }
    if (!form.upper)
      ahead = keys - queries;
  }
};

// What a program does with blocks of keys.
class Walk {
public:
  Walk(const Form &form, const Inputs &in)
      : form_(form), in_(in), type_(accumulated(in.q.dtype())), at_(form, in),
        left_(0), right_(0),
        scale_(cast(in.scale, type_), cast(in.soft_cap, type_), form.capped),
        query_(in.q[0]),
        position_(unsqueeze(arange(form.rows, i64), 1) + at_.first + at_.ahead),
        state_(form.rows, form.value_width, type_) {
    if (form.left)
      left_ = as_index(in.left);
    if (form.right)
      right_ = as_index(in.right);
    if (form.sinks)
      state_.sink(cast(in.sinks, type_) * std::numbers::log2e);
  }

  OnlineSoftmax &run() {
    const std::int64_t block = form_.block, unrolled = form_.unrolled;
    Index nearest = at_.first + at_.ahead, // positions of the tile's queries
        farthest = nearest + (form_.rows - 1);
    Index begin(0), end = cdiv(at_.keys, block);
    Index whole_begin(0), whole_end = at_.keys / block;
    if (form_.left) {
      begin = max(nearest - left_, 0) / block;
      whole_begin = cdiv(max(farthest - left_, 0), block);
    }
    if (form_.right) {
      end = min(end, cdiv(max(farthest + right_ + 1, 0), block));
      whole_end = min(whole_end, max(nearest + right_ + 1, 0) / block);
    }
    // Past the queries of a short row there is nothing to do.
    end = end * min(max(at_.queries - at_.first, 0), 1);
    whole_end = min(whole_end, end);
    Index rounds = max(whole_end - whole_begin, 0) / unrolled;
    if (form_.left)
      for (Index j : range(begin, min(whole_begin, end)))
        masked(j);
    for (Index round : range(rounds))
      visible(whole_begin + round * unrolled);
    for (Index j : range(whole_begin + rounds * unrolled, end))
      masked(j);
    return state_;
  }

private:
  bool paged() const { return form_.keys == Form::Keys::paged; }

  // Keys along dimension `dim`.
  Tile tile_of(const In &operand, const Index &block, int dim) const {
    if (!paged())
      return operand[{block, 0}];
    return paged_tile(operand, block, dim);
  }

  Tile paged_tile(const In &operand, const Index &block, int dim) const {
    const std::int64_t per_page = form_.page / form_.piece,
                       pieces = form_.block / form_.piece;
    return cat_of(pieces, dim, [&](std::int64_t at) -> Tile {
      const Index piece = block * pieces + at;
      return operand[{as_index(in_.table[piece / per_page]), piece % per_page,
                      0}];
    });
  }

  Tile keys_of(const Index &block) const {
    return unsqueeze(arange(form_.block, i64), 0) + block * form_.block;
  }

  Tile score(const Index &block) const {
    Tile score = dot(query_, tile_of(in_.k, block, 1));
    if (!form_.folded)
      score = scale_(score);
    if (form_.slopes) {
      Tile distance = cast(abs(keys_of(block) - position_), type_);
      score =
          score - distance * (cast(in_.slopes, type_) * std::numbers::log2e);
    }
    if (form_.mask == Form::Mask::boolean)
      score = where(in_.mask[block], score, -INFINITY);
    if (form_.mask == Form::Mask::additive)
      score = score + cast(in_.mask[block], type_) * std::numbers::log2e;
    return score;
  }

  void visible(const Index &first) {
    if (paged())
      visible<Tile>(first,
                    [&](const Index &at) { return paged_tile(in_.v, at, 0); });
    else // read where it is needed
      visible<InTile>(first, [&](const Index &at) { return in_.v[{at, 0}]; });
  }

  template <class Value>
  void visible(const Index &first,
               const std::function<Value(const Index &)> &value) {
    std::vector<Tile> scores;
    std::vector<Value> values;
    for (int i = 0; i < form_.unrolled; ++i) {
      scores.push_back(score(first + i));
      values.push_back(value(first + i));
    }
    state_.step(scores, values, in_.q.dtype(), factor());
  }

  void masked(const Index &block) {
    Tile key = keys_of(block);
    Tile seen = key < at_.keys;
    if (form_.left)
      seen = seen & (key >= position_ - left_);
    if (form_.right)
      seen = seen & (key <= position_ + right_);
    std::vector<Tile> scores{where(seen, score(block), -INFINITY)};
    Tile value = tile_of(in_.v, block, 0);
    // A free place of a page may hold anything.
    if (paged())
      value = where(unsqueeze(arange(form_.block, i64) + block * form_.block,
                              1) < at_.keys,
                    value, 0);
    state_.step(scores, std::vector<Tile>{value}, in_.q.dtype(), factor());
  }

  std::optional<Tile> factor() const {
    return form_.folded ? std::optional(scale_.scale) : std::nullopt;
  }

  const Form &form_;
  const Inputs &in_;
  DType type_;
  Extent at_;
  Index left_, right_;
  ScoreScale scale_;
  Tile query_, position_;
  OnlineSoftmax state_;
};

std::vector<std::string> names_with(std::initializer_list<std::string> outs) {
  std::vector<std::string> names{
      "q",         "k",         "v",           "attn_mask", "alibi_slopes",
      "sinks",     "scale",     "soft_cap",    "left",      "right",
      "q_offsets", "k_offsets", "block_table", "longest"};
  names.insert(names.end(), outs);
  return names;
}

// The form with the tiles that the Config has.
Form placed(Form form, const Inputs &in) {
  if (form.keys == Form::Keys::dense) {
    form.rows = in.q.shape()[0];
    form.block = in.k.shape()[1];
  }
  return form;
}

std::string name_of(const Form &form) {
  const char *names[] = {"attention", "varlen_attention",
                         "paged_varlen_attention"};
  return std::string(names[static_cast<int>(form.keys)]) +
         (form.keys == Form::Keys::paged && form.block > form.piece ? "_joined"
                                                                    : "") +
         (form.log_sum ? "_with_log_sum" : "");
}

Kernel make_kernel(const Form &form) {
  if (form.log_sum)
    return make(
        name_of(form),
        [=](Tensor q, Tensor k, Tensor v, Tensor mask, Tensor slopes,
            Tensor sinks, Tensor scale, Tensor cap, Tensor left, Tensor right,
            Tensor q_offsets, Tensor k_offsets, Tensor table, Tensor longest,
            Tensor out, Tensor sums) {
          const BlockedOperands<Tensor> in{
              q,   k,    v,     mask,      slopes,    sinks, scale,
              cap, left, right, q_offsets, k_offsets, table, longest};
          const auto all = arrange_blocked(form, in);
          return arranged(all.q, all.k, all.v, all.mask, all.slopes, all.sinks,
                          scale, cap, left, right, q_offsets, all.k_offsets,
                          all.table, all.longest, arrange_result(form, out, in),
                          arrange_log_sum(form, sums, in));
        },
        [=](In q, In k, In v, In mask, In slopes, In sinks, In scale, In cap,
            In left, In right, In q_offsets, In k_offsets, In table, In longest,
            Out out, Out sums) {
          const Inputs in{q,         k,         v,     mask,   slopes,
                          sinks,     scale,     cap,   left,   right,
                          q_offsets, k_offsets, table, longest};
          const Form cut = placed(form, in);
          Walk walk(cut, in);
          OnlineSoftmax &state = walk.run();
          out[0] = state.result();
          sums = state.log_sum();
        },
        names_with({"out", "log_sum"}));
  return make(
      name_of(form),
      [=](Tensor q, Tensor k, Tensor v, Tensor mask, Tensor slopes,
          Tensor sinks, Tensor scale, Tensor cap, Tensor left, Tensor right,
          Tensor q_offsets, Tensor k_offsets, Tensor table, Tensor longest,
          Tensor out) {
        const BlockedOperands<Tensor> in{
            q,   k,    v,     mask,      slopes,    sinks, scale,
            cap, left, right, q_offsets, k_offsets, table, longest};
        const auto all = arrange_blocked(form, in);
        return arranged(all.q, all.k, all.v, all.mask, all.slopes, all.sinks,
                        scale, cap, left, right, q_offsets, all.k_offsets,
                        all.table, all.longest, arrange_result(form, out, in));
      },
      [=](In q, In k, In v, In mask, In slopes, In sinks, In scale, In cap,
          In left, In right, In q_offsets, In k_offsets, In table, In longest,
          Out out) {
        const Inputs in{q,   k,    v,     mask,      slopes,    sinks, scale,
                        cap, left, right, q_offsets, k_offsets, table, longest};
        const Form cut = placed(form, in);
        Walk walk(cut, in);
        out[0] = walk.run().result();
      },
      names_with({"out"}));
}

KernelFamily<Form> &kernels() {
  static KernelFamily<Form> made(make_kernel);
  return made;
}

} // namespace

void launch_blocked(const Call &call, const BlockedCall &blocked) {
  const Form form = form_of(blocked);
  const DType type = accumulated(blocked.q.dtype());
  const Array none = Array::scalar(0, f32),
              scale = Array::scalar(blocked.scale, type),
              cap = Array::scalar(blocked.soft_cap, type),
              left = Array::scalar(blocked.left.value_or(0), i64),
              right = Array::scalar(blocked.right.value_or(0), i64);
  const auto given = [&](const std::optional<Array> &array) {
    return array ? &*array : &none;
  };
  Array longest = none;
  if (blocked.q_offsets)
    longest = strided_view(*blocked.q_offsets, {blocked.longest}, {0});
  const std::int64_t least = bytes(blocked.q.dtype()) > 2 ? 8 : 1;
  const int warps =
      static_cast<int>(std::max<std::int64_t>(form.rows / 16, least));
  const std::int64_t stage = form.unrolled * form.block *
                             (form.width + form.value_width) *
                             bytes(blocked.q.dtype());
  // The queries; without matrix instructions the scores go through there too.
  const std::int64_t fixed =
      form.rows *
      (form.width * bytes(blocked.q.dtype()) +
       (bytes(blocked.q.dtype()) > 2 ? form.unrolled * form.block * bytes(type)
                                     : 0));
  int stages = stages_that_fit(blocked.q.device(), stage, fixed);
  if (multiplied_by_groups(blocked.q))
    stages = std::min(stages, most_stages(form, blocked));
  const bool persistent = is_persistent(form, blocked);
  const LaunchShape shape{warps, stages, order_of(form, blocked, persistent),
                          persistent};
  const Kernel &kernel = kernels()[form];
  const Array *sums = blocked.log_sum ? &*blocked.log_sum : nullptr;
  if (sums)
    return run_with(call, kernel, shape,
                    {&blocked.q, &blocked.k, &blocked.v, given(blocked.mask),
                     given(blocked.slopes), given(blocked.sinks), &scale, &cap,
                     &left, &right, given(blocked.q_offsets),
                     given(blocked.k_offsets), given(blocked.block_table),
                     &longest, &blocked.out, sums});
  run_with(call, kernel, shape,
           {&blocked.q, &blocked.k, &blocked.v, given(blocked.mask),
            given(blocked.slopes), given(blocked.sinks), &scale, &cap, &left,
            &right, given(blocked.q_offsets), given(blocked.k_offsets),
            given(blocked.block_table), &longest, &blocked.out});
}

namespace {

std::vector<OperandShape> operands_of(const Form &form, DType dtype,
                                      std::span<const std::int64_t> n) {
  const std::int64_t b = n[0], m = n[1], d = form.width;
  const bool dense = form.keys == Form::Keys::dense,
             paged = form.keys == Form::Keys::paged;
  const OperandShape none{f32, {}, {}, true},
      number{accumulated(dtype), {}, {}, true}, integer{i64, {}, {}, true};
  const OperandShape q{dtype,
                       dense ? std::vector<std::int64_t>{b, 8, 4, m, d}
                             : std::vector<std::int64_t>{b * m, 8, 4, d},
                       {}};
  const OperandShape k{dtype,
                       dense ? std::vector<std::int64_t>{b, 8, m, d}
                       : paged
                           ? std::vector<std::int64_t>{b * m / 16 + 1, 16, 8, d}
                           : std::vector<std::int64_t>{b * m, 8, d},
                       {}};
  const OperandShape offsets{i32, {b + 1}, {}};
  return {q,
          k,
          k,
          none,
          none,
          none,
          number,
          number,
          integer,
          integer,
          dense ? none : offsets,
          dense   ? none
          : paged ? OperandShape{i32, {b}, {}}
                  : offsets,
          paged ? OperandShape{i32, {b, m / 16 + 1}, {}} : none,
          dense ? none : OperandShape{i32, {m}, {0}},
          q};
}

} // namespace

namespace {

KernelEntry entry_of(const Form &form, std::string_view config) {
  const Kernel &kernel = kernels()[form];
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {bf16, f16},
          .size_names = {"B", "M"},
          .sizes = {2, 4096},
          .picture_sizes = {1, 2},
          .operands =
              [form](DType dtype, std::span<const std::int64_t> n) {
                return operands_of(form, dtype, n);
              },
          .config = config};
}

// Another Config of the kernel, which only warp groups can have.
KernelEntry on_groups(KernelEntry entry, std::string_view name,
                      std::string_view config) {
  entry.name = name;
  entry.config = config;
  entry.capability = 90;
  return entry;
}

std::vector<KernelEntry> dense_entries(const Form &form) {
  Form whole = form, narrow = form;
  whole.right = false;
  narrow.width = narrow.value_width = 64;
  return {entry_of(form, "num_warps=8 num_stages=2"),
          on_groups(entry_of(whole, {}), "attention_wide",
                    "ROWS=128 KEYS=176 num_warps=8 num_stages=2 "
                    "warp_specialize=1 persistent=1"),
          on_groups(entry_of(narrow, {}), "attention_narrow",
                    "ROWS=192 KEYS=128 num_warps=12 num_stages=2 "
                    "warp_specialize=1 persistent=1")};
}

} // namespace

std::vector<KernelEntry> blocked_entries(Form::Keys keys) {
  Form form{.keys = keys, .right = true, .folded = true};
  if (keys == Form::Keys::jagged)
    return {entry_of(form, "num_warps=8 num_stages=2")};
  if (keys == Form::Keys::dense)
    return dense_entries(form);
  form.page = form.piece = 16;
  Form small = form;
  small.block = 16;
  small.unrolled = 2;
  small.width = small.value_width = 64;
  form.block = 128;
  std::vector<KernelEntry> entries{
      entry_of(small, "num_warps=8 num_stages=2"),
      entry_of(form, "num_warps=8 num_stages=2 warp_specialize=1")};
  entries.back().capability = 90;
  return entries;
}

} // namespace girih::ops
