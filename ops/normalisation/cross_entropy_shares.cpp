// SPDX-License-Identifier: Apache-2.0
// Cross entropy with a target that says how much of a row each class has:
// loss = sum over c of weight[c] * share[c] * (log of the sum of e^x - x[c]).
#include "girih/ops/normalisation/cross_entropy_kernels.h"
#include "girih/ops/normalisation/cross_entropy_views.h"

namespace girih::ops::cross_entropy_kernels {

namespace {

// [kept...] as columns [BM, 1] of the tiles that rows() makes.
Tensor columns(Tensor t) {
  t = t.unsqueeze(t.rank());
  if (t.rank() == 1)
    t = t.unsqueeze(0);
  Extents sizes;
  std::vector<int> leading;
  for (int d = 0; d + 1 < t.rank(); ++d) {
    const bool last = d + 2 == t.rank();
    sizes.emplace_back(last ? Extent(block_size("BM")) : Extent(1));
    if (!last)
      leading.push_back(d);
  }
  sizes.emplace_back(1);
  return t.tile(sizes).at(1, squeeze(leading)).squeeze(-1);
}

void apply(const In &x, const In &target, const In *weight, const In &largest,
           const In &total, const In &own, const In &mixed, Out &loss) {
  const DType type = largest.dtype();
  const Tile log_total = log(Tile(total));
  Tile sum = zeros(x.shape(), type);
  for (Index k : range(x.size(0))) {
    const InTile at = x[k];
    const Tile apart = log_total - (cast(at, type) - largest);
    Tile share = cast(target[k], type) * own + mixed;
    if (weight)
      share = share * cast((*weight)[k], type);
    sum += where(at.in_bounds(), share * apart, 0);
  }
  loss = girih::sum(sum, dim(1));
}

Kernel make_plain() {
  return Kernel(make_source(
      "cross_entropy_shares",
      [](Tensor x, Tensor target, Tensor largest, Tensor total, Tensor own,
         Tensor mixed, Tensor loss) {
        const int kept = loss.rank();
        return arranged(lanes(x, kept), lanes(target, kept), columns(largest),
                        columns(total), own, mixed, rows(loss));
      },
      [](In x, In target, In largest, In total, In own, In mixed, Out loss) {
        apply(x, target, nullptr, largest, total, own, mixed, loss);
      },
      {"logits", "target", "largest", "total", "own", "mixed", "loss"}));
}

Kernel make_weighted() {
  return Kernel(make_source(
      "cross_entropy_weighted_shares",
      [](Tensor x, Tensor target, Tensor weight, Tensor largest, Tensor total,
         Tensor own, Tensor mixed, Tensor loss) {
        const int kept = loss.rank();
        const Tensor out = rows(loss);
        return arranged(lanes(x, kept), lanes(target, kept),
                        lanes_of_all(weight, out), columns(largest),
                        columns(total), own, mixed, out);
      },
      [](In x, In target, In weight, In largest, In total, In own, In mixed,
         Out loss) {
        apply(x, target, &weight, largest, total, own, mixed, loss);
      },
      {"logits", "target", "weight", "largest", "total", "own", "mixed",
       "loss"}));
}

} // namespace

const Kernel &shares(bool weighted) {
  static const Kernel kernels[] = {make_plain(), make_weighted()};
  return kernels[weighted];
}

} // namespace girih::ops::cross_entropy_kernels
