// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/layout/bit_swaps.h"

#include "girih/compiler/layout/moves.h"

namespace girih::compiler {

namespace {

using Bases = llvm::SmallVector<Coords, 8>;

Bases copyOf(const Layout &layout, Axis axis) {
  return Bases(layout.bases(axis));
}

/// A layout of these bases, with the repeats of `like`.
Layout assemble(const Layout &like, const Bases &reg, const Bases &lane) {
  Layout result(like.rank());
  for (const Coords &basis : reg)
    result.basis(Axis::reg, basis);
  for (const Coords &basis : lane)
    result.basis(Axis::lane, basis);
  for (const Coords &basis : like.bases(Axis::warp))
    result.basis(Axis::warp, basis);
  for (const Repeat &repeat : like.repeats())
    result.repeat(repeat.axis, repeat.dim, repeat.count);
  return result;
}

/// The step along `dim`, where the basis goes along nothing else; else 0.
int64_t stepAlong(const Coords &basis, int dim) {
  for (auto [other, step] : llvm::enumerate(basis))
    if (step != 0 && static_cast<int>(other) != dim)
      return 0;
  return basis[dim];
}

/// The bit of the shortest step along `dim` of at least `least`.
Coords *shortest(Bases &bases, int dim, int64_t least) {
  Coords *found = nullptr;
  for (Coords &basis : bases) {
    int64_t step = stepAlong(basis, dim);
    if (step >= least && (!found || step < stepAlong(*found, dim)))
      found = &basis;
  }
  return found;
}

} // namespace

std::optional<LaneSwaps> findSwaps(const Layout &from, const Layout &to) {
  Layout source = normalized(from), target = normalized(to);
  if (source.rank() != target.rank() || source.repeats() != target.repeats() ||
      source.bases(Axis::warp) != target.bases(Axis::warp) ||
      source.bases(Axis::lane).size() != target.bases(Axis::lane).size())
    return std::nullopt;
  Bases reg = copyOf(source, Axis::reg), lane = copyOf(source, Axis::lane);
  LaneSwaps result;
  for (auto [bit, wanted] : llvm::enumerate(target.bases(Axis::lane))) {
    if (lane[bit] == wanted)
      continue;
    auto *at = llvm::find(reg, wanted);
    if (at == reg.end())
      return std::nullopt;
    std::swap(lane[bit], *at);
    result.swaps.push_back(
        {static_cast<int>(bit), static_cast<int>(at - reg.begin())});
  }
  auto sorted = [](Bases bases) {
    llvm::sort(bases, [](const Coords &a, const Coords &b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(),
                                          b.end());
    });
    return bases;
  };
  if (sorted(reg) != sorted(copyOf(target, Axis::reg)))
    return std::nullopt;
  result.after = assemble(source, reg, lane);
  return result;
}

std::optional<Layout> gathered(const Layout &layout, int dim, int64_t count) {
  Layout plain = normalized(layout);
  Bases reg = copyOf(plain, Axis::reg), lane = copyOf(plain, Axis::lane), run;
  for (int64_t step = 1; step < count; step *= 2) {
    auto along = [&](const Coords &basis) {
      return stepAlong(basis, dim) == step;
    };
    auto *own = llvm::find_if(reg, along);
    if (own == reg.end()) {
      auto *other = llvm::find_if(lane, along);
      own = shortest(reg, dim, count);
      if (other == lane.end() || !own)
        return std::nullopt;
      std::swap(*own, *other);
    }
    run.push_back(*own);
    reg.erase(own);
  }
  run.append(reg.begin(), reg.end());
  return assemble(plain, run, lane);
}

std::optional<Layout> dealt(const Layout &layout, int dim, int64_t run,
                            int64_t count, size_t most) {
  Layout plain = normalized(layout);
  Bases reg = copyOf(plain, Axis::reg), lane = copyOf(plain, Axis::lane);
  size_t swaps = 0;
  for (int64_t step = run; step < count && swaps < most; step *= 2) {
    auto *own = llvm::find_if(reg, [&](const Coords &basis) {
      return stepAlong(basis, dim) == step;
    });
    if (own == reg.end())
      continue;
    auto *other =
        llvm::max_element(lane, [&](const Coords &a, const Coords &b) {
          return stepAlong(a, dim) < stepAlong(b, dim);
        });
    if (other == lane.end() || stepAlong(*other, dim) <= step)
      break;
    std::swap(*own, *other);
    ++swaps;
  }
  if (swaps == 0)
    return std::nullopt;
  return assemble(plain, reg, lane);
}

} // namespace girih::compiler
