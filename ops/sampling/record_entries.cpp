// SPDX-License-Identifier: Apache-2.0
// The kernels of sample() that go by records, in the registry.
#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_records.h"
#include "girih/ops/sampling/sample_search.h"

#include <utility>

namespace girih::ops::sampling {

namespace {

using Sizes = std::span<const std::int64_t>;
using Operands = std::vector<OperandShape>;

// Of B rows in P parts.
enum class Form {
  request,
  part,
  of_part,
  list,
  parts_list,
  pivots,
  pair,
  parts_pivots
};
struct Operand {
  DType dtype;
  Form form;
};

OperandShape shape_of(const Operand &operand, std::int64_t batch,
                      std::int64_t parts) {
  switch (operand.form) {
  case Form::request:
    return {operand.dtype, {batch}, {}};
  case Form::part:
    return {operand.dtype, {batch, parts}, {}};
  case Form::of_part:
    return {operand.dtype, {batch, parts, told}, {}};
  case Form::list:
    return {operand.dtype, {batch, records}, {}};
  case Form::parts_list:
    return {operand.dtype, {batch, parts, records}, {}};
  case Form::pivots:
    return {operand.dtype, {batch, pivot_count}, {}};
  case Form::pair:
    return {operand.dtype, {batch, 2}, {}};
  default:
    return {operand.dtype, {batch, parts, pivot_count}, {}};
  }
}

KernelEntry entry(const Kernel &kernel, std::string_view config,
                  std::size_t numbers, std::vector<Operand> others,
                  bool of_logits = true) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {bf16, f32, f16},
          .size_names = {"B", "V"},
          .sizes = {1, 151936},
          .picture_sizes = {1, 70},
          .operands =
              [=](DType dtype, Sizes n) {
                const std::int64_t batch = n[0], parts = Cut(n[1]).parts;
                Operands all;
                if (of_logits)
                  all.push_back({dtype, {batch, n[1]}, {}});
                const DType types[] = {f32, i64, f32, f32, i64, i64};
                for (DType type : std::span(types).first(numbers))
                  all.push_back({type, {batch}, {}});
                for (const Operand &each : others)
                  all.push_back(shape_of(each, batch, parts));
                return all;
              },
          .config = config};
}

} // namespace

std::vector<KernelEntry> record_entries() {
  using enum Form;
  const std::vector<Operand> round{{i32, pivots},
                                   {i32, pair},
                                   {f32, pair},
                                   {i32, parts_pivots},
                                   {f32, parts_pivots}};
  const auto with = [](std::vector<Operand> all,
                       const std::vector<Operand> &more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const std::vector<Operand> found{
      {i32, of_part}, {i32, of_part}, {i32, of_part}};
  const std::string_view searching = "J=32 P=160 num_warps=8";
  return {entry(records_kernel(), "J=32 num_warps=4", 6,
                with({{f32, part}, {f32, part}}, found)),
          entry(line_kernel(), "P=160 num_warps=4", 0,
                with(found, {{i32, list}, {i32, list}}), false),
          entry(weigh_kernel(), "J=32 P=160 num_warps=4", 4,
                {{f32, part},
                 {i32, list},
                 {i32, parts_list},
                 {f32, parts_list},
                 {f32, part}}),
          entry(line_weigh_kernel(), "J=32 P=160 num_warps=4", 4,
                with(with({{f32, part}}, found), {{i32, list},
                                                  {i32, list},
                                                  {i32, parts_list},
                                                  {f32, parts_list},
                                                  {f32, part}})),
          entry(first_search_kernel(), searching, 4,
                with({{f32, part}, {f32, part}}, round)),
          entry(search_kernel(), searching, 4,
                with(with({{f32, part}}, round), round)),
          entry(found_kernel(), "P=160 num_warps=8", 0,
                with(with({{i64, request}}, round),
                     {{f32, request}, {f32, request}}),
                false),
          entry(choose_kernel(), "P=160 W=1024 num_warps=8", 6,
                {{f32, part},
                 {i32, list},
                 {i32, list},
                 {i32, parts_list},
                 {f32, parts_list},
                 {f32, part},
                 {f32, request},
                 {f32, request},
                 {i64, request}})};
}

} // namespace girih::ops::sampling
