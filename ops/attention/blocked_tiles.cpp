// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/blocked_tiles.h"

#include "girih/compiler/chained_tiles.h"
#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

#include <algorithm>

namespace girih::ops {

using Form = BlockedForm;

bool multiplied_by_groups(const Array &array) {
  return has_warp_groups(array.device()) && bytes(array.dtype()) == 2;
}

namespace {

// What of a call the tiles of warp groups depend on. How many programs packed
// sequences make only memory knows: as if there were enough.
compiler::ChainedWork work_of(const Form &form, const BlockedCall &call) {
  const DeviceProperties &device = properties(call.q.device());
  compiler::ChainedWork work;
  work.width = form.width + form.value_width;
  work.hidden = form.left || form.right;
  work.later_take_longer = form.right && !form.left;
  work.processors = device.processors;
  work.l2_bytes = device.l2_bytes;
  work.plain = false;
  if (form.keys != Form::Keys::dense) {
    work.rows = call.longest;
    work.batch = 2 * work.processors;
    return work;
  }
  work.rows = call.q.size(3);
  work.columns = call.k.size(2);
  work.batch = call.q.size(0) * call.q.size(1) * call.q.size(2);
  work.sharing = call.q.size(2);
  // Masks and the like take registers of their own.
  work.plain = form.folded && !form.slopes && form.mask == Form::Mask::none;
  return work;
}

compiler::ChainedTile tile_of(const Form &form) {
  return {form.rows, form.block};
}

bool is_unlike(const Form &form, const BlockedCall &call) {
  return form.right && !form.left && on_gpu(call.q);
}

} // namespace

int most_stages(const Form &form, const BlockedCall &call) {
  if (form.keys == Form::Keys::dense)
    return compiler::chained_stages(work_of(form, call), tile_of(form));
  return form.rows == 64 ? 2 : 3; // two blocks beside each other
}

// Not where sequences take times that only memory knows: whoever is free takes
// the next one then.
bool is_persistent(const Form &form, const BlockedCall &call) {
  if (call.q_offsets)
    return false;
  return !is_unlike(form, call) ||
         compiler::several_chained(work_of(form, call), tile_of(form));
}

namespace {

// Keys in parts of pages: on warp groups as many of them as a block of other
// keys has make one, else each is one, some of them in a step.
void choose_pieces(Form &form, bool gpu, bool grouped,
                   std::int64_t bytes_of_key) {
  form.piece = form.page;
  while (form.piece > 64 && form.piece % 2 == 0)
    form.piece /= 2;
  const std::int64_t joined = bytes_of_key <= 512 ? 128 : 64;
  if (grouped && form.piece >= 8 && joined % form.piece == 0) {
    form.block = joined;
    return;
  }
  form.block = form.piece;
  form.unrolled = static_cast<int>(
      std::clamp<std::int64_t>((gpu ? 32 : 64) / form.block, 1, 4));
  while (form.unrolled > 1 && gpu &&
         form.unrolled * form.block * bytes_of_key > 65536)
    form.unrolled /= 2;
}

// Rows of queries and keys of a block, so that a warp has 16 rows and a stage
// of keys and values fits shared memory three times.
void choose_tiles(Form &form, std::int64_t queries, const BlockedCall &call) {
  const bool gpu = on_gpu(call.q);
  const std::int64_t element = bytes(call.q.dtype()),
                     bytes_of_key = (form.width + form.value_width) * element;
  // Without matrix instructions a warp holds more of its operands.
  const std::int64_t most = form.width > 128 || element > 2 ? 64 : 128;
  // On the host small tiles leave out more of what a causal mask hides; of
  // long rows that is little.
  const std::int64_t host_tile = queries > 16 && queries < 384 ? 32 : 64;
  form.rows = gpu ? std::clamp<std::int64_t>(power_of_two(queries), 16, most)
                  : std::clamp<std::int64_t>(queries, 1, host_tile);
  form.block = gpu ? 64 : host_tile;
  while (gpu && form.block > 16 && form.block * bytes_of_key > 65536)
    form.block /= 2;
  const bool grouped = multiplied_by_groups(call.q) && form.rows >= 64;
  if (grouped) {
    const compiler::ChainedTile tile = chained_tile(work_of(form, call));
    form.rows = tile.rows;
    form.block = tile.columns;
  }
  if (form.page != 0)
    choose_pieces(form, gpu, grouped, bytes_of_key);
}

} // namespace

Form form_of(const BlockedCall &call) {
  Form form;
  form.keys = call.kind;
  form.width = at_least_one(head_width(call.q, call.q.size(-1)));
  form.value_width = at_least_one(head_width(call.q, call.out.size(-1)));
  form.page = call.kind == Form::Keys::paged ? at_least_one(call.k.size(1)) : 0;
  if (call.mask)
    form.mask =
        call.mask->dtype() == b1 ? Form::Mask::boolean : Form::Mask::additive;
  form.upper = call.upper;
  form.left = call.left.has_value();
  form.right = call.right.has_value();
  form.capped = call.soft_cap > 0;
  form.folded = call.scale > 0 && !form.capped && !call.slopes &&
                form.mask != Form::Mask::additive;
  form.sinks = call.sinks.has_value();
  form.slopes = call.slopes.has_value();
  form.log_sum = call.log_sum.has_value();
  choose_tiles(form,
               call.kind == Form::Keys::dense ? call.q.size(3) : call.longest,
               call);
  return form;
}

// With as many keys as there are queries before, the last rows take longest:
// they come first. Where blocks do one program, that is so for few turns of
// them only: else programs of one head better are neighbours, which read the
// same keys (decisions 47 and 49).
ProgramOrder order_of(const Form &form, const BlockedCall &call,
                      bool persistent) {
  constexpr std::int64_t few_turns = 10;
  if (!is_unlike(form, call))
    return {};
  if (persistent && multiplied_by_groups(call.q))
    return chained_order(work_of(form, call), tile_of(form));
  const std::int64_t programs =
      call.q.numel() / (form.rows * at_least_one(call.q.size(-1)));
  return programs <= few_turns * properties(call.q.device()).processors
             ? ProgramOrder{ProgramOrder::Kind::descending, 0}
             : ProgramOrder{};
}

} // namespace girih::ops
