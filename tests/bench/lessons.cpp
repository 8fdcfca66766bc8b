// SPDX-License-Identifier: Apache-2.0
// The lessons on a GPU: rows against the ceiling of their traffic, attention
// and convolution in TFLOP/s. python -m girih.peers.lessons has the peers.
// `lessons NAME [CONFIG...]` is one lesson on rows, with each of the Configs.
#include "gpu.h"
#include "report.h"

#include "girih/examples/lessons/registry.h"

#include <fmt/format.h>

#include <exception>
#include <span>

namespace girih::bench {
namespace {

using Sizes = std::vector<std::int64_t>;

const ops::KernelEntry &find(std::string_view name) {
  for (const ops::KernelEntry &entry : lessons::all_kernels())
    if (entry.name == name)
      return entry;
  throw std::runtime_error("no such lesson");
}

struct Run {
  std::vector<Array> operands;
  Timing timing;
  KernelReport report;
};

// Random inputs; the last operand is the output.
Run run(const ops::KernelEntry &entry, const Sizes &sizes, DType dtype,
        Device device, const LaunchOptions &options = {}) {
  Run out;
  unsigned seed = 0;
  for (const ops::OperandShape &shape : entry.operands(dtype, sizes))
    out.operands.push_back(
        shape.by_value
            ? Array::scalar(0, shape.dtype)
            : random_array(shape.sizes, shape.dtype, device, ++seed));
  out.report = entry.kernel.prepare(out.operands, options);
  out.timing = time_calls(
      device, [&](int) { entry.kernel.launch(out.operands, options); });
  return out;
}

void print_report(const Run &run) {
  fmt::print("#   {}; {} threads, {} registers, {} bytes spilled, {} shared\n",
             run.report.config.to_string(), run.report.threads,
             run.report.registers, run.report.local_bytes,
             run.report.shared_bytes);
}

std::string text(const Sizes &sizes, DType dtype) {
  return fmt::format("{} {}", fmt::join(sizes, "x"), name(dtype));
}

Sizes rows_of(const std::string &lesson) {
  return lesson == "long_softmax" ? Sizes{2048, 151936} : Sizes{16384, 4096};
}

// Each lesson with each Config; without any, with the default one.
void rows(const Sizes &sizes, Device device,
          const std::vector<std::string> &names,
          std::span<const LaunchOptions> configs = {}) {
  const Array a = random_array(sizes, bf16, device, 1);
  const Array b = Array::zeros(sizes, bf16, device);
  const double bytes = 2.0 * static_cast<double>(a.nbytes());
  const Ceiling ceiling = copy_ceiling(a, b);
  print_line("ceiling 1 read 1 write", text(sizes, bf16), ceiling.timing, bytes,
             "GB/s");
  const LaunchOptions plain;
  if (configs.empty())
    configs = {&plain, 1};
  for (const std::string &name : names)
    for (const LaunchOptions &options : configs) {
      const Run ours = run(find(name), sizes, bf16, device, options);
      print_line(name, text(sizes, bf16), ours.timing, bytes, "GB/s",
                 {"ceiling", ceiling.timing.median});
      print_report(ours);
    }
}

void run_one(Device device, const std::string &name,
             std::span<char *const> texts) {
  std::vector<LaunchOptions> configs;
  for (const char *text : texts)
    configs.emplace_back().config = parse_config(text);
  rows(rows_of(name), device, {name}, configs);
}

void matrix(const std::string &name, const Sizes &sizes, double operations,
            Device device) {
  const Run ours = run(find(name), sizes, bf16, device);
  print_line(name, text(sizes, bf16), ours.timing, operations, "TFLOP/s");
  print_report(ours);
}

double attention_operations(const Sizes &n) {
  return 4.0 * static_cast<double>(n[0] * n[1]) *
         static_cast<double>(n[2] * n[3]) * static_cast<double>(n[4]);
}

double convolution_operations(const Sizes &n) {
  const std::int64_t outputs = n[0] * (n[1] - n[5] + 1) * (n[2] - n[6] + 1);
  return 2.0 * static_cast<double>(outputs * n[4]) *
         static_cast<double>(n[3] * n[5] * n[6]);
}

void run_all(Device device) {
  rows(rows_of("softmax"), device, {"softmax", "layer_norm", "rms_norm"});
  rows(rows_of("long_softmax"), device, {"long_softmax"});
  const Sizes attention{4, 16, 4096, 4096, 128};
  matrix("flash_attention", attention, attention_operations(attention), device);
  matrix("causal_flash_attention", attention,
         attention_operations(attention) / 2, device);
  const Sizes convolution{64, 58, 58, 64, 64, 3, 3};
  matrix("conv2d", convolution, convolution_operations(convolution), device);
}

} // namespace
} // namespace girih::bench

int main(int argc, char **argv) try {
  using namespace girih;
  const auto device = bench::bench_gpu("lessons");
  if (!device)
    return 0;
  if (argc > 1)
    bench::run_one(*device, argv[1], std::span(argv + 2, argv + argc));
  else
    bench::run_all(*device);
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
