// SPDX-License-Identifier: Apache-2.0
// The C interface for Python: calls that read the interpreter's objects through
// functions that it hands over.
#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/capi/callee.h"
#include "girih/ops/capi/dlpack_exchange.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/capi/girih_c.h"

#include <atomic>

using namespace girih;
using capi::guarded;
using capi::require;

struct girih_caller {
  capi::Callee callee;
  const capi::ExchangeApi *api; // null: the buffer protocol
  void *is_negated;             // a Python str, or null
};

namespace {

girih_python python{};
std::atomic<bool> python_attached{false};

/// Lets other Python threads run while it lives.
class GilRelease {
public:
  GilRelease() : state_(python.save_thread()) {}
  ~GilRelease() { python.restore_thread(state_); }
  GilRelease(const GilRelease &) = delete;
  GilRelease &operator=(const GilRelease &) = delete;

private:
  void *state_;
};

/// Py_buffer, whose layout is part of Python's stable interface.
struct Buffer {
  void *data, *owner;
  intptr_t bytes, item_bytes;
  int read_only, rank;
  const char *format;
  intptr_t *shape, *strides, *suboffsets;
  void *internal;
};

/// With strides and a format, writable or not: PyBUF_RECORDS_RO.
constexpr int buffer_request = 0x1c;

/// Buffers of one call; released when it ends. Needs the GIL at both ends.
class Buffers {
public:
  explicit Buffers(std::size_t most) { taken_.reserve(most); }
  ~Buffers() {
    for (Buffer &buffer : taken_)
      python.release_buffer(&buffer);
  }
  Buffers(const Buffers &) = delete;
  Buffers &operator=(const Buffers &) = delete;

  /// Null, with a Python error set, when the object has no such buffer.
  const Buffer *take(void *object) {
    Buffer buffer{};
    if (python.get_buffer(object, &buffer, buffer_request) != 0)
      return nullptr;
    return &taken_.emplace_back(buffer);
  }

private:
  std::vector<Buffer> taken_;
};

std::optional<DType> dtype_of(const Buffer &buffer) {
  const char code = buffer.format ? buffer.format[0] : 'B';
  if (buffer.format && (code == 0 || buffer.format[1] != 0))
    return std::nullopt;
  const std::string_view signed_codes = "bhilq";
  const bool is_signed = signed_codes.find(code) != std::string_view::npos;
  switch (buffer.item_bytes) {
  case 8:
    return code == 'd' ? std::optional(f64)
           : is_signed ? std::optional(i64)
                       : std::nullopt;
  case 4:
    return code == 'f' ? std::optional(f32)
           : is_signed ? std::optional(i32)
                       : std::nullopt;
  case 2:
    return code == 'e' ? std::optional(f16)
           : is_signed ? std::optional(i16)
                       : std::nullopt;
  case 1:
    return code == 'B'   ? std::optional(u8)
           : code == '?' ? std::optional(b1)
           : is_signed   ? std::optional(i8)
                         : std::nullopt;
  default:
    return std::nullopt;
  }
}

/// Nothing for a buffer that is no Array: Python has a better message.
std::optional<Array> array_of(const Buffer &buffer) {
  const std::optional<DType> dtype = dtype_of(buffer);
  if (!dtype || buffer.rank > max_rank)
    return std::nullopt;
  const auto rank = static_cast<std::size_t>(buffer.rank);
  std::array<std::int64_t, max_rank> shape{}, strides{};
  for (std::size_t dim = 0; dim < rank; ++dim) {
    shape[dim] = buffer.shape[dim];
    if (buffer.strides[dim] % buffer.item_bytes != 0)
      return std::nullopt;
    strides[dim] = buffer.strides[dim] / buffer.item_bytes;
  }
  const Array array(buffer.data, std::span(shape.data(), rank), *dtype,
                    host_device, std::span(strides.data(), rank));
  return buffer.read_only ? array.as_read_only() : array;
}

/// These read the tuple's arrays and need the GIL; false when one cannot be
/// read.
bool read_buffers(void *tuple, capi::ArrayList &arrays, Buffers &buffers) {
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    void *object = python.tuple_item(tuple, static_cast<intptr_t>(i));
    const Buffer *buffer = object ? buffers.take(object) : nullptr;
    const auto array = buffer ? array_of(*buffer) : std::nullopt;
    if (!array)
      return false;
    arrays[i] = *array;
  }
  return true;
}

/// Whether the object may be used as its memory is; false too when it cannot be
/// asked.
bool is_plain(void *object, DType dtype, void *is_negated) {
  if (!is_negated || (dtype != f32 && dtype != f16 && dtype != f64))
    return true;
  void *answer = python.call_method(is_negated, &object, 1, nullptr);
  if (!answer)
    return false;
  const int negated = python.is_true(answer);
  python.release(answer);
  return negated == 0;
}

bool read_tensors(const girih_caller &caller, void *tuple,
                  capi::ArrayList &arrays, LaunchOptions &options) {
  const capi::ExchangeApi &api = *caller.api;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    dlpack::Tensor tensor{};
    void *object = python.tuple_item(tuple, static_cast<intptr_t>(i));
    if (!object || api.tensor_from_object(object, &tensor) != 0)
      return false;
    arrays[i] = dlpack::array_of(tensor);
    if (!is_plain(object, arrays[i].dtype(), caller.is_negated))
      return false;
  }
  const Device device = arrays.size() ? arrays[0].device() : host_device;
  if (device.kind == Device::Kind::host)
    return true;
  void *stream = nullptr;
  if (api.current_stream(dlpack::cuda, device.index, &stream) != 0)
    return false;
  options.stream = capi::stream_of(stream, device);
  return true;
}

bool call(const girih_caller &caller, void *tuple) {
  const auto count = static_cast<std::size_t>(python.tuple_size(tuple));
  caller.callee.check_count(count);
  capi::ArrayList arrays(count);
  LaunchOptions options;
  Buffers buffers(caller.api ? 0 : count);
  if (!(caller.api ? read_tensors(caller, tuple, arrays, options)
                   : read_buffers(tuple, arrays, buffers)))
    return false;
  const GilRelease released;
  caller.callee.run(arrays.all(), options);
  return true;
}

/// The table of the major version that we read, or null.
const capi::ExchangeApi *usable(const void *table) {
  const auto *api = static_cast<const capi::ExchangeApi *>(table);
  while (api && api->version.major != dlpack::written.major)
    api = api->previous;
  return api && api->tensor_from_object && api->current_stream ? api : nullptr;
}

} // namespace

extern "C" {

girih_status girih_python_attach(const girih_python *functions) {
  return guarded([&] {
    require(functions, "girih_python_attach: functions");
    const auto given = capi::read_options(functions, "girih_python");
    if (!given.tuple_size || !given.tuple_item || !given.save_thread ||
        !given.restore_thread || !given.capsule_is_valid ||
        !given.capsule_pointer || !given.get_buffer || !given.release_buffer ||
        !given.call_method || !given.is_true || !given.release)
      capi::bad_argument("girih_python_attach: a function is NULL");
    if (python_attached.load())
      return; // one interpreter's functions are the same at every import
    python = given;
    python_attached.store(true);
  });
}

girih_status girih_caller_create(const girih_kernel *kernel, const char *op,
                                 const void *exchange_api, void *is_negated,
                                 girih_caller **out) {
  return guarded([&] {
    require(out, "girih_caller_create: out");
    if (!python_attached.load())
      capi::bad_argument("girih_caller_create: call girih_python_attach first");
    const auto *api = usable(exchange_api);
    if (exchange_api && !api)
      throw RuntimeError(ErrorId::dlpack,
                         {"this exchange table lends no tensors", ""});
    *out = new girih_caller{
        kernel ? capi::Callee{.kernel = kernel->kernel, .op = {}}
               : capi::callee_of_op(op),
        api, is_negated};
  });
}

int32_t girih_caller_call(const girih_caller *caller, void *tuple) {
  bool readable = true;
  const girih_status status = guarded([&] {
    require(caller, "girih_caller_call: caller");
    require(tuple, "girih_caller_call: tuple");
    readable = call(*caller, tuple);
  });
  return readable ? static_cast<int32_t>(status) : -1;
}

void girih_caller_free(girih_caller *caller) { delete caller; }

void girih_python_capsule_destructor(void *capsule) {
  if (!python_attached.load() || !capsule)
    return;
  // A consumer renames the capsule when it takes the tensor.
  if (python.capsule_is_valid(capsule, "dltensor")) {
    auto *managed = static_cast<dlpack::Managed *>(
        python.capsule_pointer(capsule, "dltensor"));
    managed->deleter(managed);
  } else if (python.capsule_is_valid(capsule, "dltensor_versioned")) {
    auto *managed = static_cast<dlpack::ManagedVersioned *>(
        python.capsule_pointer(capsule, "dltensor_versioned"));
    managed->deleter(managed);
  }
}

} // extern "C"
