// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/experts/expert_order.h"

#include "girih/ops/kernel_family.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <compare>

namespace girih::ops {

namespace {

// Lanes of a chunk of choices, of experts, and of a tile of chunks, all powers
// of two.
struct Form {
  std::int64_t choices, experts, chunks;
  auto operator<=>(const Form &) const = default;
};

Tensor cut_choices(const Form &form, const Tensor &t) {
  return t.flatten().tile({form.choices});
}

// The expert of each choice; those that are none have number `count`, and lanes
// behind the last choice one more.
Tile bucket_of(const In &experts, const Tile &count) {
  const Tile none = cast(count, i64), expert = cast(experts, i64);
  const Tile known = where((expert >= 0) & (expert < none), expert, none);
  return cast(where(experts.in_bounds(), known, none + 1), i32);
}

// How many of the sorted keys are below each bound.
Tile below(const Tile &keys, std::int64_t count, const Tile &bounds) {
  Tile found = zeros(bounds.shape(), i32);
  for (std::int64_t step = count; step >= 1; step /= 2) {
    const Tile next = found + step;
    const Tile probe = gather(keys, 0, min(next - 1, count - 1));
    found = where((next <= count) & (probe < bounds), next, found);
  }
  return found;
}

// What a chunk is like when it is sorted.
struct Sorted {
  Tile places; // of its choices
  Tile ends;   // of each expert; of lanes behind the last one that of the last
};

// Keys are unlike each other, as the lane is part of them: so a search finds
// each again, and equal experts stay in order.
Sorted sorted(const Form &form, const In &experts, const Tile &count) {
  const Tile keys =
      bucket_of(experts, count) * form.choices + arange(form.choices);
  const Tile in_order = sort(keys, 0);
  const Tile bounds = min(arange(form.experts) + 1, count) * form.choices;
  return {below(in_order, form.choices, keys),
          below(in_order, form.choices, bounds)};
}

// values[e - 1], 0 for the first.
Tile before(const Form &form, const Tile &values) {
  const Tile lane = arange(form.experts);
  return where(lane == 0, 0, gather(values, 0, max(lane - 1, 0)));
}

Tensor cut_experts(const Form &form, const Tensor &t, const Tensor &like) {
  return t.tile({form.experts})
      .select(0, 0)
      .unsqueeze(0)
      .expand({like.size(0)});
}

// experts, count -> counts, offsets, places
Kernel make_one(const Form &form) {
  return make(
      "expert_order",
      [=](Tensor experts, Tensor count, Tensor counts, Tensor offsets,
          Tensor places) {
        const Tensor cuts = cut_choices(form, experts);
        return arranged(cuts, count, partial(cut_experts(form, counts, cuts)),
                        partial(cut_experts(form, offsets, cuts)),
                        cut_choices(form, places));
      },
      [=](In experts, In count, Out counts, Out offsets, Out places) {
        const Sorted chunk = sorted(form, experts, count);
        places = chunk.places;
        offsets = chunk.ends;
        counts = chunk.ends - before(form, chunk.ends);
      },
      {"experts", "count", "counts", "offsets", "places"});
}

// experts, count -> places in a chunk, ends[C, E]
Kernel make_chunks(const Form &form) {
  return make(
      "expert_chunks",
      [=](Tensor experts, Tensor count, Tensor places, Tensor ends) {
        return arranged(cut_choices(form, experts), count,
                        cut_choices(form, places),
                        partial(ends.tile({1, form.experts}).select(1, 0)));
      },
      [=](In experts, In count, Out places, Out ends) {
        const Sorted chunk = sorted(form, experts, count);
        places = chunk.places;
        ends = unsqueeze(chunk.ends, 0);
      },
      {"experts", "count", "places", "ends"});
}

// Sums of ends, and so ends themselves, over all chunks, over those before a
// program's, and of its own.
struct Ends {
  Tile all, earlier, own;
};

Ends ends_of(const Form &form, const In &ends, const Tile &chunk) {
  const auto added = [](const Tile &x) {
    return reduce(x, dim(0),
                  [](const Tile &a, const Tile &b) { return a + b; });
  };
  const Shape shape{form.chunks, form.experts};
  Tile all = zeros(shape, i32), earlier = all, own = all;
  for (Index turn : range(ends.size(0))) {
    const Tile number =
        unsqueeze(arange(form.chunks), 1) + cast(turn, i32) * form.chunks;
    const Tile tile = ends[turn];
    all = all + tile;
    earlier = earlier + where(number < chunk, tile, 0);
    own = own + where(number == chunk, tile, 0);
  }
  return {added(all), added(earlier), added(own)};
}

// experts, count, ends -> counts, offsets; updates places.
Kernel make_join(const Form &form) {
  return make(
      "expert_places",
      [=](Tensor experts, Tensor count, Tensor ends, Tensor counts,
          Tensor offsets, Tensor places) {
        const Tensor cuts = cut_choices(form, experts);
        const Tensor all = ends.tile({form.chunks, form.experts})
                               .tile({whole, 1})
                               .select(1, 0)
                               .expand({cuts.size(0)})
                               .at(1, squeeze(1));
        return arranged(cuts, count, all,
                        partial(cut_experts(form, counts, cuts)),
                        partial(cut_experts(form, offsets, cuts)),
                        cut_choices(form, places));
      },
      [=](In experts, In count, In ends, Out counts, Out offsets,
          InOut places) {
        const Tile chunk = cast(program_id(0), i32);
        const Ends found = ends_of(form, ends, chunk);
        // Lanes behind the last expert hold what the last one does.
        const Tile real = arange(form.experts) < count;
        const auto total = [&](const Tile &x) {
          return max(where(real, x, 0));
        };
        const auto known = [&](const Tile &x) {
          return where(real, x, total(x));
        };
        const Tile all = known(found.all), earlier = known(found.earlier),
                   own = known(found.own);
        const Tile begins = before(form, all);
        when(chunk == 0, [&] {
          counts = all - begins;
          offsets = all;
        });
        const Tile base =
            begins + (earlier - before(form, earlier)) - before(form, own);
        // What is no expert comes behind all that is, in the order of chunks.
        const Tile rest =
            total(all) + (chunk * form.choices - total(earlier)) - total(own);
        const Tile bucket = bucket_of(experts, count);
        const Tile from = gather(base, 0, min(bucket, form.experts - 1));
        places = places + where(bucket < count, from, rest);
      },
      {"experts", "count", "ends", "counts", "offsets", "places"});
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

KernelFamily<Form> &one_kernels() {
  static KernelFamily<Form> made(make_one);
  return made;
}
KernelFamily<Form> &chunk_kernels() {
  static KernelFamily<Form> made(make_chunks);
  return made;
}
KernelFamily<Form> &join_kernels() {
  static KernelFamily<Form> made(make_join);
  return made;
}

// Choices that are sorted together.
constexpr std::int64_t most_choices = 1024;
// Chunks and experts of a tile.
constexpr std::int64_t tile_elements = 4096;

Form form_of(std::int64_t choices, std::int64_t experts) {
  const std::int64_t lanes = power_of_two(experts);
  return {std::min(power_of_two(choices), most_choices), lanes,
          std::clamp<std::int64_t>(tile_elements / lanes, 1, 64)};
}

Config config_of(std::int64_t lanes) {
  Config config;
  config.num_warps =
      static_cast<int>(std::clamp<std::int64_t>(lanes / 128, 1, 8));
  return config;
}

} // namespace

void launch_expert_order(const Call &call, const ExpertOrder &order) {
  const std::int64_t choices = order.experts.numel(),
                     experts = order.counts.size(0);
  if (choices == 0)
    return call.run(clear_kernel(), {&order.counts, &order.offsets});
  const Form form = form_of(choices, experts);
  const LaunchOptions options{
      .config = config_of(std::max(form.choices, form.experts)),
      .stream = call.stream};
  const Array count = Array::scalar(experts, i32);
  if (choices <= form.choices) {
    const std::array operands{&order.experts, &count, &order.counts,
                              &order.offsets, &order.places};
    return one_kernels()[form].run(operands, options, call.where);
  }
  const Array ends =
      allocate_result(Dims{{pieces_of(choices, form.choices), experts}, 2}, i32,
                      order.counts.device(), call.stream);
  const std::array first{&order.experts, &count, &order.places, &ends};
  chunk_kernels()[form].run(first, options, call.where);
  const std::array second{&order.experts, &count,         &ends,
                          &order.counts,  &order.offsets, &order.places};
  join_kernels()[form].run(second, options, call.where);
}

std::vector<KernelEntry> expert_order_entries() {
  using Sizes = std::span<const std::int64_t>;
  using Operands = std::vector<OperandShape>;
  constexpr std::int64_t experts = 256, chosen = 8;
  constexpr Form form{most_choices, experts, tile_elements / experts};
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
                       .config = "num_warps=8"};
  };
  const OperandShape count{i32, {}, {}, true}, row{i32, {experts}, {}};
  const auto chunks = [](Sizes n) {
    return OperandShape{
        i32, {pieces_of(n[0] * chosen, most_choices), experts}, {}};
  };
  const auto matrix = [](DType dtype, Sizes n) {
    return OperandShape{dtype, {n[0], chosen}, {}};
  };
  return {entry("expert_order", one_kernels()[form], 128,
                [=](DType type, Sizes n) {
                  return Operands{matrix(type, n), count, row, row,
                                  matrix(i32, n)};
                }),
          entry("expert_none", clear_kernel(), 0,
                [=](DType, Sizes) { return Operands{row, row}; }),
          entry("expert_chunks", chunk_kernels()[form], 8192,
                [=](DType type, Sizes n) {
                  return Operands{matrix(type, n), count, matrix(i32, n),
                                  chunks(n)};
                }),
          entry("expert_places", join_kernels()[form], 8192,
                [=](DType type, Sizes n) {
                  return Operands{matrix(type, n), count, chunks(n), row, row,
                                  matrix(i32, n)};
                })};
}

} // namespace girih::ops
