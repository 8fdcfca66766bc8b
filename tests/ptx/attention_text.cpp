// SPDX-License-Identifier: Apache-2.0
#include "attention_text.h"

#include "llvm/Support/FormatVariadic.h"

namespace girih::testing {

namespace {

/// `{0}` queries, `{1}` keys, `{2}` depth of a block, `{3}` the name, `{4}`
/// warps, `{5}` stages, `{6}` how keys are read, `{7}` the rest of the Config.
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
#column = affine_map<(d0, d1)[s0] -> (s0 * {1} + d1)>
#spread = affine_map<(d0, d1) -> (d0, 0)>
#row = affine_map<(d0, d1) -> (d0)>
#turn = affine_map<(d0, d1) -> (d1, d0)>
func.func @{3}(%qa: !V, %ka: !V, %va: !V, %oa: !V) attributes {{tile.kernel,
  tile.config = "num_warps={4} num_stages={5}{7}", tile.index_bits = 32 : i64,
  tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "in", "in", "out"],
  tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7] -> (s6 ceildiv {0})>} {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant {1} : index
  %p = tile.program_id 0
  %sq = tile.size %qa, 0 : !V
  %sk = tile.size %ka, 0 : !V
  %sv = tile.size %va, 0 : !V
  %count = arith.ceildivsi %sk, %block : index
  %last = arith.index_cast %sk : index to i32
  %end = tensor.splat %last : tensor<{0}x{1}xi32>
  %zero = arith.constant dense<0.0> : !O
  %none = arith.constant dense<0.0> : !S
  %hidden = arith.constant dense<0xFF800000> : !S
  %least = arith.constant dense<-1.0e30> : !C
  %empty = arith.constant dense<0.0> : !C
  %scale = arith.constant dense<0.125> : !S
  %q = tile.load %qa[%p, %sq] map #q bounds #qs other 0.0 : bf16 : !V -> !Q
  %r:3 = scf.for %j = %c0 to %count step %c1
      iter_args(%acc = %zero, %m = %least, %l = %empty) -> (!O, !C, !C) {{
    {6}
)";

constexpr const char *body = R"(
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
    %v = tile.load %va[%j, %sv] map #v bounds #vs other 0.0 : bf16 : !V -> tensor<{1}x{2}xbf16>
    %o = tile.dot %pr, %v, %kept precision ieee : tensor<{0}x{1}xbf16>, tensor<{1}x{2}xbf16> -> !O
    scf.yield %o, %next, %sum : !O, !C, !C
  }
  %weight = tile.remap %r#2 map #spread : !C -> !O
  %result = arith.divf %r#0, %weight : !O
  %rounded = arith.truncf %result : !O to !Q
  tile.store %rounded, %oa[%p, %sq] map #q bounds #qs : !Q, !V
  return
}
)";

} // namespace

std::string attentionText(const AttentionCase &c) {
  std::string keys = llvm::formatv(
      c.permuted
          ? "%k0 = tile.load %ka[%j, %sk] map #v bounds #vs other 0.0 : bf16 : "
            "!V -> tensor<{1}x{0}xbf16>\n    %k = tile.remap %k0 map #turn : "
            "tensor<{1}x{0}xbf16> -> tensor<{0}x{1}xbf16>"
          : "%k = tile.load %ka[%j, %sk] map #t bounds #ts other 0.0 : bf16 : "
            "!V -> tensor<{0}x{1}xbf16>",
      c.depth, c.keys);
  std::string copying = c.specialised ? " warp_specialize=1" : "";
  if (c.persistent)
    copying += " persistent=1";
  std::string text = llvm::formatv(head, c.queries, c.keys, c.depth, c.name,
                                   c.warps, c.stages, keys, copying);
  return text + llvm::formatv(body, c.queries, c.keys, c.depth).str();
}

} // namespace girih::testing
