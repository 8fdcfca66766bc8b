// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/blocked_tiles.h"

#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

#include <algorithm>

namespace girih::ops {

using Form = BlockedForm;

bool multiplied_by_groups(const Array &array) {
  return has_warp_groups(array.device()) && bytes(array.dtype()) == 2;
}

namespace {

// Of tiles of so many rows.
std::int64_t programs_of(const BlockedCall &call, std::int64_t rows) {
  const std::int64_t queries = at_least_one(call.q.size(3));
  return call.q.numel() / at_least_one(queries * call.q.size(-1)) *
         pieces_of(queries, rows);
}

bool is_narrow(const Form &form) {
  return form.width + form.value_width <= 128;
}

// Whether tiles of 128 rows leave multiprocessors without work: those of 64 are
// quicker then, two beside each other where there are enough. Of narrow heads
// they are so as long as it is not two turns.
bool has_few_rows(const Form &form, const BlockedCall &call) {
  if (form.keys != Form::Keys::dense || !multiplied_by_groups(call.q) ||
      form.width + form.value_width > 256)
    return false;
  const int processors = properties(call.q.device()).processors;
  const std::int64_t programs = programs_of(call, 128);
  return programs <= processors ||
         (is_narrow(form) && programs < 2 * processors);
}

} // namespace

// Whether blocks do several programs: not where sequences take times that only
// memory knows, nor where a mask makes programs unlike and there are few turns
// of them. Whoever is free takes the next one then.
bool is_persistent(const Form &form, const BlockedCall &call) {
  if (call.q_offsets)
    return false;
  const bool unlike = form.right && !form.left && on_gpu(call.q);
  const int beside = form.rows <= 64 ? 2 : 1;
  return !unlike || programs_of(call, form.rows) >=
                        2 * beside * properties(call.q.device()).processors;
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
// of keys and values fits shared memory three times, or twice beside warp
// groups, whose rows are many.
void choose_tiles(Form &form, std::int64_t queries, const Array &q,
                  bool few_rows) {
  const DType dtype = q.dtype();
  const bool gpu = on_gpu(q), grouped = multiplied_by_groups(q);
  // Without matrix instructions a warp holds more of its operands.
  const bool large = (form.width > 128 && !grouped) || bytes(dtype) > 2;
  const std::int64_t most = large || few_rows ? 64 : 128;
  // On the host small tiles leave out more of what a causal mask hides; of
  // long rows that is little.
  const std::int64_t host_tile = queries > 16 && queries < 384 ? 32 : 64;
  form.rows = gpu ? std::clamp<std::int64_t>(power_of_two(queries), 16, most)
                  : std::clamp<std::int64_t>(queries, 1, host_tile);
  const std::int64_t bytes_of_key =
      (form.width + form.value_width) * bytes(dtype);
  if (form.page != 0)
    return choose_pieces(form, gpu, grouped && form.rows >= 64, bytes_of_key);
  form.block =
      !gpu ? host_tile
      : grouped &&
              ((form.rows == 128 && form.width + form.value_width <= 256) ||
               (form.rows == 64 && is_narrow(form)))
          ? 128
          : 64;
  while (gpu && form.block > 16 && form.block * bytes_of_key > 65536)
    form.block /= 2;
}

// Three warp groups with narrow heads, where their tiles, of 192 rows, give no
// turn of programs that is not worth it: a round of them takes 0.9 of what its
// rows take otherwise at most.
void widen_rows(Form &form, const BlockedCall &call) {
  constexpr std::int64_t wide = 192;
  const auto cost = [&](std::int64_t rows) {
    const int processors = properties(call.q.device()).processors;
    return rows * pieces_of(programs_of(call, rows), processors);
  };
  if (is_narrow(form) && 9 * cost(wide) < 10 * cost(form.rows))
    form.rows = wide;
}

// More keys of wide heads that nothing hides, as many as registers hold: what a
// round takes beside its products is as long as those of 33 keys.
void widen_block(Form &form, const BlockedCall &call) {
  constexpr std::int64_t beside = 33;
  if (is_narrow(form) || form.width + form.value_width > 256 || form.left ||
      form.right)
    return;
  const auto cost = [&](std::int64_t block) {
    return pieces_of(call.k.size(2), block) * (block + beside);
  };
  for (const std::int64_t block : {160, 176})
    if (cost(block) < cost(form.block))
      form.block = block;
}

} // namespace

Form form_of(const BlockedCall &call) {
  Form form;
  form.keys = call.kind;
  form.width = at_least_one(head_width(call.q, call.q.size(-1)));
  form.value_width = at_least_one(head_width(call.q, call.out.size(-1)));
  form.page = call.kind == Form::Keys::paged ? at_least_one(call.k.size(1)) : 0;
  choose_tiles(form,
               call.kind == Form::Keys::dense ? call.q.size(3) : call.longest,
               call.q, has_few_rows(form, call));
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
  // Masks and the like take registers of their own.
  if (form.keys == Form::Keys::dense && multiplied_by_groups(call.q) &&
      form.rows == 128 && form.folded && !form.slopes &&
      form.mask == Form::Mask::none) {
    widen_rows(form, call);
    widen_block(form, call);
  }
  return form;
}

namespace {

// Heads whose programs come before those of the next ones, 0 for all of them at
// once: where the L2 cache does not keep the keys and values of all, as many as
// a third of it does. A power of two parts of as many heads each, so that
// blocks end alike (Emitter::inTurn).
int heads_together(const BlockedCall &call, std::int64_t rows) {
  const std::int64_t cache = properties(call.q.device()).l2_bytes,
                     read = (call.k.numel() + call.v.numel()) *
                            bytes(call.k.dtype()),
                     heads = programs_of(call, at_least_one(call.q.size(3)));
  if (read <= cache)
    return 0;
  std::int64_t parts = 2;
  while (parts < heads && read > parts * cache / 3 &&
         pieces_of(heads, 2 * parts) * pieces_of(call.q.size(3), rows) >=
             properties(call.q.device()).processors)
    parts *= 2;
  return static_cast<int>(pieces_of(heads, parts));
}

} // namespace

// With as many keys as there are queries before, the last rows take longest:
// they come first. Where blocks do one program, that is so for few turns of
// them only: else programs of one head better are neighbours, which read the
// same keys (decisions 47 and 49).
ProgramOrder order_of(const Form &form, const BlockedCall &call,
                      bool persistent) {
  constexpr std::int64_t few_turns = 10;
  if (!form.right || form.left || !on_gpu(call.q))
    return {};
  const std::int64_t programs =
      call.q.numel() / (form.rows * at_least_one(call.q.size(-1)));
  const Device device = call.q.device();
  if (persistent && multiplied_by_groups(call.q))
    return {ProgramOrder::Kind::descending, heads_together(call, form.rows)};
  return programs <= few_turns * properties(device).processors
             ? ProgramOrder{ProgramOrder::Kind::descending, 0}
             : ProgramOrder{};
}

} // namespace girih::ops
