// SPDX-License-Identifier: Apache-2.0
#include "tile_case.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace girih::testing {

static constexpr char poison = static_cast<char>(0xdb);

Memory::Memory(std::int64_t size, std::int64_t align)
    : bytes(size + 512, poison), size(size) {
  auto start = reinterpret_cast<std::uintptr_t>(bytes.data());
  // As odd an address as the class allows.
  offset = 128 + (128 - start % 128) % 128 + (align < 128 ? align : 0);
}

bool Memory::isIntact() const {
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(bytes.size()); ++i)
    if ((i < offset || i >= offset + size) && bytes[i] != poison)
      return false;
  return true;
}

std::int64_t elementBytes(const std::string &element) {
  if (element == "i1" || element[0] == 'i')
    return element == "i1" ? 1 : std::stoi(element.substr(1)) / 8;
  std::size_t digits = element.find_first_of("0123456789");
  return std::stoi(element.substr(digits)) / 8;
}

std::string TileCase::tensor(const std::string &element, const Shape &shape) {
  std::string text = "tensor<";
  for (std::int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + element + ">";
}

std::string TileCase::tensor(int operand) const {
  return tensor(operands[operand].element, operands[operand].shape);
}

std::int64_t TileCase::elements(int operand) const {
  std::int64_t count = 1;
  for (std::int64_t extent : operands[operand].shape)
    count *= extent;
  return count;
}

int TileCase::view(const std::string &element, const Shape &shape) {
  operands.push_back({element, shape, true});
  int number = static_cast<int>(operands.size()) - 1;
  std::int64_t bytes = elementBytes(element);
  memories.emplace_back(elements(number) * bytes, bytes);
  return number;
}

/// `[] map affine_map<(d0, d1) -> (d0, d1)>`.
std::string TileCase::access(int operand) const {
  std::vector<std::string> dims;
  for (std::size_t i = 0; i < operands[operand].shape.size(); ++i)
    dims.push_back("d" + std::to_string(i));
  std::string list = llvm::join(dims, ", ");
  return "[] map affine_map<(" + list + ") -> (" + list + ")>";
}

int TileCase::in(const std::string &element, const Shape &shape) {
  int number = view(element, shape);
  operands.back().written = false;
  bool isFloat = element[0] != 'i';
  lines += llvm::formatv(
      "  %x{0} = tile.load %a{0}{1} other {2} : {3} : !V{0} -> {4}\n", number,
      access(number),
      isFloat           ? "0.0"
      : element == "i1" ? "false"
                        : "0",
      element, tensor(number));
  if (element == "i1") // a bool needs no type
    lines.replace(lines.rfind("false : i1"), 10, "false");
  return number;
}

TileCase &TileCase::body(const std::string &text) {
  lines += text + "\n";
  return *this;
}

int TileCase::out(const std::string &name, const std::string &element,
                  const Shape &shape) {
  int number = view(element, shape);
  lines += llvm::formatv("  tile.store {0}, %a{1}{2} : {3}, !V{1}\n", name,
                         number, access(number), tensor(number));
  return number;
}

std::string TileCase::text() const {
  std::string types, arguments, directions, symbols;
  int sizes = 0;
  for (auto [number, operand] : llvm::enumerate(operands)) {
    std::vector<std::string> ones(operand.shape.size(), "1");
    std::string list = llvm::join(ones, ", ");
    types += llvm::formatv("!V{0} = !tile.view<element = {1}, sizes = [{2}], "
                           "strides = [{2}], unit = {3}, align = {4}>\n",
                           number, operand.element, list,
                           static_cast<int>(operand.shape.size()) - 1,
                           elementBytes(operand.element));
    arguments += llvm::formatv("{0}%a{1}: !V{1}", number ? ", " : "", number);
    directions += llvm::formatv("{0}\"{1}\"", number ? ", " : "",
                                operand.written ? "inout" : "in");
    for (std::size_t dim = 0; dim < operand.shape.size(); ++dim, ++sizes)
      symbols += (sizes ? ", s" : "s") + std::to_string(sizes);
  }
  return llvm::formatv(
      R"({0}func.func @kernel({1}) attributes {{tile.kernel,
  tile.config = "num_warps={2}{8}", tile.index_bits = {3} : i64,
  tile.order = #tile.order<row_major, 1>, tile.directions = [{4}],
  tile.grid = affine_map<()[{5}] -> ({6})>} {{
{7}  return
}
)",
      types, arguments, warps, indexBits, directions, symbols, programs, lines,
      config);
}

void TileCase::run(int capability) {
  EmulatedKernel kernel(text(), capability);
  std::vector<std::int64_t> params;
  for (auto [number, operand] : llvm::enumerate(operands)) {
    params.push_back(reinterpret_cast<std::int64_t>(memories[number].data()));
    params.insert(params.end(), operand.shape.begin(), operand.shape.end());
    std::int64_t stride = 1;
    Shape strides(operand.shape.size());
    for (std::size_t dim = strides.size(); dim-- > 0;) {
      strides[dim] = stride;
      stride *= operand.shape[dim];
    }
    params.insert(params.end(), strides.begin(), strides.end());
  }
  if (start)
    start(kernel);
  kernel.run(params, programs);
  for (const Memory &memory : memories)
    if (!memory.isIntact())
      throw std::runtime_error("an operand was written outside of its bounds");
}

} // namespace girih::testing
