// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/layout/layout.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cassert>

namespace girih::compiler {

llvm::StringRef name(Axis axis) {
  static constexpr llvm::StringLiteral names[axisCount] = {
      "reg", "lane", "warp", "offset", "stage"};
  return names[static_cast<int>(axis)];
}

Layout &Layout::basis(Axis axis, llvm::ArrayRef<int64_t> coords) {
  assert(static_cast<int>(coords.size()) == layoutRank && repeatList.empty());
  atom[static_cast<int>(axis)].emplace_back(coords);
  return *this;
}

Layout &Layout::repeat(Axis axis, int dim, int64_t count) {
  assert(dim >= -1 && dim < layoutRank && count >= 1);
  if (count > 1)
    repeatList.push_back({axis, dim, count});
  return *this;
}

std::optional<Layout> Layout::part(int64_t parts) const {
  Layout found = *this;
  auto last = llvm::find_if(llvm::reverse(found.repeatList), [&](auto &repeat) {
    return repeat.dim == layoutRank - 1;
  });
  if (last == found.repeatList.rend() || last->axis != Axis::reg ||
      last->count % parts)
    return std::nullopt;
  last->count /= parts;
  llvm::erase_if(found.repeatList,
                 [](const Repeat &repeat) { return repeat.count == 1; });
  return found;
}

int64_t Layout::size(Axis axis) const {
  int64_t size = int64_t(1) << bases(axis).size();
  for (const Repeat &repeat : repeatList)
    if (repeat.axis == axis)
      size *= repeat.count;
  return size;
}

Coords Layout::atomShape() const {
  Coords bits(layoutRank, 0);
  for (const auto &axis : atom)
    for (const Coords &basis : axis)
      for (int dim = 0; dim < layoutRank; ++dim)
        bits[dim] |= basis[dim];
  for (int64_t &extent : bits)
    extent = int64_t(llvm::PowerOf2Ceil(extent + 1));
  return bits;
}

Coords Layout::shape() const {
  Coords extents = atomShape();
  for (const Repeat &repeat : repeatList)
    if (repeat.dim >= 0)
      extents[repeat.dim] *= repeat.count;
  return extents;
}

bool Layout::covers(llvm::ArrayRef<int64_t> tile) const {
  if (layoutRank != static_cast<int>(tile.size()))
    return false;
  return llvm::all_of(llvm::zip_equal(shape(), tile), [](auto extents) {
    return std::get<0>(extents) >= std::get<1>(extents);
  });
}

Coords Layout::coordinates(const Indices &indices) const {
  Coords coords(layoutRank, 0);
  Indices digits = indices;
  for (int axis = 0; axis < axisCount; ++axis) {
    for (const Coords &basis : atom[axis]) {
      if (digits[axis] & 1)
        for (int dim = 0; dim < layoutRank; ++dim)
          coords[dim] ^= basis[dim];
      digits[axis] >>= 1;
    }
  }
  Coords extents = atomShape();
  for (const Repeat &repeat : repeatList) {
    int64_t &rest = digits[static_cast<int>(repeat.axis)];
    int64_t digit = rest % repeat.count;
    rest /= repeat.count;
    if (repeat.dim < 0)
      continue;
    coords[repeat.dim] += digit * extents[repeat.dim];
    extents[repeat.dim] *= repeat.count;
  }
  return coords;
}

uint64_t Layout::mask(Axis axis, int dim) const {
  uint64_t bits = 0;
  Indices indices{};
  for (int64_t index = 0, end = size(axis); index < end; ++index) {
    indices[static_cast<int>(axis)] = index;
    bits |= static_cast<uint64_t>(coordinates(indices)[dim]);
  }
  return bits;
}

int64_t Layout::registerRun(int dim) const {
  int64_t run = 1;
  for (const Coords &basis : bases(Axis::reg)) {
    for (int other = 0; other < layoutRank; ++other)
      if (basis[other] != (other == dim ? run : 0))
        return run;
    run *= 2;
  }
  if (atomShape()[dim] != run)
    return run;
  // The atom is used up; the first register digit may go on where it stopped.
  for (const Repeat &repeat : repeatList) {
    if (repeat.axis == Axis::reg && repeat.dim == dim)
      return run * (repeat.count & -repeat.count);
    if (repeat.axis == Axis::reg || repeat.dim == dim)
      return run;
  }
  return run;
}

static bool isZero(const Coords &basis) {
  return llvm::all_of(basis, [](int64_t value) { return value == 0; });
}

bool Layout::replicates(Axis axis) const {
  return llvm::any_of(bases(axis), isZero) ||
         llvm::any_of(repeatList, [&](const Repeat &repeat) {
           return repeat.axis == axis && repeat.dim < 0;
         });
}

bool Layout::isOwner(Axis axis, int64_t index) const {
  for (const Coords &basis : bases(axis)) {
    if ((index & 1) && isZero(basis))
      return false;
    index >>= 1;
  }
  for (const Repeat &repeat : repeatList) {
    if (repeat.axis != axis)
      continue;
    if (repeat.dim < 0 && index % repeat.count)
      return false;
    index /= repeat.count;
  }
  return true;
}

llvm::SmallVector<int64_t> Layout::encode() const {
  llvm::SmallVector<int64_t> code{layoutRank};
  for (const auto &axis : atom) {
    code.push_back(axis.size());
    for (const Coords &basis : axis)
      code.append(basis.begin(), basis.end());
  }
  for (const Repeat &repeat : repeatList)
    code.append({static_cast<int64_t>(repeat.axis), repeat.dim, repeat.count});
  return code;
}

Layout Layout::decode(llvm::ArrayRef<int64_t> code) {
  Layout layout(code.front());
  code = code.drop_front();
  for (int axis = 0; axis < axisCount; ++axis) {
    int64_t count = code.front();
    code = code.drop_front();
    for (; count > 0; --count) {
      layout.basis(static_cast<Axis>(axis), code.take_front(layout.rank()));
      code = code.drop_front(layout.rank());
    }
  }
  for (; !code.empty(); code = code.drop_front(3))
    layout.repeat(static_cast<Axis>(code[0]), code[1], code[2]);
  return layout;
}

namespace {

/// Extent `dim` of the atom as a number of bits.
int bitCount(const Coords &shape, int dim) {
  return llvm::Log2_64(static_cast<uint64_t>(shape[dim]));
}

/// Solves for the offset bits of each coordinate bit by elimination over F2.
/// `rows[i]` = (coordinate bits of offset bit i, 1 << i); afterwards the row
/// with pivot c holds the offset bits of coordinate bit c.
bool invert(llvm::SmallVector<std::pair<uint64_t, uint64_t>> &rows) {
  for (size_t column = 0; column < rows.size(); ++column) {
    size_t pivot = column;
    while (pivot < rows.size() && !(rows[pivot].first >> column & 1))
      ++pivot;
    if (pivot == rows.size())
      return false;
    std::swap(rows[column], rows[pivot]);
    for (size_t row = 0; row < rows.size(); ++row)
      if (row != column && (rows[row].first >> column & 1)) {
        rows[row].first ^= rows[column].first;
        rows[row].second ^= rows[column].second;
      }
  }
  return true;
}

} // namespace

std::optional<OffsetMap> OffsetMap::of(const Layout &memory) {
  Coords shape = memory.atomShape();
  int rank = memory.rank(), total = 0;
  llvm::SmallVector<int> first(rank);
  for (int dim = 0; dim < rank; ++dim) {
    first[dim] = total;
    total += bitCount(shape, dim);
  }
  if (total != static_cast<int>(memory.bases(Axis::offset).size()))
    return std::nullopt;
  llvm::SmallVector<std::pair<uint64_t, uint64_t>> rows;
  for (const Coords &basis : memory.bases(Axis::offset)) {
    uint64_t bits = 0;
    for (int dim = 0; dim < rank; ++dim)
      bits |= static_cast<uint64_t>(basis[dim]) << first[dim];
    rows.emplace_back(bits, uint64_t(1) << rows.size());
  }
  if (!invert(rows))
    return std::nullopt;
  OffsetMap map;
  map.masks.resize(rank);
  map.strides.resize(rank, 0);
  for (int dim = 0; dim < rank; ++dim)
    for (int bit = 0; bit < bitCount(shape, dim); ++bit)
      map.masks[dim].push_back(rows[first[dim] + bit].second);
  map.elements = int64_t(1) << total;
  for (const Repeat &repeat : memory.repeats()) {
    if (repeat.axis == Axis::stage)
      continue;
    if (repeat.axis != Axis::offset || repeat.dim < 0 ||
        map.strides[repeat.dim] != 0)
      return std::nullopt;
    map.strides[repeat.dim] = map.elements;
    map.elements *= repeat.count;
  }
  return map;
}

int64_t OffsetMap::offset(llvm::ArrayRef<int64_t> coords) const {
  uint64_t inside = 0;
  int64_t atoms = 0;
  for (size_t dim = 0; dim < coords.size(); ++dim) {
    uint64_t coord = coords[dim];
    for (uint64_t mask : masks[dim]) {
      inside ^= coord & 1 ? mask : 0;
      coord >>= 1;
    }
    atoms += static_cast<int64_t>(coord) * strides[dim];
  }
  return atoms + static_cast<int64_t>(inside);
}

} // namespace girih::compiler
