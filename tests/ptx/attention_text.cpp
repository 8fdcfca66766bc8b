// SPDX-License-Identifier: Apache-2.0
#include "attention_text.h"

#include "llvm/Support/FormatVariadic.h"

namespace girih::testing {

namespace {

/// `{0}` queries, `{1}` keys, `{2}` depth of a block, `{3}` the name, `{4}`
/// warps, `{5}` stages, `{6}` the rest of the Config, `{7}` to `{9}` what a
/// block table adds, `{10}` whose size says how many keys there are.
constexpr const char *head = R"(
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!Q = tensor<{0}x{2}xbf16>
!O = tensor<{0}x{2}xf32>
!S = tensor<{0}x{1}xf32>
!R = tensor<{0}xf32>
!C = tensor<{0}x1xf32>
#q = affine_map<(d0, d1)[s0, s1] -> (s0 * {0} + d0, d1)>
#qs = affine_set<(d0, d1)[s0, s1] : (s1 - s0 * {0} - d0 - 1 >= 0)>
#t = affine_map<(d0, d1)[s0, s1] -> (s0 * {1} + d1, d0)>
#ts = affine_set<(d0, d1)[s0, s1] : (s1 - s0 * {1} - d1 - 1 >= 0)>
#v = affine_map<(d0, d1)[s0, s1] -> (s0 * {1} + d0, d1)>
#vs = affine_set<(d0, d1)[s0, s1] : (s1 - s0 * {1} - d0 - 1 >= 0)>
!T = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>
#page = affine_map<()[s0, s1] -> (s0)>
#pages = affine_set<()[s0, s1] : (s1 - s0 - 1 >= 0)>
#kp = affine_map<(d0, d1)[s0, s1] -> (s0 * 16 + d1, d0)>
#kps = affine_set<(d0, d1)[s0, s1] : (s1 - s0 * 16 - d1 - 1 >= 0)>
#vp = affine_map<(d0, d1)[s0, s1] -> (s0 * 16 + d0, d1)>
#vps = affine_set<(d0, d1)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)>
#column = affine_map<(d0, d1)[s0] -> (s0 * {1} + d1)>
#spread = affine_map<(d0, d1) -> (d0, 0)>
#row = affine_map<(d0, d1) -> (d0)>
#turn = affine_map<(d0, d1) -> (d1, d0)>
func.func @{3}(%qa: !V, %ka: !V, %va: !V, %oa: !V{7}) attributes {{tile.kernel,
  tile.config = "num_warps={4} num_stages={5}{6}", tile.index_bits = 32 : i64,
  tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "in", "in", "out"{8}],
  tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7{9}] -> (s6 ceildiv {0})>} {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant {1} : index
  %p = tile.program_id 0
  %sq = tile.size %qa, 0 : !V
  %sk = tile.size {10}
  %sv = tile.size %va, 0 : !V
  %count = arith.ceildivsi %sk, %block : index
  %whole = arith.floordivsi %sk, %block : index
  %last = arith.index_cast %sk : index to i32
  %end = tensor.splat %last : tensor<{0}x{1}xi32>
  %zero = arith.constant dense<0.0> : !O
  %none = arith.constant dense<0.0> : !S
  %hidden = arith.constant dense<0xFF800000> : !S
  %least = arith.constant dense<-1.0e30> : !C
  %empty = arith.constant dense<0.0> : !C
  %scale = arith.constant dense<0.125> : !S
  %q = tile.load %qa[%p, %sq] map #q bounds #qs other 0.0 : bf16 : !V -> !Q
)";

/// `{0}` to `{2}` as above, `{3}` and `{4}` how keys and values are read, `{5}`
/// the results' name, `{6}` and `{7}` the rounds, `{8}` to `{10}` what is there
/// before them.
constexpr const char *rounds = R"(
  %{5}:3 = scf.for %j = %{6} to %{7} step %c1
      iter_args(%acc = %{8}, %m = %{9}, %l = %{10}) -> (!O, !C, !C) {{
    {3}
    %s0 = tile.dot %q, %k, %none precision ieee : !Q, tensor<{2}x{1}xbf16> -> !S
    %s1 = arith.mulf %s0, %scale : !S
    %columns = tile.coordinate [%j] map #column : tensor<{0}x{1}xi32>
    %in = arith.cmpi slt, %columns, %end : tensor<{0}x{1}xi32>
    %s = arith.select %in, %s1, %hidden : tensor<{0}x{1}xi1>, !S
    %m0 = tile.reduce %s dim 1 : !S -> !R {{
    ^bb0(%u: f32, %w: f32):
      %y = arith.maximumf %u, %w : f32
      tile.yield %y : f32
    }
    %m1 = tile.remap %m0 map #row : !R -> !C
    %next = arith.maximumf %m, %m1 : !C
    %fall = arith.subf %m, %next : !C
    %alpha = math.exp2 %fall : !C
    %wide = tile.remap %next map #spread : !C -> !S
    %d = arith.subf %s, %wide : !S
    %x = math.exp2 %d : !S
    %l0 = tile.reduce %x dim 1 : !S -> !R {{
    ^bb0(%u: f32, %w: f32):
      %y = arith.addf %u, %w : f32
      tile.yield %y : f32
    }
    %l1 = tile.remap %l0 map #row : !R -> !C
    %l2 = arith.mulf %l, %alpha : !C
    %sum = arith.addf %l2, %l1 : !C
    %faded = tile.remap %alpha map #spread : !C -> !O
    %kept = arith.mulf %acc, %faded : !O
    %pr = arith.truncf %x : !S to tensor<{0}x{1}xbf16>
    {4}
    %o = tile.dot %pr, %v, %kept precision ieee : tensor<{0}x{1}xbf16>, tensor<{1}x{2}xbf16> -> !O
    scf.yield %o, %next, %sum : !O, !C, !C
  }
)";

constexpr const char *tail = R"(
  %weight = tile.remap %r#2 map #spread : !C -> !O
  %result = arith.divf %r#0, %weight : !O
  %rounded = arith.truncf %result : !O to !Q
  %so = tile.size %oa, 0 : !V
  tile.store %rounded, %oa[%p, %so] map #q bounds #qs : !Q, !V
  return
}
)";

/// A block of keys, or of values, of several pages of 16.
class Pages {
public:
  explicit Pages(const AttentionCase &c) : c(c), count(c.keys / 16) {}

  /// The numbers of the pages and the keys; where values are the keys those
  /// too, with zeros where there is no key.
  std::string keys() {
    text = llvm::formatv("%n = arith.constant {0} : index\n"
                         "    %rows = tile.size %ka, 0 : !V\n"
                         "    %first = arith.muli %j, %n : index\n",
                         count);
    for (std::int64_t i = 0; i < count; ++i)
      add("%i{0} = arith.constant {0} : index\n"
          "    %at{0} = arith.addi %first, %i{0} : index\n"
          "    %t{0} = tile.load %ta[%at{0}, %sk] map #page bounds #pages "
          "other "
          "0 : i32 : !T -> tensor<i32>\n"
          "    %e{0} = tensor.extract %t{0}[] : tensor<i32>\n"
          "    %p{0} = arith.index_cast %e{0} : i32 to index\n",
          i);
    block("k", "%ka", 1);
    if (c.shared)
      visible("k", 1);
    return text + alias("k", shape(c.keys, 1));
  }

  std::string values() {
    text.clear();
    if (c.shared)
      return llvm::formatv("%v = tile.remap %k map #turn : {0} -> {1}",
                           shape(c.keys, 1), shape(c.keys, 0));
    block("v", "%va", 0);
    visible("v", 0);
    return text + alias("v", shape(c.keys, 0));
  }

private:
  template <class... Arguments>
  void add(const char *format, Arguments &&...arguments) {
    text += "    " + llvm::formatv(format, arguments...).str();
  }

  std::string shape(std::int64_t keys, int dim, const char *element = "bf16") {
    return llvm::formatv(dim == 1 ? "tensor<{1}x{0}x{2}>"
                                  : "tensor<{0}x{1}x{2}>",
                         keys, c.depth, element);
  }

  std::string alias(const char *name, const std::string &type) {
    return llvm::formatv(
        "    %{0} = tile.remap %{0}{1} map affine_map<(d0, d1) "
        "-> (d0, d1)> : {2} -> {2}",
        name, last, type);
  }

  /// The pages one after the other along `dim`.
  void block(const char *name, const char *from, int dim) {
    const char *lane = dim == 1 ? "(d0, d1 mod {0})" : "(d0 mod {0}, d1)";
    for (std::int64_t i = 0; i < count; ++i) {
      add("%{0}p{1} = tile.load {2}[%p{1}, %rows] map #{3}p bounds #{3}ps "
          "other "
          "0.0 : bf16 : !V -> {4}\n",
          name, i, from, dim == 1 ? "k" : "v", shape(16, dim));
      if (i == 0) {
        last = "p0";
        continue;
      }
      std::int64_t limit = 16 * i, total = limit + 16;
      auto map = [&](std::int64_t size) {
        return "affine_map<(d0, d1) -> " + llvm::formatv(lane, size).str() +
               ">";
      };
      add("%{0}l{1} = tile.remap %{0}{2} map {3} : {4} -> {5}\n", name, i, last,
          map(limit), shape(limit, dim), shape(total, dim));
      add("%{0}r{1} = tile.remap %{0}p{1} map {2} : {3} -> {4}\n", name, i,
          map(16), shape(16, dim), shape(total, dim));
      below(name, i, total, dim, llvm::formatv("dense<{0}>", limit).str());
      add("%{0}c{1} = arith.select %{0}b{1}, %{0}l{1}, %{0}r{1} : {2}, {3}\n",
          name, i, shape(total, dim, "i1"), shape(total, dim));
      last = "c" + std::to_string(i);
    }
  }

  /// Whether a lane's key is below a constant.
  void below(const char *name, std::int64_t i, std::int64_t keys, int dim,
             const std::string &limit) {
    add("%{0}n{1} = tile.coordinate [] map affine_map<(d0, d1) -> (d{2})> : "
        "{3}\n",
        name, i, dim, shape(keys, dim, "i32"));
    add("%{0}m{1} = arith.constant {2} : {3}\n", name, i, limit,
        shape(keys, dim, "i32"));
    add("%{0}b{1} = arith.cmpi slt, %{0}n{1}, %{0}m{1} : {2}\n", name, i,
        shape(keys, dim, "i32"));
  }

  /// Zeros where there is no key.
  void visible(const char *name, int dim) {
    std::string numbers = shape(c.keys, dim, "i64");
    add("%{0}w = arith.constant dense<0.0> : {1}\n", name, shape(c.keys, dim));
    add("%{0}x = tile.coordinate [%j] map affine_map<(d0, d1)[s0] -> (s0 * {1} "
        "+ d{2})> : {3}\n",
        name, c.keys, dim, numbers);
    add("%{0}y = arith.index_cast %sk : index to i64\n", name);
    add("%{0}z = tensor.splat %{0}y : {1}\n", name, numbers);
    add("%{0}s = arith.cmpi slt, %{0}x, %{0}z : {1}\n", name, numbers);
    add("%{0}seen = arith.select %{0}s, %{0}{1}, %{0}w : {2}, {3}\n", name,
        last, shape(c.keys, dim, "i1"), shape(c.keys, dim));
    last = "seen";
  }

  const AttentionCase &c;
  std::int64_t count;
  std::string text, last;
};

} // namespace

std::string attentionText(const AttentionCase &c) {
  Pages pages(c);
  std::string keys = llvm::formatv(
      c.permuted
          ? "%k0 = tile.load %ka[%j, %sk] map #v bounds #vs other 0.0 : bf16 : "
            "!V -> tensor<{1}x{0}xbf16>\n    %k = tile.remap %k0 map #turn : "
            "tensor<{1}x{0}xbf16> -> tensor<{0}x{1}xbf16>"
          : "%k = tile.load %ka[%j, %sk] map #t bounds #ts other 0.0 : bf16 : "
            "!V -> tensor<{0}x{1}xbf16>",
      c.depth, c.keys);
  std::string values = llvm::formatv(
      "%v = tile.load %va[%j, %sv] map #v bounds #vs other 0.0 : bf16 : !V -> "
      "tensor<{0}x{1}xbf16>",
      c.keys, c.depth);
  if (c.paged) {
    keys = pages.keys();
    values = pages.values();
  }
  std::string copying = c.specialised ? " warp_specialize=1" : "";
  if (c.persistent)
    copying += " persistent=1";
  std::string text = llvm::formatv(
      head, c.queries, c.keys, c.depth, c.name, c.warps, c.stages, copying,
      c.paged ? ", %ta: !T" : "", c.paged ? ", \"in\"" : "",
      c.paged ? ", s8" : "", c.paged ? "%ta, 0 : !T" : "%ka, 0 : !V");
  auto loop = [&](auto &&...rest) {
    text += llvm::formatv(rounds, c.queries, c.keys, c.depth, keys, values,
                          rest...);
  };
  if (c.two_loops) {
    loop("f", "c0", "whole", "zero", "least", "empty");
    loop("r", "whole", "count", "f#0", "f#1", "f#2");
  } else {
    loop("r", "c0", "count", "zero", "least", "empty");
  }
  return text + tail;
}

} // namespace girih::testing
