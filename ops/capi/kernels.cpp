// SPDX-License-Identifier: Apache-2.0
// The C interface to the library's kernels and operators.
#include "girih/ops/capi/callee.h"
#include "girih/ops/capi/conversions.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/capi/girih_c.h"
#include "girih/ops/registry.h"

#include <fmt/format.h>

using namespace girih;
using capi::guarded;
using capi::require;

namespace {

Device device_of(std::span<const Array> arrays) {
  return arrays.empty() ? host_device : arrays[0].device();
}

/// Configs and targets hold no character that JSON escapes.
std::string json(const KernelReport &report) {
  return fmt::format(
      R"({{"config": "{}", "target": "{}", "origin": "{}", "programs": {}, )"
      R"("threads": {}, "registers": {}, "local_bytes": {}, )"
      R"("shared_bytes": {}, "record_seconds": {:.9f}, )"
      R"("compile_seconds": {:.9f}, "assemble_seconds": {:.9f}, )"
      R"("load_seconds": {:.9f}}})",
      report.config.to_string(), report.target,
      report.origin == KernelReport::Origin::disk ? "disk" : "compiled",
      report.programs, report.threads, report.registers, report.local_bytes,
      report.shared_bytes, report.record_seconds, report.compile_seconds,
      report.assemble_seconds, report.load_seconds);
}

/// Runs `use(kernel, arrays, options)` on what a C caller gave.
template <class Use>
girih_status with_call(const girih_kernel *kernel, const girih_array *arrays,
                       int32_t count, const girih_launch_options *options,
                       const Use &use) {
  return guarded([&] {
    require(kernel, "the kernel");
    const std::vector<Array> given = capi::arrays_of(arrays, count);
    use(kernel->kernel, given, capi::options_of(options, device_of(given)));
  });
}

girih_status run_binary(const char *op, const girih_array *a,
                        const girih_array *b, const girih_array *out,
                        const girih_launch_options *options) {
  return guarded([&] {
    require(a, "a");
    require(b, "b");
    require(out, "out");
    const Array first = capi::array_of(*a);
    const LaunchOptions launch = capi::options_of(options, first.device());
    if (launch.config)
      capi::bad_argument("operators choose their Config themselves",
                         "set config to NULL, or launch the kernel");
    const Array second = capi::array_of(*b), result = capi::array_of(*out);
    const Array *const arrays[] = {&first, &second, &result};
    capi::callee_of_op(op).run(arrays, launch);
  });
}

} // namespace

extern "C" {

int32_t girih_kernel_count(void) {
  int32_t count = 0;
  guarded([&] { count = static_cast<int32_t>(ops::all_kernels().size()); });
  return count;
}

const char *girih_kernel_name_at(int32_t index) {
  const char *found = nullptr;
  guarded([&] {
    const auto kernels = ops::all_kernels();
    if (index >= 0 && static_cast<std::size_t>(index) < kernels.size())
      found = kernels[static_cast<std::size_t>(index)].kernel.name().c_str();
  });
  return found;
}

girih_status girih_kernel_find(const char *name, girih_kernel **out) {
  return guarded([&] {
    require(name, "girih_kernel_find: name");
    require(out, "girih_kernel_find: out");
    *out = new girih_kernel{ops::find_kernel(name).kernel};
  });
}

void girih_kernel_free(girih_kernel *kernel) { delete kernel; }

const char *girih_kernel_name(const girih_kernel *kernel) {
  return kernel ? kernel->kernel.name().c_str() : nullptr;
}

int32_t girih_kernel_arity(const girih_kernel *kernel) {
  return kernel ? kernel->kernel.arity() : 0;
}

girih_status girih_kernel_with(const girih_kernel *kernel,
                               const char *constants, girih_kernel **out) {
  return guarded([&] {
    require(kernel, "girih_kernel_with: kernel");
    require(constants, "girih_kernel_with: constants");
    require(out, "girih_kernel_with: out");
    Kernel made = kernel->kernel;
    for (const auto &[name, value] : capi::constants_of(constants))
      made = made.with(name, value, capi::no_line);
    *out = new girih_kernel{made};
  });
}

girih_status girih_kernel_launch(const girih_kernel *kernel,
                                 const girih_array *arrays, int32_t count,
                                 const girih_launch_options *options) {
  return with_call(kernel, arrays, count, options,
                   [](const Kernel &used, const std::vector<Array> &given,
                      const LaunchOptions &launch) {
                     used.launch(given, launch, capi::no_line);
                   });
}

girih_status girih_kernel_prepare(const girih_kernel *kernel,
                                  const girih_array *arrays, int32_t count,
                                  const girih_launch_options *options,
                                  char **report) {
  return with_call(kernel, arrays, count, options,
                   [&](const Kernel &used, const std::vector<Array> &given,
                       const LaunchOptions &launch) {
                     const KernelReport made = used.prepare(given, launch);
                     if (report)
                       *report = capi::new_text(json(made));
                   });
}

girih_status girih_kernel_program(const girih_kernel *kernel,
                                  const girih_array *arrays, int32_t count,
                                  const girih_launch_options *options,
                                  char **text) {
  return with_call(kernel, arrays, count, options,
                   [&](const Kernel &used, const std::vector<Array> &given,
                       const LaunchOptions &launch) {
                     require(text, "girih_kernel_program: text");
                     *text = capi::new_text(
                         used.program(given, launch).to_string());
                   });
}

girih_status girih_kernel_default_config(const girih_kernel *kernel,
                                         const girih_array *arrays,
                                         int32_t count, char **text) {
  return with_call(kernel, arrays, count, nullptr,
                   [&](const Kernel &used, const std::vector<Array> &given,
                       const LaunchOptions &) {
                     require(text, "girih_kernel_default_config: text");
                     const Program program = used.program(given);
                     *text = capi::new_text(program.config.to_string());
                   });
}

girih_status girih_add(const girih_array *a, const girih_array *b,
                       const girih_array *out,
                       const girih_launch_options *options) {
  return run_binary("add", a, b, out, options);
}

girih_status girih_matmul(const girih_array *a, const girih_array *b,
                          const girih_array *out,
                          const girih_launch_options *options) {
  return run_binary("matmul", a, b, out, options);
}

} // extern "C"
