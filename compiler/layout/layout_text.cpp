// SPDX-License-Identifier: Apache-2.0
// The text form of a Layout.
#include "girih/compiler/layout/layout.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace girih::compiler {

std::string Layout::toString() const {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "rank = " << layoutRank;
  for (int axis = 0; axis < axisCount; ++axis) {
    if (atom[axis].empty())
      continue;
    out << ", " << name(static_cast<Axis>(axis)) << " = [";
    llvm::interleaveComma(atom[axis], out, [&](const Coords &basis) {
      out << "[";
      llvm::interleaveComma(basis, out);
      out << "]";
    });
    out << "]";
  }
  if (!repeatList.empty()) {
    out << ", repeat = [";
    llvm::interleaveComma(repeatList, out, [&](const Repeat &repeat) {
      out << name(repeat.axis) << " " << repeat.count;
      if (repeat.dim >= 0)
        out << " along " << repeat.dim;
    });
    out << "]";
  }
  return text;
}

namespace {

/// Reads toString()'s text; every method leaves `failed` set on bad input.
class Reader {
public:
  explicit Reader(llvm::StringRef text) : rest(text) {}

  bool take(llvm::StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }
  void expect(llvm::StringRef token) { failed |= !take(token); }
  bool atEnd() { return rest.trim().empty(); }

  int64_t integer() {
    int64_t value = 0;
    rest = rest.ltrim();
    failed |= rest.consumeInteger(10, value);
    return value;
  }

  std::optional<Axis> axis() {
    for (int axis = 0; axis < axisCount; ++axis)
      if (take(name(static_cast<Axis>(axis))))
        return static_cast<Axis>(axis);
    return std::nullopt;
  }

  /// `[` item, item ... `]`; stops at the first failure.
  template <typename Item> void list(Item item) {
    expect("[");
    if (take("]"))
      return;
    do
      item();
    while (!failed && take(","));
    expect("]");
  }

  bool failed = false;

private:
  llvm::StringRef rest;
};

bool readRepeat(Reader &reader, Layout &layout) {
  std::optional<Axis> axis = reader.axis();
  int64_t count = reader.integer();
  int64_t dim = reader.take("along") ? reader.integer() : -1;
  if (reader.failed || !axis || count < 1 || dim < -1 || dim >= layout.rank())
    return false;
  layout.repeat(*axis, static_cast<int>(dim), count);
  return true;
}

bool readBasis(Reader &reader, Layout &layout, Axis axis) {
  Coords basis;
  reader.list([&] { basis.push_back(reader.integer()); });
  if (reader.failed || static_cast<int>(basis.size()) != layout.rank() ||
      llvm::any_of(basis, [](int64_t value) { return value < 0; }))
    return false;
  layout.basis(axis, basis);
  return true;
}

} // namespace

std::optional<Layout> Layout::parse(llvm::StringRef text) {
  Reader reader(text);
  reader.expect("rank");
  reader.expect("=");
  int64_t rank = reader.integer();
  if (reader.failed || rank < 0 || rank > 16)
    return std::nullopt;
  Layout layout(static_cast<int>(rank));
  while (!reader.failed && reader.take(",")) {
    bool repeats = reader.take("repeat");
    std::optional<Axis> axis = repeats ? std::nullopt : reader.axis();
    // Bases come before repeats: the extents of a repeat depend on them.
    if (!repeats && (!axis || !layout.repeats().empty()))
      return std::nullopt;
    reader.expect("=");
    reader.list([&] {
      reader.failed |= repeats ? !readRepeat(reader, layout)
                               : !readBasis(reader, layout, *axis);
    });
  }
  if (reader.failed || !reader.atEnd())
    return std::nullopt;
  return layout;
}

} // namespace girih::compiler
