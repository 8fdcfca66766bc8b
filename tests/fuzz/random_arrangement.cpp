// SPDX-License-Identifier: Apache-2.0
#include "random_arrangement.h"

#include <algorithm>
#include <numeric>

namespace girih::testing {
namespace {

std::string text(const Sizes &sizes) {
  std::string out = "[";
  for (std::size_t i = 0; i < sizes.size(); ++i)
    out += (i ? ", " : "") + std::to_string(sizes[i]);
  return out + "]";
}

Extents extents(const Sizes &sizes) { return {sizes.begin(), sizes.end()}; }

/// Makes a View, the last meta-operation first.
class Backwards {
public:
  Backwards(Dice &dice, const Sizes &logical, bool output)
      : dice_(dice), output_(output), view_{logical, {}, ""} {}

  View run() {
    for (std::int64_t n = dice_.any({0, 0, 1, 1, 2, 3}); n > 0; --n)
      step();
    std::reverse(view_.steps.begin(), view_.steps.end());
    view_.text = text(view_.shape) + view_.text;
    return view_;
  }

private:
  void add(const std::string &what,
           std::function<Tensor(const Tensor &)> function) {
    view_.text = "." + what + view_.text;
    view_.steps.push_back(std::move(function));
  }

  void step() {
    if (view_.shape.empty())
      return select();
    dim_ = dice_.pick(0, static_cast<std::int64_t>(view_.shape.size()) - 1);
    switch (dice_.pick(0, output_ ? 5 : 7)) {
    case 0:
      return permute();
    case 1:
      return slice();
    case 2:
      return pad();
    case 3:
      return flatten();
    case 4:
      return select();
    case 5:
      return flip();
    case 6:
      return broadcast();
    default:
      return windows();
    }
  }

  std::int64_t &size() { return view_.shape[static_cast<std::size_t>(dim_)]; }

  void permute() {
    std::vector<int> order = dice_.permutation(view_.shape.size());
    Sizes before = view_.shape;
    for (std::size_t d = 0; d < order.size(); ++d)
      view_.shape[static_cast<std::size_t>(order[d])] = before[d];
    add("permute", [=](const Tensor &t) { return t.permute(order); });
  }

  void flip() {
    int dim = static_cast<int>(dim_);
    add("flip(" + std::to_string(dim) + ")",
        [=](const Tensor &t) { return t.flip(dim); });
  }

  void slice() {
    Slice range;
    range.step = dice_.pick(1, 3);
    std::int64_t begin = dice_.pick(0, 3), count = size();
    std::int64_t end = count == 0 ? begin
                                  : begin + (count - 1) * range.step +
                                        dice_.pick(1, range.step);
    bool to_end = dice_.one_in(2), beyond = !to_end && dice_.one_in(4);
    size() = to_end   ? end
             : beyond ? std::max<std::int64_t>(end - 2, 0)
                      : end + dice_.pick(0, 3);
    bool from_end = begin < size() && dice_.one_in(4);
    range.begin = from_end ? begin - size() : begin;
    if (!to_end)
      range.end = end < size() && dice_.one_in(4) ? end - size() : end;
    int dim = static_cast<int>(dim_);
    add("slice(" + std::to_string(dim) + ", " +
            range.begin.size().to_string({"a"}) + ".." +
            (to_end ? "" : range.end.size().to_string({"a"})) + " by " +
            std::to_string(range.step) + ")",
        [=](const Tensor &t) { return t.slice(dim, range); });
  }

  void pad() {
    std::int64_t before = dice_.pick(0, std::min<std::int64_t>(size(), 5));
    std::int64_t after = dice_.pick(0, size() - before);
    size() -= before + after;
    std::vector<Padding> padding(view_.shape.size());
    padding[static_cast<std::size_t>(dim_)] = {before, after};
    add("pad(" + std::to_string(before) + ", " + std::to_string(after) + ")",
        [=](const Tensor &t) { return t.pad(padding); });
  }

  void flatten() {
    std::int64_t whole = size(), inner = dice_.any<std::int64_t>({1, 2, 3, 5});
    if (whole % inner != 0)
      inner = whole;
    if (inner == 0)
      inner = dice_.pick(0, 3);
    size() = inner ? whole / inner : dice_.pick(0, 3);
    view_.shape.insert(view_.shape.begin() + dim_ + 1, inner);
    int dim = static_cast<int>(dim_);
    add("flatten(" + std::to_string(dim) + ")",
        [=](const Tensor &t) { return t.flatten(dim, dim + 2); });
  }

  void select() {
    std::int64_t size = dice_.pick(1, 4);
    std::int64_t index = dice_.pick(-size, size - 1);
    if (!output_ && dice_.one_in(6))
      index = dice_.pick(size, size + 2);
    dim_ = dice_.pick(0, static_cast<std::int64_t>(view_.shape.size()));
    view_.shape.insert(view_.shape.begin() + dim_, size);
    int dim = static_cast<int>(dim_);
    add("select(" + std::to_string(dim) + ", " + std::to_string(index) + ")",
        [=](const Tensor &t) { return t.select(dim, index); });
  }

  void broadcast() {
    std::int64_t repeat = size();
    view_.shape.erase(view_.shape.begin() + dim_);
    int dim = static_cast<int>(dim_);
    add("unsqueeze(" + std::to_string(dim) + ").expand", [=](const Tensor &t) {
      Tensor out = t.unsqueeze(dim);
      Extents sizes(static_cast<std::size_t>(out.rank()), keep);
      sizes[static_cast<std::size_t>(dim)] = repeat;
      return out.expand(sizes);
    });
  }

  /// Overlapping windows of one dimension, as a convolution has them.
  void windows() {
    if (view_.shape.size() != 2 || view_.shape[0] == 0 || view_.shape[1] == 0)
      return permute();
    std::int64_t stride = dice_.pick(1, 3), dilation = dice_.pick(1, 2);
    std::int64_t count = view_.shape[0], window = view_.shape[1];
    std::int64_t reach = (count - 1) * stride + (window - 1) * dilation + 1;
    view_.shape = {reach};
    add("tile(" + std::to_string(window) + " by " + std::to_string(stride) +
            ", " + std::to_string(dilation) + ").ravel",
        [=](const Tensor &t) {
          return t.tile({window}, {stride}, {dilation}, Rounding::floor)
              .ravel();
        });
  }

  Dice &dice_;
  bool output_;
  View view_;
  std::int64_t dim_ = 0;
};

} // namespace

std::vector<int> Dice::permutation(std::size_t rank) {
  std::vector<int> out(rank);
  std::iota(out.begin(), out.end(), 0);
  for (std::size_t i = rank; i-- > 1;)
    std::swap(
        out[i],
        out[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(i)))]);
  return out;
}

Tensor View::apply(Tensor tensor) const {
  for (const auto &step : steps)
    tensor = step(tensor);
  return tensor;
}

View random_view(Dice &dice, const Sizes &logical, bool output) {
  return Backwards(dice, logical, output).run();
}

Sizes random_strides(Dice &dice, const Sizes &shape, bool output) {
  Sizes strides(shape.size());
  std::vector<int> order = dice.permutation(shape.size());
  if (dice.one_in(2)) // row-major
    for (std::size_t d = 0; d < order.size(); ++d)
      order[d] = static_cast<int>(order.size() - 1 - d);
  std::int64_t next = dice.one_in(6) ? 2 : 1;
  for (int each : order) {
    auto d = static_cast<std::size_t>(each);
    strides[d] = next;
    next *= std::max<std::int64_t>(shape[d], 1);
    if (dice.one_in(4))
      next = dice.one_in(2) ? (next + 15) / 16 * 16 : next + 1;
    if (dice.one_in(8))
      strides[d] = -strides[d];
    if (!output && dice.one_in(10))
      strides[d] = 0;
  }
  return strides;
}

std::int64_t random_size(Dice &dice, std::int64_t most) {
  std::int64_t size =
      dice.any<std::int64_t>({0,  1,  2,  3,  5,  7,  8,  13, 15,  16,  17,
                              31, 32, 33, 48, 61, 64, 65, 96, 128, 200, 257});
  return size <= most ? size : dice.pick(1, most);
}

std::int64_t random_tile(Dice &dice, std::int64_t size, std::int64_t most) {
  std::int64_t tile = dice.one_in(2)
                          ? dice.any<std::int64_t>({1, 2, 3, 4, 5, 7, 8, 13, 16,
                                                    24, 32, 48, 64, 128})
                          : size + dice.pick(-1, 1);
  return std::clamp<std::int64_t>(tile, 1, most);
}

Cut random_cut(Dice &dice, const Sizes &logical) {
  Cut cut;
  cut.kind = dice.any({Cut::Kind::none, Cut::Kind::tiles, Cut::Kind::tiles,
                       Cut::Kind::tiles, Cut::Kind::nested, Cut::Kind::whole,
                       Cut::Kind::strided});
  cut.named = dice.one_in(2);
  std::int64_t left = 1024;
  for (std::int64_t size : logical) {
    cut.tile.push_back(
        random_tile(dice, size, std::min<std::int64_t>(left, 256)));
    left /= cut.tile.back();
    cut.count.push_back(dice.pick(1, 3));
    cut.dilation.push_back(dice.pick(1, 2));
    cut.stride.push_back((cut.tile.back() - 1) * cut.dilation.back() + 1 +
                         dice.pick(0, 2));
    if (cut.named)
      cut.config.blocks["B" + std::to_string(cut.tile.size())] =
          cut.tile.back();
  }
  if (dice.one_in(4))
    cut.rounding = Rounding::floor;
  if (logical.size() > 1 && cut.kind != Cut::Kind::none) {
    if (dice.one_in(4))
      cut.inner = dice.permutation(logical.size());
    cut.flat = dice.one_in(5);
  }
  if (cut.kind == Cut::Kind::none || logical.empty()) {
    cut.kind = Cut::Kind::none;
    cut.config.blocks.clear();
  }
  if (dice.one_in(3)) {
    cut.config.order.kind = ProgramOrder::Kind::grouped;
    cut.config.order.group = static_cast<int>(dice.pick(1, 4));
  } else if (dice.one_in(4)) {
    cut.config.order.kind = dice.one_in(2) ? ProgramOrder::Kind::descending
                                           : ProgramOrder::Kind::hilbert;
    cut.config.order.group = static_cast<int>(dice.pick(0, 4));
  }
  return cut;
}

std::string Cut::text() const {
  const char *kinds[] = {"none", "tiles", "nested", "whole", "strided"};
  return std::string(kinds[static_cast<int>(kind)]) + " " +
         testing::text(tile) + " count " + testing::text(count) + " stride " +
         testing::text(stride) + " dilation " + testing::text(dilation) +
         (rounding == Rounding::floor ? " floor" : "") +
         (inner.empty() ? "" : " permuted") + (flat ? " flat" : "");
}

Tensor Cut::apply(Tensor tensor, bool backwards) const {
  if (kind == Kind::none)
    return tensor;
  auto facing = [&](auto list) {
    if (backwards)
      std::reverse(list.begin(), list.end());
    return list;
  };
  std::vector<int> reversed(tile.size());
  for (std::size_t d = 0; d < reversed.size(); ++d)
    reversed[d] = static_cast<int>(reversed.size() - 1 - d);
  if (backwards)
    tensor = tensor.permute(reversed);
  Extents sizes = extents(tile);
  if (named)
    for (std::size_t d = 0; d < sizes.size(); ++d)
      sizes[d] = block_size("B" + std::to_string(d + 1));
  sizes = facing(sizes);
  tensor = kind == Kind::strided
               ? tensor.tile(sizes, extents(facing(stride)),
                             extents(facing(dilation)), rounding)
               : tensor.tile(sizes, {}, {}, rounding);
  if (kind == Kind::nested)
    tensor = tensor.tile(extents(facing(count)));
  if (kind == Kind::whole)
    tensor = tensor.tile(Extents(tile.size(), whole));
  for (int level = 0; backwards && level < tensor.depth(); ++level)
    tensor = tensor.at(level, permute(reversed));
  int innermost = tensor.depth() - 1;
  if (!inner.empty())
    tensor = tensor.at(innermost, permute(inner));
  if (flat)
    tensor = tensor.at(innermost, flatten());
  return tensor;
}

} // namespace girih::testing
