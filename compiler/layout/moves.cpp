// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/layout/moves.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace girih::compiler {

namespace {

constexpr Axis distributedAxes[] = {Axis::reg, Axis::lane, Axis::warp};

int64_t evaluate(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> dims) {
  if (auto constant = llvm::dyn_cast<mlir::AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = llvm::dyn_cast<mlir::AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = llvm::cast<mlir::AffineBinaryOpExpr>(expr);
  int64_t x = evaluate(binary.getLHS(), dims);
  int64_t y = evaluate(binary.getRHS(), dims);
  switch (expr.getKind()) {
  case mlir::AffineExprKind::Add:
    return x + y;
  case mlir::AffineExprKind::Mul:
    return x * y;
  case mlir::AffineExprKind::Mod:
    return llvm::mod(x, std::max<int64_t>(y, 1));
  case mlir::AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(x, std::max<int64_t>(y, 1));
  default:
    return llvm::divideCeilSigned(x, std::max<int64_t>(y, 1));
  }
}

Coords evaluate(mlir::AffineMap map, llvm::ArrayRef<int64_t> dims) {
  Coords result;
  for (mlir::AffineExpr expr : map.getResults())
    result.push_back(evaluate(expr, dims));
  return result;
}

/// Every result is a coordinate or 0.
bool isProjection(mlir::AffineMap map) {
  return llvm::all_of(map.getResults(), [](mlir::AffineExpr expr) {
    auto constant = llvm::dyn_cast<mlir::AffineConstantExpr>(expr);
    return llvm::isa<mlir::AffineDimExpr>(expr) ||
           (constant && constant.getValue() == 0);
  });
}

bool contains(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> coords) {
  for (auto [coord, extent] : llvm::zip_equal(coords, shape))
    if (coord < 0 || coord >= extent)
      return false;
  return true;
}

int64_t flatten(llvm::ArrayRef<int64_t> coords,
                llvm::ArrayRef<int64_t> extents) {
  int64_t flat = 0;
  for (auto [coord, extent] : llvm::zip_equal(coords, extents))
    flat = flat * extent + coord;
  return flat;
}

/// The coordinates of a layout from tables, one for each axis.
class Places {
public:
  explicit Places(const Layout &layout) : rank(layout.rank()) {
    Coords atom = layout.atomShape();
    for (auto [number, axis] : llvm::enumerate(distributedAxes))
      for (int64_t index = 0, end = layout.size(axis); index < end; ++index) {
        Indices indices{};
        indices[static_cast<int>(axis)] = index;
        Coords coords = layout.coordinates(indices);
        for (auto [coord, extent] : llvm::zip_equal(coords, atom)) {
          inAtom[number].push_back(coord & (extent - 1));
          beyond[number].push_back(coord & ~(extent - 1));
        }
      }
  }

  Coords at(int64_t reg, int64_t lane, int64_t warp) const {
    Coords coords(rank);
    int64_t index[3] = {reg, lane, warp};
    for (int dim = 0; dim < rank; ++dim) {
      int64_t inside = 0, outside = 0;
      for (int axis = 0; axis < 3; ++axis) {
        inside ^= inAtom[axis][index[axis] * rank + dim];
        outside += beyond[axis][index[axis] * rank + dim];
      }
      coords[dim] = inside + outside;
    }
    return coords;
  }

private:
  int rank;
  llvm::SmallVector<int64_t> inAtom[3], beyond[3];
};

/// The layout whose bases and steps are the images of those of `layout`.
template <typename Image>
std::optional<Layout> mapped(const Layout &layout, int rank, Image image) {
  Layout result(rank);
  for (Axis axis : distributedAxes)
    for (const Coords &basis : layout.bases(axis)) {
      std::optional<Coords> to = image(basis);
      if (!to || llvm::any_of(*to, [](int64_t value) { return value < 0; }))
        return std::nullopt;
      result.basis(axis, *to);
    }
  Coords extents = layout.atomShape(), covered = result.atomShape();
  for (const Repeat &repeat : layout.repeats()) {
    Repeat copy{repeat.axis, -1, repeat.count};
    if (repeat.dim >= 0) {
      Coords step(layout.rank(), 0);
      step[repeat.dim] = extents[repeat.dim];
      extents[repeat.dim] *= repeat.count;
      std::optional<Coords> to = image(step);
      if (!to)
        return std::nullopt;
      for (int dim = 0; dim < rank; ++dim) {
        if ((*to)[dim] == 0)
          continue;
        if (copy.dim >= 0 || (*to)[dim] != covered[dim])
          return std::nullopt;
        copy.dim = dim;
      }
    }
    if (copy.dim >= 0)
      covered[copy.dim] *= copy.count;
    result.repeat(copy.axis, copy.dim, copy.count);
  }
  return result;
}

/// Calls `check` with the coordinates of each element of the tile within both;
/// whether it held for all.
template <typename Check>
bool holdsEverywhere(const Layout &a, const Layout &b, Check check) {
  Places first(a), second(b);
  for (int64_t reg = 0; reg < a.size(Axis::reg); ++reg)
    for (int64_t warp = 0; warp < a.size(Axis::warp); ++warp)
      for (int64_t lane = 0; lane < a.size(Axis::lane); ++lane)
        if (!check(first.at(reg, lane, warp), second.at(reg, lane, warp)))
          return false;
  return true;
}

/// What a one-to-one map is the inverse of, by flat number of the source.
class Inverse {
public:
  explicit Inverse(const LaneMap &map) : map(map) {
    if (isProjection(map.map))
      return;
    int64_t total = 1;
    for (int64_t extent : map.to)
      total *= extent;
    table.assign(total, -1);
    for (int64_t flat = 0; flat < total; ++flat) {
      Coords to = evaluate(map.map, unflatten(flat));
      valid = valid && contains(map.from, to);
      if (valid)
        table[flatten(to, map.from)] = flat;
    }
    valid = valid && !llvm::is_contained(table, -1);
  }

  std::optional<Coords> operator()(llvm::ArrayRef<int64_t> from) const {
    if (!valid)
      return std::nullopt;
    if (!table.empty()) {
      if (!contains(map.from, from))
        return std::nullopt;
      return unflatten(table[flatten(from, map.from)]);
    }
    Coords to(map.to.size(), 0);
    for (auto [expr, coord] : llvm::zip_equal(map.map.getResults(), from))
      if (auto dim = llvm::dyn_cast<mlir::AffineDimExpr>(expr))
        to[dim.getPosition()] = coord;
      else if (coord != 0)
        return std::nullopt;
    return to;
  }

private:
  Coords unflatten(int64_t flat) const {
    Coords coords(map.to.size());
    for (size_t dim = coords.size(); dim-- > 0; flat /= map.to[dim])
      coords[dim] = flat % map.to[dim];
    return coords;
  }

  const LaneMap &map;
  llvm::SmallVector<int64_t> table;
  bool valid = true;
};

bool sameCount(const LaneMap &map) {
  auto count = [](llvm::ArrayRef<int64_t> shape) {
    int64_t product = 1;
    for (int64_t extent : shape)
      product *= extent;
    return product;
  };
  return count(map.from) == count(map.to);
}

} // namespace

Layout normalized(const Layout &layout) {
  Layout result(layout.rank());
  for (Axis axis : distributedAxes)
    for (const Coords &basis : layout.bases(axis))
      result.basis(axis, basis);
  bool inAtom = true;
  for (const Repeat &repeat : layout.repeats()) {
    int64_t twos = inAtom ? repeat.count & -repeat.count : 1;
    Coords basis(layout.rank(), 0);
    if (repeat.dim >= 0 && inAtom)
      basis[repeat.dim] = result.atomShape()[repeat.dim];
    for (int64_t count = 1; count < twos; count *= 2) {
      result.basis(repeat.axis, basis);
      for (int64_t &value : basis)
        value *= 2;
    }
    result.repeat(repeat.axis, repeat.dim, repeat.count / twos);
    inAtom = inAtom && twos == repeat.count;
  }
  return result;
}

std::optional<Layout> throughMap(const Layout &layout, const LaneMap &map) {
  auto image = [&](llvm::ArrayRef<int64_t> coords) {
    return std::optional(evaluate(map.map, coords));
  };
  int rank = static_cast<int>(map.map.getNumResults());
  if (isProjection(map.map))
    return mapped(layout, rank, image);
  Layout plain = normalized(layout);
  std::optional<Layout> found = mapped(plain, rank, image);
  if (!found ||
      !holdsEverywhere(plain, *found, [&](const Coords &at, const Coords &to) {
        return !contains(map.to, at) || evaluate(map.map, at) == to;
      }))
    return std::nullopt;
  return found;
}

std::optional<Layout> behindMap(const Layout &layout, const LaneMap &map) {
  if (!sameCount(map))
    return std::nullopt;
  Inverse inverse(map);
  int rank = static_cast<int>(map.to.size());
  // Where a dimension is 1 long a layout may still go on along it.
  if (isProjection(map.map))
    return mapped(layout, rank, inverse);
  Layout plain = normalized(layout);
  std::optional<Layout> found = mapped(plain, rank, inverse);
  if (!found ||
      !holdsEverywhere(plain, *found, [&](const Coords &at, const Coords &to) {
        return !contains(map.from, at) ||
               (contains(map.to, to) && evaluate(map.map, to) == at);
      }))
    return std::nullopt;
  return found;
}

Layout withoutCopies(const Layout &layout) {
  Layout result(layout.rank());
  for (Axis axis : distributedAxes)
    for (const Coords &basis : layout.bases(axis))
      if (axis != Axis::reg ||
          llvm::any_of(basis, [](int64_t value) { return value != 0; }))
        result.basis(axis, basis);
  for (const Repeat &repeat : layout.repeats())
    if (repeat.axis != Axis::reg || repeat.dim >= 0)
      result.repeat(repeat.axis, repeat.dim, repeat.count);
  return result;
}

Layout withoutDim(const Layout &layout, int dim) {
  auto drop = [&](llvm::ArrayRef<int64_t> coords) {
    Coords left(coords);
    left.erase(left.begin() + dim);
    return std::optional(left);
  };
  return withoutCopies(*mapped(layout, layout.rank() - 1, drop));
}

bool isSeparable(const Layout &layout, int dim) {
  for (Axis axis : distributedAxes)
    for (const Coords &basis : layout.bases(axis))
      if (basis[dim] != 0)
        for (int other = 0; other < layout.rank(); ++other)
          if (other != dim && basis[other] != 0)
            return false;
  return true;
}

namespace {

/// Registers of `layout` by the flat number of what a thread holds in them.
llvm::DenseMap<int64_t, int64_t> heldBy(const Layout &layout,
                                        const Places &places, int64_t lane,
                                        int64_t warp, Coords extents) {
  llvm::DenseMap<int64_t, int64_t> held;
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end; ++reg)
    held.try_emplace(flatten(places.at(reg, lane, warp), extents), reg);
  return held;
}

/// Both layouts and the map between them, asked about one register at a time.
class Comparison {
public:
  Comparison(const Layout &from, const Layout &to, const LaneMap &map)
      : from(from), to(to), map(map), source(from), result(to),
        extents(from.shape()), lanes(to.size(Axis::lane)),
        warps(to.size(Axis::warp)) {}

  bool comparable() const {
    return from.size(Axis::lane) == lanes && from.size(Axis::warp) == warps;
  }

  /// What a thread wants in a register; none past the tile.
  std::optional<Coords> wanted(int64_t reg, int64_t lane, int64_t warp) const {
    Coords at = result.at(reg, lane, warp);
    if (!contains(map.to, at))
      return std::nullopt;
    return evaluate(map.map, at);
  }

  /// Calls `check` with each thread that wants something in `reg`.
  template <typename Check> bool forThreads(int64_t reg, Check check) const {
    for (int64_t warp = 0; warp < warps; ++warp)
      for (int64_t lane = 0; lane < lanes; ++lane)
        if (std::optional<Coords> want = wanted(reg, lane, warp))
          if (!check(lane, warp, *want))
            return false;
    return true;
  }

  const Layout &from, &to;
  const LaneMap &map;
  Places source, result;
  Coords extents;
  int64_t lanes, warps;
};

} // namespace

/// Whether a coordinate is the sum of what register, lane and warp add to it.
static bool isSum(const Layout &layout) {
  for (int dim = 0; dim < layout.rank(); ++dim) {
    uint64_t reg = layout.mask(Axis::reg, dim);
    uint64_t lane = layout.mask(Axis::lane, dim);
    uint64_t warp = layout.mask(Axis::warp, dim);
    if ((reg & lane) | (reg & warp) | (lane & warp))
      return false;
  }
  return true;
}

/// Whether lanes and warps say the same in both: registers can then be compared
/// for one thread instead of for all.
static bool threadsAgree(const Comparison &both) {
  if (!isProjection(both.map.map) || !isSum(both.from) || !isSum(both.to))
    return false;
  auto same = [&](int64_t lane, int64_t warp) {
    return both.source.at(0, lane, warp) ==
           evaluate(both.map.map, both.result.at(0, lane, warp));
  };
  for (int64_t lane = 1; lane < both.lanes; lane *= 2)
    if (!same(lane, 0))
      return false;
  for (int64_t warp = 0; warp < both.warps; ++warp)
    if (!same(0, warp))
      return false;
  return true;
}

std::optional<llvm::SmallVector<int64_t>>
findRenaming(const Layout &from, const Layout &to, const LaneMap &map) {
  Comparison both(from, to, map);
  if (!both.comparable())
    return std::nullopt;
  bool one = threadsAgree(both);
  llvm::DenseMap<int64_t, llvm::DenseMap<int64_t, int64_t>> tables;
  llvm::SmallVector<int64_t> registers;
  for (int64_t reg = 0, end = to.size(Axis::reg); reg < end; ++reg) {
    int64_t found = -1;
    auto check = [&](int64_t lane, int64_t warp, const Coords &want) {
      if (!contains(both.extents, want))
        return false;
      if (found < 0) {
        auto &held = tables[warp * both.lanes + lane];
        if (held.empty())
          held = heldBy(from, both.source, lane, warp, both.extents);
        auto at = held.find(flatten(want, both.extents));
        if (at == held.end())
          return false;
        found = at->second;
      }
      return both.source.at(found, lane, warp) == want;
    };
    // Thread 0 has the smallest coordinates: what it has not none has.
    std::optional<Coords> want = one ? both.wanted(reg, 0, 0) : std::nullopt;
    if (one ? want && !check(0, 0, *want) : !both.forThreads(reg, check))
      return std::nullopt;
    registers.push_back(std::max<int64_t>(found, 0));
  }
  return registers;
}

namespace {

/// Where the lanes of warp 0 find register `reg`: the source, as far as lane 0
/// and those with one bit set tell.
std::optional<Exchange::Source>
sourceOf(const Comparison &both, int64_t reg,
         const llvm::DenseMap<int64_t, std::pair<int64_t, int64_t>> &holders) {
  Exchange::Source source;
  bool first = true;
  for (int64_t lane = 0; lane < both.lanes; lane = lane ? lane * 2 : 1) {
    std::optional<Coords> want = both.wanted(reg, lane, 0);
    if (!want) {
      if (first)
        return std::nullopt;
      continue;
    }
    if (!contains(both.extents, *want))
      return std::nullopt;
    auto at = holders.find(flatten(*want, both.extents));
    if (at == holders.end())
      return std::nullopt;
    auto [fromReg, fromLane] = at->second;
    if (first) {
      source.reg = fromReg;
      source.lane.constant = fromLane;
      first = false;
    } else if (fromReg != source.reg) {
      return std::nullopt;
    } else {
      source.lane.bases[llvm::Log2_64(lane)] = fromLane ^ source.lane.constant;
    }
  }
  return source;
}

} // namespace

std::optional<Exchange> findExchange(const Layout &from, const Layout &to,
                                     const LaneMap &map) {
  Comparison both(from, to, map);
  if (!both.comparable() || both.lanes != 32)
    return std::nullopt;
  llvm::DenseMap<int64_t, std::pair<int64_t, int64_t>> holders;
  for (int64_t lane = 0; lane < both.lanes; ++lane)
    for (int64_t reg = 0, end = from.size(Axis::reg); reg < end; ++reg)
      holders.try_emplace(flatten(both.source.at(reg, lane, 0), both.extents),
                          reg, lane);
  Exchange exchange;
  for (int64_t reg = 0, end = to.size(Axis::reg); reg < end; ++reg) {
    std::optional<Exchange::Source> source = sourceOf(both, reg, holders);
    if (!source)
      return std::nullopt;
    auto held = [&](int64_t lane, int64_t warp, const Coords &want) {
      int64_t other = source->lane.constant;
      for (int bit = 0; bit < 5; ++bit)
        if (lane >> bit & 1)
          other ^= static_cast<int64_t>(source->lane.bases[bit]);
      return both.source.at(source->reg, other, warp) == want;
    };
    if (!both.forThreads(reg, held))
      return std::nullopt;
    auto *known = llvm::find(exchange.sources, *source);
    exchange.of.push_back(known - exchange.sources.begin());
    if (known == exchange.sources.end())
      exchange.sources.push_back(*source);
  }
  return exchange;
}

} // namespace girih::compiler
