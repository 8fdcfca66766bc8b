// SPDX-License-Identifier: Apache-2.0
#include "matmul_text.h"

#include "llvm/Support/FormatVariadic.h"

namespace girih::testing {

static std::string view(const std::string &element, std::int64_t divisor,
                        int unit, std::int64_t align) {
  std::int64_t strides[2] = {divisor, divisor};
  if (unit >= 0)
    strides[unit] = 1;
  return llvm::formatv("!tile.view<element = {0}, sizes = [{1}, {1}], strides "
                       "= [{2}, {3}], unit = {4}, align = {5}>",
                       element, divisor, strides[0], strides[1], unit, align);
}

std::int64_t resultAlign(const MatmulCase &c) {
  std::int64_t bits =
      std::stoi(c.result.substr(c.result.find_first_of("123468")));
  return std::max(c.align, bits / 8);
}

/// `map ... bounds ...` of a block of rows x columns.
static std::string place(std::int64_t rows, std::int64_t columns) {
  return llvm::formatv(
      "map affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * {0} + d0, s1 * {1} + "
      "d1)> bounds affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * {0} - d0 - "
      "1 >= 0, s3 - s1 * {1} - d1 - 1 >= 0)>",
      rows, columns);
}

static std::string restOfConfig(const MatmulCase &c) {
  return std::string(c.specialised ? " warp_specialize=1" : "") +
         (c.persistent ? " persistent=1" : "") +
         (c.pingPong ? " ping_pong=1" : "") +
         (c.streamed ? " stream_k=1" : "") +
         (c.beside > 1 ? " num_ctas=" + std::to_string(c.beside) : "") +
         (c.blocks > 1 ? " split_k=" + std::to_string(c.blocks) : "");
}

/// %e: the sum with %d, scaled by the first element of each row of a's block.
static std::string scaledRound(const MatmulCase &c, const std::string &other,
                               const std::string &acc) {
  return llvm::formatv(
      R"(    %s = tile.load %a[%m, %k, %am, %sk] {0} other {1} : {2} : !A -> tensor<{3}x1x{2}>
    %w = tile.remap %s map affine_map<(d0, d1) -> (d0, 0)> : tensor<{3}x1x{2}> -> {4}
    %p = arith.mulf %d, %w : {4}
    %e = arith.addf %acc, %p : {4}
)",
      place(c.m, c.k), other, c.element, c.m, acc);
}

/// %sum, rounded to the result's type, to where it belongs.
static std::string storedSum(const MatmulCase &c, const std::string &acc) {
  std::string text;
  std::string value = "%sum";
  std::string result = llvm::formatv("tensor<{0}x{1}x{2}>", c.m, c.n, c.result);
  if (c.result != c.accumulator) {
    text += std::string("  %rounded = arith.trunc") +
            (c.result.starts_with("i") ? "i" : "f") + " %sum : " + acc +
            " to " + result + "\n";
    value = "%rounded";
  }
  return text + "  tile.store " + value + ", %c[%m, %n, %sm, %sn] " +
         place(c.m, c.n) + " : " + result + ", !C\n  return\n}\n";
}

/// %bk: of b's rows those that are read.
static std::string rowsOfB(const MatmulCase &c) {
  if (c.cut == 0)
    return "%bk = tile.size %b, 0 : !B";
  return llvm::formatv(R"(%rows = tile.size %b, 0 : !B
  %cut = arith.constant {0} : index
  %bk = arith.subi %rows, %cut : index)",
                       c.cut);
}

std::string matmulText(const MatmulCase &c) {
  bool integer = c.accumulator.starts_with("i");
  std::string zero = integer ? "0" : "0.0", other = integer ? "0" : c.other;
  std::string text = llvm::formatv(
      R"(!A = {0}
!B = {1}
!C = {2}
func.func @{3}(%a: !A, %b: !B, %c: !C) attributes {{tile.kernel,
  tile.config = "num_warps={4} num_stages={5}{12}", tile.index_bits = {6} : i64,
  tile.order = #tile.order<{13}>, tile.directions = ["in", "in", "out"],
  tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] ->
    (s4 ceildiv {7}, s5 ceildiv {8})>} {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant {9} : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %sm = tile.size %c, 0 : !C
  %sn = tile.size %c, 1 : !C
  %am = tile.size %a, 0 : !A
  %sk = tile.size %a, 1 : !A
  {14}
  %bn = tile.size %b, 1 : !B
  %count = arith.ceildivsi %sk, %block : index
  %zero = arith.constant dense<{10}> : tensor<{7}x{8}x{11}>
)",
      view(c.element, c.divisor, c.unitA, c.align),
      view(c.element, c.divisor, c.unitB, c.align),
      view(c.result, c.divisor, c.unitC, resultAlign(c)), c.name, c.warps,
      c.stages, c.indexBits, c.m, c.n, c.k, zero, c.accumulator,
      restOfConfig(c), c.order, rowsOfB(c));
  std::string acc =
      llvm::formatv("tensor<{0}x{1}x{2}>", c.m, c.n, c.accumulator);
  if (c.loop)
    text += "  %sum = scf.for %k = %c0 to %count step %c1 iter_args(%acc = "
            "%zero) -> " +
            acc + " {\n";
  std::string twice =
      llvm::formatv("%xx = arith.add{0} %x, %x : tensor<{1}x{2}x{3}>",
                    integer ? "i" : "f", c.m, c.k, c.element);
  text += llvm::formatv(
      R"(    %x = tile.load %a[%m, {0}, %am, %sk] {1} other {2} : {3} : !A -> tensor<{4}x{6}x{3}>
    %y = tile.load %b[{0}, %n, %bk, %bn] {7} other {2} : {3} : !B -> tensor<{6}x{5}x{3}>
    {12}
    {8} = tile.dot {13}, %y, {9} precision {10} : tensor<{4}x{6}x{3}>, tensor<{6}x{5}x{3}> -> {11}
)",
      c.loop ? "%k" : "%c0", place(c.m, c.k), other, c.element, c.m, c.n, c.k,
      place(c.k, c.n), c.loop ? "%d" : "%sum",
      c.loop && !c.scaled ? "%acc" : "%zero", c.precision, acc,
      c.doubled ? twice : "", c.doubled ? "%xx" : "%x");
  if (c.scaled)
    text += scaledRound(c, other, acc);
  if (c.loop)
    text += std::string("    scf.yield ") + (c.scaled ? "%e" : "%d") + " : " +
            acc + "\n  }\n";
  return text + storedSum(c, acc);
}

std::string addText(const std::string &element, std::int64_t block,
                    std::int64_t divisor, std::int64_t align, int warps) {
  bool integer = element[0] == 'i';
  return llvm::formatv(
      R"(!V = !tile.view<element = {0}, sizes = [{2}], strides = [1], unit = 0, align = {3}>
#map = affine_map<(d0)[s0, s1] -> (s0 * {1} + d0)>
#set = affine_set<(d0)[s0, s1] : (s1 - s0 * {1} - d0 - 1 >= 0)>
func.func @add(%a: !V, %b: !V, %c: !V) attributes {{tile.kernel,
  tile.config = "num_warps={4}", tile.index_bits = 32 : i64,
  tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "in", "out"],
  tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv {1})>} {{
  %p = tile.program_id 0
  %n = tile.size %c, 0 : !V
  %x = tile.load %a[%p, %n] map #map bounds #set other {5} : {0} : !V -> tensor<{1}x{0}>
  %y = tile.load %b[%p, %n] map #map bounds #set other {5} : {0} : !V -> tensor<{1}x{0}>
  %z = arith.{6} %x, %y : tensor<{1}x{0}>
  tile.store %z, %c[%p, %n] map #map bounds #set : tensor<{1}x{0}>, !V
  return
}
)",
      element, block, divisor, align, warps, integer ? "0" : "0.0",
      integer ? "addi" : "addf");
}

} // namespace girih::testing
