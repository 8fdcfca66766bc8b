// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/normalisation/cross_entropy_kernels.h"

#include "girih/ops/arrange/rows.h"
#include "girih/ops/normalisation/cross_entropy_views.h"
#include "girih/ops/reductions/seen_by_all.h"

#include <array>
#include <deque>

namespace girih::ops::cross_entropy_kernels {

Tensor rows(const Tensor &t) {
  if (t.rank() == 0)
    return t.unsqueeze(0).tile({block_size("BM")});
  const arrange::RowTiles cut(t.rank());
  return t.tile(cut.sizes).at(1, squeeze(cut.leading));
}

Tensor lanes(Tensor t, int kept) {
  if (kept == 0)
    t = t.unsqueeze(0);
  const arrange::RowTiles cut(kept);
  return t.tile(cut.with(block_size("BK")))
      .tile(cut.level(whole))
      .at(1, squeeze(cut.dims))
      .at(2, squeeze(cut.leading))
      .squeeze(-1);
}

Tensor lanes_of_all(Tensor weight, const Tensor &tiles) {
  Extents repeats;
  for (int d = 0; d < tiles.rank(); ++d) {
    weight = weight.unsqueeze(0);
    repeats.emplace_back(tiles.size(d));
  }
  // A row [1, C] that all rows see, in a level over k.
  Extents sizes(static_cast<std::size_t>(tiles.rank()), 1), level = sizes;
  std::vector<int> all, leading;
  for (int d = 0; d < tiles.rank(); ++d) {
    all.push_back(d);
    if (d + 1 < tiles.rank())
      leading.push_back(d);
  }
  sizes.emplace_back(block_size("BK"));
  level.emplace_back(whole);
  weight = weight.tile(sizes)
               .tile(level)
               .at(1, squeeze(all))
               .at(2, squeeze(leading));
  return weight.squeeze(-1).expand(repeats);
}

namespace {

// Which operand is which; -1: not there.
struct Places {
  int weight = -1, classes = -1, weights = -1, own = -1, mixed = -1;
  int ignored = 4, loss = 5;

  Places(bool weighted, bool smoothed) {
    int next = 4;
    if (weighted)
      weight = next++;
    if (smoothed) {
      classes = next++;
      weights = next++;
      own = next++;
      mixed = next++;
    }
    ignored = next++;
    loss = next;
  }
  int count() const { return loss + 2; }
  // Whether an operand has an element for each row.
  bool by_row(int operand) const {
    return (operand >= 1 && operand <= 3) || operand == classes ||
           operand >= loss;
  }
};

void apply_loss(const std::deque<In> &ins, const Out &loss, const Out &counted,
                const Places &at, int kept) {
  const In &x = ins[0];
  const DType type = ins[2].dtype();
  const Tile target = cast(ins[1], i64);
  const Tile counts =
      loss.in_bounds() &
      (target != cast(ins[static_cast<std::size_t>(at.ignored)], i64));
  const Tile of = where(counts, target, 0);
  std::vector<Located> place;
  for (int d = 0; d < kept; ++d)
    place.emplace_back(where(loss.in_bounds(), loss.offsets(d), 0));
  place.emplace_back(of);
  const auto given = [&](int operand) -> const In & {
    return ins[static_cast<std::size_t>(operand)];
  };
  Tile weight = full(loss.shape(), 1, type);
  if (at.weight >= 0)
    weight = cast(given(at.weight).gather({of}), type);
  const Tile log_total = log(Tile(ins[3]));
  const Tile apart = cast(x.gather(place), type) - ins[2];
  Tile value = weight * (log_total - apart);
  if (at.classes >= 0) {
    const Tile all =
        given(at.weights) * (log_total + ins[2]) - given(at.classes);
    value = given(at.own) * value + given(at.mixed) * all;
  }
  loss = where(counts, value, 0);
  counted = where(counts, weight, 0);
}

Kernel make_loss(int kept, bool weighted, bool smoothed) {
  const Places at(weighted, smoothed);
  KernelSource source;
  source.name = std::string("cross_entropy_loss") +
                (weighted ? "_weighted" : "") + (smoothed ? "_smoothed" : "") +
                "_" + std::to_string(kept);
  source.where = std::source_location::current();
  source.operand_names = {"logits", "target", "largest", "total"};
  if (weighted)
    source.operand_names.emplace_back("weight");
  if (smoothed)
    for (const char *name : {"classes", "weights", "own", "mixed"})
      source.operand_names.emplace_back(name);
  for (const char *name : {"ignored", "loss", "counted"})
    source.operand_names.emplace_back(name);
  for (int i = 0; i < at.count(); ++i)
    source.directions.push_back(i < at.loss ? Direction::in : Direction::out);
  source.arrangement = [at](std::span<const Tensor> operands) {
    Arrangement out;
    const Tensor loss = rows(operands[static_cast<std::size_t>(at.loss)]);
    for (int i = 0; i < at.count(); ++i) {
      const Tensor &each = operands[static_cast<std::size_t>(i)];
      if (at.by_row(i))
        out.operands.push_back(rows(each));
      else if (i == 0 || i == at.weight)
        out.operands.push_back(seen_by_all(each, loss));
      else
        out.operands.push_back(each);
    }
    return out;
  };
  source.application = [at, kept](Recorder &recorder) {
    std::deque<In> ins;
    for (int i = 0; i < at.loss; ++i)
      ins.emplace_back(recorder, i);
    apply_loss(ins, Out(recorder, at.loss), Out(recorder, at.loss + 1), at,
               kept);
  };
  return Kernel(std::move(source));
}

Kernel make_classes() {
  return Kernel(make_source(
      "cross_entropy_classes",
      [](Tensor x, Tensor out) {
        return arranged(lanes(x, out.rank()), rows(out));
      },
      [](In x, Out out) {
        Tile total = zeros(x.shape(), out.dtype());
        for (Index k : range(x.size(0)))
          total += cast(x[k], total.dtype());
        out = girih::sum(total, dim(1));
      },
      {"logits", "classes"}));
}

Kernel make_weighted_classes() {
  return Kernel(make_source(
      "cross_entropy_weighted_classes",
      [](Tensor x, Tensor weight, Tensor out) {
        const Tensor tiles = rows(out);
        return arranged(lanes(x, out.rank()), lanes_of_all(weight, tiles),
                        tiles);
      },
      [](In x, In weight, Out out) {
        Tile total = zeros(x.shape(), out.dtype());
        for (Index k : range(x.size(0)))
          total += cast(x[k], total.dtype()) * cast(weight[k], total.dtype());
        out = girih::sum(total, dim(1));
      },
      {"logits", "weight", "classes"}));
}

} // namespace

const Kernel &loss(int kept, bool weighted, bool smoothed) {
  static const std::array<Kernel, 32> kernels =
      []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<Kernel, 32>{
            make_loss(static_cast<int>(I / 4), I % 4 >= 2, I % 2 == 1)...};
      }(std::make_index_sequence<32>());
  return kernels[static_cast<std::size_t>(4 * kept + 2 * weighted + smoothed)];
}

const Kernel &classes(bool weighted) {
  static const Kernel kernels[] = {make_classes(), make_weighted_classes()};
  return kernels[weighted];
}

const Kernel &quotient() {
  static const Kernel made{make_source(
      "cross_entropy_quotient",
      [](Tensor total, Tensor count, Tensor out) {
        return arranged(total, count, out);
      },
      [](In total, In count, Out out) { out = total / count; },
      {"total", "count", "out"})};
  return made;
}

const Kernel &mean() {
  static const Kernel made{make_source(
      "cross_entropy_mean",
      [](Tensor losses, Tensor counted, Tensor out) {
        const auto all = [](const Tensor &t) {
          return t.tile({block_size("BN")}).tile({whole});
        };
        return arranged(all(losses), all(counted), out.tile({1}));
      },
      [](In losses, In counted, Out out) {
        Tile total = zeros(losses.shape(), losses.dtype()),
             count = zeros(losses.shape(), losses.dtype());
        for (Index k : range(losses.size(0))) {
          total += losses[k];
          count += counted[k];
        }
        out = girih::sum(total, dim(0)) / girih::sum(count, dim(0));
      },
      {"losses", "counted", "out"})};
  return made;
}

} // namespace girih::ops::cross_entropy_kernels
