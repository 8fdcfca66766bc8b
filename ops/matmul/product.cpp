// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/matmul/product.h"

#include "girih/ops/arrange/products.h"
#include "girih/ops/matmul/split_product.h"
#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

#include <algorithm>
#include <bit>

namespace girih::ops {

namespace {

Precision precision_constant() {
  return constexpr_value<bool>("TF32", false) ? Precision::tf32
                                              : Precision::ieee;
}

void application(In a, In b, In c, In alpha, In beta, Out out) {
  const DType type = accumulator(a.dtype());
  Tile acc = zeros(out.shape(), type);
  for (Index k : range(a.size(0)))
    acc += dot(a[k], b[k], precision_constant());
  const bool scales = constexpr_value<bool>("SCALED", false);
  Tile y = acc;
  if (scales)
    y = y * cast(alpha, type);
  if (!c.shape().empty()) {
    Tile more = cast(c, type);
    y = y + (scales ? more * cast(beta, type) : more);
  }
  out = activated(y, activation_constant());
}

const Kernel &kernel() {
  static const Kernel made{make_source(
      "product",
      [](Tensor a, Tensor b, Tensor c, Tensor alpha, Tensor beta, Tensor out) {
        const arrange::BatchedProduct cut(out);
        return arranged(cut.left(a), cut.right(b), cut.added(c), alpha, beta,
                        cut.out());
      },
      application, {"a", "b", "c", "alpha", "beta", "out"})};
  return made;
}

// A kernel for each set of constants.
struct Key {
  Activation activation;
  bool scaled, tf32;
};
const Kernel &kernel_of(const Key &key) {
  static const std::vector<Kernel> table = [] {
    std::vector<Kernel> all;
    for (int kind = 0; kind < static_cast<int>(std::size(activation_names));
         ++kind)
      for (const bool scaled : {false, true})
        for (const bool tf32 : {false, true})
          all.push_back(kernel()
                            .with("ACTIVATION", kind)
                            .with("SCALED", scaled)
                            .with("TF32", tf32));
    return all;
  }();
  return table[static_cast<std::size_t>(key.activation) * 4 +
               (key.scaled ? 2 : 0) + (key.tf32 ? 1 : 0)];
}

// Tiles of warp groups, which take f32 along K only.
std::optional<Config> config_of_tf32(const Product &product) {
  const Array &out = product.out;
  if (!product.tf32 || !has_warp_groups(out.device()) || out.size(-2) < 64 ||
      product.a.stride(-1) != 1 || product.b.stride(-2) != 1)
    return std::nullopt;
  const std::int64_t matrix =
      std::max<std::int64_t>(out.size(-1), 1) * out.size(-2);
  const std::int64_t batch = out.numel() / matrix;
  const auto programs = [&](std::int64_t rows, std::int64_t columns) {
    return batch * pieces_of(out.size(-2), rows) *
           pieces_of(out.size(-1), columns);
  };
  constexpr std::int64_t enough = 100;
  Config config;
  config.order = {ProgramOrder::Kind::grouped, 8};
  config.warp_specialize = config.persistent = true;
  config.num_warps = 8;
  if (programs(128, 256) >= enough) {
    config.blocks = {{"BM", 128}, {"BN", 256}, {"BK", 32}};
    config.num_stages = 4;
  } else {
    const bool large = programs(128, 128) >= enough;
    config.blocks = {{"BM", large ? 128 : 64}, {"BN", 128}, {"BK", 32}};
    config.num_warps = large ? 8 : 4;
    config.num_stages = 6;
  }
  return config;
}

std::optional<Config> config_of(const Product &product) {
  if (std::optional<Config> tf32 = config_of_tf32(product))
    return tf32;
  if (std::optional<Config> small = few_programs_config(product))
    return small;
  if (product.out.device().kind == Device::Kind::cuda &&
      product.a.dtype() == f32 && !product.tf32)
    return config_of_f32(product.out.size(-2) <= 64 ? 64 : 128);
  return std::nullopt;
}

// c as the kernel takes it: as it is where it is a row, else spread to out.
Array added(const Product &product) {
  if (!product.c || product.beta == 0)
    return Array::scalar(0, f32);
  if (product.c->rank() == 1 && product.c->size(0) == product.out.size(-1))
    return *product.c;
  return product.c->broadcast_to(product.out.shape());
}

Product transposed(Product product) {
  if (product.c && product.c->rank() > 0)
    product.c = product.c->broadcast_to(product.out.shape()).transpose(0, 1);
  for (Array *each : {&product.a, &product.b, &product.out})
    *each = each->transpose(0, 1);
  std::swap(product.a, product.b);
  return product;
}

} // namespace

bool allows_tf32(const Call &call, std::string_view precision) {
  call.require(precision == "ieee" || precision == "tf32",
               "precision must be ieee or tf32");
  return precision == "tf32";
}

bool join_rows(Array &a, Array &out) {
  while (a.rank() > 2) {
    const int dim = a.rank() - 3;
    std::array<Array *, 2> both{&a, &out};
    for (const Array *each : both)
      if (each->size(dim) != 1 && each->size(dim + 1) != 1 &&
          each->stride(dim) != each->stride(dim + 1) * each->size(dim + 1))
        return false;
    for (Array *each : both) {
      Dims sizes = dims_of(each->shape()), strides = dims_of(each->strides());
      const auto at = static_cast<std::size_t>(dim);
      if (sizes.sizes[at + 1] == 1)
        strides.sizes[at + 1] = strides.sizes[at];
      sizes.sizes[at + 1] *= sizes.sizes[at];
      for (Dims *dims : {&sizes, &strides}) {
        std::move(dims->sizes.begin() + dim + 1, dims->sizes.end(),
                  dims->sizes.begin() + dim);
        --dims->rank;
      }
      *each = view_of(*each, sizes, strides);
    }
  }
  return true;
}

Config config_of_f32(std::int64_t rows) {
  Config config;
  config.blocks = {{"BM", rows}, {"BN", 64}, {"BK", 16}};
  config.order = {ProgramOrder::Kind::grouped, 8};
  return config;
}

bool has_few_rows(const Array &a, const Array &b, const Array &out) {
  constexpr std::int64_t most_rows = 32, least_columns = 64;
  return out.rank() == 2 && is_half(a.dtype()) && out.size(0) <= most_rows &&
         out.size(1) >= least_columns && a.stride(1) == 1 && b.stride(0) == 1 &&
         has_warp_groups(out.device());
}

bool suits_transposed(const Product &product) {
  return has_few_rows(product.a, product.b, product.out) &&
         product.out.size(1) <= most_transposed_columns;
}

void launch_product(const Call &call, const Product &product) {
  if (suits_transposed(product))
    return launch_product(call, transposed(product));
  const DType type = accumulator(product.a.dtype());
  const Array c = added(product), alpha = Array::scalar(product.alpha, type),
              beta = Array::scalar(product.beta, type);
  const bool scaled =
      product.alpha != 1 || (!c.by_value() && product.beta != 1);
  const Key key{product.activation, scaled, product.tf32};
  if (launch_split_product(call, product, c))
    return;
  const std::array operands{&product.a, &product.b, &c,
                            &alpha,     &beta,      &product.out};
  kernel_of(key).run(
      operands,
      {.config = config_of(product), .stream = call.stream, .tunable = true},
      call.where);
}

// Of f32 a few registers would spill with the default Config, which is not what
// runs.
constexpr DType entry_dtypes[] = {bf16, f16, f64};

std::vector<KernelEntry> product_entries() {
  return {{.name = "product",
           .kernel = kernel(),
           .dtypes = {std::begin(entry_dtypes), std::end(entry_dtypes)},
           .size_names = {"M", "N", "K"},
           .sizes = {4096, 4096, 4096},
           .picture_sizes = {5, 7, 3},
           .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
             const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
             const DType number = computed(dtype);
             return std::vector<OperandShape>{
                 {dtype, {m, k}, {}},    {dtype, {k, n}, {1, k}},
                 {dtype, {n}, {}},       {number, {}, {}, true},
                 {number, {}, {}, true}, {dtype, {m, n}, {}}};
           }}};
}

} // namespace girih::ops
