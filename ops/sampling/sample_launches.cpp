// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/sample_launches.h"

#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_records.h"

#include <initializer_list>

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
bool Draw::has_records() const { return Cut(logits.size(1)).chunks == 32; }

void Draw::by_records() const {
  const std::int64_t batch = logits.size(0);
  const Cut cut(logits.size(1));
  const Array reals = scratch(*this, {2, batch, cut.parts}, f32),
              counts = scratch(*this, {batch, cut.parts}, i32),
              found = scratch(*this, {3, batch, cut.parts, records}, i32),
              weighed = scratch(*this, {2, batch, cut.parts, records}, f32),
              line = scratch(*this, {2, batch, records}, i32);
  const Array tops = reals.select(0, 0), wholes = reals.select(0, 1),
              keys = found.select(0, 0), tokens = found.select(0, 1),
              above = found.select(0, 2), scores = weighed.select(0, 0),
              masses = weighed.select(0, 1), line_keys = line.select(0, 0),
              line_tokens = line.select(0, 1);
  run(*this, records_kernel(), parts_config(cut), 6,
      {&tops, &counts, &keys, &tokens, &scores});
  run(*this, weigh_kernel(), weigh_config(cut), 4,
      {&tops, &counts, &keys, &tokens, &scores, &line_keys, &line_tokens,
       &above, &masses, &wholes});
  run(*this, choose_kernel(), choose_config(cut, logits.size(1)), 6,
      {&tops, &line_keys, &line_tokens, &above, &masses, &wholes, &out});
}

} // namespace girih::ops::sampling
