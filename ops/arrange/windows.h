// SPDX-License-Identifier: Apache-2.0
// Windows over one to three dimensions, as convolutions and pooling have them.
// What says how they lie comes as the sizes of two operands without elements of
// interest (see WindowNumbers), so that no number of it compiles anything anew.
#pragma once

#include "girih/dsl/dsl.h"

#include <vector>

namespace girih::ops::arrange {

/// Sizes of windows that are part of a kernel, as one number: 0 where they are
/// known at run time only. The places of such windows are walked by a loop of
/// C++, and so loaded at once.
struct FixedWindow {
  static constexpr int bits = 5;
  std::int64_t code = constexpr_value<std::int64_t>("WINDOW", 0);

  bool given() const { return code != 0; }
  int size(int dim) const {
    return static_cast<int>(code >> (bits * dim)) & ((1 << bits) - 1);
  }
};

/// The operands whose sizes they are: `sizes` is [R..., P...], places and
/// positions of windows, `steps` [stride..., dilation...], `before` [padding +
/// 1...].
struct WindowOperands {
  Tensor sizes, steps, before;
};

class Windows {
public:
  /// Windows lie over the dimensions `first` and on of an input.
  Windows(WindowOperands numbers, int first)
      : sizes_(std::move(numbers.sizes)), steps_(std::move(numbers.steps)),
        before_(std::move(numbers.before)), first_(first) {}

  int dims() const { return steps_.rank() / 2; }
  Size size(int i) const {
    return fixed_.given() ? Size(fixed_.size(i)) : sizes_.size(i);
  }
  Size positions(int i) const { return sizes_.size(dims() + i); }

  /// x[lead..., H..., trail...]: a level [lead..., P..., trail...] of positions
  /// over one of places [R...].
  Tensor of(const Tensor &x) const {
    Cuts cuts(x.rank());
    for (int i = 0; i < dims(); ++i)
      cuts.set(first_ + i, {.size = size(i),
                            .stride = steps_.size(i),
                            .dilation = steps_.size(dims() + i),
                            .before = before_.size(i) - 1,
                            .count = positions(i),
                            .of = x.size(first_ + i)});
    return cuts.apply(x);
  }

  /// The same where window i of P begins at i * H / P: each element of a
  /// dimension P times in a row, and P elements further at each place.
  Tensor adaptive(Tensor x) const {
    Cuts cuts(x.rank());
    for (int i = 0; i < dims(); ++i) {
      const int dim = first_ + i;
      const Size from = x.size(dim), count = positions(i);
      Extents repeat(static_cast<std::size_t>(x.rank() + 1), keep);
      repeat[static_cast<std::size_t>(dim + 1)] = count;
      x = x.unsqueeze(dim + 1).expand(repeat).flatten(dim, dim + 2);
      cuts.set(dim, {.size = size(i),
                     .stride = from,
                     .dilation = count,
                     .before = 0,
                     .count = count,
                     .of = x.size(dim)});
    }
    return cuts.apply(x);
  }

private:
  struct Cut {
    Size size, stride, dilation, before, count, of;
  };
  class Cuts {
  public:
    explicit Cuts(int rank)
        : sizes_(static_cast<std::size_t>(rank), 1), strides_(sizes_),
          dilation_(sizes_), padding_(sizes_.size()) {
      for (int dim = 0; dim < rank; ++dim)
        others_.push_back(dim);
    }
    void set(int dim, const Cut &cut) {
      const auto at = static_cast<std::size_t>(dim);
      // As much behind as the last window needs, or less than nothing.
      const Size reach =
          (cut.count - 1) * cut.stride + (cut.size - 1) * cut.dilation + 1;
      padding_[at] = {cut.before, reach - cut.of - cut.before};
      sizes_[at] = cut.size;
      strides_[at] = cut.stride;
      dilation_[at] = cut.dilation;
      std::erase(others_, dim);
    }
    Tensor apply(const Tensor &x) const {
      return x.pad(padding_)
          .tile(sizes_, strides_, dilation_, Rounding::floor)
          .at(1, squeeze(others_));
    }

  private:
    Extents sizes_, strides_, dilation_;
    std::vector<Padding> padding_;
    std::vector<int> others_;
  };

  Tensor sizes_, steps_, before_;
  int first_;
  FixedWindow fixed_;
};

/// An operand that is there for its sizes: one element to each program.
inline Tensor only_sizes(Tensor t, const std::vector<Size> &grid) {
  while (t.rank() > 0)
    t = t.select(0, 0);
  Extents sizes;
  for (const Size &size : grid) {
    t = t.unsqueeze(0);
    sizes.emplace_back(size);
  }
  return t.expand(sizes);
}

/// Tiles of BR x BL outputs: BL along the last dimension, BR along all others
/// joined. A program walks over the places of their windows.
class WindowLanes {
public:
  /// Of inputs of `rank` dimensions windows lie over the last ones but, with
  /// `trail`, one. Leading dimensions of out may be joined.
  WindowLanes(const WindowOperands &numbers, int rank, const Tensor &out,
              bool trail)
      : numbers_(numbers), out_(output(out)),
        windows_(numbers, rank - numbers.before.rank() - (trail ? 1 : 0)) {}

  Tensor output(const Tensor &out) const {
    return out.flatten(0, -1).tile({BR, BL});
  }
  Tensor input(const Tensor &x) const { return lanes(windows_.of(x)); }
  Tensor adaptive_input(const Tensor &x) const {
    return lanes(windows_.adaptive(x));
  }
  /// The operands of numbers, for a program.
  WindowOperands numbers() const {
    const std::vector<Size> grid = out_.shape();
    return {only_sizes(numbers_.sizes, grid), only_sizes(numbers_.steps, grid),
            only_sizes(numbers_.before, grid)};
  }
  const Windows &windows() const { return windows_; }
  /// w[rows or, with `along`, columns, R...], or without places: one number
  /// for each row or column, which broadcasts against a tile.
  Tensor weights(Tensor w, bool along) const {
    const std::vector<int> places = from(1, w.rank() - 1);
    Extents cut(static_cast<std::size_t>(w.rank()), 1),
        walk(static_cast<std::size_t>(w.rank()), whole);
    cut[0] = along ? BL : BR;
    walk[0] = 1;
    w = w.tile(cut).at(1, squeeze(places)).at(1, unsqueeze(along ? 0 : 1));
    if (!places.empty())
      w = w.tile(walk).squeeze(places).at(1, squeeze(0));
    return along ? w.unsqueeze(0).expand({out_.size(0), keep})
                 : w.unsqueeze(1).expand({keep, out_.size(1)});
  }

private:
  static std::vector<int> from(int first, int count) {
    std::vector<int> all;
    for (int i = 0; i < count; ++i)
      all.push_back(first + i);
    return all;
  }
  Tensor lanes(const Tensor &windows) const {
    Extents cut{BR, BL}, walk{1, 1};
    for (int i = 0; i < windows_.dims(); ++i) {
      cut.emplace_back(1);
      walk.emplace_back(whole);
    }
    const std::vector<int> places = from(2, windows_.dims());
    return windows.flatten(0, -1)
        .ravel()
        .tile(cut)
        .at(1, squeeze(places))
        .tile(walk)
        .squeeze(places)
        .at(1, squeeze({0, 1}));
  }

  Size BR = block_size("BR"), BL = block_size("BL");
  WindowOperands numbers_;
  Tensor out_;
  Windows windows_;
};

} // namespace girih::ops::arrange
