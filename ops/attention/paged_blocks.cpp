// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/paged_blocks.h"

namespace girih::ops {

Tensor arrange_heads(const Tensor &x, std::int64_t rows, std::int64_t width,
                     const Size &splits) {
  return x.tile({1, 1, rows, width})
      .tile({1, 1, 1, whole})
      .squeeze(3)
      .unsqueeze(3)
      .expand({keep, keep, keep, splits})
      .at(1, squeeze({0, 1, 2}))
      .at(2, squeeze({0, 1}));
}

Tensor arrange_of_sequence(const Tensor &x, const Tensor &grid) {
  return x.unsqueeze(1).unsqueeze(2).unsqueeze(3).expand(
      {keep, grid.size(1), grid.size(2), grid.size(3)});
}

Tensor arrange_blocks(const Tensor &cache, const PagedForm &form,
                      std::int64_t width, const Tensor &grid) {
  return arrange_cache(cache, form.piece, width)
      .unsqueeze(0)
      .unsqueeze(2)
      .unsqueeze(3)
      .expand({grid.size(0), keep, grid.size(2), grid.size(3)});
}

Tensor arrange_parts(const Tensor &parts, const PagedForm &form) {
  return parts.tile({1, 1, 1, form.rows, form.value_width})
      .tile({1, 1, 1, 1, whole})
      .squeeze(4)
      .permute({0, 1, 3, 2})
      .at(1, squeeze({0, 1, 2, 3}))
      .at(2, squeeze({0, 1, 2}));
}

Tensor arrange_sums(const Tensor &sums, const PagedForm &form) {
  return sums.tile({1, 1, 1, form.rows})
      .permute({0, 1, 3, 2})
      .at(1, squeeze({0, 1, 2}))
      .at(1, unsqueeze(1));
}

std::vector<std::string>
names_with(std::vector<std::string> inputs,
           std::initializer_list<std::string> outputs) {
  inputs.insert(inputs.end(), outputs);
  return inputs;
}

namespace {

class Blocks {
public:
  Blocks(const PagedForm &form, const PagedReads &reads, const PagedKeys &keys)
      : form_(form), reads_(reads), keys_(keys), query_(reads.query()),
        state_(form.rows, form.value_width, accumulated(reads.dtype)) {}

  // Blocks [first, first + unrolled), all of whose keys are visible.
  void visible(const Index &first) {
    std::vector<Tile> scores, values;
    for (int i = 0; i < form_.unrolled; ++i) {
      const Places places = places_of(first + i);
      const Tile keys = keys_at(0, places);
      scores.push_back(score(keys, places));
      values.push_back(values_at(keys, places));
    }
    state_.step(scores, values, reads_.dtype);
  }

  void masked(const Index &block) {
    const Places places = places_of(block);
    Tile key = arange(form_.block, i64) + block * form_.block;
    Tile seen = key < keys_.cached;
    if (form_.window)
      seen = seen & (key >= keys_.first);
    Tile keys = keys_at(0, places);
    if (form_.shared)
      keys = where(unsqueeze(seen, 0), keys, 0);
    std::vector<Tile> scores{
        where(unsqueeze(seen, 0), score(keys, places), -INFINITY)};
    Tile value = values_at(keys, places);
    if (!form_.shared)
      value = where(unsqueeze(seen, 1), value, 0);
    state_.step(scores, std::vector<Tile>{value}, reads_.dtype);
  }

  OnlineSoftmax &state() { return state_; }

private:
  // The page of each piece of a block, and which part of it.
  using Places = std::vector<std::pair<Index, Index>>;

  Places places_of(const Index &block) const {
    const std::int64_t per_page = form_.page / form_.piece,
                       pieces = form_.block / form_.piece;
    Places places;
    for (std::int64_t at = 0; at < pieces; ++at) {
      const Index piece = pieces == 1 ? block : block * pieces + at;
      places.push_back(
          {as_index(reads_.table[piece / per_page]), piece % per_page});
    }
    return places;
  }

  static Tile joined(const PagedReads::Block &of, const Places &places,
                     int dim) {
    return cat_of(
        static_cast<std::int64_t>(places.size()), dim, [&](std::int64_t at) {
          const auto &[page, place] = places[static_cast<std::size_t>(at)];
          return of(page, place);
        });
  }

  Tile keys_at(std::size_t part, const Places &places) const {
    return joined(reads_.keys[part], places, 1);
  }

  Tile values_at(const Tile &keys, const Places &places) const {
    return form_.shared ? permute(keys, {1, 0})
                        : joined(reads_.value, places, 0);
  }

  // Of the first part of the keys, and the others.
  Tile score(const Tile &keys, const Places &places) const {
    Tile product = dot(query_[0], keys);
    for (std::size_t at = 1; at < query_.size(); ++at)
      product += dot(query_[at], keys_at(at, places));
    return reads_.scale(product);
  }

  const PagedForm &form_;
  const PagedReads &reads_;
  PagedKeys keys_;
  std::vector<Tile> query_;
  OnlineSoftmax state_;
};

} // namespace

OnlineSoftmax
attend_pages(const PagedForm &form, const PagedReads &reads,
             const PagedKeys &keys, const Index &splits,
             const std::function<void(OnlineSoftmax &)> &begin_state) {
  const std::int64_t block = form.block, unrolled = form.unrolled;
  Index begin = keys.first / block, end = cdiv(keys.cached, block);
  Index steps = cdiv(end - begin, unrolled);
  Index part = cdiv(steps, splits) * unrolled;
  Index first = begin + program_id(3) * part;
  Index last = min(first + part, end);
  Index whole_begin = form.window ? max(first, cdiv(keys.first, block)) : first;
  Index rounds =
      max(min(last, keys.cached / block) - whole_begin, 0) / unrolled;

  Blocks blocks(form, reads, keys);
  begin_state(blocks.state());
  if (form.window)
    for (Index at : range(first, min(whole_begin, last)))
      blocks.masked(at);
  for (Index round : range(rounds))
    blocks.visible(whole_begin + round * unrolled);
  for (Index at : range(whole_begin + rounds * unrolled, last))
    blocks.masked(at);
  return blocks.state();
}

} // namespace girih::ops
