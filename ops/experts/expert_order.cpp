// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/experts/expert_order.h"

#include "girih/ops/kernel_family.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <compare>

namespace girih::ops {

namespace {

constexpr std::int64_t most_chunks = 64;

// Lanes of a tile of choices, of experts, and of chunks; 0 chunks: there is one
// that counts by itself. `turns`: tiles of a chunk.
struct Form {
  std::int64_t choices, experts, chunks, turns;
  auto operator<=>(const Form &) const = default;
};

Tile total(const Tile &x, int axis) {
  return reduce(x, dim(axis),
                [](const Tile &a, const Tile &b) { return a + b; });
}

// experts[T, k] as chunks of tiles.
Tensor cut_choices(const Form &form, const Tensor &t) {
  return t.flatten().tile({form.choices}).tile({form.turns});
}

// The expert of each choice; those that are none have number `count`, and lanes
// behind the last choice one more.
Tile bucket_of(const In &experts, const Index &turn, const Tile &count) {
  const Tile expert = experts[turn], none = cast(count, i64);
  const Tile wide = cast(expert, i64);
  const Tile known = where((wide >= 0) & (wide < none), wide, none);
  return cast(where(experts[turn].in_bounds(), known, none + 1), i32);
}

// How often each expert is in a tile.
Tile counted(const Form &form, const Tile &bucket) {
  const Tile lanes = unsqueeze(arange(form.experts), 0);
  return total(cast(unsqueeze(bucket, 1) == lanes, i32), 0);
}
Tile counted_none(const Tile &bucket, const Tile &count) {
  return total(cast(bucket == count, i32), 0);
}

// experts, count, and for each chunk counts[C, E] and none[C, 1].
Kernel make_counts(const Form &form) {
  return make(
      "expert_counts",
      [=](Tensor experts, Tensor count, Tensor counts, Tensor none) {
        return arranged(cut_choices(form, experts), count,
                        partial(counts.tile({1, form.experts}).select(1, 0)),
                        partial(none.tile({1, 1}).select(1, 0)));
      },
      [=](In experts, In count, Out counts, Out none) {
        Tile sums = zeros({form.experts}, i32), others = zeros({}, i32);
        for (Index turn : range(experts.size(0))) {
          const Tile bucket = bucket_of(experts, turn, count);
          sums = sums +
                 where(arange(form.experts) < count, counted(form, bucket), 0);
          others = others + counted_none(bucket, count);
        }
        counts = unsqueeze(sums, 0);
        none = unsqueeze(unsqueeze(others, 0), 0);
      },
      {"experts", "count", "counts", "none"});
}

// What a program needs to know before it walks over its chunk.
struct Before {
  Tile all;    // how often each expert is chosen
  Tile others; // how often none is, in earlier chunks
  Tile own;    // how often each expert is, in earlier chunks
};

Before counts_of_all(const Form &form, const In &counts, const In &none) {
  const Tile earlier =
      unsqueeze(arange(form.chunks), 1) < cast(program_id(0), i32);
  const Tile each = counts, others = none;
  return {total(each, 0), total(total(where(earlier, others, 0), 1), 0),
          total(where(earlier, each, 0), 0)};
}

Before counts_of_one(const Form &form, const In &experts, const In &count) {
  Tile all = zeros({form.experts}, i32);
  for (Index turn : range(experts.size(0)))
    all = all + counted(form, bucket_of(experts, turn, count));
  all = where(arange(form.experts) < count, all, 0);
  return {all, zeros({}, i32), zeros({form.experts}, i32)};
}

// Of each lane, how many lanes before it have the same number.
Tile rank_of(const Tile &bucket, std::int64_t lanes) {
  const Tile lane = arange(lanes);
  const Tile same = unsqueeze(bucket, 1) == unsqueeze(bucket, 0);
  const Tile earlier = unsqueeze(lane, 0) < unsqueeze(lane, 1);
  return total(cast(same & earlier, i32), 1);
}

struct Results {
  const Out &counts, &offsets, &places, &tokens;
};

void place_choices(const Form &form, const In &experts, const In &count,
                   const Before &before, const Results &out) {
  const Tile through = cast(cumsum(before.all, 0), i32);
  when(cast(program_id(0), i32) == 0, [&] {
    out.counts = before.all;
    out.offsets = through;
  });
  const Tile begins = through - before.all + before.own;
  const Tile end = total(before.all, 0);
  Tile seen = begins, others = end + before.others;
  for (Index turn : range(experts.size(0))) {
    const Tile bucket = bucket_of(experts, turn, count);
    const Tile base = where(
        bucket < count, gather(seen, 0, min(bucket, form.experts - 1)), others);
    const Tile place = base + rank_of(bucket, form.choices);
    out.places[turn] = place;
    // Lanes behind the last choice write to the element that is scratch.
    const Tile target =
        where(bucket <= count, place, out.tokens.source_size(0) - 1);
    out.tokens.scatter({target}, cast(experts[turn].offsets(0), i32));
    seen = seen + counted(form, bucket);
    others = others + counted_none(bucket, count);
  }
}

// Every program sees all of a matrix, in one tile.
Tensor whole_matrix(const Tensor &t, std::int64_t rows, std::int64_t columns,
                    const Tensor &like) {
  return t.tile({rows, columns})
      .select(1, 0)
      .select(0, 0)
      .unsqueeze(0)
      .expand({like.size(0)});
}

// experts, count -> counts, offsets, places, tokens
Kernel make_one(const Form &form) {
  return make(
      "expert_order",
      [=](Tensor experts, Tensor count, Tensor counts, Tensor offsets,
          Tensor places, Tensor tokens) {
        const Tensor cuts = cut_choices(form, experts);
        const auto row = [&](const Tensor &t) {
          return partial(t.tile({form.experts}));
        };
        return arranged(cuts, count, row(counts), row(offsets),
                        cut_choices(form, places),
                        partial(seen_by_all(tokens, cuts)));
      },
      [=](In experts, In count, Out counts, Out offsets, Out places,
          Out tokens) {
        place_choices(form, experts, count, counts_of_one(form, experts, count),
                      {counts, offsets, places, tokens});
      },
      {"experts", "count", "counts", "offsets", "places", "tokens"});
}

// The same of several chunks, with what the first kernel counted.
Kernel make_several(const Form &form) {
  return make(
      "expert_places",
      [=](Tensor experts, Tensor count, Tensor of_chunks, Tensor none,
          Tensor counts, Tensor offsets, Tensor places, Tensor tokens) {
        const Tensor cuts = cut_choices(form, experts);
        const auto row = [&](const Tensor &t) {
          return partial(t.tile({form.experts})
                             .select(0, 0)
                             .unsqueeze(0)
                             .expand({cuts.size(0)}));
        };
        return arranged(
            cuts, count,
            whole_matrix(of_chunks, form.chunks, form.experts, cuts),
            whole_matrix(none, form.chunks, 1, cuts), row(counts), row(offsets),
            cut_choices(form, places), partial(seen_by_all(tokens, cuts)));
      },
      [=](In experts, In count, In of_chunks, In none, Out counts, Out offsets,
          Out places, Out tokens) {
        place_choices(form, experts, count,
                      counts_of_all(form, of_chunks, none),
                      {counts, offsets, places, tokens});
      },
      {"experts", "count", "of_chunks", "none_of_chunks", "counts", "offsets",
       "places", "tokens"});
}

const Kernel &clear_kernel() {
  static const Kernel made{make_source(
      "expert_none",
      [](Tensor counts, Tensor offsets) {
        const Size BLOCK = block_size("BLOCK", 256);
        return arranged(counts.tile({BLOCK}), offsets.tile({BLOCK}));
      },
      [](Out counts, Out offsets) {
        counts = zeros(counts.shape(), i32);
        offsets = zeros(offsets.shape(), i32);
      },
      {"counts", "offsets"})};
  return made;
}

const Kernel &kernel_of(Kernel (*make)(const Form &), const Form &form) {
  static KernelFamily<Form> one(make_one), several(make_several),
      counts(make_counts);
  KernelFamily<Form> &family = make == make_one       ? one
                               : make == make_several ? several
                                                      : counts;
  return family[form];
}

// Tiles of choices and experts of 16384 elements.
constexpr std::int64_t tile_elements = 16384;

Form form_of(std::int64_t choices, std::int64_t experts) {
  Form form{};
  form.experts = power_of_two(experts);
  form.choices =
      std::clamp<std::int64_t>(tile_elements / form.experts, 16, 128);
  form.choices =
      std::min(form.choices, std::max<std::int64_t>(power_of_two(choices), 16));
  const std::int64_t tiles = pieces_of(choices, form.choices);
  // A few tiles are done before a second kernel could start.
  constexpr std::int64_t few_tiles = 4;
  if (tiles <= few_tiles) {
    form.turns = power_of_two(tiles);
    return form;
  }
  const std::int64_t most =
      std::clamp<std::int64_t>(tile_elements / form.experts, 8, most_chunks);
  form.turns = power_of_two(pieces_of(tiles, most));
  form.chunks = power_of_two(pieces_of(tiles, form.turns));
  return form;
}

Config config_of(const Form &form) {
  Config config;
  config.num_warps = static_cast<int>(std::clamp<std::int64_t>(
      form.choices * std::max(form.experts, form.choices) / 1024, 1, 16));
  return config;
}

} // namespace

void launch_expert_order(const Call &call, const ExpertOrder &order) {
  const std::int64_t choices = order.experts.numel(),
                     experts = order.counts.size(0);
  if (choices == 0)
    return call.run(clear_kernel(), {&order.counts, &order.offsets});
  const Form form = form_of(choices, experts);
  const LaunchOptions options{.config = config_of(form), .stream = call.stream};
  const Array count = Array::scalar(experts, i32);
  if (form.chunks == 0) {
    const std::array operands{&order.experts, &count,        &order.counts,
                              &order.offsets, &order.places, &order.tokens};
    return kernel_of(make_one, form).run(operands, options, call.where);
  }
  const std::int64_t chunks = pieces_of(choices, form.choices * form.turns);
  const Array found = allocate_result(Dims{{chunks, experts + 1}, 2}, i32,
                                      order.counts.device(), call.stream);
  const Array of_chunks = found.slice(1, 0, experts),
              none = found.slice(1, experts, experts + 1);
  const std::array first{&order.experts, &count, &of_chunks, &none};
  kernel_of(make_counts, form).run(first, options, call.where);
  const std::array second{&order.experts, &count,        &of_chunks,
                          &none,          &order.counts, &order.offsets,
                          &order.places,  &order.tokens};
  kernel_of(make_several, form).run(second, options, call.where);
}

std::vector<KernelEntry> expert_order_entries() {
  using Sizes = std::span<const std::int64_t>;
  using Operands = std::vector<OperandShape>;
  constexpr std::int64_t experts = 256, chosen = 8;
  constexpr Form many{64, experts, 64, 16}, few{64, experts, 0, 4};
  const auto entry = [](std::string_view name, const Kernel &kernel,
                        std::int64_t tokens,
                        std::function<Operands(DType, Sizes)> operands) {
    return KernelEntry{.name = name,
                       .kernel = kernel,
                       .dtypes = {i64, i32},
                       .size_names = {"T"},
                       .sizes = {tokens},
                       .picture_sizes = {8},
                       .operands = std::move(operands),
                       .config = "num_warps=16"};
  };
  const OperandShape count{i32, {}, {}, true}, row{i32, {experts}, {}};
  const OperandShape of_chunks{i32, {64, experts}, {experts + 1, 1}},
      none{i32, {64, 1}, {experts + 1, 1}};
  return {entry("expert_order", kernel_of(make_one, few), 32,
                [=](DType type, Sizes n) {
                  return Operands{{type, {n[0], chosen}, {}},
                                  count,
                                  row,
                                  row,
                                  {i32, {n[0], chosen}, {}},
                                  {i32, {n[0] * chosen + 1}, {}}};
                }),
          entry("expert_none", clear_kernel(), 0,
                [=](DType, Sizes) { return Operands{row, row}; }),
          entry("expert_counts", kernel_of(make_counts, many), 8192,
                [=](DType type, Sizes n) {
                  return Operands{
                      {type, {n[0], chosen}, {}}, count, of_chunks, none};
                }),
          entry("expert_places", kernel_of(make_several, many), 8192,
                [=](DType type, Sizes n) {
                  return Operands{{type, {n[0], chosen}, {}},
                                  count,
                                  of_chunks,
                                  none,
                                  row,
                                  row,
                                  {i32, {n[0], chosen}, {}},
                                  {i32, {n[0] * chosen + 1}, {}}};
                })};
}

} // namespace girih::ops
