// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/digit_kernels.h"

#include "girih/ops/kernel_family.h"
#include "girih/ops/ordering/order_keys.h"
#include "girih/ops/reductions/seen_by_all.h"

namespace girih::ops::order {

namespace {

Tile added(const Tile &a, const Tile &b) { return a + b; }

// [kept..., N]: a program to `size` neighbours of a row.
Tensor pieces_of_rows(const Tensor &t, const Size &size) {
  const int kept = t.rank() - 1;
  Extents tile(static_cast<std::size_t>(kept), 1);
  tile.emplace_back(size);
  std::vector<int> ones;
  for (int d = 0; d < kept; ++d)
    ones.push_back(d);
  return t.tile(tile).at(1, squeeze(ones));
}

// Of this program's row the elements at `last`.
std::vector<Located> in_row(int kept, const Tile &last) {
  std::vector<Located> at;
  for (int d = 0; d < kept; ++d)
    at.emplace_back(program_id(d));
  at.emplace_back(last);
  return at;
}

// What lies outside has the last digit, and comes after all that has it too.
Tile digits_in(const In &x, const In &shift, const DigitForm &form) {
  return where(x.in_bounds(), digit_of(x, form.descending, shift),
               digit_count - 1);
}

// How many of sorted digits are below each of all: a binary search.
Tile starts_of(const Tile &sorted, std::int64_t lanes) {
  const Tile digit = arange(digit_count);
  Tile below = zeros({digit_count}, i32), step = zeros({}, i32) + lanes / 2;
  loop_while([&] { return step > 0; },
             [&] {
               const Tile probe = gather(sorted, 0, below + (step - 1));
               below = where(cast(probe, i32) < digit, below + step, below);
               step = step >> 1;
             });
  const Tile last = gather(sorted, 0, below);
  return where(cast(last, i32) < digit, below + 1, below);
}

// The pieces of a row in order, which `values` and `places` become.
void write_runs(const In &x, const Tile &place, const In &shift,
                const Out &values, const Out &places, const Out &starts,
                const DigitForm &form) {
  const Tiles sorted = sort(cast(digits_in(x, shift, form), u8), {x, place}, 0);
  values = sorted[1];
  const std::int64_t lanes = x.shape()[0];
  if (form.first)
    places = sorted[2] + cast(program_id(form.kept) * lanes, i32);
  else
    places = sorted[2];
  starts = starts_of(sorted[0], lanes);
}

Kernel make_runs(const DigitForm &form) {
  const std::string name = std::string(form.first ? "digit_first" : "digit") +
                           (form.descending ? "_runs_descending" : "_runs");
  if (form.first)
    return Kernel(make_source(
        name,
        [=](Tensor x, Tensor shift, Tensor values, Tensor places,
            Tensor starts) {
          const Size piece = block_size("T");
          return arranged(pieces_of_rows(x, piece), shift,
                          pieces_of_rows(values, piece),
                          pieces_of_rows(places, piece),
                          pieces_of_rows(starts, digit_count));
        },
        [=](In x, In shift, Out values, Out places, Out starts) {
          write_runs(x, arange(x.shape()[0]), shift, values, places, starts,
                     form);
        },
        {"x", "shift", "values", "places", "starts"}));
  return Kernel(make_source(
      name,
      [=](Tensor x, Tensor from, Tensor shift, Tensor values, Tensor places,
          Tensor starts) {
        const Size piece = block_size("T");
        return arranged(pieces_of_rows(x, piece), pieces_of_rows(from, piece),
                        shift, pieces_of_rows(values, piece),
                        pieces_of_rows(places, piece),
                        pieces_of_rows(starts, digit_count));
      },
      [=](In x, In from, In shift, Out values, Out places, Out starts) {
        write_runs(x, from, shift, values, places, starts, form);
      },
      {"x", "from", "shift", "values", "places", "starts"}));
}

// Where elements of each digit of this program's piece begin, less what of the
// piece is before them: all there is of smaller digits, and of the same one in
// the pieces before. Of a piece before, that is how many elements there have a
// smaller digit than the next one; of one behind, than this one. What follows
// the last digit is the next piece's first, which is 0.
Tile begins_of(const In &starts, std::int64_t lanes, const DigitForm &form) {
  constexpr std::int64_t at_once = 32;
  const Index count = starts.source_size(form.kept) / digit_count;
  const Tile own = cast(program_id(form.kept), i32);
  const Tile digit = arange(digit_count),
             number = unsqueeze(arange(at_once), 1);
  Tile sums = zeros({at_once, digit_count}, i32);
  for (Index round : range(cdiv(count, at_once))) {
    const Tile piece = number + cast(round * at_once, i32);
    const Tile before = piece < own;
    const Tile at = piece * digit_count + digit + cast(before, i32);
    const Tile other = before | ((piece > own) & (piece < count));
    sums += starts.gather(in_row(form.kept, where(other, at, nowhere)));
  }
  return reduce(sums, dim(0), added) +
         where(digit == digit_count - 1, own * lanes, 0);
}

void merge_runs(const In &values, const In &places, const In &shift,
                const Tile &begins, const Out &out_values,
                const Out &out_places, const DigitForm &form) {
  const Tile digit = digits_in(values, shift, form);
  const Tile to = gather(begins, 0, digit) + arange(values.shape()[0]);
  const Tile inside =
      values.in_bounds() & (to < out_values.source_size(form.kept));
  const auto at = in_row(form.kept, where(inside, to, nowhere));
  out_values.scatter(at, values);
  out_places.scatter(at, cast(places, out_places.dtype()));
}

Kernel make_merge(const DigitForm &form) {
  const std::string name = std::string("digit_merge") +
                           (form.summed ? "_summed" : "") +
                           (form.descending ? "_descending" : "");
  if (form.summed)
    return Kernel(make_source(
        name,
        [=](Tensor values, Tensor places, Tensor shift, Tensor ahead,
            Tensor totals, Tensor out_values, Tensor out_places) {
          const Size piece = block_size("T");
          const Tensor cut = pieces_of_rows(values, piece);
          // All digits of a row are one tile, the same for all its pieces.
          const Tensor all = pieces_of_rows(totals, digit_count);
          Extents grid(static_cast<std::size_t>(form.kept), keep);
          grid.emplace_back(cut.size(-1));
          return arranged(
              cut, pieces_of_rows(places, piece), shift,
              pieces_of_rows(ahead, digit_count),
              all.select(form.kept, 0).unsqueeze(form.kept).expand(grid),
              partial(seen_by_all(out_values, cut)),
              partial(seen_by_all(out_places, cut)));
        },
        [=](In values, In places, In shift, In ahead, In totals, Out out_values,
            Out out_places) {
          merge_runs(values, places, shift, Tile(ahead) + totals, out_values,
                     out_places, form);
        },
        {"values", "places", "shift", "ahead", "totals", "out_values",
         "out_places"}));
  return Kernel(make_source(
      name,
      [=](Tensor values, Tensor places, Tensor shift, Tensor starts,
          Tensor out_values, Tensor out_places) {
        const Size piece = block_size("T");
        const Tensor cut = pieces_of_rows(values, piece);
        return arranged(cut, pieces_of_rows(places, piece), shift,
                        seen_by_all(starts, cut),
                        partial(seen_by_all(out_values, cut)),
                        partial(seen_by_all(out_places, cut)));
      },
      [=](In values, In places, In shift, In starts, Out out_values,
          Out out_places) {
        merge_runs(values, places, shift,
                   begins_of(starts, values.shape()[0], form), out_values,
                   out_places, form);
      },
      {"values", "places", "shift", "starts", "out_values", "out_places"}));
}

// A program has some digits of all pieces, one after the other. What begins_of
// adds up, but for all elements of smaller digits: those are the totals.
Kernel make_sums(int kept) {
  return Kernel(make_source(
      "digit_sums",
      [=](Tensor starts, Tensor length, Tensor ahead, Tensor totals) {
        const Tensor cut = pieces_of_rows(totals, block_size("D", 16));
        return arranged(seen_by_all(starts, cut), length,
                        partial(seen_by_all(ahead, cut)), cut);
      },
      [=](In starts, In length, Out ahead, Out totals) {
        constexpr std::int64_t at_once = 128;
        const std::int64_t columns = totals.shape()[0];
        const Index count = starts.source_size(kept) / digit_count;
        const Tile digit =
            arange(columns) + cast(program_id(kept) * columns, i32);
        const Tile number = unsqueeze(arange(at_once), 1);
        Tile sum = zeros({columns}, i32), before = zeros({columns}, i32);
        for (Index round : range(cdiv(count, at_once))) {
          const Tile piece = number + cast(round * at_once, i32);
          const Tile at = piece * digit_count + digit;
          const Tile inside = piece < count;
          const Tile start =
              starts.gather(in_row(kept, where(inside, at, nowhere)));
          const Tile next =
              where(digit == digit_count - 1, length,
                    starts.gather(
                        in_row(kept, where(inside & (digit < digit_count - 1),
                                           at + 1, nowhere))));
          const Tile own = next - start;
          const Tile through = scan(own, 0, added);
          ahead.scatter(in_row(kept, where(inside, at, nowhere)),
                        before + through - own - start);
          before += reduce(own, dim(0), added);
          sum += reduce(start, dim(0), added);
        }
        totals = sum;
      },
      {"starts", "length", "ahead", "totals"}));
}

template <Kernel (*make)(const DigitForm &)>
const Kernel &of_form(const DigitForm &form) {
  static KernelFamily<DigitForm> kernels(make);
  return kernels[form];
}

} // namespace

const Kernel &digit_runs_kernel(const DigitForm &form) {
  return of_form<make_runs>(form);
}
const Kernel &digit_merge_kernel(const DigitForm &form) {
  return of_form<make_merge>(form);
}
const Kernel &digit_sums_kernel(int kept) {
  static KernelFamily<int> kernels(
      [](const int &rank) { return make_sums(rank); });
  return kernels[kept];
}

} // namespace girih::ops::order
