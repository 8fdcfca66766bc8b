// SPDX-License-Identifier: Apache-2.0
#include "tile_kernels.h"

#include "tile_case.h"

#include "llvm/Support/FormatVariadic.h"

namespace girih::testing {

namespace {

using Kernels = std::vector<std::pair<std::string, std::string>>;
using Shape = TileCase::Shape;

void addScan(Kernels &to, const std::string &element, const Shape &shape,
             int dim, bool reverse, int warps) {
  TileCase kernel(warps);
  std::string type = kernel.tensor(kernel.in(element, shape));
  std::string add = element[0] == 'i' ? "arith.addi" : "arith.addf";
  kernel.body(llvm::formatv(
      R"(  %r = tile.scan %x0 dim {0} {1} : {2} -> {2} {{
  ^bb0(%a: {3}, %b: {3}):
    %s = {4} %a, %b : {3}
    tile.yield %s : {3}
  })",
      dim, reverse ? "reverse" : "", type, element, add));
  kernel.out("%r", element, shape);
  to.emplace_back("scan " + type, kernel.text());
}

void addSort(Kernels &to, const std::string &element, const Shape &shape,
             int dim, bool descending, int warps) {
  TileCase kernel(warps);
  std::string keys = kernel.tensor(kernel.in(element, shape));
  std::string places = kernel.tensor(kernel.in("i32", shape));
  kernel.body(llvm::formatv(
      "  %r:2 = tile.sort %x0, %x1 dim {0} {1} : {2}, {3} -> {2}, {3}", dim,
      descending ? "descending" : "", keys, places));
  kernel.out("%r#0", element, shape);
  kernel.out("%r#1", "i32", shape);
  to.emplace_back("sort " + keys, kernel.text());
}

void addHistogram(Kernels &to, const std::string &element, int64_t bins) {
  TileCase kernel(4);
  std::string type = kernel.tensor(kernel.in(element, {7, 100}));
  kernel.body(llvm::formatv(
      "  %r = tile.histogram %x0 : {0} -> tensor<{1}xi32>", type, bins));
  kernel.out("%r", "i32", {bins});
  to.emplace_back("histogram " + type, kernel.text());
}

void addIndirect(Kernels &to, const std::string &element, int indexBits) {
  TileCase kernel(4, indexBits);
  std::string index = kernel.tensor(kernel.in("i64", {100}));
  std::string type = TileCase::tensor(element, {100});
  kernel.view(element, {100});
  kernel.view(element, {100});
  std::string zero = element == "i1"     ? "false"
                     : element[0] == 'i' ? "0 : " + element
                                         : "0.0 : " + element;
  kernel.body(llvm::formatv(
      R"(  %r = tile.gather %a1[%x0 : {0}] other {1} : !V1 -> {2}
  tile.scatter %r, %a2[%x0 : {0}] : {2}, !V2
  %t = tile.take %r[%x0] dim 0 : {2}, {0} -> {2})",
      index, zero, type));
  kernel.out("%t", element, {100});
  to.emplace_back("gather " + type, kernel.text());
}

void addAtomic(Kernels &to, const std::string &kind,
               const std::string &element) {
  TileCase kernel(4);
  std::string index = kernel.tensor(kernel.in("i32", {100}));
  std::string type = kernel.tensor(kernel.in(element, {100}));
  kernel.view(element, {100});
  kernel.body(llvm::formatv(
      R"(  %r = tile.atomic {0} %x1 {1}, %a2[%x0 : {2}] other {3} : {4} : {5}, !V2 -> {5}
  %u = tile.atomic {0} %x1 {1}, %a2[%x0 : {2}] other {3} : {4} : {5}, !V2 -> {5})",
      kind, kind == "compare_exchange" ? "expected %x1 : " + type : "", index,
      element[0] == 'i' ? "0" : "0.0", element, type));
  kernel.out("%r", element, {100});
  to.emplace_back(kind + " of " + element, kernel.text());
}

void addArrival(Kernels &to) {
  TileCase kernel(4);
  std::string type = kernel.tensor(kernel.in("f32", {256}));
  kernel.view("i32", {7});
  kernel.view("f32", {256});
  kernel.body(llvm::formatv(
      R"(  %c = arith.constant 5 : i32
  tile.store %x0, %a2[] map affine_map<(d0) -> (d0)> : {0}, !V2
  %last = tile.arrive %a1[%c : i32] of %c : !V1
  scf.if %last {{
    %all = tile.load %a2[] map affine_map<(d0) -> (d0)> other 0.0 : f32 : !V2 -> {0}
    %s = arith.addf %all, %x0 : {0}
    tile.store %s, %a2[] map affine_map<(d0) -> (d0)> : {0}, !V2
  })",
      type));
  to.emplace_back("arrival", kernel.text());
}

void addDebug(Kernels &to) {
  TileCase kernel(4);
  std::string flags = kernel.tensor(kernel.in("i1", {5, 9}));
  std::string type = kernel.tensor(kernel.in("f16", {5, 9}));
  kernel.body(llvm::formatv(
      R"(  %c = arith.constant 3 : i32
  tile.assert %x0, "the flags hold" : {0} loc("user.cpp":17:3)
  tile.print "x" %x0, %x1, %c unsigned [false, false, false] : {0}, {1}, i32
  %r = tile.inline_ptx "neg.f16 $0, $1;" %x1 : {1} -> {1} {{
  ^bb0(%a: f16):
    %n = arith.negf %a : f16
    tile.yield %n : f16
  }
  %s = math.fma %r, %x1, %r : {1}
  %w = scf.while (%v = %s) : ({1}) -> {1} {{
    %more = arith.cmpi slt, %c, %c : i32
    scf.condition(%more) %v : {1}
  } do {{
  ^bb0(%v: {1}):
    %twice = arith.addf %v, %v : {1}
    scf.yield %twice : {1}
  })",
      flags, type));
  kernel.out("%w", "f16", {5, 9});
  to.emplace_back("assert, print, ptx", kernel.text());
}

/// All functions of floats, one after the other.
void addFunctions(Kernels &to, const std::string &element, int64_t lanes) {
  TileCase kernel(4);
  std::string type = kernel.tensor(kernel.in(element, {lanes})), last = "%x0";
  std::string body;
  auto add = [&](const std::string &op) {
    std::string result = "%f" + std::to_string(body.size());
    body += "  " + result + " = " + op + " " + last + " : " + type + "\n";
    last = result;
  };
  for (std::string name :
       {"absf", "floor", "ceil",  "roundeven", "trunc", "sqrt",  "rsqrt",
        "exp",  "exp2",  "expm1", "log",       "log2",  "log1p", "sin",
        "cos",  "tan",   "asin",  "acos",      "atan",  "sinh",  "cosh",
        "tanh", "asinh", "acosh", "atanh",     "erf"})
    add("math." + name);
  for (std::string name : {"math.powf", "math.atan2", "arith.remf"})
    add(name + " %x0,");
  add("math.fma %x0, %x0,");
  kernel.body(body);
  kernel.out(last, element, {lanes});
  to.emplace_back("functions of " + type, kernel.text());
}

} // namespace

std::vector<std::pair<std::string, std::string>> tileKernels() {
  Kernels all;
  addScan(all, "f32", {4096}, 0, false, 4);
  addScan(all, "i64", {100, 30}, 1, true, 4);
  addScan(all, "bf16", {3, 700}, 1, false, 6);
  addHistogram(all, "i32", 1000);
  addHistogram(all, "i64", 4096);
  addSort(all, "f32", {4096}, 0, false, 4);
  addSort(all, "f32", {100}, 0, false, 4);
  addSort(all, "f64", {1000}, 0, true, 8);
  addSort(all, "bf16", {7, 130}, 1, true, 3);
  for (std::string element :
       {"f64", "f32", "bf16", "f8E4M3FN", "i64", "i8", "i1"})
    addIndirect(all, element, element == "f32" ? 64 : 32);
  for (std::string element : {"f16", "bf16", "f32", "f64", "i32", "i64"})
    addAtomic(all, "add", element);
  for (std::string element : {"f32", "f64", "i32", "i64"})
    for (std::string kind : {"min", "max", "exchange"})
      addAtomic(all, kind, element);
  for (std::string element : {"i32", "i64"})
    for (std::string kind :
         {"bit_and", "bit_or", "bit_xor", "compare_exchange"})
      addAtomic(all, kind, element);
  addArrival(all);
  addDebug(all);
  for (std::string element : {"f64", "f32", "f16", "bf16"})
    addFunctions(all, element, 128);
  addFunctions(all, "f64", 4096);
  return all;
}

} // namespace girih::testing
