// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/pooling/max_pool.h"

#include <cmath>

namespace girih::ops {

namespace {

// What nothing is smaller than: what lies outside of x reads so.
double lowest_constant() {
  return constexpr_value<double>("LOWEST", -INFINITY);
}

Kernel make_kernel(const char *name, int dims) {
  return Kernel(make_source(
      name,
      [](Tensor x, Tensor sizes, Tensor steps, Tensor before, Tensor number,
         Tensor out) {
        return arrange_pool(x.other(lowest_constant()), {sizes, steps, before},
                            number, {out});
      },
      [dims](In x, In, In, In, In, Out out) {
        const InWindow window(x, out, dims);
        const double lowest = lowest_constant();
        Tile largest = full(out.shape(), lowest, x.dtype());
        for_each_place(x, dims, [&](const IndexList &place) {
          largest = max(largest, window.select(x[place], x[place], lowest));
        });
        out = largest;
      },
      {"x", "sizes", "steps", "before", "number", "out"}));
}

// As PyTorch: of equal ones the first; of NaNs the last; where all are minus
// infinity the first that lies in x.
Tile is_better(const Tile &value, const Tile &largest) {
  const Tile larger = value > largest;
  return is_float(value.dtype()) ? larger | isnan(value) : larger;
}

// Where windows are part of the kernel: the number of the best place of each,
// from which the index follows once.
class FoundPlace {
public:
  FoundPlace(const In &x, const Out &out, int dims)
      : dims_(dims), number_(full(out.shape(), 0, i32)) {
    Tile inside = full(out.shape(), 1, b1);
    for (int i = 0; i < dims; ++i) {
      const int size = fixed_.size(i), dilation = fixed_.dilation(i);
      Tile begin =
          out.offsets(spatial(dims, i)) * fixed_.stride(i) - fixed_.before(i);
      Tile from = cast(x.source_size(spatial(dims, i)), i64);
      // The first place within x: what lies outside of it is never better.
      Tile first = full(out.shape(), 0, i32);
      for (int place = 0; place * dilation < fixed_.before(i); ++place)
        first = where(begin < -place * dilation, place + 1, first);
      inside = inside & (first < size) &
               (begin + cast(first, i64) * dilation < from);
      number_ = number_ * size + first;
      begin_.push_back(begin);
      size_.push_back(from);
    }
    number_ = where(inside, number_, -1);
  }

  void visit(const Tile &better, int place) {
    number_ = where(better, place, number_);
  }
  /// In its plane, row by row; -1 where no place lies within x.
  Tile index() const {
    Tile rest = number_, plane = full(number_.shape(), 0, i64);
    int places = 1;
    for (int i = 0; i < dims_; ++i)
      places *= fixed_.size(i);
    for (int i = 0; i < dims_; ++i) {
      const auto at = static_cast<std::size_t>(i);
      places /= fixed_.size(i);
      Tile step = floor_divide(rest, places);
      rest = rest - step * places;
      plane =
          plane * size_[at] + begin_[at] + cast(step * fixed_.dilation(i), i64);
    }
    return where(number_ < 0, -1, plane);
  }

private:
  int dims_;
  arrange::FixedWindow fixed_;
  Tile number_;
  std::vector<Tile> begin_, size_;
};

void find_largest(const In &x, Out &out, Out &indices, int dims) {
  FoundPlace found(x, out, dims);
  Tile largest = full(out.shape(), lowest_constant(), x.dtype());
  int number = 0;
  for_each_place(x, dims, [&](const IndexList &place) {
    Tile value = x[place];
    Tile better = is_better(value, largest);
    largest = where(better, value, largest);
    found.visit(better, number++);
  });
  out = largest;
  indices = found.index();
}

// The same where windows are of any size, or differ.
void search_largest(const In &x, Out &out, Out &indices, int dims) {
  const InWindow window(x, out, dims);
  Tile largest = full(out.shape(), lowest_constant(), x.dtype());
  Tile where_is = full(out.shape(), -1, i64);
  for_each_place(x, dims, [&](const IndexList &place) {
    const InTile at = x[place];
    Tile value = at;
    Tile inside = window.inside(at);
    Tile plane = at.offsets(spatial(dims, 0));
    for (int i = 1; i < dims; ++i)
      plane = plane * cast(x.source_size(spatial(dims, i)), i64) +
              at.offsets(spatial(dims, i));
    Tile better = inside & ((where_is < 0) | is_better(value, largest));
    largest = where(better, value, largest);
    where_is = where(better, plane, where_is);
  });
  out = largest;
  indices = where_is;
}

Kernel make_indices_kernel(const char *name, int dims) {
  return Kernel(make_source(
      name,
      [](Tensor x, Tensor sizes, Tensor steps, Tensor before, Tensor number,
         Tensor out, Tensor indices) {
        return arrange_pool(x.other(lowest_constant()), {sizes, steps, before},
                            number, {out, indices});
      },
      [dims](In x, In, In, In, In, Out out, Out indices) {
        if (arrange::FixedWindow().placed() && !InWindow::varied())
          find_largest(x, out, indices, dims);
        else
          search_largest(x, out, indices, dims);
      },
      {"x", "sizes", "steps", "before", "number", "out", "indices"}));
}

double lowest_integer(DType dtype) {
  return is_signed(dtype) ? -std::ldexp(1, bits(dtype) - 1) : 0;
}

} // namespace

const Kernel &max_pool_kernel(int dims) {
  static const std::array<Kernel, 3> made{make_kernel("max_pool1d", 1),
                                          make_kernel("max_pool2d", 2),
                                          make_kernel("max_pool3d", 3)};
  return made[static_cast<std::size_t>(dims - 1)];
}

const Kernel &adaptive_max_pool_kernel() {
  static const Kernel made = make_kernel("adaptive_max_pool2d", 2);
  return made;
}

const Kernel &max_pool_indices_kernel(int dims) {
  static const std::array<Kernel, 3> made{
      make_indices_kernel("max_pool1d_with_indices", 1),
      make_indices_kernel("max_pool2d_with_indices", 2),
      make_indices_kernel("max_pool3d_with_indices", 3)};
  return made[static_cast<std::size_t>(dims - 1)];
}

Kernel of_dtype(const Kernel &kernel, DType dtype) {
  return is_float(dtype) ? kernel
                         : kernel.with("LOWEST", lowest_integer(dtype));
}

const Kernel &adaptive_max_pool_indices_kernel() {
  static const Kernel made =
      make_indices_kernel("adaptive_max_pool2d_with_indices", 2);
  return made;
}

} // namespace girih::ops
