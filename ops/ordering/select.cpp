// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/select.h"

#include "girih/ops/ordering/select_kernels.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace girih::ops::order {

namespace {

// From here on a GPU's multiprocessors have several rows each.
constexpr std::int64_t many_rows = 264;

// Lanes of a tile of keys: 16 registers a thread of 16 warps.
std::int64_t most_lanes(DType dtype, Device device) {
  if (device.kind == Device::Kind::host)
    return 16384;
  return bits(dtype) == 64 ? 4096 : 8192;
}

// Numbers that are kept of a row: some more than are wanted where that costs
// little, as a bound for them is then found sooner.
std::int64_t slots_of(std::int64_t count) {
  return power_of_two(count < 256 ? count + count / 4 : count);
}

// The state of one call, and how its rows are cut.
struct Selection {
  const Call &call;
  const Array &x, &values, &indices;
  const LaneViews &lanes;
  SelectForm form;
  std::int64_t most = 0;
  Array wanted, slots;

  Selection(const Call &of, const Array &source, const LaneViews &views,
            bool descending, const Array &found, const Array &places);
  void run() const;

private:
  bool on_gpu() const { return x.device().kind == Device::Kind::cuda; }
  bool in_one_tile() const;
  Dims shape(std::int64_t last) const;
  Array tops_of(const Array &level) const;
  Config config(std::int64_t tops, std::int64_t grouped, bool writes) const;
  Config streaming(const Array &level) const;
};

// Groups and tops cost alike where there are as many tops as elements of the
// groups that are kept.
Selection::Selection(const Call &of, const Array &source,
                     const LaneViews &views, bool descending,
                     const Array &found, const Array &places)
    : call(of), x(source), values(found), indices(places), lanes(views),
      most(most_lanes(source.dtype(), source.device())) {
  const std::int64_t count = values.size(-1);
  form.kept = lanes.kept;
  form.descending = descending;
  form.slots = slots_of(count);
  const auto even = static_cast<std::int64_t>(
      std::sqrt(static_cast<double>(lanes.depth / form.slots)));
  form.group = std::min(
      std::clamp<std::int64_t>(power_of_two(even), 4, lanes.columns ? 16 : 128),
      most / form.slots);
  wanted = Array::scalar(count, i32);
  slots = allocate_result(shape(form.slots), i32, x.device(), call.stream);
}

// [kept..., last]
Dims Selection::shape(std::int64_t last) const {
  Dims out = dims_of(x.shape().first(static_cast<std::size_t>(lanes.kept)));
  out.sizes[static_cast<std::size_t>(out.rank++)] = last;
  return out;
}

// Blocks of a kernel that selects from so many elements, of tops and of groups,
// and writes results: many rows hide each other's latency, of few each is to be
// short.
Config Selection::config(std::int64_t tops, std::int64_t grouped,
                         bool writes) const {
  const std::int64_t each = lanes.rows < many_rows ? 256 : 512,
                     elements = std::max(tops, grouped);
  Config config;
  if (tops > 0)
    config.blocks["N"] = power_of_two(tops);
  if (writes)
    config.blocks["KB"] = power_of_two(values.size(-1));
  config.num_warps = static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(elements / each, 1, 16))));
  return config;
}

// Blocks of group_tops: up to four accesses of 16 bytes a thread, one where
// little is read.
Config Selection::streaming(const Array &level) const {
  const std::int64_t bytes = std::max(bits(x.dtype()) / 8, 2),
                     depth = level.size(-1);
  const bool large = lanes.rows * depth * bytes > std::int64_t{32} << 20;
  const std::int64_t elements = !on_gpu() ? 4096
                                : large   ? 8192 / bytes
                                          : 2048 / bytes;
  const std::int64_t rows =
      lanes.columns ? std::min<std::int64_t>(power_of_two(lanes.last), 64) : 1;
  Config config;
  config.blocks = {
      {"BM", rows},
      {"C", std::max<std::int64_t>(elements / form.group / rows, 1)}};
  return config;
}

Array Selection::tops_of(const Array &level) const {
  // Groups behind the last one have tops that come last, and no elements: with
  // them rows are read by 16 bytes.
  const Config config = streaming(level);
  const std::int64_t whole = config.blocks.at("C") % 16 == 0 ? 16 : 1,
                     count = pieces_of(level.size(-1), form.group);
  const Array tops = allocate_result(shape(pieces_of(count, whole) * whole),
                                     x.dtype(), x.device(), call.stream);
  const Array *operands[] = {&level, &tops};
  SelectForm groups;
  groups.kept = form.kept;
  groups.descending = form.descending;
  groups.group = form.group;
  run_with(call, group_tops_kernel(groups), config, operands);
  return tops;
}

// A core goes over a tile lane by lane, and so do a GPU's multiprocessors where
// there are more rows than they hold: there groups pay sooner. Of few rows the
// second launch would be what is waited for.
bool Selection::in_one_tile() const {
  const bool few = (on_gpu() && lanes.rows <= many_rows) ||
                   lanes.depth <= 1024 ||
                   2 * form.slots * form.group >= lanes.depth;
  return few && lanes.depth <= most;
}

void Selection::run() const {
  if (in_one_tile()) {
    const Array *operands[] = {&x, &wanted, &slots, &values, &indices};
    return run_with(call, select_row_kernel(form), config(lanes.depth, 0, true),
                    operands);
  }
  std::vector<Array> levels{x, tops_of(x)};
  while (levels.back().size(-1) > most)
    levels.push_back(tops_of(levels.back()));
  const Array &tops = levels.back();
  const std::int64_t elements = form.slots * form.group;
  if (levels.size() == 2) {
    const Array *operands[] = {&x, &tops, &wanted, &slots, &values, &indices};
    return run_with(call, select_groups_kernel(form),
                    config(tops.size(-1), elements, true), operands);
  }
  const Array *of_tops[] = {&tops, &wanted, &slots};
  run_with(call, top_groups_kernel(form), config(tops.size(-1), 0, false),
           of_tops);
  for (std::size_t level = levels.size() - 2; level > 0; --level) {
    const Array *operands[] = {&levels[level], &wanted, &slots};
    run_with(call, narrow_kernel(form), config(0, elements, false), operands);
  }
  const Array *operands[] = {&x, &wanted, &slots, &values, &indices};
  run_with(call, select_narrow_kernel(form), config(0, elements, true),
           operands);
}

} // namespace

bool selects(std::int64_t depth, std::int64_t count, DType dtype,
             Device device) {
  const std::int64_t slots = slots_of(count);
  return depth >= 512 && 4 * slots <= depth &&
         4 * slots <= most_lanes(dtype, device);
}

void launch_selection(const Call &call, const Array &x, const LaneViews &lanes,
                      bool descending, const Array &values,
                      const Array &indices) {
  Selection(call, x, lanes, descending, values, indices).run();
}

} // namespace girih::ops::order
