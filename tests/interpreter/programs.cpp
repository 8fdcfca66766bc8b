// SPDX-License-Identifier: Apache-2.0
#include "girih/tests/interpreter/programs.h"

#include <cstring>
#include <random>
#include <set>

namespace girih::testing {

namespace {

constexpr unsigned char pattern = 0xA5;

std::string text(std::int64_t value) { return std::to_string(value); }

std::string class_line(const OperandClass &known) {
  return "  class " + text(known.aligned) + " " + text(known.size_div16) + " " +
         text(known.unit_stride) + " " + text(known.stride_div16) + "\n";
}

/// An operand cut into one-dimensional tiles.
std::string vector_operand(const std::string &name, const char *direction,
                           DType dtype, std::int64_t block,
                           const OperandClass &known) {
  std::string size = name + ".n0", tile = text(block);
  std::string index = "p0 * " + tile + " + t0";
  return "operand " + name + " " + direction + " " +
         std::string(girih::name(dtype)) + " rank 1 other 0\n" +
         class_line(known) + "  grid [(" + size + " + " + text(block - 1) +
         ") / " + tile + "]\n  tile [" + tile + "]\n  index [" + index +
         "]\n  bound " + index + " < " + size + "\n";
}

struct Cut {
  const char *program_or_level; // p0, p1, i0
  std::int64_t block;
};

std::string matrix_operand(const std::string &name, const char *direction,
                           DType dtype, Cut rows, Cut columns,
                           const std::string &levels, const OperandClass &known,
                           const std::string &grid) {
  auto index = [&](Cut cut, int dim) {
    return std::string(cut.program_or_level) + " * " + text(cut.block) +
           " + t" + text(dim);
  };
  std::string out = "operand " + name + " " + direction + " " +
                    std::string(girih::name(dtype)) + " rank 2 other 0\n" +
                    class_line(known) + "  grid " + grid + "\n" + levels +
                    "  tile [" + text(rows.block) + ", " + text(columns.block) +
                    "]\n  index [" + index(rows, 0) + ", " + index(columns, 1) +
                    "]\n";
  for (int dim = 0; dim < 2; ++dim)
    out += "  bound " + index(dim ? columns : rows, dim) + " < " + name + ".n" +
           text(dim) + "\n";
  return out;
}

std::string tile_type(DType dtype, std::vector<std::int64_t> shape) {
  std::string out = std::string(name(dtype)) + "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    out += (i ? ", " : "") + text(shape[i]);
  return out + "]";
}

} // namespace

Program vector_add(DType dtype, std::int64_t block, OperandClass known) {
  std::string type = " : " + tile_type(dtype, {block}) + "\n";
  return parse_program(
      "program \"add\" index32\nconfig \"BLOCK=" + text(block) + "\"\n" +
      vector_operand("a", "in", dtype, block, known) +
      vector_operand("b", "in", dtype, block, known) +
      vector_operand("c", "out", dtype, block, known) + "body {\n" +
      "  %0 = load a[]" + type + "  %1 = load b[]" + type +
      "  %2 = binary add %0, %1" + type + "  store %2, c[]\n}\n");
}

Program matmul(DType in, DType out, std::int64_t bm, std::int64_t bn,
               std::int64_t bk, OperandClass known) {
  DType sum = in == f64 ? f64 : is_float(in) ? f32 : i32;
  auto count = [&](const char *size, std::int64_t block) {
    return std::string("(") + size + " + " + text(block - 1) + ") / " +
           text(block);
  };
  auto grid = [&](const char *rows, const char *columns) {
    return "[" + count(rows, bm) + ", " + count(columns, bn) + "]";
  };
  auto level = [&](const char *size) {
    return "  level [" + count(size, bk) + "]\n";
  };
  std::string acc = tile_type(sum, {bm, bn});
  std::string cast =
      sum == out ? "" : "  %9 = cast %8 : " + tile_type(out, {bm, bn}) + "\n";
  return parse_program(
      "program \"matmul\" index32\nconfig \"BK=" + text(bk) +
      " BM=" + text(bm) + " BN=" + text(bn) + "\"\n" +
      matrix_operand("a", "in", in, {"p0", bm}, {"i0", bk}, level("a.n1"),
                     known, grid("a.n0", "c.n1")) +
      matrix_operand("b", "in", in, {"i0", bk}, {"p1", bn}, level("b.n0"),
                     known, grid("c.n0", "b.n1")) +
      matrix_operand("c", "out", out, {"p0", bm}, {"p1", bn}, "", known,
                     grid("c.n0", "c.n1")) +
      "body {\n  %0 = constant 0 : " + acc + "\n  %1 = index (a.n1 + " +
      text(bk - 1) + ") / " + text(bk) + " : index\n  %8 = loop %1 (%2, %3: " +
      acc + " = %0) {\n    %4 = load a[%2] : " + tile_type(in, {bm, bk}) +
      "\n    %5 = load b[%2] : " + tile_type(in, {bk, bn}) +
      "\n    %6 = dot %4, %5 : " + acc +
      "\n    %7 = binary add %3, %6 : " + acc + "\n    yield %7\n  }\n" + cast +
      "  store " + (sum == out ? "%8" : "%9") + ", c[]\n}\n");
}

Program elementwise(DType in, DType out, std::int64_t block,
                    const std::string &body) {
  std::string lines = body;
  auto replace = [&](const std::string &from, const std::string &to) {
    for (std::size_t at; (at = lines.find(from)) != std::string::npos;)
      lines.replace(at, from.size(), to);
  };
  // A Program numbers its values in the order of their definitions.
  int count = 1;
  while (lines.find("%" + text(9 + count) + " = ") != std::string::npos) {
    replace("%" + text(9 + count), "%" + text(count));
    ++count;
  }
  replace("%result", "%" + text(count));
  replace("%x", "%0");
  replace("#", text(block));
  return parse_program("program \"elementwise\" index32\nconfig \"\"\n" +
                       vector_operand("x", "in", in, block, {}) +
                       vector_operand("y", "out", out, block, {}) +
                       "body {\n  %0 = load x[] : " + tile_type(in, {block}) +
                       "\n" + lines + "\n  store %" + text(count) +
                       ", y[]\n}\n");
}

TestArray::TestArray(DType dtype, std::vector<std::int64_t> shape,
                     std::vector<std::int64_t> strides, std::int64_t offset)
    : dtype_(dtype), shape_(std::move(shape)), strides_(std::move(strides)),
      offset_(offset) {
  if (strides_.empty()) {
    strides_.resize(shape_.size());
    std::int64_t stride = 1;
    for (std::size_t dim = shape_.size(); dim-- > 0; stride *= shape_[dim])
      strides_[dim] = stride;
  }
  // A negative stride counts back from the first element.
  std::int64_t last = 0;
  for (std::size_t dim = 0; dim < shape_.size(); ++dim) {
    std::int64_t reach =
        std::max<std::int64_t>(shape_[dim] - 1, 0) * strides_[dim];
    last += std::max<std::int64_t>(reach, 0);
    offset_ += std::max<std::int64_t>(-reach, 0);
  }
  const std::int64_t elements = last + 1 + 2 * offset_;
  bytes_.assign(static_cast<std::size_t>((elements * bits(dtype_) + 7) / 8),
                pattern);
}

std::int64_t TestArray::numel() const {
  std::int64_t count = 1;
  for (std::int64_t size : shape_)
    count *= size;
  return count;
}

/// In bits.
std::size_t TestArray::position(std::int64_t i) const {
  std::int64_t at = offset_;
  for (std::size_t dim = shape_.size(); dim-- > 0; i /= shape_[dim])
    at += i % shape_[dim] * strides_[dim];
  return static_cast<std::size_t>(at * bits(dtype_));
}

std::uint64_t TestArray::code(std::int64_t i) const {
  const std::size_t at = position(i);
  if (bits(dtype_) == 4)
    return bytes_[at / 8] >> at % 8 & 15U;
  std::uint64_t code = 0;
  std::memcpy(&code, &bytes_[at / 8], static_cast<std::size_t>(bytes(dtype_)));
  return code;
}

double TestArray::get(std::int64_t i) const {
  std::uint64_t bits = code(i);
  if (is_float(dtype_))
    return decode(dtype_, bits);
  if (!is_signed(dtype_))
    return static_cast<double>(bits);
  int unused = 64 - girih::bits(dtype_);
  return static_cast<double>(static_cast<std::int64_t>(bits << unused) >>
                             unused);
}

void TestArray::set(std::int64_t i, double value) {
  set_code(i, is_float(dtype_) ? encode(dtype_, value)
                               : static_cast<std::uint64_t>(
                                     static_cast<std::int64_t>(value)));
}

void TestArray::set_code(std::int64_t i, std::uint64_t bits) {
  const std::size_t at = position(i);
  if (girih::bits(dtype_) == 4) {
    const unsigned kept = bytes_[at / 8] & ~(15U << at % 8);
    bytes_[at / 8] = static_cast<unsigned char>(kept | (bits & 15U) << at % 8);
    return;
  }
  std::memcpy(&bytes_[at / 8], &bits, static_cast<std::size_t>(bytes(dtype_)));
}

bool TestArray::untouched_outside() const {
  // Half-bytes are the smallest elements there are.
  std::set<std::size_t> inside;
  for (std::int64_t i = 0; i < numel(); ++i)
    for (std::size_t bit = 0; bit < static_cast<std::size_t>(bits(dtype_));
         bit += 4)
      inside.insert((position(i) + bit) / 4);
  for (std::size_t at = 0; at < 2 * bytes_.size(); ++at) {
    const unsigned changed = bytes_[at / 2] ^ pattern;
    if ((changed >> at % 2 * 4 & 15U) != 0 && !inside.contains(at))
      return false;
  }
  return true;
}

void TestArray::append_to(std::vector<std::int64_t> &params) {
  unsigned char *first = bytes_.data() + offset_ * bits(dtype_) / 8;
  params.push_back(reinterpret_cast<std::int64_t>(first));
  params.insert(params.end(), shape_.begin(), shape_.end());
  for (std::size_t dim = 0; dim < strides_.size(); ++dim) {
    const bool in_bytes = bits(dtype_) == 4 && dim + 1 < strides_.size();
    params.push_back(in_bytes ? strides_[dim] / 2 : strides_[dim]);
  }
}

void fill_exact(TestArray &array, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> values(-4, 4);
  for (std::int64_t i = 0; i < array.numel(); ++i)
    array.set(i, values(random));
}

std::uint64_t rounded(DType dtype, double value) {
  TestArray one(dtype, {1});
  one.set(0, value);
  return one.code(0);
}

std::vector<std::int64_t> parameter_block(std::vector<TestArray *> arrays) {
  std::vector<std::int64_t> params;
  for (TestArray *array : arrays)
    array->append_to(params);
  return params;
}

} // namespace girih::testing
