// SPDX-License-Identifier: Apache-2.0
// expert_gating: scores = f(logits[t, :]); indices[t, :] = the k experts with
// the largest scores + correction_bias, weights[t, :] = their scores
//
// Shapes: logits[T, E], correction_bias[E] or none; results [T, k]. f is
// softmax or sigmoid. With groups, experts outside of the top_groups best
// groups are not taken: a group's score is its largest one, or with a bias the
// sum of its two largest. Weights are divided by their sum + 1e-20 where
// renormalize, and times routed_scale. Dtypes: logits and bias floats, weights
// f32, indices i64; all in f32, of f64 logits in f64. Of equal scores the
// first is taken; NaN is larger than all. A program has some tokens as tiles
// [tokens, groups, experts], and takes k times the largest.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: the routers of DeepSeek-V3 (noaux_tc), Mixtral and Qwen.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/experts.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {bf16, f32, f16, f64};

// What a kernel is made with. Tiles are [tokens, groups, width], the latter
// powers of two.
struct Form {
  std::int64_t k, groups, size, top_groups; // size: experts of a group
  bool sigmoid, biased, renormalized;
  std::int64_t tokens;
  auto operator<=>(const Form &) const = default;

  std::int64_t group_lanes() const { return power_of_two(groups); }
  std::int64_t lanes() const { return power_of_two(size); }
  Shape shape() const { return {tokens, group_lanes(), lanes()}; }
};

// Keys: integers in the order of the numbers, NaN last, zeros equal. The lowest
// ones are none of any number.
template <class T> using Limits = std::numeric_limits<T>;
std::int64_t lowest_of(DType key) {
  return key == i64 ? Limits<std::int64_t>::min() : Limits<std::int32_t>::min();
}
Tile key_of(const Tile &x) {
  const DType type = x.dtype() == f64 ? i64 : i32;
  const int sign = bits(type) - 1;
  const Tile word = bitcast(x + 0, type);
  const Tile key = word ^ ((word >> sign) & ~(full({}, 1, type) << sign));
  return where(isnan(x), ~lowest_of(type), key);
}

// Of lanes (key, number, value) that with the largest key, of equal ones the
// lowest number.
Tiles first_largest(const Tiles &a, const Tiles &b) {
  const Tile takes = (a[0] > b[0]) | ((a[0] == b[0]) & (a[1] < b[1]));
  Tiles out;
  for (std::size_t at = 0; at < a.size(); ++at)
    out.push_back(where(takes, a[at], b[at]));
  return out;
}

Tiles largest_along(const Tiles &lanes, int axis) {
  const std::vector<Located> all(lanes.begin(), lanes.end());
  return reduce(all, dim(axis).kept(), first_largest);
}

class Gate {
public:
  Gate(const Form &form, const In &logits)
      : form_(form), type_(computed(logits.dtype())),
        inside_(logits.in_bounds()),
        group_(
            broadcast_to(unsqueeze(unsqueeze(arange(form.group_lanes()), 1), 0),
                         form.shape())),
        expert_(group_ * form.size +
                unsqueeze(unsqueeze(arange(form.lanes()), 0), 0)) {}

  Tile scores(const In &logits) const {
    const Tile x = cast(logits, type_);
    if (form_.sigmoid)
      return 1 / (1 + exp(-x));
    const Tile seen = where(inside_, x, -INFINITY);
    const Tile power = exp(seen - max(max(seen, dim(2).kept()), dim(1).kept()));
    return power / sum(sum(power, dim(2).kept()), dim(1).kept());
  }

  // What experts are chosen by: keys.
  Tile keys(const Tile &choice) const {
    Tile key = key_of(choice);
    if (form_.top_groups < form_.groups)
      key = where(chosen_groups(choice), key, lowest_of(key.dtype()) + 1);
    return where(inside_, key, lowest_of(key.dtype()));
  }

  // Takes k experts; weights and indices [tokens, K lanes].
  void take(Tile key, const Tile &score, const Shape &shape, Tile &weights,
            Tile &indices) const {
    const Tile lane = unsqueeze(arange(shape[1]), 0);
    for (std::int64_t j = 0; j < form_.k; ++j) {
      const Tiles best =
          largest_along(largest_along({key, expert_, score}, 2), 1);
      const auto place = [&](const Tile &value, const Tile &all) {
        return where(lane == j, squeeze(value, 1), all);
      };
      indices = place(best[1], indices);
      weights = place(best[2], weights);
      key = where(expert_ == best[1], lowest_of(key.dtype()), key);
    }
  }

private:
  // A mask of the groups with the largest scores, [tokens, groups, 1].
  Tile chosen_groups(const Tile &choice) const {
    const Tile number =
        broadcast_to(unsqueeze(unsqueeze(arange(form_.group_lanes()), 1), 0),
                     {form_.tokens, form_.group_lanes(), 1});
    const Tile seen = where(inside_, choice, -INFINITY);
    Tile score = max(seen, dim(2).kept());
    if (form_.biased && form_.size > 1)
      score = score + second(seen);
    Tile key = key_of(score);
    const std::int64_t lowest = lowest_of(key.dtype());
    key = where(number < form_.groups, key, lowest);
    Tile chosen = number < 0;
    for (std::int64_t j = 0; j < form_.top_groups; ++j) {
      const Tiles best = largest_along({key, number}, 1);
      chosen = chosen | (number == best[1]);
      key = where(number == best[1], lowest, key);
    }
    return chosen;
  }

  // The second largest of each group.
  Tile second(const Tile &seen) const {
    const Tile key = key_of(seen);
    const Tiles best = largest_along(
        {where(inside_, key, lowest_of(key.dtype())), expert_}, 2);
    return max(where(expert_ == best[1], -INFINITY, seen), dim(2).kept());
  }

  const Form &form_;
  DType type_; // of scores
  Tile inside_, group_, expert_;
};

// logits[T, groups, size], bias[groups, size] or a number, scale, weights and
// indices[T, k].
Arrangement arrange_gate(const Form &form, const Tensor &logits,
                         const Tensor &bias, const Tensor &scale,
                         const Tensor &weights, const Tensor &indices) {
  const auto cut = [&](const Tensor &t) {
    return t.tile({form.tokens, power_of_two(form.k)}).select(1, 0);
  };
  // A tile has all k lanes, and no program another one.
  const Tensor out = cut(weights);
  const auto spread = [&](const Tensor &t) {
    if (t.rank() == 0)
      return t;
    return t.tile({form.group_lanes(), form.lanes()})
        .select(1, 0)
        .select(0, 0)
        .unsqueeze(0)
        .expand({out.size(0)})
        .at(1, unsqueeze(0));
  };
  return arranged(
      logits.tile(Extents{form.tokens, form.group_lanes(), form.lanes()})
          .select(2, 0)
          .select(1, 0),
      spread(bias), scale, partial(out), partial(cut(indices)));
}

Kernel make_kernel(const Form &form) {
  return make(
      form.groups > 1 ? "expert_gating_groups" : "expert_gating",
      [form](Tensor logits, Tensor bias, Tensor scale, Tensor weights,
             Tensor indices) {
        return arrange_gate(form, logits, bias, scale, weights, indices);
      },
      [form](In logits, In bias, In scale, Out weights, Out indices) {
        const Gate gate(form, logits);
        const Tile score = gate.scores(logits);
        const DType type = score.dtype();
        const Tile choice = form.biased ? score + cast(bias, type) : score;
        Tile found = zeros(weights.shape(), type),
             numbers = zeros(weights.shape(), i32);
        gate.take(gate.keys(choice), score, weights.shape(), found, numbers);
        if (form.renormalized)
          found = found / (sum(found, dim(1).kept()) + 1e-20F);
        weights = found * cast(scale, type);
        indices = numbers;
      },
      {"logits", "correction_bias", "routed_scale", "weights", "indices"});
}

KernelFamily<Form> &kernels() {
  static KernelFamily<Form> made(make_kernel);
  return made;
}

// On a GPU a program is a warp: nothing goes through memory.
constexpr std::int64_t tokens_of_gpu = 1, tokens_of_host = 8;

struct ExpertGating {
  static constexpr std::string_view signature =
      "expert_gating(logits, k: int, correction_bias: array? = None, *, "
      "scoring: str = 'softmax', groups: int = 1, top_groups: int = 1, "
      "renormalize: bool = False, routed_scale: float = 1.0) -> weights, "
      "indices";
  static std::array<Shaped, 2>
  result(const Call &call, const Array &logits, std::int64_t k,
         const std::optional<Array> &correction_bias, std::string_view scoring,
         std::int64_t groups, std::int64_t top_groups, bool, double) {
    const Argument x{"logits", logits},
        bias{"correction_bias", correction_bias};
    call.check_same_device({x, bias});
    call.check_dtype(x, dtypes);
    call.check_dtype(bias, dtypes);
    call.check_rank(x, 2);
    const std::int64_t experts = logits.size(1);
    call.check_shape(bias, {experts}, {x});
    call.require(scoring == "softmax" || scoring == "sigmoid",
                 "scoring must be softmax or sigmoid", {x});
    call.require(experts <= 4096, "there can be at most 4096 experts", {x});
    call.require(groups >= 1 && experts % groups == 0,
                 "groups must divide the number of experts", {x});
    call.require(top_groups >= 1 && top_groups <= groups,
                 "top_groups must be at least 1 and at most groups", {x});
    call.require(k >= 1 && k <= experts / groups * top_groups,
                 "k must be at least 1 and at most the number of experts in "
                 "top_groups groups",
                 {x});
    const Dims shape{{logits.size(0), k}, 2};
    return {Shaped{shape, computed(logits.dtype())}, Shaped{shape, i64}};
  }
  static void launch(const Call &call, const Array &logits, std::int64_t k,
                     const std::optional<Array> &correction_bias,
                     std::string_view scoring, std::int64_t groups,
                     std::int64_t top_groups, bool renormalize,
                     double routed_scale, const Array &weights,
                     const Array &indices) {
    const bool gpu = logits.device().kind == Device::Kind::cuda;
    const std::int64_t size = logits.size(1) / groups;
    const std::int64_t most = gpu ? tokens_of_gpu : tokens_of_host;
    const Form form{.k = k,
                    .groups = groups,
                    .size = size,
                    .top_groups = top_groups,
                    .sigmoid = scoring == "sigmoid",
                    .biased = correction_bias.has_value(),
                    .renormalized = renormalize,
                    .tokens = std::min(power_of_two(logits.size(0)), most)};
    const Array x = split_dim(logits, 1, size);
    const Array bias = correction_bias ? split_dim(*correction_bias, 0, size)
                                       : Array::scalar(0, f32);
    const Array scale = Array::scalar(routed_scale, computed(logits.dtype()));
    Config config;
    config.num_warps = 1;
    const std::array operands{&x, &bias, &scale, &weights, &indices};
    kernels()[form].run(operands, {.config = config, .stream = call.stream},
                        call.where);
  }
};

} // namespace

std::array<Array, 2> expert_gating(const Array &logits, std::int64_t k,
                                   const std::optional<Array> &correction_bias,
                                   std::string_view scoring,
                                   std::int64_t groups, std::int64_t top_groups,
                                   bool renormalize, double routed_scale,
                                   const Stream &stream,
                                   std::source_location where) {
  return compute<ExpertGating>(stream, where, logits, k, correction_bias,
                               scoring, groups, top_groups, renormalize,
                               routed_scale);
}

void expert_gating_out(const Array &logits, const Array &weights,
                       const Array &indices, std::int64_t k,
                       const std::optional<Array> &correction_bias,
                       std::string_view scoring, std::int64_t groups,
                       std::int64_t top_groups, bool renormalize,
                       double routed_scale, const Stream &stream,
                       std::source_location where) {
  compute_into<ExpertGating>(stream, where, std::tie(weights, indices), logits,
                             k, correction_bias, scoring, groups, top_groups,
                             renormalize, routed_scale);
}

OpEntry entry_of_expert_gating() {
  const auto entry = [](std::string_view name, const Form &form) {
    return KernelEntry{
        .name = name,
        .kernel = kernels()[form],
        .dtypes = {std::begin(dtypes), std::end(dtypes)},
        .size_names = {"T"},
        .sizes = {8192},
        .picture_sizes = {3},
        .operands =
            [form](DType dtype, std::span<const std::int64_t> sizes) {
              const OperandShape number{computed(dtype), {}, {}, true},
                  bias{f32, {form.groups, form.size}, {}};
              return std::vector<OperandShape>{
                  {dtype, {sizes[0], form.groups, form.size}, {}},
                  form.biased ? bias : number,
                  number,
                  {computed(dtype), {sizes[0], form.k}, {}},
                  {i64, {sizes[0], form.k}, {}}};
            },
        .config = "num_warps=1"};
  };
  return op_entry<ExpertGating>(
      {"experts",
       "the k largest softmax or sigmoid scores, and whose they are",
       {std::begin(dtypes), std::end(dtypes)},
       {entry("expert_gating", {.k = 8,
                                .groups = 1,
                                .size = 128,
                                .top_groups = 1,
                                .sigmoid = false,
                                .biased = false,
                                .renormalized = true,
                                .tokens = tokens_of_gpu}),
        entry("expert_gating_groups", {.k = 8,
                                       .groups = 8,
                                       .size = 32,
                                       .top_groups = 4,
                                       .sigmoid = true,
                                       .biased = true,
                                       .renormalized = true,
                                       .tokens = tokens_of_gpu})}});
}

} // namespace girih::ops
