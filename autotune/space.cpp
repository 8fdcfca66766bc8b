// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/space.h"

#include "girih/compiler/config_fit.h"
#include "girih/compiler/cost_model.h"
#include "girih/dsl/config_fields.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/executable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace girih::autotune {
namespace {

constexpr std::size_t most_candidates = std::size_t{1} << 20;
// Of the axis "order".
constexpr std::int64_t descending = -1, hilbert = -2;

bool may_be_field(std::string_view name) {
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z';
}

bool is_field(std::string_view name) {
  const auto is_called = [&](const auto &each) { return each.name == name; };
  return name == "order" || name == "pdl" ||
         std::ranges::any_of(config_choices, is_called) ||
         std::ranges::any_of(config_numbers, is_called);
}

void set_value(Config &config, const std::string &name, std::int64_t value) {
  if (!may_be_field(name)) {
    config.blocks[name] = value;
    return;
  }
  for (const ConfigNumber &each : config_numbers)
    if (each.name == name)
      config.*each.value = static_cast<int>(value);
  for (const ConfigChoice &each : config_choices)
    if (each.name == name)
      config.*each.value = value != 0;
  if (name == "order")
    config.order =
        value == 0            ? ProgramOrder{}
        : value == descending ? ProgramOrder{ProgramOrder::Kind::descending, 0}
        : value == hilbert    ? ProgramOrder{ProgramOrder::Kind::hilbert, 1}
                              : ProgramOrder{ProgramOrder::Kind::grouped,
                                             static_cast<int>(value)};
  else if (name == "pdl")
    config.pdl = value != 0;
}

/// Of an ascending list, those up to the first that reaches `size`.
std::vector<std::int64_t> up_to(std::vector<std::int64_t> values,
                                std::int64_t size) {
  if (size <= 0)
    return values;
  const auto first = std::find_if(values.begin(), values.end(),
                                  [&](auto each) { return each >= size; });
  if (first != values.end())
    values.erase(first + 1, values.end());
  return values;
}

/// The largest size that a block cuts, and how it is used.
struct Uses {
  std::int64_t extent = 0;
  bool rows = false, columns = false, depth = false, contiguous = false;

  Uses(const Problem &problem, const std::string &block) {
    for (const BlockRole &role : problem.roles.of(block)) {
      rows |= role.use == BlockRole::Use::dot_m;
      columns |= role.use == BlockRole::Use::dot_n;
      depth |= role.use == BlockRole::Use::dot_k;
      contiguous |= role.contiguous;
      if (role.use != BlockRole::Use::tile || !role.extent)
        continue;
      const std::int64_t size = role.extent->evaluate([&](const Symbol &each) {
        return problem.shapes.at(static_cast<std::size_t>(each.operand))
            .at(static_cast<std::size_t>(each.dim));
      });
      extent = std::max(extent, size);
    }
  }
  bool of_dot() const { return rows || columns || depth; }
};

std::int64_t covered(const Problem &problem, const BlockUse &use) {
  std::int64_t most = 0;
  for (const Expr &each : use.covers)
    most = std::max(most, each.evaluate([&](const Symbol &symbol) {
      return problem.shapes.at(static_cast<std::size_t>(symbol.operand))
          .at(static_cast<std::size_t>(symbol.dim));
    }));
  return most;
}

std::vector<std::int64_t> block_values(const Problem &problem,
                                       const BlockUse &use, bool gpu) {
  // Covers all sizes of the bucket, so that the choice holds for all of them.
  if (!use.covers.empty())
    return {tuning_bucket(covered(problem, use))};
  const Uses uses(problem, use.name);
  if (uses.rows || uses.columns)
    return up_to(gpu ? std::vector<std::int64_t>{16, 32, 64, 128, 192, 256}
                     : std::vector<std::int64_t>{16, 32, 64, 128, 256, 512},
                 uses.extent);
  if (uses.depth)
    return up_to(gpu ? std::vector<std::int64_t>{16, 32, 64, 128}
                     : std::vector<std::int64_t>{32, 64, 128, 256, 512, 1024},
                 uses.extent);
  if (uses.contiguous)
    return up_to({32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384},
                 uses.extent);
  if (use.fallback > 1 && uses.extent == 0)
    return {use.fallback};
  return up_to({1, 2, 4, 8, 16, 32, 64, 128}, uses.extent);
}

void add_unique(std::vector<std::int64_t> &values, std::int64_t value) {
  if (value > 0 &&
      std::find(values.begin(), values.end(), value) == values.end()) {
    values.push_back(value);
    std::sort(values.begin(), values.end());
  }
}

std::int64_t product_of(const Config &config, const Problem &problem,
                        BlockRole::Use first, BlockRole::Use second) {
  std::int64_t a = 1, b = 1;
  for (const BlockRole &role : problem.roles.roles) {
    if (role.use == first)
      a = std::max(a, config.blocks.at(role.block));
    if (role.use == second)
      b = std::max(b, config.blocks.at(role.block));
  }
  return a * b;
}

bool is_digit(char each) { return each >= '0' && each <= '9'; }

/// "takes 4096 bytes, of which sm_90 has 2048": N in the place of numbers that
/// are no part of a name.
std::string without_numbers(const std::string &text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool named =
        at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) ||
                   text[at - 1] == '_');
    const bool negative =
        text[at] == '-' && at + 1 < text.size() && is_digit(text[at + 1]);
    if (named || (!negative && !is_digit(text[at]))) {
      out += text[at];
      continue;
    }
    while (at + 1 < text.size() && is_digit(text[at + 1]))
      ++at;
    out += 'N';
  }
  return out;
}

/// What a constraint throws, for a block that the kernel has not, is told with
/// its name.
bool asked(const std::string &name,
           const std::function<bool(const Config &)> &holds,
           const Config &config) {
  try {
    return holds(config);
  } catch (const std::exception &error) {
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("constraint `{}` of a space threw `{}` for the Config {}",
                     name, error.what(), config.to_string()),
         "it may ask for a block or field that is not there"});
  }
}

} // namespace

Space &Space::axis(const std::string &name, std::vector<std::int64_t> values) {
  if (values.empty())
    throw RuntimeError(ErrorId::argument,
                       {fmt::format("axis {} of a space has no values", name),
                        "give it one value to fix it"});
  if (may_be_field(name) && !is_field(name))
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("axis {} of a space is no field of a Config", name),
         "block sizes begin with a capital letter; fields are num_warps, "
         "num_stages, num_ctas, split_k, warp_specialize, persistent, "
         "ping_pong, stream_k, order and pdl"});
  // A value that is there twice is one.
  auto end = values.begin();
  for (const std::int64_t value : std::vector<std::int64_t>(values))
    if (std::find(values.begin(), end, value) == end)
      *end++ = value;
  values.erase(end, values.end());
  for (auto &[known, old] : axes_)
    if (known == name) {
      old = std::move(values);
      return *this;
    }
  axes_.emplace_back(name, std::move(values));
  return *this;
}

Space &Space::constraint(std::string name,
                         std::function<bool(const Config &)> holds) {
  if (!holds)
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("constraint `{}` of a space has no function", name),
         "give it one that takes a Config"});
  constraints_.push_back({std::move(name), std::move(holds)});
  return *this;
}

std::vector<Candidate> Space::candidates(const Problem &problem) const {
  if (axes_.empty())
    throw RuntimeError(ErrorId::argument,
                       {fmt::format("{}: the space has no axes, so there is "
                                    "nothing to choose",
                                    problem.label),
                        "give it value lists with axis()"});
  std::vector<Config> all{problem.fallback};
  for (const auto &[name, values] : axes_) {
    std::vector<Config> next;
    if (all.size() * values.size() > most_candidates)
      throw RuntimeError(ErrorId::argument,
                         {fmt::format("{}: the space has more than {} "
                                      "combinations",
                                      problem.label, most_candidates),
                          "give its axes fewer values"});
    for (const Config &each : all)
      for (const std::int64_t value : values)
        set_value(next.emplace_back(each), name, value);
    all = std::move(next);
  }
  if (const auto found = std::find(all.begin(), all.end(), problem.fallback);
      found != all.end())
    all.erase(found);
  all.insert(all.begin(), problem.fallback);
  const compiler::Target target = target_of(problem.device);
  std::vector<Candidate> out;
  for (Config &config : all) {
    Candidate made{std::move(config), {}, {}};
    made.dropped =
        compiler::misfit(made.config, problem.roles, problem.shapes, target);
    made.reason = without_numbers(made.dropped);
    // The fallback runs in any case.
    for (const Constraint &each : constraints_)
      if (made.dropped.empty() && !out.empty() &&
          !asked(each.name, each.holds, made.config))
        made.dropped = made.reason = each.name;
    out.push_back(std::move(made));
  }
  return out;
}

/// What blocks of a cluster do together, or each for itself.
static void share_rounds(Space &space) {
  space.axis("split_k", {1, 2, 4});
  space.constraint("blocks share what warps of their own copy",
                   [](const Config &config) {
                     return config.split_k == 1 || config.warp_specialize;
                   });
  // One program a block is no quicker then (decision 49).
  space.constraint("blocks do several programs where warps copy and share none",
                   [](const Config &config) {
                     return config.persistent ==
                            (config.warp_specialize && config.split_k == 1);
                   });
  // Two groups of four warps: more have no registers.
  space.axis("ping_pong", {0, 1});
  space.constraint("groups that take turns have four warps",
                   [](const Config &config) {
                     return !config.ping_pong ||
                            (config.persistent && config.num_warps == 4);
                   });
}

Space Space::derived(const Problem &problem) {
  const bool gpu = problem.device.kind == Device::Kind::cuda;
  const bool dots = problem.roles.has_dot();
  Space space;
  for (const BlockUse &use : problem.roles.blocks) {
    std::vector<std::int64_t> values = block_values(problem, use, gpu);
    if (use.covers.empty())
      if (const auto found = problem.fallback.blocks.find(use.name);
          found != problem.fallback.blocks.end())
        add_unique(values, found->second);
    space.axis(use.name, std::move(values));
  }
  if (dots) {
    std::vector<std::int64_t> orders{0, 8};
    if (problem.fallback.order.kind == ProgramOrder::Kind::descending)
      orders.insert(orders.begin(), descending);
    space.axis("order", std::move(orders));
  }
  if (!gpu)
    return space;
  space.axis("num_warps", dots ? std::vector<std::int64_t>{2, 4, 8}
                               : std::vector<std::int64_t>{1, 2, 4, 8, 16});
  if (!dots)
    return space;
  space.axis("num_stages", {2, 3, 4, 5, 6});
  if (properties(problem.device).compute_capability == 90) {
    space.axis("warp_specialize", {0, 1});
    space.axis("persistent", {0, 1});
    if (problem.roles.chained())
      space.constraint("blocks do several programs where warps copy",
                       [](const Config &config) {
                         return config.warp_specialize || !config.persistent;
                       });
    else
      share_rounds(space);
  }
  using Use = BlockRole::Use;
  space.constraint("a warp has less than a 16x16 tile of the result",
                   [problem](const Config &config) {
                     return product_of(config, problem, Use::dot_m,
                                       Use::dot_n) >=
                            std::int64_t{256} * config.num_warps;
                   });
  return space;
}

std::int64_t axis_value(const Config &config, std::string_view name) {
  if (const auto found = config.blocks.find(std::string(name));
      found != config.blocks.end())
    return found->second;
  for (const ConfigNumber &each : config_numbers)
    if (each.name == name)
      return config.*each.value;
  if (name == "order")
    switch (config.order.kind) {
    case ProgramOrder::Kind::grouped:
      return config.order.group;
    case ProgramOrder::Kind::descending:
      return descending;
    default:
      return 0;
    }
  for (const ConfigChoice &each : config_choices)
    if (each.name == name)
      return config.*each.value ? 1 : 0;
  return name == "pdl" && config.pdl.value_or(false) ? 1 : 0;
}

std::map<std::string, int> reasons(const std::vector<Candidate> &candidates) {
  std::map<std::string, int> counts;
  for (const Candidate &each : candidates)
    if (!each.dropped.empty())
      ++counts[each.reason];
  return counts;
}

std::string reasons_text(const std::vector<Candidate> &candidates) {
  std::string text;
  for (const auto &[reason, count] : reasons(candidates))
    text +=
        fmt::format("{}{} by `{}`", text.empty() ? "" : ", ", count, reason);
  return text;
}

std::vector<Config> kept(const std::vector<Candidate> &candidates) {
  std::vector<Config> configs;
  for (const Candidate &each : candidates)
    if (each.dropped.empty())
      configs.push_back(each.config);
  if (!configs.empty())
    return configs;
  throw RuntimeError(ErrorId::argument,
                     {fmt::format("all {} candidates of the space are dropped: "
                                  "{}",
                                  candidates.size(), reasons_text(candidates)),
                      "constraints may contradict one another, or the values "
                      "be too large for the device"});
}

} // namespace girih::autotune
