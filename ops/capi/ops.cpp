// SPDX-License-Identifier: Apache-2.0
// The C interface to operators by name.
#include "girih/ops/arguments.h"
#include "girih/ops/capi/conversions.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/capi/girih_c.h"
#include "girih/ops/registry.h"

#include <fmt/format.h>

#include <algorithm>

using namespace girih;
using capi::guarded;
using capi::require;
using ops::Value;

namespace {

Value value_of(const girih_value &given) {
  switch (given.kind) {
  case GIRIH_VALUE_NONE:
    return {};
  case GIRIH_VALUE_ARRAY:
    require(given.as.arrays, "the array of a value");
    return capi::array_of(*given.as.arrays);
  case GIRIH_VALUE_ARRAYS:
    return capi::arrays_of(given.as.arrays, given.count);
  case GIRIH_VALUE_INT:
    return given.as.integer;
  case GIRIH_VALUE_FLOAT:
    return given.as.real;
  case GIRIH_VALUE_BOOL:
    return given.as.integer != 0;
  case GIRIH_VALUE_TEXT:
    require(given.as.text, "the text of a value");
    return std::string(given.as.text);
  case GIRIH_VALUE_INTS:
    if (given.count > 0)
      require(given.as.integers, "the integers of a value");
    return std::vector<std::int64_t>(
        given.as.integers, given.as.integers + std::max(given.count, 0));
  case GIRIH_VALUE_DTYPE:
    return capi::dtype_of(static_cast<std::int32_t>(given.as.integer));
  case GIRIH_VALUE_DEVICE:
    return capi::device_of(given.as.device);
  }
  capi::bad_argument(fmt::format("a value of kind {}", given.kind));
}

std::vector<Value> values_of(const ops::OpEntry &op, const girih_value *values,
                             int32_t count) {
  if (count != static_cast<int32_t>(op.inputs))
    throw RuntimeError(ErrorId::count, {op.name(), op.inputs, count});
  if (count > 0)
    require(values, "the values");
  std::vector<Value> out;
  for (int32_t i = 0; i < count; ++i)
    out.push_back(value_of(values[i]));
  return out;
}

/// The device of the first array, or of the results: the stream belongs to it.
Device device_of(std::span<const Value> values, std::span<const Array> outs) {
  for (const Value &value : values) {
    if (const auto *array = std::get_if<Array>(&value))
      return array->device();
    const auto *arrays = std::get_if<std::vector<Array>>(&value);
    if (arrays && !arrays->empty())
      return arrays->front().device();
  }
  return outs.empty() ? default_device() : outs.front().device();
}

} // namespace

extern "C" {

girih_status girih_ops_json(char **out) {
  return guarded([&] {
    require(out, "girih_ops_json: out");
    *out = capi::new_text(ops::ops_as_json());
  });
}

girih_status girih_op_results(const char *op, const girih_value *values,
                              int32_t value_count, girih_shaped *results,
                              int32_t capacity, int32_t *count) {
  return guarded([&] {
    require(op, "girih_op_results: op");
    require(count, "girih_op_results: count");
    const ops::OpEntry &entry = ops::find_op(op);
    const std::vector<Value> given = values_of(entry, values, value_count);
    const Stream stream;
    const auto shaped =
        entry.results({entry.name(), capi::no_line, stream}, given);
    *count = static_cast<int32_t>(shaped.size());
    if (!shaped.empty())
      require(results, "girih_op_results: results");
    if (*count > capacity)
      capi::bad_argument(
          fmt::format("{} results do not fit in {}", *count, capacity));
    for (std::size_t i = 0; i < shaped.size(); ++i) {
      std::ranges::copy(shaped[i].shape.sizes, results[i].shape);
      results[i].rank = shaped[i].shape.rank;
      results[i].dtype = static_cast<int32_t>(shaped[i].dtype);
    }
  });
}

girih_status girih_op_run(const char *op, const girih_value *values,
                          int32_t value_count, const girih_array *outs,
                          int32_t out_count, void *stream) {
  return guarded([&] {
    require(op, "girih_op_run: op");
    const ops::OpEntry &entry = ops::find_op(op);
    const std::vector<Value> given = values_of(entry, values, value_count);
    if (out_count != static_cast<int32_t>(entry.outputs))
      throw RuntimeError(ErrorId::count,
                         {entry.name(), entry.outputs, out_count});
    const std::vector<Array> results = capi::arrays_of(outs, out_count);
    const Stream used = capi::stream_of(stream, device_of(given, results));
    entry.run({entry.name(), capi::no_line, used}, given, results);
  });
}

girih_status girih_op_view(const char *op, const girih_value *values,
                           int32_t value_count, girih_strided *out) {
  return guarded([&] {
    require(op, "girih_op_view: op");
    require(out, "girih_op_view: out");
    const ops::OpEntry &entry = ops::find_op(op);
    const std::vector<Value> given = values_of(entry, values, value_count);
    if (!entry.view)
      capi::bad_argument(fmt::format("operator {} gives no view", entry.name()),
                         "call it by girih_op_run");
    const Stream stream;
    const Array view = entry.view({entry.name(), capi::no_line, stream}, given);
    const auto *first = std::get_if<Array>(&given.front());
    *out = {};
    std::ranges::copy(view.shape(), out->shape);
    std::ranges::copy(view.strides(), out->strides);
    out->rank = view.rank();
    if (view.numel() > 0)
      out->offset = (static_cast<const char *>(view.data()) -
                     static_cast<const char *>(first->data())) /
                    bytes(view.dtype());
  });
}

} // extern "C"
