// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/report/report.h"

#include "girih/autotune/inputs.h"
#include "girih/girih.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace girih::autotune {
namespace {

std::string csv_text(std::string_view text) {
  std::string out = "\"";
  for (const char each : text) {
    out += each;
    if (each == '"')
      out += '"';
  }
  return out + '"';
}

std::string rate_text(const SearchResult &result) {
  if (result.seconds <= 0)
    return "-";
  const double flops = result.problem.flops / result.seconds,
               bytes = result.problem.bytes / result.seconds;
  if (result.problem.roles.has_dot() && flops > 0)
    return flops >= 1e12 ? fmt::format("{:.1f} TFLOP/s", flops / 1e12)
                         : fmt::format("{:.1f} GFLOP/s", flops / 1e9);
  return fmt::format("{:.1f} GB/s", bytes / 1e9);
}

struct PublishedRoof {
  std::string_view device;
  double flops;
};
// Of dense bf16 products.
constexpr PublishedRoof published[] = {
    {"H200", 989e12}, {"H100", 989e12}, {"A100", 312e12}};

double copy_rate(Device device) {
  const Array from = Array::zeros({std::int64_t{32} << 20}, f32, device),
              to = Array::empty({std::int64_t{32} << 20}, f32, device);
  TimingOptions options;
  options.min_runs = 5;
  options.max_seconds = 0.1;
  options.cold_cache = false;
  const Timing timing =
      time_calls(device, [&](int) { to.copy_from(from); }, options);
  return timing.lowest > 0
             ? 2 * static_cast<double>(from.nbytes()) / timing.lowest
             : 0;
}

} // namespace

Roofs measure_roofs(Device device, const std::vector<SearchResult> &results) {
  Roofs roofs;
  roofs.bytes_per_second = copy_rate(device);
  roofs.source = "memory: measured by a copy";
  const std::string &name = properties(device).name;
  for (const PublishedRoof &each : published)
    if (device.kind == Device::Kind::cuda &&
        name.find(each.device) != std::string::npos) {
      roofs.flops_per_second = each.flops;
      roofs.source += "; products: published for dense bf16";
    }
  if (roofs.flops_per_second > 0)
    return roofs;
  for (const SearchResult &each : results)
    if (each.seconds > 0)
      roofs.flops_per_second =
          std::max(roofs.flops_per_second, each.problem.flops / each.seconds);
  roofs.source += "; products: the best of this sweep";
  return roofs;
}

std::string gain_text(const SearchResult &result) {
  if (result.seconds <= 0 || result.fallback_seconds <= 0)
    return "-";
  return fmt::format("{:.2f}x", result.fallback_seconds / result.seconds);
}

std::string duration_text(double seconds) {
  if (seconds <= 0)
    return "-";
  if (seconds < 1e-3)
    return fmt::format("{:.2f} us", 1e6 * seconds);
  if (seconds < 1)
    return fmt::format("{:.3f} ms", 1e3 * seconds);
  return fmt::format("{:.3f} s", seconds);
}

std::string table_of(const Report &report) {
  std::size_t width = 8;
  for (const SearchResult &each : report.results)
    width = std::max(width, each.problem.label.size());
  std::string text = fmt::format(
      "{:<{}}  {:>10}  {:>10}  {:>6}  {:>15}  {:>6}  {}\n", "problem", width,
      "tuned", "default", "gain", "rate", "tried", "Config");
  for (const SearchResult &each : report.results)
    text += fmt::format("{:<{}}  {:>10}  {:>10}  {:>6}  {:>15}  {:>6}  {}{}\n",
                        each.problem.label, width, duration_text(each.seconds),
                        duration_text(each.fallback_seconds), gain_text(each),
                        rate_text(each), each.trials.size(),
                        each.chosen.to_string(),
                        each.finished ? "" : " (interrupted)");
  return text;
}

std::string csv_of(const Report &report) {
  std::string text =
      "problem,kernel,shape,dtypes,device,compiler,config,status,us,spread,"
      "runs,registers,threads,spill_bytes,shared_bytes,compile_ms,model_us,"
      "chosen,note\n";
  for (const SearchResult &result : report.results) {
    const Problem &problem = result.problem;
    const std::string head =
        fmt::format("{},{},{},{},{},{}", csv_text(problem.label),
                    csv_text(problem.kernel.name()), csv_text(problem.shape()),
                    csv_text(problem.key.dtypes), csv_text(problem.key.device),
                    csv_text(problem.key.compiler));
    for (const Trial &each : result.trials) {
      const Outcome &of = each.outcome;
      text += fmt::format(
          "{},{},{},{:.3f},{:.4f},{},{},{},{},{},{:.2f},{:.3f},{},{}\n", head,
          csv_text(of.config.to_string()), name(of.status), 1e6 * of.seconds,
          of.spread, of.runs, of.registers, of.threads, of.local_bytes,
          of.shared_bytes, 1e3 * of.compile_seconds,
          1e6 * problem.estimate(of.config).seconds,
          of.config == result.chosen ? 1 : 0, csv_text(of.note));
    }
    for (const Candidate &each : result.candidates)
      if (!each.dropped.empty())
        text += fmt::format("{},{},dropped,,,,,,,,,,0,{}\n", head,
                            csv_text(each.config.to_string()),
                            csv_text(each.dropped));
  }
  return text;
}

} // namespace girih::autotune
