// SPDX-License-Identifier: Apache-2.0
// The kernels of the library by name, with representative operands: what
// inspect, tests/ptx, the benches and the C ABI go through.
//
// The list is the OPS of ops/CMakeLists.txt: for `elementwise/add.cpp` the
// build writes a call of `KernelEntry entry_of_add()`, which that file defines.
// A new op so touches its own file, its line in that list, its declaration in
// ops.h and its test. Nothing registers itself in a static initialiser, which a
// static library would drop and whose order is not defined.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/runtime/kernel.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace girih::ops {

/// One operand of a representative call.
struct OperandShape {
  DType dtype = DType::f32;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides; // in elements; empty: row major
  bool by_value = false;             // a number: Array::scalar
};

/// A kernel of the library.
struct KernelEntry {
  std::string_view name;
  Kernel kernel;
  std::vector<DType> dtypes; // the first is the default
  /// Names of the problem's sizes and what they are by default: M, N, K.
  std::vector<std::string_view> size_names;
  std::vector<std::int64_t> sizes;
  /// Sizes so small that a picture of the arrangement can be read; with blocks
  /// of 2 some tiles reach past an edge.
  std::vector<std::int64_t> picture_sizes;
  /// The operands of one call at given sizes.
  std::vector<OperandShape> (*operands)(DType dtype,
                                        std::span<const std::int64_t> sizes);
};

/// All kernels, in the order of ops/CMakeLists.txt.
std::span<const KernelEntry> all_kernels();

/// Throws RuntimeError [argument] listing the names there are.
const KernelEntry &find_kernel(std::string_view name);

/// Arrays that stand for the operands of a call at `sizes` on `device`, without
/// memory behind them: for Kernel::program, never for a launch.
std::vector<Array> placeholder_operands(const KernelEntry &entry, DType dtype,
                                        std::span<const std::int64_t> sizes,
                                        Device device);

/// The Config that such a call runs with by default on a device of `target`,
/// whether or not this machine has one.
Config default_config_for(const KernelEntry &entry, DType dtype,
                          std::span<const std::int64_t> sizes,
                          const compiler::Target &target);

/// The Program that such a call compiles, with that Config.
Program program_for(const KernelEntry &entry, DType dtype,
                    std::span<const std::int64_t> sizes,
                    const compiler::Target &target, const Config &config);

} // namespace girih::ops
