// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/sample_launches.h"

#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_records.h"
#include "girih/ops/sampling/sample_search.h"

#include <cmath>
#include <initializer_list>
#include <utility>

namespace girih::ops::sampling {

namespace {

Array scratch(const Draw &draw, std::initializer_list<std::int64_t> shape,
              DType dtype) {
  return allocate_result(std::span(shape.begin(), shape.size()), dtype,
                         draw.logits.device(), draw.call.stream);
}

// logits, `count` numbers, and others.
void run(const Draw &draw, const Kernel &kernel, const Config &config,
         std::size_t count, std::initializer_list<const Array *> others) {
  std::vector<const Array *> operands{&draw.logits};
  for (std::size_t i = 0; i < count; ++i)
    operands.push_back(&draw.numbers[i]);
  operands.insert(operands.end(), others);
  kernel.run(operands, {.config = config, .stream = draw.call.stream},
             draw.call.where);
}

} // namespace

void Draw::by_candidates() const {
  const std::int64_t batch = logits.size(0);
  const Cut cut(logits.size(1));
  const Array reals = scratch(*this, {3, batch, cut.parts}, f32),
              whole = scratch(*this, {3, batch, cut.parts}, i32),
              found = scratch(*this, {2, batch, cut.parts, room}, i32),
              noisy = scratch(*this, {batch, cut.parts, room}, f32);
  const Array tops = reals.select(0, 0), sums = reals.select(0, 1),
              scores = reals.select(0, 2), tokens = whole.select(0, 0),
              counts = whole.select(0, 1), bounds = whole.select(0, 2),
              keys = found.select(0, 0), places = found.select(0, 1);
  run(*this, parts_kernel(), parts_config(cut), 6,
      {&tops, &sums, &scores, &tokens, &counts, &bounds, &keys, &places,
       &noisy});
  run(*this, merge_kernel(), merge_config(cut, logits.size(1)), 6,
      {&tops, &sums, &scores, &tokens, &counts, &bounds, &keys, &places, &noisy,
       &out});
}

// Programs of weigh hold a whole part's comparisons with some records.
bool Draw::gains_by_records() const {
  return logits.device().kind == Device::Kind::cuda &&
         Cut(logits.size(1)).chunks == 32;
}

Draw::Limits Draw::mass_of_top_k(const Array &tops, const Array &lows) const {
  const std::int64_t batch = logits.size(0);
  const Cut cut(logits.size(1));
  Config config = weigh_config(cut);
  config.num_warps = 8; // each waits for the one before it
  // What a round makes.
  struct Round {
    Array pivots, ends, weights, before, masses;
  };
  const auto made = [&] {
    return Round{scratch(*this, {batch, pivot_count}, i32),
                 scratch(*this, {batch, 2}, i32),
                 scratch(*this, {batch, 2}, f32),
                 scratch(*this, {batch, cut.parts, pivot_count}, i32),
                 scratch(*this, {batch, cut.parts, pivot_count}, f32)};
  };
  Round last = made(), next = made();
  run(*this, first_search_kernel(), config, 4,
      {&tops, &lows, &last.pivots, &last.ends, &last.weights, &last.before,
       &last.masses});
  for (int round = 1; round < (bits(logits.dtype()) == 16 ? 3 : 4); ++round) {
    run(*this, search_kernel(), config, 4,
        {&tops, &last.pivots, &last.ends, &last.weights, &last.before,
         &last.masses, &next.pivots, &next.ends, &next.weights, &next.before,
         &next.masses});
    std::swap(last, next);
  }
  const Limits found{scratch(*this, {batch}, f32),
                     scratch(*this, {batch}, f32)};
  const Array *operands[] = {&numbers[1],   &last.pivots, &last.ends,
                             &last.weights, &last.before, &last.masses,
                             &found.least,  &found.most};
  config.blocks.erase("J");
  found_kernel().run(operands, {.config = config, .stream = call.stream},
                     call.where);
  return found;
}

void Draw::by_records(bool by_share) const {
  const std::int64_t batch = logits.size(0);
  const Cut cut(logits.size(1));
  const Array reals = scratch(*this, {3, batch, cut.parts}, f32),
              found = scratch(*this, {3, batch, cut.parts, told}, i32),
              above = scratch(*this, {batch, cut.parts, records}, i32),
              masses = scratch(*this, {batch, cut.parts, records}, f32),
              line = scratch(*this, {2, batch, records}, i32);
  const Array tops = reals.select(0, 0), wholes = reals.select(0, 1),
              lows = reals.select(0, 2), keys = found.select(0, 0),
              tokens = found.select(0, 1), scores = found.select(0, 2),
              line_keys = line.select(0, 0), line_tokens = line.select(0, 1);
  run(*this, records_kernel(), records_config(cut, batch), 6,
      {&tops, &lows, &keys, &tokens, &scores});
  if (are_few(cut, batch)) {
    run(*this, line_weigh_kernel(), weigh_config(cut), 4,
        {&tops, &keys, &tokens, &scores, &line_keys, &line_tokens, &above,
         &masses, &wholes});
  } else {
    const Array *operands[] = {&keys, &tokens, &scores, &line_keys,
                               &line_tokens};
    line_kernel().run(operands,
                      {.config = line_config(cut), .stream = call.stream},
                      call.where);
    run(*this, weigh_kernel(), weigh_config(cut), 4,
        {&tops, &line_keys, &above, &masses, &wholes});
  }
  Limits limits{Array::scalar(0.0, f32), Array::scalar(INFINITY, f32)};
  if (by_share)
    limits = mass_of_top_k(tops, lows);
  run(*this, choose_kernel(), choose_config(cut, logits.size(1)), 6,
      {&tops, &line_keys, &line_tokens, &above, &masses, &wholes, &limits.least,
       &limits.most, &out});
}

} // namespace girih::ops::sampling
