// SPDX-License-Identifier: Apache-2.0
// The operators of the library by name, for calls by name, documents and lists;
// and their kernels, with representative operands: what inspect, tests/ptx, the
// benches and the C ABI go through.
//
// The list is the OPS of ops/CMakeLists.txt: for `elementwise/add.cpp` the
// build writes a call of `OpEntry entry_of_add()`, which that file defines. A
// new op so touches its own file, its line in that list, its declaration in a
// header of ops.h and its test. Nothing registers itself in a static
// initialiser, which a static library would drop and whose order is not
// defined.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/ops/signature.h"
#include "girih/ops/views.h"
#include "girih/runtime/kernel.h"

#include <cstdint>
#include <functional>
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
  std::string_view name; // the kernel's; of another form, with a word more
  Kernel kernel;
  std::vector<DType> dtypes; // the first is the default
  /// Names of the problem's sizes and what they are by default: M, N, K.
  std::vector<std::string_view> size_names;
  std::vector<std::int64_t> sizes;
  /// Sizes so small that a picture of the arrangement can be read; with blocks
  /// of 2 some tiles reach past an edge.
  std::vector<std::int64_t> picture_sizes;
  /// The operands of one call at given sizes.
  std::function<std::vector<OperandShape>(DType, std::span<const std::int64_t>)>
      operands;
  /// The Config that the op's calls ask for on a GPU, as text; empty: none.
  std::string_view config = {};
  /// The compute capability that alone has the op's calls run it; 0: any.
  int capability = 0;
};

struct Call;

/// An operator. See op.h for how one is written.
struct OpEntry {
  std::string_view signature_text; // see signature.h; empty: only kernels
  std::string_view category;
  std::string_view formula;
  std::vector<DType> dtypes; // of the first array; the first is the default
  std::vector<KernelEntry> kernels;
  /// Shapes of results depend on values, not on shapes alone.
  bool reads_data = false;
  std::size_t inputs = 0, outputs = 0;
  /// What a call with these arguments, one for each parameter, gives.
  std::vector<Shaped> (*results)(const Call &call,
                                 std::span<const Value> values) = nullptr;
  /// Such a call, into `outs`.
  void (*run)(const Call &call, std::span<const Value> values,
              std::span<const Array> outs) = nullptr;
  /// Of an op that gives a view of its first argument: that view, without a
  /// copy; run() copies it into its output.
  Array (*view)(const Call &call, std::span<const Value> values) = nullptr;

  std::string_view name() const { return name_of(signature_text); }
};

/// All operators, in the order of ops/CMakeLists.txt.
std::span<const OpEntry> all_ops();

/// Throws RuntimeError [argument] for a name that is none.
const OpEntry &find_op(std::string_view name);

/// Signatures, formulas and dtypes of all operators as JSON, for programs.
std::string ops_as_json();
/// The same as a table of a document, a section for each category.
std::string ops_as_markdown();

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
