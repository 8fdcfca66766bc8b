// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/select_kernels.h"

#include "girih/ops/kernel_family.h"
#include "girih/ops/ordering/first_lanes.h"
#include "girih/ops/ordering/order_keys.h"
#include "girih/ops/reductions/dims_reduction.h"
#include "girih/ops/reductions/seen_by_all.h"

#include <cmath>

namespace girih::ops::order {

namespace {

// What comes first among x[BM, C, L] along the last dimension, of x's values.
Tile firsts_of(const In &x, bool descending) {
  const DType type = comparable(x.dtype());
  const Tile value = cast(x, type), inside = x.in_bounds();
  if (!is_float(type)) {
    const Tile all = where(inside, value, limit({}, type, descending));
    return descending ? max(all, dim(2)) : min(all, dim(2));
  }
  if (descending)
    return max(where(inside, value, -INFINITY), dim(2));
  // NaN is what comes last.
  return reduce(where(inside, value, NAN), dim(2),
                [](Tile a, Tile b) { return where((b < a) | isnan(a), b, a); });
}

// [kept..., R] -> a program to each tile [BM, C] of groups, of L elements each.
Tensor cut_groups(Tensor t, const SelectForm &form) {
  const int kept = std::max(form.kept, 1);
  Extents group(static_cast<std::size_t>(kept), 1),
      tile(static_cast<std::size_t>(kept - 1), 1);
  group.emplace_back(form.group);
  tile.emplace_back(block_size("BM"));
  tile.emplace_back(block_size("C"));
  std::vector<int> ones;
  for (int d = 0; d + 1 < kept; ++d)
    ones.push_back(d);
  for (int d = kept + 1; d <= 2 * kept; ++d)
    ones.push_back(d);
  if (form.kept == 0)
    t = t.unsqueeze(0);
  return t.tile(group).tile(tile).at(
      1, [=](Tensor inner) { return inner.ravel().squeeze(ones); });
}
Tensor cut_tops(Tensor t, const SelectForm &form) {
  const int kept = std::max(form.kept, 1);
  Extents tile(static_cast<std::size_t>(kept - 1), 1);
  tile.emplace_back(block_size("BM"));
  tile.emplace_back(block_size("C"));
  std::vector<int> ones;
  for (int d = 0; d + 1 < kept; ++d)
    ones.push_back(d);
  if (form.kept == 0)
    t = t.unsqueeze(0);
  return t.tile(tile).at(1, squeeze(ones));
}

Kernel make_group_tops(const SelectForm &form) {
  return make(
      "group_tops",
      [=](Tensor x, Tensor tops) {
        return arranged(cut_groups(x, form), cut_tops(tops, form));
      },
      [=](In x, Out tops) { tops = firsts_of(x, form.descending); },
      {"x", "tops"});
}

// [kept..., N]: a program to each row, which sees it as a tile.
Tensor row_of(Tensor t, const SelectForm &form, const Size &size) {
  const int kept = std::max(form.kept, 1);
  Extents tile(static_cast<std::size_t>(kept), 1);
  tile.emplace_back(size);
  std::vector<int> ones;
  for (int d = 0; d < kept; ++d)
    ones.push_back(d);
  if (form.kept == 0)
    t = t.unsqueeze(0);
  return t.tile(tile).select(kept, 0).at(1, squeeze(ones));
}

Tensor lanes_of(const Tensor &t, const SelectForm &form) {
  return row_of(t, form, covering_block("N", t.size(-1)));
}
Tensor results_of(const Tensor &t, const SelectForm &form) {
  // All of it is written, which sizes above the block would contradict.
  return partial(row_of(t, form, covering_block("KB", t.size(-1))));
}

// Of this program's row the elements at `last`.
std::vector<Located> in_row(const SelectForm &form, const Tile &last) {
  std::vector<Located> at;
  for (int d = 0; d < form.kept; ++d)
    at.emplace_back(program_id(d));
  at.emplace_back(last);
  return at;
}

// Keys without bits that say nothing; those of lanes outside are the last.
Tile short_keys(const Tile &x, const Tile &inside, const SelectForm &form) {
  const Tile key = key_of(x, form.descending);
  return where(inside, key, last_key(key.dtype())) >> idle_bits(x.dtype());
}

// Elements at places, and their keys.
struct Found {
  Tile value, key;
};
Found found_at(const In &x, const Tile &place, const Tile &inside,
               const SelectForm &form) {
  const Tile value = x.gather(in_row(form, where(inside, place, nowhere)));
  return {value, short_keys(value, inside, form)};
}

// The numbers of lanes that come first; -1 fills up. Slots are where they meet.
Tile first_of(const Tile &keys, const Tile &numbers, const In &wanted,
              const InOut &slots, const SelectForm &form) {
  const Chosen chosen = first_lanes(keys, cast(wanted, i32), form.slots);
  slots.scatter(in_row(form, chosen.slot), numbers);
  return where(arange(form.slots) < chosen.count, slots, -1);
}

Tile first_tops(const In &tops, const In &wanted, const InOut &slots,
                const SelectForm &form) {
  return first_of(short_keys(tops, tops.in_bounds(), form),
                  arange(tops.shape()[0]), wanted, slots, form);
}

// The places of the first elements of groups.
Tile first_of_groups(const In &x, const Tile &groups, const In &wanted,
                     const InOut &slots, const SelectForm &form) {
  const Tile group = unsqueeze(groups, 1);
  const Tile place = group * form.group + arange(form.group);
  const Tile inside = (group >= 0) & (place < x.source_size(form.kept));
  const Found found = found_at(x, place, inside, form);
  const Shape flat{form.slots * form.group};
  return first_of(reshape(found.key, flat), reshape(place, flat), wanted, slots,
                  form);
}

void write_in_order(const In &x, const Tile &place, const Out &values,
                    const Out &indices, const SelectForm &form) {
  const Found found = found_at(x, place, place >= 0, form);
  const Tiles sorted = sort(found.key, {found.value, place}, 0);
  values = slice(sorted[1], 0, 0, values.shape()[0]);
  indices = slice(sorted[2], 0, 0, values.shape()[0]);
}

Kernel make_top_groups(const SelectForm &form) {
  return make(
      "top_groups",
      [=](Tensor tops, Tensor wanted, Tensor slots) {
        return arranged(lanes_of(tops, form), wanted,
                        row_of(slots, form, form.slots));
      },
      [=](In tops, In wanted, InOut slots) {
        slots = first_tops(tops, wanted, slots, form);
      },
      {"tops", "wanted", "slots"});
}

Kernel make_narrow(const SelectForm &form) {
  return make(
      "narrow_groups",
      [=](Tensor x, Tensor wanted, Tensor slots) {
        const Tensor rows = row_of(slots, form, form.slots);
        return arranged(seen_by_all(x, rows), wanted, rows);
      },
      [=](In x, In wanted, InOut slots) {
        slots = first_of_groups(x, slots, wanted, slots, form);
      },
      {"x", "wanted", "slots"});
}

Kernel make_select_narrow(const SelectForm &form) {
  return make(
      "select_narrow",
      [=](Tensor x, Tensor wanted, Tensor slots, Tensor values,
          Tensor indices) {
        const Tensor rows = row_of(slots, form, form.slots);
        return arranged(seen_by_all(x, rows), wanted, rows,
                        results_of(values, form), results_of(indices, form));
      },
      [=](In x, In wanted, InOut slots, Out values, Out indices) {
        write_in_order(x, first_of_groups(x, slots, wanted, slots, form),
                       values, indices, form);
      },
      {"x", "wanted", "slots", "values", "indices"});
}

Kernel make_select_groups(const SelectForm &form) {
  return make(
      "select_groups",
      [=](Tensor x, Tensor tops, Tensor wanted, Tensor slots, Tensor values,
          Tensor indices) {
        const Tensor rows = row_of(slots, form, form.slots);
        return arranged(seen_by_all(x, rows), lanes_of(tops, form), wanted,
                        rows, results_of(values, form),
                        results_of(indices, form));
      },
      [=](In x, In tops, In wanted, InOut slots, Out values, Out indices) {
        const Tile groups = first_tops(tops, wanted, slots, form);
        write_in_order(x, first_of_groups(x, groups, wanted, slots, form),
                       values, indices, form);
      },
      {"x", "tops", "wanted", "slots", "values", "indices"});
}

Kernel make_select_row(const SelectForm &form) {
  return make(
      "select_row",
      [=](Tensor x, Tensor wanted, Tensor slots, Tensor values,
          Tensor indices) {
        return arranged(lanes_of(x, form), wanted,
                        row_of(slots, form, form.slots),
                        results_of(values, form), results_of(indices, form));
      },
      [=](In x, In wanted, InOut slots, Out values, Out indices) {
        write_in_order(x, first_tops(x, wanted, slots, form), values, indices,
                       form);
      },
      {"x", "wanted", "slots", "values", "indices"});
}

template <Kernel (*make)(const SelectForm &)>
const Kernel &of_form(const SelectForm &form) {
  static KernelFamily<SelectForm> kernels(make);
  return kernels[form];
}

} // namespace

const Kernel &group_tops_kernel(const SelectForm &form) {
  return of_form<make_group_tops>(form);
}
const Kernel &top_groups_kernel(const SelectForm &form) {
  return of_form<make_top_groups>(form);
}
const Kernel &narrow_kernel(const SelectForm &form) {
  return of_form<make_narrow>(form);
}
const Kernel &select_narrow_kernel(const SelectForm &form) {
  return of_form<make_select_narrow>(form);
}
const Kernel &select_groups_kernel(const SelectForm &form) {
  return of_form<make_select_groups>(form);
}
const Kernel &select_row_kernel(const SelectForm &form) {
  return of_form<make_select_row>(form);
}

} // namespace girih::ops::order
