// SPDX-License-Identifier: Apache-2.0
// How good the model's choices are, and how fast a search is: each problem is
// swept whole, or as far as --most says, and what the model, the default Config
// and a search with a budget choose is then measured beside the best.
#include "report.h"

#include "girih/autotune/cases.h"
#include "girih/autotune/evaluator.h"
#include "girih/autotune/search.h"
#include "girih/autotune/table.h"
#include "girih/dsl/support/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace girih::bench {
namespace {

using namespace autotune;
using Sizes = std::vector<std::int64_t>;

struct Options {
  Device device = host_device;
  std::string only; // gemm, attention, norms
  int cases = 1000; // of each kind,
  int from = 0;     // from this one on
  int most = 0;     // candidates of a sweep; 0: all
  double budget = 10;
  bool terms = false;
};

struct Kind {
  std::string name;
  std::vector<Case> cases;
};

std::vector<Kind> kinds(Device device) {
  const bool gpu = device.kind == Device::Kind::cuda;
  const DType dtype = gpu ? bf16 : f32;
  Kind gemm{"gemm", {}}, attention{"attention", {}}, norms{"norms", {}};
  // 40 products: eight layers, five numbers of rows.
  const std::vector<Sizes> layers =
      gpu ? std::vector<Sizes>{{2048, 1536},  {1536, 8960}, {17920, 1536},
                               {6144, 4096},  {4096, 4096}, {28672, 4096},
                               {4096, 14336}, {8192, 8192}}
          : std::vector<Sizes>{{256, 256},  {512, 256}, {1536, 256},
                               {256, 768},  {512, 512}, {768, 768},
                               {1024, 512}, {1000, 900}};
  for (const std::int64_t rows :
       gpu ? Sizes{128, 512, 1024, 2048, 4096} : Sizes{16, 48, 128, 256, 500})
    for (const Sizes &layer : layers)
      gemm.cases.push_back({"linear", {rows, layer[0], layer[1]}, dtype});
  // 12 of attention.
  for (const std::int64_t heads : gpu ? Sizes{12, 32} : Sizes{2, 4})
    for (const std::int64_t width : {64, 128})
      for (const std::int64_t length :
           gpu ? Sizes{512, 2048, 8192} : Sizes{64, 200, 512})
        attention.cases.push_back({"scaled_dot_product_attention",
                                   {1, heads, heads, length, length, width},
                                   dtype});
  // 12 of normalisation.
  for (const char *op : {"rms_norm", "layer_norm", "softmax"})
    for (const Sizes &shape :
         gpu ? std::vector<Sizes>{{16, 4096},
                                  {1024, 4096},
                                  {4096, 8192},
                                  {131072, 128}}
             : std::vector<Sizes>{
                   {16, 4096}, {256, 1024}, {2048, 768}, {8192, 128}})
      norms.cases.push_back({op, shape, dtype});
  return {gemm, attention, norms};
}

WorkerOptions worker_options() {
  return {.command = worker_command(),
          .compilers = usable_cores(),
          .compile_seconds = 60,
          .run_seconds = 20};
}

std::unique_ptr<Evaluator> make_evaluator(const Problem &problem) {
  return worker_evaluator(problem, worker_options());
}

/// Medians of Configs that take turns, each round beginning with another one.
std::map<std::string, double> side_by_side(const Problem &problem,
                                           const std::vector<Config> &configs) {
  const auto evaluator = make_evaluator(problem);
  std::map<std::string, std::vector<double>> seconds;
  for (std::size_t round = 0; round < 5; ++round)
    for (std::size_t at = 0; at < configs.size(); ++at) {
      const Config &each = configs[(at + round) % configs.size()];
      const Outcome outcome = evaluator->measure(each, Effort::thorough, 0);
      if (outcome.measured())
        seconds[each.to_string()].push_back(outcome.seconds);
    }
  std::map<std::string, double> medians;
  for (auto &[config, all] : seconds)
    medians[config] = summarise(all).median;
  return medians;
}

/// Reached parts of the best, of each problem.
struct Reached {
  std::vector<double> first, top, fallback, guided, spent;
};

double mean(const std::vector<double> &parts) {
  double sum = 0;
  for (const double each : parts)
    sum += std::log(each);
  return parts.empty() ? 0 : std::exp(sum / static_cast<double>(parts.size()));
}

std::vector<Config> best_of(const SearchResult &result, std::size_t count) {
  std::vector<const Outcome *> order;
  for (const Trial &each : result.trials)
    if (each.outcome.measured())
      order.push_back(&each.outcome);
  std::sort(order.begin(), order.end(), [](const Outcome *a, const Outcome *b) {
    return a->seconds < b->seconds;
  });
  std::vector<Config> configs;
  for (std::size_t at = 0; at < std::min(count, order.size()); ++at)
    configs.push_back(order[at]->config);
  return configs;
}

double seconds_of(const SearchResult &result, const Config &config) {
  for (const Trial &each : result.trials)
    if (each.outcome.config == config && each.outcome.measured())
      return each.outcome.seconds;
  return 1e9;
}

void run(const Problem &problem, const Options &options, Reached &reached) {
  const Space space = Space::derived(problem);
  const std::vector<Config> configs = kept(space.candidates(problem));
  const std::vector<std::size_t> order = model_order(problem, configs);
  SearchOptions whole{.strategy = options.most > 0 ? Strategy::random
                                                   : Strategy::exhaustive,
                      .budget_seconds = 0};
  whole.most_candidates = options.most;
  const SearchResult swept = search(problem, space, whole, make_evaluator, {});
  const SearchResult guided =
      search(problem, space,
             {.strategy = Strategy::guided, .budget_seconds = options.budget},
             make_evaluator, {});
  std::vector<Config> few = best_of(swept, 3);
  const Config first = configs[order[0]];
  Config top = first;
  const auto evaluator = make_evaluator(problem);
  double fastest = 1e9;
  for (std::size_t at = 0; at < std::min<std::size_t>(8, order.size()); ++at) {
    const Config &each = configs[order[at]];
    double seconds = seconds_of(swept, each);
    if (seconds == 1e9)
      seconds = evaluator->measure(each, Effort::usual, 0).seconds;
    if (seconds > 0 && seconds < fastest) {
      fastest = seconds;
      top = each;
    }
  }
  for (const Config &each : {first, top, problem.fallback, guided.chosen})
    if (std::find(few.begin(), few.end(), each) == few.end())
      few.push_back(each);
  const auto medians = side_by_side(problem, few);
  double best = 1e9;
  for (const auto &[config, seconds] : medians)
    best = std::min(best, seconds);
  const auto part = [&](const Config &config) {
    const auto found = medians.find(config.to_string());
    return found == medians.end() ? 1e-3 : best / found->second;
  };
  reached.first.push_back(part(first));
  reached.top.push_back(part(top));
  reached.fallback.push_back(part(problem.fallback));
  reached.guided.push_back(part(guided.chosen));
  reached.spent.push_back(guided.spent_seconds);
  fmt::print("{:<52} {:>10} of {:>4}  first {:.3f}  top 8 {:.3f}  default "
             "{:.3f}  search {:.3f} in {:.1f} s\n",
             problem.label, duration(best), swept.trials.size(), part(first),
             part(top), part(problem.fallback), part(guided.chosen),
             guided.spent_seconds);
  if (options.terms)
    for (const Config &each : few)
      fmt::print("    {:<52} {:>10}  {}\n", each.to_string(),
                 duration(medians.count(each.to_string())
                              ? medians.at(each.to_string())
                              : 0),
                 problem.estimate(each).to_string());
  std::fflush(stdout);
}

/// A key is made and looked up, as a launch without a plan does it.
void run_lookup() {
  std::vector<ChoiceRow> rows;
  const TuningKey key{"0123456789abcdef0123456789abcdef",
                      "bf16 bf16 bf16",
                      "4096x4096 4096x4096 4096x4096",
                      "a3,2,3, a3,2,3, a3,2,3,",
                      "NVIDIA H200 sm_90a 132",
                      "0.1-0123456789abcdef ptxas 12345678"};
  for (int row = 0; row < 5000; ++row) {
    ChoiceRow &each = rows.emplace_back();
    each.key = key;
    each.key.kernel += std::to_string(row);
    each.kernel_name = "matmul";
  }
  const ConfigTable table(rows);
  constexpr int count = 200000;
  std::size_t found = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int at = 0; at < count; ++at)
    found += table.find(rows[static_cast<std::size_t>(at % 5000)].key) ? 1 : 0;
  const std::chrono::duration<double> spent =
      std::chrono::steady_clock::now() - start;
  if (found != count)
    fmt::print("lookup: only {} found\n", found);
  const double each = spent.count() / count;
  print_target("lookup", "5000 choices", summarise({each}), 1e-6);
}

int run_all(const Options &options) {
  print_machine(options.device);
  run_lookup();
  for (Kind &kind : kinds(options.device)) {
    if (!options.only.empty() && kind.name != options.only)
      continue;
    Reached reached;
    // Where not all are wanted, some of every sort: 7 goes into no length of
    // the lists.
    const std::size_t count = kind.cases.size(),
                      wanted = std::min<std::size_t>(
                          count,
                          static_cast<std::size_t>(std::max(options.cases, 1)));
    const auto from = static_cast<std::size_t>(std::max(options.from, 0));
    for (std::size_t at = from; at < std::min(count, from + wanted); ++at)
      for (const Problem &problem :
           problems_of(kind.cases[at * 7 % count], options.device))
        if (!problem.roles.blocks.empty())
          run(problem, options, reached);
    double longest = 0;
    for (const double each : reached.spent)
      longest = std::max(longest, each);
    fmt::print("{:<52} geometric means of {}: first {:.3f}  top 8 {:.3f}  "
               "default {:.3f}  search {:.3f}, in at most {:.1f} s\n",
               kind.name, reached.first.size(), mean(reached.first),
               mean(reached.top), mean(reached.fallback), mean(reached.guided),
               longest);
  }
  return 0;
}

Options parse(int argc, char **argv) {
  Options options;
  options.device = default_device();
  for (int at = 1; at < argc; ++at) {
    const std::string name = argv[at];
    const auto value = [&] {
      if (at + 1 >= argc)
        throw RuntimeError(ErrorId::argument, {name + " needs a value"});
      return std::string(argv[++at]);
    };
    if (name == "--device")
      options.device = parse_device(value());
    else if (name == "--only")
      options.only = value();
    else if (name == "--cases")
      options.cases = std::atoi(value().c_str());
    else if (name == "--from")
      options.from = std::atoi(value().c_str());
    else if (name == "--most")
      options.most = std::atoi(value().c_str());
    else if (name == "--budget")
      options.budget = std::atof(value().c_str());
    else if (name == "--terms")
      options.terms = true;
    else
      throw RuntimeError(
          ErrorId::argument,
          {"bench autotune [--device D] [--only gemm|attention|norms] "
           "[--cases N] [--from N] [--most CANDIDATES] [--budget SECONDS] "
           "[--terms]"});
  }
  return options;
}

} // namespace
} // namespace girih::bench

int main(int argc, char **argv) try {
  return girih::bench::run_all(girih::bench::parse(argc, argv));
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
