// SPDX-License-Identifier: Apache-2.0
// Keys become unsigned integers in the wanted order and are sorted with the
// number of their lane: by digits, which is stable, or by insertion where there
// are few.
#include "girih/compiler/host_runtime.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

namespace girih::compiler {

namespace {

struct Item {
  std::uint64_t key;
  std::uint64_t lane;
};

constexpr std::int64_t few = 64; // where digits do not pay yet
constexpr unsigned digit_bits = 8;
constexpr std::size_t digits = std::size_t{1} << digit_bits;

/// Unsigned numbers in the order of the keys.
struct Order {
  std::uint64_t sign, mask, infinity;
  bool is_unsigned, descending;

  std::uint64_t operator()(std::uint64_t bits) const {
    std::uint64_t key = bits;
    if (infinity != 0) {
      const std::uint64_t size = bits & (mask >> 1);
      if (size > infinity)
        key = mask; // NaN, whatever its sign
      else if (size == 0)
        key = sign; // either zero
      else
        key = (bits & sign) != 0 ? ~bits & mask : bits | sign;
    } else if (!is_unsigned) {
      key = bits ^ sign;
    }
    return descending ? ~key & mask : key;
  }
};

std::uint64_t read(const unsigned char *from, std::size_t bytes) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, from, bytes);
  return bits;
}

void insertion_sort(Item *items, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) {
    const Item item = items[i];
    std::size_t at = i;
    for (; at > 0 && items[at - 1].key > item.key; --at)
      items[at] = items[at - 1];
    items[at] = item;
  }
}

/// Gives the one of the two arrays that holds the result.
Item *digit_sort(Item *items, Item *other, std::size_t count,
                 std::size_t bytes) {
  for (std::size_t byte = 0; byte < bytes; ++byte) {
    const std::size_t shift = byte * digit_bits;
    std::array<std::size_t, digits> starts{};
    for (std::size_t i = 0; i < count; ++i)
      ++starts[(items[i].key >> shift) % digits];
    std::size_t total = 0, used = 0;
    for (std::size_t &start : starts) {
      used += start != 0 ? 1 : 0;
      total += std::exchange(start, total);
    }
    if (used == 1)
      continue;
    for (std::size_t i = 0; i < count; ++i)
      other[starts[(items[i].key >> shift) % digits]++] = items[i];
    std::swap(items, other);
  }
  return items;
}

/// row[i] = old row[items[i].lane], by way of `copy`.
void permute(unsigned char *row, const Item *items, std::size_t count,
             std::size_t bytes, unsigned char *copy) {
  std::memcpy(copy, row, count * bytes);
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(row + i * bytes, copy + items[i].lane * bytes, bytes);
}

} // namespace

std::int64_t sortWorkBytes(std::int64_t count) {
  return count * static_cast<std::int64_t>(2 * sizeof(Item) + 8);
}

extern "C" void girih_sort_row(std::int64_t count, std::int64_t flags,
                               std::int64_t infinity, std::int64_t tiles,
                               void **rows, const std::int64_t *sizes,
                               void *work) {
  const auto number = static_cast<std::size_t>(count);
  const auto bytes = static_cast<std::size_t>(flags >> 8);
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - 8 * bytes);
  const Order order{mask / 2 + 1, mask, static_cast<std::uint64_t>(infinity),
                    (flags & 2) != 0, (flags & 1) != 0};
  auto *items = static_cast<Item *>(work), *other = items + number;
  auto *copy = reinterpret_cast<unsigned char *>(other + number);
  const auto *keys = static_cast<const unsigned char *>(rows[0]);
  for (std::size_t i = 0; i < number; ++i)
    items[i] = {order(read(keys + i * bytes, bytes)), i};
  if (count <= few)
    insertion_sort(items, number);
  else
    items = digit_sort(items, other, number, bytes);
  for (std::int64_t tile = 0; tile < tiles; ++tile)
    permute(static_cast<unsigned char *>(rows[tile]), items, number,
            static_cast<std::size_t>(sizes[tile]), copy);
}

} // namespace girih::compiler
