// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/rank_digits.h"

#include "girih/ops/ordering/order_keys.h"
#include "girih/ops/reductions/lane_views.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace girih::ops::order {

namespace {

constexpr std::int64_t digit_bits = 4, digit_count = 16;
// A tile is lanes of so many neighbours, whose digits are counted in one word
// of 64 bits, 4 for each digit.
constexpr std::int64_t lanes = 256, neighbours = 8;
// Programs on a GPU: two to a multiprocessor.
constexpr std::int64_t wanted_parts = 264;

Tile added(const Tile &a, const Tile &b) { return a + b; }

// x[N] -> a program to each part, of tiles [lanes, neighbours].
Tensor parts_of(const Tensor &x) {
  return x.tile({neighbours})
      .tile({lanes})
      .at(1, [](const Tensor &inner) { return inner.ravel(); })
      .tile({block_size("TILES")});
}
// counts[P, 16]
Tensor counts_of(const Tensor &counts) {
  return counts.tile({1, digit_count}).select(1, 0).at(1, squeeze(0));
}

// What is known: a key that begins with `prefix`, at this place among those.
struct State {
  Tile prefix, place; // prefix: as keys; place: i64, from 0 on
};

// What all parts have counted decides on the next digit.
State next_state(const In &counts, const State &state) {
  constexpr std::int64_t at_once = 64;
  const Tile digit = arange(digit_count),
             number = unsqueeze(arange(at_once), 1);
  const Tile count = cast(counts.source_size(0), i32);
  Tile sums = zeros({at_once, digit_count}, i64);
  for (Index round : range(cdiv(counts.source_size(0), at_once))) {
    const Tile part = number + cast(round * at_once, i32);
    const Tile at = where(part < count, part, nowhere);
    sums += cast(counts.gather({at, digit}), i64);
  }
  const Tile through = scan(reduce(sums, dim(0), added), 0, added);
  const Tile below = through <= state.place;
  const DType type = state.prefix.dtype();
  const Tile found = reduce(cast(below, i32), all_dims, added);
  const Tile before = max(where(below, through, 0));
  return {(state.prefix << digit_bits) | cast(found, type),
          state.place - before};
}

State state_in(const In &state, DType type) {
  const auto at = [&](int which) {
    return state.gather({zeros({}, i32) + which});
  };
  return {cast(at(0), type), at(1)};
}

// The first program tells the next launch.
void tell(const Out &next, const Tile &prefix, const Tile &place) {
  const Tile which = arange(2);
  const Tile is_first = cast(program_id(0), i32) == 0;
  next.scatter({where(is_first, which, nowhere)},
               where(which == 0, cast(prefix, i64), place));
}

// Counts digits at `shift` of those of a part's keys that begin with `prefix`;
// of all where it is null.
void count_part(const In &x, const Tile &shift, const Tile *prefix,
                const Out &counts, const Out *nans) {
  const DType type = key_dtype(x.dtype());
  const Tile low = cast(shift, type), above = low + digit_bits;
  const Tile places = arange(digit_count, i64) * digit_bits;
  Tile sums = zeros({lanes, digit_count}, i32);
  Tile has_nan = zeros({lanes}, i32);
  for (Index k : range(x.size(0))) {
    const Tile value = x[k];
    Tile counted = x[k].in_bounds();
    if (nans)
      has_nan = max(has_nan, max(cast(isnan(value) & counted, i32), dim(1)));
    const Tile key = unsigned_key(value);
    if (prefix)
      counted = counted & (((key ^ (*prefix << above)) >> above) == 0);
    const Tile digit = cast((key >> low) & (digit_count - 1), i64);
    const Tile one =
        where(counted, (zeros({}, i64) + 1) << (digit * digit_bits), 0);
    const Tile packed = unsqueeze(reduce(one, dim(1), added), 1);
    sums += cast((packed >> places) & (digit_count - 1), i32);
  }
  counts = reduce(sums, dim(0), added);
  if (nans)
    *nans = max(has_nan);
}

const Kernel &first_kernel() {
  static const Kernel made{make_source(
      "rank_first",
      [](Tensor x, Tensor shift, Tensor place, Tensor counts, Tensor nans,
         Tensor next) {
        const Tensor part = counts_of(counts);
        return arranged(parts_of(x), shift, place, part,
                        nans.tile({1}).at(1, squeeze(0)),
                        partial(seen_by_all(next, part)));
      },
      [](In x, In shift, In place, Out counts, Out nans, Out next) {
        if (is_float(x.dtype())) {
          count_part(x, shift, nullptr, counts, &nans);
        } else {
          count_part(x, shift, nullptr, counts, nullptr);
          nans = zeros({}, i32);
        }
        tell(next, zeros({}, i64), place);
      },
      {"x", "shift", "place", "counts", "nans", "next"})};
  return made;
}

const Kernel &next_kernel() {
  static const Kernel made{make_source(
      "rank_next",
      [](Tensor x, Tensor shift, Tensor counted, Tensor state, Tensor counts,
         Tensor next) {
        const Tensor part = counts_of(counts);
        return arranged(parts_of(x), shift, seen_by_all(counted, part),
                        seen_by_all(state, part), part,
                        partial(seen_by_all(next, part)));
      },
      [](In x, In shift, In counted, In state, Out counts, Out next) {
        const DType type = key_dtype(x.dtype());
        const State now = next_state(counted, state_in(state, type));
        count_part(x, shift, &now.prefix, counts, nullptr);
        tell(next, now.prefix, now.place);
      },
      {"x", "shift", "counted", "state", "counts", "next"})};
  return made;
}

const Kernel &value_kernel() {
  static const Kernel made{make_source(
      "rank_value",
      [](Tensor counted, Tensor state, Tensor nans, Tensor out) {
        const Tensor one = out.unsqueeze(0).tile({1}).at(1, squeeze(0));
        return arranged(seen_by_all(counted, one), seen_by_all(state, one),
                        nans.tile({covering_block("P", nans.size(0))}), one);
      },
      [](In counted, In state, In nans, Out out) {
        const DType type = key_dtype(out.dtype());
        const State found = next_state(counted, state_in(state, type));
        const Tile value = value_of(found.prefix, out.dtype());
        if (is_float(out.dtype()))
          out = where(max(nans) > 0, NAN, value);
        else
          out = value;
      },
      {"counted", "state", "nans", "out"})};
  return made;
}

} // namespace

void launch_rank(const Call &call, const Array &x, std::int64_t place,
                 const Array &out) {
  const std::int64_t tiles = pieces_of(x.size(0), lanes * neighbours),
                     each = power_of_two(pieces_of(tiles, wanted_parts)),
                     parts = pieces_of(tiles, each);
  Config config;
  config.blocks = {{"TILES", each}};
  if (x.device().kind == Device::Kind::cuda)
    config.num_warps = 8;
  const auto array_of = [&](std::initializer_list<std::int64_t> shape,
                            DType dtype) {
    return allocate_result(std::vector<std::int64_t>(shape), dtype, x.device(),
                           call.stream);
  };
  const Array nans = array_of({parts}, i32);
  Array counted = array_of({parts, digit_count}, i32),
        counts = array_of({parts, digit_count}, i32);
  Array state = array_of({2}, i64), next = array_of({2}, i64);
  std::int64_t shift = 8 * digits_of(x.dtype()) - digit_bits;
  const Array top = Array::scalar(shift, i32),
              number = Array::scalar(place, i64);
  const Array *first[] = {&x, &top, &number, &counted, &nans, &state};
  run_with(call, first_kernel(), config, first);
  while (shift > 0) {
    shift -= digit_bits;
    const Array low = Array::scalar(shift, i32);
    const Array *operands[] = {&x, &low, &counted, &state, &counts, &next};
    run_with(call, next_kernel(), config, operands);
    std::swap(counts, counted);
    std::swap(state, next);
  }
  const Array *operands[] = {&counted, &state, &nans, &out};
  call.run(value_kernel(), operands);
}

std::vector<KernelEntry> rank_entries() {
  using Sizes = std::span<const std::int64_t>;
  using Operands = std::vector<OperandShape>;
  const auto entry = [](const Kernel &kernel, std::string_view config,
                        std::function<Operands(DType, Sizes)> operands) {
    return KernelEntry{.name = kernel.name(),
                       .kernel = kernel,
                       .dtypes = {bf16, f32, i64, f64},
                       .size_names = {"N", "P"},
                       .sizes = {1 << 22, 256},
                       .picture_sizes = {4096, 2},
                       .operands = std::move(operands),
                       .config = config};
  };
  const OperandShape shift{i32, {}, {}, true}, place{i64, {}, {}, true},
      state{i64, {2}, {}};
  const auto counts = [](Sizes n) {
    return OperandShape{i32, {n[1], digit_count}, {}};
  };
  const auto nans = [](Sizes n) { return OperandShape{i32, {n[1]}, {}}; };
  return {entry(first_kernel(), "TILES=8 num_warps=8",
                [=](DType x, Sizes n) {
                  return Operands{{x, {n[0]}, {}}, shift,   place,
                                  counts(n),       nans(n), state};
                }),
          entry(next_kernel(), "TILES=8 num_warps=8",
                [=](DType x, Sizes n) {
                  return Operands{{x, {n[0]}, {}}, shift,     counts(n),
                                  state,           counts(n), state};
                }),
          entry(value_kernel(), "P=256", [=](DType x, Sizes n) {
            return Operands{counts(n), state, nans(n), {x, {}, {}}};
          })};
}

} // namespace girih::ops::order
