// SPDX-License-Identifier: Apache-2.0
// Windows over one to three dimensions, as convolutions and pooling have them.
// What says how they lie comes as the sizes of two operands without elements of
// interest (see WindowNumbers), so that no number of it compiles anything anew.
#pragma once

#include "girih/dsl/dsl.h"

#include <string_view>
#include <vector>

namespace girih::ops::arrange {

/// Small numbers of a kernel as the digits of one constant.
inline constexpr int digit_bits = 5;
inline constexpr std::int64_t digit_limit = 1 << digit_bits;
constexpr int digit(std::int64_t code, int at) {
  return static_cast<int>((code >> (digit_bits * at)) & (digit_limit - 1));
}

/// Sizes of windows that are part of a kernel, as one number: 0 where they are
/// known at run time only. The places of such windows are walked by a loop of
/// C++, and so loaded at once. With them may come how the windows lie: then it
/// is known which elements of memory are neighbours, and at which of them
/// vectors begin.
struct FixedWindow {
  std::int64_t code = constexpr_value<std::int64_t>("WINDOW", 0);
  std::int64_t steps = constexpr_value<std::int64_t>("STEPS", 0);

  bool given() const { return code != 0; }
  int size(int dim) const { return digit(code, dim); }
  /// Whether stride, dilation and padding before are part of the kernel, too.
  bool placed() const { return steps != 0; }
  int stride(int dim) const { return digit(steps, 3 * dim); }
  int dilation(int dim) const { return digit(steps, 3 * dim + 1); }
  int before(int dim) const { return digit(steps, 3 * dim + 2); }
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
  int first() const { return first_; }
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

/// Tiles of outputs: B2 x B1 x B0 along the last three dimensions, or as many
/// as there are. A program walks over the places of their windows. No dimension
/// is joined with another: an address would cost a division for each row.
class WindowLanes {
public:
  /// Of inputs of the rank of out, windows lie over the last dimensions but,
  /// with `trail`, one.
  WindowLanes(const WindowOperands &numbers, const Tensor &out, bool trail)
      : numbers_(numbers), rank_(out.rank()),
        windows_(numbers, out.rank() - numbers.before.rank() - (trail ? 1 : 0)),
        grid_(output(out).shape()) {}

  Tensor output(const Tensor &out) const { return cut(out, 0); }
  Tensor input(const Tensor &x) const {
    return fixed_.placed() ? placed(x) : walk(windows_.of(x).ravel());
  }
  Tensor adaptive_input(const Tensor &x) const {
    return walk(windows_.adaptive(x).ravel());
  }
  /// The operands of numbers, for a program.
  WindowOperands numbers() const {
    return {only_sizes(numbers_.sizes, grid_),
            only_sizes(numbers_.steps, grid_),
            only_sizes(numbers_.before, grid_)};
  }
  /// w[C, R...], or [C] without places: one number for each element of
  /// dimension `dim`, which broadcasts against a tile.
  Tensor weights(Tensor w, int dim) const {
    const int places = w.rank() - 1;
    Extents repeat;
    for (int at = 0; at < rank_; ++at) {
      if (at != dim)
        w = w.unsqueeze(at);
      repeat.push_back(at == dim ? Extent(keep)
                                 : grid_[static_cast<std::size_t>(at)]);
    }
    return (places == 0 ? cut(w, 0, dim) : walk(w, dim)).expand(repeat);
  }

private:
  /// The block of dimension `dim`: 1 for all but the last three.
  Size block(int dim) const {
    constexpr std::string_view names[] = {"B0", "B1", "B2"};
    const int from_last = rank_ - 1 - dim;
    return from_last < 3 ? block_size(names[from_last]) : Size(1);
  }
  /// [dimensions of out, places]: a level of tiles; where `only` is given other
  /// dimensions have size 1.
  Tensor cut(const Tensor &t, int places, int only = -1) const {
    Extents sizes;
    std::vector<int> ones;
    for (int dim = 0; dim < rank_ + places; ++dim) {
      const bool blocked = dim < rank_ && (only < 0 || only == dim);
      sizes.emplace_back(blocked ? block(dim) : Size(1));
      if (dim + 3 < rank_ || dim >= rank_)
        ones.push_back(dim);
    }
    return t.tile(sizes).at(1, squeeze(ones));
  }
  /// One dimension of an input, of which a program's tile reads `reach`.
  struct Along {
    Size block = 1, count = 1; // of outputs
    int size = 1, stride = 1, dilation = 1, before = 0;

    Size reach() const {
      return (block - 1) * stride + dilation * (size - 1) + 1;
    }
  };
  Along along(const Tensor &x, int dim) const {
    Along out{.block = block(dim), .count = x.size(dim)};
    const int i = dim - windows_.first();
    if (i >= 0 && i < windows_.dims())
      out = {.block = out.block,
             .count = windows_.positions(i),
             .size = fixed_.size(i),
             .stride = fixed_.stride(i),
             .dilation = fixed_.dilation(i),
             .before = fixed_.before(i)};
    return out;
  }
  /// The same of windows whose numbers are known: a program's part of x first,
  /// from which windows are cut by constants.
  Tensor placed(const Tensor &x) const {
    std::vector<Padding> padding;
    Extents part, apart, window, stride, dilation, lanes;
    std::vector<int> outer, ones, places;
    for (int dim = 0; dim < rank_; ++dim) {
      const Along each = along(x, dim);
      const Size step = each.block * each.stride,
                 last = (cdiv(each.count, each.block) - 1) * step;
      padding.push_back(
          {each.before, last + each.reach() - each.before - x.size(dim)});
      part.emplace_back(each.reach());
      apart.emplace_back(step);
      window.emplace_back(each.size);
      stride.emplace_back(each.stride);
      dilation.emplace_back(each.dilation);
      lanes.emplace_back(each.block);
      outer.push_back(dim);
      if (dim + 3 < rank_)
        ones.push_back(dim);
      const int i = dim - windows_.first();
      (i >= 0 && i < windows_.dims() ? places : outer).push_back(rank_ + dim);
    }
    lanes.resize(static_cast<std::size_t>(2 * rank_), 1);
    for (int dim = 0; dim < rank_; ++dim)
      ones.push_back(rank_ + dim);
    // [dimensions of out], below it [lanes..., places...], and that as places
    // above lanes.
    return x.pad(padding)
        .tile(part, apart, {}, Rounding::floor)
        .at(1,
            [&](const Tensor &of_program) {
              return of_program.tile(window, stride, dilation, Rounding::floor)
                  .ravel();
            })
        .at(1, [&](const Tensor &all) {
          return all.tile(lanes).squeeze(outer).at(1, squeeze(ones));
        });
  }
  /// The same, and a level over the places below the outermost.
  Tensor walk(const Tensor &t, int only = -1) const {
    const int places = windows_.dims();
    Extents all(static_cast<std::size_t>(rank_), 1);
    all.resize(static_cast<std::size_t>(rank_ + places), whole);
    std::vector<int> outer, inner;
    for (int dim = 0; dim < rank_ + places; ++dim)
      (dim < rank_ ? outer : inner).push_back(dim);
    return cut(t, places, only).tile(all).squeeze(inner).at(1, squeeze(outer));
  }

  WindowOperands numbers_;
  int rank_;
  Windows windows_;
  FixedWindow fixed_;
  std::vector<Size> grid_;
};

} // namespace girih::ops::arrange
