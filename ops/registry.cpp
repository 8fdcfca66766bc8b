// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/registry.h"

#include "girih/compiler/default_config.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/similar_names.h"
#include "girih/runtime/launch/specialise.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace girih::ops {

// Written by ops/CMakeLists.txt.
std::vector<OpEntry> make_entries();

namespace {

/// The whole list, with what has kernels only.
const std::vector<OpEntry> &all_entries() {
  static const std::vector<OpEntry> entries = make_entries();
  return entries;
}

} // namespace

std::span<const OpEntry> all_ops() {
  static const std::vector<OpEntry> entries = [] {
    std::vector<OpEntry> all;
    for (const OpEntry &each : all_entries())
      if (!each.signature_text.empty())
        all.push_back(each);
    return all;
  }();
  return entries;
}

const OpEntry &find_op(std::string_view name) {
  static const auto by_name = [] {
    std::map<std::string_view, const OpEntry *> found;
    for (const OpEntry &entry : all_ops())
      found.emplace(entry.name(), &entry);
    return found;
  }();
  if (const auto at = by_name.find(name); at != by_name.end())
    return *at->second;
  std::vector<std::string> known;
  for (const auto &[each, entry] : by_name)
    known.emplace_back(each);
  throw RuntimeError(ErrorId::argument,
                     {fmt::format("there is no operator named '{}'", name),
                      similar_names_help(name, known, "the operators are")});
}

std::span<const KernelEntry> all_kernels() {
  static const std::vector<KernelEntry> entries = [] {
    std::vector<KernelEntry> all;
    for (const OpEntry &op : all_entries())
      all.insert(all.end(), op.kernels.begin(), op.kernels.end());
    return all;
  }();
  return entries;
}

const KernelEntry &find_kernel(std::string_view name) {
  std::vector<std::string> known;
  for (const KernelEntry &entry : all_kernels()) {
    if (entry.name == name)
      return entry;
    known.emplace_back(entry.name);
  }
  throw RuntimeError(ErrorId::argument,
                     {fmt::format("there is no kernel named '{}'", name),
                      similar_names_help(name, known, "the kernels are")});
}

std::vector<Array> placeholder_operands(const KernelEntry &entry, DType dtype,
                                        std::span<const std::int64_t> sizes,
                                        Device device) {
  if (sizes.size() != entry.sizes.size())
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("{} has {} sizes ({}), not {}", entry.name,
                     entry.sizes.size(), fmt::join(entry.size_names, " "),
                     sizes.size())});
  std::vector<Array> arrays;
  // Far apart, aligned, and never read: as an allocation would look.
  std::uintptr_t address = std::uintptr_t{1} << 44;
  for (const OperandShape &operand : entry.operands(dtype, sizes)) {
    if (operand.by_value) {
      arrays.push_back(Array::scalar(1, operand.dtype));
      continue;
    }
    arrays.emplace_back(reinterpret_cast<void *>(address),
                        std::span<const std::int64_t>(operand.sizes),
                        operand.dtype, device,
                        std::span<const std::int64_t>(operand.strides));
    address += std::uintptr_t{1} << 42;
  }
  return arrays;
}

namespace {

std::vector<Array> operands_on(const KernelEntry &entry, DType dtype,
                               std::span<const std::int64_t> sizes,
                               const compiler::Target &target) {
  return placeholder_operands(entry, dtype, sizes,
                              target.kind == compiler::Target::Kind::host
                                  ? host_device
                                  : cuda_device(0));
}

} // namespace

Config default_config_for(const KernelEntry &entry, DType dtype,
                          std::span<const std::int64_t> sizes,
                          const compiler::Target &target) {
  if (!entry.config.empty() && target.kind != compiler::Target::Kind::host)
    return parse_config(entry.config);
  std::vector<DType> dtypes;
  std::vector<int> ranks;
  std::vector<std::vector<std::int64_t>> shapes;
  std::vector<OperandClass> known;
  for (const Array &array : operands_on(entry, dtype, sizes, target)) {
    known.push_back(classify(array));
    dtypes.push_back(array.dtype());
    ranks.push_back(array.rank());
    shapes.emplace_back(array.shape().begin(), array.shape().end());
  }
  return compiler::default_config(
      analyse_roles(entry.kernel.source(), dtypes, ranks), shapes, target,
      known);
}

Program program_for(const KernelEntry &entry, DType dtype,
                    std::span<const std::int64_t> sizes,
                    const compiler::Target &target, const Config &config) {
  return entry.kernel.program(operands_on(entry, dtype, sizes, target),
                              {.config = config, .stream = {}});
}

} // namespace girih::ops
