// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/nvptx/pieces.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace girih::compiler {

std::string operandList(int64_t first, int64_t count) {
  std::string list;
  for (int64_t i = 0; i < count; ++i)
    list += (i ? ", $" : "$") + std::to_string(first + i);
  return count > 1 ? "{" + list + "}" : list;
}

Pieces::Pieces(int64_t bytes)
    : count(std::max<int64_t>(bytes / 4, 1)), letter(bytes < 4 ? 'h' : 'r') {
  std::string vector = count > 1 ? llvm::formatv("v{0}.", count).str() : "";
  width = vector + "b" + std::to_string(std::min<int64_t>(bytes, 4) * 8);
}

Type Pieces::type(OpBuilder &b) const {
  return letter == 'h' ? b.getI16Type() : b.getI32Type();
}

std::string Pieces::results() const {
  std::string all = std::string("=") + letter;
  for (int64_t i = 1; i < count; ++i)
    all += std::string(",=") + letter;
  return all;
}

std::string Pieces::inputs() const {
  std::string all(1, letter);
  for (int64_t i = 1; i < count; ++i)
    all += std::string(",") + letter;
  return all;
}

AssemblyText Pieces::store(StringRef space, StringRef pointer, StringRef place,
                           bool masked) const {
  return {llvm::formatv("{0}st.{1}.{2} {3}, {4};", masked ? "@$1 " : "", space,
                        width, place, operandList(masked ? 2 : 1, count)),
          llvm::formatv("{0}{1},{2}", pointer, masked ? ",b" : "", inputs())};
}

} // namespace girih::compiler
