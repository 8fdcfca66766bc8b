// SPDX-License-Identifier: Apache-2.0
// Operators by name, at sizes: what a sweep goes through.
#pragma once

#include "girih/autotune/problem.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace girih::autotune {

/// A call of an operator at one list of sizes.
struct Case {
  std::string op;
  std::vector<std::int64_t> sizes;
  DType dtype = DType::f32;
  std::string label() const; // "matmul 512x512x512 bf16"
};

/// An operator that sweeps know how to call; all others go by their kernel's
/// entry in ops/registry.h.
struct TunableOp {
  std::string_view name;
  std::vector<std::string_view> size_names; // M N K
  std::string_view calls;                   // for people
};
std::span<const TunableOp> tunable_ops();

/// Names of the sizes of an operator or kernel. Throws RuntimeError [argument]
/// listing what there is.
std::vector<std::string_view> size_names_of(const std::string &op);

/// Makes random operands, calls the operator once and gives its launches that
/// need a Config, with what they compute where that is known. Throws
/// RuntimeError [argument] for sizes that the operator does not have.
std::vector<Problem> problems_of(const Case &of, Device device);

/// "4096x4096x1024,16x64x64" as lists of sizes. Throws RuntimeError [argument].
std::vector<std::vector<std::int64_t>> parse_shapes(const std::string &text);

/// Sizes that the models of a family call an operator with.
struct ShapeFamily {
  std::string_view name; // "llama3-8b"
  std::string_view about;
};
std::span<const ShapeFamily> shape_families();
/// Throws RuntimeError [argument] for a family that is not there, and gives
/// nothing where its models do not call the operator.
std::vector<std::vector<std::int64_t>> family_shapes(const std::string &family,
                                                     const std::string &op);

} // namespace girih::autotune
