// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/cases.h"

#include "girih/autotune/inputs.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/similar_names.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace girih::autotune {
namespace {

using Sizes = std::vector<std::int64_t>;

/// What a call of an op computes, and the call itself.
struct Body {
  double flops = 0;
  std::function<Array()> call; // gives the result
  std::vector<Array> inputs = {};
  double number = 0; // that it is called with
};
// Of norms.
constexpr double epsilon = 1e-5;
using MakeBody = Body (*)(const Sizes &, DType, Device);

Array random_of(std::initializer_list<std::int64_t> shape, DType dtype,
                Device device, unsigned seed) {
  const Array made = Array::empty(shape, dtype, device);
  fill_random(made, seed);
  return made;
}

double number(std::int64_t value) { return static_cast<double>(value); }

Body matmul_body(const Sizes &n, DType dtype, Device device) {
  const Array a = random_of({n[0], n[2]}, dtype, device, 1),
              b = random_of({n[2], n[1]}, dtype, device, 2);
  return {2 * number(n[0]) * number(n[1]) * number(n[2]),
          [=] { return ops::matmul(a, b); },
          {a, b}};
}

Body linear_body(const Sizes &n, DType dtype, Device device) {
  const Array x = random_of({n[0], n[2]}, dtype, device, 1),
              weight = random_of({n[1], n[2]}, dtype, device, 2);
  return {2 * number(n[0]) * number(n[1]) * number(n[2]),
          [=] { return ops::linear(x, weight); },
          {x, weight}};
}

Body attention_body(const Sizes &n, DType dtype, Device device) {
  const Array q = random_of({n[0], n[1], n[3], n[5]}, dtype, device, 1),
              k = random_of({n[0], n[2], n[4], n[5]}, dtype, device, 2),
              v = random_of({n[0], n[2], n[4], n[5]}, dtype, device, 3);
  ops::AttentionOptions options;
  options.enable_gqa = n[1] != n[2];
  options.is_causal = n[3] > 1;
  options.causal_variant = "lower_right";
  // Of the causal half about a half is computed.
  const double seen = n[3] > 1 ? 0.5 : 1;
  return {4 * seen * number(n[0]) * number(n[1]) * number(n[3]) * number(n[4]) *
              number(n[5]),
          [=] { return ops::scaled_dot_product_attention(q, k, v, options); },
          {q, k, v}};
}

Body rms_norm_body(const Sizes &n, DType dtype, Device device) {
  const Array x = random_of({n[0], n[1]}, dtype, device, 1),
              weight = random_of({n[1]}, dtype, device, 2);
  return {4 * number(n[0]) * number(n[1]),
          [=] { return ops::rms_norm(x, {n[1]}, weight, epsilon); },
          {x, weight},
          epsilon};
}

Body layer_norm_body(const Sizes &n, DType dtype, Device device) {
  const Array x = random_of({n[0], n[1]}, dtype, device, 1),
              weight = random_of({n[1]}, dtype, device, 2),
              bias = random_of({n[1]}, dtype, device, 3);
  return {8 * number(n[0]) * number(n[1]),
          [=] { return ops::layer_norm(x, {n[1]}, weight, bias, epsilon); },
          {x, weight, bias},
          epsilon};
}

Body softmax_body(const Sizes &n, DType dtype, Device device) {
  const Array x = random_of({n[0], n[1]}, dtype, device, 1);
  return {5 * number(n[0]) * number(n[1]),
          [=] { return ops::softmax(x, -1); },
          {x}};
}

struct Row {
  TunableOp op;
  MakeBody make;
};

const std::vector<Row> &rows() {
  static const auto *const all = new std::vector<Row>{
      {{"matmul", {"M", "N", "K"}, "matmul(a[M, K], b[K, N])"}, matmul_body},
      {{"linear", {"M", "N", "K"}, "linear(x[M, K], weight[N, K])"},
       linear_body},
      {{"scaled_dot_product_attention",
        {"B", "Hq", "H", "M", "N", "D"},
        "causal, of q[B, Hq, M, D] and k, v[B, H, N, D]"},
       attention_body},
      {{"rms_norm", {"M", "N"}, "rms_norm(x[M, N], [N], weight)"},
       rms_norm_body},
      {{"layer_norm", {"M", "N"}, "layer_norm(x[M, N], [N], weight, bias)"},
       layer_norm_body},
      {{"softmax", {"M", "N"}, "softmax(x[M, N], -1)"}, softmax_body}};
  return *all;
}

const Row *row_of(const std::string &op) {
  for (const Row &each : rows())
    if (each.op.name == op)
      return &each;
  return nullptr;
}

/// A kernel of the registry, on arrays as its entry describes them.
Body kernel_body(const Case &of, Device device) {
  const ops::KernelEntry &entry = ops::find_kernel(of.op);
  std::vector<Array> arrays;
  for (const ops::OperandShape &each : entry.operands(of.dtype, of.sizes)) {
    if (each.by_value) {
      arrays.push_back(Array::scalar(1, each.dtype));
      continue;
    }
    const Array like(reinterpret_cast<void *>(std::uintptr_t{1} << 44),
                     std::span<const std::int64_t>(each.sizes), each.dtype,
                     device, std::span<const std::int64_t>(each.strides));
    const Array made = has_span(like)
                           ? twin_of(like)
                           : Array::zeros(each.sizes, each.dtype, device);
    if (has_span(made))
      span_of(made).fill_bytes(0);
    fill_random(made, static_cast<unsigned>(arrays.size()) + 1);
    arrays.push_back(made);
  }
  LaunchOptions options{.config = {}, .stream = {}, .tunable = true};
  if (!entry.config.empty() && device.kind == Device::Kind::cuda)
    options.config = parse_config(entry.config);
  return {0, [=, kernel = entry.kernel] {
            kernel.launch(arrays, options);
            return Array();
          }};
}

} // namespace

std::string Case::label() const {
  return fmt::format("{} {} {}", op, fmt::join(sizes, "x"), name(dtype));
}

std::span<const TunableOp> tunable_ops() {
  static const auto *const all = [] {
    auto *made = new std::vector<TunableOp>;
    for (const Row &each : rows())
      made->push_back(each.op);
    return made;
  }();
  return *all;
}

std::vector<std::string_view> size_names_of(const std::string &op) {
  if (const Row *row = row_of(op))
    return row->op.size_names;
  try {
    return ops::find_kernel(op).size_names;
  } catch (const RuntimeError &) {
    std::vector<std::string> names;
    for (const Row &each : rows())
      names.emplace_back(each.op.name);
    std::vector<std::string> known = names;
    for (const ops::KernelEntry &each : ops::all_kernels())
      known.emplace_back(each.name);
    const std::string help = similar_names_help(op, known, "");
    throw RuntimeError(ErrorId::argument,
                       {fmt::format("nothing named '{}' can be tuned", op),
                        help.starts_with("did you")
                            ? help
                            : fmt::format("operators are {}; "
                                          "girih-inspect --help "
                                          "lists the kernels",
                                          fmt::join(names, ", "))});
  }
}

std::vector<Problem> problems_of(const Case &of, Device device) {
  const auto names = size_names_of(of.op);
  if (of.sizes.size() != names.size())
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("{} has {} sizes ({}), not {}", of.op, names.size(),
                     fmt::join(names, "x"), of.sizes.size())});
  const Row *row = row_of(of.op);
  const Body body =
      row ? row->make(of.sizes, of.dtype, device) : kernel_body(of, device);
  Array result;
  std::vector<Problem> problems =
      collect_problems([&] { result = body.call(); });
  synchronize(device);
  for (Problem &each : problems) {
    each.label = problems.size() == 1
                     ? of.label()
                     : fmt::format("{} ({})", of.label(), each.kernel.name());
    each.flops = problems.size() == 1 ? body.flops : 0;
    if (row)
      each.reference =
          find_reference(of.op, body.inputs, result, body.number, each.arrays)
              .value_or(Reference());
  }
  return problems;
}

std::vector<std::vector<std::int64_t>> parse_shapes(const std::string &text) {
  std::vector<Sizes> shapes;
  const auto fail = [&](std::string_view item) {
    throw RuntimeError(ErrorId::argument,
                       {fmt::format("`{}` is no shape", item),
                        "shapes read 4096x4096x1024,16x64x64"});
  };
  std::string_view rest(text);
  while (true) {
    const auto comma = std::min(rest.find(','), rest.size());
    std::string_view item = rest.substr(0, comma);
    const std::string_view whole_item = item;
    Sizes sizes;
    while (true) {
      std::int64_t value = 0;
      const char *end = item.data() + item.size();
      const auto [next, error] = std::from_chars(item.data(), end, value);
      if (error != std::errc() || value < 1 || (next != end && *next != 'x'))
        fail(whole_item);
      sizes.push_back(value);
      if (next == end)
        break;
      item.remove_prefix(static_cast<std::size_t>(next - item.data()) + 1);
    }
    shapes.push_back(std::move(sizes));
    if (comma == rest.size())
      return shapes;
    rest.remove_prefix(comma + 1);
  }
}

} // namespace girih::autotune
