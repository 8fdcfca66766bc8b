// SPDX-License-Identifier: Apache-2.0
#include "no_op_driver.h"

#include <cstring>

namespace girih::bench {

namespace {

using namespace girih::cuda;

// Any function of the table, doing nothing.
template <class... Arguments> Result nothing(Arguments...) { return success; }
template <class... Arguments> void fill(Result (*&entry)(Arguments...)) {
  entry = nothing<Arguments...>;
}

int object; // what every handle points to
std::int64_t launches = 0;
DevicePointer next_address = DevicePointer{1} << 44;

Result allocate(DevicePointer *pointer, std::size_t bytes) {
  *pointer = next_address;
  next_address += (bytes + 4095) / 4096 * 4096;
  return success;
}

Result attribute(int *value, DeviceAttribute which, DeviceHandle) {
  switch (which) {
  case attribute_major:
    *value = 9;
    break;
  case attribute_minor:
    *value = 0;
    break;
  case attribute_multiprocessors:
    *value = 132;
    break;
  case attribute_shared_optin:
    *value = 227 * 1024;
    break;
  default:
    *value = 1 << 20;
  }
  return success;
}

void set_devices(DriverTable &table) {
  table.cuDriverGetVersion = [](int *version) {
    *version = 12040;
    return Result(success);
  };
  table.cuDeviceGetCount = [](int *count) {
    *count = 1;
    return Result(success);
  };
  table.cuDeviceGet = [](DeviceHandle *device, int) {
    *device = 0;
    return Result(success);
  };
  table.cuDeviceGetName = [](char *name, int length, DeviceHandle) {
    std::strncpy(name, "no-op", static_cast<std::size_t>(length));
    return Result(success);
  };
  table.cuDeviceTotalMem = [](std::size_t *bytes, DeviceHandle) {
    *bytes = std::size_t{1} << 40;
    return Result(success);
  };
  table.cuDeviceGetAttribute = attribute;
  table.cuDevicePrimaryCtxRetain = [](ContextHandle *context, DeviceHandle) {
    *context = &object;
    return Result(success);
  };
  table.cuCtxGetCurrent = [](ContextHandle *context) {
    *context = &object;
    return Result(success);
  };
}

void set_objects(DriverTable &table) {
  table.cuMemAlloc = allocate;
  table.cuStreamCreate = [](StreamHandle *stream, unsigned) {
    *stream = &object;
    return Result(success);
  };
  table.cuStreamIsCapturing = [](StreamHandle, int *status) {
    *status = 0;
    return Result(success);
  };
  table.cuEventCreate = [](EventHandle *event, unsigned) {
    *event = &object;
    return Result(success);
  };
  table.cuModuleLoadDataEx = [](ModuleHandle *module, const void *, unsigned,
                                JitOption *, void **) {
    *module = &object;
    return Result(success);
  };
  table.cuModuleGetFunction = [](FunctionHandle *function, ModuleHandle,
                                 const char *) {
    *function = &object;
    return Result(success);
  };
  table.cuLaunchKernel = [](FunctionHandle, unsigned, unsigned, unsigned,
                            unsigned, unsigned, unsigned, unsigned,
                            StreamHandle, void **, void **) {
    ++launches;
    return Result(success);
  };
  table.cuFuncGetAttribute = [](int *value, FunctionAttribute which,
                                FunctionHandle) {
    *value = which == function_max_threads ? 1024 : 0;
    return Result(success);
  };
}

DriverTable make_table() {
  DriverTable table;
#define GIRIH_FILL(name, version, arguments) fill(table.name);
  GIRIH_DRIVER_FUNCTIONS(GIRIH_FILL)
#undef GIRIH_FILL
  set_devices(table);
  set_objects(table);
  return table;
}

} // namespace

std::int64_t no_op_launches() { return launches; }

cuda::DriverLookup no_op_driver() {
  static const DriverTable table = make_table();
  return {.table = &table, .version = 12040, .reason = {}};
}

} // namespace girih::bench
