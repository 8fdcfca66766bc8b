// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cuda/driver.h"

#include <fmt/format.h>

#include <dlfcn.h>

namespace girih::cuda {
namespace {

using GetProcAddress1 = Result (*)(const char *, void **, int, std::uint64_t);
using GetProcAddress2 = Result (*)(const char *, void **, int, std::uint64_t,
                                   int *);

/// Finds entry points by name and version, with either form of the finder.
struct Finder {
  GetProcAddress1 old_form = nullptr; // drivers of CUDA 11.3 to 11.8
  GetProcAddress2 new_form = nullptr; // since CUDA 12.0

  void *find(const char *name, int version) const {
    void *address = nullptr;
    int status = 0;
    Result result =
        new_form
            ? new_form(name, &address, version, proc_legacy_stream, &status)
            : old_form(name, &address, version, proc_legacy_stream);
    return result == success ? address : nullptr;
  }
};

std::string fill(DriverTable &table, const Finder &finder) {
#define GIRIH_FIND(name, version, arguments)                                   \
  table.name =                                                                 \
      reinterpret_cast<Result(*) arguments>(finder.find(#name, version));      \
  if (!table.name)                                                             \
    return "the CUDA driver lacks " #name " of version " #version              \
           "; update the driver";
  GIRIH_DRIVER_FUNCTIONS(GIRIH_FIND)
#undef GIRIH_FIND
#define GIRIH_FIND(name, version, arguments)                                   \
  table.name =                                                                 \
      reinterpret_cast<Result(*) arguments>(finder.find(#name, version));
  GIRIH_OPTIONAL_DRIVER_FUNCTIONS(GIRIH_FIND)
#undef GIRIH_FIND
  return {};
}

std::string start(const DriverTable &table, int &version) {
  Result result = table.cuInit(0);
  if (result != success)
    return "the CUDA driver does not start: " + error_text(table, result);
  table.cuDriverGetVersion(&version);
  int count = 0;
  result = table.cuDeviceGetCount(&count);
  if (result != success)
    return "the CUDA driver finds no device: " + error_text(table, result);
  return count > 0 ? "" : "the CUDA driver finds no device";
}

DriverLookup open() {
  DriverLookup found;
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    found.reason =
        fmt::format("no CUDA driver: {}", why ? why : "dlopen failed");
    return found;
  }
  Finder finder;
  finder.new_form =
      reinterpret_cast<GetProcAddress2>(dlsym(library, "cuGetProcAddress_v2"));
  finder.old_form =
      reinterpret_cast<GetProcAddress1>(dlsym(library, "cuGetProcAddress"));
  if (!finder.new_form && !finder.old_form) {
    found.reason = "the CUDA driver is older than 11.3; update it";
    return found;
  }
  auto *table = new DriverTable; // lives as long as the process
  found.reason = fill(*table, finder);
  if (found.reason.empty())
    found.reason = start(*table, found.version);
  if (found.reason.empty())
    found.table = table;
  return found;
}

} // namespace

const DriverLookup &driver() {
  static const DriverLookup *const found = new DriverLookup(open());
  return *found;
}

std::string error_text(const DriverTable &table, Result result) {
  const char *name = nullptr;
  const char *text = nullptr;
  if (table.cuGetErrorName(result, &name) != success || !name)
    name = "unknown error";
  if (table.cuGetErrorString(result, &text) != success || !text)
    text = "no description";
  return fmt::format("{} ({}): {}", name, result, text);
}

} // namespace girih::cuda
