// SPDX-License-Identifier: Apache-2.0
// Products with few tiles of output on a GPU: smaller tiles, and a second
// kernel that adds up what several programs made of parts of K. The order of
// the sum is fixed.
#pragma once

#include "girih/ops/matmul/product.h"

namespace girih::ops {

/// Programs of tiles of so many rows that occupy every multiprocessor of
/// today's GPUs; of few rows, which wait for memory only, several on each.
std::int64_t enough_programs(std::int64_t rows);

/// The Config of a product that has too few tiles of the default size for a
/// GPU; nothing where the default one does.
std::optional<Config> few_programs_config(const Product &product);

/// Runs a product in parts of K and gives true, where that is better. `c` as
/// the kernels take it.
bool launch_split_product(const Call &call, const Product &product,
                          const Array &c);

} // namespace girih::ops
