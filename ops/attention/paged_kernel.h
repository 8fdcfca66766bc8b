// SPDX-License-Identifier: Apache-2.0
// One token of each sequence against the pages of its keys and values.
//
// Query heads that share a head of keys are the rows of a matrix, so that each
// key is read once for all of them. A sequence is split among programs until
// the device is busy; a second kernel combines what they found by their sums of
// exponentials. On a GPU a program is two warps, or one for 16 rows: weights go
// from one product to the next in registers, reductions are shuffles, and two
// programs on a multiprocessor keep its memory busy. Blocks of keys that are
// visible as a whole are copied ahead to shared memory; the masked ones at the
// ends are not, and values that no key is visible for are replaced by zeros, as
// a free place of a page may hold anything.
//
// Latents have heads enough for warp groups: a program has 64 of them, and two
// groups half of the values each. Blocks are of several pages then, and lie in
// shared memory once, as keys and as values.
#pragma once

#include "girih/ops/attention.h"
#include "girih/ops/attention/paged.h"

#include <compare>
#include <optional>

namespace girih::ops {

/// Numbers that a kernel of paged attention is made with.
struct PagedForm {
  std::int64_t rows = 16;   // query heads of a program
  std::int64_t width = 128; // of keys
  std::int64_t value_width = 128;
  std::int64_t rope_width = 0; // latent: of the second part of a key; else 0
  std::int64_t page = 16;
  std::int64_t block = 16; // keys of a product
  std::int64_t piece = 16; // of them those of one page: mostly all
  int unrolled = 2;        // blocks of one step
  bool shared = false;     // values are the keys, read once for both
  bool window = false, capped = false, sinks = false;
  bool split = false; // into parts
  auto operator<=>(const PagedForm &) const = default;
};

/// One call. Query heads are [B, heads, group, D].
struct PagedCall {
  Array q, keys, values;   // caches [pages, page size, heads, D]
  Array q_rope, keys_rope; // latent: the second parts; else scalars
  Array block_table, lengths;
  double scale = 1, soft_cap = 0;
  std::int64_t window = 0;
  std::optional<Array> sinks; // [heads, group]
  Array out;                  // [B, heads, group, Dv]
};

/// Checks the arguments of paged_attention(); gives what its result is.
/// [device] [dtype] [shape] [argument]
Shaped check_paged_attention(const Call &call, const Array &q,
                             const Array &keys, const Array &values,
                             const Array &table, const Array &lengths,
                             const PagedOptions &options);
/// Its call: q[B, Hq, D] with heads in groups.
PagedCall paged_call(const Array &q, const Array &keys, const Array &values,
                     const Array &table, const Array &lengths,
                     const PagedOptions &options, const Array &out);

/// How a call is launched.
struct PagedPlan {
  PagedForm form;
  std::int64_t splits = 1;
  int warps = 4, stages = 1;
};
/// `step`: of rope_paged_attention().
PagedPlan plan_paged(const PagedCall &paged, bool step = false);
/// Memory for what the splits find, [B, H, S, G, Dv] and [B, H, S, G].
struct PagedParts {
  Array parts, sums;
};
PagedParts allocate_parts(const Call &call, const PagedCall &paged,
                          const PagedPlan &plan);

/// Runs the kernel, and the combining one where there are splits.
void launch_paged(const Call &call, const PagedCall &paged);

/// Entries of the kernels: attention, or that of latent caches.
std::vector<KernelEntry> paged_entries(bool latent);

} // namespace girih::ops
